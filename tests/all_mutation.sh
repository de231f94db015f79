#!/bin/sh
# The tests notice a wrong sign, comparison or index in the modules that everything rests on: see
# tests/mutation.py. The table and what survived are in build/tests/mutation.txt.
set -u

nothing() {
  echo "1..0 # SKIP $1"
  exit 0
}
command -v python3 >/dev/null || nothing "there is no python3; on Debian: apt-get install python3"

. tests/tap.sh
said=build/tests/mutation.txt
diagnose() { grep -v '^file' $said; }
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL
mkdir -p build/tests

make mutation >$said 2>&1
verdict $? "at least 95% of the changed signs and indices are noticed, and each other survivor is explained"
sed -n '/^file/,/^comparisons/s/^/# /p' $said

echo "1..$count"
[ "$failed" -eq 0 ]
