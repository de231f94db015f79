#include "noise.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "linalg.h"
#include "rng.h"

const char *attn_noise_name(attn_noise_kind kind) {
  static const char *const name[ATTN_NOISE_KINDS] = {
      "gaussian", "rademacher", "uniform",    "laplace", "student",
      "sparse",   "power",      "correlated", "sphere",  "unit"};
  return name[kind];
}

const char *attn_noise_check(const attn_noise *noise) {
  static char sentence[160];
  const double x = noise->parameter;
  switch (noise->kind) {
  case ATTN_NOISE_STUDENT:
    if (x >= 1 && x <= 1e6 && x == floor(x))
      return NULL;
    snprintf(sentence, sizeof sentence,
             "student = %g: the degrees of freedom must be a whole number in [1, 1e6]", x);
    return sentence;
  case ATTN_NOISE_SPARSE:
    if (x > 0 && x <= 1)
      return NULL;
    snprintf(sentence, sizeof sentence,
             "sparse = %g: the share of coordinates that are not zero must lie in (0, 1]", x);
    return sentence;
  case ATTN_NOISE_POWER:
    if (x >= 0 && x <= 100)
      return NULL;
    snprintf(sentence, sizeof sentence,
             "power = %g: the exponent of the eigenvalues must lie in [0, 100]", x);
    return sentence;
  case ATTN_NOISE_CORRELATED:
    if (x >= 0 && x < 1)
      return NULL;
    snprintf(sentence, sizeof sentence,
             "correlated = %g: the correlation within a sample must lie in [0, 1)", x);
    return sentence;
  default:
    return NULL;
  }
}

/* 64 signs from each word. */
static void draw_rademacher(double *x, size_t count, gsl_rng *rng) {
  unsigned long bits = 0;
  for (size_t j = 0; j < count; j++) {
    if (j % 64 == 0)
      bits = gsl_rng_get(rng);
    x[j] = (bits >> (j % 64) & 1) != 0 ? 1 : -1;
  }
}

/* The determinant of a 2 x 2 matrix of standard normals has density exp(-|x|) / 2. */
static void draw_laplace(double *x, size_t count, gsl_rng *rng) {
  for (size_t j = 0; j < count; j++) {
    double z[4];
    attn_rng_gaussian(z, 4, rng);
    x[j] = (z[0] * z[1] + z[2] * z[3]) * sqrt(0.5);
  }
}

/* t = z / sqrt(chi^2_nu / nu). For few degrees chi^2 is cheaper as a sum of squares; the gamma
 * generator is for the others. */
static void draw_student(double *x, size_t count, double degrees, gsl_rng *rng) {
  enum { FEW = 6 };
  const double scale = degrees > 2
                           ? sqrt((degrees - 2) / degrees)
                           : gsl_cdf_ugaussian_Pinv(0.75) / gsl_cdf_tdist_Pinv(0.75, degrees);
  for (size_t j = 0; j < count; j++) {
    double z[1 + FEW], chi2 = 0;
    if (degrees <= FEW) {
      attn_rng_gaussian(z, 1 + (size_t)degrees, rng);
      for (size_t l = 1; l <= (size_t)degrees; l++)
        chi2 += z[l] * z[l];
    } else {
      attn_rng_gaussian(z, 1, rng);
      chi2 = gsl_ran_chisq(rng, degrees);
    }
    x[j] = scale * z[0] * sqrt(degrees / chi2);
  }
}

static void draw_sparse(double *x, size_t count, double share, gsl_rng *rng) {
  for (size_t j = 0; j < count; j++)
    x[j] = gsl_rng_uniform(rng) < share ? gsl_ran_gaussian_ziggurat(rng, 1) / sqrt(share) : 0;
}

/* lambda_l, l = 1 .. k */
static double *eigenvalues(double alpha, size_t k) {
  double *lambda = attn_alloc(k, sizeof *lambda), sum = 0;
  for (size_t l = 0; l < k; l++)
    sum += lambda[l] = pow((double)l + 1, -alpha);
  attn_scale(lambda, (double)k / sum, k);
  return lambda;
}

static void draw_power(double *Xi, size_t N, size_t k, double alpha, gsl_rng *rng) {
  double *root = eigenvalues(alpha, k);
  for (size_t l = 0; l < k; l++)
    root[l] = sqrt(root[l]);
  attn_rng_gaussian(Xi, N * k, rng);
  for (size_t j = 0; j < N; j++)
    for (size_t l = 0; l < k; l++)
      Xi[j * k + l] *= root[l];
  attn_free(root);
}

/* xi = sqrt(r) (what the sample shares) + sqrt(1 - r) (the token's own) */
static void draw_correlated(double *Xi, size_t N, size_t k, size_t group, double r, gsl_rng *rng) {
  double *common = attn_alloc(k, sizeof *common);
  attn_rng_gaussian(Xi, N * k, rng);
  attn_scale(Xi, sqrt(1 - r), N * k);
  for (size_t j = 0; j < N; j++) {
    if (j % group == 0)
      attn_rng_gaussian(common, k, rng);
    attn_axpy(Xi + j * k, sqrt(r), common, k);
  }
  attn_free(common);
}

static void draw_sphere(double *Xi, size_t N, size_t k, double length, gsl_rng *rng) {
  attn_rng_gaussian(Xi, N * k, rng);
  for (size_t j = 0; j < N; j++)
    attn_scale(Xi + j * k, length / attn_norm(Xi + j * k, k), k);
}

void attn_noise_draw(double *Xi, size_t N, size_t k, size_t group, const attn_noise *noise,
                     gsl_rng *rng) {
  const char *objection = attn_noise_check(noise);
  if (objection != NULL)
    attn_fail("%s", objection);
  const double parameter = noise->parameter;
  switch (noise->kind) {
  case ATTN_NOISE_RADEMACHER:
    draw_rademacher(Xi, N * k, rng);
    return;
  case ATTN_NOISE_UNIFORM:
    for (size_t e = 0; e < N * k; e++)
      Xi[e] = sqrt(3) * (2 * gsl_rng_uniform(rng) - 1);
    return;
  case ATTN_NOISE_LAPLACE:
    draw_laplace(Xi, N * k, rng);
    return;
  case ATTN_NOISE_STUDENT:
    draw_student(Xi, N * k, parameter, rng);
    return;
  case ATTN_NOISE_SPARSE:
    draw_sparse(Xi, N * k, parameter, rng);
    return;
  case ATTN_NOISE_POWER:
    draw_power(Xi, N, k, parameter, rng);
    return;
  case ATTN_NOISE_CORRELATED:
    draw_correlated(Xi, N, k, group, parameter, rng);
    return;
  case ATTN_NOISE_SPHERE:
  case ATTN_NOISE_UNIT:
    draw_sphere(Xi, N, k, noise->kind == ATTN_NOISE_UNIT ? 1 : sqrt((double)k), rng);
    return;
  case ATTN_NOISE_GAUSSIAN:
  case ATTN_NOISE_KINDS:
    attn_rng_gaussian(Xi, N * k, rng);
  }
}

double attn_noise_covariance(const double *u, const double *w, size_t k, const attn_noise *noise) {
  if (noise->kind == ATTN_NOISE_STUDENT && noise->parameter <= 2)
    return NAN;
  if (noise->kind != ATTN_NOISE_POWER)
    return attn_noise_scale2(noise, k) * attn_dot(u, w, k);
  double *lambda = eigenvalues(noise->parameter, k), sum = 0;
  for (size_t l = 0; l < k; l++)
    sum += lambda[l] * u[l] * w[l];
  attn_free(lambda);
  return sum;
}

double attn_noise_scale2(const attn_noise *noise, size_t k) {
  return noise->kind == ATTN_NOISE_UNIT ? 1 / (double)k : 1;
}
