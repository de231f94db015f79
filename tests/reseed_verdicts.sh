#!/bin/sh
# reseed_verdicts.sh run RUNS STEM: the claims of an experiment at smoke size under the seeds 1 to RUNS, into
# build/reseed/verdicts/STEM.tsv, a line for each claim and seed; what is there is not computed again.
#
# reseed_verdicts.sh table RUNS STEM...: how often chance contradicts a claim's expected verdict
# (tests/reseed/contradicted.awk). An interval of 95% does so once in twenty times for one claim, and in
# many runs for some claim. So a contradiction is asked for again, with intervals of the level at
# which all claims together err in at most 1% of runs (Bonferroni), into STEM.again.tsv: an interval of a
# higher level holds that of a lower one, so that only these can contradict. Claims that 95% intervals
# contradict in more than one run of twenty are another statement at that size, and listed apart.
set -u
what=$1 runs=$2
shift 2
results=build/reseed/verdicts
box=$(mktemp -d) || exit 1
trap 'rm -rf "$box"' EXIT
trap 'exit 1' INT TERM HUP

# once STEM SEED LEVEL LOG: the claims of one run
once() {
  rm -rf "$box/shards" "$box/out"
  options="--conf experiments/$1.conf --size smoke"
  set="seed=$2 shards=1${3:+ level=$3}"
  # shellcheck disable=SC2086 # options are words
  build/bin/"$1" $options --set "$set" --shard 1 --out "$box/shards/1.tsv" 2>"$box/err" &&
    build/bin/"$1" $options --set "$set" --gather "$box/shards" --out "$box/out" 2>"$box/err"
  # shellcheck disable=SC2181 # of either
  [ $? -eq 0 ] || { sed "s/^/$1, seed $2: /" "$box/err" >&2; exit 1; }
  # whole runs alone, should this be interrupted
  awk -v seed="$2" 'NR > 1 { print seed "\t" $0 }' "$box/out/claims.tsv" >"$box/lines" && cat "$box/lines" >>"$4"
}
current() { # current STEM LOG: is of this program and configuration, or empty
  if [ ! -e "$2" ] || [ -n "$(find "build/bin/$1" "experiments/$1.conf" -newer "$2")" ]; then : >"$2"; fi
}

if [ "$what" = run ]; then
  stem=$1
  log=$results/$stem.tsv
  mkdir -p "$results"
  current "$stem" "$log"
  seed=$(awk -F '\t' 'END { print $1 + 0 }' "$log")
  while [ "$seed" -lt "$runs" ]; do
    seed=$((seed + 1))
    once "$stem" "$seed" '' "$log"
  done
  exit 0
fi

contradicted() { # contradicted SUFFIX STEM...
  suffix=$1
  shift
  for stem; do
    # what the chapter expects, then what came out
    awk -v stem="$stem" '/^  - id: / { id = $3 } /^    expected: / { sub(/^    expected: /, ""); print "expected\t" stem "\t" id "\t" $0 }
      /^---$/ && NR > 1 { exit }' "paper/chapters/$stem.md"
    if [ -e "$results/$stem$suffix" ]; then sed "s/^/$stem\t/" "$results/$stem$suffix"; fi
  done | awk -v runs="$runs" -f tests/reseed/contradicted.awk
}

contradicted .tsv "$@" >"$box/first"
awk -F '\t' '$1 == "counted" { n[$2 FS $3] = $4; next } { bad[$1 FS $2]++ }
  END { for (key in n) print key FS n[key] FS bad[key] + 0 FS (bad[key] > n[key] / 20 ? "other" : "same") }' "$box/first" | sort >"$box/claims"
claims=$(wc -l <"$box/claims")
level=$(awk -v n="$claims" 'BEGIN { printf "%.6f", 1 - 0.01 / (n > 0 ? n : 1) }')
awk -F '\t' 'NR == FNR { kind[$1 FS $2] = $5; next } $1 != "counted" && kind[$1 FS $2] == "same" { print $1 FS $3 }' \
  "$box/claims" "$box/first" | sort -u >"$box/pairs"
for stem; do current "$stem" "$results/$stem.again.tsv"; done
while read -r stem seed; do
  grep -q "^$seed	" "$results/$stem.again.tsv" || once "$stem" "$seed" "$level" "$results/$stem.again.tsv" </dev/null
done <"$box/pairs"
contradicted .again.tsv "$@" >"$box/second"

report() { # report FILE: runs that contradict one of the claims that are the same statement at that size
  awk -F '\t' -v runs="$runs" "$(cat tests/reseed/bound.awk)"'
    NR == FNR { if ($5 == "same") same[$1 FS $2] = $3; next }
    $1 != "counted" && ($1 FS $2) in same { bad[$1 FS $2]++; any[$3] = 1 }
    END {
      for (seed in any) k++
      printf "%d of %d runs, at most %.2f%% (one-sided, 95%%)\n", k, runs, 100 * bound(k + 0, runs)
      for (key in bad) { split(key, part, FS); printf "  %s (%s): %d of %d\n", part[2], part[1], bad[key], same[key] | "sort" }
    }' "$box/claims" "$1"
}
printf '%d claims in scope at smoke size, %d runs\n' "$claims" "$runs"
awk -F '\t' '$5 == "other" { list = list "\n  " $2 " (" $1 "): " $4 " of " $3; n++ }
  END { printf "another statement at that size, contradicted in more than one run of twenty: %d%s\n", n, list }' "$box/claims"
printf 'intervals of the configuration contradict a claim in '
report "$box/first"
printf 'intervals of level %s contradict a claim in ' "$level"
report "$box/second"
