#include "maxmargin.h"

#include <math.h>
#include <string.h>

#include "linalg.h"

/* Margins that differ by less, relatively, count as equal: ten times the gap of a solution. */
static const double tie = 10 * ATTN_SVM_GAP;

struct attn_maxmargin_workspace {
  size_t n, T;
  attn_svm_workspace *svm; /* for n(T-1) points */
  double *K;               /* [n][n] of the current selection */
  double *packed;          /* [n][n] of a subset, or of a trial */
  double *differences;     /* [N][N] */
  double *a;               /* [n+1][n] multipliers, by number of samples chosen */
  double *u;               /* [n] Ka */
  double *row;             /* [n] y_i y_j x_i . x_j for a token that i might choose */
  unsigned char *sigma;    /* [n] */
  unsigned char *trial;    /* [n] */
  unsigned char *noise;    /* [n] the noise token a sample would turn to */
};

attn_maxmargin_workspace *attn_maxmargin_alloc(size_t n, size_t T) {
  if (n < 1 || T < 2 || T > 256)
    attn_fail("n = %zu, T = %zu: max-margin selections are for n >= 1 samples of 2 to 256 tokens",
              n, T);
  attn_maxmargin_workspace *w = attn_alloc(1, sizeof *w);
  const size_t N = n * (T - 1);
  w->n = n;
  w->T = T;
  w->svm = attn_svm_alloc(N);
  w->K = attn_alloc(n * n, sizeof *w->K);
  w->packed = attn_alloc(n * n, sizeof *w->packed);
  w->differences = attn_alloc(N * N, sizeof *w->differences);
  w->a = attn_alloc((n + 1) * n, sizeof *w->a);
  w->u = attn_alloc(n, sizeof *w->u);
  w->row = attn_alloc(n, sizeof *w->row);
  w->sigma = attn_alloc(n, 1);
  w->trial = attn_alloc(n, 1);
  w->noise = attn_alloc(n, 1);
  return w;
}

void attn_maxmargin_free(attn_maxmargin_workspace *w) {
  if (w == NULL)
    return;
  attn_svm_free(w->svm);
  void *const parts[] = {w->K,   w->packed, w->differences, w->a,    w->u,
                         w->row, w->sigma,  w->trial,       w->noise};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    attn_free(parts[i]);
  attn_free(w);
}

static void check_size(const attn_maxmargin_set *set, const attn_maxmargin_workspace *w) {
  attn_labels_need_paper(set->labels, "max-margin");
  if (set->labels->n != w->n || set->labels->T != w->T)
    attn_fail("this workspace is for n = %zu, T = %zu, the training set has n = %zu, T = %zu", w->n,
              w->T, set->labels->n, set->labels->T);
}

/* ---- inner products ---- */

/* token t of sample i . token s of sample j */
static double inner(const attn_maxmargin_set *set, size_t i, size_t t, size_t j, size_t s) {
  const attn_labels *labels = set->labels;
  const size_t others = labels->T - 1;
  if (t == 0 && s == 0)
    return labels->k[i] == labels->k[j] ? set->rho * set->rho : 0;
  if (t == 0 || s == 0)
    return 0;
  return set->noise[(i * others + t - 1) * labels->N + j * others + s - 1];
}

/* row_j = y_i y_j (token t of i) . (chosen token of j), j < count; row_i is |token t|^2. */
static void gram_row(double *row /* [count] */, size_t i, size_t t, const unsigned char *sigma,
                     const attn_maxmargin_set *set, size_t count) {
  const signed char *y = set->labels->y;
  for (size_t j = 0; j < count; j++)
    row[j] = y[i] * y[j] * inner(set, i, t, j, j == i ? t : sigma[j]);
}

void attn_maxmargin_gram(double *K, const unsigned char *sigma, const attn_maxmargin_set *set) {
  for (size_t i = 0; i < set->labels->n; i++)
    gram_row(K + i * set->labels->n, i, sigma[i], sigma, set, set->labels->n);
}

/* Signals are orthogonal to noise, so of the T^2 terms the mixed ones are left out. */
void attn_maxmargin_mixed_gram(double *K, const double *weight, const attn_maxmargin_set *set) {
  const size_t n = set->labels->n, T = set->labels->T, N = set->labels->N;
  const signed char *y = set->labels->y;
  const double length2 = set->rho * set->rho;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      const double *of_i = weight + i * T, *of_j = weight + j * T;
      double sum = 0;
      if (set->labels->k[i] == set->labels->k[j])
        sum += of_i[0] * of_j[0] * length2;
      for (size_t t = 1; t < T; t++) {
        const double *products = set->noise + (i * (T - 1) + t - 1) * N + j * (T - 1);
        for (size_t s = 1; s < T; s++)
          sum += of_i[t] * of_j[s] * products[s - 1];
      }
      K[i * n + j] = K[j * n + i] = y[i] * y[j] * sum;
    }
}

attn_svm_status attn_maxmargin_value(double *a, attn_svm_result *result, const unsigned char *sigma,
                                     const attn_maxmargin_set *set, attn_maxmargin_workspace *w) {
  check_size(set, w);
  attn_maxmargin_gram(w->packed, sigma, set);
  return attn_svm_solve(a, result, w->packed, w->n, w->svm);
}

/* The r-th token of a sample, r = 0 ... T-2, that is not the chosen one. */
static size_t other_token(size_t r, size_t chosen) {
  return r < chosen ? r : r + 1;
}

attn_svm_status attn_maxmargin_attention(double *b, attn_svm_result *result,
                                         const unsigned char *sigma, const attn_maxmargin_set *set,
                                         attn_maxmargin_workspace *w) {
  check_size(set, w);
  const size_t others = w->T - 1, N = w->n * others;
  for (size_t c = 0; c < N; c++)
    for (size_t e = 0; e <= c; e++) {
      size_t i = c / others, j = e / others;
      size_t t = other_token(c % others, sigma[i]), s = other_token(e % others, sigma[j]);
      w->differences[c * N + e] = w->differences[e * N + c] =
          inner(set, i, sigma[i], j, sigma[j]) - inner(set, i, sigma[i], j, s) -
          inner(set, i, t, j, sigma[j]) + inner(set, i, t, j, s);
    }
  return attn_svm_solve(b, result, w->differences, N, w->svm);
}

/* ---- vectors ---- */

static void add_token(double *signal, double *noise, double weight, size_t i, size_t t,
                      const attn_labels *labels) {
  if (t == 0)
    signal[labels->k[i]] += weight;
  else
    noise[i * (labels->T - 1) + t - 1] += weight;
}

static void clear(double *signal, double *noise, const attn_labels *labels) {
  signal[0] = signal[1] = 0;
  memset(noise, 0, labels->N * sizeof *noise);
}

void attn_maxmargin_value_weights(double *signal, double *noise, const double *a,
                                  const unsigned char *sigma, const attn_labels *labels) {
  clear(signal, noise, labels);
  for (size_t i = 0; i < labels->n; i++)
    add_token(signal, noise, a[i] * labels->y[i], i, sigma[i], labels);
}

void attn_maxmargin_attention_weights(double *signal, double *noise, const double *b,
                                      const unsigned char *sigma, const attn_labels *labels) {
  const size_t others = labels->T - 1;
  clear(signal, noise, labels);
  for (size_t c = 0; c < labels->N; c++) {
    size_t i = c / others;
    add_token(signal, noise, b[c], i, sigma[i], labels);
    add_token(signal, noise, -b[c], i, other_token(c % others, sigma[i]), labels);
  }
}

bool attn_maxmargin_pair(double *v, double *p, double *a, double *b, attn_svm_result *value,
                         attn_svm_result *attention, const unsigned char *sigma,
                         const attn_maxmargin_set *set, attn_maxmargin_workspace *w) {
  if (attn_maxmargin_value(a, value, sigma, set, w) != ATTN_SVM_OK ||
      attn_maxmargin_attention(b, attention, sigma, set, w) != ATTN_SVM_OK)
    return false;
  attn_maxmargin_value_weights(v, v + 2, a, sigma, set->labels);
  attn_maxmargin_attention_weights(p, p + 2, b, sigma, set->labels);
  return true;
}

size_t attn_maxmargin_on_signal(const unsigned char *sigma, const attn_labels *labels,
                                unsigned char k, bool noisy) {
  size_t count = 0;
  for (size_t i = 0; i < labels->n; i++)
    count += sigma[i] == 0 && labels->k[i] == k && attn_labels_noisy(labels, i) == noisy;
  return count;
}

/* ---- a bound without a solution ----
 *
 * For any weights al >= 0, |sum_j al_j y_j x_j| / sum al_j bounds the margin from above. So the
 * solution for some points bounds the margin after point i takes another token, or is added: keep
 * the weights of the others and choose that of i,
 *   bound^2 = min over x >= 0 of (A + 2 B x + C x^2) / (S + x)^2,   x = (A - B S) / (C S - B),
 * with A = |sum of the others|^2, S the sum of their weights, B their product with the new token
 * and C the square of its length. */
static double bound_with(double A, double B, double C, double S) {
  double without = S > 0 ? fmax(0, A) / (S * S) : INFINITY, slope = C * S - B;
  double x = slope > 0 ? (A - B * S) / slope : 0;
  if (!(x > 0))
    return sqrt(without);
  return sqrt(fmin(without, fmax(0, A + 2 * B * x + C * x * x) / ((S + x) * (S + x))));
}

/* ---- enumeration ---- */

attn_maxmargin_list *attn_maxmargin_list_alloc(size_t m, size_t n) {
  if (m < 1)
    attn_fail("m = %zu: a list of the best selections holds at least 1", m);
  attn_maxmargin_list *list = attn_alloc(1, sizeof *list);
  list->m = m;
  list->margin = attn_alloc(m, sizeof *list->margin);
  list->sigma = attn_alloc(m * n, 1);
  return list;
}

void attn_maxmargin_list_free(attn_maxmargin_list *list) {
  if (list == NULL)
    return;
  attn_free(list->margin);
  attn_free(list->sigma);
  attn_free(list);
}

static void list_insert(attn_maxmargin_list *list, double margin, const unsigned char *sigma,
                        size_t n) {
  if (list->count == list->m && margin <= list->margin[list->m - 1])
    return;
  size_t at = list->count < list->m ? list->count++ : list->m - 1;
  for (; at > 0 && list->margin[at - 1] < margin; at--) {
    list->margin[at] = list->margin[at - 1];
    memcpy(list->sigma + at * n, list->sigma + (at - 1) * n, n);
  }
  list->margin[at] = margin;
  memcpy(list->sigma + at * n, sigma, n);
}

/* Samples 0 ... i-1 have chosen; their multipliers are row i of w->a, their Gram matrix the leading
 * block of w->K. floor: margins below it are of no interest. */
static void branch(attn_maxmargin_list *list, const attn_maxmargin_set *set, size_t i, double floor,
                   size_t limit, attn_maxmargin_workspace *w) {
  const size_t n = w->n;
  const double *a = w->a + i * n;
  double A = 0, S = 0;
  for (size_t j = 0; j < i; j++) {
    S += a[j];
    for (size_t l = 0; l < i; l++)
      A += a[j] * a[l] * w->K[j * n + l];
  }
  for (size_t t = 0; t < w->T; t++) {
    double cutoff = list->count == list->m ? fmax(floor, list->margin[list->m - 1]) : floor;
    double *row = w->K + i * n, B = 0, *next = w->a + (i + 1) * n;
    attn_svm_result r;
    w->sigma[i] = (unsigned char)t;
    gram_row(row, i, t, w->sigma, set, i + 1);
    for (size_t j = 0; j < i; j++)
      B += a[j] * row[j];
    if (i > 0 && bound_with(A, B, row[i], S) < (1 - tie) * cutoff)
      continue;
    if (list->solved == limit) {
      list->complete = false;
      return;
    }
    for (size_t j = 0; j < i; j++)
      w->K[j * n + i] = row[j];
    for (size_t j = 0; j <= i; j++)
      memcpy(w->packed + j * (i + 1), w->K + j * n, (i + 1) * sizeof *row);
    list->solved++;
    if (attn_svm_solve(next, &r, w->packed, i + 1, w->svm) == ATTN_SVM_INFEASIBLE)
      continue;
    list->gap = fmax(list->gap, r.gap);
    if (r.margin_high < (1 - tie) * cutoff)
      continue;
    if (i + 1 < n)
      branch(list, set, i + 1, floor, limit, w);
    else if (r.margin_low > 0)
      list_insert(list, r.margin_low, w->sigma, n);
  }
}

void attn_maxmargin_enumerate(attn_maxmargin_list *list, const attn_maxmargin_set *set,
                              size_t limit, attn_maxmargin_workspace *w) {
  check_size(set, w);
  list->count = list->solved = 0;
  list->gap = 0;
  list->complete = true;
  double floor = 0; /* a selection that is good at once makes the bounds bite */
  for (size_t c = 0; c < ATTN_MAXMARGIN_STARTS && list->m == 1; c++) {
    attn_maxmargin_start(w->sigma, c, set);
    floor = fmax(floor, attn_maxmargin_climb(w->sigma, set, w));
  }
  branch(list, set, 0, floor, limit, w);
}

/* ---- local search ---- */

static unsigned char longest_noise(const attn_maxmargin_set *set, size_t i) {
  size_t best = 1;
  for (size_t t = 2; t < set->labels->T; t++)
    if (inner(set, i, t, i, t) > inner(set, i, best, i, best))
      best = t;
  return (unsigned char)best;
}

enum { WAYS = 3 }; /* (clean, noisy) = (signal, noise), (noise, noise), (noise, signal) */

static bool takes_signal(size_t way, bool noisy) {
  return noisy ? way == 2 : way == 0;
}

void attn_maxmargin_start(unsigned char *sigma, size_t c, const attn_maxmargin_set *set) {
  const attn_labels *labels = set->labels;
  for (size_t i = 0; i < labels->n; i++) {
    size_t way = labels->k[i] == 0 ? c % WAYS : c / WAYS;
    sigma[i] = takes_signal(way, attn_labels_noisy(labels, i)) ? 0 : longest_noise(set, i);
  }
}

/* The margin of sigma; K and u follow it, and the multipliers a. */
static double take(double *a, const unsigned char *sigma, const attn_maxmargin_set *set,
                   attn_maxmargin_workspace *w) {
  const size_t n = w->n;
  attn_svm_result r;
  attn_maxmargin_gram(w->K, sigma, set);
  attn_svm_solve(a, &r, w->K, n, w->svm);
  for (size_t i = 0; i < n; i++) {
    w->u[i] = 0;
    for (size_t j = 0; j < n; j++)
      w->u[i] += w->K[i * n + j] * a[j];
  }
  return r.status == ATTN_SVM_INFEASIBLE ? 0 : r.margin_low;
}

/* One signal with both labels makes the margin 0, and in both classes at once no single move would
 * change that: the fewer of the two labels turn to noise. */
static void repair(unsigned char *sigma, const unsigned char *noise, const attn_labels *labels) {
  for (unsigned char k = 0; k < 2; k++) {
    size_t clean = attn_maxmargin_on_signal(sigma, labels, k, false);
    size_t noisy = attn_maxmargin_on_signal(sigma, labels, k, true);
    for (size_t i = 0; clean > 0 && noisy > 0 && i < labels->n; i++)
      if (labels->k[i] == k && sigma[i] == 0 && attn_labels_noisy(labels, i) == (noisy <= clean))
        sigma[i] = noise[i];
  }
}

double attn_maxmargin_climb(unsigned char *sigma, const attn_maxmargin_set *set,
                            attn_maxmargin_workspace *w) {
  check_size(set, w);
  const size_t n = w->n;
  const attn_labels *labels = set->labels;
  double *a = w->a, *b = w->a + n; /* [n] multipliers of sigma and of a trial */
  attn_svm_result r;
  for (size_t i = 0; i < n; i++)
    w->noise[i] = sigma[i] > 0 ? sigma[i] : longest_noise(set, i);
  repair(sigma, w->noise, labels);
  double margin = take(a, sigma, set, w);
  for (bool improved = true; improved;) {
    improved = false;
    for (size_t i = 0; i < n; i++)
      for (size_t t = 0; t < w->T; t++) {
        if (t == sigma[i])
          continue;
        double A = 0, B = 0, S = 0, own = a[i] * w->K[i * n + i];
        gram_row(w->row, i, t, sigma, set, n);
        for (size_t j = 0; j < n; j++)
          if (j != i) {
            A += a[j] * w->u[j];
            B += a[j] * w->row[j];
            S += a[j];
          }
        A -= a[i] * (w->u[i] - own); /* the part of sum_{j != i} a_j u_j that is due to i */
        if (bound_with(A, B, w->row[i], S) <= (1 + tie) * margin)
          continue;
        memcpy(w->trial, sigma, n);
        w->trial[i] = (unsigned char)t;
        attn_maxmargin_value(b, &r, w->trial, set, w);
        if (r.status == ATTN_SVM_INFEASIBLE || !(r.margin_low > (1 + tie) * margin))
          continue;
        sigma[i] = (unsigned char)t;
        if (t > 0)
          w->noise[i] = (unsigned char)t;
        margin = take(a, sigma, set, w);
        improved = true;
      }
    if (improved)
      continue;
    for (size_t move = 0; move < 2 * WAYS; move++) {
      memcpy(w->trial, sigma, n);
      for (size_t i = 0; i < n; i++)
        if (labels->k[i] == move / WAYS)
          w->trial[i] = takes_signal(move % WAYS, attn_labels_noisy(labels, i)) ? 0 : w->noise[i];
      attn_maxmargin_value(b, &r, w->trial, set, w);
      if (r.status == ATTN_SVM_INFEASIBLE || !(r.margin_low > (1 + tie) * margin))
        continue;
      memcpy(sigma, w->trial, n);
      margin = take(a, sigma, set, w);
      improved = true;
    }
  }
  return margin;
}

double attn_maxmargin_best(unsigned char *sigma, double *margins, size_t random, gsl_rng *rng,
                           const attn_maxmargin_set *set, attn_maxmargin_workspace *w) {
  check_size(set, w);
  double best = -1;
  for (size_t c = 0; c < ATTN_MAXMARGIN_STARTS + random; c++) {
    if (c < ATTN_MAXMARGIN_STARTS)
      attn_maxmargin_start(w->sigma, c, set);
    else
      for (size_t i = 0; i < w->n; i++)
        w->sigma[i] = (unsigned char)gsl_rng_uniform_int(rng, w->T);
    margins[c] = attn_maxmargin_climb(w->sigma, set, w);
    if (margins[c] > best) {
      best = margins[c];
      memcpy(sigma, w->sigma, w->n);
    }
  }
  return best;
}

/* ---- what the search may have missed ---- */

/* The inverse of the least bound over A + B = 1 for one class, with h = sum 1/D_i over its clean, h'
 * over its noisy samples. A selection with both kinds on the signal has the margin 0. So one kind is
 * all on noise, say the noisy samples: the worst the clean ones can do is to go to noise, or to the
 * signal, all together, max(1/h, rho^2) A^2 + B^2/h', and the best A and B make this the inverse of
 * min(h, 1/rho^2) + h'. The weights may differ between the two cases. */
static double inverse_class_bound(double h, double h_noisy, double rho2) {
  return fmin(fmin(h, 1 / rho2) + h_noisy, h + fmin(h_noisy, 1 / rho2));
}

double attn_maxmargin_bound(const attn_maxmargin_set *set) {
  const attn_labels *labels = set->labels;
  const size_t N = labels->N, others = labels->T - 1;
  double *off = attn_alloc(N * N, sizeof *off);
  memcpy(off, set->noise, N * N * sizeof *off);
  for (size_t j = 0; j < N; j++)
    off[j * N + j] = 0;
  const double lambda = attn_largest_eigenvalue(off, N);
  attn_free(off);
  double h[2][2] = {{0}}; /* [class][noisy] */
  for (size_t i = 0; i < labels->n; i++) {
    double longest = 0;
    for (size_t t = 1; t <= others; t++)
      longest = fmax(longest, inner(set, i, t, i, t));
    h[labels->k[i]][attn_labels_noisy(labels, i)] += 1 / (longest + lambda);
  }
  double sum = 0; /* min of q_0 w^2 + q_1 (1 - w)^2 is 1 / (1/q_0 + 1/q_1) */
  for (size_t k = 0; k < 2; k++)
    sum += inverse_class_bound(h[k][0], h[k][1], set->rho * set->rho);
  return 1 / sqrt(sum);
}
