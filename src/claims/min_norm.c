/* The min-norm interpolator chooses a |p| at which attention does not saturate: it has a threshold
 * of its own, and below it its risk falls with d/n (theory section 5). */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_lambert.h>
#include <math.h>
#include <string.h>

#include "experiment.h"
#include "interpolator_ideal.h"
#include "interpolator_starts.h"
#include "metrics.h"
#include "risk.h"
#include "rng.h"
#include "stats.h"
#include "tokens_gram.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t rate_draws, harm_draws, family_draws, random;
  double cross_low, cross_high, ideal_high, precision, harm_low, harm_high, tie, slack, harmful,
      benign, above, allowed, coherence, delta, level;
  attn_list n, ratio, eta, draws, kappa, rate_kappa, rate_ratio, cross_gamma, cross_draws,
      ideal_eta, ideal_gamma, harm_ratio, family_kappa, gamma;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNTS, &conf.n, "[4, 1000]", "the samples of each setting"},
    {"ratio", ATTN_KEY_LIST, &conf.ratio, "[1, 1e12)", "d/n of each setting"},
    {"eta", ATTN_KEY_LIST, &conf.eta, "[0, 0.5)", "the label-flip rate of each setting"},
    {"draws", ATTN_KEY_COUNTS, &conf.draws, "[2, 1e4]", "the draws of each setting and kappa"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "rho sqrt(n/d)"},
    {"rate_kappa", ATTN_KEY_LIST, &conf.rate_kappa, "(0, 1e3)", "kappa of the risk against d/n"},
    {"rate_ratio", ATTN_KEY_LIST, &conf.rate_ratio, "[1, 1e12)", "d/n of the risk against d/n"},
    {"rate_draws", ATTN_KEY_COUNT, &conf.rate_draws, "[2, 1e4]", "draws of the risk against d/n"},
    {"cross_low", ATTN_KEY_REAL, &conf.cross_low, "(0, 1e3)", "the least kappa of a crossover"},
    {"cross_high", ATTN_KEY_REAL, &conf.cross_high, "(0, 1e3)", "the largest kappa of a crossover"},
    {"cross_gamma", ATTN_KEY_LIST, &conf.cross_gamma, "[1, 1e6)", "the margins of the crossovers"},
    {"cross_draws", ATTN_KEY_COUNTS, &conf.cross_draws, "[1, 1e4]", "their draws, by setting"},
    {"ideal_eta", ATTN_KEY_LIST, &conf.ideal_eta, "[0, 0.5)", "eta of predicted crossovers"},
    {"ideal_gamma", ATTN_KEY_LIST, &conf.ideal_gamma, "[1, 1e6)", "their margins"},
    {"ideal_high", ATTN_KEY_REAL, &conf.ideal_high, "(0, 1e3)", "the end of their search"},
    {"precision", ATTN_KEY_REAL, &conf.precision, "(0, 0.1]", "the relative precision of edges"},
    {"harm_low", ATTN_KEY_REAL, &conf.harm_low, "(0, 1e3)", "the least kappa of the harmful edge"},
    {"harm_high", ATTN_KEY_REAL, &conf.harm_high, "(0, 1e3)", "the largest kappa of that edge"},
    {"harm_ratio", ATTN_KEY_LIST, &conf.harm_ratio, "[1, 1e12)", "d/n of the harmful edge"},
    {"harm_draws", ATTN_KEY_COUNT, &conf.harm_draws, "[2, 1e4]", "the draws of that edge"},
    {"family_kappa", ATTN_KEY_LIST, &conf.family_kappa, "(0, 1e3)", "kappa of the family"},
    {"gamma", ATTN_KEY_LIST, &conf.gamma, "[1, 1e6)", "the margins of the family"},
    {"family_draws", ATTN_KEY_COUNT, &conf.family_draws, "[2, 1e4]", "the draws of the family"},
    {"random", ATTN_KEY_COUNT, &conf.random, "[0, 1000]", "the random starts"},
    {"tie", ATTN_KEY_REAL, &conf.tie, "(0, 1)", "the distance of objectives that are the same"},
    {"slack", ATTN_KEY_REAL, &conf.slack, "[0, 1)", "the rounding that a margin is granted"},
    {"harmful", ATTN_KEY_REAL, &conf.harmful, "(0, 0.5)", "the risk that counts as harmful"},
    {"benign", ATTN_KEY_REAL, &conf.benign, "(0, 0.5)", "the risk that counts as benign"},
    {"above", ATTN_KEY_REAL, &conf.above, "(0, 1e3)", "the kappa above the crossover"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed relative distance"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* PHASE has labels drawn from D, the others n/2 samples in each class, round(eta n/2) of them
 * flipped. */
typedef enum { PHASE, RATE, FAMILY, CROSS, HARM, PARTS } part_kind;

/* A row of the samples, in the order of COLUMNS. Lengths are in units of sqrt(n/d), objectives in
 * units of n/d; what a part does not measure is not-a-number. */
#define COLUMNS                                                                                    \
  "part setting n ratio eta kappa gamma draw coherence "                                           \
  "r r_ratio r_mm r_over law r_over_law cos_mm att_clean att_noisy log10_risk smallest share "     \
  "objective starts infeasible worse zero_worse first_worse random_worse spread gap sine "         \
  "sine_gap status "                                                                               \
  "ideal_r ideal_att_clean ideal_att_noisy ideal_log10_risk ideal_objective optima "               \
  "edge ideal_edge edge_ratio edge_star"
typedef struct {
  double part, setting, n, ratio, eta, kappa, gamma, draw, coherence;
  double r, r_ratio;      /* |p|; over the prediction's */
  double r_mm, r_over;    /* |p_mm| of the best selection; r over it */
  double law, r_over_law; /* leading order of r_over; r_over over it */
  double cos_mm;          /* of p and p_mm */
  double att_clean, att_noisy, log10_risk;
  double smallest;                  /* margin y_i f_i */
  double share;                     /* smallest / |v| over its limit for |p| -> infinity */
  double objective;                 /* |v|^2 + |p|^2 / gamma^2 */
  double starts, infeasible, worse; /* counts */
  double zero_worse, first_worse, random_worse; /* start 0, 1, the share of feasible random ones */
  double spread;
  double gap, sine, sine_gap, status; /* certificates; the worst of a search */
  double ideal_r, ideal_att_clean, ideal_att_noisy, ideal_log10_risk, ideal_objective;
  double optima;                                  /* of the prediction, product over classes */
  double edge, ideal_edge, edge_ratio, edge_star; /* kappa; over the prediction, over kappa* */
} row_type;
enum { WIDTH = sizeof(row_type) / sizeof(double) };

static double kappa_star(double eta) {
  return sqrt(2 / (1 - eta));
}

/* ---- one draw ---- */

typedef struct {
  attn_trial *trial;
  attn_interpolator_starts *starts;
  attn_maxmargin_set set;
  gsl_rng *rng; /* of random starts */
} bench;

static double root_ratio(const attn_data_param *param) {
  return sqrt((double)param->d / (double)param->n);
}

/* After a draw or a change of rho. */
static void prepare(bench *x) {
  attn_trial *trial = x->trial;
  x->set =
      (attn_maxmargin_set){trial->labels, attn_tokens_gram_matrix(trial->tokens), trial->param.rho};
  attn_interpolator_starts_prepare(x->starts, &x->set);
}

/* min |v|^2 + |p|^2 / gamma^2 with margins 1, and what is measured of it. */
static void solve(row_type *row, bench *x) {
  attn_trial *trial = x->trial;
  attn_interpolator_starts *s = x->starts;
  const double root = root_ratio(&trial->param);
  //@begin solve
  attn_interpolator_starts_solve(s, 1 / (row->gamma * row->gamma), &x->set, x->rng);
  attn_model_set(trial->model, trial->tokens, s->v, s->p);
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  row->log10_risk = attn_metrics_log10_risk(&m, trial->param.T);
  row->starts = (double)s->starts;
  row->infeasible = (double)s->infeasible;
  row->worse = (double)attn_interpolator_starts_worse(s, conf.tie);
  row->spread = attn_interpolator_starts_spread(s);
  //@end solve
  row->zero_worse = s->found[0] > s->objective * (1 + conf.tie);
  row->first_worse = s->found[1] > s->objective * (1 + conf.tie);
  double random = 0, feasible = 0;
  for (size_t start = 1 + s->selections; start < s->starts; start++)
    if (isfinite(s->found[start])) {
      random += s->found[start] > s->objective * (1 + conf.tie);
      feasible++;
    }
  row->random_worse = random / feasible;
  row->smallest = fmin(m.least_clean, m.least_noisy);
  row->att_clean = m.att_clean;
  row->att_noisy = m.att_noisy;
  row->r = s->best.R * root;
  row->r_mm = attn_interpolator_norm(s->p_mm, &x->set, s->solver) * root;
  row->r_over = row->r / row->r_mm;
  row->cos_mm = attn_interpolator_cosine(s->p, s->p_mm, &x->set, s->solver);
  row->share = s->best.margin / s->margin_limit;
  row->objective = s->objective * root * root;
  row->gap = s->best.gap;
  row->sine = s->best.sine;
  row->sine_gap = s->best.sine_gap;
  row->status = s->best.status;
  /* the leading order of R / |p_mm|: the g with g e^g = gamma^2 / |p_mm|^2 */
  row->law = gsl_sf_lambert_W0(row->gamma * row->gamma / (row->r_mm * row->r_mm));
  row->r_over_law = row->r_over / row->law;
}

/* The same on the ideal draw. */
static void predict(row_type *row, const attn_interpolator_ideal_class class[2], double n,
                    double d) {
  attn_interpolator_ideal ideal[2];
  row->optima = (double)attn_interpolator_ideal_solve(ideal, class, 1 / (row->gamma * row->gamma));
  const attn_risk_input input = attn_interpolator_ideal_risk(ideal, class, d);
  row->ideal_r = attn_interpolator_ideal_radius(ideal, d) * sqrt(d / n);
  row->r_ratio = row->r / row->ideal_r;
  row->ideal_att_clean = attn_interpolator_ideal_attention(ideal, class, 0);
  row->ideal_att_noisy = attn_interpolator_ideal_attention(ideal, class, 1);
  row->ideal_log10_risk = attn_risk_log10(&input, 2).log10_clean;
  row->ideal_objective = (ideal[0].objective + ideal[1].objective) / n;
}

/* With the counts of a draw. */
static void predict_draw(row_type *row, const attn_trial *trial) {
  const double d = (double)trial->param.d;
  attn_interpolator_ideal_class class[2];
  attn_interpolator_ideal_classes(class, trial->labels, trial->param.rho * trial->param.rho / d);
  predict(row, class, (double)trial->param.n, d);
}

/* ---- where attention crosses one half (CROSS), or the risk falls to harmful (HARM) ---- */

typedef struct {
  bench *bench;
  row_type *row;
  bool ideal;
} search;

/* Positive beyond the edge. */
static double beyond(double kappa, void *context) {
  const search *s = context;
  attn_trial *trial = s->bench->trial;
  row_type row = *s->row;
  attn_trial_set_rho(trial, kappa * root_ratio(&trial->param));
  if (s->ideal) {
    predict_draw(&row, trial);
    row.att_clean = row.ideal_att_clean;
    row.log10_risk = row.ideal_log10_risk;
  } else {
    prepare(s->bench);
    solve(&row, s->bench);
    s->row->starts = row.starts;
    s->row->gap = fmax(s->row->gap, row.gap);
    s->row->sine = fmax(s->row->sine, row.sine);
    s->row->sine_gap = fmax(s->row->sine_gap, row.sine_gap);
    s->row->status = fmax(s->row->status, row.status);
  }
  return row.part == HARM ? log10(conf.harmful) - row.log10_risk : row.att_clean - 0.5;
}

static void locate(row_type *row, bench *x) {
  double low = row->part == HARM ? conf.harm_low : conf.cross_low;
  double high = row->part == HARM ? conf.harm_high : conf.cross_high;
  search s = {x, row, true};
  row->ideal_edge = attn_stats_root(beyond, &s, low, high, conf.precision * low);
  s.ideal = false;
  row->gap = row->sine = row->sine_gap = row->status = 0;
  /* if the sign changes near the prediction, the search ends there soon; if not, it covers all */
  const double near[2] = {row->ideal_edge * (1 - conf.allowed),
                          row->ideal_edge * (1 + conf.allowed)};
  if (near[0] > low && beyond(near[0], &s) < 0)
    low = near[0];
  if (near[1] < high && beyond(near[1], &s) > 0)
    high = near[1];
  row->edge = attn_stats_root(beyond, &s, low, high, conf.precision * low);
  row->edge_ratio = row->edge / row->ideal_edge;
  row->edge_star = row->edge / kappa_star(row->eta);
}

/* ---- jobs ---- */

static size_t total(const attn_list *draws) {
  double sum = 0;
  for (size_t s = 0; s < draws->count; s++)
    sum += draws->value[s];
  return (size_t)sum;
}

static size_t jobs_of(part_kind part) {
  const size_t jobs[PARTS] = {
      conf.kappa.count * total(&conf.draws),
      conf.rate_kappa.count * conf.rate_ratio.count * conf.rate_draws,
      conf.family_kappa.count * conf.family_draws,
      conf.cross_gamma.count * total(&conf.cross_draws),
      conf.harm_ratio.count * conf.harm_draws,
  };
  return jobs[part];
}

/* The parameters of job j of a part, and the cell that keys its random streams. */
static row_type job_of(part_kind part, size_t j, size_t *cell) {
  row_type row;
  for (size_t c = 0; c < WIDTH; c++)
    ((double *)&row)[c] = NAN;
  row.part = part;
  row.setting = 0;
  row.gamma = 1;
  row.n = conf.n.value[0];
  row.ratio = conf.ratio.value[0];
  row.eta = conf.eta.value[0];
  size_t s = 0, draws = 0, within = 0; /* setting; draws of each cell; cell */
  if (part == PHASE || part == CROSS) {
    const attn_list *count = part == PHASE ? &conf.draws : &conf.cross_draws;
    const size_t cells = part == PHASE ? conf.kappa.count : conf.cross_gamma.count;
    while (j >= cells * (size_t)count->value[s])
      j -= cells * (size_t)count->value[s++];
    draws = (size_t)count->value[s];
    within = j / draws;
    row.n = conf.n.value[s];
    row.ratio = conf.ratio.value[s];
    row.eta = conf.eta.value[s];
    if (part == PHASE)
      row.kappa = conf.kappa.value[within];
    else
      row.gamma = conf.cross_gamma.value[within];
  } else if (part == RATE) {
    draws = conf.rate_draws;
    within = j / draws;
    row.kappa = conf.rate_kappa.value[within / conf.rate_ratio.count];
    row.ratio = conf.rate_ratio.value[within % conf.rate_ratio.count];
  } else if (part == FAMILY) {
    draws = conf.family_draws;
    row.kappa = conf.family_kappa.value[j / draws];
  } else {
    draws = conf.harm_draws;
    within = j / draws;
    row.ratio = conf.harm_ratio.value[within];
  }
  row.setting = (double)s;
  row.draw = (double)(j % draws);
  /* cells of PHASE and RATE are independent; elsewhere kappa and gamma share the noise */
  *cell = part == PHASE ? s * conf.kappa.count + within : part == RATE || part == HARM ? within : s;
  return row;
}

enum { FEW = 2 }; /* selections to start from where a single optimum is expected */

static void run_job(attn_table *table, size_t job, part_kind part, size_t j, uint64_t seed) {
  size_t cell;
  row_type row = job_of(part, j, &cell);
  attn_data_param param = {(size_t)row.n, 2, (size_t)round(row.ratio * row.n), 0, row.eta};
  param.rho = (isnan(row.kappa) ? 1 : row.kappa) * root_ratio(&param);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 1);
  attn_trial_draw(trial, seed, "min_norm", part * 1000 + cell, (size_t)row.draw);
  if (part != PHASE)
    row.eta = attn_labels_balance(trial->labels, row.eta);
  const bool edge = part == CROSS || part == HARM;
  const size_t selections = part == FAMILY ? ATTN_INTERPOLATOR_SELECTIONS : FEW;
  bench x = {.trial = trial,
             .starts =
                 attn_interpolator_starts_alloc(param.n, 2, selections, edge ? 0 : conf.random),
             .rng = attn_rng_alloc()};
  attn_rng_start(x.rng, seed, "min_norm", part * 1000 + cell, (size_t)row.draw, ATTN_STREAM_START);
  row.coherence = attn_tokens_gram_coherence(trial->tokens, param.n);
  prepare(&x);
  for (size_t i = 0; i < (part == FAMILY ? conf.gamma.count : 1); i++) {
    if (part == FAMILY)
      row.gamma = conf.gamma.value[i];
    if (edge) {
      locate(&row, &x);
    } else {
      solve(&row, &x);
      predict_draw(&row, trial);
    }
    attn_table_number(table, (double)job);
    attn_table_numbers(table, (const double *)&row, WIDTH);
  }
  attn_interpolator_starts_free(x.starts);
  gsl_rng_free(x.rng);
  attn_trial_free(trial);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  size_t jobs = 0;
  for (part_kind part = PHASE; part < PARTS; part++)
    jobs += jobs_of(part);
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, jobs, &job);) {
    part_kind part = PHASE;
    size_t j = job;
    for (; j >= jobs_of(part); part++)
      j -= jobs_of(part);
    run_job(table, job, part, j, attn_experiment_seed(experiment));
  }
}

/* ---- results ---- */

typedef struct {
  attn_experiment *experiment;
  const attn_samples *samples;
  double *x, *y; /* [rows] */
} results;

static attn_claim base_of(double coherence) {
  return (attn_claim){
      .kappa = NAN, .coherence = coherence, .in_scope = coherence <= conf.coherence};
}

static double coherence_of(const results *r, part_kind part) {
  return attn_samples_largest(r->samples, "coherence", (attn_where[]){{"part", part}, {0}});
}

static attn_summary over(const results *r, const char *column, const attn_where *where) {
  return attn_samples_summary(r->samples, column, where, conf.level);
}

/* The coherence of a setting, over PHASE and CROSS. */
static double setting_coherence(const results *r, size_t s) {
  double largest = 0;
  for (size_t part = PHASE; part <= CROSS; part += CROSS - PHASE)
    largest = fmax(
        largest,
        attn_samples_largest(r->samples, "coherence",
                             (attn_where[]){{"part", (double)part}, {"setting", (double)s}, {0}}));
  return largest;
}

typedef enum { EVERYWHERE, BELOW, ABOVE } range; /* BELOW kappa*, or from conf.above on */

/* x: a column of PHASE over the settings in scope; *coherence: the largest there. */
static size_t pool(double *coherence, const results *r, const char *column, range where) {
  size_t count = 0;
  *coherence = 0;
  for (size_t s = 0; s < conf.n.count; s++) {
    if (setting_coherence(r, s) > conf.coherence)
      continue;
    *coherence = fmax(*coherence, setting_coherence(r, s));
    for (size_t i = 0; i < conf.kappa.count; i++) {
      const double kappa = conf.kappa.value[i];
      if ((where == BELOW && kappa >= kappa_star(conf.eta.value[s])) ||
          (where == ABOVE && kappa < conf.above))
        continue;
      count += attn_samples_select(
          r->x + count, r->samples, column,
          (attn_where[]){{"part", PHASE}, {"setting", (double)s}, {"kappa", kappa}, {0}});
    }
  }
  return count;
}

static attn_claim mean_within(attn_claim base, const char *id, double predicted, double allowed,
                              const double *x, size_t count) {
  return attn_verdict_within(base, id, predicted, allowed, attn_stats_mean(x, count),
                             attn_stats_mean_interval(x, count, conf.level));
}

static size_t within(const double *x, size_t count, double low, double high) {
  size_t met = 0;
  for (size_t i = 0; i < count; i++)
    met += x[i] >= low && x[i] <= high;
  return met;
}

/* The means of columns named in a text. */
static void write_means(attn_table *table, const results *r, const char *columns,
                        const attn_where *at) {
  char name[32];
  for (int used; sscanf(columns, "%31s%n", name, &used) == 1; columns += used)
    attn_table_number(table, attn_samples_mean(r->samples, name, at));
}

static void write_phase(const results *r) {
#define PHASE_MEANS                                                                                \
  "ideal_r r_over att_clean att_noisy ideal_att_clean ideal_att_noisy starts infeasible"
  attn_table *table = attn_experiment_table(
      r->experiment, "phase",
      "setting n ratio eta kappa kappa_star draws coherence r r_low r_high " PHASE_MEANS
      " log10_risk_q05 log10_risk log10_risk_q95 ideal_log10_risk log10_risk_worst worse");
  attn_table *first = attn_experiment_table(
      r->experiment, "first",
      "kappa r " PHASE_MEANS " log10_risk ideal_log10_risk log10_risk_worst"); /* setting 0 */
  attn_table *curve = attn_experiment_table(
      r->experiment, "curve", "setting eta ratio kappa r att_clean att_noisy log10_risk");
  for (size_t s = 0; s < conf.n.count; s++)
    for (size_t i = 0; i < conf.kappa.count; i++) {
      const double kappa = conf.kappa.value[i], eta = conf.eta.value[s];
      const attn_where at[] = {{"part", PHASE}, {"setting", (double)s}, {"kappa", kappa}, {0}};
      const attn_summary radius = over(r, "r", at), risk = over(r, "log10_risk", at);
      attn_table_numbers(table,
                         (double[]){(double)s, conf.n.value[s], conf.ratio.value[s], eta, kappa,
                                    kappa_star(eta), (double)radius.count,
                                    attn_samples_largest(r->samples, "coherence", at), radius.mean,
                                    radius.low, radius.high},
                         11);
      write_means(table, r, PHASE_MEANS, at);
      attn_table_numbers(table,
                         (double[]){risk.q05, risk.median, risk.q95,
                                    attn_samples_median(r->samples, "ideal_log10_risk", at),
                                    attn_samples_largest(r->samples, "log10_risk", at),
                                    attn_samples_largest(r->samples, "worse", at)},
                         6);
      if (s > 0)
        continue;
      attn_table_numbers(first, (double[]){kappa, radius.mean}, 2);
      write_means(first, r, PHASE_MEANS, at);
      attn_table_numbers(first,
                         (double[]){risk.median,
                                    attn_samples_median(r->samples, "ideal_log10_risk", at),
                                    attn_samples_largest(r->samples, "log10_risk", at)},
                         3);
    }
  for (size_t s = 0; s < conf.n.count; s++)
    for (size_t i = 0; i <= 100; i++) {
      const double low = conf.kappa.value[0], high = conf.kappa.value[conf.kappa.count - 1];
      const double n = conf.n.value[s], ratio = conf.ratio.value[s], eta = conf.eta.value[s];
      row_type row = {.gamma = 1, .kappa = low * pow(high / low, (double)i / 100)};
      attn_interpolator_ideal_class class[2];
      attn_interpolator_ideal_balanced(class, n, row.kappa, eta);
      predict(&row, class, n, n * ratio);
      attn_table_numbers(curve,
                         (double[]){(double)s, eta, ratio, row.kappa, row.ideal_r,
                                    row.ideal_att_clean, row.ideal_att_noisy, row.ideal_log10_risk},
                         8);
    }
  attn_table_close(table);
  attn_table_close(first);
  attn_table_close(curve);

  //@begin phase-claims
  double coherence;
  size_t count = pool(&coherence, r, "smallest", EVERYWHERE);
  attn_experiment_claim(r->experiment,
                        attn_verdict_share(base_of(coherence), "min-norm-fitted",
                                           within(r->x, count, 1 - conf.slack, INFINITY), count,
                                           conf.level, conf.delta));
  count = pool(&coherence, r, "worse", EVERYWHERE);
  attn_experiment_claim(
      r->experiment, attn_verdict_share(base_of(coherence), "min-norm-one-optimum",
                                        within(r->x, count, 0, 0), count, conf.level, conf.delta));
  count = pool(&coherence, r, "r_ratio", EVERYWHERE);
  attn_experiment_claim(r->experiment, mean_within(base_of(coherence), "min-norm-radius", 1,
                                                   conf.allowed, r->x, count));
  count = pool(&coherence, r, "log10_risk", ABOVE);
  attn_experiment_claim(r->experiment,
                        attn_verdict_share(base_of(coherence), "min-norm-benign",
                                           within(r->x, count, -INFINITY, log10(conf.benign)),
                                           count, conf.level, conf.delta));
  count = pool(&coherence, r, "log10_risk", BELOW);
  attn_experiment_claim(r->experiment,
                        attn_verdict_share(base_of(coherence), "min-norm-harmful",
                                           within(r->x, count, log10(conf.harmful), 0), count,
                                           conf.level, conf.delta));
  //@end phase-claims
}

static void write_rate(const results *r) {
  attn_table *table = attn_experiment_table(
      r->experiment, "rate", "kappa ratio coherence log10_risk low high ideal_log10_risk fit");
  attn_table *fits = attn_experiment_table(r->experiment, "fits",
                                           "kappa slope slope_low slope_high ideal_slope leading");
  double low = INFINITY, high = -INFINITY, mean = 0;
  for (size_t i = 0; i < conf.rate_kappa.count; i++) {
    const double kappa = conf.rate_kappa.value[i];
    const attn_where at[] = {{"part", RATE}, {"kappa", kappa}, {0}};
    const size_t count = attn_samples_select(r->x, r->samples, "ratio", at);
    attn_samples_select(r->y, r->samples, "log10_risk", at);
    const attn_line line = attn_stats_line(r->x, r->y, count, conf.level);
    attn_samples_select(r->y, r->samples, "ideal_log10_risk", at);
    const attn_line ideal = attn_stats_line(r->x, r->y, count, conf.level);
    attn_table_numbers(
        fits,
        (double[]){kappa, line.slope, line.slope_interval.low, line.slope_interval.high,
                   ideal.slope,
                   -attn_interpolator_ideal_rate(kappa, conf.eta.value[0], 1) / log(10)},
        6);
    low = fmin(low, line.slope_interval.high / ideal.slope);
    high = fmax(high, line.slope_interval.low / ideal.slope);
    mean += line.slope / ideal.slope / (double)conf.rate_kappa.count;
    for (size_t j = 0; j < conf.rate_ratio.count; j++) {
      const double ratio = conf.rate_ratio.value[j];
      const attn_where here[] = {{"part", RATE}, {"kappa", kappa}, {"ratio", ratio}, {0}};
      const attn_summary risk = over(r, "log10_risk", here);
      attn_table_numbers(
          table,
          (double[]){kappa, ratio, attn_samples_largest(r->samples, "coherence", here), risk.mean,
                     risk.low, risk.high, attn_samples_mean(r->samples, "ideal_log10_risk", here),
                     line.intercept + line.slope * ratio},
          8);
    }
  }
  attn_table_close(table);
  attn_table_close(fits);
  attn_experiment_claim(r->experiment,
                        attn_verdict_within(base_of(coherence_of(r, RATE)), "min-norm-rate", 1,
                                            conf.allowed, mean, (attn_interval){low, high}));
}

/* Leading order of the harmful edge for a weak signal: the risk is
 * Phi(-(1 - 2 eta) E kappa^2/2 sqrt(d/n)), E = e^g at the gap of samples without a signal. */
static double leading_harm(double ratio, double eta) {
  const attn_interpolator_ideal_class class = {{1, 0}, 1e-9};
  attn_interpolator_ideal o[ATTN_INTERPOLATOR_IDEAL_STARTS];
  attn_interpolator_ideal_optima(o, &class, 1);
  const double z = -gsl_cdf_ugaussian_Pinv(conf.harmful);
  return sqrt(2 * z / ((1 - 2 * eta) * exp(o[0].gap[0]) * sqrt(ratio)));
}

static void write_edges(const results *r) {
  attn_table *table = attn_experiment_table(
      r->experiment, "crossover",
      "setting n ratio eta gamma draws found coherence edge low high ideal_edge kappa_star");
  /* [margin 1, larger margins] the edges over their prediction, and over kappa* */
  double *ratio[2] = {attn_alloc(r->samples->rows, sizeof(double)),
                      attn_alloc(r->samples->rows, sizeof(double))};
  size_t count[2] = {0, 0}, stars = 0;
  double coherence = 0;
  for (size_t s = 0; s < conf.n.count; s++)
    for (size_t g = 0; g < conf.cross_gamma.count; g++) {
      const double gamma = conf.cross_gamma.value[g];
      const attn_where at[] = {{"part", CROSS}, {"setting", (double)s}, {"gamma", gamma}, {0}};
      const attn_summary edge = over(r, "edge", at);
      attn_table_numbers(
          table,
          (double[]){(double)s, conf.n.value[s], conf.ratio.value[s], conf.eta.value[s], gamma,
                     conf.cross_draws.value[s], (double)edge.count,
                     attn_samples_largest(r->samples, "coherence", at), edge.mean, edge.low,
                     edge.high, attn_samples_mean(r->samples, "ideal_edge", at),
                     kappa_star(conf.eta.value[s])},
          13);
      if (setting_coherence(r, s) > conf.coherence)
        continue;
      coherence = fmax(coherence, setting_coherence(r, s));
      const size_t larger = gamma > 1;
      count[larger] +=
          attn_samples_select(ratio[larger] + count[larger], r->samples, "edge_ratio", at);
      if (!larger)
        stars += attn_samples_select(r->y + stars, r->samples, "edge_star", at);
    }
  attn_table_close(table);
  const attn_claim base = base_of(coherence);
  attn_experiment_claim(
      r->experiment, mean_within(base, "min-norm-crossover", 1, conf.allowed, ratio[0], count[0]));
  attn_experiment_claim(r->experiment,
                        mean_within(base, "min-norm-kappa-star", 1, conf.allowed, r->y, stars));
  attn_experiment_claim(r->experiment,
                        mean_within(base, "margin-crossover", 1, conf.allowed, ratio[1], count[1]));
  attn_free(ratio[0]);
  attn_free(ratio[1]);

  table = attn_experiment_table(r->experiment, "crossover_ideal", "eta gamma edge kappa_star");
  for (size_t i = 0; i < conf.ideal_eta.count; i++)
    for (size_t g = 0; g < conf.ideal_gamma.count; g++) {
      const double eta = conf.ideal_eta.value[i], gamma = conf.ideal_gamma.value[g];
      attn_table_numbers(
          table,
          (double[]){eta, gamma,
                     attn_interpolator_ideal_crossover(eta, 1 / (gamma * gamma), conf.cross_low,
                                                       conf.ideal_high, conf.precision),
                     kappa_star(eta)},
          4);
    }
  attn_table_close(table);

  table = attn_experiment_table(r->experiment, "harm",
                                "ratio draws coherence edge low high ideal_edge leading");
  size_t edges = 0;
  for (size_t i = 0; i < conf.harm_ratio.count; i++) {
    const attn_where at[] = {{"part", HARM}, {"ratio", conf.harm_ratio.value[i]}, {0}};
    const attn_summary edge = over(r, "edge", at);
    attn_table_numbers(table,
                       (double[]){conf.harm_ratio.value[i], (double)edge.count,
                                  attn_samples_largest(r->samples, "coherence", at), edge.mean,
                                  edge.low, edge.high,
                                  attn_samples_mean(r->samples, "ideal_edge", at),
                                  leading_harm(conf.harm_ratio.value[i], conf.eta.value[0])},
                       8);
    const size_t here = attn_samples_select(r->y + edges, r->samples, "edge", at);
    for (size_t j = 0; j < here; j++, edges++) {
      r->x[edges] = log(conf.harm_ratio.value[i]);
      r->y[edges] = log(r->y[edges]);
    }
  }
  attn_table_close(table);
  const attn_line line = attn_stats_line(r->x, r->y, edges, conf.level);
  attn_experiment_claim(r->experiment,
                        attn_verdict_within(base_of(coherence_of(r, HARM)), "min-norm-harmful-edge",
                                            -0.25, conf.allowed, line.slope, line.slope_interval));
}

static void write_family(const results *r) {
#define FAMILY_MEANS                                                                               \
  "r ideal_r r_over law share cos_mm att_clean att_noisy log10_risk ideal_log10_risk optima "      \
  "starts "                                                                                        \
  "infeasible worse"
  attn_table *table = attn_experiment_table(r->experiment, "family",
                                            "kappa gamma draws " FAMILY_MEANS " risk spread");
  for (size_t i = 0; i < conf.family_kappa.count; i++)
    for (size_t g = 0; g < conf.gamma.count; g++) {
      const double kappa = conf.family_kappa.value[i], gamma = conf.gamma.value[g];
      const attn_where at[] = {{"part", FAMILY}, {"kappa", kappa}, {"gamma", gamma}, {0}};
      attn_table_numbers(table, (double[]){kappa, gamma, (double)conf.family_draws}, 3);
      write_means(table, r, FAMILY_MEANS, at);
      attn_table_number(table, pow(10, attn_samples_mean(r->samples, "log10_risk", at)));
      attn_table_number(table, attn_samples_largest(r->samples, "spread", at));
    }
  attn_table_close(table);

  table = attn_experiment_table(r->experiment, "starts",
                                "gamma starts infeasible worse zero_worse first_worse random_worse "
                                "spread optima"); /* shares of starts */
  for (size_t g = 0; g < conf.gamma.count; g++) {
    const attn_where at[] = {{"part", FAMILY}, {"gamma", conf.gamma.value[g]}, {0}};
    const double starts = attn_samples_mean(r->samples, "starts", at);
    const double infeasible = attn_samples_mean(r->samples, "infeasible", at);
    attn_table_numbers(
        table,
        (double[]){conf.gamma.value[g], starts, infeasible / starts,
                   attn_samples_mean(r->samples, "worse", at) / (starts - infeasible),
                   attn_samples_mean(r->samples, "zero_worse", at),
                   attn_samples_mean(r->samples, "first_worse", at),
                   attn_samples_mean(r->samples, "random_worse", at),
                   attn_samples_largest(r->samples, "spread", at),
                   attn_samples_mean(r->samples, "optima", at)},
        9);
  }
  attn_table_close(table);

  /* the largest margin: |p| over its leading order, and the risk on both sides of kappa* */
  const double most = conf.gamma.value[conf.gamma.count - 1];
  double *risk[2] = {attn_alloc(r->samples->rows, sizeof(double)),
                     attn_alloc(r->samples->rows, sizeof(double))};
  size_t count = 0, sides[2] = {0, 0};
  //@begin family-claims
  for (size_t i = 0; i < conf.family_kappa.count; i++) {
    const double kappa = conf.family_kappa.value[i];
    const size_t above = kappa > kappa_star(conf.eta.value[0]);
    const attn_where at[] = {{"part", FAMILY}, {"kappa", kappa}, {"gamma", most}, {0}};
    count += attn_samples_select(r->x + count, r->samples, "r_over_law", at);
    sides[above] += attn_samples_select(risk[above] + sides[above], r->samples, "log10_risk", at);
  }
  const attn_claim base = base_of(coherence_of(r, FAMILY));
  attn_experiment_claim(r->experiment,
                        mean_within(base, "margin-radius", 1, conf.allowed, r->x, count));
  attn_experiment_claim(
      r->experiment, attn_verdict_above(base, "large-margin-harmful", log10(conf.harmful),
                                        attn_stats_mean(risk[0], sides[0]),
                                        attn_stats_mean_interval(risk[0], sides[0], conf.level)));
  attn_experiment_claim(
      r->experiment, attn_verdict_below(base, "large-margin-benign", log10(conf.benign),
                                        attn_stats_mean(risk[1], sides[1]),
                                        attn_stats_mean_interval(risk[1], sides[1], conf.level)));
  //@end family-claims
  attn_free(risk[0]);
  attn_free(risk[1]);
}

/* The certificates of all solutions, and what the page says of the settings. */
static void write_certificates(const results *r) {
  static const char *const name[PARTS] = {"over kappa", "over d/n", "over the margin", "crossovers",
                                          "harmful edges"};
  attn_table *table = attn_experiment_table(
      r->experiment, "certificates", "what rows coherence gap sine sine_gap stationary flat limit");
  for (size_t part = 0; part < PARTS; part++) {
    const attn_where at[] = {{"part", (double)part}, {0}};
    const size_t count = attn_samples_select(r->x, r->samples, "status", at);
    attn_table_text(table, name[part]);
    attn_table_numbers(
        table,
        (double[]){(double)attn_samples_select(r->y, r->samples, "draw", at),
                   attn_samples_largest(r->samples, "coherence", at),
                   attn_samples_largest(r->samples, "gap", at),
                   attn_samples_largest(r->samples, "sine", at),
                   attn_samples_largest(r->samples, "sine_gap", at),
                   (double)within(r->x, count, ATTN_INTERPOLATOR_OK, ATTN_INTERPOLATOR_OK),
                   (double)within(r->x, count, ATTN_INTERPOLATOR_FLAT, ATTN_INTERPOLATOR_FLAT),
                   (double)within(r->x, count, ATTN_INTERPOLATOR_LIMIT, ATTN_INTERPOLATOR_LIMIT)},
        8);
  }
  attn_table_close(table);
  table = attn_experiment_table(r->experiment, "setting",
                                "n ratio eta kappa_star above harmful benign random");
  attn_table_numbers(table,
                     (double[]){conf.n.value[0], conf.ratio.value[0], conf.eta.value[0],
                                kappa_star(conf.eta.value[0]), conf.above, conf.harmful,
                                conf.benign, (double)conf.random},
                     8);
  attn_table_close(table);
}

static void summarise(attn_experiment *experiment) {
  attn_samples *samples = attn_experiment_gather(experiment);
  results r = {experiment, samples, attn_alloc(samples->rows, sizeof(double)),
               attn_alloc(samples->rows, sizeof(double))};
  write_phase(&r);
  write_rate(&r);
  write_edges(&r);
  write_family(&r);
  write_certificates(&r);
  attn_free(r.x);
  attn_free(r.y);
  attn_samples_free(samples);
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv,
      "min-norm interpolators: which |p|, which threshold, and their family in the margin", keys,
      sizeof keys / sizeof *keys);
  const attn_list *const settings[] = {&conf.ratio, &conf.eta, &conf.draws, &conf.cross_draws};
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    if (settings[i]->count != conf.n.count)
      attn_fail("%s: %zu values, expected one for each of the %zu values of n",
                (const char *[]){"ratio", "eta", "draws", "cross_draws"}[i], settings[i]->count,
                conf.n.count);
  for (size_t g = 1; g < conf.gamma.count; g++)
    if (conf.gamma.value[g] <= conf.gamma.value[g - 1])
      attn_fail("gamma: %g after %g; the margins must rise", conf.gamma.value[g],
                conf.gamma.value[g - 1]);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    summarise(experiment);
  }
  return attn_experiment_end(experiment);
}
