/* The logistic loss, its derivative, and gradient descent as a whole. */
#include "support.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "linalg.h"
#include "model.h"
#include "naive.h"
#include "optim.h"
#include "rng.h"
#include "tokens_dense.h"
#include "train.h"

/* A model whose outputs are set by hand. */
static void with_outputs(attn_model *model, attn_labels *labels, const double *f, const int *y) {
  for (size_t i = 0; i < model->n; i++) {
    model->f[i] = f[i];
    labels->y[i] = (signed char)y[i];
  }
}

/* log(1 + exp(-m)) and -y/(n(1 + exp(m))) for moderate margins, against long double. */
static void test_loss(void **state) {
  (void)state;
  attn_labels *labels = attn_labels_alloc(4, 2);
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_DENSE, 4, 5, 1, 0);
  attn_model *model = attn_model_alloc(tokens, 2);
  const double f[4] = {0, 0.3, -2.5, 31};
  const int y[4] = {1, -1, -1, 1};
  double w[4];
  with_outputs(model, labels, f, y);
  real loss = 0;
  for (size_t i = 0; i < 4; i++)
    loss += logl(1 + expl(-y[i] * (real)f[i])) / 4;
  assert_relative(attn_train_loss(model, labels), (double)loss, 1e-15);
  attn_train_loss_derivative(w, model->f, labels);
  for (size_t i = 0; i < 4; i++)
    assert_relative(w[i], (double)(-y[i] / (4 * (1 + expl(y[i] * (real)f[i])))), 1e-15);
  assert_relative(w[0], -0.125, 1e-16); /* f = 0: -y/(2n) */
  attn_model_free(model);
  attn_tokens_free(tokens);
  attn_labels_free(labels);
}

/* b over the stronger of rho^2 and d/n. */
static void test_step_size(void **state) {
  (void)state;
  assert_relative(attn_train_step_size(&(attn_data_param){10, 2, 250, 5, 0.1}, 3), 3.0 / 25, 1e-15);
  assert_relative(attn_train_step_size(&(attn_data_param){10, 2, 250, 6, 0.1}, 3), 3.0 / 36, 1e-15);
  assert_relative(attn_train_step_size(&(attn_data_param){10, 2, 250, 1, 0.1}, 3), 3.0 / 25, 1e-15);
}

/* Margins of +-1e4 and more: the loss is max(-m, 0) to the last digit, the derivative is -y/n or 0,
 * and neither overflows. A small loss keeps its relative precision: log(1 + e^-40) = e^-40. */
static void test_extreme_margins(void **state) {
  (void)state;
  attn_labels *labels = attn_labels_alloc(1, 2);
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_DENSE, 1, 5, 1, 0);
  attn_model *model = attn_model_alloc(tokens, 2);
  double w;
  const double size[] = {1e4, 1e4 + 0.5, 1e100, DBL_MAX};
  for (size_t c = 0; c < 4; c++)
    for (int y = -1; y <= 1; y += 2) {
      with_outputs(model, labels, &(double){y * size[c]}, &y);
      attn_train_loss_derivative(&w, model->f, labels);
      assert_true(attn_train_loss(model, labels) == 0 && w == 0);
      with_outputs(model, labels, &(double){-y * size[c]}, &y);
      attn_train_loss_derivative(&w, model->f, labels);
      assert_true(attn_train_loss(model, labels) == size[c] && w == -y);
    }
  with_outputs(model, labels, &(double){40}, &(int){1});
  assert_relative(attn_train_loss(model, labels), exp(-40), 1e-15);
  attn_model_free(model);
  attn_tokens_free(tokens);
  attn_labels_free(labels);
}

/* Gradient descent is theta - beta grad, on all coordinates. */
static void test_update(void **state) {
  (void)state;
  double theta[4] = {1, 2, -3, 0};
  const double grad[4] = {8, 0, -4, 1};
  attn_optim_update(&(attn_optim){.beta = 0.25}, theta, grad, 4);
  const double expected[4] = {-1, 2, -2, -0.25};
  assert_memory_equal(theta, expected, sizeof theta);
  /* with decay 2: theta - 0.25 (grad + 2 theta) */
  attn_optim_update(&(attn_optim){.beta = 0.25, .decay = 2}, theta, grad, 4);
  const double decayed[4] = {-2.5, 1, 0, -0.375};
  assert_memory_equal(theta, decayed, sizeof theta);
}

typedef struct {
  size_t n, T, d;
  attn_labels *labels;
  attn_tokens *tokens;
  attn_model *model;
  naive_data data;
  double *w;
} problem;

static problem make(size_t n, size_t T, size_t d, double rho, double eta) {
  problem q = {.n = n, .T = T, .d = d};
  gsl_rng *rng = attn_rng_alloc();
  q.labels = attn_labels_alloc(n, T);
  attn_rng_start(rng, 5, "train", T, n, ATTN_STREAM_LABELS);
  attn_labels_draw(q.labels, eta, rng);
  q.tokens = attn_tokens_alloc(ATTN_TOKENS_DENSE, q.labels->N, d, rho, 0);
  attn_rng_start(rng, 5, "train", T, n, ATTN_STREAM_NOISE);
  attn_tokens_draw(q.tokens, rng);
  q.model = attn_model_alloc(q.tokens, T);
  q.data =
      naive_data_make(n, T, d, q.labels->k, q.labels->y, rho, attn_tokens_dense_noise(q.tokens));
  q.w = attn_alloc(n, sizeof *q.w);
  gsl_rng_free(rng);
  return q;
}

static void release(problem *q) {
  attn_labels_free(q->labels);
  attn_tokens_free(q->tokens);
  attn_model_free(q->model);
  naive_data_free(&q->data);
  attn_free(q->w);
}

/* Theory section 2: v_1 = beta/(2nT) sum_i y_i sum_t x_it, and p_1 = 0 exactly. */
static void test_first_step(void **state) {
  (void)state;
  for (size_t T = 2; T <= 5; T++) {
    problem q = make(20, T, 30, 2.5, 0.2);
    const double beta = 0.7;
    attn_model_forward(q.model, q.tokens, q.labels);
    attn_train_step(q.model, q.tokens, q.labels, &(attn_optim){.beta = beta}, q.w);
    for (size_t l = 0; l < q.d; l++) {
      real sum = 0;
      for (size_t i = 0; i < q.n; i++)
        for (size_t t = 0; t < T; t++)
          sum += q.data.label[i] * q.data.x[(i * T + t) * q.d + l];
      const double v = (double)(beta * sum / (real)(2 * q.n * T));
      assert_close(q.model->theta[l], v, 1e-15);
      assert_true(q.model->theta[q.d + l] == 0);
    }
    release(&q);
  }
}

/* Twenty steps from zero equal those of the written-out model to 1e-12 of the largest entry. */
static void test_steps(void **state) {
  (void)state;
  for (size_t T = 2; T <= 4; T++) {
    problem q = make(12, T, 25, 3, 0.25);
    const double beta = 0.4;
    real v[25] = {0}, p[25] = {0};
    for (size_t step = 0; step < 20; step++) {
      attn_model_forward(q.model, q.tokens, q.labels);
      attn_train_step(q.model, q.tokens, q.labels, &(attn_optim){.beta = beta}, q.w);
      naive_step(v, p, &q.data, beta);
    }
    double largest[2] = {0, 0};
    for (size_t l = 0; l < q.d; l++) {
      largest[0] = fmax(largest[0], fabs((double)v[l]));
      largest[1] = fmax(largest[1], fabs((double)p[l]));
    }
    assert_true(largest[1] > 0.1);
    for (size_t l = 0; l < q.d; l++) {
      assert_close(q.model->theta[l], (double)v[l], 1e-12 * largest[0]);
      assert_close(q.model->theta[q.d + l], (double)p[l], 1e-12 * largest[1]);
    }
    release(&q);
  }
}

/* For a small step the loss falls, by beta |grad|^2 to first order. */
static void test_descent(void **state) {
  (void)state;
  problem q = make(12, 3, 25, 3, 0.25);
  for (size_t step = 0; step < 10; step++) {
    attn_model_forward(q.model, q.tokens, q.labels);
    attn_train_step(q.model, q.tokens, q.labels, &(attn_optim){.beta = 0.2}, q.w);
  }
  attn_model_forward(q.model, q.tokens, q.labels);
  const double before = attn_train_loss(q.model, q.labels), beta = 1e-5;
  attn_train_step(q.model, q.tokens, q.labels, &(attn_optim){.beta = beta}, q.w);
  const double grad2 = attn_dot(q.model->grad, q.model->grad, 2 * q.d);
  attn_model_forward(q.model, q.tokens, q.labels);
  assert_relative(before - attn_train_loss(q.model, q.labels), beta * grad2, 1e-3);
  release(&q);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_step_size),       cmocka_unit_test(test_loss),
      cmocka_unit_test(test_extreme_margins), cmocka_unit_test(test_update),
      cmocka_unit_test(test_first_step),      cmocka_unit_test(test_steps),
      cmocka_unit_test(test_descent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
