#include "reference.h"

#include "named.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a column allows unless the experiment says otherwise. Other BLAS kernels, compilers and maths
 * libraries were seen to move figures that no root is searched for by less than 1e-8. */
static const double default_absolute = 0, default_relative = 1e-6;

/* ---- lists of names ---- */

bool names_has(const names *all, const char *name) {
  for (size_t i = 0; i < all->count; i++)
    if (strcmp(all->name[i], name) == 0)
      return true;
  return false;
}

void names_add(names *all, const char *name) {
  const char **longer = (void *)keep(attn_alloc(all->count + 1, sizeof *longer));
  for (size_t i = 0; i < all->count; i++)
    longer[i] = all->name[i];
  longer[all->count++] = name;
  all->name = longer;
}

names names_listed(const char *folder, const char *end) {
  names all = {0};
  struct dirent **entry = NULL;
  const int count = scandir(folder, &entry, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    const char *name = entry[i]->d_name;
    const size_t size = strlen(name), tail = strlen(end);
    if (*name != '.' && size > tail && strcmp(name + size - tail, end) == 0)
      names_add(&all, kept("%.*s", (int)(size - tail), name));
    free(entry[i]);
  }
  free(entry);
  return all;
}

static attn_rows *rows_kept(const char *path) {
  attn_rows *rows = attn_rows_read(path);
  keep((char *)rows); /* reachable to the end */
  return rows;
}

attn_rows *reference_table(const char *path) {
  attn_rows *rows = rows_kept(path);
  const char *slash = strrchr(path, '/');
  size_t c = 0;
  while (c < rows->columns && strcmp(rows->name[c], "source") != 0)
    c++;
  if (c == rows->columns || strcmp(slash ? slash + 1 : path, "claims.tsv") != 0)
    return rows;
  size_t to = 0;
  for (size_t from = 0; from < rows->rows * rows->columns; from++)
    if (from % rows->columns != c)
      rows->cell[to++] = rows->cell[from];
  for (rows->columns--; c < rows->columns; c++)
    rows->name[c] = rows->name[c + 1];
  return rows;
}

const char *reference_cell(const char *cell, int digits) {
  double x;
  return digits > 0 && as_number(cell, &x) && isfinite(x) ? kept("%.*g", digits, x) : cell;
}

words reference_text(const attn_rows *rows, int digits) {
  words text = {0};
  for (size_t c = 0; c < rows->columns; c++) {
    words_add(&text, c ? "\t" : "");
    words_add(&text, rows->name[c]);
  }
  for (size_t i = 0; i < rows->rows * rows->columns; i++) {
    words_add(&text, i % rows->columns ? "\t" : "\n");
    words_add(&text, reference_cell(rows->cell[i], digits));
  }
  words_add(&text, "\n");
  keep(text.text);
  return text;
}

const char *reference_fingerprint(words text) {
  return kept("%016llx", (unsigned long long)attn_fingerprint(text.text, text.size));
}

/* ---- both sides of an experiment ---- */

reference reference_open(const char *companion, const char *folder, const char *stem) {
  reference e = {.stem = stem,
                 .results = kept("%s/data/%s", companion, stem),
                 .folder = kept("%s/%s", folder, stem)};
  const char *provenance = kept("%s/provenance.tsv", e.results);
  e.result.provenance = access(provenance, F_OK) == 0 ? keep(attn_file_read(provenance, NULL)) : "";
  const char *name;
  for (const char *at = e.result.provenance; (at = result_next_table(at, &name)) != NULL;)
    if (!names_has(&e.tables, name))
      names_add(&e.tables, name);
  names_add(&e.tables, "claims");
  const struct {
    const char *name;
    attn_rows **rows;
  } files[] = {
      {"tables", &e.accepted}, {"pinned", &e.pinned}, {"log", &e.log}, {"tolerance", &e.tolerance}};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    const char *path = kept("%s/%s", e.folder, files[i].name);
    if (access(path, F_OK) == 0)
      *files[i].rows = rows_kept(path);
  }
  if (e.tolerance != NULL)
    e.used = (bool *)(void *)keep(attn_alloc(e.tolerance->rows, sizeof *e.used));
  return e;
}

const char *reference_lookup(const attn_rows *rows, const char *key, const char *column) {
  for (size_t r = 0; rows != NULL && r < rows->rows; r++)
    if (strcmp(attn_rows_text(rows, r, 0), key) == 0)
      return attn_rows_text(rows, r, attn_rows_column(rows, column));
  return NULL;
}

const char *const reference_keys[REFERENCE_KEYS] = {"blas", "gsl", "libc", "compiler"};

const char *reference_environment(const reference *e, size_t k) {
  const char *value = result_origin(&e->result, reference_keys[k]);
  return value != NULL ? value : "unknown";
}

const char *reference_environment_change(const reference *e) {
  const char *change = "";
  for (size_t k = 0; k < REFERENCE_KEYS; k++) {
    const char *then = reference_lookup(e->pinned, reference_keys[k], "value");
    const char *now = reference_environment(e, k);
    if (then == NULL || strcmp(then, now) != 0)
      change = kept("%s%s%s '%s', now '%s'", change, *change ? "; " : "", reference_keys[k],
                    then ? then : "unknown", now);
  }
  return change;
}

const char *reference_settings_change(const reference *e) {
  const char *change = "", *key, *now;
  for (const char *at = e->result.provenance; (at = result_next_setting(at, &key, &now)) != NULL;) {
    const char *then = reference_lookup(e->pinned, kept("setting %s", key), "value");
    if (then == NULL || strcmp(then, now) != 0)
      change = kept("%s%s%s = %s, now %s", change, *change ? "; " : "", key, then ? then : "(none)",
                    now);
  }
  static const char begin[] = "setting ";
  for (size_t r = 0; e->pinned != NULL && r < e->pinned->rows; r++) {
    const char *what = attn_rows_text(e->pinned, r, 0);
    if (strncmp(what, begin, strlen(begin)) == 0 &&
        result_setting(&e->result, what + strlen(begin)) == NULL)
      change = kept("%s%s%s is gone", change, *change ? "; " : "", what + strlen(begin));
  }
  return change;
}

/* ---- comparison ---- */

static bool covers(const char *pattern, const char *name) {
  return strcmp(pattern, "*") == 0 || strcmp(pattern, name) == 0;
}

tolerance reference_tolerance(const reference *e, const char *table, const char *column) {
  tolerance t = {default_absolute, default_relative};
  const attn_rows *rows = e->tolerance;
  for (size_t r = 0; rows != NULL && r < rows->rows; r++) {
    if (!covers(attn_rows_text(rows, r, attn_rows_column(rows, "table")), table) ||
        !covers(attn_rows_text(rows, r, attn_rows_column(rows, "column")), column))
      continue;
    e->used[r] = true;
    t.absolute = attn_rows_number(rows, r, attn_rows_column(rows, "absolute"));
    t.relative = attn_rows_number(rows, r, attn_rows_column(rows, "relative"));
    if (!(t.absolute >= 0 && isfinite(t.absolute) && t.relative >= 0 && t.relative < 1))
      attn_fail("%s:%zu: tolerances are absolute in [0, inf) and relative in [0, 1)", rows->path,
                r + 2);
    if (strlen(attn_rows_text(rows, r, attn_rows_column(rows, "reason"))) < 2)
      attn_fail("%s:%zu: a tolerance needs its reason", rows->path, r + 2);
  }
  return t;
}

/* Half a unit in the last of the digits of x. */
static double rounding(double x, int digits) {
  return digits > 0 && x != 0 ? 0.5 * pow(10, floor(log10(fabs(x))) - digits + 1) : 0;
}

difference *reference_differences(const reference *e, const char *table, const attn_rows *then,
                                  const attn_rows *now, int digits, size_t *count) {
  difference *all = (void *)keep(attn_alloc(then->rows * then->columns, sizeof *all));
  *count = 0;
  for (size_t c = 0; c < then->columns; c++) {
    const tolerance t = reference_tolerance(e, table, then->name[c]);
    for (size_t r = 0; r < then->rows; r++) {
      difference d = {r,   c,   attn_rows_text(then, r, c), attn_rows_text(now, r, c), NAN, NAN,
                      NAN, true};
      double x, y;
      if (strcmp(d.then, reference_cell(d.now, digits)) == 0)
        continue;
      if (as_number(d.then, &x) && as_number(d.now, &y) && isfinite(x) && isfinite(y)) {
        d.change = y - x;
        d.relative = d.change / fabs(x);
        d.allowed = t.absolute + t.relative * fabs(x) + rounding(x, digits);
        d.beyond = !(fabs(d.change) <= d.allowed);
      }
      all[(*count)++] = d;
    }
  }
  return all;
}

const char *reference_shape_change(const attn_rows *then, const attn_rows *now) {
  const char *change = "";
  if (strcmp(named_columns(then), named_columns(now)) != 0) {
    names old = {then->columns, (const char **)then->name};
    names new = {now->columns, (const char **)now->name};
    for (size_t c = 0; c < old.count; c++)
      if (!names_has(&new, old.name[c]))
        change = kept("%s%scolumn %s is gone", change, *change ? ", " : "", old.name[c]);
    for (size_t c = 0; c < new.count; c++)
      if (!names_has(&old, new.name[c]))
        change = kept("%s%scolumn %s is new", change, *change ? ", " : "", new.name[c]);
    if (*change == '\0')
      change = "the columns are in another order";
  }
  if (then->rows != now->rows)
    change = kept("%s%s%zu rows, now %zu", change, *change ? ", " : "", then->rows, now->rows);
  return change;
}
