/* Claim: gradient descent turns towards the max-margin pair of the tokens that it chose early, not of
 * the best choice of tokens; slowly, and random starts choose otherwise (theory sections 5, 6b). */
#include <math.h>
#include <string.h>

#include "boundary.h"
#include "direction.h"
#include "experiment.h"
#include "metrics.h"
#include "tokens_gram.h"
#include "train.h"
#include "start.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t n, steps, common, draws, long_draws, shown;
  double ratio, b, rises_from, fit_from, reach, near, allowed, delta, coherence, level;
  attn_list eta, kappa, T, start, record, show;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &conf.n, "[4, 200]", "the number of samples"},
    {"ratio", ATTN_KEY_REAL, &conf.ratio, "[1, 1e12)", "d/n"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the scaled step size beta rho^2"},
    {"eta", ATTN_KEY_LIST, &conf.eta, "(0, 0.5)", "the flip rate of each cell"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "kappa of each cell"},
    {"T", ATTN_KEY_COUNTS, &conf.T, "[2, 16]", "the tokens per sample of each cell"},
    {"start", ATTN_KEY_LIST, &conf.start, "(0, 1e6)", "the scales of random starts, rising"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 1e4]", "the draws of each cell"},
    {"common", ATTN_KEY_COUNT, &conf.common, "[10, 1e9]", "the steps of every run"},
    {"steps", ATTN_KEY_COUNT, &conf.steps, "[10, 1e9]", "the steps of long runs"},
    {"long_draws", ATTN_KEY_COUNT, &conf.long_draws, "[2, 1e4]", "the draws with long runs"},
    {"shown", ATTN_KEY_COUNT, &conf.shown, "[1, 512]", "the cell, from 1, with long random starts"},
    {"record", ATTN_KEY_COUNTS, &conf.record, "[1, 1e9]", "the steps to record, rising"},
    {"show", ATTN_KEY_COUNTS, &conf.show, "[1, 1e9]", "those in the page's table"},
    {"rises_from", ATTN_KEY_REAL, &conf.rises_from, "[2, 1e9)", "the step that cosines rise from"},
    {"fit_from", ATTN_KEY_REAL, &conf.fit_from, "[3, 1e9)", "the step that fits start from"},
    {"reach", ATTN_KEY_REAL, &conf.reach, "(0, 1)", "the cosine that fits are extended to"},
    {"near", ATTN_KEY_REAL, &conf.near, "(0, 1)", "the share of the largest margin demanded"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed relative distance"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

static void check(void) {
  const size_t cells = conf.kappa.count, records = conf.record.count;
  if (conf.eta.count != cells || conf.T.count != cells)
    attn_fail("eta, kappa, T: %zu, %zu and %zu values, expected as many of each", conf.eta.count,
              cells, conf.T.count);
  if (conf.shown > cells || conf.long_draws > conf.draws)
    attn_fail("shown = %zu, long_draws = %zu: there are %zu cells and %zu draws", conf.shown,
              conf.long_draws, cells, conf.draws);
  for (size_t r = 1; r < records; r++)
    if (conf.record.value[r] <= conf.record.value[r - 1])
      attn_fail("record: %g comes after %g, and the steps must rise", conf.record.value[r],
                conf.record.value[r - 1]);
  if (conf.record.value[records - 1] != (double)conf.steps ||
      !attn_list_has(&conf.record, (double)conf.common) ||
      !attn_list_has(&conf.record, conf.rises_from))
    attn_fail("steps = %zu, common = %zu, rises_from = %g: must be recorded, steps as the last",
              conf.steps, conf.common, conf.rises_from);
}

static size_t flips_of_class(size_t cell) {
  return (size_t)fmax(1, round(conf.eta.value[cell] * (double)conf.n / 2));
}

/* eta is the share that is flipped, the same in both classes. */
static attn_data_param param_of(size_t cell) {
  return (attn_data_param){
      conf.n, (size_t)conf.T.value[cell], (size_t)(conf.ratio * (double)conf.n),
      conf.kappa.value[cell] * sqrt(conf.ratio), 2 * (double)flips_of_class(cell) / (double)conf.n};
}

static double kappa_star(const attn_data_param *param) {
  return sqrt(2 / (1 - param->eta));
}

/* ---- sampling ---- */

/* Of the run; of the tokens chosen by the step; of v and p at the step. share: the largest margin
 * that the tokens allow over the best tokens' one, 0 when no v fits all labels with them. */
/* clang-format off */
enum {
  CELL, START, DRAW, FAR, STEP, COHERENCE, COMPLETE, GAP, SETTLED,
  BEST, ALL_NOISE, SAME, BETTER, WORSE, INFEASIBLE, SHARE, ON_SIGNAL, NOISY_ON_SIGNAL,
  FITTED, ATT_CLEAN, RISK, COS_V, COS_P, BEST_V, BEST_P, SPAN_V, SPAN_P,
  WHOLE_V, WHOLE_P, MARGIN, GAP_CLEAN, GAP_NOISY,
  WIDTH
};
#define COLUMNS                                                                                    \
  "cell start draw far step coherence complete gap settled "                                       \
  "best all_noise same better worse infeasible share on_signal noisy_on_signal "                   \
  "fitted att_clean log10_risk cos_v cos_p best_v best_p span_v span_p "            \
  "whole_v whole_p margin gap_clean gap_noisy"
/* clang-format on */

/* What the runs of a draw share. */
typedef struct {
  attn_trial *trial;
  attn_maxmargin_set set;
  attn_maxmargin_workspace *workspace;
  attn_direction *best, *own, *now; /* the best tokens; those of a run's last step; of a step */
  double *theta;                    /* [record][2][dim] of the run */
  unsigned char *sigma;             /* [record][n] chosen in the run */
  unsigned char *zero_sigma;        /* [record][n] chosen from the zero start */
  double zero_share[ATTN_LIST_MAX]; /* share of the zero start */
} bench;

/* The same tokens and labels every time: classes alternate, the first samples of both are flipped. */
static void draw_tokens(bench *w, size_t cell, size_t draw, const attn_experiment *experiment) {
  attn_labels *labels = w->trial->labels;
  attn_trial_draw(w->trial, attn_experiment_seed(experiment), "gd_implicit_bias", cell, draw);
  attn_labels_balanced(labels, flips_of_class(cell));
}

/* Trains; keeps v, p and the tokens chosen at the recorded steps, and returns how many these are. */
static size_t train(bench *w, size_t last) {
  attn_trial *trial = w->trial;
  const attn_optim optim = {.beta = conf.b / (trial->param.rho * trial->param.rho)};
  const size_t size = 2 * trial->model->dim;
  size_t rows = 0;
  //@begin loop
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (rows < conf.record.count && step == (size_t)conf.record.value[rows]) {
      attn_direction_chosen(w->sigma + rows * conf.n, trial->model);
      memcpy(w->theta + rows++ * size, trial->model->theta, size * sizeof *w->theta);
    }
    if (step == last)
      return rows;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  //@end loop
}

static double on_signal(const unsigned char *sigma, const attn_labels *labels, bool noisy) {
  const size_t all_noisy = attn_labels_count_noisy(labels);
  return (double)(attn_maxmargin_on_signal(sigma, labels, 0, noisy) +
                  attn_maxmargin_on_signal(sigma, labels, 1, noisy)) /
         (double)(noisy ? all_noisy : labels->n - all_noisy);
}

/* The mean over noisy or clean samples of p . (token of the most attention - the next one). */
static double mean_gap(const attn_model *model, const attn_labels *labels, bool noisy) {
  double sum = 0, count = 0;
  for (size_t i = 0; i < model->n; i++) {
    double first = 0, second = 0; /* attention is exp(score) over a sum */
    for (size_t t = 0; t < model->T; t++) {
      const double s = model->weight[i * model->T + t];
      second = fmax(second, fmin(first, s));
      first = fmax(first, s);
    }
    if (attn_labels_noisy(labels, i) == noisy) {
      sum += log(first / second);
      count++;
    }
  }
  return sum / count;
}

/* The columns of recorded step r of a run. */
static void measure(double *row, bench *w, size_t r, size_t start) {
  attn_model *model = w->trial->model;
  const attn_tokens *tokens = w->trial->tokens;
  const attn_labels *labels = w->trial->labels;
  memcpy(model->theta, w->theta + r * 2 * model->dim, 2 * model->dim * sizeof(double));
  attn_model_forward(model, w->trial->tokens, labels);
  const attn_metrics m = attn_metrics_measure(model, tokens, labels);
  unsigned char *sigma = w->now->sigma;
  memcpy(sigma, w->sigma + r * conf.n, conf.n);
  row[STEP] = conf.record.value[r];
  row[INFEASIBLE] = !attn_direction_solve(w->now, &w->set, w->workspace);
  row[SHARE] = w->now->margin / w->best->margin;
  if (start == 0)
    w->zero_share[r] = row[SHARE];
  row[BEST] = memcmp(sigma, w->best->sigma, conf.n) == 0;
  row[SAME] = memcmp(sigma, w->zero_sigma + r * conf.n, conf.n) == 0;
  row[BETTER] = row[SHARE] > w->zero_share[r] * (1 + 1e-9); /* by more than the margins' gaps */
  row[WORSE] = row[SHARE] < w->zero_share[r] * (1 - 1e-9);
  row[ON_SIGNAL] = on_signal(sigma, labels, false);
  row[NOISY_ON_SIGNAL] = on_signal(sigma, labels, true);
  row[ALL_NOISE] = row[ON_SIGNAL] + row[NOISY_ON_SIGNAL] == 0;
  row[FITTED] = m.train_acc == 1;
  row[ATT_CLEAN] = m.att_clean;
  row[GAP_CLEAN] = mean_gap(model, labels, false);
  row[GAP_NOISY] = mean_gap(model, labels, true);
  row[RISK] = model->T == 2 ? attn_metrics_log10_risk(&m, 2) : NAN;
  //@begin measured
  const double smallest = fmin(m.least_clean, m.least_noisy);
  for (size_t which = 0; which < 2; which++) {
    const attn_direction_lengths length = attn_direction_measure(model, tokens, which);
    row[COS_V + which] = attn_direction_cosine(w->own, model, tokens, which);
    row[BEST_V + which] = attn_direction_cosine(w->best, model, tokens, which);
    row[SPAN_V + which] = length.inside / hypot(length.inside, length.outside);
    row[WHOLE_V + which] = row[COS_V + which] * row[SPAN_V + which];
    if (which == ATTN_V)
      row[MARGIN] = smallest / length.inside * w->own->norm[ATTN_V];
  }
  //@end measured
}

/* One run from start 0, zero, or from the random start of that number. */
static void run(attn_table *table, size_t job, bench *w, size_t cell, size_t start, size_t draw,
                bool complete, const attn_experiment *experiment) {
  const bool far = draw < conf.long_draws && (start == 0 || cell + 1 == conf.shown);
  const size_t n = conf.n;
  draw_tokens(w, cell, draw, experiment); /* again, since a start is for a fresh draw */
  if (start > 0) { /* start: the standard deviation of a noise token's scores */
    const double size = conf.start.value[start - 1];
    attn_start_trial(w->trial, ATTN_START_GAUSSIAN, size, size, attn_experiment_seed(experiment),
                     "gd_implicit_bias", cell, draw);
  }
  const size_t rows = train(w, far ? conf.steps : conf.common);
  if (start == 0)
    memcpy(w->zero_sigma, w->sigma, rows * n);
  memcpy(w->own->sigma, w->sigma + (rows - 1) * n, n);
  attn_direction_solve(w->own, &w->set, w->workspace);
  size_t settled = rows - 1;
  while (settled > 0 && memcmp(w->sigma + (settled - 1) * n, w->own->sigma, n) == 0)
    settled--;
  double row[WIDTH] = {(double)cell, (double)start, (double)draw, far};
  row[COHERENCE] = attn_tokens_gram_coherence(w->trial->tokens, n);
  row[COMPLETE] = complete;
  row[GAP] = fmax(w->best->gap, w->own->gap); /* fmax leaves out not-a-number */
  row[SETTLED] = conf.record.value[settled];
  for (size_t r = 0; r < rows; r++) {
    measure(row, w, r, start);
    attn_table_number(table, (double)job);
    attn_table_numbers(table, row, WIDTH);
  }
}

/* All starts of one draw, with the best selection of all. */
static void run_draw(attn_table *table, size_t job, size_t cell, size_t draw,
                     const attn_experiment *experiment) {
  const attn_data_param param = param_of(cell);
  const size_t n = conf.n, records = conf.record.count;
  bench w = {.trial = attn_trial_alloc_gaussian(ATTN_TOKENS_BARTLETT, &param, 1)};
  const attn_labels *labels = w.trial->labels;
  w.set = (attn_maxmargin_set){labels, attn_tokens_gram_matrix(w.trial->tokens), param.rho};
  w.workspace = attn_maxmargin_alloc(n, param.T);
  w.best = attn_direction_alloc(labels);
  w.own = attn_direction_alloc(labels);
  w.now = attn_direction_alloc(labels);
  w.theta = attn_alloc(records * 2 * w.trial->model->dim, sizeof *w.theta);
  w.sigma = attn_alloc(records * n, 1);
  w.zero_sigma = attn_alloc(records * n, 1);

  draw_tokens(&w, cell, draw, experiment);
  attn_maxmargin_list *list = attn_maxmargin_list_alloc(1, n);
  attn_maxmargin_enumerate(list, &w.set, 1000000, w.workspace);
  memcpy(w.best->sigma, list->sigma, n);
  attn_direction_solve(w.best, &w.set, w.workspace);
  for (size_t start = 0; start <= conf.start.count; start++)
    run(table, job, &w, cell, start, draw, list->complete, experiment);

  attn_maxmargin_list_free(list);
  attn_maxmargin_free(w.workspace);
  attn_direction_free(w.best);
  attn_direction_free(w.own);
  attn_direction_free(w.now);
  attn_free(w.theta);
  attn_free(w.sigma);
  attn_free(w.zero_sigma);
  attn_trial_free(w.trial);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  for (size_t job = ATTN_FIRST_JOB;
       attn_experiment_next(experiment, conf.kappa.count * conf.draws, &job);)
    run_draw(table, job, job % conf.kappa.count, job / conf.kappa.count, experiment);
}

/* ---- the recursion ---- */

/* What gradient descent on orthogonal noise does in a cell of two tokens, at the recorded steps. */
enum { OWN_V, OWN_P, IDEAL_BEST_V, IDEAL_BEST_P, IDEAL_MARGIN, IDEALS };
#define IDEAL_COLUMNS "ideal_v ideal_p ideal_best_v ideal_best_p ideal_margin"
typedef struct {
  bool signal; /* clean samples end on the signal */
  double value[ATTN_LIST_MAX][IDEALS];
} prediction;

static void predict(prediction *out, size_t cell) {
  const attn_data_param param = param_of(cell);
  const size_t records = conf.record.count;
  attn_recursion *state = attn_alloc(records, sizeof *state), r = attn_recursion_start(&param);
  for (size_t step = 0, rows = 0; rows < records; step++) {
    if (step == (size_t)conf.record.value[rows])
      state[rows++] = r;
    attn_recursion_step(&r, &param, conf.b / (param.rho * param.rho));
  }
  out->signal = state[records - 1].attention[0] > 0.5;
  for (size_t row = 0; row < records; row++) {
    const attn_direction_ideal own = attn_direction_of_recursion(&state[row], &param, out->signal);
    const attn_direction_ideal best = attn_direction_of_recursion(
        &state[row], &param, conf.kappa.value[cell] > kappa_star(&param));
    const double value[IDEALS] = {own.cosine[0], own.cosine[1], best.cosine[0], best.cosine[1],
                                  own.margin};
    for (size_t c = 0; c < IDEALS; c++) /* for T > 2 it knows nothing of a choice among noise */
      out->value[row][c] = param.T == 2 ? value[c] : NAN;
  }
  attn_free(state);
}

/* ---- tables ---- */

typedef struct {
  attn_experiment *experiment;
  const attn_samples *samples;
  prediction *ideal; /* [cells] */
  attn_claim base;
} results;

enum { BELOW, BETWEEN, ABOVE };

/* kappa against kappa* and the edge of gradient descent. */
static int regime(const results *all, size_t cell) {
  const attn_data_param param = param_of(cell);
  return conf.kappa.value[cell] < kappa_star(&param) ? BELOW
         : all->ideal[cell].signal                   ? ABOVE
                                                     : BETWEEN;
}

static double start_scale(size_t start) {
  return start == 0 ? 0 : conf.start.value[start - 1];
}

/* The runs of a cell from a start at a step. */
static attn_summary over(const results *all, const char *column, size_t cell, size_t start,
                         double step) {
  return attn_samples_summary(
      all->samples, column,
      (attn_where[]){{"cell", (double)cell}, {"start", (double)start}, {"step", step}, {0}},
      conf.level);
}

/* One number of a run from zero; not-a-number when there is none. */
static double from_zero(const results *all, const char *column, size_t cell, size_t draw,
                        double step) {
  return attn_samples_mean(
      all->samples, column,
      (attn_where[]){
          {"cell", (double)cell}, {"start", 0}, {"draw", (double)draw}, {"step", step}, {0}});
}

static void put_cell(attn_table *table, const results *all, size_t cell) {
  attn_table_numbers(table,
                     (double[]){(double)cell + 1, param_of(cell).eta, conf.kappa.value[cell],
                                conf.T.value[cell], regime(all, cell)},
                     5);
}
#define CELL_COLUMNS "cell eta kappa T regime "

/* Noisy samples' gap less clean ones' as t -> infinity, T = 2. With margins V, late steps give
 *   A' = (1 + 1/x) V - kappa^2 eta V A/B,   B' = (2 + kappa^2 eta) V - V B/A
 * for A = exp(clean gap), B = exp(noisy gap), x = (1 - eta) kappa^2 / 2, if clean samples are on the
 * signal: A and B grow like V^2 with a ratio that stays. All on noise, both have the same law. */
static double gap_limit(const results *all, size_t cell) {
  const attn_data_param param = param_of(cell);
  const double kappa2 = conf.kappa.value[cell] * conf.kappa.value[cell];
  if (param.T > 2 || regime(all, cell) != ABOVE)
    return param.T > 2 ? NAN : 0;
  return log((1 + kappa2 * param.eta) / (1 + 1 / ((1 - param.eta) * kappa2)));
}

/* From zero: what is chosen at the step that all runs reach, and cosines at the last step. */
static void write_cells(const results *all) {
  static const char *const chosen[] = {"best", "all_noise", "share"};
  static const char *const late[] = {"cos_v", "cos_p", "best_v", "best_p", "margin"};
  const double end = (double)conf.steps, common = (double)conf.common;
  attn_table *table = attn_experiment_table(
      all->experiment, "cells",
      CELL_COLUMNS "kappa_star edge best all_noise share settled att_clean log10_risk "
                   "cos_v cos_v_low cos_v_high cos_p cos_p_low cos_p_high best_v best_v_low "
                   "best_v_high best_p best_p_low best_p_high margin margin_low margin_high "
                   "gap_clean gap_noisy gap_limit " IDEAL_COLUMNS);
  for (size_t cell = 0; cell < conf.kappa.count; cell++) {
    const attn_data_param param = param_of(cell);
    const attn_boundary_search search = {conf.b, conf.common, 1, 12};
    put_cell(table, all, cell);
    attn_table_number(table, kappa_star(&param));
    attn_table_number(table, attn_boundary_ideal(ATTN_BOUNDARY_C, &search, &param));
    for (size_t c = 0; c < sizeof chosen / sizeof *chosen; c++)
      attn_table_number(table, over(all, chosen[c], cell, 0, common).mean);
    attn_table_number(table, over(all, "settled", cell, 0, common).median);
    attn_table_number(table, over(all, "att_clean", cell, 0, end).mean);
    attn_table_number(table, over(all, "log10_risk", cell, 0, end).median);
    for (size_t c = 0; c < sizeof late / sizeof *late; c++) {
      const attn_summary s = over(all, late[c], cell, 0, end);
      attn_table_numbers(table, (double[]){s.mean, s.low, s.high}, 3);
    }
    attn_table_number(table, over(all, "gap_clean", cell, 0, end).mean);
    attn_table_number(table, over(all, "gap_noisy", cell, 0, end).mean);
    attn_table_number(table, gap_limit(all, cell));
    attn_table_numbers(table, all->ideal[cell].value[conf.record.count - 1], IDEALS);
  }
  attn_table_close(table);
}

/* Starts from number first on, in the cells of at most so many tokens, at the step that all runs
 * reach. */
static void write_starts(const results *all, const char *name, size_t first, double most_tokens) {
#define START_COLUMNS                                                                              \
  "best same better worse infeasible fitted on_signal noisy_on_signal cos_v cos_p span_v span_p "  \
  "whole_v whole_p "
  static const char *const means[] = {
      "best",  "same",  "better", "worse",  "infeasible", "fitted", "on_signal", "noisy_on_signal",
      "cos_v", "cos_p", "span_v", "span_p", "whole_v",    "whole_p"};
  attn_table *table = attn_experiment_table(all->experiment, name,
                                            CELL_COLUMNS "start " START_COLUMNS
                                                         "settled share share_q05 share_q95");
  const double step = (double)conf.common;
  for (size_t cell = 0; cell < conf.kappa.count; cell++)
    for (size_t start = first; start <= conf.start.count && conf.T.value[cell] <= most_tokens;
         start++) {
      put_cell(table, all, cell);
      attn_table_number(table, start_scale(start));
      for (size_t c = 0; c < sizeof means / sizeof *means; c++)
        attn_table_number(table, over(all, means[c], cell, start, step).mean);
      attn_table_number(table, over(all, "settled", cell, start, step).median);
      const attn_summary share = over(all, "share", cell, start, step);
      attn_table_numbers(table, (double[]){share.mean, share.q05, share.q95}, 3);
    }
  attn_table_close(table);
}

/* Long runs, means over draws: every recorded step for the figure, some of them for the page. */
static void write_trajectory(const results *all, const char *name, const attn_list *steps) {
  static const char *const means[] = {"infeasible", "share",   "cos_v",  "cos_p",
                                      "best_v",     "best_p",  "span_v", "span_p",
                                      "whole_v",    "whole_p", "margin"};
  attn_table *table = attn_experiment_table(
      all->experiment, name,
      CELL_COLUMNS "start step infeasible share cos_v cos_p best_v best_p span_v span_p "
                   "whole_v whole_p margin " IDEAL_COLUMNS);
  for (size_t cell = 0; cell < conf.kappa.count; cell++)
    for (size_t start = 0; start <= (cell + 1 == conf.shown ? conf.start.count : 0); start++)
      for (size_t r = 0; r < conf.record.count; r++) {
        const double step = conf.record.value[r];
        if (!attn_list_has(steps, step))
          continue;
        const attn_where where[] = {
            {"cell", (double)cell}, {"start", (double)start}, {"step", step}, {"far", 1}, {0}};
        put_cell(table, all, cell);
        attn_table_numbers(table, (double[]){start_scale(start), step}, 2);
        for (size_t c = 0; c < sizeof means / sizeof *means; c++)
          attn_table_number(table, attn_samples_mean(all->samples, means[c], where));
        for (size_t c = 0; c < IDEALS; c++)
          attn_table_number(table, start == 0 ? all->ideal[cell].value[r][c] : NAN);
      }
  attn_table_close(table);
}

/* 1 / angle, as a line in log t and in log log t, from the step fit_from on. */
typedef struct {
  attn_line log, loglog;
} growth;

static growth fit(const double *cosine /* [record] */) {
  double y[ATTN_LIST_MAX], log_t[ATTN_LIST_MAX], loglog[ATTN_LIST_MAX];
  size_t count = 0;
  for (size_t r = 0; r < conf.record.count; r++)
    if (conf.record.value[r] >= conf.fit_from) {
      y[count] = 1 / acos(cosine[r]);
      log_t[count] = log(conf.record.value[r]);
      loglog[count] = log(log_t[count]);
      count++;
    }
  return (growth){attn_stats_line(log_t, y, count, conf.level),
                  attn_stats_line(loglog, y, count, conf.level)};
}

static growth growth_of(const results *all, size_t which, size_t cell, size_t draw) {
  double cosine[ATTN_LIST_MAX];
  for (size_t r = 0; r < conf.record.count; r++)
    cosine[r] =
        from_zero(all, which == ATTN_V ? "cos_v" : "cos_p", cell, draw, conf.record.value[r]);
  return fit(cosine);
}

/* log10 of the step at which the line that fits better comes to the cosine reach. */
static double reached(const growth *g) {
  const double y = 1 / acos(conf.reach);
  return (g->log.rms <= g->loglog.rms ? (y - g->log.intercept) / g->log.slope
                                      : exp((y - g->loglog.intercept) / g->loglog.slope)) /
         log(10);
}

/* Slopes in log t with their interval over draws, the recursion's, and the residuals of both
 * lines. */
static void write_growth(const results *all) {
  attn_table *table = attn_experiment_table(
      all->experiment, "growth",
      "vector eta kappa slope slope_low slope_high ideal_slope rms rms_loglog reach");
  double *slope = attn_alloc(2 * conf.long_draws, sizeof *slope), *reach = slope + conf.long_draws;
  for (size_t which = 0; which < 2; which++)
    for (size_t cell = 0; cell < conf.kappa.count; cell++) {
      if (conf.T.value[cell] > 2)
        continue;
      double rms[2] = {0, 0}, ideal[ATTN_LIST_MAX];
      for (size_t draw = 0; draw < conf.long_draws; draw++) {
        const growth g = growth_of(all, which, cell, draw);
        slope[draw] = g.log.slope;
        reach[draw] = reached(&g);
        rms[0] += g.log.rms / (double)conf.long_draws;
        rms[1] += g.loglog.rms / (double)conf.long_draws;
      }
      for (size_t r = 0; r < conf.record.count; r++)
        ideal[r] = all->ideal[cell].value[r][OWN_V + which];
      const attn_summary s = attn_stats_summary(slope, conf.long_draws, conf.level);
      attn_table_text(table, which == ATTN_V ? "v" : "p");
      attn_table_numbers(table,
                         (double[]){param_of(cell).eta, conf.kappa.value[cell], s.mean, s.low,
                                    s.high, fit(ideal).log.slope, rms[0], rms[1],
                                    attn_stats_mean(reach, conf.long_draws)},
                         9);
    }
  attn_free(slope);
  attn_table_close(table);
}

/* What the page says of the settings and of the certificates. */
static void write_setting(const results *all) {
  const attn_where ends[] = {{"step", (double)conf.common}, {0}};
  const double runs = (double)attn_samples_select(all->samples->scratch, all->samples, "gap", ends);
  const double complete = attn_samples_mean(all->samples, "complete", ends);
  attn_table *table = attn_experiment_table(all->experiment, "setting",
                                            "n d b draws long_draws common steps rises_from "
                                            "fit_from reach runs worst_gap complete");
  attn_table_numbers(table,
                     (double[]){(double)conf.n, (double)param_of(0).d, conf.b, (double)conf.draws,
                                (double)conf.long_draws, (double)conf.common, (double)conf.steps,
                                conf.rises_from, conf.fit_from, conf.reach, runs,
                                attn_samples_largest(all->samples, "gap", ends), complete},
                     13);
  attn_table_close(table);
}

/* ---- claims ---- */

//@begin verdicts
/* What is asked of a draw. */
typedef bool (*demand)(const results *all, size_t cell, size_t draw);

static bool chooses_best(const results *all, size_t cell, size_t draw) {
  return from_zero(all, "best", cell, draw, (double)conf.common) == 1;
}
static bool chooses_noise(const results *all, size_t cell, size_t draw) {
  return chooses_best(all, cell, draw) &&
         from_zero(all, "all_noise", cell, draw, (double)conf.common) == 1;
}
static bool misses_best(const results *all, size_t cell, size_t draw) {
  return !chooses_best(all, cell, draw);
}
static bool rises(const results *all, const char *column, size_t cell, size_t draw) {
  return from_zero(all, column, cell, draw, (double)conf.common) >
         from_zero(all, column, cell, draw, conf.rises_from);
}
static bool turns_to_own(const results *all, size_t cell, size_t draw) {
  return rises(all, "cos_v", cell, draw) && rises(all, "cos_p", cell, draw);
}
static bool turns_to_best(const results *all, size_t cell, size_t draw) {
  return rises(all, "best_v", cell, draw) && rises(all, "best_p", cell, draw);
}

/* The share of draws, in the cells of two tokens and of a regime (-1: of all), that meet it. */
static void share_claim(const results *all, const char *id, int where, demand met) {
  size_t good = 0, count = 0;
  for (size_t cell = 0; cell < conf.kappa.count; cell++)
    for (size_t draw = 0; draw < conf.draws; draw++)
      if (conf.T.value[cell] == 2 && (where < 0 || regime(all, cell) == where)) {
        good += met(all, cell, draw);
        count++;
      }
  attn_experiment_claim(all->experiment,
                        attn_verdict_share(all->base, id, good, count, conf.level, conf.delta));
}
//@end verdicts

/* The share of draws, in the cells of two tokens, with value in a column at a random start. */
static void start_claim(const results *all, const char *id, size_t start, const char *column,
                        double value) {
  size_t good = 0, count = 0;
  for (size_t cell = 0; cell < conf.kappa.count; cell++)
    if (conf.T.value[cell] == 2) {
      const attn_summary s = over(all, column, cell, start, (double)conf.common);
      const double share = value == 1 ? s.mean : 1 - s.mean; /* of a column of zeros and ones */
      good += (size_t)round(share * (double)s.count);
      count += s.count;
    }
  attn_experiment_claim(all->experiment,
                        attn_verdict_share(all->base, id, good, count, conf.level, conf.delta));
}

/* Measured over predicted at the last step, mean over the cells of two tokens and their long runs:
 * of the angle whose cosine is the column, or of the column. */
static void ratio_claim(const results *all, const char *id, const char *column, bool angle,
                        size_t ideal) {
  double *ratio = attn_alloc(conf.kappa.count * conf.long_draws, sizeof *ratio);
  size_t count = 0;
  for (size_t cell = 0; cell < conf.kappa.count; cell++)
    for (size_t draw = 0; draw < conf.long_draws && conf.T.value[cell] == 2; draw++) {
      const double measured = from_zero(all, column, cell, draw, (double)conf.steps);
      const double predicted = all->ideal[cell].value[conf.record.count - 1][ideal];
      ratio[count++] = angle ? acos(measured) / acos(predicted) : measured / predicted;
    }
  attn_experiment_claim(all->experiment,
                        attn_verdict_within(all->base, id, 1, conf.allowed,
                                            attn_stats_mean(ratio, count),
                                            attn_stats_mean_interval(ratio, count, conf.level)));
  attn_free(ratio);
}

/* The residual of the line in log t over that of the line in log log t, geometric mean. */
static void slow_claim(const results *all, const char *id) {
  double *ratio = attn_alloc(conf.kappa.count * conf.long_draws, sizeof *ratio);
  size_t count = 0;
  for (size_t cell = 0; cell < conf.kappa.count; cell++)
    for (size_t draw = 0; draw < conf.long_draws && conf.T.value[cell] == 2; draw++) {
      const growth g = growth_of(all, ATTN_V, cell, draw);
      ratio[count++] = log(g.log.rms / g.loglog.rms);
    }
  const attn_interval interval = attn_stats_mean_interval(ratio, count, conf.level);
  attn_experiment_claim(all->experiment,
                        attn_verdict_below(all->base, id, 1, exp(attn_stats_mean(ratio, count)),
                                           (attn_interval){exp(interval.low), exp(interval.high)}));
  attn_free(ratio);
}

static void three_tokens_claim(const results *all, const char *id) {
  double *share = attn_alloc(conf.kappa.count * conf.draws, sizeof *share);
  size_t count = 0;
  for (size_t cell = 0; cell < conf.kappa.count; cell++)
    for (size_t draw = 0; draw < conf.draws && conf.T.value[cell] > 2; draw++)
      share[count++] = from_zero(all, "share", cell, draw, (double)conf.common);
  attn_experiment_claim(all->experiment,
                        attn_verdict_above(all->base, id, conf.near, attn_stats_mean(share, count),
                                           attn_stats_mean_interval(share, count, conf.level)));
  attn_free(share);
}

int main(int argc, char **argv) {
  attn_experiment *experiment =
      attn_experiment_begin(argc, argv, "which max-margin pair long gradient descent turns towards",
                            keys, sizeof keys / sizeof *keys);
  check();
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
    return attn_experiment_end(experiment);
  }
  attn_samples *samples = attn_experiment_gather(experiment);
  const double coherence = attn_samples_largest(samples, "coherence", (attn_where[]){{0}});
  const results all = {
      experiment,
      samples,
      attn_alloc(conf.kappa.count, sizeof(prediction)),
      {.kappa = NAN, .coherence = coherence, .in_scope = coherence <= conf.coherence}};
  for (size_t cell = 0; cell < conf.kappa.count; cell++)
    predict(&all.ideal[cell], cell);
  write_cells(&all);
  write_starts(&all, "starts", 0, INFINITY);
  write_starts(&all, "random", 1, 2);
  write_trajectory(&all, "trajectory", &conf.record);
  write_trajectory(&all, "shown", &conf.show);
  write_growth(&all);
  write_setting(&all);
  share_claim(&all, "bias-best-above", ABOVE, chooses_best);
  share_claim(&all, "bias-noise-below", BELOW, chooses_noise);
  share_claim(&all, "bias-misses-between", BETWEEN, misses_best);
  share_claim(&all, "bias-global-pair", -1, turns_to_best);
  share_claim(&all, "bias-own-pair", -1, turns_to_own);
  ratio_claim(&all, "bias-angle-v", "cos_v", true, OWN_V);
  ratio_claim(&all, "bias-angle-p", "cos_p", true, OWN_P);
  ratio_claim(&all, "bias-margin", "margin", false, IDEAL_MARGIN);
  slow_claim(&all, "bias-slow");
  start_claim(&all, "bias-small-start", 1, "same", 1);
  start_claim(&all, "bias-large-start", conf.start.count, "best", 0);
  three_tokens_claim(&all, "bias-three-tokens");
  attn_free(all.ideal);
  attn_samples_free(samples);
  return attn_experiment_end(experiment);
}
