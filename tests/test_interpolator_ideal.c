/* The prediction for min-norm interpolators against the solver, which assumes no symmetry, on a Gram
 * matrix that is d times the identity. */
#include "support.h"

#include <string.h>

#include "interpolator.h"
#include "interpolator_ideal.h"
#include "linalg.h"
#include "metrics.h"
#include "rng.h"
#include "tokens_gram.h"

/* clean and noisy samples of class 1, of class 2 */
static attn_labels *labels_of(const size_t count[4]) {
  attn_labels *labels = attn_labels_alloc(count[0] + count[1] + count[2] + count[3], 2);
  size_t i = 0;
  for (size_t group = 0; group < 4; group++)
    for (size_t j = 0; j < count[group]; j++, i++) {
      labels->k[i] = group >= 2;
      labels->y[i] = (signed char)((group == 0 || group == 3) ? 1 : -1);
    }
  return labels;
}

/* The smallest objective over starts at 0 and at random must be the predicted one, and with it |p|,
 * attention and risk. */
static void equals_solver(const size_t count[4], double d, double rho, double nu) {
  attn_labels *labels = labels_of(count);
  const size_t n = labels->n, size = 2 + n;
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_BARTLETT, n, (size_t)d, rho, 2);
  attn_model *model = attn_model_alloc(tokens, 2);
  double *K = attn_tokens_gram_matrix(tokens);
  memset(K, 0, n * n * sizeof *K);
  for (size_t j = 0; j < n; j++)
    K[j * n + j] = d;
  const attn_maxmargin_set set = {labels, K, rho};
  attn_interpolator_workspace *w = attn_interpolator_alloc(n, 2);
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 1, "interpolator_ideal", 0, 0, ATTN_STREAM_START);
  double *v = attn_alloc(size, sizeof *v), *p = attn_alloc(size, sizeof *p);
  double *best_v = attn_alloc(size, sizeof *v), *best_p = attn_alloc(size, sizeof *p);
  double best = INFINITY, R = 0;
  for (size_t start = 0; start < 12; start++) {
    memset(p, 0, size * sizeof *p);
    if (start > 0) {
      attn_interpolator_random(p, &set, rng);
      attn_scale(p, (double)start / sqrt(d), size);
    }
    const attn_interpolator_result r = attn_interpolator_min_norm(v, p, nu, &set, w);
    const double objective = r.norm_v * r.norm_v + nu * r.R * r.R;
    if (r.status == ATTN_INTERPOLATOR_INFEASIBLE || !(objective < best))
      continue;
    best = objective;
    R = r.R;
    memcpy(best_v, v, size * sizeof *v);
    memcpy(best_p, p, size * sizeof *p);
  }
  attn_interpolator_ideal_class class[2];
  attn_interpolator_ideal optima[ATTN_INTERPOLATOR_IDEAL_STARTS], ideal[2];
  attn_interpolator_ideal_classes(class, labels, rho * rho / d);
  for (size_t k = 0; k < 2; k++) {
    assert_true(class[k].count[0] == (double)count[2 * k]);
    assert_true(class[k].count[1] == (double)count[2 * k + 1]);
    assert_true(attn_interpolator_ideal_optima(optima, class + k, nu) >= 1);
    ideal[k] = optima[0];
  }
  assert_relative(best, (ideal[0].objective + ideal[1].objective) / d, 1e-8);
  assert_relative(R, attn_interpolator_ideal_radius(ideal, d), 1e-3);
  attn_model_set(model, tokens, best_v, best_p);
  attn_model_forward(model, tokens, labels);
  const attn_metrics m = attn_metrics_measure(model, tokens, labels);
  assert_close(m.att_clean, attn_interpolator_ideal_attention(ideal, class, 0), 1e-3);
  if (attn_labels_count_noisy(labels) > 0)
    assert_close(m.att_noisy, attn_interpolator_ideal_attention(ideal, class, 1), 1e-3);
  const attn_risk_input input = attn_interpolator_ideal_risk(ideal, class, d);
  for (size_t k = 0; k < 2; k++) {
    assert_close(m.mv[k], input.mv[k], 2e-3);
    assert_close(m.mp[k], input.mp[k], 2e-3);
  }
  assert_relative(m.vv, input.vv, 2e-3);
  assert_relative(m.pp, input.pp, 2e-3);
  assert_close(m.vp, input.vp, 2e-3 * sqrt(m.vv * m.pp));
  attn_free(v);
  attn_free(p);
  attn_free(best_v);
  attn_free(best_p);
  gsl_rng_free(rng);
  attn_interpolator_free(w);
  attn_model_free(model);
  attn_tokens_free(tokens);
  attn_labels_free(labels);
}

static void test_balanced(void **state) {
  (void)state;
  const size_t count[4] = {9, 1, 9, 1};
  equals_solver(count, 8000, 20, 1);    /* kappa = 1: attention on noise */
  equals_solver(count, 8000, 50, 1);    /* kappa = 2.5: on the signal */
  equals_solver(count, 8000, 50, 0.01); /* margin 10: nearly saturated */
}

static void test_unequal(void **state) {
  (void)state;
  equals_solver((const size_t[4]){11, 2, 5, 1}, 8000, 40, 1);
  equals_solver((const size_t[4]){11, 2, 5, 1}, 8000, 40, 0.1);
}

/* A class without noisy samples, one without clean samples, and none at all. */
static void test_missing(void **state) {
  (void)state;
  equals_solver((const size_t[4]){8, 0, 8, 2}, 8000, 45, 1);
  equals_solver((const size_t[4]){8, 1, 0, 2}, 8000, 45, 1);
  equals_solver((const size_t[4]){8, 0, 0, 0}, 8000, 45, 1);
}

/* Towards nu = 0 each way of selecting tokens has its own optimum, and the signal is best for clean
 * samples iff their number times s exceeds one (theory section 5). */
static void test_limit(void **state) {
  (void)state;
  attn_interpolator_ideal optima[ATTN_INTERPOLATOR_IDEAL_STARTS];
  for (int above = 0; above < 2; above++) {
    const attn_interpolator_ideal_class class = {{18, 2}, (above ? 1.02 : 0.98) / 18};
    assert_true(attn_interpolator_ideal_optima(optima, &class, 1e-12) >= 3);
    assert_true((optima[0].gap[0] > 0) == above && optima[0].gap[1] < 0);
    assert_relative(optima[0].vv, above ? 18 / 1.02 + 2 : 20, 1e-4);
    for (size_t j = 1; j < 3; j++)
      assert_true(optima[j].objective >= optima[j - 1].objective);
  }
}

/* For margin one there is a single optimum on both sides of where attention changes over. */
static void test_single(void **state) {
  (void)state;
  attn_interpolator_ideal optima[ATTN_INTERPOLATOR_IDEAL_STARTS];
  for (double kappa = 0.5; kappa < 4; kappa += 0.25) {
    const attn_interpolator_ideal_class class = {{18, 2}, kappa * kappa / 40};
    assert_true(attn_interpolator_ideal_optima(optima, &class, 1) == 1);
  }
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_balanced), cmocka_unit_test(test_unequal),
      cmocka_unit_test(test_missing),  cmocka_unit_test(test_limit),
      cmocka_unit_test(test_single),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
