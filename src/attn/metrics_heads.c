#include "metrics_heads.h"

#include <math.h>

/* Mean and index of the numbers x_h = sum_h / count. */
typedef struct {
  double mean, index;
} spread;

static spread spread_of(const double *sum /* [H] */, double count, size_t H) {
  double mean = 0, variance = 0;
  for (size_t h = 0; h < H; h++)
    mean += sum[h] / count / (double)H;
  for (size_t h = 0; h < H; h++)
    variance += pow(sum[h] / count - mean, 2) / (double)H;
  const double most = mean * (1 - mean);
  return (spread){mean, variance > 0 && most > 0 ? fmin(variance / most, 1) : 0 * count};
}

attn_metrics_heads attn_metrics_heads_measure(const attn_model *model, const attn_labels *labels) {
  const size_t n = model->n, H = model->H;
  double *memory = attn_alloc(5 * H, sizeof *memory); /* [5][H] sums */
  double *clean[2] = {memory, memory + H}, *noisy = memory + 2 * H, *all = memory + 3 * H;
  double *one = memory + 4 * H, count[2] = {0, 0}, right = 0, noisy_count = 0;
  attn_metrics_heads m = {.head_least = INFINITY, .head_most = -INFINITY};
  for (size_t i = 0; i < n; i++) {
    const bool flipped = attn_labels_noisy(labels, i);
    const size_t k = labels->k[i];
    double *into = flipped ? noisy : clean[k];
    for (size_t h = 0; h < H; h++) {
      one[h] = model->weight[(h * n + i) * model->T];
      into[h] += one[h];
    }
    const spread s = spread_of(one, 1, H);
    right += labels->y[i] * model->f[i] > 0;
    if (flipped) {
      noisy_count++;
      m.mean_noisy += s.mean < 0.5;
    } else {
      count[k]++;
      m.mean_clean += s.mean > 0.5;
      m.within += s.index;
    }
  }
  const double clean_count = count[0] + count[1];
  for (size_t h = 0; h < H; h++) {
    all[h] = clean[0][h] + clean[1][h];
    m.head_least = fmin(m.head_least, all[h] / clean_count);
    m.head_most = fmax(m.head_most, all[h] / clean_count);
  }
  const spread over = spread_of(all, clean_count, H);
  m.train_acc = right / (double)n;
  m.att_clean = over.mean;
  m.between = over.index;
  m.by_class =
      (spread_of(clean[0], count[0], H).index + spread_of(clean[1], count[1], H).index) / 2;
  m.att_noisy = spread_of(noisy, noisy_count, H).mean;
  m.within /= clean_count;
  m.mean_clean /= clean_count;
  m.mean_noisy /= noisy_count;
  attn_free(memory);
  return m;
}

attn_risk_result attn_metrics_heads_risk(const attn_model *model, const attn_tokens *tokens) {
  if (model->T != 2)
    attn_fail("T = %zu: the risk of several heads is for two tokens", model->T);
  const size_t rows = 2 * model->H;
  double *gram = attn_alloc(rows * rows, sizeof *gram);
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j <= i; j++) {
      const double product =
          attn_tokens_inner(tokens, model->theta + i * model->dim, model->theta + j * model->dim,
                            model->noise + j * model->N);
      gram[i * rows + j] = gram[j * rows + i] = i == j ? fmax(product, 0) : product;
    }
  const attn_risk_heads_input input = {model->H, (const double(*)[2])model->signal, gram};
  const attn_risk_result result = attn_risk_heads(&input, 0);
  attn_free(gram);
  return result;
}
