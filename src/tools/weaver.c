#include "weaver.h"

#include "named.h"

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
  const result *r = result_known(w->companion, c);
  if (result_not_run(r))
    fail_here(w, "%s has not been run: make %s", c->stem, c->stem);
  if (r->rows != NULL)
    depend(w, r->path);
  if (*r->provenance != '\0')
    depend(w, kept("%s/data/%s/provenance.tsv", w->companion, c->stem));
  return r;
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
  size_t column = 0;
  const char *wrong = named_column(&column, rows, name);
  if (wrong != NULL)
    fail_here(w, "%s", wrong);
  return column;
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

void write_latex(weaver *w, const char *text) {
  if (w->latex)
    fprintf(w->stream, "\n```{=latex}\n%s\n```\n\n", text);
}

const char *code_link(const weaver *w, const char *origin, const char *text) {
  static const char folder[] = "src/claims/";
  const char *name = origin + sizeof folder - 1, *dot = strstr(origin, ".c:");
  const char *shown = kept("`%s`", text ? text : origin);
  if (w->style != WORDS_HTML || strncmp(origin, folder, sizeof folder - 1) != 0 || dot == NULL)
    return shown;
  return kept("[%s](%.*s.source.html#line-%s)", shown, (int)(dot - name), name, dot + 3);
}

void write_value(weaver *w, const source *s, size_t row, const char *row_text, size_t column,
                 const char *format, const char *origin) {
  const char *shown = shown_cell(w, s->rows, row, column, format);
  if (w->style == WORDS_PLAIN) {
    fputs(shown, w->stream);
    return;
  }
  const number_origin from = {.stem = s->chapter->stem,
                              .table = s->name,
                              .row = row_text,
                              .column = s->rows->name[column],
                              .source = origin,
                              .shown = shown};
  const size_t number = numbers_add(&w->numbers, &from);
  if (w->style == WORDS_LATEX)
    fprintf(w->stream, "`\\attnvalue{%s-number-%zu}{`{=latex}%s`}`{=latex}", w->c->stem, number,
            shown);
  else
    fprintf(w->stream, "[%s](#number-%zu \"%s, row %s, column %s%s%s; make %s\"){.value}", shown,
            number, escaped(s->link), escaped(row_text), escaped(from.column),
            *origin ? "; computed at " : "", escaped(origin), escaped(from.stem));
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
  size_t row = 0, column = column_of(w, s.rows, a->word[at]);
  const char *wrong = named_row(&row, s.rows, a->word + 2, at - 2), *row_text = "";
  if (wrong != NULL && result_origin(result_of(w, s.chapter), "size") != NULL) {
    /* a run of another size lacks rows that the text names */
    fputs("–", w->stream);
    return;
  }
  if (wrong != NULL)
    fail_here(w, "%s", wrong);
  for (size_t k = 2; k < at; k++)
    row_text = kept("%s%s%s", row_text, k > 2 ? " " : "", a->word[k]);
  const char *origin = result_origin(result_of(w, s.chapter), kept("table %s", s.name));
  write_value(w, &s, row, *row_text ? row_text : "1", column,
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

/* One value of a setting; "1:8:4" and "1:8:4:log" are grids, shown by their ends. */
static const char *shown_setting(weaver *w, char *value, const char *format) {
  const words_style style = w->math ? WORDS_LATEX : w->style;
  char *colon = strchr(value, ':');
  double x, last;
  if (colon != NULL) {
    *colon = '\0';
    colon[1 + strcspn(colon + 1, ":")] = '\0';
  }
  if (!as_number(value, &x) || (colon != NULL && !as_number(colon + 1, &last))) {
    if (format != NULL)
      fail_here(w, "'%s' is no number and has no format '%s'", value, format);
    return style == WORDS_PLAIN ? value : escaped(value);
  }
  const char *text = number_text(format, x, style);
  if (text == NULL)
    fail_here(w, "'%s' is no format; expected one printf conversion of kind d, e, f or g", format);
  return colon == NULL ? text
                       : kept(w->math ? "%s\\text{ to }%s" : "%s to %s", text,
                              number_text(format, last, style));
}

void weave_setting(weaver *w, const arguments *a) {
  if (a->count < 3 || a->count > 4)
    fail_here(w, "expected {{setting STEM KEY FORMAT}}");
  const char *stem = a->word[1], *key = a->word[2];
  const chapter *c = chapters_find(w->all, stem);
  if (c == NULL)
    fail_here(w, "there is no chapter '%s'", stem);
  const result *r = result_of(w, c);
  const char *value = result_setting(r, key);
  if (value == NULL)
    fail_here(w, "%s was not run with a setting '%s'; its settings are %s", stem, key,
              result_settings(r));
  const arguments values = split_arguments(w, value);
  const char *shown = "";
  for (size_t i = 0; i < values.count; i++)
    shown = kept("%s%s%s", shown, i ? ", " : "",
                 shown_setting(w, values.word[i], a->count > 3 ? a->word[3] : NULL));
  if (w->math)
    for (; *shown != '\0'; shown++) {
      if (*shown != '$')
        fputc(*shown, w->stream);
    }
  else if (w->style != WORDS_HTML)
    fputs(shown, w->stream);
  else
    fprintf(w->stream, "[%s](data/%s/provenance.tsv \"experiments/%s.conf, %s; make %s\"){.value}",
            shown, escaped(stem), escaped(stem), escaped(key), escaped(stem));
}

void weave_typed(weaver *w, const arguments *a) {
  if (a->count != 2)
    fail_here(w, "expected {{typed \"TEXT\"}}");
  fputs(a->word[1], w->stream);
}
