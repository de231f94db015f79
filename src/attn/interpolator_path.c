#include "interpolator_path.h"

#include <math.h>
#include <string.h>

attn_interpolator_path *attn_interpolator_path_alloc(const double *R, size_t count,
                                                     size_t directions, size_t random,
                                                     const attn_labels *labels) {
  for (size_t i = 0; i < count; i++)
    if (!(R[i] > (i > 0 ? R[i - 1] : 0)) || !isfinite(R[i]))
      attn_fail("R = %g at place %zu: the bounds on |p| must be positive and rising", R[i], i + 1);
  attn_interpolator_path *path = attn_alloc(1, sizeof *path);
  path->count = count;
  path->directions = directions;
  path->random = random;
  path->starts = 1 + directions + random;
  path->R = attn_alloc(count, sizeof *path->R);
  path->end = attn_alloc(count * path->starts, sizeof *path->end);
  path->best = attn_alloc(count, sizeof *path->best);
  path->v = attn_alloc(count * (2 + labels->N), sizeof *path->v);
  path->p = attn_alloc(count * (2 + labels->N), sizeof *path->p);
  memcpy(path->R, R, count * sizeof *R);
  return path;
}

void attn_interpolator_path_free(attn_interpolator_path *path) {
  if (path == NULL)
    return;
  void *const parts[] = {path->R, path->end, path->best, path->v, path->p};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    attn_free(parts[i]);
  attn_free(path);
}

static double margin_of(const attn_interpolator_result *end) {
  return end->status == ATTN_INTERPOLATOR_INFEASIBLE ? 0 : end->margin;
}

/* From p to the optimum at R[i]; kept when it is the best so far. */
static void climb(attn_interpolator_path *path, size_t i, size_t start, double *v, double *p,
                  const attn_maxmargin_set *set, attn_interpolator_workspace *w) {
  const size_t size = 2 + set->labels->N;
  attn_interpolator_result *end = path->end + i * path->starts;
  end[start] = attn_interpolator_max_margin(v, p, path->R[i], set, w);
  if (start > 0 && !(margin_of(end + start) > margin_of(end + path->best[i])))
    return;
  path->best[i] = start;
  memcpy(path->v + i * size, v, size * sizeof *v);
  memcpy(path->p + i * size, p, size * sizeof *p);
}

void attn_interpolator_follow(attn_interpolator_path *path, const double *direction, gsl_rng *rng,
                              const attn_maxmargin_set *set, attn_interpolator_workspace *w) {
  const size_t size = 2 + set->labels->N;
  double *v = attn_alloc(size, sizeof *v), *p = attn_alloc(size, sizeof *p);
  memset(p, 0, size * sizeof *p);
  for (size_t i = 0; i < path->count; i++)
    climb(path, i, 0, v, p, set, w);
  for (size_t d = 0; d < path->directions; d++) {
    memcpy(p, direction + d * size, size * sizeof *p);
    for (size_t i = path->count; i-- > 0;)
      climb(path, i, 1 + d, v, p, set, w);
  }
  for (size_t i = 0; i < path->count; i++)
    for (size_t r = 0; r < path->random; r++) {
      attn_interpolator_random(p, set, rng);
      climb(path, i, 1 + path->directions + r, v, p, set, w);
    }
  attn_free(v);
  attn_free(p);
}

attn_interpolator_result attn_interpolator_path_best(const attn_interpolator_path *path, size_t i) {
  return path->end[i * path->starts + path->best[i]];
}

double attn_interpolator_path_spread(const attn_interpolator_path *path, size_t i) {
  const attn_interpolator_result *end = path->end + i * path->starts;
  double low = INFINITY, high = 0;
  for (size_t s = 0; s < path->starts; s++) {
    low = fmin(low, margin_of(end + s));
    high = fmax(high, margin_of(end + s));
  }
  return high > 0 ? (high - low) / high : 0;
}

size_t attn_interpolator_path_worse(const attn_interpolator_path *path, size_t i,
                                    double tolerance) {
  const attn_interpolator_result *end = path->end + i * path->starts;
  const double high = margin_of(end + path->best[i]);
  size_t worse = 0;
  for (size_t s = 0; s < path->starts; s++)
    worse += margin_of(end + s) < (1 - tolerance) * high;
  return worse;
}
