/* transformer: L residual blocks of self-attention with H heads each, and the paper's head on top:
 *
 *   X^0     = X                                                  tokens of a sample, T x d
 *   A_lh    = row-softmax( X^l W_lh X^l' / sqrt(d) )             attention of a block's head, T x T
 *   X^{l+1} = X^l + sum_h A_lh X^l V_lh,  l = 0 ... L-1          W_lh, V_lh: d x d
 *   f(X)    = v' X^L' S(X^L p)                                   v, p in R^d
 *
 * No normalisation, no MLP, no mask. W is the product of key and query weights, V of value and
 * output weights, at full rank. L = 0 is the paper's model on dense tokens.
 *
 * Units: a noise token has length sqrt(d). With entries N(0, s^2/d), x V has length s |x|, and the
 * factor 1/sqrt(d) makes a noise token's scores x W x' / sqrt(d) of size s; a signal's are smaller
 * by |mu| / |x| = kappa / sqrt(n). It also makes a step on W change scores as much as one on p does:
 * both by the step size times |x|^2 = d, times derivatives by scores.
 *
 * What moves when. dL/dW_lh needs V_lh and the gradient of X^{l+1}; dL/dV_lh and dL/dp need v or p:
 *   v = 0, p = 0      the first step moves v alone, whatever W and V are
 *   V_lh = 0          X^{l+1} does not depend on A_lh, so dL/dW_lh = 0 until V_lh has moved; from v =
 *                     p = V = W = 0 v moves in step 1, p and V in step 2, W in step 3
 *   W_lh = 0          no saddle: A_lh is uniform, and dL/dW_lh is not 0 where V_lh is not
 * V moves slowly from there: a step on V changes f by |v|^2 d, one on v by d, and |v| is small. */
#ifndef ATTN_TRANSFORMER_H
#define ATTN_TRANSFORMER_H

#include <gsl/gsl_rng.h>

#include "data.h"
#include "tokens.h"

typedef struct {
  size_t T, d, L, H;
  size_t size;   /* of theta and grad: 2 d + 2 L H d^2 */
  double *theta; /* v, p, then block after block; see below */
  double *grad;  /* dL/dtheta, after backward */
} attn_transformer;

/* All parameters zero. Fails with a sentence for T, d or H = 0; H counts for nothing when L = 0.
 * Memory: 32 L H d^2 bytes. */
attn_transformer *attn_transformer_alloc(size_t T, size_t d, size_t L, size_t H);
void attn_transformer_free(attn_transformer *model);

/* Block l as one matrix, so that its products are one call each: row a of its d rows is row a of
 * W_l1, V_l1, W_l2, V_l2, ... side by side. in: theta or grad of the model. */
static inline double *attn_transformer_block(const attn_transformer *model, double *in, size_t l) {
  return in + 2 * model->d + l * model->d * 2 * model->H * model->d; /* [d][2 H d] */
}

/* v = p = 0, and blocks with independent entries: W of variance score^2/d, V of variance value^2/d.
 * The same stream with other sizes gives multiples of the same matrices; deeper models begin with
 * the blocks of shallower ones. */
void attn_transformer_start(attn_transformer *model, double score, double value, gsl_rng *rng);

/* n samples on their way through a model of this shape. */
typedef struct {
  size_t n;
  attn_transformer shape; /* sizes only */
  double *x;              /* [L+1][n][T][d] X^0, the caller's to fill; after forward X^1 ... X^L */
  /* after forward: */
  double *attention; /* [L][H][n][T][T] A_lh */
  double *weight;    /* [n][T] S(X^L p) */
  double *f;         /* [n] */
  double *score;     /* [v, p][n][T] */
  double *product;   /* [L][n][T][2 H d] X^l (W | V) of all heads */
  /* of backward; NULL for attn_transformer_pass_alloc_forward: */
  double *dscore;   /* [v, p][n][T] */
  double *dx;       /* [2][n][T][d] dL/dX^{l+1}, dL/dX^l */
  double *dproduct; /* [n][T][2 H d] dL/d(X^l (W | V)) of all heads */
} attn_transformer_pass;

/* Memory: 8 n T d (L + 1 + 2 L H) bytes, and 16 n T d (1 + H) for backward. */
attn_transformer_pass *attn_transformer_pass_alloc(const attn_transformer *model, size_t n);
/* For samples that are not trained on. */
attn_transformer_pass *attn_transformer_pass_alloc_forward(const attn_transformer *model, size_t n);
void attn_transformer_pass_free(attn_transformer_pass *pass);

/* X^0 from dense tokens in the labels' layout; coordinates are those of dense parameter vectors: the
 * signals' directions first. Fails with a sentence for tokens that are not dense or of other sizes. */
void attn_transformer_pass_fill(attn_transformer_pass *pass, const attn_tokens *tokens,
                                const attn_labels *labels);

/* Attention and outputs of all samples. Cost: 4 L H n T d^2 operations. Fails with a sentence for a
 * model of another shape, as backward does. */
void attn_transformer_forward(attn_transformer_pass *pass, const attn_transformer *model);

/* model->grad from w_i = dL/df_i, after forward. Cost: (8 L - 4) H n T d^2 operations. */
void attn_transformer_backward(attn_transformer *model, attn_transformer_pass *pass,
                               const double *w /* [n] */);

#endif
