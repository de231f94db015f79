#include "lift.h"

#include <math.h>

#include "linalg.h"
#include "rng.h"

void attn_lift_fourier(double *phi, const double *x, size_t rows, size_t k, size_t count,
                       double width, gsl_rng *rng) {
  const double turn = 2 * 3.14159265358979323846;
  double *w = attn_alloc(count * k, sizeof *w), *u = attn_alloc(count, sizeof *u);
  for (size_t c = 0; c < count; c++) { /* feature by feature: more of them change none */
    attn_rng_gaussian(w + c * k, k, rng);
    u[c] = turn * gsl_rng_uniform(rng);
  }
  attn_scale(w, 1 / width, count * k);
  attn_multiply_transposed(phi, count, x, k, w, k, rows, count, k);
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < count; c++)
      phi[r * count + c] = sqrt(2) * cos(phi[r * count + c] + u[c]);
  attn_free(w);
  attn_free(u);
}

double attn_lift_kernel(const double *x, const double *y, size_t k, double width) {
  double distance2 = 0;
  for (size_t c = 0; c < k; c++)
    distance2 += (x[c] - y[c]) * (x[c] - y[c]);
  return exp(-distance2 / (2 * width * width));
}

void attn_lift_standardise(double *x, size_t rows, size_t columns, size_t judged) {
  double *mean = attn_alloc(columns, sizeof *mean), trace = 0;
  for (size_t r = 0; r < judged; r++)
    attn_axpy(mean, 1 / (double)judged, x + r * columns, columns);
  for (size_t r = 0; r < rows; r++)
    attn_axpy(x + r * columns, -1, mean, columns);
  for (size_t r = 0; r < judged; r++)
    trace += attn_dot(x + r * columns, x + r * columns, columns) / ((double)judged - 1);
  if (!(trace > 0))
    attn_fail("%zu rows to set a scale by: they must be 2 at least, and not all equal", judged);
  attn_scale(x, sqrt((double)columns / trace), rows * columns);
  attn_free(mean);
}

double attn_lift_effective_dimension(const double *x, size_t rows, size_t columns) {
  const double m = (double)rows;
  double *K = attn_alloc(rows * rows, sizeof *K), trace = 0, square = 0, fourth = 0;
  attn_gram(K, x, rows, columns);
  for (size_t i = 0; i < rows; i++) {
    trace += K[i * rows + i] / (m - 1);
    fourth += K[i * rows + i] * K[i * rows + i] / (m - 1);
    for (size_t j = 0; j < rows; j++)
      square += K[i * rows + j] * K[i * rows + j] / ((m - 1) * (m - 1));
  }
  attn_free(K);
  /* square is the trace of the sample covariance's square, which is too large by terms of order
   * (tr S)^2 / m */
  const double unbiased =
      (m - 1) / (m * (m - 2) * (m - 3)) * ((m - 1) * (m - 2) * square + trace * trace - m * fourth);
  return trace * trace / unbiased;
}
