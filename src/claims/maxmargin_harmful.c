/* Claim: below kappa* = sqrt(2/(1 - eta)) the max-margin limit fits all labels with risk 1/2; the
 * threshold is an SNR of order n^(-1/2) with exactly that constant (Theorem 12; theory section 5). */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "choice.h"
#include "experiment.h"
#include "linalg.h"
#include "pair.h"
#include "risk.h"
#include "risk_limit.h"
#include "rng.h"
#include "tokens_gram.h"
#include "verdict.h"

static struct {
  attn_list n, eta, finite_ratio, risk_n, risk_eta, risk_ratio, kappa, search_n, search_eta,
      search_ratio;
  size_t samples, finite_n, finite_draws, risk_samples, search_draws, search_random, enumerated,
      runs_cell, runs;
  double factor, shown_eta, finite_eta, finite_from, below, saturated, beside, harmful, half,
      quarter, allowed, exponent, delta, coherence, level;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNTS, &conf.n, "[10, 4000]", "the numbers of samples of the switches"},
    {"eta", ATTN_KEY_LIST, &conf.eta, "(0, 0.5)", "the flip rates of the switches"},
    {"factor", ATTN_KEY_REAL, &conf.factor, "(0, 1e6)", "d / (n^2 log n)"},
    {"samples", ATTN_KEY_COUNT, &conf.samples, "[100, 1e7]", "samples in all draws of one n"},
    {"shown_eta", ATTN_KEY_REAL, &conf.shown_eta, "(0, 0.5)", "the flip rate of the distribution"},
    {"finite_n", ATTN_KEY_COUNT, &conf.finite_n, "[10, 4000]", "n where d/n varies"},
    {"finite_eta", ATTN_KEY_REAL, &conf.finite_eta, "(0, 0.5)", "the flip rate there"},
    {"finite_ratio", ATTN_KEY_LIST, &conf.finite_ratio, "(1, 1e9)", "the values of d/n"},
    {"finite_draws", ATTN_KEY_COUNT, &conf.finite_draws, "[3, 1e4]", "the draws of each"},
    {"finite_from", ATTN_KEY_REAL, &conf.finite_from, "(1, 1e9)", "the d/n from which to claim"},
    {"risk_n", ATTN_KEY_COUNTS, &conf.risk_n, "[10, 4000]", "n of each setting of the risk"},
    {"risk_eta", ATTN_KEY_LIST, &conf.risk_eta, "(0, 0.5)", "its flip rate"},
    {"risk_ratio", ATTN_KEY_LIST, &conf.risk_ratio, "[0, 1e9)", "its d/n; 0: by factor"},
    {"risk_samples", ATTN_KEY_COUNT, &conf.risk_samples, "[100, 1e7]", "as samples"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "kappa of the risk"},
    {"runs_cell", ATTN_KEY_COUNT, &conf.runs_cell, "[1, 512]", "setting of the single draws"},
    {"runs", ATTN_KEY_COUNT, &conf.runs, "[1, 100]", "how many single draws are shown"},
    {"search_n", ATTN_KEY_COUNTS, &conf.search_n, "[4, 1000]", "n of each search of selections"},
    {"search_eta", ATTN_KEY_LIST, &conf.search_eta, "(0, 0.5)", "its flip rate"},
    {"search_ratio", ATTN_KEY_LIST, &conf.search_ratio, "[0, 1e9)", "its d/n; 0: by factor"},
    {"search_draws", ATTN_KEY_COUNT, &conf.search_draws, "[3, 1e4]", "its draws"},
    {"search_random", ATTN_KEY_COUNT, &conf.search_random, "[0, 1e4]", "its random starts"},
    {"enumerated", ATTN_KEY_COUNT, &conf.enumerated, "[0, 16]", "all selections up to this n"},
    {"beside", ATTN_KEY_REAL, &conf.beside, "(0, 0.5)", "how far beside a switch, relatively"},
    {"below", ATTN_KEY_REAL, &conf.below, "(0, 1e3)", "the largest kappa of the theorem's claims"},
    {"saturated", ATTN_KEY_REAL, &conf.saturated, "[1e2, 1e8]", "|p| over |p_mm| for the fit"},
    {"harmful", ATTN_KEY_REAL, &conf.harmful, "(0, 0.5)", "the constant below the risk"},
    {"half", ATTN_KEY_REAL, &conf.half, "(0, 0.5)", "the bound on a risk's distance from 1/2"},
    {"quarter", ATTN_KEY_REAL, &conf.quarter, "(0, 0.25)", "the allowed distance from 1/4"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed relative distance"},
    {"exponent", ATTN_KEY_REAL, &conf.exponent, "(0, 1)", "the allowed distance of an exponent"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* SWITCH: where the classes of a draw switch, d = factor n^2 log n. FINITE: the same with d/n as a
 * parameter and equal classes. RISK: risk and fit against kappa, a row for each; THEOREM: what a draw
 * says over all kappa <= below, and its risk between the switches. SEARCH: the nine selections
 * against searches, a row for each point. */
typedef enum { SWITCH, FINITE, RISK, THEOREM, SEARCH, PARTS } part;
static const char *const part_name[PARTS] = {"switch", "finite", "risk", "theorem", "search"};

/* The columns after the job. kappa_k: where class k switches, counts_k: in units of what the draw's
 * counts predict; first, second: the smaller and the larger; alone, after, star: see the code.
 * THEOREM: fitted at all kappa <= below, least risk and largest distance from 1/2 there, mean risk_d;
 * kappa and risk between the switches. SEARCH: excess of the best margin found over that of the nine,
 * share of random starts that end lower. gap: the largest of the solves. */
#define COLUMNS                                                                                    \
  "part cell draw eta d coherence kappa_1 kappa_2 counts_1 counts_2 first second alone after "     \
  "star "                                                                                          \
  "support kappa fitted risk risk_1 risk_2 risk_d least off_half excess lower gap solves"
enum {
  PART,
  CELL,
  REPLICATE,
  ETA,
  D,
  COHERENCE,
  KAPPA_K,
  COUNTS = KAPPA_K + 2,
  FIRST = COUNTS + 2,
  SECOND,
  ALONE,
  AFTER,
  STAR,
  SUPPORT,
  KAPPA,
  FITTED,
  RISK_CLEAN,
  RISK_K,
  RISK_D = RISK_K + 2,
  LEAST,
  OFF_HALF,
  EXCESS,
  LOWER,
  GAP,
  SOLVES,
  WIDTH
};

static double kappa_star(double eta) {
  return sqrt(2 / (1 - eta));
}

/* ---- one draw ---- */

typedef struct {
  attn_pair *pair;
  attn_choice choice;
  double *saturated; /* [2 + N] p_mm at a length where attention saturates */
} problem;

/* ratio = 0: d = factor n^2 log n */
static size_t dimension(double n, double ratio) {
  return (size_t)(ratio > 0 ? ratio * n : conf.factor * n * n * log(n));
}

static problem problem_alloc(double n, double eta, double ratio) {
  const attn_data_param param = {(size_t)n, 2, dimension(n, ratio), 1, eta};
  return (problem){.pair = attn_pair_alloc(&param, false),
                   .saturated = attn_alloc(2 + param.n, sizeof(double))};
}

static void problem_free(problem *s) {
  attn_pair_free(s->pair);
  attn_free(s->saturated);
}

static void set_kappa(problem *s, double *row, double kappa) {
  const attn_data_param *param = &s->pair->trial->param;
  row[KAPPA] = kappa;
  attn_pair_set_rho(s->pair, kappa * sqrt((double)param->d / (double)param->n));
}

/* Draws, solves the nine selections, and fills the columns that do not depend on kappa. */
static void draw(double *row, problem *s, part which, size_t cell, size_t replicate,
                 const attn_experiment *experiment) {
  attn_pair *pair = s->pair;
  const attn_data_param *param = &pair->trial->param;
  const double d = (double)param->d, unit = sqrt((double)param->n / d);
  char name[64];
  snprintf(name, sizeof name, "maxmargin_harmful %s", part_name[which]);
  /* named by its parameters, a cell stays where it is when others are added */
  attn_pair_draw(pair, attn_experiment_seed(experiment), name,
                 param->d * 1000 + (size_t)round(1000 * param->eta), replicate);
  if (which == FINITE)
    attn_labels_balance(pair->trial->labels, param->eta);
  for (size_t c = 0; c < WIDTH; c++)
    row[c] = NAN;
  const double front[] = {(double)which,
                          (double)cell,
                          (double)replicate,
                          param->eta,
                          d,
                          attn_tokens_gram_coherence(pair->trial->tokens, param->n)};
  memcpy(row, front, sizeof front);
  //@begin switch
  const attn_counts counts = attn_labels_counts(pair->trial->labels);
  const double clean[2] = {counts.n[0] - counts.noisy[0], counts.n[1] - counts.noisy[1]};
  attn_choice *drawn = &s->choice, ideal;
  attn_choice_solve(drawn, &pair->set, pair->sigma, pair->a, pair->maxmargin);
  attn_choice_ideal(&ideal, clean, counts.noisy, d);
  for (size_t k = 0; k < 2; k++) {
    row[KAPPA_K + k] = unit * attn_choice_threshold(drawn, k);
    row[COUNTS + k] = attn_choice_threshold(drawn, k) / attn_choice_threshold(&ideal, k);
  }
  /* W without a signal, with one (mean of two selections), with both. The first
   * signal pays if 1/rho^2 < none - one, the second if 1/rho^2 < one - both. */
  const double none = drawn->noise[4], both = drawn->noise[0];
  const double one = (drawn->noise[1] + drawn->noise[3]) / 2;
  row[ALONE] = unit / sqrt(none - one);
  row[AFTER] = unit / sqrt(one - both);
  row[STAR] = unit / sqrt((none - both) / 2);
  //@end switch
  row[FIRST] = row[KAPPA_K] < row[KAPPA_K + 1] ? row[KAPPA_K] : row[KAPPA_K + 1];
  row[SECOND] = row[KAPPA_K] < row[KAPPA_K + 1] ? row[KAPPA_K + 1] : row[KAPPA_K];
  row[SUPPORT] = (double)drawn->support / (double)param->n;
  row[GAP] = drawn->gap;
  row[SOLVES] = ATTN_CHOICES;
}

/* The limit solution at this kappa: the best selection, v_mm and p_mm, the fit of the model itself
 * with attention saturated, and the exact risk. */
static void limit(double *row, problem *s, double kappa) {
  attn_pair *pair = s->pair;
  set_kappa(s, row, kappa);
  row[RISK_CLEAN] = row[RISK_K] = row[RISK_K + 1] = row[RISK_D] = NAN;
  row[FITTED] = 0;
  row[SOLVES] = 2;
  //@begin limit
  attn_maxmargin_start(pair->sigma, attn_choice_best(&s->choice, pair->set.rho), &pair->set);
  const bool solved = attn_pair_solve(pair);
  row[GAP] = fmax(pair->value.gap, pair->attention.gap);
  if (!solved)
    return;
  memcpy(s->saturated, pair->p, (2 + pair->trial->param.n) * sizeof *s->saturated);
  attn_scale(s->saturated, conf.saturated, 2 + pair->trial->param.n);
  const attn_metrics m = attn_pair_measure(pair, pair->v, s->saturated);
  const attn_risk_input input = attn_metrics_risk_input(&m);
  const attn_risk_result risk = attn_risk_limit(&input, 2);
  row[FITTED] = m.train_acc == 1;
  row[RISK_CLEAN] = pow(10, risk.log10_clean);
  row[RISK_D] = pow(10, attn_risk_log10_noisy(risk.log10_clean, pair->trial->param.eta));
  //@end limit
  for (size_t k = 0; k < 2; k++)
    row[RISK_K + k] = pow(10, risk.log10_class[k]);
}

static void write_row(attn_table *table, size_t job, const double *row) {
  attn_table_number(table, (double)job);
  attn_table_numbers(table, row, WIDTH);
}

static void run_risk(attn_table *table, size_t job, problem *s, double *row) {
  double fitted = 1, least = INFINITY, off = 0, sum_d = 0, count = 0;
  const double nine_gap = row[GAP];
  for (size_t i = 0; i < conf.kappa.count; i++) {
    limit(row, s, conf.kappa.value[i]);
    write_row(table, job, row);
    if (conf.kappa.value[i] > conf.below)
      continue;
    fitted = fmin(fitted, row[FITTED]);
    least = fmin(least, row[FITTED] == 1 ? row[RISK_CLEAN] : 0);
    off = fmax(off, fabs(row[RISK_CLEAN] - 0.5));
    sum_d += row[RISK_D];
    count++;
  }
  if (row[FIRST] < row[SECOND]) {
    limit(row, s, sqrt(row[FIRST] * row[SECOND]));
  } else { /* there is nothing between the switches */
    row[KAPPA] = row[RISK_CLEAN] = row[RISK_K] = row[RISK_K + 1] = NAN;
    row[GAP] = row[SOLVES] = 0;
  }
  row[PART] = THEOREM;
  row[FITTED] = fitted;
  row[LEAST] = least;
  row[OFF_HALF] = off;
  row[RISK_D] = sum_d / count;
  row[GAP] = fmax(row[GAP], nine_gap);
  row[SOLVES] += ATTN_CHOICES;
  write_row(table, job, row);
}

/* Beside each switch: the best selection of all, or of climbs from the nine and from random starts,
 * against the best of the nine. */
static void run_search(attn_table *table, size_t job, problem *s, double *row,
                       const attn_experiment *experiment) {
  attn_pair *pair = s->pair;
  attn_trial *trial = pair->trial;
  const size_t n = trial->param.n, climbs = ATTN_MAXMARGIN_STARTS + conf.search_random;
  double *margins = attn_alloc(climbs, sizeof *margins);
  attn_maxmargin_list *list = attn_maxmargin_list_alloc(1, n);
  attn_rng_start(trial->rng, attn_experiment_seed(experiment), "maxmargin_harmful search",
                 trial->param.d, (size_t)row[REPLICATE], ATTN_STREAM_START);
  for (size_t point = 0; point < 4; point++) {
    const double at = row[KAPPA_K + point / 2];
    set_kappa(s, row,
              (isnan(at) ? kappa_star(row[ETA]) : at) *
                  (point % 2 == 0 ? 1 - conf.beside : 1 + conf.beside));
    const size_t best = attn_choice_best(&s->choice, pair->set.rho);
    double found = 0, lower = 0;
    if (n <= conf.enumerated) {
      attn_maxmargin_enumerate(list, &pair->set, SIZE_MAX, pair->maxmargin);
      found = list->count > 0 ? list->margin[0] : 0;
    } else {
      found = attn_maxmargin_best(pair->sigma, margins, conf.search_random, trial->rng, &pair->set,
                                  pair->maxmargin);
      for (size_t c = ATTN_MAXMARGIN_STARTS; c < climbs; c++)
        lower += margins[c] < (1 - 1e-9) * found;
      row[LOWER] = lower / (double)conf.search_random;
    }
    row[EXCESS] = found * sqrt(attn_choice_square(&s->choice, best, pair->set.rho)) - 1;
    write_row(table, job, row);
    row[SOLVES] = 0; /* the nine are counted once */
  }
  attn_maxmargin_list_free(list);
  attn_free(margins);
}

/* ---- jobs ---- */

typedef struct {
  double n, eta, ratio;
  size_t draws;
} cell;

static size_t cells_of(part which) {
  const size_t cells[PARTS] = {conf.n.count * conf.eta.count, conf.finite_ratio.count,
                               conf.risk_n.count, 0, conf.search_n.count};
  return cells[which];
}

/* As many draws as make the same number of samples: then the means of all n are equally accurate. */
static size_t draws_for(size_t samples, double n) {
  return (size_t)ceil((double)samples / n);
}

static cell cell_of(part which, size_t c) {
  const double n = which == SWITCH ? conf.n.value[c % conf.n.count]
                   : which == RISK ? conf.risk_n.value[c]
                                   : (double)conf.finite_n;
  if (which == SWITCH)
    return (cell){n, conf.eta.value[c / conf.n.count], 0, draws_for(conf.samples, n)};
  if (which == FINITE)
    return (cell){n, conf.finite_eta, conf.finite_ratio.value[c], conf.finite_draws};
  if (which == RISK)
    return (cell){n, conf.risk_eta.value[c], conf.risk_ratio.value[c],
                  draws_for(conf.risk_samples, n)};
  return (cell){conf.search_n.value[c], conf.search_eta.value[c], conf.search_ratio.value[c],
                conf.search_draws};
}

/* The part, cell and draw of a job; returns how many jobs there are. */
static size_t locate(size_t job, part *which, size_t *c, size_t *replicate) {
  size_t total = 0;
  for (part p = SWITCH; p < PARTS; p++)
    for (size_t i = 0; i < cells_of(p); i++) {
      const size_t draws = cell_of(p, i).draws;
      if (job >= total && job < total + draws) {
        *which = p;
        *c = i;
        *replicate = job - total;
      }
      total += draws;
    }
  return total;
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  part which = SWITCH;
  size_t c = 0, replicate = 0;
  const size_t jobs = locate(SIZE_MAX, &which, &c, &replicate);
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, jobs, &job);) {
    double row[WIDTH];
    locate(job, &which, &c, &replicate);
    const cell at = cell_of(which, c);
    problem s = problem_alloc(at.n, at.eta, at.ratio);
    draw(row, &s, which, c, replicate, experiment);
    if (which == RISK)
      run_risk(table, job, &s, row);
    else if (which == SEARCH)
      run_search(table, job, &s, row, experiment);
    else
      write_row(table, job, row);
    problem_free(&s);
  }
}

/* ---- results ---- */

#define WHERE(...) ((attn_where[]){__VA_ARGS__, {0}})

typedef struct {
  double value;
  attn_interval interval;
} estimate;

/* The mean of a column, over a prediction, with its interval. */
static estimate mean_over(double predicted, const attn_samples *samples, const char *column,
                          const attn_where *where) {
  const attn_summary s = attn_samples_summary(samples, column, where, conf.level);
  return (estimate){s.mean / predicted, {s.low / predicted, s.high / predicted}};
}

static void write_estimate(attn_table *table, estimate e) {
  attn_table_numbers(table, (double[]){e.value, e.interval.low, e.interval.high}, 3);
}

/* The estimate whose interval reaches farthest from a prediction: if it holds, all do. */
static estimate farthest(const estimate *all, size_t count, double predicted) {
  size_t far = 0;
  for (size_t i = 1; i < count; i++) {
    const attn_interval a = all[i].interval, b = all[far].interval;
    if (!(fmax(fabs(a.low - predicted), fabs(a.high - predicted)) <=
          fmax(fabs(b.low - predicted), fabs(b.high - predicted))))
      far = i;
  }
  return all[far];
}

static attn_claim base_of(double kappa, double coherence, bool in_scope) {
  return (attn_claim){.kappa = kappa, .coherence = coherence, .in_scope = in_scope};
}

static void claim_within(attn_experiment *experiment, const char *id, attn_claim base,
                         double predicted, double allowed, estimate e) {
  attn_experiment_claim(experiment,
                        attn_verdict_within(base, id, predicted, allowed, e.value, e.interval));
}

/* Both classes' values of a pair of columns. */
static size_t both_classes(double *x, const attn_samples *samples, const char *first,
                           const char *second, size_t c) {
  const attn_where *where = WHERE({"part", SWITCH}, {"cell", (double)c});
  const size_t count = attn_samples_select(x, samples, first, where);
  return count + attn_samples_select(x + count, samples, second, where);
}

/* The switches against n, in units of kappa and as signal-to-noise ratios. */
static void write_switches(attn_experiment *experiment, const attn_samples *samples, double *x) {
  attn_table *table = attn_experiment_table(
      experiment, "switches",
      "series eta n d coherence draws star star_low star_high kappa_star snr snr_low snr_high "
      "snr_predicted class_sd class_sd_predicted counts_ratio counts_sd");
  attn_table *fits = attn_experiment_table(
      experiment, "fits",
      "eta exponent exponent_low exponent_high constant constant_low constant_high mean mean_low "
      "mean_high kappa_star");
  estimate constant[ATTN_LIST_MAX];
  double log_n[ATTN_LIST_MAX], log_snr[ATTN_LIST_MAX], all_n[ATTN_LIST_MAX],
      log_ratio[ATTN_LIST_MAX];
  size_t all = 0, met = 0, classes = 0;
  for (size_t e = 0; e < conf.eta.count; e++) {
    const double eta = conf.eta.value[e], star = kappa_star(eta);
    for (size_t i = 0; i < conf.n.count; i++, all++) {
      const cell at = cell_of(SWITCH, all);
      const attn_where *where = WHERE({"part", SWITCH}, {"cell", (double)all});
      const estimate snr = mean_over(sqrt(at.n), samples, "star", where);
      attn_table_numbers(table, (double[]){(double)e, eta, at.n, (double)dimension(at.n, 0)}, 4);
      attn_table_number(table, attn_samples_largest(samples, "coherence", where));
      attn_table_number(table, (double)at.draws);
      write_estimate(table, mean_over(1, samples, "star", where));
      attn_table_number(table, star);
      write_estimate(table, snr);
      attn_table_number(table, star / sqrt(at.n));
      size_t count = both_classes(x, samples, "kappa_1", "kappa_2", all);
      for (size_t r = 0; r < count; r++)
        x[r] = log(x[r]);
      attn_table_number(table, attn_stats_deviation(x, count));
      attn_table_number(table, sqrt((1 + eta) / ((1 - eta) * at.n)) / 2);
      count = both_classes(x, samples, "counts_1", "counts_2", all);
      attn_table_number(table, attn_stats_mean(x, count));
      attn_table_number(table, attn_stats_deviation(x, count));
      for (size_t r = 0; r < count; r++)
        met += fabs(x[r] - 1) <= conf.allowed;
      classes += 2 * at.draws; /* a class that never switches counts as missed */
      log_n[i] = all_n[all] = log(at.n);
      log_snr[i] = log(snr.value);
      log_ratio[all] = log_snr[i] - log(star);
    }
    const attn_line line = attn_stats_line(log_n, log_snr, conf.n.count, conf.level);
    const attn_interval at_one = line.intercept_interval;
    constant[e] = mean_over(star, samples, "star", WHERE({"part", SWITCH}, {"eta", eta}));
    attn_table_number(fits, eta);
    write_estimate(fits, (estimate){line.slope, line.slope_interval});
    write_estimate(fits, (estimate){exp(line.intercept), {exp(at_one.low), exp(at_one.high)}});
    write_estimate(fits, mean_over(1, samples, "star", WHERE({"part", SWITCH}, {"eta", eta})));
    attn_table_number(fits, star);
  }
  attn_table_close(table);
  attn_table_close(fits);
  const double coherence = attn_samples_largest(samples, "coherence", WHERE({"part", SWITCH}));
  const attn_claim base = base_of(NAN, coherence, coherence <= conf.coherence);
  const attn_line line = attn_stats_line(all_n, log_ratio, all, conf.level);
  attn_experiment_claim(
      experiment, attn_verdict_share(base, "class-switch", met, classes, conf.level, conf.delta));
  claim_within(experiment, "kappa-star", base, 1, conf.allowed,
               farthest(constant, conf.eta.count, 1));
  claim_within(experiment, "kappa-star-exponent", base, -0.5, conf.exponent,
               (estimate){line.slope, line.slope_interval});
}

/* The share of classes that switch below a kappa, in units of kappa*, for each n at one eta. */
static void write_distribution(attn_experiment *experiment, const attn_samples *samples,
                               double *x) {
  attn_table *table = attn_experiment_table(experiment, "distribution",
                                            "series eta n share measured predicted by_counts");
  double *y = x + 2 * samples->rows, series = 0;
  for (size_t c = 0; c < cells_of(SWITCH); c++) {
    const cell at = cell_of(SWITCH, c);
    if (at.eta != conf.shown_eta)
      continue;
    const size_t count = both_classes(x, samples, "kappa_1", "kappa_2", c);
    attn_stats_sort(x, count);
    const size_t counted = both_classes(y, samples, "counts_1", "counts_2", c);
    attn_stats_sort(y, counted);
    for (size_t r = 0; r < count; r++) {
      /* kappa_k = sqrt(n / clean), with the normal law for binomial counts */
      const double share = ((double)r + 0.5) / (double)count, p = (1 - at.eta) / 2;
      const double clean = at.n * p + sqrt(at.n * p * (1 - p)) * gsl_cdf_ugaussian_Qinv(share);
      const double star = kappa_star(at.eta), own = r < counted ? y[r] : NAN;
      attn_table_numbers(table, (double[]){series, at.eta, at.n, share}, 4);
      attn_table_numbers(table, (double[]){x[r] / star, sqrt(at.n / clean) / star, own}, 3);
    }
    series++;
  }
  attn_table_close(table);
}

/* kappa for the first class, the second, and both at once: equal classes and large n. */
static void closed_forms(double out[3], double ratio, double eta) {
  const double g = 1 / ratio, middle = 1 - g * (1 + eta) / 2;
  out[0] = kappa_star(eta) * sqrt((1 - g) * middle);
  out[1] = kappa_star(eta) * sqrt((1 - eta * g) * middle);
  out[2] = kappa_star(eta) * sqrt((1 - g) * (1 - eta * g));
}

static void write_finite(attn_experiment *experiment, const attn_samples *samples, double *x) {
  attn_table *table = attn_experiment_table(
      experiment, "finite",
      "ratio gamma coherence support first second alone alone_low alone_high alone_predicted after "
      "after_low after_high after_predicted star star_low star_high star_predicted");
  static const char *const column[3] = {"alone", "after", "star"};
  estimate ratio[3][ATTN_LIST_MAX];
  double coherence = 0, near_coherence = 0, *y = x + samples->rows;
  size_t claimed = 0, near = 0;
  for (size_t c = 0; c < conf.finite_ratio.count; c++) {
    const cell at = cell_of(FINITE, c);
    const attn_where *where = WHERE({"part", FINITE}, {"cell", (double)c});
    const double largest = attn_samples_largest(samples, "coherence", where);
    double predicted[3];
    closed_forms(predicted, at.ratio, at.eta);
    attn_table_numbers(table, (double[]){at.ratio, 1 / at.ratio, largest}, 3);
    attn_table_number(table, attn_samples_mean(samples, "support", where));
    attn_table_number(table, attn_samples_mean(samples, "first", where));
    attn_table_number(table, attn_samples_mean(samples, "second", where));
    for (size_t w = 0; w < 3; w++) {
      write_estimate(table, mean_over(1, samples, column[w], where));
      attn_table_number(table, predicted[w]);
      ratio[w][claimed] = mean_over(predicted[w], samples, column[w], where);
    }
    if (at.ratio >= conf.finite_from) {
      claimed++;
      coherence = fmax(coherence, largest);
    }
    if (largest > conf.coherence)
      continue;
    /* the critical rho = star sqrt(d/n) against d, where noise is nearly orthogonal */
    const size_t count = attn_samples_select(y + near, samples, "star", where);
    for (const size_t end = near + count; near < end; near++) {
      x[near] = log(at.ratio * at.n);
      y[near] = log(y[near] * sqrt(at.ratio));
    }
    near_coherence = fmax(near_coherence, largest);
  }
  attn_table_close(table);
  static const char *const id[3] = {"first-class-finite", "second-class-finite",
                                    "kappa-star-finite"};
  for (size_t w = 0; w < 3; w++)
    claim_within(experiment, id[w], base_of(NAN, coherence, true), 1, conf.allowed,
                 farthest(ratio[w], claimed, 1));
  const attn_line line = attn_stats_line(x, y, near, conf.level);
  claim_within(experiment, "summary-scale", base_of(NAN, near_coherence, true), -0.5, conf.exponent,
               (estimate){line.slope, line.slope_interval});
}

/* ---- risk ---- */

static void write_risk(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(experiment, "risk",
                                            "cell n eta ratio kappa fitted risk low high risk_d");
  attn_table *curve = attn_experiment_table(experiment, "curve", "cell kappa risk");
  attn_table *edges = attn_experiment_table(experiment, "edges", "cell kappa_star first second");
  attn_table *runs = attn_experiment_table(experiment, "runs", "cell draw kappa risk");
  for (size_t c = 0; c < cells_of(RISK); c++) {
    const cell at = cell_of(RISK, c);
    const double d = (double)dimension(at.n, at.ratio);
    double closed[3];
    for (size_t i = 0; i < conf.kappa.count; i++) {
      const double kappa = conf.kappa.value[i];
      const attn_where *where = WHERE({"part", RISK}, {"cell", (double)c}, {"kappa", kappa});
      attn_table_numbers(table, (double[]){(double)c, at.n, at.eta, d / at.n, kappa}, 5);
      attn_table_number(table, attn_samples_mean(samples, "fitted", where));
      write_estimate(table, mean_over(1, samples, "risk", where));
      attn_table_number(table, attn_samples_mean(samples, "risk_d", where));
    }
    for (size_t r = 0; r < conf.runs && c + 1 == conf.runs_cell; r++)
      for (size_t i = 0; i < conf.kappa.count; i++) {
        const double kappa = conf.kappa.value[i];
        const attn_where *where =
            WHERE({"part", RISK}, {"cell", (double)c}, {"kappa", kappa}, {"draw", (double)r});
        attn_table_numbers(
            runs,
            (double[]){(double)c, (double)r, kappa, attn_samples_mean(samples, "risk", where)}, 4);
      }
    closed_forms(closed, d / at.n, at.eta);
    attn_table_numbers(edges, (double[]){(double)c, kappa_star(at.eta), closed[0], closed[1]}, 4);
    /* a class with at most n / kappa^2 clean samples is off its signal, and its risk one half */
    const double last = conf.kappa.value[conf.kappa.count - 1];
    for (double kappa = conf.kappa.value[0]; kappa <= last; kappa *= 1.002) {
      const unsigned most = (unsigned)floor(at.n / (kappa * kappa));
      const double off = gsl_cdf_binomial_P(most, (1 - at.eta) / 2, (unsigned)at.n);
      attn_table_numbers(curve, (double[]){(double)c, kappa, off / 2}, 3);
    }
  }
  attn_table *const tables[] = {table, curve, edges, runs};
  for (size_t t = 0; t < 4; t++)
    attn_table_close(tables[t]);
}

/* Theorem 12 at all kappa <= below in nearly orthogonal noise, and the risk between the switches. */
static void write_theorem(attn_experiment *experiment, const attn_samples *samples, double *x) {
  attn_table *table = attn_experiment_table(
      experiment, "theorem",
      "n eta ratio coherence draws fitted off_half off_half_largest risk_d one_minus_eta between "
      "between_low between_high");
  double coherence = 0;
  size_t fitted = 0, harmful = 0, draws = 0, quarters = 0;
  double *off = x, *quarter = x + samples->rows;
  for (size_t c = 0; c < cells_of(RISK); c++) {
    const cell at = cell_of(RISK, c);
    const attn_where *where = WHERE({"part", THEOREM}, {"cell", (double)c});
    const double largest = attn_samples_largest(samples, "coherence", where);
    attn_table_numbers(
        table, (double[]){at.n, at.eta, (double)dimension(at.n, at.ratio) / at.n, largest}, 4);
    attn_table_number(table, (double)at.draws);
    attn_table_number(table, attn_samples_mean(samples, "fitted", where));
    attn_table_number(table, attn_samples_mean(samples, "off_half", where));
    attn_table_number(table, attn_samples_largest(samples, "off_half", where));
    attn_table_number(table, attn_samples_mean(samples, "risk_d", where));
    attn_table_number(table, 1 - at.eta);
    write_estimate(table, mean_over(1, samples, "risk", where));
    if (at.ratio > 0)
      continue;
    coherence = fmax(coherence, largest);
    size_t count = attn_samples_select(samples->scratch, samples, "least", where);
    for (size_t r = 0; r < count; r++)
      harmful += samples->scratch[r] >= conf.harmful;
    count = attn_samples_select(samples->scratch, samples, "fitted", where);
    for (size_t r = 0; r < count; r++)
      fitted += samples->scratch[r] == 1;
    attn_samples_select(off + draws, samples, "off_half", where);
    draws += at.draws;
    quarters += attn_samples_select(quarter + quarters, samples, "risk", where);
  }
  attn_table_close(table);
  const attn_claim base = base_of(conf.below, coherence, coherence <= conf.coherence);
  attn_experiment_claim(
      experiment, attn_verdict_share(base, "harmful-fits", fitted, draws, conf.level, conf.delta));
  attn_experiment_claim(
      experiment, attn_verdict_share(base, "harmful-risk", harmful, draws, conf.level, conf.delta));
  attn_experiment_claim(
      experiment, attn_verdict_below(base, "harmful-half", conf.half, attn_stats_mean(off, draws),
                                     attn_stats_mean_interval(off, draws, conf.level)));
  claim_within(experiment, "quarter", base_of(NAN, coherence, base.in_scope), 0.25, conf.quarter,
               (estimate){attn_stats_mean(quarter, quarters),
                          attn_stats_mean_interval(quarter, quarters, conf.level)});
  const cell shown = cell_of(RISK, conf.runs_cell - 1);
  claim_within(experiment, "summary-error", base, 1 - shown.eta, conf.allowed,
               mean_over(1, samples, "risk_d",
                         WHERE({"part", THEOREM}, {"cell", (double)conf.runs_cell - 1})));
}

/* ---- searches and certificates ---- */

static void write_search(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table =
      attn_experiment_table(experiment, "search", "n eta ratio all points better excess lower");
  size_t met = 0, points = 0;
  for (size_t c = 0; c < cells_of(SEARCH); c++) {
    const cell at = cell_of(SEARCH, c);
    const attn_where *where = WHERE({"part", SEARCH}, {"cell", (double)c});
    const size_t count = attn_samples_select(samples->scratch, samples, "excess", where);
    size_t here = 0;
    for (size_t r = 0; r < count; r++)
      here += fabs(samples->scratch[r]) <= 1e-9;
    attn_table_numbers(table,
                       (double[]){at.n, at.eta, at.ratio, at.n <= (double)conf.enumerated,
                                  (double)count, (double)(count - here)},
                       6);
    attn_table_number(table, attn_samples_largest(samples, "excess", where));
    attn_table_number(table, attn_samples_mean(samples, "lower", where));
    met += here;
    points += count;
  }
  attn_table_close(table);
  const double coherence = attn_samples_largest(samples, "coherence", WHERE({"part", SEARCH}));
  attn_experiment_claim(experiment,
                        attn_verdict_share(base_of(NAN, coherence, true), "nine-selections", met,
                                           points, conf.level, conf.delta));
}

static void write_certificates(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(experiment, "certificates", "part solves worst_gap");
  double solves = 0, worst = 0;
  for (part p = SWITCH; p < PARTS; p++) {
    const size_t count =
        attn_samples_select(samples->scratch, samples, "solves", WHERE({"part", p}));
    double here = 0;
    for (size_t r = 0; r < count; r++)
      here += samples->scratch[r];
    attn_table_text(table, part_name[p]);
    attn_table_numbers(
        table, (double[]){here, attn_samples_largest(samples, "gap", WHERE({"part", p}))}, 2);
    solves += here;
    worst = fmax(worst, attn_samples_largest(samples, "gap", WHERE({"part", p})));
  }
  attn_table_text(table, "all");
  attn_table_numbers(table, (double[]){solves, worst}, 2);
  attn_table_close(table);
}

static void check_lists(const char *names, const attn_list *n, const attn_list *eta,
                        const attn_list *ratio) {
  if (eta->count != n->count || ratio->count != n->count)
    attn_fail("%s: %zu, %zu, %zu values, expected the same of each", names, n->count, eta->count,
              ratio->count);
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "where the max-margin limit is harmful, and the constant of its threshold", keys,
      sizeof keys / sizeof *keys);
  check_lists("risk_n, risk_eta, risk_ratio", &conf.risk_n, &conf.risk_eta, &conf.risk_ratio);
  check_lists("search_n, search_eta, search_ratio", &conf.search_n, &conf.search_eta,
              &conf.search_ratio);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    double *x = attn_alloc(4 * samples->rows, sizeof *x);
    write_switches(experiment, samples, x);
    write_distribution(experiment, samples, x);
    write_finite(experiment, samples, x);
    write_risk(experiment, samples);
    write_theorem(experiment, samples, x);
    write_search(experiment, samples);
    write_certificates(experiment, samples);
    attn_free(x);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
