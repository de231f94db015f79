#include "risk_input.h"

#include <math.h>
#include <stdio.h>

/* |vp| may exceed sqrt(vv pp) by this much relative to it: inner products over many tokens are
 * rounded. */
static const double SLACK = 1e-9;

attn_risk_noise attn_risk_input_noise(const attn_risk_input *input) {
  attn_risk_noise noise = {.sigma = sqrt(input->pp)};
  noise.kappa = input->pp > 0.0 ? input->vp / noise.sigma : 0.0;
  double residual2 = input->residual2;
  if (isnan(residual2))
    residual2 = fmax(0.0, input->vv - noise.kappa * noise.kappa);
  if (input->pp == 0.0)
    residual2 = input->vv;
  noise.s = sqrt(residual2);
  return noise;
}

const char *attn_risk_input_check(const attn_risk_input *in, size_t T, double eta) {
  static _Thread_local char sentence[200];
  const double value[] = {in->mv[0], in->mv[1], in->mp[0], in->mp[1], in->vv, in->pp, in->vp};
  static const char *const name[] = {"mv[0]", "mv[1]", "mp[0]", "mp[1]", "vv", "pp", "vp"};
  if (T < 2) {
    snprintf(sentence, sizeof sentence,
             "T = %zu: a sample holds the signal and at least one noise token, so T >= 2", T);
    return sentence;
  }
  if (!(eta >= 0.0 && eta < 0.5)) {
    snprintf(sentence, sizeof sentence, "eta = %g: the label-flip rate must lie in [0, 0.5)", eta);
    return sentence;
  }
  for (size_t i = 0; i < sizeof value / sizeof *value; i++)
    if (!isfinite(value[i])) {
      snprintf(sentence, sizeof sentence, "%s = %g: the risk needs finite projections and norms",
               name[i], value[i]);
      return sentence;
    }
  for (size_t i = 4; i < 6; i++)
    if (value[i] < 0.0) {
      snprintf(sentence, sizeof sentence, "%s = %g: a squared norm cannot be negative", name[i],
               value[i]);
      return sentence;
    }
  double bound = sqrt(in->vv) * sqrt(in->pp);
  if (fabs(in->vp) > bound * (1.0 + SLACK)) {
    snprintf(sentence, sizeof sentence,
             "vp = %g: beyond sqrt(vv pp) = %g, so no two vectors have these inner products",
             in->vp, bound);
    return sentence;
  }
  if (!isnan(in->residual2) && !(in->residual2 >= 0.0 && in->residual2 <= in->vv * (1.0 + SLACK))) {
    snprintf(sentence, sizeof sentence,
             "residual2 = %g: the squared residual must lie in [0, vv = %g], or be NaN",
             in->residual2, in->vv);
    return sentence;
  }
  return NULL;
}
