#include "flow.h"

#include <string.h>

#include "linalg.h"
#include "train.h"

attn_flow *attn_flow_alloc(const attn_model *model) {
  attn_flow *flow = attn_alloc(1, sizeof *flow);
  flow->start = attn_alloc(2 * model->dim, sizeof *flow->start);
  flow->sum = attn_alloc(2 * model->dim, sizeof *flow->sum);
  flow->w = attn_alloc(model->n, sizeof *flow->w);
  return flow;
}

void attn_flow_free(attn_flow *flow) {
  if (flow == NULL)
    return;
  attn_free(flow->start);
  attn_free(flow->sum);
  attn_free(flow->w);
  attn_free(flow);
}

/* k_1 = -grad L(theta), k_2 = -grad L(theta + h k_1/2), k_3 = -grad L(theta + h k_2/2),
 * k_4 = -grad L(theta + h k_3); theta += h (k_1 + 2 k_2 + 2 k_3 + k_4) / 6 */
void attn_flow_step(attn_flow *flow, attn_model *model, attn_tokens *tokens,
                    const attn_labels *labels, double time) {
  static const double to_next[] = {0.5, 0.5, 1}, share[] = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6};
  const size_t size = 2 * model->dim;
  memcpy(flow->start, model->theta, size * sizeof *flow->start);
  memcpy(flow->sum, model->theta, size * sizeof *flow->sum);
  for (size_t stage = 0; stage < 4; stage++) {
    if (stage > 0)
      attn_model_forward(model, tokens, labels);
    attn_train_loss_derivative(flow->w, model->f, labels);
    attn_model_backward(model, tokens, labels, flow->w);
    attn_axpy(flow->sum, -time * share[stage], model->grad, size);
    if (stage < 3) {
      memcpy(model->theta, flow->start, size * sizeof *flow->start);
      attn_axpy(model->theta, -time * to_next[stage], model->grad, size);
    }
  }
  memcpy(model->theta, flow->sum, size * sizeof *flow->sum);
}
