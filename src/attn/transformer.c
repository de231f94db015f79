#include "transformer.h"

#include <math.h>
#include <string.h>

#include "attention.h"
#include "linalg.h"
#include "rng.h"
#include "tokens_dense.h"

attn_transformer *attn_transformer_alloc(size_t T, size_t d, size_t L, size_t H) {
  if (T == 0 || d == 0 || H == 0)
    attn_fail(
        "a transformer of %zu tokens in %zu dimensions with %zu heads a block: each must be at "
        "least 1",
        T, d, H);
  if (d > 1 << 20 || (L > 0 && H > SIZE_MAX / 64 / (d * d) / L))
    attn_fail(
        "a transformer of %zu blocks with %zu heads in %zu dimensions: too many parameters to "
        "count",
        L, H, d);
  attn_transformer *model = attn_alloc(1, sizeof *model);
  *model = (attn_transformer){.T = T, .d = d, .L = L, .H = H, .size = 2 * d + 2 * L * H * d * d};
  model->theta = attn_alloc(model->size, sizeof *model->theta);
  model->grad = attn_alloc(model->size, sizeof *model->grad);
  return model;
}

void attn_transformer_free(attn_transformer *model) {
  if (model == NULL)
    return;
  attn_free(model->theta);
  attn_free(model->grad);
  attn_free(model);
}

void attn_transformer_start(attn_transformer *model, double score, double value, gsl_rng *rng) {
  const size_t d = model->d, width = 2 * model->H * d;
  memset(model->theta, 0, 2 * d * sizeof *model->theta);
  for (size_t l = 0; l < model->L; l++) {
    double *M = attn_transformer_block(model, model->theta, l);
    attn_rng_gaussian(M, d * width, rng);
    for (size_t a = 0; a < d; a++)
      for (size_t h = 0; h < 2 * model->H; h++) /* W_l1, V_l1, W_l2, ... */
        attn_scale(M + a * width + h * d, (h % 2 == 0 ? score : value) / sqrt((double)d), d);
  }
}

/* ---- samples on their way ---- */

static attn_transformer_pass *pass_alloc(const attn_transformer *model, size_t n, bool backward) {
  const size_t T = model->T, d = model->d, L = model->L, H = model->H;
  if (n == 0)
    attn_fail("a transformer's pass of 0 samples: at least 1 is needed");
  attn_transformer_pass *pass = attn_alloc(1, sizeof *pass);
  pass->n = n;
  pass->shape = (attn_transformer){.T = T, .d = d, .L = L, .H = H, .size = model->size};
  pass->x = attn_alloc((L + 1) * n * T * d, sizeof *pass->x);
  pass->attention = attn_alloc(L * H * n * T * T, sizeof *pass->attention);
  pass->weight = attn_alloc(n * T, sizeof *pass->weight);
  pass->f = attn_alloc(n, sizeof *pass->f);
  pass->score = attn_alloc(2 * n * T, sizeof *pass->score);
  pass->product = attn_alloc(L * n * T * 2 * H * d, sizeof *pass->product);
  if (!backward)
    return pass;
  pass->dscore = attn_alloc(2 * n * T, sizeof *pass->dscore);
  pass->dx = attn_alloc(2 * n * T * d, sizeof *pass->dx);
  pass->dproduct = attn_alloc((L > 0 ? n * T : 0) * 2 * H * d, sizeof *pass->dproduct);
  return pass;
}

attn_transformer_pass *attn_transformer_pass_alloc(const attn_transformer *model, size_t n) {
  return pass_alloc(model, n, true);
}

attn_transformer_pass *attn_transformer_pass_alloc_forward(const attn_transformer *model,
                                                           size_t n) {
  return pass_alloc(model, n, false);
}

void attn_transformer_pass_free(attn_transformer_pass *pass) {
  if (pass == NULL)
    return;
  attn_free(pass->x);
  attn_free(pass->attention);
  attn_free(pass->weight);
  attn_free(pass->f);
  attn_free(pass->score);
  attn_free(pass->product);
  attn_free(pass->dscore);
  attn_free(pass->dx);
  attn_free(pass->dproduct);
  attn_free(pass);
}

void attn_transformer_pass_fill(attn_transformer_pass *pass, const attn_tokens *tokens,
                                const attn_labels *labels) {
  const size_t n = pass->n, T = pass->shape.T, d = pass->shape.d, k = tokens->k;
  if (tokens->kind != ATTN_TOKENS_DENSE)
    attn_fail("a transformer needs its tokens as vectors; ask for dense tokens");
  if (tokens->dim != d || labels->n != n || labels->T != T || labels->N != tokens->N)
    attn_fail(
        "a transformer's pass of %zu samples, %zu tokens each, in %zu dimensions was given %zu "
        "samples, %zu tokens each, in %zu dimensions",
        n, T, d, labels->n, labels->T, tokens->dim);
  const double *noise = attn_tokens_dense_noise((attn_tokens *)tokens);
  memset(pass->x, 0, n * T * d * sizeof *pass->x);
  for (size_t i = 0; i < n; i++)
    for (size_t t = 0; t < T; t++) {
      double *x = pass->x + (i * T + t) * d;
      size_t j = t == 0 ? ATTN_NO_NOISE : i * (T - 1) + t - 1; /* the paper's layout */
      if (labels->layout != NULL) {
        const double *a = labels->layout->signal + 2 * (i * T + t);
        x[0] = a[0] * tokens->rho;
        x[1] = a[1] * tokens->rho;
        j = labels->layout->noise[i * T + t];
      } else if (t == 0) {
        x[labels->k[i]] = tokens->rho;
      }
      if (j != ATTN_NO_NOISE)
        memcpy(x + 2, noise + j * k, k * sizeof *x);
    }
}

static void need_shape(const attn_transformer_pass *pass, const attn_transformer *model) {
  const attn_transformer *shape = &pass->shape;
  if (shape->T != model->T || shape->d != model->d || shape->L != model->L || shape->H != model->H)
    attn_fail("a pass for T = %zu, d = %zu, L = %zu, H = %zu was given a transformer of T = %zu, "
              "d = %zu, L = %zu, H = %zu",
              shape->T, shape->d, shape->L, shape->H, model->T, model->d, model->L, model->H);
}

/* ---- forward and backward ---- */

/* Sample i's attention of head h in block l. */
static double *attention_of(const attn_transformer_pass *pass, size_t l, size_t h, size_t i) {
  const size_t T = pass->shape.T;
  return pass->attention + ((l * pass->shape.H + h) * pass->n + i) * T * T;
}

/* Row after row: A_t = softmax(B_t), next_t += sum_r A_tr (X V)_r, with B = (X W) X' / sqrt(d). */
static void attend(double *next, double *A, const double *x, const double *product, size_t width,
                   size_t T, size_t d) {
  for (size_t t = 0; t < T; t++) {
    double *a = A + t * T, largest = -INFINITY, sum = 0;
    for (size_t r = 0; r < T; r++) {
      a[r] = attn_dot(product + t * width, x + r * d, d) / sqrt((double)d);
      largest = fmax(largest, a[r]);
    }
    for (size_t r = 0; r < T; r++)
      sum += a[r] = exp(a[r] - largest);
    for (size_t r = 0; r < T; r++) {
      a[r] /= sum;
      attn_axpy(next + t * d, a[r], product + r * width + d, d);
    }
  }
}

//@begin forward
void attn_transformer_forward(attn_transformer_pass *pass, const attn_transformer *model) {
  const size_t n = pass->n, T = model->T, d = model->d, H = model->H, rows = n * T;
  const size_t width = 2 * H * d;
  need_shape(pass, model);
  for (size_t l = 0; l < model->L; l++) {
    double *x = pass->x + l * rows * d, *next = x + rows * d;
    double *product = pass->product + l * rows * width;
    attn_multiply(product, width, x, d, attn_transformer_block(model, model->theta, l), width, rows,
                  width, d);
    memcpy(next, x, rows * d * sizeof *next);
    for (size_t i = 0; i < n; i++)
      for (size_t h = 0; h < H; h++)
        attend(next + i * T * d, attention_of(pass, l, h, i), x + i * T * d,
               product + i * T * width + 2 * h * d, width, T, d);
  }
  attn_multiply_transposed(pass->score, rows, model->theta, d, pass->x + model->L * rows * d, d, 2,
                           rows, d);
  for (size_t i = 0; i < n; i++)
    pass->f[i] = attn_attention_forward(pass->weight + i * T, pass->score + rows + i * T,
                                        pass->score + i * T, T);
}
//@end forward

//@begin block
/* What one head of one sample gives to products and tokens:
 *
 *   next_t = x_t + sum_r A_tr (X V)_r   d(X V)_r = sum_t A_tr g_t,  dA_tr = g_t . (X V)_r
 *   A_t    = softmax(B_t)               dB_tr = A_tr (dA_tr - sum_q A_tq dA_tq)
 *   B_tr   = (X W)_t . x_r / sqrt(d)    d(X W)_t = sum_r dB_tr x_r / sqrt(d),
 *                                       dx_r += sum_t dB_tr (X W)_t / sqrt(d) */
static void attend_backward(double *dx, double *dproduct, const double *g, const double *A,
                            const double *x, const double *product, size_t width, size_t T,
                            size_t d) {
  for (size_t t = 0; t < T; t++)
    memset(dproduct + t * width, 0, 2 * d * sizeof *dproduct);
  for (size_t t = 0; t < T; t++) {
    const double *a = A + t * T;
    double mean = 0; /* sum_q A_tq dA_tq = g_t . (A X V)_t */
    for (size_t r = 0; r < T; r++)
      mean += a[r] * attn_dot(g + t * d, product + r * width + d, d);
    for (size_t r = 0; r < T; r++) {
      const double dA = attn_dot(g + t * d, product + r * width + d, d);
      const double dB = a[r] * (dA - mean) / sqrt((double)d);
      attn_axpy(dproduct + r * width + d, a[r], g + t * d, d);
      attn_axpy(dproduct + t * width, dB, x + r * d, d);
      attn_axpy(dx + r * d, dB, product + t * width, d);
    }
  }
}
//@end block

//@begin backward
void attn_transformer_backward(attn_transformer *model, attn_transformer_pass *pass,
                               const double *w) {
  const size_t n = pass->n, T = model->T, d = model->d, H = model->H, rows = n * T;
  const size_t width = 2 * H * d;
  const double *v = model->theta, *p = v + d;
  double *g = pass->dx, *dx = g + rows * d, *dv = pass->dscore, *dp = dv + rows;
  need_shape(pass, model);
  if (pass->dx == NULL)
    attn_fail("backward through a pass that was allocated for forward only");
  /* f_i = sum_t s_it (x_it . v), s_i = softmax(X_i p) */
  for (size_t i = 0; i < n; i++)
    attn_attention_backward(dv + i * T, dp + i * T, pass->weight + i * T, pass->score + i * T,
                            pass->f[i], w[i], T);
  attn_multiply(model->grad, d, dv, rows, pass->x + model->L * rows * d, d, 2, d, rows);
  for (size_t row = 0; row < rows; row++)
    for (size_t a = 0; a < d; a++)
      g[row * d + a] = dv[row] * v[a] + dp[row] * p[a];
  for (size_t l = model->L; l-- > 0;) {
    const double *x = pass->x + l * rows * d, *product = pass->product + l * rows * width;
    memset(dx, 0, rows * d * sizeof *dx);
    for (size_t i = 0; i < n; i++)
      for (size_t h = 0; h < H; h++)
        attend_backward(dx + i * T * d, pass->dproduct + i * T * width + 2 * h * d, g + i * T * d,
                        attention_of(pass, l, h, i), x + i * T * d,
                        product + i * T * width + 2 * h * d, width, T, d);
    /* product = X^l M with M = (W | V) of all heads */
    attn_multiply_rows(attn_transformer_block(model, model->grad, l), width, x, d, pass->dproduct,
                       width, d, width, rows);
    if (l == 0)
      break; /* nothing trains on dL/dX^0 */
    attn_axpy(g, 1, dx, rows * d);
    attn_multiply_transposed(dx, d, pass->dproduct, width,
                             attn_transformer_block(model, model->theta, l), width, rows, d, width);
    attn_axpy(g, 1, dx, rows * d);
  }
}
//@end backward
