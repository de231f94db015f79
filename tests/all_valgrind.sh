#!/bin/sh
# The test programs under valgrind's memcheck: nothing decides or is written that was never computed, no access
# outside what was asked for, no memory lost. A report about a child process of a test counts too. Times
# are in build/tests/valgrind.txt. Valgrind computes long double as double, so that checks of a program that
# compares with it may fail there; its reports count all the same.
set -u

nothing() {
  echo "1..0 # SKIP $1"
  exit 0
}
command -v valgrind >/dev/null || nothing "there is no valgrind; on Debian: apt-get install valgrind"
command -v gcc >/dev/null || nothing "there is no gcc; on Debian: apt-get install gcc"

. tests/tap.sh
make_box
diagnose() { cat "$why"; }
folder=build/valgrind
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL
# This kernel of OpenBLAS runs six times faster than the others there.
OPENBLAS_NUM_THREADS=1 OPENBLAS_CORETYPE=Nehalem CMOCKA_MESSAGE_OUTPUT=TAP
export OPENBLAS_NUM_THREADS OPENBLAS_CORETYPE CMOCKA_MESSAGE_OUTPUT

why=$box/said
CC=gcc make -j "$(nproc)" -f tests/instrumented.mk DIR=$folder EXACT=valgrind FLAGS='-O2 -g' all >"$why" 2>&1
verdict $? "library and tests are built"

mkdir -p build/tests "$box/ran"
# One program: what is reported of it and its children goes to files called after it, its seconds to a line.
cat >"$box/one" <<'END'
folder=$1 box=$2 name=$3
start=$(date +%s)
timeout 900 valgrind --quiet --error-exitcode=86 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
  --log-file="$box/report.$name.%p" "$folder/$name" >"$box/ran/$name" 2>&1
status=$?
# 86 is a report, 124 too long, from 128 a signal; what is below is the number of failed checks
if [ "$status" -lt 86 ] && grep -q 'long double' "tests/$name.c"; then status=0; fi
echo "$name status $status seconds $(($(date +%s) - start))" >>"$box/times"
[ "$status" -eq 0 ] || echo "status $status" >>"$box/report.$name.status"
END
names=$(for source in tests/test_*.c; do basename "$source" .c; done)
echo "$names" | xargs -P "$(nproc)" -n 1 sh "$box/one" $folder "$box"
sort "$box/times" >build/tests/valgrind.txt

for name in $names; do
  why=$box/why
  cat "$box/report.$name".* >"$why" 2>/dev/null
  [ ! -s "$why" ] || grep -h '^not ok\|rror' "$box/ran/$name" >>"$why"
  grep -q "^$name status 0" "$box/times" && [ ! -s "$why" ]
  verdict $? "$name"
done

echo "1..$count"
[ "$failed" -eq 0 ]
