/* weave: turns a chapter, or the book of all, into pandoc Markdown in which every directive is
 * replaced by the code, the numbers, the tables and the verdicts that it names. */
#include "result.h"
#include "words.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "weave: replaces the directives of a chapter by code, numbers, tables and verdicts\n\n"
    "usage: weave --companion DIR --format html --out FILE [--depfile FILE [--target NAME]]\n"
    "             CHAPTER.md --all CHAPTERS...\n"
    "       weave --companion DIR --format latex --out FILE [--depfile FILE [--target NAME]]\n"
    "             --book --all CHAPTERS...\n\n"
    "Writes pandoc Markdown. DIR holds data/<stem>/ and figures/<stem>.svg; files of code are\n"
    "named from the current folder. The depfile lists every file that was read.\n\n"
    "directives alone on a line:\n"
    "  {{code FILE REGION}}              lines between //@begin REGION and //@end REGION\n"
    "  {{table STEM/TABLE [COLUMN[:FORMAT[:HEADING_TEXT]]]...}}\n"
    "  {{figure STEM \"caption\"}}         figures/STEM.svg\n"
    "  {{claims}}                        the claims of this chapter with their verdicts\n"
    "  {{verdicts}}  {{experiments}}     all claims; all experiments\n"
    "in a line:\n"
    "  {{value STEM/TABLE [KEY=VALUE]... COLUMN [FORMAT]}}\n"
    "  {{claim ID COLUMN [FORMAT]}}\n"
    "FORMAT is one printf conversion of kind d e f g with text around it: %.3f, %.1f%%\n";

typedef struct {
  const char *companion, *format, *out, *depfile, *target, *page;
  bool book, latex;
  words_style style;
  const chapters *all;
  words deps;       /* one file a line */
  FILE *stream;     /* what is written */
  const chapter *c; /* the chapter at hand */
  size_t line;      /* and the line at hand */
} weaver;

#define fail_here(w, ...) attn_fail("%s:%zu: %s", (w)->c->path, (w)->line, kept(__VA_ARGS__))

/* The beginning of a text, for a message of one line. */
static const char *beginning(const char *text) {
  char *part = kept("%.30s", text);
  for (char *at = part; (at = strchr(at, '\n')) != NULL;)
    *at = ' ';
  return part;
}

static void depend(weaver *w, const char *path) {
  const char *line = kept("%s\n", path);
  for (const char *at = w->deps.text; at != NULL && (at = strstr(at, line)) != NULL; at++)
    if (at == w->deps.text || at[-1] == '\n')
      return;
  words_add(&w->deps, line);
}

static const result *result_of(weaver *w, const chapter *c) {
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

static const char *verdict_of(weaver *w, const result *r, const chapter_claim *claim) {
  const char *verdict = result_verdict(r, claim);
  if (verdict == NULL)
    fail_here(w, "%s", result_missing(r, claim));
  return verdict;
}

/* ---- words of a directive ---- */

enum { ARGUMENTS_MAX = 64 };
typedef struct {
  size_t count;
  char *word[ARGUMENTS_MAX];
} arguments;

/* Splits at blanks; "in double quotes" is one word, in which \" is a quote. */
static arguments split_arguments(weaver *w, const char *text) {
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

typedef struct {
  const chapter *chapter; /* of the experiment */
  const char *name, *path, *link;
  const attn_rows *rows;
} source;

static source open_table(weaver *w, const char *text) {
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

static size_t column_of(weaver *w, const attn_rows *rows, const char *name) {
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

/* The cell as it is shown: Markdown. */
static const char *shown_cell(weaver *w, const attn_rows *rows, size_t row, size_t column,
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

/* A number of the text: in HTML a link to its data that says where it comes from. */
static void write_value(weaver *w, const source *s, size_t row, const char *row_text, size_t column,
                        const char *format, const char *origin) {
  const char *shown = shown_cell(w, s->rows, row, column, format);
  if (w->style != WORDS_HTML)
    fputs(shown, w->stream);
  else
    fprintf(w->stream, "[%s](%s \"%s, row %s, column %s%s%s; make %s\"){.value}", shown, s->link,
            escaped(s->link), escaped(row_text), escaped(s->rows->name[column]),
            *origin ? "; computed at " : "", escaped(origin), escaped(s->chapter->stem));
}

static void weave_value(weaver *w, const arguments *a) {
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

static void weave_claim(weaver *w, const arguments *a) {
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

/* ---- running text ---- */

/* A directive that stands in a line of text. */
static void weave_inline(weaver *w, const char *text) {
  arguments a = split_arguments(w, text);
  const char *name = a.count ? a.word[0] : "";
  if (strcmp(name, "value") == 0)
    weave_value(w, &a);
  else if (strcmp(name, "claim") == 0)
    weave_claim(w, &a);
  else {
    const char *const blocks[] = {"code", "table", "figure", "claims", "verdicts", "experiments"};
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++)
      if (strcmp(name, blocks[b]) == 0)
        fail_here(w, "{{%s ...}} must stand alone on its line", name);
    fail_here(w, "unknown directive {{%s}}; 'weave --help' lists them", beginning(text));
  }
}

static size_t run_of(const char *text, char c) {
  size_t size = 0;
  while (text[size] == c)
    size++;
  return size;
}

/* Whether the chapter's body gives a heading the identifier at the start of text. */
static bool has_anchor(const chapter *c, const char *text, size_t size) {
  const char *mark = kept("{#%.*s", (int)size, text);
  for (const char *at = c->body; (at = strstr(at, mark)) != NULL; at++)
    if (strchr("} ", at[size + 2]) != NULL)
      return true;
  return false;
}

/* In the book all chapters share one name space: their footnotes and the identifiers that they give
 * to headings get the stem in front, and links between pages become links inside the book. Returns
 * the bytes of text that were replaced. */
static size_t weave_for_book(weaver *w, const char *text) {
  if (strncmp(text, "[^", 2) == 0) {
    fprintf(w->stream, "[^%s-", w->c->stem);
    return 2;
  }
  if (strncmp(text, "{#", 2) == 0) {
    fprintf(w->stream, "{#%s-", w->c->stem);
    return 2;
  }
  if (strncmp(text, "](", 2) != 0)
    return 0;
  size_t size = strcspn(text + 2, ")# \n");
  const chapter *c = w->c;
  if (size > 5 && strncmp(text + 2 + size - 5, ".html", 5) == 0)
    c = chapters_find(w->all, kept("%.*s", (int)size - 5, text + 2));
  else if (size > 0)
    return 0;
  const char *anchor = text + 2 + size;
  size_t length = strcspn(anchor, ") \n");
  if (c == NULL || (size == 0 && *anchor != '#'))
    return 0;
  if (strncmp(anchor, "#claim-", 7) == 0 || (size == 0 && !has_anchor(c, anchor + 1, length - 1)))
    fprintf(w->stream, "](%.*s", (int)length, anchor);
  else if (*anchor == '#' && has_anchor(c, anchor + 1, length - 1))
    fprintf(w->stream, "](#%s-%.*s", c->stem, (int)length - 1, anchor + 1);
  else
    fprintf(w->stream, "](#chapter-%s", c->stem);
  return 2 + size + (*anchor == '#' ? length : 0);
}

/* A paragraph, or a line of one; counts its lines. Code spans are left alone. */
static void weave_text(weaver *w, const char *text) {
  while (*text != '\0') {
    if (*text == '`') {
      size_t ticks = run_of(text, '`'), size = ticks;
      for (const char *at = text + ticks; (at = strchr(at, '`')) != NULL;) {
        size_t closing = run_of(at, '`');
        at += closing;
        if (closing == ticks) {
          size = (size_t)(at - text);
          break;
        }
      }
      for (size_t i = 0; i < size; i++)
        w->line += text[i] == '\n';
      fwrite(text, 1, size, w->stream);
      text += size;
    } else if (strncmp(text, "{{", 2) == 0) {
      const char *end = strstr(text, "}}");
      if (end == NULL)
        fail_here(w, "'%s' is not closed by }} in its paragraph", beginning(text));
      const char *inside = kept("%.*s", (int)(end - text - 2), text + 2);
      weave_inline(w, inside);
      for (; text < end + 2; text++)
        w->line += *text == '\n';
    } else {
      size_t taken = w->book ? weave_for_book(w, text) : 0;
      if (taken == 0) {
        w->line += *text == '\n';
        fputc(*text, w->stream);
        taken = 1;
      }
      text += taken;
    }
  }
}

/* The text with its inline directives replaced, in the given style. */
static char *woven(weaver *w, const char *text, words_style style) {
  FILE *stream = w->stream;
  words_style before = w->style;
  size_t line = w->line;
  char *memory = NULL;
  size_t size;
  w->style = style;
  w->stream = open_memstream(&memory, &size);
  if (w->stream == NULL)
    attn_fail("out of memory");
  weave_text(w, text);
  fclose(w->stream);
  w->stream = stream;
  w->style = before;
  w->line = line;
  return keep(memory);
}

/* ---- blocks ---- */

static void latex(weaver *w, const char *text) {
  if (w->latex)
    fprintf(w->stream, "\n```{=latex}\n%s\n```\n\n", text);
}

/* The size at which columns characters of typewriter fit on a line of the page. */
static const char *code_size(size_t columns) {
  return columns <= 96    ? "\\footnotesize"
         : columns <= 108 ? "\\scriptsize"
         : columns <= 126 ? "\\fontsize{6}{7}\\selectfont"
                          : "\\tiny";
}

static size_t widest(const char *text, size_t size) {
  size_t most = 0;
  for (const char *end = text + size; text < end;) {
    size_t length = strcspn(text, "\n");
    if (length > most)
      most = length;
    text += length + 1;
  }
  return most;
}

static void write_code(weaver *w, const char *opening, const char *text, size_t size,
                       const char *closing) {
  latex(w, kept("\\begingroup\\def\\attncode{%s}", code_size(widest(text, size))));
  fprintf(w->stream, "%s\n%.*s%s%s\n", opening, (int)size, text,
          size > 0 && text[size - 1] != '\n' ? "\n" : "", closing);
  latex(w, "\\endgroup");
}

/* "//@begin NAME" or "//@end NAME" on a line: its NAME, else NULL. */
static const char *marker(const char *line, const char *word) {
  const char *at = strstr(line, word);
  if (at == NULL || !isspace((unsigned char)at[strlen(word)]))
    return NULL;
  at += strlen(word);
  at += strspn(at, " \t");
  return kept("%.*s", (int)strcspn(at, " \t\r\n*"), at);
}

static void weave_code(weaver *w, const arguments *a) {
  if (a->count != 3)
    fail_here(w, "expected {{code FILE REGION}}");
  const char *path = a->word[1], *region = a->word[2];
  if (access(path, R_OK) != 0)
    fail_here(w, "the file %s cannot be read", path);
  depend(w, path);
  char *text = keep(attn_file_read(path, NULL));
  words shown = {0};
  size_t begin = 0, end = 0, first = 0, last = 0, indent = SIZE_MAX, number = 0;
  for (char *line = text; *line != '\0';) {
    number++;
    char *stop = line + strcspn(line, "\n"), *next = stop + (*stop == '\n');
    *stop = '\0';
    const char *opens = marker(kept("%s\n", line), "//@begin");
    const char *closes = marker(kept("%s\n", line), "//@end");
    if (opens != NULL && strcmp(opens, region) == 0) {
      if (begin > 0)
        attn_fail("%s:%zu: the region '%s' begins a second time, first at line %zu", path, number,
                  region, begin);
      begin = number;
    } else if (closes != NULL && strcmp(closes, region) == 0) {
      if (begin == 0 || end > 0)
        attn_fail("%s:%zu: the region '%s' ends here but is not open", path, number, region);
      end = number;
    } else if (begin > 0 && end == 0 && opens == NULL && closes == NULL) {
      size_t blanks = strspn(line, " \t");
      bool empty = line[blanks] == '\0';
      if (!empty && blanks < indent)
        indent = blanks;
      if (!empty || first > 0) {
        first = first ? first : number;
        last = empty ? last : number;
        words_add(&shown, line);
        words_add(&shown, "\n");
      }
    }
    line = next;
  }
  if (begin == 0)
    attn_fail("%s:%zu: %s has no region '%s'; it begins with a line '//@begin %s'", w->c->path,
              w->line, path, region, region);
  if (end == 0)
    attn_fail("%s:%zu: the region '%s' is not closed by '//@end %s'", path, begin, region, region);
  if (first == 0)
    attn_fail("%s:%zu: the region '%s' is empty", path, begin, region);
  words code = {0};
  for (char *line = shown.text; *line != '\0'; line += strcspn(line, "\n") + 1) {
    size_t size = strcspn(line, "\n");
    if (size > indent && strspn(line, " \t") < size)
      words_add_part(&code, line + indent, size - indent);
    words_add(&code, "\n");
  }
  while (code.size > 1 && code.text[code.size - 2] == '\n')
    code.text[--code.size] = '\0';
  attn_free(shown.text);
  fprintf(w->stream, "::: {.code}\n");
  write_code(w, "~~~~~~ {.c}", code.text, code.size, "~~~~~~");
  fprintf(w->stream, "%s[`%s`, %s]{.caption}%s\n:::\n", w->latex ? "`{\\attncaption `{=latex}" : "",
          path, first == last ? kept("line %zu", first) : kept("lines %zu–%zu", first, last),
          w->latex ? "`\\par}`{=latex}" : "");
  keep(code.text);
}

/* The columns [from, to) of a table and, before them, the first. Simple tables in LaTeX, since a
 * pipe table with a long line gets columns of fixed widths. */
static void write_columns(weaver *w, const char **cell, const bool *right, const size_t *width,
                          size_t rows, size_t columns, size_t from, size_t to) {
  for (size_t r = 0; r <= rows; r++) {
    for (size_t k = from - (from > 0); k < to; k++) {
      size_t c = k < from ? 0 : k;
      const char *text = cell[r * columns + c], *gap = k + 1 < to ? "  " : "\n";
      int pad = (int)(width[c] - text_width(text));
      if (w->latex)
        fprintf(w->stream, "%*s%s%*s%s", right[c] ? pad : 0, "", text, right[c] ? 0 : pad, "", gap);
      else
        fprintf(w->stream, "| %s %s", text, k + 1 < to ? "" : "|\n");
    }
    for (size_t k = from - (from > 0); r == 0 && k < to; k++) {
      size_t c = k < from ? 0 : k;
      for (size_t i = 0; w->latex && i < width[c]; i++)
        fputc('-', w->stream);
      if (w->latex)
        fputs(k + 1 < to ? "  " : "\n", w->stream);
      else
        fprintf(w->stream, "|%s%s", right[c] ? "---:" : ":---", k + 1 < to ? "" : "|\n");
    }
  }
}

/* The type size in points at which columns of so many characters in all fit on the book's page:
 * 455 points wide, a column's gap 8, a character half its size. */
static double fitting_size(size_t columns, size_t characters) {
  return (455.0 - 8 * (double)columns) / (0.52 * (double)characters);
}

/* In the book a wide table gets smaller type, and one that is wider still goes on below. */
static void write_grid(weaver *w, const char **cell, const bool *right, size_t rows,
                       size_t columns) {
  size_t *width = attn_alloc(columns, sizeof *width);
  for (size_t c = 0; c < columns; c++) {
    for (size_t r = 0; r <= rows; r++) {
      size_t size = text_width(cell[r * columns + c]);
      width[c] = size > width[c] ? size : width[c];
    }
    width[c]++; /* a rule longer than the heading tells pandoc the side */
  }
  for (size_t from = 0, to = 0; to < columns; from = to) {
    size_t total = from > 0 ? width[0] : 0;
    do
      total += width[to++];
    while (to < columns &&
           (!w->latex || fitting_size(to + 1 - from + (from > 0), total + width[to]) >= 7));
    double size = fitting_size(to - from + (from > 0), total);
    latex(w, kept("\\begingroup\\setlength{\\tabcolsep}{4pt}%s", size > 10  ? "\\normalsize"
                                                                 : size > 9 ? "\\small"
                                                                 : size > 8 ? "\\footnotesize"
                                                                 : size > 7 ? "\\scriptsize"
                                                                            : "\\tiny"));
    write_columns(w, cell, right, width, rows, columns, from, to);
    latex(w, "\\endgroup");
  }
  attn_free(width);
}

static void weave_table(weaver *w, const arguments *a) {
  if (a->count < 2)
    fail_here(w, "expected {{table STEM/TABLE [COLUMN[:FORMAT[:HEADING]]]...}}");
  source s = open_table(w, a->word[1]);
  size_t rows = s.rows->rows, columns = a->count > 2 ? a->count - 2 : s.rows->columns;
  if (rows == 0)
    fail_here(w, "%s has no rows", s.path);
  const char **cell = attn_alloc((rows + 1) * columns, sizeof *cell);
  bool *right = attn_alloc(columns, sizeof *right);
  for (size_t c = 0; c < columns; c++) {
    char *name = a->count > 2 ? kept("%s", a->word[c + 2]) : s.rows->name[c];
    char *format = a->count > 2 ? strchr(name, ':') : NULL, *heading = NULL;
    if (format != NULL) {
      *format++ = '\0';
      heading = strchr(format, ':');
      if (heading != NULL)
        *heading++ = '\0';
      format = *format != '\0' ? format : NULL;
    }
    size_t column = column_of(w, s.rows, name);
    if (heading != NULL) {
      bool math = false;
      for (char *at = heading; *at != '\0'; at++) { /* "_" is a blank, but not in $math$ */
        math ^= *at == '$';
        *at = *at == '_' && !math ? ' ' : *at;
      }
    }
    cell[c] = heading != NULL ? heading : escaped(name);
    right[c] = true;
    for (size_t r = 0; r < rows; r++) {
      double x;
      const char *text = attn_rows_text(s.rows, r, column);
      bool number = as_number(text, &x);
      right[c] &= number || strcmp(text, "-") == 0;
      cell[(r + 1) * columns + c] = shown_cell(w, s.rows, r, column, number ? format : NULL);
    }
  }
  fprintf(w->stream, "::: {.scroll role=region aria-label=\"Table %s\" tabindex=0}\n", s.name);
  write_grid(w, cell, right, rows, columns);
  fprintf(w->stream, ":::\n");
  if (w->style == WORDS_HTML)
    fprintf(w->stream, "\n::: {.source}\nData: [%s](%s). Made by `make %s`.\n:::\n", s.name, s.link,
            s.chapter->stem);
  attn_free(cell);
  attn_free(right);
}

/* Text inside an attribute of HTML. */
static const char *attribute(const char *text) {
  words out = {0};
  words_add(&out, "");
  for (; *text != '\0'; text++)
    if (*text == '&' || *text == '<' || *text == '"')
      words_add(&out, *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : "&quot;");
    else
      words_add_part(&out, text, 1);
  return keep(out.text);
}

static void weave_figure(weaver *w, const arguments *a) {
  if (a->count != 3)
    fail_here(w, "expected {{figure STEM \"caption\"}}");
  const char *stem = a->word[1], *path = kept("%s/figures/%s.svg", w->companion, stem);
  const chapter *c = chapters_find(w->all, stem);
  if (c == NULL)
    fail_here(w, "there is no chapter '%s'", stem);
  const result *r = result_of(w, c);
  struct stat status;
  if (stat(path, &status) != 0 || status.st_size == 0)
    fail_here(w, "%s %s; make %s draws it", path,
              access(path, F_OK) == 0 ? "is empty" : "does not exist", stem);
  depend(w, path);
  if (w->latex) {
    latex(w, kept("\\begin{attnfigure}{figures/%s.pdf}", stem));
    fprintf(w->stream, "%s\n", woven(w, a->word[2], WORDS_LATEX));
    latex(w, "\\end{attnfigure}");
    return;
  }
  fprintf(w->stream,
          "```{=html}\n<figure id=\"figure-%s\">\n<a class=\"card\" href=\"figures/%s.svg\">"
          "<img src=\"figures/%s.svg\" alt=\"%s\"></a>\n<figcaption>\n```\n\n%s\n\n",
          stem, stem, stem, attribute(plain_text(woven(w, a->word[2], WORDS_PLAIN))),
          woven(w, a->word[2], WORDS_HTML));
  fprintf(w->stream, "::: {.source}\nData:");
  size_t tables = 0;
  for (const char *line = r->provenance; *line != '\0';) {
    size_t size = strcspn(line, "\n");
    if (strncmp(line, "table ", 6) == 0) {
      const char *name = kept("%.*s", (int)strcspn(line + 6, "\t\n"), line + 6);
      fprintf(w->stream, "%s [%s](data/%s/%s.tsv)", tables++ ? "," : "", name, stem, name);
    }
    line += size + (line[size] == '\n');
  }
  fprintf(w->stream, "%s. Drawn by `figures/%s.gp`, made by `make %s`.\n:::\n\n",
          tables ? "" : kept(" [claims](data/%s/claims.tsv)", stem), stem, stem);
  fprintf(w->stream, "```{=html}\n</figcaption>\n</figure>\n```\n");
}

/* "[supported]{.verdict .supported}" */
static const char *badge(const weaver *w, const char *verdict) {
  if (w->latex)
    return kept("**%s**", verdict);
  char *class = kept("%s", verdict);
  for (char *blank; (blank = strchr(class, ' ')) != NULL;)
    *blank = '-';
  return kept("[%s]{.verdict .%s}", verdict, class);
}

static const char *number_shown(const weaver *w, double x) {
  return number_text(NULL, x, w->style);
}

static void weave_claims(weaver *w) {
  const chapter *c = w->c;
  if (c->claims == 0)
    fail_here(w, "{{claims}} in a chapter without claims in its front matter");
  const result *r = result_of(w, c);
  for (size_t k = 0; k < c->claims; k++) {
    const chapter_claim *claim = &c->claim[k];
    const char *verdict = verdict_of(w, r, claim);
    size_t row = result_row(r, claim);
    fprintf(w->stream, "\n:::::: {#claim-%s .claim}\n", claim->id);
    latex(w, "\\begin{attnclaim}");
    fprintf(w->stream, "%s %s%s\n\n",
            w->latex ? kept("**%s**:", claim->id) : kept("[%s]{.id}", claim->id), badge(w, verdict),
            strcmp(verdict, claim->expected) == 0
                ? ""
                : kept(" [but %s was expected]{.unexpected}", claim->expected));
    fprintf(w->stream, "%s\n\n", woven(w, claim->statement, w->style));
    fprintf(w->stream, "In the paper\n:   %s\n\nHypotheses\n:   %s", claim->paper,
            claim->hypotheses);
    if (row != RESULT_NO_ROW) {
      const char *met = result_text(r, row, "in_scope"), *dash = "–";
      double low = result_number(r, row, "low"), high = result_number(r, row, "high");
      double kappa = result_number(r, row, "kappa"), coherence = result_number(r, row, "coherence");
      fprintf(w->stream, " *(%s)*\n\nPredicted\n:   %s\n\n",
              strcmp(met, "yes") == 0 ? "met" : "not met",
              escaped(result_text(r, row, "predicted")));
      fprintf(w->stream, "Measured\n:   %s\n:   ", claim->measure);
      source s = {c, "claims", r->path, kept("data/%s/claims.tsv", c->stem), r->rows};
      write_value(w, &s, row, claim->id, column_of(w, r->rows, "measured"), NULL,
                  result_text(r, row, "source"));
      if (!isnan(low) || !isnan(high))
        fprintf(w->stream, " \\[%s, %s\\]", number_shown(w, low), number_shown(w, high));
      fprintf(w->stream, "\n\nDrawn data\n:   $\\kappa$ %s, coherence %s\n\n",
              isnan(kappa) ? dash : number_shown(w, kappa),
              isnan(coherence) ? dash : number_shown(w, coherence));
    } else
      fprintf(w->stream, "\n\nTo measure\n:   %s\n\n", claim->measure);
    fprintf(w->stream, "Redo it\n:   `make claim C=%s`\n", claim->id);
    latex(w, "\\end{attnclaim}");
    fprintf(w->stream, "::::::\n");
  }
}

/* At most limit characters of Markdown, cut at a blank outside math, code and emphasis. */
static const char *shortened(const char *text, size_t limit) {
  size_t cut = 0, at = 0, width = 0;
  bool math = false, code = false, strong = false;
  for (; text[at] != '\0' && width < limit; at++) {
    width += ((unsigned char)text[at] & 0xC0U) != 0x80U;
    math ^= text[at] == '$' && !code;
    code ^= text[at] == '`' && !math;
    strong ^= text[at] == '*' && !code && !math;
    if (text[at] == ' ' && !math && !code && !strong)
      cut = at;
  }
  if (text[at] == '\0' || cut == 0)
    return text;
  while (cut > 0 && strchr(",;:- ", text[cut - 1]) != NULL)
    cut--;
  return kept("%.*s …", (int)cut, text);
}

/* A table of texts: in LaTeX the long rule makes pandoc share the page by the rule's parts. */
static void write_text_head(weaver *w, const char *const *heading, const size_t *share,
                            size_t columns) {
  fprintf(w->stream, "::: {.scroll .texts role=region aria-label=\"%ss\" tabindex=0}\n",
          heading[0]);
  for (size_t c = 0; c < columns; c++)
    fprintf(w->stream, "| %s ", heading[c]);
  fputs("|\n", w->stream);
  for (size_t c = 0; c < columns; c++) {
    fputs("|:", w->stream);
    for (size_t i = 0; i < share[c]; i++)
      fputc('-', w->stream);
  }
  fputs("|\n", w->stream);
}

/* Markdown that stands in a cell of a pipe table. */
static const char *in_cell(const char *text) {
  words out = {0};
  words_add(&out, "");
  bool math = false, code = false;
  for (; *text != '\0'; text++) {
    math ^= *text == '$' && !code;
    code ^= *text == '`' && !math;
    if (*text == '|' && !math && !code)
      words_add(&out, "\\");
    words_add_part(&out, text, 1);
  }
  return keep(out.text);
}

static const char *page_link(const weaver *w, const chapter *c, const char *claim) {
  if (w->latex)
    return claim ? kept("#claim-%s", claim) : kept("#chapter-%s", c->stem);
  return claim ? kept("%s.html#claim-%s", c->stem, claim) : kept("%s.html", c->stem);
}

static void weave_verdicts(weaver *w) {
  size_t count[CHAPTER_VERDICTS] = {0}, total = 0, unexpected = 0;
  words rows = {0};
  words_add(&rows, "");
  for (size_t i = 0; i < w->all->count; i++) {
    const chapter *c = w->all->at[i];
    if (c->claims == 0)
      continue;
    const result *r = result_of(w, c);
    for (size_t k = 0; k < c->claims; k++) {
      const chapter_claim *claim = &c->claim[k];
      const char *verdict = verdict_of(w, r, claim);
      bool differs = strcmp(verdict, claim->expected) != 0;
      count[verdict_index(verdict)]++;
      total++;
      unexpected += differs;
      words_add(&rows, kept("| [%s](%s) | %s%s | %s |\n", claim->id, page_link(w, c, claim->id),
                            badge(w, verdict), differs ? " [unexpected]{.unexpected}" : "",
                            in_cell(shortened(woven(w, claim->statement, w->style), 110))));
    }
  }
  fprintf(w->stream, "%zu claim%s: %s.%s\n\n", total, total == 1 ? "" : "s", counts_text(count),
          unexpected ? kept(" %zu differ%s from what was expected.", unexpected,
                            unexpected == 1 ? "s" : "")
                     : "");
  if (total > 0) {
    write_text_head(w, (const char *const[]){"Claim", "Verdict", "Statement"},
                    (const size_t[]){28, 18, 62}, 3);
    fprintf(w->stream, "%s:::\n", rows.text);
  }
  attn_free(rows.text);
}

static void weave_experiments(weaver *w) {
  write_text_head(w, (const char *const[]){"Experiment", "What it shows", "Run time", "Verdicts"},
                  (const size_t[]){30, 50, 12, 20}, 4);
  for (size_t i = 0; i < w->all->count; i++) {
    const chapter *c = w->all->at[i];
    if (!chapter_is_experiment(c))
      continue;
    const result *r = result_of(w, c);
    for (size_t k = 0; k < c->claims; k++)
      verdict_of(w, r, &c->claim[k]);
    fprintf(w->stream, "| [%s](%s) | %s | %s | %s |\n", in_cell(c->title), page_link(w, c, NULL),
            in_cell(c->summary), duration_text(result_seconds(r)), result_counts(r));
  }
  fprintf(w->stream, ":::\n");
}

/* A directive alone on its line; false for those of running text. */
static bool weave_block(weaver *w, const char *text) {
  size_t size = strcspn(text, " \t");
  const struct {
    const char *name;
    void (*with)(weaver *, const arguments *);
    void (*without)(weaver *);
  } blocks[] = {{"code", weave_code, NULL},         {"table", weave_table, NULL},
                {"figure", weave_figure, NULL},     {"claims", NULL, weave_claims},
                {"verdicts", NULL, weave_verdicts}, {"experiments", NULL, weave_experiments}};
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    if (strlen(blocks[b].name) != size || strncmp(blocks[b].name, text, size) != 0)
      continue;
    arguments a = split_arguments(w, text);
    if (blocks[b].without != NULL && a.count > 1)
      fail_here(w, "{{%s}} takes nothing after its name", blocks[b].name);
    fputc('\n', w->stream);
    if (blocks[b].with != NULL)
      blocks[b].with(w, &a);
    else
      blocks[b].without(w);
    fputc('\n', w->stream);
    return true;
  }
  return false;
}

/* What a line alone on its own holds between {{ and }}; NULL when it is no such line. */
static char *alone(const char *line, size_t size) {
  char *text = trimmed(kept("%.*s", (int)size, line));
  size_t length = strlen(text);
  if (length < 4 || strncmp(text, "{{", 2) != 0 || strcmp(text + length - 2, "}}") != 0 ||
      strspn(line, " ") > 3)
    return NULL;
  text[length - 2] = '\0';
  return trimmed(text + 2);
}

static void weave_body(weaver *w) {
  const char *at = w->c->body;
  bool claims = false;
  w->line = w->c->body_line;
  while (*at != '\0') {
    size_t size = strcspn(at, "\n"), indent = strspn(at, " ");
    char fence = at[indent];
    size_t run = fence == '`' || fence == '~' ? run_of(at + indent, fence) : 0;
    if (run >= 3 && (fence == '~' || memchr(at + indent + run, '`', size - indent - run) == NULL)) {
      const char *inside = at + size + (at[size] == '\n'), *end = inside;
      for (size_t lines = 2;; lines++) {
        if (*end == '\0')
          fail_here(w, "the code fence that opens here is not closed");
        size_t length = strcspn(end, "\n"), blanks = strspn(end, " ");
        size_t closing = run_of(end + blanks, fence);
        if (closing >= run &&
            end[blanks + closing + strspn(end + blanks + closing, " ")] == end[length]) {
          if (indent == 0)
            write_code(w, kept("%.*s", (int)size, at), inside, (size_t)(end - inside),
                       kept("%.*s", (int)length, end));
          else
            fprintf(w->stream, "%.*s\n", (int)(end + length - at), at);
          at = end + length + (end[length] == '\n');
          w->line += lines;
          break;
        }
        end += length + (end[length] == '\n');
      }
      continue;
    }
    char *directive = alone(at, size);
    if (directive != NULL && weave_block(w, directive)) {
      claims |= strcmp(directive, "claims") == 0;
      at += size + (at[size] == '\n');
      w->line++;
      continue;
    }
    /* the paragraph: up to a blank line, a fence or a block */
    const char *end = at + size + (at[size] == '\n');
    while (size > 0 && *end != '\0' && *end != '\n') {
      size_t length = strcspn(end, "\n"), blanks = strspn(end, " ");
      if (run_of(end + blanks, '`') >= 3 || run_of(end + blanks, '~') >= 3 ||
          alone(end, length) != NULL)
        break;
      end += length + (end[length] == '\n');
    }
    weave_text(w, kept("%.*s", (int)(end - at), at));
    at = end;
  }
  if (!claims && w->c->claims > 0) { /* links lead to them */
    fprintf(w->stream, "\n\n## Claims\n");
    weave_claims(w);
  }
  fputc('\n', w->stream);
}

/* ---- pages and the book ---- */

static const char *yaml(const char *text) {
  words out = {0};
  words_add(&out, "\"");
  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\')
      words_add(&out, "\\");
    words_add_part(&out, text, 1);
  }
  words_add(&out, "\"");
  return keep(out.text);
}

static void write_page(weaver *w) {
  size_t i = 0;
  while (i < w->all->count && strcmp(w->all->at[i]->path, w->page) != 0)
    i++;
  if (i == w->all->count)
    attn_fail("%s: the chapter must be among those after --all", w->page);
  w->c = w->all->at[i];
  fprintf(w->stream, "---\nlang: en\ntitle: %s\nsummary: %s\ndescription: %s\nnav:\n",
          yaml(w->c->title), yaml(w->c->summary), yaml(escaped(plain_text(w->c->summary))));
  for (size_t k = 0; k < w->all->count; k++)
    fprintf(w->stream, "  - href: %s\n    title: %s\n%s",
            yaml(kept("%s.html", w->all->at[k]->stem)), yaml(w->all->at[k]->title),
            k == i ? "    current: true\n" : "");
  for (size_t side = 0; side < 2; side++) {
    if (side == 0 ? i == 0 : i + 1 == w->all->count)
      continue;
    const chapter *c = w->all->at[side == 0 ? i - 1 : i + 1];
    fprintf(w->stream, "%s:\n  href: %s\n  title: %s\n", side == 0 ? "prev" : "next",
            yaml(kept("%s.html", c->stem)), yaml(c->title));
  }
  fprintf(w->stream, "---\n\n");
  weave_body(w);
}

static void write_book(weaver *w) {
  if (w->all->count == 0)
    attn_fail("a book needs chapters after --all");
  fprintf(w->stream, "---\nlang: en\ntitle: %s\n---\n", yaml(w->all->at[0]->title));
  for (size_t i = 0; i < w->all->count; i++) {
    w->c = w->all->at[i];
    fprintf(w->stream, "\n# %s {#chapter-%s}\n\n", i == 0 ? "Overview" : w->c->title, w->c->stem);
    weave_body(w);
  }
}

/* Make's syntax; every file is also a target without a recipe, so that one may vanish. */
static void write_depfile(weaver *w) {
  for (size_t i = 0; i < w->all->count; i++)
    depend(w, w->all->at[i]->path);
  attn_output *output = attn_output_open(w->depfile);
  words escaped_deps = {0};
  for (const char *at = w->deps.text; *at != '\0'; at++) {
    if (*at == ' ' || *at == '#')
      words_add(&escaped_deps, "\\");
    if (*at == '$')
      words_add(&escaped_deps, "$");
    words_add_part(&escaped_deps, at, 1);
  }
  fprintf(output->stream, "%s:", w->target ? w->target : w->out);
  for (const char *at = escaped_deps.text; *at != '\0'; at += strcspn(at, "\n") + 1)
    fprintf(output->stream, " \\\n %.*s", (int)strcspn(at, "\n"), at);
  fputc('\n', output->stream);
  for (const char *at = escaped_deps.text; *at != '\0'; at += strcspn(at, "\n") + 1)
    fprintf(output->stream, "%.*s:\n", (int)strcspn(at, "\n"), at);
  attn_output_commit(output);
  attn_free(escaped_deps.text);
}

int main(int argc, char **argv) {
  attn_set_program_name(argv[0]);
  weaver w = {0};
  const struct {
    const char *name;
    const char **value;
  } options[] = {{"--companion", &w.companion},
                 {"--format", &w.format},
                 {"--out", &w.out},
                 {"--depfile", &w.depfile},
                 {"--target", &w.target}};
  const size_t count = sizeof options / sizeof *options;
  int at = 1;
  for (; at < argc && strcmp(argv[at], "--all") != 0; at++) {
    size_t o = 0;
    while (o < count && strcmp(argv[at], options[o].name) != 0)
      o++;
    if (strcmp(argv[at], "--help") == 0) {
      fputs(help, stdout);
      return EXIT_SUCCESS;
    }
    if (strcmp(argv[at], "--book") == 0)
      w.book = true;
    else if (o < count && at + 1 < argc)
      *options[o].value = argv[++at];
    else if (*argv[at] == '-' || w.page != NULL)
      attn_fail("'%s' was not expected; see 'weave --help'", argv[at]);
    else
      w.page = argv[at];
  }
  bool html = w.format != NULL && strcmp(w.format, "html") == 0;
  w.latex = w.format != NULL && strcmp(w.format, "latex") == 0;
  if (w.companion == NULL || w.out == NULL || at == argc || (!html && !w.latex))
    attn_fail("needs --companion, --out, --format html or latex, and --all; see 'weave --help'");
  if (w.book == (w.page != NULL) || (w.book && html))
    attn_fail("needs one chapter before --all, or --book --format latex; see 'weave --help'");
  w.style = w.latex ? WORDS_LATEX : WORDS_HTML;
  w.all = chapters_read(argv + at + 1, (size_t)(argc - at - 1));
  attn_output *output = attn_output_open(w.out);
  w.stream = output->stream;
  if (w.book)
    write_book(&w);
  else
    write_page(&w);
  if (w.depfile != NULL)
    write_depfile(&w);
  attn_output_commit(output);
  attn_free(w.deps.text);
  return EXIT_SUCCESS;
}
