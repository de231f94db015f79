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
      if (*++in == '\0')
        attn_fail("%s:%zu: the quote of '%s' is not closed", r->path, e->line, e->key);
      if (*in != '"' && *in != '\\')
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
  if (strcmp(key, "claims") != 0 && strcmp(key, "statements") != 0)
    while (strspn(r->at, " ") > e->column && r->at[strspn(r->at, " ")] != '\n') {
      words_add(&value, value.size ? " " : "");
      words_add(&value, trimmed(next_line(r)));
    }
  e->value = keep(value.text);
  return true;
}

/* A list of the front matter, "claims:" or "statements:": what an item of it is and has. */
typedef struct {
  const char *name, *item, *keys_text;
  size_t size, line;  /* bytes of an item, the place of its line in it */
  size_t keys_needed; /* of the keys, the first ones */
  struct {
    const char *name;
    size_t offset;
  } key[8]; /* the last is followed by one without a name */
} list;

static const list claim_list = {"claims",
                                "claim",
                                "id, statement, paper, hypotheses, measure, expected and perhaps "
                                "covers",
                                sizeof(chapter_claim),
                                offsetof(chapter_claim, line),
                                6,
                                {{"id", offsetof(chapter_claim, id)},
                                 {"statement", offsetof(chapter_claim, statement)},
                                 {"paper", offsetof(chapter_claim, paper)},
                                 {"hypotheses", offsetof(chapter_claim, hypotheses)},
                                 {"measure", offsetof(chapter_claim, measure)},
                                 {"expected", offsetof(chapter_claim, expected)},
                                 {"covers", offsetof(chapter_claim, covers)}}};

static const list statement_list = {"statements",
                                    "statement",
                                    "id, statement, place and perhaps reading and answer",
                                    sizeof(chapter_statement),
                                    offsetof(chapter_statement, line),
                                    3,
                                    {{"id", offsetof(chapter_statement, id)},
                                     {"statement", offsetof(chapter_statement, statement)},
                                     {"place", offsetof(chapter_statement, place)},
                                     {"reading", offsetof(chapter_statement, reading)},
                                     {"answer", offsetof(chapter_statement, answer)}}};

static const char **field_of(const list *l, void *item, size_t k) {
  return (const char **)(void *)((char *)item + l->key[k].offset);
}

static size_t *line_of(const list *l, void *item) {
  return (size_t *)(void *)((char *)item + l->line);
}

/* The id is the first key. */
static void finish_item(const reader *r, const list *l, void *item) {
  for (size_t k = 0; k < l->keys_needed; k++)
    if (*field_of(l, item, k) == NULL)
      attn_fail("%s:%zu: the %s that begins here has no '%s'", r->path, *line_of(l, item), l->item,
                l->key[k].name);
  if (!made_of(*field_of(l, item, 0), "abcdefghijklmnopqrstuvwxyz0123456789-"))
    attn_fail("%s:%zu: the id '%.40s' may hold small letters, digits and '-'", r->path,
              *line_of(l, item), *field_of(l, item, 0));
}

/* An entry inside a list of *count items, which it may begin another one of. */
static void *add_entry(const reader *r, const list *l, void *items, size_t *count, const entry *e) {
  if (e->dash) {
    if (*count > 0)
      finish_item(r, l, (char *)items + (*count - 1) * l->size);
    items = grown(items, *count, l->size);
    *line_of(l, (char *)items + (*count)++ * l->size) = e->line;
  } else if (*count == 0)
    attn_fail("%s:%zu: a %s begins with '  - id: ...'", r->path, e->line, l->item);
  void *item = (char *)items + (*count - 1) * l->size;
  size_t k = 0;
  while (l->key[k].name != NULL && strcmp(l->key[k].name, e->key) != 0)
    k++;
  if (l->key[k].name == NULL)
    attn_fail("%s:%zu: unknown key '%s'; a %s has %s", r->path, e->line, e->key, l->item,
              l->keys_text);
  const char **field = field_of(l, item, k);
  if (*field != NULL)
    attn_fail("%s:%zu: the key '%s' is repeated", r->path, e->line, e->key);
  *field = scalar(r, e);
  if (strcmp(e->key, "expected") != 0)
    return items;
  for (size_t v = 0; v < CHAPTER_VERDICTS; v++)
    if (strcmp(*field, chapter_verdicts[v]) == 0)
      return items;
  attn_fail("%s:%zu: expected is '%.40s'; it may be supported, not supported, out of scope or open",
            r->path, e->line, *field);
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
  const list *inside = NULL; /* the list that the next indented line belongs to */
  bool known[2] = {false, false};
  for (entry e; next_entry(&r, &e);) {
    if (e.column > 0) {
      if (inside == NULL || e.column != 4)
        attn_fail("%s:%zu: '%s' is indented by %zu, expected %s", path, e.line, e.key,
                  e.column - 2 * e.dash,
                  inside != NULL ? kept("'  - id:' or 4 blanks and a key of a %s", inside->item)
                                 : "no blanks");
      if (inside == &claim_list)
        c->claim = add_entry(&r, inside, c->claim, &c->claims, &e);
      else
        c->statement = add_entry(&r, inside, c->statement, &c->statements, &e);
      continue;
    }
    const char **text = strcmp(e.key, "title") == 0     ? &c->title
                        : strcmp(e.key, "summary") == 0 ? &c->summary
                                                        : NULL;
    bool order = strcmp(e.key, "order") == 0;
    inside = strcmp(e.key, "claims") == 0       ? &claim_list
             : strcmp(e.key, "statements") == 0 ? &statement_list
                                                : NULL;
    if (text == NULL && !order && inside == NULL)
      attn_fail("%s:%zu: unknown key '%s'; a chapter has title, summary, order, claims and "
                "statements",
                path, e.line, e.key);
    if ((text != NULL && *text != NULL) || (order && !isnan(c->order)) ||
        (inside != NULL && known[inside == &statement_list]))
      attn_fail("%s:%zu: the key '%s' is repeated", path, e.line, e.key);
    if (text != NULL)
      *text = scalar(&r, &e);
    else if (order && (!as_number(scalar(&r, &e), &c->order) || !isfinite(c->order)))
      attn_fail("%s:%zu: order is '%.40s', expected a number", path, e.line, e.value);
    else if (inside != NULL && *e.value != '\0')
      attn_fail("%s:%zu: '%s:' is followed by lines '  - id: ...'", path, e.line, e.key);
    if (inside != NULL)
      known[inside == &statement_list] = true;
  }
  const char *missing = c->title == NULL     ? "title"
                        : c->summary == NULL ? "summary"
                        : isnan(c->order)    ? "order"
                                             : NULL;
  if (missing != NULL)
    attn_fail("%s:%zu: the front matter that ends here has no '%s'", path, r.line, missing);
  if ((known[0] && c->claims == 0) || (known[1] && c->statements == 0))
    attn_fail("%s:%zu: '%s:' without a %s; leave the key out", path, r.line,
              c->claims == 0 && known[0] ? "claims" : "statements",
              c->claims == 0 && known[0] ? "claim" : "statement");
  if (c->claims > 0)
    finish_item(&r, &claim_list, &c->claim[c->claims - 1]);
  if (c->statements > 0)
    finish_item(&r, &statement_list, &c->statement[c->statements - 1]);
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

static _Noreturn void fail_used(const chapter *c, size_t line, const char *id, const chapter *owner,
                                size_t first) {
  attn_fail("%s:%zu: the id '%s' is used before, at %s:%zu", c->path, line, id, owner->path, first);
}

/* Claims and statements share one name space. */
static void check_ids(const chapters *all, const chapter *c) {
  const chapter *owner;
  for (size_t k = 0; k < c->claims; k++) {
    const chapter_claim *claim = &c->claim[k];
    const chapter_claim *first = chapters_find_claim(all, claim->id, &owner);
    if (first != claim)
      fail_used(c, claim->line, claim->id, owner, first->line);
  }
  for (size_t k = 0; k < c->statements; k++) {
    const chapter_statement *statement = &c->statement[k];
    const chapter_claim *claim = chapters_find_claim(all, statement->id, &owner);
    if (claim != NULL)
      fail_used(c, statement->line, statement->id, owner, claim->line);
    const chapter_statement *first = chapters_find_statement(all, statement->id, &owner);
    if (first != statement)
      fail_used(c, statement->line, statement->id, owner, first->line);
  }
}

const char *chapter_next_id(const char *at, size_t *size) {
  if (at == NULL)
    return NULL;
  at += strspn(at, " ");
  *size = strcspn(at, " ");
  return *size > 0 ? at : NULL;
}

/* Enters a claim at every statement that it covers. */
static void cover(const chapters *all, const chapter *c, const chapter_claim *claim) {
  size_t size;
  for (const char *at = claim->covers; (at = chapter_next_id(at, &size)) != NULL; at += size) {
    const char *id = kept("%.*s", (int)size, at);
    const chapter *owner;
    chapter_statement *statement = chapters_find_statement(all, id, &owner);
    if (statement == NULL)
      attn_fail("%s:%zu: the claim '%s' covers '%s', which is no statement of any chapter", c->path,
                claim->line, claim->id, id);
    if (statement->covers > 0 && statement->cover[statement->covers - 1].claim == claim)
      attn_fail("%s:%zu: the claim '%s' covers '%s' twice", c->path, claim->line, claim->id, id);
    statement->cover = grown(statement->cover, statement->covers, sizeof *statement->cover);
    statement->cover[statement->covers++] = (chapter_cover){c, claim};
  }
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
    check_ids(&all, c);
  }
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < all.at[i]->claims; k++)
      cover(&all, all.at[i], &all.at[i]->claim[k]);
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

chapter_statement *chapters_find_statement(const chapters *all, const char *id,
                                           const chapter **owner) {
  for (size_t i = 0; i < all->count; i++)
    for (size_t k = 0; k < all->at[i]->statements; k++)
      if (strcmp(all->at[i]->statement[k].id, id) == 0) {
        *owner = all->at[i];
        return &all->at[i]->statement[k];
      }
  return NULL;
}

bool chapter_is_experiment(const chapter *c) {
  return access(kept("experiments/%s.conf", c->stem), F_OK) == 0;
}
