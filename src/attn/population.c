#include "population.h"

#include <math.h>
#include <string.h>

#include "linalg.h"
#include "logprob.h"
#include "rng.h"
#include "risk.h"

static size_t signal_tokens(const attn_population *population) {
  return population->rival != 0 || population->echo != 0 ? 2 : 1;
}

size_t attn_population_noise_tokens(const attn_population *population) {
  const size_t signals = signal_tokens(population), T = population->param.T;
  return population->own ? T : T - signals;
}

const char *attn_population_check(const attn_population *population) {
  static char sentence[160];
  const char *objection = attn_data_check(&population->param);
  if (objection == NULL)
    objection = attn_noise_check(&population->noise);
  if (objection != NULL)
    return objection;
  if (!(population->share >= 0 && population->share < 1))
    snprintf(sentence, sizeof sentence,
             "share = %g: the probability of the first class must lie in (0, 1), or be 0 for 1/2",
             population->share);
  else if (!(fabs(population->cosine) < 1))
    snprintf(sentence, sizeof sentence,
             "cosine = %g: the cosine between the signals must lie in (-1, 1)", population->cosine);
  else if (!(population->leak >= 0) || !isfinite(population->leak))
    snprintf(sentence, sizeof sentence,
             "leak = %g: the deviation of noise on the signals must lie in [0, inf)",
             population->leak);
  else if (!isfinite(population->rival) || !isfinite(population->echo))
    snprintf(sentence, sizeof sentence,
             "rival = %g, echo = %g: coefficients of a second signal must be finite",
             population->rival, population->echo);
  else if (population->param.T <= signal_tokens(population))
    snprintf(sentence, sizeof sentence,
             "T = %zu: samples with a second signal token need at least 3 tokens",
             population->param.T);
  else
    return NULL;
  return sentence;
}

static bool is_paper(const attn_population *population) {
  return population->cosine == 0 && population->leak == 0 && signal_tokens(population) == 1 &&
         !population->own;
}

attn_layout *attn_population_layout_alloc(const attn_population *population, size_t n) {
  const char *objection = attn_population_check(population);
  if (objection != NULL)
    attn_fail("%s", objection);
  if (is_paper(population))
    return NULL;
  return attn_layout_alloc(n, population->param.T, n * attn_population_noise_tokens(population));
}

static double share_of(const attn_population *population) {
  return population->share == 0 ? 0.5 : population->share;
}

void attn_population_draw_labels(attn_labels *labels, const attn_population *population,
                                 gsl_rng *rng) {
  attn_labels_draw_unequal(labels, share_of(population), population->param.eta, rng);
}

/* class k's signal on the orthonormal pair, over rho: (1, 0) and (cos, sin) */
static void direction_of(double *direction /* [2] */, size_t k, const attn_population *population) {
  const double cosine = population->cosine;
  direction[0] = k == 0 ? 1 : cosine;
  direction[1] = k == 0 ? 0 : sqrt(1 - cosine * cosine);
}

void attn_population_lay_out(attn_layout *layout, const unsigned char *k,
                             const attn_population *population, gsl_rng *rng) {
  if (layout == NULL)
    return;
  const size_t T = layout->T, signals = signal_tokens(population);
  const double leak = population->leak / population->param.rho;
  double direction[2][2];
  for (size_t c = 0; c < 2; c++)
    direction_of(direction[c], c, population);
  size_t used = 0;
  for (size_t i = 0; i < layout->n; i++)
    for (size_t t = 0; t < T; t++) {
      double *a = layout->signal + 2 * (i * T + t), z[2] = {0, 0};
      const bool noisy = t >= signals || population->own;
      layout->noise[i * T + t] = noisy ? used++ : ATTN_NO_NOISE;
      if (noisy && leak > 0)
        attn_rng_gaussian(z, 2, rng);
      for (size_t l = 0; l < 2; l++) {
        const double own = direction[k[i]][l], other = direction[!k[i]][l];
        a[l] = leak * z[l] + (t >= signals ? 0
                              : t == 0     ? own
                                           : population->echo * own + population->rival * other);
      }
    }
}

/* u' w under the covariance of a noise token, leak included */
static double covariance(const double *u, const double *w, const attn_population *population) {
  const double leak2 = population->leak * population->leak;
  return attn_noise_covariance(u + 2, w + 2, population->param.d - 2, &population->noise) +
         leak2 * (u[0] * w[0] + u[1] * w[1]);
}

double attn_population_log10_risk(const double *theta, const attn_population *population) {
  const size_t d = population->param.d;
  const double *v = theta, *p = theta + d, rho = population->param.rho;
  if (population->own)
    return NAN;
  attn_risk_input input = {.vv = covariance(v, v, population),
                           .pp = covariance(p, p, population),
                           .vp = covariance(v, p, population)};
  if (isnan(input.vv))
    return NAN;
  for (size_t k = 0; k < 2; k++) {
    double mu[2];
    direction_of(mu, k, population);
    input.mv[k] = rho * (mu[0] * v[0] + mu[1] * v[1]);
    input.mp[k] = rho * (mu[0] * p[0] + mu[1] * p[1]);
  }
  /* v - (vp/pp) p, without the cancellation of vv - vp^2/pp */
  double *rest = attn_alloc(d, sizeof *rest);
  memcpy(rest, v, d * sizeof *rest);
  if (input.pp > 0)
    attn_axpy(rest, -input.vp / input.pp, p, d);
  input.residual2 = covariance(rest, rest, population);
  attn_free(rest);
  /* the second signal token scores g', b' without any noise, so that
   * e^{m_p} m_v + e^{b'} g' = e^{m_p} (m_v + e^{b' - m_p} g') */
  if (signal_tokens(population) == 2) {
    double mv[2];
    for (size_t k = 0; k < 2; k++) {
      const double g = population->echo * input.mv[k] + population->rival * input.mv[!k];
      const double b = population->echo * input.mp[k] + population->rival * input.mp[!k];
      mv[k] = input.mv[k] + exp(b - input.mp[k]) * g;
    }
    memcpy(input.mv, mv, sizeof mv);
  }
  const attn_risk_result risk =
      attn_risk_log10(&input, attn_population_noise_tokens(population) + 1);
  const double share = share_of(population);
  return share == 0.5 ? risk.log10_clean
                      : attn_logprob_sum(log(share) + risk.log10_class[0] * log(10),
                                         log(1 - share) + risk.log10_class[1] * log(10)) /
                            log(10);
}
