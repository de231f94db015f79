/* A million steps of gradient descent: below the edge of the recursion the risk climbs towards one
 * half, above it it stays negligible, and scores grow like log log t (theory section 6b, C). */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "boundary.h"
#include "experiment.h"
#include "maxmargin.h"
#include "metrics.h"
#include "recursion.h"
#include "stats.h"
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

/* ---- sampling ---- */

#define COLUMNS                                                                                    \
  "part cell draw step coherence fitted lost best signal_best log10_risk risk probit loss "        \
  "train_acc att_clean att_noisy gap min_margin normalised norm_v norm_p mu_v mu_p cos_v cos_p"

/* The largest margin of a model that puts all attention of clean samples on their signal (signal)
 * or on their noise, and that of noisy samples on their noise, in units of sqrt(d/n). */
static double selection_margin(const attn_trial *trial, bool signal) {
  const size_t n = trial->param.n;
  const attn_maxmargin_set set = {trial->labels, attn_tokens_gram_matrix(trial->tokens),
                                  trial->param.rho};
  unsigned char *sigma = attn_alloc(n, sizeof *sigma); /* 0 is the signal, 1 the noise token */
  for (size_t i = 0; i < n; i++)
    sigma[i] = !signal || attn_labels_noisy(trial->labels, i);
  double *a = attn_alloc(n, sizeof *a);
  attn_maxmargin_workspace *workspace = attn_maxmargin_alloc(n, trial->param.T);
  attn_svm_result result;
  const attn_svm_status status = attn_maxmargin_value(a, &result, sigma, &set, workspace);
  attn_maxmargin_free(workspace);
  attn_free(a);
  attn_free(sigma);
  return status == ATTN_SVM_OK ? result.margin_low * sqrt((double)n / (double)trial->param.d) : NAN;
}

/* Phi^-1(risk): 0 for a coin, and a straight line against log log t where the risk climbs by the
 * law of section 6b; not-a-number where the risk is below double precision. */
static double probit(double log10_risk) {
  return log10_risk > -300 ? gsl_cdf_ugaussian_Pinv(pow(10, log10_risk)) : NAN;
}

//@begin measured
/* The mean distance of a clean sample's two scores; T = 2: one noise token for each sample. */
static double score_gap(const attn_model *model, const attn_labels *labels) {
  double sum = 0;
  for (size_t i = 0; i < model->n; i++)
    if (!attn_labels_noisy(labels, i))
      sum += fabs(model->signal[ATTN_P][labels->k[i]] - model->noise[model->N + i]);
  return sum / (double)(model->n - attn_labels_count_noisy(labels));
}

/* The smallest margin over |v|, in units of sqrt(d/n). */
static double normalised_margin(double smallest, double norm_v, const attn_data_param *param) {
  return smallest / norm_v * sqrt((double)param->n / (double)param->d);
}
//@end measured

/* Trains one draw and writes a row for each recorded step. */
static void run(attn_table *table, size_t job, part_kind part, size_t cell, size_t draw,
                const attn_experiment *experiment) {
  const attn_data_param param = param_of(part, cell);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 1);
  attn_trial_draw(trial, attn_experiment_seed(experiment), "gd_long_run", part == REFERENCE, draw);
  if (part == LONG)
    attn_labels_balanced(trial->labels, flips_of_class(param.eta));
  const double noise = selection_margin(trial, false), signal = selection_margin(trial, true);
  const double coherence = attn_tokens_gram_coherence(trial->tokens, param.n);

  const attn_list *record = part == REFERENCE ? &conf.record_reference : &conf.record;
  const size_t last = part == LONG    ? conf.steps
                      : part == DRAWN ? conf.steps_drawn
                                      : (size_t)record->value[record->count - 1];
  const attn_optim optim = {.beta = attn_train_step_size(&param, conf.b)};
  const attn_model *model = trial->model;
  const size_t size = 2 * model->dim;
  attn_metrics metrics[ATTN_LIST_MAX];
  double gap[ATTN_LIST_MAX], fitted = NAN, lost = 0;
  double *kept = attn_alloc(record->count * size, sizeof *kept); /* v and p at recorded steps */
  size_t rows = 0;
  //@begin loop
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (!attn_metrics_fitted(model, trial->labels))
      lost += !isnan(fitted);
    else if (isnan(fitted))
      fitted = (double)step;
    if (rows < record->count && step == (size_t)record->value[rows]) {
      metrics[rows] = attn_metrics_measure(model, trial->tokens, trial->labels);
      gap[rows] = score_gap(model, trial->labels);
      memcpy(kept + rows++ * size, model->theta, size * sizeof *kept);
    }
    if (step == last)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  //@end loop
  double *workspace = attn_alloc(2 * model->N, sizeof *workspace);
  for (size_t r = 0; r < rows; r++) {
    const attn_metrics *m = &metrics[r];
    const double risk = attn_metrics_log10_risk(m, 2),
                 smallest = fmin(m->least_clean, m->least_noisy);
    const double *v = kept + r * size, *p = v + model->dim;
    attn_table_cells(table, (double)job, (double)part, (double)cell, (double)draw, record->value[r],
                     coherence, fitted, lost, fmax(noise, signal), signal > noise, risk,
                     pow(10, risk), probit(risk), m->loss, m->train_acc, m->att_clean, m->att_noisy,
                     gap[r], smallest, normalised_margin(smallest, m->norm_v, &param), m->norm_v,
                     m->norm_p, (m->mv[0] - m->mv[1]) / 2, (m->mp[0] + m->mp[1]) / 2,
                     attn_tokens_cosine(trial->tokens, v, model->theta, workspace),
                     attn_tokens_cosine(trial->tokens, p, model->theta + model->dim, workspace));
  }
  attn_free(workspace);
  attn_free(kept);
  attn_trial_free(trial);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  size_t jobs = 0;
  for (part_kind part = LONG; part < PARTS; part++)
    jobs += cells_of(part) * draws_of(part);
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, jobs, &job);) {
    part_kind part = LONG;
    size_t j = job;
    for (; j >= cells_of(part) * draws_of(part); part++)
      j -= cells_of(part) * draws_of(part);
    run(table, job, part, j % cells_of(part), j / cells_of(part), experiment);
  }
}

/* ---- prediction ---- */

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
    const double smallest = fmin(r.margin[0], r.margin[1]);
    if (isnan(out->fitted) && smallest > 0)
      out->fitted = (double)step;
    if (step == (size_t)conf.record.value[rows]) {
      const double norm_v = sqrt(2 * r.v_mu * r.v_mu / (param->rho * param->rho) + r.vv);
      out->log10_risk[rows] = attn_recursion_log10_risk(&r, 2);
      out->probit[rows] = probit(out->log10_risk[rows]);
      out->gap[rows] = fabs(r.p_mu - r.p_xi[0]);
      out->attention[rows] = r.attention[0];
      out->normalised[rows++] = normalised_margin(smallest, norm_v, param);
    }
    attn_recursion_step(&r, param, attn_train_step_size(param, conf.b));
  }
  out->below = r.attention[0] < 0.5;
}

/* ---- what is asked of the samples ---- */

static attn_summary over_draws(const attn_samples *samples, const char *column, part_kind part,
                               size_t cell, double step) {
  return attn_samples_summary(
      samples, column, (attn_where[]){{"part", part}, {"cell", (double)cell}, {"step", step}, {0}},
      conf.level);
}

/* One number of one draw. */
static double in_draw(const attn_samples *samples, const char *column, part_kind part, size_t cell,
                      double step, size_t draw) {
  return attn_samples_value(
      samples, column,
      (attn_where[]){
          {"part", part}, {"cell", (double)cell}, {"step", step}, {"draw", (double)draw}, {0}});
}

static double late(const attn_samples *samples, const char *column, size_t cell, size_t draw) {
  return in_draw(samples, column, LONG, cell, (double)conf.steps, draw);
}

/* The largest log10 risk of one run from step 2 on. */
static double worst_risk(const attn_samples *samples, size_t cell, size_t draw) {
  double worst = -INFINITY;
  for (size_t r = 0; r < conf.record.count; r++)
    if (conf.record.value[r] >= 2)
      worst = fmax(worst, in_draw(samples, "log10_risk", LONG, cell, conf.record.value[r], draw));
  return worst;
}

/* ---- growth ---- */

/* Two laws: GAP, of the mean score gap of clean samples, and CLIMB, of log(-probit of the risk), on
 * the recorded steps t >= fit_from. */
typedef enum { GAP, CLIMB, LAWS } law_kind;

static attn_growth fit(law_kind law, double *t, double *y, size_t count) {
  for (size_t r = 0; r < count; r++)
    y[r] = t[r] < conf.fit_from ? NAN : law == GAP ? y[r] : log(-y[r]);
  return attn_stats_growth(t, y, count, conf.level);
}

static attn_growth growth_of(const attn_samples *samples, law_kind law, size_t cell, size_t draw) {
  static const char *const column[LAWS] = {"gap", "probit"};
  double *t = attn_alloc(samples->rows, sizeof *t), *y = attn_alloc(samples->rows, sizeof *y);
  const size_t count = attn_samples_pairs(
      t, y, samples, "step", column[law],
      (attn_where[]){{"part", LONG}, {"cell", (double)cell}, {"draw", (double)draw}, {0}});
  const attn_growth growth = fit(law, t, y, count);
  attn_free(t);
  attn_free(y);
  return growth;
}

static attn_growth growth_predicted(const prediction *ideal, law_kind law) {
  const size_t count = conf.record.count;
  double t[ATTN_LIST_MAX], y[ATTN_LIST_MAX];
  memcpy(t, conf.record.value, count * sizeof *t);
  memcpy(y, law == GAP ? ideal->gap : ideal->probit, count * sizeof *y);
  return fit(law, t, y, count);
}

/* log10 of the step at which the line of log(-probit) comes to a risk of 0.4. */
static double log10_step_of_two_fifths(const attn_line *line) {
  return exp((log(-gsl_cdf_ugaussian_Pinv(0.4)) - line->intercept) / line->slope) / log(10);
}

/* ---- tables ---- */

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
        const attn_growth g = growth_of(samples, law, cell, draw);
        slope[draw] = g.loglog.slope;
        reach[draw] = log10_step_of_two_fifths(&g.loglog);
        rms += g.loglog.rms / (double)conf.draws;
        rms_log += g.log.rms / (double)conf.draws;
      }
      const attn_summary s = attn_stats_summary(slope, conf.draws, conf.level);
      const double kappa = conf.kappa.value[cell], eta = param_of(LONG, cell).eta;
      const double x = (1 - eta) * kappa * kappa / 2; /* the signal's share of a gap is x/(1+x) */
      attn_table_cells(table[law], eta, kappa, s.mean, s.low, s.high,
                       growth_predicted(&ideal[cell], law).loglog.slope,
                       law == GAP ? 2 : -(1 + 3 * x) / (1 + x), rms, rms_log);
      if (law == CLIMB)
        attn_table_number(table[law], attn_stats_summary(reach, conf.draws, conf.level).median);
    }
    attn_table_close(table[law]);
  }
  attn_free(slope);
}

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
      const prediction *p = &ideal[cell];
      const attn_summary risk = over_draws(samples, "log10_risk", LONG, cell, step);
      attn_table_cells(table, (double)cell + 1, conf.eta.value[cell], conf.kappa.value[cell],
                       p->below, step, risk.median, risk.q05, risk.q95);
      attn_samples_write_means(
          table, samples, "att_clean gap normalised best",
          (attn_where[]){{"part", LONG}, {"cell", (double)cell}, {"step", step}, {0}});
      attn_table_cells(table, p->log10_risk[r], p->attention[r], p->gap[r], p->normalised[r]);
    }
  attn_table_close(table);
#define STEP_COLUMNS                                                                               \
  "log10_risk risk loss min_margin normalised best att_clean att_noisy norm_v norm_p mu_v mu_p "   \
  "cos_v cos_p"
  table = attn_experiment_table(experiment, "steps", "step " STEP_COLUMNS);
  for (size_t s = 0; s < conf.show.count; s++) {
    const attn_where where[] = {
        {"part", LONG}, {"cell", (double)conf.shown - 1}, {"step", conf.show.value[s]}, {0}};
    attn_table_number(table, conf.show.value[s]);
    attn_samples_write_means(table, samples, STEP_COLUMNS, where);
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
  const attn_boundary_search search = {conf.b, conf.steps_drawn, 1, 12};
  const size_t last = conf.record.count - 1;
  for (size_t cell = 0; cell < conf.kappa.count; cell++) {
    const attn_data_param param = param_of(LONG, cell);
    const double c = (double)cell;
    const attn_where end[] = {{"part", LONG}, {"cell", c}, {"step", (double)conf.steps}, {0}};
    const attn_where drawn[] = {
        {"part", DRAWN}, {"cell", c}, {"step", (double)conf.steps_drawn}, {0}};
    const attn_summary early = over_draws(samples, "log10_risk", LONG, cell, 2);
    const attn_summary log10_risk = attn_samples_summary(samples, "log10_risk", end, conf.level);
    const attn_summary risk = attn_samples_summary(samples, "risk", end, conf.level);
    attn_table_cells(table, param.eta, conf.kappa.value[cell], sqrt(2 / (1 - param.eta)),
                     attn_boundary_ideal(ATTN_BOUNDARY_C, &search, &param), early.median,
                     log10_risk.median, log10_risk.q05, log10_risk.q95,
                     ideal[cell].log10_risk[last], risk.mean, risk.low, risk.high,
                     ideal[cell].attention[last], ideal[cell].fitted);
    attn_samples_write_means(table, samples, "att_clean fitted lost normalised best signal_best",
                             end);
    const size_t count = attn_samples_count(samples, "risk", 0, 1, drawn);
    const size_t harmful = count - attn_samples_count(samples, "risk", 0, conf.harmful, drawn);
    const attn_interval share = attn_stats_binomial(harmful, count, conf.level);
    attn_table_cells(table, (double)risk.count, (double)harmful / (double)count, share.low,
                     share.high, (double)count);
  }
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
      attn_table_cells(table, conf.kappa_reference.value[cell], step, risk.median, risk.q05,
                       risk.q95, pow(10, risk.median));
      attn_samples_write_means(
          table, samples, "train_acc att_clean",
          (attn_where[]){{"part", REFERENCE}, {"cell", (double)cell}, {"step", step}, {0}});
    }
  attn_table_close(table);
}

/* What the page says of the settings. */
static void write_setting(attn_experiment *experiment) {
  const attn_data_param param = param_of(LONG, 0);
  attn_table *table = attn_experiment_table(
      experiment, "setting", "n d b steps draws steps_drawn draws_drawn harmful fit_from");
  attn_table_cells(table, (double)param.n, (double)param.d, conf.b, (double)conf.steps,
                   (double)conf.draws, (double)conf.steps_drawn, (double)conf.draws_drawn,
                   conf.harmful, conf.fit_from);
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

static double coherence_of(const attn_samples *samples, part_kind part) {
  return attn_samples_largest(samples, "coherence", (attn_where[]){{"part", part}, {0}});
}

/* The mean of a number per draw, and its interval. */
static attn_summary mean_of(double *x) {
  return attn_stats_summary(x, conf.draws, conf.level);
}

static void claims_of_risk(const results *r) {
  const attn_samples *samples = r->samples;
  double *x = r->x;
  //@begin verdicts
  /* a draw's smallest late risk below the edge */
  for (size_t draw = 0; draw < conf.draws; draw++) {
    x[draw] = INFINITY;
    for (size_t cell = 0; cell < conf.kappa.count; cell++)
      if (r->ideal[cell].below)
        x[draw] = fmin(x[draw], late(samples, "risk", cell, draw));
  }
  attn_summary s = mean_of(x);
  attn_experiment_claim(r->experiment, attn_verdict_above(r->base, "long-harmful", conf.harmful,
                                                          s.mean, (attn_interval){s.low, s.high}));

  /* a draw's largest log10 risk above the edge, over all recorded steps from 2 on */
  for (size_t draw = 0; draw < conf.draws; draw++) {
    x[draw] = -INFINITY;
    for (size_t cell = 0; cell < conf.kappa.count; cell++)
      if (!r->ideal[cell].below)
        x[draw] = fmax(x[draw], worst_risk(samples, cell, draw));
  }
  s = mean_of(x);
  attn_experiment_claim(r->experiment,
                        attn_verdict_below(r->base, "long-benign", log10(conf.benign), s.mean,
                                           (attn_interval){s.low, s.high}));

  /* between kappa* and the edge: the margin reached, over that of attention on the signal */
  bool harmful = true;
  for (size_t draw = 0; draw < conf.draws; draw++) {
    x[draw] = NAN;
    for (size_t cell = 0; cell < conf.kappa.count; cell++)
      if (r->ideal[cell].below && late(samples, "signal_best", cell, draw) == 1) {
        x[draw] = fmax(x[draw],
                       late(samples, "normalised", cell, draw) / late(samples, "best", cell, draw));
        harmful &= late(samples, "risk", cell, draw) > conf.harmful;
      }
  }
  s = mean_of(x);
  attn_claim claim = attn_verdict_below(r->base, "kappa-star-is-not-the-edge", 1, s.mean,
                                        (attn_interval){s.low, s.high});
  claim.holds &= harmful;
  attn_experiment_claim(r->experiment, claim);
  //@end verdicts
}

/* The cell of the largest kappa fits all labels after more than two steps, but soon, and stays
 * benign. */
static void claim_of_strong_signal(const results *r) {
  size_t strong = 0;
  for (size_t cell = 0; cell < conf.kappa.count; cell++)
    if (conf.kappa.value[cell] > conf.kappa.value[strong])
      strong = cell;
  bool holds = true;
  for (size_t draw = 0; draw < conf.draws; draw++) {
    r->x[draw] = late(r->samples, "fitted", strong, draw);
    holds &= r->x[draw] > 2 && r->x[draw] <= (double)conf.soon &&
             worst_risk(r->samples, strong, draw) < log10(conf.benign);
  }
  const attn_summary s = mean_of(r->x);
  attn_claim claim = r->base;
  claim.id = "long-large-kappa";
  claim.kappa = conf.kappa.value[strong];
  claim.measured = s.mean;
  claim.low = s.low;
  claim.high = s.high;
  claim.holds = holds;
  snprintf(claim.predicted, sizeof claim.predicted, "> 2, at most %zu", conf.soon);
  attn_experiment_claim(r->experiment, claim);
}

/* Draws in which no run, with fixed or drawn labels, loses a label once all are fitted, and in which
 * every run fits all. Runs of one draw share their noise. */
static void claim_of_interpolation(const results *r) {
  const size_t draws = conf.draws > conf.draws_drawn ? conf.draws : conf.draws_drawn;
  size_t kept = 0;
  for (size_t draw = 0; draw < draws; draw++) {
    double lost = 0;
    for (size_t cell = 0; cell < conf.kappa.count; cell++)
      for (part_kind part = LONG; part < REFERENCE; part++)
        if (draw < draws_of(part)) {
          const double end = (double)(part == LONG ? conf.steps : conf.steps_drawn);
          lost += in_draw(r->samples, "lost", part, cell, end, draw) +
                  isnan(in_draw(r->samples, "fitted", part, cell, end, draw));
        }
    kept += lost == 0;
  }
  attn_claim claim = attn_verdict_share(r->base, "interpolation-kept", kept, draws, conf.level, 0);
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
      double residuals = 0, slopes = 0, cells = 0;
      for (size_t cell = 0; cell < conf.kappa.count; cell++) {
        if (law == CLIMB && !r->ideal[cell].below)
          continue;
        const attn_growth g = growth_of(r->samples, law, cell, draw);
        residuals += log(g.loglog.rms / g.log.rms);
        slopes += g.loglog.slope / growth_predicted(&r->ideal[cell], law).loglog.slope;
        cells++;
      }
      r->x[draw] = exp(residuals / cells);
      ratio[draw] = slopes / cells;
    }
    attn_summary s = mean_of(r->x);
    attn_experiment_claim(r->experiment, attn_verdict_below(r->base, id[law][0], 1, s.mean,
                                                            (attn_interval){s.low, s.high}));
    s = mean_of(ratio);
    attn_experiment_claim(r->experiment,
                          attn_verdict_within(r->base, id[law][1], 1, conf.allowed, s.mean,
                                              (attn_interval){s.low, s.high}));
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
        r->x[draw] = fmin(r->x[draw], in_draw(r->samples, "risk", REFERENCE, cell, end, draw));
  }
  const attn_summary s = mean_of(r->x);
  const attn_claim base =
      attn_verdict_scope(NAN, coherence_of(r->samples, REFERENCE), conf.coherence);
  attn_experiment_claim(r->experiment,
                        attn_verdict_above(base, "long-harmful-reference", conf.harmful, s.mean,
                                           (attn_interval){s.low, s.high}));
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

  double *x = attn_alloc(conf.draws, sizeof *x);
  const double coherence = fmax(coherence_of(samples, LONG), coherence_of(samples, DRAWN));
  const results r = {experiment, samples, ideal, x,
                     attn_verdict_scope(NAN, coherence, conf.coherence)};
  claims_of_risk(&r);
  claim_of_strong_signal(&r);
  claim_of_interpolation(&r);
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
