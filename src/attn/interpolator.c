#include "interpolator.h"

#include <float.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

#include "attention.h"
#include "linalg.h"

/* The relative rounding error of V: as a dual value it is exact to second order in the
 * multipliers. */
static const double flat = 1e-15;

/* A p with its support vector machine. */
typedef struct {
  double *p, *v; /* [2 + N] */
  double *b;     /* [2 + N] scores of p on mu_1, mu_2, xi_1 ... */
  double *s;     /* [n][T] attention */
  double *K;     /* [n][n] y_i y_j r_i . r_j */
  double *a;     /* [n] multipliers */
  double V;      /* infinite when no v fits all labels: the rest means nothing then */
  attn_svm_result svm;
} point;

struct attn_interpolator_workspace {
  size_t n, T, N;
  attn_svm_workspace *svm;
  point now, next;
  double *scores; /* [2 + N] of any vector */
  double *c;      /* [n][T] at now: h_i = y_i sum_t c_it x_it */
  double *hp;     /* [n] at now: h_i . p */
  double *H;      /* [n][n] at now: h_i . h_j */
  double *system; /* [n][n] of the step */
  double *level;  /* [n] right-hand sides of the step's constraints */
  double *step_a; /* [n] multipliers of the step */
  double *row;    /* [4][T] */
};

static void point_alloc(point *x, size_t n, size_t T, size_t N) {
  x->p = attn_alloc(2 + N, sizeof *x->p);
  x->v = attn_alloc(2 + N, sizeof *x->v);
  x->b = attn_alloc(2 + N, sizeof *x->b);
  x->s = attn_alloc(n * T, sizeof *x->s);
  x->K = attn_alloc(n * n, sizeof *x->K);
  x->a = attn_alloc(n, sizeof *x->a);
}

static void point_free(point *x) {
  void *const parts[] = {x->p, x->v, x->b, x->s, x->K, x->a};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    attn_free(parts[i]);
}

attn_interpolator_workspace *attn_interpolator_alloc(size_t n, size_t T) {
  if (n < 1 || T < 2 || T > 256)
    attn_fail("n = %zu, T = %zu: interpolators are for n >= 1 samples of 2 to 256 tokens", n, T);
  attn_interpolator_workspace *w = attn_alloc(1, sizeof *w);
  w->n = n;
  w->T = T;
  w->N = n * (T - 1);
  w->svm = attn_svm_alloc(n);
  point_alloc(&w->now, n, T, w->N);
  point_alloc(&w->next, n, T, w->N);
  w->scores = attn_alloc(2 + w->N, sizeof *w->scores);
  w->c = attn_alloc(n * T, sizeof *w->c);
  w->hp = attn_alloc(n, sizeof *w->hp);
  w->H = attn_alloc(n * n, sizeof *w->H);
  w->system = attn_alloc(n * n, sizeof *w->system);
  w->level = attn_alloc(n, sizeof *w->level);
  w->step_a = attn_alloc(n, sizeof *w->step_a);
  w->row = attn_alloc(4 * T, sizeof *w->row);
  return w;
}

void attn_interpolator_free(attn_interpolator_workspace *w) {
  if (w == NULL)
    return;
  attn_svm_free(w->svm);
  point_free(&w->now);
  point_free(&w->next);
  void *const parts[] = {w->scores, w->c, w->hp, w->H, w->system, w->level, w->step_a, w->row};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    attn_free(parts[i]);
  attn_free(w);
}

static void check_size(const attn_maxmargin_set *set, const attn_interpolator_workspace *w) {
  attn_labels_need_paper(set->labels, "learning rule (4.1)");
  if (set->labels->n != w->n || set->labels->T != w->T)
    attn_fail("this workspace is for n = %zu, T = %zu, the training set has n = %zu, T = %zu", w->n,
              w->T, set->labels->n, set->labels->T);
}

const char *attn_interpolator_status_name(attn_interpolator_status status) {
  static const char *const name[] = {"stationary", "flat", "infeasible", "limit"};
  return name[status];
}

/* ---- multiples of tokens ---- */

/* scores[0, 1] = mu_k . u, scores[2 + j] = xi_j . u */
static void score(double *scores, const double *u, const attn_maxmargin_set *set) {
  const size_t N = set->labels->N;
  for (size_t k = 0; k < 2; k++)
    scores[k] = set->rho * set->rho * u[k];
  attn_multiply_transposed(scores + 2, N, u + 2, N, set->noise, N, 1, N, N);
}

double attn_interpolator_inner(const double *v, const double *u, const attn_maxmargin_set *set,
                               attn_interpolator_workspace *w) {
  check_size(set, w);
  score(w->scores, u, set);
  return attn_dot(v, w->scores, 2 + w->N);
}

double attn_interpolator_norm(const double *v, const attn_maxmargin_set *set,
                              attn_interpolator_workspace *w) {
  return sqrt(fmax(0, attn_interpolator_inner(v, v, set, w)));
}

double attn_interpolator_cosine(const double *v, const double *u, const attn_maxmargin_set *set,
                                attn_interpolator_workspace *w) {
  return attn_interpolator_inner(v, u, set, w) /
         (attn_interpolator_norm(v, set, w) * attn_interpolator_norm(u, set, w));
}

/* False when p = 0. */
static bool scale_to(double *p, double R, const attn_maxmargin_set *set,
                     attn_interpolator_workspace *w) {
  const double length = attn_interpolator_norm(p, set, w);
  if (length > 0)
    attn_scale(p, R / length, 2 + w->N);
  return length > 0;
}

/* Sample i's T scores out of those of all tokens. */
static void take_sample(double *row /* [T] */, const double *scores, size_t i,
                        const attn_labels *labels) {
  const size_t others = labels->T - 1;
  row[0] = scores[labels->k[i]];
  memcpy(row + 1, scores + 2 + i * others, others * sizeof *row);
}

/* u += weight * sum_t c_t x_it */
static void add_sample(double *u, double weight, const double *c /* [T] */, size_t i,
                       const attn_labels *labels) {
  const size_t others = labels->T - 1;
  u[labels->k[i]] += weight * c[0];
  attn_axpy(u + 2 + i * others, weight, c + 1, others);
}

void attn_interpolator_random(double *p, const attn_maxmargin_set *set, gsl_rng *rng) {
  for (size_t j = 0; j < 2 + set->labels->N; j++)
    p[j] = gsl_ran_ugaussian(rng) / (j < 2 ? set->rho : sqrt(set->noise[0]));
}

/* ---- the support vector machine at p ---- */

static void evaluate(point *x, const attn_maxmargin_set *set, attn_interpolator_workspace *w) {
  const attn_labels *labels = set->labels;
  const size_t n = w->n, T = w->T;
  double *b = w->row, *none = w->row + T;
  score(x->b, x->p, set);
  for (size_t i = 0; i < n; i++) {
    take_sample(b, x->b, i, labels);
    attn_attention_forward(x->s + i * T, b, none, T);
  }
  attn_maxmargin_mixed_gram(x->K, x->s, set);
  attn_svm_solve(x->a, &x->svm, x->K, n, w->svm);
  memset(x->v, 0, (2 + w->N) * sizeof *x->v);
  for (size_t i = 0; i < n; i++)
    add_sample(x->v, x->a[i] * labels->y[i], x->s + i * T, i, labels);
  /* with a gap of 1 or more the margin is no more told from 0 */
  x->V = x->svm.status == ATTN_SVM_OK ? x->svm.dual : x->svm.gap < 1 ? x->svm.primal : INFINITY;
}

/* c, hp and H at now. */
static void differentiate(const attn_maxmargin_set *set, attn_interpolator_workspace *w) {
  const attn_labels *labels = set->labels;
  const size_t T = w->T;
  double *b = w->row, *g = w->row + T, *s = w->row + 2 * T, *unused = w->row + 3 * T;
  score(w->scores, w->now.v, set);
  for (size_t i = 0; i < w->n; i++) {
    take_sample(b, w->now.b, i, labels);
    take_sample(g, w->scores, i, labels);
    /* f = sum_t s_t g_t;  df/db_t = s_t (g_t - f) */
    const double f = attn_attention_forward(s, b, g, T);
    attn_attention_backward(unused, w->c + i * T, s, g, f, 1, T);
    w->hp[i] = labels->y[i] * attn_dot(w->c + i * T, b, T);
  }
  attn_maxmargin_mixed_gram(w->H, w->c, set);
}

/* u += sum_i a_i h_i */
static void add_h(double *u, const double *a /* [n] */, const attn_maxmargin_set *set,
                  const attn_interpolator_workspace *w) {
  for (size_t i = 0; i < w->n; i++)
    add_sample(u, a[i] * set->labels->y[i], w->c + i * w->T, i, set->labels);
}

static attn_interpolator_result report(const point *x, const attn_maxmargin_set *set,
                                       attn_interpolator_workspace *w) {
  return (attn_interpolator_result){
      .status = isfinite(x->V) ? ATTN_INTERPOLATOR_OK : ATTN_INTERPOLATOR_INFEASIBLE,
      .R = attn_interpolator_norm(x->p, set, w),
      .norm_v = 1 / x->svm.margin_low,
      .margin = x->svm.margin_low,
      .gap = x->svm.gap,
      .sine = NAN,
      .sine_gap = NAN,
      .multiplier = NAN,
      .solved = 1,
  };
}

attn_interpolator_result attn_interpolator_value(double *v, const double *p,
                                                 const attn_maxmargin_set *set,
                                                 attn_interpolator_workspace *w) {
  check_size(set, w);
  memcpy(w->now.p, p, (2 + w->N) * sizeof *p);
  evaluate(&w->now, set, w);
  memcpy(v, w->now.v, (2 + w->N) * sizeof *v);
  return report(&w->now, set, w);
}

/* ---- a step ----
 *
 * Max-margin: q is tangent to the sphere, q = sum_i a'_i (h_i - (h_i . p) p / R^2) / tau.
 * Min-norm: the penalty tau |q'|^2 / 2 on the change q' of p and nu |p + q'|^2 / 2 are together
 * (tau + nu) |q|^2 / 2 for q = q' + theta p, theta = nu / (tau + nu), up to a constant; the
 * constraints become y_i r_i . w + h_i . q >= 1 + theta h_i . p. Dividing each by its right-hand
 * side, if positive, makes it a support vector machine. */

typedef struct {
  bool sphere; /* max-margin: |p| stays what it is; else nu |p|^2 / 2 is added */
  double nu;
} task;

typedef struct {
  bool possible;
  double improvement;                /* of the linearised objective, the penalty counted */
  double sine, sine_gap, multiplier; /* as in attn_interpolator_result, at now */
} step_result;

static const step_result impossible = {.sine = INFINITY, .sine_gap = INFINITY};

static double objective(const point *x, double R, task rule) {
  return x->V + (rule.sphere ? 0 : rule.nu * R * R / 2);
}

/* next.p from now.p, R = |now.p|. */
static step_result take_step(double R, double tau, task rule, const attn_maxmargin_set *set,
                             attn_interpolator_workspace *w) {
  const size_t n = w->n;
  const double nu = rule.sphere ? 0 : rule.nu, theta = nu / (tau + nu);
  double *q = w->next.p, toward = 0; /* sum a' h . p */
  attn_svm_result svm, at_now;
  for (size_t i = 0; i < n; i++) {
    w->level[i] = 1 + theta * w->hp[i];
    if (!(w->level[i] > 0))
      return impossible;
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      const double h = w->H[i * n + j] - (rule.sphere ? w->hp[i] * w->hp[j] / (R * R) : 0);
      w->system[i * n + j] = (w->now.K[i * n + j] + h / (tau + nu)) / (w->level[i] * w->level[j]);
    }
  attn_svm_solve(w->step_a, &svm, w->system, n, w->svm);
  if (svm.status == ATTN_SVM_INFEASIBLE || !(svm.dual > 0))
    return impossible;
  for (size_t i = 0; i < n; i++) {
    w->step_a[i] /= w->level[i];
    toward += w->step_a[i] * w->hp[i];
  }
  memset(q, 0, (2 + w->N) * sizeof *q);
  add_h(q, w->step_a, set, w);
  attn_axpy(q, rule.sphere ? -toward / (R * R) : -nu, w->now.p, 2 + w->N);
  /* |tangential part of sum a' h|, or |sum a' h - nu p|, and the rounding error to expect where
   * multiples of tokens cancel, as they may where these outnumber the dimensions */
  double lengths = set->rho * (fabs(q[0]) + fabs(q[1]));
  for (size_t j = 0; j < w->N; j++)
    lengths += fabs(q[2 + j]) * sqrt(set->noise[j * (w->N + 1)]);
  const double residual = hypot(attn_interpolator_norm(q, set, w), 2 * sqrt(DBL_EPSILON) * lengths);
  attn_scale(q, 1 / (tau + nu), 2 + w->N);
  attn_axpy(q, 1, w->now.p, 2 + w->N);
  attn_svm_certify(&at_now, w->step_a, w->now.K, n);
  return (step_result){
      .possible = true,
      .improvement = objective(&w->now, R, rule) - svm.dual - tau * theta * R * R / 2,
      .sine = residual == 0 ? 0
              : rule.sphere ? residual / hypot(residual, toward / R)
                            : residual / (nu * R),
      .sine_gap = at_now.gap,
      .multiplier = toward / (R * R),
  };
}

/* tau in units of this. On the sphere the objective curves by the multiplier; how the margins curve
 * is not known. Where |p| hardly matters, as at a p that pays equal attention to all tokens, a step
 * is kept to the order of 1e3 |p|. 0 when dV/dp is. */
static double curvature(double R, task rule, attn_interpolator_workspace *w) {
  if (!rule.sphere)
    return rule.nu;
  double square = 0; /* |dV/dp|^2 */
  for (size_t i = 0; i < w->n; i++)
    square += w->now.a[i] * attn_dot(w->H + i * w->n, w->now.a, w->n);
  return fmax(fabs(attn_dot(w->now.a, w->hp, w->n)) / (R * R), 1e-3 * sqrt(fmax(0, square)) / R);
}

/* From now.p to a local optimum, in now. */
static attn_interpolator_result descend(task rule, const attn_maxmargin_set *set,
                                        attn_interpolator_workspace *w) {
  evaluate(&w->now, set, w);
  attn_interpolator_result r = report(&w->now, set, w);
  if (r.status == ATTN_INTERPOLATOR_INFEASIBLE)
    return r;
  double damping = 1;
  differentiate(set, w);
  for (;; r.steps++) {
    const double R = attn_interpolator_norm(w->now.p, set, w), unit = curvature(R, rule, w);
    const double now = objective(&w->now, R, rule);
    const step_result step =
        unit > 0 ? take_step(R, unit * (damping + rule.sphere), rule, set, w) : impossible;
    r.solved += unit > 0;
    r.sine = step.sine;
    r.sine_gap = step.sine_gap;
    r.multiplier = step.possible ? step.multiplier : attn_dot(w->now.a, w->hp, w->n) / (R * R);
    r.status = r.sine <= ATTN_INTERPOLATOR_SINE ? ATTN_INTERPOLATOR_OK
               : !(unit > 0) || (step.possible && step.improvement <= flat * now)
                   ? ATTN_INTERPOLATOR_FLAT
                   : ATTN_INTERPOLATOR_LIMIT;
    if (r.status != ATTN_INTERPOLATOR_LIMIT || r.steps == ATTN_INTERPOLATOR_STEPS)
      break;
    if (!step.possible) {
      damping *= 4;
      continue;
    }
    if (rule.sphere)
      scale_to(w->next.p, R, set, w);
    evaluate(&w->next, set, w);
    r.solved++;
    const double gain = now - objective(&w->next, attn_interpolator_norm(w->next.p, set, w), rule);
    if (!(gain > 0.1 * step.improvement)) {
      damping *= 4;
      continue;
    }
    if (gain > 0.7 * step.improvement)
      damping = fmax(damping / 3, 1e-6);
    else if (gain < 0.3 * step.improvement)
      damping *= 2;
    const point left = w->now;
    w->now = w->next;
    w->next = left;
    differentiate(set, w);
  }
  const attn_interpolator_result at = report(&w->now, set, w);
  r.R = at.R;
  r.norm_v = at.norm_v;
  r.margin = at.margin;
  r.gap = at.gap;
  return r;
}

static attn_interpolator_result descend_from(double *v, double *p, task rule,
                                             const attn_maxmargin_set *set,
                                             attn_interpolator_workspace *w) {
  memcpy(w->now.p, p, (2 + w->N) * sizeof *p);
  const attn_interpolator_result r = descend(rule, set, w);
  memcpy(p, w->now.p, (2 + w->N) * sizeof *p);
  memcpy(v, w->now.v, (2 + w->N) * sizeof *v);
  return r;
}

attn_interpolator_result attn_interpolator_max_margin(double *v, double *p, double R,
                                                      const attn_maxmargin_set *set,
                                                      attn_interpolator_workspace *w) {
  check_size(set, w);
  if (!(R > 0) || !isfinite(R))
    attn_fail("R = %g: the bound on |p| must lie in (0, inf)", R);
  if (!scale_to(p, R, set, w)) {
    const attn_interpolator_result r = attn_interpolator_value(v, p, set, w);
    if (r.status == ATTN_INTERPOLATOR_INFEASIBLE)
      return r;
    differentiate(set, w);
    add_h(p, w->now.a, set, w);
    if (!scale_to(p, R, set, w)) {
      p[set->labels->k[0]] = 1;
      scale_to(p, R, set, w);
    }
  }
  return descend_from(v, p, (task){.sphere = true}, set, w);
}

attn_interpolator_result attn_interpolator_min_norm(double *v, double *p, double nu,
                                                    const attn_maxmargin_set *set,
                                                    attn_interpolator_workspace *w) {
  check_size(set, w);
  if (!(nu > 0) || !isfinite(nu))
    attn_fail("nu = %g: the weight of |p|^2 must lie in (0, inf)", nu);
  return descend_from(v, p, (task){.nu = nu}, set, w);
}
