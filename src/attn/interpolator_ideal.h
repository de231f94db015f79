/* interpolator_ideal: the min-norm interpolator on an ideal draw, as a prediction (theory section 5).
 * Two tokens per sample, noise tokens exactly orthogonal with |xi|^2 = d. Then no token of one class
 * meets one of the other, so the problem
 *
 *   minimise |v|^2 + nu |p|^2   subject to   y_i f(X_i; v, p) >= 1
 *
 * falls apart into one for each class. Within a class all samples of a kind (clean, noisy) are taken
 * to be treated alike. That is an ansatz, which the solver of interpolator does not make.
 *
 * A class has n_c clean and n_n noisy samples. With m = y~ mu.v, P = mu.p, and for the samples of a
 * kind their own V = y xi.v, Q = xi.p, g = P - Q and attention on the signal 1 / (1 + e^-g), the
 * margins are 1 iff
 *
 *   V_c = 1 + e^{g_c} - e^{g_c} m,   V_n = 1 + e^{g_n} + e^{g_n} m,
 *
 * and, in units of 1/d, with s = rho^2 / d,
 *
 *   |v|^2 = m^2 / s + n_c V_c^2 + n_n V_n^2,
 *   |p|^2 = P^2 / s + n_c (P - g_c)^2 + n_n (P - g_n)^2.
 *
 * Both are quadratic, in m and in P. What is left is a function of the two gaps g_c, g_n.
 * Multiplying by d/n shows that only s n = kappa^2 and the shares of the kinds matter, so that
 * |p| sqrt(d/n) depends on neither n nor d. */
#ifndef ATTN_INTERPOLATOR_IDEAL_H
#define ATTN_INTERPOLATOR_IDEAL_H

#include "data.h"
#include "risk_input.h"

typedef struct {
  double count[2]; /* [clean, noisy] samples; need not be whole */
  double signal;   /* s = rho^2 / d, above 0 */
} attn_interpolator_ideal_class;

typedef struct {
  double gap[2];           /* [clean, noisy] g; 0 where there is no such sample */
  double attention[2];     /* on the signal; not-a-number where there is no such sample */
  double v_mu, p_mu;       /* m, P */
  double v_xi[2], p_xi[2]; /* V, Q */
  double vv, pp;           /* |v|^2 d and |p|^2 d, signal and noise parts together */
  double objective;        /* vv + nu pp */
} attn_interpolator_ideal;

enum { ATTN_INTERPOLATOR_IDEAL_STARTS = 9 };

/* The counts of both classes of a draw; or of n samples of which each class has half, a share eta of
 * them noisy, with kappa = rho sqrt(n/d). */
void attn_interpolator_ideal_classes(attn_interpolator_ideal_class class[2],
                                     const attn_labels *labels, double signal);
void attn_interpolator_ideal_balanced(attn_interpolator_ideal_class class[2], double n,
                                      double kappa, double eta);

/* From the gaps given to a local minimum of the objective, nu > 0, to about 1e-7 in the gaps. */
attn_interpolator_ideal attn_interpolator_ideal_from(const double gap[2],
                                                     const attn_interpolator_ideal_class *class,
                                                     double nu);

/* The local minima reached from nine starts, in which each kind begins on its signal, on its noise
 * or between; least objective first. Returns how many differ. */
size_t
attn_interpolator_ideal_optima(attn_interpolator_ideal optimum[ATTN_INTERPOLATOR_IDEAL_STARTS],
                               const attn_interpolator_ideal_class *class, double nu);

/* The best optimum of both classes. Returns how many there are for both together, the product. */
size_t attn_interpolator_ideal_solve(attn_interpolator_ideal optimum[2],
                                     const attn_interpolator_ideal_class class[2], double nu);

/* |p| of both classes together. */
double attn_interpolator_ideal_radius(const attn_interpolator_ideal optimum[2], double d);

/* Mean attention on the signal of the samples of a kind (0 clean, 1 noisy) of both classes. */
double attn_interpolator_ideal_attention(const attn_interpolator_ideal optimum[2],
                                         const attn_interpolator_ideal_class class[2], size_t kind);

/* What the population risk depends on. */
attn_risk_input attn_interpolator_ideal_risk(const attn_interpolator_ideal optimum[2],
                                             const attn_interpolator_ideal_class class[2],
                                             double d);

/* The least kappa of [low, high], to a relative precision, at which the clean samples of a balanced
 * draw give their signal more than half of their attention; not-a-number where there is none. It is
 * kappa* = sqrt(2 / (1 - eta)) for nu -> 0, and above it for nu > 0. */
double attn_interpolator_ideal_crossover(double eta, double nu, double low, double high,
                                         double precision);

/* How fast the risk of a balanced draw falls with d/n: -log risk ~ rate d/n. A fresh noise token has
 * (xi.v, xi.p) = sqrt(n/d) (s w, sigma z), with z, w ~ N(0, 1) and s, sigma of order one, and errs
 * when e^{P - xi.p} m + xi.v < 0; the most likely way to do so, by large deviations, costs
 *
 *   rate = min over z of  z^2 / 2 + (e^{P - sigma z} m / s)^2 / 2. */
double attn_interpolator_ideal_rate(double kappa, double eta, double nu);

#endif
