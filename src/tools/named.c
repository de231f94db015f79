#include "named.h"

#include "words.h"

#include <math.h>
#include <string.h>

enum { SHOWN_ROWS = 6 };

const char *named_columns(const attn_rows *rows) {
  const char *known = "";
  for (size_t c = 0; c < rows->columns; c++)
    known = kept("%s%s%s", known, c ? ", " : "", rows->name[c]);
  return known;
}

const char *named_column(size_t *column, const attn_rows *rows, const char *name) {
  for (*column = 0; *column < rows->columns; ++*column)
    if (strcmp(rows->name[*column], name) == 0)
      return NULL;
  return kept("%s has no column '%s'; it has %s", rows->path, name, named_columns(rows));
}

static bool cell_equals(const char *cell, const char *value) {
  double x, y;
  if (as_number(cell, &x) && as_number(value, &y))
    return x == y || fabs(x - y) <= 1e-9 * fabs(y) || (isnan(x) && isnan(y));
  for (; *cell != '\0' && (*cell == *value || (*cell == ' ' && *value == '_')); cell++)
    value++;
  return *cell == *value;
}

const char *named_row(size_t *row, const attn_rows *rows, char *const *condition, size_t count) {
  size_t *column = attn_alloc(count, sizeof *column), matches = 0;
  const char *asked = "", *possible = "", *failure = NULL;
  for (size_t k = 0; k < count && failure == NULL; k++) {
    asked = kept("%s%s%s", asked, k ? " " : "", condition[k]);
    failure =
        named_column(&column[k], rows, kept("%.*s", (int)strcspn(condition[k], "="), condition[k]));
  }
  for (size_t r = 0; r < rows->rows && failure == NULL; r++) {
    bool fits = true;
    for (size_t k = 0; k < count && fits; k++)
      fits = cell_equals(attn_rows_text(rows, r, column[k]), strchr(condition[k], '=') + 1);
    if (!fits)
      continue;
    if (matches++ == 0)
      *row = r;
    if (matches <= SHOWN_ROWS)
      possible = kept("%s%s%s", possible, matches > 1 ? "; " : "", named_key(rows, r));
  }
  attn_free(column);
  if (failure != NULL || matches == 1)
    return failure;
  for (size_t r = 0; matches == 0 && r < rows->rows && r < SHOWN_ROWS; r++)
    possible = kept("%s%s%s", possible, r ? "; " : "", named_key(rows, r));
  const char *expected =
      count > 0 ? kept("%zu rows have %s, expected one", matches, asked)
                : kept("%zu rows, expected conditions KEY=VALUE that one meets", matches);
  return kept("%s: %s; %s: %s%s", rows->path, expected, matches > 0 ? "they are" : "there are",
              *possible ? possible : "none",
              (matches > 0 ? matches : rows->rows) > SHOWN_ROWS ? "; ..." : "");
}

const char *named_key(const attn_rows *rows, size_t row) {
  bool *alike =
      attn_alloc(rows->rows, sizeof *alike); /* to row, in the columns of the key so far */
  size_t count = rows->rows;
  for (size_t r = 0; r < rows->rows; r++)
    alike[r] = true;
  const char *key = "";
  for (size_t c = 0; c < rows->columns && count > 1; c++) {
    const char *cell = attn_rows_text(rows, row, c);
    size_t left = 0;
    for (size_t r = 0; r < rows->rows; r++)
      left += alike[r] && strcmp(attn_rows_text(rows, r, c), cell) == 0;
    if (left == count)
      continue;
    for (size_t r = 0; r < rows->rows; r++)
      alike[r] = alike[r] && strcmp(attn_rows_text(rows, r, c), cell) == 0;
    count = left;
    char *value = kept("%s", cell);
    for (char *blank; (blank = strchr(value, ' ')) != NULL;)
      *blank = '_';
    key = kept("%s%s%s=%s", key, *key ? " " : "", rows->name[c], value);
  }
  attn_free(alike);
  return *key ? key : "the only row";
}
