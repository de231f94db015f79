#include "direction.h"

#include <math.h>

#include "linalg.h"

attn_direction *attn_direction_alloc(const attn_labels *labels) {
  attn_direction *direction = attn_alloc(1, sizeof *direction);
  direction->sigma = attn_alloc(labels->n, 1);
  direction->a = attn_alloc(labels->n, sizeof *direction->a);
  direction->b = attn_alloc(labels->N, sizeof *direction->b);
  for (size_t which = 0; which < 2; which++)
    direction->sum[which] = attn_alloc(2 + labels->N, sizeof *direction->sum[which]);
  return direction;
}

void attn_direction_free(attn_direction *direction) {
  if (direction == NULL)
    return;
  attn_free(direction->sigma);
  attn_free(direction->a);
  attn_free(direction->b);
  for (size_t which = 0; which < 2; which++)
    attn_free(direction->sum[which]);
  attn_free(direction);
}

bool attn_direction_solve(attn_direction *direction, const attn_maxmargin_set *set,
                          attn_maxmargin_workspace *workspace) {
  attn_svm_result value, attention;
  const bool solved =
      attn_maxmargin_pair(direction->sum[ATTN_V], direction->sum[ATTN_P], direction->a,
                          direction->b, &value, &attention, direction->sigma, set, workspace);
  direction->norm[ATTN_V] = solved ? 1 / value.margin_low : NAN;
  direction->norm[ATTN_P] = solved ? 1 / attention.margin_low : NAN;
  direction->margin = solved ? value.margin_low : 0;
  direction->gap = solved ? fmax(value.gap, attention.gap) : NAN;
  return solved;
}

void attn_direction_chosen(unsigned char *sigma, const attn_model *model) {
  for (size_t i = 0; i < model->n; i++) {
    const double *s = model->weight + i * model->T;
    sigma[i] = 0;
    for (size_t t = 1; t < model->T; t++)
      if (s[t] > s[sigma[i]])
        sigma[i] = (unsigned char)t;
  }
}

attn_direction_lengths attn_direction_measure(const attn_model *model, const attn_tokens *tokens,
                                              size_t which) {
  const size_t span = 2 + tokens->N;
  const double *u = model->theta + which * model->dim, *noise = model->noise + which * model->N;
  const double outside2 = attn_dot(u + span, u + span, model->dim - span);
  const double all2 = attn_dot(u, u, 2) + attn_tokens_inner(tokens, u, u, noise);
  return (attn_direction_lengths){sqrt(fmax(0, all2 - outside2)), sqrt(outside2)};
}

double attn_direction_cosine(const attn_direction *direction, const attn_model *model,
                             const attn_tokens *tokens, size_t which) {
  /* u . sum_k a_k mu_k + sum_j c_j xi_j from the scores of u */
  const double *sum = direction->sum[which], *noise = model->noise + which * model->N;
  const double product =
      attn_dot(sum, model->signal[which], 2) + attn_dot(sum + 2, noise, model->N);
  return product / (attn_direction_measure(model, tokens, which).inside * direction->norm[which]);
}

attn_direction_ideal attn_direction_of_recursion(const attn_recursion *r,
                                                 const attn_data_param *param, bool signal) {
  const double d = (double)param->d, rho2 = param->rho * param->rho, half = (double)param->n / 2;
  const double clean = half * (1 - param->eta), noisy = half * param->eta;
  const double s = signal ? clean : 0, u = half - s, m = (s - u) / (d / rho2 + half);
  const double q_clean = signal ? m - 1 : m + 1, q_noisy = m + 1; /* xi_i . p_mm */
  /* both classes contribute alike */
  const double v2 = 2 * r->v_mu * r->v_mu / rho2 + r->vv;
  const double p2 = 2 * r->p_mu * r->p_mu / rho2 + r->pp;
  const double v_mm2 = 2 * ((signal ? 1 / rho2 : 0) + u / d);
  const double p_mm2 =
      2 * (m * m / rho2 + (clean * q_clean * q_clean + noisy * q_noisy * q_noisy) / d);
  const double v =
      2 * ((signal ? r->v_mu / rho2 : clean * r->v_xi[0] / d) + noisy * r->v_xi[1] / d);
  const double p =
      2 * (r->p_mu * m / rho2 + (clean * r->p_xi[0] * q_clean + noisy * r->p_xi[1] * q_noisy) / d);
  const double smallest = noisy > 0 ? fmin(r->margin[0], r->margin[1]) : r->margin[0];
  return (attn_direction_ideal){
      .cosine = {[ATTN_V] = v / sqrt(v2 * v_mm2), [ATTN_P] = p / sqrt(p2 * p_mm2)},
      .margin = smallest * sqrt(v_mm2 / v2),
  };
}
