#include "risk_limit.h"

#include <gsl/gsl_math.h>
#include <math.h>

#include "logconcave.h"
#include "logprob.h"

typedef struct {
  double others; /* N - 1 */
  double ratio;  /* kappa / s */
} largest;

/* L(z) = -z^2/2 + (N-1) log Phi(z) + log Phi(-r z); with l(g) = phi(g)/Phi(-g),
 * L' = -z + (N-1) l(-z) - r l(r z),  L'' = -1 - (N-1) l(-z) (l(-z) + z) - r^2 l(r z) (l(r z) - r z). */
static double largest_log_integrand(double *slope, double *curvature, double z,
                                    const void *params) {
  const largest *at = params;
  double g = at->ratio * z;
  if (slope != NULL) {
    double l1 = at->others > 0.0 ? attn_logprob_mills(-z) : 0.0, l2 = attn_logprob_mills(g);
    double gap1 = z < -1e3 ? -1.0 / z : l1 + z, gap2 = g > 1e3 ? 1.0 / g : l2 - g;
    *slope = -z + at->others * l1 - (at->ratio == 0.0 ? 0.0 : at->ratio * l2);
    *curvature = -1.0 - at->others * l1 * gap1 - at->ratio * at->ratio * l2 * gap2;
  }
  double others = at->others > 0.0 ? at->others * attn_logprob_phi(z) : 0.0;
  return -0.5 * z * z + others + attn_logprob_phi(-g);
}

/* log( 1 - Phi(x)^N ); far out, where Phi rounds to 1, it is log( N Phi(-x) ). */
static double log_above(double x, double N) {
  return x > 15.0 ? log(N) + attn_logprob_phi(-x)
                  : attn_logprob_complement(N * attn_logprob_phi(x));
}

/* log( Phi(b)^N - Phi(a)^N ) for a <= b: the largest of N lies in between. */
static double log_largest_between(double a, double b, double N) {
  double low = N * attn_logprob_phi(a), high = N * attn_logprob_phi(b);
  if (a > 1.0) { /* both near 1: from the upper tails */
    double log_low = log_above(a, N), log_high = log_above(b, N);
    return log_low + attn_logprob_complement(log_high - log_low);
  }
  return high + attn_logprob_complement(low - high);
}

/* log F(kappa) above. */
static double log_noise_wins(double *error, double h, double N, double kappa, double s) {
  *error = 1e-15;
  if (s == 0.0) { /* a = kappa z: wrong where kappa z < 0 */
    if (kappa == 0.0)
      return log_largest_between(h, INFINITY, N) - M_LN2;
    if (kappa < 0.0)
      return log_largest_between(fmax(h, 0.0), INFINITY, N);
    return h < 0.0 ? log_largest_between(h, 0.0, N) : -INFINITY;
  }
  largest at = {.others = N - 1.0, .ratio = kappa / s};
  double peak;
  double log_f = attn_logconcave_integral(error, &peak, largest_log_integrand, &at, h) + log(N) -
                 0.5 * log(2.0 * M_PI);
  *error += 1e-15 * (1.0 + fabs(log_f));
  return log_f;
}

attn_risk_result attn_risk_limit(const attn_risk_input *input, size_t T) {
  if (attn_risk_input_check(input, T, 0.0) != NULL)
    return attn_risk_result_bad();
  const attn_risk_noise noise = attn_risk_input_noise(input);
  const double N = (double)T - 1.0;
  double log_wrong[2], log_right[2], error[2];
  for (int k = 0; k < 2; k++) {
    double sign = k == 0 ? 1.0 : -1.0, m_v = sign * input->mv[k], kappa = sign * noise.kappa;
    double m_p = input->mp[k], log_signal, log_f[2], error_f[2] = {0.0, 0.0};
    if (noise.sigma > 0.0) {
      double h = m_p / noise.sigma;
      log_signal = N * attn_logprob_phi(h);
      log_f[0] = log_noise_wins(&error_f[0], h, N, kappa, noise.s);
      log_f[1] = log_noise_wins(&error_f[1], h, N, -kappa, noise.s);
    } else if (m_p != 0.0 || noise.s == 0.0) {
      /* p has no noise part: one kind of token wins, or f has the sign of m_v. */
      bool signal = m_p > 0.0 || (noise.s == 0.0 && m_p == 0.0);
      log_signal = signal ? 0.0 : -INFINITY;
      log_f[0] = log_f[1] = signal ? -INFINITY : -M_LN2;
    } else {
      /* p = 0 for this class: f = (m_v + sum of a) / T. */
      log_signal = -INFINITY;
      log_f[0] = attn_logprob_phi(-m_v / (noise.s * sqrt(N)));
      log_f[1] = attn_logprob_phi(m_v / (noise.s * sqrt(N)));
    }
    double share = m_v == 0.0 ? log_signal - M_LN2 : log_signal;
    log_wrong[k] = m_v <= 0.0 ? attn_logprob_sum(log_f[0], share) : log_f[0];
    log_right[k] = m_v >= 0.0 ? attn_logprob_sum(log_f[1], share) : log_f[1];
    error[k] = log_wrong[k] < log_right[k] ? error_f[0] : error_f[1];
    /* The larger side, to the precision of the smaller. */
    if (log_wrong[k] < -M_LN2)
      log_right[k] = attn_logprob_complement(log_wrong[k]);
    else
      log_wrong[k] = attn_logprob_complement(log_right[k]);
  }
  return attn_risk_result_of(log_wrong, log_right, error);
}
