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
  "part cell draw step coherence fitted lost best signal_best log10_risk risk loss "               \
  "train_acc att_clean att_noisy gap min_margin normalised norm_v norm_p mu_v mu_p cos_v cos_p"

/* The largest margins of models that put all attention of clean samples on their signal [0] or on
 * their noise [1], and that of noisy samples on their noise, in units of sqrt(d/n). */
static void selection_margins(double margin[2], const attn_trial *trial) {
  const size_t n = trial->param.n;
  const attn_maxmargin_set set = {trial->labels, attn_tokens_gram_matrix(trial->tokens),
                                  trial->param.rho};
  attn_maxmargin_workspace *workspace = attn_maxmargin_alloc(n, trial->param.T);
  unsigned char *sigma = attn_alloc(n, sizeof *sigma); /* 0 is the signal, 1 the noise token */
  double *a = attn_alloc(n, sizeof *a);
  for (size_t choice = 0; choice < 2; choice++) {
    for (size_t i = 0; i < n; i++)
      sigma[i] = choice == 1 || attn_labels_noisy(trial->labels, i);
    attn_svm_result result;
    margin[choice] = attn_maxmargin_value(a, &result, sigma, &set, workspace) == ATTN_SVM_OK
                         ? result.margin_low * sqrt((double)n / (double)trial->param.d)
                         : NAN;
  }
  attn_maxmargin_free(workspace);
  attn_free(sigma);
  attn_free(a);
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
  double best[2];
  selection_margins(best, trial);
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
                     coherence, fitted, lost, fmax(best[0], best[1]), best[0] > best[1], risk,
                     pow(10, risk), m->loss, m->train_acc, m->att_clean, m->att_noisy, gap[r],
                     smallest, normalised_margin(smallest, m->norm_v, &param), m->norm_v, m->norm_p,
                     (m->mv[0] - m->mv[1]) / 2, (m->mp[0] + m->mp[1]) / 2,
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

/* ---- prediction and what the shards wrote ---- */

typedef struct {
  attn_experiment *experiment;
  attn_samples *samples;
  attn_recursion *ideal; /* [cell][record] the recursion of each cell at the recorded steps */
} results;

static attn_recursion *predict(void) {
  const size_t count = conf.record.count;
  attn_recursion *ideal = attn_alloc(conf.kappa.count * count, sizeof *ideal);
  for (size_t cell = 0; cell < conf.kappa.count; cell++) {
    const attn_data_param param = param_of(LONG, cell);
    attn_recursion_record(ideal + cell * count, conf.record.value, count, &param,
                          attn_train_step_size(&param, conf.b));
  }
  return ideal;
}

static const attn_recursion *ideal_at(const results *r, size_t cell, size_t record) {
  return r->ideal + cell * conf.record.count + record;
}

static double ideal_gap(const attn_recursion *state) {
  return fabs(state->p_mu - state->p_xi[0]);
}

/* Whether the recursion of a cell is below the edge: clean samples end on their noise. */
static bool below(const results *r, size_t cell) {
  return ideal_at(r, cell, conf.record.count - 1)->attention[0] < 0.5;
}

/* The rows of all draws of a cell at a step, and one draw's. */
typedef struct {
  attn_where where[5];
} rows;

static rows at(part_kind part, size_t cell, double step) {
  return (rows){{{"part", part}, {"cell", (double)cell}, {"step", step}}};
}

static attn_summary over_draws(const results *r, const char *column, part_kind part, size_t cell,
                               double step) {
  return attn_samples_summary(r->samples, column, at(part, cell, step).where, conf.level);
}

static double in_draw(const results *r, const char *column, part_kind part, size_t cell,
                      double step, size_t draw) {
  rows row = at(part, cell, step);
  row.where[3] = (attn_where){"draw", (double)draw};
  return attn_samples_value(r->samples, column, row.where);
}

static double late(const results *r, const char *column, size_t cell, size_t draw) {
  return in_draw(r, column, LONG, cell, (double)conf.steps, draw);
}

/* The largest log10 risk of one run over the recorded steps from 2 on. */
static double worst_risk(const results *r, size_t cell, size_t draw) {
  double worst = -INFINITY;
  for (size_t i = 0; i < conf.record.count; i++)
    if (conf.record.value[i] >= 2)
      worst = fmax(worst, in_draw(r, "log10_risk", LONG, cell, conf.record.value[i], draw));
  return worst;
}

/* ---- growth, from the step fit_from on ---- */

/* GAP: the mean score gap of clean samples; CLIMB: log(-probit) of the risk, in cells below the edge. */
typedef enum { GAP, CLIMB, LAWS } law_kind;

static bool applies(const results *r, law_kind law, size_t cell) {
  return law == GAP || below(r, cell);
}

/* Phi^-1(risk): 0 for a coin, and a straight line against log log t where the risk climbs by the
 * law of section 6b; not-a-number where the risk is below double precision. */
static double probit(double log10_risk) {
  return log10_risk > -300 ? gsl_cdf_ugaussian_Pinv(pow(10, log10_risk)) : NAN;
}

/* y: the gap or log10 of the risk after t steps. */
static attn_growth fit(law_kind law, double *t, double *y, size_t count) {
  for (size_t i = 0; i < count; i++)
    y[i] = t[i] < conf.fit_from ? NAN : law == GAP ? y[i] : log(-probit(y[i]));
  return attn_stats_growth(t, y, count, conf.level);
}

static attn_growth growth_of(const results *r, law_kind law, size_t cell, size_t draw) {
  const attn_pairs p = attn_samples_pairs(
      r->samples, "step", law == GAP ? "gap" : "log10_risk",
      (attn_where[]){{"part", LONG}, {"cell", (double)cell}, {"draw", (double)draw}, {0}});
  return fit(law, p.x, p.y, p.count);
}

static attn_growth growth_predicted(const results *r, law_kind law, size_t cell) {
  double t[ATTN_LIST_MAX], y[ATTN_LIST_MAX];
  for (size_t i = 0; i < conf.record.count; i++) {
    t[i] = conf.record.value[i];
    y[i] = law == GAP ? ideal_gap(ideal_at(r, cell, i))
                      : attn_recursion_log10_risk(ideal_at(r, cell, i), 2);
  }
  return fit(law, t, y, conf.record.count);
}

/* log10 of the step at which the line of log(-probit) comes to a risk of 0.4. */
static double log10_step_of_two_fifths(const attn_line *line) {
  return exp((log(-gsl_cdf_ugaussian_Pinv(0.4)) - line->intercept) / line->slope) / log(10);
}

/* ---- tables ---- */

/* What the page says of the settings. */
static void write_setting(const results *r) {
  const attn_data_param param = param_of(LONG, 0);
  attn_table *table = attn_experiment_table(
      r->experiment, "setting", "n d b steps draws steps_drawn draws_drawn harmful fit_from");
  attn_table_cells(table, (double)param.n, (double)param.d, conf.b, (double)conf.steps,
                   (double)conf.draws, (double)conf.steps_drawn, (double)conf.draws_drawn,
                   conf.harmful, conf.fit_from);
  attn_table_close(table);
}

/* Every recorded step of every cell, for the figure. */
static void write_trajectory(const results *r) {
  attn_table *table =
      attn_experiment_table(r->experiment, "trajectory",
                            "cell eta kappa below step log10_risk log10_risk_q05 log10_risk_q95 "
                            "att_clean gap normalised best "
                            "ideal_log10_risk ideal_att_clean ideal_gap ideal_normalised");
  for (size_t cell = 0; cell < conf.kappa.count; cell++) {
    const attn_data_param param = param_of(LONG, cell);
    for (size_t i = 0; i < conf.record.count; i++) {
      const double step = conf.record.value[i];
      const attn_summary risk = over_draws(r, "log10_risk", LONG, cell, step);
      attn_table_cells(table, (double)cell + 1, conf.eta.value[cell], conf.kappa.value[cell],
                       below(r, cell), step, risk.median, risk.q05, risk.q95);
      attn_samples_write_means(table, r->samples, "att_clean gap normalised best",
                               at(LONG, cell, step).where);
      const attn_recursion *state = ideal_at(r, cell, i);
      const double norm_v =
          sqrt(2 * state->v_mu * state->v_mu / (param.rho * param.rho) + state->vv);
      attn_table_cells(table, attn_recursion_log10_risk(state, 2), state->attention[0],
                       ideal_gap(state),
                       normalised_margin(fmin(state->margin[0], state->margin[1]), norm_v, &param));
    }
  }
  attn_table_close(table);
}

/* Some steps of one cell, for the page. */
static void write_steps(const results *r) {
#define STEP_COLUMNS                                                                               \
  "log10_risk risk loss min_margin normalised best att_clean att_noisy norm_v norm_p mu_v mu_p "   \
  "cos_v cos_p"
  attn_table *table = attn_experiment_table(r->experiment, "steps", "step " STEP_COLUMNS);
  for (size_t i = 0; i < conf.show.count; i++) {
    const double step = conf.show.value[i];
    attn_table_number(table, step);
    attn_samples_write_means(table, r->samples, STEP_COLUMNS, at(LONG, conf.shown - 1, step).where);
  }
  attn_table_close(table);
}

static void write_cells(const results *r) {
  attn_table *table = attn_experiment_table(
      r->experiment, "cells",
      "eta kappa kappa_star kappa_edge log10_risk_2 log10_risk log10_risk_q05 log10_risk_q95 "
      "ideal_log10_risk risk risk_low risk_high ideal_att_clean ideal_fitted att_clean fitted lost "
      "normalised best signal_best draws drawn_harmful drawn_low drawn_high draws_drawn");
  const attn_boundary_search search = {conf.b, conf.steps_drawn, 1, 12};
  const double end = (double)conf.steps;
  for (size_t cell = 0; cell < conf.kappa.count; cell++) {
    const attn_data_param param = param_of(LONG, cell);
    const attn_recursion *ideal = ideal_at(r, cell, conf.record.count - 1);
    const attn_summary log10_risk = over_draws(r, "log10_risk", LONG, cell, end);
    const attn_summary risk = over_draws(r, "risk", LONG, cell, end);
    attn_table_cells(
        table, param.eta, conf.kappa.value[cell], sqrt(2 / (1 - param.eta)),
        attn_boundary_ideal(ATTN_BOUNDARY_C, &search, &param),
        over_draws(r, "log10_risk", LONG, cell, 2).median, log10_risk.median, log10_risk.q05,
        log10_risk.q95, attn_recursion_log10_risk(ideal, 2), risk.mean, risk.low, risk.high,
        ideal->attention[0],
        attn_recursion_first_fit(&param, attn_train_step_size(&param, conf.b), conf.steps));
    attn_samples_write_means(table, r->samples, "att_clean fitted lost normalised best signal_best",
                             at(LONG, cell, end).where);
    const rows drawn = at(DRAWN, cell, (double)conf.steps_drawn);
    const size_t draws = attn_samples_count(r->samples, "risk", 0, 1, drawn.where);
    const size_t harmful =
        draws - attn_samples_count(r->samples, "risk", 0, conf.harmful, drawn.where);
    const attn_interval share = attn_stats_binomial(harmful, draws, conf.level);
    attn_table_cells(table, (double)risk.count, (double)harmful / (double)draws, share.low,
                     share.high, (double)draws);
  }
  attn_table_close(table);
}

static void write_reference(const results *r) {
  attn_table *table = attn_experiment_table(
      r->experiment, "reference",
      "kappa step log10_risk log10_risk_q05 log10_risk_q95 risk train_acc att_clean");
  for (size_t cell = 0; cell < conf.kappa_reference.count; cell++)
    for (size_t i = 0; i < conf.record_reference.count; i++) {
      const double step = conf.record_reference.value[i];
      const attn_summary risk = over_draws(r, "log10_risk", REFERENCE, cell, step);
      attn_table_cells(table, conf.kappa_reference.value[cell], step, risk.median, risk.q05,
                       risk.q95, pow(10, risk.median));
      attn_samples_write_means(table, r->samples, "train_acc att_clean",
                               at(REFERENCE, cell, step).where);
    }
  attn_table_close(table);
}

/* ---- claims ---- */

static attn_claim base_of(const results *r, part_kind part, part_kind other) {
  const attn_where where[] = {{"part", part}, {0}}, where_other[] = {{"part", other}, {0}};
  return attn_verdict_scope(NAN,
                            fmax(attn_samples_largest(r->samples, "coherence", where),
                                 attn_samples_largest(r->samples, "coherence", where_other)),
                            conf.coherence);
}

static void claims_of_risk(const results *r) {
  const attn_claim base = base_of(r, LONG, DRAWN);
  const size_t cells = conf.kappa.count, draws = conf.draws;
  double *risk_below = attn_alloc(cells * draws, sizeof *risk_below); /* [cell][draw] */
  double *risk_above = attn_alloc(cells * draws, sizeof *risk_above);
  double *margin = attn_alloc(cells * draws, sizeof *margin);
  bool harmful = true;
  //@begin verdicts
  for (size_t i = 0; i < cells * draws; i++) {
    const size_t cell = i / draws, draw = i % draws;
    risk_below[i] = below(r, cell) ? late(r, "risk", cell, draw) : NAN;
    risk_above[i] = below(r, cell) ? NAN : worst_risk(r, cell, draw);
    /* between kappa* and the edge: the margin reached, over that of attention on the signal */
    const bool between = below(r, cell) && late(r, "signal_best", cell, draw) == 1;
    margin[i] = between ? late(r, "normalised", cell, draw) / late(r, "best", cell, draw) : NAN;
    harmful &= !between || risk_below[i] > conf.harmful;
  }
  attn_summary s = attn_stats_draws(risk_below, cells, draws, ATTN_DRAW_LEAST, conf.level);
  attn_experiment_claim(r->experiment,
                        attn_verdict_above(base, "long-harmful", conf.harmful, s.mean, s.interval));
  s = attn_stats_draws(risk_above, cells, draws, ATTN_DRAW_LARGEST, conf.level);
  attn_experiment_claim(r->experiment, attn_verdict_below(base, "long-benign", log10(conf.benign),
                                                          s.mean, s.interval));
  s = attn_stats_draws(margin, cells, draws, ATTN_DRAW_LARGEST, conf.level);
  attn_claim claim = attn_verdict_below(base, "kappa-star-is-not-the-edge", 1, s.mean, s.interval);
  claim.holds &= harmful;
  attn_experiment_claim(r->experiment, claim);
  //@end verdicts
  attn_free(risk_below);
  attn_free(risk_above);
  attn_free(margin);
}

/* The cell of the largest kappa fits all labels after more than two steps, but soon, and stays
 * benign. */
static void claim_of_strong_signal(const results *r) {
  size_t strong = 0;
  for (size_t cell = 0; cell < conf.kappa.count; cell++)
    if (conf.kappa.value[cell] > conf.kappa.value[strong])
      strong = cell;
  const attn_summary fitted = over_draws(r, "fitted", LONG, strong, (double)conf.steps);
  attn_claim claim = base_of(r, LONG, DRAWN);
  claim.id = "long-large-kappa";
  claim.kappa = conf.kappa.value[strong];
  claim.measured = fitted.mean;
  claim.low = fitted.low;
  claim.high = fitted.high;
  claim.holds = true;
  for (size_t draw = 0; draw < conf.draws; draw++) {
    const double step = late(r, "fitted", strong, draw);
    claim.holds &=
        step > 2 && step <= (double)conf.soon && worst_risk(r, strong, draw) < log10(conf.benign);
  }
  snprintf(claim.predicted, sizeof claim.predicted, "> 2, at most %zu", conf.soon);
  attn_experiment_claim(r->experiment, claim);
}

/* Draws in which no run, with fixed or drawn labels, loses a label once all are fitted, and in which
 * every run fits all. Runs of one draw share their noise. */
static void claim_of_interpolation(const results *r) {
  const size_t draws = conf.draws > conf.draws_drawn ? conf.draws : conf.draws_drawn;
  size_t kept = 0;
  for (size_t draw = 0; draw < draws; draw++) {
    bool all = true;
    for (size_t cell = 0; cell < conf.kappa.count; cell++)
      for (part_kind part = LONG; part < REFERENCE; part++)
        if (draw < draws_of(part)) {
          const double end = (double)(part == LONG ? conf.steps : conf.steps_drawn);
          all &= in_draw(r, "lost", part, cell, end, draw) == 0 &&
                 !isnan(in_draw(r, "fitted", part, cell, end, draw));
        }
    kept += all;
  }
  attn_claim claim =
      attn_verdict_share(base_of(r, LONG, DRAWN), "interpolation-kept", kept, draws, conf.level, 0);
  claim.holds = kept == draws; /* a single loss would refute it */
  attn_experiment_claim(r->experiment, claim);
}

/* Table and claims of a law, over the cells to which it applies. The table: slopes in log log t with
 * their interval over draws, the recursion's slope, its limit, residuals of both lines, and of CLIMB
 * the step extrapolated to. The claims: the residual of the line in log log t over that in log t, and
 * the slope over the recursion's. */
static void growth(const results *r, law_kind law, attn_table *table, const char *id_shape,
                   const char *id_speed) {
  const size_t cells = conf.kappa.count, draws = conf.draws;
  double *slope = attn_alloc(draws, sizeof *slope), *reach = attn_alloc(draws, sizeof *reach);
  double *shape = attn_alloc(cells * draws, sizeof *shape); /* [cell][draw] */
  double *speed = attn_alloc(cells * draws, sizeof *speed);
  for (size_t cell = 0; cell < cells; cell++) {
    const double predicted = growth_predicted(r, law, cell).loglog.slope;
    double rms = 0, rms_log = 0;
    for (size_t draw = 0; draw < draws; draw++) {
      const attn_growth g = growth_of(r, law, cell, draw);
      slope[draw] = g.loglog.slope;
      reach[draw] = log10_step_of_two_fifths(&g.loglog);
      rms += g.loglog.rms / (double)draws;
      rms_log += g.log.rms / (double)draws;
      const bool counts = applies(r, law, cell);
      shape[cell * draws + draw] = counts ? g.loglog.rms / g.log.rms : NAN;
      speed[cell * draws + draw] = counts ? g.loglog.slope / predicted : NAN;
    }
    if (!applies(r, law, cell))
      continue;
    const attn_summary s = attn_stats_summary(slope, draws, conf.level);
    const double kappa = conf.kappa.value[cell], eta = param_of(LONG, cell).eta;
    const double x = (1 - eta) * kappa * kappa / 2; /* the signal's share of a gap is x/(1+x) */
    attn_table_cells(table, eta, kappa, s.mean, s.low, s.high, predicted,
                     law == GAP ? 2 : -(1 + 3 * x) / (1 + x), rms, rms_log);
    if (law == CLIMB)
      attn_table_number(table, attn_stats_summary(reach, draws, conf.level).median);
  }
  attn_table_close(table);
  const attn_claim base = base_of(r, LONG, DRAWN);
  attn_summary s = attn_stats_draws(shape, cells, draws, ATTN_DRAW_GEOMETRIC, conf.level);
  attn_experiment_claim(r->experiment, attn_verdict_below(base, id_shape, 1, s.mean, s.interval));
  s = attn_stats_draws(speed, cells, draws, ATTN_DRAW_MEAN, conf.level);
  attn_experiment_claim(r->experiment,
                        attn_verdict_within(base, id_speed, 1, conf.allowed, s.mean, s.interval));
  attn_free(slope);
  attn_free(reach);
  attn_free(shape);
  attn_free(speed);
}

/* In the reference: a draw's smallest late risk below kappa*. */
static void claim_of_reference(const results *r) {
  const size_t cells = conf.kappa_reference.count, draws = conf.draws;
  const double end = conf.record_reference.value[conf.record_reference.count - 1];
  const double kappa_star = sqrt(2 / (1 - conf.eta_reference));
  double *risk = attn_alloc(cells * draws, sizeof *risk); /* [cell][draw] */
  for (size_t i = 0; i < cells * draws; i++)
    risk[i] = conf.kappa_reference.value[i / draws] < kappa_star
                  ? in_draw(r, "risk", REFERENCE, i / draws, end, i % draws)
                  : NAN;
  const attn_summary s = attn_stats_draws(risk, cells, draws, ATTN_DRAW_LEAST, conf.level);
  attn_experiment_claim(r->experiment, attn_verdict_above(base_of(r, REFERENCE, REFERENCE),
                                                          "long-harmful-reference", conf.harmful,
                                                          s.mean, s.interval));
  attn_free(risk);
}

static void summarise(attn_experiment *experiment) {
#define GROWTH_COLUMNS "eta kappa slope slope_low slope_high ideal_slope limit rms rms_log"
  const results r = {experiment, attn_experiment_gather(experiment), predict()};
  write_setting(&r);
  write_trajectory(&r);
  write_steps(&r);
  write_cells(&r);
  write_reference(&r);
  claims_of_risk(&r);
  claim_of_strong_signal(&r);
  claim_of_interpolation(&r);
  growth(&r, GAP, attn_experiment_table(experiment, "gaps", GROWTH_COLUMNS), "gap-log-log",
         "gap-recursion");
  growth(&r, CLIMB, attn_experiment_table(experiment, "climb", GROWTH_COLUMNS " reach"),
         "risk-log-log", "risk-recursion");
  claim_of_reference(&r);
  attn_free(r.ideal);
  attn_samples_free(r.samples);
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
