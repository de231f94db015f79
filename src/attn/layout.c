#include "layout.h"

#include <math.h>
#include <string.h>

attn_layout *attn_layout_alloc(size_t n, size_t T, size_t N) {
  if (n == 0 || T == 0)
    attn_fail("a layout of %zu samples with %zu tokens each: both must be at least 1", n, T);
  if (n > SIZE_MAX / 64 / T)
    attn_fail("a layout of %zu samples with %zu tokens each: too many tokens to count", n, T);
  attn_layout *layout = attn_alloc(1, sizeof *layout);
  layout->n = n;
  layout->T = T;
  layout->N = N;
  layout->signal = attn_alloc(n * T * 2, sizeof *layout->signal);
  layout->noise = attn_alloc(n * T, sizeof *layout->noise);
  for (size_t e = 0; e < n * T; e++)
    layout->noise[e] = ATTN_NO_NOISE;
  return layout;
}

void attn_layout_free(attn_layout *layout) {
  if (layout == NULL)
    return;
  attn_free(layout->signal);
  attn_free(layout->noise);
  attn_free(layout);
}

const char *attn_layout_check(const attn_layout *layout) {
  static char sentence[160];
  for (size_t e = 0; e < layout->n * layout->T; e++) {
    const size_t i = e / layout->T, t = e % layout->T;
    if (layout->noise[e] != ATTN_NO_NOISE && layout->noise[e] >= layout->N) {
      snprintf(sentence, sizeof sentence,
               "token %zu of sample %zu has noise token %zu, but there are %zu, counted from 0", t,
               i, layout->noise[e], layout->N);
      return sentence;
    }
    for (size_t k = 0; k < 2; k++)
      if (!isfinite(layout->signal[2 * e + k])) {
        snprintf(sentence, sizeof sentence,
                 "token %zu of sample %zu has coefficient %g on mu_%zu: it must be finite", t, i,
                 layout->signal[2 * e + k], k + 1);
        return sentence;
      }
  }
  return NULL;
}

static void need_noise(const attn_layout *layout, size_t N, const char *what) {
  if (layout->N < N)
    attn_fail("%s layout of %zu samples with %zu tokens each needs %zu noise tokens, not %zu", what,
              layout->n, layout->T, N, layout->N);
}

void attn_layout_paper(attn_layout *layout, const unsigned char *k) {
  const size_t T = layout->T;
  need_noise(layout, layout->n * (T - 1), "the paper's");
  memset(layout->signal, 0, layout->n * T * 2 * sizeof *layout->signal);
  for (size_t i = 0; i < layout->n; i++) {
    layout->signal[2 * i * T + k[i]] = 1;
    layout->noise[i * T] = ATTN_NO_NOISE;
    for (size_t t = 1; t < T; t++)
      layout->noise[i * T + t] = i * (T - 1) + t - 1;
  }
}

void attn_layout_given(attn_layout *layout) {
  const size_t tokens = layout->n * layout->T;
  need_noise(layout, tokens, "a given");
  memset(layout->signal, 0, tokens * 2 * sizeof *layout->signal);
  for (size_t e = 0; e < tokens; e++)
    layout->noise[e] = e;
}

void attn_layout_gather(double *score, const attn_layout *layout, size_t i, const double *signal,
                        const double *noise) {
  const double *a = layout->signal + 2 * i * layout->T;
  const size_t *j = layout->noise + i * layout->T;
  for (size_t t = 0; t < layout->T; t++) {
    score[t] = a[2 * t] * signal[0] + a[2 * t + 1] * signal[1];
    if (j[t] != ATTN_NO_NOISE)
      score[t] += noise[j[t]];
  }
}

void attn_layout_scatter(double *signal, double *noise, const attn_layout *layout, size_t i,
                         const double *token) {
  const double *a = layout->signal + 2 * i * layout->T;
  const size_t *j = layout->noise + i * layout->T;
  for (size_t t = 0; t < layout->T; t++) {
    signal[0] += a[2 * t] * token[t];
    signal[1] += a[2 * t + 1] * token[t];
    if (j[t] != ATTN_NO_NOISE)
      noise[j[t]] += token[t];
  }
}
