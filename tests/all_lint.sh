#!/bin/sh
# No warnings of gcc and clang; no findings of clang-tidy, gcc's analyser, cppcheck and shellcheck but those
# that tests/lint/<tool>.txt lists and gives the reasons why they are none.
set -u

. tests/tap.sh
make_box
diagnose() { cat "$box/found"; }
flags='-std=c17 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Isrc/attn -Itests'

# -O2, since some warnings need the analysis of the optimiser, and no -fsyntax-only, since others need code
for compiler in gcc clang; do
  if command -v "$compiler" >/dev/null; then
    # shellcheck disable=SC2016 # the shells that xargs starts expand it
    printf '%s\n' src/attn/*.c src/claims/*.c src/tools/*.c tests/reseed/*.c |
      xargs -P "$(nproc)" -n 8 sh -c 'for file; do '"$compiler $flags"' -O2 -DOPTIONS=\"\" -c "$file" -o /dev/null; done' each >"$box/found" 2>&1
    [ ! -s "$box/found" ]
    verdict $? "$compiler warns of nothing"
  else
    skip "$compiler warns of nothing" "there is no $compiler; on Debian: apt-get install $compiler"
  fi
done

# What the two find depends on their version, and the lists are about Debian 12's.
# analysed TOOL COMMAND: of each file, with what is expected of it in tests/lint/TOOL.txt
analysed() {
  printf '%s\n' src/attn/*.c src/claims/*.c src/tools/*.c |
    xargs -P "$(nproc)" -n 1 sh -c "$2" each >"$box/all" 2>&1
  sed -n "s|^$(pwd)/||; /: \(warning\|error\): /p" "$box/all" | sort >"$box/findings"
  awk -f tests/lint/unexpected.awk "tests/lint/$1.txt" "$box/findings" >"$box/found"
  [ ! -s "$box/found" ]
  verdict $? "$1 finds nothing"
}
tidy=$(command -v clang-tidy-14 || echo clang-tidy)
if "$tidy" --version 2>/dev/null | grep -q 'version 14\.'; then
  analysed clang-tidy "$tidy --quiet --config-file=tests/lint/clang-tidy \"\$1\" -- $flags -Isrc/tools -DOPTIONS='\"\"' 2>/dev/null"
else
  skip "clang-tidy finds nothing" "there is no clang-tidy 14; on Debian 12: apt-get install clang-tidy"
fi
if gcc -dumpversion 2>/dev/null | grep -qx 12; then
  analysed gcc-analyzer "gcc $flags -Isrc/tools -DOPTIONS='\"\"' -O1 -fanalyzer -fdiagnostics-plain-output -c \"\$1\" -o /dev/null"
else
  skip "gcc-analyzer finds nothing" "there is no gcc 12; on Debian 12: apt-get install gcc"
fi

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
