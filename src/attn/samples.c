#include "samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

char *attn_samples_path(const char *folder, size_t s) {
  return attn_text_format("%s/%zu.tsv", folder, s + 1);
}

/* A job lives in one shard, whose rows are in job order and in the program's order within a job:
 * qsort is not stable, so the place decides ties. */
typedef struct {
  double job;
  size_t place;
} row_key;

static int by_job_then_place(const void *a, const void *b) {
  const row_key *x = a, *y = b;
  return x->job != y->job ? (x->job > y->job) - (x->job < y->job)
                          : (x->place > y->place) - (x->place < y->place);
}

enum { CONDITIONS_MAX = 8 };

/* The rows in the order of the columns that questions name, and of the job among equals, made when
 * the same columns have been named OFTEN times: a map of many cells asks one question for each. */
enum { ORDERS_MAX = 16, OFTEN = 16 };

typedef struct {
  double key[CONDITIONS_MAX];
  size_t row;
} order_row;

typedef struct {
  size_t column[CONDITIONS_MAX], conditions, asked, count;
  order_row *row; /* [count], NULL until it is made; without rows that have no number there */
} order;

struct attn_samples_orders {
  size_t count;
  order at[ORDERS_MAX];
};

static int by_key(const void *a, const void *b) {
  const order_row *x = a, *y = b;
  for (size_t c = 0; c < CONDITIONS_MAX; c++)
    if (x->key[c] != y->key[c])
      return x->key[c] > y->key[c] ? 1 : -1;
  return 0;
}

static int by_key_then_row(const void *a, const void *b) {
  const order_row *x = a, *y = b;
  const int key = by_key(a, b);
  return key != 0 ? key : (x->row > y->row) - (x->row < y->row);
}

static void order_make(order *o, const attn_samples *samples) {
  o->row = attn_alloc(samples->rows, sizeof *o->row);
  for (size_t r = 0; r < samples->rows; r++) {
    order_row row = {.row = r};
    bool numbers = true;
    for (size_t c = 0; c < o->conditions; c++) {
      row.key[c] = samples->value[r * samples->columns + o->column[c]];
      numbers &= !isnan(row.key[c]);
    }
    if (numbers)
      o->row[o->count++] = row;
  }
  qsort(o->row, o->count, sizeof *o->row, by_key_then_row);
}

/* The order by these columns, NULL while there is none. */
static const order *order_of(const attn_samples *samples, const size_t *column, size_t conditions) {
  attn_samples_orders *orders = samples->orders;
  size_t i = 0;
  while (i < orders->count &&
         !(orders->at[i].conditions == conditions &&
           memcmp(orders->at[i].column, column, conditions * sizeof *column) == 0))
    i++;
  if (i == ORDERS_MAX || conditions == 0)
    return NULL;
  order *o = &orders->at[i];
  if (i == orders->count) {
    orders->count++;
    o->conditions = conditions;
    memcpy(o->column, column, conditions * sizeof *column);
  }
  if (o->row == NULL && ++o->asked == OFTEN)
    order_make(o, samples);
  return o->row != NULL ? o : NULL;
}

/* The first row of the order that is not before the key. */
static size_t order_find(const order *o, const order_row *key) {
  size_t low = 0, high = o->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (by_key(&o->row[middle], key) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static attn_rows *read_shard(const char *folder, size_t s, const attn_rows *first) {
  char *path = attn_samples_path(folder, s);
  attn_rows *rows = attn_rows_read(path);
  if (rows->columns == 0 || strcmp(rows->name[0], "job") != 0)
    attn_fail("%s: the first column is not 'job'; make the shards again", path);
  if (first != NULL && rows->columns != first->columns)
    attn_fail("%s: %zu columns, but shard 1 has %zu; make the shards again", path, rows->columns,
              first->columns);
  for (size_t c = 0; first != NULL && c < rows->columns; c++)
    if (strcmp(rows->name[c], first->name[c]) != 0)
      attn_fail("%s: column %zu is '%s', but '%s' in shard 1; make the shards again", path, c + 1,
                rows->name[c], first->name[c]);
  attn_free(path);
  return rows;
}

attn_samples *attn_samples_read(const char *folder, size_t shards) {
  attn_rows **part = attn_alloc(shards, sizeof(attn_rows *));
  attn_samples *all = attn_alloc(1, sizeof *all);
  for (size_t s = 0; s < shards; s++) {
    part[s] = read_shard(folder, s, s > 0 ? part[0] : NULL);
    all->rows += part[s]->rows;
  }
  const size_t columns = all->columns = part[0]->columns;
  all->name = attn_alloc(columns, sizeof *all->name);
  for (size_t c = 0; c < columns; c++)
    all->name[c] = attn_text_copy(part[0]->name[c]);
  double *unsorted = attn_alloc(all->rows * columns, sizeof *unsorted);
  row_key *key = attn_alloc(all->rows, sizeof *key);
  size_t at = 0;
  for (size_t s = 0; s < shards; s++) {
    for (size_t r = 0; r < part[s]->rows; r++, at++) {
      for (size_t c = 0; c < columns; c++)
        unsorted[at * columns + c] = attn_rows_number(part[s], r, c);
      key[at] = (row_key){unsorted[at * columns], at};
    }
    attn_rows_free(part[s]);
  }
  attn_free(part);
  qsort(key, all->rows, sizeof *key, by_job_then_place);
  all->value = attn_alloc(all->rows * columns, sizeof *all->value);
  for (size_t r = 0; r < all->rows; r++)
    memcpy(all->value + r * columns, unsorted + key[r].place * columns,
           columns * sizeof *all->value);
  all->scratch = attn_alloc(2 * all->rows, sizeof *all->scratch);
  all->orders = attn_alloc(1, sizeof *all->orders);
  attn_free(unsorted);
  attn_free(key);
  return all;
}

void attn_samples_free(attn_samples *samples) {
  if (samples == NULL)
    return;
  for (size_t c = 0; c < samples->columns; c++)
    attn_free(samples->name[c]);
  attn_free(samples->name);
  attn_free(samples->value);
  attn_free(samples->scratch);
  for (size_t i = 0; i < samples->orders->count; i++)
    attn_free(samples->orders->at[i].row);
  attn_free(samples->orders);
  attn_free(samples);
}

static size_t column_of(const attn_samples *samples, const char *name) {
  for (size_t c = 0; c < samples->columns; c++)
    if (strcmp(samples->name[c], name) == 0)
      return c;
  attn_fail("the samples have no column '%s'", name);
}

/* x, and y if it is not NULL, receive columns of the rows that meet all conditions. */
static size_t select(double *x, double *y, const attn_samples *samples, const char *x_column,
                     const char *y_column, const attn_where *where) {
  size_t tested[CONDITIONS_MAX], conditions = 0, count = 0;
  order_row key = {0};
  bool numbers = true;
  const size_t x_wanted = column_of(samples, x_column), y_wanted = column_of(samples, y_column);
  for (; where[conditions].column != NULL; conditions++) {
    if (conditions == CONDITIONS_MAX)
      attn_fail("more than %d conditions on the samples", CONDITIONS_MAX);
    tested[conditions] = column_of(samples, where[conditions].column);
    key.key[conditions] = where[conditions].value;
    numbers &= !isnan(where[conditions].value);
  }
  const order *o = numbers ? order_of(samples, tested, conditions) : NULL;
  const size_t first = o != NULL ? order_find(o, &key) : 0;
  const size_t end = o != NULL ? o->count : samples->rows;
  for (size_t i = first; i < end && (o == NULL || by_key(&o->row[i], &key) == 0); i++) {
    const double *row = samples->value + (o != NULL ? o->row[i].row : i) * samples->columns;
    bool meets = !isnan(row[x_wanted]) && !isnan(row[y_wanted]);
    for (size_t c = 0; c < conditions && meets; c++)
      meets = row[tested[c]] == where[c].value;
    if (!meets)
      continue;
    x[count] = row[x_wanted];
    if (y != NULL)
      y[count] = row[y_wanted];
    count++;
  }
  return count;
}

size_t attn_samples_select(double *x, const attn_samples *samples, const char *column,
                           const attn_where *where) {
  return select(x, NULL, samples, column, column, where);
}

attn_pairs attn_samples_pairs(const attn_samples *samples, const char *x_column,
                              const char *y_column, const attn_where *where) {
  attn_pairs pairs = {samples->scratch, samples->scratch + samples->rows, 0};
  pairs.count = select(pairs.x, pairs.y, samples, x_column, y_column, where);
  return pairs;
}

attn_line attn_samples_snr_exponent(const attn_samples *samples, const char *n_column,
                                    const char *kappa_column, const attn_where *where,
                                    double level) {
  const attn_pairs p = attn_samples_pairs(samples, n_column, kappa_column, where);
  for (size_t r = 0; r < p.count; r++)
    p.y[r] /= sqrt(p.x[r]);
  return attn_stats_power(p.x, p.y, p.count, level);
}

double attn_samples_value(const attn_samples *samples, const char *column,
                          const attn_where *where) {
  const size_t count = attn_samples_select(samples->scratch, samples, column, where);
  return count == 1 ? samples->scratch[0] : NAN;
}

double attn_samples_mean(const attn_samples *samples, const char *column, const attn_where *where) {
  return attn_stats_mean(samples->scratch,
                         attn_samples_select(samples->scratch, samples, column, where));
}

double attn_samples_median(const attn_samples *samples, const char *column,
                           const attn_where *where) {
  const size_t count = attn_samples_select(samples->scratch, samples, column, where);
  attn_stats_sort(samples->scratch, count);
  return count > 0 ? attn_stats_quantile(samples->scratch, count, 0.5) : NAN;
}

double attn_samples_largest(const attn_samples *samples, const char *column,
                            const attn_where *where) {
  const size_t count = attn_samples_select(samples->scratch, samples, column, where);
  double largest = NAN;
  for (size_t i = 0; i < count; i++)
    largest = fmax(largest, samples->scratch[i]);
  return largest;
}

attn_summary attn_samples_summary(const attn_samples *samples, const char *column,
                                  const attn_where *where, double level) {
  return attn_stats_summary(samples->scratch,
                            attn_samples_select(samples->scratch, samples, column, where), level);
}

attn_interval attn_samples_median_interval(const attn_samples *samples, const char *column,
                                           const attn_where *where, double level) {
  const size_t count = attn_samples_select(samples->scratch, samples, column, where);
  attn_stats_sort(samples->scratch, count);
  return attn_stats_quantile_interval(samples->scratch, count, 0.5, level);
}

size_t attn_samples_count(const attn_samples *samples, const char *column, double low, double high,
                          const attn_where *where) {
  const size_t count = attn_samples_select(samples->scratch, samples, column, where);
  size_t within = 0;
  for (size_t i = 0; i < count; i++)
    within += samples->scratch[i] >= low && samples->scratch[i] <= high;
  return within;
}

double attn_samples_share(const attn_samples *samples, const char *column, double goal,
                          const attn_where *where) {
  return (double)attn_samples_count(samples, column, goal, goal, where) /
         (double)attn_samples_count(samples, column, -INFINITY, INFINITY, where);
}

static void write_each(attn_table *table, const attn_samples *samples, const char *columns,
                       const attn_where *where,
                       double (*question)(const attn_samples *, const char *, const attn_where *)) {
  char *copy = attn_text_copy(columns), *rest = copy;
  for (char *column; (column = strtok_r(rest, " ", &rest)) != NULL;)
    attn_table_number(table, question(samples, column, where));
  attn_free(copy);
}

void attn_samples_write_means(attn_table *table, const attn_samples *samples, const char *columns,
                              const attn_where *where) {
  write_each(table, samples, columns, where, attn_samples_mean);
}

void attn_samples_write_medians(attn_table *table, const attn_samples *samples, const char *columns,
                                const attn_where *where) {
  write_each(table, samples, columns, where, attn_samples_median);
}
