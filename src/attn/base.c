#define _GNU_SOURCE /* flock, program paths */
#include "base.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *program_name = "attn";

void attn_set_program_name(const char *argv0) {
  const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
  program_name = slash ? slash + 1 : argv0 ? argv0 : program_name;
}

/* One line, whatever a cell or an argument that is quoted in it holds. No memory is asked for, since
 * that may be what is missing. */
void attn_fail(const char *format, ...) {
  static char line[8192];
  va_list args;
  fflush(stdout);
  va_start(args, format);
  const int length = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (length < 0 || (size_t)length >= sizeof line)
    memcpy(line + sizeof line - 4, "...", 4);
  for (char *at = line; *at != '\0'; at++)
    if (iscntrl((unsigned char)*at))
      *at = ' ';
  fprintf(stderr, "%s: %s\n", program_name, line);
  exit(EXIT_FAILURE);
}

void *attn_alloc(size_t count, size_t size) {
  const size_t line = 64, page = (size_t)1 << 21;
  size_t align = line;
  if (size != 0 && count > (SIZE_MAX - page) / size)
    attn_fail("%zu elements of %zu bytes exceed the address space", count, size);
  size_t bytes = (count * size + line - 1) / line * line;
  if (bytes == 0)
    bytes = line;
  if (bytes >= 2 * page) {
    align = page;
    bytes = (bytes + page - 1) / page * page;
  }
  void *memory = aligned_alloc(align, bytes);
  if (memory == NULL)
    attn_fail("out of memory: %zu bytes are not to be had; smaller n, T or d need less", bytes);
#ifdef MADV_HUGEPAGE
  if (align == page) /* a wish: large pages, which are quicker to get and to walk through */
    madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memset(memory, 0, bytes);
}

void attn_free(void *memory) {
  free(memory);
}

char *attn_text_copy(const char *text) {
  size_t size = strlen(text) + 1;
  return memcpy(attn_alloc(size, 1), text, size);
}

char *attn_text_format(const char *format, ...) {
  va_list args;
  va_start(args, format);
  int length = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (length < 0)
    attn_fail("the format '%s' cannot be printed", format);
  char *text = attn_alloc((size_t)length + 1, 1);
  va_start(args, format);
  vsnprintf(text, (size_t)length + 1, format, args);
  va_end(args);
  return text;
}

bool attn_word_find(size_t *index, const char *word, const char *words) {
  const size_t length = strlen(word);
  *index = 0;
  for (const char *at = words;; at += strcspn(at, "|") + 1, ++*index) {
    const size_t here = strcspn(at, "|");
    if (here == length && strncmp(at, word, length) == 0)
      return true;
    if (at[here] == '\0')
      return false;
  }
}

char *attn_file_read(const char *path, size_t *size) {
  FILE *stream = fopen(path, "rb");
  if (stream == NULL)
    attn_fail("%s: cannot be read: %s", path, strerror(errno));
  struct stat status;
  if (fstat(fileno(stream), &status) == 0 && S_ISDIR(status.st_mode))
    attn_fail("%s: is a folder, expected a file", path);
  size_t used = 0, room = 4096;
  char *text = attn_alloc(room, 1);
  for (size_t got; (got = fread(text + used, 1, room - used - 1, stream)) > 0;) {
    used += got;
    if (used + 1 == room) {
      char *wider = attn_alloc(2 * room, 1);
      memcpy(wider, text, used);
      attn_free(text);
      text = wider;
      room *= 2;
    }
  }
  if (ferror(stream))
    attn_fail("%s: reading failed: %s", path, strerror(errno));
  fclose(stream);
  if (memchr(text, '\0', used) != NULL)
    attn_fail("%s: contains a NUL byte, expected text", path);
  text[used] = '\0';
  if (size != NULL)
    *size = used;
  return text;
}

uint64_t attn_fingerprint(const void *bytes, size_t size) {
  const unsigned char *byte = bytes;
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
  return hash;
}

/* Parts that are open now, so that exit and signals can remove them. A signal may arrive at any
 * time: a slot is filled only after its text is complete and emptied before the text is freed. */
enum { OPEN_MAX_PARTS = 64 };
static char *volatile open_part[OPEN_MAX_PARTS];

static void remove_parts(void) {
  for (size_t i = 0; i < OPEN_MAX_PARTS; i++)
    if (open_part[i] != NULL)
      unlink(open_part[i]);
}

static void remove_parts_on_signal(int signal_number) {
  remove_parts();
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

static void watch_exits_once(void) {
  static bool watching = false;
  if (watching)
    return;
  watching = true;
  atexit(remove_parts);
  const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    if (signal(signals[i], remove_parts_on_signal) == SIG_IGN)
      signal(signals[i], SIG_IGN);
  signal(SIGXFSZ, SIG_IGN); /* a file size limit then is an error of write, with a sentence */
}

static void make_folders(const char *path) {
  char *folder = attn_text_copy(path);
  for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (mkdir(folder, 0777) != 0 && errno != EEXIST && errno != EISDIR)
      attn_fail("%s: the folder %s cannot be made: %s", path, folder, strerror(errno));
    *slash = '/';
  }
  attn_free(folder);
}

/* Opens and locks the part. Between the two calls the run that held the lock may have finished, and
 * then what is locked is its finished file, or one that is removed: open again. */
static int open_locked(const char *part, const char *path) {
  for (;;) {
    const int descriptor = open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0)
      attn_fail("%s: cannot be written: %s", path, strerror(errno));
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
      attn_fail("%s: another run is writing this file; wait for it or stop it", path);
    struct stat locked, named;
    if (fstat(descriptor, &locked) == 0 && stat(part, &named) == 0 &&
        locked.st_dev == named.st_dev && locked.st_ino == named.st_ino)
      return descriptor;
    close(descriptor);
  }
}

attn_output *attn_output_open(const char *path) {
  watch_exits_once();
  make_folders(path);
  attn_output *output = attn_alloc(1, sizeof *output);
  output->path = attn_text_copy(path);
  output->part = attn_text_format("%s.part", path);
  size_t slot = 0;
  while (slot < OPEN_MAX_PARTS && open_part[slot] != NULL)
    slot++;
  if (slot == OPEN_MAX_PARTS)
    attn_fail("%s: more than %d files are being written at once", path, OPEN_MAX_PARTS);
  int descriptor = open_locked(output->part, path);
  open_part[slot] = output->part;
  output->stream = fdopen(descriptor, "w");
  if (output->stream == NULL || ftruncate(descriptor, 0) != 0)
    attn_fail("%s: cannot be written: %s", path, strerror(errno));
  return output;
}

attn_output *attn_output_standard(void) {
  attn_output *output = attn_alloc(1, sizeof *output);
  output->path = attn_text_copy("standard output");
  output->stream = stdout;
  return output;
}

void attn_output_commit(attn_output *output) {
  bool failed = ferror(output->stream) != 0;
  errno = 0;
  failed |= fflush(output->stream) != 0;
  int reason = errno;
  if (failed)
    attn_fail("%s: writing failed: %s", output->path, reason ? strerror(reason) : "I/O error");
  if (output->part != NULL) {
    if (rename(output->part, output->path) != 0)
      attn_fail("%s: cannot be put in place: %s", output->path, strerror(errno));
    for (size_t i = 0; i < OPEN_MAX_PARTS; i++)
      if (open_part[i] == output->part)
        open_part[i] = NULL;
    if (fclose(output->stream) != 0) {
      unlink(output->path);
      attn_fail("%s: writing failed: %s", output->path, strerror(errno));
    }
  }
  attn_free(output->path);
  attn_free(output->part);
  attn_free(output);
}
