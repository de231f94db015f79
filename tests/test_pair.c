/* One draw with its max-margin pair: what it says of itself. */
#include "support.h"

#include <string.h>

#include "linalg.h"
#include "pair.h"
#include "tokens_gram.h"

static attn_pair *draw(size_t noisy) {
  const attn_data_param param = {12, 2, 3000, 40, 0.2};
  attn_pair *pair = attn_pair_alloc(&param, true);
  attn_pair_draw(pair, 5, "test_pair", 0, 0);
  attn_labels_balanced(pair->trial->labels, noisy);
  return pair;
}

/* Margins of v_mm at least 1, gaps of p_mm at least 1, both attained; norms and cosines. */
static void test_solve(void **state) {
  (void)state;
  attn_pair *pair = draw(1);
  const attn_labels *labels = pair->trial->labels;
  attn_pair_search(pair, 0);
  assert_true(attn_pair_solve(pair));
  assert_true(attn_pair_is_optimal(pair));
  attn_pair_measure(pair, pair->v, pair->p);
  const attn_model *model = pair->trial->model;
  double margin = INFINITY, gap = INFINITY;
  for (size_t i = 0; i < 12; i++) {
    const double signal[2] = {model->signal[ATTN_V][labels->k[i]],
                              model->signal[ATTN_P][labels->k[i]]};
    const double noise[2] = {model->noise[i], model->noise[12 + i]};
    const bool on = pair->sigma[i] == 0;
    margin = fmin(margin, labels->y[i] * (on ? signal[0] : noise[0]));
    gap = fmin(gap, (on ? 1 : -1) * (signal[1] - noise[1]));
  }
  assert_close(margin, 1, 1e-9);
  assert_close(gap, 1, 1e-9);
  attn_interpolator_workspace *space = pair->interpolator;
  assert_relative(attn_interpolator_norm(pair->p, &pair->set, space), pair->norm_p, 1e-9);
  assert_relative(attn_interpolator_norm(pair->v, &pair->set, space), 1 / pair->value.margin_low,
                  1e-9);
  const double inner = attn_interpolator_inner(pair->v, pair->p, &pair->set, space);
  assert_relative(attn_interpolator_cosine(pair->v, pair->p, &pair->set, space),
                  inner * pair->value.margin_low / pair->norm_p, 1e-9);
  double back[14];
  for (size_t j = 0; j < 14; j++)
    back[j] = -3 * pair->v[j];
  assert_close(attn_interpolator_cosine(pair->v, back, &pair->set, space), -1, 1e-12);
  attn_pair_free(pair);
}

/* Both labels on one signal: no v, and no length of p. */
static void test_unsolved(void **state) {
  (void)state;
  attn_pair *pair = draw(1);
  memset(pair->sigma, 0, 12);
  assert_false(attn_pair_solve(pair));
  assert_true(isnan(pair->norm_p));
  attn_pair_free(pair);
}

/* rho^2 n_clean = d at the class with fewer clean samples; and the prediction is that of the counts,
 * which orthogonal noise attains. */
static void test_counts(void **state) {
  (void)state;
  attn_pair *pair = draw(2);                              /* 4 clean and 2 noisy of each class */
  pair->trial->labels->y[0] = -pair->trial->labels->y[0]; /* class 0: 5 and 1 */
  attn_pair_set_rho(pair, 50);
  assert_relative(attn_pair_over_threshold(pair), 50 * sqrt(4.0 / 3000), 1e-14);
  double *noise = attn_tokens_gram_matrix(pair->trial->tokens);
  for (size_t j = 0; j < 144; j++)
    noise[j] = j % 13 == 0 ? 3000 : 0;
  attn_pair_search(pair, 0);
  assert_true(attn_pair_solve(pair));
  const attn_pair_counts counts = attn_pair_count(pair);
  assert_true(counts.signal[0] == 5 && counts.signal[1] == 4 && counts.noise[0] == 0);
  assert_true(counts.noisy[0] == 1 && counts.noisy[1] == 2);
  const attn_metrics m = attn_pair_measure(pair, pair->v, pair->p);
  const attn_risk_input ideal = attn_pair_predict(pair);
  for (size_t k = 0; k < 2; k++) {
    assert_relative(m.mv[k], ideal.mv[k], 1e-9);
    assert_relative(m.mp[k], ideal.mp[k], 1e-9);
  }
  assert_relative(m.vv, ideal.vv, 1e-9);
  assert_relative(m.pp, ideal.pp, 1e-9);
  assert_relative(m.vp, ideal.vp, 1e-9);
  attn_pair_free(pair);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_solve),
      cmocka_unit_test(test_unsolved),
      cmocka_unit_test(test_counts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
