/* attn: one-off questions to the library from the command line, answered as tab-separated text. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "data.h"
#include "interpolator_path.h"
#include "interpolator_directions.h"
#include "linalg.h"
#include "maxmargin.h"
#include "metrics.h"
#include "pair.h"
#include "risk.h"
#include "rng.h"
#include "table.h"
#include "tokens.h"
#include "tokens_gram.h"
#include "train.h"
#include "trial.h"

typedef struct {
  const char *name, *purpose;
  int (*run)(int argc, char **argv);
} subcommand;

static int run_gd(int argc, char **argv);
static int run_margin(int argc, char **argv);
static int run_risk(int argc, char **argv);
static int run_select(int argc, char **argv);

static const char margin_purpose[] = "learning rule (4.1) along its bound R on |p|; a row per R";
static const char select_purpose[] = "the token selections of the largest margins on one draw";
static const subcommand subcommands[] = {
    {"gd", "train by gradient descent or another optimizer on one draw; a row per step", run_gd},
    {"margin", margin_purpose, run_margin},
    {"risk", "the exact population risk of given inner products", run_risk},
    {"select", select_purpose, run_select},
};

static void print_key(const attn_key *key) {
  char value[64] = "not given";
  if (key->kind == ATTN_KEY_REAL && !isnan(*(double *)key->value))
    snprintf(value, sizeof value, "%g", *(double *)key->value);
  else if (key->kind == ATTN_KEY_COUNT)
    snprintf(value, sizeof value, "%zu", *(size_t *)key->value);
  else if (key->kind == ATTN_KEY_WORD)
    snprintf(value, sizeof value, "%s", *(char **)key->value);
  else if (key->kind == ATTN_KEY_LIST) {
    const attn_list *list = key->value;
    snprintf(value, sizeof value, "%zu values, %g to %g", list->count, list->value[0],
             list->value[list->count - 1]);
  }
  printf("  --%-9s %s, %s (default: %s)\n", key->name, key->meaning, key->range, value);
}

/* Reads "--key value" and "--key=value" into the keys, whose values are the defaults; --help prints
 * them and ends. */
static void read_options(int argc, char **argv, const char *name, const char *purpose,
                         const char *columns, const attn_key *keys, size_t count) {
  for (int i = 1; i < argc; i++) {
    char *option = argv[i];
    if (strcmp(option, "--help") == 0) {
      printf("attn %s: %s\n\n", name, purpose);
      for (size_t k = 0; k < count; k++)
        print_key(&keys[k]);
      printf("\ncolumns: %s\n", columns);
      exit(EXIT_SUCCESS);
    }
    char *sign = strchr(option, '=');
    if (sign != NULL)
      *sign = '\0';
    size_t k = 0;
    while (k < count && (strncmp(option, "--", 2) != 0 || strcmp(option + 2, keys[k].name) != 0))
      k++;
    if (k == count)
      attn_fail("%s: no such option of '%s'; see 'attn %s --help'", option, name, name);
    if (sign == NULL && i + 1 == argc)
      attn_fail("%s: needs a value; see 'attn %s --help'", option, name);
    attn_key_parse(&keys[k], sign != NULL ? sign + 1 : argv[++i], option);
  }
}

static int run_gd(int argc, char **argv) {
  static const char columns[] =
      "step train_acc clean_acc noisy_acc att_clean att_noisy vv pp vp log10_risk_clean "
      "log10_risk loss mv1 mp1 mv2 mp2";
  attn_data_param param = {.n = 200, .T = 2, .d = 40000, .rho = 30, .eta = 0.05};
  double beta = 0.025;
  size_t steps = 150, seed = 1, every = 1, batch = 0;
  char *kind = attn_text_copy("bartlett"), *rule = attn_text_copy("gd");
  const attn_key keys[] = {
      {"n", ATTN_KEY_COUNT, &param.n, "[1, 1e9]", "the number of samples"},
      {"T", ATTN_KEY_COUNT, &param.T, "[2, 1e6]", "the tokens per sample"},
      {"d", ATTN_KEY_COUNT, &param.d, "[3, 9e15]", "the dimension"},
      {"rho", ATTN_KEY_REAL, &param.rho, "(0, 1e150)", "the signal norm"},
      {"eta", ATTN_KEY_REAL, &param.eta, "[0, 0.5)", "the label-flip rate"},
      {"beta", ATTN_KEY_REAL, &beta, "(0, 1e150)", "the step size"},
      {"optimizer", ATTN_KEY_WORD, &rule, ATTN_OPTIM_WORDS, "the optimizer, with usual constants"},
      {"batch", ATTN_KEY_COUNT, &batch, "[0, 1e9]", "the samples of a mini-batch; 0: all"},
      {"steps", ATTN_KEY_COUNT, &steps, "[0, 1e9]", "the number of steps"},
      {"tokens", ATTN_KEY_WORD, &kind, ATTN_TOKENS_WORDS, "how the tokens are held"},
      {"seed", ATTN_KEY_COUNT, &seed, "[0, 9007199254740992]", "the seed"},
      {"every", ATTN_KEY_COUNT, &every, "[1, 1e9]", "print each so many steps, and the last"},
  };
  read_options(argc, argv, "gd", subcommands[0].purpose, columns, keys, sizeof keys / sizeof *keys);
  attn_linalg_start();
  attn_trial *trial = attn_trial_alloc(attn_tokens_kind_of(kind), &param, steps);
  attn_trial_draw(trial, seed, "attn gd", 0, 0);
  attn_labels *labels = trial->labels;
  attn_tokens *tokens = trial->tokens;
  attn_model *model = trial->model;
  attn_optim optim = attn_optim_usual(attn_optim_rule_of(rule), beta);
  optim.state = attn_optim_state_alloc(optim.rule, 2 * model->dim);
  if (batch > 0 || optim.rule == ATTN_OPTIM_SGD) {
    optim.batch = attn_batch_alloc(param.n, batch > 0 ? batch : (param.n + 3) / 4);
    attn_batch_start(optim.batch, seed, "attn gd", 0, 0);
  }
  attn_train_check(&optim, tokens);

  attn_table *table = attn_table_open("-", columns, ATTN_DIGITS_SHOWN);
  for (size_t step = 0;; step++) {
    attn_model_forward(model, tokens, labels);
    if (step % every == 0 || step == steps) {
      const attn_metrics m = attn_metrics_measure(model, tokens, labels);
      const attn_risk_input input = attn_metrics_risk_input(&m);
      const attn_risk_result risk = attn_risk_log10(&input, param.T);
      const double row[] = {(double)step,
                            m.train_acc,
                            m.clean_acc,
                            m.noisy_acc,
                            m.att_clean,
                            m.att_noisy,
                            m.vv,
                            m.pp,
                            m.vp,
                            risk.log10_clean,
                            attn_risk_log10_noisy(risk.log10_clean, param.eta),
                            m.loss,
                            m.mv[0],
                            m.mp[0],
                            m.mv[1],
                            m.mp[1]};
      attn_table_numbers(table, row, sizeof row / sizeof *row);
    }
    if (step == steps)
      break;
    attn_train_step(model, tokens, labels, &optim, trial->w);
  }
  attn_table_close(table);

  attn_batch_free(optim.batch);
  attn_optim_state_free(optim.state);
  attn_trial_free(trial);
  attn_free(kind);
  attn_free(rule);
  return EXIT_SUCCESS;
}

static int run_risk(int argc, char **argv) {
  static const char columns[] =
      "log10_risk_clean log10_risk_1 log10_risk_2 log10_risk error status";
  /* the state of the reference setting after two steps in an ideal draw, rounded */
  double mv[2] = {2.5, -2.5}, mp[2] = {0.17, 0.17}, vv = 0.0139, pp = 0.0026, vp = 0, eta = 0.05;
  size_t T = 2;
  const attn_key keys[] = {
      {"mv1", ATTN_KEY_REAL, &mv[0], "(-1e300, 1e300)", "mu_1 . v"},
      {"mp1", ATTN_KEY_REAL, &mp[0], "(-1e300, 1e300)", "mu_1 . p"},
      {"mv2", ATTN_KEY_REAL, &mv[1], "(-1e300, 1e300)", "mu_2 . v"},
      {"mp2", ATTN_KEY_REAL, &mp[1], "(-1e300, 1e300)", "mu_2 . p"},
      {"vv", ATTN_KEY_REAL, &vv, "[0, 1e300)", "|v|^2 of the noise part"},
      {"pp", ATTN_KEY_REAL, &pp, "[0, 1e300)", "|p|^2 of the noise part"},
      {"vp", ATTN_KEY_REAL, &vp, "(-1e300, 1e300)", "v . p of the noise parts"},
      {"eta", ATTN_KEY_REAL, &eta, "[0, 0.5)", "the label-flip rate"},
      {"T", ATTN_KEY_COUNT, &T, "[2, 1e6]", "the tokens per sample"},
  };
  read_options(argc, argv, "risk", subcommands[2].purpose, columns, keys,
               sizeof keys / sizeof *keys);
  const attn_risk_input input = {{mv[0], mv[1]}, {mp[0], mp[1]}, vv, pp, vp, NAN};
  const char *objection = attn_risk_input_check(&input, T, eta);
  if (objection != NULL)
    attn_fail("%s", objection);
  const attn_risk_result risk = attn_risk_log10(&input, T);
  attn_table *table = attn_table_open("-", columns, ATTN_DIGITS_SHOWN);
  attn_table_numbers(table,
                     (double[]){risk.log10_clean, risk.log10_class[0], risk.log10_class[1],
                                attn_risk_log10_noisy(risk.log10_clean, eta), risk.error},
                     5);
  attn_table_text(table, attn_risk_status_name(risk.status));
  attn_table_close(table);
  return EXIT_SUCCESS;
}

/* Some seconds of support vector machines, then it says that it gives up. */
enum { SELECT_LIMIT = 200000, SELECT_SAMPLES = 64 };

static int run_select(int argc, char **argv) {
#define SELECT_COLUMNS                                                                             \
  "rank margin gap svm_gap clean_1 noisy_1 clean_2 noisy_2 class noisy selection"
  static const char help[] = SELECT_COLUMNS
      "\n\n"
      "A selection is one token of each sample, where attention goes as |p| grows.\n"
      "Those listed are the best of all T^n; none is listed that no v separates.\n\n"
      "  margin     of the chosen tokens, the largest for |v| = 1\n"
      "  gap        1 - margin / margin of the best\n"
      "  svm_gap    relative gap between primal and dual: margin is that exact\n"
      "  clean_1    how many clean samples of class 1 choose their signal; likewise\n"
      "             noisy_1, clean_2 and noisy_2\n"
      "  class      of each sample, 1 or 2\n"
      "  noisy      for each sample: 1 when its label is flipped, else 0\n"
      "  selection  the token of each sample: 0 the signal, 1, 2, ... a noise token";
  attn_data_param param = {.n = 8, .T = 2, .d = 4000, .rho = 45, .eta = 0.2};
  size_t seed = 1, top = 10;
  const attn_key keys[] = {
      {"n", ATTN_KEY_COUNT, &param.n, "[1, 64]", "the number of samples"},
      {"T", ATTN_KEY_COUNT, &param.T, "[2, 10]", "the tokens per sample"},
      {"d", ATTN_KEY_COUNT, &param.d, "[3, 9e15]", "the dimension"},
      {"rho", ATTN_KEY_REAL, &param.rho, "(0, 1e150)", "the signal norm"},
      {"eta", ATTN_KEY_REAL, &param.eta, "[0, 0.5)", "the label-flip rate"},
      {"seed", ATTN_KEY_COUNT, &seed, "[0, 9007199254740992]", "the seed"},
      {"top", ATTN_KEY_COUNT, &top, "[1, 20000]", "how many selections to list"},
  };
  read_options(argc, argv, "select", select_purpose, help, keys, sizeof keys / sizeof *keys);
  attn_linalg_start();
  attn_trial *trial = attn_trial_alloc(ATTN_TOKENS_BARTLETT, &param, 0);
  attn_trial_draw(trial, seed, "attn select", 0, 0);
  const attn_labels *labels = trial->labels;
  const attn_maxmargin_set set = {labels, attn_tokens_gram_matrix(trial->tokens), param.rho};
  attn_maxmargin_workspace *workspace = attn_maxmargin_alloc(param.n, param.T);
  attn_maxmargin_list *list = attn_maxmargin_list_alloc(top, param.n);
  attn_maxmargin_enumerate(list, &set, SELECT_LIMIT, workspace);
  if (!list->complete)
    attn_fail("n = %zu, T = %zu, top = %zu: more than %d support vector machines would be needed; "
              "ask for fewer samples, tokens or selections",
              param.n, param.T, top, SELECT_LIMIT);

  char class[SELECT_SAMPLES + 1] = "", noisy[SELECT_SAMPLES + 1] = "";
  char selection[SELECT_SAMPLES + 1] = "";
  for (size_t i = 0; i < param.n; i++) {
    class[i] = (char)('1' + labels->k[i]);
    noisy[i] = attn_labels_noisy(labels, i) ? '1' : '0';
  }
  double *a = attn_alloc(param.n, sizeof *a);
  attn_table *table = attn_table_open("-", SELECT_COLUMNS, ATTN_DIGITS_SHOWN);
  for (size_t r = 0; r < list->count; r++) {
    const unsigned char *sigma = list->sigma + r * param.n;
    attn_svm_result svm;
    attn_maxmargin_value(a, &svm, sigma, &set, workspace);
    attn_table_numbers(table,
                       (double[]){(double)(r + 1), list->margin[r],
                                  1 - list->margin[r] / list->margin[0], svm.gap},
                       4);
    for (unsigned char k = 0; k < 2; k++)
      for (int flipped = 0; flipped < 2; flipped++)
        attn_table_number(table, (double)attn_maxmargin_on_signal(sigma, labels, k, flipped));
    for (size_t i = 0; i < param.n; i++)
      selection[i] = (char)('0' + sigma[i]);
    attn_table_text(table, class);
    attn_table_text(table, noisy);
    attn_table_text(table, selection);
  }
  attn_table_close(table);

  attn_free(a);
  attn_maxmargin_list_free(list);
  attn_maxmargin_free(workspace);
  attn_trial_free(trial);
  return EXIT_SUCCESS;
}

/* ---- attn margin ---- */

enum { MARGIN_NOISE = 4000, MARGIN_DIGITS = 14 }; /* digits: 1 - margin / margin_limit gets small */
static const double margin_same = 1e-6;           /* margins closer than this count as equal */

#define MARGIN_COLUMNS                                                                             \
  "R margin margin_limit cos_v cos_p att_clean att_noisy log10_risk_clean gap starts spread "      \
  "R_over best sine worse status"

/* The cells up to gap of a row: what is measured of v and p. */
static void write_measured(attn_table *table, double R, double margin, const double *v,
                           const double *p, double gap, attn_pair *pair) {
  const attn_metrics m = attn_pair_measure(pair, v, p);
  const double risk = isinf(R) ? attn_pair_limit_risk(pair).log10_clean
                               : attn_metrics_log10_risk(&m, pair->set.labels->T);
  const double *const of[] = {v, p}, *const limit[] = {pair->v, pair->p};
  attn_table_cells(table, R, margin, pair->value.margin_low);
  for (size_t u = 0; u < 2; u++)
    attn_table_number(table,
                      attn_interpolator_cosine(of[u], limit[u], &pair->set, pair->interpolator));
  attn_table_cells(table, m.att_clean, m.att_noisy, risk, gap);
}

static void write_margin_rows(attn_table *table, const attn_interpolator_path *path,
                              attn_pair *pair) {
  const size_t size = 2 + pair->set.labels->N;
  for (size_t i = 0; i < path->count; i++) {
    const attn_interpolator_result end = attn_interpolator_path_best(path, i);
    const attn_interpolator_result *all = path->end + i * path->starts;
    size_t first = 0; /* of those that reach the best, since their order is a matter of rounding */
    while (first < path->best[i] && all[first].margin < (1 - margin_same) * end.margin)
      first++;
    if (end.status == ATTN_INTERPOLATOR_INFEASIBLE) {
      attn_table_cells(table, path->R[i], 0, pair->value.margin_low);
      attn_table_skip(table, "starts");
    } else {
      write_measured(table, path->R[i], end.margin, path->v + i * size, path->p + i * size, end.gap,
                     pair);
    }
    attn_table_cells(table, (double)path->starts, attn_interpolator_path_spread(path, i),
                     path->R[i] / pair->norm_p);
    attn_table_text(table, first == 0                  ? "below"
                           : first == 1                ? "best"
                           : first <= path->directions ? "classwise"
                                                       : "random");
    attn_table_cells(table, end.sine, (double)attn_interpolator_path_worse(path, i, margin_same));
    attn_table_text(table, attn_interpolator_status_name(end.status));
  }
}

/* R = infinity: the pair itself, and where the climbs between selections ended. */
static void write_margin_limit(attn_table *table, const attn_interpolator_directions *starts,
                               attn_pair *pair) {
  double least = INFINITY;
  size_t worse = 0;
  for (size_t c = 0; c < ATTN_MAXMARGIN_STARTS; c++) {
    least = fmin(least, starts->climbed[c]);
    worse += starts->climbed[c] < (1 - margin_same) * starts->margin[0];
  }
  double *p = attn_alloc(2 + pair->set.labels->N, sizeof *p);
  for (size_t j = 0; j < 2 + pair->set.labels->N; j++)
    p[j] = 1000 * pair->p[j]; /* all attention on the selection, to the last digit */
  write_measured(table, INFINITY, pair->value.margin_low, pair->v, p,
                 fmax(pair->value.gap, pair->attention.gap), pair);
  attn_table_cells(table, ATTN_MAXMARGIN_STARTS, fmax(0, 1 - least / starts->margin[0]), INFINITY);
  attn_table_text(table, "best");
  attn_table_cells(table, NAN, (double)worse);
  attn_table_text(table, "selection");
  attn_free(p);
}

static int run_margin(int argc, char **argv) {
  static const char help[] =
      "R margin margin_limit cos_v cos_p att_clean att_noisy log10_risk_clean\n"
      "  gap starts spread R_over best sine worse status\n\n"
      "Learning rule (4.1): the largest margin over |v| <= 1, |p| = R. Bounds are given\n"
      "in units of |p_mm|, which realises the best token selection with score gaps of\n"
      "1, as a rising list, \"1 3 10\", as from:to:count or as from:to:count:log. Each is\n"
      "solved from many starts, since there are local optima; a row is about the best.\n"
      "R = inf is the limit, the max-margin pair (v_mm, p_mm).\n\n"
      "  R, R_over         the bound, and in units of |p_mm|\n"
      "  margin            reached, for |v| = 1; margin_limit is that of v_mm\n"
      "  cos_v, cos_p      of the angles with v_mm and p_mm\n"
      "  att_clean         mean attention of clean samples on their signal; att_noisy\n"
      "                    of noisy ones\n"
      "  log10_risk_clean  exact risk on clean labels\n"
      "  gap               relative gap between primal and dual of v at this p\n"
      "  starts, spread    how many, and 1 - the least margin / the largest\n"
      "  best              the first start to reach it: below (small |p|, followed\n"
      "                    upwards), best (p_mm, downwards), classwise (p_mm of another\n"
      "                    selection by class and flip, downwards), random\n"
      "  sine              of the angle between p and the gradient: 0 at an optimum\n"
      "  worse             starts that ended more than 1e-6 below, relatively\n"
      "  status            stationary: sine <= 1e-5; flat: no step improves the margin\n"
      "                    by more than rounding, which leaves p open; limit: stopped\n"
      "                    after too many steps; infeasible: no start separates;\n"
      "                    selection: exact, by support vector machines";
  attn_data_param param = {.n = 40, .T = 2, .d = 40000, .rho = 79, .eta = 0.1};
  size_t seed = 1, random = 2;
  attn_list R = {.count = 0};
  const attn_key keys[] = {
      {"n", ATTN_KEY_COUNT, &param.n, "[1, 1000]", "the number of samples"},
      {"T", ATTN_KEY_COUNT, &param.T, "[2, 256]", "the tokens per sample"},
      {"d", ATTN_KEY_COUNT, &param.d, "[3, 9e15]", "the dimension"},
      {"rho", ATTN_KEY_REAL, &param.rho, "(0, 1e150)", "the signal norm"},
      {"eta", ATTN_KEY_REAL, &param.eta, "[0, 0.5)", "the label-flip rate"},
      {"seed", ATTN_KEY_COUNT, &seed, "[0, 9007199254740992]", "the seed"},
      {"R", ATTN_KEY_LIST, &R, "(0, 1e6]", "bounds over |p_mm|"},
      {"starts", ATTN_KEY_COUNT, &random, "[0, 1000]", "the random starts at each bound"},
  };
  attn_key_parse(&keys[6], "1e-3:100:11:log", "--R");
  read_options(argc, argv, "margin", margin_purpose, help, keys, sizeof keys / sizeof *keys);
  for (size_t i = 1; i < R.count; i++)
    if (!(R.value[i] > R.value[i - 1]))
      attn_fail("--R: %g after %g: the bounds must rise", R.value[i], R.value[i - 1]);
  if (param.n * (param.T - 1) > MARGIN_NOISE)
    attn_fail("n = %zu, T = %zu: %zu noise tokens, at most %d are allowed", param.n, param.T,
              param.n * (param.T - 1), MARGIN_NOISE);
  attn_linalg_start();
  attn_pair *pair = attn_pair_alloc(&param, true);
  attn_pair_draw(pair, seed, "attn margin", 0, 0);
  attn_interpolator_directions *starts = attn_interpolator_directions_alloc(param.n, param.T);
  const size_t directions = attn_interpolator_directions_find(starts, &pair->set, pair->maxmargin);
  if (directions > 0)
    memcpy(pair->sigma, starts->sigma, param.n);
  if (directions == 0 || !attn_pair_solve(pair))
    attn_fail(
        "n = %zu, T = %zu, d = %zu: no v and p realise the best token selection of this draw; "
        "try a larger d",
        param.n, param.T, param.d);
  for (size_t i = 0; i < R.count; i++)
    R.value[i] *= pair->norm_p;
  attn_interpolator_path *path =
      attn_interpolator_path_alloc(R.value, R.count, directions, random, pair->set.labels);
  attn_rng_start(pair->trial->rng, seed, "attn margin", 0, 0, ATTN_STREAM_START);
  attn_interpolator_follow(path, starts->direction, pair->trial->rng, &pair->set,
                           pair->interpolator);

  attn_table *table = attn_table_open("-", MARGIN_COLUMNS, MARGIN_DIGITS);
  write_margin_rows(table, path, pair);
  write_margin_limit(table, starts, pair);
  attn_table_close(table);
  attn_interpolator_path_free(path);
  attn_interpolator_directions_free(starts);
  attn_pair_free(pair);
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  const size_t count = sizeof subcommands / sizeof *subcommands;
  attn_set_program_name(argv[0]);
  for (size_t s = 0; argc > 1 && s < count; s++)
    if (strcmp(argv[1], subcommands[s].name) == 0)
      return subcommands[s].run(argc - 1, argv + 1);
  if (argc > 1 && strcmp(argv[1], "--help") != 0)
    attn_fail("'%s' is no subcommand; see 'attn --help'", argv[1]);
  printf("attn: one-off questions about single-head attention on the data model D\n\n");
  for (size_t s = 0; s < count; s++)
    printf("  attn %-6s %s\n", subcommands[s].name, subcommands[s].purpose);
  printf(
      "\n'attn SUBCOMMAND --help' lists the options. Answers are tab-separated, with a header.\n");
  return EXIT_SUCCESS;
}
