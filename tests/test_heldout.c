/* Errors on held-out samples against a naive twin that forms every token in R^d. */
#include "support.h"

#include <string.h>

#include "heldout.h"
#include "linalg.h"
#include "rng.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"

enum { n = 12, T = 3, HELD = 60, D = 30, K = D - 2, STEPS = 5 };

typedef struct {
  attn_trial *trial;
  double *xi;    /* [N][K] */
  double *fresh; /* [HELD T][K] */
  double *cross; /* [HELD T][N] */
} drawn;

/* A trained draw of D with a weak signal, so that there are errors, and tokens held back. */
static drawn draw(void) {
  const attn_data_param param = {n, T, D, 3, 0.2};
  drawn s = {.trial = attn_trial_alloc(ATTN_TOKENS_GRAM, &param, 0)};
  const size_t N = s.trial->labels->N;
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 3, "heldout", 0, 0, ATTN_STREAM_TEST);
  s.xi = attn_alloc(N * K, sizeof *s.xi);
  s.fresh = attn_alloc(HELD * T * K, sizeof *s.fresh);
  s.cross = attn_alloc(HELD * T * N, sizeof *s.cross);
  attn_rng_gaussian(s.xi, N * K, rng);
  attn_rng_gaussian(s.fresh, HELD * T * K, rng);
  attn_gram(attn_tokens_gram_matrix(s.trial->tokens), s.xi, N, K);
  attn_multiply_transposed(s.cross, N, s.fresh, K, s.xi, K, HELD * T, N, K);
  attn_labels_balanced(s.trial->labels, 1);
  const attn_optim optim = {.beta = 0.1};
  for (size_t step = 0; step < STEPS; step++) {
    attn_model_forward(s.trial->model, s.trial->tokens, s.trial->labels);
    attn_train_step(s.trial->model, s.trial->tokens, s.trial->labels, &optim, s.trial->w);
  }
  attn_model_forward(s.trial->model, s.trial->tokens, s.trial->labels);
  gsl_rng_free(rng);
  return s;
}

static void release(drawn *s) {
  attn_trial_free(s->trial);
  attn_free(s->xi);
  attn_free(s->fresh);
  attn_free(s->cross);
}

/* x . u for x = a_1 mu_1 + a_2 mu_2 + held_j and the parameter vector u, in R^d. */
static double score(const drawn *s, const attn_layout *layout, size_t e, const double *u) {
  double vector[D], x[D] = {0};
  memcpy(vector, u, 2 * sizeof *u); /* on the unit signals */
  memset(vector + 2, 0, K * sizeof *vector);
  for (size_t j = 0; j < s->trial->labels->N; j++)
    for (size_t c = 0; c < K; c++)
      vector[2 + c] += u[2 + j] * s->xi[j * K + c];
  x[0] = layout->signal[2 * e] * s->trial->param.rho;
  x[1] = layout->signal[2 * e + 1] * s->trial->param.rho;
  if (layout->noise[e] != ATTN_NO_NOISE)
    memcpy(x + 2, s->fresh + layout->noise[e] * K, K * sizeof *x);
  double sum = 0;
  for (size_t c = 0; c < D; c++)
    sum += x[c] * vector[c];
  return sum;
}

static size_t naive_wrong(const drawn *s, const attn_layout *layout, const unsigned char *k) {
  const attn_model *model = s->trial->model;
  size_t wrong = 0;
  for (size_t i = 0; i < layout->n; i++) {
    double above = 0, below = 0;
    for (size_t t = 0; t < layout->T; t++) {
      const size_t e = i * layout->T + t;
      const double weight = exp(score(s, layout, e, model->theta + model->dim));
      above += weight * score(s, layout, e, model->theta);
      below += weight;
    }
    wrong += (k[i] == 0 ? 1 : -1) * above / below <= 0;
  }
  return wrong;
}

/* The paper's samples, and given tokens, for either assignment of the classes; the two assignments
 * are each other's complement. */
static void test_twin(void **state) {
  (void)state;
  drawn s = draw();
  attn_labels *fresh = attn_labels_alloc(HELD, T);
  attn_layout *layout = attn_layout_alloc(HELD, T, HELD * T);
  for (int given = 0; given < 2; given++) {
    attn_labels_balanced(fresh, 0);
    given ? attn_layout_given(layout) : attn_layout_paper(layout, fresh->k);
    const size_t wrong = attn_heldout_wrong(s.trial->model, layout, fresh->k, s.cross);
    assert_int_equal(wrong, naive_wrong(&s, layout, fresh->k));
    assert_true(wrong > 0 && wrong < HELD);
    for (size_t i = 0; i < HELD; i++)
      fresh->k[i] = !fresh->k[i];
    assert_int_equal(attn_heldout_wrong(s.trial->model, layout, fresh->k, s.cross), HELD - wrong);
  }
  attn_layout_free(layout);
  attn_labels_free(fresh);
  release(&s);
}

/* v = 0 answers nothing, which is wrong. */
static void test_tie(void **state) {
  (void)state;
  drawn s = draw();
  attn_labels *fresh = attn_labels_alloc(HELD, T);
  attn_layout *layout = attn_layout_alloc(HELD, T, HELD * T);
  attn_labels_balanced(fresh, 0);
  attn_layout_given(layout);
  attn_model_zero(s.trial->model);
  attn_model_forward(s.trial->model, s.trial->tokens, s.trial->labels);
  assert_int_equal(attn_heldout_wrong(s.trial->model, layout, fresh->k, s.cross), HELD);
  attn_layout_free(layout);
  attn_labels_free(fresh);
  release(&s);
}

static void over_dense(const void *unused) {
  (void)unused;
  const attn_data_param param = {4, 2, 10, 1, 0};
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_DENSE, &param, 1);
  attn_layout *layout = attn_layout_alloc(1, 2, 2);
  const double cross[8] = {0};
  attn_heldout_wrong(trial->model, layout, (const unsigned char[]){0}, cross);
}

static void test_refused(void **state) {
  (void)state;
  assert_fails(over_dense, NULL, "gram tokens", "not 10");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_twin),
      cmocka_unit_test(test_tie),
      cmocka_unit_test(test_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
