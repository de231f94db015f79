/* A follow-up paper's experiment (arXiv 2409.17625): with the classifier fixed, training the attention
 * alone fits flipped labels by other tokens and stays accurate on fresh samples. */
#include <math.h>
#include <string.h>

#include "attention.h"
#include "data.h"
#include "experiment.h"
#include "key_query.h"
#include "linalg.h"
#include "rng.h"
#include "stats.h"
#include "train.h"
#include "verdict.h"

static struct {
  size_t n, T, d, flips, steps, draws, samples;
  double rho, weak, nu, beta, level, accuracy;
  attn_list norms, record, reported;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &conf.n, "[4, 1000]", "the number of samples"},
    {"T", ATTN_KEY_COUNT, &conf.T, "[3, 64]", "the tokens per sample"},
    {"d", ATTN_KEY_COUNT, &conf.d, "[3, 8000]", "the dimension"},
    {"rho", ATTN_KEY_REAL, &conf.rho, "(0, 1e6)", "the signal norm of the trajectories"},
    {"norms", ATTN_KEY_LIST, &conf.norms, "(0, 1e6)", "the signal norms of the sweep"},
    {"weak", ATTN_KEY_REAL, &conf.weak, "[0, 1]", "the weak tokens' share of a signal"},
    {"nu", ATTN_KEY_REAL, &conf.nu, "(0, 1e6)", "the norm of the fixed classifier"},
    {"flips", ATTN_KEY_COUNT, &conf.flips, "[1, 100]", "the flipped samples in each class"},
    {"beta", ATTN_KEY_REAL, &conf.beta, "(0, 1e6)", "the step size"},
    {"steps", ATTN_KEY_COUNT, &conf.steps, "[1, 100000]", "the number of steps"},
    {"record", ATTN_KEY_COUNTS, &conf.record, "[0, 100000]", "the steps to record"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 10000]", "the draws"},
    {"samples", ATTN_KEY_COUNT, &conf.samples, "[1, 1e6]", "the number of test samples"},
    {"accuracy", ATTN_KEY_REAL, &conf.accuracy, "(0.5, 1)",
     "the test accuracy that counts as benign"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
    {"reported", ATTN_KEY_LIST, &conf.reported, "[0, 1e6]", "what one seed gave there"},
};

enum { RELEVANT, OWN, OTHER, REST, TOKEN_KINDS };

/* ---- one draw ---- */

/* Token 0 is its class's signal, token 1 a weak copy, token 2 a weak one of the other class; each
 * token has standard Gaussian noise of its own, signal directions included. */
static void lay_out(attn_layout *layout, const attn_labels *labels) {
  for (size_t i = 0; i < labels->n; i++)
    for (size_t t = 0; t < conf.T; t++) {
      double *a = layout->signal + 2 * (i * conf.T + t);
      const size_t own = labels->k[i];
      a[0] = a[1] = 0;
      if (t < 3)
        a[t == 2 ? 1 - own : own] = t == 0 ? 1 : conf.weak;
      layout->noise[i * conf.T + t] = i * conf.T + t;
    }
}

/* What training needs of a draw (key_query): the basis B is e_1, e_2 and the noise tokens, W_0 has
 * entries uniform on +-1/sqrt(d). Z holds the rows W_0 (B W_0)_i. */
typedef struct {
  size_t m;
  double *G, *M, *K; /* [m][m] B B', (B W_0)(B W_0)', Z Z' */
  double coherence;
} draw_matrices;

static draw_matrices draw_alloc(size_t draw, const attn_experiment *experiment, gsl_rng *rng) {
  const size_t N = conf.n * conf.T, d = conf.d;
  draw_matrices q = {.m = N + 2};
  double *B = attn_alloc(q.m * d, sizeof *B), *Y = attn_alloc(q.m * d, sizeof *Y);
  double *W = attn_alloc(d * d, sizeof *W);
  q.G = attn_alloc(q.m * q.m, sizeof(double));
  q.M = attn_alloc(q.m * q.m, sizeof(double));
  q.K = attn_alloc(q.m * q.m, sizeof(double));
  const uint64_t seed = attn_experiment_seed(experiment);
  const char *name = attn_experiment_name(experiment);
  attn_rng_start(rng, seed, name, 0, draw, ATTN_STREAM_NOISE);
  B[0] = B[d + 1] = 1;
  attn_rng_gaussian(B + 2 * d, N * d, rng);
  attn_rng_start(rng, seed, name, 0, draw, ATTN_STREAM_START);
  for (size_t c = 0; c < d * d; c++)
    W[c] = (2 * gsl_rng_uniform(rng) - 1) / sqrt((double)d);
  attn_gram(q.G, B, q.m, d);
  attn_multiply(Y, d, B, d, W, d, q.m, d, d);
  attn_gram(q.M, Y, q.m, d);
  attn_multiply_transposed(B, d, Y, d, W, d, q.m, d, d); /* Z in place of B */
  attn_gram(q.K, B, q.m, d);
  for (size_t i = 2; i < q.m; i++)
    for (size_t j = 2; j < i; j++)
      q.coherence = fmax(q.coherence, fabs(q.G[i * q.m + j]) * (double)conf.n / (double)d);
  attn_free(W);
  attn_free(Y);
  attn_free(B);
  return q;
}

static void draw_free(draw_matrices *q) {
  attn_free(q->G);
  attn_free(q->M);
  attn_free(q->K);
}

/* Signals of norm rho in place of e_1, e_2. */
static void scale_signals(double *K, size_t m, double factor) {
  for (size_t k = 0; k < 2; k++) {
    attn_scale(K + k * m, factor, m);
    for (size_t i = 0; i < m; i++)
      K[i * m + k] *= factor;
  }
}

/* ---- measurements ---- */

typedef struct {
  double train, loss, test, attention[2][TOKEN_KINDS]; /* clean, flipped samples */
} measured;

/* Test accuracy against clean labels without a token: on a fresh noise token, (xi . W q, xi . nu) is
 * Gaussian with the Gram matrix of W q = Z'a + B'e and nu. The test set is fresh: the follow-up's own
 * code takes its training noise again. */
static double test_accuracy(const attn_key_query *model, const draw_matrices *q, double *work,
                            gsl_rng *rng) {
  const size_t m = model->m, T = conf.T;
  const double *a = model->q, *of_nu = model->score, *of_query = model->score + m;
  double *e = work, *b = e + m, *g = b + T, *s = g + T;
  attn_key_query_tokens_part(e, model);
  double ww = 0, right = 0;
  for (size_t i = 0; i < m; i++) { /* |W q|^2 = a'K a + 2 a'M e + e'G e */
    ww += a[i] * (attn_dot(q->K + i * m, a, m) + 2 * attn_dot(q->M + i * m, e, m));
    ww += e[i] * attn_dot(q->G + i * m, e, m);
  }
  const double wn = model->v[0] * of_query[0] + model->v[1] * of_query[1]; /* nu . W q */
  const double nn = model->v[0] * of_nu[0] + model->v[1] * of_nu[1];
  const double along = ww > 0 ? wn / sqrt(ww) : 0, across = sqrt(fmax(nn - along * along, 0));
  for (size_t j = 0; j < conf.samples; j++) {
    const size_t k = j % 2;
    double z[2];
    for (size_t t = 0; t < T; t++) {
      attn_rng_gaussian(z, 2, rng);
      b[t] = sqrt(fmax(ww, 0)) * z[0];
      g[t] = along * z[0] + across * z[1];
      if (t < 3) {
        const size_t signal = t == 2 ? 1 - k : k;
        const double share = t == 0 ? 1 : conf.weak;
        b[t] += share * of_query[signal];
        g[t] += share * of_nu[signal];
      }
    }
    const double f = (k == 0 ? 1 : -1) * attn_attention_forward(s, b, g, T);
    right += f > 0 ? 1 : f == 0 ? 0.5 : 0;
  }
  return right / (double)conf.samples;
}

static measured measure(const attn_key_query *model, const attn_labels *labels,
                        const draw_matrices *q, double *work, gsl_rng *rng) {
  measured x = {0};
  double count[2] = {0};
  for (size_t i = 0; i < conf.n; i++) {
    const double margin = labels->y[i] * model->f[i], *s = model->weight + i * conf.T;
    const bool flipped = attn_labels_noisy(labels, i);
    x.train += margin > 0;
    x.loss += fmax(-margin, 0) + log1p(exp(-fabs(margin)));
    count[flipped]++;
    for (size_t t = 0; t < conf.T; t++)
      x.attention[flipped][t < REST ? t : REST] += s[t];
  }
  x.train /= (double)conf.n;
  x.loss /= (double)conf.n;
  for (size_t a = 0; a < 2 * TOKEN_KINDS; a++)
    x.attention[a / TOKEN_KINDS][a % TOKEN_KINDS] /= count[a / TOKEN_KINDS];
  x.test = rng != NULL ? test_accuracy(model, q, work, rng) : NAN;
  return x;
}

/* ---- sampling ---- */

#define COLUMNS                                                                                    \
  "cell rho step last coherence train loss test clean_relevant clean_own clean_other clean_rest "  \
  "flipped_relevant flipped_own flipped_other flipped_rest first_flipped all_fitted"

/* Cell 0 is the follow-up's signal norm with every recorded step; the others are the sweep, of which
 * the last step is kept. All cells of a draw share noise, W_0 and test noise. */
static void train_cell(attn_table *table, size_t job, size_t draw, size_t cell, draw_matrices *q,
                       const attn_labels *labels, const attn_experiment *experiment, gsl_rng *rng) {
  const double rho = cell == 0 ? conf.rho : conf.norms.value[cell - 1];
  const size_t m = q->m;
  double *c = attn_alloc(m, sizeof *c), *w = attn_alloc(conf.n, sizeof *w);
  double *work = attn_alloc(m + 3 * conf.T, sizeof *work);
  double first_flipped = NAN, all_fitted = NAN;
  c[0] = conf.nu / sqrt(2) / rho;
  c[1] = -c[0];
  double *const matrices[] = {q->G, q->M, q->K};
  for (size_t k = 0; k < 3; k++)
    scale_signals(matrices[k], m, rho);
  attn_key_query *model = attn_key_query_alloc(conf.n, conf.T, m - 2, q->G, q->M);
  attn_key_query_start(model, c);
  attn_rng_start(rng, attn_experiment_seed(experiment), attn_experiment_name(experiment), 0, draw,
                 ATTN_STREAM_TEST);
  //@begin loop
  for (size_t step = 0;; step++) {
    attn_key_query_forward(model, labels);
    const bool last = step == conf.steps;
    const bool kept = last || (cell == 0 && attn_list_has(&conf.record, (double)step));
    const measured x = measure(model, labels, q, work, kept ? rng : NULL);
    if (isnan(first_flipped) && x.train > 1 - 2 * (double)conf.flips / (double)conf.n)
      first_flipped = (double)step;
    if (isnan(all_fitted) && x.train == 1)
      all_fitted = (double)step;
    if (kept) {
      attn_table_cells(table, (double)job, (double)cell, rho, (double)step, last, q->coherence,
                       x.train, x.loss, x.test);
      attn_table_numbers(table, x.attention[0], 2 * TOKEN_KINDS);
      attn_table_cells(table, first_flipped, all_fitted);
    }
    if (last)
      break;
    attn_train_loss_derivative(w, model->f, labels);
    attn_key_query_backward(model, labels, w);
    attn_key_query_step(model, conf.beta, false);
  }
  //@end loop
  for (size_t k = 0; k < 3; k++)
    scale_signals(matrices[k], m, 1 / rho);
  attn_key_query_free(model);
  attn_free(work);
  attn_free(w);
  attn_free(c);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  gsl_rng *rng = attn_rng_alloc();
  attn_labels *labels = attn_labels_alloc(conf.n, conf.T);
  attn_layout *layout = attn_layout_alloc(conf.n, conf.T, conf.n * conf.T);
  attn_labels_balanced(labels, conf.flips);
  lay_out(layout, labels);
  attn_labels_set_layout(labels, layout);
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, conf.draws, &job);) {
    draw_matrices q = draw_alloc(job, experiment, rng);
    for (size_t cell = 0; cell <= conf.norms.count; cell++)
      train_cell(table, job, job, cell, &q, labels, experiment, rng);
    draw_free(&q);
  }
  attn_labels_free(labels);
  attn_layout_free(layout);
  gsl_rng_free(rng);
}

/* ---- tables ---- */

static const char *const attentions[] = {"clean_relevant", "clean_own",        "clean_other",
                                         "clean_rest",     "flipped_relevant", "flipped_own",
                                         "flipped_other",  "flipped_rest"};

static void write_tables(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *trajectory = attn_experiment_table(
      experiment, "trajectory",
      "step train_q05 train train_q95 test_q05 test test_q95 loss_q05 loss loss_q95 "
      "clean_relevant clean_own clean_other clean_rest flipped_relevant flipped_own flipped_other "
      "flipped_rest");
  static const char *const banded[] = {"train", "test", "loss"};
  for (size_t r = 0; r < conf.record.count; r++) {
    const attn_where at[] = {{"cell", 0}, {"step", conf.record.value[r]}, {0}};
    attn_table_cells(trajectory, conf.record.value[r]);
    for (size_t c = 0; c < sizeof banded / sizeof *banded; c++) {
      const attn_summary s = attn_samples_summary(samples, banded[c], at, conf.level);
      attn_table_cells(trajectory, s.q05, s.mean, s.q95);
    }
    for (size_t c = 0; c < sizeof attentions / sizeof *attentions; c++)
      attn_table_cells(trajectory, attn_samples_mean(samples, attentions[c], at));
  }
  attn_table_close(trajectory);
  attn_table *sweep = attn_experiment_table(
      experiment, "sweep",
      "rho kappa train train_low train_high test test_low test_high all_fitted_share all_fitted "
      "clean_relevant flipped_relevant flipped_other");
  for (size_t cell = 1; cell <= conf.norms.count; cell++) {
    const double rho = conf.norms.value[cell - 1];
    const attn_where at[] = {{"cell", (double)cell}, {"last", 1}, {0}};
    const attn_summary train = attn_samples_summary(samples, "train", at, conf.level);
    const attn_summary test = attn_samples_summary(samples, "test", at, conf.level);
    attn_table_cells(sweep, rho, rho * sqrt((double)conf.n / (double)conf.d), train.mean, train.low,
                     train.high, test.mean, test.low, test.high,
                     attn_samples_share(samples, "train", 1, at),
                     attn_samples_median(samples, "all_fitted", at));
    attn_samples_write_means(sweep, samples, "clean_relevant flipped_relevant flipped_other", at);
  }
  attn_table_close(sweep);
}

/* reported.tsv: what the follow-up's single seed showed beside the quantiles over draws. */
static const struct {
  const char *quantity, *column;
  bool first; /* before the first step, else after the last */
} reports[] = {{"step at which the first flipped label is fitted", "first_flipped", false},
               {"step at which all labels are fitted", "all_fitted", false},
               {"loss before the first step", "loss", true},
               {"loss at the end", "loss", false},
               {"relevant token, clean samples", "clean_relevant", false},
               {"relevant token, flipped samples", "flipped_relevant", false},
               {"opposite weak token, flipped samples", "flipped_other", false}};
enum { REPORTS = sizeof reports / sizeof *reports };

/* Returns how many of the reported values lie within what was seen over the draws. */
static size_t write_reported(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(experiment, "reported",
                                            "quantity reported least median largest inside");
  double *x = attn_alloc(samples->rows, sizeof *x);
  size_t inside = 0;
  for (size_t r = 0; r < REPORTS; r++) {
    const attn_where at[] = {{"cell", 0}, {"step", reports[r].first ? 0 : (double)conf.steps}, {0}};
    const double reported = conf.reported.value[r];
    const size_t count = attn_samples_select(x, samples, reports[r].column, at);
    const attn_summary s = attn_stats_summary(x, count, conf.level); /* sorts x */
    const bool in = count > 0 && reported >= x[0] && reported <= x[count - 1];
    attn_table_text(table, reports[r].quantity);
    attn_table_cells(table, reported, count > 0 ? x[0] : NAN, s.median,
                     count > 0 ? x[count - 1] : NAN, in);
    inside += in;
  }
  attn_free(x);
  attn_table_close(table);
  return inside;
}

/* ---- claims ---- */

static void claims(attn_experiment *experiment, const attn_samples *samples, size_t inside) {
  const attn_where end[] = {{"cell", 0}, {"last", 1}, {0}};
  const attn_claim base = attn_verdict_scope(conf.rho * sqrt((double)conf.n / (double)conf.d),
                                             attn_samples_largest(samples, "coherence", end),
                                             INFINITY); /* the setting itself is the hypothesis */
  const size_t fitted = attn_samples_count(samples, "train", 1, 1, end);
  attn_experiment_claim(experiment, attn_verdict_share(base, "followup-fits", fitted, conf.draws,
                                                       conf.level, 1 - conf.accuracy));
  const struct {
    const char *id, *column;
    double bound;
    bool above;
  } means[] = {{"followup-benign", "test", conf.accuracy, true},
               {"followup-clean-attention", "clean_relevant", 0.9, true},
               {"followup-flipped-attention", "flipped_relevant", 0.1, false},
               {"followup-opposite-token", "flipped_other", 0.5, true}};
  for (size_t c = 0; c < sizeof means / sizeof *means; c++) {
    const attn_summary s = attn_samples_summary(samples, means[c].column, end, conf.level);
    attn_experiment_claim(
        experiment,
        means[c].above ? attn_verdict_above(base, means[c].id, means[c].bound, s.mean, s.interval)
                       : attn_verdict_below(base, means[c].id, means[c].bound, s.mean, s.interval));
  }
  attn_claim reported = base;
  reported.id = "followup-reported";
  snprintf(reported.predicted, sizeof reported.predicted, "%d of %d", (int)REPORTS, (int)REPORTS);
  reported.measured = (double)inside;
  reported.low = reported.high = NAN;
  reported.holds = inside == REPORTS;
  attn_experiment_claim(experiment, reported);
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "trained attention under a fixed classifier fits flipped labels by other tokens",
      keys, sizeof keys / sizeof *keys);
  if (conf.n % 2 == 1 || 2 * conf.flips >= conf.n / 2)
    attn_fail("n = %zu, flips = %zu: n must be even, and flips below a quarter of it", conf.n,
              conf.flips);
  if (conf.reported.count != REPORTS)
    attn_fail("reported: %d values are expected, not %zu", (int)REPORTS, conf.reported.count);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_tables(experiment, samples);
    claims(experiment, samples, write_reported(experiment, samples));
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
