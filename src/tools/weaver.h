/* weaver: what all directives share: where in which chapter the weaver is, what it has read, the
 * words of a directive, and the tables, rows and numbers that directives name. */
#ifndef WEAVER_H
#define WEAVER_H

#include "numbers.h"
#include "result.h"
#include "words.h"

typedef struct {
  const char *companion, *format, *out, *depfile, *target, *page;
  bool book, latex, math; /* math: inside a formula */
  words_style style;
  const chapters *all;
  words deps;       /* one file a line */
  FILE *stream;     /* what is written */
  const chapter *c; /* the chapter at hand */
  size_t line;      /* and the line at hand */
  number_list numbers;
  bool *shown; /* [statements of the chapter]: those that a directive has woven */
} weaver;

/* Fails with file and line. */
#define fail_here(w, ...) attn_fail("%s:%zu: %s", (w)->c->path, (w)->line, kept(__VA_ARGS__))

/* The beginning of a text, for a message of one line. */
const char *beginning(const char *text);

/* Notes that the page depends on a file. */
void depend(weaver *w, const char *path);

/* The results of a chapter; fails when it has not been run. */
const result *result_of(weaver *w, const chapter *c);
/* The verdict of a claim; fails when it is missing. */
const char *verdict_of(weaver *w, const result *r, const chapter_claim *claim);

/* The words of a directive: split at blanks; "in double quotes" is one word, in which \" is a
 * quote. */
enum { ARGUMENTS_MAX = 64 };
typedef struct {
  size_t count;
  char *word[ARGUMENTS_MAX];
} arguments;
arguments split_arguments(weaver *w, const char *text);

/* The table that STEM/TABLE names. */
typedef struct {
  const chapter *chapter; /* of the experiment */
  const char *name, *path, *link;
  const attn_rows *rows;
} source;
source open_table(weaver *w, const char *text);
size_t column_of(weaver *w, const attn_rows *rows, const char *name);

/* The cell as it is shown: Markdown. */
const char *shown_cell(weaver *w, const attn_rows *rows, size_t row, size_t column,
                       const char *format);

/* A block that only the book has. */
void write_latex(weaver *w, const char *text);

/* text, or the origin itself when it is NULL, as a link to the line of an experiment's program,
 * "src/claims/exp.c:5", on the page that shows it; no link in the book and to other files. */
const char *code_link(const weaver *w, const char *origin, const char *text);

/* A number of the text: a link to its entry in the chapter's list of numbers (numbers.h). */
void write_value(weaver *w, const source *s, size_t row, const char *row_text, size_t column,
                 const char *format, const char *origin);

/* {{value STEM/TABLE KEY=VALUE... COLUMN FORMAT}} and {{claim ID COLUMN FORMAT}} */
void weave_value(weaver *w, const arguments *a);
void weave_claim(weaver *w, const arguments *a);

/* {{setting STEM KEY FORMAT}}: in HTML a link to what was in force, in a formula the bare number; and
 * {{typed "TEXT"}}: a number that is neither measured nor a setting. */
void weave_setting(weaver *w, const arguments *a);
void weave_typed(weaver *w, const arguments *a);

#endif
