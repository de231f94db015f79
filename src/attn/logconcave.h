/* logconcave: the logarithm of the integral of exp(L) for a concave L, however small the integral.
 *
 * A concave L has one peak, and on each side of it L lies above its chord; so the part of the line
 * that matters can be found by a bracket and two walks outwards, and no mass hides elsewhere. */
#ifndef ATTN_LOGCONCAVE_H
#define ATTN_LOGCONCAVE_H

#include "base.h"

/* L(z) and, where the pointers are not NULL, L'(z) and L''(z). Where exp(L) vanishes, L may be
 * -infinity, but slope must still point towards the support (any magnitude, +-infinity allowed). */
typedef double attn_logconcave(double *slope, double *curvature, double z, const void *params);

/* log integral_{low}^{infinity} exp(L(z)) dz, for concave L with L'' < 0 in the tails.
 *
 * low: a number or -INFINITY. *error receives an absolute error of the returned logarithm: the
 * quadrature's estimate plus the part cut off (below 1e-14); the rounding of L itself is the
 * caller's to add. *peak, if not NULL, receives where L is largest. Returns -INFINITY when exp(L)
 * is zero everywhere that a double can reach. */
double attn_logconcave_integral(double *error, double *peak, attn_logconcave *L, const void *params,
                                double low);

#endif
