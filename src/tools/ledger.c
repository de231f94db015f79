/* ledger: all claims and statements with their verdicts: as a table, for reading, one by one. */
#include "prose.h"
#include "result.h"
#include "words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "ledger: the claims and statements of all chapters with their verdicts\n\n"
    "usage: ledger write --companion DIR --out FILE CHAPTERS...\n"
    "       ledger verdicts --companion DIR [--only STEM] CHAPTERS...\n"
    "       ledger show ID --companion DIR CHAPTERS...\n"
    "       ledger list --companion DIR CHAPTERS...\n\n"
    "write     the ledger: a row for every claim, from front matter and results, and for\n"
    "          every statement, from the claims that cover it\n"
    "verdicts  the verdicts for reading; exits 1 when one is missing or not as expected\n"
    "show      one claim: statement, hypotheses, prediction, measurement, how to redo it;\n"
    "          or one statement: how it is read, and what the claims say that cover it\n"
    "list      every experiment: what it shows, how long it took, its verdicts\n\n"
    "DIR holds data/<stem>/claims.tsv as the experiments wrote them.\n";

static const char *short_number(double x) {
  return number_text(isnan(x) ? NULL : "%.4g", x, WORDS_PLAIN);
}

static const char *measured_text(const result *r, size_t row) {
  double low = result_number(r, row, "low"), high = result_number(r, row, "high");
  const char *measured = short_number(result_number(r, row, "measured"));
  if (isnan(low) && isnan(high))
    return measured;
  return kept("%s [%s, %s]", measured, short_number(low), short_number(high));
}

/* A text of a statement with its directives replaced, as Markdown; "" for none. */
static const char *text_of(const char *companion, const chapters *all, const chapter *c,
                           const chapter_statement *s, const char *text) {
  weaver w = {.companion = companion, .all = all, .c = c, .line = s->line};
  return text != NULL ? woven(&w, text, WORDS_PLAIN) : "";
}

/* Counts the verdicts of the claims that cover a statement; returns what is missing of them, or NULL. */
static const char *count_covers(const char *companion, const chapter_statement *s,
                                size_t count[CHAPTER_VERDICTS]) {
  for (size_t k = 0; k < s->covers; k++) {
    const result *r = result_known(companion, s->cover[k].chapter);
    const char *verdict = result_verdict(r, s->cover[k].claim);
    if (verdict == NULL)
      return result_missing(r, s->cover[k].claim);
    count[verdict_index(verdict)]++;
  }
  return NULL;
}

static void write_statement(attn_table *table, const char *companion, const chapters *all,
                            const chapter *c, const chapter_statement *s) {
  size_t count[CHAPTER_VERDICTS] = {0};
  const char *missing = count_covers(companion, s, count), *by = "";
  if (missing != NULL)
    attn_fail("%s", missing);
  for (size_t k = 0; k < s->covers; k++)
    by = kept("%s%s%s", by, k ? " " : "", s->cover[k].claim->id);
  const char *const before[] = {s->id, "statement", c->stem, s->statement, s->place, "", "", ""};
  for (size_t x = 0; x < sizeof before / sizeof *before; x++)
    attn_table_text(table, before[x]);
  attn_table_skip(table, "in_scope");
  attn_table_text(table, "");
  attn_table_text(table, statement_verdict_text(s, count));
  attn_table_text(table, "");
  attn_table_text(table, kept("%s:%zu", c->path, s->line));
  attn_table_text(table, "");
  attn_table_text(table, by);
  attn_table_text(table, text_of(companion, all, c, s, s->reading));
  attn_table_text(table, text_of(companion, all, c, s, s->answer));
}

static void ledger_write(const char *companion, const chapters *all, const char *out) {
  attn_table *table = attn_table_open(
      out,
      "id kind chapter statement paper hypotheses measure predicted measured low high kappa "
      "coherence in_scope verdict expected source covers covered_by reading answer",
      ATTN_DIGITS_SHOWN);
  const char *const numbers[] = {"measured", "low", "high", "kappa", "coherence"};
  for (size_t i = 0; i < all->count; i++) {
    const result r = *result_known(companion, all->at[i]);
    if (result_not_run(&r))
      attn_fail("%s has not been run: make %s", r.chapter->stem, r.chapter->stem);
    for (size_t k = 0; k < r.chapter->claims; k++) {
      const chapter_claim *claim = &r.chapter->claim[k];
      const char *verdict = result_verdict(&r, claim);
      size_t row = result_row(&r, claim);
      bool has = row != RESULT_NO_ROW;
      if (verdict == NULL)
        attn_fail("%s", result_missing(&r, claim));
      attn_table_text(table, claim->id);
      attn_table_text(table, "claim");
      attn_table_text(table, r.chapter->stem);
      attn_table_text(table, claim->statement);
      attn_table_text(table, claim->paper);
      attn_table_text(table, claim->hypotheses);
      attn_table_text(table, claim->measure);
      attn_table_text(table, has ? result_text(&r, row, "predicted") : "");
      for (size_t x = 0; x < sizeof numbers / sizeof *numbers; x++)
        attn_table_number(table, has ? result_number(&r, row, numbers[x]) : NAN);
      attn_table_text(table, has ? result_text(&r, row, "in_scope") : "");
      attn_table_text(table, verdict);
      attn_table_text(table, claim->expected);
      attn_table_text(table, has ? result_text(&r, row, "source") : "");
      attn_table_text(table, claim->covers ? claim->covers : "");
      for (size_t x = 0; x < 3; x++) /* covered_by, reading, answer */
        attn_table_text(table, "");
    }
  }
  for (size_t i = 0; i < all->count; i++)
    for (size_t k = 0; k < all->at[i]->statements; k++)
      write_statement(table, companion, all, all->at[i], &all->at[i]->statement[k]);
  attn_table_close(table);
}

/* text in exactly width characters, or more text when it does not fit. */
static void print_padded(const char *text, size_t width) {
  size_t size = text_width(text);
  printf("%s%*s", text, (int)(size < width ? width - size : 0), "");
}

/* "60 statements: 40 supported, ..., 7 uncovered." */
static void print_statements(const char *companion, const chapters *all) {
  size_t count[STATEMENT_VERDICTS] = {0}, total = 0, missing = 0;
  for (size_t i = 0; i < all->count; i++)
    for (size_t k = 0; k < all->at[i]->statements; k++, total++) {
      size_t claims[CHAPTER_VERDICTS] = {0};
      if (count_covers(companion, &all->at[i]->statement[k], claims) != NULL)
        missing++;
      else
        count[statement_verdict(&all->at[i]->statement[k], claims)]++;
    }
  if (total == 0)
    return;
  print_folded(stdout, "", 0,
               kept("%s%s.", statement_counts_text(count),
                    missing > 0 ? kept(", and %zu whose claims are missing", missing) : ""),
               3);
}

/* only: the chapter whose claims are shown, NULL for all with the statements at the end. */
static int ledger_verdicts(const char *companion, const chapters *all, const chapter *only) {
  size_t count[CHAPTER_VERDICTS] = {0}, missing = 0, unexpected = 0, total = 0, name = 5;
  for (size_t i = 0; i < all->count; i++)
    for (size_t k = 0; k < all->at[i]->claims; k++) {
      if (only != NULL && all->at[i] != only)
        continue;
      size_t size = strlen(all->at[i]->claim[k].id);
      name = size > name ? size : name;
    }
  name = name > 28 ? 28 : name;
  print_padded("claim", name + 4);
  print_padded("measured", 34);
  printf("verdict\n");
  for (size_t i = 0; i < all->count; i++) {
    if (only != NULL && all->at[i] != only)
      continue;
    const result r = *result_known(companion, all->at[i]);
    for (size_t k = 0; k < r.chapter->claims; k++, total++) {
      const chapter_claim *claim = &r.chapter->claim[k];
      const char *verdict = result_verdict(&r, claim);
      size_t row = result_row(&r, claim);
      bool differs = verdict != NULL && strcmp(verdict, claim->expected) != 0;
      printf("%s ", differs || verdict == NULL ? "!" : " ");
      if (strlen(claim->id) > name) { /* a name too long for its column has a line to itself */
        print_folded(stdout, "", 0, kept("%.76s", claim->id), 1);
        print_padded("", name + 4);
      } else
        print_padded(claim->id, name + 2);
      print_padded(row != RESULT_NO_ROW ? measured_text(&r, row) : "-", 34);
      printf("%s\n", verdict ? verdict : "missing");
      if (verdict == NULL)
        print_folded(stdout, "", 4, result_missing(&r, claim), 4);
      else if (differs)
        print_folded(stdout, "", 4,
                     row == RESULT_NO_ROW
                         ? kept("expected %s", claim->expected)
                         : kept("expected %s; row %zu of %s, computed at %s", claim->expected,
                                row + 1, r.path, result_text(&r, row, "source")),
                     4);
      if (verdict == NULL)
        missing++;
      else
        count[verdict_index(verdict)]++;
      unexpected += differs;
    }
  }
  const char *bad = unexpected ? kept("%zu unexpected", unexpected) : "";
  if (missing > 0)
    bad = kept("%s%s%zu missing", bad, *bad ? ", " : "", missing);
  printf("\n");
  print_folded(stdout, "", 0,
               kept("%zu claim%s: %s; %s.", total, total == 1 ? "" : "s",
                    total == missing && total > 0 ? "no verdicts" : counts_text(count),
                    *bad ? bad : "all as expected"),
               3);
  if (only == NULL)
    print_statements(companion, all);
  return *bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void show_statement(const char *companion, const chapters *all, const chapter *c,
                           const chapter_statement *s) {
  enum { INDENT = 13 };
  size_t count[CHAPTER_VERDICTS] = {0};
  const char *missing = count_covers(companion, s, count);
  if (missing != NULL)
    attn_fail("%s", missing);
  print_folded(stdout, "statement", INDENT, kept("%s (chapter %s)", s->id, c->stem), 1);
  print_folded(stdout, "says", INDENT, plain_text(text_of(companion, all, c, s, s->statement)), 4);
  print_folded(stdout, "in", INDENT, plain_text(text_of(companion, all, c, s, s->place)), 2);
  if (s->reading != NULL)
    print_folded(stdout, "read as", INDENT, plain_text(text_of(companion, all, c, s, s->reading)),
                 20);
  if (s->answer != NULL)
    print_folded(stdout, "answer", INDENT, plain_text(text_of(companion, all, c, s, s->answer)),
                 20);
  print_folded(stdout, "verdict", INDENT, statement_verdict_text(s, count), 2);
  for (size_t k = 0; k < s->covers; k++) {
    const result *r = result_known(companion, s->cover[k].chapter);
    const size_t row = result_row(r, s->cover[k].claim);
    print_folded(stdout, k == 0 ? "decided by" : "", INDENT,
                 kept("%s: %s%s", s->cover[k].claim->id,
                      row != RESULT_NO_ROW ? kept("%s, ", measured_text(r, row)) : "",
                      result_verdict(r, s->cover[k].claim)),
                 2);
  }
}

static void ledger_show(const char *companion, const chapters *all, const char *id) {
  const chapter *c;
  const chapter_claim *claim = chapters_find_claim(all, id, &c);
  if (claim == NULL) {
    const chapter_statement *statement = chapters_find_statement(all, id, &c);
    if (statement == NULL)
      attn_fail("no chapter states the claim '%s'; the ids are on the pages and in ledger.tsv", id);
    show_statement(companion, all, c, statement);
    return;
  }
  const result r = *result_known(companion, c);
  const char *verdict = result_verdict(&r, claim);
  size_t row = result_row(&r, claim);
  if (verdict == NULL)
    attn_fail("%s", result_missing(&r, claim));
  const size_t indent = 13;
  bool has = row != RESULT_NO_ROW;
  print_folded(stdout, "claim", indent, kept("%s (chapter %s)", id, c->stem), 1);
  print_folded(stdout, "statement", indent, plain_text(claim->statement), 4);
  print_folded(stdout, "paper", indent, plain_text(claim->paper), 1);
  print_folded(stdout, "hypotheses", indent, plain_text(claim->hypotheses), 2);
  if (has) {
    double kappa = result_number(&r, row, "kappa");
    double coherence = result_number(&r, row, "coherence");
    print_folded(stdout, "", indent,
                 kept("%s: kappa %s, coherence %s",
                      strcmp(result_text(&r, row, "in_scope"), "yes") == 0 ? "met" : "not met",
                      short_number(kappa), short_number(coherence)),
                 1);
    print_folded(stdout, "predicted", indent, result_text(&r, row, "predicted"), 1);
    print_folded(stdout, "measured", indent,
                 kept("%s, %s", measured_text(&r, row), plain_text(claim->measure)), 1);
  } else
    print_folded(stdout, "to measure", indent, plain_text(claim->measure), 2);
  print_folded(stdout, "verdict", indent,
               strcmp(verdict, claim->expected) == 0
                   ? verdict
                   : kept("%s, but %s was expected", verdict, claim->expected),
               1);
  print_folded(stdout, "redo", indent, kept("make claim C=%s", id), 1);
  if (has)
    print_folded(stdout, "computed at", indent,
                 kept("%s; row %zu of %s", result_text(&r, row, "source"), row + 1, r.path), 2);
}

static void ledger_list(const char *companion, const chapters *all) {
  size_t name = 0;
  for (size_t i = 0; i < all->count; i++)
    if (chapter_is_experiment(all->at[i]) && strlen(all->at[i]->stem) > name)
      name = strlen(all->at[i]->stem);
  name = name > 30 ? 30 : name;
  for (size_t i = 0; i < all->count; i++) {
    const chapter *c = all->at[i];
    if (!chapter_is_experiment(c))
      continue;
    result r = result_read(companion, c);
    bool waiting = false;
    for (size_t k = 0; k < c->claims; k++)
      waiting |= result_verdict(&r, &c->claim[k]) == NULL;
    const char *state = result_not_run(&r) ? "not run yet"
                        : waiting
                            ? "incomplete"
                            : kept("%s, %s", duration_text(result_seconds(&r)), result_counts(&r));
    if (strlen(c->stem) > name) {
      print_folded(stdout, "", 0, c->stem, 1);
      print_folded(stdout, "", 4, state, 2);
    } else
      print_folded(stdout, c->stem, name + 2, state, 2);
    print_folded(stdout, "", 4, plain_text(c->summary), 1);
  }
}

int main(int argc, char **argv) {
  attn_set_program_name(argv[0]);
  const char *companion = NULL, *out = NULL, *id = NULL, *stem = NULL,
             *what = argc > 1 ? argv[1] : "";
  for (int i = 1; i < argc; i++)
    if (strcmp(argv[i], "--help") == 0) {
      fputs(help, stdout);
      return EXIT_SUCCESS;
    }
  bool show = strcmp(what, "show") == 0, write = strcmp(what, "write") == 0;
  bool verdicts = strcmp(what, "verdicts") == 0;
  if (!show && !write && !verdicts && strcmp(what, "list") != 0)
    attn_fail("'%s', expected write, verdicts, show or list; see 'ledger --help'", what);
  char **paths = attn_alloc((size_t)argc, sizeof *paths);
  size_t count = 0;
  for (int i = 2; i < argc; i++) {
    const char **value = strcmp(argv[i], "--companion") == 0          ? &companion
                         : strcmp(argv[i], "--out") == 0 && write     ? &out
                         : strcmp(argv[i], "--only") == 0 && verdicts ? &stem
                                                                      : NULL;
    if (value != NULL && i + 1 < argc)
      *value = argv[++i];
    else if (*argv[i] == '-')
      attn_fail("'%s' was not expected; see 'ledger --help'", argv[i]);
    else if (show && id == NULL)
      id = argv[i];
    else
      paths[count++] = argv[i];
  }
  if (companion == NULL || count == 0 || (write && out == NULL) || (show && id == NULL))
    attn_fail("%s needs %s--companion and chapters; see 'ledger --help'", what,
              write  ? "--out, "
              : show ? "an id, "
                     : "");
  const chapters *all = chapters_read(paths, count);
  const chapter *only = stem != NULL ? chapters_find(all, stem) : NULL;
  if (stem != NULL && only == NULL)
    attn_fail("there is no chapter '%s'", stem);
  int status = EXIT_SUCCESS;
  if (write)
    ledger_write(companion, all, out);
  else if (show)
    ledger_show(companion, all, id);
  else if (strcmp(what, "list") == 0)
    ledger_list(companion, all);
  else
    status = ledger_verdicts(companion, all, only);
  attn_free(paths);
  if (fflush(stdout) != 0)
    attn_fail("writing to the terminal failed");
  return status;
}
