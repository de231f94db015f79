/* What two steps of gradient descent need of the dimension: the noise tokens' cross terms against
 * n/d and n^2/d, and the same draws without them (theory section 7). */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "experiment.h"
#include "metrics.h"
#include "nested.h"
#include "recursion.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "verdict.h"

static struct {
  size_t T, late, draws, edge_draws, check_n, check_draws;
  double eta, kappa, b, check_dn2, rate_dn2, benign, allowed, exponent, delta, coherence, level;
  attn_list n, dn2, edge_n, edge_dn;
} conf;

static const attn_key keys[] = {
    {"T", ATTN_KEY_COUNT, &conf.T, "[2, 2]", "the tokens per sample"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate"},
    {"kappa", ATTN_KEY_REAL, &conf.kappa, "(0, 1e3)", "rho sqrt(n/d)"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the step size beta rho^2"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[3, 1e6]", "the number of steps that is late"},
    {"n", ATTN_KEY_COUNTS, &conf.n, "[10, 2000]", "the numbers of samples of the map"},
    {"dn2", ATTN_KEY_LIST, &conf.dn2, "(0, 1e8)", "d/n^2 of the map"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[3, 1e4]", "the draws of each cell of the map"},
    {"edge_n", ATTN_KEY_COUNTS, &conf.edge_n, "[10, 2000]", "the numbers of samples of the edges"},
    {"edge_dn", ATTN_KEY_LIST, &conf.edge_dn, "(0, 1e6)", "d/n where edges are searched"},
    {"edge_draws", ATTN_KEY_COUNT, &conf.edge_draws, "[3, 1e4]", "the draws of each edge"},
    {"check_n", ATTN_KEY_COUNT, &conf.check_n, "[10, 2000]", "n of the check far below n^2"},
    {"check_dn2", ATTN_KEY_REAL, &conf.check_dn2, "(0, 1e8)", "its d/n^2"},
    {"check_draws", ATTN_KEY_COUNT, &conf.check_draws, "[3, 1e4]", "its draws"},
    {"rate_dn2", ATTN_KEY_REAL, &conf.rate_dn2, "(0, 1e8)", "a d/n^2 of the map, for the rate"},
    {"benign", ATTN_KEY_REAL, &conf.benign, "(0, 0.5)", "the risk that counts as small"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed relative distance"},
    {"exponent", ATTN_KEY_REAL, &conf.exponent, "(0, 1)", "the allowed distance of an exponent"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

enum { MAP, EDGE, CHECK };

/* The conclusions of the two-step theorem, as numbers that are positive where they hold: the
 * smallest margin of the clean and of the noisy samples, mean attention on the right side of one
 * half, a risk below the benign one; and the noisy samples' mean margin, to compare. */
typedef enum {
  CLEAN_FIT,
  NOISY_FIT,
  CLEAN_ATTENTION,
  NOISY_ATTENTION,
  RISK,
  CONCLUSIONS,
  NOISY_MEAN = CONCLUSIONS,
  MARKS
} mark;

static const char *const mark_name[MARKS] = {"clean_fit",       "noisy_fit", "clean_attention",
                                             "noisy_attention", "risk",      "noisy_mean"};

static attn_data_param parameters(double n, double d) {
  attn_data_param param = {(size_t)n, conf.T, (size_t)fmax(3, round(d)), 0, conf.eta};
  param.rho = attn_data_rho(conf.kappa, param.n, param.d);
  return param;
}

/* ---- sampling ---- */

#define COLUMNS                                                                                    \
  "part n dn2 cross coherence clean noisy train att_clean att_noisy log10_risk train_late "        \
  "log10_risk_late clean_fit noisy_fit clean_attention noisy_attention risk noisy_mean first"

/* A draw, with its cross terms or without. */
typedef struct {
  attn_nested *nested;
  bool cross;
  mark which; /* of mark_at */
} followed;

static void set_dimension(const followed *draw, double d) {
  const attn_data_param param = parameters((double)draw->nested->trial->param.n, d);
  attn_nested_set_dimension(draw->nested, param.d, param.rho);
  if (!draw->cross)
    attn_tokens_gram_drop_cross(draw->nested->trial->tokens);
}

/* Trains for some steps and measures. */
static attn_metrics train(const followed *draw, size_t steps) {
  attn_trial *trial = draw->nested->trial;
  const attn_optim optim = {.beta = conf.b / (trial->param.rho * trial->param.rho)};
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == steps)
      return attn_metrics_measure(trial->model, trial->tokens, trial->labels);
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
}

static double coherence_of(const followed *draw) {
  return attn_tokens_gram_coherence(draw->nested->trial->tokens, draw->nested->trial->param.n);
}

/* The rest of a row of the map. */
static void write_dimension(attn_table *table, const followed *draw, double d, bool to_late) {
  set_dimension(draw, d);
  attn_metrics m = train(draw, 2);
  attn_table_cells(table, coherence_of(draw), m.clean_acc, m.noisy_acc, m.train_acc, m.att_clean,
                   m.att_noisy, attn_metrics_log10_risk(&m, conf.T));
  if (to_late) {
    m = train(draw, conf.late - 2); /* on from there */
    attn_table_cells(table, m.train_acc, attn_metrics_log10_risk(&m, conf.T));
  }
  attn_table_skip(table, NULL);
}

/* Not-a-number for the noisy samples of a draw that has none. */
static void measure_marks(double *value /* [MARKS] */, const followed *draw, double d) {
  set_dimension(draw, d);
  const attn_metrics m = train(draw, 2);
  //@begin marks
  value[CLEAN_FIT] = m.least_clean; /* the smallest y_i f_i */
  value[NOISY_FIT] = m.least_noisy;
  value[CLEAN_ATTENTION] = m.att_clean - 0.5;
  value[NOISY_ATTENTION] = 0.5 - m.att_noisy;
  value[RISK] = log10(conf.benign) - attn_metrics_log10_risk(&m, conf.T);
  value[NOISY_MEAN] = m.margin_noisy;
  //@end marks
}

static double mark_at(double log_d, void *context) {
  const followed *draw = context;
  double value[MARKS];
  measure_marks(value, draw, exp(log_d));
  return value[draw->which];
}

/* The largest d at which a mark fails: 0 if it never fails, infinity if it fails at the end of the
 * searched range, not-a-number without noisy samples. */
static double edge_of(followed *draw, mark w, double (*value)[MARKS] /* [edge_dn] */) {
  const attn_list *dn = &conf.edge_dn;
  const double n = (double)draw->nested->trial->param.n;
  size_t i = dn->count; /* the mark holds in all of [i, count) */
  while (i > 0 && value[i - 1][w] > 0)
    i--;
  if (isnan(value[dn->count - 1][w]))
    return NAN;
  if (i == 0 || i == dn->count)
    return i == 0 ? 0 : INFINITY;
  draw->which = w;
  return exp(
      attn_stats_root(mark_at, draw, log(n * dn->value[i - 1]), log(n * dn->value[i]), 5e-3));
}

/* The rest of a row of the edges. The coherence is that of the range's smallest d. */
static void write_edges_of(attn_table *table, followed *draw) {
  double value[ATTN_LIST_MAX][MARKS], edge[MARKS];
  for (size_t i = 0; i < conf.edge_dn.count; i++) {
    measure_marks(value[i], draw, (double)draw->nested->trial->param.n * conf.edge_dn.value[i]);
    if (i == 0)
      attn_table_number(table, coherence_of(draw));
  }
  attn_table_skip(table, mark_name[0]);
  double first = NAN, largest = 0; /* the conclusion with the largest edge */
  for (mark w = 0; w < MARKS; w++) {
    edge[w] = edge_of(draw, w, value);
    if (w < CONCLUSIONS && edge[w] > largest) {
      first = w;
      largest = edge[w];
    }
  }
  attn_table_numbers(table, edge, MARKS);
  attn_table_number(table, first);
}

/* A job is one draw of one n; in the map in all dimensions. */
static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const attn_list check_n = {1, {(double)conf.check_n}}, check_dn2 = {1, {conf.check_dn2}};
  const attn_list edge_dn2 = {1, {NAN}}; /* an edge looks for its own */
  const attn_list *const ns[] = {&conf.n, &conf.edge_n, &check_n};
  const attn_list *const dn2s[] = {&conf.dn2, &edge_dn2, &check_dn2};
  const size_t jobs[] = {conf.n.count * conf.draws, conf.edge_n.count * conf.edge_draws,
                         conf.check_draws};
  for (size_t job = ATTN_FIRST_JOB;
       attn_experiment_next(experiment, jobs[MAP] + jobs[EDGE] + jobs[CHECK], &job);) {
    size_t part = 0, j = job;
    while (j >= jobs[part])
      j -= jobs[part++];
    const double n = ns[part]->value[j % ns[part]->count];
    const attn_data_param param = parameters(n, n);
    followed draw = {.nested = attn_nested_alloc(&param, conf.late)};
    attn_nested_draw(draw.nested, attn_experiment_seed(experiment),
                     attn_experiment_name(experiment), param.n, j / ns[part]->count);
    for (int cross = 1; cross >= 0; cross--)
      for (size_t i = 0; i < dn2s[part]->count; i++) {
        const double dn2 = dn2s[part]->value[i];
        draw.cross = cross;
        attn_table_cells(table, (double)job, (double)part, n, dn2, cross);
        if (part == EDGE)
          write_edges_of(table, &draw);
        else
          write_dimension(table, &draw, dn2 * n * n, part == MAP);
      }
    attn_nested_free(draw.nested);
  }
}

/* ---- prediction ---- */

static attn_recursion ideal_two(const attn_data_param *param) {
  attn_recursion r = attn_recursion_start(param);
  for (size_t step = 0; step < 2; step++)
    attn_recursion_step(&r, param, conf.b / (param->rho * param->rho));
  return r;
}

static double ideal_risk(const attn_data_param *param) {
  const attn_recursion r = ideal_two(param);
  return attn_recursion_log10_risk(&r, conf.T);
}

/* Cross terms as fresh noise: a training sample's noise scores are its own part plus N(0, |v|^2) and
 * N(0, |p|^2), as if v and p had not been made of it. The chance that some of the noisy samples is
 * not fitted:
 *   1 - (1 - q)^(eta n),  q = P( v_xi + |v| w < v_mu exp(p_mu - p_xi - |p| z) ),  w, z ~ N(0, 1). */
static double chance_unfitted(const attn_data_param *param) {
  const attn_recursion r = ideal_two(param);
  double q = 0;
  for (int i = -400; i <= 400; i++) {
    const double z = i * 0.02;
    const double mean = r.v_xi[1] - r.v_mu * exp(r.p_mu - r.p_xi[1] - sqrt(r.pp) * z);
    q += 0.02 * gsl_ran_ugaussian_pdf(z) * gsl_cdf_ugaussian_P(-mean / sqrt(r.vv));
  }
  return -expm1(param->eta * (double)param->n * log1p(-fmin(q, 1 - 1e-12)));
}

typedef struct {
  double n;
  mark which;
} ideal_search;

static double ideal_at(double log_d, void *context) {
  const ideal_search *s = context;
  const attn_data_param param = parameters(s->n, exp(log_d));
  return s->which == RISK ? log10(conf.benign) - ideal_risk(&param) : 0.5 - chance_unfitted(&param);
}

/* The predicted edge, for the risk and the noisy fit; not-a-number for the others. */
static double predicted_edge(mark which, double n) {
  ideal_search s = {n, which};
  return which == RISK || which == NOISY_FIT
             ? exp(attn_stats_root(ideal_at, &s, log(0.1 * n), log(1e4 * n), 1e-6))
             : NAN;
}

/* ---- tables ---- */

/* The cross terms' part in log risk after two steps, draw by draw: |with / without - 1|. */
static attn_summary cross_part(const attn_samples *samples, const attn_where *with,
                               const attn_where *without) {
  double *x = attn_alloc(samples->rows, sizeof *x), *y = attn_alloc(samples->rows, sizeof *y);
  const size_t count = attn_samples_select(x, samples, "log10_risk", with);
  if (attn_samples_select(y, samples, "log10_risk", without) != count)
    attn_fail("a risk after two steps is not a number");
  for (size_t r = 0; r < count; r++)
    x[r] = fabs(x[r] / y[r] - 1);
  const attn_summary summary = attn_stats_summary(x, count, conf.level);
  attn_free(x);
  attn_free(y);
  return summary;
}

/* map.tsv; and in fits.tsv the exponent in d/n of the cross terms' mean part in log risk, over the
 * cells with d > n. */
static void write_map(attn_experiment *experiment, const attn_samples *samples, attn_table *fits) {
  attn_table *table = attn_experiment_table(
      experiment, "map",
      "n dn2 d dn coherence coherence_predicted clean noisy all_fitted att_clean att_noisy risk "
      "risk_low risk_high risk_predicted all_fitted_late risk_late noisy_0 all_fitted_0 "
      "att_clean_0 att_noisy_0 risk_0 risk_late_0 difference difference_low difference_high");
  const size_t cells = conf.n.count * conf.dn2.count;
  double *dn = attn_alloc(cells, sizeof *dn), *mean = attn_alloc(cells, sizeof *mean);
  for (size_t i = 0; i < cells; i++) {
    const double n = conf.n.value[i / conf.dn2.count], dn2 = conf.dn2.value[i % conf.dn2.count];
    const attn_data_param param = parameters(n, dn2 * n * n);
    const double d = (double)param.d;
    const attn_where with[] = {{"part", MAP}, {"n", n}, {"dn2", dn2}, {"cross", 1}, {0}};
    const attn_where without[] = {{"part", MAP}, {"n", n}, {"dn2", dn2}, {"cross", 0}, {0}};
    const attn_summary risk = attn_samples_summary(samples, "log10_risk", with, conf.level);
    const attn_summary part = cross_part(samples, with, without);
    attn_table_cells(table, n, dn2, d, d / n, attn_samples_median(samples, "coherence", with),
                     attn_data_expected_coherence(&param));
    attn_samples_write_means(table, samples, "clean noisy", with);
    attn_table_cells(table, attn_samples_share(samples, "train", 1, with));
    attn_samples_write_means(table, samples, "att_clean att_noisy", with);
    attn_table_cells(table, risk.mean, risk.low, risk.high, ideal_risk(&param),
                     attn_samples_share(samples, "train_late", 1, with));
    attn_samples_write_means(table, samples, "log10_risk_late", with);
    attn_samples_write_means(table, samples, "noisy", without);
    attn_table_cells(table, attn_samples_share(samples, "train", 1, without));
    attn_samples_write_means(table, samples, "att_clean att_noisy log10_risk log10_risk_late",
                             without);
    attn_table_cells(table, part.mean, part.low, part.high);
    dn[i] = d > n ? d / n : NAN;
    mean[i] = part.mean;
  }
  attn_table_close(table);
  const attn_line line = attn_stats_power(dn, mean, cells, conf.level);
  attn_table_text(fits, "cross_terms");
  attn_table_cells(fits, line.slope, line.slope_interval.low, line.slope_interval.high);
  attn_free(dn);
  attn_free(mean);
}

/* The exponent in n of an edge, over the draws that have one, or of the map's risk at one d/n^2. */
static attn_line exponent(const attn_samples *samples, const char *column, double sign,
                          const attn_where *where) {
  const attn_pairs p = attn_samples_pairs(samples, "n", column, where);
  for (size_t r = 0; r < p.count; r++)
    p.y[r] *= sign;
  return attn_stats_power(p.x, p.y, p.count, conf.level);
}

static attn_line edge_exponent(const attn_samples *samples, mark w) {
  return exponent(samples, mark_name[w], 1, (attn_where[]){{"part", EDGE}, {"cross", 1}, {0}});
}

static void write_edges(attn_experiment *experiment, const attn_samples *samples,
                        attn_table *fits) {
  attn_table *table = attn_experiment_table(
      experiment, "edges",
      "conclusion mark n draws fails d d_low d_high dn dn_low dn_high dn2 dn_predicted fails_0 "
      "dn_0");
  for (mark w = 0; w < MARKS; w++) {
    const char *name = mark_name[w];
    for (size_t i = 0; i < conf.edge_n.count; i++) {
      const double n = conf.edge_n.value[i];
      const attn_where with[] = {{"part", EDGE}, {"n", n}, {"cross", 1}, {0}};
      const attn_where without[] = {{"part", EDGE}, {"n", n}, {"cross", 0}, {0}};
      const double d = attn_samples_median(samples, name, with);
      const attn_interval q = attn_samples_median_interval(samples, name, with, conf.level);
      const size_t draws = attn_samples_count(samples, name, 0, INFINITY, with);
      attn_table_text(table, name);
      attn_table_cells(table, (double)w, n, (double)draws,
                       1 - attn_samples_share(samples, name, 0, with), d, q.low, q.high, d / n,
                       q.low / n, q.high / n, d / (n * n), predicted_edge(w, n) / n,
                       1 - attn_samples_share(samples, name, 0, without),
                       attn_samples_median(samples, name, without) / n);
    }
    const attn_line line = edge_exponent(samples, w);
    attn_table_text(fits, name);
    attn_table_cells(fits, line.slope, line.slope_interval.low, line.slope_interval.high);
  }
  attn_table_close(table);
}

/* ---- claims ---- */

/* These claims are about what happens outside the theorem's hypotheses, so no draw is out of scope. */
static attn_claim outside(const attn_samples *samples, size_t part) {
  const double coherence = attn_samples_largest(
      samples, "coherence", (attn_where[]){{"part", (double)part}, {"cross", 1}, {0}});
  return attn_verdict_scope(conf.kappa, coherence, INFINITY);
}

/* Far below d = n^2, in one dimension. */
static void check_claims(attn_experiment *experiment, const attn_samples *samples) {
  const attn_where with[] = {{"part", CHECK}, {"cross", 1}, {0}};
  const attn_where without[] = {{"part", CHECK}, {"cross", 0}, {0}};
  double *train = attn_alloc(samples->rows, sizeof *train);
  double *train_0 = attn_alloc(samples->rows, sizeof *train_0);
  double *risk = attn_alloc(samples->rows, sizeof *risk);
  attn_samples_select(train, samples, "train", with);
  attn_samples_select(train_0, samples, "train", without);
  attn_samples_select(risk, samples, "log10_risk", with);
  size_t met = 0, same = 0;
  for (size_t r = 0; r < conf.check_draws; r++) {
    met += train[r] == 1 && risk[r] <= log10(conf.benign);
    same += train[r] == train_0[r];
  }
  attn_free(train);
  attn_free(train_0);
  attn_free(risk);
  attn_claim claim = outside(samples, CHECK);
  claim.coherence = attn_samples_median(samples, "coherence", with);
  attn_claim far = attn_verdict_share(claim, "two-steps-far-below-n-squared", met, conf.check_draws,
                                      conf.level, conf.delta);
  far.holds &= attn_samples_summary(samples, "att_clean", with, conf.level).low > 0.5;
  attn_experiment_claim(experiment, far);

  const attn_summary part = cross_part(samples, with, without);
  attn_claim cross =
      attn_verdict_below(claim, "cross-terms-negligible", conf.allowed, part.mean, part.interval);
  cross.holds &= same == conf.check_draws;
  attn_experiment_claim(experiment, cross);
}

static void edge_claims(attn_experiment *experiment, const attn_samples *samples) {
  const attn_claim base = outside(samples, EDGE);
  const attn_line risk = edge_exponent(samples, RISK), fit = edge_exponent(samples, NOISY_FIT);
  const attn_line *worst = fit.slope > risk.slope ? &fit : &risk;
  attn_claim needs = base;
  needs.id = "needs-n-squared";
  snprintf(needs.predicted, sizeof needs.predicted, ">= 2");
  needs.measured = worst->slope;
  needs.low = worst->slope_interval.low;
  needs.high = worst->slope_interval.high;
  needs.holds = needs.high >= 2;
  attn_experiment_claim(experiment, needs);
  attn_experiment_claim(experiment, attn_verdict_within(base, "risk-edge-scale", 1, conf.exponent,
                                                        risk.slope, risk.slope_interval));
  attn_experiment_claim(experiment, attn_verdict_below(base, "noisy-fit-edge-scale", 2, fit.slope,
                                                       fit.slope_interval));
  const attn_where with[] = {{"part", EDGE}, {"cross", 1}, {0}};
  const size_t count = attn_samples_count(samples, "first", 0, CONCLUSIONS, with);
  const size_t first = attn_samples_count(samples, "first", RISK, RISK, with);
  attn_experiment_claim(
      experiment, attn_verdict_above(base, "risk-fails-first", 0.5, (double)first / (double)count,
                                     attn_stats_binomial(first, count, conf.level)));
}

/* -log10 risk against n at one d/n^2: exponent 1 for a rate in d/n, 0 for one in d/n^2. */
static void rate_claim(attn_experiment *experiment, const attn_samples *samples) {
  double dn2 = conf.dn2.value[0];
  for (size_t i = 1; i < conf.dn2.count; i++) /* the nearest point of the grid */
    if (fabs(log(conf.dn2.value[i] / conf.rate_dn2)) < fabs(log(dn2 / conf.rate_dn2)))
      dn2 = conf.dn2.value[i];
  const attn_line line = exponent(samples, "log10_risk", -1,
                                  (attn_where[]){{"part", MAP}, {"dn2", dn2}, {"cross", 1}, {0}});
  attn_experiment_claim(experiment,
                        attn_verdict_within(outside(samples, MAP), "risk-rate", 1, conf.exponent,
                                            line.slope, line.slope_interval));
}

/* Measured over predicted coherence, averaged over the dimensions, which share a draw. */
static void coherence_claim(attn_experiment *experiment, const attn_samples *samples) {
  const size_t draws = conf.draws, all = conf.n.count * draws;
  double *x = attn_alloc(samples->rows, sizeof *x);
  double *ratio = attn_alloc(conf.dn2.count * all, sizeof *ratio); /* [d/n^2][n][draw] */
  for (size_t k = 0; k < conf.dn2.count; k++)
    for (size_t i = 0; i < conf.n.count; i++) {
      const double n = conf.n.value[i], dn2 = conf.dn2.value[k];
      const attn_data_param param = parameters(n, dn2 * n * n);
      const double predicted = attn_data_expected_coherence(&param);
      attn_samples_select(x, samples, "coherence",
                          (attn_where[]){{"part", MAP}, {"n", n}, {"dn2", dn2}, {"cross", 1}, {0}});
      for (size_t r = 0; r < draws; r++)
        ratio[k * all + i * draws + r] = x[r] / predicted;
    }
  const attn_summary s = attn_stats_draws(ratio, conf.dn2.count, all, ATTN_DRAW_MEAN, conf.level);
  attn_experiment_claim(experiment, attn_verdict_within(outside(samples, MAP), "coherence-law", 1,
                                                        conf.allowed, s.mean, s.interval));
  attn_free(x);
  attn_free(ratio);
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "two steps do not need d of order n^2, and fail when d falls to order n", keys,
      sizeof keys / sizeof *keys);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    /* exponents: of d in n at the edges, and of the cross terms' part in d/n */
    attn_table *fits = attn_experiment_table(experiment, "fits", "what exponent low high");
    write_edges(experiment, samples, fits);
    write_map(experiment, samples, fits);
    attn_table_close(fits);
    check_claims(experiment, samples);
    edge_claims(experiment, samples);
    rate_claim(experiment, samples);
    coherence_claim(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
