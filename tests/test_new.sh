#!/bin/sh
# make new, and the guide to adding an experiment: its commands, run as they stand in the chapter, in a
# copy of the tree with one other experiment at small settings; then names that are refused.
# shellcheck disable=SC2181 # the status of a function with much on its line
set -u

. tests/tap.sh
needs gd_two_steps weave ledger trace verify
for tool in gnuplot pandoc rsvg-convert git; do
  command -v "$tool" >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
# what an outer Make hands down
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL MAKEOVERRIDES SET C V STEM EXACT REASON NAME new_name
LC_ALL=C.UTF-8
GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t
export LC_ALL GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
make_box
diagnose() { tail -n 8 "$box/said"; }

# ---- the copy ----

stem=gd_two_steps
mkdir -p "$box/tree/build/bin"
for file in Makefile README.md .gitignore .clang-format CITATION.cff src/attn/* src/tools/* src/tools/new/* \
  src/claims/$stem.c figures/common.gp figures/$stem.gp experiments/$stem.conf paper/*.* \
  paper/chapters/index.md paper/chapters/adding.md paper/chapters/$stem.md tests/support.* tests/naive.*; do
  [ ! -f "$file" ] || echo "$file"
done >"$box/files"
tar -cf - -T "$box/files" | tar -xpf - -C "$box/tree"
# with their times, so that nothing is compiled
cp -a build/obj build/lib "$box/tree/build/"
for made in $stem weave ledger trace verify; do cp -a "build/bin/$made" "$box/tree/build/bin/"; done
sed -e 's/^draws .*/draws = 80/' -e 's/^steps .*/steps = 5/' -e 's/^samples .*/samples = 50/' \
  -e 's/^record .*/record = 0 1 2 3 5/' -e 's/^show .*/show = 0 1 2 3 5/' experiments/$stem.conf >"$box/tree/experiments/$stem.conf"
# an overview without the figure that other experiments make, and claims that decide no statement
printf -- '---\ntitle: overview\nsummary: of few\norder: 0\n---\n\n{{experiments}}\n\n{{verdicts}}\n' >"$box/tree/paper/chapters/index.md"
awk '/^    covers:/ { skip = 1; next } skip && /^      / { next } { skip = 0; print }' paper/chapters/$stem.md >"$box/tree/paper/chapters/$stem.md"
cd "$box/tree" || exit 1
{ make accept REASON="before" && make readme && git init -q . && git add -A && git commit -qm before; } >"$box/said" 2>&1
verdict $? "a tree with one experiment"

# ---- the guide ----

# Every command of its sh blocks on a line, and every file of its c blocks, whose first line names it.
awk -v box="$box" '
  /^```(sh|c)$/ { kind = substr($0, 4); first = 1; next }
  /^```/ { kind = ""; next }
  kind == "sh" { print }
  kind == "c" {
    if (first) {
      first = 0
      file = $2
      sub(/:$/, "", file)
      print "cp " box "/" ++files " " file
    }
    print >(box "/" files)
  }' paper/chapters/adding.md >"$box/steps"
[ "$(grep -c '^make ' "$box/steps")" -ge 8 ] && [ "$(grep -c '^cp ' "$box/steps")" -eq 3 ]
verdict $? "the guide has commands and a module"
while IFS= read -r step; do
  sh -c "$step" >"$box/said" 2>&1 </dev/null
  verdict $? "the guide: $step"
  case $step in
    'make my_question') cp "$box/said" "$box/first" ;;
    'make all') cp "$box/said" "$box/all" ;;
    *verify*) cp "$box/said" "$box/verify" ;;
  esac
done <"$box/steps"

grep -q '^  my-question-fitted .*supported$' "$box/first" && grep -q 'all as expected' "$box/first"
verdict $? "the skeleton has a verdict as expected"
grep -q 'of tables\{0,1\}\|tables byte for byte' "$box/verify" && grep -q 'no failure' "$box/verify"
verdict $? "its accepted results verify"
grep -q '^11 claims: 6 supported, 5 out of scope; all as expected\.$' "$box/all"
verdict $? "make all counts its claim"
[ -s paper/companion/my_question.html ] && grep -q 'id="claim-my-question-fitted"' paper/companion/my_question.html &&
  grep -q 'data="figures/my_question.svg"' paper/companion/my_question.html && [ -s paper/companion/figures/my_question.svg ]
verdict $? "it has a page with its claim and its figure"
[ "$(grep -c 'href="my_question.html#claim-my-question-fitted"' paper/companion/index.html)" -eq 1 ] &&
  grep -q '<td[^>]*><a href="my_question.html">To be written: my_question</a></td>' paper/companion/index.html
verdict $? "both tables of the overview have it"
awk -F '\t' '$1 == "my-question-fitted" && $3 == "my_question" { found++ } END { exit found != 1 }' paper/companion/ledger.tsv
verdict $? "the ledger has it"
grep -qF '](paper/chapters/my_question.md) | a skeleton: do two steps' README.md && src/tools/readme.sh check >"$box/said" 2>&1
verdict $? "the README has it"
git status --porcelain --untracked-files=all | sed 's|^.. data/reference/my_question/.*|?? data/reference/my_question/|' | sort -u >"$box/said"
printf '%s\n' ' M README.md' '?? data/reference/my_question/' '?? experiments/my_question.conf' '?? figures/my_question.gp' \
  '?? paper/chapters/my_question.md' '?? src/attn/warmup.c' '?? src/attn/warmup.h' '?? src/claims/my_question.c' '?? tests/test_warmup.c' |
  sort | cmp -s - "$box/said"
verdict $? "these files are new and no others, and of the old ones only the README has changed"
sed -i 's/(double)(t + 1)/(double)t/' src/attn/warmup.c
make build/tests/test_warmup >"$box/said" 2>&1 && ! build/tests/test_warmup >>"$box/said" 2>&1
verdict $? "the guide's test fails where its module is wrong"

# ---- the templates ----

for compiler in gcc clang; do
  if command -v $compiler >/dev/null; then
    $compiler -std=c17 -D_POSIX_C_SOURCE=200809L -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Isrc/attn \
      -c src/tools/new/program.c -o "$box/program.o" >"$box/said" 2>&1
    verdict $? "the program's template compiles without a warning: $compiler"
  else
    skip "the program's template: $compiler" "$compiler is not installed"
  fi
done
if command -v clang-format >/dev/null; then
  clang-format --style=file --dry-run -Werror src/tools/new/program.c >"$box/said" 2>&1
  verdict $? "the program's template is formatted"
else
  skip "the program's template is formatted" "clang-format is not installed"
fi
! grep -n -e '@[A-Z]*@' experiments/my_question.conf figures/my_question.gp paper/chapters/my_question.md src/claims/my_question.c >"$box/said"
verdict $? "no placeholder is left"

# ---- another one; names that are refused ----

order() { sed -n 's/^order: //p' "paper/chapters/$1.md"; }
make new NAME=second2 >"$box/said" 2>&1 && [ "$(order $stem)" -lt "$(order my_question)" ] &&
  [ "$(order my_question)" -lt "$(order second2)" ] && [ "$(order second2)" -lt "$(order adding)" ]
verdict $? "a second one comes behind the first, before the general chapters"
sed -i "s/^order: .*/order: $(($(order adding) - 1))/" paper/chapters/second2.md
make new NAME=third >"$box/said" 2>&1 && echo "$(order second2) $(order third) $(order adding)" | awk '{ exit !($1 < $2 && $2 < $3) }'
verdict $? "where there is little room left, too"

listing() { find . -name .git -prune -o -name build -prune -o -type f -print | sort; git diff; cat src/claims/*.c paper/chapters/*.md; }
listing >"$box/before"
refused() { # refused TEXT NAME COMMAND...: status not 0, one sentence besides Make's own, nothing changed
  text=$1 title=$2
  shift 2
  "$@" >"$box/said" 2>&1
  [ $? -ne 0 ] && [ "$(grep -c -v '^make: ' "$box/said")" -eq 1 ] && grep -q -F -e "$text" "$box/said" &&
    listing | cmp -s - "$box/before"
  verdict $? "make new: $title"
}
refused 'new: a new experiment needs a name: make new NAME=' "no name" make new
refused 'new: a new experiment needs a name' "an empty name" make new NAME=
refused 'new: a new experiment needs a name' "a name that only the environment has" env NAME=from_the_system make new
refused "new: NAME=it's a \"b\": a name " "quotes" make new NAME="it's a \"b\""
new() { src/tools/new.sh "$1"; }
for bad in Upper my-name 1st _x x_ a__b 'two words' 'a;b' '*' ../up a/b 'ä' "$(printf '%041d' 0 | tr 0 a)"; do
  refused "new: NAME=$bad: a name " "the name $bad" new "$bad"
done
for goal in check all new readme dist clean help setup companion; do
  refused "new: NAME=$goal: 'make $goal' has a meaning already" "the goal $goal" new $goal
done
refused "there is already src/claims/$stem.c" "an experiment that exists" new $stem
refused "there is already figures/common.gp" "a figure script that exists" new common
refused "there is already paper/chapters/index.md" "a chapter that exists" new index
refused "there is already src/tools/weave.c" "a tool" new weave
refused "there is already figures" "a folder" new figures
echo keep >experiments/half.conf
listing >"$box/before"
refused "there is already experiments/half.conf" "one file of the four exists" new half
rm experiments/half.conf
sed -i 's/id: second-step$/id: fourth-fitted/' paper/chapters/$stem.md
listing >"$box/before"
refused "its claim would be called fourth-fitted, which is a claim of paper/chapters/$stem.md" "a claim's id that is taken" new fourth
mkdir paper/chapters/fifth.md.part
listing >"$box/before"
refused "paper/chapters/fifth.md could not be written" "a file that cannot be written: none is left" new fifth

echo "1..$count"
[ $failed -eq 0 ]
