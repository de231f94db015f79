/* words: small helpers of the companion's tools: texts that live to the end, numbers as people read
 * them, lines of bounded width. */
#ifndef WORDS_H
#define WORDS_H

#include "base.h"

/* Hands a text over to the program's end, so that pieces of pages need no owner. */
char *keep(char *text);
/* attn_text_format, kept. */
#define kept(...) keep(attn_text_format(__VA_ARGS__))

/* A growing text. */
typedef struct {
  char *text; /* always ends with a NUL once something was added */
  size_t size, room;
} words;
void words_add(words *w, const char *text);
void words_add_part(words *w, const char *text, size_t size);

/* items, an array of count, in a new place with room for one more at its end, of zero bytes. */
void *grown(void *items, size_t count, size_t size);

/* How often c stands at the start of text. */
size_t run_of(const char *text, char c);
/* The bytes of the code span that text begins with. */
size_t code_span_size(const char *text);
/* The bytes of the formula that text begins with, by pandoc's rules: $$...$$, or from a dollar to
 * the next with no blank inside them and no digit behind; 0 when it is none. */
size_t formula_size(const char *text);

/* Cuts blanks and newlines off both ends, in place. */
char *trimmed(char *text);
/* True for a text made of the given characters alone, at least one. */
bool made_of(const char *text, const char *allowed);
/* The text as a number: true only when all of it is one. */
bool as_number(const char *text, double *x);

typedef enum { WORDS_PLAIN, WORDS_HTML, WORDS_LATEX } words_style;

/* Pandoc Markdown that shows text as it is. */
char *escaped(const char *text);

/* Markdown with its math as a terminal shows it: "$\\rho \\ge \\sqrt{d/n}$" is "rho >= sqrt(d/n)". */
char *plain_text(const char *markdown);

/* x by a printf format with one conversion of the kinds d e f g, of at most 99 places and digits, and
 * any text around it; NULL means whole numbers as they are and others by %.4g. Not-a-number is an en dash. HTML and LaTeX get
 * Markdown with a real minus and powers of ten. Returns NULL when the format is not of this kind. */
char *number_text(const char *format, double x, words_style style);

/* Seconds as people say them, rounded so that two runs say the same: "40 s", "3 min". */
char *duration_text(double seconds);

/* Characters of a UTF-8 text. */
size_t text_width(const char *text);

enum { PAGE_WIDTH = 80 };

/* Prints label, padded to indent, and text folded at blanks into at most lines lines of at most
 * PAGE_WIDTH characters; what does not fit ends in "...". */
void print_folded(FILE *stream, const char *label, size_t indent, const char *text, size_t lines);

#endif
