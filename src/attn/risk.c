#include "risk.h"

#include <gsl/gsl_math.h>
#include <math.h>

#include "logprob.h"
#include "risk_many.h"
#include "risk_two.h"

attn_risk_result attn_risk_log10(const attn_risk_input *input, size_t T) {
  return T == 2 ? attn_risk_two(input) : attn_risk_many(input, T, 0);
}

double attn_risk_log10_clean(const double log10_class[2]) {
  return (attn_logprob_sum(M_LN10 * log10_class[0], M_LN10 * log10_class[1]) - M_LN2) / M_LN10;
}

double attn_risk_log10_noisy(double log10_clean, double eta) {
  if (eta == 0.0)
    return log10_clean;
  return log10(eta) + log1p((1.0 - 2.0 * eta) / eta * exp(M_LN10 * log10_clean)) / M_LN10;
}
