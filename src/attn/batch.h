/* batch: mini-batches. A batch is a choice of samples, and enters training as weights of the loss
 * derivatives, so that it works over any geometry. */
#ifndef ATTN_BATCH_H
#define ATTN_BATCH_H

#include <gsl/gsl_rng.h>

#include "base.h"

typedef struct {
  size_t n, size;
  size_t next;   /* how many samples of this epoch were taken */
  size_t *order; /* [n] the epoch's order */
  gsl_rng *rng;
} attn_batch;

/* Batches of size samples of n, 1 <= size <= n. */
attn_batch *attn_batch_alloc(size_t n, size_t size);
void attn_batch_free(attn_batch *batch);

/* Starts the first epoch, from the stream keyed by (seed, name, cell, replicate). */
void attn_batch_start(attn_batch *batch, uint64_t seed, const char *name, size_t cell,
                      size_t replicate);

/* The next batch B: samples without replacement in a fresh random order each epoch; the last batch
 * of an epoch holds what is left. w_i becomes (n / |B|) w_i in B and 0 outside: derivatives of the
 * mean over n samples become those of the mean over B. */
void attn_batch_next(double *w /* [n] */, attn_batch *batch);

#endif
