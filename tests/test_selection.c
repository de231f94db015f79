/* selection: against all selections of tokens that are orthogonal, and against Gaussian ones. */
#include "support.h"

#include <string.h>

#include "linalg.h"
#include "maxmargin.h"
#include "rng.h"
#include "selection.h"
#include "stats.h"
#include "svm.h"
#include "tokens.h"
#include "tokens_gram.h"

/* A training set with given numbers of samples, and noise that is orthogonal and of length sqrt(d). */
typedef struct {
  attn_labels *labels;
  double *noise; /* [N][N] */
  attn_maxmargin_set set;
  attn_selection_setting setting;
} draw;

static draw *draw_new(size_t T, double d, double rho, const size_t counts[4]) {
  draw *s = attn_alloc(1, sizeof *s);
  size_t n = 0, i = 0;
  for (size_t c = 0; c < 4; c++)
    n += counts[c];
  s->labels = attn_labels_alloc(n, T);
  s->setting = (attn_selection_setting){.T = T, .d = d, .rho = rho};
  for (size_t c = 0; c < 4; c++) {
    s->setting.kinds.count[c / 2][c % 2] = counts[c];
    for (size_t j = 0; j < counts[c]; j++, i++) {
      s->labels->k[i] = (unsigned char)(c / 2);
      s->labels->y[i] = (signed char)((c / 2 ? -1 : 1) * (c % 2 ? -1 : 1));
    }
  }
  const size_t N = s->labels->N;
  s->noise = attn_alloc(N * N, sizeof *s->noise);
  for (size_t j = 0; j < N; j++)
    s->noise[j * N + j] = d;
  s->set = (attn_maxmargin_set){s->labels, s->noise, rho};
  return s;
}

static void draw_free(draw *s) {
  attn_labels_free(s->labels);
  attn_free(s->noise);
  attn_free(s);
}

static void draw_gaussian(draw *s, size_t seed) {
  const size_t N = s->labels->N;
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, seed, "test_selection", 0, 0, ATTN_STREAM_TEST);
  attn_tokens *tokens =
      attn_tokens_alloc(ATTN_TOKENS_BARTLETT, N, (size_t)s->setting.d, s->setting.rho, 0);
  attn_tokens_draw(tokens, rng);
  memcpy(s->noise, attn_tokens_gram_matrix(tokens), N * N * sizeof *s->noise);
  attn_tokens_free(tokens);
  gsl_rng_free(rng);
}

static const size_t shapes[][4] = {{3, 1, 3, 1}, {4, 0, 2, 1}, {1, 2, 4, 1}, {0, 2, 3, 0},
                                   {2, 2, 1, 0}, {5, 1, 0, 0}, {1, 0, 0, 1}, {0, 1, 0, 2}};
enum { SHAPES = sizeof shapes / sizeof *shapes };
static const double huge = 1e12; /* so that m/(d - m) is m/d */

static void test_counts(void **state) {
  (void)state;
  draw *s = draw_new(3, 100, 5, (const size_t[]){2, 1, 0, 3});
  const attn_selection_counts kinds = attn_selection_kinds(s->labels);
  assert_memory_equal(&kinds, &s->setting.kinds, sizeof kinds);
  /* clean clean noisy of class 0, then three noisy of class 1 */
  const attn_selection_counts on =
      attn_selection_on_signal((const unsigned char[]){0, 2, 1, 0, 0, 1}, s->labels);
  assert_memory_equal(&on, (&(attn_selection_counts){{{1, 0}, {0, 2}}}), sizeof on);
  draw_free(s);
}

static void test_types(void **state) {
  (void)state;
  const attn_selection_counts kinds = {{{3, 1}, {2, 2}}}, lone = {{{3, 1}, {0, 2}}};
  const struct {
    attn_selection_counts on;
    attn_selection_type type, lone;
  } cases[] = {
      {{{{3, 0}, {2, 0}}}, ATTN_SELECTION_OPTIMAL, ATTN_SELECTION_OTHER},
      {{{{0, 0}, {0, 0}}}, ATTN_SELECTION_NOISE, ATTN_SELECTION_NOISE},
      {{{{3, 0}, {0, 0}}}, ATTN_SELECTION_SPLIT, ATTN_SELECTION_OPTIMAL},
      {{{{0, 0}, {2, 0}}}, ATTN_SELECTION_SPLIT, ATTN_SELECTION_OTHER},
      {{{{2, 0}, {2, 0}}}, ATTN_SELECTION_OTHER, ATTN_SELECTION_OTHER},
      {{{{3, 0}, {0, 2}}}, ATTN_SELECTION_OTHER, ATTN_SELECTION_OTHER},
      {{{{3, 1}, {2, 0}}}, ATTN_SELECTION_OTHER, ATTN_SELECTION_OTHER},
      {{{{0, 1}, {0, 0}}}, ATTN_SELECTION_OTHER, ATTN_SELECTION_OTHER},
  };
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    assert_int_equal(attn_selection_type_of(&cases[c].on, &kinds), cases[c].type);
    assert_int_equal(attn_selection_type_of(&cases[c].on, &lone), cases[c].lone);
  }
}

/* Every selection of orthogonal tokens costs what is predicted, and the best and the second best are
 * those that are predicted. */
static void test_orthogonal(void **state) {
  (void)state;
  for (size_t shape = 0; shape < SHAPES; shape++)
    for (double r = 0.11; r < 3; r *= 1.37) { /* rho^2 / d */
      draw *s = draw_new(2, huge, sqrt(r * huge), shapes[shape]);
      const size_t n = s->labels->n;
      attn_maxmargin_list *list = attn_maxmargin_list_alloc((size_t)1 << n, n);
      attn_maxmargin_workspace *w = attn_maxmargin_alloc(n, 2);
      attn_maxmargin_enumerate(list, &s->set, SIZE_MAX, w);
      const attn_selection_prediction p = attn_selection_predict(&s->setting);
      for (size_t e = 0; e < list->count; e++) {
        const attn_selection_counts on = attn_selection_on_signal(list->sigma + e * n, s->labels);
        const double cost = huge / (list->margin[e] * list->margin[e]);
        assert_relative(attn_selection_cost(&on, &s->setting), cost, 1e-9);
        if (e == 0) {
          assert_relative(p.cost, cost, 1e-9);
          assert_relative(attn_selection_cost(&p.best, &s->setting), cost, 1e-9);
        }
        if (e == 1)
          assert_close(p.second, cost - p.cost, 1e-9 * cost);
      }
      attn_maxmargin_list_free(list);
      attn_maxmargin_free(w);
      draw_free(s);
    }
}

/* More tokens per sample change nothing but the distance. */
static void test_tokens(void **state) {
  (void)state;
  draw *s = draw_new(2, 1e4, 60, shapes[0]);
  const attn_selection_prediction two = attn_selection_predict(&s->setting);
  s->setting.T = 4;
  const attn_selection_prediction four = attn_selection_predict(&s->setting);
  assert_memory_equal(&two.best, &four.best, sizeof two.best);
  assert_relative(four.second, two.second, 1e-15);
  assert_relative(two.distance - four.distance, sqrt(2 * 8 * log(3)), 1e-12);
  draw_free(s);
}

static double cost_of(const draw *s, const unsigned char *sigma, attn_maxmargin_workspace *w) {
  double a[16];
  attn_svm_result r;
  assert_int_equal(attn_maxmargin_value(a, &r, sigma, &s->set, w), ATTN_SVM_OK);
  return s->setting.d / (r.margin_low * r.margin_low);
}

/* Gaussian tokens: the mean cost and the deviation of a difference, over draws. */
static void test_gaussian(void **state) {
  (void)state;
  enum { DRAWS = 2000 };
  const unsigned char noise[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const unsigned char signal[10] = {0, 0, 0, 0, 1, 1, 1, 1, 1, 1};   /* clean ones of class 0 */
  const unsigned char exchange[10] = {0, 0, 1, 1, 1, 0, 0, 0, 0, 1}; /* 2 of these, 4 of class 1 */
  draw *s = draw_new(2, 2000, 40, (const size_t[]){4, 1, 4, 1});
  attn_maxmargin_workspace *w = attn_maxmargin_alloc(10, 2);
  double *cost = attn_alloc(3 * DRAWS, sizeof *cost); /* noise; signal - noise; exchange - signal */
  for (size_t e = 0; e < DRAWS; e++) {
    draw_gaussian(s, e);
    const double c[] = {cost_of(s, noise, w), cost_of(s, signal, w), cost_of(s, exchange, w)};
    cost[e] = c[0];
    cost[DRAWS + e] = c[1] - c[0];
    cost[2 * DRAWS + e] = c[2] - c[1];
  }
  const attn_selection_counts on[] = {attn_selection_on_signal(noise, s->labels),
                                      attn_selection_on_signal(signal, s->labels),
                                      attn_selection_on_signal(exchange, s->labels)};
  const double predicted = attn_selection_cost(&on[0], &s->setting);
  const double mean = attn_stats_mean(cost, DRAWS);
  /* 10 d/(d - 10) = 10.050; the mean of d/margin^2 itself is 10 d/(d - 13) = 10.065 */
  assert_close(mean, predicted, 0.03);
  for (size_t c = 1; c < 3; c++) {
    const double deviation = attn_selection_deviation(&on[c], &on[c - 1], &s->setting);
    const double measured = attn_stats_deviation(cost + c * DRAWS, DRAWS);
    printf("# deviation of a difference of costs: %.4f, predicted %.4f\n", measured, deviation);
    assert_relative(measured, deviation, 0.1);
  }
  attn_free(cost);
  attn_maxmargin_free(w);
  draw_free(s);
}

/* At attn_selection_switch the class's clean samples are as well off on their signal as on noise. */
static void test_switch(void **state) {
  (void)state;
  const struct {
    size_t counts[4], k;
    attn_selection_counts before, after;
  } cases[] = {
      {{5, 1, 3, 1}, 0, {{{0, 0}, {0, 0}}}, {{{5, 0}, {0, 0}}}},
      {{5, 1, 3, 1}, 1, {{{5, 0}, {0, 0}}}, {{{5, 0}, {3, 0}}}},
  };
  for (size_t c = 0; c < 2; c++)
    for (double d = 20; d < 1e5; d *= 10) {
      draw *s = draw_new(2, d, 1, cases[c].counts);
      s->setting.rho = attn_selection_switch(&s->setting, cases[c].k);
      const double before = attn_selection_cost(&cases[c].before, &s->setting);
      assert_relative(attn_selection_cost(&cases[c].after, &s->setting), before, 1e-12);
      if (d > 1e4)
        assert_relative(s->setting.rho, sqrt(d / (double)cases[c].counts[2 * cases[c].k]), 1e-3);
      draw_free(s);
    }
  /* equal classes: both switch there together, to first order in n/d */
  draw *s = draw_new(2, 1e4, 1, (const size_t[]){3, 1, 3, 1});
  s->setting.rho = attn_selection_switch(&s->setting, 0);
  assert_relative(attn_selection_switch(&s->setting, 1), s->setting.rho, 1e-15);
  assert_relative(attn_selection_cost(&(attn_selection_counts){{{3, 0}, {3, 0}}}, &s->setting),
                  attn_selection_cost(&(attn_selection_counts){{{0, 0}, {0, 0}}}, &s->setting),
                  1e-6);
  draw_free(s);
}

/* Mixed orthogonal tokens cost what is predicted. */
static void test_mixtures(void **state) {
  (void)state;
  for (size_t shape = 0; shape < SHAPES; shape++)
    for (double r = 0.1; r < 4; r *= 2)
      for (int optimal = 0; optimal < 2; optimal++)
        for (size_t part = 0; part < 3; part++)
          for (size_t k = 0; k < 2; k++)
            for (double c = 0.1; c < 0.95; c += 0.2) {
              draw *s = draw_new(2, huge, sqrt(r * huge), shapes[shape]);
              const attn_labels *labels = s->labels;
              const size_t n = labels->n;
              const bool noisy = part == ATTN_SELECTION_NOISY;
              unsigned char sigma[8];
              double weight[16] = {0}, K[64], a[8];
              bool one = false;
              for (size_t i = 0; i < n; i++) {
                sigma[i] = !optimal || attn_labels_noisy(labels, i);
                weight[2 * i + sigma[i]] = 1;
                if (labels->k[i] == k && attn_labels_noisy(labels, i) == noisy &&
                    !(one && part != ATTN_SELECTION_ALL_CLEAN)) {
                  one = true;
                  weight[2 * i + sigma[i]] = 1 - c;
                  weight[2 * i + !sigma[i]] = c;
                }
              }
              if (one) {
                const attn_selection_counts on = attn_selection_on_signal(sigma, labels);
                attn_svm_workspace *svm = attn_svm_alloc(n);
                attn_svm_result result;
                attn_maxmargin_mixed_gram(K, weight, &s->set);
                assert_int_equal(attn_svm_solve(a, &result, K, n, svm), ATTN_SVM_OK);
                assert_relative(
                    attn_selection_mixed_cost(&on, &s->setting, (attn_selection_part)part, k, c),
                    huge / (result.margin_low * result.margin_low), 1e-8);
                attn_svm_free(svm);
              }
              draw_free(s);
            }
  const attn_selection_setting setting = {{{{3, 1}, {3, 1}}}, 2, huge, 1e6};
  assert_true(isnan(attn_selection_mixed_cost(&(attn_selection_counts){{{3, 0}, {0, 0}}}, &setting,
                                              ATTN_SELECTION_CLEAN, 0, 0.5)));
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_counts),     cmocka_unit_test(test_types),
      cmocka_unit_test(test_orthogonal), cmocka_unit_test(test_tokens),
      cmocka_unit_test(test_gaussian),   cmocka_unit_test(test_switch),
      cmocka_unit_test(test_mixtures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
