#include "diagnose.h"

#include <math.h>

#include "tokens_gram.h"
#include "train.h"

double attn_diagnose_longest(attn_tokens *tokens) {
  const double *K = attn_tokens_gram_matrix(tokens);
  double square = tokens->rho * tokens->rho;
  for (size_t j = 0; j < tokens->N; j++)
    square = fmax(square, K[j * tokens->N + j]);
  return sqrt(square);
}

static double norm(const attn_tokens *tokens, const double *u /* [dim] */,
                   const double *noise /* [N] */) {
  return sqrt(u[0] * u[0] + u[1] * u[1] + fmax(attn_tokens_inner(tokens, u, u, noise), 0));
}

attn_diagnosis attn_diagnose_measure(attn_model *model, attn_tokens *tokens,
                                     const attn_labels *labels, const double *w, double longest) {
  const size_t T = model->T, N = model->N;
  double largest = 0, sum[2] = {0, 0}, count[2] = {0, 0}, slope = 0, open = 0, signal[2][2];
  for (size_t i = 0; i < model->n; i++) {
    const double *s = model->weight + i * T;
    const size_t kind = attn_labels_noisy(labels, i);
    double most = 0, trace = 0;
    for (size_t t = 0; t < T; t++) {
      most = s[t] > most ? s[t] : most;
      trace += s[t] * (1 - s[t]);
    }
    largest += most;
    sum[kind] += s[0];
    count[kind]++;
    slope += fabs(w[i]);
    open += fabs(w[i]) * trace;
  }
  attn_tokens_scores(tokens, signal[0], model->pull, model->grad, 2);
  const double *v = model->theta, loss = attn_train_loss(model, labels);
  const double part = loss < 1 ? loss : 1; /* fmin would pass over not-a-number */
  return (attn_diagnosis){
      .concentration = largest / (double)model->n,
      .separation = sum[0] / count[0] - sum[1] / count[1],
      .openness = open / slope * (double)T / (double)(T - 1),
      .loss = loss,
      .grad_v = norm(tokens, model->grad, model->pull),
      .grad_p = norm(tokens, model->grad + model->dim, model->pull + N),
      .bound_v = part * longest,
      .bound_p = part * longest * longest * norm(tokens, v, model->noise),
  };
}

void attn_diagnose_watch(attn_watch *watch, const attn_diagnosis *d) {
  const double grad = hypot(d->grad_v, d->grad_p);
  const double over = fmax(d->grad_v / d->bound_v, d->bound_p > 0 ? d->grad_p / d->bound_p : 0);
  if (watch->steps++ == 0) {
    watch->start = grad;
    watch->loss_start = d->loss;
    watch->finite = true;
  }
  watch->finite &= isfinite(grad) && isfinite(d->loss);
  watch->largest = fmax(watch->largest, grad);
  watch->loss_largest = fmax(watch->loss_largest, d->loss);
  watch->over_bound = fmax(watch->over_bound, over);
}

//@begin definitions
bool attn_diagnose_harmful(double train_acc, double log10_risk, double harmful) {
  return train_acc == 1 && log10_risk >= log10(harmful);
}

bool attn_diagnose_collapsed(const attn_diagnosis *d, double level) {
  return d->concentration >= level && fabs(d->separation) <= 1 - level;
}

bool attn_diagnose_vanished(const attn_diagnosis *d, double least) {
  return d->openness < least;
}

bool attn_diagnose_grew(const attn_watch *watch, double times) {
  return watch->largest > times * watch->start;
}

bool attn_diagnose_rose(const attn_watch *watch) {
  return watch->loss_largest > watch->loss_start;
}
//@end definitions
