/* dataset: real data: a table of labelled vectors, and random order in which to take its rows. */
#ifndef ATTN_DATASET_H
#define ATTN_DATASET_H

#include <gsl/gsl_rng.h>

#include "base.h"

typedef struct {
  size_t rows, columns;
  double *x;     /* [rows][columns] */
  double *label; /* [rows] */
} attn_dataset;

/* Reads the table at path: the column called label, and all others as x in their order. Fails with
 * file, line and column where a cell is no finite number, and when there is no row, no such column
 * or no other. */
attn_dataset *attn_dataset_read(const char *path, const char *label);
void attn_dataset_free(attn_dataset *dataset);

/* row = 0 ... count-1 in random order, all orders equally likely: any split of it is disjoint. */
void attn_dataset_shuffle(size_t *row /* [count] */, size_t count, gsl_rng *rng);

/* Moves the rows whose label is wanted to the front, in the order that they had, and returns how
 * many they are; the others follow in their order. */
size_t attn_dataset_first(size_t *row /* [count] */, size_t count, const attn_dataset *dataset,
                          double wanted);

#endif
