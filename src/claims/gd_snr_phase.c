/* The phase diagram of gradient descent: where training interpolates, where that is benign after
 * two steps and later, and where three boundaries lie (theory section 6b). */
#include <math.h>

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

enum { MAP_N, MAP_D, BOUNDARY };

static const attn_list *fast_axis(size_t part) {
  return part == MAP_N ? &conf.kappa : part == MAP_D ? &conf.snr : &conf.boundary_b;
}

static const attn_list *slow_axis(size_t part) {
  return part == MAP_N ? &conf.n : part == MAP_D ? &conf.d : &conf.boundary_eta;
}

/* ---- sampling ---- */

#define MAP_COLUMNS "train_2 noisy_2 log10_risk_2 train_late log10_risk_late att_clean_late"
#define COLUMNS "part x y " MAP_COLUMNS " boundary_a boundary_b boundary_c coherence"

/* A cell of a map: x is kappa and y is n, or x is the SNR and y is d. */
static attn_data_param map_param(size_t part, double x, double y) {
  attn_data_param param = {conf.n_fixed, conf.T, (size_t)y, x * sqrt(y), conf.eta};
  if (part == MAP_N) {
    param.n = (size_t)y;
    param.d = (size_t)(conf.ratio * y);
    param.rho = attn_data_rho(x, param.n, param.d);
  }
  return param;
}

static void run_map(attn_table *table, const attn_data_param *param, size_t cell, size_t draw,
                    const attn_experiment *experiment) {
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, param, conf.late);
  attn_trial_draw(trial, attn_experiment_seed(experiment), "gd_snr_phase map", cell, draw);
  const attn_optim optim = {.beta = attn_train_step_size(param, conf.b)};
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (step == 2 || step == conf.late) {
      const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
      const double risk = attn_metrics_log10_risk(&m, conf.T);
      if (step == 2)
        attn_table_cells(table, m.train_acc, m.noisy_acc, risk);
      else
        attn_table_cells(table, m.train_acc, risk, m.att_clean);
    }
    if (step == conf.late)
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  attn_table_skip(table, NULL);
  attn_trial_free(trial);
}

static attn_data_param boundary_param(double eta) {
  return (attn_data_param){conf.boundary_n, conf.T,
                           (size_t)(conf.boundary_ratio * (double)conf.boundary_n), 1, eta};
}

static attn_boundary_search search_of(double b) {
  return (attn_boundary_search){b, conf.boundary_late, conf.kappa_min, conf.kappa_max};
}

/* A, B, C of one draw, and its coherence. */
static void run_boundary(attn_table *table, double eta, double b, size_t cell, size_t draw,
                         const attn_experiment *experiment) {
  const attn_data_param param = boundary_param(eta);
  const attn_boundary_search search = search_of(b);
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, conf.boundary_late);
  attn_trial_draw(trial, attn_experiment_seed(experiment), "gd_snr_phase boundary", cell, draw);
  attn_table_skip(table, "boundary_a");
  for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++)
    attn_table_number(table, attn_boundary_of_draw(w, &search, trial, NULL, NULL));
  attn_table_number(table, attn_tokens_gram_coherence(trial->tokens, param.n));
  attn_trial_free(trial);
}

/* A job is a draw of a cell. The boundaries' step sizes share a draw. */
static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const size_t draws[] = {conf.draws, conf.draws, conf.boundary_draws};
  size_t jobs[3], total = 0;
  for (size_t part = 0; part < 3; total += jobs[part++])
    jobs[part] = fast_axis(part)->count * slow_axis(part)->count * draws[part];
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, total, &job);) {
    size_t part = 0, j = job;
    while (j >= jobs[part])
      j -= jobs[part++];
    const size_t cell = j / draws[part], draw = j % draws[part];
    const size_t slow = cell / fast_axis(part)->count;
    const double fast_value = fast_axis(part)->value[cell % fast_axis(part)->count];
    const double slow_value = slow_axis(part)->value[slow];
    attn_table_cells(table, (double)job, (double)part);
    if (part == BOUNDARY) {
      attn_table_cells(table, slow_value, fast_value);
      run_boundary(table, slow_value, fast_value, slow, draw, experiment);
    } else {
      const attn_data_param param = map_param(part, fast_value, slow_value);
      attn_table_cells(table, fast_value, slow_value);
      run_map(table, &param, part * 100000 + cell, draw, experiment);
    }
  }
}

/* ---- prediction ---- */

static double predicted_boundary(attn_boundary which, double eta, double b) {
  const attn_data_param param = boundary_param(eta);
  const attn_boundary_search search = search_of(b);
  return attn_boundary_ideal(which, &search, &param);
}

/* ---- tables ---- */

static void write_map(attn_experiment *experiment, const attn_samples *samples, size_t part) {
  attn_table *table = part == MAP_N
                          ? attn_experiment_table(experiment, "map_n",
                                                  "kappa n x_low x_high y_low y_high " MAP_COLUMNS)
                          : attn_experiment_table(experiment, "map_d",
                                                  "snr d x_low x_high y_low y_high " MAP_COLUMNS);
  const attn_list *fast = fast_axis(part), *slow = slow_axis(part);
  for (size_t i = 0; i < slow->count; i++)
    for (size_t j = 0; j < fast->count; j++) {
      const double x = fast->value[j], y = slow->value[i];
      double x_ends[2], y_ends[2];
      attn_list_cell(x_ends, fast, j);
      attn_list_cell(y_ends, slow, i);
      attn_table_cells(table, x, y, x_ends[0], x_ends[1], y_ends[0], y_ends[1]);
      attn_samples_write_medians(table, samples, MAP_COLUMNS,
                                 (attn_where[]){{"part", (double)part}, {"x", x}, {"y", y}, {0}});
    }
  attn_table_close(table);
}

static const char *const boundary_column[ATTN_BOUNDARIES] = {"boundary_a", "boundary_b",
                                                             "boundary_c"};

static void write_boundaries(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "boundaries",
      "eta b kappa_a a_low a_high a_predicted a_found kappa_b b_low b_high b_predicted b_found "
      "kappa_c c_low c_high c_predicted c_found kappa_star draws");
  for (size_t s = 0; s < conf.boundary_b.count; s++)
    for (size_t e = 0; e < conf.boundary_eta.count; e++) {
      const double eta = conf.boundary_eta.value[e], b = conf.boundary_b.value[s];
      attn_table_cells(table, eta, b);
      for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++) {
        const attn_summary m = attn_samples_summary(
            samples, boundary_column[w],
            (attn_where[]){{"part", BOUNDARY}, {"x", eta}, {"y", b}, {0}}, conf.level);
        attn_table_cells(table, m.mean, m.low, m.high, predicted_boundary(w, eta, b),
                         (double)m.count);
      }
      attn_table_cells(table, sqrt(2 / (1 - eta)), (double)conf.boundary_draws);
    }
  attn_table_close(table);

  table = attn_experiment_table(experiment, "map_edges", "a_predicted b_predicted c_predicted");
  for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++)
    attn_table_number(table, predicted_boundary(w, conf.eta, conf.b));
  attn_table_close(table);
}

/* ---- claims ---- */

/* Measured / predicted, averaged over step sizes, since those share a draw. */
static void boundary_claim(attn_experiment *experiment, const attn_samples *samples,
                           attn_boundary which) {
  static const char *const id[ATTN_BOUNDARIES] = {"boundary-a", "boundary-b", "boundary-c"};
  const size_t draws = conf.boundary_draws, all = conf.boundary_eta.count * draws;
  double *found = attn_alloc(samples->rows, sizeof *found);
  double *ratio = attn_alloc(conf.boundary_b.count * all, sizeof *ratio); /* [b][eta][draw] */
  for (size_t s = 0; s < conf.boundary_b.count; s++)
    for (size_t e = 0; e < conf.boundary_eta.count; e++) {
      const double eta = conf.boundary_eta.value[e], b = conf.boundary_b.value[s];
      const double predicted = predicted_boundary(which, eta, b);
      const size_t count =
          attn_samples_select(found, samples, boundary_column[which],
                              (attn_where[]){{"part", BOUNDARY}, {"x", eta}, {"y", b}, {0}});
      /* where some draws have no boundary, the mean over the others would be biased */
      for (size_t r = 0; r < draws; r++)
        ratio[s * all + e * draws + r] = count == draws ? found[r] / predicted : NAN;
    }
  const attn_summary s =
      attn_stats_draws(ratio, conf.boundary_b.count, all, ATTN_DRAW_MEAN, conf.level);
  const double coherence =
      attn_samples_largest(samples, "coherence", (attn_where[]){{"part", BOUNDARY}, {0}});
  attn_experiment_claim(experiment,
                        attn_verdict_within(attn_verdict_scope(NAN, coherence, conf.coherence),
                                            id[which], 1, conf.allowed, s.mean, s.interval));
  attn_free(found);
  attn_free(ratio);
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "where gradient descent interpolates, and where that is benign", keys,
      sizeof keys / sizeof *keys);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_map(experiment, samples, MAP_N);
    write_map(experiment, samples, MAP_D);
    write_boundaries(experiment, samples);
    for (attn_boundary w = 0; w < ATTN_BOUNDARIES; w++)
      boundary_claim(experiment, samples, w);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
