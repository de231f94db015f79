#!/bin/sh
# How much of src/attn the test programs run: at least 95% of its lines and 85% of its branches, by gcc's
# own counting. What is missed is listed in build/tests/coverage.txt, file by file; most of it is
# experiment.c, which belongs to the programs and is tested through them (test_programs.sh, test_make.sh).
set -u

nothing() {
  echo "1..0 # SKIP $1"
  exit 0
}
command -v gcovr >/dev/null || nothing "there is no gcovr; on Debian: apt-get install gcovr"
command -v gcc >/dev/null || nothing "there is no gcc; on Debian: apt-get install gcc"

. tests/tap.sh
make_box
diagnose() { tail -n 12 "$box/said"; }
folder=build/coverage
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL
OPENBLAS_NUM_THREADS=1 OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-Haswell}
export OPENBLAS_NUM_THREADS OPENBLAS_CORETYPE

CC=gcc make -j "$(nproc)" -f tests/instrumented.mk DIR=$folder FLAGS='-O0 --coverage' all >"$box/said" 2>&1
verdict $? "library and tests are built with counters"
find $folder -name '*.gcda' -exec rm -f {} +
# shellcheck disable=SC2016 # the shells that xargs starts expand it
for source in tests/test_*.c; do
  name=${source##*/}
  echo "$folder/${name%.c}"
done | xargs -P "$(nproc)" -n 1 sh -c 'timeout 600 "$1" >/dev/null 2>&1 || echo "$1 fails"' each >"$box/said"
[ ! -s "$box/said" ]
verdict $? "the tests pass"

mkdir -p build/tests
gcovr --root . --filter src/attn/ --exclude-unreachable-branches --exclude-throw-branches --print-summary \
  --txt build/tests/coverage.txt $folder >"$box/said" 2>&1
verdict $? "what they ran is counted"
share() { # share KIND LEAST: percent of it
  found=$(sed -n "s/^$1: \([0-9.]*\)%.*/\1/p" "$box/said")
  echo "# $1: ${found:-unknown}%"
  awk -v found="${found:-0}" -v least="$2" 'BEGIN { exit !(found >= least) }'
  verdict $? "at least $2% of the $1"
}
share lines 95
share branches 85

echo "1..$count"
[ "$failed" -eq 0 ]
