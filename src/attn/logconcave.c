#include "logconcave.h"

#include <gsl/gsl_integration.h>
#include <gsl/gsl_math.h>
#include <math.h>

/* exp(-DROP) times the width of what is kept bounds what is cut off (concavity). */
static const double DROP = 36.0;
/* Error allowed for one panel, relative to the whole integral. */
static const double PANEL_TOLERANCE = 3e-12;
/* Below this, L's own rounding drowns the shape of the peak, while its width adds a few units to
 * a logarithm of this size: Laplace's formula is what a double can hold. */
static const double LAPLACE_BELOW = -1e9;

typedef struct {
  attn_logconcave *L;
  const void *params;
  double top; /* L at the peak: subtracted, so that the integrand is at most about 1 */
} scaled;

static double scaled_exp(double z, void *data) {
  const scaled *at = data;
  return exp(at->L(NULL, NULL, z, at->params) - at->top);
}

enum { MOST_EDGES = 44 }; /* ends of the first panels, on one side of the peak */

typedef struct {
  double from, to, value, error;
} panel;

static panel integrate_panel(const gsl_function *f, double from, double to) {
  panel now = {.from = from, .to = to};
  double absolute, deviation;
  gsl_integration_qk21(f, from, to, &now.value, &now.error, &absolute, &deviation);
  return now;
}

/* A point of [low, infinity) where L is within 0.05 of its largest value, which the bracket proves:
 * a concave L lies below its tangent. Newton where it converges, else bisection, since L' can fall
 * like exp(-2 sigma z), where Newton alone would crawl. */
static double find_peak(attn_logconcave *L, const void *params, double low) {
  double slope, curvature, z = low > 0.0 ? low : 0.0;
  L(&slope, &curvature, z, params);
  double left = low, right = INFINITY, reach = 1.0;
  if (slope > 0.0) {
    left = z;
    for (right = z + reach; right < INFINITY; right = z + reach) {
      L(&slope, &curvature, right, params);
      if (!(slope > 0.0))
        break;
      left = right;
      reach *= 2.0;
    }
  } else {
    right = z;
    for (left = z - reach; left > low && left > -INFINITY; left = z - reach) {
      L(&slope, &curvature, left, params);
      if (slope > 0.0)
        break;
      right = left;
      reach *= 2.0;
    }
    if (left <= low) {
      L(&slope, &curvature, low, params);
      if (!(slope > 0.0))
        return low;
      left = low;
    }
  }
  if (!isfinite(left) || !isfinite(right))
    return isfinite(left) ? left : right;
  double step = right - left, last_step = step;
  z = left + 0.5 * step;
  for (int i = 0; i < 2000; i++) {
    L(&slope, &curvature, z, params);
    if (slope > 0.0)
      left = z;
    else
      right = z;
    double newton = -slope / curvature; /* 0 or NaN where L overflows, which is no convergence */
    if (fabs(slope) * (slope > 0.0 ? right - z : z - left) <= 0.05)
      break;
    bool good = newton != 0.0 && z + newton > left && z + newton < right &&
                fabs(newton) < 0.5 * fabs(last_step);
    last_step = step;
    step = good ? newton : left + 0.5 * (right - left) - z;
    if (z + step == z)
      break;
    z += step;
  }
  return z;
}

/* Distances from the peak at which to cut one side into first panels; returns their number.
 *
 * A panel whose nodes all miss a short corner of L would pass as smooth. Corners sit at the two
 * ends: near the cut, where L may rise steeply and then level off, within a few DROP / |L'(cut)|;
 * and near the peak of a long plateau, where a corner of size d gives the curvature a width w of
 * about sqrt(d length). From both, panels grow by a fixed factor towards the middle. A bell-shaped
 * side needs neither and gets two panels. */
static int first_panels(double *distance /* [MOST_EDGES] */, double length, double width,
                        double slope_at_cut) {
  enum { GROWTH = 8 };
  int count = 0;
  distance[count++] = 0.0;
  double start = length > 20.0 * width ? 8.0 * width * width / length : 4.0 * width;
  for (double d = fmax(start, 1e-14 * length); d < 0.5 * length && count < 20; d *= GROWTH)
    distance[count++] = d;
  distance[count++] = 0.5 * length;
  double end = fmax(4.0 * DROP / fabs(slope_at_cut), 1e-14 * length), shorter = end;
  while (GROWTH * shorter < 0.5 * length)
    shorter *= GROWTH;
  for (; shorter >= end && shorter < 0.5 * length && count < MOST_EDGES - 1; shorter /= GROWTH)
    distance[count++] = length - shorter;
  distance[count++] = length;
  return count;
}

/* A point beyond the peak, in the direction of sign, where L has fallen by DROP to 2 DROP, or low. */
static double find_cut(const scaled *at, double peak, double width, double sign, double low) {
  double inside = peak, reach = width, outside = peak + sign * reach;
  for (; outside > low && isfinite(outside); outside = peak + sign * reach) {
    if (at->L(NULL, NULL, outside, at->params) < at->top - DROP)
      break;
    inside = outside;
    reach *= 2.0;
  }
  if (outside <= low) {
    if (at->L(NULL, NULL, low, at->params) >= at->top - DROP)
      return low;
    outside = low;
  }
  for (int i = 0; i < 200; i++) {
    double middle = 0.5 * (inside + outside),
           fall = at->top - at->L(NULL, NULL, middle, at->params);
    if (middle == inside || middle == outside)
      break;
    if (fall < DROP)
      inside = middle;
    else
      outside = middle;
    if (fall >= DROP && fall <= 2.0 * DROP)
      break;
  }
  return outside;
}

double attn_logconcave_integral(double *error, double *peak, attn_logconcave *L, const void *params,
                                double low) {
  double slope, curvature, z = find_peak(L, params, low);
  scaled at = {.L = L, .params = params, .top = L(&slope, &curvature, z, params)};
  *error = 0.0;
  if (peak != NULL)
    *peak = z;
  if (!isfinite(at.top))
    return at.top;
  double width = 1.0 / sqrt(-curvature);
  if (!(width > 0.0 && isfinite(width)))
    width = 1.0;
  /* At a cut-off peak (z = low) the decay is by the slope and can be much faster. */
  if (fabs(slope) > 1.0 / width)
    width = 1.0 / fabs(slope);
  width = fmax(width, 1e-15 * fabs(z));
  if (at.top < LAPLACE_BELOW) {
    *error = 1.0;
    return at.top + log(width) + (z > low ? 0.5 * log(2.0 * M_PI) : 0.0);
  }
  const double left = find_cut(&at, z, width, -1.0, low), right = find_cut(&at, z, width, 1.0, low);

  /* Depth-first bisection with the 21-point Gauss-Kronrod rule. A step of width w inside a panel
   * is reached after log2(length / w) halvings, so the stack stays below its room. */
  enum { ROOM = 192, MOST_PANELS = 300 };
  gsl_function f = {.function = scaled_exp, .params = &at};
  panel stack[ROOM];
  int depth = 0, panels = 0;
  /* L is a difference of large numbers, known to their rounding at best: no panel can agree with
   * itself to better than that. */
  const double noise = 1e-15 * (10.0 + fabs(at.top));
  double sum = 0.0, sum_error = 0.0, scale = 0.0;
  for (int side = 0; side < 2; side++) {
    const double sign = side == 0 ? -1.0 : 1.0, cut = side == 0 ? left : right;
    double distance[MOST_EDGES], cut_slope;
    L(&cut_slope, &curvature, cut, params);
    int count = first_panels(distance, fabs(cut - z), width, cut_slope);
    for (int i = 0; i + 1 < count; i++) {
      double from = z + sign * distance[i], to = i + 2 == count ? cut : z + sign * distance[i + 1];
      if (from != to) {
        stack[depth] = integrate_panel(&f, fmin(from, to), fmax(from, to));
        scale += stack[depth++].value;
      }
    }
  }
  while (depth > 0) {
    const panel now = stack[--depth];
    const double middle = 0.5 * (now.from + now.to);
    if (now.error <= PANEL_TOLERANCE * scale || now.error <= noise * now.value ||
        depth + 2 > ROOM || panels > MOST_PANELS || !(middle > now.from && middle < now.to)) {
      sum += now.value;
      sum_error += now.error;
      continue;
    }
    panels++;
    stack[depth++] = integrate_panel(&f, middle, now.to);
    stack[depth++] = integrate_panel(&f, now.from, middle);
  }
  *error = sum_error / sum;
  return at.top + log(sum);
}
