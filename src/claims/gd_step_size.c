/* Two steps of gradient descent suffice in a window of step sizes: below it the noisy labels are not
 * fitted yet, above it every label is fitted by noise (theory section 6b). */
#include <math.h>
#include <string.h>

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
enum { NEVER = 0 }; /* in the column "first": no step up to the late one interpolates */

static attn_data_param parameters(double kappa, double ratio) {
  const size_t d = (size_t)(ratio * (double)conf.n);
  return (attn_data_param){conf.n, conf.T, d, kappa * sqrt((double)d / (double)conf.n), conf.eta};
}

/* beta for b = beta max(rho^2, d/n) */
static double step_size(const attn_data_param *param, double b) {
  return b / fmax(param->rho * param->rho, (double)param->d / (double)param->n);
}

/* ---- map and slice: train on one draw and record ---- */

#define COLUMNS                                                                                    \
  "part kappa b draw step train noisy log10_risk att_clean att_noisy loss first first_risk "       \
  "ratio first_class noisy_1 noisy_2 low low_all high late_edge coherence"
enum { WIDTH = 22, RATIO = 13 };

/* Writes one row for each recorded step. */
static void train_and_record(attn_table *table, size_t job, size_t part, size_t draw, double kappa,
                             double b, attn_trial *trial) {
  attn_trial_set_rho(trial, kappa * sqrt((double)trial->param.d / (double)trial->param.n));
  const attn_optim optim = {.beta = step_size(&trial->param, b)};
  const double coherence = attn_tokens_gram_coherence(trial->tokens, conf.n);
  double first = NEVER, first_risk = NAN;
  //@begin steps
  attn_model_zero(trial->model);
  for (size_t step = 0; step <= conf.late; step++) {
    if (step > 0)
      attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    size_t right = 0;
    for (size_t i = 0; i < conf.n; i++)
      right += trial->labels->y[i] * trial->model->f[i] > 0;
    const bool interpolates = first == NEVER && right == conf.n;
    if (!interpolates && !attn_list_has(&conf.record, (double)step))
      continue;
    const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
    const double risk = attn_metrics_log10_risk(&m, conf.T);
    if (interpolates) {
      first = (double)step;
      first_risk = risk;
    }
    //@end steps
    if (attn_list_has(&conf.record, (double)step)) {
      attn_table_numbers(
          table, (double[]){(double)job, (double)part, kappa, b, (double)draw, (double)step}, 6);
      attn_table_numbers(table,
                         (double[]){m.train_acc, m.noisy_acc, risk, m.att_clean, m.att_noisy,
                                    m.loss, step == conf.late ? first : NAN,
                                    step == conf.late ? first_risk : NAN},
                         8);
      attn_table_numbers(table, (double[]){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, coherence}, 9);
    }
  }
}

/* ---- window: its ends as roots of functions of log b on one draw ---- */

/* LOW: the noisy samples' mean margin after two steps; LOW_ALL: the smallest noisy margin; HIGH: log
 * risk after two steps against the benign one; LATE_EDGE: the clean samples' mean attention on the
 * signal against one half, late. */
typedef enum { LOW, LOW_ALL, HIGH, LATE_EDGE, ENDS } window_end;

static const char *const end_name[ENDS] = {"low", "low_all", "high", "late_edge"};

/* How many samples a draw has of each class, and how many of them are noisy. */
typedef struct {
  double n[2], noisy[2];
} counts;

typedef struct {
  window_end which;
  attn_data_param param;
  attn_trial *trial; /* NULL: orthogonal noise and these counts */
  counts counts;
} search;

/* Orthogonal noise. A class never meets the other's tokens, so each is a recursion of its own: that
 * of a balanced draw of 2 n_k samples with the class's share of flips, whose step size makes up for
 * the mean over n in the loss. */
static double ideal_at(const search *s, double b) {
  const counts *c = &s->counts;
  const double n = c->n[0] + c->n[1], d = (double)s->param.d;
  double margin = 0, attention = 0;
  attn_risk_input input = {.residual2 = NAN};
  //@begin ideal
  for (size_t k = 0; k < 2; k++) {
    const double sign = k == 0 ? 1 : -1;
    attn_data_param param = s->param;
    param.n = 2 * (size_t)c->n[k];
    param.eta = c->noisy[k] / c->n[k];
    const double beta = step_size(&s->param, b) * 2 * c->n[k] / n;
    attn_recursion r = attn_recursion_start(&param);
    for (size_t step = 0; step < (s->which == LATE_EDGE ? conf.window_late : 2); step++)
      attn_recursion_step(&r, &param, beta);
    margin += c->noisy[k] * r.margin[1];
    attention += (c->n[k] - c->noisy[k]) / (n - c->noisy[0] - c->noisy[1]) * r.attention[0];
    input.mv[k] = sign * r.v_mu;
    input.mp[k] = r.p_mu;
    input.vv += r.vv / 2; /* r has both classes alike */
    input.pp += r.pp / 2;
    input.vp +=
        sign * ((double)conf.T - 1) / d *
        ((c->n[k] - c->noisy[k]) * r.v_xi[0] * r.p_xi[0] - c->noisy[k] * r.v_xi[1] * r.p_xi[1]);
  }
  //@end ideal
  if (s->which == LATE_EDGE)
    return attention - 0.5;
  return s->which == HIGH ? attn_risk_log10(&input, conf.T).log10_clean - log10(conf.benign)
                          : margin;
}

static double drawn_at(const search *s, double b) {
  attn_trial *trial = s->trial;
  const attn_optim optim = {.beta = step_size(&s->param, b)};
  //@begin window
  attn_model_zero(trial->model);
  for (size_t step = 0; step < (s->which == LATE_EDGE ? conf.window_late : 2); step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  double sum = 0, least = INFINITY; /* of the noisy samples' margins; no noisy sample, no sign */
  for (size_t i = 0; i < conf.n; i++)
    if (attn_labels_noisy(trial->labels, i)) {
      const double margin = trial->labels->y[i] * trial->model->f[i];
      sum += margin;
      least = fmin(least, margin);
    }
  switch (s->which) {
  case LOW:
    return sum;
  case LOW_ALL:
    return least;
  case HIGH:
    return attn_metrics_log10_risk(&m, conf.T) - log10(conf.benign);
  default:
    return m.att_clean - 0.5;
  }
  //@end window
}

static double at_log_b(double log_b, void *context) {
  const search *s = context;
  return s->trial == NULL ? ideal_at(s, exp(log_b)) : drawn_at(s, exp(log_b));
}

static double locate(search *s, window_end which) {
  s->which = which;
  return exp(attn_stats_root(at_log_b, s, log(conf.b_min), log(conf.b_max), 1e-4));
}

static counts counts_of(const attn_labels *labels) {
  counts c = {0};
  for (size_t i = 0; i < labels->n; i++) {
    c.n[labels->k[i]]++;
    c.noisy[labels->k[i]] += attn_labels_noisy(labels, i);
  }
  return c;
}

/* ---- jobs: a draw of the map's row of one kappa, of one step size of the slice, of one window ---- */

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const size_t windows = conf.window_ratio.count * conf.window_kappa.count;
  const size_t parts[] = {conf.kappa.count * conf.draws, conf.slice_b.count * conf.slice_draws,
                          windows * conf.window_draws};
  for (size_t job = ATTN_FIRST_JOB;
       attn_experiment_next(experiment, parts[0] + parts[1] + parts[2], &job);) {
    size_t part = 0, j = job;
    while (j >= parts[part])
      j -= parts[part++];
    const size_t draws = part == MAP     ? conf.draws
                         : part == SLICE ? conf.slice_draws
                                         : conf.window_draws;
    const size_t cell = j / draws, draw = j % draws;
    const double ratio =
        part == WINDOW ? conf.window_ratio.value[cell / conf.window_kappa.count] : conf.ratio;
    const double kappa = part == MAP     ? conf.kappa.value[cell]
                         : part == SLICE ? conf.slice_kappa
                                         : conf.window_kappa.value[cell % conf.window_kappa.count];
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
      double row[WIDTH];
      for (size_t c = 0; c < WIDTH; c++)
        row[c] = NAN;
      memcpy(row, (double[]){(double)part, kappa, NAN, (double)draw}, 4 * sizeof *row);
      row[RATIO] = ratio;
      const counts c = counts_of(trial->labels);
      memcpy(row + RATIO + 1, (double[]){c.n[0], c.noisy[0], c.noisy[1]}, 3 * sizeof *row);
      for (window_end e = LOW; e < ENDS; e++)
        row[RATIO + 4 + e] = locate(&s, e);
      row[WIDTH - 1] = attn_tokens_gram_coherence(trial->tokens, conf.n);
      attn_table_number(table, (double)job);
      attn_table_numbers(table, row, WIDTH);
    }
    attn_trial_free(trial);
  }
}

/* ---- results ---- */

static double median_of(double *x, size_t count) {
  attn_stats_sort(x, count);
  return attn_stats_quantile(x, count, 0.5);
}

static size_t select_step(double *x, const attn_samples *samples, const char *column, size_t part,
                          double kappa, double b, double step) {
  return attn_samples_select(
      x, samples, column,
      (attn_where[]){{"part", (double)part}, {"kappa", kappa}, {"b", b}, {"step", step}, {0}});
}

/* The first step after which the recursion fits clean and noisy samples; NEVER if none by late. */
static double ideal_first(double kappa, double b) {
  const attn_data_param param = parameters(kappa, conf.ratio);
  attn_recursion r = attn_recursion_start(&param);
  for (size_t step = 1; step <= conf.late; step++) {
    attn_recursion_step(&r, &param, step_size(&param, b));
    if (r.margin[0] > 0 && r.margin[1] > 0)
      return (double)step;
  }
  return NEVER;
}

static void write_map(attn_experiment *experiment, const attn_samples *samples, double *x) {
  attn_table *table = attn_experiment_table(
      experiment, "map",
      "kappa b x_low x_high y_low y_high first first_predicted first_risk train_2 log10_risk_2 "
      "att_clean_2 train_late log10_risk_late loss_1 loss_2 loss_late");
  for (size_t k = 0; k < conf.kappa.count; k++)
    for (size_t i = 0; i < conf.b.count; i++) {
      const double kappa = conf.kappa.value[k], b = conf.b.value[i], late = (double)conf.late;
      double ends[4];
      attn_list_cell(ends, &conf.kappa, k);
      attn_list_cell(ends + 2, &conf.b, i);
      attn_table_numbers(table, (double[]){kappa, b}, 2);
      attn_table_numbers(table, ends, 4);
#define MEDIAN(column, step) median_of(x, select_step(x, samples, column, MAP, kappa, b, step))
      const double first = MEDIAN("first", late), ideal = ideal_first(kappa, b);
      attn_table_numbers(table,
                         (double[]){first == NEVER ? NAN : first, ideal == NEVER ? NAN : ideal,
                                    MEDIAN("first_risk", late), MEDIAN("train", 2),
                                    MEDIAN("log10_risk", 2), MEDIAN("att_clean", 2),
                                    MEDIAN("train", late), MEDIAN("log10_risk", late),
                                    MEDIAN("loss", 1), MEDIAN("loss", 2), MEDIAN("loss", late)},
                         11);
#undef MEDIAN
    }
  attn_table_close(table);
}

static double share_of(const double *x, size_t count, double goal) {
  size_t met = 0;
  for (size_t i = 0; i < count; i++)
    met += x[i] == goal;
  return (double)met / (double)count;
}

#define SELECT(column, at) select_step(x, samples, column, SLICE, conf.slice_kappa, b, at)
static void write_slice_row(attn_table *table, const attn_samples *samples, double *x, double b,
                            double step) {
  attn_table_numbers(table, (double[]){b, step, share_of(x, SELECT("train", step), 1)}, 3);
  const attn_summary noisy = attn_stats_summary(x, SELECT("noisy", step), conf.level);
  attn_table_numbers(table, (double[]){noisy.mean, noisy.low, noisy.high}, 3);
  attn_table_number(table, median_of(x, SELECT("log10_risk", step)));
  attn_table_number(table, attn_stats_mean(x, SELECT("att_clean", step)));
  attn_table_number(table, attn_stats_mean(x, SELECT("att_noisy", step)));
  attn_table_number(table, attn_stats_mean(x, SELECT("loss", step)));
}

/* slice.tsv: a row for each recorded step and step size; cases.tsv: the same for a few step sizes;
 * first.tsv: a row for each step size. */
static void write_slice(attn_experiment *experiment, const attn_samples *samples, double *x) {
  const char *const columns = "b step all_fitted noisy noisy_low noisy_high log10_risk att_clean "
                              "att_noisy loss";
  attn_list grid = conf.slice_b;
  attn_stats_sort(grid.value, grid.count);
  attn_table *slice = attn_experiment_table(experiment, "slice", columns);
  for (size_t r = 0; r < conf.record.count; r++)
    for (size_t i = 0; i < grid.count; i++)
      write_slice_row(slice, samples, x, grid.value[i], conf.record.value[r]);
  attn_table_close(slice);
  attn_table *cases = attn_experiment_table(experiment, "cases", columns);
  for (size_t i = 0; i < conf.show_b.count; i++)
    for (size_t r = 0; r < conf.record.count; r++)
      write_slice_row(cases, samples, x, conf.show_b.value[i], conf.record.value[r]);
  attn_table_close(cases);
  attn_table *first = attn_experiment_table(
      experiment, "first",
      "b interpolate first first_q05 first_q95 first_predicted first_risk late_risk");
  for (size_t i = 0; i < grid.count; i++) {
    const double b = grid.value[i], late = (double)conf.late;
    const double ideal = ideal_first(conf.slice_kappa, b);
    const size_t count = SELECT("first", late);
    const attn_summary m = attn_stats_summary(x, count, conf.level);
    const double never = share_of(x, count, NEVER);
    attn_table_numbers(first,
                       (double[]){b, 1 - never, never > 0 ? NAN : m.median, never > 0 ? NAN : m.q05,
                                  never > 0 ? NAN : m.q95, ideal == NEVER ? NAN : ideal},
                       6);
    attn_table_number(first, median_of(x, SELECT("first_risk", late)));
    attn_table_number(first, median_of(x, SELECT("log10_risk", late)));
  }
#undef SELECT
  attn_table_close(first);
}

static size_t select_end(double *x, const attn_samples *samples, window_end e, double ratio,
                         double kappa) {
  return attn_samples_select(
      x, samples, end_name[e],
      (attn_where[]){{"part", WINDOW}, {"ratio", ratio}, {"kappa", kappa}, {0}});
}

static double predicted_end(window_end e, double ratio, double kappa, const counts *of) {
  search ideal = {.param = parameters(kappa, ratio), .counts = *of};
  return locate(&ideal, e);
}

static void write_windows(attn_experiment *experiment, const attn_samples *samples, double *x) {
  attn_table *table = attn_experiment_table(
      experiment, "window",
      "ratio kappa draws low low_low low_high low_predicted low_found low_all low_all_low "
      "low_all_high low_all_predicted low_all_found high high_low high_high high_predicted "
      "high_found late_edge late_low late_high late_predicted late_found");
  const double half = (double)conf.n / 2;
  const counts balanced = {{half, half}, {half * conf.eta, half * conf.eta}};
  for (size_t r = 0; r < conf.window_ratio.count; r++)
    for (size_t k = 0; k < conf.window_kappa.count; k++) {
      const double ratio = conf.window_ratio.value[r], kappa = conf.window_kappa.value[k];
      attn_table_numbers(table, (double[]){ratio, kappa, (double)conf.window_draws}, 3);
      for (window_end e = LOW; e < ENDS; e++) {
        const size_t count = select_end(x, samples, e, ratio, kappa);
        const attn_summary m = attn_stats_summary(x, count, conf.level);
        attn_table_numbers(table,
                           (double[]){m.mean, m.low, m.high,
                                      predicted_end(e, ratio, kappa, &balanced), (double)count},
                           5);
      }
    }
  attn_table_close(table);
}

/* ---- claims ---- */

static double largest_coherence(const attn_samples *samples, double *x, attn_where *where) {
  const size_t count = attn_samples_select(x, samples, "coherence", where);
  attn_stats_sort(x, count);
  return x[count - 1];
}

/* The column's value in one draw's row of a window; not-a-number where it has none. */
static double in_draw(double *x, const attn_samples *samples, const char *column, double kappa,
                      size_t draw) {
  const size_t count = attn_samples_select(
      x, samples, column,
      (attn_where[]){
          {"part", WINDOW}, {"ratio", conf.ratio}, {"kappa", kappa}, {"draw", (double)draw}, {0}});
  return count == 1 ? x[0] : NAN;
}

/* An end's claim: measured / predicted per draw, averaged over the kappa for which the draw has both,
 * since those share a draw; then its mean over draws. The prediction is for the draw's counts. */
static void window_claim(attn_experiment *experiment, const attn_samples *samples, const char *id,
                         window_end e) {
  double *x = attn_alloc(samples->rows, sizeof *x);
  double *ratio = attn_alloc(conf.window_draws, sizeof *ratio);
  const double coherence =
      largest_coherence(samples, x, (attn_where[]){{"part", WINDOW}, {"ratio", conf.ratio}, {0}});
  size_t draws = 0;
  for (size_t draw = 0; draw < conf.window_draws; draw++) {
    double sum = 0, cells = 0;
    for (size_t k = 0; k < conf.window_kappa.count; k++) {
      const double kappa = conf.window_kappa.value[k];
      const double first_class = in_draw(x, samples, "first_class", kappa, draw);
      const counts c = {{first_class, (double)conf.n - first_class},
                        {in_draw(x, samples, "noisy_1", kappa, draw),
                         in_draw(x, samples, "noisy_2", kappa, draw)}};
      const double each =
          in_draw(x, samples, end_name[e], kappa, draw) / predicted_end(e, conf.ratio, kappa, &c);
      if (!isnan(each)) {
        sum += each;
        cells++;
      }
    }
    if (cells > 0)
      ratio[draws++] = sum / cells;
  }
  const attn_claim base = {
      .kappa = NAN, .coherence = coherence, .in_scope = coherence <= conf.coherence};
  attn_experiment_claim(
      experiment, attn_verdict_within(base, id, 1, conf.allowed, attn_stats_mean(ratio, draws),
                                      attn_stats_mean_interval(ratio, draws, conf.level)));
  attn_free(x);
  attn_free(ratio);
}

/* The draws of the slice at one step size, in their order. */
typedef struct {
  double *train_2, *noisy_2, *risk_2, *att_2, *train_late, *risk_late;
  size_t count;
} slice_draws;

static slice_draws slice_at(const attn_samples *samples, double *memory, double b) {
  slice_draws s;
  double **const to[] = {&s.train_2, &s.noisy_2, &s.risk_2, &s.att_2, &s.train_late, &s.risk_late};
  static const char *const column[] = {"train",     "noisy", "log10_risk",
                                       "att_clean", "train", "log10_risk"};
  for (size_t c = 0; c < 6; c++) {
    *to[c] = memory + c * samples->rows;
    s.count = select_step(*to[c], samples, column[c], SLICE, conf.slice_kappa, b,
                          c < 4 ? 2 : (double)conf.late);
    if (s.count != conf.slice_draws)
      attn_fail(
          "b = %g: %zu of %zu draws have all measurements (is b in slice_b, and n eta large?)", b,
          s.count, conf.slice_draws);
  }
  return s;
}

static void slice_claims(attn_experiment *experiment, const attn_samples *samples) {
  double *memory = attn_alloc(6 * samples->rows, sizeof *memory);
  const double coherence = largest_coherence(samples, memory, (attn_where[]){{"part", SLICE}, {0}});
  const attn_claim base = {
      .kappa = conf.slice_kappa, .coherence = coherence, .in_scope = coherence <= conf.coherence};
  const double benign = log10(conf.benign), harmful = log10(conf.harmful);
  const char *const id[] = {"two-steps-need-matched-step", "matched-step-benign",
                            "large-step-harmful"};
  const double at_b[] = {conf.low_b, conf.mid_b, conf.high_b};
  for (size_t c = 0; c < 3; c++) {
    const slice_draws s = slice_at(samples, memory, at_b[c]);
    size_t met = 0;
    //@begin verdicts
    for (size_t i = 0; i < s.count; i++)
      met += c == 0   ? s.noisy_2[i] == 0 && s.train_late[i] == 1 && s.risk_late[i] <= benign
             : c == 1 ? s.train_2[i] == 1 && s.risk_2[i] <= benign
                      : s.train_2[i] == 1 && s.att_2[i] < 0.5 && s.risk_2[i] > harmful &&
                            s.risk_late[i] > harmful;
    attn_experiment_claim(experiment,
                          attn_verdict_share(base, id[c], met, s.count, conf.level, conf.delta));
    //@end verdicts
  }

  /* steps to interpolation against b, in logarithms, for small steps: one slope for each draw */
  double *log_b = attn_alloc(conf.slice_b.count, sizeof *log_b);
  double *log_first = attn_alloc(conf.slice_b.count, sizeof *log_first);
  double *slope = attn_alloc(conf.slice_draws, sizeof *slope);
  size_t slopes = 0;
  for (size_t draw = 0; draw < conf.slice_draws; draw++) {
    size_t points = 0;
    for (size_t i = 0; i < conf.slice_b.count; i++) {
      const double b = conf.slice_b.value[i];
      if (b > conf.small_b)
        continue;
      if (attn_samples_select(memory, samples, "first",
                              (attn_where[]){{"part", SLICE},
                                             {"b", b},
                                             {"draw", (double)draw},
                                             {"step", (double)conf.late},
                                             {0}}) == 1 &&
          memory[0] != NEVER) {
        log_b[points] = log(b);
        log_first[points++] = log(memory[0]);
      }
    }
    const double fitted = attn_stats_line(log_b, log_first, points, conf.level).slope;
    if (!isnan(fitted))
      slope[slopes++] = fitted;
  }
  attn_experiment_claim(experiment,
                        attn_verdict_within(base, "small-step-slower", -1, conf.allowed,
                                            attn_stats_mean(slope, slopes),
                                            attn_stats_mean_interval(slope, slopes, conf.level)));
  attn_free(log_b);
  attn_free(log_first);
  attn_free(slope);

  /* divergence: in how many draws does any step size of the slice end above the loss of the start */
  size_t diverged = 0;
  for (size_t draw = 0; draw < conf.slice_draws; draw++) {
    const size_t count = attn_samples_select(
        memory, samples, "loss",
        (attn_where[]){{"part", SLICE}, {"draw", (double)draw}, {"step", (double)conf.late}, {0}});
    bool any = count < conf.slice_b.count; /* not-a-number is left out */
    for (size_t i = 0; i < count; i++)
      any |= !(memory[i] <= log(2));
    diverged += any;
  }
  attn_experiment_claim(
      experiment, attn_verdict_above(base, "large-step-diverges", 0,
                                     (double)diverged / (double)conf.slice_draws,
                                     attn_stats_binomial(diverged, conf.slice_draws, conf.level)));
  attn_free(memory);
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "the step sizes for which two steps of gradient descent suffice", keys,
      sizeof keys / sizeof *keys);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    double *x = attn_alloc(samples->rows, sizeof *x);
    write_map(experiment, samples, x);
    write_slice(experiment, samples, x);
    write_windows(experiment, samples, x);
    attn_free(x);
    window_claim(experiment, samples, "step-window-low", LOW);
    window_claim(experiment, samples, "step-window-high", HIGH);
    slice_claims(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
