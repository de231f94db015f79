/* selection: what theory predicts of token selections (maxmargin) from how many samples of each class
 * and kind there are, when noise tokens are nearly orthogonal and of length about sqrt(d) (theory
 * section 5). A selection that puts no signal under both labels has
 *
 *   1 / margin^2 = (noise tokens) / d + (signals in use) / rho^2
 *
 * so it pays to share a signal, and which samples share it depends on rho^2 alone. */
#ifndef ATTN_SELECTION_H
#define ATTN_SELECTION_H

#include "data.h"

/* Samples by class k = 0, 1 and kind, clean (0) or noisy (1). */
typedef struct {
  size_t count[2][2];
} attn_selection_counts;

/* How many there are, and how many of them attend to their signal. */
attn_selection_counts attn_selection_kinds(const attn_labels *labels);
attn_selection_counts attn_selection_on_signal(const unsigned char *sigma /* [n] */,
                                               const attn_labels *labels);

typedef struct {
  attn_selection_counts kinds;
  size_t T;
  double d, rho; /* d > n */
} attn_selection_setting;

typedef enum {
  ATTN_SELECTION_OPTIMAL, /* all clean samples on signal, all noisy ones on noise */
  ATTN_SELECTION_NOISE,   /* no sample on signal */
  ATTN_SELECTION_SPLIT,   /* one class as in the first, the other as in the second */
  ATTN_SELECTION_OTHER,
  ATTN_SELECTION_TYPES
} attn_selection_type;

/* A class without clean samples goes with both. */
attn_selection_type attn_selection_type_of(const attn_selection_counts *on,
                                           const attn_selection_counts *kinds);

/* d / margin^2 = d m / (d - m) + (signals in use) d / rho^2 with m noise tokens in use: 1/margin^2 of m
 * standard Gaussian tokens is near m / (d - m). */
double attn_selection_cost(const attn_selection_counts *on, const attn_selection_setting *setting);

/* The standard deviation of the difference of the costs of two selections, T = 2. Let them share m noise
 * tokens, and one have a more and the other b. To first order the a tokens enter by their squared
 * lengths over d, by the a^2 - a products among them and by 2 a m with the shared ones:
 * sqrt((2 a^2 + 2 b^2 + 4 (a + b) m) / d). */
double attn_selection_deviation(const attn_selection_counts *on, const attn_selection_counts *other,
                                const attn_selection_setting *setting);

typedef struct {
  attn_selection_counts best; /* on signal */
  double cost;                /* its cost */
  double second;              /* cost of the second best minus that */
  double distance;            /* to the nearest other in standard deviations */
} attn_selection_prediction;

/* The best of all selections that put no signal under both labels. distance is reduced by
 * sqrt(2 n log(T-1)), which bounds what the best of the (T-1)^n choices of noise tokens gains over a
 * typical one. */
attn_selection_prediction attn_selection_predict(const attn_selection_setting *setting);

/* The rho at which the clean samples of class k turn from noise to their signal while the other class
 * does not change: rho^2 = d / (their number) for d >> n. It is assumed that the larger class turns
 * first. */
double attn_selection_switch(const attn_selection_setting *setting, size_t k);

/* The cost, for orthogonal noise, when (1 - c) of the chosen and c of another token is taken: by one
 * clean or noisy sample of class k, or by all its clean samples with the same c. The other token is
 * the signal for samples on noise, and noise for those on the signal. Not-a-number unless on is
 * ATTN_SELECTION_OPTIMAL or ATTN_SELECTION_NOISE. */
typedef enum {
  ATTN_SELECTION_CLEAN,
  ATTN_SELECTION_NOISY,
  ATTN_SELECTION_ALL_CLEAN
} attn_selection_part;
double attn_selection_mixed_cost(const attn_selection_counts *on,
                                 const attn_selection_setting *setting, attn_selection_part part,
                                 size_t k, double c);

#endif
