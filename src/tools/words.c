#include "words.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

char *keep(char *text) {
  static struct kept_text {
    struct kept_text *next;
    char *text;
  } * first; /* reachable to the end, so that leak checkers stay quiet */
  struct kept_text *link = attn_alloc(1, sizeof *link);
  *link = (struct kept_text){first, text};
  first = link;
  return text;
}

void words_add_part(words *w, const char *text, size_t size) {
  if (w->size + size + 1 > w->room) {
    size_t room = 2 * (w->size + size + 64);
    char *wider = attn_alloc(room, 1);
    if (w->size > 0)
      memcpy(wider, w->text, w->size);
    attn_free(w->text);
    w->text = wider;
    w->room = room;
  }
  memcpy(w->text + w->size, text, size);
  w->size += size;
  w->text[w->size] = '\0';
}

void words_add(words *w, const char *text) {
  words_add_part(w, text, strlen(text));
}

void *grown(void *items, size_t count, size_t size) {
  void *more = attn_alloc(count + 1, size);
  if (count > 0)
    memcpy(more, items, count * size);
  attn_free(items);
  return more;
}

size_t run_of(const char *text, char c) {
  size_t size = 0;
  while (text[size] == c)
    size++;
  return size;
}

size_t code_span_size(const char *text) {
  size_t ticks = run_of(text, '`');
  for (const char *at = text + ticks; (at = strchr(at, '`')) != NULL;) {
    size_t closing = run_of(at, '`');
    at += closing;
    if (closing == ticks)
      return (size_t)(at - text);
  }
  return ticks;
}

size_t formula_size(const char *text) {
  const char *blanks = " \t\n", *digits = "0123456789";
  const size_t dollars = text[1] == '$' ? 2 : 1;
  if (dollars == 1 && strchr(blanks, text[1]) != NULL)
    return 0;
  for (const char *at = text + dollars; *at != '\0'; at++) {
    if (*at == '\\' && at[1] != '\0')
      at++;
    else if (*at == '$' && dollars == 1)
      return strchr(blanks, at[-1]) != NULL || (at[1] != '\0' && strchr(digits, at[1]) != NULL)
                 ? 0
                 : (size_t)(at + 1 - text);
    else if (strncmp(at, "$$", 2) == 0) /* of a display */
      return (size_t)(at + 2 - text);
  }
  return 0;
}

char *trimmed(char *text) {
  text += strspn(text, " \t\n");
  size_t size = strlen(text);
  while (size > 0 && strchr(" \t\n", text[size - 1]) != NULL)
    text[--size] = '\0';
  return text;
}

bool made_of(const char *text, const char *allowed) {
  return *text != '\0' && text[strspn(text, allowed)] == '\0';
}

bool as_number(const char *text, double *x) {
  char *end;
  *x = strtod(text, &end);
  return end != text && *end == '\0';
}

char *escaped(const char *text) {
  words w = {0};
  words_add(&w, "");
  for (; *text != '\0'; text++) {
    if (strchr("\\`*_{}[]<>#|$^~\"'@&", *text) != NULL)
      words_add(&w, "\\");
    words_add_part(&w, text, 1);
  }
  return keep(w.text);
}

/* A command of TeX, without its backslash, as plain text; its own name when it is not in the list. */
static const char *plain_command(const char *name) {
  static const struct {
    const char *name, *text;
  } known[] = {{"ge", ">="},    {"geq", ">="},   {"le", "<="},         {"leq", "<="},
               {"ne", "!="},    {"neq", "!="},   {"approx", "~"},      {"cdot", "*"},
               {"times", "x"},  {"to", "->"},    {"pm", "+-"},         {"infty", "inf"},
               {"top", "T"},    {"in", "in"},    {"text", ""},         {"mathrm", ""},
               {"mathbb", ""},  {"mathcal", ""}, {"left", ""},         {"right", ""},
               {"quad", " "},   {"qquad", " "},  {"operatorname", ""}, {"langle", "<"},
               {"rangle", ">"}, {"lVert", "|"},  {"rVert", "|"}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(known[i].name, name) == 0)
      return known[i].text;
  return name;
}

char *plain_text(const char *markdown) {
  words w = {0};
  words_add(&w, "");
  enum { DEEPEST = 32 };
  bool math = false, round[DEEPEST] = {false};
  size_t depth = 0;
  for (const char *at = markdown; *at != '\0'; at++) {
    if (*at == '$') {
      math = !math;
    } else if (!math && strncmp(at, "](", 2) == 0) { /* the target of a link */
      size_t size = strcspn(at, ")");
      at += at[size] == ')' ? size : size - 1;
    } else if (*at == '\\' && math && isalpha((unsigned char)at[1])) {
      size_t size = 1;
      while (isalpha((unsigned char)at[size + 1]))
        size++;
      const char *name = kept("%.*s", (int)size, at + 1), *text = plain_command(name);
      words_add(&w, text);
      at += size;
      if (at[1] == '{' && depth < DEEPEST) { /* an argument, in brackets where a name stays */
        round[depth++] = *text != '\0';
        words_add(&w, *text != '\0' ? "(" : "");
        at++;
      } else if (*text == '\0' || text != name)
        at += at[1] == ' ' && w.size > 0 && w.text[w.size - 1] == ' ';
    } else if (*at == '\\' && at[1] != '\0') {
      if (strchr(math ? ",;:! " : "", *++at) == NULL)
        words_add_part(&w, at, 1);
    } else if (math && *at == '{' && depth < DEEPEST) {
      round[depth++] = false;
    } else if (math && *at == '}' && depth > 0) {
      words_add(&w, round[--depth] ? ")" : "");
      if (at[1] == '{' && depth < DEEPEST) { /* \frac{a}{b} */
        words_add(&w, "/(");
        round[depth++] = true;
        at++;
      }
    } else if (math || strchr("*`[", *at) == NULL)
      words_add_part(&w, at, 1);
  }
  return keep(w.text);
}

static char *styled_number(const char *printed, double x, words_style style) {
  if (style == WORDS_PLAIN)
    return kept("%s", printed);
  if (isinf(x))
    return kept(style == WORDS_HTML ? "%s∞" : "$%s\\infty$", x > 0                 ? ""
                                                             : style == WORDS_HTML ? "−"
                                                                                   : "-");
  const char *exponent = strpbrk(printed, "eE");
  int mantissa = exponent ? (int)(exponent - printed) : (int)strlen(printed);
  const char *power = exponent ? exponent + 1 : "";
  bool small = *power == '-';
  power += strspn(power, "+-");
  while (power[0] == '0' && power[1] != '\0')
    power++;
  if (style == WORDS_LATEX)
    return exponent ? kept("$%.*s\\times 10^{%s%s}$", mantissa, printed, small ? "-" : "", power)
                    : kept("$%s$", printed);
  const char *sign = *printed == '-' ? "−" : "";
  if (*sign != '\0') {
    printed++;
    mantissa--;
  }
  return exponent ? kept("%s%.*s×10^%s%s^", sign, mantissa, printed, small ? "−" : "", power)
                  : kept("%s%s", sign, printed);
}

/* The text of a format outside its conversion: "%%" is a percent sign. */
static char *literal_text(const char *from, const char *to, words_style style) {
  words w = {0};
  words_add(&w, "");
  for (; from < to; from++) {
    words_add_part(&w, from, 1);
    from += *from == '%';
  }
  keep(w.text);
  return style == WORDS_PLAIN ? w.text : escaped(w.text);
}

char *number_text(const char *format, double x, words_style style) {
  if (format == NULL)
    format = x == floor(x) && fabs(x) < 1e7 ? "%.0f" : "%.4g";
  const char *start = format, *end = format + strlen(format);
  while (start < end && (*start != '%' || start[1] == '%'))
    start += *start == '%' ? 2 : 1;
  if (start >= end)
    return NULL;
  const char *kind = start + 1;
  kind += strspn(kind, "+- 0#");
  const size_t width = strspn(kind, "0123456789");
  kind += width;
  const size_t precision = *kind == '.' ? strspn(kind + 1, "0123456789") : 0;
  kind += *kind == '.' ? 1 + precision : 0;
  if (*kind == '\0' || strchr("defg", *kind) == NULL || kind - start > 12 || width > 2 ||
      precision > 2)
    return NULL;
  for (const char *rest = kind + 1; rest < end; rest++)
    if (*rest == '%' && *++rest != '%')
      return NULL;
  if (isnan(x))
    return kept("–");
  char *conversion = *kind == 'd' ? kept("%.*s.0f", (int)(kind - start), start)
                                  : kept("%.*s", (int)(kind + 1 - start), start);
  if (*kind == 'd' && strchr(start, '.') != NULL && strchr(start, '.') < kind)
    return NULL;
  int size = snprintf(NULL, 0, conversion, x);
  char *printed = keep(attn_alloc((size_t)size + 1, 1));
  snprintf(printed, (size_t)size + 1, conversion, x);
  return kept("%s%s%s", literal_text(format, start, style),
              styled_number(trimmed(printed), x, style), literal_text(kind + 1, end, style));
}

char *duration_text(double seconds) {
  if (!(seconds >= 0))
    return kept("–");
  if (seconds < 1)
    return kept("under 1 s");
  double unit = seconds < 90 ? 1 : seconds < 5400 ? 60 : 3600, count = seconds / unit;
  double grain = count < 10 ? 1 : 10;
  return kept("%.0f %s", fmax(grain, grain * round(count / grain)),
              unit < 2    ? "s"
              : unit < 61 ? "min"
                          : "h");
}

size_t text_width(const char *text) {
  size_t width = 0;
  for (; *text != '\0'; text++)
    width += ((unsigned char)*text & 0xC0U) != 0x80U;
  return width;
}

/* Bytes of the first width characters. */
static size_t bytes_of(const char *text, size_t width) {
  size_t at = 0;
  while (text[at] != '\0' && (((unsigned char)text[at] & 0xC0U) == 0x80U || width-- > 0))
    at++;
  return at;
}

void print_folded(FILE *stream, const char *label, size_t indent, const char *text, size_t lines) {
  const size_t width = PAGE_WIDTH - indent;
  fprintf(stream, "%s%*s", label,
          (int)(indent > text_width(label) ? indent - text_width(label) : 0), "");
  for (size_t line = 1;; line++) {
    text += strspn(text, " ");
    size_t take = bytes_of(text, width);
    bool fits = text[take] == '\0';
    if (!fits && line == lines) {
      take = bytes_of(text, width - 3);
      size_t cut = take;
      while (cut > 0 && text[cut] != ' ')
        cut--;
      while (cut > 0 && text[cut - 1] == ' ')
        cut--;
      fprintf(stream, "%.*s...\n", (int)(cut ? cut : take), text);
      return;
    }
    if (!fits && text[take] != ' ') {
      size_t cut = take;
      while (cut > 0 && text[cut - 1] != ' ')
        cut--;
      take = cut ? cut : take; /* a word wider than the line is broken */
    }
    size_t shown = take;
    while (shown > 0 && text[shown - 1] == ' ')
      shown--;
    fprintf(stream, "%.*s\n", (int)shown, text);
    text += take;
    if (text[strspn(text, " ")] == '\0')
      return;
    fprintf(stream, "%*s", (int)indent, "");
  }
}
