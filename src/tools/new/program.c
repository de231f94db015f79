/* REPLACE by your claim. As it stands: two steps of gradient descent fit every training label, over a
 * range of kappa (theory section 6b). */
#include <math.h>

#include "experiment.h"
#include "metrics.h"
#include "recursion.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

/* REPLACE: what experiments/@STEM@.conf sets; each key with its range and a noun for messages. */
static struct {
  size_t n, T, d, steps, draws;
  double eta, b, level, delta, coherence;
  attn_list kappa;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &conf.n, "[2, 2000]", "the number of samples"},
    {"T", ATTN_KEY_COUNT, &conf.T, "[2, 16]", "the tokens per sample"},
    {"d", ATTN_KEY_COUNT, &conf.d, "[3, 1e15]", "the dimension"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "[0, 0.5)", "the label-flip rate"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "rho sqrt(n/d)"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the scaled step size beta max(rho^2, d/n)"},
    {"steps", ATTN_KEY_COUNT, &conf.steps, "[1, 10000]", "the steps of gradient descent"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 1e5]", "the draws at each kappa"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
};

static attn_data_param setting(size_t i) {
  return (attn_data_param){conf.n, conf.T, conf.d,
                           attn_data_rho(conf.kappa.value[i], conf.n, conf.d), conf.eta};
}

/* ---- sampling: one process of many computes some of the jobs, in any order ---- */

/* REPLACE: what a row of a job holds, after the job's number. */
#define COLUMNS "kappa coherence fitted att_clean att_noisy log10_risk"

/* REPLACE: one job. Here it is the draw-th draw at the i-th kappa, trained from zero. */
static void run(attn_table *table, size_t job, size_t i, size_t draw,
                const attn_experiment *experiment) {
  const attn_data_param param = setting(i);
  const attn_optim optim = {.beta = attn_train_step_size(&param, conf.b)};
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, conf.steps);
  attn_trial_draw(trial, attn_experiment_seed(experiment), attn_experiment_name(experiment), i,
                  draw);
  //@begin loop
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == conf.steps)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  //@end loop
  attn_table_cells(table, (double)job, conf.kappa.value[i],
                   attn_tokens_gram_coherence(trial->tokens, param.n), m.train_acc == 1,
                   m.att_clean, m.att_noisy, attn_metrics_log10_risk(&m, param.T));
  attn_trial_free(trial);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const size_t cells = conf.kappa.count;
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, cells * conf.draws, &job);)
    run(table, job, job % cells, job / cells, experiment);
}

/* ---- summary: once, from the rows of all jobs ---- */

/* REPLACE: the published table, measurements beside predictions; the figure and the page read it. */
static void write_table(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "grid",
      "kappa draws fitted att_clean att_clean_low att_clean_high att_clean_predicted att_noisy "
      "att_noisy_low att_noisy_high att_noisy_predicted log10_risk_q05 log10_risk log10_risk_q95 "
      "log10_risk_predicted");
  for (size_t i = 0; i < conf.kappa.count; i++) {
    const attn_data_param param = setting(i);
    const attn_where here[] = {{"kappa", conf.kappa.value[i]}, {0}};
    attn_recursion ideal = attn_recursion_start(&param); /* noise exactly orthogonal */
    for (size_t step = 0; step < conf.steps; step++)
      attn_recursion_step(&ideal, &param, attn_train_step_size(&param, conf.b));
    const attn_summary clean = attn_samples_summary(samples, "att_clean", here, conf.level);
    const attn_summary noisy = attn_samples_summary(samples, "att_noisy", here, conf.level);
    const attn_summary risk = attn_samples_summary(samples, "log10_risk", here, conf.level);
    attn_table_cells(table, conf.kappa.value[i], (double)clean.count,
                     attn_samples_mean(samples, "fitted", here), clean.mean, clean.low, clean.high,
                     ideal.attention[0], noisy.mean, noisy.low, noisy.high, ideal.attention[1],
                     risk.q05, risk.median, risk.q95, attn_recursion_log10_risk(&ideal, param.T));
  }
  attn_table_close(table);
}

/* REPLACE: each claim of the chapter's front matter by its id, as a row with its verdict. */
static void decide_claims(attn_experiment *experiment, const attn_samples *samples) {
  const attn_where all[] = {{0}};
  const attn_claim base =
      attn_verdict_scope(NAN, attn_samples_largest(samples, "coherence", all), conf.coherence);
  attn_experiment_claim(experiment,
                        attn_verdict_share(base, "@CLAIM@-fitted",
                                           attn_samples_count(samples, "fitted", 1, 1, all),
                                           conf.kappa.count * conf.draws, conf.level, conf.delta));
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "two steps fit all training labels over a range of kappa", /* REPLACE */
      keys, sizeof keys / sizeof *keys);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_table(experiment, samples);
    decide_claims(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
