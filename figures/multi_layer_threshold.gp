# (a) test error against kappa, (b) thresholds against L, (c) the head's attention, (d) exponent of n
set terminal svg size 960,830 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
c = data.'/curves.tsv'
t = data.'/thresholds.tsv'
curve(L, s, y) = (column('shown') == 1 && column('L') == L && column('start') == s ? column(y) : NaN)
edge(s, y) = (column('shown') == 1 && (column('start') == s || column('L') == 0) ? column(y) : NaN)
at_n(L, y) = (column('L') == L && column('start') == 0 ? column(y) : NaN)
cut(y, top) = (y < top ? y : top) # an interval without upper end reaches the edge
set multiplot
set key samplen 2.5 spacing 1.05

set lmargin at screen 0.075; set rmargin at screen 0.475; set bmargin at screen 0.59; set tmargin at screen 0.955
set label 1 '(a) error against clean labels at the end' at graph 0,1.06 left
set xrange [0.95:3.05]; set yrange [0:0.46]
set xlabel 'κ = ρ √(n/d)'; set ylabel 'test error' offset 0.8,0
set key top right
plot for [L=0:3] c using 'kappa':(curve(L, 0, 'error')):(curve(L, 0, 'error_low')):(curve(L, 0, 'error_high')) with yerrorlines ls L+1 ps 0.8 lw 1.6 title sprintf('L = %d', L)

set lmargin at screen 0.575; set rmargin at screen 0.985
set label 1 '(b) threshold against depth'
set xrange [-0.3:3.3]; set yrange [0.95:4.2]; set xtics 0,1,3; set ytics 1,0.5,3
set xlabel 'L'; set ylabel 'κ from which the error is small' offset 0.8,0
set key top left
plot t using 'L':(edge(0, 'first_predicted')) with lines ls 9 lw 1.6 title 'after one step, predicted', \
     t using (column('L') - 0.09):(edge(0, 'first')):(edge(0, 'first_low')):(cut(edge(0, 'first_high'), 3.05)) with yerrorbars ls 5 ps 1.0 title 'after one step', \
     t using (column('L') - 0.03):(edge(0, 'end')):(edge(0, 'end_low')):(cut(edge(0, 'end_high'), 3.05)) with yerrorbars ls 1 ps 1.0 title 'end, trained', \
     t using (column('L') + 0.03):(edge(1, 'end')):(edge(1, 'end_low')):(cut(edge(1, 'end_high'), 3.05)) with yerrorbars ls 2 ps 1.0 title 'end, frozen blocks', \
     t using (column('L') + 0.09):(edge(2, 'end')):(edge(2, 'end_low')):(cut(edge(2, 'end_high'), 3.05)) with yerrorbars ls 3 ps 1.0 title 'end, from V = 0'

set lmargin at screen 0.075; set rmargin at screen 0.475; set bmargin at screen 0.085; set tmargin at screen 0.45
set ytics auto
set label 1 '(c) the head’s attention on the signal; hollow: noisy samples'
set xrange [0.95:3.05]; set yrange [0:0.9]; set xtics auto
set xlabel 'κ = ρ √(n/d)'; set ylabel 'attention' offset 0.8,0
set key top left
plot for [L=0:3] c using 'kappa':(curve(L, 0, 'att_clean')) with linespoints ls L+1 ps 0.8 lw 1.6 title sprintf('L = %d', L), \
     for [L=0:3] c using 'kappa':(curve(L, 0, 'att_noisy')) with linespoints ls L+1 pt 6 ps 0.6 lw 1.0 notitle

set lmargin at screen 0.575; set rmargin at screen 0.985
set label 1 '(d) threshold at the end as signal-to-noise ratio'
set logscale xy; set xrange [8.8:46]; set yrange [0.2:1.2]
set xtics (10, 20, 40); set ytics (0.2, 0.3, 0.4, 0.6, 0.8, 1)
set xlabel 'n'; set ylabel 'ρ / √d' offset 0.8,0
set key top right
shift(L) = 1 + 0.03 * (L - 1.5)
root(y) = (at_n(L, y) / sqrt(column('n')))
plot 1.9 / sqrt(x) with lines ls 9 lw 1.6 title '∝ n^{-1/2}', \
     for [L=0:3] t using (column('n') * shift(L)):(root('end')):(cut(at_n(L, 'end_low'), 9) / sqrt(column('n'))):(cut(at_n(L, 'end_high'), 4) / sqrt(column('n'))) with yerrorbars ls L+1 ps 0.9 lw 1.3 title sprintf('L = %d', L)
unset multiplot
