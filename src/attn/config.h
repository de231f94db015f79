/* config: the only reader of configurations: "key = value" lines with a declared schema. */
#ifndef ATTN_CONFIG_H
#define ATTN_CONFIG_H

#include "base.h"

enum { ATTN_LIST_MAX = 512 };

/* The sizes besides the usual one for which a configuration may have lines of their own. */
#define ATTN_SIZES "smoke|large"

/* A grid: values written out ("0.5 1 2"), or "from:to:count" (equal steps, both ends included) or
 * "from:to:count:log" (equal ratios); the forms may be mixed in one line. */
typedef struct {
  size_t count;
  double value[ATTN_LIST_MAX];
} attn_list;

/* Whether x is one of the values. */
bool attn_list_has(const attn_list *list, double x);

/* The cell around the i-th value of a grid, for maps: geometric midpoints to its neighbours. */
void attn_list_cell(double ends[2], const attn_list *grid, size_t i);

typedef enum {
  ATTN_KEY_REAL,   /* double */
  ATTN_KEY_COUNT,  /* size_t; "1e15" is accepted, fractions are not */
  ATTN_KEY_LIST,   /* attn_list of reals */
  ATTN_KEY_COUNTS, /* attn_list of whole numbers */
  ATTN_KEY_WORD    /* char *, one of the words in .range, separated by '|' */
} attn_key_kind;

typedef struct {
  const char *name;
  attn_key_kind kind;
  void *value;         /* where the value goes, of the type that kind names */
  const char *range;   /* allowed range, "[2, inf)" or "(0, 0.5)"; for words "zero|gaussian" */
  const char *meaning; /* noun for messages and --help: "the label-flip rate" */
} attn_key;

typedef struct attn_config attn_config;

/* Reads the file at path; path NULL starts an empty configuration. A malformed line or a repeated
 * key fails with file, line, what was found and what is expected. A line "key@size = value" stands
 * for "key = value" at that size; every key needs its line without a size. */
attn_config *attn_config_read(const char *path);

/* Puts the lines of a size in force, before any override; where ("--size") opens the sentence of a
 * failure: the word is no size, or no line is for it. */
void attn_config_size(attn_config *config, const char *size, const char *where);

/* Adds or replaces "key=value" pairs separated by blanks; where names them in messages ("SET").
 * A value of several numbers is written with commas: "kappa=1,2,3". */
void attn_config_override(attn_config *config, const char *pairs, const char *where);

/* Assigns every key of the schema; fails with one sentence (file, line, key, value, allowed range)
 * on an unknown key, a missing key, or a value outside its range, in lines of other sizes too. */
void attn_config_apply(const attn_config *config, const attn_key *keys, size_t count);

/* Every "key = value" in force, a line each, in the order of the file: for provenance. The text
 * lives as long as config. */
const char *attn_config_text(attn_config *config);

void attn_config_free(attn_config *config);

/* The value of text by the rules of a key; where ("file:3" or "--eta") opens the sentence of a
 * failure. Serves command lines that take the same parameters. */
void attn_key_parse(const attn_key *key, const char *text, const char *where);

#endif
