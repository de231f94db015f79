#!/bin/sh
# The Makefile from end to end, in a copy of the tree with one experiment and small settings: what
# the goals write and say, other settings, misuse, interruptions, the number of jobs and of shards.
# shellcheck disable=SC2181 # the status of a function with much on its line
set -u

. tests/tap.sh
needs gd_two_steps attn weave ledger trace verify
for tool in gnuplot pandoc rsvg-convert; do
  command -v "$tool" >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
# what an outer Make hands down
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL MAKEOVERRIDES SET C V STEM EXACT REASON
LC_ALL=C.UTF-8
export LC_ALL

make_box
running=
finish() {
  [ -z "$running" ] || kill -KILL "-$running" 2>/dev/null
  rm -rf "$box"
}

# ---- the copy ----

stem=gd_two_steps
files() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files
  else
    find . \( -name build -o -path ./paper/companion -o -name .git \) -prune -o -type f -print
  fi
}
mkdir "$box/tree" "$box/path"
files | sed 's|^\./||' | while IFS= read -r file; do
  case $file in
    */$stem.* | figures/common.* | paper/chapters/index.*) ;;
    experiments/* | src/claims/* | figures/* | paper/chapters/* | tests/* | data/*) continue ;;
  esac
  [ ! -f "$file" ] || printf '%s\n' "$file"
done >"$box/files"
tar -cf - -T "$box/files" | tar -xpf - -C "$box/tree"
# the statements that its claims cover
{
  printf -- '---\ntitle: Said\nsummary: what was said\norder: 900\nstatements:\n'
  awk '/^ ? ? ?[a-z]|^(  - |    )[a-z]+:/ { covers = /^    covers:/ }
    covers { for (i = 1; i <= NF; i++) if ($i != "covers:" && !known[$i]++) {
      print "  - id: " $i "\n    statement: It is said of " $i ".\n    place: here" } }' paper/chapters/$stem.md
  printf -- '---\n\n{{statements}}\n\n{{uncovered}}\n'
} >"$box/tree/paper/chapters/said.md"
mkdir "$box/tree/build" "$box/tree/build/bin"
# with their times, so that nothing is compiled
cp -a build/obj build/lib "$box/tree/build/"
for made in $stem attn weave ledger trace verify; do cp -a "build/bin/$made" "$box/tree/build/bin/"; done
# as many draws as the binomial interval of "all of them" needs
sed -e 's/^draws .*/draws = 80/' -e 's/^steps .*/steps = 5/' -e 's/^samples .*/samples = 50/' \
  -e 's/^record .*/record = 0 1 2 3 5/' -e 's/^show .*/show = 0 1 2 3 5/' -e 's/^shards .*/shards = 3/' \
  experiments/$stem.conf >"$box/tree/experiments/$stem.conf"

# an overview of this experiment alone, with a figure that belongs to no experiment
cat >"$box/tree/paper/chapters/index.md" <<'END'
---
title: overview
summary: of one experiment
order: 0
---

{{figure index "what a general chapter draws from the tables of experiments"}}

{{experiments}}

{{verdicts}}
END
echo "plot data.'/gd_two_steps/steps.tsv' using 'step':'att_clean' with lines" >"$box/tree/figures/index.gp"

# a PATH without TeX; Make calls some commands without a shell, so that its own are not enough
find_in_path() {
  found=$(IFS=:; for folder in $PATH; do [ ! -x "$folder/$1" ] || { echo "$folder/$1"; break; }; done)
  [ -n "$found" ]
}
for tool in make sh awk sed grep cat cp mv rm mkdir rmdir dirname basename mktemp head tail seq nproc tr wc sort touch \
  cut env id date chmod sleep flock ar cc gcc as ld pandoc gnuplot rsvg-convert printf echo true false test; do
  find_in_path "$tool" || continue
  ln -s "$found" "$box/path/$tool"
done
cd "$box/tree" || exit 1

diagnose() { tail -n 8 "$box/said"; }
# Everything but the first run goes without TeX, which is slow.
pages_only() { PATH=$box/path make "$@" >"$box/said" 2>&1; }
says() { grep -q -e "$1" "$box/said"; }
ran() { [ "$(grep -c '^  RUN ' "$box/said")" -eq "$1" ]; }
# What was written since the last stamp, in folders too. A second passes where times are coarse.
stamp() { touch "$box/stamp"; sleep 0.02; }
written() { find . -newer "$box/stamp" -type f ! -name '*.part' | sed 's|^\./||' | sort; }
results='claims steps trajectory'
keep() { # keep FOLDER OF_DATA
  mkdir -p "$1"
  for table in $results; do cp "$2/$table.tsv" "$1/"; done
}
same() { # same FOLDER OF_DATA
  for table in $results; do cmp -s "$1/$table.tsv" "$2/$table.tsv" || return 1; done
}
data=paper/companion/data/$stem

# ---- everything, twice ----

find . -type f | sort >"$box/before"
make all >"$box/said" 2>&1
verdict $? "make all exits 0"
! says '  CC ' && ! says '  LD '
verdict $? "nothing was compiled that was compiled before"
ran 3
verdict $? "a run for every shard"
says '^10 claims: 5 supported, 5 out of scope; all as expected\.$' && [ "$(grep -c '^  *[a-z-]*step[a-z-]* .*supported$' "$box/said")" -ge 1 ]
verdict $? "the table of verdicts"
tail -n 1 "$box/said" | grep -q '^[0-9]* statements: [0-9]* supported, 0 uncovered\.$'
verdict $? "and the count of statements"
for file in index.html $stem.html style.css ledger.tsv figures/$stem.svg figures/index.svg $stem.source.html data/$stem/claims.tsv data/$stem/provenance.tsv; do
  [ -s "paper/companion/$file" ] || echo "$file is missing" >>"$box/said"
done
! says ' is missing$'
verdict $? "pages, ledger, figure and data are there"
if command -v pdflatex >/dev/null; then
  [ -s paper/companion/companion.pdf ]
  verdict $? "the PDF is there"
fi
[ -z "$(find . -name '*.part')" ]
verdict $? "no part is left behind"
find . -type f | sort | comm -13 "$box/before" - | grep -v -e '^\./build/' -e '^\./paper/companion/' >>"$box/said"
[ $? -eq 1 ]
verdict $? "nothing is written outside of build and paper/companion"
keep "$box/reference" $data

stamp
make all >"$box/said" 2>&1
verdict $? "make all again exits 0"
! says '^  [A-Z]' && says 'all as expected'
verdict $? "make all again makes nothing and prints the verdicts"
[ -z "$(written)" ]
verdict $? "make all again writes nothing"

# ---- pages without the PDF ----

# set-up would tell each time what is missing; it has tests of its own
printf '#!/bin/sh\n' >src/tools/setup.sh
rm -f paper/companion/companion.pdf
pages_only all
verdict $? "without TeX: make all exits 0"
says 'companion.pdf was not built: no pdflatex' && [ ! -e paper/companion/companion.pdf ]
verdict $? "without TeX: it says that there is no PDF"

# ---- what was changed is made again; jobs do not matter ----

for jobs in 1 4; do
  touch experiments/$stem.conf
  stamp
  pages_only -j$jobs $stem && ran 3 && [ -n "$(find $data/claims.tsv -newer "$box/stamp")" ]
  verdict $? "make -j$jobs runs a changed configuration again"
  same "$box/reference" $data
  verdict $? "make -j$jobs gives the same results"
done
says "^page: paper/companion/$stem.html\$"
verdict $? "make $stem names its page"

sed '/id: second-step$/,/expected:/s/expected: .*/expected: open/' paper/chapters/$stem.md >"$box/chapter"
cp paper/chapters/$stem.md "$box/chapter.good"
cp "$box/chapter" paper/chapters/$stem.md
pages_only all
[ $? -ne 0 ] && says '^! second-step .*supported$' && says '1 unexpected' && ran 0
verdict $? "an unexpected verdict: make all fails and names the claim"
pages_only $stem
[ $? -ne 0 ] && says '^! second-step '
verdict $? "an unexpected verdict: make $stem fails too"
cp "$box/chapter.good" paper/chapters/$stem.md
pages_only $stem && ran 0
verdict $? "the expected verdict again: make $stem exits 0 without a run"

# ---- one claim, the list, the help ----

pages_only claim C=second-step && [ "$(wc -l <"$box/said")" -le 15 ] && [ "$(awk '{ if (length > m) m = length } END { print m }' "$box/said")" -le 80 ] &&
  says 'supported'
verdict $? "make claim: at most 15 lines of 80"
pages_only claim C=key-attention && says '^decided by  *clean-attention: .*, supported$' && says '^verdict  *supported$'
verdict $? "make claim of a statement"
pages_only claim
[ $? -ne 0 ] && says 'make claim C=<id>' && says '^  second-step$'
verdict $? "make claim without an id fails and lists the ids"
for words in 'claim C=nope' 'claim C=second'; do
  # shellcheck disable=SC2086 # words
  pages_only $words
  [ $? -ne 0 ] && [ "$(grep -c -v '^make: ' "$box/said")" -eq 1 ] && says 'claim'
  verdict $? "make $words fails with a sentence"
done
pages_only list && says "^$stem .*5 supported"
verdict $? "make list"
pages_only help && says '^make all ' && says '^make check ' && [ "$(wc -l <"$box/said")" -le 24 ]
verdict $? "make help"
pages_only && says '^make all '
verdict $? "make alone helps"

# ---- where a number comes from ----

for name in 'second-step' '{{claim second-step measured %.2f}}'; do
  pages_only trace V="$name" && says '^value  *1$' && says '^redo  *make claim C=second-step$' && says '^seed  *241007746$' && says '^computed at  *src/claims/'
  verdict $? "make trace V=\"$name\""
done
pages_only trace V="$stem/steps step=2 d=40000 att_clean" && says '^row .*(d=40000 step=2)$' && says 'draws = 80'
verdict $? "make trace of a cell"
for name in '' "it's" "$stem/steps" nothing key-attention; do
  pages_only trace V="$name"
  [ $? -ne 0 ] && [ "$(grep -c -v '^make: ' "$box/said")" -eq 1 ] && says '^trace: '
  verdict $? "make trace V=\"$name\" fails with a sentence"
done
stamp
sed "s/^## What is measured/&\n\nIn 0.87 of the draws./" "$box/chapter.good" >paper/chapters/$stem.md
pages_only all
[ $? -ne 0 ] && says "paper/chapters/$stem.md:[0-9]*: the number 0.87 is typed"
verdict $? "a number typed into a chapter stops make all"
cp "$box/chapter.good" paper/chapters/$stem.md
pages_only all
verdict $? "without it make all exits 0"

# ---- accepted results ----

pages_only verify
[ $? -ne 0 ] && says "^! $stem has no reference; look at its results" && says '1 failure\.$'
verdict $? "make verify without a reference fails"
stamp
for reason in '' ' '; do
  pages_only accept REASON="$reason"
  [ $? -ne 0 ] && [ "$(wc -l <"$box/said")" -eq 1 ] && says 'results are accepted for a reason: make accept REASON=' && [ -z "$(written)" ]
  verdict $? "make accept REASON=\"$reason\" fails with a sentence"
done
misuse_stem() {
  pages_only "$1" STEM=nope REASON=x
  [ $? -ne 0 ] && [ "$(wc -l <"$box/said")" -eq 1 ] && says 'STEM=nope is no experiment; the stems are: '$stem
}
misuse_stem verify && misuse_stem diff && misuse_stem accept
verdict $? "an experiment that is unknown fails with a sentence"
pages_only accept REASON="it's the \"first\"" && says "$stem: accepted" && tail -n 1 data/reference/$stem/log | grep -q "it's the \"first\"\$"
verdict $? "make accept records results and reason"
rm -r paper/companion/data build/run
pages_only claim C=key-attention && ran 3 && says '^verdict  *supported$'
verdict $? "make claim of a statement computes the claims that decide it"
rm -r paper/companion/data build/run
pages_only verify && ran 3 && says 'byte for byte; 10 of 10 claims agree' && says 'no failure\.$'
verdict $? "make verify computes what is missing and finds it equal"
pages_only verify EXACT=1 STEM=$stem && ran 0
verdict $? "make verify of one experiment, to the byte"
pages_only diff && says '^nothing differs$'
verdict $? "make diff of equal results"
cp -p $data/steps.tsv "$box/steps"
awk -F '\t' -v OFS='\t' 'NR == 3 { $3 = 0.123 } 1' "$box/steps" >$data/steps.tsv
pages_only verify
[ $? -ne 0 ] && says "^! $stem/steps.tsv, row 2 (d=40000 step=1), column " && says 'new 0.123, change' && says '1 failure\.$'
verdict $? "a falsified result: make verify fails and says where"
pages_only diff && says 'new 0.123, change' && says '^1 cell of 1 table differ, 0 within tolerance$'
verdict $? "a falsified result: make diff shows it"
cp -p "$box/steps" $data/steps.tsv
sed -i '3s/1/2/' data/reference/$stem/steps.tsv
pages_only verify
[ $? -ne 0 ] && says "^! data/reference/$stem/steps.tsv is not what was accepted"
verdict $? "a falsified reference: make verify fails and names it"
rm -r data
same "$box/reference" $data
verdict $? "the results are as before"

# ---- other settings ----

stamp
pages_only $stem SET="eta=0.1 draws=3"
verdict $? "SET: exits 0"
written | grep -v '^build/set/' >>"$box/said"
[ $? -eq 1 ]
verdict $? "SET: writes below build/set alone"
[ -s "build/set/$stem/eta-0.1+draws-3/data/$stem/claims.tsv" ] && [ -s "build/set/$stem/eta-0.1+draws-3/figures/$stem.svg" ]
verdict $? "SET: results and figure are there"
same "$box/reference" $data
verdict $? "SET: the reference results are as before"
stamp
pages_only $stem SET="eta=0.1 draws=3" && ran 0 && [ -z "$(written)" ]
verdict $? "SET: again does nothing"
for shards in 1 5; do
  pages_only $stem SET="shards=$shards" && ran $shards && same "$box/reference" "build/set/$stem/shards-$shards/data/$stem"
  verdict $? "SET=\"shards=$shards\": $shards runs, the same results"
done

misuse() { # misuse TEXT NAME WORD...: one sentence besides Make's own, no run, nothing made
  text=$1 name=$2
  shift 2
  stamp
  pages_only "$@"
  [ $? -ne 0 ] && says "$text" && [ "$(grep -c -v -e '^make: ' "$box/said")" -le 1 ] && [ "$(grep -c "$text" "$box/said")" -eq 1 ] &&
    ran 0 && [ -z "$(written)" ]
  verdict $? "$name"
}
misuse "SET: eta = 0.7: the label-flip rate must lie in \[0, 0.5)" "SET: a value outside its range" $stem SET="eta=0.7"
misuse "SET: eta = many: .* must be a number in" "SET: a value that is no number" $stem SET="eta=many"
misuse "SET: stpes = 3: no such key here; the keys are n, T, d" "SET: a key that is unknown" $stem SET="stpes=3"
misuse "SET: 'eta' is not of the form key=value" "SET: a pair that is none" $stem SET="eta"
misuse "SET: shards = 0: the number of shards must lie in \[1, 200\]" "SET: no shards" $stem SET="shards=0"
misuse "SET: shards = 1000: the number of shards must lie in" "SET: too many shards" $stem SET="shards=1000"
misuse "SET: shards = two: the number of shards must be a number" "SET: shards that are no number" $stem SET="shards=two"
misuse "SET: shards = -1: the number of shards must lie in" "SET: a negative number of shards" $stem SET="shards=3 shards=-1"
misuse 'SET="draws=3" goes with one experiment as the goal' "SET: without a goal" SET="draws=3"
misuse 'SET="draws=3" goes with one experiment as the goal' "SET: with make all" all SET="draws=3"
misuse 'SET="draws=3" goes with one experiment as the goal' "SET: with a goal more" $stem list SET="draws=3"
misuse 'SET="draws=3" goes with one experiment as the goal' "SET: with a goal repeated" $stem $stem SET="draws=3"
misuse 'nothing_like_it' "a goal that is unknown" nothing_like_it
sed 's/^eta .*/eta = 0.9/' experiments/$stem.conf >"$box/conf" && cp -p experiments/$stem.conf "$box/conf.good"
cp "$box/conf" experiments/$stem.conf
misuse "experiments/$stem.conf:[0-9]*: eta = 0.9: the label-flip rate must lie in" "a bad value in the configuration" $stem
cp -p "$box/conf.good" experiments/$stem.conf

# ---- interruptions ----

# small matrices and many steps: shards that last
slow="d=2000 rho=6.7 steps=150"
place=build/set/$stem/d-2000+rho-6.7+steps-150
if ! command -v setsid >/dev/null; then
  echo "ok $((count += 1)) - interruptions # SKIP there is no setsid"
else
  pages_only $stem SET="$slow"
  verdict $? "a slower run"
  keep "$box/slow" $place/data/$stem
  for signal in TERM KILL; do
    for attempt in 1 2 3; do
      rm -rf $place
      PATH=$box/path "$(command -v setsid)" make -j1 $stem SET="$slow" >"$box/said" 2>&1 &
      running=$!
      while kill -0 $running 2>/dev/null && ! { [ -e $place/run/$stem/1.tsv ] && [ -e $place/run/$stem/2.tsv.part ]; }; do
        sleep 0.02
      done
      if [ $signal = TERM ]; then kill -TERM $running; else kill -KILL -$running; fi 2>/dev/null
      wait $running 2>/dev/null
      interrupted=$?
      kill -KILL -$running 2>/dev/null # whatever Make left running would be an error below
      running=
      [ ! -e $place/run/$stem/2.tsv ] && break
    done
    [ "$interrupted" -ne 0 ] && [ ! -e $place/run/$stem/2.tsv ] && [ ! -e $place/data/$stem/claims.tsv ]
    verdict $? "$signal: stopped in the second shard (attempt $attempt)"
    if [ $signal = TERM ]; then
      [ -z "$(find $place -name '*.part')" ]
      verdict $? "$signal: no part is left"
    fi
    cp -p $place/run/$stem/1.tsv "$box/first"
    pages_only $stem SET="$slow"
    verdict $? "$signal: the next run completes"
    ran 2 && cmp -s "$box/first" $place/run/$stem/1.tsv && [ -z "$(find $place/run/$stem/1.tsv -newer "$box/first")" ]
    verdict $? "$signal: the finished shard is kept"
    same "$box/slow" $place/data/$stem
    verdict $? "$signal: the results are those of a run without interruption"
    [ -z "$(find $place -name '*.part')" ]
    verdict $? "$signal: no part is left after the next run"
  done
fi

# ---- from nothing ----

pages_only clean && [ ! -e build ] && [ ! -e paper/companion ] && find . -type f | sort >"$box/after" &&
  [ -z "$(comm -13 "$box/before" "$box/after")" ]
verdict $? "make clean leaves the sources"

echo "1..$count"
[ $failed -eq 0 ]
