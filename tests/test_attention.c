/* Softmax attention of one sample against the full Jacobian, and at extreme scores. */
#include "support.h"

#include <gsl/gsl_rng.h>
#include <stdlib.h>

#include "attention.h"
#include "naive.h"
#include "rng.h"

enum { T_MAX = 64 };
static const size_t lengths[] = {1, 2, 3, 7, 64};

/* f = sum_t s_t g_t with s = softmax(b), and the backward pass equal to w diag(s)g - w s s'g from
 * the whole matrix, relative to the largest entry. */
static void test_against_jacobian(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  real J[T_MAX * T_MAX], s_naive[T_MAX], wide[T_MAX];
  double s[T_MAX], b[T_MAX], g[T_MAX], dg[T_MAX], db[T_MAX];
  for (size_t c = 0; c < sizeof lengths / sizeof *lengths; c++)
    for (size_t draw = 0; draw < 50; draw++) {
      const size_t T = lengths[c];
      const double spread = draw % 2 ? 1 : 6, w = draw % 3 ? -0.37 : 2.5;
      attn_rng_start(rng, 1, "attention", T, draw, ATTN_STREAM_OTHER);
      attn_rng_gaussian(b, T, rng);
      attn_rng_gaussian(g, T, rng);
      for (size_t t = 0; t < T; t++)
        wide[t] = b[t] *= spread;
      const double f = attn_attention_forward(s, b, g, T);
      naive_softmax(s_naive, wide, T);
      naive_jacobian(J, s_naive, T);
      real f_naive = 0;
      for (size_t t = 0; t < T; t++) {
        assert_relative(s[t], (double)s_naive[t], 1e-13);
        f_naive += s_naive[t] * g[t];
      }
      assert_close(f, (double)f_naive, 1e-13);
      attn_attention_backward(dg, db, s, g, f, w, T);
      for (size_t t = 0; t < T; t++) {
        real slope = 0;
        for (size_t r = 0; r < T; r++)
          slope += J[t * T + r] * g[r];
        assert_close(dg[t], (double)(w * s_naive[t]), 1e-13 * fabs(w));
        assert_close(db[t], (double)(w * slope), 1e-13 * fabs(w));
      }
    }
  gsl_rng_free(rng);
}

/* Weights sum to 1 and are positive; adding a constant to all scores changes nothing; the score
 * gradient sums to 0, since constants are in the Jacobian's kernel. */
static void test_invariances(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  double s[T_MAX], moved[T_MAX], b[T_MAX], shifted[T_MAX], g[T_MAX], dg[T_MAX], db[T_MAX];
  for (size_t c = 0; c < sizeof lengths / sizeof *lengths; c++)
    for (size_t draw = 0; draw < 50; draw++) {
      const size_t T = lengths[c];
      attn_rng_start(rng, 2, "attention", T, draw, ATTN_STREAM_OTHER);
      attn_rng_gaussian(b, T, rng);
      attn_rng_gaussian(g, T, rng);
      for (size_t t = 0; t < T; t++)
        shifted[t] = b[t] + 1024; /* exact up to 2^-43 of the scores */
      const double f = attn_attention_forward(s, b, g, T);
      const double f_moved = attn_attention_forward(moved, shifted, g, T);
      double sum = 0, slope = 0, total = 0;
      attn_attention_backward(dg, db, s, g, f, 1, T);
      for (size_t t = 0; t < T; t++) {
        assert_true(s[t] > 0);
        assert_relative(moved[t], s[t], 1e-11);
        sum += s[t];
        slope += db[t];
        total += dg[t];
      }
      assert_close(sum, 1, 1e-14);
      assert_close(total, 1, 1e-14);
      assert_close(slope, 0, 1e-14);
      assert_close(f_moved, f, 1e-11);
    }
  gsl_rng_free(rng);
}

/* Scores of +-1e4, where exp alone overflows: everything stays finite, the winner takes all, and
 * a saturated sample passes no gradient to its scores. */
static void test_extreme_scores(void **state) {
  (void)state;
  const double b[3] = {-1e4, 1e4, 0}, g[3] = {1, -2, 5};
  double s[3], dg[3], db[3];
  double f = attn_attention_forward(s, b, g, 3);
  assert_true(s[0] == 0 && s[1] == 1 && s[2] == 0);
  assert_true(f == -2);
  attn_attention_backward(dg, db, s, g, f, 3, 3);
  for (size_t t = 0; t < 3; t++)
    assert_true(db[t] == 0 && dg[t] == (t == 1 ? 3 : 0));

  const double low[2] = {-1e4, -1e4 - 1};
  f = attn_attention_forward(s, low, g, 2);
  assert_close(s[0], 1 / (1 + exp(-1)), 1e-15);
  assert_close(s[1], 1 / (1 + exp(1)), 1e-15);
  const double huge[2] = {1e308, -1e308}; /* their difference overflows, exp(-inf) is 0 */
  f = attn_attention_forward(s, huge, g, 2);
  assert_true(s[0] == 1 && s[1] == 0 && f == 1);
}

/* Equal scores give exactly equal weights: 1/T for all, 1/2 for two tied winners. */
static void test_ties(void **state) {
  (void)state;
  double s[T_MAX], b[T_MAX], g[T_MAX];
  for (size_t c = 0; c < sizeof lengths / sizeof *lengths; c++) {
    const size_t T = lengths[c];
    for (size_t t = 0; t < T; t++) {
      b[t] = -7.25;
      g[t] = (double)t;
    }
    const double f = attn_attention_forward(s, b, g, T);
    for (size_t t = 0; t < T; t++)
      assert_true(s[t] == 1 / (double)T);
    assert_relative(f, ((double)T - 1) / 2, 1e-14);
  }
  const double tied[3] = {1e4, -1e4, 1e4}, opposite[3] = {3, 100, -3};
  assert_true(attn_attention_forward(s, tied, opposite, 3) == 0);
  assert_true(s[0] == 0.5 && s[1] == 0 && s[2] == 0.5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_against_jacobian),
      cmocka_unit_test(test_invariances),
      cmocka_unit_test(test_extreme_scores),
      cmocka_unit_test(test_ties),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
