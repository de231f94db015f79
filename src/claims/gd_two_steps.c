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

#define COLUMNS                                                                                    \
  "setting dense step coherence clean_acc noisy_acc train_acc att_clean att_noisy share_clean "    \
  "share_noisy split fitted loss vv pp vp log10_risk test_clean test_given"
enum { WIDTH = 20, TEST_CLEAN = 18, TEST_GIVEN = 19 };

/* What is measured of a trained model, after the four columns that say where. */
static void measure(double *row /* [WIDTH] */, const attn_trial *trial) {
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  const double risk = attn_metrics_log10_risk(&m, trial->param.T);
  /* in a draw without noisy samples noisy_acc is not-a-number, and nothing is asked of it */
  const bool split = m.clean_acc == 1 && !(m.noisy_acc > 0);
  // clang-format off
  const double measured[WIDTH] = {
      NAN, NAN, NAN, NAN, m.clean_acc, m.noisy_acc, m.train_acc, m.att_clean, m.att_noisy,
      m.share_clean, m.share_noisy, split, m.train_acc == 1, m.loss, m.vv, m.pp, m.vp, risk,
      NAN, NAN};
  // clang-format on
  memcpy(row, measured, sizeof measured);
}

/* One draw, trained for conf.steps steps; row[r] receives the r-th recorded step. */
static size_t train_one(double (*row)[WIDTH], size_t setting, bool dense, size_t draw,
                        attn_experiment *experiment) {
  double beta;
  const attn_data_param param = parameters(setting, &beta);
  attn_trial *trial =
      attn_trial_alloc(dense ? ATTN_TOKENS_DENSE : ATTN_TOKENS_BARTLETT, &param, conf.steps);
  attn_trial_draw(trial, attn_experiment_seed(experiment), attn_experiment_name(experiment),
                  dense ? SETTINGS : setting, draw);
  attn_labels *labels = trial->labels;
  attn_tokens *tokens = trial->tokens;
  attn_model *model = trial->model;
  const attn_optim optim = {.beta = beta};
  const double coherence = dense ? NAN : attn_tokens_gram_coherence(tokens, param.n);
  double *kept = attn_alloc(dense ? conf.record.count * 2 * param.d : 0, sizeof *kept);

  size_t rows = 0;
  //@begin loop
  attn_model_zero(model);
  for (size_t step = 0;; step++) {
    attn_model_forward(model, tokens, labels);
    if (attn_list_has(&conf.record, (double)step)) {
      measure(row[rows], trial);
      memcpy(row[rows], (double[]){(double)setting, dense, (double)step, coherence},
             4 * sizeof **row);
      if (dense)
        memcpy(kept + rows * 2 * param.d, model->theta, 2 * param.d * sizeof *kept);
      rows++;
    }
    if (step == conf.steps)
      break;
    attn_train_step(model, tokens, labels, &optim, trial->w);
  }
  //@end loop

  if (dense) {
    double *clean = attn_alloc(2 * rows, sizeof *clean), *given = clean + rows;
    attn_rng_start(trial->rng, attn_experiment_seed(experiment), attn_experiment_name(experiment),
                   SETTINGS, draw, ATTN_STREAM_TEST);
    attn_testset_accuracy(clean, given, kept, rows, &param, conf.samples, trial->rng);
    for (size_t r = 0; r < rows; r++) {
      row[r][TEST_CLEAN] = clean[r];
      row[r][TEST_GIVEN] = given[r];
    }
    attn_free(clean);
  }
  attn_free(kept);
  attn_trial_free(trial);
  return rows;
}

/* Jobs: the dense draw first, since it is the longest, then the draws of both settings. */
static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  double(*row)[WIDTH] = attn_alloc(ATTN_LIST_MAX, sizeof *row);
  for (size_t job = ATTN_FIRST_JOB;
       attn_experiment_next(experiment, 1 + SETTINGS * conf.draws, &job);) {
    const bool dense = job == 0;
    const size_t setting = dense ? REFERENCE : (job - 1) % SETTINGS;
    const size_t rows =
        train_one(row, setting, dense, dense ? 0 : (job - 1) / SETTINGS, experiment);
    for (size_t r = 0; r < rows; r++) {
      attn_table_number(table, (double)job);
      attn_table_numbers(table, row[r], WIDTH);
    }
  }
  attn_free(row);
}

static attn_summary summary(const attn_samples *samples, double *x, const char *column,
                            size_t setting, bool dense, size_t step) {
  const size_t count = attn_samples_select(
      x, samples, column,
      (attn_where[]){{"setting", (double)setting}, {"dense", dense}, {"step", (double)step}, {0}});
  return attn_stats_summary(x, count, conf.level);
}

/* trajectory.tsv: every recorded step with bands and predictions, for the figure; steps.tsv: the
 * shown steps of both settings, for the table. */
static void write_tables(attn_experiment *experiment, const attn_samples *samples, double *x) {
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
    attn_recursion ideal = attn_recursion_start(&param);
    for (size_t step = 0; step <= conf.steps; step++) {
      if (step > 0)
        attn_recursion_step(&ideal, &param, beta);
      if (!attn_list_has(&conf.record, (double)step))
        continue;
#define OVER_DRAWS(column) summary(samples, x, column, setting, false, step)
#define IN_DENSE(column) summary(samples, x, column, setting, true, step).mean
      attn_table_numbers(trajectory, (double[]){(double)setting, (double)param.d, (double)step}, 3);
      for (size_t c = 0; c < sizeof banded / sizeof *banded; c++) {
        const attn_summary s = summary(samples, x, banded[c], setting, false, step);
        attn_table_numbers(trajectory, (double[]){s.q05, s.mean, s.q95}, 3);
      }
      attn_table_numbers(trajectory,
                         (double[]){ideal.margin[0] > 0, ideal.margin[1] > 0, ideal.attention[0],
                                    ideal.attention[1], IN_DENSE("test_clean"),
                                    IN_DENSE("test_given")},
                         6);
      if (!attn_list_has(&conf.show, (double)step))
        continue;
      const attn_summary clean = OVER_DRAWS("att_clean"), noisy = OVER_DRAWS("att_noisy");
      const attn_summary risk = OVER_DRAWS("log10_risk");
      // clang-format off
      const double row[] = {
          (double)param.d, (double)step, (double)clean.count, OVER_DRAWS("train_acc").mean,
          OVER_DRAWS("clean_acc").mean, OVER_DRAWS("noisy_acc").mean, OVER_DRAWS("fitted").mean,
          clean.mean, clean.low, clean.high, ideal.attention[0], OVER_DRAWS("share_clean").mean,
          noisy.mean, noisy.low, noisy.high, ideal.attention[1], OVER_DRAWS("share_noisy").mean,
          risk.q05, risk.median, risk.q95, OVER_DRAWS("vv").mean, OVER_DRAWS("pp").mean,
          OVER_DRAWS("vp").mean, IN_DENSE("train_acc"), IN_DENSE("att_clean"),
          IN_DENSE("att_noisy"), IN_DENSE("test_clean"), IN_DENSE("test_given"),
          IN_DENSE("log10_risk")};
      // clang-format on
      attn_table_numbers(steps, row, sizeof row / sizeof *row);
    }
  }
  attn_table_close(trajectory);
  attn_table_close(steps);
}

static size_t count_true(const double *holds, size_t count) {
  size_t met = 0;
  for (size_t i = 0; i < count; i++)
    met += holds[i] != 0;
  return met;
}

static void claims_of_setting(attn_experiment *experiment, const attn_samples *samples, double *x,
                              size_t setting) {
  enum { FIRST, SECOND, CLEAN, NOISY, RISK, CLAIMS };
  static const char *const ids[SETTINGS][CLAIMS] = {
      {"first-step-reference", "second-step-reference", "clean-attention-reference",
       "noisy-attention-reference", "two-step-risk-reference"},
      {"first-step", "second-step", "clean-attention", "noisy-attention", "two-step-risk"}};
  const char *const *id = ids[setting];
  double beta;
  const attn_data_param param = parameters(setting, &beta);
  const attn_summary coherence = summary(samples, x, "coherence", setting, false, 0);
  const attn_claim base = {.kappa = attn_data_kappa(&param),
                           .coherence = x[coherence.count - 1], /* the largest: x is sorted */
                           .in_scope = x[coherence.count - 1] <= conf.coherence};
  //@begin verdicts
  attn_summary s = summary(samples, x, "split", setting, false, 1);
  attn_experiment_claim(experiment, attn_verdict_share(base, id[FIRST], count_true(x, s.count),
                                                       s.count, conf.level, conf.delta));
  s = summary(samples, x, "fitted", setting, false, 2);
  attn_experiment_claim(experiment, attn_verdict_share(base, id[SECOND], count_true(x, s.count),
                                                       s.count, conf.level, conf.delta));
  s = summary(samples, x, "att_clean", setting, false, 2);
  attn_experiment_claim(
      experiment, attn_verdict_above(base, id[CLEAN], 0.5, s.mean, (attn_interval){s.low, s.high}));
  s = summary(samples, x, "att_noisy", setting, false, 2);
  attn_experiment_claim(
      experiment, attn_verdict_below(base, id[NOISY], 0.5, s.mean, (attn_interval){s.low, s.high}));
  s = summary(samples, x, "log10_risk", setting, false, 2);
  /* the theorem's rate exp(-c d/n^2) with c = 1 */
  const double n = (double)param.n, bound = -(double)param.d / (n * n) / log(10);
  for (size_t i = 0; i < s.count; i++)
    x[i] = x[i] <= bound;
  attn_experiment_claim(experiment, attn_verdict_share(base, id[RISK], count_true(x, s.count),
                                                       s.count, conf.level, conf.delta));
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
    double *x = attn_alloc(samples->rows, sizeof *x);
    write_tables(experiment, samples, x);
    for (size_t setting = 0; setting < SETTINGS; setting++)
      claims_of_setting(experiment, samples, x, setting);
    attn_free(x);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
