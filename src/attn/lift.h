/* lift: vectors lifted to any dimension by random features, and brought to the mean and the
 * length that noise tokens of the model have. */
#ifndef ATTN_LIFT_H
#define ATTN_LIFT_H

#include <gsl/gsl_rng.h>

#include "base.h"

/* Random Fourier features (Rahimi and Recht, NeurIPS 2007):
 *   phi_c(x) = sqrt(2) cos(w_c . x / width + u_c),  w_c ~ N(0, I_k), u_c uniform on [0, 2 pi),
 * for count features c, the same for all rows. phi(x) . phi(y) / count has the mean
 * exp(-|x - y|^2 / (2 width^2)) and a standard deviation of at most 1 / sqrt(count).
 * Further features from the same stream are independent of the earlier ones.
 * Cost: rows count (k + a cosine). */
void attn_lift_fourier(double *phi /* [rows][count] */, const double *x /* [rows][k] */,
                       size_t rows, size_t k, size_t count, double width, gsl_rng *rng);

/* exp(-|x - y|^2 / (2 width^2)): what the inner products above tend to for many features. */
double attn_lift_kernel(const double *x /* [k] */, const double *y /* [k] */, size_t k,
                        double width);

/* Centre and scale from the first judged rows, at least 2: their mean is subtracted from every row,
 * column by column, and all are multiplied so that the trace of their covariance is columns, as that
 * of N(0, I). Rows that are not judged are then standardised by others. Fails with a sentence when the
 * judged rows are all equal. */
void attn_lift_standardise(double *x /* [rows][columns] */, size_t rows, size_t columns,
                           size_t judged);

/* The effective dimension (tr S)^2 / tr S^2 of vectors with covariance S: d for N(0, I_d), and the
 * number of equal eigenvalues where the others are 0. From at least 4 rows of which only their mean was
 * subtracted and which were multiplied by a number, as above. The estimate of tr S^2 is unbiased for
 * vectors of any law (Himeno and Yamada, J. Multivariate Analysis 130, 2014). */
double attn_lift_effective_dimension(const double *x /* [rows][columns] */, size_t rows,
                                     size_t columns);

#endif
