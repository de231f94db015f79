/* trial: one draw of D with a model to train on it, so that programs allocate, draw and free in a
 * line each. The training loop stays in the program. */
#ifndef ATTN_TRIAL_H
#define ATTN_TRIAL_H

#include "data.h"
#include "model.h"
#include "tokens.h"

typedef struct {
  attn_data_param param;
  gsl_rng *rng;
  attn_labels *labels;
  attn_tokens *tokens;
  attn_model *model;
  double *w; /* [n] workspace of attn_train_step */
} attn_trial;

/* Room for steps steps of training; fails with the sentence of attn_data_check. */
attn_trial *attn_trial_alloc(attn_tokens_kind kind, const attn_data_param *param, size_t steps);
/* The same for samples laid out as layout says, which stays the caller's: what of it depends on the
 * labels is filled in after each draw. Fails with a sentence for a layout of other n or T. */
attn_trial *attn_trial_alloc_layout(attn_tokens_kind kind, const attn_data_param *param,
                                    const attn_layout *layout, size_t steps);
/* The same, with room for a random start (start.h). */
attn_trial *attn_trial_alloc_gaussian(attn_tokens_kind kind, const attn_data_param *param,
                                      size_t steps);
/* The same with H heads and room for a Gaussian start of each; fails with a sentence for H = 0. */
attn_trial *attn_trial_alloc_heads(attn_tokens_kind kind, const attn_data_param *param,
                                   size_t steps, size_t heads);
void attn_trial_free(attn_trial *trial);

/* Draws labels and noise from the streams keyed by (seed, name, cell, replicate), and sets v and p
 * to zero. */
void attn_trial_draw(attn_trial *trial, uint64_t seed, const char *name, size_t cell,
                     size_t replicate);

/* Changes the signal norm and keeps labels and noise: common random numbers along rho. */
void attn_trial_set_rho(attn_trial *trial, double rho);

#endif
