/* tokens_gram: inner products instead of tokens (theory section 3b). Coordinates of a parameter
 * vector: the signals, then the multiple alpha_j of each noise token, u = ... + sum_j alpha_j xi_j,
 * then those on orthonormal directions outside the tokens' span, one for each Gaussian vector that
 * there is room for. A step costs O(N^2) whatever d is. */
#ifndef ATTN_TOKENS_GRAM_H
#define ATTN_TOKENS_GRAM_H

#include "tokens.h"

/* draw: K = Xi Xi' of a dense Gaussian draw of Xi (the same numbers as a dense draw from the same
 * stream). */
void attn_tokens_gram_init(attn_tokens *tokens, size_t gaussians);

/* draw: K from its law, by Bartlett's decomposition of a Wishart matrix. */
void attn_tokens_bartlett_init(attn_tokens *tokens, size_t gaussians);

/* The matrix K_ij = xi_i . xi_j, to read or to change; both triangles are kept. */
double *attn_tokens_gram_matrix(attn_tokens *tokens); /* [N][N] */

/* Makes them the tokens in the rows of Xi: K = Xi Xi'. For noise that attn_tokens_draw does not
 * draw. */
void attn_tokens_gram_set(attn_tokens *tokens, const double *Xi /* [N][k] */);

/* max_{i != j} |xi_i . xi_j| n / d: how far the noise tokens are from orthogonal, on the scale on
 * which n cross terms rival |xi|^2 = d (theory section 7). */
double attn_tokens_gram_coherence(attn_tokens *tokens, size_t n);

/* The same tokens without their cross terms: zero off the diagonal. */
void attn_tokens_gram_drop_cross(attn_tokens *tokens);

#endif
