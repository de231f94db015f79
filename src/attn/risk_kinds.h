/* risk_kinds: the risk of risk.h for any attention of attention_kinds.h, also those whose weights
 * have kinks (sparsemax), jumps (hard) or signs (linear). */
#ifndef ATTN_RISK_KINDS_H
#define ATTN_RISK_KINDS_H

#include <gsl/gsl_rng.h>

#include "attention_kinds.h"
#include "risk_input.h"
#include "risk_result.h"

/* T = 2, one fresh sample: the signal's score is m_p and the noise token's sigma z, sigma = sqrt(pp),
 * so its weights are s(m_p, sigma z), and given z the output is Gaussian:
 *
 *   P(error) = integral phi(z) Phi( -( s_1 m_v + s_2 kappa z ) / ( |s_2| s ) ) dz,
 *
 * class 1, kappa = vp / sigma and s^2 = residual2 as in risk.h; class 2 with the signs of m_v and
 * kappa flipped. Where s_2 s = 0 the sign of s_1 m_v + s_2 kappa z decides, and 0 counts one half.
 *
 * The logarithm of the integrand is at most -z^2/2, so all that matters lies within
 * z^2/2 <= 45 - (its largest value); that part, cut where the kind has kinks, jumps or a zero of s_2,
 * is integrated by bisection with Gauss-Kronrod rules whose sums are kept as logarithms. Both P(error)
 * and P(no error) are computed so. result.error bounds the rules' differences, the part cut off and
 * the rounding of the integrand; status is ATTN_RISK_UNCERTAIN where it exceeds 1e-6. */
attn_risk_result attn_risk_kinds_two(const attn_risk_input *input, const attn_attention *attention);

/* Any T >= 2, for risks that a sample can see: the mean of P(error | b_2 ... b_T) over so many draws
 * of the noise tokens' scores, the same for both classes. log10_right comes from the same draws.
 * result.error is the standard error of log10_clean; status is ATTN_RISK_UNCERTAIN where it exceeds
 * 0.1. */
attn_risk_result attn_risk_kinds_sampled(const attn_risk_input *input,
                                         const attn_attention *attention, size_t T, size_t draws,
                                         gsl_rng *rng);

#endif
