#include "nested.h"

#include <string.h>

#include "linalg.h"
#include "rng.h"
#include "tokens_gram.h"

attn_nested *attn_nested_alloc(const attn_data_param *param, size_t steps) {
  attn_nested *nested = attn_alloc(1, sizeof *nested);
  nested->trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, param, steps);
  const size_t N = nested->trial->tokens->N;
  nested->normal = attn_alloc(N * N, sizeof *nested->normal);
  return nested;
}

void attn_nested_free(attn_nested *nested) {
  if (nested == NULL)
    return;
  attn_trial_free(nested->trial);
  attn_free(nested->normal);
  attn_free(nested);
}

void attn_nested_draw(attn_nested *nested, uint64_t seed, const char *name, size_t cell,
                      size_t replicate) {
  attn_trial *trial = nested->trial;
  const size_t N = trial->tokens->N;
  nested->seed = seed;
  nested->name = name;
  nested->cell = cell;
  nested->replicate = replicate;
  attn_rng_start(trial->rng, seed, name, cell, replicate, ATTN_STREAM_LABELS);
  attn_labels_draw(trial->labels, trial->param.eta, trial->rng);
  attn_rng_start(trial->rng, seed, name, cell, replicate, ATTN_STREAM_NOISE);
  attn_rng_gaussian(nested->normal, N * N, trial->rng);
  attn_nested_set_dimension(nested, trial->param.d, trial->param.rho);
}

void attn_nested_set_dimension(attn_nested *nested, size_t d, double rho) {
  attn_trial *trial = nested->trial;
  trial->param.d = d;
  attn_trial_set_rho(trial, rho);
  const char *objection = attn_data_check(&trial->param);
  if (objection != NULL)
    attn_fail("%s", objection);
  const size_t N = trial->tokens->N, k = d - 2;
  trial->tokens->k = k;
  double *U = attn_tokens_gram_matrix(trial->tokens);
  //@begin nested
  for (size_t i = 0; i < N; i++) { /* row i plays row N-1-i of Bartlett's triangle */
    const size_t j = N - 1 - i;
    memset(U + i * N, 0, N * sizeof *U);
    if (j < k) {
      attn_rng_start(trial->rng, nested->seed, nested->name, nested->cell,
                     nested->replicate * N + j, ATTN_STREAM_OTHER);
      U[i * N + i] = attn_rng_chi((double)(k - j), trial->rng);
    }
    for (size_t l = i + 1; l < N; l++)
      if (N - 1 - l < k) /* the other columns do not exist */
        U[i * N + l] = nested->normal[i * N + l];
  }
  attn_gram_of_upper(U, N);
  //@end nested
  attn_model_zero(trial->model);
}
