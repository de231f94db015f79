/* typed: finds numbers typed into a chapter's prose. In these pages a measurement is a reference to a
 * result and a parameter one to the configuration, so that neither can differ from what was run. */
#ifndef TYPED_H
#define TYPED_H

#include "base.h"

/* The first number in a paragraph of Markdown that looks like a measurement or a parameter, NULL when
 * there is none; *line receives the newlines before it. Left alone are
 *   code, directives, targets of links, footnotes, attributes and tags;
 *   in formulas all but decimals of three and more digits;
 *   whole numbers of one digit without a per cent sign, and numbers that count a list's items or a
 *   table's rows;
 *   what counts pages or names things: after Theorem, Section, arXiv and the like; years; a volume
 *   before its year; digits that belong to a word (log10, C17, 2nd). */
const char *typed_number(const char *text, size_t *line);

#endif
