#!/bin/sh
# readme.sh write|check: the parts of README.md that are results. Between its two marker lines stands
# the table of experiments with their verdicts, from the chapters and the accepted results; and
# paper/readme.svg is the figure of the two-step experiment, drawn from its accepted results.
# check changes nothing: status 1 and a sentence when either is not what write would make it.
set -eu

picture=paper/readme.svg
stem=gd_two_steps
begins='<!-- make readme writes what follows -->'
ends='<!-- make readme wrote what precedes -->'

fail() {
  echo "readme: $*" >&2
  exit 1
}

case ${1:-} in write | check) ;; *) fail "usage: readme.sh write|check" ;; esac
for marker in "$begins" "$ends"; do
  [ "$(grep -cxF -e "$marker" README.md)" -eq 1 ] || fail "README.md must have one line '$marker'"
done
sed -n "/^$begins\$/,\$p" README.md | grep -qxF -e "$ends" || fail "README.md: '$ends' comes before '$begins'"

box=$(mktemp -d) || fail "no temporary folder could be made"
trap 'rm -rf "$box" README.md.part "$picture.part"' EXIT
trap 'exit 1' INT TERM HUP

ln -s "$(pwd)/data/reference" "$box/data" # in the place of computed results
build/bin/ledger summary --companion "$box" paper/chapters/*.md >"$box/table"
awk -v begins="$begins" -v ends="$ends" -v table="$box/table" '
  $0 == ends { inside = 0; print "" }
  !inside { print }
  $0 == begins {
    inside = 1
    print ""
    while ((getline line <table) > 0) print line
  }' README.md >"$box/README.md"
src/tools/plot.sh figures/$stem.gp data/reference/$stem "$box/picture.svg"

if [ "$1" = write ]; then
  for pair in "README.md README.md" "picture.svg $picture"; do
    made=$box/${pair% *} file=${pair#* }
    if ! cmp -s "$made" "$file"; then
      cp "$made" "$file.part"
      mv "$file.part" "$file"
      echo "  TEXT $file"
    fi
  done
  exit 0
fi

stale=no
if ! cmp -s "$box/README.md" README.md; then
  echo "readme: the table in README.md is not that of the accepted results: make readme" >&2
  stale=yes
fi
# Another gnuplot draws the same differently.
drawn_by() { sed -n 's/.*Produced by \(GNUPLOT [^<]*[^< ]\) *<.*/\1/p' "$1" 2>/dev/null | head -n 1; }
if [ -e $picture ] && [ "$(drawn_by "$box/picture.svg")" != "$(drawn_by $picture)" ]; then
  echo "readme: note: $picture was not compared: it was drawn by $(drawn_by $picture), here is $(drawn_by "$box/picture.svg")"
elif ! cmp -s "$box/picture.svg" $picture; then
  echo "readme: $picture is not the figure of the accepted results: make readme" >&2
  stale=yes
fi
[ $stale = no ]
