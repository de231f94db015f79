/* Two steps of gradient descent suffice in a window of step sizes: below it the noisy labels are not
 * fitted yet, above it every label is fitted by noise (theory section 6b). */
#include <math.h>

#include "experiment.h"
#include "metrics.h"
#include "recursion.h"
#include "risk.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t n, T, late, draws, slice_draws, window_draws, window_late;
  double eta, ratio, slice_kappa, low_b, mid_b, high_b, small_b, b_min, b_max, allowed, benign,
      harmful, delta, coherence, level;
  attn_list kappa, b, slice_b, show_b, record, window_kappa, window_ratio;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &conf.n, "[10, 4000]", "the number of samples"},
    {"T", ATTN_KEY_COUNT, &conf.T, "[2, 16]", "the tokens per sample"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate"},
    {"ratio", ATTN_KEY_REAL, &conf.ratio, "[1, 1e12)", "d/n of map, slice and claims"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[3, 1e6]", "the number of steps that is late"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "kappa of the map"},
    {"b", ATTN_KEY_LIST, &conf.b, "(0, 1e6)", "the scaled step sizes of the map"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[1, 1000]", "the draws of the map"},
    {"slice_kappa", ATTN_KEY_REAL, &conf.slice_kappa, "(0, 1e3)", "kappa of the slice"},
    {"slice_b", ATTN_KEY_LIST, &conf.slice_b, "(0, 1e6)", "the scaled step sizes of the slice"},
    {"show_b", ATTN_KEY_LIST, &conf.show_b, "(0, 1e6)", "those of the slice in the table"},
    {"slice_draws", ATTN_KEY_COUNT, &conf.slice_draws, "[3, 1e4]", "the draws of the slice"},
    {"record", ATTN_KEY_COUNTS, &conf.record, "[1, 1e6]", "the steps to record"},
    {"low_b", ATTN_KEY_REAL, &conf.low_b, "(0, 1e6)", "a step size below the window"},
    {"mid_b", ATTN_KEY_REAL, &conf.mid_b, "(0, 1e6)", "a step size inside the window"},
    {"high_b", ATTN_KEY_REAL, &conf.high_b, "(0, 1e6)", "a step size above the window"},
    {"small_b", ATTN_KEY_REAL, &conf.small_b, "(0, 1e6)", "the largest of the small step sizes"},
    {"window_kappa", ATTN_KEY_LIST, &conf.window_kappa, "(0, 1e3)", "kappa of the windows"},
    {"window_ratio", ATTN_KEY_LIST, &conf.window_ratio, "[1, 1e12)", "d/n of the windows"},
    {"window_draws", ATTN_KEY_COUNT, &conf.window_draws, "[3, 1e4]", "the draws of each window"},
    {"window_late", ATTN_KEY_COUNT, &conf.window_late, "[3, 1e6]", "late, for the windows"},
    {"b_min", ATTN_KEY_REAL, &conf.b_min, "(0, 1e6)", "where the search for an end begins"},
    {"b_max", ATTN_KEY_REAL, &conf.b_max, "(0, 1e6)", "where it ends"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed relative distance"},
    {"benign", ATTN_KEY_REAL, &conf.benign, "(0, 0.5)", "the largest risk called benign"},
    {"harmful", ATTN_KEY_REAL, &conf.harmful, "(0, 0.5)", "the risk above which it is harmful"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

enum { MAP, SLICE, WINDOW };
enum { NEVER = 0 }; /* in the column "first": no step so far has fitted all labels */

static attn_data_param parameters(double kappa, double ratio) {
  const size_t d = (size_t)(ratio * (double)conf.n);
  return (attn_data_param){conf.n, conf.T, d, attn_data_rho(kappa, conf.n, d), conf.eta};
}

/* ---- sampling: map and slice, training on one draw ---- */

#define COLUMNS                                                                                    \
  "part kappa b draw step train noisy log10_risk att_clean att_noisy loss first first_risk "       \
  "ratio first_class noisy_1 noisy_2 low low_all high late_edge coherence"

/* Writes a row for each recorded step. */
static void train_and_record(attn_table *table, size_t job, size_t part, size_t draw, double kappa,
                             double b, attn_trial *trial) {
  const attn_labels *labels = trial->labels;
  attn_model *model = trial->model;
  const attn_optim optim = {.beta = attn_train_step_size(&trial->param, b)};
  const double coherence = attn_tokens_gram_coherence(trial->tokens, conf.n);
  double first = NEVER, first_risk = NAN;
  //@begin steps
  attn_model_zero(model);
  for (size_t step = 0;; step++) {
    attn_model_forward(model, trial->tokens, labels);
    const bool fitted_now = first == NEVER && attn_metrics_fitted(model, labels);
    const bool recorded = attn_list_has(&conf.record, (double)step);
    if (fitted_now || recorded) {
      const attn_metrics m = attn_metrics_measure(model, trial->tokens, labels);
      const double risk = attn_metrics_log10_risk(&m, conf.T);
      if (fitted_now) {
        first = (double)step;
        first_risk = risk;
      }
      if (recorded) {
        attn_table_cells(table, (double)job, (double)part, kappa, b, (double)draw, (double)step,
                         m.train_acc, m.noisy_acc, risk, m.att_clean, m.att_noisy, m.loss, first,
                         first_risk);
        attn_table_skip(table, "coherence");
        attn_table_number(table, coherence);
      }
    }
    if (step == conf.late)
      break;
    attn_train_step(model, trial->tokens, labels, &optim, trial->w);
  }
  //@end steps
}

/* ---- sampling and prediction: the window, its ends as roots of functions of log b ---- */

/* LOW: the noisy samples' mean margin after two steps; LOW_ALL: the smallest noisy margin; HIGH: log
 * risk after two steps against the benign one; LATE_EDGE: the clean samples' mean attention on the
 * signal against one half, late. */
typedef enum { LOW, LOW_ALL, HIGH, LATE_EDGE, ENDS } window_end;

static const char *const end_name[ENDS] = {"low", "low_all", "high", "late_edge"};

typedef struct {
  window_end which;
  attn_data_param param;
  attn_trial *trial; /* NULL: orthogonal noise and these counts */
  attn_counts counts;
} search;

static size_t steps_to(window_end which) {
  return which == LATE_EDGE ? conf.window_late : 2;
}

/* On a draw; not-a-number for LOW and LOW_ALL when no sample is noisy. */
static double drawn_at(const search *s, double b) {
  attn_trial *trial = s->trial;
  const attn_optim optim = {.beta = attn_train_step_size(&s->param, b)};
  //@begin window
  attn_model_zero(trial->model);
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == steps_to(s->which))
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  switch (s->which) {
  case LOW:
    return m.margin_noisy;
  case LOW_ALL:
    return m.least_noisy;
  case HIGH:
    return attn_metrics_log10_risk(&m, conf.T) - log10(conf.benign);
  default:
    return m.att_clean - 0.5;
  }
  //@end window
}

/* On orthogonal noise, where all noisy samples of a class have one margin. */
static double ideal_at(const search *s, double b) {
  attn_recursion_pair r = attn_recursion_pair_start(&s->param, &s->counts);
  for (size_t step = 0; step < steps_to(s->which); step++)
    attn_recursion_pair_step(&r, attn_train_step_size(&s->param, b));
  if (s->which == LATE_EDGE)
    return attn_recursion_pair_attention(&r) - 0.5;
  if (s->which != HIGH)
    return attn_recursion_pair_margin(&r);
  const attn_risk_input input = attn_recursion_pair_risk_input(&r);
  return attn_risk_log10(&input, conf.T).log10_clean - log10(conf.benign);
}

static double at_log_b(double log_b, void *context) {
  const search *s = context;
  return s->trial == NULL ? ideal_at(s, exp(log_b)) : drawn_at(s, exp(log_b));
}

static double locate(search *s, window_end which) {
  s->which = which;
  return exp(attn_stats_root(at_log_b, s, log(conf.b_min), log(conf.b_max), 1e-4));
}

static double predicted_end(window_end which, double ratio, double kappa,
                            const attn_counts *counts) {
  search ideal = {.param = parameters(kappa, ratio), .counts = *counts};
  return locate(&ideal, which);
}

/* ---- jobs: a draw of the map's row of one kappa, of one step size of the slice, of one window ---- */

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const size_t draws[] = {conf.draws, conf.slice_draws, conf.window_draws};
  const size_t jobs[] = {conf.kappa.count * draws[MAP], conf.slice_b.count * draws[SLICE],
                         conf.window_ratio.count * conf.window_kappa.count * draws[WINDOW]};
  for (size_t job = ATTN_FIRST_JOB;
       attn_experiment_next(experiment, jobs[MAP] + jobs[SLICE] + jobs[WINDOW], &job);) {
    size_t part = 0, j = job;
    while (j >= jobs[part])
      j -= jobs[part++];
    const size_t cell = j / draws[part], draw = j % draws[part], windows = conf.window_kappa.count;
    const double ratio = part == WINDOW ? conf.window_ratio.value[cell / windows] : conf.ratio;
    const double kappa = part == MAP     ? conf.kappa.value[cell]
                         : part == SLICE ? conf.slice_kappa
                                         : conf.window_kappa.value[cell % windows];
    const attn_data_param param = parameters(kappa, ratio);
    attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, conf.late);
    /* the stream is the draw's, not the cell's: all cells of a part see the same draws */
    attn_trial_draw(trial, attn_experiment_seed(experiment), attn_experiment_name(experiment), part,
                    draw);
    if (part == MAP) {
      for (size_t i = 0; i < conf.b.count; i++)
        train_and_record(table, job, part, draw, kappa, conf.b.value[i], trial);
    } else if (part == SLICE) {
      train_and_record(table, job, part, draw, kappa, conf.slice_b.value[cell], trial);
    } else {
      search s = {.param = param, .trial = trial};
      const attn_counts counts = attn_labels_counts(trial->labels);
      attn_table_cells(table, (double)job, (double)part, kappa, NAN, (double)draw);
      attn_table_skip(table, "ratio");
      attn_table_cells(table, ratio, counts.n[0], counts.noisy[0], counts.noisy[1]);
      for (window_end e = LOW; e < ENDS; e++)
        attn_table_number(table, locate(&s, e));
      attn_table_number(table, attn_tokens_gram_coherence(trial->tokens, conf.n));
    }
    attn_trial_free(trial);
  }
}

/* ---- tables ---- */

static double ideal_first(double kappa, double b) {
  const attn_data_param param = parameters(kappa, conf.ratio);
  return attn_recursion_first_fit(&param, attn_train_step_size(&param, b), conf.late);
}

static void write_map(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "map",
      "kappa b x_low x_high y_low y_high first first_predicted first_risk train_2 log10_risk_2 "
      "att_clean_2 train_late log10_risk_late loss_1 loss_2 loss_late");
  const double end = (double)conf.late;
  for (size_t k = 0; k < conf.kappa.count; k++)
    for (size_t i = 0; i < conf.b.count; i++) {
      const double kappa = conf.kappa.value[k], b = conf.b.value[i];
      const attn_where one[] = {{"part", MAP}, {"kappa", kappa}, {"b", b}, {"step", 1}, {0}};
      const attn_where two[] = {{"part", MAP}, {"kappa", kappa}, {"b", b}, {"step", 2}, {0}};
      const attn_where late[] = {{"part", MAP}, {"kappa", kappa}, {"b", b}, {"step", end}, {0}};
      const double first = attn_samples_median(samples, "first", late);
      double x[2], y[2];
      attn_list_cell(x, &conf.kappa, k);
      attn_list_cell(y, &conf.b, i);
      attn_table_cells(table, kappa, b, x[0], x[1], y[0], y[1], first == NEVER ? NAN : first,
                       ideal_first(kappa, b));
      attn_samples_write_medians(table, samples, "first_risk", late);
      attn_samples_write_medians(table, samples, "train log10_risk att_clean", two);
      attn_samples_write_medians(table, samples, "train log10_risk", late);
      attn_samples_write_medians(table, samples, "loss", one);
      attn_samples_write_medians(table, samples, "loss", two);
      attn_samples_write_medians(table, samples, "loss", late);
    }
  attn_table_close(table);
}

static void write_slice_row(attn_table *table, const attn_samples *samples, double b, double step) {
  const attn_where where[] = {{"part", SLICE}, {"b", b}, {"step", step}, {0}};
  const attn_summary noisy = attn_samples_summary(samples, "noisy", where, conf.level);
  attn_table_cells(table, b, step, attn_samples_share(samples, "train", 1, where), noisy.mean,
                   noisy.low, noisy.high);
  attn_samples_write_medians(table, samples, "log10_risk", where);
  attn_samples_write_means(table, samples, "att_clean att_noisy loss", where);
}

/* slice.tsv: a row for each recorded step and step size; cases.tsv: the same for a few step sizes;
 * first.tsv: a row for each step size. */
static void write_slice(attn_experiment *experiment, const attn_samples *samples) {
  const char *const columns = "b step all_fitted noisy noisy_low noisy_high log10_risk att_clean "
                              "att_noisy loss";
  attn_list grid = conf.slice_b;
  attn_stats_sort(grid.value, grid.count);
  attn_table *slice = attn_experiment_table(experiment, "slice", columns);
  for (size_t r = 0; r < conf.record.count; r++)
    for (size_t i = 0; i < grid.count; i++)
      write_slice_row(slice, samples, grid.value[i], conf.record.value[r]);
  attn_table_close(slice);
  attn_table *cases = attn_experiment_table(experiment, "cases", columns);
  for (size_t i = 0; i < conf.show_b.count; i++)
    for (size_t r = 0; r < conf.record.count; r++)
      write_slice_row(cases, samples, conf.show_b.value[i], conf.record.value[r]);
  attn_table_close(cases);
  attn_table *table = attn_experiment_table(
      experiment, "first",
      "b interpolate first first_q05 first_q95 first_predicted first_risk late_risk");
  for (size_t i = 0; i < grid.count; i++) {
    const double b = grid.value[i];
    const attn_where late[] = {{"part", SLICE}, {"b", b}, {"step", (double)conf.late}, {0}};
    const double never = attn_samples_share(samples, "first", NEVER, late);
    const attn_summary first = attn_samples_summary(samples, "first", late, conf.level);
    attn_table_cells(table, b, 1 - never);
    if (never > 0)
      attn_table_skip(table, "first_predicted");
    else
      attn_table_cells(table, first.median, first.q05, first.q95);
    attn_table_number(table, ideal_first(conf.slice_kappa, b));
    attn_samples_write_medians(table, samples, "first_risk log10_risk", late);
  }
  attn_table_close(table);
}

static void write_windows(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "window",
      "ratio kappa draws low low_low low_high low_predicted low_found low_all low_all_low "
      "low_all_high low_all_predicted low_all_found high high_low high_high high_predicted "
      "high_found late_edge late_low late_high late_predicted late_found");
  for (size_t r = 0; r < conf.window_ratio.count; r++)
    for (size_t k = 0; k < conf.window_kappa.count; k++) {
      const double ratio = conf.window_ratio.value[r], kappa = conf.window_kappa.value[k];
      const attn_data_param param = parameters(kappa, ratio);
      const attn_counts balanced = attn_data_expected_counts(&param);
      const attn_where where[] = {{"part", WINDOW}, {"ratio", ratio}, {"kappa", kappa}, {0}};
      attn_table_cells(table, ratio, kappa, (double)conf.window_draws);
      for (window_end e = LOW; e < ENDS; e++) {
        const attn_summary m = attn_samples_summary(samples, end_name[e], where, conf.level);
        attn_table_cells(table, m.mean, m.low, m.high, predicted_end(e, ratio, kappa, &balanced),
                         (double)m.count);
      }
    }
  attn_table_close(table);
}

/* ---- claims ---- */

/* An end's claim: measured / predicted, averaged over kappa, since those share a draw. The prediction
 * is for the draw's counts. */
static void window_claim(attn_experiment *experiment, const attn_samples *samples, const char *id,
                         window_end e) {
  const size_t draws = conf.window_draws, cells = conf.window_kappa.count;
  double *ratio = attn_alloc(cells * draws, sizeof *ratio); /* [kappa][draw] */
  for (size_t i = 0; i < cells * draws; i++) {
    const double kappa = conf.window_kappa.value[i / draws];
    const attn_where where[] = {{"part", WINDOW},
                                {"ratio", conf.ratio},
                                {"kappa", kappa},
                                {"draw", (double)(i % draws)},
                                {0}};
    const double first_class = attn_samples_value(samples, "first_class", where);
    const attn_counts counts = {{first_class, (double)conf.n - first_class},
                                {attn_samples_value(samples, "noisy_1", where),
                                 attn_samples_value(samples, "noisy_2", where)}};
    ratio[i] = attn_samples_value(samples, end_name[e], where) /
               predicted_end(e, conf.ratio, kappa, &counts);
  }
  const attn_summary s = attn_stats_draws(ratio, cells, draws, ATTN_DRAW_MEAN, conf.level);
  const double coherence = attn_samples_largest(
      samples, "coherence", (attn_where[]){{"part", WINDOW}, {"ratio", conf.ratio}, {0}});
  attn_experiment_claim(experiment,
                        attn_verdict_within(attn_verdict_scope(NAN, coherence, conf.coherence), id,
                                            1, conf.allowed, s.mean, s.interval));
  attn_free(ratio);
}

static attn_claim slice_base(const attn_samples *samples) {
  const double coherence =
      attn_samples_largest(samples, "coherence", (attn_where[]){{"part", SLICE}, {0}});
  return attn_verdict_scope(conf.slice_kappa, coherence, conf.coherence);
}

/* Below, inside and above the window: what each draw shows after two steps and late. */
static void slice_claims(attn_experiment *experiment, const attn_samples *samples) {
  const char *const id[] = {"two-steps-need-matched-step", "matched-step-benign",
                            "large-step-harmful"};
  const double at_b[] = {conf.low_b, conf.mid_b, conf.high_b}, end = (double)conf.late;
  const double benign = log10(conf.benign), harmful = log10(conf.harmful);
  for (size_t c = 0; c < 3; c++) {
    size_t met = 0;
    //@begin verdicts
    for (size_t draw = 0; draw < conf.slice_draws; draw++) {
      const double b = at_b[c], r = (double)draw;
      const attn_where two[] = {{"part", SLICE}, {"b", b}, {"draw", r}, {"step", 2}, {0}};
      const attn_where late[] = {{"part", SLICE}, {"b", b}, {"draw", r}, {"step", end}, {0}};
      const double risk_2 = attn_samples_value(samples, "log10_risk", two);
      const double risk_late = attn_samples_value(samples, "log10_risk", late);
      const bool fitted_2 = attn_samples_value(samples, "train", two) == 1;
      met += c == 0 ? attn_samples_value(samples, "noisy", two) == 0 &&
                          attn_samples_value(samples, "train", late) == 1 && risk_late <= benign
             : c == 1 ? fitted_2 && risk_2 <= benign
                      : fitted_2 && attn_samples_value(samples, "att_clean", two) < 0.5 &&
                            risk_2 > harmful && risk_late > harmful;
    }
    //@end verdicts
    attn_experiment_claim(experiment, attn_verdict_share(slice_base(samples), id[c], met,
                                                         conf.slice_draws, conf.level, conf.delta));
  }
}

/* Steps to interpolation against b, for small steps: the exponent of each draw. */
static void slower_claim(attn_experiment *experiment, const attn_samples *samples) {
  double *slope = attn_alloc(conf.slice_draws, sizeof *slope);
  size_t slopes = 0;
  for (size_t draw = 0; draw < conf.slice_draws; draw++) {
    const attn_where late[] = {
        {"part", SLICE}, {"draw", (double)draw}, {"step", (double)conf.late}, {0}};
    const attn_pairs p = attn_samples_pairs(samples, "b", "first", late);
    for (size_t i = 0; i < p.count; i++)
      if (p.x[i] > conf.small_b || p.y[i] == NEVER)
        p.x[i] = NAN; /* no point of the line */
    const double fitted = attn_stats_power(p.x, p.y, p.count, conf.level).slope;
    if (!isnan(fitted))
      slope[slopes++] = fitted;
  }
  const attn_summary s = attn_stats_summary(slope, slopes, conf.level);
  attn_experiment_claim(experiment, attn_verdict_within(slice_base(samples), "small-step-slower",
                                                        -1, conf.allowed, s.mean, s.interval));
  attn_free(slope);
}

/* In how many draws does any step size of the slice end above the loss of the start? */
static void divergence_claim(attn_experiment *experiment, const attn_samples *samples) {
  size_t diverged = 0;
  for (size_t draw = 0; draw < conf.slice_draws; draw++) {
    const attn_where late[] = {
        {"part", SLICE}, {"draw", (double)draw}, {"step", (double)conf.late}, {0}};
    diverged += attn_samples_count(samples, "loss", 0, log(2), late) < conf.slice_b.count;
  }
  attn_experiment_claim(
      experiment, attn_verdict_above(slice_base(samples), "large-step-diverges", 0,
                                     (double)diverged / (double)conf.slice_draws,
                                     attn_stats_binomial(diverged, conf.slice_draws, conf.level)));
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "the step sizes for which two steps of gradient descent suffice", keys,
      sizeof keys / sizeof *keys);
  const double cases[] = {conf.low_b, conf.mid_b, conf.high_b};
  for (size_t c = 0; c < 3; c++)
    if (!attn_list_has(&conf.slice_b, cases[c]))
      attn_fail("low_b, mid_b and high_b must be among slice_b, and %g is not", cases[c]);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_map(experiment, samples);
    write_slice(experiment, samples);
    write_windows(experiment, samples);
    window_claim(experiment, samples, "step-window-low", LOW);
    window_claim(experiment, samples, "step-window-high", HIGH);
    slice_claims(experiment, samples);
    slower_claim(experiment, samples);
    divergence_claim(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
