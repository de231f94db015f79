/* nested: one draw in every dimension (theory section 3b). Bartlett's decomposition writes the Gram
 * matrix of N noise tokens as a triangle times its transpose, with normals off the diagonal, which
 * do not know the dimension, and chi variables on it, which do. With the normals kept and a stream
 * for each chi, d moves while labels and noise stay the same: common random numbers along d. In
 * each d the matrix has its exact law. */
#ifndef ATTN_NESTED_H
#define ATTN_NESTED_H

#include "trial.h"

typedef struct {
  attn_trial *trial; /* with Bartlett tokens, in the dimension at hand */
  double *normal;    /* [N][N] */
  uint64_t seed;     /* and the rest of the draw's key */
  const char *name;
  size_t cell, replicate;
} attn_nested;

/* param: n, T, eta, and the dimension and signals' norm of a fresh draw. */
attn_nested *attn_nested_alloc(const attn_data_param *param, size_t steps);
void attn_nested_free(attn_nested *nested);

/* Draws labels and noise from the streams keyed by (seed, name, cell, replicate); name must outlive
 * the draw. The labels are those of attn_trial_draw, the noise is not. */
void attn_nested_draw(attn_nested *nested, uint64_t seed, const char *name, size_t cell,
                      size_t replicate);

/* The draw in dimension d with signals of norm rho, and v = p = 0. Cost N^3/3. */
void attn_nested_set_dimension(attn_nested *nested, size_t d, double rho);

#endif
