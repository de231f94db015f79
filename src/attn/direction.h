/* direction: the max-margin pair (v_mm, p_mm) of a selection of tokens as two directions, and how far
 * a model's v and p have turned towards them (theory sections 5 and 6b). For tokens held by their
 * Gram matrix, whose parameter vectors are multiples of tokens and, after a random start, a part
 * outside the tokens' span that no gradient reaches. */
#ifndef ATTN_DIRECTION_H
#define ATTN_DIRECTION_H

#include "maxmargin.h"
#include "model.h"
#include "recursion.h"

typedef struct {
  unsigned char *sigma; /* [n] the selection */
  double *sum[2];       /* [v, p][2 + N] v_mm and p_mm as multiples of mu_1, mu_2, xi_1 ... xi_N */
  double norm[2];       /* |v_mm|, |p_mm|; not-a-number when one of them does not exist */
  double margin;        /* 1 / |v_mm|, a certified lower bound; 0 when one does not exist */
  double gap;           /* the larger certified gap of the two support vector machines */
  double *a, *b;        /* [n], [N] their multipliers */
} attn_direction;

attn_direction *attn_direction_alloc(const attn_labels *labels);
void attn_direction_free(attn_direction *direction);

/* The pair of direction->sigma. False when no v fits all labels with these tokens, or no p selects
 * them. */
bool attn_direction_solve(attn_direction *direction, const attn_maxmargin_set *set,
                          attn_maxmargin_workspace *workspace);

/* The token of each sample that has the most attention, the earlier of equal ones. After forward. */
void attn_direction_chosen(unsigned char *sigma /* [n] */, const attn_model *model);

/* For which = ATTN_V or ATTN_P, after forward: the length of the model's vector in the tokens' span
 * and outside it. */
typedef struct {
  double inside, outside;
} attn_direction_lengths;
attn_direction_lengths attn_direction_measure(const attn_model *model, const attn_tokens *tokens,
                                              size_t which);

/* The cosine of the model's vector in the span with v_mm (ATTN_V) or p_mm (ATTN_P), after forward;
 * with the whole vector it is smaller by inside / |(inside, outside)|. Not-a-number for a vector that
 * is 0, or a pair that does not exist. */
double attn_direction_cosine(const attn_direction *direction, const attn_model *model,
                             const attn_tokens *tokens, size_t which);

/* The same of the recursion on orthogonal noise, T = 2, for the selection in which all noisy samples
 * use noise and all clean ones the signal, or noise too. Per class, with s samples on the signal, u
 * on noise and s + u = n/2,
 *
 *   v_mm = sum_k y_k mu_k / rho^2 (if s > 0) + sum_{on noise} y_i xi_i / d
 *   m = mu_k . p_mm = (s - u) / (d / rho^2 + s + u),   xi_i . p_mm = m - 1 (on signal) or m + 1
 *
 * margin: the smallest y_i f_i over |v|, in units of the selection's own margin. */
typedef struct {
  double cosine[2], margin;
} attn_direction_ideal;
attn_direction_ideal attn_direction_of_recursion(const attn_recursion *state,
                                                 const attn_data_param *param, bool signal);

#endif
