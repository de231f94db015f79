/* Gradient descent from a random start in the limit of many samples: the recursion where the start
 * is zero, normal integrals where they are known, and drawn training sets where it is not. */
#include "support.h"

#include <gsl/gsl_cdf.h>

#include "linalg.h"
#include "metrics.h"
#include "mean_field.h"
#include "recursion.h"
#include "start.h"
#include "stats.h"
#include "train.h"

/* A zero start: every number is the recursion's. */
static void test_zero(void **state) {
  (void)state;
  const attn_data_param param = {200, 2, 40000, 30, 0.05};
  attn_mean_field *pop = attn_mean_field_alloc(30);
  attn_mean_field_start(pop, &param, 0, 0);
  attn_recursion r = attn_recursion_start(&param);
  for (size_t step = 0; step < 20; step++) {
    attn_mean_field_step(pop, 0.025);
    attn_recursion_step(&r, &param, 0.025);
    assert_relative(pop->v_mu, r.v_mu, 1e-12);
    assert_close(pop->p_mu, r.p_mu, 1e-12);
    for (size_t kind = 0; kind < 2; kind++) {
      assert_relative(attn_mean_field_attention(pop, kind), r.attention[kind], 1e-12);
      assert_int_equal(attn_mean_field_unfitted(pop, kind), r.margin[kind] <= 0);
    }
    const attn_risk_input input = attn_mean_field_risk_input(pop);
    assert_relative(input.vv, r.vv, 1e-12);
    assert_relative(input.pp + 1, r.pp + 1, 1e-12);
    assert_relative(attn_mean_field_log10_risk(pop), attn_recursion_log10_risk(&r, 2), 1e-9);
  }
  attn_mean_field_free(pop);
}

/* At the start f = (1 - s) xi . v_0: half the samples are unfitted, and the attention's mean is 1/2.
 * After a step from p_0 alone the margin of a sample with first score b is that of the two-step
 * calculation by hand, and the chance that noisy ones are unfitted a normal probability. */
static void test_closed_forms(void **state) {
  (void)state;
  const attn_data_param param = {1000, 2, 4000000, 2 * sqrt(4000), 0.1}; /* kappa = 2 */
  const double b = 22.5, beta = b / (param.rho * param.rho);
  attn_mean_field *pop = attn_mean_field_alloc(240);
  attn_mean_field_start(pop, &param, 0.7, 1.3);
  assert_close(attn_mean_field_unfitted(pop, ATTN_CLEAN), 0.5, 1e-12);
  assert_close(attn_mean_field_attention(pop, ATTN_NOISY), 0.5, 1e-12);
  attn_risk_input input = attn_mean_field_risk_input(pop);
  assert_relative(input.vv, 0.49, 1e-12);
  assert_relative(input.pp, 1.69, 1e-12);

  attn_mean_field_start(pop, &param, 0, 1.3);
  attn_mean_field_step(pop, beta);
  /* mu . v_1 = b (1 - 2 eta) E s / 4 = b (1 - 2 eta) / 8; own = b / (2 kappa^2) (1 - s); p_1 = p_0 */
  const double v_mu = b * 0.8 / 8, own = b / 8;
  assert_relative(pop->v_mu, v_mu, 1e-12);
  assert_close(pop->p_mu, 0, 1e-12);
  /* noisy margin -s v_mu + (1 - s)^2 own <= 0 for s >= s_c, s = 1 / (1 + e^{1.3 z}) */
  const double c = v_mu / own, s = (2 + c - sqrt((2 + c) * (2 + c) - 4)) / 2;
  const double z = log(1 / s - 1) / 1.3;
  assert_relative(attn_mean_field_unfitted(pop, ATTN_NOISY), gsl_cdf_ugaussian_P(z), 2e-3);
  assert_relative(attn_mean_field_fitted(pop), pow(gsl_cdf_ugaussian_Q(z), 100), 0.05);
  attn_mean_field_free(pop);
}

/* Drawn: lazy tokens of a dimension so large that noise is orthogonal. Means over the samples of 12
 * draws within 5 standard errors of the draws; the same for the risk's input. */
static void test_drawn(void **state) {
  (void)state;
  const struct { double size_v, size_p; } starts[] = {{0, 1.5}, {1.2, 0}, {0.8, 1}};
  enum { DRAWS = 12, STEPS = 6, QUANTITIES = 8 };
  attn_data_param param = {4000, 2, 4000000000, 0, 0.15};
  param.rho = attn_data_rho(2, param.n, param.d);
  const attn_optim optim = {.beta = 15 / (param.rho * param.rho)};
  const double ratio = (double)param.d / (double)param.n; /* what training adds to |v|^2 is n/d */
  attn_mean_field *pop = attn_mean_field_alloc(120);
  for (size_t c = 0; c < 3; c++) {
    double x[QUANTITIES][DRAWS];
    for (size_t draw = 0; draw < DRAWS; draw++) {
      attn_trial *trial = attn_trial_alloc_gaussian(ATTN_TOKENS_LAZY, &param, STEPS);
      attn_trial_draw(trial, 80, "population", c, draw);
      attn_labels_balance(trial->labels, param.eta);
      attn_start_trial(trial, ATTN_START_BLIND, starts[c].size_v, starts[c].size_p, 80,
                       "population", c, draw);
      for (size_t step = 0;; step++) {
        attn_model_forward(trial->model, trial->tokens, trial->labels);
        if (step == STEPS)
          break;
        attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
      }
      const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
      const double row[] = {m.att_clean,
                            m.att_noisy,
                            m.clean_acc,
                            m.noisy_acc,
                            m.mv[0] - m.mv[1],
                            m.mp[0] + m.mp[1],
                            (m.vv - starts[c].size_v * starts[c].size_v) * ratio,
                            (m.pp - starts[c].size_p * starts[c].size_p) * ratio};
      for (size_t q = 0; q < QUANTITIES; q++)
        x[q][draw] = row[q];
      attn_trial_free(trial);
    }
    attn_mean_field_start(pop, &param, starts[c].size_v, starts[c].size_p);
    for (size_t step = 0; step < STEPS; step++)
      attn_mean_field_step(pop, optim.beta);
    const attn_risk_input input = attn_mean_field_risk_input(pop);
    const double predicted[] = {attn_mean_field_attention(pop, ATTN_CLEAN),
                                attn_mean_field_attention(pop, ATTN_NOISY),
                                1 - attn_mean_field_unfitted(pop, ATTN_CLEAN),
                                1 - attn_mean_field_unfitted(pop, ATTN_NOISY),
                                2 * pop->v_mu,
                                2 * pop->p_mu,
                                (input.vv - starts[c].size_v * starts[c].size_v) * ratio,
                                (input.pp - starts[c].size_p * starts[c].size_p) * ratio};
    for (size_t q = 0; q < QUANTITIES; q++) {
      const double mean = attn_stats_mean(x[q], DRAWS);
      const double error = attn_stats_deviation(x[q], DRAWS) / sqrt(DRAWS);
      print_message("  start %zu, quantity %zu: %.6g, predicted %.6g, %.1f standard errors\n", c, q,
                    mean, predicted[q], (mean - predicted[q]) / error);
      assert_close(mean, predicted[q], 5 * error + 2e-3 * fabs(predicted[q]));
    }
  }
  attn_mean_field_free(pop);
}

static void three_tokens(const void *mean_field) {
  attn_mean_field_start(*(attn_mean_field *const *)mean_field, &(attn_data_param){4, 3, 30, 1, 0},
                        1, 1);
}

static void test_misuse(void **state) {
  (void)state;
  attn_mean_field *pop = attn_mean_field_alloc(4);
  assert_fails(three_tokens, &pop, "T = 3", "two tokens");
  attn_mean_field_free(pop);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_zero),
      cmocka_unit_test(test_closed_forms),
      cmocka_unit_test(test_drawn),
      cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
