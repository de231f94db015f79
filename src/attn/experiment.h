/* experiment: what every program in src/claims shares: its command line, its shards, its results.
 *
 * A program runs in two ways. Sampling: one process computes the jobs of one shard and writes one
 * file. Summarising: the rows of all shards, in job order whatever their number was, become the
 * published tables and the verdicts of the claims. Neither way depends on the other's timing, so
 * Make, a cluster or a person may run the shards in any order. */
#ifndef ATTN_EXPERIMENT_H
#define ATTN_EXPERIMENT_H

#include "base.h"
#include "config.h"
#include "samples.h"
#include "table.h"

typedef struct attn_experiment attn_experiment;

/* Reads the command line and the configuration into the keys' values. Every experiment also has
 * the keys "seed" and "shards". Prints help and exits on --help; fails with one sentence on misuse.
 * claim is one line: what the program shows. */
attn_experiment *attn_experiment_begin(int argc, char **argv, const char *claim,
                                       const attn_key *keys, size_t count);

uint64_t attn_experiment_seed(const attn_experiment *experiment);
const char *attn_experiment_name(const attn_experiment *experiment);

/* True in a process that computes a shard, false in one that summarises. */
bool attn_experiment_sampling(const attn_experiment *experiment);

/* Sampling: moves *job to this shard's next job of [0, jobs) and returns true, or returns false
 * after the last. Start with *job = ATTN_FIRST_JOB. */
#define ATTN_FIRST_JOB SIZE_MAX
bool attn_experiment_next(const attn_experiment *experiment, size_t jobs, size_t *job);

/* Sampling: the shard's table; the column "job" is put in front of columns and every row must
 * begin with it. Exact digits. Closed by attn_experiment_end. */
attn_table *attn_experiment_samples(attn_experiment *experiment, const char *columns);

/* Summarising: reads all shards; fails with file and line when one is missing or malformed. */
attn_samples *attn_experiment_gather(attn_experiment *experiment);

/* Summarising: opens the published table <name>.tsv; the caller closes it. The source line of the
 * call is recorded in the provenance. */
#define attn_experiment_table (attn_experiment_here(__FILE__, __LINE__), attn_experiment_table_at)
attn_table *attn_experiment_table_at(attn_experiment *experiment, const char *name,
                                     const char *columns);

typedef struct {
  const char *id;             /* as in the chapter's front matter */
  char predicted[48];         /* a number or a bound: "1", "> 0.5" */
  double measured, low, high; /* with its interval, not-a-number where there is none */
  double kappa;               /* rho sqrt(n/d), not-a-number where several were tried */
  double coherence; /* max |xi_i . xi_j| n/d of the drawn noise tokens (theory: section 7) */
  bool in_scope;    /* whether the hypotheses were met by what was drawn */
  bool holds;       /* whether the conclusion was seen, in scope or not */
} attn_claim;

/* Summarising: writes the claim's row with its verdict: "supported" or "not supported" in scope,
 * "out of scope" otherwise. The row and its source line go to claims.tsv. */
#define attn_experiment_claim (attn_experiment_here(__FILE__, __LINE__), attn_experiment_claim_at)
void attn_experiment_claim_at(attn_experiment *experiment, attn_claim claim);

/* Notes the source line of the call that follows. The macros above take no arguments, so that every
 * compiler says the line of the name: in a call of several lines whose arguments are a macro's, gcc
 * counts its first line and clang its last. */
void attn_experiment_here(const char *file, int line);

/* Completes the files, writes the provenance beside them, frees; returns the exit status. */
int attn_experiment_end(attn_experiment *experiment);

#endif
