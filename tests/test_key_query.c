/* Key-query weights against a twin that holds the whole matrix W: outputs, gradients by finite
 * differences of the loss, trajectories; and against the model without W. */
#include "support.h"

#include <gsl/gsl_rng.h>
#include <string.h>

#include "key_query.h"
#include "linalg.h"
#include "model.h"
#include "rng.h"
#include "tokens_dense.h"
#include "train.h"

enum { n = 5, T = 3, D = 14, N = n * (T - 1), M = N + 2 };

/* The same draw as matrices: B, W, and the model on them. */
typedef struct {
  attn_labels *labels;
  attn_layout *layout;
  attn_key_query *model;
  double B[M * D], W0[D * D], BW0[M * D], G[M * M], K[M * M], v[M], w[n];
} problem;

static problem *make(bool identity, bool general) {
  problem *q = attn_alloc(1, sizeof *q);
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 9, "key_query", identity, general, ATTN_STREAM_NOISE);
  attn_rng_gaussian(q->B, M * D, rng); /* signals and noise at any angle */
  attn_rng_gaussian(q->W0, D * D, rng);
  attn_scale(q->W0, 0.5, D * D);
  for (size_t c = 0; identity && c < D * D; c++)
    q->W0[c] = c % (D + 1) == 0;
  attn_rng_gaussian(q->v, M, rng);
  attn_scale(q->v, 0.1, M);
  q->labels = attn_labels_alloc(n, T);
  for (size_t i = 0; i < n; i++) {
    q->labels->k[i] = i % 2;
    q->labels->y[i] = i == 3 ? 1 : i % 2 ? -1 : 1;
  }
  if (general) { /* every token a mixture of signals and a noise token */
    q->layout = attn_layout_alloc(n, T, N);
    attn_rng_gaussian(q->layout->signal, 2 * n * T, rng);
    for (size_t t = 0; t < n * T; t++)
      q->layout->noise[t] = t % 4 == 3 ? ATTN_NO_NOISE : (3 * t) % N;
    attn_labels_set_layout(q->labels, q->layout);
  }
  attn_multiply(q->BW0, D, q->B, D, q->W0, D, M, D, D);
  attn_gram(q->G, q->B, M, D);
  attn_gram(q->K, q->BW0, M, D);
  q->model = attn_key_query_alloc(n, T, N, q->G, q->K);
  attn_key_query_start(q->model, q->v);
  gsl_rng_free(rng);
  return q;
}

static void finish(problem *q) {
  attn_key_query_free(q->model);
  attn_labels_free(q->labels);
  attn_layout_free(q->layout);
  attn_free(q);
}

/* Token t of sample i, in full. */
static void token(double *x, const problem *q, size_t i, size_t t) {
  memset(x, 0, D * sizeof *x);
  if (q->layout == NULL) {
    const size_t row = t == 0 ? q->labels->k[i] : 2 + i * (T - 1) + t - 1;
    memcpy(x, q->B + row * D, D * sizeof *x);
    return;
  }
  const size_t at = i * T + t;
  for (size_t c = 0; c < D; c++) {
    x[c] = q->layout->signal[2 * at] * q->B[c] + q->layout->signal[2 * at + 1] * q->B[D + c];
    if (q->layout->noise[at] != ATTN_NO_NOISE)
      x[c] += q->B[(2 + q->layout->noise[at]) * D + c];
  }
}

/* The mean logistic loss of f = v' X' softmax(X W p) by its definition. */
static double naive_loss(const problem *q, const double *v, const double *W, const double *p,
                         double *f) {
  double loss = 0;
  for (size_t i = 0; i < n; i++) {
    double b[T], g[T], sum = 0, x[D];
    f[i] = 0;
    for (size_t t = 0; t < T; t++) {
      token(x, q, i, t);
      b[t] = g[t] = 0;
      for (size_t r = 0; r < D; r++) {
        g[t] += x[r] * v[r];
        for (size_t c = 0; c < D; c++)
          b[t] += x[r] * W[r * D + c] * p[c];
      }
      sum += exp(b[t]);
    }
    for (size_t t = 0; t < T; t++)
      f[i] += exp(b[t]) / sum * g[t];
    loss += log1p(exp(-q->labels->y[i] * f[i])) / n;
  }
  return loss;
}

/* W, q and v of the model in full. */
static void whole(double *v, double *W, double *p, const problem *q) {
  const attn_key_query *model = q->model;
  double ABW0[M * D];
  attn_multiply(v, D, model->v, M, q->B, D, 1, D, M);
  attn_multiply(p, D, model->q, M, q->BW0, D, 1, D, M);
  attn_multiply(ABW0, D, model->A, M, q->BW0, D, M, D, M);
  memcpy(W, q->W0, sizeof q->W0);
  for (size_t i = 0; i < M; i++)
    for (size_t r = 0; r < D; r++)
      attn_axpy(W + r * D, q->B[i * D + r], ABW0 + i * D, D);
}

static void step(problem *q, double beta, bool train_v) {
  attn_key_query_forward(q->model, q->labels);
  attn_train_loss_derivative(q->w, q->model->f, q->labels);
  attn_key_query_backward(q->model, q->labels, q->w);
  attn_key_query_step(q->model, beta, train_v);
}

/* A step moves W, q and v by -beta times the loss's derivative, taken by central differences at the
 * matrices themselves; outputs agree at every step. */
static void test_against_whole_matrix(void **state) {
  (void)state;
  const double beta = 0.05, h = 1e-5;
  double moved = 0;
  for (size_t variant = 0; variant < 8; variant++) {
    problem *q = make(variant & 1, variant & 2);
    const bool train_v = variant & 4;
    double v[D], W[D * D], p[D], v2[D], W2[D * D], p2[D], f[n];
    for (size_t s = 0; s < 4; s++) {
      whole(v, W, p, q);
      step(q, beta, train_v);
      naive_loss(q, v, W, p, f);
      for (size_t i = 0; i < n; i++)
        assert_close(q->model->f[i], f[i], 1e-12);
      whole(v2, W2, p2, q);
      struct {
        double *at, *after;
        size_t size;
        bool trained;
      } parts[] = {{v, v2, D, train_v}, {W, W2, D * D, true}, {p, p2, D, true}};
      for (size_t part = 0; part < 3; part++)
        for (size_t c = 0; c < parts[part].size; c++) {
          const double here = parts[part].at[c], change = parts[part].after[c] - here;
          parts[part].at[c] = here + h;
          const double up = naive_loss(q, v, W, p, f);
          parts[part].at[c] = here - h;
          const double down = naive_loss(q, v, W, p, f);
          parts[part].at[c] = here;
          assert_close(change, parts[part].trained ? -beta * (up - down) / (2 * h) : 0, 1e-9);
          moved = fmax(moved, fabs(change));
        }
    }
    finish(q);
  }
  assert_true(moved > 1e-3);
}

/* With W_0 = I, W q = B'(a + e) is the p of the single-head model: same outputs from those vectors. */
static void test_effective_p(void **state) {
  (void)state;
  problem *q = make(true, false);
  for (size_t s = 0; s < 5; s++)
    step(q, 0.05, true);
  attn_key_query_forward(q->model, q->labels);
  double p[M];
  attn_key_query_tokens_part(p, q->model);
  attn_axpy(p, 1, q->model->q, M);
  for (size_t j = 0; j < M; j++) {
    double score = 0;
    for (size_t l = 0; l < M; l++)
      score += q->G[j * M + l] * p[l];
    assert_close(score, q->model->score[M + j], 1e-11);
  }
  finish(q);
}

/* What the risk depends on, against the vectors themselves. N < D - 2, so that a Gaussian W_0 leads out
 * of the span; there the mean over draws of W_0 is compared. */
static void test_risk_input(void **state) {
  (void)state;
  double outside = 0, expected = 0;
  for (size_t draw = 0; draw < 400; draw++) {
    const bool identity = draw == 0;
    problem *q = make(identity, false);
    gsl_rng *rng = attn_rng_alloc();
    attn_rng_start(rng, 9, "key_query", 2, draw, ATTN_STREAM_START);
    for (size_t a = 0; a < M; a++) /* signals along two axes that the noise does not have */
      for (size_t c = 0; c < (a < 2 ? D : 2); c++)
        q->B[a * D + c] = a == c ? 1.5 : 0;
    if (!identity)
      attn_rng_gaussian(q->W0, D * D, rng);
    if (!identity)
      attn_scale(q->W0, 1 / sqrt(D), D * D);
    attn_multiply(q->BW0, D, q->B, D, q->W0, D, M, D, D);
    attn_gram(q->G, q->B, M, D);
    attn_gram(q->K, q->BW0, M, D);
    double R[N * N], v[D], W[D * D], query[D], p[D], u[D];
    for (size_t a = 0; a < N; a++)
      memcpy(R + a * N, q->G + (a + 2) * M + 2, N * sizeof *R);
    assert_true(attn_cholesky(R, N, N));
    for (size_t s = 0; s < 4; s++)
      step(q, 0.1, true);
    attn_key_query_forward(q->model, q->labels);
    const attn_risk_input in = attn_key_query_risk_input(q->model, R, 0);
    whole(v, W, query, q);
    attn_multiply_transposed(p, 1, W, D, query, D, D, 1, D);
    for (size_t k = 0; k < 2; k++) {
      assert_close(in.mv[k], 1.5 * v[k], 1e-12);
      assert_close(in.mp[k], 1.5 * p[k], 1e-12);
    }
    assert_close(in.vv, attn_dot(v + 2, v + 2, D - 2), 1e-12);
    assert_close(in.vp, attn_dot(v + 2, p + 2, D - 2), 1e-12);
    const double pp = attn_dot(p + 2, p + 2, D - 2);
    if (identity) {
      assert_close(in.pp, pp, 1e-9);
      assert_true(pp > 1e-6);
    } else {
      attn_multiply(u, D, q->model->q, M, q->BW0, D, 1, D, M);
      const double length = attn_dot(u, u, D);
      outside += (pp - in.pp) / length;
      expected += (attn_key_query_risk_input(q->model, R, (double)(D - M) / D).pp - in.pp) / length;
      assert_true(pp > in.pp - 1e-9);
    }
    gsl_rng_free(rng);
    finish(q);
  }
  /* chi square over D with D - M degrees of freedom: relative deviation sqrt(2 / (399 (D - M))) */
  assert_close(outside, expected, 4.5 * expected * sqrt(2 / (399.0 * (D - M))));
}

static void misfit(const void *unused) {
  (void)unused;
  problem *q = make(true, false);
  attn_labels *labels = attn_labels_alloc(n + 1, T);
  attn_key_query_forward(q->model, labels);
}

static void test_bad_input(void **state) {
  (void)state;
  assert_fails(misfit, NULL, "a model of 5 samples, 3 tokens each", "given labels of 6, 3");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_against_whole_matrix),
      cmocka_unit_test(test_effective_p),
      cmocka_unit_test(test_risk_input),
      cmocka_unit_test(test_bad_input),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
