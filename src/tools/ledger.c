/* ledger: all claims with their verdicts: as a table, for reading, one by one. */
#include "result.h"
#include "words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "ledger: the claims of all chapters with their verdicts\n\n"
    "usage: ledger write --companion DIR --out FILE CHAPTERS...\n"
    "       ledger verdicts --companion DIR CHAPTERS...\n"
    "       ledger show ID --companion DIR CHAPTERS...\n"
    "       ledger list --companion DIR CHAPTERS...\n"
    "       ledger summary --companion DIR CHAPTERS...\n\n"
    "write     the ledger: a row for every claim, from front matter and results\n"
    "verdicts  the verdicts for reading; exits 1 when one is missing or not as expected\n"
    "show      one claim: statement, hypotheses, prediction, measurement, how to redo it\n"
    "list      every experiment: what it shows, how long it took, its verdicts\n"
    "summary   the same without times, as a Markdown table\n\n"
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

static void ledger_write(const char *companion, const chapters *all, const char *out) {
  attn_table *table = attn_table_open(
      out,
      "claim chapter statement paper hypotheses measure predicted measured low high kappa "
      "coherence in_scope verdict expected source",
      ATTN_DIGITS_SHOWN);
  const char *const numbers[] = {"measured", "low", "high", "kappa", "coherence"};
  for (size_t i = 0; i < all->count; i++) {
    result r = result_read(companion, all->at[i]);
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
    }
  }
  attn_table_close(table);
}

/* text in exactly width characters, or more text when it does not fit. */
static void print_padded(const char *text, size_t width) {
  size_t size = text_width(text);
  printf("%s%*s", text, (int)(size < width ? width - size : 0), "");
}

static int ledger_verdicts(const char *companion, const chapters *all) {
  size_t count[CHAPTER_VERDICTS] = {0}, missing = 0, unexpected = 0, total = 0, name = 5;
  for (size_t i = 0; i < all->count; i++)
    for (size_t k = 0; k < all->at[i]->claims; k++) {
      size_t size = strlen(all->at[i]->claim[k].id);
      name = size > name ? size : name;
    }
  name = name > 28 ? 28 : name;
  print_padded("claim", name + 4);
  print_padded("measured", 34);
  printf("verdict\n");
  for (size_t i = 0; i < all->count; i++) {
    result r = result_read(companion, all->at[i]);
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
  return *bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void ledger_show(const char *companion, const chapters *all, const char *id) {
  const chapter *c;
  const chapter_claim *claim = chapters_find_claim(all, id, &c);
  if (claim == NULL)
    attn_fail("no chapter states the claim '%s'; the ids are on the pages and in ledger.tsv", id);
  result r = result_read(companion, c);
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

/* Plain text as Markdown of any dialect shows it in a cell. */
static const char *cell_text(const char *text) {
  words out = {0};
  words_add(&out, "");
  for (; *text != '\0'; text++) {
    if (strchr("\\`*_|<[]$", *text) != NULL)
      words_add(&out, "\\");
    words_add_part(&out, text, 1);
  }
  return keep(out.text);
}

static void ledger_summary(const char *companion, const chapters *all) {
  size_t count[CHAPTER_VERDICTS] = {0}, claims = 0, experiments = 0;
  printf("| experiment | what it shows | verdicts of its claims |\n|---|---|---|\n");
  for (size_t i = 0; i < all->count; i++) {
    const chapter *c = all->at[i];
    if (!chapter_is_experiment(c))
      continue;
    result r = result_read(companion, c);
    if (r.rows == NULL)
      attn_fail("%s has no accepted results: make accept STEM=%s REASON=\"...\"", c->stem, c->stem);
    for (size_t k = 0; k < c->claims; k++) {
      const char *verdict = result_verdict(&r, &c->claim[k]);
      if (verdict == NULL)
        attn_fail("%s", result_missing(&r, &c->claim[k]));
      count[verdict_index(verdict)]++;
    }
    claims += c->claims;
    experiments++;
    printf("| [%s](%s) | %s | %s |\n", cell_text(plain_text(c->title)), c->path,
           cell_text(plain_text(c->summary)), result_counts(&r));
  }
  printf("\n%zu experiments, %zu claims: %s.\n", experiments, claims, counts_text(count));
}

int main(int argc, char **argv) {
  attn_set_program_name(argv[0]);
  const char *companion = NULL, *out = NULL, *id = NULL, *what = argc > 1 ? argv[1] : "";
  for (int i = 1; i < argc; i++)
    if (strcmp(argv[i], "--help") == 0) {
      fputs(help, stdout);
      return EXIT_SUCCESS;
    }
  bool show = strcmp(what, "show") == 0, write = strcmp(what, "write") == 0;
  if (!show && !write && strcmp(what, "verdicts") != 0 && strcmp(what, "list") != 0 &&
      strcmp(what, "summary") != 0)
    attn_fail("'%s', expected write, verdicts, show, list or summary; see 'ledger --help'", what);
  char **paths = attn_alloc((size_t)argc, sizeof *paths);
  size_t count = 0;
  for (int i = 2; i < argc; i++) {
    const char **value = strcmp(argv[i], "--companion") == 0      ? &companion
                         : strcmp(argv[i], "--out") == 0 && write ? &out
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
  int status = EXIT_SUCCESS;
  if (write)
    ledger_write(companion, all, out);
  else if (show)
    ledger_show(companion, all, id);
  else if (strcmp(what, "list") == 0)
    ledger_list(companion, all);
  else if (strcmp(what, "summary") == 0)
    ledger_summary(companion, all);
  else
    status = ledger_verdicts(companion, all);
  attn_free(paths);
  if (fflush(stdout) != 0)
    attn_fail("writing to the terminal failed");
  return status;
}
