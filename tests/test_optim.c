/* The optimizers: closed forms on quadratics, naive twins in R^d, every geometry, and misuse. */
#include "support.h"

#include <complex.h>
#include <stdlib.h>
#include <string.h>

#include "basis.h"
#include "batch.h"
#include "linalg.h"
#include "naive.h"
#include "optim.h"
#include "recursion.h"
#include "rng.h"
#include "tokens_dense.h"
#include "tokens_gram.h"
#include "train.h"

/* ---- closed forms ---- */

/* x_t of x_{t+1} = a x_t + b x_{t-1}, from x_0 and x_1, by the roots of z^2 = a z + b. */
static double two_term(double a, double b, double x0, double x1, double t) {
  const double complex root = csqrt(a * a / 4 + b);
  const double complex r = a / 2 + root, s = a / 2 - root;
  return creal(((x1 - s * x0) * cpow(r, t) + (r * x0 - x1) * cpow(s, t)) / (r - s));
}

/* Loss sum_l lambda_l theta_l^2 / 2. Heavy ball: theta_{t+1} = (1 + m - beta lambda) theta_t
 * - m theta_{t-1}; Nesterov: the same with (1 + m)(1 - beta lambda) and m (1 - beta lambda). Weight
 * decay adds to lambda. Roots are complex, real, and real of both signs. */
static void test_quadratic(void **state) {
  (void)state;
  const double lambda[4] = {0.001, 0.3, 4, 11}, start[4] = {3, -1, 0.5, 2}, m = 0.7, beta = 0.15;
  const attn_optim_rule rules[] = {ATTN_OPTIM_GD, ATTN_OPTIM_SGD, ATTN_OPTIM_MOMENTUM,
                                   ATTN_OPTIM_NESTEROV};
  for (size_t c = 0; c < 8; c++) {
    attn_optim optim = attn_optim_usual(rules[c % 4], beta);
    optim.momentum = m;
    optim.decay = c < 4 ? 0 : 0.2;
    optim.state = attn_optim_state_alloc(optim.rule, 4);
    double theta[4], grad[4];
    memcpy(theta, start, sizeof theta);
    for (double t = 0; t < 12; t++) {
      for (size_t l = 0; l < 4; l++) {
        const double z = 1 - beta * (lambda[l] + optim.decay);
        const double expected =
            optim.rule == ATTN_OPTIM_MOMENTUM ? two_term(z + m, -m, start[l], z * start[l], t)
            : optim.rule == ATTN_OPTIM_NESTEROV
                ? two_term((1 + m) * z, -m * z, start[l], ((1 + m) * z - m) * start[l], t)
                : start[l] * pow(z, t);
        assert_close(theta[l], expected, 1e-12);
        grad[l] = lambda[l] * theta[l];
      }
      attn_optim_update(&optim, theta, grad, 4);
    }
    attn_optim_state_free(optim.state);
  }
}

/* Sign descent on any loss with its minimum at zero: beta a step until it would pass, then to and
 * fro; a coordinate at zero rests. Decay is decoupled. */
static void test_sign(void **state) {
  (void)state;
  attn_optim optim = attn_optim_usual(ATTN_OPTIM_SIGN, 0.25);
  double theta[3] = {1.125, -0.375, 0};
  const double expected[8][2] = {{1.125, -0.375}, {0.875, -0.125}, {0.625, 0.125},
                                 {0.375, -0.125}, {0.125, 0.125},  {-0.125, -0.125},
                                 {0.125, 0.125},  {-0.125, -0.125}};
  for (size_t t = 0; t < 8; t++) {
    assert_true(theta[0] == expected[t][0] && theta[1] == expected[t][1] && theta[2] == 0);
    const double grad[3] = {1e-300 * theta[0], 1e9 * theta[1], theta[2]};
    attn_optim_update(&optim, theta, grad, 3);
  }
  optim.decay = 2;
  double x = 8;
  attn_optim_update(&optim, &x, &(double){-3}, 1);
  assert_true(x == 8 * (1 - 0.25 * 2) + 0.25);
}

/* Normalised: the update is given the unit vector; its decay is decoupled. */
static void test_normalised_decay(void **state) {
  (void)state;
  attn_optim optim = attn_optim_usual(ATTN_OPTIM_NORMALISED, 0.5);
  optim.decay = 0.5;
  double x[2] = {4, 8};
  attn_optim_update(&optim, x, (double[]){0.6, -0.8}, 2);
  assert_relative(x[0], 4 * 0.75 - 0.3, 1e-15);
  assert_relative(x[1], 8 * 0.75 + 0.4, 1e-15);
}

/* Adam's bias corrections make a constant gradient give steps beta g / (|g| + epsilon) from the
 * first on; after g_1, g_2 the second step is beta m / (sqrt(s) + epsilon) with m = (b1 g_1 +
 * g_2)/(1 + b1), s = (b2 g_1^2 + g_2^2)/(1 + b2). With decay lambda, adam adds lambda theta to g,
 * and adamw goes to -sign(g)/lambda by the factor 1 - beta lambda a step. */
static void test_adam(void **state) {
  (void)state;
  const double g[4] = {2, -1e-3, 5e-9, 0}, beta = 0.1, b1 = 0.8, b2 = 0.95, epsilon = 1e-8;
  for (size_t c = 0; c < 2; c++) {
    attn_optim optim = attn_optim_usual(c == 0 ? ATTN_OPTIM_ADAM : ATTN_OPTIM_ADAMW, beta);
    assert_true(optim.beta1 == 0.9 && optim.beta2 == 0.999 && optim.epsilon == epsilon);
    optim.beta1 = b1;
    optim.beta2 = b2;
    optim.state = attn_optim_state_alloc(optim.rule, 4);
    double theta[4] = {1, 1, 1, 1};
    for (double t = 1; t <= 30; t++) {
      attn_optim_update(&optim, theta, g, 4);
      for (size_t l = 0; l < 4; l++)
        assert_close(theta[l], 1 - t * beta * g[l] / (fabs(g[l]) + epsilon), 1e-13);
    }

    attn_optim_state_zero(optim.state);
    const double h[4] = {-1, 3e-3, 0, 7};
    double x[4] = {0};
    attn_optim_update(&optim, x, g, 4);
    attn_optim_update(&optim, x, h, 4);
    for (size_t l = 0; l < 4; l++) {
      const double m = (b1 * g[l] + h[l]) / (1 + b1);
      const double s = (b2 * g[l] * g[l] + h[l] * h[l]) / (1 + b2);
      const double first = g[l] / (fabs(g[l]) + epsilon);
      assert_close(x[l], -beta * (first + m / (sqrt(s) + epsilon)), 1e-15);
    }

    attn_optim_state_free(optim.state);
    optim.state = attn_optim_state_alloc(optim.rule, 1);
    optim.decay = 0.5;
    double y = 6, z = 6;
    for (double t = 1; t <= 5; t++) {
      attn_optim_update(&optim, &y, &(double){3}, 1);
      if (optim.rule == ATTN_OPTIM_ADAMW)
        assert_relative(y, -2 + 8 * pow(1 - beta * 0.5, t), 1e-8);
    }
    attn_optim_state_zero(optim.state);
    attn_optim_update(&optim, &z, &(double){-2.9}, 1); /* 0.5 * 6 outweighs it in adam */
    assert_relative(z, c == 0 ? 6 - beta : 6 * (1 - beta * 0.5) + beta, 1e-6);
    attn_optim_state_free(optim.state);
  }
}

/* ---- naive twins ---- */

enum { SAMPLES = 6, TOKENS = 3, DIMENSION = 14, STEPS = 15, BATCH = 4 };

typedef struct {
  attn_labels *labels;
  attn_tokens *tokens;
  attn_model *model;
  double w[SAMPLES];
} problem;

/* The same labels and, for dense and gram, the same noise for every kind. */
static problem make(attn_tokens_kind kind) {
  problem q = {.labels = attn_labels_alloc(SAMPLES, TOKENS)};
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 5, "optim", 0, 0, ATTN_STREAM_LABELS);
  attn_labels_draw(q.labels, 0.25, rng);
  q.tokens = attn_tokens_alloc(kind, q.labels->N, DIMENSION, 3, 2 * STEPS);
  attn_rng_start(rng, 5, "optim", 0, 0, ATTN_STREAM_NOISE);
  attn_tokens_draw(q.tokens, rng);
  q.model = attn_model_alloc(q.tokens, TOKENS);
  gsl_rng_free(rng);
  return q;
}

static void release(problem *q) {
  attn_labels_free(q->labels);
  attn_tokens_free(q->tokens);
  attn_model_free(q->model);
}

static attn_optim optim_for(attn_optim_rule rule, size_t dim) {
  const bool rescaled = rule == ATTN_OPTIM_NORMALISED || attn_optim_coordinatewise(rule);
  attn_optim optim = attn_optim_usual(rule, rescaled ? 0.08 : 0.3);
  optim.decay = 0.02;
  optim.state = attn_optim_state_alloc(rule, 2 * dim);
  if (rule == ATTN_OPTIM_SGD) {
    optim.batch = attn_batch_alloc(SAMPLES, BATCH);
    attn_batch_start(optim.batch, 9, "optim", 0, 0);
  }
  return optim;
}

static void release_optim(attn_optim *optim) {
  attn_optim_state_free(optim->state);
  attn_batch_free(optim->batch);
}

/* The samples of data that w weighs. */
static naive_data subset(const naive_data *data, const double *w) {
  naive_data part = {0,
                     data->T,
                     data->d,
                     calloc(data->n, sizeof(int)),
                     calloc(data->n, sizeof(int)),
                     calloc(data->n * data->T * data->d, sizeof(real))};
  const size_t each = data->T * data->d;
  for (size_t i = 0; i < data->n; i++)
    if (w[i] > 0) {
      part.clean[part.n] = data->clean[i];
      part.label[part.n] = data->label[i];
      memcpy(part.x + part.n++ * each, data->x + i * each, each * sizeof(real));
    }
  return part;
}

/* Every rule as its textbook writes it, on one vector (v, p) of R^{2d}. Nesterov's by its two
 * sequences x and y, heavy ball's by the difference of the last two iterates. */
typedef struct {
  attn_optim_rule rule;
  size_t t;
  real y[2 * DIMENSION], before[2 * DIMENSION], m[2 * DIMENSION], s[2 * DIMENSION];
} twin;

static void twin_step(twin *a, const naive_data *data, real beta, real decay) {
  enum { D = 2 * DIMENSION };
  real g[D], norm = 0;
  naive_gradient(g, g + DIMENSION, data, a->y, a->y + DIMENSION);
  a->t++;
  const bool coupled =
      a->rule != ATTN_OPTIM_NORMALISED && a->rule != ATTN_OPTIM_SIGN && a->rule != ATTN_OPTIM_ADAMW;
  for (size_t l = 0; l < D; l++)
    norm += g[l] * g[l];
  for (size_t l = 0; l < D; l++) {
    const real here = a->y[l], G = coupled ? g[l] + decay * here : g[l];
    real next = here;
    switch (a->rule) {
    case ATTN_OPTIM_MOMENTUM:
      next = here - beta * G + 0.9L * (here - a->before[l]);
      a->before[l] = here;
      break;
    case ATTN_OPTIM_NESTEROV: { /* before holds x_t */
      const real x = here - beta * G;
      next = x + 0.9L * (x - a->before[l]);
      a->before[l] = x;
      break;
    }
    case ATTN_OPTIM_NORMALISED:
      next = (1 - beta * decay) * here - beta * G / sqrtl(norm);
      break;
    case ATTN_OPTIM_SIGN:
      next = (1 - beta * decay) * here - (G > 0 ? beta : G < 0 ? -beta : 0);
      break;
    case ATTN_OPTIM_ADAM:
    case ATTN_OPTIM_ADAMW: {
      a->m[l] = 0.9L * a->m[l] + 0.1L * G;
      a->s[l] = 0.999L * a->s[l] + 0.001L * G * G;
      const real m = a->m[l] / (1 - powl(0.9L, (real)a->t));
      const real s = a->s[l] / (1 - powl(0.999L, (real)a->t));
      next = (coupled ? here : (1 - beta * decay) * here) - beta * m / (sqrtl(s) + 1e-8L);
      break;
    }
    default:
      next = here - beta * G;
    }
    a->y[l] = next;
  }
}

/* x := Q x with the columns of Q taken from the basis one by one, into long double. */
static void rotate(real *x, const attn_basis *basis) {
  real sum[DIMENSION] = {0};
  for (size_t l = 0; l < DIMENSION; l++) {
    double column[DIMENSION] = {0};
    column[l] = 1;
    attn_basis_to(basis, column);
    for (size_t i = 0; i < DIMENSION; i++)
      sum[i] += column[i] * x[l];
  }
  memcpy(x, sum, sizeof sum);
}

/* v and p after fifteen steps, with weight decay; coordinate-wise rules also in a rotated basis,
 * where the twin is trained on rotated data and its parameters are compared in rotated coordinates.
 * */
static void test_twins(void **state) {
  (void)state;
  attn_basis *basis = attn_basis_alloc(DIMENSION);
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 3, "basis", 0, 0, ATTN_STREAM_OTHER);
  attn_basis_draw(basis, rng);
  double apart = 0; /* of the two bases */
  for (attn_optim_rule rule = 0; rule < ATTN_OPTIM_RULES; rule++)
    for (int rotated = 0; rotated <= attn_optim_coordinatewise(rule); rotated++) {
      problem q = make(ATTN_TOKENS_DENSE);
      naive_data data = naive_data_make(SAMPLES, TOKENS, DIMENSION, q.labels->k, q.labels->y, 3,
                                        attn_tokens_dense_noise(q.tokens));
      if (rotated)
        for (size_t r = 0; r < SAMPLES * TOKENS; r++)
          rotate(data.x + r * DIMENSION, basis);
      attn_optim optim = optim_for(rule, q.model->dim);
      optim.basis = rotated ? basis : NULL;
      attn_batch *batch = attn_batch_alloc(SAMPLES, BATCH);
      attn_batch_start(batch, 9, "optim", 0, 0);
      twin a = {.rule = rule};
      for (size_t step = 0; step < STEPS; step++) {
        attn_model_forward(q.model, q.tokens, q.labels);
        attn_train_step(q.model, q.tokens, q.labels, &optim, q.w);
        double w[SAMPLES];
        for (size_t i = 0; i < SAMPLES; i++)
          w[i] = 1;
        if (rule == ATTN_OPTIM_SGD)
          attn_batch_next(w, batch);
        naive_data part = subset(&data, w);
        twin_step(&a, &part, optim.beta, optim.decay);
        naive_data_free(&part);
      }
      double largest = 0;
      for (size_t l = 0; l < 2 * DIMENSION; l++)
        largest = fmax(largest, fabs((double)a.y[l]));
      assert_true(largest > 0.1);
      for (size_t half = 0; half < 2; half++) {
        real theta[DIMENSION];
        for (size_t l = 0; l < DIMENSION; l++)
          theta[l] = q.model->theta[half * DIMENSION + l];
        if (rotated)
          rotate(theta, basis);
        for (size_t l = 0; l < DIMENSION; l++)
          assert_close((double)theta[l], (double)a.y[half * DIMENSION + l], 1e-11 * largest);
      }
      if (rule == ATTN_OPTIM_SIGN)
        apart = fabs(apart - q.model->f[0]);
      attn_batch_free(batch);
      release_optim(&optim);
      naive_data_free(&data);
      release(&q);
    }
  assert_true(apart > 1e-3); /* another basis is another training */
  attn_basis_free(basis);
  gsl_rng_free(rng);
}

/* ---- geometries ---- */

/* Outputs and attention of a dense draw and of its Gram matrix, for every rule that stays in the
 * span; and a normalised step is beta long in every geometry. */
static void test_geometries(void **state) {
  (void)state;
  for (attn_optim_rule rule = 0; rule < ATTN_OPTIM_SIGN; rule++) {
    problem q[4];
    for (attn_tokens_kind kind = 0; kind < 4; kind++) {
      q[kind] = make(kind);
      attn_optim optim = optim_for(rule, q[kind].model->dim);
      const size_t dim = q[kind].model->dim, N = q[kind].model->N;
      double *step = malloc(2 * dim * sizeof *step), *noise = malloc(2 * N * sizeof *noise);
      for (size_t t = 0; t < STEPS; t++) {
        memcpy(step, q[kind].model->theta, 2 * dim * sizeof *step);
        attn_model_forward(q[kind].model, q[kind].tokens, q[kind].labels);
        attn_train_step(q[kind].model, q[kind].tokens, q[kind].labels, &optim, q[kind].w);
        if (rule != ATTN_OPTIM_NORMALISED)
          continue;
        attn_scale(step, -(1 - optim.beta * optim.decay), 2 * dim);
        attn_axpy(step, 1, q[kind].model->theta, 2 * dim);
        double signal[4], length2 = 0;
        attn_tokens_scores(q[kind].tokens, signal, noise, step, 2);
        for (size_t a = 0; a < 2; a++)
          length2 +=
              step[a * dim] * step[a * dim] + step[a * dim + 1] * step[a * dim + 1] +
              attn_tokens_inner(q[kind].tokens, step + a * dim, step + a * dim, noise + a * N);
        assert_relative(sqrt(length2), optim.beta, 1e-12);
      }
      attn_model_forward(q[kind].model, q[kind].tokens, q[kind].labels);
      free(step);
      free(noise);
      release_optim(&optim);
    }
    for (size_t i = 0; i < SAMPLES; i++)
      assert_close(q[ATTN_TOKENS_GRAM].model->f[i], q[ATTN_TOKENS_DENSE].model->f[i], 1e-11);
    for (size_t i = 0; i < SAMPLES * TOKENS; i++)
      assert_close(q[ATTN_TOKENS_GRAM].model->weight[i], q[ATTN_TOKENS_DENSE].model->weight[i],
                   1e-11);
    for (size_t kind = 0; kind < 4; kind++)
      release(&q[kind]);
  }
}

/* At a stationary point (all labels fitted beyond what a double tells) nothing moves. */
static void test_normalised_rest(void **state) {
  (void)state;
  problem q = make(ATTN_TOKENS_DENSE);
  for (size_t l = 0; l < q.model->dim; l++)
    q.model->theta[l] = 0;
  attn_optim optim = optim_for(ATTN_OPTIM_NORMALISED, q.model->dim);
  optim.decay = 0;
  attn_model_forward(q.model, q.tokens, q.labels);
  for (size_t i = 0; i < SAMPLES; i++)
    q.model->f[i] = q.labels->y[i] * 1e9;
  attn_train_step(q.model, q.tokens, q.labels, &optim, q.w);
  for (size_t l = 0; l < 2 * q.model->dim; l++)
    assert_true(q.model->theta[l] == 0);
  release_optim(&optim);
  release(&q);
}

/* The recursion is training on noise tokens that are exactly orthogonal and of one length. */
static void test_recursion_rules(void **state) {
  (void)state;
  for (attn_optim_rule rule = 0; rule <= ATTN_OPTIM_NORMALISED; rule++) {
    const attn_data_param param = {20, 3, 400, 11, 0.2};
    attn_labels *labels = attn_labels_alloc(20, 3);
    attn_labels_balance(labels, 0.2);
    attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_BARTLETT, 40, 400, 11, 0);
    double *K = attn_tokens_gram_matrix(tokens), w[20];
    for (size_t j = 0; j < 40; j++)
      K[j * 41] = 400;
    attn_model *model = attn_model_alloc(tokens, 3);
    attn_optim optim = optim_for(rule, model->dim), ideal = optim_for(rule, 3);
    ideal.beta = optim.beta = rule == ATTN_OPTIM_NORMALISED ? 0.1 : 0.05;
    attn_recursion r = attn_recursion_start(&param);
    for (size_t t = 0; t < 12; t++) {
      attn_model_forward(model, tokens, labels);
      for (size_t i = 0; i < 20; i++) {
        assert_close(labels->y[i] * model->f[i], r.margin[attn_labels_noisy(labels, i)], 1e-12);
        assert_close(model->weight[3 * i], r.attention[attn_labels_noisy(labels, i)], 1e-12);
      }
      attn_train_step(model, tokens, labels, &optim, w);
      attn_recursion_update(&r, &param, &ideal);
    }
    assert_true(r.margin[1] > 1 && r.attention[1] < 0.2);
    release_optim(&optim);
    release_optim(&ideal);
    attn_model_free(model);
    attn_tokens_free(tokens);
    attn_labels_free(labels);
  }
}

/* The matched step sizes: after one step, for sgd one pass at a small step size, |v| is beta |g_0|
 * for all rules: where noise is exactly orthogonal to rounding, and for coordinate-wise rules, over
 * dense tokens, exactly beta_matched sqrt(d) with that |g_0|. */
static void test_matched_steps(void **state) {
  (void)state;
  const attn_data_param param = {20, 3, 400, 11, 0.2};
  attn_labels *labels = attn_labels_alloc(20, 3);
  attn_labels_balance(labels, 0.2);
  gsl_rng *rng = attn_rng_alloc();
  for (attn_optim_rule rule = 0; rule < ATTN_OPTIM_RULES; rule++) {
    const bool dense = attn_optim_coordinatewise(rule);
    attn_tokens *tokens =
        attn_tokens_alloc(dense ? ATTN_TOKENS_DENSE : ATTN_TOKENS_BARTLETT, 40, 400, 11, 0);
    if (dense) {
      attn_rng_start(rng, 1, "matched", 0, 0, ATTN_STREAM_NOISE);
      attn_tokens_draw(tokens, rng);
    } else {
      for (size_t j = 0; j < 40; j++)
        attn_tokens_gram_matrix(tokens)[j * 41] = 398;
    }
    attn_model *model = attn_model_alloc(tokens, 3);
    attn_optim optim = attn_optim_usual(rule, 0);
    optim.state = attn_optim_state_alloc(rule, 2 * model->dim);
    if (rule == ATTN_OPTIM_SGD) {
      optim.batch = attn_batch_alloc(20, 5);
      attn_batch_start(optim.batch, 1, "matched", 0, 0);
    }
    const double beta = 1e-6;
    optim.beta = attn_train_matched_step(&optim, &param, beta);
    double w[20], signal[2], *noise = malloc(40 * sizeof *noise);
    for (size_t step = 0; step < (rule == ATTN_OPTIM_SGD ? 4 : 1); step++) {
      attn_model_forward(model, tokens, labels);
      attn_train_step(model, tokens, labels, &optim, w);
    }
    attn_tokens_scores(tokens, signal, noise, model->theta, 1);
    const double *v = model->theta;
    const double norm = sqrt(v[0] * v[0] + v[1] * v[1] + attn_tokens_inner(tokens, v, v, noise));
    assert_relative(norm, beta * attn_train_first_norm(&param), 1e-4);
    free(noise);
    release_optim(&optim);
    attn_model_free(model);
    attn_tokens_free(tokens);
  }
  gsl_rng_free(rng);
  attn_labels_free(labels);
}

/* ---- batches and bases ---- */

/* Every epoch takes each sample once, in batches of 3, 3, 1 out of 7 with weights 7/3, 7/3, 7; the
 * order differs from epoch to epoch, and the same stream gives the same again. */
static void test_batches(void **state) {
  (void)state;
  attn_batch *batch = attn_batch_alloc(7, 3);
  double first[2][60][7];
  size_t same = 0;
  for (size_t run = 0; run < 2; run++) {
    attn_batch_start(batch, 1, "batches", 0, 4);
    for (size_t b = 0; b < 60; b++) {
      double *w = first[run][b], sum = 0;
      for (size_t i = 0; i < 7; i++)
        w[i] = i % 2 ? -2 : 2;
      attn_batch_next(w, batch);
      const size_t size = b % 3 == 2 ? 1 : 3;
      for (size_t i = 0; i < 7; i++) {
        assert_true(w[i] == 0 || fabs(w[i] - (i % 2 ? -14.0 : 14.0) / (double)size) < 1e-14);
        sum += w[i] != 0;
      }
      assert_true(sum == (double)size);
      if (b % 3 == 2)
        for (size_t i = 0; i < 7; i++)
          assert_true((w[i] != 0) + (w[i - 7] != 0) + (w[i - 14] != 0) == 1);
      same += b >= 3 && memcmp(w, first[run][b - 3], sizeof first[run][b]) == 0;
    }
    if (run == 1)
      assert_memory_equal(first[0], first[1], sizeof first[0]);
  }
  assert_true(same < 40);
  attn_batch_free(batch);
}

/* Q is orthogonal, takes e_1 and e_2 to the vectors asked for, and back is its inverse; also for
 * u = (e_1, e_2), which is the tokens' own basis, and (e_2, e_1). */
static void test_basis(void **state) {
  (void)state;
  enum { D = 5 };
  attn_basis *basis = attn_basis_alloc(D);
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 3, "basis", 0, 1, ATTN_STREAM_OTHER);
  const double half = 0.5;
  const double given[3][2 * D] = {{1, 0, 0, 0, 0, 0, 1, 0, 0, 0},
                                  {0, 1, 0, 0, 0, 1, 0, 0, 0, 0},
                                  {half, half, half, half, 0, half, -half, half, -half, 0}};
  for (size_t c = 0; c < 4; c++) {
    double u[2 * D];
    if (c < 3) {
      memcpy(u, given[c], sizeof u);
      attn_basis_set(basis, u);
    } else {
      attn_basis_draw(basis, rng);
    }
    const double rounding = 4 * D * 0x1p-52; /* of two passes over D numbers */
    double Q[D][D];
    for (size_t l = 0; l < D; l++) {
      memset(Q[l], 0, sizeof Q[l]);
      Q[l][l] = 1;
      attn_basis_to(basis, Q[l]);
      if (c < 3 && l < 2)
        for (size_t i = 0; i < D; i++)
          assert_close(Q[l][i], given[c][l * D + i], 1e-15);
      double back[D];
      memcpy(back, Q[l], sizeof back);
      attn_basis_from(basis, back);
      for (size_t i = 0; i < D; i++)
        assert_close(back[i], i == l, rounding);
      for (size_t i = 0; i <= l; i++)
        assert_close(attn_dot(Q[i], Q[l], D), i == l, rounding);
    }
  }
  /* u_1 of a random basis: coordinates have mean square 1/D, each of them */
  double square[D] = {0};
  for (size_t draw = 0; draw < 4000; draw++) {
    double x[D] = {1};
    attn_basis_draw(basis, rng);
    attn_basis_to(basis, x);
    for (size_t i = 0; i < D; i++)
      square[i] += x[i] * x[i] / 4000;
  }
  for (size_t i = 0; i < D; i++)
    assert_between(square[i], 0.185, 0.215); /* five standard errors */
  attn_basis_free(basis);
  gsl_rng_free(rng);
}

/* ---- misuse ---- */

typedef struct {
  attn_optim_rule rule;
  attn_tokens_kind kind;
} pairing;

static void one_step(const void *argument) {
  const pairing *c = argument;
  problem q = make(c->kind);
  attn_optim optim = attn_optim_usual(c->rule, 0.1);
  optim.state = attn_optim_state_alloc(c->rule, 2 * q.model->dim);
  attn_model_forward(q.model, q.tokens, q.labels);
  attn_train_step(q.model, q.tokens, q.labels, &optim, q.w);
}

static void without_state(const void *argument) {
  const attn_optim optim = attn_optim_usual(*(const attn_optim_rule *)argument, 0.1);
  double theta = 1;
  attn_optim_update(&optim, &theta, &(double){1}, 1);
}

static void wrong_state(const void *argument) {
  const attn_optim_rule rule = *(const attn_optim_rule *)argument;
  attn_optim optim = attn_optim_usual(rule, 0.1);
  optim.state = attn_optim_state_alloc(rule == ATTN_OPTIM_ADAM ? ATTN_OPTIM_MOMENTUM : rule,
                                       rule == ATTN_OPTIM_ADAM ? 1 : 2);
  double theta = 1;
  attn_optim_update(&optim, &theta, &(double){1}, 1);
}

static void bad_word(const void *argument) {
  attn_optim_rule_of(argument);
}

static void bad_batch(const void *argument) {
  attn_batch_alloc(5, *(const size_t *)argument);
}

static void ideal_step(const void *argument) {
  const attn_data_param param = {20, 2, 400, 11, 0.2};
  attn_recursion r = attn_recursion_start(&param);
  const attn_optim optim = attn_optim_usual(*(const attn_optim_rule *)argument, 0.1);
  attn_recursion_update(&r, &param, &optim);
}

static void test_misuse(void **state) {
  (void)state;
  static const char *const word[ATTN_OPTIM_RULES] = {"gd",  "momentum", "nesterov", "normalised",
                                                     "sgd", "sign",     "adam",     "adamw"};
  for (attn_optim_rule rule = 0; rule < ATTN_OPTIM_RULES; rule++) {
    assert_int_equal(attn_optim_rule_of(word[rule]), rule);
    assert_string_equal(attn_optim_rule_name(rule), word[rule]);
    for (attn_tokens_kind kind = 0; kind < 4; kind++) {
      const pairing c = {rule, kind};
      if (rule == ATTN_OPTIM_SGD)
        assert_fails(one_step, &c, "sgd without batches");
      else if (rule >= ATTN_OPTIM_SIGN && kind != ATTN_TOKENS_DENSE)
        assert_fails(one_step, &c, word[rule], "only dense tokens have those coordinates");
      else
        assert_passes(one_step, &c);
    }
    if (rule == ATTN_OPTIM_MOMENTUM || rule == ATTN_OPTIM_NESTEROV || rule >= ATTN_OPTIM_ADAM) {
      assert_fails(without_state, &rule, word[rule], "attn_optim_state_alloc");
      assert_fails(wrong_state, &rule, word[rule], "attn_optim_state_alloc");
    } else {
      assert_passes(without_state, &rule);
    }
    if (rule >= ATTN_OPTIM_SGD)
      assert_fails(ideal_step, &rule, word[rule], "no recursion");
  }
  assert_fails(bad_word, "rmsprop", "'rmsprop' is no optimizer", ATTN_OPTIM_WORDS);
  assert_fails(bad_batch, &(size_t){0}, "a batch of 0 samples", "n = 5");
  assert_fails(bad_batch, &(size_t){6}, "a batch of 6 samples", "n = 5");
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_quadratic),
      cmocka_unit_test(test_sign),
      cmocka_unit_test(test_adam),
      cmocka_unit_test(test_normalised_decay),
      cmocka_unit_test(test_twins),
      cmocka_unit_test(test_geometries),
      cmocka_unit_test(test_normalised_rest),
      cmocka_unit_test(test_recursion_rules),
      cmocka_unit_test(test_matched_steps),
      cmocka_unit_test(test_batches),
      cmocka_unit_test(test_basis),
      cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
