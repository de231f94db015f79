/* Philox against published answers, keyed streams that never meet, and the laws of what is drawn. */
#include "support.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sort_double.h>
#include <stdlib.h>
#include <string.h>

#include "rng.h"

/* The known answers that are published with Random123 for philox4x64-10. */
static void test_known_answers(void **state) {
  (void)state;
  static const struct {
    uint64_t counter[4], key[2], answer[4];
  } known[] = {
      {{0, 0, 0, 0},
       {0, 0},
       {0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b}},
      {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
       {UINT64_MAX, UINT64_MAX},
       {0x87b092c3013fe90b, 0x438c3c67be8d0224, 0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0}},
      {{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89},
       {0x452821e638d01377, 0xbe5466cf34e90c6c},
       {0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5, 0x57bd43b5e52b7fe6}},
  };
  for (size_t c = 0; c < sizeof known / sizeof *known; c++) {
    uint64_t out[4];
    attn_rng_philox_block(out, known[c].counter, known[c].key);
    assert_memory_equal(out, known[c].answer, sizeof out);
  }
}

/* The stream of (seed, name, cell, replicate, purpose) is the sequence of blocks 0, 1, 2 ... of the
 * counter (block, purpose, replicate, cell) under the key (seed, fingerprint of the name); doubles
 * are the upper 53 bits. gsl_rng_set starts the key (seed, 0). */
static void test_stream_layout(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  const uint64_t seed = 0xfedcba9876543210;
  const uint64_t key[2] = {seed, attn_fingerprint("some experiment", 15)};
  attn_rng_start(rng, seed, "some experiment", 5, 1000000, ATTN_STREAM_RISK);
  for (uint64_t block = 0; block < 20; block++) {
    uint64_t out[4];
    const uint64_t counter[4] = {block, ATTN_STREAM_RISK, 1000000, 5};
    attn_rng_philox_block(out, counter, key);
    for (size_t word = 0; word < 4; word++)
      if (block % 2)
        assert_true(gsl_rng_uniform(rng) == ldexp((double)(out[word] >> 11), -53));
      else
        assert_true(gsl_rng_get(rng) == out[word]);
  }
  gsl_rng_set(rng, 0);
  assert_true(gsl_rng_get(rng) == 0x16554d9eca36314c);
  assert_string_equal(gsl_rng_name(rng), "philox4x64-10");
  gsl_rng_free(rng);
}

static int compare(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* A million keys, neighbours in every component, have a million different first outputs (the chance
 * that random 64-bit numbers collide is 3e-8). */
static void test_no_collisions(void **state) {
  (void)state;
  const char *const names[] = {"a",  "b", "ab", "ba", "gd_two_steps",
                               "gd", "A", "",   "a ", "gd_two_step"};
  const size_t count = 1000000;
  uint64_t *first = attn_alloc(count, sizeof *first);
  gsl_rng *rng = attn_rng_alloc();
  size_t at = 0;
  for (uint64_t seed = 0; seed < 10; seed++)
    for (size_t name = 0; name < 10; name++)
      for (size_t cell = 0; cell < 20; cell++)
        for (size_t replicate = 0; replicate < 100; replicate++)
          for (int purpose = 0; purpose < 5; purpose++, at++) {
            attn_rng_start(rng, seed, names[name], cell, replicate, (attn_stream)purpose);
            first[at] = gsl_rng_get(rng);
          }
  assert_int_equal(at, count);
  qsort(first, count, sizeof *first, compare);
  for (size_t i = 1; i < count; i++)
    assert_true(first[i - 1] != first[i]);
  attn_free(first);
  gsl_rng_free(rng);
}

/* A stream is what it is for: its numbers do not depend on what was drawn before, in which order
 * streams are started, or on which generator; every component of the key matters. */
static void test_order_independence(void **state) {
  (void)state;
  enum { STREAMS = 50, LENGTH = 7 };
  uint64_t forth[STREAMS][LENGTH];
  gsl_rng *rng = attn_rng_alloc(), *other = attn_rng_alloc();
  for (size_t r = 0; r < STREAMS; r++) {
    attn_rng_start(rng, 1, "order", 0, r, ATTN_STREAM_NOISE);
    for (size_t i = 0; i < LENGTH; i++)
      forth[r][i] = gsl_rng_get(rng);
  }
  for (size_t r = STREAMS; r-- > 0;) {
    gsl_rng *use = r % 3 ? rng : other;
    attn_rng_start(use, 1, "order", 0, r, ATTN_STREAM_NOISE);
    for (size_t i = 0; i < LENGTH; i++)
      assert_true(gsl_rng_get(use) == forth[r][i]);
  }
  const uint64_t base = forth[0][0];
  attn_rng_start(rng, 2, "order", 0, 0, ATTN_STREAM_NOISE);
  assert_true(gsl_rng_get(rng) != base);
  attn_rng_start(rng, 1, "Order", 0, 0, ATTN_STREAM_NOISE);
  assert_true(gsl_rng_get(rng) != base);
  attn_rng_start(rng, 1, "order", 1, 0, ATTN_STREAM_NOISE);
  assert_true(gsl_rng_get(rng) != base);
  attn_rng_start(rng, 1, "order", 0, 0, ATTN_STREAM_LABELS);
  assert_true(gsl_rng_get(rng) != base);
  gsl_rng_free(rng);
  gsl_rng_free(other);
}

/* One-sample Kolmogorov-Smirnov distance of sorted x times sqrt(count), for the law with the given
 * distribution function. P(> 2.7) = 9.3e-7. */
static double distance(double *x, size_t count, double (*below)(double x, double parameter),
                       double parameter) {
  gsl_sort(x, 1, count);
  double worst = 0;
  for (size_t i = 0; i < count; i++) {
    const double P = below(x[i], parameter);
    worst = fmax(worst, fmax(P - (double)i / (double)count, (double)(i + 1) / (double)count - P));
  }
  return worst * sqrt((double)count);
}
static const double KS_LIMIT = 2.7;

static double uniform_below(double x, double unused) {
  (void)unused;
  return fmin(fmax(x, 0), 1);
}
static double normal_below(double x, double unused) {
  (void)unused;
  return gsl_cdf_ugaussian_P(x);
}
static double chi_below(double x, double degrees) {
  return gsl_cdf_chisq_P(x * x, degrees);
}

/* Uniform numbers lie in [0, 1) and are uniform within a stream and across streams. */
static void test_uniform(void **state) {
  (void)state;
  const size_t count = 400000;
  double *x = attn_alloc(count, sizeof *x);
  gsl_rng *rng = attn_rng_alloc();
  for (int across = 0; across < 2; across++) {
    attn_rng_start(rng, 3, "uniform", 0, 0, ATTN_STREAM_OTHER);
    for (size_t i = 0; i < count; i++) {
      if (across)
        attn_rng_start(rng, 3, "uniform", 0, i, ATTN_STREAM_OTHER);
      x[i] = gsl_rng_uniform(rng);
      assert_true(x[i] >= 0 && x[i] < 1);
    }
    assert_true(distance(x, count, uniform_below, 0) < KS_LIMIT);
  }
  attn_free(x);
  gsl_rng_free(rng);
}

/* Deviates are standard normal, also beyond 3 and 4 (where the ziggurat changes its method), and
 * symmetric; the array call equals calls one by one. */
static void test_gaussian(void **state) {
  (void)state;
  const size_t count = 1000000;
  double *x = attn_alloc(count, sizeof *x), one;
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 4, "normal", 0, 0, ATTN_STREAM_OTHER);
  attn_rng_gaussian(x, count, rng);
  attn_rng_start(rng, 4, "normal", 0, 0, ATTN_STREAM_OTHER);
  for (size_t i = 0; i < 1000; i++) {
    attn_rng_gaussian(&one, 1, rng);
    assert_true(one == x[i]);
  }
  double m1 = 0, m2 = 0, m4 = 0;
  size_t beyond[2][2] = {{0, 0}, {0, 0}};
  for (size_t i = 0; i < count; i++) {
    m1 += x[i];
    m2 += x[i] * x[i];
    m4 += pow(x[i], 4);
    for (size_t c = 0; c < 2; c++)
      if (fabs(x[i]) > 3 + (double)c)
        beyond[c][x[i] > 0]++;
  }
  const double size = (double)count;
  assert_close(m1 / size, 0, 5 / sqrt(size));
  assert_close(m2 / size, 1, 5 * sqrt(2 / size));
  assert_close(m4 / size, 3, 5 * sqrt(96 / size));
  for (size_t c = 0; c < 2; c++)
    for (size_t side = 0; side < 2; side++) {
      const double expected = size * gsl_cdf_ugaussian_Q(3 + (double)c);
      assert_close((double)beyond[c][side], expected, 5 * sqrt(expected));
    }
  assert_true(distance(x, count, normal_below, 0) < KS_LIMIT);
  attn_free(x);
  gsl_rng_free(rng);
}

/* chi has its law for few and many degrees of freedom, whole or not; 0 degrees are 0. */
static void test_chi(void **state) {
  (void)state;
  const double degrees[] = {1, 2, 3, 5.5, 498, 39998};
  const size_t count = 20000;
  double *x = attn_alloc(count, sizeof *x);
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < sizeof degrees / sizeof *degrees; c++) {
    attn_rng_start(rng, 5, "chi", c, 0, ATTN_STREAM_OTHER);
    for (size_t i = 0; i < count; i++)
      x[i] = attn_rng_chi(degrees[c], rng);
    assert_true(x[0] > 0);
    assert_true(distance(x, count, chi_below, degrees[c]) < KS_LIMIT);
  }
  assert_true(attn_rng_chi(0, rng) == 0);
  attn_free(x);
  gsl_rng_free(rng);
}

/* 1e15 degrees: chi = sqrt(1e15 - 1/2) + N(0, 1/2) up to 1e-8; the rounding of the square, 0.06 of
 * its standard deviation 4.5e7, is nothing. */
static void test_chi_huge(void **state) {
  (void)state;
  const size_t count = 100000;
  const double degrees = 1e15;
  double *x = attn_alloc(count, sizeof *x);
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 6, "chi", 0, 0, ATTN_STREAM_OTHER);
  double mean = 0, squares = 0;
  for (size_t i = 0; i < count; i++) {
    x[i] = (attn_rng_chi(degrees, rng) - sqrt(degrees - 0.5)) * sqrt(2);
    mean += x[i] / (double)count;
    squares += x[i] * x[i] / (double)count;
  }
  assert_close(mean, 0, 5 / sqrt((double)count));
  assert_close(squares, 1, 5 * sqrt(2 / (double)count));
  assert_true(distance(x, count, normal_below, 0) < KS_LIMIT);
  attn_free(x);
  gsl_rng_free(rng);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known_answers), cmocka_unit_test(test_stream_layout),
      cmocka_unit_test(test_no_collisions), cmocka_unit_test(test_order_independence),
      cmocka_unit_test(test_uniform),       cmocka_unit_test(test_gaussian),
      cmocka_unit_test(test_chi),           cmocka_unit_test(test_chi_huge),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
