#include "risk_heads.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_qrng.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "logprob.h"
#include "rng.h"

static const double LOG_SQRT_2PI = 0.918938533204672741780329736406;
/* A pivot below this share of its squared norm says that a row depends on the rows before it. */
static const double DEPENDENT = 1e-12;
/* Inner products over many tokens are rounded. */
static const double SLACK = 1e-9;

enum { MOST = ATTN_RISK_HEADS_MOST, MOST_MODES = 6, MOST_STARTS = 32, REPETITIONS = 16 };
/* Of the first, small sample, by which the mixture is mended. */
enum { PILOT = 512, MOST_MENDS = 8, MEND = 64 };

/* ---- the integrand -------------------------------------------------------------------------------- */

/* Of one class and one side, error or no error: signs are taken in. */
typedef struct {
  size_t H, r;
  double m_v[MOST], m_p[MOST];
  double B[MOST][MOST], A[MOST][MOST]; /* [H][r] */
  double C[MOST][MOST];                /* [H][H] */
} integrand;

/* The lower triangle of the Gram matrix K with the p_h first, then the v_h: the columns of the kept
 * p_h span the scores b. False when the v_h leave no residual. */
static bool factor(integrand *f, const attn_risk_heads_input *input) {
  const size_t H = input->H, rows = 2 * H;
  double K[2 * MOST][2 * MOST], L[2 * MOST][MOST] = {{0}};
  size_t row[2 * MOST]; /* of the input */
  for (size_t h = 0; h < H; h++) {
    row[h] = 2 * h + 1;
    row[H + h] = 2 * h;
  }
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < rows; j++)
      K[i][j] = input->gram[row[i] * rows + row[j]];
  f->H = H;
  f->r = 0;
  for (size_t j = 0; j < H; j++) { /* K loses what the columns so far explain */
    const double whole = input->gram[row[j] * (rows + 1)];
    if (!(K[j][j] > DEPENDENT * whole))
      continue;
    const double pivot = sqrt(K[j][j]);
    for (size_t i = j; i < rows; i++)
      L[i][f->r] = K[i][j] / pivot;
    for (size_t i = j; i < rows; i++)
      for (size_t l = j; l < rows; l++)
        K[i][l] -= L[i][f->r] * L[l][f->r];
    f->r++;
  }
  double left = 0, all = 0;
  for (size_t h = 0; h < H; h++) {
    for (size_t l = 0; l < f->r; l++) {
      f->B[h][l] = L[h][l];
      f->A[h][l] = L[H + h][l];
    }
    for (size_t g = 0; g < H; g++)
      f->C[h][g] = K[H + h][H + g];
    left += fmax(K[H + h][H + h], 0);
    all += input->gram[row[H + h] * (rows + 1)];
  }
  return left > DEPENDENT * all;
}

static integrand turned(const integrand *f, double sign) {
  integrand out = *f;
  for (size_t h = 0; h < f->H; h++) {
    out.m_v[h] *= sign;
    for (size_t l = 0; l < f->r; l++)
      out.A[h][l] *= sign;
  }
  return out;
}

/* G(z) and, where they are not NULL, its gradient and Hessian. Numerator N and variance Q are kept
 * relative to the largest s_h. With t_h = s_h / max s, e_h = dt_h/db_h = t_h (1 - s_h) and
 * c_h = de_h/db_h = e_h (1 - 2 s_h), alpha = A z:
 *
 *   dN/db_h = e_h (alpha_h - m_vh),  dN/dalpha_h = t_h,  d2N/db_h2 = c_h (alpha_h - m_vh),
 *   d2N/db_h dalpha_h = e_h,  dQ/db_h = 2 e_h (C t)_h,
 *   d2Q/db_h db_g = 2 e_h e_g C_hg + [h = g] 2 c_h (C t)_h. */
static double ratio(double *gradient /* [r] */, double (*hessian)[MOST] /* [r] */,
                    const integrand *f, const double *z /* [r] */) {
  const size_t H = f->H, r = f->r;
  double alpha[MOST], s[MOST], t[MOST], rest[MOST], Ct[MOST], log_s[MOST], top = -INFINITY;
  for (size_t h = 0; h < H; h++) {
    double b = -f->m_p[h];
    alpha[h] = 0;
    for (size_t l = 0; l < r; l++) {
      b += f->B[h][l] * z[l];
      alpha[h] += f->A[h][l] * z[l];
    }
    const double small = exp(-fabs(b)), far = 1 / (1 + small);
    s[h] = b > 0 ? far : small * far;
    rest[h] = b > 0 ? small * far : far; /* 1 - s */
    log_s[h] = fmin(b, 0) - log1p(small);
    top = fmax(top, log_s[h]);
  }
  double signal = 0, noise = 0, Q = 0;
  for (size_t h = 0; h < H; h++) {
    t[h] = exp(log_s[h] - top);
    signal += rest[h] * f->m_v[h];
    noise += t[h] * alpha[h];
  }
  for (size_t h = 0; h < H; h++) {
    Ct[h] = 0;
    for (size_t g = 0; g < H; g++)
      Ct[h] += f->C[h][g] * t[g];
    Q += t[h] * Ct[h];
  }
  const double N = (signal == 0 ? 0 : signal * exp(-top)) + noise;
  if (!(Q > 0))
    return N == 0 ? 0 : copysign(INFINITY, N);
  const double root = sqrt(Q), G = N / root;
  if (gradient == NULL)
    return G;
  double N1[2 * MOST], Q1[MOST], c[MOST], e[MOST]; /* by b, then by alpha */
  for (size_t h = 0; h < H; h++) {
    e[h] = t[h] * rest[h];
    c[h] = e[h] * (rest[h] - s[h]);
    N1[h] = e[h] * (alpha[h] - f->m_v[h]);
    N1[H + h] = t[h];
    Q1[h] = 2 * e[h] * Ct[h];
  }
  /* G = N Q^(-1/2): its derivatives by the scores, carried to z by the rows of B and A */
  for (size_t l = 0; l < r; l++) {
    gradient[l] = 0;
    for (size_t h = 0; h < H; h++)
      gradient[l] +=
          f->B[h][l] * (N1[h] - 0.5 * G / root * Q1[h]) / root + f->A[h][l] * N1[H + h] / root;
  }
  double image[2 * MOST][MOST]; /* the Hessian by the scores, times [B; A] */
  memset(image, 0, sizeof image);
  for (size_t h = 0; h < H; h++)
    for (size_t g = 0; g < H; g++) {
      const bool same = h == g;
      const double N2 = same ? c[h] * (alpha[h] - f->m_v[h]) : 0;
      const double Q2 = 2 * e[h] * e[g] * f->C[h][g] + (same ? 2 * c[h] * Ct[h] : 0);
      const double bb = N2 / root - 0.5 * (N1[h] * Q1[g] + Q1[h] * N1[g]) / (Q * root) -
                        0.5 * G / Q * Q2 + 0.75 * G / (Q * Q) * Q1[h] * Q1[g];
      const double ba = (same ? e[h] / root : 0) - 0.5 * Q1[h] * N1[H + g] / (Q * root);
      for (size_t l = 0; l < r; l++) {
        image[h][l] += bb * f->B[g][l] + ba * f->A[g][l];
        image[H + g][l] += ba * f->B[h][l];
      }
    }
  for (size_t l = 0; l < r; l++)
    for (size_t m = 0; m < r; m++) {
      hessian[l][m] = 0;
      for (size_t h = 0; h < H; h++)
        hessian[l][m] += f->B[h][l] * image[h][m] + f->A[h][l] * image[H + h][m];
    }
  return G;
}

static double norm2(const double *z, size_t r) {
  double sum = 0;
  for (size_t l = 0; l < r; l++)
    sum += z[l] * z[l];
  return sum;
}

/* L(z) = -|z|^2/2 + log Phi(-G(z)); with l = phi(G)/Phi(-G), L' = -z - l G' and
 * -L'' = I + l G'' + l (l - G) G' (G')^T. */
static double height(const integrand *f, const double *z) {
  return -0.5 * norm2(z, f->r) + attn_logprob_phi(-ratio(NULL, NULL, f, z));
}

static double expand(double *slope, double (*precision)[MOST], const integrand *f,
                     const double *z) {
  double gradient[MOST];
  const double G = ratio(gradient, precision, f, z), l = attn_logprob_mills(G);
  const double bend = l * (G > 1e3 ? 1 / G : l - G);
  for (size_t i = 0; i < f->r; i++) {
    slope[i] = -z[i] - l * gradient[i];
    for (size_t j = 0; j < f->r; j++)
      precision[i][j] = (i == j) + l * precision[i][j] + bend * gradient[i] * gradient[j];
  }
  return -0.5 * norm2(z, f->r) + attn_logprob_phi(-G);
}

/* ---- its maxima ------------------------------------------------------------------------------------ */

/* R R' = P + extra I, R lower; false when that is not positive. */
static bool cholesky(double (*R)[MOST], const double (*P)[MOST], double extra, size_t r) {
  for (size_t i = 0; i < r; i++)
    for (size_t j = 0; j <= i; j++) {
      double sum = P[i][j] + (i == j ? extra : 0);
      for (size_t l = 0; l < j; l++)
        sum -= R[i][l] * R[j][l];
      if (i == j && !(sum > 0 && isfinite(sum)))
        return false;
      R[i][j] = i == j ? sqrt(sum) : sum / R[j][j];
    }
  return true;
}

/* x := R^-1 x, and R'^-1 x. */
static void solve(double *x, const double (*R)[MOST], size_t r) {
  for (size_t i = 0; i < r; i++) {
    for (size_t j = 0; j < i; j++)
      x[i] -= R[i][j] * x[j];
    x[i] /= R[i][i];
  }
}

static void solve_transposed(double *x, const double (*R)[MOST], size_t r) {
  for (size_t i = r; i-- > 0;) {
    for (size_t j = i + 1; j < r; j++)
      x[i] -= R[j][i] * x[j];
    x[i] /= R[i][i];
  }
}

typedef struct {
  double z[MOST], R[MOST][MOST]; /* precision R R' there */
  double top, log_mass;          /* L there; Laplace's estimate of the integral */
} mode;

/* Newton's steps with as much damping as makes L rise; false where they do not end at a maximum. */
static bool climb(mode *at, const integrand *f) {
  const size_t r = f->r;
  double damping = 0, slope[MOST], P[MOST][MOST];
  at->top = expand(slope, P, f, at->z);
  for (size_t i = 0; i < 100 && isfinite(at->top); i++) {
    double trace = 0, step[MOST], next[MOST], gain = 0;
    for (size_t l = 0; l < r; l++)
      trace += fabs(P[l][l]);
    if (!isfinite(trace))
      return false;
    while (!cholesky(at->R, (const double(*)[MOST])P, damping, r)) {
      damping = fmax(4 * damping, 1e-3 * trace);
      if (damping > 1e12 * trace)
        return false; /* not-a-number off the diagonal */
    }
    memcpy(step, slope, r * sizeof *step);
    solve(step, (const double(*)[MOST])at->R, r);
    solve_transposed(step, (const double(*)[MOST])at->R, r);
    for (size_t l = 0; l < r; l++) {
      next[l] = at->z[l] + step[l];
      gain += slope[l] * step[l];
    }
    if (gain < 1e-12 * (1 + fabs(at->top)))
      return damping == 0 || cholesky(at->R, (const double(*)[MOST])P, 0, r);
    const double found = height(f, next);
    if (found > at->top) {
      memcpy(at->z, next, r * sizeof *next);
      at->top = expand(slope, P, f, at->z);
      damping = damping < 1e-6 * trace ? 0 : 0.2 * damping;
    } else {
      damping = fmax(4 * damping, 1e-3 * trace);
      if (damping > 1e12 * trace)
        return gain < 1e-6 && cholesky(at->R, (const double(*)[MOST])P, 0, r);
    }
  }
  return false;
}

typedef struct {
  size_t count;
  double z[MOST_STARTS][MOST], top[MOST_STARTS];
} starts;

static void offer(starts *s, const double *z, double top, size_t r) {
  if (!isfinite(top) || (s->count == MOST_STARTS && s->top[MOST_STARTS - 1] >= top))
    return;
  size_t at = s->count < MOST_STARTS ? s->count++ : MOST_STARTS - 1;
  for (; at > 0 && s->top[at - 1] < top; at--) {
    s->top[at] = s->top[at - 1];
    memcpy(s->z[at], s->z[at - 1], r * sizeof *z);
  }
  s->top[at] = top;
  memcpy(s->z[at], z, r * sizeof *z);
}

/* The peaks of L along a ray from the origin, at radii that grow by a factor. */
static void scan(starts *s, const integrand *f, const double *direction) {
  enum { RADII = 26 };
  const double length = sqrt(norm2(direction, f->r));
  if (!(length > 0))
    return;
  double top[RADII], z[MOST];
  for (int side = -1; side <= 1; side += 2) {
    for (int i = 0; i < RADII; i++) {
      for (size_t l = 0; l < f->r; l++)
        z[l] = side * 0.25 * pow(1.5, i) * direction[l] / length; /* up to 6300 */
      top[i] = height(f, z);
    }
    for (int i = 0; i < RADII; i++)
      if ((i == 0 || top[i] >= top[i - 1]) && (i + 1 == RADII || top[i] > top[i + 1])) {
        for (size_t l = 0; l < f->r; l++)
          z[l] = side * 0.25 * pow(1.5, i) * direction[l] / length;
        offer(s, z, top[i], f->r);
      }
  }
}

/* Along each head's p and v and between them, their sums, the gradient at the origin, the axes, and
 * directions at random. */
static void find_starts(starts *s, const integrand *f, gsl_rng *rng) {
  enum { RANDOM = 32 };
  const size_t r = f->r;
  double all[2][MOST] = {{0}}, slope[MOST], P[MOST][MOST], origin[MOST] = {0}, between[MOST];
  s->count = 0;
  offer(s, origin, expand(slope, P, f, origin), r);
  scan(s, f, slope);
  for (size_t h = 0; h < f->H; h++) {
    scan(s, f, f->B[h]);
    scan(s, f, f->A[h]);
    const double apart = sqrt(norm2(f->B[h], r)), aside = sqrt(norm2(f->A[h], r));
    for (int sign = -1; sign <= 1; sign += 2) {
      for (size_t l = 0; l < r; l++)
        between[l] = f->B[h][l] * aside + sign * f->A[h][l] * apart;
      scan(s, f, between);
    }
    for (size_t l = 0; l < r; l++) {
      all[0][l] += f->B[h][l];
      all[1][l] += f->A[h][l];
    }
  }
  scan(s, f, all[0]);
  scan(s, f, all[1]);
  for (size_t l = 0; l < r; l++) {
    double axis[MOST] = {0};
    axis[l] = 1;
    scan(s, f, axis);
  }
  for (int i = 0; r > 1 && i < RANDOM; i++) {
    attn_rng_gaussian(between, r, rng);
    scan(s, f, between);
  }
}

/* The maxima, largest Laplace mass first. */
static size_t find_modes(mode *modes /* [MOST_MODES] */, const integrand *f, gsl_rng *rng) {
  starts s;
  size_t count = 0;
  find_starts(&s, f, rng);
  for (size_t i = 0; i < s.count; i++) {
    mode found = {.top = 0};
    memcpy(found.z, s.z[i], f->r * sizeof(double));
    if (!climb(&found, f))
      continue;
    found.log_mass = found.top + (double)f->r * LOG_SQRT_2PI;
    for (size_t l = 0; l < f->r; l++)
      found.log_mass -= log(found.R[l][l]);
    bool known = false;
    for (size_t j = 0; j < count && !known; j++) {
      double apart = 0;
      for (size_t l = 0; l < f->r; l++)
        apart += pow(modes[j].z[l] - found.z[l], 2);
      known = apart < 1e-6 * (1 + norm2(found.z, f->r));
    }
    if (known || (count == MOST_MODES && modes[count - 1].log_mass >= found.log_mass))
      continue;
    size_t at = count < MOST_MODES ? count++ : MOST_MODES - 1;
    for (; at > 0 && modes[at - 1].log_mass < found.log_mass; at--)
      modes[at] = modes[at - 1];
    modes[at] = found;
  }
  return count;
}

/* ---- importance sampling --------------------------------------------------------------------------- */

/* Of each maximum its Laplace Gaussian, the same with twice the covariance, and one with the prior's
 * (so that no tail of the integrand outlives the mixture's); and the prior itself. */
enum { KINDS = 3, MOST_PARTS = MOST_MODES * KINDS + 1 + MOST_MENDS };
typedef struct {
  double weight, log_norm, z[MOST], R[MOST][MOST];
} part;

static size_t make_mixture(part *parts /* [MOST_PARTS] */, const integrand *f, gsl_rng *rng) {
  static const double share[KINDS] = {0.5, 0.25, 0.25}, prior = 0.1;
  mode modes[MOST_MODES];
  const size_t found = find_modes(modes, f, rng);
  double weight[MOST_MODES], total = 0;
  for (size_t i = 0; i < found; i++) {
    const double behind = modes[i].log_mass - modes[0].log_mass;
    weight[i] = behind > -30 ? fmax(exp(behind), 0.03) : 0;
    total += weight[i];
  }
  size_t count = 0;
  for (size_t i = 0; i <= found; i++)
    for (int kind = 0; kind < (i < found ? KINDS : 1); kind++) {
      if (i < found && weight[i] == 0)
        continue;
      part *now = &parts[count++];
      memset(now, 0, sizeof *now);
      now->weight = i == found ? prior : (1 - prior) * weight[i] / total * share[kind];
      if (found == 0)
        now->weight = 1;
      now->log_norm = log(now->weight) - (double)f->r * LOG_SQRT_2PI;
      for (size_t l = 0; l < f->r; l++) {
        if (i < found)
          now->z[l] = modes[i].z[l];
        for (size_t m = 0; m <= l; m++)
          now->R[l][m] = i == found || kind == 2 ? (double)(l == m)
                         : kind == 1             ? M_SQRT1_2 * modes[i].R[l][m]
                                                 : modes[i].R[l][m];
        now->log_norm += log(now->R[l][l]);
      }
    }
  return count;
}

/* log of weight times density at z: |R'(z - mean)|^2 is the exponent */
static double log_density(const part *of, const double *z, size_t r) {
  double square = 0;
  for (size_t m = 0; m < r; m++) {
    double sum = 0;
    for (size_t l = m; l < r; l++)
      sum += of->R[l][m] * (z[l] - of->z[l]);
    square += sum * sum;
  }
  return of->log_norm - 0.5 * square;
}

/* The weight of a part is told to its density too. */
static void set_weight(part *of, double weight) {
  of->log_norm += log(weight) - log(of->weight);
  of->weight = weight;
}

/* Point number i of a shifted Sobol sequence, as a draw from a part. */
static void draw_from(double *z, const part *from, gsl_qrng *sequence, const double *shift,
                      size_t r) {
  gsl_qrng_get(sequence, z);
  for (size_t l = 0; l < r; l++) {
    const double u = z[l] + shift[l];
    z[l] = gsl_cdf_ugaussian_Pinv(fmin(fmax(u - floor(u), 1e-17), 1 - 1e-16));
  }
  solve_transposed(z, (const double(*)[MOST])from->R, r);
  for (size_t l = 0; l < r; l++)
    z[l] += from->z[l];
}

static void draw_shift(double *shift, gsl_qrng *sequence, gsl_rng *rng, size_t r) {
  gsl_qrng_init(sequence);
  for (size_t l = 0; l < r; l++)
    shift[l] = gsl_rng_uniform(rng);
}

static double log_mixture(const part *parts, size_t count, const double *z, size_t r) {
  double each[MOST_PARTS], top = -INFINITY, sum = 0;
  for (size_t j = 0; j < count; j++) {
    each[j] = log_density(&parts[j], z, r);
    top = fmax(top, each[j]);
  }
  for (size_t j = 0; j < count; j++)
    sum += exp(each[j] - top);
  return top + log(sum);
}

/* A part around z, as wide as the integrand is there, or as the prior where that is not concave. */
static void put_part(part *now, const integrand *f, const double *z, double weight) {
  const size_t r = f->r;
  double slope[MOST], P[MOST][MOST];
  memset(now, 0, sizeof *now);
  memcpy(now->z, z, r * sizeof *z);
  expand(slope, P, f, z);
  if (!cholesky(now->R, (const double(*)[MOST])P, 0, r))
    for (size_t l = 0; l < r; l++)
      for (size_t m = 0; m < r; m++)
        now->R[l][m] = l == m;
  now->weight = weight;
  now->log_norm = log(weight) - (double)r * LOG_SQRT_2PI;
  for (size_t l = 0; l < r; l++)
    now->log_norm += log(now->R[l][l]);
}

/* Incremental mixture importance sampling (Raftery and Bao, 2010): a small sample shows where the
 * integrand is far above the mixture; each time the mixture gets a part at the point that weighs most,
 * until no point carries a large share. Then the parts' weights are those that the sample gives them
 * (one step of expectation and maximisation), but none less than a small share. */
static size_t mend(part *parts, size_t count, const integrand *f, gsl_qrng *sequence,
                   gsl_rng *rng) {
  enum { MOST_POINTS = 2 * PILOT + MOST_MENDS * MEND };
  const size_t r = f->r;
  double z[MOST_POINTS][MOST], L[MOST_POINTS], w[MOST_POINTS], shift[MOST];
  double drawn[MOST_PARTS]; /* points of each part */
  size_t n = 0;
  for (size_t k = 0; k < count; k++) {
    const size_t own = (size_t)fmax(8, ceil(PILOT * parts[k].weight));
    draw_shift(shift, sequence, rng, r);
    for (size_t i = 0; i < own && n < MOST_POINTS; i++, n++) {
      draw_from(z[n], &parts[k], sequence, shift, r);
      L[n] = height(f, z[n]);
    }
    drawn[k] = (double)own;
  }
  for (size_t mends = 0;; mends++) {
    for (size_t k = 0; k < count; k++)
      set_weight(&parts[k], drawn[k] / (double)n);
    double top = -INFINITY, sum = 0;
    size_t heaviest = 0;
    for (size_t i = 0; i < n; i++) {
      w[i] = L[i] - log_mixture(parts, count, z[i], r);
      if (w[i] > top) {
        top = w[i];
        heaviest = i;
      }
    }
    for (size_t i = 0; i < n; i++)
      sum += w[i] = exp(w[i] - top);
    if (!(top > -INFINITY))
      return count;
    if (mends == MOST_MENDS || !(1 > 0.02 * sum))
      break;
    put_part(&parts[count], f, z[heaviest], 1);
    draw_shift(shift, sequence, rng, r);
    for (size_t i = 0; i < MEND && n < MOST_POINTS; i++, n++) {
      draw_from(z[n], &parts[count], sequence, shift, r);
      L[n] = height(f, z[n]);
    }
    drawn[count++] = MEND;
  }
  double share[MOST_PARTS] = {0}, all = 0;
  for (size_t i = 0; i < n; i++) {
    const double whole = log_mixture(parts, count, z[i], r);
    for (size_t k = 0; k < count; k++)
      share[k] += w[i] * exp(log_density(&parts[k], z[i], r) - whole);
  }
  for (size_t k = 0; k < count; k++)
    all += share[k];
  double total = 0;
  for (size_t k = 0; k < count; k++)
    total += share[k] = fmax(share[k] / all, 0.03);
  for (size_t k = 0; k < count; k++)
    set_weight(&parts[k], share[k] / total);
  return count;
}

/* log E Phi(-G(z)), as a natural logarithm. */
static double tail(double *error, attn_risk_status *status, const integrand *f, size_t points) {
  const size_t r = f->r;
  if (r == 0) {
    *error = 0;
    return attn_logprob_phi(-ratio(NULL, NULL, f, NULL));
  }
  part parts[MOST_PARTS];
  gsl_rng *rng = attn_rng_alloc();
  gsl_qrng *sequence = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)r);
  attn_rng_start(rng, 20241011, "risk heads", f->H, r, ATTN_STREAM_RISK);
  const size_t count = mend(parts, make_mixture(parts, f, rng), f, sequence, rng);
  /* relative to exp(top); each repetition estimates the integral by
   * sum over parts of weight * mean over its points of exp(L) / mixture */
  double top = -INFINITY, estimate[REPETITIONS] = {0}, sum = 0, square = 0;
  for (size_t rep = 0; rep < REPETITIONS; rep++)
    for (size_t k = 0; k < count; k++) {
      const size_t n = (size_t)fmax(8, ceil((double)points * parts[k].weight));
      double shift[MOST];
      draw_shift(shift, sequence, rng, r);
      for (size_t i = 0; i < n; i++) {
        double z[MOST];
        draw_from(z, &parts[k], sequence, shift, r);
        const double term = height(f, z) - (double)r * LOG_SQRT_2PI -
                            log_mixture(parts, count, z, r) + log(parts[k].weight / (double)n);
        if (term > top) {
          const double scale = exp(top - term);
          for (size_t j = 0; j <= rep; j++)
            estimate[j] *= scale;
          sum *= scale;
          square *= scale * scale;
          top = term;
        }
        if (top > -INFINITY) {
          const double value = exp(term - top);
          estimate[rep] += value;
          sum += value;
          square += value * value;
        }
      }
    }
  gsl_qrng_free(sequence);
  gsl_rng_free(rng);
  if (top == -INFINITY) {
    *error = INFINITY;
    *status = ATTN_RISK_UNCERTAIN;
    return -INFINITY;
  }
  const double mean = sum / REPETITIONS;
  double variance = 0;
  for (size_t rep = 0; rep < REPETITIONS; rep++)
    variance += pow(estimate[rep] - mean, 2);
  *error = sqrt(variance / (REPETITIONS * (REPETITIONS - 1.0))) / mean;
  if (!(sum * sum > 100 * square) || !(*error < 0.1))
    *status = ATTN_RISK_UNCERTAIN;
  return top + log(mean);
}

/* A rough P(f < 0), enough to know whether it exceeds 1/2. */
static double rough(const integrand *f) {
  enum { ROUGH = 512 };
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 20240710, "risk heads", f->H, f->r, ATTN_STREAM_RISK);
  double sum = 0, z[MOST];
  for (int i = 0; i < ROUGH; i++) {
    attn_rng_gaussian(z, f->r, rng);
    sum += exp(attn_logprob_phi(-ratio(NULL, NULL, f, z)));
  }
  gsl_rng_free(rng);
  return sum / ROUGH;
}

/* A small residual where there is none: a thousandth of what moves f. */
static void blur(integrand *f, const attn_risk_heads_input *input) {
  double scale = 0;
  for (size_t row = 0; row < 2 * f->H; row += 2)
    scale = fmax(scale, fmax(sqrt(input->gram[row * (2 * f->H + 1)]),
                             fmax(fabs(input->signal[row][0]), fabs(input->signal[row][1]))));
  for (size_t h = 0; h < f->H; h++)
    for (size_t g = 0; g < f->H; g++)
      f->C[h][g] = h == g ? 1e-6 * scale * scale : 0;
}

attn_risk_result attn_risk_heads(const attn_risk_heads_input *input, size_t points) {
  if (attn_risk_heads_check(input) != NULL)
    return attn_risk_result_bad();
  double log_wrong[2], log_right[2], error[2];
  attn_risk_status status = ATTN_RISK_OK;
  integrand f;
  memset(&f, 0, sizeof f);
  if (!factor(&f, input) && f.r > 0) {
    blur(&f, input);
    status = ATTN_RISK_UNCERTAIN;
  }
  for (size_t k = 0; k < 2; k++) {
    for (size_t h = 0; h < input->H; h++) {
      f.m_v[h] = input->signal[2 * h][k];
      f.m_p[h] = input->signal[2 * h + 1][k];
    }
    const double outer = k == 0 ? 1 : -1;
    integrand side = turned(&f, outer);
    const bool likely = rough(&side) > 0.5;
    if (likely)
      side = turned(&f, -outer);
    const double smaller =
        fmin(tail(&error[k], &status, &side, points > 0 ? points : ATTN_RISK_HEADS_POINTS), 0);
    const double rest = attn_logprob_complement(smaller);
    log_wrong[k] = likely ? rest : smaller;
    log_right[k] = likely ? smaller : rest;
  }
  /* both classes use the same shifts, so their errors are added */
  attn_risk_result result = attn_risk_result_of(log_wrong, log_right, error);
  result.status = status;
  return result;
}

const char *attn_risk_heads_check(const attn_risk_heads_input *input) {
  static _Thread_local char sentence[200];
  const size_t rows = 2 * input->H;
  if (input->H < 1 || input->H > MOST) {
    snprintf(sentence, sizeof sentence, "H = %zu: the risk is for 1 to %d heads", input->H, MOST);
    return sentence;
  }
  for (size_t i = 0; i < rows; i++) {
    const double square = input->gram[i * (rows + 1)];
    if (!isfinite(input->signal[i][0]) || !isfinite(input->signal[i][1])) {
      snprintf(sentence, sizeof sentence, "signal[%zu] = %g, %g: the risk needs finite projections",
               i, input->signal[i][0], input->signal[i][1]);
      return sentence;
    }
    if (!(square >= 0 && square < INFINITY)) {
      snprintf(sentence, sizeof sentence,
               "gram[%zu][%zu] = %g: a squared norm is finite and not negative", i, i, square);
      return sentence;
    }
  }
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < rows; j++) {
      const double product = input->gram[i * rows + j];
      const double bound = sqrt(input->gram[i * (rows + 1)]) * sqrt(input->gram[j * (rows + 1)]);
      if (!(fabs(product) <= bound * (1 + SLACK))) {
        snprintf(sentence, sizeof sentence,
                 "gram[%zu][%zu] = %g: beyond %g, the product of the norms", i, j, product, bound);
        return sentence;
      }
    }
  return NULL;
}
