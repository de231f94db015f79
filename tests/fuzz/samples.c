/* Shards, a form feed between them, gathered into samples, and some questions to these. */
#include "samples.h"

#include <math.h>
#include <string.h>

#include "fuzz.h"

enum { SHARDS = 3 };
static const char *const path[SHARDS] = {"run/1.tsv", "run/2.tsv", "run/3.tsv"};

static void gather(void *argument) {
  const size_t shards = *(const size_t *)argument;
  attn_samples *samples = attn_samples_read("run", shards);
  fuzz_assert(samples->columns >= 1);
  for (size_t r = 1; r < samples->rows; r++) {
    const double before = samples->value[(r - 1) * samples->columns];
    fuzz_assert(!(before > samples->value[r * samples->columns]));
  }
  const char *first = samples->name[0], *last = samples->name[samples->columns - 1];
  const attn_where all[] = {{0}}, some[] = {{first, 1}, {0}};
  attn_samples_mean(samples, last, all);
  attn_samples_median(samples, last, some);
  attn_samples_median_interval(samples, last, all, 0.95);
  attn_samples_summary(samples, last, some, 0.95);
  fuzz_assert(attn_samples_pairs(samples, first, last, all).count <= samples->rows);
  fuzz_assert(attn_samples_count(samples, last, -INFINITY, INFINITY, all) <= samples->rows);
  attn_samples_value(samples, "loss", all);
  attn_samples_free(samples);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_part part[SHARDS];
  size_t shards = fuzz_split(part, SHARDS, data, size, '\f');
  for (size_t s = 0; s < shards; s++)
    fuzz_file(path[s], part[s].data, part[s].size);
  fuzz_run(gather, &shards, true);
  fuzz_forget();
  return 0;
}
