/* Claim: as the bound on |p| grows, the max-margin solution converges in direction to (v_mm, p_mm). */
#include <math.h>
#include <string.h>

#include "experiment.h"
#include "interpolator_path.h"
#include "interpolator_directions.h"
#include "linalg.h"
#include "pair.h"
#include "risk_limit.h"
#include "rng.h"
#include "saturation.h"
#include "tokens_gram.h"
#include "verdict.h"

static struct {
  attn_list n, T, ratio, kappa, draws, others, random, R, window, up;
  size_t show, window_n, window_draws;
  double eta, window_ratio, far, small, fit_from, fit_to, fit_v_to, trust, direction, slope,
      exponent, relative, same, above, labels, delta, coherence, level;
} conf;

static const attn_key keys[] = {
    {"eta", ATTN_KEY_REAL, &conf.eta, "[0, 0.5)", "the label-flip rate"},
    {"n", ATTN_KEY_COUNTS, &conf.n, "[4, 400]", "the samples of each cell"},
    {"T", ATTN_KEY_COUNTS, &conf.T, "[2, 16]", "the tokens per sample of each cell"},
    {"ratio", ATTN_KEY_LIST, &conf.ratio, "[1, 1e12)", "d/n of each cell"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "kappa of each cell"},
    {"draws", ATTN_KEY_COUNTS, &conf.draws, "[2, 1e4]", "the draws of each cell"},
    {"others", ATTN_KEY_COUNTS, &conf.others, "[0, 9]",
     "the other selections to start from, by cell"},
    {"random", ATTN_KEY_COUNTS, &conf.random, "[0, 100]", "random starts at each bound, by cell"},
    {"R", ATTN_KEY_LIST, &conf.R, "(0, 1e4)", "the rising bounds on |p|, over |p_mm|"},
    {"show", ATTN_KEY_COUNT, &conf.show, "[1, 512]", "the cell whose branches are shown"},
    {"window", ATTN_KEY_LIST, &conf.window, "(0, 1e3)", "kappa at which branches are compared"},
    {"window_n", ATTN_KEY_COUNT, &conf.window_n, "[4, 400]", "the samples there, of two tokens"},
    {"window_ratio", ATTN_KEY_REAL, &conf.window_ratio, "[1, 1e12)", "d/n there"},
    {"window_draws", ATTN_KEY_COUNT, &conf.window_draws, "[2, 1e4]", "the draws there"},
    {"up", ATTN_KEY_LIST, &conf.up, "(0, 1e4)", "the rising bounds there, over |p_mm|"},
    {"far", ATTN_KEY_REAL, &conf.far, "(0, 1e4)", "the bound at which directions are judged"},
    {"small", ATTN_KEY_REAL, &conf.small, "(0, 1e4)", "the largest bound that counts as small"},
    {"fit_from", ATTN_KEY_REAL, &conf.fit_from, "(0, 1e4)", "rates are fitted from this bound on"},
    {"fit_to", ATTN_KEY_REAL, &conf.fit_to, "(0, 1e4)", "up to this one"},
    {"fit_v_to", ATTN_KEY_REAL, &conf.fit_v_to, "(0, 1e4)", "for v up to this one"},
    {"trust", ATTN_KEY_REAL, &conf.trust, "(0, 1)", "the largest error of p over its angle"},
    {"direction", ATTN_KEY_REAL, &conf.direction, "(0, 1)", "the largest 1 - cosine at far"},
    {"slope", ATTN_KEY_REAL, &conf.slope, "(0, 1)", "the allowed error of an exponential rate"},
    {"exponent", ATTN_KEY_REAL, &conf.exponent, "(0, 1)", "the allowed error of a power"},
    {"relative", ATTN_KEY_REAL, &conf.relative, "(0, 1)", "the allowed distance of a ratio from 1"},
    {"same", ATTN_KEY_REAL, &conf.same, "(0, 1)", "margins closer than this, relatively, are one"},
    {"above", ATTN_KEY_REAL, &conf.above, "[1, 1e3)", "kappa over a draw's threshold, to be clear"},
    {"labels", ATTN_KEY_REAL, &conf.labels, "(0, 1)", "the share that labels alone must predict"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 1)", "the share of draws that may fail"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

typedef enum { PATH, WINDOW, BALANCED } part_kind;

/* PATH, a row for each R: what the best start found, in units of the limit.
 *   below, above, other   margins over the largest: from small |p|, from p_mm of the best selection,
 *                 the best from p_mm of others
 *   worse         share of random starts that end below the best
 *   over          kappa over the draw's threshold
 *   one_cos_0     1 - cosine of p with the gradient at p = 0
 *   limit_risk, ideal_risk   log10, at R = infinity; likewise on orthogonal noise
 *   p_known       the error of p, at most its sine, is small beside its angle
 *   on            above is 1
 *   sat_          by attn_saturation
 * and certificates of all starts. WINDOW, a row for each kappa: below; labels, the same for these labels
 * on orthogonal noise; the risks of both branches at the last bound. BALANCED: kappa is the upper edge
 * for balanced labels. */
#define COLUMNS                                                                                    \
  "part cell draw kappa R below above labels other worse over optimal log10_risk below_risk "      \
  "coherence deficit one_cos_v one_cos_p one_cos_0 att_clean att_noisy limit_risk ideal_risk "     \
  "p_known on sat_deficit sat_cos_p sat_risk gap sine sine_gap stationary flat stopped "           \
  "infeasible"

/* ---- sampling ---- */

static attn_data_param param_of(size_t n, size_t T, double ratio, double kappa) {
  return (attn_data_param){n, T, (size_t)(ratio * (double)n), kappa * sqrt(ratio), conf.eta};
}

static double inner(const double *u, const double *w, attn_pair *pair) {
  return attn_interpolator_inner(u, w, &pair->set, pair->interpolator);
}

/* 1 - cosine, from the part of u across w where it is small. */
static double one_minus_cosine(const double *u, const double *w, attn_pair *pair) {
  const size_t size = 2 + pair->set.labels->N;
  const double uu = inner(u, u, pair), ww = inner(w, w, pair), along = inner(u, w, pair) / ww;
  double *across = attn_alloc(size, sizeof *across);
  memcpy(across, u, size * sizeof *u);
  attn_axpy(across, -along, w, size);
  const double cosine = along * sqrt(ww / uu), sine2 = inner(across, across, pair) / uu;
  attn_free(across);
  return cosine > 0 ? sine2 / (1 + cosine) : 1 - cosine;
}

/* Of solutions of the rule: the largest gap, the largest sine and gap of its multipliers among
 * stationary ones, and how many there are of each status. */
typedef struct {
  double gap, sine, sine_gap, count[4];
} certificates;

static void certify(certificates *c, const attn_interpolator_result *end, size_t count) {
  for (size_t s = 0; s < count; s++) {
    c->count[end[s].status]++;
    if (end[s].status != ATTN_INTERPOLATOR_INFEASIBLE)
      c->gap = fmax(c->gap, end[s].gap);
    if (end[s].status != ATTN_INTERPOLATOR_OK)
      continue;
    c->sine = fmax(c->sine, end[s].sine);
    c->sine_gap = fmax(c->sine_gap, end[s].sine_gap);
  }
}

static void write_certificates(attn_table *table, const certificates *c) {
  attn_table_cells(table, c->gap, c->sine, c->sine_gap, c->count[ATTN_INTERPOLATOR_OK],
                   c->count[ATTN_INTERPOLATOR_FLAT], c->count[ATTN_INTERPOLATOR_LIMIT],
                   c->count[ATTN_INTERPOLATOR_INFEASIBLE]);
}

/* The direction in which p leaves 0: that of the gradient of the margin there. */
static void take_gradient(double *p, double *v, attn_pair *pair) {
  memset(p, 0, (2 + pair->set.labels->N) * sizeof *p);
  attn_interpolator_max_margin(v, p, 1e-7 * pair->norm_p, &pair->set, pair->interpolator);
}

//@begin path
/* Follows learning rule (4.1) along R, in units of |p_mm|, from all starts. */
static attn_interpolator_path *follow(const attn_list *R, size_t directions, size_t random,
                                      const double *direction, attn_pair *pair) {
  const attn_labels *labels = pair->set.labels;
  gsl_rng *rng = pair->trial->rng;
  double bound[ATTN_LIST_MAX];
  for (size_t i = 0; i < R->count; i++)
    bound[i] = R->value[i] * pair->norm_p;
  attn_interpolator_path *path =
      attn_interpolator_path_alloc(bound, R->count, directions, random, labels);
  attn_interpolator_follow(path, direction, rng, &pair->set, pair->interpolator);
  return path;
}
//@end path

/* The pair of the best selection, and the other starts. */
static attn_interpolator_directions *find_starts(attn_pair *pair) {
  const attn_labels *labels = pair->set.labels;
  attn_interpolator_directions *starts = attn_interpolator_directions_alloc(labels->n, labels->T);
  if (attn_interpolator_directions_find(starts, &pair->set, pair->maxmargin) > 0)
    memcpy(pair->sigma, starts->sigma, labels->n);
  if (starts->count == 0 || !attn_pair_solve(pair))
    attn_fail("n = %zu, T = %zu, d = %zu: no v and p realise the best token selection; take a "
              "larger ratio",
              labels->n, labels->T, pair->trial->param.d);
  return starts;
}

static void run_path(attn_table *table, size_t job, size_t cell, size_t draw, uint64_t seed) {
  const attn_data_param param = param_of((size_t)conf.n.value[cell], (size_t)conf.T.value[cell],
                                         conf.ratio.value[cell], conf.kappa.value[cell]);
  attn_pair *pair = attn_pair_alloc(&param, true);
  attn_pair_draw(pair, seed, "regularization_path", cell, draw);
  attn_interpolator_directions *starts = find_starts(pair);
  attn_saturation *saturation = attn_saturation_alloc(param.n, param.T);
  const bool saturates =
      attn_saturation_prepare(saturation, pair->sigma, pair->a, pair->b, &pair->set);
  const size_t size = 2 + pair->set.labels->N, random = (size_t)conf.random.value[cell];
  attn_rng_start(pair->trial->rng, seed, "regularization_path", cell, draw, ATTN_STREAM_START);
  const size_t others = (size_t)conf.others.value[cell];
  const size_t directions = others + 1 < starts->count ? others + 1 : starts->count;
  attn_interpolator_path *path = follow(&conf.R, directions, random, starts->direction, pair);
  const double limit = pair->value.margin_low, over = attn_pair_over_threshold(pair);
  const double limit_risk = attn_pair_limit_risk(pair).log10_clean;
  const attn_risk_input ideal = attn_pair_predict(pair);
  const double ideal_risk = attn_risk_limit(&ideal, param.T).log10_clean;
  const double coherence = attn_tokens_gram_coherence(pair->trial->tokens, param.n);
  double *gradient = attn_alloc(size, sizeof *gradient), *q = attn_alloc(size, sizeof *q);
  take_gradient(gradient, q, pair);
  for (size_t i = 0; i < path->count; i++) {
    const attn_interpolator_result *end = path->end + i * path->starts;
    const attn_interpolator_result best = attn_interpolator_path_best(path, i);
    const double *v = path->v + i * size, *p = path->p + i * size;
    const attn_metrics m = attn_pair_measure(pair, v, p);
    double other = NAN, worse = 0, sat_deficit = NAN, sat_cos_p = NAN, sat_risk = NAN;
    for (size_t s = 2; s < path->starts; s++)
      if (s <= path->directions)
        other = fmax(other, end[s].margin / best.margin);
      else
        worse += !(end[s].margin >= (1 - conf.same) * best.margin);
    if (saturates && conf.R.value[i] >= 1 &&
        attn_saturation_solve(q, &sat_deficit, path->R[i], saturation)) {
      const attn_metrics at = attn_pair_measure(pair, pair->v, q);
      sat_cos_p = one_minus_cosine(q, pair->p, pair);
      sat_risk = attn_metrics_log10_risk(&at, param.T);
    }
    const double one_cos_p = one_minus_cosine(p, pair->p, pair);
    const double one_cos_v = one_minus_cosine(v, pair->v, pair);
    attn_table_cells(
        table, (double)job, PATH, (double)cell, (double)draw, conf.kappa.value[cell],
        conf.R.value[i], end[0].margin / best.margin, end[1].margin / best.margin, NAN, other,
        random > 0 ? worse / (double)random : NAN, over, attn_pair_is_optimal(pair),
        attn_metrics_log10_risk(&m, param.T), NAN, coherence, 1 - best.margin / limit, one_cos_v,
        one_cos_p, one_minus_cosine(p, gradient, pair), m.att_clean, m.att_noisy, limit_risk,
        ideal_risk, best.sine <= conf.trust * sqrt(2 * one_cos_p),
        end[1].margin >= (1 - conf.same) * best.margin, sat_deficit, sat_cos_p, sat_risk);
    certificates certificate = {.gap = 0};
    certify(&certificate, end, path->starts);
    write_certificates(table, &certificate);
  }
  attn_free(gradient);
  attn_free(q);
  attn_interpolator_path_free(path);
  attn_saturation_free(saturation);
  attn_interpolator_directions_free(starts);
  attn_pair_free(pair);
}

/* The margin of the branch from small |p| at the last bound, over the largest of it and the one from
 * the best selection; the risks of both. */
typedef struct {
  double below, risk, below_risk;
} comparison;

static comparison compare(certificates *certificate, attn_pair *pair) {
  if (!(attn_pair_search(pair, 0) > 0) || !attn_pair_solve(pair))
    return (comparison){NAN, NAN, NAN};
  const size_t size = 2 + pair->set.labels->N;
  const double R = conf.up.value[conf.up.count - 1] * pair->norm_p;
  attn_interpolator_path *below = follow(&conf.up, 0, 0, NULL, pair);
  double *v = attn_alloc(size, sizeof *v), *p = attn_alloc(size, sizeof *p);
  memcpy(p, pair->p, size * sizeof *p);
  const double from_below = attn_interpolator_path_best(below, below->count - 1).margin;
  const attn_interpolator_result above =
      attn_interpolator_max_margin(v, p, R, &pair->set, pair->interpolator);
  certify(certificate, below->end, below->count);
  certify(certificate, &above, 1);
  const attn_metrics best = attn_pair_measure(pair, v, p);
  const double *last = below->v + (below->count - 1) * size;
  const attn_metrics other = attn_pair_measure(pair, last, below->p + (below->count - 1) * size);
  const comparison c = {from_below / fmax(from_below, above.margin),
                        attn_metrics_log10_risk(&best, 2), attn_metrics_log10_risk(&other, 2)};
  attn_free(v);
  attn_free(p);
  attn_interpolator_path_free(below);
  return c;
}

/* Orthogonal noise tokens of squared length d. */
static void make_orthogonal(attn_pair *pair) {
  const size_t N = pair->set.labels->N;
  double *noise = attn_tokens_gram_matrix(pair->trial->tokens);
  for (size_t j = 0; j < N * N; j++)
    noise[j] = j % (N + 1) == 0 ? (double)pair->trial->param.d : 0;
}

static void run_window(attn_table *table, size_t job, size_t draw, uint64_t seed) {
  const attn_data_param param = param_of(conf.window_n, 2, conf.window_ratio, 1);
  const double root = sqrt(conf.window_ratio);
  attn_pair *pair = attn_pair_alloc(&param, true), *ideal = attn_pair_alloc(&param, true);
  attn_pair_draw(pair, seed, "regularization_path window", 0, draw);
  attn_pair_draw(ideal, seed, "regularization_path window", 0, draw);
  make_orthogonal(ideal);
  for (size_t k = 0; k < conf.window.count; k++) {
    const double kappa = conf.window.value[k];
    attn_pair_set_rho(pair, kappa * root);
    attn_pair_set_rho(ideal, kappa * root);
    certificates certificate = {.gap = 0};
    const comparison drawn = compare(&certificate, pair), labels = compare(&certificate, ideal);
    attn_table_cells(table, (double)job, WINDOW, NAN, (double)draw, kappa);
    attn_table_skip(table, "below");
    attn_table_cells(table, drawn.below, NAN, labels.below, NAN, NAN,
                     attn_pair_over_threshold(pair), attn_pair_is_optimal(pair), drawn.risk,
                     drawn.below_risk, attn_tokens_gram_coherence(pair->trial->tokens, param.n));
    attn_table_skip(table, "gap");
    write_certificates(table, &certificate);
  }
  attn_pair_free(pair);
  attn_pair_free(ideal);
}

static double kappa_star(void) {
  return sqrt(2 / (1 - conf.eta));
}

static bool ends_below(double kappa, certificates *certificate, attn_pair *pair) {
  attn_pair_set_rho(pair, kappa * sqrt(conf.window_ratio));
  return compare(certificate, pair).below < 1 - conf.same;
}

/* With labels as expected and orthogonal noise: the kappa up to which the branch from small |p| ends
 * below the best. Not-a-number unless it does so just above kappa*, not just below it, and not at twice
 * kappa*. */
static double balanced_edge(certificates *certificate) {
  const attn_data_param param = param_of(conf.window_n, 2, conf.window_ratio, 1);
  attn_pair *pair = attn_pair_alloc(&param, true);
  attn_labels_balanced(pair->trial->labels, (size_t)round(conf.eta * (double)param.n / 2));
  make_orthogonal(pair);
  double low = 1.02 * kappa_star(), high = 2 * kappa_star();
  const bool window = !ends_below(0.98 * kappa_star(), certificate, pair) &&
                      ends_below(low, certificate, pair) && !ends_below(high, certificate, pair);
  for (size_t step = 0; window && step < 14; step++) {
    const double kappa = (low + high) / 2;
    *(ends_below(kappa, certificate, pair) ? &low : &high) = kappa;
  }
  attn_pair_free(pair);
  return window ? (low + high) / 2 : NAN;
}

static size_t path_draws(void) {
  size_t sum = 0;
  for (size_t cell = 0; cell < conf.draws.count; cell++)
    sum += (size_t)conf.draws.value[cell];
  return sum;
}

/* The cell of a path, counted over all cells; *draw its number there. */
static size_t cell_of(size_t path, size_t *draw) {
  size_t cell = 0;
  while (path >= (size_t)conf.draws.value[cell])
    path -= (size_t)conf.draws.value[cell++];
  *draw = path;
  return cell;
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const uint64_t seed = attn_experiment_seed(experiment);
  const size_t paths = path_draws(), jobs = paths + conf.window_draws + 1;
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, jobs, &job);) {
    size_t draw = 0;
    if (job < paths) {
      const size_t cell = cell_of(paths - 1 - job, &draw); /* the costly ones come last */
      run_path(table, job, cell, draw, seed);
    } else if (job < paths + conf.window_draws) {
      run_window(table, job, job - paths, seed);
    } else {
      certificates certificate = {.gap = 0};
      attn_table_cells(table, (double)job, BALANCED, NAN, NAN, balanced_edge(&certificate));
      attn_table_skip(table, "gap");
      write_certificates(table, &certificate);
    }
  }
}

/* ---- what is asked of a path ---- */

/* The bound on the grid that is nearest to R. */
static double nearest(double R) {
  double found = conf.R.value[0];
  for (size_t i = 1; i < conf.R.count; i++)
    if (fabs(log(conf.R.value[i] / R)) < fabs(log(found / R)))
      found = conf.R.value[i];
  return found;
}

/* A column against R, where a condition is met; all branches, or where the best selection's is best. */
static attn_pairs along(const attn_samples *samples, size_t cell, size_t draw, const char *column,
                        const char *condition, bool all) {
  return attn_samples_pairs(samples, "R", column,
                            (attn_where[]){{"part", PATH},
                                           {"cell", (double)cell},
                                           {"draw", (double)draw},
                                           {condition, 1},
                                           {all ? "part" : "on", all ? PATH : 1},
                                           {0}});
}

/* Least squares over the bounds in [from, to]: the slope of log(y) against R, or against log R. */
static double slope_of(attn_pairs pairs, double from, double to, bool power) {
  size_t count = 0;
  for (size_t i = 0; i < pairs.count; i++)
    if (pairs.x[i] >= from && pairs.x[i] <= to && pairs.y[i] > 0) {
      pairs.x[count] = power ? log(pairs.x[i]) : pairs.x[i];
      pairs.y[count++] = log(pairs.y[i]);
    }
  return attn_stats_line(pairs.x, pairs.y, count, conf.level).slope;
}

static double at_bound(const attn_samples *samples, size_t cell, size_t draw, double R,
                       const char *column) {
  return attn_samples_value(
      samples, column,
      (attn_where[]){
          {"part", PATH}, {"cell", (double)cell}, {"draw", (double)draw}, {"R", R}, {0}});
}

static double at_far(const attn_samples *samples, size_t cell, size_t draw, const char *column) {
  return at_bound(samples, cell, draw, nearest(conf.far), column);
}

/* Not-a-number where the prediction is: of a risk of 0, when no label is flipped. */
static double ratio_at_far(const attn_samples *samples, size_t cell, size_t draw,
                           const char *measured, const char *predicted) {
  const double of = at_far(samples, cell, draw, predicted);
  return isfinite(of) ? at_far(samples, cell, draw, measured) / of : NAN;
}

/* Where the risk is least, what it is there, and whether from there it never falls, up to its limit;
 * over bounds that determine p. */
typedef struct {
  double R, log10_risk, rises;
} valley;

static valley valley_of(const attn_samples *samples, size_t cell, size_t draw) {
  const double limit = at_far(samples, cell, draw, "limit_risk");
  const attn_pairs risk = along(samples, cell, draw, "log10_risk", "p_known", true);
  valley v = {NAN, INFINITY, 0};
  for (size_t i = 0; i < risk.count; i++) {
    if (risk.y[i] < v.log10_risk)
      v = (valley){risk.x[i], risk.y[i], 1};
    else if (risk.y[i] < risk.y[i - 1])
      v.rises = 0;
  }
  if (risk.count > 0 && limit < risk.y[risk.count - 1])
    v.rises = 0;
  return v;
}

typedef enum {
  MARGIN_RATE,
  V_RATE,
  ANGLE,
  ANGLE_PREDICTED,
  ANGLE_BEYOND, /* of the prediction, where p is not determined */
  SMALL,
  MARGIN_RATIO,
  ANGLE_RATIO,
  RISK_RATIO,
  LEAST_R,
  LEAST_RISK,
  ENDS,    /* log10 of the limit's risk over that at the least bound, for T = 2 and the paper's
              selection; not-a-number for others */
  RISES,   /* not-a-number for draws that are not clear of their threshold */
  REACHED, /* all random starts reach the best; not-a-number without any */
} quantity;

static double of_draw(const attn_samples *samples, size_t cell, size_t draw, quantity what) {
  const double from = conf.fit_from, to = conf.fit_to;
  switch (what) {
  case MARGIN_RATE:
    return slope_of(along(samples, cell, draw, "deficit", "on", false), from, to, false);
  case V_RATE:
    return slope_of(along(samples, cell, draw, "one_cos_v", "on", false), from, conf.fit_v_to,
                    false);
  case ANGLE:
    return slope_of(along(samples, cell, draw, "one_cos_p", "p_known", false), from, to, true);
  case ANGLE_PREDICTED:
    return slope_of(along(samples, cell, draw, "sat_cos_p", "p_known", false), from, to, true);
  case ANGLE_BEYOND:
    return slope_of(along(samples, cell, draw, "sat_cos_p", "on", true), to, INFINITY, true);
  case SMALL:
    return slope_of(along(samples, cell, draw, "one_cos_0", "p_known", true), 0, conf.small, true);
  case MARGIN_RATIO:
    return ratio_at_far(samples, cell, draw, "deficit", "sat_deficit");
  case ANGLE_RATIO:
    return ratio_at_far(samples, cell, draw, "one_cos_p", "sat_cos_p");
  case RISK_RATIO:
    return ratio_at_far(samples, cell, draw, "log10_risk", "sat_risk");
  case LEAST_R:
    return valley_of(samples, cell, draw).R;
  case LEAST_RISK:
    return valley_of(samples, cell, draw).log10_risk;
  case ENDS:
    return conf.T.value[cell] == 2 && at_far(samples, cell, draw, "optimal") == 1
               ? at_far(samples, cell, draw, "limit_risk") /
                     at_bound(samples, cell, draw, conf.R.value[0], "log10_risk")
               : NAN;
  case RISES:
    return at_far(samples, cell, draw, "over") >= conf.above ? valley_of(samples, cell, draw).rises
                                                             : NAN;
  default:
    return isnan(at_far(samples, cell, draw, "worse")) ? NAN
                                                       : at_far(samples, cell, draw, "worse") == 0;
  }
}

/* Over the draws of the cells first ... last. */
static attn_summary over_draws(const attn_samples *samples, size_t first, size_t last,
                               quantity what) {
  double *x = attn_alloc(path_draws(), sizeof *x);
  size_t count = 0;
  for (size_t cell = first; cell <= last; cell++)
    for (size_t draw = 0; draw < (size_t)conf.draws.value[cell]; draw++) {
      x[count] = of_draw(samples, cell, draw, what);
      count += isnan(x[count]) ? 0 : 1;
    }
  const attn_summary summary = attn_stats_summary(x, count, conf.level);
  attn_free(x);
  return summary;
}

/* ---- tables ---- */

static void write_path(attn_experiment *experiment, const attn_samples *samples) {
  static const char medians[] = "deficit sat_deficit one_cos_v one_cos_p sat_cos_p one_cos_0 "
                                "log10_risk sat_risk limit_risk below above other";
  static const char means[] = "att_clean att_noisy worse p_known on";
  char *columns = attn_text_format("cell n T kappa R %s %s", medians, means);
  attn_table *table = attn_experiment_table(experiment, "path", columns);
  for (size_t c = 0; c < conf.n.count; c++)
    for (size_t i = 0; i < conf.R.count; i++) {
      const attn_where where[] = {{"part", PATH}, {"cell", (double)c}, {"R", conf.R.value[i]}, {0}};
      attn_table_cells(table, (double)c + 1, conf.n.value[c], conf.T.value[c], conf.kappa.value[c],
                       conf.R.value[i]);
      attn_samples_write_medians(table, samples, medians, where);
      attn_samples_write_means(table, samples, means, where);
    }
  attn_table_close(table);
  attn_free(columns);
}

static void write_cells(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *rates = attn_experiment_table(
      experiment, "rates",
      "cell n T kappa draws margin_rate margin_low margin_high v_rate v_low v_high angle angle_low "
      "angle_high angle_predicted angle_beyond small small_low small_high margin_ratio angle_ratio "
      "largest_one_cos_p largest_one_cos_v");
  attn_table *risks = attn_experiment_table(experiment, "risks",
                                            "cell n T kappa coherence optimal least_R start least "
                                            "far limit ideal_limit far_ratio reached");
  for (size_t c = 0; c < conf.n.count; c++) {
    const attn_where far[] = {{"part", PATH}, {"cell", (double)c}, {"R", nearest(conf.far)}, {0}};
    const attn_where first[] = {{"part", PATH}, {"cell", (double)c}, {"R", conf.R.value[0]}, {0}};
    attn_table_cells(rates, (double)c + 1, conf.n.value[c], conf.T.value[c], conf.kappa.value[c],
                     conf.draws.value[c]);
    for (quantity what = MARGIN_RATE; what <= SMALL; what++) {
      const attn_summary s = over_draws(samples, c, c, what);
      attn_table_number(rates, s.mean);
      if (what != ANGLE_PREDICTED && what != ANGLE_BEYOND)
        attn_table_cells(rates, s.low, s.high);
    }
    attn_table_cells(rates, over_draws(samples, c, c, MARGIN_RATIO).mean,
                     over_draws(samples, c, c, ANGLE_RATIO).mean,
                     attn_samples_largest(samples, "one_cos_p", far),
                     attn_samples_largest(samples, "one_cos_v", far));
    attn_table_cells(risks, (double)c + 1, conf.n.value[c], conf.T.value[c], conf.kappa.value[c],
                     attn_samples_largest(samples, "coherence", far),
                     attn_samples_mean(samples, "optimal", far),
                     over_draws(samples, c, c, LEAST_R).median,
                     attn_samples_median(samples, "log10_risk", first),
                     over_draws(samples, c, c, LEAST_RISK).median);
    attn_samples_write_medians(risks, samples, "log10_risk limit_risk ideal_risk", far);
    attn_table_cells(risks, over_draws(samples, c, c, RISK_RATIO).mean,
                     over_draws(samples, c, c, REACHED).mean);
  }
  attn_table_close(rates);
  attn_table_close(risks);
}

/* Every draw of one cell. */
static void write_branches(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(experiment, "branches", "draw R below above other");
  for (size_t d = 0; d < (size_t)conf.draws.value[conf.show - 1]; d++)
    for (size_t i = 0; i < conf.R.count; i++) {
      const attn_where where[] = {{"part", PATH},
                                  {"cell", (double)conf.show - 1},
                                  {"draw", (double)d},
                                  {"R", conf.R.value[i]},
                                  {0}};
      attn_table_cells(
          table, (double)d + 1, conf.R.value[i], attn_samples_value(samples, "below", where),
          attn_samples_value(samples, "above", where), attn_samples_value(samples, "other", where));
    }
  attn_table_close(table);
}

/* One draw at one kappa of the window: whether the branch from small |p| ends below, what it loses, and
 * whether labels alone foretell the former. */
typedef struct {
  bool below, labels;
  double loss, risk, below_risk;
} outcome;

static outcome outcome_of(const attn_samples *samples, size_t k, size_t draw) {
  const attn_where where[] = {
      {"part", WINDOW}, {"kappa", conf.window.value[k]}, {"draw", (double)draw}, {0}};
  const double reached = attn_samples_value(samples, "below", where);
  return (outcome){reached < 1 - conf.same,
                   attn_samples_value(samples, "labels", where) < 1 - conf.same, 1 - reached,
                   attn_samples_value(samples, "log10_risk", where),
                   attn_samples_value(samples, "below_risk", where)};
}

static void write_window(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "window",
      "kappa draws worse low high labels_worse agree optimal loss log10_risk below_risk");
  const size_t draws = conf.window_draws;
  double *lost = attn_alloc(3 * draws, sizeof *lost); /* [3][draws] of those that end below */
  for (size_t k = 0; k < conf.window.count; k++) {
    size_t worse = 0, labels = 0, agree = 0;
    for (size_t d = 0; d < draws; d++) {
      const outcome o = outcome_of(samples, k, d);
      labels += o.labels;
      agree += o.labels == o.below;
      if (!o.below)
        continue;
      lost[worse] = o.loss;
      lost[draws + worse] = o.risk;
      lost[2 * draws + worse++] = o.below_risk;
    }
    const attn_interval share = attn_stats_binomial(worse, draws, conf.level);
    attn_table_cells(
        table, conf.window.value[k], (double)draws, (double)worse / (double)draws, share.low,
        share.high, (double)labels / (double)draws, (double)agree / (double)draws,
        attn_samples_mean(samples, "optimal",
                          (attn_where[]){{"part", WINDOW}, {"kappa", conf.window.value[k]}, {0}}));
    for (size_t l = 0; l < 3; l++)
      attn_table_number(table, attn_stats_summary(lost + l * draws, worse, conf.level).median);
  }
  attn_free(lost);
  attn_table_close(table);
  table = attn_experiment_table(experiment, "edges", "eta kappa_star balanced_edge far fit_v_to");
  attn_table_cells(table, conf.eta, kappa_star(),
                   attn_samples_value(samples, "kappa", (attn_where[]){{"part", BALANCED}, {0}}),
                   nearest(conf.far), conf.fit_v_to);
  attn_table_close(table);
}

static double total(const attn_samples *samples, const char *column, const attn_where *where) {
  const size_t count = attn_samples_select(samples->scratch, samples, column, where);
  double sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += samples->scratch[i];
  return sum;
}

static void write_certificate_row(attn_table *table, const char *name, size_t cell,
                                  const attn_samples *samples, const attn_where *where) {
  const bool path = cell < conf.n.count;
  const double count[] = {total(samples, "stationary", where), total(samples, "flat", where),
                          total(samples, "stopped", where), total(samples, "infeasible", where)};
  attn_table_text(table, name);
  attn_table_cells(table, path ? conf.n.value[cell] : NAN, path ? conf.T.value[cell] : NAN,
                   path ? conf.kappa.value[cell] : NAN, count[0] + count[1] + count[2] + count[3]);
  attn_table_numbers(table, count, 4);
  attn_table_cells(table, attn_samples_largest(samples, "gap", where),
                   attn_samples_largest(samples, "sine", where),
                   attn_samples_largest(samples, "sine_gap", where));
}

static void write_certificate_table(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "certificates",
      "where n T kappa solutions stationary flat stopped infeasible gap sine sine_gap");
  for (size_t c = 0; c < conf.n.count; c++)
    write_certificate_row(table, "paths", c, samples,
                          (attn_where[]){{"part", PATH}, {"cell", (double)c}, {0}});
  write_certificate_row(table, "window", SIZE_MAX, samples, (attn_where[]){{"part", WINDOW}, {0}});
  write_certificate_row(table, "balanced", SIZE_MAX, samples,
                        (attn_where[]){{"part", BALANCED}, {0}});
  write_certificate_row(table, "all", SIZE_MAX, samples, (attn_where[]){{0}});
  attn_table_close(table);
}

/* ---- claims ---- */

static attn_claim scope_of(const attn_samples *samples, part_kind part) {
  return attn_verdict_scope(
      NAN, attn_samples_largest(samples, "coherence", (attn_where[]){{"part", part}, {0}}),
      conf.coherence);
}

static void write_path_claims(attn_experiment *experiment, const attn_samples *samples) {
  const attn_claim base = scope_of(samples, PATH);
  const size_t last = conf.n.count - 1;
  const attn_where far[] = {{"part", PATH}, {"R", nearest(conf.far)}, {0}};
  //@begin verdicts
  static const char *const converge[][2] = {{"path-p-converges", "one_cos_p"},
                                            {"path-v-converges", "one_cos_v"}};
  for (size_t i = 0; i < 2; i++) {
    const size_t met = attn_samples_count(samples, converge[i][1], 0, conf.direction, far);
    attn_experiment_claim(experiment, attn_verdict_share(base, converge[i][0], met, path_draws(),
                                                         conf.level, conf.delta));
  }
  const struct {
    const char *id;
    quantity what;
    double predicted, allowed;
  } rule[] = {{"path-margin-rate", MARGIN_RATE, -1, conf.slope},
              {"path-margin-predicted", MARGIN_RATIO, 1, conf.relative},
              {"path-v-rate", V_RATE, -2, conf.slope},
              {"path-angle-rate", ANGLE, -2, conf.exponent},
              {"path-angle-predicted", ANGLE_RATIO, 1, conf.relative},
              {"path-small-bound", SMALL, 2, conf.exponent},
              {"path-risk-predicted", RISK_RATIO, 1, conf.relative},
              {"path-risk-ends", ENDS, 1, conf.relative}};
  for (size_t r = 0; r < sizeof rule / sizeof *rule; r++) {
    const attn_summary s = over_draws(samples, 0, last, rule[r].what);
    attn_experiment_claim(experiment, attn_verdict_within(base, rule[r].id, rule[r].predicted,
                                                          rule[r].allowed, s.mean, s.interval));
  }
  static const struct {
    const char *id;
    quantity what;
  } share[] = {{"path-risk-rises", RISES}, {"path-random-starts", REACHED}};
  for (size_t i = 0; i < 2; i++) {
    const attn_summary s = over_draws(samples, 0, last, share[i].what);
    attn_experiment_claim(
        experiment, attn_verdict_share(base, share[i].id,
                                       s.count > 0 ? (size_t)round(s.mean * (double)s.count) : 0,
                                       s.count, conf.level, conf.delta));
  }
  //@end verdicts
}

/* A draw counts once: whether it reaches the best at every kappa, and at how many labels foretell it. */
static void write_window_claims(attn_experiment *experiment, const attn_samples *samples) {
  const attn_claim base = scope_of(samples, WINDOW);
  size_t always = 0;
  double *agree = attn_alloc(conf.window_draws, sizeof *agree);
  for (size_t d = 0; d < conf.window_draws; d++) {
    size_t below = 0, same = 0;
    for (size_t k = 0; k < conf.window.count; k++) {
      const outcome o = outcome_of(samples, k, d);
      below += o.below;
      same += o.below == o.labels;
    }
    always += below == 0;
    agree[d] = (double)same / (double)conf.window.count;
  }
  attn_experiment_claim(experiment, attn_verdict_share(base, "path-from-below", always,
                                                       conf.window_draws, conf.level, conf.delta));
  const attn_summary s = attn_stats_summary(agree, conf.window_draws, conf.level);
  attn_experiment_claim(
      experiment, attn_verdict_above(base, "path-labels-decide", conf.labels, s.mean, s.interval));
  attn_free(agree);
}

static void check_cells(void) {
  const attn_list *lists[] = {&conf.T,     &conf.ratio,  &conf.kappa,
                              &conf.draws, &conf.others, &conf.random};
  static const char *const names[] = {"T", "ratio", "kappa", "draws", "others", "random"};
  for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
    if (lists[l]->count != conf.n.count)
      attn_fail("%s: %zu values, expected one for each of the %zu values of n", names[l],
                lists[l]->count, conf.n.count);
  if (conf.show > conf.n.count)
    attn_fail("show = %zu: there are %zu cells", conf.show, conf.n.count);
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "learning rule (4.1) along the bound on |p|", keys, sizeof keys / sizeof *keys);
  check_cells();
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_path(experiment, samples);
    write_cells(experiment, samples);
    write_branches(experiment, samples);
    write_window(experiment, samples);
    write_certificate_table(experiment, samples);
    write_path_claims(experiment, samples);
    write_window_claims(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
