#include "naive.h"

#include <math.h>
#include <stdlib.h>

/* The labels, and tokens of zeros. */
static naive_data labelled(size_t n, size_t T, size_t d, const unsigned char *k,
                           const signed char *y) {
  naive_data data = {n, T, d, NULL, NULL, NULL};
  data.clean = calloc(n, sizeof *data.clean);
  data.label = calloc(n, sizeof *data.label);
  data.x = calloc(n * T * d, sizeof *data.x);
  if (data.clean == NULL || data.label == NULL || data.x == NULL)
    abort();
  for (size_t i = 0; i < n; i++) {
    data.clean[i] = k[i] == 0 ? 1 : -1;
    data.label[i] = y[i];
  }
  return data;
}

naive_data naive_data_make(size_t n, size_t T, size_t d, const unsigned char *k,
                           const signed char *y, double rho, const double *Xi) {
  naive_data data = labelled(n, T, d, k, y);
  for (size_t i = 0; i < n; i++)
    for (size_t t = 0; t < T; t++) {
      real *token = data.x + (i * T + t) * d;
      if (t == 0) {
        token[data.clean[i] == 1 ? 0 : 1] = rho;
      } else {
        const size_t j = i * (T - 1) + t - 1;
        for (size_t l = 2; l < d; l++)
          token[l] = Xi[j * (d - 2) + l - 2];
      }
    }
  return data;
}

naive_data naive_data_general(size_t n, size_t T, size_t d, const unsigned char *k,
                              const signed char *y, double rho, const double *a,
                              const size_t *noise, const double *Xi) {
  naive_data data = labelled(n, T, d, k, y);
  for (size_t i = 0; i < n; i++)
    for (size_t t = 0; t < T; t++) {
      real *token = data.x + (i * T + t) * d;
      token[0] = (real)rho * a[(i * T + t) * 2];
      token[1] = (real)rho * a[(i * T + t) * 2 + 1];
      if (noise[i * T + t] != (size_t)-1)
        for (size_t l = 2; l < d; l++)
          token[l] += Xi[noise[i * T + t] * (d - 2) + l - 2];
    }
  return data;
}

void naive_data_free(naive_data *data) {
  free(data->clean);
  free(data->label);
  free(data->x);
}

void naive_softmax(real *s, const real *b, size_t T) {
  for (size_t t = 0; t < T; t++) { /* s_t = 1 / sum_r exp(b_r - b_t) */
    real sum = 0;
    for (size_t r = 0; r < T; r++)
      sum += expl(b[r] - b[t]);
    s[t] = 1 / sum;
  }
}

void naive_jacobian(real *J, const real *s, size_t T) {
  for (size_t t = 0; t < T; t++)
    for (size_t r = 0; r < T; r++)
      J[t * T + r] = (t == r ? s[t] : 0) - s[t] * s[r];
}

real naive_dot(const real *x, const real *y, size_t count) {
  real sum = 0;
  for (size_t l = 0; l < count; l++)
    sum += x[l] * y[l];
  return sum;
}

real naive_output(real *s, const naive_data *data, size_t i, const real *v, const real *p) {
  const size_t T = data->T, d = data->d;
  real *b = calloc(T, sizeof *b);
  for (size_t t = 0; t < T; t++)
    b[t] = naive_dot(data->x + (i * T + t) * d, p, d);
  naive_softmax(s, b, T);
  free(b);
  real f = 0;
  for (size_t t = 0; t < T; t++)
    for (size_t l = 0; l < d; l++)
      f += v[l] * data->x[(i * T + t) * d + l] * s[t];
  return f;
}

real naive_loss(const naive_data *data, const real *v, const real *p) {
  real *s = calloc(data->T, sizeof *s), sum = 0;
  for (size_t i = 0; i < data->n; i++)
    sum += logl(1 + expl(-data->label[i] * naive_output(s, data, i, v, p)));
  free(s);
  return sum / (real)data->n;
}

void naive_gradient(real *dv, real *dp, const naive_data *data, const real *v, const real *p) {
  const size_t n = data->n, T = data->T, d = data->d;
  real *s = calloc(T, sizeof *s), *J = calloc(T * T, sizeof *J);
  for (size_t l = 0; l < d; l++)
    dv[l] = dp[l] = 0;
  for (size_t i = 0; i < n; i++) {
    const real *x = data->x + i * T * d;
    const real y = data->label[i];
    const real f = naive_output(s, data, i, v, p);
    const real w = -y / ((real)n * (1 + expl(y * f)));
    naive_jacobian(J, s, T);
    for (size_t t = 0; t < T; t++) {
      real slope = 0; /* df/db_t = sum_r J_tr x_r . v */
      for (size_t r = 0; r < T; r++)
        slope += J[t * T + r] * naive_dot(x + r * d, v, d);
      for (size_t l = 0; l < d; l++) {
        dv[l] += w * s[t] * x[t * d + l];
        dp[l] += w * slope * x[t * d + l];
      }
    }
  }
  free(s);
  free(J);
}

void naive_step(real *v, real *p, const naive_data *data, double beta) {
  real *dv = calloc(data->d, sizeof *dv), *dp = calloc(data->d, sizeof *dp);
  naive_gradient(dv, dp, data, v, p);
  for (size_t l = 0; l < data->d; l++) {
    v[l] -= beta * dv[l];
    p[l] -= beta * dp[l];
  }
  free(dv);
  free(dp);
}

real naive_binomial(size_t s, size_t n, double q) {
  /* C(n, s) q^s (1 - q)^(n - s), factors interleaved so that nothing overflows */
  real value = 1;
  for (size_t i = 0; i < s; i++)
    value *= (real)(n - i) / (real)(s - i) * q;
  for (size_t i = 0; i < n - s; i++)
    value *= 1 - (real)q;
  return value;
}
