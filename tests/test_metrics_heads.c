/* Tests of metrics_heads, of H-head trials and of the recursion for H heads: known weights give known
 * indices; one head and equal heads have the risk and the path of their single-head twins. */
#include "support.h"

#include <string.h>

#include "linalg.h"
#include "metrics.h"
#include "metrics_heads.h"
#include "recursion.h"
#include "start.h"
#include "train.h"

enum { SAMPLES = 8, HEADS = 4 };
static const attn_data_param param = {SAMPLES, 2, 400, 9, 0.1};

/* Weights set by hand: head 0 on the signal of class 0, head 1 on that of class 1, head 2 on all,
 * head 3 on noise. */
static void test_indices(void **state) {
  (void)state;
  attn_trial *trial = attn_trial_alloc_heads(ATTN_TOKENS_GRAM, &param, 1, HEADS);
  attn_model *model = trial->model;
  attn_labels_balanced(trial->labels, 1);
  for (size_t h = 0; h < HEADS; h++)
    for (size_t i = 0; i < SAMPLES; i++) {
      const bool noisy = attn_labels_noisy(trial->labels, i);
      const double s = noisy ? (h == 3 ? 0.8 : 0.2) : h < 2 ? trial->labels->k[i] == h : h == 2;
      model->weight[(h * SAMPLES + i) * 2] = s;
      model->weight[(h * SAMPLES + i) * 2 + 1] = 1 - s;
      model->f[i] = i == 0 ? 0 : trial->labels->y[i];
    }
  const attn_metrics_heads m = attn_metrics_heads_measure(model, trial->labels);
  assert_close(m.train_acc, 7.0 / 8, 1e-14);
  assert_close(m.att_clean, 0.5, 1e-14); /* heads' means 1/2, 1/2, 1, 0 */
  assert_close(m.att_noisy, 0.35, 1e-14);
  assert_close(m.head_least, 0, 1e-14);
  assert_close(m.head_most, 1, 1e-14);
  assert_close(m.between, 0.5, 1e-14);
  assert_close(m.by_class, 1, 1e-14);
  assert_close(m.within, 1, 1e-14);
  assert_close(m.mean_clean, 0, 1e-14); /* exactly one half is not above */
  assert_close(m.mean_noisy, 1, 1e-14);
  for (size_t w = 0; w < HEADS * SAMPLES * 2; w++)
    model->weight[w] = 0.7;
  const attn_metrics_heads same = attn_metrics_heads_measure(model, trial->labels);
  assert_close(same.between + same.by_class + same.within, 0, 1e-12);
  assert_close(same.mean_clean, 1, 1e-14);
  attn_trial_free(trial);
}

static attn_trial *trained(size_t H, double scale, double beta, size_t steps) {
  attn_trial *trial = attn_trial_alloc_heads(ATTN_TOKENS_BARTLETT, &param, steps, H);
  attn_trial_draw(trial, 6, "metrics heads", 0, 0);
  attn_labels_balanced(trial->labels, 1);
  if (scale > 0)
    attn_start_trial(trial, ATTN_START_GAUSSIAN, scale * sqrt((double)param.d),
                     scale * sqrt((double)param.d), 6, "metrics heads", 0, 0);
  const attn_optim optim = {.beta = beta};
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == steps)
      return trial;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
}

/* One head: the same numbers as the single-head metrics. */
static void test_one_head(void **state) {
  (void)state;
  attn_trial *trial = trained(1, 0.02, 0.05, 6);
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  const attn_metrics_heads heads = attn_metrics_heads_measure(trial->model, trial->labels);
  assert_close(heads.att_clean, m.att_clean, 1e-13);
  assert_close(heads.att_noisy, m.att_noisy, 1e-13);
  assert_close(heads.between + heads.by_class + heads.within, 0, 0);
  assert_close(heads.mean_clean, m.share_clean, 1e-13);
  assert_close(heads.mean_noisy, m.share_noisy, 1e-13);
  const attn_risk_result r = attn_metrics_heads_risk(trial->model, trial->tokens);
  const double exact = attn_metrics_log10_risk(&m, 2);
  print_message("  one head: log10 risk %.4f\n", exact);
  assert_true(exact < -1);
  assert_int_equal(r.status, ATTN_RISK_OK);
  assert_close(r.log10_clean, exact, 5 * r.error + 1e-10 * fabs(exact));
  attn_trial_free(trial);
}

/* H equal heads from zero with step beta: one head whose v has step H beta and whose p has beta / H,
 * with its risk (theory: the chapter multi_head_threshold). */
static void test_equal_heads(void **state) {
  (void)state;
  enum { STEPS = 8 };
  const double beta = 0.03;
  attn_trial *many = trained(HEADS, 0, beta, STEPS), *one = trained(1, 0, beta, 0);
  for (size_t step = 0; step < STEPS; step++) {
    attn_model *model = one->model;
    attn_train_loss_derivative(one->w, model->f, one->labels);
    attn_model_backward(model, one->tokens, one->labels, one->w);
    attn_axpy(model->theta, -beta * HEADS, model->grad, model->dim);
    attn_axpy(model->theta + model->dim, -beta / HEADS, model->grad + model->dim, model->dim);
    attn_model_forward(model, one->tokens, one->labels);
  }
  for (size_t i = 0; i < SAMPLES; i++) {
    assert_true(fabs(one->model->f[i]) > 0.1 && fabs(one->model->weight[2 * i] - 0.5) > 1e-3);
    assert_close(many->model->f[i], one->model->f[i], 1e-11);
    for (size_t h = 0; h < HEADS; h++)
      assert_close(many->model->weight[2 * (h * SAMPLES + i)], one->model->weight[2 * i], 1e-11);
  }
  const attn_risk_result r = attn_metrics_heads_risk(many->model, many->tokens);
  const attn_metrics m = attn_metrics_measure(one->model, one->tokens, one->labels);
  const double exact = attn_metrics_log10_risk(&m, 2);
  assert_int_equal(r.status, ATTN_RISK_OK);
  assert_close(r.log10_clean, exact, 5 * r.error + 1e-9 * fabs(exact));
  attn_trial_free(many);
  attn_trial_free(one);
}

/* Heads of a Gaussian start differ, and the start is a multiple of itself at other scales. */
static void test_gaussian_start(void **state) {
  (void)state;
  attn_trial *a = trained(HEADS, 0.1, 0, 0), *b = trained(HEADS, 0.3, 0, 0);
  const size_t size = 2 * HEADS * a->model->dim;
  for (size_t c = 0; c < size; c++)
    assert_close(3 * a->model->theta[c], b->model->theta[c], 1e-12);
  double largest = 0;
  for (size_t i = 0; i < SAMPLES; i++)
    largest = fmax(
        largest, fabs(b->model->weight[2 * i] - b->model->weight[2 * (SAMPLES * (HEADS - 1) + i)]));
  assert_true(largest > 0.2);
  attn_trial_free(a);
  attn_trial_free(b);
}

/* The recursion of H heads against training on a draw with nearly orthogonal noise; and H = 1. */
static void test_recursion(void **state) {
  (void)state;
  const attn_data_param wide = {40, 2, 40000000, 2000, 0.1};
  const double beta = 5 / (wide.rho * wide.rho);
  attn_trial *trial = attn_trial_alloc_heads(ATTN_TOKENS_BARTLETT, &wide, 1, HEADS);
  attn_trial_draw(trial, 6, "metrics heads", 1, 0);
  attn_labels_balanced(trial->labels, 2);
  attn_recursion r = attn_recursion_start(&wide), single = r, plain = r;
  const attn_optim optim = {.beta = beta};
  for (size_t step = 0; step < 30; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
    attn_recursion_step_heads(&r, &wide, beta, HEADS);
    attn_recursion_step_heads(&single, &wide, beta, 1);
    attn_recursion_step(&plain, &wide, beta);
  }
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  const attn_metrics_heads m = attn_metrics_heads_measure(trial->model, trial->labels);
  assert_true(fabs(r.attention[0] - plain.attention[0]) > 0.05);
  assert_close(m.att_clean, r.attention[0], 2e-3);
  assert_close(m.att_noisy, r.attention[1], 2e-3);
  assert_close(single.attention[0], plain.attention[0], 1e-14);
  assert_close(single.pp, plain.pp, 1e-14 * plain.pp);
  attn_trial_free(trial);
}

static void three_tokens(const void *unused) {
  (void)unused;
  const attn_data_param other = {4, 3, 400, 9, 0.1};
  attn_trial *trial = attn_trial_alloc_heads(ATTN_TOKENS_GRAM, &other, 1, 2);
  attn_metrics_heads_risk(trial->model, trial->tokens);
}

static void test_bad_input(void **state) {
  (void)state;
  assert_fails(three_tokens, NULL, "T = 3", "two tokens");
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_indices),     cmocka_unit_test(test_one_head),
      cmocka_unit_test(test_equal_heads), cmocka_unit_test(test_gaussian_start),
      cmocka_unit_test(test_recursion),   cmocka_unit_test(test_bad_input),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
