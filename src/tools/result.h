/* result: what an experiment left in OUT/data/<stem>: the rows of its claims and its provenance. */
#ifndef RESULT_H
#define RESULT_H

#include "chapter.h"
#include "table.h"

typedef struct {
  const chapter *chapter;
  const char *path;       /* of claims.tsv */
  const attn_rows *rows;  /* NULL when the experiment has not been run */
  const char *provenance; /* "" when there is none */
} result;

/* Fails on a row that no claim of the chapter belongs to, on a claim with two rows, and on a
 * verdict that is none. */
result result_read(const char *companion, const chapter *c);
/* The same, read once in a program's life. */
const result *result_known(const char *companion, const chapter *c);

/* The claim's row, RESULT_NO_ROW when there is none. */
#define RESULT_NO_ROW SIZE_MAX
size_t result_row(const result *r, const chapter_claim *claim);

/* The verdict; "open" for a claim without a row that is expected open; NULL when it is missing. */
const char *result_verdict(const result *r, const chapter_claim *claim);

/* The sentence about a claim whose verdict is missing: what has to be run. */
const char *result_missing(const result *r, const chapter_claim *claim);

/* True when the chapter is an experiment or waits for verdicts, and nothing was run yet. */
bool result_not_run(const result *r);

/* A column of the claim's row, as text and as number. */
const char *result_text(const result *r, size_t row, const char *column);
double result_number(const result *r, size_t row, const char *column);

/* The value of a provenance line, NULL when there is none. */
const char *result_origin(const result *r, const char *key);
/* Seconds of the processor, and MiB of the largest process; not-a-number when unknown. */
double result_seconds(const result *r);
double result_memory(const result *r);
/* The value of a key of the configuration that was in force, NULL when there is none. */
const char *result_setting(const result *r, const char *key);
/* The seed that was in force, "unknown" when there is none. */
const char *result_seed(const result *r);
/* The keys that there are: "n, T, d". */
const char *result_settings(const result *r);
/* Walks through them: at is the provenance first, then what was returned; NULL after the last. */
const char *result_next_setting(const char *at, const char **key, const char **value);
/* Likewise through the names of the published tables but claims. */
const char *result_next_table(const char *at, const char **table);
/* All of them: "edges, fits, claims". */
const char *result_tables(const result *r);

/* What the claims that cover a statement make of it: nothing (uncovered), what all of them say, or
 * mixed. A question has no truth: it is answered when at least one of them is decided. */
enum { STATEMENT_MIXED = CHAPTER_VERDICTS, STATEMENT_ANSWERED, STATEMENT_UNCOVERED };
enum { STATEMENT_VERDICTS = STATEMENT_UNCOVERED + 1 };
extern const char *const statement_verdicts[STATEMENT_VERDICTS]; /* those of claims first */
size_t statement_verdict(const chapter_statement *s, const size_t count[CHAPTER_VERDICTS]);
/* "mixed: 3 supported, 1 not supported", or the verdict alone where that says all. */
const char *statement_verdict_text(const chapter_statement *s,
                                   const size_t count[CHAPTER_VERDICTS]);
/* "60 statements: 40 supported, ..., 7 uncovered" from counts per verdict. */
const char *statement_counts_text(const size_t count[STATEMENT_VERDICTS]);

/* "3 supported, 1 open" over a chapter's claims; "no claims". */
const char *result_counts(const result *r);
/* The same from counts per verdict. */
const char *counts_text(const size_t count[CHAPTER_VERDICTS]);
size_t verdict_index(const char *verdict);

#endif
