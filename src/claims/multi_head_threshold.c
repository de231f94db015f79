/* Claim: heads that start equal are one head whose values learn H^2 times as fast as its attention, so
 * boundaries B and C rise with H and A stays; the SNR stays of order n^-1/2 (theory section 6b). */
#include <math.h>
#include <string.h>

#include "experiment.h"
#include "metrics_heads.h"
#include "recursion.h"
#include "start.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "verdict.h"

static struct {
  size_t late;
  double factor, eta, b, low, high, start, below, above, allowed, near, coherence, level;
  attn_list n, draws, heads;
} conf;

static const attn_key keys[] = {
    {"factor", ATTN_KEY_REAL, &conf.factor, "(0, 1e6)", "d/n^2"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the scaled step size beta rho^2"},
    {"n", ATTN_KEY_COUNTS, &conf.n, "[8, 1000]", "the numbers of samples, of two tokens each"},
    {"draws", ATTN_KEY_COUNTS, &conf.draws, "[2, 1e4]", "the draws at each n"},
    {"heads", ATTN_KEY_COUNTS, &conf.heads, "[1, 32]", "the numbers of heads, rising from 1"},
    {"start", ATTN_KEY_REAL, &conf.start, "(0, 100)", "the scale of Gaussian starts"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[3, 1e6]", "steps to boundary C and to the risk"},
    {"low", ATTN_KEY_REAL, &conf.low, "(0, 1e3)", "the least kappa searched"},
    {"high", ATTN_KEY_REAL, &conf.high, "(0, 1e3)", "the largest kappa searched"},
    {"below", ATTN_KEY_REAL, &conf.below, "(0, 1e3)", "a kappa below all C, for the risk"},
    {"above", ATTN_KEY_REAL, &conf.above, "(0, 1e3)", "a kappa above all C, for the risk"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed error of an exponent"},
    {"near", ATTN_KEY_REAL, &conf.near, "(0, 1)", "the allowed distance of a ratio from 1"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

enum { A, B, C, BOUNDARIES };
enum { ZERO, GAUSSIAN, STARTS };
static const char *const column[BOUNDARIES] = {"edge_a", "edge_b", "edge_c"};
static const char *const start_name[STARTS] = {"zero", "Gaussian"};

static size_t steps_to(size_t boundary) {
  return boundary == A ? 1 : boundary == B ? 2 : conf.late;
}

/* eta is the share that is flipped, the same in both classes. */
static attn_data_param parameters(double n) {
  attn_data_param param = {(size_t)n, 2, (size_t)round(conf.factor * n * n), 1, 0};
  attn_labels *labels = attn_labels_alloc(param.n, 2);
  param.eta = attn_labels_balance(labels, conf.eta);
  attn_labels_free(labels);
  return param;
}

/* ---- sampling ---- */

#define COLUMNS "n draw heads start coherence edge_a edge_b edge_c risk_below risk_above"

typedef struct {
  size_t boundary;
  attn_trial *trial;
  const double *theta; /* [2 H][dim] the start */
} problem;

/* Trains from the start at this kappa: labels, noise and start stay, rho moves. */
//@begin train
static void train(const problem *p, double kappa, size_t steps) {
  attn_trial *trial = p->trial;
  attn_model *model = trial->model;
  attn_trial_set_rho(trial, attn_data_rho(kappa, trial->param.n, trial->param.d));
  const attn_optim optim = {.beta = conf.b / (trial->param.rho * trial->param.rho)};
  memcpy(model->theta, p->theta, 2 * model->H * model->dim * sizeof(double));
  for (size_t step = 0;; step++) {
    attn_model_forward(model, trial->tokens, trial->labels);
    if (step == steps)
      break;
    attn_train_step(model, trial->tokens, trial->labels, &optim, trial->w);
  }
}

/* A, B: the noisy samples' mean margin; C: the clean samples' attention on the signal, averaged over
 * samples and heads, less one half. */
static double excess(double kappa, void *context) {
  const problem *p = context;
  const attn_model *model = p->trial->model;
  const attn_labels *labels = p->trial->labels;
  train(p, kappa, steps_to(p->boundary));
  if (p->boundary == C)
    return attn_metrics_heads_measure(model, labels).att_clean - 0.5;
  double margin = 0;
  for (size_t i = 0; i < model->n; i++)
    if (attn_labels_noisy(labels, i))
      margin += labels->y[i] * model->f[i];
  return margin;
}
//@end train

static void run_job(attn_table *table, size_t job, double n, size_t draw, size_t heads,
                    uint64_t seed) {
  const attn_data_param param = parameters(n);
  attn_trial *trial = attn_trial_alloc_heads(ATTN_TOKENS_BARTLETT, &param, 1, heads);
  attn_trial_draw(trial, seed, "multi_head_threshold", param.n, draw);
  attn_labels_balance(trial->labels, conf.eta);
  const size_t size = 2 * heads * trial->model->dim;
  double *theta = attn_alloc(size, sizeof *theta);
  for (size_t start = 0; start < STARTS; start++) {
    if (start == GAUSSIAN) {
      attn_start_trial(trial, ATTN_START_GAUSSIAN, conf.start, conf.start, seed,
                       "multi_head_threshold", param.n, draw);
      memcpy(theta, trial->model->theta, size * sizeof *theta);
    }
    attn_table_cells(table, (double)job, n, (double)draw, (double)heads, (double)start,
                     attn_tokens_gram_coherence(trial->tokens, param.n));
    problem p = {A, trial, theta};
    for (; p.boundary < BOUNDARIES; p.boundary++)
      attn_table_cells(table, attn_stats_root(excess, &p, conf.low, conf.high, 2e-3));
    for (int above = 0; above < 2; above++) {
      train(&p, above ? conf.above : conf.below, conf.late);
      attn_table_cells(table, attn_metrics_heads_risk(trial->model, trial->tokens).log10_clean);
    }
  }
  attn_free(theta);
  attn_trial_free(trial);
}

/* Jobs from the costly ones, large n and many heads, to the cheap. */
static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const size_t heads = conf.heads.count;
  size_t total = 0;
  for (size_t i = 0; i < conf.n.count; i++)
    total += heads * (size_t)conf.draws.value[i];
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, total, &job);) {
    size_t rest = job, i = conf.n.count - 1;
    for (; rest >= heads * (size_t)conf.draws.value[i]; i--)
      rest -= heads * (size_t)conf.draws.value[i];
    const size_t draws = (size_t)conf.draws.value[i];
    run_job(table, job, conf.n.value[i], rest % draws,
            (size_t)conf.heads.value[heads - 1 - rest / draws], attn_experiment_seed(experiment));
  }
}

/* ---- prediction ---- */

typedef struct {
  size_t boundary;
  double heads;
  attn_data_param param;
} ideal_problem;

static double ideal_excess(double kappa, void *context) {
  ideal_problem *p = context;
  p->param.rho = attn_data_rho(kappa, p->param.n, p->param.d);
  attn_recursion r = attn_recursion_start(&p->param);
  for (size_t step = 0; step < steps_to(p->boundary); step++)
    attn_recursion_step_heads(&r, &p->param, conf.b / (p->param.rho * p->param.rho), p->heads);
  return p->boundary == C ? r.attention[0] - 0.5 : r.margin[1];
}

/* kappa at the boundary of H heads from zero, on orthogonal noise. */
static double predicted(size_t boundary, double n, double heads) {
  ideal_problem p = {boundary, heads, parameters(n)};
  return attn_stats_root(ideal_excess, &p, conf.low, conf.high, 1e-4);
}

/* ---- tables ---- */

static attn_summary over(const attn_samples *samples, const char *what, double n, double heads,
                         size_t start) {
  const attn_where where[] = {{"n", n}, {"heads", heads}, {"start", (double)start}, {0}};
  return attn_samples_summary(samples, what, where, conf.level);
}

/* The exponent of n of the SNR at boundary C, over draws. */
static attn_line exponent(const attn_samples *samples, double heads, size_t start) {
  return attn_samples_snr_exponent(samples, "n", "edge_c",
                                   (attn_where[]){{"heads", heads}, {"start", (double)start}, {0}},
                                   conf.level);
}

static void write_tables(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "thresholds",
      "boundary n heads start draws found kappa kappa_low kappa_high kappa_predicted snr snr_low "
      "snr_high snr_predicted name start_name");
  for (size_t w = 0; w < BOUNDARIES; w++)
    for (size_t i = 0; i < conf.n.count; i++)
      for (size_t h = 0; h < conf.heads.count; h++)
        for (size_t start = 0; start < STARTS; start++) {
          const double n = conf.n.value[i], heads = conf.heads.value[h], root = sqrt(n);
          const attn_summary s = over(samples, column[w], n, heads, start);
          const double ideal = predicted(w, n, heads);
          attn_table_cells(table, (double)w, n, heads, (double)start, conf.draws.value[i],
                           (double)s.count, s.mean, s.low, s.high, ideal, s.mean / root,
                           s.low / root, s.high / root, ideal / root);
          attn_table_text(table, (const char *const[]){"A", "B", "C"}[w]);
          attn_table_text(table, start_name[start]);
        }
  attn_table_close(table);

  table = attn_experiment_table(
      experiment, "heads",
      "heads a a_predicted b b_predicted c c_predicted b_start b_start_low b_start_high c_start "
      "c_start_low c_start_high");
  for (size_t h = 0; h < conf.heads.count; h++) { /* at the first n */
    const double n = conf.n.value[0], heads = conf.heads.value[h];
    attn_table_number(table, heads);
    for (size_t w = 0; w < BOUNDARIES; w++)
      attn_table_cells(table, over(samples, column[w], n, heads, ZERO).mean,
                       predicted(w, n, heads));
    for (size_t w = B; w <= C; w++) {
      const attn_summary s = over(samples, column[w], n, heads, GAUSSIAN);
      attn_table_cells(table, s.mean, s.low, s.high);
    }
  }
  attn_table_close(table);

  table = attn_experiment_table(
      experiment, "risk", "n heads start below below_q05 below_q95 above above_q05 above_q95");
  for (size_t i = 0; i < conf.n.count; i++)
    for (size_t h = 0; h < conf.heads.count; h++)
      for (size_t start = 0; start < STARTS; start++) {
        const double n = conf.n.value[i], heads = conf.heads.value[h];
        const attn_summary below = over(samples, "risk_below", n, heads, start);
        const attn_summary above = over(samples, "risk_above", n, heads, start);
        attn_table_cells(table, n, heads, (double)start, below.median, below.q05, below.q95,
                         above.median, above.q05, above.q95);
      }
  attn_table_close(table);

  table = attn_experiment_table(experiment, "fits",
                                "heads start exponent exponent_low exponent_high start_name");
  for (size_t h = 0; h < conf.heads.count; h++)
    for (size_t start = 0; start < STARTS; start++) {
      const attn_line line = exponent(samples, conf.heads.value[h], start);
      attn_table_cells(table, conf.heads.value[h], (double)start, line.slope,
                       line.slope_interval.low, line.slope_interval.high);
      attn_table_text(table, start_name[start]);
    }
  attn_table_close(table);
}

/* ---- claims ---- */

static double value_of(const attn_samples *samples, const char *what, double n, size_t draw,
                       double heads, size_t start) {
  return attn_samples_value(
      samples, what,
      (attn_where[]){
          {"n", n}, {"draw", (double)draw}, {"heads", heads}, {"start", (double)start}, {0}});
}

/* What a draw is asked about: its values at H heads, and what they are compared with. */
typedef double comparison(const attn_samples *samples, double n, size_t draw, double heads,
                          size_t boundary);

static double to_one_head(const attn_samples *samples, double n, size_t draw, double heads,
                          size_t w) {
  return value_of(samples, column[w], n, draw, heads, ZERO) /
         value_of(samples, column[w], n, draw, conf.heads.value[0], ZERO);
}

static double to_prediction(const attn_samples *samples, double n, size_t draw, double heads,
                            size_t w) {
  return value_of(samples, column[w], n, draw, heads, ZERO) / predicted(w, n, heads);
}

static double to_zero_start(const attn_samples *samples, double n, size_t draw, double heads,
                            size_t w) {
  return value_of(samples, column[w], n, draw, heads, GAUSSIAN) /
         value_of(samples, column[w], n, draw, heads, ZERO);
}

static double risk_gained(const attn_samples *samples, double n, size_t draw, double heads,
                          size_t start) {
  return value_of(samples, "risk_below", n, draw, heads, start) -
         value_of(samples, "risk_below", n, draw, conf.heads.value[0], start);
}

/* Over draws of all n: the mean over heads from the first-th on. */
static attn_summary compare(const attn_samples *samples, comparison *of, size_t boundary,
                            size_t first) {
  size_t total = 0, at = 0;
  for (size_t i = 0; i < conf.n.count; i++)
    total += (size_t)conf.draws.value[i];
  const size_t cells = conf.heads.count - first;
  double *value = attn_alloc(cells * total, sizeof *value);
  for (size_t i = 0; i < conf.n.count; i++)
    for (size_t draw = 0; draw < (size_t)conf.draws.value[i]; draw++, at++)
      for (size_t h = first; h < conf.heads.count; h++)
        value[(h - first) * total + at] =
            of(samples, conf.n.value[i], draw, conf.heads.value[h], boundary);
  const attn_summary s = attn_stats_draws(value, cells, total, ATTN_DRAW_MEAN, conf.level);
  attn_free(value);
  return s;
}

static void write_claims(attn_experiment *experiment, const attn_samples *samples) {
  const attn_claim base = attn_verdict_scope(
      NAN, attn_samples_largest(samples, "coherence", (attn_where[]){{0}}), conf.coherence);
  const size_t most = conf.heads.count - 1;
  //@begin verdicts
  static const char *const as_predicted[] = {"heads-a", "heads-b", "heads-c"};
  for (size_t w = 0; w < BOUNDARIES; w++) {
    const attn_summary s = compare(samples, to_prediction, w, 0);
    attn_experiment_claim(
        experiment, attn_verdict_within(base, as_predicted[w], 1, conf.near, s.mean, s.interval));
  }
  const attn_summary same = compare(samples, to_one_head, A, most);
  attn_experiment_claim(experiment, attn_verdict_within(base, "heads-same-a", 1, conf.near,
                                                        same.mean, same.interval));
  static const char *const rises[] = {NULL, "heads-rise-b", "heads-rise-c"};
  static const char *const started[] = {NULL, "heads-start-b", "heads-start-c"};
  for (size_t w = B; w <= C; w++) {
    const attn_summary rise = compare(samples, to_one_head, w, most);
    attn_experiment_claim(experiment,
                          attn_verdict_above(base, rises[w], 1, rise.mean, rise.interval));
    const attn_summary start = compare(samples, to_zero_start, w, 0);
    attn_experiment_claim(experiment, attn_verdict_within(base, started[w], 1, conf.near,
                                                          start.mean, start.interval));
  }
  for (size_t start = 0; start < STARTS; start++) {
    for (size_t h = 0; h <= most; h += most) {
      static const char *const id[STARTS][2] = {
          {"heads-exponent-one", "heads-exponent"},
          {"heads-exponent-one-start", "heads-exponent-start"}};
      const attn_line line = exponent(samples, conf.heads.value[h], start);
      attn_experiment_claim(experiment,
                            attn_verdict_within(base, id[start][h > 0], -0.5, conf.allowed,
                                                line.slope, line.slope_interval));
    }
    const attn_summary gained = compare(samples, risk_gained, start, most);
    attn_experiment_claim(
        experiment,
        attn_verdict_below(base, start == ZERO ? "heads-less-harm" : "heads-less-harm-start", 0,
                           gained.mean, gained.interval));
  }
  //@end verdicts
}

int main(int argc, char **argv) {
  attn_experiment *experiment =
      attn_experiment_begin(argc, argv, "the thresholds of several heads, from zero and at random",
                            keys, sizeof keys / sizeof *keys);
  if (conf.n.count != conf.draws.count)
    attn_fail("draws: %zu values, expected one for each of the %zu values of n", conf.draws.count,
              conf.n.count);
  if (conf.heads.count < 2 || conf.heads.value[0] != 1)
    attn_fail("heads: give at least two numbers, the first 1");
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
