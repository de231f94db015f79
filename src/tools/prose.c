#include "prose.h"

#include "blocks.h"
#include "typed.h"

#include <string.h>

/* A directive that stands in a line of text. */
static void weave_inline(weaver *w, const char *text) {
  arguments a = split_arguments(w, text);
  const char *name = a.count ? a.word[0] : "";
  if (strcmp(name, "value") == 0)
    weave_value(w, &a);
  else if (strcmp(name, "claim") == 0)
    weave_claim(w, &a);
  else if (strcmp(name, "setting") == 0)
    weave_setting(w, &a);
  else if (strcmp(name, "typed") == 0)
    weave_typed(w, &a);
  else if (strcmp(name, "counts") == 0 && a.count == 1)
    weave_counts(w);
  else {
    if (is_block(name))
      fail_here(w, "{{%s ...}} must stand alone on its line", name);
    fail_here(w, "unknown directive {{%s}}; 'weave --help' lists them", beginning(text));
  }
}

/* Whether the chapter's body gives a heading the identifier at the start of text. */
static bool has_anchor(const chapter *c, const char *text, size_t size) {
  const char *mark = kept("{#%.*s", (int)size, text);
  for (const char *at = c->body; (at = strstr(at, mark)) != NULL; at++)
    if (strchr("} ", at[size + 2]) != NULL)
      return true;
  return false;
}

/* In the book all chapters share one name space: their footnotes and the identifiers that they give
 * to headings get the stem in front, and links between pages become links inside the book. Returns
 * the bytes of text that were replaced. */
static size_t weave_for_book(weaver *w, const char *text) {
  if (strncmp(text, "[^", 2) == 0) {
    fprintf(w->stream, "[^%s-", w->c->stem);
    return 2;
  }
  if (strncmp(text, "{#", 2) == 0) {
    fprintf(w->stream, "{#%s-", w->c->stem);
    return 2;
  }
  if (strncmp(text, "](", 2) != 0)
    return 0;
  size_t size = strcspn(text + 2, ")# \n");
  const chapter *c = w->c;
  if (size > 5 && strncmp(text + 2 + size - 5, ".html", 5) == 0)
    c = chapters_find(w->all, kept("%.*s", (int)size - 5, text + 2));
  else if (size > 0)
    return 0;
  const char *anchor = text + 2 + size;
  size_t length = strcspn(anchor, ") \n");
  if (c == NULL || (size == 0 && *anchor != '#'))
    return 0;
  if (strncmp(anchor, "#claim-", 7) == 0 || strncmp(anchor, "#statement-", 11) == 0 ||
      (size == 0 && !has_anchor(c, anchor + 1, length - 1)))
    fprintf(w->stream, "](%.*s", (int)length, anchor);
  else if (*anchor == '#' && has_anchor(c, anchor + 1, length - 1))
    fprintf(w->stream, "](#%s-%.*s", c->stem, (int)length - 1, anchor + 1);
  else
    fprintf(w->stream, "](#chapter-%s", c->stem);
  return 2 + size + (*anchor == '#' ? length : 0);
}

static size_t weave_directive(weaver *w, const char *text) {
  const char *end = strstr(text, "}}");
  if (end == NULL)
    fail_here(w, "'%s' is not closed by }} in its paragraph", beginning(text));
  weave_inline(w, kept("%.*s", (int)(end - text - 2), text + 2));
  return (size_t)(end + 2 - text);
}

/* A formula holds no links, and a number of the text is a link to its data; a parameter may stand
 * there as a bare number. */
static void weave_formula(weaver *w, const char *text, size_t size) {
  const char *end = text + size;
  const size_t line = w->line;
  while (text < end) {
    const char *inside = strstr(text, "{{");
    if (inside == NULL || inside > end)
      inside = end;
    for (; text < inside; text++) {
      fputc(*text, w->stream);
      w->line += *text == '\n';
    }
    if (inside == end)
      break;
    if (strncmp(inside, "{{setting ", 10) != 0 && strncmp(inside, "{{typed ", 8) != 0)
      fail_here(w,
                "'%s' stands in a formula, which holds no directive but {{setting ...}}: end the "
                "formula before it, or write '{ {' for TeX's own braces",
                beginning(inside));
    w->math = true;
    text += weave_directive(w, inside);
    w->math = false;
  }
  w->line = line; /* the caller counts */
}

/* Prose holds no typed number. */
void check_typed(weaver *w, const char *text) {
  size_t lines;
  const char *number = typed_number(text, &lines);
  if (number == NULL)
    return;
  w->line += lines;
  fail_here(w,
            "the number %s is typed; a measured one is {{value ...}} or {{claim ...}}, a parameter "
            "{{setting STEM KEY}}, any other {{typed \"%s\"}}",
            number, number);
}

void weave_text(weaver *w, const char *text) {
  while (*text != '\0') {
    size_t taken = 0, copied = 0;
    if (*text == '`')
      copied = code_span_size(text);
    else if (*text == '\\' && text[1] != '\0' && strchr("\\$`", text[1]) != NULL)
      copied = 2;
    else if (*text == '$' && formula_size(text) > 0) {
      taken = formula_size(text);
      weave_formula(w, text, taken);
    } else if (strncmp(text, "{{", 2) == 0)
      taken = weave_directive(w, text);
    else if (w->book)
      taken = weave_for_book(w, text);
    if (taken == 0) {
      taken = copied > 0 ? copied : 1;
      fwrite(text, 1, taken, w->stream);
    }
    for (; taken > 0; taken--)
      w->line += *text++ == '\n';
  }
}

char *woven(weaver *w, const char *text, words_style style) {
  FILE *stream = w->stream;
  words_style before = w->style;
  size_t line = w->line;
  char *memory = NULL;
  size_t size;
  w->style = style;
  w->stream = open_memstream(&memory, &size);
  if (w->stream == NULL)
    attn_fail("out of memory");
  weave_text(w, text);
  fclose(w->stream);
  w->stream = stream;
  w->style = before;
  w->line = line;
  return keep(memory);
}
