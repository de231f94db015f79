#include "metrics.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg.h"
#include "risk.h"
#include "train.h"

static double residual2(const attn_model *model, const attn_tokens *tokens, double c) {
  const size_t dim = model->dim, N = model->N;
  double *u = attn_alloc(dim, sizeof *u), *noise = attn_alloc(N, sizeof *noise);
  memcpy(u, model->theta, dim * sizeof *u);
  memcpy(noise, model->noise, N * sizeof *noise);
  attn_axpy(u, -c, model->theta + dim, dim);
  attn_axpy(noise, -c, model->noise + N, N);
  double value = attn_tokens_inner(tokens, u, u, noise);
  attn_free(u);
  attn_free(noise);
  return fmax(value, 0);
}

attn_metrics attn_metrics_measure(const attn_model *model, const attn_tokens *tokens,
                                  const attn_labels *labels) {
  /* [clean, noisy] */
  size_t count[2] = {0, 0}, right[2] = {0, 0}, above[2] = {0, 0};
  double attention[2] = {0, 0}, sum[2] = {0, 0}, least[2] = {NAN, NAN};
  for (size_t i = 0; i < model->n; i++) {
    const size_t kind = attn_labels_noisy(labels, i);
    const double signal = model->weight[i * model->T], margin = labels->y[i] * model->f[i];
    count[kind]++;
    right[kind] += margin > 0;
    sum[kind] += margin;
    least[kind] = fmin(least[kind], margin); /* fmin passes over not-a-number */
    above[kind] += kind == 0 ? signal > 0.5 : signal < 0.5;
    attention[kind] += signal;
  }
  const double clean = (double)count[0], noisy = (double)count[1];
  attn_metrics m = {
      .loss = attn_train_loss(model, labels),
      .train_acc = (double)(right[0] + right[1]) / (clean + noisy),
      .clean_acc = (double)right[0] / clean, /* 0/0 is not-a-number, as promised */
      .noisy_acc = (double)right[1] / noisy,
      .att_clean = attention[0] / clean,
      .att_noisy = attention[1] / noisy,
      .margin_clean = sum[0] / clean,
      .margin_noisy = sum[1] / noisy,
      .least_clean = least[0],
      .least_noisy = least[1],
      .share_clean = (double)above[0] / clean,
      .share_noisy = (double)above[1] / noisy,
  };
  for (size_t k = 0; k < 2; k++) {
    m.mv[k] = model->signal[ATTN_V][k];
    m.mp[k] = model->signal[ATTN_P][k];
  }
  const double *v = model->theta, *p = model->theta + model->dim;
  const double *v_noise = model->noise, *p_noise = model->noise + model->N;
  m.vv = fmax(attn_tokens_inner(tokens, v, v, v_noise), 0);
  m.pp = fmax(attn_tokens_inner(tokens, p, p, p_noise), 0);
  m.norm_v = sqrt(v[0] * v[0] + v[1] * v[1] + m.vv);
  m.norm_p = sqrt(p[0] * p[0] + p[1] * p[1] + m.pp);
  m.vp = attn_tokens_inner(tokens, v, p, p_noise);
  /* |p|^2 may underflow where |p| does not, and then v . p would contradict it; b_t = xi_t . p is
   * below 1e-150 there and moves no attention */
  if (m.pp < DBL_MIN)
    m.pp = m.vp = 0;
  m.residual2 = m.pp > 0 ? residual2(model, tokens, m.vp / m.pp) : m.vv;
  return m;
}

bool attn_metrics_fitted(const attn_model *model, const attn_labels *labels) {
  bool fitted = true;
  for (size_t i = 0; i < model->n; i++)
    fitted &= labels->y[i] * model->f[i] > 0;
  return fitted;
}

attn_risk_input attn_metrics_risk_input(const attn_metrics *m) {
  return (attn_risk_input){.mv = {m->mv[0], m->mv[1]},
                           .mp = {m->mp[0], m->mp[1]},
                           .vv = m->vv,
                           .pp = m->pp,
                           .vp = m->vp,
                           .residual2 = m->residual2};
}

double attn_metrics_log10_risk(const attn_metrics *metrics, size_t T) {
  const attn_risk_input input = attn_metrics_risk_input(metrics);
  return attn_risk_log10(&input, T).log10_clean;
}
