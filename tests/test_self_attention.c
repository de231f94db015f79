/* Self-attention against a twin that holds W and the tokens whole: outputs, steps by finite
 * differences of the loss; and its test set in law against drawn samples. */
#include "support.h"

#include <gsl/gsl_rng.h>
#include <string.h>

#include "linalg.h"
#include "rng.h"
#include "self_attention.h"

enum { n = 5, T = 3, D = 9, N = n * (T - 1), M = N + 2 };

typedef struct {
  attn_labels *labels;
  attn_self_attention *model;
  double B[M * D], G[M * M], w[n];
} problem;

/* Signals of norm rho along two axes that the noise does not have, or, if mixed, tokens at any
 * angle: the algebra does not need orthogonal signals. */
static problem *make(bool mixed, double rho) {
  problem *q = attn_alloc(1, sizeof *q);
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 9, "self_attention", mixed, 0, ATTN_STREAM_NOISE);
  attn_rng_gaussian(q->B, M * D, rng);
  for (size_t a = 0; !mixed && a < M; a++)
    for (size_t c = 0; c < (a < 2 ? D : 2); c++)
      q->B[a * D + c] = a == c ? rho : 0;
  q->labels = attn_labels_alloc(n, T);
  for (size_t i = 0; i < n; i++) {
    q->labels->k[i] = i % 2;
    q->labels->y[i] = i == 3 ? 1 : i % 2 ? -1 : 1;
  }
  attn_gram(q->G, q->B, M, D);
  q->model = attn_self_attention_alloc(n, T, D, q->G);
  gsl_rng_free(rng);
  return q;
}

static void finish(problem *q) {
  attn_self_attention_free(q->model);
  attn_labels_free(q->labels);
  attn_free(q);
}

static size_t index_of(const problem *q, size_t i, size_t t) {
  return t == 0 ? q->labels->k[i] : 2 + i * (T - 1) + t - 1;
}

/* f of tokens x [T][D] by its definition; weight [T][T], if not NULL, query by query. */
static double naive_output(const double *const x[T], const double *v, const double *W,
                           double *weight) {
  double f = 0;
  for (size_t t = 0; t < T; t++) {
    double e[T], sum = 0;
    for (size_t u = 0; u < T; u++) {
      double b = 0;
      for (size_t r = 0; r < D; r++)
        for (size_t c = 0; c < D; c++)
          b += x[u][r] * W[r * D + c] * x[t][c];
      sum += e[u] = exp(b / sqrt(D));
    }
    for (size_t u = 0; u < T; u++) {
      f += e[u] / sum * attn_dot(x[u], v, D) / T;
      if (weight != NULL)
        weight[t * T + u] = e[u] / sum;
    }
  }
  return f;
}

static double naive_loss(const problem *q, const double *v, const double *W) {
  double loss = 0;
  for (size_t i = 0; i < n; i++) {
    const double *x[T];
    for (size_t t = 0; t < T; t++)
      x[t] = q->B + index_of(q, i, t) * D;
    loss += log1p(exp(-q->labels->y[i] * naive_output(x, v, W, NULL))) / n;
  }
  return loss;
}

/* v and W = B'A B / sqrt(D) in full. */
static void whole(double *v, double *W, const problem *q) {
  attn_multiply(v, D, q->model->v, M, q->B, D, 1, D, M);
  memset(W, 0, D * D * sizeof *W);
  for (size_t i = 0; i < n; i++)
    for (size_t u = 0; u < T; u++)
      for (size_t t = 0; t < T; t++)
        for (size_t r = 0; r < D; r++)
          attn_axpy(W + r * D,
                    q->model->A[(i * T + u) * T + t] * q->B[index_of(q, i, u) * D + r] / sqrt(D),
                    q->B + index_of(q, i, t) * D, D);
}

static void step(problem *q, double beta) {
  attn_self_attention_forward(q->model, q->labels);
  for (size_t i = 0; i < n; i++)
    q->w[i] = -q->labels->y[i] / (n * (1 + exp(q->labels->y[i] * q->model->f[i])));
  attn_self_attention_step(q->model, q->labels, q->w, beta);
}

/* A step moves W and v by -beta times the loss's derivative, by central differences at the matrix
 * itself; outputs and attention agree at every step, also after a second start. */
static void test_against_whole_matrix(void **state) {
  (void)state;
  const double beta = 0.3, h = 1e-5;
  double moved = 0;
  for (int mixed = 0; mixed < 2; mixed++) {
    problem *q = make(mixed, 2);
    double v[D], W[D * D], v2[D], W2[D * D], weight[T * T];
    step(q, beta);
    step(q, beta);
    attn_self_attention_zero(q->model);
    for (size_t s = 0; s < 5; s++) {
      whole(v, W, q);
      step(q, beta);
      for (size_t i = 0; i < n; i++) {
        const double *x[T];
        for (size_t t = 0; t < T; t++)
          x[t] = q->B + index_of(q, i, t) * D;
        assert_close(q->model->f[i], naive_output(x, v, W, weight), 1e-12);
        for (size_t c = 0; c < T * T; c++)
          assert_close(q->model->weight[i * T * T + c], weight[c], 1e-12);
      }
      whole(v2, W2, q);
      for (size_t part = 0; part < 2; part++) {
        double *at = part ? W : v, *after = part ? W2 : v2;
        for (size_t c = 0; c < (part ? D * D : D); c++) {
          const double here = at[c], change = after[c] - here;
          at[c] = here + h;
          const double up = naive_loss(q, v, W);
          at[c] = here - h;
          const double down = naive_loss(q, v, W);
          at[c] = here;
          assert_close(change, -beta * (up - down) / (2 * h), 1e-8);
          if (part)
            moved = fmax(moved, fabs(change));
        }
      }
    }
    finish(q);
  }
  assert_true(moved > 1e-2);
}

/* Errors on samples drawn in R^D and on samples drawn by their inner products alone. */
static void test_errors(void **state) {
  (void)state;
  enum { SAMPLES = 20000 };
  problem *q = make(false, 2.5);
  double v[D], W[D * D], turned[D * D], R[N * N], wrong = 0, wrong_turned = 0;
  double weight[T * T], asked[2] = {0, 0}, of_law[2];
  for (size_t s = 0; s < 30; s++)
    step(q, 0.3);
  attn_scale(q->model->A, 10, n * T * T); /* so that W matters; errors need A alone */
  whole(v, W, q);
  for (size_t c = 0; c < D * D; c++)
    turned[c] = -W[c];
  for (size_t a = 0; a < N; a++)
    for (size_t c = 0; c < N; c++)
      R[a * N + c] =
          q->G[(a + 2) * M + c + 2] + (a == c ? 1e-9 : 0); /* N > D - 2: rank deficient */
  assert_true(attn_cholesky(R, N, N));
  for (size_t a = 0; a < N; a++)
    memset(R + a * N, 0, a * sizeof *R);
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 9, "self_attention", 1, 0, ATTN_STREAM_TEST);
  for (size_t sample = 0; sample < SAMPLES; sample++) {
    const size_t k = sample % 2;
    double noise[(T - 1) * D];
    attn_rng_gaussian(noise, (T - 1) * D, rng);
    const double *x[T] = {q->B + k * D};
    for (size_t t = 1; t < T; t++) {
      noise[(t - 1) * D] = noise[(t - 1) * D + 1] = 0;
      x[t] = noise + (t - 1) * D;
    }
    wrong += (naive_output(x, v, W, weight) > 0) != (k == 0);
    asked[0] += weight[0] / SAMPLES;
    for (size_t t = 1; t < T; t++)
      asked[1] += weight[t * T] / (SAMPLES * (T - 1));
    wrong_turned += (naive_output(x, v, turned, NULL) > 0) != (k == 0);
  }
  attn_rng_start(rng, 9, "self_attention", 2, 0, ATTN_STREAM_TEST);
  const double share = wrong / SAMPLES;
  const double law =
      attn_self_attention_errors(of_law, q->model, q->labels, R, SAMPLES, rng) / SAMPLES;
  assert_between(share, 0.02, 0.45);
  assert_true(fabs(wrong_turned / SAMPLES - share) > 0.05);
  assert_close(law, share, 4.5 * sqrt(2 * share * (1 - share) / SAMPLES));
  for (size_t c = 0; c < 2; c++) /* weights lie in [0, 1], with deviations of at most 1/2 */
    assert_close(of_law[c], asked[c], 4.5 * 0.5 * sqrt(2.0 / SAMPLES));
  assert_true(fabs(asked[0] - asked[1]) > 0.03);
  gsl_rng_free(rng);
  finish(q);
}

static void misfit(const void *unused) {
  (void)unused;
  problem *q = make(false, 1);
  attn_self_attention_forward(q->model, attn_labels_alloc(n + 1, T));
}

static void test_bad_input(void **state) {
  (void)state;
  assert_fails(misfit, NULL, "a model of 5 samples, 3 tokens each", "given labels of 6 and 3");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_against_whole_matrix),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_bad_input),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
