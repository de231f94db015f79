/* layout: which token is what. In the paper's data model D a sample is its class's signal and T - 1
 * noise tokens. In general token t of sample i is
 *
 *   x_it = a_it1 mu_1 + a_it2 mu_2 + xi_j,   j = noise[i][t], or without xi_j for ATTN_NO_NOISE,
 *
 * with mu_1, mu_2 of norm rho, orthogonal to each other and to all xi. Scores and gradients are
 * linear in mu and xi, so every geometry of tokens stays exact (theory section 3). Examples, as
 * coefficients:
 *
 *   noise not orthogonal to the signals   (a_1, a_2) ~ N(0, s^2 I) for each noise token
 *   signals at an angle                   mu_2 there is (cos, sin), mu_1 is (1, 0)
 *   several signals in a sample           a second token (0, c) beside the first, (1, 0)
 *   a signal token with noise of its own  (1, 0) and a xi that no other token has
 *
 * Tokens that are given, rather than drawn: dense tokens of dimension d = k + 2 whose rows in
 * attn_tokens_dense_noise [N][k] the caller fills, and attn_layout_given, by which all tokens of a
 * sample are rows; no token has a part on the signals then, and rho may be anything, 0 too.
 *
 * Token 0 of a sample counts as its signal token wherever attention "on the signal" is measured. */
#ifndef ATTN_LAYOUT_H
#define ATTN_LAYOUT_H

#include "base.h"

#define ATTN_NO_NOISE SIZE_MAX

typedef struct {
  size_t n, T;    /* samples, tokens per sample */
  size_t N;       /* noise tokens; several tokens may have the same one, and some none */
  double *signal; /* [n][T][2] a_it1, a_it2 */
  size_t *noise;  /* [n][T] index below N, or ATTN_NO_NOISE */
} attn_layout;

/* All coefficients 0, no noise. Fails with a sentence for n = 0 or T = 0. */
attn_layout *attn_layout_alloc(size_t n, size_t T, size_t N);
void attn_layout_free(attn_layout *layout);

/* NULL when every index is below N or ATTN_NO_NOISE and every coefficient finite, else a sentence
 * (valid until the next call). */
const char *attn_layout_check(const attn_layout *layout);

/* The paper's: the class's signal first, then noise tokens i(T-1) ... (i+1)(T-1)-1. Fails with a
 * sentence for fewer than n(T-1) noise tokens. */
void attn_layout_paper(attn_layout *layout, const unsigned char *k /* [n] classes, 0 or 1 */);

/* Token t of sample i is xi_{iT+t}, without signals. Fails with a sentence for fewer than nT. */
void attn_layout_given(attn_layout *layout);

/* score[t] = x_it . u from the scores of signals and noise tokens on u. */
void attn_layout_gather(double *score /* [T] */, const attn_layout *layout, size_t i,
                        const double *signal /* [2] mu_k . u */,
                        const double *noise /* [N] xi_j . u */);

/* The reverse for derivatives: adds to those of signals and noise what sample i's tokens give. */
void attn_layout_scatter(double *signal /* [2] */, double *noise /* [N] */,
                         const attn_layout *layout, size_t i, const double *token /* [T] */);

#endif
