/* testset: accuracy on fresh samples of a population, drawn in full. The exact risk makes it
 * unnecessary for Gaussian noise; it is the cross-check, and the only way for other noise. */
#ifndef ATTN_TESTSET_H
#define ATTN_TESTSET_H

#include <gsl/gsl_rng.h>

#include "population.h"

/* Accuracy of the classifiers theta_a = (v_a, p_a), a < count, in dense coordinates, on samples
 * fresh samples: clean[a] against the clean labels, given[a] against labels flipped at rate
 * eta. attn_population {.param = param} is D. A tie f = 0 counts as 1/2. The samples are the same for all a; they are drawn in blocks and
 * never stored together. Cost: samples (T-1) d deviates of the
 * family. Fails with the sentence of attn_population_check. */
void attn_testset_accuracy(double *clean /* [count] */, double *given /* [count] */,
                           const double *theta /* [count][2][d] */, size_t count,
                           const attn_population *population, size_t samples, gsl_rng *rng);

#endif
