/* risk_input: all that the population risk depends on. */
#ifndef ATTN_RISK_INPUT_H
#define ATTN_RISK_INPUT_H

#include <stddef.h>

/* Units are those of v . x and p . x (pure numbers). */
typedef struct {
  double mv[2];     /* mu_k . v for the classes k = 1, 2 */
  double mp[2];     /* mu_k . p */
  double vv;        /* |v_noise|^2, the noise part of v */
  double pp;        /* |p_noise|^2 */
  double vp;        /* <v_noise, p_noise> */
  double residual2; /* |v_noise - (vp/pp) p_noise|^2, which vv - vp^2/pp would lose to cancellation
                       when v and p are nearly parallel; NaN: take that difference, at least 0 */
} attn_risk_input;

/* NULL if the risk is defined, else a sentence that names the offending value: T >= 2, eta in
 * [0, 1/2), finite m_v, m_p, vp, vv >= 0, pp >= 0, vp^2 <= vv pp up to rounding, residual2 in
 * [0, vv] up to rounding or NaN. The text stays until the thread's next call. */
const char *attn_risk_input_check(const attn_risk_input *input, size_t T, double eta);

/* The noise part of a score, b = sigma z, and of a value given it, a = kappa z + s w, z and w
 * independent N(0,1): sigma = sqrt(pp), kappa = vp / sigma, s^2 = residual2. */
typedef struct {
  double sigma, kappa, s;
} attn_risk_noise;
attn_risk_noise attn_risk_input_noise(const attn_risk_input *input);

#endif
