#include "key_query.h"

#include <math.h>
#include <string.h>

#include "attention.h"
#include "linalg.h"

attn_key_query *attn_key_query_alloc(size_t n, size_t T, size_t N, const double *G,
                                     const double *M) {
  attn_key_query *model = attn_alloc(1, sizeof *model);
  const size_t m = N + 2;
  *model = (attn_key_query){.n = n, .T = T, .N = N, .m = m, .G = G, .M = M};
  model->v = attn_alloc(m, sizeof(double));
  model->q = attn_alloc(m, sizeof(double));
  model->A = attn_alloc(m * m, sizeof(double));
  model->score = attn_alloc(2 * m, sizeof(double));
  model->weight = attn_alloc(n * T, sizeof(double));
  model->f = attn_alloc(n, sizeof(double));
  model->pull = attn_alloc(2 * m, sizeof(double));
  model->work = attn_alloc(2 * m + 4 * T, sizeof(double));
  return model;
}

void attn_key_query_free(attn_key_query *model) {
  if (model == NULL)
    return;
  attn_free(model->v);
  attn_free(model->q);
  attn_free(model->A);
  attn_free(model->score);
  attn_free(model->weight);
  attn_free(model->f);
  attn_free(model->pull);
  attn_free(model->work);
  attn_free(model);
}

void attn_key_query_start(attn_key_query *model, const double *c) {
  memcpy(model->v, c, model->m * sizeof *c);
  memset(model->q, 0, model->m * sizeof *model->q);
  memset(model->A, 0, model->m * model->m * sizeof *model->A);
}

/* y = K x for a matrix of rows. */
static void apply(double *y, const double *K, const double *x, size_t m) {
  attn_multiply_transposed(y, m, x, m, K, m, 1, m, m);
}

void attn_key_query_tokens_part(double *e, const attn_key_query *model) {
  double *Ma = model->work + model->m;
  apply(Ma, model->M, model->q, model->m);
  apply(e, model->A, Ma, model->m);
}

void attn_key_query_forward(attn_key_query *model, const attn_labels *labels) {
  const size_t m = model->m, T = model->T;
  double *e = model->work, *Ma = e + m, *g = Ma + m, *b = g + T;
  double *of_v = model->score, *of_query = model->score + m;
  if (labels->n != model->n || labels->T != T || labels->N != model->N)
    attn_fail("a model of %zu samples, %zu tokens each, and %zu noise tokens was given labels of "
              "%zu, %zu and %zu",
              model->n, T, model->N, labels->n, labels->T, labels->N);
  apply(of_v, model->G, model->v, m);
  attn_key_query_tokens_part(e, model);
  apply(of_query, model->G, e, m); /* B W q = M a + G A M a */
  attn_axpy(of_query, 1, Ma, m);
  for (size_t i = 0; i < model->n; i++) {
    attn_labels_gather(g, labels, i, of_v, of_v + 2);
    attn_labels_gather(b, labels, i, of_query, of_query + 2);
    model->f[i] = attn_attention_forward(model->weight + i * T, b, g, T);
  }
}

void attn_key_query_backward(attn_key_query *model, const attn_labels *labels, const double *w) {
  const size_t m = model->m, T = model->T;
  double *g = model->work + 2 * m, *dg = g + T, *db = dg + T;
  memset(model->pull, 0, 2 * m * sizeof *model->pull);
  for (size_t i = 0; i < model->n; i++) {
    attn_labels_gather(g, labels, i, model->score, model->score + 2);
    /* f_i = sum_t s_it g_it with s_i = softmax(b_i) */
    attn_attention_backward(dg, db, model->weight + i * T, g, model->f[i], w[i], T);
    attn_labels_scatter(model->pull, model->pull + 2, labels, i, dg);
    attn_labels_scatter(model->pull + m, model->pull + m + 2, labels, i, db);
  }
}

//@begin step
void attn_key_query_step(attn_key_query *model, double beta, bool train_v) {
  const size_t m = model->m;
  double *Gg = model->work, *AGg = Gg + m;
  const double *g = model->pull + m;
  apply(Gg, model->G, g, m);
  attn_multiply(AGg, m, Gg, m, model->A, m, 1, m, m); /* A' G g */
  for (size_t i = 0; i < m; i++)                      /* W moves by B'g q', with the old q */
    attn_axpy(model->A + i * m, -beta * g[i], model->q, m);
  attn_axpy(model->q, -beta, g, m); /* q moves by W' B'g = (B W_0)'(g + A' G g), with the old W */
  attn_axpy(model->q, -beta, AGg, m);
  if (train_v)
    attn_axpy(model->v, -beta, model->pull, m);
}
//@end step

attn_risk_input attn_key_query_risk_input(attn_key_query *model, const double *R,
                                          double outside_d) {
  const size_t m = model->m, N = model->N;
  const double *of_v = model->score, *h = model->score + m, *c = model->v;
  double *Ma = model->work, *x = Ma + m;
  apply(Ma, model->M, model->q, m);
  memcpy(x, h + 2, N * sizeof *x);
  attn_solve_upper_transposed(x, R, N, N); /* R'^-1 h */
  return (attn_risk_input){.mv = {of_v[0], of_v[1]},
                           .mp = {h[0], h[1]},
                           .vv = fmax(attn_dot(c + 2, of_v + 2, N), 0),
                           .pp = attn_dot(x, x, N) + attn_dot(model->q, Ma, m) * outside_d,
                           .vp = attn_dot(c + 2, h + 2, N),
                           .residual2 = NAN};
}
