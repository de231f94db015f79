#include "optim.h"

#include <math.h>
#include <string.h>

#include "linalg.h"

static const char *const rule_name[ATTN_OPTIM_RULES] = {
    [ATTN_OPTIM_GD] = "gd",
    [ATTN_OPTIM_MOMENTUM] = "momentum",
    [ATTN_OPTIM_NESTEROV] = "nesterov",
    [ATTN_OPTIM_NORMALISED] = "normalised",
    [ATTN_OPTIM_SGD] = "sgd",
    [ATTN_OPTIM_SIGN] = "sign",
    [ATTN_OPTIM_ADAM] = "adam",
    [ATTN_OPTIM_ADAMW] = "adamw",
};

attn_optim_rule attn_optim_rule_of(const char *word) {
  size_t rule;
  if (!attn_word_find(&rule, word, ATTN_OPTIM_WORDS))
    attn_fail("'%s' is no optimizer; the optimizers are " ATTN_OPTIM_WORDS, word);
  return (attn_optim_rule)rule;
}

const char *attn_optim_rule_name(attn_optim_rule rule) {
  return rule_name[rule];
}

bool attn_optim_coordinatewise(attn_optim_rule rule) {
  return rule == ATTN_OPTIM_SIGN || rule == ATTN_OPTIM_ADAM || rule == ATTN_OPTIM_ADAMW;
}

static size_t vectors_of(attn_optim_rule rule) {
  return rule == ATTN_OPTIM_ADAM || rule == ATTN_OPTIM_ADAMW          ? 2
         : rule == ATTN_OPTIM_MOMENTUM || rule == ATTN_OPTIM_NESTEROV ? 1
                                                                      : 0;
}

attn_optim_state *attn_optim_state_alloc(attn_optim_rule rule, size_t size) {
  attn_optim_state *state = attn_alloc(1, sizeof *state);
  state->size = size;
  if (vectors_of(rule) > 0)
    state->first = attn_alloc(size, sizeof *state->first);
  if (vectors_of(rule) > 1)
    state->second = attn_alloc(size, sizeof *state->second);
  return state;
}

void attn_optim_state_free(attn_optim_state *state) {
  if (state == NULL)
    return;
  attn_free(state->first);
  attn_free(state->second);
  attn_free(state);
}

void attn_optim_state_zero(attn_optim_state *state) {
  state->step = 0;
  if (state->first != NULL)
    memset(state->first, 0, state->size * sizeof *state->first);
  if (state->second != NULL)
    memset(state->second, 0, state->size * sizeof *state->second);
}

attn_optim attn_optim_usual(attn_optim_rule rule, double beta) {
  return (attn_optim){
      .beta = beta, .rule = rule, .momentum = 0.9, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
}

static void need_state(const attn_optim *optim, size_t size) {
  const attn_optim_state *state = optim->state;
  const size_t vectors = vectors_of(optim->rule);
  if (vectors > 0 && (state == NULL || state->size != size || state->first == NULL ||
                      (vectors > 1 && state->second == NULL)))
    attn_fail("%s on %zu numbers without its state; allocate it with attn_optim_state_alloc",
              rule_name[optim->rule], size);
}

/* theta <- (1 - beta decay) theta */
static void shrink(const attn_optim *optim, double *theta, size_t size) {
  if (optim->decay > 0)
    attn_scale(theta, 1 - optim->beta * optim->decay, size);
}

/* u <- m u + g, with g the gradient of loss and decay */
static void accumulate(const attn_optim *optim, const double *theta, const double *grad,
                       size_t size) {
  double *u = optim->state->first;
  attn_scale(u, optim->momentum, size);
  attn_axpy(u, 1, grad, size);
  if (optim->decay > 0)
    attn_axpy(u, optim->decay, theta, size);
}

//@begin coordinatewise
static void update_sign(const attn_optim *optim, double *theta, const double *grad, size_t size) {
  for (size_t l = 0; l < size; l++)
    theta[l] -= optim->beta * (double)((grad[l] > 0) - (grad[l] < 0));
}

/* decay is what comes into the gradient: 0 for adamw */
static void update_adam(const attn_optim *optim, double decay, double *theta, const double *grad,
                        size_t size) {
  attn_optim_state *state = optim->state;
  const double b1 = optim->beta1, b2 = optim->beta2, t = (double)++state->step;
  const double c1 = 1 / (1 - pow(b1, t)), c2 = 1 / (1 - pow(b2, t)); /* against the zero start */
  for (size_t l = 0; l < size; l++) {
    const double g = grad[l] + decay * theta[l];
    state->first[l] = b1 * state->first[l] + (1 - b1) * g;
    state->second[l] = b2 * state->second[l] + (1 - b2) * g * g;
    theta[l] -= optim->beta * c1 * state->first[l] / (sqrt(c2 * state->second[l]) + optim->epsilon);
  }
}
//@end coordinatewise

void attn_optim_update(const attn_optim *optim, double *theta, const double *grad, size_t size) {
  need_state(optim, size);
  switch (optim->rule) {
  case ATTN_OPTIM_MOMENTUM:
    accumulate(optim, theta, grad, size);
    attn_axpy(theta, -optim->beta, optim->state->first, size);
    return;
  case ATTN_OPTIM_NESTEROV:
    accumulate(optim, theta, grad, size);
    shrink(optim, theta, size);
    attn_axpy(theta, -optim->beta, grad, size);
    attn_axpy(theta, -optim->beta * optim->momentum, optim->state->first, size);
    return;
  case ATTN_OPTIM_SIGN:
    shrink(optim, theta, size);
    update_sign(optim, theta, grad, size);
    return;
  case ATTN_OPTIM_ADAM:
    update_adam(optim, optim->decay, theta, grad, size);
    return;
  case ATTN_OPTIM_ADAMW:
    shrink(optim, theta, size);
    update_adam(optim, 0, theta, grad, size);
    return;
  case ATTN_OPTIM_GD:
  case ATTN_OPTIM_NORMALISED:
  case ATTN_OPTIM_SGD:
  case ATTN_OPTIM_RULES:
    break;
  }
  shrink(optim, theta, size);
  attn_axpy(theta, -optim->beta, grad, size);
}
