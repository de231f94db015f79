/* From two tokens to 256: where one and two steps interpolate, how far two steps can turn the attention,
 * the late risk, and the max-margin threshold kappa* (theory sections 5 and 6b). */
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "attention.h"
#include "boundary.h"
#include "choice.h"
#include "experiment.h"
#include "logprob.h"
#include "metrics.h"
#include "recursion.h"
#include "risk_many.h"
#include "risk_two.h"
#include "rng.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t edge_n, edge_draws, window_draws, late_n, late, late_draws, star_draws, samples, points,
      c_late, finer;
  double eta, factor, edge_b, turn_b, turn_max, edge_max, kappa, c_b, late_b, late_b_max,
      late_kappa, ratio, benign, sampled, allowed, coherence, level;
  attn_list T, window_tokens, window_kappa, window_b, kappas, c_T, star_T;
} conf;

static const attn_key keys[] = {
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate"},
    {"T", ATTN_KEY_COUNTS, &conf.T, "[2, 1000]", "the tokens per sample"},
    {"factor", ATTN_KEY_REAL, &conf.factor, "(0, 1e6)", "d / (n^2 log n) of A, B and the window"},
    {"edge_n", ATTN_KEY_COUNT, &conf.edge_n, "[10, 1e6]", "n of A, B and the window"},
    {"edge_b", ATTN_KEY_REAL, &conf.edge_b, "(0, 1e6)", "beta rho^2 / T^2 of boundaries A and B"},
    {"edge_max", ATTN_KEY_REAL, &conf.edge_max, "[2, 1e4)", "where the search for them ends"},
    {"edge_draws", ATTN_KEY_COUNT, &conf.edge_draws, "[3, 1e4]", "their draws"},
    {"turn_b", ATTN_KEY_REAL, &conf.turn_b, "(0, 1e3)", "beta rho^2 / T of the small second step"},
    {"turn_max", ATTN_KEY_REAL, &conf.turn_max, "(0.8, 1e3)", "where the search for turns ends"},
    {"kappa", ATTN_KEY_REAL, &conf.kappa, "(0, 1e3)", "kappa of the risk after one step"},
    {"window_tokens", ATTN_KEY_COUNTS, &conf.window_tokens, "[2, 1000]", "T of the window"},
    {"window_kappa", ATTN_KEY_LIST, &conf.window_kappa, "(0, 1e3)", "its values of kappa"},
    {"window_b", ATTN_KEY_LIST, &conf.window_b, "(0, 1e6)", "its values of beta rho^2 / T^2"},
    {"window_draws", ATTN_KEY_COUNT, &conf.window_draws, "[3, 1e4]", "its draws"},
    {"late_n", ATTN_KEY_COUNT, &conf.late_n, "[4, 1000]", "n of late training and of kappa*"},
    {"ratio", ATTN_KEY_REAL, &conf.ratio, "[1, 1e12)", "d/n of late training and of kappa*"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[3, 1e5]", "the number of steps that is late"},
    {"late_b", ATTN_KEY_REAL, &conf.late_b, "(0, 1e6)", "the step size max(rho^2, d/n) beta / T"},
    {"late_b_max", ATTN_KEY_REAL, &conf.late_b_max, "(0, 1e6)", "and the most without the 1 / T"},
    {"late_draws", ATTN_KEY_COUNT, &conf.late_draws, "[3, 1e4]", "the draws of late training"},
    {"kappas", ATTN_KEY_LIST, &conf.kappas, "(0, 1e3)", "kappa of late training"},
    {"late_kappa", ATTN_KEY_REAL, &conf.late_kappa, "(0, 1e3)", "the one that is judged"},
    {"c_T", ATTN_KEY_COUNTS, &conf.c_T, "[2, 1000]", "T of boundary C"},
    {"c_b", ATTN_KEY_REAL, &conf.c_b, "(0, 1e6)", "beta rho^2 / T of boundary C"},
    {"c_late", ATTN_KEY_COUNT, &conf.c_late, "[3, 1e5]", "the number of steps to it"},
    {"star_T", ATTN_KEY_COUNTS, &conf.star_T, "[2, 1000]", "T of kappa*"},
    {"star_draws", ATTN_KEY_COUNT, &conf.star_draws, "[3, 1e4]", "draws of C and kappa*"},
    {"samples", ATTN_KEY_COUNT, &conf.samples, "[100, 1e8]", "fresh samples that check a risk"},
    {"points", ATTN_KEY_COUNT, &conf.points, "[16, 1e6]", "points of the risk, 16 times over"},
    {"finer", ATTN_KEY_COUNT, &conf.finer, "[1, 100]", "parts of a cell of the window, predicted"},
    {"sampled", ATTN_KEY_REAL, &conf.sampled, "(0, 0.5)", "the risk from which it is checked"},
    {"benign", ATTN_KEY_REAL, &conf.benign, "(0, 0.5)", "the risk that counts as tiny"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed relative distance"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

enum { EDGE, WINDOW, LATE, STAR, PARTS };

/* Many samples, whose tokens are never formed, and few ones with d = ratio n. */
static attn_data_param many(size_t T, double kappa) {
  const double n = (double)conf.edge_n;
  attn_data_param param = {conf.edge_n, T, (size_t)(conf.factor * n * n * log(n)), 0, conf.eta};
  param.rho = attn_data_rho(kappa, param.n, param.d);
  return param;
}

static attn_data_param few(size_t T, double kappa) {
  attn_data_param param = {conf.late_n, T, (size_t)(conf.ratio * (double)conf.late_n), 0, conf.eta};
  param.rho = attn_data_rho(kappa, param.n, param.d);
  return param;
}

static double late_beta(const attn_data_param *param) {
  return attn_train_step_size(param, fmin(conf.late_b * (double)param->T, conf.late_b_max));
}

/* ---- sampling ---- */

#define COLUMNS                                                                                    \
  "part draw T kappa b coherence edge_a edge_b turn_clean turn_noisy edge_c log10_risk_1 fitted "  \
  "att_clean att_noisy "                                                                           \
  "log10_risk_2 risk_error_2 fit_step cross_step late_fitted late_att_clean late_att_noisy top "   \
  "late_log10_risk risk_error uncertain risk_2 sampled sampled_low sampled_high star star_mixed"

typedef struct {
  uint64_t seed;
  size_t cell, draw;
} stream;

/* Lazy tokens depend on what is asked: drawn again from the same stream. Both classes have n/2 samples and
 * the same number of flips, as the recursion has it. */
static void redraw(attn_trial *trial, void *context) {
  const stream *s = context;
  attn_trial_draw(trial, s->seed, "many_tokens", s->cell, s->draw);
  attn_labels_balance(trial->labels, conf.eta);
}

static attn_boundary_search edge_search(size_t T) {
  return (attn_boundary_search){conf.edge_b * (double)(T * T), conf.c_late, 0.4, conf.edge_max};
}

/* Where the mean attention of clean or of noisy samples after two small steps is what it was at first, 1/T. */
typedef struct {
  attn_trial *trial;
  stream *stream;
  bool noisy;
} turn;

static double turned_at(double kappa, void *context) {
  const turn *t = context;
  attn_trial *trial = t->trial;
  const attn_data_param *param = &trial->param;
  redraw(trial, t->stream);
  attn_trial_set_rho(trial, attn_data_rho(kappa, param->n, param->d));
  const attn_optim optim = {.beta = conf.turn_b * (double)param->T / (param->rho * param->rho)};
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == 2)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  double sum = 0;
  for (size_t i = 0; i < param->n; i++)
    if (attn_labels_noisy(trial->labels, i) == t->noisy)
      sum += trial->model->weight[i * param->T] - 1 / (double)param->T;
  return sum;
}

/* Boundaries A and B, where attention turns, and the risk after one step. */
static void run_edge(attn_table *table, size_t T, stream *s) {
  const attn_boundary_search search = edge_search(T);
  const attn_data_param param = many(T, conf.kappa);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_LAZY, &param, 2);
  redraw(trial, s);
  const double a = attn_boundary_of_draw(ATTN_BOUNDARY_A, &search, trial, redraw, s);
  const double b = attn_boundary_of_draw(ATTN_BOUNDARY_B, &search, trial, redraw, s);
  const double clean =
      attn_stats_root(turned_at, &(turn){trial, s, false}, 0.8, conf.turn_max, 1e-3);
  const double noisy =
      attn_stats_root(turned_at, &(turn){trial, s, true}, 0.8, conf.turn_max, 1e-3);
  redraw(trial, s);
  attn_trial_set_rho(trial, param.rho);
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  attn_train_step(trial->model, trial->tokens, trial->labels,
                  &(attn_optim){.beta = search.b / (param.rho * param.rho)}, trial->w);
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  attn_table_cells(table, conf.kappa, search.b, attn_data_expected_coherence(&param), a, b, clean,
                   noisy, NAN, attn_metrics_log10_risk(&m, T));
  attn_table_skip(table, NULL);
  attn_trial_free(trial);
}

/* The clean samples' attention after two steps, in all cells of the grid of kappa and step sizes in
 * which they fit all labels: its largest value, and where. */
static void run_window(attn_table *table, size_t T, stream *s) {
  const attn_data_param param = many(T, 1);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_LAZY, &param, 2);
  double best = 0, kappa = NAN, b = NAN, noisy = NAN;
  for (size_t k = 0; k < conf.window_kappa.count; k++)
    for (size_t c = 0; c < conf.window_b.count; c++) {
      redraw(trial, s);
      attn_trial_set_rho(trial, attn_data_rho(conf.window_kappa.value[k], param.n, param.d));
      const double here = conf.window_b.value[c] * (double)(T * T);
      const attn_optim optim = {.beta = here / (trial->param.rho * trial->param.rho)};
      for (size_t step = 0;; step++) {
        attn_model_forward(trial->model, trial->tokens, trial->labels);
        if (step == 2)
          break;
        attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
      }
      const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
      if (m.train_acc == 1 && m.att_clean > best) {
        best = m.att_clean;
        noisy = m.att_noisy;
        kappa = conf.window_kappa.value[k];
        b = here;
      }
    }
  attn_table_cells(table, kappa, b, attn_data_expected_coherence(&param));
  attn_table_skip(table, "fitted");
  attn_table_cells(table, !isnan(kappa), best, noisy);
  attn_table_skip(table, NULL);
  attn_trial_free(trial);
}

//@begin sampled
/* The share of fresh clean samples that the model gets wrong. A sample enters through mu_k . v,
 * mu_k . p and T - 1 pairs (xi . v, xi . p), Gaussian with the 2 x 2 matrix of the noise parts, so it is
 * drawn as these; nothing else of it matters. */
static size_t count_wrong(const attn_risk_input *in, size_t T, size_t samples, gsl_rng *rng,
                          double *row /* [3][T] */) {
  const double sigma = sqrt(in->pp), c = in->pp > 0 ? in->vp / in->pp : 0;
  const double s = sqrt(in->residual2);
  size_t wrong = 0;
  for (size_t i = 0; i < samples; i++) {
    const size_t k = i % 2;
    double *g = row, *b = row + T;
    attn_rng_gaussian(g, 2 * T, rng);
    for (size_t t = 1; t < T; t++) {
      b[t] *= sigma;
      g[t] = c * b[t] + s * g[t];
    }
    g[0] = in->mv[k];
    b[0] = in->mp[k];
    wrong += (attn_attention_forward(row + 2 * T, b, g, T) > 0) != (k == 0);
  }
  return wrong;
}
//@end sampled

/* The mean share of one noise token in the attention that noisy samples give to noise. */
static double top_share(const attn_trial *trial) {
  const attn_model *model = trial->model;
  double sum = 0;
  for (size_t i = 0; i < model->n; i++)
    if (attn_labels_noisy(trial->labels, i)) {
      double most = 0, all = 0;
      for (size_t t = 1; t < model->T; t++) {
        most = fmax(most, model->weight[i * model->T + t]);
        all += model->weight[i * model->T + t];
      }
      sum += most / all;
    }
  return sum / (double)attn_labels_count_noisy(trial->labels);
}

/* By a quadrature for two tokens, by importance sampling above. */
static attn_risk_result risk_of(const attn_risk_input *input, size_t T) {
  return T == 2 ? attn_risk_two(input) : attn_risk_many(input, T, conf.points);
}

static void run_late(attn_table *table, size_t T, double kappa, stream *s) {
  const attn_data_param param = few(T, kappa);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_LAZY, &param, conf.late);
  redraw(trial, s);
  const attn_optim optim = {.beta = late_beta(&param)};
  attn_metrics m = {0}, two = {0};
  double fit_step = NAN, cross_step = NAN;
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
    if (isnan(fit_step) && m.train_acc == 1)
      fit_step = (double)step;
    if (isnan(cross_step) && m.att_clean > 0.5 + 1e-9)
      cross_step = (double)step;
    if (step == 2)
      two = m;
    if (step == conf.late)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  const attn_risk_input input = attn_metrics_risk_input(&m), early = attn_metrics_risk_input(&two);
  const attn_risk_result risk = risk_of(&input, T), risk_2 = risk_of(&early, T);
  attn_table_cells(table, kappa, optim.beta * fmax(param.rho * param.rho, conf.ratio),
                   attn_data_expected_coherence(&param));
  attn_table_skip(table, "fitted");
  attn_table_cells(table, two.train_acc == 1, two.att_clean, two.att_noisy, risk_2.log10_clean,
                   risk_2.error, fit_step, cross_step, m.train_acc == 1, m.att_clean, m.att_noisy,
                   top_share(trial), risk.log10_clean, risk.error,
                   (risk.status != ATTN_RISK_OK) + (risk_2.status != ATTN_RISK_OK));
  if (risk_2.log10_clean > log10(conf.sampled)) {
    double *row = attn_alloc(3 * T, sizeof *row);
    attn_rng_start(trial->rng, s->seed, "many_tokens", s->cell, s->draw, ATTN_STREAM_TEST);
    const size_t wrong = count_wrong(&early, T, conf.samples, trial->rng, row);
    const attn_interval share = attn_stats_binomial(wrong, conf.samples, conf.level);
    attn_table_cells(table, pow(10, risk_2.log10_clean), (double)wrong / (double)conf.samples,
                     share.low, share.high);
    attn_free(row);
  }
  attn_table_skip(table, NULL);
  attn_trial_free(trial);
}

/* kappa at which the max-margin pair turns to the signal (mean over classes), when a sample may choose
 * one noise token, its longest, or only the mean of its T - 1. */
static void run_star(attn_table *table, size_t T, stream *s) {
  const attn_data_param param = few(T, 1);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 1);
  redraw(trial, s);
  const size_t n = param.n, N = trial->labels->N, each = T - 1;
  const double *K = attn_tokens_gram_matrix(trial->tokens);
  attn_labels *labels = attn_labels_alloc(n, 2); /* the same samples with two tokens */
  memcpy(labels->k, trial->labels->k, n);
  memcpy(labels->y, trial->labels->y, n);
  double *reduced = attn_alloc(n * n, sizeof *reduced), *a = attn_alloc(n, sizeof *a), star[2];
  unsigned char *sigma = attn_alloc(n, 1);
  attn_maxmargin_workspace *workspace = attn_maxmargin_alloc(n, 2);
  for (size_t mixed = 0; mixed < 2; mixed++) {
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++) {
        size_t longest[2] = {0, 0};
        double sum = 0;
        for (size_t t = 0; t < each; t++) {
          const size_t at[2] = {i * each + t, j * each + t};
          for (size_t side = 0; side < 2; side++) {
            const size_t so_far = (side == 0 ? i : j) * each + longest[side];
            if (K[at[side] * N + at[side]] > K[so_far * N + so_far])
              longest[side] = t;
          }
          for (size_t u = 0; mixed == 1 && u < each; u++)
            sum += K[at[0] * N + j * each + u];
        }
        reduced[i * n + j] = mixed == 1 ? sum / (double)(each * each)
                                        : K[(i * each + longest[0]) * N + j * each + longest[1]];
      }
    const attn_maxmargin_set set = {labels, reduced, 1};
    attn_choice choice;
    attn_choice_solve(&choice, &set, sigma, a, workspace);
    const double rho = (attn_choice_threshold(&choice, 0) + attn_choice_threshold(&choice, 1)) / 2;
    star[mixed] = rho * sqrt((double)n / (double)param.d);
  }
  double edge_c = NAN;
  if (attn_list_has(&conf.c_T, (double)T)) {
    const attn_boundary_search search = {conf.c_b * (double)T, conf.c_late, 1.2, 2.6};
    edge_c = attn_boundary_of_draw(ATTN_BOUNDARY_C, &search, trial, NULL, NULL);
  }
  attn_table_cells(table, NAN, conf.c_b * (double)T, attn_tokens_gram_coherence(trial->tokens, n));
  attn_table_skip(table, "edge_c");
  attn_table_number(table, edge_c);
  attn_table_skip(table, "star");
  attn_table_numbers(table, star, 2);
  attn_maxmargin_free(workspace);
  attn_free(sigma);
  attn_free(a);
  attn_free(reduced);
  attn_labels_free(labels);
  attn_trial_free(trial);
}

/* A job is a draw of a part at one T; the costly ones, of many tokens, come first. */
static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const attn_list *const T[PARTS] = {&conf.T, &conf.window_tokens, &conf.T, &conf.star_T};
  const size_t draws[PARTS] = {conf.edge_draws, conf.window_draws, conf.late_draws,
                               conf.star_draws};
  size_t total = 0;
  for (size_t part = 0; part < PARTS; part++)
    total += T[part]->count * draws[part];
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, total, &job);) {
    size_t part = 0, j = job;
    for (; j >= T[part]->count * draws[part]; part++)
      j -= T[part]->count * draws[part];
    const size_t tokens = (size_t)T[part]->value[T[part]->count - 1 - j / draws[part]];
    stream s = {attn_experiment_seed(experiment), 1000 * part + tokens, j % draws[part]};
    for (size_t k = 0; k < (part == LATE ? conf.kappas.count : 1); k++) {
      attn_table_cells(table, (double)job, (double)part, (double)s.draw, (double)tokens);
      if (part == EDGE)
        run_edge(table, tokens, &s);
      else if (part == WINDOW)
        run_window(table, tokens, &s);
      else if (part == LATE)
        run_late(table, tokens, conf.kappas.value[k], &s);
      else
        run_star(table, tokens, &s);
    }
  }
}

/* ---- prediction ---- */

/* The recursion after the given number of steps of size b = beta rho^2. */
static attn_recursion ideal(const attn_data_param *param, double beta, size_t steps) {
  attn_recursion r = attn_recursion_start(param);
  for (size_t step = 0; step < steps; step++)
    attn_recursion_step(&r, param, beta);
  return r;
}

//@begin turn
/* Two small steps, to leading order in b = beta rho^2, with L = 1 - 2 eta:
 *   mu . p  = b^2 (T - 1) / (8 T^3) (L^2/2 - 1/kappa^2)
 *   xi . p  = b^2 / (4 kappa^2 T^3) (1/kappa^2 -+ L/2)    (- clean, + noisy)
 * The attention turns towards the signal where the first is the larger one. */
static double turn_condition(double kappa, size_t T, double sign) {
  const double L = 1 - 2 * conf.eta, k2 = kappa * kappa;
  return ((double)T - 1) * (L * L * k2 / 2 - 1) - (2 / k2 + sign * L);
}
//@end turn

static double clean_turn(double kappa, void *T) {
  return turn_condition(kappa, *(size_t *)T, -1);
}
static double noisy_turn(double kappa, void *T) {
  return turn_condition(kappa, *(size_t *)T, 1);
}

/* log10 of Phi(-(1 - 2 eta) kappa^2 sqrt(d/n) / (2 (T - 1))) */
static double first_step_risk(const attn_data_param *param) {
  const double kappa = attn_data_kappa(param);
  return attn_logprob_phi(-(1 - 2 * conf.eta) * kappa * kappa *
                          sqrt((double)param->d / (double)param->n) /
                          (2 * ((double)param->T - 1))) /
         log(10);
}

static double predicted_edge(attn_boundary which, size_t T) {
  const attn_boundary_search search = edge_search(T);
  const attn_data_param param = many(T, 1);
  return attn_boundary_ideal(which, &search, &param);
}

static double predicted_c(size_t T) {
  const attn_boundary_search search = {conf.c_b * (double)T, conf.c_late, 1.2, 2.6};
  const attn_data_param param = few(T, 1);
  return attn_boundary_ideal(ATTN_BOUNDARY_C, &search, &param);
}

/* The i-th of the points of a grid that is finer by so many parts, in equal ratios. */
static double refined(const attn_list *grid, size_t i, size_t parts) {
  const size_t cell = i / parts;
  const double share = (double)(i % parts) / (double)parts;
  return share == 0 ? grid->value[cell]
                    : grid->value[cell] * pow(grid->value[cell + 1] / grid->value[cell], share);
}

/* The window of the recursion, on the same grid or on a finer one. */
static double predicted_window(size_t T, size_t parts) {
  const size_t kappas = (conf.window_kappa.count - 1) * parts + 1;
  const size_t steps = (conf.window_b.count - 1) * parts + 1;
  double best = 0;
  for (size_t k = 0; k < kappas; k++)
    for (size_t c = 0; c < steps; c++) {
      const attn_data_param param = many(T, refined(&conf.window_kappa, k, parts));
      const double b = refined(&conf.window_b, c, parts) * (double)(T * T);
      const attn_recursion r = ideal(&param, b / (param.rho * param.rho), 2);
      if (r.margin[0] > 0 && r.margin[1] > 0)
        best = fmax(best, r.attention[0]);
    }
  return best;
}

/* ---- tables ---- */

static attn_summary over(const attn_samples *samples, const char *column, size_t part, double T) {
  return attn_samples_summary(samples, column,
                              (attn_where[]){{"part", (double)part}, {"T", T}, {0}}, conf.level);
}

static void write_summary(attn_table *table, const attn_summary *s, double predicted) {
  attn_table_cells(table, s->mean, s->low, s->high, predicted);
}

static const char *const edge_column[] = {"edge_a", "edge_b", "turn_clean", "turn_noisy"};
enum { EDGES = 4 };

static double edge_prediction(size_t edge, size_t T) {
  return edge < 2 ? predicted_edge(edge == 0 ? ATTN_BOUNDARY_A : ATTN_BOUNDARY_B, T)
                  : attn_stats_root(edge == 2 ? clean_turn : noisy_turn, &T, 0.8, 10, 1e-6);
}

static void write_edges(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "edges",
      "T b coherence a a_low a_high a_predicted b_edge b_low b_high b_predicted turn_clean "
      "clean_low clean_high clean_predicted turn_noisy noisy_low noisy_high noisy_predicted "
      "log10_risk_1 log10_risk_1_q05 log10_risk_1_q95 log10_risk_1_predicted");
  for (size_t i = 0; i < conf.T.count; i++) {
    const double T = conf.T.value[i];
    const attn_data_param param = many((size_t)T, conf.kappa);
    attn_table_cells(table, T, edge_search((size_t)T).b, attn_data_expected_coherence(&param));
    for (size_t edge = 0; edge < EDGES; edge++) {
      const attn_summary s = over(samples, edge_column[edge], EDGE, T);
      write_summary(table, &s, edge_prediction(edge, (size_t)T));
    }
    const attn_summary risk = over(samples, "log10_risk_1", EDGE, T);
    attn_table_cells(table, risk.median, risk.q05, risk.q95, first_step_risk(&param));
  }
  attn_table_close(table);
}

static void write_window(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "window",
      "T best best_low best_high best_predicted best_finer noisy kappa b fitted");
  for (size_t i = 0; i < conf.window_tokens.count; i++) {
    const double T = conf.window_tokens.value[i];
    const attn_where rows[] = {{"part", WINDOW}, {"T", T}, {0}};
    const attn_summary best = attn_samples_summary(samples, "att_clean", rows, conf.level);
    attn_table_number(table, T);
    write_summary(table, &best, predicted_window((size_t)T, 1));
    attn_table_number(table, predicted_window((size_t)T, conf.finer));
    attn_samples_write_means(table, samples, "att_noisy kappa b fitted", rows);
  }
  attn_table_close(table);
}

static void write_late(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "late",
      "kappa T b fitted_2 att_clean_2 log10_risk_2 fit_step cross_step cross_predicted late_fitted "
      "att_clean att_predicted att_noisy top log10_risk log10_risk_q05 log10_risk_q95 "
      "log10_risk_predicted error uncertain");
  for (size_t k = 0; k < conf.kappas.count; k++)
    for (size_t i = 0; i < conf.T.count; i++) {
      const double kappa = conf.kappas.value[k], T = conf.T.value[i];
      const attn_where rows[] = {{"part", LATE}, {"kappa", kappa}, {"T", T}, {0}};
      const attn_data_param param = few((size_t)T, kappa);
      const attn_summary risk = attn_samples_summary(samples, "late_log10_risk", rows, conf.level);
      double cross = NAN;
      attn_recursion r = attn_recursion_start(&param);
      for (size_t step = 0; step < conf.late; step++) {
        attn_recursion_step(&r, &param, late_beta(&param));
        if (isnan(cross) && r.attention[0] > 0.5 + 1e-9)
          cross = (double)step + 1;
      }
      attn_table_cells(table, kappa, T);
      attn_samples_write_means(table, samples, "b fitted att_clean", rows);
      attn_samples_write_medians(table, samples, "log10_risk_2 fit_step cross_step", rows);
      attn_table_number(table, cross);
      attn_samples_write_means(table, samples, "late_fitted late_att_clean", rows);
      attn_table_number(table, r.attention[0]);
      attn_samples_write_means(table, samples, "late_att_noisy top", rows);
      attn_table_cells(table, risk.median, risk.q05, risk.q95,
                       attn_recursion_log10_risk(&r, (size_t)T),
                       attn_samples_largest(samples, "risk_error", rows),
                       (double)attn_samples_count(samples, "uncertain", 1, 2, rows));
    }
  attn_table_close(table);
}

static void write_check(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table =
      attn_experiment_table(experiment, "check", "kappa T exact sampled sampled_low sampled_high");
  for (size_t k = 0; k < conf.kappas.count; k++)
    for (size_t i = 0; i < conf.T.count; i++) {
      const attn_where rows[] = {
          {"part", LATE}, {"kappa", conf.kappas.value[k]}, {"T", conf.T.value[i]}, {0}};
      if (isnan(attn_samples_mean(samples, "sampled", rows)))
        continue;
      attn_table_cells(table, conf.kappas.value[k], conf.T.value[i]);
      attn_samples_write_means(table, samples, "risk_2 sampled sampled_low sampled_high", rows);
    }
  attn_table_close(table);
}

static void write_star(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table =
      attn_experiment_table(experiment, "star",
                            "T c c_low c_high c_predicted star star_low star_high star_predicted "
                            "mixed mixed_low mixed_high mixed_predicted");
  for (size_t i = 0; i < conf.star_T.count; i++) {
    const double T = conf.star_T.value[i], star = sqrt(2 / (1 - conf.eta));
    const attn_summary c = over(samples, "edge_c", STAR, T), one = over(samples, "star", STAR, T);
    const attn_summary mixed = over(samples, "star_mixed", STAR, T);
    attn_table_number(table, T);
    write_summary(table, &c, attn_list_has(&conf.c_T, T) ? predicted_c((size_t)T) : NAN);
    write_summary(table, &one, star);
    write_summary(table, &mixed, star / sqrt(T - 1));
  }
  attn_table_close(table);
}

/* ---- claims ---- */

static attn_claim base_of(const attn_samples *samples, size_t part) {
  return attn_verdict_scope(
      NAN, attn_samples_largest(samples, "coherence", (attn_where[]){{"part", (double)part}, {0}}),
      conf.coherence);
}

/* Measured over predicted, mean over all T of a grid and draws. */
static void claim_ratio(attn_experiment *experiment, const attn_samples *samples, const char *id,
                        size_t part, const char *column, const attn_list *grid,
                        double (*predicted)(size_t T)) {
  double *ratio = attn_alloc(samples->rows, sizeof *ratio);
  double *found = attn_alloc(samples->rows, sizeof *found);
  size_t count = 0;
  for (size_t i = 0; i < grid->count; i++) {
    const double T = grid->value[i];
    const size_t here = attn_samples_select(found, samples, column,
                                            (attn_where[]){{"part", (double)part}, {"T", T}, {0}});
    for (size_t r = 0; r < here; r++)
      ratio[count++] = found[r] / predicted((size_t)T);
  }
  const attn_summary s = attn_stats_summary(ratio, count, conf.level);
  attn_experiment_claim(experiment, attn_verdict_within(base_of(samples, part), id, 1, conf.allowed,
                                                        s.mean, s.interval));
  attn_free(ratio);
  attn_free(found);
}

static double predicted_a(size_t T) {
  return edge_prediction(0, T);
}
static double predicted_b(size_t T) {
  return edge_prediction(1, T);
}
static double predicted_clean(size_t T) {
  return edge_prediction(2, T);
}
static double predicted_noisy(size_t T) {
  return edge_prediction(3, T);
}
static double predicted_star(size_t T) {
  (void)T;
  return sqrt(2 / (1 - conf.eta));
}
static double predicted_first(size_t T) {
  const attn_data_param param = many(T, conf.kappa);
  return first_step_risk(&param);
}

/* -log10 of the largest risk over all T of a draw, its geometric mean over draws. */
static void claim_largest(attn_experiment *experiment, const attn_samples *samples, const char *id,
                          const char *column) {
  const size_t cells = conf.T.count, draws = conf.late_draws;
  double *digits = attn_alloc(cells * draws, sizeof *digits);
  for (size_t i = 0; i < cells; i++)
    for (size_t draw = 0; draw < draws; draw++)
      digits[i * draws + draw] =
          log10(-attn_samples_value(samples, column,
                                    (attn_where[]){{"part", LATE},
                                                   {"kappa", conf.late_kappa},
                                                   {"T", conf.T.value[i]},
                                                   {"draw", (double)draw},
                                                   {0}}));
  const attn_summary s = attn_stats_draws(digits, cells, draws, ATTN_DRAW_LEAST, conf.level);
  attn_claim base = base_of(samples, LATE);
  base.kappa = conf.late_kappa;
  const attn_interval interval = {-pow(10, s.high), -pow(10, s.low)};
  attn_experiment_claim(
      experiment, attn_verdict_below(base, id, log10(conf.benign), -pow(10, s.mean), interval));
  attn_free(digits);
}

static void claim_window(attn_experiment *experiment, const attn_samples *samples) {
  const attn_summary s =
      over(samples, "att_clean", WINDOW, conf.window_tokens.value[conf.window_tokens.count - 1]);
  attn_experiment_claim(experiment, attn_verdict_above(base_of(samples, WINDOW), "tokens-window",
                                                       0.5, s.mean, s.interval));
}

static void claim_check(attn_experiment *experiment, const attn_samples *samples) {
  const attn_pairs p =
      attn_samples_pairs(samples, "risk_2", "sampled", (attn_where[]){{"part", LATE}, {0}});
  for (size_t r = 0; r < p.count; r++)
    p.y[r] /= p.x[r];
  const attn_summary s = attn_stats_summary(p.y, p.count, conf.level);
  attn_experiment_claim(experiment, attn_verdict_within(base_of(samples, LATE), "tokens-exact", 1,
                                                        conf.allowed, s.mean, s.interval));
}

int main(int argc, char **argv) {
  attn_experiment *experiment =
      attn_experiment_begin(argc, argv, "from two tokens to 256: boundaries, risk and kappa*", keys,
                            sizeof keys / sizeof *keys);
  if (!attn_list_has(&conf.kappas, conf.late_kappa))
    attn_fail("late_kappa = %g: must be one of the values of kappas", conf.late_kappa);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_edges(experiment, samples);
    write_window(experiment, samples);
    write_late(experiment, samples);
    write_check(experiment, samples);
    write_star(experiment, samples);
    claim_ratio(experiment, samples, "tokens-a", EDGE, "edge_a", &conf.T, predicted_a);
    claim_ratio(experiment, samples, "tokens-b", EDGE, "edge_b", &conf.T, predicted_b);
    claim_ratio(experiment, samples, "tokens-turn-clean", EDGE, "turn_clean", &conf.T,
                predicted_clean);
    claim_ratio(experiment, samples, "tokens-turn-noisy", EDGE, "turn_noisy", &conf.T,
                predicted_noisy);
    claim_ratio(experiment, samples, "tokens-first-risk", EDGE, "log10_risk_1", &conf.T,
                predicted_first);
    claim_window(experiment, samples);
    claim_largest(experiment, samples, "tokens-two-benign", "log10_risk_2");
    claim_largest(experiment, samples, "tokens-late-benign", "late_log10_risk");
    claim_ratio(experiment, samples, "tokens-c", STAR, "edge_c", &conf.c_T, predicted_c);
    claim_ratio(experiment, samples, "tokens-star", STAR, "star", &conf.star_T, predicted_star);
    claim_check(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
