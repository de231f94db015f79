#include "logprob.h"

#include <gsl/gsl_math.h>
#include <math.h>

static const double LOG_SQRT_2PI = 0.918938533204672741780329736406;

/* sqrt(2 pi) exp(x^2/2) |x| Phi(-|x|) - 1 = -1/x^2 + 3/x^4 - 15/x^6 ..., for |x| >= 20, where the
 * first omitted term is below 1e-16. */
static double mills_series(double x) {
  static const double a[] = {-1.0,    3.0,       -15.0,     105.0,      -945.0,
                             10395.0, -135135.0, 2027025.0, -34459425.0};
  double y = 1.0 / (x * x), sum = 0.0;
  for (int i = 8; i >= 0; i--)
    sum = y * (a[i] + sum);
  return sum;
}

double attn_logprob_phi(double x) {
  if (x > 0.0)
    return log1p(-0.5 * erfc(x * M_SQRT1_2));
  if (x > -20.0)
    return log(0.5 * erfc(-x * M_SQRT1_2));
  if (x == -INFINITY)
    return -INFINITY;
  return -0.5 * x * x - log(-x) - LOG_SQRT_2PI + log1p(mills_series(x));
}

double attn_logprob_mills(double g) {
  if (g > 20.0)
    return g / (1.0 + mills_series(g));
  return exp(-0.5 * g * g - LOG_SQRT_2PI - attn_logprob_phi(-g));
}

double attn_logprob_complement(double x) {
  if (x >= 0.0)
    return -INFINITY;
  return x > -M_LN2 ? log(-expm1(x)) : log1p(-exp(x));
}

double attn_logprob_sum(double x, double y) {
  double large = fmax(x, y), small = fmin(x, y);
  return large == -INFINITY ? large : large + log1p(exp(small - large));
}
