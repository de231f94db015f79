#!/bin/sh
# README.md: its generated parts are those of the accepted results, what it names is there, and the
# commands that it shows work.
set -u

. tests/tap.sh
repo=$(pwd)
needs ledger attn
make_box
diagnose() { cat "$box/said"; }

if command -v gnuplot >/dev/null; then
  src/tools/readme.sh check >"$box/said" 2>&1
  status=$?
  verdict $status "table and picture are those of the accepted results (else: make readme)"
  if grep -q 'was not compared' "$box/said"; then
    skip "the picture" "$(sed -n 's/^readme: note: //p' "$box/said")"
  fi
  [ "$(wc -c <paper/readme.svg)" -lt 200000 ]
  verdict $? "the picture is small"

  # falsified, in a copy
  mkdir -p "$box/tree/build/bin"
  cp -a README.md data paper experiments figures src "$box/tree/"
  rm -rf "$box/tree/paper/companion"
  cp -a build/bin/ledger "$box/tree/build/bin/"
  cd "$box/tree" || exit 1
  fresh() { cp "$repo/README.md" . && cp "$repo/paper/readme.svg" paper/ && cp -a "$repo/data/reference" data/; }
  stale() { # stale TEXT NAME: check says so in one sentence, write mends it, after which check passes
    src/tools/readme.sh check >"$box/said" 2>&1
    [ $? -eq 1 ] && [ "$(grep -c "^readme: .*$1.*: make readme\$" "$box/said")" -eq 1 ] &&
      src/tools/readme.sh write >"$box/said" 2>&1 && src/tools/readme.sh check >"$box/said" 2>&1
    verdict $? "$2"
  }
  if [ "$status" -eq 0 ]; then
    sed -i '/gd_two_steps\.md/s/supported/found/' README.md
    stale 'table in README.md' "a verdict changed in the table is found"
    cmp -s README.md "$repo/README.md"
    verdict $? "and mended to the same bytes"
    fresh
    sed -i '/^second-step	/s/	supported$/	not supported/' data/reference/gd_two_steps/claims.tsv
    stale 'table in README.md' "a verdict changed in the accepted results is found"
    grep -q 'gd_two_steps.md.*| 4 supported, 1 not supported, 5 out of scope |$' README.md
    verdict $? "and shown"
    fresh
    sed -i '/^gd_two_steps\|^title/s/title: .*/title: Two | steps/' paper/chapters/gd_two_steps.md
    stale 'table in README.md' "a title that has changed is found"
    grep -q '^| \[Two \\| steps\](' README.md
    verdict $? "and a bar in it is no border"
    cp "$repo/paper/chapters/gd_two_steps.md" paper/chapters/
    fresh
    if src/tools/readme.sh check | grep -q 'was not compared'; then
      skip "a point moved in the picture is found" "another gnuplot drew it"
    else
      sed -i 's/translate(/&1/' paper/readme.svg
      stale 'paper/readme.svg' "a point moved in the picture is found"
    fi
    rm paper/readme.svg
    stale 'paper/readme.svg' "a missing picture is found"
    fresh
    rm -r data/reference/gd_scaling
    src/tools/readme.sh check >"$box/said" 2>&1
    [ $? -eq 1 ] && grep -q 'gd_scaling has no accepted results: make accept STEM=gd_scaling' "$box/said"
    verdict $? "an experiment without accepted results: a sentence"
    fresh
    sed -i '/make readme wrote/d' README.md
    src/tools/readme.sh write >"$box/said" 2>&1
    [ $? -eq 1 ] && [ "$(wc -l <"$box/said")" -eq 1 ] && grep -q 'must have one line' "$box/said" && [ -z "$(find . -name '*.part')" ]
    verdict $? "a marker that is missing: a sentence"
  fi
  cd "$repo" || exit 1
else
  skip "table and picture" "gnuplot is not installed"
fi

# ---- what it names ----

# shellcheck disable=SC2016 # the ticks are Markdown's
{
  sed -n 's/^| `\([a-z/]*\)` |.*/\1/p' README.md
  sed -n 's/.*](\([a-zA-Z/._]*\)).*/\1/p' README.md
} | sort -u >"$box/named"
: >"$box/said"
while IFS= read -r file; do
  [ -e "$file" ] || echo "$file is not there" >>"$box/said"
done <"$box/named"
[ "$(wc -l <"$box/named")" -gt 10 ] && [ ! -s "$box/said" ]
verdict $? "the folders and files that it names are there"

# ---- its commands ----

sed -n 's/^    \(make .*\|build\/bin\/.*\)/\1/p' README.md | sed 's/  *#.*//' >"$box/commands"
[ "$(wc -l <"$box/commands")" -ge 10 ]
verdict $? "it shows commands"
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL MAKEOVERRIDES SET C V STEM EXACT REASON NAME
while IFS= read -r command; do
  case $command in
    make\ my_question | make\ new*) continue ;; # run by test_new.sh
    make*)
      # what make would do is tested elsewhere; here, that it knows the goal and the names
      sh -c "make -n ${command#make }" >"$box/said" 2>&1 </dev/null
      status=$?
      for id in $(echo "$command" | sed -n 's/.* [CV]=\([a-z-]*\).*/\1/p'); do
        grep -qx -e "  - id: $id" paper/chapters/*.md || { echo "no claim $id" >>"$box/said"; status=1; }
      done
      verdict $status "$command"
      ;;
    *)
      sh -c "$command" >"$box/said" 2>"$box/err" </dev/null && [ ! -s "$box/err" ] && [ "$(wc -l <"$box/said")" -ge 2 ] &&
        head -n 1 "$box/said" | grep -q '	'
      verdict $? "$command"
      ;;
  esac
done <"$box/commands"

# ---- the two commands ----

sed -n 's/^    \(apt-get .*\)  *#.*/\1/p' README.md | sed 's/ *$//' >"$box/said"
[ "$(wc -l <"$box/said")" -eq 2 ]
status=$?
while IFS= read -r command; do
  [ ! -e .ci/run ] || grep -qF -e "timed '$command'" .ci/run || status=1
done <"$box/said"
verdict $status "the two commands are those of continuous integration"

echo "1..$count"
[ $failed -eq 0 ]
