#!/bin/sh
# new.sh NAME: a new experiment called NAME, as four files that build, run and appear in the companion
# at once: a program, a configuration, a figure and a chapter, from the templates in src/tools/new.
# On any failure one sentence, status 1, and none of the four; no existing file is ever changed.
set -eu

name=${1:-}
templates=src/tools/new

fail() {
  echo "new: $*" >&2
  exit 1
}

# ---- the name -----------------------------------------------------------------------------------

[ -n "$name" ] || fail "a new experiment needs a name: make new NAME=step_size_decay"
case $name in
  *[!a-z0-9_]* | [!a-z]* | *__* | *_)
    fail "NAME=$name: a name is small letters, digits and single '_' between them, and begins with a letter" ;;
esac
[ ${#name} -le 40 ] || fail "NAME=$name: a name has at most 40 characters"
# shellcheck disable=SC2013 # words
for goal in $(sed -n 's/^\.PHONY: *//p' Makefile); do
  [ "$name" != "$goal" ] || fail "NAME=$name: 'make $name' has a meaning already (make help)"
done
claim=$(echo "$name" | tr _ -)

program=src/claims/$name.c figure=figures/$name.gp chapter=paper/chapters/$name.md
settings=experiments/$name.conf # the last one written, since it is what registers the experiment
for file in "$program" "$settings" "$figure" "$chapter" "src/tools/$name.c" "data/reference/$name" "$name"; do
  [ ! -e "$file" ] || fail "NAME=$name: there is already $file"
done
# shellcheck disable=SC2013 # words
for id in $(sed -n "s/^  - id: @CLAIM@/$claim/p" $templates/chapter.md); do
  ! taken=$(grep -lx -e "  - id: $id" paper/chapters/*.md) ||
    fail "NAME=$name: its claim would be called $id, which is a claim of $taken"
done

# ---- its place: after all experiments, before the general chapters behind them ---------------------

order=$(
  awk '
    FNR == 1 {
      front = 1
      stem = FILENAME
      sub(/.*\//, "", stem)
      sub(/\.[a-z]*$/, "", stem)
      if (FILENAME ~ /\.conf$/) is_experiment[stem] = 1
    }
    FNR > 1 && /^---$/ { front = 0 }
    front && /^order: / && is_experiment[stem] && (!some++ || $2 > last) { last = $2 + 0 }
    front && /^order: / && !is_experiment[stem] { general[++count] = $2 + 0 }
    END {
      place = last + 1
      for (i = 1; i <= count; i++)
        if (general[i] > last && (!bounded++ || general[i] < bound)) bound = general[i]
      if (bounded && place >= bound)
        place = (last + bound) / 2
      printf("%.10g\n", place)
    }' experiments/*.conf paper/chapters/*.md
) || fail "the order of the chapters could not be read"

# ---- the files ----------------------------------------------------------------------------------

written=
undo() {
  status=$?
  trap - EXIT
  # shellcheck disable=SC2086 # names without blanks
  [ "$status" -eq 0 ] || rm -f $written 2>/dev/null
  exit "$status"
}
trap undo EXIT
trap 'exit 1' INT TERM HUP

put() { # put TEMPLATE FILE: FILE appears whole, and only where there is none
  part=$2.part
  written="$written $part"
  { sed -e "s/@STEM@/$name/g" -e "s/@CLAIM@/$claim/g" -e "s/@ORDER@/$order/g" "$templates/$1" >"$part" &&
    ln "$part" "$2"; } 2>/dev/null || fail "$2 could not be written"
  written="$written $2"
  rm -f "$part"
}
put program.c "$program"
put figure.gp "$figure"
put chapter.md "$chapter"
put settings.conf "$settings"

cat <<END
$program
$settings
$figure
$chapter
A complete experiment as it stands: make $name
What to replace is marked in the files: grep -n REPLACE */$name.* */*/$name.*
END
