#include "heldout.h"

#include "attention.h"
#include "linalg.h"

size_t attn_heldout_wrong(const attn_model *model, const attn_layout *layout,
                          const unsigned char *k, const double *cross) {
  const size_t N = model->N, held = layout->N, T = layout->T;
  if (model->dim != N + 2)
    attn_fail("held-out samples need a model over %zu gram tokens, %zu coordinates, not %zu", N,
              N + 2, model->dim);
  double *score = attn_alloc(2 * held, sizeof *score); /* [v, p][held] */
  double *row = attn_alloc(3 * T, sizeof *row);
  attn_multiply_transposed(score, held, model->theta + 2, model->dim, cross, N, 2, held, N);
  size_t wrong = 0;
  for (size_t i = 0; i < layout->n; i++) {
    attn_layout_gather(row, layout, i, model->signal[ATTN_V], score + ATTN_V * held);
    attn_layout_gather(row + T, layout, i, model->signal[ATTN_P], score + ATTN_P * held);
    const double f = attn_attention_forward(row + 2 * T, row + T, row, T);
    wrong += (k[i] == 0 ? f : -f) <= 0;
  }
  attn_free(score);
  attn_free(row);
  return wrong;
}
