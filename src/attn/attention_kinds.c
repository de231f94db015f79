#include "attention_kinds.h"

#include <math.h>

#include "base.h"

attn_attention_kind attn_attention_kind_of(const char *word) {
  size_t kind;
  if (!attn_word_find(&kind, word, ATTN_ATTENTION_WORDS))
    attn_fail("'%s' is no kind of attention; the kinds are " ATTN_ATTENTION_WORDS, word);
  return (attn_attention_kind)kind;
}

static double mean(const double *x, size_t T) {
  double sum = 0;
  for (size_t t = 0; t < T; t++)
    sum += x[t];
  return sum / (double)T;
}

static double largest(const double *x, size_t T) {
  double most = x[0];
  for (size_t t = 1; t < T; t++)
    most = fmax(most, x[t]);
  return most;
}

static double dot(const double *x, const double *y, size_t T) {
  double sum = 0;
  for (size_t t = 0; t < T; t++)
    sum += x[t] * y[t];
  return sum;
}

/* Softmax with weights that sum to share. */
static void softmax(double *s, const double *b, size_t T, double share) {
  const double top = largest(b, T);
  double sum = 0;
  for (size_t t = 0; t < T; t++)
    sum += s[t] = exp(b[t] - top);
  for (size_t t = 0; t < T; t++)
    s[t] *= share / sum;
}

/* s (r - sum s r / share), the contracted Jacobian of that. */
static void softmax_pull(double *db, const double *r, const double *s, size_t T, double share) {
  const double f = dot(s, r, T) / share;
  for (size_t t = 0; t < T; t++)
    db[t] = s[t] * (r[t] - f);
}

/* The threshold tau for which max(b - tau, 0) sums to one. The sum falls in tau, and it is linear
 * between scores: with the scores above tau known, tau = (their sum - 1) / their number. */
static double sparsemax_threshold(const double *b, size_t T) {
  double tau = largest(b, T) - 1; /* a lower bound, since the largest alone gives one there */
  for (size_t round = 0; round <= T; round++) {
    double sum = 0;
    size_t count = 0;
    for (size_t t = 0; t < T; t++)
      if (b[t] > tau) {
        sum += b[t];
        count++;
      }
    const double next = (sum - 1) / (double)count;
    if (!(next > tau)) /* no score left the support */
      break;
    tau = next;
  }
  return tau;
}

void attn_attention_weights(double *s, const double *b, size_t T, const attn_attention *attention) {
  const double share = 1 / (double)T;
  switch (attention->kind) {
  case ATTN_SOFTMAX:
    softmax(s, b, T, 1);
    break;
  case ATTN_LINEAR: {
    const double middle = mean(b, T);
    for (size_t t = 0; t < T; t++)
      s[t] = share * (1 + b[t] - middle);
    break;
  }
  case ATTN_LOCAL:
    for (size_t t = 0, size; t < T; t += size) {
      size = T - t < attention->window ? T - t : attention->window;
      softmax(s + t, b + t, size, share * (double)size);
    }
    break;
  case ATTN_SIGMOID:
    for (size_t t = 0; t < T; t++)
      s[t] = 1 / (1 + (double)(T - 1) * exp(-b[t]));
    break;
  case ATTN_SPARSEMAX: {
    const double tau = sparsemax_threshold(b, T);
    for (size_t t = 0; t < T; t++)
      s[t] = fmax(b[t] - tau, 0);
    break;
  }
  case ATTN_HARD: {
    const double top = largest(b, T);
    size_t ties = 0;
    for (size_t t = 0; t < T; t++)
      ties += b[t] == top;
    for (size_t t = 0; t < T; t++)
      s[t] = b[t] == top ? 1 / (double)ties : 0;
    break;
  }
  }
}

void attn_attention_pull(double *db, const double *r, const double *s, const double *b, size_t T,
                         const attn_attention *attention) {
  const double share = 1 / (double)T;
  switch (attention->kind) {
  case ATTN_SOFTMAX:
    softmax_pull(db, r, s, T, 1);
    break;
  case ATTN_LINEAR: {
    const double middle = mean(r, T);
    for (size_t t = 0; t < T; t++)
      db[t] = share * (r[t] - middle);
    break;
  }
  case ATTN_LOCAL:
    for (size_t t = 0, size; t < T; t += size) {
      size = T - t < attention->window ? T - t : attention->window;
      softmax_pull(db + t, r + t, s + t, size, share * (double)size);
    }
    break;
  case ATTN_SIGMOID:
    for (size_t t = 0; t < T; t++)
      db[t] = s[t] * (1 - s[t]) * r[t];
    break;
  case ATTN_SPARSEMAX: {
    double sum = 0;
    size_t count = 0;
    for (size_t t = 0; t < T; t++)
      if (s[t] > 0) {
        sum += r[t];
        count++;
      }
    for (size_t t = 0; t < T; t++)
      db[t] = s[t] > 0 ? r[t] - sum / (double)count : 0;
    break;
  }
  case ATTN_HARD:
    softmax(db, b, T, 1); /* its weights, in place of s */
    softmax_pull(db, r, db, T, 1);
    break;
  }
}
