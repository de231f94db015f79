/* saturation: learning rule (4.1) for large |p| = R, to leading order in exp(-R/|p_mm|): a prediction
 * for the end of its path (our derivation, after theory section 5).
 *
 * There sample i gives a token t that it did not choose the attention exp(-g_it), with the score gap
 * g_it = p . (chosen - x_it). To that order the envelope theorem gives, for the margin m(p) and its
 * limit m_mm = 1/|v_mm|,
 *
 *   1 - m(p)/m_mm = sum_G A_G max_{i in G} L_i / |v_mm|^2,   L_i = sum_t l_it exp(-g_it),
 *   l_it = 1 - y_i v_mm . x_it.
 *
 * G are the samples of one chosen point, as are the clean samples of a class on their signal: the
 * multipliers of v_mm have a sum A_G that is determined, and the largest L_i takes all of it. Other
 * samples are alone in theirs. The right-hand side is convex in p. With p = sum_j x_j (chosen -
 * other)_j it is least over |p| = R where all samples of a group have the same L_i and, for a number
 * tau that |p| = R determines,
 *
 *   g_it = log(l_it A_G / x_it * X_i / X_G) + tau,   X_i = sum_t x_it,  X_G = sum of X_i over G.
 *
 * For R -> infinity x is R/|p_mm| times the multipliers b of p_mm, so that g_it = R/|p_mm| + O(1): the
 * margin misses its limit by a multiple of exp(-R/|p_mm|), and the angle between p and p_mm falls like
 * 1/R.
 *
 * Differences with b_j = 0 are left out, such as those between noise tokens for T > 2: p_mm gives them
 * a gap c > 1, so that they matter by exp(-(c - 1) R/|p_mm|), relatively. */
#ifndef ATTN_SATURATION_H
#define ATTN_SATURATION_H

#include "maxmargin.h"

typedef struct attn_saturation attn_saturation;

/* For n samples of T tokens: 16 N^2 bytes. */
attn_saturation *attn_saturation_alloc(size_t n, size_t T);
void attn_saturation_free(attn_saturation *saturation);

/* Takes the selection sigma with the multipliers a of its v_mm (attn_maxmargin_value) and b of its
 * p_mm (attn_maxmargin_attention), and copies what it needs. False, and there is no prediction, when a
 * sample is no support vector of v_mm, when a token that is not chosen has l <= 0, so that its sample
 * would not lose by turning to it, or when the differences of p_mm depend on each other. O(N^3). */
bool attn_saturation_prepare(attn_saturation *saturation, const unsigned char *sigma /* [n] */,
                             const double *a /* [n] */, const double *b /* [N] */,
                             const attn_maxmargin_set *set);

/* The predicted p as multiples of tokens, and 1 - margin / its limit. False, with p and deficit not
 * set, when R is too small for all differences of p_mm to keep x_j > 0. O(N^2) for each of some
 * dozen iterations. */
bool attn_saturation_solve(double *p /* [2 + N] */, double *deficit, double R,
                           attn_saturation *saturation);

#endif
