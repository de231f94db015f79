#include "train.h"

#include <math.h>

#include "linalg.h"

double attn_train_step_size(const attn_data_param *param, double b) {
  return b / fmax(param->rho * param->rho, (double)param->d / (double)param->n);
}

double attn_train_first_norm(const attn_data_param *param) {
  const double n = (double)param->n, T = (double)param->T, k = (double)param->d - 2;
  const double votes = (1 - 2 * param->eta) * n * param->rho;
  return sqrt(votes * votes / 2 + n * (T - 1) * k) / (2 * n * T);
}

double attn_train_matched_step(const attn_optim *optim, const attn_data_param *param, double beta) {
  switch (optim->rule) {
  case ATTN_OPTIM_NESTEROV:
    return beta / (1 + optim->momentum);
  case ATTN_OPTIM_NORMALISED:
    return beta * attn_train_first_norm(param);
  case ATTN_OPTIM_SGD:
    return optim->batch == NULL ? beta : beta * (double)optim->batch->size / (double)param->n;
  case ATTN_OPTIM_SIGN:
  case ATTN_OPTIM_ADAM:
  case ATTN_OPTIM_ADAMW:
    return beta * attn_train_first_norm(param) / sqrt((double)param->d);
  case ATTN_OPTIM_GD:
  case ATTN_OPTIM_MOMENTUM:
  case ATTN_OPTIM_RULES:
    break;
  }
  return beta;
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

void attn_train_loss_derivative(double *w, const double *f, const attn_labels *labels) {
  for (size_t i = 0; i < labels->n; i++) /* exp may be inf: then w is 0, as it should */
    w[i] = -labels->y[i] / ((double)labels->n * (1 + exp(labels->y[i] * f[i])));
}

double attn_train_gradient_norm(attn_model *model, attn_tokens *tokens) {
  const size_t rows = 2 * model->H;
  double sum = 0, *noise = model->pull; /* [rows][N], free after backward as pull_signal is */
  attn_tokens_scores(tokens, model->pull_signal[0], noise, model->grad, rows);
  for (size_t a = 0; a < rows; a++) {
    const double *g = model->grad + a * model->dim;
    sum +=
        g[0] * g[0] + g[1] * g[1] + fmax(attn_tokens_inner(tokens, g, g, noise + a * model->N), 0);
  }
  return sqrt(sum);
}

void attn_train_check(const attn_optim *optim, const attn_tokens *tokens) {
  if (attn_optim_coordinatewise(optim->rule) && tokens->kind != ATTN_TOKENS_DENSE)
    attn_fail("%s treats each coordinate of R^d by itself, and only dense tokens have those "
              "coordinates; ask for dense tokens",
              attn_optim_rule_name(optim->rule));
  if (optim->rule == ATTN_OPTIM_SGD && optim->batch == NULL)
    attn_fail("sgd without batches; give it some of attn_batch_alloc");
}

/* The rows of theta and grad in the coordinates of the optimizer's basis, and back. */
static void turn(void (*map)(const attn_basis *basis, double *x), const attn_basis *basis,
                 attn_model *model) {
  for (size_t a = 0; a < 2 * model->H; a++) {
    map(basis, model->theta + a * model->dim);
    map(basis, model->grad + a * model->dim);
  }
}

void attn_train_step(attn_model *model, attn_tokens *tokens, const attn_labels *labels,
                     const attn_optim *optim, double *w) {
  const bool turned = optim->basis != NULL && attn_optim_coordinatewise(optim->rule);
  attn_train_check(optim, tokens);
  attn_train_loss_derivative(w, model->f, labels);
  if (optim->batch != NULL)
    attn_batch_next(w, optim->batch);
  attn_model_backward(model, tokens, labels, w);
  if (optim->rule == ATTN_OPTIM_NORMALISED) {
    const double norm = attn_train_gradient_norm(model, tokens);
    attn_scale(model->grad, norm > 0 ? 1 / norm : 0, 2 * model->H * model->dim);
  }
  if (turned)
    turn(attn_basis_to, optim->basis, model);
  attn_optim_update(optim, model->theta, model->grad, 2 * model->H * model->dim);
  if (turned)
    turn(attn_basis_from, optim->basis, model);
}
