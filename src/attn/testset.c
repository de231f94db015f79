#include "testset.h"

#include <string.h>

#include "attention.h"
#include "tokens.h"

enum { BLOCK_BYTES = 1 << 24 };

void attn_testset_accuracy(double *clean, double *given, const double *theta, size_t count,
                           const attn_data_param *param, size_t samples, gsl_rng *rng) {
  const size_t T = param->T;
  size_t block = BLOCK_BYTES / sizeof(double) / (param->d * (T - 1)) + 1;
  if (block > samples)
    block = samples;
  attn_labels *labels = attn_labels_alloc(block, T);
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_DENSE, labels->N, param->d, param->rho, 0);
  const size_t m = 2 * count, N = labels->N;
  double *signal = attn_alloc(m * 2, sizeof *signal); /* [count][v, p][k] */
  double *noise = attn_alloc(m * N, sizeof *noise);   /* [count][v, p][N] */
  double *row = attn_alloc(3 * T, sizeof *row);
  memset(clean, 0, count * sizeof *clean);
  memset(given, 0, count * sizeof *given);
  for (size_t done = 0; done < samples; done += block) {
    const size_t here = samples - done < block ? samples - done : block;
    attn_labels_draw(labels, param->eta, rng);
    attn_tokens_draw(tokens, rng);
    attn_tokens_scores(tokens, signal, noise, theta, m);
    for (size_t a = 0; a < count; a++)
      for (size_t i = 0; i < here; i++) {
        double *g = row, *b = row + T;
        g[0] = signal[4 * a + labels->k[i]];
        b[0] = signal[4 * a + 2 + labels->k[i]];
        memcpy(g + 1, noise + (2 * a) * N + i * (T - 1), (T - 1) * sizeof *g);
        memcpy(b + 1, noise + (2 * a + 1) * N + i * (T - 1), (T - 1) * sizeof *b);
        const double f = attn_attention_forward(row + 2 * T, b, g, T);
        const double right = f == 0 ? 0.5 : (f > 0) == (attn_labels_clean_label(labels, i) > 0);
        clean[a] += right;
        given[a] += attn_labels_noisy(labels, i) ? 1 - right : right;
      }
  }
  for (size_t a = 0; a < count; a++) {
    clean[a] /= (double)samples;
    given[a] /= (double)samples;
  }
  attn_labels_free(labels);
  attn_tokens_free(tokens);
  attn_free(signal);
  attn_free(noise);
  attn_free(row);
}
