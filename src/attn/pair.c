#include "pair.h"

#include <math.h>

#include "risk_limit.h"
#include "tokens_gram.h"

attn_pair *attn_pair_alloc(const attn_data_param *param, bool finite) {
  attn_pair *pair = attn_alloc(1, sizeof *pair);
  pair->trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, param, 0);
  pair->maxmargin = attn_maxmargin_alloc(param->n, param->T);
  pair->interpolator = finite ? attn_interpolator_alloc(param->n, param->T) : NULL;
  const size_t N = pair->trial->labels->N;
  pair->sigma = attn_alloc(param->n, 1);
  pair->v = attn_alloc(2 + N, sizeof *pair->v);
  pair->p = attn_alloc(2 + N, sizeof *pair->p);
  pair->a = attn_alloc(param->n, sizeof *pair->a);
  pair->b = attn_alloc(N, sizeof *pair->b);
  pair->set = (attn_maxmargin_set){pair->trial->labels,
                                   attn_tokens_gram_matrix(pair->trial->tokens), param->rho};
  return pair;
}

void attn_pair_free(attn_pair *pair) {
  if (pair == NULL)
    return;
  attn_trial_free(pair->trial);
  attn_maxmargin_free(pair->maxmargin);
  attn_interpolator_free(pair->interpolator);
  void *const parts[] = {pair->sigma, pair->v, pair->p, pair->a, pair->b, pair};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    attn_free(parts[i]);
}

void attn_pair_draw(attn_pair *pair, uint64_t seed, const char *name, size_t cell,
                    size_t replicate) {
  attn_trial_draw(pair->trial, seed, name, cell, replicate);
}

void attn_pair_set_rho(attn_pair *pair, double rho) {
  attn_trial_set_rho(pair->trial, rho);
  pair->set.rho = rho;
}

double attn_pair_search(attn_pair *pair, size_t random) {
  double *margins = attn_alloc(ATTN_MAXMARGIN_STARTS + random, sizeof *margins);
  const double best = attn_maxmargin_best(pair->sigma, margins, random, pair->trial->rng,
                                          &pair->set, pair->maxmargin);
  attn_free(margins);
  return best;
}

bool attn_pair_solve(attn_pair *pair) {
  const bool solved =
      attn_maxmargin_pair(pair->v, pair->p, pair->a, pair->b, &pair->value, &pair->attention,
                          pair->sigma, &pair->set, pair->maxmargin);
  pair->norm_p = solved ? 1 / pair->attention.margin_low : NAN;
  return solved;
}

bool attn_pair_is_optimal(const attn_pair *pair) {
  const attn_labels *labels = pair->trial->labels;
  for (size_t i = 0; i < labels->n; i++)
    if ((pair->sigma[i] == 0) == attn_labels_noisy(labels, i))
      return false;
  return true;
}

attn_metrics attn_pair_measure(attn_pair *pair, const double *v, const double *p) {
  attn_trial *trial = pair->trial;
  attn_model_set(trial->model, trial->tokens, v, p);
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  return attn_metrics_measure(trial->model, trial->tokens, trial->labels);
}

attn_risk_result attn_pair_limit_risk(attn_pair *pair) {
  const attn_metrics m = attn_pair_measure(pair, pair->v, pair->p);
  const attn_risk_input input = attn_metrics_risk_input(&m);
  return attn_risk_limit(&input, pair->trial->labels->T);
}

attn_pair_counts attn_pair_count(const attn_pair *pair) {
  const attn_labels *labels = pair->trial->labels;
  attn_pair_counts counts = {.signal = {0, 0}, .noise = {0, 0}, .noisy = {0, 0}};
  for (size_t i = 0; i < labels->n; i++) {
    const bool noisy = attn_labels_noisy(labels, i);
    (noisy ? counts.noisy : pair->sigma[i] == 0 ? counts.signal : counts.noise)[labels->k[i]]++;
  }
  return counts;
}

double attn_pair_over_threshold(const attn_pair *pair) {
  const attn_counts c = attn_labels_counts(pair->trial->labels);
  return pair->set.rho *
         sqrt(fmin(c.n[0] - c.noisy[0], c.n[1] - c.noisy[1]) / (double)pair->trial->param.d);
}

attn_risk_input attn_pair_predict(const attn_pair *pair) {
  const attn_data_param *param = &pair->trial->param;
  const attn_pair_counts counts = attn_pair_count(pair);
  return attn_pair_ideal(&counts, param->T, param->rho, (double)param->d);
}

attn_risk_input attn_pair_ideal(const attn_pair_counts *counts, size_t T, double rho, double d) {
  attn_risk_input input = {.residual2 = NAN};
  const double others = (double)T - 1;
  for (size_t k = 0; k < 2; k++) {
    const double y = k == 0 ? 1 : -1; /* the clean label */
    const double signal = counts->signal[k], noise = counts->noise[k], noisy = counts->noisy[k];
    const double m =
        (others * signal - noise - noisy) / (d / (rho * rho) + others * signal + noise + noisy);
    input.mv[k] = signal > 0 ? y : 0;
    input.mp[k] = m;
    input.vv += (noise + noisy) / d;
    input.vp += y * (noise - noisy) * (1 + m) / d;
    input.pp += (others * signal * (1 - m) * (1 - m) + (noise + noisy) * (1 + m) * (1 + m)) / d;
  }
  return input;
}
