/* weave: turns a chapter, or the book of all, into pandoc Markdown in which every directive is
 * replaced by the code, the numbers, the tables and the verdicts that it names. */
#include "blocks.h"
#include "prose.h"

#include <stdlib.h>
#include <string.h>

static const char help[] =
    "weave: replaces the directives of a chapter by code, numbers, tables and verdicts\n\n"
    "usage: weave --companion DIR --format html --out FILE [--depfile FILE [--target NAME]]\n"
    "             CHAPTER.md --all CHAPTERS...\n"
    "       weave --companion DIR --format latex --out FILE [--depfile FILE [--target NAME]]\n"
    "             --book --all CHAPTERS...\n"
    "       weave --companion DIR --format html --out FILE --source CHAPTER.md --all "
    "CHAPTERS...\n\n"
    "The last shows the program, the configuration and the figure's script of the chapter's\n"
    "experiment, with anchors line-N, conf-N and figure-N.\n\n"
    "Writes pandoc Markdown. DIR holds data/<stem>/ and figures/<stem>.svg; files of code are\n"
    "named from the current folder. The depfile lists every file that was read.\n\n"
    "directives alone on a line:\n"
    "  {{code FILE REGION}}              lines between //@begin REGION and //@end REGION\n"
    "  {{table STEM/TABLE [COLUMN[:FORMAT[:HEADING_TEXT]]]...}}\n"
    "  {{figure STEM \"caption\"}}         figures/STEM.svg\n"
    "  {{claims}}                        the claims of this chapter with their verdicts\n"
    "  {{verdicts}}                      all claims\n"
    "  {{experiments [FROM TO]}}         all experiments, or those of an order in between\n"
    "  {{artifact}}                      verdicts, time and memory of each experiment; machine\n"
    "  {{statements [PART]...}}          the statements of this chapter (PART-...), with the\n"
    "                                    claims that decide them\n"
    "  {{uncovered}}                     what no claim of any chapter decides\n"
    "in a line:\n"
    "  {{counts}}                        how many claims there are, by verdict\n"
    "  {{value STEM/TABLE [KEY=VALUE]... COLUMN [FORMAT]}}\n"
    "  {{claim ID COLUMN [FORMAT]}}\n"
    "in a line or in $math$:\n"
    "  {{setting STEM KEY [FORMAT]}}     from the configuration\n"
    "  {{typed \"TEXT\"}}                 a number that is neither measured nor a setting\n"
    "FORMAT is one printf conversion of kind d e f g with text around it: %.3f, %.1f%%\n";

/* ---- the body of a chapter ---- */

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

/* A paragraph; in the book its numbers are named in the margin, where LaTeX has one: not beside a
 * table. */
static void weave_paragraph(weaver *w, const char *text) {
  check_typed(w, text);
  numbers_forget_mentions(&w->numbers);
  if (!w->latex || text[strspn(text, " ")] == '|') {
    weave_text(w, text);
    return;
  }
  char *shown = woven(w, text, w->style);
  for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
    w->line++;
  const char *mentioned = numbers_mentioned(&w->numbers);
  size_t size = strlen(shown), end = size - (size > 0 && shown[size - 1] == '\n');
  fprintf(w->stream, "%.*s%s%s", (int)end, shown,
          *mentioned ? kept("`\\attnmargin{%s}`{=latex}", mentioned) : "", shown + end);
}

/* Where each number of the chapter comes from. */
static void write_numbers(weaver *w) {
  if (w->numbers.count == 0)
    return;
  fprintf(w->stream, "\n\n%s\n\n",
          w->latex ? "### Where the numbers come from"
                   : "## Where the numbers come from {#numbers}");
  write_latex(w, "\\begingroup\\attnnumbers");
  fprintf(w->stream, "::: {.numbers}\n");
  for (size_t i = 0; i < w->numbers.count; i++) {
    const number_origin *from = &w->numbers.at[i];
    const char *table = kept("%s/%s", from->stem, from->table);
    const char *seed = result_seed(result_of(w, chapters_find(w->all, from->stem)));
    fprintf(w->stream, "%zu. [**%s**]{#%snumber-%zu}: ", i + 1, from->shown,
            w->latex ? kept("%s-", w->c->stem) : "", i + 1);
    fprintf(w->stream, w->latex ? "`%s`" : "[`%s`](data/%s.tsv)", table, table);
    fprintf(w->stream, ", row `%s`, column `%s`%s%s", from->row, from->column,
            *from->source ? "; computed at " : "",
            *from->source ? code_link(w, from->source, NULL) : "");
    if (!w->latex)
      fprintf(w->stream, "; seed [%s](data/%s/provenance.tsv); `make %s`", seed, from->stem,
              from->stem);
    fputc('\n', w->stream);
  }
  fprintf(w->stream, ":::\n");
  write_latex(w, "\\endgroup");
}

static void weave_body(weaver *w) {
  const char *at = w->c->body;
  bool claims = false;
  numbers_clear(&w->numbers);
  w->line = w->c->body_line;
  w->shown = attn_alloc(w->c->statements, sizeof *w->shown);
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
    weave_paragraph(w, kept("%.*s", (int)(end - at), at));
    at = end;
  }
  if (!claims && w->c->claims > 0) { /* links lead to them */
    fprintf(w->stream, "\n\n## Claims\n");
    weave_claims(w);
  }
  for (size_t k = 0; k < w->c->statements; k++)
    if (!w->shown[k])
      attn_fail("%s:%zu: no {{statements ...}} of the chapter shows the statement '%s'", w->c->path,
                w->c->statement[k].line, w->c->statement[k].id);
  attn_free(w->shown);
  write_numbers(w);
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

static void write_navigation(weaver *w, size_t i) {
  for (size_t k = 0; k < w->all->count; k++)
    fprintf(w->stream, "  - href: %s\n    title: %s\n%s",
            yaml(kept("%s.html", w->all->at[k]->stem)), yaml(w->all->at[k]->title),
            k == i ? "    current: true\n" : "");
}

static void write_page(weaver *w, size_t i) {
  fprintf(w->stream, "---\nlang: en\ntitle: %s\nsummary: %s\ndescription: %s\nnav:\n",
          yaml(w->c->title), yaml(w->c->summary), yaml(escaped(plain_text(w->c->summary))));
  write_navigation(w, i);
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

/* The files of an experiment; numbers and links of the other pages lead here. */
static void write_source(weaver *w, size_t i) {
  const struct {
    const char *heading, *folder, *suffix, *anchor, *language;
  } files[] = {{"Program", "src/claims", "c", "line", "c"},
               {"Configuration", "experiments", "conf", "conf", "ini"},
               {"Script of the figure", "figures", "gp", "figure", "bash"}};
  fprintf(w->stream, "---\nlang: en\ntitle: %s\ndescription: %s\nnav:\n",
          yaml(kept("Source of `%s`", w->c->stem)),
          yaml(kept("program, configuration and figure script of %s", w->c->stem)));
  write_navigation(w, i);
  fprintf(w->stream, "---\n\nBelongs to [%s](%s.html). `make %s` runs it.\n", w->c->title,
          w->c->stem, w->c->stem);
  for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
    const char *path = kept("%s/%s.%s", files[f].folder, w->c->stem, files[f].suffix);
    char *text = keep(attn_file_read(path, NULL)), *at = text;
    size_t run = 3; /* a fence that the text does not hold */
    for (; *at != '\0'; at++)
      run = run_of(at, '~') >= run ? run_of(at, '~') + 1 : run;
    depend(w, path);
    const char *fence = "~~~";
    while (strlen(fence) < run)
      fence = kept("%s~", fence);
    fprintf(w->stream, "\n## %s\n\n`%s`\n\n%s {#%s .%s .numberLines .lineAnchors}\n%s%s\n",
            files[f].heading, path, fence, files[f].anchor, files[f].language, text, fence);
  }
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
  bool source_page = false;
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
    else if (strcmp(argv[at], "--source") == 0)
      source_page = true;
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
  else {
    size_t i = 0;
    while (i < w.all->count && strcmp(w.all->at[i]->path, w.page) != 0)
      i++;
    if (i == w.all->count)
      attn_fail("%s: the chapter must be among those after --all", w.page);
    w.c = w.all->at[i];
    if (source_page)
      write_source(&w, i);
    else
      write_page(&w, i);
  }
  if (w.depfile != NULL)
    write_depfile(&w);
  attn_output_commit(output);
  attn_free(w.deps.text);
  return EXIT_SUCCESS;
}
