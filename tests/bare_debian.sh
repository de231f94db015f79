#!/bin/sh
# bare_debian.sh [TARGET...]: the README's commands (make all and make check, or the TARGETs) in a
# fresh clone on a bare Debian 12, each twice. TAP with the times on standard output.
#
# Needs root, debootstrap and a Debian mirror, which is reached the way this system's apt-get does.
#   BARE_TARBALL=FILE  keeps the bare system there (it is used from there when it is there already)
#   TMPDIR=FOLDER      where the system is put, /tmp by default; about 2 GB, removed at the end
set -u

[ $# -gt 0 ] || set -- all check

# shellcheck source=tests/bare_system.sh
. "$(dirname "$0")/bare_system.sh"

# ---- the tests ----------------------------------------------------------------------------------

count=0 failures=0
# result STATUS WHAT: one test; the log's end is shown where it failed.
result() {
  count=$((count + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $count - $2"
  else
    failures=$((failures + 1))
    echo "not ok $count - $2"
    tail -n 30 "$log" | sed 's/^/#   /'
  fi
}

inside "$root" apt-get update
result $? 'the mirror is reached'

inside "$root" sh -c '! command -v make && ! command -v cc && ! command -v gcc'
result $? 'neither make nor a compiler to begin with'

# Somebody who is not root: make is there, and nothing else.
inside "$root" apt-get install -y make
inside "$root" sh -c "cp -r /root/clone /tmp/clone && chown -R 65534:65534 /tmp/clone"
inside --userspec=65534:65534 "$root" sh -c "cd /tmp/clone && make $1"
status=$?
[ "$status" -ne 0 ] &&
  grep -q '^sudo apt-get update && sudo apt-get install -y .*gcc.*gnuplot' "$log"
result $? "make $1 without root: fails with the line that installs what is missing"
inside "$root" sh -c 'apt-get purge -y --auto-remove make && rm -rf /tmp/clone'

for target in "$@"; do
  for run in first second; do
    started=$(date +%s.%N)
    inside "$root" sh -c "cd /root/clone && apt-get install -y make && make $target"
    status=$?
    result "$status" "$(echo "$(date +%s.%N) $started" | awk -v target="$target" -v run="$run" \
      '{printf "apt-get install -y make && make %s: the %s time, %.1f s", target, run, $1 - $2}')"
    echo "# its last line: $(tail -n 1 "$log")"
  done
done
echo "# the system has $(du -sxm "$root" | cut -f 1) MB now"

echo "1..$count"
[ "$failures" -eq 0 ]
