/* verify: compares the results with those that were accepted: by bytes, by tolerances, by claims. */
#include "named.h"
#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "verify: compares the results of experiments with the accepted ones\n\n"
    "usage: verify check  --companion DIR --reference DIR [OPTION]... STEMS...\n"
    "       verify diff   --companion DIR --reference DIR [OPTION]... STEMS...\n"
    "       verify accept --companion DIR --reference DIR --reason TEXT STEMS...\n\n"
    "check   exits 1 unless every table is there, owned, and equal to its reference\n"
    "        within tolerance, and every claim has its verdict and its value within\n"
    "        its interval; with --exact bytes that differ are failures too\n"
    "diff    old, new and change of every cell that differs, even within tolerance\n"
    "accept  makes the results the reference, for the reason given\n\n"
    "STEMS are all experiments; --only STEM restricts to one of them. What is in the\n"
    "folder of references says its README.md.\n";

static struct {
  const char *companion, *reference, *only, *reason;
  bool exact;
  size_t experiments, tables, equal, within, claims, agreeing, failures;
  size_t elsewhere;        /* experiments whose environment is not the pinned one */
  const char *environment; /* and how it differs, for the first of them */
  size_t cells;            /* that differ, of diff */
} run;

/* ---- reports ---- */

/* A failure: "! " and the text, folded. */
static void failure(const char *text) {
  run.failures++;
  print_folded(stdout, "!", 2, text, 6);
}

static void note(const char *text) {
  print_folded(stdout, "", 2, text, 6);
}

static const char *count_of(size_t count, const char *noun) {
  return kept("%zu %s%s", count, noun, count == 1 ? "" : "s");
}

static const char *place(const reference *e, const char *table, const attn_rows *rows,
                         const difference *d) {
  return kept("%s/%s.tsv, row %zu (%s), column %s", e->stem, table, d->row + 1,
              named_key(rows, d->row), rows->name[d->column]);
}

/* What a table became; TABLE_EQUAL by bytes. */
typedef enum { TABLE_EQUAL, TABLE_WITHIN, TABLE_WRONG } table_state;

typedef struct {
  attn_rows *then, *now;
  int digits;  /* of the reference, 0 for all */
  bool intact; /* the reference is what was accepted */
  bool same;   /* the result is, byte for byte */
} sides;

/* Both sides of a table; false, with the failure reported, when one is missing. */
static bool open_sides(sides *s, const reference *e, const char *table) {
  const char *now = kept("%s/%s.tsv", e->results, table);
  const char *then = kept("%s/%s.tsv", e->folder, table);
  const char *digits = reference_lookup(e->accepted, table, "digits");
  if (access(now, F_OK) != 0) {
    failure(kept("%s is missing; delete %s/claims.tsv and make %s", now, e->results, e->stem));
    return false;
  }
  if (access(then, F_OK) != 0 || digits == NULL) {
    failure(kept("%s has no reference %s; make accept STEM=%s REASON=\"...\" records one", now,
                 then, e->stem));
    return false;
  }
  double number = 0;
  if (strcmp(digits, "all") != 0 && !(as_number(digits, &number) && number == floor(number) &&
                                      number >= 1 && number <= ATTN_DIGITS_EXACT))
    attn_fail("%s: the digits of '%s' are '%.40s', expected all or a whole number in [1, %d]",
              e->accepted->path, table, digits, ATTN_DIGITS_EXACT);
  *s = (sides){.then = reference_table(then), .now = reference_table(now)};
  s->digits = (int)number;
  s->same = strcmp(reference_fingerprint(reference_text(s->now, 0)),
                   reference_lookup(e->accepted, table, "fingerprint")) == 0;
  s->intact = strcmp(reference_fingerprint(reference_text(s->then, 0)),
                     reference_lookup(e->accepted, table, "kept")) == 0;
  if (!s->intact)
    failure(kept("%s is not what was accepted: it was changed by hand or damaged", then));
  return true;
}

static table_state check_table(const reference *e, const char *table) {
  enum { SHOWN = 5 };
  sides s;
  const size_t failures = run.failures;
  if (!open_sides(&s, e, table))
    return TABLE_WRONG;
  const char *shape = reference_shape_change(s.then, s.now);
  if (*shape != '\0') {
    failure(kept("%s/%s.tsv: %s", e->stem, table, shape));
    return TABLE_WRONG;
  }
  size_t count, beyond = 0;
  const difference *d = reference_differences(e, table, s.then, s.now, s.digits, &count);
  double worst = 0;
  for (size_t i = 0; i < count; i++) {
    if (!d[i].beyond) {
      worst = fmax(worst, fabs(d[i].change) / d[i].allowed);
      continue;
    }
    if (beyond++ >= SHOWN)
      continue;
    failure(kept("%s:", place(e, table, s.then, &d[i])));
    print_folded(stdout, "", 6,
                 kept("old %s, new %s, %s", d[i].then, d[i].now,
                      isnan(d[i].change)
                          ? "which must be equal"
                          : kept("change %.2g, allowed %.2g", d[i].change, d[i].allowed)),
                 3);
  }
  if (beyond > SHOWN) {
    run.failures += beyond - SHOWN;
    print_folded(stdout, "", 6,
                 kept("and %s more in this table: make diff STEM=%s",
                      count_of(beyond - SHOWN, "cell"), e->stem),
                 2);
  }
  if (run.failures > failures)
    return TABLE_WRONG;
  if (s.same)
    return TABLE_EQUAL;
  const char *text =
      count > 0
          ? kept("%s/%s.tsv: %s, within tolerance, the largest change %.1g of the allowed", e->stem,
                 table, kept("%s differ%s", count_of(count, "cell"), count == 1 ? "s" : ""), worst)
          : kept("%s/%s.tsv: cells differ beyond the %d digits of the reference", e->stem, table,
                 s.digits);
  if (run.exact)
    failure(text);
  else
    note(text);
  return run.exact ? TABLE_WRONG : TABLE_WITHIN;
}

/* ---- the statistical claims ---- */

static double number_in(const attn_rows *rows, size_t row, const char *column) {
  return attn_rows_number(rows, row, attn_rows_column(rows, column));
}

static bool inside(double x, double low, double high) {
  return x >= low && x <= high;
}

/* Whether each measured value lies in the other's interval; equal values always agree. */
static bool values_agree(const reference *e, const attn_rows *then, size_t r, const attn_rows *now,
                         size_t row) {
  const double x = number_in(then, r, "measured"), y = number_in(now, row, "measured");
  const tolerance t = reference_tolerance(e, "claims", "measured");
  if (x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= t.absolute + t.relative * fabs(x))
    return true;
  return inside(y, number_in(then, r, "low"), number_in(then, r, "high")) &&
         inside(x, number_in(now, row, "low"), number_in(now, row, "high"));
}

static const char *measured_text(const attn_rows *rows, size_t row) {
  return kept("%.4g [%.4g, %.4g]", number_in(rows, row, "measured"), number_in(rows, row, "low"),
              number_in(rows, row, "high"));
}

static void check_claims(const reference *e) {
  const char *path = kept("%s/claims.tsv", e->folder), *new = kept("%s/claims.tsv", e->results);
  if (access(path, F_OK) != 0 || access(new, F_OK) != 0)
    return; /* that failed before */
  const attn_rows *then = reference_table(path), *now = reference_table(new);
  for (size_t r = 0; r < then->rows; r++) {
    const char *id = attn_rows_text(then, r, attn_rows_column(then, "claim"));
    const size_t verdict = attn_rows_column(then, "verdict");
    size_t row = 0;
    const size_t column = attn_rows_column(now, "claim");
    while (row < now->rows && strcmp(attn_rows_text(now, row, column), id) != 0)
      row++;
    run.claims++;
    if (row == now->rows) {
      failure(kept("the claim %s of %s is gone", id, e->stem));
      continue;
    }
    const char *was = attn_rows_text(then, r, verdict);
    const char *is = attn_rows_text(now, row, attn_rows_column(now, "verdict"));
    if (strcmp(was, is) != 0)
      failure(kept("the verdict of the claim %s of %s: old %s, new %s", id, e->stem, was, is));
    else if (!values_agree(e, then, r, now, row))
      failure(kept("the claim %s of %s: old %s, new %s, not within each other's interval", id,
                   e->stem, measured_text(then, r), measured_text(now, row)));
    else
      run.agreeing++;
  }
}

/* ---- check ---- */

/* Files that belong to nothing, on either side. */
static void check_owners(const reference *e) {
  const names then = names_listed(e->folder, ".tsv"), now = names_listed(e->results, ".tsv");
  for (size_t i = 0; i < then.count; i++)
    if (!names_has(&e->tables, then.name[i]))
      failure(kept("%s/%s.tsv belongs to no table of %s; make accept STEM=%s REASON=\"...\" "
                   "removes it",
                   e->folder, then.name[i], e->stem, e->stem));
  for (size_t i = 0; i < now.count; i++)
    if (!names_has(&e->tables, now.name[i]) && strcmp(now.name[i], "provenance") != 0)
      failure(kept("%s/%s.tsv was not written by %s; delete it", e->results, now.name[i], e->stem));
}

static void check_experiment(const char *stem) {
  const reference e = reference_open(run.companion, run.reference, stem);
  run.experiments++;
  if (*e.result.provenance == '\0') {
    failure(kept("%s has not been run: make %s", stem, stem));
    return;
  }
  if (e.accepted == NULL || e.pinned == NULL) {
    failure(kept("%s has no reference; look at its results, then make accept STEM=%s "
                 "REASON=\"...\"",
                 stem, stem));
    return;
  }
  size_t count[3] = {0};
  const size_t claims = run.claims, agreeing = run.agreeing;
  check_owners(&e);
  for (size_t i = 0; i < e.tables.count; i++)
    count[check_table(&e, e.tables.name[i])]++;
  check_claims(&e);
  for (size_t r = 0; e.tolerance != NULL && r < e.tolerance->rows; r++)
    if (!e.used[r] && count[TABLE_WRONG] == 0)
      failure(kept("%s:%zu: covers no column of %s; take it out", e.tolerance->path, r + 2, stem));
  const char *environment = reference_environment_change(&e),
             *settings = reference_settings_change(&e);
  if (*environment != '\0') {
    run.elsewhere++;
    run.environment = run.environment != NULL ? run.environment : environment;
  } else if (count[TABLE_WITHIN] > 0)
    note(kept("%s: the bytes differ although the environment is the pinned one", stem));
  if (*settings != '\0')
    note(kept("%s: settings differ from those of the reference: %s", stem, settings));
  run.tables += e.tables.count;
  run.equal += count[TABLE_EQUAL];
  run.within += count[TABLE_WITHIN];
  const char *summary =
      kept("%zu of %s byte for byte", count[TABLE_EQUAL], count_of(e.tables.count, "table"));
  if (count[TABLE_WITHIN] > 0)
    summary = kept("%s, %zu within tolerance", summary, count[TABLE_WITHIN]);
  if (count[TABLE_WRONG] > 0)
    summary = kept("%s, %zu not", summary, count[TABLE_WRONG]);
  note(kept("%s: %s; %zu of %s agree", stem, summary, run.agreeing - agreeing,
            count_of(run.claims - claims, "claim")));
}

static int check_summary(void) {
  if (run.elsewhere > 0)
    print_folded(stdout, "", 0,
                 kept("The environment is not the pinned one for %s (%s): the bytes may differ.",
                      count_of(run.elsewhere, "experiment"), run.environment),
                 6);
  print_folded(stdout, "", 0,
               kept("%s: %s, %zu equal byte for byte, %zu within tolerance, %zu not; %zu of %s "
                    "agree; %s.",
                    count_of(run.experiments, "experiment"), count_of(run.tables, "table"),
                    run.equal, run.within, run.tables - run.equal - run.within, run.agreeing,
                    count_of(run.claims, "claim"),
                    run.failures ? count_of(run.failures, "failure") : "no failure"),
               4);
  return run.failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* References whose experiment is gone. */
static void check_folders(const names *stems) {
  const names folders = names_listed(run.reference, "");
  for (size_t i = 0; i < folders.count; i++) {
    const char *path = kept("%s/%s", run.reference, folders.name[i]);
    if (!names_has(stems, folders.name[i]) && access(kept("%s/.", path), F_OK) == 0)
      failure(kept("%s belongs to no experiment; delete the folder", path));
  }
}

/* ---- diff ---- */

static void diff_table(const reference *e, const char *table) {
  sides s;
  if (!open_sides(&s, e, table) || (s.same && s.intact))
    return;
  run.tables++;
  const char *shape = reference_shape_change(s.then, s.now);
  if (*shape != '\0') {
    note(kept("%s/%s.tsv: %s", e->stem, table, shape));
    return;
  }
  size_t count;
  const difference *d = reference_differences(e, table, s.then, s.now, s.digits, &count);
  for (size_t i = 0; i < count; i++) {
    print_folded(stdout, d[i].beyond ? "!" : "", 2, kept("%s:", place(e, table, s.then, &d[i])), 3);
    print_folded(stdout, "", 6,
                 isnan(d[i].change)
                     ? kept("old %s, new %s", d[i].then, d[i].now)
                     : kept("old %s, new %s, change %.2g (%.2g of it), allowed %.2g", d[i].then,
                            d[i].now, d[i].change, d[i].relative, d[i].allowed),
                 3);
    run.within += !d[i].beyond;
  }
  run.cells += count;
  if (count == 0 && !s.same)
    note(kept("%s/%s.tsv: cells differ beyond the %d digits of the reference", e->stem, table,
              s.digits));
}

static void diff_experiment(const char *stem) {
  const reference e = reference_open(run.companion, run.reference, stem);
  if (*e.result.provenance == '\0' || e.accepted == NULL || e.pinned == NULL) {
    note(kept("%s %s", stem,
              *e.result.provenance == '\0' ? "has not been run" : "has no reference"));
    return;
  }
  const char *environment = reference_environment_change(&e),
             *settings = reference_settings_change(&e);
  if (*environment != '\0')
    note(kept("%s: environment: %s", stem, environment));
  if (*settings != '\0')
    note(kept("%s: settings: %s", stem, settings));
  check_owners(&e);
  for (size_t i = 0; i < e.tables.count; i++)
    diff_table(&e, e.tables.name[i]);
}

static void diff_summary(void) {
  if (run.tables == 0)
    printf("nothing differs\n");
  else
    printf("%s of %s differ, %zu within tolerance\n", count_of(run.cells, "cell"),
           count_of(run.tables, "table"), run.within);
}

/* ---- accept ---- */

/* A table as it is accepted: its row of the file "tables", and its text. */
typedef struct {
  const char *table, *bytes, *fingerprint, *digits, *kept;
  const attn_rows *rows;
  int shown_digits; /* 0 for all */
  const char *text;
} entry;

static entry entry_of(const reference *e, const char *table) {
  const char *path = kept("%s/%s.tsv", e->results, table);
  if (access(path, F_OK) != 0)
    attn_fail("%s is missing; delete %s/claims.tsv and make %s", path, e->results, e->stem);
  const attn_rows *rows = reference_table(path);
  const words whole = reference_text(rows, 0);
  const int digits = whole.size > REFERENCE_WHOLE ? REFERENCE_DIGITS : 0;
  const words text = reference_text(rows, digits);
  return (entry){.table = table,
                 .bytes = kept("%zu", whole.size),
                 .fingerprint = reference_fingerprint(whole),
                 .digits = digits > 0 ? kept("%d", digits) : "all",
                 .kept = reference_fingerprint(text),
                 .rows = rows,
                 .shown_digits = digits,
                 .text = text.text};
}

static attn_table *open_file(const reference *e, const char *name, const char *columns) {
  return attn_table_open(kept("%s/%s", e->folder, name), columns, ATTN_DIGITS_SHOWN);
}

static void write_table(const reference *e, const entry *t) {
  const char *columns = "";
  for (size_t c = 0; c < t->rows->columns; c++)
    columns = kept("%s%s%s", columns, c ? " " : "", t->rows->name[c]);
  attn_table *out = open_file(e, kept("%s.tsv", t->table), columns);
  for (size_t i = 0; i < t->rows->rows * t->rows->columns; i++)
    attn_table_text(out, reference_cell(t->rows->cell[i], t->shown_digits));
  attn_table_close(out);
}

static void write_tables(const reference *e, const entry *all) {
  attn_table *out = open_file(e, "tables", "table bytes fingerprint digits kept");
  for (size_t i = 0; i < e->tables.count; i++) {
    attn_table_text(out, all[i].table);
    attn_table_text(out, all[i].bytes);
    attn_table_text(out, all[i].fingerprint);
    attn_table_text(out, all[i].digits);
    attn_table_text(out, all[i].kept);
  }
  attn_table_close(out);
}

static void write_pinned(const reference *e) {
  attn_table *out = open_file(e, "pinned", "what value");
  for (size_t k = 0; k < REFERENCE_KEYS; k++) {
    attn_table_text(out, reference_keys[k]);
    attn_table_text(out, reference_environment(e, k));
  }
  const char *key, *value;
  for (const char *at = e->result.provenance;
       (at = result_next_setting(at, &key, &value)) != NULL;) {
    attn_table_text(out, kept("setting %s", key));
    attn_table_text(out, value);
  }
  attn_table_close(out);
}

static void write_log(const reference *e, const char *changed) {
  const char *configuration = result_origin(&e->result, "configuration_fingerprint");
  attn_table *out = open_file(e, "log", "configuration changed reason");
  for (size_t i = 0; e->log != NULL && i < e->log->rows * e->log->columns; i++)
    attn_table_text(out, e->log->cell[i]);
  attn_table_text(out, configuration ? configuration : "unknown");
  attn_table_text(out, changed);
  attn_table_text(out, run.reason);
  attn_table_close(out);
}

/* What acceptance changes: names of tables, removed ones with a minus. */
static const char *changes(const reference *e, const entry *all) {
  const char *changed = "";
  for (size_t i = 0; i < e->tables.count; i++) {
    const char *path = kept("%s/%s.tsv", e->folder, all[i].table);
    const char *was = reference_lookup(e->accepted, all[i].table, "fingerprint");
    if (was == NULL || strcmp(was, all[i].fingerprint) != 0 || access(path, F_OK) != 0 ||
        strcmp(keep(attn_file_read(path, NULL)), all[i].text) != 0)
      changed = kept("%s%s%s", changed, *changed ? " " : "", all[i].table);
  }
  const names then = names_listed(e->folder, ".tsv");
  for (size_t i = 0; i < then.count; i++)
    if (!names_has(&e->tables, then.name[i]))
      changed = kept("%s%s-%s", changed, *changed ? " " : "", then.name[i]);
  if (*changed == '\0' && *reference_settings_change(e) != '\0')
    changed = "settings";
  return *changed == '\0' && *reference_environment_change(e) != '\0' ? "environment" : changed;
}

static void accept_experiment(const char *stem) {
  const reference e = reference_open(run.companion, run.reference, stem);
  if (*e.result.provenance == '\0')
    attn_fail("%s has not been run: make %s", stem, stem);
  entry *all = (void *)keep(attn_alloc(e.tables.count, sizeof *all));
  for (size_t i = 0; i < e.tables.count; i++)
    all[i] = entry_of(&e, e.tables.name[i]);
  const char *changed = changes(&e, all);
  if (*changed == '\0') {
    note(kept("%s: nothing changed", stem));
    return;
  }
  for (size_t i = 0; i < e.tables.count; i++)
    write_table(&e, &all[i]);
  const names then = names_listed(e.folder, ".tsv");
  for (size_t i = 0; i < then.count; i++)
    if (!names_has(&e.tables, then.name[i]) &&
        unlink(kept("%s/%s.tsv", e.folder, then.name[i])) != 0)
      attn_fail("%s/%s.tsv cannot be removed", e.folder, then.name[i]);
  write_tables(&e, all);
  write_pinned(&e);
  write_log(&e, changed);
  note(kept("%s: accepted (%s)", stem, changed));
}

/* ---- command line ---- */

int main(int argc, char **argv) {
  attn_set_program_name(argv[0]);
  const char *what = argc > 1 ? argv[1] : "";
  names stems = {0};
  const struct {
    const char *name;
    const char **value;
  } options[] = {{"--companion", &run.companion},
                 {"--reference", &run.reference},
                 {"--only", &run.only},
                 {"--reason", &run.reason}};
  const size_t count = sizeof options / sizeof *options;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0) {
      fputs(help, stdout);
      return EXIT_SUCCESS;
    }
    size_t o = 0;
    while (o < count && strcmp(options[o].name, argv[i]) != 0)
      o++;
    if (strcmp(argv[i], "--exact") == 0)
      run.exact = true;
    else if (o < count && i + 1 < argc)
      *options[o].value = argv[++i];
    else if (*argv[i] == '-')
      attn_fail("'%s' was not expected; see 'verify --help'", argv[i]);
    else if (i > 1)
      names_add(&stems, argv[i]);
  }
  const bool check = strcmp(what, "check") == 0, accept = strcmp(what, "accept") == 0;
  if (!check && !accept && strcmp(what, "diff") != 0)
    attn_fail("'%s', expected check, diff or accept; see 'verify --help'", what);
  if (run.companion == NULL || run.reference == NULL || stems.count == 0)
    attn_fail("%s needs --companion, --reference and the experiments; see 'verify --help'", what);
  if (run.only != NULL && !names_has(&stems, run.only))
    attn_fail("'%s' is no experiment", run.only);
  if (accept && (run.reason == NULL || *trimmed(kept("%s", run.reason)) == '\0'))
    attn_fail("accepting results needs a reason; it is kept in the log beside them");
  if (accept && strpbrk(run.reason, "\t\n") != NULL)
    attn_fail("the reason is one line without tabs");
  for (size_t i = 0; i < stems.count; i++) {
    if (run.only != NULL && strcmp(run.only, stems.name[i]) != 0)
      continue;
    if (check)
      check_experiment(stems.name[i]);
    else if (accept)
      accept_experiment(stems.name[i]);
    else
      diff_experiment(stems.name[i]);
  }
  if (!accept && run.only == NULL)
    check_folders(&stems);
  int status = EXIT_SUCCESS;
  if (check)
    status = check_summary();
  else if (!accept)
    diff_summary();
  if (fflush(stdout) != 0)
    attn_fail("writing to the terminal failed");
  return status;
}
