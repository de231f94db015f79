/* optim: one update of parameters from a gradient. */
#ifndef ATTN_OPTIM_H
#define ATTN_OPTIM_H

#include "base.h"

/* Gradient descent: theta <- theta - beta grad. */
typedef struct {
  double beta; /* step size, above 0 */
} attn_optim;

void attn_optim_update(const attn_optim *optim, double *theta /* [size] */,
                       const double *grad /* [size] */, size_t size);

#endif
