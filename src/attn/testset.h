/* testset: accuracy on fresh samples of D, drawn in full. The exact risk makes it unnecessary for
 * Gaussian noise; it is the cross-check, and the only way for other noise. */
#ifndef ATTN_TESTSET_H
#define ATTN_TESTSET_H

#include <gsl/gsl_rng.h>

#include "data.h"

/* Accuracy of the classifiers theta_a = (v_a, p_a), a < count, in dense coordinates, on samples
 * fresh samples of D: clean[a] against the clean labels, given[a] against labels flipped at rate
 * eta. A tie f = 0 counts as 1/2. The samples are the same for all a; they are drawn in blocks and
 * never stored together. Cost: samples (T-1) d deviates. */
void attn_testset_accuracy(double *clean /* [count] */, double *given /* [count] */,
                           const double *theta /* [count][2][d] */, size_t count,
                           const attn_data_param *param, size_t samples, gsl_rng *rng);

#endif
