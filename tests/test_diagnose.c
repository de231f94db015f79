/* Failure signatures: diagnoses against written-out sums and the limits of their definitions, the
 * bounds on the gradient, and what a watch remembers. */
#include "support.h"

#include "diagnose.h"
#include "linalg.h"
#include "naive.h"
#include "rng.h"
#include "tokens_dense.h"
#include "tokens_gram.h"
#include "train.h"

enum { D = 19, N_SAMPLES = 16 };

/* Length of a coordinate vector of dense tokens. */
static double length(const double *u) {
  double square = 0;
  for (size_t l = 0; l < D; l++)
    square += u[l] * u[l];
  return sqrt(square);
}

/* Every number after some steps of training equals its definition, over dense and Gram tokens; the
 * gradient's norms do so in dense coordinates, which are those of the vectors. */
static void test_definitions(void **state) {
  (void)state;
  for (size_t T = 2; T <= 4; T++) {
    const size_t n = N_SAMPLES;
    const double rho = 2.5;
    gsl_rng *rng = attn_rng_alloc();
    attn_labels *labels = attn_labels_alloc(n, T);
    attn_rng_start(rng, 8, "diagnose", T, 0, ATTN_STREAM_LABELS);
    attn_labels_draw(labels, 0.3, rng);
    attn_tokens *tokens[2];
    attn_model *model[2];
    const attn_tokens_kind kinds[2] = {ATTN_TOKENS_DENSE, ATTN_TOKENS_GRAM};
    for (size_t g = 0; g < 2; g++) {
      tokens[g] = attn_tokens_alloc(kinds[g], labels->N, D, rho, 0);
      attn_rng_start(rng, 8, "diagnose", T, 0, ATTN_STREAM_NOISE);
      attn_tokens_draw(tokens[g], rng);
      model[g] = attn_model_alloc(tokens[g], T);
    }
    naive_data data =
        naive_data_make(n, T, D, labels->k, labels->y, rho, attn_tokens_dense_noise(tokens[0]));
    double longest = rho;
    for (size_t j = 0; j < labels->N; j++) {
      const double *xi = attn_tokens_dense_noise(tokens[0]) + j * (D - 2);
      longest = fmax(longest, attn_norm(xi, D - 2));
    }
    assert_relative(attn_diagnose_longest(tokens[1]), longest, 1e-13);
    for (size_t step = 0; step < 7; step++) {
      attn_diagnosis of[2];
      double w[N_SAMPLES], grad_v = 0, grad_p = 0, v_length = 0;
      for (size_t g = 0; g < 2; g++) {
        attn_model_forward(model[g], tokens[g], labels);
        attn_train_loss_derivative(w, model[g]->f, labels);
        attn_model_backward(model[g], tokens[g], labels, w);
        if (g == 0) {
          grad_v = length(model[0]->grad);
          grad_p = length(model[0]->grad + D);
          v_length = length(model[0]->theta);
        }
        of[g] = attn_diagnose_measure(model[g], tokens[g], labels, w, longest);
        attn_optim_update(&(attn_optim){.beta = 0.7}, model[g]->theta, model[g]->grad,
                          2 * model[g]->dim);
      }
      double most = 0, open = 0, slope = 0, signal[2] = {0, 0}, count[2] = {0, 0};
      for (size_t i = 0; i < n; i++) {
        const double *s = model[0]->weight + i * T;
        double largest = 0, square = 0;
        for (size_t t = 0; t < T; t++) {
          largest = fmax(largest, s[t]);
          square += s[t] * s[t];
        }
        const size_t kind = data.label[i] != data.clean[i];
        most += largest / (double)n;
        open += fabs(w[i]) * (1 - square) / (1 - 1 / (double)T);
        slope += fabs(w[i]);
        signal[kind] += s[0];
        count[kind]++;
      }
      assert_true(count[0] > 0 && count[1] > 0);
      for (size_t g = 0; g < 2; g++) {
        assert_close(of[g].concentration, most, 1e-12);
        assert_close(of[g].openness, open / slope, 1e-11);
        assert_close(of[g].separation, signal[0] / count[0] - signal[1] / count[1], 1e-11);
        assert_relative(of[g].grad_v, grad_v, 1e-11);
        assert_close(of[g].grad_p, grad_p, 1e-11 * (1 + grad_p));
        const double part = fmin(1, of[g].loss);
        assert_relative(of[g].bound_v, part * longest, 1e-12);
        assert_close(of[g].bound_p, part * longest * longest * v_length, 1e-10);
        assert_true(slope <= part + 1e-15);
        assert_true(of[g].grad_v <= of[g].bound_v && of[g].grad_p <= of[g].bound_p);
      }
      if (step == 0)
        assert_true(of[0].openness == 1 && of[0].separation == 0 && of[0].grad_p == 0);
    }
    naive_data_free(&data);
    for (size_t g = 0; g < 2; g++) {
      attn_model_free(model[g]);
      attn_tokens_free(tokens[g]);
    }
    attn_labels_free(labels);
    gsl_rng_free(rng);
  }
}

/* One sample of saturated attention that alone has a loss: its gradient attains the bound, so that
 * none with a smaller constant would hold. */
static void test_bound_is_attained(void **state) {
  (void)state;
  attn_labels *labels = attn_labels_alloc(1, 2);
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_GRAM, 1, 5, 3, 0);
  attn_model *model = attn_model_alloc(tokens, 2);
  attn_tokens_gram_matrix(tokens)[0] = 4; /* |xi| = 2 < rho = 3 */
  labels->y[0] = 1;
  model->theta[0] = 4; /* mu . v = 12 */
  model->theta[model->dim] = 20;
  double w[1];
  attn_model_forward(model, tokens, labels);
  attn_train_loss_derivative(w, model->f, labels);
  attn_model_backward(model, tokens, labels, w);
  const attn_diagnosis d =
      attn_diagnose_measure(model, tokens, labels, w, attn_diagnose_longest(tokens));
  assert_relative(d.grad_v, d.bound_v, 1e-5);
  assert_true(d.grad_v <= d.bound_v);
  assert_true(d.openness < 1e-20 && attn_diagnose_vanished(&d, 1e-3));
  assert_true(isnan(d.separation) && !attn_diagnose_collapsed(&d, 0.9)); /* no noisy sample */
  attn_model_free(model);
  attn_tokens_free(tokens);
  attn_labels_free(labels);
}

/* A collapse needs both: concentration, and kinds that do not differ. */
static void test_collapse_and_harm(void **state) {
  (void)state;
  const struct {
    double concentration, separation;
    bool collapsed;
  } cases[] = {{0.95, 0.05, true}, {0.95, -0.05, true}, {0.95, 0.9, false}, {0.95, -0.2, false},
               {0.5, 0, false},    {0.9, 0, true},      {0.95, NAN, false}, {NAN, 0, false}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    const attn_diagnosis d = {.concentration = cases[c].concentration,
                              .separation = cases[c].separation};
    assert_true(attn_diagnose_collapsed(&d, 0.9) == cases[c].collapsed);
  }
  assert_true(attn_diagnose_harmful(1, -1, 0.1) && attn_diagnose_harmful(1, -0.3, 0.1));
  assert_false(attn_diagnose_harmful(1, -1.01, 0.1));
  assert_false(attn_diagnose_harmful(0.99, -0.3, 0.1));
  assert_false(attn_diagnose_harmful(1, NAN, 0.1));
}

/* A watch keeps first and largest values; what is not finite is not forgotten. */
static void test_watch(void **state) {
  (void)state;
  attn_watch watch = {0};
  attn_diagnosis d = {.loss = 0.7, .grad_v = 3, .grad_p = 4, .bound_v = 6, .bound_p = 0};
  attn_diagnose_watch(&watch, &d);
  assert_true(watch.start == 5 && watch.largest == 5 && watch.finite && watch.over_bound == 0.5);
  assert_false(attn_diagnose_grew(&watch, 1) || attn_diagnose_rose(&watch));
  d = (attn_diagnosis){.loss = 0.8, .grad_v = 30, .grad_p = 40, .bound_v = 100, .bound_p = 50};
  attn_diagnose_watch(&watch, &d);
  d = (attn_diagnosis){.loss = 0.1, .grad_v = 1, .grad_p = 0, .bound_v = 100, .bound_p = 50};
  attn_diagnose_watch(&watch, &d);
  assert_true(watch.start == 5 && watch.largest == 50 && watch.over_bound == 0.8);
  assert_true(attn_diagnose_grew(&watch, 9) && !attn_diagnose_grew(&watch, 10));
  assert_true(attn_diagnose_rose(&watch) && watch.finite && watch.steps == 3);
  d.loss = NAN;
  attn_diagnose_watch(&watch, &d);
  d.loss = 0.1;
  attn_diagnose_watch(&watch, &d);
  assert_true(!watch.finite && watch.largest == 50);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_definitions),
      cmocka_unit_test(test_bound_is_attained),
      cmocka_unit_test(test_collapse_and_harm),
      cmocka_unit_test(test_watch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
