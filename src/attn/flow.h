/* flow: gradient flow d(v, p)/dt = -grad L, the limit of gradient descent for small steps: after
 * t / beta steps of size beta gradient descent is within O(beta) of it. A step here is one of the
 * classical fourth-order Runge-Kutta method, so few are needed. It only adds multiples of tokens,
 * like gradient descent, and is exact in every geometry; to lazy tokens it is four steps. */
#ifndef ATTN_FLOW_H
#define ATTN_FLOW_H

#include "model.h"

typedef struct {
  double *start, *sum; /* [2][dim] */
  double *w;           /* [n] */
} attn_flow;

attn_flow *attn_flow_alloc(const attn_model *model);
void attn_flow_free(attn_flow *flow);

/* After forward: moves v and p along the flow for so much time, a gradient step of size beta being
 * worth a time beta. Forward is next, as after attn_train_step. Error O(time^5). */
void attn_flow_step(attn_flow *flow, attn_model *model, attn_tokens *tokens,
                    const attn_labels *labels, double time);

#endif
