# (a, b) angles with the pair of the tokens that a run chose, (c) with the pair of the best tokens,
# (d) the margin reached, (e, f) random starts. Points measured, lines the recursion.
set terminal svg size 960,1180 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
file = data.'/trajectory.tsv'
starts = data.'/starts.tsv'

# A series per cell: below kappa* cold, between warm, above green and purple; three tokens grey.
stats file using 'cell' nooutput
cells = int(STATS_max)
array kappa[cells]; array eta[cells]; array tokens[cells]; array where[cells]
array first[3] = [blue, orange, green]
array second[3] = [sky, 0xE69F00, purple]
array seen[3] = [0, 0, 0]
array points[9] = [7, 6, 5, 4, 9, 8, 11, 13, 12]
of(i, c) = (column('cell') == i && column('start') == 0 ? column(c) : NaN)
do for [i=1:cells] {
  stats file using (of(i, 'kappa')) nooutput; kappa[i] = STATS_max
  stats file using (of(i, 'eta')) nooutput; eta[i] = STATS_max
  stats file using (of(i, 'T')) nooutput; tokens[i] = STATS_max
  stats file using (of(i, 'regime')) nooutput; where[i] = int(STATS_max) + 1
  r = where[i]
  seen[r] = seen[r] + 1
  set style line 10 + i lc rgb (tokens[i] > 2 ? grey : seen[r] == 1 ? first[r] : second[r]) lw 1.6 pt points[(i - 1) % 9 + 1] ps 0.6 dt 1
  set style line 30 + i lc rgb (tokens[i] > 2 ? grey : seen[r] == 1 ? first[r] : second[r]) lw 1.6 pt points[(i - 1) % 9 + 1] ps 0.6 dt (5,4)
}
name(i) = sprintf('κ = %g, η = %g', kappa[i], eta[i]).(tokens[i] > 2 ? sprintf(', T = %g', tokens[i]) : '')

# The cell with long random starts, and their scales.
stats file using (column('start') > 0 ? column('cell') : NaN) nooutput
shown = int(STATS_max)
stats starts using (column('start') > 0 ? column('start') : NaN) nooutput
small = STATS_min; large = STATS_max
stats starts using (column('start') > small && column('start') < large ? column('start') : NaN) nooutput
middle = STATS_max

set multiplot layout 3,2 margins 0.085,0.985,0.055,0.965 spacing 0.085,0.085
set logscale x
set xrange [1.8:1.4e6] noextend
set xlabel 'step of gradient descent' offset 0,0.3
set xtics ('1' 1, '10' 10, '10^2' 1e2, '10^3' 1e3, '10^4' 1e4, '10^5' 1e5, '10^6' 1e6)
set key off

set logscale y
set yrange [1e-4:1.2]
set ytics ('1' 1, '10^{-1}' 0.1, '10^{-2}' 0.01, '10^{-3}' 1e-3, '10^{-4}' 1e-4)
set label 1 '(a) 1 − cos of v with v_{mm} of the tokens chosen' at graph 0,1.05 left font ',14'
set key at graph 0.99,0.41 right top font ',12' maxrows 4 width -4 samplen 2.5 noopaque
plot for [i=1:cells] file using 'step':(1 - of(i, 'ideal_v')) with lines ls 10+i notitle, \
     for [i=1:cells] file using 'step':(1 - of(i, 'cos_v')) with points ls 10+i notitle, \
     for [i=1:cells] NaN with linespoints ls 10+i title name(i)
set key off

set label 1 '(b) 1 − cos of p with p_{mm} of the tokens chosen'
plot for [i=1:cells] file using 'step':(1 - of(i, 'ideal_p')) with lines ls 10+i, \
     for [i=1:cells] file using 'step':(1 - of(i, 'cos_p')) with points ls 10+i
unset logscale y

set label 1 '(c) cosines with the pair of the best tokens'
set yrange [-0.45:1.05]
set ytics -0.4,0.2,1
set key at graph 1.0,0.86 right top font ',12' opaque
in(i, c) = (where[i] == 2 || i == shown ? of(i, c) : NaN)
plot for [i=1:cells] file using 'step':(in(i, 'ideal_best_v')) with lines ls 10+i notitle, \
     for [i=1:cells] file using 'step':(in(i, 'best_v')) with points ls 10+i notitle, \
     for [i=1:cells] file using 'step':(in(i, 'ideal_best_p')) with lines ls 30+i notitle, \
     for [i=1:cells] file using 'step':(in(i, 'best_p')) with points ls 30+i notitle, \
     NaN with lines lc rgb grey lw 1.6 dt 1 title 'v', NaN with lines lc rgb grey lw 1.6 dt (5,4) title 'p'
set key off

set label 1 '(d) margin over |v|, over the largest for these tokens'
set yrange [0:1.05]
set ytics 0,0.2,1
plot for [i=1:cells] file using 'step':(of(i, 'ideal_margin')) with lines ls 10+i, \
     for [i=1:cells] file using 'step':(of(i, 'margin')) with points ls 10+i, \
     1 with lines ls 9

set label 1 sprintf('(e) cosine of v with v_{mm}, κ = %g, η = %g, random starts', kappa[shown], eta[shown])
set yrange [-0.1:1.05]
from(s, c) = (column('cell') == shown && column('start') == s ? column(c) : NaN)
array scale[4] = [0, small, middle, large]
array shade[4] = [green, blue, orange, purple]
array mark[4] = [13, 7, 5, 9]
set key at graph 1.0,0.68 right top font ',12' spacing 1.05 maxrows 8 width 0 samplen 3
plot for [k=1:4] file using 'step':(from(scale[k], 'cos_v')) with linespoints lc rgb shade[k] lw 1.6 pt mark[k] ps 0.5 dt 1 notitle, \
     for [k=2:4] file using 'step':(from(scale[k], 'whole_v')) with linespoints lc rgb shade[k] lw 1.6 pt mark[k] ps 0.5 dt (5,4) notitle, \
     for [k=1:4] NaN with linespoints lc rgb shade[k] lw 1.6 pt mark[k] ps 0.6 title (k == 1 ? 'zero start' : sprintf('scale %g', scale[k])), \
     NaN with lines lc rgb grey lw 1.6 dt 1 title "in the tokens' span", NaN with lines lc rgb grey lw 1.6 dt (5,4) title 'whole v'
set key off

set label 1 '(f) margin of the tokens chosen, over that of the best'
unset logscale x
set xrange [-0.5:3.5] noextend
set xlabel 'standard deviation of scores at the start'
set xtics ('zero' 0, sprintf('%g', small) 1, sprintf('%g', middle) 2, sprintf('%g', large) 3)
set yrange [-0.03:1.05]
set ytics 0,0.2,1
place(s) = (s == 0 ? 0 : s == small ? 1 : s == middle ? 2 : s == large ? 3 : NaN)
is(i, c) = (column('cell') == i ? column(c) : NaN)
shift(i) = (i - (cells + 1) / 2.0) * 0.09
plot for [i=1:cells] starts using (place(column('start')) + shift(i)):(is(i, 'share')):(is(i, 'share_q05')):(is(i, 'share_q95')) with yerrorbars ls 10+i
unset multiplot
