/* Real tokens: handwritten digits as noise tokens and as signal tokens, as pixels and lifted by
 * random features, with errors on images that were kept back. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "boundary.h"
#include "dataset.h"
#include "heldout.h"
#include "lift.h"
#include "linalg.h"
#include "metrics.h"
#include "recursion.h"
#include "rng.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"
#include "verdict.h"

static const char path[] = "data/digits/digits.tsv";
enum { PIXELS = 64, DIGITS = 10, PAIRS = DIGITS * (DIGITS - 1) / 2 };

static struct {
  size_t reference, held, draws, scope_n, scope_features, scope_draws, scope_held, signal_held,
      base_features;
  double eta, b, scope_width, scope_eta, scope_kappa, scope_b, edge_low, edge_high;
  double signal_b, base_width, base_eta, late_kappa;
  double low, high, benign, harmless, allowed, delta, coherence, level;
  attn_list n, width, features, kappa, record;
  attn_list lift_width, lift_features, signal_n, signal_eta, signal_record;
} conf;

static const attn_key keys[] = {
    {"reference", ATTN_KEY_COUNT, &conf.reference, "[20, 500]", "images for centre and scale"},
    {"scope_n", ATTN_KEY_COUNT, &conf.scope_n, "[4, 200]", "samples in scope"},
    {"scope_width", ATTN_KEY_REAL, &conf.scope_width, "(0, 1e3)", "their lift's width"},
    {"scope_features", ATTN_KEY_COUNT, &conf.scope_features, "[10, 50000]", "its features"},
    {"scope_eta", ATTN_KEY_REAL, &conf.scope_eta, "(0, 0.5)", "their flip rate"},
    {"scope_kappa", ATTN_KEY_REAL, &conf.scope_kappa, "(0, 1e3)", "their rho sqrt(n/d)"},
    {"scope_b", ATTN_KEY_REAL, &conf.scope_b, "(0, 1e6)", "their step size beta rho^2"},
    {"scope_held", ATTN_KEY_COUNT, &conf.scope_held, "[20, 1000]", "their held-out samples"},
    {"scope_draws", ATTN_KEY_COUNT, &conf.scope_draws, "[2, 1e4]", "their draws"},
    {"n", ATTN_KEY_COUNTS, &conf.n, "[4, 500]", "the numbers of samples, rising"},
    {"width", ATTN_KEY_LIST, &conf.width, "(0, 1e3)", "the widths of the lifts, rising"},
    {"features", ATTN_KEY_COUNTS, &conf.features, "[10, 50000]", "their features, rising"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e3)", "rho sqrt(n/d)"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "(0, 0.5)", "the label-flip rate"},
    {"b", ATTN_KEY_REAL, &conf.b, "(0, 1e6)", "the step size beta rho^2"},
    {"record", ATTN_KEY_COUNTS, &conf.record, "[1, 1e5]", "the recorded steps, rising, 1 first"},
    {"draws", ATTN_KEY_COUNT, &conf.draws, "[2, 1e4]", "the draws"},
    {"held", ATTN_KEY_COUNT, &conf.held, "[20, 1000]", "the held-out samples"},
    {"edge_low", ATTN_KEY_REAL, &conf.edge_low, "(0, 1e3)", "the least kappa of an edge"},
    {"edge_high", ATTN_KEY_REAL, &conf.edge_high, "(0, 1e3)", "the largest kappa of an edge"},
    {"late_kappa", ATTN_KEY_REAL, &conf.late_kappa, "(0, 1e3)", "a kappa of the list, judged"},
    {"lift_width", ATTN_KEY_LIST, &conf.lift_width, "[0, 1e3]", "the pairs' lifts: width or 0"},
    {"lift_features", ATTN_KEY_COUNTS, &conf.lift_features, "[10, 50000]", "and features"},
    {"base_width", ATTN_KEY_REAL, &conf.base_width, "(0, 1e3)", "the judged lift: width"},
    {"base_features", ATTN_KEY_COUNT, &conf.base_features, "[10, 50000]", "and features"},
    {"base_eta", ATTN_KEY_REAL, &conf.base_eta, "(0, 0.5)", "the judged flip rate"},
    {"signal_n", ATTN_KEY_COUNTS, &conf.signal_n, "[4, 200]", "the pairs' samples, rising"},
    {"signal_eta", ATTN_KEY_LIST, &conf.signal_eta, "[0, 0.5)", "the flip rates, 0 first"},
    {"signal_b", ATTN_KEY_REAL, &conf.signal_b, "(0, 1e6)", "the pairs' step size beta rho^2"},
    {"signal_record", ATTN_KEY_COUNTS, &conf.signal_record, "[1, 1e5]", "their recorded steps"},
    {"signal_held", ATTN_KEY_COUNT, &conf.signal_held, "[20, 240]", "their held-out samples"},
    {"low", ATTN_KEY_REAL, &conf.low, "(0, 0.5)", "the least predicted error that is compared"},
    {"high", ATTN_KEY_REAL, &conf.high, "(0, 0.5)", "the largest"},
    {"benign", ATTN_KEY_REAL, &conf.benign, "(0, 0.5)", "an error that counts as small"},
    {"harmless", ATTN_KEY_REAL, &conf.harmless, "(0, 0.5)", "a rise of the error that does"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed distance of a ratio from 1"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

static double last_of(const attn_list *list) {
  return list->value[list->count - 1];
}

/* What a schema cannot say. */
static void check_lists(void) {
  if (conf.lift_width.count != conf.lift_features.count)
    attn_fail("lift_features: %zu values, expected one for each of the %zu of lift_width",
              conf.lift_features.count, conf.lift_width.count);
  bool base[2] = {false, false};
  for (size_t l = 0; l < conf.lift_width.count; l++) {
    const double width = conf.lift_width.value[l], features = conf.lift_features.value[l];
    base[0] |= width == 0 && features == PIXELS;
    base[1] |= width == conf.base_width && features == (double)conf.base_features;
  }
  if (!base[0] || !base[1])
    attn_fail("lift_width, lift_features: must hold 0 with %d (pixels) and %g with %zu (the judged "
              "lift)",
              PIXELS, conf.base_width, conf.base_features);
  if (!attn_list_has(&conf.kappa, conf.late_kappa))
    attn_fail("late_kappa = %g: must be one of kappa", conf.late_kappa);
  if (conf.signal_eta.value[0] != 0 || !attn_list_has(&conf.signal_eta, conf.base_eta))
    attn_fail("signal_eta: must begin with 0 and hold base_eta = %g", conf.base_eta);
  if (conf.record.count < 2 || conf.record.value[0] != 1 || conf.record.value[1] != 2)
    attn_fail("record: must begin with the steps 1 and 2");
  const attn_list *const rising[] = {&conf.n,      &conf.width,    &conf.features,
                                     &conf.record, &conf.signal_n, &conf.signal_record};
  static const char *const name[] = {"n",      "width",    "features",
                                     "record", "signal_n", "signal_record"};
  for (size_t g = 0; g < sizeof rising / sizeof *rising; g++)
    for (size_t i = 1; i < rising[g]->count; i++)
      if (!(rising[g]->value[i] > rising[g]->value[i - 1]))
        attn_fail("%s: must rise", name[g]);
  for (size_t i = 0; i < conf.signal_n.count; i++)
    if (fmod(conf.signal_n.value[i], 2) != 0)
      attn_fail("signal_n = %g: must be even, half for each class", conf.signal_n.value[i]);
}

/* ---- tokens ---- */

/* The vectors of some images: features or, for width 0, pixels. The first rows, the reference, take
 * no other part: they set the centre, and the scale of noise tokens N(0, I_D). */
//@begin lift
static double *lifted(const double *x, size_t rows, size_t pixels, double width, size_t D,
                      gsl_rng *rng) {
  double *phi = attn_alloc(rows * D, sizeof *phi); /* [rows][D] */
  if (width > 0)
    attn_lift_fourier(phi, x, rows, pixels, D, width, rng);
  else
    memcpy(phi, x, rows * pixels * sizeof *phi);
  attn_lift_standardise(phi, rows, D, conf.reference);
  return phi;
}
//@end lift

/* max_{i != j} |xi_i . xi_j| n/d over every stride-th token, the last of each group. */
static double coherence_of(const double *K, size_t N, size_t stride, size_t n, size_t d) {
  double largest = 0;
  for (size_t i = stride - 1; i < N; i += stride)
    for (size_t j = stride - 1; j < i; j += stride)
      largest = fmax(largest, fabs(K[i * N + j]));
  return largest * (double)n / (double)d;
}

/* ---- training ---- */

typedef struct {
  const attn_layout *layout;
  const unsigned char *k; /* [n] */
  const double *cross;    /* [layout->N][training tokens] */
} heldout;

typedef struct {
  double step, error;
  attn_metrics m;
} point;

/* Trains from zero and writes what is seen at the recorded steps. Uniform attention: p stays zero. */
static void train(point *points /* [record->count] */, attn_trial *trial, double beta, bool uniform,
                  const attn_list *record, const heldout *test) {
  const attn_optim optim = {.beta = beta};
  attn_model *model = trial->model;
  attn_model_zero(model);
  //@begin train
  for (size_t step = 0, r = 0;; step++) {
    attn_model_forward(model, trial->tokens, trial->labels);
    if ((double)step == record->value[r]) {
      const size_t wrong = attn_heldout_wrong(model, test->layout, test->k, test->cross);
      points[r] = (point){(double)step, (double)wrong / (double)test->layout->n,
                          attn_metrics_measure(model, trial->tokens, trial->labels)};
      if (++r == record->count)
        break;
    }
    attn_train_loss_derivative(trial->w, model->f, trial->labels);
    attn_model_backward(model, trial->tokens, trial->labels, trial->w);
    attn_optim_update(&optim, model->theta, model->grad, (uniform ? 1 : 2) * model->dim);
  }
  //@end train
}

/* ---- sampling ---- */

enum { SCOPE, NOISE, SIGNAL };

#define COLUMNS                                                                                    \
  "part draw width features n eta kappa gaussian uniform a b step coherence d_eff kernel "         \
  "coherence_ratio edge predicted probit probit_nominal error failure cost train_acc clean_acc "   \
  "noisy_acc att_clean att_noisy"

/* The rest of a row. A failure is an error or, where a label is not fitted, 1; cost is by how much the
 * error exceeds another. */
static void write_point(attn_table *table, const point *p, double other) {
  attn_table_cells(table, p->error, p->m.train_acc == 1 ? p->error : 1, p->error - other,
                   p->m.train_acc, p->m.clean_acc, p->m.noisy_acc, p->m.att_clean, p->m.att_noisy);
}

/* Digits as noise tokens beside the signals of the model. */
typedef struct {
  size_t part, features, held, draw;
  double width, eta, b;
  const attn_list *n, *kappa, *record;
} noise_job;

/* The risk on D_clean after one step for noise of covariance S, the noise score of a fresh token
 * taken as Gaussian of variance tr S^2: theory section 6b with d_eff for d. */
static double first_step_error(double kappa, double n, double eta, double d_eff) {
  return gsl_cdf_ugaussian_P(-(1 - 2 * eta) * kappa * kappa / 2 * sqrt(d_eff / n));
}

static void noise_rows(attn_table *table, size_t job, const noise_job *w, const attn_dataset *data,
                       uint64_t seed) {
  const size_t D = w->width > 0 ? w->features : data->columns, pixels = data->columns;
  const size_t most = (size_t)last_of(w->n), before = conf.reference;
  const size_t rows = before + most + w->held;
  gsl_rng *rng = attn_rng_alloc();
  size_t *row = attn_alloc(data->rows, sizeof *row);
  attn_rng_start(rng, seed, "real_digits images", w->part, w->draw, ATTN_STREAM_TEST);
  attn_dataset_shuffle(row, data->rows, rng);
  double *x = attn_alloc(rows * pixels, sizeof *x);
  for (size_t r = 0; r < rows; r++)
    memcpy(x + r * pixels, data->x + row[r] * pixels, pixels * sizeof *x);
  attn_rng_start(rng, seed, "real_digits features", w->part, w->draw, ATTN_STREAM_OTHER);
  double *phi = lifted(x, rows, pixels, w->width, D, rng);
  const double d_eff = attn_lift_effective_dimension(phi, conf.reference, D);
  /* held-out samples: classes take turns, and each has an image of its own */
  attn_labels *fresh = attn_labels_alloc(w->held, 2);
  attn_layout *layout = attn_layout_alloc(w->held, 2, w->held);
  attn_labels_balanced(fresh, 0);
  attn_layout_paper(layout, fresh->k);
  double *cross = attn_alloc(w->held * most, sizeof *cross);
  point *points = attn_alloc(w->record->count, sizeof *points);
  for (size_t i = 0; i < w->n->count; i++) {
    const size_t n = (size_t)w->n->value[i];
    attn_data_param param = {n, 2, D + 2, 1, w->eta};
    attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_GRAM, &param, 0);
    const double eta = attn_labels_balance(trial->labels, w->eta);
    double *K = attn_tokens_gram_matrix(trial->tokens), kernel = w->width > 0 ? 0 : NAN;
    attn_gram(K, phi + before * D, n, D);
    attn_multiply_transposed(cross, n, phi + (before + most) * D, D, phi + before * D, D, w->held,
                             n, D);
    for (size_t l = 0; w->width > 0 && l < n; l++)
      for (size_t j = 0; j < l; j++)
        kernel = fmax(kernel, attn_lift_kernel(x + (before + l) * pixels, x + (before + j) * pixels,
                                               pixels, w->width));
    const double coherence = coherence_of(K, n, 1, n, D);
    const attn_boundary_search search = {w->b, (size_t)last_of(w->record), conf.edge_low,
                                         conf.edge_high};
    attn_table_cells(table, (double)job, (double)w->part, (double)w->draw, w->width, (double)D,
                     (double)n, eta, 0, NAN, NAN, NAN, NAN, 0, coherence, d_eff, kernel * (double)n,
                     coherence / (kernel * (double)n),
                     w->part == SCOPE
                         ? NAN
                         : attn_boundary_of_draw(ATTN_BOUNDARY_C, &search, trial, NULL, NULL));
    attn_table_skip(table, NULL);
    for (size_t j = 0; j < w->kappa->count; j++) {
      const double kappa = w->kappa->value[j];
      attn_trial_set_rho(trial, attn_data_rho(kappa, n, D + 2));
      const heldout test = {layout, fresh->k, cross};
      train(points, trial, attn_train_step_size(&trial->param, w->b), false, w->record, &test);
      for (size_t r = 0; r < w->record->count; r++) {
        attn_table_cells(table, (double)job, (double)w->part, (double)w->draw, w->width, (double)D,
                         (double)n, eta, kappa, NAN, NAN, NAN, NAN, points[r].step, coherence,
                         d_eff);
        attn_table_skip(table, "predicted");
        const double predicted = first_step_error(kappa, (double)n, eta, d_eff);
        const double held = (double)w->held; /* half an error more: none is not zero */
        const double z = gsl_cdf_ugaussian_Pinv((points[r].error * held + 0.5) / (held + 1));
        const bool compared = points[r].step == 1 && predicted > conf.low && predicted < conf.high;
        const double ratio = compared ? z / gsl_cdf_ugaussian_Pinv(predicted) : NAN;
        attn_table_cells(table, points[r].step == 1 ? predicted : NAN, ratio,
                         ratio * sqrt(d_eff / (double)D));
        write_point(table, &points[r], points[0].error);
      }
    }
    attn_trial_free(trial);
  }
  attn_labels_free(fresh);
  attn_layout_free(layout);
  attn_free(points);
  attn_free(cross);
  attn_free(phi);
  attn_free(x);
  attn_free(row);
  gsl_rng_free(rng);
}

/* Digits as signal tokens: the class decides between digits a and b; the noise token is an image of
 * another digit, or Gaussian. */
static bool base_lift(double width, double features) {
  return width == 0 || (width == conf.base_width && features == (double)conf.base_features);
}

/* rho = |m_1 - m_2| / sqrt(2) for the class means m of the signal tokens: that of orthogonal signals
 * as far apart. */
static double separation(const double *K, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      sum += ((i + j) % 2 ? -1 : 1) * K[2 * i * 2 * n + 2 * j];
  return sqrt(sum / 2) * 2 / (double)n;
}

static void signal_rows(attn_table *table, size_t job, size_t pair, const attn_dataset *data,
                        uint64_t seed) {
  size_t a = 0, b = pair + 1;
  for (; b >= DIGITS; b -= DIGITS - 1 - a)
    a++;
  const size_t pixels = data->columns, before = conf.reference, m = conf.signal_held;
  const size_t most = (size_t)last_of(&conf.signal_n);
  const size_t samples = most + m, rows = before + 2 * samples;
  gsl_rng *rng = attn_rng_alloc();
  size_t *row = attn_alloc(data->rows, sizeof *row);
  attn_rng_start(rng, seed, "real_digits pairs", SIGNAL, pair, ATTN_STREAM_TEST);
  attn_dataset_shuffle(row, data->rows, rng);
  const size_t of_a = attn_dataset_first(row, data->rows, data, (double)a);
  const size_t of_b = attn_dataset_first(row + of_a, data->rows - of_a, data, (double)b);
  if (of_a < (samples + 1) / 2 || of_b < samples / 2 || data->rows - of_a - of_b < before + samples)
    attn_fail("signal_n, signal_held, reference: %s has not so many images of digits %zu, %zu and "
              "others",
              path, a, b);
  double *x = attn_alloc(rows * pixels, sizeof *x);
  //@begin split
  for (size_t r = 0, other = of_a + of_b; r < rows; r++) {
    const size_t i = r < before ? 0 : (r - before) / 2; /* the sample, trained on if below most */
    const bool signal = r >= before && (r - before) % 2 == 0;
    const size_t from = !signal ? other++ : i % 2 == 0 ? i / 2 : of_a + i / 2;
    memcpy(x + r * pixels, data->x + row[from] * pixels, pixels * sizeof *x);
  }
  //@end split
  attn_labels *fresh = attn_labels_alloc(m, 2);
  attn_layout *fresh_layout = attn_layout_alloc(m, 2, 2 * m);
  attn_labels_balanced(fresh, 0);
  attn_layout_given(fresh_layout);
  double *cross = attn_alloc(4 * m * most, sizeof *cross);
  point *points = attn_alloc(conf.signal_record.count, sizeof *points);
  for (size_t l = 0; l < conf.lift_width.count; l++) {
    const double width = conf.lift_width.value[l];
    const size_t D = width > 0 ? (size_t)conf.lift_features.value[l] : pixels;
    attn_rng_start(rng, seed, "real_digits pair features", l, pair, ATTN_STREAM_OTHER);
    double *phi = lifted(x, rows, pixels, width, D, rng);
    const double d_eff = attn_lift_effective_dimension(phi, conf.reference, D);
    for (size_t gaussian = 0; gaussian < 2; gaussian++) {
      if (gaussian && !base_lift(width, (double)D))
        continue;
      for (size_t i = 0; gaussian && i < samples; i++)
        attn_rng_gaussian(phi + (before + 2 * i + 1) * D, D, rng);
      for (size_t c = 0; c < conf.signal_n.count; c++) {
        const size_t n = (size_t)conf.signal_n.value[c];
        const size_t off = (n != most) + gaussian + !base_lift(width, (double)D);
        if (off > 1)
          continue;
        attn_data_param param = {n, 2, D + 2, 1, 0};
        attn_layout *layout = attn_layout_alloc(n, 2, 2 * n);
        attn_layout_given(layout);
        attn_trial *trial = attn_trial_alloc_layout(ATTN_TOKENS_GRAM, &param, layout, 0);
        double *K = attn_tokens_gram_matrix(trial->tokens);
        attn_gram(K, phi + before * D, 2 * n, D);
        attn_multiply_transposed(cross, 2 * n, phi + (before + 2 * most) * D, D, phi + before * D,
                                 D, 2 * m, 2 * n, D);
        const heldout test = {fresh_layout, fresh->k, cross};
        attn_trial_set_rho(trial, separation(K, n));
        const double coherence = coherence_of(K, 2 * n, 2, n, D);
        for (size_t uniform = 0; uniform < 2; uniform++) {
          if (uniform && off > 0 && n == most)
            continue;
          double without = NAN;
          for (size_t e = 0; e < conf.signal_eta.count; e++) {
            const double eta = conf.signal_eta.value[e];
            if (off > 0 && eta != 0 && eta != conf.base_eta)
              continue;
            attn_labels_balance(trial->labels, eta);
            train(points, trial, attn_train_step_size(&trial->param, conf.signal_b), uniform,
                  &conf.signal_record, &test);
            const size_t last = conf.signal_record.count - 1;
            if (eta == 0)
              without = points[last].error;
            for (size_t r = off == 0 && eta == conf.base_eta ? 0 : last; r <= last; r++) {
              attn_table_cells(table, (double)job, SIGNAL, (double)pair, width, (double)D,
                               (double)n, eta, attn_data_kappa(&trial->param), (double)gaussian,
                               (double)uniform, (double)a, (double)b, points[r].step, coherence,
                               d_eff);
              attn_table_skip(table, "error");
              write_point(table, &points[r], r == last ? without : NAN);
            }
          }
        }
        attn_trial_free(trial);
        attn_layout_free(layout);
      }
    }
    attn_free(phi);
  }
  attn_labels_free(fresh);
  attn_layout_free(fresh_layout);
  attn_free(points);
  attn_free(cross);
  attn_free(x);
  attn_free(row);
  gsl_rng_free(rng);
}

static const attn_list scope_record = {2, {1, 2}};

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, COLUMNS);
  attn_dataset *data = attn_dataset_read(path, "digit");
  const uint64_t seed = attn_experiment_seed(experiment);
  const size_t jobs[] = {conf.scope_draws,
                         (1 + conf.width.count * conf.features.count) * conf.draws, PAIRS};
  const double needed = (double)conf.reference + fmax(last_of(&conf.n) + (double)conf.held,
                                                      (double)(conf.scope_n + conf.scope_held));
  if (data->columns != PIXELS || (double)data->rows < needed)
    attn_fail("%s: %zu images of %zu pixels; reference, n and held need %g of %d", path, data->rows,
              data->columns, needed, PIXELS);
  const attn_list scope_n = {1, {(double)conf.scope_n}}, scope_kappa = {1, {conf.scope_kappa}};
  for (size_t job = ATTN_FIRST_JOB;
       attn_experiment_next(experiment, jobs[SCOPE] + jobs[NOISE] + jobs[SIGNAL], &job);) {
    if (job < jobs[SIGNAL]) {
      signal_rows(table, job, job, data, seed);
    } else if (job < jobs[SIGNAL] + jobs[SCOPE]) {
      const noise_job w = {SCOPE,
                           conf.scope_features,
                           conf.scope_held,
                           job - jobs[SIGNAL],
                           conf.scope_width,
                           conf.scope_eta,
                           conf.scope_b,
                           &scope_n,
                           &scope_kappa,
                           &scope_record};
      noise_rows(table, job, &w, data, seed);
    } else {
      const size_t j = job - jobs[SIGNAL] - jobs[SCOPE], lift = j / conf.draws;
      noise_job w = {NOISE,    0,      conf.held, j % conf.draws, 0,
                     conf.eta, conf.b, &conf.n,   &conf.kappa,    &conf.record};
      if (lift > 0) { /* lift 0: pixels */
        w.width = conf.width.value[(lift - 1) / conf.features.count];
        w.features = (size_t)conf.features.value[(lift - 1) % conf.features.count];
      }
      noise_rows(table, job, &w, data, seed);
    }
  }
  attn_dataset_free(data);
}

/* ---- tables ---- */

/* The lifts of noise tokens, pixels first. */
static size_t noise_lifts(void) {
  return 1 + conf.width.count * conf.features.count;
}

static void noise_lift(double *width, double *features, size_t l) {
  *width = l > 0 ? conf.width.value[(l - 1) / conf.features.count] : 0;
  *features = l > 0 ? conf.features.value[(l - 1) % conf.features.count] : PIXELS;
}

/* Cells of the same draws, of which each is one lift, n, kappa and step. */
typedef struct {
  size_t count;
  attn_where at[ATTN_LIST_MAX][8];
} cells;

/* kappa 0: what belongs to the lift itself. */
static void add_cell(cells *c, double width, double features, double n, double kappa, double step) {
  const attn_where at[8] = {{"part", NOISE}, {"width", width}, {"features", features},
                            {"n", n},        {"kappa", kappa}, {"step", step}};
  if (c->count == ATTN_LIST_MAX)
    attn_fail("width, features, kappa: more than %d cells", ATTN_LIST_MAX);
  memcpy(c->at[c->count++], at, sizeof at);
}

/* A draw's images are the same in every cell, so a draw counts once. */
static attn_summary over_draws(const attn_samples *samples, const char *column, const cells *c) {
  double *value = attn_alloc(c->count * conf.draws, sizeof *value); /* [cells][draws] */
  for (size_t i = 0; i < c->count; i++)
    for (size_t draw = 0; draw < conf.draws; draw++) {
      attn_where at[9] = {{"draw", (double)draw}};
      memcpy(at + 1, c->at[i], sizeof c->at[i]);
      value[i * conf.draws + draw] = attn_samples_value(samples, column, at);
    }
  const attn_summary s = attn_stats_draws(value, c->count, conf.draws, ATTN_DRAW_MEAN, conf.level);
  attn_free(value);
  return s;
}

static double ideal_edge(double n, double features) {
  const attn_boundary_search search = {conf.b, (size_t)last_of(&conf.record), conf.edge_low,
                                       conf.edge_high};
  const attn_data_param param = {(size_t)n, 2, (size_t)features + 2, 1, conf.eta};
  return attn_boundary_ideal(ATTN_BOUNDARY_C, &search, &param);
}

static void write_lifts(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "lifts",
      "width features n coherence kernel d_eff found edge edge_low edge_high edge_predicted ratio "
      "ratio_low ratio_high ratio_nominal");
  for (size_t l = 0; l < noise_lifts(); l++)
    for (size_t i = 0; i < conf.n.count; i++) {
      double width, features;
      const double n = conf.n.value[i];
      cells lift = {0}, all = {0};
      noise_lift(&width, &features, l);
      add_cell(&lift, width, features, n, 0, 0);
      for (size_t j = 0; j < conf.kappa.count; j++)
        add_cell(&all, width, features, n, conf.kappa.value[j], 1);
      const attn_summary edge = over_draws(samples, "edge", &lift);
      const attn_summary ratio = over_draws(samples, "probit", &all);
      attn_table_cells(table, width, features, n, over_draws(samples, "coherence", &lift).median,
                       over_draws(samples, "kernel", &lift).median,
                       over_draws(samples, "d_eff", &lift).mean,
                       (double)edge.count / (double)conf.draws, edge.mean, edge.low, edge.high,
                       ideal_edge(n, features), ratio.mean, ratio.low, ratio.high,
                       over_draws(samples, "probit_nominal", &all).mean);
    }
  attn_table_close(table);
}

static void write_noise(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "noise",
      "width features n kappa step predicted error error_low error_high fitted noisy_acc att_clean "
      "att_noisy ideal_att_clean ideal_att_noisy");
  attn_recursion *ideal = attn_alloc(conf.record.count, sizeof *ideal);
  for (size_t l = 0; l < noise_lifts(); l++)
    for (size_t i = 0; i < conf.n.count; i++)
      for (size_t j = 0; j < conf.kappa.count; j++) {
        double width, features;
        noise_lift(&width, &features, l);
        attn_data_param param = {(size_t)conf.n.value[i], 2, (size_t)features + 2, 0, conf.eta};
        param.rho = attn_data_rho(conf.kappa.value[j], param.n, param.d);
        attn_recursion_record(ideal, conf.record.value, conf.record.count, &param,
                              attn_train_step_size(&param, conf.b));
        for (size_t r = 0; r < conf.record.count; r++) {
          cells c = {0};
          add_cell(&c, width, features, conf.n.value[i], conf.kappa.value[j], conf.record.value[r]);
          const attn_summary error = over_draws(samples, "error", &c);
          attn_table_cells(table, width, features, conf.n.value[i], conf.kappa.value[j],
                           conf.record.value[r], over_draws(samples, "predicted", &c).mean,
                           error.mean, error.low, error.high,
                           attn_samples_share(samples, "train_acc", 1, c.at[0]));
          attn_samples_write_means(table, samples, "noisy_acc att_clean att_noisy", c.at[0]);
          attn_table_cells(table, ideal[r].attention[0], ideal[r].attention[1]);
        }
      }
  attn_free(ideal);
  attn_table_close(table);
}

/* One setting of the pairs; its rows are those of all pairs. Rows of noise tokens have no value of
 * gaussian. */
typedef struct {
  attn_where at[9];
} setting;

static setting signal_setting(double width, double features, double n, double eta, bool gaussian,
                              bool uniform, double step) {
  return (setting){{{"width", width},
                    {"features", features},
                    {"n", n},
                    {"eta", eta},
                    {"gaussian", gaussian},
                    {"uniform", uniform},
                    {"step", step}}};
}

/* The judged setting, or the same with pixels or with uniform attention. */
static setting base_setting(bool pixels, double eta, bool uniform) {
  return signal_setting(pixels ? 0 : conf.base_width, pixels ? PIXELS : (double)conf.base_features,
                        last_of(&conf.signal_n), eta, false, uniform, last_of(&conf.signal_record));
}

static void write_summary(attn_table *table, const attn_samples *samples, const char *column,
                          const setting *w) {
  const attn_summary s = attn_samples_summary(samples, column, w->at, conf.level);
  attn_table_cells(table, s.mean, s.low, s.high);
}

#define SIGNAL_COLUMNS                                                                             \
  "width features n eta gaussian uniform step pairs kappa coherence d_eff fitted noisy_acc "       \
  "att_clean att_noisy error error_low error_high cost cost_low cost_high"

static void write_setting(attn_table *table, const attn_samples *samples, const setting *w) {
  const size_t pairs = attn_samples_summary(samples, "error", w->at, conf.level).count;
  if (pairs == 0)
    return;
  for (size_t c = 0; c < 7; c++)
    attn_table_number(table, w->at[c].value);
  attn_table_number(table, (double)pairs);
  attn_samples_write_means(table, samples, "kappa coherence d_eff", w->at);
  attn_table_number(table, attn_samples_share(samples, "train_acc", 1, w->at));
  attn_samples_write_means(table, samples, "noisy_acc att_clean att_noisy", w->at);
  write_summary(table, samples, "error", w);
  write_summary(table, samples, "cost", w);
}

static void write_signal(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(experiment, "signal", SIGNAL_COLUMNS);
  for (size_t l = 0; l < conf.lift_width.count; l++)
    for (size_t c = 0; c < conf.signal_n.count; c++)
      for (size_t e = 0; e < conf.signal_eta.count; e++)
        for (size_t kind = 0; kind < 4; kind++) {
          const setting w = signal_setting(conf.lift_width.value[l], conf.lift_features.value[l],
                                           conf.signal_n.value[c], conf.signal_eta.value[e],
                                           kind / 2, kind % 2, last_of(&conf.signal_record));
          write_setting(table, samples, &w);
        }
  attn_table_close(table);
  table = attn_experiment_table(experiment, "judged", SIGNAL_COLUMNS);
  for (size_t l = 0; l < conf.lift_width.count; l++)
    for (size_t uniform = 0; uniform < 2; uniform++) {
      const setting w = signal_setting(conf.lift_width.value[l], conf.lift_features.value[l],
                                       last_of(&conf.signal_n), conf.base_eta, false, uniform,
                                       last_of(&conf.signal_record));
      write_setting(table, samples, &w);
    }
  attn_table_close(table);
  table = attn_experiment_table(experiment, "steps", SIGNAL_COLUMNS);
  for (size_t kind = 0; kind < 4; kind++)
    for (size_t r = 0; r < conf.signal_record.count; r++) {
      setting w = base_setting(kind / 2, conf.base_eta, kind % 2);
      w.at[6].value = conf.signal_record.value[r];
      write_setting(table, samples, &w);
    }
  attn_table_close(table);
}

/* The value of one pair in a setting. */
static double of_pair(const attn_samples *samples, const char *column, setting w, double pair) {
  w.at[7] = (attn_where){"draw", pair};
  return attn_samples_value(samples, column, w.at);
}

static void write_pairs(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(
      experiment, "pairs",
      "width a b held without without_low without_high error error_low error_high error_uniform "
      "fitted att_clean att_noisy");
  for (size_t pixels = 0; pixels < 2; pixels++)
    for (size_t pair = 0; pair < PAIRS; pair++) {
      const double held = (double)conf.signal_held, p = (double)pair;
      const setting clean = base_setting(pixels, 0, false);
      const setting noisy = base_setting(pixels, conf.base_eta, false);
      const double without = of_pair(samples, "error", clean, p);
      const double error = of_pair(samples, "error", noisy, p);
      const attn_interval of_clean =
          attn_stats_binomial((size_t)round(without * held), conf.signal_held, conf.level);
      const attn_interval of_noisy =
          attn_stats_binomial((size_t)round(error * held), conf.signal_held, conf.level);
      attn_table_cells(table, pixels ? 0 : conf.base_width, of_pair(samples, "a", noisy, p),
                       of_pair(samples, "b", noisy, p), held, without, of_clean.low, of_clean.high,
                       error, of_noisy.low, of_noisy.high,
                       of_pair(samples, "error", base_setting(pixels, conf.base_eta, true), p),
                       of_pair(samples, "train_acc", noisy, p) == 1,
                       of_pair(samples, "att_clean", noisy, p),
                       of_pair(samples, "att_noisy", noisy, p));
    }
  attn_table_close(table);
}

/* ---- claims ---- */

/* The conclusions of the two-step theorem in the draws of a setting: all labels fitted after two
 * steps and few held-out errors, and mean attention on the right side of one half. */
static attn_claim two_steps(const char *id, const attn_samples *samples, const attn_where *at,
                            double kappa) {
  attn_claim claim =
      attn_verdict_scope(kappa, attn_samples_largest(samples, "coherence", at), conf.coherence);
  double *error = attn_alloc(2 * samples->rows, sizeof *error), *fit = error + samples->rows;
  const size_t draws = attn_samples_select(error, samples, "error", at);
  size_t met = 0;
  attn_samples_select(fit, samples, "train_acc", at);
  for (size_t i = 0; i < draws; i++)
    met += error[i] <= conf.benign && fit[i] == 1;
  attn_free(error);
  claim = attn_verdict_share(claim, id, met, draws, conf.level, conf.delta);
  claim.holds &= attn_samples_mean(samples, "att_clean", at) > 0.5 &&
                 attn_samples_mean(samples, "att_noisy", at) < 0.5;
  return claim;
}

/* Claims about what happens beyond the hypotheses: all that was drawn is in scope. */
static attn_claim beyond(const attn_samples *samples, double part, double kappa) {
  attn_claim claim = attn_verdict_scope(
      kappa, attn_samples_largest(samples, "coherence", (attn_where[]){{"part", part}, {0}}), 0);
  claim.in_scope = true;
  return claim;
}

static void claim_noise(attn_experiment *experiment, const attn_samples *samples) {
  const double n = last_of(&conf.n), features = last_of(&conf.features);
  const double late = last_of(&conf.record);
  attn_experiment_claim(experiment, two_steps("narrow-lift-two-steps", samples,
                                              (attn_where[]){{"part", SCOPE}, {"step", 2}, {0}},
                                              conf.scope_kappa));
  cells pixels = {0}, first = {0}, wide = {0}, lifts = {0}, end = {0};
  add_cell(&pixels, 0, PIXELS, n, conf.late_kappa, 2);
  attn_experiment_claim(experiment,
                        two_steps("pixels-two-steps", samples, pixels.at[0], conf.late_kappa));

  for (size_t l = 0; l < noise_lifts(); l++)
    for (size_t j = 0; j < conf.kappa.count; j++) {
      double w, f;
      noise_lift(&w, &f, l);
      add_cell(&first, w, f, n, conf.kappa.value[j], 1);
    }
  const attn_claim base = beyond(samples, NOISE, NAN);
  attn_summary s = over_draws(samples, "probit", &first);
  attn_experiment_claim(experiment, attn_verdict_within(base, "effective-dimension", 1,
                                                        conf.allowed, s.mean, s.interval));

  add_cell(&wide, last_of(&conf.width), features, n, 0, 0);
  s = over_draws(samples, "coherence_ratio", &wide);
  attn_experiment_claim(experiment, attn_verdict_within(base, "kernel-coherence", 1, conf.allowed,
                                                        s.mean, s.interval));

  for (size_t i = 0; i < conf.width.count; i++) {
    add_cell(&lifts, conf.width.value[i], features, n, 0, 0);
    add_cell(&end, conf.width.value[i], features, n, conf.late_kappa, late);
  }
  s = over_draws(samples, "edge", &lifts);
  const double edge = ideal_edge(n, features);
  attn_experiment_claim(experiment,
                        attn_verdict_within(base, "real-noise-edge", 1, conf.allowed, s.mean / edge,
                                            (attn_interval){s.low / edge, s.high / edge}));
  s = over_draws(samples, "failure", &end);
  attn_claim judged = base;
  judged.kappa = conf.late_kappa;
  attn_experiment_claim(experiment, attn_verdict_below(judged, "lifted-noise-benign", conf.benign,
                                                       s.mean, s.interval));
  cells at_end = {0};
  add_cell(&at_end, 0, PIXELS, n, conf.late_kappa, late);
  s = over_draws(samples, "cost", &at_end);
  attn_experiment_claim(experiment, attn_verdict_above(judged, "pixel-noise-harmful", conf.harmless,
                                                       s.mean, s.interval));
}

/* Mean over pairs of a column, or of its difference between two settings. */
static attn_summary over_pairs(const attn_samples *samples, const char *column, setting w,
                               const setting *less) {
  double value[PAIRS];
  for (size_t pair = 0; pair < PAIRS; pair++)
    value[pair] = of_pair(samples, column, w, (double)pair) -
                  (less ? of_pair(samples, column, *less, (double)pair) : 0);
  return attn_stats_summary(value, PAIRS, conf.level);
}

static void claim_signal(attn_experiment *experiment, const attn_samples *samples) {
  const setting lifted_base = base_setting(false, conf.base_eta, false);
  const setting pixels = base_setting(true, conf.base_eta, false);
  const setting uniform = base_setting(false, conf.base_eta, true);
  const attn_claim base =
      beyond(samples, SIGNAL, attn_samples_mean(samples, "kappa", lifted_base.at));
  attn_claim of_pixels = base;
  of_pixels.kappa = attn_samples_mean(samples, "kappa", pixels.at);
  size_t fitted = 0, split = 0, pixels_fitted = 0;
  for (size_t pair = 0; pair < PAIRS; pair++) {
    const double p = (double)pair;
    fitted += of_pair(samples, "train_acc", lifted_base, p) == 1;
    pixels_fitted += of_pair(samples, "train_acc", pixels, p) == 1;
    split += of_pair(samples, "att_clean", lifted_base, p) > 0.5 &&
             of_pair(samples, "att_noisy", lifted_base, p) < 0.5;
  }
  attn_experiment_claim(experiment, attn_verdict_share(base, "lifted-signals-fit", fitted, PAIRS,
                                                       conf.level, conf.delta));
  attn_experiment_claim(experiment,
                        attn_verdict_share(of_pixels, "pixel-signals-fit", pixels_fitted, PAIRS,
                                           conf.level, conf.delta));
  attn_experiment_claim(experiment, attn_verdict_share(base, "lifted-signals-attention", split,
                                                       PAIRS, conf.level, conf.delta));
  attn_summary s = over_pairs(samples, "cost", lifted_base, NULL);
  attn_experiment_claim(experiment, attn_verdict_below(base, "lifted-signals-harmless",
                                                       conf.harmless, s.mean, s.interval));
  s = over_pairs(samples, "cost", pixels, &lifted_base);
  attn_experiment_claim(experiment,
                        attn_verdict_above(of_pixels, "pixels-cost-more", 0, s.mean, s.interval));
  s = over_pairs(samples, "error", uniform, &lifted_base);
  attn_experiment_claim(experiment,
                        attn_verdict_above(base, "attention-errs-less", 0, s.mean, s.interval));
  double fewest = INFINITY, most = 0;
  for (size_t l = 0; l < conf.lift_width.count; l++)
    if (conf.lift_width.value[l] == conf.base_width) {
      fewest = fmin(fewest, conf.lift_features.value[l]);
      most = fmax(most, conf.lift_features.value[l]);
    }
  setting few = lifted_base, many = lifted_base;
  few.at[1].value = fewest;
  many.at[1].value = most;
  s = over_pairs(samples, "cost", few, &many);
  attn_experiment_claim(experiment,
                        attn_verdict_above(base, "more-features-cost-less", 0, s.mean, s.interval));
}

int main(int argc, char **argv) {
  attn_experiment *experiment =
      attn_experiment_begin(argc, argv, "benign overfitting with handwritten digits for tokens",
                            keys, sizeof keys / sizeof *keys);
  check_lists();
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_lifts(experiment, samples);
    write_noise(experiment, samples);
    write_signal(experiment, samples);
    write_pairs(experiment, samples);
    claim_noise(experiment, samples);
    claim_signal(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
