#include "blocks.h"

#include "prose.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

void write_code(weaver *w, const char *opening, const char *text, size_t size,
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

/* Markdown that stands in a cell of a pipe table. */
static const char *in_cell(const char *text) {
  words out = {0};
  words_add(&out, "");
  bool math = false, code = false;
  for (; *text != '\0'; text++) {
    if (*text == '\\' && text[1] != '\0' && !code)
      words_add_part(&out, text++, 1);
    else {
      math ^= *text == '$' && !code;
      code ^= *text == '`' && !math;
      if (*text == '|' && !math && !code)
        words_add(&out, "\\");
    }
    words_add_part(&out, text, 1);
  }
  return keep(out.text);
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
    cell[c] = heading != NULL ? in_cell(heading) : escaped(name);
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

/* What keeps a figure's place on the page until it is read: " style=...", or nothing. */
static const char *shape_of(const char *path) {
  char *text = keep(attn_file_read(path, NULL));
  const char *box = strstr(text, "viewBox=\"0 0 ");
  double width, height;
  if (box == NULL || sscanf(box, "viewBox=\"0 0 %lf %lf\"", &width, &height) != 2)
    return "";
  return kept(" style=\"aspect-ratio: %g / %g\"", width, height);
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
  check_typed(w, a->word[2]);
  if (w->latex) {
    latex(w, kept("\\begin{attnfigure}{figures/%s.pdf}", stem));
    fprintf(w->stream, "%s\n", woven(w, a->word[2], WORDS_LATEX));
    latex(w, "\\end{attnfigure}");
    return;
  }
  /* An object and no image, since an image's points do not answer the pointer. */
  const char *label = attribute(plain_text(woven(w, a->word[2], WORDS_PLAIN)));
  fprintf(w->stream,
          "```{=html}\n<figure id=\"figure-%s\">\n<div class=\"card scroll\" role=\"region\" "
          "aria-label=\"Figure %s\" tabindex=\"0\">"
          "<object type=\"image/svg+xml\" data=\"figures/%s.svg\" role=\"img\" aria-label=\"%s\" "
          "tabindex=\"-1\"%s></object></div>\n<figcaption>\n```\n\n%s\n\n",
          stem, stem, stem, label, shape_of(path), woven(w, a->word[2], WORDS_HTML));
  fprintf(w->stream,
          "::: {.source}\nPoint at a mark, or tap it, for its values; "
          "[the figure alone](figures/%s.svg). Data:",
          stem);
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

void weave_claims(weaver *w) {
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
bool weave_block(weaver *w, const char *text) {
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
