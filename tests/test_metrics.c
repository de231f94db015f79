/* What is measured of a model, against counts and sums over written-out tokens. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "linalg.h"
#include "metrics.h"
#include "model.h"
#include "naive.h"
#include "rng.h"
#include "tokens_dense.h"
#include "tokens_gram.h"
#include "train.h"

enum { D = 21, N_SAMPLES = 24 };

/* Every metric after some steps of training equals its definition, over both geometries. */
static void test_definitions(void **state) {
  (void)state;
  const attn_tokens_kind kinds[] = {ATTN_TOKENS_DENSE, ATTN_TOKENS_GRAM};
  const double rho = 2;
  for (size_t c = 0; c < 8; c++) {
    const size_t T = 2 + c / 2, n = N_SAMPLES;
    gsl_rng *rng = attn_rng_alloc();
    attn_labels *labels = attn_labels_alloc(n, T);
    attn_rng_start(rng, 6, "metrics", T, 0, ATTN_STREAM_LABELS);
    attn_labels_draw(labels, 0.3, rng);
    attn_tokens *dense = attn_tokens_alloc(ATTN_TOKENS_DENSE, labels->N, D, rho, 0);
    attn_tokens *tokens = attn_tokens_alloc(kinds[c % 2], labels->N, D, rho, 0);
    attn_rng_start(rng, 6, "metrics", T, 0, ATTN_STREAM_NOISE);
    attn_tokens_draw(dense, rng);
    attn_rng_start(rng, 6, "metrics", T, 0, ATTN_STREAM_NOISE);
    attn_tokens_draw(tokens, rng);
    attn_model *model = attn_model_alloc(tokens, T);
    naive_data data =
        naive_data_make(n, T, D, labels->k, labels->y, rho, attn_tokens_dense_noise(dense));
    double w[N_SAMPLES];
    real v[D] = {0}, p[D] = {0}, s[8];
    for (size_t step = 0; step < 6; step++) {
      attn_model_forward(model, tokens, labels);
      attn_train_step(model, tokens, labels, &(attn_optim){.beta = 0.9}, w);
      naive_step(v, p, &data, 0.9);
    }
    attn_model_forward(model, tokens, labels);
    const attn_metrics m = attn_metrics_measure(model, tokens, labels);

    double clean = 0, noisy = 0, clean_right = 0, noisy_right = 0, clean_att = 0, noisy_att = 0,
           clean_share = 0, noisy_share = 0, clean_sum = 0, noisy_sum = 0;
    double clean_least = INFINITY, noisy_least = INFINITY;
    for (size_t i = 0; i < n; i++) {
      const double margin = (double)(data.label[i] * naive_output(s, &data, i, v, p));
      const bool right = margin > 0;
      if (data.label[i] == data.clean[i]) {
        clean++;
        clean_right += right;
        clean_att += (double)s[0];
        clean_share += s[0] > 0.5L;
        clean_sum += margin;
        clean_least = fmin(clean_least, margin);
      } else {
        noisy++;
        noisy_right += right;
        noisy_att += (double)s[0];
        noisy_share += 1 - s[0] > 0.5L;
        noisy_sum += margin;
        noisy_least = fmin(noisy_least, margin);
      }
    }
    assert_true(clean > 0 && noisy > 0);
    assert_close(m.loss, (double)naive_loss(&data, v, p), 1e-13);
    assert_close(m.train_acc, (clean_right + noisy_right) / (double)n, 1e-15);
    assert_close(m.clean_acc, clean_right / clean, 1e-15);
    assert_close(m.noisy_acc, noisy_right / noisy, 1e-15);
    assert_close(m.att_clean, clean_att / clean, 1e-12);
    assert_close(m.att_noisy, noisy_att / noisy, 1e-12);
    assert_close(m.share_clean, clean_share / clean, 1e-15);
    assert_close(m.share_noisy, noisy_share / noisy, 1e-15);
    assert_close(m.margin_clean, clean_sum / clean, 1e-12);
    assert_close(m.margin_noisy, noisy_sum / noisy, 1e-12);
    assert_close(m.least_clean, clean_least, 1e-12);
    assert_close(m.least_noisy, noisy_least, 1e-12);
    assert_true(attn_metrics_fitted(model, labels) == (m.train_acc == 1));
    for (size_t k = 0; k < 2; k++) {
      assert_close(m.mv[k], (double)(rho * v[k]), 1e-12);
      assert_close(m.mp[k], (double)(rho * p[k]), 1e-12);
    }
    const real vv = naive_dot(v + 2, v + 2, D - 2), pp = naive_dot(p + 2, p + 2, D - 2),
               vp = naive_dot(v + 2, p + 2, D - 2);
    real residual = 0;
    for (size_t l = 2; l < D; l++)
      residual += (v[l] - vp / pp * p[l]) * (v[l] - vp / pp * p[l]);
    assert_relative(m.vv, (double)vv, 1e-12);
    assert_relative(m.norm_v, (double)sqrtl(naive_dot(v, v, D)), 1e-12);
    assert_relative(m.norm_p, (double)sqrtl(naive_dot(p, p, D)), 1e-12);
    assert_relative(m.pp, (double)pp, 1e-12);
    assert_close(m.vp, (double)vp, 1e-12 * sqrt((double)(vv * pp)));
    assert_relative(m.residual2, (double)residual, 1e-11);
    naive_data_free(&data);
    attn_model_free(model);
    attn_tokens_free(tokens);
    attn_tokens_free(dense);
    attn_labels_free(labels);
    gsl_rng_free(rng);
  }
}

/* Outputs by hand: ties f = 0 are errors whatever the label; attention of exactly 1/2 is above for
 * neither kind; a kind without samples gives not-a-number. */
static void test_ties_and_absent_kinds(void **state) {
  (void)state;
  attn_labels *labels = attn_labels_alloc(6, 2);
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_DENSE, 6, 5, 1, 0);
  attn_model *model = attn_model_alloc(tokens, 2);
  const unsigned char k[6] = {0, 0, 1, 1, 0, 1};
  const signed char y[6] = {1, 1, -1, -1, -1, 1}; /* the last two are noisy */
  const double f[6] = {0, 2, 0, -1, 0, 1e-300}, s[6] = {0.5, 0.75, 0.25, 1, 0.5, 0.25};
  memcpy(labels->k, k, sizeof k);
  memcpy(labels->y, y, sizeof y);
  for (size_t i = 0; i < 6; i++) {
    model->f[i] = f[i];
    model->weight[2 * i] = s[i];
    model->weight[2 * i + 1] = 1 - s[i];
  }
  attn_metrics m = attn_metrics_measure(model, tokens, labels);
  assert_true(m.clean_acc == 0.5 && m.noisy_acc == 0.5 && m.train_acc == 0.5);
  assert_true(m.att_clean == 0.625 && m.att_noisy == 0.375);
  assert_true(m.share_clean == 0.5 && m.share_noisy == 0.5);
  assert_true(m.margin_clean == 0.75 && m.least_clean == 0 && m.least_noisy == 0);
  assert_false(attn_metrics_fitted(model, labels));
  labels->y[4] = 1;
  labels->y[5] = -1;
  m = attn_metrics_measure(model, tokens, labels);
  assert_true(isnan(m.noisy_acc) && isnan(m.att_noisy) && isnan(m.share_noisy));
  assert_true(isnan(m.margin_noisy) && isnan(m.least_noisy) && m.least_clean < 0);
  assert_close(m.clean_acc, 2.0 / 6, 1e-16);
  for (size_t i = 0; i < 6; i++)
    labels->y[i] = (signed char)-attn_labels_clean_label(labels, i);
  m = attn_metrics_measure(model, tokens, labels);
  assert_true(isnan(m.clean_acc) && isnan(m.att_clean) && isnan(m.share_clean));
  assert_close(m.train_acc, 1.0 / 6, 1e-16); /* the sixth, with y = +1 and f = 1e-300 */
  for (size_t i = 0; i < 6; i++)
    model->f[i] = labels->y[i] * 1e-300;
  assert_true(attn_metrics_fitted(model, labels));
  model->f[3] = 0; /* a tie */
  assert_false(attn_metrics_fitted(model, labels));
  attn_model_free(model);
  attn_tokens_free(tokens);
  attn_labels_free(labels);
}

/* residual2 = |v - c p|^2 keeps its digits when v is nearly parallel to p, where vv - vp^2/pp has
 * none; for p = 0 it is |v|^2. */
static void test_residual(void **state) {
  (void)state;
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_DENSE, 1, 4, 1, 0);
  attn_labels *labels = attn_labels_alloc(1, 2);
  attn_model *model = attn_model_alloc(tokens, 2);
  labels->y[0] = 1;
  double *v = model->theta, *p = model->theta + model->dim;
  v[0] = 5; /* signal coordinates do not count */
  v[2] = 3;
  v[3] = 1e-9;
  attn_model_forward(model, tokens, labels);
  attn_metrics m = attn_metrics_measure(model, tokens, labels);
  assert_relative(m.residual2, 9, 1e-15);
  assert_true(m.pp == 0 && m.vp == 0);
  p[0] = -2;
  p[2] = 1;
  attn_model_forward(model, tokens, labels);
  m = attn_metrics_measure(model, tokens, labels);
  assert_relative(m.residual2, 1e-18, 1e-12);
  assert_true(m.vv - m.vp * m.vp / m.pp == 0); /* the cancellation it avoids */
  /* |p|^2 underflows where p and v . p do not: the moments stay consistent, so the risk exists */
  p[2] = 1e-170;
  attn_model_forward(model, tokens, labels);
  m = attn_metrics_measure(model, tokens, labels);
  const attn_risk_input input = attn_metrics_risk_input(&m);
  assert_true(m.pp == 0 && m.vp == 0);
  assert_null(attn_risk_input_check(&input, 2, 0.1));
  attn_model_free(model);
  attn_tokens_free(tokens);
  attn_labels_free(labels);
}

/* The same over the Gram geometry, where |u|^2 is a sum of multiples of scores: v = p + 1e-9 w, all
 * tokens orthogonal, so that the residual is 1e-18 times that of w. */
static void test_residual_gram(void **state) {
  (void)state;
  enum { N = 7 };
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_GRAM, N, 20, 1, 0);
  attn_labels *labels = attn_labels_alloc(N, 2);
  attn_model *model = attn_model_alloc(tokens, 2);
  gsl_rng *rng = attn_rng_alloc();
  double w[N], ww = 0, wp = 0, pp = 0;
  attn_rng_start(rng, 25, "metrics", 0, 0, ATTN_STREAM_OTHER);
  attn_rng_gaussian(w, N, rng);
  for (size_t j = 0; j < N; j++) {
    const double p = 1 / (double)(j + 3), scale = (double)(1 << j);
    attn_tokens_gram_matrix(tokens)[j * N + j] = scale;
    model->theta[model->dim + 2 + j] = p;
    model->theta[2 + j] = p + 1e-9 * w[j];
    labels->y[j] = 1;
    ww += scale * w[j] * w[j];
    wp += scale * w[j] * p;
    pp += scale * p * p;
  }
  attn_model_forward(model, tokens, labels);
  const attn_metrics m = attn_metrics_measure(model, tokens, labels);
  assert_relative(m.residual2, 1e-18 * (ww - wp * wp / pp), 1e-5);
  gsl_rng_free(rng);
  attn_model_free(model);
  attn_tokens_free(tokens);
  attn_labels_free(labels);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_definitions),
      cmocka_unit_test(test_ties_and_absent_kinds),
      cmocka_unit_test(test_residual),
      cmocka_unit_test(test_residual_gram),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
