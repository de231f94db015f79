/* diagnose: measurable forms of failures that are known by name only: harmful overfitting, attention
 * collapse, gradient explosion (theory section 8).
 *
 * What can explode is bounded. Let X be the length of the longest token. The logistic loss has
 * |w_i| = |dL/df_i| <= 1/n, and sum_i |w_i| <= min(1, L) since 1 - exp(-l) <= l. A sample's output is
 * a mean of its tokens, and sum_t s_t |g_t - f| <= (max g - min g) / 2 <= X |v|. So
 *
 *   |dL/dv| <= min(1, L) X,    |dL/dp| <= min(1, L) X^2 |v|,
 *
 * and from a zero start |v_t| <= beta X t after t steps: the gradient grows at most linearly in t. */
#ifndef ATTN_DIAGNOSE_H
#define ATTN_DIAGNOSE_H

#include "metrics.h"

/* What is seen of a model at one step. Not-a-number stands where a kind has no sample. */
typedef struct {
  double concentration;    /* mean over samples of the largest attention weight, in [1/T, 1] */
  double separation;       /* mean attention on the signal, clean minus noisy samples, in [-1, 1] */
  double openness;         /* trace 1 - sum_t s_t^2 of the softmax Jacobian over that of uniform
                              attention, mean over samples weighted with |w_i|; in [0, 1],
                              not-a-number where all w_i are 0 */
  double loss;             /* L */
  double grad_v, grad_p;   /* |dL/dv|, |dL/dp| */
  double bound_v, bound_p; /* the bounds above */
} attn_diagnosis;

/* After forward and backward with the derivatives w of the logistic loss; overwrites model->pull.
 * longest = X, attn_diagnose_longest for tokens that have a Gram matrix. */
attn_diagnosis attn_diagnose_measure(attn_model *model, attn_tokens *tokens,
                                     const attn_labels *labels, const double *w /* [n] */,
                                     double longest);

/* The largest of rho and |xi_j|; for gram and bartlett tokens. */
double attn_diagnose_longest(attn_tokens *tokens);

/* Harmful overfitting: every training label is fitted, and the risk on D_clean is at least harmful,
 * a constant such as 0.1. */
bool attn_diagnose_harmful(double train_acc, double log10_risk, double harmful);

/* Attention collapse: nearly all attention goes to one token of a sample (concentration >= level),
 * and clean and noisy samples do not differ in which (|separation| <= 1 - level). False where a kind
 * is absent. */
bool attn_diagnose_collapsed(const attn_diagnosis *diagnosis, double level);

/* Vanishing gradient of p: it comes through the softmax Jacobian, and nearly nothing is left of that
 * in the samples that still have a loss (openness < least). */
bool attn_diagnose_vanished(const attn_diagnosis *diagnosis, double least);

/* What has been seen of a run so far; begin with {0}. */
typedef struct {
  size_t steps;
  double start, largest;           /* |(dL/dv, dL/dp)| at first, and its maximum */
  double loss_start, loss_largest; /* L at first, and its maximum */
  double over_bound;               /* the largest quotient of a gradient and its bound */
  bool finite;                     /* loss and gradient have been so at every step */
} attn_watch;
void attn_diagnose_watch(attn_watch *watch, const attn_diagnosis *diagnosis);

/* Gradient explosion, weak and strong: the gradient has exceeded so many times its first value; the
 * loss has exceeded its first value. */
bool attn_diagnose_grew(const attn_watch *watch, double times);
bool attn_diagnose_rose(const attn_watch *watch);

#endif
