#include "recursion.h"

#include <math.h>

#include "attention.h"
#include "risk.h"

static const double sigma[2] = {1, -1}; /* y_i y~_i: +1 clean, -1 noisy */

/* margin and attention from the scores; a noisy sample sees the signal with the wrong sign */
static void forward(attn_recursion *r, size_t T) {
  const double noise_tokens = (double)T - 1;
  for (size_t kind = 0; kind < 2; kind++) {
    /* the T - 1 noise tokens of a sample have equal scores: softmax over (p_mu, p_xi x (T-1)) */
    double signal = 1 / (1 + noise_tokens * exp(r->p_xi[kind] - r->p_mu));
    r->attention[kind] = signal;
    r->margin[kind] = signal * sigma[kind] * r->v_mu + (1 - signal) * r->v_xi[kind];
  }
}

/* What follows from the six numbers. */
static void finish(attn_recursion *r, const attn_data_param *param) {
  const double share[2] = {1 - param->eta, param->eta}, noise_tokens = (double)param->T - 1;
  r->vv = r->pp = r->vp = 0;
  for (size_t kind = 0; kind < 2; kind++) {
    /* v = sum_j y_i c_j xi_j with c_j = v_xi / d, p likewise; v . p cancels between labels y = +-1,
     * which are equally many in a balanced draw */
    const double tokens = (double)param->n * share[kind] * noise_tokens / (double)param->d;
    r->vv += tokens * r->v_xi[kind] * r->v_xi[kind];
    r->pp += tokens * r->p_xi[kind] * r->p_xi[kind];
  }
  forward(r, param->T);
}

attn_recursion attn_recursion_start(const attn_data_param *param) {
  attn_recursion r = {0};
  forward(&r, param->T);
  return r;
}

void attn_recursion_step(attn_recursion *r, const attn_data_param *param, double beta) {
  attn_recursion_update(r, param, &(attn_optim){.beta = beta});
}

/* What optim makes of the changes that gradient descent would make: they are linear in the
 * gradient, so velocities and sums of them may be taken. */
static void other_rule(attn_recursion *r, const double *change /* [6] */,
                       const attn_data_param *param, const attn_optim *optim) {
  if (attn_optim_coordinatewise(optim->rule) || optim->rule == ATTN_OPTIM_SGD)
    attn_fail("%s has no recursion: its samples do not move alike",
              attn_optim_rule_name(optim->rule));
  const double n = (double)param->n, d = (double)param->d, rho2 = param->rho * param->rho;
  const double tokens[2] = {n * (1 - param->eta) * ((double)param->T - 1) / d,
                            n * param->eta * ((double)param->T - 1) / d};
  double theta[6] = {r->v_mu, r->p_mu, r->v_xi[0], r->v_xi[1], r->p_xi[0], r->p_xi[1]}, grad[6];
  double norm2 = 0; /* of both classes' signals, and of the noise as in vv and pp */
  for (size_t c = 0; c < 6; c++) {
    grad[c] = -change[c] / optim->beta;
    norm2 += (c < 2 ? 2 / rho2 : tokens[c % 2]) * grad[c] * grad[c];
  }
  if (optim->rule == ATTN_OPTIM_NORMALISED)
    for (size_t c = 0; c < 6; c++)
      grad[c] *= norm2 > 0 ? 1 / sqrt(norm2) : 0;
  attn_optim_update(optim, theta, grad, 6);
  r->v_mu = theta[0];
  r->p_mu = theta[1];
  for (size_t kind = 0; kind < 2; kind++) {
    r->v_xi[kind] = theta[2 + kind];
    r->p_xi[kind] = theta[4 + kind];
  }
}

void attn_recursion_update(attn_recursion *r, const attn_data_param *param,
                           const attn_optim *optim) {
  const double beta = optim->beta, keep = 1 - beta * optim->decay;
  const double n = (double)param->n, d = (double)param->d, noise_tokens = (double)param->T - 1;
  const double share[2] = {1 - param->eta, param->eta};
  const double rho2 = param->rho * param->rho;
  double v_mu = 0, p_mu = 0, v_xi[2], p_xi[2];
  /* Coefficients of one noise token of a sample of each kind, in v (times y_i) and in p; they are
   * what |v|^2, |p|^2 and v . p are made of when the tokens are orthogonal. */
  for (size_t kind = 0; kind < 2; kind++) {
    const double F = r->margin[kind], s = r->attention[kind];
    const double each = (1 - s) / noise_tokens; /* attention on one noise token */
    const double ell = 1 / (n * (1 + exp(F)));  /* -y_i dL/df_i */
    /* dL/dv = sum_i w_i sum_t s_it x_it: the n/2 samples of a class share mu */
    v_mu += beta * rho2 * (n / 2) * share[kind] * sigma[kind] * ell * s;
    /* dL/dp = sum_i w_i sum_t s_it (g_it - f_i) x_it; y g = sigma v_mu on the signal token */
    p_mu += beta * rho2 * (n / 2) * share[kind] * ell * s * (sigma[kind] * r->v_mu - F);
    const double dp = beta * ell * each * (r->v_xi[kind] - F);
    p_xi[kind] = d * dp;
    v_xi[kind] = d * beta * ell * each;
  }
  if (optim->rule == ATTN_OPTIM_GD) {
    for (size_t kind = 0; kind < 2; kind++) {
      r->p_xi[kind] = keep * r->p_xi[kind] + p_xi[kind];
      r->v_xi[kind] = keep * r->v_xi[kind] + v_xi[kind];
    }
    r->v_mu = keep * r->v_mu + v_mu;
    r->p_mu = keep * r->p_mu + p_mu;
  } else {
    const double change[6] = {v_mu, p_mu, v_xi[0], v_xi[1], p_xi[0], p_xi[1]};
    other_rule(r, change, param, optim);
  }
  finish(r, param);
}

//@begin heads
void attn_recursion_step_heads(attn_recursion *r, const attn_data_param *param, double beta,
                               double H) {
  const attn_recursion old = *r;
  attn_recursion_step(r, param, beta);
  r->v_mu = old.v_mu + H * (r->v_mu - old.v_mu);
  r->p_mu = old.p_mu + (r->p_mu - old.p_mu) / H;
  for (size_t kind = 0; kind < 2; kind++) {
    r->v_xi[kind] = old.v_xi[kind] + H * (r->v_xi[kind] - old.v_xi[kind]);
    r->p_xi[kind] = old.p_xi[kind] + (r->p_xi[kind] - old.p_xi[kind]) / H;
  }
  finish(r, param);
}
//@end heads

void attn_recursion_record(attn_recursion *state, const double *steps, size_t count,
                           const attn_data_param *param, double beta) {
  attn_recursion r = attn_recursion_start(param);
  size_t step = 0;
  for (size_t i = 0; i < count; i++) {
    for (; (double)step < steps[i]; step++)
      attn_recursion_step(&r, param, beta);
    state[i] = r;
  }
}

double attn_recursion_first_fit(const attn_data_param *param, double beta, size_t most) {
  attn_recursion r = attn_recursion_start(param);
  for (size_t step = 1; step <= most; step++) {
    attn_recursion_step(&r, param, beta);
    if (r.margin[0] > 0 && r.margin[1] > 0)
      return (double)step;
  }
  return NAN;
}

attn_risk_input attn_recursion_risk_input(const attn_recursion *r) {
  return (attn_risk_input){{r->v_mu, -r->v_mu}, {r->p_mu, r->p_mu}, r->vv, r->pp, r->vp, NAN};
}

double attn_recursion_log10_risk(const attn_recursion *r, size_t T) {
  const attn_risk_input input = attn_recursion_risk_input(r);
  return attn_risk_log10(&input, T).log10_clean;
}

//@begin pair
attn_recursion_pair attn_recursion_pair_start(const attn_data_param *param,
                                              const attn_counts *counts) {
  attn_recursion_pair pair = {.counts = *counts};
  for (size_t k = 0; k < 2; k++) {
    pair.param[k] = *param;
    pair.param[k].n = (size_t)round(2 * counts->n[k]);
    pair.param[k].eta = counts->n[k] > 0 ? counts->noisy[k] / counts->n[k] : 0;
    pair.of[k] = attn_recursion_start(&pair.param[k]);
  }
  return pair;
}

void attn_recursion_pair_step(attn_recursion_pair *pair, double beta) {
  const double n = pair->counts.n[0] + pair->counts.n[1];
  for (size_t k = 0; k < 2; k++)
    if (pair->counts.n[k] > 0)
      attn_recursion_step(&pair->of[k], &pair->param[k], beta * 2 * pair->counts.n[k] / n);
}
//@end pair

attn_risk_input attn_recursion_pair_risk_input(const attn_recursion_pair *pair) {
  attn_risk_input input = {.residual2 = NAN};
  for (size_t k = 0; k < 2; k++) {
    const attn_recursion *r = &pair->of[k];
    const double sign = k == 0 ? 1 : -1, noisy = pair->counts.noisy[k];
    const double clean = pair->counts.n[k] - noisy;
    const double each = ((double)pair->param[k].T - 1) / (double)pair->param[k].d;
    input.mv[k] = sign * r->v_mu;
    input.mp[k] = r->p_mu;
    input.vv += r->vv / 2;
    input.pp += r->pp / 2;
    /* the product of the multiples of each token, v's with the sign of its label */
    input.vp += sign * each * (clean * r->v_xi[0] * r->p_xi[0] - noisy * r->v_xi[1] * r->p_xi[1]);
  }
  return input;
}

double attn_recursion_pair_attention(const attn_recursion_pair *pair) {
  const attn_counts *c = &pair->counts;
  const double clean[2] = {c->n[0] - c->noisy[0], c->n[1] - c->noisy[1]};
  return (clean[0] * pair->of[0].attention[0] + clean[1] * pair->of[1].attention[0]) /
         (clean[0] + clean[1]);
}

double attn_recursion_pair_margin(const attn_recursion_pair *pair) {
  const double *noisy = pair->counts.noisy;
  return (noisy[0] * pair->of[0].margin[1] + noisy[1] * pair->of[1].margin[1]) /
         (noisy[0] + noisy[1]);
}
