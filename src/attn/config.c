#include "config.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  char *key, *value, *where;
  char *size; /* of a line for this size alone; NULL: of every other */
} entry;

struct attn_config {
  const char *source;
  size_t count, room;
  entry *entries;
  char *text;
};

bool attn_list_has(const attn_list *list, double x) {
  for (size_t i = 0; i < list->count; i++)
    if (list->value[i] == x)
      return true;
  return false;
}

void attn_list_cell(double ends[2], const attn_list *grid, size_t i) {
  const double *g = grid->value;
  const size_t last = grid->count - 1;
  const double below = i > 0 ? g[i] / g[i - 1] : last > 0 ? g[1] / g[0] : 2;
  const double above = i < last ? g[i + 1] / g[i] : below;
  ends[0] = g[i] / sqrt(below);
  ends[1] = g[i] * sqrt(above);
}

static char *trim(char *text) {
  while (isspace((unsigned char)*text))
    text++;
  char *end = text + strlen(text);
  while (end > text && isspace((unsigned char)end[-1]))
    *--end = '\0';
  return text;
}

/* The line of a key: that of a size, or with NULL the one in force. */
static entry *find(const attn_config *config, const char *key, const char *size) {
  for (size_t i = 0; i < config->count; i++) {
    entry *e = &config->entries[i];
    if (strcmp(e->key, key) == 0 &&
        (size == NULL || e->size == NULL ? size == e->size : strcmp(e->size, size) == 0))
      return e;
  }
  return NULL;
}

static void append(attn_config *config, const char *key, const char *size, const char *value,
                   char *where) {
  if (config->count == config->room) {
    size_t room = config->room ? 2 * config->room : 32;
    entry *wider = attn_alloc(room, sizeof *wider);
    if (config->count > 0)
      memcpy(wider, config->entries, config->count * sizeof *wider);
    attn_free(config->entries);
    config->entries = wider;
    config->room = room;
  }
  config->entries[config->count++] = (entry){.key = attn_text_copy(key),
                                             .value = attn_text_copy(value),
                                             .where = where,
                                             .size = size != NULL ? attn_text_copy(size) : NULL};
}

static bool is_name(const char *text) {
  if (!isalpha((unsigned char)*text))
    return false;
  for (; *text != '\0'; text++)
    if (!isalnum((unsigned char)*text) && *text != '_')
      return false;
  return true;
}

attn_config *attn_config_read(const char *path) {
  attn_config *config = attn_alloc(1, sizeof *config);
  config->source = path ? path : "the configuration";
  if (path == NULL)
    return config;
  char *text = attn_file_read(path, NULL);
  size_t line = 0;
  for (char *next = text, *at; next != NULL;) {
    at = next;
    next = strchr(at, '\n');
    if (next != NULL)
      *next++ = '\0';
    line++;
    at[strcspn(at, "#")] = '\0';
    at = trim(at);
    if (*at == '\0')
      continue;
    char *sign = strchr(at, '=');
    if (sign == NULL)
      attn_fail("%s:%zu: '%.60s' is not of the form 'key = value'", path, line, at);
    *sign = '\0';
    char *key = trim(at), *value = trim(sign + 1), *size = strchr(key, '@');
    char *written = attn_text_copy(key);
    if (size != NULL) {
      size_t index;
      *size++ = '\0';
      if (!attn_word_find(&index, size, ATTN_SIZES))
        attn_fail("%s:%zu: %.60s: the size must be one of %s", path, line, written, ATTN_SIZES);
    }
    if (!is_name(key))
      attn_fail("%s:%zu: '%.60s' is no key: a letter, then letters, digits and '_'", path, line,
                key);
    if (*value == '\0')
      attn_fail("%s:%zu: the key '%s' has no value after '='", path, line, written);
    const entry *earlier = find(config, key, size);
    if (earlier != NULL)
      attn_fail("%s:%zu: the key '%s' is repeated; it stands at %s already", path, line, written,
                earlier->where);
    append(config, key, size, value, attn_text_format("%s:%zu", path, line));
    attn_free(written);
  }
  attn_free(text);
  if (config->count == 0)
    attn_fail("%s: is empty, expected lines of the form 'key = value'", path);
  return config;
}

void attn_config_size(attn_config *config, const char *size, const char *where) {
  size_t index, lines = 0;
  if (!attn_word_find(&index, size, ATTN_SIZES))
    attn_fail("%s: %.60s: the size must be one of %s", where, size, ATTN_SIZES);
  for (size_t i = 0; i < config->count; i++) {
    entry *sized = &config->entries[i];
    if (sized->size == NULL || strcmp(sized->size, size) != 0)
      continue;
    lines++;
    entry *base = find(config, sized->key, NULL);
    if (base == NULL) /* a key that is unknown or missing, as attn_config_apply will say */
      continue;
    /* the value that is not in force stays, to be checked */
    entry other = *base;
    base->value = sized->value;
    base->where = sized->where;
    sized->value = other.value;
    sized->where = other.where;
  }
  if (lines == 0)
    attn_fail("%s: %s: %s has no line for this size, 'key@%s = value'", where, size, config->source,
              size);
}

void attn_config_override(attn_config *config, const char *pairs, const char *where) {
  char *copy = attn_text_copy(pairs);
  char *rest = copy;
  for (char *pair; (pair = strtok_r(rest, " \t\n", &rest)) != NULL;) {
    char *sign = strchr(pair, '=');
    if (sign == NULL || sign[1] == '\0')
      attn_fail("%s: '%.60s' is not of the form key=value", where, pair);
    *sign = '\0';
    for (char *comma = sign + 1; *comma != '\0'; comma++)
      if (*comma == ',')
        *comma = ' ';
    entry *earlier = find(config, pair, NULL);
    if (earlier == NULL) {
      append(config, pair, NULL, sign + 1, attn_text_copy(where));
    } else {
      attn_free(earlier->value);
      attn_free(earlier->where);
      earlier->value = attn_text_copy(sign + 1);
      earlier->where = attn_text_copy(where);
    }
  }
  attn_free(copy);
}

static bool parse_number(const char *text, double *value) {
  char *end;
  /* strtod alone would take hexadecimal, "nan" and "inf" as well */
  if (text[strspn(text, "0123456789+-.eE")] != '\0')
    return false;
  *value = strtod(text, &end);
  return end != text && *end == '\0' && isfinite(*value);
}

static bool in_range(double x, const char *range) {
  char open, shut;
  double low, high;
  if (sscanf(range, "%c%lf,%lf%c", &open, &low, &high, &shut) != 4)
    attn_fail("the range '%s' of a key is not of the form [low, high)", range);
  return (open == '[' ? x >= low : x > low) && (shut == ']' ? x <= high : x < high);
}

static double checked_number(const attn_key *key, const char *text, const char *where) {
  double x;
  bool whole = key->kind == ATTN_KEY_COUNT || key->kind == ATTN_KEY_COUNTS;
  if (!parse_number(text, &x))
    attn_fail("%s: %s = %.60s: %s must be a number in %s", where, key->name, text, key->meaning,
              key->range);
  /* whole numbers up to 2^53 are exact in a double; sizes beyond have no use here */
  if (whole && (x != floor(x) || fabs(x) > 9007199254740992.0))
    attn_fail("%s: %s = %.60s: %s must be a whole number in %s", where, key->name, text,
              key->meaning, key->range);
  if (!in_range(x, key->range))
    attn_fail("%s: %s = %.60s: %s must lie in %s", where, key->name, text, key->meaning,
              key->range);
  return x;
}

static void list_add(attn_list *list, const attn_key *key, double x, const char *where) {
  if (list->count == ATTN_LIST_MAX)
    attn_fail("%s: %s: more than %d values", where, key->name, ATTN_LIST_MAX);
  list->value[list->count++] = x;
}

/* The point at a share in (0, 1) of the way; also where to / from or to - from overflows. */
static double grid_point(double from, double to, double share, bool logarithmic) {
  const double ratio = to / from, width = to - from;
  if (!logarithmic)
    return isfinite(width) ? from + width * share : from * (1 - share) + to * share;
  return isnormal(ratio) ? from * pow(ratio, share)
                         : exp(log(from) * (1 - share) + log(to) * share);
}

/* "from:to:count" or "from:to:count:log" */
static void list_add_grid(attn_list *list, const attn_key *key, const char *item,
                          const char *where) {
  char *copy = attn_text_copy(item);
  char *field[4] = {copy, NULL, NULL, NULL};
  size_t fields = 1;
  for (char *colon; fields < 4 && (colon = strchr(field[fields - 1], ':')) != NULL; fields++) {
    *colon = '\0';
    field[fields] = colon + 1;
  }
  double count = 0;
  bool logarithmic = fields == 4 && strcmp(field[3], "log") == 0;
  if (fields < 3 || (fields == 4 && !logarithmic) || !parse_number(field[2], &count) || count < 2 ||
      count > ATTN_LIST_MAX || count != floor(count))
    attn_fail("%s: %s = %.60s: a grid is written from:to:count or from:to:count:log with a count "
              "in [2, %d]",
              where, key->name, item, ATTN_LIST_MAX);
  double from = checked_number(key, field[0], where), to = checked_number(key, field[1], where);
  if (logarithmic && (from <= 0 || to <= 0))
    attn_fail("%s: %s = %.60s: a logarithmic grid needs ends above 0", where, key->name, item);
  for (size_t i = 0; i < (size_t)count; i++) {
    double share = (double)i / (count - 1);
    double x = i == 0 ? from : share == 1 ? to : grid_point(from, to, share, logarithmic);
    x = fmin(fmax(x, fmin(from, to)), fmax(from, to)); /* rounding leads out of no range */
    list_add(list, key, key->kind == ATTN_KEY_COUNTS ? round(x) : x, where);
  }
  attn_free(copy);
}

static void parse_list(const attn_key *key, const char *text, const char *where) {
  attn_list *list = key->value;
  char *copy = attn_text_copy(text);
  char *rest = copy;
  list->count = 0;
  for (char *item; (item = strtok_r(rest, " \t,", &rest)) != NULL;) {
    if (strchr(item, ':') != NULL)
      list_add_grid(list, key, item, where);
    else
      list_add(list, key, checked_number(key, item, where), where);
  }
  attn_free(copy);
  if (list->count == 0)
    attn_fail("%s: %s: %s needs at least one value", where, key->name, key->meaning);
}

void attn_key_parse(const attn_key *key, const char *text, const char *where) {
  size_t index;
  switch (key->kind) {
  case ATTN_KEY_REAL:
    *(double *)key->value = checked_number(key, text, where);
    return;
  case ATTN_KEY_COUNT:
    *(size_t *)key->value = (size_t)checked_number(key, text, where);
    return;
  case ATTN_KEY_LIST:
  case ATTN_KEY_COUNTS:
    parse_list(key, text, where);
    return;
  case ATTN_KEY_WORD:
    if (!attn_word_find(&index, text, key->range))
      attn_fail("%s: %s = %.60s: %s must be one of %s", where, key->name, text, key->meaning,
                key->range);
    attn_free(*(char **)key->value);
    *(char **)key->value = attn_text_copy(text);
    return;
  }
}

/* Gives the keys the values of the lines that are in force, or of those that are not. */
static void assign(const attn_config *config, const attn_key *keys, size_t count, bool in_force) {
  for (size_t e = 0; e < config->count; e++) {
    const entry *given = &config->entries[e];
    if ((given->size == NULL) != in_force)
      continue;
    size_t k = 0;
    while (k < count && strcmp(keys[k].name, given->key) != 0)
      k++;
    if (k == count) {
      char *known = attn_text_copy("");
      for (size_t i = 0; i < count; i++) {
        char *longer = attn_text_format("%s%s%s", known, i ? ", " : "", keys[i].name);
        attn_free(known);
        known = longer;
      }
      attn_fail("%s: %s = %.60s: no such key here; the keys are %s", given->where, given->key,
                given->value, known);
    }
    attn_key_parse(&keys[k], given->value, given->where);
  }
}

void attn_config_apply(const attn_config *config, const attn_key *keys, size_t count) {
  /* what is in force last, since it stays */
  assign(config, keys, count, false);
  assign(config, keys, count, true);
  for (size_t k = 0; k < count; k++)
    if (find(config, keys[k].name, NULL) == NULL)
      attn_fail("%s: the key '%s' is missing: %s, in %s", config->source, keys[k].name,
                keys[k].meaning, keys[k].range);
}

const char *attn_config_text(attn_config *config) {
  attn_free(config->text);
  config->text = attn_text_copy("");
  for (size_t i = 0; i < config->count; i++) {
    if (config->entries[i].size != NULL)
      continue;
    char *longer = attn_text_format("%s%s = %s\n", config->text, config->entries[i].key,
                                    config->entries[i].value);
    attn_free(config->text);
    config->text = longer;
  }
  return config->text;
}

void attn_config_free(attn_config *config) {
  if (config == NULL)
    return;
  for (size_t i = 0; i < config->count; i++) {
    attn_free(config->entries[i].key);
    attn_free(config->entries[i].value);
    attn_free(config->entries[i].where);
    attn_free(config->entries[i].size);
  }
  attn_free(config->entries);
  attn_free(config->text);
  attn_free(config);
}
