#include "tokens.h"

#include <math.h>

#include "linalg.h"
#include "rng.h"
#include "tokens_dense.h"
#include "tokens_gram.h"
#include "tokens_lazy.h"

attn_tokens_kind attn_tokens_kind_of(const char *word) {
  size_t kind;
  if (!attn_word_find(&kind, word, ATTN_TOKENS_WORDS))
    attn_fail("'%s' is no kind of tokens; the kinds are " ATTN_TOKENS_WORDS, word);
  return (attn_tokens_kind)kind;
}

attn_tokens *attn_tokens_alloc_gaussian(attn_tokens_kind kind, size_t N, size_t d, double rho,
                                        size_t pullbacks, size_t gaussians) {
  if (d < 3)
    attn_fail("d = %zu: the dimension must be at least 3", d);
  attn_tokens *tokens = attn_alloc(1, sizeof *tokens);
  tokens->kind = kind;
  tokens->N = N;
  tokens->k = d - 2;
  tokens->rho = rho;
  switch (kind) {
  case ATTN_TOKENS_DENSE:
    attn_tokens_dense_init(tokens);
    break;
  case ATTN_TOKENS_GRAM:
    attn_tokens_gram_init(tokens, gaussians);
    break;
  case ATTN_TOKENS_BARTLETT:
    attn_tokens_bartlett_init(tokens, gaussians);
    break;
  case ATTN_TOKENS_LAZY:
    attn_tokens_lazy_init(tokens, pullbacks, gaussians);
    break;
  }
  return tokens;
}

attn_tokens *attn_tokens_alloc(attn_tokens_kind kind, size_t N, size_t d, double rho,
                               size_t pullbacks) {
  return attn_tokens_alloc_gaussian(kind, N, d, rho, pullbacks, 0);
}

void attn_tokens_free(attn_tokens *tokens) {
  if (tokens == NULL)
    return;
  tokens->ops->release(tokens);
  attn_free(tokens);
}

void attn_tokens_draw(attn_tokens *tokens, gsl_rng *rng) {
  tokens->ops->draw(tokens, rng);
}

void attn_tokens_scores(attn_tokens *tokens, double *signal, double *noise, const double *u,
                        size_t m) {
  for (size_t a = 0; a < m; a++)
    for (size_t k = 0; k < 2; k++)
      signal[2 * a + k] = tokens->rho * u[a * tokens->dim + k];
  tokens->ops->scores(tokens, noise, u, m);
}

void attn_tokens_pullback(attn_tokens *tokens, double *u, const double *signal, const double *noise,
                          size_t m) {
  tokens->ops->pullback(tokens, u, noise, m);
  for (size_t a = 0; a < m; a++)
    for (size_t k = 0; k < 2; k++)
      u[a * tokens->dim + k] = tokens->rho * signal[2 * a + k];
}

double attn_tokens_inner(const attn_tokens *tokens, const double *u, const double *w,
                         const double *w_noise) {
  return tokens->ops->inner(tokens, u, w, w_noise);
}

double attn_tokens_cosine(attn_tokens *tokens, const double *u, const double *w, double *noise) {
  double *u_noise = noise, *w_noise = noise + tokens->N, signal[2];
  attn_tokens_scores(tokens, signal, u_noise, u, 1);
  attn_tokens_scores(tokens, signal, w_noise, w, 1);
  const double uw = u[0] * w[0] + u[1] * w[1] + attn_tokens_inner(tokens, u, w, w_noise);
  const double uu = u[0] * u[0] + u[1] * u[1] + attn_tokens_inner(tokens, u, u, u_noise);
  const double ww = w[0] * w[0] + w[1] * w[1] + attn_tokens_inner(tokens, w, w, w_noise);
  return uw / (sqrt(uu) * sqrt(ww));
}

void attn_tokens_gaussian(attn_tokens *tokens, double *u, size_t m, const double *scale,
                          gsl_rng *rng) {
  tokens->ops->gaussian(tokens, u, m, rng);
  for (size_t a = 0; a < m; a++) {
    attn_rng_gaussian(u + a * tokens->dim, 2, rng); /* on mu_1/rho and mu_2/rho */
    attn_scale(u + a * tokens->dim, scale[a], tokens->dim);
  }
}
