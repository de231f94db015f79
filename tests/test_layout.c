/* Samples with any layout of signals and noise, over every geometry, against tokens written out in
 * R^d; the paper's layout written as one changes no bit. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "linalg.h"
#include "maxmargin.h"
#include "metrics.h"
#include "model.h"
#include "naive.h"
#include "rng.h"
#include "tokens_dense.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"

enum { D = 19, K = D - 2, SAMPLES = 6, MOST = 5 };

static const unsigned char classes[SAMPLES] = {0, 0, 0, 1, 1, 1};
static const signed char observed[SAMPLES] = {1, 1, -1, -1, -1, 1};

/* Everything that a layout can say, in one: coefficients on both signals for all tokens, tokens
 * with no noise, signal tokens with noise of their own, noise that several tokens and samples
 * share, noise that no token has, and tokens that are zero. */
static attn_layout *mixed(size_t T, size_t N, gsl_rng *rng) {
  attn_layout *layout = attn_layout_alloc(SAMPLES, T, N);
  for (size_t e = 0; e < SAMPLES * T; e++) {
    const double kind = gsl_rng_uniform(rng);
    if (kind < 0.7)
      for (size_t k = 0; k < 2; k++)
        layout->signal[2 * e + k] = 2 * gsl_rng_uniform(rng) - 1;
    if (kind > 0.2) /* not the last noise token, which stays without a place */
      layout->noise[e] = gsl_rng_uniform_int(rng, N - 1);
  }
  layout->noise[1] = layout->noise[0] = layout->noise[2 * T] = 3;
  layout->signal[2 * T] = layout->signal[2 * T + 1] = 0; /* the zero token */
  layout->noise[T] = ATTN_NO_NOISE;
  return layout;
}

typedef struct {
  size_t T, N;
  attn_layout *layout;
  attn_labels *labels;
  attn_tokens *dense, *tokens; /* tokens: the geometry under test */
  attn_model *model;
  naive_data data;
  double w[SAMPLES];
} problem;

static problem make(attn_tokens_kind kind, size_t T) {
  const double rho = 1.7;
  problem q = {.T = T, .N = 7};
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 31, "layout", T, 0, ATTN_STREAM_OTHER);
  q.layout = mixed(T, q.N, rng);
  q.labels = attn_labels_alloc(SAMPLES, T);
  memcpy(q.labels->k, classes, sizeof classes);
  memcpy(q.labels->y, observed, sizeof observed);
  attn_labels_set_layout(q.labels, q.layout);
  q.dense = attn_tokens_alloc(ATTN_TOKENS_DENSE, q.N, D, rho, 0);
  q.tokens = attn_tokens_alloc(kind, q.N, D, rho, 60);
  attn_rng_start(rng, 31, "layout", T, 0, ATTN_STREAM_NOISE);
  attn_tokens_draw(q.dense, rng);
  attn_rng_start(rng, 31, "layout", T, 0, ATTN_STREAM_NOISE);
  attn_tokens_draw(q.tokens, rng);
  q.model = attn_model_alloc_samples(q.tokens, SAMPLES, T);
  /* as multiples of tokens, which all geometries understand */
  double c[2][9];
  attn_rng_start(rng, 31, "layout", T, 0, ATTN_STREAM_START);
  attn_rng_gaussian(c[0], 2 * (2 + q.N), rng);
  attn_scale(c[0], 0.15, 2 * (2 + q.N));
  attn_model_set(q.model, q.tokens, c[ATTN_V], c[ATTN_P]);
  q.data = naive_data_general(SAMPLES, T, D, classes, observed, rho, q.layout->signal,
                              q.layout->noise, attn_tokens_dense_noise(q.dense));
  gsl_rng_free(rng);
  return q;
}

static void release(problem *q) {
  attn_layout_free(q->layout);
  attn_labels_free(q->labels);
  attn_tokens_free(q->dense);
  attn_tokens_free(q->tokens);
  attn_model_free(q->model);
  naive_data_free(&q->data);
}

/* The vector of R^d with the given coordinates, dense or Gram. */
static void expand(real *u /* [D] */, const problem *q, const double *coordinates) {
  for (size_t l = 0; l < D; l++)
    u[l] = l < 2 || q->tokens->dim == D ? coordinates[l] : 0;
  if (q->tokens->dim != D)
    for (size_t j = 0; j < q->N; j++)
      for (size_t l = 0; l < K; l++)
        u[2 + l] += (real)coordinates[2 + j] * attn_tokens_dense_noise(q->dense)[j * K + l];
}

static const struct {
  attn_tokens_kind kind;
  size_t T;
} cases[] = {{ATTN_TOKENS_DENSE, 2}, {ATTN_TOKENS_DENSE, 3}, {ATTN_TOKENS_DENSE, MOST},
             {ATTN_TOKENS_GRAM, 2},  {ATTN_TOKENS_GRAM, 3},  {ATTN_TOKENS_GRAM, MOST},
             {ATTN_TOKENS_DENSE, 1}};
enum { CASES = sizeof cases / sizeof *cases };

/* Outputs, weights and loss of the written-out samples; the gradient entry by entry and sign by
 * sign against central differences of fourth order of the written-out loss, and against its
 * gradient by the whole Jacobian. */
static void test_forward_and_gradient(void **state) {
  (void)state;
  const real h = 1e-3L;
  for (size_t c = 0; c < CASES; c++) {
    problem q = make(cases[c].kind, cases[c].T);
    real theta[2][D], grad[2][D], twin[2][D], s[MOST];
    for (size_t a = 0; a < 2; a++)
      expand(theta[a], &q, q.model->theta + a * q.model->dim);
    attn_model_forward(q.model, q.tokens, q.labels);
    for (size_t i = 0; i < SAMPLES; i++) {
      const double f = (double)naive_output(s, &q.data, i, theta[ATTN_V], theta[ATTN_P]);
      assert_close(q.model->f[i], f, 1e-12);
      for (size_t t = 0; t < q.T; t++)
        assert_close(q.model->weight[i * q.T + t], (double)s[t], 1e-12);
    }
    const double loss = (double)naive_loss(&q.data, theta[ATTN_V], theta[ATTN_P]);
    assert_close(attn_train_loss(q.model, q.labels), loss, 1e-13);
    attn_train_loss_derivative(q.w, q.model->f, q.labels);
    attn_model_backward(q.model, q.tokens, q.labels, q.w);
    naive_gradient(twin[0], twin[1], &q.data, theta[ATTN_V], theta[ATTN_P]);
    for (size_t a = 0; a < 2; a++) {
      real slope[D], largest = 0;
      expand(grad[a], &q, q.model->grad + a * q.model->dim);
      for (size_t l = 0; l < D; l++) {
        const real at = theta[a][l];
        real around[5]; /* at -2h ... 2h */
        for (size_t e = 0; e < 5; e++) {
          theta[a][l] = at + ((real)e - 2) * h;
          around[e] = naive_loss(&q.data, theta[0], theta[1]);
        }
        theta[a][l] = at;
        slope[l] = (8 * (around[3] - around[1]) - (around[4] - around[0])) / (12 * h);
        largest = fmaxl(largest, fabsl(slope[l]));
      }
      assert_true(a == ATTN_P && q.T == 1 ? largest < 1e-12L : largest > 1e-5L);
      for (size_t l = 0; l < D; l++) {
        assert_close((double)grad[a][l], (double)slope[l], 1e-9 * (double)largest + 1e-12);
        assert_close((double)grad[a][l], (double)twin[a][l], 1e-12 * (double)largest + 1e-15);
        if (fabsl(slope[l]) > 1e-6L * largest && largest > 1e-5L)
          assert_true((grad[a][l] > 0) == (slope[l] > 0));
      }
    }
    release(&q);
  }
}

/* Five steps of training from zero: dense and Gram tokens of one draw agree with each other and
 * with the written-out samples, in outputs and metrics. */
static void test_training(void **state) {
  (void)state;
  for (size_t c = 0; c < 6; c++) {
    problem q = make(cases[c].kind, cases[c].T);
    real v[D] = {0}, p[D] = {0}, s[MOST];
    attn_model_zero(q.model);
    for (size_t step = 0; step < 5; step++) {
      attn_model_forward(q.model, q.tokens, q.labels);
      attn_train_step(q.model, q.tokens, q.labels, &(attn_optim){.beta = 0.4}, q.w);
      naive_step(v, p, &q.data, 0.4);
    }
    attn_model_forward(q.model, q.tokens, q.labels);
    double clean = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
      assert_close(q.model->f[i], (double)naive_output(s, &q.data, i, v, p), 1e-11);
      clean += attn_labels_noisy(q.labels, i) ? 0 : (double)s[0] / 4;
    }
    const attn_metrics m = attn_metrics_measure(q.model, q.tokens, q.labels);
    assert_close(m.att_clean, clean, 1e-12); /* token 0 counts as the signal token */
    assert_relative(m.vv, (double)naive_dot(v + 2, v + 2, K), 1e-11);
    assert_close(m.mv[1], (double)(1.7L * v[1]), 1e-11);
    release(&q);
  }
}

/* Bartlett and lazy tokens have no written-out twin. Their inner products are those of some tokens,
 * so training over them must equal training over a Gram matrix that holds the same ones: Bartlett's
 * matrix copied into Gram tokens; for lazy tokens, all inner products after every noise token was
 * asked for once. */
static void test_other_geometries(void **state) {
  (void)state;
  const attn_tokens_kind kinds[] = {ATTN_TOKENS_BARTLETT, ATTN_TOKENS_LAZY};
  for (size_t g = 0; g < 2; g++)
    for (size_t T = 2; T <= 4; T++) {
      problem q = make(kinds[g], T);
      attn_tokens *gram = attn_tokens_alloc(ATTN_TOKENS_GRAM, q.N, D, 1.7, 0);
      attn_model *twin = attn_model_alloc_samples(gram, SAMPLES, T);
      double *Kt = attn_tokens_gram_matrix(gram), signal[2], *score = Kt;
      double *u = attn_alloc(q.tokens->dim, sizeof *u), w[SAMPLES];
      for (size_t j = 0; j < q.N; j++) {
        double pick[7] = {0};
        pick[j] = 1;
        attn_tokens_pullback(q.tokens, u, (const double[2]){0, 0}, pick, 1);
        attn_tokens_scores(q.tokens, signal, score + j * q.N, u, 1);
      }
      attn_model_zero(q.model);
      for (size_t step = 0; step < 5; step++) {
        attn_model_forward(q.model, q.tokens, q.labels);
        attn_train_step(q.model, q.tokens, q.labels, &(attn_optim){.beta = 0.4}, q.w);
        attn_model_forward(twin, gram, q.labels);
        attn_train_step(twin, gram, q.labels, &(attn_optim){.beta = 0.4}, w);
      }
      attn_model_forward(q.model, q.tokens, q.labels);
      attn_model_forward(twin, gram, q.labels);
      double largest = 0;
      for (size_t i = 0; i < SAMPLES; i++) {
        largest = fmax(largest, fabs(twin->f[i]));
        assert_close(q.model->f[i], twin->f[i], 1e-9);
      }
      assert_true(largest > 0.1);
      attn_free(u);
      attn_model_free(twin);
      attn_tokens_free(gram);
      release(&q);
    }
}

/* The paper's layout, written as a layout, trains to the same bits as the built-in one. */
static void test_paper(void **state) {
  (void)state;
  const attn_tokens_kind kinds[] = {ATTN_TOKENS_DENSE, ATTN_TOKENS_BARTLETT, ATTN_TOKENS_LAZY};
  for (size_t c = 0; c < 6; c++) {
    const attn_data_param param = {30, 2 + c / 3, 500, 9, 0.1};
    attn_layout *layout = attn_layout_alloc(param.n, param.T, param.n * (param.T - 1));
    attn_trial *plain = attn_trial_alloc(kinds[c % 3], &param, 3);
    attn_trial *trial = attn_trial_alloc_layout(kinds[c % 3], &param, layout, 3);
    attn_trial_draw(plain, 5, "layout", c, 0);
    attn_trial_draw(trial, 5, "layout", c, 0);
    attn_layout_paper(layout, trial->labels->k);
    assert_null(attn_layout_check(layout));
    for (size_t step = 0; step < 4; step++) {
      attn_model_forward(plain->model, plain->tokens, plain->labels);
      attn_model_forward(trial->model, trial->tokens, trial->labels);
      assert_memory_equal(plain->model->f, trial->model->f, param.n * sizeof(double));
      if (step == 3)
        break;
      attn_train_step(plain->model, plain->tokens, plain->labels, &(attn_optim){.beta = 0.1},
                      plain->w);
      attn_train_step(trial->model, trial->tokens, trial->labels, &(attn_optim){.beta = 0.1},
                      trial->w);
    }
    assert_true(plain->model->f[0] != 0);
    attn_trial_free(plain);
    attn_trial_free(trial);
    attn_layout_free(layout);
  }
}

/* Given tokens: every token of every sample is a row of the dense matrix; the written-out samples
 * have the same outputs after training, with rho = 0 and with another, and nothing is on signals. */
static void test_given(void **state) {
  (void)state;
  enum { T = 3, N = SAMPLES * T };
  for (size_t c = 0; c < 2; c++) {
    attn_layout *layout = attn_layout_alloc(SAMPLES, T, N);
    attn_layout_given(layout);
    attn_labels *labels = attn_labels_alloc(SAMPLES, T);
    memcpy(labels->k, classes, sizeof classes);
    memcpy(labels->y, observed, sizeof observed);
    attn_labels_set_layout(labels, layout);
    attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_DENSE, N, D, c == 0 ? 0 : 4, 0);
    double *x = attn_tokens_dense_noise(tokens), w[SAMPLES];
    naive_data data = {SAMPLES,
                       T,
                       D,
                       calloc(SAMPLES, sizeof(int)),
                       calloc(SAMPLES, sizeof(int)),
                       calloc(N * D, sizeof(real))};
    for (size_t i = 0; i < SAMPLES; i++)
      data.label[i] = observed[i];
    for (size_t e = 0; e < N; e++)
      for (size_t l = 0; l < K; l++)
        data.x[e * D + 2 + l] = x[e * K + l] = sin(1.0 + 1.7 * (double)(e * K + l));
    attn_model *model = attn_model_alloc_samples(tokens, SAMPLES, T);
    real v[D] = {0}, p[D] = {0}, s[T];
    for (size_t step = 0; step < 5; step++) {
      attn_model_forward(model, tokens, labels);
      attn_train_step(model, tokens, labels, &(attn_optim){.beta = 0.5}, w);
      naive_step(v, p, &data, 0.5);
    }
    attn_model_forward(model, tokens, labels);
    for (size_t i = 0; i < SAMPLES; i++)
      assert_close(model->f[i], (double)naive_output(s, &data, i, v, p), 1e-12);
    for (size_t a = 0; a < 2; a++)
      for (size_t k = 0; k < 2; k++)
        assert_true(model->theta[a * model->dim + k] == 0);
    naive_data_free(&data);
    attn_model_free(model);
    attn_tokens_free(tokens);
    attn_labels_free(labels);
    attn_layout_free(layout);
  }
  attn_layout_free(NULL);
}

/* Class 0 has the given share: exact binomial limits, two-sided false alarm rate 1e-6; share 1/2
 * draws the same labels as without a share. */
static void test_unequal_classes(void **state) {
  (void)state;
  const size_t n = 100000;
  gsl_rng *rng = attn_rng_alloc();
  attn_labels *labels = attn_labels_alloc(n, 2), *plain = attn_labels_alloc(n, 2);
  attn_rng_start(rng, 32, "layout", 0, 0, ATTN_STREAM_LABELS);
  attn_labels_draw_unequal(labels, 0.8, 0.1, rng);
  const attn_counts counts = attn_labels_counts(labels);
  assert_close(counts.n[0], 80000, 4.9 * sqrt(16000));
  assert_close(counts.noisy[0], 8000, 4.9 * sqrt(8000));
  assert_close(counts.noisy[1], 2000, 4.9 * sqrt(2000));
  attn_rng_start(rng, 32, "layout", 0, 1, ATTN_STREAM_LABELS);
  attn_labels_draw_unequal(labels, 0.5, 0.1, rng);
  attn_rng_start(rng, 32, "layout", 0, 1, ATTN_STREAM_LABELS);
  attn_labels_draw(plain, 0.1, rng);
  assert_memory_equal(labels->k, plain->k, n);
  assert_memory_equal(labels->y, plain->y, n);
  attn_labels_free(labels);
  attn_labels_free(plain);
  gsl_rng_free(rng);
}

/* ---- misuse ---- */

static void alloc_none(const void *argument) {
  attn_layout_alloc(*(const size_t *)argument, 2, 1);
}
static void paper_short(const void *argument) {
  (void)argument;
  attn_layout_paper(attn_layout_alloc(SAMPLES, 3, 2 * SAMPLES - 1), classes);
}
static void given_short(const void *argument) {
  (void)argument;
  attn_layout_given(attn_layout_alloc(SAMPLES, 3, 3 * SAMPLES - 1));
}
static void set_layout(const void *argument) {
  attn_labels_set_layout(attn_labels_alloc(SAMPLES, 2), argument);
}
static void share_of(const void *argument) {
  attn_labels_draw_unequal(attn_labels_alloc(2, 2), *(const double *)argument, 0.1,
                           attn_rng_alloc());
}
/* a model of the paper's sizes with labels of another layout */
static void wrong_model(const void *argument) {
  problem q = make(ATTN_TOKENS_DENSE, 2);
  attn_labels_set_layout(q.labels, NULL);
  if (argument == NULL)
    attn_model_forward(q.model, q.tokens, q.labels);
  else
    attn_model_backward(q.model, q.tokens, q.labels, q.w);
}
static void trial_of(const void *argument) {
  attn_trial_alloc_layout(ATTN_TOKENS_DENSE, &(attn_data_param){8, 2, 50, 1, 0.1}, argument, 1);
}
static void solve_maxmargin(const void *argument) {
  problem q = make(ATTN_TOKENS_GRAM, 2);
  (void)argument;
  const attn_maxmargin_set set = {q.labels, attn_tokens_gram_matrix(q.tokens), 1.7};
  unsigned char sigma[SAMPLES] = {0};
  double a[SAMPLES];
  attn_svm_result result;
  attn_maxmargin_workspace *w = attn_maxmargin_alloc(SAMPLES, 2);
  attn_maxmargin_value(a, &result, sigma, &set, w);
}

static void test_misuse(void **state) {
  (void)state;
  attn_layout *layout = attn_layout_alloc(SAMPLES, 2, 4);
  assert_null(attn_layout_check(layout));
  layout->noise[5] = 4;
  assert_non_null(strstr(attn_layout_check(layout), "token 1 of sample 2 has noise token 4, but "
                                                    "there are 4"));
  assert_fails(set_layout, layout, "noise token 4");
  layout->noise[5] = 3;
  assert_null(attn_layout_check(layout));
  layout->signal[2 * 5 + 1] = NAN;
  assert_non_null(strstr(attn_layout_check(layout), "token 1 of sample 2 has coefficient nan on "
                                                    "mu_2"));
  layout->signal[2 * 5 + 1] = -3;
  assert_null(attn_layout_check(layout));
  assert_passes(set_layout, layout);
  assert_fails(trial_of, layout, "6 samples", "8");
  attn_layout_free(layout);
  layout = attn_layout_alloc(SAMPLES, 3, 4);
  assert_fails(set_layout, layout, "3 tokens each", "with 2");
  attn_layout_free(layout);
  assert_fails(alloc_none, &(size_t){0}, "0 samples", "at least 1");
  assert_fails(alloc_none, &(size_t){SIZE_MAX / 8}, "too many");
  assert_fails(paper_short, NULL, "12 noise tokens, not 11");
  assert_fails(given_short, NULL, "18 noise tokens, not 17");
  const double shares[] = {0, 1, NAN, -1};
  for (size_t c = 0; c < 4; c++)
    assert_fails(share_of, shares + c, "share = ", "(0, 1)");
  assert_fails(wrong_model, NULL, "7 noise tokens", "6");
  assert_fails(wrong_model, "backward", "7 noise tokens", "6");
  assert_fails(solve_maxmargin, NULL, "max-margin", "layout");
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_forward_and_gradient),
      cmocka_unit_test(test_training),
      cmocka_unit_test(test_other_geometries),
      cmocka_unit_test(test_paper),
      cmocka_unit_test(test_given),
      cmocka_unit_test(test_unequal_classes),
      cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
