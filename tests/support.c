#define _XOPEN_SOURCE 700 /* nftw */
#include "support.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool in_child;

/* A process that attn_fail ends leaves its memory to the system; that is no leak to report. Asked by
 * LeakSanitizer before it looks, which takes longer than most tests. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) {
  return in_child;
}

void support_close(double value, double expected, double tolerance, const char *what,
                   const char *file, int line) {
  if (!(fabs(value - expected) <= tolerance)) {
    print_error("%s = %.17g, expected %.17g, difference %.3g, allowed %.3g\n", what, value,
                expected, value - expected, tolerance);
    _fail(file, line);
  }
}

void support_between(double value, double low, double high, const char *what, const char *file,
                     int line) {
  if (!(value >= low && value <= high)) {
    print_error("%s = %.17g, expected in [%.17g, %.17g]\n", what, value, low, high);
    _fail(file, line);
  }
}

support_end support_run(void (*action)(const void *argument), const void *argument) {
  support_end end = {0};
  int ends[2];
  fflush(stdout);
  fflush(stderr);
  if (pipe(ends) != 0)
    fail_msg("no pipe for the child process");
  const pid_t child = fork();
  if (child < 0)
    fail_msg("no child process");
  if (child == 0) {
    close(ends[0]);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    in_child = true;
    action(argument);
    exit(EXIT_SUCCESS);
  }
  close(ends[1]);
  size_t used = 0;
  char spill[256];
  for (;;) {
    char *to = used < sizeof end.err - 1 ? end.err + used : spill;
    const size_t room = to == spill ? sizeof spill : sizeof end.err - 1 - used;
    const ssize_t got = read(ends[0], to, room);
    if (got <= 0)
      break;
    if (to != spill)
      used += (size_t)got;
  }
  close(ends[0]);
  int status;
  waitpid(child, &status, 0);
  end.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  for (const char *at = end.err; *at != '\0'; at++)
    end.lines += *at == '\n';
  return end;
}

void support_fails(void (*action)(const void *argument), const void *argument,
                   const char *const *texts, const char *file, int line) {
  const support_end end = support_run(action, argument);
  bool right = end.status == 1 && end.lines == 1 && end.err[strlen(end.err) - 1] == '\n';
  if (!right)
    print_error("expected status 1 and one line, found status %d, signal %d, %zu lines: %s\n",
                end.status, end.signal, end.lines, end.err);
  for (; *texts != NULL; texts++)
    if (strstr(end.err, *texts) == NULL) {
      print_error("'%s' is not in: %s\n", *texts, end.err);
      right = false;
    }
  if (!right)
    _fail(file, line);
}

void support_passes(void (*action)(const void *argument), const void *argument, const char *file,
                    int line) {
  const support_end end = support_run(action, argument);
  if (end.status != 0 || end.err[0] != '\0') {
    print_error("expected success in silence, found status %d, signal %d: %s\n", end.status,
                end.signal, end.err);
    _fail(file, line);
  }
}

static char scratch[256];

int support_scratch_make(void **state) {
  (void)state;
  const char *parent = getenv("TMPDIR");
  snprintf(scratch, sizeof scratch, "%s/attn-test-XXXXXX", parent && *parent ? parent : "/tmp");
  return mkdtemp(scratch) == NULL;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
  (void)status;
  (void)kind;
  (void)walk;
  return remove(path);
}

int support_scratch_remove(void **state) {
  (void)state;
  return nftw(scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *support_path(const char *name) {
  static char path[4][512];
  static size_t turn;
  turn = (turn + 1) % 4;
  snprintf(path[turn], sizeof path[turn], "%s/%s", scratch, name);
  return path[turn];
}

const char *support_file_bytes(const char *name, const char *bytes, size_t size) {
  const char *path = support_path(name);
  FILE *stream = fopen(path, "wb");
  if (stream == NULL || fwrite(bytes, 1, size, stream) != size || fclose(stream) != 0)
    fail_msg("%s cannot be written", path);
  return path;
}

const char *support_file(const char *name, const char *text) {
  return support_file_bytes(name, text, strlen(text));
}

char *support_read(const char *path) {
  FILE *stream = fopen(path, "rb");
  if (stream == NULL)
    return NULL;
  fseek(stream, 0, SEEK_END);
  const long size = ftell(stream);
  rewind(stream);
  char *text = calloc((size_t)size + 1, 1);
  if (text == NULL || fread(text, 1, (size_t)size, stream) != (size_t)size)
    fail_msg("%s cannot be read", path);
  fclose(stream);
  return text;
}

bool support_exists(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0;
}
