/* table: the only writer and reader of results: tab-separated text with a header line. */
#ifndef ATTN_TABLE_H
#define ATTN_TABLE_H

#include "base.h"

/* ---- writing ---- */

typedef struct attn_table attn_table;

enum { ATTN_DIGITS_EXACT = 17, ATTN_DIGITS_SHOWN = 10 }; /* 17 digits return the same double */

/* Opens path for a table with the columns named in columns, separated by blanks. Numbers are
 * written with the given count of significant digits; not-a-number as "nan", infinities as "inf"
 * and "-inf". The path "-" is standard output. Fails with a sentence when path cannot be written. */
attn_table *attn_table_open(const char *path, const char *columns, int digits);

/* The next cell; a row ends by itself after its last column. Text may not hold tabs or newlines,
 * and an empty text is written as "-". */
void attn_table_number(attn_table *table, double x);
void attn_table_numbers(attn_table *table, const double *x /* [count] */, size_t count);
void attn_table_text(attn_table *table, const char *text);

/* The next cells, counted by the compiler: attn_table_cells(table, n, kappa, risk.mean). */
#define attn_table_cells(table, ...)                                                               \
  attn_table_numbers(table, (const double[]){__VA_ARGS__},                                         \
                     sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/* Not-a-number in the cells from here up to the column of that name; fails when the row has no such
 * column ahead. NULL: up to the end of a row that has begun. */
void attn_table_skip(attn_table *table, const char *to);

/* The fingerprint of the bytes that the file of this table will hold if it is closed now: those
 * written so far, which must be whole rows. Not for a table on standard output. */
uint64_t attn_table_fingerprint(attn_table *table);

/* Completes the file and frees table; fails when a row is incomplete or a write failed. */
void attn_table_close(attn_table *table);

/* ---- reading ---- */

typedef struct {
  char *path;
  size_t rows, columns;
  char **name; /* [columns] */
  char **cell; /* [rows][columns] */
  char *text;  /* what name and cell point into */
} attn_rows;

/* Reads a table; fails with file and line when a row has another number of cells than the header,
 * when a column's name is missing or repeated, or when the last line is cut off. */
attn_rows *attn_rows_read(const char *path);
void attn_rows_free(attn_rows *rows);

/* The column called name; fails, naming the columns there are, when there is none. */
size_t attn_rows_column(const attn_rows *rows, const char *name);
const char *attn_rows_text(const attn_rows *rows, size_t row, size_t column);
/* The cell as a number; fails with file, line and column when it is none. */
double attn_rows_number(const attn_rows *rows, size_t row, size_t column);

#endif
