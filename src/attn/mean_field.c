#include "mean_field.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "model.h"
#include "risk.h"

static const double sign[2] = {1, -1}; /* y_i y~_i of clean and noisy samples */
static const double farthest = 8.5;    /* standard deviations */

attn_mean_field *attn_mean_field_alloc(size_t grid) {
  attn_mean_field *pop = attn_alloc(1, sizeof *pop);
  pop->grid = grid;
  pop->z = attn_alloc(grid, sizeof *pop->z);
  pop->mass = attn_alloc(grid, sizeof *pop->mass);
  double sum = 0;
  for (size_t j = 0; j < grid; j++) {
    pop->z[j] = farthest * (2 * (double)j / ((double)grid - 1) - 1);
    pop->mass[j] = exp(-pop->z[j] * pop->z[j] / 2);
    sum += pop->mass[j];
  }
  for (size_t j = 0; j < grid; j++)
    pop->mass[j] /= sum;
  double **const of[] = {pop->v_xi, pop->p_xi, pop->margin, pop->share};
  for (size_t q = 0; q < 4; q++)
    for (size_t kind = 0; kind < 2; kind++)
      of[q][kind] = attn_alloc(grid * grid, sizeof(double));
  return pop;
}

void attn_mean_field_free(attn_mean_field *pop) {
  if (pop == NULL)
    return;
  attn_free(pop->z);
  attn_free(pop->mass);
  for (size_t kind = 0; kind < 2; kind++) {
    attn_free(pop->v_xi[kind]);
    attn_free(pop->p_xi[kind]);
    attn_free(pop->margin[kind]);
    attn_free(pop->share[kind]);
  }
  attn_free(pop);
}

/* The j-th point of an axis; of one point, 0 with mass 1. */
static double first_score(const attn_mean_field *pop, size_t axis, size_t j) {
  return pop->points[axis] == 1 ? 0 : pop->size[axis] * pop->z[j];
}

static double mass_of(const attn_mean_field *pop, size_t axis, size_t j) {
  return pop->points[axis] == 1 ? 1 : pop->mass[j];
}

static double average(const attn_mean_field *pop,
                      double (*of)(const attn_mean_field *pop, size_t kind, size_t at),
                      size_t kind) {
  double sum = 0;
  for (size_t i = 0; i < pop->points[ATTN_V]; i++)
    for (size_t j = 0; j < pop->points[ATTN_P]; j++)
      sum += mass_of(pop, ATTN_V, i) * mass_of(pop, ATTN_P, j) *
             of(pop, kind, i * pop->points[ATTN_P] + j);
  return sum;
}

static void forward(attn_mean_field *pop) {
  for (size_t kind = 0; kind < 2; kind++)
    for (size_t at = 0; at < pop->points[ATTN_V] * pop->points[ATTN_P]; at++) {
      const double s = 1 / (1 + exp(pop->p_xi[kind][at] - pop->p_mu));
      pop->share[kind][at] = s;
      pop->margin[kind][at] = s * sign[kind] * pop->v_mu + (1 - s) * pop->v_xi[kind][at];
    }
}

void attn_mean_field_start(attn_mean_field *pop, const attn_data_param *param, double size_v,
                           double size_p) {
  if (param->T != 2)
    attn_fail("T = %zu: a mean_field has two tokens for each sample", param->T);
  pop->param = *param;
  pop->size[ATTN_V] = size_v;
  pop->size[ATTN_P] = size_p;
  for (size_t axis = 0; axis < 2; axis++)
    pop->points[axis] = pop->size[axis] > 0 ? pop->grid : 1;
  pop->v_mu = pop->p_mu = 0;
  for (size_t kind = 0; kind < 2; kind++)
    for (size_t i = 0; i < pop->points[ATTN_V]; i++)
      for (size_t j = 0; j < pop->points[ATTN_P]; j++) {
        const size_t at = i * pop->points[ATTN_P] + j;
        pop->v_xi[kind][at] = first_score(pop, ATTN_V, i);
        pop->p_xi[kind][at] = first_score(pop, ATTN_P, j);
      }
  forward(pop);
}

/* n times -y_i dL/df_i */
static double pull(const attn_mean_field *pop, size_t kind, size_t at) {
  return 1 / (1 + exp(pop->margin[kind][at]));
}

/* a sample's part in the gradients' components on its signal, v's and p's, without rho^2 / n */
static double on_v(const attn_mean_field *pop, size_t kind, size_t at) {
  return pull(pop, kind, at) * pop->share[kind][at];
}
static double on_p(const attn_mean_field *pop, size_t kind, size_t at) {
  return on_v(pop, kind, at) * (sign[kind] * pop->v_mu - pop->margin[kind][at]);
}

//@begin step
void attn_mean_field_step(attn_mean_field *pop, double beta) {
  const double rho2 = pop->param.rho * pop->param.rho;
  const double noise2 = (double)pop->param.d / (double)pop->param.n; /* |xi|^2 / n */
  const double share[2] = {1 - pop->param.eta, pop->param.eta};
  double v_mu = 0, p_mu = 0;
  for (size_t kind = 0; kind < 2; kind++) { /* the n/2 samples of a class share its signal */
    v_mu += beta * rho2 / 2 * share[kind] * sign[kind] * average(pop, on_v, kind);
    p_mu += beta * rho2 / 2 * share[kind] * average(pop, on_p, kind);
  }
  for (size_t kind = 0; kind < 2; kind++)
    for (size_t at = 0; at < pop->points[ATTN_V] * pop->points[ATTN_P]; at++) {
      const double own = beta * noise2 * pull(pop, kind, at) * (1 - pop->share[kind][at]);
      pop->p_xi[kind][at] += own * (pop->v_xi[kind][at] - pop->margin[kind][at]);
      pop->v_xi[kind][at] += own;
    }
  pop->v_mu += v_mu;
  pop->p_mu += p_mu;
  forward(pop);
}
//@end step

static double share_of(const attn_mean_field *pop, size_t kind, size_t at) {
  return pop->share[kind][at];
}

double attn_mean_field_attention(const attn_mean_field *pop, size_t kind) {
  return average(pop, share_of, kind);
}

/* Along the last axis with more than one point the margin is taken as linear between points, so that
 * the chance moves without jumps. */
double attn_mean_field_unfitted(const attn_mean_field *pop, size_t kind) {
  const bool along_p = pop->points[ATTN_P] > 1;
  const size_t along = along_p ? pop->points[ATTN_P] : pop->points[ATTN_V];
  const size_t lines = along_p ? pop->points[ATTN_V] : 1;
  double chance = 0;
  for (size_t i = 0; i < lines; i++) {
    const double *m = pop->margin[kind] + i * along;
    double line = m[0] > 0 ? 0 : along == 1 ? 1 : gsl_cdf_ugaussian_P(pop->z[0]);
    for (size_t j = 0; j + 1 < along; j++) {
      const double a = pop->z[j], b = pop->z[j + 1];
      const double root = m[j] == m[j + 1] ? b : a + (b - a) * m[j] / (m[j] - m[j + 1]);
      const double from = m[j] > 0 ? root : a, to = m[j + 1] > 0 ? root : b;
      if (!(m[j] > 0 && m[j + 1] > 0)) /* upper tails keep their digits on the right */
        line += from > 0 ? gsl_cdf_ugaussian_Q(from) - gsl_cdf_ugaussian_Q(to)
                         : gsl_cdf_ugaussian_P(to) - gsl_cdf_ugaussian_P(from);
    }
    chance += (along_p ? mass_of(pop, ATTN_V, i) : 1) * line;
  }
  return fmin(chance, 1);
}

double attn_mean_field_fitted(const attn_mean_field *pop) {
  const double n = (double)pop->param.n, eta = pop->param.eta;
  return exp(n * (1 - eta) * log1p(-attn_mean_field_unfitted(pop, ATTN_CLEAN)) +
             (eta > 0 ? n * eta * log1p(-attn_mean_field_unfitted(pop, ATTN_NOISY)) : 0));
}

/* With v = v_0 + sum_i c_i xi_i, c_i = (xi_i . v - xi_i . v_0) / d, the noise part of |v|^2 is
 * |v_0|^2 + sum_i ((xi_i . v)^2 - (xi_i . v_0)^2) / d. */
static double square_v(const attn_mean_field *pop, size_t kind, size_t at) {
  const double first = first_score(pop, ATTN_V, at / pop->points[ATTN_P]);
  return pop->v_xi[kind][at] * pop->v_xi[kind][at] - first * first;
}
static double square_p(const attn_mean_field *pop, size_t kind, size_t at) {
  const double first = first_score(pop, ATTN_P, at % pop->points[ATTN_P]);
  return pop->p_xi[kind][at] * pop->p_xi[kind][at] - first * first;
}

attn_risk_input attn_mean_field_risk_input(const attn_mean_field *pop) {
  const double ratio = (double)pop->param.n / (double)pop->param.d;
  const double share[2] = {1 - pop->param.eta, pop->param.eta};
  attn_risk_input input = {{pop->v_mu, -pop->v_mu},
                           {pop->p_mu, pop->p_mu},
                           pop->size[ATTN_V] * pop->size[ATTN_V],
                           pop->size[ATTN_P] * pop->size[ATTN_P],
                           0,
                           NAN};
  for (size_t kind = 0; kind < 2; kind++) { /* v . p cancels between the labels +1 and -1 */
    input.vv += ratio * share[kind] * average(pop, square_v, kind);
    input.pp += ratio * share[kind] * average(pop, square_p, kind);
  }
  return input;
}

double attn_mean_field_log10_risk(const attn_mean_field *pop) {
  const attn_risk_input input = attn_mean_field_risk_input(pop);
  return attn_risk_log10(&input, 2).log10_clean;
}
