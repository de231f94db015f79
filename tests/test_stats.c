/* Intervals and tests: known values, and coverage by exact enumeration. */
#include "support.h"

#include <gsl/gsl_cdf.h>

#include <stdlib.h>
#include <string.h>

#include "naive.h"
#include "rng.h"
#include "stats.h"

/* Clopper-Pearson against published limits and closed forms: s = 0 gives 1 - (tail)^(1/n). */
static void test_binomial_known(void **state) {
  (void)state;
  attn_interval i = attn_stats_binomial(0, 10, 0.95);
  assert_true(i.low == 0);
  assert_close(i.high, 0.3085, 5e-5);
  assert_relative(i.high, 1 - pow(0.025, 0.1), 1e-12);
  i = attn_stats_binomial(10, 10, 0.95);
  assert_true(i.high == 1);
  assert_relative(i.low, pow(0.025, 0.1), 1e-12);
  i = attn_stats_binomial(1, 10, 0.95);
  assert_close(i.low, 0.0025, 5e-5);
  assert_close(i.high, 0.4450, 5e-5);
  i = attn_stats_binomial(5, 10, 0.95);
  assert_close(i.low, 0.1871, 5e-5);
  assert_close(i.high, 0.8129, 5e-5);
  i = attn_stats_binomial(300, 300, 0.99);
  assert_relative(i.low, pow(0.005, 1.0 / 300), 1e-12);
  i = attn_stats_binomial(0, 0, 0.95);
  assert_true(i.low == 0 && i.high == 1);
}

/* Counts for which GSL's inverse of the beta law gives up: the limits still are where the tails equal
 * (1 - level)/2, by the law itself. */
static void test_binomial_many(void **state) {
  (void)state;
  const size_t cases[][2] = {{6, 398},      {5, 674},     {669, 674},
                             {10, 877},     {3225, 3264}, {2784, 4244},
                             {1507, 32000}, {3, 1000000}, {999999, 1000000}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    const double s = (double)cases[c][0], rest = (double)cases[c][1] - s;
    const attn_interval i = attn_stats_binomial(cases[c][0], cases[c][1], 0.95);
    assert_relative(gsl_cdf_beta_P(i.low, s, rest + 1), 0.025, 1e-6);
    assert_relative(gsl_cdf_beta_Q(i.high, s + 1, rest), 0.025, 1e-6);
  }
}

/* The limits are where the binomial tails equal (1 - level)/2, and so the interval covers every p
 * with at least its level: all n <= 50, 199 values of p, three levels, tails summed term by term. */
static void test_binomial_coverage(void **state) {
  (void)state;
  const double levels[] = {0.8, 0.95, 0.99};
  for (size_t l = 0; l < 3; l++)
    for (size_t n = 1; n <= 50; n += n < 10 ? 1 : 4) {
      attn_interval interval[51];
      for (size_t s = 0; s <= n; s++) {
        interval[s] = attn_stats_binomial(s, n, levels[l]);
        const attn_interval mirror = attn_stats_binomial(n - s, n, levels[l]);
        assert_close(interval[s].low, 1 - mirror.high, 1e-12);
        real at_least = 0, at_most = 0;
        for (size_t r = 0; r <= n; r++) {
          at_least += r >= s ? naive_binomial(r, n, interval[s].low) : 0;
          at_most += r <= s ? naive_binomial(r, n, interval[s].high) : 0;
        }
        if (s > 0)
          assert_relative((double)at_least, (1 - levels[l]) / 2, 1e-9);
        if (s < n)
          assert_relative((double)at_most, (1 - levels[l]) / 2, 1e-9);
      }
      for (size_t c = 1; c < 200; c++) {
        const double p = (double)c / 200;
        real covered = 0;
        for (size_t s = 0; s <= n; s++)
          if (interval[s].low <= p && p <= interval[s].high)
            covered += naive_binomial(s, n, p);
        assert_true((double)covered >= levels[l] - 1e-12);
      }
    }
}

/* Tens of thousands of trials, where GSL's inverse gives up for many counts (5 and 14 of 20000): every
 * 37th count and the first hundred have the tails that define the limits. */
static void test_binomial_large(void **state) {
  (void)state;
  const size_t n = 20000;
  for (size_t s = 1; s < n; s += s < 100 ? 1 : 37) {
    const attn_interval i = attn_stats_binomial(s, n, 0.95);
    const double count = (double)s, rest = (double)(n - s);
    assert_close(gsl_cdf_beta_P(i.low, count, rest + 1), 0.025, 1e-9);
    assert_close(gsl_cdf_beta_Q(i.high, count + 1, rest), 0.025, 1e-9);
  }
}

/* Mean, deviation and t interval of 1 ... 5: 3 -+ 2.776445 sqrt(2.5/5). */
static void test_mean(void **state) {
  (void)state;
  const double x[5] = {4, 1, 5, 3, 2};
  assert_true(attn_stats_mean(x, 5) == 3);
  assert_relative(attn_stats_deviation(x, 5), sqrt(2.5), 1e-15);
  attn_interval i = attn_stats_mean_interval(x, 5, 0.95);
  const double half = 2.7764451051977987 * sqrt(0.5);
  assert_relative(i.low, 3 - half, 1e-9);
  assert_relative(i.high, 3 + half, 1e-9);
  i = attn_stats_mean_interval(x, 2, 0.9); /* 4, 1: t is Cauchy, 6.313752 */
  assert_relative(i.high, 2.5 + 6.313751514675043 * 1.5, 1e-9);
  assert_true(isnan(attn_stats_mean(x, 0)) && isnan(attn_stats_deviation(x, 1)));
  i = attn_stats_mean_interval(x, 1, 0.95);
  assert_true(isnan(i.low) && isnan(i.high));
}

/* The t interval of 4 Gaussian values covers their mean in 90 % of the draws (exact binomial
 * limits at the 1e-6 level are 5 standard errors away). */
static void test_mean_coverage(void **state) {
  (void)state;
  const size_t draws = 40000;
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 20, "stats", 0, 0, ATTN_STREAM_OTHER);
  size_t covered = 0;
  for (size_t draw = 0; draw < draws; draw++) {
    double x[4];
    attn_rng_gaussian(x, 4, rng);
    const attn_interval i = attn_stats_mean_interval(x, 4, 0.9);
    covered += i.low <= 0 && 0 <= i.high;
  }
  assert_close((double)covered / (double)draws, 0.9, 5 * sqrt(0.09 / (double)draws));
  gsl_rng_free(rng);
}

/* By hand: Sxx = 5, Sxy = 3.5, residuals -0.7, 0.6, 0.9, -0.8; P(|t| < x) =
 * x / sqrt(2 + x^2) for the t law with 2 degrees of freedom. */
static void test_line(void **state) {
  (void)state;
  const double x[4] = {1, 2, 3, 4}, y[4] = {2, 4, 5, 4};
  const attn_line line = attn_stats_line(x, y, 4, 0.95);
  assert_close(line.slope, 0.7, 1e-14);
  assert_close(line.intercept, 2, 1e-14);
  assert_close(line.rms, sqrt(2.3 / 4), 1e-14);
  const double t = sqrt(2 * 0.95 * 0.95 / (1 - 0.95 * 0.95));
  const double half = t * sqrt(2.3 / 2 / 5);
  assert_close(line.slope_interval.low, 0.7 - half, 1e-12);
  assert_close(line.slope_interval.high, 0.7 + half, 1e-12);
  const double mean = t * sqrt(2.3 / 2 * (1.0 / 4 + 2.5 * 2.5 / 5));
  assert_close(line.intercept_interval.high, 2 + mean, 1e-12);
  const attn_line none = attn_stats_line(x, y, 2, 0.95);
  assert_true(isnan(none.slope) && isnan(none.rms) && isnan(none.intercept_interval.low));
}

/* A power law is a line in logarithms; what has none is left out. */
static void test_power(void **state) {
  (void)state;
  double x[7] = {1, 2, 0, 4, 8, INFINITY, 3}, y[7] = {5, 5 * 8, 7, 5 * 64, 5 * 512, 7, NAN};
  const attn_line line = attn_stats_power(x, y, 7, 0.95);
  assert_close(line.slope, 3, 1e-13);
  assert_close(exp(line.intercept), 5, 1e-12);
  assert_close(line.rms, 0, 1e-13);
  double few[3] = {1, 2, 3}, signs[3] = {1, -2, 3};
  assert_true(isnan(attn_stats_power(few, signs, 3, 0.95).slope)); /* two points are none */
}

/* y = 2 + 3 log log t is a line in log log t and none in log t, and the other way round. */
static void test_growth(void **state) {
  (void)state;
  for (int slow = 0; slow < 2; slow++) {
    double t[8] = {1, 3, 10, 30, 100, 1000, 1e4, 1e6}, y[8];
    for (size_t i = 0; i < 8; i++)
      y[i] = 2 + 3 * (slow ? log(log(t[i])) : log(t[i])); /* -inf at t = 1 */
    y[3] = NAN;
    const attn_growth growth = attn_stats_growth(t, y, 8, 0.95);
    const attn_line *right = slow ? &growth.loglog : &growth.log;
    const attn_line *wrong = slow ? &growth.log : &growth.loglog;
    assert_close(right->slope, 3, 1e-12);
    assert_close(right->intercept, 2, 1e-12);
    assert_true(right->rms < 1e-12 && wrong->rms > 0.1);
  }
}

/* Three cells of four draws, by hand; a draw without a number does not count. */
static void test_draws(void **state) {
  (void)state;
  const double value[3][4] = {{1, 2, NAN, NAN}, {4, NAN, NAN, 6}, {16, 8, NAN, NAN}};
  const struct {
    attn_draw_rule rule;
    double of[3]; /* draws 0, 1 and 3, sorted */
  } cases[] = {{ATTN_DRAW_MEAN, {5, 6, 7}},
               {ATTN_DRAW_GEOMETRIC, {4, 4, 6}},
               {ATTN_DRAW_LEAST, {1, 2, 6}},
               {ATTN_DRAW_LARGEST, {6, 8, 16}}};
  for (size_t c = 0; c < 4; c++) {
    double x[12], of[3];
    memcpy(x, value, sizeof x);
    memcpy(of, cases[c].of, sizeof of);
    const attn_summary s = attn_stats_draws(x, 3, 4, cases[c].rule, 0.9);
    const attn_summary expected = attn_stats_summary(of, 3, 0.9);
    assert_int_equal(s.count, 3);
    assert_close(s.mean, expected.mean, 1e-14);
    assert_close(s.median, expected.median, 1e-14);
    assert_close(s.low, expected.low, 1e-13);
    assert_true(s.interval.low == s.low && s.interval.high == s.high);
  }
  double none[2] = {NAN, NAN};
  assert_true(isnan(attn_stats_draws(none, 1, 2, ATTN_DRAW_LEAST, 0.9).mean));
}

/* Type 7 quantiles: at 1 + (count - 1) q, linear between. The summary sorts and repeats them. */
static void test_quantiles(void **state) {
  (void)state;
  double x[5] = {9, 1, 4, 2, 7};
  attn_stats_sort(x, 5);
  const double sorted[5] = {1, 2, 4, 7, 9};
  assert_memory_equal(x, sorted, sizeof x);
  assert_true(attn_stats_quantile(x, 5, 0) == 1 && attn_stats_quantile(x, 5, 1) == 9);
  assert_true(attn_stats_quantile(x, 5, 0.5) == 4 && attn_stats_quantile(x, 5, 0.25) == 2);
  assert_close(attn_stats_quantile(x, 5, 0.9), 8.2, 1e-14);
  assert_close(attn_stats_quantile(x, 4, 0.5), 3, 1e-14);
  assert_true(isnan(attn_stats_quantile(x, 0, 0.5)) && attn_stats_quantile(x, 1, 0.3) == 1);
  double y[5] = {9, 1, 4, 2, 7};
  const attn_summary s = attn_stats_summary(y, 5, 0.95);
  const attn_interval mean = attn_stats_mean_interval(sorted, 5, 0.95);
  assert_int_equal(s.count, 5);
  assert_close(s.mean, 4.6, 1e-14);
  assert_relative(s.low, mean.low, 1e-13);
  assert_relative(s.high, mean.high, 1e-13);
  assert_close(s.q05, 1.2, 1e-14);
  assert_true(s.median == 4);
  assert_close(s.q95, 8.6, 1e-14);
  assert_memory_equal(y, sorted, sizeof y);
  const attn_summary none = attn_stats_summary(y, 0, 0.95);
  assert_true(none.count == 0 && isnan(none.mean) && isnan(none.low) && isnan(none.high) &&
              isnan(none.q05) && isnan(none.median) && isnan(none.q95));
}

/* Of x_(1) < ... < x_(n), the number B below the quantile is Binomial(n, q). The interval
 * [x_(r), x_(s)] covers when r <= B < s: at least the level, each tail at most half the rest, and
 * neither end could be moved in. */
static void test_quantile_interval(void **state) {
  (void)state;
  const double levels[] = {0.8, 0.95, 0.999}, quantiles[] = {0.05, 0.25, 0.5, 0.9, 0.95};
  double x[120];
  for (size_t i = 0; i < 120; i++)
    x[i] = (double)i + 1;
  for (size_t l = 0; l < 3; l++)
    for (size_t c = 0; c < 5; c++)
      for (size_t n = 0; n <= 120; n += n < 12 ? 1 : 9) {
        const double q = quantiles[c], tail = (1 - levels[l]) / 2;
        const attn_interval i = attn_stats_quantile_interval(x, n, q, levels[l]);
        const size_t r = isinf(i.low) ? 0 : (size_t)i.low;
        const size_t s = isinf(i.high) ? n + 1 : (size_t)i.high;
        assert_true((r > 0 || i.low < 0) && (s <= n || i.high > 0) && r < s);
        real below = 0, above = 0, at_r = naive_binomial(r, n, q), covered = 0;
        for (size_t b = 0; b <= n; b++) {
          below += b < r ? naive_binomial(b, n, q) : 0;
          above += b >= s ? naive_binomial(b, n, q) : 0;
          covered += b >= r && b < s ? naive_binomial(b, n, q) : 0;
        }
        assert_true((double)covered >= levels[l] - 1e-12);
        assert_true((double)below <= tail + 1e-12 && (double)above <= tail + 1e-12);
        if (r < n)
          assert_true((double)(below + at_r) > tail - 1e-12);
        if (s > 1)
          assert_true((double)(above + naive_binomial(s - 1, n, q)) > tail - 1e-12);
      }
}

/* The limit law of the Kolmogorov-Smirnov distance by its other series, sqrt(2 pi)/lambda
 * sum exp(-(2k-1)^2 pi^2 / (8 lambda^2)), with the two distribution functions compared at every
 * point by counting. */
static double ks_naive(const double *x, size_t nx, const double *y, size_t ny) {
  double largest = 0;
  for (size_t c = 0; c < nx + ny; c++) {
    const double at = c < nx ? x[c] : y[c - nx];
    double F = 0, G = 0;
    for (size_t i = 0; i < nx; i++)
      F += x[i] <= at;
    for (size_t i = 0; i < ny; i++)
      G += y[i] <= at;
    largest = fmax(largest, fabs(F / (double)nx - G / (double)ny));
  }
  const double pi = acos(-1), root = sqrt((double)(nx * ny) / (double)(nx + ny));
  const double lambda = largest * (root + 0.12 + 0.11 / root);
  double below = 0;
  if (lambda > 0)
    for (int k = 1; k <= 200; k++)
      below += sqrt(2 * pi) / lambda * exp(-pow((2 * k - 1) * pi / lambda, 2) / 8);
  return 1 - below;
}

/* p-values equal the naive ones, for samples with and without ties and of unequal sizes; equal
 * samples give 1, and samples apart give the tail of the largest distance, 1. */
static void test_ks_known(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  double x[60], y[60];
  for (size_t c = 0; c < 200; c++) {
    const size_t nx = 5 + c % 50, ny = 8 + 7 * c % 45;
    attn_rng_start(rng, 21, "ks", c, 0, ATTN_STREAM_OTHER);
    attn_rng_gaussian(x, nx, rng);
    attn_rng_gaussian(y, ny, rng);
    for (size_t i = 0; i < ny; i++)
      y[i] += c % 4 == 3 ? 0.8 : 0;
    for (size_t i = 0; c % 2 && i < 60; i++) { /* many ties */
      x[i] = i < nx ? round(2 * x[i]) : 0;
      y[i] = i < ny ? round(2 * y[i]) : 0;
    }
    const double expected = ks_naive(x, nx, y, ny);
    assert_close(attn_stats_ks(x, nx, y, ny), expected, 1e-12);
    assert_close(attn_stats_ks(y, ny, x, nx), expected, 1e-12);
  }
  for (size_t i = 0; i < 10; i++) {
    x[i] = (double)i;
    y[i] = (double)i + 0.5;
  }
  double equal[10] = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  assert_true(attn_stats_ks(x, 10, equal, 10) == 1);
  assert_close(attn_stats_ks(x, 10, y, 10), 1, 1e-6);
  for (size_t i = 0; i < 10; i++)
    y[i] += 100;
  const double lambda = sqrt(5) + 0.12 + 0.11 / sqrt(5);
  assert_relative(attn_stats_ks(x, 10, y, 10), 2 * exp(-2 * lambda * lambda), 1e-9);
  gsl_rng_free(rng);
}

/* No sample, or one with not-a-number in it, has no p-value. */
static void test_ks_undefined(void **state) {
  (void)state;
  double x[3] = {1, 2, 3}, y[2] = {NAN, 1}, none[1];
  assert_true(isnan(attn_stats_ks(x, 3, none, 0)) && isnan(attn_stats_ks(none, 0, x, 3)));
  assert_true(isnan(attn_stats_ks(x, 3, y, 2)) && isnan(attn_stats_ks(y, 2, y, 2)));
}

/* Under the null the p-value is near uniform: in 4000 pairs of samples of 150 and 200, the shares
 * below 0.01, 0.05, 0.2, 0.5 and 0.8 are within 5 standard errors, plus a tenth for the
 * finite-sample law. A shift of 0.5 is found almost always. */
static void test_ks_null(void **state) {
  (void)state;
  enum { NX = 150, NY = 200, DRAWS = 4000 };
  const double at[] = {0.01, 0.05, 0.2, 0.5, 0.8};
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 22, "ks", 0, 0, ATTN_STREAM_OTHER);
  double x[NX], y[NY], share[5] = {0}, found = 0;
  for (size_t draw = 0; draw < DRAWS; draw++) {
    attn_rng_gaussian(x, NX, rng);
    attn_rng_gaussian(y, NY, rng);
    const double p = attn_stats_ks(x, NX, y, NY);
    for (size_t c = 0; c < 5; c++)
      share[c] += (p < at[c]) / (double)DRAWS;
    for (size_t i = 0; i < NY; i++)
      y[i] += 0.5;
    found += attn_stats_ks(x, NX, y, NY) < 0.05;
  }
  for (size_t c = 0; c < 5; c++)
    assert_close(share[c], at[c], 0.1 * at[c] + 5 * sqrt(at[c] * (1 - at[c]) / DRAWS));
  assert_true(found > 0.95 * DRAWS);
  gsl_rng_free(rng);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_binomial_known), cmocka_unit_test(test_binomial_coverage),
      cmocka_unit_test(test_binomial_large), cmocka_unit_test(test_binomial_many),
      cmocka_unit_test(test_mean),           cmocka_unit_test(test_mean_coverage),
      cmocka_unit_test(test_line),           cmocka_unit_test(test_power),
      cmocka_unit_test(test_growth),         cmocka_unit_test(test_draws),
      cmocka_unit_test(test_quantiles),      cmocka_unit_test(test_quantile_interval),
      cmocka_unit_test(test_ks_known),       cmocka_unit_test(test_ks_undefined),
      cmocka_unit_test(test_ks_null),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
