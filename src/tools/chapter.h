/* chapter: the only reader of paper/chapters/<name>.md: front matter, claims, body. */
#ifndef CHAPTER_H
#define CHAPTER_H

#include "base.h"

typedef struct {
  const char *id, *statement, *paper, *hypotheses, *measure;
  const char *expected; /* one of chapter_verdicts */
  const char *covers;   /* ids of the statements that it decides, between blanks; NULL: none */
  size_t line;          /* of the id */
} chapter_claim;

typedef struct {
  const char *path, *stem;
  const char *title, *summary;
  double order;
  size_t claims;
  chapter_claim *claim; /* [claims] */
  const char *body;     /* Markdown with directives */
  size_t body_line;     /* where the body begins in the file */
} chapter;

enum { CHAPTER_VERDICTS = 4 };
extern const char *const chapter_verdicts[CHAPTER_VERDICTS]; /* "supported", ..., "open" */

typedef struct {
  size_t count;
  chapter **at; /* [count], by order, then by stem */
} chapters;

/* Reads all chapters. Fails with file and line on an unknown, missing or repeated key, a value that
 * is none, and a claim id that is used twice. What is returned lives to the program's end. */
const chapters *chapters_read(char *const *paths, size_t count);

/* The chapter called stem or the claim called id (its chapter in *owner); NULL when there is none. */
const chapter *chapters_find(const chapters *all, const char *stem);
const chapter_claim *chapters_find_claim(const chapters *all, const char *id,
                                         const chapter **owner);

/* Whether the chapter belongs to an experiment, experiments/<stem>.conf, as Make decides it. */
bool chapter_is_experiment(const chapter *c);

#endif
