/* tokens: the geometry interface (theory section 3). The tokens of a draw are two signals
 * mu_1, mu_2 and N noise tokens xi_1 ... xi_N, orthogonal to both. Training, metrics and risk need
 * only three operations on them, and a random start a fourth, so that how the tokens are held, or
 * whether they are held at all, is nobody else's business:
 *
 *   scores     mu_k . u and xi_j . u            for parameter vectors u
 *   pullback   u = sum_k a_k mu_k + sum_j c_j xi_j
 *   inner      u . w of the noise parts
 *   gaussian   u ~ N(0, scale^2 I_d), independent of the tokens
 *
 * A parameter vector is dim coordinates: u[0], u[1] on the unit signals mu_1/rho, mu_2/rho, the
 * rest as the geometry likes. Sums and multiples of coordinates are those of the vectors. */
#ifndef ATTN_TOKENS_H
#define ATTN_TOKENS_H

#include <gsl/gsl_rng.h>

#include "base.h"

typedef enum {
  ATTN_TOKENS_DENSE,    /* the noise in memory: N x (d - 2) */
  ATTN_TOKENS_GRAM,     /* the N x N Gram matrix of a dense draw */
  ATTN_TOKENS_BARTLETT, /* the same matrix drawn from its law, without any token */
  ATTN_TOKENS_LAZY,     /* the noise only along the directions that are asked about */
} attn_tokens_kind;

/* The kinds' names in configurations and on command lines: "dense|gram|bartlett|lazy". */
#define ATTN_TOKENS_WORDS "dense|gram|bartlett|lazy"
attn_tokens_kind attn_tokens_kind_of(const char *word);

typedef struct attn_tokens attn_tokens;

/* What a geometry implements; m vectors at a time, so that memory is read once for v and p. */
typedef struct {
  void (*draw)(attn_tokens *tokens, gsl_rng *rng);
  /* noise[a][j] = xi_j . u_a */
  void (*scores)(attn_tokens *tokens, double *noise /* [m][N] */, const double *u /* [m][dim] */,
                 size_t m);
  /* coordinates 2 .. dim-1 of u_a = sum_j c[a][j] xi_j */
  void (*pullback)(attn_tokens *tokens, double *u /* [m][dim] */, const double *c /* [m][N] */,
                   size_t m);
  double (*inner)(const attn_tokens *tokens, const double *u /* [dim] */,
                  const double *w /* [dim] */, const double *w_noise /* [N] */);
  /* coordinates 2 .. dim-1 of u_a ~ N(0, I_d) */
  void (*gaussian)(attn_tokens *tokens, double *u /* [m][dim] */, size_t m, gsl_rng *rng);
  void (*release)(attn_tokens *tokens);
} attn_tokens_ops;

struct attn_tokens {
  attn_tokens_kind kind;
  size_t N;   /* noise tokens */
  size_t k;   /* dimension of the noise, d - 2 */
  size_t dim; /* coordinates of a parameter vector */
  double rho; /* norm of the signals */
  const attn_tokens_ops *ops;
  void *state; /* the geometry's own */
};

/* Tokens of the given kind for N noise tokens in dimension d (d >= 3) and signals of norm rho.
 * pullbacks is the number of vectors that will be pulled back between two draws, two for each step
 * of gradient descent; lazy tokens, which sample on demand, provide for so many directions.
 * Memory: dense 8 N (d-2) bytes, gram and bartlett 8 N^2 bytes, lazy 16 N bytes for each direction
 * that is asked about (three in two steps from zero). */
attn_tokens *attn_tokens_alloc(attn_tokens_kind kind, size_t N, size_t d, double rho,
                               size_t pullbacks);

/* The same with room for so many vectors of attn_tokens_gaussian after each draw. They leave the
 * span of the tokens, so gram, bartlett and lazy vectors have a coordinate more for each. Memory
 * besides: gram and bartlett 8 N^2 bytes, lazy 8 N bytes for each vector that was asked for. */
attn_tokens *attn_tokens_alloc_gaussian(attn_tokens_kind kind, size_t N, size_t d, double rho,
                                        size_t pullbacks, size_t gaussians);
void attn_tokens_free(attn_tokens *tokens);

/* Fresh Gaussian noise tokens xi_j ~ N(0, I - mu_1 mu_1'/rho^2 - mu_2 mu_2'/rho^2).
 * Cost: dense N d deviates; gram N d deviates and N^2 d operations; bartlett N^2/2 deviates and
 * N^3/3 operations, whatever d is; lazy nothing, but then each vector pulled back draws N deviates
 * and passes seven times over the directions before it. */
void attn_tokens_draw(attn_tokens *tokens, gsl_rng *rng);

/* signal[a][k] = mu_k . u_a, noise[a][j] = xi_j . u_a for m parameter vectors. */
void attn_tokens_scores(attn_tokens *tokens, double *signal /* [m][2] */,
                        double *noise /* [m][N] */, const double *u /* [m][dim] */, size_t m);

/* u_a = sum_k signal[a][k] mu_k + sum_j noise[a][j] xi_j for m parameter vectors. */
void attn_tokens_pullback(attn_tokens *tokens, double *u /* [m][dim] */,
                          const double *signal /* [m][2] */, const double *noise /* [m][N] */,
                          size_t m);

/* u . w without the signal directions; w_noise are the noise scores of w, which make this cheap
 * in every geometry. */
double attn_tokens_inner(const attn_tokens *tokens, const double *u /* [dim] */,
                         const double *w /* [dim] */, const double *w_noise /* [N] */);

/* The cosine of the angle between two parameter vectors, signals included; not-a-number where one
 * is zero. */
double attn_tokens_cosine(attn_tokens *tokens, const double *u /* [dim] */,
                          const double *w /* [dim] */, double *noise /* [2][N] workspace */);

/* u_a with independent N(0, scale_a^2) coordinates in R^d, independent of each other, of the tokens
 * and of all that was asked about them since the draw; exact in every geometry (theory section 3).
 * Only for tokens of attn_tokens_alloc_gaussian, and after a draw; one vector more than there is
 * room for fails with a sentence. Cost for each u_a: dense d deviates; gram and bartlett N deviates
 * and N^2 operations, after N^3/3 for each call; lazy as many deviates as directions are known, and
 * N with a pass over the directions before it. */
void attn_tokens_gaussian(attn_tokens *tokens, double *u /* [m][dim] */, size_t m,
                          const double *scale /* [m] */, gsl_rng *rng);

#endif
