/* risk_modes: where the T > 2 risk integrand phi(z) Phi(-G(z)) of risk_many.h has its mass. */
#ifndef ATTN_RISK_MODES_H
#define ATTN_RISK_MODES_H

#include "base.h"

/* One class's integrand: sign = sign of m_v, log_m = m_p + log |m_v|, N = T - 1. */
typedef struct {
  double sign, log_m, sigma, kappa, s;
  size_t N;
} attn_risk_integrand;

/* L(z) = -|z|^2/2 - (N/2) log(2 pi) + log Phi(-G(z)), G as in risk_many.h. */
double attn_risk_integrand_log(const attn_risk_integrand *f, const double *z /* [N] */);

/* A Gaussian in R^N, invariant under permutations within two groups of tokens: count[0] tokens with
 * mean mean[0] and count[1] = N - count[0] (possibly none) with mean mean[1]; its precision matrix
 * is diagonal[g] on the diagonal of group g plus coupling[g][h] between any two tokens of groups g
 * and h (a token with itself included). */
typedef struct {
  size_t count[2];
  double mean[2], diagonal[2], coupling[2][2];
  double height;   /* L at the mean */
  double log_mass; /* Laplace's estimate of log of the integral, times the size of the orbit */
} attn_risk_mode;

/* Local maxima of L, one per orbit under permutations, largest Laplace mass first; at most room.
 * Returns their number, at least 1. */
size_t attn_risk_modes_find(attn_risk_mode *modes /* [room] */, size_t room,
                            const attn_risk_integrand *f);

/* The 2 x 2 precision of (sqrt(n_0) mean of group 0, sqrt(n_1) mean of group 1), and log det of the
 * whole precision matrix. */
double attn_risk_mode_precision(double P[2][2], const attn_risk_mode *mode);

/* log binomial(N, k): the size of the orbit of k tokens among N. */
double attn_risk_log_choose(size_t N, size_t k);

#endif
