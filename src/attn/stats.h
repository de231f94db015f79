/* stats: intervals and tests for what is counted and measured over draws. */
#ifndef ATTN_STATS_H
#define ATTN_STATS_H

#include "base.h"

typedef struct {
  double low, high;
} attn_interval;

/* Exact (Clopper-Pearson) two-sided interval of a probability from successes in trials, e.g.
 * level = 0.95. trials = 0 gives [0, 1]. */
attn_interval attn_stats_binomial(size_t successes, size_t trials, double level);

/* Mean of x, and its two-sided t interval; not-a-number limits for count < 2. */
double attn_stats_mean(const double *x /* [count] */, size_t count);
attn_interval attn_stats_mean_interval(const double *x /* [count] */, size_t count, double level);

/* The standard deviation of x (divisor count - 1). */
double attn_stats_deviation(const double *x /* [count] */, size_t count);

/* Sorts x in ascending order. */
void attn_stats_sort(double *x /* [count] */, size_t count);

/* The q-quantile of sorted x, linear between order statistics (Hyndman and Fan's type 7). */
double attn_stats_quantile(const double *x /* [count], sorted */, size_t count, double q);

/* Distribution-free interval of the population's q-quantile between two order statistics, by the
 * exact binomial law of how many values lie below it; -inf or inf where count is too small for the
 * level. */
attn_interval attn_stats_quantile_interval(const double *x /* [count], sorted */, size_t count,
                                           double q, double level);

/* What a table says of one quantity over draws. */
typedef struct {
  size_t count;
  double mean;
  union { /* the t interval of the mean, as two numbers or as one */
    struct {
      double low, high;
    };
    attn_interval interval;
  };
  double q05, median, q95; /* quantiles of the values */
} attn_summary;

/* Sorts x. All numbers are not-a-number for count = 0. */
attn_summary attn_stats_summary(double *x /* [count] */, size_t count, double level);

/* Cells that share a draw share its randomness, so that a draw counts once: its mean, geometric
 * mean, least or largest value over the cells, of those that are numbers, and the summary of these
 * over the draws that have any. value is overwritten. */
typedef enum {
  ATTN_DRAW_MEAN,
  ATTN_DRAW_GEOMETRIC,
  ATTN_DRAW_LEAST,
  ATTN_DRAW_LARGEST
} attn_draw_rule;
attn_summary attn_stats_draws(double *value /* [cells][draws] */, size_t cells, size_t draws,
                              attn_draw_rule rule, double level);

/* Least squares y = intercept + slope x, with t intervals of both; count >= 3, else not-a-number. */
typedef struct {
  double intercept, slope;
  attn_interval intercept_interval, slope_interval;
  double rms; /* root mean square of the residuals */
} attn_line;
attn_line attn_stats_line(const double *x /* [count] */, const double *y /* [count] */,
                          size_t count, double level);

/* A power law y = exp(intercept) x^slope: the line of log y on log x, over the pairs in which both
 * are positive and finite. x and y become the logarithms. */
attn_line attn_stats_power(double *x /* [count] */, double *y /* [count] */, size_t count,
                           double level);

/* Slow growth of y with the step t: lines of y on log t and on log log t, over the pairs with t > 1
 * and y finite. t becomes log log t. */
typedef struct {
  attn_line log, loglog;
} attn_growth;
attn_growth attn_stats_growth(double *t /* [count] */, double *y /* [count] */, size_t count,
                              double level);

/* The x in [low, high] at which f changes sign, by Brent's method to the given precision;
 * not-a-number when f has the same sign at both ends or is not-a-number somewhere. f(x, context)
 * with its randomness fixed (common random numbers) makes this a threshold of one draw. */
double attn_stats_root(double (*f)(double x, void *context), void *context, double low, double high,
                       double precision);

/* p-value of the two-sample Kolmogorov-Smirnov test, asymptotic law with Stephens' correction for
 * finite samples. Sorts both samples. Not-a-number for an empty sample or one that holds
 * not-a-number. */
double attn_stats_ks(double *x /* [nx] */, size_t nx, double *y /* [ny] */, size_t ny);

#endif
