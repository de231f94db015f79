/* chapter: the only reader of paper/chapters/<name>.md: front matter, claims, statements, body. */
#ifndef CHAPTER_H
#define CHAPTER_H

#include "base.h"

typedef struct {
  const char *id, *statement, *paper, *hypotheses, *measure;
  const char *expected; /* one of chapter_verdicts */
  const char *covers;   /* ids of the statements that it decides, between blanks; NULL: none */
  size_t line;          /* of the id */
} chapter_claim;

/* What others say or ask. No program computes it: it is decided by the claims, of any chapter, that
 * cover it. One that ends in '?' asks, and asserts nothing. */
typedef struct {
  const char *id, *statement, *place;
  const char *reading; /* how it has to be read; NULL: as it stands */
  const char *answer;  /* NULL: none but the claims */
  size_t line;         /* of the id */
  size_t covers;
  struct chapter_cover *cover; /* [covers], by the chapters' order */
} chapter_statement;

typedef struct {
  const char *path, *stem;
  const char *title, *summary;
  double order;
  size_t claims;
  chapter_claim *claim; /* [claims] */
  size_t statements;
  chapter_statement *statement; /* [statements] */
  const char *body;             /* Markdown with directives */
  size_t body_line;             /* where the body begins in the file */
} chapter;

typedef struct chapter_cover {
  const chapter *chapter;
  const chapter_claim *claim;
} chapter_cover;

enum { CHAPTER_VERDICTS = 4 };
extern const char *const chapter_verdicts[CHAPTER_VERDICTS]; /* "supported", ..., "open" */

typedef struct {
  size_t count;
  chapter **at; /* [count], by order, then by stem */
} chapters;

/* Reads all chapters. Fails with file and line on an unknown, missing or repeated key, a value that
 * is none, an id that is used twice, and a claim that covers no statement of these chapters. What is
 * returned lives to the program's end. */
const chapters *chapters_read(char *const *paths, size_t count);

/* The chapter called stem, the claim or statement called id (its chapter in *owner); NULL when there
 * is none. */
const chapter *chapters_find(const chapters *all, const char *stem);
const chapter_claim *chapters_find_claim(const chapters *all, const char *id,
                                         const chapter **owner);
chapter_statement *chapters_find_statement(const chapters *all, const char *id,
                                           const chapter **owner);

/* The next id of a claim's covers in *size bytes; NULL after the last. at is covers first, then what
 * was returned plus *size; NULL has none. */
const char *chapter_next_id(const char *at, size_t *size);

/* Whether the chapter belongs to an experiment, experiments/<stem>.conf, as Make decides it. */
bool chapter_is_experiment(const chapter *c);

#endif
