/* svm at its edges: certificates by hand, also of what is no optimum and of what is no matrix of
 * inner products; which points count as equal, to the last digit; what the sentences say. */
#include "support.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "linalg.h"
#include "rng.h"
#include "svm.h"

static attn_svm_result certify(const double *a, const double *K, size_t n) {
  attn_svm_result r;
  attn_svm_certify(&r, a, K, n);
  return r;
}

static attn_svm_result solve(double *a, const double *K, size_t n) {
  attn_svm_result r;
  attn_svm_workspace *w = attn_svm_alloc(n);
  attn_svm_solve(a, &r, K, n, w);
  attn_svm_free(w);
  return r;
}

static void test_certificates_by_hand(void **state) {
  (void)state;
  /* no multipliers at all */
  attn_svm_result r = certify((const double[]){0, 0}, (const double[]){1, 0, 0, 1}, 2);
  assert_int_equal(r.status, ATTN_SVM_NOT_CONVERGED);
  assert_true(isinf(r.primal) && r.dual == 0 && r.margin_low == 0 && isinf(r.margin_high));
  assert_true(isinf(r.gap) && r.dual_residual == 0 && r.complementarity == 0 && r.hull == 0);
  assert_true(r.primal_residual == 1 && r.support == 0);
  /* both signs: u = Ka = (3, -1), q = a'Ka = 5, sum of a = -1 */
  r = certify((const double[]){1, -2}, (const double[]){9, 3, 3, 2}, 2);
  assert_true(isinf(r.margin_high) && isinf(r.primal) && r.dual == 0 && r.margin_low == 0);
  assert_relative(r.dual_residual, 2.0 / 3, 1e-15);
  assert_relative(r.complementarity, 4.0 / 3, 1e-15);
  assert_relative(r.hull, sqrt(5) / (3 + 2 * sqrt(2)), 1e-15);
  assert_true(r.primal_residual == 2 && r.support == 2);
  /* one sign wrong, though the sum of a is 1 and u = (1, -3) */
  r = certify((const double[]){2, -1}, (const double[]){2, 3, 3, 9}, 2);
  assert_true(isinf(r.margin_high) && isinf(r.primal) && r.dual == 0 && r.margin_low == 0);
  /* a hull that holds the origin: q = 0, so the dual has no bound */
  r = certify((const double[]){0.5, 0.5}, (const double[]){1, -1, -1, 1}, 2);
  assert_true(isinf(r.dual) && r.dual > 0 && r.margin_high == 0 && r.hull == 0);
  assert_true(isinf(r.primal) && r.margin_low == 0 && isinf(r.gap));
  assert_non_null(strstr(r.reason, "relative gap inf"));
  assert_non_null(strstr(r.reason, "may cause 0"));
  /* no matrices of inner products: q = 0 with u = (1, 1); and points without length, q = 2 */
  r = certify((const double[]){1, -1}, (const double[]){3, 2, 2, 1}, 2);
  assert_true(isinf(r.primal) && r.margin_low == 0 && r.hull == 0);
  r = certify((const double[]){1, 1}, (const double[]){0, 1, 1, 0}, 2);
  assert_true(r.hull == 0 && r.margin_low > 0);
}

/* The sentence of a gap that is too large names it, the limit, and what rounding may cause. */
static void test_reason(void **state) {
  (void)state;
  enum { N = 3 };
  const double K[N * N] = {4, 1, 0, 1, 25, 2, 0, 2, 1}, a[N] = {0.3, 0.1, 0.7};
  const attn_svm_result r = certify(a, K, N);
  double s = 0, q = 0, lengths = 0, gap, limit, rounding;
  for (size_t i = 0; i < N; i++) {
    s += a[i];
    q += a[i] * attn_dot(K + i * N, a, N);
    lengths += a[i] * sqrt(K[i * N + i]);
  }
  assert_int_equal(r.status, ATTN_SVM_NOT_CONVERGED);
  assert_int_equal(sscanf(r.reason,
                          "relative gap %lg exceeds %lg; rounding a to double precision alone may "
                          "cause %lg",
                          &gap, &limit, &rounding),
                   3);
  assert_relative(gap, r.gap, 0.05);
  assert_relative(limit, ATTN_SVM_GAP, 0.05);
  assert_relative(rounding, DBL_EPSILON * 5 * lengths * s / q, 0.05); /* the longest has length 5 */
}

/* What counts is the size of the points that are compared, here 1e3 beside one of 1e-3; and rows may
 * differ by as much as is allowed, not more. */
static void test_equal_to_the_last_digit(void **state) {
  (void)state;
  const double K[3][9] = {{1e6, 0, 1e6, 0, 1e-6, 0, 1e6, 0, 1e6 * (1 + 1e-14)},
                          {1, 1e-12, 1, 1e-12, 1, 0, 1, 0, 1},
                          {1, 2e-12, 1, 2e-12, 1, 0, 1, 0, 1}};
  double a[3];
  for (size_t c = 0; c < 3; c++) {
    const attn_svm_result r = solve(a, K[c], 3);
    assert_int_equal(r.status, ATTN_SVM_OK);
    assert_int_equal(r.distinct, c < 2 ? 2 : 3);
  }
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_certificates_by_hand),
      cmocka_unit_test(test_reason),
      cmocka_unit_test(test_equal_to_the_last_digit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
