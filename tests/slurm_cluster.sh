# slurm_cluster.sh: a Slurm of one node for a test, in the folder of its own that make_box made; sourced
# after tap.sh. All daemons, and the jobs that they start, live in one process namespace, which ends with
# the test, however that ends: so nothing is left running.
# shellcheck shell=sh

PATH=$PATH:/usr/sbin:/sbin
cluster_pid=

# cluster_missing: says what keeps a cluster from being started here, if anything.
cluster_missing() {
  for tool in slurmctld slurmd sbatch squeue scancel scontrol; do
    command -v $tool >/dev/null || { echo "there is no $tool; on Debian: apt-get install slurm-wlm munge"; return; }
  done
  command -v munged >/dev/null || { echo "there is no munged; on Debian: apt-get install munge"; return; }
  for tool in unshare setpriv; do
    command -v $tool >/dev/null || { echo "there is no $tool; on Debian: apt-get install util-linux"; return; }
  done
  [ "$(id -u)" = 0 ] || { echo "only root can start a Slurm of its own"; return; }
  unshare --pid --fork --mount-proc true 2>/dev/null || echo "no process namespace can be made here"
}

# cluster_start: sets SLURM_CONF; false when no node is idle after half a minute, with a reason in $box/cluster/why.
cluster_start() {
  c=${box:?}/cluster
  mkdir -p "$c/state" "$c/spool"
  chmod 755 "$box" # munged looks whether others could have changed the folders above its socket
  head -c 1024 /dev/urandom >"$c/munge.key"
  chmod 400 "$c/munge.key"
  # ports that depend on the process, so that two tests do not meet
  port=$((20000 + $$ % 10000 * 2))
  host=$(uname -n)
  host=${host%%.*}
  cat >"$c/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$c/munge.socket
CredType=cred/munge
StateSaveLocation=$c/state
SlurmdSpoolDir=$c/spool
SlurmctldPidFile=$c/slurmctld.pid
SlurmdPidFile=$c/slurmd.pid
SlurmctldLogFile=$c/slurmctld.log
SlurmdLogFile=$c/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
MaxArraySize=51
KillWait=2
SchedulerParameters=sched_min_interval=0,bf_interval=1
NodeName=lab NodeHostname=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=lab Default=YES MaxTime=INFINITE State=UP
END
  : >"$c/cgroup.conf"
  SLURM_CONF=$c/slurm.conf
  export SLURM_CONF
  cat >"$c/daemons.sh" <<END
munged --foreground --force --key-file=$c/munge.key --socket=$c/munge.socket --pid-file=$c/munged.pid \\
  --log-file=$c/munged.log --seed-file=$c/munged.seed &
tries=0
until [ -S $c/munge.socket ] || [ \$tries -ge 100 ]; do sleep 0.1; tries=\$((tries + 1)); done
slurmctld -D -c &
slurmd -D -N lab &
wait
END
  setpriv --pdeathsig KILL unshare --pid --fork --kill-child --mount-proc sh "$c/daemons.sh" >"$c/said" 2>&1 &
  cluster_pid=$!
  cluster_tries=0
  until [ "$(timeout 5 sinfo --noheader --format=%t 2>"$c/err")" = idle ]; do
    cluster_tries=$((cluster_tries + 1))
    if [ $cluster_tries -ge 60 ] || ! kill -0 "$cluster_pid" 2>/dev/null; then
      cat "$c/err" "$c/said" "$c"/*.log 2>/dev/null | grep -i -e error -e fatal | tail -n 3 | tr '\n' ' ' >"$c/why"
      return 1
    fi
    sleep 0.5
  done
}

cluster_stop() {
  [ -n "$cluster_pid" ] || return 0
  kill -KILL "$cluster_pid" 2>/dev/null
  wait "$cluster_pid" 2>/dev/null
  cluster_pid=
}
