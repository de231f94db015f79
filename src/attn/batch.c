#include "batch.h"

#include <gsl/gsl_randist.h>

#include "rng.h"

attn_batch *attn_batch_alloc(size_t n, size_t size) {
  if (size < 1 || size > n)
    attn_fail("a batch of %zu samples: it must hold at least 1 and at most n = %zu", size, n);
  attn_batch *batch = attn_alloc(1, sizeof *batch);
  batch->n = batch->next = n;
  batch->size = size;
  batch->order = attn_alloc(n, sizeof *batch->order);
  batch->rng = attn_rng_alloc();
  return batch;
}

void attn_batch_free(attn_batch *batch) {
  if (batch == NULL)
    return;
  attn_free(batch->order);
  gsl_rng_free(batch->rng);
  attn_free(batch);
}

void attn_batch_start(attn_batch *batch, uint64_t seed, const char *name, size_t cell,
                      size_t replicate) {
  attn_rng_start(batch->rng, seed, name, cell, replicate, ATTN_STREAM_OTHER);
  for (size_t i = 0; i < batch->n; i++)
    batch->order[i] = i;
  batch->next = batch->n;
}

void attn_batch_next(double *w, attn_batch *batch) {
  if (batch->next == batch->n) {
    gsl_ran_shuffle(batch->rng, batch->order, batch->n, sizeof *batch->order);
    batch->next = 0;
  }
  const size_t left = batch->n - batch->next, size = left < batch->size ? left : batch->size;
  const size_t end = batch->next + size;
  for (size_t j = 0; j < batch->n; j++)
    w[batch->order[j]] *= j >= batch->next && j < end ? (double)batch->n / (double)size : 0;
  batch->next = end;
}
