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

static attn_svm_result solve_points(double *a, const double *X, size_t n, size_t d) {
  double *K = attn_alloc(n * n, sizeof *K);
  attn_gram(K, X, n, d);
  const attn_svm_result r = solve(a, K, n);
  attn_free(K);
  return r;
}

/* Why there is no margin, in words: which points, and what is special about them. */
static void test_sentences_of_the_infeasible(void **state) {
  (void)state;
  double a[6];
  /* y r of points 1 and 4 opposite, of lengths 1 and 3; of equal length; three around the origin */
  attn_svm_result r = solve_points(a, (const double[]){5, 1, 0, 1, 6, 2, 7, 1, 0, -3, 9, 1}, 6, 2);
  assert_int_equal(r.status, ATTN_SVM_INFEASIBLE);
  assert_string_equal(r.reason, "y r of the points 1 and 4 are opposite");
  assert_close(a[1], 0.75, 1e-12);
  assert_close(a[4], 0.25, 1e-12);
  r = solve_points(a, (const double[]){5, 1, 0, 2, 6, 2, 7, 1, 0, -2, 9, 1}, 6, 2);
  assert_string_equal(r.reason,
                      "y r of the points 1 and 4 are opposite: one point with both labels, "
                      "or opposite points with one label");
  r = solve_points(a, (const double[]){9, 1, 9, -1, 2, 0, -1, 1, -1, -1}, 5, 2);
  assert_int_equal(r.status, ATTN_SVM_INFEASIBLE);
  assert_non_null(
      strstr(r.reason, "the origin lies in the convex hull of 3 of the y_i r_i, up to "));
  assert_non_null(strstr(r.reason, " of their length"));
  /* points at the origin: the last of them */
  r = solve_points(a, (const double[]){1, 0, 0, 0, 0, 0, 2, 1}, 4, 2);
  assert_int_equal(r.status, ATTN_SVM_INFEASIBLE);
  assert_string_equal(r.reason, "point 2 is the origin");
  assert_true(a[0] == 0 && a[1] == 0 && a[2] == 1 && a[3] == 0);
}

/* What is no Gram matrix is refused with the entry's place and value, and leaves no multipliers. */
static void test_sentences_of_bad_matrices(void **state) {
  (void)state;
  double a[3], K[9] = {1, 0.5, 0, 0.5, 1, 0, 0, 0, 1};
  for (size_t e = 0; e < 9; e++) {
    const double keep = K[e];
    char said[80];
    K[e] = -INFINITY;
    a[1] = 7;
    attn_svm_result r = solve(a, K, 3);
    snprintf(said, sizeof said, "K[%zu][%zu] = -inf is not finite", e / 3, e % 3);
    assert_string_equal(r.reason, said);
    assert_int_equal(r.status, ATTN_SVM_NOT_CONVERGED);
    assert_true(isinf(r.gap) && isinf(r.primal) && isinf(r.margin_high) && r.margin_low == 0);
    assert_true(a[0] == 0 && a[1] == 0 && a[2] == 0);
    if (e % 4 == 0) {
      K[e] = -0.25;
      r = solve(a, K, 3);
      snprintf(said, sizeof said,
               "K[%zu][%zu] = -0.25 is negative, so that K is not a matrix of inner products",
               e / 3, e % 3);
      assert_string_equal(r.reason, said);
    }
    K[e] = keep;
  }
}

/* What the steps are for: descent finds most of the support, blocks of exchanges nearly all of the
 * rest, and single points are left to few problems. On other processors rounding may lead one
 * problem or another a different way. */
static void test_work(void **state) {
  (void)state;
  const struct {
    size_t n, d, factorisations, exchanges; /* the most of 40 problems */
    double shift;
  } family[] = {
      {40, 60, 92, 2, 0}, {60, 20, 226, 24, 5}, {100, 3, 396, 110, 3}, {80, 40, 145, 2, 1.5}};
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < sizeof family / sizeof *family; c++) {
    const size_t n = family[c].n, d = family[c].d;
    double *X = attn_alloc(n * d, sizeof *X), *a = attn_alloc(n, sizeof *a);
    size_t factorisations = 0, exchanges = 0;
    for (size_t repeat = 0; repeat < 40; repeat++) {
      attn_rng_start(rng, 8, "svm work", c, repeat, ATTN_STREAM_TEST);
      attn_rng_gaussian(X, n * d, rng);
      for (size_t i = 0; i < n; i++)
        X[i * d] = fabs(X[i * d]) + family[c].shift;
      const attn_svm_result r = solve_points(a, X, n, d);
      assert_int_equal(r.status, ATTN_SVM_OK);
      factorisations += r.factorisations;
      exchanges += r.exchanges;
    }
    print_message("  n = %zu, d = %zu: %zu factorisations, %zu exchanges\n", n, d, factorisations,
                  exchanges);
    assert_true(factorisations <= family[c].factorisations);
    assert_true(exchanges <= family[c].exchanges);
    attn_free(X);
    attn_free(a);
  }
  gsl_rng_free(rng);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_certificates_by_hand),
      cmocka_unit_test(test_reason),
      cmocka_unit_test(test_equal_to_the_last_digit),
      cmocka_unit_test(test_sentences_of_the_infeasible),
      cmocka_unit_test(test_sentences_of_bad_matrices),
      cmocka_unit_test(test_work),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
