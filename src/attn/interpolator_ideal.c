#include "interpolator_ideal.h"

#include <math.h>

void attn_interpolator_ideal_classes(attn_interpolator_ideal_class class[2],
                                     const attn_labels *labels, double signal) {
  for (size_t k = 0; k < 2; k++)
    class[k] = (attn_interpolator_ideal_class){{0, 0}, signal};
  for (size_t i = 0; i < labels->n; i++)
    class[labels->k[i]].count[attn_labels_noisy(labels, i)]++;
}

void attn_interpolator_ideal_balanced(attn_interpolator_ideal_class class[2], double n,
                                      double kappa, double eta) {
  for (size_t k = 0; k < 2; k++)
    class[k] = (attn_interpolator_ideal_class){{(1 - eta) * n / 2, eta * n / 2}, kappa * kappa / n};
}

/* Everything at given gaps: m and P are where their quadratics are least. */
static attn_interpolator_ideal at_gaps(const double gap[2],
                                       const attn_interpolator_ideal_class *class, double nu) {
  static const double sigma[2] = {1, -1}; /* y y~ */
  const double *count = class->count;
  attn_interpolator_ideal o = {.gap = {gap[0], gap[1]}};
  double pull = 0, weight = 1 / class->signal, gaps = 0;
  for (size_t kind = 0; kind < 2; kind++) {
    const double E = exp(gap[kind]);
    pull += count[kind] * sigma[kind] * E * (1 + E);
    weight += count[kind] * E * E;
    gaps += count[kind] * gap[kind];
    o.attention[kind] = count[kind] > 0 ? 1 / (1 + exp(-gap[kind])) : NAN;
  }
  o.v_mu = pull / weight;
  o.p_mu = gaps / (1 / class->signal + count[0] + count[1]);
  o.vv = o.v_mu * o.v_mu / class->signal;
  o.pp = o.p_mu * o.p_mu / class->signal;
  for (size_t kind = 0; kind < 2; kind++) {
    const double E = exp(gap[kind]);
    o.v_xi[kind] = 1 + E - sigma[kind] * E * o.v_mu;
    o.p_xi[kind] = o.p_mu - gap[kind];
    o.vv += count[kind] * o.v_xi[kind] * o.v_xi[kind];
    o.pp += count[kind] * o.p_xi[kind] * o.p_xi[kind];
  }
  o.objective = o.vv + nu * o.pp;
  return o;
}

attn_interpolator_ideal attn_interpolator_ideal_from(const double gap[2],
                                                     const attn_interpolator_ideal_class *class,
                                                     double nu) {
  static const double direction[8][2] = {{1, 0}, {-1, 0}, {0, 1},  {0, -1},
                                         {1, 1}, {1, -1}, {-1, 1}, {-1, -1}};
  attn_interpolator_ideal best = at_gaps(gap, class, nu);
  /* a compass search: the first direction that lowers the objective is taken and the step grows,
   * where none does it shrinks */
  for (double step = 0.5; step > 1e-9;) {
    bool lower = false;
    for (size_t i = 0; i < 8 && !lower; i++) {
      double there[2];
      for (size_t kind = 0; kind < 2; kind++)
        there[kind] = best.gap[kind] + (class->count[kind] > 0 ? step * direction[i][kind] : 0);
      const attn_interpolator_ideal next = at_gaps(there, class, nu);
      lower = next.objective < best.objective * (1 - 1e-15);
      if (lower)
        best = next;
    }
    step *= lower ? 1.3 : 0.5;
  }
  return best;
}

size_t
attn_interpolator_ideal_optima(attn_interpolator_ideal optimum[ATTN_INTERPOLATOR_IDEAL_STARTS],
                               const attn_interpolator_ideal_class *class, double nu) {
  const double far = 1 + log1p(1 / nu); /* saturated gaps grow like log(1 / nu) */
  size_t found = 0;
  for (size_t start = 0; start < ATTN_INTERPOLATOR_IDEAL_STARTS; start++) {
    const double way[2] = {(double)(start % 3) - 1, (double)(start / 3) - 1};
    const double gap[2] = {class->count[0] > 0 ? far * way[0] : 0,
                           class->count[1] > 0 ? far * way[1] : 0};
    const attn_interpolator_ideal end = attn_interpolator_ideal_from(gap, class, nu);
    size_t place = found;
    bool known = false;
    for (size_t j = 0; j < found && !known; j++)
      known = fabs(optimum[j].gap[0] - end.gap[0]) + fabs(optimum[j].gap[1] - end.gap[1]) < 1e-4;
    if (known)
      continue;
    for (found++; place > 0 && optimum[place - 1].objective > end.objective; place--)
      optimum[place] = optimum[place - 1];
    optimum[place] = end;
  }
  return found;
}

size_t attn_interpolator_ideal_solve(attn_interpolator_ideal optimum[2],
                                     const attn_interpolator_ideal_class class[2], double nu) {
  attn_interpolator_ideal each[ATTN_INTERPOLATOR_IDEAL_STARTS];
  size_t product = 1;
  for (size_t k = 0; k < 2; k++) {
    product *= attn_interpolator_ideal_optima(each, class + k, nu);
    optimum[k] = each[0];
  }
  return product;
}

double attn_interpolator_ideal_radius(const attn_interpolator_ideal optimum[2], double d) {
  return sqrt((optimum[0].pp + optimum[1].pp) / d);
}

double attn_interpolator_ideal_attention(const attn_interpolator_ideal optimum[2],
                                         const attn_interpolator_ideal_class class[2],
                                         size_t kind) {
  double sum = 0, count = 0;
  for (size_t k = 0; k < 2; k++)
    if (class[k].count[kind] > 0) {
      sum += class[k].count[kind] * optimum[k].attention[kind];
      count += class[k].count[kind];
    }
  return sum / count;
}

attn_risk_input attn_interpolator_ideal_risk(const attn_interpolator_ideal optimum[2],
                                             const attn_interpolator_ideal_class class[2],
                                             double d) {
  attn_risk_input input = {.residual2 = NAN};
  for (size_t k = 0; k < 2; k++) {
    const attn_interpolator_ideal *o = optimum + k;
    const double label = k == 0 ? 1 : -1; /* y~ */
    input.mv[k] = label * o->v_mu;
    input.mp[k] = o->p_mu;
    for (size_t kind = 0; kind < 2; kind++) {
      /* v = sum_j y_j (V/d) xi_j, p = sum_j (Q/d) xi_j */
      const double tokens = class[k].count[kind] / d, V = o->v_xi[kind], Q = o->p_xi[kind];
      input.vv += tokens * V * V;
      input.pp += tokens * Q * Q;
      input.vp += (kind == 0 ? label : -label) * tokens * V * Q;
    }
  }
  return input;
}

/* Of clean samples, on the signal. */
static double balanced_attention(double kappa, double eta, double nu) {
  attn_interpolator_ideal_class class[2];
  attn_interpolator_ideal optimum[2];
  attn_interpolator_ideal_balanced(class, 1, kappa, eta);
  attn_interpolator_ideal_solve(optimum, class, nu);
  return optimum[0].attention[0];
}

double attn_interpolator_ideal_crossover(double eta, double nu, double low, double high,
                                         double precision) {
  double kappa = low;
  while (balanced_attention(kappa, eta, nu) <= 0.5) {
    if (kappa >= high)
      return NAN;
    low = kappa;
    kappa = fmin(high, 1.02 * kappa);
  }
  while (kappa - low > precision * low) {
    const double middle = (low + kappa) / 2;
    *(balanced_attention(middle, eta, nu) > 0.5 ? &kappa : &low) = middle;
  }
  return (low + kappa) / 2;
}

double attn_interpolator_ideal_rate(double kappa, double eta, double nu) {
  attn_interpolator_ideal_class class[2];
  attn_interpolator_ideal optimum[2];
  attn_interpolator_ideal_balanced(class, 1, kappa, eta);
  attn_interpolator_ideal_solve(optimum, class, nu);
  const attn_risk_input input = attn_interpolator_ideal_risk(optimum, class, 1); /* n = d = 1 */
  const double sigma = sqrt(input.pp), s = sqrt(input.vv);
  double least = INFINITY;
  for (double z = 0; z < 10; z += 1e-4) { /* convex in z, and 0 costs (e^P m / s)^2 / 2 */
    const double w = exp(input.mp[0] - sigma * z) * input.mv[0] / s;
    least = fmin(least, (z * z + w * w) / 2);
  }
  return least;
}
