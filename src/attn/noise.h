/* noise: families of noise tokens beside the paper's Gaussian one, for dense tokens. Every family
 * has mean 0 and covariance Sigma with mean eigenvalue 1, so that E |xi|^2 = k = d - 2 and
 * kappa = rho sqrt(n/d) keeps its meaning; the two exceptions are named below. */
#ifndef ATTN_NOISE_H
#define ATTN_NOISE_H

#include <gsl/gsl_rng.h>

#include "base.h"

typedef enum {
  /* independent coordinates */
  ATTN_NOISE_GAUSSIAN,
  ATTN_NOISE_RADEMACHER, /* +1 or -1 */
  ATTN_NOISE_UNIFORM,    /* on [-sqrt 3, sqrt 3) */
  ATTN_NOISE_LAPLACE,    /* density exp(-sqrt 2 |x|) / sqrt 2 */
  ATTN_NOISE_STUDENT,    /* parameter: degrees of freedom, whole. Above 2 scaled to variance 1; 1
                            and 2 have no variance, and are scaled to the Gaussian's quartiles */
  ATTN_NOISE_SPARSE,     /* parameter q in (0, 1]: N(0, 1/q) with probability q, else 0 */
  /* dependent coordinates or tokens */
  ATTN_NOISE_POWER, /* parameter alpha >= 0: independent N(0, lambda_l), lambda_l ~ l^-alpha for
                            l = 1 .. k, scaled to mean 1 */
  ATTN_NOISE_CORRELATED, /* parameter r in [0, 1): Gaussian, correlation r between the same
                            coordinates of two tokens of one sample */
  ATTN_NOISE_SPHERE,     /* uniform on |xi| = sqrt k exactly: normalised noise */
  ATTN_NOISE_UNIT,       /* the same divided by sqrt k: |xi| = 1, so that the SNR is rho, covariance
                            I / k, and kappa is rho sqrt(n) up to (d - 2) / d */
  ATTN_NOISE_KINDS
} attn_noise_kind;

typedef struct {
  attn_noise_kind kind;
  double parameter; /* of the kinds that have one */
} attn_noise;

/* "gaussian", "student" and so on. */
const char *attn_noise_name(attn_noise_kind kind);

/* NULL when the parameter is allowed, else a sentence (valid until the next call). */
const char *attn_noise_check(const attn_noise *noise);

/* N noise tokens of k coordinates, those of a sample being group consecutive ones. The numbers do
 * not depend on the CPU: ziggurat normals, uniform integers, sums, products and roots. (Only the
 * eigenvalues of the power law go through pow, once.) Deviates for each coordinate: one, but laplace
 * four normals, student one more than its degrees, or two for many, sparse up to two. Fails with the sentence of
 * attn_noise_check. */
void attn_noise_draw(double *Xi /* [N][k] */, size_t N, size_t k, size_t group,
                     const attn_noise *noise, gsl_rng *rng);

/* u' Sigma w: the covariance of xi . u and xi . w. For student noise of 1 or 2 degrees, which has no
 * covariance, not-a-number. */
double attn_noise_covariance(const double *u /* [k] */, const double *w /* [k] */, size_t k,
                             const attn_noise *noise);

/* E |xi|^2 / k: 1, but 1/k for unit noise. */
double attn_noise_scale2(const attn_noise *noise, size_t k);

#endif
