/* The command line of an experiment, an argument a line, up to where computing would begin. */
#include "fuzz.h"

#include <getopt.h>
#include <string.h>

/* Outputs go nowhere, and the first call of the computation ends the run. */
#define attn_output_open fuzz_output
#define attn_linalg_start fuzz_starts
#include "../../src/attn/experiment.c"

attn_output *fuzz_output(const char *path) {
  fuzz_assert(path != NULL);
  return attn_output_standard();
}

void fuzz_starts(void) {
  fuzz_computes();
}

static const char conf[] =
    "n = 200\neta = 0.05\nkappa = 0.5 1 2\nstart = zero\nseed = 1\nshards = 4\n";

static struct {
  const uint8_t *data;
  size_t size;
} input;

static void begin(void *argument) {
  (void)argument;
  size_t n = 0;
  double eta = 0;
  attn_list kappa = {0};
  char *start = NULL;
  const attn_key keys[] = {
      {"n", ATTN_KEY_COUNT, &n, "[2, 5000]", "the number of samples"},
      {"eta", ATTN_KEY_REAL, &eta, "[0, 0.5)", "the label-flip rate"},
      {"kappa", ATTN_KEY_LIST, &kappa, "(0, 100]", "the scaled signal"},
      {"start", ATTN_KEY_WORD, &start, "zero|gaussian", "the start"},
  };
  int argc;
  char **argv = fuzz_arguments(&argc, "build/bin/exp", input.data, input.size);
  optind = 0; /* glibc: begin anew */
  attn_experiment_begin(argc, argv, "a claim", keys, sizeof keys / sizeof *keys);
  fuzz_finding("the command line ends in no computation");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  input.data = data;
  input.size = size;
  fuzz_file("a.conf", conf, sizeof conf - 1);
  fuzz_run(begin, NULL, false);
  fuzz_forget();
  return 0;
}
