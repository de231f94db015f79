/* samples: the rows that the shards of an experiment wrote, and what is asked of them. Every
 * question selects a column in the rows that meet some conditions:
 *
 *   attn_samples_mean(samples, "risk", (attn_where[]){{"kappa", 2}, {"step", 10}, {0}})
 *
 * Values that are not a number are left out. An unknown column fails with its name. Conditions on
 * the same columns that are asked again and again are answered from the rows sorted by them. */
#ifndef ATTN_SAMPLES_H
#define ATTN_SAMPLES_H

#include "stats.h"
#include "table.h"

typedef struct attn_samples_orders attn_samples_orders;

typedef struct {
  size_t rows, columns;
  char **name;     /* [columns], the first is "job" */
  double *value;   /* [rows][columns], sorted by job */
  double *scratch; /* [2][rows] of the questions below */
  attn_samples_orders *orders;
} attn_samples;

/* The file of shard s = 0, 1, ... in a folder: FOLDER/1.tsv and so on. The caller frees it. */
char *attn_samples_path(const char *folder, size_t s);

/* The rows of all shards of a folder, in job order whatever their number; fails with file and line
 * when one is missing or malformed. */
attn_samples *attn_samples_read(const char *folder, size_t shards);
void attn_samples_free(attn_samples *samples);

/* A condition, column = value; a list of them ends with {0}. */
typedef struct {
  const char *column;
  double value;
} attn_where;

/* x receives the selected values in job order; returns how many, at most samples->rows. */
size_t attn_samples_select(double *x /* [rows] */, const attn_samples *samples, const char *column,
                           const attn_where *where);

/* Two columns of the selected rows in which both are numbers: for fits, which may overwrite them.
 * They are good until the next question. */
typedef struct {
  double *x, *y; /* [count] */
  size_t count;
} attn_pairs;
attn_pairs attn_samples_pairs(const attn_samples *samples, const char *x_column,
                              const char *y_column, const attn_where *where);

/* The value of the only row selected; not-a-number where there is none or several. */
double attn_samples_value(const attn_samples *samples, const char *column, const attn_where *where);

/* The power law in n of the signal-to-noise ratio rho / sqrt(d) = kappa / sqrt(n), over the selected
 * rows that have a positive kappa. */
attn_line attn_samples_snr_exponent(const attn_samples *samples, const char *n_column,
                                    const char *kappa_column, const attn_where *where,
                                    double level);

/* Not-a-number where nothing is selected. */
double attn_samples_mean(const attn_samples *samples, const char *column, const attn_where *where);
double attn_samples_median(const attn_samples *samples, const char *column,
                           const attn_where *where);
double attn_samples_largest(const attn_samples *samples, const char *column,
                            const attn_where *where);
attn_summary attn_samples_summary(const attn_samples *samples, const char *column,
                                  const attn_where *where, double level);

/* The distribution-free interval of the population's median. */
attn_interval attn_samples_median_interval(const attn_samples *samples, const char *column,
                                           const attn_where *where, double level);

/* The share of the selected values that are equal to goal. */
double attn_samples_share(const attn_samples *samples, const char *column, double goal,
                          const attn_where *where);

/* How many of the selected values lie in [low, high]. */
size_t attn_samples_count(const attn_samples *samples, const char *column, double low, double high,
                          const attn_where *where);

/* The next cells of a table: the mean (the median) of each of some columns, whose names are
 * separated by blanks. */
void attn_samples_write_means(attn_table *table, const attn_samples *samples, const char *columns,
                              const attn_where *where);
void attn_samples_write_medians(attn_table *table, const attn_samples *samples, const char *columns,
                                const attn_where *where);

#endif
