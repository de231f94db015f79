/* Claim: heads that start at random do not take different roles: they differ sample by sample as the
 * start made them differ, and training adds little to it (theory sections 4, 6b). */
#include <math.h>

#include "experiment.h"
#include "metrics_heads.h"
#include "recursion.h"
#include "start.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "verdict.h"

static struct {
  size_t n, draws, shown_heads;
  double factor, eta, b, shown_kappa, shown_start, from, apart, gain, same, divided, most, benign,
      coherence, level;
  attn_list heads, kappa, start, record;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &conf.n, "[8, 1000]", "the number of samples, of two tokens each"},
    {"factor", ATTN_KEY_REAL, &conf.factor, "(0, 1e6)", "d/n^2"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the scaled step size beta rho^2"},
    {"heads", ATTN_KEY_COUNTS, &conf.heads, "[2, 32]", "the numbers of heads"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "the values of rho sqrt(n/d)"},
    {"start", ATTN_KEY_LIST, &conf.start, "(0, 1e3)", "the scales of Gaussian starts, rising"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 1e4]", "the draws"},
    {"record", ATTN_KEY_COUNTS, &conf.record, "[0, 1e6]", "the steps to record, rising from 0"},
    {"shown_heads", ATTN_KEY_COUNT, &conf.shown_heads, "[2, 32]", "the H shown over training"},
    {"shown_kappa", ATTN_KEY_REAL, &conf.shown_kappa, "(0, 1e3)", "the kappa shown"},
    {"shown_start", ATTN_KEY_REAL, &conf.shown_start, "(0, 1e3)", "the start shown at every kappa"},
    {"from", ATTN_KEY_REAL, &conf.from, "(0, 1e3)", "the kappa from which signal is expected"},
    {"apart", ATTN_KEY_REAL, &conf.apart, "(0, 1)", "the index that counts as specialised"},
    {"gain", ATTN_KEY_REAL, &conf.gain, "(0, 1)", "the change of an index that counts"},
    {"same", ATTN_KEY_REAL, &conf.same, "(0, 1)", "the index up to which heads do the same"},
    {"divided", ATTN_KEY_REAL, &conf.divided, "(0, 1)", "the index of divided samples"},
    {"most", ATTN_KEY_REAL, &conf.most, "(0.5, 1)", "the share that counts as most samples"},
    {"benign", ATTN_KEY_REAL, &conf.benign, "(0, 0.5)", "the risk that counts as negligible"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* What is random at the start. */
enum { ATTENTION_ONLY, ALL, KINDS };
static const char *const kind_name[KINDS] = {"p", "v and p"};

static attn_data_param parameters(double kappa) {
  attn_data_param param = {conf.n, 2, (size_t)round(conf.factor * (double)(conf.n * conf.n)), 0,
                           conf.eta};
  param.rho = attn_data_rho(kappa, param.n, param.d);
  return param;
}

/* ---- sampling ---- */

#define COLUMNS                                                                                    \
  "heads kappa start kind draw step coherence train_acc att_clean att_noisy head_least head_most " \
  "between by_class within mean_clean mean_noisy log10_risk risk_error certain"

static void run(attn_table *table, size_t job, attn_trial *trial, double kappa, double start,
                size_t kind, size_t draw, uint64_t seed) {
  const attn_optim optim = {.beta = conf.b / (trial->param.rho * trial->param.rho)};
  const attn_model *model = trial->model;
  size_t row = 0;
  attn_trial_draw(trial, seed, "head_specialisation", 0, draw);
  attn_labels_balance(trial->labels, conf.eta);
  const double coherence = attn_tokens_gram_coherence(trial->tokens, conf.n);
  //@begin train
  attn_start_trial(trial, ATTN_START_GAUSSIAN, kind == ALL ? start : 0, start, seed,
                   "head_specialisation", 0, draw);
  for (size_t step = 0; row < conf.record.count; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == (size_t)conf.record.value[row]) {
      const attn_metrics_heads m = attn_metrics_heads_measure(model, trial->labels);
      attn_risk_result risk = {.log10_clean = NAN, .error = NAN, .status = ATTN_RISK_UNCERTAIN};
      if (++row == conf.record.count)
        risk = attn_metrics_heads_risk(model, trial->tokens);
      attn_table_cells(table, (double)job, (double)model->H, kappa, start, (double)kind,
                       (double)draw, (double)step, coherence, m.train_acc, m.att_clean, m.att_noisy,
                       m.head_least, m.head_most, m.between, m.by_class, m.within, m.mean_clean,
                       m.mean_noisy, risk.log10_clean, risk.error, risk.status == ATTN_RISK_OK);
    }
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  //@end train
}

/* One draw at one kappa with H heads: all starts, which are multiples of one another. */
static void run_job(attn_table *table, size_t job, size_t heads, double kappa, size_t draw,
                    uint64_t seed) {
  const attn_data_param param = parameters(kappa);
  attn_trial *trial = attn_trial_alloc_heads(ATTN_TOKENS_BARTLETT, &param, 1, heads);
  for (size_t i = 0; i < conf.start.count; i++)
    for (size_t kind = 0; kind < KINDS; kind++)
      run(table, job, trial, kappa, conf.start.value[i], kind, draw, seed);
  attn_trial_free(trial);
}

/* Jobs from many heads, the costly ones, to few. */
static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const size_t each = conf.kappa.count * conf.draws;
  for (size_t job = ATTN_FIRST_JOB;
       attn_experiment_next(experiment, conf.heads.count * each, &job);)
    run_job(table, job, (size_t)conf.heads.value[conf.heads.count - 1 - job / each],
            conf.kappa.value[job % each / conf.draws], job % conf.draws,
            attn_experiment_seed(experiment));
}

/* ---- tables ---- */

static double last_step(void) {
  return conf.record.value[conf.record.count - 1];
}

/* Clean attention of as many equal heads from zero, after the last step, on orthogonal noise. */
static double ideal_clean(double heads, double kappa) {
  const attn_data_param param = parameters(kappa);
  attn_recursion r = attn_recursion_start(&param);
  for (size_t step = 0; (double)step < last_step(); step++)
    attn_recursion_step_heads(&r, &param, conf.b / (param.rho * param.rho), heads);
  return r.attention[0];
}

/* A row of one cell after the last step, with the indices of the start. */
static void write_cell(attn_table *table, const attn_samples *samples, double heads, double kappa,
                       double start, size_t kind) {
  attn_where at[] = {{"heads", heads},       {"kappa", kappa},      {"start", start},
                     {"kind", (double)kind}, {"step", last_step()}, {0}};
  attn_table_cells(table, heads, kappa, start, (double)kind,
                   attn_samples_share(samples, "train_acc", 1, at));
  attn_samples_write_means(table, samples,
                           "att_clean att_noisy head_least head_most between by_class within "
                           "mean_clean mean_noisy",
                           at);
  at[4].value = 0;
  attn_samples_write_means(table, samples, "between by_class within", at);
  at[4].value = last_step();
  const attn_summary risk = attn_samples_summary(samples, "log10_risk", at, conf.level);
  attn_table_cells(table, risk.median, risk.q05, risk.q95,
                   attn_samples_largest(samples, "risk_error", at),
                   attn_samples_mean(samples, "certain", at), ideal_clean(heads, kappa));
  attn_table_text(table, kind_name[kind]);
}

/* All cells, those of the kappa that is shown, and those of the start that is shown. */
static void write_cells(attn_experiment *experiment, const attn_samples *samples, const char *name,
                        double kappa, double start) {
  attn_table *table = attn_experiment_table(
      experiment, name,
      "heads kappa start kind fitted att_clean att_noisy head_least head_most between by_class "
      "within mean_clean mean_noisy between_0 by_class_0 within_0 log10_risk risk_q05 risk_q95 "
      "risk_error certain ideal_clean kind_name");
  for (size_t h = 0; h < conf.heads.count; h++)
    for (size_t k = 0; k < conf.kappa.count; k++)
      for (size_t kind = 0; kind < KINDS; kind++)
        for (size_t i = 0; i < conf.start.count; i++)
          if ((kappa == 0 || conf.kappa.value[k] == kappa) &&
              (start == 0 || (conf.start.value[i] == start && kind == ALL)))
            write_cell(table, samples, conf.heads.value[h], conf.kappa.value[k],
                       conf.start.value[i], kind);
  attn_table_close(table);
}

static void write_steps(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table =
      attn_experiment_table(experiment, "steps",
                            "start kind step train_acc att_clean att_noisy head_least "
                            "head_most between within kind_name");
  for (size_t kind = 0; kind < KINDS; kind++)
    for (size_t i = 0; i < conf.start.count; i++)
      for (size_t r = 0; r < conf.record.count; r++) {
        const attn_where at[] = {{"heads", (double)conf.shown_heads}, {"kappa", conf.shown_kappa},
                                 {"start", conf.start.value[i]},      {"kind", (double)kind},
                                 {"step", conf.record.value[r]},      {0}};
        attn_table_cells(table, conf.start.value[i], (double)kind, conf.record.value[r]);
        attn_samples_write_means(
            table, samples, "train_acc att_clean att_noisy head_least head_most between within",
            at);
        attn_table_text(table, kind_name[kind]);
      }
  attn_table_close(table);
}

/* ---- claims ---- */

/* The cells of starts [first, last] and kappa >= from, over heads and kinds; a draw counts once. */
typedef struct {
  size_t first, last;
  double from;
} region;

/* A column at the last step, or its change since the start. */
static attn_summary over(const attn_samples *samples, const char *column, bool change, region of,
                         attn_draw_rule rule) {
  const size_t most = conf.heads.count * conf.kappa.count * KINDS * conf.start.count * conf.draws;
  double *value = attn_alloc(most, sizeof *value);
  size_t cells = 0;
  for (size_t h = 0; h < conf.heads.count; h++)
    for (size_t k = 0; k < conf.kappa.count; k++)
      for (size_t kind = 0; kind < KINDS; kind++)
        for (size_t i = of.first; i <= of.last; i++) {
          if (conf.kappa.value[k] < of.from)
            continue;
          for (size_t draw = 0; draw < conf.draws; draw++) {
            attn_where at[] = {{"heads", conf.heads.value[h]},
                               {"kappa", conf.kappa.value[k]},
                               {"start", conf.start.value[i]},
                               {"kind", (double)kind},
                               {"draw", (double)draw},
                               {"step", last_step()},
                               {0}};
            double x = attn_samples_value(samples, column, at);
            at[5].value = 0;
            if (change)
              x -= attn_samples_value(samples, column, at);
            value[cells * conf.draws + draw] = x;
          }
          cells++;
        }
  const attn_summary s = attn_stats_draws(value, cells, conf.draws, rule, conf.level);
  attn_free(value);
  return s;
}

static void write_claims(attn_experiment *experiment, const attn_samples *samples) {
  const attn_claim base = attn_verdict_scope(
      NAN, attn_samples_largest(samples, "coherence", (attn_where[]){{0}}), conf.coherence);
  const size_t top = conf.start.count - 1;
  const region all = {0, top, 0}, small = {0, 0, 0}, large = {top, top, 0};
  const region small_above = {0, 0, conf.from}, large_above = {top, top, conf.from};
  //@begin verdicts
  const attn_summary between = over(samples, "between", false, all, ATTN_DRAW_LARGEST);
  attn_experiment_claim(experiment, attn_verdict_above(base, "heads-specialise", conf.apart,
                                                       between.mean, between.interval));
  const attn_summary classes = over(samples, "by_class", false, all, ATTN_DRAW_LARGEST);
  attn_experiment_claim(experiment, attn_verdict_above(base, "heads-divide-classes", conf.apart,
                                                       classes.mean, classes.interval));
  const attn_summary gain = over(samples, "between", true, all, ATTN_DRAW_LARGEST);
  attn_experiment_claim(experiment, attn_verdict_below(base, "heads-keep-roles", conf.gain,
                                                       gain.mean, gain.interval));
  const attn_summary alike = over(samples, "within", false, small, ATTN_DRAW_LARGEST);
  attn_experiment_claim(
      experiment, attn_verdict_below(base, "heads-alike", conf.same, alike.mean, alike.interval));
  const attn_summary divided = over(samples, "within", false, large, ATTN_DRAW_LEAST);
  attn_experiment_claim(experiment, attn_verdict_above(base, "heads-divide-samples", conf.divided,
                                                       divided.mean, divided.interval));
  const attn_summary added = over(samples, "within", true, large, ATTN_DRAW_LARGEST);
  attn_experiment_claim(experiment, attn_verdict_below(base, "heads-division-inherited", conf.gain,
                                                       added.mean, added.interval));
  static const char *const id[2][3] = {
      {"heads-mean-clean", "heads-mean-noisy", "heads-benign"},
      {"heads-mean-clean-large", "heads-mean-noisy-large", "heads-benign-large"}};
  for (size_t i = 0; i < 2; i++) {
    const region of = i == 0 ? small_above : large_above;
    const attn_summary clean = over(samples, "mean_clean", false, of, ATTN_DRAW_MEAN);
    const attn_summary noisy = over(samples, "mean_noisy", false, of, ATTN_DRAW_MEAN);
    const attn_summary risk = over(samples, "log10_risk", false, of, ATTN_DRAW_LARGEST);
    attn_experiment_claim(
        experiment, attn_verdict_above(base, id[i][0], conf.most, clean.mean, clean.interval));
    attn_experiment_claim(
        experiment, attn_verdict_above(base, id[i][1], conf.most, noisy.mean, noisy.interval));
    attn_experiment_claim(experiment, attn_verdict_below(base, id[i][2], log10(conf.benign),
                                                         risk.mean, risk.interval));
  }
  //@end verdicts
}

int main(int argc, char **argv) {
  attn_experiment *experiment =
      attn_experiment_begin(argc, argv, "whether heads that start at random take different roles",
                            keys, sizeof keys / sizeof *keys);
  if (conf.record.value[0] != 0 || conf.record.count < 2)
    attn_fail("record: starts with step 0 and has at least one more");
  for (size_t r = 1; r < conf.record.count; r++)
    if (conf.record.value[r] <= conf.record.value[r - 1])
      attn_fail("record: %g comes after %g, and the steps must rise", conf.record.value[r],
                conf.record.value[r - 1]);
  if (!attn_list_has(&conf.heads, (double)conf.shown_heads) ||
      !attn_list_has(&conf.kappa, conf.shown_kappa) ||
      !attn_list_has(&conf.start, conf.shown_start))
    attn_fail("shown_heads = %zu, shown_kappa = %g, shown_start = %g: must be among heads, kappa "
              "and start",
              conf.shown_heads, conf.shown_kappa, conf.shown_start);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_cells(experiment, samples, "starts", 0, 0);
    write_cells(experiment, samples, "shown", conf.shown_kappa, 0);
    write_cells(experiment, samples, "signal", 0, conf.shown_start);
    write_steps(experiment, samples);
    write_claims(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
