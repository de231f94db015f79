#include "optim.h"

#include "linalg.h"

void attn_optim_update(const attn_optim *optim, double *theta, const double *grad, size_t size) {
  if (optim->decay > 0)
    attn_scale(theta, 1 - optim->beta * optim->decay, size);
  attn_axpy(theta, -optim->beta, grad, size);
}
