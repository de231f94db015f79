/* The directions of a selection: cosines with them, by another route and by the recursion, lengths
 * inside and outside the tokens' span, and selections that no v fits. */
#include "support.h"

#include <string.h>

#include "direction.h"
#include "linalg.h"
#include "tokens_gram.h"
#include "train.h"
#include "start.h"
#include "trial.h"

enum { n = 20 };

/* Balanced labels with flips noisy samples in each class. */
static void fix_labels(attn_labels *labels, size_t flips) {
  for (size_t i = 0; i < labels->n; i++) {
    labels->k[i] = i % 2 != 0;
    labels->y[i] = (signed char)((i % 2 != 0) == (i / 2 < flips) ? 1 : -1);
  }
}

typedef struct {
  attn_trial *trial;
  attn_maxmargin_set set;
  attn_maxmargin_workspace *workspace;
  attn_direction *direction;
} problem;

static problem make(const attn_data_param *param, size_t flips) {
  problem q = {.trial = attn_trial_alloc_gaussian(ATTN_TOKENS_BARTLETT, param, 1)};
  attn_trial_draw(q.trial, 50, "direction", param->T, flips);
  fix_labels(q.trial->labels, flips);
  q.set =
      (attn_maxmargin_set){q.trial->labels, attn_tokens_gram_matrix(q.trial->tokens), param->rho};
  q.workspace = attn_maxmargin_alloc(param->n, param->T);
  q.direction = attn_direction_alloc(q.trial->labels);
  return q;
}

static void release(problem *q) {
  attn_trial_free(q->trial);
  attn_maxmargin_free(q->workspace);
  attn_direction_free(q->direction);
}

static void steps(problem *q, size_t count, double b) {
  const double rho = q->trial->param.rho;
  for (size_t step = 0; step < count; step++) {
    attn_model_forward(q->trial->model, q->trial->tokens, q->trial->labels);
    attn_train_step(q->trial->model, q->trial->tokens, q->trial->labels,
                    &(attn_optim){.beta = b / (rho * rho)}, q->trial->w);
  }
  attn_model_forward(q->trial->model, q->trial->tokens, q->trial->labels);
}

/* On noise that is orthogonal to the last bit, gradient descent is the recursion, and so are its
 * cosines and its margin, with either selection and on either side of the edge. */
static void test_recursion(void **state) {
  (void)state;
  const double kappas[] = {1, 1.8, 3};
  const size_t flips[] = {1, 2, 1}, counts[] = {2, 30, 1000};
  for (size_t c = 0; c < 3; c++)
    for (size_t signal = 0; signal < 2; signal++)
      for (size_t s = 0; s < 3; s++) {
        const attn_data_param param = {n, 2, 400 * n, kappas[c] * 20,
                                       2 * (double)flips[c] / (double)n};
        problem q = make(&param, flips[c]);
        double *K = attn_tokens_gram_matrix(q.trial->tokens);
        for (size_t i = 0; i < n; i++)
          for (size_t j = 0; j < n; j++)
            K[i * n + j] = i == j ? (double)param.d : 0;
        for (size_t i = 0; i < n; i++)
          q.direction->sigma[i] = !signal || attn_labels_noisy(q.trial->labels, i);
        assert_true(attn_direction_solve(q.direction, &q.set, q.workspace));
        assert_true(q.direction->gap <= ATTN_SVM_GAP);
        steps(&q, counts[s], 5);
        attn_recursion r = attn_recursion_start(&param);
        for (size_t step = 0; step < counts[s]; step++)
          attn_recursion_step(&r, &param, 5 / (param.rho * param.rho));
        const attn_direction_ideal ideal = attn_direction_of_recursion(&r, &param, signal);
        double smallest = INFINITY;
        for (size_t i = 0; i < n; i++)
          smallest = fmin(smallest, q.trial->labels->y[i] * q.trial->model->f[i]);
        for (size_t which = 0; which < 2; which++) {
          const attn_model *model = q.trial->model;
          assert_true(attn_direction_measure(model, q.trial->tokens, which).outside == 0);
          assert_close(attn_direction_cosine(q.direction, model, q.trial->tokens, which),
                       ideal.cosine[which], 1e-9);
          assert_true(fabs(ideal.cosine[which]) < 1);
        }
        const double length =
            attn_direction_measure(q.trial->model, q.trial->tokens, ATTN_V).inside;
        assert_close(smallest / length / q.direction->margin, ideal.margin, 1e-9);
        release(&q);
      }
}

/* A model at (3 v_mm, 2 p_mm) has cosines 1, and with the pair of another selection the cosine that
 * the whole vectors have; a Gaussian start's part in the span loses nothing to the part outside. */
static void test_cosine(void **state) {
  (void)state;
  const attn_data_param param = {n, 3, 60 * n, 25, 0.1};
  problem q = make(&param, 1);
  attn_model *model = q.trial->model;
  attn_tokens *tokens = q.trial->tokens;
  const size_t N = tokens->N, dim = tokens->dim;
  attn_direction *other = attn_direction_alloc(q.trial->labels);
  for (size_t i = 0; i < n; i++) {
    q.direction->sigma[i] = attn_labels_noisy(q.trial->labels, i) ? 2 : 0;
    other->sigma[i] = 1;
  }
  assert_true(attn_direction_solve(q.direction, &q.set, q.workspace));
  assert_true(attn_direction_solve(other, &q.set, q.workspace));
  double *pair = attn_alloc(4 * dim, sizeof *pair), *noise = attn_alloc(4 * N, sizeof *noise);
  double signal[8];
  for (size_t which = 0; which < 2; which++) {
    const double *a = q.direction->sum[which], *b = other->sum[which];
    attn_tokens_pullback(tokens, pair + which * dim, a, a + 2, 1);
    attn_tokens_pullback(tokens, pair + (2 + which) * dim, b, b + 2, 1);
    memcpy(model->theta + which * dim, pair + which * dim, dim * sizeof *pair);
    attn_scale(model->theta + which * dim, which == ATTN_V ? 3 : 2, dim);
  }
  attn_tokens_scores(tokens, signal, noise, pair, 4);
  attn_model_forward(model, tokens, q.trial->labels);
  for (size_t which = 0; which < 2; which++) {
    assert_close(attn_direction_cosine(q.direction, model, tokens, which), 1, 1e-9);
    const double *u = pair + which * dim, *w = u + 2 * dim, *w_noise = noise + (2 + which) * N;
    const double uu = attn_dot(u, u, 2) + attn_tokens_inner(tokens, u, u, noise + which * N);
    const double ww = attn_dot(w, w, 2) + attn_tokens_inner(tokens, w, w, w_noise);
    const double uw = attn_dot(u, w, 2) + attn_tokens_inner(tokens, u, w, w_noise);
    assert_close(attn_direction_cosine(other, model, tokens, which), uw / sqrt(uu * ww), 1e-9);
    assert_true(fabs(uw) < 0.9 * sqrt(uu * ww));
    assert_close(q.direction->norm[which], sqrt(uu), 1e-9 * sqrt(uu));
  }

  attn_trial_draw(q.trial, 50, "direction", param.T, 1);
  fix_labels(q.trial->labels, 1);
  const double root = sqrt((double)param.d);
  attn_start_trial(q.trial, ATTN_START_GAUSSIAN, 0.1 * root, 0.2 * root, 50, "direction", 0, 0);
  attn_model_forward(model, tokens, q.trial->labels);
  const double inside = attn_direction_cosine(q.direction, model, tokens, ATTN_P);
  const attn_direction_lengths length = attn_direction_measure(model, tokens, ATTN_P);
  /* |p| in d dimensions, 2 + N of them in the span: 0.2 sqrt(42) and 0.2 sqrt(1158) */
  assert_between(length.inside, 0.2 * sqrt(42) * 0.4, 0.2 * sqrt(42) * 1.6);
  assert_close(length.outside, 0.2 * sqrt(1158), 0.2 * 4);
  const double *p = model->theta + dim;
  const double all = attn_dot(p, p, 2) + attn_tokens_inner(tokens, p, p, model->noise + N);
  assert_close(all, length.inside * length.inside + length.outside * length.outside, 1e-9 * all);
  memset(model->theta + dim + 2 + N, 0, 2 * sizeof(double)); /* without what is outside */
  assert_close(attn_direction_cosine(q.direction, model, tokens, ATTN_P), inside, 1e-12);
  assert_true(attn_direction_measure(model, tokens, ATTN_P).outside == 0);
  attn_direction_free(other);
  attn_free(pair);
  attn_free(noise);
  release(&q);
}

/* Both labels of a class on its signal: no v fits, margin 0, cosines not-a-number. v = 0 has none
 * either. */
static void test_infeasible(void **state) {
  (void)state;
  const attn_data_param param = {n, 2, 1000 * n, 60, 0.1};
  problem q = make(&param, 1);
  attn_model *model = q.trial->model;
  assert_false(attn_direction_solve(q.direction, &q.set, q.workspace)); /* all on the signal */
  assert_true(q.direction->margin == 0 && isnan(q.direction->gap));
  steps(&q, 3, 5);
  for (size_t which = 0; which < 2; which++)
    assert_true(isnan(attn_direction_cosine(q.direction, model, q.trial->tokens, which)));
  for (size_t i = 0; i < n; i++)
    q.direction->sigma[i] = 1;
  assert_true(attn_direction_solve(q.direction, &q.set, q.workspace));
  assert_true(!isnan(attn_direction_cosine(q.direction, model, q.trial->tokens, ATTN_V)));
  attn_model_zero(model);
  attn_model_forward(model, q.trial->tokens, q.trial->labels);
  assert_true(isnan(attn_direction_cosine(q.direction, model, q.trial->tokens, ATTN_V)));
  attn_direction_free(NULL);

  /* two equal noise tokens, one preferred to the signal and one not: v fits, but no p does that */
  double *K = attn_tokens_gram_matrix(q.trial->tokens);
  for (size_t j = 0; j < n; j++)
    K[4 * n + j] = K[j * n + 4] = j == 4 ? K[2 * n + 2] : K[2 * n + j];
  q.direction->sigma[2] = 0;
  double a[n];
  attn_svm_result value;
  assert_int_equal(attn_maxmargin_value(a, &value, q.direction->sigma, &q.set, q.workspace),
                   ATTN_SVM_OK);
  assert_false(attn_direction_solve(q.direction, &q.set, q.workspace));
  assert_true(q.direction->margin == 0 && isnan(q.direction->norm[ATTN_V]));
  release(&q);
}

static void test_chosen(void **state) {
  (void)state;
  const attn_data_param param = {4, 3, 1000, 5, 0.1};
  problem q = make(&param, 1);
  const double weight[4][3] = {
      {0.2, 0.3, 0.5}, {0.4, 0.4, 0.2}, {0.1, 0.6, 0.3}, {0.25, 0.375, 0.375}};
  memcpy(q.trial->model->weight, weight, sizeof weight);
  unsigned char sigma[4];
  attn_direction_chosen(sigma, q.trial->model);
  assert_true(sigma[0] == 2 && sigma[1] == 0 && sigma[2] == 1 && sigma[3] == 1);
  release(&q);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_chosen),
      cmocka_unit_test(test_cosine),
      cmocka_unit_test(test_infeasible),
      cmocka_unit_test(test_recursion),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
