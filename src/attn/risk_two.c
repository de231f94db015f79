#include "risk_two.h"

#include <gsl/gsl_math.h>
#include <math.h>

#include "logconcave.h"
#include "logprob.h"

static const double LOG_SQRT_2PI = 0.918938533204672741780329736406;
static const double ROUNDING = 2.2204460492503131e-16;

typedef struct {
  double log_m, log_s, sigma, kappa, s;
} two_params;

/* L(z) = -z^2/2 + log Phi(-g(z)), g(z) = (exp(log_m - sigma z) + kappa z) / s, and with
 * l = phi(g)/Phi(-g):  L' = -z - g' l,  L'' = -1 - g'' l - g'^2 l (l - g). */
static double two_log_integrand(double *slope, double *curvature, double z, const void *params) {
  const two_params *at = params;
  double m = exp(at->log_m - at->log_s - at->sigma * z), ratio = at->kappa / at->s;
  double g = m + ratio * z;
  if (slope != NULL) {
    double g1 = ratio - at->sigma * m, g2 = at->sigma * at->sigma * m, l = attn_logprob_mills(g);
    /* l - g cancels for large g, where it is 1/g - 2/g^3 + ... */
    double l_g = g > 1e3 ? 1.0 / g : l - g;
    *slope = g1 == 0.0 ? -z : -z - g1 * l;
    *curvature = g1 == 0.0 ? -1.0 - g2 * l : -1.0 - g2 * l - g1 * g1 * l * l_g;
  }
  return -0.5 * z * z + attn_logprob_phi(-g);
}

/* log P(low < Z < high) for 0 <= low < high, Z ~ N(0,1). */
static double log_between(double low, double high) {
  if (high - low > 0.1 / (1.0 + low)) {
    double l = attn_logprob_phi(-low);
    return l + attn_logprob_complement(attn_logprob_phi(-high) - l);
  }
  /* A short interval: phi is nearly linear in it, and the difference above would cancel. */
  static const double node[3] = {-0.774596669241483377, 0.0, 0.774596669241483377};
  static const double weight[3] = {5.0 / 18.0, 8.0 / 18.0, 5.0 / 18.0};
  double middle = 0.5 * (low + high), half = 0.5 * (high - low), sum = 0.0;
  for (int i = 0; i < 3; i++)
    sum += weight[i] * exp(-half * node[i] * (middle + 0.5 * half * node[i]));
  return log(2.0 * half) - 0.5 * middle * middle - LOG_SQRT_2PI + log(sum);
}

/* The solution y > 0 of y + log y = x (so y = W(exp(x)), Lambert's W). */
static double lambert_exp(double x) {
  if (x < -40.0)
    return exp(x);
  double y = x > 1.0 ? x - log(x) : exp(x - exp(fmin(x, 0.0)));
  for (int i = 0; i < 50; i++) {
    double step = -(y + log(y) - x) * y / (1.0 + y);
    y = fmax(y + step, 0.1 * y);
    if (fabs(step) <= 2.0 * ROUNDING * y)
      break;
  }
  return y;
}

/* For r >= 0 the two solutions of d - log(1 + d) = r: below 0 if sign < 0, above if sign > 0.
 * 1 + d are the solutions of y exp(-y) = exp(-1 - r). Returns y = 1 + d. */
static double lambert_branch(double r, double sign) {
  if (sign < 0.0 && r > 1.0) { /* log y = y - 1 - r */
    double y = exp(-1.0 - r);
    for (int i = 0; i < 60; i++)
      y = exp(y - 1.0 - r);
    for (int i = 0; i < 3; i++)
      y -= (y - log(y) - 1.0 - r) * y / (y - 1.0);
    return y;
  }
  double d = sign * sqrt(2.0 * r) + 2.0 * r / 3.0;
  if (sign < 0.0)
    d = fmax(d, -0.95);
  for (int i = 0; i < 60 && d != 0.0; i++) {
    double step = -(d - log1p(d) - r) * (1.0 + d) / d;
    d += step;
    if (fabs(step) <= 2.0 * ROUNDING * fabs(d))
      break;
  }
  return 1.0 + d;
}

/* s = 0: a = c b exactly, and the error set { exp(log_m - sigma z) + kappa z < 0 } is a half line
 * (kappa < 0) or an interval of the negative axis (kappa > 0), with ends at values of Lambert's W:
 * y = -+ sigma z solves y exp(+-y) = exp(x), x = log_m + log(sigma / |kappa|). */
static double two_tail_parallel(double log_m, double sigma, double kappa) {
  if (kappa == 0.0)
    return -INFINITY;
  double x = log_m + log(sigma) - log(fabs(kappa));
  if (kappa < 0.0) {
    /* Far below, y = exp(x) may vanish in a double where z = y / sigma does not. */
    double z = x < -40.0 ? exp(log_m - log(-kappa)) : lambert_exp(x) / sigma;
    return attn_logprob_phi(-z);
  }
  if (!(x < -1.0))
    return -INFINITY;
  double low = x < -40.0 ? exp(log_m - log(kappa)) : lambert_branch(-1.0 - x, -1.0) / sigma;
  double high = lambert_branch(-1.0 - x, 1.0) / sigma;
  return high > low ? log_between(low, high) : -INFINITY;
}

double attn_risk_two_tail(double *error, double log_m, double sigma, double kappa, double s) {
  *error = 4.0 * ROUNDING;
  if (sigma == 0.0)
    return s == 0.0 ? (log_m == -INFINITY ? -M_LN2 : -INFINITY)
                    : attn_logprob_phi(-exp(log_m - log(s)));
  if (log_m == -INFINITY)
    return -M_LN2; /* sign f = sign a */
  if (s == 0.0) {
    double log_p = two_tail_parallel(log_m, sigma, kappa);
    if (isfinite(log_p))
      *error = 16.0 * ROUNDING * (1.0 + 2.0 * fabs(log_p)) * (1.0 + fabs(log_m));
    return log_p;
  }
  two_params at = {.log_m = log_m, .log_s = log(s), .sigma = sigma, .kappa = kappa, .s = s};
  double peak;
  double log_p =
      attn_logconcave_integral(error, &peak, two_log_integrand, &at, -INFINITY) - LOG_SQRT_2PI;
  /* Rounding of L at the peak: that of the sum, and that of the exponent times dL/d(exponent). */
  double m = exp(log_m - at.log_s - sigma * peak), ratio = kappa / s, g = m + ratio * peak;
  double l = attn_logprob_mills(g);
  *error += ROUNDING *
            (fabs(log_p) + l * (fabs(ratio * peak) +
                                m * (2.0 + fabs(log_m) + fabs(at.log_s) + fabs(sigma * peak))));
  if (!isfinite(*error))
    *error = log_p == -INFINITY ? 0.0 : INFINITY;
  return log_p;
}

attn_risk_result attn_risk_two(const attn_risk_input *input) {
  if (attn_risk_input_check(input, 2, 0.0) != NULL)
    return attn_risk_result_bad();
  const attn_risk_noise noise = attn_risk_input_noise(input);
  double log_wrong[2], log_right[2], error[2];
  for (int k = 0; k < 2; k++) {
    /* With the outer sign of class 2 taken in, an error is e^{m_p} m_v + e^b a < 0 for both. */
    double sign = k == 0 ? 1.0 : -1.0, m_v = sign * input->mv[k], kappa = sign * noise.kappa;
    double log_m = m_v == 0.0 ? -INFINITY : log(fabs(m_v)) + input->mp[k];
    double tail =
        attn_risk_two_tail(&error[k], log_m, noise.sigma, m_v < 0.0 ? -kappa : kappa, noise.s);
    double rest = m_v == 0.0 ? tail : attn_logprob_complement(tail);
    log_wrong[k] = m_v < 0.0 ? rest : tail;
    log_right[k] = m_v < 0.0 ? tail : rest;
  }
  return attn_risk_result_of(log_wrong, log_right, error);
}
