/* bench_svm: how long attn_svm_solve takes, and its certified gap, on problems like those of the
 * laboratory: bench_svm [n [compare]], with compare beside LIBSVM on the same Gram matrix, with the
 * mirrored points that remove its bias. Part of make bench. */
#include <float.h>
#include <libsvm/svm.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "linalg.h"
#include "rng.h"
#include "svm.h"

/* CPU seconds: other processes do not count */
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void silent(const char *text) {
  (void)text;
}

/* LIBSVM on the points z_i = y_i r_i with label 1 and -z_i with label -1; its margin. */
static double libsvm_margin(const double *K /* [n][n] */, size_t n, double eps) {
  struct svm_problem problem = {.l = (int)(2 * n)};
  struct svm_node *nodes = attn_alloc(2 * n * (2 * n + 2), sizeof *nodes);
  problem.y = attn_alloc(2 * n, sizeof *problem.y);
  problem.x = attn_alloc(2 * n, sizeof *problem.x);
  for (size_t i = 0; i < 2 * n; i++) {
    problem.y[i] = i < n ? 1 : -1;
    problem.x[i] = nodes + i * (2 * n + 2);
    problem.x[i][0] = (struct svm_node){0, (double)(i + 1)};
    for (size_t j = 0; j < 2 * n; j++)
      problem.x[i][j + 1] =
          (struct svm_node){(int)(j + 1), problem.y[i] * (j < n ? 1 : -1) * K[i % n * n + j % n]};
    problem.x[i][2 * n + 1].index = -1;
  }
  struct svm_parameter param = {.svm_type = C_SVC,
                                .kernel_type = PRECOMPUTED,
                                .cache_size = 1000,
                                .eps = eps,
                                .C = 1e12,
                                .shrinking = 1};
  svm_set_print_string_function(silent);
  struct svm_model *model = svm_train(&problem, &param);
  double sum = 0;
  for (int i = 0; i < model->l; i++)
    sum += fabs(model->sv_coef[0][i]);
  svm_free_and_destroy_model(&model);
  attn_free(nodes);
  attn_free(problem.y);
  attn_free(problem.x);
  return 1 / sqrt(sum);
}

static void report(const char *name, const double *K, size_t n, bool compare) {
  attn_svm_workspace *w = attn_svm_alloc(n);
  double *a = attn_alloc(n, sizeof *a), best = INFINITY;
  attn_svm_result r;
  for (int repeat = 0; repeat < 5; repeat++) {
    double start = now();
    attn_svm_solve(a, &r, K, n, w);
    best = fmin(best, now() - start);
  }
  printf("%-34s %5zu %5zu %5zu %4zu %5zu  %d %9.1e %9.1e %8.2f", name, n, r.distinct, r.support,
         r.factorisations, r.exchanges, r.status, r.gap, r.hull, 1e3 * best);
  if (compare) {
    double start = now(), margin = libsvm_margin(K, n, 1e-6);
    printf(" %9.0f %9.1e", 1e3 * (now() - start), margin / r.margin_high - 1);
  }
  printf("  %s\n", r.reason);
  fflush(stdout);
  attn_free(a);
  attn_svm_free(w);
}

int main(int argc, char **argv) {
  attn_linalg_start();
  size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
  bool compare = argc > 2;
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 1, "bench_svm", 0, 0, ATTN_STREAM_OTHER);
  double *K = attn_alloc(n * n, sizeof *K);
  signed char *y = attn_alloc(n, 1);
  printf("%-34s %5s %5s %5s %4s %5s  %s %9s %9s %8s %9s %9s\n", "problem", "n", "dist", "supp",
         "fact", "exch", "s", "gap", "hull", "ms", "libsvm ms", "difference");
  /* dense Gaussian points, arbitrary labels while n < d, else labels of a half-space */
  const double shape[] = {40, 4, 2, 1.5, 1.2, 0.9, 0.5, 0.2, 0.1, 0.05, 0.01};
  for (size_t c = 0; c < sizeof shape / sizeof *shape; c++) {
    size_t d = (size_t)((double)n * shape[c]);
    double *X = attn_alloc(n * d, sizeof *X); /* [n][d] */
    attn_rng_gaussian(X, n * d, rng);
    for (size_t kind = 0; kind < 3; kind++) {
      for (size_t i = 0; i < n; i++)
        y[i] = kind == 1 ? (X[i * d] > 0 ? 1 : -1) : gsl_rng_uniform(rng) < 0.5 ? 1 : -1;
      if (kind == 2) /* points around two far centres */
        for (size_t i = 0; i < n; i++)
          X[i * d] += 4 * y[i];
      attn_gram(K, X, n, d);
      attn_svm_apply_labels(K, y, n);
      char name[80];
      snprintf(name, sizeof name, "%s d=%zu",
               kind == 0   ? "any labels,"
               : kind == 1 ? "half-space,"
                           : "two clusters,",
               d);
      report(name, K, n, compare && d > n);
    }
    attn_free(X);
  }
  /* model D: K_ij from attention s on the signal, saturated (s = 1 clean, 0 noisy) or soft */
  const double attention[] = {1, 0.999999, 0.9, 0.6};
  const double kappa = 2.5;
  for (size_t c = 0; c < 4; c++)
    for (size_t ratio = 2; ratio <= 200; ratio *= 10) {
      size_t d = n * ratio;
      double rho = kappa * sqrt((double)d / (double)n);
      double *X = attn_alloc(n * (d < 20 * n ? d : 20 * n), sizeof *X);
      size_t held = d < 20 * n ? d : 20 * n;
      attn_rng_gaussian(X, n * held, rng);
      double *G = attn_alloc(n * n, sizeof *G);
      attn_gram(G, X, n, held);
      attn_scale(G, (double)d / (double)held, n * n);
      signed char *clean = attn_alloc(n, 1);
      for (size_t i = 0; i < n; i++) {
        clean[i] = gsl_rng_uniform(rng) < 0.5 ? 1 : -1;
        y[i] = (signed char)(gsl_rng_uniform(rng) < 0.1 ? -clean[i] : clean[i]);
      }
      for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
          double si = y[i] == clean[i] ? attention[c] : 1 - attention[c];
          double sj = y[j] == clean[j] ? attention[c] : 1 - attention[c];
          K[i * n + j] =
              y[i] * y[j] *
              ((clean[i] == clean[j]) * rho * rho * si * sj + G[i * n + j] * (1 - si) * (1 - sj));
        }
      char name[80];
      snprintf(name, sizeof name, "model D, attention %g, d/n=%zu", attention[c], ratio);
      report(name, K, n, compare);
      attn_free(X);
      attn_free(G);
      attn_free(clean);
    }
  attn_free(K);
  attn_free(y);
  gsl_rng_free(rng);
  return 0;
}
