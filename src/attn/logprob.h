/* logprob: probabilities kept as natural logarithms, and the normal distribution's. */
#ifndef ATTN_LOGPROB_H
#define ATTN_LOGPROB_H

/* log Phi(x), to full relative precision for every x (about -x^2/2 far below 0, about -Phi(-x)
 * far above). */
double attn_logprob_phi(double x);

/* phi(g) / Phi(-g), the inverse Mills ratio: minus the derivative of log Phi(-g). */
double attn_logprob_mills(double g);

/* log(1 - exp(x)) for x <= 0, and log(exp(x) + exp(y)). */
double attn_logprob_complement(double x);
double attn_logprob_sum(double x, double y);

#endif
