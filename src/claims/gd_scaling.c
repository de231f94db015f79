/* The two-step theorem up to ten million samples in 10^15 dimensions, the exponents of the
 * boundaries in n, and the rate at which the risk falls (theory sections 3c, 6b). */
#include <math.h>
#include <string.h>

#include "boundary.h"
#include "experiment.h"
#include "metrics.h"
#include "recursion.h"
#include "risk.h"
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

/* d = factor n^2 log n and rho = kappa sqrt(d/n) */
static attn_data_param setting(size_t n, double d, double eta, double kappa) {
  const double samples = (double)n;
  if (d == 0)
    d = floor(conf.factor * samples * samples * log(samples));
  if (d > 9007199254740992.0)
    attn_fail("n = %zu: d = %g exceeds 2^53; take a smaller factor", n, d);
  return (attn_data_param){n, conf.T, (size_t)d, kappa * sqrt(d / samples), eta};
}

/* ---- sampling ---- */

enum { THEOREM, EDGE_AB, EDGE_C, RATE_D, RATE_N, PARTS };

/* The two steps of the theorem; out: split, fitted, attention, log10 risk after steps 1 and 2. */
static void two_steps(double *out, attn_trial *trial) {
  const attn_optim optim = {.beta = conf.b / (trial->param.rho * trial->param.rho)};
  //@begin two-steps
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step > 0) {
      const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
      const double risk = attn_metrics_log10_risk(&m, trial->param.T);
      if (step == 1)
        memcpy(out, (double[]){m.clean_acc == 1 && !(m.noisy_acc > 0), risk}, 2 * sizeof *out);
      else
        memcpy(out + 2, (double[]){m.train_acc == 1, m.att_clean, m.att_noisy, risk},
               4 * sizeof *out);
    }
    if (step == 2)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  //@end two-steps
}

static attn_boundary_search edge_search(void) {
  return (attn_boundary_search){conf.edge_b, conf.late, 0.8, 12};
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

static size_t jobs_of(size_t part) {
  size_t theorem = 0;
  for (size_t i = 0; i < conf.n.count; i++)
    theorem += (size_t)conf.draws.value[i];
  const size_t jobs[PARTS] = {theorem, conf.ab_n.count * conf.ab_draws,
                              conf.c_n.count * conf.c_draws, conf.over_d.count * conf.rate_draws,
                              conf.over_n.count * conf.rate_draws};
  return jobs[part];
}

/* Column at: the value of the part's grid. */
#define COLUMNS                                                                                    \
  "part at coherence split log10_risk_1 fitted att_clean att_noisy log10_risk_2 edge_a edge_b "    \
  "edge_c"
enum { WIDTH = 12 };

static void run_job(double *row, size_t part, size_t j, uint64_t seed) {
  for (size_t c = 0; c < WIDTH; c++)
    row[c] = NAN;
  row[0] = (double)part;
  if (part == EDGE_AB || part == EDGE_C) {
    const attn_list *grid = part == EDGE_AB ? &conf.ab_n : &conf.c_n;
    const size_t draws = part == EDGE_AB ? conf.ab_draws : conf.c_draws;
    row[1] = grid->value[j / draws];
    const attn_data_param param = setting((size_t)row[1], 0, conf.edge_eta, 1);
    const attn_boundary_search search = edge_search();
    edge_stream stream = {seed, j};
    attn_trial *trial = attn_trial_alloc(part == EDGE_AB ? ATTN_TOKENS_LAZY : ATTN_TOKENS_BARTLETT,
                                         &param, part == EDGE_AB ? 2 : conf.late);
    redraw(trial, &stream);
    row[2] = attn_data_expected_coherence(&param);
    for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++)
      if ((part == EDGE_C) == (w == ATTN_BOUNDARY_C))
        row[9 + w] =
            attn_boundary_of_draw(w, &search, trial, part == EDGE_AB ? redraw : NULL, &stream);
    attn_trial_free(trial);
    return;
  }
  attn_data_param param;
  size_t draw = j;
  if (part == THEOREM) {
    size_t i = 0;
    while (draw >= (size_t)conf.draws.value[i])
      draw -= (size_t)conf.draws.value[i++];
    row[1] = conf.n.value[i];
    param = setting((size_t)row[1], 0, conf.eta, conf.kappa);
  } else if (part == RATE_D) {
    row[1] = conf.over_d.value[j / conf.rate_draws];
    param = setting(conf.rate_n, floor(row[1]), conf.eta, conf.kappa);
  } else {
    row[1] = conf.over_n.value[j / conf.rate_draws];
    param = setting((size_t)row[1], conf.rate_d, conf.eta, conf.kappa);
  }
  row[2] = attn_data_expected_coherence(&param);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_LAZY, &param, 2);
  attn_trial_draw(trial, seed, "gd_scaling", part * 1000 + (size_t)(8 * log(row[1])), draw);
  two_steps(row + 3, trial);
  attn_trial_free(trial);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  size_t total = 0;
  for (size_t part = 0; part < PARTS; part++)
    total += jobs_of(part);
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, total, &job);) {
    size_t part = PARTS - 1, j = total - 1 - job; /* from the last: the costly ones come early */
    size_t before = total - jobs_of(part);
    while (j < before)
      before -= jobs_of(--part);
    double row[WIDTH];
    run_job(row, part, j - before, attn_experiment_seed(experiment));
    attn_table_number(table, (double)job);
    attn_table_numbers(table, row, WIDTH);
  }
}

/* ---- results ---- */

static size_t select(double *x, const attn_samples *samples, const char *column, size_t part,
                     double at) {
  return attn_samples_select(x, samples, column,
                             (attn_where[]){{"part", (double)part}, {"at", at}, {0}});
}

static attn_summary over(double *x, const attn_samples *samples, const char *column, size_t part,
                         double at) {
  const size_t count = select(x, samples, column, part, at);
  return attn_stats_summary(x, count, conf.level);
}

/* log10 of the risk after one step, T = 2: Phi(-(1 - 2 eta) kappa^2 sqrt(d/n) / 2). */
static double first_step_risk(const attn_data_param *param) {
  const double kappa = attn_data_kappa(param), ratio = (double)param->d / (double)param->n;
  return attn_risk_log_phi(-(1 - 2 * param->eta) * kappa * kappa * sqrt(ratio) /
                           (2 * ((double)param->T - 1))) /
         log(10);
}

static void write_theorem(attn_experiment *experiment, const attn_samples *samples, double *x) {
  attn_table *table = attn_experiment_table(
      experiment, "theorem",
      "n d coherence draws split fitted att_clean att_clean_low att_clean_high att_noisy "
      "ideal_att_clean ideal_att_noisy log10_risk_1 log10_risk_1_predicted log10_risk_2_q05 "
      "log10_risk_2 log10_risk_2_q95");
  size_t met = 0, draws = 0, ratios = 0;
  double coherence = 0;
  double *ratio = attn_alloc(samples->rows, sizeof *ratio);
  for (size_t i = 0; i < conf.n.count; i++) {
    const double n = conf.n.value[i];
    const attn_data_param param = setting((size_t)n, 0, conf.eta, conf.kappa);
    attn_recursion ideal = attn_recursion_start(&param);
    for (size_t step = 0; step < 2; step++)
      attn_recursion_step(&ideal, &param, conf.b / (param.rho * param.rho));
    const attn_summary clean = over(x, samples, "att_clean", THEOREM, n);
    const attn_summary noisy = over(x, samples, "att_noisy", THEOREM, n);
    const attn_summary risk = over(x, samples, "log10_risk_2", THEOREM, n);
    const double split = over(x, samples, "split", THEOREM, n).mean;
    const double predicted = first_step_risk(&param);
    const double first = over(x, samples, "log10_risk_1", THEOREM, n).median;
    const attn_summary fitted = over(x, samples, "fitted", THEOREM, n);
    const double row[] = {n,
                          (double)param.d,
                          attn_data_expected_coherence(&param),
                          (double)fitted.count,
                          split,
                          fitted.mean,
                          clean.mean,
                          clean.low,
                          clean.high,
                          noisy.mean,
                          ideal.attention[0],
                          ideal.attention[1],
                          first,
                          predicted,
                          risk.q05,
                          risk.median,
                          risk.q95};
    attn_table_numbers(table, row, sizeof row / sizeof *row);
    coherence = fmax(coherence, row[2]);
    for (size_t r = 0; r < fitted.count; r++, draws++)
      met += x[r] != 0;
    if (n >= conf.leading) {
      const size_t here = select(x, samples, "log10_risk_1", THEOREM, n);
      for (size_t r = 0; r < here; r++)
        ratio[ratios++] = x[r] / predicted;
    }
  }
  attn_table_close(table);
  const attn_claim base = {
      .kappa = conf.kappa, .coherence = coherence, .in_scope = coherence <= conf.coherence};
  attn_experiment_claim(experiment, attn_verdict_share(base, "two-steps-at-scale", met, draws,
                                                       conf.level, conf.delta));
  attn_experiment_claim(experiment,
                        attn_verdict_within(base, "first-step-risk", 1, conf.allowed,
                                            attn_stats_mean(ratio, ratios),
                                            attn_stats_mean_interval(ratio, ratios, conf.level)));
  attn_free(ratio);
}

/* Least squares of log y on log x over all draws; y is an SNR at a boundary or -log risk. */
static attn_line fit(const attn_samples *samples, size_t part, const char *column, bool edge,
                     double *x) {
  const attn_list *grid = part == EDGE_AB  ? &conf.ab_n
                          : part == EDGE_C ? &conf.c_n
                          : part == RATE_D ? &conf.over_d
                                           : &conf.over_n;
  double *log_x = attn_alloc(samples->rows, sizeof *log_x);
  double *log_y = attn_alloc(samples->rows, sizeof *log_y);
  size_t count = 0;
  for (size_t i = 0; i < grid->count; i++) {
    if (part == RATE_N && grid->value[i] < conf.leading)
      continue;
    const size_t here = select(x, samples, column, part, grid->value[i]);
    for (size_t r = 0; r < here; r++, count++) {
      log_x[count] = log(grid->value[i]);
      /* a boundary as an SNR: kappa / sqrt(n) */
      log_y[count] = edge ? log(x[r]) - 0.5 * log(grid->value[i]) : log(-x[r] * log(10));
    }
  }
  const attn_line line = attn_stats_line(log_x, log_y, count, conf.level);
  attn_free(log_x);
  attn_free(log_y);
  return line;
}

static void exponent_claim(attn_experiment *experiment, const char *id, double predicted,
                           const attn_line *line, double kappa, double coherence) {
  const attn_claim base = {
      .kappa = kappa, .coherence = coherence, .in_scope = coherence <= conf.coherence};
  attn_experiment_claim(experiment, attn_verdict_within(base, id, predicted, conf.allowed,
                                                        line->slope, line->slope_interval));
}

static double largest(double *x, const attn_samples *samples, size_t part) {
  const size_t count =
      attn_samples_select(x, samples, "coherence", (attn_where[]){{"part", (double)part}, {0}});
  attn_stats_sort(x, count);
  return x[count - 1];
}

static void write_fits(attn_experiment *experiment, const attn_samples *samples, double *x) {
  static const char *const column[ATTN_BOUNDARIES] = {"edge_a", "edge_b", "edge_c"};
  static const char *const id[ATTN_BOUNDARIES] = {"exponent-a", "exponent-b", "exponent-c"};
  attn_table *table = attn_experiment_table(
      experiment, "edges", "boundary n snr snr_low snr_high snr_predicted kappa found draws");
  attn_table *fits = attn_experiment_table(
      experiment, "fits",
      "what exponent exponent_low exponent_high exponent_predicted constant constant_low "
      "constant_high constant_predicted");
  for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++) {
    const size_t part = w == ATTN_BOUNDARY_C ? EDGE_C : EDGE_AB;
    const attn_list *grid = w == ATTN_BOUNDARY_C ? &conf.c_n : &conf.ab_n;
    const attn_data_param param = setting((size_t)grid->value[0], 0, conf.edge_eta, 1);
    const attn_boundary_search search = edge_search();
    const double predicted = attn_boundary_ideal(w, &search, &param);
    for (size_t i = 0; i < grid->count; i++) {
      const double n = grid->value[i], root = sqrt(n);
      const attn_summary s = over(x, samples, column[w], part, n);
      attn_table_numbers(table,
                         (double[]){(double)w, n, s.mean / root, s.low / root, s.high / root,
                                    predicted / root, s.mean, (double)s.count,
                                    (double)(w == ATTN_BOUNDARY_C ? conf.c_draws : conf.ab_draws)},
                         9);
    }
    const attn_line line = fit(samples, part, column[w], true, x);
    exponent_claim(experiment, id[w], -0.5, &line, NAN, largest(x, samples, part));
    attn_table_text(fits, id[w]);
    attn_table_numbers(fits,
                       (double[]){line.slope, line.slope_interval.low, line.slope_interval.high,
                                  -0.5, exp(line.intercept), exp(line.intercept_interval.low),
                                  exp(line.intercept_interval.high), predicted},
                       8);
  }
  attn_table_close(table);
  const attn_line in_d = fit(samples, RATE_D, "log10_risk_2", false, x);
  const attn_line in_n = fit(samples, RATE_N, "log10_risk_2", false, x);
  exponent_claim(experiment, "risk-rate-d", 1, &in_d, conf.kappa, largest(x, samples, RATE_D));
  exponent_claim(experiment, "risk-rate-n", -1, &in_n, conf.kappa, largest(x, samples, RATE_N));
  exponent_claim(experiment, "risk-rate-paper", -2, &in_n, conf.kappa, largest(x, samples, RATE_N));
  const attn_line *rate[] = {&in_d, &in_n};
  for (size_t r = 0; r < 2; r++) {
    attn_table_text(fits, r == 0 ? "risk-rate-d" : "risk-rate-n");
    attn_table_numbers(fits,
                       (double[]){rate[r]->slope, rate[r]->slope_interval.low,
                                  rate[r]->slope_interval.high, r == 0 ? 1 : -1,
                                  exp(rate[r]->intercept), exp(rate[r]->intercept_interval.low),
                                  exp(rate[r]->intercept_interval.high), NAN},
                       8);
  }
  attn_table_close(fits);

  table = attn_experiment_table(experiment, "rates",
                                "over n d minus_log_risk_q05 minus_log_risk minus_log_risk_q95");
  for (size_t part = RATE_D; part <= RATE_N; part++) {
    const attn_list *grid = part == RATE_D ? &conf.over_d : &conf.over_n;
    for (size_t i = 0; i < grid->count; i++) {
      const attn_summary s = over(x, samples, "log10_risk_2", part, grid->value[i]);
      attn_table_text(table, part == RATE_D ? "d" : "n");
      attn_table_numbers(table,
                         (double[]){part == RATE_D ? (double)conf.rate_n : grid->value[i],
                                    part == RATE_D ? grid->value[i] : conf.rate_d, -s.q95 * log(10),
                                    -s.median * log(10), -s.q05 * log(10)},
                         5);
    }
  }
  attn_table_close(table);
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
    double *x = attn_alloc(samples->rows, sizeof *x);
    write_theorem(experiment, samples, x);
    write_fits(experiment, samples, x);
    attn_free(x);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
