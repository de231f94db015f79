/* verify on an experiment whose provenance, references, tolerances and tables are the input, with a
 * form feed between the files; inputs of even size are checked, others shown as differences. */
#include "fuzz.h"

#define main verify_main
#include "../../src/tools/verify.c"
#undef main

static const char *const path[] = {
    "here/data/exp/provenance.tsv", "there/exp/tables",       "there/exp/pinned",
    "there/exp/tolerance",          "there/exp/claims.tsv",   "here/data/exp/claims.tsv",
    "there/exp/steps.tsv",          "here/data/exp/steps.tsv"};
enum { FILES = sizeof path / sizeof *path };

static void run_main(void *argument) {
  char name[] = "verify", companion[] = "--companion", here[] = "here",
       reference_option[] = "--reference", there[] = "there", stem[] = "exp";
  char *argv[] = {name, argument, companion, here, reference_option, there, stem, NULL};
  memset(&run, 0, sizeof run);
  verify_main(7, argv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_part part[FILES];
  const size_t parts = fuzz_split(part, FILES, data, size, '\f');
  for (size_t i = 0; i < parts; i++)
    fuzz_file(path[i], part[i].data, part[i].size);
  char check[] = "check", diff[] = "diff";
  fuzz_run(run_main, size % 2 == 0 ? check : diff, false);
  fuzz_forget();
  return 0;
}
