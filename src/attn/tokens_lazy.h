/* tokens_lazy: noise tokens that are never formed (theory section 3c). The N x k noise matrix Xi is
 * sampled only along the directions that training asks about, each answer from its exact law given
 * all earlier answers (Y. M. Lu, "Householder Dice", arXiv 2101.07464). t steps of gradient descent
 * cost O(N t^2) operations and O(N t) memory, whatever d is.
 *
 * Coordinates of a parameter vector: the signals, then those on e_1, e_2, ..., an orthonormal basis
 * of the subspace of R^k that was asked about: a pulled-back vector and a Gaussian one add one each.
 * A basis vector is known only by its image Xi e_l.
 *
 * The tokens depend on the stream and on the questions: the same stream and the same pullbacks in
 * the same order give the same numbers. The draw takes two words from the stream it is given and
 * keys a generator of its own with them, which later questions consume, so that the caller may go
 * on with the stream: neither a second draw nor anything else from it repeats a number in here. */
#ifndef ATTN_TOKENS_LAZY_H
#define ATTN_TOKENS_LAZY_H

#include "tokens.h"

/* Room for min(pullbacks, N, k) directions. A direction takes its 16 N bytes when it is first
 * needed and keeps them for later draws. A pulled-back vector needs one unless it is zero or in
 * the span of earlier ones, as the p-gradient of a first step from zero is; one pullback too many
 * ends the program with a sentence. gaussians more directions for Gaussian vectors. */
void attn_tokens_lazy_init(attn_tokens *tokens, size_t pullbacks, size_t gaussians);

/* How many weights in new directions were pulled back since the draw; and how many e_l there are,
 * which is more by the Gaussian vectors that were drawn. */
size_t attn_tokens_lazy_count(const attn_tokens *tokens);
size_t attn_tokens_lazy_known(const attn_tokens *tokens);

/* q_l for l below the count, orthonormal, spanning the weights that were pulled back in their order;
 * and the image Xi e_l for l below the number known, orthogonal to the q's that came before e_l. */
const double *attn_tokens_lazy_question(const attn_tokens *tokens, size_t l); /* [N] */
const double *attn_tokens_lazy_image(const attn_tokens *tokens, size_t l);    /* [N] */

#endif
