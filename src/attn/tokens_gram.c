#include "tokens_gram.h"

#include <math.h>
#include <string.h>

#include "linalg.h"
#include "rng.h"

typedef struct {
  double *K;   /* [N][N] K_ij = xi_i . xi_j */
  size_t room; /* directions outside the tokens' span that have a coordinate */
  size_t used; /* of them, since the draw */
  /* for room > 0: */
  double *R, *least;      /* [N][N], [N] of the factorisation */
  unsigned char *dropped; /* [N] */
} gram_state;

/* A token whose squared distance from the span of the tokens before it is a smaller share of its
 * squared length is in that span: inner products in double precision cannot tell. */
static const double in_span = 1e-11;

double *attn_tokens_gram_matrix(attn_tokens *tokens) {
  gram_state *state = tokens->state;
  return state->K;
}

void attn_tokens_gram_set(attn_tokens *tokens, const double *Xi) {
  gram_state *state = tokens->state;
  attn_gram(state->K, Xi, tokens->N, tokens->k);
  state->used = 0;
}

double attn_tokens_gram_coherence(attn_tokens *tokens, size_t n) {
  const double *K = attn_tokens_gram_matrix(tokens);
  double largest = 0;
  for (size_t i = 1; i < tokens->N; i++)
    for (size_t j = 0; j < i; j++)
      largest = fmax(largest, fabs(K[i * tokens->N + j]));
  return largest * (double)n / ((double)tokens->k + 2.0);
}

void attn_tokens_gram_drop_cross(attn_tokens *tokens) {
  double *K = attn_tokens_gram_matrix(tokens);
  for (size_t i = 0; i < tokens->N; i++)
    for (size_t j = 0; j < tokens->N; j++)
      if (i != j)
        K[i * tokens->N + j] = 0;
}

static void draw_dense(attn_tokens *tokens, gsl_rng *rng) {
  double *Xi = attn_alloc(tokens->N * tokens->k, sizeof *Xi); /* [N][k] */
  attn_rng_gaussian(Xi, tokens->N * tokens->k, rng);
  attn_tokens_gram_set(tokens, Xi);
  attn_free(Xi);
}

/* Bartlett: with independent L_jj ~ chi_{k-j} and L_jl ~ N(0, 1) for l < j, L L' has the law of
 * Xi Xi'. Tokens are exchangeable, so row i = N-1-j may play row j: then the factor is upper
 * triangular, which is the form LAPACK multiplies by its transpose in place. For k < N the columns
 * l >= k do not exist; they stay zero, and so does chi_0. */
static void draw_bartlett(attn_tokens *tokens, gsl_rng *rng) {
  gram_state *state = tokens->state;
  const size_t N = tokens->N, k = tokens->k;
  double *U = state->K;                   /* [N][N], upper triangle */
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
  state->used = 0;
}

static void scores(attn_tokens *tokens, double *noise, const double *u, size_t m) {
  const gram_state *state = tokens->state;
  attn_multiply_transposed(noise, tokens->N, u + 2, tokens->dim, state->K, tokens->N, m, tokens->N,
                           tokens->N); /* K is its own transpose */
}

static void pullback(attn_tokens *tokens, double *u, const double *c, size_t m) {
  const gram_state *state = tokens->state;
  for (size_t a = 0; a < m; a++) {
    memcpy(u + a * tokens->dim + 2, c + a * tokens->N, tokens->N * sizeof *u);
    memset(u + a * tokens->dim + 2 + tokens->N, 0, state->room * sizeof *u);
  }
}

/* u . w = sum_j alpha_j(u) xi_j . w, and the products outside the span */
static double inner(const attn_tokens *tokens, const double *u, const double *w,
                    const double *w_noise) {
  const gram_state *state = tokens->state;
  const size_t out = tokens->dim - state->room;
  return attn_dot(u + 2, w_noise, tokens->N) + attn_dot(u + out, w + out, state->room);
}

/* Given the tokens, the scores Xi g of g ~ N(0, I) are N(0, K). With R'R = K and z ~ N(0, I) they
 * are R'z = K alpha for alpha = R^-1 z, so sum_j alpha_j xi_j is the part of g in the tokens' span.
 * The rest is standard normal in the k - rank K dimensions outside, where directions have no names
 * until a vector needs one: on those of earlier vectors its coordinates are N(0, 1), and what is
 * left has a chi for its length and names the next. No token scores on any of them, and no sum of
 * tokens has a part there. Tokens that depend on earlier ones, as all must after k of them, get
 * alpha_j = 0. */
static void gaussian(attn_tokens *tokens, double *u, size_t m, gsl_rng *rng) {
  gram_state *state = tokens->state;
  const size_t N = tokens->N, k = tokens->k;
  if (state->room == 0)
    attn_fail("tokens without room for Gaussian vectors were asked for one; allocate them with it");
  memcpy(state->R, state->K, N * N * sizeof *state->R);
  for (size_t j = 0; j < N; j++)
    state->least[j] = in_span * state->K[j * N + j];
  attn_cholesky_dropping(state->R, N, state->dropped, state->least, N);
  size_t rank = 0;
  for (size_t j = 0; j < N; j++) {
    state->dropped[j] = state->dropped[j] || rank == k; /* no rank above k, however K is rounded */
    rank += !state->dropped[j];
  }
  for (size_t a = 0; a < m; a++) {
    double *alpha = u + a * tokens->dim + 2, *out = alpha + N;
    attn_rng_gaussian(alpha, N, rng);
    for (size_t j = 0; j < N; j++)
      if (state->dropped[j])
        alpha[j] = 0;
    attn_solve_upper(alpha, state->R, N, N);
    memset(out, 0, state->room * sizeof *out);
    attn_rng_gaussian(out, state->used, rng);
    if (rank + state->used == k)
      continue;
    if (state->used == state->room)
      attn_fail("tokens with room for %zu Gaussian vectors were asked for one more", state->room);
    out[state->used] = attn_rng_chi((double)(k - rank - state->used), rng);
    state->used++;
  }
}

static void release(attn_tokens *tokens) {
  gram_state *state = tokens->state;
  attn_free(state->K);
  attn_free(state->R);
  attn_free(state->least);
  attn_free(state->dropped);
  attn_free(state);
}

static void init(attn_tokens *tokens, const attn_tokens_ops *ops, size_t gaussians) {
  const size_t N = tokens->N;
  tokens->ops = ops;
  tokens->dim = 2 + N + gaussians;
  if (N > SIZE_MAX / 64 / (N + 1))
    attn_fail("the Gram matrix of %zu tokens exceeds any memory; ask for lazy tokens", N);
  gram_state *state = attn_alloc(1, sizeof *state);
  state->K = attn_alloc(N * N, sizeof *state->K);
  state->room = gaussians;
  if (gaussians > 0) {
    state->R = attn_alloc(N * N, sizeof *state->R);
    state->least = attn_alloc(N, sizeof *state->least);
    state->dropped = attn_alloc(N, sizeof *state->dropped);
  }
  tokens->state = state;
}

void attn_tokens_gram_init(attn_tokens *tokens, size_t gaussians) {
  static const attn_tokens_ops ops = {draw_dense, scores, pullback, inner, gaussian, release};
  init(tokens, &ops, gaussians);
}

void attn_tokens_bartlett_init(attn_tokens *tokens, size_t gaussians) {
  static const attn_tokens_ops ops = {draw_bartlett, scores, pullback, inner, gaussian, release};
  init(tokens, &ops, gaussians);
}
