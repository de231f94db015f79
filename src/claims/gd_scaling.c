/* The two-step theorem up to ten million samples in 10^15 dimensions, the exponents of the
 * boundaries in n, and the rate at which the risk falls (theory sections 3c, 6b). */
#include <math.h>

#include "boundary.h"
#include "experiment.h"
#include "logprob.h"
#include "metrics.h"
#include "recursion.h"
#include "stats.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t T, late, ab_draws, c_draws, rate_draws, rate_n;
  double eta, kappa, b, factor, edge_eta, edge_b, rate_d, leading, coherence, delta, allowed, level;
  attn_list n, draws, ab_n, c_n, over_d, over_n;
} conf;

static const attn_key keys[] = {
    {"T", ATTN_KEY_COUNT, &conf.T, "[2, 16]", "the tokens per sample"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate"},
    {"kappa", ATTN_KEY_REAL, &conf.kappa, "(0, 1e3)", "rho sqrt(n/d)"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the scaled step size beta rho^2"},
    {"n", ATTN_KEY_COUNTS, &conf.n, "[10, 1e8]", "the numbers of samples"},
    {"draws", ATTN_KEY_COUNTS, &conf.draws, "[2, 1e5]", "the draws of each n"},
    {"factor", ATTN_KEY_REAL, &conf.factor, "(0, 1e6)", "d / (n^2 log n)"},
    {"ab_n", ATTN_KEY_COUNTS, &conf.ab_n, "[10, 1e7]", "n of the boundaries A and B"},
    {"ab_draws", ATTN_KEY_COUNT, &conf.ab_draws, "[2, 1e4]", "draws of A and B at each n"},
    {"c_n", ATTN_KEY_COUNTS, &conf.c_n, "[10, 4000]", "n of boundary C"},
    {"c_draws", ATTN_KEY_COUNT, &conf.c_draws, "[2, 1e4]", "draws of C at each n"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[3, 1e6]", "steps to boundary C"},
    {"edge_eta", ATTN_KEY_REAL, &conf.edge_eta, "(0, 0.5)", "the boundaries' flip rate"},
    {"edge_b", ATTN_KEY_REAL, &conf.edge_b, "(0, 1e6)", "the boundaries' step size"},
    {"rate_n", ATTN_KEY_COUNT, &conf.rate_n, "[10, 1e7]", "n of the risk against d"},
    {"over_d", ATTN_KEY_LIST, &conf.over_d, "[1e3, 9e15]", "d of the risk against d"},
    {"rate_d", ATTN_KEY_REAL, &conf.rate_d, "[1e3, 9e15]", "d of the risk against n"},
    {"over_n", ATTN_KEY_COUNTS, &conf.over_n, "[10, 1e7]", "n of the risk against n"},
    {"rate_draws", ATTN_KEY_COUNT, &conf.rate_draws, "[2, 1e4]", "draws of the risk"},
    {"leading", ATTN_KEY_REAL, &conf.leading, "[10, 1e8]",
     "the n from which leading-order predictions of the risk are judged"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed error of an exponent"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* d = factor n^2 log n, unless it is given, and rho = kappa sqrt(d/n) */
static attn_data_param setting(double n, double d, double eta, double kappa) {
  if (d == 0)
    d = floor(conf.factor * n * n * log(n));
  if (d >= 0x1p63) /* a double beyond 2^53 is a whole number all the same */
    attn_fail("n = %.0f: d = %g exceeds 2^63; take a smaller factor", n, d);
  attn_data_param param = {(size_t)n, conf.T, (size_t)d, 0, eta};
  param.rho = attn_data_rho(kappa, param.n, param.d);
  return param;
}

/* ---- sampling ---- */

/* The theorem at every n; boundaries A and B, and C, at every n; the risk against d and against n.
 * The column "at" is the n or the d. */
enum { THEOREM, EDGE_AB, EDGE_C, RATE_D, RATE_N, PARTS };

#define COLUMNS                                                                                    \
  "part at coherence split log10_risk_1 fitted att_clean att_noisy log10_risk_2 edge_a edge_b "    \
  "edge_c"

static const attn_list *grid_of(size_t part) {
  const attn_list *const grid[PARTS] = {&conf.n, &conf.ab_n, &conf.c_n, &conf.over_d, &conf.over_n};
  return grid[part];
}

/* The draws of a part at the i-th point of its grid. */
static size_t draws_of(size_t part, size_t i) {
  return part == THEOREM   ? (size_t)conf.draws.value[i]
         : part == EDGE_AB ? conf.ab_draws
         : part == EDGE_C  ? conf.c_draws
                           : conf.rate_draws;
}

/* The two steps of the theorem; writes split, fitted, attention, log10 risk after steps 1 and 2. */
static void two_steps(attn_table *table, attn_trial *trial) {
  const attn_optim optim = {.beta = conf.b / (trial->param.rho * trial->param.rho)};
  //@begin two-steps
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step > 0) {
      const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
      const double risk = attn_metrics_log10_risk(&m, trial->param.T);
      if (step == 1)
        attn_table_cells(table, m.clean_acc == 1 && !(m.noisy_acc > 0), risk);
      else
        attn_table_cells(table, m.train_acc == 1, m.att_clean, m.att_noisy, risk);
    }
    if (step == 2)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  //@end two-steps
}

/* The same labels and the same stream of noise at every kappa; lazy tokens depend on what is asked,
 * so they are drawn again. */
typedef struct {
  uint64_t seed;
  size_t draw;
} edge_stream;

static void redraw(attn_trial *trial, void *context) {
  const edge_stream *stream = context;
  attn_trial_draw(trial, stream->seed, "gd_scaling edge", 0, stream->draw);
}

static attn_boundary_search edge_search(void) {
  return (attn_boundary_search){conf.edge_b, conf.late, 0.8, 12};
}

static void edges(attn_table *table, const attn_data_param *param, size_t part, size_t draw,
                  uint64_t seed) {
  const bool late = part == EDGE_C;
  const attn_boundary_search search = edge_search();
  edge_stream stream = {seed, draw};
  attn_trial *trial =
      attn_trial_alloc(late ? ATTN_TOKENS_BARTLETT : ATTN_TOKENS_LAZY, param, late ? conf.late : 2);
  redraw(trial, &stream);
  attn_table_skip(table, late ? "edge_c" : "edge_a");
  for (attn_boundary w = late ? ATTN_BOUNDARY_C : ATTN_BOUNDARY_A;
       w <= (late ? ATTN_BOUNDARY_C : ATTN_BOUNDARY_B); w++)
    attn_table_cells(table,
                     attn_boundary_of_draw(w, &search, trial, late ? NULL : redraw, &stream));
  attn_trial_free(trial);
}

static void run_job(attn_table *table, size_t part, size_t j, uint64_t seed) {
  size_t i = 0, draw = j;
  for (; draw >= draws_of(part, i); i++)
    draw -= draws_of(part, i);
  const double at = grid_of(part)->value[i];
  const bool edge = part == EDGE_AB || part == EDGE_C;
  const attn_data_param param = edge ? setting(at, 0, conf.edge_eta, 1)
                                : part == RATE_D
                                    ? setting((double)conf.rate_n, floor(at), conf.eta, conf.kappa)
                                : part == RATE_N ? setting(at, conf.rate_d, conf.eta, conf.kappa)
                                                 : setting(at, 0, conf.eta, conf.kappa);
  attn_table_cells(table, (double)part, at, attn_data_expected_coherence(&param));
  if (edge) {
    edges(table, &param, part, j, seed);
  } else {
    attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_LAZY, &param, 2);
    attn_trial_draw(trial, seed, "gd_scaling", part * 1000 + (size_t)(8 * log(at)),
                    part == THEOREM ? draw : j);
    two_steps(table, trial);
    attn_trial_free(trial);
  }
  attn_table_skip(table, NULL);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  size_t jobs[PARTS] = {0}, total = 0;
  for (size_t part = 0; part < PARTS; total += jobs[part++])
    for (size_t i = 0; i < grid_of(part)->count; i++)
      jobs[part] += draws_of(part, i);
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, total, &job);) {
    size_t part = PARTS - 1, before = total - jobs[part]; /* from the last: the costly come early */
    while (total - 1 - job < before)
      before -= jobs[--part];
    attn_table_number(table, (double)job);
    run_job(table, part, total - 1 - job - before, attn_experiment_seed(experiment));
  }
}

/* ---- prediction ---- */

/* log10 of the risk after one step, T = 2: Phi(-(1 - 2 eta) kappa^2 sqrt(d/n) / 2). */
static double first_step_risk(const attn_data_param *param) {
  const double kappa = attn_data_kappa(param), ratio = (double)param->d / (double)param->n;
  return attn_logprob_phi(-(1 - 2 * param->eta) * kappa * kappa * sqrt(ratio) /
                          (2 * ((double)param->T - 1))) /
         log(10);
}

static double predicted_edge(attn_boundary which) {
  const attn_boundary_search search = edge_search();
  const attn_data_param param =
      setting(grid_of(which == ATTN_BOUNDARY_C ? EDGE_C : EDGE_AB)->value[0], 0, conf.edge_eta, 1);
  return attn_boundary_ideal(which, &search, &param);
}

/* ---- tables ---- */

static attn_summary over(const attn_samples *samples, const char *column, size_t part, double at) {
  return attn_samples_summary(samples, column,
                              (attn_where[]){{"part", (double)part}, {"at", at}, {0}}, conf.level);
}

static void write_theorem(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "theorem",
      "n d coherence draws split fitted att_clean att_clean_low att_clean_high att_noisy "
      "ideal_att_clean ideal_att_noisy log10_risk_1 log10_risk_1_predicted log10_risk_2_q05 "
      "log10_risk_2 log10_risk_2_q95");
  for (size_t i = 0; i < conf.n.count; i++) {
    const double n = conf.n.value[i];
    const attn_data_param param = setting(n, 0, conf.eta, conf.kappa);
    attn_recursion ideal = attn_recursion_start(&param);
    for (size_t step = 0; step < 2; step++)
      attn_recursion_step(&ideal, &param, conf.b / (param.rho * param.rho));
    const attn_summary fitted = over(samples, "fitted", THEOREM, n);
    const attn_summary clean = over(samples, "att_clean", THEOREM, n);
    const attn_summary risk = over(samples, "log10_risk_2", THEOREM, n);
    attn_table_cells(table, n, (double)param.d, attn_data_expected_coherence(&param),
                     (double)fitted.count, over(samples, "split", THEOREM, n).mean, fitted.mean,
                     clean.mean, clean.low, clean.high, over(samples, "att_noisy", THEOREM, n).mean,
                     ideal.attention[0], ideal.attention[1],
                     over(samples, "log10_risk_1", THEOREM, n).median, first_step_risk(&param),
                     risk.q05, risk.median, risk.q95);
  }
  attn_table_close(table);
}

static const char *const edge_column[ATTN_BOUNDARIES] = {"edge_a", "edge_b", "edge_c"};

static void write_edges(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "edges", "boundary n snr snr_low snr_high snr_predicted kappa found draws");
  for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++) {
    const size_t part = w == ATTN_BOUNDARY_C ? EDGE_C : EDGE_AB;
    const double predicted = predicted_edge(w);
    for (size_t i = 0; i < grid_of(part)->count; i++) {
      const double n = grid_of(part)->value[i], root = sqrt(n);
      const attn_summary s = over(samples, edge_column[w], part, n);
      attn_table_cells(table, (double)w, n, s.mean / root, s.low / root, s.high / root,
                       predicted / root, s.mean, (double)s.count, (double)draws_of(part, i));
    }
  }
  attn_table_close(table);
}

static void write_rates(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "rates", "over n d minus_log_risk_q05 minus_log_risk minus_log_risk_q95");
  for (size_t part = RATE_D; part <= RATE_N; part++)
    for (size_t i = 0; i < grid_of(part)->count; i++) {
      const double at = grid_of(part)->value[i];
      const attn_summary s = over(samples, "log10_risk_2", part, at);
      attn_table_text(table, part == RATE_D ? "d" : "n");
      attn_table_cells(table, part == RATE_D ? (double)conf.rate_n : at,
                       part == RATE_D ? at : conf.rate_d, -s.q95 * log(10), -s.median * log(10),
                       -s.q05 * log(10));
    }
  attn_table_close(table);
}

/* ---- power laws ---- */

/* Boundaries as an SNR kappa / sqrt(n) against n, and minus the logarithm of the risk against d or
 * n; the last is the exponent that the paper's bound exp(-c d/n^2) would have. */
static const struct {
  const char *id, *column;
  size_t part;
  double exponent;
} laws[] = {
    {"exponent-a", "edge_a", EDGE_AB, -0.5},     {"exponent-b", "edge_b", EDGE_AB, -0.5},
    {"exponent-c", "edge_c", EDGE_C, -0.5},      {"risk-rate-d", "log10_risk_2", RATE_D, 1},
    {"risk-rate-n", "log10_risk_2", RATE_N, -1}, {"risk-rate-paper", "log10_risk_2", RATE_N, -2}};
enum { FIRST_RATE = ATTN_BOUNDARIES, FITTED_LAWS = FIRST_RATE + 2, LAWS };

/* Over all draws. */
static attn_line fit(const attn_samples *samples, size_t law) {
  const size_t part = laws[law].part;
  const attn_pairs p = attn_samples_pairs(samples, "at", laws[law].column,
                                          (attn_where[]){{"part", (double)part}, {0}});
  for (size_t r = 0; r < p.count; r++) {
    p.y[r] = law < FIRST_RATE ? p.y[r] / sqrt(p.x[r]) : -p.y[r] * log(10);
    if (part == RATE_N && p.x[r] < conf.leading)
      p.x[r] = NAN; /* no point of the line */
  }
  return attn_stats_power(p.x, p.y, p.count, conf.level);
}

static void write_fits(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "fits",
      "what exponent exponent_low exponent_high exponent_predicted constant constant_low "
      "constant_high constant_predicted");
  for (size_t law = 0; law < FITTED_LAWS; law++) {
    const attn_line line = fit(samples, law);
    attn_table_text(table, laws[law].id);
    attn_table_cells(table, line.slope, line.slope_interval.low, line.slope_interval.high,
                     laws[law].exponent, exp(line.intercept), exp(line.intercept_interval.low),
                     exp(line.intercept_interval.high),
                     law < FIRST_RATE ? predicted_edge((attn_boundary)law) : NAN);
  }
  attn_table_close(table);
}

/* ---- claims ---- */

static attn_claim base_of(const attn_samples *samples, size_t part) {
  const bool edge = part == EDGE_AB || part == EDGE_C;
  const double coherence =
      attn_samples_largest(samples, "coherence", (attn_where[]){{"part", (double)part}, {0}});
  return attn_verdict_scope(edge ? NAN : conf.kappa, coherence, conf.coherence);
}

static void claim_theorem(attn_experiment *experiment, const attn_samples *samples) {
  const attn_claim base = base_of(samples, THEOREM);
  const attn_where theorem[] = {{"part", THEOREM}, {0}};
  const attn_summary fitted = attn_samples_summary(samples, "fitted", theorem, conf.level);
  attn_experiment_claim(experiment,
                        attn_verdict_share(base, "two-steps-at-scale",
                                           attn_samples_count(samples, "fitted", 1, 1, theorem),
                                           fitted.count, conf.level, conf.delta));
  /* measured / predicted, where leading order is judged */
  const attn_pairs p = attn_samples_pairs(samples, "at", "log10_risk_1", theorem);
  double *ratio = p.y;
  size_t ratios = 0;
  for (size_t r = 0; r < p.count; r++)
    if (p.x[r] >= conf.leading) {
      const attn_data_param param = setting(p.x[r], 0, conf.eta, conf.kappa);
      ratio[ratios++] = p.y[r] / first_step_risk(&param);
    }
  const attn_summary s = attn_stats_summary(ratio, ratios, conf.level);
  attn_experiment_claim(experiment, attn_verdict_within(base, "first-step-risk", 1, conf.allowed,
                                                        s.mean, s.interval));
}

static void claim_laws(attn_experiment *experiment, const attn_samples *samples) {
  for (size_t law = 0; law < LAWS; law++) {
    const attn_line line = fit(samples, law);
    attn_experiment_claim(experiment,
                          attn_verdict_within(base_of(samples, laws[law].part), laws[law].id,
                                              laws[law].exponent, conf.allowed, line.slope,
                                              line.slope_interval));
  }
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "two steps from n = 100 to 10^7, and the exponents of thresholds and risk", keys,
      sizeof keys / sizeof *keys);
  if (conf.n.count != conf.draws.count)
    attn_fail("draws: %zu values, expected one for each of the %zu values of n", conf.draws.count,
              conf.n.count);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_theorem(experiment, samples);
    write_edges(experiment, samples);
    write_fits(experiment, samples);
    write_rates(experiment, samples);
    claim_theorem(experiment, samples);
    claim_laws(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
