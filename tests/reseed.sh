#!/bin/sh
# reseed.sh RUNS PROGRAM...: how often tests fail on draws other than their own. Runs each program,
# linked with tests/reseed/start.c, under the seeds 1 to RUNS, and tells how many failed; a run of the
# suite is one seed in all programs. The 95% bound is Clopper and Pearson's, one-sided. What ran
# before is not run again: build/reseed/PROGRAM.tsv has a line for each seed. Status 1 when the
# bound of the suite is above 1% and RUNS are enough to show less.
set -u
runs=$1
shift
for program; do
  name=${program##*/}
  log=${program%/*}/$name.tsv
  # what an older program did says nothing of this one
  if [ ! -e "$log" ] || [ -n "$(find "$program" -newer "$log")" ]; then : >"$log"; fi
  done=$(wc -l <"$log")
  while [ "$done" -lt "$runs" ]; do
    done=$((done + 1))
    RESEED=$done CMOCKA_MESSAGE_OUTPUT=TAP timeout 600 "$program" >"$program.out" 2>&1
    status=$?
    failed=$(sed -n 's/^not ok [0-9]* - //p' "$program.out" | tr '\n' ' ')
    printf '%d\t%d\t%s\n' "$done" "$status" "${failed:-none}" >>"$log"
    [ "$status" -eq 0 ] || mv "$program.out" "$program.$done.out"
  done
done
bound=$(cat tests/reseed/bound.awk)
cd "${program%/*}" || exit
# shellcheck disable=SC2046 # names of programs have no blanks
awk -F '\t' -v runs="$runs" "$bound"'
  FNR == 1 { name = FILENAME; sub(/.*\//, "", name); sub(/\.tsv$/, "", name); order[++programs] = name }
  $1 <= runs { ran[name]++; if ($2 != 0) { bad[name]++; any[$1] = 1; which[name] = which[name] " " $1 ":" $3 } }
  END {
    printf "%-28s %6s %7s %8s\n", "tests", "runs", "failed", "at most"
    for (i = 1; i <= programs; i++) {
      name = order[i]
      printf "%-28s %6d %7d %7.2f%%\n", name, ran[name], bad[name], 100 * bound(bad[name] + 0, ran[name])
    }
    for (seed in any) k++
    printf "%-28s %6d %7d %7.2f%%\n", "all", runs, k, 100 * bound(k + 0, runs)
    for (i = 1; i <= programs; i++) if (order[i] in which) print "  " order[i] ":" which[order[i]]
    exit bound(0, runs) < 0.01 && bound(k + 0, runs) > 0.01
  }' $(for program; do echo "${program##*/}.tsv"; done)
