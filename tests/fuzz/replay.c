/* replay: the harness on each file of the command line, without libFuzzer: a crash, a hang or a
 * report names the file that stands last on standard output. */
#include "fuzz.h"

#include <sys/resource.h>
#include <time.h>

#undef printf
#undef stdout
#undef stderr

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    FILE *input = (fopen)(argv[i], "rb");
    if (input == NULL) {
      fprintf(stderr, "replay: %s cannot be read\n", argv[i]);
      return EXIT_FAILURE;
    }
    static uint8_t bytes[1 << 16];
    const size_t size = fread(bytes, 1, sizeof bytes, input);
    (fclose)(input);
    printf("%s\n", argv[i]);
    fflush(stdout);
    uint8_t *copy = malloc(size + 1); /* of its exact size but one, for the sanitizer */
    if (copy == NULL)
      return EXIT_FAILURE;
    for (size_t b = 0; b < size; b++)
      copy[b] = bytes[b];
    /* five seconds of the processor, since a busy machine is no hang */
    const rlim_t used = (rlim_t)(clock() / CLOCKS_PER_SEC);
    setrlimit(RLIMIT_CPU, &(struct rlimit){used + 6, RLIM_INFINITY});
    LLVMFuzzerTestOneInput(copy, size);
    (free)(copy);
  }
  return EXIT_SUCCESS;
}
