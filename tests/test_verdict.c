/* How a measurement decides a claim: each rule at, inside and outside its bound. */
#include "support.h"

#include <string.h>

#include "verdict.h"

static const attn_claim base = {.kappa = 2, .coherence = 0.5, .in_scope = true};

/* A share holds from the count at which its exact interval reaches 1 - delta, and not one earlier;
 * what the claim brought along stays. */
static void test_share(void **state) {
  (void)state;
  size_t least = 0;
  while (attn_stats_binomial(least, 300, 0.95).low < 0.95)
    least++;
  const attn_claim holds = attn_verdict_share(base, "share", least, 300, 0.95, 0.05);
  assert_true(holds.holds);
  assert_false(attn_verdict_share(base, "share", least - 1, 300, 0.95, 0.05).holds);
  assert_string_equal(holds.id, "share");
  assert_string_equal(holds.predicted, "1");
  assert_close(holds.measured, (double)least / 300, 1e-15);
  assert_true(holds.low < holds.measured && holds.measured < holds.high);
  assert_true(holds.kappa == 2 && holds.coherence == 0.5 && holds.in_scope);
}

/* The whole interval has to lie within the allowed distance, not only the measured value. */
static void test_within(void **state) {
  (void)state;
  assert_true(attn_verdict_within(base, "w", -1, 0.1, -1, (attn_interval){-1.09, -0.91}).holds);
  assert_false(attn_verdict_within(base, "w", -1, 0.1, -1, (attn_interval){-1.11, -0.91}).holds);
  assert_false(attn_verdict_within(base, "w", -1, 0.1, -1, (attn_interval){-1.09, -0.89}).holds);
  assert_false(attn_verdict_within(base, "w", -1, 0.1, -1, (attn_interval){NAN, NAN}).holds);
  assert_string_equal(
      attn_verdict_within(base, "w", -0.5, 0.05, 0, (attn_interval){0, 0}).predicted,
      "within 0.05 of -0.5");
}

/* Bounds: the interval must lie on one side; touching the bound is not enough. */
static void test_bounds(void **state) {
  (void)state;
  assert_true(attn_verdict_above(base, "a", 0.5, 0.6, (attn_interval){0.51, 0.7}).holds);
  assert_false(attn_verdict_above(base, "a", 0.5, 0.6, (attn_interval){0.5, 0.7}).holds);
  assert_true(attn_verdict_below(base, "b", 0.5, 0.4, (attn_interval){0.3, 0.49}).holds);
  assert_false(attn_verdict_below(base, "b", 0.5, 0.4, (attn_interval){0.3, 0.5}).holds);
  assert_string_equal(attn_verdict_above(base, "a", 0.5, 0, (attn_interval){0, 0}).predicted,
                      "> 0.5");
  assert_string_equal(attn_verdict_below(base, "b", 0.5, 0, (attn_interval){0, 0}).predicted,
                      "< 0.5");
}

/* In scope up to the bound on the coherence; a coherence that is not a number is out of scope. */
static void test_scope(void **state) {
  (void)state;
  const attn_claim claim = attn_verdict_scope(2, 0.5, 0.5);
  assert_true(claim.kappa == 2 && claim.coherence == 0.5 && claim.in_scope && !claim.holds);
  assert_false(attn_verdict_scope(2, 0.51, 0.5).in_scope);
  assert_false(attn_verdict_scope(2, NAN, 0.5).in_scope);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_scope),
      cmocka_unit_test(test_share),
      cmocka_unit_test(test_within),
      cmocka_unit_test(test_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
