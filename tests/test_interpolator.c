/* interpolator and interpolator_path: against a twin that holds every token as a vector of R^d,
 * finite differences, closed forms for one sample, and a search without derivatives. */
#include "support.h"

#include <gsl/gsl_multimin.h>
#include <gsl/gsl_randist.h>
#include <stdlib.h>
#include <string.h>

#include "interpolator_path.h"
#include "linalg.h"
#include "naive.h"
#include "rng.h"

/* ---- training sets ---- */

typedef struct {
  size_t n, T, N, d; /* d = k + 2 */
  attn_labels *labels;
  double *noise; /* [N][N] */
  naive_data data;
  attn_maxmargin_set set;
  attn_interpolator_workspace *w;
  attn_svm_workspace *svm;
  gsl_rng *rng;
  double *v, *p; /* [2 + N] */
} problem;

/* Classes in turn, the first noisy[k] samples of class k flipped; noise in k dimensions. */
static problem *make(size_t n, size_t T, size_t k, double rho, size_t noisy0, size_t noisy1,
                     size_t seed) {
  problem *s = attn_alloc(1, sizeof *s);
  s->rng = attn_rng_alloc();
  attn_rng_start(s->rng, seed, "test_interpolator", 0, 0, ATTN_STREAM_TEST);
  s->n = n;
  s->T = T;
  s->d = k + 2;
  s->labels = attn_labels_alloc(n, T);
  s->N = s->labels->N;
  for (size_t i = 0; i < n; i++) {
    s->labels->k[i] = i % 2;
    const bool flip = i / 2 < (i % 2 ? noisy1 : noisy0);
    s->labels->y[i] = (signed char)(attn_labels_clean_label(s->labels, i) * (flip ? -1 : 1));
  }
  double *Xi = attn_alloc(s->N * k, sizeof *Xi);
  attn_rng_gaussian(Xi, s->N * k, s->rng);
  s->noise = attn_alloc(s->N * s->N, sizeof *s->noise);
  attn_gram(s->noise, Xi, s->N, k);
  s->data = naive_data_make(n, T, s->d, s->labels->k, s->labels->y, rho, Xi);
  s->set = (attn_maxmargin_set){s->labels, s->noise, rho};
  s->w = attn_interpolator_alloc(n, T);
  s->svm = attn_svm_alloc(n);
  s->v = attn_alloc(2 + s->N, sizeof *s->v);
  s->p = attn_alloc(2 + s->N, sizeof *s->p);
  attn_free(Xi);
  return s;
}

static void release(problem *s) {
  attn_labels_free(s->labels);
  attn_free(s->noise);
  naive_data_free(&s->data);
  attn_interpolator_free(s->w);
  attn_svm_free(s->svm);
  gsl_rng_free(s->rng);
  attn_free(s->v);
  attn_free(s->p);
  attn_free(s);
}

/* Changes the labels of a set whose tokens stay: sample i becomes clean or noisy. */
static void set_label(problem *s, size_t i, bool noisy) {
  s->labels->y[i] = (signed char)(attn_labels_clean_label(s->labels, i) * (noisy ? -1 : 1));
  s->data.label[i] = s->labels->y[i];
}

/* The vector of R^d that is this multiple of the tokens. */
static void expand(real *u /* [d] */, const problem *s, const double *multiples /* [2 + N] */) {
  memset(u, 0, s->d * sizeof *u);
  for (size_t k = 0; k < 2; k++)
    u[k] = (real)s->set.rho * multiples[k];
  for (size_t j = 0; j < s->N; j++) {
    const real *x = s->data.x + (j / (s->T - 1) * s->T + 1 + j % (s->T - 1)) * s->d;
    for (size_t l = 0; l < s->d; l++)
      u[l] += multiples[2 + j] * x[l];
  }
}

static real length(const real *u, const problem *s) {
  return sqrtl(naive_dot(u, u, s->d));
}

/* ---- the twin ---- */

typedef struct {
  double V, margin, multiplier, sine;
} twin_value;

/* All of it at p in R^d: features, their Gram matrix, its support vector machine, and the gradient
 * dV/dp = - sum_i a_i y_i X_i' J_i X_i v with the whole Jacobian J of softmax. */
static twin_value twin(real *gradient /* [d] or NULL */, const problem *s, const real *p) {
  const size_t n = s->n, T = s->T, d = s->d;
  real *r = attn_alloc(n * d, sizeof *r), *v = attn_alloc(d, sizeof *v);
  real *weights = attn_alloc(n * T, sizeof *weights), *b = attn_alloc(T, sizeof *b);
  real *J = attn_alloc(T * T, sizeof *J), *g = attn_alloc(d, sizeof *g);
  double *K = attn_alloc(n * n, sizeof *K), *a = attn_alloc(n, sizeof *a);
  for (size_t i = 0; i < n; i++) {
    const real *x = s->data.x + i * T * d;
    for (size_t t = 0; t < T; t++)
      b[t] = naive_dot(x + t * d, p, d);
    naive_softmax(weights + i * T, b, T);
    for (size_t t = 0; t < T; t++)
      for (size_t l = 0; l < d; l++)
        r[i * d + l] += s->data.label[i] * weights[i * T + t] * x[t * d + l];
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      K[i * n + j] = (double)naive_dot(r + i * d, r + j * d, d);
  attn_svm_result svm;
  attn_svm_solve(a, &svm, K, n, s->svm);
  for (size_t i = 0; i < n; i++)
    for (size_t l = 0; l < d; l++)
      v[l] += a[i] * r[i * d + l];
  for (size_t i = 0; i < n; i++) {
    const real *x = s->data.x + i * T * d;
    naive_jacobian(J, weights + i * T, T);
    for (size_t t = 0; t < T; t++)
      for (size_t u = 0; u < T; u++)
        for (size_t l = 0; l < d; l++)
          g[l] -=
              a[i] * s->data.label[i] * J[t * T + u] * naive_dot(x + u * d, v, d) * x[t * d + l];
  }
  const real pp = naive_dot(p, p, d), gp = naive_dot(g, p, d), gg = naive_dot(g, g, d);
  real across = 0; /* |g - (g . p) p / p . p|^2 */
  for (size_t l = 0; l < d; l++)
    across += (g[l] - gp / pp * p[l]) * (g[l] - gp / pp * p[l]);
  const twin_value at = {
      .V = svm.status == ATTN_SVM_OK ? svm.dual : INFINITY,
      .margin = svm.status == ATTN_SVM_OK ? svm.margin_low : 0,
      .multiplier = (double)(-gp / pp),
      .sine = (double)sqrtl(across / gg),
  };
  if (gradient != NULL)
    memcpy(gradient, g, d * sizeof *g);
  void *const parts[] = {r, v, weights, b, J, g, K, a};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    attn_free(parts[i]);
  return at;
}

static twin_value twin_of(const problem *s, const double *p /* [2 + N] */) {
  real *u = attn_alloc(s->d, sizeof *u);
  expand(u, s, p);
  const twin_value at = twin(NULL, s, u);
  attn_free(u);
  return at;
}

/* What every result must satisfy, from v and p as vectors of R^d and the naive outputs: |p|, the
 * margins of v, its length, and a gap from the multipliers, which v holds as multiples of tokens. */
static void check_result(const problem *s, const attn_interpolator_result *r) {
  real *v = attn_alloc(s->d, sizeof *v), *p = attn_alloc(s->d, sizeof *p);
  real *weights = attn_alloc(s->T, sizeof *weights), least = INFINITY;
  expand(v, s, s->v);
  expand(p, s, s->p);
  assert_relative(r->R, (double)length(p, s), 1e-9);
  real sum = 0;
  for (size_t i = 0; i < s->n; i++) {
    const real output = s->data.label[i] * naive_output(weights, &s->data, i, v, p);
    least = output < least ? output : least;
    size_t most = 1; /* the noise token of the largest weight */
    for (size_t t = 2; t < s->T; t++)
      most = weights[t] > weights[most] ? t : most;
    sum += s->data.label[i] * s->v[2 + i * (s->T - 1) + most - 1] / weights[most];
  }
  /* the multipliers are of the order of |v|^2; what is left of them in v is of the order of |v| */
  const double rounding = 3e-14 * r->norm_v * r->norm_v;
  assert_close((double)least, 1, 1e-9 + rounding);
  assert_relative(r->norm_v, (double)length(v, s), 1e-9 + rounding);
  assert_relative(r->margin, (double)(least / length(v, s)), 1e-9 + rounding);
  assert_relative(r->norm_v * r->margin, 1, 1e-15);
  if (isfinite(sum)) { /* not where attention on noise is 0 */
    const real ratio = naive_dot(v, v, s->d) / (sum * least); /* |v| / margin of the dual's */
    assert_close(r->gap, (double)(ratio * ratio - 1), 1e-13 + 1e-2 * r->gap + rounding);
  }
  attn_free(v);
  attn_free(p);
  attn_free(weights);
}

/* p = |p_mm| of the best selection that the local search finds, and its margin. */
static double limit_of(const problem *s, double *p_length) {
  attn_maxmargin_workspace *w = attn_maxmargin_alloc(s->n, s->T);
  unsigned char *sigma = attn_alloc(s->n, 1);
  double *b = attn_alloc(s->N, sizeof *b), margins[ATTN_MAXMARGIN_STARTS];
  const double margin = attn_maxmargin_best(sigma, margins, 0, NULL, &s->set, w);
  attn_svm_result r;
  assert_int_equal(attn_maxmargin_attention(b, &r, sigma, &s->set, w), ATTN_SVM_OK);
  attn_maxmargin_attention_weights(s->p, s->p + 2, b, sigma, s->labels);
  *p_length = sqrt(attn_interpolator_inner(s->p, s->p, &s->set, s->w));
  attn_free(sigma);
  attn_free(b);
  attn_maxmargin_free(w);
  return margin;
}

static void clear_p(const problem *s) {
  memset(s->p, 0, (2 + s->N) * sizeof *s->p);
}

static attn_interpolator_result max_margin(const problem *s, double R) {
  return attn_interpolator_max_margin(s->v, s->p, R, &s->set, s->w);
}

static attn_interpolator_result min_norm(const problem *s, double nu) {
  return attn_interpolator_min_norm(s->v, s->p, nu, &s->set, s->w);
}

/* Shapes: more and fewer dimensions than tokens, both kinds in both classes, several T. */
static const struct {
  size_t n, T, k;
  double rho;
  size_t noisy0, noisy1;
} shape[] = {{8, 2, 40, 5, 1, 1},
             {8, 2, 7, 3, 0, 1},
             {7, 3, 60, 6, 1, 0},
             {6, 4, 50, 4, 1, 1},
             {9, 2, 30, 9, 2, 1}};
enum { SHAPES = sizeof shape / sizeof *shape };

static problem *make_shape(size_t c, size_t seed) {
  return make(shape[c].n, shape[c].T, shape[c].k, shape[c].rho, shape[c].noisy0, shape[c].noisy1,
              100 * c + seed);
}

/* ---- tests ---- */

/* The value at any p equals that of the attended features written out. */
static void test_value(void **state) {
  (void)state;
  for (size_t c = 0; c < SHAPES; c++)
    for (size_t seed = 0; seed < 6; seed++) {
      problem *s = make_shape(c, seed);
      double *other = attn_alloc(2 + s->N, sizeof *other);
      real *u = attn_alloc(s->d, sizeof *u), *p = attn_alloc(s->d, sizeof *p);
      attn_interpolator_random(s->p, &s->set, s->rng);
      attn_scale(s->p, 0.03 * (double)seed, 2 + s->N);
      const attn_interpolator_result r = attn_interpolator_value(s->v, s->p, &s->set, s->w);
      const twin_value at = twin_of(s, s->p);
      assert_int_equal(r.status, isinf(at.V) ? ATTN_INTERPOLATOR_INFEASIBLE : ATTN_INTERPOLATOR_OK);
      assert_relative(r.margin, at.margin, 1e-9);
      assert_true(isnan(r.sine) && isnan(r.sine_gap) && isnan(r.multiplier));
      assert_int_equal(r.steps, 0);
      assert_int_equal(r.solved, 1);
      check_result(s, &r);
      attn_interpolator_random(other, &s->set, s->rng);
      expand(u, s, other);
      expand(p, s, s->p);
      assert_close(attn_interpolator_inner(other, s->p, &s->set, s->w),
                   (double)naive_dot(u, p, s->d), 1e-12 * (double)(length(u, s) * length(p, s)));
      attn_free(other);
      attn_free(u);
      attn_free(p);
      release(s);
    }
}

/* N(0, 1) multiples of the unit signals and of the noise over the first one's length. */
static void test_random(void **state) {
  (void)state;
  problem *s = make(4, 3, 20, 3, 0, 0, 1);
  double sum = 0, square = 0;
  for (size_t draw = 0; draw < 500; draw++) {
    attn_interpolator_random(s->p, &s->set, s->rng);
    for (size_t j = 0; j < 10; j++) {
      const double unit = s->p[j] * (j < 2 ? 3 : sqrt(s->noise[0]));
      sum += unit;
      square += unit * unit;
    }
  }
  assert_close(sum / 5000, 0, 5 / sqrt(5000));
  assert_close(square / 5000, 1, 5 * sqrt(2.0 / 5000));
  release(s);
}

/* The twin's gradient is that of its V, and a solution's multiplier is - dV/dR / R: fourth-order
 * differences. */
static double slope(const problem *s, const real *p, const real *direction, double h) {
  real *q = attn_alloc(s->d, sizeof *q);
  double V[5];
  for (int e = -2; e <= 2; e++) {
    for (size_t l = 0; l < s->d; l++)
      q[l] = p[l] + e * h * direction[l];
    V[e + 2] = twin(NULL, s, q).V;
  }
  attn_free(q);
  return (8 * (V[3] - V[1]) - (V[4] - V[0])) / (12 * h);
}

static void test_derivatives(void **state) {
  (void)state;
  size_t steps = 0;
  double sine_gap = 0;
  for (size_t c = 0; c < SHAPES; c++)
    for (size_t seed = 0; seed < 3; seed++) {
      problem *s = make_shape(c, seed);
      real *p = attn_alloc(s->d, sizeof *p), *g = attn_alloc(s->d, sizeof *g);
      real *way = attn_alloc(s->d, sizeof *way);
      double unit;
      limit_of(s, &unit);
      const attn_interpolator_result r = max_margin(s, (seed == 0 ? 0.2 : 0.7) * unit);
      assert_int_equal(r.status, ATTN_INTERPOLATOR_OK);
      check_result(s, &r);
      expand(p, s, s->p);
      const twin_value at = twin(g, s, p);
      const double size = (double)length(g, s), h = 1e-3 * r.R;
      assert_relative(r.multiplier, at.multiplier, 1e-3);
      assert_true(at.sine < 1e-4 && r.sine <= ATTN_INTERPOLATOR_SINE && r.sine_gap < 1e-3);
      assert_int_equal(r.solved, 2 * r.steps + 2);
      steps += r.steps;
      sine_gap += r.sine_gap;
      for (size_t l = 0; l < s->d; l++)
        way[l] = p[l] / r.R;
      assert_relative(slope(s, p, way, h), -r.multiplier * r.R, 1e-3);
      for (size_t draw = 0; draw < 12; draw++) {
        for (size_t l = 0; l < s->d; l++)
          way[l] = gsl_ran_ugaussian(s->rng);
        const real along = naive_dot(way, p, s->d) / naive_dot(p, p, s->d);
        for (size_t l = 0; l < s->d; l++)
          way[l] -= along * p[l];
        const real norm = length(way, s);
        for (size_t l = 0; l < s->d; l++)
          way[l] /= norm;
        assert_close(slope(s, p, way, h), 0, 2e-4 * size);
        /* away from p the gradient is not 0, and the twin has it right */
        for (size_t l = 0; l < s->d; l++)
          way[l] = 0.3L * r.R * way[l] + p[l];
        const twin_value away = twin(g, s, way);
        const double expected = (double)length(g, s);
        assert_true(away.sine > 1e-3);
        for (size_t l = 0; l < s->d; l++)
          g[l] /= expected;
        if (draw < 2)
          assert_relative(slope(s, way, g, h), expected, 1e-4);
      }
      attn_free(p);
      attn_free(g);
      attn_free(way);
      release(s);
    }
  assert_between((double)steps, 15 * 3, 500);
  assert_between(sine_gap, 1e-6, 1e-3); /* the multipliers of a step are not those at p */
}

/* On the sphere no step of length 1e-3 |p| raises the margin by more than its order squared. */
static void test_local_optimum(void **state) {
  (void)state;
  for (size_t c = 0; c < SHAPES; c++)
    for (size_t seed = 0; seed < 4; seed++) {
      problem *s = make_shape(c, seed);
      double unit, *p = attn_alloc(2 + s->N, sizeof *p), *v = attn_alloc(2 + s->N, sizeof *v);
      limit_of(s, &unit);
      if (seed % 2)
        attn_interpolator_random(s->p, &s->set, s->rng);
      const attn_interpolator_result r = max_margin(s, (seed < 2 ? 0.5 : 3) * unit);
      assert_int_equal(r.status, ATTN_INTERPOLATOR_OK);
      check_result(s, &r);
      for (size_t draw = 0; draw < 40; draw++) {
        attn_interpolator_random(p, &s->set, s->rng);
        const double size = sqrt(attn_interpolator_inner(p, p, &s->set, s->w));
        attn_scale(p, 1e-3 * r.R / size, 2 + s->N);
        attn_axpy(p, 1, s->p, 2 + s->N);
        attn_scale(p, r.R / sqrt(attn_interpolator_inner(p, p, &s->set, s->w)), 2 + s->N);
        const attn_interpolator_result near = attn_interpolator_value(v, p, &s->set, s->w);
        assert_true(near.margin <= r.margin * (1 + 1e-7));
      }
      attn_free(p);
      attn_free(v);
      release(s);
    }
}

/* ---- a search without derivatives ---- */

typedef struct {
  const problem *s;
  double R, nu; /* R > 0: on the sphere; else min-norm */
} target;

static double value_at(const gsl_vector *x, void *argument) {
  const target *t = argument;
  double *p = attn_alloc(x->size, sizeof *p);
  memcpy(p, x->data, x->size * sizeof *p);
  const double size = sqrt(attn_interpolator_inner(p, p, &t->s->set, t->s->w));
  if (t->R > 0)
    attn_scale(p, t->R / size, x->size);
  const double V = twin_of(t->s, p).V;
  attn_free(p);
  return isinf(V) ? 1e10 : t->R > 0 ? V : V + t->nu * size * size / 2;
}

/* The least value over many simplex searches. */
static double brute(const target *t, double scale, size_t starts) {
  const size_t size = 2 + t->s->N;
  gsl_multimin_fminimizer *m =
      gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, size);
  gsl_multimin_function f = {value_at, size, (void *)(uintptr_t)t};
  gsl_vector *x = gsl_vector_alloc(size), *step = gsl_vector_alloc(size);
  double best = INFINITY;
  for (size_t start = 0; start < starts; start++) {
    attn_interpolator_random(x->data, &t->s->set, t->s->rng);
    gsl_vector_scale(x, scale);
    for (size_t again = 0; again < 2; again++) {
      gsl_vector_set_all(step, scale / 3);
      gsl_multimin_fminimizer_set(m, &f, x, step);
      for (size_t l = 0; l < 300 && gsl_multimin_fminimizer_size(m) > 1e-7 * scale; l++)
        if (gsl_multimin_fminimizer_iterate(m) != 0)
          break;
      gsl_vector_memcpy(x, m->x);
    }
    best = fmin(best, m->fval);
  }
  gsl_multimin_fminimizer_free(m);
  gsl_vector_free(x);
  gsl_vector_free(step);
  return best;
}

/* Tiny sets: the best of the starts is the global optimum, for both problems. */
static void test_against_brute_force(void **state) {
  (void)state;
  const size_t tiny[][4] = {{2, 2, 3, 0}, {2, 2, 2, 1}, {3, 2, 4, 1}, {2, 3, 5, 1}};
  for (size_t c = 0; c < sizeof tiny / sizeof *tiny; c++)
    for (int norm = 0; norm < 2; norm++) {
      problem *s = make(tiny[c][0], tiny[c][1], tiny[c][2], 1.6, tiny[c][3], 0, 50 + c);
      const double R = 0.8, nu = 0.5;
      const target t = {s, norm ? 0 : R, nu};
      double best = INFINITY;
      for (size_t start = 0; start < 12; start++) {
        clear_p(s);
        if (start > 0)
          attn_interpolator_random(s->p, &s->set, s->rng);
        const attn_interpolator_result r = norm ? min_norm(s, nu) : max_margin(s, R);
        assert_int_equal(r.status, ATTN_INTERPOLATOR_OK);
        check_result(s, &r);
        const double V = r.norm_v * r.norm_v / 2;
        best = fmin(best, norm ? V + nu * r.R * r.R / 2 : V);
      }
      assert_relative(brute(&t, norm ? 1 : R, 20), best, 1e-6);
      release(s);
    }
}

/* Min-norm: the gradient of |v|^2 + nu |p|^2 vanishes in every direction; the same p is stationary
 * for max-margin at R = |p|, with the multiplier nu; and |p| falls to 0 like 1/nu. */
static void test_min_norm(void **state) {
  (void)state;
  size_t steps = 0;
  for (size_t c = 0; c < SHAPES; c++)
    for (size_t seed = 0; seed < 3; seed++) {
      problem *s = make_shape(c, seed);
      real *p = attn_alloc(s->d, sizeof *p), *g = attn_alloc(s->d, sizeof *g);
      double unit;
      limit_of(s, &unit);
      const double nu = seed == 0 ? 0.1 : seed == 1 ? 1 : 30;
      const attn_interpolator_result r = min_norm(s, nu);
      assert_int_equal(r.status, ATTN_INTERPOLATOR_OK);
      check_result(s, &r);
      expand(p, s, s->p);
      twin(g, s, p);
      real off = 0;
      for (size_t l = 0; l < s->d; l++)
        off += (g[l] + (real)nu * p[l]) * (g[l] + (real)nu * p[l]);
      assert_close((double)sqrtl(off) / (nu * r.R), 0, 1e-4);
      assert_close(r.sine, (double)sqrtl(off) / (nu * r.R), 1e-4);
      assert_relative(r.multiplier, nu, 2 * ATTN_INTERPOLATOR_SINE);
      assert_true(r.sine_gap < 1e-3);
      const attn_interpolator_result again = max_margin(s, r.R);
      assert_int_equal(again.status, ATTN_INTERPOLATOR_OK);
      assert_relative(again.margin, r.margin, 1e-8);
      assert_relative(again.multiplier, nu, 1e-3);
      assert_true(again.steps <= 3);
      steps += r.steps;
      attn_free(p);
      attn_free(g);
      release(s);
    }
  assert_between((double)steps, 15 * 3, 500);
  problem *s = make_shape(0, 9);
  real *zero = attn_alloc(s->d, sizeof *zero), *g = attn_alloc(s->d, sizeof *g);
  zero[0] = 1e-30L; /* any direction: the twin also wants the angle */
  twin(g, s, zero);
  for (double nu = 1e5; nu < 1e12; nu *= 1e3) {
    attn_interpolator_random(s->p, &s->set, s->rng);
    const attn_interpolator_result r = min_norm(s, nu);
    /* at last nu |p|^2 / 2 is lost in the rounding errors of V */
    assert_int_equal(r.status, nu < 1e10 ? ATTN_INTERPOLATOR_OK : ATTN_INTERPOLATOR_FLAT);
    assert_relative(r.R * nu, (double)length(g, s), nu < 1e10 ? 100 / nu + 2e-5 : 1e-3);
  }
  clear_p(s); /* from p = 0 to the same place as from anywhere else */
  const attn_interpolator_result from = min_norm(s, 10);
  attn_interpolator_random(s->p, &s->set, s->rng);
  const attn_interpolator_result r = min_norm(s, 10);
  assert_relative(r.norm_v * r.norm_v + 10 * r.R * r.R,
                  from.norm_v * from.norm_v + 10 * from.R * from.R, 1e-9);
  attn_free(zero);
  attn_free(g);
  release(s);
}

/* Along a branch: from p_mm the margin ends above that of R p_mm / |p_mm| and tends to the limit of
 * maxmargin; it rises while the multiplier is positive, by what the multiplier says,
 * dV = - multiplier R dR (Simpson's rule). */
static void test_branch(void **state) {
  (void)state;
  for (size_t c = 0; c < SHAPES; c++) {
    problem *s = make_shape(c, 3);
    double unit;
    const double limit = limit_of(s, &unit);
    double *p_mm = attn_alloc(2 + s->N, sizeof *p_mm);
    memcpy(p_mm, s->p, (2 + s->N) * sizeof *p_mm);
    for (double R = 0.25; R <= 32; R *= 2) {
      memcpy(s->p, p_mm, (2 + s->N) * sizeof *p_mm);
      attn_scale(s->p, R, 2 + s->N);
      const attn_interpolator_result from = attn_interpolator_value(s->v, s->p, &s->set, s->w);
      const attn_interpolator_result r = max_margin(s, R * unit);
      assert_relative(r.R, R * unit, 1e-12);
      if (from.status == ATTN_INTERPOLATOR_OK)
        assert_true(r.margin >= from.margin * (1 - 1e-12));
      if (R >= 4)
        assert_relative(r.margin, limit, 20 * exp(-R));
      assert_true(r.status == ATTN_INTERPOLATOR_OK ||
                  (R > 8 && r.status == ATTN_INTERPOLATOR_FLAT));
      if (r.status == ATTN_INTERPOLATOR_FLAT) /* saturated: as far as V can tell */
        assert_true(r.multiplier * r.R * r.R * r.margin * r.margin < 1e-3);
    }
    clear_p(s);
    double V[3], slopes[3];
    const double first = 0.05 * unit, step = 0.01 * unit;
    attn_interpolator_result before = max_margin(s, first);
    for (size_t e = 0; e < 3; e++) {
      const attn_interpolator_result r = max_margin(s, first + (double)e * step);
      assert_int_equal(r.status, ATTN_INTERPOLATOR_OK);
      V[e] = r.norm_v * r.norm_v / 2;
      slopes[e] = -r.multiplier * r.R;
    }
    assert_relative(V[2] - V[0], step / 3 * (slopes[0] + 4 * slopes[1] + slopes[2]), 1e-4);
    for (double R = first; R < 3 * unit; R *= 1.3) {
      const attn_interpolator_result r = max_margin(s, R);
      if (before.multiplier > 0 && r.multiplier > 0)
        assert_true(r.margin >= before.margin * (1 - 1e-12));
      before = r;
    }
    attn_free(p_mm);
    release(s);
  }
}

/* Where the noise has few dimensions the best |p| may be below R: the multiplier is negative, and a
 * smaller |p| raises the margin. */
static void test_negative_multiplier(void **state) {
  (void)state;
  problem *s = make(4, 2, 1, 4.3, 1, 1, 5135);
  size_t found = 0;
  for (size_t start = 0; start < 20; start++) {
    attn_interpolator_random(s->p, &s->set, s->rng);
    const attn_interpolator_result r = max_margin(s, 1.6);
    if (r.status != ATTN_INTERPOLATOR_OK || r.multiplier > 0)
      continue;
    found++;
    check_result(s, &r);
    assert_true(r.steps < 200);
    attn_scale(s->p, 0.99, 2 + s->N);
    assert_true(attn_interpolator_value(s->v, s->p, &s->set, s->w).margin > r.margin);
    assert_true(max_margin(s, 0.99 * 1.6).margin > r.margin);
  }
  assert_true(found > 0);
  release(s);
}

/* Where tokens outnumber dimensions, multiples that cancel leave a rounding error in the angle; it
 * counts as part of it. No descent ends at an angle of exactly 0. */
static void test_few_dimensions(void **state) {
  (void)state;
  const struct {
    size_t n, T;
    double rho;
    size_t noisy0, noisy1, seed;
  } few[] = {{4, 3, 3.8, 1, 1, 14942}, {6, 3, 1, 0, 0, 14944},   {5, 3, 2.4, 0, 0, 15378},
             {4, 3, 3.8, 1, 1, 15392}, {3, 3, 3.8, 1, 0, 15776}, {4, 4, 1.7, 1, 1, 15947}};
  size_t ends = 0;
  for (size_t c = 0; c < sizeof few / sizeof *few; c++) {
    problem *s = make(few[c].n, few[c].T, 1, few[c].rho, few[c].noisy0, few[c].noisy1, few[c].seed);
    for (double R = 0.4; R < 4; R *= 2) {
      attn_interpolator_random(s->p, &s->set, s->rng);
      const attn_interpolator_result r = max_margin(s, R);
      if (r.status == ATTN_INTERPOLATOR_INFEASIBLE)
        continue;
      assert_true(r.sine > 1e-9);
      ends++;
    }
    release(s);
  }
  assert_true(ends > 10);
}

/* From 0 the way leads along the gradient there, which is the p of min-norm for large nu. */
static void test_start_at_zero(void **state) {
  (void)state;
  for (size_t c = 0; c < SHAPES; c++) {
    problem *s = make_shape(c, 8);
    double *p = attn_alloc(2 + s->N, sizeof *p), unit;
    limit_of(s, &unit);
    clear_p(s);
    const attn_interpolator_result r = max_margin(s, 12 * unit);
    memcpy(p, s->p, (2 + s->N) * sizeof *p);
    clear_p(s);
    min_norm(s, 1e8);
    max_margin(s, 12 * unit);
    attn_axpy(p, -1, s->p, 2 + s->N);
    assert_true(sqrt(attn_interpolator_inner(p, p, &s->set, s->w)) < 1e-2 * r.R);
    attn_free(p);
    release(s);
  }
}

/* Tokens c times as long: margins are c times as large and p 1/c times as long. The order of the
 * samples means nothing. */
static void test_invariance(void **state) {
  (void)state;
  for (size_t c = 0; c < SHAPES; c++) {
    problem *s = make_shape(c, 4), *t = make_shape(c, 4);
    const size_t n = s->n, N = s->N, others = s->T - 1;
    double unit;
    limit_of(s, &unit);
    clear_p(s);
    const attn_interpolator_result r = max_margin(s, 0.8 * unit);
    clear_p(t);
    t->set.rho *= 7;
    attn_scale(t->noise, 49, N * N);
    attn_interpolator_result q = max_margin(t, 0.8 * unit / 7);
    assert_relative(q.margin, 7 * r.margin, 1e-7);
    assert_relative(q.multiplier, r.multiplier, 1e-3); /* 1/c^2 for V, c^2 for 1/|p|^2 */
    for (size_t j = 0; j < 2 + N; j++)
      assert_close(49 * t->p[j], s->p[j], 1e-4 * fmax(1 / s->set.rho, 1) * r.R);
    t->set.rho /= 7;
    for (size_t i = 0; i < n; i++) { /* sample i becomes sample n - 1 - i */
      t->labels->k[n - 1 - i] = s->labels->k[i];
      t->labels->y[n - 1 - i] = s->labels->y[i];
      for (size_t a = 0; a < others; a++)
        for (size_t j = 0; j < N; j++)
          t->noise[((n - 1 - i) * others + a) * N + (n - 1 - j / others) * others + j % others] =
              s->noise[(i * others + a) * N + j];
    }
    clear_p(t);
    q = max_margin(t, 0.8 * unit);
    assert_relative(q.margin, r.margin, 1e-8);
    assert_relative(q.multiplier, r.multiplier, 1e-3);
    release(s);
    release(t);
  }
}

/* One sample of two tokens: the margin is |s mu + (1 - s) xi|, s the attention on the signal, and
 * the scores' difference is at most R |mu - xi|. From 0 the rule turns to the longer token; should
 * both be as long, to the signal. */
static void test_one_sample(void **state) {
  (void)state;
  for (size_t c = 0; c < 3; c++)
    for (unsigned k = 0; k < 2; k++) {
      problem *s = make(1, 2, 5, 2, 0, 0, 1);
      s->labels->k[0] = (unsigned char)k;
      s->labels->y[0] = (signed char)(k == 0 ? 1 : -1);
      s->noise[0] = c == 0 ? 9 : c == 1 ? 2 : 4;
      const double distance = sqrt(4 + s->noise[0]);
      for (double R = 0.01; R < 20; R *= 3) {
        const double far = 1 / (1 + exp(-R * distance)), at = c == 0 ? 1 - far : far;
        clear_p(s);
        const attn_interpolator_result r = max_margin(s, R);
        assert_true(r.status == ATTN_INTERPOLATOR_OK || r.status == ATTN_INTERPOLATOR_FLAT);
        assert_relative(r.margin, sqrt(at * at * 4 + (1 - at) * (1 - at) * s->noise[0]), 1e-9);
        assert_relative(r.R, R, 1e-14);
        assert_true(s->p[1 - k] == 0);
        const double x = s->p[k] * 4 - s->p[2] * s->noise[0]; /* scores' difference */
        if (R * distance < 10)
          assert_relative(x, c == 0 ? -R * distance : R * distance, 1e-7);
      }
      /* V + nu |p|^2 / 2 over the one direction that matters */
      for (double nu = 0.1; nu < 100; nu *= 4) {
        double best = INFINITY, centre = 0;
        for (double width = 30; width > 1e-6; width /= 100) {
          const double middle = centre;
          for (double b = middle - width; b < middle + width; b += width / 1000) {
            const double g = 1 / (1 + exp(-b)), m2 = g * g * 4 + (1 - g) * (1 - g) * s->noise[0];
            const double value = 0.5 / m2 + nu * b * b / (distance * distance) / 2;
            if (value < best) {
              best = value;
              centre = b;
            }
          }
        }
        attn_interpolator_random(s->p, &s->set, s->rng);
        attn_interpolator_result r = min_norm(s, nu);
        double found = r.norm_v * r.norm_v / 2 + nu * r.R * r.R / 2;
        /* tokens of one length and nu > 1: p = 0 is best, and how small p is has no end */
        const bool at_zero = c == 2 && nu > 1;
        assert_true(r.status == (at_zero ? ATTN_INTERPOLATOR_FLAT : ATTN_INTERPOLATOR_OK));
        assert_true((r.R < 1e-6) == at_zero);
        attn_scale(s->p, -3, 3);
        r = min_norm(s, nu);
        found = fmin(found, r.norm_v * r.norm_v / 2 + nu * r.R * r.R / 2);
        assert_relative(found, best, 1e-9);
      }
      release(s);
    }
  problem *even = make(1, 2, 5, 4, 0, 0, 1); /* one score for both tokens, to the last bit */
  even->noise[0] = 48;
  even->p[0] = 3.0 / 16;
  even->p[2] = 1.0 / 16;
  const double R = sqrt(attn_interpolator_inner(even->p, even->p, &even->set, even->w));
  assert_relative(max_margin(even, R).margin, sqrt(48 * exp(16 * R) + 16) / (1 + exp(8 * R)), 1e-9);
  release(even);
  problem *s = make(1, 2, 5, 2, 0, 0, 1); /* p = 0 is stationary when both tokens are as long */
  s->noise[0] = 4;
  const attn_interpolator_result r = min_norm(s, 1);
  assert_int_equal(r.status, ATTN_INTERPOLATOR_OK);
  assert_true(r.R == 0 && r.sine == 0);
  release(s);
}

/* Attention that no v can serve, of the start or of the whole set, is a status, and what else is
 * reported is as documented; a margin that is only small is none of these. */
static void test_infeasible(void **state) {
  (void)state;
  problem *s = make(6, 2, 1, 2, 1, 1, 1); /* noise on a line */
  attn_interpolator_result r = max_margin(s, 1);
  assert_int_equal(r.status, ATTN_INTERPOLATOR_INFEASIBLE);
  assert_true(isnan(r.sine) && isnan(r.multiplier) && r.gap > 1e3);
  assert_int_equal(min_norm(s, 1).status, ATTN_INTERPOLATOR_INFEASIBLE);
  assert_int_equal(attn_interpolator_value(s->v, s->p, &s->set, s->w).status,
                   ATTN_INTERPOLATOR_INFEASIBLE);
  assert_true(isinf(twin_of(s, s->p).V));
  release(s);
  s = make(4, 2, 30, 6, 1, 0, 1);
  clear_p(s);
  s->p[0] = 100; /* both labels of class 0 attend to their signal */
  r = max_margin(s, 100);
  assert_int_equal(r.status, ATTN_INTERPOLATOR_INFEASIBLE);
  assert_true(isnan(r.sine) && isnan(r.sine_gap) && isnan(r.multiplier));
  assert_relative(sqrt(attn_interpolator_inner(s->p, s->p, &s->set, s->w)), 100, 1e-12);
  /* on the way there a small margin is one to climb from, though the support vector machine of the
   * start falls short of its accuracy; at last its margin is no more told from 0 */
  size_t rough = 0, lost = 0;
  for (double R = 0.5; R < 5; R *= 1.02) {
    clear_p(s);
    s->p[0] = R / 6;
    r = attn_interpolator_value(s->v, s->p, &s->set, s->w);
    const bool fits = r.status == ATTN_INTERPOLATOR_OK;
    assert_true(R < 2.3 ? fits : R > 2.9 ? !fits : r.margin < 1e-5);
    if (!fits) {
      assert_true(r.margin < 1e-6);
      assert_int_equal(max_margin(s, R).status, ATTN_INTERPOLATOR_INFEASIBLE);
      lost++;
      continue;
    }
    check_result(s, &r);
    rough += r.gap > ATTN_SVM_GAP;
    assert_true(r.gap < 1);
    const double from = r.margin;
    r = max_margin(s, R);
    assert_int_equal(r.status, ATTN_INTERPOLATOR_OK);
    assert_true(r.margin > from && r.gap <= ATTN_SVM_GAP);
    check_result(s, &r);
  }
  assert_true(rough > 5 && lost > 5);
  release(s);
}

/* |p| from 1e-6 to 1e4 times |p_mm|: attention even at one end, saturated at the other, and never a
 * result that means nothing. */
static void test_extremes(void **state) {
  (void)state;
  for (size_t c = 0; c < SHAPES; c++) {
    problem *s = make_shape(c, 5);
    double unit;
    const double even = attn_interpolator_value(s->v, s->p, &s->set, s->w).margin;
    const double limit = limit_of(s, &unit);
    attn_interpolator_result r = max_margin(s, 1e4 * unit);
    assert_int_equal(r.status, ATTN_INTERPOLATOR_FLAT);
    assert_relative(r.margin, limit, 1e-9);
    assert_true(isinf(r.sine) && isinf(r.sine_gap) && r.multiplier == 0);
    r = max_margin(s, 1e-6 * unit);
    assert_int_equal(r.status, ATTN_INTERPOLATOR_OK);
    assert_relative(r.margin, even, 1e-4);
    assert_true(r.margin > even && r.multiplier > 0);
    clear_p(s);
    assert_relative(max_margin(s, 1e-6 * unit).margin, r.margin, 1e-10);
    clear_p(s);
    r = max_margin(s, 1e4 * unit);
    assert_true(r.status != ATTN_INTERPOLATOR_LIMIT && !isnan(r.margin));
    release(s);
  }
}

/* No noisy samples, one class, one class and one kind, and copies of samples and of tokens. */
static void test_special_sets(void **state) {
  (void)state;
  for (size_t c = 0; c < 5; c++)
    for (size_t T = 2; T <= 4; T++) {
      problem *s = make(6, T, 40, 5, 0, 0, 20 + c);
      for (size_t i = 0; i < s->n; i++) {
        if (c > 0)
          s->labels->k[i] = (unsigned char)(c == 2);
        set_label(s, i, c == 1 ? i == 0 : c == 4);
      }
      if (c == 3) { /* sample 1 is sample 0, and its last noise token the first */
        const size_t others = T - 1, N = s->N;
        for (size_t to = 1; to <= 2; to++)
          for (size_t a = 0; a < (to == 1 ? others : 1); a++) {
            const size_t j = to == 1 ? others + a : 3 * others - 1;
            const size_t from = to == 1 ? a : 2 * others;
            for (size_t l = 0; l < N; l++)
              s->noise[j * N + l] = s->noise[from * N + l];
            for (size_t l = 0; l < N; l++)
              s->noise[l * N + j] = s->noise[l * N + from];
          }
      }
      for (double R = 0.1; R < 3; R *= 3) {
        double best = 0;
        for (size_t start = 0; start < 4; start++) {
          clear_p(s);
          if (start > 0)
            attn_interpolator_random(s->p, &s->set, s->rng);
          const attn_interpolator_result r = max_margin(s, R);
          assert_true(r.status == ATTN_INTERPOLATOR_OK ||
                      (R > 0.5 && r.status == ATTN_INTERPOLATOR_FLAT));
          assert_true(r.gap <= ATTN_SVM_GAP && r.margin > 0);
          best = fmax(best, r.margin);
        }
        assert_true(best <= 1.0000001 * attn_maxmargin_bound(&s->set) || R > 1e3);
      }
      release(s);
    }
}

/* Selections of one margin, p that attends evenly though it is not 0, and orthogonal noise of one
 * length. */
static void test_ties(void **state) {
  (void)state;
  problem *s = make(6, 2, 30, 1, 1, 0, 7); /* 2 clean, 1 noisy; 3 clean */
  memset(s->noise, 0, s->N * s->N * sizeof *s->noise);
  for (size_t j = 0; j < s->N; j++)
    s->noise[j * s->N + j] = 20;
  s->set.rho = sqrt(10); /* rho^2 times 2 clean samples is 20: signal or noise, it is all one */
  clear_p(s);
  for (double R = 0.1; R < 20; R *= 1.5) {
    const attn_interpolator_result r = max_margin(s, R);
    assert_true(r.status == ATTN_INTERPOLATOR_OK || (R > 2 && r.status == ATTN_INTERPOLATOR_FLAT));
    assert_true(r.margin > 0 && r.gap <= ATTN_SVM_GAP);
  }
  s->set.rho = 4;
  for (size_t j = 0; j < s->N; j++)
    s->noise[j * (s->N + 1)] = 32;
  clear_p(s); /* one score for all tokens, to the last bit: h . p = 0 */
  s->p[0] = s->p[1] = 1.0 / 16;
  for (size_t j = 0; j < s->N; j++)
    s->p[2 + j] = 1.0 / 32;
  const attn_interpolator_result even = max_margin(s, 0.5);
  assert_int_equal(even.status, ATTN_INTERPOLATOR_OK);
  clear_p(s);
  assert_relative(even.margin, max_margin(s, 0.5).margin, 1e-6);
  release(s);
}

/* Far out, where V is nearly flat: a result that is FLAT says what the angle is that was reached, as
 * the twin finds it. Further out the multipliers of the support vector machine at p are no more
 * unique in double precision, and only those of the step see the angle. */
static void test_flat(void **state) {
  (void)state;
  size_t flat = 0;
  for (size_t seed = 0; seed < 10; seed++) {
    problem *s = make(5, 2, 60, 8, 1, 0, 300 + seed);
    double unit;
    limit_of(s, &unit);
    if (seed % 3 == 0)
      attn_interpolator_random(s->p, &s->set, s->rng);
    const attn_interpolator_result r = max_margin(s, (9 + (double)seed) * unit);
    const twin_value at = twin_of(s, s->p);
    assert_true(r.status == ATTN_INTERPOLATOR_OK || r.status == ATTN_INTERPOLATOR_FLAT);
    assert_relative(r.multiplier, at.multiplier, 1e-2);
    assert_between(r.sine, 0, 1e-2);
    assert_between(r.sine_gap, 0, 1e-8);
    if (seed < 5)
      assert_between(at.sine / r.sine, 0.5, 2);
    flat += r.status == ATTN_INTERPOLATOR_FLAT && seed < 5;
    release(s);
  }
  assert_true(flat > 0);
}

/* ---- paths ---- */

static void test_path(void **state) {
  (void)state;
  problem *s = make(8, 2, 60, 7, 1, 1, 6);
  const size_t size = 2 + s->N, count = 5;
  double unit, *direction = attn_alloc(2 * size, sizeof *direction);
  limit_of(s, &unit);
  memcpy(direction, s->p, size * sizeof *direction);
  attn_interpolator_random(direction + size, &s->set, s->rng);
  const double R[] = {0.05 * unit, 0.3 * unit, unit, 3 * unit, 8 * unit};
  attn_interpolator_path *path = attn_interpolator_path_alloc(R, count, 2, 3, s->labels);
  attn_interpolator_path *turned = attn_interpolator_path_alloc(R, count, 2, 3, s->labels);
  assert_int_equal(path->starts, 6);
  attn_rng_start(s->rng, 1, "path", 0, 0, ATTN_STREAM_START);
  attn_interpolator_follow(path, direction, s->rng, &s->set, s->w);
  for (size_t l = 0; l < size; l++) {
    const double keep = direction[l];
    direction[l] = direction[size + l];
    direction[size + l] = keep;
  }
  attn_rng_start(s->rng, 1, "path", 0, 0, ATTN_STREAM_START);
  attn_interpolator_follow(turned, direction, s->rng, &s->set, s->w);
  for (size_t i = 0; i < count; i++) {
    const attn_interpolator_result best = attn_interpolator_path_best(path, i);
    double low = INFINITY;
    for (size_t a = 0; a < 6; a++) {
      const attn_interpolator_result *end = path->end + i * 6 + a;
      assert_true(end->margin <= best.margin);
      low = fmin(low, end->margin);
      /* the starts are where they were, the two directions exchanged */
      const size_t b = a == 1 ? 2 : a == 2 ? 1 : a;
      assert_true(end->margin == turned->end[i * 6 + b].margin);
      assert_relative(end->R, R[i], 1e-12);
    }
    assert_true(best.margin == attn_interpolator_path_best(turned, i).margin);
    assert_true(best.margin == path->end[i * 6 + path->best[i]].margin);
    assert_close(attn_interpolator_path_spread(path, i), 1 - low / best.margin, 1e-15);
    memcpy(s->p, path->p + i * size, size * sizeof *s->p);
    memcpy(s->v, path->v + i * size, size * sizeof *s->v);
    check_result(s, &best);
    attn_interpolator_value(s->v, s->p, &s->set, s->w);
    assert_memory_equal(s->v, path->v + i * size, size * sizeof *s->v);
    /* start 0 rises from p = 0, direction 1 comes down from the largest R: by hand */
    clear_p(s);
    for (size_t e = 0; e <= i; e++)
      low = max_margin(s, R[e]).margin;
    assert_true(low == path->end[i * 6].margin);
    memcpy(s->p, direction + size, size * sizeof *s->p); /* the first, before it was exchanged */
    for (size_t e = count; e-- > i;)
      low = max_margin(s, R[e]).margin;
    assert_true(low == path->end[i * 6 + 1].margin);
  }
  attn_rng_start(s->rng, 1, "path", 0, 0, ATTN_STREAM_START);
  for (size_t i = 0; i < count; i++)
    for (size_t a = 3; a < 6; a++) {
      attn_interpolator_random(s->p, &s->set, s->rng);
      assert_true(max_margin(s, R[i]).margin == path->end[i * 6 + a].margin);
    }
  attn_interpolator_path_free(path);
  attn_interpolator_path_free(turned);
  attn_free(direction);
  release(s);
}

/* Ends written by hand. */
static void test_path_counts(void **state) {
  (void)state;
  problem *s = make(2, 2, 5, 1, 0, 0, 1);
  attn_interpolator_path *path =
      attn_interpolator_path_alloc((const double[]){1, 2}, 2, 1, 2, s->labels);
  const double margin[2][4] = {{2, 4, 3.9, 3}, {7, 5, 6, 4}};
  for (size_t i = 0; i < 2; i++)
    for (size_t a = 0; a < 4; a++)
      path->end[i * 4 + a] = (attn_interpolator_result){.margin = margin[i][a]};
  path->best[0] = 1;
  path->best[1] = 0;
  assert_close(attn_interpolator_path_spread(path, 0), 0.5, 1e-15);
  assert_close(attn_interpolator_path_spread(path, 1), 3.0 / 7, 1e-15);
  assert_int_equal(attn_interpolator_path_worse(path, 0, 0), 3);
  assert_int_equal(attn_interpolator_path_worse(path, 0, 0.03), 2);
  assert_int_equal(attn_interpolator_path_worse(path, 0, 0.3), 1);
  assert_int_equal(attn_interpolator_path_worse(path, 1, 0.2), 2);
  assert_int_equal(attn_interpolator_path_worse(path, 1, 0.9), 0);
  path->end[2].status = ATTN_INTERPOLATOR_INFEASIBLE;
  assert_close(attn_interpolator_path_spread(path, 0), 1, 1e-15);
  assert_int_equal(attn_interpolator_path_worse(path, 0, 0.3), 2);
  assert_true(attn_interpolator_path_best(path, 0).margin == 4);
  for (size_t a = 0; a < 4; a++)
    path->end[a].status = ATTN_INTERPOLATOR_INFEASIBLE;
  assert_true(attn_interpolator_path_spread(path, 0) == 0);
  assert_int_equal(attn_interpolator_path_worse(path, 0, 0.3), 0);
  attn_interpolator_path_free(path);
  attn_interpolator_path_free(NULL);
  release(s);
}

/* No v fits: every end says so, and a set that even attention cannot serve takes none of the
 * others with it. */
static void test_path_infeasible(void **state) {
  (void)state;
  problem *s = make(6, 2, 1, 2, 1, 1, 1);
  attn_interpolator_path *path =
      attn_interpolator_path_alloc((const double[]){0.5, 1}, 2, 0, 1, s->labels);
  attn_interpolator_follow(path, NULL, s->rng, &s->set, s->w);
  for (size_t e = 0; e < 4; e++)
    assert_int_equal(path->end[e].status, ATTN_INTERPOLATOR_INFEASIBLE);
  assert_int_equal(path->best[0], 0);
  attn_interpolator_path_free(path);
  release(s);
}

/* ---- misuse ---- */

static void alloc_bad(const void *argument) {
  const size_t *size = argument;
  attn_interpolator_alloc(size[0], size[1]);
}

static void wrong_size(const void *argument) {
  problem *s = make(4, 2, 10, 2, 0, 0, 1);
  attn_interpolator_workspace *w = attn_interpolator_alloc(5, 2);
  switch (*(const int *)argument) {
  case 0:
    attn_interpolator_value(s->v, s->p, &s->set, w);
    break;
  case 1:
    attn_interpolator_max_margin(s->v, s->p, 1, &s->set, w);
    break;
  case 2:
    attn_interpolator_min_norm(s->v, s->p, 1, &s->set, w);
    break;
  default:
    attn_interpolator_inner(s->v, s->p, &s->set, w);
  }
}

static void bad_R(const void *argument) {
  problem *s = make(4, 2, 10, 2, 0, 0, 1);
  max_margin(s, *(const double *)argument);
}

static void bad_nu(const void *argument) {
  problem *s = make(4, 2, 10, 2, 0, 0, 1);
  min_norm(s, *(const double *)argument);
}

static void bad_path(const void *argument) {
  problem *s = make(2, 2, 5, 1, 0, 0, 1);
  attn_interpolator_path_alloc(argument, 3, 0, 0, s->labels);
}

static void test_misuse(void **state) {
  (void)state;
  assert_fails(alloc_bad, ((const size_t[]){0, 2}), "n = 0", "n >= 1");
  assert_fails(alloc_bad, ((const size_t[]){3, 1}), "T = 1", "2 to 256");
  assert_fails(alloc_bad, ((const size_t[]){3, 257}), "T = 257", "2 to 256");
  for (int way = 0; way < 4; way++)
    assert_fails(wrong_size, &way, "n = 5", "n = 4");
  const double bad[] = {0, -1, NAN, INFINITY};
  for (size_t c = 0; c < 4; c++) {
    assert_fails(bad_R, bad + c, "R = ", "(0, inf)");
    assert_fails(bad_nu, bad + c, "nu = ", "(0, inf)");
  }
  assert_fails(bad_path, ((const double[]){1, 2, 2}), "R = 2", "place 3", "rising");
  assert_fails(bad_path, ((const double[]){0, 1, 2}), "R = 0", "place 1", "positive");
  assert_fails(bad_path, ((const double[]){1, NAN, 2}), "R = nan", "place 2");
  assert_fails(bad_path, ((const double[]){1, 2, INFINITY}), "R = inf", "place 3");
}

static void test_names(void **state) {
  (void)state;
  assert_string_equal(attn_interpolator_status_name(ATTN_INTERPOLATOR_OK), "stationary");
  assert_string_equal(attn_interpolator_status_name(ATTN_INTERPOLATOR_FLAT), "flat");
  assert_string_equal(attn_interpolator_status_name(ATTN_INTERPOLATOR_INFEASIBLE), "infeasible");
  assert_string_equal(attn_interpolator_status_name(ATTN_INTERPOLATOR_LIMIT), "limit");
  attn_interpolator_free(NULL);
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_value),
      cmocka_unit_test(test_random),
      cmocka_unit_test(test_derivatives),
      cmocka_unit_test(test_local_optimum),
      cmocka_unit_test(test_against_brute_force),
      cmocka_unit_test(test_min_norm),
      cmocka_unit_test(test_branch),
      cmocka_unit_test(test_negative_multiplier),
      cmocka_unit_test(test_few_dimensions),
      cmocka_unit_test(test_start_at_zero),
      cmocka_unit_test(test_invariance),
      cmocka_unit_test(test_one_sample),
      cmocka_unit_test(test_infeasible),
      cmocka_unit_test(test_extremes),
      cmocka_unit_test(test_special_sets),
      cmocka_unit_test(test_ties),
      cmocka_unit_test(test_flat),
      cmocka_unit_test(test_path),
      cmocka_unit_test(test_path_counts),
      cmocka_unit_test(test_path_infeasible),
      cmocka_unit_test(test_misuse),
      cmocka_unit_test(test_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
