#!/bin/sh
# pdf.sh FILE.tex OUT.pdf: runs pdflatex twice in the folder of FILE.tex, quietly; on a failure prints
# the lines of the error and exits 1. OUT.pdf appears whole or not at all.
set -eu

[ $# -eq 2 ] || { echo "usage: pdf.sh FILE.tex OUT.pdf" >&2; exit 1; }
tex=$1 out=$2
[ -r "$tex" ] || { echo "pdf.sh: $tex cannot be read" >&2; exit 1; }
command -v pdflatex >/dev/null || { echo "pdf.sh: pdflatex is not installed" >&2; exit 1; }

folder=$(dirname "$tex")
name=$(basename "$tex" .tex)
log=$folder/$name.log
# pdflatex reads what it wrote before, and another one in this folder would write over that
exec 9>"$folder/$name.lock"
flock -n 9 || { echo "pdf.sh: $out: another run is writing this file; wait for it or stop it" >&2; exit 1; }
rm -f "$folder/$name.aux" "$folder/$name.out" "$folder/$name.toc"

# The lines of the log must not be folded, or messages cannot be found in it. A log that could not be
# written to its end lacks them.
for run in 1 2; do
  if ! said=$(cd "$folder" && SOURCE_DATE_EPOCH=0 FORCE_SOURCE_DATE=1 max_print_line=2000 \
    pdflatex -interaction=nonstopmode -halt-on-error -file-line-error "$name.tex" 2>&1 </dev/null 9>&-); then
    echo "pdf.sh: pdflatex failed on $tex in run $run; from $log:" >&2
    if errors=$(grep -A 6 -E '^!|^[^ ]*:[0-9]+: ' "$log"); then
      printf '%s\n' "$errors" | tail -n 12 >&2
      "${0%/*}/room.sh" pdf.sh "$folder" || true
    elif "${0%/*}/room.sh" pdf.sh "$folder"; then
      printf '%s\n' "$said" | tail -n 12 >&2
    fi
    exit 1
  fi
done

if grep -q -E 'There were undefined references|has been referenced but does not exist' "$log"; then
  echo "pdf.sh: $tex has links that lead nowhere:" >&2
  grep -E 'undefined on input line|referenced but does not exist' "$log" | sort -u | head -n 12 >&2
  exit 1
fi
grep -E '^Overfull \\hbox \(([2-9][0-9]|[0-9]{3,})\.' "$log" | sort -u |
  sed "s|^|pdf.sh: warning: $name.tex: |" >&2 || true

cp "$folder/$name.pdf" "$out.part"
mv "$out.part" "$out"
