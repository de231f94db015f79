#include "tokens_lazy.h"

#include <math.h>
#include <string.h>

#include "linalg.h"
#include "rng.h"

/* What is known of Xi after count directions:
 *
 *   Xi e_l  for all l, and  Xi' q_l = sum_m <q_l, Xi e_m> e_m  with <q_l, Xi e_m> = 0 for l < m.
 *
 * Given that, Xi = (known part) + (I - P_Q) G (I - P_E) with G standard Gaussian, independent of
 * everything known; P_Q and P_E project on the q's and the e's. A new unit q orthogonal to the q's
 * (it may depend on all earlier answers) adds to its known coordinates the Gaussian vector
 * (I - P_E) G' q in k - count dimensions: its length is a chi, and its direction, of which nothing
 * was known, becomes e_new. What is left is (I - P_Q) G (I - P_E) with the larger P_Q and P_E, so
 *
 *   r ~ chi_{k - count},   Xi e_new = r q + (I - P_Q) g,   g ~ N(0, I_N), P_Q including q.
 *
 * Every question adds one q and one e until min(N, k) of each make Xi known: with all q's because
 * Xi = sum_l q_l (Xi' q_l)', with all e's because Xi' c = sum_l <c, Xi e_l> e_l for any c. That
 * sum is also the answer to a question in the span of the q's, so no coefficient is stored. */
typedef struct {
  gsl_rng *rng;
  bool drawn;
  size_t capacity;
  size_t count;
  double **q;     /* [capacity + 1][N], rows NULL until needed; the last is only for checking
                   * whether weights asked at full capacity are in the span */
  double **image; /* [capacity][N], Xi e_l, likewise */
  double *h;      /* [capacity] workspace */
} lazy_state;

/* Weights whose part outside the span of the q's is smaller than this, relative to their norm, are
 * in the span: that part is then mostly rounding, and what it adds to the answer is less than that
 * of the answer's own size. */
static const double in_span = 1e-12;

/* Sums over tokens go in chunks, so that a vector stays in cache while many rows pass by. */
enum { CHUNK = 2048 };

static size_t chunk_at(size_t j, size_t N) {
  return N - j < CHUNK ? N - j : CHUNK;
}

/* h_l = <row_l, x> */
static void rows_dot(double *h /* [count] */, double *const *row /* [count][N] */, size_t count,
                     const double *x /* [N] */, size_t N) {
  memset(h, 0, count * sizeof *h);
  for (size_t j = 0; j < N; j += CHUNK)
    for (size_t l = 0; l < count; l++)
      h[l] += attn_dot(row[l] + j, x + j, chunk_at(j, N));
}

/* x -= sum_l <q_l, x> q_l, twice: the first pass leaves rounding of the size of what it removes,
 * which matters when little remains. */
static void project_out(lazy_state *state, double *x /* [N] */, size_t count, size_t N) {
  for (int pass = 0; pass < 2; pass++) {
    rows_dot(state->h, state->q, count, x, N);
    for (size_t j = 0; j < N; j += CHUNK)
      for (size_t l = 0; l < count; l++)
        attn_axpy(x + j, -state->h[l], state->q[l] + j, chunk_at(j, N));
  }
}

static void need_row(double **row, size_t N) {
  if (*row == NULL)
    *row = attn_alloc(N, sizeof **row);
}

/* y = x / norm; dividing also serves norms whose inverse overflows. */
static void divide(double *y /* [N] */, const double *x /* [N] */, double norm, size_t N) {
  for (size_t j = 0; j < N; j++)
    y[j] = x[j] / norm;
}

/* Makes Xi known along c, whose norm is positive and finite. */
static void ask(attn_tokens *tokens, const double *c /* [N] */, double norm) {
  lazy_state *state = tokens->state;
  const size_t N = tokens->N, new = state->count;
  if (new == tokens->k || new == N)
    return;
  need_row(&state->q[new], N);
  double *q = state->q[new];
  divide(q, c, norm, N);
  project_out(state, q, new, N);
  norm = attn_norm(q, N);
  if (norm <= in_span)
    return;
  if (new == state->capacity)
    attn_fail("lazy tokens with room for %zu directions were asked for one more; allocate them "
              "with a larger number of pullbacks, two for each step of gradient descent",
              state->capacity);
  divide(q, q, norm, N);
  need_row(&state->image[new], N);
  double *image = state->image[new];
  double r = attn_rng_chi((double)(tokens->k - new), state->rng);
  attn_rng_gaussian(image, N, state->rng);
  project_out(state, image, new + 1, N);
  attn_axpy(image, r, q, N);
  state->count = new + 1;
}

static void pullback(attn_tokens *tokens, double *u, const double *c, size_t m) {
  lazy_state *state = tokens->state;
  if (!state->drawn)
    attn_fail("lazy tokens were pulled back before they were drawn");
  for (size_t a = 0; a < m; a++, c += tokens->N, u += tokens->dim) {
    double norm = attn_norm(c, tokens->N);
    memset(u + 2, 0, (tokens->dim - 2) * sizeof *u);
    if (isfinite(norm) && norm > 0) {
      ask(tokens, c, norm);
      rows_dot(u + 2, state->image, state->count, c, tokens->N);
    } else if (norm != 0) /* training that diverged: the answer says so, the tokens stay sound */
      for (size_t l = 2; l < tokens->dim; l++)
        u[l] = NAN;
  }
}

static void draw(attn_tokens *tokens, gsl_rng *rng) {
  lazy_state *state = tokens->state;
  uint64_t seed = gsl_rng_get(rng), replicate = gsl_rng_get(rng);
  attn_rng_start(state->rng, seed, "lazy tokens", 0, replicate, ATTN_STREAM_NOISE);
  state->count = 0;
  state->drawn = true;
}

/* noise[a][j] = sum_l u_a[2 + l] (Xi e_l)_j */
static void scores(attn_tokens *tokens, double *noise, const double *u, size_t m) {
  const lazy_state *state = tokens->state;
  const size_t N = tokens->N;
  memset(noise, 0, m * N * sizeof *noise);
  for (size_t j = 0; j < N; j += CHUNK)
    for (size_t l = 0; l < state->count; l++)
      for (size_t a = 0; a < m; a++)
        attn_axpy(noise + a * N + j, u[a * tokens->dim + 2 + l], state->image[l] + j,
                  chunk_at(j, N));
}

static double inner(const attn_tokens *tokens, const double *u, const double *w,
                    const double *w_noise) {
  (void)w_noise;
  return attn_dot(u + 2, w + 2, tokens->dim - 2);
}

static void release(attn_tokens *tokens) {
  lazy_state *state = tokens->state;
  for (size_t l = 0; l < state->capacity; l++)
    attn_free(state->image[l]);
  for (size_t l = 0; l < state->capacity + 1; l++)
    attn_free(state->q[l]);
  attn_free(state->image);
  attn_free(state->q);
  attn_free(state->h);
  gsl_rng_free(state->rng);
  attn_free(state);
}

void attn_tokens_lazy_init(attn_tokens *tokens, size_t pullbacks) {
  static const attn_tokens_ops ops = {draw, scores, pullback, inner, release};
  size_t most = tokens->N < tokens->k ? tokens->N : tokens->k;
  lazy_state *state = attn_alloc(1, sizeof *state);
  state->capacity = pullbacks < most ? pullbacks : most;
  state->q = attn_alloc(state->capacity + 1, sizeof *state->q);
  state->image = attn_alloc(state->capacity, sizeof *state->image);
  state->h = attn_alloc(state->capacity, sizeof *state->h);
  state->rng = attn_rng_alloc();
  tokens->ops = &ops;
  tokens->dim = 2 + state->capacity;
  tokens->state = state;
}

size_t attn_tokens_lazy_count(const attn_tokens *tokens) {
  const lazy_state *state = tokens->state;
  return state->count;
}

const double *attn_tokens_lazy_question(const attn_tokens *tokens, size_t l) {
  const lazy_state *state = tokens->state;
  return state->q[l];
}

const double *attn_tokens_lazy_image(const attn_tokens *tokens, size_t l) {
  const lazy_state *state = tokens->state;
  return state->image[l];
}
