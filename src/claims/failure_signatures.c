/* Three failure signatures, each made measurable, provoked and detected: harmful overfitting, attention
 * collapse, gradient explosion; where they occur, and whether they tell of a bad risk. */
#include <math.h>

#include "diagnose.h"
#include "experiment.h"
#include "metrics.h"
#include "recursion.h"
#include "start.h"
#include "stats.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t n, late, early, draws, start_draws, extreme_steps, extreme_draws;
  double eta, ratio, start_b, extreme_kappa, harmful, collapse, grew, vanished, mild_low, mild_high,
      strong, huge_b, weak_low, weak_high, small_start, large_start, most, delta, coherence, level;
  attn_list kappa, b, start_kappa, start, extreme_b;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &conf.n, "[10, 2000]", "the number of samples"},
    {"ratio", ATTN_KEY_REAL, &conf.ratio, "[1, 1e12)", "d/n"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "kappa of the map of step sizes"},
    {"b", ATTN_KEY_LIST, &conf.b, "(0, 1e9)", "the step sizes beta max(rho^2, d/n)"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[1, 1e4]", "draws of each cell"},
    {"early", ATTN_KEY_COUNT, &conf.early, "[2, 1e6]", "early, in steps"},
    {"late", ATTN_KEY_COUNT, &conf.late, "[3, 1e6]", "late, in steps"},
    {"start_kappa", ATTN_KEY_LIST, &conf.start_kappa, "(0, 1e3)", "kappa of the map of starts"},
    {"start", ATTN_KEY_LIST, &conf.start, "(0, 1e6)",
     "the standard deviation of a noise token's scores at the start"},
    {"start_b", ATTN_KEY_REAL, &conf.start_b, "(0, 1e9)", "the step size there"},
    {"start_draws", ATTN_KEY_COUNT, &conf.start_draws, "[1, 1e4]", "draws of each cell there"},
    {"extreme_kappa", ATTN_KEY_REAL, &conf.extreme_kappa, "(0, 1e3)", "kappa of extreme steps"},
    {"extreme_b", ATTN_KEY_LIST, &conf.extreme_b, "(0, 1e307)", "extreme step sizes"},
    {"extreme_steps", ATTN_KEY_COUNT, &conf.extreme_steps, "[3, 1e6]", "steps there"},
    {"extreme_draws", ATTN_KEY_COUNT, &conf.extreme_draws, "[1, 1e4]", "draws of each"},
    {"harmful", ATTN_KEY_REAL, &conf.harmful, "(0, 0.5]", "the least risk that is harmful"},
    {"collapse", ATTN_KEY_REAL, &conf.collapse, "(0.5, 1)",
     "the concentration from which attention has collapsed"},
    {"grew", ATTN_KEY_REAL, &conf.grew, "[1, 1e9)", "the growth that is an explosion"},
    {"vanished", ATTN_KEY_REAL, &conf.vanished, "(0, 1)",
     "the openness below which the gradient has vanished"},
    {"mild_low", ATTN_KEY_REAL, &conf.mild_low, "(0, 1e9)", "the smallest mild step size"},
    {"mild_high", ATTN_KEY_REAL, &conf.mild_high, "(0, 1e9)", "the largest mild step size"},
    {"strong", ATTN_KEY_REAL, &conf.strong, "(0, 1e3)", "the kappa from which signals are strong"},
    {"huge_b", ATTN_KEY_REAL, &conf.huge_b, "(0, 1e9)", "the smallest huge step size"},
    {"weak_low", ATTN_KEY_REAL, &conf.weak_low, "(0, 1e3)", "kappa from here are weak"},
    {"weak_high", ATTN_KEY_REAL, &conf.weak_high, "(0, 1e3)", "up to here"},
    {"small_start", ATTN_KEY_REAL, &conf.small_start, "(0, 1e6)", "the largest small start"},
    {"large_start", ATTN_KEY_REAL, &conf.large_start, "(0, 1e6)", "the smallest large start"},
    {"most", ATTN_KEY_REAL, &conf.most, "(0, 1)", "a share above which it is most runs"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* STEPS: over kappa and b from zero. STARTS: over kappa and the scale of a random start.
 * EXTREME: step sizes near the largest double. The columns x and y are kappa and b or the scale. */
typedef enum { STEPS, STARTS, EXTREME, PARTS } part;

/* both: both classes have noisy samples. on_signal, on_noise: collapsed, with at least (at most) so much mean attention on the signal. */
#define COLUMNS                                                                                    \
  "part x y draw both coherence train_acc log10_risk bad harmful att_clean att_noisy "             \
  "concentration "                                                                                 \
  "separation collapsed_early collapsed on_signal on_noise mixed growth grew rise rose vanished "  \
  "openness finite over_bound"

static attn_data_param parameters(double kappa) {
  const size_t d = (size_t)(conf.ratio * (double)conf.n);
  return (attn_data_param){conf.n, 2, d, attn_data_rho(kappa, conf.n, d), conf.eta};
}

/* ---- sampling ---- */

static void run(attn_table *table, attn_trial *trial, double b, size_t steps) {
  attn_model *model = trial->model;
  const attn_labels *labels = trial->labels;
  const attn_optim optim = {.beta = attn_train_step_size(&trial->param, b)};
  const double longest = attn_diagnose_longest(trial->tokens);
  attn_watch watch = {0};
  attn_diagnosis now;
  bool early = false;
  //@begin watch
  for (size_t step = 0;; step++) {
    attn_model_forward(model, trial->tokens, labels);
    attn_train_loss_derivative(trial->w, model->f, labels);
    attn_model_backward(model, trial->tokens, labels, trial->w);
    now = attn_diagnose_measure(model, trial->tokens, labels, trial->w, longest);
    attn_diagnose_watch(&watch, &now);
    if (step == conf.early)
      early = attn_diagnose_collapsed(&now, conf.collapse);
    if (step == steps || !watch.finite)
      break;
    attn_optim_update(&optim, model->theta, model->grad, 2 * model->dim);
  }
  //@end watch
  const attn_metrics m = attn_metrics_measure(model, trial->tokens, labels);
  const double risk = attn_metrics_log10_risk(&m, trial->param.T);
  const bool collapsed = attn_diagnose_collapsed(&now, conf.collapse);
  const double vanished =
      isnan(now.openness) ? NAN : attn_diagnose_vanished(&now, conf.vanished); /* no loss is left */
  const bool signal = collapsed && fmin(m.att_clean, m.att_noisy) >= conf.collapse;
  const bool noise = collapsed && fmax(m.att_clean, m.att_noisy) <= 1 - conf.collapse;
  attn_table_cells(
      table, attn_tokens_gram_coherence(trial->tokens, trial->param.n), m.train_acc, risk,
      risk >= log10(conf.harmful), attn_diagnose_harmful(m.train_acc, risk, conf.harmful),
      m.att_clean, m.att_noisy, now.concentration, now.separation, early, collapsed, signal, noise,
      collapsed && !signal && !noise, watch.largest / watch.start,
      attn_diagnose_grew(&watch, conf.grew), watch.loss_largest / watch.loss_start,
      attn_diagnose_rose(&watch), vanished, now.openness, watch.finite, watch.over_bound);
}

static size_t cells_of(part which, const attn_list **x, const attn_list **y, size_t *draws) {
  static attn_list one = {.count = 1};
  one.value[0] = conf.extreme_kappa;
  const attn_list *const xs[PARTS] = {&conf.kappa, &conf.start_kappa, &one};
  const attn_list *const ys[PARTS] = {&conf.b, &conf.start, &conf.extreme_b};
  const size_t draws_each[PARTS] = {conf.draws, conf.start_draws, conf.extreme_draws};
  *x = xs[which];
  *y = ys[which];
  *draws = draws_each[which];
  return (*x)->count * (*y)->count;
}

static void run_job(attn_table *table, part which, double x, double y, size_t cell, size_t draw,
                    const attn_experiment *experiment) {
  static const char *const name[PARTS] = {"failure_signatures steps", "failure_signatures starts",
                                          "failure_signatures extreme"};
  const uint64_t seed = attn_experiment_seed(experiment);
  const attn_data_param param = parameters(x);
  const size_t steps = which == EXTREME ? conf.extreme_steps : conf.late;
  attn_trial *trial = attn_trial_alloc_gaussian(ATTN_TOKENS_BARTLETT, &param, steps);
  attn_trial_draw(trial, seed, name[which], cell, draw);
  if (which == STARTS)
    attn_start_trial(trial, ATTN_START_GAUSSIAN, y, y, seed, name[which], cell, draw);
  const attn_counts counts = attn_labels_counts(trial->labels);
  attn_table_cells(table, (double)which, x, y, (double)draw,
                   counts.noisy[0] > 0 && counts.noisy[1] > 0);
  run(table, trial, which == STARTS ? conf.start_b : y, steps);
  attn_trial_free(trial);
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const attn_list *x, *y;
  size_t total = 0, draws;
  for (part p = 0; p < PARTS; p++) {
    const size_t cells = cells_of(p, &x, &y, &draws);
    total += cells * draws;
  }
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, total, &job);) {
    size_t j = job;
    part p = 0;
    size_t cells = cells_of(p, &x, &y, &draws);
    while (j >= cells * draws) {
      j -= cells * draws;
      cells = cells_of(++p, &x, &y, &draws);
    }
    const size_t cell = j / draws;
    attn_table_number(table, (double)job);
    run_job(table, p, x->value[cell % x->count], y->value[cell / x->count], cell, j % draws,
            experiment);
  }
}

/* ---- tables ---- */

#define MAP_COLUMNS                                                                                \
  "train_acc bad harmful att_clean att_noisy concentration separation collapsed_early collapsed "  \
  "on_signal on_noise mixed grew rose vanished finite"

/* The same two signatures in the recursion on orthogonal noise. */
static void write_ideal(attn_table *table, double kappa, double b) {
  const attn_data_param param = parameters(kappa);
  attn_recursion r = attn_recursion_start(&param);
  for (size_t step = 0; step < conf.late; step++)
    attn_recursion_step(&r, &param, attn_train_step_size(&param, b));
  const double fitted = r.margin[0] > 0 && r.margin[1] > 0;
  attn_table_cells(table,
                   attn_diagnose_harmful(fitted, attn_recursion_log10_risk(&r, 2), conf.harmful),
                   fmax(r.attention[0], r.attention[1]) <= 1 - conf.collapse);
}

static void write_map(attn_experiment *experiment, const attn_samples *samples, part which) {
  attn_table *table =
      which == STEPS
          ? attn_experiment_table(experiment, "steps",
                                  "kappa b x_low x_high y_low y_high log10_risk growth " MAP_COLUMNS
                                  " ideal_harmful ideal_on_noise")
          : attn_experiment_table(
                experiment, "starts",
                "kappa start x_low x_high y_low y_high log10_risk growth " MAP_COLUMNS);
  const attn_list *x, *y;
  size_t draws;
  cells_of(which, &x, &y, &draws);
  for (size_t j = 0; j < y->count; j++)
    for (size_t i = 0; i < x->count; i++) {
      const attn_where where[] = {
          {"part", (double)which}, {"x", x->value[i]}, {"y", y->value[j]}, {0}};
      double x_ends[2], y_ends[2];
      attn_list_cell(x_ends, x, i);
      attn_list_cell(y_ends, y, j);
      attn_table_cells(table, x->value[i], y->value[j], x_ends[0], x_ends[1], y_ends[0], y_ends[1]);
      attn_samples_write_medians(table, samples, "log10_risk growth", where);
      attn_samples_write_means(table, samples, MAP_COLUMNS, where);
      if (which == STEPS)
        write_ideal(table, x->value[i], y->value[j]);
    }
  attn_table_close(table);
}

/* Strong signals and huge steps, by whether both classes have noisy samples. */
static void write_classes(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "classes", "both runs harmful on_noise on_noise_low on_noise_high");
  for (size_t both = 0; both < 2; both++) {
    size_t runs = 0, harmful = 0, noise = 0;
    for (size_t i = 0; i < conf.kappa.count; i++)
      for (size_t j = 0; j < conf.b.count; j++) {
        if (conf.kappa.value[i] < conf.strong || conf.b.value[j] < conf.huge_b)
          continue;
        const attn_where where[] = {{"part", STEPS},
                                    {"x", conf.kappa.value[i]},
                                    {"y", conf.b.value[j]},
                                    {"both", (double)both},
                                    {0}};
        runs += attn_samples_count(samples, "on_noise", 0, 1, where);
        harmful += attn_samples_count(samples, "harmful", 1, 1, where);
        noise += attn_samples_count(samples, "on_noise", 1, 1, where);
      }
    const attn_interval interval = attn_stats_binomial(noise, runs, conf.level);
    attn_table_cells(table, (double)both, (double)runs, (double)harmful / (double)runs,
                     (double)noise / (double)runs, interval.low, interval.high);
  }
  attn_table_close(table);
}

static void write_extreme(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table =
      attn_experiment_table(experiment, "extreme", "b finite growth rise train_acc log10_risk");
  for (size_t i = 0; i < conf.extreme_b.count; i++) {
    const attn_where where[] = {{"part", EXTREME}, {"y", conf.extreme_b.value[i]}, {0}};
    attn_table_number(table, conf.extreme_b.value[i]);
    attn_samples_write_means(table, samples, "finite", where);
    attn_samples_write_medians(table, samples, "growth rise train_acc log10_risk", where);
  }
  attn_table_close(table);
}

static const struct {
  const char *column, *name;
} signatures[] = {
    {"collapsed_early", "collapse, early"}, {"collapsed", "collapse, late"},
    {"on_noise", "collapse on noise"},      {"on_signal", "collapse on signals"},
    {"mixed", "collapse on either"},        {"grew", "gradient growth"},
    {"rose", "rise of the loss"},           {"vanished", "vanished attention gradient"}};
enum { SIGNATURES = sizeof signatures / sizeof *signatures };

/* How runs with and without a signature end: [signature][bad]. */
typedef struct {
  size_t count[2][2];
} confusion;

static confusion confuse(const attn_samples *samples, part which, const char *column) {
  confusion c;
  for (size_t s = 0; s < 2; s++)
    for (size_t bad = 0; bad < 2; bad++)
      c.count[s][bad] =
          attn_samples_count(samples, column, (double)s, (double)s,
                             (attn_where[]){{"part", (double)which}, {"bad", (double)bad}, {0}});
  return c;
}

/* miss: share of bad runs without the signature; false_alarm: share of good runs with it; right:
 * share of the runs with it that are bad. */
static void write_prediction(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "prediction",
      "map signature runs seen miss miss_low miss_high false_alarm false_low false_high right "
      "right_low right_high");
  static const char *const map[] = {"steps", "starts"};
  for (part p = STEPS; p <= STARTS; p++)
    for (size_t s = 0; s < SIGNATURES; s++) {
      const confusion c = confuse(samples, p, signatures[s].column);
      const size_t bad = c.count[0][1] + c.count[1][1], good = c.count[0][0] + c.count[1][0];
      const size_t seen = c.count[1][0] + c.count[1][1];
      const size_t met[3] = {c.count[0][1], c.count[1][0], c.count[1][1]};
      const size_t of[3] = {bad, good, seen};
      attn_table_text(table, map[p]);
      attn_table_text(table, signatures[s].name);
      attn_table_cells(table, (double)(bad + good), (double)seen);
      for (size_t r = 0; r < 3; r++) {
        const attn_interval interval = attn_stats_binomial(met[r], of[r], conf.level);
        attn_table_cells(table, (double)met[r] / (double)of[r], interval.low, interval.high);
      }
    }
  attn_table_close(table);
}

/* ---- claims ---- */

static attn_claim base_of(const attn_samples *samples, const attn_where *where) {
  return attn_verdict_scope(NAN, attn_samples_largest(samples, "coherence", where), conf.coherence);
}

typedef struct {
  double low, high;
} range;

/* The share of the runs with x and y in the ranges that have a column equal to 1, above (below) a
 * bound. */
static void claim_share(attn_experiment *experiment, const attn_samples *samples, const char *id,
                        part which, const char *column, range xs, range ys, bool above,
                        double bound) {
  const attn_list *x, *y;
  size_t draws, met = 0, count = 0;
  cells_of(which, &x, &y, &draws);
  for (size_t i = 0; i < x->count; i++)
    for (size_t j = 0; j < y->count; j++)
      if (x->value[i] >= xs.low && x->value[i] <= xs.high && y->value[j] >= ys.low &&
          y->value[j] <= ys.high) {
        met += attn_samples_count(
            samples, column, 1, 1,
            (attn_where[]){{"part", (double)which}, {"x", x->value[i]}, {"y", y->value[j]}, {0}});
        count += draws;
      }
  const attn_claim base = base_of(samples, (attn_where[]){{"part", (double)which}, {0}});
  const attn_interval interval = attn_stats_binomial(met, count, conf.level);
  attn_experiment_claim(experiment, (above ? attn_verdict_above : attn_verdict_below)(
                                        base, id, bound, (double)met / (double)count, interval));
}

static void write_claims(attn_experiment *experiment, const attn_samples *samples) {
  const range all = {0, INFINITY}, strong = {conf.strong, INFINITY};
  const range weak = {conf.weak_low, conf.weak_high}, huge = {conf.huge_b, INFINITY};
  const range mild = {conf.mild_low, conf.mild_high};
  const range small = {0, conf.small_start}, large = {conf.large_start, INFINITY};
  //@begin claims
  claim_share(experiment, samples, "harmful-by-large-steps", STEPS, "harmful", strong, huge, true,
              conf.most);
  claim_share(experiment, samples, "harmless-by-large-steps", STEPS, "bad", weak, huge, false,
              conf.delta);
  claim_share(experiment, samples, "harmless-by-mild-steps", STEPS, "bad", strong, mild, false,
              conf.delta);
  claim_share(experiment, samples, "collapse-by-large-steps", STEPS, "on_noise", strong, huge, true,
              conf.most);
  claim_share(experiment, samples, "no-collapse-by-mild-steps", STEPS, "collapsed", strong, mild,
              false, conf.delta);
  claim_share(experiment, samples, "bad-by-large-starts", STARTS, "bad", strong, large, true,
              conf.most);
  claim_share(experiment, samples, "harmless-by-small-starts", STARTS, "bad", strong, small, false,
              conf.delta);
  //@end claims
  const attn_claim base = base_of(samples, (attn_where[]){{"part", STEPS}, {0}});
  const double over = attn_samples_largest(samples, "over_bound", (attn_where[]){{0}});
  attn_experiment_claim(experiment, attn_verdict_below(base, "gradient-bounded", 1, over,
                                                       (attn_interval){NAN, over}));
  claim_share(experiment, samples, "gradient-grows", STEPS, "grew", strong, huge, true, conf.most);
  claim_share(experiment, samples, "no-divergence", STEPS, "finite", all, all, true,
              1 - conf.delta);
  static const char *const told[][2] = {{"growth-tells-of-risk", "grew"},
                                        {"rise-tells-of-risk", "rose"},
                                        {"collapse-tells-of-risk", "on_noise"}};
  for (size_t t = 0; t < sizeof told / sizeof *told; t++) {
    const confusion c = confuse(samples, STEPS, told[t][1]);
    attn_experiment_claim(experiment, attn_verdict_share(base, told[t][0], c.count[1][1],
                                                         c.count[1][0] + c.count[1][1], conf.level,
                                                         conf.delta));
  }
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "failure signatures made measurable: where they occur, and what they tell", keys,
      sizeof keys / sizeof *keys);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_map(experiment, samples, STEPS);
    write_map(experiment, samples, STARTS);
    write_classes(experiment, samples);
    write_extreme(experiment, samples);
    write_prediction(experiment, samples);
    write_claims(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
