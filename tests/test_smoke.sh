#!/bin/sh
# Sizes, in a copy of the tree with one experiment: make smoke and SIZE= write into build alone, mark
# what they write, and never fail for a verdict; SET comes before them; misuse is one sentence.
# shellcheck disable=SC2181 # the status of a function with much on its line
set -u

. tests/tap.sh
needs gd_two_steps weave ledger
for tool in gnuplot pandoc; do
  command -v "$tool" >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
# what an outer Make hands down
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL MAKEOVERRIDES SET SIZE C V STEM EXACT REASON

make_box
stem=gd_two_steps
mkdir -p "$box/tree/build/bin" "$box/tree/src/claims" "$box/tree/experiments" "$box/tree/figures" "$box/tree/paper/chapters"
cp -p Makefile "$box/tree/"
cp -Rp src/attn src/tools "$box/tree/src/"
cp -p paper/template.html paper/page.lua paper/style.css paper/preamble.tex "$box/tree/paper/"
cp -p figures/common.gp figures/$stem.gp "$box/tree/figures/"
cp -p src/claims/$stem.c "$box/tree/src/claims/"
cp -p experiments/$stem.conf "$box/tree/experiments/"
# without what is about other chapters
sed '/^    covers:/d' paper/chapters/$stem.md >"$box/tree/paper/chapters/$stem.md"
printf -- '---\ntitle: overview\nsummary: of one experiment\norder: 0\n---\n\n{{experiments}}\n\n{{verdicts}}\n' \
  >"$box/tree/paper/chapters/index.md"
# with their times, so that nothing is compiled
cp -Rp build/obj build/lib "$box/tree/build/"
for made in $stem weave ledger; do cp -p "build/bin/$made" "$box/tree/build/bin/"; done
cd "$box/tree" || exit 1
printf '#!/bin/sh\n' >src/tools/setup.sh
# results that are not to be touched
mkdir -p paper/companion/data/$stem data/reference/$stem
for file in paper/companion/$stem.html paper/companion/data/$stem/claims.tsv data/reference/$stem/claims.tsv; do
  echo mine >"$file"
done

diagnose() { tail -n 8 "$box/said"; }
run() { make "$@" >"$box/said" 2>&1; }
says() { grep -q -e "$1" "$box/said"; }
ran() { [ "$(grep -c '^  RUN ' "$box/said")" -eq "$1" ]; }
stamp() { touch "$box/stamp"; sleep 0.02; }
written() { find . -newer "$box/stamp" -type f | sed 's|^\./||' | sort; }
only_in() { # only_in FOLDER: something was written since the stamp, and all of it there
  [ -n "$(written)" ] && ! written | grep -q -v "^$1/"
}
setting() { grep -q "^setting	$2 = $3\$" "$1/data/$stem/provenance.tsv"; }

# ---- make smoke ----

stamp
run smoke
verdict $? "make smoke exits 0"
says '^! .*supported$' && says 'unexpected\.$'
verdict $? "though verdicts are not as expected, which it shows"
ran "$(sed -n 's/^shards@smoke *= *//p' experiments/$stem.conf)" && ! says '  CC '
verdict $? "as many shards as the configuration has at this size"
only_in build/smoke
verdict $? "it writes below build/smoke alone"
[ "$(cat paper/companion/$stem.html data/reference/$stem/claims.tsv)" = "mine
mine" ]
verdict $? "the companion and the accepted results are as they were"
tail -n 1 "$box/said" | grep -q '^SMOKE: '
verdict $? "the terminal says SMOKE"
marked=0
for page in index.html $stem.html $stem.source.html; do
  grep -q '<title>SMOKE: ' "build/smoke/$page" && grep -q '<p class="mark"><strong>SMOKE</strong>' "build/smoke/$page" &&
    marked=$((marked + 1))
done
[ $marked -eq 3 ] && [ ! -e build/smoke/companion.pdf ]
verdict $? "every page is marked, and there is no PDF"
grep -q '^<text .*>SMOKE</text></svg>$' build/smoke/figures/$stem.svg
verdict $? "the figure is marked"
setting build/smoke draws "$(sed -n 's/^draws@smoke *= *//p' experiments/$stem.conf)" &&
  setting build/smoke n "$(sed -n 's/^n  *= *\([0-9]*\).*/\1/p' experiments/$stem.conf)" &&
  grep -q '^size	smoke$' build/smoke/data/$stem/provenance.tsv
verdict $? "the lines of the size were in force, and the others where it has none"
grep -q "{{value $stem/steps d=40000 step=2 " paper/chapters/$stem.md && ! grep -q '^40000	2	' build/smoke/data/$stem/steps.tsv &&
  grep -q 'nine draws in ten between – and –' build/smoke/$stem.html
verdict $? "a number of the text that the small run lacks is a dash"
stamp
run smoke && ran 0 && [ -z "$(written)" ]
verdict $? "make smoke again makes nothing"
make -n verify 2>/dev/null >"$box/said"
says '^build/bin/verify check .*--companion paper/companion ' && ! says 'build/smoke'
verdict $? "make verify does not know of it"

# ---- one experiment ----

stamp
run $stem SIZE=smoke && ran 0 && [ -z "$(written)" ] && says '^SMOKE: results: build/smoke/data/'
verdict $? "make $stem SIZE=smoke has the same results"
stamp
run $stem SIZE=smoke SET="draws=5 seed=3" && only_in "build/set/$stem/smoke+draws-5+seed-3"
verdict $? "with SET: a folder of its own"
place=build/set/$stem/smoke+draws-5+seed-3
setting $place draws 5 && setting $place seed 3 && setting $place samples "$(sed -n 's/^samples@smoke *= *//p' experiments/$stem.conf)"
verdict $? "with SET: it comes before the lines of the size"
cp -p experiments/$stem.conf "$box/conf"
sed 's/@smoke/@large/; s/^shards@large.*/shards@large = 2/' "$box/conf" >experiments/$stem.conf
stamp
run $stem SIZE=large && ran 2 && only_in build/large && setting build/large shards 2 && ! grep -q SMOKE build/large/figures/$stem.svg
verdict $? "make $stem SIZE=large writes below build/large, unmarked"

# ---- misuse ----

misuse() { # misuse TEXT NAME WORD...: one sentence besides Make's own, no run, nothing written
  text=$1 name=$2
  shift 2
  stamp
  run "$@"
  [ $? -ne 0 ] && says "$text" && [ "$(grep -c -v -e '^make: ' "$box/said")" -le 1 ] && [ "$(grep -c -e "$text" "$box/said")" -eq 1 ] &&
    ran 0 && [ -z "$(written)" ]
  verdict $? "$name"
}
misuse "--size: smoke: experiments/$stem.conf has no line for this size, 'key@smoke = value'" \
  "a size that no line is for" $stem SIZE=smoke
cp -p "$box/conf" experiments/$stem.conf
misuse 'SIZE=huge: the size must be one of smoke, large' "a size that is none" $stem SIZE=huge
misuse 'SIZE=smoke large: the size must be one of' "two sizes" $stem SIZE="smoke large"
for goal in all verify accept list claim trace companion check; do
  misuse 'SIZE=smoke goes with experiments as the goals' "a size with make $goal" $goal SIZE=smoke
done
misuse 'SIZE=large goes with experiments as the goals' "a size without a goal" SIZE=large
misuse 'make smoke stands alone' "make smoke with another goal" smoke $stem
misuse 'make smoke stands alone' "make smoke with SET" smoke SET=draws=3
misuse 'make smoke stands alone' "make smoke with SIZE" smoke SIZE=large
sed 's/^draws@smoke.*/draws@smoke = 1/' "$box/conf" >experiments/$stem.conf
misuse "experiments/$stem.conf:[0-9]*: draws = 1: the draws of each setting must lie in" "a bad value in a line of the size" smoke
misuse "experiments/$stem.conf:[0-9]*: draws = 1: the draws of each setting must lie in" "the same line at another size" $stem SET=seed=4
cp -p "$box/conf" experiments/$stem.conf
run smoke && mv build/bin/$stem "$box/program" && printf '#!/bin/sh\nexit 3\n' >build/bin/$stem && chmod +x build/bin/$stem
run smoke
[ $? -ne 0 ]
verdict $? "a program that fails stops make smoke"
mv "$box/program" build/bin/$stem

# a word that other systems set themselves
SIZE=smoke make -n list >"$box/said" 2>&1 && ! says 'build/smoke'
verdict $? "SIZE of the environment is not heeded"

echo "1..$count"
[ $failed -eq 0 ]
