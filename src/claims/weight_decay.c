/* Gradient descent with weight decay: as the decay vanishes the margin grows without bound, so that
 * training follows the min-norm interpolators of growing margin, away from that of margin one
 * (theory section 5). */
#include <gsl/gsl_sf_lambert.h>
#include <math.h>
#include <string.h>

#include "experiment.h"
#include "interpolator_starts.h"
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
  size_t n, draws, steps, check, random;
  double ratio, eta, b, most, stationary, tie, aligned, allowed, coherence, delta, level;
  attn_list kappa, lambda;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &conf.n, "[4, 1000]", "the number of samples, of two tokens each"},
    {"ratio", ATTN_KEY_REAL, &conf.ratio, "[1, 1e12)", "d/n"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "[0, 0.5)", "the label-flip rate"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "rho sqrt(n/d)"},
    {"lambda", ATTN_KEY_LIST, &conf.lambda, "(0, 1e9)", "the weight decays"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 1e4]", "the draws"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the scaled step size beta max(rho^2, d/n)"},
    {"most", ATTN_KEY_REAL, &conf.most, "(0, 1]", "the largest step size times lambda"},
    {"steps", ATTN_KEY_COUNT, &conf.steps, "[1, 1e9]", "the most steps of gradient descent"},
    {"check", ATTN_KEY_COUNT, &conf.check, "[1, 1e6]", "the steps between looks at the gradient"},
    {"stationary", ATTN_KEY_REAL, &conf.stationary, "(0, 1)", "the gradient that ends a run"},
    {"random", ATTN_KEY_COUNT, &conf.random, "[0, 1000]", "the random starts of min-norm"},
    {"tie", ATTN_KEY_REAL, &conf.tie, "(0, 1)", "the distance of objectives that are the same"},
    {"aligned", ATTN_KEY_REAL, &conf.aligned, "(0, 1)", "the cosine of vectors that agree"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed relative distance"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* A run, in the order of COLUMNS. Lengths are in units of sqrt(n/d). "unit" is the min-norm
 * interpolator with margin 1, "best" the best one with the smallest margin of the run, "own" the
 * local optimum with that margin next to the run's p. */
#define COLUMNS                                                                                    \
  "kappa lambda draw coherence steps gradient converged smallest largest share norm_v r r_over "   \
  "law "                                                                                           \
  "r_over_law att_clean att_noisy log10_risk ideal_smallest ideal_r ideal_att_clean "              \
  "ideal_log10_risk r_ratio smallest_ratio unit_r unit_ratio best_r best_cos_v best_cos_p own_r "  \
  "own_cos_v own_cos_p own_cos own_excess gap sine sine_gap status"
typedef struct {
  double kappa, lambda, draw, coherence;
  double steps, gradient, converged; /* taken; |grad + lambda theta| / (lambda |theta|); small */
  double smallest, largest;          /* margins y_i f_i */
  double share;                      /* smallest / |v| over its limit for |p| -> infinity */
  double norm_v, r, r_over;          /* |v|, |p|, |p| / |p_mm| */
  double law, r_over_law;            /* leading order of r_over; r_over over it */
  double att_clean, att_noisy, log10_risk;
  double ideal_smallest, ideal_r, ideal_att_clean, ideal_log10_risk; /* the recursion */
  double r_ratio, smallest_ratio;                                    /* over the recursion's */
  double unit_r, unit_ratio;                                         /* |p|; r over it */
  double best_r, best_cos_v, best_cos_p;
  double own_r, own_cos_v, own_cos_p, own_cos; /* the last is the smaller cosine */
  double own_excess;                           /* objective over the best's, minus 1 */
  double gap, sine, sine_gap, status;          /* certificates, the worse of best and own */
} row_type;
enum { WIDTH = sizeof(row_type) / sizeof(double) };

static double kappa_star(void) {
  return sqrt(2 / (1 - conf.eta));
}

/* ---- one run ---- */

typedef struct {
  attn_trial *trial;
  attn_interpolator_starts *starts;
  attn_maxmargin_set set;
  gsl_rng *rng;  /* of random starts */
  double *v, *p; /* [2 + N] where the run ended, as multiples of tokens */
} bench;

static double length(const bench *x, const double *u) {
  return attn_interpolator_norm(u, &x->set, x->starts->solver);
}

static double cosine(const bench *x, const double *u, const double *w) {
  return attn_interpolator_cosine(u, w, &x->set, x->starts->solver);
}

/* A row of theta or grad, whose first two are on unit signals. */
static void as_multiples(double *out, const double *u, const bench *x) {
  memcpy(out, u, x->starts->size * sizeof *u);
  for (size_t k = 0; k < 2; k++)
    out[k] /= x->trial->param.rho;
}

/* |grad + lambda theta| / (lambda |theta|), after forward. */
static double relative_gradient(bench *x, double lambda) {
  const attn_trial *trial = x->trial;
  const attn_model *model = trial->model;
  double left = 0, size = 0;
  attn_train_loss_derivative(trial->w, model->f, trial->labels);
  attn_model_backward(trial->model, trial->tokens, trial->labels, trial->w);
  for (size_t which = 0; which < 2; which++) {
    as_multiples(x->p, model->theta + which * model->dim, x);
    as_multiples(x->v, model->grad + which * model->dim, x);
    attn_axpy(x->v, lambda, x->p, x->starts->size);
    left += attn_interpolator_inner(x->v, x->v, &x->set, x->starts->solver);
    size += attn_interpolator_inner(x->p, x->p, &x->set, x->starts->solver);
  }
  return sqrt(left / size) / lambda;
}

static void measure(row_type *row, bench *x, double root) {
  const attn_trial *trial = x->trial;
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  row->att_clean = m.att_clean;
  row->att_noisy = m.att_noisy;
  row->log10_risk = attn_metrics_log10_risk(&m, 2);
  row->smallest = INFINITY;
  row->largest = -INFINITY;
  for (size_t i = 0; i < trial->param.n; i++) {
    row->smallest = fmin(row->smallest, trial->labels->y[i] * trial->model->f[i]);
    row->largest = fmax(row->largest, trial->labels->y[i] * trial->model->f[i]);
  }
  as_multiples(x->v, trial->model->theta, x);
  as_multiples(x->p, trial->model->theta + trial->model->dim, x);
  row->norm_v = length(x, x->v) * root;
  row->r = length(x, x->p) * root;
  row->share = row->smallest / row->norm_v * root / x->starts->margin_limit;
  const double r_mm = length(x, x->starts->p_mm) * root;
  row->r_over = row->r / r_mm;
  if (row->smallest > 0) { /* the g with g e^g = gamma^2 / |p_mm|^2 */
    row->law = gsl_sf_lambert_W0(row->smallest * row->smallest / (r_mm * r_mm));
    row->r_over_law = row->r_over / row->law;
  }
}

/* Min-norm interpolators beside the run. */
static void compare(row_type *row, bench *x, double root) {
  attn_interpolator_starts *s = x->starts;
  attn_interpolator_starts_solve(s, 1, &x->set, x->rng);
  row->unit_r = s->best.R * root;
  row->unit_ratio = row->r / row->unit_r;
  if (!(row->smallest > 0)) /* a label is not fitted: no such margin */
    return;
  //@begin compare
  const double nu = 1 / (row->smallest * row->smallest);
  attn_interpolator_starts_solve(s, nu, &x->set, x->rng);
  double *own_v = s->v_try, *own_p = s->p_try;
  memcpy(own_p, x->p, s->size * sizeof *own_p);
  const attn_interpolator_result own =
      attn_interpolator_min_norm(own_v, own_p, nu, &x->set, s->solver);
  row->own_excess = (own.norm_v * own.norm_v + nu * own.R * own.R) / s->objective - 1;
  row->best_cos_p = cosine(x, x->p, s->p);
  row->own_cos_p = cosine(x, x->p, own_p);
  //@end compare
  row->best_cos_v = cosine(x, x->v, s->v);
  row->own_cos_v = cosine(x, x->v, own_v);
  row->own_cos = fmin(row->own_cos_v, row->own_cos_p);
  row->best_r = s->best.R * root;
  row->own_r = own.R * root;
  row->gap = fmax(own.gap, s->best.gap);
  row->sine = fmax(own.sine, s->best.sine);
  row->sine_gap = fmax(own.sine_gap, s->best.sine_gap);
  row->status = fmax(own.status, s->best.status);
}

/* The recursion on orthogonal noise, as many steps. */
static void predict(row_type *row, const attn_data_param *param, const attn_optim *optim,
                    double root) {
  attn_recursion ideal = attn_recursion_start(param);
  for (size_t step = 0; step < (size_t)row->steps; step++)
    attn_recursion_update(&ideal, param, optim);
  const attn_risk_input input = {
      {ideal.v_mu, -ideal.v_mu}, {ideal.p_mu, ideal.p_mu}, ideal.vv, ideal.pp, ideal.vp, NAN};
  row->ideal_smallest = fmin(ideal.margin[0], ideal.margin[1]);
  row->ideal_r = sqrt(ideal.pp + 2 * ideal.p_mu * ideal.p_mu / (param->rho * param->rho)) * root;
  row->ideal_att_clean = ideal.attention[0];
  row->ideal_log10_risk = attn_risk_log10(&input, 2).log10_clean;
  row->r_ratio = row->r / row->ideal_r;
  row->smallest_ratio = row->smallest / row->ideal_smallest;
}

/* Training is seeded by the draw alone, so that kappa and lambda share labels and noise. */
static void run(row_type *row, uint64_t seed) {
  attn_data_param param = {conf.n, 2, (size_t)round(conf.ratio * (double)conf.n), 0, conf.eta};
  const double root = sqrt((double)param.d / (double)param.n);
  param.rho = row->kappa * root;
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 1);
  attn_trial_draw(trial, seed, "weight_decay", 0, (size_t)row->draw);
  param.eta = attn_labels_balance(trial->labels, conf.eta);
  bench x = {trial,
             attn_interpolator_starts_alloc(conf.n, 2, ATTN_INTERPOLATOR_SELECTIONS, conf.random),
             {trial->labels, attn_tokens_gram_matrix(trial->tokens), param.rho},
             attn_rng_alloc(),
             NULL,
             NULL};
  x.v = attn_alloc(x.starts->size, sizeof *x.v);
  x.p = attn_alloc(x.starts->size, sizeof *x.p);
  attn_rng_start(x.rng, seed, "weight_decay", 0, (size_t)row->draw, ATTN_STREAM_START);
  row->coherence = attn_tokens_gram_coherence(trial->tokens, param.n);
  attn_interpolator_starts_prepare(x.starts, &x.set);
  //@begin decay
  const double beta = conf.b / fmax(param.rho * param.rho, root * root);
  const attn_optim optim = {.beta = fmin(beta, conf.most / row->lambda), .decay = row->lambda};
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step > 0 && (step % conf.check == 0 || step == conf.steps)) {
      row->steps = (double)step;
      row->gradient = relative_gradient(&x, row->lambda);
      if (row->gradient <= conf.stationary || step == conf.steps)
        break;
    }
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  //@end decay
  row->converged = row->gradient <= conf.stationary;
  measure(row, &x, root);
  compare(row, &x, root);
  predict(row, &param, &optim, root);
  attn_free(x.v);
  attn_free(x.p);
  attn_interpolator_starts_free(x.starts);
  gsl_rng_free(x.rng);
  attn_trial_free(trial);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  /* the last lambdas cost most and come first */
  const size_t jobs = conf.lambda.count * conf.kappa.count * conf.draws;
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, jobs, &job);) {
    row_type row;
    for (size_t c = 0; c < WIDTH; c++)
      ((double *)&row)[c] = NAN;
    row.draw = (double)(job % conf.draws);
    row.kappa = conf.kappa.value[job / conf.draws % conf.kappa.count];
    row.lambda = conf.lambda.value[conf.lambda.count - 1 - job / conf.draws / conf.kappa.count];
    run(&row, attn_experiment_seed(experiment));
    attn_table_number(table, (double)job);
    attn_table_numbers(table, (const double *)&row, WIDTH);
  }
}

/* ---- results ---- */

typedef struct {
  attn_experiment *experiment;
  const attn_samples *samples;
  double *x; /* [rows] */
} results;

/* A column of one run. */
static double value(const results *r, const char *column, double kappa, double lambda,
                    size_t draw) {
  return attn_samples_mean(
      r->samples, column,
      (attn_where[]){{"kappa", kappa}, {"lambda", lambda}, {"draw", (double)draw}, {0}});
}

/* The least lambda at which all runs with this kappa converged; the first if none. */
static double last_converged(const results *r, double kappa) {
  size_t l = conf.lambda.count - 1;
  for (; l > 0; l--)
    if (attn_samples_share(
            r->samples, "converged", 1,
            (attn_where[]){{"kappa", kappa}, {"lambda", conf.lambda.value[l]}, {0}}) == 1)
      break;
  return conf.lambda.value[l];
}

/* The means of columns named in a text. */
static void write_means(attn_table *table, const results *r, const char *columns,
                        const attn_where *at) {
  char name[32];
  for (int used; sscanf(columns, "%31s%n", name, &used) == 1; columns += used)
    attn_table_number(table, attn_samples_mean(r->samples, name, at));
}

#define COUNTED "kappa lambda draws steps gradient converged "
#define MEANS                                                                                      \
  "smallest largest ideal_smallest share norm_v r ideal_r r_over law unit_r best_r own_r "         \
  "best_cos_v best_cos_p own_cos_v own_cos_p own_excess att_clean att_noisy ideal_att_clean "      \
  "log10_risk ideal_log10_risk"

static void write_run(attn_table *table, const results *r, double kappa, double lambda) {
  const attn_where at[] = {{"kappa", kappa}, {"lambda", lambda}, {0}};
  attn_table_numbers(table,
                     (double[]){kappa, lambda, (double)conf.draws,
                                attn_samples_largest(r->samples, "steps", at),
                                attn_samples_largest(r->samples, "gradient", at),
                                attn_samples_share(r->samples, "converged", 1, at)},
                     6);
  write_means(table, r, MEANS, at);
}

/* Draws in which the margin over |v| rises (sign = 1) or falls (-1) with every step to a larger
 * lambda, at every kappa. */
static size_t monotone(const results *r, double sign) {
  size_t count = 0;
  for (size_t draw = 0; draw < conf.draws; draw++) {
    bool each = true;
    for (size_t i = 0; i < conf.kappa.count; i++)
      for (size_t l = 1; l < conf.lambda.count; l++)
        each &= sign * value(r, "share", conf.kappa.value[i], conf.lambda.value[l - 1], draw) >
                sign * value(r, "share", conf.kappa.value[i], conf.lambda.value[l], draw);
    count += each;
  }
  return count;
}

/* All runs; and of each kappa those with the least lambda at which all converged, and the least. */
static void write_runs(const results *r) {
  attn_table *table = attn_experiment_table(r->experiment, "runs", COUNTED MEANS);
  for (size_t i = 0; i < conf.kappa.count; i++)
    for (size_t l = 0; l < conf.lambda.count; l++)
      write_run(table, r, conf.kappa.value[i], conf.lambda.value[l]);
  attn_table_close(table);
  table = attn_experiment_table(r->experiment, "ends", COUNTED MEANS);
  for (size_t i = 0; i < conf.kappa.count; i++) {
    const double kappa = conf.kappa.value[i], last = last_converged(r, kappa);
    const double least = conf.lambda.value[conf.lambda.count - 1];
    write_run(table, r, kappa, last);
    if (last > least)
      write_run(table, r, kappa, least);
  }
  attn_table_close(table);

  table = attn_experiment_table(r->experiment, "setting",
                                "n d ratio eta kappa_star b steps stationary draws coherence gap "
                                "sine sine_gap falls");
  const attn_where all[] = {{0}};
  attn_table_numbers(
      table,
      (double[]){(double)conf.n, round(conf.ratio * (double)conf.n), conf.ratio, conf.eta,
                 kappa_star(), conf.b, (double)conf.steps, conf.stationary, (double)conf.draws,
                 attn_samples_largest(r->samples, "coherence", all),
                 attn_samples_largest(r->samples, "gap", all),
                 attn_samples_largest(r->samples, "sine", all),
                 attn_samples_largest(r->samples, "sine_gap", all), (double)monotone(r, -1)},
      14);
  attn_table_close(table);
}

/* x: a number for each draw, the mean over kappa below a bound of a column at lambda; at each kappa's
 * last converged one for lambda = 0. */
static void over_kappa(const results *r, const char *column, double lambda, double bound) {
  for (size_t draw = 0; draw < conf.draws; draw++) {
    double sum = 0, count = 0;
    for (size_t i = 0; i < conf.kappa.count; i++) {
      const double kappa = conf.kappa.value[i];
      if (kappa >= bound)
        continue;
      sum += value(r, column, kappa, lambda > 0 ? lambda : last_converged(r, kappa), draw);
      count++;
    }
    r->x[draw] = sum / count;
  }
}

static attn_claim within(const results *r, attn_claim base, const char *id) {
  return attn_verdict_within(base, id, 1, conf.allowed, attn_stats_mean(r->x, conf.draws),
                             attn_stats_mean_interval(r->x, conf.draws, conf.level));
}

static void write_claims(const results *r) {
  const double coherence = attn_samples_largest(r->samples, "coherence", (attn_where[]){{0}});
  const attn_claim base = {
      .kappa = NAN, .coherence = coherence, .in_scope = coherence <= conf.coherence};
  double *x = r->x;
  const size_t draws = conf.draws;
  //@begin claims
  over_kappa(r, "unit_ratio", conf.lambda.value[conf.lambda.count - 1], INFINITY);
  attn_experiment_claim(r->experiment, within(r, base, "decay-min-norm"));
  over_kappa(r, "own_cos", 0, INFINITY);
  attn_experiment_claim(r->experiment,
                        attn_verdict_above(base, "decay-family", conf.aligned,
                                           attn_stats_mean(x, draws),
                                           attn_stats_mean_interval(x, draws, conf.level)));
  over_kappa(r, "r_over_law", 0, kappa_star());
  attn_experiment_claim(r->experiment, within(r, base, "decay-log-log"));
  /* a draw's largest distance from the best optimum */
  for (size_t draw = 0; draw < draws; draw++) {
    x[draw] = 0;
    for (size_t i = 0; i < conf.kappa.count; i++) {
      const double kappa = conf.kappa.value[i];
      x[draw] = fmax(x[draw], value(r, "own_excess", kappa, last_converged(r, kappa), draw));
    }
  }
  attn_experiment_claim(r->experiment,
                        attn_verdict_below(base, "decay-best", conf.tie, attn_stats_mean(x, draws),
                                           attn_stats_mean_interval(x, draws, conf.level)));
  attn_experiment_claim(r->experiment, attn_verdict_share(base, "decay-small-norms", monotone(r, 1),
                                                          draws, conf.level, conf.delta));
  over_kappa(r, "smallest_ratio", 0, INFINITY);
  attn_experiment_claim(r->experiment, within(r, base, "decay-margin"));
  /* over all runs of a draw that converged */
  for (size_t draw = 0; draw < draws; draw++)
    x[draw] = attn_samples_mean(r->samples, "r_ratio",
                                (attn_where[]){{"converged", 1}, {"draw", (double)draw}, {0}});
  attn_experiment_claim(r->experiment, within(r, base, "decay-recursion"));
  //@end claims
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "gradient descent with weight decay, beside min-norm interpolators", keys,
      sizeof keys / sizeof *keys);
  for (size_t l = 1; l < conf.lambda.count; l++)
    if (conf.lambda.value[l] >= conf.lambda.value[l - 1])
      attn_fail("lambda: %g after %g; the weight decays must fall", conf.lambda.value[l],
                conf.lambda.value[l - 1]);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    const results r = {experiment, samples, attn_alloc(samples->rows, sizeof(double))};
    write_runs(&r);
    write_claims(&r);
    attn_free(r.x);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
