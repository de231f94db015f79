/* prose: running text: directives inside a line, what must be left alone (code and formulas), and
 * the links and names that change when chapters become one book. */
#ifndef PROSE_H
#define PROSE_H

#include "weaver.h"

/* Writes a paragraph, or a line of one, with its directives replaced; counts its lines. Code spans
 * and formulas are left alone, but for parameters in a formula. */
void weave_text(weaver *w, const char *text);

/* The same as a text in the given style; the weaver stays where it is. */
char *woven(weaver *w, const char *text, words_style style);

/* Fails at the first number that is typed into a paragraph (typed). */
void check_typed(weaver *w, const char *text);

#endif
