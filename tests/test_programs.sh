#!/bin/sh
# The programs from the command line: help, every misuse, failing disks, and what attn answers.
# shellcheck disable=SC2016 # the programs in single quotes are awk's
set -u
newline='
'

. tests/tap.sh
program=$bin/gd_two_steps
needs gd_two_steps attn
make_box
# a short configuration; its seed stands in the last line, so line numbers are those of the original
sed -e 's/^d  .*/d = 400/' -e 's/^rho .*/rho = 3/' -e 's/^n  .*/n = 20/' -e 's/^steps .*/steps = 3/' \
  -e 's/^draws .*/draws = 4/' -e 's/^samples .*/samples = 20/' -e 's/^record .*/record = 0 1 2 3/' \
  -e 's/^show .*/show = 0 2/' -e 's/^shards .*/shards = 2/' experiments/gd_two_steps.conf >"$box/good.conf"
claims=$(for file in src/claims/*.c; do basename "$file" .c; done)
cd "$box" || exit 1

# one_sentence TEXT COMMAND...: status 1, one line on stderr with TEXT in it, nothing on stdout, no
# result and no part
one_sentence() {
  text=$1
  shift
  [ ! -e out ] || rm -rf out
  "$@" >log 2>err
  [ $? -eq 1 ] && [ ! -s log ] || return 1
  said=$(cat err)
  case $said in
    *"$newline"*) return 1 ;;
    *"$text"*) ;;
    *) return 1 ;;
  esac
  if [ -e out ]; then [ -z "$(find out -type f)" ]; fi
}
fails_with() { # fails_with TEXT NAME COMMAND...
  text=$1 name=$2
  shift 2
  one_sentence "$text" "$@"
  verdict $? "$name"
}

# ---- help ----

for claim in $claims; do
  [ -x "$bin/$claim" ] || continue
  "$bin/$claim" --help >log 2>err && [ ! -s err ] && grep -q "^usage: $claim --conf" log && grep -q '^  seed ' log
  verdict $? "$claim --help"
  fails_with "needs --conf" "$claim without arguments" "$bin/$claim"
done
for words in --help 'gd --help' 'risk --help' 'select --help' 'margin --help' ''; do
  # shellcheck disable=SC2086 # words
  "$bin/attn" $words >log 2>err && [ ! -s err ] && grep -q '^attn' log
  verdict $? "attn $words shows what there is"
done

# ---- command lines that are wrong ----

fails_with "'--bogus' is not an option" "an unknown option" "$program" --bogus
fails_with "'stray' is not an option" "a stray word" "$program" --conf good.conf stray
fails_with "--conf needs a value" "an option without its value" "$program" --conf
fails_with "'--help=x': that option takes no value" "an option with a value it has not" "$program" --help=x
fails_with "needs --conf" "no configuration" "$program" --shard 1 --out out/1.tsv
fails_with "one of --shard and --gather" "neither shard nor gather" "$program" --conf good.conf --out out/1.tsv
fails_with "one of --shard and --gather" "both shard and gather" \
  "$program" --conf good.conf --shard 1 --gather shards --out out/1.tsv
for shard in 0 3 -1 1.5 one '' 1x 99999999999999999999; do
  fails_with "--shard $shard: the shard must be a whole number in [1, 2]" "shard '$shard'" \
    "$program" --conf good.conf --shard "$shard" --out out/1.tsv
done
fails_with "SET: stpes = 3: no such key here; the keys are n, T, d" "a key in --set that is unknown" \
  "$program" --conf good.conf --set stpes=3 --shard 1 --out out/1.tsv
fails_with "SET: 'n' is not of the form key=value" "a pair in --set that is none" \
  "$program" --conf good.conf --set n --shard 1 --out out/1.tsv

# ---- configurations that are wrong ----

conf() { # conf FILE TEXT NAME
  one_sentence "$2" "$program" --conf "$1" --shard 1 --out out/1.tsv
  verdict $? "$3"
}
edit() { # edit SED_PROGRAM TEXT NAME
  sed "$1" good.conf >bad.conf
  conf bad.conf "$2" "$3"
}
line() { grep -n "^$1 " good.conf | cut -d: -f1; }
conf none.conf "none.conf: cannot be read" "a configuration that is not there"
conf "$box" "$box: is a folder" "a folder as configuration"
conf good.conf/x "good.conf/x: cannot be read" "a configuration below a file"
: >empty.conf
conf empty.conf "empty.conf: is empty" "an empty configuration"
echo '# nothing' >empty.conf
conf empty.conf "empty.conf: is empty" "a configuration of comments"
printf 'n = 20\0\n' >nul.conf
conf nul.conf "nul.conf: contains a NUL byte" "a configuration with a NUL byte"
if [ "$(id -u)" -ne 0 ]; then
  cp good.conf closed.conf
  chmod 000 closed.conf
  conf closed.conf "closed.conf: cannot be read" "a configuration that may not be read"
else
  skip "a configuration that may not be read" "root may read everything"
fi
edit 's/^n .*/n 20/' "bad.conf:$(line n): 'n 20' is not of the form" "a line without '='"
edit 's/^n .*/n =/' "bad.conf:$(line n): the key 'n' has no value" "a line without a value"
edit 's/^n .*/2n = 20/' "bad.conf:$(line n): '2n' is no key" "a key that is no name"
edit "s/^n .*/nn = 20/" "bad.conf:$(line n): nn = 20: no such key here; the keys are n, T" "a key that is unknown"
edit "$(line T)s/.*/n = 30/" "bad.conf:$(line T): the key 'n' is repeated; it stands at bad.conf:$(line n)" "a key that is repeated"

# every key: a value below its range, one above, a word, and the key missing
"$program" --help | sed -n '/^keys/,$p' | sed -n 's/^  \([A-Za-z_]*\) .*, \([[(][^,]*, [^])]*[])]\)$/\1|\2/p' >keys
[ "$(wc -l <keys)" -eq "$(grep -c '^[A-Za-z_]* *=' good.conf)" ]
verdict $? "the help lists every key of the configuration with its range"
while IFS='|' read -r key range; do
  line=$(line "$key")
  low=${range%%,*} high=${range##*, }
  low=${low#?} high=${high%?}
  case $range in '['*) low=$((low - 1)) ;; esac
  case $range in
    *inf\)) high=1e999 ;;
    *']') high=1e17 ;;
  esac
  for value in "$low" "$high" word; do
    edit "${line}s/=.*/= $value/" "bad.conf:$line: $key = $value: " "$key = $value is refused"
    case $said in
      *" in $range") true ;;
      *) false ;;
    esac
    verdict $? "$key = $value: the sentence says $range"
  done
  edit "${line}d" "bad.conf: the key '$key' is missing" "$key is missing"
done <keys
for key in n T d steps draws samples seed shards; do
  edit "$(line $key)s/=.*/= 2.5/" "bad.conf:$(line $key): $key = 2.5: " "$key = 2.5 is not whole"
done
edit "s/^record .*/record = 0 1 -1/" "bad.conf:$(line record): record = -1: " "one bad value in a list"
edit "s/^record .*/record = 0:5/" "bad.conf:$(line record): record = 0:5: a grid is written" "a grid that is none"

fails_with "bad.conf:$(line record): record = 0:5" "the settings alone are refused likewise" \
  "$program" --conf bad.conf --settings out/settings

# ---- shards that are wrong ----

"$program" --conf good.conf --shard 1 --out shards/1.tsv 2>err && "$program" --conf good.conf --shard 2 --out shards/2.tsv 2>>err &&
  "$program" --conf good.conf --gather shards --out tables 2>>err && [ -s tables/claims.tsv ]
verdict $? "two shards and their summary"
[ -z "$(find shards tables -name '*.part')" ]
verdict $? "no part is left behind"
gather() { # gather TEXT NAME: of the folder bad
  one_sentence "$1" "$program" --conf good.conf --gather bad --out out
  verdict $? "$2"
}
broken() { # broken AWK_PROGRAM: bad is shards with its second shard edited
  rm -rf bad
  cp -R shards bad
  awk -F '\t' -v OFS='\t' "$1" shards/2.tsv >bad/2.tsv
}
broken '1'
rm bad/2.tsv
gather "bad/2.tsv: cannot be read" "a shard that is missing"
broken 'NR > 1 { printf "\n" } { printf "%s", $0 }'
lines=$(wc -l <shards/2.tsv)
gather "bad/2.tsv:$lines: the last line is cut off" "a shard that is cut off"
broken 'NR == 3 { sub(/\t[^\t]*$/, "") } 1'
gather "bad/2.tsv:3: 20 cells, expected 21" "a row with a cell too few"
broken 'NR == 3 { $0 = $0 "\t1" } 1'
gather "bad/2.tsv:3: 22 cells, expected 21" "a row with a cell too many"
broken 'NR == 3 { $5 = "word" } 1'
gather "bad/2.tsv:3: column 'coherence' holds 'word', expected a number" "a word where a number should be"
broken 'NR == 3 { $5 = "" } 1'
gather "bad/2.tsv:3: column 'coherence' holds ''" "an empty cell"
broken '{ print $0, "1" NR }'
gather "bad/2.tsv: 22 columns, but shard 1 has 21" "a shard with other columns"
broken 'NR == 1 { $2 = $3 } 1'
gather "bad/2.tsv:1: the column 'dense' is repeated" "a column that is repeated"
broken 0
gather "bad/2.tsv: is empty" "an empty shard"
broken 'NR == 3 { last = substr($5, length($5)); sub(/.$/, last == "1" ? "2" : "1", $5) } 1'
gather "bad/2.tsv: is not what its program wrote" "a shard with another digit"
broken '1'
rm bad/2.tsv.provenance
gather "bad/2.tsv.provenance: cannot be read" "a shard without its provenance"
"$program" --conf good.conf --set eta=0.2 --shard 2 --out bad/2.tsv
gather "bad/2.tsv: was made with other settings" "a shard of other settings"
fails_with "none/1.tsv: cannot be read" "a folder of shards that is not there" \
  "$program" --conf good.conf --gather none --out out

# ---- places where nothing can be written ----

fails_with "good.conf/out/1.tsv: the folder good.conf/out cannot be made" "an output below a file" \
  "$program" --conf good.conf --shard 1 --out good.conf/out/1.tsv
mkdir -p folder/1.tsv
fails_with "folder/1.tsv" "a folder in the place of the output" "$program" --conf good.conf --shard 1 --out folder/1.tsv
if [ -w /dev/full ]; then
  for words in 'gd --n 4 --d 50 --steps 1' risk 'select --n 4' 'margin --n 4 --R 1'; do
    # shellcheck disable=SC2086 # words
    "$bin/attn" $words >/dev/full 2>err
    [ $? -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q 'standard output: writing failed: ' err
    verdict $? "attn ${words%% *} with a full disk behind its output"
  done
else
  skip "attn with a full disk behind its output" "there is no /dev/full"
fi
full() { # full FOLDER NAME: a shard of more than 64 kB
  "$program" --conf good.conf --set draws=150 --shard 1 --out "$1/1.tsv" >log 2>err
  [ $? -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "$1/1.tsv.*: writing failed: " err && [ ! -e "$1/1.tsv" ] &&
    [ -z "$(find "$1" -name '*.part')" ]
  verdict $? "$2"
}
mkdir small limited
(ulimit -f 64 && full limited "a limit on the size of files"; exit $failed)
failed=$? count=$((count + 1))
if mount -t tmpfs -o size=64k tmpfs small 2>err; then
  mounted=$box/small
  full small "a full disk"
  mount -o remount,ro small
  fails_with "Read-only file system" "a disk that is read-only" "$program" --conf good.conf --shard 1 --out small/new/1.tsv
else
  skip "a full disk" "no file system can be mounted here"
  skip "a disk that is read-only" "no file system can be mounted here"
fi

# ---- attn ----

fails_with "'nope' is no subcommand" "attn with a subcommand that is unknown" "$bin/attn" nope
fails_with "--bogus: no such option of 'gd'" "attn with an option that is unknown" "$bin/attn" gd --bogus 1
fails_with "--n: needs a value" "attn with an option without its value" "$bin/attn" gd --n
fails_with "--n: n = 0: the number of samples must lie in [1, 1e9]" "attn gd --n 0" "$bin/attn" gd --n 0
fails_with "--eta: eta = 0.5: the label-flip rate must lie in [0, 0.5)" "attn gd --eta 0.5" "$bin/attn" gd --eta=0.5
fails_with "must be one of dense|gram|bartlett|lazy" "attn gd --tokens none" "$bin/attn" gd --tokens none
fails_with "--vv: vv = -1: |v|^2" "attn risk --vv -1" "$bin/attn" risk --vv -1
one_sentence "vp" "$bin/attn" risk --vv 1 --pp 1 --vp 2
verdict $? "attn risk with a product beyond its norms"

gd() { "$bin/attn" gd --n 12 --d 300 --rho 6 --eta 0.2 --beta 0.3 --steps 5 "$@"; }
header='step train_acc clean_acc noisy_acc att_clean att_noisy vv pp vp log10_risk_clean log10_risk loss mv1 mp1 mv2 mp2'
for tokens in dense gram bartlett lazy; do
  gd --tokens $tokens >$tokens.tsv 2>err && [ "$(head -n 1 $tokens.tsv | tr '\t' ' ')" = "$header" ] &&
    awk -F '\t' 'NF != 16 { exit 1 } NR > 1 && $1 != NR - 2 { exit 1 } END { if (NR != 7) exit 1 }' $tokens.tsv
  verdict $? "attn gd --tokens $tokens: a row per step"
  gd --tokens $tokens --seed 1 2>err | cmp -s - $tokens.tsv
  verdict $? "attn gd --tokens $tokens: the same again"
  gd --tokens $tokens --seed 2 >other.tsv 2>err && ! cmp -s other.tsv $tokens.tsv
  verdict $? "attn gd --tokens $tokens: another seed is another draw"
done
"$bin/attn" gd --help | grep -q -F "columns: $header"
verdict $? "attn gd --help names the columns"
paste dense.tsv gram.tsv | awk -F '\t' 'function size(x) { return x < 0 ? -x : x }
  NR > 1 { for (i = 1; i <= 16; i++) if (size($i - $(i + 16)) > 1e-9 * (size($i) + 1e-290)) exit 1 }
  END { if (NR != 7) exit 1 }'
verdict $? "dense and gram tokens agree"
for optimizer in gd momentum nesterov normalised sgd sign adam adamw; do
  gd --tokens dense --optimizer $optimizer >$optimizer.tsv 2>err && [ "$(wc -l <$optimizer.tsv)" -eq 7 ]
  verdict $? "attn gd --optimizer $optimizer: a row per step"
done
cmp -s gd.tsv dense.tsv && gd --tokens dense --batch 12 2>err | cmp -s - dense.tsv &&
  [ "$(for optimizer in gd momentum nesterov normalised sgd sign adam; do cksum <$optimizer.tsv; done | sort -u | wc -l)" -eq 7 ] &&
  cmp -s adam.tsv adamw.tsv
verdict $? "attn gd: optimizers differ, but for a batch of all samples, and adamw without decay"
gd --tokens dense --optimizer sgd --batch 3 2>err | cmp -s - sgd.tsv && ! gd --tokens dense --batch 4 2>err | cmp -s - sgd.tsv
verdict $? "attn gd --optimizer sgd: batches of a quarter unless --batch says otherwise"
for optimizer in sign adam adamw; do
  fails_with "$optimizer treats each coordinate of R^d by itself" "attn gd --optimizer $optimizer over lazy tokens" \
    "$bin/attn" gd --optimizer $optimizer --tokens lazy
  [ ! -s log ]
  verdict $? "attn gd --optimizer $optimizer over lazy tokens prints no table"
done
fails_with "must be one of gd|momentum" "attn gd --optimizer none" "$bin/attn" gd --optimizer none
fails_with "a batch of 13 samples: it must hold at least 1 and at most n = 12" "attn gd --batch 13" \
  "$bin/attn" gd --n 12 --batch 13
gd --every 3 >log 2>err && [ "$(cut -f 1 log | tr '\n' ' ')" = 'step 0 3 5 ' ]
verdict $? "attn gd --every 3 shows the last step too"
small() { # small NAME OPTIONS...: no failure, a row per step, finite losses
  name=$1
  shift
  "$bin/attn" gd --n 8 --d 50 --rho 4 --steps 2 "$@" >log 2>err && [ ! -s err ] && [ "$(wc -l <log)" -eq 4 ] &&
    awk -F '\t' 'NR > 1 && $12 !~ /^[0-9.e+-]+$/ { exit 1 }' log
  verdict $? "attn gd $name"
}
for tokens in dense gram bartlett lazy; do
  small "--tokens $tokens with n = 1" --tokens $tokens --n 1
  small "--tokens $tokens with T = 5 and eta = 0" --tokens $tokens --T 5 --eta 0
done
for tokens in dense gram; do small "--tokens $tokens with d = 3" --tokens $tokens --d 3; done
for tokens in lazy bartlett; do small "--tokens $tokens with d = 1e15" --tokens $tokens --d 1e15 --rho 1e7 --beta 1e-13; done

risk() { "$bin/attn" risk "$@" >log 2>err; }
log10() { # log10 COLUMN VALUE: the answer in log, to 1e-5
  awk -F '\t' "NR == 1 { for (i = 1; i <= NF; i++) if (\$i == \"$1\") c = i } NR == 2 { x = \$c - ($2) } END { exit !(c && x < 1e-5 && x > -1e-5) }" log
}
risk --mv1 2.9132619745313897 --mp1 0.17738322306963286 --vv 0.013331417380227393 --pp 0.002118508655104473 \
  --vp 0.0007613711704485581 && log10 log10_risk_1 -113.60636
verdict $? "attn risk: a known answer far in the tail"
risk --mv1 0 --mv2 0 --vv 0 --vp 0 && log10 log10_risk_clean -0.30103 && log10 log10_risk -0.30103
verdict $? "attn risk: a zero model guesses"

fails_with "--T: T = 11: the tokens per sample must lie in [2, 10]" "attn select --T 11" "$bin/attn" select --T 11
fails_with "--T: T = 1: the tokens per sample must lie in [2, 10]" "attn select --T 1" "$bin/attn" select --T 1
fails_with "--n: n = 65: the number of samples must lie in [1, 64]" "attn select --n 65" "$bin/attn" select --n 65
fails_with "--n: n = 0: " "attn select --n 0" "$bin/attn" select --n 0
fails_with "--top: top = 0: how many selections to list must lie in [1, 20000]" "attn select --top 0" "$bin/attn" select --top 0
fails_with "--rho: rho = 0: the signal norm" "attn select --rho 0" "$bin/attn" select --rho 0
fails_with "--eta: eta = 0.5: the label-flip rate" "attn select --eta 0.5" "$bin/attn" select --eta 0.5
fails_with "--beta: no such option of 'select'" "attn select with an option of gd" "$bin/attn" select --beta 1
fails_with "n = 14, T = 4, top = 20000: more than 200000 support vector machines would be needed" \
  "attn select gives up with one sentence and no table" "$bin/attn" select --n 14 --T 4 --top 20000
"$bin/attn" select --top 5 >five.tsv 2>err && "$bin/attn" select --top 256 >all.tsv 2>>err && [ ! -s err ] &&
  [ "$(wc -l <five.tsv)" -eq 6 ] && [ "$(wc -l <all.tsv)" -gt 6 ] && head -n 6 all.tsv | cmp -s - five.tsv
verdict $? "attn select --top 5: the first five of all"
"$bin/attn" select --top 5 --seed 2 2>err | cut -f 2 | tail -n 5 >other.tsv && [ "$(wc -l <other.tsv)" -eq 5 ] &&
  ! cut -f 2 five.tsv | tail -n 5 | cmp -s - other.tsv
verdict $? "attn select: another seed is another draw"
# In 10^15 dimensions noise tokens are orthogonal and of one length, up to 10^-7. Then
# 1/margin^2 = (noise tokens)/d + (signals)/rho^2, and 0 is the margin with both labels on one signal.
select_naive() { # select_naive N T RHO SEED: all selections of the draw by that formula
  "$bin/attn" select --n "$1" --T "$2" --d 1e15 --rho "$3" --eta 0.3 --seed "$4" --top 20000 >log 2>err && [ ! -s err ] &&
    awk -F '\t' -v n="$1" -v T="$2" -v rho="$3" '
    function on(sigma, k, flipped,   i, c) {
      for (i = 1; i <= n; i++) c += substr(sigma, i, 1) == 0 && substr(class, i, 1) == k && substr(noisy, i, 1) == flipped
      return c + 0
    }
    function margin(sigma,   i, k, inverse) {
      for (k = 1; k <= 2; k++) {
        if (on(sigma, k, 0) && on(sigma, k, 1)) return 0
        inverse += (on(sigma, k, 0) + on(sigma, k, 1) > 0) / rho ^ 2
      }
      for (i = 1; i <= n; i++) inverse += (substr(sigma, i, 1) > 0) / 1e15
      return 1 / sqrt(inverse)
    }
    function bad(what) { print what ": " $0; failed = 1; exit 1 }
    function differ(x, y) { return x - y > 1e-6 * y || y - x > 1e-6 * y }
    NR == 1 { next }
    NR == 2 { class = $9; noisy = $10; best = $2 }
    { if ($1 != NR - 1 || $9 != class || $10 != noisy || ($11 in seen)) bad("rank, class, noisy or selection")
      if (NR > 2 && $2 > last) bad("order")
      off = $3 - (1 - $2 / best)
      if (differ($2, margin($11)) || off > 1e-9 || off < -1e-9) bad("margin or gap")
      if (!($4 >= 0 && $4 < 1e-10)) bad("certificate")
      if ($5 != on($11, 1, 0) || $6 != on($11, 1, 1) || $7 != on($11, 2, 0) || $8 != on($11, 2, 1)) bad("counts")
      last = $2; seen[$11] = 1 }
    END {
      if (failed) exit 1
      if (class !~ "^[12]*$" || length(class) != n || noisy !~ "^[01]*$" || length(noisy) != n) exit 1
      for (code = 0; code < T ^ n; code++) {
        sigma = ""
        for (i = c = code; length(sigma) < n; c = int(c / T)) sigma = sigma c % T
        if ((sigma in seen) != (margin(sigma) > 0)) { print "selection " sigma; exit 1 }
      }
      print noisy >>"flips"
    }' log >>err
  verdict $? "attn select --n $1 --T $2 --rho $3 --seed $4: all selections by a formula"
}
: >flips
for rho in 6e6 1.7e7 6e7; do
  select_naive 8 2 $rho 1
  select_naive 5 4 $rho 2
  select_naive 6 3 $rho 3
done
grep -q 1 flips
verdict $? "attn select: draws with flipped labels are among those"

fails_with "--T: T = 1: the tokens per sample must lie in [2, 256]" "attn margin --T 1" "$bin/attn" margin --T 1
fails_with "--n: n = 0: the number of samples must lie in [1, 1000]" "attn margin --n 0" "$bin/attn" margin --n 0
fails_with "--rho: rho = 0: the signal norm" "attn margin --rho 0" "$bin/attn" margin --rho 0
fails_with "--eta: eta = 0.5: the label-flip rate" "attn margin --eta 0.5" "$bin/attn" margin --eta 0.5
fails_with "--R: R = 0: bounds over |p_mm| must lie in (0, 1e6]" "attn margin --R 0" "$bin/attn" margin --R 0
fails_with "--R: R = 1:2: a grid is written" "attn margin with a grid that is none" "$bin/attn" margin --R 1:2
fails_with "--R: 2 after 3: the bounds must rise" "attn margin with bounds that fall" "$bin/attn" margin --R '1 3 2'
fails_with "--R: 3 after 3: the bounds must rise" "attn margin with a bound twice" "$bin/attn" margin --R '3 3'
fails_with "--starts: starts = 1001: the random starts" "attn margin --starts 1001" "$bin/attn" margin --starts 1001
fails_with "n = 1000, T = 6: 5000 noise tokens, at most 4000" "attn margin with too many tokens" "$bin/attn" margin --n 1000 --T 6
fails_with "n = 40, T = 2, d = 6: no v and p realise the best token selection" "attn margin in too few dimensions" \
  "$bin/attn" margin --d 6
fails_with "--top: no such option of 'margin'" "attn margin with an option of select" "$bin/attn" margin --top 1

margin() { "$bin/attn" margin --n 16 --d 16000 --rho 79 "$@"; }
header='R margin margin_limit cos_v cos_p att_clean att_noisy log10_risk_clean gap starts spread R_over best sine worse status'
margin >margin.tsv 2>err && [ ! -s err ] && [ "$(head -n 1 margin.tsv | tr '\t' ' ')" = "$header" ]
verdict $? "attn margin: its columns"
"$bin/attn" margin --help | tr -s ' \n' '  ' | grep -q -F "columns: $header "
verdict $? "attn margin --help names the columns"
margin --seed 1 2>err | cmp -s - margin.tsv
verdict $? "attn margin: the same again"
margin --seed 2 >other.tsv 2>err && [ "$(wc -l <other.tsv)" -eq 13 ] && ! cmp -s other.tsv margin.tsv
verdict $? "attn margin: another seed is another draw"
# what holds of every draw
awk -F '\t' '
  function bad(what) { print what ": " $0; failed = 1; exit 1 }
  NR == 1 { next }
  NF != 16 { bad("cells") }
  NR == 2 { limit = $3; unit = $1 / $12 }
  $3 != limit || $2 > limit * (1 + 1e-9) || $2 < last * (1 - 1e-9) { bad("margin") }
  !($9 >= 0 && $9 < 1e-10) || $4 > 1 + 1e-12 || $5 > 1 + 1e-12 { bad("certificate or cosine") }
  $6 < 0 || $6 > 1 || $7 < 0 || $7 > 1 || $11 < 0 || $11 > 1 { bad("share") }
  { last = $2; rows++ }
  $12 == "inf" { if ($1 != "inf" || $2 != limit || $4 < 1 - 1e-12 || $5 < 1 - 1e-12 || $16 != "selection" || $10 != 9) bad("limit"); ended = NR; next }
  { x = $1 / $12 / unit - 1; if (x > 1e-9 || x < -1e-9) bad("units") }
  $16 == "stationary" ? $14 > 1e-5 : $14 <= 1e-5 { bad("status") }
  $12 == 10 && !($5 > 0.99 && $2 > 0.999 * limit) { bad("near the limit") }
  END { exit failed || rows != 12 || ended != NR }' margin.tsv >err
verdict $? "attn margin: margins rise to their limit, with certificates"
margin --R '0.1, 3' --starts 0 >none.tsv 2>err && margin --R 0.1:3:2 --starts 3 >three.tsv 2>>err && [ ! -s err ] &&
  [ "$(cut -f 12 none.tsv | tr '\n' ' ')" = 'R_over 0.1 3 inf ' ] &&
  paste none.tsv three.tsv | awk -F '\t' 'NR > 1 && NR < 4 && $26 != $10 + 3 { exit 1 } NR == 4 && $26 != $10 { exit 1 }'
verdict $? "attn margin --starts 3: three starts more"
# One clean sample on a long signal, in so many dimensions that |xi|^2 = d: the gap of p_mm is 1, so that
# with s = 1/(1 + exp(-R/|p_mm|)) attention on the signal the margin is |s mu + (1 - s) xi|.
"$bin/attn" margin --n 1 --eta 0 --d 1e15 --rho 5e7 >one.tsv 2>err && [ ! -s err ] &&
  awk -F '\t' 'NR > 1 { s = $12 == "inf" ? 1 : 1 / (1 + exp(-$12)); m = sqrt(s * s * 25e14 + (1 - s) ^ 2 * 1e15)
    r = $12 == "inf" ? 0 : $1 * sqrt(25e14 + 1e15) / $12 - 1; x = $2 / m - 1; y = $3 / 5e7 - 1; z = $6 - s
    if (x * x > 1e-12 || y * y > 1e-12 || z * z > 1e-12 || r * r > 1e-12) { print; exit 1 } }
    END { if (NR != 13) exit 1 }' one.tsv >err
verdict $? "attn margin: one sample, by a formula"
# no flipped labels and a strong signal: both signals alone
"$bin/attn" margin --n 9 --T 3 --eta 0 --d 1e15 --rho 1e8 --R 1 >log 2>err &&
  awk -F '\t' 'NR == 3 { x = $3 / (1e8 / sqrt(2)) - 1; exit !(x * x < 1e-18 && $6 == 1 && $7 == "nan" && $13 == "best") }' log
verdict $? "attn margin: two signals, by a formula"

echo "1..$count"
[ $failed -eq 0 ]
