/* Tests of risk_limit: against large finite |p|, closed forms, simulation, and its own complement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gsl/gsl_math.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>

#include "logprob.h"
#include "risk_limit.h"
#include "risk_support.h"
#include "risk_two.h"

/* The finite-|p| risk of T = 2 approaches the limit like 1/|p|, for both signs of m_v and of vp, on
 * both sides of m_p = 0, from risks near 1 to 10^-1000. */
static void test_large_finite_p(void **state) {
  (void)state;
  const double m_p[] = {-1.0, 0.0, 1.0, 3.0, 30.0};
  for (int c = -1; c <= 1; c++)
    for (int sign = -1; sign <= 1; sign += 2)
      for (size_t i = 0; i < sizeof m_p / sizeof *m_p; i++) {
        attn_risk_input in = input_of(sign * 0.5, m_p[i], 0.05, 0.3, 0.08 * c), far = in;
        attn_risk_result limit = attn_risk_limit(&in, 2);
        double last = INFINITY;
        for (double R = 1e4; R < 1e9; R *= 1e2) {
          for (int k = 0; k < 2; k++)
            far.mp[k] = R * in.mp[k];
          far.pp = R * R * in.pp;
          far.vp = R * in.vp;
          attn_risk_result r = attn_risk_two(&far);
          for (int k = 0; k < 2; k++) {
            /* Compare the smaller side, whichever that is. */
            double x = fmin(r.log10_class[k], r.log10_right[k]);
            double y = fmin(limit.log10_class[k], limit.log10_right[k]);
            double difference = fabs(x / y - 1.0);
            if (difference > 300.0 / R)
              fail_msg("c %d m_v sign %d m_p %g R %g class %d: finite %.12g, limit %.12g", c, sign,
                       m_p[i], R, k + 1, x, y);
            if (k == 0) {
              assert_true(difference <= last + 1e-8);
              last = difference;
            }
          }
        }
      }
}

/* Uncorrelated v and p: the winner's a is independent of the scores, so the risk of m_v > 0 is
 * P(max z > h) / 2; and at h = 0 with T = 2 the orthant probability is 1/4 + asin(r) / (2 pi). */
static void test_closed_forms(void **state) {
  (void)state;
  for (size_t T = 2; T < 12; T += 3)
    for (double h = -2.0; h < 30.0; h += 4.0) {
      attn_risk_input in = input_of(0.5, 0.5 * h, 0.05, 0.25, 0.0);
      double n = (double)T - 1.0, tail = exp(attn_logprob_phi(-h));
      double expected = h > 6.0 ? log(n) + attn_logprob_phi(-h) : log(-expm1(n * log1p(-tail)));
      attn_risk_result r = attn_risk_limit(&in, T);
      assert_near(r.log10_class[0], (expected - M_LN2) / M_LN10, 1e-8, "uncorrelated");
      assert_true(r.error < 1e-10);
    }
  for (double r = -0.9; r < 1.0; r += 0.3) {
    attn_risk_input in = input_of(0.5, 0.0, 0.04, 0.25, -r * 0.1);
    assert_near(attn_risk_limit(&in, 2).log10_class[0], log10(0.25 + asin(r) / (2.0 * M_PI)), 1e-10,
                "orthant");
  }
}

/* Simulated samples in which the token with the largest score decides. */
static void test_simulation(void **state) {
  (void)state;
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  const int n = 100000;
  for (size_t T = 2; T < 8; T++)
    for (int sign = -1; sign <= 1; sign += 1) {
      attn_risk_input in = input_of(sign * 0.5, 0.3, 0.05, 0.3, 0.06);
      attn_risk_result r = attn_risk_limit(&in, T);
      double wrong[2] = {0.0, 0.0};
      for (int j = 0; j < n; j++) {
        double best = -INFINITY, a_best = 0.0;
        for (size_t t = 1; t < T; t++) {
          double a, b;
          gsl_ran_bivariate_gaussian(rng, sqrt(0.05), sqrt(0.3), 0.06 / sqrt(0.05 * 0.3), &a, &b);
          if (b > best)
            best = b, a_best = a;
        }
        for (int k = 0; k < 2; k++) {
          double f = (k == 0 ? 1.0 : -1.0) * (best > in.mp[k] ? a_best : in.mv[k]);
          wrong[k] += f < 0.0 ? 1.0 : f == 0.0 ? 0.5 : 0.0;
        }
      }
      for (int k = 0; k < 2; k++) {
        double p = pow(10.0, r.log10_class[k]), found = wrong[k] / n;
        if (fabs(found - p) > 4.5 * sqrt(p * (1.0 - p) / n))
          fail_msg("T %zu sign %d class %d: simulated %g, computed %g", T, sign, k + 1, found, p);
        assert_near(pow(10.0, r.log10_right[k]), 1.0 - p, 1e-9, "right + wrong = 1");
      }
    }
  gsl_rng_free(rng);
}

/* s = 0 is the limit of small s; and the ties of p without noise. */
static void test_degenerate(void **state) {
  (void)state;
  for (size_t T = 2; T < 10; T += 7)
    for (int sign = -1; sign <= 1; sign += 2)
      for (double h = -1.0; h < 4.0; h += 1.0) {
        attn_risk_input in = input_of(0.5, h, 1.0, 1.0, sign), near = in;
        in.residual2 = 0.0;
        near.residual2 = 1e-16;
        attn_risk_result r = attn_risk_limit(&in, T), q = attn_risk_limit(&near, T);
        /* At h >= 0 and kappa > 0 an error is impossible without s. */
        assert_true(isinf(r.log10_class[0]) ? q.log10_class[0] < -8.0
                                            : fabs(r.log10_class[0] - q.log10_class[0]) < 1e-6);
      }
  attn_risk_input in = input_of(0.5, 0.7, 0.05, 0.0, 0.0);
  assert_true(attn_risk_limit(&in, 3).log10_clean == -INFINITY);
  in.mv[0] = -0.5;
  assert_true(attn_risk_limit(&in, 3).log10_class[0] == 0.0);
  in.mv[0] = 0.0;
  assert_near(attn_risk_limit(&in, 3).log10_class[0], log10(0.5), 1e-15, "m_v = 0 tie");
  in = input_of(0.5, -0.7, 0.05, 0.0, 0.0);
  assert_near(attn_risk_limit(&in, 3).log10_clean, log10(0.5), 1e-15, "noise tokens alone");
  in = input_of(0.5, 0.0, 0.05, 0.0, 0.0);
  assert_near(attn_risk_limit(&in, 2).log10_clean, attn_risk_two(&in).log10_clean, 1e-13, "p = 0");
  in = input_of(NAN, 0.0, 0.05, 0.0, 0.0);
  assert_int_equal(attn_risk_limit(&in, 2).status, ATTN_RISK_BAD_INPUT);
}

/* log(1 - Phi(x)^N) */
static double log_exceeded(double x, double N) {
  return (double)logl(-expm1l(N * log1pl(-0.5L * erfcl(x * sqrtl(0.5L)))));
}

/* v along p or without noise, so that the largest score alone decides: with z the largest of N and
 * h = m_p / sigma, an error of m_v > 0 is z > max(h, 0) for kappa < 0, h < z < 0 for kappa > 0, and
 * half of z > h for kappa = 0. */
static void test_decided_by_the_largest(void **state) {
  (void)state;
  const double h[] = {-4.0, -1.5, -0.3, 0.0, 0.4, 1.0, 1.2, 3.0, 8.0, 14.9, 15.0, 15.1, 16.0, 30.0};
  for (size_t T = 2; T <= 12; T += 5)
    for (size_t i = 0; i < sizeof h / sizeof *h; i++) {
      const double N = (double)T - 1.0;
      attn_risk_input in = input_of(0.5, 2.0 * h[i], 0.09, 4.0, -0.6);
      in.residual2 = 0.0;
      assert_near(attn_risk_limit(&in, T).log10_class[0], log_exceeded(fmax(h[i], 0.0), N) / M_LN10,
                  1e-13, "kappa < 0");
      in.vp = 0.6;
      const double between =
          h[i] < 0.0 ? (double)(powl(0.5L, N) - powl(0.5L * erfcl(-h[i] * sqrtl(0.5L)), N)) : 0.0;
      assert_near(attn_risk_limit(&in, T).log10_class[0], log10(between), 1e-13, "kappa > 0");
      in.vv = in.vp = 0.0;
      assert_near(attn_risk_limit(&in, T).log10_class[0], (log_exceeded(h[i], N) - M_LN2) / M_LN10,
                  1e-13, "v without noise");
    }
}

/* p without noise: the sign of m_p decides between m_v and the mean of the noise tokens; at
 * m_p = 0 all tokens count alike; without any noise f has the sign of m_v. */
static void test_p_without_noise(void **state) {
  (void)state;
  for (size_t T = 2; T < 20; T += 4)
    for (int sign = -1; sign <= 1; sign++) {
      const double m_v = 0.3 * sign, all = sign < 0 ? 0.0 : sign > 0 ? -INFINITY : log10(0.5);
      attn_risk_input in = input_of(m_v, 0.0, 0.05, 0.0, 0.0);
      const double expected = attn_logprob_phi(-m_v / sqrt(0.05 * ((double)T - 1.0))) / M_LN10;
      assert_near(attn_risk_limit(&in, T).log10_class[0], expected, 1e-13, "p = 0");
      assert_near(attn_risk_limit(&in, T).log10_class[1], expected, 1e-13, "p = 0, class 2");
      for (int m_p = -1; m_p <= 1; m_p++)
        for (int noisy = 0; noisy < 2; noisy++) {
          if (m_p == 0 && noisy)
            continue;
          in = input_of(m_v, m_p, 0.05 * noisy, 0.0, 0.0);
          const attn_risk_result r = attn_risk_limit(&in, T);
          for (int k = 0; k < 2; k++)
            assert_near(r.log10_class[k], m_p < 0 ? log10(0.5) : all, 1e-15, "winner");
          assert_true(r.error == 0.0);
        }
    }
}

/* The error that is stated covers the rounding of the logarithm, is that of the smaller side, and is
 * small; the classes are told apart. */
static void test_stated_error(void **state) {
  (void)state;
  for (int sign = -1; sign <= 1; sign += 2)
    for (double h = 0.5; h < 100.0; h *= 3.0) {
      attn_risk_input in = input_of(sign * 0.5, h, 0.05, 1.0, 0.06);
      const attn_risk_result r = attn_risk_limit(&in, 5);
      const double smaller = fmin(r.log10_class[0], r.log10_right[0]);
      if (sign > 0)
        assert_true(r.error >= 0.9e-15 * (1.0 - smaller * M_LN10) / M_LN10);
      assert_true(r.error > 0.0 || r.log10_clean > -1e-17);
      assert_true(r.error < 1e-11);
    }
  /* v nearly along p: the error is that of the smaller side, the same for an error of m_v > 0 as
   * for no error of m_v < 0, and not that of the larger side */
  double errors[2];
  for (int sign = -1; sign <= 1; sign += 2) {
    attn_risk_input in = input_of(sign * 0.5, 8.0, 10.0, 1.0, sign * 3.0);
    in.residual2 = 1.0;
    const attn_risk_result r = attn_risk_limit(&in, 5);
    const double smaller = fmin(r.log10_class[0], r.log10_right[0]) * M_LN10;
    const double error = r.error * M_LN10 * exp(r.log10_clean * M_LN10 - smaller);
    assert_true(smaller < -300.0 && error >= 0.9e-15 * (1.0 - smaller));
    errors[sign > 0] = error;
  }
  assert_near(errors[0], errors[1], 1e-9, "error of the smaller side");
  attn_risk_input both = {
      .mv = {0.5, 0.2}, .mp = {1.0, -0.4}, .vv = 0.05, .pp = 0.3, .vp = 0.06, .residual2 = NAN};
  const attn_risk_result r = attn_risk_limit(&both, 4);
  for (int k = 0; k < 2; k++) {
    attn_risk_input one = both;
    one.mv[1 - k] = both.mv[k], one.mp[1 - k] = both.mp[k];
    assert_true(r.log10_class[k] == attn_risk_limit(&one, 4).log10_class[k]);
  }
  assert_true(fabs(r.log10_class[0] - r.log10_class[1]) > 0.1);
}

/* The logarithm of the integrand, r z not small. */
static long double integrand(long double z, long double others, long double r) {
  long double fraction = r * z; /* phi(rz) / Phi(-rz) */
  for (int i = 200; i > 0; i--)
    fraction = r * z + i / fraction;
  return -0.5L * z * z + others * log1pl(-0.5L * erfcl(z * sqrtl(0.5L))) - 0.5L * r * r * z * z -
         logl(fraction) - 0.5L * logl(2.0L * M_PI);
}

/* Below exp(-1e9) Laplace's formula must hold to far below 1. At a peak that h cuts off the slope
 * counts, at one inside the curvature: found here from values alone. */
static void test_deepest_tails(void **state) {
  (void)state;
  for (double r = 0.5; r < 5.0; r *= 3.0) {
    attn_risk_input in = input_of(0.5, 6e4, 1.0 + r * r, 1.0, r);
    in.residual2 = 1.0;
    const long double h = 6e4L, expected = integrand(h, 0.0L, r) - logl(h * (1.0L + r * r)) +
                                           logl(4.0L) - 0.5L * logl(2.0L * M_PI);
    const double found = attn_risk_limit(&in, 5).log10_class[0] * M_LN10;
    assert_true(fabsl(found - expected) < 1e-14L * fabsl(expected));
  }
  for (double N = 1e10; N < 1e13; N *= 10.0) {
    const long double r = 9e4L;
    attn_risk_input in = input_of(0.5, -50.0, 0.81, 1.0, 0.9);
    in.residual2 = 1e-10;
    long double from = 1e-2L, to = 20.0L;
    for (int i = 0; i < 200; i++) {
      const long double z1 = from + 0.381966L * (to - from), z2 = from + 0.618034L * (to - from);
      if (integrand(z1, N - 1.0L, r) < integrand(z2, N - 1.0L, r))
        from = z1;
      else
        to = z2;
    }
    const long double z = 0.5L * (from + to), d = 1e-5L, top = integrand(z, N - 1.0L, r);
    const long double bend =
        integrand(z + d, N - 1.0L, r) + integrand(z - d, N - 1.0L, r) - 2.0L * top;
    const long double expected = top - 0.5L * logl(-bend / (d * d)) + logl(N);
    const double found = attn_risk_limit(&in, (size_t)N + 1).log10_class[0] * M_LN10;
    assert_true(fabsl(found - expected) < 2e-14L * fabsl(expected));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_large_finite_p),
      cmocka_unit_test(test_closed_forms),
      cmocka_unit_test(test_simulation),
      cmocka_unit_test(test_degenerate),
      cmocka_unit_test(test_decided_by_the_largest),
      cmocka_unit_test(test_p_without_noise),
      cmocka_unit_test(test_stated_error),
      cmocka_unit_test(test_deepest_tails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
