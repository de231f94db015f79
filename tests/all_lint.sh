#!/bin/sh
# No warnings of gcc and clang, no findings of cppcheck and shellcheck. What is suppressed is explained in
# tests/lint/cppcheck.txt.
set -u

. tests/tap.sh
make_box
diagnose() { cat "$box/found"; }
flags='-std=c17 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Isrc/attn -Itests'

# -O2, since some warnings need the analysis of the optimiser, and no -fsyntax-only, since others need code
for compiler in gcc clang; do
  if command -v "$compiler" >/dev/null; then
    # shellcheck disable=SC2016 # the shells that xargs starts expand it
    printf '%s\n' src/attn/*.c src/claims/*.c src/tools/*.c tests/*.c tests/reseed/*.c |
      xargs -P "$(nproc)" -n 8 sh -c 'for file; do '"$compiler $flags"' -O2 -DOPTIONS=\"\" -c "$file" -o /dev/null; done' each >"$box/found" 2>&1
    [ ! -s "$box/found" ]
    verdict $? "$compiler warns of nothing"
  else
    skip "$compiler warns of nothing" "there is no $compiler; on Debian: apt-get install $compiler"
  fi
done

if command -v cppcheck >/dev/null; then
  cppcheck --quiet -j "$(nproc)" --std=c11 --enable=warning,performance,portability --library=tests/lint/cppcheck.cfg \
    --suppressions-list=tests/lint/cppcheck.txt --error-exitcode=1 -Isrc/attn src/attn src/claims src/tools >"$box/found" 2>&1
  verdict $? "cppcheck finds nothing"
else
  skip "cppcheck finds nothing" "there is no cppcheck; on Debian: apt-get install cppcheck"
fi

if command -v shellcheck >/dev/null; then
  find src tests -name '*.sh' -exec shellcheck -x {} + >"$box/found" 2>&1
  verdict $? "shellcheck finds nothing"
else
  skip "shellcheck finds nothing" "there is no shellcheck; on Debian: apt-get install shellcheck"
fi

echo "1..$count"
[ "$failed" -eq 0 ]
