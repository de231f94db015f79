/* heldout: errors on samples that were kept back. Where tokens are real there is no law to draw a
 * test set from, and no exact risk. */
#ifndef ATTN_HELDOUT_H
#define ATTN_HELDOUT_H

#include "layout.h"
#include "model.h"

/* How many samples of a layout the model gets wrong, against the clean labels of their classes k;
 * a tie f = 0 counts as wrong. The layout is over noise tokens of its own, held[j], which enter
 * through their inner products with the training tokens, cross[j][l] = held_j . xi_l. Signals are
 * those of the last forward pass. Only for gram tokens, without room for Gaussian vectors: their
 * parameters are multiples of the training tokens. Cost: 2 N multiplications for each held token. */
size_t attn_heldout_wrong(const attn_model *model, const attn_layout *layout,
                          const unsigned char *k /* [n] */,
                          const double *cross /* [layout->N][model->N] */);

#endif
