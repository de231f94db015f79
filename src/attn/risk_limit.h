/* risk_limit: the risk when |p| grows without bound along its direction, so that the token with the
 * largest score b gets all the attention (theory.md, section 4). */
#ifndef ATTN_RISK_LIMIT_H
#define ATTN_RISK_LIMIT_H

#include "risk_input.h"
#include "risk_result.h"

/* The input's p is a direction: only m_p / sqrt(pp) and vp / sqrt(pp) matter. With h = m_p / sigma,
 * N = T - 1 noise tokens and a = kappa z + s w at the token with the largest score z,
 *
 *   P(error | class 1) = F(kappa) + P(max z < h) ( 1[m_v < 0] + 1[m_v = 0] / 2 ),
 *   F(kappa) = P(max z > h, a < 0) = integral_h^inf N phi(z) Phi(z)^(N-1) Phi(-kappa z / s) dz,
 *
 * class 2 with m_v and kappa turned. The log-integrand is concave. P(max z < h) + F(kappa) +
 * F(-kappa) = 1, so both sides are sums of positive terms.
 *
 * Ties. pp = 0: m_p > 0 leaves the signal token alone, m_p < 0 leaves all noise tokens with equal
 * weight (risk 1/2), and m_p = 0 is uniform attention for every |p|. m_v = 0 gives f = 0 whenever
 * the signal token wins, counted 1/2; at finite |p| the noise would decide, so the limit of the
 * risk and the risk of the limit differ there for T > 2 or kappa != 0. */
attn_risk_result attn_risk_limit(const attn_risk_input *input, size_t T);

#endif
