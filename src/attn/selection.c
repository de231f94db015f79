#include "selection.h"

#include <math.h>
#include <string.h>

attn_selection_counts attn_selection_kinds(const attn_labels *labels) {
  attn_selection_counts kinds = {{{0}}};
  for (size_t i = 0; i < labels->n; i++)
    kinds.count[labels->k[i]][attn_labels_noisy(labels, i)]++;
  return kinds;
}

attn_selection_counts attn_selection_on_signal(const unsigned char *sigma,
                                               const attn_labels *labels) {
  attn_selection_counts on = {{{0}}};
  for (size_t i = 0; i < labels->n; i++)
    on.count[labels->k[i]][attn_labels_noisy(labels, i)] += sigma[i] == 0;
  return on;
}

attn_selection_type attn_selection_type_of(const attn_selection_counts *on,
                                           const attn_selection_counts *kinds) {
  bool optimal[2], noise[2];
  for (size_t k = 0; k < 2; k++) {
    optimal[k] = on->count[k][0] == kinds->count[k][0] && on->count[k][1] == 0;
    noise[k] = on->count[k][0] + on->count[k][1] == 0;
  }
  if (optimal[0] && optimal[1])
    return ATTN_SELECTION_OPTIMAL;
  if (noise[0] && noise[1])
    return ATTN_SELECTION_NOISE;
  return (optimal[0] || noise[0]) && (optimal[1] || noise[1]) ? ATTN_SELECTION_SPLIT
                                                              : ATTN_SELECTION_OTHER;
}

static double samples_of(const attn_selection_setting *setting) {
  double n = 0;
  for (size_t k = 0; k < 2; k++)
    n += (double)(setting->kinds.count[k][0] + setting->kinds.count[k][1]);
  return n;
}

double attn_selection_cost(const attn_selection_counts *on, const attn_selection_setting *setting) {
  //@begin cost
  double m = samples_of(setting), signals = 0;
  for (size_t k = 0; k < 2; k++) {
    const size_t here = on->count[k][0] + on->count[k][1];
    m -= (double)here;
    signals += here > 0;
  }
  return setting->d * (m / (setting->d - m) + signals / (setting->rho * setting->rho));
  //@end cost
}

double attn_selection_deviation(const attn_selection_counts *on, const attn_selection_counts *other,
                                const attn_selection_setting *setting) {
  double a = 0, b = 0, m = 0;
  for (size_t k = 0; k < 2; k++)
    for (size_t noisy = 0; noisy < 2; noisy++) {
      const double all = (double)setting->kinds.count[k][noisy];
      const double one = all - (double)on->count[k][noisy];
      const double two = all - (double)other->count[k][noisy];
      m += fmin(one, two);
      a += fmax(0, one - two);
      b += fmax(0, two - one);
    }
  return sqrt((2 * (a * a + b * b) + 4 * (a + b) * m) / setting->d);
}

/* Choice c of class k: none on the signal, then 1, 2, ... clean ones, then 1, 2, ... noisy ones. */
static size_t choices(const attn_selection_setting *setting, size_t k) {
  return 1 + setting->kinds.count[k][0] + setting->kinds.count[k][1];
}

static void choose(attn_selection_counts *on, const attn_selection_setting *setting, size_t k,
                   size_t c) {
  const size_t clean = setting->kinds.count[k][0];
  on->count[k][0] = c <= clean ? c : 0;
  on->count[k][1] = c <= clean ? 0 : c - clean;
}

attn_selection_prediction attn_selection_predict(const attn_selection_setting *setting) {
  attn_selection_prediction p = {.cost = INFINITY, .second = INFINITY, .distance = INFINITY};
  attn_selection_counts on;
  for (int pass = 0; pass < 2; pass++) /* the best, then the others against it */
    for (size_t a = 0; a < choices(setting, 0); a++)
      for (size_t b = 0; b < choices(setting, 1); b++) {
        choose(&on, setting, 0, a);
        choose(&on, setting, 1, b);
        const double cost = attn_selection_cost(&on, setting);
        if (pass == 0 && cost < p.cost) {
          p.cost = cost;
          p.best = on;
        } else if (pass == 1 && memcmp(&on, &p.best, sizeof on) != 0) {
          p.second = fmin(p.second, cost - p.cost);
          p.distance =
              fmin(p.distance, (cost - p.cost) / attn_selection_deviation(&on, &p.best, setting));
        }
      }
  p.distance -= sqrt(2 * samples_of(setting) * log((double)setting->T - 1));
  return p;
}

double attn_selection_switch(const attn_selection_setting *setting, size_t k) {
  const double d = setting->d, g = (double)setting->kinds.count[k][0];
  const double other = (double)setting->kinds.count[1 - k][0];
  double m = samples_of(setting) - g; /* noise tokens in use beside those g */
  if (other > g)
    m -= other;
  else if (other == g)
    m -= other / 2; /* one of the two is the first */
  /* 1/rho^2 = (m + g)/(d - m - g) - m/(d - m) */
  return sqrt((d - m) * (d - m - g) / (g * d));
}

double attn_selection_mixed_cost(const attn_selection_counts *on,
                                 const attn_selection_setting *setting, attn_selection_part part,
                                 size_t k, double c) {
  const double r = setting->rho * setting->rho / setting->d, o = 1 - c;
  const double clean = (double)setting->kinds.count[k][0];
  const double start = attn_selection_cost(on, setting);
  const attn_selection_type type = attn_selection_type_of(on, &setting->kinds);
  const bool unused = on->count[k][0] + on->count[k][1] == 0; /* the signal of the class */
  if (type != ATTN_SELECTION_OPTIMAL && type != ATTN_SELECTION_NOISE)
    return NAN;
  if (unused)
    return part == ATTN_SELECTION_ALL_CLEAN ? start - clean + clean / (o * o + c * c * r * clean)
                                            : start - 1 + 1 / (o * o + c * c * r);
  if (part == ATTN_SELECTION_NOISY) /* v . mu_k = 1 stands against its label */
    return start - 1 + (1 + c) * (1 + c) / (o * o);
  if (part == ATTN_SELECTION_ALL_CLEAN || clean == 1)
    return start - 1 / r + 1 / (o * o * r + c * c / clean);
  /* y v . mu_k = s >= 1 for the others of its class, c y v . xi + (1 - c) s = 1 for itself */
  const double s = fmax(1, o / (c * c / r + o * o)), t = (1 - o * s) / c;
  return start - 1 / r + s * s / r + t * t;
}
