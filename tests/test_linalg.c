/* The BLAS wrappers against triple loops: every shape, every stride, both code paths. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "linalg.h"
#include "naive.h"
#include "rng.h"

/* OpenBLAS answers, and says so. */
static void test_description(void **state) {
  (void)state;
  assert_non_null(strstr(attn_linalg_description(), "OpenBLAS"));
}

/* Dot, axpy and scale, with the empty vector. */
static void test_vectors(void **state) {
  (void)state;
  double x[5] = {1, 2, 3, 4, 5}, y[5] = {2, 0, -1, 0.5, 1};
  assert_true(attn_dot(x, y, 5) == 6);
  assert_true(attn_dot(x, y, 0) == 0);
  attn_axpy(y, -2, x, 4);
  const double sum[5] = {0, -4, -7, -7.5, 1};
  assert_memory_equal(y, sum, sizeof y);
  attn_scale(x, 3, 4);
  const double scaled[5] = {3, 6, 9, 12, 5};
  assert_memory_equal(x, scaled, sizeof x);
}

/* C = A B' and C = A B for m = 1 ... 9 rows (two, few and many take different paths), rows longer
 * apart than they are long, and sizes that span several cache blocks. What lies between the rows
 * of C stays as it was. */
static void test_products(void **state) {
  (void)state;
  static const size_t sizes[][2] = {{1, 1}, {5, 3}, {40, 17}, {7, 70001}, {70001, 7}, {701, 603}};
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < sizeof sizes / sizeof *sizes; c++)
    for (size_t m = 1; m <= 9; m += c < 3 || m == 1 ? 1 : 3)
      for (int transposed = 0; transposed < 2; transposed++) {
        const size_t n = sizes[c][0], k = sizes[c][1];
        const size_t rows = transposed ? n : k, length = transposed ? k : n;
        const size_t lda = k + 3, ldb = length + 2, ldc = n + 1;
        double *A = attn_alloc(m * lda, sizeof *A), *B = attn_alloc(rows * ldb, sizeof *B);
        double *C = attn_alloc(m * ldc, sizeof *C);
        attn_rng_start(rng, 7, "linalg", c, m, ATTN_STREAM_OTHER);
        attn_rng_gaussian(A, m * lda, rng);
        attn_rng_gaussian(B, rows * ldb, rng);
        for (size_t e = 0; e < m * ldc; e++)
          C[e] = NAN; /* a product that reads what it should overwrite is seen */
        if (transposed)
          attn_multiply_transposed(C, ldc, A, lda, B, ldb, m, n, k);
        else
          attn_multiply(C, ldc, A, lda, B, ldb, m, n, k);
        for (size_t i = 0; i < m; i++) {
          assert_true(isnan(C[i * ldc + n]));
          for (size_t j = 0; j < n; j++) {
            real sum = 0;
            for (size_t l = 0; l < k; l++)
              sum += (real)A[i * lda + l] * B[transposed ? j * ldb + l : l * ldb + j];
            assert_close(C[i * ldc + j], (double)sum, 1e-13 * sqrt((double)k) * 10);
          }
        }
        attn_free(A);
        attn_free(B);
        attn_free(C);
      }
  gsl_rng_free(rng);
}

/* C = A' B, rows longer apart than they are long. */
static void test_product_of_rows(void **state) {
  (void)state;
  static const size_t sizes[][3] = {{1, 1, 1}, {1, 7, 5}, {5, 3, 1}, {40, 17, 80}, {130, 210, 9}};
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < sizeof sizes / sizeof *sizes; c++) {
    const size_t m = sizes[c][0], n = sizes[c][1], k = sizes[c][2];
    const size_t lda = m + 3, ldb = n + 2, ldc = n + 1;
    double *A = attn_alloc(k * lda, sizeof *A), *B = attn_alloc(k * ldb, sizeof *B);
    double *C = attn_alloc(m * ldc, sizeof *C);
    attn_rng_start(rng, 7, "linalg rows", c, 0, ATTN_STREAM_OTHER);
    attn_rng_gaussian(A, k * lda, rng);
    attn_rng_gaussian(B, k * ldb, rng);
    for (size_t e = 0; e < m * ldc; e++)
      C[e] = NAN;
    attn_multiply_rows(C, ldc, A, lda, B, ldb, m, n, k);
    for (size_t i = 0; i < m; i++) {
      assert_true(isnan(C[i * ldc + n]));
      for (size_t j = 0; j < n; j++) {
        real sum = 0;
        for (size_t l = 0; l < k; l++)
          sum += (real)A[l * lda + i] * B[l * ldb + j];
        assert_close(C[i * ldc + j], (double)sum, 1e-12);
      }
    }
    attn_free(A);
    attn_free(B);
    attn_free(C);
  }
  gsl_rng_free(rng);
}

/* K = A A' and K = U U', symmetric to the bit; what lies below U's diagonal is not read. */
static void test_grams(void **state) {
  (void)state;
  static const size_t sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {30, 40}, {130, 70}};
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < sizeof sizes / sizeof *sizes; c++) {
    const size_t n = sizes[c][0], k = sizes[c][1];
    double *A = attn_alloc(n * k, sizeof *A), *K = attn_alloc(n * n, sizeof *K);
    double *U = attn_alloc(n * n, sizeof *U);
    attn_rng_start(rng, 8, "linalg", c, 0, ATTN_STREAM_OTHER);
    attn_rng_gaussian(A, n * k, rng);
    attn_rng_gaussian(U, n * n, rng);
    attn_gram(K, A, n, k);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++) {
        real sum = 0;
        for (size_t l = 0; l < k; l++)
          sum += (real)A[i * k + l] * A[j * k + l];
        assert_close(K[i * n + j], (double)sum, 1e-12);
        assert_true(K[i * n + j] == K[j * n + i]);
      }
    memcpy(K, U, n * n * sizeof *K);
    attn_gram_of_upper(K, n);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++) {
        real sum = 0;
        for (size_t l = i > j ? i : j; l < n; l++)
          sum += (real)U[i * n + l] * U[j * n + l];
        assert_close(K[i * n + j], (double)sum, 1e-12);
        assert_true(K[i * n + j] == K[j * n + i]);
      }
    attn_free(A);
    attn_free(K);
    attn_free(U);
  }
  gsl_rng_free(rng);
}

/* The largest eigenvalue l of a symmetric K: l I - K has a Cholesky factor for a slightly larger l,
 * and none for a slightly smaller one. Also where it is negative, or not the largest in size. */
static void test_largest_eigenvalue(void **state) {
  (void)state;
  static const size_t sizes[] = {1, 2, 5, 40, 131};
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < sizeof sizes / sizeof *sizes; c++)
    for (int shift = -1; shift <= 1; shift++) {
      const size_t n = sizes[c];
      const double size = 3 * sqrt((double)n);
      double *K = attn_alloc(n * n, sizeof *K), *copy = attn_alloc(n * n, sizeof *copy);
      attn_rng_start(rng, 9, "linalg", c, 0, ATTN_STREAM_OTHER);
      attn_rng_gaussian(K, n * n, rng);
      for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
          K[i * n + j] = K[j * n + i] += (i == j) * shift * size;
      memcpy(copy, K, n * n * sizeof *K);
      const double largest = attn_largest_eigenvalue(K, n);
      assert_true(shift >= 0 || largest < 0);
      for (int above = 0; above < 2; above++) {
        for (size_t e = 0; e < n * n; e++)
          K[e] = -copy[e];
        for (size_t i = 0; i < n; i++)
          K[i * n + i] += largest + (above ? 1e-11 : -1e-11) * size;
        assert_int_equal(attn_cholesky(K, n, n), above);
      }
      attn_free(K);
      attn_free(copy);
    }
  gsl_rng_free(rng);
  double one[9] = {2, 0, 0, 0, 2, 0, 0, 0, 2}, none[4] = {0};
  assert_close(attn_largest_eigenvalue(one, 3), 2, 1e-15);
  assert_close(attn_largest_eigenvalue(none, 2), 0, 1e-300);
}

static void not_a_number(const void *argument) {
  (void)argument;
  double K[4] = {1, NAN, NAN, 1};
  attn_largest_eigenvalue(K, 2);
}

static void test_misuse(void **state) {
  (void)state;
  assert_fails(not_a_number, NULL, "no largest eigenvalue", "side 2");
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_description), cmocka_unit_test(test_vectors),
      cmocka_unit_test(test_products),    cmocka_unit_test(test_product_of_rows),
      cmocka_unit_test(test_grams),       cmocka_unit_test(test_largest_eigenvalue),
      cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
