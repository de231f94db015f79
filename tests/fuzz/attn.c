/* The command line of attn, an argument a line, up to where computing would begin. */
#include "fuzz.h"

#define attn_linalg_start fuzz_starts
#define attn_risk_log10 fuzz_risk
#define main attn_main
#include "../../src/tools/attn.c"
#undef main

void fuzz_starts(void) {
  fuzz_computes();
}

attn_risk_result fuzz_risk(const attn_risk_input *input, size_t T) {
  fuzz_assert(isfinite(input->mv[0]) && isfinite(input->vp) && T >= 2);
  fuzz_computes();
}

static struct {
  const uint8_t *data;
  size_t size;
} line;

static void run_main(void *argument) {
  (void)argument;
  int argc;
  char **argv = fuzz_arguments(&argc, "build/bin/attn", line.data, line.size);
  attn_main(argc, argv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  line.data = data;
  line.size = size;
  fuzz_run(run_main, NULL, false);
  return 0;
}
