#include "model.h"

#include <string.h>

#include "attention.h"

attn_model *attn_model_alloc(const attn_tokens *tokens, size_t T) {
  return attn_model_alloc_samples(tokens, tokens->N / (T - 1), T);
}

attn_model *attn_model_alloc_samples(const attn_tokens *tokens, size_t n, size_t T) {
  attn_model *model = attn_alloc(1, sizeof *model);
  model->T = T;
  model->N = tokens->N;
  model->n = n;
  model->dim = tokens->dim;
  model->theta = attn_alloc(2 * model->dim, sizeof(double));
  model->grad = attn_alloc(2 * model->dim, sizeof(double));
  model->noise = attn_alloc(2 * model->N, sizeof(double));
  model->weight = attn_alloc(model->n * T, sizeof(double));
  model->f = attn_alloc(model->n, sizeof(double));
  model->pull = attn_alloc(2 * model->N, sizeof(double));
  model->row = attn_alloc(4 * T, sizeof(double));
  return model;
}

void attn_model_free(attn_model *model) {
  if (model == NULL)
    return;
  attn_free(model->theta);
  attn_free(model->grad);
  attn_free(model->noise);
  attn_free(model->weight);
  attn_free(model->f);
  attn_free(model->pull);
  attn_free(model->row);
  attn_free(model);
}

void attn_model_zero(attn_model *model) {
  memset(model->theta, 0, 2 * model->dim * sizeof(double));
}

static void need_fit(const attn_model *model, const attn_labels *labels) {
  if (labels->n != model->n || labels->T != model->T || labels->N != model->N)
    attn_fail("a model of %zu samples, %zu tokens each, and %zu noise tokens was given labels of "
              "%zu, %zu and %zu",
              model->n, model->T, model->N, labels->n, labels->T, labels->N);
}

/* One sample's scores on v or p, the signal token first. */
static void gather(double *score /* [T] */, const attn_model *model, const attn_labels *labels,
                   size_t i, size_t which) {
  if (labels->layout != NULL) {
    attn_layout_gather(score, labels->layout, i, model->signal[which],
                       model->noise + which * model->N);
    return;
  }
  score[0] = model->signal[which][labels->k[i]];
  memcpy(score + 1, model->noise + which * model->N + i * (model->T - 1),
         (model->T - 1) * sizeof(double));
}

void attn_model_set(attn_model *model, attn_tokens *tokens, const double *v, const double *p) {
  const double signal[2][2] = {{v[0], v[1]}, {p[0], p[1]}};
  memcpy(model->pull, v + 2, model->N * sizeof *v);
  memcpy(model->pull + model->N, p + 2, model->N * sizeof *p);
  attn_tokens_pullback(tokens, model->theta, signal[0], model->pull, 2);
}

void attn_model_forward(attn_model *model, attn_tokens *tokens, const attn_labels *labels) {
  double *g = model->row, *b = model->row + model->T;
  need_fit(model, labels);
  attn_tokens_scores(tokens, model->signal[0], model->noise, model->theta, 2);
  for (size_t i = 0; i < model->n; i++) {
    gather(g, model, labels, i, ATTN_V);
    gather(b, model, labels, i, ATTN_P);
    model->f[i] = attn_attention_forward(model->weight + i * model->T, b, g, model->T);
  }
}

//@begin backward
void attn_model_backward(attn_model *model, attn_tokens *tokens, const attn_labels *labels,
                         const double *w) {
  const size_t T = model->T, N = model->N;
  double *g = model->row, *dg = model->row + T, *db = model->row + 2 * T;
  double signal[2][2] = {{0, 0}, {0, 0}};
  need_fit(model, labels);
  if (labels->layout != NULL)
    memset(model->pull, 0, 2 * N * sizeof *model->pull);
  for (size_t i = 0; i < model->n; i++) {
    gather(g, model, labels, i, ATTN_V);
    /* f_i = sum_t s_it g_it with s_i = softmax(b_i) */
    attn_attention_backward(dg, db, model->weight + i * T, g, model->f[i], w[i], T);
    if (labels->layout != NULL) {
      attn_layout_scatter(signal[ATTN_V], model->pull, labels->layout, i, dg);
      attn_layout_scatter(signal[ATTN_P], model->pull + N, labels->layout, i, db);
      continue;
    }
    signal[ATTN_V][labels->k[i]] += dg[0];
    signal[ATTN_P][labels->k[i]] += db[0];
    memcpy(model->pull + i * (T - 1), dg + 1, (T - 1) * sizeof(double));
    memcpy(model->pull + N + i * (T - 1), db + 1, (T - 1) * sizeof(double));
  }
  /* g_it = x_it . v and b_it = x_it . p, so the gradients are sums of tokens */
  attn_tokens_pullback(tokens, model->grad, signal[0], model->pull, 2);
}
//@end backward
