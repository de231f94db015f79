/* model: the single-head attention model f(X; v, p) = v' X' S(X p) (paper section 2), its forward
 * and backward pass over tokens of any geometry; and with it H heads,
 *
 *   f(X) = sum_h v_h' X' S(X p_h),
 *
 * and other maps S than softmax (attention_kinds.h). One head with softmax is the default. */
#ifndef ATTN_MODEL_H
#define ATTN_MODEL_H

#include "attention_kinds.h"
#include "data.h"
#include "tokens.h"

enum { ATTN_V = 0, ATTN_P = 1 }; /* the rows of theta; those of head h are 2 h later */

typedef struct {
  size_t n, T, N, dim;
  size_t H;                 /* heads */
  attn_attention attention; /* softmax, unless the caller sets another */
  double *theta;            /* [2 H][dim] v_1, p_1, v_2, p_2, ... */
  double *grad;             /* [2 H][dim] dL/dv_1, dL/dp_1, ..., after backward */
  /* after forward: */
  double (*signal)[2]; /* [2 H][k] mu_k . v_1, mu_k . p_1, ... */
  double *noise;       /* [2 H][N] xi_j . v_1, xi_j . p_1, ... */
  double *weight;      /* [H][n][T] attention; the signal token comes first (data.h, layout.h) */
  double *f_head;      /* [H][n] v_h' X' S(X p_h) */
  double *f;           /* [n] outputs */
  /* of backward: */
  double (*pull_signal)[2]; /* [2 H][k] dL/d(mu_k . v_1), ... */
  double *pull;             /* [2 H][N] dL/d(xi_j . v_1), dL/d(xi_j . p_1), ... */
  double *row;              /* [5][T] one sample's scores and derivatives */
} attn_model;

/* A model with v = p = 0 for tokens of this geometry and N / (T - 1) samples of T tokens.
 * Memory: (2 N + n T + n + 2 N + 4 dim) doubles. */
attn_model *attn_model_alloc(const attn_tokens *tokens, size_t T);

/* The same for n samples, whose labels have a layout: forward and backward fail with a sentence for
 * labels of other sizes. */
attn_model *attn_model_alloc_samples(const attn_tokens *tokens, size_t n, size_t T);

/* The same with H >= 1 heads. Memory and time are H times those of one head; tokens are read once for
 * all. Heads that start equal stay equal: they need a random start to differ. */
attn_model *attn_model_alloc_heads(const attn_tokens *tokens, size_t n, size_t T, size_t H);
void attn_model_free(attn_model *model);

/* v_h = p_h = 0 */
void attn_model_zero(attn_model *model);

/* One head's v and p as multiples of the tokens: v = sum_k v_k mu_k + sum_j v_{2+j} xi_j, and likewise p. */
void attn_model_set(attn_model *model, attn_tokens *tokens, const double *v /* [2 + N] */,
                    const double *p /* [2 + N] */);

/* Scores, attention weights and outputs of all samples. */
void attn_model_forward(attn_model *model, attn_tokens *tokens, const attn_labels *labels);

/* grad from w_i = dL/df_i, after forward; for each head
 *   dL/dv = sum_i w_i sum_t s_it x_it
 *   dL/dp = sum_i w_i sum_t s_it (g_it - f_i) x_it
 * with the head's own f_i, or, for another attention, the transposed Jacobian of S in place of the
 * softmax's. */
void attn_model_backward(attn_model *model, attn_tokens *tokens, const attn_labels *labels,
                         const double *w /* [n] */);

#endif
