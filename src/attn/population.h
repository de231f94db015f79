/* population: what samples are drawn from, the data model D or a variation of it: another family of
 * noise, signals that are not orthogonal to each other or to the noise, several signals in a sample,
 * unequal classes. Training sets and test sets are drawn by the same functions. */
#ifndef ATTN_POPULATION_H
#define ATTN_POPULATION_H

#include "data.h"
#include "noise.h"

/* {.param = param} is D. Tokens of a sample of class k, in order: its signal mu_k; with rival or
 * echo, one more signal token; noise tokens. */
typedef struct {
  attn_data_param param;
  attn_noise noise;
  double share;  /* probability of class 0; 0 stands for 1/2 */
  double cosine; /* of the angle between the two classes' signals, in (-1, 1) */
  double leak;  /* each noise token has N(0, leak^2) on both unit signal directions besides; with 1,
                    Gaussian noise is N(0, I_d). On an orthonormal pair that spans the signals */
  double rival; /* the second token is rival times the other class's signal */
  double echo;  /* ... plus echo times the own class's; 0 and 0: there is no second signal token */
  bool own;     /* signal tokens carry noise of their own, mu_k + xi */
} attn_population;

/* NULL when the population is defined, else a sentence (valid until the next call). */
const char *attn_population_check(const attn_population *population);

/* Noise tokens of a sample: T - 1, one less with a second signal token, as many more as there are
 * signal tokens with noise of their own. */
size_t attn_population_noise_tokens(const attn_population *population);

/* The layout for n samples, to be filled by attn_population_lay_out; NULL where it is the paper's.
 * Fails with the sentence of attn_population_check. */
attn_layout *attn_population_layout_alloc(const attn_population *population, size_t n);

void attn_population_draw_labels(attn_labels *labels, const attn_population *population,
                                 gsl_rng *rng);

/* The coefficients of all tokens for these classes; layout NULL: nothing. With a leak, two normals
 * for each noise token; the same stream after a change of rho, cosine, rival or echo gives the same
 * vectors on the noise's side: common random numbers. */
void attn_population_lay_out(attn_layout *layout, const unsigned char *k /* [n] */,
                             const attn_population *population, gsl_rng *rng);

/* log10 of the risk on clean labels if xi . v and xi . p were Gaussian with the noise's covariance:
 * exact for Gaussian and power-law noise, by the central limit theorem a prediction for other noise.
 * theta is dense: [2][d] with v, p on the two unit signal directions first. Tokens of a sample count
 * as independent. Not-a-number where signal tokens have noise of their own and where the noise has
 * no covariance. */
double attn_population_log10_risk(const double *theta /* [2][d] */,
                                  const attn_population *population);

#endif
