/* The dense and the Gram geometry are one geometry: the same run from the same stream, and each
 * pair of scores and pullback adjoint. The law of Bartlett draws is in test_tokens_gram.c. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "linalg.h"
#include "metrics.h"
#include "model.h"
#include "rng.h"
#include "tokens.h"
#include "tokens_dense.h"
#include "tokens_gram.h"
#include "train.h"

typedef struct {
  attn_labels *labels;
  attn_tokens *tokens[2]; /* dense, gram */
  attn_model *model[2];
  double *w;
} pair;

static pair make(const attn_data_param *param, size_t replicate) {
  pair q;
  gsl_rng *rng = attn_rng_alloc();
  q.labels = attn_labels_alloc(param->n, param->T);
  attn_rng_start(rng, 9, "tokens", param->n, replicate, ATTN_STREAM_LABELS);
  attn_labels_draw(q.labels, param->eta, rng);
  for (size_t a = 0; a < 2; a++) {
    q.tokens[a] = attn_tokens_alloc(a == 0 ? ATTN_TOKENS_DENSE : ATTN_TOKENS_GRAM, q.labels->N,
                                    param->d, param->rho, 0);
    attn_rng_start(rng, 9, "tokens", param->n, replicate, ATTN_STREAM_NOISE);
    attn_tokens_draw(q.tokens[a], rng);
    q.model[a] = attn_model_alloc(q.tokens[a], param->T);
  }
  q.w = attn_alloc(param->n, sizeof *q.w);
  gsl_rng_free(rng);
  return q;
}

static void release(pair *q) {
  for (size_t a = 0; a < 2; a++) {
    attn_tokens_free(q->tokens[a]);
    attn_model_free(q->model[a]);
  }
  attn_labels_free(q->labels);
  attn_free(q->w);
}

/* The largest |x_j - y_j|, relative to the largest |x_j|. */
static double difference(const double *x, const double *y, size_t count) {
  double largest = 0, apart = 0;
  for (size_t j = 0; j < count; j++) {
    largest = fmax(largest, fabs(x[j]));
    apart = fmax(apart, fabs(x[j] - y[j]));
  }
  return largest > 0 ? apart / largest : apart;
}

/* Both geometries train side by side; after every step |v|^2, |p|^2, v . p, mu_k . v, mu_k . p, the
 * scores, f_i and all attention weights agree to 1e-11 of the largest entry of their kind (v . p,
 * which may cancel, of |v||p|). */
static void same_run(const attn_data_param *param, double beta, size_t steps, const char *what) {
  pair q = make(param, 0);
  double worst = 0;
  for (size_t step = 0;; step++) {
    attn_metrics m[2];
    for (size_t a = 0; a < 2; a++) {
      attn_model_forward(q.model[a], q.tokens[a], q.labels);
      m[a] = attn_metrics_measure(q.model[a], q.tokens[a], q.labels);
    }
    const size_t n = param->n, N = q.labels->N;
    const double scale = sqrt(m[0].vv * m[0].pp);
    const double parts[] = {
        difference(&m[0].vv, &m[1].vv, 1),
        difference(&m[0].pp, &m[1].pp, 1),
        scale > 0 ? fabs(m[0].vp - m[1].vp) / scale : fabs(m[0].vp - m[1].vp),
        difference(m[0].mv, m[1].mv, 2),
        difference(m[0].mp, m[1].mp, 2),
        difference(&m[0].residual2, &m[1].residual2, 1),
        difference(q.model[0]->f, q.model[1]->f, n),
        difference(q.model[0]->weight, q.model[1]->weight, n * param->T),
        difference(q.model[0]->noise, q.model[1]->noise, N),
        difference(q.model[0]->noise + N, q.model[1]->noise + N, N),
    };
    for (size_t c = 0; c < sizeof parts / sizeof *parts; c++)
      worst = fmax(worst, parts[c]);
    if (step == steps) {
      assert_true(m[0].pp > 0 && m[0].loss < 0.7 && m[0].train_acc > 0.5);
      break;
    }
    for (size_t a = 0; a < 2; a++)
      attn_train_step(q.model[a], q.tokens[a], q.labels, &(attn_optim){.beta = beta}, q.w);
  }
  print_message("  %s: dense and gram differ by at most %.2e over %zu steps\n", what, worst, steps);
  assert_close(worst, 0, 1e-11);
  release(&q);
}

static void test_same_run_two_tokens(void **state) {
  (void)state;
  same_run(&(attn_data_param){40, 2, 500, 8, 0.1}, 0.05, 150, "n = 40, T = 2, d = 500");
}

static void test_same_run_four_tokens(void **state) {
  (void)state;
  same_run(&(attn_data_param){15, 4, 300, 9, 0.1}, 0.05, 150, "n = 15, T = 4, d = 300");
}

/* N > d - 2: the Gram matrix is singular, and training does not care. */
static void test_same_run_singular(void **state) {
  (void)state;
  same_run(&(attn_data_param){20, 3, 18, 2, 0.2}, 0.2, 150, "n = 20, T = 3, d = 18");
}

static void test_same_run_reference(void **state) {
  (void)state;
  same_run(&(attn_data_param){200, 2, 40000, 30, 0.05}, 0.025, 150,
           "n = 200, T = 2, d = 40000, rho = 30, eta = 0.05, beta = 0.025");
}

/* u . pullback(c) = sum_k a_k (mu_k . u) + sum_j c_j (xi_j . u) for random u and c = (a, c), for
 * m = 1, 2, 4, 5, 7 vectors at a time, every vector with every other. */
static void test_adjoint(void **state) {
  (void)state;
  const size_t many[] = {1, 2, 4, 5, 7};
  const attn_data_param settings[] = {{6, 3, 40, 1.3, 0.1}, {9, 2, 6, 2.2, 0.1}};
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < 20; c++) {
    const size_t m = many[c % 5], a = c / 5 % 2;
    const attn_data_param *param = &settings[c / 10];
    pair q = make(param, c);
    attn_tokens *tokens = q.tokens[a];
    const size_t N = tokens->N, dim = tokens->dim;
    double *u = attn_alloc(m * dim, sizeof *u), *pulled = attn_alloc(m * dim, sizeof *pulled);
    double *given = attn_alloc(m * N, sizeof *given), *noise = attn_alloc(m * N, sizeof *noise);
    double given_signal[14], signal[14];
    attn_rng_start(rng, 10, "adjoint", c, 0, ATTN_STREAM_OTHER);
    attn_rng_gaussian(u, m * dim, rng);
    attn_rng_gaussian(given, m * N, rng);
    attn_rng_gaussian(given_signal, 2 * m, rng);
    attn_tokens_scores(tokens, signal, noise, u, m);
    attn_tokens_pullback(tokens, pulled, given_signal, given, m);
    for (size_t e = 0; e < m; e++)
      for (size_t f = 0; f < m; f++) {
        double right = 0, size = 0;
        for (size_t k = 0; k < 2; k++) {
          right += given_signal[2 * f + k] * signal[2 * e + k];
          size += fabs(given_signal[2 * f + k] * signal[2 * e + k]);
        }
        for (size_t j = 0; j < N; j++) {
          right += given[f * N + j] * noise[e * N + j];
          size += fabs(given[f * N + j] * noise[e * N + j]);
        }
        const double *U = u + e * dim, *P = pulled + f * dim;
        const double left =
            U[0] * P[0] + U[1] * P[1] + attn_tokens_inner(tokens, P, U, noise + e * N);
        assert_close(left, right, 1e-13 * size);
      }
    attn_free(u);
    attn_free(pulled);
    attn_free(given);
    attn_free(noise);
    release(&q);
  }
  gsl_rng_free(rng);
}

/* The operations by hand, in R^5 with two tokens: scores, pullback and inner products of the dense
 * geometry, and of the Gram geometry over the same tokens. */
static void test_by_hand(void **state) {
  (void)state;
  const double Xi[2][3] = {{1, 2, 3}, {-1, 0, 4}}, K[4] = {14, 11, 11, 17};
  attn_tokens *dense = attn_tokens_alloc(ATTN_TOKENS_DENSE, 2, 5, 10, 0);
  attn_tokens *gram = attn_tokens_alloc(ATTN_TOKENS_GRAM, 2, 5, 10, 0);
  assert_int_equal(dense->k, 3);
  assert_int_equal(dense->dim, 5);
  assert_int_equal(gram->dim, 4);
  memcpy(attn_tokens_dense_noise(dense), Xi, sizeof Xi);
  memcpy(attn_tokens_gram_matrix(gram), K, sizeof K);
  double signal[2], noise[2], u[5];
  const double dense_u[5] = {0.5, -0.25, 1, 1, 1};
  attn_tokens_scores(dense, signal, noise, dense_u, 1);
  assert_true(signal[0] == 5 && signal[1] == -2.5 && noise[0] == 6 && noise[1] == 3);
  const double gram_u[4] = {0.5, -0.25, 1, -2}; /* noise part xi_1 - 2 xi_2 = (3, 2, -5) */
  attn_tokens_scores(gram, signal, noise, gram_u, 1);
  assert_true(signal[0] == 5 && signal[1] == -2.5 && noise[0] == -8 && noise[1] == -23);
  assert_true(attn_tokens_inner(gram, gram_u, gram_u, noise) == 38); /* 9 + 4 + 25 */
  attn_tokens_pullback(dense, u, (double[]){0.3, 0.2}, (double[]){1, -2}, 1);
  const double pulled[5] = {3, 2, 3, 2, -5};
  for (size_t l = 0; l < 5; l++)
    assert_close(u[l], pulled[l], 1e-15);
  assert_true(attn_tokens_inner(dense, u, dense_u, NULL) == 0); /* 3 + 2 - 5 */
  attn_tokens_pullback(gram, u, (double[]){0.3, 0.2}, (double[]){1, -2}, 1);
  const double multiples[4] = {3, 2, 1, -2};
  for (size_t l = 0; l < 4; l++)
    assert_close(u[l], multiples[l], 1e-15);
  assert_close(attn_tokens_gram_coherence(gram, 7), 11.0 * 7 / 5, 1e-14);
  /* (3, 2, 3, 2, -5) and (1, -2, -1, 0, 4): their product is -24, their squares 51 and 22 */
  double workspace[4];
  const double gram_w[4] = {1, -2, 0, 1}, dense_w[5] = {1, -2, -1, 0, 4}, zero[4] = {0};
  const double cosine = -24 / sqrt(51 * 22);
  assert_close(attn_tokens_cosine(gram, multiples, gram_w, workspace), cosine, 1e-15);
  assert_close(attn_tokens_cosine(dense, pulled, dense_w, workspace), cosine, 1e-15);
  assert_close(attn_tokens_cosine(gram, gram_w, gram_w, workspace), 1, 1e-15);
  assert_true(isnan(attn_tokens_cosine(gram, gram_w, zero, workspace)));
  attn_tokens_gram_drop_cross(gram);
  const double diagonal[4] = {14, 0, 0, 17};
  assert_memory_equal(attn_tokens_gram_matrix(gram), diagonal, sizeof diagonal);
  attn_tokens_free(dense);
  attn_tokens_free(gram);
  attn_tokens_free(NULL);
}

/* The Gram matrix is that of the dense draw from the same stream, and a second draw from it goes on
 * in the same stream. */
static void test_gram_of_dense(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  const size_t N = 11, d = 20;
  attn_tokens *dense = attn_tokens_alloc(ATTN_TOKENS_DENSE, N, d, 1, 0);
  attn_tokens *gram = attn_tokens_alloc(ATTN_TOKENS_GRAM, N, d, 1, 0);
  double first[11 * 18];
  attn_rng_start(rng, 11, "tokens", 0, 0, ATTN_STREAM_NOISE);
  attn_tokens_draw(dense, rng);
  memcpy(first, attn_tokens_dense_noise(dense), sizeof first);
  attn_tokens_draw(dense, rng);
  attn_rng_start(rng, 11, "tokens", 0, 0, ATTN_STREAM_NOISE);
  for (size_t draw = 0; draw < 2; draw++) {
    attn_tokens_draw(gram, rng);
    const double *Xi = draw == 0 ? first : attn_tokens_dense_noise(dense);
    for (size_t i = 0; i < N; i++)
      for (size_t j = 0; j < N; j++) {
        double sum = 0;
        for (size_t l = 0; l < d - 2; l++)
          sum += Xi[i * (d - 2) + l] * Xi[j * (d - 2) + l];
        assert_close(attn_tokens_gram_matrix(gram)[i * N + j], sum, 1e-12);
      }
  }
  attn_tokens_free(dense);
  attn_tokens_free(gram);
  gsl_rng_free(rng);
}

/* Vectors of normal coordinates are scaled each by its own factor, signals included, and nothing is
 * written beyond them. */
static void test_gaussian_scales(void **state) {
  (void)state;
  const attn_tokens_kind kinds[] = {ATTN_TOKENS_DENSE, ATTN_TOKENS_GRAM, ATTN_TOKENS_BARTLETT,
                                    ATTN_TOKENS_LAZY};
  gsl_rng *rng = attn_rng_alloc();
  for (size_t k = 0; k < 4; k++) {
    double *u[2], count = 0;
    size_t dim = 0;
    for (size_t a = 0; a < 2; a++) {
      attn_tokens *tokens = attn_tokens_alloc_gaussian(kinds[k], 4, 12, 2, 0, 3);
      dim = tokens->dim;
      u[a] = attn_alloc(3 * dim, sizeof(double));
      for (size_t l = 0; l < 3 * dim; l++)
        u[a][l] = 77;
      attn_rng_start(rng, 42, "scales", k, 0, ATTN_STREAM_NOISE);
      attn_tokens_draw(tokens, rng);
      attn_tokens_gaussian(tokens, u[a], 2, a == 0 ? (double[]){1, 1, 1} : (double[]){4, 0.5, 8},
                           rng);
      attn_tokens_free(tokens);
    }
    for (size_t l = 0; l < 3 * dim; l++) {
      assert_true(u[1][l] == u[0][l] * (l < dim ? 4 : l < 2 * dim ? 0.5 : 1));
      count += l < 2 * dim && u[0][l] != 0 && fabs(u[0][l]) < 9;
      assert_true(l < 2 * dim || u[0][l] == 77);
    }
    assert_true(count >= 2 * 2 + 3); /* signals, and on lazy tokens one direction and then two */
    attn_free(u[0]);
    attn_free(u[1]);
  }
  gsl_rng_free(rng);
}

static void alloc_small(const void *d) {
  attn_tokens_alloc(ATTN_TOKENS_DENSE, 4, *(const size_t *)d, 1, 0);
}

static void alloc_huge_dense(const void *unused) {
  (void)unused;
  attn_tokens_alloc(ATTN_TOKENS_DENSE, 10000000, 10000000000000, 1, 0);
}

static void alloc_huge_gram(const void *unused) {
  (void)unused;
  attn_tokens_alloc(ATTN_TOKENS_GRAM, 10000000000, 100, 1, 0);
}

static void alloc_largest(const void *kind) {
  if (*(const attn_tokens_kind *)kind == ATTN_TOKENS_DENSE)
    attn_tokens_alloc(ATTN_TOKENS_DENSE, SIZE_MAX / 64, 3, 1, 0);
  else
    attn_tokens_alloc(ATTN_TOKENS_GRAM, ((size_t)1 << 29) - 1, 100, 1, 0);
}

static void alloc_larger_gram(const void *unused) {
  (void)unused;
  attn_tokens_alloc(ATTN_TOKENS_GRAM, (size_t)1 << 29, 100, 1, 0);
}

/* Sizes without meaning, or beyond any memory, end in a sentence that says what to do. */
static void test_refusals(void **state) {
  (void)state;
  for (size_t d = 0; d < 3; d++)
    assert_fails(alloc_small, &d, "the dimension must be at least 3");
  assert_fails(alloc_huge_dense, NULL, "exceed any memory", "10000000000000", "bartlett");
  assert_fails(alloc_huge_gram, NULL, "exceeds any memory", "10000000000", "lazy");
  assert_fails(alloc_larger_gram, NULL, "exceeds any memory", "536870912", "lazy");
  /* the largest that are no nonsense are only too large for this machine */
  assert_fails(alloc_largest, &(attn_tokens_kind){ATTN_TOKENS_DENSE}, "out of memory");
  assert_fails(alloc_largest, &(attn_tokens_kind){ATTN_TOKENS_GRAM}, "out of memory");
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_by_hand),
      cmocka_unit_test(test_gram_of_dense),
      cmocka_unit_test(test_adjoint),
      cmocka_unit_test(test_gaussian_scales),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_same_run_two_tokens),
      cmocka_unit_test(test_same_run_four_tokens),
      cmocka_unit_test(test_same_run_singular),
      cmocka_unit_test(test_same_run_reference),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
