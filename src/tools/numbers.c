#include "numbers.h"

#include <stdlib.h>
#include <string.h>

#include "words.h"

void numbers_clear(number_list *list) {
  list->count = list->mentions = 0;
}

size_t numbers_add(number_list *list, const number_origin *from) {
  size_t i = 0;
  while (i < list->count &&
         (strcmp(list->at[i].stem, from->stem) != 0 ||
          strcmp(list->at[i].table, from->table) != 0 || strcmp(list->at[i].row, from->row) != 0 ||
          strcmp(list->at[i].column, from->column) != 0 ||
          strcmp(list->at[i].shown, from->shown) != 0))
    i++;
  if (i == list->count) {
    list->at = grown(list->at, list->count, sizeof *list->at);
    list->at[list->count++] = *from;
  }
  list->mentioned = grown(list->mentioned, list->mentions, sizeof *list->mentioned);
  list->mentioned[list->mentions++] = i + 1;
  return i + 1;
}

void numbers_forget_mentions(number_list *list) {
  list->mentions = 0;
}

static int by_size(const void *a, const void *b) {
  const size_t x = *(const size_t *)a, y = *(const size_t *)b;
  return (x > y) - (x < y);
}

const char *numbers_mentioned(number_list *list) {
  const char *text = "";
  if (list->mentions > 0)
    qsort(list->mentioned, list->mentions, sizeof *list->mentioned, by_size);
  for (size_t i = 0; i < list->mentions;) {
    size_t last = i;
    while (last + 1 < list->mentions && list->mentioned[last + 1] <= list->mentioned[last] + 1)
      last++;
    text = kept("%s%s%zu", text, *text ? ", " : "", list->mentioned[i]);
    if (list->mentioned[last] > list->mentioned[i])
      text = kept("%s–%zu", text, list->mentioned[last]);
    i = last + 1;
  }
  return text;
}
