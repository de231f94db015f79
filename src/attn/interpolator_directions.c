#include "interpolator_directions.h"

#include <string.h>

enum { ROOM = ATTN_MAXMARGIN_STARTS + 1 };

attn_interpolator_directions *attn_interpolator_directions_alloc(size_t n, size_t T) {
  attn_interpolator_directions *s = attn_alloc(1, sizeof *s);
  s->n = n;
  s->N = n * (T - 1);
  s->margin = attn_alloc(ROOM, sizeof *s->margin);
  s->sigma = attn_alloc((ROOM + 1) * n, 1); /* the last is the one tried */
  s->direction = attn_alloc(ROOM * (2 + s->N), sizeof *s->direction);
  s->a = attn_alloc(n, sizeof *s->a);
  s->b = attn_alloc(s->N, sizeof *s->b);
  return s;
}

void attn_interpolator_directions_free(attn_interpolator_directions *s) {
  if (s == NULL)
    return;
  void *const parts[] = {s->margin, s->sigma, s->direction, s->a, s->b, s};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    attn_free(parts[i]);
}

static bool is_held(const attn_interpolator_directions *s, const unsigned char *sigma) {
  for (size_t i = 0; i < s->count; i++)
    if (memcmp(s->sigma + i * s->n, sigma, s->n) == 0)
      return true;
  return false;
}

/* Moves the selections from place on one place down. */
static void make_room(attn_interpolator_directions *s, size_t place) {
  const size_t moved = s->count - place, size = 2 + s->N;
  memmove(s->margin + place + 1, s->margin + place, moved * sizeof *s->margin);
  memmove(s->sigma + (place + 1) * s->n, s->sigma + place * s->n, moved * s->n);
  memmove(s->direction + (place + 1) * size, s->direction + place * size,
          moved * size * sizeof *s->direction);
}

/* Holds sigma in order of the margins, if it is to be held. */
static void hold(attn_interpolator_directions *s, const unsigned char *sigma,
                 const attn_maxmargin_set *set, attn_maxmargin_workspace *w) {
  attn_svm_result value, attention;
  if (is_held(s, sigma) || attn_maxmargin_value(s->a, &value, sigma, set, w) != ATTN_SVM_OK ||
      attn_maxmargin_attention(s->b, &attention, sigma, set, w) != ATTN_SVM_OK)
    return;
  size_t place = 0;
  while (place < s->count && s->margin[place] >= value.margin_low)
    place++;
  make_room(s, place);
  double *direction = s->direction + place * (2 + s->N);
  s->margin[place] = value.margin_low;
  memcpy(s->sigma + place * s->n, sigma, s->n);
  attn_maxmargin_attention_weights(direction, direction + 2, s->b, sigma, set->labels);
  s->count++;
}

size_t attn_interpolator_directions_find(attn_interpolator_directions *s,
                                         const attn_maxmargin_set *set,
                                         attn_maxmargin_workspace *w) {
  unsigned char *sigma = s->sigma + ROOM * s->n;
  if (set->labels->n != s->n || set->labels->N != s->N)
    attn_fail("these directions are for n = %zu, N = %zu, the training set has n = %zu, N = %zu",
              s->n, s->N, set->labels->n, set->labels->N);
  s->count = 0;
  attn_maxmargin_best(sigma, s->climbed, 0, NULL, set, w);
  hold(s, sigma, set, w);
  for (size_t c = 0; s->count > 0 && c < ATTN_MAXMARGIN_STARTS; c++) {
    attn_maxmargin_start(sigma, c, set);
    hold(s, sigma, set, w);
  }
  return s->count;
}
