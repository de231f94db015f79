/* A million steps of gradient descent: below the edge of the recursion the risk climbs towards one
 * half, above it it stays negligible, and scores grow like log log t (theory section 6b, C). */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "boundary.h"
#include "experiment.h"
#include "metrics.h"
#include "recursion.h"
#include "risk.h"
#include "stats.h"
#include "svm.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t n, n_reference, steps, steps_drawn, draws, draws_drawn, soon, shown;
  double ratio, ratio_reference, eta_reference, b, fit_from, harmful, benign, allowed, coherence,
      level;
  attn_list eta, kappa, record, show, kappa_reference, record_reference;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &conf.n, "[4, 1000]", "the number of samples, of two tokens each"},
    {"ratio", ATTN_KEY_REAL, &conf.ratio, "[1, 1e12)", "d/n"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the scaled step size beta max(rho^2, d/n)"},
    {"eta", ATTN_KEY_LIST, &conf.eta, "[0, 0.5)", "the label-flip rate of each cell"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "kappa of each cell"},
    {"steps", ATTN_KEY_COUNT, &conf.steps, "[10, 1e9]", "the number of steps"},
    {"record", ATTN_KEY_COUNTS, &conf.record, "[1, 1e9]", "the steps to record, rising"},
    {"show", ATTN_KEY_COUNTS, &conf.show, "[1, 1e9]", "the recorded steps in the table"},
    {"shown", ATTN_KEY_COUNT, &conf.shown, "[1, 512]", "the cell in that table, counted from 1"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 1e4]", "the draws of each cell"},
    {"steps_drawn", ATTN_KEY_COUNT, &conf.steps_drawn, "[10, 1e9]", "steps with drawn labels"},
    {"draws_drawn", ATTN_KEY_COUNT, &conf.draws_drawn, "[2, 1e4]", "draws with drawn labels"},
    {"n_reference", ATTN_KEY_COUNT, &conf.n_reference, "[4, 4000]", "n of the reference"},
    {"ratio_reference", ATTN_KEY_REAL, &conf.ratio_reference, "[1, 1e12)", "d/n of the reference"},
    {"eta_reference", ATTN_KEY_REAL, &conf.eta_reference, "[0, 0.5)", "eta of the reference"},
    {"kappa_reference", ATTN_KEY_LIST, &conf.kappa_reference, "(0, 1e3)", "its values of kappa"},
    {"record_reference", ATTN_KEY_COUNTS, &conf.record_reference, "[1, 1e6]", "its steps, rising"},
    {"fit_from", ATTN_KEY_REAL, &conf.fit_from, "[3, 1e9)", "the step from which growth is fitted"},
    {"harmful", ATTN_KEY_REAL, &conf.harmful, "(0, 0.5)", "the risk that counts as harmful"},
    {"benign", ATTN_KEY_REAL, &conf.benign, "(0, 0.5)", "the risk that counts as negligible"},
    {"soon", ATTN_KEY_COUNT, &conf.soon, "[3, 1e9]", "the steps that a strong signal may take"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed relative distance"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* LONG has n/2 samples and the same number of flipped labels in both classes; DRAWN the same noise
 * with labels drawn from D; REFERENCE other sizes. */
typedef enum { LONG, DRAWN, REFERENCE, PARTS } part_kind;

static size_t cells_of(part_kind part) {
  return part == REFERENCE ? conf.kappa_reference.count : conf.kappa.count;
}

static size_t draws_of(part_kind part) {
  return part == DRAWN ? conf.draws_drawn : conf.draws;
}

static size_t flips_of_class(double eta) {
  return (size_t)round(eta * (double)conf.n / 2);
}

/* The data of a cell; in LONG eta is the share that is flipped. */
static attn_data_param param_of(part_kind part, size_t cell) {
  const bool reference = part == REFERENCE;
  attn_data_param param = {reference ? conf.n_reference : conf.n, 2, 0, 0,
                           reference ? conf.eta_reference : conf.eta.value[cell]};
  const double ratio = reference ? conf.ratio_reference : conf.ratio;
  param.d = (size_t)(ratio * (double)param.n);
  param.rho = (reference ? conf.kappa_reference : conf.kappa).value[cell] * sqrt(ratio);
  if (part == LONG)
    param.eta = 2 * (double)flips_of_class(param.eta) / (double)param.n;
  return param;
}

static double step_size(const attn_data_param *param) {
  return conf.b / fmax(param->rho * param->rho, (double)param->d / (double)param->n);
}

/* ---- one run ---- */

#define COLUMNS                                                                                    \
  "part cell draw step coherence fitted lost best signal_best log10_risk risk probit loss "        \
  "train_acc att_clean att_noisy gap min_margin normalised norm_v norm_p mu_v mu_p cos_v cos_p"
enum { FITTED = 5, LOST = 6, COS_V = 23, WIDTH = 25 };

/* Alternating classes, the first samples of both flipped. */
static void fix_labels(attn_labels *labels, size_t flips) {
  for (size_t i = 0; i < labels->n; i++) {
    labels->k[i] = i % 2 != 0;
    labels->y[i] = (signed char)((i % 2 != 0) == (i / 2 < flips) ? 1 : -1);
  }
}

/* The largest margin of a model that puts all attention of clean samples on their signal (signal)
 * or on their noise, and that of noisy samples on their noise, in units of sqrt(d/n). */
static double selection_margin(const attn_trial *trial, bool signal) {
  const size_t n = trial->param.n;
  const double *gram = attn_tokens_gram_matrix(trial->tokens);
  const double rho = trial->param.rho;
  const attn_labels *labels = trial->labels;
  double *K = attn_alloc(n * n, sizeof *K), *a = attn_alloc(n, sizeof *a);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      const bool mu_i = signal && !attn_labels_noisy(labels, i);
      const bool mu_j = signal && !attn_labels_noisy(labels, j);
      K[i * n + j] = mu_i != mu_j ? 0
                     : !mu_i      ? gram[i * n + j]
                                  : (labels->k[i] == labels->k[j]) * rho * rho;
    }
  attn_svm_apply_labels(K, labels->y, n);
  attn_svm_workspace *workspace = attn_svm_alloc(n);
  attn_svm_result result;
  const attn_svm_status status = attn_svm_solve(a, &result, K, n, workspace);
  attn_svm_free(workspace);
  attn_free(K);
  attn_free(a);
  return status == ATTN_SVM_OK ? result.margin_low * sqrt((double)n / (double)trial->param.d) : NAN;
}

static bool all_fitted(const attn_trial *trial) {
  bool fitted = true;
  for (size_t i = 0; i < trial->param.n; i++)
    fitted &= trial->labels->y[i] * trial->model->f[i] > 0;
  return fitted;
}

/* Phi^-1(risk): 0 for a coin, and a straight line against log log t where the risk climbs by the
 * law of section 6b; not-a-number where the risk is below double precision. */
static double probit(double log10_risk) {
  return log10_risk > -300 ? gsl_cdf_ugaussian_Pinv(pow(10, log10_risk)) : NAN;
}

static double full_norm(const double *u, double noise2) {
  return sqrt(u[0] * u[0] + u[1] * u[1] + noise2);
}

static void measure(double *row /* [WIDTH] */, const attn_trial *trial, size_t step) {
  const attn_model *model = trial->model;
  const attn_labels *labels = trial->labels;
  const size_t n = trial->param.n;
  const attn_metrics m = attn_metrics_measure(model, trial->tokens, labels);
  const double log10_risk = attn_metrics_log10_risk(&m, 2);
  //@begin measured
  double smallest = INFINITY, gap = 0;
  for (size_t i = 0; i < n; i++) {
    smallest = fmin(smallest, labels->y[i] * model->f[i]);
    if (!attn_labels_noisy(labels, i)) /* T = 2: one noise token per sample */
      gap += fabs(model->signal[ATTN_P][labels->k[i]] - model->noise[model->N + i]);
  }
  gap /= (double)(n - attn_labels_count_noisy(labels));
  const double norm_v = full_norm(model->theta, m.vv);
  const double normalised = smallest / norm_v * sqrt((double)n / (double)trial->param.d);
  //@end measured
  row[3] = (double)step;
  const double rest[] = {log10_risk,
                         pow(10, log10_risk),
                         probit(log10_risk),
                         m.loss,
                         m.train_acc,
                         m.att_clean,
                         m.att_noisy,
                         gap,
                         smallest,
                         normalised,
                         norm_v,
                         full_norm(model->theta + model->dim, m.pp),
                         (m.mv[0] - m.mv[1]) / 2,
                         (m.mp[0] + m.mp[1]) / 2};
  memcpy(row + 9, rest, sizeof rest);
}

/* The cosine of u, a vector of an earlier step, with v (which = ATTN_V) or p at the end. */
static double cosine(const double *u, const attn_trial *trial, size_t which) {
  const attn_model *model = trial->model;
  const double *w = model->theta + which * model->dim, *w_noise = model->noise + which * model->N;
  double *u_noise = attn_alloc(2 * model->N, sizeof *u_noise), signal[4];
  attn_tokens_scores(trial->tokens, signal, u_noise, u, 1);
  const double uw = u[0] * w[0] + u[1] * w[1] + attn_tokens_inner(trial->tokens, u, w, w_noise);
  const double uu = full_norm(u, attn_tokens_inner(trial->tokens, u, u, u_noise));
  const double ww = full_norm(w, attn_tokens_inner(trial->tokens, w, w, w_noise));
  attn_free(u_noise);
  return uw / (uu * ww); /* not-a-number for p after step 1, which is 0 */
}

/* Trains one draw; returns how many rows were recorded. */
static size_t run(double (*row)[WIDTH], part_kind part, size_t cell, size_t draw,
                  const attn_experiment *experiment) {
  const attn_data_param param = param_of(part, cell);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 1);
  attn_trial_draw(trial, attn_experiment_seed(experiment), "gd_long_run", part == REFERENCE, draw);
  if (part == LONG)
    fix_labels(trial->labels, flips_of_class(param.eta));
  const double noise = selection_margin(trial, false), signal = selection_margin(trial, true);
  const double coherence = attn_tokens_gram_coherence(trial->tokens, param.n);

  const attn_list *record = part == REFERENCE ? &conf.record_reference : &conf.record;
  const size_t last = part == LONG    ? conf.steps
                      : part == DRAWN ? conf.steps_drawn
                                      : (size_t)record->value[record->count - 1];
  const attn_optim optim = {.beta = step_size(&param)};
  const size_t size = 2 * trial->model->dim;
  double *kept = attn_alloc(record->count * size, sizeof *kept);
  double fitted = NAN, lost = 0;
  size_t rows = 0;
  //@begin loop
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (!all_fitted(trial))
      lost += !isnan(fitted);
    else if (isnan(fitted))
      fitted = (double)step;
    if (rows < record->count && step == (size_t)record->value[rows]) {
      measure(row[rows], trial, step);
      memcpy(kept + rows++ * size, trial->model->theta, size * sizeof *kept);
    }
    if (step == last)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  //@end loop
  for (size_t r = 0; r < rows; r++) {
    const double front[] = {(double)part, (double)cell, (double)draw};
    memcpy(row[r], front, sizeof front);
    const double whole_run[] = {coherence, fitted, lost, fmax(noise, signal), signal > noise};
    memcpy(row[r] + 4, whole_run, sizeof whole_run);
    for (size_t which = 0; which < 2; which++)
      row[r][COS_V + which] = cosine(kept + r * size + which * trial->model->dim, trial, which);
  }
  attn_free(kept);
  attn_trial_free(trial);
  return rows;
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  double(*row)[WIDTH] = attn_alloc(ATTN_LIST_MAX, sizeof *row);
  size_t jobs = 0;
  for (part_kind part = LONG; part < PARTS; part++)
    jobs += cells_of(part) * draws_of(part);
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, jobs, &job);) {
    part_kind part = LONG;
    size_t j = job;
    for (; j >= cells_of(part) * draws_of(part); part++)
      j -= cells_of(part) * draws_of(part);
    const size_t rows = run(row, part, j % cells_of(part), j / cells_of(part), experiment);
    for (size_t r = 0; r < rows; r++) {
      attn_table_number(table, (double)job);
      attn_table_numbers(table, row[r], WIDTH);
    }
  }
  attn_free(row);
}

/* ---- the recursion ---- */

/* What the recursion of a cell predicts, at the recorded steps. */
typedef struct {
  double log10_risk[ATTN_LIST_MAX], probit[ATTN_LIST_MAX], gap[ATTN_LIST_MAX];
  double attention[ATTN_LIST_MAX], normalised[ATTN_LIST_MAX];
  double fitted; /* the first step with positive margins */
  bool below;    /* the edge: clean samples end on their noise */
} prediction;

static void predict(prediction *out, const attn_data_param *param) {
  attn_recursion r = attn_recursion_start(param);
  out->fitted = NAN;
  for (size_t step = 0, rows = 0; rows < conf.record.count; step++) {
    if (isnan(out->fitted) && fmin(r.margin[0], r.margin[1]) > 0)
      out->fitted = (double)step;
    if (step == (size_t)conf.record.value[rows]) {
      const attn_risk_input input = {{r.v_mu, -r.v_mu}, {r.p_mu, r.p_mu}, r.vv, r.pp, r.vp, NAN};
      const double norm = sqrt(2 * r.v_mu * r.v_mu / (param->rho * param->rho) + r.vv);
      out->log10_risk[rows] = attn_risk_log10(&input, 2).log10_clean;
      out->probit[rows] = probit(out->log10_risk[rows]);
      out->gap[rows] = fabs(r.p_mu - r.p_xi[0]);
      out->attention[rows] = r.attention[0];
      out->normalised[rows++] =
          fmin(r.margin[0], r.margin[1]) / norm * sqrt((double)param->n / (double)param->d);
    }
    attn_recursion_step(&r, param, step_size(param));
  }
  out->below = r.attention[0] < 0.5;
}

/* ---- results ---- */

/* The values of a column in the rows of a part, a cell, a step and a draw, in that order; ANY ends
 * the conditions. Returns how many. */
enum { ANY = -1 };
static size_t pick(double *x, const attn_samples *samples, const char *column, part_kind part,
                   double cell, double step, double draw) {
  attn_where where[] = {{"part", part}, {"cell", cell}, {"step", step}, {"draw", draw}, {0}};
  for (size_t i = 1; i < 4; i++)
    if (where[i].value == ANY)
      where[i] = (attn_where){0};
  return attn_samples_select(x, samples, column, where);
}

static attn_summary over_draws(const attn_samples *samples, const char *column, part_kind part,
                               size_t cell, double step) {
  double *x = attn_alloc(samples->rows, sizeof *x);
  const size_t count = pick(x, samples, column, part, (double)cell, step, ANY);
  const attn_summary summary = attn_stats_summary(x, count, conf.level);
  attn_free(x);
  return summary;
}

/* One number of one draw; not-a-number when there is none. */
static double value_of(const attn_samples *samples, const char *column, part_kind part, size_t cell,
                       double step, size_t draw) {
  double *x = attn_alloc(samples->rows, sizeof *x);
  const size_t count = pick(x, samples, column, part, (double)cell, step, (double)draw);
  const double value = count == 1 ? x[0] : NAN;
  attn_free(x);
  return value;
}

/* The largest coherence of a part's draws. */
static double coherence_of(const attn_samples *samples, part_kind part) {
  double *x = attn_alloc(samples->rows, sizeof *x);
  const size_t count = pick(x, samples, "coherence", part, ANY, ANY, ANY);
  attn_stats_sort(x, count);
  const double largest = count > 0 ? x[count - 1] : NAN;
  attn_free(x);
  return largest;
}

static double late(const attn_samples *samples, const char *column, size_t cell, size_t draw) {
  return value_of(samples, column, LONG, cell, (double)conf.steps, draw);
}

/* The largest log10 risk of one run from step 2 on. */
static double worst_risk(const attn_samples *samples, size_t cell, size_t draw) {
  double worst = -INFINITY;
  for (size_t r = 0; r < conf.record.count; r++)
    if (conf.record.value[r] >= 2)
      worst = fmax(worst, value_of(samples, "log10_risk", LONG, cell, conf.record.value[r], draw));
  return worst;
}

/* ---- growth ---- */

/* y over the recorded steps t >= fit_from, as a line in log log t and in log t. */
typedef struct {
  attn_line loglog, log;
} growth;

/* Two laws: GAP, of the mean score gap of clean samples, and CLIMB, of log(-probit of the risk). */
typedef enum { GAP, CLIMB, LAWS } law_kind;
static const char *const law_column[LAWS] = {"gap", "probit"};

static growth fit(law_kind law, const double *value /* [record] */) {
  double loglog[ATTN_LIST_MAX], log_t[ATTN_LIST_MAX], y[ATTN_LIST_MAX];
  size_t count = 0;
  for (size_t r = 0; r < conf.record.count; r++) {
    y[count] = law == GAP ? value[r] : log(-value[r]);
    log_t[count] = log(conf.record.value[r]);
    loglog[count] = log(log_t[count]);
    count += conf.record.value[r] >= conf.fit_from && isfinite(y[count]);
  }
  return (growth){attn_stats_line(loglog, y, count, conf.level),
                  attn_stats_line(log_t, y, count, conf.level)};
}

static growth growth_of(const attn_samples *samples, law_kind law, size_t cell, size_t draw) {
  double value[ATTN_LIST_MAX];
  for (size_t r = 0; r < conf.record.count; r++)
    value[r] = value_of(samples, law_column[law], LONG, cell, conf.record.value[r], draw);
  return fit(law, value);
}

static growth growth_predicted(const prediction *ideal, law_kind law) {
  return fit(law, law == GAP ? ideal->gap : ideal->probit);
}

/* log10 of the step at which the line of log(-probit) comes to a risk of 0.4. */
static double log10_step_of_two_fifths(const attn_line *line) {
  return exp((log(-gsl_cdf_ugaussian_Pinv(0.4)) - line->intercept) / line->slope) / log(10);
}

/* The cells' fits: slopes in log log t with their interval over draws, the recursion's slope, its
 * limit, residuals of both lines, and of CLIMB the step extrapolated to. */
static void write_growth(attn_experiment *experiment, const attn_samples *samples,
                         const prediction *ideal) {
#define GROWTH_COLUMNS "eta kappa slope slope_low slope_high ideal_slope limit rms rms_log"
  attn_table *table[LAWS] = {
      attn_experiment_table(experiment, "gaps", GROWTH_COLUMNS),
      attn_experiment_table(experiment, "climb", GROWTH_COLUMNS " reach"),
  };
  double *slope = attn_alloc(2 * conf.draws, sizeof *slope), *reach = slope + conf.draws;
  for (law_kind law = GAP; law < LAWS; law++) {
    for (size_t cell = 0; cell < conf.kappa.count; cell++) {
      if (law == CLIMB && !ideal[cell].below)
        continue;
      double rms = 0, rms_log = 0;
      for (size_t draw = 0; draw < conf.draws; draw++) {
        const growth g = growth_of(samples, law, cell, draw);
        slope[draw] = g.loglog.slope;
        reach[draw] = log10_step_of_two_fifths(&g.loglog);
        rms += g.loglog.rms / (double)conf.draws;
        rms_log += g.log.rms / (double)conf.draws;
      }
      const attn_summary s = attn_stats_summary(slope, conf.draws, conf.level);
      const double kappa = conf.kappa.value[cell], eta = param_of(LONG, cell).eta;
      const double x = (1 - eta) * kappa * kappa / 2; /* the signal's share of a gap is x/(1+x) */
      attn_table_numbers(table[law],
                         (double[]){eta, kappa, s.mean, s.low, s.high,
                                    growth_predicted(&ideal[cell], law).loglog.slope,
                                    law == GAP ? 2 : -(1 + 3 * x) / (1 + x), rms, rms_log},
                         9);
      if (law == CLIMB)
        attn_table_number(table[law], attn_stats_summary(reach, conf.draws, conf.level).median);
    }
    attn_table_close(table[law]);
  }
  attn_free(slope);
}

/* ---- tables ---- */

/* Every recorded step of every cell for the figure, and some steps of one cell for the page. */
static void write_trajectory(attn_experiment *experiment, const attn_samples *samples,
                             const prediction *ideal) {
  attn_table *table =
      attn_experiment_table(experiment, "trajectory",
                            "cell eta kappa below step log10_risk log10_risk_q05 log10_risk_q95 "
                            "att_clean gap normalised best "
                            "ideal_log10_risk ideal_att_clean ideal_gap ideal_normalised");
  for (size_t cell = 0; cell < conf.kappa.count; cell++)
    for (size_t r = 0; r < conf.record.count; r++) {
      const double step = conf.record.value[r];
      const attn_summary risk = over_draws(samples, "log10_risk", LONG, cell, step);
      attn_table_numbers(table,
                         (double[]){(double)cell + 1, conf.eta.value[cell], conf.kappa.value[cell],
                                    ideal[cell].below, step},
                         5);
      attn_table_numbers(table, (double[]){risk.median, risk.q05, risk.q95}, 3);
      static const char *const means[] = {"att_clean", "gap", "normalised", "best"};
      for (size_t c = 0; c < sizeof means / sizeof *means; c++)
        attn_table_number(table, over_draws(samples, means[c], LONG, cell, step).mean);
      attn_table_numbers(table,
                         (double[]){ideal[cell].log10_risk[r], ideal[cell].attention[r],
                                    ideal[cell].gap[r], ideal[cell].normalised[r]},
                         4);
    }
  attn_table_close(table);

  table = attn_experiment_table(experiment, "steps",
                                "step log10_risk risk loss min_margin normalised best att_clean "
                                "att_noisy norm_v norm_p mu_v mu_p cos_v cos_p");
  static const char *const columns[] = {
      "log10_risk", "risk",   "loss",   "min_margin", "normalised", "best",  "att_clean",
      "att_noisy",  "norm_v", "norm_p", "mu_v",       "mu_p",       "cos_v", "cos_p"};
  for (size_t s = 0; s < conf.show.count; s++) {
    attn_table_number(table, conf.show.value[s]);
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
      attn_table_number(
          table, over_draws(samples, columns[c], LONG, conf.shown - 1, conf.show.value[s]).mean);
  }
  attn_table_close(table);
}

static void write_cells(attn_experiment *experiment, const attn_samples *samples,
                        const prediction *ideal) {
  attn_table *table = attn_experiment_table(
      experiment, "cells",
      "eta kappa kappa_star kappa_edge log10_risk_2 log10_risk log10_risk_q05 log10_risk_q95 "
      "ideal_log10_risk risk risk_low risk_high ideal_att_clean ideal_fitted att_clean fitted lost "
      "normalised best signal_best draws drawn_harmful drawn_low drawn_high draws_drawn");
  double *drawn = attn_alloc(samples->rows, sizeof *drawn);
  for (size_t cell = 0; cell < conf.kappa.count; cell++) {
    const attn_data_param param = param_of(LONG, cell);
    const attn_boundary_search search = {conf.b, conf.steps_drawn, 1, 12};
    const double end = (double)conf.steps;
    const size_t last = conf.record.count - 1;
    const attn_summary early = over_draws(samples, "log10_risk", LONG, cell, 2);
    const attn_summary log10_risk = over_draws(samples, "log10_risk", LONG, cell, end);
    const attn_summary risk = over_draws(samples, "risk", LONG, cell, end);
    attn_table_numbers(table,
                       (double[]){param.eta, conf.kappa.value[cell], sqrt(2 / (1 - param.eta)),
                                  attn_boundary_ideal(ATTN_BOUNDARY_C, &search, &param),
                                  early.median, log10_risk.median, log10_risk.q05, log10_risk.q95,
                                  ideal[cell].log10_risk[last], risk.mean, risk.low, risk.high,
                                  ideal[cell].attention[last], ideal[cell].fitted},
                       14);
    static const char *const means[] = {"att_clean",  "fitted", "lost",
                                        "normalised", "best",   "signal_best"};
    for (size_t c = 0; c < sizeof means / sizeof *means; c++)
      attn_table_number(table, over_draws(samples, means[c], LONG, cell, end).mean);
    const size_t count =
        pick(drawn, samples, "risk", DRAWN, (double)cell, (double)conf.steps_drawn, ANY);
    size_t harmful = 0;
    for (size_t i = 0; i < count; i++)
      harmful += drawn[i] > conf.harmful;
    const attn_interval share = attn_stats_binomial(harmful, count, conf.level);
    attn_table_numbers(table,
                       (double[]){(double)risk.count, (double)harmful / (double)count, share.low,
                                  share.high, (double)count},
                       5);
  }
  attn_free(drawn);
  attn_table_close(table);
}

static void write_reference(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "reference",
      "kappa step log10_risk log10_risk_q05 log10_risk_q95 risk train_acc att_clean");
  for (size_t cell = 0; cell < conf.kappa_reference.count; cell++)
    for (size_t r = 0; r < conf.record_reference.count; r++) {
      const double step = conf.record_reference.value[r];
      const attn_summary risk = over_draws(samples, "log10_risk", REFERENCE, cell, step);
      attn_table_numbers(table,
                         (double[]){conf.kappa_reference.value[cell], step, risk.median, risk.q05,
                                    risk.q95, pow(10, risk.median),
                                    over_draws(samples, "train_acc", REFERENCE, cell, step).mean,
                                    over_draws(samples, "att_clean", REFERENCE, cell, step).mean},
                         8);
    }
  attn_table_close(table);
}

/* What the page says of the settings. */
static void write_setting(attn_experiment *experiment) {
  const attn_data_param param = param_of(LONG, 0);
  attn_table *table = attn_experiment_table(
      experiment, "setting", "n d b steps draws steps_drawn draws_drawn harmful fit_from");
  attn_table_numbers(table,
                     (double[]){(double)param.n, (double)param.d, conf.b, (double)conf.steps,
                                (double)conf.draws, (double)conf.steps_drawn,
                                (double)conf.draws_drawn, conf.harmful, conf.fit_from},
                     9);
  attn_table_close(table);
}

/* ---- claims ---- */

/* What the claims' functions need; x is room for a number per draw. */
typedef struct {
  attn_experiment *experiment;
  const attn_samples *samples;
  const prediction *ideal;
  double *x;
  attn_claim base; /* kappa, coherence and scope */
} results;

static attn_claim base_of(double coherence) {
  return (attn_claim){
      .kappa = NAN, .coherence = coherence, .in_scope = coherence <= conf.coherence};
}

/* The interval of the mean of a number per draw. */
static attn_interval interval_of(const double *x) {
  return attn_stats_mean_interval(x, conf.draws, conf.level);
}

static void claims_of_risk(const results *r) {
  double *x = r->x;
  //@begin verdicts
  /* a draw's smallest late risk below the edge */
  for (size_t draw = 0; draw < conf.draws; draw++) {
    x[draw] = INFINITY;
    for (size_t cell = 0; cell < conf.kappa.count; cell++)
      if (r->ideal[cell].below)
        x[draw] = fmin(x[draw], late(r->samples, "risk", cell, draw));
  }
  attn_claim claim = attn_verdict_above(r->base, "long-harmful", conf.harmful,
                                        attn_stats_mean(x, conf.draws), interval_of(x));
  attn_experiment_claim(r->experiment, claim);

  /* a draw's largest log10 risk above the edge, over all recorded steps from 2 on */
  for (size_t draw = 0; draw < conf.draws; draw++) {
    x[draw] = -INFINITY;
    for (size_t cell = 0; cell < conf.kappa.count; cell++)
      if (!r->ideal[cell].below)
        x[draw] = fmax(x[draw], worst_risk(r->samples, cell, draw));
  }
  claim = attn_verdict_below(r->base, "long-benign", log10(conf.benign),
                             attn_stats_mean(x, conf.draws), interval_of(x));
  attn_experiment_claim(r->experiment, claim);

  /* between kappa* and the edge: the margin reached, over that of attention on the signal */
  bool harmful = true;
  for (size_t draw = 0; draw < conf.draws; draw++) {
    x[draw] = NAN;
    for (size_t cell = 0; cell < conf.kappa.count; cell++) {
      if (!r->ideal[cell].below || late(r->samples, "signal_best", cell, draw) != 1)
        continue;
      x[draw] = fmax(x[draw], late(r->samples, "normalised", cell, draw) /
                                  late(r->samples, "best", cell, draw));
      harmful &= late(r->samples, "risk", cell, draw) > conf.harmful;
    }
  }
  claim = attn_verdict_below(r->base, "kappa-star-is-not-the-edge", 1,
                             attn_stats_mean(x, conf.draws), interval_of(x));
  claim.holds &= harmful;
  attn_experiment_claim(r->experiment, claim);
  //@end verdicts
}

static void claims_of_training(const results *r) {
  size_t strong = 0; /* the cell of the largest kappa */
  for (size_t cell = 0; cell < conf.kappa.count; cell++)
    if (conf.kappa.value[cell] > conf.kappa.value[strong])
      strong = cell;
  bool holds = true;
  for (size_t draw = 0; draw < conf.draws; draw++) {
    r->x[draw] = late(r->samples, "fitted", strong, draw);
    holds &= r->x[draw] > 2 && r->x[draw] <= (double)conf.soon &&
             worst_risk(r->samples, strong, draw) < log10(conf.benign);
  }
  attn_claim claim = r->base;
  const attn_interval interval = interval_of(r->x);
  claim.id = "long-large-kappa";
  claim.kappa = conf.kappa.value[strong];
  claim.measured = attn_stats_mean(r->x, conf.draws);
  claim.low = interval.low;
  claim.high = interval.high;
  claim.holds = holds;
  snprintf(claim.predicted, sizeof claim.predicted, "> 2, at most %zu", conf.soon);
  attn_experiment_claim(r->experiment, claim);

  /* Draws in which no run, with fixed or drawn labels, loses a label once all are fitted, and in
   * which every run fits all. Runs of one draw share their noise. */
  const size_t draws = conf.draws > conf.draws_drawn ? conf.draws : conf.draws_drawn;
  size_t kept = 0;
  for (size_t draw = 0; draw < draws; draw++) {
    double lost = 0;
    for (size_t cell = 0; cell < conf.kappa.count; cell++)
      for (part_kind part = LONG; part < REFERENCE; part++)
        if (draw < draws_of(part)) {
          const double end = (double)(part == LONG ? conf.steps : conf.steps_drawn);
          lost += value_of(r->samples, "lost", part, cell, end, draw) +
                  isnan(value_of(r->samples, "fitted", part, cell, end, draw));
        }
    kept += lost == 0;
  }
  claim = attn_verdict_share(r->base, "interpolation-kept", kept, draws, conf.level, 0);
  claim.holds = kept == draws; /* a single loss would refute it */
  attn_experiment_claim(r->experiment, claim);
}

/* Of each law: the residual of the line in log log t over that in log t, and the slope over the
 * recursion's. A draw's number is the mean over cells (GAP) or over those below the edge. */
static void claims_of_growth(const results *r) {
  static const char *const id[LAWS][2] = {{"gap-log-log", "gap-recursion"},
                                          {"risk-log-log", "risk-recursion"}};
  double *ratio = attn_alloc(conf.draws, sizeof *ratio);
  for (law_kind law = GAP; law < LAWS; law++) {
    for (size_t draw = 0; draw < conf.draws; draw++) {
      double residuals = 0, slopes = 0;
      size_t cells = 0;
      for (size_t cell = 0; cell < conf.kappa.count; cell++) {
        if (law == CLIMB && !r->ideal[cell].below)
          continue;
        const growth g = growth_of(r->samples, law, cell, draw);
        residuals += log(g.loglog.rms / g.log.rms);
        slopes += g.loglog.slope / growth_predicted(&r->ideal[cell], law).loglog.slope;
        cells++;
      }
      r->x[draw] = exp(residuals / (double)cells);
      ratio[draw] = slopes / (double)cells;
    }
    attn_experiment_claim(r->experiment,
                          attn_verdict_below(r->base, id[law][0], 1,
                                             attn_stats_mean(r->x, conf.draws), interval_of(r->x)));
    attn_experiment_claim(r->experiment, attn_verdict_within(r->base, id[law][1], 1, conf.allowed,
                                                             attn_stats_mean(ratio, conf.draws),
                                                             interval_of(ratio)));
  }
  attn_free(ratio);
}

/* In the reference: a draw's smallest late risk below kappa*. */
static void claim_of_reference(const results *r) {
  const double end = conf.record_reference.value[conf.record_reference.count - 1];
  for (size_t draw = 0; draw < conf.draws; draw++) {
    r->x[draw] = INFINITY;
    for (size_t cell = 0; cell < conf.kappa_reference.count; cell++)
      if (conf.kappa_reference.value[cell] < sqrt(2 / (1 - conf.eta_reference)))
        r->x[draw] = fmin(r->x[draw], value_of(r->samples, "risk", REFERENCE, cell, end, draw));
  }
  attn_experiment_claim(r->experiment,
                        attn_verdict_above(base_of(coherence_of(r->samples, REFERENCE)),
                                           "long-harmful-reference", conf.harmful,
                                           attn_stats_mean(r->x, conf.draws), interval_of(r->x)));
}

static void summarise(attn_experiment *experiment) {
  attn_samples *samples = attn_experiment_gather(experiment);
  prediction *ideal = attn_alloc(conf.kappa.count, sizeof *ideal);
  for (size_t cell = 0; cell < conf.kappa.count; cell++) {
    const attn_data_param param = param_of(LONG, cell);
    predict(&ideal[cell], &param);
  }
  write_setting(experiment);
  write_trajectory(experiment, samples, ideal);
  write_cells(experiment, samples, ideal);
  write_growth(experiment, samples, ideal);
  write_reference(experiment, samples);

  double *x = attn_alloc(samples->rows, sizeof *x);
  const results r = {experiment, samples, ideal, x,
                     base_of(fmax(coherence_of(samples, LONG), coherence_of(samples, DRAWN)))};
  claims_of_risk(&r);
  claims_of_training(&r);
  claims_of_growth(&r);
  claim_of_reference(&r);
  attn_free(x);
  attn_free(ideal);
  attn_samples_free(samples);
}

int main(int argc, char **argv) {
  attn_experiment *experiment =
      attn_experiment_begin(argc, argv, "a million steps of gradient descent, around its edge",
                            keys, sizeof keys / sizeof *keys);
  if (conf.eta.count != conf.kappa.count)
    attn_fail("eta has %zu values and kappa %zu: cells are pairs, give both as many",
              conf.eta.count, conf.kappa.count);
  if (conf.shown > conf.kappa.count)
    attn_fail("shown = %zu: the cells are counted from 1 to %zu", conf.shown, conf.kappa.count);
  if (attn_experiment_sampling(experiment))
    sample(experiment);
  else
    summarise(experiment);
  return attn_experiment_end(experiment);
}
