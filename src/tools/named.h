/* named: the cell that a name stands for, as chapters and 'make trace' write it: a table, conditions
 * KEY=VALUE that one row meets, a column. Questions that have no answer return the sentence that says
 * why and what is possible; NULL means that all is well. */
#ifndef NAMED_H
#define NAMED_H

#include "table.h"

/* The column called name. */
const char *named_column(size_t *column, const attn_rows *rows, const char *name);
/* The names of all columns: "n, d, risk". */
const char *named_columns(const attn_rows *rows);

/* The one row in which every condition holds. Numbers are compared as numbers, to nine digits; in a
 * text "_" stands for a blank. No condition means the only row. */
const char *named_row(size_t *row, const attn_rows *rows, char *const *condition /* [count] */,
                      size_t count);

/* Conditions that tell the row from all others, by as few of the leading columns as do it:
 * "eta=0.1 kappa=3". Whatever is not unique stays so. */
const char *named_key(const attn_rows *rows, size_t row);

#endif
