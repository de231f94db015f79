/* risk_many: the risk for T > 2 tokens, by importance sampling at the modes (theory.md, section 4). */
#ifndef ATTN_RISK_MANY_H
#define ATTN_RISK_MANY_H

#include "risk_input.h"
#include "risk_result.h"

/* Points per repetition when nothing is said. */
enum { ATTN_RISK_POINTS = 1024 };

/* N = T - 1 noise tokens with scores sigma z_t. Given all z, sum_t e^{b_t} a_t is one Gaussian, so
 *
 *   P(f < 0) = E Phi(-G(z)),  G = ( e^{m_p} m_v + kappa sum_t e^{sigma z_t} z_t )
 *                                 / ( s sqrt(sum_t e^{2 sigma z_t}) ),   z ~ N(0, I_N).
 *
 * Deep in the tail all of it comes from neighbourhoods of far points, the modes of
 * phi(z) Phi(-G(z)), which come in orbits under permutation of tokens: m tokens at one value and
 * N - m at another. They are found by Newton's method in those two values, and the integral is an
 * average over a mixture of Gaussians placed there and symmetrised, in logarithms, by a Sobol
 * sequence with 16 random shifts (pseudo-random batches for N > 40). The shifts come from a fixed
 * seed, so equal input gives equal output. Of P(error) and P(no error) the smaller is sampled.
 *
 * points: sample size of each of the 16 repetitions; 0 means ATTN_RISK_POINTS. result.error is the
 * standard error of log10_clean from the repetitions; status is ATTN_RISK_UNCERTAIN when few points
 * carry the sum, for one class at least. By default both classes take some 10 ms at T = 3, 50 at 41.
 * T = 2 is allowed (and a test of this function). s = 0 is computed as s = |kappa| / 1000,
 * status uncertain, unless the risk is exactly 0 or 1. */
attn_risk_result attn_risk_many(const attn_risk_input *input, size_t T, size_t points);

/* Natural logarithm of the probability above for one class, sign = sign of m_v, log_m = m_p +
 * log |m_v| (-infinity for m_v = 0), with its standard error. */
double attn_risk_many_tail(double *error, attn_risk_status *status, double sign, double log_m,
                           double sigma, double kappa, double s, size_t N, size_t points);

#endif
