/* reference: an experiment's results beside its accepted ones, data/reference/<stem>:
 *   <table>.tsv  a published table without source lines; a large one with fewer digits
 *   tables       for each its size, fingerprint, digits, and the fingerprint of what is kept
 *   pinned       what its bytes depend on: library versions, BLAS kernel, compiler, settings
 *   tolerance    optional: absolute and relative tolerance by table and column, with reasons
 *   log          the reason of every acceptance, the latest at the end */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "result.h"
#include "words.h"

/* ---- lists of names ---- */

typedef struct {
  size_t count;
  const char **name; /* [count] */
} names;

bool names_has(const names *all, const char *name);
void names_add(names *all, const char *name);
/* Names in a folder that end so, without their end, in alphabetical order; none when there is no
 * such folder. Names that begin with a point are left out. */
names names_listed(const char *folder, const char *end);

/* ---- tables ---- */

enum { REFERENCE_WHOLE = 32 << 10, REFERENCE_DIGITS = 7 }; /* bytes; digits of larger tables */

/* A result or a reference, without the source lines of claims, which move with the code. */
attn_rows *reference_table(const char *path);
/* A cell, or the text of a table, with so many digits; 0 means as it is. */
const char *reference_cell(const char *cell, int digits);
words reference_text(const attn_rows *rows, int digits);
/* Of a text, in hexadecimal. */
const char *reference_fingerprint(words text);

/* ---- both sides of an experiment ---- */

typedef struct {
  const char *stem, *results, *folder; /* where its tables and its references are */
  result result;                       /* its provenance alone, "" when it has not been run */
  names tables;                        /* that its program wrote */
  attn_rows *accepted, *pinned, *log, *tolerance; /* NULL where there is no such file */
  bool *used;                                     /* [tolerance->rows] */
} reference;

reference reference_open(const char *companion, const char *folder, const char *stem);

/* A cell of the row of a file that begins with key; NULL when there is no such row. */
const char *reference_lookup(const attn_rows *rows, const char *key, const char *column);

/* What the bytes depend on, besides settings: keys of the provenance. */
enum { REFERENCE_KEYS = 4 };
extern const char *const reference_keys[REFERENCE_KEYS];
const char *reference_environment(const reference *e, size_t k);

/* What of the pinned environment, or of the settings, differs now; "" when nothing does. */
const char *reference_environment_change(const reference *e);
const char *reference_settings_change(const reference *e);

/* ---- comparison ---- */

typedef struct {
  double absolute, relative;
} tolerance;

/* The last row of the file "tolerance" that covers the column, else 0 and 1e-6. */
tolerance reference_tolerance(const reference *e, const char *table, const char *column);

/* Columns and rows that came or went; "" for the same shape. */
const char *reference_shape_change(const attn_rows *then, const attn_rows *now);

/* Numbers may differ by absolute + relative |then|, and by half a unit in the last digit that was
 * kept; not-a-number, infinities and texts must be equal. */
typedef struct {
  size_t row, column;
  const char *then, *now;
  double change, relative, allowed; /* not-a-number for cells that must be equal */
  bool beyond;
} difference;

/* Cells of two tables of one shape that differ, *count many; then has the digits. */
difference *reference_differences(const reference *e, const char *table, const attn_rows *then,
                                  const attn_rows *now, int digits, size_t *count);

#endif
