/* maxmargin: against tokens in memory, plain enumeration, closed forms for orthogonal noise, and the
 * reference of theory section 9. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "linalg.h"
#include "maxmargin.h"
#include "rng.h"
#include "tokens.h"
#include "tokens_dense.h"
#include "tokens_gram.h"

/* ---- training sets ---- */

typedef struct {
  attn_labels *labels;
  double *noise; /* [N][N] */
  double *X;     /* [n][T][k+2] the tokens themselves */
  size_t dim;    /* k + 2 */
  attn_maxmargin_set set;
  attn_maxmargin_workspace *w;
} draw;

/* Balanced classes, the first noisy[k] samples of class k flipped; noise in k dimensions. */
static draw *draw_new(size_t n, size_t T, size_t k, double rho, size_t noisy0, size_t noisy1,
                      size_t seed) {
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, seed, "test_maxmargin", 0, 0, ATTN_STREAM_TEST);
  draw *s = attn_alloc(1, sizeof *s);
  s->labels = attn_labels_alloc(n, T);
  const size_t N = s->labels->N;
  s->dim = k + 2;
  s->noise = attn_alloc(N * N, sizeof *s->noise);
  s->X = attn_alloc(n * T * s->dim, sizeof *s->X);
  double *Xi = attn_alloc(N * k, sizeof *Xi); /* [N][k] */
  attn_rng_gaussian(Xi, N * k, rng);
  attn_gram(s->noise, Xi, N, k);
  for (size_t i = 0; i < n; i++) {
    bool flip = i / 2 < (i % 2 ? noisy1 : noisy0);
    s->labels->k[i] = i % 2;
    s->labels->y[i] = (signed char)((i % 2 ? -1 : 1) * (flip ? -1 : 1));
    s->X[i * T * s->dim + i % 2] = rho;
    for (size_t t = 1; t < T; t++)
      memcpy(s->X + (i * T + t) * s->dim + 2, Xi + (i * (T - 1) + t - 1) * k, k * sizeof *Xi);
  }
  s->set = (attn_maxmargin_set){s->labels, s->noise, rho};
  s->w = attn_maxmargin_alloc(n, T);
  attn_free(Xi);
  gsl_rng_free(rng);
  return s;
}

static void draw_free(draw *s) {
  attn_labels_free(s->labels);
  attn_free(s->noise);
  attn_free(s->X);
  attn_maxmargin_free(s->w);
  attn_free(s);
}

static const double *token(const draw *s, size_t i, size_t t) {
  return s->X + (i * s->labels->T + t) * s->dim;
}

/* u = sum_k signal_k mu_k + sum_j noise_j xi_j from the tokens themselves */
static void vector_of(double *u /* [dim] */, const draw *s, const double *signal,
                      const double *noise) {
  const size_t others = s->labels->T - 1;
  memset(u, 0, s->dim * sizeof *u);
  u[0] = s->set.rho * signal[0];
  u[1] = s->set.rho * signal[1];
  for (size_t j = 0; j < s->labels->N; j++)
    attn_axpy(u, noise[j], token(s, j / others, 1 + j % others), s->dim);
}

/* selection number c of all T^n, sample 0 the fastest */
static void selection_of(unsigned char *sigma, size_t c, size_t n, size_t T) {
  for (size_t i = 0; i < n; i++, c /= T)
    sigma[i] = (unsigned char)(c % T);
}

static size_t power(size_t T, size_t n) {
  size_t all = 1;
  while (n-- > 0)
    all *= T;
  return all;
}

/* 0 when no v separates; gap, if not NULL, grows to the certificate's */
static double margin_and_gap(double *gap, const draw *s, const unsigned char *sigma) {
  double *a = attn_alloc(s->labels->n, sizeof *a);
  attn_svm_result r;
  attn_maxmargin_value(a, &r, sigma, &s->set, s->w);
  attn_free(a);
  if (r.status == ATTN_SVM_INFEASIBLE)
    return 0;
  if (gap != NULL)
    *gap = fmax(*gap, r.gap);
  return r.margin_low;
}

static double margin_of(const draw *s, const unsigned char *sigma) {
  return margin_and_gap(NULL, s, sigma);
}

/* ---- tests ---- */

static void test_gram(void **state) {
  (void)state;
  draw *s = draw_new(7, 3, 20, 5, 1, 1, 1);
  unsigned char sigma[7] = {0, 0, 1, 2, 0, 0, 1};
  double K[49];
  attn_maxmargin_gram(K, sigma, &s->set);
  for (size_t i = 0; i < 7; i++)
    for (size_t j = 0; j < 7; j++)
      assert_close(K[i * 7 + j],
                   s->labels->y[i] * s->labels->y[j] *
                       attn_dot(token(s, i, sigma[i]), token(s, j, sigma[j]), s->dim),
                   1e-12);
  draw_free(s);
}

/* Mixed tokens against the vectors themselves, and a weight of one against the selection. */
static void test_mixed_gram(void **state) {
  (void)state;
  for (size_t T = 2; T <= 4; T++) {
    const size_t n = 6;
    draw *s = draw_new(n, T, 25, 4, 1, 2, T);
    gsl_rng *rng = attn_rng_alloc();
    attn_rng_start(rng, T, "test_maxmargin", 3, 0, ATTN_STREAM_TEST);
    double weight[6 * 4] = {0}, K[36], L[36];
    double *r = attn_alloc(n * s->dim, sizeof *r); /* [n][dim] */
    attn_rng_gaussian(weight, n * T, rng);         /* weights of any sign and sum */
    for (size_t i = 0; i < n; i++)
      for (size_t t = 0; t < T; t++)
        attn_axpy(r + i * s->dim, weight[i * T + t], token(s, i, t), s->dim);
    attn_maxmargin_mixed_gram(K, weight, &s->set);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++)
        assert_close(K[i * n + j],
                     s->labels->y[i] * s->labels->y[j] *
                         attn_dot(r + i * s->dim, r + j * s->dim, s->dim),
                     1e-10);
    unsigned char sigma[6];
    selection_of(sigma, 1234567 % power(T, n), n, T);
    memset(weight, 0, sizeof weight);
    for (size_t i = 0; i < n; i++)
      weight[i * T + sigma[i]] = 1;
    attn_maxmargin_mixed_gram(K, weight, &s->set);
    attn_maxmargin_gram(L, sigma, &s->set);
    for (size_t c = 0; c < n * n; c++)
      assert_close(K[c], L[c], 0);
    attn_free(r);
    gsl_rng_free(rng);
    draw_free(s);
  }
}

/* v_mm and p_mm do what they are defined to do, on tokens in memory, and are no longer than their
 * margins say. */
static void test_vectors(void **state) {
  (void)state;
  for (size_t T = 2; T <= 4; T++)
    for (size_t seed = 0; seed < 6; seed++) {
      const size_t n = 9, k = 200;
      draw *s = draw_new(n, T, k, 12, 1, 2, seed);
      const size_t N = s->labels->N;
      double *a = attn_alloc(n, sizeof *a), *b = attn_alloc(N, sizeof *b);
      double *v = attn_alloc(s->dim, sizeof *v), *p = attn_alloc(s->dim, sizeof *p);
      double signal[2], *noise = attn_alloc(N, sizeof *noise);
      unsigned char sigma[9];
      selection_of(sigma, 7919 * (seed + 1) % power(T, n), n, T);
      for (size_t i = 0; i < n; i++) /* opposite labels on one signal would be infeasible */
        if (attn_labels_noisy(s->labels, i) && sigma[i] == 0)
          sigma[i] = 1;
      attn_svm_result r;
      assert_int_equal(attn_maxmargin_value(a, &r, sigma, &s->set, s->w), ATTN_SVM_OK);
      attn_maxmargin_value_weights(signal, noise, a, sigma, s->labels);
      vector_of(v, s, signal, noise);
      double least = INFINITY;
      for (size_t i = 0; i < n; i++)
        least = fmin(least, s->labels->y[i] * attn_dot(v, token(s, i, sigma[i]), s->dim));
      assert_close(least, 1, 1e-10);
      assert_relative(1 / sqrt(attn_dot(v, v, s->dim)), r.margin_low, 1e-10);
      assert_int_equal(attn_maxmargin_attention(b, &r, sigma, &s->set, s->w), ATTN_SVM_OK);
      attn_maxmargin_attention_weights(signal, noise, b, sigma, s->labels);
      vector_of(p, s, signal, noise);
      least = INFINITY;
      for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < T; t++)
          if (t != sigma[i])
            least = fmin(least, attn_dot(p, token(s, i, sigma[i]), s->dim) -
                                    attn_dot(p, token(s, i, t), s->dim));
      assert_close(least, 1, 1e-10);
      assert_relative(1 / sqrt(attn_dot(p, p, s->dim)), r.margin_low, 1e-10);
      attn_free(a);
      attn_free(b);
      attn_free(v);
      attn_free(p);
      attn_free(noise);
      draw_free(s);
    }
}

/* The geometries take the weights: scores of the pulled back v_mm on tokens of a dense draw. */
static void test_pullback(void **state) {
  (void)state;
  const size_t n = 12, T = 3, d = 150;
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 5, "test_maxmargin", 1, 0, ATTN_STREAM_TEST);
  attn_labels *labels = attn_labels_alloc(n, T);
  attn_labels_draw(labels, 0.2, rng);
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_BARTLETT, labels->N, d, 6, 2);
  attn_tokens_draw(tokens, rng);
  attn_maxmargin_set set = {labels, attn_tokens_gram_matrix(tokens), tokens->rho};
  attn_maxmargin_workspace *w = attn_maxmargin_alloc(n, T);
  unsigned char sigma[12];
  for (size_t i = 0; i < n; i++)
    sigma[i] = attn_labels_noisy(labels, i) ? 2 : 0;
  double a[12], weights[2], noise[24], u[26], signal[2], scores[24];
  attn_svm_result r;
  assert_int_equal(attn_maxmargin_value(a, &r, sigma, &set, w), ATTN_SVM_OK);
  attn_maxmargin_value_weights(weights, noise, a, sigma, labels);
  attn_tokens_pullback(tokens, u, weights, noise, 1);
  attn_tokens_scores(tokens, signal, scores, u, 1);
  for (size_t i = 0; i < n; i++) {
    double score = sigma[i] == 0 ? signal[labels->k[i]] : scores[i * (T - 1) + sigma[i] - 1];
    assert_true(labels->y[i] * score > 1 - 1e-10);
  }
  attn_maxmargin_free(w);
  attn_tokens_free(tokens);
  attn_labels_free(labels);
  gsl_rng_free(rng);
}

/* At large R, attention p = R p_mm attends to the selection: the margin of the attended features
 * approaches that of the selection. */
static void test_limit_of_large_attention(void **state) {
  (void)state;
  const size_t n = 6, T = 2;
  draw *s = draw_new(n, T, 60, 8, 1, 1, 3);
  unsigned char sigma[6] = {1, 1, 0, 0, 1, 0};
  double b[6], signal[2], noise[6], p[62], before = 1;
  attn_svm_result r;
  assert_int_equal(attn_maxmargin_attention(b, &r, sigma, &s->set, s->w), ATTN_SVM_OK);
  attn_maxmargin_attention_weights(signal, noise, b, sigma, s->labels);
  vector_of(p, s, signal, noise);
  for (double R = 2; R <= 32; R *= 2) {
    double features[6 * 62], K[36], a[6];
    for (size_t i = 0; i < n; i++) {
      double gap = R * (attn_dot(p, token(s, i, 1), s->dim) - attn_dot(p, token(s, i, 0), s->dim));
      double on_noise = 1 / (1 + exp(-gap));
      for (size_t l = 0; l < s->dim; l++)
        features[i * s->dim + l] =
            s->labels->y[i] * (on_noise * token(s, i, 1)[l] + (1 - on_noise) * token(s, i, 0)[l]);
    }
    attn_gram(K, features, n, s->dim);
    attn_svm_workspace *svm = attn_svm_alloc(n);
    assert_int_equal(attn_svm_solve(a, &r, K, n, svm), ATTN_SVM_OK);
    attn_svm_free(svm);
    double off = fabs(r.margin_low / margin_of(s, sigma) - 1);
    assert_true(off < before || off < 1e-12);
    assert_true(off < 6 * exp(-R));
    before = off;
  }
  draw_free(s);
}

/* Branch and bound finds what trying all selections finds, in order. */
static void test_enumeration(void **state) {
  (void)state;
  const size_t shape[][3] = {{1, 2, 5},   {2, 2, 3},  {6, 2, 4}, {8, 2, 300}, {5, 3, 6},
                             {5, 3, 200}, {4, 4, 40}, {7, 2, 2}, {10, 2, 30}};
  for (size_t c = 0; c < sizeof shape / sizeof *shape; c++)
    for (size_t seed = 0; seed < 4; seed++) {
      const size_t n = shape[c][0], T = shape[c][1], all = power(T, n);
      double rho = 2.5 * sqrt((double)shape[c][2] / (double)n) * (seed < 2 ? 1 : 0.5);
      draw *s = draw_new(n, T, shape[c][2], rho, n > 2, n > 4, seed);
      double *margin = attn_alloc(all, sizeof *margin), gap = 0;
      unsigned char *sigma = attn_alloc(n, 1);
      for (size_t e = 0; e < all; e++) {
        selection_of(sigma, e, n, T);
        margin[e] = margin_and_gap(&gap, s, sigma);
      }
      const size_t rooms[] = {1, 7, all};
      for (size_t m = 0; m < 3; m++) {
        attn_maxmargin_list *list = attn_maxmargin_list_alloc(rooms[m], n);
        attn_maxmargin_enumerate(list, &s->set, SIZE_MAX, s->w);
        assert_true(list->complete);
        assert_between(list->gap, m == 2 ? gap : 0,
                       ATTN_SVM_GAP); /* with room for all, all count */
        unsigned char *seen = attn_alloc(all, 1);
        for (size_t e = 0; e < list->count; e++) {
          size_t code = 0;
          for (size_t i = n; i-- > 0;)
            code = code * T + list->sigma[e * n + i];
          assert_false(seen[code]);
          seen[code] = 1;
          assert_relative(list->margin[e], margin[code], 1e-9);
          assert_true(e == 0 || list->margin[e] <= list->margin[e - 1]);
        }
        /* the others are no better than the last, or have margin 0 when there is room */
        size_t separable = 0;
        for (size_t e = 0; e < all; e++) {
          separable += margin[e] > 0;
          if (!seen[e] && list->count > 0)
            assert_true(margin[e] <= list->margin[list->count - 1] * (1 + 1e-8));
        }
        assert_int_equal(list->count, separable < rooms[m] ? separable : rooms[m]);
        attn_free(seen);
        attn_maxmargin_list_free(list);
      }
      attn_free(margin);
      attn_free(sigma);
      draw_free(s);
    }
}

static void test_enumeration_gives_up(void **state) {
  (void)state;
  draw *s = draw_new(10, 2, 300, 13, 1, 1, 1);
  attn_maxmargin_list *list = attn_maxmargin_list_alloc(3, 10);
  attn_maxmargin_enumerate(list, &s->set, 20, s->w);
  assert_false(list->complete);
  assert_int_equal(list->solved, 20);
  attn_maxmargin_enumerate(list, &s->set, SIZE_MAX, s->w);
  assert_true(list->complete);
  attn_maxmargin_list_free(list);
  draw_free(s);
}

/* Orthogonal noise of one length: the margin of a selection is 1/rho^2 for each signal in use plus
 * 1/d for each noise token (theory section 5), so signals are best iff rho^2 n_clean > d. */
static void test_orthogonal_noise(void **state) {
  (void)state;
  const size_t n = 10, d = 1000;
  draw *s = draw_new(n, 2, 5, 1, 1, 2, 1);
  memset(s->noise, 0, n * n * sizeof *s->noise);
  for (size_t i = 0; i < n; i++)
    s->noise[i * n + i] = (double)d;
  const size_t clean[2] = {4, 3};                      /* 5 of each class, 1 and 2 noisy */
  for (double times = 0.5; times < 2; times += 0.11) { /* rho^2 in units of d / 3.5 */
    s->set.rho = sqrt(times * (double)d / 3.5);
    double square = s->set.rho * s->set.rho, inverse = 3 / (double)d;
    attn_maxmargin_list *list = attn_maxmargin_list_alloc(1, n);
    attn_maxmargin_enumerate(list, &s->set, SIZE_MAX, s->w);
    for (unsigned char k = 0; k < 2; k++) {
      bool signal = square * (double)clean[k] > (double)d;
      inverse += signal ? 1 / square : (double)clean[k] / (double)d;
      assert_int_equal(attn_maxmargin_on_signal(list->sigma, s->labels, k, false),
                       signal ? clean[k] : 0);
      assert_int_equal(attn_maxmargin_on_signal(list->sigma, s->labels, k, true), 0);
    }
    assert_relative(list->margin[0], 1 / sqrt(inverse), 1e-10);
    unsigned char sigma[10];
    double margins[ATTN_MAXMARGIN_STARTS];
    assert_relative(attn_maxmargin_best(sigma, margins, 0, NULL, &s->set, s->w), list->margin[0],
                    1e-10);
    attn_maxmargin_list_free(list);
  }
  draw_free(s);
}

/* The flipped samples of a class take its signal when they are more than the clean ones. */
static void test_signal_for_the_majority(void **state) {
  (void)state;
  draw *s = draw_new(12, 2, 4000, 60, 4, 1, 2); /* class 0: 4 of 6 flipped */
  attn_maxmargin_list *list = attn_maxmargin_list_alloc(1, 12);
  attn_maxmargin_enumerate(list, &s->set, SIZE_MAX, s->w);
  assert_int_equal(attn_maxmargin_on_signal(list->sigma, s->labels, 0, true), 4);
  assert_int_equal(attn_maxmargin_on_signal(list->sigma, s->labels, 0, false), 0);
  assert_int_equal(attn_maxmargin_on_signal(list->sigma, s->labels, 1, false), 5);
  assert_int_equal(attn_maxmargin_on_signal(list->sigma, s->labels, 1, true), 0);
  attn_maxmargin_list_free(list);
  draw_free(s);
}

/* theory section 9: n = 8, one of four flipped in each class, d = 4000: all noise below
 * kappa = sqrt(8/3), signal for clean and noise for noisy samples above. */
static void test_reference(void **state) {
  (void)state;
  const double kappas[] = {0.7, 1.0, 1.3, 2, 3};
  double low_switch = INFINITY, high_switch = 0;
  for (size_t seed = 0; seed < 10; seed++) {
    draw *s = draw_new(8, 2, 3998, 1, 1, 1, seed);
    attn_maxmargin_list *list = attn_maxmargin_list_alloc(1, 8);
    for (size_t c = 0; c < 5; c++) {
      s->set.rho = kappas[c] * sqrt(4000.0 / 8);
      attn_maxmargin_enumerate(list, &s->set, SIZE_MAX, s->w);
      for (size_t i = 0; i < 8; i++)
        assert_int_equal(list->sigma[i], kappas[c] < 1.6 || attn_labels_noisy(s->labels, i));
    }
    for (unsigned char k = 0; k < 2; k++) { /* where each class switches */
      double low = 1.3, high = 2;
      while (high - low > 1e-3) {
        double kappa = (low + high) / 2;
        s->set.rho = kappa * sqrt(4000.0 / 8);
        attn_maxmargin_enumerate(list, &s->set, SIZE_MAX, s->w);
        if (attn_maxmargin_on_signal(list->sigma, s->labels, k, false) == 3)
          high = kappa;
        else
          low = kappa;
      }
      low_switch = fmin(low_switch, low);
      high_switch = fmax(high_switch, high);
    }
    attn_maxmargin_list_free(list);
    draw_free(s);
  }
  printf("# n = 8, d = 4000: classes switch at kappa %.3f to %.3f, predicted %.3f\n", low_switch,
         high_switch, sqrt(8.0 / 3));
  assert_between(low_switch, 1.55, sqrt(8.0 / 3));
  assert_between(high_switch, sqrt(8.0 / 3), 1.72);
}

/* Climbs never fall, end one-swap and class-move optimal, and the best of them is the best of all
 * selections where these can be tried. */
static void test_local_search(void **state) {
  (void)state;
  size_t found = 0, sets = 0;
  for (size_t seed = 0; seed < 12; seed++) {
    const size_t T = 2 + seed % 2, n = T == 2 ? 12 : 8, k = seed % 4 < 2 ? 40 : 600;
    double kappa = 1.2 + 0.15 * (double)(seed % 7);
    draw *s = draw_new(n, T, k, kappa * sqrt((double)k / (double)n), 1, 1, seed);
    unsigned char sigma[12], other[12];
    gsl_rng *rng = attn_rng_alloc();
    attn_rng_start(rng, seed, "test_maxmargin", 2, 0, ATTN_STREAM_START);
    for (size_t start = 0; start < 10; start++) {
      for (size_t i = 0; i < n; i++)
        sigma[i] = (unsigned char)gsl_rng_uniform_int(rng, T);
      double from = margin_of(s, sigma), margin = attn_maxmargin_climb(sigma, &s->set, s->w);
      assert_true(margin >= from);
      assert_relative(margin_of(s, sigma), margin, 1e-9);
      for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < T; t++) {
          memcpy(other, sigma, n);
          other[i] = (unsigned char)t;
          assert_true(margin_of(s, other) <= margin * (1 + 1e-8));
        }
      for (unsigned char c = 0; T == 2 && c < 2; c++)
        for (size_t way = 0; way < 3; way++) {
          memcpy(other, sigma, n);
          for (size_t i = 0; i < n; i++)
            if (s->labels->k[i] == c)
              other[i] = attn_labels_noisy(s->labels, i) ? way != 2 : way != 0;
          assert_true(margin_of(s, other) <= margin * (1 + 1e-8));
        }
    }
    double margins[ATTN_MAXMARGIN_STARTS + 10];
    double best = attn_maxmargin_best(sigma, margins, 10, rng, &s->set, s->w);
    assert_relative(margin_of(s, sigma), best, 1e-9);
    for (size_t c = 0; c < ATTN_MAXMARGIN_STARTS + 10; c++)
      assert_true(margins[c] <= best);
    attn_maxmargin_list *list = attn_maxmargin_list_alloc(1, n);
    attn_maxmargin_enumerate(list, &s->set, SIZE_MAX, s->w);
    assert_true(best <= list->margin[0] * (1 + 1e-8));
    sets++;
    found += best >= list->margin[0] * (1 - 1e-8);
    attn_maxmargin_list_free(list);
    gsl_rng_free(rng);
    draw_free(s);
  }
  printf("# local search found the best of all selections in %zu of %zu sets\n", found, sets);
  assert_true(found + 1 >= sets);
}

/* The nine starts by their definition, and conflicting ones, whose margin 0 no single move mends. */
static void test_starts(void **state) {
  (void)state;
  const size_t n = 12, T = 3;
  draw *s = draw_new(n, T, 300, 14, 2, 4, 6); /* class 1: 4 of 6 flipped */
  unsigned char sigma[12];
  for (size_t c = 0; c < ATTN_MAXMARGIN_STARTS; c++) {
    attn_maxmargin_start(sigma, c, &s->set);
    for (size_t i = 0; i < n; i++) {
      size_t way = i % 2 == 0 ? c % 3 : c / 3, j = i * (T - 1);
      bool noisy = attn_labels_noisy(s->labels, i);
      size_t longest = s->noise[j * 24 + j] > s->noise[(j + 1) * 24 + j + 1] ? 1 : 2;
      assert_int_equal(sigma[i], (noisy && way == 2) || (!noisy && way == 0) ? 0 : longest);
    }
  }
  memset(sigma, 0, n);
  assert_true(margin_of(s, sigma) == 0);
  double margin = attn_maxmargin_climb(sigma, &s->set, s->w);
  assert_true(margin > 0);
  assert_relative(margin_of(s, sigma), margin, 1e-9);
  assert_int_equal(attn_maxmargin_on_signal(sigma, s->labels, 0, true), 0);
  assert_int_equal(attn_maxmargin_on_signal(sigma, s->labels, 0, false), 4);
  assert_int_equal(attn_maxmargin_on_signal(sigma, s->labels, 1, false), 0);
  assert_int_equal(attn_maxmargin_on_signal(sigma, s->labels, 1, true), 4);
  draw_free(s);
}

/* The bounds spare most of the work: n = 14, T = 2 has 16384 selections. */
static void test_enumeration_is_short(void **state) {
  (void)state;
  for (size_t seed = 0; seed < 4; seed++) {
    draw *s = draw_new(14, 2, 300, (seed < 2 ? 1.3 : 2) * sqrt(300.0 / 14), 1, 1, seed);
    attn_maxmargin_list *list = attn_maxmargin_list_alloc(1, 14);
    attn_maxmargin_enumerate(list, &s->set, SIZE_MAX, s->w);
    assert_between((double)list->solved, 14, 150);
    attn_maxmargin_list_free(list);
    draw_free(s);
  }
}

static void test_many_samples(void **state) {
  (void)state;
  const size_t n = 120;
  for (size_t above = 0; above < 2; above++) {
    draw *s = draw_new(n, 2, 12000, (above ? 2.2 : 1.1) * sqrt(12000.0 / (double)n), 6, 6, 4);
    unsigned char *sigma = attn_alloc(n, 1);
    double margins[ATTN_MAXMARGIN_STARTS];
    attn_maxmargin_best(sigma, margins, 0, NULL, &s->set, s->w);
    for (unsigned char k = 0; k < 2; k++) {
      assert_int_equal(attn_maxmargin_on_signal(sigma, s->labels, k, false), above ? 54 : 0);
      assert_int_equal(attn_maxmargin_on_signal(sigma, s->labels, k, true), 0);
    }
    attn_free(sigma);
    draw_free(s);
  }
}

static double best_margin(const draw *s) {
  attn_maxmargin_list *list = attn_maxmargin_list_alloc(1, s->labels->n);
  attn_maxmargin_enumerate(list, &s->set, SIZE_MAX, s->w);
  const double best = list->count > 0 ? list->margin[0] : 0;
  attn_maxmargin_list_free(list);
  return best;
}

/* Random classes and labels, or one class only, or no noisy samples. */
static void draw_labels(draw *s, size_t way, gsl_rng *rng) {
  for (size_t i = 0; i < s->labels->n; i++) {
    s->labels->k[i] = way % 4 == 1 ? 0 : way % 4 == 2 ? 1 : gsl_rng_uniform_int(rng, 2) == 1;
    const bool noisy = way % 3 > 0 && gsl_rng_uniform_int(rng, way % 3 == 1 ? 5 : 2) == 0;
    s->labels->y[i] = (signed char)(attn_labels_clean_label(s->labels, i) * (noisy ? -1 : 1));
  }
}

/* No selection beats the bound: any dimension, noise that leans one way, any labels. */
static void test_bound(void **state) {
  (void)state;
  double slack = 0;
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < 400; c++) {
    attn_rng_start(rng, c, "test_maxmargin", 3, 0, ATTN_STREAM_TEST);
    const size_t T = c % 3 == 2 ? 3 : 2, n = 1 + gsl_rng_uniform_int(rng, T == 2 ? 8 : 5);
    const size_t k = 1 + gsl_rng_uniform_int(rng, c % 2 ? 8 : 2000), N = n * (T - 1);
    const double kappa = 0.3 * exp(log(5 / 0.3) * gsl_rng_uniform(rng));
    draw *s = draw_new(n, T, k, kappa * sqrt((double)k / (double)n), 0, 0, c);
    draw_labels(s, c, rng);
    for (size_t j = 0; c % 5 == 4 && j < N * N; j++)
      s->noise[j] += 0.5 * (double)k; /* a direction that all noise tokens share */
    const double best = best_margin(s), bound = attn_maxmargin_bound(&s->set);
    assert_true(isfinite(bound) && bound > 0);
    assert_true(best <= bound * (1 + 1e-12));
    if (k > 50 * N && c % 5 < 4)
      slack = fmax(slack, (bound / best - 1) / sqrt((double)N / (double)k));
    draw_free(s);
  }
  gsl_rng_free(rng);
  printf("# the bound exceeds the best by at most %.2f sqrt(N/d) for d > 50 N\n", slack);
  assert_between(slack, 0, 2);
}

/* Orthogonal noise of one length attains it, whichever kind is in the majority and whether the
 * signal is worth more than the noise of both kinds, of one or of none; of two lengths too, when
 * the samples of a class and kind are as long. */
static void test_bound_is_attained(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  size_t ways[2][2] = {{0}}; /* [signal for the clean][for the noisy] would beat their noise */
  for (size_t c = 0; c < 400; c++) {
    attn_rng_start(rng, c, "test_maxmargin", 4, 0, ATTN_STREAM_TEST);
    const size_t T = c % 7 == 6 ? 3 : 2, n = 1 + gsl_rng_uniform_int(rng, T == 2 ? 8 : 5);
    const size_t others = T - 1, N = n * others;
    draw *s = draw_new(n, T, 5, 1, 0, 0, c);
    draw_labels(s, c, rng);
    const double square = 20 * exp(log(20) * gsl_rng_uniform(rng));
    s->set.rho = sqrt(square);
    memset(s->noise, 0, N * N * sizeof *s->noise);
    size_t count[2][2] = {{0}}; /* [class][noisy] */
    for (size_t i = 0; i < n; i++) {
      const bool noisy = attn_labels_noisy(s->labels, i);
      for (size_t t = 0; t < others; t++)
        s->noise[(i * others + t) * (N + 1)] = c % 2 == 0 ? 100 : noisy ? 70 : 130;
      count[s->labels->k[i]][noisy]++;
    }
    for (size_t k = 0; k < 2; k++)
      if (c % 2 == 0 && count[k][0] > 0 && count[k][1] > 0)
        ways[square * (double)count[k][0] > 100][square * (double)count[k][1] > 100]++;
    assert_relative(attn_maxmargin_bound(&s->set), best_margin(s), 1e-10);
    draw_free(s);
  }
  gsl_rng_free(rng);
  for (size_t w = 0; w < 4; w++)
    assert_true(ways[w / 2][w % 2] > 2);
}

/* No p prefers a token to its own copy. */
static void test_no_attention_selects(void **state) {
  (void)state;
  draw *s = draw_new(4, 3, 30, 5, 0, 0, 1);
  for (size_t j = 0; j < 8; j++) /* sample 1: both noise tokens equal */
    s->noise[3 * 8 + j] = s->noise[2 * 8 + j];
  for (size_t j = 0; j < 8; j++)
    s->noise[j * 8 + 3] = s->noise[j * 8 + 2];
  double b[8];
  attn_svm_result r;
  assert_int_equal(
      attn_maxmargin_attention(b, &r, (const unsigned char[]){0, 2, 0, 0}, &s->set, s->w),
      ATTN_SVM_INFEASIBLE);
  assert_int_equal(
      attn_maxmargin_attention(b, &r, (const unsigned char[]){0, 0, 0, 0}, &s->set, s->w),
      ATTN_SVM_OK);
  draw_free(s);
}

static void alloc_bad(const void *argument) {
  (void)argument;
  attn_maxmargin_free(attn_maxmargin_alloc(4, 1));
}

static void solve_other_size(const void *argument) {
  (void)argument;
  draw *s = draw_new(4, 2, 30, 5, 0, 0, 1);
  attn_maxmargin_workspace *w = attn_maxmargin_alloc(5, 2);
  attn_maxmargin_climb((unsigned char[4]){0}, &s->set, w);
}

static void test_misuse(void **state) {
  (void)state;
  assert_fails(alloc_bad, NULL, "T = 1", "2 to 256");
  assert_fails(solve_other_size, NULL, "n = 5", "n = 4");
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gram),
      cmocka_unit_test(test_mixed_gram),
      cmocka_unit_test(test_vectors),
      cmocka_unit_test(test_pullback),
      cmocka_unit_test(test_limit_of_large_attention),
      cmocka_unit_test(test_enumeration),
      cmocka_unit_test(test_enumeration_gives_up),
      cmocka_unit_test(test_orthogonal_noise),
      cmocka_unit_test(test_signal_for_the_majority),
      cmocka_unit_test(test_reference),
      cmocka_unit_test(test_local_search),
      cmocka_unit_test(test_starts),
      cmocka_unit_test(test_enumeration_is_short),
      cmocka_unit_test(test_many_samples),
      cmocka_unit_test(test_bound),
      cmocka_unit_test(test_bound_is_attained),
      cmocka_unit_test(test_no_attention_selects),
      cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
