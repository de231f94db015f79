/* support: what the test programs share: comparisons of doubles, a scratch folder, and running a
 * call that is expected to end the process. */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* How often the comparisons of laws of one program may fail although the laws are equal, all of them
 * together (Bonferroni). At 1e-3 some of five such programs failed under 4 of 500 other seeds. */
#define SUPPORT_FALSE_ALARM 1e-5

/* |value - expected| <= tolerance; not-a-number never passes. */
#define assert_close(value, expected, tolerance)                                                   \
  support_close(value, expected, tolerance, #value, __FILE__, __LINE__)
void support_close(double value, double expected, double tolerance, const char *what,
                   const char *file, int line);

/* |value - expected| <= tolerance |expected| */
#define assert_relative(value, expected, tolerance)                                                \
  support_close(value, expected, (tolerance)*fabs((double)(expected)), #value, __FILE__, __LINE__)

#define assert_between(value, low, high)                                                           \
  support_between(value, low, high, #value, __FILE__, __LINE__)
void support_between(double value, double low, double high, const char *what, const char *file,
                     int line);

/* How a child process that ran a call ended, and what it said on stderr. */
typedef struct {
  int status; /* exit status, -1 when a signal ended it */
  int signal; /* the signal, 0 when it exited */
  size_t lines;
  char err[4096];
} support_end;

/* Runs action(argument) in a child process, which exits with status 0 when action returns. */
support_end support_run(void (*action)(const void *argument), const void *argument);

/* The child must exit with status 1 and exactly one line on stderr that holds every text of the
 * list, which ends with NULL. */
#define assert_fails(action, argument, ...)                                                        \
  support_fails(action, argument, (const char *const[]){__VA_ARGS__, NULL}, __FILE__, __LINE__)
void support_fails(void (*action)(const void *argument), const void *argument,
                   const char *const *texts, const char *file, int line);

/* The child must exit with status 0 and say nothing on stderr. */
#define assert_passes(action, argument) support_passes(action, argument, __FILE__, __LINE__)
void support_passes(void (*action)(const void *argument), const void *argument, const char *file,
                    int line);

/* Group set-up and tear-down: a fresh scratch folder, and its removal with all it holds. */
int support_scratch_make(void **state);
int support_scratch_remove(void **state);
/* A path in the scratch folder; valid until the fourth call after this one. */
const char *support_path(const char *name);
/* Writes size bytes to a file of the scratch folder and returns its path. */
const char *support_file_bytes(const char *name, const char *bytes, size_t size);
const char *support_file(const char *name, const char *text);
/* The whole file, or NULL when there is none; the caller frees it. */
char *support_read(const char *path);
bool support_exists(const char *path);

#endif
