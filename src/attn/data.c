#include "data.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <string.h>

const char *attn_data_check(const attn_data_param *param) {
  static char sentence[160];
  if (param->n < 1)
    snprintf(sentence, sizeof sentence, "n = %zu: the number of samples must be at least 1",
             param->n);
  else if (param->T < 2)
    snprintf(sentence, sizeof sentence, "T = %zu: the tokens per sample must be at least 2",
             param->T);
  else if (param->n > SIZE_MAX / 64 / param->T)
    snprintf(sentence, sizeof sentence, "n = %zu with T = %zu: too many tokens to count", param->n,
             param->T);
  else if (param->d < 3)
    snprintf(sentence, sizeof sentence,
             "d = %zu: the dimension must be at least 3, two for the signals and one for noise",
             param->d);
  else if (!(param->rho > 0) || !isfinite(param->rho))
    snprintf(sentence, sizeof sentence, "rho = %g: the signal norm must lie in (0, inf)",
             param->rho);
  else if (!(param->eta >= 0 && param->eta < 0.5))
    snprintf(sentence, sizeof sentence, "eta = %g: the label-flip rate must lie in [0, 0.5)",
             param->eta);
  else
    return NULL;
  return sentence;
}

double attn_data_kappa(const attn_data_param *param) {
  return param->rho * sqrt((double)param->n / (double)param->d);
}

double attn_data_rho(double kappa, size_t n, size_t d) {
  return kappa * sqrt((double)d / (double)n);
}

double attn_data_expected_coherence(const attn_data_param *param) {
  const double n = (double)param->n, d = (double)param->d, k = d - 2;
  const double N = n * ((double)param->T - 1), pairs = N * (N - 1) / 2;
  const double each = -expm1(-log(2) / pairs); /* P(|xi_i . xi_j| > the median) */
  if (k > 2000)
    return sqrt(k) * gsl_cdf_ugaussian_Qinv(each / 2) * n / d;
  double low = 0, high = 40 * sqrt(k) + 200;
  for (int halving = 0; halving < 50; halving++) {
    const double t = (low + high) / 2, end = k / 2 + 9 * sqrt(k / 2) + 40;
    double tail = 0; /* P(xi_i . xi_j > t), by the midpoint rule */
    for (int i = 0; i < 2000; i++) {
      const double y = (i + 0.5) * end / 2000;
      tail += gsl_ran_gamma_pdf(y, k / 2, 1) * gsl_cdf_gamma_Q(y + t, k / 2, 1) * end / 2000;
    }
    *(tail > each / 2 ? &low : &high) = t;
  }
  return low * n / d;
}

attn_labels *attn_labels_alloc(size_t n, size_t T) {
  attn_labels *labels = attn_alloc(1, sizeof *labels);
  labels->n = n;
  labels->T = T;
  labels->N = n * (T - 1);
  labels->k = attn_alloc(n, sizeof *labels->k);
  labels->y = attn_alloc(n, sizeof *labels->y);
  return labels;
}

void attn_labels_free(attn_labels *labels) {
  if (labels == NULL)
    return;
  attn_free(labels->k);
  attn_free(labels->y);
  attn_free(labels);
}

void attn_labels_set_layout(attn_labels *labels, const attn_layout *layout) {
  labels->layout = layout;
  labels->N = layout == NULL ? labels->n * (labels->T - 1) : layout->N;
  if (layout == NULL)
    return;
  if (layout->n != labels->n || layout->T != labels->T)
    attn_fail("the layout is one of %zu samples with %zu tokens each, the labels are of %zu with "
              "%zu",
              layout->n, layout->T, labels->n, labels->T);
  const char *objection = attn_layout_check(layout);
  if (objection != NULL)
    attn_fail("%s", objection);
}

void attn_labels_need_paper(const attn_labels *labels, const char *what) {
  if (labels->layout != NULL)
    attn_fail("%s: only samples of one signal token and T - 1 noise tokens, not a layout of their "
              "own",
              what);
}

void attn_labels_gather(double *score, const attn_labels *labels, size_t i, const double *signal,
                        const double *noise) {
  if (labels->layout != NULL) {
    attn_layout_gather(score, labels->layout, i, signal, noise);
    return;
  }
  score[0] = signal[labels->k[i]];
  score[1] = noise[i * (labels->T - 1)];
  if (labels->T > 2) /* of one token, a call of memcpy costs more than the copy */
    memcpy(score + 2, noise + i * (labels->T - 1) + 1, (labels->T - 2) * sizeof *score);
}

void attn_labels_scatter(double *signal, double *noise, const attn_labels *labels, size_t i,
                         const double *token) {
  if (labels->layout != NULL) {
    attn_layout_scatter(signal, noise, labels->layout, i, token);
    return;
  }
  signal[labels->k[i]] += token[0];
  for (size_t t = 1; t < labels->T; t++)
    noise[i * (labels->T - 1) + t - 1] += token[t];
}

void attn_labels_draw(attn_labels *labels, double eta, gsl_rng *rng) {
  attn_labels_draw_unequal(labels, 0.5, eta, rng);
}

void attn_labels_draw_unequal(attn_labels *labels, double share, double eta, gsl_rng *rng) {
  if (!(share > 0 && share < 1))
    attn_fail("share = %g: the probability of the first class must lie in (0, 1)", share);
  for (size_t i = 0; i < labels->n; i++) {
    labels->k[i] = gsl_rng_uniform(rng) < share ? 0 : 1;
    int clean = attn_labels_clean_label(labels, i);
    labels->y[i] = (signed char)(gsl_rng_uniform(rng) < eta ? -clean : clean);
  }
}

void attn_labels_balanced(attn_labels *labels, size_t noisy) {
  for (size_t i = 0; i < labels->n; i++) {
    labels->k[i] = i % 2 != 0;
    const int clean = attn_labels_clean_label(labels, i);
    labels->y[i] = (signed char)(i / 2 < noisy ? -clean : clean);
  }
}

double attn_labels_balance(attn_labels *labels, double eta) {
  attn_labels_balanced(labels, (size_t)round(eta * (double)labels->n / 2));
  return (double)attn_labels_count_noisy(labels) / (double)labels->n;
}

size_t attn_labels_count_noisy(const attn_labels *labels) {
  size_t count = 0;
  for (size_t i = 0; i < labels->n; i++)
    count += attn_labels_noisy(labels, i);
  return count;
}

attn_counts attn_labels_counts(const attn_labels *labels) {
  attn_counts counts = {0};
  for (size_t i = 0; i < labels->n; i++) {
    counts.n[labels->k[i]]++;
    counts.noisy[labels->k[i]] += attn_labels_noisy(labels, i);
  }
  return counts;
}

attn_counts attn_data_expected_counts(const attn_data_param *param) {
  const double half = (double)param->n / 2;
  return (attn_counts){{half, half}, {half * param->eta, half * param->eta}};
}
