/* verdict: the usual ways in which a measurement decides a claim. Each takes a claim with its
 * kappa, coherence and scope, and fills id, prediction, measurement, interval and whether it holds. */
#ifndef ATTN_VERDICT_H
#define ATTN_VERDICT_H

#include "experiment.h"
#include "stats.h"

/* What the claims below begin with: in scope where the coherence of what was drawn is at most
 * bound. kappa is not-a-number where several were tried. */
attn_claim attn_verdict_scope(double kappa, double coherence, double bound);

/* "With high probability": met of count draws; holds when the exact interval of the share lies at or
 * above 1 - delta. */
attn_claim attn_verdict_share(attn_claim claim, const char *id, size_t met, size_t count,
                              double level, double delta);

/* A prediction: holds when the whole interval lies within allowed of predicted. */
attn_claim attn_verdict_within(attn_claim claim, const char *id, double predicted, double allowed,
                               double measured, attn_interval interval);

/* A bound: holds when the whole interval lies above (below) it. */
attn_claim attn_verdict_above(attn_claim claim, const char *id, double bound, double measured,
                              attn_interval interval);
attn_claim attn_verdict_below(attn_claim claim, const char *id, double bound, double measured,
                              attn_interval interval);

#endif
