/* The transformer against a twin in plain loops: outputs, attention, and every entry of the gradient
 * by finite differences of the twin's loss; without blocks, against the paper's model. */
#include "support.h"

#include <string.h>

#include "linalg.h"
#include "model.h"
#include "naive.h"
#include "rng.h"
#include "tokens_dense.h"
#include "train.h"
#include "transformer.h"

enum { N_SAMPLES = 4, D = 6, T_MAX = 4 };

typedef struct {
  size_t T;
  attn_labels *labels;
  attn_tokens *tokens;
  attn_transformer *model;
  attn_transformer_pass *pass;
  double w[N_SAMPLES];
} problem;

static problem make(size_t T, size_t L, size_t H) {
  problem q = {.T = T};
  gsl_rng *rng = attn_rng_alloc();
  q.labels = attn_labels_alloc(N_SAMPLES, T);
  memcpy(q.labels->k, (unsigned char[]){0, 1, 0, 1}, N_SAMPLES);
  memcpy(q.labels->y, (signed char[]){1, -1, -1, 1}, N_SAMPLES);
  q.tokens = attn_tokens_alloc(ATTN_TOKENS_DENSE, q.labels->N, D, 1.7, 1);
  attn_rng_start(rng, 5, "transformer", T, 0, ATTN_STREAM_NOISE);
  attn_tokens_draw(q.tokens, rng);
  q.model = attn_transformer_alloc(T, D, L, H);
  q.pass = attn_transformer_pass_alloc(q.model, N_SAMPLES);
  attn_transformer_pass_fill(q.pass, q.tokens, q.labels);
  attn_rng_start(rng, 5, "transformer", T, 0, ATTN_STREAM_START);
  attn_transformer_start(q.model, 0.9, 0.7, rng);
  attn_rng_gaussian(q.model->theta, 2 * D, rng);
  attn_scale(q.model->theta, 0.5, 2 * D);
  gsl_rng_free(rng);
  return q;
}

static void release(problem *q) {
  attn_labels_free(q->labels);
  attn_tokens_free(q->tokens);
  attn_transformer_free(q->model);
  attn_transformer_pass_free(q->pass);
}

static void gradient(problem *q) {
  attn_transformer_forward(q->pass, q->model);
  attn_train_loss_derivative(q->w, q->pass->f, q->labels);
  attn_transformer_backward(q->model, q->pass, q->w);
}

/* Entry (a, c) of head h's W (what = 0) or V (what = 1) in block l: where the header says. */
static real entry(const attn_transformer *model, const real *theta, size_t l, size_t h, size_t what,
                  size_t a, size_t c) {
  return theta[2 * D + ((l * D + a) * 2 * model->H + 2 * h + what) * D + c];
}

/* f(X) of sample i by its definition; attention [L][H][T][T] and weight [T] where they are wanted. */
static real twin_output(const problem *q, const real *theta, size_t i, real *attention,
                        real *weight) {
  const attn_transformer *model = q->model;
  const size_t T = q->T, H = model->H;
  real x[T_MAX][D], next[T_MAX][D], b[T_MAX], s[T_MAX], g[T_MAX], f = 0;
  for (size_t t = 0; t < T; t++)
    for (size_t a = 0; a < D; a++) {
      const size_t j = i * (T - 1) + t - 1; /* the paper's layout */
      if (t == 0)
        x[t][a] = a == q->labels->k[i] ? q->tokens->rho : 0;
      else
        x[t][a] = a < 2 ? 0 : attn_tokens_dense_noise(q->tokens)[j * (D - 2) + a - 2];
    }
  for (size_t l = 0; l < model->L; l++) {
    memcpy(next, x, sizeof x);
    for (size_t h = 0; h < H; h++)
      for (size_t t = 0; t < T; t++) {
        for (size_t r = 0; r < T; r++) {
          b[r] = 0;
          for (size_t a = 0; a < D; a++)
            for (size_t c = 0; c < D; c++)
              b[r] += x[t][a] * entry(model, theta, l, h, 0, a, c) * x[r][c] / sqrtl(D);
        }
        naive_softmax(s, b, T);
        for (size_t r = 0; r < T; r++) {
          if (attention != NULL)
            attention[((l * H + h) * T + t) * T + r] = s[r];
          for (size_t a = 0; a < D; a++)
            for (size_t c = 0; c < D; c++)
              next[t][c] += s[r] * x[r][a] * entry(model, theta, l, h, 1, a, c);
        }
      }
    memcpy(x, next, sizeof x);
  }
  for (size_t t = 0; t < T; t++) {
    g[t] = naive_dot(x[t], theta, D);
    b[t] = naive_dot(x[t], theta + D, D);
  }
  naive_softmax(s, b, T);
  for (size_t t = 0; t < T; t++) {
    f += s[t] * g[t];
    if (weight != NULL)
      weight[t] = s[t];
  }
  return f;
}

static real twin_loss(const problem *q, const real *theta) {
  real loss = 0;
  for (size_t i = 0; i < N_SAMPLES; i++)
    loss += log1pl(expl(-q->labels->y[i] * twin_output(q, theta, i, NULL, NULL)));
  return loss / N_SAMPLES;
}

static real *in_long(const problem *q, const double *x) {
  real *theta = attn_alloc(q->model->size, sizeof *theta);
  for (size_t j = 0; j < q->model->size; j++)
    theta[j] = x[j];
  return theta;
}

static const struct {
  size_t T, L, H;
} cases[] = {{2, 0, 1}, {2, 1, 1}, {3, 1, 2}, {2, 2, 1}, {3, 2, 2}, {4, 3, 1}, {1, 2, 1}};
enum { CASES = sizeof cases / sizeof *cases };

static void test_forward(void **state) {
  (void)state;
  for (size_t c = 0; c < CASES; c++) {
    problem q = make(cases[c].T, cases[c].L, cases[c].H);
    const size_t T = q.T, blocks = cases[c].L * cases[c].H;
    real *theta = in_long(&q, q.model->theta), attention[6 * T_MAX * T_MAX], weight[T_MAX];
    attn_transformer_forward(q.pass, q.model);
    for (size_t i = 0; i < N_SAMPLES; i++) {
      assert_close(q.pass->f[i], (double)twin_output(&q, theta, i, attention, weight), 1e-12);
      for (size_t t = 0; t < T; t++)
        assert_close(q.pass->weight[i * T + t], (double)weight[t], 1e-13);
      for (size_t block = 0; block < blocks; block++)
        for (size_t e = 0; e < T * T; e++)
          assert_close(q.pass->attention[(block * N_SAMPLES + i) * T * T + e],
                       (double)attention[block * T * T + e], 1e-13);
    }
    attn_free(theta);
    release(&q);
  }
}

/* Every entry of dL/dv, dL/dp, dL/dW_lh and dL/dV_lh equals, sign by sign, the central difference of
 * fourth order of the twin's loss; errors are relative to the part's largest entry, and no part is
 * flat. */
static void test_gradient(void **state) {
  (void)state;
  const real h = 1e-3L;
  for (size_t c = 0; c < CASES; c++) {
    problem q = make(cases[c].T, cases[c].L, cases[c].H);
    const size_t size = q.model->size;
    real *theta = in_long(&q, q.model->theta), *slope = attn_alloc(size, sizeof *slope);
    size_t *part = attn_alloc(size, sizeof *part); /* v, p, then W and V of block after block */
    double largest[2 + 2 * 6] = {0}, worst = 0;
    gradient(&q);
    for (size_t j = 0; j < size; j++) {
      const size_t e = j - 2 * D, width = 2 * cases[c].H * D;
      part[j] = j < 2 * D ? j / D : 2 + e / (width * D) * 2 * cases[c].H + e % width / D;
      const real at = theta[j];
      real loss[5];
      for (size_t s = 0; s < 5; s++) {
        theta[j] = at + ((real)s - 2) * h;
        loss[s] = s == 2 ? 0 : twin_loss(&q, theta);
      }
      theta[j] = at;
      slope[j] = (8 * (loss[3] - loss[1]) - (loss[4] - loss[0])) / (12 * h);
      largest[part[j]] = fmax(largest[part[j]], fabs((double)slope[j]));
    }
    for (size_t j = 0; j < size; j++) {
      const double scale = largest[part[j]];
      if (q.T > 1 || part[j] == 0 || (part[j] > 1 && part[j] % 2 == 1))
        assert_true(scale > 1e-4);
      else /* one token has all attention: nothing by scores */
        assert_true(scale < 1e-9);
      if (fabs((double)slope[j]) > 1e-6 * scale && scale > 1e-4)
        assert_true((q.model->grad[j] > 0) == (slope[j] > 0));
      worst = fmax(worst, fabs(q.model->grad[j] - (double)slope[j]) / fmax(scale, 1e-4));
    }
    assert_close(worst, 0, 1e-8);
    print_message("  T = %zu, L = %zu, H = %zu: relative error %.1e\n", q.T, cases[c].L, cases[c].H,
                  worst);
    attn_free(theta);
    attn_free(slope);
    attn_free(part);
    release(&q);
  }
}

/* L = 0 is the model of the paper on dense tokens, trained along with it. */
static void test_no_blocks(void **state) {
  (void)state;
  for (size_t T = 2; T <= 4; T++) {
    problem q = make(T, 0, 1);
    attn_model *model = attn_model_alloc(q.tokens, T);
    double w[N_SAMPLES];
    memcpy(model->theta, q.model->theta, 2 * D * sizeof(double));
    for (size_t step = 0; step < 6; step++) {
      const attn_optim optim = {.beta = 0.3};
      gradient(&q);
      attn_model_forward(model, q.tokens, q.labels);
      for (size_t i = 0; i < N_SAMPLES; i++) {
        assert_close(q.pass->f[i], model->f[i], 1e-13);
        for (size_t t = 0; t < T; t++)
          assert_close(q.pass->weight[i * T + t], model->weight[i * T + t], 1e-14);
      }
      attn_train_step(model, q.tokens, q.labels, &optim, w);
      attn_optim_update(&optim, q.model->theta, q.model->grad, q.model->size);
      for (size_t j = 0; j < 2 * D; j++) {
        assert_close(q.model->grad[j], model->grad[j], 1e-13);
        assert_close(q.model->theta[j], model->theta[j], 1e-13);
      }
    }
    attn_model_free(model);
    release(&q);
  }
}

/* The other order of a sample's tokens changes the order of attention, and nothing else. */
static void test_permutation(void **state) {
  (void)state;
  const size_t order[3] = {2, 0, 1}, L = 2, H = 2, T = 3;
  problem q = make(T, L, H), r = make(T, L, H);
  gradient(&q);
  for (size_t i = 0; i < N_SAMPLES; i++)
    for (size_t t = 0; t < T; t++)
      memcpy(r.pass->x + (i * T + t) * D, q.pass->x + (i * T + order[t]) * D, D * sizeof(double));
  gradient(&r);
  double moved = 0;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    assert_close(r.pass->f[i], q.pass->f[i], 1e-13);
    for (size_t t = 0; t < T; t++) {
      assert_close(r.pass->weight[i * T + t], q.pass->weight[i * T + order[t]], 1e-13);
      moved = fmax(moved, fabs(r.pass->weight[i * T + t] - q.pass->weight[i * T + t]));
      for (size_t block = 0; block < L * H; block++)
        for (size_t s = 0; s < T; s++) {
          const double *A = q.pass->attention + (block * N_SAMPLES + i) * T * T;
          assert_close(r.pass->attention[((block * N_SAMPLES + i) * T + t) * T + s],
                       A[order[t] * T + order[s]], 1e-13);
        }
    }
  }
  for (size_t j = 0; j < q.model->size; j++)
    assert_close(r.model->grad[j], q.model->grad[j], 1e-13);
  assert_true(moved > 0.05);
  release(&q);
  release(&r);
}

/* The largest entry of the gradient by v, by p, and by the blocks' W (V). */
static void largest_of(double out[4], const attn_transformer *model) {
  for (size_t part = 0; part < 4; part++)
    out[part] = 0;
  for (size_t j = 0; j < model->size; j++) {
    const size_t part = j < 2 * D ? j / D : 2 + (j - 2 * D) / D % 2;
    out[part] = fmax(out[part], fabs(model->grad[j]));
  }
}

/* Scores in the thousands saturate attention; nothing overflows. */
static void test_large_scores(void **state) {
  (void)state;
  problem q = make(3, 2, 1);
  attn_scale(q.pass->x, 1e3, N_SAMPLES * 3 * D);
  gradient(&q);
  for (size_t row = 0; row < 2 * N_SAMPLES * 3; row++)
    assert_close(q.pass->attention[3 * row] + q.pass->attention[3 * row + 1] +
                     q.pass->attention[3 * row + 2],
                 1, 1e-14);
  for (size_t j = 0; j < q.model->size; j++)
    assert_true(isfinite(q.model->grad[j]));
  release(&q);
}

/* What gets no gradient at first (transformer.h): which parts move in which step. */
static void test_saddles(void **state) {
  (void)state;
  const struct {
    double score, value;
    bool moves[3][4]; /* [step][v, p, W, V] */
  } start[] = {{0, 0, {{1, 0, 0, 0}, {1, 1, 0, 1}, {1, 1, 1, 1}}},
               {1, 0, {{1, 0, 0, 0}, {1, 1, 0, 1}, {1, 1, 1, 1}}},
               {0, 1, {{1, 0, 0, 0}, {1, 1, 1, 1}, {1, 1, 1, 1}}},
               {1, 1, {{1, 0, 0, 0}, {1, 1, 1, 1}, {1, 1, 1, 1}}}};
  gsl_rng *rng = attn_rng_alloc();
  for (size_t c = 0; c < 4; c++)
    for (size_t L = 1; L <= 3; L++) {
      problem q = make(2, L, 2);
      attn_rng_start(rng, 6, "transformer", c, L, ATTN_STREAM_START);
      attn_transformer_start(q.model, start[c].score, start[c].value, rng);
      for (size_t step = 0; step < 3; step++) {
        double largest[4];
        gradient(&q);
        largest_of(largest, q.model);
        for (size_t part = 0; part < 4; part++)
          assert_true(start[c].moves[step][part] ? largest[part] > 1e-9 : largest[part] == 0);
        attn_axpy(q.model->theta, -0.5, q.model->grad, q.model->size);
      }
      release(&q);
    }
  gsl_rng_free(rng);
}

/* Variances s^2/d; other sizes and other depths from one stream agree. */
static void test_start(void **state) {
  (void)state;
  enum { d = 60 };
  attn_transformer *shallow = attn_transformer_alloc(2, d, 1, 2),
                   *deep = attn_transformer_alloc(2, d, 2, 2);
  gsl_rng *rng = attn_rng_alloc();
  double sum[2] = {0};
  deep->theta[0] = 3; /* what was there is forgotten */
  attn_rng_start(rng, 7, "transformer", 0, 0, ATTN_STREAM_START);
  attn_transformer_start(deep, 0.5, 2, rng);
  attn_rng_start(rng, 7, "transformer", 0, 0, ATTN_STREAM_START);
  attn_transformer_start(shallow, 1, 1, rng);
  for (size_t j = 0; j < 2 * d; j++)
    assert_true(deep->theta[j] == 0 && shallow->theta[j] == 0);
  for (size_t j = 0; j < deep->size - 2 * d; j++) {
    const double x = deep->theta[2 * d + j];
    const size_t what = j / d % 2;
    sum[what] += x * x;
    if (j < shallow->size - 2 * d)
      assert_relative(x, shallow->theta[2 * d + j] * (what == 0 ? 0.5 : 2), 1e-14);
  }
  assert_relative(sum[0] / (4 * d * d), 0.25 / d, 0.05);
  assert_relative(sum[1] / (4 * d * d), 4.0 / d, 0.05);
  gsl_rng_free(rng);
  attn_transformer_free(shallow);
  attn_transformer_free(deep);
}

/* Tokens of a general layout are the vectors that it says. */
static void test_layout(void **state) {
  (void)state;
  const size_t T = 3;
  problem q = make(T, 0, 1);
  attn_layout *layout = attn_layout_alloc(N_SAMPLES, T, q.tokens->N);
  for (size_t e = 0; e < N_SAMPLES * T; e++) {
    layout->signal[2 * e] = 0.5 * (double)e;
    layout->signal[2 * e + 1] = -1;
    layout->noise[e] = e % 4 == 3 ? ATTN_NO_NOISE : (3 * e) % q.tokens->N;
  }
  attn_labels_set_layout(q.labels, layout);
  attn_transformer_pass_fill(q.pass, q.tokens, q.labels);
  for (size_t e = 0; e < N_SAMPLES * T; e++)
    for (size_t a = 0; a < D; a++) {
      const double noise =
          layout->noise[e] == ATTN_NO_NOISE || a < 2
              ? 0
              : attn_tokens_dense_noise(q.tokens)[layout->noise[e] * (D - 2) + a - 2];
      const double signal = a == 0 ? 0.85 * (double)e : a == 1 ? -1.7 : 0;
      assert_close(q.pass->x[e * D + a], noise + signal, 1e-15);
    }
  attn_labels_set_layout(q.labels, NULL);
  attn_layout_free(layout);
  release(&q);
}

static void no_heads(const void *unused) {
  (void)unused;
  attn_transformer_alloc(2, 5, 1, 0);
}
static void no_samples(const void *unused) {
  (void)unused;
  attn_transformer_pass_alloc(attn_transformer_alloc(2, 5, 1, 1), 0);
}
static void too_many(const void *unused) {
  (void)unused;
  attn_transformer_alloc(2, 1000000, 1000000, 1000000);
}
static void other_shape(const void *unused) {
  (void)unused;
  problem q = make(2, 1, 1), r = make(2, 2, 1);
  attn_transformer_forward(q.pass, r.model);
}
static void other_samples(const void *unused) {
  (void)unused;
  problem q = make(2, 1, 1);
  attn_transformer_pass_fill(q.pass, q.tokens, attn_labels_alloc(5, 2));
}
static void other_tokens(const void *unused) {
  (void)unused;
  problem q = make(2, 1, 1);
  attn_transformer_pass_fill(q.pass, attn_tokens_alloc(ATTN_TOKENS_LAZY, 4, D, 1, 2), q.labels);
}
static void forward_only(const void *unused) {
  (void)unused;
  problem q = make(2, 1, 1);
  attn_transformer_pass *pass = attn_transformer_pass_alloc_forward(q.model, N_SAMPLES);
  attn_transformer_forward(pass, q.model);
  attn_transformer_backward(q.model, pass, q.w);
}

static void test_bad_input(void **state) {
  (void)state;
  assert_fails(no_heads, NULL, "0 heads", "at least 1");
  assert_fails(no_samples, NULL, "0 samples", "at least 1");
  assert_fails(too_many, NULL, "too many parameters");
  assert_fails(other_shape, NULL, "L = 1", "L = 2");
  assert_fails(other_samples, NULL, "4 samples", "5");
  assert_fails(other_tokens, NULL, "dense tokens");
  assert_fails(forward_only, NULL, "forward only");
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_forward),   cmocka_unit_test(test_gradient),
      cmocka_unit_test(test_no_blocks), cmocka_unit_test(test_permutation),
      cmocka_unit_test(test_saddles),   cmocka_unit_test(test_start),
      cmocka_unit_test(test_layout),    cmocka_unit_test(test_large_scores),
      cmocka_unit_test(test_bad_input),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
