/* Bartlett draws have the law of the Gram matrix of a dense draw: two-sample Kolmogorov-Smirnov
 * tests of matrix entries, eigenvalues, coherence and of what two steps of training make of them,
 * and exact moments. Also for k < N, where the matrix is singular. */
#include "support.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_eigen.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "linalg.h"
#include "metrics.h"
#include "model.h"
#include "rng.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"

enum { SEEDS = 1000 };

static void eigenvalues(double *smallest, double *largest, const double *K, size_t N) {
  gsl_matrix *A = gsl_matrix_alloc(N, N);
  gsl_vector *values = gsl_vector_alloc(N);
  gsl_eigen_symm_workspace *work = gsl_eigen_symm_alloc(N);
  memcpy(A->data, K, N * N * sizeof *K);
  gsl_eigen_symm(A, values, work);
  gsl_vector_minmax(values, smallest, largest);
  gsl_eigen_symm_free(work);
  gsl_vector_free(values);
  gsl_matrix_free(A);
}

static const char *const names[] = {"K_11",
                                    "K_NN",
                                    "K_1N",
                                    "K_21",
                                    "smallest eigenvalue",
                                    "largest eigenvalue",
                                    "coherence",
                                    "sum of K",
                                    "attention",
                                    "|v|^2",
                                    "|p|^2",
                                    "v.p"};
enum { STATISTICS = sizeof names / sizeof *names };

/* All statistics of one draw. The labels are the same for all draws: both classes, both kinds. */
static void measure(double *row /* [STATISTICS] */, attn_tokens *tokens, attn_model *model,
                    const attn_labels *labels, double *w, size_t rank) {
  const size_t N = tokens->N;
  double *K = attn_tokens_gram_matrix(tokens);
  row[0] = K[0];
  row[1] = K[N * N - 1];
  row[2] = K[N - 1];
  row[3] = N > 1 ? K[N] : 0;
  eigenvalues(row + 4, row + 5, K, N);
  if (rank < N) { /* the smallest of the eigenvalues that are not 0 has no name here: K_12 K_33 */
    assert_true(fabs(row[4]) < 1e-9 * row[5]);
    row[4] = K[1] * K[2 * N + 2];
  }
  row[6] = attn_tokens_gram_coherence(tokens, model->n);
  row[7] = 0;
  for (size_t e = 0; e < N * N; e++)
    row[7] += K[e];
  attn_model_zero(model);
  for (size_t step = 0; step < 2; step++) {
    attn_model_forward(model, tokens, labels);
    attn_train_step(model, tokens, labels, &(attn_optim){.beta = 4 / (double)rank}, w);
  }
  attn_model_forward(model, tokens, labels);
  const attn_metrics m = attn_metrics_measure(model, tokens, labels);
  row[8] = (m.att_clean + m.att_noisy) / 2;
  row[9] = m.vv;
  row[10] = m.pp;
  row[11] = m.vp;
}

static const struct {
  size_t n, T, k;
} settings[] = {{20, 2, 498}, {8, 4, 60}, {16, 2, 16}, {8, 3, 5}, {6, 2, 1}};
enum { SETTINGS = sizeof settings / sizeof *settings, TESTS = SETTINGS * STATISTICS };

/* Every statistic over SEEDS dense draws against as many Bartlett draws. The family-wise false
 * alarm rate is SUPPORT_FALSE_ALARM; the seeds were set beforehand and are fixed, so a failure means a change of the code. */
static void test_law(void **state) {
  (void)state;
  const double threshold = SUPPORT_FALSE_ALARM / TESTS;
  double *x[2][STATISTICS], row[STATISTICS];
  for (size_t a = 0; a < 2; a++)
    for (size_t c = 0; c < STATISTICS; c++)
      x[a][c] = attn_alloc(SEEDS, sizeof(double));
  gsl_rng *rng = attn_rng_alloc();
  double smallest = 1;
  print_message("  p-values of %d dense against %d Bartlett draws; the smallest of %d must exceed "
                "%.1e\n",
                SEEDS, SEEDS, TESTS, threshold);
  for (size_t s = 0; s < SETTINGS; s++) {
    const size_t n = settings[s].n, T = settings[s].T, k = settings[s].k;
    attn_labels *labels = attn_labels_alloc(n, T);
    for (size_t i = 0; i < n; i++) {
      labels->k[i] = i % 2;
      labels->y[i] = (signed char)((i % 2 ? -1 : 1) * (i / 2 == 1 ? -1 : 1));
    }
    const size_t N = labels->N;
    for (size_t a = 0; a < 2; a++) {
      attn_tokens *tokens = attn_tokens_alloc(a == 0 ? ATTN_TOKENS_GRAM : ATTN_TOKENS_BARTLETT, N,
                                              k + 2, sqrt((double)k), 4);
      attn_model *model = attn_model_alloc(tokens, T);
      double *w = attn_alloc(n, sizeof *w);
      for (size_t draw = 0; draw < SEEDS; draw++) {
        attn_rng_start(rng, 12, a == 0 ? "dense" : "bartlett", s, draw, ATTN_STREAM_NOISE);
        attn_tokens_draw(tokens, rng);
        measure(row, tokens, model, labels, w, k);
        for (size_t c = 0; c < STATISTICS; c++)
          x[a][c][draw] = row[c];
      }
      attn_free(w);
      attn_model_free(model);
      attn_tokens_free(tokens);
    }
    print_message("  n = %zu, T = %zu, N = %zu, k = %zu:\n", n, T, N, k);
    for (size_t c = 0; c < STATISTICS; c++) {
      const double p = attn_stats_ks(x[0][c], SEEDS, x[1][c], SEEDS);
      print_message("    %-20s %.4f\n", c == 4 && k < N ? "K_12 K_33" : names[c], p);
      smallest = fmin(smallest, p);
    }
    attn_labels_free(labels);
  }
  print_message("  smallest %.4f\n", smallest);
  assert_true(smallest > threshold);
  gsl_rng_free(rng);
  for (size_t a = 0; a < 2; a++)
    for (size_t c = 0; c < STATISTICS; c++)
      attn_free(x[a][c]);
}

/* Wishart moments: E K_ii = k, var K_ii = 2k, E K_ij = 0, E K_ij^2 = k, at every position of the
 * matrix, within 5.5 standard errors of 4000 draws (1e-7 for each of about 700 comparisons). */
static void test_moments(void **state) {
  (void)state;
  enum { DRAWS = 4000 };
  const struct { size_t N, k; } cases[] = {{8, 300}, {10, 10}, {9, 4}, {5, 1}};
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < 4; c++) {
    const size_t N = cases[c].N;
    const double k = (double)cases[c].k;
    attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_BARTLETT, N, cases[c].k + 2, 1, 0);
    double *power = attn_alloc(N * N * 2, sizeof *power);
    for (size_t draw = 0; draw < DRAWS; draw++) {
      attn_rng_start(rng, 13, "moments", c, draw, ATTN_STREAM_NOISE);
      attn_tokens_draw(tokens, rng);
      const double *K = attn_tokens_gram_matrix(tokens);
      for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
          const double x = K[i * N + j] - (i == j ? k : 0);
          assert_true(K[i * N + j] == K[j * N + i]);
          power[2 * (i * N + j)] += x / DRAWS;
          power[2 * (i * N + j) + 1] += x * x / DRAWS;
        }
    }
    for (size_t i = 0; i < N; i++)
      for (size_t j = 0; j < N; j++) {
        /* fourth central moments: chi-square 12 k^2 + 48 k; of xi.xi' 3 k^2 + 6 k */
        const double variance = i == j ? 2 * k : k;
        const double fourth = i == j ? 12 * k * k + 48 * k : 3 * k * k + 6 * k;
        assert_close(power[2 * (i * N + j)], 0, 5.5 * sqrt(variance / DRAWS));
        assert_close(power[2 * (i * N + j) + 1], variance,
                     5.5 * sqrt((fourth - variance * variance) / DRAWS));
      }
    attn_free(power);
    attn_tokens_free(tokens);
  }
  gsl_rng_free(rng);
}

/* For k < N the matrix has rank k, by Gaussian elimination with complete pivoting. */
static void test_rank(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  const attn_tokens_kind kinds[] = {ATTN_TOKENS_GRAM, ATTN_TOKENS_BARTLETT};
  for (size_t a = 0; a < 2; a++)
    for (size_t k = 1; k <= 14; k++) {
      const size_t N = 12;
      attn_tokens *tokens = attn_tokens_alloc(kinds[a], N, k + 2, 1, 0);
      attn_rng_start(rng, 14, "rank", k, a, ATTN_STREAM_NOISE);
      attn_tokens_draw(tokens, rng);
      double *K = attn_tokens_gram_matrix(tokens), trace = 0;
      for (size_t i = 0; i < N; i++)
        trace += K[i * N + i];
      size_t rank = 0;
      for (;; rank++) {
        size_t best = 0;
        for (size_t i = 0; i < N; i++)
          if (K[i * N + i] > K[best * N + best])
            best = i;
        const double pivot = K[best * N + best];
        if (pivot < 1e-10 * trace || rank == N)
          break;
        double row[12];
        memcpy(row, K + best * N, sizeof row);
        for (size_t i = 0; i < N; i++)
          for (size_t j = 0; j < N; j++)
            K[i * N + j] -= row[i] * row[j] / pivot;
      }
      assert_int_equal(rank, k < N ? k : N);
      attn_tokens_free(tokens);
    }
  gsl_rng_free(rng);
}

/* The diagonal for a dimension that no memory holds: (K_ii - k)/sqrt(2k) is standard normal in the
 * limit, K_ij / sqrt(k) too. A draw twice from one stream differs, from the same start is equal. */
static void test_huge_dimension(void **state) {
  (void)state;
  enum { N = 60 };
  const double k = 1e15;
  gsl_rng *rng = attn_rng_alloc();
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_BARTLETT, N, (size_t)1e15 + 2, 1, 0);
  attn_rng_start(rng, 15, "huge", 0, 0, ATTN_STREAM_NOISE);
  attn_tokens_draw(tokens, rng);
  double *K = attn_tokens_gram_matrix(tokens), first = K[1], diagonal = 0, off = 0;
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j <= i; j++)
      if (i == j)
        diagonal += (K[i * N + i] - k) * (K[i * N + i] - k) / (2 * k);
      else
        off += K[i * N + j] * K[i * N + j] / k;
  const double pairs = N * (N - 1) / 2.0; /* uncorrelated squares: standard errors 5.3 */
  assert_between(diagonal, gsl_cdf_chisq_Pinv(1e-6, N), gsl_cdf_chisq_Qinv(1e-6, N));
  assert_close(off / pairs, 1, 5.3 * sqrt(2 / pairs));
  attn_tokens_draw(tokens, rng);
  assert_true(K[1] != first);
  attn_rng_start(rng, 15, "huge", 0, 0, ATTN_STREAM_NOISE);
  attn_tokens_draw(tokens, rng);
  assert_true(K[1] == first);
  attn_tokens_free(tokens);
  gsl_rng_free(rng);
}

/* The coherence to expect of tokens that are never formed is the median of what is drawn: below and
 * above the dimension from which products count as normal. The interval's level is 1 - 1e-6. */
static void test_expected_coherence(void **state) {
  (void)state;
  enum { DRAWS = 600 };
  const attn_data_param params[] = {{20, 2, 30, 1, 0}, {12, 4, 200, 1, 0}, {20, 2, 100000, 1, 0}};
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < sizeof params / sizeof *params; c++) {
    const attn_data_param *param = &params[c];
    double seen[DRAWS];
    attn_tokens *tokens =
        attn_tokens_alloc(ATTN_TOKENS_BARTLETT, param->n * (param->T - 1), param->d, param->rho, 0);
    for (size_t draw = 0; draw < DRAWS; draw++) {
      attn_rng_start(rng, 41, "expected coherence", c, draw, ATTN_STREAM_NOISE);
      attn_tokens_draw(tokens, rng);
      seen[draw] = attn_tokens_gram_coherence(tokens, param->n);
    }
    attn_stats_sort(seen, DRAWS);
    const attn_interval median = attn_stats_quantile_interval(seen, DRAWS, 0.5, 1 - 1e-6);
    /* pairs that share a token are not quite independent: 3 per cent are left for that */
    assert_between(attn_data_expected_coherence(param), 0.97 * median.low, 1.03 * median.high);
    assert_true(median.high < 1.2 * median.low);
    attn_tokens_free(tokens);
  }
  gsl_rng_free(rng);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_expected_coherence),
      cmocka_unit_test(test_moments),
      cmocka_unit_test(test_rank),
      cmocka_unit_test(test_huge_dimension),
      cmocka_unit_test(test_law),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
