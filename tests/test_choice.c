/* choice: nine selections against all 2^n, their lines against support vector machines at each rho,
 * closed forms for orthogonal noise, and the mean over Wishart noise. */
#include "support.h"

#include "choice.h"
#include "linalg.h"
#include "rng.h"
#include "tokens_gram.h"
#include "trial.h"

typedef struct {
  attn_trial *trial;
  attn_maxmargin_set set;
  attn_maxmargin_workspace *w;
  unsigned char *sigma;
  double *a;
  attn_choice choice;
} draw;

static draw *draw_new(size_t n, size_t d, double eta, size_t seed) {
  draw *s = attn_alloc(1, sizeof *s);
  const attn_data_param param = {n, 2, d, 1, eta};
  s->trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 1);
  attn_trial_draw(s->trial, seed, "test_choice", n, d);
  s->set = (attn_maxmargin_set){s->trial->labels, attn_tokens_gram_matrix(s->trial->tokens), 1};
  s->w = attn_maxmargin_alloc(n, 2);
  s->sigma = attn_alloc(n, 1);
  s->a = attn_alloc(n, sizeof *s->a);
  return s;
}

static void draw_free(draw *s) {
  attn_trial_free(s->trial);
  attn_maxmargin_free(s->w);
  attn_free(s->sigma);
  attn_free(s->a);
  attn_free(s);
}

static void solve(draw *s) {
  attn_choice_solve(&s->choice, &s->set, s->sigma, s->a, s->w);
}

/* n labels: the first clean[0] + noisy[0] in class 0, of which the first noisy[0] are flipped. */
static void set_labels(draw *s, const size_t clean[2], const size_t noisy[2]) {
  for (size_t i = 0; i < s->set.labels->n; i++) {
    const size_t first = clean[0] + noisy[0], k = i >= first, place = k == 0 ? i : i - first;
    const bool flip = place < noisy[k];
    s->trial->labels->k[i] = (unsigned char)k;
    s->trial->labels->y[i] = (signed char)((k == 0) != flip ? 1 : -1);
  }
}

static void set_orthogonal(draw *s, double square) {
  const size_t n = s->set.labels->n;
  double *K = attn_tokens_gram_matrix(s->trial->tokens);
  for (size_t i = 0; i < n * n; i++)
    K[i] = i % (n + 1) == 0 ? square : 0;
}

/* The best of the nine is the best of all, near orthogonal noise and far from it. */
static void test_all_selections(void **state) {
  (void)state;
  const size_t dims[] = {6, 12, 14, 24, 60, 1000};
  size_t seen[ATTN_CHOICES] = {0};
  for (size_t c = 0; c < sizeof dims / sizeof *dims; c++)
    for (size_t seed = 0; seed < 12; seed++) {
      const size_t n = 11;
      draw *s = draw_new(n, dims[c], seed % 2 ? 0.1 : 0.4, seed);
      attn_maxmargin_list *list = attn_maxmargin_list_alloc(1, n);
      solve(s);
      for (double kappa = 0.5; kappa < 3; kappa *= 1.3) {
        s->set.rho = kappa * sqrt((double)dims[c] / (double)n);
        attn_maxmargin_enumerate(list, &s->set, SIZE_MAX, s->w);
        const size_t best = attn_choice_best(&s->choice, s->set.rho);
        const double square = attn_choice_square(&s->choice, best, s->set.rho);
        assert_true(list->complete);
        if (list->count == 0) /* nothing separates */
          assert_true(isinf(square));
        else
          assert_relative(1 / sqrt(square), list->margin[0], 1e-8);
        seen[best]++;
      }
      attn_maxmargin_list_free(list);
      draw_free(s);
    }
  size_t kinds = 0;
  for (size_t c = 0; c < ATTN_CHOICES; c++)
    kinds += seen[c] > 0;
  assert_true(kinds >= 6); /* the draws ask for most of the nine */
}

/* The lines in 1/rho^2, the certificate and the support against support vector machines at each rho,
 * with all four kinds of samples, without noisy ones, and without one class. */
static void test_lines(void **state) {
  (void)state;
  const size_t clean[][2] = {{14, 18}, {20, 20}, {33, 0}}, noisy[][2] = {{3, 5}, {0, 0}, {7, 0}};
  for (size_t labels = 0; labels < 3; labels++) {
    draw *s = draw_new(40, 90, 0.2, 3);
    set_labels(s, clean[labels], noisy[labels]);
    solve(s);
    assert_int_equal(s->choice.status, ATTN_SVM_OK);
    assert_between(s->choice.gap, 0, ATTN_SVM_GAP);
    for (s->set.rho = 0.3; s->set.rho < 100; s->set.rho *= 3)
      for (size_t c = 0; c < ATTN_CHOICES; c++) {
        attn_svm_result r;
        attn_maxmargin_start(s->sigma, c, &s->set);
        assert_int_equal(attn_maxmargin_value(s->a, &r, s->sigma, &s->set, s->w), ATTN_SVM_OK);
        assert_relative(1 / sqrt(attn_choice_square(&s->choice, c, s->set.rho)), r.margin_low,
                        1e-9);
        for (unsigned char k = 0; k < 2; k++)
          assert_int_equal(s->choice.on[k][c],
                           attn_maxmargin_on_signal(s->sigma, s->set.labels, k, false) > 0);
        if (c == 4)
          assert_int_equal(r.support, s->choice.support);
      }
    assert_true(s->choice.support < 40); /* so close to n not all tokens support */
    draw_free(s);
  }
}

/* Orthogonal noise of equal length: rho^2 clean_k = d, each class by itself. */
static void test_orthogonal(void **state) {
  (void)state;
  const size_t clean[][2] = {{9, 4}, {5, 5}, {2, 11}, {7, 0}, {4, 3}};
  const size_t noisy[][2] = {{1, 2}, {0, 0}, {1, 0}, {3, 4}, {3, 2}};
  for (size_t c = 0; c < 5; c++) {
    const size_t n = clean[c][0] + clean[c][1] + noisy[c][0] + noisy[c][1];
    draw *s = draw_new(n, 300, 0.1, 1);
    attn_choice ideal;
    set_labels(s, clean[c], noisy[c]);
    set_orthogonal(s, 500);
    solve(s);
    attn_choice_ideal(&ideal, (double[]){(double)clean[c][0], (double)clean[c][1]},
                      (double[]){(double)noisy[c][0], (double)noisy[c][1]}, 500e9);
    for (size_t k = 0; k < 2; k++) {
      const double rho = attn_choice_threshold(&s->choice, k);
      if (clean[c][k] == 0) {
        assert_true(isnan(rho));
        assert_true(isnan(attn_choice_threshold(&ideal, k)));
        continue;
      }
      assert_relative(rho, sqrt(500 / (double)clean[c][k]), 1e-10);
      assert_relative(attn_choice_threshold(&ideal, k), sqrt(500e9 / (double)clean[c][k]), 1e-8);
      assert_false(s->choice.on[k][attn_choice_best(&s->choice, rho * (1 - 1e-6))]);
      assert_true(s->choice.on[k][attn_choice_best(&s->choice, rho * (1 + 1e-6))]);
    }
    draw_free(s);
  }
}

/* Where the flipped samples of a class are more, they take its signal, and the clean ones never. */
static void test_majority_flipped(void **state) {
  (void)state;
  draw *s = draw_new(12, 4000, 0.1, 1);
  set_labels(s, (size_t[]){2, 5}, (size_t[]){4, 1});
  solve(s);
  assert_true(isnan(attn_choice_threshold(&s->choice, 0)));
  assert_relative(attn_choice_threshold(&s->choice, 1), sqrt(4000.0 / 5), 0.05);
  const size_t best = attn_choice_best(&s->choice, 1000);
  attn_maxmargin_start(s->sigma, best, &s->set);
  assert_int_equal(attn_maxmargin_on_signal(s->sigma, s->set.labels, 0, true), 4);
  assert_int_equal(attn_maxmargin_on_signal(s->sigma, s->set.labels, 1, false), 5);
  draw_free(s);
}

/* Around a threshold the best selection changes for that class, whatever the draw: below it never
 * turns to the signal. Returns whether there is one. */
static bool check_threshold(const draw *s, size_t k) {
  const double rho = attn_choice_threshold(&s->choice, k);
  const double end = isnan(rho) ? 1e4 : 0.9999 * rho;
  for (double at = end; at > 1e-2 * end; at *= 0.97)
    if (isfinite(attn_choice_square(&s->choice, attn_choice_best(&s->choice, at), at)))
      assert_false(s->choice.on[k][attn_choice_best(&s->choice, at)]);
  if (!isnan(rho))
    assert_true(s->choice.on[k][attn_choice_best(&s->choice, 1.0001 * rho + 1e-6)]);
  return !isnan(rho);
}

static void test_thresholds(void **state) {
  (void)state;
  size_t found = 0, none = 0, always = 0;
  for (size_t seed = 0; seed < 2000; seed++) {
    /* many small sets in low dimensions, where noise is far from orthogonal and may not separate */
    const size_t n = seed < 40 ? 16 + seed : 6, d = seed < 40 ? n * (2 + seed % 7) : 4 + seed % 4;
    draw *s = draw_new(n, d, seed < 40 ? 0.05 + 0.15 * (double)(seed % 3) : 0.45, seed);
    solve(s);
    for (size_t k = 0; k < 2; k++) {
      const bool switches = check_threshold(s, k);
      found += switches;
      none += !switches;
      always += attn_choice_threshold(&s->choice, k) == 0;
    }
    draw_free(s);
  }
  assert_true(found > 500 && none > 500 && always > 50);
}

/* n = 200, d = 1000, eta = .1: section 5's kappa*^2 = 2 (1 - g)(1 - eta g)/(1 - eta) is where both
 * classes together would switch; they do not, one comes first:
 * 2 (1 - g)(1 - g (1 + eta)/2)/(1 - eta), then 2 (1 - eta g)(1 - g (1 + eta)/2)/(1 - eta). */
static void test_ideal(void **state) {
  (void)state;
  const double n = 2e5, d = 1e6, eta = 0.1, g = n / d, unit = 2 / (1 - eta), middle = 1 - g * 0.55;
  attn_choice ideal;
  const double clean = n / 2 * (1 - eta), noisy = n / 2 * eta;
  attn_choice_ideal(&ideal, (double[]){clean + 1, clean - 1}, (double[]){noisy, noisy}, d);
  const double first = attn_choice_threshold(&ideal, 0), second = attn_choice_threshold(&ideal, 1);
  assert_relative(first * first * n / d, unit * (1 - g) * middle, 1e-4);
  assert_relative(second * second * n / d, unit * (1 - eta * g) * middle, 1e-4);
  assert_relative(2 / (1 / (first * first) + 1 / (second * second)) * n / d,
                  unit * (1 - g) * (1 - eta * g), 1e-4);
  attn_choice_ideal(&ideal, (double[]){90, 90}, (double[]){10, 10}, 150);
  assert_true(isinf(attn_choice_square(&ideal, 4, 1)));
  assert_true(isfinite(attn_choice_square(&ideal, 0, 1)));
}

/* Mean over draws of W, in units of the ideal one. */
static void test_wishart_mean(void **state) {
  (void)state;
  const size_t n = 4, d = 40, draws = 2000;
  double sum = 0;
  for (size_t seed = 0; seed < draws; seed++) {
    draw *s = draw_new(n, d, 0.1, seed);
    solve(s);
    sum += s->choice.noise[4];
    draw_free(s);
  }
  attn_choice ideal;
  attn_choice_ideal(&ideal, (double[]){2, 2}, (double[]){0, 0}, (double)d);
  /* one draw spreads by a quarter, the mean by .006 */
  assert_relative(sum / (double)draws, ideal.noise[4], 0.02);
}

static void solve_three_tokens(const void *argument) {
  (void)argument;
  attn_labels *labels = attn_labels_alloc(4, 3);
  attn_choice choice;
  attn_choice_solve(&choice, &(attn_maxmargin_set){labels, NULL, 1}, NULL, NULL, NULL);
}

static void test_misuse(void **state) {
  (void)state;
  assert_fails(solve_three_tokens, NULL, "T = 3", "2 tokens");
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_selections), cmocka_unit_test(test_lines),
      cmocka_unit_test(test_orthogonal),     cmocka_unit_test(test_majority_flipped),
      cmocka_unit_test(test_thresholds),     cmocka_unit_test(test_ideal),
      cmocka_unit_test(test_wishart_mean),   cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
