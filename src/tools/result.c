#include "result.h"

#include "words.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

size_t verdict_index(const char *verdict) {
  size_t v = 0;
  while (v < CHAPTER_VERDICTS && strcmp(verdict, chapter_verdicts[v]) != 0)
    v++;
  return v;
}

result result_read(const char *companion, const chapter *c) {
  result r = {.chapter = c, .path = kept("%s/data/%s/claims.tsv", companion, c->stem)};
  const char *origin = kept("%s/data/%s/provenance.tsv", companion, c->stem);
  r.provenance = access(origin, F_OK) == 0 ? keep(attn_file_read(origin, NULL)) : "";
  if (access(r.path, F_OK) != 0)
    return r;
  attn_rows *rows = attn_rows_read(r.path);
  r.rows = rows;
  keep((char *)rows); /* reachable to the end */
  size_t id = attn_rows_column(rows, "claim"), verdict = attn_rows_column(rows, "verdict");
  for (size_t row = 0; row < rows->rows; row++) {
    const char *name = attn_rows_text(rows, row, id), *is = attn_rows_text(rows, row, verdict);
    size_t k = 0;
    while (k < c->claims && strcmp(c->claim[k].id, name) != 0)
      k++;
    if (k == c->claims)
      attn_fail("%s:%zu: the claim '%.60s' is not in the front matter of %s", r.path, row + 2, name,
                c->path);
    if (result_row(&r, &c->claim[k]) != row)
      attn_fail("%s:%zu: a second row for the claim '%s'", r.path, row + 2, name);
    if (verdict_index(is) == CHAPTER_VERDICTS)
      attn_fail("%s:%zu: '%.40s' is no verdict", r.path, row + 2, is);
  }
  return r;
}

const result *result_known(const char *companion, const chapter *c) {
  enum { MOST = 256 };
  static result known[MOST];
  static size_t count;
  for (size_t i = 0; i < count; i++)
    if (known[i].chapter == c)
      return &known[i];
  if (count == MOST)
    attn_fail("more than %d chapters", MOST);
  known[count] = result_read(companion, c);
  return &known[count++];
}

size_t result_row(const result *r, const chapter_claim *claim) {
  if (r->rows == NULL)
    return RESULT_NO_ROW;
  size_t id = attn_rows_column(r->rows, "claim");
  for (size_t row = 0; row < r->rows->rows; row++)
    if (strcmp(attn_rows_text(r->rows, row, id), claim->id) == 0)
      return row;
  return RESULT_NO_ROW;
}

const char *result_verdict(const result *r, const chapter_claim *claim) {
  size_t row = result_row(r, claim);
  if (row != RESULT_NO_ROW)
    return result_text(r, row, "verdict");
  return strcmp(claim->expected, "open") == 0 ? "open" : NULL;
}

const char *result_missing(const result *r, const chapter_claim *claim) {
  const char *stem = r->chapter->stem;
  if (r->rows == NULL)
    return kept("%s has not been run: make %s", stem, stem);
  return kept("%s: has no row for the claim '%s' of %s:%zu; its program must compute it", r->path,
              claim->id, r->chapter->path, claim->line);
}

bool result_not_run(const result *r) {
  bool waits = chapter_is_experiment(r->chapter);
  for (size_t k = 0; k < r->chapter->claims; k++)
    waits |= strcmp(r->chapter->claim[k].expected, "open") != 0;
  return waits && r->rows == NULL && *r->provenance == '\0';
}

const char *result_text(const result *r, size_t row, const char *column) {
  return attn_rows_text(r->rows, row, attn_rows_column(r->rows, column));
}

double result_number(const result *r, size_t row, const char *column) {
  return attn_rows_number(r->rows, row, attn_rows_column(r->rows, column));
}

const char *result_origin(const result *r, const char *key) {
  size_t size = strlen(key);
  for (const char *line = r->provenance; *line != '\0';) {
    size_t length = strcspn(line, "\n");
    if (length > size && strncmp(line, key, size) == 0 && line[size] == '\t')
      return kept("%.*s", (int)(length - size - 1), line + size + 1);
    line += length + (line[length] == '\n');
  }
  return NULL;
}

/* The rest of the next line of a provenance that begins so; NULL when there is none. */
static const char *next_line(const char *at, const char *begin) {
  for (; *at != '\0'; at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n'))
    if (strncmp(at, begin, strlen(begin)) == 0)
      return at + strlen(begin);
  return NULL;
}

const char *result_next_setting(const char *at, const char **key, const char **value) {
  const char *line = next_line(at, "setting\t");
  if (line == NULL)
    return NULL;
  char *text = kept("%.*s", (int)strcspn(line, "\n"), line), *sign = strstr(text, " = ");
  *key = text;
  *value = sign != NULL ? sign + 3 : "";
  if (sign != NULL)
    *sign = '\0';
  return line + strcspn(line, "\n");
}

const char *result_setting(const result *r, const char *key) {
  const char *name, *value;
  for (const char *at = r->provenance; (at = result_next_setting(at, &name, &value)) != NULL;)
    if (strcmp(name, key) == 0)
      return value;
  return NULL;
}

const char *result_seed(const result *r) {
  const char *seed = result_setting(r, "seed");
  return seed != NULL ? seed : "unknown";
}

const char *result_settings(const result *r) {
  const char *name, *value, *known = "";
  for (const char *at = r->provenance; (at = result_next_setting(at, &name, &value)) != NULL;)
    known = kept("%s%s%s", known, *known ? ", " : "", name);
  return known;
}

const char *result_next_table(const char *at, const char **table) {
  const char *line = next_line(at, "table ");
  if (line != NULL)
    *table = kept("%.*s", (int)strcspn(line, "\t\n"), line);
  return line;
}

const char *result_tables(const result *r) {
  const char *name, *known = "";
  for (const char *at = r->provenance; (at = result_next_table(at, &name)) != NULL;)
    known = kept("%s%s, ", known, name);
  return kept("%sclaims", known);
}

static double origin_number(const result *r, const char *key) {
  const char *text = result_origin(r, key);
  double number;
  return text != NULL && as_number(text, &number) ? number : NAN;
}

double result_seconds(const result *r) {
  return origin_number(r, "seconds");
}

double result_memory(const result *r) {
  return origin_number(r, "memory_mib");
}

const char *const statement_verdicts[STATEMENT_VERDICTS] = {
    "supported", "not supported", "out of scope", "open", "mixed", "answered", "uncovered"};

size_t statement_verdict(const chapter_statement *s, const size_t count[CHAPTER_VERDICTS]) {
  size_t kinds = 0, only = 0;
  for (size_t v = 0; v < CHAPTER_VERDICTS; v++)
    if (count[v] > 0) {
      kinds++;
      only = v;
    }
  if (kinds == 0)
    return STATEMENT_UNCOVERED;
  const size_t size = strlen(s->statement);
  const bool decided =
      count[verdict_index("supported")] + count[verdict_index("not supported")] > 0;
  if (s->statement[size - 1] == '?' && decided)
    return STATEMENT_ANSWERED;
  return kinds == 1 ? only : STATEMENT_MIXED;
}

const char *statement_verdict_text(const chapter_statement *s,
                                   const size_t count[CHAPTER_VERDICTS]) {
  const size_t verdict = statement_verdict(s, count);
  const bool counts = verdict == STATEMENT_MIXED || verdict == STATEMENT_ANSWERED;
  return counts ? kept("%s: %s", statement_verdicts[verdict], counts_text(count))
                : statement_verdicts[verdict];
}

const char *statement_counts_text(const size_t count[STATEMENT_VERDICTS]) {
  size_t total = 0;
  const char *text = "";
  for (size_t v = 0; v < STATEMENT_VERDICTS; v++) {
    total += count[v];
    if (count[v] > 0 || v == STATEMENT_UNCOVERED)
      text = kept("%s%s%zu %s", text, *text ? ", " : "", count[v], statement_verdicts[v]);
  }
  return kept("%zu statement%s: %s", total, total == 1 ? "" : "s", text);
}

const char *counts_text(const size_t count[CHAPTER_VERDICTS]) {
  const char *text = "";
  for (size_t v = 0; v < CHAPTER_VERDICTS; v++)
    if (count[v] > 0)
      text = kept("%s%s%zu %s", text, *text ? ", " : "", count[v], chapter_verdicts[v]);
  return *text ? text : "no claims";
}

const char *result_counts(const result *r) {
  size_t count[CHAPTER_VERDICTS] = {0};
  for (size_t k = 0; k < r->chapter->claims; k++) {
    const char *verdict = result_verdict(r, &r->chapter->claim[k]);
    if (verdict == NULL)
      attn_fail("%s", result_missing(r, &r->chapter->claim[k]));
    count[verdict_index(verdict)]++;
  }
  return counts_text(count);
}
