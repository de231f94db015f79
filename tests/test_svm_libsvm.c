/* svm against LIBSVM, a program with nothing in common but the problem. LIBSVM has a bias; the
 * points z_i = y_i r_i with label 1 and -z_i with label -1 make it vanish. Their multipliers
 * belong to one z_i, so their sums are an a >= 0 for our certificate, which tells how far LIBSVM
 * got. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libsvm/svm.h>

#include "linalg.h"
#include "rng.h"
#include "svm.h"

static double worst_difference, worst_gap;

static void silent(const char *text) {
  (void)text;
}

/* a from LIBSVM, hard margin (C too large to be reached), precomputed kernel */
static void libsvm_solve(double *a /* [n] */, double *bias, const double *K /* [n][n] */,
                         size_t n) {
  const size_t row = 2 * n + 2; /* serial number, 2n inner products, end */
  struct svm_node *nodes = attn_alloc(2 * n * row, sizeof *nodes);
  struct svm_problem problem = {.l = (int)(2 * n),
                                .y = attn_alloc(2 * n, sizeof(double)),
                                .x = attn_alloc(2 * n, sizeof(struct svm_node *))};
  for (size_t i = 0; i < 2 * n; i++) {
    problem.x[i] = nodes + i * row;
    problem.y[i] = i < n ? 1 : -1;
    problem.x[i][0] = (struct svm_node){0, (double)(i + 1)};
    for (size_t j = 0; j < 2 * n; j++)
      problem.x[i][j + 1] =
          (struct svm_node){(int)(j + 1), ((i < n) == (j < n) ? 1 : -1) * K[i % n * n + j % n]};
    problem.x[i][row - 1].index = -1;
  }
  double longest = 0;
  for (size_t i = 0; i < n; i++)
    longest = fmax(longest, K[i * n + i]);
  struct svm_parameter param = {.svm_type = C_SVC,
                                .kernel_type = PRECOMPUTED,
                                .cache_size = 200,
                                .eps = 1e-8,
                                .C = 1e10 / longest};
  assert_null(svm_check_parameter(&problem, &param));
  svm_set_print_string_function(silent);
  struct svm_model *model = svm_train(&problem, &param);
  memset(a, 0, n * sizeof *a);
  for (int i = 0; i < model->l; i++) {
    assert_true(fabs(model->sv_coef[0][i]) < 0.99 * param.C);
    a[(size_t)(model->sv_indices[i] - 1) % n] += fabs(model->sv_coef[0][i]);
  }
  *bias = -model->rho[0];
  svm_free_and_destroy_model(&model);
  attn_free(problem.x);
  attn_free(problem.y);
  attn_free(nodes);
}

static void compare(const double *K /* [n][n] */, size_t n, bool unique) {
  double *a = attn_alloc(n, sizeof *a), *b = attn_alloc(n, sizeof *b), bias; /* [n] */
  attn_svm_workspace *w = attn_svm_alloc(n);
  attn_svm_result ours, theirs;
  assert_int_equal(attn_svm_solve(a, &ours, K, n, w), ATTN_SVM_OK);
  libsvm_solve(b, &bias, K, n);
  attn_svm_certify(&theirs, b, K, n);
  assert_true(fabs(bias) < 1e-6);
  assert_true(theirs.gap < 1e-4);
  assert_true(theirs.margin_low <= ours.margin_high * (1 + 1e-15));
  assert_true(theirs.margin_high >= ours.margin_low * (1 - 1e-15));
  double difference = fabs(theirs.margin_high / ours.margin_high - 1);
  assert_true(difference < 1e-7);
  for (size_t i = 0; i < n && unique; i++)
    assert_true(fabs(a[i] - b[i]) < 1e-4 * ours.dual);
  worst_difference = fmax(worst_difference, difference);
  worst_gap = fmax(worst_gap, theirs.gap);
  attn_svm_free(w);
  attn_free(a);
  attn_free(b);
}

static void test_random_points(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 3, "test_svm_libsvm", 0, 0, ATTN_STREAM_TEST);
  const size_t shape[][2] = {{1, 1}, {2, 5}, {20, 100}, {50, 60}, {80, 20}, {100, 1000}, {150, 4}};
  for (size_t c = 0; c < sizeof shape / sizeof *shape; c++) {
    const size_t n = shape[c][0], d = shape[c][1];
    double *X = attn_alloc(n * d, sizeof *X), *K = attn_alloc(n * n, sizeof *K);
    for (size_t repeat = 0; repeat < 3; repeat++) {
      attn_rng_gaussian(X, n * d, rng);
      for (size_t i = 0; i < n; i++)
        X[i * d] = n < d ? X[i * d] : fabs(X[i * d]) + 0.1;
      attn_gram(K, X, n, d);
      compare(K, n, n < d);
    }
    attn_free(X);
    attn_free(K);
  }
  gsl_rng_free(rng);
}

/* Clean samples on two signals, noisy ones on noise; attention soft or saturated. */
static void test_model_tokens(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 3, "test_svm_libsvm", 1, 0, ATTN_STREAM_TEST);
  const size_t n = 80, d = 1500;
  const double attention[] = {1, 0.9, 0.6}, rho = 12;
  double *X = attn_alloc(n * d, sizeof *X), *K = attn_alloc(n * n, sizeof *K);
  for (size_t c = 0; c < 3; c++) {
    attn_rng_gaussian(X, n * d, rng);
    for (size_t i = 0; i < n; i++) {
      bool noisy = i % 9 == 4;
      size_t k = i % 2;
      double s = noisy ? 1 - attention[c] : attention[c];
      attn_scale(X + i * d, 1 - s, d);
      X[i * d] = X[i * d + 1] = 0;
      X[i * d + k] = s * rho * ((k == 0) != noisy ? 1 : -1);
    }
    attn_gram(K, X, n, d);
    compare(K, n, c > 0);
  }
  attn_free(X);
  attn_free(K);
  gsl_rng_free(rng);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random_points),
      cmocka_unit_test(test_model_tokens),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  printf("# worst difference of margins %.2g, of at most %.2g by LIBSVM's certified gap\n",
         worst_difference, worst_gap);
  return failed;
}
