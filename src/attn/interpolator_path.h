/* interpolator_path: learning rule (4.1) along the bound R on |p|, from many starts, since each ends
 * in a local optimum (theory section 5). */
#ifndef ATTN_INTERPOLATOR_PATH_H
#define ATTN_INTERPOLATOR_PATH_H

#include "interpolator.h"

/* Start 0 begins at the smallest R, in the direction of the margin's gradient at p = 0, and follows
 * the optimum upwards. Each of the directions given, the p_mm of selections, begins at the largest R
 * and is followed downwards. Random starts are fresh at every R. */
typedef struct {
  size_t count, directions, random, starts; /* starts = 1 + directions + random */
  double *R;                                /* [count] rising */
  attn_interpolator_result *end;            /* [count][starts] */
  size_t *best;                             /* [count] the start of the largest margin */
  double *v, *p;                            /* [count][2 + N] of the best */
} attn_interpolator_path;

attn_interpolator_path *attn_interpolator_path_alloc(const double *R /* [count] */, size_t count,
                                                     size_t directions, size_t random,
                                                     const attn_labels *labels);
void attn_interpolator_path_free(attn_interpolator_path *path);

/* Fills end, best, v and p. Where start 0 finds no v that fits all labels, it begins at the next R. */
void attn_interpolator_follow(attn_interpolator_path *path,
                              const double *direction /* [directions][2 + N] */,
                              gsl_rng *rng /* unused for random = 0 */,
                              const attn_maxmargin_set *set,
                              attn_interpolator_workspace *workspace);

/* The result of the best start at R[i]; the spread of the margins over the starts, (best - worst) /
 * best, an infeasible start counting as margin 0; and how many starts ended below the best by more
 * than tolerance, relatively. */
attn_interpolator_result attn_interpolator_path_best(const attn_interpolator_path *path, size_t i);
double attn_interpolator_path_spread(const attn_interpolator_path *path, size_t i);
size_t attn_interpolator_path_worse(const attn_interpolator_path *path, size_t i, double tolerance);

#endif
