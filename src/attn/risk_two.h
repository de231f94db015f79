/* risk_two: the population risk for T = 2 (risk.h), one quadrature per class. */
#ifndef ATTN_RISK_TWO_H
#define ATTN_RISK_TWO_H

#include "risk_input.h"
#include "risk_result.h"

/* T = 2, one quadrature per class (theory.md, section 4). With b = sigma z, sigma = sqrt(pp),
 * kappa = vp / sigma, s^2 = residual2, class 1:
 *
 *   P(f < 0) = integral phi(z) Phi( -( exp(m_p - sigma z) m_v + kappa z ) / s ) dz,
 *
 * class 2 with the signs of m_v and kappa flipped. f = 0 counts 1/2, so m_v = 0 has risk 1/2.
 * For m_v >= 0 the logarithm of the integrand is concave. For m_v < 0 that holds for P(f > 0),
 * which is the same expression at (-m_v, -kappa) and at most 1/2; the risk is one minus it. So
 * there is one peak to find whatever the signs. pp = 0 and s = 0 have closed forms. */
attn_risk_result attn_risk_two(const attn_risk_input *input);

/* The quadrature behind attn_risk_two, as a natural logarithm, for one class and m_v = exp(log_m -
 * m_p) >= 0: log P( exp(log_m - sigma z) + kappa z + s w < 0 ), z and w independent N(0,1);
 * log_m may be -infinity; sigma, s >= 0. *error: absolute error of the logarithm. */
double attn_risk_two_tail(double *error, double log_m, double sigma, double kappa, double s);

#endif
