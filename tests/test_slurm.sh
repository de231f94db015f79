#!/bin/sh
# make slurm and make slurm-script with stand-ins for Slurm's commands: what is submitted, what is not, what is
# said, and that the scripts compute what Make computes. tests/all_slurm.sh has a real Slurm.
# shellcheck disable=SC2016,SC2181 # dollars that are meant; the status of a function with much on its line
set -u

. tests/tap.sh
. tests/small_tree.sh
needs gd_two_steps attn weave ledger trace verify
for tool in gnuplot pandoc flock; do
  command -v "$tool" >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
# what an outer Make hands down
unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL MAKEOVERRIDES SET C V STEM EXACT REASON SLURM_OPTIONS PER_TASK AT_ONCE
unset OPENBLAS_CORETYPE
LC_ALL=C.UTF-8
export LC_ALL
make_box
diagnose() { tail -n 8 "$box/said"; }

stem=gd_two_steps
small_tree "$box/a tree" # a blank in its path
cd "$box/a tree" || exit 1
printf '#!/bin/sh\n' >src/tools/setup.sh # has tests of its own

# ---- stand-ins ----

# sbatch numbers its jobs, records its arguments, and takes the script as it is; $fake/fail makes it fail:
# all jobs (array), or those with a dependency (merge). squeue tells $fake/queue, or fails without it.
fake=$box/fake
mkdir "$fake" "$box/path"
export fake
cat >"$box/path/sbatch" <<'END'
#!/bin/sh
case $(cat "$fake/fail" 2>/dev/null)$* in
  array* | merge*--dependency*) echo "sbatch: error: invalid partition specified: nowhere" >&2; exit 1 ;;
esac
job=$(($(cat "$fake/last" 2>/dev/null || echo 100) + 1))
echo $job >"$fake/last"
echo "$*" >"$fake/$job.words"
for script; do :; done
cp "$script" "$fake/$job"
echo "$job;cluster"
END
cat >"$box/path/squeue" <<'END'
#!/bin/sh
[ ! -e "$fake/meanwhile" ] || sh "$fake/meanwhile"
cat "$fake/queue" || exit 1
END
cat >"$box/path/scontrol" <<'END'
#!/bin/sh
echo "MaxArraySize            = $(cat "$fake/max" 2>/dev/null || echo 1001)"
END
chmod +x "$box"/path/*
# a PATH without a Slurm that the machine may have
for tool in make sh awk sed grep cat cp mv rm mkdir dirname basename mktemp head tail seq nproc tr wc sort touch find cmp comm ls \
  cut env id date chmod sleep flock ar cc gcc as ld pandoc gnuplot printf echo true false test; do
  # Make calls some commands without a shell, so that its own are not enough
  found=$(IFS=:; for folder in $PATH; do [ ! -x "$folder/$tool" ] || { echo "$folder/$tool"; break; }; done)
  [ -z "$found" ] || ln -s "$found" "$box/path/$tool"
done
# shellcheck disable=SC2123 # it is the search path
PATH=$box/path

ask() { make "$@" >"$box/said" 2>&1; }
says() { grep -q -e "$1" "$box/said"; }
submitted() { # submitted COUNT: in all
  jobs=$(find "$fake" -name '[0-9]*' ! -name '*.words' | wc -l)
  [ "$jobs" -eq "$1" ]
}
options_of() { sed -n 's/^#SBATCH //p' "$fake/$1"; }
forget() { rm -rf build/slurm "${fake:?}"/*; }
# task JOB INDEX: runs it as Slurm would, with another environment
task() {
  (cd "$(options_of "$1" | sed -n 's/^--chdir="\(.*\)"$/\1/p')" &&
    env -u OPENBLAS_NUM_THREADS LC_ALL=POSIX MAKEFLAGS=-n SLURM_ARRAY_TASK_ID="$2" sh "$fake/$1") >"$box/said" 2>&1
}
results='claims steps trajectory'
same() { # same FOLDER_OF_DATA FOLDER_OF_DATA
  for table in $results; do cmp "$1/$table.tsv" "$2/$table.tsv" >>"$box/said" 2>&1 || return 1; done
}
data=paper/companion/data/$stem
run=build/run/$stem

# ---- the local results ----

ask $stem && [ -s $run/3.tsv ] && mv paper/companion "$box/local" && mv build/run "$box/local.run"
verdict $? "the results without Slurm"

# ---- only writing ----

mkdir "$box/aside" && mv "$box/path/sbatch" "$box/path/squeue" "$box/path/scontrol" "$box/aside/"
ask slurm
[ $? -ne 0 ] && [ "$(grep -c -v '^make: ' "$box/said")" -eq 1 ] && says '^slurm: there is no sbatch here; ' && [ ! -e build/slurm ]
verdict $? "without sbatch: make slurm fails with a sentence"
ask slurm-script STEM=$stem && says '^slurm: shards: 3, tasks: 3; ' && says '^  sbatch --dependency=afterok:$(sbatch --parsable build/slurm/'
verdict $? "without sbatch: make slurm-script says how to submit"
sh -n build/slurm/$stem-*/array.sh && sh -n build/slurm/$stem-*/merge.sh && [ ! -e $run/1.tsv ] &&
  [ "$(cat build/slurm/$stem-*/shards)" = "$(for k in 1 2 3; do echo "$k $stem $k $run/$k.tsv"; done)" ]
verdict $? "it writes scripts and the list, and computes nothing"
if command -v /usr/bin/shellcheck >/dev/null; then
  /usr/bin/shellcheck build/slurm/$stem-*/*.sh >"$box/said" 2>&1
  verdict $? "the scripts are clean under shellcheck"
fi
mv "$box/aside"/* "$box/path/"
forget

# ---- submission, tasks, merging ----

ask slurm STEM=$stem SLURM_OPTIONS="--partition=some --time=1:00:00" AT_ONCE=2 && submitted 2 &&
  says '^slurm: job 101: shards: 3, tasks: 3$' && says "^slurm: job 102: make $stem, when all of 101 have succeeded; "
verdict $? "make slurm submits an array and a merging job"
options_of 101 >"$box/said"
says '^--partition=some --time=1:00:00$' && says '^--array=1-3%2$' && says "^--job-name=attnlab-$stem-......\$"
verdict $? "the array's options"
options_of 102 >"$box/said"
cat "$fake/102.words" >>"$box/said"
says '^--partition=some --time=1:00:00$' && says '^--kill-on-invalid-dep=yes$' && says '^--parsable --dependency=afterok:101 '
verdict $? "the merging job's options"
name=$(options_of 101 | sed -n 's/^--job-name=//p')
for k in 1 2 3; do echo "$name $k 101"; done >"$fake/queue"
echo "$name-merge N/A 102" >>"$fake/queue"
ask slurm STEM=$stem && submitted 2 && says 'missing shards: 3, all queued or running (job 101)$'
verdict $? "asked again, it submits nothing while all is queued"
ask slurm && submitted 2
verdict $? "nor for all experiments"
echo "cp '$box/local.run/$stem/2.tsv' $run/; touch $run/2.tsv" >"$fake/meanwhile"
echo "$name 3 101" >"$fake/queue"
ask slurm && submitted 4 && says '^slurm: job 103: shards: 1, tasks: 1; shards that are queued or running already: 1 (job 101)$'
verdict $? "nor a shard that is finished meanwhile, but one that is lost"
rm "$fake/meanwhile" "$fake"/10[34]* $run/2.tsv
echo 102 >"$fake/last"
task 102 0
[ $? -ne 0 ] && says "^shard [123] of $stem is not there or older than its settings or program; make slurm submits it\$" && [ ! -e $run/1.tsv ] && [ ! -e $data ]
verdict $? "a merging job without shards fails with a sentence and computes none"
task 101 1 && task 101 3 && cmp -s $run/1.tsv "$box/local.run/$stem/1.tsv" && cmp -s $run/3.tsv "$box/local.run/$stem/3.tsv" && [ ! -e $run/2.tsv ]
verdict $? "a task computes its shard and no other"
touch "$box/stamp" && sleep 0.02 && task 101 1 && [ -z "$(find $run/1.tsv -newer "$box/stamp")" ]
verdict $? "a requeued task does not repeat what is finished"
mv build/bin/$stem "$box/program" && printf '#!/bin/sh\nexit 3\n' >build/bin/$stem && chmod +x build/bin/$stem
task 101 2
[ $? -ne 0 ] && says "^shard 2 of $stem failed" && [ ! -e $run/2.tsv ]
verdict $? "a task whose program fails, fails"
mv "$box/program" build/bin/$stem

# the second has failed and left the queue, the others are there
: >"$fake/queue"
ask slurm STEM=$stem && submitted 4 && says '^slurm: job 103: shards: 1, tasks: 1$' && grep -q " $stem 2 " build/slurm/"$(options_of 103 | sed -n 's/^--job-name=attnlab-//p')"/shards
verdict $? "asked again, it submits the missing shard alone"
task 103 1 && task 104 0 && says "^page: paper/companion/$stem.html\$" && same "$box/local/data/$stem" $data
verdict $? "the merging job gives the local results"
cmp -s "$box/local/$stem.html" paper/companion/$stem.html && cmp -s "$box/local/figures/$stem.svg" paper/companion/figures/$stem.svg
verdict $? "and the local page and figure"
ask slurm STEM=$stem && submitted 4 && says '^slurm: no shard is missing; '
verdict $? "with nothing missing it says so"

# ---- some queued, some not ----

rm -r build/run && forget
ask slurm STEM=$stem
name=$(options_of 101 | sed -n 's/^--job-name=//p')
echo "$name 2 101" >"$fake/queue"
ask slurm && says '^slurm: job 103: shards: 2, tasks: 2; shards that are queued or running already: 1 (job 101)$' && submitted 4 &&
  grep -q -e '--dependency=afterok:103,afterany:101 ' "$fake/104.words" && grep -q 'ONLY_MERGE=1 all$' "$fake/104"
verdict $? "the merging job waits for the shards of an earlier array too"
touch experiments/$stem.conf
rm "$fake/queue"
ask slurm STEM=$stem
[ $? -ne 0 ] && submitted 4 && says '^slurm: squeue does not tell which shards are under way, so nothing was submitted'
verdict $? "where squeue fails, nothing is submitted twice"
: >"$fake/queue"
task 101 1 && task 101 2 && task 101 3 && touch experiments/$stem.conf && ask slurm && says 'shards: 3, tasks: 3$'
verdict $? "shards older than their configuration are missing ones"

# ---- tasks of several shards ----

per_task() { # per_task MAX_ARRAY_SIZE PER_TASK TASKS
  rm -rf build/set
  forget
  echo "$1" >"$fake/max"
  ask slurm STEM=$stem PER_TASK="$2" SET="shards=7" && says "shards: 7, tasks: $3\$" && options_of 101 | grep -q "^--array=1-$3\$"
}
per_task 1001 3 3 && task 101 3 && ls build/set/$stem/shards-7/run/$stem/7.tsv >"$box/said" && [ ! -e build/set/$stem/shards-7/run/$stem/6.tsv ]
verdict $? "PER_TASK=3: seven shards in three tasks, and the last has one"
per_task 3 '' 2
verdict $? "more shards than an array has tasks: several in each"
per_task 1001 '' 7
verdict $? "otherwise one in each"
forget
echo 3 >"$fake/max"
ask slurm PER_TASK=1
[ $? -ne 0 ] && submitted 0 && says '^slurm: PER_TASK=1 makes 3 tasks, and an array has at most 2 here: PER_TASK=2 or more$'
verdict $? "a PER_TASK that makes too many tasks"
rm "$fake/max"

# ---- other settings ----

set="rho=6.7 d=2000"
place=build/set/$stem/rho-6.7+d-2000
ask $stem SET="$set" && mv $place "$box/set" && ask slurm STEM=$stem SET="$set" && says "^slurm: job 102: make $stem SET='$set', when "
verdict $? "SET: submitted"
task 101 1 && task 101 2 && task 101 3 && task 102 0 && same "$box/set/data/$stem" $place/data/$stem
verdict $? "SET: the local results"

# ---- misuse and failures ----

refuses() { # refuses TEXT NAME WORD...: one sentence besides Make's own, nothing submitted
  forget
  text=$1 name=$2
  shift 2
  ask "$@"
  [ $? -ne 0 ] && says "$text" && [ "$(grep -c -v '^make: ' "$box/said")" -le 1 ] && submitted 0
  verdict $? "$name"
}
rm -rf build/run
refuses 'STEM=nope is no experiment; the stems are: ' "an experiment that is unknown" slurm STEM=nope
refuses 'goes with one experiment as the goal' "SET without an experiment" slurm SET="eta=0.1"
refuses "SET: eta = 0.7: the label-flip rate must lie in" "a value outside its range" slurm STEM=$stem SET="eta=0.7"
refuses 'make slurm goes without another goal' "another goal" slurm $stem
for wrong in 0 -1 many 1000000; do
  refuses "PER_TASK=$wrong: must be a whole number in" "PER_TASK=$wrong" slurm PER_TASK=$wrong
done
refuses "AT_ONCE=some: must be a whole number in" "AT_ONCE=some" slurm AT_ONCE=some
forget
echo array >"$fake/fail"
ask slurm
[ $? -ne 0 ] && submitted 0 && says '^slurm: sbatch took no job (sbatch: error: invalid partition specified: nowhere); nothing was submitted'
verdict $? "sbatch fails: a sentence with its words"
rm "$fake/fail"
: >"$fake/queue"
ask slurm && submitted 2 && says 'shards: 3, tasks: 3$'
verdict $? "and the next time all is submitted"
forget
echo merge >"$fake/fail"
ask slurm STEM=$stem
[ $? -ne 0 ] && submitted 1 && says "^slurm: job 101 computes the shards, but sbatch took no job that merges them (.*nowhere); when job 101 has ended, make $stem does\$"
verdict $? "sbatch fails for the merging job: a sentence that says what to do"

echo "1..$count"
[ $failed -eq 0 ]
