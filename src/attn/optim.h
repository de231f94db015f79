/* optim: one update of parameters from a gradient. */
#ifndef ATTN_OPTIM_H
#define ATTN_OPTIM_H

#include "base.h"

/* Gradient descent: theta <- theta - beta (grad + decay theta), the gradient of the loss plus
 * decay |theta|^2 / 2. */
typedef struct {
  double beta;  /* step size, above 0 */
  double decay; /* weight decay, at least 0 */
} attn_optim;

void attn_optim_update(const attn_optim *optim, double *theta /* [size] */,
                       const double *grad /* [size] */, size_t size);

#endif
