/* Several heads and other attention: outputs are sums over heads, gradients agree with central
 * differences in every geometry that holds the same draw, equal heads stay equal. */
#include "support.h"

#include <gsl/gsl_rng.h>
#include <string.h>

#include "linalg.h"
#include "model.h"
#include "rng.h"
#include "train.h"

enum { N_SAMPLES = 6, T = 4, D = 30, HEADS = 3 };

typedef struct {
  attn_labels *labels;
  attn_tokens *tokens;
  attn_model *model;
  gsl_rng *rng;
  double w[N_SAMPLES];
} problem;

static problem make(attn_tokens_kind kind, size_t H) {
  const unsigned char classes[N_SAMPLES] = {0, 1, 0, 1, 0, 1};
  const signed char observed[N_SAMPLES] = {1, -1, -1, -1, 1, 1};
  problem q = {.labels = attn_labels_alloc(N_SAMPLES, T), .rng = attn_rng_alloc()};
  memcpy(q.labels->k, classes, sizeof classes);
  memcpy(q.labels->y, observed, sizeof observed);
  q.tokens = attn_tokens_alloc(kind, N_SAMPLES * (T - 1), D, 1.3, 0);
  attn_rng_start(q.rng, 5, "heads", 0, 0, ATTN_STREAM_NOISE);
  attn_tokens_draw(q.tokens, q.rng);
  q.model = attn_model_alloc_heads(q.tokens, N_SAMPLES, T, H);
  return q;
}

static void finish(problem *q) {
  attn_labels_free(q->labels);
  attn_tokens_free(q->tokens);
  attn_model_free(q->model);
  gsl_rng_free(q->rng);
}

/* Vectors of order one in the span of the tokens: the same in every geometry. */
static void start(problem *q) {
  const size_t N = q->model->N, rows = 2 * q->model->H;
  double signal[2 * HEADS][2], *noise = attn_alloc(rows * N, sizeof *noise);
  attn_rng_start(q->rng, 5, "heads", 0, 0, ATTN_STREAM_START);
  attn_rng_gaussian(signal[0], 2 * rows, q->rng);
  attn_rng_gaussian(noise, rows * N, q->rng);
  attn_scale(noise, 0.05, rows * N);
  attn_tokens_pullback(q->tokens, q->model->theta, signal[0], noise, rows);
  attn_free(noise);
}

/* f is the sum of the outputs of H models of one head each. */
static void test_outputs_are_sums(void **state) {
  (void)state;
  problem q = make(ATTN_TOKENS_DENSE, HEADS);
  start(&q);
  attn_model_forward(q.model, q.tokens, q.labels);
  attn_model *one = attn_model_alloc(q.tokens, T);
  double sum[N_SAMPLES] = {0};
  for (size_t h = 0; h < HEADS; h++) {
    memcpy(one->theta, q.model->theta + 2 * h * one->dim, 2 * one->dim * sizeof(double));
    attn_model_forward(one, q.tokens, q.labels);
    for (size_t i = 0; i < N_SAMPLES; i++) {
      sum[i] += one->f[i];
      assert_close(q.model->f_head[h * N_SAMPLES + i], one->f[i], 1e-13);
      for (size_t t = 0; t < T; t++)
        assert_close(q.model->weight[(h * N_SAMPLES + i) * T + t], one->weight[i * T + t], 1e-14);
    }
  }
  for (size_t i = 0; i < N_SAMPLES; i++)
    assert_close(q.model->f[i], sum[i], 1e-13);
  attn_model_free(one);
  finish(&q);
}

static double loss_at(problem *q) {
  attn_model_forward(q->model, q->tokens, q->labels);
  return attn_train_loss(q->model, q->labels);
}

/* dL/dtheta by central differences, coordinate by coordinate, for every kind of attention. Dense
 * coordinates are those of R^d. */
static void test_gradient(void **state) {
  (void)state;
  const char *const words[] = {"softmax", "linear", "local", "sigmoid", "sparsemax"};
  for (size_t kind = 0; kind < sizeof words / sizeof *words; kind++)
    for (size_t H = 1; H <= HEADS; H += 2) {
      problem q = make(ATTN_TOKENS_DENSE, H);
      q.model->attention = (attn_attention){attn_attention_kind_of(words[kind]), 2};
      start(&q);
      loss_at(&q);
      attn_train_loss_derivative(q.w, q.model->f, q.labels);
      attn_model_backward(q.model, q.tokens, q.labels, q.w);
      const size_t size = 2 * H * q.model->dim;
      double *grad = attn_alloc(size, sizeof *grad), largest = 0;
      memcpy(grad, q.model->grad, size * sizeof *grad);
      for (size_t c = 0; c < size; c++)
        largest = fmax(largest, fabs(grad[c]));
      assert_true(largest > 0.01);
      for (size_t c = 0; c < size; c++) {
        const double h = 1e-5, here = q.model->theta[c];
        q.model->theta[c] = here + h;
        const double up = loss_at(&q);
        q.model->theta[c] = here - h;
        const double down = loss_at(&q);
        q.model->theta[c] = here;
        assert_close(grad[c], (up - down) / (2 * h), 2e-8);
      }
      attn_free(grad);
      finish(&q);
    }
}

/* Dense and Gram tokens of the same draw train to the same scores, whatever the attention. */
static void test_geometries(void **state) {
  (void)state;
  const char *const words[] = {"softmax", "linear", "local", "sigmoid", "sparsemax", "hard"};
  const attn_optim optim = {.beta = 0.3};
  for (size_t kind = 0; kind < sizeof words / sizeof *words; kind++) {
    problem q[2] = {make(ATTN_TOKENS_DENSE, HEADS), make(ATTN_TOKENS_GRAM, HEADS)};
    for (size_t k = 0; k < 2; k++) {
      q[k].model->attention = (attn_attention){attn_attention_kind_of(words[kind]), 2};
      start(&q[k]);
      for (size_t step = 0; step < 5; step++) {
        attn_model_forward(q[k].model, q[k].tokens, q[k].labels);
        attn_train_step(q[k].model, q[k].tokens, q[k].labels, &optim, q[k].w);
      }
      attn_model_forward(q[k].model, q[k].tokens, q[k].labels);
    }
    for (size_t i = 0; i < N_SAMPLES; i++)
      assert_close(q[0].model->f[i], q[1].model->f[i], 1e-9);
    for (size_t s = 0; s < HEADS * N_SAMPLES * T; s++)
      assert_close(q[0].model->weight[s], q[1].model->weight[s], 1e-9);
    finish(&q[0]);
    finish(&q[1]);
  }
}

/* From zero H heads are one head whose v learns H times as fast and whose output counts H times:
 * f = H f_h with f_h the output of a head trained with dL/df of the sum. */
static void test_equal_heads_stay_equal(void **state) {
  (void)state;
  problem q = make(ATTN_TOKENS_GRAM, HEADS);
  const attn_optim optim = {.beta = 0.2};
  attn_model_zero(q.model);
  for (size_t step = 0; step < 6; step++) {
    attn_model_forward(q.model, q.tokens, q.labels);
    attn_train_step(q.model, q.tokens, q.labels, &optim, q.w);
  }
  attn_model_forward(q.model, q.tokens, q.labels);
  for (size_t i = 0; i < N_SAMPLES; i++) {
    assert_true(fabs(q.model->f[i]) > 0.01);
    for (size_t h = 0; h < HEADS; h++)
      assert_close(HEADS * q.model->f_head[h * N_SAMPLES + i], q.model->f[i], 1e-13);
  }
  finish(&q);
}

static void no_head(const void *unused) {
  (void)unused;
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_DENSE, 4, 5, 1, 0);
  attn_model_alloc_heads(tokens, 2, 3, 0);
}

static void test_bad_input(void **state) {
  (void)state;
  assert_fails(no_head, NULL, "at least 1 head, not 0");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_outputs_are_sums), cmocka_unit_test(test_gradient),
      cmocka_unit_test(test_geometries),       cmocka_unit_test(test_equal_heads_stay_equal),
      cmocka_unit_test(test_bad_input),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
