/* The recursion is training on an ideal draw: noise tokens exactly orthogonal with |xi|^2 = d, and
 * labels exactly balanced. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "linalg.h"
#include "metrics.h"
#include "model.h"
#include "recursion.h"
#include "tokens_gram.h"
#include "train.h"

/* Half the samples in each class, the first eta n/2 of each noisy. */
static attn_labels *balanced(const attn_data_param *param) {
  attn_labels *labels = attn_labels_alloc(param->n, param->T);
  const size_t half = param->n / 2, noisy = (size_t)round(param->eta * (double)half);
  for (size_t i = 0; i < param->n; i++) {
    labels->k[i] = i >= half;
    labels->y[i] = (signed char)attn_labels_clean_label(labels, i);
    if (i % half < noisy)
      labels->y[i] = (signed char)-labels->y[i];
  }
  return labels;
}

/* Within 1e-12 of the value, or of floor where it is small beside other numbers of its kind. */
static void same(double value, double expected, double floor) {
  assert_close(value, expected, 1e-12 * fmax(fabs(expected), floor));
}

/* Every number of the recursion after each of 50 steps against training over a Gram matrix that is
 * overwritten by d times the identity. */
static void equals_training_with(const attn_data_param *param, double beta, double decay) {
  const attn_optim optim = {beta, decay};
  attn_labels *labels = balanced(param);
  attn_tokens *tokens =
      attn_tokens_alloc(ATTN_TOKENS_BARTLETT, labels->N, param->d, param->rho, 100);
  attn_model *model = attn_model_alloc(tokens, param->T);
  double *w = attn_alloc(param->n, sizeof *w), *K = attn_tokens_gram_matrix(tokens);
  memset(K, 0, labels->N * labels->N * sizeof *K);
  for (size_t j = 0; j < labels->N; j++)
    K[j * labels->N + j] = (double)param->d;
  attn_recursion r = attn_recursion_start(param);
  assert_true(r.v_mu == 0 && r.p_mu == 0 && r.vv == 0 && r.pp == 0 && r.vp == 0);
  assert_true(r.margin[0] == 0 && r.margin[1] == 0);
  for (size_t step = 0;; step++) {
    attn_model_forward(model, tokens, labels);
    const attn_metrics m = attn_metrics_measure(model, tokens, labels);
    const double size = sqrt(r.vv * r.pp);
    same(m.mv[0], r.v_mu, 0);
    same(m.mv[1], -r.v_mu, 0);
    same(m.mp[0], r.p_mu, 1e-3);
    same(m.mp[1], r.p_mu, 1e-3);
    same(m.vv, r.vv, 0);
    same(m.pp, r.pp, 0);
    assert_close(m.vp, r.vp, 1e-12 * size);
    for (size_t i = 0; i < param->n; i++) {
      const size_t kind = attn_labels_noisy(labels, i), T = param->T;
      same(labels->y[i] * model->f[i], r.margin[kind], 1e-3);
      same(model->weight[i * T], r.attention[kind], 0);
      for (size_t t = 1; t < T; t++) {
        const size_t j = i * (T - 1) + t - 1;
        same(model->weight[i * T + t], (1 - r.attention[kind]) / (double)(T - 1), 0);
        same(labels->y[i] * model->noise[j], r.v_xi[kind], 0);
        same(model->noise[labels->N + j], r.p_xi[kind], 1e-3);
      }
    }
    if (step == 50)
      break;
    attn_train_step(model, tokens, labels, &optim, w);
    if (decay > 0)
      attn_recursion_update(&r, param, &optim);
    else
      attn_recursion_step(&r, param, beta);
  }
  assert_true(fabs(r.p_mu) > 1e-2 && r.pp > 0);
  if (param->eta > 0) /* the two kinds must have parted, or the test says little */
    assert_true(fabs(r.attention[0] - r.attention[1]) > 0.1);
  attn_free(w);
  attn_model_free(model);
  attn_tokens_free(tokens);
  attn_labels_free(labels);
}

static void equals_training(const attn_data_param *param, double beta) {
  equals_training_with(param, beta, 0);
}

static void test_two_tokens(void **state) {
  (void)state;
  equals_training(&(attn_data_param){40, 2, 4000, 25, 0.1}, 0.04);
  equals_training(&(attn_data_param){20, 2, 500, 12, 0.2}, 0.05);
}

static void test_four_tokens(void **state) {
  (void)state;
  equals_training(&(attn_data_param){40, 4, 4000, 40, 0.1}, 0.01);
  equals_training(&(attn_data_param){20, 4, 700, 20, 0.1}, 0.05);
}

static void test_weight_decay(void **state) {
  (void)state;
  equals_training_with(&(attn_data_param){40, 2, 4000, 25, 0.1}, 0.04, 0.5);
  equals_training_with(&(attn_data_param){20, 4, 700, 20, 0.1}, 0.05, 0.2);
}

/* Without noisy labels nothing is not-a-number. */
static void test_clean(void **state) {
  (void)state;
  equals_training(&(attn_data_param){10, 3, 300, 9, 0}, 0.05);
}

/* After one step: v_mu = beta rho^2 (1 - 2 eta)/(4T), y v_xi = beta d/(2nT), p = 0, attention
 * 1/T; eta n need not be whole. The first step fits noisy labels exactly below
 * kappa^2 = 2(T-1)/(1 - 2 eta) (theory 6b, A). */
static void test_first_step(void **state) {
  (void)state;
  for (size_t T = 2; T <= 5; T++)
    for (int above = 0; above < 2; above++) {
      attn_data_param param = {30, T, 9000, 1, 0.123};
      const double kappa_A = sqrt(2 * (double)(T - 1) / (1 - 2 * param.eta));
      param.rho = (above ? 1.001 : 0.999) * kappa_A * sqrt((double)param.d / (double)param.n);
      const double beta = 0.01, n = 30, d = 9000, tokens = (double)T;
      attn_recursion r = attn_recursion_start(&param);
      assert_relative(r.attention[0], 1 / tokens, 1e-15);
      assert_relative(r.attention[1], 1 / tokens, 1e-15);
      attn_recursion_step(&r, &param, beta);
      assert_relative(r.v_mu, beta * param.rho * param.rho * (1 - 2 * param.eta) / (4 * tokens),
                      1e-14);
      for (size_t kind = 0; kind < 2; kind++) {
        assert_relative(r.v_xi[kind], beta * d / (2 * n * tokens), 1e-14);
        assert_true(r.p_xi[kind] == 0);
        assert_relative(r.attention[kind], 1 / tokens, 1e-15);
      }
      assert_true(r.p_mu == 0 && r.pp == 0 && r.vp == 0);
      assert_relative(r.vv, beta * beta * d * (tokens - 1) / (4 * n * tokens * tokens), 1e-14);
      assert_true(r.margin[0] > 0);
      assert_true((r.margin[1] > 0) == !above);
    }
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_first_step),  cmocka_unit_test(test_two_tokens),
      cmocka_unit_test(test_four_tokens), cmocka_unit_test(test_weight_decay),
      cmocka_unit_test(test_clean),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
