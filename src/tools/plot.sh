#!/bin/sh
# plot.sh SCRIPT DATA_FOLDER OUT.svg [MARK]: draws one figure with gnuplot, whole or not at all;
# hover.awk gives its points their values, and scheme.awk its colours in the dark.
# gnuplot exits 0 on many failures; anything it says on stderr counts as one. With MARK the word is
# written across the figure, and data with too few points for it are no failure.
set -eu
LC_ALL=C.UTF-8
export LC_ALL
script=$1 data=$2 out=$3 mark=${4:-}
tools=${0%/*}
mkdir -p "$(dirname "$out")"
work=$(mktemp -d)
told=
finish() {
  status=$?
  if [ $status -ne 0 ] && [ "$told" != stopped ]; then
    [ -n "$told" ] || echo "plot.sh: $out was not drawn" >&2
    "$tools/room.sh" plot.sh "$work" "$(dirname "$out")" || true
  fi
  rm -rf "$work"
  exit $status
}
trap finish EXIT
trap 'told=stopped; exit 1' INT TERM HUP

fail() {
  told=yes
  echo "plot.sh: $script $1 $out${2:+; $2}" >&2
  sed "s|$work/script.gp|$script|g" "$work/said" >&2
  exit 1
}

# One at a time, since another run may draw the same figure.
put() {
  exec 9<"$script"
  flock 9
  cp "$work/done.svg" "$out.part"
  mv "$out.part" "$out"
}

# Every plot command of the script is preceded by "eval attn_panel", on the same line so that errors
# keep their line numbers.
sed 's/^\([[:blank:]]*\)\(s\{0,1\}plot[[:blank:]]\)/\1eval attn_panel; \2/' "$script" >"$work/script.gp"

# What the figure itself tells: before a plot its settings, after it its ranges and its place.
cat >"$work/drawn.gp" <<'END'
attn_panels = 0
attn_number(name) = exists(name) ? value(name) : 0
attn_text(name) = exists(name) ? value(name) : ''
attn_note = "set print attn_record.'.notes' append; print sprintf('%d', attn_panels); \
do for [attn_name in 'X Y X2 Y2'] { \
  print sprintf('%.17g %.17g', attn_number('GPVAL_'.attn_name.'_MIN'), attn_number('GPVAL_'.attn_name.'_MAX')) \
}; \
print sprintf('%.17g %.17g', GPVAL_TERM_XMIN, GPVAL_TERM_XMAX); \
print sprintf('%.17g %.17g', GPVAL_TERM_YMIN, GPVAL_TERM_YMAX); set print"
attn_panel = "if (attn_panels > 0) { eval attn_note }; attn_panels = attn_panels + 1; \
save set sprintf('%s.%d', attn_record, attn_panels); \
set print sprintf('%s.%d', attn_record, attn_panels) append; \
print '#hover x '.attn_text('hover_x'); print '#hover y '.attn_text('hover_y'); print '#hover c '.attn_text('hover_colour'); set print"
END
# The same script once more, with the plotted points written as a table instead of drawn.
cat >"$work/table.gp" <<'END'
attn_panel = "set format '%.12g'"
set table attn_record.'.table'
END
echo "eval attn_note" >"$work/end.gp"

# draw FIRST OUT [LAST]
draw() {
  gnuplot -d -e "data='$data'; out='$2'; attn_record='$work/panel'" "$work/$1" figures/common.gp \
    "$work/script.gp" ${3:+"$work/$3"} 2>"$work/said"
}
if ! draw drawn.gp "$work/figure.svg" end.gp || [ -s "$work/said" ]; then
  # every complaint must be about too few points
  few='no valid points|range is invalid|value undefined|empty [a-z0-9]* *range|No valid data points'
  if [ -z "$mark" ] || ! grep -q ' line [0-9]*: ' "$work/said" || grep ' line [0-9]*: ' "$work/said" | grep -q -v -E "$few"; then
    fail 'did not draw' 'gnuplot said:'
  fi
fi
if [ -n "$mark" ] && ! tail -c 20 "$work/figure.svg" 2>/dev/null | grep -q '</svg>'; then
  cat >"$work/done.svg" <<END
<svg xmlns="http://www.w3.org/2000/svg" width="960" height="400" viewBox="0 0 960 400">
<rect width="960" height="400" fill="white"/>
<text x="480" y="200" text-anchor="middle" font-size="28" fill="#a5231f">$mark: too few points for this figure</text>
</svg>
END
  put
  exit 0
fi
tail -c 20 "$work/figure.svg" 2>/dev/null | grep -q '</svg>' || fail 'left' 'which is incomplete'
draw table.gp "$work/unused.svg" || fail 'drew' 'but did not write its points as a table; gnuplot said:'

: >"$work/said"
awk -v record="$work/panel" -v about="$(sed -n '/^#/!q; s/^# *//p' "$script" | tr '\n' ' ')" \
  -f "$tools/hover.awk" "$work/figure.svg" >"$work/hover.svg" 2>"$work/said" || fail 'drew'
awk -f "$tools/scheme.awk" "$work/hover.svg" >"$work/done.svg" 2>"$work/said" || fail 'drew'
[ -z "$mark" ] ||
  sed -i "s|</svg>\$|<text x=\"50%\" y=\"50%\" text-anchor=\"middle\" font-size=\"96\" fill=\"#a5231f\" fill-opacity=\"0.25\">$mark</text>&|" "$work/done.svg"
put
