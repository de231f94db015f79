/* recursion: gradient descent on an ideal draw, as a prediction (theory section 6b). Noise tokens
 * exactly orthogonal with |xi|^2 = d, both classes of n/2 samples, a share eta of each noisy: then
 * all samples of a kind move alike, and training is a recursion in six numbers. */
#ifndef ATTN_RECURSION_H
#define ATTN_RECURSION_H

#include "data.h"
#include "optim.h"

typedef struct {
  double v_mu, p_mu;       /* mu_1 . v = -mu_2 . v, and mu_k . p */
  double v_xi[2], p_xi[2]; /* [clean, noisy] y_i xi_j . v and xi_j . p for the sample's own j */
  double margin[2];        /* y_i f_i */
  double attention[2];     /* on the signal token */
  double vv, pp, vp;       /* noise parts: |v|^2, |p|^2, v . p */
} attn_recursion;

/* The zero start, with margin and attention filled. n, d need not be small; eta n need not be a
 * whole number. */
attn_recursion attn_recursion_start(const attn_data_param *param);

/* One step of gradient descent with step size beta. */
void attn_recursion_step(attn_recursion *state, const attn_data_param *param, double beta);

/* The same with the weight decay of optim. */
void attn_recursion_update(attn_recursion *state, const attn_data_param *param,
                           const attn_optim *optim);

#endif
