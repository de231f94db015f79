/* Families of noise: distribution, moments, dependence, normalisation. Every random check allows
 * 5.5 standard errors or a p-value down to 1e-8, so that a false alarm is below 1e-6 in all. */
#include "support.h"

#include <gsl/gsl_cdf.h>
#include <stdlib.h>
#include <string.h>

#include "linalg.h"
#include "noise.h"
#include "rng.h"

enum { ENTRIES = 400000 };

static gsl_rng *stream(size_t cell) {
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 33, "noise", cell, 0, ATTN_STREAM_NOISE);
  return rng;
}

static double *draw(attn_noise noise, size_t N, size_t k, size_t group) {
  double *Xi = attn_alloc(N * k, sizeof *Xi);
  gsl_rng *rng = stream((size_t)noise.kind * 1000 + (size_t)(noise.parameter * 10));
  attn_noise_draw(Xi, N, k, group, &noise, rng);
  gsl_rng_free(rng);
  return Xi;
}

/* Variance 1; fourth and eighth moments from the densities, for the standard error of the fourth;
 * not-a-number where there is none, or none with an error. Rademacher's square has no variance. */
static const struct {
  attn_noise noise;
  double fourth, eighth;
} entries[] = {
    {{ATTN_NOISE_GAUSSIAN, 0}, 3, 105},     {{ATTN_NOISE_RADEMACHER, 0}, 1, 1},
    {{ATTN_NOISE_UNIFORM, 0}, 1.8, 9},      {{ATTN_NOISE_LAPLACE, 0}, 6, 2520},
    {{ATTN_NOISE_STUDENT, 10}, 4, 1120},    {{ATTN_NOISE_STUDENT, 5}, 9, NAN},
    {{ATTN_NOISE_SPARSE, 0.1}, 30, 105000}, {{ATTN_NOISE_SPARSE, 1}, 3, 105},
    {{ATTN_NOISE_CORRELATED, 0.7}, 3, 105}, /* tokens alone in their samples */
    {{ATTN_NOISE_POWER, 0}, 3, 105},        {{ATTN_NOISE_STUDENT, 3}, NAN, NAN},
};

/* Mean, variance, fourth moment; no correlation between neighbours in a token nor between tokens,
 * nor of their squares. */
static void test_moments(void **state) {
  (void)state;
  const size_t k = 500, N = ENTRIES / k;
  for (size_t c = 0; c < sizeof entries / sizeof *entries; c++) {
    double *x = draw(entries[c].noise, N, k, 1);
    double m1 = 0, m2 = 0, m4 = 0, along = 0, across = 0, squares = 0;
    for (size_t e = 0; e < ENTRIES; e++) {
      const double q = x[e] * x[e];
      m1 += x[e] / ENTRIES;
      m2 += q / ENTRIES;
      m4 += q * q / ENTRIES;
      along += e + 1 < ENTRIES ? x[e] * x[e + 1] / ENTRIES : 0;
      across += e + k < ENTRIES ? x[e] * x[e + k] / ENTRIES : 0;
      squares += e + 1 < ENTRIES ? (q - 1) * (x[e + 1] * x[e + 1] - 1) / ENTRIES : 0;
    }
    const double error = 5.5 / sqrt(ENTRIES), fourth = entries[c].fourth;
    assert_close(m1, 0, error);
    assert_close(along, 0, error);
    assert_close(across, 0, error);
    if (!isnan(entries[c].eighth)) { /* else squares are too heavy-tailed for standard errors */
      assert_close(m2, 1, error * sqrt(fourth - 1) + 1e-10);
      assert_close(squares, 0, error * (fourth - 1) + 1e-10);
      assert_close(m4, fourth, error * sqrt(entries[c].eighth - fourth * fourth) + 1e-10);
    }
    attn_free(x);
  }
}

/* Chi-square over 200 bins of equal probability under the distribution function. */
static void assert_law(const double *x, size_t count, double (*P)(double x, double parameter),
                       double parameter) {
  enum { BINS = 200 };
  size_t bin[BINS] = {0};
  for (size_t j = 0; j < count; j++) {
    const double at = P(x[j], parameter) * BINS;
    assert_between(at, 0, BINS);
    bin[at >= BINS ? BINS - 1 : (size_t)at]++;
  }
  double statistic = 0;
  const double expected = (double)count / BINS;
  for (size_t b = 0; b < BINS; b++)
    statistic += pow((double)bin[b] - expected, 2) / expected;
  const double p = gsl_cdf_chisq_Q(statistic, BINS - 1);
  assert_between(p, 1e-8, 1);
}

static double normal(double x, double deviation) {
  return gsl_cdf_gaussian_P(x, deviation);
}
static double uniform(double x, double half) {
  return (x + half) / (2 * half);
}
static double laplace(double x, double scale) {
  return gsl_cdf_laplace_P(x, scale);
}
/* scaled to variance 1, or to the normal's quartiles */
static double student(double x, double degrees) {
  const double scale = degrees > 2 ? sqrt((degrees - 2) / degrees)
                                   : 0.67448975019608171 / (degrees > 1 ? sqrt(2.0 / 3) : 1);
  return gsl_cdf_tdist_P(x / scale, degrees);
}
/* the square of one of k coordinates of a uniform unit vector */
static double square_of_sphere(double x, double k) {
  return gsl_cdf_beta_P(x, 0.5, (k - 1) / 2);
}

static void test_laws(void **state) {
  (void)state;
  const struct {
    attn_noise noise;
    double (*P)(double x, double parameter);
    double parameter;
  } cases[] = {
      {{ATTN_NOISE_GAUSSIAN, 0}, normal, 1},         {{ATTN_NOISE_UNIFORM, 0}, uniform, sqrt(3)},
      {{ATTN_NOISE_LAPLACE, 0}, laplace, sqrt(0.5)}, {{ATTN_NOISE_STUDENT, 1}, student, 1},
      {{ATTN_NOISE_STUDENT, 2}, student, 2},         {{ATTN_NOISE_STUDENT, 3}, student, 3},
      {{ATTN_NOISE_STUDENT, 5}, student, 5},         {{ATTN_NOISE_STUDENT, 10}, student, 10},
      {{ATTN_NOISE_CORRELATED, 0.4}, normal, 1}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    double *x = draw(cases[c].noise, ENTRIES / 500, 500, 1);
    assert_law(x, ENTRIES, cases[c].P, cases[c].parameter);
    attn_free(x);
  }
  /* two values, as often one as the other; in pairs too */
  double *x = draw((attn_noise){ATTN_NOISE_RADEMACHER, 0}, 400, 1000, 1);
  double up = 0, pairs = 0;
  for (size_t e = 0; e < ENTRIES; e++) {
    assert_true(x[e] == 1 || x[e] == -1);
    up += x[e] > 0;
    pairs += e % 64 == 0 && e > 0 && x[e] == x[e - 1]; /* across words */
  }
  assert_close(up / ENTRIES, 0.5, 5.5 * 0.5 / sqrt(ENTRIES));
  assert_close(pairs / (ENTRIES / 64), 0.5, 5.5 * 0.5 / sqrt(ENTRIES / 64));
  attn_free(x);
  /* sparse: the share of zeros, and the law of the others */
  const double q = 0.15;
  x = draw((attn_noise){ATTN_NOISE_SPARSE, q}, 400, 1000, 1);
  size_t kept = 0;
  for (size_t e = 0; e < ENTRIES; e++)
    if (x[e] != 0)
      x[kept++] = x[e];
  assert_close((double)kept / ENTRIES, q, 5.5 * sqrt(q * (1 - q) / ENTRIES));
  assert_law(x, kept, normal, 1 / sqrt(q));
  attn_free(x);
}

/* Power law: coordinate l has variance lambda_l, eigenvalues average to 1, coordinates are normal. */
static void test_power(void **state) {
  (void)state;
  enum { K = 40, N = 20000 };
  const double alpha = 1.3;
  double *x = draw((attn_noise){ATTN_NOISE_POWER, alpha}, N, K, 1), lambda[K], sum = 0, total = 0;
  for (size_t l = 0; l < K; l++)
    sum += lambda[l] = pow((double)l + 1, -alpha);
  for (size_t l = 0; l < K; l++) {
    double m2 = 0, next = 0, column[N];
    lambda[l] *= K / sum;
    total += lambda[l] / K;
    for (size_t j = 0; j < N; j++) {
      column[j] = x[j * K + l];
      m2 += column[j] * column[j] / N;
      next += l + 1 < K ? column[j] * x[j * K + l + 1] / N : 0;
    }
    assert_close(m2, lambda[l], 5.5 * lambda[l] * sqrt(2.0 / N));
    assert_close(next, 0, 5.5 * lambda[l] / sqrt(N));
    assert_law(column, N, normal, sqrt(lambda[l]));
  }
  assert_relative(total, 1, 1e-14);
  attn_free(x);
}

/* Tokens of one sample have correlation r in every coordinate, of two samples none. */
static void test_correlated(void **state) {
  (void)state;
  const size_t k = 200, group = 3, N = ENTRIES / k - ENTRIES / k % group;
  const double r = 0.6;
  double *x = draw((attn_noise){ATTN_NOISE_CORRELATED, r}, N, k, group);
  double sum[2] = {0}, count[2] = {0};
  for (size_t j = 0; j + 1 < N; j++) {
    const size_t other = j / group != (j + 1) / group;
    for (size_t l = 0; l < k; l++)
      sum[other] += x[j * k + l] * x[(j + 1) * k + l];
    count[other] += (double)k;
  }
  /* neighbouring pairs of a sample share a token: at most twice the variance 1 + r^2 */
  assert_close(sum[0] / count[0], r, 5.5 * sqrt(2 * (1 + r * r) / count[0]));
  assert_close(sum[1] / count[1], 0, 5.5 / sqrt(count[1]));
  attn_free(x);
}

/* Normalised noise: every length exact, directions uniform. */
static void test_sphere(void **state) {
  (void)state;
  const size_t k = 25, N = 20000;
  for (size_t c = 0; c < 2; c++) {
    const attn_noise noise = {c == 0 ? ATTN_NOISE_SPHERE : ATTN_NOISE_UNIT, 0};
    const double length = c == 0 ? 5 : 1;
    double *x = draw(noise, N, k, 1), *square = attn_alloc(N, sizeof *square), product = 0;
    for (size_t j = 0; j < N; j++) {
      assert_relative(attn_norm(x + j * k, k), length, 1e-14);
      square[j] = pow(x[j * k + j % k] / length, 2);
      product += x[j * k] * x[j * k + 1];
    }
    assert_law(square, N, square_of_sphere, (double)k);
    assert_close(product / (double)N / (length * length) * (double)k, 0, 5.5 / sqrt((double)N));
    assert_relative(attn_noise_scale2(&noise, k), length * length / (double)k, 1e-14);
    attn_free(x);
    attn_free(square);
  }
}

/* The Gaussian family is what dense tokens draw; equal streams give equal numbers. */
static void test_streams(void **state) {
  (void)state;
  for (attn_noise_kind kind = 0; kind < ATTN_NOISE_KINDS; kind++) {
    const attn_noise noise = {kind, kind == ATTN_NOISE_STUDENT ? 4 : 0.5};
    double *x = draw(noise, 6, 30, 2), *y = draw(noise, 6, 30, 2), other[180];
    assert_memory_equal(x, y, 180 * sizeof *x);
    if (kind == ATTN_NOISE_GAUSSIAN) {
      gsl_rng *rng = stream(5); /* 1000 kind + 10 parameter */
      attn_rng_gaussian(other, 180, rng);
      assert_memory_equal(x, other, sizeof other);
      gsl_rng_free(rng);
    }
    attn_free(x);
    attn_free(y);
  }
}

/* u' Sigma w by hand. */
static void test_covariance(void **state) {
  (void)state;
  const double u[3] = {1, -2, 3}, w[3] = {0.5, 1, 2}, sum = 1 + 0.5 + 1.0 / 3;
  const double power = 3 / sum * (0.5 - 2 * 0.5 + 6 / 3.0);
  assert_relative(attn_noise_covariance(u, w, 3, &(attn_noise){ATTN_NOISE_POWER, 1}), power, 1e-14);
  assert_relative(attn_noise_covariance(u, w, 3, &(attn_noise){ATTN_NOISE_UNIT, 0}), 4.5 / 3,
                  1e-14);
  const attn_noise same[] = {{ATTN_NOISE_GAUSSIAN, 0},    {ATTN_NOISE_LAPLACE, 0},
                             {ATTN_NOISE_STUDENT, 3},     {ATTN_NOISE_SPARSE, 0.2},
                             {ATTN_NOISE_CORRELATED, .5}, {ATTN_NOISE_SPHERE, 0}};
  for (size_t c = 0; c < sizeof same / sizeof *same; c++)
    assert_relative(attn_noise_covariance(u, w, 3, same + c), 4.5, 1e-14);
  assert_true(isnan(attn_noise_covariance(u, w, 3, &(attn_noise){ATTN_NOISE_STUDENT, 2})));
}

static void draw_bad(const void *argument) {
  double x[2];
  attn_noise_draw(x, 1, 2, 1, argument, stream(0));
}

static void test_misuse(void **state) {
  (void)state;
  const struct {
    attn_noise noise;
    const char *text;
  } bad[] = {{{ATTN_NOISE_STUDENT, 0}, "student = 0"},
             {{ATTN_NOISE_STUDENT, 2.5}, "whole number in [1, 1e6]"},
             {{ATTN_NOISE_STUDENT, NAN}, "student = nan"},
             {{ATTN_NOISE_SPARSE, 0}, "(0, 1]"},
             {{ATTN_NOISE_SPARSE, 1.1}, "sparse = 1.1"},
             {{ATTN_NOISE_POWER, -0.1}, "power = -0.1"},
             {{ATTN_NOISE_CORRELATED, 1}, "[0, 1)"}};
  for (size_t c = 0; c < sizeof bad / sizeof *bad; c++) {
    assert_non_null(strstr(attn_noise_check(&bad[c].noise), bad[c].text));
    assert_fails(draw_bad, &bad[c].noise, bad[c].text);
  }
  for (attn_noise_kind kind = 0; kind < ATTN_NOISE_KINDS; kind++)
    assert_true(strlen(attn_noise_name(kind)) > 3);
  assert_null(attn_noise_check(&(attn_noise){ATTN_NOISE_GAUSSIAN, NAN}));
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_moments),    cmocka_unit_test(test_laws),
      cmocka_unit_test(test_power),      cmocka_unit_test(test_correlated),
      cmocka_unit_test(test_sphere),     cmocka_unit_test(test_streams),
      cmocka_unit_test(test_covariance), cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
