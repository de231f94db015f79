#include "risk_result.h"

#include <gsl/gsl_math.h>
#include <math.h>

#include "logprob.h"

attn_risk_result attn_risk_result_of(const double log_wrong[2], const double log_right[2],
                                     const double error[2]) {
  attn_risk_result result = {.status = ATTN_RISK_OK};
  for (int k = 0; k < 2; k++) {
    result.log10_class[k] = log_wrong[k] / M_LN10;
    result.log10_right[k] = log_right[k] / M_LN10;
  }
  double wrong = attn_logprob_sum(log_wrong[0], log_wrong[1]) - M_LN2;
  double right = attn_logprob_sum(log_right[0], log_right[1]) - M_LN2;
  /* Near 1 the mean comes from the complements. */
  result.log10_clean = (right < -M_LN2 ? attn_logprob_complement(right) : wrong) / M_LN10;
  /* error[k] belongs to the smaller side; d log_wrong = d log_right * right / wrong beyond 1/2. */
  double sum = 0.0;
  for (int k = 0; k < 2; k++) {
    double smaller = fmin(log_wrong[k], log_right[k]) - M_LN2;
    if (smaller > -INFINITY && error[k] > 0.0)
      sum += error[k] * exp(smaller - (right < -M_LN2 ? attn_logprob_complement(right) : wrong));
  }
  result.error = sum / M_LN10;
  return result;
}

attn_risk_result attn_risk_result_bad(void) {
  return (attn_risk_result){.log10_class = {NAN, NAN},
                            .log10_right = {NAN, NAN},
                            .log10_clean = NAN,
                            .error = NAN,
                            .status = ATTN_RISK_BAD_INPUT};
}

const char *attn_risk_status_name(attn_risk_status status) {
  static const char *const names[] = {"ok", "uncertain", "bad input"};
  return names[status];
}
