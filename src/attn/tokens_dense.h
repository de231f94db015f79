/* tokens_dense: the noise tokens in memory (theory section 3a). Any noise, any optimizer; a step
 * reads the matrix twice. Coordinates of a parameter vector: the signals, then the d - 2 entries. */
#ifndef ATTN_TOKENS_DENSE_H
#define ATTN_TOKENS_DENSE_H

#include "tokens.h"

void attn_tokens_dense_init(attn_tokens *tokens);

/* The noise matrix, to read or to fill: with noise of another kind, or with tokens that are given.
 * Rows have k = d - 2 coordinates, so given tokens of k coordinates need dimension d = k + 2; where
 * they have no part on the signals (rho = 0, or attn_layout_given, by which all tokens of a sample
 * are rows), the two signal coordinates of every parameter vector stay zero. */
double *attn_tokens_dense_noise(attn_tokens *tokens); /* [N][k] */

#endif
