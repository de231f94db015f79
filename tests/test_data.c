/* The data model: labels and flips, noise moments, signal tokens, and the sentences that refuse
 * parameters for which the model is not defined. */
#include "support.h"

#include <gsl/gsl_cdf.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "linalg.h"
#include "rng.h"
#include "tokens_dense.h"

/* count of trials at the given rate lies within exact binomial limits; two-sided false alarm rate
 * 1e-6, found by summing the binomial tails. */
static void in_binomial_limits(size_t count, size_t trials, double rate) {
  const unsigned c = (unsigned)count, t = (unsigned)trials;
  if (rate == 0) {
    assert_int_equal(count, 0);
    return;
  }
  assert_true(gsl_cdf_binomial_P(c, rate, t) > 5e-7);
  assert_true(c == 0 || gsl_cdf_binomial_Q(c - 1, rate, t) > 5e-7);
}

/* Classes are balanced, labels are flipped at rate eta in each class, class and flip and
 * neighbouring samples are independent: exact binomial limits, false alarm rate 1e-6 each. */
static void test_labels(void **state) {
  (void)state;
  const double rates[] = {0, 0.05, 0.1, 0.3, 0.4999};
  const size_t n = 200000;
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < sizeof rates / sizeof *rates; c++) {
    const double eta = rates[c];
    attn_labels *labels = attn_labels_alloc(n, 3);
    attn_rng_start(rng, 16, "labels", c, 0, ATTN_STREAM_LABELS);
    attn_labels_draw(labels, eta, rng);
    size_t in_class[2] = {0, 0}, flipped[2] = {0, 0}, changes = 0, both = 0;
    for (size_t i = 0; i < n; i++) {
      assert_true(labels->k[i] <= 1 && abs(labels->y[i]) == 1);
      in_class[labels->k[i]]++;
      flipped[labels->k[i]] += labels->y[i] != (labels->k[i] == 0 ? 1 : -1);
      changes += i > 0 && labels->k[i] != labels->k[i - 1];
      both += i % 2 && attn_labels_noisy(labels, i) && attn_labels_noisy(labels, i - 1);
    }
    in_binomial_limits(in_class[1], n, 0.5);
    for (size_t k = 0; k < 2; k++)
      in_binomial_limits(flipped[k], in_class[k], eta);
    in_binomial_limits(changes, n - 1, 0.5);
    in_binomial_limits(both, n / 2, eta * eta);
    assert_int_equal(attn_labels_count_noisy(labels), flipped[0] + flipped[1]);
    assert_int_equal(labels->N, 2 * n);
    attn_labels_free(labels);
  }
  attn_labels_free(NULL);
  gsl_rng_free(rng);
}

/* Over many small draws, not only within one: the number of noisy samples among 20 has its binomial
 * mean and variance (5 standard errors). */
static void test_labels_over_draws(void **state) {
  (void)state;
  enum { DRAWS = 20000, N_SAMPLES = 20 };
  const double eta = 0.15, mean = N_SAMPLES * eta, variance = mean * (1 - eta);
  gsl_rng *rng = attn_rng_alloc();
  attn_labels *labels = attn_labels_alloc(N_SAMPLES, 2);
  double sum = 0, squares = 0;
  for (size_t draw = 0; draw < DRAWS; draw++) {
    attn_rng_start(rng, 17, "labels", 0, draw, ATTN_STREAM_LABELS);
    attn_labels_draw(labels, eta, rng);
    const double x = (double)attn_labels_count_noisy(labels) - mean;
    sum += x / DRAWS;
    squares += x * x / DRAWS;
  }
  assert_close(sum, 0, 5 * sqrt(variance / DRAWS));
  /* var of x^2 is below 2 variance^2 + variance for a binomial count */
  assert_close(squares, variance, 5 * sqrt((2 * variance * variance + variance) / DRAWS));
  attn_labels_free(labels);
  gsl_rng_free(rng);
}

/* Which labels are clean and which are noisy, by hand. */
static void test_label_names(void **state) {
  (void)state;
  attn_labels *labels = attn_labels_alloc(4, 2);
  const unsigned char k[4] = {0, 0, 1, 1};
  const signed char y[4] = {1, -1, 1, -1};
  memcpy(labels->k, k, sizeof k);
  memcpy(labels->y, y, sizeof y);
  const int clean[4] = {1, 1, -1, -1};
  const bool noisy[4] = {false, true, true, false};
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(attn_labels_clean_label(labels, i), clean[i]);
    assert_int_equal(attn_labels_noisy(labels, i), noisy[i]);
  }
  assert_int_equal(attn_labels_count_noisy(labels), 2);
  attn_labels_free(labels);
}

/* As many samples in each class and as many flips in both, the nearest whole number. */
static void test_label_balance(void **state) {
  (void)state;
  const struct {
    size_t n, flips;
    double eta;
  } cases[] = {{40, 2, 0.1}, {40, 4, 0.2}, {20, 1, 0.1}, {100, 5, 0.1}, {10, 0, 0}, {12, 1, 0.23}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    attn_labels *labels = attn_labels_alloc(cases[c].n, 2);
    size_t count[2] = {0, 0}, noisy[2] = {0, 0};
    const double share = attn_labels_balance(labels, cases[c].eta);
    for (size_t i = 0; i < labels->n; i++) {
      count[labels->k[i]]++;
      noisy[labels->k[i]] += attn_labels_noisy(labels, i);
    }
    for (size_t k = 0; k < 2; k++) {
      assert_int_equal(count[k], cases[c].n / 2);
      assert_int_equal(noisy[k], cases[c].flips);
    }
    assert_relative(share, 2 * (double)cases[c].flips / (double)cases[c].n, 1e-15);
    attn_labels_free(labels);
  }
}

/* Dense noise is standard Gaussian: mean 0, variance 1, fourth moment 3, no third moment, no
 * covariance between neighbouring entries of a token nor between neighbouring tokens; 5 standard
 * errors of a million entries. */
static void test_noise_moments(void **state) {
  (void)state;
  const size_t N = 1000, k = 1000, all = N * k;
  gsl_rng *rng = attn_rng_alloc();
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_DENSE, N, k + 2, 3, 0);
  attn_rng_start(rng, 18, "noise", 0, 0, ATTN_STREAM_NOISE);
  attn_tokens_draw(tokens, rng);
  const double *x = attn_tokens_dense_noise(tokens);
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0, along = 0, across = 0, squares = 0;
  for (size_t e = 0; e < all; e++) {
    const double q = x[e] * x[e];
    m1 += x[e];
    m2 += q;
    m3 += q * x[e];
    m4 += q * q;
    if (e + 1 < all) {
      along += x[e] * x[e + 1];
      squares += (q - 1) * (x[e + 1] * x[e + 1] - 1);
    }
    if (e + k < all)
      across += x[e] * x[e + k];
  }
  const double count = (double)all, error = 5 / sqrt(count);
  assert_close(m1 / count, 0, error);
  assert_close(m2 / count, 1, error * sqrt(2));
  assert_close(m3 / count, 0, error * sqrt(15));
  assert_close(m4 / count, 3, error * sqrt(96));
  assert_close(along / count, 0, error);
  assert_close(across / count, 0, error);
  assert_close(squares / count, 0, error * 2);
  attn_tokens_free(tokens);
  gsl_rng_free(rng);
}

/* Signals have norm rho and are orthogonal to each other and to all noise: the parameter vectors
 * mu_1 and mu_2 (unit coordinates times rho) score rho^2 on their own token and exactly 0 on the
 * other and on noise; noise tokens score 0 on the signals. */
static void test_signals(void **state) {
  (void)state;
  const attn_tokens_kind kinds[] = {ATTN_TOKENS_DENSE, ATTN_TOKENS_GRAM, ATTN_TOKENS_BARTLETT};
  const double rho = 3.5;
  const size_t N = 6;
  gsl_rng *rng = attn_rng_alloc();
  for (size_t a = 0; a < 3; a++) {
    attn_tokens *tokens = attn_tokens_alloc(kinds[a], N, 30, rho, 4);
    attn_rng_start(rng, 19, "signals", a, 0, ATTN_STREAM_NOISE);
    attn_tokens_draw(tokens, rng);
    double *u = attn_alloc(tokens->dim, sizeof *u), signal[2], noise[6];
    const double none[6] = {0};
    for (size_t k = 0; k < 2; k++) {
      double pick[2] = {k == 0, k == 1};
      attn_tokens_pullback(tokens, u, pick, none, 1); /* u = mu_k */
      attn_tokens_scores(tokens, signal, noise, u, 1);
      assert_true(signal[k] == rho * rho && signal[1 - k] == 0);
      for (size_t j = 0; j < N; j++)
        assert_true(noise[j] == 0);
      assert_true(attn_tokens_inner(tokens, u, u, noise) == 0);
    }
    for (size_t j = 0; j < N; j++) { /* u = xi_j */
      double pick[6] = {0};
      pick[j] = 1;
      attn_tokens_pullback(tokens, u, none, pick, 1);
      attn_tokens_scores(tokens, signal, noise, u, 1);
      assert_true(signal[0] == 0 && signal[1] == 0 && noise[j] > 0);
      assert_relative(attn_tokens_inner(tokens, u, u, noise), noise[j], 1e-14);
    }
    attn_free(u);
    attn_tokens_free(tokens);
  }
  gsl_rng_free(rng);
}

/* One sentence for every parameter outside its range, with its name, value and range; none inside,
 * at the very ends. */
static void test_check(void **state) {
  (void)state;
  const struct {
    attn_data_param param;
    const char *sentence;
  } cases[] = {
      {{1, 2, 3, 1, 0}, NULL},
      {{200, 64, 40000, 1e-300, 0.49999999}, NULL},
      {{0, 2, 3, 1, 0}, "n = 0: the number of samples must be at least 1"},
      {{1, 1, 3, 1, 0}, "T = 1: the tokens per sample must be at least 2"},
      {{1, 0, 3, 1, 0}, "T = 0: the tokens per sample must be at least 2"},
      {{SIZE_MAX, 2, 3, 1, 0}, "too many tokens to count"},
      {{2, SIZE_MAX, 3, 1, 0}, "too many tokens to count"},
      {{SIZE_MAX / 64, 2, 3, 1, 0}, "too many tokens to count"},
      {{1, 2, 2, 1, 0}, "d = 2: the dimension must be at least 3"},
      {{1, 2, 0, 1, 0}, "d = 0: the dimension must be at least 3"},
      {{1, 2, 3, 0, 0}, "rho = 0: the signal norm must lie in (0, inf)"},
      {{1, 2, 3, -2.5, 0}, "rho = -2.5: the signal norm must lie in (0, inf)"},
      {{1, 2, 3, INFINITY, 0}, "rho = inf: the signal norm must lie in (0, inf)"},
      {{1, 2, 3, NAN, 0}, "nan: the signal norm must lie in (0, inf)"},
      {{1, 2, 3, 1, 0.5}, "eta = 0.5: the label-flip rate must lie in [0, 0.5)"},
      {{1, 2, 3, 1, -0.01}, "eta = -0.01: the label-flip rate must lie in [0, 0.5)"},
      {{1, 2, 3, 1, NAN}, "nan: the label-flip rate must lie in [0, 0.5)"},
  };
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    const char *sentence = attn_data_check(&cases[c].param);
    if (cases[c].sentence == NULL) {
      assert_null(sentence);
      continue;
    }
    assert_non_null(sentence);
    assert_non_null(strstr(sentence, cases[c].sentence));
    assert_null(strchr(sentence, '\n'));
  }
}

/* kappa = rho sqrt(n/d); theory section 9's setting has 2.12. */
static void test_kappa(void **state) {
  (void)state;
  assert_relative(attn_data_kappa(&(attn_data_param){200, 2, 40000, 30, 0.05}), 2.1213203435596424,
                  1e-15);
  assert_relative(attn_data_kappa(&(attn_data_param){9, 5, 4, 0.5, 0.3}), 0.75, 1e-15);
  assert_relative(attn_data_rho(0.75, 9, 4), 0.5, 1e-15);
}

/* Labels that are not drawn, by hand, and how many there are of each kind. */
static void test_counts(void **state) {
  (void)state;
  attn_labels *labels = attn_labels_alloc(7, 2);
  attn_labels_balanced(labels, 1);
  const unsigned char k[7] = {0, 1, 0, 1, 0, 1, 0};
  const signed char y[7] = {-1, 1, 1, -1, 1, -1, 1};
  assert_memory_equal(labels->k, k, sizeof k);
  assert_memory_equal(labels->y, y, sizeof y);
  labels->y[4] = -1;
  const attn_counts counts = attn_labels_counts(labels);
  assert_true(counts.n[0] == 4 && counts.n[1] == 3);
  assert_true(counts.noisy[0] == 2 && counts.noisy[1] == 1);
  attn_labels_free(labels);
  const attn_counts expected = attn_data_expected_counts(&(attn_data_param){9, 2, 20, 1, 0.2});
  assert_true(expected.n[0] == 4.5 && expected.n[1] == 4.5);
  assert_close(expected.noisy[0], 0.9, 1e-15);
  assert_close(expected.noisy[1], 0.9, 1e-15);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_labels),        cmocka_unit_test(test_labels_over_draws),
      cmocka_unit_test(test_label_names),   cmocka_unit_test(test_noise_moments),
      cmocka_unit_test(test_signals),       cmocka_unit_test(test_check),
      cmocka_unit_test(test_kappa),         cmocka_unit_test(test_counts),
      cmocka_unit_test(test_label_balance),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
