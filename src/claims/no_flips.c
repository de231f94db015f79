/* The share of flipped labels from none to nearly one half: boundaries, risk, and where gradient descent
 * and the max-margin pair turn to the signal (theory sections 5 and 6b). */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "boundary.h"
#include "choice.h"
#include "experiment.h"
#include "metrics.h"
#include "recursion.h"
#include "risk.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t n, edge_late, edge_draws, late, risk_draws, drawn_draws;
  double edge_ratio, low, high, reach, risk_ratio, b, weak, strong, gap_eta, near, allowed, delta,
      coherence, level;
  attn_list eta, edge_b, kappa, show;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &conf.n, "[4, 1000]", "the number of samples, of two tokens each"},
    {"eta", ATTN_KEY_LIST, &conf.eta, "[0, 0.5)", "the label-flip rates, none first"},
    {"edge_ratio", ATTN_KEY_REAL, &conf.edge_ratio, "[1, 1e12)", "d/n of the boundaries"},
    {"edge_b", ATTN_KEY_LIST, &conf.edge_b, "(0, 1e6)", "their step sizes beta rho^2"},
    {"edge_late", ATTN_KEY_COUNT, &conf.edge_late, "[3, 1e6]", "the steps to boundary C"},
    {"low", ATTN_KEY_REAL, &conf.low, "(0, 1.4)", "kappa from which boundaries are searched"},
    {"high", ATTN_KEY_REAL, &conf.high, "(1.4, 1e3)", "up to which A and B are searched"},
    {"reach", ATTN_KEY_REAL, &conf.reach, "(1, 10)", "and up to which C, in units of the turn"},
    {"edge_draws", ATTN_KEY_COUNT, &conf.edge_draws, "[3, 1e4]", "their draws"},
    {"risk_ratio", ATTN_KEY_REAL, &conf.risk_ratio, "[1, 1e12)", "d/n of the risk"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the step size beta max(rho^2, d/n) of the risk"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "kappa of the risk"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[3, 1e6]", "the number of steps that is late"},
    {"risk_draws", ATTN_KEY_COUNT, &conf.risk_draws, "[3, 1e4]", "the draws of the risk"},
    {"drawn_draws", ATTN_KEY_COUNT, &conf.drawn_draws, "[3, 1e5]", "draws with drawn labels"},
    {"show", ATTN_KEY_LIST, &conf.show, "[0, 0.5)", "the flip rates in the table of the risk"},
    {"weak", ATTN_KEY_REAL, &conf.weak, "(0, 1.4)", "a kappa below sqrt 2, of those"},
    {"strong", ATTN_KEY_REAL, &conf.strong, "(1.5, 1e3)", "a kappa above it, of those"},
    {"gap_eta", ATTN_KEY_REAL, &conf.gap_eta, "(0, 0.5)", "the flip rate of the judged gap"},
    {"near", ATTN_KEY_REAL, &conf.near, "(0, 1)", "the allowed relative distance without flips"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed relative distance"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

enum { EDGE, RISK, DRAWN };

/* Both classes have n/2 samples and round(eta n/2) flips; the share that is flipped is eta. */
static attn_data_param setting(double ratio, double eta, double kappa) {
  attn_data_param param = {conf.n, 2, (size_t)(ratio * (double)conf.n), 0, eta};
  param.eta = 2 * round(eta * (double)conf.n / 2) / (double)conf.n;
  param.rho = attn_data_rho(kappa, param.n, param.d);
  return param;
}

/* ---- prediction ---- */

//@begin turn
/* The kappa at which a small second step leaves the attention of clean samples at one half: with
 * x = kappa^2 / 2 the root of (1 - 2 eta)^2 x^2 - 2 eta x - 1 = 0. */
static double turn(double eta) {
  const double L2 = (1 - 2 * eta) * (1 - 2 * eta);
  return sqrt(2 * (eta + sqrt(eta * eta + L2)) / L2);
}
//@end turn

static double kappa_star(double eta) {
  return sqrt(2 / (1 - eta));
}

static attn_boundary_search search_of(attn_boundary which, double eta, double b) {
  return (attn_boundary_search){b, conf.edge_late, conf.low,
                                which == ATTN_BOUNDARY_C ? conf.reach * turn(eta) : conf.high};
}

static double predicted_edge(attn_boundary which, double eta, double b) {
  const attn_data_param param = setting(conf.edge_ratio, eta, 1);
  const attn_boundary_search search = search_of(which, eta, b);
  return attn_boundary_ideal(which, &search, &param);
}

/* ---- sampling ---- */

#define COLUMNS                                                                                    \
  "part draw eta b kappa coherence edge_a edge_b edge_c star fitted_1 fitted_2 att_clean_2 "       \
  "log10_risk_1 log10_risk_2 late_fitted late_att_clean late_log10_risk majority "                 \
  "wrong agree"

/* The three boundaries, and the mean over classes of the kappa at which the best selection turns. */
static void run_edge(attn_table *table, attn_trial *trial, double eta, double b) {
  attn_table_cells(table, b, NAN, attn_tokens_gram_coherence(trial->tokens, conf.n));
  for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++) {
    const attn_boundary_search search = search_of(w, eta, b);
    attn_table_number(table, attn_boundary_of_draw(w, &search, trial, NULL, NULL));
  }
  const attn_maxmargin_set set = {trial->labels, attn_tokens_gram_matrix(trial->tokens), 1};
  attn_maxmargin_workspace *workspace = attn_maxmargin_alloc(conf.n, 2);
  unsigned char *sigma = attn_alloc(conf.n, 1);
  double *a = attn_alloc(conf.n, sizeof *a);
  attn_choice choice;
  attn_choice_solve(&choice, &set, sigma, a, workspace);
  attn_table_number(table, (attn_choice_threshold(&choice, 0) + attn_choice_threshold(&choice, 1)) /
                               2 / sqrt(conf.edge_ratio));
  attn_table_skip(table, NULL);
  attn_maxmargin_free(workspace);
  attn_free(sigma);
  attn_free(a);
}

static void run_risk(attn_table *table, attn_trial *trial, double kappa) {
  attn_trial_set_rho(trial, attn_data_rho(kappa, trial->param.n, trial->param.d));
  attn_model_zero(trial->model);
  const attn_optim optim = {.beta = attn_train_step_size(&trial->param, conf.b)};
  attn_metrics m[3] = {0}; /* after one step, after two, late */
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == 1 || step == 2 || step == conf.late)
      m[step < 3 ? step - 1 : 2] = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
    if (step == conf.late)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  attn_table_cells(table, conf.b, kappa, attn_tokens_gram_coherence(trial->tokens, conf.n));
  attn_table_skip(table, "fitted_1");
  attn_table_cells(table, m[0].train_acc == 1, m[1].train_acc == 1, m[1].att_clean,
                   attn_metrics_log10_risk(&m[0], 2), attn_metrics_log10_risk(&m[1], 2),
                   m[2].train_acc == 1, m[2].att_clean, attn_metrics_log10_risk(&m[2], 2));
  attn_table_skip(table, NULL);
}

/* After one step with labels drawn from D: whether some class has mostly flipped labels, and whether the
 * model errs on most fresh samples of some class. */
static void run_drawn(attn_table *table, attn_trial *trial) {
  const attn_optim optim = {.beta = attn_train_step_size(&trial->param, conf.b)};
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  const attn_risk_input input = attn_metrics_risk_input(&m);
  const attn_risk_result risk = attn_risk_log10(&input, 2);
  const attn_counts counts = attn_labels_counts(trial->labels);
  bool majority = false, wrong = false, agree = true;
  for (size_t k = 0; k < 2; k++) {
    const bool flipped = counts.noisy[k] > counts.n[k] / 2;
    const bool errs = risk.log10_class[k] > log10(0.5) + 1e-9; /* a class in balance has 1/2 */
    majority |= flipped;
    wrong |= errs;
    agree &= flipped == errs;
  }
  attn_table_cells(table, conf.b, conf.strong, attn_tokens_gram_coherence(trial->tokens, conf.n));
  attn_table_skip(table, "log10_risk_1");
  attn_table_number(table, risk.log10_clean);
  attn_table_skip(table, "majority");
  attn_table_cells(table, majority, wrong, agree);
}

/* A job is a draw of noise of a part, with all flip rates, step sizes and kappa. */
static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const size_t draws[] = {conf.edge_draws, conf.risk_draws, conf.drawn_draws};
  const attn_list one = {1, {conf.strong}};
  const attn_list *const inner[] = {&conf.edge_b, &conf.kappa, &one};
  for (size_t job = ATTN_FIRST_JOB;
       attn_experiment_next(experiment, draws[EDGE] + draws[RISK] + draws[DRAWN], &job);) {
    size_t part = 0, draw = job;
    while (draw >= draws[part])
      draw -= draws[part++];
    for (size_t e = 0; e < conf.eta.count; e++) {
      const double eta = conf.eta.value[e];
      const attn_data_param param =
          setting(part == EDGE ? conf.edge_ratio : conf.risk_ratio, eta, conf.strong);
      attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 1);
      attn_trial_draw(trial, attn_experiment_seed(experiment), "no_flips", part, draw);
      if (part != DRAWN)
        attn_labels_balance(trial->labels, param.eta);
      for (size_t i = 0; i < inner[part]->count; i++) {
        attn_table_cells(table, (double)job, (double)part, (double)draw, eta);
        if (part == EDGE)
          run_edge(table, trial, eta, inner[part]->value[i]);
        else if (part == RISK)
          run_risk(table, trial, inner[part]->value[i]);
        else
          run_drawn(table, trial);
      }
      attn_trial_free(trial);
    }
  }
}

/* ---- tables ---- */

static const char *const edge_column[ATTN_BOUNDARIES] = {"edge_a", "edge_b", "edge_c"};

static attn_summary edge_over(const attn_samples *samples, const char *column, double eta,
                              double b) {
  return attn_samples_summary(
      samples, column, (attn_where[]){{"part", EDGE}, {"eta", eta}, {"b", b}, {0}}, conf.level);
}

static void write_edges(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "edges",
      "b eta a a_low a_high a_predicted b_edge b_low b_high b_predicted c c_low c_high c_predicted "
      "c_found star star_low star_high star_predicted turn draws");
  for (size_t i = 0; i < conf.edge_b.count; i++)
    for (size_t e = 0; e < conf.eta.count; e++) {
      const double b = conf.edge_b.value[i], eta = conf.eta.value[e];
      attn_table_cells(table, b, eta);
      for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++) {
        const attn_summary s = edge_over(samples, edge_column[w], eta, b);
        attn_table_cells(table, s.mean, s.low, s.high, predicted_edge(w, eta, b));
        if (w == ATTN_BOUNDARY_C)
          attn_table_number(table, (double)s.count);
      }
      const attn_summary star = edge_over(samples, "star", eta, b);
      attn_table_cells(table, star.mean, star.low, star.high, kappa_star(eta), turn(eta),
                       (double)conf.edge_draws);
    }
  attn_table_close(table);
}

static attn_recursion ideal(const attn_data_param *param, size_t steps) {
  attn_recursion r = attn_recursion_start(param);
  for (size_t step = 0; step < steps; step++)
    attn_recursion_step(&r, param, attn_train_step_size(param, conf.b));
  return r;
}

/* risk.tsv: all cells, for the figure; shown.tsv: some, for the table. */
static void write_risk(attn_experiment *experiment, const attn_samples *samples, bool shown) {
  const char *const columns =
      "rank kappa eta fitted_1 fitted_2 att_clean_2 log10_risk_1 log10_risk_2 "
      "log10_risk_2_predicted "
      "late_fitted late_att_clean late_att_predicted late_log10_risk late_q05 late_q95 "
      "late_predicted";
  attn_table *table = shown ? attn_experiment_table(experiment, "shown", columns)
                            : attn_experiment_table(experiment, "risk", columns);
  const attn_list *etas = shown ? &conf.show : &conf.eta;
  for (size_t k = 0; k < conf.kappa.count; k++)
    for (size_t e = 0; e < etas->count; e++) {
      const double kappa = conf.kappa.value[k], eta = etas->value[e];
      const attn_where rows[] = {{"part", RISK}, {"kappa", kappa}, {"eta", eta}, {0}};
      const attn_data_param param = setting(conf.risk_ratio, eta, kappa);
      const attn_recursion two = ideal(&param, 2), late = ideal(&param, conf.late);
      const attn_summary risk = attn_samples_summary(samples, "late_log10_risk", rows, conf.level);
      attn_table_cells(table, (double)k, kappa, eta);
      attn_samples_write_means(table, samples, "fitted_1 fitted_2 att_clean_2", rows);
      attn_samples_write_medians(table, samples, "log10_risk_1 log10_risk_2", rows);
      attn_table_number(table, attn_recursion_log10_risk(&two, 2));
      attn_samples_write_means(table, samples, "late_fitted late_att_clean", rows);
      attn_table_cells(table, late.attention[0], risk.median, risk.q05, risk.q95,
                       attn_recursion_log10_risk(&late, 2));
    }
  attn_table_close(table);
}

/* The chance that in a draw of n labels some class has mostly flipped ones: each class has Bin(n, 1/2)
 * samples, each flipped with probability eta. */
static double chance_of_majority(double eta) {
  double kept = 0; /* neither class */
  const unsigned n = (unsigned)conf.n;
  for (unsigned m = 0; m <= n; m++)
    kept += gsl_ran_binomial_pdf(m, 0.5, n) * gsl_cdf_binomial_P(m / 2, eta, m) *
            gsl_cdf_binomial_P((n - m) / 2, eta, n - m);
  return 1 - kept;
}

static void write_drawn(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "drawn", "eta wrong wrong_low wrong_high wrong_predicted agree draws");
  for (size_t e = 0; e < conf.eta.count; e++) {
    const double eta = conf.eta.value[e];
    const attn_where rows[] = {{"part", DRAWN}, {"eta", eta}, {0}};
    const size_t wrong = attn_samples_count(samples, "wrong", 1, 1, rows);
    const attn_interval share = attn_stats_binomial(wrong, conf.drawn_draws, conf.level);
    attn_table_cells(table, eta, (double)wrong / (double)conf.drawn_draws, share.low, share.high,
                     chance_of_majority(eta), attn_samples_share(samples, "agree", 1, rows),
                     (double)conf.drawn_draws);
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

static double predicted_star(double eta, double b) {
  (void)b;
  return kappa_star(eta);
}
static double predicted_a(double eta, double b) {
  return predicted_edge(ATTN_BOUNDARY_A, eta, b);
}
static double predicted_b(double eta, double b) {
  return predicted_edge(ATTN_BOUNDARY_B, eta, b);
}
static double predicted_c(double eta, double b) {
  return predicted_edge(ATTN_BOUNDARY_C, eta, b);
}

/* Measured over predicted, a draw counting once: its mean over flip rates and step sizes, where there
 * is a boundary in all draws. only: that flip rate alone, or not-a-number. */
static attn_summary ratio_of(const attn_samples *samples, const char *column, double only,
                             double (*predicted)(double eta, double b)) {
  const size_t draws = conf.edge_draws, cells = conf.edge_b.count * conf.eta.count;
  double *ratio = attn_alloc(cells * draws, sizeof *ratio); /* [b][eta][draw] */
  double *found = attn_alloc(samples->rows, sizeof *found);
  for (size_t cell = 0; cell < cells; cell++) {
    const double b = conf.edge_b.value[cell / conf.eta.count];
    const double eta = conf.eta.value[cell % conf.eta.count];
    const size_t count = attn_samples_select(
        found, samples, column, (attn_where[]){{"part", EDGE}, {"eta", eta}, {"b", b}, {0}});
    const bool counts = count == draws && (isnan(only) || eta == only);
    for (size_t r = 0; r < draws; r++)
      ratio[cell * draws + r] = counts ? found[r] / predicted(eta, b) : NAN;
  }
  const attn_summary s = attn_stats_draws(ratio, cells, draws, ATTN_DRAW_MEAN, conf.level);
  attn_free(ratio);
  attn_free(found);
  return s;
}

static void claim_ratio(attn_experiment *experiment, const attn_samples *samples, const char *id,
                        const char *column, double only, double allowed,
                        double (*predicted)(double eta, double b)) {
  const attn_summary s = ratio_of(samples, column, only, predicted);
  attn_experiment_claim(experiment, attn_verdict_within(base_of(samples, EDGE, NAN), id, 1, allowed,
                                                        s.mean, s.interval));
}

/* log10 of the late risk minus that after two steps, without flips, mean over draws. */
static attn_summary change_of(const attn_samples *samples, double kappa) {
  const attn_pairs p =
      attn_samples_pairs(samples, "log10_risk_2", "late_log10_risk",
                         (attn_where[]){{"part", RISK}, {"eta", 0}, {"kappa", kappa}, {0}});
  for (size_t r = 0; r < p.count; r++)
    p.y[r] -= p.x[r];
  return attn_stats_summary(p.y, p.count, conf.level);
}

static void write_claims(attn_experiment *experiment, const attn_samples *samples) {
  attn_summary s = change_of(samples, conf.weak);
  attn_experiment_claim(experiment,
                        attn_verdict_above(base_of(samples, RISK, conf.weak), "flips-none-harmful",
                                           0, s.mean, s.interval));
  s = change_of(samples, conf.strong);
  attn_experiment_claim(experiment, attn_verdict_below(base_of(samples, RISK, conf.strong),
                                                       "flips-none-benign", 0, s.mean, s.interval));
  claim_ratio(experiment, samples, "flips-none-c", "edge_c", 0, conf.near, predicted_star);
  claim_ratio(experiment, samples, "flips-gap", "edge_c", conf.gap_eta, conf.allowed,
              predicted_star);
  claim_ratio(experiment, samples, "flips-a", "edge_a", NAN, conf.allowed, predicted_a);
  claim_ratio(experiment, samples, "flips-b", "edge_b", NAN, conf.allowed, predicted_b);
  claim_ratio(experiment, samples, "flips-c", "edge_c", NAN, conf.allowed, predicted_c);
  claim_ratio(experiment, samples, "flips-star", "star", NAN, conf.allowed, predicted_star);
  const attn_where drawn[] = {{"part", DRAWN}, {0}};
  attn_experiment_claim(experiment,
                        attn_verdict_share(base_of(samples, DRAWN, conf.strong), "flips-majority",
                                           attn_samples_count(samples, "agree", 1, 1, drawn),
                                           attn_samples_count(samples, "agree", 0, 1, drawn),
                                           conf.level, conf.delta));
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "label flips from none to nearly one half", keys, sizeof keys / sizeof *keys);
  if (!attn_list_has(&conf.kappa, conf.weak) || !attn_list_has(&conf.kappa, conf.strong))
    attn_fail("weak = %g, strong = %g: must be values of kappa", conf.weak, conf.strong);
  if (!attn_list_has(&conf.eta, 0) || !attn_list_has(&conf.eta, conf.gap_eta))
    attn_fail("eta: must have the values 0 and gap_eta = %g", conf.gap_eta);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_edges(experiment, samples);
    write_risk(experiment, samples, false);
    write_risk(experiment, samples, true);
    write_drawn(experiment, samples);
    write_claims(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
