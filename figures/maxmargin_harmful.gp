# Risk of the limit solution against kappa (a, b, f), where the classes of a draw switch (c), the
# critical SNR against n (d), and the switches against n/d (e). Points measured, lines predicted.
set terminal svg size 960,1180 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
risk = data.'/risk.tsv'; curve = data.'/curve.tsv'; edges = data.'/edges.tsv'; runs = data.'/runs.tsv'
dist = data.'/distribution.tsv'; switches = data.'/switches.tsv'; finite = data.'/finite.tsv'
of(key, value, what) = (column(key) == value ? column(what) : NaN)

# what the titles say of settings and series
stats edges using 'cell' nooutput
cells = int(STATS_max) + 1
array n[cells]; array eta[cells]; array ratio[cells]
do for [i=1:cells] {
  stats risk using (of('cell', i-1, 'n')) nooutput; n[i] = STATS_max
  stats risk using (of('cell', i-1, 'eta')) nooutput; eta[i] = STATS_max
  stats risk using (of('cell', i-1, 'ratio')) nooutput; ratio[i] = STATS_max
}
stats switches using 'series' nooutput
etas = int(STATS_max) + 1
array rate[etas]
do for [i=1:etas] { stats switches using (of('series', i-1, 'eta')) nooutput; rate[i] = STATS_max }
stats dist using 'series' nooutput
array some[3] # the first, the middle and the last n
some[1] = 0; some[2] = int(STATS_max / 2); some[3] = int(STATS_max)
array size[3]
do for [i=1:3] { stats dist using (of('series', some[i], 'n')) nooutput; size[i] = STATS_max }
stats dist using 'eta' nooutput; shown = STATS_max
stats runs using 'cell' nooutput
single = int(STATS_max)
stats runs using 'draw' nooutput
draws = int(STATS_max) + 1


set multiplot layout 3,2 margins 0.075,0.985,0.055,0.965 spacing 0.095,0.085
kappa = 'κ = ρ (n/d)^{1/2}'

set label 1 sprintf('(a) mean risk on clean labels, η = %g', eta[1]) at graph 0,1.06 left
set xlabel kappa offset 0,0.3
set xrange [0.9:2.1]; set xtics 1,0.2,2.6
set yrange [-0.02:0.56]; set ytics ('0' 0, '¼' 0.25, '½' 0.5)
set key at graph 0.98,0.95 right top
plot for [i=1:3] curve using 'kappa':(of('cell', i-1, 'risk')) with lines ls i lw 1.4 notitle, \
     edges using (of('cell', 0, 'kappa_star')):(-0.02):(0):(0.58) with vectors nohead lc rgb 'black' dt (2,3) notitle, \
     for [i=1:3] risk using 'kappa':(of('cell', i-1, 'risk')):(of('cell', i-1, 'low')):(of('cell', i-1, 'high')) with yerrorbars ls i ps 0.8 lw 1.2 dt 1 title sprintf('n = %g', n[i]), \
     NaN with lines lc rgb 'black' dt (2,3) title 'κ*'

set label 1 sprintf('(b) single draws, n = %g, η = %g', n[single+1], eta[single+1])
set xrange [1.15:1.85]
plot edges using (of('cell', single, 'kappa_star')):(-0.02):(0):(0.58) with vectors nohead lc rgb 'black' dt (2,3) notitle, \
     for [i=1:draws] runs using (of('draw', i-1, 'kappa')):'risk' with linespoints ls i ps 0.9 lw 1.6 title sprintf('draw %d', i)

set label 1 sprintf('(c) share of classes that have switched, η = %g', shown)
set xlabel 'κ_{k} / κ*'
set xrange [0.82:1.42]; set xtics 0.8,0.1,1.4
set yrange [0:1.02]; set ytics 0,0.25,1
set key at graph 0.99,0.46 right top noopaque
plot for [i=1:3] dist using (of('series', some[i], 'predicted')):'share' with lines ls i lw 1.4 notitle, \
     for [i=1:3] dist using (of('series', some[i], 'measured')):'share' every (i == 1 ? 4 : 1) with points ls i ps 0.55 title sprintf('n = %g', size[i]), \
     dist using (of('series', some[1], 'by_counts')):'share' with lines lc rgb 'black' lw 1.4 title sprintf('n = %g, own counts', size[1])
set key opaque

set label 1 '(d) critical SNR = ρ/d^{1/2}; lines: κ* n^{-1/2}'
set xlabel 'n'
set logscale xy
set xrange [40:1300]; set xtics (50, 100, 200, 500, 1000)
set yrange [0.035:0.3]; set ytics (0.04, 0.06, 0.1, 0.15, 0.2, 0.3)
set key at graph 0.98,0.95 right top
plot for [i=1:etas] switches using 'n':(of('series', i-1, 'snr_predicted')) with lines ls i lw 1.4 notitle, \
     for [i=1:etas] switches using 'n':(of('series', i-1, 'snr')):(of('series', i-1, 'snr_low')):(of('series', i-1, 'snr_high')) with yerrorbars ls i ps 0.9 lw 1.2 dt 1 title sprintf('η = %g', rate[i])
unset logscale

set label 1 '(e) switches of equal classes against n/d'
set xlabel 'n/d'
set ylabel 'κ' offset 1.5,0
set logscale x
set xrange [3e-3:0.8]; set xtics (0.003, 0.01, 0.03, 0.1, 0.2, 0.5)
set yrange [0.6:1.6]; set ytics 0.6,0.2,1.6
set key at graph 0.03,0.45 left top
array which[3] = ['after', 'star', 'alone']
array name[3] = ['second class', 'both at once', 'first class']
plot for [i=1:3] finite using 'gamma':which[i].'_predicted' with lines ls i lw 1.4 notitle, \
     for [i=1:3] finite using 'gamma':which[i]:which[i].'_low':which[i].'_high' with yerrorbars ls i ps 0.9 lw 1.2 dt 1 title name[i]
unset logscale
unset ylabel

a = cells - 2; b = cells - 1 # the last two settings: noise that is not orthogonal
set label 1 sprintf('(f) mean risk in small dimensions, η = %g', eta[b+1])
set xlabel kappa
set xrange [0.9:2.6]; set xtics 1,0.2,2.6
set yrange [-0.02:0.56]; set ytics ('0' 0, '¼' 0.25, '½' 0.5)
set key at graph 0.98,0.95 right top
plot for [e in 'first second'] edges using (of('cell', a, e)):(-0.02):(0):(0.58) with vectors nohead ls 4 lw 1.4 notitle, \
     edges using (of('cell', a, 'kappa_star')):(-0.02):(0):(0.58) with vectors nohead lc rgb 'black' dt (2,3) notitle, \
     for [c=a:b] risk using 'kappa':(of('cell', c, 'risk')):(of('cell', c, 'low')):(of('cell', c, 'high')) with yerrorbars ls 4+c-a ps 0.9 lw 1.2 dt 1 title sprintf('d = %g n', ratio[c+1]), \
     NaN with lines ls 4 lw 1.4 title sprintf('switches, d = %g n', ratio[a+1]), \
     NaN with lines lc rgb 'black' dt (2,3) title 'κ*'
unset multiplot
