#include "attention.h"

#include <math.h>

//@begin forward
double attn_attention_forward(double *s, const double *b, const double *g, size_t T) {
  double largest = b[0], sum = 0, f = 0;
  for (size_t t = 1; t < T; t++)
    if (b[t] > largest)
      largest = b[t];
  for (size_t t = 0; t < T; t++) {
    const double below = b[t] - largest;
    sum += s[t] = below == 0 ? 1 : exp(below); /* one exp less: of two tokens, half of them */
  }
  for (size_t t = 0; t < T; t++) {
    s[t] /= sum;
    f += s[t] * g[t];
  }
  return f;
}
//@end forward

//@begin backward
void attn_attention_backward(double *dg, double *db, const double *s, const double *g, double f,
                             double w, size_t T) {
  for (size_t t = 0; t < T; t++) {
    dg[t] = w * s[t];              /* f = sum_t s_t g_t */
    db[t] = w * s[t] * (g[t] - f); /* s = softmax(b) */
  }
}
//@end backward
