/* Two steps of gradient descent fit every label, the clean samples by the signal token, the flipped
 * ones by their noise tokens (two-step theorem; theory sections 2 and 6b). */
#include <math.h>
#include <string.h>

#include "data.h"
#include "experiment.h"
#include "metrics.h"
#include "recursion.h"
#include "rng.h"
#include "stats.h"
#include "testset.h"
#include "tokens.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t n, T, d, d_scope, steps, draws, samples;
  double rho, eta, beta, level, delta, coherence;
  attn_list record, show;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &conf.n, "[2, 5000]", "the number of samples"},
    {"T", ATTN_KEY_COUNT, &conf.T, "[2, 64]", "the tokens per sample"},
    {"d", ATTN_KEY_COUNT, &conf.d, "[3, 1e6]", "the dimension"},
    {"d_scope", ATTN_KEY_COUNT, &conf.d_scope, "[3, 1e15]", "the dimension of the second setting"},
    {"rho", ATTN_KEY_REAL, &conf.rho, "(0, 1e9)", "the signal norm"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "[0, 0.5)", "the label-flip rate"},
    {"beta", ATTN_KEY_REAL, &conf.beta, "(0, 1e9)", "the step size"},
    {"steps", ATTN_KEY_COUNT, &conf.steps, "[2, 100000]", "the number of steps"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 100000]", "the draws of each setting"},
    {"samples", ATTN_KEY_COUNT, &conf.samples, "[1, 1e6]", "the number of test samples"},
    {"record", ATTN_KEY_COUNTS, &conf.record, "[0, 100000]", "the steps to record"},
    {"show", ATTN_KEY_COUNTS, &conf.show, "[0, 100000]", "the recorded steps in the table"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
};

enum { REFERENCE, SCOPE, SETTINGS };

/* Setting SCOPE keeps kappa = rho sqrt(n/d) and beta rho^2 and changes the dimension. */
static attn_data_param parameters(size_t setting, double *beta) {
  attn_data_param param = {conf.n, conf.T, conf.d, conf.rho, conf.eta};
  *beta = conf.beta;
  if (setting == SCOPE) {
    const double ratio = (double)conf.d_scope / (double)conf.d;
    param.d = conf.d_scope;
    param.rho *= sqrt(ratio);
    *beta /= ratio;
  }
  return param;
}

/* ---- sampling ---- */

#define COLUMNS                                                                                    \
  "setting dense step coherence clean_acc noisy_acc train_acc att_clean att_noisy share_clean "    \
  "share_noisy split fitted loss vv pp vp log10_risk test_clean test_given"

/* Trains one draw and writes a row for each recorded step; in the dense draw a test set is asked
 * too. */
static void train_one(attn_table *table, size_t job, size_t setting, bool dense, size_t draw,
                      const attn_experiment *experiment) {
  const uint64_t seed = attn_experiment_seed(experiment);
  const char *name = attn_experiment_name(experiment);
  double beta;
  const attn_data_param param = parameters(setting, &beta);
  attn_trial *trial =
      attn_trial_alloc(dense ? ATTN_TOKENS_DENSE : ATTN_TOKENS_BARTLETT, &param, conf.steps);
  attn_trial_draw(trial, seed, name, dense ? SETTINGS : setting, draw);
  attn_labels *labels = trial->labels;
  attn_tokens *tokens = trial->tokens;
  attn_model *model = trial->model;
  const attn_optim optim = {.beta = beta};
  const double coherence = dense ? NAN : attn_tokens_gram_coherence(tokens, param.n);
  attn_metrics metrics[ATTN_LIST_MAX];
  double at[ATTN_LIST_MAX], test_clean[ATTN_LIST_MAX], test_given[ATTN_LIST_MAX];
  double *kept = attn_alloc(dense ? conf.record.count * 2 * param.d : 0, sizeof *kept);
  size_t rows = 0;
  //@begin loop
  attn_model_zero(model);
  for (size_t step = 0;; step++) {
    attn_model_forward(model, tokens, labels);
    if (attn_list_has(&conf.record, (double)step)) {
      metrics[rows] = attn_metrics_measure(model, tokens, labels);
      if (dense) /* v and p themselves, to be tested below */
        memcpy(kept + rows * 2 * param.d, model->theta, 2 * param.d * sizeof *kept);
      at[rows++] = (double)step;
    }
    if (step == conf.steps)
      break;
    attn_train_step(model, tokens, labels, &optim, trial->w);
  }
  //@end loop
  if (dense) {
    attn_rng_start(trial->rng, seed, name, SETTINGS, draw, ATTN_STREAM_TEST);
    attn_testset_accuracy(test_clean, test_given, kept, rows, &(attn_population){.param = param},
                          conf.samples, trial->rng);
  }
  for (size_t r = 0; r < rows; r++) {
    const attn_metrics *m = &metrics[r];
    /* in a draw without noisy samples noisy_acc is not-a-number, and nothing is asked of it */
    const bool split = m->clean_acc == 1 && !(m->noisy_acc > 0);
    attn_table_cells(table, (double)job, (double)setting, dense, at[r], coherence, m->clean_acc,
                     m->noisy_acc, m->train_acc, m->att_clean, m->att_noisy, m->share_clean,
                     m->share_noisy, split, m->train_acc == 1, m->loss, m->vv, m->pp, m->vp,
                     attn_metrics_log10_risk(m, param.T));
    if (dense)
      attn_table_cells(table, test_clean[r], test_given[r]);
    attn_table_skip(table, NULL);
  }
  attn_free(kept);
  attn_trial_free(trial);
}

/* Jobs: the dense draw first, since it is the longest, then the draws of both settings. */
static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  for (size_t job = ATTN_FIRST_JOB;
       attn_experiment_next(experiment, 1 + SETTINGS * conf.draws, &job);)
    if (job == 0)
      train_one(table, job, REFERENCE, true, 0, experiment);
    else
      train_one(table, job, (job - 1) % SETTINGS, false, (job - 1) / SETTINGS, experiment);
}

/* ---- tables ---- */

/* trajectory.tsv: every recorded step with bands and predictions, for the figure; steps.tsv: the
 * shown steps of both settings, for the table. */
static void write_tables(attn_experiment *experiment, const attn_samples *samples) {
  static const char *banded[] = {"clean_acc", "noisy_acc", "att_clean", "att_noisy"};
  attn_table *trajectory = attn_experiment_table(
      experiment, "trajectory",
      "setting d step clean_acc_q05 clean_acc clean_acc_q95 noisy_acc_q05 noisy_acc noisy_acc_q95 "
      "att_clean_q05 att_clean att_clean_q95 att_noisy_q05 att_noisy att_noisy_q95 "
      "ideal_clean_acc ideal_noisy_acc ideal_att_clean ideal_att_noisy test_clean test_given");
  attn_table *steps = attn_experiment_table(
      experiment, "steps",
      "d step draws train_acc clean_acc noisy_acc all_fitted att_clean att_clean_low "
      "att_clean_high ideal_att_clean share_clean att_noisy att_noisy_low att_noisy_high "
      "ideal_att_noisy share_noisy log10_risk_q05 log10_risk log10_risk_q95 vv pp vp "
      "dense_train_acc dense_att_clean dense_att_noisy "
      "dense_test_clean dense_test_given dense_log10_risk");
  for (size_t setting = 0; setting < SETTINGS; setting++) {
    double beta;
    const attn_data_param param = parameters(setting, &beta);
    const double d = (double)param.d;
    attn_recursion ideal = attn_recursion_start(&param);
    for (size_t step = 0; step <= conf.steps; step++) {
      if (step > 0)
        attn_recursion_step(&ideal, &param, beta);
      if (!attn_list_has(&conf.record, (double)step))
        continue;
      const attn_where draws[] = {
          {"setting", (double)setting}, {"dense", 0}, {"step", (double)step}, {0}};
      const attn_where dense[] = {
          {"setting", (double)setting}, {"dense", 1}, {"step", (double)step}, {0}};
      attn_table_cells(trajectory, (double)setting, d, (double)step);
      for (size_t c = 0; c < sizeof banded / sizeof *banded; c++) {
        const attn_summary s = attn_samples_summary(samples, banded[c], draws, conf.level);
        attn_table_cells(trajectory, s.q05, s.mean, s.q95);
      }
      attn_table_cells(trajectory, ideal.margin[0] > 0, ideal.margin[1] > 0, ideal.attention[0],
                       ideal.attention[1]);
      attn_samples_write_means(trajectory, samples, "test_clean test_given", dense);
      if (!attn_list_has(&conf.show, (double)step))
        continue;
      const attn_summary clean = attn_samples_summary(samples, "att_clean", draws, conf.level);
      const attn_summary noisy = attn_samples_summary(samples, "att_noisy", draws, conf.level);
      const attn_summary risk = attn_samples_summary(samples, "log10_risk", draws, conf.level);
      attn_table_cells(steps, d, (double)step, (double)clean.count);
      attn_samples_write_means(steps, samples, "train_acc clean_acc noisy_acc fitted", draws);
      attn_table_cells(steps, clean.mean, clean.low, clean.high, ideal.attention[0]);
      attn_samples_write_means(steps, samples, "share_clean", draws);
      attn_table_cells(steps, noisy.mean, noisy.low, noisy.high, ideal.attention[1]);
      attn_samples_write_means(steps, samples, "share_noisy", draws);
      attn_table_cells(steps, risk.q05, risk.median, risk.q95);
      attn_samples_write_means(steps, samples, "vv pp vp", draws);
      attn_samples_write_means(
          steps, samples, "train_acc att_clean att_noisy test_clean test_given log10_risk", dense);
    }
  }
  attn_table_close(trajectory);
  attn_table_close(steps);
}

/* ---- claims ---- */

static void claims_of_setting(attn_experiment *experiment, const attn_samples *samples,
                              size_t setting) {
  enum { FIRST, SECOND, CLEAN, NOISY, RISK, CLAIMS };
  static const char *const ids[SETTINGS][CLAIMS] = {
      {"first-step-reference", "second-step-reference", "clean-attention-reference",
       "noisy-attention-reference", "two-step-risk-reference"},
      {"first-step", "second-step", "clean-attention", "noisy-attention", "two-step-risk"}};
  const char *const *id = ids[setting];
  double beta;
  const attn_data_param param = parameters(setting, &beta);
  const attn_where one[] = {{"setting", (double)setting}, {"dense", 0}, {"step", 1}, {0}};
  const attn_where two[] = {{"setting", (double)setting}, {"dense", 0}, {"step", 2}, {0}};
  const attn_claim base = attn_verdict_scope(
      attn_data_kappa(&param), attn_samples_largest(samples, "coherence", two), conf.coherence);
  //@begin verdicts
  const size_t split = attn_samples_count(samples, "split", 1, 1, one);
  attn_experiment_claim(
      experiment, attn_verdict_share(base, id[FIRST], split, conf.draws, conf.level, conf.delta));
  const size_t fitted = attn_samples_count(samples, "fitted", 1, 1, two);
  attn_experiment_claim(
      experiment, attn_verdict_share(base, id[SECOND], fitted, conf.draws, conf.level, conf.delta));
  attn_summary s = attn_samples_summary(samples, "att_clean", two, conf.level);
  attn_experiment_claim(experiment, attn_verdict_above(base, id[CLEAN], 0.5, s.mean, s.interval));
  s = attn_samples_summary(samples, "att_noisy", two, conf.level);
  attn_experiment_claim(experiment, attn_verdict_below(base, id[NOISY], 0.5, s.mean, s.interval));
  /* the theorem's rate exp(-c d/n^2) with c = 1 */
  const double n = (double)param.n, bound = -(double)param.d / (n * n) / log(10);
  const size_t small = attn_samples_count(samples, "log10_risk", -INFINITY, bound, two);
  attn_experiment_claim(
      experiment, attn_verdict_share(base, id[RISK], small, conf.draws, conf.level, conf.delta));
  //@end verdicts
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "after two steps of gradient descent all labels are fitted, noisy ones by noise",
      keys, sizeof keys / sizeof *keys);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_tables(experiment, samples);
    for (size_t setting = 0; setting < SETTINGS; setting++)
      claims_of_setting(experiment, samples, setting);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
