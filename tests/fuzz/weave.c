/* The body of a chapter with its directives, as a page and as a part of the book, beside results
 * that do not change. */
#include "fuzz.h"

#define main weave_main
#include "../../src/tools/weave.c"
#undef main

static const struct {
  const char *path, *text;
} fixed[] = {
    {"paper/exp.md",
     "---\ntitle: An experiment\nsummary: what it shows\norder: 1\nclaims:\n"
     "  - id: fits\n    statement: All fit, $\\rho \\ge 3$.\n    paper: Theorem 4\n"
     "    hypotheses: none\n    measure: share\n    expected: supported\n    covers: say-first\n"
     "  - id: waits\n    statement: Later.\n    paper: none\n    hypotheses: none\n"
     "    measure: none\n    expected: open\n---\nText.\n"},
    {"paper/said.md",
     "---\ntitle: Said\nsummary: what is said\norder: 2\nstatements:\n"
     "  - id: say-first\n    statement: It is said.\n    place: here\n"
     "  - id: ask-second\n    statement: Is it?\n    place: there\n    answer: Yes.\n---\n"
     "## A heading {#part}\n"},
    {"experiments/exp.conf", "n = 20\n"},
    {"out/data/exp/provenance.tsv",
     "program\texp\nseconds\t3.5\nmemory_mib\t20\nmachine\ta machine\nblas\tOpenBLAS\ngsl\t2\n"
     "libc\t2\ncompiler\tcc\ntable steps\tsrc/claims/exp.c:5\nsetting\tn = 20\n"
     "setting\tkappa = 1:8:4:log 16\nsetting\tstart = zero\nsetting\tseed = 1\n"},
    {"out/data/exp/claims.tsv",
     "claim\tpredicted\tmeasured\tlow\thigh\tkappa\tcoherence\tin_scope\tverdict\tsource\n"
     "fits\t1\t0.98\t0.97\t0.99\t2\tnan\tyes\tsupported\tsrc/claims/exp.c:9\n"},
    {"out/data/exp/steps.tsv",
     "step\tname\tloss\n0\tzero\t1e-20\n1\ta word\t-inf\n2\tx\tnan\n3\tx\t-0.25\n"},
    {"out/figures/exp.svg", "<svg viewBox=\"0 0 600 400\"></svg>"},
    {"out/figures/said.svg", "<svg></svg>"},
    {"figures/said.gp", "plot data.'/exp/steps.tsv'\n"},
    {"src/claims/exp.c",
     "int a;\n//@begin part\n  int b;\n\n    int c;\n//@end part\n//@begin empty\n//@end empty\n"
     "//@begin open\nint d;\n"},
};

static const chapters *all;

/* Of which of the two chapters it is the body, and in which format. */
static size_t which;
static bool latex;

static void weave(void *argument) {
  all->at[which]->body = argument;
  all->at[which]->body_line = 1;
  weaver w = {.companion = "out",
              .format = latex ? "latex" : "html",
              .latex = latex,
              .book = latex,
              .style = latex ? WORDS_LATEX : WORDS_HTML,
              .all = all,
              .stream = stdout,
              .c = all->at[which]};
  if (latex)
    weave_body(&w);
  else
    write_page(&w, which);
}

/* The chapters and their results are read once, as in a program's life. */
static void prepare(void) {
  static char path[2][16] = {"paper/exp.md", "paper/said.md"};
  char *const paths[] = {path[0], path[1]};
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
    fuzz_file(fixed[i].path, fixed[i].text, strlen(fixed[i].text));
  fuzz_files_stay();
  all = chapters_read(paths, 2);
  weaver w = {.companion = "out", .all = all, .c = all->at[0]};
  result_of(&w, all->at[0]);
  result_of(&w, all->at[1]);
  open_table(&w, "exp/claims");
  open_table(&w, "exp/steps");
  open_table(&w, "exp/provenance");
  attn_free(w.deps.text);
}

/* The first byte says which chapter and which format: '0' to '3'. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (all == NULL)
    prepare();
  if (size == 0 || memchr(data, '\0', size) != NULL)
    return 0; /* the chapter's reader refuses these */
  which = *data % 2;
  latex = *data / 2 % 2 == 1;
  char *body = malloc(size);
  if (body == NULL)
    return 0;
  memcpy(body, data + 1, size - 1);
  body[size - 1] = '\0';
  fuzz_run(weave, body, false);
  all->at[which]->body = ""; /* the other chapter's may look for its headings */
  (free)(body);
  return 0;
}
