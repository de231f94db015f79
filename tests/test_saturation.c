/* saturation: against the solver of rule (4.1) at large |p|, a search around its solutions, and a
 * closed form. */
#include "support.h"

#include <gsl/gsl_randist.h>
#include <string.h>

#include "interpolator.h"
#include "linalg.h"
#include "pair.h"
#include "rng.h"
#include "saturation.h"
#include "tokens_gram.h"

typedef struct {
  attn_pair *pair;
  attn_saturation *saturation;
  double *v, *p, *q; /* [2 + N] */
} problem;

static problem *make(size_t n, size_t T, double kappa, size_t noisy, size_t seed) {
  problem *s = attn_alloc(1, sizeof *s);
  const attn_data_param param = {n, T, 1000 * n, kappa * sqrt(1000), 0.1};
  s->pair = attn_pair_alloc(&param, true);
  s->saturation = attn_saturation_alloc(n, T);
  const size_t size = 2 + s->pair->trial->labels->N;
  s->v = attn_alloc(size, sizeof *s->v);
  s->p = attn_alloc(size, sizeof *s->p);
  s->q = attn_alloc(size, sizeof *s->q);
  attn_pair_draw(s->pair, seed, "test_saturation", 0, 0);
  attn_labels_balanced(s->pair->trial->labels, noisy);
  return s;
}

static void release(problem *s) {
  attn_pair_free(s->pair);
  attn_saturation_free(s->saturation);
  attn_free(s->v);
  attn_free(s->p);
  attn_free(s->q);
  attn_free(s);
}

static void prepare(problem *s) {
  attn_pair *pair = s->pair;
  attn_pair_search(pair, 0);
  assert_true(attn_pair_solve(pair));
  assert_true(attn_saturation_prepare(s->saturation, pair->sigma, pair->a, pair->b, &pair->set));
}

static double inner(const problem *s, const double *u, const double *w) {
  return attn_interpolator_inner(u, w, &s->pair->set, s->pair->interpolator);
}

/* |u - w|^2 */
static double distance(const problem *s, const double *u, const double *w) {
  return inner(s, u, u) - 2 * inner(s, u, w) + inner(s, w, w);
}

/* The least gap that p_mm gives a difference in which it has no part; infinite when there is none. */
static double idle_gap(const problem *s) {
  const attn_pair *pair = s->pair;
  const size_t N = pair->trial->labels->N, T = pair->trial->labels->T;
  double least = INFINITY;
  for (size_t i = 0, c = 0; i < pair->trial->labels->n; i++)
    for (size_t t = 0; t < T; t++)
      if (t != pair->sigma[i] && !(pair->b[c++] > 0)) {
        assert_true(t > 0 && pair->sigma[i] > 0);
        memset(s->v, 0, (2 + N) * sizeof *s->v);
        s->v[2 + i * (T - 1) + pair->sigma[i] - 1] = 1;
        s->v[2 + i * (T - 1) + t - 1] = -1;
        least = fmin(least, inner(s, pair->p, s->v));
      }
  return least;
}

/* The solver knows nothing of the expansion. What the expansion leaves out is of order
 * exp(-R/|p_mm|), relatively in the margin and as an angle in p, and what idle differences contribute;
 * the solver's own p is off by about its sine. */
static void test_solver(void **state) {
  (void)state;
  for (size_t T = 2; T <= 3; T++)
    for (size_t above = 0; above < 2; above++)
      for (size_t seed = 0; seed < 3; seed++) {
        problem *s = make(16, T, above ? 2.5 : 1, 1, seed);
        prepare(s);
        for (double m = 6; m <= 12; m += 3) {
          const double R = m * s->pair->norm_p, small = exp(-m);
          double deficit;
          assert_true(attn_saturation_solve(s->p, &deficit, R, s->saturation));
          assert_relative(inner(s, s->p, s->p), R * R, 1e-9);
          memcpy(s->q, s->pair->p, (2 + s->pair->trial->labels->N) * sizeof *s->q);
          const attn_interpolator_result r =
              attn_interpolator_max_margin(s->v, s->q, R, &s->pair->set, s->pair->interpolator);
          const double idle = exp(-(idle_gap(s) - 1) * m);
          assert_relative(deficit, 1 - r.margin / s->pair->value.margin_low,
                          2 * ((double)T - 1) * small + idle + 1e-7);
          /* the direction, which is far enough from that of p_mm to tell them apart */
          for (size_t j = 0; j < 2 + s->pair->trial->labels->N; j++)
            s->v[j] = m * s->pair->p[j];
          const double error = sqrt(distance(s, s->p, s->q)), moved = sqrt(distance(s, s->q, s->v));
          assert_true(error < R * (small + 2 * r.sine) + 60 * idle * moved);
          assert_true(moved > (m > 6 ? 10 : 2) * error);
        }
        release(s);
      }
}

/* sum_G A_G max L_i / |v_mm|^2 at p, from its definition. */
static double missing(const problem *s, const double *p) {
  const attn_pair *pair = s->pair;
  const attn_labels *labels = pair->trial->labels;
  const size_t N = labels->N, T = labels->T, n = labels->n;
  double sum = 0, of_v[64], of_p[64], largest[64] = {0}, share[64] = {0};
  for (size_t j = 0; j < 2 + N; j++) {
    memset(s->v, 0, (2 + N) * sizeof *s->v);
    s->v[j] = 1;
    of_v[j] = inner(s, pair->v, s->v);
    of_p[j] = inner(s, p, s->v);
  }
  for (size_t i = 0; i < n; i++) {
    /* clean samples on a signal: groups n and n + 1 */
    const size_t group = pair->sigma[i] > 0 ? i : n + labels->k[i];
    const size_t signal = labels->k[i], first = 2 + i * (T - 1);
    const double at_chosen = of_p[pair->sigma[i] > 0 ? first + pair->sigma[i] - 1 : signal];
    double L = 0;
    for (size_t t = 0; t < T; t++) {
      const size_t j = t > 0 ? first + t - 1 : signal;
      if (t != pair->sigma[i])
        L += (1 - labels->y[i] * of_v[j]) * exp(of_p[j] - at_chosen);
    }
    share[group] += pair->a[i];
    largest[group] = fmax(largest[group], L);
  }
  for (size_t g = 0; g < n + 2; g++)
    sum += share[g] * largest[g];
  return sum / inner(s, pair->v, pair->v);
}

/* No nearby p of the same length does better. Tokens that p_mm has no part in count as well: their
 * gaps are larger, but here they are small enough to be seen. */
static void test_least(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 1, "test_saturation", 1, 0, ATTN_STREAM_TEST);
  for (size_t T = 2; T <= 3; T++)
    for (size_t above = 0; above < 2; above++) {
      problem *s = make(10, T, above ? 2.5 : 1, 1, 7 + T);
      prepare(s);
      const double R = 25 * s->pair->norm_p;
      const size_t size = 2 + s->pair->trial->labels->N;
      double deficit;
      assert_true(attn_saturation_solve(s->p, &deficit, R, s->saturation));
      const double here = missing(s, s->p);
      assert_relative(here, deficit, 1e-6);
      for (size_t trial = 0; trial < 200; trial++) {
        for (size_t j = 0; j < size; j++) {
          const double unit = j < 2 ? s->pair->set.rho : sqrt(s->pair->set.noise[0]);
          s->q[j] = s->p[j] +
                    0.003 * s->pair->norm_p * gsl_ran_ugaussian(rng) / unit * (trial % 2 ? 0.1 : 1);
        }
        const double scale = R / sqrt(inner(s, s->q, s->q));
        for (size_t j = 0; j < size; j++)
          s->q[j] *= scale;
        assert_true(missing(s, s->q) >= here * (1 - 1e-9));
      }
      release(s);
    }
  gsl_rng_free(rng);
}

/* Without flipped labels, on orthogonal noise of one length, all gaps are R/|p_mm| and all l are 1:
 * the margin misses its limit by exactly that, and p is along p_mm. */
static void test_orthogonal(void **state) {
  (void)state;
  for (size_t above = 0; above < 2; above++) {
    problem *s = make(12, 2, above ? 2.5 : 1, 0, 1);
    double *noise = attn_tokens_gram_matrix(s->pair->trial->tokens);
    for (size_t j = 0; j < 144; j++)
      noise[j] = j % 13 == 0 ? 12000 : 0;
    prepare(s);
    for (double m = 2; m < 40; m *= 2) {
      double deficit;
      assert_true(attn_saturation_solve(s->p, &deficit, m * s->pair->norm_p, s->saturation));
      assert_relative(deficit, exp(-m), 1e-9);
      for (size_t j = 0; j < 14; j++)
        assert_close(s->p[j], m * s->pair->p[j], 1e-9 * m * fabs(s->pair->p[13]));
    }
    release(s);
  }
}

/* Far out the angle falls like 1/R and the logarithm of what is missing like -R/|p_mm|. */
static void test_rates(void **state) {
  (void)state;
  problem *s = make(16, 2, 2.5, 2, 3);
  prepare(s);
  const double unit = s->pair->norm_p;
  double near, far, one_minus[2];
  for (size_t i = 0; i < 2; i++) {
    const double m = i == 0 ? 200 : 400;
    assert_true(attn_saturation_solve(s->p, &near, m * unit, s->saturation));
    for (size_t j = 0; j < 18; j++)
      s->q[j] = s->p[j] / m - s->pair->p[j];
    one_minus[i] = inner(s, s->q, s->q) / (2 * unit * unit);
  }
  assert_relative(log(one_minus[1] / one_minus[0]) / log(2), -2, 0.01);
  assert_true(attn_saturation_solve(s->p, &near, 400 * unit, s->saturation));
  assert_true(attn_saturation_solve(s->p, &far, 401 * unit, s->saturation));
  assert_relative(log(far / near), -1, 1e-4);
  release(s);
}

/* What it cannot predict it refuses. */
static void test_refusals(void **state) {
  (void)state;
  problem *s = make(12, 2, 2.5, 1, 5);
  double deficit;
  assert_false(attn_saturation_solve(s->p, &deficit, 1, s->saturation)); /* nothing prepared */
  prepare(s);
  assert_false(attn_saturation_solve(s->p, &deficit, 1e-3 * s->pair->norm_p, s->saturation));
  /* a noisy sample that is no support vector */
  const double held = s->pair->a[0];
  assert_int_equal(s->pair->sigma[0], 1);
  s->pair->a[0] = 0;
  assert_false(attn_saturation_prepare(s->saturation, s->pair->sigma, s->pair->a, s->pair->b,
                                       &s->pair->set));
  s->pair->a[0] = held;
  /* a selection that is not one-swap optimal: a clean sample on its noise */
  s->pair->sigma[11] = 1 - s->pair->sigma[11];
  assert_true(attn_pair_solve(s->pair));
  assert_false(attn_saturation_prepare(s->saturation, s->pair->sigma, s->pair->a, s->pair->b,
                                       &s->pair->set));
  assert_false(attn_saturation_solve(s->p, &deficit, 10 * s->pair->norm_p, s->saturation));
  release(s);
}

static void alloc_bad(const void *argument) {
  (void)argument;
  attn_saturation_free(attn_saturation_alloc(4, 1));
}

static void prepare_other_size(const void *argument) {
  (void)argument;
  problem *s = make(4, 2, 2.5, 0, 1);
  attn_saturation_prepare(attn_saturation_alloc(5, 2), s->pair->sigma, s->pair->a, s->pair->b,
                          &s->pair->set);
}

static void test_misuse(void **state) {
  (void)state;
  assert_fails(alloc_bad, NULL, "T = 1", "2 to 256");
  assert_fails(prepare_other_size, NULL, "n = 5", "n = 4");
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_solver),     cmocka_unit_test(test_least),
      cmocka_unit_test(test_orthogonal), cmocka_unit_test(test_rates),
      cmocka_unit_test(test_refusals),   cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
