#!/bin/sh
# The test programs under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer: no read or write outside
# what was asked for, no memory lost, nothing that C leaves undefined. A report that a child process of a
# test makes counts too, whatever the test says of it. Times are in build/tests/sanitize.txt. Where the
# stack of a leak ends in a library: ASAN_OPTIONS=fast_unwind_on_malloc=0 build/asan/test_<name>.
set -u

nothing() {
  echo "1..0 # SKIP $1"
  exit 0
}
command -v gcc >/dev/null || nothing "there is no gcc; on Debian: apt-get install gcc"

. tests/tap.sh
make_box
diagnose() { cat "$why"; }
folder=build/asan
kinds=-fsanitize=address,undefined,float-cast-overflow
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL
OPENBLAS_NUM_THREADS=1 OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-Haswell}
# Reports go to files, since a test may expect its child to fail with a message.
ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:exitcode=86:log_path=$box/report
UBSAN_OPTIONS=print_stacktrace=1:log_path=$box/report
CMOCKA_MESSAGE_OUTPUT=TAP
export OPENBLAS_NUM_THREADS OPENBLAS_CORETYPE CMOCKA_MESSAGE_OUTPUT ASAN_OPTIONS UBSAN_OPTIONS

echo 'int main(void) { return 0; }' | gcc $kinds -x c - -o "$box/none" 2>/dev/null ||
  nothing "gcc has no sanitizers here; on Debian: apt-get install libgcc-12-dev"

why=$box/said
CC=gcc make -j "$(nproc)" -f tests/instrumented.mk DIR=$folder EXACT=asan \
  FLAGS="-O1 -g -fno-omit-frame-pointer $kinds -fno-sanitize-recover=all" all >"$why" 2>&1
verdict $? "library and tests are built with sanitizers"

mkdir -p build/tests "$box/ran"
# One program: what it and its children report goes to files called after it, its seconds to a line
# of its own.
cat >"$box/one" <<'END'
folder=$1 box=$2 name=$3
ASAN_OPTIONS=$ASAN_OPTIONS.$name UBSAN_OPTIONS=$UBSAN_OPTIONS.$name
start=$(date +%s)
timeout 600 "$folder/$name" >"$box/ran/$name" 2>&1
status=$?
echo "$name status $status seconds $(($(date +%s) - start))" >>"$box/times"
[ "$status" -eq 0 ] || echo "status $status" >>"$box/report.$name.status"
END
names=$(for source in tests/test_*.c; do basename "$source" .c; done)
echo "$names" | xargs -P "$(nproc)" -n 1 sh "$box/one" $folder "$box"
sort "$box/times" >build/tests/sanitize.txt

for name in $names; do
  why=$box/why
  cat "$box/report.$name".* >"$why" 2>/dev/null
  [ ! -s "$why" ] || grep -h '^not ok\|rror' "$box/ran/$name" >>"$why"
  grep -q "^$name status 0" "$box/times" && [ ! -s "$why" ]
  verdict $? "$name"
done

echo "1..$count"
[ "$failed" -eq 0 ]
