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

#include "base.h"

/* All that the risk depends on. Units are those of v . x and p . x (pure numbers). */
typedef struct {
  double mv[2];     /* mu_k . v for the classes k = 1, 2 */
  double mp[2];     /* mu_k . p */
  double vv;        /* |v_noise|^2, the noise part of v */
  double pp;        /* |p_noise|^2 */
  double vp;        /* <v_noise, p_noise> */
  double residual2; /* |v_noise - (vp/pp) p_noise|^2, which vv - vp^2/pp would lose to cancellation
                       when v and p are nearly parallel; NaN: take that difference, at least 0 */
} attn_risk_input;

typedef enum {
  ATTN_RISK_OK = 0,
  ATTN_RISK_UNCERTAIN, /* sampled, and the spread says that error itself is not to be trusted */
  ATTN_RISK_BAD_INPUT  /* attn_risk_check objects; every number is NaN */
} attn_risk_status;

typedef struct {
  double log10_class[2]; /* log10 P(error | class k); -infinity when an error is impossible */
  double log10_right[2]; /* log10 P(no error | class k), accurate also where the risk is near 1 */
  double log10_clean;    /* log10 of the risk on D_clean, the mean over the two classes */
  double error; /* absolute error of log10_clean: a bound (T = 2), a standard error (T > 2) */
  attn_risk_status status;
} attn_risk_result;

/* NULL if the risk is defined, else a sentence that names the offending value: T >= 2, eta in
 * [0, 1/2), finite m_v, m_p, vp, vv >= 0, pp >= 0, vp^2 <= vv pp up to rounding, residual2 in
 * [0, vv] up to rounding or NaN. The text stays until the thread's next call. */
const char *attn_risk_check(const attn_risk_input *input, size_t T, double eta);

/* A word for a table: "ok", "uncertain" or "bad input". */
const char *attn_risk_status_name(attn_risk_status status);

/* The risk for any T >= 2: attn_risk_two for T = 2, attn_risk_many with its default effort above. */
attn_risk_result attn_risk_log10(const attn_risk_input *input, size_t T);

/* T = 2, one quadrature per class (theory.md, section 4). With b = sigma z, sigma = sqrt(pp),
 * kappa = vp / sigma, s^2 = residual2, class 1:
 *
 *   P(f < 0) = integral phi(z) Phi( -( exp(m_p - sigma z) m_v + kappa z ) / s ) dz,
 *
 * class 2 with the signs of m_v and kappa flipped. f = 0 counts 1/2, so m_v = 0 has risk 1/2.
 * For m_v >= 0 the logarithm of the integrand is concave. For m_v < 0 that holds for P(f > 0),
 * which is the same expression at (-m_v, -kappa) and at most 1/2; the risk is one minus it. So
 * there is one peak to find whatever the signs. pp = 0 and s = 0 have closed forms. */
attn_risk_result attn_risk_two(const attn_risk_input *input);

/* The quadrature behind attn_risk_two, as a natural logarithm, for one class and m_v = exp(log_m -
 * m_p) >= 0: log P( exp(log_m - sigma z) + kappa z + s w < 0 ), z and w independent N(0,1);
 * log_m may be -infinity; sigma, s >= 0. *error: absolute error of the logarithm. */
double attn_risk_two_tail(double *error, double log_m, double sigma, double kappa, double s);

/* log10 of (10^a + 10^b) / 2 for a = log10_class[0], b = log10_class[1]: the risk on D_clean. */
double attn_risk_log10_clean(const double log10_class[2]);

/* log10( eta + (1 - 2 eta) 10^log10_clean ): the risk on D, where labels flip at rate eta
 * (theory.md, section 1). */
double attn_risk_log10_noisy(double log10_clean, double eta);

/* The parts that all cases share. */

/* log Phi(x), to full relative precision for every x (about -x^2/2 far below 0, about -Phi(-x)
 * far above). */
double attn_risk_log_phi(double x);

/* phi(g) / Phi(-g), the inverse Mills ratio: minus the derivative of log Phi(-g). */
double attn_risk_mills(double g);

/* log(1 - exp(x)) for x <= 0, and log(exp(x) + exp(y)). */
double attn_risk_log_complement(double x);
double attn_risk_log_sum(double x, double y);

/* sigma, kappa and s above. */
typedef struct {
  double sigma, kappa, s;
} attn_risk_noise;
attn_risk_noise attn_risk_noise_of(const attn_risk_input *input);

/* Fills the result from natural logarithms of both sides for each class, of which at least the
 * smaller probability is accurate, and their absolute errors. */
attn_risk_result attn_risk_result_of(const double log_wrong[2], const double log_right[2],
                                     const double error[2]);
/* The result for input that attn_risk_check refuses. */
attn_risk_result attn_risk_result_bad(void);

#endif
