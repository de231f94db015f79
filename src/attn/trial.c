#include "trial.h"

#include "rng.h"

static attn_trial *alloc_trial(attn_tokens_kind kind, const attn_data_param *param, size_t steps,
                               size_t gaussians, const attn_layout *layout, size_t heads) {
  const char *objection = attn_data_check(param);
  if (objection != NULL)
    attn_fail("%s", objection);
  attn_trial *trial = attn_alloc(1, sizeof *trial);
  trial->param = *param;
  trial->rng = attn_rng_alloc();
  trial->labels = attn_labels_alloc(param->n, param->T);
  attn_labels_set_layout(trial->labels, layout);
  trial->tokens = attn_tokens_alloc_gaussian(kind, trial->labels->N, param->d, param->rho,
                                             2 * heads * steps, gaussians);
  trial->model = attn_model_alloc_heads(trial->tokens, param->n, param->T, heads);
  trial->w = attn_alloc(param->n, sizeof *trial->w);
  return trial;
}

attn_trial *attn_trial_alloc(attn_tokens_kind kind, const attn_data_param *param, size_t steps) {
  return alloc_trial(kind, param, steps, 0, NULL, 1);
}

attn_trial *attn_trial_alloc_layout(attn_tokens_kind kind, const attn_data_param *param,
                                    const attn_layout *layout, size_t steps) {
  return alloc_trial(kind, param, steps, 0, layout, 1);
}

attn_trial *attn_trial_alloc_gaussian(attn_tokens_kind kind, const attn_data_param *param,
                                      size_t steps) {
  return attn_trial_alloc_heads(kind, param, steps, 1);
}

attn_trial *attn_trial_alloc_heads(attn_tokens_kind kind, const attn_data_param *param,
                                   size_t steps, size_t heads) {
  return alloc_trial(kind, param, steps, 2 * heads, NULL, heads);
}

void attn_trial_free(attn_trial *trial) {
  if (trial == NULL)
    return;
  gsl_rng_free(trial->rng);
  attn_labels_free(trial->labels);
  attn_tokens_free(trial->tokens);
  attn_model_free(trial->model);
  attn_free(trial->w);
  attn_free(trial);
}

void attn_trial_draw(attn_trial *trial, uint64_t seed, const char *name, size_t cell,
                     size_t replicate) {
  attn_rng_start(trial->rng, seed, name, cell, replicate, ATTN_STREAM_LABELS);
  attn_labels_draw(trial->labels, trial->param.eta, trial->rng);
  attn_rng_start(trial->rng, seed, name, cell, replicate, ATTN_STREAM_NOISE);
  attn_tokens_draw(trial->tokens, trial->rng);
  attn_model_zero(trial->model);
}

void attn_trial_set_rho(attn_trial *trial, double rho) {
  trial->param.rho = rho;
  trial->tokens->rho = rho;
}
