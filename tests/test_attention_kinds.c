/* Attention weights other than softmax: defining properties, twins that follow the definition, and
 * derivatives against central differences. */
#include "support.h"

#include <gsl/gsl_rng.h>
#include <string.h>

#include "attention.h"
#include "attention_kinds.h"
#include "rng.h"

enum { T_MAX = 16, KINDS = 6, DRAWS = 60 };
static const size_t lengths[] = {1, 2, 3, 7, 16};
static const char *const words[KINDS] = {"softmax", "linear",    "local",
                                         "sigmoid", "sparsemax", "hard"};

static attn_attention attention_of(size_t kind, size_t T) {
  return (attn_attention){attn_attention_kind_of(words[kind]), T > 3 ? 3 : 1};
}

static void draw(gsl_rng *rng, double *b, double *r, size_t T, size_t kind, size_t index) {
  attn_rng_start(rng, 1, "attention_kinds", T * KINDS + kind, index, ATTN_STREAM_OTHER);
  attn_rng_gaussian(b, T, rng);
  attn_rng_gaussian(r, T, rng);
  const double spread = index % 3 == 0 ? 0.2 : index % 3 == 1 ? 1 : 5;
  for (size_t t = 0; t < T; t++)
    b[t] *= spread;
}

/* Equal scores: every kind gives each token 1/T. */
static void test_equal_scores(void **state) {
  (void)state;
  double s[T_MAX], b[T_MAX];
  for (size_t kind = 0; kind < KINDS; kind++)
    for (size_t c = 0; c < sizeof lengths / sizeof *lengths; c++) {
      const attn_attention attention = attention_of(kind, lengths[c]);
      for (size_t t = 0; t < lengths[c]; t++)
        b[t] = attention.kind == ATTN_SIGMOID ? 0 : -1.25;
      attn_attention_weights(s, b, lengths[c], &attention);
      for (size_t t = 0; t < lengths[c]; t++)
        assert_close(s[t], 1 / (double)lengths[c], 1e-15);
    }
}

static void test_softmax_is_that_of_attention(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  double s[T_MAX], s2[T_MAX], b[T_MAX], g[T_MAX], r[T_MAX], db[T_MAX], db2[T_MAX], dg[T_MAX];
  for (size_t index = 0; index < DRAWS; index++) {
    const size_t T = lengths[index % 5];
    const attn_attention attention = attention_of(0, T);
    draw(rng, b, g, T, 0, index);
    const double f = attn_attention_forward(s, b, g, T);
    attn_attention_weights(s2, b, T, &attention);
    attn_attention_backward(dg, db, s, g, f, -0.7, T);
    for (size_t t = 0; t < T; t++)
      r[t] = -0.7 * g[t];
    attn_attention_pull(db2, r, s2, b, T, &attention);
    for (size_t t = 0; t < T; t++) {
      assert_relative(s2[t], s[t], 1e-14);
      assert_close(db2[t], db[t], 1e-14);
    }
  }
  gsl_rng_free(rng);
}

/* local is softmax in each window; sigmoid and linear follow their formulas; sparsemax is the
 * nearest point of the simplex: no feasible direction between two tokens comes closer. */
static void test_definitions(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  double s[T_MAX], b[T_MAX], r[T_MAX], in_window[T_MAX];
  for (size_t index = 0; index < DRAWS; index++) {
    const size_t T = lengths[index % 5];
    draw(rng, b, r, T, 1, index);
    attn_attention attention = {ATTN_LOCAL, 3};
    attn_attention_weights(s, b, T, &attention);
    for (size_t from = 0; from < T; from += 3) {
      const size_t size = T - from < 3 ? T - from : 3;
      attn_attention_forward(in_window, b + from, r, size);
      for (size_t t = 0; t < size; t++)
        assert_close(s[from + t], in_window[t] * (double)size / (double)T, 1e-14);
    }
    attention.kind = ATTN_LINEAR;
    attn_attention_weights(s, b, T, &attention);
    double sum = 0;
    for (size_t t = 0; t < T; t++)
      sum += s[t];
    assert_close(sum, 1, 1e-13);
    for (size_t t = 1; t < T; t++)
      assert_close(s[t] - s[0], (b[t] - b[0]) / (double)T, 1e-14);
    attention.kind = ATTN_SIGMOID;
    attn_attention_weights(s, b, T, &attention);
    for (size_t t = 0; t < T; t++) /* the only token has all the weight */
      if (T > 1)
        assert_close(log(s[t] / (1 - s[t])), b[t] - log((double)T - 1), 1e-11);
      else
        assert_true(s[t] == 1);
    attention.kind = ATTN_SPARSEMAX;
    attn_attention_weights(s, b, T, &attention);
    sum = 0;
    for (size_t t = 0; t < T; t++) {
      sum += s[t];
      assert_true(s[t] >= 0);
      for (size_t u = 0; u < T; u++) /* moving weight from t to u does not come closer to b */
        assert_true(s[t] == 0 || (b[t] - s[t]) - (b[u] - s[u]) > -1e-14);
    }
    assert_close(sum, 1, 1e-14);
    attention.kind = ATTN_HARD;
    attn_attention_weights(s, b, T, &attention);
    for (size_t t = 0; t < T; t++)
      for (size_t u = 0; u < T; u++)
        assert_true(s[t] == 0 || (s[t] == 1 && b[t] >= b[u]));
  }
  b[0] = b[2] = 4;
  b[1] = 1;
  const attn_attention hard = {ATTN_HARD, 0};
  attn_attention_weights(s, b, 3, &hard);
  assert_true(s[0] == 0.5 && s[1] == 0 && s[2] == 0.5);
  gsl_rng_free(rng);
}

/* d(r . s)/db_t by central differences, but for hard, whose backward pass is softmax's. */
static void test_derivatives(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  double s[T_MAX], b[T_MAX], r[T_MAX], db[T_MAX], moved[T_MAX], up[T_MAX], down[T_MAX];
  const double h = 1e-6;
  size_t differences = 0;
  for (size_t kind = 0; kind < KINDS; kind++)
    for (size_t index = 0; index < DRAWS; index++) {
      const size_t T = lengths[index % 5];
      const attn_attention attention = attention_of(kind, T);
      draw(rng, b, r, T, kind, index);
      attn_attention_weights(s, b, T, &attention);
      attn_attention_pull(db, r, s, b, T, &attention);
      const attn_attention of = {attention.kind == ATTN_HARD ? ATTN_SOFTMAX : attention.kind,
                                 attention.window};
      for (size_t t = 0; t < T; t++) {
        memcpy(moved, b, T * sizeof *b);
        moved[t] = b[t] + h;
        attn_attention_weights(up, moved, T, &of);
        moved[t] = b[t] - h;
        attn_attention_weights(down, moved, T, &of);
        double slope = 0;
        bool kink = false;
        for (size_t u = 0; u < T; u++) {
          slope += r[u] * (up[u] - down[u]) / (2 * h);
          kink |= of.kind == ATTN_SPARSEMAX && (up[u] > 0) != (down[u] > 0);
        }
        if (kink)
          continue;
        assert_close(db[t], slope, 2e-9);
        differences++;
      }
    }
  assert_true(differences > 9 * DRAWS * KINDS / 2);
  gsl_rng_free(rng);
}

/* Scores of any size give finite weights; those of softmax, local, sparsemax and hard sum to one. */
static void test_extreme_scores(void **state) {
  (void)state;
  const double b[4] = {1e6, -1e6, 999999.5, 0};
  double s[4], db[4];
  for (size_t kind = 0; kind < KINDS; kind++) {
    const attn_attention attention = {attn_attention_kind_of(words[kind]), 2};
    attn_attention_weights(s, b, 4, &attention);
    attn_attention_pull(db, (const double[]){1, -2, 3, 0}, s, b, 4, &attention);
    for (size_t t = 0; t < 4; t++)
      assert_true(isfinite(s[t]) && isfinite(db[t]));
    if (attention.kind != ATTN_SIGMOID)
      assert_close(s[0] + s[1] + s[2] + s[3], 1, 1e-9);
  }
}

static void unknown(const void *word) {
  attn_attention_kind_of(word);
}

static void test_unknown_kind(void **state) {
  (void)state;
  for (size_t kind = 0; kind < KINDS; kind++)
    assert_int_equal(attn_attention_kind_of(words[kind]), kind);
  assert_fails(unknown, "gaussian", "'gaussian' is no kind of attention", ATTN_ATTENTION_WORDS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equal_scores),   cmocka_unit_test(test_softmax_is_that_of_attention),
      cmocka_unit_test(test_definitions),    cmocka_unit_test(test_derivatives),
      cmocka_unit_test(test_extreme_scores), cmocka_unit_test(test_unknown_kind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
