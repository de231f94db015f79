#!/bin/sh
# The figures' values and colours (plot.sh with hover.awk and scheme.awk), on figures whose points'
# places are known beforehand.
set -u

. tests/tap.sh
make_box
plot() { # plot NAME: draws $box/NAME.gp from the tables in $box/data
  src/tools/plot.sh "$box/$1.gp" "$box/data" "$box/$1.svg" >"$box/log" 2>"$box/err"
}
diagnose() { cat "$box/err" "$box/log" "$box/got" 2>/dev/null; }

# spots FILE: a line "x,y|line|line" for each mark that has values
spots() {
  sed -n 's/^<g class="v"[^>]*translate(\([^)]*\))"><[^>]*><text[^>]*>\(.*\)<\/text><\/g>$/\1\2/p' "$1" |
    sed 's/<\/tspan>//g; s/<tspan[^>]*>/|/g; s/−/-/g'
}
# spot FILE PLACE VALUES NAME: within 0.02 of this place there is a mark with these values.
spot() {
  spots "$box/$1.svg" >"$box/got"
  awk -v place="$2" -v values="$3" '
    BEGIN { split(place, at, ",") }
    {
      split($0, part, /[,|]/)
      if ((part[1] - at[1]) ^ 2 + (part[2] - at[2]) ^ 2 > 0.0004)
        next
      sub(/^[^|]*\|/, "")
      if ($0 == values) found = 1
    }
    END { exit !found }' "$box/got"
  verdict $? "$4"
}
none() { # none FILE PATTERN NAME
  spots "$box/$1.svg" >"$box/got"
  ! grep -q -e "$2" "$box/got"
  verdict $? "$3"
}

mkdir "$box/data"
printf 'x\ty\tlow\thigh\n1\t0.1\t0.05\t0.2\n10\t0.012346\t0.01\t0.02\n100\t1\t0.5\t2\n1000\t1\t0.5\t2\n5\tnan\t0.5\t2\n' >"$box/data/a.tsv"
printf 'x\ty\txl\txh\tyl\tyh\tz\n1\t1\t0.5\t1.5\t0.5\t1.5\t-3.25\n2\t1\t1.5\t2.5\t0.5\t1.5\t-20\n' >"$box/data/map.tsv"

# Two panels of 200 by 300 in a figure of 1000 by 400: 100 to 300 and 600 to 800, 50 to 350.
place="set lmargin at screen X; set rmargin at screen Y; set bmargin at screen 0.125; set tmargin at screen 0.875"
left=$(echo "$place" | sed 's/X/0.1/; s/Y/0.3/')
right=$(echo "$place" | sed 's/X/0.6/; s/Y/0.8/')
cat >"$box/axes.gp" <<END
# Axes of every kind
set terminal svg size 1000,400 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
set multiplot
$left
set logscale xy
set xlabel 'κ_{a} = ρ / d'
set xrange [100:1]
set yrange [0.001:10]
set y2range [0:4]
plot data.'/a.tsv' using 'x':'y':'low':'high' with yerrorbars ls 1 title 'A & <b>', \\
  data.'/a.tsv' using 'x':(column('x') == 10 ? 3 : NaN) axes x1y2 with points ls 2 title 'second', \\
  data.'/a.tsv' using 'x':(column('y')) with lines ls 3 notitle
$right
unset logscale
set xlabel 'tokens'
set ylabel 'share'
set xrange [0:4]
set yrange [3:-1]
set format y '%.1f!'
set xtics ('one' 1, 'two' 2, 'three' 3)
plot data.'/a.tsv' using (2.1):'y' with points ls 1 notitle, 1 with lines ls 9
END
plot axes
verdict $? "a figure with every kind of axis is drawn"
spot axes 200.00,268.14 'A &amp; &lt;b&gt;|κ_a = 10|y = 0.01235 [0.01, 0.02]' "logarithmic axes, one reversed: a point with its interval"
spot axes 200.00,125.00 'second|κ_a = 10|y = 3' "the secondary axis"
spot axes 200.00,268.14 'κ_a = 10|y = 0.01235' "a corner of a line that the key does not name"
spot axes 705.00,132.50 'tokens: two|share = 0.1' "a reversed linear axis, and one with words"
spot axes 705.00,200.00 'tokens: two|share = 1' "two values that are one"
none axes '= 1000|= 5|' "nothing outside of the axes or without a value"
[ "$(spots "$box/axes.svg" | grep -c 'A &amp;')" -eq 3 ]
verdict $? "a mark for each point that is drawn, and no more"
grep -q 'Values at .* points' "$box/axes.svg" && grep -q 'aria-label="Axes of every kind' "$box/axes.svg"
verdict $? "the figure says what it shows"
xmllint --version >/dev/null 2>&1 && { xmllint --noout "$box/axes.svg" 2>"$box/err"; verdict $? "it is XML"; }
mv "$box/axes.svg" "$box/first.svg"
plot axes
cmp "$box/first.svg" "$box/axes.svg" >"$box/log"
verdict $? "a second run gives the same bytes"
! grep -o " id=[\"'][^\"']*" "$box/axes.svg" | sort | uniq -d | grep . >"$box/log"
verdict $? "no id is there twice"

cat >"$box/map.gp" <<END
set terminal svg size 1000,400 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
set multiplot
$left
unset key
unset colorbox
set style fill solid noborder
set xrange [0:4]; set yrange [0:2]; set cbrange [-20:0]
set palette defined (0 '#440154', 1 '#fde725')
set cbtics ('≤ 10^{-20}' -20, '10^{-10}' -10, '1' 0)
set xtics ('10' 1, '100' 2)
hover_colour = 'log10 risk'; hover_y = 'n'
plot data.'/map.tsv' using 'x':'y':'xl':'xh':'yl':'yh':'z' with boxxy fc palette
$right
hover_x = 'log10 x'; hover_y = ''
set yrange [0.5:1.5]
plot data.'/map.tsv' using 'x':'y' with points
END
plot map
verdict $? "a map is drawn"
grep -q '<polygon fill="#440154"' "$box/map.svg" && grep -q '<polygon fill="#[a-f0-9]*" points' "$box/map.svg" &&
  ! grep '<polygon class=' "$box/map.svg" | grep -v 'class="fffffff" fill="#ffffff"' >"$box/log"
verdict $? "a map's colours are the same in both schemes"
spot map 150.00,200.00 'n = 1|log10 risk = -3.25' "a cell has its colour's value, and nothing of an axis with other numbers"
spot map 200.00,200.00 'n = 1|log10 risk ≤ -20' "a colour at the end of its scale"
spot map 700.00,200.00 'log10 x = 2|y = 1' "the script names the axis's numbers"

# ---- what gets no value, and how many do ----

head='set terminal svg size 1000,400 dynamic enhanced background rgb "white"'
cat >"$box/strange.gp" <<END
$head
set nonlinear x via x**2 inverse sqrt(x)
set xrange [1:100]
plot data.'/a.tsv' using 'x':'y' with points
END
plot strange && none strange . "an axis that is neither linear nor logarithmic has no values"
cat >"$box/many.gp" <<END
$head
set samples 20000
set xrange [0:1]
plot rand(0) with points, 0.5 with lines
END
plot many
spots "$box/many.svg" >"$box/got"
marks=$(wc -l <"$box/got")
[ "$marks" -le 4000 ] && [ "$marks" -gt 1000 ]
verdict $? "of 20000 points at most 4000 get values ($marks do)"

# ---- failures ----

wrong() { # wrong SCRIPT TEXT NAME: plot.sh fails with this text and leaves nothing
  rm -f "$box/wrong.svg"
  printf '%s\n' "$1" >"$box/wrong.gp"
  plot wrong
  [ $? -eq 1 ] && grep -q -F -e "$2" "$box/err" && [ ! -e "$box/wrong.svg" ] && [ ! -e "$box/wrong.svg.part" ]
  verdict $? "$3"
}
wrong "$head
plot data.'/none.tsv' using 1:2" "wrong.gp" "a table that is missing"
wrong "$head

plot data.'/a.tsv' using 'x':'none'" "\"$box/wrong.gp\" line 3" "an error has the script's name and line"
wrong "$head
set key off; plot [0:1] x" "a plot command begins its line" "a plot command that is not seen"

# ---- colours ----

cat >"$box/colours.gp" <<END
set label 'sky' at 0,0.15 textcolor rgb '#56B4E9'
set label 'orange' at 2,0.15 textcolor rgb '#D55E00'
plot 0.1 with lines lc rgb '#0072B2', 0.2 with points lc rgb '#56B4E9', 0.3 with lines lc rgb '#1B3A5B', \\
  0.4 with lines lc rgb '#dddddd', 0.5 with lines lc rgb 'black', 0.6 with lines lc rgb '#009E73'
END
plot colours
verdict $? "a figure of many colours is drawn"
has() { # has TEXT NAME
  grep -q -F -e "$1" "$box/colours.svg"
  verdict $? "$2"
}
has 'prefers-color-scheme:dark' "there is a dark scheme"
has '.fw000000{fill:#e3e5e8}' "black words are light in the dark" 
has '.fffffff{fill:#16191d}' "the white ground is dark in the dark"
# contrast of every colour of a class with its ground, from the file alone
awk '
  function channel(hex, k) { return 16 * (index("0123456789abcdef", substr(hex, 2 * k - 1, 1)) - 1) + index("0123456789abcdef", substr(hex, 2 * k, 1)) - 1 }
  function linear(c) { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ^ 2.4 }
  function light(hex) { return 0.2126 * linear(channel(hex, 1)) + 0.7152 * linear(channel(hex, 2)) + 0.0722 * linear(channel(hex, 3)) + 0.05 }
  function check(hex, ground, least,   c) {
    c = light(hex) / light(ground)
    c = c < 1 ? 1 / c : c
    seen++
    if (c < least) { bad++; print hex " on " ground ": " c }
  }
  /^\.fw[0-9a-f]*\{/ { match($0, /#[0-9a-f]*/); check(substr($0, RSTART + 1, 6), "16191d", 4.5); words++ }
  /font-family="DejaVu Sans" font-size/ && match($0, /fill="#[0-9a-f]*/) { check(substr($0, RSTART + 7, 6), "ffffff", 4.5) }
  /^\.[sc][0-9a-f]*\{/ && !/dddddd/ && !/ffffff/ { match($0, /#[0-9a-f]*/); check(substr($0, RSTART + 1, 6), "16191d", 3) }
  /<(path|use) [^>]*(stroke|color)="#/ && !/gridline/ && !/dddddd/ && !/ffffff/ {
    text = $0
    while (match(text, /(stroke|color)="#[0-9a-f]*/)) {
      hex = substr(text, RSTART, RLENGTH); sub(/.*#/, "", hex); text = substr(text, RSTART + RLENGTH)
      check(hex, "ffffff", 3)
    }
  }
  END { exit bad || seen < 10 || words < 3 }' "$box/colours.svg" >"$box/log"
verdict $? "lines and points have a contrast of 3 in both schemes, words 4.5"
if command -v rsvg-convert >/dev/null; then
  sed '/56B4E9/d; /orange/d; 4s/^/plot /' "$box/colours.gp" >"$box/plain.gp"
  plot plain
  gnuplot -d -e "out='$box/raw.svg'" figures/common.gp "$box/plain.gp" 2>"$box/err"
  rsvg-convert "$box/plain.svg" >"$box/a.png" && rsvg-convert "$box/raw.svg" >"$box/b.png" && cmp "$box/a.png" "$box/b.png" >"$box/log" 2>&1
  verdict $? "for who knows no schemes the figure looks as gnuplot drew it"
else
  skip "for who knows no schemes the figure looks as gnuplot drew it" "rsvg-convert is not installed"
fi

# With a mark the figure bears it, and data with too few points are no failure; others stay one.
marked() { src/tools/plot.sh "$box/$1.gp" "$box/data" "$box/$1.svg" SMALL >"$box/log" 2>"$box/err"; }
printf 'x\ty\n1\tnan\n' >"$box/data/few.tsv"
echo "plot data.'/few.tsv' using 'x':'y'" >"$box/few.gp"
printf "set xrange [0:2]\nplot data.'/few.tsv' using 'x':'y' with points, data.'/a.tsv' using 'x':'low' with points\n" >"$box/some.gp"
echo "plot data.'/few.tsv' using 'x':'why'" >"$box/wrong.gp"
marked axes && [ "$(tail -n 1 "$box/axes.svg" | grep -c '>SMALL</text></svg>$')" -eq 1 ] && spots "$box/axes.svg" >"$box/got" && [ -s "$box/got" ]
verdict $? "a mark is written across the figure, whose points keep their values"
for figure in few some; do
  rm -f "$box/$figure.svg"
  ! plot $figure && [ ! -e "$box/$figure.svg" ] && marked $figure && grep -q 'SMALL' "$box/$figure.svg"
  verdict $? "too few points are a failure, with a mark they are none: $figure"
done
! marked wrong && [ ! -e "$box/wrong.svg" ] && grep -q 'gnuplot said' "$box/err"
verdict $? "other failures are failures with a mark too"

echo "1..$count"
[ "$failed" -eq 0 ]
