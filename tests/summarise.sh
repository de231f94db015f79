#!/bin/sh
# summarise.sh LOG...: reads TAP logs, each closed by "# exit STATUS", shows what failed or was
# skipped, and ends with the counts. Exits 1 when anything failed, or when nothing ran at all.
awk '
  FNR == 1 { name = FILENAME; sub(/.*\//, "", name); sub(/\.tap$/, "", name); failed_here = 0 }
  /^1\.\.0/ { skipped++; sub(/^1\.\.0 *#? */, ""); print "skipped  " name ": " $0; next }
  /^ok / && /# *SKIP/ { skipped++; print "skipped  " name ": " $0; next }
  /^ok / { passed++; next }
  /^not ok / { failed++; failed_here++; print "FAILED   " name ": " $0; next }
  /^# exit / {
    if ($3 != 0 && !failed_here) {
      failed++
      print "FAILED   " name ": ended with status " $3 " and no failed line; see " FILENAME
    } else if (failed_here) {
      print "         details in " FILENAME
    }
  }
  END {
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0 || passed == 0
  }' "$@"
