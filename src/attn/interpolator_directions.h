/* interpolator_directions: where learning rule (4.1) is followed from at large |p| (theory section 5): the
 * p_mm of the best selection known, and those of the class-wise selections (attn_maxmargin_start). The
 * latter are often local optima of the rule, although climbing leaves them: a climb may move a class
 * at once, while p moves all samples little by little. */
#ifndef ATTN_INTERPOLATOR_DIRECTIONS_H
#define ATTN_INTERPOLATOR_DIRECTIONS_H

#include "maxmargin.h"

typedef struct {
  size_t n, N, count;                    /* count: selections held */
  double climbed[ATTN_MAXMARGIN_STARTS]; /* the margin to which each class-wise one climbs */
  double *margin;                        /* [count] of the selections held */
  unsigned char *sigma;                  /* [count][n] */
  double *direction;                     /* [count][2 + N] their p_mm */
  double *a, *b;                         /* [n], [N] multipliers of the last one tried */
} attn_interpolator_directions;

attn_interpolator_directions *attn_interpolator_directions_alloc(size_t n, size_t T);
void attn_interpolator_directions_free(attn_interpolator_directions *starts);

/* Finds them: the best end of a climb first (attn_maxmargin_best), then the class-wise ones in order
 * of falling margin. All differ, have a positive margin, and are selected by some p. Returns how many
 * they are, at most ATTN_MAXMARGIN_STARTS + 1; 0 when the best one is not of this kind. */
size_t attn_interpolator_directions_find(attn_interpolator_directions *starts,
                                         const attn_maxmargin_set *set,
                                         attn_maxmargin_workspace *workspace);

#endif
