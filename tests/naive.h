/* naive: slow, obvious twins of the library's fast code. Every token is a vector of R^d, the signal
 * tokens too; softmax is differentiated by its whole Jacobian; sums are plain loops in long double.
 * Nothing here calls the library. */
#ifndef TESTS_NAIVE_H
#define TESTS_NAIVE_H

#include <stddef.h>

typedef long double real;

/* n samples of T tokens in R^d. */
typedef struct {
  size_t n, T, d;
  int *clean; /* [n] clean label, +1 or -1 */
  int *label; /* [n] observed label */
  real *x;    /* [n][T][d], the signal token first */
} naive_data;

/* The data set of the given labels: signal tokens rho e_1 (clean label +1) and rho e_2 (-1); the
 * noise tokens have coordinates 3 .. d from the rows of Xi, sample after sample. */
naive_data naive_data_make(size_t n, size_t T, size_t d, const unsigned char *k /* [n] */,
                           const signed char *y /* [n] */, double rho,
                           const double *Xi /* [n(T-1)][d-2] */);

/* The same for tokens x_it = a_it1 rho e_1 + a_it2 rho e_2 + (0, 0, row noise[i][t] of Xi); no row
 * where noise[i][t] is (size_t)-1. */
naive_data naive_data_general(size_t n, size_t T, size_t d, const unsigned char *k /* [n] */,
                              const signed char *y /* [n] */, double rho,
                              const double *a /* [n][T][2] */, const size_t *noise /* [n][T] */,
                              const double *Xi /* [..][d-2] */);
void naive_data_free(naive_data *data);

/* s = softmax(b) and its Jacobian J = diag(s) - s s'. */
void naive_softmax(real *s /* [T] */, const real *b /* [T] */, size_t T);
void naive_jacobian(real *J /* [T][T] */, const real *s /* [T] */, size_t T);

/* f(X_i; v, p); s receives the attention weights. */
real naive_output(real *s /* [T] */, const naive_data *data, size_t i, const real *v /* [d] */,
                  const real *p /* [d] */);

/* (1/n) sum_i log(1 + exp(-y_i f_i)) */
real naive_loss(const naive_data *data, const real *v, const real *p);

/* dL/dv = sum_i w_i X_i' s_i, dL/dp = sum_i w_i X_i' J_i X_i v */
void naive_gradient(real *dv /* [d] */, real *dp /* [d] */, const naive_data *data, const real *v,
                    const real *p);

/* One step of gradient descent of size beta on v and p together. */
void naive_step(real *v, real *p, const naive_data *data, double beta);

real naive_dot(const real *x, const real *y, size_t count);

/* P(B = s) for B ~ Binomial(n, q), by multiplication. */
real naive_binomial(size_t s, size_t n, double q);

#endif
