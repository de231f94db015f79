/* Where late training turns harmful, for other optimizers than gradient descent: an SNR of order
 * n^-1/2, except for coordinate-wise ones in the signals' own basis (theory section 6b, C). */
#include <math.h>

#include "experiment.h"
#include "metrics.h"
#include "recursion.h"
#include "rng.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t late, late_dense, batches;
  double factor, eta, b, b_dense, match, low, high, aside, harmful, benign, delta, momentum, beta1,
      beta2, epsilon, allowed, same, coherence, level;
  attn_list n, draws, n_dense, draws_dense;
} conf;

static const attn_key keys[] = {
    {"factor", ATTN_KEY_REAL, &conf.factor, "(0, 1e6)", "d/n^2"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "[0, 0.5)", "the label-flip rate"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "gradient descent's step size beta rho^2"},
    {"b_dense", ATTN_KEY_REAL, &conf.b_dense, "(0, 1e6)", "the same, coordinate-wise rules match"},
    {"match", ATTN_KEY_REAL, &conf.match, "(0, 1e3)", "kappa at which step sizes are matched"},
    {"n", ATTN_KEY_COUNTS, &conf.n, "[4, 1000]", "the numbers of samples, of two tokens each"},
    {"draws", ATTN_KEY_COUNTS, &conf.draws, "[2, 1e4]", "the draws at each n"},
    {"n_dense", ATTN_KEY_COUNTS, &conf.n_dense, "[4, 200]", "n of coordinate-wise optimizers"},
    {"draws_dense", ATTN_KEY_COUNTS, &conf.draws_dense, "[2, 1e4]", "their draws at each n"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[2, 1e6]", "passes over the samples"},
    {"late_dense", ATTN_KEY_COUNT, &conf.late_dense, "[2, 1e6]", "those of coordinate-wise ones"},
    {"low", ATTN_KEY_REAL, &conf.low, "(0, 1e3)", "the least kappa searched"},
    {"high", ATTN_KEY_REAL, &conf.high, "(0, 1e3)", "the largest, but for signal axes"},
    {"aside", ATTN_KEY_REAL, &conf.aside, "(1, 10)", "how far from the threshold risk is taken"},
    {"harmful", ATTN_KEY_REAL, &conf.harmful, "(0, 0.5)", "the risk that counts as harmful"},
    {"benign", ATTN_KEY_REAL, &conf.benign, "(0, 0.5)", "the risk that counts as negligible"},
    {"batches", ATTN_KEY_COUNT, &conf.batches, "[1, 100]", "the steps of a pass of sgd"},
    {"momentum", ATTN_KEY_REAL, &conf.momentum, "[0, 1)", "m of momentum and nesterov"},
    {"beta1", ATTN_KEY_REAL, &conf.beta1, "[0, 1)", "Adam's decay of the first moment"},
    {"beta2", ATTN_KEY_REAL, &conf.beta2, "[0, 1)", "Adam's decay of the second moment"},
    {"epsilon", ATTN_KEY_REAL, &conf.epsilon, "[0, 1)", "Adam's epsilon"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed error of an exponent"},
    {"same", ATTN_KEY_REAL, &conf.same, "(0, 1)", "the allowed distance of a ratio from 1"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* A rule in a basis: see optimizers_two_steps. AdamW without decay is Adam. */
typedef struct {
  const char *name, *id;
  attn_optim_rule rule;
  bool random;
} method;
static const method methods[] = {
    {"gd", "threshold-gd", ATTN_OPTIM_GD, false},
    {"momentum", "threshold-momentum", ATTN_OPTIM_MOMENTUM, false},
    {"nesterov", "threshold-nesterov", ATTN_OPTIM_NESTEROV, false},
    {"normalised", "threshold-normalised", ATTN_OPTIM_NORMALISED, false},
    {"sgd", "threshold-sgd", ATTN_OPTIM_SGD, false},
    {"sign, random basis", "threshold-sign", ATTN_OPTIM_SIGN, true},
    {"adam, random basis", "threshold-adam", ATTN_OPTIM_ADAM, true},
    {"sign, signal axes", "threshold-sign-axes", ATTN_OPTIM_SIGN, false},
    {"adam, signal axes", "threshold-adam-axes", ATTN_OPTIM_ADAM, false},
};
enum { SGD = 4, RANDOM = 5, AXES = 7, METHODS = sizeof methods / sizeof *methods };

static attn_data_param parameters(double n) {
  attn_data_param param = {(size_t)n, 2, (size_t)round(conf.factor * n * n), 1, 0};
  attn_labels *labels = attn_labels_alloc(param.n, 2);
  param.eta = attn_labels_balance(labels, conf.eta); /* the share that is flipped */
  attn_labels_free(labels);
  return param;
}

/* The step size of gradient descent's first move at the draw's rho; coordinate-wise rules do not
 * see how long a gradient is, so theirs does not move with rho: matched at one kappa. */
static attn_optim optim_of(size_t which, const attn_data_param *param, attn_batch *batch) {
  attn_optim optim = {.rule = methods[which].rule,
                      .momentum = conf.momentum,
                      .beta1 = conf.beta1,
                      .beta2 = conf.beta2,
                      .epsilon = conf.epsilon,
                      .batch = which == SGD ? batch : NULL};
  const bool dense = attn_optim_coordinatewise(optim.rule);
  attn_data_param at = *param;
  if (dense)
    at.rho = attn_data_rho(conf.match, param->n, param->d);
  const double b = dense ? conf.b_dense : conf.b;
  optim.beta = attn_train_matched_step(&optim, &at, b / (at.rho * at.rho));
  return optim;
}

/* Along the signals' axes, T = 2, sign descent's first step adds beta rho to the score mu . v of a
 * signal and beta d sqrt(2/(pi n)) to that of a noise token; they are equal here. */
static double axes_kappa(const attn_data_param *param) {
  return sqrt(2 * (double)param->d / acos(-1));
}

static void range_of(double ends[2], size_t which, const attn_data_param *param) {
  ends[0] = log(which >= AXES ? axes_kappa(param) / 4 : conf.low);
  ends[1] = log(which >= AXES ? axes_kappa(param) * 4 : conf.high);
}

/* ---- sampling ---- */

#define COLUMNS "method n draw coherence kappa loss fitted risk_below risk_above"

typedef struct {
  size_t which;
  attn_trial *trial;
  const attn_basis *basis; /* NULL: the tokens' own */
  attn_batch *batch;
  attn_optim_state *state;
  uint64_t seed;
  size_t draw;
} problem;

/* Trains to the end; the clean samples' mean attention on the signal, less one half. */
//@begin threshold
static double excess(double log_kappa, void *context) {
  const problem *p = context;
  attn_trial *trial = p->trial;
  const attn_data_param *param = &trial->param;
  attn_trial_set_rho(trial, attn_data_rho(exp(log_kappa), param->n, param->d));
  attn_optim optim = optim_of(p->which, param, p->batch);
  optim.state = p->state;
  optim.basis = p->basis;
  attn_optim_state_zero(p->state);
  attn_batch_start(p->batch, p->seed, "optimizers threshold", param->n, p->draw);
  const size_t steps = p->which >= RANDOM ? conf.late_dense
                       : p->which == SGD  ? conf.late * conf.batches
                                          : conf.late;
  attn_model_zero(trial->model);
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == steps)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  return m.att_clean - 0.5;
}
//@end threshold

static void locate(attn_table *table, size_t job, problem *p, double coherence) {
  attn_trial *trial = p->trial;
  double ends[2], risk[2] = {NAN, NAN};
  range_of(ends, p->which, &trial->param);
  p->state = attn_optim_state_alloc(methods[p->which].rule, 2 * trial->model->dim);
  const double log_kappa = attn_stats_root(excess, p, ends[0], ends[1], 3e-3);
  attn_metrics m = {.loss = NAN, .train_acc = NAN};
  if (!isnan(log_kappa)) {
    for (int above = 0; above < 2; above++) {
      excess(log_kappa + (above ? 1 : -1) * log(conf.aside), p);
      m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
      risk[above] = attn_metrics_log10_risk(&m, 2);
    }
  }
  attn_table_cells(table, (double)job, (double)p->which, (double)trial->param.n, (double)p->draw,
                   coherence, exp(log_kappa), m.loss, m.train_acc == 1, risk[0], risk[1]);
  attn_optim_state_free(p->state);
}

/* One draw at one n: the noise as its Gram matrix, or dense; all methods that can use it. */
static void run_job(attn_table *table, size_t job, double n, size_t draw, bool dense,
                    uint64_t seed) {
  const attn_data_param param = parameters(n);
  const size_t cell = param.n;
  attn_trial *trial = attn_trial_alloc(dense ? ATTN_TOKENS_DENSE : ATTN_TOKENS_BARTLETT, &param, 1);
  attn_trial_draw(trial, seed, "optimizers_threshold", cell, draw);
  attn_labels_balance(trial->labels, conf.eta);
  attn_basis *basis = attn_basis_alloc(param.d);
  attn_batch *batch = attn_batch_alloc(param.n, (param.n + conf.batches - 1) / conf.batches);
  attn_rng_start(trial->rng, seed, "optimizers basis", cell, draw, ATTN_STREAM_OTHER);
  if (dense)
    attn_basis_draw(basis, trial->rng);
  const double coherence = dense ? attn_data_expected_coherence(&param)
                                 : attn_tokens_gram_coherence(trial->tokens, param.n);
  for (size_t which = dense ? RANDOM : 0; which < (dense ? (size_t)METHODS : RANDOM); which++) {
    problem p = {which, trial, methods[which].random ? basis : NULL, batch, NULL, seed, draw};
    locate(table, job, &p, coherence);
  }
  attn_batch_free(batch);
  attn_basis_free(basis);
  attn_trial_free(trial);
}

/* Jobs from the largest n, the costly ones, to the smallest. */
static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const attn_list *const n[2] = {&conf.n_dense, &conf.n};
  const attn_list *const draws[2] = {&conf.draws_dense, &conf.draws};
  size_t total = 0;
  for (size_t part = 0; part < 2; part++)
    for (size_t i = 0; i < n[part]->count; i++)
      total += (size_t)draws[part]->value[i];
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, total, &job);) {
    size_t draw = job, part = 0, i = n[0]->count - 1;
    while (draw >= (size_t)draws[part]->value[i]) {
      draw -= (size_t)draws[part]->value[i];
      if (i-- == 0)
        i = n[++part]->count - 1;
    }
    run_job(table, job, n[part]->value[i], draw, part == 0, attn_experiment_seed(experiment));
  }
}

/* ---- prediction ---- */

typedef struct {
  size_t which;
  attn_data_param param;
} ideal_problem;

static double ideal_excess(double log_kappa, void *context) {
  ideal_problem *p = context;
  p->param.rho = attn_data_rho(exp(log_kappa), p->param.n, p->param.d);
  attn_optim optim = optim_of(p->which, &p->param, NULL);
  optim.state = attn_optim_state_alloc(optim.rule, 6);
  attn_recursion r = attn_recursion_start(&p->param);
  for (size_t step = 0; step < conf.late; step++)
    attn_recursion_update(&r, &p->param, &optim);
  attn_optim_state_free(optim.state);
  return r.attention[0] - 0.5;
}

/* kappa at the threshold: of the recursion, or of the first steps along the signals' axes;
 * not-a-number for the others. */
static double predicted(size_t which, double n) {
  ideal_problem p = {which, parameters(n)};
  if (which >= AXES)
    return axes_kappa(&p.param);
  if (which >= SGD)
    return NAN;
  double ends[2];
  range_of(ends, which, &p.param);
  return exp(attn_stats_root(ideal_excess, &p, ends[0], ends[1], 1e-4));
}

/* ---- tables and claims ---- */

static const attn_list *grid_of(size_t which) {
  return which >= RANDOM ? &conf.n_dense : &conf.n;
}

static attn_line exponent(const attn_samples *samples, size_t which) {
  return attn_samples_snr_exponent(samples, "n", "kappa",
                                   (attn_where[]){{"method", (double)which}, {0}}, conf.level);
}

static void write_tables(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "thresholds",
      "method n draws found kappa kappa_low kappa_high kappa_predicted snr snr_low snr_high "
      "snr_predicted risk_below risk_above loss fitted coherence name");
  for (size_t which = 0; which < METHODS; which++)
    for (size_t i = 0; i < grid_of(which)->count; i++) {
      const double n = grid_of(which)->value[i], root = sqrt(n), ideal = predicted(which, n);
      const attn_where where[] = {{"method", (double)which}, {"n", n}, {0}};
      const attn_summary s = attn_samples_summary(samples, "kappa", where, conf.level);
      attn_table_cells(table, (double)which, n,
                       (which >= RANDOM ? &conf.draws_dense : &conf.draws)->value[i],
                       (double)s.count, s.mean, s.low, s.high, ideal, s.mean / root, s.low / root,
                       s.high / root, ideal / root);
      attn_samples_write_medians(table, samples, "risk_below risk_above loss", where);
      attn_table_cells(table, attn_samples_share(samples, "fitted", 1, where),
                       attn_samples_largest(samples, "coherence", where));
      attn_table_text(table, methods[which].name);
    }
  attn_table_close(table);

  table =
      attn_experiment_table(experiment, "fits", "method exponent exponent_low exponent_high name");
  for (size_t which = 0; which < METHODS; which++) {
    const attn_line line = exponent(samples, which);
    attn_table_cells(table, (double)which, line.slope, line.slope_interval.low,
                     line.slope_interval.high);
    attn_table_text(table, methods[which].name);
  }
  attn_table_close(table);
}

/* Draws whose risk beside the threshold meets a bound for every method, below it at least low or
 * above it at most high (logarithms to base 10), and all draws. */
typedef struct {
  size_t met, all;
} draw_count;

static void count_draws(draw_count *count, const attn_samples *samples, const char *column,
                        double low, double high, bool dense) {
  const attn_list *n = dense ? &conf.n_dense : &conf.n;
  const attn_list *draws = dense ? &conf.draws_dense : &conf.draws;
  for (size_t i = 0; i < n->count; i++)
    for (double draw = 0; draw < draws->value[i]; draw++) {
      bool met = true;
      for (size_t which = dense ? RANDOM : 0; which < (dense ? (size_t)METHODS : RANDOM); which++) {
        const double risk = attn_samples_value(
            samples, column,
            (attn_where[]){{"method", (double)which}, {"n", n->value[i]}, {"draw", draw}, {0}});
        met &= risk >= low && risk <= high;
      }
      count->met += met;
      count->all++;
    }
}

static attn_claim beside(attn_claim base, const char *id, const attn_samples *samples,
                         const char *column, double low, double high) {
  draw_count count = {0, 0};
  for (int dense = 0; dense < 2; dense++)
    count_draws(&count, samples, column, low, high, dense);
  return attn_verdict_share(base, id, count.met, count.all, conf.level, conf.delta);
}

/* A draw's largest |kappa / kappa of gd - 1| over the other rules that stay in the span. */
static attn_summary distance_from_gd(const attn_samples *samples) {
  double *gd = attn_alloc(samples->rows, sizeof *gd), *x = attn_alloc(samples->rows, sizeof *x);
  double *value = attn_alloc(samples->rows, sizeof *value); /* [rule][draw] */
  const size_t draws =
      attn_samples_select(gd, samples, "kappa", (attn_where[]){{"method", 0}, {0}});
  for (size_t which = 1; which < RANDOM; which++) {
    if (attn_samples_select(x, samples, "kappa", (attn_where[]){{"method", (double)which}, {0}}) !=
        draws)
      attn_fail("%s: a draw without a threshold; widen low and high", methods[which].name);
    for (size_t r = 0; r < draws; r++)
      value[(which - 1) * draws + r] = fabs(x[r] / gd[r] - 1);
  }
  const attn_summary s = attn_stats_draws(value, RANDOM - 1, draws, ATTN_DRAW_LARGEST, conf.level);
  attn_free(gd);
  attn_free(x);
  attn_free(value);
  return s;
}

/* kappa of sign descent along the signals' axes over sqrt(2 d / pi). */
static attn_summary over_axes_kappa(const attn_samples *samples) {
  const attn_pairs p =
      attn_samples_pairs(samples, "n", "kappa", (attn_where[]){{"method", AXES}, {0}});
  for (size_t r = 0; r < p.count; r++) {
    const attn_data_param param = parameters(p.x[r]);
    p.y[r] /= axes_kappa(&param);
  }
  return attn_stats_summary(p.y, p.count, conf.level);
}

static void write_claims(attn_experiment *experiment, const attn_samples *samples) {
  const attn_claim base = attn_verdict_scope(
      NAN, attn_samples_largest(samples, "coherence", (attn_where[]){{0}}), conf.coherence);
  //@begin verdicts
  for (size_t which = 0; which < METHODS; which++) {
    const attn_line line = exponent(samples, which);
    attn_experiment_claim(experiment,
                          attn_verdict_within(base, methods[which].id, -0.5, conf.allowed,
                                              line.slope, line.slope_interval));
  }
  const attn_summary axes = over_axes_kappa(samples), distance = distance_from_gd(samples);
  attn_experiment_claim(experiment, attn_verdict_within(base, "threshold-axes-law", 1, conf.same,
                                                        axes.mean, axes.interval));
  attn_experiment_claim(experiment, attn_verdict_below(base, "threshold-same", conf.same,
                                                       distance.mean, distance.interval));
  attn_experiment_claim(experiment, beside(base, "threshold-benign-above", samples, "risk_above",
                                           -INFINITY, log10(conf.benign)));
  attn_experiment_claim(experiment, beside(base, "threshold-harmful-below", samples, "risk_below",
                                           log10(conf.harmful), 0));
  //@end verdicts
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "the benign threshold of late training, for other optimizers", keys,
      sizeof keys / sizeof *keys);
  if (conf.n.count != conf.draws.count || conf.n_dense.count != conf.draws_dense.count)
    attn_fail("draws: as many values as n are expected, and draws_dense as many as n_dense");
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_tables(experiment, samples);
    write_claims(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
