/* The integrands that the risk hands to logconcave: slope and curvature are the derivatives, wherever
 * they are asked for. The integral itself needs only their signs to be about right, so that a wrong
 * derivative would cost time and some digits, and nobody would notice. This program has an
 * attn_logconcave_integral of its own, which looks at the integrand and integrates nothing. */
#include "support.h"

#include "logconcave.h"
#include "risk_limit.h"
#include "risk_two.h"

static size_t points; /* at which integrands were looked at */
static double answer_error, answer_peak, answer = -1;

/* Differences of L and of L' over a short step, against L' and L''. */
static void look_at(attn_logconcave *L, const void *params, double z) {
  double slope, curvature, low_slope, high_slope, ignored;
  const double h = 1e-4 * fmax(1, fabs(z) / 100), value = L(&slope, &curvature, z, params);
  const double low = L(&low_slope, &ignored, z - h, params);
  const double high = L(&high_slope, &ignored, z + h, params);
  assert_true(value == L(NULL, NULL, z, params));
  if (!(fabs(value) < 1e7)) /* where rounding leaves nothing of a difference */
    return;
  points++;
  assert_true(curvature < 0);
  assert_close((high_slope - low_slope) / (2 * h), curvature, 1e-4 * fabs(curvature));
  const double rounding = 1e-15 * (1 + fabs(value)) / h;
  const double bend = fabs(high_slope - low_slope) * 1e-4;
  assert_close((high - low) / (2 * h), slope, 1e-6 + 1e-6 * fabs(slope) + bend + 4 * rounding);
}

double attn_logconcave_integral(double *error, double *peak, attn_logconcave *L, const void *params,
                                double low) {
  const double far[] = {-3000, -1100, -900, -200, -60, 0, 60, 200, 900, 1100, 3000};
  for (double z = -30.05; z < 30; z += 0.37)
    if (z - 1 > low)
      look_at(L, params, z);
  for (size_t i = 0; i < sizeof far / sizeof *far; i++)
    if (far[i] - 1 > low)
      look_at(L, params, far[i]);
  *error = answer_error;
  if (peak != NULL)
    *peak = answer_peak;
  return answer;
}

static void test_two_tokens(void **state) {
  (void)state;
  const double log_m[] = {-8, -1, 0.5, 3}, sigma[] = {0.05, 0.4, 2},
               kappa[] = {-2, -0.3, 0, 0.3, 2};
  double error;
  points = 0;
  for (size_t i = 0; i < 4; i++)
    for (size_t j = 0; j < 3; j++)
      for (size_t k = 0; k < 5; k++)
        attn_risk_two_tail(&error, log_m[i], sigma[j], kappa[k], 0.7);
  attn_risk_two_tail(&error, 0, 1, 1, 1); /* at z = 0 the slope of g is exactly 0 */
  assert_true(points > 60 * 100);
}

static void test_largest_score(void **state) {
  (void)state;
  const double ratio[] = {-3, -0.4, 0, 0.4, 3};
  points = 0;
  for (size_t T = 2; T < 2000; T *= 5)
    for (size_t i = 0; i < 5; i++) {
      const double vv = 1 + ratio[i] * ratio[i];
      attn_risk_limit(
          &(attn_risk_input){
              .mv = {1, -1}, .mp = {-1e5, -1e5}, .vv = vv, .pp = 1, .vp = ratio[i], .residual2 = 1},
          T);
    }
  assert_true(points > 50 * 100);
}

/* To the integral's error comes the rounding of the integrand at the peak: of the logarithm, and of
 * the terms of g = (exp(log_m - sigma z) + kappa z) / s, which phi(g) / Phi(-g) multiplies. */
static void test_rounding(void **state) {
  (void)state;
  const double log_m[] = {-1.5, 0.75, 4}, peaks[] = {-0.8, 0.5, 2};
  const double half_log_2pi = 0.5 * log(2 * acos(-1)), sigma = 0.6, s = 0.3, unit = 0x1p-52;
  double error;
  for (size_t i = 0; i < 3; i++)
    for (size_t j = 0; j < 3; j++)
      for (double kappa = -0.4; kappa < 0.5; kappa += 0.8) {
        answer = -20;
        answer_error = 1e-14;
        answer_peak = peaks[j];
        const double found = attn_risk_two_tail(&error, log_m[i], sigma, kappa, s);
        const double m = exp(log_m[i] - sigma * answer_peak) / s, shift = kappa / s * answer_peak;
        const double g = m + shift;
        const double mills = exp(-g * g / 2 - half_log_2pi) / (0.5 * erfc(g * sqrt(0.5)));
        if (g > 20)
          continue;
        const double terms =
            fabs(shift) + m * (2 + fabs(log_m[i]) + fabs(log(s)) + fabs(sigma * answer_peak));
        assert_close(found, -20 - half_log_2pi, 1e-13);
        assert_relative(error, 1e-14 + unit * (fabs(found) + mills * terms), 1e-9);
      }
  /* nothing is known of the logarithm of what overflows, and 0 is exact */
  answer_error = INFINITY;
  attn_risk_two_tail(&error, 0.5, sigma, 0.3, s);
  assert_true(isinf(error) && error > 0);
  answer_error = NAN;
  attn_risk_two_tail(&error, 0.5, sigma, 0.3, s);
  assert_true(isinf(error) && error > 0);
  answer = -INFINITY;
  attn_risk_two_tail(&error, 0.5, sigma, 0.3, s);
  assert_true(error == 0);
  answer = -1;
  answer_error = answer_peak = 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_two_tokens),
      cmocka_unit_test(test_largest_score),
      cmocka_unit_test(test_rounding),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
