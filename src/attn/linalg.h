/* linalg: the only caller of BLAS and LAPACK. Matrices are row-major. */
#ifndef ATTN_LINALG_H
#define ATTN_LINALG_H

#include "base.h"

/* Call once, before anything else here: sets one thread (parallelism is between processes) and
 * proves that OpenBLAS answers the cblas calls; fails with a sentence when another library does. */
void attn_linalg_start(void);

/* The library that answers, its version and CPU kernel: "OpenBLAS 0.3.21 ... Haswell". */
const char *attn_linalg_description(void);

/* x . y */
double attn_dot(const double *x /* [n] */, const double *y /* [n] */, size_t n);

/* |x|, without overflow or underflow on the way */
double attn_norm(const double *x /* [n] */, size_t n);

/* y += a x */
void attn_axpy(double *y /* [n] */, double a, const double *x /* [n] */, size_t n);

/* x *= a */
void attn_scale(double *x /* [n] */, double a, size_t n);

/* C_ij = sum_l A_il B_jl: every row of A with every row of B. ldx is the distance between the rows
 * of X. For few rows of A the large matrix B is read from memory once. */
void attn_multiply_transposed(double *C /* [m][n] */, size_t ldc, const double *A /* [m][k] */,
                              size_t lda, const double *B /* [n][k] */, size_t ldb, size_t m,
                              size_t n, size_t k);

/* C_ij = sum_l A_il B_lj, likewise. */
void attn_multiply(double *C /* [m][n] */, size_t ldc, const double *A /* [m][k] */, size_t lda,
                   const double *B /* [k][n] */, size_t ldb, size_t m, size_t n, size_t k);

/* C_ij = sum_l A_li B_lj: a sum of outer products of the rows of A and B. */
void attn_multiply_rows(double *C /* [m][n] */, size_t ldc, const double *A /* [k][m] */,
                        size_t lda, const double *B /* [k][n] */, size_t ldb, size_t m, size_t n,
                        size_t k);

/* K = A A', both triangles filled. */
void attn_gram(double *K /* [n][n] */, const double *A /* [n][k] */, size_t n, size_t k);

/* K = U U' for the upper triangle U held in K; both triangles of the result are filled. */
void attn_gram_of_upper(double *K /* [n][n] */, size_t n);

/* (x, y) := (c x + s y, c y - s x) */
void attn_rotate(double *x /* [n] */, double *y /* [n] */, double c, double s, size_t n);

/* R'R = K with R upper triangular: R holds the upper triangle of K, rows ld apart, and is
 * overwritten. False when a pivot is not positive; what R then holds is of no use. */
bool attn_cholesky(double *R /* [n][n] */, size_t ld, size_t n);

/* The same for a K that may be singular: a pivot that does not exceed least[j] says that row j
 * depends on the rows before it. Then dropped[j] = 1 and row j of R is zero but for R_jj = 1, so
 * that R without the dropped rows and columns is the factor of the rows that are kept. Returns how
 * many are kept. */
size_t attn_cholesky_dropping(double *R /* [n][n] */, size_t ld, unsigned char *dropped /* [n] */,
                              const double *least /* [n] */, size_t n);

/* The largest eigenvalue of a symmetric K, both triangles given; K is overwritten. */
double attn_largest_eigenvalue(double *K /* [n][n] */, size_t n);

/* x := R^-1 x and x := R'^-1 x for an upper triangle R. */
void attn_solve_upper(double *x /* [n] */, const double *R /* [n][n] */, size_t ld, size_t n);
void attn_solve_upper_transposed(double *x /* [n] */, const double *R /* [n][n] */, size_t ld,
                                 size_t n);

#endif
