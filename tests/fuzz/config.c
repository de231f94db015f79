/* The configuration reader: a file, and what SET puts over it after a form feed. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "config.h"
#include "fuzz.h"

static size_t n, big;
static double eta, any;
static attn_list kappa, shift, record;
static char *start;
static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &n, "[2, 5000]", "the number of samples"},
    {"big", ATTN_KEY_COUNT, &big, "[0, inf)", "the dimension"},
    {"eta", ATTN_KEY_REAL, &eta, "[0, 0.5)", "the label-flip rate"},
    {"any", ATTN_KEY_REAL, &any, "(-inf, inf)", "the offset"},
    {"kappa", ATTN_KEY_LIST, &kappa, "(0, 1e300]", "the scaled signal"},
    {"shift", ATTN_KEY_LIST, &shift, "(-inf, inf)", "the shift"},
    {"record", ATTN_KEY_COUNTS, &record, "[0, 1000]", "the steps to record"},
    {"start", ATTN_KEY_WORD, &start, "zero|gaussian|one-hot", "the start"},
};

static void check_list(const attn_list *list, double low, double high) {
  fuzz_assert(list->count >= 1 && list->count <= ATTN_LIST_MAX);
  for (size_t i = 0; i < list->count; i++)
    fuzz_assert(list->value[i] >= low && list->value[i] <= high);
}

static void read_and_apply(void *set) {
  start = NULL;
  attn_config *config = attn_config_read("a.conf");
  if (set != NULL)
    attn_config_override(config, set, "SET");
  attn_config_apply(config, keys, sizeof keys / sizeof *keys);
  fuzz_assert(n >= 2 && n <= 5000);
  fuzz_assert(eta >= 0 && eta < 0.5);
  fuzz_assert(isfinite(any));
  check_list(&kappa, nextafter(0, 1), 1e300);
  check_list(&shift, -DBL_MAX, DBL_MAX);
  check_list(&record, 0, 1000);
  for (size_t i = 0; i < record.count; i++)
    fuzz_assert(record.value[i] == floor(record.value[i]));
  size_t word;
  fuzz_assert(attn_word_find(&word, start, "zero|gaussian|one-hot"));
  /* a line for each of the keys, whatever their values */
  size_t lines = 0;
  for (const char *at = attn_config_text(config); *at != '\0'; at++)
    lines += *at == '\n';
  fuzz_assert(lines == sizeof keys / sizeof *keys);
  attn_config_free(config);
  attn_free(start);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_part part[2];
  const size_t parts = fuzz_split(part, 2, data, size, '\f');
  fuzz_file("a.conf", part[0].data, part[0].size);
  char *set = NULL;
  if (parts > 1) {
    set = malloc(part[1].size + 1);
    if (set == NULL)
      return 0;
    memcpy(set, part[1].data, part[1].size);
    set[part[1].size] = '\0';
  }
  fuzz_run(read_and_apply, set, true);
  (free)(set);
  fuzz_forget();
  return 0;
}
