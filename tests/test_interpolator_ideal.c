/* The prediction for min-norm interpolators against the solver from many starts, which assumes no
 * symmetry, on a Gram matrix that is d times the identity. */
#include "support.h"

#include <string.h>

#include "interpolator_ideal.h"
#include "interpolator_starts.h"
#include "linalg.h"
#include "metrics.h"
#include "risk.h"
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

/* The least objective over all starts must be the predicted one, and with it |p|, attention and
 * risk. Returns how many starts ended above it. */
static size_t equals_solver(const size_t count[4], double d, double rho, double nu) {
  attn_labels *labels = labels_of(count);
  const size_t n = labels->n;
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_BARTLETT, n, (size_t)d, rho, 2);
  attn_model *model = attn_model_alloc(tokens, 2);
  double *K = attn_tokens_gram_matrix(tokens);
  memset(K, 0, n * n * sizeof *K);
  for (size_t j = 0; j < n; j++)
    K[j * n + j] = d;
  const attn_maxmargin_set set = {labels, K, rho};
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 1, "interpolator_ideal", 0, 0, ATTN_STREAM_START);
  attn_interpolator_starts *starts =
      attn_interpolator_starts_alloc(n, 2, ATTN_INTERPOLATOR_SELECTIONS, 4);
  attn_interpolator_starts_prepare(starts, &set);
  attn_interpolator_starts_solve(starts, nu, &set, rng);
  attn_interpolator_ideal_class class[2];
  attn_interpolator_ideal optima[ATTN_INTERPOLATOR_IDEAL_STARTS], ideal[2];
  attn_interpolator_ideal_classes(class, labels, rho * rho / d);
  for (size_t k = 0; k < 2; k++) {
    assert_true(class[k].count[0] == (double)count[2 * k]);
    assert_true(class[k].count[1] == (double)count[2 * k + 1]);
    assert_true(attn_interpolator_ideal_optima(optima, class + k, nu) >= 1);
    ideal[k] = optima[0];
  }
  assert_relative(starts->objective, (ideal[0].objective + ideal[1].objective) / d, 1e-8);
  assert_relative(starts->best.R, attn_interpolator_ideal_radius(ideal, d), 1e-3);
  attn_model_set(model, tokens, starts->v, starts->p);
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
  const size_t worse = attn_interpolator_starts_worse(starts, 1e-6);
  assert_true((attn_interpolator_starts_spread(starts) > 1e-6) == (worse > 0));
  attn_interpolator_starts_free(starts);
  gsl_rng_free(rng);
  attn_model_free(model);
  attn_tokens_free(tokens);
  attn_labels_free(labels);
  return worse;
}

/* One optimum for margin one, several for margin ten. */
static void test_balanced(void **state) {
  (void)state;
  const size_t count[4] = {9, 1, 9, 1};
  assert_true(equals_solver(count, 8000, 20, 1) == 0); /* kappa = 1: attention on noise */
  assert_true(equals_solver(count, 8000, 50, 1) == 0); /* kappa = 2.5: on the signal */
  assert_true(equals_solver(count, 8000, 20, 0.01) > 0);
  assert_true(equals_solver(count, 8000, 32, 0.01) > 0); /* kappa = 1.6 */
  assert_true(equals_solver(count, 8000, 50, 0.01) > 0);
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

/* Start 0 alone may miss the best optimum and does not depend on the others. Long enough, each of the
 * nine selections stays at an optimum of its own. */
static void test_starts(void **state) {
  (void)state;
  const size_t count[4] = {9, 1, 8, 1}; /* unequal, so that no two of the nine cost the same */
  const double d = 7600;
  attn_labels *labels = labels_of(count);
  const size_t n = labels->n;
  double *K = attn_alloc(n * n, sizeof *K);
  for (size_t j = 0; j < n; j++)
    K[j * n + j] = d;
  const attn_maxmargin_set set = {labels, K, 33};
  attn_interpolator_starts *all = attn_interpolator_starts_alloc(n, 2, 10, 0);
  attn_interpolator_starts *zero = attn_interpolator_starts_alloc(n, 2, 0, 0);
  attn_interpolator_starts_prepare(all, &set);
  attn_interpolator_starts_prepare(zero, &set);
  assert_true(all->starts == 11 && zero->starts == 1);
  /* signal for clean, noise for noisy: |v|^2 d = 2/s + n_noisy */
  assert_relative(all->margin_limit, sqrt(d / (2 * d / (33 * 33) + 2)), 1e-9);
  attn_interpolator_starts_solve(all, 0.01, &set, NULL);
  attn_interpolator_starts_solve(zero, 0.01, &set, NULL);
  assert_true(zero->objective == all->found[0]);
  assert_true(all->objective < 0.99 * zero->objective);
  for (size_t nu = 0; nu < 2; nu++) {
    attn_interpolator_starts_solve(all, nu == 0 ? 0.01 : 1e-4, &set, NULL);
    for (size_t i = 2; i < all->starts; i++) {
      assert_true(isfinite(all->found[i]) && all->found[i] >= all->objective);
      for (size_t j = 2; j < i; j++)
        assert_true(fabs(all->found[i] - all->found[j]) > 1e-5 * all->objective);
    }
  }
  attn_interpolator_starts_free(all);
  attn_interpolator_starts_free(zero);
  attn_free(K);
  attn_labels_free(labels);
}

/* The optima of both classes together are those of each, combined. */
static void test_solve(void **state) {
  (void)state;
  attn_interpolator_ideal_class class[2];
  attn_interpolator_ideal each[ATTN_INTERPOLATOR_IDEAL_STARTS], best[2];
  attn_interpolator_ideal_balanced(class, 40, 1.6, 0.1);
  assert_true(class[0].count[0] == 18 && class[1].count[1] == 2);
  assert_relative(class[1].signal, 1.6 * 1.6 / 40, 1e-15);
  const size_t optima = attn_interpolator_ideal_optima(each, class, 0.01);
  assert_true(optima > 1);
  assert_int_equal(attn_interpolator_ideal_solve(best, class, 0.01), optima * optima);
  assert_true(best[0].objective == each[0].objective && best[1].objective == each[0].objective);
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

/* Towards nu = 0 the crossover is kappa*; for margin one it lies above, and for many flips there is
 * none. */
static void test_crossover(void **state) {
  (void)state;
  for (double eta = 0; eta < 0.25; eta += 0.1) {
    const double star = sqrt(2 / (1 - eta));
    assert_relative(attn_interpolator_ideal_crossover(eta, 1e-10, 1, 4, 1e-5), star, 1e-3);
    const double one = attn_interpolator_ideal_crossover(eta, 1, 1, 4, 1e-5);
    assert_true(eta == 0 ? fabs(one - star) < 1e-3 : one > 1.05 * star);
  }
  assert_true(isnan(attn_interpolator_ideal_crossover(0.3, 1, 1, 20, 1e-3)));
}

/* -log risk over d/n tends to the rate. */
static void test_rate(void **state) {
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    const double kappa = (double[]){0.7, 1.2, 2.5}[i], nu = i == 2 ? 0.1 : 1, n = 20;
    double log_risk[2];
    for (size_t j = 0; j < 2; j++) {
      attn_interpolator_ideal_class class[2];
      attn_interpolator_ideal optimum[2];
      attn_interpolator_ideal_balanced(class, n, kappa, 0.1);
      attn_interpolator_ideal_solve(optimum, class, nu);
      const attn_risk_input input =
          attn_interpolator_ideal_risk(optimum, class, n * (j == 0 ? 1e5 : 2e5));
      log_risk[j] = attn_risk_log10(&input, 2).log10_clean * log(10);
    }
    assert_relative(log_risk[0] - log_risk[1], 1e5 * attn_interpolator_ideal_rate(kappa, 0.1, nu),
                    5e-3);
  }
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_balanced), cmocka_unit_test(test_unequal),
      cmocka_unit_test(test_missing),  cmocka_unit_test(test_starts),
      cmocka_unit_test(test_solve),    cmocka_unit_test(test_limit),
      cmocka_unit_test(test_single),   cmocka_unit_test(test_crossover),
      cmocka_unit_test(test_rate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
