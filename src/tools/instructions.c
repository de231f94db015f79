/* instructions: one call each of the library's hot kernels, for callgrind to count:
 * src/tools/instructions.sh. Prints the environment that the counts belong to, then the kernels in
 * the order in which they are called. */
#include <gnu/libc-version.h>
#include <gsl/gsl_version.h>
#include <math.h>
#include <stdlib.h>

#include "attention.h"
#include "interpolator.h"
#include "linalg.h"
#include "metrics.h"
#include "rng.h"
#include "risk.h"
#include "svm.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"

typedef void work(void *of);

/* Callgrind counts within calls of this function, and ends a count at its return. */
void measured(work *run, void *of);
__attribute__((noinline)) void measured(work *run, void *of) {
  run(of);
}

/* Once uncounted, since the first call of a library's function looks it up. */
static void count(const char *kernel, work *run, void *of) {
  run(of);
  measured(run, of);
  printf("kernel\t%s\n", kernel);
}

/* ---- attention ---- */

enum { SAMPLES = 1000, MOST_TOKENS = 8 };

typedef struct {
  size_t T;
  double b[SAMPLES * MOST_TOKENS], g[SAMPLES * MOST_TOKENS], s[SAMPLES * MOST_TOKENS], f[SAMPLES];
  double db[MOST_TOKENS], dg[MOST_TOKENS];
} attention;

static void forward(void *of) {
  attention *a = of;
  for (size_t i = 0; i < SAMPLES; i++)
    a->f[i] = attn_attention_forward(a->s + i * a->T, a->b + i * a->T, a->g + i * a->T, a->T);
}

static void backward(void *of) {
  attention *a = of;
  for (size_t i = 0; i < SAMPLES; i++)
    attn_attention_backward(a->dg, a->db, a->s + i * a->T, a->g + i * a->T, a->f[i], 0.1, a->T);
}

static void count_attention(gsl_rng *rng) {
  attention *a = attn_alloc(1, sizeof *a);
  attn_rng_gaussian(a->b, SAMPLES * MOST_TOKENS, rng);
  attn_rng_gaussian(a->g, SAMPLES * MOST_TOKENS, rng);
  a->T = 2;
  count("attention-forward-T2", forward, a);
  count("attention-backward-T2", backward, a);
  a->T = 8;
  count("attention-forward-T8", forward, a);
  count("attention-backward-T8", backward, a);
  attn_free(a);
}

/* ---- training ---- */

static void step(void *of) {
  attn_trial *trial = of;
  const attn_optim optim = {.beta = 1e-3};
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
}

static void draw(void *of) {
  attn_trial *trial = of;
  attn_tokens_draw(trial->tokens, trial->rng);
}

static attn_trial *trial_of(attn_tokens_kind kind, size_t n, size_t d) {
  attn_data_param param = {.n = n, .T = 2, .d = d, .eta = 0.1};
  param.rho = attn_data_rho(2, n, d);
  attn_trial *trial = attn_trial_alloc(kind, &param, 4);
  attn_trial_draw(trial, 1, "instructions", 0, 0);
  return trial;
}

static void count_steps(void) {
  const struct {
    const char *kernel;
    attn_tokens_kind kind;
    size_t n, d;
  } steps[] = {{"step-dense", ATTN_TOKENS_DENSE, 100, 2000},
               {"step-gram", ATTN_TOKENS_GRAM, 200, 2000},
               {"step-bartlett", ATTN_TOKENS_BARTLETT, 200, 40000},
               {"step-lazy", ATTN_TOKENS_LAZY, 10000, 100000000}};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    attn_trial *trial = trial_of(steps[i].kind, steps[i].n, steps[i].d);
    count(steps[i].kernel, step, trial);
    if (steps[i].kind == ATTN_TOKENS_BARTLETT)
      count("draw-bartlett", draw, trial);
    attn_trial_free(trial);
  }
}

/* ---- risk, support vectors, interpolator, deviates ---- */

static void risk(void *of) {
  attn_risk_log10(of, 2);
}

static void count_risk(void) {
  attn_trial *trial = trial_of(ATTN_TOKENS_BARTLETT, 200, 40000);
  step(trial);
  step(trial);
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
  attn_risk_input input = attn_metrics_risk_input(&m);
  count("risk", risk, &input);
  attn_trial_free(trial);
}

typedef struct {
  attn_maxmargin_set set;
  size_t n;
  double *K, *a, *v, *p;
  attn_svm_workspace *svm;
  attn_interpolator_workspace *interpolator;
} margin;

static void solve(void *of) {
  margin *m = of;
  attn_svm_result result;
  attn_svm_solve(m->a, &result, m->K, m->n, m->svm);
}

static void mixed_gram(void *of) {
  margin *m = of;
  attn_maxmargin_mixed_gram(m->K, m->v, &m->set); /* v: room for n T weights */
}

static void interpolate(void *of) {
  margin *m = of;
  for (size_t j = 0; j < 2 + m->n; j++)
    m->p[j] = 0;
  attn_interpolator_max_margin(m->v, m->p, 0.05, &m->set, m->interpolator);
}

static void count_margins(void) {
  attn_trial *trial = trial_of(ATTN_TOKENS_BARTLETT, 60, 1200);
  const size_t n = trial->param.n;
  margin m = {.set = {trial->labels, attn_tokens_gram_matrix(trial->tokens), trial->param.rho},
              .n = n,
              .K = attn_alloc(n * n, sizeof(double)),
              .a = attn_alloc(n, sizeof(double)),
              .v = attn_alloc(2 * n + 2, sizeof(double)),
              .p = attn_alloc(2 + n, sizeof(double)),
              .svm = attn_svm_alloc(n),
              .interpolator = attn_interpolator_alloc(n, 2)};
  for (size_t i = 0; i < n; i++) {
    m.v[2 * i] = attn_labels_noisy(trial->labels, i) ? 0.1 : 0.9;
    m.v[2 * i + 1] = 1 - m.v[2 * i];
  }
  count("mixed-gram", mixed_gram, &m);
  count("svm", solve, &m);
  count("interpolator", interpolate, &m);
  attn_free(m.K);
  attn_free(m.a);
  attn_free(m.v);
  attn_free(m.p);
  attn_svm_free(m.svm);
  attn_interpolator_free(m.interpolator);
  attn_trial_free(trial);
}

enum { DEVIATES = 100000 };

typedef struct {
  gsl_rng *rng;
  double x[DEVIATES];
} numbers;

static void deviates(void *of) {
  numbers *r = of;
  attn_rng_start(r->rng, 1, "instructions", 0, 0, ATTN_STREAM_OTHER);
  attn_rng_gaussian(r->x, DEVIATES, r->rng);
}

int main(int argc, char **argv) {
  attn_set_program_name(argv[0]);
  if (argc > 1)
    attn_fail("'%s': there are no options", argv[1]);
  attn_linalg_start();
  printf("environment\tblas\t%s\nenvironment\tgsl\t%s\nenvironment\tlibc\t%s\n"
         "environment\tcompiler\t%s\nenvironment\toptions\t%s\n",
         attn_linalg_description(), gsl_version, gnu_get_libc_version(), __VERSION__, OPTIONS);
  numbers *r = attn_alloc(1, sizeof *r);
  r->rng = attn_rng_alloc();
  attn_rng_start(r->rng, 1, "instructions", 0, 0, ATTN_STREAM_OTHER);
  count_attention(r->rng);
  count_steps();
  count_risk();
  count_margins();
  count("deviates", deviates, r);
  gsl_rng_free(r->rng);
  attn_free(r);
  return EXIT_SUCCESS;
}
