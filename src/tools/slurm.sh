#!/bin/sh
# slurm.sh slurm|slurm-script [STEM K... [STEM K...]...]: these missing shards as an array of Slurm
# jobs, and a job that merges them when all have succeeded; "slurm" submits both, "slurm-script" only
# writes them. make slurm calls it, and says in the environment
#   slurm_run      the folder of the shards
#   slurm_shard    the command of a shard, in terms of $stem, $shard and $file
#   slurm_merge    what make has to make in the end, and its variables
#   SLURM_OPTIONS  options of sbatch, for both jobs
#   PER_TASK       shards of a task, one after the other; without it one, or as many as the array needs
#   AT_ONCE        tasks that may run at the same time
#
# Every array has a folder of its own, build/slurm/NAME, with its scripts, its output and the list of
# its shards, and its job is called attnlab-NAME. So squeue's answer says which shards are under way.
set -eu
: "${slurm_run:?}" "${slurm_shard:?}" "${slurm_merge:?}"

say() { echo "slurm: $*"; }
fail() {
  say "$*" >&2
  exit 1
}
# In single quotes for a shell.
quoted() { printf "'%s'" "$(printf '%s\n' "$1" | sed "s/'/'\\\\''/g")"; }
number() { # number NAME VALUE: a whole number, or none
  case $2 in
    *[!0-9]* | 0* | ???????*) fail "$1=$2: must be a whole number in [1, 999999]" ;;
  esac
}

goal=$1
shift
number PER_TASK "${PER_TASK:=}"
number AT_ONCE "${AT_ONCE:=}"
nothing_missing() {
  say "no shard is missing; make $slurm_merge makes the rest here"
  exit 0
}
[ $# -gt 0 ] || nothing_missing
if [ "$goal" = slurm ] && ! command -v sbatch >/dev/null; then
  fail "there is no sbatch here; make slurm needs a Slurm cluster, make slurm-script writes its jobs without one"
fi

box=$(mktemp -d) || fail "no temporary folder could be made"
trap 'rm -rf "$box"' EXIT
trap 'exit 1' INT TERM HUP
mkdir -p build/slurm
# one at a time, from the question of what is queued to the submission
exec 9>build/slurm/submit.lock
flock 9

# ---- which shards -------------------------------------------------------------------------------

for word; do
  case $word in
    [0-9]*) echo "$stem $word $slurm_run/$stem/$word.tsv" ;;
    *) stem=$word ;;
  esac
done | sort -k 1,1 -k 2,2n >"$box/listed"

# Those under way: "FILE JOB" for each shard of a task that Slurm still has.
: >"$box/busy"
set -- build/slurm/*/shards
if [ -e "$1" ]; then
  if squeue --noheader --array --user="$(id -un)" --format='%j %K %F' >"$box/queue" 2>"$box/err"; then
    awk 'FILENAME == ARGV[1] { job[$1 "/" $2] = $3; next }
      FNR == 1 { split(FILENAME, folder, "/"); name = "attnlab-" folder[3] }
      name "/" $1 in job { print $4, job[name "/" $1] }' "$box/queue" "$@" >"$box/busy"
  elif [ "$goal" = slurm ]; then
    cat "$box/err" >&2
    fail "squeue does not tell which shards are under way, so nothing was submitted; try again, or delete build/slurm if none is"
  fi
fi
# Those that were finished after Make had looked and before squeue answered.
cut -d ' ' -f 1 "$box/listed" | sort -u | while read -r stem; do
  find "$slurm_run/$stem" -name '*.tsv' -newer "$slurm_run/$stem/settings"
done >"$box/finished"
awk 'FILENAME == ARGV[1] { finished[$0]; next } !($3 in finished)' "$box/finished" "$box/listed" >"$box/missing"
[ -s "$box/missing" ] || nothing_missing
awk -v waited="$box/waited" 'FILENAME == ARGV[1] { job[$1] = $2; next }
  $3 in job { print job[$3] >waited; next }
  { print }' "$box/busy" "$box/missing" >"$box/todo"
jobs=
[ ! -e "$box/waited" ] || jobs=$(sort -un "$box/waited" | tr '\n' ' ')
jobs=${jobs% }

missing=$(wc -l <"$box/missing")
count=$(wc -l <"$box/todo")
if [ "$count" -eq 0 ]; then
  say "nothing new to submit: missing shards: $missing, all queued or running (job $jobs)"
  exit 0
fi

# ---- how many tasks -----------------------------------------------------------------------------

limit=$(scontrol show config 2>/dev/null | sed -n 's/^MaxArraySize *= *\([0-9]*\).*/\1/p')
limit=$((${limit:-1001} - 1)) # the largest index; 1001 is what Slurm has when nothing is configured
[ "$limit" -ge 1 ] || fail "this cluster takes no arrays of jobs (MaxArraySize)"
enough=$(((count + limit - 1) / limit))
: "${PER_TASK:=$enough}"
tasks=$(((count + PER_TASK - 1) / PER_TASK))
[ "$tasks" -le "$limit" ] ||
  fail "PER_TASK=$PER_TASK makes $tasks tasks, and an array has at most $limit here: PER_TASK=$enough or more"

# ---- the jobs -----------------------------------------------------------------------------------

first=$(sed -n '1s/ .*//p' "$box/todo")
case $slurm_merge in
  all*) first=all ;;
esac
folder=$(mktemp -d "build/slurm/$first-XXXXXX") || fail "no folder could be made in build/slurm"
name=${folder##*/}
awk -v per="$PER_TASK" '{ print int((NR - 1) / per) + 1, $0 }' "$box/todo" >"$folder/shards"

# head_of NAME OUTPUT LINE...: what both jobs begin with. The user's options come first, since later ones win
# and a job of another name would not be recognised. The environment is the Makefile's; where it has
# no OPENBLAS_CORETYPE, the nodes have none either. Variables of the Make that submits are not for another.
head_of() {
  echo '#!/bin/sh'
  [ -z "${SLURM_OPTIONS:-}" ] || echo "#SBATCH $SLURM_OPTIONS" | tr '\n' ' ' | sed 's/ *$//'
  echo
  printf '#SBATCH %s\n' "--job-name=attnlab-$1" "--chdir=\"$PWD\"" "--output=$folder/$2" --open-mode=append
  shift 2
  printf '#SBATCH %s\n' "$@"
  for variable in OPENBLAS_NUM_THREADS OPENBLAS_CORETYPE SOURCE_DATE_EPOCH LC_ALL; do
    eval "value=\${$variable:-}"
    if [ -n "$value" ]; then
      echo "export $variable=$(quoted "$value")"
    else
      echo "unset $variable"
    fi
  done
  echo 'unset MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKELEVEL MAKEOVERRIDES SET STEM PER_TASK AT_ONCE SLURM_OPTIONS'
}

{
  head_of "$name" '%a.log' "--array=1-$tasks${AT_ONCE:+%$AT_ONCE}" --requeue
  cat <<END
trap 'exit 143' TERM
list=$folder/shards
END
  cat <<'END'
# The shards of this task. A requeued task does not repeat what it has finished; a shard that fails does
# not stop the others, but the task fails.
failed=0
while read -r task stem shard file; do
  [ "$task" = "$SLURM_ARRAY_TASK_ID" ] || continue
  [ -z "$(find "$file" -newer "${file%/*}/settings" 2>/dev/null)" ] || continue
END
  cat <<END
  $slurm_shard </dev/null && continue
END
  cat <<'END'
  echo "shard $shard of $stem failed: make slurm submits it again" >&2
  failed=1
done <"$list"
exit $failed
END
} >"$folder/array.sh"
{
  head_of "$name-merge" merge.log --kill-on-invalid-dep=yes
  # one merging job at a time in this tree
  printf 'exec flock build/slurm/merge.lock make -j"%s" ONLY_MERGE=1 %s\n' "\${SLURM_CPUS_ON_NODE:-1}" "$slurm_merge"
} >"$folder/merge.sh"

summary="shards: $count, tasks: $tasks"
[ -z "$jobs" ] || summary="$summary; shards that are queued or running already: $((missing - count)) (job $jobs)"
# An earlier array may have failed in part, which make slurm is asked again for: so after its end, however
# it ended. The merging job looks whether all shards are there.
after=
[ -z "$jobs" ] || after=,afterany:$(echo "$jobs" | tr ' ' :)

if [ "$goal" = slurm-script ]; then
  say "$summary; to submit them and what merges them:"
  echo "  sbatch --dependency=afterok:\$(sbatch --parsable $folder/array.sh)$after $folder/merge.sh"
  exit 0
fi

submit() { # submit OPTION... SCRIPT: sets job, or is false and sets why
  job=$(sbatch --parsable "$@" 2>"$box/err" 9>&-) || {
    why=$(tr '\n' ' ' <"$box/err" | sed 's/ *$//')
    return 1
  }
  job=${job%%;*} # "12;cluster" where there are several
  cat "$box/err" >&2
}
submit "$folder/array.sh" ||
  fail "sbatch took no job ($why); nothing was submitted, and finished shards stay; the job is $folder/array.sh"
array=$job
submit "--dependency=afterok:$array$after" "$folder/merge.sh" ||
  fail "job $array computes the shards, but sbatch took no job that merges them ($why); when job $array has ended, make $slurm_merge does"
say "job $array: $summary"
say "job $job: make $slurm_merge, when all of $array have succeeded; what both say: $folder/*.log"
