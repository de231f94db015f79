/* metrics_heads: what is measured of a trained model with H heads on its training set: whether its
 * heads attend to different tokens, and what its risk depends on. */
#ifndef ATTN_METRICS_HEADS_H
#define ATTN_METRICS_HEADS_H

#include "model.h"
#include "risk_heads.h"

/* s_hi is head h's attention on the signal token of sample i. The variance over H heads of numbers
 * in [0, 1] with mean m is at most m (1 - m); an index is the variance over that, 0 when all heads
 * do the same and 1 when each has 0 or 1. Not-a-number where there is no sample of a kind; an index
 * is 0 where its mean is 0 or 1, and for one head. */
typedef struct {
  double train_acc;             /* share of samples with y_i f_i > 0 */
  double att_clean, att_noisy;  /* mean over samples and heads of s_hi */
  double head_least, head_most; /* least and largest over heads of the mean over clean samples */
  double between;  /* index of the heads' means over clean samples: one head on the signals, another
                     on noise */
  double by_class; /* the same of their means over each class's clean samples, averaged over
                      classes: heads may divide the classes among them */
  double within;   /* the same of s_hi itself, averaged over clean samples: heads may divide the
                      samples among them */
  double mean_clean; /* share of clean samples with mean over heads of s_hi above 1/2 */
  double mean_noisy; /* share of noisy samples with it below 1/2 */
} attn_metrics_heads;

/* After forward. */
attn_metrics_heads attn_metrics_heads_measure(const attn_model *model, const attn_labels *labels);

/* log10 of the risk on D_clean, with its standard error, after forward; T = 2 only, else it fails
 * with a sentence. Costs a Gram matrix of the 2 H parameter vectors and attn_risk_heads. */
attn_risk_result attn_metrics_heads_risk(const attn_model *model, const attn_tokens *tokens);

#endif
