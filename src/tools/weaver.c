#include "weaver.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

const char *beginning(const char *text) {
  char *part = kept("%.30s", text);
  for (char *at = part; (at = strchr(at, '\n')) != NULL;)
    *at = ' ';
  return part;
}

void depend(weaver *w, const char *path) {
  const char *line = kept("%s\n", path);
  for (const char *at = w->deps.text; at != NULL && (at = strstr(at, line)) != NULL; at++)
    if (at == w->deps.text || at[-1] == '\n')
      return;
  words_add(&w->deps, line);
}

const result *result_of(weaver *w, const chapter *c) {
  enum { MOST = 256 };
  static result known[MOST];
  static size_t count;
  for (size_t i = 0; i < count; i++)
    if (known[i].chapter == c)
      return &known[i];
  if (count == MOST)
    attn_fail("more than %d chapters", MOST);
  known[count] = result_read(w->companion, c);
  if (result_not_run(&known[count]))
    fail_here(w, "%s has not been run: make %s", c->stem, c->stem);
  if (known[count].rows != NULL)
    depend(w, known[count].path);
  if (*known[count].provenance != '\0')
    depend(w, kept("%s/data/%s/provenance.tsv", w->companion, c->stem));
  return &known[count++];
}

const char *verdict_of(weaver *w, const result *r, const chapter_claim *claim) {
  const char *verdict = result_verdict(r, claim);
  if (verdict == NULL)
    fail_here(w, "%s", result_missing(r, claim));
  return verdict;
}

/* ---- words of a directive ---- */

arguments split_arguments(weaver *w, const char *text) {
  arguments a = {0};
  char *at = kept("%s", text);
  while (*(at += strspn(at, " \t\n")) != '\0') {
    if (a.count == ARGUMENTS_MAX)
      fail_here(w, "a directive has at most %d words", ARGUMENTS_MAX);
    if (*at != '"') {
      a.word[a.count++] = at;
      at += strcspn(at, " \t\n");
      if (*at != '\0')
        *at++ = '\0';
      continue;
    }
    char *out = a.word[a.count++] = ++at;
    for (; *at != '"'; at++) {
      if (*at == '\0')
        fail_here(w, "a quote is not closed in {{%s}}", beginning(text));
      at += at[0] == '\\' && at[1] == '"';
      *out++ = *at;
    }
    at++;
    *out = '\0';
  }
  return a;
}

/* ---- tables and values ---- */

source open_table(weaver *w, const char *text) {
  enum { MOST = 512 };
  static source known[MOST];
  static const char *names[MOST];
  static size_t count;
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i], text) == 0)
      return known[i];
  const char *slash = strchr(text, '/');
  if (slash == NULL || slash == text || slash[1] == '\0' || strchr(slash + 1, '/') != NULL)
    fail_here(w, "'%s', expected STEM/TABLE", text);
  const char *stem = kept("%.*s", (int)(slash - text), text);
  source s = {.chapter = chapters_find(w->all, stem),
              .name = kept("%s", slash + 1),
              .path = kept("%s/data/%s.tsv", w->companion, text),
              .link = kept("data/%s.tsv", text)};
  if (s.chapter == NULL)
    fail_here(w, "there is no chapter '%s'", stem);
  result_of(w, s.chapter);
  if (access(s.path, F_OK) != 0)
    fail_here(w, "%s does not exist; make %s writes the tables of %s", s.path, stem, stem);
  attn_rows *rows = attn_rows_read(s.path);
  keep((char *)rows);
  s.rows = rows;
  depend(w, s.path);
  if (count == MOST)
    attn_fail("more than %d tables", MOST);
  names[count] = kept("%s", text);
  known[count] = s;
  return known[count++];
}

size_t column_of(weaver *w, const attn_rows *rows, const char *name) {
  const char *known = "";
  for (size_t c = 0; c < rows->columns; c++) {
    if (strcmp(rows->name[c], name) == 0)
      return c;
    known = kept("%s%s%s", known, c ? ", " : "", rows->name[c]);
  }
  fail_here(w, "%s has no column '%s'; it has %s", rows->path, name, known);
  return 0;
}

static bool cell_equals(const char *cell, const char *value) {
  double x, y;
  if (as_number(cell, &x) && as_number(value, &y))
    return x == y || fabs(x - y) <= 1e-9 * fabs(y) || (isnan(x) && isnan(y));
  for (; *cell != '\0' && (*cell == *value || (*cell == ' ' && *value == '_')); cell++)
    value++;
  return *cell == *value;
}

const char *shown_cell(weaver *w, const attn_rows *rows, size_t row, size_t column,
                       const char *format) {
  const char *cell = attn_rows_text(rows, row, column);
  double x;
  if (!as_number(cell, &x)) {
    if (format != NULL)
      fail_here(w, "%s:%zu: column '%s' holds '%.60s', which has no format '%s'", rows->path,
                row + 2, rows->name[column], cell, format);
    return w->style == WORDS_PLAIN ? cell : strcmp(cell, "-") == 0 ? "–" : escaped(cell);
  }
  const char *text = number_text(format, x, w->style);
  if (text == NULL)
    fail_here(w, "'%s' is no format; expected one printf conversion of kind d, e, f or g", format);
  return text;
}

void write_value(weaver *w, const source *s, size_t row, const char *row_text, size_t column,
                 const char *format, const char *origin) {
  const char *shown = shown_cell(w, s->rows, row, column, format);
  if (w->style != WORDS_HTML)
    fputs(shown, w->stream);
  else
    fprintf(w->stream, "[%s](%s \"%s, row %s, column %s%s%s; make %s\"){.value}", shown, s->link,
            escaped(s->link), escaped(row_text), escaped(s->rows->name[column]),
            *origin ? "; computed at " : "", escaped(origin), escaped(s->chapter->stem));
}

void weave_value(weaver *w, const arguments *a) {
  if (a->count < 3)
    fail_here(w, "expected {{value STEM/TABLE KEY=VALUE COLUMN FORMAT}}");
  source s = open_table(w, a->word[1]);
  size_t at = 2;
  while (at < a->count && strchr(a->word[at], '=') != NULL)
    at++;
  if (at == a->count || a->count > at + 2)
    fail_here(w, "expected a column and perhaps a format after the row in {{value %s ...}}",
              a->word[1]);
  size_t found = RESULT_NO_ROW, matches = 0;
  const char *row_text = "";
  for (size_t k = 2; k < at; k++)
    row_text = kept("%s%s%s", row_text, k > 2 ? " " : "", a->word[k]);
  for (size_t row = 0; row < s.rows->rows; row++) {
    bool fits = true;
    for (size_t k = 2; k < at && fits; k++) {
      const char *equals = strchr(a->word[k], '=');
      const char *key = kept("%.*s", (int)(equals - a->word[k]), a->word[k]);
      fits = cell_equals(attn_rows_text(s.rows, row, column_of(w, s.rows, key)), equals + 1);
    }
    if (fits && matches++ == 0)
      found = row;
  }
  size_t column = column_of(w, s.rows, a->word[at]);
  if (matches != 1)
    fail_here(w, "%s: %zu rows have %s, expected one", s.path, matches,
              *row_text ? row_text : "no key given");
  const char *origin = result_origin(result_of(w, s.chapter), kept("table %s", s.name));
  write_value(w, &s, found, *row_text ? row_text : "1", column,
              a->count > at + 1 ? a->word[at + 1] : NULL, origin ? origin : "");
}

void weave_claim(weaver *w, const arguments *a) {
  if (a->count < 3 || a->count > 4)
    fail_here(w, "expected {{claim ID COLUMN FORMAT}}");
  const chapter *owner;
  const chapter_claim *claim = chapters_find_claim(w->all, a->word[1], &owner);
  if (claim == NULL)
    fail_here(w, "no chapter states the claim '%s'", a->word[1]);
  const result *r = result_of(w, owner);
  const char *verdict = verdict_of(w, r, claim);
  size_t row = result_row(r, claim);
  if (row == RESULT_NO_ROW) {
    fputs(strcmp(a->word[2], "verdict") == 0 ? verdict : "–", w->stream);
    return;
  }
  source s = {owner, "claims", r->path, kept("data/%s/claims.tsv", owner->stem), r->rows};
  write_value(w, &s, row, claim->id, column_of(w, r->rows, a->word[2]),
              a->count > 3 ? a->word[3] : NULL, result_text(r, row, "source"));
}
