/* interpolator_directions: against the selections one by one, and the definition of p_mm. */
#include "support.h"

#include <string.h>

#include "interpolator_directions.h"
#include "linalg.h"
#include "pair.h"
#include "tokens_gram.h"

static attn_pair *draw(size_t n, size_t T, size_t d, double kappa, size_t seed) {
  const attn_data_param param = {n, T, d, kappa * sqrt((double)d / (double)n), 0.2};
  attn_pair *pair = attn_pair_alloc(&param, false);
  attn_pair_draw(pair, seed, "test_interpolator_directions", 0, 0);
  return pair;
}

static void test_selections(void **state) {
  (void)state;
  size_t several = 0, refused = 0; /* draws with all nine, and selections that no v separates */
  for (size_t seed = 0; seed < 8; seed++) {
    const size_t n = 12, T = 2 + seed % 2;
    attn_pair *pair = draw(n, T, 2400, 1 + 0.2 * (double)seed, seed);
    const size_t size = 2 + pair->trial->labels->N;
    attn_labels_balanced(pair->trial->labels, 2); /* so that the nine differ */
    attn_interpolator_directions *starts = attn_interpolator_directions_alloc(n, T);
    attn_interpolator_directions_find(starts, &pair->set,
                                      pair->maxmargin); /* leaves no trace below */
    if (seed == 0) { /* equal noise tokens, of samples with opposite labels */
      double *noise = attn_tokens_gram_matrix(pair->trial->tokens);
      for (size_t j = 0; j < n; j++)
        noise[j * n + 1] = noise[j * n];
      for (size_t j = 0; j < n; j++)
        noise[n + j] = noise[j];
    }
    const size_t found = attn_interpolator_directions_find(starts, &pair->set, pair->maxmargin);
    assert_int_equal(found, starts->count);
    assert_between((double)starts->count, 1, ATTN_MAXMARGIN_STARTS + 1);
    several += starts->count >= ATTN_MAXMARGIN_STARTS;
    /* every class-wise selection is held, once, unless no v separates it */
    for (size_t c = 0; c < ATTN_MAXMARGIN_STARTS; c++) {
      attn_maxmargin_start(pair->sigma, c, &pair->set);
      size_t copies = 0;
      for (size_t i = 0; i < starts->count; i++)
        copies += memcmp(pair->sigma, starts->sigma + i * n, n) == 0;
      const bool holds = attn_pair_solve(pair);
      assert_int_equal(copies, holds);
      refused += !holds;
      assert_true(attn_maxmargin_climb(pair->sigma, &pair->set, pair->maxmargin) ==
                  starts->climbed[c]);
    }
    for (size_t i = 0; i < starts->count; i++) {
      memcpy(pair->sigma, starts->sigma + i * n, n);
      assert_true(attn_pair_solve(pair));
      assert_true(pair->value.margin_low == starts->margin[i]);
      assert_true(i == 0 || starts->margin[i] <= starts->margin[i - 1]);
      for (size_t j = 0; j < size; j++)
        assert_true(starts->direction[i * size + j] == pair->p[j]);
    }
    assert_relative(starts->margin[0], attn_pair_search(pair, 0), 1e-9);
    assert_memory_equal(pair->sigma, starts->sigma, n);
    attn_interpolator_directions_free(starts);
    attn_pair_free(pair);
  }
  assert_int_equal(several, 7);
  assert_true(refused > 0);
}

/* In too few dimensions for the number of samples nothing is separated; with a token and its copy in
 * every sample no p tells them apart. */
static void test_none(void **state) {
  (void)state;
  attn_pair *pair = draw(40, 2, 6, 1, 1);
  attn_interpolator_directions *starts = attn_interpolator_directions_alloc(40, 2);
  assert_int_equal(attn_interpolator_directions_find(starts, &pair->set, pair->maxmargin), 0);
  attn_interpolator_directions_free(starts);
  attn_pair_free(pair);

  pair = draw(6, 3, 600, 0.5, 1); /* below the threshold: on noise */
  double *noise = attn_tokens_gram_matrix(pair->trial->tokens);
  for (size_t j = 0; j < 12; j++)
    for (size_t l = 0; l < 12; l++)
      if (j % 2 == 0 && l % 2 == 0)
        noise[(j + 1) * 12 + l] = noise[j * 12 + l + 1] = noise[(j + 1) * 12 + l + 1] =
            noise[j * 12 + l];
  starts = attn_interpolator_directions_alloc(6, 3);
  assert_int_equal(attn_interpolator_directions_find(starts, &pair->set, pair->maxmargin), 0);
  for (size_t c = 0; c < ATTN_MAXMARGIN_STARTS; c++)
    assert_true(starts->climbed[c] > 0);
  attn_interpolator_directions_free(starts);
  attn_pair_free(pair);
}

static void other_size(const void *argument) {
  (void)argument;
  attn_pair *pair = draw(4, 2, 100, 1, 1);
  attn_interpolator_directions_find(attn_interpolator_directions_alloc(4, 3), &pair->set,
                                    pair->maxmargin);
}

static void test_misuse(void **state) {
  (void)state;
  assert_fails(other_size, NULL, "N = 8", "N = 4");
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_selections),
      cmocka_unit_test(test_none),
      cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
