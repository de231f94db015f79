/* Random features: their inner products against the kernel, the stream, centre and scale, and the
 * effective dimension against covariances of which it is known. */
#include "support.h"

#include <string.h>

#include "lift.h"
#include "linalg.h"
#include "rng.h"

enum { ROWS = 8, K = 5 };

static gsl_rng *stream(size_t replicate) {
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 9, "lift", 0, replicate, ATTN_STREAM_OTHER);
  return rng;
}

/* The mean of phi(x) . phi(y) / count is the kernel, at every distance and for x = y, within 5
 * standard errors, the standard deviation being at most 1 / sqrt(count). The width is in units of x. */
static void test_kernel(void **state) {
  (void)state;
  const size_t count = 40000;
  gsl_rng *rng = stream(0);
  double x[ROWS * K];
  attn_rng_gaussian(x, ROWS * K, rng);
  double *phi = attn_alloc(ROWS * count, sizeof *phi);
  for (double width = 0.5; width < 5; width *= 2) {
    attn_lift_fourier(phi, x, ROWS, K, count, width, rng);
    for (size_t i = 0; i < ROWS; i++)
      for (size_t j = 0; j <= i; j++)
        assert_close(attn_dot(phi + i * count, phi + j * count, count) / (double)count,
                     attn_lift_kernel(x + i * K, x + j * K, K, width), 5 / sqrt((double)count));
  }
  const double zero[2] = {0, 0}, far[2] = {3, 4};
  assert_close(attn_lift_kernel(zero, far, 2, 5), exp(-0.5), 1e-15);
  assert_close(attn_lift_kernel(far, far, 2, 0.1), 1, 0);
  attn_free(phi);
  gsl_rng_free(rng);
}

/* Each feature is one function of x for all rows, and more features change none of the first. */
static void test_stream(void **state) {
  (void)state;
  double x[ROWS * K], few[ROWS * 3], many[ROWS * 7], alone[7];
  gsl_rng *rng = stream(1);
  attn_rng_gaussian(x, ROWS * K, rng);
  gsl_rng_free(rng);
  rng = stream(2);
  attn_lift_fourier(few, x, ROWS, K, 3, 2, rng);
  gsl_rng_free(rng);
  rng = stream(2);
  attn_lift_fourier(many, x, ROWS, K, 7, 2, rng);
  gsl_rng_free(rng);
  rng = stream(2);
  attn_lift_fourier(alone, x + 4 * K, 1, K, 7, 2, rng);
  gsl_rng_free(rng);
  for (size_t r = 0; r < ROWS; r++)
    for (size_t c = 0; c < 3; c++)
      assert_close(few[r * 3 + c], many[r * 7 + c], 1e-12);
  for (size_t c = 0; c < 7; c++)
    assert_close(alone[c], many[4 * 7 + c], 1e-12);
}

/* Afterwards the judged rows have mean 0 and a covariance of trace columns; the others went through
 * the same map. */
static void test_standardise(void **state) {
  (void)state;
  enum { JUDGED = 5 };
  double x[ROWS * K], before[ROWS * K];
  gsl_rng *rng = stream(3);
  attn_rng_gaussian(x, ROWS * K, rng);
  gsl_rng_free(rng);
  for (size_t i = 0; i < ROWS * K; i++)
    before[i] = x[i] = 3 * x[i] + 10 + (double)(i % K);
  attn_lift_standardise(x, ROWS, K, JUDGED);
  double trace = 0;
  for (size_t c = 0; c < K; c++) {
    double mean = 0, square = 0;
    for (size_t r = 0; r < JUDGED; r++) {
      mean += x[r * K + c] / JUDGED;
      square += x[r * K + c] * x[r * K + c] / (JUDGED - 1);
    }
    assert_close(mean, 0, 1e-14);
    trace += square;
  }
  assert_relative(trace, K, 1e-13);
  const double scale = (x[K] - x[0]) / (before[K] - before[0]);
  for (size_t r = 1; r < ROWS; r++)
    for (size_t c = 0; c < K; c++)
      assert_close(x[r * K + c] - x[c], scale * (before[r * K + c] - before[c]), 1e-12);
}

static void standardise_equal(const void *judged) {
  double x[] = {1, 2, 1, 2, 5, 5};
  attn_lift_standardise(x, 3, 2, *(const size_t *)judged);
}

static void test_standardise_refused(void **state) {
  (void)state;
  assert_fails(standardise_equal, &(size_t){2}, "2 rows", "not all equal");
  assert_fails(standardise_equal, &(size_t){1}, "1 rows");
  assert_passes(standardise_equal, &(size_t){3});
}

/* Subtracts the rows' mean and returns the trace of their sample covariance. */
static double centre(double *x, size_t rows, size_t columns) {
  double trace = 0;
  for (size_t c = 0; c < columns; c++) {
    double mean = 0;
    for (size_t r = 0; r < rows; r++)
      mean += x[r * columns + c] / (double)rows;
    for (size_t r = 0; r < rows; r++) {
      x[r * columns + c] -= mean;
      trace += x[r * columns + c] * x[r * columns + c] / ((double)rows - 1);
    }
  }
  return trace;
}

/* For variances s_c, also when lengths vary (a random factor of mean square 1): the estimate of
 * sum s^2, which is the squared trace over the effective dimension, has no bias, within 5 standard
 * errors. The rows were centred by their own mean, whose part would otherwise show. The effective
 * dimension itself does not depend on the scale, and is (sum s)^2 / sum s^2 for many rows. */
static void test_effective_dimension(void **state) {
  (void)state;
  enum { COUNT = 40, DRAWS = 200, D = 500 };
  double *x = attn_alloc(COUNT * D, sizeof *x);
  for (int kind = 0; kind < 4; kind++) {
    const bool flat = kind % 2 == 1, varied = kind / 2 == 1;
    gsl_rng *rng = stream(4 + (size_t)kind);
    double sum = 0, squares = 0, mean = 0, square = 0, all = 0;
    for (size_t c = 0; c < D; c++) {
      const double s = flat ? 1 : exp(-0.1 * (double)c);
      sum += s;
      squares += s * s;
    }
    for (size_t draw = 0; draw < DRAWS; draw++) {
      attn_rng_gaussian(x, COUNT * D, rng);
      for (size_t r = 0; r < COUNT; r++) {
        const double length = !varied ? 1 : gsl_rng_uniform(rng) < 0.2 ? 2 : 0.5;
        for (size_t c = 0; c < D; c++)
          x[r * D + c] = 7 + length * x[r * D + c] * (flat ? 1 : exp(-0.05 * (double)c));
      }
      const double trace = centre(x, COUNT, D);
      const double dimension = attn_lift_effective_dimension(x, COUNT, D);
      const double estimate = trace * trace / dimension;
      mean += estimate / DRAWS;
      square += estimate * estimate / DRAWS;
      all += dimension / DRAWS;
      attn_scale(x, 3, COUNT * D);
      assert_relative(attn_lift_effective_dimension(x, COUNT, D), dimension, 1e-10);
    }
    assert_close(mean, squares, 5 * sqrt((square - mean * mean) / DRAWS));
    assert_relative(all, sum * sum / squares, varied ? 0.3 : 0.05);
    gsl_rng_free(rng);
  }
  attn_free(x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_kernel),
      cmocka_unit_test(test_stream),
      cmocka_unit_test(test_standardise),
      cmocka_unit_test(test_standardise_refused),
      cmocka_unit_test(test_effective_dimension),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
