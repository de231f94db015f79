/* Of all selections of one token per sample, signal for clean and noise for noisy samples has the
 * largest margin, and mixing tokens shrinks it (optimal selection; theory section 5). */
#include <math.h>
#include <string.h>

#include "experiment.h"
#include "maxmargin.h"
#include "rng.h"
#include "selection.h"
#include "stats.h"
#include "svm.h"
#include "tokens_gram.h"
#include "trial.h"
#include "verdict.h"

static struct {
  size_t limit, random;
  double z, coherence, delta, allowed, allowed_cost, level;
  attn_list n, T, d, eta, balanced, draws, kappa, mix_kappa, c, curve_c;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNTS, &conf.n, "[2, 40]", "the numbers of samples"},
    {"T", ATTN_KEY_COUNTS, &conf.T, "[2, 10]", "the tokens per sample"},
    {"d", ATTN_KEY_COUNTS, &conf.d, "[4, 1e15]", "the dimensions"},
    {"eta", ATTN_KEY_LIST, &conf.eta, "[0, 0.5)", "the label-flip rates"},
    {"balanced", ATTN_KEY_COUNTS, &conf.balanced, "[0, 1]", "whether the counts are fixed"},
    {"draws", ATTN_KEY_COUNTS, &conf.draws, "[2, 1e5]", "the draws of each setting"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 1e6)", "rho sqrt(n/d)"},
    {"z", ATTN_KEY_REAL, &conf.z, "[0, 100)", "the distance from a threshold in deviations"},
    {"limit", ATTN_KEY_COUNT, &conf.limit, "[1, 1e9]", "the largest work of an enumeration"},
    {"mix_kappa", ATTN_KEY_LIST, &conf.mix_kappa, "(0, 1e6)", "kappa of the mixtures"},
    {"c", ATTN_KEY_LIST, &conf.c, "(0, 1]", "the weights of the other token"},
    {"random", ATTN_KEY_COUNT, &conf.random, "[0, 1e6]", "the random mixtures of all samples"},
    {"curve_c", ATTN_KEY_LIST, &conf.curve_c, "(0, 1]", "the weights of the drawn curves"},
    {"coherence", ATTN_KEY_REAL, &conf.coherence, "(0, inf)", "the bound on the coherence"},
    {"delta", ATTN_KEY_REAL, &conf.delta, "(0, 0.5)", "the allowed probability of failure"},
    {"allowed", ATTN_KEY_REAL, &conf.allowed, "(0, 1)", "the allowed error of a switch"},
    {"allowed_cost", ATTN_KEY_REAL, &conf.allowed_cost, "(0, 1)", "the allowed error of a cost"},
    {"level", ATTN_KEY_REAL, &conf.level, "(0.5, 1)", "the level of the intervals"},
};

/* The enumeration tells margins apart that differ by more than this, relatively. */
static const double tie = 10 * ATTN_SVM_GAP;

static attn_data_param setting(size_t s) {
  return (attn_data_param){(size_t)conf.n.value[s], (size_t)conf.T.value[s],
                           (size_t)conf.d.value[s], 1, conf.eta.value[s]};
}

static void check_settings(void) {
  const attn_list *lists[] = {&conf.T, &conf.d, &conf.eta, &conf.balanced, &conf.draws};
  const char *const names[] = {"T", "d", "eta", "balanced", "draws"};
  for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
    if (lists[l]->count != conf.n.count)
      attn_fail("%s has %zu values and n has %zu: each setting needs one of both", names[l],
                lists[l]->count, conf.n.count);
  for (size_t s = 0; s < conf.n.count; s++)
    if (conf.d.value[s] <= conf.n.value[s])
      attn_fail("d = %g, n = %g: the prediction needs d > n", conf.d.value[s], conf.n.value[s]);
}

/* ---- one draw ---- */

typedef struct {
  size_t s, replicate;
  attn_trial *trial;
  attn_maxmargin_set set;
  attn_selection_setting theory;
  attn_maxmargin_workspace *workspace;
  attn_svm_workspace *svm;
  double *K, *a;  /* [n][n], [n] */
  double *weight; /* [n][T] of a mixture */
  double coherence;
  bool majorities; /* fewer noisy than clean samples of each class, as in the paper's regime */
  double gap;      /* the largest certified gap of the selections */
  double mix_gap;  /* and of the mixtures, whose margin may be nearly 0 */
  size_t missed;   /* mixtures whose gap exceeds ATTN_SVM_GAP */
  size_t solved;   /* support vector machines */
} draw;

static draw draw_make(size_t s, size_t replicate, const attn_experiment *experiment) {
  const attn_data_param param = setting(s);
  draw w = {.s = s, .replicate = replicate};
  w.trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 0);
  attn_trial_draw(w.trial, attn_experiment_seed(experiment), attn_experiment_name(experiment), s,
                  replicate);
  attn_labels *labels = w.trial->labels;
  if (conf.balanced.value[s] != 0)
    attn_labels_balance(labels, param.eta);
  w.set = (attn_maxmargin_set){labels, attn_tokens_gram_matrix(w.trial->tokens), param.rho};
  w.theory =
      (attn_selection_setting){attn_selection_kinds(labels), param.T, (double)param.d, param.rho};
  w.coherence = attn_tokens_gram_coherence(w.trial->tokens, param.n);
  const attn_selection_counts *kinds = &w.theory.kinds;
  w.majorities = kinds->count[0][0] > kinds->count[0][1] && kinds->count[1][0] > kinds->count[1][1];
  w.workspace = attn_maxmargin_alloc(param.n, param.T);
  w.svm = attn_svm_alloc(param.n);
  w.K = attn_alloc(param.n * param.n, sizeof *w.K);
  w.a = attn_alloc(param.n, sizeof *w.a);
  w.weight = attn_alloc(param.n * param.T, sizeof *w.weight);
  return w;
}

static void draw_release(draw *w) {
  attn_trial_free(w->trial);
  attn_maxmargin_free(w->workspace);
  attn_svm_free(w->svm);
  attn_free(w->K);
  attn_free(w->a);
  attn_free(w->weight);
}

/* Common random numbers: labels and noise stay, only the signals grow. */
static void set_kappa(draw *w, double kappa) {
  w->set.rho = w->theory.rho = kappa * sqrt(w->theory.d / (double)w->set.labels->n);
}

/* ---- all selections ---- */

static attn_maxmargin_list *enumerate(draw *w, size_t m) {
  attn_maxmargin_list *list = attn_maxmargin_list_alloc(m, w->set.labels->n);
  attn_maxmargin_enumerate(list, &w->set, conf.limit, w->workspace);
  w->gap = fmax(w->gap, list->gap);
  w->solved += list->solved;
  return list;
}

/* The best selection and the (T-1)^q that differ from it in nothing but the noise tokens of its q
 * samples on noise, and one more: so that the best of another pattern is among them. */
static attn_maxmargin_list *best_selections(draw *w) {
  const size_t n = w->set.labels->n, T = w->set.labels->T;
  size_t m = 1;
  if (T > 2) {
    attn_maxmargin_list *list = enumerate(w, 1);
    for (size_t i = 0; list->count > 0 && i < n; i++)
      m *= list->sigma[i] > 0 ? T - 1 : 1;
    attn_maxmargin_list_free(list);
  }
  return enumerate(w, m + 1);
}

static bool same_pattern(const unsigned char *sigma, const unsigned char *other, size_t n) {
  for (size_t i = 0; i < n; i++)
    if ((sigma[i] == 0) != (other[i] == 0))
      return false;
  return true;
}

/* The margin of one of the nine selections of attn_maxmargin_start. */
static double margin_of_start(unsigned char *sigma, size_t c, draw *w) {
  attn_svm_result r;
  attn_maxmargin_start(sigma, c, &w->set);
  attn_maxmargin_value(w->a, &r, sigma, &w->set, w->workspace);
  w->solved++;
  if (r.status == ATTN_SVM_INFEASIBLE)
    return 0;
  w->gap = fmax(w->gap, r.gap);
  return r.margin_low;
}

/* ---- mixtures ---- */

//@begin mixed
/* An upper bound of the margin of the tokens r_i = sum_t weight_it x_it. */
static double mixed_margin(draw *w) {
  attn_svm_result r;
  attn_maxmargin_mixed_gram(w->K, w->weight, &w->set);
  attn_svm_solve(w->a, &r, w->K, w->set.labels->n, w->svm);
  w->solved++;
  if (r.status == ATTN_SVM_INFEASIBLE)
    return 0;
  w->mix_gap = fmax(w->mix_gap, r.gap);
  w->missed += r.status != ATTN_SVM_OK;
  return r.margin_high;
}
//@end mixed

/* Row i of the weights: (1 - c) of token t, c of token u. */
static void mix(draw *w, size_t i, size_t t, size_t u, double c) {
  double *row = w->weight + i * w->set.labels->T;
  memset(row, 0, w->set.labels->T * sizeof *row);
  row[t] += 1 - c;
  row[u] += c;
}

static void mix_none(draw *w, const unsigned char *sigma) {
  for (size_t i = 0; i < w->set.labels->n; i++)
    mix(w, i, sigma[i], sigma[i], 0);
}

/* The largest margin when one sample mixes two tokens: the chosen one with another (chosen), or two
 * others. */
static double mix_one(draw *w, const unsigned char *sigma, bool chosen) {
  const size_t n = w->set.labels->n, T = w->set.labels->T;
  double largest = chosen || T > 2 ? 0 : NAN;
  mix_none(w, sigma);
  for (size_t i = 0; i < n; i++) {
    for (size_t t = 0; t < T; t++)
      for (size_t u = 0; u < T; u++)
        if (u != sigma[i] && (chosen ? t == sigma[i] : t != sigma[i] && t < u))
          for (size_t c = 0; c < conf.c.count; c++) {
            mix(w, i, t, u, conf.c.value[c]);
            largest = fmax(largest, mixed_margin(w));
          }
    mix(w, i, sigma[i], sigma[i], 0);
  }
  return largest;
}

/* All samples of one class and kind mix their token with the signal or, on the signal, with their
 * first noise token, with the same weight c. */
static double mix_kind(draw *w, const unsigned char *sigma, size_t k, bool noisy, double c) {
  const attn_labels *labels = w->set.labels;
  mix_none(w, sigma);
  for (size_t i = 0; i < labels->n; i++)
    if (labels->k[i] == k && attn_labels_noisy(labels, i) == noisy)
      mix(w, i, sigma[i], sigma[i] == 0 ? 1 : 0, c);
  return mixed_margin(w);
}

/* All samples at once: by kinds, and (1 - c) chosen + c (uniform on the simplex of the tokens). */
static double mix_many(draw *w, const unsigned char *sigma, const attn_experiment *experiment) {
  const size_t n = w->set.labels->n, T = w->set.labels->T;
  double largest = 0, *simplex = attn_alloc(n * T, sizeof *simplex);
  for (size_t kind = 0; kind < 4; kind++)
    for (size_t c = 0; c < conf.c.count && w->theory.kinds.count[kind / 2][kind % 2] > 0; c++)
      largest = fmax(largest, mix_kind(w, sigma, kind / 2, kind % 2, conf.c.value[c]));
  attn_rng_start(w->trial->rng, attn_experiment_seed(experiment), attn_experiment_name(experiment),
                 w->s, w->replicate, ATTN_STREAM_OTHER);
  for (size_t r = 0; r < conf.random; r++) {
    for (size_t i = 0; i < n; i++) {
      double sum = 0;
      for (size_t t = 0; t < T; t++)
        sum += simplex[i * T + t] = -log(gsl_rng_uniform_pos(w->trial->rng));
      for (size_t t = 0; t < T; t++)
        simplex[i * T + t] /= sum;
    }
    for (size_t c = 0; c < conf.c.count; c++) {
      for (size_t l = 0; l < n * T; l++)
        w->weight[l] = conf.c.value[c] * simplex[l];
      for (size_t i = 0; i < n; i++)
        w->weight[i * T + sigma[i]] += 1 - conf.c.value[c];
      largest = fmax(largest, mixed_margin(w));
    }
  }
  attn_free(simplex);
  return largest;
}

/* ---- sampling ---- */

/* The rows of a draw: one for each kappa, for each class, for each kappa of the mixtures, for each
 * point of the curves, and one for what holds over all kappa. Columns that a row has no value for are
 * not-a-number. */
enum { PATH, SWITCH, MIXTURE, CURVE, DRAW };
static const char columns[] =
    "part setting draw T pairs balanced coherence orthogonal majorities scope kappa "
    /* PATH: margins over sqrt(d); gap_other and cost to the best selection of another pattern */
    "type predicted sure differs above below margin margin_noise margin_optimal gap gap_other "
    "predicted_gap "
    /* SWITCH, by the number of clean samples in the class */
    "clean_samples switches leading corrected deviation score bound "
    /* MIXTURE: the largest margin over that of the start */
    "one between many from_second from_noise "
    /* CURVE */
    "c clean noisy all_clean predicted_clean predicted_noisy predicted_all_clean "
    /* DRAW: whether all kappa that the prediction is sure of are as predicted; means; extremes */
    "above_met below_met noisy_met one_met many_met mix_below_met gap_above gap_below cost_ratio "
    "switch_ratio switch_corrected switch_kappa kappa_star svm_gap mix_gap missed solved complete";
enum { COLUMNS_MAX = 64 };

typedef struct {
  double cell[COLUMNS_MAX];
} row;

static double *at(row *r, const char *name) {
  const size_t length = strlen(name);
  size_t place = 0;
  for (const char *word = columns;; place++) {
    const size_t size = strcspn(word, " ");
    if (size == length && strncmp(word, name, length) == 0)
      return &r->cell[place];
    if (word[size] == '\0')
      attn_fail("the samples have no column '%s'", name);
    word += size + 1;
  }
}

static row row_of(size_t part, const draw *w) {
  row r;
  for (size_t c = 0; c < COLUMNS_MAX; c++)
    r.cell[c] = NAN;
  *at(&r, "part") = (double)part;
  *at(&r, "setting") = (double)w->s;
  *at(&r, "draw") = (double)w->replicate;
  *at(&r, "T") = (double)w->set.labels->T;
  *at(&r, "pairs") = w->set.labels->T == 2;
  *at(&r, "balanced") = conf.balanced.value[w->s];
  *at(&r, "coherence") = w->coherence;
  *at(&r, "orthogonal") = w->coherence <= conf.coherence;
  *at(&r, "majorities") = w->majorities;
  *at(&r, "scope") = w->majorities && w->coherence <= conf.coherence;
  return r;
}

static void row_write(row *r, attn_table *table, size_t job) {
  attn_table_number(table, (double)job);
  attn_table_numbers(table, r->cell, (size_t)(at(r, "complete") - r->cell) + 1);
}

/* met := met and holds; a met that is not a number has seen nothing yet. */
static void require(double *met, bool holds) {
  *met = isnan(*met) ? holds : *met != 0 && holds;
}

/* All selections at every kappa of the grid. */
static void sample_path(row *all, draw *w, attn_table *table, size_t job) {
  const size_t n = w->set.labels->n;
  const bool named = w->set.labels->T == 2; /* one selection of each name */
  const double root = sqrt(w->theory.d);
  unsigned char *sigma = attn_alloc(n, 1);
  double ratio = 0, ratios = 0;
  for (size_t i = 0; i < conf.kappa.count; i++) {
    row r = row_of(PATH, w);
    set_kappa(w, conf.kappa.value[i]);
    //@begin enumerate
    const attn_selection_prediction theory = attn_selection_predict(&w->theory);
    attn_maxmargin_list *list = best_selections(w);
    const double best = list->margin[0], second = list->count > 1 ? list->margin[1] : 0;
    double other = 0; /* a list that is not full holds all that separate */
    for (size_t e = list->count; e-- > 1;)
      if (!same_pattern(list->sigma, list->sigma + e * n, n))
        other = list->margin[e];
    const attn_selection_counts on = attn_selection_on_signal(list->sigma, w->set.labels);
    const bool strict = list->complete && list->count > 0 && 1 - second / best > tie;
    const bool sure = theory.distance > conf.z;
    const bool met = strict && memcmp(&on, &theory.best, sizeof on) == 0;
    //@end enumerate
    const attn_selection_type type = attn_selection_type_of(&on, &w->theory.kinds);
    const attn_selection_type expected = attn_selection_type_of(&theory.best, &w->theory.kinds);
    if (sure && expected == ATTN_SELECTION_OPTIMAL) {
      require(at(all, "above_met"), met);
      *at(all, "gap_above") = fmin(*at(all, "gap_above"), 1 - other / best);
      ratio += w->theory.d * (1 / (other * other) - 1 / (best * best)) / theory.second;
      ratios++;
    }
    if (sure && expected == ATTN_SELECTION_NOISE) {
      require(at(all, "below_met"), met);
      *at(all, "gap_below") = fmin(*at(all, "gap_below"), 1 - other / best);
    }
    if (sure && theory.best.count[0][1] + theory.best.count[1][1] > 0)
      require(at(all, "noisy_met"), met);
    require(at(all, "complete"), list->complete);
    *at(&r, "kappa") = conf.kappa.value[i];
    *at(&r, "type") = list->complete && list->count > 0 ? type : ATTN_SELECTION_TYPES;
    *at(&r, "predicted") = expected;
    *at(&r, "sure") = sure;
    *at(&r, "differs") = sure && !met;
    *at(&r, "above") = sure && expected == ATTN_SELECTION_OPTIMAL;
    *at(&r, "below") = sure && expected == ATTN_SELECTION_NOISE;
    *at(&r, "margin") = best / root;
    *at(&r, "margin_noise") = named ? margin_of_start(sigma, 4, w) / root : NAN;
    *at(&r, "margin_optimal") = named ? margin_of_start(sigma, 0, w) / root : NAN;
    *at(&r, "gap") = 1 - second / best;
    *at(&r, "gap_other") = 1 - other / best;
    *at(&r, "predicted_gap") = 1 - sqrt(theory.cost / (theory.cost + theory.second));
    row_write(&r, table, job);
    attn_maxmargin_list_free(list);
  }
  *at(all, "cost_ratio") = ratio / ratios; /* 0/0 where it is sure of none */
  attn_free(sigma);
}

typedef struct {
  draw *w;
  size_t k;
} class_of_draw;

/* 1 when the best selection has all clean samples of the class on the signal, else -1; not-a-number
 * where the enumeration gave up. */
static double takes_signal(double kappa, void *context) {
  const class_of_draw *c = context;
  set_kappa(c->w, kappa);
  attn_maxmargin_list *list = enumerate(c->w, 1);
  const attn_selection_counts on = attn_selection_on_signal(list->sigma, c->w->set.labels);
  const bool all = on.count[c->k][0] == c->w->theory.kinds.count[c->k][0];
  const bool found = list->complete && list->count > 0;
  attn_maxmargin_list_free(list);
  return !found ? NAN : all ? 1 : -1;
}

/* Where each class of a draw switches. */
static void sample_switches(row *all, draw *w, attn_table *table, size_t job) {
  const attn_selection_counts *kinds = &w->theory.kinds;
  const double n = (double)w->set.labels->n, T = (double)w->set.labels->T;
  if (!w->majorities)
    return;
  *at(all, "switch_ratio") = *at(all, "switch_corrected") = *at(all, "switch_kappa") = 0;
  *at(all, "kappa_star") = sqrt(2 / (1 - conf.eta.value[w->s]));
  for (size_t k = 0; k < 2; k++) {
    row r = row_of(SWITCH, w);
    const size_t clean = kinds->count[k][0], other = kinds->count[1 - k][0];
    attn_selection_counts before = {{{0}}}, after = {{{0}}};
    before.count[1 - k][0] = after.count[1 - k][0] = other > clean ? other : 0;
    after.count[k][0] = clean;
    const double leading = sqrt(n / (double)clean); /* rho^2 (clean samples) = d */
    const double kappa = attn_stats_root(takes_signal, &(class_of_draw){w, k}, 0.3, 10, 1e-3);
    const double corrected = attn_selection_switch(&w->theory, k) * sqrt(n / w->theory.d);
    /* relative to kappa: half of what it is relative to 1/rho^2 */
    const double deviation =
        attn_selection_deviation(&before, &after, &w->theory) / (2 * (double)clean);
    *at(all, "switch_ratio") += kappa / leading / 2;
    *at(all, "switch_corrected") += kappa / corrected / 2;
    *at(all, "switch_kappa") += kappa / 2;
    *at(&r, "clean_samples") = (double)clean;
    *at(&r, "switches") = kappa;
    *at(&r, "leading") = leading;
    *at(&r, "corrected") = corrected;
    *at(&r, "deviation") = deviation;
    *at(&r, "score") = (kappa / corrected - 1) / deviation;
    *at(&r, "bound") = deviation * sqrt(2 * n * log(T - 1));
    row_write(&r, table, job);
  }
}

/* Mixtures from the best selection, from the second best and, for T = 2, from all noise. */
static void sample_mixtures(row *all, draw *w, const attn_experiment *experiment, attn_table *table,
                            size_t job) {
  const size_t n = w->set.labels->n;
  unsigned char *noise = attn_alloc(n, 1);
  for (size_t i = 0; i < conf.mix_kappa.count; i++) {
    row r = row_of(MIXTURE, w);
    set_kappa(w, conf.mix_kappa.value[i]);
    const attn_selection_prediction theory = attn_selection_predict(&w->theory);
    const attn_selection_type expected = attn_selection_type_of(&theory.best, &w->theory.kinds);
    const bool sure = theory.distance > conf.z;
    attn_maxmargin_list *list = enumerate(w, 2);
    const unsigned char *best = list->sigma, *second = list->sigma + n;
    require(at(all, "complete"), list->complete);
    if (list->complete && list->count == 2) {
      const double one = mix_one(w, best, true) / list->margin[0];
      const double between = mix_one(w, best, false) / list->margin[0];
      const double many = mix_many(w, best, experiment) / list->margin[0];
      *at(&r, "one") = one;
      *at(&r, "between") = between;
      *at(&r, "many") = many;
      *at(&r, "from_second") = mix_one(w, second, true) / list->margin[1];
      if (w->set.labels->T == 2) {
        const double start = margin_of_start(noise, 4, w);
        *at(&r, "from_noise") = mix_one(w, noise, true) / start;
      }
      /* upper bounds of mixtures over lower bounds of the best; between is none for T = 2 */
      const bool one_shrinks = fmax(one, between) < 1 - tie, many_shrink = many < 1 - tie;
      if (sure && expected == ATTN_SELECTION_OPTIMAL) {
        require(at(all, "one_met"), one_shrinks);
        require(at(all, "many_met"), many_shrink);
      }
      if (sure && expected == ATTN_SELECTION_NOISE)
        require(at(all, "mix_below_met"), one_shrinks && many_shrink);
    }
    *at(&r, "kappa") = conf.mix_kappa.value[i];
    *at(&r, "above") = sure && expected == ATTN_SELECTION_OPTIMAL;
    *at(&r, "below") = sure && expected == ATTN_SELECTION_NOISE;
    row_write(&r, table, job);
    attn_maxmargin_list_free(list);
  }
  attn_free(noise);
}

/* The mean over the clean or noisy samples of the margin when that sample alone mixes in c of another
 * token. */
static double mean_mixed(draw *w, const unsigned char *sigma, bool noisy, double c) {
  const attn_labels *labels = w->set.labels;
  double sum = 0, count = 0;
  mix_none(w, sigma);
  for (size_t i = 0; i < labels->n; i++)
    if (attn_labels_noisy(labels, i) == noisy) {
      mix(w, i, sigma[i], sigma[i] == 0, c);
      sum += mixed_margin(w);
      count++;
      mix(w, i, sigma[i], sigma[i], 0);
    }
  return sum / count;
}

/* The margin of mixtures from the best selection, over its own, against c. */
static void sample_curves(draw *w, attn_table *table, size_t job) {
  for (size_t i = 0; i < conf.mix_kappa.count; i++) {
    set_kappa(w, conf.mix_kappa.value[i]);
    attn_maxmargin_list *list = enumerate(w, 1);
    const unsigned char *sigma = list->sigma;
    const attn_selection_counts on = attn_selection_on_signal(sigma, w->set.labels);
    const double start = attn_selection_cost(&on, &w->theory);
    for (size_t j = 0; list->count > 0 && j < conf.curve_c.count; j++) {
      row r = row_of(CURVE, w);
      const double c = conf.curve_c.value[j], margin = list->margin[0];
#define PREDICTED(part) sqrt(start / attn_selection_mixed_cost(&on, &w->theory, part, 0, c))
      *at(&r, "kappa") = conf.mix_kappa.value[i];
      *at(&r, "c") = c;
      *at(&r, "clean") = mean_mixed(w, sigma, false, c) / margin;
      *at(&r, "noisy") = mean_mixed(w, sigma, true, c) / margin;
      *at(&r, "all_clean") = mix_kind(w, sigma, 0, false, c) / margin;
      *at(&r, "predicted_clean") = PREDICTED(ATTN_SELECTION_CLEAN);
      *at(&r, "predicted_noisy") = PREDICTED(ATTN_SELECTION_NOISY);
      *at(&r, "predicted_all_clean") = PREDICTED(ATTN_SELECTION_ALL_CLEAN);
      row_write(&r, table, job);
    }
    attn_maxmargin_list_free(list);
  }
}

static void sample(attn_experiment *experiment) {
  attn_table *table = attn_experiment_samples(experiment, columns);
  size_t jobs = 0;
  for (size_t s = 0; s < conf.n.count; s++)
    jobs += (size_t)conf.draws.value[s];
  for (size_t job = ATTN_FIRST_JOB; attn_experiment_next(experiment, jobs, &job);) {
    size_t s = 0, replicate = job;
    while (replicate >= (size_t)conf.draws.value[s])
      replicate -= (size_t)conf.draws.value[s++];
    draw w = draw_make(s, replicate, experiment);
    row all = row_of(DRAW, &w);
    sample_path(&all, &w, table, job);
    sample_switches(&all, &w, table, job);
    sample_mixtures(&all, &w, experiment, table, job);
    if (s == 0)
      sample_curves(&w, table, job);
    *at(&all, "svm_gap") = w.gap;
    *at(&all, "mix_gap") = w.mix_gap;
    *at(&all, "missed") = (double)w.missed;
    *at(&all, "solved") = (double)w.solved;
    row_write(&all, table, job);
    draw_release(&w);
  }
}

/* ---- results ---- */

#define WHERE(...) ((attn_where[]){__VA_ARGS__, {0}})

static size_t count_of(const attn_samples *samples, const char *column, const attn_where *where) {
  return attn_samples_select(samples->scratch, samples, column, where);
}

static double smallest(const attn_samples *samples, const char *column, const attn_where *where) {
  const size_t count = count_of(samples, column, where);
  attn_stats_sort(samples->scratch, count);
  return count > 0 ? samples->scratch[0] : NAN;
}

static double total(const attn_samples *samples, const char *column, const attn_where *where) {
  const size_t count = count_of(samples, column, where);
  return count > 0 ? attn_samples_mean(samples, column, where) * (double)count : 0;
}

static attn_table *table_by_setting(attn_experiment *experiment, const char *name,
                                    const char *more) {
  char *all = attn_text_format("setting n T d eta labels %s", more);
  attn_table *table = attn_experiment_table(experiment, name, all);
  attn_free(all);
  return table;
}

static void put_setting(attn_table *table, size_t s) {
  attn_table_numbers(table,
                     (double[]){(double)s + 1, conf.n.value[s], conf.T.value[s], conf.d.value[s],
                                conf.eta.value[s]},
                     5);
  attn_table_text(table, conf.balanced.value[s] != 0 ? "fixed" : "drawn");
}

/* For each setting and kappa: margins over sqrt(d), the gap, the types of the best selections. */
static void write_path(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = table_by_setting(
      experiment, "path",
      "kappa margin margin_noise margin_optimal predicted_noise predicted_optimal gap gap_q05 "
      "gap_q95 gap_predicted optimal noise split other optimal_predicted noise_predicted "
      "split_predicted other_predicted");
  for (size_t s = 0; s < conf.n.count; s++)
    for (size_t i = 0; i < conf.kappa.count; i++) {
      const double kappa = conf.kappa.value[i], n = conf.n.value[s];
      const double flips = conf.balanced.value[s] != 0 ? 2 * round(conf.eta.value[s] * n / 2) : NAN;
      const attn_where *here = WHERE({"part", PATH}, {"setting", (double)s}, {"kappa", kappa});
      const attn_summary gap = attn_samples_summary(samples, "gap_other", here, conf.level);
      const double values[] = {kappa,
                               attn_samples_mean(samples, "margin", here),
                               attn_samples_mean(samples, "margin_noise", here),
                               attn_samples_mean(samples, "margin_optimal", here),
                               1 / sqrt(n),
                               1 / sqrt(flips + 2 * n / (kappa * kappa)),
                               gap.median,
                               gap.q05,
                               gap.q95,
                               attn_samples_median(samples, "predicted_gap", here)};
      put_setting(table, s);
      attn_table_numbers(table, values, sizeof values / sizeof *values);
      for (size_t type = 0; type < 2 * ATTN_SELECTION_TYPES; type++)
        attn_table_number(
            table, attn_samples_share(samples, type < ATTN_SELECTION_TYPES ? "type" : "predicted",
                                      (double)(type % ATTN_SELECTION_TYPES), here));
    }
  attn_table_close(table);
}

/* For each setting: what was drawn, in how many draws the best selection is the predicted one at all
 * kappa where the prediction is sure, and by how much. */
static void write_settings(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = table_by_setting(
      experiment, "settings",
      "draws coherence in_scope above above_met gap_above below below_met "
      "gap_below noisy noisy_met "
      "gap_any gap_other switch_ratio switch_low switch_high switch_corrected switch_score "
      "switch_bound svm_gap mix_gap missed solved incomplete");
  for (size_t s = 0; s < conf.n.count; s++) {
    const attn_where *draws = WHERE({"part", DRAW}, {"setting", (double)s});
    const attn_where *scope = WHERE({"part", DRAW}, {"setting", (double)s}, {"scope", 1});
    const attn_where *above = WHERE({"part", PATH}, {"setting", (double)s}, {"above", 1});
    const attn_where *classes = WHERE({"part", SWITCH}, {"setting", (double)s});
    const attn_summary ratio = attn_samples_summary(samples, "switch_ratio", draws, conf.level);
    const double score =
        attn_stats_deviation(samples->scratch, count_of(samples, "score", classes));
    const double values[] = {conf.draws.value[s],
                             attn_samples_largest(samples, "coherence", draws),
                             (double)count_of(samples, "solved", scope),
                             (double)count_of(samples, "above_met", draws),
                             attn_samples_share(samples, "above_met", 1, draws),
                             smallest(samples, "gap_above", draws),
                             (double)count_of(samples, "below_met", draws),
                             attn_samples_share(samples, "below_met", 1, draws),
                             smallest(samples, "gap_below", draws),
                             (double)count_of(samples, "noisy_met", draws),
                             attn_samples_share(samples, "noisy_met", 1, draws),
                             attn_samples_median(samples, "gap", above),
                             attn_samples_median(samples, "gap_other", above),
                             ratio.mean,
                             ratio.low,
                             ratio.high,
                             attn_samples_mean(samples, "switch_corrected", draws),
                             score,
                             attn_samples_mean(samples, "bound", classes),
                             attn_samples_largest(samples, "svm_gap", draws),
                             attn_samples_largest(samples, "mix_gap", draws),
                             total(samples, "missed", draws),
                             total(samples, "solved", draws),
                             conf.draws.value[s] - total(samples, "complete", draws)};
    put_setting(table, s);
    attn_table_numbers(table, values, sizeof values / sizeof *values);
  }
  attn_table_close(table);
}

/* Over all settings. stray: how often, in draws with clean majorities, the best selection was of a type
 * that is predicted nowhere. */
static void write_totals(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = attn_experiment_table(experiment, "totals",
                                            "draws solved enumerations sure differ stray svm_gap "
                                            "mix_gap missed incomplete mixed_largest");
  const attn_where *draws = WHERE({"part", DRAW}), *mixed = WHERE({"part", MIXTURE});
  const attn_where *path = WHERE({"part", PATH});
  const attn_where *stray =
      WHERE({"part", PATH}, {"majorities", 1}, {"type", ATTN_SELECTION_OTHER});
  const double count = (double)count_of(samples, "solved", draws);
  const double values[] = {count,
                           total(samples, "solved", draws),
                           (double)count_of(samples, "type", path),
                           total(samples, "sure", path),
                           total(samples, "differs", path),
                           (double)count_of(samples, "type", stray),
                           attn_samples_largest(samples, "svm_gap", draws),
                           attn_samples_largest(samples, "mix_gap", draws),
                           total(samples, "missed", draws),
                           count - total(samples, "complete", draws),
                           fmax(fmax(attn_samples_largest(samples, "one", mixed),
                                     attn_samples_largest(samples, "between", mixed)),
                                attn_samples_largest(samples, "many", mixed))};
  attn_table_numbers(table, values, sizeof values / sizeof *values);
  attn_table_close(table);
}

/* For each setting and number of clean samples in a class: where such classes switch. */
static void write_switches(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = table_by_setting(
      experiment, "switches",
      "clean classes kappa low high predicted corrected ratio spread spread_predicted bound");
  for (size_t s = 0; s < conf.n.count; s++)
    for (size_t clean = 1; clean <= (size_t)conf.n.value[s]; clean++) {
      const attn_where *here =
          WHERE({"part", SWITCH}, {"setting", (double)s}, {"clean_samples", (double)clean});
      const attn_summary kappa = attn_samples_summary(samples, "switches", here, conf.level);
      if (kappa.count == 0)
        continue;
      const double corrected = attn_samples_mean(samples, "corrected", here);
      const double spread =
          attn_stats_deviation(samples->scratch, count_of(samples, "switches", here));
      const double values[] = {(double)clean,
                               (double)kappa.count,
                               kappa.mean,
                               kappa.low,
                               kappa.high,
                               attn_samples_mean(samples, "leading", here),
                               corrected,
                               kappa.mean / corrected,
                               spread / kappa.mean,
                               attn_samples_mean(samples, "deviation", here),
                               attn_samples_mean(samples, "bound", here)};
      put_setting(table, s);
      attn_table_numbers(table, values, sizeof values / sizeof *values);
    }
  attn_table_close(table);
}

/* For each setting and kappa: the largest margin of a mixture over that of the selection it started
 * from, over all draws. */
static void write_mixtures(attn_experiment *experiment, const attn_samples *samples) {
  attn_table *table = table_by_setting(
      experiment, "mixtures",
      "kappa draws above below one between many from_second from_second_largest from_noise rho2_d");
  for (size_t s = 0; s < conf.n.count; s++)
    for (size_t i = 0; i < conf.mix_kappa.count; i++) {
      const double kappa = conf.mix_kappa.value[i];
      const attn_where *here = WHERE({"part", MIXTURE}, {"setting", (double)s}, {"kappa", kappa});
      const double values[] = {kappa,
                               (double)count_of(samples, "one", here),
                               attn_samples_share(samples, "above", 1, here),
                               attn_samples_share(samples, "below", 1, here),
                               attn_samples_largest(samples, "one", here),
                               attn_samples_largest(samples, "between", here),
                               attn_samples_largest(samples, "many", here),
                               attn_samples_median(samples, "from_second", here),
                               attn_samples_largest(samples, "from_second", here),
                               attn_samples_median(samples, "from_noise", here),
                               kappa * kappa / conf.n.value[s]};
      put_setting(table, s);
      attn_table_numbers(table, values, sizeof values / sizeof *values);
    }
  attn_table_close(table);
}

static void write_curves(attn_experiment *experiment, const attn_samples *samples) {
  static const char *const column[] = {"clean",           "noisy",           "all_clean",
                                       "predicted_clean", "predicted_noisy", "predicted_all_clean"};
  attn_table *table = attn_experiment_table(
      experiment, "curves",
      "kappa c clean noisy all_clean predicted_clean predicted_noisy predicted_all_clean");
  for (size_t i = 0; i < conf.mix_kappa.count; i++)
    for (size_t j = 0; j < conf.curve_c.count; j++) {
      const double kappa = conf.mix_kappa.value[i], c = conf.curve_c.value[j];
      const attn_where *here = WHERE({"part", CURVE}, {"kappa", kappa}, {"c", c});
      attn_table_numbers(table, (double[]){kappa, c}, 2);
      for (size_t l = 0; l < sizeof column / sizeof *column; l++)
        attn_table_number(table, attn_samples_mean(samples, column[l], here));
    }
  attn_table_close(table);
}

static attn_claim claim_about(const attn_samples *samples, const char *column,
                              const attn_where *draws) {
  return (attn_claim){.kappa = NAN,
                      .coherence = attn_samples_largest(samples, "coherence", draws),
                      .in_scope = count_of(samples, column, draws) > 0};
}

/* In how many of the draws for which there is something to say the column says 1. */
static attn_claim share_claim(const char *id, const attn_samples *samples, const char *column,
                              const attn_where *draws) {
  return attn_verdict_share(claim_about(samples, column, draws), id,
                            (size_t)round(total(samples, column, draws)),
                            count_of(samples, column, draws), conf.level, conf.delta);
}

/* The mean over draws lies within the relative distance allowed of the prediction. */
static attn_claim mean_claim(const char *id, const attn_samples *samples, const char *column,
                             double predicted, double allowed, const attn_where *draws) {
  const attn_summary s = attn_samples_summary(samples, column, draws, conf.level);
  return attn_verdict_within(claim_about(samples, column, draws), id, predicted,
                             predicted * allowed, s.mean, (attn_interval){s.low, s.high});
}

static void write_claims(attn_experiment *experiment, const attn_samples *samples) {
  const attn_where *scope = WHERE({"part", DRAW}, {"scope", 1});
  const attn_where *two = WHERE({"part", DRAW}, {"scope", 1}, {"pairs", 1});
  const attn_where *more = WHERE({"part", DRAW}, {"scope", 1}, {"pairs", 0});
  const attn_where *fixed = WHERE({"part", DRAW}, {"scope", 1}, {"pairs", 1}, {"balanced", 1});
  const attn_where *near = WHERE({"part", DRAW}, {"orthogonal", 1});
  const attn_where *far = WHERE({"part", DRAW}, {"orthogonal", 0}, {"majorities", 1});
  //@begin verdicts
  attn_experiment_claim(experiment, share_claim("optimal-selection", samples, "above_met", scope));
  attn_experiment_claim(experiment,
                        share_claim("noise-selection-below", samples, "below_met", scope));
  attn_experiment_claim(experiment,
                        share_claim("majority-takes-signal", samples, "noisy_met", near));
  attn_experiment_claim(experiment,
                        share_claim("optimal-selection-any-d", samples, "above_met", far));
  attn_experiment_claim(experiment, share_claim("mixing-one", samples, "one_met", scope));
  attn_experiment_claim(experiment, share_claim("mixing-many", samples, "many_met", scope));
  attn_experiment_claim(experiment, share_claim("mixing-below", samples, "mix_below_met", scope));
  attn_experiment_claim(
      experiment, mean_claim("selection-switch", samples, "switch_ratio", 1, conf.allowed, two));
  attn_experiment_claim(experiment, mean_claim("selection-switch-tokens", samples, "switch_ratio",
                                               1, conf.allowed, more));
  attn_experiment_claim(experiment, mean_claim("selection-kappa-star", samples, "switch_kappa",
                                               attn_samples_mean(samples, "kappa_star", fixed),
                                               conf.allowed, fixed));
  attn_experiment_claim(experiment, mean_claim("second-best-cost", samples, "cost_ratio", 1,
                                               conf.allowed_cost, scope));
  //@end verdicts
}

int main(int argc, char **argv) {
  attn_experiment *experiment = attn_experiment_begin(
      argc, argv,
      "the selection 'signal for clean, noise for noisy' is the best, and mixtures are worse", keys,
      sizeof keys / sizeof *keys);
  check_settings();
  if (attn_experiment_sampling(experiment)) {
    sample(experiment);
  } else {
    attn_samples *samples = attn_experiment_gather(experiment);
    write_path(experiment, samples);
    write_settings(experiment, samples);
    write_totals(experiment, samples);
    write_switches(experiment, samples);
    write_mixtures(experiment, samples);
    write_curves(experiment, samples);
    write_claims(experiment, samples);
    attn_samples_free(samples);
  }
  return attn_experiment_end(experiment);
}
