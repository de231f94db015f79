#include "verdict.h"

static attn_claim decide(attn_claim claim, const char *id, double measured, attn_interval interval,
                         bool holds) {
  claim.id = id;
  claim.measured = measured;
  claim.low = interval.low;
  claim.high = interval.high;
  claim.holds = holds;
  return claim;
}

attn_claim attn_verdict_scope(double kappa, double coherence, double bound) {
  return (attn_claim){.kappa = kappa, .coherence = coherence, .in_scope = coherence <= bound};
}

attn_claim attn_verdict_share(attn_claim claim, const char *id, size_t met, size_t count,
                              double level, double delta) {
  const attn_interval interval = attn_stats_binomial(met, count, level);
  snprintf(claim.predicted, sizeof claim.predicted, "1");
  return decide(claim, id, (double)met / (double)count, interval, interval.low >= 1 - delta);
}

attn_claim attn_verdict_within(attn_claim claim, const char *id, double predicted, double allowed,
                               double measured, attn_interval interval) {
  snprintf(claim.predicted, sizeof claim.predicted, "within %g of %g", allowed, predicted);
  return decide(claim, id, measured, interval,
                interval.low > predicted - allowed && interval.high < predicted + allowed);
}

attn_claim attn_verdict_above(attn_claim claim, const char *id, double bound, double measured,
                              attn_interval interval) {
  snprintf(claim.predicted, sizeof claim.predicted, "> %g", bound);
  return decide(claim, id, measured, interval, interval.low > bound);
}

attn_claim attn_verdict_below(attn_claim claim, const char *id, double bound, double measured,
                              attn_interval interval) {
  snprintf(claim.predicted, sizeof claim.predicted, "< %g", bound);
  return decide(claim, id, measured, interval, interval.high < bound);
}
