/* Linked with -Wl,--wrap=attn_rng_start: every stream of a test program gets another seed, by RESEED
 * from the environment, so that tests that draw can be run on draws that they were not written on. */
#include <stdlib.h>

#include "rng.h"

void __real_attn_rng_start(gsl_rng *rng, uint64_t seed, const char *name, size_t cell,
                           size_t replicate, attn_stream purpose);
void __wrap_attn_rng_start(gsl_rng *rng, uint64_t seed, const char *name, size_t cell,
                           size_t replicate, attn_stream purpose);

void __wrap_attn_rng_start(gsl_rng *rng, uint64_t seed, const char *name, size_t cell,
                           size_t replicate, attn_stream purpose) {
  const char *text = getenv("RESEED");
  const uint64_t shift = text == NULL ? 0 : strtoull(text, NULL, 10);
  /* an odd multiplier, so that no small shift leads from one test's seed to another's */
  __real_attn_rng_start(rng, seed + shift * UINT64_C(0x9E3779B97F4A7C15), name, cell, replicate,
                        purpose);
}
