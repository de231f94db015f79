/* Errors, memory, and files that appear whole or not at all. */
#define _GNU_SOURCE /* syscall */
#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"

static void fail_with_name(const void *argv0) {
  attn_set_program_name(argv0);
  attn_fail("%s = %d", "x", 7);
}

static void fail_with_text(const void *text) {
  attn_set_program_name("prog");
  attn_fail("'%s' is wrong", (const char *)text);
}

/* attn_fail: "program: sentence", one line, status 1; the program's name without its folder. */
static void test_fail(void **state) {
  (void)state;
  support_end end = support_run(fail_with_name, "some/where/prog");
  assert_int_equal(end.status, 1);
  assert_string_equal(end.err, "prog: x = 7\n");
  end = support_run(fail_with_name, "prog");
  assert_string_equal(end.err, "prog: x = 7\n");
  end = support_run(fail_with_name, NULL);
  assert_int_equal(end.status, 1);
  assert_non_null(strstr(end.err, ": x = 7\n"));
  /* what is quoted may hold any character, and be long */
  end = support_run(fail_with_text, "a\nb\tc\r\033[2J\x7f\xc3\xa9");
  assert_string_equal(end.err, "prog: 'a b c  [2J \xc3\xa9' is wrong\n");
  char text[20001];
  memset(text, 'x', sizeof text);
  text[sizeof text - 1] = '\0';
  end = support_run(fail_with_text, text);
  assert_int_equal(end.status, 1);
  assert_int_equal(strspn(strchr(end.err, '\'') + 1, "x"), sizeof end.err - 1 - strlen("prog: '"));
}

/* A word is found as a whole alone: no beginning, no end, no separator, nothing empty. */
static void test_word_find(void **state) {
  (void)state;
  static const char *const word[] = {"gram", "gr", "gramm", "lazy"};
  size_t index = 99;
  for (size_t i = 0; i < 4; i++) {
    assert_true(attn_word_find(&index, word[i], "gram|gr|gramm|lazy"));
    assert_int_equal(index, i);
  }
  static const char *const not [] = {"", "g", "ram", "laz", "lazyy", "gr|gramm", "|", "Gram"};
  for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
    assert_false(attn_word_find(&index, not [i], "gram|gr|gramm|lazy"));
}

static void alloc_overflow(const void *unused) {
  (void)unused;
  attn_alloc(SIZE_MAX / 4, 8);
}

static void alloc_too_much(const void *unused) {
  (void)unused;
  attn_alloc((size_t)1 << 60, 1);
}

/* Memory is zeroed and aligned to 64 bytes; no bytes are fine; too many end in a sentence. */
static void test_alloc(void **state) {
  (void)state;
  for (size_t count = 0; count < 300; count += 7)
    for (size_t size = 1; size <= 24; size += 23) {
      unsigned char *memory = attn_alloc(count, size);
      assert_true((uintptr_t)memory % 64 == 0);
      for (size_t i = 0; i < count * size; i++)
        assert_int_equal(memory[i], 0);
      memset(memory, 255, count * size); /* the next one must be zeroed again */
      attn_free(memory);
    }
  attn_free(attn_alloc(0, 0));
  attn_free(NULL);
  assert_fails(alloc_overflow, NULL, "exceed the address space");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
  assert_fails(alloc_too_much, NULL, "out of memory", "1152921504606846976 bytes");
#else
  (void)alloc_too_much;
#endif
}

/* Copies, printing, and the published FNV-1a fingerprints. */
static void test_text(void **state) {
  (void)state;
  char *copy = attn_text_copy("abc");
  assert_string_equal(copy, "abc");
  attn_free(copy);
  copy = attn_text_copy("");
  assert_string_equal(copy, "");
  attn_free(copy);
  copy = attn_text_format("%s-%0200d", "x", 5);
  assert_int_equal(strlen(copy), 202);
  attn_free(copy);
  assert_true(attn_fingerprint("", 0) == 0xcbf29ce484222325);
  assert_true(attn_fingerprint("a", 1) == 0xaf63dc4c8601ec8c);
  assert_true(attn_fingerprint("foobar", 6) == 0x85944171f73967e8);
}

static void read_file(const void *path) {
  attn_free(attn_file_read(path, NULL));
}

/* The whole file, whatever its length around the sizes at which the memory grows; absent files,
 * folders and NUL bytes are refused. */
static void test_read(void **state) {
  (void)state;
  const size_t lengths[] = {0, 1, 4094, 4095, 4096, 8191, 8192, 100000};
  for (size_t c = 0; c < sizeof lengths / sizeof *lengths; c++) {
    char *bytes = attn_alloc(lengths[c] + 1, 1);
    for (size_t i = 0; i < lengths[c]; i++)
      bytes[i] = (char)(i % 251 + 1 - 128) == 0 ? 'x' : (char)(i % 251 + 1 - 128);
    size_t size = 7;
    char *text = attn_file_read(support_file_bytes("any.txt", bytes, lengths[c]), &size);
    assert_int_equal(size, lengths[c]);
    assert_memory_equal(text, bytes, lengths[c] + 1);
    attn_free(text);
    attn_free(bytes);
  }
  assert_fails(read_file, support_path("absent"), "absent: cannot be read: No such file");
  assert_fails(read_file, support_path("any.txt/below"), "cannot be read: Not a directory");
  assert_fails(read_file, support_path("."), "is a folder, expected a file");
  assert_fails(read_file, support_file_bytes("nul", "a\0b", 3), "nul: contains a NUL byte");
}

/* Writes text to path.part, then does what 'then' says. */
typedef struct {
  const char *path, *text;
  enum { COMMIT, LEAVE, FAIL, DIE, TWICE, FLOOD } then;
  int signal;
} job;

static void write_job(const void *argument) {
  const job *j = argument;
  if (j->then == FLOOD) { /* files may hold 64 KiB here */
    const struct rlimit limit = {65536, 65536};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  attn_output *output = attn_output_open(j->path);
  fputs(j->text, output->stream);
  fflush(output->stream);
  switch (j->then) {
  case LEAVE:
    exit(EXIT_SUCCESS);
  case FAIL:
    attn_fail("no more");
  case DIE:
    raise(j->signal);
    break;
  case TWICE:
    attn_output_open(j->path);
    break;
  case FLOOD:
    for (size_t i = 0; i < 100000; i++)
      fputs("0123456789\n", output->stream);
    break;
  case COMMIT:
    break;
  }
  attn_output_commit(output);
}

static void assert_content(const char *path, const char *expected) {
  char *text = support_read(path);
  if (expected == NULL) {
    assert_null(text);
  } else {
    assert_non_null(text);
    assert_string_equal(text, expected);
  }
  free(text);
}

/* The file appears with the commit, in folders that are made; until then the name shows what was
 * there before, and the text is in the part. */
static void test_output(void **state) {
  (void)state;
  const char *path = support_path("new/folder/out"), *part = support_path("new/folder/out.part");
  attn_output *output = attn_output_open(path);
  fputs("first", output->stream);
  fflush(output->stream);
  assert_content(path, NULL);
  assert_content(part, "first");
  attn_output_commit(output);
  assert_content(path, "first");
  assert_false(support_exists(part));
  output = attn_output_open(path);
  fputs("2", output->stream);
  assert_content(path, "first");
  attn_output_commit(output);
  assert_content(path, "2");
  assert_passes(write_job, &((job){path, "3", COMMIT, 0})); /* the lock is gone */
  assert_content(path, "3");
}

/* A part that a killed run left behind, longer than the new text, leaves no trace. */
static void test_stale_part(void **state) {
  (void)state;
  support_file("stale.part", "a long text of an earlier run that was killed");
  const char *path = support_path("stale");
  assert_passes(write_job, &((job){path, "short", COMMIT, 0}));
  assert_content(path, "short");
  assert_false(support_exists(support_path("stale.part")));
}

/* A failure, an exit and the signals INT, TERM and HUP remove the part and keep what was there
 * before; the signal is still what ends the process. */
static void test_interrupted(void **state) {
  (void)state;
  const char *path = support_file("kept", "before"), *part = support_path("kept.part");
  assert_fails(write_job, &((job){path, "half", FAIL, 0}), "no more");
  assert_false(support_exists(part));
  assert_passes(write_job, &((job){path, "half", LEAVE, 0}));
  assert_false(support_exists(part));
  const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t s = 0; s < 3; s++) {
    const support_end end = support_run(write_job, &((job){path, "half", DIE, signals[s]}));
    assert_int_equal(end.signal, signals[s]);
    assert_false(support_exists(part));
  }
  assert_content(path, "before");
}

static void ignore_then_write(const void *argument) {
  signal(SIGHUP, SIG_IGN);
  write_job(argument);
}

/* A signal that the caller had ignored (nohup) stays ignored. */
static void test_ignored_signal(void **state) {
  (void)state;
  const char *path = support_path("nohup");
  assert_passes(ignore_then_write, &((job){path, "whole", DIE, SIGHUP}));
  assert_content(path, "whole");
}

/* A second writer, in this process or another, is refused and does no harm to the first. */
static void test_second_writer(void **state) {
  (void)state;
  const char *path = support_path("shared");
  assert_fails(write_job, &((job){path, "x", TWICE, 0}), "another run is writing this file");
  assert_false(support_exists(support_path("shared.part")));

  int ready[2], done[2];
  assert_int_equal(pipe(ready), 0);
  assert_int_equal(pipe(done), 0);
  const pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    attn_output *output = attn_output_open(path);
    fputs("first writer", output->stream);
    fflush(output->stream);
    if (write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1)
      _exit(3);
    attn_output_commit(output);
    _exit(0);
  }
  char byte = 0;
  assert_int_equal(read(ready[0], &byte, 1), 1);
  assert_fails(write_job, &((job){path, "second writer", COMMIT, 0}), "shared: another run");
  assert_content(support_path("shared.part"), "first writer");
  assert_int_equal(write(done[1], &byte, 1), 1);
  int status;
  waitpid(child, &status, 0);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  assert_content(path, "first writer");
  for (size_t i = 0; i < 2; i++) {
    close(ready[i]);
    close(done[i]);
  }
}

/* flock, with one thing done just before it when asked: the window between opening and locking. */
static const char *finish_before_lock, *remove_before_lock;

int flock(int descriptor, int operation) {
  if (finish_before_lock != NULL)
    rename(support_path("late.part"), finish_before_lock);
  if (remove_before_lock != NULL)
    unlink(remove_before_lock);
  finish_before_lock = remove_before_lock = NULL;
  return (int)syscall(SYS_flock, descriptor, operation);
}

/* Another run finishes, or fails and removes its part, between our opening of the part and our
 * locking it: its finished file is not touched until ours is whole. */
static void test_late_lock(void **state) {
  (void)state;
  const char *path = support_path("late"), *part = support_file("late.part", "of the other run");
  finish_before_lock = path;
  attn_output *output = attn_output_open(path);
  assert_content(path, "of the other run");
  fputs("ours", output->stream);
  fflush(output->stream);
  assert_content(path, "of the other run");
  attn_output_commit(output);
  assert_content(path, "ours");

  support_file("late.part", "of a run that fails");
  remove_before_lock = part;
  output = attn_output_open(path);
  fputs("ours again", output->stream);
  attn_output_commit(output);
  assert_content(path, "ours again");
  assert_content(part, NULL);
}

/* A full disk (here: a limit on file sizes) gives a sentence, and leaves nothing. */
static void test_full(void **state) {
  (void)state;
  const char *path = support_path("full");
  assert_fails(write_job, &((job){path, "", FLOOD, 0}), "full: writing failed");
  assert_false(support_exists(path));
  assert_false(support_exists(support_path("full.part")));
}

/* Places where no file can be: below a file, on a folder, without a name. */
static void test_no_place(void **state) {
  (void)state;
  support_file("file", "kept");
  assert_fails(write_job, &((job){support_path("file/below"), "", COMMIT, 0}),
               "file/below: ", "Not a directory");
  assert_fails(write_job, &((job){support_path("file/deep/below"), "", COMMIT, 0}), "file/deep",
               "cannot be made");
  assert_content(support_path("file"), "kept");
  const char *folder = support_path("folder");
  assert_int_equal(mkdir(folder, 0777), 0);
  assert_fails(write_job, &((job){folder, "x", COMMIT, 0}), "folder: cannot be put in place");
  assert_false(support_exists(support_path("folder.part")));
  assert_fails(write_job, &((job){"/dev/null/x", "x", COMMIT, 0}), "/dev/null/x: ");
}

/* Several files at once, committed in another order; the others are removed on failure. */
static void several(const void *unused) {
  (void)unused;
  attn_output *output[5];
  for (size_t i = 0; i < 5; i++) {
    char name[8];
    snprintf(name, sizeof name, "many%zu", i);
    output[i] = attn_output_open(support_path(name));
    fprintf(output[i]->stream, "%zu", i);
  }
  attn_output_commit(output[3]);
  attn_output_commit(output[0]);
  output[0] = attn_output_open(support_path("many5"));
  attn_output_commit(output[4]);
  attn_fail("enough");
}

static void test_several(void **state) {
  (void)state;
  assert_fails(several, NULL, "enough");
  for (size_t i = 0; i < 6; i++) {
    char name[16], text[2] = {(char)('0' + i), 0};
    snprintf(name, sizeof name, "many%zu", i);
    assert_content(support_path(name), i == 0 || i == 3 || i == 4 ? text : NULL);
    snprintf(name, sizeof name, "many%zu.part", i);
    assert_content(support_path(name), NULL);
  }
}

static void open_many(const void *unused) {
  (void)unused;
  for (size_t i = 0; i < 65; i++) {
    char name[16];
    snprintf(name, sizeof name, "crowd%zu", i);
    attn_output_open(support_path(name));
  }
}

/* More files at once than there are places for: a sentence, and none left behind. */
static void test_too_many(void **state) {
  (void)state;
  assert_fails(open_many, NULL, "crowd64: more than 64 files");
  for (size_t i = 0; i < 65; i++) {
    char name[16];
    snprintf(name, sizeof name, "crowd%zu.part", i);
    assert_false(support_exists(support_path(name)));
  }
}

/* Whoever runs the tests may ignore signals (nohup does), and children inherit that. The library
 * looks at signals when the first file is opened: the tests that open one in this process, whose
 * children inherit that, come last. */
int main(void) {
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  signal(SIGHUP, SIG_DFL);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fail),           cmocka_unit_test(test_alloc),
      cmocka_unit_test(test_word_find),      cmocka_unit_test(test_text),
      cmocka_unit_test(test_read),           cmocka_unit_test(test_interrupted),
      cmocka_unit_test(test_ignored_signal), cmocka_unit_test(test_second_writer),
      cmocka_unit_test(test_stale_part),     cmocka_unit_test(test_full),
      cmocka_unit_test(test_no_place),       cmocka_unit_test(test_several),
      cmocka_unit_test(test_too_many),       cmocka_unit_test(test_output),
      cmocka_unit_test(test_late_lock),
  };
  return cmocka_run_group_tests(tests, support_scratch_make, support_scratch_remove);
}
