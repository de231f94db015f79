/* optim: one update of parameters from a gradient g of the loss. */
#ifndef ATTN_OPTIM_H
#define ATTN_OPTIM_H

#include "base.h"
#include "basis.h"
#include "batch.h"

/* Rules whose updates are sums and multiples of gradients stay in the span of the tokens, and run
 * over every geometry:
 *
 *   gd          theta <- theta - beta g
 *   momentum    u <- m u + g,  theta <- theta - beta u                (Polyak's heavy ball)
 *   nesterov    u <- m u + g,  theta <- theta - beta (g + m u)        (theta is the point at which
 *               the gradient is taken: x_t + m (x_t - x_{t-1}) in terms of Nesterov's x)
 *   normalised  theta <- theta - beta g / |g|, with |g|^2 over v and p together, since they are one
 *               parameter with one step size; no step where g = 0
 *   sgd         gradient descent on mini-batches
 *
 * Rules that treat each coordinate by itself leave the span and depend on the basis of R^d. They run
 * over dense tokens only:
 *
 *   sign        theta <- theta - beta sign(g), with sign(0) = 0
 *   adam        m <- b1 m + (1 - b1) g,  s <- b2 s + (1 - b2) g^2,
 *               theta <- theta - beta (m / (1 - b1^t)) / (sqrt(s / (1 - b2^t)) + epsilon)
 *   adamw       the same with decoupled weight decay */
typedef enum {
  ATTN_OPTIM_GD,
  ATTN_OPTIM_MOMENTUM,
  ATTN_OPTIM_NESTEROV,
  ATTN_OPTIM_NORMALISED,
  ATTN_OPTIM_SGD,
  ATTN_OPTIM_SIGN,
  ATTN_OPTIM_ADAM,
  ATTN_OPTIM_ADAMW,
  ATTN_OPTIM_RULES
} attn_optim_rule;

/* The rules' names in configurations, tables and on command lines. */
#define ATTN_OPTIM_WORDS "gd|momentum|nesterov|normalised|sgd|sign|adam|adamw"
attn_optim_rule attn_optim_rule_of(const char *word);
const char *attn_optim_rule_name(attn_optim_rule rule);

/* Whether a rule treats each coordinate by itself. */
bool attn_optim_coordinatewise(attn_optim_rule rule);

/* What a rule remembers between updates, one for each trained model. */
typedef struct {
  size_t size, step;
  double *first, *second; /* [size] u, or m and s; NULL where the rule has none */
} attn_optim_state;

/* For parameters of size numbers: those of momentum, nesterov, adam, adamw; nothing for others. */
attn_optim_state *attn_optim_state_alloc(attn_optim_rule rule, size_t size);
void attn_optim_state_free(attn_optim_state *state);
/* Forgets, for a new run. */
void attn_optim_state_zero(attn_optim_state *state);

/* What is not named is zero: {.beta = beta} is gradient descent. */
typedef struct {
  double beta; /* step size, above 0 */
  /* Weight decay, at least 0. gd, sgd, momentum, nesterov, adam: g is the gradient of the loss plus
   * decay |theta|^2 / 2. normalised, sign, adamw, which rescale g: theta shrinks by the factor
   * 1 - beta decay beside the update (decoupled). */
  double decay;
  attn_optim_rule rule;
  double momentum;              /* m, in [0, 1) */
  double beta1, beta2, epsilon; /* b1, b2 and epsilon of adam and adamw */
  attn_optim_state *state;      /* for momentum, nesterov, adam, adamw */
  attn_batch *batch;            /* for sgd; the others may have one too, NULL: all samples */
  const attn_basis *basis;      /* of the coordinate-wise rules; NULL: the one tokens are held in */
} attn_optim;

/* A rule with its customary constants: momentum 0.9; beta1 0.9, beta2 0.999, epsilon 1e-8 (Kingma
 * and Ba); no decay, and neither state, batch nor basis yet. */
attn_optim attn_optim_usual(attn_optim_rule rule, double beta);

/* One update. For normalised, grad is already of unit length: what length is depends on the
 * geometry that the coordinates belong to, so attn_train_step sees to it. */
void attn_optim_update(const attn_optim *optim, double *theta /* [size] */,
                       const double *grad /* [size] */, size_t size);

#endif
