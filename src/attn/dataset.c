#include "dataset.h"

#include <math.h>
#include <string.h>

#include "table.h"

attn_dataset *attn_dataset_read(const char *path, const char *label) {
  attn_rows *table = attn_rows_read(path);
  const size_t at = attn_rows_column(table, label);
  if (table->rows == 0 || table->columns < 2)
    attn_fail("%s: %zu rows and %zu columns, expected a row and a column besides '%s' at least",
              path, table->rows, table->columns, label);
  attn_dataset *dataset = attn_alloc(1, sizeof *dataset);
  dataset->rows = table->rows;
  dataset->columns = table->columns - 1;
  dataset->x = attn_alloc(dataset->rows * dataset->columns, sizeof *dataset->x);
  dataset->label = attn_alloc(dataset->rows, sizeof *dataset->label);
  double *x = dataset->x;
  for (size_t r = 0; r < table->rows; r++)
    for (size_t c = 0; c < table->columns; c++) {
      const double value = attn_rows_number(table, r, c);
      if (!isfinite(value))
        attn_fail("%s:%zu: column '%s' holds %g, expected a finite number", path, r + 2,
                  table->name[c], value);
      *(c == at ? &dataset->label[r] : x++) = value;
    }
  attn_rows_free(table);
  return dataset;
}

void attn_dataset_free(attn_dataset *dataset) {
  if (dataset == NULL)
    return;
  attn_free(dataset->x);
  attn_free(dataset->label);
  attn_free(dataset);
}

void attn_dataset_shuffle(size_t *row, size_t count, gsl_rng *rng) {
  for (size_t r = 0; r < count; r++) { /* Fisher and Yates, from the inside out */
    const size_t other = gsl_rng_uniform_int(rng, r + 1);
    row[r] = row[other];
    row[other] = r;
  }
}

size_t attn_dataset_first(size_t *row, size_t count, const attn_dataset *dataset, double wanted) {
  size_t found = 0;
  size_t *rest = attn_alloc(count, sizeof *rest);
  for (size_t r = 0; r < count; r++)
    if (dataset->label[row[r]] == wanted)
      row[found++] = row[r];
    else
      rest[r - found] = row[r];
  memcpy(row + found, rest, (count - found) * sizeof *row);
  attn_free(rest);
  return found;
}
