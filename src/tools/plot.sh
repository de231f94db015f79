#!/bin/sh
# plot.sh SCRIPT DATA_FOLDER OUT.svg: draws one figure with gnuplot, whole or not at all.
# gnuplot exits 0 on many failures; anything it says on stderr counts as one.
set -eu
script=$1 data=$2 out=$3
mkdir -p "$(dirname "$out")"
said=$(mktemp)
trap 'rm -f "$said" "$out.part"' EXIT
trap 'exit 1' INT TERM HUP
if ! gnuplot -d -e "data='$data'; out='$out.part'" figures/common.gp "$script" 2>"$said" ||
  [ -s "$said" ]; then
  echo "plot.sh: $script did not draw $out; gnuplot said:" >&2
  cat "$said" >&2
  exit 1
fi
if ! tail -c 20 "$out.part" 2>/dev/null | grep -q '</svg>'; then
  echo "plot.sh: $script left $out incomplete" >&2
  exit 1
fi
mv "$out.part" "$out"
