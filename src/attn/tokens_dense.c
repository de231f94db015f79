#include "tokens_dense.h"

#include "linalg.h"
#include "rng.h"

/* state: double [N][k], row j is xi_j */

double *attn_tokens_dense_noise(attn_tokens *tokens) {
  return tokens->state;
}

static void draw(attn_tokens *tokens, gsl_rng *rng) {
  attn_rng_gaussian(tokens->state, tokens->N * tokens->k, rng);
}

static void scores(attn_tokens *tokens, double *noise, const double *u, size_t m) {
  attn_multiply_transposed(noise, tokens->N, u + 2, tokens->dim, tokens->state, tokens->k, m,
                           tokens->N, tokens->k);
}

static void pullback(attn_tokens *tokens, double *u, const double *c, size_t m) {
  attn_multiply(u + 2, tokens->dim, c, tokens->N, tokens->state, tokens->k, m, tokens->k,
                tokens->N);
}

static double inner(const attn_tokens *tokens, const double *u, const double *w,
                    const double *w_noise) {
  (void)w_noise;
  return attn_dot(u + 2, w + 2, tokens->k);
}

static void gaussian(attn_tokens *tokens, double *u, size_t m, gsl_rng *rng) {
  for (size_t a = 0; a < m; a++)
    attn_rng_gaussian(u + a * tokens->dim + 2, tokens->k, rng);
}

static void release(attn_tokens *tokens) {
  attn_free(tokens->state);
}

void attn_tokens_dense_init(attn_tokens *tokens) {
  static const attn_tokens_ops ops = {draw, scores, pullback, inner, gaussian, release};
  tokens->ops = &ops;
  tokens->dim = tokens->k + 2;
  if (tokens->k > 0 && tokens->N > SIZE_MAX / 64 / tokens->k)
    attn_fail(
        "%zu dense tokens in dimension %zu exceed any memory; ask for bartlett or lazy tokens",
        tokens->N, tokens->k + 2);
  tokens->state = attn_alloc(tokens->N * tokens->k, sizeof(double));
}
