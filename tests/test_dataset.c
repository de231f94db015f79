/* Real data: reading a table of labelled vectors, what is refused, random order and splits; and the
 * digits. */
#include "support.h"

#include <gsl/gsl_cdf.h>
#include <string.h>

#include "dataset.h"
#include "rng.h"

static void test_read(void **state) {
  (void)state;
  attn_dataset *data = attn_dataset_read(
      support_file("three.tsv", "a\tlabel\tb\n1\t7\t-2.5\n3\t8\t1e3\n0\t7\t4\n"), "label");
  const double x[] = {1, -2.5, 3, 1000, 0, 4}, label[] = {7, 8, 7};
  assert_int_equal(data->rows, 3);
  assert_int_equal(data->columns, 2);
  for (size_t i = 0; i < 6; i++)
    assert_true(data->x[i] == x[i]);
  for (size_t r = 0; r < 3; r++)
    assert_true(data->label[r] == label[r]);
  attn_dataset_free(data);
  attn_dataset_free(NULL);
}

static void read_it(const void *path) {
  attn_dataset_free(attn_dataset_read(path, "label"));
}

static void test_refused(void **state) {
  (void)state;
  assert_fails(read_it, support_file("word.tsv", "a\tlabel\n1\t7\nx\t8\n"), "word.tsv:3", "'a'");
  assert_fails(read_it, support_file("nan.tsv", "a\tlabel\nnan\t7\n"), "nan.tsv:2", "'a'",
               "finite");
  assert_fails(read_it, support_file("inf.tsv", "a\tlabel\n1\tinf\n"), "inf.tsv:2", "'label'",
               "finite");
  assert_fails(read_it, support_file("none.tsv", "a\tb\n1\t7\n"), "none.tsv", "'label'");
  assert_fails(read_it, support_file("empty.tsv", "a\tlabel\n"), "empty.tsv", "0 rows");
  assert_fails(read_it, support_file("alone.tsv", "label\n1\n"), "alone.tsv", "1 columns");
  assert_fails(read_it, support_path("missing.tsv"), "missing.tsv");
}

/* Every order of three has probability 1/6: chi-square over 60000 shuffles, false alarm rate 1e-6.
 * A shuffle of many is a permutation. */
static void test_shuffle(void **state) {
  (void)state;
  gsl_rng *rng = attn_rng_alloc();
  attn_rng_start(rng, 5, "shuffle", 0, 0, ATTN_STREAM_OTHER);
  double count[27] = {0}, chi2 = 0;
  size_t row[500], seen[500] = {0};
  const double trials = 60000;
  for (size_t trial = 0; trial < (size_t)trials; trial++) {
    attn_dataset_shuffle(row, 3, rng);
    count[9 * row[0] + 3 * row[1] + row[2]]++;
  }
  const size_t orders[] = {5, 7, 11, 15, 19, 21}; /* 012 021 102 120 201 210 */
  for (size_t o = 0; o < 6; o++)
    chi2 += pow(count[orders[o]] - trials / 6, 2) / (trials / 6);
  assert_true(gsl_cdf_chisq_Q(chi2, 5) > 1e-6);
  attn_dataset_shuffle(row, 500, rng);
  for (size_t r = 0; r < 500; r++)
    seen[row[r]]++;
  for (size_t r = 0; r < 500; r++)
    assert_int_equal(seen[r], 1);
  gsl_rng_free(rng);
}

static void test_first(void **state) {
  (void)state;
  double label[] = {3, 8, 3, 1, 8, 3};
  const attn_dataset data = {.rows = 6, .label = label};
  size_t row[] = {5, 4, 3, 2, 1, 0};
  assert_int_equal(attn_dataset_first(row, 6, &data, 8), 2);
  const size_t after[] = {4, 1, 5, 3, 2, 0};
  for (size_t r = 0; r < 6; r++)
    assert_int_equal(row[r], after[r]);
  assert_int_equal(attn_dataset_first(row, 6, &data, 9), 0);
  for (size_t r = 0; r < 6; r++)
    assert_int_equal(row[r], after[r]);
}

/* The digits: 1797 images, 64 grey levels from 0 to 16, as many of each digit as UCI states. */
static void test_digits(void **state) {
  (void)state;
  attn_dataset *data = attn_dataset_read("data/digits/digits.tsv", "digit");
  const size_t of[] = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180};
  size_t count[10] = {0};
  assert_int_equal(data->rows, 1797);
  assert_int_equal(data->columns, 64);
  for (size_t i = 0; i < data->rows * data->columns; i++)
    assert_true(data->x[i] >= 0 && data->x[i] <= 16 && data->x[i] == floor(data->x[i]));
  for (size_t r = 0; r < data->rows; r++)
    count[(size_t)data->label[r]]++;
  for (size_t digit = 0; digit < 10; digit++)
    assert_int_equal(count[digit], of[digit]);
  attn_dataset_free(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_read),  cmocka_unit_test(test_refused), cmocka_unit_test(test_shuffle),
      cmocka_unit_test(test_first), cmocka_unit_test(test_digits),
  };
  return cmocka_run_group_tests(tests, support_scratch_make, support_scratch_remove);
}
