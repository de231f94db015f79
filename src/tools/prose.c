#include "prose.h"

#include <string.h>

/* A directive that stands in a line of text. */
static void weave_inline(weaver *w, const char *text) {
  arguments a = split_arguments(w, text);
  const char *name = a.count ? a.word[0] : "";
  if (strcmp(name, "value") == 0)
    weave_value(w, &a);
  else if (strcmp(name, "claim") == 0)
    weave_claim(w, &a);
  else {
    const char *const blocks[] = {"code", "table", "figure", "claims", "verdicts", "experiments"};
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++)
      if (strcmp(name, blocks[b]) == 0)
        fail_here(w, "{{%s ...}} must stand alone on its line", name);
    fail_here(w, "unknown directive {{%s}}; 'weave --help' lists them", beginning(text));
  }
}

size_t run_of(const char *text, char c) {
  size_t size = 0;
  while (text[size] == c)
    size++;
  return size;
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
  if (strncmp(anchor, "#claim-", 7) == 0 || (size == 0 && !has_anchor(c, anchor + 1, length - 1)))
    fprintf(w->stream, "](%.*s", (int)length, anchor);
  else if (*anchor == '#' && has_anchor(c, anchor + 1, length - 1))
    fprintf(w->stream, "](#%s-%.*s", c->stem, (int)length - 1, anchor + 1);
  else
    fprintf(w->stream, "](#chapter-%s", c->stem);
  return 2 + size + (*anchor == '#' ? length : 0);
}

/* A paragraph, or a line of one; counts its lines. Code spans are left alone. */
void weave_text(weaver *w, const char *text) {
  while (*text != '\0') {
    if (*text == '`') {
      size_t ticks = run_of(text, '`'), size = ticks;
      for (const char *at = text + ticks; (at = strchr(at, '`')) != NULL;) {
        size_t closing = run_of(at, '`');
        at += closing;
        if (closing == ticks) {
          size = (size_t)(at - text);
          break;
        }
      }
      for (size_t i = 0; i < size; i++)
        w->line += text[i] == '\n';
      fwrite(text, 1, size, w->stream);
      text += size;
    } else if (strncmp(text, "{{", 2) == 0) {
      const char *end = strstr(text, "}}");
      if (end == NULL)
        fail_here(w, "'%s' is not closed by }} in its paragraph", beginning(text));
      const char *inside = kept("%.*s", (int)(end - text - 2), text + 2);
      weave_inline(w, inside);
      for (; text < end + 2; text++)
        w->line += *text == '\n';
    } else {
      size_t taken = w->book ? weave_for_book(w, text) : 0;
      if (taken == 0) {
        w->line += *text == '\n';
        fputc(*text, w->stream);
        taken = 1;
      }
      text += taken;
    }
  }
}

/* The text with its inline directives replaced, in the given style. */
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
