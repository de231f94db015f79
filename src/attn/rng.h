/* rng: keyed random streams. A stream is a function of what it is for, never of what was drawn
 * before, so neither order nor sharding nor a new grid point shifts a number. */
#ifndef ATTN_RNG_H
#define ATTN_RNG_H

#include <gsl/gsl_rng.h>

#include "base.h"

/* Philox4x64-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (SC 2011): 64-bit
 * outputs, four to a block, the block number being one word of its 256-bit counter. */
extern const gsl_rng_type *attn_rng_philox;

/* One block: out = bijection of counter under key. */
void attn_rng_philox_block(uint64_t out[4], const uint64_t counter[4], const uint64_t key[2]);

typedef enum {
  ATTN_STREAM_LABELS,
  ATTN_STREAM_NOISE,
  ATTN_STREAM_TEST,
  ATTN_STREAM_START,
  ATTN_STREAM_RISK,
  ATTN_STREAM_OTHER
} attn_stream;

/* A generator; gsl_rng_free releases it. Key it before use. */
gsl_rng *attn_rng_alloc(void);

/* Starts the stream of (seed, name, cell, replicate, purpose). The five make the key and three of
 * the four counter words, so distinct (cell, replicate, purpose) below 2^56 can never share a
 * block; name enters as a 64-bit fingerprint. Equal cells with different names or seeds are
 * independent. */
void attn_rng_start(gsl_rng *rng, uint64_t seed, const char *name, size_t cell, size_t replicate,
                    attn_stream purpose);

/* x_j ~ N(0, 1), independent (ziggurat: the same numbers on CPUs with and without FMA). */
void attn_rng_gaussian(double *x /* [count] */, size_t count, gsl_rng *rng);

/* chi with the given degrees of freedom: sqrt of a chi-square draw; 0 for degrees = 0. */
double attn_rng_chi(double degrees, gsl_rng *rng);

#endif
