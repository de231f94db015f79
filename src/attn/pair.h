/* pair: one draw of D with its max-margin pair (v_mm, p_mm), the limit of learning rule (4.1) for
 * |p| -> infinity, so that programs allocate, draw and free in a line each. What trial is to
 * training. */
#ifndef ATTN_PAIR_H
#define ATTN_PAIR_H

#include "interpolator.h"
#include "maxmargin.h"
#include "metrics.h"
#include "risk_result.h"
#include "trial.h"

typedef struct {
  attn_trial *trial; /* its model is where pairs are measured */
  attn_maxmargin_set set;
  attn_maxmargin_workspace *maxmargin;
  attn_interpolator_workspace *interpolator; /* NULL for pairs of the limit alone */
  unsigned char *sigma;                      /* [n] the selection */
  double *v, *p;                    /* [2 + N] v_mm and p_mm of sigma, after attn_pair_solve */
  attn_svm_result value, attention; /* their certificates */
  double norm_p;                    /* |p_mm|; not-a-number when there is none */
  double *a, *b;                    /* [n], [N] their multipliers */
} attn_pair;

/* Tokens are held by their Gram matrix, drawn from its law (Bartlett). finite: with a solver for
 * finite |p|. Fails with the sentence of
 * attn_data_check, and for more than 256 tokens per sample. */
attn_pair *attn_pair_alloc(const attn_data_param *param, bool finite);
void attn_pair_free(attn_pair *pair);

/* As attn_trial_draw and attn_trial_set_rho. */
void attn_pair_draw(attn_pair *pair, uint64_t seed, const char *name, size_t cell,
                    size_t replicate);
void attn_pair_set_rho(attn_pair *pair, double rho);

/* The best selection that the local search finds from the class starts and from random ones, in
 * sigma; returns its margin (attn_maxmargin_best). */
double attn_pair_search(attn_pair *pair, size_t random);

/* v_mm and p_mm of the selection in sigma; false when no v or no p realises it. */
bool attn_pair_solve(attn_pair *pair);

/* Whether sigma is the paper's optimal selection: the signal for clean samples, noise for noisy. */
bool attn_pair_is_optimal(const attn_pair *pair);

/* What training metrics say of any v and p, as multiples of tokens, on this draw. */
attn_metrics attn_pair_measure(attn_pair *pair, const double *v /* [2 + N] */,
                               const double *p /* [2 + N] */);

/* The exact risk of (v_mm, p_mm) for |p| -> infinity, after attn_pair_solve. */
attn_risk_result attn_pair_limit_risk(attn_pair *pair);

/* Samples of each class: clean ones that attend to the signal or to noise, and noisy ones, all of
 * them. Not whole numbers are allowed. */
typedef struct {
  double signal[2], noise[2], noisy[2];
} attn_pair_counts;
attn_pair_counts attn_pair_count(const attn_pair *pair);

/* (v_mm, p_mm) for orthogonal noise tokens of squared length d and noisy samples on noise, as the
 * risk's input: a sample on
 * noise costs 1/d in |v|^2, a class's signal 1/rho^2; in p, with m_k = mu_k . p,
 *
 *   |p|^2 = sum_k m_k^2 / rho^2 + signal_k (T - 1) (1 - m_k)^2 / d + (noise_k + noisy_k) (1 + m_k)^2 / d
 *
 * is least at m_k = ((T - 1) signal_k - noise_k - noisy_k) / (d / rho^2 + (T - 1) signal_k + noise_k
 * + noisy_k). For T = 2, or where every m_k >= 0: else a sample on noise has other noise to avoid. */
attn_risk_input attn_pair_ideal(const attn_pair_counts *counts, size_t T, double rho, double d);

/* The same with the draw's own counts: what the limit's risk is expected to depend on. */
attn_risk_input attn_pair_predict(const attn_pair *pair);

/* kappa over the threshold at which the class with fewer clean samples turns to its signal,
 * rho^2 n_clean = d (theory section 5). */
double attn_pair_over_threshold(const attn_pair *pair);

#endif
