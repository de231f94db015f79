/* base: errors that end the program, aligned memory, and files that appear whole or not at all. */
#ifndef ATTN_BASE_H
#define ATTN_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#if defined(__GNUC__)
#define ATTN_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#else
#define ATTN_PRINTF(fmt, first)
#endif

/* Misuse or a failing environment: print one sentence (what, where, what is allowed) to stderr,
 * remove files that are half-written, exit with status 1. Never returns. Control characters of what
 * the sentence quotes become blanks. */
_Noreturn void attn_fail(const char *format, ...) ATTN_PRINTF(1, 2);

/* The name that attn_fail prints before its sentence (argv[0] without its folder). */
void attn_set_program_name(const char *argv0);

/* count * size bytes, zeroed, aligned to 64 bytes; fails with a sentence when memory is short.
 * attn_alloc(0, size) returns a pointer that may be freed. Release with attn_free. */
void *attn_alloc(size_t count, size_t size);
void attn_free(void *memory); /* NULL is fine */

/* A copy of text that attn_free releases. */
char *attn_text_copy(const char *text);
/* printf into fresh memory that attn_free releases. */
char *attn_text_format(const char *format, ...) ATTN_PRINTF(1, 2);

/* Whether word is one of words, "first|second|...", and the index of it. */
bool attn_word_find(size_t *index, const char *word, const char *words);

/* The whole file as text with a closing NUL; *size, if not NULL, receives its length in bytes.
 * Fails with a sentence when the file cannot be read, is a folder or contains a NUL byte. */
char *attn_file_read(const char *path, size_t *size);

/* A 64-bit FNV-1a fingerprint of size bytes: tells two texts apart in provenance records. */
uint64_t attn_fingerprint(const void *bytes, size_t size);

/* An output file that exists under its name only when it is complete: it is written to
 * "<path>.part" and renamed by attn_output_commit. attn_fail, exit and the signals INT, TERM and
 * HUP remove the part; a second process writing the same path is refused. */
typedef struct {
  FILE *stream; /* write here */
  char *path;
  char *part;
} attn_output;

/* Opens path for writing; missing folders are created. */
attn_output *attn_output_open(const char *path);
/* Standard output as an output file, so that a full disk behind it is noticed too. */
attn_output *attn_output_standard(void);
/* Flushes, checks every write since the opening, renames, and frees. */
void attn_output_commit(attn_output *output);

#endif
