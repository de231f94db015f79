/* Residual self-attention blocks below the paper's head make its benign threshold a gradual one, lower
 * for one block and higher for three: a linear path past the selection of tokens. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "experiment.h"
#include "linalg.h"
#include "optim.h"
#include "rng.h"
#include "tokens_dense.h"
#include "train.h"
#include "transformer.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t shown, steps, test;
  double dn, eta, b, score, value, benign, strong, allowed, half, exponent, level;
  attn_list n, draws, deepest, learnt, kappa;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNTS, &conf.n, "[4, 200]", "the numbers of samples, of two tokens each"},
    {"shown", ATTN_KEY_COUNT, &conf.shown, "[4, 200]", "the n of the figure, one of n"},
    {"dn", ATTN_KEY_REAL, &conf.dn, "[1, 100]", "d/n"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate"},
    {"draws", ATTN_KEY_COUNTS, &conf.draws, "[2, 1e4]", "the draws at each n"},
    {"deepest", ATTN_KEY_COUNTS, &conf.deepest, "[1, 8]", "the largest L at each n"},
    {"learnt", ATTN_KEY_COUNTS, &conf.learnt, "[0, 8]", "the largest L from zero values"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "rho sqrt(n/d), ascending"},
    {"score", ATTN_KEY_REAL, &conf.score, "[0, 10]", "the size s of the blocks' W"},
    {"value", ATTN_KEY_REAL, &conf.value, "(0, 10]", "the size s of the blocks' V"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the step size beta rho^2 at L = 0"},
    {"steps", ATTN_KEY_COUNT, &conf.steps, "[2, 1e6]", "the number of steps"},
    {"test", ATTN_KEY_COUNT, &conf.test, "[10, 1e6]", "the number of test samples"},
    {"benign", ATTN_KEY_REAL, &conf.benign, "(0, 0.5)", "the test error that counts as small"},
    {"strong", ATTN_KEY_REAL, &conf.strong, "(0, 1e3)", "the kappa of claims above the threshold"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed distance of a ratio from 1"},
    {"half", ATTN_KEY_REAL, &conf.half, "(0, 1)", "the share of L = 0's attention gap"},
    {"exponent", ATTN_KEY_REAL, &conf.exponent, "(0, 1)", "the allowed error of an exponent"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* How the blocks begin and whether they are trained. L = 0, without blocks, counts as RANDOM. */
typedef enum {
  RANDOM, /* W and V Gaussian, all trained */
  FROZEN, /* the same start; only v and p are trained */
  LEARNT, /* W Gaussian, V = 0, all trained */
  STARTS
} start_kind;
static const char *const start_name[STARTS] = {"random", "random, frozen", "zero values"};

enum { CURVE, THRESHOLD }; /* parts of the samples */

static attn_data_param parameters(double n, double kappa) {
  attn_data_param param = {(size_t)n, 2, (size_t)round(conf.dn * n), 0, conf.eta};
  param.rho = attn_data_rho(kappa, param.n, param.d);
  return param;
}

/* The value of a grid that has one for each n. */
static size_t at_n(const attn_list *grid, double n) {
  for (size_t i = 0; i < conf.n.count; i++)
    if (conf.n.value[i] == n)
      return (size_t)grid->value[i];
  return 0;
}

static size_t deepest_of(double n, start_kind start) {
  return at_n(start == LEARNT ? &conf.learnt : &conf.deepest, n);
}

/* ---- one training run ---- */

#define COLUMNS                                                                                    \
  "part n draw L start coherence kappa error_first error_fitted error steps fitted att_clean "     \
  "att_noisy lower_clean lower_noisy alike first when_fitted end"

typedef struct {
  double error_first, error_fitted, error, steps, fitted, attention[2], lower[2], alike;
} outcome;

/* A draw at every kappa: labels, noise, test samples and start stay. */
typedef struct {
  attn_trial *train, *test;
  uint64_t seed;
  const char *name;
  size_t draw;
} problem;

static double test_error(attn_transformer_pass *pass, const attn_transformer *model,
                         const attn_labels *labels) {
  double wrong = 0;
  attn_transformer_forward(pass, model);
  for (size_t i = 0; i < pass->n; i++) {
    const double margin = attn_labels_clean_label(labels, i) * pass->f[i];
    wrong += margin > 0 ? 0 : margin == 0 ? 0.5 : 1;
  }
  return wrong / (double)pass->n;
}

static bool all_fitted(const attn_transformer_pass *pass, const attn_labels *labels) {
  for (size_t i = 0; i < pass->n; i++)
    if (!(labels->y[i] * pass->f[i] > 0))
      return false;
  return true;
}

/* Attention of clean and noisy samples on the signal, of the head and of the blocks' rows, and how
 * alike the two tokens of a sample have become: the cosine of their angle in X^L. */
static void look_inside(outcome *o, const attn_transformer_pass *head,
                        const attn_transformer_pass *blocks, const attn_labels *labels) {
  const size_t n = head->n, d = head->shape.d, L = blocks->shape.L;
  double count[2] = {0, 0};
  for (size_t i = 0; i < n; i++) {
    const double *x = head->x + (head->shape.L * n + i) * 2 * d, *z = x + d;
    const bool noisy = attn_labels_noisy(labels, i);
    count[noisy]++;
    o->attention[noisy] += head->weight[2 * i];
    o->alike += attn_dot(x, z, d) / (attn_norm(x, d) * attn_norm(z, d)) / (double)n;
    for (size_t l = 0; l < L; l++) {
      const double *A = blocks->attention + (l * n + i) * 4; /* the signal is column 0 */
      o->lower[noisy] += (A[0] + A[2]) / 2 / (double)L;
    }
  }
  for (int noisy = 0; noisy < 2; noisy++) {
    o->attention[noisy] /= count[noisy];
    o->lower[noisy] = L > 0 ? o->lower[noisy] / count[noisy] : NAN;
  }
}

/* A model with room for training and test samples; frozen: the paper's head on tokens that the
 * model's blocks have passed. */
typedef struct {
  size_t L;
  start_kind start;
  attn_transformer *model, *head; /* head: NULL unless frozen */
  attn_transformer_pass *train, *test, *head_train, *head_test;
  double *theta; /* [model->size] where training starts */
} learner;

static learner learner_alloc(const problem *q, size_t L, start_kind start) {
  const attn_data_param *param = &q->train->param;
  learner m = {.L = L, .start = start};
  m.model = attn_transformer_alloc(2, param->d, L, 1);
  attn_rng_start(q->train->rng, q->seed, q->name, param->n, q->draw, ATTN_STREAM_START);
  attn_transformer_start(m.model, conf.score, start == LEARNT ? 0 : conf.value, q->train->rng);
  m.theta = attn_alloc(m.model->size, sizeof *m.theta);
  memcpy(m.theta, m.model->theta, m.model->size * sizeof *m.theta);
  m.train = attn_transformer_pass_alloc(m.model, param->n);
  m.test = attn_transformer_pass_alloc_forward(m.model, conf.test);
  if (start == FROZEN) {
    m.head = attn_transformer_alloc(2, param->d, 0, 1);
    m.head_train = attn_transformer_pass_alloc(m.head, param->n);
    m.head_test = attn_transformer_pass_alloc_forward(m.head, conf.test);
  }
  return m;
}

static void learner_free(learner *m) {
  attn_transformer_free(m->model);
  attn_transformer_free(m->head);
  attn_transformer_pass_free(m->train);
  attn_transformer_pass_free(m->test);
  attn_transformer_pass_free(m->head_train);
  attn_transformer_pass_free(m->head_test);
  attn_free(m->theta);
}

/* Samples of this signal norm, and parameters as at the start. */
static void prepare(learner *m, const problem *q, double rho) {
  attn_trial_set_rho(q->train, rho);
  attn_trial_set_rho(q->test, rho);
  attn_transformer_pass_fill(m->train, q->train->tokens, q->train->labels);
  attn_transformer_pass_fill(m->test, q->test->tokens, q->test->labels);
  memcpy(m->model->theta, m->theta, m->model->size * sizeof *m->theta);
  if (m->head == NULL)
    return;
  attn_transformer_pass *const of[2][2] = {{m->train, m->head_train}, {m->test, m->head_test}};
  for (size_t set = 0; set < 2; set++) {
    const size_t size = of[set][0]->n * 2 * m->model->d;
    attn_transformer_forward(of[set][0], m->model);
    memcpy(of[set][1]->x, of[set][0]->x + m->L * size, size * sizeof(double));
  }
  memset(m->head->theta, 0, m->head->size * sizeof *m->head->theta);
}

static outcome run(learner *m, const problem *q, double kappa) {
  const attn_data_param param = parameters((double)q->train->param.n, kappa);
  const attn_labels *labels = q->train->labels;
  prepare(m, q, param.rho);
  attn_transformer *model = m->head != NULL ? m->head : m->model;
  attn_transformer_pass *pass = m->head != NULL ? m->head_train : m->train;
  attn_transformer_pass *test = m->head != NULL ? m->head_test : m->test;
  outcome o = {.error_first = NAN, .error_fitted = NAN, .steps = NAN};
  bool fitted = false;
  /* a step's change of outputs grows by 1 + s^2 with each block, so the step size shrinks by it */
  const double growth = m->start == LEARNT ? 1 : pow(1 + conf.value * conf.value, (double)m->L);
  //@begin loop
  const attn_optim optim = {.beta = attn_train_step_size(&param, conf.b) / growth};
  for (size_t step = 0;; step++) {
    attn_transformer_forward(pass, model);
    fitted = all_fitted(pass, labels);
    if (step == 1)
      o.error_first = test_error(test, model, q->test->labels);
    if (fitted && isnan(o.steps)) {
      o.steps = (double)step;
      o.error_fitted = test_error(test, model, q->test->labels);
    }
    if (step == conf.steps)
      break;
    attn_train_loss_derivative(q->train->w, pass->f, labels);
    attn_transformer_backward(model, pass, q->train->w);
    attn_optim_update(&optim, model->theta, model->grad, model->size);
  }
  o.error = test_error(test, model, q->test->labels);
  //@end loop
  o.fitted = fitted;
  look_inside(&o, pass, m->train, labels);
  return o;
}

/* ---- sampling ---- */

/* The smallest kappa from which on the error is small, linear in log kappa between the points of the
 * grid; its first point where all are small, infinity where the last is not. */
//@begin crossing
static double crossing(const double *error /* [kappa] */) {
  const double *kappa = conf.kappa.value;
  size_t i = conf.kappa.count;
  while (i > 0 && error[i - 1] <= conf.benign)
    i--;
  if (i == 0 || i == conf.kappa.count)
    return i == 0 ? kappa[0] : INFINITY;
  const double share = (error[i - 1] - conf.benign) / (error[i - 1] - error[i]);
  return kappa[i - 1] * pow(kappa[i] / kappa[i - 1], share);
}
//@end crossing

/* max |xi_i . xi_j| n/d of the drawn noise tokens */
static double coherence_of(const attn_trial *trial) {
  const attn_tokens *tokens = trial->tokens;
  double *K = attn_alloc(tokens->N * tokens->N, sizeof *K), largest = 0;
  attn_gram(K, attn_tokens_dense_noise((attn_tokens *)tokens), tokens->N, tokens->k);
  for (size_t i = 0; i < tokens->N; i++)
    for (size_t j = 0; j < i; j++)
      largest = fmax(largest, fabs(K[i * tokens->N + j]));
  attn_free(K);
  return largest * (double)trial->param.n / (double)trial->param.d;
}

/* All depths and starts of one draw. */
static void run_job(attn_table *table, size_t job, double n, size_t draw,
                    const attn_experiment *experiment) {
  problem q = {.seed = attn_experiment_seed(experiment),
               .name = attn_experiment_name(experiment),
               .draw = draw};
  attn_data_param param = parameters(n, 1);
  q.train = attn_trial_alloc(ATTN_TOKENS_DENSE, &param, 0);
  attn_trial_draw(q.train, q.seed, q.name, param.n, draw);
  attn_labels_balance(q.train->labels, conf.eta);
  param.n = conf.test;
  q.test = attn_trial_alloc(ATTN_TOKENS_DENSE, &param, 0);
  attn_trial_draw(q.test, q.seed, "multi_layer_threshold test", (size_t)n, draw);
  const double coherence = coherence_of(q.train);
  for (start_kind start = 0; start < STARTS; start++)
    for (size_t L = start == RANDOM ? 0 : 1; L <= deepest_of(n, start); L++) {
      double first[ATTN_LIST_MAX], fitted[ATTN_LIST_MAX], end[ATTN_LIST_MAX];
      learner m = learner_alloc(&q, L, start);
      for (size_t i = 0; i < conf.kappa.count; i++) {
        const outcome o = run(&m, &q, conf.kappa.value[i]);
        attn_table_cells(table, (double)job, CURVE, n, (double)draw, (double)L, start, coherence,
                         conf.kappa.value[i], o.error_first, o.error_fitted, o.error, o.steps,
                         o.fitted, o.attention[0], o.attention[1], o.lower[0], o.lower[1], o.alike);
        attn_table_skip(table, NULL);
        first[i] = o.error_first;
        fitted[i] = isnan(o.steps) ? 0.5 : o.error_fitted; /* unfitted labels are not benign */
        end[i] = o.fitted == 1 ? o.error : 0.5;
      }
      learner_free(&m);
      attn_table_cells(table, (double)job, THRESHOLD, n, (double)draw, (double)L, start, coherence);
      attn_table_skip(table, "first");
      attn_table_cells(table, crossing(first), crossing(fitted), crossing(end));
    }
  attn_trial_free(q.train);
  attn_trial_free(q.test);
}

/* Jobs from the largest n, the costly ones, to the smallest. */
static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  size_t total = 0;
  for (size_t i = 0; i < conf.n.count; i++)
    total += (size_t)conf.draws.value[i];
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, total, &job);) {
    size_t i = conf.n.count - 1, draw = job;
    for (; draw >= (size_t)conf.draws.value[i]; i--)
      draw -= (size_t)conf.draws.value[i];
    run_job(table, job, conf.n.value[i], draw, experiment);
  }
}

/* ---- prediction ---- */

/* By what random blocks shrink the effective dimension, tr(MM')^2 / d over (tr MM' / d)^2 for
 * M = (I + V_1) ... (I + V_L): each factor has 1 + (2 s^2 + s^4) / (1 + s^2)^2, and free ones add
 * their excess over 1. */
static double shrinkage(size_t L, start_kind start) {
  const double s2 = start == LEARNT ? 0 : conf.value * conf.value;
  return 1 + (double)L * (2 * s2 + s2 * s2) / ((1 + s2) * (1 + s2));
}

/* The risk after one step. With x = (1 - 2 eta)^2, an average token's output is a signal's share, of
 * mean (1 - 2 eta) kappa^2 d / 2, plus noise of variance d^2 r / n (1 + q), in which q is what random
 * blocks mix: signals into noise, noise into signals, and signals among each other:
 *   Phi( -(1 - 2 eta) kappa^2 sqrt(d / (r n)) / 2 / sqrt(1 + q) ),
 *   q = (1 - 1/r) (x kappa^2 / 2 + kappa^2 / n + 3 x kappa^4 / (4 n)). */
static double first_risk(size_t L, start_kind start, double n, double kappa) {
  const double r = shrinkage(L, start), k2 = kappa * kappa, y = 1 - 2 * conf.eta, x = y * y;
  const double q = (1 - 1 / r) * (x * k2 / 2 + k2 / n + 3 * x * k2 * k2 / (4 * n));
  return gsl_cdf_ugaussian_P(-y * k2 * sqrt(conf.dn / r) / 2 / sqrt(1 + q));
}

typedef struct {
  size_t L;
  start_kind start;
  double n;
} first_search;

static double first_excess(double kappa, void *context) {
  const first_search *s = context;
  return first_risk(s->L, s->start, s->n, kappa) - conf.benign;
}

/* ... and the kappa at which it is small. */
static double first_kappa(size_t L, start_kind start, double n) {
  first_search s = {L, start, n};
  return attn_stats_root(first_excess, &s, 1e-3, 1e3, 1e-6);
}

/* How alike tokens are that share (1 + s^2)^L - 1 times the mean token's length squared. */
static double alike_predicted(size_t L, start_kind start, double n, double kappa) {
  const double s2 = start == LEARNT ? 0 : conf.value * conf.value;
  const attn_data_param param = parameters(n, kappa);
  const double d = (double)param.d, rho2 = param.rho * param.rho;
  const double shared = (pow(1 + s2, (double)L) - 1) * (d + rho2) / 4;
  return shared / sqrt((d + shared) * (rho2 + shared));
}

/* ---- tables ---- */

static size_t draws_in_all(void) {
  size_t all = 0;
  for (size_t i = 0; i < conf.n.count; i++)
    all += (size_t)conf.draws.value[i];
  return all;
}

/* The n of the r-th of all draws. */
static double n_of(size_t r) {
  size_t i = 0;
  for (; r >= (size_t)conf.draws.value[i]; i++)
    r -= (size_t)conf.draws.value[i];
  return conf.n.value[i];
}

/* x receives a column's value for each draw of each n, not-a-number where there is none; kappa is
 * not-a-number for thresholds. */
static void each_draw(double *x, const attn_samples *samples, const char *column, size_t L,
                      start_kind start, double kappa) {
  const bool curve = !isnan(kappa);
  for (size_t i = 0; i < conf.n.count; i++)
    for (size_t draw = 0; draw < (size_t)conf.draws.value[i]; draw++)
      *x++ = attn_samples_value(samples, column,
                                (attn_where[]){{"part", curve ? CURVE : THRESHOLD},
                                               {"n", conf.n.value[i]},
                                               {"draw", (double)draw},
                                               {"L", (double)L},
                                               {"start", L > 0 ? start : RANDOM},
                                               {curve ? "kappa" : NULL, kappa},
                                               {0}});
}

/* The median over draws and its distribution-free interval; of those that are numbers. */
typedef struct {
  double median;
  attn_interval interval;
} middle;

static middle middle_of(double *x, size_t count) {
  size_t kept = 0;
  for (size_t r = 0; r < count; r++)
    if (!isnan(x[r]))
      x[kept++] = x[r];
  attn_stats_sort(x, kept);
  if (kept == 0)
    return (middle){NAN, {NAN, NAN}};
  /* the middle value or the mean of the two, of which one may be infinite */
  return (middle){(x[(kept - 1) / 2] + x[kept / 2]) / 2,
                  attn_stats_quantile_interval(x, kept, 0.5, conf.level)};
}

/* A threshold over the same draw's at L = 0, or at another depth and start. */
static middle ratio_of(const attn_samples *samples, const char *column, size_t L, start_kind start,
                       size_t over_L, start_kind over_start, double n) {
  const size_t count = draws_in_all();
  double *x = attn_alloc(count, sizeof *x), *y = attn_alloc(count, sizeof *y);
  each_draw(x, samples, column, L, start, NAN);
  each_draw(y, samples, column, over_L, over_start, NAN);
  for (size_t r = 0; r < count; r++)
    x[r] = isnan(n) || n_of(r) == n ? x[r] / y[r] : NAN;
  const middle m = middle_of(x, count);
  attn_free(x);
  attn_free(y);
  return m;
}

static void write_curves(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "curves",
      "n L start kappa error error_low error_high error_first error_first_predicted error_fitted "
      "fitted steps att_clean att_noisy lower_clean lower_noisy alike alike_predicted shown name");
  for (size_t c = 0; c < conf.n.count; c++)
    for (start_kind start = 0; start < STARTS; start++)
      for (size_t L = start == RANDOM ? 0 : 1; L <= deepest_of(conf.n.value[c], start); L++)
        for (size_t i = 0; i < conf.kappa.count; i++) {
          const double n = conf.n.value[c], kappa = conf.kappa.value[i];
          const attn_where at[] = {{"part", CURVE},  {"n", n},         {"L", (double)L},
                                   {"start", start}, {"kappa", kappa}, {0}};
          const attn_summary error = attn_samples_summary(samples, "error", at, conf.level);
          attn_table_cells(table, n, (double)L, start, kappa, error.mean, error.low, error.high,
                           attn_samples_mean(samples, "error_first", at),
                           first_risk(L, start, n, kappa));
          attn_samples_write_means(table, samples, "error_fitted fitted", at);
          attn_samples_write_medians(table, samples, "steps", at);
          attn_samples_write_means(table, samples,
                                   "att_clean att_noisy lower_clean lower_noisy alike", at);
          attn_table_cells(table, alike_predicted(L, start, n, kappa), n == (double)conf.shown);
          attn_table_text(table, start_name[start]);
        }
  attn_table_close(table);
}

/* What has become of the samples of the figure's n at the strong signal. */
static void write_inside(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "inside",
      "L start kappa error steps att_clean att_noisy lower_clean lower_noisy alike alike_predicted "
      "name");
  const double n = (double)conf.shown;
  for (start_kind start = 0; start < STARTS; start++)
    for (size_t L = start == RANDOM ? 0 : 1; L <= deepest_of(n, start); L++) {
      const attn_where at[] = {{"part", CURVE},        {"n", n}, {"L", (double)L}, {"start", start},
                               {"kappa", conf.strong}, {0}};
      attn_table_cells(table, (double)L, start, conf.strong);
      attn_samples_write_means(table, samples, "error", at);
      attn_samples_write_medians(table, samples, "steps", at);
      attn_samples_write_means(table, samples, "att_clean att_noisy lower_clean lower_noisy alike",
                               at);
      attn_table_cells(table, alike_predicted(L, start, n, conf.strong));
      attn_table_text(table, start_name[start]);
    }
  attn_table_close(table);
}

static void write_thresholds(attn_experiment *experiment, const attn_samples *samples) {
  static const char *const kinds[] = {"first", "when_fitted", "end"};
  attn_table *table = attn_experiment_table(
      experiment, "thresholds",
      "n d L start draws coherence first first_low first_high when_fitted when_fitted_low "
      "when_fitted_high end end_low end_high found first_predicted first_ratio "
      "first_ratio_predicted "
      "end_ratio end_ratio_low end_ratio_high shown name");
  double *x = attn_alloc(samples->rows, sizeof *x);
  for (size_t c = 0; c < conf.n.count; c++)
    for (start_kind start = 0; start < STARTS; start++)
      for (size_t L = start == RANDOM ? 0 : 1; L <= deepest_of(conf.n.value[c], start); L++) {
        const double n = conf.n.value[c];
        const attn_where at[] = {
            {"part", THRESHOLD}, {"n", n}, {"L", (double)L}, {"start", start}, {0}};
        attn_table_cells(table, n, (double)parameters(n, 1).d, (double)L, start,
                         conf.draws.value[c], attn_samples_largest(samples, "coherence", at));
        for (size_t kind = 0; kind < 3; kind++) {
          const middle m = middle_of(x, attn_samples_select(x, samples, kinds[kind], at));
          attn_table_cells(table, m.median, m.interval.low, m.interval.high);
        }
        const middle first = ratio_of(samples, "first", L, start, 0, RANDOM, n);
        const middle end = ratio_of(samples, "end", L, start, 0, RANDOM, n);
        attn_table_cells(table,
                         (double)attn_samples_count(samples, "end", 0,
                                                    conf.kappa.value[conf.kappa.count - 1], at),
                         first_kappa(L, start, n), first.median,
                         first_kappa(L, start, n) / first_kappa(0, RANDOM, n), end.median,
                         end.interval.low, end.interval.high, n == (double)conf.shown);
        attn_table_text(table, start_name[start]);
      }
  attn_free(x);
  attn_table_close(table);
}

/* The exponent of n of the SNR kappa / sqrt(n) at the end's threshold, over draws that have one. */
static attn_line exponent_of(const attn_samples *samples, size_t L) {
  return attn_samples_snr_exponent(
      samples, "n", "end",
      (attn_where[]){{"part", THRESHOLD}, {"L", (double)L}, {"start", RANDOM}, {0}}, conf.level);
}

static size_t deepest_of_all(void) {
  size_t deepest = 0;
  for (size_t i = 0; i < conf.n.count; i++)
    if (conf.deepest.value[i] > (double)deepest)
      deepest = (size_t)conf.deepest.value[i];
  return deepest;
}

static void write_exponents(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table =
      attn_experiment_table(experiment, "exponents", "L exponent exponent_low exponent_high");
  for (size_t L = 0; L <= deepest_of_all(); L++) {
    const attn_line line = exponent_of(samples, L);
    attn_table_cells(table, (double)L, line.slope, line.slope_interval.low,
                     line.slope_interval.high);
  }
  attn_table_close(table);
}

/* ---- claims ---- */

/* Depths L = 1 ... share a draw: its geometric mean over them of the threshold after one step over the
 * predicted one, or of the end's with frozen blocks over that with trained ones, where both are
 * within the grid; the median over draws. */
static middle over_depths(const attn_samples *samples, bool first_step) {
  const size_t count = draws_in_all();
  double *x = attn_alloc(4 * count, sizeof *x), *y = x + count, *logs = y + count;
  double *terms = logs + count;
  for (size_t L = 1; L <= deepest_of_all(); L++) {
    each_draw(x, samples, first_step ? "first" : "end", L, first_step ? RANDOM : FROZEN, NAN);
    each_draw(y, samples, "end", L, RANDOM, NAN);
    for (size_t r = 0; r < count; r++) {
      const double ratio = x[r] / (first_step ? first_kappa(L, RANDOM, n_of(r)) : y[r]);
      if (isfinite(ratio) && ratio > 0) {
        logs[r] += log(ratio);
        terms[r]++;
      }
    }
  }
  for (size_t r = 0; r < count; r++)
    x[r] = exp(logs[r] / terms[r]);
  const middle m = middle_of(x, count);
  attn_free(x);
  return m;
}

/* At the strong signal, each draw: the error at depth L less that at 0; or clean less noisy
 * attention at depth L over that at 0. */
static attn_summary at_strong(const attn_samples *samples, size_t L, bool error) {
  const size_t count = draws_in_all();
  double *x = attn_alloc(4 * count, sizeof *x);
  for (size_t a = 0; a < 4; a++)
    each_draw(x + a * count, samples,
              error        ? "error"
              : a % 2 == 0 ? "att_clean"
                           : "att_noisy",
              a < 2 ? L : 0, RANDOM, conf.strong);
  size_t kept = 0;
  for (size_t r = 0; r < count; r++) {
    const double *deep = x + r, *flat = x + 2 * count + r;
    const double value =
        error ? deep[0] - flat[0] : (deep[0] - deep[count]) / (flat[0] - flat[count]);
    if (!isnan(value))
      x[kept++] = value;
  }
  const attn_summary s = attn_stats_summary(x, kept, conf.level);
  attn_free(x);
  return s;
}

static void write_claims(attn_experiment *experiment, const attn_samples *samples) {
  const double coherence = attn_samples_largest(samples, "coherence", (attn_where[]){{0}});
  /* claims on models at these sizes; the theorems' hypotheses are not met, and not needed */
  const attn_claim base = attn_verdict_scope(NAN, coherence, INFINITY);
  const attn_claim strong = attn_verdict_scope(conf.strong, coherence, INFINITY);
  const size_t deepest = deepest_of_all();
  const middle first = over_depths(samples, true), frozen = over_depths(samples, false);
  const middle one = ratio_of(samples, "end", 1, RANDOM, 0, RANDOM, NAN);
  const middle deep = ratio_of(samples, "end", deepest, RANDOM, 1, RANDOM, NAN);
  const middle raised = ratio_of(samples, "first", deepest, RANDOM, 0, RANDOM, NAN);
  const middle learnt = ratio_of(samples, "end", 2, LEARNT, 0, RANDOM, NAN);
  const attn_summary error = at_strong(samples, deepest, true);
  const attn_summary gap = at_strong(samples, deepest, false);
  const attn_line line = exponent_of(samples, 1);
  //@begin verdicts
  attn_experiment_claim(experiment, attn_verdict_above(base, "layers-first-raise", 1, raised.median,
                                                       raised.interval));
  attn_experiment_claim(experiment, attn_verdict_within(base, "layers-first-step", 1, conf.allowed,
                                                        first.median, first.interval));
  attn_experiment_claim(experiment,
                        attn_verdict_below(base, "layers-one", 1, one.median, one.interval));
  attn_experiment_claim(experiment,
                        attn_verdict_above(base, "layers-more", 1, deep.median, deep.interval));
  attn_experiment_claim(
      experiment, attn_verdict_above(strong, "layers-gradual", 0, error.mean, error.interval));
  attn_experiment_claim(experiment, attn_verdict_below(strong, "layers-attention", conf.half,
                                                       gap.mean, gap.interval));
  attn_experiment_claim(experiment, attn_verdict_within(base, "layers-frozen", 1, conf.allowed,
                                                        frozen.median, frozen.interval));
  attn_experiment_claim(
      experiment, attn_verdict_below(base, "layers-learnt", 1, learnt.median, learnt.interval));
  attn_experiment_claim(experiment,
                        attn_verdict_within(base, "layers-exponent", -0.5, conf.exponent,
                                            line.slope, line.slope_interval));
  //@end verdicts
}

int main(int argc, char **argv) {
  attn_experiment *experiment =
      attn_experiment_begin(argc, argv, "the benign threshold below and above residual attention",
                            keys, sizeof keys / sizeof *keys);
  if (conf.draws.count != conf.n.count || conf.deepest.count != conf.n.count ||
      conf.learnt.count != conf.n.count)
    attn_fail("draws, deepest, learnt: as many values as n are expected, %zu", conf.n.count);
  if (!attn_list_has(&conf.n, (double)conf.shown))
    attn_fail("shown = %zu: it must be one of the values of n", conf.shown);
  if (!attn_list_has(&conf.kappa, conf.strong))
    attn_fail("strong = %g: it must be one of the values of kappa", conf.strong);
  for (size_t i = 1; i < conf.kappa.count; i++)
    if (conf.kappa.value[i] <= conf.kappa.value[i - 1])
      attn_fail("kappa: %g follows %g, but the values must ascend", conf.kappa.value[i],
                conf.kappa.value[i - 1]);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_curves(experiment, samples);
    write_inside(experiment, samples);
    write_thresholds(experiment, samples);
    write_exponents(experiment, samples);
    write_claims(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
