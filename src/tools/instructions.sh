#!/bin/sh
# instructions.sh count          the environment and the kernels' instruction counts, as a table
# instructions.sh accept REASON  makes them those that tests/all_instructions.sh compares with
#
# Counts of the same program agree to a thousandth at every run, on a busy machine too.
set -eu

program=build/bin/instructions
reference=tests/reference/instructions.tsv

count() {
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  # A count for each call of the function measured, in files numbered in that order.
  valgrind --tool=callgrind --callgrind-out-file="$folder/out" --collect-atstart=no \
    --toggle-collect=measured --dump-after=measured "$program" >"$folder/names" 2>"$folder/log" || {
    cat "$folder/log" >&2
    echo "instructions.sh: valgrind could not run $program" >&2
    exit 1
  }
  printf 'what\tname\tvalue\n'
  sed -n '/^environment/p' "$folder/names"
  printf 'environment\tvalgrind\t%s\n' "$(valgrind --version)"
  # valgrind hands on what the processor has up to AVX2, by which libraries choose their loops
  printf 'environment\tprocessor\t%s\n' "$(grep -qsw avx2 /proc/cpuinfo && echo avx2 || echo other)"
  part=0
  sed -n 's/^kernel\t//p' "$folder/names" | while read -r name; do
    part=$((part + 1))
    instructions=$(sed -n 's/^totals: *\([0-9]*\).*/\1/p' "$folder/out.$part")
    [ "${instructions:-0}" -gt 0 ] || {
      echo "instructions.sh: callgrind counted nothing of $name" >&2
      exit 1
    }
    printf 'kernel\t%s\t%s\n' "$name" "$instructions"
  done
}

case ${1-} in
count) count ;;
accept)
  [ -n "${2-}" ] || {
    echo "counts are accepted for a reason: make accept-instructions REASON=\"why they changed\"" >&2
    exit 1
  }
  count >build/instructions.tsv
  printf 'reason\t%s\t-\n' "$(printf %s "$2" | tr '\t\n' '  ')" >>build/instructions.tsv
  mv build/instructions.tsv "$reference"
  echo "$reference: $(grep -c '^kernel' "$reference") kernels"
  ;;
*)
  echo "usage: instructions.sh count | accept REASON" >&2
  exit 1
  ;;
esac
