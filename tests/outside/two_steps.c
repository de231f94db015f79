/* A program outside the laboratory: what attn gd --steps 2 prints in its last row, the accuracy on the
 * training set and log10 of the exact risk on clean labels. */
#include <stdio.h>

#include <attn/linalg.h>
#include <attn/metrics.h>
#include <attn/train.h>
#include <attn/trial.h>

int main(void) {
  attn_linalg_start();
  const attn_data_param param = {.n = 200, .T = 2, .d = 40000, .rho = 30, .eta = 0.05};
  const attn_optim optim = {.beta = 0.025};
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 2);
  attn_trial_draw(trial, 1, "attn gd", 0, 0);
  for (int step = 0; step < 2; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  printf("%.10g\t%.10g\n", m.train_acc, attn_metrics_log10_risk(&m, param.T));
  attn_trial_free(trial);
  return 0;
}
