/* Configurations: what is read, and the one sentence for everything that is refused. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"

static struct {
  size_t n, big;
  double eta, beta, any;
  attn_list kappa, record;
  char *start;
} conf;

static const attn_key keys[] = {
    {"n", ATTN_KEY_COUNT, &conf.n, "[2, 5000]", "the number of samples"},
    {"big", ATTN_KEY_COUNT, &conf.big, "[0, inf)", "the dimension"},
    {"eta", ATTN_KEY_REAL, &conf.eta, "[0, 0.5)", "the label-flip rate"},
    {"beta", ATTN_KEY_REAL, &conf.beta, "(0, 1]", "the step size"},
    {"any", ATTN_KEY_REAL, &conf.any, "(-inf, inf)", "the offset"},
    {"kappa", ATTN_KEY_LIST, &conf.kappa, "(0, 100]", "the scaled signal"},
    {"record", ATTN_KEY_COUNTS, &conf.record, "[0, 1000]", "the steps to record"},
    {"start", ATTN_KEY_WORD, &conf.start, "zero|gaussian|one-hot", "the start"},
};
enum { KEYS = sizeof keys / sizeof *keys };

static const attn_key *key(const char *name) {
  size_t k = 0;
  while (strcmp(keys[k].name, name) != 0)
    k++;
  return &keys[k];
}

#define COMPLETE                                                                                   \
  "n = 200\nbig = 1e15\neta = 0.05\nbeta = 1\nany = -2.5e-3\nkappa = 0.5 1 2\nrecord = 0 1 2\n"    \
  "start = zero\n"

/* Reads the file, chooses a size, overrides it, and applies the schema. */
typedef struct {
  const char *path, *set, *size;
} source;

static void apply(const void *argument) {
  const source *from = argument;
  attn_config *config = attn_config_read(from->path);
  if (from->size != NULL)
    attn_config_size(config, from->size, "--size");
  if (from->set != NULL)
    attn_config_override(config, from->set, "SET");
  attn_config_apply(config, keys, KEYS);
  attn_config_free(config);
  attn_free(conf.start);
  conf.start = NULL;
}

static void read_only(const void *path) {
  attn_config_free(attn_config_read(path));
}

/* One value by the rules of one key. */
typedef struct {
  const char *key, *text;
} value;

static void parse(const void *argument) {
  const value *v = argument;
  attn_key_parse(key(v->key), v->text, "here:3");
}

/* A complete file: every kind of key, in any order, with comments, blank lines, tabs, no final
 * newline; values to the last digit. */
static void test_complete(void **state) {
  (void)state;
  const char *path =
      support_file("complete.conf", "# a comment\n\n  start=gaussian\t # another\nbig = 1e15\n"
                                    "\tn\t=\t200\neta = 0.05\nbeta=1\nany = -2.5e-3\n"
                                    "kappa = 0.5 1:2:3, 8\nrecord = 3");
  attn_config *config = attn_config_read(path);
  attn_config_apply(config, keys, KEYS);
  assert_int_equal(conf.n, 200);
  assert_true(conf.big == 1000000000000000);
  assert_true(conf.eta == 0.05 && conf.beta == 1 && conf.any == -2.5e-3);
  assert_int_equal(conf.kappa.count, 5);
  const double kappa[5] = {0.5, 1, 1.5, 2, 8};
  assert_memory_equal(conf.kappa.value, kappa, sizeof kappa);
  assert_true(conf.record.count == 1 && conf.record.value[0] == 3);
  assert_string_equal(conf.start, "gaussian");
  assert_string_equal(attn_config_text(config),
                      "start = gaussian\nbig = 1e15\nn = 200\neta = 0.05\nbeta = 1\n"
                      "any = -2.5e-3\nkappa = 0.5 1:2:3, 8\nrecord = 3\n");
  attn_config_free(config);
  attn_config_free(NULL);
}

/* Lines that end in CR LF read as those that end in LF. */
static void test_crlf(void **state) {
  (void)state;
  const char *path = support_file("crlf.conf", "n = 7\r\n\r\n# c\r\nstart = zero\r\n");
  attn_config *config = attn_config_read(path);
  assert_string_equal(attn_config_text(config), "n = 7\nstart = zero\n");
  attn_config_free(config);
}

/* Open ends exclude and closed ends include; the sentence names place, key, value and range. */
static void test_ranges(void **state) {
  (void)state;
  const value inside[] = {
      {"n", "2"},       {"n", "5000"},       {"eta", "0"}, {"eta", "0.49999999"},
      {"beta", "1"},    {"beta", "1e-300"},  {"big", "0"}, {"any", "-1e308"},
      {"kappa", "100"}, {"record", "0 1000"}};
  for (size_t c = 0; c < sizeof inside / sizeof *inside; c++)
    assert_passes(parse, &inside[c]);
  const struct {
    value given;
    const char *range;
  } outside[] = {{{"n", "1"}, "[2, 5000]"},         {{"n", "5001"}, "[2, 5000]"},
                 {{"n", "-3"}, "[2, 5000]"},        {{"eta", "0.5"}, "[0, 0.5)"},
                 {{"eta", "-1e-9"}, "[0, 0.5)"},    {{"beta", "0"}, "(0, 1]"},
                 {{"beta", "1.0000001"}, "(0, 1]"}, {{"kappa", "0"}, "(0, 100]"},
                 {{"kappa", "101"}, "(0, 100]"},    {{"record", "1001"}, "[0, 1000]"},
                 {{"big", "-1"}, "[0, inf)"}};
  for (size_t c = 0; c < sizeof outside / sizeof *outside; c++) {
    char text[64];
    snprintf(text, sizeof text, "here:3: %s = %s:", outside[c].given.key, outside[c].given.text);
    assert_fails(parse, &outside[c].given, text, "must lie in", outside[c].range,
                 key(outside[c].given.key)->meaning);
  }
}

/* Numbers are decimal and finite, the whole of the text; whole numbers may be written "1e15" up to
 * 2^53, not beyond, and have no fraction. */
static void test_numbers(void **state) {
  (void)state;
  const struct {
    const char *text;
    size_t expected;
  } whole[] = {
      {"1e15", 1000000000000000},           {"1.5e3", 1500}, {"+7", 7}, {"12.0", 12}, {"-0", 0},
      {"9007199254740992", (size_t)1 << 53}};
  for (size_t c = 0; c < sizeof whole / sizeof *whole; c++) {
    attn_key_parse(key("big"), whole[c].text, "here");
    assert_true(conf.big == whole[c].expected);
  }
  attn_key_parse(key("any"), "-.5E-1", "here");
  assert_true(conf.any == -0.05);
  const char *bad[] = {"nan", "inf", "-inf", "0x10", "1e400", "two", "1,5", "1.2.3",
                       "1e",  "-",   "--1",  "1 2",  "",      "1f",  ".",   "e5"};
  for (size_t c = 0; c < sizeof bad / sizeof *bad; c++)
    assert_fails(parse, &((value){"any", bad[c]}), "here:3: any = ", bad[c],
                 "the offset must be a number in (-inf, inf)");
  const char *parts[] = {"2.5", "1e-3", "1e16", "9007199254740994"};
  for (size_t c = 0; c < sizeof parts / sizeof *parts; c++)
    assert_fails(parse, &((value){"big", parts[c]}), parts[c],
                 "must be a whole number in [0, inf)");
  assert_fails(parse, &((value){"record", "1 2.5"}), "record", "2.5", "whole number", "[0, 1000]");
}

/* Grids: equal steps or equal ratios with both ends exact; whole numbers are rounded; forms mix,
 * separated by blanks or commas. */
static void test_lists(void **state) {
  (void)state;
  attn_key_parse(key("kappa"), "0.1:0.7:7", "here");
  assert_int_equal(conf.kappa.count, 7);
  assert_true(conf.kappa.value[0] == 0.1 && conf.kappa.value[6] == 0.7);
  for (size_t i = 0; i < 7; i++)
    assert_close(conf.kappa.value[i], 0.1 * (double)(i + 1), 1e-15);
  attn_key_parse(key("kappa"), "0.01:100:5:log", "here");
  const double powers[5] = {0.01, 0.1, 1, 10, 100};
  assert_int_equal(conf.kappa.count, 5);
  for (size_t i = 0; i < 5; i++)
    assert_relative(conf.kappa.value[i], powers[i], 1e-14);
  assert_true(conf.kappa.value[0] == 0.01 && conf.kappa.value[4] == 100);
  /* ends that the formula would miss by rounding */
  attn_key_parse(key("kappa"), "0.12:1.16:4 0.1:1.7:4:log", "here");
  assert_true(conf.kappa.value[3] == 1.16 && conf.kappa.value[7] == 1.7);
  attn_key_parse(key("kappa"), "3:1:2 5,6:7:2,\t9", "here");
  const double mixed[] = {3, 1, 5, 6, 7, 9};
  assert_int_equal(conf.kappa.count, 6);
  assert_memory_equal(conf.kappa.value, mixed, sizeof mixed);
  attn_key_parse(key("record"), "1:1000:4:log 0:10:3", "here");
  const double steps[] = {1, 10, 100, 1000, 0, 5, 10};
  assert_int_equal(conf.record.count, 7);
  assert_memory_equal(conf.record.value, steps, sizeof steps);
  attn_key_parse(key("record"), "0:5:3", "here"); /* 2.5 is rounded to a whole number */
  assert_true(conf.record.value[1] == 3);
  attn_key_parse(key("kappa"), "1:2:512", "here");
  assert_int_equal(conf.kappa.count, ATTN_LIST_MAX);
}

/* Grids so wide that the ratio or the difference of their ends is no double. */
static void test_wide_grids(void **state) {
  (void)state;
  attn_list wide;
  const attn_key any = {"wide", ATTN_KEY_LIST, &wide, "(-inf, inf)", "the offset"};
  attn_key_parse(&any, "1e-300:1e300:5:log 1e300:1e-300:5:log -1e308:1e308:5", "here");
  const double powers[] = {1e-300, 1e-150, 1,      1e150,  1e300, 1e300, 1e150, 1,
                           1e-150, 1e-300, -1e308, -5e307, 0,     5e307, 1e308};
  assert_int_equal(wide.count, 15);
  for (size_t i = 0; i < 15; i++)
    assert_relative(wide.value[i], powers[i], 1e-12);
}

/* Lists that are refused, with the value and what would be right. */
static void test_list_refusals(void **state) {
  (void)state;
  const char *grids[] = {"1:2",    "1:2:1",       "1:2:513", "1:2:2.5", "1:2:x", "1:2:3:lin",
                         "1:2:3:", "1:2:3:log:4", "1::",     ":",       "1:2:-3"};
  for (size_t c = 0; c < sizeof grids / sizeof *grids; c++)
    assert_fails(parse, &((value){"kappa", grids[c]}), "here:3: kappa = ", grids[c],
                 "from:to:count", "[2, 512]");
  assert_fails(parse, &((value){"kappa", "x:2:3"}), "kappa = x", "(0, 100]");
  assert_fails(parse, &((value){"kappa", ":2:3"}), "kappa = ", "(0, 100]");
  assert_fails(parse, &((value){"kappa", "0:2:3"}), "kappa = 0", "(0, 100]");
  assert_fails(parse, &((value){"kappa", "1:200:3:log"}), "kappa = 200", "(0, 100]");
  assert_fails(parse, &((value){"record", "0:100:3:log"}), "record = 0:100:3:log",
               "logarithmic grid needs ends above 0");
  assert_fails(parse, &((value){"record", "1.5:3:2"}), "record = 1.5", "whole number");
  assert_fails(parse, &((value){"kappa", " , ,"}), "kappa", "at least one value");
  assert_fails(parse, &((value){"kappa", "1:2:512 3"}), "kappa", "more than 512 values");
  assert_fails(parse, &((value){"kappa", "1 two 3"}), "kappa = two", "(0, 100]");
}

/* Words are matched whole. */
static void test_words(void **state) {
  (void)state;
  const char *good[] = {"zero", "gaussian", "one-hot"};
  for (size_t c = 0; c < 3; c++) {
    attn_key_parse(key("start"), good[c], "here");
    assert_string_equal(conf.start, good[c]);
  }
  attn_free(conf.start);
  conf.start = NULL;
  const char *bad[] = {"zer", "zeros", "Zero", "hot", "zero|gaussian", "|", ""};
  for (size_t c = 0; c < sizeof bad / sizeof *bad; c++)
    assert_fails(parse, &((value){"start", bad[c]}), "here:3: start = ", bad[c],
                 "the start must be one of zero|gaussian|one-hot");
}

/* Lines that are not "key = value", and repeated keys: file and line, what was found. */
static void test_malformed(void **state) {
  (void)state;
  const struct {
    const char *text, *place, *found;
  } cases[] = {
      {"n = 1\nrubbish\n", ".conf:2: ", "'rubbish' is not of the form 'key = value'"},
      {"n 3\n", ".conf:1: ", "'n 3' is not of the form"},
      {"\n\n= 3\n", ".conf:3: ", "is no key"},
      {"2n = 3\n", ".conf:1: ", "'2n' is no key"},
      {"my key = 3\n", ".conf:1: ", "'my key' is no key"},
      {"k-y = 3\n", ".conf:1: ", "'k-y' is no key"},
      {"_n = 3\n", ".conf:1: ", "'_n' is no key"},
      {"n =\n", ".conf:1: ", "'n' has no value"},
      {"# x\nn = # 3\n", ".conf:2: ", "'n' has no value"},
      {"n = 1\neta = 2\n\n n = 1\n", ".conf:4: ", "the key 'n' is repeated; it stands at "},
      {"\xef\xbb\xbfn = 1\n", ".conf:1: ", "is no key"},
      {"n = 1\nn@tiny = 3\n", ".conf:2: ", "n@tiny: the size must be one of smoke|large"},
      {"n@ = 3\n", ".conf:1: ", "n@: the size must be one of smoke|large"},
      {"n @smoke = 3\n", ".conf:1: ", "'n ' is no key"},
      {"n@smoke@large = 3\n", ".conf:1: ", "n@smoke@large: the size must be one of"},
      {"@smoke = 3\n", ".conf:1: ", "'' is no key"},
      {"n@smoke =\n", ".conf:1: ", "'n@smoke' has no value"},
      {"n@smoke = 3\nn = 1\nn@smoke = 3\n",
       ".conf:3: ", "the key 'n@smoke' is repeated; it stands at "},
  };
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    assert_fails(read_only, support_file("bad.conf", cases[c].text), "bad", cases[c].place,
                 cases[c].found);
  assert_passes(read_only, support_file("good.conf", "n@smoke = 1\nn@large = 2\nn = 3\n"));
  assert_fails(read_only, support_file("bad.conf", "a = 1\nb = 2\na = 3"),
               "bad.conf:3: ", "bad.conf:1 already");
}

/* Files that hold no configuration. */
static void test_files(void **state) {
  (void)state;
  assert_fails(read_only, support_path("absent.conf"), "absent.conf: cannot be read", "No such");
  assert_fails(read_only, support_path("."), "is a folder, expected a file");
  assert_fails(read_only, support_file("empty.conf", ""), "empty.conf: is empty", "key = value");
  assert_fails(read_only, support_file("blank.conf", "\n \t\n# n = 1\n"), "blank.conf: is empty");
  assert_fails(read_only, support_file_bytes("nul.conf", "n = 1\0\n", 7), "nul.conf: ", "NUL byte");
  assert_fails(read_only, support_path("empty.conf/below"), "cannot be read");
}

/* Unknown and missing keys, and values outside their range, with file and line. */
static void test_schema(void **state) {
  (void)state;
  source from = {support_file("whole.conf", COMPLETE), NULL, NULL};
  assert_passes(apply, &from);
  from.path = support_file("unknown.conf", COMPLETE "kapa = 1\n");
  assert_fails(apply, &from, "unknown.conf:9: kapa = 1: no such key", "n, big, eta",
               "record, start");
  from.path = support_file("missing.conf", "n = 200\nbig = 1\n");
  assert_fails(apply, &from,
               "missing.conf: the key 'eta' is missing: the label-flip rate, in [0, 0.5)");
  from.path = support_file("outside.conf", "n = 200\n# here\neta = 0.7\n");
  assert_fails(apply, &from, "outside.conf:3: eta = 0.7: the label-flip rate must lie in [0, 0.5)");
}

/* Overrides replace or add, later ones win, commas make lists, and the sentence says SET. */
static void test_overrides(void **state) {
  (void)state;
  const char *path = support_file("base.conf", COMPLETE);
  attn_config *config = attn_config_read(path);
  attn_config_override(config, "  n=300\teta=0.2  n=400\nkappa=1,2:3:2,7 start=one-hot", "SET");
  attn_config_override(config, "", "SET");
  attn_config_apply(config, keys, KEYS);
  assert_int_equal(conf.n, 400);
  assert_true(conf.eta == 0.2 && conf.kappa.count == 4 && conf.kappa.value[2] == 3);
  assert_string_equal(conf.start, "one-hot");
  assert_string_equal(attn_config_text(config),
                      "n = 400\nbig = 1e15\neta = 0.2\nbeta = 1\nany = -2.5e-3\n"
                      "kappa = 1 2:3:2 7\nrecord = 0 1 2\nstart = one-hot\n");
  attn_config_free(config);
  config = attn_config_read(NULL);
  assert_string_equal(attn_config_text(config), "");
  attn_config_override(config, "a=1 b=2", "SET");
  assert_string_equal(attn_config_text(config), "a = 1\nb = 2\n");
  attn_config_free(config);

  assert_fails(apply, &((source){path, "n=1", NULL}), "SET: n = 1: ", "[2, 5000]");
  assert_fails(apply, &((source){path, "kapa=1", NULL}), "SET: kapa = 1: no such key");
  assert_fails(apply, &((source){path, "n", NULL}), "SET: 'n' is not of the form key=value");
  assert_fails(apply, &((source){path, "n=", NULL}), "SET: 'n=' is not of the form key=value");
  assert_fails(apply, &((source){path, "n = 3", NULL}), "SET: 'n' is not of the form key=value");
  assert_fails(apply, &((source){path, "n=3,4", NULL}), "SET: n = 3 4: ", "must be a number");
  assert_fails(apply, &((source){path, "kappa=,", NULL}), "SET: kappa", "at least one value");
  assert_fails(apply, &((source){NULL, "n=5", NULL}), "the key 'big' is missing");
}

/* What is in force at a size, wherever its lines stand; overrides come before them. */
static void test_sizes(void **state) {
  (void)state;
  const char *path =
      support_file("sized.conf", "n@smoke = 5\n" COMPLETE "kappa@smoke = 7\nn@large = 4000\n"
                                 "start@smoke = one-hot\n");
  const struct {
    const char *size, *set, *text;
    size_t n;
    double kappa;
  } cases[] = {
      {NULL, NULL, "n = 200\nbig = 1e15\neta = 0.05\n", 200, 0.5},
      {"smoke", NULL, "n = 5\nbig = 1e15\neta = 0.05\n", 5, 7},
      {"large", NULL, "n = 4000\nbig = 1e15\neta = 0.05\n", 4000, 0.5},
      {"smoke", "n=9 eta=0.1", "n = 9\nbig = 1e15\neta = 0.1\n", 9, 7},
  };
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    attn_config *config = attn_config_read(path);
    if (cases[c].size != NULL)
      attn_config_size(config, cases[c].size, "--size");
    if (cases[c].set != NULL)
      attn_config_override(config, cases[c].set, "SET");
    attn_config_apply(config, keys, KEYS);
    assert_int_equal(conf.n, cases[c].n);
    assert_true(conf.kappa.value[0] == cases[c].kappa);
    assert_string_equal(conf.start, conf.kappa.value[0] == 7 ? "one-hot" : "zero");
    assert_memory_equal(attn_config_text(config), cases[c].text, strlen(cases[c].text));
    /* every key once, and no size among them */
    assert_null(strchr(attn_config_text(config), '@'));
    attn_config_free(config);
  }
}

/* Sizes that are none or that the file does not know; lines of a size are checked at every other,
 * and so is the line that one stands for. */
static void test_size_refusals(void **state) {
  (void)state;
  source from = {support_file("whole.conf", COMPLETE "n@smoke = 5\n"), NULL, "large"};
  assert_fails(apply, &from,
               "--size: large: ", "whole.conf has no line for this size, 'key@large = value'");
  from.size = "tiny";
  assert_fails(apply, &from, "--size: tiny: the size must be one of smoke|large");
  from.size = "";
  assert_fails(apply, &from, "--size: : the size must be one of smoke|large");
  from.size = "smoke";
  from.set = "n@smoke=7";
  assert_fails(apply, &from, "SET: n@smoke = 7: no such key here");
  static const char *const sizes[] = {NULL, "smoke", "large"};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    from = (source){support_file("unknown.conf", COMPLETE "n@large = 5\nkapa@smoke = 1\n"), NULL,
                    sizes[s]};
    assert_fails(apply, &from, "unknown.conf:10: kapa = 1: no such key here; the keys are n, big");
    from.path = support_file("outside.conf", COMPLETE "n@large = 5\neta@smoke = 0.7\n");
    assert_fails(apply, &from,
                 "outside.conf:10: eta = 0.7: the label-flip rate must lie in [0, 0.5)");
    from.path = support_file("base.conf", COMPLETE "n@large = 5\nn@smoke = 5\n");
    assert_passes(apply, &from);
    from.path = support_file("alone.conf", "n@large = 5\nn@smoke = 5\nbig = 1\neta = 0\nbeta = 1\n"
                                           "any = 1\nkappa = 1\nrecord = 1\nstart = zero\n");
    assert_fails(apply, &from, "alone.conf: the key 'n' is missing: the number of samples");
  }
  /* the line that is replaced */
  from = (source){support_file("replaced.conf", "n = 1\nn@smoke = 5\n"), NULL, "smoke"};
  assert_fails(apply, &from, "replaced.conf:1: n = 1: the number of samples must lie in");
}

/* Membership is exact, and the cells of a grid in equal ratios tile the axis; a single value gets a
 * factor of two. */
static void test_list(void **state) {
  (void)state;
  const attn_list list = {3, {1, 4, 16}};
  assert_true(attn_list_has(&list, 4));
  assert_false(attn_list_has(&list, 4.0000001));
  double ends[3][2];
  for (size_t i = 0; i < 3; i++)
    attn_list_cell(ends[i], &list, i);
  assert_true(ends[0][0] == 0.5 && ends[0][1] == 2 && ends[1][0] == 2 && ends[1][1] == 8 &&
              ends[2][0] == 8 && ends[2][1] == 32);
  const attn_list one = {1, {3}};
  attn_list_cell(ends[0], &one, 0);
  assert_relative(ends[0][1] / ends[0][0], 2, 1e-15);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_list),          cmocka_unit_test(test_complete),
      cmocka_unit_test(test_crlf),          cmocka_unit_test(test_ranges),
      cmocka_unit_test(test_numbers),       cmocka_unit_test(test_lists),
      cmocka_unit_test(test_list_refusals), cmocka_unit_test(test_words),
      cmocka_unit_test(test_malformed),     cmocka_unit_test(test_files),
      cmocka_unit_test(test_schema),        cmocka_unit_test(test_overrides),
      cmocka_unit_test(test_sizes),         cmocka_unit_test(test_size_refusals),
      cmocka_unit_test(test_wide_grids),
  };
  return cmocka_run_group_tests(tests, support_scratch_make, support_scratch_remove);
}
