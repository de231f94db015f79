/* The risk for other attention than softmax: against the softmax case of risk.h, closed forms, plain
 * simulation of samples, and a Simpson rule in the deep tail. */
#include "logprob.h"
#include "risk_two.h"
#include "support.h"

#include <gsl/gsl_math.h>
#include <gsl/gsl_rng.h>

#include "risk_kinds.h"
#include "rng.h"

static const char *const words[] = {"softmax", "linear", "local", "sigmoid", "sparsemax", "hard"};
enum { KINDS = sizeof words / sizeof *words };

static attn_attention attention_of(size_t kind) {
  return (attn_attention){attn_attention_kind_of(words[kind]), 2};
}

static attn_risk_input input_of(double m_v, double m_p, double vv, double pp, double cosine) {
  return (attn_risk_input){.mv = {m_v, -0.9 * m_v},
                           .mp = {m_p, 1.1 * m_p},
                           .vv = vv,
                           .pp = pp,
                           .vp = cosine * sqrt(vv * pp),
                           .residual2 = NAN};
}

/* Risks from about 0.4 to 1e-100000, and from the other side of one half. */
static void test_softmax(void **state) {
  (void)state;
  double least = 0;
  size_t count = 0;
  const attn_attention softmax = attention_of(0), window = attention_of(2);
  for (double m_v = -0.5; m_v < 200; m_v = m_v < 0 ? 0.05 : 3 * m_v)
    for (double m_p = -2; m_p < 9; m_p += 2.5)
      for (double pp = 1e-4; pp < 20; pp *= 30)
        for (double cosine = -0.9; cosine < 1; cosine += 0.45) {
          const attn_risk_input in = input_of(m_v, m_p, 0.04, pp, cosine);
          const attn_risk_result r = attn_risk_two(&in), a = attn_risk_kinds_two(&in, &softmax),
                                 b = attn_risk_kinds_two(&in, &window);
          assert_true(a.status == ATTN_RISK_OK && b.status == ATTN_RISK_OK);
          for (int k = 0; k < 2; k++) {
            assert_close(a.log10_class[k], r.log10_class[k], 1e-9 * (1 + fabs(r.log10_class[k])));
            assert_close(a.log10_right[k], r.log10_right[k], 1e-9 * (1 + fabs(r.log10_right[k])));
            assert_close(b.log10_class[k], a.log10_class[k], 1e-9 * (1 + fabs(r.log10_class[k])));
          }
          /* beside the stated errors: the rounding of a logarithm of that size */
          assert_close(a.log10_clean, r.log10_clean,
                       2 * (a.error + r.error) + 1e-15 * fabs(r.log10_clean));
          least = fmin(least, r.log10_clean);
          count++;
        }
  assert_true(least < -10000 && count > 500);
}

/* Samples as they come: both classes, both noise parts, the sign of the output.
 * Within 4.5 standard errors. */
static void test_simulation(void **state) {
  (void)state;
  enum { SAMPLES = 60000 };
  gsl_rng *rng = attn_rng_alloc();
  const attn_risk_input inputs[] = {
      input_of(0.3, 0.4, 0.09, 0.5, 0.3), input_of(0.2, 1.5, 0.09, 4, -0.6),
      input_of(0.4, -0.5, 0.04, 9, 0.8), input_of(-0.1, 0.5, 0.09, 1, 0.2)};
  for (size_t kind = 0; kind < KINDS; kind++)
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
      for (size_t T = 2; T <= 4; T += 2) {
        const attn_attention attention = attention_of(kind);
        const attn_risk_input *in = &inputs[i];
        const double sigma = sqrt(in->pp), c = in->vp / in->pp, s = sqrt(in->vv - c * in->vp);
        double wrong = 0;
        attn_rng_start(rng, 3, "risk_kinds", kind, 10 * i + T, ATTN_STREAM_TEST);
        for (size_t sample = 0; sample < SAMPLES; sample++) {
          const size_t k = sample % 2;
          double x[6], b[4] = {in->mp[k]}, g[4] = {in->mv[k]}, weight[4], f = 0;
          attn_rng_gaussian(x, 2 * (T - 1), rng);
          for (size_t t = 1; t < T; t++) {
            b[t] = sigma * x[2 * t - 2];
            g[t] = c * b[t] + s * x[2 * t - 1];
          }
          attn_attention_weights(weight, b, T, &attention);
          for (size_t t = 0; t < T; t++)
            f += weight[t] * g[t];
          wrong += f == 0 ? 0.5 : (f > 0) != (k == 0);
        }
        const double share = wrong / SAMPLES, deviation = sqrt(share * (1 - share) / SAMPLES);
        assert_true(share > 0.003);
        attn_rng_start(rng, 3, "risk_kinds", kind, 10 * i + T, ATTN_STREAM_RISK);
        const attn_risk_result sampled = attn_risk_kinds_sampled(in, &attention, T, 20000, rng);
        assert_close(pow(10, sampled.log10_clean), share,
                     4.5 * (deviation + sampled.error * M_LN10 * share));
        if (T == 2) {
          const attn_risk_result exact = attn_risk_kinds_two(in, &attention);
          assert_int_equal(exact.status, ATTN_RISK_OK);
          assert_close(pow(10, exact.log10_clean), share, 4.5 * deviation);
          assert_close(sampled.log10_clean, exact.log10_clean, 4.5 * sampled.error);
        }
      }
  gsl_rng_free(rng);
}

/* Hard attention is a sum of two orthants: where the signal wins the output is m_v, and where the
 * noise token wins it is a. Independent a and b: P = P(b > m_p) / 2. */
static void test_hard(void **state) {
  (void)state;
  const attn_attention hard = attention_of(5);
  for (double m_p = 0.5; m_p < 200; m_p *= 3) {
    const attn_risk_input in = {
        .mv = {1, -1}, .mp = {m_p, m_p}, .vv = 2, .pp = 1.7, .vp = 0, .residual2 = NAN};
    const attn_risk_result r = attn_risk_kinds_two(&in, &hard);
    const double expected = (attn_logprob_phi(-m_p / sqrt(1.7)) - M_LN2) / M_LN10;
    assert_close(r.log10_clean, expected, 1e-9 * fabs(expected) + 1e-10);
  }
}

/* Sparsemax: no error is possible where the signal has all weight, b < m_p - 1, so the risk is at most
 * P(b > m_p - 1) / 2 for a independent of b, and at least P(b > m_p + 1) / 2. */
static void test_sparsemax(void **state) {
  (void)state;
  const attn_attention sparsemax = attention_of(4);
  for (double m_p = 2; m_p < 100; m_p *= 2) {
    const attn_risk_input in = {
        .mv = {0.7, -0.7}, .mp = {m_p, m_p}, .vv = 2, .pp = 1.3, .vp = 0, .residual2 = NAN};
    const double risk = attn_risk_kinds_two(&in, &sparsemax).log10_clean;
    assert_between(risk, (attn_logprob_phi(-(m_p + 1) / sqrt(1.3)) - M_LN2) / M_LN10,
                   (attn_logprob_phi(-(m_p - 1) / sqrt(1.3)) - M_LN2) / M_LN10);
  }
}

/* A Simpson rule with corners and all, on a fine grid, for every kind, down to 1e-300. */
enum { SIMPSON_STEPS = 1000000, SIMPSON_REACH = 45 };

static double simpson(const attn_risk_input *in, const attn_attention *attention) {
  const int N = SIMPSON_STEPS;
  const double Z = SIMPSON_REACH, sigma = sqrt(in->pp), kappa = in->vp / sigma,
               s = sqrt(in->vv - kappa * kappa);
  double top = -INFINITY, sum = 0;
  for (int i = 0; i <= N; i++) {
    const double z = -Z + 2 * Z * i / N, b[2] = {in->mp[0], sigma * z};
    double w[2];
    attn_attention_weights(w, b, 2, attention);
    const double mean = w[0] * in->mv[0] + w[1] * kappa * z, deviation = fabs(w[1]) * s;
    const double L = -z * z / 2 + (deviation > 0 ? attn_logprob_phi(-mean / deviation)
                                   : mean < 0    ? 0
                                                 : -INFINITY);
    const double weight = i == 0 || i == N ? 1 : i % 2 ? 4 : 2;
    if (L == -INFINITY)
      continue;
    if (L > top) {
      sum = sum * exp(top - L) + weight;
      top = L;
    } else {
      sum += weight * exp(L - top);
    }
  }
  return (top + log(sum * 2 * Z / N / 3 / sqrt(2 * M_PI))) / M_LN10;
}

static void test_simpson(void **state) {
  (void)state;
  const attn_risk_input inputs[] = {
      input_of(0.8, 0.4, 0.01, 0.5, 0.4), input_of(3, 9, 0.01, 0.3, -0.3),
      input_of(0.5, 3, 0.001, 2, 0.6), input_of(2, 2, 0.01, 0.02, 0.1)};
  double least = 0;
  for (size_t kind = 0; kind < KINDS; kind++)
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
      const attn_attention attention = attention_of(kind);
      const attn_risk_result r = attn_risk_kinds_two(&inputs[i], &attention);
      assert_int_equal(r.status, ATTN_RISK_OK);
      /* a jump at z lies up to a step h from where the rule has it, which costs z h */
      const double allowed =
          attention.kind == ATTN_HARD ? 2.0 * SIMPSON_REACH * SIMPSON_REACH / SIMPSON_STEPS : 1e-6;
      assert_close(r.log10_class[0], simpson(&inputs[i], &attention), allowed);
      least = fmin(least, r.log10_class[0]);
    }
  assert_true(least < -100);
}

/* p without noise part, v parallel to p, v = 0, and input that is none. */
static void test_special(void **state) {
  (void)state;
  for (size_t kind = 0; kind < KINDS; kind++) {
    const attn_attention attention = attention_of(kind);
    double s[2];
    const double b[2] = {0.3, 0};
    attn_attention_weights(s, b, 2, &attention);
    attn_risk_input in = {.mv = {0.4, -0.4}, .mp = {0.3, 0.3}, .vv = 0.04, .residual2 = NAN};
    const double tail = s[1] == 0 ? -INFINITY : attn_logprob_phi(-s[0] * 0.4 / (s[1] * 0.2));
    const double plain = attn_risk_kinds_two(&in, &attention).log10_clean;
    assert_true(plain == tail / M_LN10 || fabs(plain - tail / M_LN10) < 1e-12);

    in = (attn_risk_input){.mp = {0.3, 0.3}, .vv = 0.04, .pp = 1, .vp = 0.1, .residual2 = NAN};
    const double at_zero = attn_risk_kinds_two(&in, &attention).log10_clean;
    if (attention.kind != ATTN_SPARSEMAX && attention.kind != ATTN_LINEAR)
      assert_close(at_zero, log10(0.5), 0.02);

    in = (attn_risk_input){
        .mv = {0.4, -0.4}, .mp = {0.3, 0.3}, .vv = 0.25, .pp = 1, .vp = 0.5, .residual2 = 0};
    const attn_risk_result parallel = attn_risk_kinds_two(&in, &attention);
    assert_int_equal(parallel.status, ATTN_RISK_OK);
    if (attention.kind == ATTN_SOFTMAX)
      assert_close(parallel.log10_clean, attn_risk_two(&in).log10_clean, 1e-8);

    in.vv = -1;
    const attn_risk_result bad = attn_risk_kinds_two(&in, &attention);
    assert_true(bad.status == ATTN_RISK_BAD_INPUT && isnan(bad.log10_clean));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_softmax), cmocka_unit_test(test_simulation),
      cmocka_unit_test(test_hard),    cmocka_unit_test(test_sparsemax),
      cmocka_unit_test(test_simpson), cmocka_unit_test(test_special),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
