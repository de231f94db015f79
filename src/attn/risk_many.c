#include "risk_many.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_qrng.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <string.h>

#include "logprob.h"
#include "risk_modes.h"

static const double LOG_SQRT_2PI = 0.918938533204672741780329736406;

/* The parts of the mixture at one mode, see make_mixture. */
enum { LAPLACE, DOUBLED, PRIOR, KINDS };
enum { REPETITIONS = 16, MOST_MODES = 8, MOST_PARTS = MOST_MODES * KINDS };
enum { SOBOL_DIMENSIONS = 40, MOST_ORBIT = 3000 };

/* ---- one part of the mixture: a Gaussian, symmetrised over its orbit ---------------------------- */

typedef struct {
  attn_risk_mode mode;
  double weight;       /* of this part in the mixture */
  double log_norm;     /* log( weight * density at the mean / size of the orbit ) */
  double spread[2];    /* standard deviation within each group */
  double factor[2][2]; /* lower Cholesky factor of the covariance of the scaled group means */
} part;

static part make_part(const attn_risk_mode *mode, double weight) {
  part now = {.mode = *mode, .weight = weight};
  double P[2][2];
  const double N = (double)(mode->count[0] + mode->count[1]);
  double log_det = attn_risk_mode_precision(P, mode), det = P[0][0] * P[1][1] - P[0][1] * P[0][1];
  now.log_norm = log(weight) - N * LOG_SQRT_2PI + 0.5 * log_det -
                 attn_risk_log_choose(mode->count[0] + mode->count[1], mode->count[0]);
  for (int g = 0; g < 2; g++)
    now.spread[g] = mode->count[g] > 1 ? 1.0 / sqrt(mode->diagonal[g]) : 0.0;
  double c00 = P[1][1] / det, c01 = -P[0][1] / det, c11 = P[0][0] / det;
  now.factor[0][0] = sqrt(c00);
  now.factor[1][0] = c01 / now.factor[0][0];
  now.factor[1][1] = sqrt(fmax(c11 - now.factor[1][0] * now.factor[1][0], 0.0));
  return now;
}

/* z from standard normals x: within a group x - mean(x), and the group means, are independent. */
static void draw(double *z /* [N] */, const double *x /* [N] */, const part *from) {
  const attn_risk_mode *mode = &from->mode;
  double scaled[2] = {0.0, 0.0}, average[2] = {0.0, 0.0};
  size_t begin[3] = {0, mode->count[0], mode->count[0] + mode->count[1]};
  for (int g = 0; g < 2; g++) {
    for (size_t t = begin[g]; t < begin[g + 1]; t++)
      average[g] += x[t];
    if (mode->count[g] > 0) {
      double n = (double)mode->count[g];
      scaled[g] = average[g] / sqrt(n);
      average[g] /= n;
    }
  }
  double shift[2] = {from->factor[0][0] * scaled[0],
                     from->factor[1][0] * scaled[0] + from->factor[1][1] * scaled[1]};
  for (int g = 0; g < 2; g++)
    for (size_t t = begin[g]; t < begin[g + 1]; t++)
      z[t] = mode->mean[g] + from->spread[g] * (x[t] - average[g]) +
             shift[g] / sqrt((double)mode->count[g]);
}

/* log of weight times the symmetrised density at z: the mean over all choices of count[0] tokens
 * as group 0. A choice enters through its sums of z - mean and (z - mean)^2 only. */
static double log_density(const double *z /* [N] */, size_t N, const part *of) {
  const attn_risk_mode *mode = &of->mode;
  const size_t m = mode->count[0];
  double s0 = 0.0, q0 = 0.0, s1 = 0.0, q1 = 0.0; /* all tokens, seen from mean[0] and mean[1] */
  for (size_t t = 0; t < N; t++) {
    double u = z[t] - mode->mean[0], w = z[t] - mode->mean[1];
    s0 += u, q0 += u * u, s1 += w, q1 += w * w;
  }
  if (m == N)
    return of->log_norm - 0.5 * (mode->diagonal[0] * q0 + mode->coupling[0][0] * s0 * s0);
  size_t chosen[64];
  for (size_t i = 0; i < m; i++)
    chosen[i] = i;
  double top = -INFINITY, sum = 0.0;
  for (;;) {
    double a = 0.0, aa = 0.0, b = s1, bb = q1;
    for (size_t i = 0; i < m; i++) {
      double u = z[chosen[i]] - mode->mean[0], w = z[chosen[i]] - mode->mean[1];
      a += u, aa += u * u, b -= w, bb -= w * w;
    }
    double l =
        -0.5 * (mode->diagonal[0] * aa + mode->diagonal[1] * bb + mode->coupling[0][0] * a * a +
                2.0 * mode->coupling[0][1] * a * b + mode->coupling[1][1] * b * b);
    if (l > top) {
      sum = sum * exp(top - l) + 1.0;
      top = l;
    } else if (l > top - 40.0) {
      sum += exp(l - top);
    }
    /* the next choice in lexicographic order */
    size_t i = m;
    while (i > 0 && chosen[i - 1] == N - m + i - 1)
      i--;
    if (i == 0)
      break;
    chosen[i - 1]++;
    for (; i < m; i++)
      chosen[i] = chosen[i - 1] + 1;
  }
  return of->log_norm + top + log(sum);
}

/* ---- the mixture --------------------------------------------------------------------------------- */

/* Each mode gets its Laplace Gaussian, the same with twice the covariance, and one with the prior's
 * covariance (so that no tail of the integrand outlives the mixture's: Phi falls away from a mode in
 * the directions in which phi rises). */
static size_t make_mixture(part *parts /* [MOST_PARTS] */, bool *complete,
                           const attn_risk_integrand *f) {
  attn_risk_mode modes[MOST_MODES];
  size_t found = attn_risk_modes_find(modes, MOST_MODES, f), count = 0;
  double weight[MOST_MODES], total = 0.0;
  *complete = true;
  for (size_t i = 0; i < found; i++) {
    double behind = modes[i].log_mass - modes[0].log_mass;
    bool possible = attn_risk_log_choose(f->N, modes[i].count[0]) < log((double)MOST_ORBIT);
    if (!possible && behind > -15.0)
      *complete = false;
    weight[i] = behind > -30.0 && possible ? fmax(exp(behind), 0.03) : 0.0;
    total += weight[i];
  }
  if (total == 0.0) { /* only orbits too large to list: one wide Gaussian at their centre */
    attn_risk_mode *mode = &modes[0];
    double n0 = (double)mode->count[0], n1 = (double)mode->count[1];
    *mode = (attn_risk_mode){.count = {f->N, 0},
                             .mean = {(n0 * mode->mean[0] + n1 * mode->mean[1]) / (n0 + n1), 0.0},
                             .diagonal = {1.0, 1.0}};
    weight[0] = total = 1.0;
    found = 1;
  }
  for (size_t i = 0; i < found; i++) {
    static const double share[KINDS] = {[LAPLACE] = 0.5, [DOUBLED] = 0.25, [PRIOR] = 0.25};
    if (weight[i] == 0.0)
      continue;
    for (int kind = 0; kind < KINDS; kind++) {
      attn_risk_mode mode = modes[i];
      double diagonal = kind == DOUBLED ? 0.5 : 1.0;
      double coupling = kind == DOUBLED ? 0.5 : kind == PRIOR ? 0.0 : 1.0;
      for (int g = 0; g < 2; g++) {
        mode.diagonal[g] = kind == PRIOR ? 1.0 : diagonal * mode.diagonal[g];
        for (int h = 0; h < 2; h++)
          mode.coupling[g][h] *= coupling;
      }
      parts[count++] = make_part(&mode, weight[i] / total * share[kind]);
    }
  }
  return count;
}

/* ---- sampling ----------------------------------------------------------------------------------- */

typedef struct {
  gsl_rng *rng;
  gsl_qrng *sequence; /* NULL: pseudo-random points, beyond Sobol's 40 dimensions */
  size_t N;
  double *shift, *x, *z; /* [N] each */
} sampler;

static void start_sequence(sampler *from) {
  if (from->sequence == NULL)
    return;
  gsl_qrng_init(from->sequence);
  for (size_t t = 0; t < from->N; t++)
    from->shift[t] = gsl_rng_uniform(from->rng);
}

/* The next point of the shifted sequence (or of rng), carried to the part; its position in z. */
static void next_point(sampler *from, const part *to) {
  double *x = from->x;
  if (from->sequence != NULL)
    gsl_qrng_get(from->sequence, x);
  for (size_t t = 0; t < from->N; t++) {
    double u;
    if (from->sequence != NULL) {
      u = x[t] + from->shift[t];
      u = fmin(fmax(u - floor(u), 1e-17), 1.0 - 1e-16);
    } else {
      u = gsl_rng_uniform_pos(from->rng);
    }
    x[t] = gsl_cdf_ugaussian_Pinv(u);
  }
  draw(from->z, x, to);
}

/* log( exp(L) / mixture * weight / n ): one point's share of the integral. */
static double log_share(const double *z, const part *parts, size_t count, size_t k, size_t n,
                        const attn_risk_integrand *f) {
  double log_mixture = -INFINITY;
  for (size_t j = 0; j < count; j++)
    log_mixture = attn_logprob_sum(log_mixture, log_density(z, f->N, &parts[j]));
  return attn_risk_integrand_log(f, z) - log_mixture + log(parts[k].weight / (double)n);
}

static size_t points_of(const part *parts, size_t k, size_t points) {
  size_t n = (size_t)ceil((double)points * parts[k].weight);
  return n < 8 ? 8 : n;
}

double attn_risk_many_tail(double *error, attn_risk_status *status, double sign, double log_m,
                           double sigma, double kappa, double s, size_t N, size_t points) {
  const attn_risk_integrand f = {
      .sign = sign, .log_m = log_m, .sigma = sigma, .kappa = kappa, .s = s, .N = N};
  part parts[MOST_PARTS];
  bool complete;
  size_t count = make_mixture(parts, &complete, &f);
  double *memory = attn_alloc(3 * N, sizeof *memory);
  sampler from = {.rng = gsl_rng_alloc(gsl_rng_mt19937),
                  .N = N,
                  .shift = memory,
                  .x = memory + N,
                  .z = memory + 2 * N};
  gsl_rng_set(from.rng, 20241011);
  if (N <= SOBOL_DIMENSIONS)
    from.sequence = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)N);
  /* Sums are kept relative to exp(top). Each repetition estimates the integral by
   * sum over parts of weight * mean over its points of exp(L) / mixture. */
  double top = -INFINITY, estimate[REPETITIONS] = {0.0}, sum = 0.0, square = 0.0;
  for (int r = 0; r < REPETITIONS; r++)
    for (size_t k = 0; k < count; k++) {
      size_t n = points_of(parts, k, points);
      start_sequence(&from);
      for (size_t i = 0; i < n; i++) {
        next_point(&from, &parts[k]);
        double l = log_share(from.z, parts, count, k, n, &f);
        if (l > top) {
          double scale = exp(top - l);
          for (int j = 0; j <= r; j++)
            estimate[j] *= scale;
          sum *= scale;
          square *= scale * scale;
          top = l;
        }
        double term = exp(l - top);
        estimate[r] += term;
        sum += term;
        square += term * term;
      }
    }
  double mean = sum / REPETITIONS, variance = 0.0;
  for (int r = 0; r < REPETITIONS; r++)
    variance += (estimate[r] - mean) * (estimate[r] - mean);
  *error = sqrt(variance / (REPETITIONS * (REPETITIONS - 1.0))) / mean;
  bool reached = top > -INFINITY; /* else no double can hold where the mass is */
  if (!reached || !complete || !(sum * sum > 100.0 * square) || !(*error < 0.1))
    *status = ATTN_RISK_UNCERTAIN;
  if (from.sequence != NULL)
    gsl_qrng_free(from.sequence);
  gsl_rng_free(from.rng);
  attn_free(memory);
  if (!reached)
    *error = INFINITY;
  return reached ? top + log(mean) : -INFINITY;
}

/* A rough P(f < 0), enough to know whether it exceeds 1/2. */
static double rough_tail(const attn_risk_integrand *f) {
  enum { ROUGH = 512 };
  double *z = attn_alloc(f->N, sizeof *z), sum = 0.0;
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
  gsl_rng_set(rng, 20240710);
  for (int i = 0; i < ROUGH; i++) {
    double norm2 = 0.0;
    for (size_t t = 0; t < f->N; t++) {
      z[t] = gsl_cdf_ugaussian_Pinv(gsl_rng_uniform_pos(rng));
      norm2 += z[t] * z[t];
    }
    sum += exp(attn_risk_integrand_log(f, z) + 0.5 * norm2 + (double)f->N * LOG_SQRT_2PI);
  }
  gsl_rng_free(rng);
  attn_free(z);
  return sum / ROUGH;
}

attn_risk_result attn_risk_many(const attn_risk_input *input, size_t T, size_t points) {
  if (attn_risk_input_check(input, T, 0.0) != NULL)
    return attn_risk_result_bad();
  const attn_risk_noise noise = attn_risk_input_noise(input);
  const double N = (double)T - 1.0;
  double log_wrong[2], log_right[2], error[2] = {0.0, 0.0};
  attn_risk_status status = ATTN_RISK_OK;
  for (int k = 0; k < 2; k++) {
    double outer = k == 0 ? 1.0 : -1.0, m_v = outer * input->mv[k], kappa = outer * noise.kappa;
    double log_m = m_v == 0.0 ? -INFINITY : log(fabs(m_v)) + input->mp[k];
    double sign = m_v > 0.0 ? 1.0 : m_v < 0.0 ? -1.0 : 0.0, s = noise.s;
    if (noise.sigma == 0.0 || (s == 0.0 && kappa == 0.0)) {
      /* Equal scores: f = e^{m_p} m_v + sum of a; or no a at all. */
      double g = sign == 0.0 ? 0.0
                 : s == 0.0  ? sign * INFINITY
                             : sign * exp(log_m - log(s) - 0.5 * log(N));
      log_wrong[k] = attn_logprob_phi(-g);
      log_right[k] = attn_logprob_phi(g);
      continue;
    }
    if (s == 0.0) {
      /* sum_t e^{b_t} kappa z_t has the bound -N kappa / (e sigma) on one side, none on the other. */
      double log_bound = log(N * fabs(kappa) / noise.sigma) - 1.0;
      if (sign * kappa > 0.0 && log_m > log_bound) {
        log_wrong[k] = sign > 0.0 ? -INFINITY : 0.0;
        log_right[k] = sign > 0.0 ? 0.0 : -INFINITY;
        continue;
      }
      s = 1e-3 * fabs(kappa);
      status = ATTN_RISK_UNCERTAIN;
    }
    attn_risk_integrand f = {
        .sign = sign, .log_m = log_m, .sigma = noise.sigma, .kappa = kappa, .s = s, .N = T - 1};
    bool turned = rough_tail(&f) > 0.5;
    double side = turned ? -1.0 : 1.0;
    double tail = attn_risk_many_tail(&error[k], &status, side * sign, log_m, noise.sigma,
                                      side * kappa, s, T - 1, points ? points : ATTN_RISK_POINTS);
    double rest = attn_logprob_complement(fmin(tail, 0.0));
    log_wrong[k] = turned ? rest : tail;
    log_right[k] = turned ? tail : rest;
  }
  /* Both classes use the same shifts, so their errors are added, not squared. */
  attn_risk_result result = attn_risk_result_of(log_wrong, log_right, error);
  result.status = status;
  return result;
}
