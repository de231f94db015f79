/* Two steps are enough for other optimizers than gradient descent too; but coordinate-wise ones
 * depend on the basis of R^d, and in the signals' own basis they overfit harmfully (theory section
 * 6b). */
#include <math.h>

#include "experiment.h"
#include "logprob.h"
#include "metrics.h"
#include "recursion.h"
#include "rng.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t n, steps, batches, draws;
  double ratio, eta, kappa, b, momentum, beta1, beta2, epsilon, decay, allowed, coherence, delta,
      level;
  attn_list multiple;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &conf.n, "[4, 400]", "the number of samples, of two tokens each"},
    {"ratio", ATTN_KEY_REAL, &conf.ratio, "[1, 1e5]", "d/n"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate"},
    {"kappa", ATTN_KEY_REAL, &conf.kappa, "(0, 1e3)", "rho sqrt(n/d)"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "gradient descent's step size beta rho^2"},
    {"multiple", ATTN_KEY_LIST, &conf.multiple, "(0, 1e6)", "step sizes over the matched one"},
    {"steps", ATTN_KEY_COUNT, &conf.steps, "[2, 1000]", "passes over the samples"},
    {"batches", ATTN_KEY_COUNT, &conf.batches, "[1, 100]", "the steps of a pass of sgd"},
    {"momentum", ATTN_KEY_REAL, &conf.momentum, "[0, 1)", "m of momentum and nesterov"},
    {"beta1", ATTN_KEY_REAL, &conf.beta1, "[0, 1)", "Adam's decay of the first moment"},
    {"beta2", ATTN_KEY_REAL, &conf.beta2, "[0, 1)", "Adam's decay of the second moment"},
    {"epsilon", ATTN_KEY_REAL, &conf.epsilon, "[0, 1)", "Adam's epsilon"},
    {"decay", ATTN_KEY_REAL, &conf.decay, "[0, 1e6)", "AdamW's weight decay"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 1e4]", "the draws of labels and noise"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed relative distance"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* A rule in a basis: coordinate-wise rules in the basis whose first axes are the signals'
 * directions, and in a random one. The others do not depend on it. */
typedef struct {
  const char *name;
  attn_optim_rule rule;
  bool random;
} method;
static const method methods[] = {
    {"gd", ATTN_OPTIM_GD, false},
    {"momentum", ATTN_OPTIM_MOMENTUM, false},
    {"nesterov", ATTN_OPTIM_NESTEROV, false},
    {"normalised", ATTN_OPTIM_NORMALISED, false},
    {"sgd", ATTN_OPTIM_SGD, false},
    {"sign, random basis", ATTN_OPTIM_SIGN, true},
    {"adam, random basis", ATTN_OPTIM_ADAM, true},
    {"adamw, random basis", ATTN_OPTIM_ADAMW, true},
    {"sign, signal axes", ATTN_OPTIM_SIGN, false},
    {"adam, signal axes", ATTN_OPTIM_ADAM, false},
    {"adamw, signal axes", ATTN_OPTIM_ADAMW, false},
};
enum { SGD = 4, RANDOM = 5, AXES = 8, METHODS = sizeof methods / sizeof *methods };

static attn_data_param parameters(void) {
  attn_data_param param = {conf.n, 2, (size_t)round(conf.ratio * (double)conf.n), 0, 0};
  attn_labels *labels = attn_labels_alloc(conf.n, 2);
  param.eta = attn_labels_balance(labels, conf.eta); /* the share that is flipped */
  attn_labels_free(labels);
  param.rho = attn_data_rho(conf.kappa, param.n, param.d);
  return param;
}

static attn_optim optim_of(const method *m, const attn_data_param *param, attn_batch *batch,
                           double multiple) {
  attn_optim optim = {.rule = m->rule,
                      .momentum = conf.momentum,
                      .beta1 = conf.beta1,
                      .beta2 = conf.beta2,
                      .epsilon = conf.epsilon,
                      .decay = m->rule == ATTN_OPTIM_ADAMW ? conf.decay : 0,
                      .batch = m->rule == ATTN_OPTIM_SGD ? batch : NULL};
  const double beta = conf.b / (param->rho * param->rho);
  optim.beta = multiple * attn_train_matched_step(&optim, param, beta);
  return optim;
}

/* ---- sampling ---- */

/* path = 1: the state after each pass at the matched step size. path = 0: where all labels are
 * first fitted; not-a-number when they never are. */
#define COLUMNS                                                                                    \
  "draw method multiple path step coherence fitted noisy_acc att_clean att_noisy log10_risk "      \
  "norm_v "                                                                                        \
  "norm_p"

/* Trains a method from zero. After each pass, for sgd after each step: are all labels fitted? */
static void run(attn_table *table, size_t job, size_t which, double multiple, attn_trial *trial,
                const attn_basis *basis, attn_batch *batch, double coherence,
                const attn_experiment *experiment) {
  attn_optim optim = optim_of(&methods[which], &trial->param, batch, multiple);
  optim.state = attn_optim_state_alloc(optim.rule, 2 * trial->model->dim);
  optim.basis = methods[which].random ? basis : NULL;
  const size_t each = which == SGD ? conf.batches : 1; /* steps of a pass */
  const bool path = multiple == 1;
  bool found = false;
  attn_batch_start(batch, attn_experiment_seed(experiment), attn_experiment_name(experiment), 0,
                   job);
  //@begin loop
  attn_model_zero(trial->model);
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    const bool first = !found && attn_metrics_fitted(trial->model, trial->labels);
    found |= first;
    for (int of_path = 0; of_path < 2; of_path++)
      if (of_path ? path && step % each == 0 : first) {
        const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
        attn_table_cells(table, (double)job, (double)job, (double)which, multiple, of_path,
                         (double)step / (double)each, coherence, m.train_acc == 1, m.noisy_acc,
                         m.att_clean, m.att_noisy, attn_metrics_log10_risk(&m, 2), m.norm_v,
                         m.norm_p);
      }
    if (step == each * conf.steps || (found && !path))
      break;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  //@end loop
  if (!found) {
    attn_table_cells(table, (double)job, (double)job, (double)which, multiple, 0, NAN, coherence,
                     0);
    attn_table_skip(table, NULL);
  }
  attn_optim_state_free(optim.state);
}

/* A draw's noise, dense for coordinate-wise rules and as its Gram matrix for the others. */
static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  const uint64_t seed = attn_experiment_seed(experiment);
  const char *name = attn_experiment_name(experiment);
  const attn_data_param param = parameters();
  attn_trial *const trial[2] = {attn_trial_alloc(ATTN_TOKENS_GRAM, &param, 1),
                                attn_trial_alloc(ATTN_TOKENS_DENSE, &param, 1)};
  attn_basis *basis = attn_basis_alloc(param.d);
  attn_batch *batch = attn_batch_alloc(param.n, (param.n + conf.batches - 1) / conf.batches);
  gsl_rng *rng = attn_rng_alloc();
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, conf.draws, &job);) {
    for (size_t dense = 0; dense < 2; dense++) {
      attn_trial_draw(trial[dense], seed, name, 0, job);
      attn_labels_balance(trial[dense]->labels, conf.eta);
    }
    attn_rng_start(rng, seed, "optimizers basis", 0, job, ATTN_STREAM_OTHER);
    attn_basis_draw(basis, rng);
    const double coherence = attn_tokens_gram_coherence(trial[0]->tokens, param.n);
    for (size_t which = 0; which < METHODS; which++)
      for (size_t i = 0; i < conf.multiple.count; i++)
        run(table, job, which, conf.multiple.value[i],
            trial[attn_optim_coordinatewise(methods[which].rule)], basis, batch, coherence,
            experiment);
  }
  gsl_rng_free(rng);
  attn_batch_free(batch);
  attn_basis_free(basis);
  attn_trial_free(trial[0]);
  attn_trial_free(trial[1]);
}

/* ---- prediction ---- */

/* The ideal draw after so many steps; the first step that fits all when steps is 0. False for
 * methods without a recursion and for draws that are never fitted. */
static bool ideal_run(attn_recursion *r, double *step, size_t which, double multiple,
                      size_t steps) {
  if (which >= SGD)
    return false;
  const attn_data_param param = parameters();
  attn_optim optim = optim_of(&methods[which], &param, NULL, multiple);
  optim.state = attn_optim_state_alloc(optim.rule, 6);
  *r = attn_recursion_start(&param);
  size_t taken = 0;
  while (taken < (steps > 0 ? steps : conf.steps) &&
         (steps > 0 || !(r->margin[0] > 0 && r->margin[1] > 0))) {
    attn_recursion_update(r, &param, &optim);
    taken++;
  }
  *step = (double)taken;
  attn_optim_state_free(optim.state);
  return steps > 0 || (r->margin[0] > 0 && r->margin[1] > 0);
}

//@begin first-step
/* log10 of the risk after one step, T = 2: Phi(-|mu_k . v_1| / |v_1's noise|). With a = (1 - 2 eta)
 * kappa / 2 and c^2 = 2/pi: gradient descent a rho; sign descent in a random basis, where sign(g)
 * is c g / |g_l| and noise, a rho c / sqrt(1 + 2 a^2 (1 - c^2)); along the signals' axes the signal
 * is one coordinate among d that all move alike, rho / sqrt(d - 2). */
static double first_risk(size_t which) {
  const attn_data_param param = parameters();
  const double a = (1 - 2 * param.eta) * conf.kappa / 2, c2 = 2 / acos(-1);
  const double z = !attn_optim_coordinatewise(methods[which].rule) ? a * param.rho
                   : methods[which].random ? a * param.rho * sqrt(c2 / (1 + 2 * a * a * (1 - c2)))
                                           : param.rho / sqrt((double)param.d - 2);
  return attn_logprob_phi(-z) / log(10);
}
//@end first-step

/* ---- tables ---- */

#define FIT_COLUMNS                                                                                \
  "method multiple draws fitted in_two steps steps_least steps_most steps_predicted att_clean "    \
  "att_noisy log10_risk log10_risk_q05 log10_risk_q95 log10_risk_predicted name"

static void write_fit(attn_table *table, const attn_samples *samples, size_t which,
                      double multiple) {
  const attn_where where[] = {{"method", (double)which}, {"multiple", multiple}, {"path", 0}, {0}};
  const attn_summary steps = attn_samples_summary(samples, "step", where, conf.level);
  const attn_summary risk = attn_samples_summary(samples, "log10_risk", where, conf.level);
  double *x = attn_alloc(samples->rows, sizeof *x);
  const size_t count = attn_samples_select(x, samples, "step", where);
  attn_stats_sort(x, count);
  const double least = count > 0 ? x[0] : (double)NAN;
  attn_free(x);
  double step = NAN, predicted = NAN;
  attn_recursion r;
  if (ideal_run(&r, &step, which, multiple, 0))
    predicted = attn_recursion_log10_risk(&r, 2);
  else
    step = NAN;
  attn_table_cells(table, (double)which, multiple, (double)conf.draws,
                   attn_samples_share(samples, "fitted", 1, where),
                   (double)attn_samples_count(samples, "step", 0, 2, where) / (double)conf.draws,
                   steps.median, least, attn_samples_largest(samples, "step", where), step);
  attn_samples_write_means(table, samples, "att_clean att_noisy", where);
  attn_table_cells(table, risk.median, risk.q05, risk.q95, predicted);
  attn_table_text(table, methods[which].name);
}

/* fit.tsv for all step sizes, and matched.tsv for the matched one. */
static void write_fits(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *fit = attn_experiment_table(experiment, "fit", FIT_COLUMNS);
  for (size_t which = 0; which < METHODS; which++)
    for (size_t i = 0; i < conf.multiple.count; i++)
      write_fit(fit, samples, which, conf.multiple.value[i]);
  attn_table_close(fit);
  attn_table *matched = attn_experiment_table(experiment, "matched", FIT_COLUMNS);
  for (size_t which = 0; which < METHODS; which++)
    write_fit(matched, samples, which, 1);
  attn_table_close(matched);
}

static void write_path(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "path",
      "method step all_fitted noisy_acc att_clean att_noisy log10_risk log10_risk_q05 "
      "log10_risk_q95 norm_v norm_p att_clean_predicted att_noisy_predicted log10_risk_predicted "
      "name");
  for (size_t which = 0; which < METHODS; which++)
    for (size_t step = 1; step <= conf.steps; step++) {
      const attn_where where[] = {
          {"method", (double)which}, {"path", 1}, {"step", (double)step}, {0}};
      const attn_summary risk = attn_samples_summary(samples, "log10_risk", where, conf.level);
      attn_table_cells(table, (double)which, (double)step,
                       attn_samples_share(samples, "fitted", 1, where));
      attn_samples_write_means(table, samples, "noisy_acc att_clean att_noisy", where);
      attn_table_cells(table, risk.median, risk.q05, risk.q95);
      attn_samples_write_means(table, samples, "norm_v norm_p", where);
      attn_recursion r;
      double taken;
      if (ideal_run(&r, &taken, which, 1, step))
        attn_table_cells(table, r.attention[0], r.attention[1], attn_recursion_log10_risk(&r, 2));
      else
        attn_table_cells(table, NAN, NAN,
                         step == 1 && which != SGD ? first_risk(which) : (double)NAN);
      attn_table_text(table, methods[which].name);
    }
  attn_table_close(table);
}

/* ---- claims ---- */

/* Draws in which methods from .. to - 1 all first fit at the matched step size after a number of
 * passes in [low, high]; risk: with risk on clean labels at most exp(-d/n^2) there, besides. */
static size_t draws_with(const attn_samples *samples, size_t from, size_t to, double low,
                         double high, bool risk) {
  const double bound = -conf.ratio / (double)conf.n / log(10);
  size_t met = 0;
  for (size_t draw = 0; draw < conf.draws; draw++) {
    bool all = true;
    for (size_t which = from; which < to; which++) {
      const attn_where where[] = {
          {"draw", (double)draw}, {"method", (double)which}, {"multiple", 1}, {"path", 0}, {0}};
      const double step = attn_samples_value(samples, "step", where);
      all &= step >= low && step <= high; /* never for not-a-number */
      all &= !risk || attn_samples_value(samples, "log10_risk", where) <= bound;
    }
    met += all;
  }
  return met;
}

/* log10 of the risk after one step over its prediction, a mean over draws. */
static attn_claim first_claim(attn_claim base, const char *id, const attn_samples *samples,
                              size_t which) {
  attn_summary s = attn_samples_summary(
      samples, "log10_risk",
      (attn_where[]){{"method", (double)which}, {"path", 1}, {"step", 1}, {0}}, conf.level);
  const double predicted = first_risk(which);
  return attn_verdict_within(base, id, 1, conf.allowed, s.mean / predicted,
                             (attn_interval){s.high / predicted, s.low / predicted});
}

static void write_claims(attn_experiment *experiment, const attn_samples *samples) {
  const attn_claim base = attn_verdict_scope(
      conf.kappa, attn_samples_largest(samples, "coherence", (attn_where[]){{0}}), conf.coherence);
  //@begin verdicts
  const struct {
    const char *id;
    size_t from, to;
    double low, high;
    bool risk;
  } share[] = {
      {"optimizers-span", 0, SGD, 2, 2, false},
      {"optimizers-sgd", SGD, RANDOM, 0, 2, false},
      {"optimizers-random-basis", RANDOM, AXES, 2, 2, false},
      {"optimizers-signal-axes", AXES, METHODS, 2, 2, false},
      {"optimizers-benign", 0, AXES, 0, INFINITY, true},
      {"optimizers-benign-axes", AXES, METHODS, 0, INFINITY, true},
  };
  for (size_t c = 0; c < sizeof share / sizeof *share; c++)
    attn_experiment_claim(experiment,
                          attn_verdict_share(base, share[c].id,
                                             draws_with(samples, share[c].from, share[c].to,
                                                        share[c].low, share[c].high, share[c].risk),
                                             conf.draws, conf.level, conf.delta));
  attn_experiment_claim(experiment, first_claim(base, "sign-first-random", samples, RANDOM));
  attn_experiment_claim(experiment, first_claim(base, "sign-first-axes", samples, AXES));
  //@end verdicts
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv, "two steps of other optimizers, and what depends on the basis", keys,
      sizeof keys / sizeof *keys);
  if (!attn_list_has(&conf.multiple, 1))
    attn_fail("multiple: no 1 among them; the matched step size itself must be tried");
  if (conf.batches > conf.n)
    attn_fail("batches = %zu: at most n = %zu", conf.batches, conf.n);
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_fits(experiment, samples);
    write_path(experiment, samples);
    write_claims(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
