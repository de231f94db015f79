#!/bin/sh
# Results against accepted ones, on results and references of their own: everything that may differ,
# be missing or be damaged; and where a number comes from.
# shellcheck disable=SC2016 # the programs in single quotes are awk's
set -u

. tests/tap.sh
needs verify trace
make_box
cd "$box" || exit 1
tab='	'

verify() { what=$1; shift; "$bin/verify" "$what" --companion out --reference ref "$@" >log 2>err; }
check() { verify check "$@" one two; }
accept() { verify accept --reason "${1:-because}" one two; }
wide() { [ "$(awk '{ if (length > m) m = length } END { print m }' log)" -le 80 ]; }
# The report may be folded: TEXT is looked for in its words.
said() { tr -s ' \n' ' ' <log | grep -q -F -e "$1"; }

# check_says STATUS TEXT NAME: of a check of everything; the report is at most 80 wide
check_says() {
  check
  [ $? -eq "$1" ] && said "$2" && wide && [ ! -s err ]
  verdict $? "$3"
}
# sentence TEXT NAME COMMAND...: status 1 and one sentence on stderr
sentence() {
  text=$1 name=$2
  shift 2
  "$@"
  [ $? -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q -F -e "$text" err
  verdict $? "$name"
}

provenance() { # provenance STEM TABLE...
  stem=$1
  shift
  printf 'program\t%s\nconfiguration\texperiments/%s.conf\nconfiguration_fingerprint\t00ff\nseconds\t1.5\nhost\tsomewhere\n' "$stem" "$stem"
  printf 'date\t2020-01-01T00:00:00Z\nblas\tOpenBLAS 1, kernel Haswell\ngsl\t2.7.1\nlibc\t2.36\ncompiler\t12.2.0\n'
  for table; do printf 'table %s\tsrc/claims/%s.c:5\n' "$table" "$stem"; done
  printf 'setting\tn = 20\nsetting\tkappa = 1 2\nsetting\tseed = 7\n'
}
fresh() {
  rm -rf out ref
  mkdir -p out/data/one out/data/two
  provenance one steps map >out/data/one/provenance.tsv
  provenance two >out/data/two/provenance.tsv
  printf 'eta\tstep\trisk\tname\tlimit\n0.1\t1\t0.25\tone step\tinf\n0.1\t2\t-1e-12\ttwo steps\t-inf\n0.2\t1\t0\t-\tnan\n' >out/data/one/steps.tsv
  awk 'BEGIN { print "i\tx\ty"; for (i = 1; i <= 1500; i++) printf "%d\t%.10g\t%.10g\n", i, sin(i), exp(-i / 9) }' >out/data/one/map.tsv
  header='claim predicted measured low high kappa coherence in_scope verdict source'
  { echo "$header" | tr ' ' '\t'; printf 'fits\t1\t0.75\t0.5\t0.9\t2.12\t0.8\tyes\tsupported\tsrc/claims/one.c:9\nfar\t> 0\t3\tnan\tnan\tnan\tnan\tno\tout of scope\tsrc/claims/one.c:10\n'; } >out/data/one/claims.tsv
  { echo "$header" | tr ' ' '\t'; printf 'other\t1\t1\t1\t1\t2\t0.8\tyes\tnot supported\tsrc/claims/two.c:9\n'; } >out/data/two/claims.tsv
}
accepted() { # results as their own reference
  fresh
  accept first
}
edit() { # edit FILE AWK_PROGRAM: of a table
  awk -F '\t' -v OFS='\t' "$2" "$1" >t && mv t "$1"
}

# ---- accepting ----

fresh
check_says 1 'one has no reference; look at its results, then make accept STEM=one REASON="..."' "no reference: a failure"
[ ! -e ref ]
verdict $? "check writes nothing"
accept 'first results' && said 'one: accepted (steps map claims)' && said 'two: accepted (claims)'
verdict $? "accept records results"
cmp -s ref/one/steps.tsv out/data/one/steps.tsv
verdict $? "a table is kept as it is"
[ "$(head -n 1 ref/one/claims.tsv | tr "$tab" ' ')" = 'claim predicted measured low high kappa coherence in_scope verdict' ] &&
  ! grep -q -r -e 'src/claims' -e somewhere -e 2020-01 -e seconds ref
verdict $? "no source line, host, date or time is kept"
[ "$(wc -c <out/data/one/map.tsv)" -gt 32768 ] && [ "$(sed -n 3p ref/one/map.tsv)" = "2${tab}0.9092974${tab}0.8007374" ] &&
  grep -q "^map${tab}[0-9]*${tab}[0-9a-f]\{16\}${tab}7${tab}[0-9a-f]\{16\}\$" ref/one/tables
verdict $? "a large table is kept with seven digits, its bytes as a fingerprint"
[ "$(cat ref/one/log)" = "configuration${tab}changed${tab}reason
00ff${tab}steps map claims${tab}first results" ]
verdict $? "the log has the reason"
grep -q "^blas${tab}OpenBLAS 1, kernel Haswell\$" ref/one/pinned && grep -q "^setting n${tab}20\$" ref/one/pinned
verdict $? "what is pinned is stated"
check_says 0 '2 experiments: 4 tables, 4 equal byte for byte, 0 within tolerance, 0 not; 3 of 3 claims agree; no failure.' "equal results: exit 0"
find ref -type f -exec cat {} + >before
accept again && said 'one: nothing changed' && find ref -type f -exec cat {} + | cmp -s - before
verdict $? "accepting what is accepted changes nothing"
sentence "accepting results needs a reason" "accept without a reason" verify accept one two
sentence "accepting results needs a reason" "accept for an empty reason" verify accept --reason '  ' one two
sentence "the reason is one line" "a reason of two lines" accept 'one
two'
edit out/data/one/steps.tsv 'NR == 2 { $3 = 0.5 } 1'
verify accept --only one --reason 'a better formula' one two && [ "$(sed 1d ref/one/log)" = "00ff${tab}steps map claims${tab}first results
00ff${tab}steps${tab}a better formula" ]
verdict $? "the next reason is added to the log"
check_says 0 'no failure' "what was accepted is equal"

# ---- numbers ----

change() { # change AWK_PROGRAM STATUS TEXT NAME: of the table steps, checked
  accepted
  edit out/data/one/steps.tsv "$1"
  check_says "$2" "$3" "$4"
}
change 'NR == 2 { $3 = "0.2500002" } 1' 0 'one/steps.tsv: 1 cell differs, within tolerance, the largest change 0.8 of the allowed' "a number within tolerance: exit 0, and said"
said 'one: the bytes differ although the environment is the pinned one' && said '3 equal byte for byte, 1 within tolerance, 0 not; 3 of 3 claims agree; no failure'
verdict $? "within tolerance: the summary says so"
check --exact
[ $? -eq 1 ] && said '1 cell differs' && said '1 failure.'
verdict $? "within tolerance: --exact is a failure"
verify diff one two && said 'one/steps.tsv, row 1 (eta=0.1 step=1), column risk: old 0.25, new 0.2500002, change 2e-07 (8e-07 of it), allowed 2.5e-07' && wide && said '1 cell of 1 table differ, 1 within tolerance'
verdict $? "within tolerance: diff shows it"
change 'NR == 2 { $3 = "0.2500003" } 1' 1 '! one/steps.tsv, row 1 (eta=0.1 step=1), column risk: old 0.25, new 0.2500003, change 3e-07, allowed 2.5e-07' "a number beyond tolerance: where, old, new, allowed"
said '1 not; 3 of 3 claims agree; 1 failure.'
verdict $? "beyond tolerance: counted"
verify diff one two && grep -q '^! one/steps.tsv, row 1' log
verdict $? "beyond tolerance: diff marks it"
change 'NR == 3 { $3 = -1.1e-12 } 1' 1 'old -1e-12, new -1.1e-12, change -1e-13, allowed 1e-18' "a small number has its own tolerance"
change 'NR == 4 { $3 = 1e-300 } 1' 1 'old 0, new 1e-300' "zero is zero"
change 'NR == 2 { $3 = "nan" } 1' 1 'old 0.25, new nan, which must be equal' "a number that is none any more"
change 'NR == 4 { $5 = 1 } 1' 1 'old nan, new 1, which must be equal' "not-a-number that is a number"
change 'NR == 2 { $5 = "-inf" } 1' 1 'old inf, new -inf, which must be equal' "an infinity with another sign"
change 'NR == 2 { $5 = "1e300" } 1' 1 'old inf, new 1e300, which must be equal' "an infinity that is a number"
change 'NR == 2 { $3 = "inf" } 1' 1 'old 0.25, new inf, which must be equal' "a number that is infinite"
change 'NR == 2 { $4 = "a step" } 1' 1 'column name: old one step, new a step, which must be equal' "a text"
change 'NR == 2 { $3 = "0.250" } 1' 0 'within tolerance' "the same number written otherwise"
change 'NR > 1 { $1 *= 2 } 1' 1 '3 failures.' "every cell beyond tolerance is counted"

accepted
edit out/data/one/map.tsv 'NR == 700 { $3 = sprintf("%.10g", $3 * (1 + 3e-9)) } 1'
check_says 0 'one/map.tsv: cells differ beyond the 7 digits of the reference' "a large table: bytes beyond the kept digits"
accepted
edit out/data/one/map.tsv 'NR == 700 { $3 *= 1.001 } 1'
check_says 1 'one/map.tsv, row 699 (i=699), column y: old' "a large table: any cell"
fresh
edit out/data/one/map.tsv 'NR == 700 { $3 = "0.12345674" } 1'
accept
printf 'table\tcolumn\tabsolute\trelative\treason\nmap\t*\t2e-8\t0\tit is so\n' >ref/one/tolerance
edit out/data/one/map.tsv 'NR == 700 { $3 = "0.12345676" } 1'
check_says 0 'one/map.tsv: 1 cell differs, within tolerance' "a large table: the digits left out are allowed for"
edit out/data/one/map.tsv 'NR == 700 { $3 = "0.12345678" } 1'
check_says 1 'old 0.1234567, new 0.12345678, change 8e-08, allowed 7e-08' "a large table: and no more"
accepted
edit out/data/one/map.tsv 'NR > 1 { $3 *= 2 } 1'
check_says 1 'and 1495 cells more in this table: make diff STEM=one' "many cells: five are shown"
said '1500 failures.' && [ "$(wc -l <log)" -lt 30 ]
verdict $? "many cells: all are counted"

for digits in inf 1e6 0 6.5 many; do
  accepted
  edit ref/one/tables 'NR == 2 { $4 = "'$digits'" } 1'
  sentence "ref/one/tables: the digits of 'steps' are '$digits', expected all or a whole number in [1, 17]" \
    "a reference of $digits digits" check
done
accepted

# ---- tolerances ----

tolerances() { # tolerances ROW..., of one, and a change of 0.01 in risk
  accepted
  printf 'table\tcolumn\tabsolute\trelative\treason\n' >ref/one/tolerance
  for row; do printf '%b\n' "$row" >>ref/one/tolerance; done
  edit out/data/one/steps.tsv 'NR == 2 { $3 = 0.26 } 1'
}
tolerances 'steps\trisk\t0.02\t0\ta root is located to this'
check_says 0 'within tolerance, the largest change 0.5 of the allowed' "an absolute tolerance"
tolerances '*\t*\t0\t0.05\tnoise'
check_says 0 'within tolerance, the largest change 0.8 of the allowed' "a relative tolerance of all columns"
tolerances '*\t*\t0\t0.05\tnoise' 'steps\trisk\t0\t1e-9\tstrict'
check_says 1 'allowed 2.5e-10' "the last row decides"
tolerances 'steps\trisk\t0.02\t0\ta root' 'steps\trisks\t1\t0\told'
check_says 1 'ref/one/tolerance:3: covers no column of one; take it out' "a tolerance of nothing"
tolerances 'steps\trisk\t-1\t0\ta root'
sentence "ref/one/tolerance:2: tolerances are absolute in [0, inf) and relative in [0, 1)" "a negative tolerance" check
tolerances 'steps\trisk\tinf\t0\ta root'
sentence "ref/one/tolerance:2: tolerances are" "an infinite tolerance" check
tolerances 'steps\trisk\tmuch\t0\ta root'
sentence "ref/one/tolerance:2: column 'absolute' holds 'much'" "a tolerance that is no number" check
tolerances 'steps\trisk\t1\t0\t-'
sentence "ref/one/tolerance:2: a tolerance needs its reason" "a tolerance without a reason" check
tolerances 'steps\trisk\t1'
sentence "ref/one/tolerance:2: 3 cells, expected 5" "a tolerance with cells missing" check
tolerances 'steps\trisk\t1\t0\ta root'
accept
[ -s ref/one/tolerance ]
verdict $? "accept leaves tolerances alone"

# ---- what is missing, or belongs to nothing ----

accepted
rm out/data/one/steps.tsv
check_says 1 '! out/data/one/steps.tsv is missing; delete out/data/one/claims.tsv and make one' "a missing result"
sentence "out/data/one/steps.tsv is missing" "a missing result is not accepted" accept
accepted
rm -r out/data/two
check_says 1 '! two has not been run: make two' "an experiment without results"
sentence "two has not been run: make two" "an experiment without results is not accepted" accept
accepted
rm ref/one/steps.tsv
check_says 1 '! out/data/one/steps.tsv has no reference ref/one/steps.tsv' "a missing reference"
accept 'restored' && cmp -s ref/one/steps.tsv out/data/one/steps.tsv
verdict $? "a missing reference is accepted again"
accepted
printf 'table new\tsrc/claims/two.c:6\n' >>out/data/two/provenance.tsv
printf 'x\n1\n' >out/data/two/new.tsv
check_says 1 '! out/data/two/new.tsv has no reference ref/two/new.tsv' "a new table without a reference"
accepted
printf 'x\n1\n' >ref/two/old.tsv
check_says 1 '! ref/two/old.tsv belongs to no table of two' "a reference that no table owns"
accept 'gone' && [ ! -e ref/two/old.tsv ] && [ "$(tail -n 1 ref/two/log)" = "00ff${tab}-old${tab}gone" ]
verdict $? "accept removes it, and logs that"
accepted
cp -R ref/two ref/three
check_says 1 '! ref/three belongs to no experiment; delete the folder' "a reference that no experiment owns"
verify check --only one one two && said 'no failure'
verdict $? "one experiment alone does not look at others"
accepted
echo '# about' >ref/README.md
check_says 0 'no failure' "a file beside the references is none"
printf 'x\n1\n' >out/data/one/stray.tsv
check_says 1 '! out/data/one/stray.tsv was not written by one; delete it' "a result that no program wrote"
accepted
edit out/data/one/steps.tsv 'NR < 4'
check_says 1 '! one/steps.tsv: 3 rows, now 2' "a row that is gone"
accepted
edit out/data/one/steps.tsv 'NF--'
check_says 1 '! one/steps.tsv: column limit is gone' "a column that is gone"
edit out/data/one/steps.tsv '{ print $0, NR == 1 ? "extra" : NR }'
check_says 1 'column limit is gone, column extra is new' "a column that is new"
accepted
edit out/data/one/steps.tsv '{ x = $1; $1 = $2; $2 = x } 1'
check_says 1 'the columns are in another order' "columns in another order"

# ---- damage ----

accepted
edit ref/one/steps.tsv 'NR == 2 { $3 = 0.26 } 1'
check_says 1 '! ref/one/steps.tsv is not what was accepted: it was changed by hand or damaged' "a reference changed by hand"
said 'old 0.26, new 0.25'
verdict $? "a reference changed by hand: where"
accepted
edit ref/one/steps.tsv 'NR == 2 { $3 = "0.25000001" } 1'
check_says 1 'is not what was accepted' "a reference changed within tolerance"
accepted
edit ref/one/map.tsv 'NR == 9 { $3 = 1 } 1'
check_says 1 '! ref/one/map.tsv is not what was accepted' "a large reference changed by hand"
accepted
edit ref/one/steps.tsv 'NR == 2 { $0 = $0 "\t1" } 1'
sentence "ref/one/steps.tsv:2: 6 cells, expected 5" "a reference with a cell too many" check
accept 'repaired' && check
verdict $? "accept repairs it"
accepted
: >ref/one/steps.tsv
sentence "ref/one/steps.tsv: is empty" "an empty reference" check
accepted
printf 'cut' >>ref/one/steps.tsv
sentence "ref/one/steps.tsv:5: the last line is cut off" "a reference that is cut off" check
accepted
printf 'rubbish\n' >ref/one/tables
check_says 1 'out/data/one/steps.tsv has no reference' "a list of tables that is damaged"
accepted
rm ref/one/pinned
check_says 1 '! one has no reference' "what is pinned is missing"
accepted
edit out/data/one/steps.tsv 'NR == 2 { $3 = $3 "\t" } 1'
sentence "out/data/one/steps.tsv:2: 6 cells" "a damaged result" check
accepted
awk 'NR != 2' out/data/one/claims.tsv >t && mv t out/data/one/claims.tsv
check_says 1 '! the claim fits of one is gone' "a claim that is gone"

# ---- claims ----

claim() { # claim AWK_PROGRAM STATUS TEXT NAME: with tolerances so wide that only claims speak
  accepted
  printf 'table\tcolumn\tabsolute\trelative\treason\nclaims\t*\t9\t0\twide\nclaims\tmeasured\t0\t0\tnone\n' >ref/one/tolerance
  edit out/data/one/claims.tsv "$1"
  check_says "$2" "$3" "$4"
}
claim 'NR == 2 { $9 = "not supported" } 1' 1 '! the verdict of the claim fits of one: old supported, new not supported' "a changed verdict"
said '2 of 3 claims agree'
verdict $? "a changed verdict is counted"
claim 'NR == 2 { $3 = 0.8 } 1' 1 '3 of 3 claims agree' "a value within its interval agrees as a claim, not within tolerance"
claim 'NR == 2 { $3 = 0.95; $4 = 0.6; $5 = 1 } 1' 1 '! the claim fits of one: old 0.75 [0.5, 0.9], new 0.95 [0.6, 1], not within each other' "a value outside the old interval"
claim 'NR == 2 { $3 = 0.8; $4 = 0.78; $5 = 0.9 } 1' 1 'not within each other' "an old value outside the new interval"
claim 'NR == 3 { $3 = 4 } 1' 1 '! the claim far of one: old 3 [nan, nan], new 4 [nan, nan]' "a value without an interval must keep to its tolerance"
claim 'NR == 2 { $3 = "nan" } 1' 1 'new nan [0.5, 0.9], not within' "a value that is no number any more"
claim 'NR > 1 { $10 = "src/claims/one.c:99" } 1' 0 '4 equal byte for byte' "source lines are not compared"
accepted
{ head -n 1 out/data/one/claims.tsv; sed -n 3p out/data/one/claims.tsv; sed -n 2p out/data/one/claims.tsv; } >t && mv t out/data/one/claims.tsv
check_says 1 '3 of 3 claims agree' "claims in another order are found by their names"

# ---- environment and settings ----

accepted
sed -e 's/kernel Haswell/kernel Nehalem/' -e 's/^seconds.*/seconds\t99/' -e 's/somewhere/elsewhere/' -e 's/2020/2030/' out/data/one/provenance.tsv >t && mv t out/data/one/provenance.tsv
check_says 0 "The environment is not the pinned one for 1 experiment (blas 'OpenBLAS 1, kernel Haswell', now 'OpenBLAS 1, kernel Nehalem')" "another environment is named"
said '4 equal byte for byte' && ! said elsewhere && ! said 99
verdict $? "host, date and time are not compared"
edit out/data/one/steps.tsv 'NR == 2 { $3 = "0.2500001" } 1'
check_says 0 'within tolerance' "elsewhere the tolerance decides"
! said 'although the environment is the pinned one'
verdict $? "elsewhere no bytes are promised"
edit out/data/one/steps.tsv 'NR == 2 { $3 = 0.26 } 1'
check_says 1 '1 failure.' "elsewhere a value beyond tolerance fails"
accepted
sed -e 's/n = 20/n = 30/' -e '/kappa/d' out/data/one/provenance.tsv >t && mv t out/data/one/provenance.tsv
check_says 0 'one: settings differ from those of the reference: n = 20, now 30; kappa is gone' "other settings are named"
accept 'more samples' && [ "$(tail -n 1 ref/one/log)" = "00ff${tab}settings${tab}more samples" ] && check && ! said settings
verdict $? "other settings are accepted"
verify diff one two && [ "$(cat log)" = 'nothing differs' ]
verdict $? "diff of equal results"

# ---- places where nothing can be written ----

fresh
: >ref
sentence "the folder ref/one cannot be made" "a file in the place of the references" accept
fresh
mkdir -p ref/one/steps.tsv
sentence "ref/one/steps.tsv" "a folder in the place of a reference" accept
rm -rf ref
mkdir ref
if mount -t tmpfs -o size=1m tmpfs ref 2>err; then
  mounted=$box/ref
  accept
  mount -o remount,ro ref
  check_says 0 'no failure' "a read-only folder of references: check"
  edit out/data/one/steps.tsv 'NR == 2 { $3 = 0.5 } 1'
  sentence "Read-only file system" "a read-only folder of references: accept" accept
  umount ref
  mounted=
else
  skip "a read-only folder of references: check" "no file system can be mounted here"
  skip "a read-only folder of references: accept" "no file system can be mounted here"
fi

# ---- command line ----

accepted
sentence "'nope', expected check, diff or accept" "a command that is unknown" verify nope one
sentence "needs --companion, --reference and the experiments" "no experiment" verify check
sentence "'three' is no experiment" "an experiment that is unknown" verify check --only three one two
sentence "'--bogus' was not expected" "an option that is unknown" verify check --bogus one
"$bin/verify" --help >log 2>err && grep -q '^usage: verify' log && wide && "$bin/trace" --help >log 2>err && grep -q '^usage: trace' log && wide
verdict $? "help"

# ---- where a number comes from ----

mkdir -p c experiments
echo 'n = 20' >experiments/one.conf
front() { # front STEM ORDER
  printf -- '---\ntitle: %s\nsummary: what\norder: %s\nclaims:\n' "$1" "$2"
}
claimed() { printf -- '  - id: %s\n    statement: It is\n    paper: a theorem\n    hypotheses: none\n    measure: how much\n    expected: %s\n' "$1" "$2"; }
{ front one 1; claimed fits supported; claimed far 'out of scope'; claimed later open; printf -- '---\n'; } >c/one.md
trace() { "$bin/trace" "$1" --companion out c/*.md >log 2>err; }
line() { grep -q "^$1  *$2\$" log; }
trace 'one/steps eta=0.1 step=2 risk' && line value -1e-12 && line table out/data/one/steps.tsv && line row '2 (eta=0.1 step=2)' &&
  line column risk && line seed 7 && line redo 'make one' && line 'computed at' src/claims/one.c:5 && grep -q 'n = 20; kappa = 1 2' log &&
  grep -q 'OpenBLAS 1, kernel Haswell; GSL 2.7.1; libc 2.36; compiler 12.2.0' log && wide
verdict $? "trace of a cell: value, table, row, settings, seed, command, source, versions"
for name in 'one/steps risk name=two_steps' '{{value one/steps eta=0.1 step=2 risk %.2f}}' 'value one/steps step=2.0 risk'; do
  trace "$name" && line value -1e-12
  verdict $? "trace of $name"
done
trace 'fits' && line value 0.75 && line column measured && line redo 'make claim C=fits' && line 'computed at' src/claims/one.c:9
verdict $? "trace of a claim"
trace '{{claim fits low %.2f}}' && line value 0.5
verdict $? "trace of a claim's column"
trace 'setting one kappa' && line value '1 2' && grep -q 'experiments/one.conf' log
verdict $? "trace of a setting"
asked() { sentence "$2" "trace: $1" trace "$1"; }
asked '' 'the name is empty'
asked 'none/steps risk' "'none' is neither an experiment nor a claim; the experiments are one"
asked 'fi' "no claim is called 'fi'; the ids that begin so are fits"
asked 'one' 'with one of these tables: steps, map, claims'
asked 'one/none risk' 'with one of these tables: steps, map, claims'
asked 'one/steps' 'a column is missing; they are eta, step, risk, name, limit'
asked 'one/steps risks' "has no column 'risks'; it has eta, step, risk, name, limit"
asked 'one/steps risk' '3 rows, expected conditions KEY=VALUE that one meets; they are: eta=0.1 step=1; eta=0.1 step=2; eta=0.2'
asked 'one/steps risk step=1' '2 rows have step=1, expected one; they are: eta=0.1 step=1; eta=0.2'
asked 'one/steps risk step=9' '0 rows have step=9, expected one; there are: eta=0.1 step=1; eta=0.1 step=2; eta=0.2'
asked 'one/steps risk eta' "two columns, 'risk' and 'eta'"
asked 'fits lows' "has no column 'lows'; it has claim"
asked 'later' "the claim 'later' is open: no number belongs to it"
asked 'setting one' "expected 'setting one KEY' with one of these keys: n, kappa, seed"
asked 'setting one m' "with one of these keys: n, kappa, seed"
printf 'T\tn\td\tx\n2\t1\t10\t5\n2\t2\t20\t6\n' >out/data/one/map.tsv
asked 'one/map x' 'they are: n=1; n=2'
rm -r out/data/one
asked 'one/steps risk' 'one has not been run: make one'

echo "1..$count"
[ $failed -eq 0 ]
