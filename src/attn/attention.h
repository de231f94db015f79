/* attention: softmax attention of one sample, its output and its derivatives (theory section 2). */
#ifndef ATTN_ATTENTION_H
#define ATTN_ATTENTION_H

#include <stddef.h>

/* s = softmax(b), f = sum_t s_t g_t, where b_t = x_t . p and g_t = x_t . v. Returns f. Any finite
 * b is safe: the largest is subtracted before exp. */
double attn_attention_forward(double *s /* [T] */, const double *b /* [T] */,
                              const double *g /* [T] */, size_t T);

/* For a loss with dL/df = w:
 *   dL/dg_t = w s_t,   dL/db_t = w s_t (g_t - f),
 * the second being the softmax Jacobian diag(s) - s s' contracted with g. */
void attn_attention_backward(double *dg /* [T] */, double *db /* [T] */, const double *s /* [T] */,
                             const double *g /* [T] */, double f, double w, size_t T);

#endif
