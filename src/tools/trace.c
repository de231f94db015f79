/* trace: where a number of the companion comes from, for the terminal. */
#include "named.h"
#include "result.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "trace: where a number of the companion comes from\n\n"
    "usage: trace NAME --companion DIR CHAPTERS...\n\n"
    "NAME is one argument, written as in a chapter, in braces or not:\n"
    "  'STEM/TABLE KEY=VALUE... COLUMN'   a cell, in the one row where the keys have\n"
    "                                     these values\n"
    "  'ID [COLUMN]'                      a claim's; the measured value unless given\n"
    "  'setting STEM KEY'                 a parameter\n"
    "A name that is incomplete is answered by what it may go on with.\n";

enum { WORDS_MAX = 64, INDENT = 13 };

typedef struct {
  char *word[WORDS_MAX];
  size_t count;
} name;

/* The words of a name, without braces, the directive's own word, quotes and formats. */
static name read_name(const char *text) {
  name n = {0};
  char *rest = kept("%s", text);
  for (char *brace; (brace = strpbrk(rest, "{}\"\n")) != NULL;)
    *brace = ' ';
  for (char *word; (word = strtok_r(rest, " \t", &rest)) != NULL;) {
    const bool own = n.count == 0 && (strcmp(word, "value") == 0 || strcmp(word, "claim") == 0);
    if (own || strchr(word, '%') != NULL)
      continue;
    if (n.count == WORDS_MAX)
      attn_fail("a name has at most %d words", WORDS_MAX);
    n.word[n.count++] = word;
  }
  if (n.count == 0)
    attn_fail("the name is empty; see 'trace --help'");
  return n;
}

static result result_with_tables(const char *companion, const chapters *all, const char *stem) {
  const chapter *c = chapters_find(all, stem), *owner;
  const char *stems = "", *ids = "";
  if (c != NULL && chapter_is_experiment(c)) {
    result r = result_read(companion, c);
    if (*r.provenance == '\0')
      attn_fail("%s has not been run: make %s", stem, stem);
    return r;
  }
  for (size_t i = 0; i < all->count; i++) {
    if (chapter_is_experiment(all->at[i]))
      stems = kept("%s%s%s", stems, *stems ? ", " : "", all->at[i]->stem);
    for (size_t k = 0; k < all->at[i]->claims; k++)
      if (strncmp(all->at[i]->claim[k].id, stem, strlen(stem)) == 0)
        ids = kept("%s%s%s", ids, *ids ? ", " : "", all->at[i]->claim[k].id);
  }
  if (chapters_find_statement(all, stem, &owner) != NULL)
    attn_fail(
        "no number belongs to the statement '%s'; 'make claim C=%s' shows the claims that decide "
        "it",
        stem, stem);
  if (*ids != '\0')
    attn_fail("no claim is called '%s'; the ids that begin so are %s", stem, ids);
  attn_fail("'%s' is neither an experiment nor a claim; the experiments are %s", stem, stems);
}

/* What every number of an experiment shares. */
static void print_origin(const result *r, const char *redo, const char *computed) {
  const char *stem = r->chapter->stem, *seed = result_seed(r);
  static const char *const made[][2] = {
      {"blas", ""}, {"gsl", "GSL "}, {"libc", "libc "}, {"compiler", "compiler "}};
  const char *with = "", *value;
  for (size_t k = 0; k < sizeof made / sizeof *made; k++)
    if ((value = result_origin(r, made[k][0])) != NULL)
      with = kept("%s%s%s%s", with, *with ? "; " : "", made[k][1], value);
  print_folded(stdout, "redo", INDENT, redo, 2);
  if (computed != NULL)
    print_folded(stdout, "computed at", INDENT, computed, 2);
  print_folded(stdout, "seed", INDENT, seed, 1);
  const char *settings = "", *key, *at = r->provenance;
  while ((at = result_next_setting(at, &key, &value)) != NULL)
    if (strcmp(key, "seed") != 0)
      settings = kept("%s%s%s = %s", settings, *settings ? "; " : "", key, value);
  print_folded(stdout, "settings", INDENT, settings, 20);
  print_folded(stdout, "", INDENT, kept("(experiments/%s.conf)", stem), 1);
  print_folded(stdout, "made with", INDENT, with, 4);
}

static void print_cell(const attn_rows *rows, size_t row, size_t column) {
  print_folded(stdout, "value", INDENT, attn_rows_text(rows, row, column), 2);
  print_folded(stdout, "table", INDENT, rows->path, 2);
  print_folded(stdout, "row", INDENT, kept("%zu (%s)", row + 1, named_key(rows, row)), 3);
  print_folded(stdout, "column", INDENT, rows->name[column], 1);
}

static void trace_claim(const char *companion, const chapters *all, const name *n) {
  const chapter *owner;
  const chapter_claim *claim = chapters_find_claim(all, n->word[0], &owner);
  const result r = result_read(companion, owner);
  const size_t row = result_row(&r, claim);
  if (n->count > 2)
    attn_fail("'%s' was not expected after a claim and its column", n->word[2]);
  if (row == RESULT_NO_ROW)
    attn_fail("%s", result_verdict(&r, claim) == NULL
                        ? result_missing(&r, claim)
                        : kept("the claim '%s' is open: no number belongs to it", claim->id));
  size_t column = 0;
  const char *wrong = named_column(&column, r.rows, n->count > 1 ? n->word[1] : "measured");
  if (wrong != NULL)
    attn_fail("%s", wrong);
  print_cell(r.rows, row, column);
  print_origin(&r, kept("make claim C=%s", claim->id), result_text(&r, row, "source"));
}

static void trace_setting(const char *companion, const chapters *all, const name *n) {
  if (n->count < 2)
    attn_fail("expected 'setting STEM KEY'");
  const result r = result_with_tables(companion, all, n->word[1]);
  const char *value = n->count > 2 ? result_setting(&r, n->word[2]) : NULL;
  if (n->count != 3 || value == NULL)
    attn_fail("expected 'setting %s KEY' with one of these keys: %s", n->word[1],
              result_settings(&r));
  print_folded(stdout, "value", INDENT, value, 4);
  print_folded(stdout, "setting", INDENT, kept("%s in experiments/%s.conf", n->word[2], n->word[1]),
               2);
  print_origin(&r, kept("make %s SET=\"%s=...\" for another value", n->word[1], n->word[2]), NULL);
}

static void trace_value(const char *companion, const chapters *all, const name *n) {
  const char *slash = strchr(n->word[0], '/'), *table = slash != NULL ? slash + 1 : "";
  const char *stem = kept("%.*s", (int)strcspn(n->word[0], "/"), n->word[0]);
  const result r = result_with_tables(companion, all, stem);
  const char *path = kept("%s/data/%s/%s.tsv", companion, stem, table);
  if (strcmp(table, "provenance") == 0 || *table == '\0' || access(path, R_OK) != 0)
    attn_fail("expected '%s/TABLE ...' with one of these tables: %s", stem, result_tables(&r));
  attn_rows *rows = attn_rows_read(path);
  char *condition[WORDS_MAX], *column_name = NULL;
  size_t conditions = 0;
  for (size_t i = 1; i < n->count; i++)
    if (strchr(n->word[i], '=') != NULL)
      condition[conditions++] = n->word[i];
    else if (column_name == NULL)
      column_name = n->word[i];
    else
      attn_fail("two columns, '%s' and '%s'; a row is chosen by KEY=VALUE", column_name,
                n->word[i]);
  size_t column = 0, row = 0;
  const char *wrong = column_name != NULL
                          ? named_column(&column, rows, column_name)
                          : kept("%s: a column is missing; they are %s", path, named_columns(rows));
  if (wrong == NULL)
    wrong = named_row(&row, rows, condition, conditions);
  if (wrong != NULL)
    attn_fail("%s", wrong);
  print_cell(rows, row, column);
  print_origin(&r, kept("make %s", stem),
               strcmp(table, "claims") == 0 ? result_text(&r, row, "source")
                                            : result_origin(&r, kept("table %s", table)));
  attn_rows_free(rows);
}

int main(int argc, char **argv) {
  attn_set_program_name(argv[0]);
  const char *companion = NULL, *text = NULL;
  char **paths = attn_alloc((size_t)argc, sizeof *paths);
  size_t count = 0;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0) {
      fputs(help, stdout);
      return EXIT_SUCCESS;
    }
    if (strcmp(argv[i], "--companion") == 0 && i + 1 < argc)
      companion = argv[++i];
    else if (*argv[i] == '-')
      attn_fail("'%s' was not expected; see 'trace --help'", argv[i]);
    else if (text == NULL)
      text = argv[i];
    else
      paths[count++] = argv[i];
  }
  if (companion == NULL || text == NULL || count == 0)
    attn_fail("needs a name, --companion and chapters; see 'trace --help'");
  const chapters *all = chapters_read(paths, count);
  const name n = read_name(text);
  const chapter *owner;
  if (strcmp(n.word[0], "setting") == 0)
    trace_setting(companion, all, &n);
  else if (chapters_find_claim(all, n.word[0], &owner) != NULL)
    trace_claim(companion, all, &n);
  else
    trace_value(companion, all, &n);
  attn_free(paths);
  if (fflush(stdout) != 0)
    attn_fail("writing to the terminal failed");
  return EXIT_SUCCESS;
}
