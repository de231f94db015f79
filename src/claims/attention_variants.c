/* Benign overfitting with other attention than softmax: after two steps, late, and its thresholds,
 * which stay at an SNR of order n^-1/2 (paper, open question on attention variants). */
#include <math.h>

#include "experiment.h"
#include "metrics.h"
#include "risk_kinds.h"
#include "risk_many.h"
#include "rng.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t window, n_two, two_draws, n_curve, curve_draws, late, n_late, late_draws, risk_draws,
      risk_points;
  double factor, eta_two, kappa_two, b_two, b_small, kappa_many, b_many, eta, b, low, high,
      kappa_below, kappa_above, benign, harmful, allowed, same, coherence, delta, level;
  attn_list n, draws, b_curve, steps;
} conf;

static const attn_key keys[] = {
    {"window", ATTN_KEY_COUNT, &conf.window, "[1, 4]", "tokens per window of local attention"},
    {"factor", ATTN_KEY_REAL, &conf.factor, "(0, 1e6)", "d/n^2"},
    {"n_two", ATTN_KEY_COUNT, &conf.n_two, "[4, 1000]", "n of the two steps"},
    {"two_draws", ATTN_KEY_COUNT, &conf.two_draws, "[2, 1e4]", "their draws"},
    {"eta_two", ATTN_KEY_REAL, &conf.eta_two, "(0, 0.5)", "their label-flip rate"},
    {"kappa_two", ATTN_KEY_REAL, &conf.kappa_two, "(0, 1e3)", "rho sqrt(n/d), T = 2"},
    {"b_two", ATTN_KEY_REAL, &conf.b_two, "(0, 1e6)", "beta rho^2, T = 2"},
    {"b_small", ATTN_KEY_REAL, &conf.b_small, "(0, 1e6)", "a small beta rho^2, T = 2"},
    {"kappa_many", ATTN_KEY_REAL, &conf.kappa_many, "(0, 1e3)", "rho sqrt(n/d), T = 4"},
    {"b_many", ATTN_KEY_REAL, &conf.b_many, "(0, 1e6)", "beta rho^2, T = 4"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate from here on"},
    {"n_curve", ATTN_KEY_COUNT, &conf.n_curve, "[4, 1000]", "n of boundary B against b"},
    {"b_curve", ATTN_KEY_LIST, &conf.b_curve, "(0, 1e6)", "the step sizes"},
    {"curve_draws", ATTN_KEY_COUNT, &conf.curve_draws, "[2, 1e4]", "the draws"},
    {"n", ATTN_KEY_COUNTS, &conf.n, "[4, 1000]", "n of the boundaries B and C"},
    {"draws", ATTN_KEY_COUNTS, &conf.draws, "[2, 1e4]", "the draws at each n"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "their beta rho^2"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[3, 1e6]", "the steps to boundary C"},
    {"low", ATTN_KEY_REAL, &conf.low, "(0, 1e3)", "the least kappa searched"},
    {"high", ATTN_KEY_REAL, &conf.high, "(0, 1e3)", "the largest"},
    {"n_late", ATTN_KEY_COUNT, &conf.n_late, "[4, 1000]", "n of late training"},
    {"late_draws", ATTN_KEY_COUNT, &conf.late_draws, "[2, 1e4]", "its draws"},
    {"steps", ATTN_KEY_COUNTS, &conf.steps, "[1, 1e6]", "after how many steps to look, ascending"},
    {"kappa_below", ATTN_KEY_REAL, &conf.kappa_below, "(0, 1e3)", "kappa below the threshold"},
    {"kappa_above", ATTN_KEY_REAL, &conf.kappa_above, "(0, 1e3)", "kappa above the threshold"},
    {"risk_draws", ATTN_KEY_COUNT, &conf.risk_draws, "[100, 1e7]",
     "fresh samples, local attention"},
    {"risk_points", ATTN_KEY_COUNT, &conf.risk_points, "[64, 1e5]",
     "points of the importance sampling, softmax with T = 4"},
    {"benign", ATTN_KEY_REAL, &conf.benign, "(0, 0.5)", "the risk that counts as negligible"},
    {"harmful", ATTN_KEY_REAL, &conf.harmful, "(0, 0.5)", "the risk that counts as harmful"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed error of an exponent"},
    {"same", ATTN_KEY_REAL, &conf.same, "(0, 1)", "the allowed distance of a boundary in kappa"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

static const struct {
  const char *name, *two, *edge_b, *edge_c;
  attn_attention_kind kind;
  size_t T;
} kinds[] = {
    {"softmax", "two-steps-softmax", "exponent-b-softmax", "exponent-c-softmax", ATTN_SOFTMAX, 2},
    {"linear", "two-steps-linear", "exponent-b-linear", "exponent-c-linear", ATTN_LINEAR, 2},
    {"sigmoid", "two-steps-sigmoid", "exponent-b-sigmoid", "exponent-c-sigmoid", ATTN_SIGMOID, 2},
    {"sparsemax", "two-steps-sparsemax", "exponent-b-sparsemax", "exponent-c-sparsemax",
     ATTN_SPARSEMAX, 2},
    {"hard", "two-steps-hard", "exponent-b-hard", "exponent-c-hard", ATTN_HARD, 2},
    {"softmax, T = 4", NULL, NULL, NULL, ATTN_SOFTMAX, 4},
    {"local, T = 4", "two-steps-local", "exponent-b-local", "exponent-c-local", ATTN_LOCAL, 4},
};
enum { SOFTMAX, LINEAR, SIGMOID, SPARSEMAX, HARD, SOFTMAX_MANY, LOCAL, KINDS };

/* ---- sampling ---- */

/* Two steps at two step sizes; boundary B against b; B and C against n; late, below and above C. */
enum { TWO, SMALL, CURVE, EDGE, BELOW, ABOVE, PARTS };

#define COLUMNS                                                                                    \
  "part kind n draw coherence b step edge_b edge_c fitted att_clean att_noisy zeros log10_risk "   \
  "seen norm_p"

static attn_trial *trial_alloc(size_t T, size_t n, double eta) {
  const attn_data_param param = {n, T, (size_t)round(conf.factor * (double)(n * n)), 1, eta};
  return attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 1);
}

static void set_kind(attn_trial *trial, size_t kind) {
  trial->model->attention = (attn_attention){kinds[kind].kind, conf.window};
}

/* log10 of the risk on clean labels; *seen is 0 where it is only the bound 3 / samples (local
 * attention, when the sampled risk is too small to be known). */
static double log10_risk(double *seen, attn_trial *trial, size_t kind) {
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  const attn_risk_input input = attn_metrics_risk_input(&m);
  *seen = 1;
  if (kind < SOFTMAX_MANY) {
    const attn_risk_result risk = attn_risk_kinds_two(&input, &trial->model->attention);
    return risk.status == ATTN_RISK_OK ? risk.log10_clean : NAN;
  }
  if (kind == SOFTMAX_MANY)
    return attn_risk_many(&input, trial->param.T, conf.risk_points).log10_clean;
  const attn_risk_result risk = attn_risk_kinds_sampled(
      &input, &trial->model->attention, trial->param.T, conf.risk_draws, trial->rng);
  const double bound = log10(3 / (double)conf.risk_draws);
  *seen = risk.status == ATTN_RISK_OK && risk.log10_clean > bound;
  return *seen > 0 ? risk.log10_clean : bound;
}

/* The share of noisy samples whose signal has weight 0 exactly. */
static double zeros_of(const attn_trial *trial) {
  double zeros = 0;
  for (size_t i = 0; i < trial->model->n; i++)
    zeros += attn_labels_noisy(trial->labels, i) && trial->model->weight[i * trial->model->T] == 0;
  return zeros / (double)attn_labels_count_noisy(trial->labels);
}

/* Trains to the last of the steps and writes the cells from "step" on after each of them. */
static void record(attn_table *table, const double *key /* [6] */, attn_trial *trial, size_t kind,
                   double kappa, double b, const attn_list *steps) {
  attn_trial_set_rho(trial, attn_data_rho(kappa, trial->param.n, trial->param.d));
  const attn_optim optim = {.beta = b / (trial->param.rho * trial->param.rho)};
  set_kind(trial, kind);
  attn_model_zero(trial->model);
  for (size_t step = 0, next = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == (size_t)steps->value[next]) {
      const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
      double seen;
      const double risk = log10_risk(&seen, trial, kind);
      attn_table_numbers(table, key, 6);
      attn_table_cells(table, b, (double)step, NAN, NAN, m.train_acc == 1, m.att_clean, m.att_noisy,
                       zeros_of(trial), risk, seen, m.norm_p);
      if (++next == steps->count)
        break;
    }
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
}

typedef struct {
  attn_trial *trial;
  bool late;
  double b;
} problem;

/* B: the noisy samples' mean margin after two steps. C: how much more weight the signal has, late,
 * than half of what it competes for, on average over clean samples; for softmax that is its
 * attention less one half. */
//@begin boundary
static double excess(double log_kappa, void *context) {
  const problem *p = context;
  attn_trial *trial = p->trial;
  const attn_model *model = trial->model;
  attn_trial_set_rho(trial, attn_data_rho(exp(log_kappa), trial->param.n, trial->param.d));
  const attn_optim optim = {.beta = p->b / (trial->param.rho * trial->param.rho)};
  attn_model_zero(trial->model);
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == (p->late ? conf.late : 2))
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  const size_t rivals = model->attention.kind == ATTN_LOCAL ? conf.window : model->T;
  double margin = 0, weight = 0;
  for (size_t i = 0; i < model->n; i++) {
    if (attn_labels_noisy(trial->labels, i)) {
      margin += trial->labels->y[i] * model->f[i];
      continue;
    }
    weight += model->weight[i * model->T];
    for (size_t t = 0; t < rivals; t++)
      weight -= model->weight[i * model->T + t] / 2;
  }
  return p->late ? weight : margin;
}
//@end boundary

static double edge_of(attn_trial *trial, size_t kind, bool late, double b) {
  problem p = {trial, late, b};
  set_kind(trial, kind);
  return exp(attn_stats_root(excess, &p, log(conf.low), log(conf.high), 1e-3));
}

static void run_job(attn_table *table, size_t job, size_t part, size_t n, size_t draw,
                    uint64_t seed) {
  const attn_list second = {.value = {2}, .count = 1};
  const double eta = part <= SMALL ? conf.eta_two : conf.eta;
  for (size_t T = 2; T <= 4; T += 2) {
    attn_trial *trial = trial_alloc(T, n, eta);
    attn_trial_draw(trial, seed, "attention_variants", 10 * n + T, draw);
    attn_labels_balance(trial->labels, eta);
    const double coherence = attn_tokens_gram_coherence(trial->tokens, n);
    for (size_t kind = 0; kind < KINDS; kind++) {
      const double key[6] = {(double)job, (double)part, (double)kind,
                             (double)n,   (double)draw, coherence};
      if (kinds[kind].T != T)
        continue;
      if (part <= SMALL)
        record(table, key, trial, kind, T == 2 ? conf.kappa_two : conf.kappa_many,
               part == SMALL ? conf.b_small
               : T == 2      ? conf.b_two
                             : conf.b_many,
               &second);
      else if (part >= BELOW)
        record(table, key, trial, kind, part == BELOW ? conf.kappa_below : conf.kappa_above, conf.b,
               &conf.steps);
      else
        for (size_t i = 0; i < (part == CURVE ? conf.b_curve.count : 1); i++) {
          const double b = part == CURVE ? conf.b_curve.value[i] : conf.b;
          attn_table_numbers(table, key, 6);
          attn_table_cells(table, b, NAN, edge_of(trial, kind, false, b),
                           part == CURVE ? NAN : edge_of(trial, kind, true, b));
          attn_table_skip(table, NULL);
        }
    }
    attn_trial_free(trial);
  }
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const size_t n[PARTS] = {conf.n_two, conf.n_two, conf.n_curve, 0, conf.n_late, conf.n_late};
  const size_t draws[PARTS] = {conf.two_draws,  conf.two_draws, conf.curve_draws, 0,
                               conf.late_draws, conf.late_draws};
  size_t total = 0;
  for (size_t part = 0; part < PARTS; part++)
    total += draws[part];
  for (size_t i = 0; i < conf.n.count; i++)
    total += (size_t)conf.draws.value[i];
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, total, &job);) {
    size_t draw = job, i = conf.n.count, part = EDGE; /* the largest n, the costly one, first */
    while (i > 0 && draw >= (size_t)conf.draws.value[i - 1])
      draw -= (size_t)conf.draws.value[--i];
    if (i == 0)
      for (part = 0; draw >= draws[part]; part++)
        draw -= draws[part];
    run_job(table, job, part, part == EDGE ? (size_t)conf.n.value[i - 1] : n[part], draw,
            attn_experiment_seed(experiment));
  }
}

/* ---- prediction ---- */

/* kappa at the boundary of an ideal draw: |xi|^2 = d, orthogonal. Then all samples of a kind move
 * alike, whatever n is at given kappa, b and eta, so few samples will do. */
static double ideal_edge(size_t kind, bool late, double b) {
  attn_trial *trial = trial_alloc(kinds[kind].T, 20, conf.eta);
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 0, "ideal", 0, 0, ATTN_STREAM_NOISE);
  attn_tokens_draw(trial->tokens, rng); /* overwritten */
  double *K = attn_tokens_gram_matrix(trial->tokens);
  for (size_t i = 0; i < trial->labels->N; i++)
    for (size_t j = 0; j < trial->labels->N; j++)
      K[i * trial->labels->N + j] = i == j ? (double)trial->param.d : 0;
  attn_labels_balance(trial->labels, conf.eta);
  const double kappa = edge_of(trial, kind, late, b);
  gsl_rng_free(rng);
  attn_trial_free(trial);
  return kappa;
}

/* Hard attention fits a noisy sample after two small steps iff its noise token outscores the signal:
 * (1 - 2 eta)^2 x^2 - (2 - 2 eta) x - 1 < 0, x = kappa^2/2. */
static double hard_small_step_edge(void) {
  const double a = (1 - 2 * conf.eta) * (1 - 2 * conf.eta), half = 1 - conf.eta;
  return sqrt(2 * (half + sqrt(half * half + a)) / a);
}

/* ---- tables ---- */

#define WHERE(part, kind, ...)                                                                     \
  (attn_where[]) {                                                                                 \
    {"part", (double)(part)}, {"kind", (double)(kind)}, __VA_ARGS__, {                             \
      0                                                                                            \
    }                                                                                              \
  }

static void write_two(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "two_steps",
      "small kind kappa b draws fitted att_clean att_noisy log10_risk_q05 log10_risk "
      "log10_risk_q95 seen name");
  for (size_t part = TWO; part <= SMALL; part++)
    for (size_t kind = 0; kind < KINDS; kind++) {
      const attn_where *where = WHERE(part, kind, {"step", 2});
      const attn_summary risk = attn_samples_summary(samples, "log10_risk", where, conf.level);
      attn_table_cells(table, part == SMALL, (double)kind,
                       kinds[kind].T == 2 ? conf.kappa_two : conf.kappa_many,
                       attn_samples_mean(samples, "b", where), (double)risk.count);
      attn_samples_write_means(table, samples, "fitted att_clean att_noisy", where);
      attn_table_cells(table, risk.q05, risk.median, risk.q95,
                       attn_samples_mean(samples, "seen", where));
      attn_table_text(table, kinds[kind].name);
    }
  attn_table_close(table);
}

static void write_edges(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "curve", "kind b kappa kappa_low kappa_high kappa_predicted found draws name");
  for (size_t kind = 0; kind < KINDS; kind++)
    for (size_t i = 0; i < conf.b_curve.count; i++) {
      const double b = conf.b_curve.value[i];
      const attn_summary s =
          attn_samples_summary(samples, "edge_b", WHERE(CURVE, kind, {"b", b}), conf.level);
      attn_table_cells(table, (double)kind, b, s.mean, s.low, s.high, ideal_edge(kind, false, b),
                       (double)s.count, (double)conf.curve_draws);
      attn_table_text(table, kinds[kind].name);
    }
  attn_table_close(table);

  table =
      attn_experiment_table(experiment, "edges",
                            "late kind n kappa kappa_low kappa_high kappa_predicted snr snr_low "
                            "snr_high snr_predicted found draws name");
  for (int late = 0; late < 2; late++)
    for (size_t kind = 0; kind < KINDS; kind++) {
      const double ideal = ideal_edge(kind, late, conf.b);
      for (size_t i = 0; i < conf.n.count; i++) {
        const double n = conf.n.value[i], root = sqrt(n);
        const attn_summary s = attn_samples_summary(samples, late ? "edge_c" : "edge_b",
                                                    WHERE(EDGE, kind, {"n", n}), conf.level);
        attn_table_cells(table, late, (double)kind, n, s.mean, s.low, s.high, ideal, s.mean / root,
                         s.low / root, s.high / root, ideal / root, (double)s.count,
                         conf.draws.value[i]);
        attn_table_text(table, kinds[kind].name);
      }
    }
  attn_table_close(table);
}

static attn_line exponent(const attn_samples *samples, size_t kind, bool late) {
  return attn_samples_snr_exponent(samples, "n", late ? "edge_c" : "edge_b",
                                   (attn_where[]){{"part", EDGE}, {"kind", (double)kind}, {0}},
                                   conf.level);
}

static void write_fits(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "fits", "late kind exponent exponent_low exponent_high points name");
  for (int late = 0; late < 2; late++)
    for (size_t kind = 0; kind < KINDS; kind++) {
      const attn_line line = exponent(samples, kind, late);
      const attn_pairs p =
          attn_samples_pairs(samples, "n", late ? "edge_c" : "edge_b",
                             (attn_where[]){{"part", EDGE}, {"kind", (double)kind}, {0}});
      attn_table_cells(table, late, (double)kind, line.slope, line.slope_interval.low,
                       line.slope_interval.high, (double)p.count);
      attn_table_text(table, kinds[kind].name);
    }
  attn_table_close(table);
}

static void write_late(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "late",
      "above kappa kind step fitted att_clean att_noisy zeros norm_p log10_risk_q05 log10_risk "
      "log10_risk_q95 seen name");
  for (size_t part = BELOW; part <= ABOVE; part++)
    for (size_t kind = 0; kind < KINDS; kind++)
      for (size_t i = 0; i < conf.steps.count; i++) {
        const attn_where *where = WHERE(part, kind, {"step", conf.steps.value[i]});
        const attn_summary risk = attn_samples_summary(samples, "log10_risk", where, conf.level);
        attn_table_cells(table, part == ABOVE, part == ABOVE ? conf.kappa_above : conf.kappa_below,
                         (double)kind, conf.steps.value[i]);
        attn_samples_write_means(table, samples, "fitted att_clean att_noisy zeros norm_p", where);
        attn_table_cells(table, risk.q05, risk.median, risk.q95,
                         attn_samples_mean(samples, "seen", where));
        attn_table_text(table, kinds[kind].name);
      }
  attn_table_close(table);
}

/* ---- claims ---- */

static attn_claim base_of(const attn_samples *samples, size_t part, double kappa) {
  return attn_verdict_scope(
      kappa,
      attn_samples_largest(samples, "coherence", (attn_where[]){{"part", (double)part}, {0}}),
      conf.coherence);
}

/* Draws in which all labels are fitted and log10 of the risk lies in [low, high], for all the kinds of
 * a set (bits). */
static attn_claim fitted_with_risk(const attn_samples *samples, const char *id, size_t part,
                                   double kappa, double step, size_t draws, unsigned set,
                                   double low, double high) {
  size_t met = 0;
  for (size_t draw = 0; draw < draws; draw++) {
    bool all = true;
    for (size_t kind = 0; kind < KINDS; kind++) {
      const attn_where *where = WHERE(part, kind, {"step", step}, {"draw", (double)draw});
      if (!(set >> kind & 1))
        continue;
      const double risk = attn_samples_value(samples, "log10_risk", where);
      all &= attn_samples_value(samples, "fitted", where) == 1 && risk >= low && risk <= high;
    }
    met += all;
  }
  return attn_verdict_share(base_of(samples, part, kappa), id, met, draws, conf.level, conf.delta);
}

static void write_claims(attn_experiment *experiment, const attn_samples *samples) {
  const double benign = log10(conf.benign), last = conf.steps.value[conf.steps.count - 1];
  const unsigned every = (1u << KINDS) - 1, competing = every & ~(1u << SIGMOID);
  //@begin verdicts
  for (size_t kind = 0; kind < KINDS; kind++)
    if (kinds[kind].two != NULL) {
      const attn_line b = exponent(samples, kind, false), c = exponent(samples, kind, true);
      const attn_claim edge = base_of(samples, EDGE, NAN);
      attn_experiment_claim(experiment,
                            fitted_with_risk(samples, kinds[kind].two, TWO,
                                             kinds[kind].T == 2 ? conf.kappa_two : conf.kappa_many,
                                             2, conf.two_draws, 1u << kind, -INFINITY, benign));
      attn_experiment_claim(experiment,
                            attn_verdict_within(edge, kinds[kind].edge_b, -0.5, conf.allowed,
                                                b.slope, b.slope_interval));
      attn_experiment_claim(experiment,
                            attn_verdict_within(edge, kinds[kind].edge_c, -0.5, conf.allowed,
                                                c.slope, c.slope_interval));
    }
  attn_experiment_claim(experiment,
                        fitted_with_risk(samples, "two-steps-hard-small", SMALL, conf.kappa_two, 2,
                                         conf.two_draws, 1u << HARD, -INFINITY, benign));
  attn_experiment_claim(experiment,
                        fitted_with_risk(samples, "variants-late-benign", ABOVE, conf.kappa_above,
                                         last, conf.late_draws, every, -INFINITY, benign));
  attn_experiment_claim(experiment,
                        fitted_with_risk(samples, "variants-late-harmful", BELOW, conf.kappa_below,
                                         last, conf.late_draws, competing, log10(conf.harmful), 0));
  attn_experiment_claim(experiment, fitted_with_risk(samples, "sigmoid-late-harmful", BELOW,
                                                     conf.kappa_below, last, conf.late_draws,
                                                     1u << SIGMOID, log10(conf.harmful), 0));
  //@end verdicts
  const attn_summary hard = attn_samples_summary(
      samples, "edge_b", WHERE(CURVE, HARD, {"b", conf.b_curve.value[0]}), conf.level);
  attn_experiment_claim(experiment, attn_verdict_within(base_of(samples, CURVE, NAN), "hard-edge",
                                                        hard_small_step_edge(), conf.same,
                                                        hard.mean, hard.interval));
  const attn_claim above = base_of(samples, ABOVE, conf.kappa_above);
  const attn_where *zeros = WHERE(ABOVE, SPARSEMAX, {"step", last});
  attn_experiment_claim(experiment,
                        attn_verdict_share(above, "sparsemax-zeros",
                                           attn_samples_count(samples, "zeros", 1, 1, zeros),
                                           conf.late_draws, conf.level, conf.delta));
  const attn_summary negative =
      attn_samples_summary(samples, "att_noisy", WHERE(ABOVE, LINEAR, {"step", last}), conf.level);
  attn_experiment_claim(experiment, attn_verdict_below(above, "linear-negative", 0, negative.mean,
                                                       negative.interval));
  const attn_pairs risk =
      attn_samples_pairs(samples, "step", "log10_risk", WHERE(BELOW, LINEAR, {"step", last}));
  for (size_t r = 0; r < risk.count; r++)
    risk.y[r] = pow(10, risk.y[r]);
  const attn_summary inverted = attn_stats_summary(risk.y, risk.count, conf.level);
  attn_experiment_claim(experiment, attn_verdict_above(base_of(samples, BELOW, conf.kappa_below),
                                                       "linear-inverted", 0.5, inverted.mean,
                                                       inverted.interval));
  double *ratio = attn_alloc(conf.late_draws, sizeof *ratio);
  for (size_t draw = 0; draw < conf.late_draws; draw++)
    ratio[draw] =
        attn_samples_value(samples, "att_noisy",
                           WHERE(ABOVE, SIGMOID, {"step", last}, {"draw", (double)draw})) /
        attn_samples_value(samples, "att_clean",
                           WHERE(ABOVE, SIGMOID, {"step", last}, {"draw", (double)draw}));
  const attn_summary split = attn_stats_summary(ratio, conf.late_draws, conf.level);
  attn_experiment_claim(
      experiment, attn_verdict_below(above, "sigmoid-split", 0.5, split.mean, split.interval));
  attn_free(ratio);
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "benign overfitting with linear, sigmoid, sparsemax, hard and local attention",
      keys, sizeof keys / sizeof *keys);
  if (conf.n.count != conf.draws.count)
    attn_fail("draws: %zu values, expected one for each of the %zu values of n", conf.draws.count,
              conf.n.count);
  for (size_t i = 1; i < conf.steps.count; i++)
    if (conf.steps.value[i] <= conf.steps.value[i - 1])
      attn_fail("steps: the numbers of steps must ascend");
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_two(experiment, samples);
    write_edges(experiment, samples);
    write_fits(experiment, samples);
    write_late(experiment, samples);
    write_claims(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
