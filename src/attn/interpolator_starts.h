/* interpolator_starts: the min-norm interpolator from many starts, since each ends in a local optimum
 * (theory section 5). For |v|^2 + nu |p|^2 these are
 *
 *   0             p = 0, followed from 100 max(1, nu) down to nu by factors of ten
 *   1             p_mm of the best selection
 *   2 ... 10      p_mm of the nine selections that treat the samples of a class and kind alike
 *   after these   random directions, as long as start 1
 *
 * p_mm makes all score gaps at least one. An optimum at small nu has gaps of about log(1 / nu), so
 * all but start 0 are lengthened by 1 + log(1 / nu) for nu < 1. */
#ifndef ATTN_INTERPOLATOR_STARTS_H
#define ATTN_INTERPOLATOR_STARTS_H

#include "interpolator.h"

enum { ATTN_INTERPOLATOR_SELECTIONS = 1 + ATTN_MAXMARGIN_STARTS };

typedef struct {
  size_t n, size;      /* samples, 2 + N */
  size_t wanted;       /* selections asked for */
  size_t random;       /* random starts */
  size_t selections;   /* selections that some p makes: the others are no starts */
  size_t starts;       /* 1 + selections + random */
  double *p_mm;        /* [selections][size] */
  double margin_limit; /* of the best selection: what |p| -> infinity attains */
  /* of the last solution: */
  attn_interpolator_result best; /* of the start with the least objective */
  double *v, *p;                 /* [size] */
  double objective;              /* |v|^2 + nu |p|^2 */
  double *found;                 /* [starts] objectives, infinity for a start that is infeasible */
  size_t infeasible;
  attn_interpolator_workspace *solver;
  attn_maxmargin_workspace *selector;
  unsigned char *sigma;  /* [n] */
  double *v_try, *p_try; /* [size] */
} attn_interpolator_starts;

/* selections: the first so many, at most ATTN_INTERPOLATOR_SELECTIONS. */
attn_interpolator_starts *attn_interpolator_starts_alloc(size_t n, size_t T, size_t selections,
                                                         size_t random);
void attn_interpolator_starts_free(attn_interpolator_starts *starts);

/* Finds the selections of a training set. Call first. */
void attn_interpolator_starts_prepare(attn_interpolator_starts *starts,
                                      const attn_maxmargin_set *set);

/* The least |v|^2 + nu |p|^2 with margins at least 1 over all starts. Start 0 is feasible where some v
 * fits all labels with uniform attention; where no start is, objective is infinite and v, p mean
 * nothing. */
void attn_interpolator_starts_solve(attn_interpolator_starts *starts, double nu,
                                    const attn_maxmargin_set *set,
                                    gsl_rng *rng /* unused for random = 0 */);

/* How many feasible starts ended above the least objective by more than tolerance, relatively, and
 * by how much the worst of them did, (worst - best) / best. */
size_t attn_interpolator_starts_worse(const attn_interpolator_starts *starts, double tolerance);
double attn_interpolator_starts_spread(const attn_interpolator_starts *starts);

#endif
