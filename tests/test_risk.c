/* Tests of risk and logconcave for two tokens: every value is checked against something that does
 * not share its route (another order of integration, simulation, closed forms, tables of 20 digits). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gsl/gsl_math.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logconcave.h"
#include "logprob.h"
#include "risk.h"
#include "risk_input.h"
#include "risk_result.h"
#include "risk_support.h"
#include "risk_two.h"

#ifndef RISK_REFERENCE
#define RISK_REFERENCE "tests/reference/risk_two_tokens.tsv"
#endif

/* The vector of theory.md, section 9. */
static void test_reference_vector(void **state) {
  (void)state;
  attn_risk_input in = input_of(2.9132619745313897, 0.17738322306963286, 0.013331417380227393,
                                0.002118508655104473, 0.0007613711704485581);
  attn_risk_result r = attn_risk_two(&in);
  assert_int_equal(r.status, ATTN_RISK_OK);
  assert_true(fabs(r.log10_class[0] + 113.60636) < 1e-5);
}

/* The table of 20 digits, integrated over the other variable: all sizes from 1/2 to 10^-400000 and
 * below, both classes, both signs. An entry that a double cannot hold (complements of deep tails)
 * is skipped. */
static void test_reference_table(void **state) {
  (void)state;
  FILE *file = fopen(RISK_REFERENCE, "r");
  assert_non_null(file);
  char line[512];
  int rows = 0;
  double worst = 0.0;
  while (fgets(line, sizeof line, file) != NULL) {
    if (line[0] == '#' || strncmp(line, "class", 5) == 0)
      continue;
    double x[9], *number = x;
    int count = 0;
    for (char *word = strtok(line, "\t\n"); word != NULL && count < 9; word = strtok(NULL, "\t\n"))
      number[count++] = strtod(word, NULL);
    assert_int_equal(count, 9);
    int k = (int)x[0] - 1;
    attn_risk_input in = {.mv = {x[1], x[1]},
                          .mp = {x[2], x[2]},
                          .vv = x[3],
                          .pp = x[4],
                          .vp = x[5],
                          .residual2 = x[6]};
    attn_risk_result r = attn_risk_two(&in);
    assert_int_equal(r.status, ATTN_RISK_OK);
    for (int side = 0; side < 2; side++) {
      double found = side == 0 ? r.log10_class[k] : r.log10_right[k], expected = x[7 + side];
      if (fabs(expected) < 1e-300)
        continue;
      worst = fmax(worst, fabs(found / expected - 1.0));
      char what[80];
      snprintf(what, sizeof what, "row %d, log10 of %s", rows + 1, side == 0 ? "wrong" : "right");
      assert_near(found, expected, 1e-9, what);
    }
    rows++;
  }
  fclose(file);
  assert_true(rows >= 40);
  print_message("  %d rows, worst relative error of log10: %.1e\n", rows, worst);
}

/* The error probability as a double integral with no distribution function in it: with
 * w = -g(z) - exp(t), P = iint phi(z) phi(g(z) + exp(t)) exp(t) dz dt, m_v > 0, class 1, summed in
 * logarithms over a grid. */
static double double_integral(const attn_risk_input *in) {
  double sigma = sqrt(in->pp), kappa = in->vp / sigma, s = sqrt(in->vv - kappa * kappa);
  const double z0 = -15.0, z1 = 40.0, t0 = -30.0, t1 = 8.0;
  const int nz = 5500, nt = 1200;
  double top = -INFINITY, sum = 0.0, hz = (z1 - z0) / nz, ht = (t1 - t0) / nt;
  for (int i = 0; i <= nz; i++) {
    double z = z0 + hz * i, g = (in->mv[0] * exp(in->mp[0] - sigma * z) + kappa * z) / s;
    for (int j = 0; j <= nt; j++) {
      double t = t0 + ht * j, y = g + exp(t), l = -0.5 * (z * z + y * y) + t;
      if (l > top) {
        sum = sum * exp(top - l) + 1.0;
        top = l;
      } else if (l > top - 60.0) {
        sum += exp(l - top);
      }
    }
  }
  return (top + log(sum * hz * ht / (2.0 * M_PI))) / M_LN10;
}

static void test_double_integral(void **state) {
  (void)state;
  attn_risk_input cases[] = {
      input_of(2.9132619745313897, 0.17738322306963286, 0.013331417380227393, 0.002118508655104473,
               0.0007613711704485581),
      input_of(0.4, 0.1, 0.0133, 0.3, -0.02),
      input_of(1.5, 1.0, 0.1, 0.5, 0.15),
      input_of(0.02, -0.5, 0.1, 2.0, -0.3),
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    attn_risk_result r = attn_risk_two(&cases[i]);
    assert_near(r.log10_class[0], double_integral(&cases[i]), 1e-7, "against the double integral");
  }
}

/* The same probability by the integral over x = |a| / sqrt(vv) instead of b (see the reference
 * table's script), whose integrand has its corners elsewhere. */
typedef struct {
  double q, level, r;
} other_order;

static double other_integrand(double *slope, double *curvature, double x, const void *params) {
  const other_order *at = params;
  double y = (at->q * x - at->level + log(x)) / at->r;
  if (slope != NULL) {
    double l = attn_logprob_mills(-y), y1 = (at->q + 1.0 / x) / at->r;
    *slope = x == 0.0 ? INFINITY : -x + l * y1;
    *curvature = -1.0 - l / (at->r * x * x) - y1 * y1 * l * (y < -1e3 ? -1.0 / y : l + y);
  }
  return -0.5 * x * x + attn_logprob_phi(y);
}

static void test_other_order(void **state) {
  (void)state;
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  double worst = 0.0;
  for (int i = 0; i < 20000; i++) {
    double sigma = pow(10.0, gsl_ran_flat(rng, -3.0, 3.0)),
           ratio = pow(10.0, gsl_ran_flat(rng, -3.0, 2.0));
    double s = 0.1 / hypot(1.0, ratio),
           kappa = s * ratio * (gsl_rng_uniform(rng) < 0.5 ? -1.0 : 1.0);
    double log_m = gsl_ran_flat(rng, -8.0, 8.0), error, other_error;
    double found = attn_risk_two_tail(&error, log_m, sigma, kappa, s);
    double root = hypot(s, kappa);
    other_order at = {
        .q = -kappa * sigma / root, .level = log_m - log(root), .r = sigma * s / root};
    double expected = attn_logconcave_integral(&other_error, NULL, other_integrand, &at, 0.0) -
                      0.5 * log(2.0 * M_PI);
    if (fabs(expected) > 1e8)
      continue;
    double relative = fabs(found / expected - 1.0);
    worst = fmax(worst, relative);
    if (relative > 1e-8)
      fail_msg("setting %d: log_m %.17g sigma %.17g kappa %.17g s %.17g: %.17g against %.17g (%.1e "
               "%.1e)",
               i, log_m, sigma, kappa, s, found, expected, error, other_error);
  }
  print_message("  20000 random settings, worst relative difference of the two orders: %.1e\n",
                worst);
  gsl_rng_free(rng);
}

/* Frequencies of f < 0 (class 1) and f > 0 (class 2) among simulated samples. */
static void test_simulation(void **state) {
  (void)state;
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  const struct {
    double mv[2], mp[2], vv, pp, vp;
  } c[] = {{{0.3, -0.2}, {0.2, 0.4}, 0.05, 0.5, 0.1},
           {{-0.1, -0.5}, {0.5, -0.3}, 0.3, 2.0, -0.6},
           {{0.6, 0.2}, {-1.0, 1.0}, 0.2, 0.1, 0.12},
           {{-0.4, 0.4}, {1.0, 1.0}, 0.25, 9.0, 1.2}};
  const int n = 400000;
  for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
    attn_risk_input in = {.mv = {c[i].mv[0], c[i].mv[1]},
                          .mp = {c[i].mp[0], c[i].mp[1]},
                          .vv = c[i].vv,
                          .pp = c[i].pp,
                          .vp = c[i].vp,
                          .residual2 = NAN};
    attn_risk_result r = attn_risk_two(&in);
    for (int k = 0; k < 2; k++) {
      int wrong = 0;
      for (int j = 0; j < n; j++) {
        double a, b;
        gsl_ran_bivariate_gaussian(rng, sqrt(in.vv), sqrt(in.pp), in.vp / sqrt(in.vv * in.pp), &a,
                                   &b);
        double f = exp(in.mp[k]) * in.mv[k] + exp(b) * a;
        wrong += k == 0 ? f < 0.0 : f > 0.0;
      }
      double p = pow(10.0, r.log10_class[k]), found = (double)wrong / n;
      if (fabs(found - p) > 4.5 * sqrt(p * (1.0 - p) / n))
        fail_msg("case %zu class %d: simulated %g, computed %g", i, k + 1, found, p);
      assert_near(pow(10.0, r.log10_right[k]), 1.0 - p, 1e-9, "right + wrong = 1");
    }
  }
  gsl_rng_free(rng);
}

/* Closed forms: p without noise (also p = 0), v without noise, v = 0, m_v = 0. */
static void test_degenerate_parts(void **state) {
  (void)state;
  attn_risk_input in = input_of(0.7, 0.4, 0.02, 0.0, 0.0);
  double expected = attn_logprob_phi(-exp(0.4) * 0.7 / sqrt(0.02)) / M_LN10;
  assert_near(attn_risk_two(&in).log10_class[0], expected, 1e-14, "p without noise");
  assert_near(attn_risk_two(&in).log10_class[1], expected, 1e-14, "p without noise, class 2");
  in.mp[0] = 0.0;
  assert_near(attn_risk_two(&in).log10_class[0], attn_logprob_phi(-0.7 / sqrt(0.02)) / M_LN10,
              1e-14, "p = 0");
  in = input_of(0.7, 0.4, 0.0, 0.3, 0.0);
  assert_true(attn_risk_two(&in).log10_clean == -INFINITY);
  in = input_of(-0.7, 0.4, 0.0, 0.3, 0.0);
  assert_true(attn_risk_two(&in).log10_clean == 0.0);
  in = input_of(0.0, 0.4, 0.0, 0.3, 0.0);
  assert_near(attn_risk_two(&in).log10_clean, log10(0.5), 1e-15, "v = 0");
  in = input_of(0.0, 0.4, 0.2, 0.3, 0.1);
  assert_near(attn_risk_two(&in).log10_clean, log10(0.5), 1e-15, "m_v = 0");
  in = input_of(0.0, 0.0, 0.0, 0.0, 0.0);
  assert_near(attn_risk_two(&in).log10_clean, log10(0.5), 1e-15, "everything 0");
}

/* s = 0: the set of z where exp(m_p - sigma z) m_v + kappa z < 0, its ends found here by
 * bisection. */
static double bisect(double m, double sigma, double kappa, double inside, double outside) {
  for (int i = 0; i < 200; i++) {
    double z = 0.5 * (inside + outside);
    if (m * exp(-sigma * z) + kappa * z < 0.0)
      inside = z;
    else
      outside = z;
  }
  return inside;
}

static void test_parallel(void **state) {
  (void)state;
  for (double sigma = 0.05; sigma < 4.0; sigma *= 2.0)
    for (double m_v = 1e-4; m_v < 20.0; m_v *= 5.0)
      for (int sign = -1; sign <= 1; sign += 2) {
        double kappa = 0.8 * sign;
        attn_risk_input in = input_of(m_v, 0.3, 0.64, sigma * sigma, kappa * sigma);
        in.residual2 = 0.0;
        double m = m_v * exp(0.3), found = attn_risk_two(&in).log10_class[0] * M_LN10;
        if (sign < 0) {
          double z = bisect(m, sigma, kappa, 1e6, 0.0);
          assert_near(found, attn_logprob_phi(-z), 1e-10, "half line");
        } else {
          double best = -1.0 / sigma; /* where exp(-sigma z) / -z is least */
          if (m * exp(1.0) + kappa * best >= 0.0) {
            assert_true(found == -INFINITY);
            continue;
          }
          double x1 = -bisect(m, sigma, kappa, best, 0.0);
          double x2 = -bisect(m, sigma, kappa, best, -1e4);
          double p1 = attn_logprob_phi(-x1);
          double expected = p1 + attn_logprob_complement(attn_logprob_phi(-x2) - p1);
          assert_near(found, expected, 1e-8, "interval");
        }
        /* The wrong sign of v is the complement of both signs turned. */
        attn_risk_input turned = in;
        turned.mv[0] = -m_v;
        turned.vp = -in.vp;
        assert_near(attn_risk_two(&turned).log10_right[0] * M_LN10, found, 1e-14, "turned");
      }
}

/* A tangent pair of ends: the interval has width of order sqrt(r), and its probability is
 * phi(z) times that width to leading order. */
static void test_parallel_short_interval(void **state) {
  (void)state;
  double sigma = 0.5, kappa = 0.8, r = 1e-10; /* x = log(m sigma / kappa) = -1 - r */
  double error, found = attn_risk_two_tail(&error, log(kappa / sigma) - 1.0 - r, sigma, kappa, 0.0);
  double width = 2.0 * sqrt(2.0 * r) / sigma, z = 1.0 / sigma;
  assert_near(found, log(width) - 0.5 * z * z - 0.5 * log(2.0 * M_PI), 1e-6, "short interval");
}

/* The y between from and to, positive, at which log_m + turn y = log(rise y), in units of 1/sigma. */
static long double meeting(long double log_m, double turn, double rise, long double from,
                           long double to) {
  const bool above = log_m + turn * from > logl(rise * from);
  for (int i = 0; i < 300; i++) {
    const long double y = to > 4.0L * from ? sqrtl(from * to) : 0.5L * (from + to);
    if ((log_m + turn * y > logl(rise * y)) == above)
      from = y;
    else
      to = y;
  }
  return from;
}

/* log P(low < Z < high) by Simpson's rule */
static double log_part(long double low, long double high) {
  const long double end = fminl(high, sqrtl(low * low + 90.0L)), h = (end - low) / 20000.0L;
  long double sum = 0.0L;
  for (int i = 0; i <= 20000; i++) {
    const long double t = i * h;
    sum += (i == 0 || i == 20000 ? 1.0L : i % 2 ? 4.0L : 2.0L) * expl(-t * (low + 0.5L * t));
  }
  return (double)(logl(sum * h / 3.0L) - 0.5L * low * low - 0.5L * logl(2.0L * M_PI));
}

/* s = 0 again, over all sizes: the ends of the half line and of the interval by bisection of the
 * logarithms in extended precision. */
static void test_parallel_ends(void **state) {
  (void)state;
  const double sigma[] = {1e-30, 1e-18, 1e-16, 1e-3, 0.3, 1.0, 2.0, 50.0};
  const double log_m[] = {-745.0, -60.0, -30.0, -5.0, -1.0, 0.0, 0.5, 1.0, 1.5, 3.0, 30.0, 700.0};
  double error;
  for (size_t i = 0; i < sizeof sigma / sizeof *sigma; i++)
    for (size_t j = 0; j < sizeof log_m / sizeof *log_m; j++) {
      const long double z = meeting(log_m[j], -sigma[i], 0.7, 1e-400L, 1e400L);
      const double expected = attn_logprob_phi(-(double)z);
      assert_near(attn_risk_two_tail(&error, log_m[j], sigma[i], -0.7, 0.0), expected, 2e-13,
                  "half line");
      assert_true(error >= 16.0 * DBL_EPSILON * (1.0 - expected) &&
                  error < 1e-10 * (1.0 - expected));
    }
  for (size_t i = 3; i < sizeof sigma / sizeof *sigma; i++)
    for (double r = sigma[i] == 1.0 ? 1e-10 : 1e-2; r < 80.0; r *= 1.7) {
      const double log_k = log(0.7 / sigma[i]), at = (sigma[i] == 1.0 ? 0.0 : log_k) - 1.0 - r;
      const double kappa = sigma[i] == 1.0 ? 1.0 : 0.7;
      const long double tip = 1.0L / sigma[i];
      const long double low = meeting(at, sigma[i], kappa, 1e-400L, tip);
      const long double high = meeting(at, sigma[i], kappa, tip, 1e400L);
      const double expected = log_part(low, high);
      const double found = attn_risk_two_tail(&error, at, sigma[i], kappa, 0.0);
      /* three nodes for a short interval and the rounding of its ends leave 4e-12 each */
      assert_true(fabs(found - expected) <= 5e-12 + 3e-13 * fabs(expected));
      assert_true(error >= 16.0 * DBL_EPSILON * (1.0 - expected));
    }
  /* a score noise so small that the interval begins where exp(log_m) = kappa y, and has no end */
  for (double at = -1.0; at < 1.5; at += 0.5)
    for (size_t i = 0; i < 2; i++)
      assert_near(attn_risk_two_tail(&error, at, sigma[i], 0.7, 0.0),
                  attn_logprob_phi(-exp(at) / 0.7), 1e-13, "one end");
  /* both ends beyond all doubles */
  assert_true(attn_risk_two_tail(&error, 712.0, 1e-320, 1.0, 0.0) == -INFINITY);
  /* no noise at all, and f = exp(log_m) > 0 */
  assert_true(attn_risk_two_tail(&error, 0.3, 0.0, 0.0, 0.0) == -INFINITY);
  /* x = log_m + log(sigma / kappa) = -1: the interval is a point; above, and at kappa = 0, nothing */
  assert_true(attn_risk_two_tail(&error, -1.0, 1.0, 1.0, 0.0) == -INFINITY);
  assert_true(attn_risk_two_tail(&error, -0.5, 1.0, 1.0, 0.0) == -INFINITY);
  assert_true(attn_risk_two_tail(&error, -3.0, 1.0, 0.0, 0.0) == -INFINITY);
}

/* exp(m_p) beyond the range of doubles: m_p = 1e4 makes errors need exp(b) as large; m_p = -1e4
 * leaves the sign to the noise token. */
static void test_overflow(void **state) {
  (void)state;
  attn_risk_input in = input_of(1.5, 1e4, 0.04, 100.0, 0.0);
  /* exp(b) |a| > exp(1e4): half the square of z = 1e4 / sigma, less what a few a save. */
  double found = attn_risk_two(&in).log10_class[0] * M_LN10;
  assert_true(found < -499800.0 && found > -500200.0);
  in = input_of(1.5, -1e4, 0.04, 0.25, 0.02);
  assert_near(attn_risk_two(&in).log10_class[0], log10(0.5), 1e-12, "m_p = -1e4");
  in = input_of(1.5, 0.0, 0.04, 1e300,
                0.0); /* all or nothing: half the time noise, half of it wrong */
  assert_near(attn_risk_two(&in).log10_class[0], log10(0.25), 1e-9, "sigma = 1e150");
}

/* Turning v round and naming the classes anew changes nothing: class 2 at (m_v, vp) is class 1 at
 * (-m_v, -vp); and right at (m_v, vp) is wrong at (-m_v, -vp). */
static void test_symmetry(void **state) {
  (void)state;
  for (int i = 0; i < 6; i++) {
    double m_v = (i % 2 ? -1.0 : 1.0) * pow(3.0, i - 3), vp = 0.02 * (i - 2);
    attn_risk_input in = {
        .mv = {m_v, m_v}, .mp = {0.3, 0.3}, .vv = 0.05, .pp = 0.4, .vp = vp, .residual2 = NAN};
    attn_risk_input turned = in;
    turned.mv[0] = turned.mv[1] = -m_v;
    turned.vp = -vp;
    attn_risk_result a = attn_risk_two(&in), b = attn_risk_two(&turned);
    assert_near(a.log10_class[1], b.log10_class[0], 1e-14, "class 2 as class 1");
    assert_near(a.log10_right[0], b.log10_class[0], 1e-14, "right as wrong");
  }
}

/* vp towards +-sqrt(vv pp) and pp towards 0 reach the closed forms. */
static void test_continuity(void **state) {
  (void)state;
  for (int sign = -1; sign <= 1; sign += 2) {
    attn_risk_input in = input_of(0.05, 0.1, 1.0, 1.0, sign);
    in.residual2 = 0.0;
    double limit = attn_risk_two(&in).log10_clean;
    for (double residual2 = 1e-8; residual2 > 1e-26; residual2 *= 1e-3) {
      in.residual2 = residual2;
      assert_near(attn_risk_two(&in).log10_clean, limit, 1e-9 + 30.0 * residual2, "s -> 0");
    }
  }
  attn_risk_input in = input_of(0.5, 0.1, 0.02, 0.0, 0.0);
  double limit = attn_risk_two(&in).log10_class[0];
  for (double pp = 1e-6; pp > 1e-300; pp *= 1e-7) {
    in.pp = pp;
    in.vp = 0.0;
    assert_near(attn_risk_two(&in).log10_class[0], limit, 1e-10 + 40.0 * pp, "pp -> 0");
  }
}

/* The risk falls when the signal part of v grows, everything else fixed. */
static void test_monotone(void **state) {
  (void)state;
  for (int c = -1; c <= 1; c++) {
    double last = 1.0, last_right = -1e308;
    for (double m_v = -20.0; m_v <= 20.0; m_v += 0.25) {
      attn_risk_input in = input_of(m_v, 0.2, 0.02, 0.5, 0.08 * c);
      attn_risk_result r = attn_risk_two(&in);
      assert_true(r.log10_class[0] <= last);
      assert_true(r.log10_right[0] >= last_right);
      assert_true(r.log10_class[0] < last || r.log10_right[0] > last_right);
      last = r.log10_class[0];
      last_right = r.log10_right[0];
    }
  }
}

/* log Phi and the Mills ratio where their branches meet and where only asymptotics hold. */
static void test_log_phi(void **state) {
  (void)state;
  assert_near(attn_logprob_phi(0.0), -M_LN2, 1e-15, "log Phi(0)");
  assert_near(attn_logprob_phi(-1e6), -0.5e12 - log(1e6) - 0.5 * log(2.0 * M_PI), 1e-15, "-1e6");
  assert_near(attn_logprob_phi(-1e150), -0.5e300, 1e-15, "-1e150");
  assert_true(attn_logprob_phi(-INFINITY) == -INFINITY);
  assert_true(attn_logprob_phi(INFINITY) == 0.0);
  assert_near(attn_logprob_phi(10.0), -7.6198530241605e-24, 1e-12, "10");
  assert_near(attn_logprob_phi(-20.0), -203.9171553710973, 1e-14, "-20");
  assert_near(attn_logprob_phi(-20.0 + 1e-12), attn_logprob_phi(-20.0), 1e-12, "branches at -20");
  assert_near(attn_logprob_mills(20.0), attn_logprob_mills(20.0 + 1e-13), 1e-12,
              "Mills ratio at 20");
  for (double x = -50.0; x < 8.0; x += 0.37) { /* the derivative of log Phi */
    double h = 1e-4, slope = (attn_logprob_phi(x + h) - attn_logprob_phi(x - h)) / (2.0 * h);
    assert_near(attn_logprob_mills(-x), slope, 1e-6, "Mills ratio as a derivative");
  }
}

/* phi(g) / Phi(-g) = g + 1/(g + 2/(g + 3/(g + ...))) to the last digits, and with it log Phi(-g), on
 * both sides of the branch at 20. */
static void test_mills_ratio(void **state) {
  (void)state;
  for (double g = 8.0; g < 60.0; g += 0.25) {
    long double fraction = g;
    for (int i = 400; i > 0; i--)
      fraction = g + i / fraction;
    assert_near(attn_logprob_mills(g), (double)fraction, g > 20.0 ? 1e-15 : 1e-12, "Mills ratio");
    const double expected =
        (double)(-0.5L * g * g - 0.5L * logl(2.0L * acosl(-1.0L)) - logl(fraction));
    assert_near(attn_logprob_phi(-g), expected, 1e-15, "log Phi");
  }
}

/* log(1 - exp(x)) and log(exp(x) + exp(y)) on both sides of every branch. */
static void test_logarithms(void **state) {
  (void)state;
  const double x[] = {-1e-300, -1e-20, -1e-3, -0.5, -0.69, -0.7, -1.0, -3.0, -40.0, -700.0};
  for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
    const long double rest = x[i] > -1.0 ? logl(-expm1l(x[i])) : log1pl(-expl(x[i]));
    assert_near(attn_logprob_complement(x[i]), (double)rest, 1e-15, "complement");
    for (size_t j = 0; j < sizeof x / sizeof *x; j++) { /* may be near 0, as a sum of two terms */
      const double expected = (double)logl(expl(x[i]) + expl(x[j]));
      assert_true(fabs(attn_logprob_sum(x[i], x[j]) - expected) <= 3e-16 * fmax(1.0, fabs(x[i])));
    }
    assert_true(attn_logprob_sum(x[i], -INFINITY) == x[i]);
    assert_true(attn_logprob_sum(-INFINITY, x[i]) == x[i]);
  }
  assert_true(attn_logprob_complement(0.0) == -INFINITY);
  assert_true(attn_logprob_complement(1e-16) == -INFINITY); /* a sum rounded above 1 */
  assert_true(attn_logprob_complement(-INFINITY) == 0.0);
  assert_true(attn_logprob_sum(-INFINITY, -INFINITY) == -INFINITY);
}

/* What two classes come to: the mean, by its complement where that is smaller, and the errors of the
 * smaller sides relative to it. */
static void test_result(void **state) {
  (void)state;
  const double wrong[][2] = {{0.1, 0.02}, {1e-30, 0.3}, {1e-30, 1e-40},
                             {0.9, 0.7},  {0.8, 0.1},   {0.3, 0.999}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    const double *p = wrong[i], error[2] = {1e-3, 5e-2};
    const double log_wrong[2] = {log(p[0]), log(p[1])}, log_right[2] = {log1p(-p[0]), log1p(-p[1])};
    const attn_risk_result r = attn_risk_result_of(log_wrong, log_right, error);
    const double mean = (p[0] + p[1]) / 2.0;
    assert_int_equal(r.status, ATTN_RISK_OK);
    for (int k = 0; k < 2; k++) {
      assert_near(r.log10_class[k], log10(p[k]), 1e-14, "class");
      assert_near(r.log10_right[k], log1p(-p[k]) / M_LN10, 1e-14, "right");
    }
    assert_near(r.log10_clean, log10(mean), 1e-13, "mean");
    /* d log10(mean) = sum_k smaller_k d log smaller_k / 2 / mean / ln 10 */
    const double moved = 1e-3 * fmin(p[0], 1.0 - p[0]) + 5e-2 * fmin(p[1], 1.0 - p[1]);
    assert_near(r.error, moved / 2.0 / mean / M_LN10, 1e-12, "error");
  }
  /* close to 1, where only the complement holds the digits */
  attn_risk_result r =
      attn_risk_result_of((const double[]){-1e-30, -3e-30},
                          (const double[]){log(1e-30), log(3e-30)}, (const double[]){0.0, 0.0});
  assert_near(r.log10_clean, -2e-30 / M_LN10, 1e-13, "near 1");
  assert_true(r.error == 0.0);
  /* no error at all in either class */
  r = attn_risk_result_of((const double[]){-INFINITY, -INFINITY}, (const double[]){0.0, 0.0},
                          (const double[]){1e-15, 1e-15});
  assert_true(r.log10_clean == -INFINITY && r.error == 0.0);
  r = attn_risk_result_bad();
  for (int k = 0; k < 2; k++)
    assert_true(isnan(r.log10_class[k]) && isnan(r.log10_right[k]));
  assert_true(isnan(r.log10_clean) && isnan(r.error));
  assert_string_equal(attn_risk_status_name(ATTN_RISK_OK), "ok");
  assert_string_equal(attn_risk_status_name(ATTN_RISK_UNCERTAIN), "uncertain");
}

/* sigma = |p|, kappa = vp / |p|, and what of |v|^2 is not along p. */
static void test_noise(void **state) {
  (void)state;
  attn_risk_input in = input_of(0.5, 0.1, 0.5, 4.0, -1.2);
  attn_risk_noise noise = attn_risk_input_noise(&in);
  assert_near(noise.sigma, 2.0, 1e-15, "sigma");
  assert_near(noise.kappa, -0.6, 1e-15, "kappa");
  assert_near(noise.s, sqrt(0.14), 1e-14, "s");
  in.residual2 = 0.09; /* known better than by the difference */
  assert_near(attn_risk_input_noise(&in).s, 0.3, 1e-15, "s from residual2");
  in.residual2 = NAN, in.vp = -sqrt(2.0) * (1.0 + 1e-12); /* rounded beyond: no square below 0 */
  assert_true(attn_risk_input_noise(&in).s == 0.0);
  in = input_of(0.5, 0.1, 0.25, 0.0, 0.0); /* all of v is across a p that has no noise part */
  in.residual2 = 0.0;
  noise = attn_risk_input_noise(&in);
  assert_true(noise.sigma == 0.0 && noise.kappa == 0.0 && noise.s == 0.5);
}

static long double two_integrand(long double z, const double *at) {
  const long double g = (expl(at[0] - at[1] * z) + at[2] * z) / at[3];
  if (g < 1.0L) /* far from the peaks below */
    return -0.5L * z * z;
  long double fraction = g; /* phi(g) / Phi(-g) */
  for (int i = 200; i > 0; i--)
    fraction = g + i / fraction;
  return -0.5L * (z * z + g * g) - logl(fraction);
}

/* Below exp(-1e9) Laplace's formula must hold to far below 1, so curvature and peak are right: both
 * found here from values alone, by golden section and a second difference. */
static void test_deepest_tails(void **state) {
  (void)state;
  const double at[][4] = {{6e4, 1.0, 0.3, 0.5},      /* log_m, sigma, kappa, s; g beyond 1e4 */
                          {2000.0, 0.03, -0.5, 0.5}, /* g = 33 */
                          {30.0, 1e-4, -0.5, 0.5},
                          {2000.0, 0.03, 0.5, 0.5}};
  for (size_t c = 0; c < sizeof at / sizeof *at; c++) {
    double error, found = attn_risk_two_tail(&error, at[c][0], at[c][1], at[c][2], at[c][3]);
    long double from = 0.5L * at[c][0] / at[c][1], to = 2.0L * from;
    for (int i = 0; i < 200; i++) {
      const long double z1 = from + 0.381966L * (to - from), z2 = from + 0.618034L * (to - from);
      const long double l1 = two_integrand(z1, at[c]), l2 = two_integrand(z2, at[c]);
      if (l1 < l2 || !isfinite(l1))
        from = z1;
      else
        to = z2;
    }
    const long double z = 0.5L * (from + to), h = 1e-3L, top = two_integrand(z, at[c]);
    const long double bend = two_integrand(z + h, at[c]) + two_integrand(z - h, at[c]) - 2.0L * top;
    const long double expected = top - 0.5L * logl(-bend / (h * h)) - 0.5L * logl(2.0L * M_PI);
    assert_true(expected < -1e9L);
    assert_true(fabsl(found - expected) < 2e-14L * fabsl(expected));
  }
}

/* Mean over classes and label flips, where the sums would underflow. */
static void test_combination(void **state) {
  (void)state;
  assert_near(attn_risk_log10_clean((double[]){-1000.0, -1000.0}), -1000.0, 1e-15, "equal");
  assert_near(attn_risk_log10_clean((double[]){-5000.0, -10.0}), -10.0 - log10(2.0), 1e-15, "one");
  assert_near(attn_risk_log10_clean((double[]){-1.0, -2.0}), log10(0.055), 1e-14, "both");
  assert_true(attn_risk_log10_clean((double[]){-INFINITY, -INFINITY}) == -INFINITY);
  const attn_risk_input in = input_of(0.3, 0.2, 0.05, 0.5, 0.1);
  assert_true(attn_risk_log10(&in, 2).log10_clean == attn_risk_two(&in).log10_clean);
  assert_true(fabs(attn_risk_log10(&in, 5).log10_clean - attn_risk_two(&in).log10_clean) > 0.01);
  assert_near(attn_risk_log10_noisy(-200.0, 0.1), -1.0, 1e-15, "floor eta");
  assert_near(attn_risk_log10_noisy(-2.0, 0.1), log10(0.1 + 0.8 * 0.01), 1e-14, "eta");
  assert_true(attn_risk_log10_noisy(-200.0, 0.0) == -200.0);
  assert_near(attn_risk_log10_noisy(log10(0.5), 0.3), log10(0.5), 1e-14, "1/2 stays 1/2");
}

/* Each refusal names the value; the result of refused input is NaN with its status. */
static void test_check(void **state) {
  (void)state;
  attn_risk_input good = input_of(0.5, 0.1, 0.02, 0.3, 0.01), in;
  assert_null(attn_risk_input_check(&good, 2, 0.0));
  assert_non_null(strstr(attn_risk_input_check(&good, 1, 0.0), "T = 1"));
  assert_non_null(strstr(attn_risk_input_check(&good, 2, 0.5), "eta = 0.5"));
  assert_non_null(strstr(attn_risk_input_check(&good, 2, -0.1), "eta = -0.1"));
  assert_non_null(attn_risk_input_check(&good, 2, NAN));
  in = good, in.vv = -1.0;
  assert_non_null(strstr(attn_risk_input_check(&in, 2, 0.0), "vv = -1"));
  in = good, in.pp = -1.0;
  assert_non_null(strstr(attn_risk_input_check(&in, 2, 0.0), "pp = -1"));
  in = good, in.mp[1] = NAN;
  assert_non_null(strstr(attn_risk_input_check(&in, 2, 0.0), "mp[1] = "));
  static const char *const names[] = {
      "mv[0] =", "mv[1] =", "mp[0] =", "mp[1] =", "vv =", "pp =", "vp ="};
  for (size_t i = 0; i < 7; i++) {
    in = good;
    *(double *[]){&in.mv[0], &in.mv[1], &in.mp[0], &in.mp[1], &in.vv, &in.pp, &in.vp}[i] = INFINITY;
    const char *said = attn_risk_input_check(&in, 2, 0.0);
    assert_non_null(said);
    assert_true(strncmp(said, names[i], strlen(names[i])) == 0);
    assert_non_null(strstr(said, "= inf: the risk needs finite"));
  }
  in = good, in.vp = 0.1;
  assert_non_null(strstr(attn_risk_input_check(&in, 2, 0.0), "vp = 0.1"));
  attn_risk_result r = attn_risk_two(&in);
  assert_int_equal(r.status, ATTN_RISK_BAD_INPUT);
  assert_true(isnan(r.log10_clean) && isnan(r.log10_class[0]) && isnan(r.error));
  in = good, in.residual2 = -0.1;
  assert_non_null(strstr(attn_risk_input_check(&in, 2, 0.0), "residual2 = -0.1"));
  in = good, in.residual2 = 0.02 * (1.0 + 2e-9);
  assert_non_null(strstr(attn_risk_input_check(&in, 2, 0.0), "residual2 = 0.02"));
  for (int i = 0; i < 4; i++) { /* the bounds themselves, and rounding beyond the upper one */
    in = good, in.residual2 = (const double[]){0.0, 0.02, 0.02 * (1.0 + 1e-9), NAN}[i];
    assert_null(attn_risk_input_check(&in, 2, 0.0));
  }
  in = input_of(0.5, 0.1, 1.0, 1.0, 1.0 + 1e-9);
  assert_null(attn_risk_input_check(&in, 2, 0.0));
  in.vp = -0.5; /* inner products, unlike squared norms, may be negative */
  assert_null(attn_risk_input_check(&in, 2, 0.0));
  in = good, in.vp = sqrt(in.vv * in.pp) * (1.0 + 1e-12); /* rounding is forgiven */
  assert_null(attn_risk_input_check(&in, 2, 0.0));
  assert_string_equal(attn_risk_status_name(ATTN_RISK_BAD_INPUT), "bad input");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reference_vector),
      cmocka_unit_test(test_reference_table),
      cmocka_unit_test(test_double_integral),
      cmocka_unit_test(test_other_order),
      cmocka_unit_test(test_simulation),
      cmocka_unit_test(test_degenerate_parts),
      cmocka_unit_test(test_parallel),
      cmocka_unit_test(test_parallel_short_interval),
      cmocka_unit_test(test_parallel_ends),
      cmocka_unit_test(test_overflow),
      cmocka_unit_test(test_symmetry),
      cmocka_unit_test(test_continuity),
      cmocka_unit_test(test_monotone),
      cmocka_unit_test(test_log_phi),
      cmocka_unit_test(test_mills_ratio),
      cmocka_unit_test(test_deepest_tails),
      cmocka_unit_test(test_logarithms),
      cmocka_unit_test(test_result),
      cmocka_unit_test(test_noise),
      cmocka_unit_test(test_combination),
      cmocka_unit_test(test_check),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
