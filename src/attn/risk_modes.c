#include "risk_modes.h"

#include <gsl/gsl_math.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

#include "logprob.h"

static const double LOG_SQRT_2PI = 0.918938533204672741780329736406;

double attn_risk_log_choose(size_t N, size_t k) {
  return gsl_sf_lnchoose((unsigned)N, (unsigned)k);
}

double attn_risk_integrand_log(const attn_risk_integrand *f, const double *z) {
  double top = z[0], norm2 = 0.0, sum = 0.0, square = 0.0;
  for (size_t t = 1; t < f->N; t++)
    top = fmax(top, z[t]);
  for (size_t t = 0; t < f->N; t++) { /* weights relative to the largest, which cannot overflow */
    double weight = exp(f->sigma * (z[t] - top));
    norm2 += z[t] * z[t];
    sum += weight * z[t];
    square += weight * weight;
  }
  double g = (f->sign * exp(f->log_m - f->sigma * top) + f->kappa * sum) / (f->s * sqrt(square));
  return -0.5 * norm2 - (double)f->N * LOG_SQRT_2PI + attn_logprob_phi(-g);
}

/* L and its derivatives at n[0] tokens at x[0] and n[1] at x[1]. With w = e^{sigma x} (relative to
 * the largest), S^2 = sum w^2, a = (kappa/s) w (1 + sigma x), h = sigma w^2 and l = phi(G)/Phi(-G):
 *   G_t   = a_t / S - G h_t / S^2,
 *   G_tu  = 1[t=u] (a'_t / S - G h'_t / S^2) - (a_t h_u + a_u h_t) / S^3 + 3 G h_t h_u / S^4,
 *   L_t   = -z_t - l G_t,      L_tu = -1[t=u] - l G_tu - l (l - G) G_t G_u.
 * gradient: of one token in each group; minus L_tu goes to diagonal and coupling. */
static double expand(double gradient[2], attn_risk_mode *at, const attn_risk_integrand *f) {
  const double *x = at->mean;
  double n[2] = {(double)at->count[0], (double)at->count[1]};
  double top = at->count[1] > 0 ? fmax(x[0], x[1]) : x[0], S2 = 0.0, A = 0.0;
  double a[2] = {0.0, 0.0}, a1[2] = {0.0, 0.0}, h[2] = {0.0, 0.0}, h1[2] = {0.0, 0.0};
  double ratio = f->kappa / f->s, norm2 = 0.0;
  A = f->sign * exp(f->log_m - f->sigma * top) / f->s;
  for (int g = 0; g < 2; g++) {
    if (at->count[g] == 0)
      continue;
    double w = exp(f->sigma * (x[g] - top)), y = f->sigma * x[g];
    A += n[g] * ratio * w * x[g];
    S2 += n[g] * w * w;
    norm2 += n[g] * x[g] * x[g];
    a[g] = ratio * w * (1.0 + y);
    a1[g] = ratio * w * f->sigma * (2.0 + y);
    h[g] = f->sigma * w * w;
    h1[g] = 2.0 * f->sigma * f->sigma * w * w;
  }
  double S = sqrt(S2), G = A / S, height = -0.5 * norm2 + attn_logprob_phi(-G);
  at->height = height - (n[0] + n[1]) * LOG_SQRT_2PI;
  if (gradient == NULL)
    return at->height;
  double l = attn_logprob_mills(G), gap = G > 1e3 ? 1.0 / G : l - G, G1[2];
  for (int g = 0; g < 2; g++) {
    G1[g] = a[g] / S - G * h[g] / S2;
    gradient[g] = at->count[g] > 0 ? -x[g] - l * G1[g] : 0.0;
    at->diagonal[g] = 1.0 + l * (a1[g] / S - G * h1[g] / S2);
  }
  for (int g = 0; g < 2; g++)
    for (int k = 0; k < 2; k++)
      at->coupling[g][k] =
          l * (3.0 * G * h[g] * h[k] / (S2 * S2) - (a[g] * h[k] + a[k] * h[g]) / (S2 * S)) +
          l * gap * G1[g] * G1[k];
  return at->height;
}

double attn_risk_mode_precision(double P[2][2], const attn_risk_mode *mode) {
  double n[2] = {(double)mode->count[0], (double)mode->count[1]}, log_det = 0.0;
  for (int g = 0; g < 2; g++)
    for (int k = 0; k < 2; k++)
      P[g][k] = (g == k ? mode->diagonal[g] : 0.0) + sqrt(n[g] * n[k]) * mode->coupling[g][k];
  if (mode->count[1] == 0) {
    P[0][1] = P[1][0] = 0.0;
    P[1][1] = 1.0;
  }
  for (int g = 0; g < 2; g++)
    if (mode->count[g] > 1)
      log_det += (n[g] - 1.0) * log(mode->diagonal[g]);
  return log_det + log(P[0][0] * P[1][1] - P[0][1] * P[1][0]);
}

static bool is_maximum(const attn_risk_mode *mode) {
  double P[2][2];
  attn_risk_mode_precision(P, mode);
  for (int g = 0; g < 2; g++)
    if (mode->count[g] > 1 && !(mode->diagonal[g] > 0.0))
      return false;
  return P[0][0] > 0.0 && P[0][0] * P[1][1] - P[0][1] * P[1][0] > 0.0;
}

/* Climbs to the nearby maximum in the two values: Newton's step, made an ascent step by a multiple
 * of the identity where L is not concave, and halved (more damping) until L rises. */
static bool climb(attn_risk_mode *at, const attn_risk_integrand *f) {
  double gradient[2], damping = 0.0;
  double height = expand(gradient, at, f);
  for (int i = 0; i < 200; i++) {
    double P[2][2], y[2] = {sqrt((double)at->count[0]), sqrt((double)at->count[1])};
    attn_risk_mode_precision(P, at);
    double r[2] = {y[0] * gradient[0], y[1] * gradient[1]};
    double middle = 0.5 * (P[0][0] + P[1][1]), half = 0.5 * (P[0][0] - P[1][1]);
    double least = middle - hypot(half, P[0][1]), largest = middle + hypot(half, P[0][1]);
    if (!isfinite(largest))
      return false;
    double floor = fmax(1e-3, 1e-6 * largest), extra = fmax(damping, floor - least);
    if (extra < 0.0)
      extra = 0.0;
    double p = P[0][0] + extra, q = P[1][1] + extra, det = p * q - P[0][1] * P[0][1];
    double step[2] = {(q * r[0] - P[0][1] * r[1]) / det, (p * r[1] - P[0][1] * r[0]) / det};
    if (r[0] * step[0] + r[1] * step[1] < 1e-14 * (1.0 + fabs(height)))
      return true;
    attn_risk_mode next = *at;
    double next_gradient[2];
    for (int g = 0; g < 2; g++)
      if (at->count[g] > 0)
        next.mean[g] += step[g] / y[g];
    double next_height = expand(next_gradient, &next, f);
    if (next_height > height) {
      *at = next;
      height = next_height;
      gradient[0] = next_gradient[0];
      gradient[1] = next_gradient[1];
      damping *= 0.2;
      if (damping < 1e-6 * largest)
        damping = 0.0;
    } else {
      damping = fmax(4.0 * extra, 0.1 * fabs(largest));
      if (damping > 1e12 * fabs(largest))
        return r[0] * step[0] + r[1] * step[1] < 1e-6;
    }
  }
  return false;
}

/* The starting grid: 0 and +-unit * 1.5^i, which ends at 1246 for unit = 1/4. */
enum { HALF = 22, GRID = 2 * HALF + 1 };

static double grid_value(int i, double unit) {
  if (i == HALF)
    return 0.0;
  return i > HALF ? unit * pow(1.5, i - HALF - 1) : -unit * pow(1.5, HALF - 1 - i);
}

/* No mode lies further out than sqrt(-2 L) at the origin (with L's constant left out), nor much
 * further than where a token outweighs the signal; only at extreme m_p is that beyond the grid. */
static double grid_unit(const attn_risk_integrand *f) {
  double g = f->sign * exp(f->log_m) / (f->s * sqrt((double)f->N));
  double bound = sqrt(-2.0 * attn_logprob_phi(-g));
  double outweigh = 1.5 * fmax(f->log_m - log(f->s), 0.0) / f->sigma;
  return 0.25 * fmax(1.0, fmin(bound, outweigh) / 1200.0);
}

static void keep(attn_risk_mode *modes, size_t *count, size_t room, attn_risk_mode found) {
  for (size_t i = 0; i < *count; i++) {
    const attn_risk_mode *old = &modes[i];
    bool same = old->count[0] == found.count[0] &&
                fabs(old->mean[0] - found.mean[0]) < 1e-3 * (1.0 + fabs(found.mean[0])) &&
                (found.count[1] == 0 ||
                 fabs(old->mean[1] - found.mean[1]) < 1e-3 * (1.0 + fabs(found.mean[1])));
    if (same)
      return;
  }
  if (*count == room && modes[room - 1].log_mass >= found.log_mass)
    return;
  size_t at = *count < room ? (*count)++ : room - 1;
  for (; at > 0 && modes[at - 1].log_mass < found.log_mass; at--)
    modes[at] = modes[at - 1];
  modes[at] = found;
}

size_t attn_risk_modes_find(attn_risk_mode *modes, size_t room, const attn_risk_integrand *f) {
  size_t count = 0, N = f->N, most = N == 1 ? 1 : N / 2;
  double(*height)[GRID] = attn_alloc(GRID, sizeof *height);
  attn_risk_mode best = {.count = {N, 0}, .height = -INFINITY};
  const double unit = grid_unit(f);
  if (most > 6)
    most = 6; /* orbits in between are many; condensation on few tokens or on all is what occurs */
  for (size_t m = 1; m <= most; m++) {
    attn_risk_mode at = {.count = {m, N - m}};
    for (int i = 0; i < GRID; i++)
      for (int j = 0; j < GRID; j++) {
        at.mean[0] = grid_value(i, unit);
        at.mean[1] = N > m ? grid_value(j, unit) : 0.0;
        height[i][j] = expand(NULL, &at, f);
      }
    for (int i = 0; i < GRID; i++)
      for (int j = N > m ? 0 : HALF; j < (N > m ? GRID : HALF + 1); j++) {
        bool peak = isfinite(height[i][j]);
        for (int di = -1; di <= 1 && peak; di++)
          for (int dj = -1; dj <= 1; dj++)
            if (i + di >= 0 && i + di < GRID && j + dj >= 0 && j + dj < GRID &&
                height[i + di][j + dj] > height[i][j])
              peak = false;
        if (!peak)
          continue;
        at.mean[0] = grid_value(i, unit);
        at.mean[1] = N > m ? grid_value(j, unit) : 0.0;
        attn_risk_mode found = at;
        bool climbed = climb(&found, f);
        if (found.count[1] > 0 &&
            fabs(found.mean[0] - found.mean[1]) < 1e-4 * (1.0 + fabs(found.mean[0]))) {
          found.count[0] = N;
          found.count[1] = 0;
          found.mean[1] = 0.0;
          climbed = climb(&found, f);
        }
        if (found.count[0] == found.count[1] && found.mean[0] < found.mean[1]) {
          double gradient[2], mean = found.mean[0];
          found.mean[0] = found.mean[1];
          found.mean[1] = mean;
          expand(gradient, &found, f);
        }
        if (found.height > best.height)
          best = found;
        if (!climbed || !is_maximum(&found))
          continue;
        double P[2][2];
        found.log_mass = found.height + (double)N * LOG_SQRT_2PI -
                         0.5 * attn_risk_mode_precision(P, &found) +
                         attn_risk_log_choose(N, found.count[0]);
        keep(modes, &count, room, found);
      }
  }
  attn_free(height);
  if (count == 0) { /* no smooth maximum met: a wide Gaussian at the best point seen */
    best.diagonal[0] = best.diagonal[1] = 1.0;
    best.coupling[0][0] = best.coupling[0][1] = best.coupling[1][0] = best.coupling[1][1] = 0.0;
    best.log_mass = best.height;
    modes[count++] = best;
  }
  return count;
}
