/* Gradients of the mean logistic loss over the dense and the Gram geometry, against central finite
 * differences and against a model that writes out every token. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "linalg.h"
#include "model.h"
#include "naive.h"
#include "rng.h"
#include "tokens_dense.h"
#include "train.h"

enum { D = 17, K = D - 2 };

/* A draw of n = 6 samples, both classes and both kinds of labels in it, in R^17; with T = 7 the
 * noise tokens are linearly dependent. */
typedef struct {
  size_t n, T, N;
  attn_labels *labels;
  attn_tokens *dense, *tokens; /* tokens: the geometry under test */
  attn_model *model;
  naive_data data;
  double *w;
} problem;

static problem make(attn_tokens_kind kind, size_t T) {
  const unsigned char classes[6] = {0, 0, 0, 1, 1, 1};
  const signed char observed[6] = {1, 1, -1, -1, -1, 1};
  const double rho = 1.7;
  problem q = {.n = 6, .T = T, .N = 6 * (T - 1)};
  gsl_rng *rng = attn_rng_alloc();
  q.labels = attn_labels_alloc(q.n, T);
  memcpy(q.labels->k, classes, sizeof classes);
  memcpy(q.labels->y, observed, sizeof observed);
  q.dense = attn_tokens_alloc(ATTN_TOKENS_DENSE, q.N, D, rho, 0);
  q.tokens = attn_tokens_alloc(kind, q.N, D, rho, 2);
  attn_rng_start(rng, 3, "model", T, 0, ATTN_STREAM_NOISE);
  attn_tokens_draw(q.dense, rng);
  attn_rng_start(rng, 3, "model", T, 0, ATTN_STREAM_NOISE);
  attn_tokens_draw(q.tokens, rng);
  q.model = attn_model_alloc(q.tokens, T);
  attn_rng_start(rng, 3, "model", T, 0, ATTN_STREAM_START);
  attn_rng_gaussian(q.model->theta, 2 * q.model->dim, rng);
  if (kind == ATTN_TOKENS_GRAM) /* multiples of tokens of length 4: scores of order one */
    for (size_t j = 0; j < q.N; j++) {
      q.model->theta[2 + j] *= 0.1;
      q.model->theta[q.model->dim + 2 + j] *= 0.1;
    }
  else
    attn_scale(q.model->theta, 0.4, 2 * q.model->dim);
  q.data =
      naive_data_make(q.n, T, D, q.labels->k, q.labels->y, rho, attn_tokens_dense_noise(q.dense));
  q.w = attn_alloc(q.n, sizeof *q.w);
  gsl_rng_free(rng);
  return q;
}

static void release(problem *q) {
  attn_labels_free(q->labels);
  attn_tokens_free(q->dense);
  attn_tokens_free(q->tokens);
  attn_model_free(q->model);
  naive_data_free(&q->data);
  attn_free(q->w);
}

/* The vector of R^d with the given coordinates, whatever the geometry. */
static void expand(real *u /* [D] */, const problem *q, const double *coordinates) {
  for (size_t l = 0; l < D; l++)
    u[l] = l < 2 || q->tokens->dim == D ? coordinates[l] : 0;
  if (q->tokens->dim != D)
    for (size_t j = 0; j < q->N; j++)
      for (size_t l = 0; l < K; l++)
        u[2 + l] += (real)coordinates[2 + j] * attn_tokens_dense_noise(q->dense)[j * K + l];
}

static void gradient(problem *q) {
  attn_model_forward(q->model, q->tokens, q->labels);
  attn_train_loss_derivative(q->w, q->model->f, q->labels);
  attn_model_backward(q->model, q->tokens, q->labels, q->w);
}

static const struct {
  attn_tokens_kind kind;
  size_t T;
} cases[] = {{ATTN_TOKENS_DENSE, 2}, {ATTN_TOKENS_DENSE, 3}, {ATTN_TOKENS_DENSE, 7},
             {ATTN_TOKENS_GRAM, 2},  {ATTN_TOKENS_GRAM, 3},  {ATTN_TOKENS_GRAM, 7}};
enum { CASES = sizeof cases / sizeof *cases };

/* Outputs and attention weights of the model equal those computed from tokens in R^d. */
static void test_forward(void **state) {
  (void)state;
  for (size_t c = 0; c < CASES; c++) {
    problem q = make(cases[c].kind, cases[c].T);
    real v[D], p[D], s[7];
    expand(v, &q, q.model->theta);
    expand(p, &q, q.model->theta + q.model->dim);
    attn_model_forward(q.model, q.tokens, q.labels);
    for (size_t i = 0; i < q.n; i++) {
      assert_close(q.model->f[i], (double)naive_output(s, &q.data, i, v, p), 1e-12);
      for (size_t t = 0; t < q.T; t++)
        assert_close(q.model->weight[i * q.T + t], (double)s[t], 1e-12);
    }
    assert_close(attn_train_loss(q.model, q.labels), (double)naive_loss(&q.data, v, p), 1e-13);
    release(&q);
  }
}

/* dL/dv and dL/dp equal, entry by entry and sign by sign, the central differences of the loss of
 * the written-out model, of fourth order with step 1e-3: their own error is below 1e-10, also where
 * long double is double. The largest difference relative to the largest entry must be below 1e-9. */
static void test_finite_differences(void **state) {
  (void)state;
  for (size_t c = 0; c < CASES; c++) {
    problem q = make(cases[c].kind, cases[c].T);
    const real h = 1e-3L;
    real theta[2][D], grad[2][D], slope[2][D];
    double largest[2] = {0, 0}, worst[2] = {0, 0};
    for (size_t a = 0; a < 2; a++)
      expand(theta[a], &q, q.model->theta + a * q.model->dim);
    gradient(&q);
    for (size_t a = 0; a < 2; a++) {
      expand(grad[a], &q, q.model->grad + a * q.model->dim);
      for (size_t l = 0; l < D; l++) {
        const real at = theta[a][l];
        real loss[5]; /* at -2h ... 2h */
        for (size_t e = 0; e < 5; e++) {
          theta[a][l] = at + ((real)e - 2) * h;
          loss[e] = naive_loss(&q.data, theta[0], theta[1]);
        }
        theta[a][l] = at;
        slope[a][l] = (8 * (loss[3] - loss[1]) - (loss[4] - loss[0])) / (12 * h);
        largest[a] = fmax(largest[a], fabs((double)slope[a][l]));
      }
      for (size_t l = 0; l < D; l++) {
        worst[a] = fmax(worst[a], fabs((double)(grad[a][l] - slope[a][l])) / largest[a]);
        if (fabsl(slope[a][l]) > 1e-6L * largest[a])
          assert_true((grad[a][l] > 0) == (slope[a][l] > 0));
      }
      assert_true(largest[a] > 1e-3);
      assert_close(worst[a], 0, 1e-9);
    }
    print_message("  %s T = %zu: relative error of dL/dv %.1e, of dL/dp %.1e\n",
                  cases[c].kind == ATTN_TOKENS_DENSE ? "dense" : "gram ", q.T, worst[0], worst[1]);
    release(&q);
  }
}

/* Along random directions of (v, p) the loss of the library itself changes by <grad, direction>,
 * with the inner product of the geometry; 1e-7 relative to |grad| |direction|. */
static void test_directional_derivative(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < CASES; c++) {
    problem q = make(cases[c].kind, cases[c].T);
    const size_t dim = q.model->dim;
    double *start = attn_alloc(2 * dim, sizeof *start), *way = attn_alloc(2 * dim, sizeof *way);
    double *grad = attn_alloc(2 * dim, sizeof *grad), *score = attn_alloc(q.N, sizeof *score);
    double signal[2];
    gradient(&q);
    memcpy(start, q.model->theta, 2 * dim * sizeof *start);
    memcpy(grad, q.model->grad, 2 * dim * sizeof *grad);
    for (size_t draw = 0; draw < 10; draw++) {
      attn_rng_start(rng, 4, "way", c, draw, ATTN_STREAM_OTHER);
      attn_rng_gaussian(way, 2 * dim, rng);
      double expected = 0, grad2 = 0, way2 = 0;
      for (size_t a = 0; a < 2; a++) {
        const double *g = grad + a * dim, *u = way + a * dim;
        attn_tokens_scores(q.tokens, signal, score, u, 1);
        expected += g[0] * u[0] + g[1] * u[1] + attn_tokens_inner(q.tokens, g, u, score);
        way2 += u[0] * u[0] + u[1] * u[1] + attn_tokens_inner(q.tokens, u, u, score);
        attn_tokens_scores(q.tokens, signal, score, g, 1);
        grad2 += g[0] * g[0] + g[1] * g[1] + attn_tokens_inner(q.tokens, g, g, score);
      }
      const double h = 3e-6 / sqrt(way2);
      double loss[2];
      for (size_t side = 0; side < 2; side++) {
        for (size_t l = 0; l < 2 * dim; l++)
          q.model->theta[l] = start[l] + (side ? h : -h) * way[l];
        attn_model_forward(q.model, q.tokens, q.labels);
        loss[side] = attn_train_loss(q.model, q.labels);
      }
      assert_close((loss[1] - loss[0]) / (2 * h), expected, 1e-7 * sqrt(grad2 * way2));
    }
    attn_free(start);
    attn_free(way);
    attn_free(grad);
    attn_free(score);
    release(&q);
  }
  gsl_rng_free(rng);
}

/* The backward pass is linear in dL/df and uses nothing but it: unit vectors w = e_i give the
 * gradient of the single output f_i. */
static void test_backward_of_one_output(void **state) {
  (void)state;
  for (size_t c = 0; c < CASES; c++) {
    problem q = make(cases[c].kind, cases[c].T);
    real v[D], p[D], s[7], J[49], got[D];
    expand(v, &q, q.model->theta);
    expand(p, &q, q.model->theta + q.model->dim);
    attn_model_forward(q.model, q.tokens, q.labels);
    for (size_t i = 0; i < q.n; i++) {
      for (size_t j = 0; j < q.n; j++)
        q.w[j] = i == j;
      attn_model_backward(q.model, q.tokens, q.labels, q.w);
      const real *x = q.data.x + i * q.T * D;
      naive_output(s, &q.data, i, v, p);
      naive_jacobian(J, s, q.T);
      for (size_t a = 0; a < 2; a++) {
        expand(got, &q, q.model->grad + a * q.model->dim);
        for (size_t l = 0; l < D; l++) {
          real expected = 0;
          for (size_t t = 0; t < q.T; t++) {
            real slope = 0;
            for (size_t r = 0; r < q.T; r++)
              slope += J[t * q.T + r] * naive_dot(x + r * D, v, D);
            expected += (a == 0 ? s[t] : slope) * x[t * D + l];
          }
          assert_close((double)got[l], (double)expected, 1e-11);
        }
      }
    }
    release(&q);
  }
}

/* v and p set as multiples of the tokens are those vectors of R^d, in every geometry that holds
 * tokens; lazy ones, drawn as they are asked for, answer with the same inner products again. */
static void test_set(void **state) {
  (void)state;
  for (size_t c = 0; c < CASES; c++) {
    problem q = make(cases[c].kind, cases[c].T);
    real u[2][D], s[7];
    double *weights[2];
    for (size_t a = 0; a < 2; a++) {
      weights[a] = attn_alloc(2 + q.N, sizeof **weights);
      for (size_t j = 0; j < 2 + q.N; j++)
        weights[a][j] = 0.2 * cos(1.3 * (double)(j + 1) + (double)a);
      for (size_t l = 0; l < D; l++)
        u[a][l] = l < 2 ? 1.7L * weights[a][l] : 0;
      for (size_t j = 0; j < q.N; j++)
        for (size_t l = 0; l < K; l++)
          u[a][2 + l] += (real)weights[a][2 + j] * attn_tokens_dense_noise(q.dense)[j * K + l];
    }
    attn_model_set(q.model, q.tokens, weights[ATTN_V], weights[ATTN_P]);
    attn_model_forward(q.model, q.tokens, q.labels);
    for (size_t i = 0; i < q.n; i++)
      assert_close(q.model->f[i], (double)naive_output(s, &q.data, i, u[ATTN_V], u[ATTN_P]), 1e-12);
    attn_free(weights[0]);
    attn_free(weights[1]);
    release(&q);
  }
  /* lazy: xi_1 . xi_1 as the length of p = xi_1 and as its score, and v = mu_2 - xi_1 */
  attn_tokens *lazy = attn_tokens_alloc(ATTN_TOKENS_LAZY, 4, 400, 3, 2);
  attn_model *model = attn_model_alloc(lazy, 2);
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 5, "model", 0, 0, ATTN_STREAM_NOISE);
  attn_labels *labels = attn_labels_alloc(4, 2);
  attn_tokens_draw(lazy, rng);
  attn_model_set(model, lazy, (const double[6]){0, 1, -1}, (const double[6]){0, 0, 1});
  for (size_t i = 0; i < 4; i++)
    labels->y[i] = 1;
  attn_model_forward(model, lazy, labels);
  const double *p = model->theta + model->dim, square = attn_dot(p, p, model->dim);
  assert_between(square, 250, 600);
  assert_relative(model->noise[4], square, 1e-12);
  for (size_t j = 0; j < 4; j++)
    assert_close(model->noise[j], -model->noise[4 + j], 1e-9);
  assert_close(model->signal[ATTN_V][1], 9, 1e-12);
  assert_close(model->signal[ATTN_V][0], 0, 1e-12);
  gsl_rng_free(rng);
  attn_labels_free(labels);
  attn_tokens_free(lazy);
  attn_model_free(model);
}

/* A fresh model and a zeroed one have v = p = 0, f = 0 and even attention. */
static void test_zero(void **state) {
  (void)state;
  problem q = make(ATTN_TOKENS_DENSE, 3);
  attn_model *fresh = attn_model_alloc(q.tokens, 3);
  assert_int_equal(fresh->n, 6);
  assert_int_equal(fresh->N, 12);
  assert_int_equal(fresh->dim, D);
  attn_model_zero(q.model);
  for (size_t l = 0; l < 2 * q.model->dim; l++)
    assert_true(q.model->theta[l] == 0 && fresh->theta[l] == 0);
  attn_model_forward(q.model, q.tokens, q.labels);
  for (size_t i = 0; i < q.n; i++) {
    assert_true(q.model->f[i] == 0);
    for (size_t t = 0; t < 3; t++)
      assert_true(q.model->weight[3 * i + t] == 1.0 / 3);
  }
  attn_model_free(fresh);
  attn_model_free(NULL);
  release(&q);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_zero),
      cmocka_unit_test(test_forward),
      cmocka_unit_test(test_finite_differences),
      cmocka_unit_test(test_directional_derivative),
      cmocka_unit_test(test_backward_of_one_output),
      cmocka_unit_test(test_set),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
