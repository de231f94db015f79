#include "start.h"

#include <math.h>

#include "linalg.h"
#include "rng.h"

static const char *const words[ATTN_STARTS] = {"zero", "gaussian", "sphere", "orthogonal", "blind"};

attn_start_kind attn_start_kind_of(const char *word) {
  size_t kind;
  if (!attn_word_find(&kind, word, ATTN_START_WORDS))
    attn_fail("'%s' is no start; the starts are " ATTN_START_WORDS, word);
  return (attn_start_kind)kind;
}

const char *attn_start_name(attn_start_kind kind) {
  return words[kind];
}

/* u . w in R^d, w_noise the noise scores of w */
static double inner(const attn_tokens *tokens, const double *u, const double *w,
                    const double *w_noise) {
  return u[0] * w[0] + u[1] * w[1] + attn_tokens_inner(tokens, u, w, w_noise);
}

void attn_start_draw(attn_model *model, attn_tokens *tokens, attn_start_kind kind,
                     const double size[2], gsl_rng *rng) {
  attn_model_zero(model);
  if (kind == ATTN_START_ZERO)
    return;
  const double root = sqrt((double)tokens->k + 2);
  if (kind != ATTN_START_GAUSSIAN && model->H > 1)
    attn_fail("%zu heads: several heads start from zero or gaussian, not from %s", model->H,
              words[kind]);
  double *scale = model->grad; /* unused until the first backward pass */
  for (size_t row = 0; row < 2 * model->H; row++)
    scale[row] = kind == ATTN_START_GAUSSIAN ? size[row % 2] / root : 1;
  attn_tokens_gaussian(tokens, model->theta, 2 * model->H, scale, rng);
  if (kind == ATTN_START_GAUSSIAN)
    return;
  double *const u[2] = {model->theta, model->theta + model->dim};
  double *const noise[2] = {model->noise, model->noise + model->N};
  if (kind == ATTN_START_BLIND) {
    if (tokens->k < 2)
      attn_fail("d = %zu: v and p orthogonal to both signals and to each other need d >= 4",
                tokens->k + 2);
    for (size_t a = 0; a < 2; a++)
      u[a][0] = u[a][1] = 0;
  }
  attn_tokens_scores(tokens, model->signal[0], model->noise, model->theta, 2);
  if (kind != ATTN_START_SPHERE) {
    const double c = inner(tokens, u[ATTN_P], u[ATTN_V], noise[ATTN_V]) /
                     inner(tokens, u[ATTN_V], u[ATTN_V], noise[ATTN_V]);
    attn_axpy(u[ATTN_P], -c, u[ATTN_V], model->dim);
    attn_axpy(noise[ATTN_P], -c, noise[ATTN_V], model->N);
  }
  for (size_t a = 0; a < 2; a++)
    attn_scale(u[a], size[a] / sqrt(inner(tokens, u[a], u[a], noise[a])), model->dim);
}

void attn_start_trial(attn_trial *trial, attn_start_kind kind, double size_v, double size_p,
                      uint64_t seed, const char *name, size_t cell, size_t replicate) {
  attn_rng_start(trial->rng, seed, name, cell, replicate, ATTN_STREAM_START);
  const double size[2] = {[ATTN_V] = size_v, [ATTN_P] = size_p};
  attn_start_draw(trial->model, trial->tokens, kind, size, trial->rng);
}
