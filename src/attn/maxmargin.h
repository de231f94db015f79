/* maxmargin: the max-margin learning rule (4.1) of the paper,
 *
 *   maximise min_i y_i f(X_i; v, p)   over |v| <= r, |p| <= R,
 *
 * in the limit R -> infinity (theory section 5). Attention then picks one token of each sample, a
 * selection sigma: sigma_i = 0 is the signal, sigma_i = t > 0 the t-th noise token. Given sigma,
 *
 *   v_mm  is the support vector machine of the chosen tokens; the rule's margin is r times its own
 *   p_mm  = argmin |p| with p . (chosen - other) >= 1 for all other tokens of all samples, a
 *         support vector machine of differences
 *
 * and the rule picks the selection of the largest margin. All of it needs the inner products of the
 * noise tokens and rho alone, signals being orthogonal to noise and to each other. */
#ifndef ATTN_MAXMARGIN_H
#define ATTN_MAXMARGIN_H

#include <gsl/gsl_rng.h>

#include "data.h"
#include "svm.h"

/* A training set. noise is that of attn_tokens_gram_matrix. */
typedef struct {
  const attn_labels *labels;
  const double *noise; /* [N][N] xi_j . xi_l */
  double rho;
} attn_maxmargin_set;

typedef struct attn_maxmargin_workspace attn_maxmargin_workspace;

/* For sets of n samples of T <= 256 tokens: 24 (n^2 + N^2) bytes. */
attn_maxmargin_workspace *attn_maxmargin_alloc(size_t n, size_t T);
void attn_maxmargin_free(attn_maxmargin_workspace *workspace);

/* K_ij = y_i y_j x_i . x_j of the chosen tokens. */
void attn_maxmargin_gram(double *K /* [n][n] */, const unsigned char *sigma /* [n] */,
                         const attn_maxmargin_set *set);

/* The same of mixed tokens r_i = sum_t weight_it x_it: K_ij = y_i y_j r_i . r_j. O(n^2 T^2). */
void attn_maxmargin_mixed_gram(double *K /* [n][n] */, const double *weight /* [n][T] */,
                               const attn_maxmargin_set *set);

/* v_mm = sum_i a_i y_i (chosen token of i), with y_i v_mm . (chosen token) >= 1. */
attn_svm_status attn_maxmargin_value(double *a /* [n] */, attn_svm_result *result,
                                     const unsigned char *sigma /* [n] */,
                                     const attn_maxmargin_set *set,
                                     attn_maxmargin_workspace *workspace);

/* p_mm = sum_c b_c (chosen - other)_c; c runs over the samples and, for each, over its T - 1 other
 * tokens in order. Infeasible when no p selects sigma. */
attn_svm_status attn_maxmargin_attention(double *b /* [N] */, attn_svm_result *result,
                                         const unsigned char *sigma /* [n] */,
                                         const attn_maxmargin_set *set,
                                         attn_maxmargin_workspace *workspace);

/* The same vectors as sums of tokens, sum_k signal_k mu_k + sum_j noise_j xi_j, as
 * attn_tokens_pullback takes them. */
void attn_maxmargin_value_weights(double *signal /* [2] */, double *noise /* [N] */,
                                  const double *a /* [n] */, const unsigned char *sigma /* [n] */,
                                  const attn_labels *labels);
void attn_maxmargin_attention_weights(double *signal /* [2] */, double *noise /* [N] */,
                                      const double *b /* [N] */,
                                      const unsigned char *sigma /* [n] */,
                                      const attn_labels *labels);

/* Both at once: v_mm and p_mm as multiples of mu_1, mu_2, xi_1 ... xi_N. False where no v fits all
 * labels with these tokens, or no p selects them: then v and p mean nothing, and attention means
 * nothing where value has failed. */
bool attn_maxmargin_pair(double *v /* [2 + N] */, double *p /* [2 + N] */, double *a /* [n] */,
                         double *b /* [N] */, attn_svm_result *value, attn_svm_result *attention,
                         const unsigned char *sigma /* [n] */, const attn_maxmargin_set *set,
                         attn_maxmargin_workspace *workspace);

/* How many samples of class k, flipped or not, attend to their signal. */
size_t attn_maxmargin_on_signal(const unsigned char *sigma /* [n] */, const attn_labels *labels,
                                unsigned char k, bool noisy);

/* ---- the best selections: all of them, for few samples ---- */

typedef struct {
  size_t m, count;      /* room, selections held */
  double *margin;       /* [m] certified lower bounds, falling */
  unsigned char *sigma; /* [m][n] */
  size_t solved;        /* support vector machines */
  double gap;           /* the largest certified gap of those that were feasible */
  bool complete;        /* no selection is better than those held */
} attn_maxmargin_list;

attn_maxmargin_list *attn_maxmargin_list_alloc(size_t m, size_t n);
void attn_maxmargin_list_free(attn_maxmargin_list *list);

/* The m selections of the largest margins among all T^n, by branch and bound: the margin of the
 * tokens chosen for the first samples bounds the margin of all completions, since a further point
 * can only shrink it. Selections of margin 0 are not listed. Margins closer than 1e-9 relative are
 * ties: which of them is held when m is short is not defined. Gives up, complete = false, after
 * limit support vector machines. n = 14, T = 2 or n = 9, T = 3 take well below a second. */
void attn_maxmargin_enumerate(attn_maxmargin_list *list, const attn_maxmargin_set *set,
                              size_t limit, attn_maxmargin_workspace *workspace);

/* ---- the best selection by local search, for many samples ---- */

/* From the selection given to one that neither another token for one sample, nor a class move
 * improves by more than 1e-9 relative. Where a start puts both labels on one signal, which is the
 * margin 0, the fewer of them turn to noise at once. A class move puts the clean and the noisy samples of one
 * class to (signal, noise), (noise, noise) or (noise, signal); noise is the token a sample attended
 * to last, at first its longest. Returns the margin, a certified lower bound. */
double attn_maxmargin_climb(unsigned char *sigma /* [n] start, then end */,
                            const attn_maxmargin_set *set, attn_maxmargin_workspace *workspace);

/* An upper bound on the margin of every selection, whatever the search found. For weights al >= 0 of
 * sum 1 and any selection, margin <= |sum_i al_i y_i x_i|; with lambda the largest eigenvalue of
 * noise without its diagonal, D_i = max_t |xi_it|^2 + lambda, and A_k, B_k the weights on the
 * signal of the clean and noisy samples of class k,
 *
 *   |sum_i al_i y_i x_i|^2 <= sum_k rho^2 (A_k - B_k)^2 + sum_{i on noise} al_i^2 D_i,
 *
 * and with weights proportional to 1/D_i among the samples of a class and kind the worst selection
 * treats those alike. Both kinds of a class on its signal make the margin 0; the weights of the kinds
 * are chosen to make the bound least for the selections with the noisy samples on noise, and for
 * those with the clean ones on noise. For orthogonal noise of equal length the bound is attained
 * (theory section 5): kappa* follows from it. In general the slack is of order sqrt(N/d). O(N^3). */
double attn_maxmargin_bound(const attn_maxmargin_set *set);

enum { ATTN_MAXMARGIN_STARTS = 9 };

/* The best end of climbs from the nine selections that treat the samples of a class and kind
 * alike, in the three ways above for each class, and from random ones. margins: where each climb
 * ended, to report the spread. Returns the largest. For T = 2 it is the best of all 2^n selections: choice.h
 * has the argument. */
double attn_maxmargin_best(unsigned char *sigma /* [n] */,
                           double *margins /* [ATTN_MAXMARGIN_STARTS + random] */, size_t random,
                           gsl_rng *rng /* unused for random = 0 */, const attn_maxmargin_set *set,
                           attn_maxmargin_workspace *workspace);

/* Selection number c of the nine: class 0 in way c % 3, class 1 in way c / 3, of the ways
 * (clean, noisy) = (signal, noise), (noise, noise), (noise, signal). */
void attn_maxmargin_start(unsigned char *sigma /* [n] */, size_t c, const attn_maxmargin_set *set);

#endif
