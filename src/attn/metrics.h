/* metrics: what is measured of a trained model on its training set, over any geometry. */
#ifndef ATTN_METRICS_H
#define ATTN_METRICS_H

#include "model.h"
#include "risk_input.h"

/* Not-a-number stands where there is no sample of a kind. A tie f = 0 counts as an error. */
typedef struct {
  double loss;
  double train_acc, clean_acc, noisy_acc; /* shares with y_i f_i > 0 */
  double att_clean, att_noisy;            /* mean attention on the signal token */
  double margin_clean, margin_noisy;      /* mean y_i f_i */
  double least_clean, least_noisy;        /* the smallest y_i f_i */
  double share_clean;    /* share of clean samples that give the signal more than 1/2 */
  double share_noisy;    /* share of noisy samples that give the noise tokens more than 1/2 */
  double mv[2], mp[2];   /* mu_k . v, mu_k . p */
  double norm_v, norm_p; /* |v|, |p| */
  double vv, pp, vp;     /* noise parts: |v|^2, |p|^2, v . p */
  double residual2;      /* |v - (vp/pp) p|^2 of the noise parts, without the cancellation of
                            vv - vp^2/pp; vv when pp is 0 */
} attn_metrics;

/* After forward. */
attn_metrics attn_metrics_measure(const attn_model *model, const attn_tokens *tokens,
                                  const attn_labels *labels);

/* Whether all y_i f_i > 0, after forward: train_acc == 1 without the rest. */
bool attn_metrics_fitted(const attn_model *model, const attn_labels *labels);

/* What the population risk depends on (theory section 4). */
attn_risk_input attn_metrics_risk_input(const attn_metrics *metrics);

/* log10 of the exact population risk on D_clean, for T tokens. */
double attn_metrics_log10_risk(const attn_metrics *metrics, size_t T);

#endif
