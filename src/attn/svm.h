/* svm: the hard-margin support vector machine without bias, in Gram space (theory section 5), with
 * a certificate. For points r_i with labels y_i, in whatever space, and K_ij = y_i y_j r_i . r_j:
 *
 *   primal   min |w|^2 / 2         subject to  y_i w . r_i >= 1
 *   dual     max 1'a - a'Ka / 2    subject to  a >= 0
 *   w = sum_i a_i y_i r_i,   y_i w . r_i = (Ka)_i,   margin = 1/|w| = max over unit vectors u of
 *   min_i y_i u . r_i = the distance of the origin from the convex hull of the y_i r_i
 *
 * The solution is exact up to rounding: it is found by exchanging points in and out of the set F
 * of support vectors, where K_FF a_F = 1. K may be singular (more points than dimensions, equal
 * points, as when attention saturates on a shared signal). */
#ifndef ATTN_SVM_H
#define ATTN_SVM_H

#include "base.h"

/* A solution is accepted when its certified relative gap is at most this. */
#define ATTN_SVM_GAP 1e-10

typedef enum {
  ATTN_SVM_OK,
  ATTN_SVM_INFEASIBLE,    /* the origin lies in the hull of the y_i r_i: the margin is 0 */
  ATTN_SVM_NOT_CONVERGED, /* the gap exceeds ATTN_SVM_GAP, or K is no Gram matrix */
} attn_svm_status;

/* What a vector a >= 0 proves. With s = sum a, q = a'Ka, m = min (Ka)_i, the multiple a s/q is best
 * for the dual and w/m is feasible for the primal, so that
 *   dual = s^2 / 2q <= optimum <= q / 2m^2 = primal   and   m / sqrt(q) <= margin <= sqrt(q) / s. */
typedef struct {
  attn_svm_status status;
  double primal, dual;            /* bounds of the optimum |w|^2 / 2; primal = inf if m <= 0 */
  double gap;                     /* primal / dual - 1 */
  double margin_low, margin_high; /* bounds of the margin; margin_low = 0 if m <= 0 */
  double dual_residual;           /* max(0, -a_i) / sum |a_i| */
  double primal_residual;         /* max(0, 1 - (Ka)_i) */
  double complementarity;         /* max |a_i ((Ka)_i - 1)| / sum |a_i| */
  double hull;                    /* sqrt(q) / sum |a_i| |r_i|: 0 if a proves infeasibility */
  size_t support;                 /* points with a_i > 0 */
  size_t distinct;                /* points left after merging equal ones */
  size_t factorisations;          /* of K_FF, in block exchanges */
  size_t exchanges;               /* of single points */
  char reason[192];               /* a sentence when status is not ATTN_SVM_OK, else "" */
} attn_svm_result;

typedef struct attn_svm_workspace attn_svm_workspace;

/* For up to n points: 16 n^2 bytes. */
attn_svm_workspace *attn_svm_alloc(size_t n);
void attn_svm_free(attn_svm_workspace *workspace);

/* Solves the dual. On ATTN_SVM_OK a is the solution, scaled so that a'Ka = 1'a; equal points share
 * their multiplier equally. On ATTN_SVM_INFEASIBLE a are weights >= 0 of sum 1 with
 * |sum_i a_i y_i r_i| = 0 up to rounding (result->hull). Inner products in double precision cannot
 * tell a margin below about 1e-7 of the length of the points from 0; such points are infeasible
 * too. K: both triangles. Cost: O(n |F|^2), in practice a few factorisations. */
attn_svm_status attn_svm_solve(double *a /* [n] */, attn_svm_result *result,
                               const double *K /* [n][n] */, size_t n,
                               attn_svm_workspace *workspace);

/* The certificate of any a, in extended precision; status is ATTN_SVM_OK or
 * ATTN_SVM_NOT_CONVERGED. An a with a negative entry proves nothing about the dual: dual = 0,
 * margin_high = inf. The counts other than support are left alone. */
void attn_svm_certify(attn_svm_result *result, const double *a /* [n] */,
                      const double *K /* [n][n] */, size_t n);

/* K_ij := y_i y_j K_ij: from the inner products of the points to the matrix above. */
void attn_svm_apply_labels(double *K /* [n][n] */, const signed char *y /* [n] */, size_t n);

#endif
