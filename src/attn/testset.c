#include "testset.h"

#include <string.h>

#include "attention.h"
#include "tokens_dense.h"

enum { BLOCK_BYTES = 1 << 24 };

void attn_testset_accuracy(double *clean, double *given, const double *theta, size_t count,
                           const attn_population *population, size_t samples, gsl_rng *rng) {
  const attn_data_param *param = &population->param;
  const size_t T = param->T, group = attn_population_noise_tokens(population);
  const char *objection = attn_population_check(population);
  if (objection != NULL)
    attn_fail("%s", objection);
  size_t block = BLOCK_BYTES / sizeof(double) / (param->d * group) + 1;
  if (block > samples)
    block = samples;
  attn_layout *layout = attn_population_layout_alloc(population, block);
  attn_labels *labels = attn_labels_alloc(block, T);
  attn_labels_set_layout(labels, layout);
  attn_tokens *tokens = attn_tokens_alloc(ATTN_TOKENS_DENSE, labels->N, param->d, param->rho, 0);
  const size_t m = 2 * count, N = labels->N;
  double *signal = attn_alloc(m * 2, sizeof *signal); /* [count][v, p][k] */
  double *noise = attn_alloc(m * N, sizeof *noise);   /* [count][v, p][N] */
  double *row = attn_alloc(3 * T, sizeof *row);
  memset(clean, 0, count * sizeof *clean);
  memset(given, 0, count * sizeof *given);
  for (size_t done = 0; done < samples; done += block) {
    const size_t here = samples - done < block ? samples - done : block;
    attn_population_draw_labels(labels, population, rng);
    attn_noise_draw(attn_tokens_dense_noise(tokens), N, tokens->k, group, &population->noise, rng);
    attn_population_lay_out(layout, labels->k, population, rng);
    attn_tokens_scores(tokens, signal, noise, theta, m);
    for (size_t a = 0; a < count; a++)
      for (size_t i = 0; i < here; i++) {
        double *g = row, *b = row + T;
        attn_labels_gather(g, labels, i, signal + 4 * a, noise + 2 * a * N);
        attn_labels_gather(b, labels, i, signal + 4 * a + 2, noise + (2 * a + 1) * N);
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
  attn_layout_free(layout);
  attn_tokens_free(tokens);
  attn_free(signal);
  attn_free(noise);
  attn_free(row);
}
