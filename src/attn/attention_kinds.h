/* attention_kinds: other ways than softmax from scores b to attention weights s, behind one
 * interface. The output is always f = sum_t s_t g_t with b_t = x_t . p and g_t = x_t . v, so a kind is
 * its weights s(b) and the transposed product with its Jacobian, and whatever kind, v and p stay in
 * the span of the tokens. Equal scores give s_t = 1/T for every kind: all start where softmax does,
 * and the step sizes of theory section 6b keep their meaning.
 *
 *   softmax     s_t = exp(b_t) / sum exp(b)
 *   linear      s_t = (1 + b_t - mean b) / T, the softmax's first order at equal scores; negative
 *               weights are possible
 *   local       softmax within each of the windows of so many consecutive tokens; a window's share of
 *               the output is its share of the tokens
 *   sigmoid     s_t = 1 / (1 + (T - 1) exp(-b_t)); the weights need not sum to one
 *   sparsemax   the point of the simplex nearest to b: weights may be exactly zero
 *   hard        the token of the largest score, shared by ties; its derivative is zero, so the
 *               backward pass takes softmax's in its place (straight-through estimator)
 */
#ifndef ATTN_ATTENTION_KINDS_H
#define ATTN_ATTENTION_KINDS_H

#include <stddef.h>

typedef enum {
  ATTN_SOFTMAX,
  ATTN_LINEAR,
  ATTN_LOCAL,
  ATTN_SIGMOID,
  ATTN_SPARSEMAX,
  ATTN_HARD
} attn_attention_kind;

/* The kinds' names in configurations and on command lines. */
#define ATTN_ATTENTION_WORDS "softmax|linear|local|sigmoid|sparsemax|hard"
attn_attention_kind attn_attention_kind_of(const char *word);

typedef struct {
  attn_attention_kind kind;
  size_t window; /* local: tokens per window, at least 1; the last may have fewer */
} attn_attention;

/* s(b) for finite scores. */
void attn_attention_weights(double *s /* [T] */, const double *b /* [T] */, size_t T,
                            const attn_attention *attention);

/* db = J(b)' r with J = ds/db, at s = s(b). For f = sum_t s_t g_t and dL/df = w, r = w g gives
 * dL/db. Where sparsemax has a kink, that of the support at hand. */
void attn_attention_pull(double *db /* [T] */, const double *r /* [T] */, const double *s /* [T] */,
                         const double *b /* [T] */, size_t T, const attn_attention *attention);

#endif
