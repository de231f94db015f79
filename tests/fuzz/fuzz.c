#include "fuzz.h"

#include <errno.h>
#include <setjmp.h>
#include <string.h>

#undef stderr

FILE *fuzz_stdout, *fuzz_stderr;

enum {
  FILES = 32,
  STREAMS = 64,
  MESSAGE = 1 << 16,
  MEMORY_MOST = 1 << 28 /* of one request; more is not to be had */
};

static struct {
  const char *path;
  const void *bytes;
  size_t size;
} file[FILES];
static size_t files, files_fixed;

/* Memory and streams that the run at hand has open. */
static void **block;
static size_t blocks, blocks_room;
static struct {
  FILE *stream;
  char *text,
      **to; /* of open_memstream: to is where the reader wants it, perhaps a dead variable */
  size_t size, *to_size;
} stream[STREAMS];
static size_t streams;

static jmp_buf back;
static bool running;
static int exit_status;
static char message[MESSAGE];

void fuzz_finding(const char *text) {
  fprintf(stderr, "finding: %s\n", text);
  abort();
}

/* ---- files ---- */

void fuzz_file(const char *path, const void *bytes, size_t size) {
  if (files == FILES)
    fuzz_finding("too many files in a harness");
  file[files].path = path;
  file[files].bytes = bytes;
  file[files++].size = size;
}

void fuzz_forget(void) {
  files = files_fixed;
}

void fuzz_files_stay(void) {
  files_fixed = files;
}

static size_t file_called(const char *path) {
  size_t i = 0;
  while (i < files && strcmp(file[i].path, path) != 0)
    i++;
  if (i == files)
    errno = ENOENT;
  return i;
}

static FILE *opened(FILE *new) {
  if (new == NULL || streams == STREAMS)
    fuzz_finding("no stream, or too many of them");
  memset(&stream[streams], 0, sizeof *stream);
  stream[streams++].stream = new;
  return new;
}

FILE *fuzz_fopen(const char *path, const char *mode) {
  const size_t i = file_called(path);
  if (i == files)
    return NULL;
  if (*mode != 'r')
    fuzz_finding("a reader opens a file for writing");
  return opened(fmemopen((void *)(uintptr_t)file[i].bytes, file[i].size, "rb"));
}

FILE *fuzz_open_memstream(char **text, size_t *size) {
  if (streams == STREAMS)
    fuzz_finding("too many streams");
  FILE *new = opened((open_memstream)(&stream[streams].text, &stream[streams].size));
  /* opened has cleared what open_memstream wrote there, and what it writes again when flushed */
  fflush(new);
  stream[streams - 1].to = text;
  stream[streams - 1].to_size = size;
  return new;
}

static void add_block(void *memory) {
  if (blocks == blocks_room) {
    blocks_room = blocks_room ? 2 * blocks_room : 1024;
    block = realloc(block, blocks_room * sizeof *block);
    if (block == NULL)
      fuzz_finding("out of memory");
  }
  block[blocks++] = memory;
}

static int close_stream(size_t i) {
  const int status = (fclose)(stream[i].stream);
  if (stream[i].text != NULL)
    add_block(stream[i].text);
  return status;
}

int fuzz_fclose(FILE *closed) {
  size_t i = streams;
  while (i > 0 && stream[i - 1].stream != closed)
    i--;
  if (i == 0)
    fuzz_finding("fclose of a stream that is not open");
  i--;
  const int status = close_stream(i);
  if (stream[i].to != NULL) {
    *stream[i].to = stream[i].text;
    *stream[i].to_size = stream[i].size;
  }
  if (i + 1 != streams) /* open_memstream holds addresses in the list */
    fuzz_finding("streams are not closed in the order in which they were opened");
  streams--;
  return status;
}

int fuzz_access(const char *path, int mode) {
  (void)mode;
  return file_called(path) < files ? 0 : -1;
}

int fuzz_stat(const char *path, struct stat *status) {
  const size_t i = file_called(path);
  if (i == files)
    return -1;
  memset(status, 0, sizeof *status);
  status->st_size = (off_t)file[i].size;
  return 0;
}

/* ---- memory ---- */

void *fuzz_aligned_alloc(size_t align, size_t size) {
  void *memory = size <= MEMORY_MOST ? (aligned_alloc)(align, size) : NULL;
  if (running && memory != NULL)
    add_block(memory);
  return memory;
}

void fuzz_free(void *memory) {
  /* what was taken last is mostly given back first */
  for (size_t i = blocks; running && i > 0; i--)
    if (block[i - 1] == memory) {
      block[i - 1] = block[--blocks];
      break;
    }
  (free)(memory);
}

/* ---- a run ---- */

void fuzz_exit(int status) {
  if (!running)
    (exit)(status);
  exit_status = status;
  longjmp(back, 1);
}

void fuzz_computes(void) {
  fuzz_exit(EXIT_SUCCESS);
}

/* One sentence, on one line. */
static void check_message(size_t length) {
  const bool right = length > 1 && length < MESSAGE && message[length - 1] == '\n' &&
                     memchr(message, '\n', length) == message + length - 1 &&
                     memchr(message, '\0', length) == NULL;
  if (right)
    return;
  fprintf(stderr, "message of %zu bytes: %.*s\n", length, (int)length, message);
  fuzz_finding("a failure says one line");
}

int fuzz_run(void (*action)(void *argument), void *argument, bool leaks) {
  if (fuzz_stderr == NULL) {
    fuzz_stdout = (fopen)("/dev/null", "w");
    fuzz_stderr = fmemopen(message, sizeof message, "w");
    if (fuzz_stdout == NULL || fuzz_stderr == NULL)
      fuzz_finding("no streams");
  }
  rewind(fuzz_stderr);
  volatile bool returned = false;
  exit_status = EXIT_SUCCESS;
  running = true;
  if (setjmp(back) == 0) {
    action(argument);
    returned = true;
  }
  running = false;
  fflush(fuzz_stderr);
  const long length = ftell(fuzz_stderr);
  if (exit_status != EXIT_SUCCESS)
    check_message((size_t)length);
  else if (length > 0)
    fuzz_finding("a message without a failure");
  if (leaks && returned && (blocks > 0 || streams > 0)) {
    fprintf(stderr, "%zu blocks, %zu streams\n", blocks, streams);
    fuzz_finding("left behind after success");
  }
  while (streams > 0)
    close_stream(--streams);
  while (blocks > 0)
    (free)(block[--blocks]);
  return exit_status;
}

/* ---- inputs ---- */

char *fuzz_text(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  if (text == NULL)
    fuzz_finding("out of memory");
  if (size > 0)
    memcpy(text, data, size);
  text[size] = '\0';
  add_block(text);
  return text;
}

size_t fuzz_split(fuzz_part *part, size_t most, const uint8_t *data, size_t size, char separator) {
  size_t count = 0;
  while (count < most) {
    const uint8_t *end = size > 0 ? memchr(data, separator, size) : NULL;
    const size_t length = end != NULL ? (size_t)(end - data) : size;
    part[count++] = (fuzz_part){data, length};
    if (end == NULL)
      break;
    data += length + 1;
    size -= length + 1;
  }
  return count;
}

char **fuzz_arguments(int *argc, const char *program, const uint8_t *data, size_t size) {
  static char *argv[FUZZ_ARGUMENTS + 2];
  fuzz_part part[FUZZ_ARGUMENTS];
  const size_t count = size > 0 ? fuzz_split(part, FUZZ_ARGUMENTS, data, size, '\n') : 0;
  argv[0] = fuzz_text((const uint8_t *)program, strlen(program));
  for (size_t i = 0; i < count; i++)
    argv[i + 1] = fuzz_text(part[i].data, part[i].size);
  argv[count + 1] = NULL;
  *argc = (int)count + 1;
  return argv;
}
