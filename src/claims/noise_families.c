/* What of the two-step theorem needs Gaussian noise orthogonal to two orthogonal signals: the same
 * training on other noise and other signals (readers' questions 2, 11, 15). */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_lambert.h>
#include <math.h>

#include "boundary.h"
#include "experiment.h"
#include "linalg.h"
#include "metrics.h"
#include "population.h"
#include "rng.h"
#include "stats.h"
#include "testset.h"
#include "tokens_dense.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t n, draws, late, risk_n, risk_d, risk_draws, tests, rate_draws, jump_n, jump_d, jump_draws,
      jump_tests, jump_degrees;
  double eta, factor, kappa, b, edge_b, coherence, delta, allowed, risk_allowed, jump_kappa,
      jump_allowed, level;
  attn_list student, sparse, power, correlated, leak, cosine, rival, echo, share, risk_kappa,
      rate_n;
} conf;

static const attn_key keys[] = {
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate"},
    {"student", ATTN_KEY_COUNTS, &conf.student, "[1, 1e6]", "degrees of freedom"},
    {"sparse", ATTN_KEY_LIST, &conf.sparse, "(0, 1]", "shares of coordinates that are not zero"},
    {"power", ATTN_KEY_LIST, &conf.power, "[0, 10]", "exponents of the eigenvalues"},
    {"correlated", ATTN_KEY_LIST, &conf.correlated, "[0, 1)", "correlations within a sample"},
    {"leak", ATTN_KEY_LIST, &conf.leak, "(0, 1e6)", "deviations of noise on the signals"},
    {"cosine", ATTN_KEY_LIST, &conf.cosine, "(-1, 1)", "cosines between the signals"},
    {"rival", ATTN_KEY_LIST, &conf.rival, "(0, 1)", "coefficients of the other class's signal"},
    {"echo", ATTN_KEY_LIST, &conf.echo, "(0, 1)", "coefficients of the own class's signal"},
    {"share", ATTN_KEY_LIST, &conf.share, "(0.5, 1)", "shares of the larger class"},
    {"n", ATTN_KEY_COUNT, &conf.n, "[10, 400]", "the number of samples"},
    {"factor", ATTN_KEY_REAL, &conf.factor, "(0, 1e3)", "d / n^2"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 1e4]", "the draws of each variation"},
    {"kappa", ATTN_KEY_REAL, &conf.kappa, "(0, 1e3)", "rho sqrt(n/d)"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the step size beta rho^2"},
    {"edge_b", ATTN_KEY_REAL, &conf.edge_b, "(0, 1e6)", "the boundaries' step size"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[3, 1e6]", "steps to boundary C"},
    {"risk_n", ATTN_KEY_COUNT, &conf.risk_n, "[10, 400]", "n of the risk"},
    {"risk_d", ATTN_KEY_COUNT, &conf.risk_d, "[3, 1e6]", "d of the risk"},
    {"risk_kappa", ATTN_KEY_LIST, &conf.risk_kappa, "(0, 1e3)", "kappa of the risk"},
    {"risk_draws", ATTN_KEY_COUNT, &conf.risk_draws, "[2, 1e4]", "draws of the risk"},
    {"tests", ATTN_KEY_COUNT, &conf.tests, "[1, 1e7]", "fresh samples of a test set"},
    {"rate_n", ATTN_KEY_COUNTS, &conf.rate_n, "[10, 400]", "n of the exponents"},
    {"rate_draws", ATTN_KEY_COUNT, &conf.rate_draws, "[2, 1e4]", "draws at each of them"},
    {"jump_degrees", ATTN_KEY_COUNT, &conf.jump_degrees, "[3, 1e6]",
     "degrees of one large coordinate"},
    {"jump_n", ATTN_KEY_COUNT, &conf.jump_n, "[10, 400]", "its n"},
    {"jump_d", ATTN_KEY_COUNT, &conf.jump_d, "[3, 1e6]", "its d"},
    {"jump_kappa", ATTN_KEY_REAL, &conf.jump_kappa, "(0, 1e3)", "its kappa"},
    {"jump_draws", ATTN_KEY_COUNT, &conf.jump_draws, "[1, 1e4]", "its draws"},
    {"jump_tests", ATTN_KEY_COUNT, &conf.jump_tests, "[1, 1e8]", "its fresh samples for each draw"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed error of boundaries"},
    {"risk_allowed", ATTN_KEY_REAL, &conf.risk_allowed, "(0, 1)", "the allowed error of risks"},
    {"jump_allowed", ATTN_KEY_REAL, &conf.jump_allowed, "(0, 10)",
     "the allowed error of its log10 risk"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* ---- variations ---- */

/* Which claim a variation belongs to. */
typedef enum {
  BASE,
  LIGHT,
  HEAVY,
  INFINITE,
  POWER,
  NORMALISED,
  CORRELATED,
  LEAK,
  ANGLE,
  SEVERAL,
  OWN,
  UNEQUAL
} group;

typedef struct {
  attn_population population; /* its n, d, rho are filled in where it is used */
  group group;
  size_t base; /* the variation that it is compared with */
  char name[40];
} variation;

static variation variations[64];
static size_t count;

static void add(group g, size_t T, attn_population population, const char *name, double value) {
  variation *v = &variations[count];
  if (count == sizeof variations / sizeof *variations)
    attn_fail("more than %zu variations", count);
  *v = (variation){.population = population, .group = g, .base = T - 2};
  v->population.param = (attn_data_param){.T = T, .eta = conf.eta};
  if (value == 0)
    snprintf(v->name, sizeof v->name, "%s", name);
  else
    snprintf(v->name, sizeof v->name, "%s(%g)", name, value);
  count++;
}

#define ADD(group, T, list, name, ...)                                                             \
  for (size_t i = 0; i < (list).count; i++) {                                                      \
    const double x = (list).value[i];                                                              \
    add(group, T, (attn_population){__VA_ARGS__}, name, x);                                        \
  }

static void add_noise(group g, attn_noise_kind kind) {
  add(g, 2, (attn_population){.noise = {kind, 0}}, attn_noise_name(kind), 0);
}

/* The first two are what all others are compared with: D with two tokens and with three. Noise is
 * light when its fourth moment is below 10 (Gaussian: 3), heavy when not, or when there is none, and
 * infinite when it has no variance. */
static void add_all(void) {
  add(BASE, 2, (attn_population){.share = 0}, "gaussian", 0);
  add(BASE, 3, (attn_population){.share = 0}, "gaussian,T=3", 0);
  add_noise(LIGHT, ATTN_NOISE_RADEMACHER);
  add_noise(LIGHT, ATTN_NOISE_UNIFORM);
  add_noise(LIGHT, ATTN_NOISE_LAPLACE);
  ADD(x > 4 && 3 + 6 / (x - 4) < 10 ? LIGHT
      : x > 2                       ? HEAVY
                                    : INFINITE,
      2, conf.student, "student", .noise = {ATTN_NOISE_STUDENT, x})
  ADD(3 / x < 10 ? LIGHT : HEAVY, 2, conf.sparse, "sparse", .noise = {ATTN_NOISE_SPARSE, x})
  ADD(POWER, 2, conf.power, "power", .noise = {ATTN_NOISE_POWER, x})
  add_noise(NORMALISED, ATTN_NOISE_SPHERE);
  add_noise(NORMALISED, ATTN_NOISE_UNIT);
  ADD(CORRELATED, 3, conf.correlated, "correlated", .noise = {ATTN_NOISE_CORRELATED, x})
  ADD(LEAK, 2, conf.leak, "leak", .leak = x)
  ADD(ANGLE, 2, conf.cosine, "cosine", .cosine = x)
  ADD(SEVERAL, 3, conf.rival, "rival", .rival = x)
  ADD(SEVERAL, 3, conf.echo, "echo", .echo = x)
  add(OWN, 2, (attn_population){.own = true}, "own-noise", 0);
  ADD(UNEQUAL, 2, conf.share, "share", .share = x)
}

/* ---- one draw of a variation ---- */

typedef struct {
  attn_population population;
  attn_trial *trial;
  attn_layout *layout;
  double *Xi;    /* [N][k] */
  double noise2; /* E |xi|^2 / (d - 2) */
  uint64_t seed;
  size_t cell, draw;
  size_t steps; /* of a boundary */
} drawn;

/* The streams do not depend on the variation: labels are the same for all, and so are the normal
 * deviates behind Gaussian, power-law, normalised and leaking noise. */
static void start(const drawn *s, attn_stream purpose) {
  attn_rng_start(s->trial->rng, s->seed, "noise_families", s->cell, s->draw, purpose);
}

/* Signals of norm kappa sqrt(d/n), on the scale of the noise; the noise and its coefficients stay. */
static void set_kappa(drawn *s, double kappa) {
  attn_data_param *param = &s->population.param;
  param->rho = attn_data_rho(kappa, param->n, param->d) * sqrt(s->noise2);
  attn_trial_set_rho(s->trial, param->rho);
  start(s, ATTN_STREAM_OTHER);
  attn_population_lay_out(s->layout, s->trial->labels->k, &s->population, s->trial->rng);
}

/* Training asks for inner products only, so it runs on the Gram matrix of the drawn tokens. */
static drawn draw_one(const variation *v, size_t n, size_t d, double kappa, bool balanced,
                      size_t cell, size_t draw, uint64_t seed) {
  drawn s = {.population = v->population, .seed = seed, .cell = cell, .draw = draw};
  attn_data_param *param = &s.population.param;
  param->n = n;
  param->d = d;
  param->rho = 1;
  s.noise2 = attn_noise_scale2(&s.population.noise, d - 2);
  s.layout = attn_population_layout_alloc(&s.population, n);
  s.trial = attn_trial_alloc_layout(ATTN_TOKENS_GRAM, param, s.layout, conf.late);
  const attn_tokens *tokens = s.trial->tokens;
  s.Xi = attn_alloc(tokens->N * tokens->k, sizeof *s.Xi);
  start(&s, ATTN_STREAM_LABELS);
  attn_population_draw_labels(s.trial->labels, &s.population, s.trial->rng);
  if (balanced)
    attn_labels_balance(s.trial->labels, conf.eta);
  start(&s, ATTN_STREAM_NOISE);
  attn_noise_draw(s.Xi, tokens->N, tokens->k, tokens->N / n, &s.population.noise, s.trial->rng);
  attn_tokens_gram_set(s.trial->tokens, s.Xi);
  set_kappa(&s, kappa);
  return s;
}

static void release(drawn *s) {
  attn_trial_free(s->trial);
  attn_layout_free(s->layout);
  attn_free(s->Xi);
}

/* Trains from zero; the model is left after its last forward pass. */
static void train(drawn *s, double b, size_t steps) {
  attn_trial *trial = s->trial;
  const attn_optim optim = {.beta = b / (s->population.param.rho * s->population.param.rho)};
  attn_model_zero(trial->model);
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == steps)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
}

/* v and p in dense coordinates: the Gram coordinates are multiples of the tokens. */
static double *dense_theta(const drawn *s) {
  const attn_model *model = s->trial->model;
  const size_t d = s->population.param.d, N = model->N;
  double *theta = attn_alloc(2 * d, sizeof *theta);
  for (size_t a = 0; a < 2; a++)
    for (size_t k = 0; k < 2; k++)
      theta[a * d + k] = model->theta[a * model->dim + k];
  attn_multiply(theta + 2, d, model->theta + 2, model->dim, s->Xi, d - 2, 2, d - 2, N);
  return theta;
}

static attn_metrics measure(const drawn *s) {
  return attn_metrics_measure(s->trial->model, s->trial->tokens, s->trial->labels);
}

/* ---- boundaries ---- */

/* The noisy samples' mean margin after one or two steps (A, B); clean attention above one half
 * late (C). */
static double mark_at(double kappa, void *context) {
  drawn *s = context;
  set_kappa(s, kappa);
  train(s, conf.edge_b, s->steps);
  const attn_metrics m = measure(s);
  return s->steps > 2 ? m.att_clean - 0.5 : m.margin_noisy;
}

static double edge_of(drawn *s, size_t steps) {
  s->steps = steps;
  return attn_stats_root(mark_at, s, 0.5, 12, 1e-4);
}

/* Boundary A to leading order, for the counts of the draw. After one step f_i is proportional to
 * (sum_t x_it) . S with S = sum_j y_j sum_t x_jt. For a noisy sample of class k, with orthogonal noise,
 *
 *   y_i f_i ~ E |sum_t xi_it|^2 - rho^2 ( net_k s_k . s_k - net_k' s_k . s_k' ),
 *
 * net = clean minus noisy samples of a class, rho s_k = the sum of its signal tokens. kappa is where
 * the mean over noisy samples is zero. */
//@begin edge-a
static double predicted_edge_a(const drawn *s) {
  const attn_population *p = &s->population;
  const attn_counts counts = attn_labels_counts(s->trial->labels);
  const double sine = sqrt(1 - p->cosine * p->cosine), own = 1 + p->echo, other = p->rival;
  const double signal[2][2] = {{own + other * p->cosine, other * sine},
                               {own * p->cosine + other, own * sine}};
  double net[2], mean = 0;
  for (size_t k = 0; k < 2; k++)
    net[k] = counts.n[k] - 2 * counts.noisy[k];
  for (size_t k = 0; k < 2; k++)
    mean +=
        counts.noisy[k] / (counts.noisy[0] + counts.noisy[1]) *
        (net[k] * attn_dot(signal[k], signal[k], 2) - net[!k] * attn_dot(signal[k], signal[!k], 2));
  const double m = (double)attn_population_noise_tokens(p);
  const double r = p->noise.kind == ATTN_NOISE_CORRELATED ? p->noise.parameter : 0;
  return sqrt(m * (1 + (m - 1) * r) * (double)p->param.n / mean);
}
//@end edge-a

/* ---- risk ---- */

/* The part of the risk that comes from one large coordinate of a Student token (T = 2). With
 * xi = x e_l alone, class 1 errs when e^{p_l x} v_l x < -e^{m_p} m_v, that is, with x = -sign(v_l) z
 * and c = -sign(v_l) p_l, when z e^{c z} > e^{m_p} m_v / |v_l|: beyond a root z that Lambert's W
 * gives, if there is one. Class 2 likewise with the signs of x and m_v changed. Sums over l. */
//@begin jump
static double jump_risk(const double *theta /* [2][d] */, const attn_population *population) {
  const size_t d = population->param.d;
  const double *v = theta, *p = theta + d, degrees = population->noise.parameter;
  const double unit = sqrt(degrees / (degrees - 2)), rho = population->param.rho;
  double sum = 0;
  if (population->noise.kind != ATTN_NOISE_STUDENT || degrees <= 2)
    return NAN;
  for (size_t k = 0; k < 2; k++) {
    const double side = k == 0 ? -1 : 1, barrier = exp(rho * p[k]) * rho * v[k] * -side;
    for (size_t l = 2; l < d; l++) {
      const double c = (v[l] > 0 ? side : -side) * p[l], height = barrier / fabs(v[l]);
      const double z = fabs(c * height) < 1e-6 ? height
                       : c * height < -exp(-1) ? INFINITY
                                               : gsl_sf_lambert_W0(c * height) / c;
      sum += gsl_cdf_tdist_Q(z * unit, degrees) / 2;
    }
  }
  return sum;
}
//@end jump

/* ---- sampling ---- */

enum { MAIN, RISK, RATE, JUMP, PARTS };

#define COLUMNS                                                                                    \
  "part variation at coherence split fitted att_clean att_noisy log10_risk edge_a "                \
  "edge_a_predicted "                                                                              \
  "edge_b edge_c errors predicted plain jump log10_jump"

/* The noise of the exponents. */
static const struct {
  const char *id_a, *id_b;
  attn_noise_kind kind;
} rates[] = {{"rademacher-exponent-a", "rademacher-exponent-b", ATTN_NOISE_RADEMACHER},
             {"laplace-exponent-a", "laplace-exponent-b", ATTN_NOISE_LAPLACE},
             {"power-exponent-a", "power-exponent-b", ATTN_NOISE_POWER}};
enum { RATES = sizeof rates / sizeof *rates };

static size_t variation_of(attn_noise_kind kind) {
  size_t v = 0;
  while (v < count && variations[v].population.noise.kind != kind)
    v++;
  if (v == count)
    attn_fail("%s: the exponents need one value at least", attn_noise_name(kind));
  return v;
}

static size_t dimension(double n) {
  return (size_t)floor(conf.factor * n * n);
}

static void write_main(attn_table *table, drawn *s) {
  train(s, conf.b, 1);
  attn_metrics m = measure(s);
  const bool split = m.clean_acc == 1 && !(m.noisy_acc > 0);
  train(s, conf.b, 2);
  m = measure(s);
  double *theta = dense_theta(s);
  const double jump = log10(jump_risk(theta, &s->population));
  attn_table_cells(table, split, m.train_acc == 1, m.att_clean, m.att_noisy,
                   attn_population_log10_risk(theta, &s->population), edge_of(s, 1),
                   predicted_edge_a(s), edge_of(s, 2), edge_of(s, conf.late));
  attn_table_skip(table, "log10_jump");
  attn_table_number(table, jump);
  attn_free(theta);
}

/* The test set's errors, the prediction, and the prediction that takes the noise as isotropic. */
static void write_risk(attn_table *table, drawn *s, size_t tests) {
  train(s, conf.b, 2);
  const attn_metrics m = measure(s);
  double *theta = dense_theta(s), clean, given;
  attn_population plain = s->population;
  if (plain.noise.kind != ATTN_NOISE_UNIT)
    plain.noise.kind = ATTN_NOISE_GAUSSIAN;
  start(s, ATTN_STREAM_TEST);
  attn_testset_accuracy(&clean, &given, theta, 1, &s->population, tests, s->trial->rng);
  attn_table_skip(table, "fitted");
  attn_table_cells(table, m.train_acc == 1, m.att_clean, m.att_noisy);
  attn_table_skip(table, "errors");
  attn_table_cells(table, round((1 - clean) * (double)tests),
                   pow(10, attn_population_log10_risk(theta, &s->population)),
                   pow(10, attn_population_log10_risk(theta, &plain)),
                   jump_risk(theta, &s->population));
  attn_free(theta);
}

static void write_rate(attn_table *table, drawn *s) {
  attn_table_skip(table, "edge_a");
  attn_table_cells(table, edge_of(s, 1), predicted_edge_a(s), edge_of(s, 2));
}

static void run_job(attn_table *table, size_t part, size_t j, uint64_t seed) {
  const variation jump = {.population = {.param = {.T = 2, .eta = conf.eta},
                                         .noise = {ATTN_NOISE_STUDENT, (double)conf.jump_degrees}}};
  size_t v = count, n = conf.n, d, draw = j;
  double kappa = conf.kappa;
  switch (part) {
  case MAIN:
    v = j % count;
    draw = j / count;
    break;
  case RISK:
    v = j % count;
    draw = j / count / conf.risk_kappa.count;
    n = conf.risk_n;
    kappa = conf.risk_kappa.value[j / count % conf.risk_kappa.count];
    break;
  case RATE:
    v = variation_of(rates[j / conf.rate_n.count % RATES].kind);
    draw = j / conf.rate_n.count / RATES;
    n = (size_t)conf.rate_n.value[j % conf.rate_n.count];
    break;
  default:
    n = conf.jump_n;
    kappa = conf.jump_kappa;
  }
  d = part == RISK ? conf.risk_d : part == JUMP ? conf.jump_d : dimension((double)n);
  drawn s = draw_one(part == JUMP ? &jump : &variations[v], n, d, kappa, part >= RATE,
                     part * 1000 + n, draw, seed);
  attn_table_cells(table, (double)part, (double)v, part == RATE ? (double)n : kappa,
                   attn_tokens_gram_coherence(s.trial->tokens, n) / s.noise2);
  if (part == MAIN)
    write_main(table, &s);
  else if (part == RATE)
    write_rate(table, &s);
  else
    write_risk(table, &s, part == RISK ? conf.tests : conf.jump_tests);
  attn_table_skip(table, NULL);
  release(&s);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const size_t jobs[PARTS] = {count * conf.draws, count * conf.risk_kappa.count * conf.risk_draws,
                              conf.rate_n.count * RATES * conf.rate_draws, conf.jump_draws};
  const size_t total = jobs[MAIN] + jobs[RISK] + jobs[RATE] + jobs[JUMP];
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, total, &job);) {
    size_t part = MAIN, j = job;
    while (j >= jobs[part])
      j -= jobs[part++];
    attn_table_number(table, (double)job);
    run_job(table, part, j, attn_experiment_seed(experiment));
  }
}

/* ---- comparisons ---- */

static const char *const edge_column[] = {"edge_a", "edge_b", "edge_c"};
enum { EDGES = sizeof edge_column / sizeof *edge_column };

static attn_summary of_main(const attn_samples *samples, const char *column, size_t v) {
  return attn_samples_summary(
      samples, column, (attn_where[]){{"part", MAIN}, {"variation", (double)v}, {0}}, conf.level);
}

/* Draw by draw, a column of one variation over a column of another. */
static attn_summary ratio(const attn_samples *samples, const char *column, size_t v,
                          const char *base_column, size_t base) {
  double *x = attn_alloc(conf.draws, sizeof *x);
  size_t found = 0;
  for (size_t draw = 0; draw < conf.draws; draw++) {
    const double job = (double)(draw * count);
    const double value =
        attn_samples_value(samples, column, (attn_where[]){{"job", job + (double)v}, {0}});
    const double by =
        attn_samples_value(samples, base_column, (attn_where[]){{"job", job + (double)base}, {0}});
    if (isfinite(value / by))
      x[found++] = value / by;
  }
  const attn_summary s = attn_stats_summary(x, found, conf.level);
  attn_free(x);
  return s;
}

static attn_summary ratio_to_base(const attn_samples *samples, const char *column, size_t v) {
  return ratio(samples, column, v, column, variations[v].base);
}

static attn_summary ratio_to_theory(const attn_samples *samples, size_t v) {
  return ratio(samples, "edge_a", v, "edge_a_predicted", v);
}

/* A test set's risk over its prediction ("predicted" or "plain"), all draws together; the interval
 * is the exact binomial one of the errors, given the trained models. kappa not-a-number: all. */
typedef struct {
  double tests, errors, measured, predicted, ratio;
  attn_interval risk, interval; /* of measured and of ratio */
} risk_summary;

static risk_summary risk_of(const attn_samples *samples, size_t v, double kappa,
                            const char *prediction) {
  attn_where where[] = {
      {"part", RISK}, {"variation", (double)v}, {isnan(kappa) ? NULL : "at", kappa}, {0}};
  const attn_summary errors = attn_samples_summary(samples, "errors", where, conf.level);
  const double models = (double)errors.count;
  risk_summary r = {.tests = models * (double)conf.tests, .errors = round(models * errors.mean)};
  r.measured = r.errors / r.tests;
  r.predicted = attn_samples_mean(samples, prediction, where);
  r.ratio = r.measured / r.predicted;
  r.risk = attn_stats_binomial((size_t)r.errors, (size_t)r.tests, conf.level);
  r.interval = (attn_interval){r.risk.low / r.predicted, r.risk.high / r.predicted};
  return r;
}

/* ---- tables ---- */

static bool in(size_t v, unsigned groups) {
  return (groups >> variations[v].group & 1) != 0;
}

/* Other noise than the paper's, on the paper's layout of two tokens. */
static const unsigned families =
    1U << LIGHT | 1U << HEAVY | 1U << INFINITE | 1U << POWER | 1U << NORMALISED;

static bool is_family(size_t v) {
  return v == 0 || in(v, families);
}

/* A against its theory; A, B and C against D's on the same draws. */
static void write_variations(attn_experiment *experiment, const attn_samples *samples) {
  for (size_t which = 0; which < 2; which++) {
    attn_table *table = attn_experiment_table(
        experiment, which == 0 ? "families" : "layouts",
        "what index group coherence split fitted att_clean att_noisy log10_risk "
        "a a_predicted a_theory theory_low theory_high a_ratio a_low a_high b b_ratio b_low b_high "
        "c c_ratio c_low c_high c_found");
    for (size_t v = 0; v < count; v++) {
      if (is_family(v) != (which == 0))
        continue;
      attn_table_text(table, variations[v].name);
      attn_table_cells(table, (double)v, (double)variations[v].group,
                       of_main(samples, "coherence", v).median, of_main(samples, "split", v).mean,
                       of_main(samples, "fitted", v).mean, of_main(samples, "att_clean", v).mean,
                       of_main(samples, "att_noisy", v).mean,
                       of_main(samples, "log10_risk", v).median);
      const attn_summary theory = ratio_to_theory(samples, v);
      attn_table_cells(table, of_main(samples, "edge_a", v).mean,
                       of_main(samples, "edge_a_predicted", v).mean, theory.mean, theory.low,
                       theory.high);
      for (size_t e = 0; e < EDGES; e++) {
        const attn_summary r = ratio_to_base(samples, edge_column[e], v);
        if (e > 0)
          attn_table_number(table, of_main(samples, edge_column[e], v).mean);
        attn_table_cells(table, r.mean, r.low, r.high);
      }
      attn_table_number(table, (double)of_main(samples, "edge_c", v).count / (double)conf.draws);
    }
    attn_table_close(table);
  }
}

/* For the figure: every kappa. */
static void write_risks(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "risks", "what index group kappa tests errors measured low high predicted jump");
  for (size_t v = 0; v < count; v++)
    for (size_t i = 0; i < conf.risk_kappa.count; i++) {
      const double kappa = conf.risk_kappa.value[i];
      const risk_summary r = risk_of(samples, v, kappa, "predicted");
      attn_table_text(table, variations[v].name);
      attn_table_cells(table, (double)v, (double)variations[v].group, kappa, r.tests, r.errors,
                       r.measured, r.risk.low, r.risk.high, r.predicted,
                       risk_of(samples, v, kappa, "jump").predicted);
    }
  attn_table_close(table);
}

/* All kappa together. */
static void write_risk_ratios(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "risk_ratios",
      "what index errors measured predicted ratio ratio_low ratio_high plain_ratio");
  for (size_t v = 0; v < count; v++) {
    const risk_summary r = risk_of(samples, v, NAN, "predicted");
    attn_table_text(table, variations[v].name);
    attn_table_cells(table, (double)v, r.errors, r.measured, r.predicted, r.ratio, r.interval.low,
                     r.interval.high, risk_of(samples, v, NAN, "plain").ratio);
  }
  attn_table_close(table);
}

/* The largest kappa, where the risk is smallest, and the risk after the two steps of the first
 * table, which is out of any test set's sight. */
static void write_tails(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "tails",
      "what index errors measured low high predicted jump log10_risk log10_jump");
  for (size_t v = 0; v < count; v++) {
    if (v != 0 && !in(v, 1U << LIGHT | 1U << HEAVY))
      continue;
    const double largest = conf.risk_kappa.value[conf.risk_kappa.count - 1];
    const risk_summary r = risk_of(samples, v, largest, "predicted");
    attn_table_text(table, variations[v].name);
    attn_table_cells(table, (double)v, r.errors, r.measured, r.risk.low, r.risk.high, r.predicted,
                     risk_of(samples, v, largest, "jump").predicted,
                     of_main(samples, "log10_risk", v).median,
                     of_main(samples, "log10_jump", v).median);
  }
  attn_table_close(table);
}

/* One large coordinate where there are enough tests to see it. */
typedef struct {
  double tests, errors, gaussian, jump, log10_risk, log10_predicted;
  attn_interval risk;
} jump_summary;

static jump_summary jump_of(const attn_samples *samples) {
  const attn_where where[] = {{"part", JUMP}, {0}};
  const double draws = (double)conf.jump_draws;
  jump_summary r = {.tests = draws * (double)conf.jump_tests,
                    .errors = round(draws * attn_samples_mean(samples, "errors", where)),
                    .gaussian = attn_samples_mean(samples, "predicted", where),
                    .jump = attn_samples_mean(samples, "jump", where)};
  r.risk = attn_stats_binomial((size_t)r.errors, (size_t)r.tests, conf.level);
  r.log10_risk = log10(r.errors / r.tests);
  r.log10_predicted = log10(r.gaussian + r.jump);
  return r;
}

static void write_jump(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "jump", "degrees n d kappa tests errors measured low high gaussian jump");
  const jump_summary r = jump_of(samples);
  attn_table_cells(table, (double)conf.jump_degrees, (double)conf.jump_n, (double)conf.jump_d,
                   conf.jump_kappa, r.tests, r.errors, r.errors / r.tests, r.risk.low, r.risk.high,
                   r.gaussian, r.jump);
  attn_table_close(table);
}

static attn_line fit(const attn_samples *samples, size_t rate, const char *edge) {
  const double v = (double)variation_of(rates[rate].kind);
  return attn_samples_snr_exponent(
      samples, "at", edge, (attn_where[]){{"part", RATE}, {"variation", v}, {0}}, conf.level);
}

static void write_rates(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "rates",
      "what rate n a a_low a_high a_predicted b b_low b_high b_predicted snr_a snr_b");
  const attn_boundary_search search = {conf.edge_b, conf.late, 0.8, 12};
  const attn_data_param param = {100, 2, 10000, 1, conf.eta}; /* kappa depends on eta alone */
  for (size_t rate = 0; rate < RATES; rate++)
    for (size_t i = 0; i < conf.rate_n.count; i++) {
      const size_t v = variation_of(rates[rate].kind);
      const double n = conf.rate_n.value[i];
      const attn_where where[] = {{"part", RATE}, {"variation", (double)v}, {"at", n}, {0}};
      const attn_summary a = attn_samples_summary(samples, "edge_a", where, conf.level);
      const attn_summary b = attn_samples_summary(samples, "edge_b", where, conf.level);
      attn_table_text(table, variations[v].name);
      attn_table_cells(table, (double)rate, n, a.mean, a.low, a.high,
                       attn_samples_mean(samples, "edge_a_predicted", where), b.mean, b.low, b.high,
                       attn_boundary_ideal(ATTN_BOUNDARY_B, &search, &param), a.mean / sqrt(n),
                       b.mean / sqrt(n));
    }
  attn_table_close(table);
}

static void write_fits(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(experiment, "fits",
                                            "what exponent_a a_low a_high exponent_b b_low b_high");
  for (size_t rate = 0; rate < RATES; rate++) {
    const attn_line a = fit(samples, rate, "edge_a"), b = fit(samples, rate, "edge_b");
    attn_table_text(table, variations[variation_of(rates[rate].kind)].name);
    attn_table_cells(table, a.slope, a.slope_interval.low, a.slope_interval.high, b.slope,
                     b.slope_interval.low, b.slope_interval.high);
  }
  attn_table_close(table);
}

/* ---- claims ---- */

static double coherence_of(const attn_samples *samples, size_t part, unsigned groups) {
  double largest = 0;
  for (size_t v = 0; v < count; v++)
    if (in(v, groups)) {
      const attn_where where[] = {{"part", (double)part}, {"variation", (double)v}, {0}};
      largest = fmax(largest, attn_samples_largest(samples, "coherence", where));
    }
  return largest;
}

static attn_claim scope_of(const attn_samples *samples, unsigned groups, double kappa) {
  return attn_verdict_scope(kappa, coherence_of(samples, MAIN, groups), conf.coherence);
}

typedef struct {
  double measured;
  attn_interval interval;
} deviation;

/* Which of two ratios is further from one; not-a-number is furthest. */
static void keep_worse(deviation *worst, double measured, attn_interval interval) {
  if (!(fabs(measured - 1) <= fabs(worst->measured - 1)) && !isnan(worst->measured))
    *worst = (deviation){measured, interval};
}

/* The boundary, of some groups, whose ratio is furthest from one. */
static void claim_edges(attn_experiment *experiment, const attn_samples *samples, const char *id,
                        unsigned groups, bool theory) {
  deviation worst = {1, {1, 1}};
  for (size_t v = 0; v < count; v++) {
    if (!in(v, groups))
      continue;
    for (size_t e = 0; e < (theory ? 1 : EDGES); e++) {
      const attn_summary r =
          theory ? ratio_to_theory(samples, v) : ratio_to_base(samples, edge_column[e], v);
      keep_worse(&worst, r.mean, r.interval);
    }
  }
  attn_experiment_claim(experiment,
                        attn_verdict_within(scope_of(samples, groups, NAN), id, 1, conf.allowed,
                                            worst.measured, worst.interval));
}

/* The same of the risk of a test set over its prediction. These compare a trained model with
 * itself, so no hypothesis on the training set enters. */
static void claim_risks(attn_experiment *experiment, const attn_samples *samples, const char *id,
                        unsigned groups, double kappa, const char *prediction) {
  deviation worst = {1, {1, 1}};
  for (size_t v = 0; v < count; v++)
    if (in(v, groups)) {
      const risk_summary r = risk_of(samples, v, kappa, prediction);
      if (!isnan(r.predicted)) /* no variance: no prediction */
        keep_worse(&worst, r.ratio, r.interval);
    }
  const attn_claim base = {
      .kappa = kappa, .coherence = coherence_of(samples, RISK, groups), .in_scope = true};
  attn_experiment_claim(experiment, attn_verdict_within(base, id, 1, conf.risk_allowed,
                                                        worst.measured, worst.interval));
}

static void claim_two_steps(attn_experiment *experiment, const attn_samples *samples,
                            const char *id, unsigned groups) {
  size_t met = 0, all = 0;
  for (size_t v = 0; v < count; v++)
    if (in(v, groups)) {
      const attn_where where[] = {{"part", MAIN}, {"variation", (double)v}, {0}};
      all += conf.draws;
      met += attn_samples_count(samples, "fitted", 1, 1, where);
    }
  attn_experiment_claim(experiment, attn_verdict_share(scope_of(samples, groups, conf.kappa), id,
                                                       met, all, conf.level, conf.delta));
}

static void claim_rates(attn_experiment *experiment, const attn_samples *samples) {
  for (size_t rate = 0; rate < RATES; rate++)
    for (size_t e = 0; e < 2; e++) {
      const attn_line line = fit(samples, rate, e == 0 ? "edge_a" : "edge_b");
      const double v = (double)variation_of(rates[rate].kind);
      const attn_claim base = attn_verdict_scope(
          NAN,
          attn_samples_largest(samples, "coherence",
                               (attn_where[]){{"part", RATE}, {"variation", v}, {0}}),
          conf.coherence);
      attn_experiment_claim(
          experiment, attn_verdict_within(base, e == 0 ? rates[rate].id_a : rates[rate].id_b, -0.5,
                                          conf.allowed, line.slope, line.slope_interval));
    }
}

/* Errors, as a log10 risk, against the Gaussian formula and one large coordinate together. */
static void claim_jump(attn_experiment *experiment, const attn_samples *samples) {
  const jump_summary r = jump_of(samples);
  const attn_claim base = {
      .kappa = conf.jump_kappa,
      .coherence = attn_samples_largest(samples, "coherence", (attn_where[]){{"part", JUMP}, {0}}),
      .in_scope = true};
  const attn_interval interval = {log10(r.risk.low), log10(r.risk.high)};
  attn_experiment_claim(experiment,
                        attn_verdict_within(base, "one-large-coordinate", r.log10_predicted,
                                            conf.jump_allowed, r.log10_risk, interval));
}

static void claim_all(attn_experiment *experiment, const attn_samples *samples) {
  const unsigned light = 1U << LIGHT, heavy = 1U << HEAVY, power = 1U << POWER,
                 normalised = 1U << NORMALISED, correlated = 1U << CORRELATED, leak = 1U << LEAK,
                 several = 1U << SEVERAL, angle = 1U << ANGLE, own = 1U << OWN,
                 unequal = 1U << UNEQUAL, infinite = 1U << INFINITE, base = 1U << BASE;
  const double largest = conf.risk_kappa.value[conf.risk_kappa.count - 1];
  claim_two_steps(experiment, samples, "families-two-steps", light | normalised);
  claim_edges(experiment, samples, "families-boundaries", light, false);
  claim_rates(experiment, samples);
  claim_risks(experiment, samples, "families-risk", light | normalised, NAN, "predicted");
  claim_edges(experiment, samples, "heavy-boundaries", heavy, false);
  claim_risks(experiment, samples, "heavy-risk", heavy, NAN, "predicted");
  claim_risks(experiment, samples, "heavy-tail-risk", heavy, largest, "predicted");
  claim_jump(experiment, samples);
  claim_two_steps(experiment, samples, "no-variance-two-steps", infinite);
  claim_edges(experiment, samples, "power-boundaries", power, false);
  claim_risks(experiment, samples, "power-risk", power, NAN, "predicted");
  claim_risks(experiment, samples, "power-risk-isotropic", power, NAN, "plain");
  claim_edges(experiment, samples, "normalised-boundaries", normalised, false);
  claim_edges(experiment, samples, "leak-boundaries", leak, false);
  claim_edges(experiment, samples, "several-signals-a", several, true);
  claim_edges(experiment, samples, "layout-a", angle | own | unequal, true);
  claim_edges(experiment, samples, "correlated-a", correlated, true);
  claim_risks(experiment, samples, "exact-risk-seen", base | leak | several | angle | unequal, NAN,
              "predicted");
  claim_risks(experiment, samples, "correlated-risk", correlated, NAN, "predicted");
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "two steps, boundaries and risk with other noise and other signals", keys,
      sizeof keys / sizeof *keys);
  add_all();
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_variations(experiment, samples);
    write_risks(experiment, samples);
    write_risk_ratios(experiment, samples);
    write_tails(experiment, samples);
    write_jump(experiment, samples);
    write_rates(experiment, samples);
    write_fits(experiment, samples);
    claim_all(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
