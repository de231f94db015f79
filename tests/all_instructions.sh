#!/bin/sh
# No hot kernel takes 5% more instructions than were accepted, where the counts were: an instruction
# count depends on compiler and libraries. make accept-instructions REASON="..." accepts new ones.
# shellcheck source-path=SCRIPTDIR
. tests/tap.sh

reference=tests/reference/instructions.tsv
diagnose() { cat "$box/why"; }

command -v valgrind >/dev/null || {
  echo "1..0 # SKIP there is no valgrind; on Debian: apt-get install valgrind"
  exit 0
}
needs instructions
make_box
src/tools/instructions.sh count >"$box/now" 2>"$box/why"
verdict $? "the kernels are counted"
[ "$failed" -eq 0 ] || { echo "1..$count"; exit 1; }

change=$(awk -F'\t' '$1 != "environment" { next } NR == FNR { then[$2] = $3; next }
  then[$2] != $3 { printf "%s%s \"%s\", now \"%s\"", sep, $2, then[$2], $3; sep = "; " }' \
  "$reference" "$box/now")
if [ -n "$change" ]; then
  skip "no kernel takes 5% more instructions" "the counts are of another environment: $change"
else
  # One line for each kernel of either side: its name, and what is wrong with it.
  awk -F'\t' '$1 != "kernel" { next } NR == FNR { then[$2] = $3; next }
    { seen[$2] = 1
      print $2 "\t" (!($2 in then) ? "has no accepted count" : $3 > 1.05 * then[$2] ? \
        sprintf("%d instructions, accepted were %d: %+.1f%%", $3, then[$2], 100 * ($3 / then[$2] - 1)) : "") }
    END { for (name in then) if (!(name in seen)) print name "\tis no longer counted" }' \
    "$reference" "$box/now" >"$box/kernels"
  while IFS='	' read -r name why; do
    echo "$why" >"$box/why"
    [ -z "$why" ]
    verdict $? "$name"
  done <"$box/kernels"
fi
echo "1..$count"
[ "$failed" -eq 0 ]
