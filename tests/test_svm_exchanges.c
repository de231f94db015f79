/* svm on lattices, where many points depend on each other, tie, or coincide: the start that descent
 * gives and the order of its points leave little to exchanges of single points. */
#include "support.h"

#include "linalg.h"
#include "rng.h"
#include "svm.h"

/* Factorisations and exchanges of 100 problems, with little room: on other processors rounding may
 * lead one problem or another a different way. With the points of F in another order, the small
 * multipliers not last, there are a fifth more, or twice as many. */
static void test_lattices(void **state) {
  (void)state;
  const struct {
    size_t n, d, factorisations, exchanges;
  } family[] = {{40, 4, 194, 5}, {60, 3, 123, 1}};
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < 2; c++) {
    const size_t n = family[c].n, d = family[c].d;
    double *X = attn_alloc(n * d, sizeof *X), *K = attn_alloc(n * n, sizeof *K);
    double *a = attn_alloc(n, sizeof *a);
    attn_svm_workspace *w = attn_svm_alloc(n);
    size_t factorisations = 0, exchanges = 0;
    for (size_t repeat = 0; repeat < 100; repeat++) {
      attn_svm_result r;
      attn_rng_start(rng, 8, "svm work", 3 + c, repeat, ATTN_STREAM_TEST);
      attn_rng_gaussian(X, n * d, rng);
      for (size_t e = 0; e < n * d; e++)
        X[e] = round(1.5 * X[e]);
      for (size_t i = 0; i < n; i++)
        X[i * d] = fabs(X[i * d]) + 2;
      attn_gram(K, X, n, d);
      assert_int_equal(attn_svm_solve(a, &r, K, n, w), ATTN_SVM_OK);
      factorisations += r.factorisations;
      exchanges += r.exchanges;
    }
    print_message("  n = %zu, d = %zu: %zu factorisations, %zu exchanges\n", n, d, factorisations,
                  exchanges);
    assert_true(factorisations <= family[c].factorisations);
    assert_true(exchanges <= family[c].exchanges);
    attn_svm_free(w);
    attn_free(a);
    attn_free(K);
    attn_free(X);
  }
  gsl_rng_free(rng);
}

/* The longest point, wherever it stands, is the one that the sentence about rounding speaks of. */
static void test_longest_point(void **state) {
  (void)state;
  const double a[3] = {0.3, 0.1, 0.7};
  double rounding[3];
  for (size_t e = 0; e < 3; e++) {
    double K[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    attn_svm_result r;
    K[4 * e] = 1e8;
    attn_svm_certify(&r, a, K, 3);
    assert_int_equal(sscanf(r.reason, "%*[^;]; rounding a to double precision alone may cause %lg",
                            &rounding[e]),
                     1);
    /* eps |r| sum a_i |r_i| sum a_i / q, all but the longest point being small beside it */
    assert_relative(rounding[e], 0x1p-52 * 1e4 * a[e] * 1e4 * 1.1 / (a[e] * a[e] * 1e8), 0.06);
  }
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lattices),
      cmocka_unit_test(test_longest_point),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
