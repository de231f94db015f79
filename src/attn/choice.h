/* choice: the best selection of samples of two tokens, for all signal norms at once, and where it
 * changes (theory section 5).
 *
 * Of all 2^n selections the best is one of the nine of attn_maxmargin_start. For let some samples
 * of one class attend to their signal. They have one label, or the margin is 0. Now every other
 * sample of that class and label turns to the signal too: no point is added to the support vector
 * machine, some are dropped, so |v| does not grow.
 *
 * Signals are orthogonal to noise and to each other. So selection c, which uses s_c signals, has
 *
 *   |v|^2 = s_c / rho^2 + W_c,
 *
 * W_c being |v|^2 of its noise tokens alone, which does not know rho: nine lines in 1/rho^2, the
 * lowest is the best selection. */
#ifndef ATTN_CHOICE_H
#define ATTN_CHOICE_H

#include "maxmargin.h"

enum { ATTN_CHOICES = ATTN_MAXMARGIN_STARTS };

typedef struct {
  double signals[ATTN_CHOICES]; /* s_c, a signal counting only if some sample attends to it */
  double noise[ATTN_CHOICES];   /* W_c, infinite if no v fits those tokens */
  bool on[2][ATTN_CHOICES];     /* clean samples of class k attend to their signal */
  attn_svm_status status;       /* ATTN_SVM_NOT_CONVERGED if one of the nine is */
  double gap;                   /* the largest certified relative gap of those that are feasible */
  size_t support;               /* support vectors of the selection that is all noise */
} attn_choice;

/* Nine support vector machines; the set's rho does not matter. sigma and a are overwritten. Fails
 * for T > 2. */
void attn_choice_solve(attn_choice *choice, const attn_maxmargin_set *set,
                       unsigned char *sigma /* [n] */, double *a /* [n] */,
                       attn_maxmargin_workspace *workspace);

/* The same for class k with clean[k] and noisy[k] samples, of which only the mean over the noise is
 * known: m tokens with support vectors all, K ~ Wishart(m, d - 2), have
 *
 *   W = E[1' K^-1 1] = m / (d - 3 - m),   m / d for nearly orthogonal noise.
 *
 * Counts need not be whole numbers. */
void attn_choice_ideal(attn_choice *choice, const double clean[2], const double noisy[2], double d);

/* The best selection's number for signals of norm rho; the first of equals. */
size_t attn_choice_best(const attn_choice *choice, double rho);

/* |v|^2 of selection c. */
double attn_choice_square(const attn_choice *choice, size_t c, double rho);

/* The smallest rho for which the clean samples of class k attend to their signal in a best
 * selection; rho^2 = d / clean_k for orthogonal noise. Not-a-number when they never do. */
double attn_choice_threshold(const attn_choice *choice, size_t k);

#endif
