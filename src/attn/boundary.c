#include "boundary.h"

#include <math.h>

#include "recursion.h"
#include "stats.h"
#include "train.h"

typedef struct {
  attn_boundary which;
  const attn_boundary_search *search;
  attn_data_param param;
  attn_trial *trial; /* NULL: the recursion */
  void (*redraw)(attn_trial *trial, void *context);
  void *context;
} problem;

static size_t steps_of(const problem *p) {
  return p->which == ATTN_BOUNDARY_A ? 1 : p->which == ATTN_BOUNDARY_B ? 2 : p->search->late;
}

static double ideal_at(const problem *p) {
  attn_recursion r = attn_recursion_start(&p->param);
  for (size_t step = 0; step < steps_of(p); step++)
    attn_recursion_step(&r, &p->param, p->search->b / (p->param.rho * p->param.rho));
  return p->which == ATTN_BOUNDARY_C ? r.attention[0] - 0.5 : r.margin[1];
}

//@begin boundary
static double drawn_at(const problem *p) {
  attn_trial *trial = p->trial;
  const attn_model *model = trial->model;
  const attn_labels *labels = trial->labels;
  const attn_optim optim = {.beta = p->search->b / (p->param.rho * p->param.rho)};
  if (p->redraw != NULL)
    p->redraw(trial, p->context);
  attn_trial_set_rho(trial, p->param.rho);
  attn_model_zero(trial->model);
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, labels);
    if (step == steps_of(p))
      break;
    attn_train_step(trial->model, trial->tokens, labels, &optim, trial->w);
  }
  double margin = 0, attention = 0;
  const double noisy = (double)attn_labels_count_noisy(labels);
  for (size_t i = 0; i < model->n; i++)
    if (attn_labels_noisy(labels, i))
      margin += labels->y[i] * model->f[i] / noisy;
    else
      attention += model->weight[i * model->T] / ((double)model->n - noisy);
  return p->which == ATTN_BOUNDARY_C ? attention - 0.5 : margin;
}
//@end boundary

static double at_kappa(double kappa, void *context) {
  problem *p = context;
  p->param.rho = kappa * sqrt((double)p->param.d / (double)p->param.n);
  return p->trial == NULL ? ideal_at(p) : drawn_at(p);
}

static double locate(problem *p) {
  /* without noisy samples A and B do not exist: their margin is 0 everywhere */
  if (p->which != ATTN_BOUNDARY_C &&
      (p->trial != NULL ? attn_labels_count_noisy(p->trial->labels) == 0 : p->param.eta == 0))
    return NAN;
  return attn_stats_root(at_kappa, p, p->search->low, p->search->high, 1e-4);
}

double attn_boundary_of_draw(attn_boundary which, const attn_boundary_search *search,
                             attn_trial *trial, void (*redraw)(attn_trial *trial, void *context),
                             void *context) {
  problem p = {which, search, trial->param, trial, redraw, context};
  return locate(&p);
}

double attn_boundary_ideal(attn_boundary which, const attn_boundary_search *search,
                           const attn_data_param *param) {
  problem p = {which, search, *param, NULL, NULL, NULL};
  return locate(&p);
}
