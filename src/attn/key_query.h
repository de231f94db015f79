/* key_query: attention with full key-query weights, f(X) = v' X' S(X W q), where W (d x d), the query
 * q and, if asked for, v are trained. Neither W nor any token is touched: with B the rows mu_1, mu_2,
 * xi_1 ... xi_N (m = 2 + N vectors of R^d) and W_0 the start of W, gradient descent from q = 0 keeps
 *
 *   q = (B W_0)' a,   W = W_0 + B' A (B W_0),   v = B' c,
 *
 * with a, c of R^m and A of R^(m x m), because dL/d(Wq) = B'g is a sum of tokens, so that
 *
 *   dL/dW = B'g q'            a step moves A by a multiple of g a'
 *   dL/dq = W' B'g            and a by a multiple of g + A' G g,   G = B B'
 *   B W q = M a + G A M a     with M = (B W_0)(B W_0)'.
 *
 * So all that is needed of d-dimensional objects are two m x m matrices, and a step costs O(m^2).
 * With W_0 = I, M = G and W q = B'(a + A G a) is the vector p of the model without W.
 * Source: the model of arXiv 2409.17625 and of questions.md, 12; derivation in theory section 3b's
 * manner. */
#ifndef ATTN_KEY_QUERY_H
#define ATTN_KEY_QUERY_H

#include "data.h"
#include "risk_input.h"

typedef struct {
  size_t n, T, N, m;
  const double *G; /* [m][m] b_i . b_j, the caller's */
  const double *M; /* [m][m] (b_i W_0) . (b_j W_0), the caller's */
  double *v;       /* [m] c */
  double *q;       /* [m] a */
  double *A;       /* [m][m] */
  /* after forward: */
  double *score;  /* [2][m] b_j . v and b_j' W q */
  double *weight; /* [n][T] attention; the signal token comes first */
  double *f;      /* [n] outputs */
  /* after backward: derivatives by the scores of a basis vector */
  double *pull; /* [2][m] c and g of dL/dv = B'c and dL/d(Wq) = B'g */
  double *work; /* [2][m] and [4][T] */
} attn_key_query;

/* q = 0, W = W_0, v = 0 for n samples of T tokens out of N noise tokens. Memory: 8 m^2 bytes. */
attn_key_query *attn_key_query_alloc(size_t n, size_t T, size_t N, const double *G,
                                     const double *M);
void attn_key_query_free(attn_key_query *model);

/* q = 0, W = W_0, v = sum_i c_i b_i. */
void attn_key_query_start(attn_key_query *model, const double *c /* [m] */);

/* Scores, attention weights and outputs of all samples, of any layout. */
void attn_key_query_forward(attn_key_query *model, const attn_labels *labels);

/* pull from w_i = dL/df_i, after forward. */
void attn_key_query_backward(attn_key_query *model, const attn_labels *labels,
                             const double *w /* [n] */);

/* After backward: one step of gradient descent of size beta on W and q together and, if train_v, on
 * v. */
void attn_key_query_step(attn_key_query *model, double beta, bool train_v);

/* W q as W_0 (B W_0)' a + B' e: writes e = A M a. For W_0 = I the vector p = B'(a + e). */
void attn_key_query_tokens_part(double *e /* [m] */, const attn_key_query *model);

/* After forward: what the risk depends on for signals orthogonal to each other and to the noise, with
 * p = W q. The noise part of p has its part in the span of the noise tokens, whose inner products
 * with them are the scores h: |.|^2 = h' K^-1 h, K = R'R the noise part of G, R upper triangular. For
 * W_0 = I that is all. A Gaussian W_0 (entries N(0, 1/d)) takes y = W_0'B'a out of the span too, where
 * W_0 y is independent of all that training has seen, with squared length |y|^2 / d times a chi
 * square with d - m degrees of freedom: outside_d is that chi square over d, and 0 for W_0 = I. */
attn_risk_input attn_key_query_risk_input(attn_key_query *model, const double *R /* [N][N] */,
                                          double outside_d);

#endif
