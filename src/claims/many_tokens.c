/* From two tokens to 256: where one and two steps interpolate, how far two steps can turn the attention,
 * the late risk, and the max-margin threshold kappa* (theory sections 5 and 6b). */
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "attention.h"
#include "boundary.h"
#include "choice.h"
#include "experiment.h"
#include "metrics.h"
#include "recursion.h"
#include "rng.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t edge_n, edge_draws, window_draws, late_n, late, late_draws, star_draws, samples, c_late,
      window_T;
  double eta, factor, edge_b, edge_max, kappa, c_b, late_b, late_b_max, late_kappa, ratio, benign,
      sampled, allowed, coherence, level;
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
    {"kappa", ATTN_KEY_REAL, &conf.kappa, "(0, 1e3)", "kappa of the risk after one step"},
    {"window_tokens", ATTN_KEY_COUNTS, &conf.window_tokens, "[2, 1000]", "T of the window"},
    {"window_kappa", ATTN_KEY_LIST, &conf.window_kappa, "(0, 1e3)", "its values of kappa"},
    {"window_b", ATTN_KEY_LIST, &conf.window_b, "(0, 1e6)", "its values of beta rho^2 / T^2"},
    {"window_draws", ATTN_KEY_COUNT, &conf.window_draws, "[3, 1e4]", "its draws"},
    {"window_T", ATTN_KEY_COUNT, &conf.window_T, "[2, 1000]", "the largest T where it is open"},
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
  "part draw T kappa b coherence edge_a edge_b edge_c log10_risk_1 fitted att_clean att_noisy "    \
  "log10_risk_2 risk_error_2 fit_step cross_step late_fitted late_att_clean late_att_noisy top "   \
  "late_log10_risk risk_error uncertain risk_2 sampled sampled_low sampled_high star star_mixed"

typedef struct {
  uint64_t seed;
  size_t cell, draw;
} stream;

/* Lazy tokens depend on what is asked: drawn again from the same stream. */
static void redraw(attn_trial *trial, void *context) {
  const stream *s = context;
  attn_trial_draw(trial, s->seed, "many_tokens", s->cell, s->draw);
}

static attn_boundary_search edge_search(size_t T) {
  return (attn_boundary_search){conf.edge_b * (double)(T * T), conf.c_late, 0.4, conf.edge_max};
}

/* Boundaries A and B, and the risk after one step. */
static void run_edge(attn_table *table, size_t T, stream *s) {
  const attn_boundary_search search = edge_search(T);
  const attn_data_param param = many(T, conf.kappa);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_LAZY, &param, 2);
  redraw(trial, s);
  const double a = attn_boundary_of_draw(ATTN_BOUNDARY_A, &search, trial, redraw, s);
  const double b = attn_boundary_of_draw(ATTN_BOUNDARY_B, &search, trial, redraw, s);
  redraw(trial, s);
  attn_trial_set_rho(trial, param.rho);
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  attn_train_step(trial->model, trial->tokens, trial->labels,
                  &(attn_optim){.beta = search.b / (param.rho * param.rho)}, trial->w);
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  attn_table_cells(table, conf.kappa, search.b, attn_data_expected_coherence(&param), a, b, NAN,
                   attn_metrics_log10_risk(&m, T));
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

static void run_late(attn_table *table, size_t T, double kappa, stream *s) {
  const attn_data_param param = few(T, kappa);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_LAZY, &param, conf.late);
  redraw(trial, s);
  attn_labels_balance(trial->labels, conf.eta);
  const attn_optim optim = {.beta = late_beta(&param)};
  attn_metrics m = {0}, two = {0};
  double fit_step = NAN, cross_step = NAN;
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
    if (isnan(fit_step) && m.train_acc == 1)
      fit_step = (double)step;
    if (isnan(cross_step) && m.att_clean > 0.5 + 1e-9 && T > 2)
      cross_step = (double)step;
    if (step == 2)
      two = m;
    if (step == conf.late)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  const attn_risk_input input = attn_metrics_risk_input(&m), early = attn_metrics_risk_input(&two);
  const attn_risk_result risk = attn_risk_log10(&input, T), risk_2 = attn_risk_log10(&early, T);
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
  attn_labels_balance(trial->labels, conf.eta);
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
