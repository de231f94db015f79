#include "recursion.h"

#include <math.h>

#include "attention.h"

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

attn_recursion attn_recursion_start(const attn_data_param *param) {
  attn_recursion r = {0};
  forward(&r, param->T);
  return r;
}

void attn_recursion_step(attn_recursion *r, const attn_data_param *param, double beta) {
  attn_recursion_update(r, param, &(attn_optim){.beta = beta});
}

void attn_recursion_update(attn_recursion *r, const attn_data_param *param,
                           const attn_optim *optim) {
  const double beta = optim->beta, keep = 1 - beta * optim->decay;
  const double n = (double)param->n, d = (double)param->d, noise_tokens = (double)param->T - 1;
  const double share[2] = {1 - param->eta, param->eta};
  const double rho2 = param->rho * param->rho;
  double v_mu = 0, p_mu = 0;
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
    r->p_xi[kind] = keep * r->p_xi[kind] + d * dp;
    r->v_xi[kind] = keep * r->v_xi[kind] + d * beta * ell * each;
  }
  r->v_mu = keep * r->v_mu + v_mu;
  r->p_mu = keep * r->p_mu + p_mu;
  r->vv = r->pp = r->vp = 0;
  for (size_t kind = 0; kind < 2; kind++) {
    /* v = sum_j y_i c_j xi_j with c_j = v_xi / d, p likewise; v . p cancels between labels y = +-1,
     * which are equally many in a balanced draw */
    const double tokens = n * share[kind] * noise_tokens / d;
    r->vv += tokens * r->v_xi[kind] * r->v_xi[kind];
    r->pp += tokens * r->p_xi[kind] * r->p_xi[kind];
  }
  forward(r, param->T);
}
