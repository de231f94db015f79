/* risk: the probability that the trained model errs on a fresh clean sample, without a test set.
 *
 * The model is f(X) = v' X' softmax(X p). A fresh sample of class k (1: the token is mu_1 and f
 * should be positive; 2: mu_2 and negative) has T - 1 noise tokens xi_t, and
 *
 *   sign f = sign( exp(m_p) m_v + sum_t exp(b_t) a_t ),   a_t = xi_t . v,  b_t = xi_t . p,
 *
 * m_v = mu_k . v, m_p = mu_k . p, and (a_t, b_t) independent over t, Gaussian with mean zero and
 * the 2 x 2 Gram matrix of the parts of v and p orthogonal to both signals (theory.md, section 4).
 * The probability can be 10^-100000, so all that is returned is a logarithm to base 10. */
#ifndef ATTN_RISK_H
#define ATTN_RISK_H

#include "risk_input.h"
#include "risk_result.h"

/* The risk for any T >= 2: attn_risk_two for T = 2, attn_risk_many with its default effort above. */
attn_risk_result attn_risk_log10(const attn_risk_input *input, size_t T);

/* log10 of (10^a + 10^b) / 2 for a = log10_class[0], b = log10_class[1]: the risk on D_clean. */
double attn_risk_log10_clean(const double log10_class[2]);

/* log10( eta + (1 - 2 eta) 10^log10_clean ): the risk on D, where labels flip at rate eta
 * (theory.md, section 1). */
double attn_risk_log10_noisy(double log10_clean, double eta);

#endif
