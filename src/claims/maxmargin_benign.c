/* Claim: above the threshold the max-margin pair fits all labels, noisy ones by noise, and is benign. */
#include <math.h>

#include "experiment.h"
#include "interpolator_path.h"
#include "linalg.h"
#include "pair.h"
#include "risk_limit.h"
#include "rng.h"
#include "tokens_gram.h"
#include "verdict.h"

static struct {
  attn_list n, ratio, eta, T, kappa, R, angle, wrong;
  size_t draws, break_draws, break_n;
  double break_ratio, break_eta, break_kappa, break_R, turned_to, shown_R, above, benign, delta,
      allowed, coherence;
  double level;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNTS, &conf.n, "[4, 1000]", "samples, a value for each setting"},
    {"ratio", ATTN_KEY_LIST, &conf.ratio, "[1, 1e12)", "d/n, a value for each setting"},
    {"eta", ATTN_KEY_LIST, &conf.eta, "[0, 0.5)", "flip rates, a value for each setting"},
    {"T", ATTN_KEY_COUNTS, &conf.T, "[2, 16]", "tokens per sample, a value for each setting"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "the values of kappa"},
    {"R", ATTN_KEY_LIST, &conf.R, "(0, 1e3)", "the rising bounds on |p| over |p_mm|"},
    {"shown_R", ATTN_KEY_REAL, &conf.shown_R, "(0, 1e3)", "the one of these in the page's table"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 1e4]", "the draws of each setting"},
    {"break_n", ATTN_KEY_COUNT, &conf.break_n, "[4, 1000]", "n where p is turned"},
    {"break_ratio", ATTN_KEY_REAL, &conf.break_ratio, "[1, 1e12)", "d/n there"},
    {"break_eta", ATTN_KEY_REAL, &conf.break_eta, "[0, 0.5)", "the flip rate there"},
    {"break_kappa", ATTN_KEY_REAL, &conf.break_kappa, "(0, 1e3)", "kappa there"},
    {"break_R", ATTN_KEY_REAL, &conf.break_R, "(0, 1e3)", "|p| over |p_mm| there"},
    {"break_draws", ATTN_KEY_COUNT, &conf.break_draws, "[2, 1e4]", "the draws there"},
    {"angle", ATTN_KEY_LIST, &conf.angle, "[0, 90]", "the angles between p and p_mm, in degrees"},
    {"turned_to", ATTN_KEY_REAL, &conf.turned_to, "[0, 90]", "the largest angle of the claim"},
    {"wrong", ATTN_KEY_LIST, &conf.wrong, "[0, 1]",
     "the shares of clean samples that are put on noise"},
    {"above", ATTN_KEY_REAL, &conf.above, "[1, 1e3)",
     "kappa over kappa* from which claims are made"},
    {"benign", ATTN_KEY_REAL, &conf.benign, "(0, 0.5)", "the largest risk that is benign"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 1)", "the share of draws that may fail"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed relative distance"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* Parts: against kappa; p turned away from p_mm with v fitted again, or with v_mm kept; against the
 * share of clean samples on noise. */
enum { SWEEP, TURNED, TURNED_KEPT, WRONG };

/* The columns of the samples, after the job. R: |p| over |p_mm|, infinite for the limit. */
enum {
  PART,
  SETTING,
  X,
  R,
  DRAW,
  FITTED,
  OPTIMAL,
  ATT_CLEAN,
  ATT_NOISY,
  MARGIN,
  RISK,
  PREDICTED,
  MISSED,
  GAP,
  SINE,
  ABOVE,
  COHERENCE,
  WIDTH
};
#define COLUMNS                                                                                    \
  "part setting x R draw fitted optimal att_clean att_noisy margin log10_risk predicted missed "   \
  "gap sine above coherence"

/* ---- sampling ---- */

static void write_row(attn_table *table, size_t job, const double *row) {
  attn_table_number(table, (double)job);
  attn_table_numbers(table, row, WIDTH);
}

static void start_row(double *row, double part, double setting, double draw, attn_pair *pair) {
  for (size_t c = 0; c < WIDTH; c++)
    row[c] = NAN;
  row[PART] = part;
  row[SETTING] = setting;
  row[DRAW] = draw;
  row[COHERENCE] = attn_tokens_gram_coherence(pair->trial->tokens, pair->trial->param.n);
}

//@begin limit
/* The pair (v_mm, p_mm) of the selection in pair->sigma, for |p| -> infinity. */
static void solve_limit(double *row, attn_pair *pair) {
  const attn_labels *labels = pair->trial->labels;
  const attn_pair_counts c = attn_pair_count(pair);
  const double clean = c.signal[0] + c.signal[1] + c.noise[0] + c.noise[1];
  row[R] = INFINITY;
  row[ABOVE] = attn_pair_over_threshold(pair);
  row[FITTED] = attn_pair_solve(pair);
  if (row[FITTED] == 0)
    return;
  const attn_risk_input ideal = attn_pair_predict(pair);
  row[OPTIMAL] = attn_pair_is_optimal(pair);
  row[ATT_CLEAN] = (c.signal[0] + c.signal[1]) / clean;
  row[ATT_NOISY] = (double)(attn_maxmargin_on_signal(pair->sigma, labels, 0, true) +
                            attn_maxmargin_on_signal(pair->sigma, labels, 1, true)) /
                   (c.noisy[0] + c.noisy[1]);
  row[MARGIN] = pair->value.margin_low;
  row[RISK] = attn_pair_limit_risk(pair).log10_clean;
  row[PREDICTED] = attn_risk_limit(&ideal, labels->T).log10_clean;
  row[GAP] = fmax(pair->value.gap, pair->attention.gap);
}
//@end limit

/* (v, p) at finite |p|, with what its solver certified. */
static void solved_row(double *row, attn_pair *pair, const double *v, const double *p,
                       const attn_interpolator_result *end) {
  const attn_metrics m = attn_pair_measure(pair, v, p);
  row[R] = end->R / pair->norm_p;
  row[FITTED] = end->margin > 0 && m.train_acc == 1;
  row[ATT_CLEAN] = m.att_clean;
  row[ATT_NOISY] = m.att_noisy;
  row[MARGIN] = end->margin;
  row[RISK] = attn_metrics_log10_risk(&m, pair->trial->param.T);
  row[GAP] = end->gap;
  row[SINE] = end->status == ATTN_INTERPOLATOR_OK ? end->sine : NAN;
}

static attn_data_param param_of(size_t setting, double kappa) {
  const size_t n = (size_t)conf.n.value[setting];
  const double ratio = conf.ratio.value[setting];
  return (attn_data_param){n, (size_t)conf.T.value[setting], (size_t)(ratio * (double)n),
                           kappa * sqrt(ratio), conf.eta.value[setting]};
}

/* One draw of a setting along kappa, with the same labels and noise. */
static void sweep(attn_table *table, size_t job, size_t setting, size_t draw,
                  const attn_experiment *experiment) {
  const attn_data_param param = param_of(setting, conf.kappa.value[0]);
  attn_pair *pair = attn_pair_alloc(&param, true);
  double row[WIDTH], scaled[ATTN_LIST_MAX];
  attn_pair_draw(pair, attn_experiment_seed(experiment), "maxmargin_benign", setting, draw);
  for (size_t k = 0; k < conf.kappa.count; k++) {
    const double kappa = conf.kappa.value[k];
    attn_pair_set_rho(pair, param_of(setting, kappa).rho);
    start_row(row, SWEEP, (double)setting, (double)draw, pair);
    row[X] = kappa;
    const double best = attn_pair_search(pair, 0);
    row[MISSED] = attn_maxmargin_bound(&pair->set) / best - 1;
    solve_limit(row, pair);
    write_row(table, job, row);
    if (row[FITTED] == 0)
      continue;
    for (size_t i = 0; i < conf.R.count; i++)
      scaled[i] = conf.R.value[i] * pair->norm_p;
    attn_interpolator_path *path =
        attn_interpolator_path_alloc(scaled, conf.R.count, 1, 0, pair->trial->labels);
    attn_interpolator_follow(path, pair->p, NULL, &pair->set, pair->interpolator);
    for (size_t i = 0; i < conf.R.count; i++) {
      const attn_interpolator_result end = attn_interpolator_path_best(path, i);
      const size_t size = 2 + pair->trial->labels->N;
      solved_row(row, pair, path->v + i * size, path->p + i * size, &end);
      row[R] = conf.R.value[i];
      row[OPTIMAL] = row[PREDICTED] = row[MISSED] = NAN;
      write_row(table, job, row);
    }
    attn_interpolator_path_free(path);
  }
  attn_pair_free(pair);
}

/* The risk's input of an ideal pair whose p is turned by an angle towards turn, of which only the
 * signal components are known; its noise part has what is left of the length, and nothing of v. */
static attn_risk_input turned_ideal(const attn_pair *pair, const double *turn, double angle) {
  const double c = cos(angle), s = sin(angle), rho2 = pair->set.rho * pair->set.rho;
  attn_risk_input ideal = attn_pair_predict(pair);
  double turn_pp = ideal.pp,
         cross = 0; /* |turn|^2 = |p_mm|^2 and turn . p_mm = 0, signals included */
  for (size_t k = 0; k < 2; k++) {
    const double on_signal = rho2 * turn[k];
    turn_pp += (ideal.mp[k] * ideal.mp[k] - on_signal * on_signal) / rho2;
    cross -= ideal.mp[k] * on_signal / rho2;
    ideal.mp[k] = c * ideal.mp[k] + s * on_signal;
  }
  ideal.pp = c * c * ideal.pp + 2 * c * s * cross + s * s * turn_pp;
  ideal.vp *= c;
  return ideal;
}

/* A random vector of norm |p_mm|, orthogonal to p_mm, in the span of the tokens. */
static void random_turn(double *turn /* [2 + N] */, attn_pair *pair, size_t draw,
                        const attn_experiment *experiment) {
  const size_t size = 2 + pair->trial->labels->N;
  gsl_rng *rng = pair->trial->rng;
  attn_rng_start(rng, attn_experiment_seed(experiment), "maxmargin_benign turn", 0, draw,
                 ATTN_STREAM_NOISE);
  attn_interpolator_random(turn, &pair->set, rng);
  const double along = attn_interpolator_inner(turn, pair->p, &pair->set, pair->interpolator);
  attn_axpy(turn, -along / (pair->norm_p * pair->norm_p), pair->p, size);
  const double length2 = attn_interpolator_inner(turn, turn, &pair->set, pair->interpolator);
  attn_scale(turn, pair->norm_p / sqrt(length2), size);
}

static const double radians = 3.14159265358979323846 / 180;

/* p at growing angles to p_mm, with v fitted again for each and with v_mm kept. */
static void turn_away(attn_table *table, size_t job, attn_pair *pair, size_t draw,
                      const attn_experiment *experiment) {
  const size_t size = 2 + pair->trial->labels->N;
  double *turn = attn_alloc(size, sizeof *turn), *v = attn_alloc(size, sizeof *v);
  double *p = attn_alloc(size, sizeof *p), row[WIDTH];
  random_turn(turn, pair, draw, experiment);
  for (size_t i = 0; i < conf.angle.count; i++) {
    const double angle = conf.angle.value[i] * radians;
    for (size_t j = 0; j < size; j++)
      p[j] = conf.break_R * (cos(angle) * pair->p[j] + sin(angle) * turn[j]);
    const attn_interpolator_result end =
        attn_interpolator_value(v, p, &pair->set, pair->interpolator);
    const attn_risk_input ideal = turned_ideal(pair, turn, angle);
    start_row(row, TURNED, 0, (double)draw, pair);
    /* where both labels crowd on one signal no v is certified to be the best fit: not fitted */
    if (end.gap <= ATTN_SVM_GAP)
      solved_row(row, pair, v, p, &end);
    row[FITTED] = row[FITTED] == 1;
    row[X] = conf.angle.value[i];
    write_row(table, job, row);

    start_row(row, TURNED_KEPT, 0, (double)draw, pair);
    const attn_metrics m = attn_pair_measure(pair, pair->v, p);
    const attn_risk_input input = attn_metrics_risk_input(&m);
    row[X] = conf.angle.value[i];
    row[FITTED] = m.train_acc == 1;
    row[ATT_CLEAN] = m.att_clean;
    row[ATT_NOISY] = m.att_noisy;
    row[RISK] = attn_risk_limit(&input, pair->trial->param.T).log10_clean;
    row[PREDICTED] = attn_risk_limit(&ideal, pair->trial->param.T).log10_clean;
    write_row(table, job, row);
  }
  attn_free(turn);
  attn_free(v);
  attn_free(p);
}

/* A growing share of each class's clean samples on their first noise token. */
static void choose_wrongly(attn_table *table, size_t job, attn_pair *pair, size_t draw) {
  const attn_labels *labels = pair->trial->labels;
  const attn_pair_counts best = attn_pair_count(pair);
  double row[WIDTH];
  for (size_t i = 0; i < conf.wrong.count; i++) {
    size_t seen[2] = {0, 0};
    for (size_t j = 0; j < labels->n; j++) {
      const size_t k = labels->k[j];
      if (!attn_labels_noisy(labels, j))
        pair->sigma[j] = (double)seen[k]++ < conf.wrong.value[i] * (best.signal[k] + best.noise[k]);
    }
    start_row(row, WRONG, 0, (double)draw, pair);
    row[X] = conf.wrong.value[i];
    solve_limit(row, pair);
    write_row(table, job, row);
  }
}

static void breaks(attn_table *table, size_t job, size_t draw, const attn_experiment *experiment) {
  const attn_data_param param = {conf.break_n, 2, (size_t)(conf.break_ratio * (double)conf.break_n),
                                 conf.break_kappa * sqrt(conf.break_ratio), conf.break_eta};
  attn_pair *pair = attn_pair_alloc(&param, true);
  attn_pair_draw(pair, attn_experiment_seed(experiment), "maxmargin_benign break", 0, draw);
  attn_pair_search(pair, 0);
  if (attn_pair_solve(pair)) {
    turn_away(table, job, pair, draw, experiment);
    choose_wrongly(table, job, pair, draw);
  }
  attn_pair_free(pair);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const size_t sweeps = conf.n.count * conf.draws;
  for (size_t job = ATTN_FIRST_JOB;
       attn_experiment_next(experiment, sweeps + conf.break_draws, &job);)
    if (job < sweeps)
      sweep(table, job, job / conf.draws, job % conf.draws, experiment);
    else
      breaks(table, job, job - sweeps, experiment);
}

/* ---- tables ---- */

#define SWEEP_COLUMNS                                                                              \
  "setting n ratio eta T kappa R fitted optimal att_clean att_noisy log10_risk risk_low "          \
  "risk_high "                                                                                     \
  "predicted missed"

static void write_sweep_row(attn_table *table, const attn_samples *samples, size_t s, double kappa,
                            double bound) {
  const attn_where where[] = {
      {"part", SWEEP}, {"setting", (double)s}, {"x", kappa}, {"R", bound}, {0}};
  const attn_summary risk = attn_samples_summary(samples, "log10_risk", where, conf.level);
  const double row[] = {(double)s + 1,
                        conf.n.value[s],
                        conf.ratio.value[s],
                        conf.eta.value[s],
                        conf.T.value[s],
                        kappa,
                        bound,
                        attn_samples_mean(samples, "fitted", where),
                        attn_samples_mean(samples, "optimal", where),
                        attn_samples_mean(samples, "att_clean", where),
                        attn_samples_mean(samples, "att_noisy", where),
                        risk.median,
                        risk.q05,
                        risk.q95,
                        attn_samples_median(samples, "predicted", where),
                        attn_samples_largest(samples, "missed", where)};
  attn_table_numbers(table, row, sizeof row / sizeof *row);
}

/* sweep.tsv: everything; limit.tsv and finite.tsv: the first setting for the page. */
static void write_sweeps(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(experiment, "sweep", SWEEP_COLUMNS);
  for (size_t s = 0; s < conf.n.count; s++)
    for (size_t k = 0; k < conf.kappa.count; k++)
      for (size_t i = 0; i <= conf.R.count; i++)
        write_sweep_row(table, samples, s, conf.kappa.value[k],
                        i < conf.R.count ? conf.R.value[i] : INFINITY);
  attn_table_close(table);
  table = attn_experiment_table(experiment, "limit", SWEEP_COLUMNS);
  for (size_t k = 0; k < conf.kappa.count; k++)
    write_sweep_row(table, samples, 0, conf.kappa.value[k], INFINITY);
  attn_table_close(table);
  table = attn_experiment_table(experiment, "finite", SWEEP_COLUMNS);
  for (size_t k = 0; k < conf.kappa.count; k++)
    write_sweep_row(table, samples, 0, conf.kappa.value[k], conf.shown_R);
  attn_table_close(table);
}

static void write_break(attn_experiment *experiment, const attn_samples *samples, const char *name,
                        int part, const attn_list *grid) {
  attn_table *table = attn_experiment_table(
      experiment, name, "x fitted att_clean att_noisy log10_risk risk_low risk_high predicted");
  for (size_t i = 0; i < grid->count; i++) {
    const attn_where where[] = {{"part", part}, {"x", grid->value[i]}, {0}};
    const attn_summary risk = attn_samples_summary(samples, "log10_risk", where, conf.level);
    attn_table_numbers(table,
                       (double[]){grid->value[i], attn_samples_mean(samples, "fitted", where),
                                  attn_samples_mean(samples, "att_clean", where),
                                  attn_samples_mean(samples, "att_noisy", where), risk.median,
                                  risk.q05, risk.q95,
                                  attn_samples_median(samples, "predicted", where)},
                       8);
  }
  attn_table_close(table);
}

static void write_certificates(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table =
      attn_experiment_table(experiment, "certificates", "solutions worst_gap worst_sine missed");
  const attn_where all[] = {{0}};
  attn_table_numbers(table,
                     (double[]){(double)attn_samples_select(samples->scratch, samples, "gap", all),
                                attn_samples_largest(samples, "gap", all),
                                attn_samples_largest(samples, "sine", all),
                                attn_samples_largest(samples, "missed", all)},
                     4);
  attn_table_close(table);
}

/* ---- claims ---- */

/* Draws are the unit, since the values of kappa share a draw. What must hold of every row of it. */
typedef bool (*demand)(const double *row /* [1 + WIDTH], the job first */);

static bool demands_fit(const double *row) {
  return row[1 + FITTED] == 1;
}
static bool demands_optimal(const double *row) {
  return row[1 + ABOVE] < conf.above || !isinf(row[1 + R]) || row[1 + OPTIMAL] == 1;
}
static bool demands_benign(const double *row) {
  return row[1 + ABOVE] < conf.above || row[1 + RISK] <= log10(conf.benign);
}

//@begin verdicts
static void share_claim(attn_experiment *experiment, const attn_samples *samples, attn_claim base,
                        const char *id, demand met) {
  const size_t draws = conf.n.count * conf.draws;
  size_t good = 0;
  for (size_t job = 0, r = 0; job < draws; job++) {
    bool all = true;
    for (; r < samples->rows && samples->value[r * samples->columns] == (double)job; r++)
      all = all && met(samples->value + r * samples->columns);
    good += all;
  }
  attn_experiment_claim(experiment,
                        attn_verdict_share(base, id, good, draws, conf.level, conf.delta));
}
//@end verdicts

/* log10 risk over its prediction in the limit, mean over the rows of each draw that count. */
static void ratio_claim(attn_experiment *experiment, const attn_samples *samples, attn_claim base,
                        const char *id, demand counts, size_t from, size_t draws) {
  double *ratio = attn_alloc(draws, sizeof *ratio);
  size_t count = 0, r = 0;
  for (size_t job = 0; job < from + draws; job++) {
    double sum = 0, rows = 0;
    for (; r < samples->rows && samples->value[r * samples->columns] == (double)job; r++) {
      const double *row = samples->value + r * samples->columns;
      if (job < from || !counts(row))
        continue;
      sum += row[1 + RISK] / row[1 + PREDICTED];
      rows++;
    }
    if (rows > 0)
      ratio[count++] = sum / rows;
  }
  attn_experiment_claim(
      experiment, attn_verdict_within(base, id, 1, conf.allowed, attn_stats_mean(ratio, count),
                                      attn_stats_mean_interval(ratio, count, conf.level)));
  attn_free(ratio);
}

static bool is_limit_above(const double *row) {
  return row[1 + ABOVE] >= conf.above && isinf(row[1 + R]) && row[1 + OPTIMAL] == 1 &&
         row[1 + PART] == SWEEP;
}
static bool is_turned(const double *row) {
  return row[1 + PART] == TURNED_KEPT && row[1 + X] <= conf.turned_to;
}

/* The x at which a draw's log10 risk passes the benign level, linear between the values tried. */
static double crossing(const attn_samples *samples, int part, size_t draw, const char *column,
                       const attn_list *grid) {
  const double level = log10(conf.benign);
  double last = NAN;
  for (size_t i = 0; i < grid->count; i++) {
    const double now = attn_samples_mean(
        samples, column,
        (attn_where[]){{"part", part}, {"draw", (double)draw}, {"x", grid->value[i]}, {0}});
    if (last <= level && now > level)
      return grid->value[i - 1] +
             (level - last) / (now - last) * (grid->value[i] - grid->value[i - 1]);
    last = now;
  }
  return NAN;
}

static void crossing_claim(attn_experiment *experiment, const attn_samples *samples,
                           attn_claim base, const char *id, int part, const attn_list *grid) {
  double *ratio = attn_alloc(conf.break_draws, sizeof *ratio);
  size_t count = 0;
  for (size_t draw = 0; draw < conf.break_draws; draw++) {
    const double each = crossing(samples, part, draw, "log10_risk", grid) /
                        crossing(samples, part, draw, "predicted", grid);
    if (!isnan(each))
      ratio[count++] = each;
  }
  attn_experiment_claim(
      experiment, attn_verdict_within(base, id, 1, conf.allowed, attn_stats_mean(ratio, count),
                                      attn_stats_mean_interval(ratio, count, conf.level)));
  attn_free(ratio);
}

int main(int argc, char **argv) {
  attn_experiment *experiment =
      attn_experiment_begin(argc, argv, "above the threshold the max-margin pair is benign", keys,
                            sizeof keys / sizeof *keys);
  const size_t settings = conf.n.count;
  if (conf.ratio.count != settings || conf.eta.count != settings || conf.T.count != settings)
    attn_fail("n, ratio, eta, T: %zu, %zu, %zu and %zu values, expected as many of each", settings,
              conf.ratio.count, conf.eta.count, conf.T.count);
  if (!attn_list_has(&conf.R, conf.shown_R))
    attn_fail("shown_R = %g: must be one of the values of R", conf.shown_R);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
    return attn_experiment_end(experiment);
  }
  attn_samples *samples = attn_experiment_gather(experiment);
  write_sweeps(experiment, samples);
  write_break(experiment, samples, "turned", TURNED, &conf.angle);
  write_break(experiment, samples, "turned_kept", TURNED_KEPT, &conf.angle);
  write_break(experiment, samples, "wrong", WRONG, &conf.wrong);
  write_certificates(experiment, samples);
  const double swept =
      attn_samples_largest(samples, "coherence", (attn_where[]){{"part", SWEEP}, {0}});
  const double broken =
      attn_samples_largest(samples, "coherence", (attn_where[]){{"part", WRONG}, {0}});
  const attn_claim base = {.kappa = NAN, .coherence = swept, .in_scope = swept <= conf.coherence};
  const attn_claim turned = {
      .kappa = conf.break_kappa, .coherence = broken, .in_scope = broken <= conf.coherence};
  share_claim(experiment, samples, base, "maxmargin-fits", demands_fit);
  share_claim(experiment, samples, base, "maxmargin-selection", demands_optimal);
  share_claim(experiment, samples, base, "maxmargin-benign", demands_benign);
  ratio_claim(experiment, samples, base, "maxmargin-limit-risk", is_limit_above, 0,
              settings * conf.draws);
  ratio_claim(experiment, samples, turned, "maxmargin-turned", is_turned, settings * conf.draws,
              conf.break_draws);
  crossing_claim(experiment, samples, turned, "maxmargin-wrong-selection", WRONG, &conf.wrong);
  attn_samples_free(samples);
  return attn_experiment_end(experiment);
}
