/* boundary: the three thresholds of gradient descent in kappa = rho sqrt(n/d) (theory section 6b),
 * of one draw and of the ideal draw. */
#ifndef ATTN_BOUNDARY_H
#define ATTN_BOUNDARY_H

#include "trial.h"

typedef enum {
  ATTN_BOUNDARY_A, /* the noisy samples' mean margin is zero after one step */
  ATTN_BOUNDARY_B, /* ... after two steps */
  ATTN_BOUNDARY_C, /* the clean samples' mean attention on the signal is one half, late */
  ATTN_BOUNDARIES
} attn_boundary;

/* What is held fixed while kappa moves. */
typedef struct {
  double b;         /* step size beta rho^2 */
  size_t late;      /* steps to boundary C */
  double low, high; /* where kappa is searched */
} attn_boundary_search;

/* kappa at the boundary of the trial's draw: labels and noise stay, rho moves (and is left moved).
 * redraw, if not NULL, is called before each training run, for tokens that must be drawn again from
 * the same stream because they depend on what is asked. Not-a-number when there is none in the
 * search range, or, for A and B, no noisy sample. */
double attn_boundary_of_draw(attn_boundary which, const attn_boundary_search *search,
                             attn_trial *trial, void (*redraw)(attn_trial *trial, void *context),
                             void *context);

/* The same of the recursion on orthogonal noise; param's rho is ignored. */
double attn_boundary_ideal(attn_boundary which, const attn_boundary_search *search,
                           const attn_data_param *param);

#endif
