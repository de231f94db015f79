/* What two steps of gradient descent need of the dimension: the noise tokens' cross terms against
 * n/d and n^2/d, and the same draws without them (theory section 7). */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "experiment.h"
#include "linalg.h"
#include "metrics.h"
#include "recursion.h"
#include "risk.h"
#include "rng.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
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

#define MARK_COLUMNS "clean_fit noisy_fit clean_attention noisy_attention risk noisy_mean"
static const char *const mark_name[MARKS] = {"clean_fit",       "noisy_fit", "clean_attention",
                                             "noisy_attention", "risk",      "noisy_mean"};

#define MAP_COLUMNS                                                                                \
  "coherence clean noisy train att_clean att_noisy log10_risk train_late log10_risk_late"
enum { MAP_WIDTH = 9, COHERENCE = 0 };

static attn_data_param parameters(size_t n, double d) {
  attn_data_param param = {n, conf.T, (size_t)fmax(3, round(d)), 0, conf.eta};
  param.rho = conf.kappa * sqrt((double)param.d / (double)n);
  return param;
}

/* ---- one draw in every dimension ---- */

/* Bartlett's decomposition with its randomness kept: the normals below the diagonal, and a stream for
 * each chi variable on it. So d can move while the draw stays the same, and in each d the Gram matrix
 * has its exact law. */
typedef struct {
  attn_trial *trial;
  double *normal; /* [N][N], upper triangle */
  uint64_t seed;
  const char *name;
  size_t draw;
  bool cross; /* false: the Gram matrix without what is off its diagonal */
} nested;

static nested nested_draw(size_t n, size_t steps, size_t draw, const attn_experiment *experiment) {
  const attn_data_param param = parameters(n, (double)n);
  nested s = {.trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, steps),
              .seed = attn_experiment_seed(experiment),
              .name = attn_experiment_name(experiment),
              .draw = draw,
              .cross = true};
  const size_t N = s.trial->tokens->N;
  attn_trial_draw(s.trial, s.seed, s.name, n, draw);
  s.normal = attn_alloc(N * N, sizeof *s.normal);
  attn_rng_start(s.trial->rng, s.seed, s.name, n, draw, ATTN_STREAM_NOISE);
  attn_rng_gaussian(s.normal, N * N, s.trial->rng);
  return s;
}

static void nested_free(nested *s) {
  attn_trial_free(s->trial);
  attn_free(s->normal);
}

static void nested_set_dimension(nested *s, double dimension) {
  const attn_data_param param = parameters(s->trial->param.n, dimension);
  attn_tokens *tokens = s->trial->tokens;
  const size_t N = tokens->N, k = param.d - 2;
  s->trial->param = param;
  tokens->k = k;
  attn_trial_set_rho(s->trial, param.rho);
  //@begin nested
  double *K = attn_tokens_gram_matrix(tokens);
  for (size_t i = 0; i < N; i++) { /* row i plays row N-1-i of Bartlett's triangle */
    const size_t j = N - 1 - i;
    memset(K + i * N, 0, N * sizeof *K);
    if (j < k) {
      attn_rng_start(s->trial->rng, s->seed, s->name, param.n, s->draw * N + j, ATTN_STREAM_OTHER);
      K[i * N + i] = attn_rng_chi((double)(k - j), s->trial->rng);
    }
    for (size_t l = i + 1; l < N; l++)
      if (N - 1 - l < k) /* the other columns do not exist */
        K[i * N + l] = s->normal[i * N + l];
  }
  attn_gram_of_upper(K, N);
  if (!s->cross)
    for (size_t i = 0; i < N; i++)
      for (size_t l = 0; l < N; l++)
        if (i != l)
          K[i * N + l] = 0;
  //@end nested
}

/* ---- training and what is measured ---- */

static attn_metrics after_two_steps(attn_trial *trial) {
  const attn_optim optim = {.beta = conf.b / (trial->param.rho * trial->param.rho)};
  attn_model_zero(trial->model);
  for (size_t step = 0; step < 2; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  return attn_metrics_measure(trial->model, trial->tokens, trial->labels);
}

/* After two steps. Not-a-number for the noisy samples of a draw that has none. */
static void measure_marks(double *value /* [MARKS] */, const attn_trial *trial,
                          const attn_metrics *m) {
  //@begin marks
  double least[2] = {INFINITY, INFINITY}, sum = 0; /* of y_i f_i: clean, noisy; noisy */
  for (size_t i = 0; i < trial->param.n; i++) {
    const double margin = trial->labels->y[i] * trial->model->f[i];
    const size_t kind = attn_labels_noisy(trial->labels, i);
    least[kind] = fmin(least[kind], margin);
    sum += kind == 1 ? margin : 0;
  }
  value[CLEAN_FIT] = least[0];
  value[NOISY_FIT] = isinf(least[1]) ? NAN : least[1];
  value[CLEAN_ATTENTION] = m->att_clean - 0.5;
  value[NOISY_ATTENTION] = 0.5 - m->att_noisy;
  value[RISK] = log10(conf.benign) - attn_metrics_log10_risk(m, conf.T);
  value[NOISY_MEAN] = isinf(least[1]) ? NAN : sum;
  //@end marks
}

static void run_map(double *out /* [MAP_WIDTH] */, nested *s, double d, bool to_late) {
  attn_trial *trial = s->trial;
  nested_set_dimension(s, d);
  attn_metrics m = after_two_steps(trial);
  const double two[] = {attn_tokens_gram_coherence(trial->tokens, trial->param.n),
                        m.clean_acc,
                        m.noisy_acc,
                        m.train_acc,
                        m.att_clean,
                        m.att_noisy,
                        attn_metrics_log10_risk(&m, conf.T)};
  memcpy(out, two, sizeof two);
  out[7] = out[8] = NAN;
  if (!to_late)
    return;
  const attn_optim optim = {.beta = conf.b / (trial->param.rho * trial->param.rho)};
  for (size_t step = 2; step < conf.late; step++) {
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
    attn_model_forward(trial->model, trial->tokens, trial->labels);
  }
  m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  out[7] = m.train_acc;
  out[8] = attn_metrics_log10_risk(&m, conf.T);
}

/* ---- edges ---- */

typedef struct {
  nested *draw;
  mark which;
} search;

static double mark_at(double log_d, void *context) {
  search *s = context;
  double value[MARKS];
  nested_set_dimension(s->draw, exp(log_d));
  const attn_metrics m = after_two_steps(s->draw->trial);
  measure_marks(value, s->draw->trial, &m);
  return value[s->which];
}

/* edge: for each conclusion the largest d at which it fails, in the searched range; 0 if it never
 * fails, infinity if it fails at the end of the range, not-a-number without noisy samples.
 * *coherence: at the range's smallest d. */
static void run_edges(double *edge /* [MARKS] */, double *coherence, nested *draw) {
  const size_t points = conf.edge_dn.count;
  const double n = (double)draw->trial->param.n;
  double(*value)[MARKS] = attn_alloc(points, sizeof *value);
  for (size_t i = 0; i < points; i++) {
    nested_set_dimension(draw, n * conf.edge_dn.value[i]);
    const attn_metrics m = after_two_steps(draw->trial);
    measure_marks(value[i], draw->trial, &m);
    if (i == 0)
      *coherence = attn_tokens_gram_coherence(draw->trial->tokens, draw->trial->param.n);
  }
  for (mark w = 0; w < MARKS; w++) {
    size_t i = points; /* all of [i, points) hold */
    while (i > 0 && value[i - 1][w] > 0)
      i--;
    search s = {draw, w};
    if (isnan(value[points - 1][w]))
      edge[w] = NAN;
    else if (i == 0 || i == points)
      edge[w] = i == 0 ? 0 : INFINITY;
    else
      edge[w] = exp(attn_stats_root(mark_at, &s, log(n * conf.edge_dn.value[i - 1]),
                                    log(n * conf.edge_dn.value[i]), 5e-3));
  }
  attn_free(value);
}

/* ---- predictions ---- */

static attn_recursion ideal_two(const attn_data_param *param) {
  attn_recursion r = attn_recursion_start(param);
  for (size_t step = 0; step < 2; step++)
    attn_recursion_step(&r, param, conf.b / (param->rho * param->rho));
  return r;
}

static double ideal_risk(const attn_data_param *param) {
  const attn_recursion r = ideal_two(param);
  const attn_risk_input input = {{r.v_mu, -r.v_mu}, {r.p_mu, r.p_mu}, r.vv, r.pp, r.vp, NAN};
  return attn_risk_log10(&input, conf.T).log10_clean;
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
  size_t n;
  mark which;
} ideal_search;

static double ideal_at(double log_d, void *context) {
  const ideal_search *s = context;
  attn_data_param param = parameters(s->n, exp(log_d));
  return s->which == RISK ? log10(conf.benign) - ideal_risk(&param) : 0.5 - chance_unfitted(&param);
}

/* The predicted edge, for the risk and the noisy fit; not-a-number for the others. */
static double predicted_edge(mark which, size_t n) {
  if (which != RISK && which != NOISY_FIT)
    return NAN;
  ideal_search s = {n, which};
  return exp(attn_stats_root(ideal_at, &s, log(0.1 * (double)n), log(1e4 * (double)n), 1e-6));
}

/* ---- jobs: one draw of one n; of the map in all dimensions ---- */

static void write_row(attn_table *table, size_t job, size_t part, double n, double dn2, bool cross,
                      const double *map, const double *edge) {
  attn_table_numbers(table, (double[]){(double)job, (double)part, n, dn2, cross}, 5);
  attn_table_numbers(table, map, MAP_WIDTH);
  for (size_t c = 0; c < MARKS; c++)
    attn_table_number(table, edge ? edge[c] : NAN);
  double first = NAN; /* the conclusion with the largest edge */
  for (mark w = 0; w < CONCLUSIONS && edge; w++)
    if (edge[w] > 0 && !(edge[w] <= (isnan(first) ? 0 : edge[(mark)first])))
      first = w;
  attn_table_number(table, first);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, "part n dn2 cross " MAP_COLUMNS
                                                          " " MARK_COLUMNS " first");
  const size_t parts[] = {conf.n.count * conf.draws, conf.edge_n.count * conf.edge_draws,
                          conf.check_draws};
  for (size_t job = ATTN_FIRST_JOB;
       attn_experiment_next(experiment, parts[0] + parts[1] + parts[2], &job);) {
    size_t part = 0, j = job;
    while (j >= parts[part])
      j -= parts[part++];
    const size_t n = part == MAP    ? (size_t)conf.n.value[j % conf.n.count]
                     : part == EDGE ? (size_t)conf.edge_n.value[j % conf.edge_n.count]
                                    : conf.check_n;
    const size_t draw = part == MAP ? j / conf.n.count : part == EDGE ? j / conf.edge_n.count : j;
    nested s = nested_draw(n, conf.late, draw, experiment);
    for (int cross = 1; cross >= 0; cross--) {
      const double n2 = (double)n * (double)n;
      double map[MAP_WIDTH], marks[MARKS];
      s.cross = cross;
      if (part == MAP) {
        for (size_t i = 0; i < conf.dn2.count; i++) {
          run_map(map, &s, conf.dn2.value[i] * n2, true);
          write_row(table, job, part, (double)n, conf.dn2.value[i], s.cross, map, NULL);
        }
      } else if (part == EDGE) {
        for (size_t c = 0; c < MAP_WIDTH; c++)
          map[c] = NAN;
        run_edges(marks, map + COHERENCE, &s);
        write_row(table, job, part, (double)n, NAN, s.cross, map, marks);
      } else {
        run_map(map, &s, conf.check_dn2 * n2, false);
        write_row(table, job, part, (double)n, conf.check_dn2, s.cross, map, NULL);
      }
    }
    nested_free(&s);
  }
}

/* ---- results ---- */

static size_t select_map(double *x, const attn_samples *samples, const char *column, double n,
                         double dn2, bool cross) {
  return attn_samples_select(
      x, samples, column,
      (attn_where[]){{"part", MAP}, {"n", n}, {"dn2", dn2}, {"cross", cross}, {0}});
}

static double dimension(double n, double dn2) {
  return (double)parameters((size_t)n, dn2 * n * n).d;
}

static double share_of(const double *x, size_t count, double goal) {
  size_t met = 0;
  for (size_t i = 0; i < count; i++)
    met += x[i] == goal;
  return (double)met / (double)count;
}

/* The cross terms' part in log risk after two steps, draw by draw: |with / without - 1|. */
static size_t cross_part(double *x, const attn_samples *samples, double n, double dn2) {
  double *without = attn_alloc(samples->rows, sizeof *without);
  const size_t count = select_map(x, samples, "log10_risk", n, dn2, true);
  if (select_map(without, samples, "log10_risk", n, dn2, false) != count)
    attn_fail("n = %g, d/n^2 = %g: a risk is not a number", n, dn2);
  for (size_t r = 0; r < count; r++)
    x[r] = fabs(x[r] / without[r] - 1);
  attn_free(without);
  return count;
}

static void write_map(attn_experiment *experiment, const attn_samples *samples, double *x) {
  attn_table *table = attn_experiment_table(
      experiment, "map",
      "n dn2 d dn coherence coherence_predicted clean noisy all_fitted att_clean att_noisy risk "
      "risk_low risk_high risk_predicted all_fitted_late risk_late noisy_0 all_fitted_0 "
      "att_clean_0 att_noisy_0 risk_0 risk_late_0 difference difference_low difference_high");
  for (size_t i = 0; i < conf.n.count; i++)
    for (size_t k = 0; k < conf.dn2.count; k++) {
      const double n = conf.n.value[i], dn2 = conf.dn2.value[k], d = dimension(n, dn2);
      const attn_data_param param = parameters((size_t)n, d);
#define SELECT(column, cross) select_map(x, samples, column, n, dn2, cross)
#define MEAN(column, cross) attn_stats_mean(x, SELECT(column, cross))
#define MEDIAN(column, cross) attn_stats_summary(x, SELECT(column, cross), conf.level).median
      const double coherence = MEDIAN("coherence", true);
      attn_table_numbers(table,
                         (double[]){n, dn2, d, d / n, coherence,
                                    attn_data_expected_coherence(
                                        &(attn_data_param){(size_t)n, conf.T, (size_t)d, 1, 0})},
                         6);
      attn_table_number(table, MEAN("clean", true));
      attn_table_number(table, MEAN("noisy", true));
      attn_table_number(table, share_of(x, SELECT("train", true), 1));
      attn_table_number(table, MEAN("att_clean", true));
      attn_table_number(table, MEAN("att_noisy", true));
      const attn_summary risk = attn_stats_summary(x, SELECT("log10_risk", true), conf.level);
      attn_table_numbers(table, (double[]){risk.mean, risk.low, risk.high, ideal_risk(&param)}, 4);
      attn_table_number(table, share_of(x, SELECT("train_late", true), 1));
      attn_table_number(table, MEAN("log10_risk_late", true));
      attn_table_number(table, MEAN("noisy", false));
      attn_table_number(table, share_of(x, SELECT("train", false), 1));
      attn_table_number(table, MEAN("att_clean", false));
      attn_table_number(table, MEAN("att_noisy", false));
      attn_table_number(table, MEAN("log10_risk", false));
      attn_table_number(table, MEAN("log10_risk_late", false));
      const size_t count = cross_part(x, samples, n, dn2);
      const attn_summary difference = attn_stats_summary(x, count, conf.level);
      attn_table_numbers(table, (double[]){difference.mean, difference.low, difference.high}, 3);
#undef SELECT
#undef MEAN
#undef MEDIAN
    }
  attn_table_close(table);
}

static size_t select_edge(double *x, const attn_samples *samples, mark w, double n, bool cross) {
  return attn_samples_select(x, samples, mark_name[w],
                             (attn_where[]){{"part", EDGE}, {"n", n}, {"cross", cross}, {0}});
}

static void write_edges(attn_experiment *experiment, const attn_samples *samples, double *x) {
  attn_table *table = attn_experiment_table(
      experiment, "edges",
      "conclusion mark n draws fails d d_low d_high dn dn_low dn_high dn2 dn_predicted fails_0 "
      "dn_0");
  for (mark w = 0; w < MARKS; w++)
    for (size_t i = 0; i < conf.edge_n.count; i++) {
      const double n = conf.edge_n.value[i];
      size_t count = select_edge(x, samples, w, n, true);
      const double fails = 1 - share_of(x, count, 0);
      attn_stats_sort(x, count);
      const double d = attn_stats_quantile(x, count, 0.5);
      const attn_interval q = attn_stats_quantile_interval(x, count, 0.5, conf.level);
      attn_table_text(table, mark_name[w]);
      attn_table_numbers(table,
                         (double[]){(double)w, n, (double)count, fails, d, q.low, q.high, d / n,
                                    q.low / n, q.high / n, d / (n * n),
                                    predicted_edge(w, (size_t)n) / n},
                         12);
      count = select_edge(x, samples, w, n, false);
      attn_table_number(table, 1 - share_of(x, count, 0));
      attn_stats_sort(x, count);
      attn_table_number(table, attn_stats_quantile(x, count, 0.5) / n);
    }
  attn_table_close(table);
}

/* ---- claims ---- */

/* These claims are about what happens outside the theorem's hypotheses, so no draw is out of scope. */
static attn_claim outside(void) {
  return (attn_claim){.kappa = conf.kappa, .in_scope = true};
}

/* The exponent of d in n at an edge, over draws that have one. */
static attn_line edge_exponent(const attn_samples *samples, double *x, mark w) {
  double *log_n = attn_alloc(samples->rows, sizeof *log_n);
  double *log_d = attn_alloc(samples->rows, sizeof *log_d);
  size_t points = 0;
  for (size_t i = 0; i < conf.edge_n.count; i++) {
    const double n = conf.edge_n.value[i];
    const size_t count = select_edge(x, samples, w, n, true);
    for (size_t r = 0; r < count; r++)
      if (x[r] > 0 && !isinf(x[r])) {
        log_n[points] = log(n);
        log_d[points++] = log(x[r]);
      }
  }
  const attn_line line = attn_stats_line(log_n, log_d, points, conf.level);
  attn_free(log_n);
  attn_free(log_d);
  return line;
}

static double largest_coherence(const attn_samples *samples, double *x, size_t part) {
  const size_t count = attn_samples_select(
      x, samples, "coherence", (attn_where[]){{"part", (double)part}, {"cross", 1}, {0}});
  attn_stats_sort(x, count);
  return x[count - 1];
}

/* fits.tsv: exponents. Of d in n at the edges, and of the cross terms' mean part in log risk in d/n,
 * over the cells of the map with d > n. */
static void write_fits(attn_experiment *experiment, const attn_samples *samples, double *x) {
  attn_table *table = attn_experiment_table(experiment, "fits", "what exponent low high");
  for (mark w = 0; w < MARKS; w++) {
    const attn_line line = edge_exponent(samples, x, w);
    attn_table_text(table, mark_name[w]);
    attn_table_numbers(
        table, (double[]){line.slope, line.slope_interval.low, line.slope_interval.high}, 3);
  }
  const size_t cells = conf.n.count * conf.dn2.count;
  double *log_dn = attn_alloc(cells, sizeof *log_dn), *part = attn_alloc(cells, sizeof *part);
  size_t points = 0;
  for (size_t i = 0; i < conf.n.count; i++)
    for (size_t k = 0; k < conf.dn2.count; k++) {
      const double n = conf.n.value[i], dn = dimension(n, conf.dn2.value[k]) / n;
      if (dn <= 1)
        continue;
      const size_t count = cross_part(x, samples, n, conf.dn2.value[k]);
      log_dn[points] = log(dn);
      part[points++] = log(attn_stats_mean(x, count));
    }
  const attn_line line = attn_stats_line(log_dn, part, points, conf.level);
  attn_table_text(table, "cross_terms");
  attn_table_numbers(table,
                     (double[]){line.slope, line.slope_interval.low, line.slope_interval.high}, 3);
  attn_table_close(table);
  attn_free(log_dn);
  attn_free(part);
}

static void edge_claims(attn_experiment *experiment, const attn_samples *samples, double *x) {
  attn_claim claim = outside();
  claim.coherence = largest_coherence(samples, x, EDGE);
  const attn_line risk = edge_exponent(samples, x, RISK);
  const attn_line fit = edge_exponent(samples, x, NOISY_FIT);

  const attn_line *worst = fit.slope > risk.slope ? &fit : &risk;
  attn_claim needs = claim;
  needs.id = "needs-n-squared";
  snprintf(needs.predicted, sizeof needs.predicted, ">= 2");
  needs.measured = worst->slope;
  needs.low = worst->slope_interval.low;
  needs.high = worst->slope_interval.high;
  needs.holds = needs.high >= 2;
  attn_experiment_claim(experiment, needs);
  attn_experiment_claim(experiment, attn_verdict_within(claim, "risk-edge-scale", 1, conf.exponent,
                                                        risk.slope, risk.slope_interval));
  attn_experiment_claim(experiment, attn_verdict_below(claim, "noisy-fit-edge-scale", 2, fit.slope,
                                                       fit.slope_interval));
  const size_t count =
      attn_samples_select(x, samples, "first", (attn_where[]){{"part", EDGE}, {"cross", 1}, {0}});
  size_t first = 0;
  for (size_t r = 0; r < count; r++)
    first += x[r] == RISK;
  attn_experiment_claim(
      experiment, attn_verdict_above(claim, "risk-fails-first", 0.5, (double)first / (double)count,
                                     attn_stats_binomial(first, count, conf.level)));
}

static void check_claims(attn_experiment *experiment, const attn_samples *samples, double *x) {
  double *with = attn_alloc(5 * samples->rows, sizeof *with);
  double *column[5];
  static const char *const name[5] = {"train", "att_clean", "log10_risk", "coherence", "train"};
  for (size_t c = 0; c < 5; c++) {
    column[c] = with + c * samples->rows;
    attn_samples_select(column[c], samples, name[c],
                        (attn_where[]){{"part", CHECK}, {"cross", c < 4}, {0}});
  }
  size_t met = 0, same = 0;
  for (size_t r = 0; r < conf.check_draws; r++) {
    met += column[0][r] == 1 && column[2][r] <= log10(conf.benign);
    same += column[0][r] == column[4][r];
  }
  const attn_summary attention = attn_stats_summary(column[1], conf.check_draws, conf.level);
  attn_claim claim = outside();
  claim.coherence = attn_stats_summary(column[3], conf.check_draws, conf.level).median;
  attn_claim far = attn_verdict_share(claim, "two-steps-far-below-n-squared", met, conf.check_draws,
                                      conf.level, conf.delta);
  far.holds &= attention.low > 0.5;
  attn_experiment_claim(experiment, far);

  const size_t count = attn_samples_select(x, samples, "log10_risk",
                                           (attn_where[]){{"part", CHECK}, {"cross", 0}, {0}});
  for (size_t r = 0; r < count; r++)
    x[r] = fabs(column[2][r] / x[r] - 1);
  const attn_summary difference = attn_stats_summary(x, count, conf.level);
  attn_claim cross =
      attn_verdict_below(claim, "cross-terms-negligible", conf.allowed, difference.mean,
                         (attn_interval){difference.low, difference.high});
  cross.holds &= same == conf.check_draws;
  attn_experiment_claim(experiment, cross);
  attn_free(with);
}

/* log(-log10 risk) against log n at one d/n^2: slope 1 for a rate in d/n, 0 for one in d/n^2. */
static void rate_claim(attn_experiment *experiment, const attn_samples *samples, double *x) {
  double *log_n = attn_alloc(2 * samples->rows, sizeof *log_n), *rate = log_n + samples->rows;
  size_t points = 0, k = 0;
  for (size_t i = 1; i < conf.dn2.count; i++) /* the nearest point of the grid */
    if (fabs(log(conf.dn2.value[i] / conf.rate_dn2)) < fabs(log(conf.dn2.value[k] / conf.rate_dn2)))
      k = i;
  for (size_t i = 0; i < conf.n.count; i++) {
    const size_t count =
        select_map(x, samples, "log10_risk", conf.n.value[i], conf.dn2.value[k], true);
    for (size_t r = 0; r < count; r++, points++) {
      log_n[points] = log(conf.n.value[i]);
      rate[points] = log(-x[r]);
    }
  }
  const attn_line line = attn_stats_line(log_n, rate, points, conf.level);
  attn_claim claim = outside();
  claim.coherence = largest_coherence(samples, x, MAP);
  attn_experiment_claim(experiment, attn_verdict_within(claim, "risk-rate", 1, conf.exponent,
                                                        line.slope, line.slope_interval));
  attn_free(log_n);
}

/* Measured over predicted coherence: averaged over the dimensions of one draw, then over draws. */
static void coherence_claim(attn_experiment *experiment, const attn_samples *samples, double *x) {
  const size_t draws = conf.draws;
  double *ratio = attn_alloc(conf.n.count * draws, sizeof *ratio);
  for (size_t i = 0; i < conf.n.count; i++)
    for (size_t k = 0; k < conf.dn2.count; k++) {
      const double n = conf.n.value[i], dn2 = conf.dn2.value[k];
      const double predicted = attn_data_expected_coherence(
          &(attn_data_param){(size_t)n, conf.T, (size_t)dimension(n, dn2), 1, 0});
      select_map(x, samples, "coherence", n, dn2, true);
      for (size_t r = 0; r < draws; r++)
        ratio[i * draws + r] += x[r] / predicted / (double)conf.dn2.count;
    }
  const attn_summary m = attn_stats_summary(ratio, conf.n.count * draws, conf.level);
  attn_claim claim = outside();
  claim.coherence = largest_coherence(samples, x, MAP);
  attn_experiment_claim(experiment, attn_verdict_within(claim, "coherence-law", 1, conf.allowed,
                                                        m.mean, (attn_interval){m.low, m.high}));
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
    double *x = attn_alloc(samples->rows, sizeof *x);
    write_map(experiment, samples, x);
    write_edges(experiment, samples, x);
    write_fits(experiment, samples, x);
    check_claims(experiment, samples, x);
    edge_claims(experiment, samples, x);
    rate_claim(experiment, samples, x);
    coherence_claim(experiment, samples, x);
    attn_free(x);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
