/* risk_support: what the three test programs of the risk share. */
#ifndef TESTS_RISK_SUPPORT_H
#define TESTS_RISK_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "risk.h"

/* Both classes alike, up to the sign that a trained v has: mu_1.v = m_v, mu_2.v = -m_v. */
static inline attn_risk_input input_of(double m_v, double m_p, double vv, double pp, double vp) {
  return (attn_risk_input){
      .mv = {m_v, -m_v}, .mp = {m_p, m_p}, .vv = vv, .pp = pp, .vp = vp, .residual2 = NAN};
}

/* Equal, infinities included, or within the relative distance; not-a-number never passes. */
static inline void assert_near(double found, double expected, double relative, const char *what) {
  if (found == expected || fabs(found - expected) <= relative * fabs(expected))
    return;
  fail_msg("%s: found %.17g, expected %.17g, allowed relative difference %g", what, found, expected,
           relative);
}

#endif
