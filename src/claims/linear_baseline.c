/* What attention adds to a linear model on averaged tokens: speed, smaller risk at finite |p| and
 * smaller dimensions; in the limit of large |p| it adds nothing, and a weak signal makes it harmful. */
#include <math.h>
#include <string.h>

#include "choice.h"
#include "experiment.h"
#include "metrics.h"
#include "pair.h"
#include "recursion.h"
#include "risk.h"
#include "rng.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "verdict.h"

static struct {
  size_t n, late, draws, speed_late, speed_draws, dim_n, dim_late, dim_draws, exponent_draws;
  double eta, b, speed_ratio, dim_kappa, factor, weak, strong, small, tiny, harmful, allowed, delta,
      coherence, level;
  attn_list ratio, kappa, speed_kappa, speed_b, dim, exponent_n;
} conf;

static const attn_key keys[] = {
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate"},
    {"n", ATTN_KEY_COUNT, &conf.n, "[10, 2000]", "n of the curves and of the speed"},
    {"ratio", ATTN_KEY_LIST, &conf.ratio, "(1, 1e12)", "d/n of the curves, the last in scope"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "kappa of the curves"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the step size beta max(rho^2, d/n)"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[3, 1e6]", "late, in steps"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 1e4]", "draws of each curve"},
    {"speed_ratio", ATTN_KEY_REAL, &conf.speed_ratio, "(1, 1e12)", "d/n of the speed"},
    {"speed_kappa", ATTN_KEY_LIST, &conf.speed_kappa, "(0, 1e3)", "kappa of the speed"},
    {"speed_b", ATTN_KEY_LIST, &conf.speed_b, "(0, 1e6)", "step sizes of the speed"},
    {"speed_late", ATTN_KEY_COUNT, &conf.speed_late, "[3, 1e6]", "steps at most"},
    {"speed_draws", ATTN_KEY_COUNT, &conf.speed_draws, "[2, 1e4]", "draws of the speed"},
    {"dim_n", ATTN_KEY_COUNT, &conf.dim_n, "[4, 1000]", "n of the least dimension"},
    {"dim", ATTN_KEY_COUNTS, &conf.dim, "[3, 1e6]", "dimensions, in equal steps"},
    {"dim_kappa", ATTN_KEY_REAL, &conf.dim_kappa, "(0, 1e3)", "kappa of the least dimension"},
    {"dim_late", ATTN_KEY_COUNT, &conf.dim_late, "[3, 1e6]", "steps there"},
    {"dim_draws", ATTN_KEY_COUNT, &conf.dim_draws, "[2, 1e4]", "draws of each dimension"},
    {"exponent_n", ATTN_KEY_COUNTS, &conf.exponent_n, "[10, 2000]", "n of the exponents"},
    {"factor", ATTN_KEY_REAL, &conf.factor, "(1, 1e9)", "d/n^2 of the exponents"},
    {"exponent_draws", ATTN_KEY_COUNT, &conf.exponent_draws, "[2, 1e4]", "draws of each n"},
    {"weak", ATTN_KEY_REAL, &conf.weak, "(0, 1e3)", "a kappa of the curves below kappa*"},
    {"strong", ATTN_KEY_REAL, &conf.strong, "(0, 1e3)", "the kappa from which signals are strong"},
    {"small", ATTN_KEY_REAL, &conf.small, "(0, 0.5)", "the risk that defines a threshold"},
    {"tiny", ATTN_KEY_REAL, &conf.tiny, "(0, 0.5)", "the risk below which it is benign"},
    {"harmful", ATTN_KEY_REAL, &conf.harmful, "(0, 0.5)", "the risk above which it is harmful"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed distance from a prediction"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* CURVE: risk against kappa, one draw for all kappa; at is d/n. SPEED: steps to fit; at is b. LEAST:
 * small dimensions; at is d. LAW: thresholds against n, at is n, with d = factor n^2 (kappa = 0) or
 * at the largest such d (kappa = 1). */
typedef enum { CURVE, SPEED, LEAST, LAW, PARTS } part;

/* LINEAR and ATTENTION: gradient descent. AVERAGED and CONCATENATED: the max-margin linear models on
 * the mean and on the concatenation of the tokens in random order. LIMIT: the max-margin pair for
 * |p| -> infinity. */
typedef enum { LINEAR, ATTENTION, AVERAGED, CONCATENATED, LIMIT, MODELS } model_kind;

static const size_t T = 2;

/* threshold: the kappa from which the risk is below "small" (LAW). */
#define COLUMNS                                                                                    \
  "part at kappa draw model coherence fitted_2 log10_risk_2 fitted first log10_risk predicted "    \
  "threshold"

/* ---- the models on one draw ---- */

typedef struct {
  double fitted_2, risk_2, fitted, first, risk, predicted;
} outcome;

/* Gradient descent on v alone, where p stays 0 and attention uniform, or on v and p. until: stop at
 * the first fit. */
static outcome train(attn_trial *trial, bool attend, double b, size_t steps, bool until) {
  attn_model *model = trial->model;
  const attn_optim optim = {.beta = attn_train_step_size(&trial->param, b)};
  outcome o = {NAN, NAN, 0, NAN, NAN, NAN};
  //@begin train
  attn_model_zero(model);
  for (size_t step = 0;; step++) {
    attn_model_forward(model, trial->tokens, trial->labels);
    o.fitted = attn_metrics_fitted(model, trial->labels);
    if (isnan(o.first) && o.fitted == 1)
      o.first = (double)step;
    if (!until && (step == 2 || step == steps)) {
      const attn_metrics m = attn_metrics_measure(model, trial->tokens, trial->labels);
      o.risk = attn_metrics_log10_risk(&m, T);
      if (step == 2) {
        o.fitted_2 = o.fitted;
        o.risk_2 = o.risk;
      }
    }
    if (step == steps || (until && o.fitted == 1))
      break;
    attn_train_loss_derivative(trial->w, model->f, trial->labels);
    attn_model_backward(model, trial->tokens, trial->labels, trial->w);
    attn_optim_update(&optim, model->theta, model->grad, (attend ? 2 : 1) * model->dim);
  }
  //@end train
  return o;
}

/* Workspace of the max-margin models on the tokens of a pair. */
typedef struct {
  attn_pair *pair;
  attn_choice choice;
  attn_svm_workspace *svm;
  double *K, *weight, *v, *p;  /* [n][n], [n][T], [2 + N], [2 + N] */
  unsigned char *slot, *sigma; /* [n] where a sample's signal stands in the concatenation */
} bench;

static bench bench_alloc(const attn_data_param *param) {
  const size_t n = param->n;
  bench s = {.pair = attn_pair_alloc(param, false), .svm = attn_svm_alloc(n)};
  s.K = attn_alloc(n * n, sizeof *s.K);
  s.weight = attn_alloc(n * T, sizeof *s.weight);
  s.v = attn_alloc(2 + n, sizeof *s.v);
  s.p = attn_alloc(2 + n, sizeof *s.p);
  s.slot = attn_alloc(n, 1);
  s.sigma = attn_alloc(n, 1);
  for (size_t i = 0; i < n * T; i++)
    s.weight[i] = 1 / (double)T;
  return s;
}

static void bench_free(bench *s) {
  attn_pair_free(s->pair);
  attn_svm_free(s->svm);
  void *const parts[] = {s->K, s->weight, s->v, s->p, s->slot, s->sigma};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    attn_free(parts[i]);
}

/* LAW: balanced labels, since a draw's class sizes shift its thresholds by a share of n^-1/2. */
static void bench_draw(bench *s, part which, size_t cell, size_t draw,
                       const attn_experiment *experiment) {
  static const char *const name[PARTS] = {"linear_baseline curve", "linear_baseline speed",
                                          "linear_baseline least", "linear_baseline law"};
  const uint64_t seed = attn_experiment_seed(experiment);
  attn_pair_draw(s->pair, seed, name[which], cell, draw);
  if (which == LAW)
    attn_labels_balance(s->pair->trial->labels, conf.eta);
  gsl_rng *rng = s->pair->trial->rng;
  attn_rng_start(rng, seed, name[which], cell, draw, ATTN_STREAM_OTHER);
  for (size_t i = 0; i < s->pair->trial->param.n; i++)
    s->slot[i] = (unsigned char)gsl_rng_uniform_int(rng, T);
}

/* v = sum a_i y_i x_i over the samples of a slot (all: both), x_i the mean of the tokens; p = 0. */
static attn_metrics measure_linear(bench *s, bool all, size_t slot) {
  const attn_labels *labels = s->pair->trial->labels;
  memset(s->v, 0, (2 + labels->N) * sizeof *s->v);
  for (size_t i = 0; i < labels->n; i++)
    if (all || s->slot[i] == slot) {
      const double c = s->pair->a[i] * labels->y[i] / (double)T;
      s->v[labels->k[i]] += c;
      s->v[2 + i] += c;
    }
  return attn_pair_measure(s->pair, s->v, s->p);
}

/* The hard-margin support vector machine. In the concatenation two samples share no direction unless
 * their signals stand in the same slot: a fresh sample meets the half of v that belongs to its own. */
static outcome max_margin(bench *s, bool averaged) {
  attn_pair *pair = s->pair;
  const size_t n = pair->trial->param.n;
  attn_svm_result result;
  outcome o = {NAN, NAN, 0, NAN, NAN, NAN};
  //@begin max-margin
  attn_maxmargin_mixed_gram(s->K, s->weight, &pair->set); /* y_i y_j mean(x_i) . mean(x_j) */
  if (!averaged)
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++)
        s->K[i * n + j] *= s->slot[i] == s->slot[j];
  o.fitted = attn_svm_solve(pair->a, &result, s->K, n, s->svm) == ATTN_SVM_OK;
  if (o.fitted != 1)
    return o;
  double risk[2];
  for (size_t slot = 0; slot < 2; slot++) {
    const attn_metrics m = measure_linear(s, averaged, slot);
    if (averaged)
      o.fitted = m.train_acc == 1;
    risk[slot] = attn_metrics_log10_risk(&m, T);
  }
  o.risk = attn_risk_log10_clean(risk); /* the mean over the slots */
  //@end max-margin
  return o;
}

/* The risk of AVERAGED on orthogonal noise, from the draw's counts. All samples are support vectors:
 * m_k + d a = 1 for clean ones, d a - m_k = 1 for noisy ones, with v as p in attn_pair_ideal. */
static double predict_averaged(const attn_counts *counts, double rho, double d) {
  attn_pair_counts kinds = {{0, 0}, {0, 0}, {0, 0}};
  for (size_t k = 0; k < 2; k++) {
    kinds.signal[k] = counts->n[k] - counts->noisy[k];
    kinds.noisy[k] = counts->noisy[k];
  }
  const attn_risk_input p = attn_pair_ideal(&kinds, T, rho, d);
  const attn_risk_input v = {{p.mp[0], -p.mp[1]}, {0, 0}, p.pp, 0, 0, p.pp};
  return attn_risk_log10(&v, T).log10_clean;
}

/* The best selection's pair, after attn_choice_solve. */
static outcome limit(bench *s) {
  attn_pair *pair = s->pair;
  outcome o = {NAN, NAN, 0, NAN, NAN, NAN};
  attn_maxmargin_start(pair->sigma, attn_choice_best(&s->choice, pair->set.rho), &pair->set);
  o.fitted = attn_pair_solve(pair);
  if (o.fitted == 1)
    o.risk = attn_pair_limit_risk(pair).log10_clean;
  return o;
}

/* ---- sampling ---- */

typedef struct {
  attn_table *table;
  size_t job;
  double part, at, draw, coherence;
} row;

static void write_outcome(const row *r, double kappa, model_kind model, const outcome *o) {
  attn_table_cells(r->table, (double)r->job, r->part, r->at, kappa, r->draw, (double)model,
                   r->coherence, o->fitted_2, o->risk_2, o->fitted, o->first, o->risk, o->predicted,
                   NAN);
}

static void set_kappa(bench *s, double kappa) {
  const attn_data_param *param = &s->pair->trial->param;
  attn_pair_set_rho(s->pair, attn_data_rho(kappa, param->n, param->d));
}

static void run_curve(const row *r, bench *s) {
  const attn_counts counts = attn_labels_counts(s->pair->trial->labels);
  attn_choice_solve(&s->choice, &s->pair->set, s->sigma, s->pair->a, s->pair->maxmargin);
  for (size_t i = 0; i < conf.kappa.count; i++) {
    const double kappa = conf.kappa.value[i];
    set_kappa(s, kappa);
    outcome of[MODELS];
    of[LINEAR] = train(s->pair->trial, false, conf.b, conf.late, false);
    of[ATTENTION] = train(s->pair->trial, true, conf.b, conf.late, false);
    of[AVERAGED] = max_margin(s, true);
    of[AVERAGED].predicted =
        predict_averaged(&counts, s->pair->set.rho, (double)s->pair->trial->param.d);
    of[CONCATENATED] = max_margin(s, false);
    of[LIMIT] = limit(s);
    for (model_kind m = 0; m < MODELS; m++)
      write_outcome(r, kappa, m, &of[m]);
  }
}

static void run_speed(const row *r, bench *s, double kappa) {
  set_kappa(s, kappa);
  for (model_kind m = LINEAR; m <= ATTENTION; m++) {
    const outcome o = train(s->pair->trial, m == ATTENTION, r->at, conf.speed_late, true);
    write_outcome(r, kappa, m, &o);
  }
}

/* LIMIT: is there a pair for the paper's selection, signal for clean and noise for noisy samples? */
static void run_least(const row *r, bench *s) {
  attn_pair *pair = s->pair;
  set_kappa(s, conf.dim_kappa);
  outcome of[MODELS] = {[LINEAR] = train(pair->trial, false, conf.b, conf.dim_late, true),
                        [ATTENTION] = train(pair->trial, true, conf.b, conf.dim_late, true),
                        [AVERAGED] = max_margin(s, true)};
  for (size_t i = 0; i < pair->trial->param.n; i++)
    pair->sigma[i] = attn_labels_noisy(pair->trial->labels, i);
  of[LIMIT] = (outcome){NAN, NAN, attn_pair_solve(pair), NAN, NAN, NAN};
  for (model_kind m = 0; m < MODELS; m++)
    if (m != CONCATENATED)
      write_outcome(r, conf.dim_kappa, m, &of[m]);
}

static double over_small(double kappa, void *context) {
  bench *s = context;
  set_kappa(s, kappa);
  return max_margin(s, true).risk - log10(conf.small);
}

/* From the larger of the two classes' switches on, both classes attend to their signals. */
static void run_law(const row *r, bench *s, double family) {
  const attn_data_param *param = &s->pair->trial->param;
  attn_choice_solve(&s->choice, &s->pair->set, s->sigma, s->pair->a, s->pair->maxmargin);
  const double rho =
      fmax(attn_choice_threshold(&s->choice, 0), attn_choice_threshold(&s->choice, 1));
  const double threshold[2] = {attn_stats_root(over_small, s, 1e-3, 10, 1e-5),
                               rho * sqrt((double)param->n / (double)param->d)};
  for (size_t m = 0; m < 2; m++) {
    attn_table_cells(r->table, (double)r->job, r->part, r->at, family, r->draw,
                     (double)(m == 0 ? AVERAGED : LIMIT), r->coherence);
    attn_table_skip(r->table, "threshold");
    attn_table_number(r->table, threshold[m]);
  }
}

/* A part's cells: how many, and how many draws each has. */
static size_t cells_of(part which, size_t *draws) {
  const size_t cells[PARTS] = {conf.ratio.count, conf.speed_kappa.count * conf.speed_b.count,
                               conf.dim.count, 2 * conf.exponent_n.count};
  const size_t draws_each[PARTS] = {conf.draws, conf.speed_draws, conf.dim_draws,
                                    conf.exponent_draws};
  *draws = draws_each[which];
  return cells[which];
}

static void run_job(row *r, part which, size_t cell, size_t draw,
                    const attn_experiment *experiment) {
  const size_t laws = conf.exponent_n.count, speeds = conf.speed_kappa.count;
  const double law_n = conf.exponent_n.value[cell % laws], last = conf.exponent_n.value[laws - 1];
  const double law_d = conf.factor * (cell < laws ? law_n * law_n : last * last);
  attn_data_param param = {conf.n, T, 0, 1, conf.eta};
  double at = 0, d = 0;
  switch (which) {
  case CURVE:
    at = conf.ratio.value[cell];
    d = at * (double)param.n;
    break;
  case SPEED:
    at = conf.speed_b.value[cell / speeds];
    d = conf.speed_ratio * (double)param.n;
    break;
  case LEAST:
    param.n = conf.dim_n;
    at = d = conf.dim.value[cell];
    break;
  default:
    param.n = (size_t)law_n;
    at = law_n;
    d = law_d;
  }
  param.d = (size_t)d;
  bench s = bench_alloc(&param);
  /* one draw for all kappa and step sizes of the speed */
  bench_draw(&s, which, which == SPEED ? 0 : cell, draw, experiment);
  r->part = (double)which;
  r->at = at;
  r->draw = (double)draw;
  r->coherence = attn_tokens_gram_coherence(s.pair->trial->tokens, param.n);
  if (which == CURVE)
    run_curve(r, &s);
  else if (which == SPEED)
    run_speed(r, &s, conf.speed_kappa.value[cell % speeds]);
  else if (which == LEAST)
    run_least(r, &s);
  else
    run_law(r, &s, (double)(cell / laws));
  bench_free(&s);
}

static void sample(attn_experiment *experiment) {
  row r = {.table = attn_experiment_samples(experiment, COLUMNS)};
  size_t total = 0, draws;
  for (part p = 0; p < PARTS; p++) {
    const size_t cells = cells_of(p, &draws);
    total += cells * draws;
  }
  for (r.job = ATTN_FIRST_JOB; attn_experiment_next(experiment, total, &r.job);) {
    size_t j = r.job;
    for (part p = 0; p < PARTS; p++) {
      const size_t cells = cells_of(p, &draws);
      if (j < cells * draws) {
        run_job(&r, p, j / draws, j % draws, experiment);
        break;
      }
      j -= cells * draws;
    }
  }
}

/* ---- prediction ---- */

/* The first step after which the linear model fits all labels of a balanced draw with orthogonal
 * noise; not-a-number if none. m = mu_1 . v, memory = y xi . v of a clean and of a noisy sample. */
static double linear_first_fit(const attn_data_param *param, double beta, size_t most) {
  const double n = (double)param->n, d = (double)param->d, t = (double)T;
  const double share[2] = {1 - param->eta, param->eta};
  double m = 0, memory[2] = {0, 0};
  for (size_t step = 1; step <= most; step++) {
    double pull = 0;
    const double margin[2] = {(memory[0] + m) / t, (memory[1] - m) / t};
    for (size_t kind = 0; kind < 2; kind++) {
      const double slope = 1 / (1 + exp(margin[kind]));
      pull += (kind == 0 ? 1 : -1) * share[kind] * slope;
      memory[kind] += beta * (t - 1) * d * slope / (n * t);
    }
    m += beta * param->rho * param->rho * pull / (2 * t);
    if (memory[0] + m > 0 && memory[1] - m > 0)
      return (double)step;
  }
  return NAN;
}

/* kappa at which AVERAGED of a balanced draw has the risk "small". */
static double small_at(double kappa, void *context) {
  attn_data_param *param = context;
  const attn_counts counts = attn_data_expected_counts(param);
  return predict_averaged(&counts, attn_data_rho(kappa, param->n, param->d), (double)param->d) -
         log10(conf.small);
}

/* ---- tables ---- */

static const char *const model_name[MODELS] = {
    "linear, gradient descent", "attention, gradient descent", "averaged, max-margin",
    "concatenated, max-margin", "attention, max-margin limit"};

static void write_curves(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "curves",
      "ratio model what kappa fitted_2 log10_risk_2 fitted first log10_risk_q05 log10_risk "
      "log10_risk_q95 log10_predicted");
  for (size_t r = 0; r < conf.ratio.count; r++)
    for (model_kind m = 0; m < MODELS; m++)
      for (size_t i = 0; i < conf.kappa.count; i++) {
        const attn_where where[] = {{"part", CURVE},
                                    {"at", conf.ratio.value[r]},
                                    {"model", (double)m},
                                    {"kappa", conf.kappa.value[i]},
                                    {0}};
        const attn_summary risk = attn_samples_summary(samples, "log10_risk", where, conf.level);
        attn_table_cells(table, conf.ratio.value[r], (double)m);
        attn_table_text(table, model_name[m]);
        attn_table_number(table, conf.kappa.value[i]);
        attn_samples_write_means(table, samples, "fitted_2", where);
        attn_samples_write_medians(table, samples, "log10_risk_2", where);
        attn_samples_write_means(table, samples, "fitted", where);
        attn_samples_write_medians(table, samples, "first", where);
        attn_table_cells(table, risk.q05, risk.median, risk.q95);
        attn_samples_write_medians(table, samples, "predicted", where);
      }
  attn_table_close(table);
}

/* The medians in scope, a row for each kappa. */
static void write_models(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "models", "kappa fitted averaged predicted concatenated limit linear attention");
  static const model_kind shown[] = {CONCATENATED, LIMIT, LINEAR, ATTENTION};
  for (size_t i = 0; i < conf.kappa.count; i++) {
    attn_where where[] = {{"part", CURVE},
                          {"at", conf.ratio.value[conf.ratio.count - 1]},
                          {"kappa", conf.kappa.value[i]},
                          {0},
                          {0}};
    attn_table_number(table, conf.kappa.value[i]);
    attn_samples_write_means(table, samples, "fitted", where);
    where[3] = (attn_where){"model", AVERAGED};
    attn_samples_write_medians(table, samples, "log10_risk predicted", where);
    for (size_t m = 0; m < sizeof shown / sizeof *shown; m++) {
      where[3].value = (double)shown[m];
      attn_samples_write_medians(table, samples, "log10_risk", where);
    }
  }
  attn_table_close(table);
}

/* The fewest steps over step sizes, of a draw. */
static double fewest(const attn_samples *samples, double kappa, size_t draw, model_kind model) {
  double least = NAN;
  for (size_t j = 0; j < conf.speed_b.count; j++)
    least = fmin(least, attn_samples_value(samples, "first",
                                           (attn_where[]){{"part", SPEED},
                                                          {"at", conf.speed_b.value[j]},
                                                          {"kappa", kappa},
                                                          {"draw", (double)draw},
                                                          {"model", (double)model},
                                                          {0}}));
  return least;
}

static void write_fastest(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "fastest", "kappa averaging averaging_predicted attention attention_predicted");
  double *steps = attn_alloc(conf.speed_draws, sizeof *steps);
  for (size_t i = 0; i < conf.speed_kappa.count; i++) {
    const double kappa = conf.speed_kappa.value[i];
    attn_data_param param = {conf.n, T, (size_t)(conf.speed_ratio * (double)conf.n), 1, conf.eta};
    param.rho = attn_data_rho(kappa, param.n, param.d);
    attn_table_number(table, kappa);
    for (model_kind m = LINEAR; m <= ATTENTION; m++) {
      double predicted = NAN;
      for (size_t j = 0; j < conf.speed_b.count; j++) {
        const double beta = attn_train_step_size(&param, conf.speed_b.value[j]);
        predicted =
            fmin(predicted, m == LINEAR ? linear_first_fit(&param, beta, conf.speed_late)
                                        : attn_recursion_first_fit(&param, beta, conf.speed_late));
      }
      for (size_t r = 0; r < conf.speed_draws; r++)
        steps[r] = fewest(samples, kappa, r, m);
      attn_table_cells(table, attn_stats_summary(steps, conf.speed_draws, conf.level).mean,
                       predicted);
    }
  }
  attn_free(steps);
  attn_table_close(table);
}

static void write_speed(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "speed",
      "kappa b linear_fitted linear linear_predicted attention_fitted attention "
      "attention_predicted");
  for (size_t i = 0; i < conf.speed_kappa.count; i++)
    for (size_t j = 0; j < conf.speed_b.count; j++) {
      const double kappa = conf.speed_kappa.value[i], b = conf.speed_b.value[j];
      attn_data_param param = {conf.n, T, (size_t)(conf.speed_ratio * (double)conf.n), 1, conf.eta};
      param.rho = attn_data_rho(kappa, param.n, param.d);
      const double beta = attn_train_step_size(&param, b);
      attn_table_cells(table, kappa, b);
      for (model_kind m = LINEAR; m <= ATTENTION; m++) {
        const attn_where where[] = {
            {"part", SPEED}, {"at", b}, {"kappa", kappa}, {"model", (double)m}, {0}};
        attn_samples_write_means(table, samples, "fitted", where);
        attn_samples_write_medians(table, samples, "first", where);
        attn_table_number(table, m == LINEAR
                                     ? linear_first_fit(&param, beta, conf.speed_late)
                                     : attn_recursion_first_fit(&param, beta, conf.speed_late));
      }
    }
  attn_table_close(table);
}

/* The dimension from which a model fits, by Spearman and Karber: the first of the grid plus a step of
 * it for each dimension in which a replicate is not fitted. One number for each replicate. */
static size_t least_dimensions(double *least, const attn_samples *samples, model_kind model) {
  const double step = conf.dim.value[1] - conf.dim.value[0];
  for (size_t r = 0; r < conf.dim_draws; r++) {
    const attn_where where[] = {
        {"part", LEAST}, {"model", (double)model}, {"draw", (double)r}, {0}};
    least[r] = conf.dim.value[0] +
               step * (double)attn_samples_count(samples, "fitted", 0, 0, where) - step / 2;
  }
  return conf.dim_draws;
}

static void write_least(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table =
      attn_experiment_table(experiment, "least", "d over_n linear attention averaged selection");
  static const model_kind shown[] = {LINEAR, ATTENTION, AVERAGED, LIMIT};
  for (size_t i = 0; i < conf.dim.count; i++) {
    attn_table_cells(table, conf.dim.value[i], conf.dim.value[i] / (double)conf.dim_n);
    for (size_t m = 0; m < 4; m++)
      attn_samples_write_means(
          table, samples, "fitted",
          (attn_where[]){
              {"part", LEAST}, {"at", conf.dim.value[i]}, {"model", (double)shown[m]}, {0}});
  }
  attn_table_close(table);
  table = attn_experiment_table(experiment, "dimensions", "what d d_low d_high over_n");
  double *least = attn_alloc(conf.dim_draws, sizeof *least);
  for (size_t m = 0; m < 4; m++) {
    const attn_summary s =
        attn_stats_summary(least, least_dimensions(least, samples, shown[m]), conf.level);
    attn_table_text(table, m == 3 ? "attention, the paper's selection" : model_name[shown[m]]);
    attn_table_cells(table, s.mean, s.low, s.high, s.mean / (double)conf.dim_n);
  }
  attn_free(least);
  attn_table_close(table);
}

/* The line of log SNR at the threshold on log n, over draws. */
static attn_line law(const attn_samples *samples, size_t family, model_kind model) {
  return attn_samples_snr_exponent(
      samples, "at", "threshold",
      (attn_where[]){{"part", LAW}, {"kappa", (double)family}, {"model", (double)model}, {0}},
      conf.level);
}

static const struct {
  const char *id;
  size_t family;
  model_kind model;
  double exponent;
} laws[] = {{"linear-exponent", 0, AVERAGED, -0.75},
            {"linear-exponent-fixed-d", 1, AVERAGED, -0.25},
            {"limit-exponent", 0, LIMIT, -0.5},
            {"limit-exponent-fixed-d", 1, LIMIT, -0.5}};
enum { LAWS = sizeof laws / sizeof *laws };

static void write_laws(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "thresholds", "fixed_d n d model snr snr_low snr_high snr_predicted kappa");
  attn_table *fits = attn_experiment_table(experiment, "fits",
                                           "what exponent low high exponent_predicted constant");
  const double last = conf.exponent_n.value[conf.exponent_n.count - 1];
  for (size_t l = 0; l < LAWS; l++) {
    const attn_line line = law(samples, laws[l].family, laws[l].model);
    attn_table_text(fits, laws[l].id);
    attn_table_cells(fits, line.slope, line.slope_interval.low, line.slope_interval.high,
                     laws[l].exponent, exp(line.intercept));
    for (size_t i = 0; i < conf.exponent_n.count; i++) {
      const double n = conf.exponent_n.value[i], root = sqrt(n);
      attn_data_param param = {(size_t)n, T,
                               (size_t)(conf.factor * (laws[l].family == 0 ? n * n : last * last)),
                               1, conf.eta};
      const attn_summary s = attn_samples_summary(samples, "threshold",
                                                  (attn_where[]){{"part", LAW},
                                                                 {"kappa", (double)laws[l].family},
                                                                 {"at", n},
                                                                 {"model", (double)laws[l].model},
                                                                 {0}},
                                                  conf.level);
      const double predicted = laws[l].model == LIMIT
                                   ? sqrt(2 / (1 - conf.eta))
                                   : attn_stats_root(small_at, &param, 1e-3, 10, 1e-6);
      attn_table_cells(table, (double)laws[l].family, n, (double)param.d, (double)laws[l].model,
                       s.mean / root, s.low / root, s.high / root, predicted / root, s.mean);
    }
  }
  attn_table_close(table);
  attn_table_close(fits);
}

/* ---- claims ---- */

static double scope_ratio(void) {
  return conf.ratio.value[conf.ratio.count - 1];
}

/* A draw's values of a column at kappa in [from, inf), of one model in scope; not-a-number else.
 * Returns how many kappa there are. */
static size_t by_draw(double *value /* [kappa][draws] */, const attn_samples *samples,
                      const char *column, model_kind model, double from) {
  size_t cells = 0;
  for (size_t i = 0; i < conf.kappa.count; i++) {
    if (conf.kappa.value[i] < from)
      continue;
    for (size_t r = 0; r < conf.draws; r++)
      value[cells * conf.draws + r] =
          attn_samples_value(samples, column,
                             (attn_where[]){{"part", CURVE},
                                            {"at", scope_ratio()},
                                            {"kappa", conf.kappa.value[i]},
                                            {"draw", (double)r},
                                            {"model", (double)model},
                                            {0}});
    cells++;
  }
  return cells;
}

/* The ratio of two columns, a mean over kappa for each draw. */
static attn_summary ratio_of(const attn_samples *samples, const char *column, model_kind model,
                             const char *base_column, model_kind base, double from) {
  double *x = attn_alloc(conf.kappa.count * conf.draws, sizeof *x);
  double *y = attn_alloc(conf.kappa.count * conf.draws, sizeof *y);
  const size_t cells = by_draw(x, samples, column, model, from);
  by_draw(y, samples, base_column, base, from);
  for (size_t i = 0; i < cells * conf.draws; i++)
    x[i] /= y[i];
  const attn_summary s = attn_stats_draws(x, cells, conf.draws, ATTN_DRAW_MEAN, conf.level);
  attn_free(x);
  attn_free(y);
  return s;
}

static attn_claim base_of(const attn_samples *samples, part which, double kappa) {
  return attn_verdict_scope(
      kappa,
      which == CURVE
          ? attn_samples_largest(samples, "coherence",
                                 (attn_where[]){{"part", CURVE}, {"at", scope_ratio()}, {0}})
          : attn_samples_largest(samples, "coherence", (attn_where[]){{"part", which}, {0}}),
      conf.coherence);
}

static void claim_curves(attn_experiment *experiment, const attn_samples *samples) {
  double *x = attn_alloc(2 * conf.kappa.count * conf.draws, sizeof *x);
  double *y = x + conf.kappa.count * conf.draws;
  const attn_claim base = base_of(samples, CURVE, NAN);
  /* fitted at every kappa */
  const size_t cells = by_draw(x, samples, "fitted", AVERAGED, 0);
  size_t all = 0, parted = 0;
  for (size_t r = 0; r < conf.draws; r++) {
    size_t fitted = 0;
    for (size_t c = 0; c < cells; c++)
      fitted += x[c * conf.draws + r] == 1;
    all += fitted == cells;
  }
  attn_experiment_claim(experiment, attn_verdict_share(base, "linear-interpolates", all, conf.draws,
                                                       conf.level, conf.delta));
  attn_summary s = ratio_of(samples, "log10_risk", AVERAGED, "predicted", AVERAGED, 0);
  attn_experiment_claim(
      experiment, attn_verdict_within(base, "linear-risk", 1, conf.allowed, s.mean, s.interval));
  /* at the weak signal alone: the first of the kappa that are left */
  by_draw(x, samples, "log10_risk", AVERAGED, conf.weak);
  by_draw(y, samples, "log10_risk", LIMIT, conf.weak);
  for (size_t r = 0; r < conf.draws; r++)
    parted += x[r] < log10(conf.tiny) && y[r] > log10(conf.harmful);
  attn_experiment_claim(experiment,
                        attn_verdict_share(base_of(samples, CURVE, conf.weak), "averaging-safer",
                                           parted, conf.draws, conf.level, conf.delta));
  s = ratio_of(samples, "log10_risk", LIMIT, "log10_risk", AVERAGED, conf.strong);
  attn_experiment_claim(experiment, attn_verdict_within(base, "limit-equals-averaging", 1,
                                                        conf.allowed, s.mean, s.interval));
  s = ratio_of(samples, "log10_risk", ATTENTION, "log10_risk", LINEAR, conf.strong);
  attn_experiment_claim(experiment,
                        attn_verdict_above(base, "attention-smaller-risk", 1, s.mean, s.interval));
  attn_free(x);
}

static void claim_speed(attn_experiment *experiment, const attn_samples *samples) {
  /* the fastest step size of each model, over kappa from "strong" on, for each draw */
  double *ratio = attn_alloc(conf.speed_kappa.count * conf.speed_draws, sizeof *ratio);
  size_t cells = 0;
  for (size_t i = 0; i < conf.speed_kappa.count; i++) {
    if (conf.speed_kappa.value[i] < conf.strong)
      continue;
    for (size_t r = 0; r < conf.speed_draws; r++)
      ratio[cells * conf.speed_draws + r] =
          fewest(samples, conf.speed_kappa.value[i], r, LINEAR) /
          fewest(samples, conf.speed_kappa.value[i], r, ATTENTION);
    cells++;
  }
  const attn_summary s =
      attn_stats_draws(ratio, cells, conf.speed_draws, ATTN_DRAW_MEAN, conf.level);
  attn_experiment_claim(experiment, attn_verdict_above(base_of(samples, SPEED, NAN),
                                                       "attention-faster", 1, s.mean, s.interval));
  attn_free(ratio);
}

static void claim_least(attn_experiment *experiment, const attn_samples *samples) {
  double *linear = attn_alloc(2 * conf.dim_draws, sizeof *linear);
  double *attention = linear + conf.dim_draws;
  least_dimensions(linear, samples, AVERAGED);
  least_dimensions(attention, samples, ATTENTION);
  for (size_t r = 0; r < conf.dim_draws; r++)
    linear[r] -= attention[r];
  const attn_summary s = attn_stats_summary(linear, conf.dim_draws, conf.level);
  attn_experiment_claim(experiment,
                        attn_verdict_above(base_of(samples, LEAST, conf.dim_kappa),
                                           "attention-fewer-dimensions", 0, s.mean, s.interval));
  attn_free(linear);
}

int main(int argc, char **argv) {
  attn_experiment *experiment =
      attn_experiment_begin(argc, argv, "what attention adds to a linear model on averaged tokens",
                            keys, sizeof keys / sizeof *keys);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_curves(experiment, samples);
    write_models(experiment, samples);
    write_speed(experiment, samples);
    write_fastest(experiment, samples);
    write_least(experiment, samples);
    write_laws(experiment, samples);
    claim_curves(experiment, samples);
    claim_speed(experiment, samples);
    claim_least(experiment, samples);
    for (size_t l = 0; l < LAWS; l++) {
      const attn_line line = law(samples, laws[l].family, laws[l].model);
      attn_experiment_claim(experiment, attn_verdict_within(base_of(samples, LAW, NAN), laws[l].id,
                                                            laws[l].exponent, conf.allowed / 2,
                                                            line.slope, line.slope_interval));
    }
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
