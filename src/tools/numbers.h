/* numbers: the numbers of a chapter's text, each listed once at the chapter's end with its data row,
 * source line, seed and command, so that a number in a line needs no more than a link. */
#ifndef NUMBERS_H
#define NUMBERS_H

#include "base.h"

typedef struct {
  const char *stem, *table, *row, *column; /* the cell */
  const char *source;                      /* "src/claims/exp.c:5" or "" */
  const char *shown;                       /* as the text shows it: Markdown */
} number_origin;

typedef struct {
  size_t count;
  number_origin *at; /* [count], number i + 1 is at[i] */
  size_t mentions;
  size_t *mentioned; /* [mentions] by the paragraph at hand */
} number_list;

/* A chapter begins. */
void numbers_clear(number_list *list);
/* The number under which the list has this one, which is mentioned here. */
size_t numbers_add(number_list *list, const number_origin *from);

/* A paragraph begins; and, at its end, the numbers that it mentioned: "3, 7–9", "" for none. */
void numbers_forget_mentions(number_list *list);
const char *numbers_mentioned(number_list *list);

#endif
