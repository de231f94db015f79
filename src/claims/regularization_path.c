/* Claim: as the bound on |p| grows, the max-margin solution converges in direction to (v_mm, p_mm). */
#include <math.h>
#include <string.h>

#include "experiment.h"
#include "interpolator_path.h"
#include "linalg.h"
#include "pair.h"
#include "rng.h"
#include "tokens_gram.h"
#include "verdict.h"

static struct {
  attn_list kappa, R, window;
  size_t n, T, draws, random, window_draws;
  double ratio, eta, above, far, fit_from, fit_to, direction, slope, same, delta, coherence, level;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &conf.n, "[4, 400]", "the number of samples"},
    {"T", ATTN_KEY_COUNT, &conf.T, "[2, 16]", "the tokens per sample"},
    {"ratio", ATTN_KEY_REAL, &conf.ratio, "[1, 1e12)", "d/n"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "[0, 0.5)", "the label-flip rate"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "kappa of the paths"},
    {"R", ATTN_KEY_LIST, &conf.R, "(0, 1e4)", "the rising bounds on |p|, over |p_mm|"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 1e4]", "the draws of each path"},
    {"random", ATTN_KEY_COUNT, &conf.random, "[0, 100]", "the random starts at each bound"},
    {"window", ATTN_KEY_LIST, &conf.window, "(0, 1e3)", "kappa at which branches are compared"},
    {"window_draws", ATTN_KEY_COUNT, &conf.window_draws, "[2, 1e4]", "the draws there"},
    {"above", ATTN_KEY_REAL, &conf.above, "[1, 1e3)", "kappa over a draw's threshold, to be clear"},
    {"far", ATTN_KEY_REAL, &conf.far, "(0, 1e4)", "the bound over |p_mm| at which branches end"},
    {"fit_from", ATTN_KEY_REAL, &conf.fit_from, "(0, 1e4)", "rates are fitted from here"},
    {"fit_to", ATTN_KEY_REAL, &conf.fit_to, "(0, 1e4)", "to here, in units of |p_mm|"},
    {"direction", ATTN_KEY_REAL, &conf.direction, "(0, 1)", "the largest 1 - cosine at far"},
    {"slope", ATTN_KEY_REAL, &conf.slope, "(0, 1)", "the allowed distance of a fitted slope"},
    {"same", ATTN_KEY_REAL, &conf.same, "(0, 1)", "margins closer than this, relatively, are one"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 1)", "the share of draws that may fail"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

enum { PATH, WINDOW }; /* parts */

/* above: the best selection is the paper's; over: kappa over the draw's threshold. from_below, from_above, other, random_low, random_high: margins over the best, of the branch from
 * small |p|, that from p_mm of the best selection, the best one from other selections, and of random
 * starts. worse: the share of random starts that end below the best. */
#define COLUMNS                                                                                    \
  "part kappa R draw margin deficit cos_v cos_p att_clean att_noisy log10_risk limit_risk above "  \
  "over from_below from_above other random_low random_high worse gap sine flat coherence"

/* ---- sampling ---- */

/* p_mm of the best selection, then of the other class-wise selections that can be realised and
 * differ from it; returns how many. The pair holds the best one in the end. */
static size_t directions_of(double *direction /* [1 + STARTS][2 + N] */, attn_pair *pair) {
  const size_t n = pair->trial->param.n, size = 2 + pair->trial->labels->N;
  unsigned char *best = attn_alloc(n, 1);
  size_t count = 1;
  attn_pair_search(pair, 0);
  memcpy(best, pair->sigma, n);
  for (size_t c = 0; c < ATTN_MAXMARGIN_STARTS; c++) {
    attn_maxmargin_start(pair->sigma, c, &pair->set);
    if (memcmp(best, pair->sigma, n) != 0 && attn_pair_solve(pair))
      memcpy(direction + count++ * size, pair->p, size * sizeof *direction);
  }
  memcpy(pair->sigma, best, n);
  if (attn_pair_solve(pair))
    memcpy(direction, pair->p, size * sizeof *direction);
  attn_free(best);
  return count;
}

static double cosine(const double *u, const double *w, attn_pair *pair) {
  attn_interpolator_workspace *space = pair->interpolator;
  return attn_interpolator_inner(u, w, &pair->set, space) /
         sqrt(attn_interpolator_inner(u, u, &pair->set, space) *
              attn_interpolator_inner(w, w, &pair->set, space));
}

//@begin path
/* Follows learning rule (4.1) along R, in units of |p_mm|, and writes a row for each R. */
static void follow(attn_table *table, size_t job, int part, double kappa, size_t draw,
                   const attn_list *R, attn_pair *pair) {
  const size_t size = 2 + pair->trial->labels->N;
  double *direction = attn_alloc((1 + ATTN_MAXMARGIN_STARTS) * size, sizeof *direction);
  double bound[ATTN_LIST_MAX];
  const size_t found = directions_of(direction, pair), directions = part == PATH ? found : 1;
  const size_t random = part == PATH ? conf.random : 0; /* the window compares two branches only */
  for (size_t i = 0; i < R->count; i++)
    bound[i] = R->value[i] * pair->norm_p;
  attn_interpolator_path *path =
      attn_interpolator_path_alloc(bound, R->count, directions, random, pair->trial->labels);
  attn_interpolator_follow(path, direction, pair->trial->rng, &pair->set, pair->interpolator);
  const double limit = pair->value.margin_low;
  const attn_pair_counts c = attn_pair_count(pair);
  const double over =
      pair->set.rho *
      sqrt(fmin(c.signal[0] + c.noise[0], c.signal[1] + c.noise[1]) / (double)pair->trial->param.d);
  const double limit_risk = attn_pair_limit_risk(pair).log10_clean;
  //@end path
  for (size_t i = 0; i < R->count; i++) {
    const attn_interpolator_result *end = path->end + i * path->starts;
    const attn_interpolator_result best = attn_interpolator_path_best(path, i);
    const double *v = path->v + i * size, *p = path->p + i * size;
    const attn_metrics m = attn_pair_measure(pair, v, p);
    double other = NAN, low = NAN, high = NAN, worse = 0;
    for (size_t s = 2; s < path->starts; s++) {
      const double reached = end[s].margin / best.margin;
      if (s < 1 + directions) {
        other = fmax(other, reached);
        continue;
      }
      low = fmin(low, reached);
      high = fmax(high, reached);
      worse += reached < 1 - conf.same;
    }
    attn_table_cells(table, (double)job, part, kappa, R->value[i], (double)draw,
                     best.margin / limit, 1 - best.margin / limit, cosine(v, pair->v, pair),
                     cosine(p, pair->p, pair), m.att_clean, m.att_noisy,
                     attn_metrics_log10_risk(&m, conf.T), limit_risk, attn_pair_is_optimal(pair),
                     over, end[0].margin / best.margin, end[1].margin / best.margin, other, low,
                     high, random > 0 ? worse / (double)random : NAN,
                     fmax(best.gap, fmax(pair->value.gap, pair->attention.gap)),
                     best.status == ATTN_INTERPOLATOR_OK ? best.sine : NAN,
                     best.status == ATTN_INTERPOLATOR_FLAT,
                     attn_tokens_gram_coherence(pair->trial->tokens, conf.n));
  }
  attn_interpolator_path_free(path);
  attn_free(direction);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  attn_list up = {.count = 0};
  for (size_t i = 0; i < conf.R.count && conf.R.value[i] <= conf.far; i++)
    up.value[up.count++] = conf.R.value[i];
  const size_t paths = conf.kappa.count * conf.draws;
  for (size_t job = ATTN_FIRST_JOB;
       attn_experiment_next(experiment, paths + conf.window.count * conf.window_draws, &job);) {
    const int part = job < paths ? PATH : WINDOW;
    const attn_list *grid = part == PATH ? &conf.kappa : &conf.window;
    const size_t draws = part == PATH ? conf.draws : conf.window_draws;
    const size_t j = part == PATH ? job : job - paths, draw = j % draws;
    const double kappa = grid->value[j / draws];
    const attn_data_param param = {conf.n, conf.T, (size_t)(conf.ratio * (double)conf.n),
                                   kappa * sqrt(conf.ratio), conf.eta};
    attn_pair *pair = attn_pair_alloc(&param);
    /* the cell is the part: labels, noise and random starts are the same for every kappa */
    attn_pair_draw(pair, attn_experiment_seed(experiment), "regularization_path", (size_t)part,
                   draw);
    follow(table, job, part, kappa, draw, part == PATH ? &conf.R : &up, pair);
    attn_pair_free(pair);
  }
}

/* ---- tables ---- */

static void write_path(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "path",
      "kappa R one_minus_margin one_minus_cos_v one_minus_cos_p att_clean att_noisy log10_risk "
      "limit_risk from_below from_above other random_low random_high worse flat");
  for (size_t k = 0; k < conf.kappa.count; k++)
    for (size_t i = 0; i < conf.R.count; i++) {
      const attn_where where[] = {
          {"part", PATH}, {"kappa", conf.kappa.value[k]}, {"R", conf.R.value[i]}, {0}};
      attn_table_cells(table, conf.kappa.value[k], conf.R.value[i],
                       attn_samples_median(samples, "deficit", where),
                       1 - attn_samples_median(samples, "cos_v", where),
                       1 - attn_samples_median(samples, "cos_p", where),
                       attn_samples_mean(samples, "att_clean", where),
                       attn_samples_mean(samples, "att_noisy", where),
                       attn_samples_median(samples, "log10_risk", where),
                       attn_samples_median(samples, "limit_risk", where),
                       attn_samples_median(samples, "from_below", where),
                       attn_samples_median(samples, "from_above", where),
                       attn_samples_median(samples, "other", where),
                       attn_samples_median(samples, "random_low", where),
                       attn_samples_median(samples, "random_high", where),
                       attn_samples_mean(samples, "worse", where),
                       attn_samples_mean(samples, "flat", where));
    }
  attn_table_close(table);
}

/* The bound at which branches are compared: the largest that is at most far. */
static double far_bound(void) {
  double bound = conf.R.value[0];
  for (size_t i = 0; i < conf.R.count && conf.R.value[i] <= conf.far; i++)
    bound = conf.R.value[i];
  return bound;
}

static void write_window(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table =
      attn_experiment_table(experiment, "window", "kappa draws below_wrong low high optimal");
  for (size_t k = 0; k < conf.window.count; k++) {
    const attn_where where[] = {
        {"part", WINDOW}, {"kappa", conf.window.value[k]}, {"R", far_bound()}, {0}};
    const size_t wrong = attn_samples_count(samples, "from_below", 0, 1 - conf.same, where);
    const attn_interval share = attn_stats_binomial(wrong, conf.window_draws, conf.level);
    attn_table_cells(table, conf.window.value[k], (double)conf.window_draws,
                     (double)wrong / (double)conf.window_draws, share.low, share.high,
                     attn_samples_mean(samples, "above", where));
  }
  attn_table_close(table);
}

static void write_certificates(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table =
      attn_experiment_table(experiment, "certificates", "solutions worst_gap worst_sine flat");
  const attn_where all[] = {{0}};
  attn_table_cells(table, (double)samples->rows, attn_samples_largest(samples, "gap", all),
                   attn_samples_largest(samples, "sine", all),
                   attn_samples_mean(samples, "flat", all));
  attn_table_close(table);
}

/* ---- claims ---- */

/* Draws whose value of a column at the far bound lies in [low, high]. */
static void share_claim(attn_experiment *experiment, const attn_samples *samples, attn_claim base,
                        const char *id, int part, const char *column, double low, double high) {
  const attn_where where[] = {{"part", part}, {"R", far_bound()}, {0}};
  const size_t met = attn_samples_count(samples, column, low, high, where);
  const size_t count = attn_samples_select(samples->scratch, samples, column, where);
  attn_experiment_claim(experiment,
                        attn_verdict_share(base, id, met, count, conf.level, conf.delta));
}

/* The slope, draw by draw and kappa by kappa, of log(column) against R or log R; its median, since
 * near the threshold the best branch may change within the range, which gives any slope. */
static void slope_claim(attn_experiment *experiment, const attn_samples *samples, attn_claim base,
                        const char *id, const char *column, bool power, double predicted) {
  const size_t cells = conf.kappa.count * conf.draws;
  double *slope = attn_alloc(cells, sizeof *slope);
  double x[ATTN_LIST_MAX], y[ATTN_LIST_MAX];
  for (size_t c = 0; c < cells; c++) {
    size_t count = 0;
    for (size_t i = 0; i < conf.R.count; i++) {
      const double R = conf.R.value[i];
      const attn_where where[] = {{"part", PATH},
                                  {"kappa", conf.kappa.value[c / conf.draws]},
                                  {"draw", (double)(c % conf.draws)},
                                  {"R", R},
                                  {"flat", 0}, /* p is determined in double precision */
                                  {0}};
      const double value = attn_samples_value(samples, column, where);
      if (R < conf.fit_from || R > conf.fit_to || isnan(value))
        continue;
      x[count] = power ? log(R) : R;
      y[count++] = log(strcmp(column, "deficit") == 0 ? value : 1 - value);
    }
    slope[c] = attn_stats_line(x, y, count, conf.level).slope;
  }
  attn_stats_sort(slope, cells);
  attn_experiment_claim(
      experiment,
      attn_verdict_within(base, id, predicted, conf.slope, attn_stats_quantile(slope, cells, 0.5),
                          attn_stats_quantile_interval(slope, cells, 0.5, conf.level)));
  attn_free(slope);
}

/* Draws clear of their own threshold in which the risk rises from fit_from on, all the way to its limit. */
static void rise_claim(attn_experiment *experiment, const attn_samples *samples, attn_claim base) {
  size_t met = 0, count = 0;
  for (size_t c = 0; c < conf.kappa.count * conf.draws; c++) {
    double last = -INFINITY;
    bool rises = true, optimal = false;
    for (size_t i = 0; i < conf.R.count; i++) {
      const attn_where where[] = {{"part", PATH},
                                  {"kappa", conf.kappa.value[c / conf.draws]},
                                  {"draw", (double)(c % conf.draws)},
                                  {"R", conf.R.value[i]},
                                  {0}};
      const double risk = attn_samples_value(samples, "log10_risk", where);
      const double limit = attn_samples_value(samples, "limit_risk", where);
      optimal = attn_samples_value(samples, "over", where) >= conf.above;
      if (conf.R.value[i] < conf.fit_from)
        continue;
      rises = rises && risk >= last - 1e-9 * fabs(last) && risk <= limit + 1e-6 * fabs(limit);
      last = risk;
    }
    count += optimal;
    met += optimal && rises;
  }
  attn_experiment_claim(
      experiment, attn_verdict_share(base, "path-risk-rises", met, count, conf.level, conf.delta));
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "learning rule (4.1) along the bound on |p|", keys, sizeof keys / sizeof *keys);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
    return attn_experiment_end(experiment);
  }
  attn_samples *samples = attn_experiment_gather(experiment);
  write_path(experiment, samples);
  write_window(experiment, samples);
  write_certificates(experiment, samples);
  const attn_claim base = attn_verdict_scope(
      NAN, attn_samples_largest(samples, "coherence", (attn_where[]){{0}}), conf.coherence);
  //@begin verdicts
  share_claim(experiment, samples, base, "path-p-converges", PATH, "cos_p", 1 - conf.direction, 2);
  share_claim(experiment, samples, base, "path-v-converges", PATH, "cos_v", 1 - conf.direction, 2);
  slope_claim(experiment, samples, base, "path-margin-rate", "deficit", false, -1);
  slope_claim(experiment, samples, base, "path-angle-rate", "cos_p", true, -2);
  rise_claim(experiment, samples, base);
  share_claim(experiment, samples, base, "path-from-below", WINDOW, "from_below", 1 - conf.same, 2);
  share_claim(experiment, samples, base, "path-random-starts", PATH, "worse", 0, 0);
  //@end verdicts
  attn_samples_free(samples);
  return attn_experiment_end(experiment);
}
