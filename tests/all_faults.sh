#!/bin/sh
# Faults, counted: signals at random moments, kills inside each tool, full and read-only disks, limits,
# corrupted shards, parts and locks left behind, two runs at once, skewed clocks. The rule: never a
# wrong result, never a lost finished shard, always a sentence that names a file. The table is also
# written to build/tests/faults.tsv. FAULTS=<n> sets how many times SIGKILL comes (default 100);
# SIGTERM and SIGINT come a fifth of that. ONLY=<words> does only the faults whose name has these words.
set -u

# Mounts and processes of its own, which end with it, however it ends.
if [ -z "${FAULTS_APART:-}" ]; then
  for user in '' --map-root-user; do
    # shellcheck disable=SC2086 # an option or none
    if unshare $user --mount --pid --fork --kill-child --mount-proc true 2>/dev/null; then
      FAULTS_APART=yes exec unshare $user --mount --pid --fork --kill-child --mount-proc sh "$0"
    fi
  done
fi
apart=${FAULTS_APART:-}
unset FAULTS_APART

. tests/tap.sh
. tests/small_tree.sh
needs gd_two_steps attn weave ledger trace verify
for tool in gnuplot pandoc rsvg-convert setsid od timeout flock; do
  command -v "$tool" >/dev/null || { echo "1..0 # SKIP there is no $tool; on Debian: apt-get install $tool"; exit 0; }
done
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL MAKEOVERRIDES SET SIZE C V STEM EXACT REASON CDPATH
kills=${FAULTS:-100}
only=${ONLY:-}
root=$(pwd)
stem=gd_two_steps
longest=120 # seconds; whoever takes longer hangs
make_box
running=
finish() {
  [ -z "$running" ] || kill -KILL "-$running" 2>/dev/null
  cd /
  for folder in $mounted; do umount "$folder"; done
  rm -rf "$box"
}
diagnose() { cat "$box/noted" 2>/dev/null; }

# ---- a tree with one experiment, on a disk of its own ----

disk=$box/disk
mkdir "$disk"
if [ -n "$apart" ] && mount -t tmpfs -o size=200m tmpfs "$disk" 2>/dev/null; then
  mounted=$disk
fi
small_tree "$disk/tree"
mkdir "$disk/tmp"
export TMPDIR="$disk/tmp"
cd "$disk/tree" || exit 1
printf '#!/bin/sh\n' >src/tools/setup.sh # it has tests of its own

# The experiment: settings SET, whose results do not go into the pages.
small="shards=4 d=2000 rho=6.7 n=20 steps=20 draws=12"
settle() { # settle SET
  set=$1
  place=build/set/$stem/$(echo "$set" | tr ' =' '+-')
  data=$place/data/$stem
  shards=$place/run/$stem
  figure=$place/figures/$stem.svg
  right=$box/right/$(echo "$set" | tr ' =' '+-')
}
run() { timeout $longest make -j2 $stem SET="$set" >"$box/said" 2>&1; }
# The program alone, where Make's part is the same each time.
remake() {
  {
    [ -e "$shards/2.tsv" ] || build/bin/$stem --conf experiments/$stem.conf --set "$set" --shard 2 --out "$shards/2.tsv"
  } >"$box/said" 2>&1 && build/bin/$stem --conf experiments/$stem.conf --set "$set" --gather "$shards" --out "$data" >>"$box/said" 2>&1
}
results_right() { # the results are there, and those of a run without a fault
  for table in claims steps trajectory; do cmp -s "$data/$table.tsv" "$right/$table.tsv" || return 1; done
  cmp -s "$figure" "$right/figure.svg"
}
# The companion: pages, figures, ledger and PDF, from results that stay.
companion=paper/companion
pages() { timeout $longest make -j2 all >"$box/said" 2>&1; }
companion_right() { diff -r "$box/right/companion" $companion >/dev/null 2>&1; }
without_pages() { rm -rf build/companion build/tex $companion/figures; rm -f $companion/*.*; }
again=run intact=results_right

# ---- counting ----

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# What a fault counts: times, right after it, shards lost, silent (success without the right results,
# or a failure without a sentence that names a file and says why, or with a page of them), crashed or hung.
begin() { # begin NAME: status 1 when it is not asked for
  fault=$1 times=0 right_after=0 lost=0 silent=0 crashed=0
  : >"$box/noted"
  : >"$box/kept"
  began=$(milliseconds)
  case $fault in *"$only"*) return 0 ;; *) return 1 ;; esac
}
note() { { echo "$1"; grep -v '^  [A-Z][A-Z]* ' "$box/said" | tail -n 8; } >>"$box/noted"; }
finished() { for kept in "$shards"/*.tsv; do [ ! -f "$kept" ] || stat -c "%n %i %y" "$kept"; done; }
keep() { finished >"$box/kept"; } # what is there must stay
broke() { # broke STATUS [FILE [REASON]]: what a run said while the fault lasted
  if [ "$1" -eq 124 ] || [ "$1" -eq 137 ]; then
    crashed=$((crashed + 1))
    note "it hung:"
  elif grep -q -i -e 'segmentation' -e 'aborted' -e 'core dumped' -e 'bus error' -e 'floating point exc' "$box/said" &&
    ! grep -q 'was not made; pandoc reserves' "$box/said"; then # pandoc's own
    crashed=$((crashed + 1))
    note "crashed:"
  fi
  if [ "$1" -eq 0 ]; then
    $intact || { silent=$((silent + 1)); note "exit 0 without the right results:"; }
  elif [ -n "${2:-}" ] && ! { grep -q -e "$2" "$box/said" && grep -q -i -e "${3:-}" "$box/said"; }; then
    silent=$((silent + 1))
    note "no sentence with '${2:-}' and '${3:-}':"
  elif [ "$(grep -c -v '^  ' "$box/said")" -gt 16 ]; then
    silent=$((silent + 1))
    note "a page of noise:"
  fi
}
must_fail() { # must_fail STATUS: the fault was such that nothing can be made
  [ "$1" -ne 0 ] || { silent=$((silent + 1)); note "success, in spite of the fault:"; }
}
recover() { # the fault is gone: all becomes right and what was finished is kept
  times=$((times + 1))
  finished >>"$box/kept"
  if $again && $intact; then right_after=$((right_after + 1)); else note "not right afterwards:"; fi
  finished >"$box/now"
  if grep -q -v -x -F -f "$box/now" "$box/kept"; then
    lost=$((lost + 1))
    note "a finished shard was lost:"
  fi
  : >"$box/kept"
}
end() {
  printf '%s\t%d\t%d\t%d\t%d\t%d\n' "$fault" $times $right_after $lost $silent $crashed >>"$box/faults.tsv"
  [ $times -gt 0 ] && [ $right_after -eq $times ] && [ $lost -eq 0 ] && [ $silent -eq 0 ] && [ $crashed -eq 0 ]
  verdict $? "$fault: $times times, right $right_after, shard lost $lost, silent $silent, crashed $crashed"
  echo "# in $((($(milliseconds) - began) / 1000)) s"
}
printf 'fault\ttimes\tright\tshard lost\tsilent\tcrashed\n' >"$box/faults.tsv"

# ---- without a fault ----

mkdir "$box/right"
reference() { # reference SET: the results at these settings, and how long they last
  settle "$1"
  run # compiles what the copied times ask for
  rm -rf "$place"
  began=$(milliseconds)
  run
  status=$?
  lasted=$(($(milliseconds) - began))
  mkdir "$right"
  cp "$data"/*.tsv "$right/" && cp "$figure" "$right/figure.svg"
  [ $status -eq 0 ] && results_right
}
slow="shards=4 d=2000 rho=6.7 steps=150 draws=120" # shards that last, to be met by signals
reference "$slow"
verdict $? "a run without a fault, with shards that last"
slow_lasts=$lasted
echo "# it lasts $lasted ms"
large="shards=3 draws=12"
reference "$large"
verdict $? "a run without a fault, at settings that need memory"
reference "$small"
verdict $? "a run without a fault"
echo "# it lasts $lasted ms"
pages
without_pages
began=$(milliseconds)
pages
status=$?
pages_last=$(($(milliseconds) - began))
cp -Rp $companion "$box/right/companion"
[ $status -eq 0 ] && [ -s $companion/$stem.html ] && [ -s $companion/ledger.tsv ]
verdict $? "a companion without a fault"
echo "# it lasts $pages_last ms"
pdf=
[ ! -s $companion/companion.pdf ] || pdf=yes

# ---- shards that are not what was written ----

shard=$shards/2.tsv
run
cp "$shard" "$box/shard"
size=$(wc -c <"$box/shard")
corrupted() { # the shard in place is wrong: the summary refuses it, and goes on when it is deleted
  rm -f "$data/claims.tsv"
  $again
  broke $? "$shard"
  rm -rf "$shard"
  recover
}
again=remake
if begin "a flipped bit in a shard"; then
  # shellcheck disable=SC2013 # words
  for at in $(awk -v n=40 -v size="$size" 'BEGIN { srand(20241008); while (n--) print int(rand() * size) "," int(rand() * 8) }'); do
    byte=$(od -An -tu1 -j "${at%,*}" -N1 "$box/shard")
    byte=$(printf '%03o' $((byte ^ (1 << ${at#*,}))))
    { head -c "${at%,*}" "$box/shard"; printf '%b' "\\0$byte"; tail -c +$((${at%,*} + 2)) "$box/shard"; } >"$shard"
    corrupted
  done
  end
fi
if begin "another digit in a shard"; then
  for line in 2 3 4 5 6; do
    # of att_clean, the ninth column: the first after the point, so that a summary that took it would differ
    awk -F '\t' -v OFS='\t' -v line=$line 'NR == line { $9 = "0." (substr($9, 3, 1) == "1" ? "2" : "1") substr($9, 4) } 1' \
      "$box/shard" >"$shard"
    corrupted
  done
  end
fi
if begin "a shard cut short"; then
  for length in $(awk -v size="$size" 'BEGIN { srand(20241009); for (i = 0; i < 20; i++) print int(rand() * size); print size - 1 }') \
    $(head -n 1 "$box/shard" | wc -c) $(head -n 3 "$box/shard" | wc -c); do
    head -c "$length" "$box/shard" >"$shard"
    corrupted
  done
  end
fi
again=run
if begin "a shard with something else in it"; then
  for how in empty nul garbage doubled folder; do
    cp "$box/shard" "$box/bad"
    case $how in
      empty) : >"$box/bad" ;;
      nul) head -c 512 /dev/zero >>"$box/bad" ;;
      garbage) echo garbage >>"$box/bad" ;;
      doubled) tail -n 1 "$box/shard" >>"$box/bad" ;;
    esac
    if [ $how = folder ]; then rm "$shard" && mkdir "$shard"; else cat "$box/bad" >"$shard"; fi
    corrupted
  done
  end
fi
again=remake
if begin "a shard of other settings"; then
  for eta in 0.05 0.2 0.3; do
    build/bin/$stem --conf experiments/$stem.conf --set "$set eta=$eta" --shard 2 --out "$shard"
    corrupted
  done
  end
fi
again=run

# ---- signals ----

# stopped SIGNAL MOMENT COMMAND...: to a process group of the command and all its children
stopped() {
  name=$1 moment=$2
  shift 2
  # the shell starts jobs with SIGINT ignored
  env --default-signal=INT setsid "$@" >"$box/said" 2>&1 &
  running=$!
  sleep "$moment"
  kill "-$name" "-$running" 2>/dev/null
  ( # who goes on for long is killed; ends by itself when the process is gone
    left=200
    while kill -0 $running && [ $left -gt 0 ]; do
      sleep 0.1
      left=$((left - 1))
    done
    [ $left -gt 0 ] || { : >"$box/hung"; kill -KILL "-$running"; }
  ) 2>/dev/null &
  wait $running 2>/dev/null
  status=$?
  kill -KILL "-$running" 2>/dev/null
  running=
  if [ -e "$box/hung" ]; then
    rm "$box/hung"
    status=124
  elif [ $status -eq 137 ]; then
    status=1
  fi
}
signal() { # signal NAME TIMES
  begin "SIG$1" || return
  # shellcheck disable=SC2013 # words
  for moment in $(awk -v n="$2" -v ms="$slow_lasts" 'BEGIN { srand(20241007); while (n--) printf "%.3f\n", rand() * ms / 1000 }'); do
    rm -rf "$place"
    stopped "$1" "$moment" make -j2 $stem SET="$set"
    broke $status
    recover
  done
  end
}
signal_pages() {
  begin "SIG$1, pages and PDF" || return
  # shellcheck disable=SC2013 # words
  for moment in $(awk -v n="$2" -v ms="$pages_last" 'BEGIN { srand(20241006); while (n--) printf "%.3f\n", rand() * ms / 1000 }'); do
    without_pages
    stopped "$1" "$moment" make -j2 all
    broke $status
    recover
  done
  end
}
settle "$slow"
signal KILL "$kills"
signal TERM $(((kills + 4) / 5))
signal INT $(((kills + 4) / 5))
settle "$small"
again=pages intact=companion_right
signal_pages KILL $(((kills + 9) / 10))
signal_pages TERM $(((kills + 24) / 25))

# SIGKILL while a tool has written half of its file: a tool that does so stands in the way of the right one.
mkdir "$box/half"
halves() { # halves TOOL FILE: when the file, or a part of it, is there
  cat >"$box/half/$1" <<END
#!/bin/sh
'$(command -v "$1")' "\$@" || exit
for file in '$PWD/$2' '$PWD/$2'.*part '$PWD/build/companion/${2##*/}'.*part; do
  [ -f "\$file" ] || continue
  truncate -s \$((\$(wc -c <"\$file") / 2)) "\$file"
  kill -KILL 0
done
END
  chmod +x "$box/half/$1"
}
half() { # half TOOL FILE [GOAL]: killed in the tool that makes the file, which is away before
  rm -f "$box"/half/* "$2" "$2".*part "build/companion/${2##*/}".*part "${3:-$2}"
  halves "$1" "$2"
  env PATH="$box/half:$PATH" setsid make -j1 "${3:-$2}" >"$box/said" 2>&1 &
  wait $! 2>/dev/null
  status=$?
  [ $status -eq 137 ] || { silent=$((silent + 1)); note "$1 was not killed:"; }
  broke 1
  recover
}
if begin "SIGKILL, half a file written"; then
  half cp $companion/style.css
  half pandoc $companion/index.html
  half sed $companion/index.html
  half cp $companion/figures/$stem.svg
  if [ -n "$pdf" ]; then
    half rsvg-convert build/tex/figures/$stem.pdf
    half pandoc build/tex/companion.tex
    half pdflatex build/tex/companion.pdf $companion/companion.pdf
    half cp $companion/companion.pdf
  fi
  end
fi
again=run intact=results_right
if begin "SIGKILL, half a program written"; then
  for file in build/obj/claims/$stem.o build/bin/$stem build/lib/libattn.a; do
    rm -rf "$place"
    case $file in
      *.a) half ar "$file" ;;
      *) half cc "$file" ;;
    esac
  done
  # all results are older than the new program, and the provenance of the same results says so
  mv $companion "$box/older"
  pages
  for table in claims steps trajectory; do
    cmp $companion/data/$stem/$table.tsv "$box/older/data/$stem/$table.tsv" || { silent=$((silent + 1)); note "$table.tsv differs:"; }
  done
  rm -rf "$box/right/companion"
  cp -Rp $companion "$box/right/companion"
  end
fi

# ---- disks ----

room() { # room [KILOBYTES]: so many are left on the disk, or enough
  if [ $# -eq 0 ]; then
    mount -o remount,size=200m "$disk"
  else
    used=$(df -k --output=used "$disk" | tail -n 1)
    mount -o remount,size=$((used + $1))k "$disk"
  fi
}
kilobytes() { du -kc "$@" | tail -n 1 | cut -f 1; } # of the pages of files
# full FILE KILOBYTES...: with so much room FILE cannot be made when $gone is away, and is named
full() {
  named=$1
  shift
  for free; do
    for file in $gone; do rm -rf "$file"; done
    keep
    room "$free"
    $again
    status=$?
    broke $status "$named" 'no space left'
    must_fail $status
    room
    recover
  done
}
if [ -z "$mounted" ]; then
  skip "full disk" "no file system can be mounted here"
  skip "read-only disk" "no file system can be mounted here"
else
  again=run intact=results_right
  if begin "full disk: shards and results"; then
    run
    gone=$place
    full "$shards/settings: " 0
    gone="$shards/4.tsv $shards/4.tsv.provenance $data/claims.tsv"
    full "$shards/4.tsv: writing failed" 0 4
    full "$shards/4.tsv.provenance: writing failed" "$(kilobytes "$shards/4.tsv")"
    gone="$data/claims.tsv $data/steps.tsv $data/trajectory.tsv $data/provenance.tsv"
    full "$data/[a-z]*.tsv: writing failed" 0 4
    full "$data/claims.tsv: writing failed" "$(kilobytes "$data/steps.tsv" "$data/trajectory.tsv" "$data/provenance.tsv")"
    gone=$figure
    # shellcheck disable=SC2046 # words
    full "$figure" $(awk -v kb="$(kilobytes "$figure")" 'BEGIN { for (i = 0; i < 8; i++) print int(i * kb * 3 / 8) }')
    end
  fi
  again=pages intact=companion_right
  if begin "full disk: pages, ledger and PDF"; then
    gone="$companion/figures/$stem.svg"
    full $companion/figures/$stem.svg 0 60
    gone="$companion/$stem.html build/companion/$stem.md"
    full build/companion/$stem 0 4
    gone=$companion/$stem.html
    full $companion/$stem.html 4 40
    gone=$companion/style.css
    full $companion/style.css 0
    gone=$companion/ledger.tsv
    full "$companion/ledger.tsv: writing failed" 0 4
    if [ -n "$pdf" ]; then
      gone="build/tex/companion.tex $companion/companion.pdf"
      full build/tex/companion.tex 4
      gone="build/tex/figures/$stem.pdf $companion/companion.pdf"
      full build/tex/figures/$stem.pdf 4
      gone="$companion/companion.pdf build/tex/companion.pdf build/tex/companion.log"
      full companion.pdf 4 16 100 500
    fi
    end
  fi
  # shellcheck disable=SC2086 # words
  read_only() { # read_only FILE...: which are away, and cannot be made
    rm -rf "$@"
    mount -o remount,ro "$disk"
    $again
    status=$?
    broke $status "[a-z]/[a-z]" 'read-only file system'
    must_fail $status
    mount -o remount,rw "$disk"
    recover
  }
  if begin "read-only disk"; then
    again=run intact=results_right
    read_only "$place"
    read_only "$shards/4.tsv" "$data/claims.tsv"
    read_only "$data/claims.tsv"
    read_only "$figure"
    again=pages intact=companion_right
    read_only $companion/$stem.html
    read_only $companion/ledger.tsv
    read_only $companion/style.css
    [ -z "$pdf" ] || read_only $companion/companion.pdf
    [ -z "$pdf" ] || read_only build/tex/companion.tex $companion/companion.pdf
    end
  fi
fi

# ---- limits ----

# shellcheck disable=SC3045 # dash and bash have them
limited() { # limited -f|-v SIZE FILE REASON: of what was deleted before
  {
    (
      ulimit -c 0
      ulimit "$1" "$2"
      timeout $longest make -j2 "$goal" ${goal_set:+SET="$goal_set"} 2>&1
      echo $? >&3
    ) | cat >"$box/said"
  } 3>"$box/status"
  status=$(cat "$box/status")
  [ -n "$status" ] || status=1
  broke "$status" "$3" "$4"
}
too_large='too large\|size limit'
if begin "limit on the size of files"; then
  again=run intact=results_right goal=$stem goal_set=$set
  for blocks in 1 4 8 16 24 48 96; do # of 512 bytes, in sh
    rm -rf "$place"
    limited -f $blocks "$place" "$too_large"
    recover
  done
  again=pages intact=companion_right goal=all goal_set=
  for blocks in 4 16 64 128 256; do
    without_pages
    limited -f $blocks "$companion\|build/" "$too_large"
    recover
  done
  end
fi
if begin "limit on memory"; then
  settle "$large"
  again=run intact=results_right goal=$stem goal_set=$set
  for size in 20000 45000 60000 100000 150000 200000 220000 240000 260000 300000; do
    rm -rf "$place"
    limited -v $size "$place" 'memory\|failed to map'
    recover
  done
  for size in 20000 60000 80000 100000; do
    rm -f "$figure"
    limited -v $size "$figure" 'memory\|failed to map'
    recover
  done
  again=pages intact=companion_right goal=all goal_set=
  for size in 100000 500000; do
    without_pages
    limited -v $size "$companion" 'memory\|failed to map\|addresses'
    recover
  done
  settle "$small"
  end
fi

# ---- what was left behind, two at once ----

if begin "a part that was left behind"; then
  again=run intact=results_right
  run
  for file in "$shards/settings" "$shards/2.tsv" "$shards/2.tsv.provenance" "$data/claims.tsv" "$figure"; do
    case $file in
      "$shards/settings") rm -rf "$shards" && mkdir "$shards" ;;
      "$shards/2"*) rm -f "$shards/2.tsv" ;;
    esac
    rm -f "$file" "$data/claims.tsv"
    keep
    yes garbage | head -c 1000000 >"$file.part" # longer than what it is a part of
    recover
  done
  again=pages intact=companion_right
  for file in $companion/ledger.tsv $companion/figures/$stem.svg ${pdf:+$companion/companion.pdf build/tex/companion.tex}; do
    rm -f "$file"
    yes garbage | head -c 1000000 >"$file.part" # longer than what it is a part of
    recover
  done
  end
fi
if begin "a lock that is held"; then
  again=run intact=results_right
  run
  for file in "$shards/2.tsv" "$shards/2.tsv.provenance" "$data/claims.tsv" "$data/steps.tsv"; do
    case $file in
      "$shards/2"*) rm -f "$shards/2.tsv" ;;
    esac
    rm -f "$data/claims.tsv"
    keep
    : >"$box/hold"
    # shellcheck disable=SC2016 # of the inner shell
    flock "$file.part" sh -c 'while [ -e "$0" ]; do sleep 0.1; done' "$box/hold" &
    holder=$!
    while flock -n "$file.part" true; do sleep 0.05; done
    run
    status=$?
    broke $status "$file: another run is writing this file"
    must_fail $status
    rm "$box/hold"
    wait $holder
    recover
  done
  end
fi
# twice LATER PATTERN GOAL...: when both say that all is well it is, and who does not says why
twice() {
  late=$1 pattern=$2
  shift 2
  (timeout $longest make -j2 "$@" >"$box/other" 2>&1; echo $? >"$box/other.status") &
  sleep "$late"
  timeout $longest make -j2 "$@" >"$box/said" 2>&1
  status=$?
  wait $!
  other=$(cat "$box/other.status")
  [ "$other" -ne 0 ] || [ $status -ne 0 ] || broke 0
  [ $status -eq 0 ] || broke $status "$pattern"
  if [ "$other" -ne 0 ]; then
    cp "$box/other" "$box/said"
    broke "$other" "$pattern"
  fi
  recover
}
if begin "two runs in one tree"; then
  again=run intact=results_right
  for late in 0 0 0.05 0.1 0.2 0.3; do
    rm -rf "$place"
    twice $late "$place" $stem SET="$set"
  done
  again=pages intact=companion_right
  for late in 0 0 0.3 0.3 1 2; do
    without_pages
    twice $late "$companion\|build/" all
  done
  end
fi

# ---- clocks ----

again=run intact=results_right
still='has a time that is still to come'
if begin "files of a later time"; then
  run
  for file in "$shards/1.tsv" "$shards/settings" "$data/steps.tsv" "$figure" experiments/$stem.conf build/bin/$stem; do
    keep
    touch -r "$file" "$box/time"
    touch -d '+1 hour' "$file"
    run
    status=$?
    broke $status "$file $still"
    must_fail $status
    touch -r "$box/time" "$file"
    recover
  done
  end
fi
if ! command -v faketime >/dev/null; then
  skip "a clock that is wrong" "there is no faketime; on Debian: apt-get install faketime"
elif begin "a clock that is wrong"; then
  for shift in -3d +3d -30y; do
    for stat in 0 1; do # whether files' times are shifted too
      rm -rf "$place"
      env NO_FAKE_STAT=$stat timeout $longest faketime -f "$shift" make -j2 $stem SET="$set" >"$box/said" 2>&1
      broke $? '[a-z]/[a-z]' "$still"
      recover
    done
  done
  end
fi
# All files are of later times, as if made before the clock was set back, and the settings are edited now.
if begin "a clock set back, then an edit"; then
  run
  cp -p experiments/$stem.conf "$box/conf"
  for eta in 0.1 0.2; do
    find . -type f -exec touch -d '+1 hour' {} +
    sed "s/^eta .*/eta = $eta/" "$box/conf" >experiments/$stem.conf
    right=$box/right/eta-$eta # which nothing in place is
    mkdir "$right"
    run
    status=$?
    broke $status '[a-z]/[a-z]' "$still"
    must_fail $status
    # the clock is right again
    find . -type f ! -path ./experiments/$stem.conf -exec touch -d '-1 hour' {} +
    cp "$shards/1.tsv" "$box/shard"
    build/bin/$stem --conf experiments/$stem.conf --set "$set" --shard 1 --out "$box/edited.tsv"
    times=$((times + 1))
    if run && cmp -s "$shards/1.tsv" "$box/edited.tsv" && ! cmp -s "$shards/1.tsv" "$box/shard"; then
      right_after=$((right_after + 1))
    else
      note "not right afterwards:"
    fi
  done
  end
fi

mkdir -p "$root/build/tests" && cp "$box/faults.tsv" "$root/build/tests/faults.tsv"
sed 's/^/# /' "$box/faults.tsv"
echo "1..$count"
[ $failed -eq 0 ]
