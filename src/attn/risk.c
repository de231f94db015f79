#include "risk.h"

#include <gsl/gsl_math.h>
#include <math.h>
#include <stdio.h>

#include "logconcave.h"
#include "risk_many.h"

static const double LOG_SQRT_2PI = 0.918938533204672741780329736406;
static const double ROUNDING = 2.2204460492503131e-16;
/* |vp| may exceed sqrt(vv pp) by this much relative to it: inner products over many tokens are
 * rounded. */
static const double SLACK = 1e-9;

/* ---- logarithms of the normal distribution ---------------------------------------------------- */

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

double attn_risk_log_phi(double x) {
  if (x > 0.0)
    return log1p(-0.5 * erfc(x * M_SQRT1_2));
  if (x > -20.0)
    return log(0.5 * erfc(-x * M_SQRT1_2));
  if (x == -INFINITY)
    return -INFINITY;
  return -0.5 * x * x - log(-x) - LOG_SQRT_2PI + log1p(mills_series(x));
}

double attn_risk_mills(double g) {
  if (g > 20.0)
    return g / (1.0 + mills_series(g));
  return exp(-0.5 * g * g - LOG_SQRT_2PI - attn_risk_log_phi(-g));
}

double attn_risk_log_complement(double x) {
  if (x >= 0.0)
    return -INFINITY;
  return x > -M_LN2 ? log(-expm1(x)) : log1p(-exp(x));
}

double attn_risk_log_sum(double x, double y) {
  double large = fmax(x, y), small = fmin(x, y);
  return large == -INFINITY ? large : large + log1p(exp(small - large));
}

/* ---- T = 2 -------------------------------------------------------------------------------------- */

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
    double g1 = ratio - at->sigma * m, g2 = at->sigma * at->sigma * m, l = attn_risk_mills(g);
    /* l - g cancels for large g, where it is 1/g - 2/g^3 + ... */
    double l_g = g > 1e3 ? 1.0 / g : l - g;
    *slope = g1 == 0.0 ? -z : -z - g1 * l;
    *curvature = g1 == 0.0 ? -1.0 - g2 * l : -1.0 - g2 * l - g1 * g1 * l * l_g;
  }
  return -0.5 * z * z + attn_risk_log_phi(-g);
}

/* log P(low < Z < high) for 0 <= low < high, Z ~ N(0,1). */
static double log_between(double low, double high) {
  if (high - low > 0.1 / (1.0 + low)) {
    double l = attn_risk_log_phi(-low);
    return l + attn_risk_log_complement(attn_risk_log_phi(-high) - l);
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
    return attn_risk_log_phi(-z);
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
                    : attn_risk_log_phi(-exp(log_m - log(s)));
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
  double l = attn_risk_mills(g);
  *error += ROUNDING *
            (fabs(log_p) + l * (fabs(ratio * peak) +
                                m * (2.0 + fabs(log_m) + fabs(at.log_s) + fabs(sigma * peak))));
  if (!isfinite(*error))
    *error = log_p == -INFINITY ? 0.0 : INFINITY;
  return log_p;
}

attn_risk_result attn_risk_two(const attn_risk_input *input) {
  if (attn_risk_check(input, 2, 0.0) != NULL)
    return attn_risk_result_bad();
  const attn_risk_noise noise = attn_risk_noise_of(input);
  double log_wrong[2], log_right[2], error[2];
  for (int k = 0; k < 2; k++) {
    /* With the outer sign of class 2 taken in, an error is e^{m_p} m_v + e^b a < 0 for both. */
    double sign = k == 0 ? 1.0 : -1.0, m_v = sign * input->mv[k], kappa = sign * noise.kappa;
    double log_m = m_v == 0.0 ? -INFINITY : log(fabs(m_v)) + input->mp[k];
    double tail =
        attn_risk_two_tail(&error[k], log_m, noise.sigma, m_v < 0.0 ? -kappa : kappa, noise.s);
    double rest = m_v == 0.0 ? tail : attn_risk_log_complement(tail);
    log_wrong[k] = m_v < 0.0 ? rest : tail;
    log_right[k] = m_v < 0.0 ? tail : rest;
  }
  return attn_risk_result_of(log_wrong, log_right, error);
}

attn_risk_result attn_risk_log10(const attn_risk_input *input, size_t T) {
  return T == 2 ? attn_risk_two(input) : attn_risk_many(input, T, 0);
}

/* ---- shared ------------------------------------------------------------------------------------- */

attn_risk_noise attn_risk_noise_of(const attn_risk_input *input) {
  attn_risk_noise noise = {.sigma = sqrt(input->pp)};
  noise.kappa = input->pp > 0.0 ? input->vp / noise.sigma : 0.0;
  double residual2 = input->residual2;
  if (isnan(residual2))
    residual2 = fmax(0.0, input->vv - noise.kappa * noise.kappa);
  if (input->pp == 0.0)
    residual2 = input->vv;
  noise.s = sqrt(residual2);
  return noise;
}

double attn_risk_log10_clean(const double log10_class[2]) {
  return (attn_risk_log_sum(M_LN10 * log10_class[0], M_LN10 * log10_class[1]) - M_LN2) / M_LN10;
}

double attn_risk_log10_noisy(double log10_clean, double eta) {
  if (eta == 0.0)
    return log10_clean;
  return log10(eta) + log1p((1.0 - 2.0 * eta) / eta * exp(M_LN10 * log10_clean)) / M_LN10;
}

attn_risk_result attn_risk_result_of(const double log_wrong[2], const double log_right[2],
                                     const double error[2]) {
  attn_risk_result result = {.status = ATTN_RISK_OK};
  for (int k = 0; k < 2; k++) {
    result.log10_class[k] = log_wrong[k] / M_LN10;
    result.log10_right[k] = log_right[k] / M_LN10;
  }
  double wrong = attn_risk_log_sum(log_wrong[0], log_wrong[1]) - M_LN2;
  double right = attn_risk_log_sum(log_right[0], log_right[1]) - M_LN2;
  /* Near 1 the mean comes from the complements. */
  result.log10_clean = (right < -M_LN2 ? attn_risk_log_complement(right) : wrong) / M_LN10;
  /* error[k] belongs to the smaller side; d log_wrong = d log_right * right / wrong beyond 1/2. */
  double sum = 0.0;
  for (int k = 0; k < 2; k++) {
    double smaller = fmin(log_wrong[k], log_right[k]) - M_LN2;
    if (smaller > -INFINITY && error[k] > 0.0)
      sum += error[k] * exp(smaller - (right < -M_LN2 ? attn_risk_log_complement(right) : wrong));
  }
  result.error = sum / M_LN10;
  return result;
}

attn_risk_result attn_risk_result_bad(void) {
  return (attn_risk_result){.log10_class = {NAN, NAN},
                            .log10_right = {NAN, NAN},
                            .log10_clean = NAN,
                            .error = NAN,
                            .status = ATTN_RISK_BAD_INPUT};
}

const char *attn_risk_status_name(attn_risk_status status) {
  static const char *const names[] = {"ok", "uncertain", "bad input"};
  return names[status];
}

const char *attn_risk_check(const attn_risk_input *in, size_t T, double eta) {
  static _Thread_local char sentence[200];
  const double value[] = {in->mv[0], in->mv[1], in->mp[0], in->mp[1], in->vv, in->pp, in->vp};
  static const char *const name[] = {"mv[0]", "mv[1]", "mp[0]", "mp[1]", "vv", "pp", "vp"};
  if (T < 2) {
    snprintf(sentence, sizeof sentence,
             "T = %zu: a sample holds the signal and at least one noise token, so T >= 2", T);
    return sentence;
  }
  if (!(eta >= 0.0 && eta < 0.5)) {
    snprintf(sentence, sizeof sentence, "eta = %g: the label-flip rate must lie in [0, 0.5)", eta);
    return sentence;
  }
  for (size_t i = 0; i < sizeof value / sizeof *value; i++)
    if (!isfinite(value[i])) {
      snprintf(sentence, sizeof sentence, "%s = %g: the risk needs finite projections and norms",
               name[i], value[i]);
      return sentence;
    }
  for (size_t i = 4; i < 6; i++)
    if (value[i] < 0.0) {
      snprintf(sentence, sizeof sentence, "%s = %g: a squared norm cannot be negative", name[i],
               value[i]);
      return sentence;
    }
  double bound = sqrt(in->vv) * sqrt(in->pp);
  if (fabs(in->vp) > bound * (1.0 + SLACK)) {
    snprintf(sentence, sizeof sentence,
             "vp = %g: beyond sqrt(vv pp) = %g, so no two vectors have these inner products",
             in->vp, bound);
    return sentence;
  }
  if (!isnan(in->residual2) && !(in->residual2 >= 0.0 && in->residual2 <= in->vv * (1.0 + SLACK))) {
    snprintf(sentence, sizeof sentence,
             "residual2 = %g: the squared residual must lie in [0, vv = %g], or be NaN",
             in->residual2, in->vv);
    return sentence;
  }
  return NULL;
}
