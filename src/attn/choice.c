#include "choice.h"

#include <math.h>

/* W that differ by less, relatively, count as equal: ten times the gap of a solution. They do where a
 * clean sample's noise token is no support vector, so that its signal would save nothing. */
static const double tie = 10 * ATTN_SVM_GAP;

/* How selection c treats class k: (clean, noisy) = (signal, noise), (noise, noise), (noise, signal). */
static size_t way(size_t c, size_t k) {
  return k == 0 ? c % 3 : c / 3;
}

static double count(const attn_labels *labels, size_t k, bool noisy) {
  size_t samples = 0;
  for (size_t i = 0; i < labels->n; i++)
    samples += labels->k[i] == k && attn_labels_noisy(labels, i) == noisy;
  return (double)samples;
}

/* Sets signals and on; returns how many samples attend to noise. */
static double arrange(attn_choice *choice, size_t c, const double clean[2], const double noisy[2]) {
  double on_noise = 0;
  choice->signals[c] = 0;
  for (size_t k = 0; k < 2; k++) {
    choice->on[k][c] = way(c, k) == 0 && clean[k] > 0;
    choice->signals[c] += choice->on[k][c] || (way(c, k) == 2 && noisy[k] > 0);
    on_noise += (way(c, k) == 0 ? 0 : clean[k]) + (way(c, k) == 2 ? 0 : noisy[k]);
  }
  return on_noise;
}

void attn_choice_solve(attn_choice *choice, const attn_maxmargin_set *set, unsigned char *sigma,
                       double *a, attn_maxmargin_workspace *workspace) {
  const attn_labels *labels = set->labels;
  if (labels->T != 2)
    attn_fail("T = %zu: nine selections suffice for samples of 2 tokens", labels->T);
  const double clean[2] = {count(labels, 0, false), count(labels, 1, false)};
  const double noisy[2] = {count(labels, 0, true), count(labels, 1, true)};
  attn_maxmargin_set scaled = *set;
  scaled.rho = sqrt(set->noise[0]); /* as long as a noise token, so that no term swamps another */
  const double square = scaled.rho * scaled.rho;
  choice->status = ATTN_SVM_OK;
  choice->gap = 0;
  for (size_t c = 0; c < ATTN_CHOICES; c++) {
    attn_svm_result r;
    arrange(choice, c, clean, noisy);
    attn_maxmargin_start(sigma, c, &scaled);
    const attn_svm_status status = attn_maxmargin_value(a, &r, sigma, &scaled, workspace);
    if (status == ATTN_SVM_INFEASIBLE) {
      choice->noise[c] = INFINITY;
      continue;
    }
    choice->noise[c] = 2 * r.primal - choice->signals[c] / square;
    choice->gap = fmax(choice->gap, r.gap);
    if (status != ATTN_SVM_OK)
      choice->status = status;
    if (way(c, 0) == 1 && way(c, 1) == 1)
      choice->support = r.support;
  }
}

void attn_choice_ideal(attn_choice *choice, const double clean[2], const double noisy[2],
                       double d) {
  choice->status = ATTN_SVM_OK;
  choice->gap = 0;
  choice->support = (size_t)(clean[0] + clean[1] + noisy[0] + noisy[1]);
  for (size_t c = 0; c < ATTN_CHOICES; c++) {
    const double m = arrange(choice, c, clean, noisy);
    choice->noise[c] = m < d - 3 ? m / (d - 3 - m) : INFINITY;
  }
}

double attn_choice_square(const attn_choice *choice, size_t c, double rho) {
  return choice->signals[c] / (rho * rho) + choice->noise[c];
}

size_t attn_choice_best(const attn_choice *choice, double rho) {
  size_t best = 0;
  for (size_t c = 1; c < ATTN_CHOICES; c++)
    if (attn_choice_square(choice, c, rho) < attn_choice_square(choice, best, rho))
      best = c;
  return best;
}

//@begin threshold
/* With x = 1/rho^2 selection c is a line s_c x + W_c. Let c have class k on its
 * signal. The x at which it lies on or below all lines of selections with class k
 * off it are an interval: flatter lines bound it from above, steeper ones from
 * below. The largest end of such an interval is where class k switches. */
double attn_choice_threshold(const attn_choice *choice, size_t k) {
  double x = 0;
  for (size_t c = 0; c < ATTN_CHOICES; c++) {
    double low = 0, high = choice->on[k][c] && isfinite(choice->noise[c]) ? INFINITY : 0;
    for (size_t e = 0; e < ATTN_CHOICES; e++) {
      const double slope = choice->signals[c] - choice->signals[e];
      double rise = choice->noise[e] - choice->noise[c];
      if (choice->on[k][e])
        continue;
      if (fabs(rise) <= tie * choice->noise[c])
        rise = 0;
      if (slope > 0)
        high = fmin(high, rise / slope);
      else if (slope < 0)
        low = fmax(low, rise / slope);
      else if (!(rise >= 0))
        high = 0;
    }
    if (low <= high)
      x = fmax(x, high);
  }
  return x > 0 ? 1 / sqrt(x) : NAN;
}
//@end threshold
