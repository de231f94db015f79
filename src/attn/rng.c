#include "rng.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

typedef struct {
  uint64_t key[2], counter[4], block[4];
  unsigned used; /* words of block that are spent */
} philox_state;

/* The 128-bit product's halves; __extension__ because C17 has no such type. */
__extension__ typedef unsigned __int128 uint128;

void attn_rng_philox_block(uint64_t out[4], const uint64_t counter[4], const uint64_t key[2]) {
  uint64_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  uint64_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    uint128 a = (uint128)UINT64_C(0xD2E7470EE14C6C93) * c0;
    uint128 b = (uint128)UINT64_C(0xCA5A826395121157) * c2;
    c0 = (uint64_t)(b >> 64) ^ c1 ^ k0;
    c1 = (uint64_t)b;
    c2 = (uint64_t)(a >> 64) ^ c3 ^ k1;
    c3 = (uint64_t)a;
    k0 += UINT64_C(0x9E3779B97F4A7C15); /* golden ratio */
    k1 += UINT64_C(0xBB67AE8584CAA73B); /* sqrt(3) - 1 */
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

static unsigned long philox_get(void *memory) {
  philox_state *state = memory;
  if (state->used == 4) {
    attn_rng_philox_block(state->block, state->counter, state->key);
    state->counter[0]++;
    state->used = 0;
  }
  return state->block[state->used++];
}

static double philox_get_double(void *memory) {
  return (double)(philox_get(memory) >> 11) * 0x1p-53; /* [0, 1) with 53 bits */
}

static void philox_set(void *memory, unsigned long seed) {
  philox_state *state = memory;
  *state = (philox_state){.key = {seed, 0}, .used = 4};
}

static const gsl_rng_type philox_type = {
    "philox4x64-10", UINT64_MAX, 0, sizeof(philox_state), philox_set, philox_get, philox_get_double,
};
const gsl_rng_type *attn_rng_philox = &philox_type;

gsl_rng *attn_rng_alloc(void) {
  gsl_rng *rng = gsl_rng_alloc(attn_rng_philox);
  if (rng == NULL)
    attn_fail("out of memory for a random generator");
  return rng;
}

void attn_rng_start(gsl_rng *rng, uint64_t seed, const char *name, size_t cell, size_t replicate,
                    attn_stream purpose) {
  philox_state *state = rng->state;
  *state = (philox_state){
      .key = {seed, attn_fingerprint(name, strlen(name))},
      .counter = {0, (uint64_t)purpose, replicate, cell},
      .used = 4,
  };
}

void attn_rng_gaussian(double *x, size_t count, gsl_rng *rng) {
  for (size_t j = 0; j < count; j++)
    x[j] = gsl_ran_gaussian_ziggurat(rng, 1.0);
}

double attn_rng_chi(double degrees, gsl_rng *rng) {
  return degrees > 0 ? sqrt(gsl_ran_chisq(rng, degrees)) : 0.0;
}
