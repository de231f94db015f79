/* The phase diagram of gradient descent: where training interpolates, where that is benign after
 * two steps and later, and where three boundaries lie (theory section 6b). */
#include <math.h>
#include <string.h>

#include "boundary.h"
#include "experiment.h"
#include "metrics.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t T, late, n_fixed, draws, boundary_n, boundary_late, boundary_draws;
  double eta, b, ratio, boundary_ratio, kappa_min, kappa_max, allowed, coherence, level;
  attn_list kappa, n, snr, d, boundary_eta, boundary_b;
} conf;

static const attn_key keys[] = {
    {"T", ATTN_KEY_COUNT, &conf.T, "[2, 16]", "the tokens per sample"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "[0, 0.5)", "the label-flip rate of the maps"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the scaled step size of the maps"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[3, 1e6]",
     "the number of steps that is late in the maps"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "kappa of the first map"},
    {"n", ATTN_KEY_COUNTS, &conf.n, "[2, 4000]", "n of the first map"},
    {"ratio", ATTN_KEY_REAL, &conf.ratio, "[1, 1e12)", "d/n of the first map"},
    {"snr", ATTN_KEY_LIST, &conf.snr, "(0, 1e3)", "SNR = rho/sqrt(d) of the second map"},
    {"d", ATTN_KEY_COUNTS, &conf.d, "[3, 1e15]", "d of the second map"},
    {"n_fixed", ATTN_KEY_COUNT, &conf.n_fixed, "[2, 4000]", "n of the second map"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[1, 1000]", "draws per cell of the maps"},
    {"boundary_n", ATTN_KEY_COUNT, &conf.boundary_n, "[10, 4000]", "n of the boundaries"},
    {"boundary_ratio", ATTN_KEY_REAL, &conf.boundary_ratio, "[1, 1e12)", "d/n of the boundaries"},
    {"boundary_eta", ATTN_KEY_LIST, &conf.boundary_eta, "[0, 0.5)", "the boundaries' flip rates"},
    {"boundary_b", ATTN_KEY_LIST, &conf.boundary_b, "(0, 1e6)", "the boundaries' step sizes"},
    {"boundary_late", ATTN_KEY_COUNT, &conf.boundary_late, "[3, 1e7]", "steps to boundary C"},
    {"boundary_draws", ATTN_KEY_COUNT, &conf.boundary_draws, "[3, 1e4]", "draws per boundary"},
    {"kappa_min", ATTN_KEY_REAL, &conf.kappa_min, "(0, 1]", "where the search for one begins"},
    {"kappa_max", ATTN_KEY_REAL, &conf.kappa_max, "(1, 1e3)", "where it ends"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed relative distance"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* ---- maps ---- */

enum { MAP_N, MAP_D, BOUNDARY };

#define MAP_COLUMNS "train_2 noisy_2 log10_risk_2 train_late log10_risk_late att_clean_late"
enum { MAP_WIDTH = 6, BOUNDARY_WIDTH = 3 };

static void run_map(double *out /* [MAP_WIDTH] */, const attn_data_param *param, size_t cell,
                    size_t draw, const attn_experiment *experiment) {
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, param, conf.late);
  attn_trial_draw(trial, attn_experiment_seed(experiment), "gd_snr_phase map", cell, draw);
  const double noise = (double)param->d / (double)param->n;
  const attn_optim optim = {.beta = conf.b / fmax(param->rho * param->rho, noise)};
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == 2 || step == conf.late) {
      const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
      const double risk = attn_metrics_log10_risk(&m, conf.T);
      if (step == 2)
        memcpy(out, (double[]){m.train_acc, m.noisy_acc, risk}, 3 * sizeof *out);
      else
        memcpy(out + 3, (double[]){m.train_acc, risk, m.att_clean}, 3 * sizeof *out);
    }
    if (step == conf.late)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  attn_trial_free(trial);
}

/* ---- boundaries ---- */

static attn_boundary_search search_of(double b) {
  return (attn_boundary_search){b, conf.boundary_late, conf.kappa_min, conf.kappa_max};
}

static double rho_of(const attn_data_param *param, double kappa) {
  return kappa * sqrt((double)param->d / (double)param->n);
}

static attn_data_param boundary_param(double eta) {
  return (attn_data_param){conf.boundary_n, conf.T,
                           (size_t)(conf.boundary_ratio * (double)conf.boundary_n), 1, eta};
}

/* out: A, B, C of one draw, and its coherence */
static void run_boundary(double *out, double eta, double b, size_t cell, size_t draw,
                         const attn_experiment *experiment) {
  const attn_data_param param = boundary_param(eta);
  const attn_boundary_search search = search_of(b);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, conf.boundary_late);
  attn_trial_draw(trial, attn_experiment_seed(experiment), "gd_snr_phase boundary", cell, draw);
  for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++)
    out[w] = attn_boundary_of_draw(w, &search, trial, NULL, NULL);
  out[ATTN_BOUNDARIES] = attn_tokens_gram_coherence(trial->tokens, param.n);
  attn_trial_free(trial);
}

static double predicted_boundary(attn_boundary which, double eta, double b) {
  const attn_data_param param = boundary_param(eta);
  const attn_boundary_search search = search_of(b);
  return attn_boundary_ideal(which, &search, &param);
}

/* ---- jobs ---- */

/* The j-th job of a part, as indices of its grid: draw, fast axis, slow axis. */
static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(
      experiment, "part x y " MAP_COLUMNS " boundary_a boundary_b boundary_c coherence");
  const size_t parts[] = {conf.kappa.count * conf.n.count * conf.draws,
                          conf.snr.count * conf.d.count * conf.draws,
                          conf.boundary_eta.count * conf.boundary_b.count * conf.boundary_draws};
  for (size_t job = ATTN_FIRST_JOB;
       attn_experiment_next(experiment, parts[0] + parts[1] + parts[2], &job);) {
    size_t part = 0, j = job;
    while (j >= parts[part])
      j -= parts[part++];
    double row[3 + MAP_WIDTH + BOUNDARY_WIDTH + 1];
    for (size_t c = 0; c < sizeof row / sizeof *row; c++)
      row[c] = NAN;
    row[0] = (double)part;
    if (part == BOUNDARY) {
      const size_t cell = j / conf.boundary_draws, draw = j % conf.boundary_draws;
      row[1] = conf.boundary_eta.value[cell / conf.boundary_b.count];
      row[2] = conf.boundary_b.value[cell % conf.boundary_b.count];
      run_boundary(row + 3 + MAP_WIDTH, row[1], row[2], cell / conf.boundary_b.count, draw,
                   experiment);
    } else {
      const attn_list *x = part == MAP_N ? &conf.kappa : &conf.snr;
      const attn_list *y = part == MAP_N ? &conf.n : &conf.d;
      const size_t cell = j / conf.draws;
      row[1] = x->value[cell % x->count];
      row[2] = y->value[cell / x->count];
      attn_data_param param = {conf.n_fixed, conf.T, (size_t)row[2], 0, conf.eta};
      if (part == MAP_N) {
        param.n = (size_t)row[2];
        param.d = (size_t)(conf.ratio * row[2]);
        param.rho = rho_of(&param, row[1]);
      } else {
        param.rho = row[1] * sqrt(row[2]);
      }
      run_map(row + 3, &param, part * 100000 + cell, j % conf.draws, experiment);
    }
    attn_table_number(table, (double)job);
    attn_table_numbers(table, row, sizeof row / sizeof *row);
  }
}

/* ---- results ---- */

static double median_of(const attn_samples *samples, double *x, const char *column, size_t part,
                        double at_x, double at_y) {
  const size_t count = attn_samples_select(
      x, samples, column, (attn_where[]){{"part", (double)part}, {"x", at_x}, {"y", at_y}, {0}});
  attn_stats_sort(x, count);
  return attn_stats_quantile(x, count, 0.5);
}

static void write_map(attn_experiment *experiment, const attn_samples *samples, double *x,
                      size_t part) {
  static const char *columns[MAP_WIDTH] = {"train_2",    "noisy_2",         "log10_risk_2",
                                           "train_late", "log10_risk_late", "att_clean_late"};
  attn_table *table = part == MAP_N
                          ? attn_experiment_table(experiment, "map_n",
                                                  "kappa n x_low x_high y_low y_high " MAP_COLUMNS)
                          : attn_experiment_table(experiment, "map_d",
                                                  "snr d x_low x_high y_low y_high " MAP_COLUMNS);
  const attn_list *fast = part == MAP_N ? &conf.kappa : &conf.snr;
  const attn_list *slow = part == MAP_N ? &conf.n : &conf.d;
  for (size_t i = 0; i < slow->count; i++)
    for (size_t j = 0; j < fast->count; j++) {
      double ends[4];
      attn_list_cell(ends, fast, j);
      attn_list_cell(ends + 2, slow, i);
      attn_table_numbers(table, (double[]){fast->value[j], slow->value[i]}, 2);
      attn_table_numbers(table, ends, 4);
      for (size_t c = 0; c < MAP_WIDTH; c++)
        attn_table_number(table,
                          median_of(samples, x, columns[c], part, fast->value[j], slow->value[i]));
    }
  attn_table_close(table);
}

static size_t select_boundary(double *x, const attn_samples *samples, attn_boundary which,
                              double eta, double b) {
  static const char *const column[ATTN_BOUNDARIES] = {"boundary_a", "boundary_b", "boundary_c"};
  return attn_samples_select(x, samples, column[which],
                             (attn_where[]){{"part", BOUNDARY}, {"x", eta}, {"y", b}, {0}});
}

/* One boundary's claim: measured / predicted per draw, averaged over step sizes, since those share
 * a draw; then its mean over draws and flip rates, with its interval. */
static void boundary_claim(attn_experiment *experiment, const attn_samples *samples,
                           attn_boundary which, double coherence) {
  static const char *const id[ATTN_BOUNDARIES] = {"boundary-a", "boundary-b", "boundary-c"};
  const size_t draws = conf.boundary_draws;
  double *found = attn_alloc(samples->rows, sizeof *found);
  double *ratio = attn_alloc(conf.boundary_eta.count * draws, sizeof *ratio);
  size_t ratios = 0;
  for (size_t e = 0; e < conf.boundary_eta.count; e++) {
    double *sum = attn_alloc(draws, sizeof *sum);
    size_t cells = 0;
    for (size_t s = 0; s < conf.boundary_b.count; s++) {
      const double eta = conf.boundary_eta.value[e], b = conf.boundary_b.value[s];
      const double predicted = predicted_boundary(which, eta, b);
      /* where some draws have no boundary, the mean over the others would be biased */
      if (isnan(predicted) || select_boundary(found, samples, which, eta, b) != draws)
        continue;
      for (size_t r = 0; r < draws; r++)
        sum[r] += found[r] / predicted;
      cells++;
    }
    for (size_t r = 0; r < draws && cells > 0; r++)
      ratio[ratios++] = sum[r] / (double)cells;
    attn_free(sum);
  }
  const attn_interval interval = attn_stats_mean_interval(ratio, ratios, conf.level);
  const attn_claim base = {
      .kappa = NAN, .coherence = coherence, .in_scope = coherence <= conf.coherence};
  attn_experiment_claim(experiment, attn_verdict_within(base, id[which], 1, conf.allowed,
                                                        attn_stats_mean(ratio, ratios), interval));
  attn_free(found);
  attn_free(ratio);
}

static void write_boundaries(attn_experiment *experiment, const attn_samples *samples, double *x) {
  attn_table *table = attn_experiment_table(
      experiment, "boundaries",
      "eta b kappa_a a_low a_high a_predicted a_found kappa_b b_low b_high b_predicted b_found "
      "kappa_c c_low c_high c_predicted c_found kappa_star draws");
  for (size_t s = 0; s < conf.boundary_b.count; s++)
    for (size_t e = 0; e < conf.boundary_eta.count; e++) {
      const double eta = conf.boundary_eta.value[e], b = conf.boundary_b.value[s];
      attn_table_numbers(table, (double[]){eta, b}, 2);
      for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++) {
        const double predicted = predicted_boundary(w, eta, b);
        const size_t count = select_boundary(x, samples, w, eta, b);
        const attn_summary m = attn_stats_summary(x, count, conf.level);
        attn_table_numbers(table, (double[]){m.mean, m.low, m.high, predicted, (double)count}, 5);
      }
      attn_table_numbers(table, (double[]){sqrt(2 / (1 - eta)), (double)conf.boundary_draws}, 2);
    }
  attn_table_close(table);

  table = attn_experiment_table(experiment, "map_edges", "a_predicted b_predicted c_predicted");
  for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++) {
    attn_table_number(table, predicted_boundary(w, conf.eta, conf.b));
  }
  attn_table_close(table);

  const size_t count =
      attn_samples_select(x, samples, "coherence", (attn_where[]){{"part", BOUNDARY}, {0}});
  attn_stats_sort(x, count);
  const double coherence = x[count - 1];
  for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++)
    boundary_claim(experiment, samples, w, coherence);
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "where gradient descent interpolates, and where that is benign", keys,
      sizeof keys / sizeof *keys);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    double *x = attn_alloc(samples->rows, sizeof *x);
    write_map(experiment, samples, x, MAP_N);
    write_map(experiment, samples, x, MAP_D);
    write_boundaries(experiment, samples, x);
    attn_free(x);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
