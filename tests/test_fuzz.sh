#!/bin/sh
# Every input of the fuzzers' corpus, tests/fuzz/corpus, once more: each was read or refused with one
# sentence before. Built with the sanitizers where the compiler has them.
set -u

. tests/tap.sh
readers=
for harness in tests/fuzz/*.c; do
  reader=$(basename "$harness" .c)
  case $reader in fuzz | replay) ;; *) readers="$readers $reader" ;; esac
done
for reader in $readers; do
  [ -x "build/fuzz/bin/replay_$reader" ] || {
    echo "Bail out! build/fuzz/bin/replay_$reader is not built: make build/fuzz/bin/replay_$reader"
    exit 1
  }
done
make_box
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS

diagnose() { # the input is the last one named
  tail -n 1 "$box/log"
  grep -E 'finding:|message of|runtime error:|ERROR: |^ *#[0-9] .* in ' "$box/err"
}
for reader in $readers; do
  set -- "tests/fuzz/corpus/$reader"/*
  [ -e "$1" ] || set --
  timeout 300 "build/fuzz/bin/replay_$reader" "$@" >"$box/log" 2>"$box/err"
  status=$?
  [ $# -gt 0 ] || status=1
  verdict $status "$reader reads or refuses each of $# inputs"
done
echo "1..$count"
[ "$failed" -eq 0 ]
