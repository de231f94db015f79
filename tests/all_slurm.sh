#!/bin/sh
# make slurm with a real Slurm of one node, which this test starts and stops: arrays, the merging job that
# depends on them, shards that fail, asking twice; the results to the byte. A copy of the tree with one experiment
# at small settings.
# shellcheck disable=SC2016,SC2181 # dollars for later; the status of a function with much on its line
set -u

. tests/tap.sh
. tests/small_tree.sh
. tests/slurm_cluster.sh
reason=$(cluster_missing)
[ -z "$reason" ] || { echo "1..0 # SKIP $reason"; exit 0; }
needs gd_two_steps attn weave ledger trace verify
# what an outer Make hands down, and what would answer for the options of the test
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL MAKEOVERRIDES SET C V STEM EXACT REASON SLURM_OPTIONS PER_TASK AT_ONCE
for variable in $(env | sed -n 's/^\(S\(BATCH\|QUEUE\|CANCEL\|LURM\)_[A-Z_]*\)=.*/\1/p'); do unset "$variable"; done

make_box
finish() {
  cluster_stop
  rm -rf "$box"
}
if ! cluster_start; then
  echo "1..0 # SKIP Slurm cannot be started here: $(cat "$box/cluster/why")"
  exit 0
fi

stem=gd_two_steps
small_tree "$box/local"
printf '#!/bin/sh\n' >"$box/local/src/tools/setup.sh" # has tests of its own
cp -a "$box/local" "$box/a tree"
cd "$box/a tree" || exit 1

diagnose() {
  tail -n 8 "$box/said"
  tail -n 4 build/slurm/*/*.log
  squeue --array --noheader
}
ask() { make "$@" >"$box/said" 2>&1; }
says() { grep -q -e "$1" "$box/said"; }
array() { sed -n 's/^slurm: job \([0-9]*\): shards: .*/\1/p' "$box/said"; }
merging() { sed -n 's/^slurm: job \([0-9]*\): make .*/\1/p' "$box/said"; }
# waits three minutes at most for the condition to hold
wait_for() {
  deadline=$(($(date +%s) + 180))
  until "$@"; do
    [ "$(date +%s)" -lt $deadline ] || return 1
    sleep 0.2
  done
}
idle() { [ -z "$(squeue --noheader)" ]; }
in_state() { squeue --noheader --array --jobs="$1" --states="$2" 2>/dev/null | grep -q .; } # in_state JOB STATE
state_of() { scontrol --oneliner show job "$1" | sed -n 's/.* JobState=\([A-Z]*\).*/\1/p'; }
ended_well() { [ "$(state_of "$1" | sort -u)" = COMPLETED ]; }
# What the companion has, but for the files that say when and where it was made.
same_tree() { # same_tree FOLDER FOLDER
  diff -r -q --exclude='*.provenance' --exclude=provenance.tsv "$1" "$2" >>"$box/said" 2>&1
}
shards_of() { sed 's/^[^ ]* [^ ]* \([^ ]*\) .*/\1/' "build/slurm/$1/shards" | tr '\n' ' '; }
name_of() { scontrol --oneliner show job "$1" | sed -n '1s/.* JobName=attnlab-\([^ ]*\).*/\1/p'; }
# ---- everything ----

(cd "$box/local" && make all) >"$box/said" 2>&1
verdict $? "the results without Slurm"

ask slurm-script && idle && [ ! -e build/run/$stem/1.tsv ] && says '^  sbatch '
verdict $? "make slurm-script submits nothing"
ask slurm && first=$(array) && merge=$(merging) && [ -n "$first" ] && [ -n "$merge" ] && in_state "$merge" PD
verdict $? "make slurm: an array, and a merging job that waits"
wait_for idle && ended_well "$first" && ended_well "$merge"
verdict $? "both end well"
same_tree "$box/local/paper/companion" paper/companion && same_tree "$box/local/build/run" build/run
verdict $? "shards, results, figures, pages and PDF are the local ones to the byte"
grep -q '^10 claims: 5 supported' build/slurm/"$(name_of "$first")"/merge.log
verdict $? "the merging job's output has the verdicts"
ask slurm && says 'no shard is missing' && idle
verdict $? "asked again, nothing is missing"
rm -rf build/run build/slurm paper/companion
ask slurm-script STEM=$stem && sed -n 's/^  \(sbatch .*\)/\1/p' "$box/said" >"$box/by_hand"
scontrol update partitionname=main state=down
env -i PATH="$PATH" SLURM_CONF="$SLURM_CONF" sh -c "cd / && eval \"\$(sed \"s|build/slurm|'$box/a tree/build/slurm'|g\" '$box/by_hand')\"" >"$box/said" 2>&1 &&
  ask slurm && says 'nothing new to submit: missing shards: 3, all queued or running'
verdict $? "the written jobs submitted by hand, from elsewhere: make slurm knows them"
scontrol update partitionname=main state=up
wait_for idle && same_tree "$box/local/build/run" build/run && same_tree "$box/local/paper/companion/data/$stem" paper/companion/data/$stem
verdict $? "and they give the same results"

# ---- asking twice, and shards that fail ----

set="d=2000 rho=6.7 steps=20 shards=4"
place=build/set/$stem/d-2000+rho-6.7+steps-20+shards-4
(cd "$box/local" && make $stem SET="$set") >"$box/said" 2>&1
verdict $? "other settings without Slurm"

scontrol update partitionname=main state=down
ask slurm STEM=$stem SET="$set" PER_TASK=2 && says 'shards: 4, tasks: 2$' && first=$(array)
verdict $? "PER_TASK=2 and SET, while the partition is down"
ask slurm STEM=$stem SET="$set" && says "nothing new to submit: missing shards: 4, all queued or running (job $first)" &&
  [ "$(squeue --noheader --array | wc -l)" -eq 3 ]
verdict $? "asked again while all is pending, nothing is submitted"
scontrol update partitionname=main state=up
wait_for idle && same_tree "$box/local/$place/data" $place/data && same_tree "$box/local/$place/run" $place/run
verdict $? "two shards a task give the same results"

# From here on a shard's program waits while there is $box/hold, so that tasks run for as long as the test needs
# them to, and is killed in that time when there is $box/kill. As old as the program, so that no shard is too old.
mkdir build/real
mv build/bin/$stem build/real/
cat >build/bin/$stem <<END
#!/bin/sh
case "\$*" in
  *"--shard 2 "*) while [ -e "$box/hold" ]; do
    [ ! -e "$box/kill" ] || kill -KILL \$\$
    sleep 0.1
  done ;;
esac
exec build/real/$stem "\$@"
END
chmod +x build/bin/$stem
touch -r build/real/$stem build/bin/$stem

fails() { # fails NAME COMMAND...: the command makes a task of job $first fail, of which $lost is the shard
  name=$1
  shift
  rm -rf $place build/slurm
  touch "$box/hold"
  ask slurm STEM=$stem SET="$set" SLURM_OPTIONS="--partition=main --no-requeue" && first=$(array) && merge=$(merging)
  lost=2
  wait_for in_state "${first}_$lost" R
  "$@" >>"$box/said" 2>&1
  verdict $? "$name: a running task"
  wait_for gone && rm -f "$box/hold" "$box/kill" && wait_for idle && [ ! -e $place/run/$stem/$lost.tsv ] && [ ! -e $place/data ] && [ "$(state_of "$merge")" = CANCELLED ]
  verdict $? "$name: the shard is not there, and nothing was merged"
  for shard in 1 3 4; do [ -s $place/run/$stem/$shard.tsv ] && cp -p $place/run/$stem/$shard.tsv "$box/$shard"; done
  verdict $? "$name: the other shards are"
  ask slurm STEM=$stem SET="$set" && says 'shards: 1, tasks: 1$' && [ "$(shards_of "$(name_of "$(array)")")" = "$lost " ]
  verdict $? "$name: asked again, that shard alone is submitted"
  wait_for idle && same_tree "$box/local/$place/data" $place/data && same_tree "$box/local/$place/run" $place/run
  verdict $? "$name: the results are the local ones to the byte"
  [ -z "$(find $place/run/$stem/1.tsv -newer "$box/1")$(find $place/run/$stem/3.tsv -newer "$box/3")$(find $place/run/$stem/4.tsv -newer "$box/4")" ]
  verdict $? "$name: the finished shards are kept"
}
gone() { ! in_state "${first}_$lost" R,PD,CG; }
fails "scancel" eval 'scancel "${first}_$lost"'
fails "SIGKILL" eval 'touch "$box/kill"'
touch "$box/hold"
rm -rf $place build/slurm
ask slurm STEM=$stem SET="$set" AT_ONCE=1 && first=$(array) && wait_for in_state "${first}_2" R && [ "$(squeue --noheader --states=R | wc -l)" -eq 1 ]
verdict $? "AT_ONCE=1: one task runs"
scontrol requeue "${first}_2" >>"$box/said" 2>&1 && ask slurm STEM=$stem SET="$set" && says 'nothing new to submit'
verdict $? "a task that Slurm takes back is still queued"
scancel --user="$(id -un)"
rm "$box/hold"
wait_for idle

# ---- what sbatch does not take ----

rm -rf $place build/slurm
ask slurm STEM=$stem SET="$set" SLURM_OPTIONS="--partition=nowhere"
[ $? -ne 0 ] && idle && says '^slurm: sbatch took no job (.*[Ii]nvalid partition.*); nothing was submitted' && [ "$(grep -c -v '^make: ' "$box/said")" -eq 1 ]
verdict $? "a partition that is unknown: one sentence"

# ---- nothing stays ----

cluster_stop
# daemons and jobs have the cluster's configuration in their environment
grep -l -a -F "SLURM_CONF=$SLURM_CONF" /proc/[0-9]*/environ 2>/dev/null | grep -v -F -x -e "/proc/$$/environ" >"$box/left"
unset SLURM_CONF
while read -r process; do
  case $({ tr '\0' ' ' <"${process%environ}cmdline"; } 2>/dev/null) in
    *slurm*d* | munged* | build/bin/*) echo "left: $process" ;;
  esac
done <"$box/left" >"$box/said"
[ ! -s "$box/said" ]
verdict $? "no process of the cluster is left"

echo "1..$count"
[ $failed -eq 0 ]
