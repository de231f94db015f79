#include "svm.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg.h"

/* Thresholds. All compare quantities on the scale of their own rounding errors, so none depends on
 * the scale of the points. */
static const double equal_points = 1e-12;    /* |r_i - r_j|^2 and rows of K, relative */
static const double dependent_point = 1e-10; /* pivot relative to |r_j|^2, in block exchanges */
enum { DESCENT_SWEEPS = 30, BLOCK_PATIENCE = 4 };

struct attn_svm_workspace {
  size_t n;
  double *merged;         /* [m][m] K of the distinct points, when points were merged */
  double *R;              /* [m][m] upper triangle, R'R = K_FF in the order of F */
  double *a;              /* [m] multipliers of the distinct points */
  double *g;              /* [m] 1 - Ka */
  double *slack;          /* [m] the rounding error to expect in g */
  double *start;          /* [m] a before the exchanges */
  double *x;              /* [n] in the order of F, or of points */
  double *z;              /* [n] likewise */
  double *norm;           /* [m] |r_i| */
  size_t *point;          /* [n] the distinct point that point i is merged into */
  size_t *first;          /* [m] the point that stands for distinct point i */
  size_t *shares;         /* [m] how many points are merged into it */
  size_t *F;              /* [count] distinct points with multipliers that may be positive */
  unsigned char *in_F;    /* [m] */
  unsigned char *dropped; /* [n] */
  /* the problem being solved */
  const double *K; /* [m][m] */
  size_t m, count;
  size_t factorisations, exchanges;
};

attn_svm_workspace *attn_svm_alloc(size_t n) {
  if (n < 1)
    attn_fail("n = %zu: a support vector machine needs at least 1 point", n);
  if (n > SIZE_MAX / 64 / n)
    attn_fail("n = %zu: the Gram matrix of so many points exceeds any memory", n);
  attn_svm_workspace *w = attn_alloc(1, sizeof *w);
  w->n = n;
  w->merged = attn_alloc(n * n, sizeof *w->merged);
  w->R = attn_alloc(n * n, sizeof *w->R);
  double **const vectors[] = {&w->a, &w->g, &w->slack, &w->start, &w->x, &w->z, &w->norm};
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
    *vectors[i] = attn_alloc(n, sizeof(double));
  size_t **const lists[] = {&w->point, &w->first, &w->shares, &w->F};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    *lists[i] = attn_alloc(n, sizeof(size_t));
  w->in_F = attn_alloc(n, 1);
  w->dropped = attn_alloc(n, 1);
  return w;
}

void attn_svm_free(attn_svm_workspace *w) {
  if (w == NULL)
    return;
  void *const parts[] = {w->merged, w->R,      w->a, w->g,    w->slack,
                         w->start,  w->x,      w->z, w->norm, w->point,
                         w->first,  w->shares, w->F, w->in_F, w->dropped};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    attn_free(parts[i]);
  attn_free(w);
}

void attn_svm_apply_labels(double *K, const signed char *y, size_t n) {
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      K[i * n + j] *= y[i] * y[j];
}

/* ---- the certificate ---- */

/* (Ka)_i in extended precision, so that a certificate is not blurred by its own rounding. Four
 * sums keep the processor busy, and have names rather than places in an array, which compilers keep
 * in memory and not in registers; fixed order, so equal rows give equal results. */
static long double row_times(const double *row /* [n] */, const double *a /* [n] */, size_t n) {
  long double sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
  size_t j = 0;
  for (; j + 4 <= n; j += 4) {
    sum0 += (long double)row[j] * a[j];
    sum1 += (long double)row[j + 1] * a[j + 1];
    sum2 += (long double)row[j + 2] * a[j + 2];
    sum3 += (long double)row[j + 3] * a[j + 3];
  }
  for (; j < n; j++)
    sum0 += (long double)row[j] * a[j];
  return (sum0 + sum1) + (sum2 + sum3);
}

void attn_svm_certify(attn_svm_result *result, const double *a, const double *K, size_t n) {
  long double s = 0, size = 0, q = 0, m = INFINITY, lengths = 0, level = 0, excess = 0;
  double least = INFINITY, product = 0, longest = 0;
  size_t support = 0;
  for (size_t i = 0; i < n; i++) {
    long double u = row_times(K + i * n, a, n);
    m = u < m ? u : m;
    least = fmin(least, a[i]);
    longest = fmax(longest, K[i * n + i]);
    product = fmax(product, (double)fabsl(a[i] * (u - 1)));
    if (a[i] == 0)
      continue;
    if (support++ == 0)
      level = u;
    s += a[i];
    size += fabs(a[i]);
    q += a[i] * u;
    excess += a[i] * (u - level);
    lengths += fabs(a[i]) * sqrtl((long double)K[i * n + i]);
  }
  /* q - s m = sum a_i ((Ka)_i - m), without the cancellation: at an optimum all (Ka)_i with
   * a_i > 0 are nearly on one level */
  excess += s * (level - m);
  bool dual_feasible = least >= 0 && s > 0, separates = m > 0 && q > 0;
  result->support = support;
  result->dual_residual = size > 0 ? fmax(0, -least) / (double)size : 0;
  result->primal_residual = fmax(0, (double)(1 - m));
  result->complementarity = size > 0 ? product / (double)size : 0;
  result->hull = lengths > 0 && q > 0 ? (double)(sqrtl(q) / lengths) : 0;
  result->dual = !dual_feasible ? 0 : q > 0 ? (double)(s * s / (2 * q)) : INFINITY;
  result->margin_high = !dual_feasible ? INFINITY : q > 0 ? (double)(sqrtl(q) / s) : 0;
  result->primal = separates ? (double)(q / (2 * m * m)) : INFINITY;
  result->margin_low = separates ? (double)(m / sqrtl(q)) : 0;
  result->gap =
      separates && dual_feasible ? (double)(excess * (q + s * m) / (s * m * s * m)) : INFINITY;
  result->status = result->gap <= ATTN_SVM_GAP ? ATTN_SVM_OK : ATTN_SVM_NOT_CONVERGED;
  result->reason[0] = '\0';
  if (result->status != ATTN_SVM_OK)
    snprintf(result->reason, sizeof result->reason,
             "relative gap %.2g exceeds %.2g; rounding a to double precision alone may cause %.2g",
             result->gap, ATTN_SVM_GAP,
             DBL_EPSILON * sqrt(longest) * (double)lengths * (q > 0 ? (double)(s / q) : 0));
}

/* ---- equal points ---- */

/* Equal means indistinguishable: the distance is zero up to rounding, and every inner product
 * agrees, since rows of K show differences that squared distances do not. */
static bool rows_agree(const double *K, const double *norm, size_t i, size_t j, size_t n) {
  double allowed = equal_points * norm[i];
  for (size_t l = 0; l < n; l++)
    if (fabs(K[i * n + l] - K[j * n + l]) > allowed * norm[l])
      return false;
  return true;
}

/* Sets point, first, shares, m, K and norm. */
static void merge_points(attn_svm_workspace *w, const double *K, size_t n, bool merge) {
  double *norm = w->z; /* [n] of all points */
  for (size_t i = 0; i < n; i++) {
    norm[i] = sqrt(K[i * n + i]);
    w->point[i] = SIZE_MAX;
  }
  w->m = 0;
  for (size_t i = 0; i < n; i++) {
    if (w->point[i] != SIZE_MAX)
      continue;
    const double *row = K + i * n;
    w->point[i] = w->m;
    w->first[w->m] = i;
    w->shares[w->m] = 1;
    for (size_t j = i + 1; merge && j < n; j++) {
      double both = row[i] + K[j * n + j];
      if (both - 2 * row[j] <= equal_points * both && w->point[j] == SIZE_MAX &&
          rows_agree(K, norm, i, j, n)) {
        w->point[j] = w->m;
        w->shares[w->m]++;
      }
    }
    w->norm[w->m++] = norm[i];
  }
  w->K = K;
  if (w->m == n)
    return;
  for (size_t i = 0; i < w->m; i++)
    for (size_t j = 0; j < w->m; j++)
      w->merged[i * w->m + j] = K[w->first[i] * n + w->first[j]];
  w->K = w->merged;
}

/* ---- pieces of the exchange methods ---- */

/* g = 1 - Ka and the rounding error to expect in it. */
static void gradient(attn_svm_workspace *w) {
  const size_t m = w->m;
  double lengths = 0; /* sum |a_j| |r_j|; the terms of (Ka)_i sum to at most |r_i| lengths */
  for (size_t i = 0; i < m; i++)
    w->g[i] = 1;
  for (size_t j = 0; j < m; j++)
    if (w->a[j] != 0) {
      attn_axpy(w->g, -w->a[j], w->K + j * m, m);
      lengths += fabs(w->a[j]) * w->norm[j];
    }
  for (size_t i = 0; i < m; i++)
    w->slack[i] = fmax(1e-13, 4 * DBL_EPSILON * w->norm[i] * lengths);
}

/* x := K_FF^-1 x */
static void solve(const attn_svm_workspace *w, double *x /* [count] */) {
  attn_solve_upper_transposed(x, w->R, w->m, w->count);
  attn_solve_upper(x, w->R, w->m, w->count);
}

static void remember_F(attn_svm_workspace *w) {
  memset(w->in_F, 0, w->m);
  for (size_t i = 0; i < w->count; i++)
    w->in_F[w->F[i]] = 1;
}

static void gather(attn_svm_workspace *w) {
  for (size_t i = 0; i < w->count; i++) {
    const double *row = w->K + w->F[i] * w->m;
    for (size_t j = i; j < w->count; j++)
      w->R[i * w->m + j] = row[w->F[j]];
  }
}

/* R for F; points of F that depend on those before them leave it. */
static void factor(attn_svm_workspace *w) {
  const size_t m = w->m, ld = m;
  gather(w);
  bool regular = attn_cholesky(w->R, ld, w->count);
  for (size_t i = 0; i < w->count; i++) {
    w->z[i] = dependent_point * w->K[w->F[i] * m + w->F[i]];
    regular = regular && w->R[i * ld + i] * w->R[i * ld + i] > w->z[i];
  }
  w->factorisations++;
  if (!regular) {
    gather(w);
    attn_cholesky_dropping(w->R, ld, w->dropped, w->z, w->count);
    size_t kept = 0;
    for (size_t i = 0; i < w->count; i++) {
      if (w->dropped[i])
        continue;
      for (size_t j = i, to = kept; j < w->count; j++)
        if (!w->dropped[j])
          w->R[kept * ld + to++] = w->R[i * ld + j];
      w->F[kept++] = w->F[i];
    }
    w->count = kept;
  }
  remember_F(w);
}

/* The point at place p leaves F. Without its column R is upper Hessenberg from row p on;
 * rotations of neighbouring rows make it triangular again. */
static void leave(attn_svm_workspace *w, size_t p) {
  const size_t ld = w->m, count = w->count;
  w->in_F[w->F[p]] = 0;
  memmove(w->F + p, w->F + p + 1, (count - p - 1) * sizeof *w->F);
  for (size_t i = 0; i < count; i++) {
    size_t from = i > p ? i : p; /* row i has entries from column i on */
    double *row = w->R + i * ld;
    if (i > p)
      row[i - 1] = row[i];
    if (from + 1 < count)
      memmove(row + from, row + from + 1, (count - from - 1) * sizeof *row);
  }
  for (size_t k = p; k + 1 < count; k++) {
    double *row = w->R + k * ld, *below = row + ld;
    double length = hypot(row[k], below[k]);
    attn_rotate(row + k, below + k, row[k] / length, below[k] / length, count - 1 - k);
    row[k] = length;
  }
  w->count--;
}

/* Multipliers outside F to zero, those of F from x. */
static void set_a(attn_svm_workspace *w, const double *x /* [count] */) {
  memset(w->a, 0, w->m * sizeof *w->a);
  for (size_t i = 0; i < w->count; i++)
    w->a[w->F[i]] = x[i];
}

/* ---- a start: coordinate descent on the dual ---- */

/* a_i := max(0, a_i + (1 - (Ka)_i) / K_ii) in turn, until a sweep leaves the support as it was. */
static void descend(attn_svm_workspace *w) {
  const size_t m = w->m;
  memset(w->a, 0, m * sizeof *w->a);
  for (size_t i = 0; i < m; i++)
    w->g[i] = 1;
  for (size_t sweep = 0; sweep < DESCENT_SWEEPS; sweep++) {
    size_t changes = 0;
    for (size_t i = 0; i < m; i++) {
      double to = fmax(0, w->a[i] + w->g[i] / w->K[i * m + i]);
      if (to == w->a[i])
        continue;
      changes += (to > 0) != (w->a[i] > 0);
      attn_axpy(w->g, w->a[i] - to, w->K + i * m, m);
      w->a[i] = to;
    }
    if (changes == 0)
      break;
  }
}

/* F = the support of a, large multipliers first: if points depend on each other the small ones
 * are to leave. By heap sort, since qsort may allocate. */
static void choose_F(attn_svm_workspace *w) {
  w->count = 0;
  for (size_t i = 0; i < w->m; i++)
    if (w->a[i] > 0)
      w->F[w->count++] = i;
  const double *a = w->a;
  size_t *F = w->F;
  for (size_t built = w->count / 2, end = w->count; end > 1;) {
    size_t value;
    if (built > 0) {
      value = F[--built];
    } else {
      value = F[--end];
      F[end] = F[0];
    }
    size_t hole = built;
    for (size_t child; (child = 2 * hole + 1) < end; hole = child) {
      if (child + 1 < end && a[F[child + 1]] < a[F[child]])
        child++;
      if (a[F[child]] >= a[value])
        break;
      F[hole] = F[child];
    }
    F[hole] = value;
  }
}

/* ---- block exchanges ---- */

/* Solve K_FF a_F = 1; all points of F with a_i < 0 leave, all points outside with (Ka)_i < 1
 * enter; again, as long as their number falls (with some patience). True when none is left: a is
 * optimal. (Block pivoting for linear complementarity: Portugal, Judice, Vicente 1994.) */
static bool exchange_blocks(attn_svm_workspace *w) {
  size_t fewest = SIZE_MAX, patience = BLOCK_PATIENCE;
  for (;;) {
    factor(w);
    for (size_t i = 0; i < w->count; i++)
      w->x[i] = 1;
    solve(w, w->x);
    set_a(w, w->x);
    gradient(w);
    size_t wrong = 0, kept = 0;
    for (size_t i = 0; i < w->m; i++)
      wrong += w->in_F[i] ? w->a[i] < 0 : w->g[i] > w->slack[i];
    if (wrong == 0)
      return true;
    if (wrong < fewest) {
      fewest = wrong;
      patience = BLOCK_PATIENCE;
    } else if (patience-- == 0) {
      return false;
    }
    for (size_t i = 0; i < w->count; i++)
      if (w->x[i] >= 0)
        w->F[kept++] = w->F[i];
    w->count = kept;
    for (size_t i = 0; i < w->m; i++)
      if (!w->in_F[i] && w->g[i] > w->slack[i])
        w->F[w->count++] = i;
  }
}

/* ---- exchanges of single points ----
 *
 * The backup that always ends (Lawson and Hanson 1974 for a regular K_FF; Wolfe 1976 for points
 * that depend on each other): a stays >= 0, F independent, and the dual value rises between two
 * minimisers over different F, so that no F returns. */

/* a moves towards the optimum over F; points that reach 0 on the way leave. False: a stayed. */
static bool settle(attn_svm_workspace *w) {
  bool moved = false;
  for (;;) {
    double step = 1;
    for (size_t i = 0; i < w->count; i++)
      w->x[i] = 1;
    solve(w, w->x);
    for (size_t i = 0; i < w->count; i++) {
      double a = w->a[w->F[i]];
      if (w->x[i] <= 0)
        step = fmin(step, a > 0 ? a / (a - w->x[i]) : 0);
    }
    moved = moved || step > 0;
    size_t blocked = 0;
    for (size_t i = w->count; i-- > 0;) {
      double *a = w->a + w->F[i], to = step < 1 ? *a + step * (w->x[i] - *a) : w->x[i];
      bool reached = w->x[i] <= 0 && (*a <= 0 || *a / (*a - w->x[i]) <= step);
      *a = reached ? 0 : to;
      if (reached) {
        leave(w, i);
        blocked++;
      }
    }
    if (blocked == 0)
      return moved;
  }
}

/* Point i enters F. If it depends on F, moving along the null vector (1 for i, -z for F, with
 * K_FF z = K_Fi) raises the dual linearly, until a multiplier of F reaches 0; that point leaves
 * and i may be independent. False if nothing stops the rise: the null vector is >= 0, a hull
 * certificate, and is left in a. */
static bool enter(attn_svm_workspace *w, size_t i) {
  const size_t ld = w->m;
  const double *row = w->K + i * w->m;
  for (;;) {
    double *l = w->x, *z = w->z, size = w->norm[i], step = INFINITY;
    for (size_t j = 0; j < w->count; j++)
      l[j] = row[w->F[j]];
    attn_solve_upper_transposed(l, w->R, ld, w->count);
    double pivot = row[i] - attn_dot(l, l, w->count);
    memcpy(z, l, w->count * sizeof *z);
    attn_solve_upper(z, w->R, ld, w->count);
    for (size_t j = 0; j < w->count; j++)
      size += fabs(z[j]) * w->norm[w->F[j]];
    /* pivot = |y_i r_i - sum_j z_j y_j r_j|^2, against the rounding errors of its terms */
    if (pivot > 16 * DBL_EPSILON * size * size) {
      for (size_t j = 0; j < w->count; j++)
        w->R[j * ld + w->count] = l[j];
      w->R[w->count * ld + w->count] = sqrt(pivot);
      w->F[w->count++] = i;
      w->in_F[i] = 1;
      return true;
    }
    for (size_t j = 0; j < w->count; j++)
      if (z[j] * w->norm[w->F[j]] > 1e-10 * size)
        step = fmin(step, w->a[w->F[j]] / z[j]);
    if (isinf(step)) {
      double sum = 1;
      for (size_t j = 0; j < w->count; j++) {
        z[j] = z[j] * w->norm[w->F[j]] < -1e-10 * size ? -z[j] : 0; /* less is rounding */
        sum += z[j];
      }
      attn_scale(z, 1 / sum, w->count);
      set_a(w, z);
      w->a[i] = 1 / sum;
      return false;
    }
    w->a[i] += step;
    for (size_t j = w->count; j-- > 0;) {
      double *a = w->a + w->F[j];
      bool reached = z[j] * w->norm[w->F[j]] > 1e-10 * size && *a / z[j] <= step;
      *a = reached ? 0 : fmax(0, *a - step * z[j]);
      if (reached)
        leave(w, j);
    }
  }
}

/* False when a ends as a hull certificate, else as an optimum up to rounding or, should the limit
 * on exchanges be reached, as far as it came. */
static bool exchange_points(attn_svm_workspace *w) {
  const size_t m = w->m, limit = 20 * m + 1000;
  unsigned char *barred = w->dropped; /* [m] entered in vain since the last move */
  choose_F(w);
  factor(w);
  for (size_t i = 0; i < m; i++)
    if (!w->in_F[i])
      w->a[i] = 0;
  settle(w);
  memset(barred, 0, m);
  for (; w->exchanges < limit; w->exchanges++) {
    size_t best = SIZE_MAX;
    gradient(w);
    for (size_t i = 0; i < m; i++)
      if (!w->in_F[i] && !barred[i] && w->g[i] > w->slack[i] &&
          (best == SIZE_MAX || w->g[i] * w->norm[best] > w->g[best] * w->norm[i]))
        best = i;
    if (best == SIZE_MAX)
      return true;
    if (!enter(w, best))
      return false;
    bool moved_in = w->a[best] > 0;
    if (settle(w) || moved_in)
      memset(barred, 0, m);
    else
      barred[best] = 1;
  }
  return true;
}

/* ---- the whole ---- */

/* Iterative refinement of K_FF a_F = 1 with residuals in extended precision. */
static void refine(attn_svm_workspace *w) {
  double before = INFINITY;
  for (size_t round = 0; round < 4; round++) {
    double largest = 0;
    for (size_t i = 0; i < w->count; i++) {
      w->x[i] = (double)(1 - row_times(w->K + w->F[i] * w->m, w->a, w->m));
      largest = fmax(largest, fabs(w->x[i]));
    }
    if (!(largest < before / 2) || largest < 1e-15)
      return;
    before = largest;
    solve(w, w->x);
    for (size_t i = 0; i < w->count; i++)
      w->a[w->F[i]] = fmax(0, w->a[w->F[i]] + w->x[i]);
  }
}

/* The dual value of the best multiple of a, given g = 1 - Ka. */
static double dual_value(const attn_svm_workspace *w) {
  double s = 0, q = 0;
  for (size_t i = 0; i < w->m; i++) {
    s += w->a[i];
    q += w->a[i] * (1 - w->g[i]);
  }
  return q > 0 ? s * s / (2 * q) : 0;
}

/* The distinct points solved, a shared out to all points. False: a is a hull certificate. */
static bool solve_distinct(double *a, attn_svm_workspace *w, size_t n) {
  double *start = w->start; /* [m] */
  descend(w);
  double start_value = dual_value(w);
  memcpy(start, w->a, w->m * sizeof *start);
  choose_F(w);
  bool bounded = true;
  if (!exchange_blocks(w)) {
    for (size_t i = 0; i < w->m; i++)
      w->a[i] = fmax(0, w->a[i]);
    gradient(w);
    if (!(dual_value(w) > start_value))
      memcpy(w->a, start, w->m * sizeof *start);
    bounded = exchange_points(w);
  }
  if (bounded)
    refine(w);
  for (size_t i = 0; i < n; i++)
    a[i] = w->a[w->point[i]] / (double)w->shares[w->point[i]];
  return bounded;
}

/* NULL, or why K is no Gram matrix; *origin is the index of a point at the origin, or n. */
static bool acceptable(attn_svm_result *result, size_t *origin, const double *K, size_t n) {
  *origin = n;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++)
      if (!isfinite(K[i * n + j])) {
        snprintf(result->reason, sizeof result->reason, "K[%zu][%zu] = %g is not finite", i, j,
                 K[i * n + j]);
        return false;
      }
    if (K[i * n + i] < 0) {
      snprintf(result->reason, sizeof result->reason,
               "K[%zu][%zu] = %g is negative, so that K is not a matrix of inner products", i, i,
               K[i * n + i]);
      return false;
    }
    if (K[i * n + i] == 0)
      *origin = i;
  }
  return true;
}

static void explain_infeasible(attn_svm_result *result, const double *a, const double *K,
                               size_t n) {
  size_t pair[2] = {0, 0}, found = 0;
  for (size_t i = 0; i < n; i++)
    if (a[i] > 0 && found++ < 2)
      pair[found - 1] = i;
  if (found == 1)
    snprintf(result->reason, sizeof result->reason, "point %zu is the origin", pair[0]);
  else if (found == 2)
    snprintf(result->reason, sizeof result->reason, "y r of the points %zu and %zu are opposite%s",
             pair[0], pair[1],
             K[pair[0] * n + pair[0]] == K[pair[1] * n + pair[1]]
                 ? ": one point with both labels, or opposite points with one label"
                 : "");
  else
    snprintf(result->reason, sizeof result->reason,
             "the origin lies in the convex hull of %zu of the y_i r_i, up to %.1g of their length",
             found, result->hull);
}

attn_svm_status attn_svm_solve(double *a, attn_svm_result *result, const double *K, size_t n,
                               attn_svm_workspace *w) {
  if (n < 1 || n > w->n)
    attn_fail("n = %zu: this workspace solves support vector machines of 1 to %zu points", n, w->n);
  size_t origin;
  bool bounded = false;
  memset(result, 0, sizeof *result);
  memset(a, 0, n * sizeof *a);
  w->factorisations = w->exchanges = 0;
  if (!acceptable(result, &origin, K, n)) {
    result->gap = result->primal = result->margin_high = INFINITY;
    return result->status = ATTN_SVM_NOT_CONVERGED;
  }
  if (origin < n) {
    a[origin] = 1;
    attn_svm_certify(result, a, K, n);
  } else {
    merge_points(w, K, n, true);
    bounded = solve_distinct(a, w, n);
    attn_svm_certify(result, a, K, n);
    if (bounded && result->status != ATTN_SVM_OK && w->m < n) { /* were they equal? */
      merge_points(w, K, n, false);
      bounded = solve_distinct(a, w, n);
      attn_svm_certify(result, a, K, n);
    }
    result->distinct = w->m;
  }
  result->factorisations = w->factorisations;
  result->exchanges = w->exchanges;
  if (!bounded && result->hull <= 1e-6) {
    result->status = ATTN_SVM_INFEASIBLE;
    explain_infeasible(result, a, K, n);
  }
  return result->status;
}
