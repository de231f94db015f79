#include "interpolator_starts.h"

#include <math.h>
#include <string.h>

#include "linalg.h"

attn_interpolator_starts *attn_interpolator_starts_alloc(size_t n, size_t T, size_t selections,
                                                         size_t random) {
  if (selections > ATTN_INTERPOLATOR_SELECTIONS)
    attn_fail("%zu selections to start from: there are %d", selections,
              ATTN_INTERPOLATOR_SELECTIONS);
  attn_interpolator_starts *s = attn_alloc(1, sizeof *s);
  s->n = n;
  s->size = 2 + n * (T - 1);
  s->wanted = selections;
  s->random = random;
  s->p_mm = attn_alloc(selections * s->size, sizeof *s->p_mm);
  s->v = attn_alloc(s->size, sizeof *s->v);
  s->p = attn_alloc(s->size, sizeof *s->p);
  s->found = attn_alloc(1 + selections + random, sizeof *s->found);
  s->solver = attn_interpolator_alloc(n, T);
  s->selector = attn_maxmargin_alloc(n, T);
  s->sigma = attn_alloc(n, sizeof *s->sigma);
  s->v_try = attn_alloc(s->size, sizeof *s->v_try);
  s->p_try = attn_alloc(s->size, sizeof *s->p_try);
  return s;
}

void attn_interpolator_starts_free(attn_interpolator_starts *s) {
  if (s == NULL)
    return;
  attn_interpolator_free(s->solver);
  attn_maxmargin_free(s->selector);
  void *const parts[] = {s->p_mm, s->v, s->p, s->found, s->sigma, s->v_try, s->p_try};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    attn_free(parts[i]);
  attn_free(s);
}

void attn_interpolator_starts_prepare(attn_interpolator_starts *s, const attn_maxmargin_set *set) {
  double margins[ATTN_MAXMARGIN_STARTS];
  s->selections = 0;
  for (size_t c = 0; c < s->wanted; c++) {
    if (c == 0)
      s->margin_limit = attn_maxmargin_best(s->sigma, margins, 0, NULL, set, s->selector);
    else
      attn_maxmargin_start(s->sigma, c - 1, set);
    attn_svm_result result;
    double *b = s->v_try; /* room for N */
    if (attn_maxmargin_attention(b, &result, s->sigma, set, s->selector) != ATTN_SVM_OK)
      continue;
    double *p = s->p_mm + s->selections++ * s->size;
    attn_maxmargin_attention_weights(p, p + 2, b, s->sigma, set->labels);
  }
  s->starts = 1 + s->selections + s->random;
}

/* Start 0. */
static attn_interpolator_result follow(attn_interpolator_starts *s, double nu,
                                       const attn_maxmargin_set *set) {
  memset(s->p_try, 0, s->size * sizeof *s->p_try);
  for (double larger = 100 * fmax(1, nu); larger > nu * 1.001; larger /= 10)
    attn_interpolator_min_norm(s->v_try, s->p_try, larger, set, s->solver);
  return attn_interpolator_min_norm(s->v_try, s->p_try, nu, set, s->solver);
}

void attn_interpolator_starts_solve(attn_interpolator_starts *s, double nu,
                                    const attn_maxmargin_set *set, gsl_rng *rng) {
  const double gap = 1 + fmax(0, log(1 / nu));
  s->objective = INFINITY;
  s->infeasible = 0;
  //@begin starts
  for (size_t start = 0; start < s->starts; start++) {
    attn_interpolator_result end;
    if (start == 0) {
      end = follow(s, nu, set);
    } else {
      if (start <= s->selections) {
        memcpy(s->p_try, s->p_mm + (start - 1) * s->size, s->size * sizeof *s->p_mm);
      } else {
        const double like = s->selections > 0 ? attn_interpolator_norm(s->p_mm, set, s->solver)
                                              : 1 / sqrt(set->noise[0]);
        attn_interpolator_random(s->p_try, set, rng);
        attn_scale(s->p_try, like / attn_interpolator_norm(s->p_try, set, s->solver), s->size);
      }
      attn_scale(s->p_try, gap, s->size);
      end = attn_interpolator_min_norm(s->v_try, s->p_try, nu, set, s->solver);
    }
    //@end starts
    const bool feasible = end.status != ATTN_INTERPOLATOR_INFEASIBLE;
    s->infeasible += !feasible;
    s->found[start] = feasible ? end.norm_v * end.norm_v + nu * end.R * end.R : INFINITY;
    if (start > 0 && !(s->found[start] < s->objective))
      continue;
    s->objective = s->found[start];
    s->best = end;
    memcpy(s->v, s->v_try, s->size * sizeof *s->v);
    memcpy(s->p, s->p_try, s->size * sizeof *s->p);
  }
}

size_t attn_interpolator_starts_worse(const attn_interpolator_starts *s, double tolerance) {
  size_t worse = 0;
  for (size_t start = 0; start < s->starts; start++)
    worse += isfinite(s->found[start]) && s->found[start] > s->objective * (1 + tolerance);
  return worse;
}

double attn_interpolator_starts_spread(const attn_interpolator_starts *s) {
  double most = s->objective;
  for (size_t start = 0; start < s->starts; start++)
    if (isfinite(s->found[start]))
      most = fmax(most, s->found[start]);
  return (most - s->objective) / s->objective;
}
