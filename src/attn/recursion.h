/* recursion: gradient descent on an ideal draw, as a prediction (theory section 6b). Noise tokens
 * exactly orthogonal with |xi|^2 = d, both classes of n/2 samples, a share eta of each noisy: then
 * all samples of a kind move alike, and training is a recursion in six numbers. */
#ifndef ATTN_RECURSION_H
#define ATTN_RECURSION_H

#include "data.h"
#include "optim.h"
#include "risk_input.h"

typedef struct {
  double v_mu, p_mu;       /* mu_1 . v = -mu_2 . v, and mu_k . p */
  double v_xi[2], p_xi[2]; /* [clean, noisy] y_i xi_j . v and xi_j . p for the sample's own j */
  double margin[2];        /* y_i f_i */
  double attention[2];     /* on the signal token */
  double vv, pp, vp;       /* noise parts: |v|^2, |p|^2, v . p */
} attn_recursion;

/* The zero start, with margin and attention filled. n, d need not be small; eta n need not be a
 * whole number. */
attn_recursion attn_recursion_start(const attn_data_param *param);

/* One step of gradient descent with step size beta. */
void attn_recursion_step(attn_recursion *state, const attn_data_param *param, double beta);

/* The same by the rule of optim, full-batch and with its weight decay: gd, momentum, nesterov (whose
 * state holds 6 numbers) or normalised; others fail with a sentence. */
void attn_recursion_update(attn_recursion *state, const attn_data_param *param,
                           const attn_optim *optim);

/* One step of H heads that are equal, as heads that start at zero stay. With V the sum of the heads'
 * v and p that of each, f = V' X' S(X p) is one head whose V moves by H times what gradient descent
 * gives it and p by 1/H of it; state is that head. H need not be a whole number. */
void attn_recursion_step_heads(attn_recursion *state, const attn_data_param *param, double beta,
                               double H);

/* The states after the given numbers of steps, which rise. */
void attn_recursion_record(attn_recursion *state /* [count] */, const double *steps /* [count] */,
                           size_t count, const attn_data_param *param, double beta);

/* The first step, up to most, after which clean and noisy samples are fitted; not-a-number if none. */
double attn_recursion_first_fit(const attn_data_param *param, double beta, size_t most);

/* What the risk depends on (theory section 4), and log10 of the risk on D_clean for T tokens. */
attn_risk_input attn_recursion_risk_input(const attn_recursion *state);
double attn_recursion_log10_risk(const attn_recursion *state, size_t T);

/* The same on a draw whose classes differ in their numbers of clean and noisy samples. A class never
 * meets the other's tokens, so each is a recursion of its own: that of a balanced draw of 2 n_k
 * samples with the class's share of flips, whose step size makes up for the mean over n in the loss.
 * Without a sample in it a class stays at zero. */
typedef struct {
  attn_counts counts;
  attn_data_param param[2]; /* of the balanced draws */
  attn_recursion of[2];     /* [class]; vv and pp as if the other class were alike */
} attn_recursion_pair;

attn_recursion_pair attn_recursion_pair_start(const attn_data_param *param,
                                              const attn_counts *counts);
void attn_recursion_pair_step(attn_recursion_pair *pair, double beta);
attn_risk_input attn_recursion_pair_risk_input(const attn_recursion_pair *pair);

/* Over both classes: the clean samples' mean attention on the signal, the noisy samples' mean
 * margin; not-a-number where there are none. */
double attn_recursion_pair_attention(const attn_recursion_pair *pair);
double attn_recursion_pair_margin(const attn_recursion_pair *pair);

#endif
