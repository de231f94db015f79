#!/bin/sh
# The companion's PDF: no missing references or glyphs, embedded fonts, every chapter in the text and in
# the bookmarks, nothing that stands out of the text's width. COMPANION=<folder> looks at another
# companion, TEX=<folder> for its logs, CHAPTERS=<folder> for its chapters.
set -u

companion=${COMPANION:-paper/companion}
tex=${TEX:-build/tex}
chapters=${CHAPTERS:-paper/chapters}
widest=20 # points that a line may be too wide, as src/tools/pdf.sh warns; the margin has 71

nothing() {
  echo "1..0 # SKIP $1"
  exit 0
}
for tool in pdftotext pdffonts pdftohtml; do
  command -v "$tool" >/dev/null || nothing "there is no $tool; on Debian: apt-get install poppler-utils"
done
pdf=$companion/companion.pdf
[ -e "$pdf" ] || nothing "$pdf is not there; make all builds it where pdflatex is installed"

. tests/tap.sh
make_box
diagnose() { cat "$box/wrong"; }
no() { # no PATTERN FILE NAME: no line of the file matches
  grep -a -n -E -e "$1" "$2" >"$box/wrong"
  [ $? -eq 1 ]
  verdict $? "$3"
}

timeout 120 pdftotext -layout "$pdf" "$box/text" 2>"$box/wrong" && [ "$(wc -w <"$box/text")" -gt 1000 ]
verdict $? "the PDF has text"
no '\?\?' "$box/text" "no reference is missing"
no "$(printf '\357\277\275')" "$box/text" "every character has a meaning"
no '\{\{(code|table|figure|claims?|value|setting|typed|verdicts|experiments|statements|uncovered|counts|artifact)[ }]|\$\\|\\[a-z]+\{' "$box/text" "no directive and no TeX is left"

timeout 60 pdffonts "$pdf" >"$box/fonts" 2>"$box/wrong"
[ "$(wc -l <"$box/fonts")" -gt 3 ] &&
  awk 'NR > 2 && $(NF - 4) != "yes" { print; bad = 1 } END { exit bad }' "$box/fonts" >"$box/wrong"
verdict $? "every font is embedded"
no 'Type 3' "$box/fonts" "no font is a picture"

# One line of words, whatever the lines, ligatures and quotation marks
# shellcheck disable=SC1112 # typographic quotation marks are meant
words() {
  sed 's/ﬁ/fi/g; s/ﬂ/fl/g; s/ﬀ/ff/g; s/ﬃ/ffi/g; s/[‘’]/'\''/g; s/[“”]/"/g; s/&amp;/\&/g; s/&#34;/"/g; s/&#39;/'\''/g' "$@" |
    tr '\n\f' '  ' | tr -s ' '
}
words "$box/text" >"$box/words"
timeout 120 pdftohtml -xml -i -stdout "$pdf" 2>"$box/wrong" | sed -n '/<outline>/,/<\/outline>/p' >"$box/outline"
words "$box/outline" >"$box/bookmarks"
: >"$box/untold"
: >"$box/unmarked"
for chapter in "$chapters"/*.md; do
  title=$(sed -n '/^title: /{s///; s/^\(["'\'']\)\(.*\)\1$/\2/; s/\\"/"/g; p; q;}' "$chapter" | words)
  title=${title% }
  # the first is the book's own, and its chapter the overview
  grep -q -F -e "$title" "$box/words" || echo "$chapter: $title" >>"$box/untold"
  case $chapter in */index.md) continue ;; esac
  grep -q -F -e ">$title<" "$box/bookmarks" || echo "$chapter: $title" >>"$box/unmarked"
done
cp "$box/untold" "$box/wrong"
[ ! -s "$box/untold" ]
verdict $? "every chapter's title is in the text"
cp "$box/unmarked" "$box/wrong"
[ ! -s "$box/unmarked" ]
verdict $? "every chapter has a bookmark"

log=$tex/companion.log
if [ -e "$log" ]; then
  no 'Missing character' "$log" "TeX misses no character"
  no 'undefined on input line|undefined references|referenced but does not exist|multiply.defined' "$log" \
    "TeX knows every reference, once"
  awk -v widest="$widest" '/^Overfull \\hbox \(/ {
    wide = $0; sub(/.*\(/, "", wide); sub(/pt.*/, "", wide)
    if (wide + 0 > widest) { print; bad = 1 } } END { exit bad }' "$log" >"$box/wrong"
  verdict $? "no line is more than $widest points too wide"
else
  skip "what TeX said" "$log is not there; it is kept when make all makes the PDF"
fi

echo "1..$count"
[ "$failed" -eq 0 ]
