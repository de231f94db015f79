/* risk_result: what is known of a population risk, as logarithms to base 10. */
#ifndef ATTN_RISK_RESULT_H
#define ATTN_RISK_RESULT_H

typedef enum {
  ATTN_RISK_OK = 0,
  ATTN_RISK_UNCERTAIN, /* sampled, and the spread says that error itself is not to be trusted */
  ATTN_RISK_BAD_INPUT  /* attn_risk_input_check objects; every number is NaN */
} attn_risk_status;

typedef struct {
  double log10_class[2]; /* log10 P(error | class k); -infinity when an error is impossible */
  double log10_right[2]; /* log10 P(no error | class k), accurate also where the risk is near 1 */
  double log10_clean;    /* log10 of the risk on D_clean, the mean over the two classes */
  double error; /* absolute error of log10_clean: a bound (T = 2), a standard error (T > 2) */
  attn_risk_status status;
} attn_risk_result;

/* A word for a table: "ok", "uncertain" or "bad input". */
const char *attn_risk_status_name(attn_risk_status status);

/* Fills the result from natural logarithms of both sides for each class, of which at least the
 * smaller probability is accurate, and their absolute errors. */
attn_risk_result attn_risk_result_of(const double log_wrong[2], const double log_right[2],
                                     const double error[2]);
/* The result for input that attn_risk_input_check refuses. */
attn_risk_result attn_risk_result_bad(void);

#endif
