#include "tokens_gram.h"

#include <math.h>
#include <string.h>

#include "linalg.h"
#include "rng.h"

/* state: double [N][N], K_ij = xi_i . xi_j */

double *attn_tokens_gram_matrix(attn_tokens *tokens) {
  return tokens->state;
}

double attn_tokens_gram_coherence(attn_tokens *tokens, size_t n) {
  const double *K = tokens->state;
  double largest = 0;
  for (size_t i = 1; i < tokens->N; i++)
    for (size_t j = 0; j < i; j++)
      largest = fmax(largest, fabs(K[i * tokens->N + j]));
  return largest * (double)n / ((double)tokens->k + 2.0);
}

void attn_tokens_gram_drop_cross(attn_tokens *tokens) {
  double *K = tokens->state;
  for (size_t i = 0; i < tokens->N; i++)
    for (size_t j = 0; j < tokens->N; j++)
      if (i != j)
        K[i * tokens->N + j] = 0;
}

static void draw_dense(attn_tokens *tokens, gsl_rng *rng) {
  double *Xi = attn_alloc(tokens->N * tokens->k, sizeof *Xi); /* [N][k] */
  attn_rng_gaussian(Xi, tokens->N * tokens->k, rng);
  attn_gram(tokens->state, Xi, tokens->N, tokens->k);
  attn_free(Xi);
}

/* Bartlett: with independent L_jj ~ chi_{k-j} and L_jl ~ N(0, 1) for l < j, L L' has the law of
 * Xi Xi'. Tokens are exchangeable, so row i = N-1-j may play row j: then the factor is upper
 * triangular, which is the form LAPACK multiplies by its transpose in place. For k < N the columns
 * l >= k do not exist; they stay zero, and so does chi_0. */
static void draw_bartlett(attn_tokens *tokens, gsl_rng *rng) {
  const size_t N = tokens->N, k = tokens->k;
  double *U = tokens->state;              /* [N][N], upper triangle */
  const size_t first = k < N ? N - k : 0; /* first column that exists */
  for (size_t i = 0; i < N; i++) {
    const size_t j = N - 1 - i;
    size_t from = i + 1 > first ? i + 1 : first;
    memset(U + i * N + i, 0, (N - i) * sizeof *U);
    if (j < k)
      U[i * N + i] = attn_rng_chi((double)k - (double)j, rng);
    attn_rng_gaussian(U + i * N + from, N - from, rng);
  }
  attn_gram_of_upper(U, N);
}

static void scores(attn_tokens *tokens, double *noise, const double *u, size_t m) {
  attn_multiply_transposed(noise, tokens->N, u + 2, tokens->dim, tokens->state, tokens->N, m,
                           tokens->N, tokens->N); /* K is its own transpose */
}

static void pullback(attn_tokens *tokens, double *u, const double *c, size_t m) {
  for (size_t a = 0; a < m; a++)
    memcpy(u + a * tokens->dim + 2, c + a * tokens->N, tokens->N * sizeof *u);
}

/* u . w = sum_j alpha_j(u) xi_j . w */
static double inner(const attn_tokens *tokens, const double *u, const double *w,
                    const double *w_noise) {
  (void)w;
  return attn_dot(u + 2, w_noise, tokens->N);
}

static void release(attn_tokens *tokens) {
  attn_free(tokens->state);
}

static void init(attn_tokens *tokens, const attn_tokens_ops *ops) {
  tokens->ops = ops;
  tokens->dim = tokens->N + 2;
  if (tokens->N > SIZE_MAX / 64 / (tokens->N + 1))
    attn_fail("the Gram matrix of %zu tokens exceeds any memory; ask for lazy tokens", tokens->N);
  tokens->state = attn_alloc(tokens->N * tokens->N, sizeof(double));
}

void attn_tokens_gram_init(attn_tokens *tokens) {
  static const attn_tokens_ops ops = {draw_dense, scores, pullback, inner, release};
  init(tokens, &ops);
}

void attn_tokens_bartlett_init(attn_tokens *tokens) {
  static const attn_tokens_ops ops = {draw_bartlett, scores, pullback, inner, release};
  init(tokens, &ops);
}
