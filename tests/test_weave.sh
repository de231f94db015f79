#!/bin/sh
# The companion's tools on a companion of their own: good chapters, and every way to get one wrong.
# shellcheck disable=SC2016 # the formulas in single quotes are no variables
set -u

. tests/tap.sh
repo=$(pwd)
needs weave ledger
make_box
cd "$box" || exit 1

# weave the chapter c/$1.md as a page, the book, and read the ledger
page() { "$bin/weave" --companion out --format html --out page.md --depfile page.d "c/$1.md" --all c/*.md >log 2>err; }
book() { "$bin/weave" --companion out --format latex --book --out book.md --all c/*.md >log 2>err; }
ledger() { what=$1; shift; "$bin/ledger" "$what" "$@" --companion out c/*.md >log 2>err; }

# fails_with TEXT NAME COMMAND...: exit status 1, nothing written, TEXT in one sentence on stderr
fails_with() {
  text=$1 name=$2
  shift 2
  rm -f page.md book.md
  "$@"
  status=$?
  [ $status -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q -F -e "$text" err && [ ! -e page.md ] &&
    [ ! -e page.md.part ] && [ ! -e book.md ]
  verdict $? "$name"
}

says() { # says FILE TEXT NAME
  grep -q -F -e "$2" "$1"
  verdict $? "$3"
}

row() { # row ID MEASURED VERDICT IN_SCOPE
  printf '%s\t> 0.5\t%s\t0.1\t0.9\t2.12\tnan\t%s\t%s\tsrc/claims/exp.c:7\n' "$1" "$2" "$4" "$3"
}
claim() { # claim ID EXPECTED [COVERS]
  cat <<END
  - id: $1
    statement: The head attends to the signal where \$\\rho \\ge C \\sqrt{d/n}\$ and
      to the noise elsewhere
    paper: two-step theorem
    hypotheses: \$n \\ge C\$, a zero start
    measure: the share of draws
    expected: $2
END
  if [ -n "${3-}" ]; then echo "    covers: $3"; fi
}
front() { # front ORDER, with the claims on stdin
  printf -- '---\ntitle: "A \\"title\\""\nsummary: what it shows\norder: %s\n' "$1"
  cat
  printf -- '---\n\n'
}

fresh() {
  rm -rf c out src experiments
  mkdir -p c out/data/exp out/figures src experiments
  echo 'seed = 1' >experiments/exp.conf
  printf 'step\tx\tname\n1\t-0.25\tone step\n2\t1e-12\ttwo_steps\n3\tnan\ttwo_steps\n' >out/data/exp/steps.tsv
  printf 'program\texp\nseconds\t12.3\ntable steps\tsrc/claims/exp.c:5\nsetting\tseed = 1\nsetting\tn = 1e3\nsetting\tetas = 0.1 2e-9\nsetting\tgrid = 0.5:8:4:log\nsetting\tlaw = one two\n' >out/data/exp/provenance.tsv
  { printf 'claim\tpredicted\tmeasured\tlow\thigh\tkappa\tcoherence\tin_scope\tverdict\tsource\n'; row fits 0.75 supported yes; row far 0.2 'out of scope' no; } >out/data/exp/claims.tsv
  echo '<svg xmlns="http://www.w3.org/2000/svg"/>' >out/figures/exp.svg
  printf 'int a;\n  //@begin loop\n  if (a)\n    b();\n  //@end loop\n//@begin empty\n\n//@end empty\n//@begin open\nx\n' >src/x.c
  printf '//@begin twice\nx\n//@end twice\n//@begin twice\ny\n//@end twice\n//@begin self\nx\n//@begin self\n//@end self\n' >src/y.c
  { { echo claims:; claim fits supported; claim far 'out of scope'; claim later open; } | front 10; } >c/exp.md
  front 0 </dev/null >c/index.md
}
body() { # body NAME, the lines of the body on stdin
  cat >>"c/$1.md"
}
wrong() { # wrong BODY TEXT NAME: this body of a chapter fails
  fresh
  printf '%s\n' "$1" | body exp
  fails_with "$2" "$3" page exp
}

# ---- what works ----

fresh
body exp <<'END'
Attention is {{value exp/steps step=2 x %.1e}}, then {{value exp/steps
name=one_step step=1.0 x}} and `{{value left alone}}` and {{value exp/steps step=3 x}};
{{claim fits measured %.2f}}, {{claim far verdict}}.

```sh
{{nothing here}}
```

{{code src/x.c loop}}

{{table exp/steps step::Step_number x:%.2f:$x_1$ name}}

{{table exp/steps step::|step| x:%.2f:$|x_1|$_|\|`|` name}}

It costs \$5, or $5 and \`{{value exp/steps step=1 x}} a $\sqrt{|x|}$ and [a](exp.html#b).

{{figure exp "Attention on the *signal*, $\kappa = 2$, \"quoted\""}}

{{claims}}
END
printf '{{verdicts}}\n\nIn all {{counts}}\n\n{{experiments}}\n\n{{experiments 11 20}}\n\n[there](exp.html) text[^1]\n\n[^1]: note\n' | body index
page exp
verdict $? "a page is woven"
says page.md 'is [1.0×10^−12^](#number-1 "data/exp/steps.tsv, row step=2, column x; computed at src/claims/exp.c:5; make exp"){.value}, then' \
  "a value links to its entry and says where it comes from"
says page.md '1. [**1.0×10^−12^**]{#number-1}: [`exp/steps`](data/exp/steps.tsv), row `step=2`, column `x`; computed at [`src/claims/exp.c:5`](exp.source.html#line-5); seed [1](data/exp/provenance.tsv); `make exp`' \
  "a number's entry leads to data, source line, seed and command"
says page.md '[−0.25](#number-2 "data/exp/steps.tsv' "a directive may go over two lines, and a key may be a text"
says page.md '`{{value left alone}}` and [–](#number-3 ' "code is left alone, not-a-number is a dash"
says page.md '[0.75](#number-4 "data/exp/claims.tsv' "a claim's column is quoted"
says page.md '{{nothing here}}' "a code fence is left alone"
grep -A 3 -F '~~~~~~ {.c}' page.md | tr '\n' '~' | grep -q -F '~~~~~~ {.c}~if (a)~  b();~~~~~~'
verdict $? "a region loses its common indentation"
says page.md '[`src/x.c`, lines 3–4]' "a region has its lines in the caption"
says page.md '| Step number | $x_1$ | name |' "a table has its headings"
says page.md '| 1 | −0.25 | one step |' "a table has its formats"
says page.md '| \|step\| | $|x_1|$ \|\|`|` | name |' "a bar in a heading is no border, in a formula or code it stays"
says page.md 'It costs \$5, or $5 and \`[−0.25](#number-6 ' "dollars that are no formula do not hide a directive"
says page.md 'aria-label="Attention on the signal, kappa = 2, &quot;quoted&quot;"' "a figure has an alternative text"
says page.md '[open]{.verdict .open}' "a claim without a row that is expected open is open"
says page.md 'title: "A \"title\""' "a title is quoted in the metadata"
says page.md '  href: "index.html"' "a page leads to the one before"
for file in c/exp.md c/index.md src/x.c out/data/exp/steps.tsv out/data/exp/claims.tsv out/figures/exp.svg; do
  grep -q -F "$file:" page.d && grep -q "^ $file" page.d || echo "$file is not in page.d" >>err
done
[ ! -s err ]
verdict $? "the depfile lists what was read"
mkdir -p src/claims figures
printf 'int main(void) {\n  puts("~~~~");\n}\n' >src/claims/exp.c
echo 'plot x' >figures/exp.gp
"$bin/weave" --companion out --format html --out source.md --source c/exp.md --all c/*.md >log 2>err
verdict $? "the page of an experiment's source is woven"
grep -A 1 -F '~~~~~ {#line .c .numberLines .lineAnchors}' source.md | grep -q -F 'int main(void) {' &&
  grep -A 1 -F '~~~ {#conf .ini .numberLines .lineAnchors}' source.md | grep -q -F 'seed = 1' &&
  grep -A 1 -F '~~~ {#figure .bash .numberLines .lineAnchors}' source.md | grep -q -F 'plot x'
verdict $? "it holds program, configuration and figure script, in fences that they do not close"
page index
verdict $? "a page over all chapters is woven"
says page.md '3 claims of 1 experiment: 1 supported, 1 out of scope, 1 open.' "verdicts are counted"
says page.md '[fits](exp.html#claim-fits) | [supported]{.verdict .supported} |' "verdicts link to the claims"
says page.md '](exp.html) | what it shows | 10 s | 1 supported, 1 out of scope, 1 open |' "experiments are listed"
says page.md 'In all 3 claims of 1 experiment: ' "counts stand in a line"
[ "$(grep -c -F '](exp.html) | what it shows |' page.md)" -eq 1 ]
verdict $? "experiments of another order are left out"
book
verdict $? "the book is woven"
says book.md '`\attnvalue{exp-number-1}{`{=latex}$1.0\times 10^{-12}$`}`{=latex}, then' "the book's numbers lead to their entries"
says book.md '`\attnmargin{1–5}`{=latex}' "the margin names the numbers of a paragraph"
says book.md '1. [**$1.0\times 10^{-12}$**]{#exp-number-1}: `exp/steps`, row `step=2`, column `x`; computed at `src/claims/exp.c:5`' \
  "the book lists where its numbers come from"
says book.md '{figures/exp.pdf}' "the book has its figures"
says book.md '[there](#chapter-exp) text[^index-1]' "the book's links and notes stay inside it"
if command -v pandoc >/dev/null; then
  pandoc -f markdown -t html5 --mathml page.md >page.html 2>err && [ -s page.html ] && [ ! -s err ]
  verdict $? "pandoc takes the page without a warning"
  page exp && pandoc -f markdown -t html5 --mathml page.md >page.html 2>err
  grep -q -F '>|step|</th>' page.html
  verdict $? "pandoc takes a bar in a heading for text"
else
  for name in 'pandoc takes the page' 'pandoc takes a bar in a heading for text'; do
    count=$((count + 1))
    echo "ok $count - $name # SKIP pandoc is not installed"
  done
fi

# ---- settings and typed numbers ----

fresh
body exp <<'END'
Of {{setting exp n}} samples, $n = {{setting exp n %.0e}}$, {{setting exp etas}}, {{setting exp grid}}, {{setting exp law}};
{{typed "12 %"}} and $\eta \in [{{setting exp etas}}]$, \$5 and {{value exp/steps step=1 x}}.
END
page exp
verdict $? "settings are woven"
says page.md 'Of [1000](data/exp/provenance.tsv "experiments/exp.conf, n; make exp"){.value} samples, $n = 1\times 10^{3}$,' \
  "a setting links to what was in force, and is a bare number in a formula"
says page.md '[0.1, 2×10^−9^](data' "a setting may be a list"
says page.md '[0.5 to 8](data' "a grid is shown by its ends"
says page.md '[one, two](data' "a setting may be words"
says page.md '12 % and $\eta \in [0.1, 2\times 10^{-9}]$, \$5 and [−0.25]' "an escaped dollar opens no formula"
book && says book.md 'Of $1000$ samples, $n = 1\times 10^{3}$' "the book has settings"
wrong '{{setting exp m}}' "exp was not run with a setting 'm'; its settings are seed, n, etas, grid, law" "a setting that is missing"
wrong '{{setting none n}}' "there is no chapter 'none'" "a setting of no experiment"
wrong '{{setting exp law %.1f}}' "'one' is no number and has no format '%.1f'" "a setting of words with a format"
wrong '{{setting exp n %s}}' "'%s' is no format" "a setting with a format that is none"
wrong '$x = {{value exp/steps step=1 x}} {{setting exp n}}$' "which holds no directive but {{setting ...}}" "a result in a formula"
# typed LINE NUMBER: the body's line, the last of three, has the number
typed() {
  wrong "a line

another $1" "c/exp.md:31: the number $2 is typed" "typed: $1"
}
typed 'share of 0.83 of them' 0.83
typed 'share of .83 of them' 83
typed 'risk −0.5' 0.5
typed '*0.5* of them' 0.5
typed 'all 300 draws' 300
typed 'a risk of 1e-9' 1e-9
typed 'about 2e9' 2e9
typed '7 % of them' 7
typed '7×10^−5^' 7
typed '10^7^ samples' 10
typed '1,024 samples' 1,024
typed 'n=20' 20
typed 'in 2000 samples' 2000
typed 'a factor 3.5x' 3.5
typed '- 2.5 in a list' 2.5
typed '| 1 | 0.25 |' 0.25
typed '$\kappa$ is 1.6 (see $x$)' 1.6
typed 'an edge $\kappa = 1.638$' 1.638
typed '[0.25](x.html) of them' 0.25
typed '# The heading with 0.9' 0.9
typed 'as in the theorem. 12 of them' 12
typed 'a price of $5 and 0.7' 0.7
fresh
echo '{{figure exp "Drops to 0.01 at the end."}}' | body exp
fails_with "c/exp.md:29: the number 0.01 is typed" "typed: in a caption" page exp
fails_with "c/exp.md:29: the number 0.01 is typed" "typed: the book stops too" book
fresh
body exp <<'END'
1. The paper (arXiv 2410.07746, version 12) in Theorem 12, learning rule (4.1), eq. (12),
Section 10.2, *Mathematics* 63 (1994), SC 2011: two or 2 steps, step 1, log10 of C17 and the 22nd, `0.5`,
$\rho = 0.05$, $10^{15}$, $n = 1000$, [text](gd_0.12.html "0.77"), [^10] <a id="a12">, $T-1$, "1, 2, 3", T-1.

12. twelfth
| 10 | tenth |

[^10]: a note

```
0.123
```

$$ x = 0.05, \quad y = {{typed 1.414}}, \quad z = 200. $$

## Heading {#part-12}

{{code src/x.c loop}}
END
page exp
verdict $? "names, years, formulas, code and small counts may be typed"

# ---- directives that are wrong ----

wrong '{{code src/x.c none}}' "c/exp.md:29: src/x.c has no region 'none'" "a region that is missing"
wrong '{{code src/y.c twice}}' "src/y.c:4: the region 'twice' begins a second time" "a region that is there twice"
wrong '{{code src/y.c self}}' "src/y.c:9: the region 'self' begins a second time" "a region inside itself"
wrong '{{code src/x.c open}}' "src/x.c:9: the region 'open' is not closed" "a region that is not closed"
wrong '{{code src/x.c empty}}' "src/x.c:6: the region 'empty' is empty" "a region that is empty"
wrong '{{code src/none.c x}}' "c/exp.md:29: the file src/none.c cannot be read" "a file of code that is missing"
wrong '{{valu exp/steps step=1 x}}' "c/exp.md:29: unknown directive {{valu" "a directive that is unknown"
wrong 'text {{table exp/steps}} text' "c/exp.md:29: {{table ...}} must stand alone" "a block inside a line"
wrong 'text {{value exp/steps step=1' "c/exp.md:29: '{{value exp/steps step=1 ' is not closed" "a directive that is not closed"
wrong '{{value exp/steps step=7 x}}' "c/exp.md:29: out/data/exp/steps.tsv: 0 rows have step=7" "a row that is missing"
wrong '{{value exp/steps name=two_steps x}}' "2 rows have name=two_steps, expected one" "a row that is not the only one"
wrong '{{value exp/steps step=1 y}}' "has no column 'y'; it has step, x, name" "a column that is missing"
wrong '{{value exp/steps step=1 x %s}}' "'%s' is no format" "a format that is none"
wrong '{{value exp/steps step=1 x %.2f%n}}' "'%.2f%n' is no format" "a format with a second conversion"
wrong '{{value exp/steps step=1 x %.999999999f}}' "'%.999999999f' is no format" "a format of a billion digits"
wrong '{{value exp/steps step=1 x %999999999d}}' "'%999999999d' is no format" "a format of a billion places"
wrong '{{value exp/steps step=1 name %.2f}}' "has no format '%.2f'" "a text with a format of numbers"
wrong '{{value exp/none step=1 x}}' "out/data/exp/none.tsv does not exist" "a table that is missing"
wrong '{{value none/steps step=1 x}}' "there is no chapter 'none'" "an experiment that is missing"
for math in '$x = {{value exp/steps step=1 x}}$' '$$ y\sqrt{{claim fits measured}} $$' '$a$ $\$ b{{c}}$'; do
  wrong "$math" "c/exp.md:29: '{{" "a directive in a formula: $math"
  grep -q -F 'stands in a formula, which holds no directive' err
  verdict $? "and the sentence says so"
done
wrong 'a $b$
c $d
{{value exp/steps step=1 x}}$' "c/exp.md:31: '{{value" "the line of a directive in a formula"
wrong '{{claim none measured}}' "no chapter states the claim 'none'" "a claim that is missing"
wrong '{{claims now}}' "{{claims}} takes nothing" "a directive with a word too many"
wrong '```' "the code fence that opens here is not closed" "a code fence that is not closed"
fresh
echo '{{figure exp "x"}}' | body exp
: >out/figures/exp.svg
fails_with 'out/figures/exp.svg is empty; make exp draws it' "a figure that is empty" page exp
rm out/figures/exp.svg
fails_with 'out/figures/exp.svg does not exist; make exp draws it' "a figure that is missing" page exp

# ---- front matter that is wrong ----

edit() { # edit SED_PROGRAM TEXT NAME
  fresh
  sed "$1" c/exp.md >t && mv t c/exp.md
  fails_with "$2" "$3" page exp
}
edit '1d' 'c/exp.md:1: a chapter begins with front matter' "no front matter"
edit '3s/summary/sumary/' "c/exp.md:3: unknown key 'sumary'" "an unknown key"
edit '3d' "has no 'summary'" "a missing key"
edit '3p' "c/exp.md:4: the key 'summary' is repeated" "a repeated key"
edit '4s/10/ten/' "c/exp.md:4: order is 'ten'" "an order that is no number"
edit '3s/what/what: it/' "c/exp.md:3: the value of 'summary' has a ': '" "a value that YAML would read otherwise"
edit '2s/$/ x/' "c/exp.md:2: ' x' after the closing quote" "text after a quote"
edit '2s/"$/\\/' "c/exp.md:2: the quote of 'title' is not closed" "a backslash before the end of a quote"
edit '12s/supported/maybe/' "c/exp.md:12: expected is 'maybe'" "an expected verdict that is none"
edit '9s/paper/papers/' "c/exp.md:9: unknown key 'papers'" "an unknown key of a claim"
edit '9d' "c/exp.md:6: the claim that begins here has no 'paper'" "a claim without a key"
edit '6s/fits/Fits it/' "c/exp.md:6: the id 'Fits it' may hold" "an id with blanks"
edit 's/^---$/---/;27,$d;/^---$/{1!d;}' "is not closed by a line '---'" "front matter that is not closed"
fresh
{ { echo claims:; claim fits open; } | front 20; } >c/second.md
fails_with "c/second.md:6: the id 'fits' is used before, at c/exp.md:6" "an id used twice over all chapters" page exp

# ---- results that are missing or wrong ----

fresh
rm -r out/data/exp
echo '{{claims}}' | body exp
fails_with 'exp has not been run: make exp' "a page without results" page exp
fails_with 'exp has not been run: make exp' "a book without results" book
fails_with 'exp has not been run: make exp' "a ledger without results" ledger write --out l.tsv
fails_with 'exp has not been run: make exp' "a claim without results" ledger show fits
ledger list && grep -q '^exp *not run yet' log
verdict $? "the list works without results"
ledger verdicts
[ $? -eq 1 ] && grep -q 'exp has not been run: make exp' log && grep -q '2 missing' log
verdict $? "verdicts without results: exit 1"
fresh
row stray 1 supported yes >>out/data/exp/claims.tsv
echo '{{claims}}' | body exp
fails_with "out/data/exp/claims.tsv:4: the claim 'stray' is not in the front matter of c/exp.md" \
  "a row without front matter" page exp
fails_with "the claim 'stray' is not in the front matter" "the same for the ledger" ledger verdicts
fresh
row fits 1 supported yes >>out/data/exp/claims.tsv
fails_with "out/data/exp/claims.tsv:4: a second row for the claim 'fits'" "two rows for a claim" ledger verdicts
fresh
sed 's/out of scope/fine/' out/data/exp/claims.tsv >t && mv t out/data/exp/claims.tsv
fails_with "out/data/exp/claims.tsv:3: 'fine' is no verdict" "a verdict that is none" ledger verdicts
fresh
sed '/^far/d' out/data/exp/claims.tsv >t && mv t out/data/exp/claims.tsv
echo '{{claims}}' | body exp
fails_with "has no row for the claim 'far'" "a claim without its row" page exp

# ---- the ledger ----

fresh
ledger verdicts
verdict $? "verdicts as expected: exit 0"
says log '3 claims: 1 supported, 1 out of scope, 1 open; all as expected.' "the closing line counts"
sed 's/yes\tsupported/yes\tnot supported/' out/data/exp/claims.tsv >t && mv t out/data/exp/claims.tsv
ledger verdicts
[ $? -eq 1 ] && grep -q '^! fits .*not supported$' log && grep -q 'expected supported; row 1 of out/data/exp/claims.tsv' log
verdict $? "an unexpected verdict: a mark, the row, exit 1"
fresh
row later 1 supported yes >>out/data/exp/claims.tsv
ledger verdicts
[ $? -eq 1 ]
verdict $? "a verdict where none was expected: exit 1"
fresh
"$bin/ledger" write --companion out --out l.tsv c/*.md >log 2>err && [ "$(wc -l <l.tsv)" -eq 4 ] &&
  [ "$(awk -F '\t' '{ print NF }' l.tsv | sort -u)" = 21 ] && [ "$(cut -f 2 l.tsv | sort -u | tr '\n' ' ')" = 'claim kind ' ]
verdict $? "the ledger has a row for every claim and 21 columns"
long=$(printf 'words of a statement that goes on and on%.0s ' 1 2 3 4 5 6 7 8 9 10 11 12)
sed -E "s/^    (statement|hypotheses|measure|paper): .*/    \1: $long/" c/exp.md >t && mv t c/exp.md
for id in fits far later; do
  ledger show $id && [ "$(wc -l <log)" -le 15 ] && [ "$(wc -l <log)" -ge 8 ] && [ "$(awk '{ if (length > m) m = length } END { print m }' log)" -le 80 ] &&
    grep -q "^redo  *make claim C=$id\$" log
  verdict $? "show $id: at most 15 lines of 80"
done
ledger verdicts && [ "$(awk '{ if (length > m) m = length } END { print m }' log)" -le 80 ]
verdict $? "verdicts: at most 80 columns"
ledger list && [ "$(awk '{ if (length > m) m = length } END { print m }' log)" -le 80 ] && grep -q '^exp  10 s, 1 supported' log
verdict $? "list: at most 80 columns, with time and verdicts"
fresh
ledger show far
says log 'not met: kappa 2.12' "show says whether the hypotheses were met"
says log 'rho >= C sqrt(d/n)' "show writes formulas as text"
fails_with "no chapter states the claim 'none'" "an id that is unknown" ledger show none
"$bin/weave" --help >log && "$bin/ledger" --help >>log && grep -q '^usage: weave' log && grep -q '^usage: ledger' log
verdict $? "both have --help"
"$bin/weave" --bogus >log 2>err
[ $? -eq 1 ] && grep -q -F -e "'--bogus' was not expected" err
verdict $? "an unknown option"

# ---- statements ----

said() { # the front matter of a chapter of statements, and the directive that shows them
  cat >c/said.md <<'END'
---
title: Said
summary: what was said
order: 20
statements:
  - id: a-agreed
    statement: It fits, $\sqrt{|x|}$.
    place: here
  - id: a-torn
    statement: It is better
      throughout.
    place: there
    reading: 'Here: {{claim fits measured %.1f}} of them, [there](exp.html).'
  - id: a-against
    statement: It is worse.
    place: there
  - id: b-nobody
    statement: Nobody looked.
    place: elsewhere
  - id: b-asked
    statement: Is it better?
    place: elsewhere
    answer: In {{value exp/steps step=1 x}} cases.
  - id: b-waiting
    statement: Is it later?
    place: elsewhere
  - id: b-away
    statement: Is it far?
    place: elsewhere
---

{{statements a}}

{{statements b}}

{{uncovered}}
END
}
covered() { # a chapter of statements, and claims that cover them
  fresh
  row worse 0.25 'not supported' yes >>out/data/exp/claims.tsv
  { { echo claims:; claim fits supported 'a-agreed a-torn
      b-asked'; claim worse 'not supported' 'a-torn a-against b-asked'; claim far 'out of scope' b-away; claim later open b-waiting; } | front 10; } >c/exp.md
  said
}
cell() { # cell ID COLUMN: of the table on page.md
  grep -F "#statement-$1 " page.md | awk -F ' \\| ' -v column="$2" '{ print $column }'
}
holds() { # holds TEXT PART NAME
  case $1 in *"$2"*) true ;; *) echo "$1" >err; false ;; esac
  verdict $? "$3"
}

covered
page said
verdict $? "a chapter of statements is woven"
holds "$(cell a-agreed 2)" '[supported]{.verdict .supported}' "all claims support: supported"
holds "$(cell a-against 2)" '[not supported]{.verdict .not-supported}' "no claim supports: not supported"
holds "$(cell a-torn 2)" '[mixed]{.verdict .mixed}]{.by}[1 supported, 1 not supported]{.by}[*as read here*]' "claims differ: mixed, with counts"
holds "$(cell b-asked 2)" '[answered]{.verdict .answered}]{.by}[1 supported, 1 not supported]{.by}' "a question is answered, either way"
holds "$(cell b-waiting 2)" '[open]{.verdict .open}' "a question whose claims are open is open"
holds "$(cell b-away 2)" '[out of scope]{.verdict .out-of-scope}' "one whose claims are out of scope is out of scope"
holds "$(cell b-nobody 2)" '[uncovered]{.verdict .uncovered}' "no claim: uncovered"
holds "$(cell a-agreed 3)" '[fits](exp.html#claim-fits) 0.75 ' "the claims are linked, with what was measured"
holds "$(cell a-agreed 3)" '\[0.1,\ 0.9\]]{.by}' "and its interval"
holds "$(cell a-torn 3)" ' *not supported*]{.by}' "and with their verdicts where they differ"
holds "$(cell a-torn 1)" 'It is better throughout.]{.text}[*As read here:* Here: [0.8](#number-1' "a reading has numbers from results"
holds "$(cell b-asked 1)" '[In [−0.25](#number-2' "an answer too"
holds "$(cell a-torn 1)" '[*In:* there]{.place}' "places that differ are shown"
holds "$(cell b-asked 1).$(grep -c 'elsewhere' page.md)" '.0' "a place that all share is not"
says page.md '7 statements: 1 supported, 1 not supported, 1 out of scope, 1 open, 1 mixed, 1 answered, 1 uncovered.' "statements are counted"
[ "$(sed -n '/^7 statements/,$p' page.md | grep -c '^- ')" = 1 ] && grep -q -F -e '- [b-nobody](said.html#statement-b-nobody): Nobody looked.' page.md
verdict $? "what is uncovered stands in a list, and nothing else"
grep -q -F 'out/data/exp/claims.tsv:' page.d
verdict $? "the depfile lists the results of the claims"
if command -v pandoc >/dev/null; then
  pandoc -f markdown -t html5 --mathml page.md >page.html 2>err && [ ! -s err ] &&
    [ "$(grep -o '<td' page.html | wc -l)" = 21 ] && grep -q 'id="statement-a-torn"' page.html
  verdict $? "pandoc makes three cells of every statement"
else
  skip "pandoc makes three cells of every statement" "pandoc is not installed"
fi
page exp
says page.md '[a-agreed](said.html#statement-a-agreed), [a-torn](said.html#statement-a-torn), [b-asked](said.html#statement-b-asked)' "a claim links to what it decides"
echo 'See [it](said.html#statement-a-torn).' >>c/index.md
book
says book.md 'See [it](#statement-a-torn)' "the book links to statements"
says book.md '[fits](#claim-fits) $0.75$ \[$0.1$,\ $0.9$\] *supported* `\newline{}`{=latex}[worse]' "the book has the claims of a statement"
ledger verdicts
verdict $? "statements have no expected verdict: exit 0"
[ "$(tail -n 2 log | tr '\n' ' ')" = '7 statements: 1 supported, 1 not supported, 1 out of scope, 1 open, 1 mixed, 1 answered, 1 uncovered. ' ]
verdict $? "verdicts end with the count of statements"
ledger verdicts --only exp && ! grep -q statements log && grep -q '^4 claims: ' log
verdict $? "but not for a single chapter"
ledger verdicts --only said && grep -q '^0 claims' log
verdict $? "which may have no claims"
fails_with "there is no chapter 'none'" "a single chapter that is none" ledger verdicts --only none
ledger show a-torn
verdict $? "a statement is shown"
says log 'verdict      mixed: 1 supported, 1 not supported' "with its verdict"
says log 'read as      Here: 0.8 of them, there.' "its reading"
[ "$(grep -c -e '^decided by   fits: 0.75 \[0.1, 0.9\], supported$' -e '^             worse: 0.25 \[0.1, 0.9\], not supported$' log)" = 2 ]
verdict $? "and its claims"
ledger show b-nobody && says log 'verdict      uncovered' "an uncovered statement is shown"
"$bin/ledger" write --companion out --out l.tsv c/*.md >log 2>err && [ "$(wc -l <l.tsv)" -eq 12 ] &&
  [ "$(awk -F '\t' '$1 == "a-torn" { print $2 "|" $5 "|" $15 "|" $16 "|" $19 "|" $20 }' l.tsv)" = 'statement|there|mixed: 1 supported, 1 not supported|-|fits worse|Here: 0.8 of them, [there](exp.html).' ] &&
  [ "$(awk -F '\t' '$1 == "fits" { print $2 "|" $18 "|" $19 }' l.tsv)" = 'claim|a-agreed a-torn b-asked|-' ]
verdict $? "the ledger has statements beside claims"
[ "$(awk -v id=a-against -f "$repo/src/tools/uses.awk" c/*.md | sort | tr '\n' ,)" = 'exp,said,' ] &&
  [ "$(awk -v id=b-asked -f "$repo/src/tools/uses.awk" c/*.md | sort | tr '\n' ,)" = 'exp,said,' ] &&
  [ "$(awk -v id=b-nobody -f "$repo/src/tools/uses.awk" c/*.md | sort | tr '\n' ,)" = 'said,' ] &&
  [ "$(awk -v id=far -f "$repo/src/tools/uses.awk" c/*.md | tr '\n' ,)" = 'exp,' ] &&
  [ "$(awk -v id=none -f "$repo/src/tools/uses.awk" c/*.md)" = '' ]
verdict $? "Make learns which experiments a statement needs"
sed '/^worse/d' out/data/exp/claims.tsv >t && mv t out/data/exp/claims.tsv
fails_with "has no row for the claim 'worse'" "a statement whose claim has no verdict: no page" page said
fails_with "has no row for the claim 'worse'" "nor is it shown" ledger show a-torn
ledger verdicts
[ $? -eq 1 ] && tr '\n' ' ' <log | grep -q '1 uncovered, and 3 whose claims are missing. $'
verdict $? "and it is counted apart"

unsaid() { # unsaid SED_PROGRAM TEXT NAME: a chapter of statements that is wrong
  covered
  sed "$1" c/said.md >t && mv t c/said.md
  fails_with "$2" "$3" page said
}
unsaid 's/a-against/a-other/' "c/exp.md:15: the claim 'worse' covers 'a-against', which is no statement of any chapter" "a claim covers what nobody states"
unsaid 's/id: b-away/id: far/' "c/said.md:27: the id 'far' is used before, at c/exp.md:23" "a statement with the id of a claim"
unsaid 's/id: b-away/id: a-torn/' "c/said.md:27: the id 'a-torn' is used before, at c/said.md:9" "two statements with one id"
unsaid '8s/place/paper/' "c/said.md:8: unknown key 'paper'; a statement has id, statement, place and perhaps reading and answer" "an unknown key of a statement"
unsaid '8d' "c/said.md:6: the statement that begins here has no 'place'" "a statement without a key"
unsaid '/^{{statements b}}/d' "c/said.md:17: no {{statements ...}} of the chapter shows the statement 'b-nobody'" "a statement that is not shown"
unsaid 's/^{{statements b}}/{{statements}}/' "c/said.md:34: the statement 'a-agreed' is shown a second time" "a statement that is shown twice"
unsaid 's/^{{statements b}}/x {{statements b}}/' "{{statements ...}} must stand alone" "a directive of statements in a line"
unsaid 's/^{{uncovered}}/{{statements c}}/' "c/said.md:36: the chapter has no such statement" "statements of a part that is none"
unsaid 's/better?$/better in 35 cases?/' "c/said.md:20: the number 35 is typed" "a statement with a typed number"
unsaid 's/of them,/of 35,/' "c/said.md:9: the number 35 is typed" "a reading with a typed number"
unsaid 's/claim fits/claim none/' "c/said.md:9: no chapter states the claim 'none'" "a reading that quotes no claim"
covered
sed 's/a-torn a-against/a-torn a-torn/' c/exp.md >t && mv t c/exp.md
fails_with "c/exp.md:15: the claim 'worse' covers 'a-torn' twice" "a claim that covers a statement twice" ledger verdicts
covered
rm c/exp.md
fails_with "c/said.md:9: no chapter states the claim 'fits'" "statements without their claims" page said

fresh
printf '{{value exp/steps a=1 x}}\n{{claim fits measured}}\n{{verdicts}}\n' >c/other.md
printf 'text {{setting exp n}}\n' >c/third.md
said
[ "$(awk -f "$repo/src/tools/uses.awk" c/exp.md c/other.md c/third.md c/said.md | sort | tr '\n' ,)" = 'other *,other exp,said *,said exp,third exp,' ]
verdict $? "Make learns what a page needs"

echo "1..$count"
[ $failed -eq 0 ]
