/* Variations of D: how their samples are laid out, and their test sets against the exact risk. */
#include "support.h"

#include <gsl/gsl_cdf.h>
#include <stdlib.h>
#include <string.h>

#include "linalg.h"
#include "population.h"
#include "rng.h"
#include "testset.h"

enum { D = 12, TESTS = 60000 };

static attn_population of(size_t T, attn_population variation) {
  variation.param = (attn_data_param){20, T, D, 2, 0.1};
  return variation;
}

static gsl_rng *stream(size_t cell) {
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 34, "population", cell, 0, ATTN_STREAM_TEST);
  return rng;
}

/* A v that is right more often than not, and a p that prefers signals a little. */
static void classifier(double *theta /* [2][D] */) {
  for (size_t l = 0; l < D; l++) {
    theta[l] = l == 0 ? 0.9 : l == 1 ? -0.6 : 0.35 * sin(1.0 + 2 * (double)l);
    theta[D + l] = l == 0 ? 0.3 : l == 1 ? 0.2 : 0.25 * cos((double)l * 1.7);
  }
}

/* The share of errors of a test set is that of the exact risk within 5.5 standard errors, and away
 * from the risk of D, for every Gaussian variation. */
static void test_exact_risk(void **state) {
  (void)state;
  const attn_population cases[] = {
      of(2, (attn_population){.share = 0}),
      of(2, (attn_population){.leak = 1}),
      of(2, (attn_population){.leak = 2.5}),
      of(3, (attn_population){.leak = 1}),
      of(2, (attn_population){.cosine = 0.6}),
      of(2, (attn_population){.cosine = -0.5, .leak = 1.5}),
      of(3, (attn_population){.rival = 0.6}),
      of(3, (attn_population){.echo = 0.7}),
      of(4, (attn_population){.rival = 0.5, .echo = 0.2, .leak = 1, .cosine = 0.3}),
      of(2, (attn_population){.share = 0.85}),
      of(2, (attn_population){.noise = {ATTN_NOISE_POWER, 1}}),
      of(3, (attn_population){.noise = {ATTN_NOISE_POWER, 1}, .leak = 1}),
  };
  double theta[2 * D];
  classifier(theta);
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    const attn_population plain = of(cases[c].param.T, (attn_population){.share = 0});
    const double risk = pow(10, attn_population_log10_risk(theta, &cases[c]));
    const double of_d = pow(10, attn_population_log10_risk(theta, &plain));
    const double error = sqrt(risk * (1 - risk) / TESTS);
    gsl_rng *rng = stream(c);
    double clean, given;
    attn_testset_accuracy(&clean, &given, theta, 1, &cases[c], TESTS, rng);
    print_message("  variation %zu: risk %.4f, test set %.4f +- %.4f, D %.4f\n", c, risk, 1 - clean,
                  error, of_d);
    assert_between(risk, 0.002, 0.5);
    assert_close(1 - clean, risk, 5.5 * error);
    assert_true(c == 0 || fabs(risk - of_d) > 8 * error);
    /* labels flip at rate eta */
    assert_close(1 - given, 0.1 + 0.8 * risk, 5.5 * sqrt(0.25 / TESTS));
    gsl_rng_free(rng);
  }
}

/* Signal tokens with noise of their own, without attention (p = 0): f = (m_v + a_1 + a_2) / 2, so
 * the risk is the mean of Phi(-m_v / sqrt(2 |v|^2)). */
static void test_own_noise(void **state) {
  (void)state;
  const attn_population population = of(2, (attn_population){.own = true});
  double theta[2 * D], clean, given, risk = 0;
  classifier(theta);
  memset(theta + D, 0, D * sizeof *theta);
  assert_int_equal(attn_population_noise_tokens(&population), 2);
  assert_true(isnan(attn_population_log10_risk(theta, &population)));
  for (size_t k = 0; k < 2; k++)
    risk +=
        gsl_cdf_ugaussian_P(-2 * fabs(theta[k]) / sqrt(2 * attn_dot(theta + 2, theta + 2, D - 2))) /
        2;
  gsl_rng *rng = stream(100);
  attn_testset_accuracy(&clean, &given, theta, 1, &population, TESTS, rng);
  assert_close(1 - clean, risk, 5.5 * sqrt(risk * (1 - risk) / TESTS));
  gsl_rng_free(rng);
}

/* Other families have other risks for a v on few coordinates: with v and p along one coordinate the
 * score of Rademacher noise is +-v, so the risk of p = 0 is 1/2 P(-|v| + m_v < 0), by hand. */
static void test_families(void **state) {
  (void)state;
  double theta[2 * D] = {0}, clean, given;
  theta[0] = 0.5; /* m_v = 1 for class 1, -1 for class 2 */
  theta[1] = -0.5;
  theta[2] = 1.2;
  const struct {
    attn_noise noise;
    double risk;
  } cases[] = {{{ATTN_NOISE_RADEMACHER, 0}, 0.5},
               {{ATTN_NOISE_UNIFORM, 0}, (1.2 * sqrt(3) - 1) / (2 * 1.2 * sqrt(3))},
               {{ATTN_NOISE_SPARSE, 0.25}, 0.25 * gsl_cdf_ugaussian_P(-1 / 2.4)},
               {{ATTN_NOISE_STUDENT, 1}, gsl_cdf_tdist_P(-1 / 1.2 / 0.67448975019608171, 1)},
               {{ATTN_NOISE_LAPLACE, 0}, exp(-sqrt(2) / 1.2) / 2}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    const attn_population population = of(2, (attn_population){.noise = cases[c].noise});
    gsl_rng *rng = stream(200 + c);
    attn_testset_accuracy(&clean, &given, theta, 1, &population, TESTS, rng);
    assert_close(1 - clean, cases[c].risk, 5.5 * sqrt(cases[c].risk * (1 - cases[c].risk) / TESTS));
    gsl_rng_free(rng);
  }
  /* the prediction: variance 1 for all, none where there is no variance */
  const attn_population laplace = of(2, (attn_population){.noise = {ATTN_NOISE_LAPLACE, 0}});
  assert_relative(pow(10, attn_population_log10_risk(theta, &laplace)),
                  gsl_cdf_ugaussian_P(-1 / 1.2), 1e-9);
  const attn_population cauchy = of(2, (attn_population){.noise = {ATTN_NOISE_STUDENT, 1}});
  assert_true(isnan(attn_population_log10_risk(theta, &cauchy)));
}

/* Coefficients and noise of every token, by hand. */
static void test_layout(void **state) {
  (void)state;
  const unsigned char k[2] = {0, 1};
  const double s = 0.8; /* sin for cos = 0.6 */
  attn_population p = of(3, (attn_population){.cosine = 0.6, .rival = 0.5, .echo = 0.25});
  attn_layout *layout = attn_population_layout_alloc(&p, 2);
  assert_int_equal(layout->N, 2);
  attn_population_lay_out(layout, k, &p, NULL);
  const double expected[12] = {1,   0, 0.25 + 0.5 * 0.6, 0.5 * s,  0, 0,
                               0.6, s, 0.25 * 0.6 + 0.5, 0.25 * s, 0, 0};
  const size_t noise[6] = {ATTN_NO_NOISE, ATTN_NO_NOISE, 0, ATTN_NO_NOISE, ATTN_NO_NOISE, 1};
  for (size_t e = 0; e < 12; e++)
    assert_close(layout->signal[e], expected[e], 1e-15);
  assert_memory_equal(layout->noise, noise, sizeof noise);
  attn_layout_free(layout);

  /* own noise: every token has one; the leak is N(0, leak^2) on unit directions, whatever rho is,
   * and the same vector at another rho */
  p = of(2, (attn_population){.own = true, .leak = 3});
  const size_t n = 20000;
  unsigned char *many = attn_alloc(n, 1);
  layout = attn_population_layout_alloc(&p, n);
  attn_layout *other = attn_population_layout_alloc(&p, n);
  assert_int_equal(layout->N, 2 * n);
  gsl_rng *rng = stream(300), *same = stream(300);
  attn_population_lay_out(layout, many, &p, rng);
  p.param.rho = 7;
  attn_population_lay_out(other, many, &p, same);
  double square = 0;
  for (size_t e = 0; e < 2 * n; e++) {
    assert_int_equal(layout->noise[e], e);
    for (size_t l = 0; l < 2; l++) {
      const double signal = e % 2 == 0 && l == 0;
      const double z = (layout->signal[2 * e + l] - signal) * 2;
      assert_close(z, (other->signal[2 * e + l] - signal) * 7, 1e-12 * (1 + fabs(z)));
      square += z * z / (double)(4 * n);
    }
  }
  assert_close(square, 9, 5.5 * 9 * sqrt(2.0 / (double)(4 * n)));
  attn_layout_free(layout);
  attn_layout_free(other);
  attn_free(many);
  gsl_rng_free(rng);
  gsl_rng_free(same);

  p = of(2, (attn_population){.share = 0.3, .noise = {ATTN_NOISE_LAPLACE, 0}});
  assert_null(attn_population_layout_alloc(&p, 5)); /* the paper's */
  attn_population_lay_out(NULL, k, &p, NULL);
}

static void alloc_bad(const void *argument) {
  attn_population_layout_alloc(argument, 4);
}
static void test_bad(const void *argument) {
  double theta[2 * D] = {0}, clean, given;
  attn_testset_accuracy(&clean, &given, theta, 1, argument, 10, stream(0));
}

static void test_misuse(void **state) {
  (void)state;
  const struct {
    attn_population population;
    const char *text;
  } bad[] = {
      {of(2, (attn_population){.share = 1}), "share = 1"},
      {of(2, (attn_population){.share = -0.1}), "share = -0.1"},
      {of(2, (attn_population){.cosine = 1}), "cosine = 1"},
      {of(2, (attn_population){.leak = -1}), "leak = -1"},
      {of(2, (attn_population){.leak = INFINITY}), "leak = inf"},
      {of(3, (attn_population){.rival = NAN}), "rival = nan"},
      {of(2, (attn_population){.rival = 0.5}), "at least 3 tokens"},
      {of(2, (attn_population){.noise = {ATTN_NOISE_SPARSE, 2}}), "sparse = 2"},
      {of(1, (attn_population){.share = 0}), "T = 1"},
  };
  for (size_t c = 0; c < sizeof bad / sizeof *bad; c++) {
    assert_non_null(strstr(attn_population_check(&bad[c].population), bad[c].text));
    assert_fails(alloc_bad, &bad[c].population, bad[c].text);
    assert_fails(test_bad, &bad[c].population, bad[c].text);
  }
}

int main(void) {
  attn_linalg_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_layout),    cmocka_unit_test(test_exact_risk),
      cmocka_unit_test(test_own_noise), cmocka_unit_test(test_families),
      cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
