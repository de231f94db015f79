/* Attention with key-query weights, S(X W q), and self-attention, S(X W x_t): how many steps benign
 * overfitting takes, from which start, and its thresholds (readers' question 12). */
#include <math.h>
#include <string.h>

#include "experiment.h"
#include "key_query.h"
#include "linalg.h"
#include "metrics.h"
#include "risk.h"
#include "rng.h"
#include "self_attention.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t n_two, two_draws, n_split, split_draws, most, late, n_late, late_draws, test;
  double factor, eta_two, kappa_two, b_two, eta, omega, b, low, high, kappa_below, kappa_above,
      benign, harmful, allowed, same, coherence, delta, level;
  attn_list omegas, n, draws, steps;
} conf;

static const attn_key keys[] = {
    {"factor", ATTN_KEY_REAL, &conf.factor, "(0, 1e6)", "d/n^2"},
    {"omega", ATTN_KEY_REAL, &conf.omega, "(0, 1]", "the small start W_0 = omega I"},
    {"n_two", ATTN_KEY_COUNT, &conf.n_two, "[4, 1000]", "n of the two steps"},
    {"two_draws", ATTN_KEY_COUNT, &conf.two_draws, "[2, 1e4]", "their draws"},
    {"eta_two", ATTN_KEY_REAL, &conf.eta_two, "(0, 0.5)", "their label-flip rate"},
    {"kappa_two", ATTN_KEY_REAL, &conf.kappa_two, "(0, 1e3)", "rho sqrt(n/d)"},
    {"b_two", ATTN_KEY_REAL, &conf.b_two, "(0, 1e6)", "beta rho^2"},
    {"n_split", ATTN_KEY_COUNT, &conf.n_split, "[4, 1000]",
     "n of the steps until attention splits"},
    {"split_draws", ATTN_KEY_COUNT, &conf.split_draws, "[2, 1e4]", "the draws"},
    {"omegas", ATTN_KEY_LIST, &conf.omegas, "(0, 10]", "the starts W_0 = omega I"},
    {"most", ATTN_KEY_COUNT, &conf.most, "[3, 1e6]", "the most steps"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate from here on"},
    {"n", ATTN_KEY_COUNTS, &conf.n, "[4, 1000]", "n of the boundaries B and C"},
    {"draws", ATTN_KEY_COUNTS, &conf.draws, "[2, 1e4]", "the draws at each n"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "their beta rho^2"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[3, 1e6]", "the steps to boundary C"},
    {"low", ATTN_KEY_REAL, &conf.low, "(0, 1e3)", "the least kappa searched"},
    {"high", ATTN_KEY_REAL, &conf.high, "(0, 1e3)", "the largest"},
    {"n_late", ATTN_KEY_COUNT, &conf.n_late, "[4, 1000]", "n of late training"},
    {"late_draws", ATTN_KEY_COUNT, &conf.late_draws, "[2, 1e4]", "its draws"},
    {"steps", ATTN_KEY_COUNTS, &conf.steps, "[1, 1e6]", "after how many steps to look, ascending"},
    {"kappa_below", ATTN_KEY_REAL, &conf.kappa_below, "(0, 1e3)", "kappa below the threshold"},
    {"kappa_above", ATTN_KEY_REAL, &conf.kappa_above, "(0, 1e3)", "kappa above the threshold"},
    {"test", ATTN_KEY_COUNT, &conf.test, "[100, 1e7]", "fresh samples, self-attention"},
    {"benign", ATTN_KEY_REAL, &conf.benign, "(0, 0.5)", "the risk that counts as negligible"},
    {"harmful", ATTN_KEY_REAL, &conf.harmful, "(0, 0.5)", "the risk that counts as harmful"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed error of an exponent"},
    {"same", ATTN_KEY_REAL, &conf.same, "(0, 1)", "the allowed distance of a ratio from 1"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

enum { PLAIN, IDENTITY, GAUSSIAN, SMALL, UNIFORM, SELF, MODELS };
static const struct {
  const char *name, *two, *edge, *same, *harmful;
} models[MODELS] = {
    {"p alone", "two-steps-p", "exponent-c-p", NULL, "harmful-p"},
    {"W from I", "two-steps-identity", "exponent-c-identity", "same-identity", "harmful-identity"},
    {"W Gaussian", "two-steps-gaussian", "exponent-c-gaussian", "same-gaussian",
     "harmful-gaussian"},
    {"W small", "two-steps-small", "exponent-c-small", "same-small", "harmful-small"},
    {"uniform", "two-steps-uniform", NULL, NULL, NULL},
    {"self-attention", "two-steps-self", "exponent-c-self", "same-self", "harmful-self"},
};

/* ---- the models on one draw ---- */

typedef struct {
  attn_trial *trial; /* labels and noise; its model is p alone */
  attn_key_query *query;
  attn_self_attention *self;
  double *G, *M; /* [m][m] inner products of the tokens, and of the tokens times W_0 */
  double *S;     /* [m][m] M of a Gaussian W_0, for signals of norm 1 */
  double *R;     /* [N][N] of the noise, R'R */
  double outside_d;
  size_t m, which;
} run;

static run *run_alloc(size_t n, double eta) {
  const attn_data_param param = {n, 2, (size_t)round(conf.factor * (double)(n * n)), 1, eta};
  run *r = attn_alloc(1, sizeof *r);
  r->trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 1);
  const size_t N = r->trial->labels->N, m = r->m = N + 2;
  r->G = attn_alloc(m * m, sizeof(double));
  r->M = attn_alloc(m * m, sizeof(double));
  r->S = attn_alloc(m * m, sizeof(double));
  r->R = attn_alloc(N * N, sizeof(double));
  r->query = attn_key_query_alloc(n, 2, N, r->G, r->M);
  r->self = attn_self_attention_alloc(n, 2, param.d, r->G);
  return r;
}

static void run_free(run *r) {
  attn_trial_free(r->trial);
  attn_key_query_free(r->query);
  attn_self_attention_free(r->self);
  attn_free(r->G);
  attn_free(r->M);
  attn_free(r->S);
  attn_free(r->R);
  attn_free(r);
}

/* A Gaussian W_0 with entries N(0, 1/d): in an orthonormal basis of the tokens' span W_0 W_0' is a
 * Wishart matrix over d, L L'/d by Bartlett's decomposition; C maps that basis to the tokens. */
//@begin wishart
static void draw_start(run *r, gsl_rng *rng) {
  const size_t m = r->m, N = m - 2;
  const double d = (double)r->trial->param.d;
  double *C = attn_alloc(3 * m * m, sizeof *C), *L = C + m * m, *CL = L + m * m;
  C[0] = C[m + 1] = 1;
  for (size_t a = 0; a < N; a++) /* the noise: K = R'R, so C = R' */
    for (size_t c = 0; c <= a; c++)
      C[(a + 2) * m + c + 2] = r->R[c * N + a];
  for (size_t a = 0; a < m; a++) {
    attn_rng_gaussian(L + a * m, a, rng);
    L[a * m + a] = attn_rng_chi(d - (double)a, rng);
  }
  attn_multiply(CL, m, C, m, L, m, m, m, m);
  attn_gram(r->S, CL, m, m);
  attn_scale(r->S, 1 / d, m * m);
  const double chi = attn_rng_chi(d - (double)m, rng);
  r->outside_d = chi * chi / d;
  attn_free(C);
}
//@end wishart

/* draw SIZE_MAX: the ideal draw, orthogonal noise tokens of squared length d. */
static void run_draw(run *r, uint64_t seed, size_t draw) {
  const size_t N = r->m - 2, n = r->trial->param.n;
  double *K = attn_tokens_gram_matrix(r->trial->tokens);
  attn_trial_draw(r->trial, seed, "query_key_attention", n, draw);
  for (size_t i = 0; draw == SIZE_MAX && i < N * N; i++)
    K[i] = i % (N + 1) == 0 ? (double)r->trial->param.d : 0;
  attn_labels_balance(r->trial->labels, r->trial->param.eta);
  memcpy(r->R, K, N * N * sizeof *K);
  if (!attn_cholesky(r->R, N, N))
    attn_fail("factor: the noise tokens are linearly dependent; take a larger d/n^2");
  for (size_t i = 0; i < N; i++)
    memset(r->R + i * N, 0, i * sizeof *K);
  attn_rng_start(r->trial->rng, seed, "query_key_attention", n, draw, ATTN_STREAM_START);
  draw_start(r, r->trial->rng);
}

/* The start at signals of norm kappa sqrt(d/n). */
static void run_start(run *r, size_t which, double kappa, double omega) {
  const size_t m = r->m, N = m - 2;
  const double rho = attn_data_rho(kappa, r->trial->param.n, r->trial->param.d);
  const double *K = attn_tokens_gram_matrix(r->trial->tokens);
  r->which = which;
  attn_trial_set_rho(r->trial, rho);
  attn_model_zero(r->trial->model);
  memset(r->G, 0, m * m * sizeof *r->G);
  r->G[0] = r->G[m + 1] = rho * rho;
  for (size_t i = 0; i < N; i++)
    memcpy(r->G + (i + 2) * m + 2, K + i * N, N * sizeof *K);
  for (size_t a = 0; a < m; a++)
    for (size_t c = 0; c < m; c++)
      r->M[a * m + c] = which == GAUSSIAN ? r->S[a * m + c] * (a < 2 ? rho : 1) * (c < 2 ? rho : 1)
                                          : omega * omega * r->G[a * m + c];
  memset(r->query->A, 0, m * m * sizeof *r->query->A);
  double *zero = attn_alloc(m, sizeof *zero);
  attn_key_query_start(r->query, zero);
  attn_free(zero);
  attn_self_attention_zero(r->self);
}

static double omega_of(size_t which) {
  return which == SMALL ? conf.omega : which == UNIFORM ? 0 : 1;
}

static void run_forward(run *r) {
  if (r->which == PLAIN)
    attn_model_forward(r->trial->model, r->trial->tokens, r->trial->labels);
  else if (r->which == SELF)
    attn_self_attention_forward(r->self, r->trial->labels);
  else
    attn_key_query_forward(r->query, r->trial->labels);
}

static const double *outputs_of(const run *r) {
  return r->which == PLAIN ? r->trial->model->f : r->which == SELF ? r->self->f : r->query->f;
}

/* W and v, or p and v, move together. p_scale multiplies p's step size (p alone). */
//@begin step
static void run_step(run *r, double beta, double p_scale) {
  const attn_labels *labels = r->trial->labels;
  const double *f = outputs_of(r);
  double *w = r->trial->w;
  for (size_t i = 0; i < labels->n; i++)
    w[i] = -labels->y[i] / ((double)labels->n * (1 + exp(labels->y[i] * f[i])));
  if (r->which == SELF) {
    attn_self_attention_step(r->self, labels, w, beta);
  } else if (r->which == PLAIN) {
    attn_model *model = r->trial->model;
    attn_model_backward(model, r->trial->tokens, labels, w);
    attn_axpy(model->theta, -beta, model->grad, model->dim);
    attn_axpy(model->theta + model->dim, -beta * p_scale, model->grad + model->dim, model->dim);
  } else {
    attn_key_query_backward(r->query, labels, w);
    attn_key_query_step(r->query, beta, true);
  }
}
//@end step

typedef struct {
  double fitted, margin; /* all labels right; noisy samples' mean y f */
  double attention[2];   /* on the signal, mean over queries: clean, noisy */
  double by_query[2][2]; /* [signal's query, noise token's][clean, noisy] */
} outcome;

static outcome measure(const run *r) {
  const attn_labels *labels = r->trial->labels;
  const size_t n = labels->n, queries = r->which == SELF ? 2 : 1;
  const double *weight = r->which == PLAIN  ? r->trial->model->weight
                         : r->which == SELF ? r->self->weight
                                            : r->query->weight;
  const double *f = outputs_of(r);
  const double noisy = (double)attn_labels_count_noisy(labels);
  const double count[2] = {(double)n - noisy, noisy};
  outcome o = {.fitted = 1};
  for (size_t i = 0; i < n; i++) {
    const size_t kind = attn_labels_noisy(labels, i);
    o.fitted *= labels->y[i] * f[i] > 0;
    o.margin += kind == 1 ? labels->y[i] * f[i] / noisy : 0;
    for (size_t t = 0; t < 2; t++) { /* without self-attention there is one query for all */
      const double s = weight[(i * queries + t % queries) * 2] / count[kind];
      o.by_query[t][kind] += s;
      o.attention[kind] += s / 2;
    }
  }
  return o;
}

/* log10 of the risk on clean labels: exact, but for self-attention that of a test set, or the bound
 * 3 / samples, seen = 0, where it has at most three errors. fresh: its attention on the signal by query. */
static double log10_risk(double *seen, double fresh[2], run *r) {
  *seen = 1;
  fresh[0] = fresh[1] = NAN;
  if (r->which == SELF) {
    const double errors = attn_self_attention_errors(fresh, r->self, r->trial->labels, r->R,
                                                     conf.test, r->trial->rng);
    *seen = errors > 3;
    return log10(fmax(errors, 3) / (double)conf.test);
  }
  if (r->which == PLAIN) {
    const attn_metrics m =
        attn_metrics_measure(r->trial->model, r->trial->tokens, r->trial->labels);
    return attn_metrics_log10_risk(&m, 2);
  }
  const attn_risk_input input =
      attn_key_query_risk_input(r->query, r->R, r->which == GAUSSIAN ? r->outside_d : 0);
  return attn_risk_log10(&input, 2).log10_clean;
}

/* ---- sampling ---- */

/* Two steps; steps until attention splits; boundaries; late training below and above C. */
enum { TWO, SPLIT, EDGE, BELOW, ABOVE, PARTS };

#define COLUMNS                                                                                    \
  "part model n draw coherence omega step split split_predicted edge_b edge_c fitted att_clean "   \
  "att_noisy signal_clean signal_noisy noise_clean noise_noisy fresh_signal fresh_noise "          \
  "log10_risk seen"

static void record(attn_table *table, const double *key /* [6] */, run *r, size_t which,
                   double kappa, double b, const attn_list *steps) {
  run_start(r, which, kappa, omega_of(which));
  const double beta = b / (r->trial->param.rho * r->trial->param.rho);
  for (size_t step = 0, next = 0;; step++) {
    run_forward(r);
    if (step == (size_t)steps->value[next]) {
      const outcome o = measure(r);
      double seen, fresh[2];
      const double risk = log10_risk(&seen, fresh, r);
      attn_table_numbers(table, key, 6);
      attn_table_cells(table, omega_of(which), (double)step, NAN, NAN, NAN, NAN, o.fitted,
                       o.attention[0], o.attention[1], o.by_query[0][0], o.by_query[0][1],
                       o.by_query[1][0], o.by_query[1][1], fresh[0], fresh[1], risk, seen);
      if (++next == steps->count)
        break;
    }
    run_step(r, beta, 1);
  }
}

/* The first step after which noisy samples give their signal less than a quarter of their attention. */
static double steps_to_split(run *r, size_t which, double omega, double p_scale) {
  run_start(r, which, conf.kappa_two, omega);
  const double beta = conf.b_two / (r->trial->param.rho * r->trial->param.rho);
  for (size_t step = 0; step <= conf.most; step++) {
    run_forward(r);
    if (measure(r).attention[1] < 0.25)
      return (double)step;
    run_step(r, beta, p_scale);
  }
  return NAN;
}

typedef struct {
  run *r;
  size_t which;
  bool late;
} problem;

/* B: the noisy samples' mean margin after two steps. C: late, the clean samples' mean attention on the
 * signal, less one half. */
static double excess(double log_kappa, void *context) {
  const problem *p = context;
  run_start(p->r, p->which, exp(log_kappa), omega_of(p->which));
  const double rho = p->r->trial->param.rho;
  for (size_t step = 0;; step++) {
    run_forward(p->r);
    if (step == (p->late ? conf.late : 2))
      break;
    run_step(p->r, conf.b / (rho * rho), 1);
  }
  const outcome o = measure(p->r);
  return p->late ? o.attention[0] - 0.5 : o.margin;
}

static double edge_of(run *r, size_t which, bool late) {
  problem p = {r, which, late};
  return exp(attn_stats_root(excess, &p, log(conf.low), log(conf.high), 1e-3));
}

static void run_job(attn_table *table, size_t job, size_t part, size_t n, size_t draw,
                    uint64_t seed) {
  const attn_list second = {.value = {2}, .count = 1};
  run *r = run_alloc(n, part == TWO ? conf.eta_two : conf.eta);
  run_draw(r, seed, draw);
  const double coherence = attn_tokens_gram_coherence(r->trial->tokens, n);
  for (size_t which = 0; which < MODELS; which++) {
    const double key[6] = {(double)job, (double)part, (double)which,
                           (double)n,   (double)draw, coherence};
    if (part == TWO) {
      record(table, key, r, which, conf.kappa_two, conf.b_two, &second);
    } else if (part >= BELOW) {
      record(table, key, r, which, part == BELOW ? conf.kappa_below : conf.kappa_above, conf.b,
             &conf.steps);
    } else if (part == EDGE) {
      attn_table_numbers(table, key, 6);
      attn_table_cells(table, omega_of(which));
      attn_table_skip(table, "edge_b");
      attn_table_cells(table, edge_of(r, which, false),
                       which == UNIFORM ? NAN : edge_of(r, which, true));
      attn_table_skip(table, NULL);
    } else if (which == IDENTITY || which == SELF) {
      for (size_t i = 0; i < (which == SELF ? 1 : conf.omegas.count); i++) {
        const double omega = which == SELF ? 1 : conf.omegas.value[i];
        attn_table_numbers(table, key, 6);
        attn_table_cells(table, omega, NAN, steps_to_split(r, which, omega, 1),
                         which == SELF ? NAN : steps_to_split(r, PLAIN, 1, omega * omega));
        attn_table_skip(table, NULL);
      }
    }
  }
  run_free(r);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const size_t n[PARTS] = {conf.n_two, conf.n_split, 0, conf.n_late, conf.n_late};
  const size_t draws[PARTS] = {conf.two_draws, conf.split_draws, 0, conf.late_draws,
                               conf.late_draws};
  size_t total = 0;
  for (size_t part = 0; part < PARTS; part++)
    total += draws[part];
  for (size_t i = 0; i < conf.n.count; i++)
    total += (size_t)conf.draws.value[i];
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, total, &job);) {
    size_t draw = job, i = conf.n.count, part = EDGE; /* the largest n, the costly one, first */
    while (i > 0 && draw >= (size_t)conf.draws.value[i - 1])
      draw -= (size_t)conf.draws.value[--i];
    if (i == 0)
      for (part = 0; draw >= draws[part]; part++)
        draw -= draws[part];
    run_job(table, job, part, part == EDGE ? (size_t)conf.n.value[i - 1] : n[part], draw,
            attn_experiment_seed(experiment));
  }
}

/* ---- tables ---- */

#define WHERE(part, model, ...)                                                                    \
  (attn_where[]) {                                                                                 \
    {"part", (double)(part)}, {"model", (double)(model)}, __VA_ARGS__, {                           \
      0                                                                                            \
    }                                                                                              \
  }

/* One row of a table: what was recorded of a model after a step. */
static void write_row(attn_table *table, const attn_samples *samples, size_t part, size_t which,
                      double step) {
  const attn_where *where = WHERE(part, which, {"step", step});
  const attn_summary risk = attn_samples_summary(samples, "log10_risk", where, conf.level);
  attn_table_cells(table, part == ABOVE,
                   part == TWO     ? conf.kappa_two
                   : part == BELOW ? conf.kappa_below
                                   : conf.kappa_above,
                   (double)which, step, (double)risk.count);
  attn_samples_write_means(table, samples,
                           "fitted att_clean att_noisy signal_clean signal_noisy noise_clean "
                           "noise_noisy fresh_signal fresh_noise",
                           where);
  attn_table_cells(table, risk.q05, risk.median, risk.q95,
                   attn_samples_mean(samples, "seen", where));
  attn_table_text(table, models[which].name);
}

#define ROW                                                                                        \
  "above kappa model step draws fitted att_clean att_noisy signal_clean signal_noisy noise_clean " \
  "noise_noisy fresh_signal fresh_noise log10_risk_q05 log10_risk log10_risk_q95 seen name"

/* After two steps, late, and at the end of late training. */
static void write_recorded(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(experiment, "two_steps", ROW);
  for (size_t which = 0; which < MODELS; which++)
    write_row(table, samples, TWO, which, 2);
  attn_table_close(table);
  attn_table *late = attn_experiment_table(experiment, "late", ROW);
  attn_table *ends = attn_experiment_table(experiment, "ends", ROW);
  for (size_t part = BELOW; part <= ABOVE; part++)
    for (size_t which = 0; which < MODELS; which++) {
      for (size_t i = 0; i < conf.steps.count; i++)
        write_row(late, samples, part, which, conf.steps.value[i]);
      write_row(ends, samples, part, which, conf.steps.value[conf.steps.count - 1]);
    }
  attn_table_close(late);
  attn_table_close(ends);
}

static void write_split(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "split",
      "model omega steps_q05 steps steps_q95 steps_predicted found draws name");
  for (size_t which = IDENTITY; which <= SELF; which += SELF - IDENTITY)
    for (size_t i = 0; i < (which == SELF ? 1 : conf.omegas.count); i++) {
      const double omega = which == SELF ? 1 : conf.omegas.value[i];
      const attn_where *where = WHERE(SPLIT, which, {"omega", omega});
      const attn_summary s = attn_samples_summary(samples, "split", where, conf.level);
      attn_table_cells(table, (double)which, omega, s.q05, s.median, s.q95,
                       attn_samples_median(samples, "split_predicted", where), (double)s.count,
                       (double)conf.split_draws);
      attn_table_text(table, models[which].name);
    }
  attn_table_close(table);
}

static attn_line exponent(const attn_samples *samples, size_t which, bool late) {
  return attn_samples_snr_exponent(samples, "n", late ? "edge_c" : "edge_b",
                                   (attn_where[]){{"part", EDGE}, {"model", (double)which}, {0}},
                                   conf.level);
}

/* Not for uniform attention's C, which does not exist. */
static void write_edges(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table =
      attn_experiment_table(experiment, "edges",
                            "late model n kappa kappa_low kappa_high "
                            "kappa_predicted snr snr_low snr_high found draws name");
  run **ideal = attn_alloc(conf.n.count, sizeof *ideal);
  for (size_t i = 0; i < conf.n.count; i++) {
    ideal[i] = run_alloc((size_t)conf.n.value[i], conf.eta);
    run_draw(ideal[i], 0, SIZE_MAX);
  }
  for (int late = 0; late < 2; late++)
    for (size_t which = 0; which < MODELS; which++)
      for (size_t i = 0; i < conf.n.count && !(late && which == UNIFORM); i++) {
        const double n = conf.n.value[i], root = sqrt(n);
        const attn_summary s = attn_samples_summary(samples, late ? "edge_c" : "edge_b",
                                                    WHERE(EDGE, which, {"n", n}), conf.level);
        attn_table_cells(table, late, (double)which, n, s.mean, s.low, s.high,
                         edge_of(ideal[i], which == GAUSSIAN ? IDENTITY : which, late),
                         s.mean / root, s.low / root, s.high / root, (double)s.count,
                         conf.draws.value[i]);
        attn_table_text(table, models[which].name);
      }
  for (size_t i = 0; i < conf.n.count; i++)
    run_free(ideal[i]);
  attn_free(ideal);
  attn_table_close(table);

  table = attn_experiment_table(experiment, "fits",
                                "late model exponent exponent_low exponent_high points name");
  for (int late = 0; late < 2; late++)
    for (size_t which = 0; which < MODELS; which++) {
      const attn_line line = exponent(samples, which, late);
      if (late && which == UNIFORM)
        continue;
      attn_table_cells(table, late, (double)which, line.slope, line.slope_interval.low,
                       line.slope_interval.high,
                       (double)attn_samples_count(
                           samples, late ? "edge_c" : "edge_b", 0, INFINITY,
                           (attn_where[]){{"part", EDGE}, {"model", (double)which}, {0}}));
      attn_table_text(table, models[which].name);
    }
  attn_table_close(table);
}

/* ---- claims ---- */

static attn_claim base_of(const attn_samples *samples, size_t part, double kappa) {
  return attn_verdict_scope(
      kappa,
      attn_samples_largest(samples, "coherence", (attn_where[]){{"part", (double)part}, {0}}),
      conf.coherence);
}

/* Draws in which all labels are fitted and log10 of the risk lies in [low, high]. */
static attn_claim fitted_with_risk(const attn_samples *samples, const char *id, size_t part,
                                   size_t which, double kappa, double step, size_t draws,
                                   double low, double high) {
  size_t met = 0;
  for (size_t draw = 0; draw < draws; draw++) {
    const attn_where *where = WHERE(part, which, {"step", step}, {"draw", (double)draw});
    const double risk = attn_samples_value(samples, "log10_risk", where);
    met += attn_samples_value(samples, "fitted", where) == 1 && risk >= low && risk <= high;
  }
  return attn_verdict_share(base_of(samples, part, kappa), id, met, draws, conf.level, conf.delta);
}

/* A column of one model over the same of p alone, draw by draw. */
static attn_summary over_plain(double *ratio, const attn_samples *samples, size_t which) {
  const size_t count = attn_samples_select(
      ratio, samples, "edge_c", (attn_where[]){{"part", EDGE}, {"model", (double)which}, {0}});
  double *plain = ratio + samples->rows;
  if (attn_samples_select(plain, samples, "edge_c",
                          (attn_where[]){{"part", EDGE}, {"model", PLAIN}, {0}}) != count)
    return (attn_summary){.mean = NAN, .low = NAN, .high = NAN};
  for (size_t r = 0; r < count; r++)
    ratio[r] /= plain[r];
  return attn_stats_summary(ratio, count, conf.level);
}

static void write_claims(attn_experiment *experiment, const attn_samples *samples) {
  const double benign = log10(conf.benign), last = conf.steps.value[conf.steps.count - 1];
  double *scratch = attn_alloc(2 * samples->rows, sizeof *scratch);
  //@begin verdicts
  for (size_t which = 0; which < MODELS; which++) {
    attn_experiment_claim(experiment,
                          fitted_with_risk(samples, models[which].two, TWO, which, conf.kappa_two,
                                           2, conf.two_draws, -INFINITY, benign));
    if (models[which].edge != NULL) {
      const attn_line line = exponent(samples, which, true);
      attn_experiment_claim(experiment, attn_verdict_within(base_of(samples, EDGE, NAN),
                                                            models[which].edge, -0.5, conf.allowed,
                                                            line.slope, line.slope_interval));
    }
    if (models[which].same != NULL) {
      const attn_summary s = over_plain(scratch, samples, which);
      attn_experiment_claim(experiment,
                            attn_verdict_within(base_of(samples, EDGE, NAN), models[which].same, 1,
                                                conf.same, s.mean, s.interval));
    }
    if (models[which].harmful != NULL)
      attn_experiment_claim(experiment, fitted_with_risk(samples, models[which].harmful, BELOW,
                                                         which, conf.kappa_below, last,
                                                         conf.late_draws, log10(conf.harmful), 0));
  }
  //@end verdicts
  attn_experiment_claim(experiment,
                        fitted_with_risk(samples, "benign-self", ABOVE, SELF, conf.kappa_above,
                                         last, conf.late_draws, -INFINITY, benign));
  const attn_where *still = WHERE(ABOVE, UNIFORM, {"step", last});
  attn_experiment_claim(
      experiment,
      attn_verdict_share(base_of(samples, ABOVE, conf.kappa_above), "saddle",
                         attn_samples_count(samples, "att_noisy", 0.5 - 1e-9, 0.5 + 1e-9, still),
                         conf.late_draws, conf.level, conf.delta));
  const attn_pairs split = attn_samples_pairs(samples, "split", "split_predicted",
                                              WHERE(SPLIT, IDENTITY, {"n", (double)conf.n_split}));
  for (size_t r = 0; r < split.count; r++)
    split.x[r] /= split.y[r];
  const attn_summary ratio = attn_stats_summary(split.x, split.count, conf.level);
  attn_experiment_claim(experiment,
                        attn_verdict_within(base_of(samples, SPLIT, conf.kappa_two), "start-size",
                                            1, conf.same, ratio.mean, ratio.interval));
  attn_free(scratch);
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "key-query weights S(X W q) and self-attention: steps, thresholds, risk", keys,
      sizeof keys / sizeof *keys);
  if (conf.n.count != conf.draws.count)
    attn_fail("draws: %zu values, expected one for each of the %zu values of n", conf.draws.count,
              conf.n.count);
  for (size_t i = 1; i < conf.steps.count; i++)
    if (conf.steps.value[i] <= conf.steps.value[i - 1])
      attn_fail("steps: the numbers of steps must ascend");
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_recorded(experiment, samples);
    write_split(experiment, samples);
    write_edges(experiment, samples);
    write_claims(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
