#include "model.h"

#include <string.h>

#include "attention.h"

attn_model *attn_model_alloc(const attn_tokens *tokens, size_t T) {
  return attn_model_alloc_samples(tokens, tokens->N / (T - 1), T);
}

attn_model *attn_model_alloc_samples(const attn_tokens *tokens, size_t n, size_t T) {
  return attn_model_alloc_heads(tokens, n, T, 1);
}

attn_model *attn_model_alloc_heads(const attn_tokens *tokens, size_t n, size_t T, size_t H) {
  if (H < 1)
    attn_fail("a model has at least 1 head, not %zu", H);
  attn_model *model = attn_alloc(1, sizeof *model);
  model->T = T;
  model->N = tokens->N;
  model->n = n;
  model->H = H;
  model->attention = (attn_attention){.kind = ATTN_SOFTMAX};
  model->dim = tokens->dim;
  model->theta = attn_alloc(2 * H * model->dim, sizeof(double));
  model->grad = attn_alloc(2 * H * model->dim, sizeof(double));
  model->signal = attn_alloc(2 * H, sizeof *model->signal);
  model->noise = attn_alloc(2 * H * model->N, sizeof(double));
  model->weight = attn_alloc(H * n * T, sizeof(double));
  model->f_head = attn_alloc(H * n, sizeof(double));
  model->f = attn_alloc(n, sizeof(double));
  model->pull_signal = attn_alloc(2 * H, sizeof *model->pull_signal);
  model->pull = attn_alloc(2 * H * model->N, sizeof(double));
  model->row = attn_alloc(5 * T, sizeof(double));
  return model;
}

void attn_model_free(attn_model *model) {
  if (model == NULL)
    return;
  attn_free(model->theta);
  attn_free(model->grad);
  attn_free(model->signal);
  attn_free(model->noise);
  attn_free(model->weight);
  attn_free(model->f_head);
  attn_free(model->f);
  attn_free(model->pull_signal);
  attn_free(model->pull);
  attn_free(model->row);
  attn_free(model);
}

void attn_model_zero(attn_model *model) {
  memset(model->theta, 0, 2 * model->H * model->dim * sizeof(double));
}

static void need_fit(const attn_model *model, const attn_labels *labels) {
  if (labels->n != model->n || labels->T != model->T || labels->N != model->N)
    attn_fail("a model of %zu samples, %zu tokens each, and %zu noise tokens was given labels of "
              "%zu, %zu and %zu",
              model->n, model->T, model->N, labels->n, labels->T, labels->N);
}

void attn_model_set(attn_model *model, attn_tokens *tokens, const double *v, const double *p) {
  const double signal[2][2] = {{v[0], v[1]}, {p[0], p[1]}};
  memcpy(model->pull, v + 2, model->N * sizeof *v);
  memcpy(model->pull + model->N, p + 2, model->N * sizeof *p);
  attn_tokens_pullback(tokens, model->theta, signal[0], model->pull, 2);
}

/* Sample i's scores on a row of theta, the signal token first. */
static void gather(double *score /* [T] */, const attn_model *model, const attn_labels *labels,
                   size_t i, size_t row) {
  attn_labels_gather(score, labels, i, model->signal[row], model->noise + row * model->N);
}

void attn_model_forward(attn_model *model, attn_tokens *tokens, const attn_labels *labels) {
  const size_t n = model->n, T = model->T;
  double *g = model->row, *b = model->row + T;
  need_fit(model, labels);
  attn_tokens_scores(tokens, model->signal[0], model->noise, model->theta, 2 * model->H);
  for (size_t h = 0; h < model->H; h++)
    for (size_t i = 0; i < n; i++) {
      double *s = model->weight + (h * n + i) * T, f = 0;
      gather(g, model, labels, i, 2 * h + ATTN_V);
      gather(b, model, labels, i, 2 * h + ATTN_P);
      if (model->attention.kind == ATTN_SOFTMAX)
        f = attn_attention_forward(s, b, g, T);
      else {
        attn_attention_weights(s, b, T, &model->attention);
        for (size_t t = 0; t < T; t++)
          f += s[t] * g[t];
      }
      model->f_head[h * n + i] = f;
      model->f[i] = h > 0 ? model->f[i] + f : f;
    }
}

/* What sample i's derivatives by its scores on a row of theta give to signals and noise. */
static void scatter(attn_model *model, const attn_labels *labels, size_t i, size_t row,
                    const double *token /* [T] */) {
  attn_labels_scatter(model->pull_signal[row], model->pull + row * model->N, labels, i, token);
}

//@begin backward
void attn_model_backward(attn_model *model, attn_tokens *tokens, const attn_labels *labels,
                         const double *w) {
  const size_t n = model->n, T = model->T;
  double *g = model->row, *b = g + T, *dg = b + T, *db = dg + T, *r = db + T;
  need_fit(model, labels);
  memset(model->pull_signal, 0, 2 * model->H * sizeof *model->pull_signal);
  memset(model->pull, 0, 2 * model->H * model->N * sizeof *model->pull);
  for (size_t h = 0; h < model->H; h++)
    for (size_t i = 0; i < n; i++) {
      const double *s = model->weight + (h * n + i) * T;
      gather(g, model, labels, i, 2 * h + ATTN_V);
      /* f_i = sum_t s_it g_it with s_i = softmax(b_i) */
      if (model->attention.kind == ATTN_SOFTMAX)
        attn_attention_backward(dg, db, s, g, model->f_head[h * n + i], w[i], T);
      else { /* or another S */
        gather(b, model, labels, i, 2 * h + ATTN_P);
        for (size_t t = 0; t < T; t++) {
          dg[t] = w[i] * s[t];
          r[t] = w[i] * g[t];
        }
        attn_attention_pull(db, r, s, b, T, &model->attention);
      }
      scatter(model, labels, i, 2 * h + ATTN_V, dg);
      scatter(model, labels, i, 2 * h + ATTN_P, db);
    }
  /* g_it = x_it . v and b_it = x_it . p, so the gradients are sums of tokens */
  attn_tokens_pullback(tokens, model->grad, model->pull_signal[0], model->pull, 2 * model->H);
}
//@end backward
