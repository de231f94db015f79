#include "stats.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_roots.h>
#include <gsl/gsl_sort_double.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

/* Where a falling or rising tail of the beta law is equal to tail: guess is GSL's inverse, which gives
 * up for some laws of a few hundred trials and more; bisection answers there. */
static double beta_quantile(double guess, double (*cdf)(double p, double a, double b), double tail,
                            double a, double b) {
  if (fabs(cdf(guess, a, b) - tail) <= 1e-6 * tail)
    return guess;
  double low = 0, high = 1, p = 0.5;
  const bool rising = cdf == gsl_cdf_beta_P;
  for (; p > low && p < high; p = (low + high) / 2)
    *((cdf(p, a, b) < tail) == rising ? &low : &high) = p;
  return p;
}

attn_interval attn_stats_binomial(size_t successes, size_t trials, double level) {
  const double tail = (1 - level) / 2, s = (double)successes, rest = (double)(trials - successes);
  gsl_error_handler_t *aborting = gsl_set_error_handler_off();
  const double low = successes == 0 ? 0 : gsl_cdf_beta_Pinv(tail, s, rest + 1);
  const double high = successes == trials ? 1 : gsl_cdf_beta_Qinv(tail, s + 1, rest);
  gsl_set_error_handler(aborting);
  return (attn_interval){
      .low = successes == 0 ? 0 : beta_quantile(low, gsl_cdf_beta_P, tail, s, rest + 1),
      .high = successes == trials ? 1 : beta_quantile(high, gsl_cdf_beta_Q, tail, s + 1, rest),
  };
}

double attn_stats_mean(const double *x, size_t count) {
  return count > 0 ? gsl_stats_mean(x, 1, count) : NAN;
}

double attn_stats_deviation(const double *x, size_t count) {
  return count > 1 ? gsl_stats_sd(x, 1, count) : NAN;
}

attn_interval attn_stats_mean_interval(const double *x, size_t count, double level) {
  if (count < 2)
    return (attn_interval){NAN, NAN};
  const double mean = attn_stats_mean(x, count);
  const double half = gsl_cdf_tdist_Qinv((1 - level) / 2, (double)count - 1) *
                      attn_stats_deviation(x, count) / sqrt((double)count);
  return (attn_interval){mean - half, mean + half};
}

void attn_stats_sort(double *x, size_t count) {
  gsl_sort(x, 1, count);
}

double attn_stats_quantile(const double *x, size_t count, double q) {
  return count > 0 ? gsl_stats_quantile_from_sorted_data(x, 1, count, q) : NAN;
}

attn_interval attn_stats_quantile_interval(const double *x, size_t count, double q, double level) {
  /* B ~ Binomial(count, q) values lie below the quantile, so that x_(r) <= quantile <= x_(s) fails
   * with probability P(B < r) + P(B >= s), order statistics counted from 1. */
  const double tail = (1 - level) / 2;
  size_t r = 0, s = count + 1;
  while (r < count && gsl_cdf_binomial_P((unsigned)r, q, (unsigned)count) <= tail)
    r++; /* now P(B < r) <= tail */
  while (s > 1 && gsl_cdf_binomial_Q((unsigned)(s - 2), q, (unsigned)count) <= tail)
    s--; /* now P(B >= s) <= tail */
  return (attn_interval){r == 0 ? -INFINITY : x[r - 1], s == count + 1 ? INFINITY : x[s - 1]};
}

attn_summary attn_stats_summary(double *x, size_t count, double level) {
  attn_stats_sort(x, count);
  return (attn_summary){.count = count,
                        .mean = attn_stats_mean(x, count),
                        .interval = attn_stats_mean_interval(x, count, level),
                        .q05 = attn_stats_quantile(x, count, 0.05),
                        .median = attn_stats_quantile(x, count, 0.5),
                        .q95 = attn_stats_quantile(x, count, 0.95)};
}

/* Of count numbers, stride apart; not-a-number is left out. */
static double of_draw(const double *x, size_t count, size_t stride, attn_draw_rule rule) {
  double sum = 0, logs = 0, least = NAN, largest = NAN, numbers = 0;
  for (size_t i = 0; i < count * stride; i += stride)
    if (!isnan(x[i])) {
      sum += x[i];
      logs += log(x[i]);
      least = fmin(least, x[i]); /* fmin passes over not-a-number */
      largest = fmax(largest, x[i]);
      numbers++;
    }
  switch (rule) {
  case ATTN_DRAW_LEAST:
    return least;
  case ATTN_DRAW_LARGEST:
    return largest;
  case ATTN_DRAW_GEOMETRIC:
    return exp(logs / numbers);
  default:
    return sum / numbers; /* 0/0 is not-a-number */
  }
}

attn_summary attn_stats_draws(double *value, size_t cells, size_t draws, attn_draw_rule rule,
                              double level) {
  size_t kept = 0;
  for (size_t draw = 0; draw < draws; draw++) {
    const double x = of_draw(value + draw, cells, draws, rule);
    if (!isnan(x))
      value[kept++] = x; /* kept <= draw: what is overwritten was read */
  }
  return attn_stats_summary(value, kept, level);
}

attn_line attn_stats_line(const double *x, const double *y, size_t count, double level) {
  if (count < 3)
    return (attn_line){NAN, NAN, {NAN, NAN}, {NAN, NAN}, NAN};
  attn_line line;
  double c00, c01, c11, residual;
  gsl_fit_linear(x, 1, y, 1, count, &line.intercept, &line.slope, &c00, &c01, &c11, &residual);
  const double t = gsl_cdf_tdist_Qinv((1 - level) / 2, (double)count - 2);
  const double a = t * sqrt(c00), b = t * sqrt(c11);
  line.intercept_interval = (attn_interval){line.intercept - a, line.intercept + a};
  line.slope_interval = (attn_interval){line.slope - b, line.slope + b};
  line.rms = sqrt(residual / (double)count);
  return line;
}

attn_line attn_stats_power(double *x, double *y, size_t count, double level) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (x[i] > 0 && y[i] > 0 && isfinite(x[i]) && isfinite(y[i])) {
      x[kept] = log(x[i]);
      y[kept++] = log(y[i]);
    }
  return attn_stats_line(x, y, kept, level);
}

attn_growth attn_stats_growth(double *t, double *y, size_t count, double level) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (t[i] > 1 && isfinite(y[i])) {
      t[kept] = log(t[i]);
      y[kept++] = y[i];
    }
  attn_growth growth = {.log = attn_stats_line(t, y, kept, level)};
  for (size_t i = 0; i < kept; i++)
    t[i] = log(t[i]);
  growth.loglog = attn_stats_line(t, y, kept, level);
  return growth;
}

double attn_stats_root(double (*f)(double x, void *context), void *context, double low, double high,
                       double precision) {
  const double at_low = f(low, context), at_high = f(high, context);
  if (isnan(at_low) || isnan(at_high) || (at_low > 0) == (at_high > 0))
    return NAN;
  gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
  if (solver == NULL)
    attn_fail("out of memory for a root finder");
  gsl_error_handler_t *aborting = gsl_set_error_handler_off();
  gsl_function function = {f, context};
  gsl_root_fsolver_set(solver, &function, low, high);
  int status = GSL_CONTINUE;
  for (int step = 0; step < 200 && status == GSL_CONTINUE; step++) {
    if (gsl_root_fsolver_iterate(solver) != GSL_SUCCESS)
      break; /* f is not-a-number at some x */
    status = gsl_root_test_interval(gsl_root_fsolver_x_lower(solver),
                                    gsl_root_fsolver_x_upper(solver), precision, 0);
  }
  gsl_set_error_handler(aborting);
  const double root = gsl_root_fsolver_root(solver);
  gsl_root_fsolver_free(solver);
  return status == GSL_SUCCESS ? root : NAN;
}

static bool any_nan(const double *x, size_t count) {
  bool found = false;
  for (size_t i = 0; i < count; i++)
    found |= isnan(x[i]);
  return found;
}

double attn_stats_ks(double *x, size_t nx, double *y, size_t ny) {
  if (nx == 0 || ny == 0 || any_nan(x, nx) || any_nan(y, ny))
    return NAN;
  attn_stats_sort(x, nx);
  attn_stats_sort(y, ny);
  double distance = 0;
  for (size_t i = 0, j = 0; i < nx && j < ny;) {
    const double at = fmin(x[i], y[j]);
    while (i < nx && x[i] <= at)
      i++;
    while (j < ny && y[j] <= at)
      j++;
    distance = fmax(distance, fabs((double)i / (double)nx - (double)j / (double)ny));
  }
  const double root = sqrt((double)nx * (double)ny / (double)(nx + ny));
  const double lambda = (root + 0.12 + 0.11 / root) * distance;
  if (lambda < 0.2) /* the series below needs many terms there, and the value is 1 to 1e-13 */
    return 1;
  double sum = 0;
  for (int term = 1; term <= 100; term++)
    sum += (term % 2 ? 2 : -2) * exp(-2.0 * term * term * lambda * lambda);
  return fmin(fmax(sum, 0), 1);
}
