/* fuzz: what the harnesses share. A harness is one function, LLVMFuzzerTestOneInput, which hands
 * bytes to a reader as files in memory, as a command line or as a text. It may refuse them with one
 * sentence; whatever else it does but read them is a finding: a crash, a report of a sanitizer, five
 * seconds without an answer, a message of no or several lines, memory left behind after success,
 * and what the harness asserts of the values read. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file of this name until fuzz_forget; the bytes are not copied. */
void fuzz_file(const char *path, const void *bytes, size_t size);
void fuzz_forget(void);
/* The files that there are now are there for all inputs. */
void fuzz_files_stay(void);

/* Runs action(argument). Returns 0 when it returned or ended with exit(0), else the exit status. All
 * memory that it took is taken back; when leaks is true and it returned, there may be none left. */
int fuzz_run(void (*action)(void *argument), void *argument, bool leaks);

/* The reading is over and computing would begin: ends fuzz_run with 0. */
_Noreturn void fuzz_computes(void);

/* The bytes as a text of C, of another owner in each call: up to the first NUL. Taken back by
 * fuzz_run. */
char *fuzz_text(const uint8_t *data, size_t size);

/* Parts of the input between separators, at most most; they are in data. Returns how many, at least
 * one. */
typedef struct {
  const uint8_t *data;
  size_t size;
} fuzz_part;
size_t fuzz_split(fuzz_part *part, size_t most, const uint8_t *data, size_t size, char separator);

/* The input as a command line, an argument a line, after program. argv lives until the next call. */
enum { FUZZ_ARGUMENTS = 16 };
char **fuzz_arguments(int *argc, const char *program, const uint8_t *data, size_t size);

/* Ends the process with the text as a finding when the condition does not hold. */
#define fuzz_assert(condition) ((condition) ? (void)0 : fuzz_finding(#condition))
_Noreturn void fuzz_finding(const char *text);

#endif
