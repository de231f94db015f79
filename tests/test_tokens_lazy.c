/* tokens_lazy: exact identities among its answers, degenerate questions, and equality in law with
 * Bartlett's Gram matrix. */
#include "support.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "linalg.h"
#include "rng.h"
#include "stats.h"
#include "tokens.h"
#include "tokens_lazy.h"

/* ---- helpers ------------------------------------------------------------------------------- */

static gsl_rng *stream(size_t cell, size_t replicate) {
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 1, "test_tokens_lazy", cell, replicate, ATTN_STREAM_NOISE);
  return rng;
}

static attn_tokens *drawn(size_t N, size_t d, size_t pullbacks, size_t cell) {
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_LAZY, N, d, 2.0, pullbacks);
  gsl_rng *rng = stream(cell, 0);
  attn_tokens_draw(tokens, rng);
  gsl_rng_free(rng);
  return tokens;
}

static double *gaussians(size_t count, size_t cell) {
  double *x = attn_alloc(count, sizeof *x);
  gsl_rng *rng = stream(cell, 1);
  attn_rng_gaussian(x, count, rng);
  gsl_rng_free(rng);
  return x;
}

/* The noise part of a pullback of m weights. */
static void ask(attn_tokens *tokens, double *u, const double *c, size_t m) {
  double *zero = attn_alloc(2 * m, sizeof *zero);
  attn_tokens_pullback(tokens, u, zero, c, m);
  attn_free(zero);
}

/* |x - y| <= tolerance |y| */
static void assert_near(const double *x, const double *y, size_t n, double tolerance) {
  double distance = 0;
  for (size_t j = 0; j < n; j++)
    distance = hypot(distance, x[j] - y[j]);
  assert_true(distance <= tolerance * attn_norm(y, n));
}

/* ---- identities ---------------------------------------------------------------------------- */

/* After count questions: the q's are orthonormal and q_i . Xi e_l = 0 for l > i. */
static double worst_angle(const attn_tokens *tokens) {
  double worst = 0;
  for (size_t l = 0; l < attn_tokens_lazy_count(tokens); l++) {
    const double *q = attn_tokens_lazy_question(tokens, l);
    const double *image = attn_tokens_lazy_image(tokens, l);
    worst = fmax(worst, fabs(attn_norm(q, tokens->N) - 1));
    for (size_t i = 0; i < l; i++) {
      const double *p = attn_tokens_lazy_question(tokens, i);
      worst = fmax(worst, fabs(attn_dot(p, q, tokens->N)));
      worst = fmax(worst, fabs(attn_dot(p, image, tokens->N)) / attn_norm(image, tokens->N));
    }
  }
  return worst;
}

static void test_orthogonality(void **unused) {
  (void)unused;
  const struct {
    size_t N, d, questions;
    double step; /* of each question away from the one before: 1e-8 makes them nearly parallel */
  } cases[] = {{300, 1000000, 50, 1},
               {300, 1000000, 50, 1e-8},
               {5000, 200, 50, 1e-8},
               {50, 100000, 50, 1},
               {50, 100000, 50, 1e-8}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const size_t N = cases[i].N, m = cases[i].questions;
    attn_tokens *tokens = drawn(N, cases[i].d, m, i);
    double *c = gaussians(m * N, i), *u = attn_alloc(tokens->dim, sizeof *u);
    for (size_t a = 0; a < m; a++) {
      if (a > 0) {
        attn_scale(c + a * N, cases[i].step, N);
        attn_axpy(c + a * N, 1, c + (a - 1) * N, N);
      }
      ask(tokens, u, c + a * N, 1);
    }
    assert_int_equal(attn_tokens_lazy_count(tokens), m);
    assert_true(worst_angle(tokens) < 1e-12);
    attn_free(c);
    attn_free(u);
    attn_tokens_free(tokens);
  }
}

/* u_a = Xi' c_a for questions of one draw and any parameter vector w: u_a . w = c_a . (Xi w), and
 * u_a . u_b = c_a . (Xi u_b), for answers given long before as well; signal parts likewise. */
static void test_adjoint(void **unused) {
  (void)unused;
  const struct {
    size_t N, d, questions;
  } cases[] = {{300, 1000000, 50}, {300, 1000000000000000, 20},
               {300, 3, 5},        {300, 4, 5},
               {300, 5, 7},        {300, 22, 40},
               {12, 1000, 20},     {1, 100, 3},
               {1, 3, 2},          {5000, 100000, 20}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const size_t N = cases[i].N, m = cases[i].questions;
    attn_tokens *tokens = drawn(N, cases[i].d, m, i);
    const size_t dim = tokens->dim;
    double *c = gaussians(m * N, i), *s = gaussians(2 * m, 100 + i);
    double *u = attn_alloc(m * dim, sizeof *u), *w = gaussians(dim, 200 + i);
    double *noise = attn_alloc((m + 1) * N, sizeof *noise), signal[2];
    for (size_t a = 0; a < m; a += 2) /* in pairs, as training does */
      attn_tokens_pullback(tokens, u + a * dim, s + 2 * a, c + a * N, a + 1 < m ? 2 : 1);
    size_t most = N < tokens->k ? N : tokens->k;
    assert_int_equal(attn_tokens_lazy_count(tokens), m < most ? m : most);
    for (size_t b = 0; b <= m; b++) {
      const double *x = b < m ? u + b * dim : w;
      attn_tokens_scores(tokens, signal, noise + b * N, x, 1);
      for (size_t a = 0; a < m; a++) {
        double size = attn_norm(c + a * N, N) * attn_norm(noise + b * N, N);
        assert_true(fabs(attn_tokens_inner(tokens, u + a * dim, x, noise + b * N) -
                         attn_dot(c + a * N, noise + b * N, N)) <= 1e-13 * size);
        assert_true(fabs(attn_dot(u + a * dim, x, 2) - attn_dot(s + 2 * a, signal, 2)) <=
                    1e-14 * (1 + fabs(attn_dot(s + 2 * a, signal, 2))));
      }
    }
    attn_tokens_scores(tokens, s, noise, u, m); /* all at once is the same as one by one */
    for (size_t b = 0; b < m; b++) {
      attn_tokens_scores(tokens, signal, noise + m * N, u + b * dim, 1);
      assert_memory_equal(noise + b * N, noise + m * N, N * sizeof *noise);
    }
    attn_free(c);
    attn_free(s);
    attn_free(u);
    attn_free(w);
    attn_free(noise);
    attn_tokens_free(tokens);
  }
}

/* ---- degenerate questions ------------------------------------------------------------------ */

/* Zero, repeated, dependent, tiny, huge and non-finite weights add no direction and draw nothing:
 * the next new question is answered as if they had not been asked. With room for three directions
 * they are asked at full capacity as well. */
static void test_degenerate(void **unused) {
  (void)unused;
  const size_t N = 200, d = 1000000;
  for (size_t room = 3; room <= 4; room++) {
    attn_tokens *tokens = drawn(N, d, room, 7), *plain = drawn(N, d, room, 7);
    const size_t dim = tokens->dim;
    double *c = gaussians(3 * N, 7), *b = attn_alloc(N, sizeof *b), *u = gaussians(dim, 7);
    double *answer = attn_alloc(3 * dim, sizeof *answer), *expected = attn_alloc(dim, sizeof *b);
    double *other = attn_alloc(3 * dim, sizeof *other);
    ask(tokens, u, b, 1); /* zero before anything is known */
    for (size_t j = 0; j < dim; j++)
      assert_true(u[j] == 0);
    for (size_t a = 0; a < 3; a++) {
      ask(tokens, answer + a * dim, c + a * N, 1);
      ask(plain, other + a * dim, c + a * N, 1);
      for (size_t again = 0; again <= a; again++) {
        ask(tokens, u, c + again * N, 1);
        assert_near(u, answer + again * dim, dim, 1e-12);
        const double factors[] = {-1, 1e-12, 1e-300, 3e-310, 1e200};
        for (size_t f = 0; f < sizeof factors / sizeof *factors; f++) {
          memset(b, 0, N * sizeof *b);
          memset(expected, 0, dim * sizeof *expected);
          attn_axpy(b, factors[f], c + again * N, N);
          attn_axpy(expected, factors[f], answer + again * dim, dim);
          ask(tokens, u, b, 1);
          /* subnormal weights carry few digits */
          double tolerance = fabs(factors[f]) < DBL_MIN ? 1e-8 : 1e-12;
          for (size_t j = 0; j < dim; j++)
            assert_true(fabs(u[j] - expected[j]) <=
                        tolerance * fabs(factors[f]) * attn_norm(answer + again * dim, dim));
        }
      }
      memset(b, 0, N * sizeof *b);
      memset(expected, 0, dim * sizeof *expected);
      for (size_t l = 0; l <= a; l++) {
        attn_axpy(b, 1.5 - (double)l, c + l * N, N);
        attn_axpy(expected, 1.5 - (double)l, answer + l * dim, dim);
      }
      ask(tokens, u, b, 1);
      assert_near(u, expected, dim, 1e-12);
      memset(b, 0, N * sizeof *b);
      ask(tokens, u, b, 1);
      for (size_t j = 0; j < dim; j++)
        assert_true(u[j] == 0);
      b[1] = NAN;
      ask(tokens, u, b, 1);
      assert_true(isnan(u[2]));
      b[1] = INFINITY;
      ask(tokens, u, b, 1);
      assert_true(isnan(u[2]));
      assert_int_equal(attn_tokens_lazy_count(tokens), a + 1);
    }
    assert_memory_equal(answer, other, 3 * dim * sizeof *answer);
    attn_free(c);
    attn_free(b);
    attn_free(u);
    attn_free(answer);
    attn_free(expected);
    attn_free(other);
    attn_tokens_free(tokens);
    attn_tokens_free(plain);
  }
}

/* Subnormal weights as the first question are answered in proportion. */
static void test_tiny_first(void **unused) {
  (void)unused;
  attn_tokens *tokens = drawn(100, 10000, 2, 8);
  double *c = attn_alloc(100, sizeof *c), *u = attn_alloc(tokens->dim, sizeof *u);
  c[5] = 1e-310;
  ask(tokens, u, c, 1);
  double tiny = u[2];
  c[5] = 1;
  ask(tokens, u, c, 1);
  assert_int_equal(attn_tokens_lazy_count(tokens), 1);
  assert_true(fabs(u[2] * 1e-310 - tiny) <= 1e-12 * tiny);
  attn_free(c);
  attn_free(u);
  attn_tokens_free(tokens);
}

/* Directions end with min(N, k): after that every answer follows from what is known. */
static void test_everything_known(void **unused) {
  (void)unused;
  const size_t N = 9;
  for (size_t d = 3; d < 15; d++) {
    attn_tokens *tokens = drawn(N, d, 1000, d);
    size_t most = N < d - 2 ? N : d - 2;
    assert_int_equal(tokens->dim, 2 + most);
    double *c = gaussians(30 * N, d), *u = attn_alloc(tokens->dim, sizeof *u);
    for (size_t a = 0; a < 30; a++) {
      ask(tokens, u, c + a * N, 1);
      assert_int_equal(attn_tokens_lazy_count(tokens), a + 1 < most ? a + 1 : most);
    }
    attn_free(c);
    attn_free(u);
    attn_tokens_free(tokens);
  }
}

/* ---- reproducibility ----------------------------------------------------------------------- */

static void test_same_stream_same_answers(void **unused) {
  (void)unused;
  const size_t N = 150;
  attn_tokens *one = attn_tokens_alloc(ATTN_TOKENS_LAZY, N, 1000, 2.0, 4);
  attn_tokens *two = attn_tokens_alloc(ATTN_TOKENS_LAZY, N, 1000, 2.0, 4);
  double *c = gaussians(4 * N, 9), *u = attn_alloc(4 * one->dim, sizeof *u);
  double *w = attn_alloc(4 * one->dim, sizeof *w), *first = attn_alloc(4 * one->dim, sizeof *w);
  gsl_rng *rng = stream(9, 0), *again = stream(9, 0);
  for (size_t draw = 0; draw < 3; draw++) {
    attn_tokens_draw(one, rng);
    attn_tokens_draw(two, again);
    ask(one, u, c, 4);
    for (size_t a = 0; a < 4; a++)
      ask(two, w + a * one->dim, c + a * N, 1);
    assert_memory_equal(u, w, 4 * one->dim * sizeof *u);
    if (draw == 0)
      memcpy(first, u, 4 * one->dim * sizeof *u);
    else
      assert_true(fabs(first[2] - u[2]) > 1e-6);
  }
  assert_true(gsl_rng_get(rng) == gsl_rng_get(again)); /* pullbacks left the stream alone */
  gsl_rng_free(rng);
  gsl_rng_free(again);
  attn_free(c);
  attn_free(u);
  attn_free(w);
  attn_free(first);
  attn_tokens_free(one);
  attn_tokens_free(two);
}

/* ---- misuse -------------------------------------------------------------------------------- */

static void ask_once_too_often(const void *unused) {
  (void)unused;
  attn_tokens *tokens = drawn(50, 1000, 2, 10);
  double *c = gaussians(3 * 50, 10), *u = attn_alloc(3 * tokens->dim, sizeof *u);
  ask(tokens, u, c, 3);
  attn_free(c);
  attn_free(u);
  attn_tokens_free(tokens);
}

static void ask_before_the_draw(const void *unused) {
  (void)unused;
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_LAZY, 50, 1000, 2.0, 2);
  double *c = gaussians(50, 10), *u = attn_alloc(tokens->dim, sizeof *u);
  ask(tokens, u, c, 1);
}

static void test_misuse(void **unused) {
  (void)unused;
  assert_fails(ask_once_too_often, NULL,
               "room for 2 directions were asked for one more; allocate them "
               "with a larger number of pullbacks");
  assert_fails(ask_before_the_draw, NULL, "before they were drawn");
}

/* ---- equality in law ----------------------------------------------------------------------- */

enum { SEEDS = 4000, STATISTICS = 6 };

typedef struct {
  const char *name;
  void (*script)(double *statistic /* [STATISTICS] */, attn_tokens *tokens, const void *setting);
  const char *statistic[STATISTICS];
} experiment;

typedef struct {
  size_t n, T, d, noisy, steps;
  double kappa;
} descent;

/* Gradient descent from zero on fixed labels, the formulas of theory section 2 in a loop of its
 * own: classes alternate and the first samples are noisy. */
static void descend(double *statistic, attn_tokens *tokens, const void *setting) {
  const descent *s = setting;
  const size_t n = s->n, noise_each = s->T - 1, N = n * noise_each, dim = tokens->dim;
  const double scale = fmax(tokens->rho * tokens->rho, (double)s->d / (double)n);
  const double beta = 0.025 * 900 / scale;
  double *u = attn_alloc(2 * dim, sizeof *u), *gradient = attn_alloc(2 * dim, sizeof *u);
  double *noise = attn_alloc(2 * N, sizeof *u), *c = attn_alloc(2 * N, sizeof *u);
  double *weight = attn_alloc(s->T, sizeof *u), signal[4];
  for (size_t step = 0; step <= s->steps; step++) {
    double c_signal[4] = {0}, clean = 0, noisy = 0;
    attn_tokens_scores(tokens, signal, noise, u, 2); /* v, then p */
    for (size_t i = 0; i < n; i++) {
      const size_t k = i % 2, first = i * noise_each;
      const double y = (k == 0 ? 1 : -1) * (i < s->noisy ? -1 : 1);
      const double *g = noise + first, *b = noise + N + first;
      double largest = signal[2 + k], sum = 0;
      for (size_t t = 0; t < noise_each; t++)
        largest = fmax(largest, b[t]);
      weight[0] = exp(signal[2 + k] - largest);
      for (size_t t = 0; t < noise_each; t++)
        weight[t + 1] = exp(b[t] - largest);
      for (size_t t = 0; t < s->T; t++)
        sum += weight[t];
      double f = weight[0] / sum * signal[k];
      for (size_t t = 0; t < noise_each; t++)
        f += weight[t + 1] / sum * g[t];
      const double w = -y / ((double)n * (1 + exp(y * f)));
      c_signal[k] += w * weight[0] / sum;
      c_signal[2 + k] += w * weight[0] / sum * (signal[k] - f);
      for (size_t t = 0; t < noise_each; t++) {
        c[first + t] = w * weight[t + 1] / sum;
        c[N + first + t] = w * weight[t + 1] / sum * (g[t] - f);
      }
      *(i < s->noisy ? &noisy : &clean) += weight[0] / sum;
    }
    if (step == s->steps) {
      statistic[0] = clean / (double)(n - s->noisy);
      statistic[1] = s->noisy > 0 ? noisy / (double)s->noisy : 0;
      statistic[2] = attn_tokens_inner(tokens, u, u, noise);
      statistic[3] = attn_tokens_inner(tokens, u + dim, u + dim, noise + N);
      statistic[4] = attn_tokens_inner(tokens, u, u + dim, noise + N);
      statistic[5] = noise[N];
    } else {
      attn_tokens_pullback(tokens, gradient, c_signal, c, 2);
      attn_axpy(u, -beta, gradient, 2 * dim);
    }
  }
  attn_free(u);
  attn_free(gradient);
  attn_free(noise);
  attn_free(c);
  attn_free(weight);
}

/* All tokens one by one, so the whole Gram matrix K; and the power method from the first token,
 * whose questions depend on all answers before. */
static void whole_matrix(double *statistic, attn_tokens *tokens, const void *setting) {
  (void)setting;
  const size_t N = tokens->N, dim = tokens->dim;
  double *c = attn_alloc(N * N, sizeof *c), *u = attn_alloc(N * dim, sizeof *u);
  double *K = attn_alloc(N * N, sizeof *K), *signal = attn_alloc(2 * N, sizeof *c);
  double *x = attn_alloc(N, sizeof *x), *w = attn_alloc(dim, sizeof *w);
  double largest = 0, trace = 0;
  x[0] = 1;
  for (size_t step = 0; step < 4; step++) {
    ask(tokens, w, x, 1);
    attn_tokens_scores(tokens, signal, x, w, 1);
    statistic[4] = attn_norm(x, N);
    attn_scale(x, 1 / statistic[4], N);
  }
  for (size_t j = 0; j < N; j++)
    c[j * N + j] = 1;
  ask(tokens, u, c, N);
  attn_tokens_scores(tokens, signal, K, u, N);
  for (size_t i = 0; i < N; i++) {
    trace += K[i * N + i];
    for (size_t j = 0; j < i; j++)
      largest = fmax(largest, fabs(K[i * N + j]));
  }
  statistic[0] = trace;
  statistic[1] = attn_norm(K, N * N);
  statistic[2] = largest;
  statistic[3] = K[1];
  statistic[5] = K[N * N - 1] * K[N + 1] - K[2 * N - 1] * K[2 * N - 1]; /* a minor */
  attn_free(c);
  attn_free(u);
  attn_free(K);
  attn_free(signal);
  attn_free(x);
  attn_free(w);
}

/* p-values of lazy against Bartlett over SEEDS independent draws of each. */
static double compare(const experiment *what, size_t N, size_t d, double rho, size_t pullbacks,
                      const void *setting, size_t cell, size_t *tests) {
  const attn_tokens_kind kinds[2] = {ATTN_TOKENS_LAZY, ATTN_TOKENS_BARTLETT};
  double *x = attn_alloc(2 * STATISTICS * SEEDS, sizeof *x), statistic[STATISTICS], least = 1;
  gsl_rng *rng = attn_rng_alloc();
  for (size_t kind = 0; kind < 2; kind++) {
    attn_tokens *tokens = attn_tokens_alloc(kinds[kind], N, d, rho, pullbacks);
    for (size_t seed = 0; seed < SEEDS; seed++) {
      attn_rng_start(rng, 1 + kind, "equality in law", cell, seed, ATTN_STREAM_NOISE);
      attn_tokens_draw(tokens, rng);
      what->script(statistic, tokens, setting);
      for (size_t s = 0; s < STATISTICS; s++)
        x[(kind * STATISTICS + s) * SEEDS + seed] = statistic[s];
    }
    attn_tokens_free(tokens);
  }
  for (size_t s = 0; s < STATISTICS; s++) {
    double *lazy = x + s * SEEDS, *bartlett = lazy + STATISTICS * SEEDS;
    double p = attn_stats_ks(lazy, SEEDS, bartlett, SEEDS);
    if (lazy[0] == lazy[SEEDS - 1]) { /* constant, such as the noisy attention when none is */
      printf(" %12s", "-");
      continue;
    }
    printf(" %12.4f", p);
    least = fmin(least, p);
    *tests += 1;
  }
  printf("\n");
  gsl_rng_free(rng);
  attn_free(x);
  return least;
}

static void print_head(const char *settings, const experiment *what) {
  printf("%-36s", settings);
  for (size_t s = 0; s < STATISTICS; s++)
    printf(" %12s", what->statistic[s]);
  printf("\n");
}

/* The smallest p-value of all tests must pass Bonferroni's threshold for a family-wise level of
 * SUPPORT_FALSE_ALARM. */
static void test_equality_in_law(void **unused) {
  (void)unused;
  static const experiment training = {
      "descent", descend, {"s clean", "s noisy", "|v|^2", "|p|^2", "v.p", "p.xi_1"}};
  static const experiment matrix = {
      "matrix", whole_matrix, {"tr K", "|K|", "max |K_ij|", "K_12", "power", "minor"}};
  static const descent settings[] = {
      {20, 2, 4000, 4, 2, 1.5}, {20, 2, 4000, 4, 3, 2.5}, {40, 2, 500, 4, 3, 2.1},
      {40, 2, 500, 0, 2, 1.0},  {20, 2, 12, 4, 3, 1.5},   {8, 4, 40, 2, 2, 2.0},
      {8, 4, 40, 2, 3, 2.0},    {20, 4, 100000, 4, 3, 2}, {10, 4, 9, 2, 3, 2.0},
      {6, 2, 3, 2, 3, 1.0},     {6, 2, 4, 2, 3, 1.0},     {6, 4, 5, 2, 3, 1.0},
      {6, 2, 6, 2, 3, 1.0},     {4, 2, 1000, 1, 4, 1.5},
  };
  static const size_t sides[][2] = {{6, 3}, {6, 4}, {6, 5},   {6, 7},
                                    {6, 8}, {6, 9}, {15, 40}, {12, 9}};
  const size_t descents = sizeof settings / sizeof *settings,
               n_sides = sizeof sides / sizeof *sides;
  double least = 1;
  size_t tests = 0;
  printf("p-values of lazy against Bartlett, %d draws each, two-sample Kolmogorov-Smirnov\n",
         SEEDS);
  print_head("  n  T       d noisy steps kappa", &training);
  for (size_t i = 0; i < descents; i++) {
    const descent *s = settings + i;
    double rho = s->kappa * sqrt((double)s->d / (double)s->n);
    printf("%3zu %2zu %7zu %5zu %5zu %5.1f      ", s->n, s->T, s->d, s->noisy, s->steps, s->kappa);
    least =
        fmin(least, compare(&training, s->n * (s->T - 1), s->d, rho, 2 * s->steps, s, i, &tests));
  }
  print_head("  N       d", &matrix);
  for (size_t i = 0; i < n_sides; i++) {
    const size_t N = sides[i][0], d = sides[i][1];
    printf("%3zu %7zu                         ", N, d);
    least = fmin(least, compare(&matrix, N, d, 1.0, N + 4, NULL, descents + i, &tests));
  }
  printf("smallest %.5f of %zu tests; threshold %g / %zu = %.2e\n", least, tests,
         SUPPORT_FALSE_ALARM, tests, SUPPORT_FALSE_ALARM / (double)tests);
  assert_true(least >= SUPPORT_FALSE_ALARM / (double)tests);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_orthogonality),    cmocka_unit_test(test_adjoint),
      cmocka_unit_test(test_degenerate),       cmocka_unit_test(test_tiny_first),
      cmocka_unit_test(test_everything_known), cmocka_unit_test(test_same_stream_same_answers),
      cmocka_unit_test(test_misuse),           cmocka_unit_test(test_equality_in_law),
  };
  return cmocka_run_group_tests_name("tokens_lazy", tests, NULL, NULL);
}
