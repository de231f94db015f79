/* interpolator: max-margin and min-norm interpolators at finite |p| (learning rule (4.1) of the
 * paper; theory section 5). The limit |p| -> infinity is in maxmargin.
 *
 *   max-margin   maximise min_i y_i f(X_i; v, p)   over |v| <= 1, |p| = R
 *   min-norm     minimise |v|^2 + nu |p|^2         subject to y_i f(X_i; v, p) >= 1
 *
 * The margin is linear in |v|, and for a given p the best v is a support vector machine on the
 * attended features r_i = sum_t s_it x_it, s_i = softmax of the scores x_it . p. So both are
 * problems in p alone, with V(p) = 1 / (2 margin(p)^2) = the optimum of min |v|^2 / 2:
 *
 *   minimise V(p) over |p| = R,          minimise V(p) + nu |p|^2 / 2.
 *
 * By the envelope theorem, with the multipliers a of the support vector machine,
 *
 *   dV/dp = - sum_i a_i h_i,   h_i = y_i sum_t s_it (g_it - f_i) x_it,   g_it = x_it . v.
 *
 * V is not convex in p, and where attention saturates a is hardly unique and V has kinks. So a step
 * linearises the margins in v and p together and solves for both with a penalty on the step,
 *
 *   min |w|^2 / 2 + tau |q|^2 / 2   subject to   y_i r_i . w + h_i . q >= 1   for all i
 *
 * (the prox-linear method), which is again a support vector machine, with K_ij + h_i . h_j / tau. It
 * reaches a local optimum; which one depends on the start, and the programs report that.
 *
 * Everything lives in the span of the tokens: v and p are multiples of mu_1, mu_2, xi_1 ... xi_N. */
#ifndef ATTN_INTERPOLATOR_H
#define ATTN_INTERPOLATOR_H

#include <gsl/gsl_rng.h>

#include "maxmargin.h"

typedef enum {
  ATTN_INTERPOLATOR_OK,         /* stationary up to ATTN_INTERPOLATOR_SINE */
  ATTN_INTERPOLATOR_FLAT,       /* not so, but no step improves the objective by more than its
                                   rounding error: attention saturates, or (min-norm) |p| is tiny */
  ATTN_INTERPOLATOR_INFEASIBLE, /* no v fits all labels with the attention of the start, or with
                                   so small a margin (1e-7 of a token's length) that it might be 0 */
  ATTN_INTERPOLATOR_LIMIT,      /* stopped after ATTN_INTERPOLATOR_STEPS steps */
} attn_interpolator_status;

#define ATTN_INTERPOLATOR_SINE 1e-5
enum { ATTN_INTERPOLATOR_STEPS = 500 };

/* A word for a table: "stationary", "flat", "infeasible", "limit". */
const char *attn_interpolator_status_name(attn_interpolator_status status);

/* sine tells how far p is from first-order optimality, given multipliers a' of the support vector
 * machine at p whose duality gap is sine_gap: the sine of the angle between p and dV/dp for
 * max-margin, |nu p + dV/dp| / (nu |p|) for min-norm. multiplier is (-dV/dp) . p / |p|^2, with a' too:
 * the nu of min-norm whose solution this is, if it is one. Where it is negative a smaller |p| would
 * raise the margin, so that |p| <= R is better met inside. */
typedef struct {
  attn_interpolator_status status;
  double R;      /* |p| */
  double norm_v; /* |v| with all margins at least 1: one over the margin of (4.1) for r = 1 */
  double margin; /* of (4.1) for r = 1, a certified lower bound */
  double gap;    /* of the support vector machine at p: primal / dual - 1 */
  double sine, sine_gap, multiplier;
  size_t steps, solved; /* steps tried, support vector machines solved */
} attn_interpolator_result;

typedef struct attn_interpolator_workspace attn_interpolator_workspace;

/* For n samples of T <= 256 tokens: about 50 n^2 bytes. */
attn_interpolator_workspace *attn_interpolator_alloc(size_t n, size_t T);
void attn_interpolator_free(attn_interpolator_workspace *workspace);

/* v . u of multiples of tokens: O(N^2). */
double attn_interpolator_inner(const double *v /* [2 + N] */, const double *u /* [2 + N] */,
                               const attn_maxmargin_set *set,
                               attn_interpolator_workspace *workspace);

/* |v|, and the cosine of the angle between v and u, likewise. */
double attn_interpolator_norm(const double *v /* [2 + N] */, const attn_maxmargin_set *set,
                              attn_interpolator_workspace *workspace);
double attn_interpolator_cosine(const double *v /* [2 + N] */, const double *u /* [2 + N] */,
                                const attn_maxmargin_set *set,
                                attn_interpolator_workspace *workspace);

/* v for a given p, with margins at least 1, and the result's R, norm_v, margin, gap; the status is
 * OK or INFEASIBLE; sine, sine_gap and multiplier are not-a-number. */
attn_interpolator_result attn_interpolator_value(double *v /* [2 + N] */,
                                                 const double *p /* [2 + N] */,
                                                 const attn_maxmargin_set *set,
                                                 attn_interpolator_workspace *workspace);

/* Max-margin: from the direction of p to a local maximum of the margin over |p| = R > 0. p = 0
 * starts in the direction of the gradient at 0, or of a signal should that vanish. v has margins at
 * least 1. Where attention saturates so far that dV/dp is 0 in double precision the result is FLAT
 * with infinite sine and sine_gap. Where the start is INFEASIBLE sine, sine_gap and multiplier are
 * not-a-number and v is of no use. */
attn_interpolator_result attn_interpolator_max_margin(double *v /* [2 + N] */,
                                                      double *p /* [2 + N] */, double R,
                                                      const attn_maxmargin_set *set,
                                                      attn_interpolator_workspace *workspace);

/* Min-norm: from p to a local minimum of |v|^2 + nu |p|^2, nu > 0, with margins at least 1. */
attn_interpolator_result attn_interpolator_min_norm(double *v /* [2 + N] */,
                                                    double *p /* [2 + N] */, double nu,
                                                    const attn_maxmargin_set *set,
                                                    attn_interpolator_workspace *workspace);

/* A random direction in the span of the tokens: independent N(0, 1) multiples of the unit signals
 * and of the noise tokens over the square root of the first one's squared length. */
void attn_interpolator_random(double *p /* [2 + N] */, const attn_maxmargin_set *set, gsl_rng *rng);

#endif
