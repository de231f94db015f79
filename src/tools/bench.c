/* bench: how long the laboratory's main pieces of work take, each beside what this machine could do
 * at best or another figure of the same run. One table; nothing is asserted, because a shared
 * machine is slow at times. bench --quick leaves out the ten million samples. */
#define _DEFAULT_SOURCE /* wait4 */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "linalg.h"
#include "metrics.h"
#include "risk.h"
#include "rng.h"
#include "stats.h"
#include "svm.h"
#include "tokens_dense.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"

/* ---- time ----------------------------------------------------------------------------------- */

static double clock_seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* CPU seconds of this process, in which others do not count. */
static double cpu_now(void) {
  return clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static int by_value(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median_of(double *x /* [count], is sorted */, size_t count) {
  qsort(x, count, sizeof *x, by_value);
  return count % 2 == 1 ? x[count / 2] : 0.5 * (x[count / 2 - 1] + x[count / 2]);
}

enum { MOST_REPEATS = 400 };

typedef void work(void *of);

/* CPU seconds of one call: the median of at least five and about half a second's worth, after one
 * that warms up. best, if not NULL, receives the least. */
static double seconds(work *run, void *of, double *best) {
  double time[MOST_REPEATS], total = 0;
  size_t count = 0;
  run(of);
  while (count < 5 || (total < 0.5 && count < MOST_REPEATS)) {
    double start = cpu_now();
    run(of);
    time[count] = cpu_now() - start;
    total += time[count++];
  }
  double median = median_of(time, count);
  if (best != NULL)
    *best = time[0];
  return median;
}

/* ---- table ---------------------------------------------------------------------------------- */

typedef struct {
  char text[24];
} cell;

static cell cell_unit(double x, const char *unit) {
  cell c;
  snprintf(c.text, sizeof c.text, "%.*f %s", x < 10 ? 2 : x < 100 ? 1 : 0, x, unit);
  return c;
}

static cell cell_time(double s) {
  return s < 1e-3 ? cell_unit(1e6 * s, "us") : s < 1 ? cell_unit(1e3 * s, "ms") : cell_unit(s, "s");
}

static void heading(const char *text) {
  printf("\n%s\n", text);
}

/* In lines of at most 80 columns, broken at blanks. */
static void print_lines(const char *text) {
  const size_t width = 80;
  while (*text != '\0') {
    size_t size = strlen(text);
    if (size > width)
      for (size = width; size > 1 && text[size] != ' ';)
        size--;
    printf("%.*s\n", (int)size, text);
    text += size;
    text += strspn(text, " ");
  }
}

/* The ratio is measured / reference. */
static void line(const char *what, cell measured, cell reference, double ratio, const char *aim) {
  cell r = {""};
  if (!isnan(ratio))
    snprintf(r.text, sizeof r.text, "%.*f", ratio < 10 ? 2 : ratio < 100 ? 1 : 0, ratio);
  printf("  %-36s %11s %11s %6s  %s\n", what, measured.text, reference.text, r.text, aim);
  fflush(stdout);
}

static void times(const char *what, double measured, double reference, const char *aim) {
  line(what, cell_time(measured), cell_time(reference), measured / reference, aim);
}

/* ---- other processes ------------------------------------------------------------------------ */

typedef struct {
  double wall, cpu; /* s */
  double peak;      /* bytes */
} child_cost;

/* Runs body in a child of its own, so that its peak memory is not that of this process. */
static child_cost child_run(work *body, void *of) {
  double start = clock_seconds(CLOCK_MONOTONIC);
  pid_t child = fork();
  if (child < 0)
    attn_fail("cannot start another process");
  if (child == 0) {
    body(of);
    _exit(EXIT_SUCCESS);
  }
  int status;
  struct rusage use;
  if (wait4(child, &status, 0, &use) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    attn_fail("a measured process failed");
  return (child_cost){
      .wall = clock_seconds(CLOCK_MONOTONIC) - start,
      .cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
             1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec),
      .peak = 1024.0 * (double)use.ru_maxrss,
  };
}

/* Runs a Python script with these files for input and output: its exit status, 127 without Python.
 * Debian's Python, since another one knows nothing of Debian's NumPy. */
static int python_run(const char *script, FILE *input, FILE *output) {
  pid_t child = fork();
  if (child < 0)
    attn_fail("cannot start another process");
  if (child == 0) {
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    if (dup2(fileno(input), STDIN_FILENO) >= 0 && dup2(fileno(output), STDOUT_FILENO) >= 0)
      execl("/usr/bin/python3", "python3", script, (char *)NULL);
    _exit(127);
  }
  int status;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
    attn_fail("the script %s was stopped", script);
  return WEXITSTATUS(status);
}

static child_cost child_median(work *body, void *of, size_t repeats) {
  double wall[64], cpu[64], peak[64];
  for (size_t r = 0; r < repeats; r++) {
    child_cost cost = child_run(body, of);
    wall[r] = cost.wall;
    cpu[r] = cost.cpu;
    peak[r] = cost.peak;
  }
  return (child_cost){median_of(wall, repeats), median_of(cpu, repeats), median_of(peak, repeats)};
}

static void become(void *arguments) {
  char *const *argv = arguments;
  int sink = open("/dev/null", O_WRONLY);
  if (sink < 0 || dup2(sink, STDOUT_FILENO) < 0)
    _exit(EXIT_FAILURE);
  execv(argv[0], argv);
  _exit(EXIT_FAILURE);
}

/* ---- training ------------------------------------------------------------------------------- */

typedef struct {
  attn_trial *trial;
  double beta;
  size_t steps;
  bool risk; /* measure and compute the exact risk at every step */
} training;

static void train(void *of) {
  training *t = of;
  attn_trial *trial = t->trial;
  const attn_optim optim = {.beta = t->beta};
  attn_trial_draw(trial, 1, "bench", 0, 0);
  for (size_t step = 0;; step++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (t->risk) {
      const attn_metrics m = attn_metrics_measure(trial->model, trial->tokens, trial->labels);
      const attn_risk_input input = attn_metrics_risk_input(&m);
      attn_risk_log10(&input, trial->param.T);
    }
    if (step == t->steps)
      return;
    attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
}

/* The setting of the experiment gd_two_steps, and each quantity that it plots. */
static void bench_gd(char *attn) {
  static const attn_data_param param = {.n = 200, .T = 2, .d = 40000, .rho = 30, .eta = 0.05};
  training t = {attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 150), 0.025, 150, true};
  heading("Gradient descent, n = 200, d = 40000, T = 2, 150 steps, exact risk at each");
  double with = seconds(train, &t, NULL);
  t.risk = false;
  double without = seconds(train, &t, NULL);
  times("in this process : without any risk", with, without, "");
  char *gd[] = {attn, "gd", NULL}, *help[] = {attn, "--help", NULL};
  child_cost whole = child_median(become, gd, 31), empty = child_median(become, help, 31);
  times("attn gd : attn --help, CPU time", whole.cpu, empty.cpu, "20 ms");
  times("attn gd : attn --help, elapsed", whole.wall, empty.wall, "20 ms");
  attn_trial_free(t.trial);
}

/* Two steps as in the experiment gd_scaling: allocation, draw, training, metrics and risk. */
static void two_lazy_steps(void *of) {
  const size_t n = *(size_t *)of;
  const attn_data_param param = {.n = n, .T = 2, .d = 1000000000000000, .rho = 1, .eta = 0.05};
  training t = {attn_trial_alloc(ATTN_TOKENS_LAZY, &param, 2), 0, 2, false};
  const double ratio = (double)param.d / (double)n;
  attn_trial_set_rho(t.trial, 2 * sqrt(ratio)); /* kappa = 2 */
  t.beta = 5 / ratio;
  train(&t);
  const attn_metrics m = attn_metrics_measure(t.trial->model, t.trial->tokens, t.trial->labels);
  const attn_risk_input input = attn_metrics_risk_input(&m);
  attn_risk_log10(&input, 2);
  attn_trial_free(t.trial);
}

static void bench_lazy(double deviate, bool quick) {
  size_t n = 1000000;
  heading("Two steps and the risk of lazy tokens, d = 1e15, in a process of its own");
  child_cost million = child_median(two_lazy_steps, &n, 5);
  times("n = 1e6 : its 3 n deviates", million.cpu, 3e6 * deviate, "");
  if (quick)
    return;
  n = 10000000;
  child_cost ten = child_median(two_lazy_steps, &n, 3);
  times("n = 1e7 : its 3 n deviates", ten.cpu, 3e7 * deviate, "5 s");
  times("n = 1e7 : n = 1e6", ten.cpu, million.cpu, "ratio 10");
  line("n = 1e7, peak memory : n = 1e6", cell_unit(ten.peak / 0x1p30, "GiB"),
       cell_unit(million.peak / 0x1p30, "GiB"), ten.peak / million.peak, "1.5 GiB");
}

/* ---- random numbers ------------------------------------------------------------------------- */

enum { NUMBERS = 1 << 14 };

typedef struct {
  gsl_rng *rng;
  double x[NUMBERS];
} numbers;

static void draw_deviates(void *of) {
  numbers *r = of;
  attn_rng_gaussian(r->x, NUMBERS, r->rng);
}

static void draw_words(void *of) {
  numbers *r = of;
  unsigned long all = 0;
  for (size_t j = 0; j < NUMBERS; j++)
    all ^= gsl_rng_get(r->rng);
  r->x[0] = (double)all;
}

static void draw_tokens(void *of) {
  attn_trial *trial = of;
  attn_tokens_draw(trial->tokens, trial->rng);
}

/* Returns the seconds of one deviate. */
static double bench_rng(void) {
  numbers *r = attn_alloc(1, sizeof *r);
  r->rng = attn_rng_alloc();
  attn_rng_start(r->rng, 1, "bench", 0, 0, ATTN_STREAM_OTHER);
  heading("Random numbers, millions a second; draws of an N x N Gram matrix");
  double deviate = seconds(draw_deviates, r, NULL) / NUMBERS;
  double word = seconds(draw_words, r, NULL) / NUMBERS;
  line("normal deviates : uniform words", cell_unit(1e-6 / deviate, "M/s"),
       cell_unit(1e-6 / word, "M/s"), word / deviate, "");
  for (size_t n = 200; n <= 1000; n *= 5) {
    const attn_data_param param = {.n = n, .T = 2, .d = 200 * n, .rho = 1, .eta = 0.05};
    attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 1);
    attn_trial_draw(trial, 1, "bench", 0, 0);
    char what[64];
    snprintf(what, sizeof what, "Bartlett, N = %zu : its deviates", n);
    times(what, seconds(draw_tokens, trial, NULL), 0.5 * (double)n * (double)(n - 1) * deviate, "");
    attn_trial_free(trial);
  }
  gsl_rng_free(r->rng);
  attn_free(r);
  return deviate;
}

/* ---- matrix products ------------------------------------------------------------------------ */

typedef struct {
  double *A, *B, *C;
  size_t n, k;
} product;

static void run_gram(void *of) {
  product *p = of;
  attn_gram(p->C, p->A, p->n, p->k);
}

static void run_transposed(void *of) {
  product *p = of;
  attn_multiply_transposed(p->C, p->n, p->A, p->k, p->B, p->k, p->n, p->n, p->k);
}

/* GFlop/s; K = A A' takes n (n + 1) k operations, C = A B' twice that. */
static double rate(work *run, double *C, double *A, double *B, size_t n, size_t k) {
  product p = {A, B, C, n, k};
  double operations = (double)n * (double)(run == run_gram ? n + 1 : 2 * n) * (double)k;
  return 1e-9 * operations / seconds(run, &p, NULL);
}

static void rates(const char *what, double measured, double reference, const char *aim) {
  line(what, cell_unit(measured, "GF/s"), cell_unit(reference, "GF/s"), measured / reference, aim);
}

/* OpenBLAS at its best is seen in large square products, where attn_gram's copy of a triangle and
 * the memory do not count. */
static void bench_products(void) {
  const size_t n = 200, k = 39998, side = 1400;
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 2, "bench", 0, 0, ATTN_STREAM_OTHER);
  double *A = attn_alloc(n * k, sizeof *A), *B = attn_alloc(n * k, sizeof *B);
  double *C = attn_alloc(side * side, sizeof *C);
  attn_rng_gaussian(A, n * k, rng);
  attn_rng_gaussian(B, n * k, rng);
  heading("Products of 200 x 39998 matrices : of 1400 x 1400, 1e9 operations a second");
  double gram = rate(run_gram, C, A, B, n, k);
  double transposed = rate(run_transposed, C, A, B, n, k);
  double square_gram = rate(run_gram, C, A, B, side, side);
  double square = rate(run_transposed, C, A, B, side, side);
  rates("A A' : square A A'", gram, square_gram, "0.8");
  rates("A A' : square A B'", gram, square, "");
  rates("A B' : square A B'", transposed, square, "");
  attn_free(A);
  attn_free(B);
  attn_free(C);
  gsl_rng_free(rng);
}

/* ---- a dense step --------------------------------------------------------------------------- */

typedef struct {
  const double *x; /* [size], read once */
  size_t size;
  double sum;
  attn_trial *trial;
} reading;

enum { LANES = 64 };

static void read_lanes(void *of) {
  reading *r = of;
  double lane[LANES] = {0}, sum = 0;
  for (size_t j = 0; j + LANES <= r->size; j += LANES)
    for (size_t l = 0; l < LANES; l++)
      lane[l] += r->x[j + l];
  for (size_t l = 0; l < LANES; l++)
    sum += lane[l];
  r->sum = sum;
}

static void read_dot(void *of) {
  reading *r = of;
  r->sum = 0;
  for (size_t j = 0, block = 1 << 16; j < r->size; j += block)
    r->sum += attn_dot(r->x + j, r->x + j, r->size - j < block ? r->size - j : block);
}

static void dense_scores(void *of) {
  reading *r = of;
  attn_model *model = r->trial->model;
  attn_tokens_scores(r->trial->tokens, model->signal[0], model->noise, model->theta, 2);
}

static void dense_pullback(void *of) {
  reading *r = of;
  attn_model *model = r->trial->model;
  attn_tokens_pullback(r->trial->tokens, model->grad, model->signal[0], model->pull, 2);
}

static void dense_step(void *of) {
  reading *r = of;
  attn_trial *trial = r->trial;
  const attn_optim optim = {.beta = 1e-4};
  attn_model_forward(trial->model, trial->tokens, trial->labels);
  attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
}

enum { NUMPY_STEPS = 11 };

/* The draw as src/tools/bench_numpy.py reads it. */
static void write_draw(FILE *stream, attn_trial *trial, double beta) {
  const attn_data_param *param = &trial->param;
  const double head[] = {(double)param->n, (double)param->d, param->rho, beta, NUMPY_STEPS};
  const size_t count = trial->tokens->N * trial->tokens->k;
  bool written = fwrite(head, sizeof head, 1, stream) == 1;
  for (size_t i = 0; i < 2 * param->n; i++) {
    const double x = i < param->n ? trial->labels->k[i] : trial->labels->y[i - param->n];
    written = written && fwrite(&x, sizeof x, 1, stream) == 1;
  }
  written = written &&
            fwrite(attn_tokens_dense_noise(trial->tokens), sizeof(double), count, stream) == count;
  if (!written || fflush(stream) != 0)
    attn_fail("no room for a temporary file of %zu MB", count * sizeof(double) / 1000000);
  rewind(stream);
}

/* The same training in NumPy on the same draw, and by how much its outputs differ. */
static void bench_numpy(attn_trial *trial, double step, const char *script) {
  const attn_optim optim = {.beta = 0.025};
  FILE *draw = tmpfile(), *answer = tmpfile();
  if (draw == NULL || answer == NULL)
    attn_fail("cannot make a temporary file");
  attn_trial_draw(trial, 1, "bench", 0, 0);
  write_draw(draw, trial, optim.beta);
  for (size_t done = 0; done <= NUMPY_STEPS; done++) {
    attn_model_forward(trial->model, trial->tokens, trial->labels);
    if (done < NUMPY_STEPS)
      attn_train_step(trial->model, trial->tokens, trial->labels, &optim, trial->w);
  }
  const int status = python_run(script, draw, answer);
  rewind(answer);
  char blas[24] = "";
  if (status == 3 || status == 127)
    printf("  NumPy: there is none here; on Debian: apt-get install python3-numpy\n");
  else if (status != 0 || fgets(blas, sizeof blas, answer) == NULL)
    attn_fail("the script %s failed", script);
  else {
    blas[strcspn(blas, "\n")] = '\0';
    static const char *const ways[] = {"step : NumPy, whole tokens", "step : NumPy, noise alone"};
    for (size_t way = 0; way < 2; way++) {
      double seconds, largest = 0, apart = 0, f;
      bool read = fscanf(answer, "%lf", &seconds) == 1;
      for (size_t i = 0; i < trial->param.n; i++) {
        read = read && fscanf(answer, "%lf", &f) == 1;
        largest = fmax(largest, fabs(trial->model->f[i]));
        apart = fmax(apart, fabs(trial->model->f[i] - f));
      }
      if (!read || !(apart <= 1e-9 * largest))
        attn_fail("after %d steps NumPy's outputs (%s) are not those of the library", NUMPY_STEPS,
                  ways[way]);
      times(ways[way], step, seconds, "");
    }
    printf("  (NumPy on %s; its outputs after %d steps are ours to 1e-9)\n", blas, NUMPY_STEPS);
  }
  fclose(draw);
  fclose(answer);
}

static void bench_dense(const char *script) {
  static const attn_data_param param = {.n = 200, .T = 2, .d = 40000, .rho = 30, .eta = 0.05};
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_DENSE, &param, 1);
  attn_trial_draw(trial, 1, "bench", 0, 0);
  reading r = {attn_tokens_dense_noise(trial->tokens), trial->tokens->N * trial->tokens->k, 0,
               trial};
  double lanes_best, dot_best;
  double lanes = seconds(read_lanes, &r, &lanes_best), dot = seconds(read_dot, &r, &dot_best);
  double once = fmin(lanes, dot);
  char title[80];
  snprintf(title, sizeof title,
           "Dense tokens, n = 200, d = 40000: a 64 MB matrix, read at %.1f (best %.1f) GB/s",
           8e-9 * (double)r.size / once, 8e-9 * (double)r.size / fmin(lanes_best, dot_best));
  heading(title);
  dense_step(&r);
  times("scores of v and p : one read", seconds(dense_scores, &r, NULL), once, "");
  times("pullback to v and p : one read", seconds(dense_pullback, &r, NULL), once, "");
  const double step = seconds(dense_step, &r, NULL);
  times("training step : two reads", step, 2 * once, "ratio 1.3");
  bench_numpy(trial, step, script);
  attn_trial_free(trial);
}

/* ---- the exact risk ------------------------------------------------------------------------- */

enum { MOST_INPUTS = 256 };

/* Inputs that training produces at several shapes, signals and numbers of steps; beside each a
 * deep tail and one with a class on the wrong side. Returns how many. */
static size_t risk_inputs(attn_risk_input *input /* [MOST_INPUTS] */) {
  static const double shape[][2] = {{50, 20}, {200, 200}, {400, 5}, {500, 5000}}; /* n, d/n */
  static const double kappa[] = {0.5, 1, 2, 4};
  static const size_t stop[] = {1, 2, 6, 60};
  size_t count = 0;
  for (size_t s = 0; s < 4; s++) {
    attn_data_param param = {.n = (size_t)shape[s][0], .T = 2, .rho = 1, .eta = 0.05};
    param.d = (size_t)(shape[s][0] * shape[s][1]);
    training t = {attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 60), 5 / shape[s][1], 0, false};
    for (size_t c = 0; c < 4; c++) {
      attn_trial_set_rho(t.trial, kappa[c] * sqrt(shape[s][1]));
      for (size_t e = 0; e < 4; e++) {
        t.steps = stop[e];
        train(&t);
        const attn_metrics m =
            attn_metrics_measure(t.trial->model, t.trial->tokens, t.trial->labels);
        const attn_risk_input trained = attn_metrics_risk_input(&m);
        attn_risk_input deep = trained, wrong = trained;
        const double depth = pow(10, (double)(count % 4)); /* up to 1e3 standard deviations more */
        for (size_t k = 0; k < 2; k++) {
          deep.mv[k] = (k == 0 ? 1 : -1) * depth * fabs(trained.mv[k]);
          deep.mp[k] = fabs(trained.mp[k]);
        }
        wrong.mv[e % 2] = -trained.mv[e % 2];
        input[count++] = trained;
        input[count++] = deep;
        input[count++] = wrong;
      }
    }
    attn_trial_free(t.trial);
  }
  return count;
}

static void one_risk(void *of) {
  attn_risk_log10(of, 2);
}

static void bench_risk(void) {
  static attn_risk_input input[MOST_INPUTS];
  size_t count = risk_inputs(input), worst_at = 0;
  double time[MOST_INPUTS], deepest = 0, worst = 0, shallow = 0;
  for (size_t i = 0; i < count; i++) {
    double repeat[7];
    for (size_t r = 0; r < 7; r++) {
      double start = cpu_now();
      one_risk(&input[i]);
      repeat[r] = cpu_now() - start;
    }
    time[i] = median_of(repeat, 7);
    if (time[i] > worst) {
      worst = time[i];
      worst_at = i;
    }
    const double log10_risk = attn_risk_log10(&input[i], 2).log10_clean;
    if (isfinite(log10_risk))
      deepest = fmin(deepest, log10_risk);
    shallow += log10_risk > -1;
  }
  char title[80];
  snprintf(title, sizeof title,
           "Exact risk, both classes, of %zu inputs down to 1e%.0f, %.0f above 0.1", count, deepest,
           shallow);
  heading(title);
  const double log10_worst = attn_risk_log10(&input[worst_at], 2).log10_clean;
  double middle = median_of(time, count);
  line("median", cell_time(middle), (cell){"100 us"}, middle / 1e-4, "100 us");
  char what[64];
  snprintf(what, sizeof what, "worst (risk 1e%.3g) : median", log10_worst);
  times(what, worst, middle, "");
}

/* ---- support vectors ------------------------------------------------------------------------ */

typedef struct {
  double *K, *a, *R; /* R: workspace for the reference */
  size_t n;
  attn_svm_workspace *workspace;
} svm_problem;

static void solve(void *of) {
  svm_problem *p = of;
  attn_svm_result result;
  attn_svm_solve(p->a, &result, p->K, p->n, p->workspace);
}

static void factor(void *of) {
  svm_problem *p = of;
  memcpy(p->R, p->K, p->n * p->n * sizeof *p->R);
  attn_cholesky(p->R, p->n, p->n);
}

/* Model D with attention 0.9 on the right token at kappa = 2.5, d = 20 n. */
static void bench_svm(void) {
  const attn_data_param param = {.n = 1000, .T = 2, .d = 20000, .rho = 2.5 * sqrt(20), .eta = 0.1};
  const size_t n = param.n;
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 1);
  attn_trial_draw(trial, 1, "bench", 0, 0);
  svm_problem p = {attn_alloc(n * n, sizeof(double)), attn_alloc(n, sizeof(double)),
                   attn_alloc(n * n, sizeof(double)), n, attn_svm_alloc(n)};
  const double *G = attn_tokens_gram_matrix(trial->tokens);
  const attn_labels *labels = trial->labels;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      double si = attn_labels_noisy(labels, i) ? 0.1 : 0.9;
      double sj = attn_labels_noisy(labels, j) ? 0.1 : 0.9;
      p.K[i * n + j] = (labels->k[i] == labels->k[j] ? param.rho * param.rho * si * sj : 0) +
                       G[i * n + j] * (1 - si) * (1 - sj);
    }
  attn_svm_apply_labels(p.K, labels->y, n);
  heading("Support vectors in Gram space, n = 1000, d = 20000");
  times("attn_svm_solve : one Cholesky factor", seconds(solve, &p, NULL), seconds(factor, &p, NULL),
        "50 ms");
  attn_free(p.K);
  attn_free(p.a);
  attn_free(p.R);
  attn_svm_free(p.workspace);
  attn_trial_free(trial);
}

int main(int argc, char **argv) {
  attn_set_program_name(argv[0]);
  const bool quick = argc == 2 && strcmp(argv[1], "--quick") == 0;
  if (argc > 1 && !quick) {
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
      printf("bench [--quick]: the speed of the library on this machine, one table\n");
      return EXIT_SUCCESS;
    }
    attn_fail("'%s' is no option; there is only --quick", argv[1]);
  }
  attn_linalg_start();
  char *slash = strrchr(argv[0], '/');
  const int folder = slash != NULL ? (int)(slash + 1 - argv[0]) : 0;
  char *attn = attn_text_format("%.*sattn", folder, argv[0]);
  char *script = attn_text_format("%.*s../../src/tools/bench_numpy.py", folder, argv[0]);
  print_lines(attn_linalg_description());
  printf("CPU time of one core, medians. The ratio is measured : reference, as named.\n\n");
  printf("  %-36s %11s %11s %6s  %s\n", "what : reference", "measured", "reference", "ratio",
         "aim");
  /* The children first, while this process is small. */
  double deviate = bench_rng();
  bench_lazy(deviate, quick);
  bench_gd(attn);
  bench_risk();
  bench_dense(script);
  bench_products();
  bench_svm();
  attn_free(attn);
  attn_free(script);
  return EXIT_SUCCESS;
}
