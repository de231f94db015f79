#include "saturation.h"

#include <math.h>
#include <string.h>

#include "linalg.h"

enum { ITERATIONS = 1000 };
static const double accuracy = 1e-12; /* of x, relatively */

/* A difference (chosen - other) whose multiplier in p_mm is positive. */
typedef struct {
  size_t sample, chosen, other; /* tokens in the order mu_1, mu_2, xi_1, ... */
  double loss;                  /* l */
} difference;

struct attn_saturation {
  size_t n, T, N, active;       /* active = 0: nothing to solve */
  difference *difference;       /* [active] */
  size_t *group;                /* [n] the first sample of each sample's group */
  double *share;                /* [n] A_G at the first sample of a group */
  double *b;                    /* [active] multipliers of p_mm */
  double *gram;                 /* [active][active] of the differences, then its Cholesky factor */
  double *ones;                 /* [active] gram^-1 (1, ..., 1) */
  double *x, *g, *inverse;      /* [active] x, right-hand side without tau, gram^-1 of it */
  double *of_sample, *of_group; /* [n] X_i, X_G */
  double *scores;               /* [2 + N] of v_mm */
  double norm_p, square_v;      /* |p_mm|, |v_mm|^2 */
};

attn_saturation *attn_saturation_alloc(size_t n, size_t T) {
  if (n < 1 || T < 2 || T > 256)
    attn_fail("n = %zu, T = %zu: saturation is for n >= 1 samples of 2 to 256 tokens", n, T);
  attn_saturation *s = attn_alloc(1, sizeof *s);
  const size_t N = n * (T - 1);
  s->n = n;
  s->T = T;
  s->N = N;
  s->difference = attn_alloc(N, sizeof *s->difference);
  s->group = attn_alloc(n, sizeof *s->group);
  s->share = attn_alloc(n, sizeof *s->share);
  s->b = attn_alloc(N, sizeof *s->b);
  s->gram = attn_alloc(N * N, sizeof *s->gram);
  s->ones = attn_alloc(N, sizeof *s->ones);
  s->x = attn_alloc(N, sizeof *s->x);
  s->g = attn_alloc(N, sizeof *s->g);
  s->inverse = attn_alloc(N, sizeof *s->inverse);
  s->of_sample = attn_alloc(n, sizeof *s->of_sample);
  s->of_group = attn_alloc(n, sizeof *s->of_group);
  s->scores = attn_alloc(2 + N, sizeof *s->scores);
  return s;
}

void attn_saturation_free(attn_saturation *s) {
  if (s == NULL)
    return;
  void *const parts[] = {s->difference, s->group, s->share,   s->b,         s->gram,     s->ones,
                         s->x,          s->g,     s->inverse, s->of_sample, s->of_group, s->scores};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    attn_free(parts[i]);
  attn_free(s);
}

static size_t token(size_t i, size_t t, const attn_labels *labels) {
  return t == 0 ? labels->k[i] : 2 + i * (labels->T - 1) + t - 1;
}

/* x_c . x_e of two tokens */
static double inner(size_t c, size_t e, const attn_maxmargin_set *set) {
  if (c < 2 || e < 2)
    return c == e ? set->rho * set->rho : 0;
  return set->noise[(c - 2) * set->labels->N + e - 2];
}

/* x := gram^-1 x */
static void solve(double *x, const attn_saturation *s) {
  attn_solve_upper_transposed(x, s->gram, s->active, s->active);
  attn_solve_upper(x, s->gram, s->active, s->active);
}

/* group, share, square_v and scores. */
static void take_value(attn_saturation *s, const unsigned char *sigma, const double *a,
                       const attn_maxmargin_set *set) {
  const attn_labels *labels = set->labels;
  s->square_v = 0;
  memset(s->scores, 0, (2 + s->N) * sizeof *s->scores);
  for (size_t i = 0; i < s->n; i++) {
    const size_t chosen = token(i, sigma[i], labels);
    s->group[i] = i;
    for (size_t j = 0; j < i && s->group[i] == i && chosen < 2; j++)
      if (token(j, sigma[j], labels) == chosen) /* of the same label, or no v fits both */
        s->group[i] = s->group[j];
    s->share[i] = 0;
    s->share[s->group[i]] += a[i];
    s->square_v += a[i]; /* a'Ka = 1'a */
    for (size_t c = 0; c < 2 + s->N; c++)
      s->scores[c] += a[i] * labels->y[i] * inner(c, chosen, set);
  }
}

bool attn_saturation_prepare(attn_saturation *s, const unsigned char *sigma, const double *a,
                             const double *b, const attn_maxmargin_set *set) {
  const attn_labels *labels = set->labels;
  attn_labels_need_paper(labels, "saturated attention");
  if (labels->n != s->n || labels->T != s->T)
    attn_fail("this workspace is for n = %zu, T = %zu, the training set has n = %zu, T = %zu", s->n,
              s->T, labels->n, labels->T);
  take_value(s, sigma, a, set);
  s->active = 0;
  bool loses = true;
  double square_p = 0;
  for (size_t i = 0, c = 0; i < s->n; i++)
    for (size_t t = 0; t < s->T; t++) {
      if (t == sigma[i] || !(b[c++] > 0))
        continue;
      difference *d = s->difference + s->active;
      *d = (difference){i, token(i, sigma[i], labels), token(i, t, labels), 0};
      d->loss = 1 - labels->y[i] * s->scores[d->other];
      loses = loses && d->loss > 0 && s->share[s->group[i]] > 0;
      square_p += s->b[s->active++] = b[c - 1]; /* b'Gb = 1'b */
    }
  s->norm_p = sqrt(square_p);
  const size_t m = s->active;
  for (size_t j = 0; j < m; j++)
    for (size_t l = 0; l <= j; l++) {
      const difference *d = s->difference + j, *e = s->difference + l;
      s->gram[j * m + l] = s->gram[l * m + j] =
          inner(d->chosen, e->chosen, set) - inner(d->chosen, e->other, set) -
          inner(d->other, e->chosen, set) + inner(d->other, e->other, set);
    }
  if (!loses || !attn_cholesky(s->gram, m, m)) {
    s->active = 0;
    return false;
  }
  for (size_t j = 0; j < m; j++)
    s->ones[j] = 1;
  solve(s->ones, s);
  return m > 0;
}

/* g without tau, from x. */
//@begin gaps
static void take_gaps(attn_saturation *s) {
  memset(s->of_sample, 0, s->n * sizeof *s->of_sample);
  memset(s->of_group, 0, s->n * sizeof *s->of_group);
  for (size_t j = 0; j < s->active; j++) {
    s->of_sample[s->difference[j].sample] += s->x[j];
    s->of_group[s->group[s->difference[j].sample]] += s->x[j];
  }
  for (size_t j = 0; j < s->active; j++) {
    const difference *d = s->difference + j;
    const size_t G = s->group[d->sample];
    const double part = s->of_sample[d->sample] / s->of_group[G];
    s->g[j] = log(d->loss * s->share[G] / s->x[j] * part);
  }
}
//@end gaps

bool attn_saturation_solve(double *p, double *deficit, double R, attn_saturation *s) {
  const size_t m = s->active;
  if (m == 0)
    return false;
  double tau = 0, change = INFINITY;
  for (size_t j = 0; j < m; j++)
    s->x[j] = s->b[j] * R / s->norm_p;
  for (size_t iteration = 0; change > accuracy; iteration++) {
    if (iteration == ITERATIONS)
      return false;
    take_gaps(s);
    memcpy(s->inverse, s->g, m * sizeof *s->g);
    solve(s->inverse, s);
    /* R^2 = (g + tau)' gram^-1 (g + tau) */
    double gg = attn_dot(s->g, s->inverse, m), g1 = 0, one1 = 0;
    for (size_t j = 0; j < m; j++) {
      g1 += s->inverse[j];
      one1 += s->ones[j];
    }
    tau = (sqrt(g1 * g1 - one1 * (gg - R * R)) - g1) / one1;
    change = 0;
    for (size_t j = 0; j < m; j++) {
      /* half a step: a full one multiplies the error by about -|p_mm|/R */
      const double x = (s->x[j] + s->inverse[j] + tau * s->ones[j]) / 2;
      if (!(x > 0))
        return false;
      change = fmax(change, fabs(x / s->x[j] - 1));
      s->x[j] = x;
    }
  }
  double total = 0;
  memset(p, 0, (2 + s->N) * sizeof *p);
  for (size_t j = 0; j < m; j++) {
    p[s->difference[j].chosen] += s->x[j];
    p[s->difference[j].other] -= s->x[j];
    total += s->x[j];
  }
  /* A_G L_i = X_G exp(-tau) */
  *deficit = total * exp(-tau) / s->square_v;
  return true;
}
