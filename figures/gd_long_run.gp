# Over a million steps: (a) the risk, (b) clean samples' attention on their signal, (c) their score
# gap against log log t, (d) the margin over the largest one. Points measured, lines predicted.
set terminal svg size 960,800 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
file = data.'/trajectory.tsv'

# One series per cell: warm colours and open points for those that end harmful in the recursion, cold
# and filled for the others.
stats file using 'cell' nooutput
cells = int(STATS_max)
array kappa[cells]; array eta[cells]
array warm[5] = [0xE69F00, orange, purple, 0x7A3E6B, 0x8B5A2B]
array cold[5] = [blue, sky, green, 0x1B3A5B, 0x4D7C0F]
array open[5] = [4, 6, 8, 10, 12]
array filled[5] = [5, 7, 9, 11, 13]
of(i, c) = (column('cell') == i ? column(c) : NaN)
harmful = 0
do for [i=1:cells] {
  stats file using (of(i, 'kappa')) nooutput; kappa[i] = STATS_max
  stats file using (of(i, 'eta')) nooutput; eta[i] = STATS_max
  stats file using (of(i, 'below')) nooutput
  harmful = harmful + STATS_max
  k = int(STATS_max == 1 ? harmful - 1 : i - harmful - 1) % 5 + 1
  set style line 10 + i lc rgb (STATS_max == 1 ? warm[k] : cold[k]) lw 1.6 pt (STATS_max == 1 ? open[k] : filled[k]) ps 0.55
}
name(i) = sprintf('κ = %g, η = %g', kappa[i], eta[i])

set multiplot layout 2,2 margins 0.085,0.985,0.085,0.95 spacing 0.085,0.135
set logscale x
set xrange [1:1.3e6] noextend
set xlabel 'step of gradient descent' offset 0,0.3
set xtics ('1' 1, '10' 10, '10^2' 1e2, '10^3' 1e3, '10^4' 1e4, '10^5' 1e5, '10^6' 1e6)
set key off

# -log10 of the risk on a logarithmic axis, downwards: from 1/2 to 10^-20000 in one panel
set label 1 '(a) risk on clean labels' at graph 0,1.06 left font ',14'
set logscale y
set yrange [4e4:0.25]
hover_y = '−log10 risk'
set ytics ('½' 0.30103, '0.1' 1, '10^{-3}' 3, '10^{-10}' 10, '10^{-30}' 30, '10^{-100}' 100, '10^{-300}' 300, '10^{-1000}' 1000, '10^{-10000}' 10000)
plot for [i=1:cells] file using 'step':(-of(i, 'ideal_log10_risk')) with lines ls 10+i, \
     for [i=1:cells] file using 'step':(-of(i, 'log10_risk')) with points ls 10+i, \
     0.30103 with lines ls 9

set label 1 "(b) clean samples' mean attention on the signal"
unset logscale y
hover_y = ''
set yrange [-0.02:1.02]
set ytics 0,0.25,1
set key at graph 0.99,0.86 right top
plot for [i=1:cells] file using 'step':(of(i, 'ideal_att_clean')) with lines ls 10+i notitle, \
     for [i=1:cells] file using 'step':(of(i, 'att_clean')) with points ls 10+i notitle, \
     for [i=1:cells] NaN with linespoints ls 10+i title name(i)
set key off

set label 1 '(c) mean score gap of clean samples, over log log t'
unset logscale x
loglog(t) = log(log(t))
hover_x = 'log log t'
set xrange [loglog(10):loglog(1.3e6)]
set xtics ('10' loglog(10), '30' loglog(30), '10^2' loglog(1e2), '10^3' loglog(1e3), '10^4' loglog(1e4), '10^5' loglog(1e5), '10^6' loglog(1e6))
set yrange [0:5.6]
set ytics 0,1,5
set label 2 'slope 2' at loglog(9e3),4.75 right textcolor rgb grey
plot for [i=1:cells] file using (column('step') < 10 ? NaN : loglog(column('step'))):(of(i, 'ideal_gap')) with lines ls 10+i, \
     for [i=1:cells] file using (column('step') < 10 ? NaN : loglog(column('step'))):(of(i, 'gap')) with points ls 10+i, \
     (x > loglog(1e3) ? 5.45 + 2 * (x - loglog(1e6)) : NaN) with lines ls 9
unset label 2

set label 1 '(d) margin reached, over the largest there is'
set logscale x
hover_x = ''
set xrange [1:1.3e6] noextend
set xtics ('1' 1, '10' 10, '10^2' 1e2, '10^3' 1e3, '10^4' 1e4, '10^5' 1e5, '10^6' 1e6)
set yrange [0:1.02]
set ytics 0,0.25,1
plot for [i=1:cells] file using 'step':(of(i, 'ideal_normalised') / of(i, 'best')) with lines ls 10+i, \
     for [i=1:cells] file using 'step':(of(i, 'normalised') / of(i, 'best')) with points ls 10+i, \
     1 with lines ls 9
unset multiplot
