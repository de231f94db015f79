/* The two settings of the public notebook: weak signals are fitted at once and turn harmful, very strong
 * ones leave the noisy labels unfitted for long; and the same kappa where the hypotheses are met. */
#include <math.h>

#include "boundary.h"
#include "experiment.h"
#include "interpolator.h"
#include "logprob.h"
#include "metrics.h"
#include "recursion.h"
#include "risk.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t draws;
  double harmful, tiny, delta, coherence, level;
  attn_list n, d, rho, eta, beta, steps, like, record;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNTS, &conf.n, "[10, 2000]", "the samples of each setting"},
    {"d", ATTN_KEY_COUNTS, &conf.d, "[3, 1e12]", "its dimension"},
    {"rho", ATTN_KEY_LIST, &conf.rho, "[0, 1e6)", "its signal norm"},
    {"eta", ATTN_KEY_LIST, &conf.eta, "(0, 0.5)", "its flip rate"},
    {"beta", ATTN_KEY_LIST, &conf.beta, "[0, 1e6)", "its step size"},
    {"steps", ATTN_KEY_COUNTS, &conf.steps, "[2, 1e5]", "its steps"},
    {"like", ATTN_KEY_COUNTS, &conf.like, "[0, 100]",
     "the setting whose kappa and beta rho^2 it has, counted from 1"},
    {"record", ATTN_KEY_COUNTS, &conf.record, "[0, 1e5]", "the steps to record"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 1e4]", "draws of each setting"},
    {"harmful", ATTN_KEY_REAL, &conf.harmful, "(0, 0.5)", "the least risk that is harmful"},
    {"tiny", ATTN_KEY_REAL, &conf.tiny, "(0, 0.5)", "the largest risk that is negligible"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* The settings, in the order of the configuration. */
enum { FIRST, D10, D100, D250, D1000, FIRST_SCOPE, SECOND_SCOPE, SETTINGS };

static const size_t T = 2;

/* rho and beta are given, or follow from those of another setting. */
static attn_data_param parameters(size_t s, double *beta) {
  attn_data_param param = {(size_t)conf.n.value[s], T, (size_t)conf.d.value[s], conf.rho.value[s],
                           conf.eta.value[s]};
  *beta = conf.beta.value[s];
  if (conf.like.value[s] > 0) {
    const attn_data_param other = parameters((size_t)conf.like.value[s] - 1, beta);
    param.rho = attn_data_rho(attn_data_kappa(&other), param.n, param.d);
    *beta *= other.rho * other.rho / (param.rho * param.rho);
  }
  return param;
}

/* ---- sampling ---- */

/* first: the first step after which all labels are fitted; separable: a linear model on the averaged
 * tokens can fit them; both in the last row of a draw. */
#define COLUMNS                                                                                    \
  "setting draw step coherence train_acc clean_acc noisy_acc fitted att_clean att_noisy "          \
  "log10_risk risk test_given last first separable"

/* Whether v' (mean of the tokens) can fit all labels: a hard-margin support vector machine. */
static bool is_separable(attn_trial *trial) {
  const size_t n = trial->param.n;
  double *K = attn_alloc(n * n, sizeof *K), *a = attn_alloc(n, sizeof *a);
  double *weight = attn_alloc(n * T, sizeof *weight);
  attn_svm_workspace *svm = attn_svm_alloc(n);
  attn_svm_result result;
  const attn_maxmargin_set set = {trial->labels, attn_tokens_gram_matrix(trial->tokens),
                                  trial->param.rho};
  for (size_t i = 0; i < n * T; i++)
    weight[i] = 1 / (double)T;
  attn_maxmargin_mixed_gram(K, weight, &set);
  const bool separable = attn_svm_solve(a, &result, K, n, svm) == ATTN_SVM_OK;
  attn_svm_free(svm);
  attn_free(weight);
  attn_free(a);
  attn_free(K);
  return separable;
}

static void run(attn_table *table, size_t job, size_t s, size_t draw,
                const attn_experiment *experiment) {
  double beta;
  const attn_data_param param = parameters(s, &beta);
  const size_t steps = (size_t)conf.steps.value[s];
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, steps);
  attn_trial_draw(trial, attn_experiment_seed(experiment), "notebook_settings", s, draw);
  const double coherence = attn_tokens_gram_coherence(trial->tokens, param.n);
  const attn_optim optim = {.beta = beta};
  double first = NAN;
  //@begin train
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (isnan(first) && attn_metrics_fitted(trial->model, trial->labels))
      first = (double)step;
    const bool last = step == steps;
    if (last || attn_list_has(&conf.record, (double)step)) {
      const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
      const double log10_risk = attn_metrics_log10_risk(&m, T);
      attn_table_cells(table, (double)job, (double)s, (double)draw, (double)step, coherence,
                       m.train_acc, m.clean_acc, m.noisy_acc, m.train_acc == 1, m.att_clean,
                       m.att_noisy, log10_risk, pow(10, log10_risk),
                       1 - pow(10, attn_risk_log10_noisy(log10_risk, param.eta)), last);
      if (last)
        attn_table_cells(table, first, is_separable(trial));
      else
        attn_table_skip(table, NULL);
    }
    if (last)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  //@end train
  attn_trial_free(trial);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, SETTINGS * conf.draws, &job);)
    run(table, job, job % SETTINGS, job / SETTINGS, experiment);
}

/* ---- tables ---- */

static double first_step_risk(const attn_data_param *param) {
  const double kappa = attn_data_kappa(param), ratio = (double)param->d / (double)param->n;
  return attn_logprob_phi(-(1 - 2 * param->eta) * kappa * kappa * sqrt(ratio) / 2) / log(10);
}

/* What is known before training. */
static void write_settings(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(experiment, "settings",
                                            "setting n d rho eta steps kappa snr b coherence "
                                            "needed kappa_a kappa_b kappa_c first_predicted "
                                            "log10_risk_1_predicted");
  for (size_t s = 0; s < SETTINGS; s++) {
    double beta;
    const attn_data_param param = parameters(s, &beta);
    const double n = (double)param.n, b = beta * param.rho * param.rho;
    /* the boundaries of this step size, where the noise is nearly orthogonal */
    const attn_data_param wide = {param.n, T, (size_t)1e12, 1, param.eta};
    const attn_boundary_search search = {b, (size_t)conf.steps.value[s], 0.3, 10};
    attn_table_cells(
        table, (double)s + 1, n, (double)param.d, param.rho, param.eta, conf.steps.value[s],
        attn_data_kappa(&param), param.rho / sqrt((double)param.d), b,
        attn_samples_largest(samples, "coherence", (attn_where[]){{"setting", (double)s}, {0}}),
        (double)param.d / (n * n * log(n)));
    for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++)
      attn_table_number(table, attn_boundary_ideal(w, &search, &wide));
    attn_table_cells(table, attn_recursion_first_fit(&param, beta, 100000),
                     first_step_risk(&param));
  }
  attn_table_close(table);
}

/* Shares are means over draws; the rest are medians, since a few draws with n > d end up anywhere
 * (see the chapter). */
static void write_steps(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *steps = attn_experiment_table(
      experiment, "steps",
      "setting d step train_acc clean_acc noisy_acc fitted att_clean att_noisy log10_risk_q05 "
      "log10_risk log10_risk_q95 risk risk_low risk_high test_given ideal_att_clean "
      "ideal_att_noisy "
      "ideal_log10_risk");
  attn_table *last = attn_experiment_table(
      experiment, "last",
      "setting d kappa coherence fitted_2 train_acc clean_acc noisy_acc fitted first separable "
      "att_clean att_noisy log10_risk_q05 log10_risk log10_risk_q95 test_given");
  for (size_t s = 0; s < SETTINGS; s++) {
    double beta;
    const attn_data_param param = parameters(s, &beta);
    attn_recursion ideal = attn_recursion_start(&param);
    for (size_t step = 0; step <= (size_t)conf.steps.value[s]; step++) {
      if (step > 0)
        attn_recursion_step(&ideal, &param, beta);
      const attn_where where[] = {{"setting", (double)s}, {"step", (double)step}, {0}};
      const attn_summary log10_risk =
          attn_samples_summary(samples, "log10_risk", where, conf.level);
      if (log10_risk.count == 0)
        continue;
      const attn_interval risk = attn_samples_median_interval(samples, "risk", where, conf.level);
      attn_table_cells(steps, (double)s + 1, (double)param.d, (double)step);
      attn_samples_write_means(steps, samples, "train_acc clean_acc noisy_acc fitted", where);
      attn_samples_write_medians(steps, samples, "att_clean att_noisy", where);
      attn_table_cells(steps, log10_risk.q05, log10_risk.median, log10_risk.q95,
                       attn_samples_median(samples, "risk", where), risk.low, risk.high);
      attn_samples_write_medians(steps, samples, "test_given", where);
      attn_table_cells(steps, ideal.attention[0], ideal.attention[1],
                       attn_recursion_log10_risk(&ideal, T));
    }
    const attn_where two[] = {{"setting", (double)s}, {"step", 2}, {0}};
    const attn_where end[] = {{"setting", (double)s}, {"last", 1}, {0}};
    attn_table_cells(last, (double)s + 1, (double)param.d, attn_data_kappa(&param),
                     attn_samples_largest(samples, "coherence", end));
    attn_samples_write_means(last, samples, "fitted", two);
    attn_samples_write_means(last, samples, "train_acc clean_acc noisy_acc fitted", end);
    attn_samples_write_medians(last, samples, "first", end);
    attn_samples_write_means(last, samples, "separable", end);
    attn_samples_write_medians(last, samples, "att_clean att_noisy", end);
    const attn_summary risk = attn_samples_summary(samples, "log10_risk", end, conf.level);
    attn_table_cells(last, risk.q05, risk.median, risk.q95);
    attn_samples_write_medians(last, samples, "test_given", end);
  }
  attn_table_close(steps);
  attn_table_close(last);
}

/* ---- claims ---- */

static attn_claim base_of(const attn_samples *samples, size_t s) {
  double beta;
  const attn_data_param param = parameters(s, &beta);
  return attn_verdict_scope(
      attn_data_kappa(&param),
      attn_samples_largest(samples, "coherence", (attn_where[]){{"setting", (double)s}, {0}}),
      conf.coherence);
}

/* The share of draws in which a column is 1 (0) at a step; step SIZE_MAX is the last. */
static void claim_share(attn_experiment *experiment, const attn_samples *samples, const char *id,
                        size_t s, size_t step, const char *column, double goal) {
  const attn_where where[] = {
      {"setting", (double)s},
      {step == SIZE_MAX ? "last" : "step", step == SIZE_MAX ? 1 : (double)step},
      {0}};
  attn_experiment_claim(
      experiment,
      attn_verdict_share(
          base_of(samples, s), id, attn_samples_count(samples, column, goal, goal, where),
          attn_samples_count(samples, column, -INFINITY, INFINITY, where), conf.level, conf.delta));
}

/* The mean risk at the end against the harmful one. */
static void claim_harmful(attn_experiment *experiment, const attn_samples *samples, const char *id,
                          size_t s) {
  const attn_summary risk = attn_samples_summary(
      samples, "risk", (attn_where[]){{"setting", (double)s}, {"last", 1}, {0}}, conf.level);
  attn_experiment_claim(experiment, attn_verdict_above(base_of(samples, s), id, conf.harmful,
                                                       risk.mean, risk.interval));
}

/* The share of draws with a negligible risk at the end. */
static void claim_tiny(attn_experiment *experiment, const attn_samples *samples, const char *id,
                       size_t s) {
  const attn_where where[] = {{"setting", (double)s}, {"last", 1}, {0}};
  attn_experiment_claim(experiment,
                        attn_verdict_share(base_of(samples, s), id,
                                           attn_samples_count(samples, "log10_risk", -INFINITY,
                                                              log10(conf.tiny), where),
                                           conf.draws, conf.level, conf.delta));
}

static void write_claims(attn_experiment *experiment, const attn_samples *samples) {
  claim_share(experiment, samples, "notebook-first-fitted", FIRST, 1, "fitted", 1);
  claim_harmful(experiment, samples, "notebook-first-harmful", FIRST);
  claim_share(experiment, samples, "notebook-first-fitted-scope", FIRST_SCOPE, 1, "fitted", 1);
  claim_harmful(experiment, samples, "notebook-first-harmful-scope", FIRST_SCOPE);
  claim_share(experiment, samples, "notebook-second-unfitted", D1000, 2, "noisy_acc", 0);
  claim_share(experiment, samples, "notebook-second-unfitted-scope", SECOND_SCOPE, 2, "noisy_acc",
              0);
  claim_share(experiment, samples, "notebook-second-fitted", D1000, SIZE_MAX, "fitted", 1);
  claim_share(experiment, samples, "notebook-second-fitted-scope", SECOND_SCOPE, SIZE_MAX, "fitted",
              1);
  claim_share(experiment, samples, "notebook-smallest-unfitted", D10, SIZE_MAX, "fitted", 0);
  claim_share(experiment, samples, "notebook-smallest-inseparable", D10, SIZE_MAX, "separable", 0);
  claim_tiny(experiment, samples, "notebook-second-risk", D1000);
  claim_tiny(experiment, samples, "notebook-second-risk-scope", SECOND_SCOPE);
  claim_tiny(experiment, samples, "notebook-smallest-risk", D10);
}

int main(int argc, char **argv) {
  attn_experiment *experiment =
      attn_experiment_begin(argc, argv, "the public notebook's two settings, by the exact risk",
                            keys, sizeof keys / sizeof *keys);
  const attn_list *const lists[] = {&conf.n,    &conf.d,     &conf.rho, &conf.eta,
                                    &conf.beta, &conf.steps, &conf.like};
  for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
    if (lists[l]->count != SETTINGS)
      attn_fail("%s: %zu values, expected one for each of the %d settings", keys[l].name,
                lists[l]->count, (int)SETTINGS);
  for (size_t s = 0; s < SETTINGS; s++)
    if (conf.like.value[s] > (double)s)
      attn_fail("like: setting %zu has that of setting %.0f, which must stand before it", s + 1,
                conf.like.value[s]);
    else if (conf.like.value[s] == 0 && !(conf.rho.value[s] > 0 && conf.beta.value[s] > 0))
      attn_fail("rho, beta: setting %zu needs values above 0, or a setting that it is like", s + 1);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_settings(experiment, samples);
    write_steps(experiment, samples);
    write_claims(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
