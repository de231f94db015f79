/* The rows of shards: order, selection, and what is asked of a selection. */
#include "support.h"

#include <stdlib.h>
#include <unistd.h>

#include "samples.h"

/* 12 jobs of two rows each, dealt to shards as the experiments deal them: job j to shard j mod
 * shards. Column x of job j is j and 100 + j; not-a-number for job 7. */
static const char *write_shards(size_t shards) {
  const char *folder = support_path(".");
  for (size_t s = 0; s < shards; s++) {
    char *path = attn_samples_path(folder, s);
    attn_table *table = attn_table_open(path, "job kind x", ATTN_DIGITS_EXACT);
    for (size_t j = s; j < 12; j += shards)
      for (size_t row = 0; row < 2; row++)
        attn_table_numbers(
            table, (double[]){(double)j, (double)(j % 3), j == 7 ? NAN : (double)(j + 100 * row)},
            3);
    attn_table_close(table);
    attn_free(path);
  }
  return folder;
}

static void test_order(void **state) {
  (void)state;
  for (size_t shards = 1; shards <= 12; shards += shards == 1 ? 2 : 3) {
    attn_samples *samples = attn_samples_read(write_shards(shards), shards);
    assert_int_equal(samples->rows, 24);
    for (size_t r = 0; r < 24; r++) {
      const double *row = samples->value + 3 * r;
      assert_true(row[0] == (double)(r / 2));
      assert_true(row[0] == 7 ? isnan(row[2]) : row[2] == (double)(r / 2 + 100 * (r % 2)));
    }
    attn_samples_free(samples);
  }
}

static void test_questions(void **state) {
  (void)state;
  attn_samples *samples = attn_samples_read(write_shards(2), 2);
  const attn_where kind1[] = {{"kind", 1}, {0}}; /* jobs 1, 4, (7), 10: x = 1 101 4 104 10 110 */
  double x[24];
  assert_int_equal(attn_samples_select(x, samples, "x", kind1), 6);
  assert_true(x[0] == 1 && x[1] == 101 && x[2] == 4 && x[5] == 110);
  assert_close(attn_samples_mean(samples, "x", kind1), 55, 1e-12);
  assert_close(attn_samples_median(samples, "x", kind1), 55.5, 1e-12);
  assert_true(attn_samples_largest(samples, "x", kind1) == 110);
  assert_close(attn_samples_share(samples, "x", 104, kind1), 1.0 / 6, 1e-15);
  const attn_summary summary = attn_samples_summary(samples, "x", kind1, 0.9);
  assert_int_equal(summary.count, 6);
  assert_close(summary.mean, 55, 1e-12);
  assert_close(summary.median, 55.5, 1e-12);
  const attn_where both[] = {{"kind", 1}, {"job", 10}, {0}};
  assert_close(attn_samples_mean(samples, "x", both), 60, 1e-12);
  const attn_where none[] = {{"job", 7}, {0}};
  assert_true(isnan(attn_samples_mean(samples, "x", none)));
  assert_true(isnan(attn_samples_median(samples, "x", none)));
  assert_true(isnan(attn_samples_largest(samples, "x", none)));
  assert_true(isnan(attn_samples_share(samples, "x", 1, none)));
  assert_int_equal(attn_samples_select(x, samples, "x", (attn_where[]){{0}}), 22);
  assert_int_equal(attn_samples_count(samples, "x", 4, 104, kind1), 4); /* 101 4 104 10 */
  assert_int_equal(attn_samples_count(samples, "x", -INFINITY, INFINITY, kind1), 6);
  assert_int_equal(attn_samples_count(samples, "x", 5, 9, kind1), 0);
  double sorted[6] = {1, 4, 10, 101, 104, 110};
  const attn_interval median = attn_stats_quantile_interval(sorted, 6, 0.5, 0.9);
  const attn_interval same = attn_samples_median_interval(samples, "x", kind1, 0.9);
  assert_true(same.low == median.low && same.high == median.high && isfinite(same.low));
  assert_true(attn_samples_value(samples, "x", (attn_where[]){{"x", 104}, {0}}) == 104);
  assert_true(isnan(attn_samples_value(samples, "x", both))); /* two rows */
  assert_true(isnan(attn_samples_value(samples, "x", none)));
  const attn_pairs pairs = attn_samples_pairs(samples, "job", "x", kind1);
  assert_int_equal(pairs.count, 6); /* the x of job 7 are no numbers */
  assert_true(pairs.x[0] == 1 && pairs.y[1] == 101 && pairs.x[4] == 10 && pairs.y[5] == 110);
  double n[] = {1, 1, 4, 4, 10, 10};
  double snr[] = {1, 101, 4 / 2.0, 104 / 2.0, 10 / sqrt(10), 110 / sqrt(10)};
  const attn_line line = attn_stats_power(n, snr, 6, 0.9);
  const attn_line asked = attn_samples_snr_exponent(samples, "job", "x", kind1, 0.9);
  assert_close(asked.slope, line.slope, 1e-14);
  assert_close(asked.slope_interval.low, line.slope_interval.low, 1e-13);
  assert_close(attn_samples_snr_exponent(samples, "x", "x", kind1, 0.9).slope, 0.5, 1e-14);
  attn_samples_free(samples);
}

/* Questions asked again and again, and about more sets of columns than are kept in order, select what
 * a look at every row does, in the order of the jobs. */
static void test_again(void **state) {
  (void)state;
  attn_samples *samples = attn_samples_read(write_shards(5), 5);
  const char *const columns[] = {"job", "kind", "x"};
  size_t found = 0;
  for (size_t round = 0; round < 3; round++)
    for (size_t set = 0; set < 27; set++) {
      const size_t c[3] = {set % 3, set / 3 % 3, set / 9};
      for (size_t r = 0; r < samples->rows; r++)
        for (size_t conditions = 1; conditions <= 3; conditions++) {
          const double *asked = samples->value + 3 * r;
          attn_where where[4] = {{0}};
          /* the last value sometimes of another row, so that no row meets all */
          for (size_t k = 0; k < conditions; k++)
            where[k] = (attn_where){columns[c[k]], asked[c[k]] + (k == 2 && r % 5 == 0)};
          double x[24], expected[24];
          size_t count = 0;
          for (const double *row = samples->value; row < samples->value + 3 * 24; row += 3) {
            bool meets = !isnan(row[2]);
            for (size_t k = 0; k < conditions; k++)
              meets &= row[c[k]] == where[k].value;
            if (meets)
              expected[count++] = row[2];
          }
          assert_int_equal(attn_samples_select(x, samples, "x", where), count);
          assert_memory_equal(x, expected, count * sizeof *x);
          found += count;
        }
    }
  assert_true(found > 5000);
  attn_samples_free(samples);
}

static void test_written(void **state) {
  (void)state;
  attn_samples *samples = attn_samples_read(write_shards(2), 2);
  const attn_where kind1[] = {{"kind", 1}, {0}};
  const char *path = support_path("written.tsv");
  attn_table *table = attn_table_open(path, "what kind x x_median", ATTN_DIGITS_SHOWN);
  attn_table_text(table, "mean");
  attn_samples_write_means(table, samples, "kind x", kind1);
  attn_samples_write_medians(table, samples, "x", kind1);
  attn_table_close(table);
  char *text = support_read(path);
  assert_string_equal(text, "what\tkind\tx\tx_median\nmean\t1\t55\t55.5\n");
  free(text);
  attn_samples_free(samples);
}

static void ask(const void *column) {
  attn_samples_mean(attn_samples_read(support_path("."), 2), column, (attn_where[]){{0}});
}
static void ask_where(const void *column) {
  attn_samples_mean(attn_samples_read(support_path("."), 2), "x", (attn_where[]){{column, 1}, {0}});
}

static void test_faults(void **state) {
  (void)state;
  write_shards(2);
  assert_passes(ask, "x");
  assert_fails(ask, "y", "no column 'y'");
  assert_fails(ask_where, "sort", "no column 'sort'");
  support_file("2.tsv", "job\tkind\tz\n");
  assert_fails(ask, "x", "2.tsv", "'z', but 'x' in shard 1");
  support_file("2.tsv", "job\tkind\n");
  assert_fails(ask, "x", "2.tsv", "2 columns, but shard 1 has 3");
  support_file("2.tsv", "kind\tjob\tx\n");
  assert_fails(ask, "x", "2.tsv", "first column is not 'job'");
  unlink(support_path("2.tsv"));
  assert_fails(ask, "x", "2.tsv");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order),  cmocka_unit_test(test_questions),
      cmocka_unit_test(test_again),  cmocka_unit_test(test_written),
      cmocka_unit_test(test_faults),
  };
  return cmocka_run_group_tests(tests, support_scratch_make, support_scratch_remove);
}
