#include "table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct attn_table {
  attn_output *output;
  size_t columns, at;
  int digits;
  char *names; /* what name points into */
  char **name; /* [columns] */
};

attn_table *attn_table_open(const char *path, const char *columns, int digits) {
  attn_table *table = attn_alloc(1, sizeof *table);
  table->output = strcmp(path, "-") == 0 ? attn_output_standard() : attn_output_open(path);
  table->digits = digits;
  table->names = attn_text_copy(columns);
  table->name = attn_alloc(strlen(columns) / 2 + 1, sizeof *table->name);
  char *rest = table->names;
  for (char *name; (name = strtok_r(rest, " ", &rest)) != NULL; table->columns++) {
    fprintf(table->output->stream, "%s%s", table->columns ? "\t" : "", name);
    table->name[table->columns] = name;
  }
  fputc('\n', table->output->stream);
  if (table->columns == 0)
    attn_fail("%s: a table needs at least one column", path);
  return table;
}

static FILE *next_cell(attn_table *table) {
  if (table->at > 0)
    fputc('\t', table->output->stream);
  table->at++;
  return table->output->stream;
}

static void end_cell(attn_table *table) {
  if (table->at == table->columns) {
    fputc('\n', table->output->stream);
    table->at = 0;
  }
}

void attn_table_number(attn_table *table, double x) {
  FILE *stream = next_cell(table);
  if (isnan(x))
    fputs("nan", stream); /* printf may write "-nan" */
  else
    fprintf(stream, "%.*g", table->digits, x == 0 ? 0.0 : x); /* no "-0" */
  end_cell(table);
}

void attn_table_numbers(attn_table *table, const double *x, size_t count) {
  for (size_t i = 0; i < count; i++)
    attn_table_number(table, x[i]);
}

void attn_table_text(attn_table *table, const char *text) {
  if (strpbrk(text, "\t\n") != NULL)
    attn_fail("%s: the text '%s' has a tab or a newline in it", table->output->path, text);
  fputs(*text ? text : "-", next_cell(table));
  end_cell(table);
}

void attn_table_skip(attn_table *table, const char *to) {
  if (to == NULL && table->at == 0)
    return; /* no row has begun */
  size_t end = table->at;
  while (end < table->columns && (to == NULL || strcmp(table->name[end], to) != 0))
    end++;
  if (to != NULL && end == table->columns)
    attn_fail("%s: no column '%s' after %zu cells of a row", table->output->path, to, table->at);
  for (size_t c = table->at; c < end; c++)
    attn_table_number(table, NAN);
}

uint64_t attn_table_fingerprint(attn_table *table) {
  if (fflush(table->output->stream) != 0)
    attn_fail("%s: writing failed: %s", table->output->path, strerror(errno));
  size_t size;
  char *text = attn_file_read(table->output->part, &size);
  const uint64_t fingerprint = attn_fingerprint(text, size);
  attn_free(text);
  return fingerprint;
}

void attn_table_close(attn_table *table) {
  if (table->at != 0)
    attn_fail("%s: the last row has %zu of %zu cells", table->output->path, table->at,
              table->columns);
  attn_output_commit(table->output);
  attn_free(table->names);
  attn_free(table->name);
  attn_free(table);
}

static size_t count_char(const char *text, char c) {
  size_t count = 0;
  for (; *text != '\0'; text++)
    count += *text == c;
  return count;
}

/* Splits line at its tabs into at most room cells; returns how many there are. */
static size_t split(char *line, char **cell, size_t room) {
  size_t count = 0;
  for (char *at = line; at != NULL; count++) {
    char *tab = strchr(at, '\t');
    if (tab != NULL)
      *tab++ = '\0';
    if (count < room)
      cell[count] = at;
    at = tab;
  }
  return count;
}

attn_rows *attn_rows_read(const char *path) {
  attn_rows *rows = attn_alloc(1, sizeof *rows);
  size_t size;
  rows->path = attn_text_copy(path);
  rows->text = attn_file_read(path, &size);
  if (size == 0)
    attn_fail("%s: is empty, expected a header line", path);
  size_t lines = count_char(rows->text, '\n');
  if (rows->text[size - 1] != '\n')
    attn_fail("%s:%zu: the last line is cut off; delete the file and make it again", path,
              lines + 1);
  char *line = rows->text;
  for (size_t l = 0; l < lines; l++) {
    char *end = strchr(line, '\n');
    *end = '\0';
    if (l == 0) {
      rows->columns = count_char(line, '\t') + 1;
      rows->name = attn_alloc(rows->columns, sizeof *rows->name);
      rows->cell = attn_alloc((lines - 1) * rows->columns, sizeof *rows->cell);
      split(line, rows->name, rows->columns);
      for (size_t c = 0; c < rows->columns; c++) {
        if (*rows->name[c] == '\0')
          attn_fail("%s:1: column %zu has no name", path, c + 1);
        for (size_t b = 0; b < c; b++)
          if (strcmp(rows->name[b], rows->name[c]) == 0)
            attn_fail("%s:1: the column '%.60s' is repeated", path, rows->name[c]);
      }
    } else {
      size_t cells = split(line, rows->cell + rows->rows * rows->columns, rows->columns);
      if (cells != rows->columns)
        attn_fail("%s:%zu: %zu cells, expected %zu as in the header", path, l + 1, cells,
                  rows->columns);
      rows->rows++;
    }
    line = end + 1;
  }
  return rows;
}

void attn_rows_free(attn_rows *rows) {
  if (rows == NULL)
    return;
  attn_free(rows->path);
  attn_free(rows->name);
  attn_free(rows->cell);
  attn_free(rows->text);
  attn_free(rows);
}

size_t attn_rows_column(const attn_rows *rows, const char *name) {
  for (size_t c = 0; c < rows->columns; c++)
    if (strcmp(rows->name[c], name) == 0)
      return c;
  char *known = attn_text_copy("");
  for (size_t c = 0; c < rows->columns; c++) {
    char *longer = attn_text_format("%s%s%s", known, c ? ", " : "", rows->name[c]);
    attn_free(known);
    known = longer;
  }
  attn_fail("%s: has no column '%s'; it has %s", rows->path, name, known);
}

const char *attn_rows_text(const attn_rows *rows, size_t row, size_t column) {
  return rows->cell[row * rows->columns + column];
}

double attn_rows_number(const attn_rows *rows, size_t row, size_t column) {
  const char *text = attn_rows_text(rows, row, column);
  char *end;
  double x = strtod(text, &end);
  if (end == text || *end != '\0')
    attn_fail("%s:%zu: column '%s' holds '%.60s', expected a number", rows->path, row + 2,
              rows->name[column], text);
  return x;
}
