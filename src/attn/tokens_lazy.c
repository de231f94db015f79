#include "tokens_lazy.h"

#include <math.h>
#include <string.h>

#include "linalg.h"
#include "rng.h"

/* What is known of Xi:
 *
 *   Xi e_l  for all l, and  Xi' q_i = sum_l <q_i, Xi e_l> e_l,
 *
 * the second because each e_l that came after q_i was made to have <q_i, Xi e_l> = 0. Given that,
 * Xi = (known part) + (I - P_Q) G (I - P_E) with G standard Gaussian, independent of everything
 * known; P_Q and P_E project on the q's and the e's. Two things are asked.
 *
 * A new unit q orthogonal to the q's (it may depend on all earlier answers): Xi' q adds to its known
 * coordinates the Gaussian vector (I - P_E) G' q in k - known dimensions: its length is a chi, and
 * its direction, of which nothing was known, becomes e_new. What is left is (I - P_Q) G (I - P_E)
 * with the larger P_Q and P_E, so
 *
 *   r ~ chi_{k - known},   Xi e_new = r q + (I - P_Q) g,   g ~ N(0, I_N), P_Q including q.
 *
 * A vector u ~ N(0, I_k) independent of Xi: its coordinates on the e's are N(0, 1), and its part
 * outside has a chi_{k - known} for its length and a direction, of which nothing was known, that
 * becomes e_new. It is independent of G, so
 *
 *   Xi e_new = (I - P_Q) g.
 *
 * The first adds one q and one e, the second one e, until min(N, k) q's or k e's make Xi known: all
 * q's because Xi = sum_i q_i (Xi' q_i)' (then further e's have image 0), all e's because
 * Xi' c = sum_l <c, Xi e_l> e_l for any c. That sum is also the answer to a question in the span of
 * the q's, so no coefficient is stored. */
typedef struct {
  gsl_rng *rng;
  bool drawn;
  size_t room;     /* q's */
  size_t asked;    /* q's so far */
  size_t capacity; /* e's */
  size_t known;    /* e's so far */
  double **q;      /* [room + 1][N], rows NULL until needed; the last is only for checking whether
                    * weights asked when there is no more room are in the span */
  double **image;  /* [capacity][N], Xi e_l, likewise */
  double *h;       /* [room] workspace */
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

/* x -= sum_l <q_l, x> q_l. When little of x remains, the rounding left by what was removed matters,
 * and a second call removes that as well. */
static void project_out(lazy_state *state, double *x /* [N] */, size_t count, size_t N) {
  rows_dot(state->h, state->q, count, x, N);
  for (size_t j = 0; j < N; j += CHUNK)
    for (size_t l = 0; l < count; l++)
      attn_axpy(x + j, -state->h[l], state->q[l] + j, chunk_at(j, N));
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
  const size_t N = tokens->N, new = state->asked;
  if (state->known == tokens->k || new == N)
    return;
  need_row(&state->q[new], N);
  double *q = state->q[new];
  divide(q, c, norm, N);
  project_out(state, q, new, N);
  project_out(state, q, new, N);
  norm = attn_norm(q, N);
  if (norm <= in_span)
    return;
  if (new == state->room)
    attn_fail("lazy tokens with room for %zu directions were asked for one more; allocate them "
              "with a larger number of pullbacks, two for each step of gradient descent",
              state->room);
  divide(q, q, norm, N);
  need_row(&state->image[state->known], N);
  double *image = state->image[state->known];
  double r = attn_rng_chi((double)(tokens->k - state->known), state->rng);
  attn_rng_gaussian(image, N, state->rng);
  project_out(state, image, new + 1, N); /* once: image is never small, r q rounds as much */
  attn_axpy(image, r, q, N);
  state->asked++;
  state->known++;
}

static void gaussian(attn_tokens *tokens, double *u, size_t m, gsl_rng *rng) {
  lazy_state *state = tokens->state;
  const size_t N = tokens->N;
  if (!state->drawn)
    attn_fail("lazy tokens were asked for a Gaussian vector before they were drawn");
  for (size_t a = 0; a < m; a++, u += tokens->dim) {
    memset(u + 2, 0, (tokens->dim - 2) * sizeof *u);
    attn_rng_gaussian(u + 2, state->known, rng);
    if (state->known == tokens->k)
      continue;
    if (state->known - state->asked == state->capacity - state->room)
      attn_fail("lazy tokens with room for %zu Gaussian vectors were asked for one more",
                state->capacity - state->room);
    u[2 + state->known] = attn_rng_chi((double)(tokens->k - state->known), rng);
    need_row(&state->image[state->known], N);
    double *image = state->image[state->known++];
    if (state->asked == N) {
      memset(image, 0, N * sizeof *image);
      continue;
    }
    attn_rng_gaussian(image, N, state->rng);
    project_out(state, image, state->asked, N);
  }
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
      rows_dot(u + 2, state->image, state->known, c, tokens->N);
    } else if (norm != 0) /* training that diverged: the answer says so, the tokens stay sound */
      for (size_t l = 2; l < tokens->dim; l++)
        u[l] = NAN;
  }
}

static void draw(attn_tokens *tokens, gsl_rng *rng) {
  lazy_state *state = tokens->state;
  uint64_t seed = gsl_rng_get(rng), replicate = gsl_rng_get(rng);
  attn_rng_start(state->rng, seed, "lazy tokens", 0, replicate, ATTN_STREAM_NOISE);
  state->asked = state->known = 0;
  state->drawn = true;
}

/* noise[a][j] = sum_l u_a[2 + l] (Xi e_l)_j */
static void scores(attn_tokens *tokens, double *noise, const double *u, size_t m) {
  const lazy_state *state = tokens->state;
  const size_t N = tokens->N;
  memset(noise, 0, m * N * sizeof *noise);
  for (size_t j = 0; j < N; j += CHUNK)
    for (size_t l = 0; l < state->known; l++)
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
  for (size_t l = 0; l < state->room + 1; l++)
    attn_free(state->q[l]);
  attn_free(state->image);
  attn_free(state->q);
  attn_free(state->h);
  gsl_rng_free(state->rng);
  attn_free(state);
}

void attn_tokens_lazy_init(attn_tokens *tokens, size_t pullbacks, size_t gaussians) {
  static const attn_tokens_ops ops = {draw, scores, pullback, inner, gaussian, release};
  size_t most = tokens->N < tokens->k ? tokens->N : tokens->k;
  lazy_state *state = attn_alloc(1, sizeof *state);
  state->room = pullbacks < most ? pullbacks : most;
  state->capacity = state->room + gaussians;
  state->q = attn_alloc(state->room + 1, sizeof *state->q);
  state->image = attn_alloc(state->capacity, sizeof *state->image);
  state->h = attn_alloc(state->room, sizeof *state->h);
  state->rng = attn_rng_alloc();
  tokens->ops = &ops;
  tokens->dim = 2 + state->capacity;
  tokens->state = state;
}

size_t attn_tokens_lazy_count(const attn_tokens *tokens) {
  const lazy_state *state = tokens->state;
  return state->asked;
}

size_t attn_tokens_lazy_known(const attn_tokens *tokens) {
  const lazy_state *state = tokens->state;
  return state->known;
}

const double *attn_tokens_lazy_question(const attn_tokens *tokens, size_t l) {
  const lazy_state *state = tokens->state;
  return state->q[l];
}

const double *attn_tokens_lazy_image(const attn_tokens *tokens, size_t l) {
  const lazy_state *state = tokens->state;
  return state->image[l];
}
