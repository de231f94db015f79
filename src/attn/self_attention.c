#include "self_attention.h"

#include <string.h>

#include "attention.h"
#include "linalg.h"
#include "rng.h"

attn_self_attention *attn_self_attention_alloc(size_t n, size_t T, size_t d, const double *G) {
  attn_self_attention *model = attn_alloc(1, sizeof *model);
  const size_t N = n * (T - 1), m = N + 2;
  *model = (attn_self_attention){.n = n, .T = T, .N = N, .m = m, .d = d, .G = G};
  model->v = attn_alloc(m, sizeof(double));
  model->A = attn_alloc(n * T * T, sizeof(double));
  model->Y = attn_alloc(2 * m * m, sizeof(double));
  model->score_v = attn_alloc(m, sizeof(double));
  model->weight = attn_alloc(n * T * T, sizeof(double));
  model->f = attn_alloc(n, sizeof(double));
  model->work = attn_alloc(4 * T, sizeof(double));
  return model;
}

void attn_self_attention_free(attn_self_attention *model) {
  if (model == NULL)
    return;
  attn_free(model->v);
  attn_free(model->A);
  attn_free(model->Y);
  attn_free(model->score_v);
  attn_free(model->weight);
  attn_free(model->f);
  attn_free(model->work);
  attn_free(model);
}

void attn_self_attention_zero(attn_self_attention *model) {
  memset(model->v, 0, model->m * sizeof *model->v);
  memset(model->A, 0, model->n * model->T * model->T * sizeof *model->A);
  memset(model->Y, 0, model->m * model->m * sizeof *model->Y);
}

/* Which basis vector token t of sample i is. */
static size_t basis_of(const attn_labels *labels, size_t i, size_t t) {
  return t == 0 ? labels->k[i] : 2 + i * (labels->T - 1) + t - 1;
}

void attn_self_attention_forward(attn_self_attention *model, const attn_labels *labels) {
  const size_t m = model->m, T = model->T;
  double *turned = model->Y + m * m; /* (A G)', so that what is summed lies side by side */
  double *b = model->work, *g = b + T;
  if (labels->n != model->n || labels->T != T)
    attn_fail("a model of %zu samples, %zu tokens each, was given labels of %zu and %zu", model->n,
              T, labels->n, labels->T);
  attn_labels_need_paper(labels, "self-attention");
  for (size_t a = 0; a < m; a++)
    model->score_v[a] = attn_dot(model->G + a * m, model->v, m);
  for (size_t a = 0; a < m; a++)
    for (size_t c = 0; c < m; c++)
      turned[c * m + a] = model->Y[a * m + c];
  for (size_t i = 0; i < model->n; i++) {
    for (size_t t = 0; t < T; t++)
      g[t] = model->score_v[basis_of(labels, i, t)];
    model->f[i] = 0;
    for (size_t t = 0; t < T; t++) { /* the query */
      const double *of_query = turned + basis_of(labels, i, t) * m;
      for (size_t u = 0; u < T; u++) /* b_u = x_u' W x_t / sqrt(d) */
        b[u] = attn_dot(model->G + basis_of(labels, i, u) * m, of_query, m) / (double)model->d;
      model->f[i] += attn_attention_forward(model->weight + (i * T + t) * T, b, g, T) / (double)T;
    }
  }
}

void attn_self_attention_step(attn_self_attention *model, const attn_labels *labels,
                              const double *w, double beta) {
  const size_t m = model->m, T = model->T;
  double *g = model->work + T, *dg = g + T, *db = dg + T;
  for (size_t i = 0; i < model->n; i++) {
    for (size_t t = 0; t < T; t++)
      g[t] = model->score_v[basis_of(labels, i, t)];
    for (size_t t = 0; t < T; t++) {
      /* f_i = (1/T) sum_t f_it, f_it = sum_u s_itu g_iu */
      const double *s = model->weight + (i * T + t) * T;
      attn_attention_backward(dg, db, s, g, attn_dot(s, g, T), w[i] / (double)T, T);
      for (size_t u = 0; u < T; u++) {
        const size_t key = basis_of(labels, i, u), query = basis_of(labels, i, t);
        model->v[key] -= beta * dg[u];
        model->A[(i * T + u) * T + t] -= beta * db[u];
        attn_axpy(model->Y + key * m, -beta * db[u], model->G + query * m, m);
      }
    }
  }
}

/* x_u' W x_t / sqrt(d) of two vectors with these inner products with B. */
static double bilinear(const attn_self_attention *model, const attn_labels *labels,
                       const double *x_u /* [m] */, const double *x_t /* [m] */) {
  const size_t T = model->T;
  double sum = 0;
  for (size_t i = 0; i < model->n; i++)
    for (size_t u = 0; u < T; u++) {
      double of_query = 0;
      for (size_t t = 0; t < T; t++)
        of_query += model->A[(i * T + u) * T + t] * x_t[basis_of(labels, i, t)];
      sum += x_u[basis_of(labels, i, u)] * of_query;
    }
  return sum / (double)model->d;
}

double attn_self_attention_errors(double *attention, const attn_self_attention *model,
                                  const attn_labels *labels, const double *R, size_t samples,
                                  gsl_rng *rng) {
  enum { BLOCK = 64 };
  const size_t N = model->N, m = model->m, T = model->T, rows = BLOCK * (T - 1);
  double *z = attn_alloc(2 * rows * N, sizeof *z), *noise = z + rows * N; /* [rows][N] */
  double *x = attn_alloc(T * m + 3 * T, sizeof *x);                       /* [T][m] */
  double *b = x + T * m, *g = b + T, *s = g + T, wrong = 0, asked[2] = {0, 0};
  for (size_t done = 0; done < samples; done += BLOCK) {
    attn_rng_gaussian(z, rows * N, rng);
    attn_multiply(noise, N, z, N, R, N, rows, N, N); /* R'z, one row for each token */
    for (size_t j = 0; j < BLOCK && done + j < samples; j++) {
      const size_t k = (done + j) % 2;
      memcpy(x, model->G + k * m, m * sizeof *x);
      for (size_t t = 1; t < T; t++) {
        x[t * m] = x[t * m + 1] = 0;
        memcpy(x + t * m + 2, noise + (j * (T - 1) + t - 1) * N, N * sizeof *x);
      }
      double f = 0;
      for (size_t t = 0; t < T; t++)
        g[t] = attn_dot(x + t * m, model->v, m);
      for (size_t t = 0; t < T; t++) {
        for (size_t u = 0; u < T; u++)
          b[u] = bilinear(model, labels, x + u * m, x + t * m);
        f += attn_attention_forward(s, b, g, T);
        asked[t > 0] += s[0];
      }
      wrong += f == 0 ? 0.5 : (f > 0) != (k == 0);
    }
  }
  if (attention != NULL) {
    attention[0] = asked[0] / (double)samples;
    attention[1] = asked[1] / (double)(samples * (T - 1));
  }
  attn_free(z);
  attn_free(x);
  return wrong;
}
