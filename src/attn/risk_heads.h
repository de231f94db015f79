/* risk_heads: the population risk of a model with H heads and two tokens (theory.md, section 4, for
 * several heads).
 *
 * A fresh clean sample of class k has one noise token xi, which enters through a_h = xi . v_h and
 * b_h = xi . p_h: 2 H Gaussians of mean zero, whose covariance is the Gram matrix of the vectors'
 * parts orthogonal to both signals. With s_h = 1 / (1 + exp(m_ph - b_h)) the attention of head h on
 * the noise token, m_vh = mu_k . v_h and m_ph = mu_k . p_h,
 *
 *   f = sum_h (1 - s_h) m_vh + sum_h s_h a_h.
 *
 * Given b, f is Gaussian: a = A z + residual, b = B z with z ~ N(0, I_r), r <= H the rank of the p_h,
 * and the residual has covariance C. So, for class 1,
 *
 *   P(f < 0) = E Phi(-G(z)),
 *   G(z) = ( sum_h (1 - s_h) m_vh + s_h (A z)_h ) / sqrt( s' C s ),
 *
 * class 2 with the signs of all m_vh and of A turned. One head is attn_risk_two. */
#ifndef ATTN_RISK_HEADS_H
#define ATTN_RISK_HEADS_H

#include <stddef.h>

#include "risk_result.h"

enum {
  ATTN_RISK_HEADS_MOST = 32,   /* heads */
  ATTN_RISK_HEADS_POINTS = 512 /* points per repetition when nothing is said */
};

/* Rows in the order of a model's theta: v_1, p_1, v_2, p_2, ... */
typedef struct {
  size_t H;
  const double (*signal)[2]; /* [2 H][k] mu_k . v_1, mu_k . p_1, ... */
  const double *gram;        /* [2 H][2 H] inner products of the noise parts, symmetric */
} attn_risk_heads_input;

/* NULL if the risk is defined, else a sentence that names the offending value: 1 <= H <=
 * ATTN_RISK_HEADS_MOST, finite numbers, squared norms >= 0, and inner products that do not exceed the
 * product of the norms, up to rounding. The text stays until the thread's next call. */
const char *attn_risk_heads_check(const attn_risk_heads_input *input);

/* The integral is over r dimensions. Deep in the tail its mass lies near far points, the local
 * maxima of log phi(z) + log Phi(-G(z)). They are looked for by Newton's method along the directions
 * of the heads, between those, and along random ones. The integral is an average over a mixture of
 * Gaussians placed there and at the origin, which a small sample first mends (incremental mixture
 * importance sampling), in logarithms, by a Sobol sequence with 16 random shifts of a fixed seed:
 * equal input gives equal output. Of P(error) and P(no error) the smaller is sampled.
 *
 * points: sample size of each of the 16 repetitions; 0 means ATTN_RISK_HEADS_POINTS. result.error is
 * the standard error of log10_clean from the repetitions, whose multiples follow Student's t with 15
 * degrees of freedom; 0 where there is a closed form (all p_h without noise part). status is
 * ATTN_RISK_UNCERTAIN when few points carry the sum, and when no residual is left, C = 0, which is
 * computed as a small one. Equal heads (a Gram matrix of lower rank) are no special case. A maximum
 * that the search misses is not in the stated error. */
attn_risk_result attn_risk_heads(const attn_risk_heads_input *input, size_t points);

#endif
