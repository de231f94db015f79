/* Gaussian vectors outside and inside the tokens' span: every geometry gives the law of normal
 * coordinates beside dense tokens, before and after training has asked about the tokens, and the
 * identities that make it so hold exactly. */
#include "support.h"

#include <string.h>

#include "linalg.h"
#include "metrics.h"
#include "rng.h"
#include "stats.h"
#include "tokens_dense.h"
#include "tokens_gram.h"
#include "tokens_lazy.h"
#include "train.h"
#include "start.h"
#include "trial.h"

static const attn_tokens_kind kinds[] = {ATTN_TOKENS_DENSE, ATTN_TOKENS_GRAM, ATTN_TOKENS_BARTLETT,
                                         ATTN_TOKENS_LAZY};
enum { KINDS = 4 };

static double inner(attn_tokens *tokens, const double *u, const double *w) {
  double *noise = attn_alloc(tokens->N, sizeof *noise), signal[2];
  attn_tokens_scores(tokens, signal, noise, w, 1);
  const double product = attn_tokens_inner(tokens, u, w, noise);
  attn_free(noise);
  return product;
}

/* ---- equality in law ---- */

static const char *const names[] = {
    "mu_1.v",   "xi_1.v",      "xi_N.p",  "|v|^2",   "|p|^2",   "v.p",   "attention",
    "log risk", "v_2.v_0",     "p_2.p_0", "|v_2|^2", "v_2.p_2", "g.v_0", "g.v_2",
    "(Xi g).1", "(Xi g).Xi v", "|g|^2",   "v_3.g",   "|g'|^2",  "g'.g",  "sum (Xi v)^2"};
enum { STATISTICS = sizeof names / sizeof *names, SEEDS = 1500 };

/* A start, two steps of gradient descent, two more Gaussian vectors, which the answers to training
 * came before, and a third step. */
static void measure(double *row /* [STATISTICS] */, attn_trial *trial, double scale,
                    size_t replicate) {
  attn_tokens *tokens = trial->tokens;
  attn_model *model = trial->model;
  const size_t dim = tokens->dim, N = tokens->N;
  const attn_optim optim = {.beta = 2 * (double)trial->param.n / (double)tokens->k};
  double *start = attn_alloc(2 * dim, sizeof *start), *late = attn_alloc(2 * dim, sizeof *late);
  double *noise = attn_alloc(2 * N, sizeof *noise), signal[4];
  double *v = model->theta, *p = model->theta + dim;
  const double root = sqrt((double)trial->param.d);
  attn_start_trial(trial, ATTN_START_GAUSSIAN, scale * root, 1.5 * scale * root, 31, "gaussian",
                   tokens->k, replicate);
  memcpy(start, model->theta, 2 * dim * sizeof *start);
  attn_model_forward(model, tokens, trial->labels);
  row[0] = model->signal[ATTN_V][0];
  row[1] = model->noise[0];
  row[2] = model->noise[2 * N - 1];
  row[3] = inner(tokens, v, v);
  row[4] = inner(tokens, p, p);
  row[5] = inner(tokens, v, p);
  row[20] = attn_dot(model->noise, model->noise, N);
  for (size_t step = 0; step < 2; step++) {
    attn_train_step(model, tokens, trial->labels, &optim, trial->w);
    attn_model_forward(model, tokens, trial->labels);
  }
  const attn_metrics m = attn_metrics_measure(model, tokens, trial->labels);
  row[6] = (m.att_clean + m.att_noisy) / 2;
  row[7] = trial->param.T == 2 ? attn_metrics_log10_risk(&m, 2) : m.loss;
  row[8] = inner(tokens, v, start);
  row[9] = inner(tokens, p, start + dim);
  row[10] = m.vv;
  row[11] = m.vp;
  double *g = late, *h = late + dim;
  attn_tokens_gaussian(tokens, late, 2, (double[]){1, 2}, trial->rng);
  attn_tokens_scores(tokens, signal, noise, late, 2);
  row[12] = inner(tokens, g, start);
  row[13] = inner(tokens, g, v);
  row[14] = 0;
  for (size_t j = 0; j < N; j++)
    row[14] += noise[j];
  row[15] = attn_dot(noise, model->noise, N);
  row[16] = attn_tokens_inner(tokens, g, g, noise);
  row[18] = attn_tokens_inner(tokens, h, h, noise + N);
  row[19] = attn_tokens_inner(tokens, h, g, noise);
  attn_train_step(model, tokens, trial->labels, &optim, trial->w);
  row[17] = attn_tokens_inner(tokens, v, g, noise);
  attn_free(start);
  attn_free(late);
  attn_free(noise);
}

/* Both classes, both kinds of labels, the same for all draws. */
static void fix_labels(attn_labels *labels) {
  for (size_t i = 0; i < labels->n; i++) {
    labels->k[i] = i % 2;
    labels->y[i] = (signed char)((i % 2 ? -1 : 1) * (i / 2 == 1 ? -1 : 1));
  }
}

/* Many and few dimensions beside the tokens: none, one, two, three and more are left for the four
 * vectors; tokens that depend on each other; every direction of lazy tokens asked about. */
static const struct {
  size_t n, T, k;
  double scale;
} settings[] = {{12, 2, 400, 0.1}, {8, 3, 60, 0.2}, {8, 2, 11, 0.3}, {8, 2, 10, 0.5},
                {8, 2, 9, 0.5},    {8, 2, 8, 0.5},  {8, 2, 5, 0.5},  {8, 3, 7, 0.5},
                {6, 2, 3, 0.5},    {6, 2, 1, 0.7}};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* Every statistic of every geometry against dense tokens with normal coordinates. The family-wise
 * level is SUPPORT_FALSE_ALARM; the seeds were set beforehand. */
static void test_law(void **state) {
  (void)state;
  const double threshold = SUPPORT_FALSE_ALARM / (SETTINGS * STATISTICS * (KINDS - 1));
  double *x = attn_alloc(KINDS * STATISTICS * SEEDS, sizeof *x), *y = attn_alloc(SEEDS, sizeof *y);
  double row[STATISTICS], smallest = 1;
  print_message("  p-values of %d draws of gram, bartlett and lazy against dense tokens; the "
                "smallest must exceed %.1e\n",
                SEEDS, threshold);
  for (size_t s = 0; s < SETTINGS; s++) {
    const attn_data_param param = {settings[s].n, settings[s].T, settings[s].k + 2,
                                   1.5 * sqrt((double)settings[s].k / (double)settings[s].n), 0};
    for (size_t kind = 0; kind < KINDS; kind++) {
      /* room for four vectors: the trial's two and two more */
      attn_trial *trial = attn_trial_alloc_gaussian(kinds[kind], &param, 3);
      attn_tokens_free(trial->tokens);
      attn_model_free(trial->model);
      trial->tokens =
          attn_tokens_alloc_gaussian(kinds[kind], trial->labels->N, param.d, param.rho, 6, 4);
      trial->model = attn_model_alloc(trial->tokens, param.T);
      for (size_t draw = 0; draw < SEEDS; draw++) {
        attn_trial_draw(trial, 30, "gaussian", s, kind * SEEDS + draw);
        fix_labels(trial->labels);
        measure(row, trial, settings[s].scale, kind * SEEDS + draw);
        for (size_t c = 0; c < STATISTICS; c++)
          x[(kind * STATISTICS + c) * SEEDS + draw] = row[c];
      }
      attn_trial_free(trial);
    }
    print_message("  n = %zu, T = %zu, k = %zu: gram, bartlett, lazy\n", param.n, param.T,
                  settings[s].k);
    for (size_t c = 0; c < STATISTICS; c++) {
      print_message("    %-14s", names[c]);
      for (size_t kind = 1; kind < KINDS; kind++) {
        memcpy(y, x + c * SEEDS, SEEDS * sizeof *y);
        const double p = attn_stats_ks(y, SEEDS, x + (kind * STATISTICS + c) * SEEDS, SEEDS);
        print_message(" %.4f", p);
        smallest = fmin(smallest, p);
      }
      print_message("\n");
    }
  }
  print_message("  smallest %.6f\n", smallest);
  assert_true(smallest > threshold);
  attn_free(x);
  attn_free(y);
}

/* ---- identities ---- */

static attn_tokens *drawn(attn_tokens_kind kind, size_t N, size_t k, size_t pullbacks,
                          size_t gaussians, size_t replicate) {
  attn_tokens *tokens = attn_tokens_alloc_gaussian(kind, N, k + 2, 1.7, pullbacks, gaussians);
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 32, "gaussian", N, replicate, ATTN_STREAM_NOISE);
  attn_tokens_draw(tokens, rng);
  gsl_rng_free(rng);
  return tokens;
}

static gsl_rng *start_stream(size_t cell) {
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 33, "gaussian", cell, 0, ATTN_STREAM_START);
  return rng;
}

/* Scores and pullback stay adjoint on Gaussian vectors, those drawn before the pullback and after;
 * |g + h|^2 = |g|^2 + 2 g.h + |h|^2; and inner products do not depend on which vector's scores they
 * are computed from. */
static void test_inner(void **state) {
  (void)state;
  const struct { size_t N, k; } cases[] = {{9, 300}, {9, 10}, {9, 9}, {9, 4}, {30, 1000000}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    for (size_t kind = c == 4 ? 2 : 0; kind < KINDS; kind++) {
      const size_t N = cases[c].N;
      attn_tokens *tokens = drawn(kinds[kind], N, cases[c].k, 3, 3, 0);
      const size_t dim = tokens->dim;
      gsl_rng *rng = start_stream(c);
      double *u = attn_alloc(3 * dim, sizeof *u), *pulled = attn_alloc(3 * dim, sizeof *pulled);
      double *noise = attn_alloc(3 * N, sizeof *noise), *weight = attn_alloc(3 * N, sizeof *weight);
      double signal[6], none[6] = {0};
      attn_rng_gaussian(weight, 3 * N, rng);
      attn_rng_gaussian(u, 3 * dim, rng); /* what was there before does not matter */
      attn_rng_gaussian(pulled, 3 * dim, rng);
      attn_tokens_gaussian(tokens, u, 2, (double[]){0.5, 2}, rng);
      attn_tokens_pullback(tokens, pulled, none, weight, 3);
      attn_tokens_gaussian(tokens, u + 2 * dim, 1, (double[]){1}, rng);
      attn_tokens_scores(tokens, signal, noise, u, 3);
      for (size_t a = 0; a < 3; a++)
        for (size_t b = 0; b < 3; b++) {
          const double right = attn_dot(weight + a * N, noise + b * N, N);
          const double size = attn_norm(weight + a * N, N) * attn_norm(noise + b * N, N);
          assert_close(attn_tokens_inner(tokens, pulled + a * dim, u + b * dim, noise + b * N),
                       right, 1e-12 * size);
          assert_close(inner(tokens, u + b * dim, pulled + a * dim), right, 1e-11 * size);
        }
      const double *g = u, *h = u + dim;
      double *sum = u + 2 * dim;
      memcpy(sum, g, dim * sizeof *sum);
      attn_axpy(sum, 1, h, dim);
      const double gg = inner(tokens, g, g), hh = inner(tokens, h, h), gh = inner(tokens, g, h);
      assert_true(gg > 0 && hh > 0);
      assert_close(inner(tokens, h, g), gh, 1e-11 * (gg + hh));
      assert_close(inner(tokens, sum, sum), gg + 2 * gh + hh, 1e-11 * (gg + hh));
      attn_free(u);
      attn_free(pulled);
      attn_free(noise);
      attn_free(weight);
      gsl_rng_free(rng);
      attn_tokens_free(tokens);
    }
}

/* Gram and Bartlett: the coordinates outside the span have no score, nothing that is pulled back
 * has any, and gradient descent leaves them alone to the last bit. */
static void test_outside(void **state) {
  (void)state;
  const attn_data_param param = {10, 3, 60, 2.5, 0.2};
  for (size_t kind = 1; kind < 3; kind++) {
    attn_trial *trial = attn_trial_alloc_gaussian(kinds[kind], &param, 5);
    attn_tokens *tokens = trial->tokens;
    const size_t N = tokens->N, dim = tokens->dim, out = 2 + N;
    assert_int_equal(dim, 2 + N + 2);
    attn_trial_draw(trial, 34, "gaussian", 0, 0);
    for (size_t j = 0; j < 2 * dim; j++) /* what was there before does not matter */
      trial->model->theta[j] = 7;
    attn_start_trial(trial, ATTN_START_GAUSSIAN, 0.2 * sqrt(60), 0.3 * sqrt(60), 34, "gaussian", 0,
                     0);
    double kept[4], signal[2], *noise = attn_alloc(N, sizeof *noise);
    double *theta = trial->model->theta, *only = attn_alloc(dim, sizeof *only);
    memcpy(kept, theta + out, 2 * sizeof *kept);
    memcpy(kept + 2, theta + dim + out, 2 * sizeof *kept);
    assert_true(kept[0] > 0 && kept[1] == 0 && kept[2] != 0 && kept[3] > 0);
    memcpy(only + out, kept + 2, 2 * sizeof *kept);
    attn_tokens_scores(tokens, signal, noise, only, 1);
    assert_true(signal[0] == 0 && signal[1] == 0);
    for (size_t j = 0; j < N; j++)
      assert_true(noise[j] == 0);
    assert_close(inner(tokens, only, only), kept[2] * kept[2] + kept[3] * kept[3], 1e-14);
    const double first = theta[2];
    for (size_t step = 0; step < 5; step++) {
      attn_model_forward(trial->model, tokens, trial->labels);
      attn_train_step(trial->model, tokens, trial->labels, &(attn_optim){.beta = 0.2}, trial->w);
      assert_true(trial->model->grad[out] == 0 && trial->model->grad[dim + out + 1] == 0);
    }
    assert_true(theta[2] != first);
    assert_memory_equal(kept, theta + out, 2 * sizeof *kept);
    assert_memory_equal(kept + 2, theta + dim + out, 2 * sizeof *kept);
    attn_free(noise);
    attn_free(only);
    attn_trial_free(trial);
  }
}

/* Lazy: the image of a direction that a Gaussian vector added is orthogonal to all q's before it,
 * q's stay orthonormal after it, and once all q's are known the image is 0. */
static void test_lazy_images(void **state) {
  (void)state;
  const size_t N = 7, dims[] = {1000, 8, 7, 5};
  for (size_t c = 0; c < 4; c++) {
    const size_t k = dims[c];
    attn_tokens *tokens = drawn(ATTN_TOKENS_LAZY, N, k, 20, 20, 1);
    gsl_rng *rng = start_stream(10 + c);
    double *u = attn_alloc(tokens->dim, sizeof *u), *weight = attn_alloc(N, sizeof *weight);
    const double none[2] = {0, 0};
    for (size_t turn = 0; turn < 20; turn++) {
      const size_t asked = attn_tokens_lazy_count(tokens), known = attn_tokens_lazy_known(tokens);
      if (turn % 3 == 1) {
        attn_rng_gaussian(u, tokens->dim, rng); /* what was there before does not matter */
        attn_tokens_gaussian(tokens, u, 1, (double[]){1}, rng);
        assert_int_equal(attn_tokens_lazy_count(tokens), asked);
        assert_int_equal(attn_tokens_lazy_known(tokens), known < k ? known + 1 : k);
        for (size_t l = attn_tokens_lazy_known(tokens); l < tokens->dim - 2; l++)
          assert_true(u[2 + l] == 0);
      } else {
        attn_rng_gaussian(weight, N, rng);
        attn_tokens_pullback(tokens, u, none, weight, 1);
        const size_t new = known < k &&asked < N;
        assert_int_equal(attn_tokens_lazy_count(tokens), asked + new);
        assert_int_equal(attn_tokens_lazy_known(tokens), known + new);
      }
      if (attn_tokens_lazy_known(tokens) == known)
        continue;
      const double *image = attn_tokens_lazy_image(tokens, known);
      for (size_t i = 0; i < asked; i++)
        assert_close(attn_dot(image, attn_tokens_lazy_question(tokens, i), N), 0,
                     1e-13 * attn_norm(image, N));
      assert_true((attn_norm(image, N) == 0) == (asked == N));
    }
    for (size_t i = 0; i < attn_tokens_lazy_count(tokens); i++)
      for (size_t j = 0; j <= i; j++)
        assert_close(
            attn_dot(attn_tokens_lazy_question(tokens, i), attn_tokens_lazy_question(tokens, j), N),
            i == j, 1e-13);
    assert_int_equal(attn_tokens_lazy_known(tokens), k < 1000 ? k : N + 7);
    attn_free(u);
    attn_free(weight);
    gsl_rng_free(rng);
    attn_tokens_free(tokens);
  }
}

/* Room for Gaussian vectors that are not asked for changes no number; the same stream gives the
 * same vectors, and a scale multiplies them. */
static void test_nothing_else_changes(void **state) {
  (void)state;
  const size_t N = 20, k = 50;
  for (size_t kind = 0; kind < KINDS; kind++) {
    attn_tokens *plain = drawn(kinds[kind], N, k, 6, 0, 2);
    attn_tokens *roomy = drawn(kinds[kind], N, k, 6, 3, 2);
    const size_t a = plain->dim, b = roomy->dim;
    double *u = attn_alloc(6 * a, sizeof *u), *w = attn_alloc(6 * b, sizeof *w);
    double *weight = attn_alloc(6 * N, sizeof *weight), none[12] = {0}, signal[12];
    double *x = attn_alloc(6 * N, sizeof *x), *y = attn_alloc(6 * N, sizeof *y);
    gsl_rng *rng = start_stream(20);
    attn_rng_gaussian(weight, 6 * N, rng);
    attn_tokens_pullback(plain, u, none, weight, 6);
    attn_tokens_pullback(roomy, w, none, weight, 6);
    for (size_t e = 0; e < 6; e++)
      assert_memory_equal(u + e * a, w + e * b, a * sizeof *u);
    attn_tokens_scores(plain, signal, x, u, 6);
    attn_tokens_scores(roomy, signal, y, w, 6);
    assert_memory_equal(x, y, 6 * N * sizeof *x);
    for (size_t e = 0; e < 6; e++)
      assert_true(attn_tokens_inner(plain, u, u + e * a, x + e * N) ==
                  attn_tokens_inner(roomy, w, w + e * b, y + e * N));
    attn_tokens *again = drawn(kinds[kind], N, k, 6, 3, 2);
    attn_tokens_pullback(again, w, none, weight, 6);
    attn_rng_start(rng, 33, "gaussian", 21, 0, ATTN_STREAM_START);
    attn_tokens_gaussian(roomy, w, 2, (double[]){1, 1}, rng);
    attn_rng_start(rng, 33, "gaussian", 21, 0, ATTN_STREAM_START);
    attn_tokens_gaussian(again, w + 2 * b, 2, (double[]){4, 0.5}, rng);
    for (size_t j = 0; j < b; j++)
      assert_true(w[2 * b + j] == 4 * w[j] && w[3 * b + j] == 0.5 * w[b + j]);
    attn_tokens_free(again);
    attn_tokens_free(plain);
    attn_tokens_free(roomy);
    attn_free(u);
    attn_free(w);
    attn_free(weight);
    attn_free(x);
    attn_free(y);
    gsl_rng_free(rng);
  }
}

/* Two equal tokens, set by hand: the rank is one less, so a dimension more is outside, and the
 * equal tokens have equal scores. Mean squares over draws of the signal coordinates, of the rest
 * and of what is outside, in units of the scale: 1 and 1, k, k - rank, within 5.5 standard errors.
 * A matrix of higher rank than k, such as rounding may pretend, is taken for one of rank k. */
static void test_dependent_tokens(void **state) {
  (void)state;
  enum { N = 5, DRAWS = 4000 };
  const size_t k = 9;
  const double scale = 2;
  attn_tokens *tokens = drawn(ATTN_TOKENS_BARTLETT, N, k, 0, 1, 3);
  gsl_rng *rng = start_stream(30);
  double *K = attn_tokens_gram_matrix(tokens), u[2 + N + 1], noise[N], signal[2];
  double square[4] = {0}; /* u_0, u_1, noise part, outside */
  for (size_t draw = 0; draw < DRAWS; draw++) {
    attn_rng_start(rng, 35, "gaussian", 0, draw, ATTN_STREAM_NOISE);
    attn_tokens_draw(tokens, rng);
    for (size_t j = 0; j < N; j++)
      K[3 * N + j] = K[j * N + 3] = j == 3 ? K[N + 1] : K[N + j];
    attn_tokens_gaussian(tokens, u, 1, &scale, rng);
    attn_tokens_scores(tokens, signal, noise, u, 1);
    assert_close(noise[3], noise[1], 1e-12 * fabs(noise[1]));
    assert_true(u[2 + 3] == 0);
    const double each[] = {u[0] * u[0], u[1] * u[1], attn_tokens_inner(tokens, u, u, noise),
                           u[2 + N] * u[2 + N]};
    for (size_t c = 0; c < 4; c++)
      square[c] += each[c] / (scale * scale * DRAWS);
  }
  const double degrees[] = {1, 1, 9, 5};
  for (size_t c = 0; c < 4; c++)
    assert_close(square[c], degrees[c], 5.5 * sqrt(2 * degrees[c] / DRAWS));
  attn_tokens_free(tokens);

  tokens = drawn(ATTN_TOKENS_BARTLETT, N, 3, 0, 1, 3);
  K = attn_tokens_gram_matrix(tokens);
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < N; j++)
      K[i * N + j] = i == j;
  attn_tokens_gaussian(tokens, u, 1, &scale, rng);
  assert_true(u[2 + 2] != 0 && u[2 + 3] == 0 && u[2 + 4] == 0 && u[2 + N] == 0);
  gsl_rng_free(rng);
  attn_tokens_free(tokens);
}

/* ---- room ---- */

typedef struct {
  attn_tokens_kind kind;
  size_t k, room, vectors;
  bool drawn;
} request;

static void ask(const void *argument) {
  const request *r = argument;
  attn_tokens *tokens = r->drawn ? drawn(r->kind, 6, r->k, 1, r->room, 4)
                                 : attn_tokens_alloc_gaussian(r->kind, 6, r->k + 2, 1, 1, r->room);
  double *u = attn_alloc(tokens->dim, sizeof *u);
  gsl_rng *rng = start_stream(40);
  for (size_t a = 0; a < r->vectors; a++)
    attn_tokens_gaussian(tokens, u, 1, (double[]){1}, rng);
  attn_free(u);
  gsl_rng_free(rng);
  attn_tokens_free(tokens);
}

/* One vector more than there is room for is a sentence, unless no direction is left for it. */
static void test_room(void **state) {
  (void)state;
  const char *const more = "tokens with room for 2 Gaussian vectors were asked for one more";
  assert_fails(ask, (&(request){ATTN_TOKENS_GRAM, 50, 2, 3, true}), more);
  assert_fails(ask, (&(request){ATTN_TOKENS_BARTLETT, 9, 2, 3, true}), more);
  assert_fails(ask, (&(request){ATTN_TOKENS_LAZY, 50, 2, 3, true}), more);
  assert_fails(ask, (&(request){ATTN_TOKENS_BARTLETT, 50, 0, 1, true}), "without room");
  assert_fails(ask, (&(request){ATTN_TOKENS_LAZY, 50, 0, 1, true}), "room for 0");
  assert_fails(ask, (&(request){ATTN_TOKENS_LAZY, 50, 2, 1, false}), "before they were drawn");
  assert_passes(ask, (&(request){ATTN_TOKENS_DENSE, 50, 0, 5, true}));
  assert_passes(ask, (&(request){ATTN_TOKENS_BARTLETT, 8, 2, 5, true}));
  assert_passes(ask, (&(request){ATTN_TOKENS_GRAM, 4, 1, 5, true}));
  assert_passes(ask, (&(request){ATTN_TOKENS_LAZY, 2, 2, 5, true}));
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_inner),
      cmocka_unit_test(test_outside),
      cmocka_unit_test(test_lazy_images),
      cmocka_unit_test(test_nothing_else_changes),
      cmocka_unit_test(test_dependent_tokens),
      cmocka_unit_test(test_room),
      cmocka_unit_test(test_law),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
