/* self_attention: every token asks, and the outputs are averaged:
 *
 *   f(X) = v' (1/T) sum_t X' S(X W x_t / sqrt(d)),   W (d x d) and v from zero.
 *
 * The scores are divided by sqrt(d), the length of a token, as in a transformer. Neither W nor any
 * token is touched: with B the rows mu_1, mu_2, xi_1 ... xi_N (m = 2 + N vectors) and G = B B',
 *
 *   dL/dW = B'P B / sqrt(d),   P_ab = sum_i w_i (1/T) sum_{t,u} s_itu (g_iu - f_it) [x_iu = b_a, x_it = b_b],
 *
 * where s_itu is the attention that query t of sample i pays to token u, g_iu = x_iu . v and f_it =
 * sum_u s_itu g_iu. So W = B'A B / sqrt(d) with A(a, b) zero unless a and b are tokens of one sample,
 * and the scores that a step needs are entries of G A G / d. With Y = A G a step costs 4 n T^2 m
 * operations, and d enters by the law of G alone.
 * Source: questions.md, 12; derivation in the manner of theory section 3b. */
#ifndef ATTN_SELF_ATTENTION_H
#define ATTN_SELF_ATTENTION_H

#include <gsl/gsl_rng.h>

#include "data.h"

typedef struct {
  size_t n, T, N, m, d;
  const double *G; /* [m][m] b_i . b_j, the caller's */
  double *v;       /* [m] v = sum_a v_a b_a */
  double *A;       /* [n][T][T] A = sum_i A_i, A_i[u][t] at (token u, token t) of sample i */
  double *Y;       /* [2][m][m] A G, and after forward its transpose */
  /* after forward: */
  double *score_v; /* [m] b_a . v */
  double *weight;  /* [n][T][T] s_itu at [i][t][u]; the signal token comes first */
  double *f;       /* [n] outputs */
  double *work;    /* [4][T] */
} attn_self_attention;

/* W = 0, v = 0. The samples are laid out as in the paper. Memory: 16 m^2 bytes besides G. */
attn_self_attention *attn_self_attention_alloc(size_t n, size_t T, size_t d, const double *G);
void attn_self_attention_free(attn_self_attention *model);

/* W = 0, v = 0 again, after a change of G for one. */
void attn_self_attention_zero(attn_self_attention *model);

/* Scores, attention weights and outputs of all samples. Fails with a sentence for labels of other
 * sizes or another layout than the paper's. */
void attn_self_attention_forward(attn_self_attention *model, const attn_labels *labels);

/* After forward: one step of gradient descent of size beta on W and v together, from w_i = dL/df_i. */
void attn_self_attention_step(attn_self_attention *model, const attn_labels *labels,
                              const double *w /* [n] */, double beta);

/* How many of so many fresh clean samples are wrong; a tie counts one half, and classes take turns.
 * Their noise tokens meet W and v only through their inner products with B, which are Gaussian with
 * covariance G: a test set, exact in law at any d. R is the upper Cholesky factor of G's noise part,
 * R'R with zeros below the diagonal. attention, if not NULL, receives the mean attention on the signal
 * of the signal's query and of noise tokens' queries. Cost for each sample: 2 N^2 (T - 1) + 2 n T^4 operations. */
double attn_self_attention_errors(double *attention /* [2] */, const attn_self_attention *model,
                                  const attn_labels *labels, const double *R /* [N][N] */,
                                  size_t samples, gsl_rng *rng);

#endif
