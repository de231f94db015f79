/* mean_field: gradient descent from a random start on an ideal draw of infinitely many samples, as a
 * prediction (theory section 6b; with a zero start it is recursion). T = 2, orthogonal noise of squared
 * length d, balanced classes. A sample's noise token scores N(0, size_v^2) in v and N(0, size_p^2) in
 * p at the start, independently; its signal's scores are smaller by kappa / sqrt(n) and left out. What
 * samples share, v . mu and p . mu, is an average over all of them; given that, each goes its own way,
 * which depends on its first two scores alone. So training is a recursion on a grid of first scores. */
#ifndef ATTN_MEAN_FIELD_H
#define ATTN_MEAN_FIELD_H

#include "data.h"
#include "risk_input.h"

enum { ATTN_CLEAN = 0, ATTN_NOISY = 1 };

typedef struct {
  attn_data_param param;
  double size[2];               /* [v, p] lengths of the start */
  size_t grid, points[2];       /* points along each axis: grid, or 1 where the size is 0 */
  double v_mu, p_mu;            /* mu_1 . v = -mu_2 . v, and mu_k . p */
  double *z;                    /* [grid] first scores in units of the sizes */
  double *mass;                 /* [grid] their normal weights, of sum 1 */
  double *v_xi[2], *p_xi[2];    /* [clean, noisy][points[0]][points[1]] y_i xi_i . v, xi_i . p */
  double *margin[2], *share[2]; /* y_i f_i, and the attention on the signal token */
} attn_mean_field;

/* grid: points along an axis, even, so that none is at 0; 120 resolve sizes up to about 5. Averages
 * converge faster than any power of the points' distance; chances, where the margin changes sign
 * along v_0 while p_0 is random too, in proportion to it. */
attn_mean_field *attn_mean_field_alloc(size_t grid);
void attn_mean_field_free(attn_mean_field *mean_field);

/* Fails for T > 2. */
void attn_mean_field_start(attn_mean_field *mean_field, const attn_data_param *param, double size_v,
                           double size_p);
/* One step of gradient descent of size beta. */
void attn_mean_field_step(attn_mean_field *mean_field, double beta);

/* Over samples of a kind, ATTN_CLEAN or ATTN_NOISY: the mean attention on the signal, and the chance
 * that one is not fitted. */
double attn_mean_field_attention(const attn_mean_field *mean_field, size_t kind);
double attn_mean_field_unfitted(const attn_mean_field *mean_field, size_t kind);

/* The chance that all of param.n samples are fitted. */
double attn_mean_field_fitted(const attn_mean_field *mean_field);

/* For v_0 orthogonal to p_0. */
attn_risk_input attn_mean_field_risk_input(const attn_mean_field *mean_field);
double attn_mean_field_log10_risk(const attn_mean_field *mean_field);

#endif
