#include "risk_kinds.h"

#include <float.h>
#include <gsl/gsl_math.h>
#include <math.h>

#include "logprob.h"
#include "rng.h"

static const double LOG_SQRT_2PI = 0.918938533204672741780329736406;

/* How far below the largest value the integrand is neglected, as a logarithm. */
static const double CUT = 45;

/* ---- the integrand ---- */

typedef struct {
  const attn_attention *attention;
  double m_v, m_p, sigma, kappa, s; /* of one class, so that an error is a negative output */
  double side;                      /* 1: P(output < 0), -1: P(output > 0) */
} integrand;

/* log Phi(-side mean / deviation), its limit where the deviation is zero; 1/2 for a tie. */
static double log_tail(double mean, double deviation, double side) {
  if (deviation > 0)
    return attn_logprob_phi(-side * mean / deviation);
  return mean == 0 ? -M_LN2 : side * mean < 0 ? 0 : -INFINITY;
}

/* log P(output < 0 | z) for the standard normal score z of the noise token. */
static double log_given(double z, const integrand *at) {
  const double b[2] = {at->m_p, at->sigma * z};
  double s[2];
  attn_attention_weights(s, b, 2, at->attention);
  return log_tail(s[0] * at->m_v + s[1] * at->kappa * z, fabs(s[1]) * at->s, at->side);
}

static double log_integrand(double z, const integrand *at) {
  return -0.5 * z * z - LOG_SQRT_2PI + log_given(z, at);
}

/* ---- quadrature ---- */

enum { PANELS = 1500, FIRST_PANELS = 48, SCAN = 400, PIECES = 4 };

/* Gauss-Kronrod (7, 15) on [-1, 1]: QUADPACK's qk15. */
static const double node[8] = {
    0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
    0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
    0.586087235467691130294144968711320, 0.405845151377397166906606412076961,
    0.207784955007898467600689403773245, 0.000000000000000000000000000000000};
static const double kronrod[8] = {
    0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
    0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
    0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
    0.204432940075298892414161999234649, 0.209482141084727828012999174891714};
static const double gauss[4] = {
    0.129484966168869693270611432679082, 0.279705391489276667901467771423780,
    0.381830050505118944950369775488975, 0.417959183673469387755102040816327};

typedef struct {
  double low, high;
  double log_value, log_error; /* of its integral, and of the two rules' difference */
  double rounding;             /* |log integrand| where it is largest */
} panel;

static panel panel_of(double low, double high, const integrand *at) {
  const double middle = 0.5 * (low + high), half = 0.5 * (high - low);
  double L[15], top = -INFINITY, sum = 0, difference = 0;
  for (int i = 0; i < 15; i++) {
    const int j = i < 8 ? i : 14 - i;
    L[i] = log_integrand(middle + (i < 8 ? -1 : 1) * half * node[j], at);
    top = fmax(top, L[i]);
  }
  if (top == -INFINITY)
    return (panel){low, high, -INFINITY, -INFINITY, 0};
  for (int i = 0; i < 15; i++) {
    const int j = i < 8 ? i : 14 - i;
    const double x = exp(L[i] - top);
    sum += kronrod[j] * x;
    difference += (kronrod[j] - (j % 2 ? gauss[j / 2] : 0)) * x;
  }
  const double scale = top + log(half);
  return (panel){low, high, scale + log(sum), scale + log(fabs(difference)), fabs(top)};
}

/* |z| beyond which the integrand is below exp(-CUT) of its largest value; 0 if it is zero wherever a
 * double can tell. */
static double reach(const integrand *at) {
  for (double Z = 8;; Z *= 2) {
    double top = -INFINITY;
    for (int i = -SCAN; i <= SCAN; i++)
      top = fmax(top, log_integrand(Z * i / SCAN, at));
    if (top > -INFINITY && 0.5 * Z * Z > CUT - top)
      return sqrt(2 * (CUT - top));
    if (Z > 1e150)
      return 0;
  }
}

/* Where s(m_p, b) is not smooth in b, or s_2 is zero; ascending. */
static size_t breaks_of(double b[PIECES - 1], const integrand *at) {
  switch (at->attention->kind) {
  case ATTN_LINEAR: /* s_2 = (2 + b - m_p) / 4, s_1 = (2 - b + m_p) / 4 */
  case ATTN_SPARSEMAX: {
    const double width = at->attention->kind == ATTN_LINEAR ? 2 : 1;
    b[0] = at->m_p - width;
    b[1] = at->m_p + width;
    return 2;
  }
  case ATTN_HARD:
    b[0] = at->m_p;
    return 1;
  default:
    return 0;
  }
}

/* log of the integral, with the absolute error of the logarithm. */
static double integral(double *error, const integrand *at, panel *list) {
  *error = 0;
  if (at->sigma == 0) { /* every noise token scores 0 */
    *error = 4 * DBL_EPSILON;
    return log_given(0, at);
  }
  const double Z = reach(at);
  if (Z == 0)
    return -INFINITY;
  double b[PIECES - 1], edge[PIECES + 1];
  size_t pieces = 0, count = 0;
  const size_t breaks = breaks_of(b, at);
  edge[0] = -Z;
  for (size_t i = 0; i < breaks; i++)
    if (fabs(b[i] / at->sigma) < Z)
      edge[++pieces] = b[i] / at->sigma;
  edge[++pieces] = Z;
  for (size_t p = 0; p < pieces; p++)
    for (int i = 0; i < FIRST_PANELS; i++) {
      const double width = (edge[p + 1] - edge[p]) / FIRST_PANELS;
      list[count++] = panel_of(edge[p] + i * width,
                               i + 1 == FIRST_PANELS ? edge[p + 1] : edge[p] + (i + 1) * width, at);
    }
  /* in sweeps, every panel whose error still counts is halved */
  for (;;) {
    double value = -INFINITY, wrong = -INFINITY, rounding = 0;
    for (size_t i = 0; i < count; i++) {
      value = attn_logprob_sum(value, list[i].log_value);
      wrong = attn_logprob_sum(wrong, list[i].log_error);
    }
    const double allowed = value + log(1e-12 / (double)count);
    bool halved = false;
    for (size_t i = 0, panels = count; i < panels && count < PANELS; i++) {
      const panel old = list[i];
      const double middle = 0.5 * (old.low + old.high);
      if (!(old.log_error > allowed && middle > old.low && middle < old.high))
        continue;
      list[i] = panel_of(old.low, middle, at);
      list[count++] = panel_of(middle, old.high, at);
      halved = true;
    }
    if (halved)
      continue;
    for (size_t i = 0; i < count; i++)
      if (list[i].log_value > value - CUT)
        rounding = fmax(rounding, list[i].rounding);
    *error = value == -INFINITY ? 0 : exp(wrong - value) + 1e-14 + 8 * DBL_EPSILON * rounding;
    return value;
  }
}

/* ---- both classes ---- */

static integrand integrand_of(const attn_risk_input *input, const attn_attention *attention,
                              int k) {
  const attn_risk_noise noise = attn_risk_input_noise(input);
  const double sign = k == 0 ? 1 : -1;
  return (integrand){
      attention, sign * input->mv[k], input->mp[k], noise.sigma, sign * noise.kappa, noise.s, 1};
}

attn_risk_result attn_risk_kinds_two(const attn_risk_input *input,
                                     const attn_attention *attention) {
  if (attn_risk_input_check(input, 2, 0) != NULL)
    return attn_risk_result_bad();
  panel *list = attn_alloc(PANELS, sizeof *list);
  double log_side[2][2], error[2]; /* [wrong, right][class] */
  for (int k = 0; k < 2; k++) {
    double of_side[2];
    integrand at = integrand_of(input, attention, k);
    for (int side = 0; side < 2; side++) {
      at.side = side == 0 ? 1 : -1;
      log_side[side][k] = fmin(integral(&of_side[side], &at, list), 0);
    }
    /* the larger of the two is one minus the smaller */
    const int smaller = log_side[0][k] < log_side[1][k] ? 0 : 1;
    log_side[1 - smaller][k] = attn_logprob_complement(log_side[smaller][k]);
    error[k] = of_side[smaller];
    if (log_side[smaller][k] == -INFINITY)
      log_side[1 - smaller][k] = 0;
  }
  attn_free(list);
  attn_risk_result result = attn_risk_result_of(log_side[0], log_side[1], error);
  if (!(result.error <= 1e-6))
    result.status = ATTN_RISK_UNCERTAIN;
  return result;
}

attn_risk_result attn_risk_kinds_sampled(const attn_risk_input *input,
                                         const attn_attention *attention, size_t T, size_t draws,
                                         gsl_rng *rng) {
  if (attn_risk_input_check(input, T, 0) != NULL)
    return attn_risk_result_bad();
  double *row = attn_alloc(3 * T, sizeof *row), *z = row, *b = row + T, *s = b + T;
  double mean[2] = {0, 0}, right[2] = {0, 0}, sum = 0, squares = 0;
  for (size_t draw = 0; draw < draws; draw++) {
    double both = 0;
    attn_rng_gaussian(z + 1, T - 1, rng);
    for (int k = 0; k < 2; k++) {
      const integrand at = integrand_of(input, attention, k);
      b[0] = at.m_p;
      for (size_t t = 1; t < T; t++)
        b[t] = at.sigma * z[t];
      attn_attention_weights(s, b, T, attention);
      double output = s[0] * at.m_v, spread = 0;
      for (size_t t = 1; t < T; t++) {
        output += s[t] * at.kappa * z[t];
        spread += s[t] * s[t];
      }
      const double deviation = sqrt(spread) * at.s, wrong = exp(log_tail(output, deviation, 1));
      mean[k] += wrong / (double)draws;
      right[k] += exp(log_tail(output, deviation, -1)) / (double)draws;
      both += wrong / 2;
    }
    sum += both;
    squares += both * both;
  }
  attn_free(row);
  const double average = sum / (double)draws;
  const double variance = fmax(squares / (double)draws - average * average, 0);
  attn_risk_result result =
      attn_risk_result_of((const double[]){log(mean[0]), log(mean[1])},
                          (const double[]){log(right[0]), log(right[1])}, (const double[]){0, 0});
  result.error = sqrt(variance / (double)draws) / (average * M_LN10);
  if (!(result.error <= 0.1))
    result.status = ATTN_RISK_UNCERTAIN;
  return result;
}
