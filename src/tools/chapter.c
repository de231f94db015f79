#include "chapter.h"

#include "words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const chapter_verdicts[CHAPTER_VERDICTS] = {"supported", "not supported",
                                                        "out of scope", "open"};

typedef struct {
  const char *path;
  char *at;    /* the next line */
  size_t line; /* its number */
} reader;

/* The next line without its newline; NULL at the end of the text. */
static char *next_line(reader *r) {
  if (*r->at == '\0')
    return NULL;
  char *line = r->at, *end = strchr(line, '\n');
  r->at = end ? end + 1 : line + strlen(line);
  if (end != NULL)
    *end = '\0';
  r->line++;
  return line;
}

typedef struct {
  size_t column, line;
  bool dash;
  const char *key;
  char *value;
} entry;

/* A value without its quotes. YAML would read some unquoted texts differently: they are refused. */
static const char *scalar(const reader *r, const entry *e) {
  char *text = trimmed(e->value);
  const char quote = *text;
  if (*text == '\0')
    attn_fail("%s:%zu: '%s' has no value", r->path, e->line, e->key);
  if (quote != '"' && quote != '\'') {
    if (strchr("-?:,[]{}#&*!|>%@`", quote) != NULL)
      attn_fail("%s:%zu: the value of '%s' begins with '%c'; put it in single quotes", r->path,
                e->line, e->key, quote);
    if (strstr(text, ": ") != NULL || strstr(text, " #") != NULL || text[strlen(text) - 1] == ':')
      attn_fail("%s:%zu: the value of '%s' has a ': ' or ' #' in it; put it in single quotes",
                r->path, e->line, e->key);
    return text;
  }
  char *out = text, *in = text + 1;
  for (;; in++) {
    if (*in == '\0')
      attn_fail("%s:%zu: the quote of '%s' is not closed", r->path, e->line, e->key);
    if (quote == '\'' && in[0] == '\'' && in[1] == '\'')
      in++;
    else if (quote == '"' && *in == '\\') {
      if (*++in != '"' && *in != '\\')
        attn_fail("%s:%zu: '\\%c' in double quotes; write \\\\ or use single quotes", r->path,
                  e->line, *in);
    } else if (*in == quote)
      break;
    *out++ = *in;
  }
  if (in[1] != '\0')
    attn_fail("%s:%zu: '%.20s' after the closing quote of '%s'", r->path, e->line, in + 1, e->key);
  *out = '\0';
  return text;
}

/* The next "key: value" with the deeper lines that continue it; false at the closing "---". */
static bool next_entry(reader *r, entry *e) {
  char *line = next_line(r);
  if (line == NULL)
    attn_fail("%s:%zu: the front matter is not closed by a line '---'", r->path, r->line);
  if (strcmp(line, "---") == 0)
    return false;
  *e = (entry){.column = strspn(line, " "), .line = r->line};
  if (strncmp(line + e->column, "- ", 2) == 0) {
    e->dash = true;
    e->column += 2;
  }
  char *key = line + e->column;
  size_t size = strspn(key, "abcdefghijklmnopqrstuvwxyz");
  if (size == 0 || key[size] != ':' || (key[size + 1] != ' ' && key[size + 1] != '\0'))
    attn_fail("%s:%zu: '%.40s', expected 'key: value' or a deeper line that continues one", r->path,
              r->line, line);
  key[size] = '\0';
  e->key = key;
  words value = {0};
  words_add(&value, trimmed(key + size + 1));
  if (strcmp(key, "claims") != 0)
    while (strspn(r->at, " ") > e->column && r->at[strspn(r->at, " ")] != '\n') {
      words_add(&value, value.size ? " " : "");
      words_add(&value, trimmed(next_line(r)));
    }
  e->value = keep(value.text);
  return true;
}

static const struct {
  const char *name;
  size_t offset;
} claim_keys[] = {
    {"id", offsetof(chapter_claim, id)},
    {"statement", offsetof(chapter_claim, statement)},
    {"paper", offsetof(chapter_claim, paper)},
    {"hypotheses", offsetof(chapter_claim, hypotheses)},
    {"measure", offsetof(chapter_claim, measure)},
    {"expected", offsetof(chapter_claim, expected)},
    {"covers", offsetof(chapter_claim, covers)},
};
enum { CLAIM_KEYS = sizeof claim_keys / sizeof *claim_keys, CLAIM_KEYS_NEEDED = CLAIM_KEYS - 1 };

static const char **claim_field(chapter_claim *claim, size_t k) {
  return (const char **)(void *)((char *)claim + claim_keys[k].offset);
}

static void finish_claim(const reader *r, chapter_claim *claim) {
  for (size_t k = 0; k < CLAIM_KEYS_NEEDED; k++)
    if (*claim_field(claim, k) == NULL)
      attn_fail("%s:%zu: the claim that begins here has no '%s'", r->path, claim->line,
                claim_keys[k].name);
  if (!made_of(claim->id, "abcdefghijklmnopqrstuvwxyz0123456789-"))
    attn_fail("%s:%zu: the id '%.40s' may hold small letters, digits and '-'", r->path, claim->line,
              claim->id);
}

static void add_claim_entry(const reader *r, chapter *c, const entry *e) {
  if (e->dash) {
    if (c->claims > 0)
      finish_claim(r, &c->claim[c->claims - 1]);
    chapter_claim *more = attn_alloc(c->claims + 1, sizeof *more);
    if (c->claims > 0)
      memcpy(more, c->claim, c->claims * sizeof *more);
    attn_free(c->claim);
    c->claim = more;
    c->claim[c->claims++].line = e->line;
  } else if (c->claims == 0)
    attn_fail("%s:%zu: a claim begins with '  - id: ...'", r->path, e->line);
  chapter_claim *claim = &c->claim[c->claims - 1];
  size_t k = 0;
  while (k < CLAIM_KEYS && strcmp(claim_keys[k].name, e->key) != 0)
    k++;
  if (k == CLAIM_KEYS)
    attn_fail("%s:%zu: unknown key '%s'; a claim has id, statement, paper, hypotheses, measure, "
              "expected and perhaps covers",
              r->path, e->line, e->key);
  if (*claim_field(claim, k) != NULL)
    attn_fail("%s:%zu: the key '%s' is repeated", r->path, e->line, e->key);
  const char *value = *claim_field(claim, k) = scalar(r, e);
  if (strcmp(e->key, "expected") != 0)
    return;
  for (size_t v = 0; v < CHAPTER_VERDICTS; v++)
    if (strcmp(value, chapter_verdicts[v]) == 0)
      return;
  attn_fail("%s:%zu: expected is '%.40s'; it may be supported, not supported, out of scope or open",
            r->path, e->line, value);
}

static chapter *chapter_read(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  size_t size = strlen(name);
  if (size < 4 || strcmp(name + size - 3, ".md") != 0)
    attn_fail("%s: a chapter is called <name>.md", path);
  chapter *c = attn_alloc(1, sizeof *c);
  c->path = kept("%s", path);
  c->stem = kept("%.*s", (int)size - 3, name);
  c->order = NAN;
  reader r = {c->path, keep(attn_file_read(path, NULL)), 0};
  char *line = next_line(&r);
  if (line == NULL || strcmp(line, "---") != 0)
    attn_fail("%s:1: a chapter begins with front matter between two lines '---'", path);
  bool claims = false;
  for (entry e; next_entry(&r, &e);) {
    if (e.column > 0) {
      if (!claims || e.column != 4)
        attn_fail("%s:%zu: '%s' is indented by %zu, expected %s", path, e.line, e.key,
                  e.column - 2 * e.dash,
                  claims ? "'  - id:' or 4 blanks and a key of a claim" : "no blanks");
      add_claim_entry(&r, c, &e);
      continue;
    }
    const char **text = strcmp(e.key, "title") == 0     ? &c->title
                        : strcmp(e.key, "summary") == 0 ? &c->summary
                                                        : NULL;
    bool order = strcmp(e.key, "order") == 0, opens = strcmp(e.key, "claims") == 0;
    if (text == NULL && !order && !opens)
      attn_fail("%s:%zu: unknown key '%s'; a chapter has title, summary, order and claims", path,
                e.line, e.key);
    if ((text != NULL && *text != NULL) || (order && !isnan(c->order)) || (opens && claims))
      attn_fail("%s:%zu: the key '%s' is repeated", path, e.line, e.key);
    if (text != NULL)
      *text = scalar(&r, &e);
    else if (order && (!as_number(scalar(&r, &e), &c->order) || !isfinite(c->order)))
      attn_fail("%s:%zu: order is '%.40s', expected a number", path, e.line, e.value);
    else if (opens && *e.value != '\0')
      attn_fail("%s:%zu: 'claims:' is followed by lines '  - id: ...'", path, e.line);
    claims = opens; /* the claims end at the next key without indent */
  }
  const char *missing = c->title == NULL     ? "title"
                        : c->summary == NULL ? "summary"
                        : isnan(c->order)    ? "order"
                                             : NULL;
  if (missing != NULL)
    attn_fail("%s:%zu: the front matter that ends here has no '%s'", path, r.line, missing);
  if (claims && c->claims == 0)
    attn_fail("%s:%zu: 'claims:' without a claim; leave the key out", path, r.line);
  if (c->claims > 0)
    finish_claim(&r, &c->claim[c->claims - 1]);
  c->body = r.at;
  c->body_line = r.line + 1;
  return c;
}

static int by_order(const void *a, const void *b) {
  const chapter *x = *(chapter *const *)a, *y = *(chapter *const *)b;
  if (x->order != y->order)
    return x->order < y->order ? -1 : 1;
  return strcmp(x->stem, y->stem);
}

const chapters *chapters_read(char *const *paths, size_t count) {
  static chapters all; /* reachable to the end */
  all.at = attn_alloc(count, sizeof(chapter *));
  for (size_t i = 0; i < count; i++)
    all.at[i] = chapter_read(paths[i]);
  all.count = count;
  qsort(all.at, count, sizeof(chapter *), by_order);
  for (size_t i = 0; i < count; i++) {
    const chapter *c = all.at[i];
    if (chapters_find(&all, c->stem) != c)
      attn_fail("%s: a second chapter called '%s'", c->path, c->stem);
    for (size_t k = 0; k < c->claims; k++) {
      const chapter *owner;
      const chapter_claim *first = chapters_find_claim(&all, c->claim[k].id, &owner);
      if (first != &c->claim[k])
        attn_fail("%s:%zu: the claim id '%s' is used before, at %s:%zu", c->path, c->claim[k].line,
                  c->claim[k].id, owner->path, first->line);
    }
  }
  return &all;
}

const chapter *chapters_find(const chapters *all, const char *stem) {
  for (size_t i = 0; i < all->count; i++)
    if (strcmp(all->at[i]->stem, stem) == 0)
      return all->at[i];
  return NULL;
}

const chapter_claim *chapters_find_claim(const chapters *all, const char *id,
                                         const chapter **owner) {
  for (size_t i = 0; i < all->count; i++)
    for (size_t k = 0; k < all->at[i]->claims; k++)
      if (strcmp(all->at[i]->claim[k].id, id) == 0) {
        *owner = all->at[i];
        return &all->at[i]->claim[k];
      }
  return NULL;
}

bool chapter_is_experiment(const chapter *c) {
  return access(kept("experiments/%s.conf", c->stem), F_OK) == 0;
}
