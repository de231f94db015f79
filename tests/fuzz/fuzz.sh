#!/bin/sh
# fuzz.sh run READER RUNS | table READER... | merge READER: libFuzzer on the readers of tests/fuzz.
# What it learns is in build/fuzz/READER; merge puts into tests/fuzz/corpus/READER few of them that
# reach every edge that all reach. Inputs that failed are build/fuzz/READER.crash-..., .timeout-...
set -eu

fail() {
  echo "fuzz: $*" >&2
  exit 1
}
[ $# -ge 2 ] || fail "usage: fuzz.sh run READER RUNS | table READER... | merge READER"
what=$1 reader=$2
kept=tests/fuzz/corpus/$reader learnt=build/fuzz/$reader log=build/fuzz/$reader.log

# Leaks are told by the harness, where they are any: what attn_fail leaves behind is none.
ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=8:malloc_context_size=5:max_malloc_fill_size=0:allocator_release_to_os_interval_ms=-1
UBSAN_OPTIONS=print_stacktrace=1
export ASAN_OPTIONS UBSAN_OPTIONS

fuzzer() { # fuzzer OPTION... FOLDER...
  dictionary=tests/fuzz/$reader.dict
  [ ! -e "$dictionary" ] || set -- -dict="$dictionary" "$@"
  build/fuzz/bin/fuzz_"$reader" -timeout=5 -rss_limit_mb=2048 -max_len=1024 -reload=0 "$@"
}

case $what in
run)
  mkdir -p "$learnt" "$kept"
  rm -f "$learnt".crash-* "$learnt".timeout-* "$learnt".oom-* "$learnt".leak-* "$learnt".slow-unit-*
  begin=$(date +%s)
  status=0
  fuzzer -runs="$3" -print_final_stats=1 -artifact_prefix="$learnt." "$learnt" "$kept" >"$log" 2>&1 ||
    status=$?
  echo "seconds $(($(date +%s) - begin)) status $status" >>"$log"
  [ $status -eq 0 ] || {
    echo "fuzz: $reader found something; see $log"
    grep -E 'finding:|message of|runtime error:|ERROR:|Test unit written' "$log" | head -n 6
  } >&2
  ;;
table)
  shift
  printf '%-12s %12s %8s %12s %8s %8s %8s\n' reader executions seconds 'per second' edges corpus crashes
  found=0
  for reader; do
    log=build/fuzz/$reader.log
    crashes=$(find build/fuzz -maxdepth 1 -name "$reader.*-*" ! -name '*.slow-unit-*' | wc -l)
    found=$((found + crashes))
    awk -v reader="$reader" -v crashes="$crashes" '
      /^stat::number_of_executed_units:/ { runs = $2 }
      / cov: [0-9]+ / { for (i = 1; i < NF; i++) { if ($i == "cov:") edges = $(i + 1)
        if ($i == "corp:") { split($(i + 1), c, "/"); corpus = c[1] } } }
      /^seconds [0-9]+ status/ { seconds = $2 }
      END { printf "%-12s %12d %8d %12.0f %8d %8d %8d\n", reader, runs, seconds,
        runs / (seconds > 0 ? seconds : 1), edges, corpus, crashes }' "$log"
  done
  [ "$found" -eq 0 ] || fail "$found inputs are in build/fuzz"
  ;;
merge)
  new=build/fuzz/$reader.new
  rm -rf "$new"
  mkdir -p "$new" "$learnt" "$kept"
  fuzzer -set_cover_merge=1 -use_counters=0 "$new" "$kept" "$learnt" >"build/fuzz/$reader.merge.log" 2>&1 ||
    fail "$reader: the merge failed; see build/fuzz/$reader.merge.log"
  # names of 40 hexadecimal digits are libFuzzer's, and the SHA-1 of the bytes; others stay
  find "$kept" -type f -name '[0-9a-f]*' ! -name '*[!0-9a-f]*' -exec rm -f {} +
  named=$(find "$kept" -type f -exec sha1sum {} + | cut -d ' ' -f 1)
  for file in "$new"/*; do
    case $named in *"${file##*/}"*) ;; *) cp "$file" "$kept/" ;; esac
  done
  echo "$reader: $(find "$kept" -type f | wc -l) files, $(du -sb "$kept" | cut -f 1) bytes"
  ;;
*) fail "'$what', expected run, table or merge" ;;
esac
