/* A nested draw has the law of a fresh one in every dimension, and stays the same draw as the
 * dimension moves. */
#include "support.h"

#include <string.h>

#include "linalg.h"
#include "nested.h"
#include "stats.h"
#include "tokens_gram.h"

enum { N = 6, SEEDS = 1000, STATISTICS = 6 };

static const attn_data_param param = {.n = N, .T = 2, .d = 500, .rho = 2, .eta = 0.2};

/* K_11, K_NN, K_12, K_1N, the coherence, and the trace, whose chi variables are independent. */
static void measure(double *x[STATISTICS], size_t draw, attn_tokens *tokens) {
  const double *K = attn_tokens_gram_matrix(tokens);
  double row[STATISTICS] = {
      K[0], K[N * N - 1], K[1], K[N - 1], attn_tokens_gram_coherence(tokens, N), 0};
  for (size_t i = 0; i < N; i++)
    row[5] += K[i * N + i];
  for (size_t c = 0; c < STATISTICS; c++)
    x[c][draw] = row[c];
}

/* Against Bartlett draws, above and below k = N, by Kolmogorov-Smirnov; a family-wise false alarm
 * rate of SUPPORT_FALSE_ALARM. The nested draws start in another dimension. */
static void test_law(void **state) {
  (void)state;
  const size_t dimensions[] = {5, 42};
  double *x[2][STATISTICS], smallest = 1;
  for (size_t a = 0; a < 2; a++)
    for (size_t c = 0; c < STATISTICS; c++)
      x[a][c] = attn_alloc(SEEDS, sizeof(double));
  for (size_t s = 0; s < 2; s++) {
    attn_data_param there = param;
    there.d = dimensions[s];
    attn_nested *nested = attn_nested_alloc(&param, 0);
    attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &there, 0);
    for (size_t draw = 0; draw < SEEDS; draw++) {
      attn_nested_draw(nested, 31, "nested", s, draw);
      attn_nested_set_dimension(nested, there.d, there.rho);
      measure(x[0], draw, nested->trial->tokens);
      attn_trial_draw(trial, 31, "bartlett", s, draw);
      measure(x[1], draw, trial->tokens);
    }
    for (size_t c = 0; c < STATISTICS; c++)
      smallest = fmin(smallest, attn_stats_ks(x[0][c], SEEDS, x[1][c], SEEDS));
    attn_nested_free(nested);
    attn_trial_free(trial);
  }
  print_message("  smallest of %d p-values: %.4f\n", 2 * STATISTICS, smallest);
  assert_true(smallest > SUPPORT_FALSE_ALARM / (2 * STATISTICS));
  for (size_t a = 0; a < 2; a++)
    for (size_t c = 0; c < STATISTICS; c++)
      attn_free(x[a][c]);
}

/* K_iN / sqrt(K_NN) is a normal off the diagonal of the triangle: it does not move with d, while
 * K_NN does. There and back gives the same bits, v and p are zero, and a draw is a function of its
 * key alone. */
static void test_nesting(void **state) {
  (void)state;
  attn_nested *nested = attn_nested_alloc(&param, 0);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 0);
  const double *K = attn_tokens_gram_matrix(nested->trial->tokens);
  double first[N * N];
  attn_nested_draw(nested, 32, "nested", 3, 7);
  attn_trial_draw(trial, 32, "nested", 3, 7);
  assert_memory_equal(nested->trial->labels->k, trial->labels->k, N);
  assert_memory_equal(nested->trial->labels->y, trial->labels->y, N);
  memcpy(first, K, sizeof first);
  for (size_t d = 20; d < 2000000; d *= 10) {
    nested->trial->model->theta[1] = 1;
    attn_nested_set_dimension(nested, d, 3);
    assert_true(nested->trial->model->theta[1] == 0);
    assert_true(nested->trial->param.d == d && nested->trial->tokens->rho == 3);
    for (size_t i = 0; i + 1 < N; i++)
      assert_relative(K[i * N + N - 1] / sqrt(K[N * N - 1]),
                      first[i * N + N - 1] / sqrt(first[N * N - 1]), 1e-14);
    assert_between(K[N * N - 1], 0.1 * (double)d, 3 * (double)d);
  }
  attn_nested_set_dimension(nested, param.d, param.rho);
  assert_memory_equal(K, first, sizeof first);
  attn_nested_draw(nested, 32, "nested", 3, 8);
  assert_true(K[1] != first[1]);
  attn_nested_draw(nested, 32, "nested", 3, 7);
  assert_memory_equal(K, first, sizeof first);
  attn_nested_free(nested);
  attn_nested_free(NULL);
  attn_trial_free(trial);
}

static void set_dimension(const void *d) {
  attn_nested *nested = attn_nested_alloc(&param, 0);
  attn_nested_draw(nested, 33, "nested", 0, 0);
  attn_nested_set_dimension(nested, *(const size_t *)d, 1);
}

static void test_refusal(void **state) {
  (void)state;
  assert_passes(set_dimension, &(size_t){3});
  assert_fails(set_dimension, &(size_t){2}, "d = 2: the dimension must be at least 3");
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_law),
      cmocka_unit_test(test_nesting),
      cmocka_unit_test(test_refusal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
