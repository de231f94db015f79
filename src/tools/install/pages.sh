#!/bin/sh
# pages.sh PAGE.md ATTN: the manual page with what stands elsewhere put in: the version, the help of the
# program ATTN and its sub-commands, and the first sentence of each header. On standard output.
set -eu
page=$1
attn=$2
version=$("${0%/*}/../version.sh")

# A section for each sub-command: its help, letter by letter
help() {
  "$attn" --help | sed -n 's/^  attn \([a-z]*\) .*/\1/p' | while read -r sub; do
    printf '# ATTN %s\n\n' "$(echo "$sub" | tr '[:lower:]' '[:upper:]')"
    "$attn" "$sub" --help | sed 's/^/    /'
    echo
  done
}

# "/* trial: one draw of D with ..." up to the first full stop
headers() {
  for header in src/attn/*.h; do
    name=${header##*/}
    awk -v name="${name%.h}" '
      FNR == 1 && index($0, "/* " name ": ") != 1 { exit 1 }
      { line = $0; if (FNR == 1) line = substr(line, length(name) + 6); sub(/^ \* ?/, "", line); sub(/ *\*\/$/, "", line)
        text = text (FNR > 1 ? " " : "") line }
      text ~ /[.:]$|[.] / || $0 ~ /\*\/$/ || $0 ~ /^ \*$/ { exit }
      END { sub(/[.:]( .*)?$/, "", text); sub(/[, ]+$/, "", text); gsub(/[*_\\<>|]/, "\\\\&", text); printf "**attn/%s.h**\n:   %s\n\n", name, text }' "$header" ||
      { echo "pages.sh: $header does not begin with '/* ${name%.h}: what it is'" >&2; exit 1; }
  done
}

while IFS= read -r line; do
  case $line in
    @HELP@) help ;;
    @HEADERS@) headers ;;
    *) printf '%s\n' "$line" | sed "s/@VERSION@/$version/" ;;
  esac
done <"$page"
