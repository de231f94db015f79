#define _GNU_SOURCE /* dladdr, dlsym */
#include "linalg.h"

#include <dlfcn.h>
#include <gsl/gsl_cblas.h> /* OpenBLAS's cblas.h does not compile beside GSL's headers */
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>

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

/* OpenBLAS takes its buffer at the first call that needs one, and where the system refuses it asks
 * again without end. So it is made to take it now, after a look at whether there is room: for the
 * 128 MiB that it takes at most for one thread, and a margin. */
static void take_buffer(void) {
  const size_t room = (size_t)160 << 20;
  void *probe = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (probe == MAP_FAILED)
    attn_fail("out of memory: OpenBLAS needs %zu MiB of addresses, which are not to be had; see "
              "'ulimit -v'",
              room >> 20);
  munmap(probe, room);
  const double one = 1;
  double product;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 1, 1, 1, 1, &one, 1, &one, 1, 0, &product,
              1);
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
  take_buffer();
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

/* ---- two rows with a large matrix ------------------------------------------------------------
 * v and p against all tokens, which is a dense step of training. Memory is the limit, and BLAS
 * would read B twice or copy it first; a B that fits the cache is left to BLAS. Here B is read once,
 * a few rows at a time in long runs and AHEAD doubles before they are used; a tile of columns of both
 * vectors stay in cache meanwhile.
 *
 * Where the compiler can, it also makes a copy of a loop for newer CPUs. Without fused operations,
 * both copies round alike. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__)
#define FOR_NEWER_CPUS __attribute__((target_clones("avx2", "default")))
#else
#define FOR_NEWER_CPUS
#endif

enum { LANES = 4, DOT_TILE = 1 << 14, TILE = 1 << 12, ROWS = 16, AHEAD = 256 };
typedef double lanes
    __attribute__((vector_size(LANES * sizeof(double)), aligned(sizeof(double)), may_alias));

/* LANES doubles at x, whatever their alignment */
#define LOAD(x) (*(const lanes *)(x))
#define STORE(x, y) (*(lanes *)(x) = (y))

/* C_i += A_i . B_j for the rows i = 0, 1 of A and j = 0 ... 3 of B */
FOR_NEWER_CPUS
static void dots_of_four(double *C, size_t ldc, const double *A, size_t lda, const double *B,
                         size_t ldb, size_t k) {
  const double *a = A, *b = A + lda, *p = B, *q = B + ldb, *r = B + 2 * ldb, *s = B + 3 * ldb;
  lanes ap = {0}, aq = {0}, ar = {0}, as = {0}, bp = {0}, bq = {0}, br = {0}, bs = {0};
  size_t l = 0;
  for (; l + LANES <= k; l += LANES) {
    const lanes al = LOAD(a + l), bl = LOAD(b + l);
    const lanes pl = LOAD(p + l), ql = LOAD(q + l), rl = LOAD(r + l), sl = LOAD(s + l);
    __builtin_prefetch(p + l + AHEAD);
    __builtin_prefetch(q + l + AHEAD);
    __builtin_prefetch(r + l + AHEAD);
    __builtin_prefetch(s + l + AHEAD);
    ap += al * pl;
    bp += bl * pl;
    aq += al * ql;
    bq += bl * ql;
    ar += al * rl;
    br += bl * rl;
    as += al * sl;
    bs += bl * sl;
  }
  for (; l < k; l++) {
    ap[0] += a[l] * p[l];
    bp[0] += b[l] * p[l];
    aq[0] += a[l] * q[l];
    bq[0] += b[l] * q[l];
    ar[0] += a[l] * r[l];
    br[0] += b[l] * r[l];
    as[0] += a[l] * s[l];
    bs[0] += b[l] * s[l];
  }
  double *c = C, *d = C + ldc;
  c[0] += (ap[0] + ap[1]) + (ap[2] + ap[3]);
  d[0] += (bp[0] + bp[1]) + (bp[2] + bp[3]);
  c[1] += (aq[0] + aq[1]) + (aq[2] + aq[3]);
  d[1] += (bq[0] + bq[1]) + (bq[2] + bq[3]);
  c[2] += (ar[0] + ar[1]) + (ar[2] + ar[3]);
  d[2] += (br[0] + br[1]) + (br[2] + br[3]);
  c[3] += (as[0] + as[1]) + (as[2] + as[3]);
  d[3] += (bs[0] + bs[1]) + (bs[2] + bs[3]);
}

static void multiply_two_transposed(double *C, size_t ldc, const double *A, size_t lda,
                                    const double *B, size_t ldb, size_t n, size_t k) {
  memset(C, 0, n * sizeof *C);
  memset(C + ldc, 0, n * sizeof *C);
  for (size_t l = 0; l < k; l += DOT_TILE) {
    const size_t width = k - l < DOT_TILE ? k - l : DOT_TILE;
    size_t j = 0;
    for (; j + 4 <= n; j += 4)
      dots_of_four(C + j, ldc, A + l, lda, B + j * ldb + l, ldb, width);
    for (; j < n; j++)
      for (size_t i = 0; i < 2; i++)
        C[i * ldc + j] += attn_dot(A + i * lda + l, B + j * ldb + l, width);
  }
}

/* C_i += sum_j A_ij B_j for the rows i = 0, 1 of C and the given rows j of B */
FOR_NEWER_CPUS
static void add_rows(double *C, size_t ldc, const double *A, size_t lda, const double *B,
                     size_t ldb, size_t rows, size_t n) {
  double *c = C, *d = C + ldc;
  size_t l = 0;
  for (; l + 4 * LANES <= n; l += 4 * LANES) {
    lanes c0 = LOAD(c + l), c1 = LOAD(c + l + LANES);
    lanes c2 = LOAD(c + l + 2 * LANES), c3 = LOAD(c + l + 3 * LANES);
    lanes d0 = LOAD(d + l), d1 = LOAD(d + l + LANES);
    lanes d2 = LOAD(d + l + 2 * LANES), d3 = LOAD(d + l + 3 * LANES);
    const double *x = B + l;
    for (size_t j = 0; j < rows; j++, x += ldb) {
      const double a = A[j], b = A[lda + j];
      const lanes x0 = LOAD(x), x1 = LOAD(x + LANES);
      const lanes x2 = LOAD(x + 2 * LANES), x3 = LOAD(x + 3 * LANES);
      __builtin_prefetch(x + AHEAD);
      __builtin_prefetch(x + AHEAD + 2 * LANES);
      c0 += a * x0;
      d0 += b * x0;
      c1 += a * x1;
      d1 += b * x1;
      c2 += a * x2;
      d2 += b * x2;
      c3 += a * x3;
      d3 += b * x3;
    }
    STORE(c + l, c0);
    STORE(c + l + LANES, c1);
    STORE(c + l + 2 * LANES, c2);
    STORE(c + l + 3 * LANES, c3);
    STORE(d + l, d0);
    STORE(d + l + LANES, d1);
    STORE(d + l + 2 * LANES, d2);
    STORE(d + l + 3 * LANES, d3);
  }
  for (; l < n; l++)
    for (size_t j = 0; j < rows; j++) {
      c[l] += A[j] * B[j * ldb + l];
      d[l] += A[lda + j] * B[j * ldb + l];
    }
}

static void multiply_two(double *C, size_t ldc, const double *A, size_t lda, const double *B,
                         size_t ldb, size_t n, size_t k) {
  memset(C, 0, n * sizeof *C);
  memset(C + ldc, 0, n * sizeof *C);
  for (size_t l = 0; l < n; l += TILE)
    for (size_t j = 0; j < k; j += ROWS)
      add_rows(C + l, ldc, A + j, lda, B + j * ldb + l, ldb, k - j < ROWS ? k - j : ROWS,
               n - l < TILE ? n - l : TILE);
}

/* ---- products ------------------------------------------------------------------------------- */

/* Up to this many rows of A, matrix-vector products over blocks of B that stay in cache are faster
 * than a matrix product, which would copy B first. */
enum { FEW_ROWS = 4, BLOCK_DOUBLES = 1 << 17 };

static size_t block_rows(size_t row_length) {
  size_t rows = BLOCK_DOUBLES / (row_length + 1);
  return rows > 0 ? rows : 1;
}

void attn_multiply_transposed(double *C, size_t ldc, const double *A, size_t lda, const double *B,
                              size_t ldb, size_t m, size_t n, size_t k) {
  if (m == 2 && n * k > BLOCK_DOUBLES) {
    multiply_two_transposed(C, ldc, A, lda, B, ldb, n, k);
    return;
  }
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
  if (m == 2 && n * k > BLOCK_DOUBLES) {
    multiply_two(C, ldc, A, lda, B, ldb, n, k);
    return;
  }
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

void attn_multiply_rows(double *C, size_t ldc, const double *A, size_t lda, const double *B,
                        size_t ldb, size_t m, size_t n, size_t k) {
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, as_int(m), as_int(n), as_int(k), 1, A,
              as_int(lda), B, as_int(ldb), 0, C, as_int(ldc));
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

double attn_largest_eigenvalue(double *K, size_t n) {
  lapack_int found = 0, failed[1];
  double *eigenvalue = attn_alloc(n, sizeof *eigenvalue), unused = 0;
  const lapack_int info =
      LAPACKE_dsyevx(LAPACK_COL_MAJOR, 'N', 'I', 'L', as_int(n), K, as_int(n), 0, 0, as_int(n),
                     as_int(n), 2 * LAPACKE_dlamch('S'), &found, eigenvalue, &unused, 1, failed);
  if (info != 0 || found != 1)
    attn_fail("LAPACK's dsyevx found no largest eigenvalue of a matrix of side %zu", n);
  const double largest = eigenvalue[0];
  attn_free(eigenvalue);
  return largest;
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
