#!/bin/sh
# reseed_verdicts.sh run RUNS STEM: the claims of an experiment at smoke size under the seeds 1 to RUNS, into
# build/reseed/verdicts/STEM.tsv, a line for each claim and seed; what is there is not computed again.
#
# reseed_verdicts.sh table RUNS STEM...: how often chance contradicts a claim's expected verdict. A wide
# interval contradicts nothing: contradicted is a claim that is expected to hold when its whole interval
# lies outside what was predicted, and one that is not when its whole interval lies inside. Claims for
# which that is so in more than one run of twenty are another statement at that size, and listed apart.
set -u
what=$1 runs=$2
shift 2
results=build/reseed/verdicts

if [ "$what" = run ]; then
  stem=$1
  log=$results/$stem.tsv
  mkdir -p "$results"
  if [ ! -e "$log" ] || [ -n "$(find "build/bin/$stem" "experiments/$stem.conf" -newer "$log")" ]; then : >"$log"; fi
  box=$(mktemp -d) || exit 1
  trap 'rm -rf "$box"' EXIT
  trap 'exit 1' INT TERM HUP
  seed=$(awk -F '\t' 'END { print $1 + 0 }' "$log")
  while [ "$seed" -lt "$runs" ]; do
    seed=$((seed + 1))
    rm -rf "$box/shards" "$box/out"
    options="--conf experiments/$stem.conf --size smoke"
    # shellcheck disable=SC2086 # options are words
    build/bin/"$stem" $options --set "seed=$seed shards=1" --shard 1 --out "$box/shards/1.tsv" 2>"$box/err" &&
      build/bin/"$stem" $options --set "seed=$seed shards=1" --gather "$box/shards" --out "$box/out" 2>"$box/err"
    # shellcheck disable=SC2181 # of either
    [ $? -eq 0 ] || { sed "s/^/$stem, seed $seed: /" "$box/err" >&2; exit 1; }
    # whole runs alone, should this be interrupted
    awk -v seed="$seed" 'NR > 1 { print seed "\t" $0 }' "$box/out/claims.tsv" >"$box/lines" && cat "$box/lines" >>"$log"
  done
  exit 0
fi

for stem; do
  # what the chapter expects, then what came out
  awk '/^  - id: / { id = $3 } /^    expected: / { sub(/^    expected: /, ""); print "expected\t" id "\t" $0 } /^---$/ && NR > 1 { exit }' \
    "paper/chapters/$stem.md"
  sed "s/^/$stem\t/" "$results/$stem.tsv"
done | awk -F '\t' -v runs="$runs" "$(cat tests/reseed/bound.awk)"'
  $1 == "expected" { expected[$2] = $3; next }
  $2 > runs { next }
  {
    id = $3; predicted = $4; low = $6; high = $7; scope = $10
    stem[id] = $1
    if (scope != "yes" || low == "nan" || high == "nan" || expected[id] == "out of scope" || expected[id] == "open") next
    from = "-inf"; to = "inf"
    split(predicted, word, " ")
    if (word[1] == "within") { from = word[4] - word[2]; to = word[4] + word[2] }
    else if (word[1] == ">") from = word[2] + 0
    else if (word[1] == "<") to = word[2] + 0
    else from = predicted - 0.05 # a share, with high probability
    low = low == "-inf" ? -1e300 : low + 0; high = high == "inf" ? 1e300 : high + 0
    outside = (from != "-inf" && high < from) || (to != "inf" && low > to)
    inside = (from == "-inf" || low > from) && (to == "inf" || high < to)
    counted[id]++
    if (expected[id] == "supported" ? outside : inside) { bad[id]++; seeds[id] = seeds[id] " " $2; where[id, $2] = 1 }
  }
  END {
    for (id in counted) {
      claims++
      if (bad[id] > counted[id] / 20) { other++; others = others "\n  " id " (" stem[id] "): " bad[id] " of " counted[id]; continue }
      if (bad[id] > 0) { some++; list = list "\n  " id " (" stem[id] "): " bad[id] " of " counted[id] }
      for (seed = 1; seed <= runs; seed++) if ((id, seed) in where) any[seed] = 1
    }
    for (seed in any) k++
    printf "%d claims in scope at smoke size, %d runs\n", claims, runs
    printf "  another statement at that size, contradicted in more than one run of twenty: %d%s\n", other, others
    printf "  contradicted by chance, now and then: %d%s\n", some, list
    printf "  runs with such a contradiction: %d, at most %.2f%% (one-sided, 95%%)\n", k, 100 * bound(k + 0, runs)
  }'
