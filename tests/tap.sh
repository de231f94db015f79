# tap.sh: what the shell tests share; sourced from the root of the repository. A test that wants to
# say more about a failure defines diagnose, whose words follow the failing line.
# shellcheck shell=sh

bin=$(pwd)/build/bin
count=0 failed=0

needs() { # needs PROGRAM...: they are built, or the test ends
  for made; do
    [ -x "$bin/$made" ] || { echo "Bail out! $bin/$made is not built: make build/bin/$made"; exit 1; }
  done
}

# A folder of the test's own in $box, removed at its end with what was mounted there ($mounted).
make_box() {
  box=$(mktemp -d) || exit 1
  mounted=
  trap finish EXIT
  trap 'exit 1' INT TERM HUP
}
finish() {
  for folder in $mounted; do umount "$folder"; done
  rm -rf "$box"
}

diagnose() { cat err log 2>/dev/null; }
verdict() { # verdict STATUS NAME
  count=$((count + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $count - $2"
  else
    failed=$((failed + 1))
    echo "not ok $count - $2"
    diagnose | head -n 12 | sed 's/^/# /'
  fi
}
skip() { # skip NAME REASON
  count=$((count + 1))
  echo "ok $count - $1 # SKIP $2"
}
