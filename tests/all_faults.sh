#!/bin/sh
# Faults, counted: SIGKILL at random moments, corrupted shards, files of a later time. The rule: never a
# wrong result, never a lost finished shard, always a sentence that names a file. FAULTS=<n> sets how
# many times SIGKILL comes (default 100).
set -u

. tests/tap.sh
needs gd_two_steps ledger
for tool in gnuplot setsid od; do
  command -v "$tool" >/dev/null || { echo "1..0 # SKIP there is no $tool; on Debian: apt-get install $tool"; exit 0; }
done
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL MAKEOVERRIDES SET C V STEM EXACT REASON
kills=${FAULTS:-100}
root=$(pwd)
stem=gd_two_steps
make_box
running=
finish() {
  [ -z "$running" ] || kill -KILL "-$running" 2>/dev/null
  rm -rf "$box"
}
diagnose() { cat "$box/noted" 2>/dev/null; }

# ---- a tree with one experiment ----

mkdir -p "$box/tree/build"
tar -cf - Makefile src/attn src/tools src/claims/$stem.c experiments/$stem.conf figures/common.gp figures/$stem.gp \
  paper/chapters/$stem.md build/lib build/obj build/bin/$stem build/bin/ledger | tar -xpf - -C "$box/tree"
cd "$box/tree" || exit 1
printf '#!/bin/sh\n' >src/tools/setup.sh # it has tests of its own
sed -e 's/^d  .*/d = 2000/' -e 's/^rho .*/rho = 6.7/' -e 's/^n  .*/n = 20/' -e 's/^steps .*/steps = 20/' \
  -e 's/^draws .*/draws = 12/' -e 's/^samples .*/samples = 50/' -e 's/^record .*/record = 0 1 2 3 5/' \
  -e 's/^show .*/show = 0 1 2 3 5/' "$root/experiments/$stem.conf" >experiments/$stem.conf

set="shards=4"
place=build/set/$stem/shards-4
data=$place/data/$stem
shards=$place/run/$stem
figure=$place/figures/$stem.svg
run() { make -j2 $stem SET="$set" >"$box/said" 2>&1; }
# The program alone, where Make's part is the same each time.
remake() {
  {
    [ -e $shards/2.tsv ] || build/bin/$stem --conf experiments/$stem.conf --set "$set" --shard 2 --out $shards/2.tsv
  } >"$box/said" 2>&1 && build/bin/$stem --conf experiments/$stem.conf --set "$set" --gather $shards --out $data >>"$box/said" 2>&1
}
again=run
intact() { # the results are there, and those of a run without a fault
  for table in claims steps trajectory; do cmp -s $data/$table.tsv "$box/right/$table.tsv" || return 1; done
  cmp -s $figure "$box/right/figure.svg"
}

# What a fault counts: times, right after it, shards lost, silent (success without the right results,
# or a failure without a sentence that names a file), crashed.
begin() { fault=$1 times=0 right=0 lost=0 silent=0 crashed=0; : >"$box/noted"; }
note() { { echo "$1"; tail -n 6 "$box/said"; } >>"$box/noted"; }
finished() { for file in "$shards"/*.tsv; do [ ! -f "$file" ] || stat -c '%n %i %y' "$file"; done; }
broke() { # broke STATUS PATTERN: what a run said while the fault lasted
  if grep -q -i -e 'segmentation' -e 'aborted' -e 'core dumped' -e 'bus error' -e 'floating point exc' "$box/said"; then
    crashed=$((crashed + 1))
    note "crashed:"
  fi
  if [ "$1" -eq 0 ]; then
    intact || { silent=$((silent + 1)); note "exit 0 without the right results:"; }
  elif [ -n "$2" ]; then
    grep -q -e "$2" "$box/said" || { silent=$((silent + 1)); note "no sentence '$2':"; }
  fi
}
recover() { # the fault is gone: the results become right and what was finished is kept
  times=$((times + 1))
  finished >"$box/kept"
  if $again && intact; then right=$((right + 1)); else note "not right afterwards:"; fi
  finished >"$box/now"
  if grep -q -v -x -F -f "$box/now" "$box/kept"; then
    lost=$((lost + 1))
    note "a finished shard was lost:"
  fi
}
end() {
  printf '%s\t%d\t%d\t%d\t%d\t%d\n' "$fault" $times $right $lost $silent $crashed >>"$box/faults.tsv"
  [ $times -gt 0 ] && [ $right -eq $times ] && [ $lost -eq 0 ] && [ $silent -eq 0 ] && [ $crashed -eq 0 ]
  verdict $? "$fault: $times times, right $right, shard lost $lost, silent $silent, crashed $crashed"
}
printf 'fault\ttimes\tright\tshard lost\tsilent\tcrashed\n' >"$box/faults.tsv"

run # compiles what the copied times ask for
rm -rf $place
began=$(date +%s%N)
run
status=$?
lasted=$((($(date +%s%N) - began) / 1000000))
mkdir "$box/right"
cp $data/*.tsv "$box/right/" && cp $figure "$box/right/figure.svg"
[ $status -eq 0 ] && intact
verdict $? "a run without a fault"
echo "# it lasts $lasted ms"

# ---- shards that are not what was written ----

shard=$shards/2.tsv
run
cp $shard "$box/shard"
size=$(wc -c <"$box/shard")
corrupted() { # the shard in place is wrong: the summary refuses it, and goes on when it is deleted
  rm -f $data/claims.tsv
  $again
  broke $? "$shard"
  rm -rf $shard
  recover
}
again=remake
begin "a flipped bit in a shard"
# shellcheck disable=SC2013 # words
for at in $(awk -v n=40 -v size="$size" 'BEGIN { srand(20241008); while (n--) print int(rand() * size) "," int(rand() * 8) }'); do
  byte=$(od -An -tu1 -j "${at%,*}" -N1 "$box/shard")
  byte=$(printf '%03o' $((byte ^ (1 << ${at#*,}))))
  { head -c "${at%,*}" "$box/shard"; printf '%b' "\\0$byte"; tail -c +$((${at%,*} + 2)) "$box/shard"; } >$shard
  corrupted
done
end
begin "another digit in a shard"
for line in 2 3 4 5 6; do
  awk -F '\t' -v OFS='\t' -v line=$line 'NR == line { last = substr($NF, length($NF)); sub(/.$/, last == "1" ? "2" : "1", $NF) } 1' \
    "$box/shard" >$shard
  corrupted
done
end
begin "a shard cut short"
for length in $(awk -v size="$size" 'BEGIN { srand(20241009); for (i = 0; i < 20; i++) print int(rand() * size); print size - 1 }') \
  $(head -n 1 "$box/shard" | wc -c) $(head -n 3 "$box/shard" | wc -c); do
  head -c "$length" "$box/shard" >$shard
  corrupted
done
end
again=run
begin "a shard with something else in it"
for how in empty nul garbage doubled folder; do
  cp "$box/shard" "$box/bad"
  case $how in
    empty) : >"$box/bad" ;;
    nul) head -c 512 /dev/zero >>"$box/bad" ;;
    garbage) echo garbage >>"$box/bad" ;;
    doubled) tail -n 1 "$box/shard" >>"$box/bad" ;;
  esac
  if [ $how = folder ]; then rm $shard && mkdir $shard; else cat "$box/bad" >$shard; fi
  corrupted
done
end
again=remake
begin "a shard of other settings"
for eta in 0.05 0.2 0.3; do
  build/bin/$stem --conf experiments/$stem.conf --set "shards=4 eta=$eta" --shard 2 --out $shard
  corrupted
done
end

again=run

# ---- signals ----

signal() { # signal NAME TIMES: to Make and all its children
  begin "SIG$1"
  # shellcheck disable=SC2013 # words
  for moment in $(awk -v n="$2" -v ms=$lasted 'BEGIN { srand(20241007); while (n--) printf "%.3f\n", rand() * ms / 1000 }'); do
    rm -rf $place
    # the shell starts jobs with SIGINT ignored
    env --default-signal=INT setsid make -j2 $stem SET="$set" >"$box/said" 2>&1 &
    running=$!
    sleep "$moment"
    kill "-$1" "-$running" 2>/dev/null
    wait $running 2>/dev/null
    broke $? ''
    kill -KILL "-$running" 2>/dev/null
    running=
    recover
  done
  end
}
signal KILL "$kills"

# ---- clocks ----

begin "files of a later time"
for file in $shards/1.tsv $shards/settings $data/steps.tsv $figure; do
  touch -d '+1 hour' "$file"
  run
  broke $? ''
  touch "$file"
  run # what depends on the touched file
  recover
done
end

mkdir -p "$root/build/tests" && cp "$box/faults.tsv" "$root/build/tests/faults.tsv"
sed 's/^/# /' "$box/faults.tsv"
echo "1..$count"
[ $failed -eq 0 ]
