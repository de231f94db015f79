/* model: the single-head attention model f(X; v, p) = v' X' S(X p) (paper section 2), its forward
 * and backward pass over tokens of any geometry. */
#ifndef ATTN_MODEL_H
#define ATTN_MODEL_H

#include "data.h"
#include "tokens.h"

enum { ATTN_V = 0, ATTN_P = 1 }; /* the rows of theta */

typedef struct {
  size_t n, T, N, dim;
  double *theta; /* [2][dim] v, p */
  double *grad;  /* [2][dim] dL/dv, dL/dp, after backward */
  /* after forward: */
  double signal[2][2]; /* [v, p][k] mu_k . v, mu_k . p */
  double *noise;       /* [2][N] xi_j . v, xi_j . p */
  double *weight;      /* [n][T] attention; the signal token comes first (data.h, layout.h) */
  double *f;           /* [n] outputs */
  /* of backward: */
  double *pull; /* [2][N] dL/d(xi_j . v), dL/d(xi_j . p) */
  double *row;  /* [4][T] one sample's scores and derivatives */
} attn_model;

/* A model with v = p = 0 for tokens of this geometry and N / (T - 1) samples of T tokens.
 * Memory: (2 N + n T + n + 2 N + 4 dim) doubles. */
attn_model *attn_model_alloc(const attn_tokens *tokens, size_t T);

/* The same for n samples, whose labels have a layout: forward and backward fail with a sentence for
 * labels of other sizes. */
attn_model *attn_model_alloc_samples(const attn_tokens *tokens, size_t n, size_t T);
void attn_model_free(attn_model *model);

/* v = p = 0 */
void attn_model_zero(attn_model *model);

/* v and p as multiples of the tokens: v = sum_k v_k mu_k + sum_j v_{2+j} xi_j, and likewise p. */
void attn_model_set(attn_model *model, attn_tokens *tokens, const double *v /* [2 + N] */,
                    const double *p /* [2 + N] */);

/* Scores, attention weights and outputs of all samples. */
void attn_model_forward(attn_model *model, attn_tokens *tokens, const attn_labels *labels);

/* grad from w_i = dL/df_i, after forward:
 *   dL/dv = sum_i w_i sum_t s_it x_it
 *   dL/dp = sum_i w_i sum_t s_it (g_it - f_i) x_it */
void attn_model_backward(attn_model *model, attn_tokens *tokens, const attn_labels *labels,
                         const double *w /* [n] */);

#endif
