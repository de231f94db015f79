/* data: the data model D (paper section 2; theory section 1): classes, flipped labels, and which
 * noise tokens belong to which sample. The vectors themselves are the business of tokens. */
#ifndef ATTN_DATA_H
#define ATTN_DATA_H

#include <gsl/gsl_rng.h>

#include "base.h"
#include "layout.h"

typedef struct {
  size_t n;   /* samples */
  size_t T;   /* tokens per sample, T >= 2: one signal token and T - 1 noise tokens */
  size_t d;   /* dimension; the noise lives in the d - 2 directions orthogonal to both signals */
  double rho; /* norm of both signals */
  double eta; /* label-flip rate */
} attn_data_param;

/* NULL when D is defined for these parameters, else a sentence (valid until the next call). */
const char *attn_data_check(const attn_data_param *param);

/* kappa = rho sqrt(n/d), the signal on its natural scale. */
double attn_data_kappa(const attn_data_param *param);

/* rho = kappa sqrt(d/n), the way back. */
double attn_data_rho(double kappa, size_t n, size_t d);

/* What coherence max_{i != j} |xi_i . xi_j| n/d to expect of Gaussian noise tokens that are never
 * formed: its median, the N(N-1)/2 pairs taken as independent. Each xi_i . xi_j is the difference of
 * two Gamma((d-2)/2) variables, nearly N(0, d-2) for large d. */
double attn_data_expected_coherence(const attn_data_param *param);

/* One draw of the labels. Sample i has class k_i (clean label +1 for class 0, signal mu_1; -1 for
 * class 1, signal mu_2), observed label y_i, and the noise tokens
 * i(T-1) ... (i+1)(T-1)-1 of the N = n(T-1), unless a layout says what its tokens are. */
typedef struct {
  size_t n, T, N;
  unsigned char *k;          /* [n] class, 0 or 1 */
  signed char *y;            /* [n] observed label, +1 or -1 */
  const attn_layout *layout; /* NULL: the paper's */
} attn_labels;

attn_labels *attn_labels_alloc(size_t n, size_t T);
void attn_labels_free(attn_labels *labels);

/* The samples' tokens are laid out so, and labels->N is the layout's; NULL: as in the paper again.
 * The layout stays the caller's, who may go on changing it within the sizes. Fails with a sentence
 * for a layout of other sizes or one that attn_layout_check refuses. */
void attn_labels_set_layout(attn_labels *labels, const attn_layout *layout);

/* Fails with a sentence that names what, unless the layout is the paper's. */
void attn_labels_need_paper(const attn_labels *labels, const char *what);

/* k_i uniform on {0, 1}; y_i the clean label, flipped with probability eta. */
void attn_labels_draw(attn_labels *labels, double eta, gsl_rng *rng);

/* The same with probability share in (0, 1) of class 0. */
void attn_labels_draw_unequal(attn_labels *labels, double share, double eta, gsl_rng *rng);

/* Labels that are not drawn: classes take turns, and the first noisy samples of each are flipped. */
void attn_labels_balanced(attn_labels *labels, size_t noisy);

/* The same as near as whole numbers allow to what is expected of a draw: round(eta n/2) samples of
 * each class are flipped. Returns the share of all that is flipped. */
double attn_labels_balance(attn_labels *labels, double eta);

/* +1 for class 0, -1 for class 1 */
static inline int attn_labels_clean_label(const attn_labels *labels, size_t i) {
  return labels->k[i] == 0 ? 1 : -1;
}

/* Whether the label of sample i was flipped ("noisy sample"). */
static inline bool attn_labels_noisy(const attn_labels *labels, size_t i) {
  return labels->y[i] != attn_labels_clean_label(labels, i);
}

/* The number of noisy samples. */
size_t attn_labels_count_noisy(const attn_labels *labels);

/* How many samples each class has, and how many of them are noisy. */
typedef struct {
  double n[2], noisy[2];
} attn_counts;

/* Those of a draw, and what is expected of one: n/2 and eta n/2, which need not be whole. */
attn_counts attn_labels_counts(const attn_labels *labels);
attn_counts attn_data_expected_counts(const attn_data_param *param);

#endif
