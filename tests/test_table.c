/* Tables: what is written is read back, and the one sentence for everything that is refused. */
#include "support.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "rng.h"
#include "table.h"

/* 17 digits return the same double, for ordinary, subnormal, huge and not finite numbers; zero has
 * no sign; text cells come back, an empty one as "-". */
static void test_round_trip(void **state) {
  (void)state;
  const double special[] = {0,         -0.0,     0.1,       1.0 / 3, DBL_MAX, -DBL_MIN,
                            0x1p-1074, INFINITY, -INFINITY, 1e15,    NAN,     -NAN};
  enum { SPECIAL = sizeof special / sizeof *special, COUNT = 1000 };
  double x[COUNT];
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 24, "table", 0, 0, ATTN_STREAM_OTHER);
  for (size_t i = 0; i < COUNT; i++)
    if (i < SPECIAL) {
      x[i] = special[i];
    } else { /* any bits */
      const uint64_t bits = gsl_rng_get(rng);
      memcpy(x + i, &bits, sizeof *x);
    }
  gsl_rng_free(rng);
  const char *path = support_path("deep/er/numbers.tsv");
  attn_table *table = attn_table_open(path, "x what  y", ATTN_DIGITS_EXACT);
  for (size_t i = 0; i < COUNT; i += 2) {
    attn_table_number(table, x[i]);
    attn_table_text(table, i == 0 ? "" : i == 2 ? "two words, #3" : "w");
    attn_table_numbers(table, x + i + 1, 1);
  }
  assert_false(support_exists(path));
  attn_table_close(table);
  attn_rows *rows = attn_rows_read(path);
  assert_int_equal(rows->rows, COUNT / 2);
  assert_int_equal(rows->columns, 3);
  const size_t first = attn_rows_column(rows, "x"), second = attn_rows_column(rows, "y");
  assert_true(first == 0 && second == 2 && attn_rows_column(rows, "what") == 1);
  for (size_t i = 0; i < COUNT; i++) {
    const double y = attn_rows_number(rows, i / 2, i % 2 ? second : first);
    if (isnan(x[i]))
      assert_true(isnan(y) && strcmp(attn_rows_text(rows, i / 2, i % 2 ? 2 : 0), "nan") == 0);
    else
      assert_true(y == x[i] && (x[i] != 0 || !signbit(y)));
  }
  assert_string_equal(attn_rows_text(rows, 0, 1), "-");
  assert_string_equal(attn_rows_text(rows, 1, 1), "two words, #3");
  attn_rows_free(rows);
  attn_rows_free(NULL);
}

/* The bytes of a small table with few digits. */
static void test_bytes(void **state) {
  (void)state;
  const char *path = support_path("bytes.tsv");
  attn_table *table = attn_table_open(path, "a b", ATTN_DIGITS_SHOWN);
  attn_table_numbers(table, (double[]){1.0 / 3, -INFINITY, 1e300, NAN}, 4);
  attn_table_close(table);
  char *text = support_read(path);
  assert_string_equal(text, "a\tb\n0.3333333333\t-inf\n1e+300\tnan\n");
  free(text);
  table = attn_table_open(path, "none", ATTN_DIGITS_SHOWN); /* no rows, one column */
  attn_table_close(table);
  attn_rows *rows = attn_rows_read(path);
  assert_true(rows->rows == 0 && rows->columns == 1);
  attn_rows_free(rows);
}

/* Cells counted by the compiler, and holes by name: up to a column, to the end of a row that has
 * begun, and not past it. */
static void test_holes(void **state) {
  (void)state;
  const char *path = support_path("holes.tsv");
  attn_table *table = attn_table_open(path, "a b c d", ATTN_DIGITS_SHOWN);
  attn_table_cells(table, 1, 2, 3, 4);
  attn_table_skip(table, NULL); /* no row has begun */
  attn_table_cells(table, 5);
  attn_table_skip(table, "d");
  attn_table_cells(table, 6);
  attn_table_skip(table, "b");
  attn_table_skip(table, "b"); /* it is the next */
  attn_table_number(table, 7);
  attn_table_skip(table, NULL);
  attn_table_close(table);
  char *text = support_read(path);
  assert_string_equal(text, "a\tb\tc\td\n1\t2\t3\t4\n5\tnan\tnan\t6\nnan\t7\tnan\tnan\n");
  free(text);
}

static void skip_to(const void *column) {
  attn_table *table = attn_table_open(support_path("skip.tsv"), "a b c", ATTN_DIGITS_SHOWN);
  attn_table_cells(table, 1, 2);
  attn_table_skip(table, column);
  attn_table_close(table);
}

static void write_incomplete(const void *path) {
  attn_table *table = attn_table_open(path, "a b c", ATTN_DIGITS_SHOWN);
  attn_table_numbers(table, (double[]){1, 2, 3, 4}, 4);
  attn_table_close(table);
}

static void write_text(const void *text) {
  attn_table *table = attn_table_open(support_path("text.tsv"), "a", ATTN_DIGITS_SHOWN);
  attn_table_text(table, text);
  attn_table_close(table);
}

static void write_no_columns(const void *path) {
  attn_table_open(path, "  ", ATTN_DIGITS_SHOWN);
}

/* A row that is not complete, text that would break the row, a table without columns: refused, and
 * no file appears. */
static void test_write_refusals(void **state) {
  (void)state;
  const char *path = support_path("incomplete.tsv");
  assert_fails(write_incomplete, path, "incomplete.tsv: the last row has 1 of 3 cells");
  assert_false(support_exists(path));
  assert_false(support_exists(support_path("incomplete.tsv.part")));
  assert_fails(skip_to, "b", "skip.tsv: no column 'b' after 2 cells"); /* it is behind */
  assert_fails(skip_to, "e", "skip.tsv: no column 'e' after 2 cells");
  assert_fails(write_text, "a\tb", "text.tsv: ", "a tab or a newline");
  const support_end end = support_run(write_text, "a\nb"); /* the text itself has a newline */
  assert_int_equal(end.status, 1);
  assert_non_null(strstr(end.err, "a tab or a newline"));
  assert_false(support_exists(support_path("text.tsv")));
  assert_fails(write_no_columns, support_path("none.tsv"), "none.tsv: a table needs at least one");
  assert_false(support_exists(support_path("none.tsv.part")));
}

static void read_rows(const void *path) {
  attn_rows_free(attn_rows_read(path));
}

/* Files that are no tables, with file and line. */
static void test_read_refusals(void **state) {
  (void)state;
  const struct {
    const char *text, *sentence, *also;
  } cases[] = {
      {"", "bad.tsv: is empty", "header"},
      {"a\tb\n1\t2\n3\t", "bad.tsv:3: the last line is cut off", "delete the file"},
      {"a\tb\n1\t2\n3\t4", "bad.tsv:3: the last line is cut off", "delete the file"},
      {"a\tb", "bad.tsv:1: the last line is cut off", ""},
      {"a\tb\n1\t2\n3\n", "bad.tsv:3: 1 cells, expected 2", ""},
      {"a\tb\n1\t2\t3\n", "bad.tsv:2: 3 cells, expected 2", ""},
      {"a\tb\n1\t2\n\n", "bad.tsv:3: 1 cells, expected 2", ""},
      {"a\tb\ta\n1\t2\t3\n", "bad.tsv:1: the column 'a' is repeated", ""},
      {"a\t\tb\n1\t2\t3\n", "bad.tsv:1: column 2 has no name", ""},
      {"\n", "bad.tsv:1: column 1 has no name", ""},
      {"a\tb\n1\t2\na\tb\t\n", "bad.tsv:3: 3 cells, expected 2", ""},
  };
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    assert_fails(read_rows, support_file("bad.tsv", cases[c].text), cases[c].sentence,
                 cases[c].also);
  assert_fails(read_rows, support_path("absent.tsv"), "absent.tsv: cannot be read");
  assert_fails(read_rows, support_path("."), "is a folder");
  assert_fails(read_rows, support_file_bytes("nul.tsv", "a\n\0\n", 4), "nul.tsv: ", "NUL byte");
}

static void ask_column(const void *path) {
  attn_rows *rows = attn_rows_read(path);
  attn_rows_column(rows, "c");
}

static void ask_numbers(const void *path) {
  attn_rows *rows = attn_rows_read(path);
  for (size_t r = 0; r < rows->rows; r++)
    attn_rows_number(rows, r, attn_rows_column(rows, "b"));
  attn_rows_free(rows);
}

/* Columns that are not there and cells that are no numbers; a header that stands twice (two files
 * put together) is found as a cell that is no number. */
static void test_cells(void **state) {
  (void)state;
  assert_fails(ask_column, support_file("t.tsv", "a\tb\n1\t2\n"), "t.tsv: has no column 'c'",
               "it has a, b");
  assert_fails(ask_numbers, support_file("t.tsv", "a\tb\n1\t2\na\tb\n3\t4\n"),
               "t.tsv:3: column 'b' holds 'b', expected a number");
  const char *bad[] = {"a\tb\n1\t\n", "a\tb\n1\t2x\n", "a\tb\n1\t-\n", "a\tb\n1\t1 2\n"};
  for (size_t c = 0; c < 4; c++)
    assert_fails(ask_numbers, support_file("t.tsv", bad[c]), "t.tsv:2: column 'b' holds '");
  assert_passes(ask_numbers, support_file("t.tsv", "b\n1\nnan\n-inf\n1e-320\n"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_bytes),
      cmocka_unit_test(test_write_refusals), cmocka_unit_test(test_read_refusals),
      cmocka_unit_test(test_cells),          cmocka_unit_test(test_holes),
  };
  return cmocka_run_group_tests(tests, support_scratch_make, support_scratch_remove);
}
