#define _GNU_SOURCE /* dladdr, dlsym */
#include "linalg.h"

#include <dlfcn.h>
#include <gsl/gsl_cblas.h> /* OpenBLAS's cblas.h does not compile beside GSL's headers */
#include <limits.h>
#include <math.h>

#include <lapacke.h>

/* OpenBLAS's own functions; linking fails where it is absent. */
extern void openblas_set_num_threads(int threads);
extern char *openblas_get_config(void);
extern char *openblas_get_corename(void);

/* BLAS counts in int. */
static int as_int(size_t n) {
  if (n > INT_MAX)
    attn_fail("a matrix side of %zu exceeds what BLAS can count (%d)", n, INT_MAX);
  return (int)n;
}

void attn_linalg_start(void) {
  /* Both must live in one shared object: GSL's reference BLAS, linked first, would answer
   * cblas_dgemm from another one, many times slower. */
  Dl_info product, own;
  void *dgemm = dlsym(RTLD_DEFAULT, "cblas_dgemm");
  void *config = dlsym(RTLD_DEFAULT, "openblas_get_config");
  if (dgemm == NULL || config == NULL || dladdr(dgemm, &product) == 0 ||
      dladdr(config, &own) == 0 || product.dli_fbase != own.dli_fbase)
    attn_fail(
        "BLAS calls are not answered by OpenBLAS; link with -lopenblas before any other BLAS");
  openblas_set_num_threads(1);
}

const char *attn_linalg_description(void) {
  static char text[256];
  snprintf(text, sizeof text, "%s, kernel %s", openblas_get_config(), openblas_get_corename());
  return text;
}

double attn_dot(const double *x, const double *y, size_t n) {
  return cblas_ddot(as_int(n), x, 1, y, 1);
}

double attn_norm(const double *x, size_t n) {
  return cblas_dnrm2(as_int(n), x, 1);
}

void attn_axpy(double *y, double a, const double *x, size_t n) {
  cblas_daxpy(as_int(n), a, x, 1, y, 1);
}

void attn_scale(double *x, double a, size_t n) {
  cblas_dscal(as_int(n), a, x, 1);
}

/* Up to this many rows of A, matrix-vector products over blocks of B that stay in cache are faster
 * than a matrix product, which would copy B first. */
enum { FEW_ROWS = 4, BLOCK_DOUBLES = 1 << 17 };

static size_t block_rows(size_t row_length) {
  size_t rows = BLOCK_DOUBLES / (row_length + 1);
  return rows > 0 ? rows : 1;
}

void attn_multiply_transposed(double *C, size_t ldc, const double *A, size_t lda, const double *B,
                              size_t ldb, size_t m, size_t n, size_t k) {
  if (m > FEW_ROWS) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, as_int(m), as_int(n), as_int(k), 1, A,
                as_int(lda), B, as_int(ldb), 0, C, as_int(ldc));
    return;
  }
  for (size_t j = 0, block = block_rows(k); j < n; j += block) {
    int rows = as_int(n - j < block ? n - j : block);
    for (size_t i = 0; i < m; i++)
      cblas_dgemv(CblasRowMajor, CblasNoTrans, rows, as_int(k), 1, B + j * ldb, as_int(ldb),
                  A + i * lda, 1, 0, C + i * ldc + j, 1);
  }
}

void attn_multiply(double *C, size_t ldc, const double *A, size_t lda, const double *B, size_t ldb,
                   size_t m, size_t n, size_t k) {
  if (m > FEW_ROWS) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, as_int(m), as_int(n), as_int(k), 1, A,
                as_int(lda), B, as_int(ldb), 0, C, as_int(ldc));
    return;
  }
  for (size_t l = 0, block = block_rows(n); l < k; l += block) {
    int rows = as_int(k - l < block ? k - l : block);
    for (size_t i = 0; i < m; i++)
      cblas_dgemv(CblasRowMajor, CblasTrans, rows, as_int(n), 1, B + l * ldb, as_int(ldb),
                  A + i * lda + l, 1, l == 0 ? 0 : 1, C + i * ldc, 1);
  }
}

static void copy_upper_to_lower(double *K, size_t n) {
  for (size_t i = 1; i < n; i++)
    for (size_t j = 0; j < i; j++)
      K[i * n + j] = K[j * n + i];
}

void attn_gram(double *K, const double *A, size_t n, size_t k) {
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, as_int(n), as_int(k), 1, A, as_int(k), 0, K,
              as_int(n));
  copy_upper_to_lower(K, n);
}

void attn_gram_of_upper(double *K, size_t n) {
  /* row-major U is column-major L = U', for which dlauum gives L'L = U U' */
  if (LAPACKE_dlauum(LAPACK_COL_MAJOR, 'L', as_int(n), K, as_int(n)) != 0)
    attn_fail("LAPACK's dlauum refused a triangle of side %zu", n);
  copy_upper_to_lower(K, n);
}

void attn_rotate(double *x, double *y, double c, double s, size_t n) {
  cblas_drot(as_int(n), x, 1, y, 1, c, s);
}

/* Row-major upper triangles are column-major lower ones; the _work routines then neither copy nor
 * allocate. */
bool attn_cholesky(double *R, size_t ld, size_t n) {
  lapack_int info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', as_int(n), R, as_int(ld));
  if (info < 0)
    attn_fail("LAPACK's dpotrf refused a matrix of side %zu", n);
  return info == 0;
}

/* Right-looking by blocks of rows: factor the diagonal block, solve for the rows to its right,
 * subtract their products from the rest. Within a block, row j of R is final once the rows before
 * it are; the solve computes residuals in the dropped rows, which nothing else uses (their
 * R_jl = 0), and they are cleared. */
size_t attn_cholesky_dropping(double *R, size_t ld, unsigned char *dropped, const double *least,
                              size_t n) {
  const size_t block = 48;
  size_t kept = 0;
  for (size_t b = 0; b < n; b += block) {
    size_t end = n - b < block ? n : b + block;
    for (size_t j = b; j < end; j++) {
      double *row = R + j * ld;
      dropped[j] = !(row[j] > least[j]);
      if (dropped[j]) {
        row[j] = 1;
        for (size_t l = j + 1; l < end; l++)
          row[l] = 0;
        continue;
      }
      kept++;
      row[j] = sqrt(row[j]);
      for (size_t l = j + 1; l < end; l++)
        row[l] /= row[j];
      for (size_t i = j + 1; i < end; i++)
        for (size_t l = i; l < end; l++)
          R[i * ld + l] -= row[i] * row[l];
    }
    if (end == n)
      break;
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, as_int(end - b),
                as_int(n - end), 1, R + b * ld + b, as_int(ld), R + b * ld + end, as_int(ld));
    for (size_t j = b; j < end; j++)
      for (size_t l = end; dropped[j] && l < n; l++)
        R[j * ld + l] = 0;
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, as_int(n - end), as_int(end - b), -1,
                R + b * ld + end, as_int(ld), 1, R + end * ld + end, as_int(ld));
  }
  return kept;
}

void attn_solve_upper(double *x, const double *R, size_t ld, size_t n) {
  cblas_dtrsv(CblasRowMajor, CblasUpper, CblasNoTrans, CblasNonUnit, as_int(n), R, as_int(ld), x,
              1);
}

void attn_solve_upper_transposed(double *x, const double *R, size_t ld, size_t n) {
  cblas_dtrsv(CblasRowMajor, CblasUpper, CblasTrans, CblasNonUnit, as_int(n), R, as_int(ld), x, 1);
}
