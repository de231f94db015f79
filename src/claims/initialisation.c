/* Other starts than zero: up to which size of v_0 and p_0 two steps fit every label with a tiny risk, what
 * long training makes of larger ones, and gradient flow beside steps of order one (theory 6b). */
#include <math.h>
#include <string.h>

#include "experiment.h"
#include "flow.h"
#include "metrics.h"
#include "mean_field.h"
#include "start.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "verdict.h"

static struct {
  size_t n, late, draws, kind_draws, edge_draws, edge_n, flow_draws, grid, leading, order_from;
  double eta, kappa, b, factor, small, usual, large, benign, harmful, flow_time, tiny, allowed,
      exponent, attention, delta, coherence, level;
  attn_list size, show, curve_kappa, kind_size, over_n, over_d, flow_kappa, flow_parts;
} conf;

static const attn_key keys[] = {
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate"},
    {"kappa", ATTN_KEY_REAL, &conf.kappa, "(0, 1e3)", "rho sqrt(n/d)"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the step size beta max(rho^2, d/n)"},
    {"factor", ATTN_KEY_REAL, &conf.factor, "(0, 1e6)", "d / (n^2 log n)"},
    {"n", ATTN_KEY_COUNT, &conf.n, "[10, 1000]", "the samples of curves, kinds and the flow"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[3, 1e6]", "the number of steps that is late"},
    {"size", ATTN_KEY_LIST, &conf.size, "(0, 1e3)", "the lengths of the start in the curves"},
    {"show", ATTN_KEY_LIST, &conf.show, "(0, 1e3)", "the lengths in the table, of those"},
    {"curve_kappa", ATTN_KEY_LIST, &conf.curve_kappa, "(0, 1e3)", "kappa of the curves"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[3, 1e4]", "the draws of the curves"},
    {"kind_size", ATTN_KEY_LIST, &conf.kind_size, "(0, 1e3)", "the lengths of starts of all kinds"},
    {"kind_draws", ATTN_KEY_COUNT, &conf.kind_draws, "[3, 1e4]", "their draws"},
    {"over_n", ATTN_KEY_COUNTS, &conf.over_n, "[10, 1e7]", "n of the thresholds"},
    {"over_d", ATTN_KEY_LIST, &conf.over_d, "[1e3, 9e15]", "d of the thresholds at edge_n"},
    {"edge_n", ATTN_KEY_COUNT, &conf.edge_n, "[10, 1e6]", "n of the thresholds against d"},
    {"edge_draws", ATTN_KEY_COUNT, &conf.edge_draws, "[3, 1e4]", "draws of each threshold"},
    {"flow_kappa", ATTN_KEY_LIST, &conf.flow_kappa, "(0, 1e3)", "kappa of the flow"},
    {"flow_parts", ATTN_KEY_COUNTS, &conf.flow_parts, "[1, 1e5]", "parts that a step is cut into"},
    {"order_from", ATTN_KEY_COUNT, &conf.order_from, "[1, 1e5]",
     "the parts from which on order is fitted"},
    {"flow_time", ATTN_KEY_REAL, &conf.flow_time, "(0, 100)",
     "the flow's time step, in units of b"},
    {"flow_draws", ATTN_KEY_COUNT, &conf.flow_draws, "[3, 1e4]", "draws of the flow"},
    {"grid", ATTN_KEY_COUNT, &conf.grid, "[20, 1000]", "points of the prediction on an axis"},
    {"leading", ATTN_KEY_COUNT, &conf.leading, "[10, 1e7]",
     "the n from which thresholds are compared with the limit of many samples"},
    {"tiny", ATTN_KEY_REAL, &conf.tiny, "(0, 1e-3)", "the length that stands for none"},
    {"small", ATTN_KEY_REAL, &conf.small, "(0, 10)", "a small length"},
    {"usual", ATTN_KEY_REAL, &conf.usual, "(0, 10)", "the length of the usual start"},
    {"large", ATTN_KEY_REAL, &conf.large, "(0, 1e3)", "a large length"},
    {"benign", ATTN_KEY_REAL, &conf.benign, "(0, 0.5)", "the risk that counts as tiny"},
    {"harmful", ATTN_KEY_REAL, &conf.harmful, "(0, 0.5)", "the risk that counts as harmful"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed relative distance"},
    {"exponent", ATTN_KEY_REAL, &conf.exponent, "(0, 1)", "the allowed distance of an exponent"},
    {"attention", ATTN_KEY_REAL, &conf.attention, "(0, 1)", "the allowed distance of an attention"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

enum { CURVE, KIND, EDGE_N, EDGE_D, FLOW, PARTS };
enum { IN_V, IN_P, IN_BOTH, WHERES }; /* which of v_0 and p_0 is not zero */

static attn_data_param setting(double n, double d, double kappa) {
  if (d == 0)
    d = floor(conf.factor * n * n * log(n));
  attn_data_param param = {(size_t)n, 2, (size_t)d, 0, conf.eta};
  param.rho = attn_data_rho(kappa, param.n, param.d);
  return param;
}

static double size_in(size_t where, size_t which, double size) {
  return where == IN_BOTH || where == which ? size : 0;
}

static attn_data_param edge_setting(size_t part, size_t i) {
  return part == EDGE_N ? setting(conf.over_n.value[i], 0, conf.kappa)
                        : setting((double)conf.edge_n, floor(conf.over_d.value[i]), conf.kappa);
}

static size_t edge_points(size_t part) {
  return (part == EDGE_N ? &conf.over_n : &conf.over_d)->count;
}

/* ---- sampling ---- */

#define COLUMNS                                                                                    \
  "part draw kind where size kappa n d coherence fitted kept att_clean att_noisy log10_risk "      \
  "fit_step late_fitted late_att_clean late_log10_risk edge_fit edge_benign edge_half parts error"

static attn_metrics measured(attn_trial *trial) {
  return attn_metrics_measure(trial->model, trial->tokens, trial->labels);
}

/* Two steps, and on to the last. */
static void train_from(attn_table *table, attn_trial *trial, size_t last) {
  const attn_optim optim = {.beta = attn_train_step_size(&trial->param, conf.b)};
  double fit_step = NAN;
  attn_metrics m = {0};
  //@begin train
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (isnan(fit_step) && attn_metrics_fitted(trial->model, trial->labels))
      fit_step = (double)step;
    if (step == 2) {
      m = measured(trial);
      const double risk = attn_metrics_log10_risk(&m, 2);
      attn_table_cells(table, m.train_acc == 1, m.train_acc == 1 && risk <= log10(conf.benign),
                       m.att_clean, m.att_noisy, risk);
    }
    if (step == last)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  //@end train
  attn_table_number(table, fit_step);
  if (last > 2) {
    m = measured(trial);
    attn_table_cells(table, m.train_acc == 1, m.att_clean, attn_metrics_log10_risk(&m, 2));
  }
  attn_table_skip(table, NULL);
}

static void one_start(attn_table *table, attn_trial *trial, const attn_experiment *experiment,
                      size_t job, size_t part, size_t draw, attn_start_kind kind, size_t where,
                      double size, double kappa) {
  attn_trial_draw(trial, attn_experiment_seed(experiment), "initialisation", part, draw);
  attn_trial_set_rho(trial, attn_data_rho(kappa, trial->param.n, trial->param.d));
  attn_start_trial(trial, kind, size_in(where, IN_V, size), size_in(where, IN_P, size),
                   attn_experiment_seed(experiment), "initialisation", part, draw);
  attn_table_cells(table, (double)job, (double)part, (double)draw, kind, (double)where,
                   kind == ATTN_START_ZERO ? 0 : size, kappa, (double)trial->param.n,
                   (double)trial->param.d,
                   attn_tokens_gram_coherence(trial->tokens, trial->param.n));
  train_from(table, trial, part == CURVE ? conf.late : 2);
}

/* The same draw of labels, noise and directions for all sizes, kappa and kinds. */
static void starts(attn_table *table, const attn_experiment *experiment, size_t job, size_t part,
                   size_t draw) {
  const attn_data_param param = setting((double)conf.n, 0, conf.kappa);
  attn_trial *trial = attn_trial_alloc_gaussian(ATTN_TOKENS_BARTLETT, &param, conf.late);
  if (part == CURVE) {
    for (size_t k = 0; k < conf.curve_kappa.count; k++)
      for (size_t where = 0; where < WHERES; where++)
        for (size_t s = 0; s < conf.size.count; s++)
          one_start(table, trial, experiment, job, part, draw, ATTN_START_GAUSSIAN, where,
                    conf.size.value[s], conf.curve_kappa.value[k]);
  } else {
    one_start(table, trial, experiment, job, part, draw, ATTN_START_ZERO, IN_BOTH, 0, conf.kappa);
    for (attn_start_kind kind = ATTN_START_GAUSSIAN; kind < ATTN_STARTS; kind++)
      for (size_t s = 0; s < conf.kind_size.count; s++)
        one_start(table, trial, experiment, job, part, draw, kind, IN_BOTH, conf.kind_size.value[s],
                  conf.kappa);
  }
  attn_trial_free(trial);
}

/* ---- thresholds of one draw along the size of the start: common random numbers ---- */

/* FIT: the smallest margin is 0; BENIGN: the risk is the tiny one; HALF: log risk is half that of a
 * zero start. */
enum { FIT, BENIGN, HALF, MARKS };
static const char *const mark_column[MARKS] = {"edge_fit", "edge_benign", "edge_half"};

typedef struct {
  attn_trial *trial; /* NULL: the prediction */
  attn_mean_field *mean_field;
  attn_data_param param;
  uint64_t seed;
  size_t where, part, draw, mark;
  double zero_risk;
} search;

/* The three marks' distances after two steps, positive where the start is small enough. */
static void marks_of(double value[MARKS], const search *s, double size) {
  const double size_v = size_in(s->where, IN_V, size), size_p = size_in(s->where, IN_P, size);
  const attn_optim optim = {.beta = attn_train_step_size(&s->param, conf.b)};
  double risk;
  if (s->trial == NULL) {
    attn_mean_field_start(s->mean_field, &s->param, size_v, size_p);
    attn_mean_field_step(s->mean_field, optim.beta);
    attn_mean_field_step(s->mean_field, optim.beta);
    value[FIT] = attn_mean_field_fitted(s->mean_field) - 0.5;
    risk = attn_mean_field_log10_risk(s->mean_field);
  } else { /* lazy tokens depend on what is asked, so they are drawn again from the same stream */
    attn_trial *trial = s->trial;
    attn_trial_draw(trial, s->seed, "initialisation edge", s->part, s->draw);
    attn_start_trial(trial, ATTN_START_GAUSSIAN, size_v, size_p, s->seed, "initialisation edge",
                     s->part, s->draw);
    for (size_t step = 0;; step++) {
      attn_model_forward(trial->model, trial->tokens, trial->labels);
      if (step == 2)
        break;
      attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
    }
    const attn_metrics m = measured(trial);
    value[FIT] = fmin(m.least_clean, isnan(m.least_noisy) ? INFINITY : m.least_noisy);
    risk = attn_metrics_log10_risk(&m, 2);
  }
  value[BENIGN] = log10(conf.benign) - risk;
  value[HALF] = s->zero_risk / 2 - risk;
}

static double mark_at(double log_size, void *context) {
  const search *s = context;
  double value[MARKS];
  marks_of(value, s, exp(log_size));
  return value[s->mark];
}

/* The smallest size at which each mark fails, looking upwards along the curves' sizes and below. */
static void find_edges(double edge[MARKS], search *s) {
  double value[MARKS], from = log(conf.tiny);
  s->zero_risk = 0;
  marks_of(value, s, conf.tiny);
  s->zero_risk = log10(conf.benign) - value[BENIGN];
  const double step = log(10) / 2, top = log(conf.size.value[conf.size.count - 1]);
  for (size_t mark = 0; mark < MARKS; mark++)
    edge[mark] = NAN;
  marks_of(value, s, conf.tiny);
  bool open[MARKS];
  for (size_t mark = 0; mark < MARKS; mark++)
    open[mark] = value[mark] > 0; /* else it fails at zero, and there is no threshold */
  for (; from < top && (open[FIT] || open[BENIGN] || open[HALF]); from += step) {
    marks_of(value, s, exp(from + step));
    for (s->mark = 0; s->mark < MARKS; s->mark++)
      if (open[s->mark] && !(value[s->mark] > 0)) {
        edge[s->mark] = exp(attn_stats_root(mark_at, s, from, from + step, 1e-3));
        open[s->mark] = false;
      }
  }
}

static void edges(attn_table *table, const attn_experiment *experiment, size_t job, size_t part,
                  size_t draw) {
  for (size_t i = 0; i < edge_points(part); i++) {
    const attn_data_param param = edge_setting(part, i);
    attn_trial *trial = attn_trial_alloc_gaussian(ATTN_TOKENS_LAZY, &param, 2);
    for (size_t where = IN_V; where <= IN_P; where++) {
      search s = {.trial = trial,
                  .param = param,
                  .seed = attn_experiment_seed(experiment),
                  .where = where,
                  .part = 100 * part + i,
                  .draw = draw};
      double edge[MARKS];
      find_edges(edge, &s);
      attn_table_cells(table, (double)job, (double)part, (double)draw, ATTN_START_GAUSSIAN,
                       (double)where, NAN, conf.kappa, (double)param.n, (double)param.d,
                       attn_data_expected_coherence(&param));
      attn_table_skip(table, "edge_fit");
      attn_table_numbers(table, edge, MARKS);
      attn_table_skip(table, NULL);
    }
    attn_trial_free(trial);
  }
}

/* ---- gradient flow from zero ---- */

/* Runs the flow for parts = 0, else gradient descent with steps of b / parts, for steps steps' worth of
 * time; fit_step: the time at which all labels are first fitted, in steps of b. */
static void run_flow(attn_trial *trial, double *fit_step, size_t parts, size_t steps) {
  const double beta = attn_train_step_size(&trial->param, conf.b);
  const size_t pieces = parts > 0 ? parts : (size_t)ceil(conf.b / conf.flow_time);
  const attn_optim optim = {.beta = beta / (double)pieces};
  attn_flow *flow = attn_flow_alloc(trial->model);
  attn_model_zero(trial->model);
  *fit_step = NAN;
  //@begin flow
  for (size_t piece = 0;; piece++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (isnan(*fit_step) && attn_metrics_fitted(trial->model, trial->labels))
      *fit_step = (double)piece / (double)pieces;
    if (piece == steps * pieces)
      break;
    if (parts > 0)
      attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
    else
      attn_flow_step(flow, trial->model, trial->tokens, trial->labels, optim.beta);
  }
  //@end flow
  attn_flow_free(flow);
}

static void flows(attn_table *table, const attn_experiment *experiment, size_t job, size_t draw) {
  const attn_data_param param = setting((double)conf.n, 0, conf.kappa);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 1);
  double *exact = attn_alloc(2 * param.n, sizeof *exact), *f = exact + param.n;
  attn_trial_draw(trial, attn_experiment_seed(experiment), "initialisation", FLOW, draw);
  const double coherence = attn_tokens_gram_coherence(trial->tokens, param.n);
  for (size_t k = 0; k < conf.flow_kappa.count; k++) {
    const double kappa = conf.flow_kappa.value[k];
    attn_trial_set_rho(trial, attn_data_rho(kappa, param.n, param.d));
    for (size_t c = 0; c <= conf.flow_parts.count; c++) {
      const size_t parts = c == 0 ? 0 : (size_t)conf.flow_parts.value[c - 1];
      double fit_step, error = 0;
      run_flow(trial, &fit_step, parts, 2);
      memcpy(c == 0 ? exact : f, trial->model->f, param.n * sizeof *f);
      double size = 0;
      for (size_t i = 0; i < param.n; i++) {
        error += c == 0 ? 0 : fabs(f[i] - exact[i]);
        size += fabs(exact[i]);
      }
      attn_metrics m = measured(trial);
      attn_table_cells(table, (double)job, FLOW, (double)draw, ATTN_START_ZERO, IN_BOTH, 0, kappa,
                       (double)param.n, (double)param.d, coherence, m.train_acc == 1, NAN,
                       m.att_clean, m.att_noisy, attn_metrics_log10_risk(&m, 2));
      if (c <= 1) { /* the flow and whole steps go on */
        run_flow(trial, &fit_step, parts, conf.late);
        m = measured(trial);
        attn_table_cells(table, fit_step, m.train_acc == 1, m.att_clean,
                         attn_metrics_log10_risk(&m, 2));
      }
      attn_table_skip(table, "parts");
      attn_table_cells(table, (double)parts, error / size);
    }
  }
  attn_free(exact);
  attn_trial_free(trial);
}

/* A job is a draw of a part. */
static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const size_t jobs[PARTS] = {conf.draws, conf.kind_draws, conf.edge_draws, conf.edge_draws,
                              conf.flow_draws};
  size_t total = 0;
  for (size_t part = 0; part < PARTS; part++)
    total += jobs[part];
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, total, &job);) {
    size_t part = 0, draw = job;
    while (draw >= jobs[part])
      draw -= jobs[part++];
    if (part <= KIND)
      starts(table, experiment, job, part, draw);
    else if (part == FLOW)
      flows(table, experiment, job, draw);
    else
      edges(table, experiment, job, part, draw);
  }
}

/* ---- prediction ---- */

/* The mean field after the given number of steps. */
static void predict(attn_mean_field *mean_field, const attn_data_param *param, size_t where,
                    double size, size_t steps) {
  attn_mean_field_start(mean_field, param, size_in(where, IN_V, size), size_in(where, IN_P, size));
  for (size_t step = 0; step < steps; step++)
    attn_mean_field_step(mean_field, attn_train_step_size(param, conf.b));
}

static void predicted_edges(double edge[MARKS], attn_mean_field *mean_field,
                            const attn_data_param *param, size_t where) {
  search s = {.mean_field = mean_field, .param = *param, .where = where};
  find_edges(edge, &s);
}

/* ---- tables ---- */

static void write_curves(attn_experiment *experiment, const attn_samples *samples,
                         attn_mean_field *mean_field) {
  attn_table *table = attn_experiment_table(
      experiment, "curves",
      "where main kappa size fitted fitted_low fitted_high fitted_predicted kept att_clean "
      "att_clean_predicted att_noisy "
      "att_noisy_predicted log10_risk log10_risk_q05 log10_risk_q95 log10_risk_predicted fit_step "
      "late_fitted late_att_clean late_att_predicted late_log10_risk late_log10_risk_q05 "
      "late_log10_risk_q95 late_log10_risk_predicted");
  for (size_t where = 0; where < WHERES; where++)
    for (size_t k = 0; k < conf.curve_kappa.count; k++)
      for (size_t i = 0; i < conf.size.count; i++) {
        const double kappa = conf.curve_kappa.value[k], size = conf.size.value[i];
        const attn_where rows[] = {
            {"part", CURVE}, {"where", (double)where}, {"kappa", kappa}, {"size", size}, {0}};
        const attn_data_param param = setting((double)conf.n, 0, kappa);
        const size_t fitted = attn_samples_count(samples, "fitted", 1, 1, rows);
        const attn_interval share = attn_stats_binomial(fitted, conf.draws, conf.level);
        const attn_summary risk = attn_samples_summary(samples, "log10_risk", rows, conf.level);
        const attn_summary late =
            attn_samples_summary(samples, "late_log10_risk", rows, conf.level);
        predict(mean_field, &param, where, size, 2);
        attn_table_cells(table, (double)where, kappa == conf.kappa, kappa, size,
                         (double)fitted / (double)conf.draws, share.low, share.high,
                         attn_mean_field_fitted(mean_field),
                         attn_samples_share(samples, "kept", 1, rows));
        attn_table_cells(table, attn_samples_mean(samples, "att_clean", rows),
                         attn_mean_field_attention(mean_field, ATTN_CLEAN),
                         attn_samples_mean(samples, "att_noisy", rows),
                         attn_mean_field_attention(mean_field, ATTN_NOISY), risk.median, risk.q05,
                         risk.q95, attn_mean_field_log10_risk(mean_field));
        attn_samples_write_medians(table, samples, "fit_step", rows);
        attn_samples_write_means(table, samples, "late_fitted late_att_clean", rows);
        const bool late_too = where != IN_BOTH; /* a grid in two dimensions takes long */
        if (late_too)
          predict(mean_field, &param, where, size, conf.late);
        attn_table_cells(table, late_too ? attn_mean_field_attention(mean_field, ATTN_CLEAN) : NAN,
                         late.median, late.q05, late.q95,
                         late_too ? attn_mean_field_log10_risk(mean_field) : NAN);
      }
  attn_table_close(table);
}

static const char *const where_name[] = {"v", "p"};

/* late.tsv: the sizes to show, from v_0 and from p_0. */
static void write_late(attn_experiment *experiment, const attn_samples *samples,
                       attn_mean_field *mean_field) {
  attn_table *table = attn_experiment_table(
      experiment, "late",
      "kappa start size fitted fit_step late_fitted late_att_clean late_att_predicted "
      "late_log10_risk late_log10_risk_predicted");
  for (size_t k = 0; k < conf.curve_kappa.count; k++)
    for (size_t where = IN_V; where <= IN_P; where++)
      for (size_t i = 0; i < conf.show.count; i++) {
        const double kappa = conf.curve_kappa.value[k], size = conf.show.value[i];
        const attn_where rows[] = {
            {"part", CURVE}, {"where", (double)where}, {"kappa", kappa}, {"size", size}, {0}};
        const attn_data_param param = setting((double)conf.n, 0, kappa);
        predict(mean_field, &param, where, size, conf.late);
        attn_table_number(table, kappa);
        attn_table_text(table, where_name[where]);
        attn_table_number(table, size);
        attn_samples_write_means(table, samples, "fitted", rows);
        attn_samples_write_medians(table, samples, "fit_step", rows);
        attn_samples_write_means(table, samples, "late_fitted late_att_clean", rows);
        attn_table_number(table, attn_mean_field_attention(mean_field, ATTN_CLEAN));
        attn_samples_write_medians(table, samples, "late_log10_risk", rows);
        attn_table_number(table, attn_mean_field_log10_risk(mean_field));
      }
  attn_table_close(table);
}

static void write_kinds(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table =
      attn_experiment_table(experiment, "kinds",
                            "start size fitted kept kept_low kept_high att_clean att_clean_low "
                            "att_clean_high att_noisy log10_risk");
  for (attn_start_kind kind = ATTN_START_ZERO; kind < ATTN_STARTS; kind++)
    for (size_t i = 0; i < (kind == ATTN_START_ZERO ? 1 : conf.kind_size.count); i++) {
      const double size = kind == ATTN_START_ZERO ? 0 : conf.kind_size.value[i];
      const attn_where rows[] = {{"part", KIND}, {"kind", kind}, {"size", size}, {0}};
      const size_t kept = attn_samples_count(samples, "kept", 1, 1, rows);
      const attn_interval share = attn_stats_binomial(kept, conf.kind_draws, conf.level);
      const attn_summary clean = attn_samples_summary(samples, "att_clean", rows, conf.level);
      attn_table_text(table, attn_start_name(kind));
      attn_table_cells(table, size, attn_samples_share(samples, "fitted", 1, rows),
                       (double)kept / (double)conf.kind_draws, share.low, share.high, clean.mean,
                       clean.low, clean.high, attn_samples_mean(samples, "att_noisy", rows),
                       attn_samples_median(samples, "log10_risk", rows));
    }
  attn_table_close(table);
}

static const char *const mark_name[MARKS] = {"fit", "benign", "half"};

/* The predicted thresholds of all grid points: [part - EDGE_N][where][mark][point]. */
typedef double edge_prediction[2][2][MARKS][ATTN_LIST_MAX];

/* edges.tsv: medians over draws; fits.tsv: exponents of the thresholds as coordinates' standard
 * deviations, size / sqrt(d), against d, and as lengths against n. */
static void write_edges(attn_experiment *experiment, const attn_samples *samples,
                        attn_mean_field *mean_field, edge_prediction predicted) {
  attn_table *table = attn_experiment_table(
      experiment, "edges",
      "over start mark n d size size_low size_high size_predicted found draws");
  for (size_t part = EDGE_N; part <= EDGE_D; part++)
    for (size_t where = IN_V; where <= IN_P; where++) {
      double(*of)[ATTN_LIST_MAX] = predicted[part - EDGE_N][where];
      for (size_t i = 0; i < edge_points(part); i++) {
        const attn_data_param param = edge_setting(part, i);
        double edge[MARKS];
        predicted_edges(edge, mean_field, &param, where);
        for (size_t mark = 0; mark < MARKS; mark++)
          of[mark][i] = edge[mark];
      }
      for (size_t mark = 0; mark < MARKS; mark++)
        for (size_t i = 0; i < edge_points(part); i++) {
          const attn_data_param param = edge_setting(part, i);
          const attn_where rows[] = {{"part", (double)part},
                                     {"where", (double)where},
                                     {"n", (double)param.n},
                                     {"d", (double)param.d},
                                     {0}};
          const attn_interval median =
              attn_samples_median_interval(samples, mark_column[mark], rows, conf.level);
          attn_table_text(table, part == EDGE_N ? "n" : "d");
          attn_table_text(table, where_name[where]);
          attn_table_text(table, mark_name[mark]);
          attn_table_cells(
              table, (double)param.n, (double)param.d,
              attn_samples_median(samples, mark_column[mark], rows), median.low, median.high,
              of[mark][i],
              (double)attn_samples_count(samples, mark_column[mark], 0, INFINITY, rows),
              (double)conf.edge_draws);
        }
    }
  attn_table_close(table);
}

static attn_line exponent_of(const attn_samples *samples, size_t part, size_t where, size_t mark) {
  const attn_pairs p =
      attn_samples_pairs(samples, part == EDGE_N ? "n" : "d", mark_column[mark],
                         (attn_where[]){{"part", (double)part}, {"where", (double)where}, {0}});
  for (size_t r = 0; r < p.count; r++) {
    if (part == EDGE_D)
      p.y[r] /= sqrt(p.x[r]);
    else if (p.x[r] < (double)conf.leading)
      p.x[r] = NAN; /* no point of the line */
  }
  return attn_stats_power(p.x, p.y, p.count, conf.level);
}

static double exponent_predicted(edge_prediction predicted, size_t part, size_t where,
                                 size_t mark) {
  double x[ATTN_LIST_MAX], y[ATTN_LIST_MAX];
  for (size_t i = 0; i < edge_points(part); i++) {
    const attn_data_param param = edge_setting(part, i);
    const double d = (double)param.d, n = (double)param.n;
    x[i] = part == EDGE_D ? d : param.n < conf.leading ? NAN : n;
    y[i] = predicted[part - EDGE_N][where][mark][i] / (part == EDGE_D ? sqrt(d) : 1);
  }
  return attn_stats_power(x, y, edge_points(part), conf.level).slope;
}

static void write_fits(attn_experiment *experiment, const attn_samples *samples,
                       edge_prediction predicted) {
  attn_table *table = attn_experiment_table(
      experiment, "fits", "over start mark exponent exponent_low exponent_high exponent_predicted");
  for (size_t part = EDGE_N; part <= EDGE_D; part++)
    for (size_t where = IN_V; where <= IN_P; where++)
      for (size_t mark = 0; mark < MARKS; mark++) {
        const attn_line line = exponent_of(samples, part, where, mark);
        attn_table_text(table, part == EDGE_N ? "n" : "d");
        attn_table_text(table, where_name[where]);
        attn_table_text(table, mark_name[mark]);
        attn_table_cells(table, line.slope, line.slope_interval.low, line.slope_interval.high,
                         exponent_predicted(predicted, part, where, mark));
      }
  attn_table_close(table);
}

/* flow.tsv: the flow beside steps of b; order.tsv: cut steps against the flow after the time of two. */
static void write_flow(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table =
      attn_experiment_table(experiment, "flow",
                            "kappa parts fit_step fit_low fit_high fitted att_clean att_noisy "
                            "log10_risk late_fitted late_att_clean late_log10_risk");
  for (size_t k = 0; k < conf.flow_kappa.count; k++)
    for (size_t parts = 0; parts <= 1; parts++) {
      const attn_where rows[] = {
          {"part", FLOW}, {"kappa", conf.flow_kappa.value[k]}, {"parts", (double)parts}, {0}};
      const attn_summary fit = attn_samples_summary(samples, "fit_step", rows, conf.level);
      attn_table_cells(table, conf.flow_kappa.value[k], (double)parts, fit.mean, fit.low, fit.high);
      attn_samples_write_means(table, samples, "fitted att_clean att_noisy", rows);
      attn_samples_write_medians(table, samples, "log10_risk", rows);
      attn_samples_write_means(table, samples, "late_fitted late_att_clean", rows);
      attn_samples_write_medians(table, samples, "late_log10_risk", rows);
    }
  attn_table_close(table);
  table = attn_experiment_table(experiment, "order", "kappa parts error error_low error_high");
  for (size_t k = 0; k < conf.flow_kappa.count; k++)
    for (size_t c = 0; c < conf.flow_parts.count; c++) {
      const double parts = conf.flow_parts.value[c];
      const attn_summary error = attn_samples_summary(
          samples, "error",
          (attn_where[]){
              {"part", FLOW}, {"kappa", conf.flow_kappa.value[k]}, {"parts", parts}, {0}},
          conf.level);
      attn_table_cells(table, conf.flow_kappa.value[k], parts, error.mean, error.low, error.high);
    }
  attn_table_close(table);
}

/* ---- claims ---- */

static attn_claim base_of(const attn_samples *samples, size_t part) {
  return attn_verdict_scope(
      conf.kappa,
      attn_samples_largest(samples, "coherence", (attn_where[]){{"part", (double)part}, {0}}),
      conf.coherence);
}

/* How often two steps fit everything with a tiny risk, from a Gaussian start of that length. */
static void claim_kept(attn_experiment *experiment, const attn_samples *samples, const char *id,
                       double size) {
  const size_t kept = attn_samples_count(
      samples, "kept", 1, 1,
      (attn_where[]){{"part", KIND}, {"kind", ATTN_START_GAUSSIAN}, {"size", size}, {0}});
  attn_experiment_claim(experiment, attn_verdict_share(base_of(samples, KIND), id, kept,
                                                       conf.kind_draws, conf.level, conf.delta));
}

/* Clean attention of the other random starts minus that of the Gaussian one, draw by draw. */
static void claim_kinds(attn_experiment *experiment, const attn_samples *samples) {
  const size_t draws = conf.kind_draws, kinds = ATTN_STARTS - ATTN_START_SPHERE;
  double *difference = attn_alloc(kinds * draws, sizeof *difference);
  for (size_t c = 0; c < kinds; c++)
    for (size_t draw = 0; draw < draws; draw++) {
      attn_where rows[] = {{"part", KIND},
                           {"size", conf.usual},
                           {"draw", (double)draw},
                           {"kind", ATTN_START_GAUSSIAN},
                           {0}};
      const double gaussian = attn_samples_value(samples, "att_clean", rows);
      rows[3].value = (double)(ATTN_START_SPHERE + c);
      difference[c * draws + draw] = attn_samples_value(samples, "att_clean", rows) - gaussian;
    }
  const attn_summary s = attn_stats_draws(difference, kinds, draws, ATTN_DRAW_MEAN, conf.level);
  attn_experiment_claim(experiment, attn_verdict_within(base_of(samples, KIND), "start-kinds", 0,
                                                        conf.attention, s.mean, s.interval));
  attn_free(difference);
}

/* The median over draws of a fit threshold over its prediction. */
static void claim_threshold(attn_experiment *experiment, const attn_samples *samples,
                            edge_prediction predicted, size_t where, const char *id) {
  double *ratio = attn_alloc(samples->rows, sizeof *ratio);
  double *found = attn_alloc(samples->rows, sizeof *found);
  size_t count = 0;
  for (size_t part = EDGE_N; part <= EDGE_D; part++)
    for (size_t i = 0; i < edge_points(part); i++) {
      const attn_data_param param = edge_setting(part, i);
      if (param.n < conf.leading)
        continue;
      const size_t here = attn_samples_select(found, samples, mark_column[FIT],
                                              (attn_where[]){{"part", (double)part},
                                                             {"where", (double)where},
                                                             {"n", (double)param.n},
                                                             {"d", (double)param.d},
                                                             {0}});
      for (size_t r = 0; r < here; r++)
        ratio[count++] = found[r] / predicted[part - EDGE_N][where][FIT][i];
    }
  attn_stats_sort(ratio, count);
  attn_experiment_claim(
      experiment, attn_verdict_within(base_of(samples, EDGE_N), id, 1, conf.allowed,
                                      attn_stats_quantile(ratio, count, 0.5),
                                      attn_stats_quantile_interval(ratio, count, 0.5, conf.level)));
  attn_free(ratio);
  attn_free(found);
}

static void claim_exponent(attn_experiment *experiment, const attn_samples *samples, const char *id,
                           size_t part, size_t where, size_t mark, double predicted) {
  const attn_line line = exponent_of(samples, part, where, mark);
  attn_experiment_claim(experiment,
                        attn_verdict_within(base_of(samples, part), id, predicted, conf.exponent,
                                            line.slope, line.slope_interval));
}

static void claim_large(attn_experiment *experiment, const attn_samples *samples) {
  const attn_summary late = attn_samples_summary(
      samples, "late_log10_risk",
      (attn_where[]){
          {"part", CURVE}, {"where", IN_P}, {"kappa", conf.kappa}, {"size", conf.large}, {0}},
      conf.level);
  attn_experiment_claim(experiment,
                        attn_verdict_above(base_of(samples, CURVE), "start-large-harmful",
                                           log10(conf.harmful), late.mean, late.interval));
}

static void claim_flow(attn_experiment *experiment, const attn_samples *samples) {
  const attn_claim base = base_of(samples, FLOW);
  /* a slope for each draw and kappa, whose constants differ */
  const size_t kappas = conf.flow_kappa.count, draws = conf.flow_draws;
  double *slope = attn_alloc(kappas * draws, sizeof *slope); /* [kappa][draw] */
  for (size_t k = 0; k < kappas; k++)
    for (size_t draw = 0; draw < draws; draw++) {
      const attn_pairs p = attn_samples_pairs(
          samples, "parts", "error",
          (attn_where[]){
              {"part", FLOW}, {"kappa", conf.flow_kappa.value[k]}, {"draw", (double)draw}, {0}});
      for (size_t r = 0; r < p.count; r++) /* order one is about small steps */
        p.x[r] = p.x[r] < (double)conf.order_from ? NAN : conf.b / p.x[r];
      slope[k * draws + draw] = attn_stats_power(p.x, p.y, p.count, conf.level).slope;
    }
  const attn_summary order = attn_stats_draws(slope, kappas, draws, ATTN_DRAW_MEAN, conf.level);
  attn_free(slope);
  attn_experiment_claim(experiment, attn_verdict_within(base, "flow-order", 1, conf.exponent,
                                                        order.mean, order.interval));
  const attn_where flow[] = {{"part", FLOW}, {"kappa", conf.kappa}, {"parts", 0}, {0}};
  const attn_summary fit = attn_samples_summary(samples, "fit_step", flow, conf.level);
  attn_experiment_claim(experiment,
                        attn_verdict_below(base, "flow-fits", 2, fit.mean, fit.interval));
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "starts other than zero, and gradient flow", keys, sizeof keys / sizeof *keys);
  const struct {
    const char *name, *grid;
    double value;
    const attn_list *list;
  } members[] = {{"kappa", "curve_kappa", conf.kappa, &conf.curve_kappa},
                 {"kappa", "flow_kappa", conf.kappa, &conf.flow_kappa},
                 {"small", "kind_size", conf.small, &conf.kind_size},
                 {"usual", "kind_size", conf.usual, &conf.kind_size},
                 {"large", "size", conf.large, &conf.size}};
  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    if (!attn_list_has(members[i].list, members[i].value))
      attn_fail("%s = %g: must be one of the values of %s", members[i].name, members[i].value,
                members[i].grid);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    attn_mean_field *mean_field = attn_mean_field_alloc(conf.grid);
    static edge_prediction predicted;
    write_curves(experiment, samples, mean_field);
    write_late(experiment, samples, mean_field);
    write_kinds(experiment, samples);
    write_edges(experiment, samples, mean_field, predicted);
    write_fits(experiment, samples, predicted);
    write_flow(experiment, samples);
    claim_kept(experiment, samples, "start-small", conf.small);
    claim_kept(experiment, samples, "start-usual", conf.usual);
    claim_kinds(experiment, samples);
    claim_threshold(experiment, samples, predicted, IN_V, "start-threshold-v");
    claim_threshold(experiment, samples, predicted, IN_P, "start-threshold-p");
    claim_exponent(experiment, samples, "start-exponent-d", EDGE_D, IN_P, FIT, -0.5);
    claim_exponent(experiment, samples, "start-exponent-rate", EDGE_D, IN_V, HALF, -1);
    claim_exponent(experiment, samples, "start-exponent-n", EDGE_N, IN_P, FIT,
                   exponent_predicted(predicted, EDGE_N, IN_P, FIT));
    claim_large(experiment, samples);
    claim_flow(experiment, samples);
    attn_mean_field_free(mean_field);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
