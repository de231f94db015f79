/* Gradient flow: one step against a twin in long double, the order of the method, and gradient
 * descent's distance from it, which is of order one in the step size. */
#include "support.h"

#include <string.h>

#include "flow.h"
#include "linalg.h"
#include "naive.h"
#include "start.h"
#include "tokens_dense.h"
#include "train.h"

static const attn_data_param param = {12, 3, 40, 3.5, 0.2};

static attn_trial *drawn(attn_tokens_kind kind, size_t steps) {
  attn_trial *trial = attn_trial_alloc_gaussian(kind, &param, steps);
  attn_trial_draw(trial, 70, "flow", 0, 0);
  attn_labels_balanced(trial->labels, 1);
  attn_start_trial(trial, ATTN_START_GAUSSIAN, 0.3, 0.6, 70, "flow", 0, 0);
  return trial;
}

/* One long step from a random start. */
static void test_twin(void **state) {
  (void)state;
  enum { D = 40 };
  const double time = 0.9;
  attn_trial *trial = drawn(ATTN_TOKENS_DENSE, 4);
  naive_data data = naive_data_make(param.n, param.T, D, trial->labels->k, trial->labels->y,
                                    param.rho, attn_tokens_dense_noise(trial->tokens));
  real at[2][D], start[2][D], sum[2][D], k[2][D];
  for (size_t a = 0; a < 2; a++)
    for (size_t j = 0; j < D; j++)
      at[a][j] = start[a][j] = sum[a][j] = trial->model->theta[a * D + j];
  const real next[] = {0.5L, 0.5L, 1, 0}, share[] = {1 / 6.0L, 1 / 3.0L, 1 / 3.0L, 1 / 6.0L};
  for (size_t stage = 0; stage < 4; stage++) {
    naive_gradient(k[0], k[1], &data, at[0], at[1]);
    for (size_t a = 0; a < 2; a++)
      for (size_t j = 0; j < D; j++) {
        sum[a][j] -= time * share[stage] * k[a][j];
        at[a][j] = start[a][j] - time * next[stage] * k[a][j];
      }
  }
  attn_flow *flow = attn_flow_alloc(trial->model);
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  attn_flow_step(flow, trial->model, trial->tokens, trial->labels, time);
  for (size_t a = 0; a < 2; a++)
    for (size_t j = 0; j < D; j++)
      assert_close(trial->model->theta[a * D + j], (double)sum[a][j], 1e-12);
  attn_flow_free(flow);
  attn_trial_free(trial);
  naive_data_free(&data);
}

/* The scores of v and p after the same time, by so many steps of the flow or of gradient descent. */
static void follow(double *noise /* [2][N] */, attn_tokens_kind kind, size_t steps, bool descent) {
  const double time = 2;
  attn_trial *trial = drawn(kind, descent ? steps : 4 * steps);
  attn_flow *flow = attn_flow_alloc(trial->model);
  const attn_optim optim = {.beta = time / (double)steps};
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == steps)
      break;
    if (descent)
      attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
    else
      attn_flow_step(flow, trial->model, trial->tokens, trial->labels, time / (double)steps);
  }
  memcpy(noise, trial->model->noise, 2 * trial->model->N * sizeof *noise);
  attn_flow_free(flow);
  attn_trial_free(trial);
}

enum { SCORES = 2 * 12 * 2 };

static double distance(const double *x, const double *y) {
  double largest = 0;
  for (size_t j = 0; j < SCORES; j++)
    largest = fmax(largest, fabs(x[j] - y[j]));
  return largest;
}

/* Halving the step divides the error by 16 for the flow and by 2 for gradient descent; Richardson's
 * extrapolation of gradient descent, which knows nothing of Runge and Kutta, meets the flow. */
static void test_order(void **state) {
  (void)state;
  double exact[SCORES], x[3][SCORES];
  follow(exact, ATTN_TOKENS_GRAM, 640, false);
  for (size_t i = 0; i < 3; i++)
    follow(x[i], ATTN_TOKENS_GRAM, (size_t)20 << i, false);
  for (size_t i = 0; i < 2; i++)
    assert_between(distance(x[i], exact) / distance(x[i + 1], exact), 13, 19);
  for (size_t i = 0; i < 3; i++)
    follow(x[i], ATTN_TOKENS_GRAM, (size_t)400 << i, true);
  for (size_t i = 0; i < 2; i++)
    assert_between(distance(x[i], exact) / distance(x[i + 1], exact), 1.9, 2.1);
  assert_true(distance(x[2], exact) > 1e-4);
  for (size_t j = 0; j < SCORES; j++) /* order 1 and 2 removed */
    x[0][j] = (8 * x[2][j] - 6 * x[1][j] + x[0][j]) / 3;
  assert_true(distance(x[0], exact) < 1e-6);
}

/* The same numbers for dense tokens and their Gram matrix; lazy tokens have room for four steps of
 * gradient descent in each step of the flow. */
static void test_geometries(void **state) {
  (void)state;
  double lazy[SCORES];
  follow(lazy, ATTN_TOKENS_LAZY, 5, false);
  assert_true(isfinite(attn_norm(lazy, SCORES)));

  attn_trial *trial[2];
  for (size_t g = 0; g < 2; g++) {
    trial[g] = attn_trial_alloc(g == 0 ? ATTN_TOKENS_DENSE : ATTN_TOKENS_GRAM, &param, 4);
    attn_trial_draw(trial[g], 71, "flow", 0, 0);
    attn_flow *flow = attn_flow_alloc(trial[g]->model);
    for (size_t step = 0;; step++) {
      attn_model_forward(trial[g]->model, trial[g]->tokens, trial[g]->labels);
      if (step == 6)
        break;
      attn_flow_step(flow, trial[g]->model, trial[g]->tokens, trial[g]->labels, 0.5);
    }
    attn_flow_free(flow);
  }
  assert_true(distance(trial[0]->model->noise, trial[1]->model->noise) < 1e-11);
  attn_trial_free(trial[0]);
  attn_trial_free(trial[1]);
}

/* Along the flow the loss falls at the rate |grad L|^2. */
static void test_loss(void **state) {
  (void)state;
  attn_trial *trial = drawn(ATTN_TOKENS_DENSE, 4);
  attn_flow *flow = attn_flow_alloc(trial->model);
  const double time = 1e-3;
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  const double before = attn_train_loss(trial->model, trial->labels);
  attn_train_loss_derivative(trial->w, trial->model->f, trial->labels);
  attn_model_backward(trial->model, trial->tokens, trial->labels, trial->w);
  const double norm = attn_norm(trial->model->grad, 2 * trial->model->dim);
  attn_flow_step(flow, trial->model, trial->tokens, trial->labels, time);
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  assert_relative((before - attn_train_loss(trial->model, trial->labels)) / time, norm * norm,
                  0.02);
  attn_flow_free(flow);
  attn_trial_free(trial);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_twin),
      cmocka_unit_test(test_order),
      cmocka_unit_test(test_geometries),
      cmocka_unit_test(test_loss),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
