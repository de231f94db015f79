#include "blocks.h"

#include "prose.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
  write_latex(w, kept("\\begingroup\\def\\attncode{%s}", code_size(widest(text, size))));
  fprintf(w->stream, "%s\n%.*s%s%s\n", opening, (int)size, text,
          size > 0 && text[size - 1] != '\n' ? "\n" : "", closing);
  write_latex(w, "\\endgroup");
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
  fprintf(w->stream, "%s[%s, %s]{.caption}%s\n:::\n", w->latex ? "`{\\attncaption `{=latex}" : "",
          code_link(w, kept("%s:%zu", path, first), path),
          first == last ? kept("line %zu", first) : kept("lines %zu–%zu", first, last),
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
    write_latex(w, kept("\\begingroup\\setlength{\\tabcolsep}{4pt}%s", size > 10  ? "\\normalsize"
                                                                       : size > 9 ? "\\small"
                                                                       : size > 8 ? "\\footnotesize"
                                                                       : size > 7 ? "\\scriptsize"
                                                                                  : "\\tiny"));
    write_columns(w, cell, right, width, rows, columns, from, to);
    write_latex(w, "\\endgroup");
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
  if (w->style == WORDS_HTML) {
    const result *r = result_of(w, s.chapter);
    const char *origin = result_origin(r, kept("table %s", s.name)), *seed = result_seed(r);
    fprintf(w->stream,
            "\n::: {.source}\nData: [%s](%s)%s%s, [seed %s](data/%s/provenance.tsv). Made by `make "
            "%s`.\n"
            ":::\n",
            s.name, s.link, origin ? ", written at " : "", origin ? code_link(w, origin, NULL) : "",
            seed, s.chapter->stem, s.chapter->stem);
  }
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

/* Links to the tables that an experiment published: " [a](...), [b](...)". */
static const char *tables_of(const result *r) {
  const char *links = "", *table;
  for (const char *at = r->provenance; (at = result_next_table(at, &table)) != NULL;)
    links =
        kept("%s%s [%s](data/%s/%s.tsv)", links, *links ? "," : "", table, r->chapter->stem, table);
  return *links ? links : kept(" [claims](data/%s/claims.tsv)", r->chapter->stem);
}

/* Likewise to the tables of any experiments that a figure's script names, '/<stem>/<table>.tsv'. */
static const char *tables_read(weaver *w, const char *script) {
  const char *links = "";
  depend(w, script);
  for (const char *at = keep(attn_file_read(script, NULL)); (at = strstr(at, "'/")) != NULL;) {
    at += 2;
    const size_t size = strcspn(at, "'\n");
    const char *name = kept("%.*s", (int)size, at);
    if (size < 5 || strcmp(name + size - 4, ".tsv") != 0)
      continue;
    const source s = open_table(w, kept("%.*s", (int)size - 4, name));
    links = kept("%s%s [%s/%s](%s)", links, *links ? "," : "", s.chapter->stem, s.name, s.link);
  }
  return links;
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
    write_latex(w, kept("\\begin{attnfigure}{figures/%s.pdf}", stem));
    fprintf(w->stream, "%s\n", woven(w, a->word[2], WORDS_LATEX));
    write_latex(w, "\\end{attnfigure}");
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
          "::: {.source}\nPoint at a mark, or tap it, for its values; [the figure "
          "alone](figures/%s.svg). "
          "Data:%s. Drawn by `figures/%s.gp`, made by `make %s`.\n:::\n\n",
          stem,
          chapter_is_experiment(c) ? tables_of(r) : tables_read(w, kept("figures/%s.gp", stem)),
          stem, chapter_is_experiment(c) ? stem : "all");
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

static const char *page_link(const weaver *w, const chapter *c, const char *claim) {
  if (w->latex)
    return claim ? kept("#claim-%s", claim) : kept("#chapter-%s", c->stem);
  return claim ? kept("%s.html#claim-%s", c->stem, claim) : kept("%s.html", c->stem);
}

static const char *statement_link(const weaver *w, const chapter *c, const char *id) {
  return kept("%s#statement-%s", w->latex ? "" : kept("%s.html", c->stem), id);
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
    write_latex(w, "\\begin{attnclaim}");
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
      fputs(number_shown(w, result_number(r, row, "measured")), w->stream);
      if (!isnan(low) || !isnan(high))
        fprintf(w->stream, " \\[%s, %s\\]", number_shown(w, low), number_shown(w, high));
      fprintf(w->stream, "\n\nDrawn data\n:   $\\kappa$ %s, coherence %s\n\n",
              isnan(kappa) ? dash : number_shown(w, kappa),
              isnan(coherence) ? dash : number_shown(w, coherence));
    } else
      fprintf(w->stream, "\n\nTo measure\n:   %s\n\n", claim->measure);
    if (row != RESULT_NO_ROW) {
      const char *seed = result_seed(r);
      fprintf(w->stream, "Computed\n:   at %s; %s, seed %s\n\n",
              code_link(w, result_text(r, row, "source"), NULL),
              w->latex ? kept("row %zu of `%s/claims`", row + 1, c->stem)
                       : kept("[row %zu](data/%s/claims.tsv)", row + 1, c->stem),
              seed);
    }
    size_t size;
    for (const char *at = claim->covers; (at = chapter_next_id(at, &size)) != NULL; at += size) {
      const chapter *owner;
      const char *id = kept("%.*s", (int)size, at);
      chapters_find_statement(w->all, id, &owner);
      fprintf(w->stream, "%s[%s](%s)", at == claim->covers ? "Decides\n:   " : ", ", id,
              statement_link(w, owner, id));
    }
    fprintf(w->stream, "%sRedo it\n:   `make claim C=%s`\n", claim->covers ? "\n\n" : "",
            claim->id);
    write_latex(w, "\\end{attnclaim}");
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

void weave_counts(weaver *w) {
  size_t count[CHAPTER_VERDICTS] = {0}, total = 0, unexpected = 0, experiments = 0;
  for (size_t i = 0; i < w->all->count; i++) {
    const chapter *c = w->all->at[i];
    experiments += chapter_is_experiment(c);
    total += c->claims;
    for (size_t k = 0; k < c->claims; k++) {
      const char *verdict = verdict_of(w, result_of(w, c), &c->claim[k]);
      count[verdict_index(verdict)]++;
      unexpected += strcmp(verdict, c->claim[k].expected) != 0;
    }
  }
  fprintf(w->stream, "%zu claim%s of %zu experiment%s: %s.%s", total, total == 1 ? "" : "s",
          experiments, experiments == 1 ? "" : "s", counts_text(count),
          unexpected ? kept(" %zu differ%s from what was expected.", unexpected,
                            unexpected == 1 ? "s" : "")
                     : "");
}

static void weave_verdicts(weaver *w) {
  weave_counts(w);
  fputs("\n\n", w->stream);
  write_text_head(w, (const char *const[]){"Claim", "Verdict", "Statement"},
                  (const size_t[]){28, 18, 62}, 3);
  for (size_t i = 0; i < w->all->count; i++) {
    const chapter *c = w->all->at[i];
    for (size_t k = 0; k < c->claims; k++) {
      const chapter_claim *claim = &c->claim[k];
      const char *verdict = verdict_of(w, result_of(w, c), claim);
      fprintf(w->stream, "| [%s](%s) | %s%s | %s |\n", claim->id, page_link(w, c, claim->id),
              badge(w, verdict),
              strcmp(verdict, claim->expected) != 0 ? " [unexpected]{.unexpected}" : "",
              in_cell(shortened(woven(w, claim->statement, w->style), 110)));
    }
  }
  fprintf(w->stream, ":::\n");
}

/* {{experiments [FROM TO]}}: those whose order lies between two numbers. */
static void weave_experiments(weaver *w, const arguments *a) {
  double from = -INFINITY, to = INFINITY;
  if (a->count != 1 &&
      (a->count != 3 || !as_number(a->word[1], &from) || !as_number(a->word[2], &to)))
    fail_here(w, "expected {{experiments}} or {{experiments FROM TO}} with two numbers");
  write_text_head(w, (const char *const[]){"Experiment", "What it shows", "Run time", "Verdicts"},
                  (const size_t[]){30, 50, 12, 20}, 4);
  for (size_t i = 0; i < w->all->count; i++) {
    const chapter *c = w->all->at[i];
    if (!chapter_is_experiment(c) || !(c->order >= from && c->order <= to))
      continue;
    const result *r = result_of(w, c);
    for (size_t k = 0; k < c->claims; k++)
      verdict_of(w, r, &c->claim[k]);
    fprintf(w->stream, "| [%s](%s) | %s | %s | %s |\n", in_cell(c->title), page_link(w, c, NULL),
            in_cell(c->summary), duration_text(result_seconds(r)), result_counts(r));
  }
  fprintf(w->stream, ":::\n");
}

/* What a committee that evaluates artifacts asks: per experiment its verdicts, seconds of the
 * processor and largest process; in all; and on what. */
static void weave_artifact(weaver *w) {
  size_t total[CHAPTER_VERDICTS] = {0};
  double seconds = 0, memory = 0;
  const result *last = NULL;
  fputs(":::: {.compact}\n", w->stream);
  write_text_head(w,
                  (const char *const[]){"Experiment", "Supported", "Not supported", "Out of scope",
                                        "Open", "Time", "MiB"},
                  (const size_t[]){38, 12, 12, 12, 8, 14, 12}, 7);
  for (size_t i = 0; i < w->all->count; i++) {
    const chapter *c = w->all->at[i];
    if (!chapter_is_experiment(c))
      continue;
    size_t count[CHAPTER_VERDICTS] = {0};
    last = result_of(w, c);
    for (size_t k = 0; k < c->claims; k++)
      count[verdict_index(verdict_of(w, last, &c->claim[k]))]++;
    fprintf(w->stream, "| [`%s`](%s) |", c->stem, page_link(w, c, NULL));
    for (size_t v = 0; v < CHAPTER_VERDICTS; total[v] += count[v], v++)
      fprintf(w->stream, " %zu |", count[v]);
    fprintf(w->stream, " %s | %.0f |\n", duration_text(result_seconds(last)), result_memory(last));
    seconds += result_seconds(last);
    memory = fmax(memory, result_memory(last));
  }
  fputs("| **in all** |", w->stream);
  for (size_t v = 0; v < CHAPTER_VERDICTS; v++)
    fprintf(w->stream, " **%zu** |", total[v]);
  fprintf(w->stream, " **%s** | **%.0f** |\n:::\n::::\n", duration_text(seconds), memory);
  if (last == NULL)
    return;
  const char *const keys[][2] = {{"machine", ""},
                                 {"blas", ""},
                                 {"gsl", "GSL "},
                                 {"libc", "glibc "},
                                 {"compiler", "compiler "}};
  fputs("\nMade on:", w->stream);
  for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
    const char *value = result_origin(last, keys[k][0]);
    fprintf(w->stream, "%s %s%s", k ? ";" : "", keys[k][1], value ? escaped(value) : "unknown");
  }
  fputs(".\n", w->stream);
}

/* A text of a statement, woven where it stands. */
static const char *woven_at(weaver *w, const chapter *c, const chapter_statement *s,
                            const char *text) {
  const chapter *before = w->c;
  const size_t line = w->line;
  w->c = c;
  w->line = s->line;
  check_typed(w, text);
  const char *shown = woven(w, text, w->style);
  w->c = before;
  w->line = line;
  return shown;
}

/* One of several parts of a cell, each on a line of its own. */
static void write_part(weaver *w, const char *text, const char *class, bool first) {
  if (w->latex)
    fprintf(w->stream, "%s%s", first ? "" : " `\\newline{}`{=latex}", text);
  else
    fprintf(w->stream, "[%s]{.%s}", text, class);
}

/* "[id](link) 0.98 \\[0.97, 0.99\\]", and the verdict where claims do not agree. */
static const char *cover_shown(weaver *w, const chapter_cover *cover, bool agreed) {
  const result *r = result_of(w, cover->chapter);
  const size_t row = result_row(r, cover->claim);
  const char *id = cover->claim->id, *verdict = verdict_of(w, r, cover->claim), *value = "";
  if (row != RESULT_NO_ROW) {
    const char *number = number_text("%.3g", result_number(r, row, "measured"), w->style);
    const double low = result_number(r, row, "low"), high = result_number(r, row, "high");
    value = isnan(low) && isnan(high)
                ? kept(" %s", number)
                : kept(" %s \\[%s,\\ %s\\]", number, number_text("%.3g", low, w->style),
                       number_text("%.3g", high, w->style));
  }
  return kept("[%s](%s)%s%s", id, page_link(w, cover->chapter, id), value,
              agreed ? "" : kept(" *%s*", verdict));
}

static void count_covers(weaver *w, const chapter_statement *s, size_t count[CHAPTER_VERDICTS]) {
  for (size_t k = 0; k < s->covers; k++) {
    const chapter_cover *cover = &s->cover[k];
    count[verdict_index(verdict_of(w, result_of(w, cover->chapter), cover->claim))]++;
  }
}

static void write_statement(weaver *w, const chapter_statement *s, bool place) {
  size_t count[CHAPTER_VERDICTS] = {0}, kinds = 0;
  count_covers(w, s, count);
  for (size_t v = 0; v < CHAPTER_VERDICTS; v++)
    kinds += count[v] > 0;
  const size_t verdict = statement_verdict(s, count);
  const char *text = in_cell(woven_at(w, w->c, s, s->statement));
  fputs("| ", w->stream);
  write_part(w,
             w->latex ? kept("[**%s**]{#statement-%s}: %s", s->id, s->id, text)
                      : kept("[%s]{#statement-%s .id} %s", s->id, s->id, text),
             "text", true);
  if (s->answer != NULL)
    write_part(w, in_cell(woven_at(w, w->c, s, s->answer)), "answer", false);
  if (s->reading != NULL)
    write_part(w, kept("*As read here:* %s", in_cell(woven_at(w, w->c, s, s->reading))), "reading",
               false);
  if (place)
    write_part(w, kept("*In:* %s", in_cell(woven_at(w, w->c, s, s->place))), "place", false);
  fputs(" | ", w->stream);
  write_part(w, badge(w, statement_verdicts[verdict]), "by", true);
  if (verdict == STATEMENT_MIXED || verdict == STATEMENT_ANSWERED)
    write_part(w, counts_text(count), "by", false);
  if (s->reading != NULL && verdict != STATEMENT_UNCOVERED)
    write_part(w, "*as read here*", "by", false);
  fputs(" | ", w->stream);
  for (size_t k = 0; k < s->covers; k++)
    write_part(w, cover_shown(w, &s->cover[k], kinds == 1), "by", k == 0);
  fputs(s->covers > 0 ? " |\n" : "– |\n", w->stream);
}

/* Whether the id begins with one of the words of {{statements PART...}} and '-'. */
static bool in_parts(const arguments *a, const char *id) {
  bool matches = a->count == 1;
  for (size_t k = 1; k < a->count && !matches; k++) {
    const size_t size = strlen(a->word[k]);
    matches = strncmp(id, a->word[k], size) == 0 && id[size] == '-';
  }
  return matches;
}

/* The statements of this chapter, or those of some parts. */
static void weave_statements(weaver *w, const arguments *a) {
  bool questions = true, places = false; /* a place that all share is left to the heading */
  size_t matches = 0;
  const char *place = NULL;
  for (size_t k = 0; k < w->c->statements; k++) {
    const chapter_statement *s = &w->c->statement[k];
    if (!in_parts(a, s->id))
      continue;
    if (w->shown[k])
      fail_here(w, "the statement '%s' is shown a second time", s->id);
    w->shown[k] = true;
    questions &= s->statement[strlen(s->statement) - 1] == '?';
    place = matches++ == 0 ? s->place : place;
    places |= strcmp(place, s->place) != 0;
  }
  if (matches == 0)
    fail_here(w, "the chapter has no such statement");
  write_latex(w, "\\gdef\\attnroom{14\\baselineskip}"
                 "\\begingroup\\small\\setlength{\\extrarowheight}{3pt}");
  fprintf(w->stream, ":::: {.statements}\n");
  write_text_head(
      w, (const char *const[]){questions ? "Question" : "Statement", "Verdict", "Decided by"},
      (const size_t[]){58, 18, 34}, 3);
  for (size_t k = 0; k < w->c->statements; k++)
    if (in_parts(a, w->c->statement[k].id))
      write_statement(w, &w->c->statement[k], places);
  fprintf(w->stream, ":::\n::::\n");
  write_latex(w, "\\endgroup");
}

/* How many statements of all chapters have which verdict, and which have none. */
static void weave_uncovered(weaver *w) {
  size_t count[STATEMENT_VERDICTS] = {0};
  words list = {0};
  words_add(&list, "");
  for (size_t i = 0; i < w->all->count; i++)
    for (size_t k = 0; k < w->all->at[i]->statements; k++) {
      const chapter *c = w->all->at[i];
      const chapter_statement *s = &c->statement[k];
      size_t claims[CHAPTER_VERDICTS] = {0};
      count_covers(w, s, claims);
      const size_t verdict = statement_verdict(s, claims);
      count[verdict]++;
      if (verdict == STATEMENT_UNCOVERED)
        words_add(&list, kept("- [%s](%s): %s\n", s->id, statement_link(w, c, s->id),
                              woven_at(w, c, s, s->statement)));
    }
  fprintf(w->stream, "%s.\n\n%s", statement_counts_text(count), list.text);
  attn_free(list.text);
}

static const struct {
  const char *name;
  void (*with)(weaver *, const arguments *);
  void (*without)(weaver *);
} blocks[] = {{"code", weave_code, NULL},          {"table", weave_table, NULL},
              {"figure", weave_figure, NULL},      {"claims", NULL, weave_claims},
              {"verdicts", NULL, weave_verdicts},  {"experiments", weave_experiments, NULL},
              {"artifact", NULL, weave_artifact},  {"statements", weave_statements, NULL},
              {"uncovered", NULL, weave_uncovered}};
enum { BLOCKS = sizeof blocks / sizeof *blocks };

/* Which of them has the name at the start of text; BLOCKS for none. */
static size_t block_of(const char *text) {
  const size_t size = strcspn(text, " \t");
  size_t b = 0;
  while (b < BLOCKS && (strlen(blocks[b].name) != size || strncmp(blocks[b].name, text, size) != 0))
    b++;
  return b;
}

bool is_block(const char *name) {
  return block_of(name) < BLOCKS;
}

bool weave_block(weaver *w, const char *text) {
  const size_t b = block_of(text);
  if (b == BLOCKS)
    return false;
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
