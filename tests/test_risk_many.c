/* Tests of risk_many and risk_modes: against quadrature for T = 2 and T = 3, simulation, closed forms,
 * and finite differences. */
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
#include "risk.h"
#include "risk_many.h"
#include "risk_modes.h"
#include "risk_support.h"
#include "risk_two.h"

/* T = 2 through the sampler agrees with the exact quadrature to five of its standard errors, from
 * risks near 1 to 10^-100000. */
static void test_two_tokens(void **state) {
  (void)state;
  attn_risk_input cases[] = {
      input_of(2.9132619745313897, 0.17738322306963286, 0.013331417380227393, 0.002118508655104473,
               0.0007613711704485581),
      input_of(2.9, 0.2, 0.0133, 0.2118, 0.0076),
      input_of(1.0, 1.0, 0.05, 1.0, 0.2),
      input_of(1.0, 1.0, 0.05, 1.0, -0.2),
      input_of(-0.3, 1.0, 0.05, 1.0, 0.05),
      input_of(-3.0, 1.0, 0.05, 0.01, -0.01),
      input_of(0.3, 0.0, 0.05, 4.0, -0.05),
      input_of(40.0, 8.0, 0.0001, 0.0001, 0.00005),
      input_of(0.03, 0.0, 0.05, 0.3, 0.01),
      input_of(0.0, 0.0, 0.05, 0.3, 0.01),
      input_of(2.9, 1e4, 0.0133, 0.01, 0.0), /* exp(m_p) overflows */
      input_of(2.9, -1e4, 0.0133, 0.01, 0.001),
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    attn_risk_result r = attn_risk_many(&cases[i], 2, 0), exact = attn_risk_two(&cases[i]);
    assert_int_equal(r.status, ATTN_RISK_OK);
    assert_true(r.error < 1e-3);
    double difference = fabs(r.log10_clean - exact.log10_clean);
    if (difference > 5.0 * r.error + 1e-12 * fabs(exact.log10_clean))
      fail_msg("case %zu: sampled %.12g, exact %.12g, stated error %.2g", i, r.log10_clean,
               exact.log10_clean, r.error);
  }
}

/* T = 3, class k: the integral over (z_1, z_2) on a grid, in logarithms; log10 of P(f < 0) and of
 * P(f > 0) for class 1, the other way round for class 2. */
static void grid_three(double out[2], const attn_risk_input *in, int k) {
  double outer = k == 0 ? 1.0 : -1.0, sigma = sqrt(in->pp), kappa = outer * in->vp / sigma;
  double s = sqrt(in->vv - kappa * kappa), M = outer * in->mv[k] * exp(in->mp[k]);
  const double low = -14.0, high = 46.0;
  enum { STEPS = 1200 };
  double h = (high - low) / STEPS, top[2] = {-INFINITY, -INFINITY}, sum[2] = {0.0, 0.0};
  double z[STEPS + 1], e[STEPS + 1];
  for (int i = 0; i <= STEPS; i++) {
    z[i] = low + h * i;
    e[i] = exp(sigma * z[i]);
  }
  for (int i = 0; i <= STEPS; i++)
    for (int j = i; j <= STEPS; j++) {
      double G = (M + kappa * (e[i] * z[i] + e[j] * z[j])) / (s * hypot(e[i], e[j]));
      double prior = -0.5 * (z[i] * z[i] + z[j] * z[j]) + (i == j ? 0.0 : M_LN2);
      for (int side = 0; side < 2; side++) {
        double l = prior + attn_logprob_phi(side == 0 ? -G : G);
        if (l > top[side]) {
          sum[side] = sum[side] * exp(top[side] - l) + 1.0;
          top[side] = l;
        } else if (l > top[side] - 50.0) {
          sum[side] += exp(l - top[side]);
        }
      }
    }
  for (int side = 0; side < 2; side++)
    out[side] = (top[side] + log(sum[side] * h * h / (2.0 * M_PI))) / M_LN10;
}

/* Risks from near 1 to 10^-170, where the mass sits at one mode or two, symmetric or not. */
static void test_three_tokens(void **state) {
  (void)state;
  attn_risk_input cases[] = {
      input_of(2.9132619745313897, 0.17738322306963286, 0.013331417380227393, 0.002118508655104473,
               0.0007613711704485581),
      input_of(2.9, 0.177, 0.0133, 0.02, 0.002),
      input_of(2.9, 0.177, 0.0133, 0.2118, 0.0076),
      input_of(1.0, 1.0, 0.05, 1.0, 0.05),
      input_of(1.0, 1.0, 0.05, 1.0, 0.2),
      input_of(-0.3, 1.0, 0.05, 1.0, 0.05),
      input_of(0.3, 0.0, 0.05, 1.0, -0.05),
      input_of(30.0, 1.0, 0.05, 0.3, 0.01),
      input_of(0.03, 0.0, 0.05, 0.3, 0.01),
      input_of(30.0, 1.0, 0.05, 0.06, 0.02),
      input_of(4.0, 0.0, 0.01, 0.0004, -0.001),
      input_of(0.0, 0.0, 0.05, 0.3, 0.08),
  };
  double worst = 0.0;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    attn_risk_result r = attn_risk_many(&cases[i], 3, 0);
    double class_log[2];
    for (int k = 0; k < 2; k++) {
      double both[2];
      grid_three(both, &cases[i], k);
      class_log[k] = both[0];
      /* Compare the smaller side of each class; the larger is one minus it. */
      double found = both[0] < both[1] ? r.log10_class[k] : r.log10_right[k];
      double difference = fabs(found - fmin(both[0], both[1]));
      worst = fmax(worst, difference);
      if (difference > 2e-3)
        fail_msg("case %zu class %d: sampled %.10g, grid %.10g", i, k + 1, found,
                 fmin(both[0], both[1]));
    }
    double clean = attn_risk_log10_clean(class_log);
    if (fabs(r.log10_clean - clean) > 5.0 * r.error + 1e-9)
      fail_msg("case %zu: sampled %.10g, grid %.10g, stated error %.2g", i, r.log10_clean, clean,
               r.error);
    print_message("  T = 3: log10 risk %.6f (sampled), %.6f (grid), stated error %.1e\n",
                  r.log10_clean, clean, r.error);
  }
  print_message("  worst difference of log10, one class: %.1e\n", worst);
}

/* T = 4 where two orbits of modes carry about equal mass (all three tokens near 8.6; one near 13.7 and
 * two near 5.4), against a grid over z_1 <= z_2 <= z_3, m_v > 0, class 1. */
static double grid_four(const attn_risk_input *in) {
  enum { STEPS = 140 };
  const double low = -8.0, high = 27.0, h = (high - low) / STEPS;
  double sigma = sqrt(in->pp), kappa = in->vp / sigma, s = sqrt(in->vv - kappa * kappa);
  double M = in->mv[0] * exp(in->mp[0]), top = -INFINITY, sum = 0.0;
  for (int i = 0; i <= STEPS; i++)
    for (int j = i; j <= STEPS; j++)
      for (int k = j; k <= STEPS; k++) {
        double x = low + h * i, y = low + h * j, z = low + h * k;
        double a = exp(sigma * x), b = exp(sigma * y), c = exp(sigma * z);
        double G = (M + kappa * (a * x + b * y + c * z)) / (s * sqrt(a * a + b * b + c * c));
        double orbit = i == j && j == k ? 1.0 : i == j || j == k ? 3.0 : 6.0;
        double l = -0.5 * (x * x + y * y + z * z) + attn_logprob_phi(-G) + log(orbit);
        if (l > top) {
          sum = sum * exp(top - l) + 1.0;
          top = l;
        } else {
          sum += exp(l - top);
        }
      }
  return (top + log(sum) + 3.0 * log(h) - 1.5 * log(2.0 * M_PI)) / M_LN10;
}

static void test_two_orbits(void **state) {
  (void)state;
  attn_risk_input in = input_of(6.0, 0.0, 0.01, 0.0563 * 0.0563, 0.0);
  const attn_risk_integrand f = {
      .sign = 1.0, .log_m = log(6.0), .sigma = 0.0563, .kappa = 0.0, .s = 0.1, .N = 3};
  attn_risk_mode modes[8];
  assert_true(attn_risk_modes_find(modes, 8, &f) >= 2);
  assert_true(modes[0].log_mass - modes[1].log_mass < 1.0);
  attn_risk_result r = attn_risk_many(&in, 4, 0);
  double expected = grid_four(&in);
  print_message("  T = 4, two orbits: log10 risk %.5f (sampled), %.5f (grid), stated error %.1e\n",
                r.log10_class[0], expected, r.error);
  assert_true(fabs(r.log10_class[0] - expected) < 5.0 * r.error);
  assert_true(r.error < 5e-3);
}

/* The error is the standard error: it falls with the number of points. */
static void test_more_points(void **state) {
  (void)state;
  attn_risk_input in = input_of(2.9, 0.177, 0.0133, 0.2118, 0.0076);
  attn_risk_result few = attn_risk_many(&in, 5, 256), many = attn_risk_many(&in, 5, 16384);
  assert_true(many.error < 0.3 * few.error);
  assert_true(fabs(few.log10_clean - many.log10_clean) < 5.0 * few.error);
  attn_risk_result again = attn_risk_many(&in, 5, 256);
  assert_true(again.log10_clean == few.log10_clean && again.error == few.error);
}

/* Simulated samples for several T, beyond the Sobol dimensions too. */
static void test_simulation(void **state) {
  (void)state;
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  const size_t Ts[] = {3, 5, 12, 60};
  const double m_v[] = {0.3, -0.3, 0.0};
  for (size_t i = 0; i < 4; i++)
    for (int c = 0; c < 3; c++) {
      size_t T = Ts[i];
      const int n = (int)(600000 / T);
      attn_risk_input in = input_of(m_v[c], 0.6, 0.05, 0.6, 0.04 * (c - 1));
      attn_risk_result r = attn_risk_many(&in, T, 512);
      double wrong[2] = {0.0, 0.0};
      for (int j = 0; j < n; j++) {
        double noise = 0.0;
        for (size_t t = 1; t < T; t++) {
          double a, b;
          gsl_ran_bivariate_gaussian(rng, sqrt(in.vv), sqrt(in.pp), in.vp / sqrt(in.vv * in.pp), &a,
                                     &b);
          noise += exp(b) * a;
        }
        wrong[0] += exp(in.mp[0]) * in.mv[0] + noise < 0.0;
        wrong[1] += exp(in.mp[1]) * in.mv[1] + noise > 0.0;
      }
      for (int k = 0; k < 2; k++) {
        double p = pow(10.0, r.log10_class[k]), found = wrong[k] / n;
        if (fabs(found - p) > 4.5 * sqrt(p * (1.0 - p) / n) + 5.0 * r.error * M_LN10 * p)
          fail_msg("T %zu m_v %g class %d: simulated %g, computed %g", T, m_v[c], k + 1, found, p);
      }
    }
  gsl_rng_free(rng);
}

/* Closed forms: p without noise gives Phi(-e^{m_p} m_v / sqrt(N vv)), also as a limit; no v noise. */
static void test_degenerate(void **state) {
  (void)state;
  attn_risk_input in = input_of(0.7, 0.4, 0.02, 0.0, 0.0);
  double expected = attn_logprob_phi(-exp(0.4) * 0.7 / sqrt(4 * 0.02)) / M_LN10;
  assert_near(attn_risk_many(&in, 5, 0).log10_clean, expected, 1e-13, "p without noise");
  in.pp = 1e-8;
  attn_risk_result r = attn_risk_many(&in, 5, 0);
  assert_true(fabs(r.log10_clean - expected) < 5.0 * r.error && r.error < 1e-3);
  in = input_of(0.7, 0.4, 0.0, 0.3, 0.0);
  assert_true(attn_risk_many(&in, 4, 0).log10_clean == -INFINITY);
  in.mv[0] = in.mv[1] = 0.0;
  assert_near(attn_risk_many(&in, 4, 0).log10_clean, log10(0.5), 1e-15, "v = 0");
  in = input_of(5.0, 0.4, 1.0, 1.0, 1.0); /* a = b: sum_t e^b b >= -N / e > -e^{m_p} m_v */
  in.residual2 = 0.0;
  assert_true(attn_risk_many(&in, 3, 0).log10_class[0] == -INFINITY);
  in = input_of(0.2, 0.4, 1.0, 1.0, 1.0);
  in.residual2 = 0.0;
  assert_int_equal(attn_risk_many(&in, 3, 0).status, ATTN_RISK_UNCERTAIN);
  in.vv = -1.0;
  assert_int_equal(attn_risk_many(&in, 3, 0).status, ATTN_RISK_BAD_INPUT);
  in = input_of(0.3, 0.6, 0.05, 0.6, 0.04);
  assert_true(attn_risk_log10(&in, 2).log10_clean == attn_risk_two(&in).log10_clean);
  assert_true(attn_risk_log10(&in, 3).log10_clean == attn_risk_many(&in, 3, 0).log10_clean);
}

/* A mode is a maximum over all N coordinates, and its precision is minus the second derivative. */
static void test_modes(void **state) {
  (void)state;
  const attn_risk_integrand cases[] = {
      {.sign = 1.0, .log_m = 1.25, .sigma = 0.046, .kappa = 0.0165, .s = 0.114, .N = 5},
      {.sign = 1.0, .log_m = 1.25, .sigma = 0.46, .kappa = 0.0165, .s = 0.114, .N = 5},
      {.sign = 1.0, .log_m = 1.0, .sigma = 1.0, .kappa = -0.2, .s = 0.1, .N = 7},
      {.sign = 1.0, .log_m = 4.0, .sigma = 0.2, .kappa = 0.05, .s = 0.2, .N = 3},
  };
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    const attn_risk_integrand *f = &cases[c];
    attn_risk_mode modes[8];
    size_t count = attn_risk_modes_find(modes, 8, f);
    for (size_t i = 0; i < count; i++) {
      double z[8], h = 1e-3, L0;
      for (size_t t = 0; t < f->N; t++)
        z[t] = modes[i].mean[t < modes[i].count[0] ? 0 : 1];
      L0 = attn_risk_integrand_log(f, z);
      assert_near(L0, modes[i].height, 1e-12, "height");
      for (size_t t = 0; t < f->N; t++)
        for (size_t u = t; u < f->N; u++) {
          double value[2][2];
          for (int p = 0; p < 2; p++)
            for (int q = 0; q < 2; q++) {
              double moved[8];
              for (size_t j = 0; j < f->N; j++)
                moved[j] = z[j];
              moved[t] += p ? h : -h;
              moved[u] += q ? h : -h;
              value[p][q] = attn_risk_integrand_log(f, moved);
            }
          double slope = (value[1][1] - value[0][0]) / (2.0 * h);
          double second = (value[1][1] - value[1][0] - value[0][1] + value[0][0]) / (4.0 * h * h);
          size_t g = t < modes[i].count[0] ? 0 : 1, k = u < modes[i].count[0] ? 0 : 1;
          double expected = (t == u ? modes[i].diagonal[g] : 0.0) + modes[i].coupling[g][k];
          assert_true(fabs(slope) < 1e-3);
          assert_true(fabs(-second - expected) < 1e-3 * (1.0 + fabs(expected)));
        }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_modes),        cmocka_unit_test(test_two_tokens),
      cmocka_unit_test(test_three_tokens), cmocka_unit_test(test_two_orbits),
      cmocka_unit_test(test_more_points),  cmocka_unit_test(test_simulation),
      cmocka_unit_test(test_degenerate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
