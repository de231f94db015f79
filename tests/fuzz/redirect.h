/* redirect: included before each source of a fuzzed reader (cc -include), so that what the reader
 * asks of the system goes through fuzz.c: files are in memory and no other path exists, exit returns
 * to the harness, memory and streams are taken back after each input. Function-like macros, so that
 * (exit)(1) is the system's. */
#ifndef FUZZ_REDIRECT_H
#define FUZZ_REDIRECT_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

FILE *fuzz_fopen(const char *path, const char *mode);
FILE *fuzz_open_memstream(char **text, size_t *size);
int fuzz_fclose(FILE *stream);
int fuzz_access(const char *path, int mode);
int fuzz_stat(const char *path, struct stat *status);
void *fuzz_aligned_alloc(size_t align, size_t size);
void fuzz_free(void *memory);
_Noreturn void fuzz_exit(int status);
extern FILE *fuzz_stdout, *fuzz_stderr;

#define fopen(path, mode) fuzz_fopen(path, mode)
#define open_memstream(text, size) fuzz_open_memstream(text, size)
#define fclose(stream) fuzz_fclose(stream)
#define access(path, mode) fuzz_access(path, mode)
#define stat(path, status) fuzz_stat(path, status)
#define aligned_alloc(align, size) fuzz_aligned_alloc(align, size)
#define free(memory) fuzz_free(memory)
#define exit(status) fuzz_exit(status)
#define printf(...) fprintf(fuzz_stdout, __VA_ARGS__)
#undef stdout
#define stdout fuzz_stdout
#undef stderr
#define stderr fuzz_stderr

#endif
