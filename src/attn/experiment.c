#define _GNU_SOURCE /* gethostname, getrusage */
#include "experiment.h"

#include "linalg.h"

#include <errno.h>
#include <getopt.h>
#include <gsl/gsl_version.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

struct attn_experiment {
  const char *name, *claim;
  attn_config *config;
  size_t seed, shards, shard; /* shard 0: summarising */
  char *conf_path, *shard_folder, *out;
  const char *size; /* NULL: the usual one */
  attn_table *samples, *claims;
  char *sources;          /* "<what>\t<file>:<line>\n", a line each */
  double seconds, memory; /* of the shards, when summarising: their sum, their largest */
};

static void print_help(const attn_experiment *e, const attn_key *keys, size_t count) {
  printf(
      "%s: %s\n\n"
      "usage: %s --conf FILE [--size SIZE] [--set 'KEY=VALUE ...'] --shard K --out FILE\n"
      "       %s --conf FILE [--size SIZE] [--set 'KEY=VALUE ...'] --gather FOLDER --out FOLDER\n"
      "       %s --conf FILE [--size SIZE] [--set 'KEY=VALUE ...'] --settings FILE\n\n"
      "The first form computes shard K of the configured number into FILE; the second reads\n"
      "all shards (FOLDER/1.tsv, 2.tsv, ...) and writes tables and verdicts; the third only\n"
      "checks the configuration and writes what is in force. 'make %s' runs all.\n\n"
      "SIZE is one of " ATTN_SIZES ": a line 'key@SIZE = value' of the configuration then stands\n"
      "for 'key = value'; --set comes before both.\n\nkeys of the configuration:\n",
      e->name, e->claim, e->name, e->name, e->name, e->name);
  for (size_t k = 0; k < count; k++)
    printf("  %-14s %s, %s\n", keys[k].name, keys[k].meaning, keys[k].range);
}

static size_t parse_shard(const char *text, size_t shards) {
  char *end;
  unsigned long k = strtoul(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || k < 1 || k > shards)
    attn_fail("--shard %s: the shard must be a whole number in [1, %zu]", text, shards);
  return k;
}

attn_experiment *attn_experiment_begin(int argc, char **argv, const char *claim,
                                       const attn_key *own_keys, size_t own_count) {
  attn_set_program_name(argv[0]);
  attn_experiment *e = attn_alloc(1, sizeof *e);
  const char *slash = strrchr(argv[0], '/');
  e->name = slash ? slash + 1 : argv[0];
  e->claim = claim;
  e->sources = attn_text_copy("");

  const attn_key common[] = {
      {"seed", ATTN_KEY_COUNT, &e->seed, "[0, 9007199254740992]", "the seed of all streams"},
      {"shards", ATTN_KEY_COUNT, &e->shards, "[1, 200]", "the number of shards"},
  };
  const size_t common_count = sizeof common / sizeof *common;
  attn_key *keys = attn_alloc(own_count + common_count, sizeof *keys);
  memcpy(keys, own_keys, own_count * sizeof *keys);
  memcpy(keys + own_count, common, sizeof common);

  const char *set = NULL, *shard = NULL, *settings = NULL;
  static const struct option options[] = {{"conf", required_argument, NULL, 'c'},
                                          {"set", required_argument, NULL, 's'},
                                          {"size", required_argument, NULL, 'z'},
                                          {"shard", required_argument, NULL, 'k'},
                                          {"out", required_argument, NULL, 'o'},
                                          {"gather", required_argument, NULL, 'g'},
                                          {"settings", required_argument, NULL, 't'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
  opterr = 0; /* the sentence is ours */
  for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
    switch (option) {
    case 'c':
      e->conf_path = optarg;
      break;
    case 's':
      set = optarg;
      break;
    case 'z':
      e->size = optarg;
      break;
    case 'k':
      shard = optarg;
      break;
    case 'o':
      e->out = optarg;
      break;
    case 'g':
      e->shard_folder = optarg;
      break;
    case 't':
      settings = optarg;
      break;
    case 'h':
      print_help(e, keys, own_count + common_count);
      exit(EXIT_SUCCESS);
    case ':':
      attn_fail("%s needs a value; see '%s --help'", argv[optind - 1], e->name);
    default:
      if (optopt != 0 && strncmp(argv[optind - 1], "--", 2) == 0)
        attn_fail("'%s': that option takes no value; see '%s --help'", argv[optind - 1], e->name);
      if (optopt != 0) /* one letter, perhaps of several in one argument */
        attn_fail("'-%c' is not an option; see '%s --help'", optopt, e->name);
      attn_fail("'%s' is not an option; see '%s --help'", argv[optind - 1], e->name);
    }
  }
  if (optind < argc)
    attn_fail("'%s' is not an option; see '%s --help'", argv[optind], e->name);
  if (e->conf_path == NULL ||
      (settings == NULL && (e->out == NULL || (shard == NULL) == (e->shard_folder == NULL))))
    attn_fail("needs --conf, and --settings or --out with one of --shard and --gather; see "
              "'%s --help'",
              e->name);

  e->config = attn_config_read(e->conf_path);
  if (e->size != NULL)
    attn_config_size(e->config, e->size, "--size");
  if (set != NULL)
    attn_config_override(e->config, set, "SET");
  attn_config_apply(e->config, keys, own_count + common_count);
  attn_free(keys);
  if (settings != NULL) {
    attn_output *output = attn_output_open(settings);
    fputs(attn_config_text(e->config), output->stream);
    attn_output_commit(output);
    exit(EXIT_SUCCESS);
  }
  if (shard != NULL)
    e->shard = parse_shard(shard, e->shards);
  attn_linalg_start();
  return e;
}

uint64_t attn_experiment_seed(const attn_experiment *e) {
  return e->seed;
}

const char *attn_experiment_name(const attn_experiment *e) {
  return e->name;
}

bool attn_experiment_sampling(const attn_experiment *e) {
  return e->shard > 0;
}

bool attn_experiment_next(const attn_experiment *e, size_t jobs, size_t *job) {
  *job = *job == ATTN_FIRST_JOB ? e->shard - 1 : *job + e->shards;
  return *job < jobs;
}

attn_table *attn_experiment_samples(attn_experiment *e, const char *columns) {
  char *all = attn_text_format("job %s", columns);
  e->samples = attn_table_open(e->out, all, ATTN_DIGITS_EXACT);
  attn_free(all);
  return e->samples;
}

static struct {
  const char *file;
  int line;
} here;

void attn_experiment_here(const char *file, int line) {
  here.file = file;
  here.line = line;
}

static void add_source(attn_experiment *e, const char *kind, const char *what) {
  char *longer = attn_text_format("%s%s %s\t%s:%d\n", e->sources, kind, what, here.file, here.line);
  attn_free(e->sources);
  e->sources = longer;
}

/* What a shard's provenance records under a key; NULL when it does not. */
static const char *recorded(const char *provenance, const char *key) {
  char *line = attn_text_format("\n%s\t", key);
  const char *at = strstr(provenance, line);
  if (at != NULL)
    at += strlen(line);
  attn_free(line);
  return at;
}

static double recorded_number(const char *provenance, const char *key) {
  const char *at = recorded(provenance, key);
  return at != NULL ? strtod(at, NULL) : 0;
}

static bool recorded_fingerprint(const char *provenance, const char *key, const char *text,
                                 size_t size) {
  char *now = attn_text_format("%016llx\n", (unsigned long long)attn_fingerprint(text, size));
  const char *then = recorded(provenance, key);
  const bool same = then != NULL && strncmp(then, now, strlen(now)) == 0;
  attn_free(now);
  return same;
}

attn_samples *attn_experiment_gather(attn_experiment *e) {
  /* first, since a shard that is no table is told more exactly there */
  attn_samples *all = attn_samples_read(e->shard_folder, e->shards);
  const char *settings = attn_config_text(e->config);
  for (size_t s = 0; s < e->shards; s++) {
    size_t size;
    char *path = attn_samples_path(e->shard_folder, s);
    char *provenance_path = attn_text_format("%s.provenance", path);
    if (access(provenance_path, R_OK) != 0)
      attn_fail("%s: cannot be read: %s; delete %s, so that both are made again", provenance_path,
                strerror(errno), path);
    char *provenance = attn_file_read(provenance_path, NULL);
    char *text = attn_file_read(path, &size);
    if (!recorded_fingerprint(provenance, "configuration_fingerprint", settings, strlen(settings)))
      attn_fail("%s: was made with other settings, says %s; delete it, so that it is made again",
                path, provenance_path);
    if (!recorded_fingerprint(provenance, "shard_fingerprint", text, size))
      attn_fail("%s: is not what its program wrote, says %s; delete it, so that it is made again",
                path, provenance_path);
    e->seconds += recorded_number(provenance, "seconds");
    e->memory = fmax(e->memory, recorded_number(provenance, "memory_mib"));
    attn_free(text);
    attn_free(provenance);
    attn_free(provenance_path);
    attn_free(path);
  }
  return all;
}

attn_table *attn_experiment_table_at(attn_experiment *e, const char *name, const char *columns) {
  char *path = attn_text_format("%s/%s.tsv", e->out, name);
  attn_table *table = attn_table_open(path, columns, ATTN_DIGITS_SHOWN);
  add_source(e, "table", name);
  attn_free(path);
  return table;
}

void attn_experiment_claim_at(attn_experiment *e, attn_claim claim) {
  if (e->claims == NULL) {
    char *path = attn_text_format("%s/claims.tsv", e->out);
    e->claims = attn_table_open(path,
                                "claim predicted measured low high kappa coherence in_scope "
                                "verdict source",
                                ATTN_DIGITS_SHOWN);
    attn_free(path);
  }
  char *source = attn_text_format("%s:%d", here.file, here.line);
  attn_table_text(e->claims, claim.id);
  attn_table_text(e->claims, claim.predicted);
  attn_table_numbers(
      e->claims,
      (const double[]){claim.measured, claim.low, claim.high, claim.kappa, claim.coherence}, 5);
  attn_table_text(e->claims, claim.in_scope ? "yes" : "no");
  attn_table_text(e->claims, !claim.in_scope ? "out of scope"
                             : claim.holds   ? "supported"
                                             : "not supported");
  attn_table_text(e->claims, source);
  attn_free(source);
}

/* Whose exp and log these are. */
static const char *libc_description(void) {
#ifdef __GLIBC__
  return gnu_get_libc_version();
#else
  return "unknown";
#endif
}

/* The processor's name, its cores and the memory: "Intel Xeon, 2 cores, 24 GiB". */
static char *machine_description(void) {
  static const char key[] = "model name";
  char name[128] = "unknown processor", line[256];
  FILE *info = fopen("/proc/cpuinfo", "r");
  while (info != NULL && fgets(line, sizeof line, info) != NULL)
    if (strncmp(line, key, sizeof key - 1) == 0 && strchr(line, ':') != NULL) {
      snprintf(name, sizeof name, "%.*s", (int)strcspn(strchr(line, ':') + 2, "\t\n"),
               strchr(line, ':') + 2);
      break;
    }
  if (info != NULL)
    fclose(info);
  return attn_text_format("%s, %ld cores, %.0f GiB", name, sysconf(_SC_NPROCESSORS_ONLN),
                          (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / 0x1p30);
}

/* What made the result, how long it took and how much memory: beside it, never compared. Seconds of
 * the processor, which others' work on the machine does not lengthen. */
static void write_provenance(const attn_experiment *e) {
  char *path = attn_experiment_sampling(e) ? attn_text_format("%s.provenance", e->out)
                                           : attn_text_format("%s/provenance.tsv", e->out);
  struct timespec used;
  struct rusage usage;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  getrusage(RUSAGE_SELF, &usage);
  const double seconds = (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
  const double memory = (double)usage.ru_maxrss / 1024; /* Linux counts KiB */
  char *machine = machine_description();
  char host[256] = "unknown", date[64] = "unknown";
  gethostname(host, sizeof host - 1);
  time_t clock_now = time(NULL);
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&clock_now));
  const char *settings = attn_config_text(e->config);
  attn_output *output = attn_output_open(path);
  fprintf(output->stream,
          "program\t%s\nconfiguration\t%s\nconfiguration_fingerprint\t%016llx\n"
          "seconds\t%.3f\nmemory_mib\t%.1f\nmachine\t%s\nhost\t%s\ndate\t%s\nblas\t%s\ngsl\t%"
          "s\nlibc\t%s\ncompiler\t%s\n",
          e->name, e->conf_path, (unsigned long long)attn_fingerprint(settings, strlen(settings)),
          seconds + e->seconds, fmax(memory, e->memory), machine, host, date,
          attn_linalg_description(), gsl_version, libc_description(), __VERSION__);
  if (e->size != NULL)
    fprintf(output->stream, "size\t%s\n", e->size);
  if (e->samples != NULL) /* a flipped digit is still a number: --gather compares the bytes */
    fprintf(output->stream, "shard_fingerprint\t%016llx\n",
            (unsigned long long)attn_table_fingerprint(e->samples));
  fputs(e->sources, output->stream);
  for (const char *line = settings; *line != '\0'; line = strchr(line, '\n') + 1)
    fprintf(output->stream, "setting\t%.*s\n", (int)strcspn(line, "\n"), line);
  attn_output_commit(output);
  attn_free(machine);
  attn_free(path);
}

int attn_experiment_end(attn_experiment *e) {
  write_provenance(e); /* first: the result's appearance tells Make that the work is done */
  if (e->samples != NULL)
    attn_table_close(e->samples);
  if (e->claims != NULL)
    attn_table_close(e->claims);
  attn_config_free(e->config);
  attn_free(e->sources);
  attn_free(e);
  return EXIT_SUCCESS;
}
