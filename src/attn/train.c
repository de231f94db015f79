#include "train.h"

#include <math.h>

double attn_train_step_size(const attn_data_param *param, double b) {
  return b / fmax(param->rho * param->rho, (double)param->d / (double)param->n);
}

double attn_train_loss(const attn_model *model, const attn_labels *labels) {
  double sum = 0;
  for (size_t i = 0; i < model->n; i++) {
    double margin = labels->y[i] * model->f[i];
    /* log(1 + exp(-m)) without overflow for m far below 0 */
    sum += fmax(-margin, 0) + log1p(exp(-fabs(margin)));
  }
  return sum / (double)model->n;
}

void attn_train_loss_derivative(double *w, const attn_model *model, const attn_labels *labels) {
  for (size_t i = 0; i < model->n; i++) /* exp may be inf: then w is 0, as it should */
    w[i] = -labels->y[i] / ((double)model->n * (1 + exp(labels->y[i] * model->f[i])));
}

void attn_train_step(attn_model *model, attn_tokens *tokens, const attn_labels *labels,
                     const attn_optim *optim, double *w) {
  attn_train_loss_derivative(w, model, labels);
  attn_model_backward(model, tokens, labels, w);
  attn_optim_update(optim, model->theta, model->grad, 2 * model->H * model->dim);
}
