/* train: the logistic loss and one step of training (paper section 2; theory section 2). The loop
 * belongs to the program:
 *
 *   attn_model_zero(model);
 *   for (size_t step = 0;; step++) {
 *     attn_model_forward(model, tokens, labels);
 *     ... measure ...
 *     if (step == steps)
 *       break;
 *     attn_train_step(model, tokens, labels, &optim, w);
 *   }
 */
#ifndef ATTN_TRAIN_H
#define ATTN_TRAIN_H

#include "model.h"
#include "optim.h"

/* The step size beta = b / max(rho^2, d/n), matched to the stronger of signal and noise; for
 * kappa >= 1, b = beta rho^2. */
double attn_train_step_size(const attn_data_param *param, double b);

/* |dL/dv| at the zero start, where dL/dp = 0, of a draw with n/2 samples in each class, a share eta of
 * them noisy, and orthogonal noise:
 *   |g_0|^2 = ( (1 - 2 eta)^2 n^2 rho^2 / 2 + n (T - 1) (d - 2) ) / (2 n T)^2 */
double attn_train_first_norm(const attn_data_param *param);

/* The step size with which a rule's first move from the zero start is as long as that of gradient
 * descent with step size beta, |v_1| = beta |g_0|:
 *   gd, momentum        beta
 *   nesterov            beta / (1 + m)
 *   normalised          beta |g_0|
 *   sgd                 beta |B| / n, by which one pass over the samples, not one step, moves as far
 *   sign, adam, adamw   beta |g_0| / sqrt(d), since each of v's d coordinates moves by the step size */
double attn_train_matched_step(const attn_optim *optim, const attn_data_param *param, double beta);

/* L = (1/n) sum_i log(1 + exp(-y_i f_i)), after forward. */
double attn_train_loss(const attn_model *model, const attn_labels *labels);

/* w_i = dL/df_i = -y_i / (n (1 + exp(y_i f_i))) of outputs f, of any model. */
void attn_train_loss_derivative(double *w /* [n] */, const double *f /* [n] */,
                                const attn_labels *labels);

/* |dL/d(v, p)| after backward, a length in R^{2d} whatever the geometry. Costs a pass over the
 * tokens and overwrites what backward left in model->pull. */
double attn_train_gradient_norm(attn_model *model, attn_tokens *tokens);

/* Fails with a sentence for a coordinate-wise rule over tokens that are not dense, and for sgd
 * without batches. Every step checks; a program that wants to know before its first does too. */
void attn_train_check(const attn_optim *optim, const attn_tokens *tokens);

/* After forward: the gradient, over a mini-batch where optim has one, then one update of v and p
 * together by the optimizer's rule. w is workspace. */
void attn_train_step(attn_model *model, attn_tokens *tokens, const attn_labels *labels,
                     const attn_optim *optim, double *w /* [n] */);

#endif
