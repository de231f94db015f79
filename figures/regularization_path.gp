# (a) margin and (b) its deficit, (c) directions, (d) attention; (e) branches of every draw, (f) random
# starts, (g) the branch from small |p| against kappa, (h) risk.
set terminal svg size 960,1490 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
path = data.'/path.tsv'; window = data.'/window.tsv'; branches = data.'/branches.tsv'; edges = data.'/edges.tsv'
at(c, col) = (column('cell') == c ? column(col) : NaN)
known(c, col, ok) = (column('cell') == c && column(ok) > 0.5 ? column(col) : NaN)
set datafile missing NaN # rows of other series do not break a line
stats path using (column('cell') == 3 && column('R') > 1 && column('p_known') < 0.5 ? column('R') : NaN) name 'F' nooutput
stats path using (column('cell') == 3 && column('p_known') > 0.5 ? column('R') : NaN) name 'K' nooutput
flat = sqrt(F_min * K_max)
stats branches using 'draw' name 'N' nooutput
stats edges using 'kappa_star' name 'S' nooutput
stats edges using 'balanced_edge' name 'B' nooutput
stats edges using 'fit_v_to' name 'V' nooutput
kappa = "1 1.6 2.5"

set multiplot
set key Left reverse samplen 2 noopaque
array px[2] = [0.085, 0.59]
array py[4] = [0.79, 0.54, 0.29, 0.04]
set lmargin at screen 0; set rmargin at screen 0; set tmargin at screen 0; set bmargin at screen 0
panel(i, j) = sprintf('set lmargin at screen %f; set rmargin at screen %f; set bmargin at screen %f; set tmargin at screen %f', \
                      px[i], px[i] + 0.395, py[j], py[j] + 0.175)
set style line 6 lc rgb 'black' lw 1.3 dt 2

set logscale x
set xlabel 'R / |p_{mm}|' offset 0,0.4; set xrange [8e-4:130]; set format x '10^{%T}'

eval panel(1, 1)
set label 1 '(a) margin / its limit; dashed: predicted' at graph 0,1.08 left
set yrange [0.3:1.04]
set key top left
plot for [c=1:3] path using 'R':(1 - at(c, 'deficit')) with points ls c title 'κ = '.word(kappa, c), \
     path using 'R':(1 - at(4, 'deficit')) with points ls 4 title 'κ = 2.5, T = 3', \
     for [c=1:4] path using (column('R') > 2.5 ? column('R') : NaN):(1 - at(c, 'sat_deficit')) with lines ls 6 notitle

eval panel(2, 1)
unset logscale x; set xrange [0:36]; set format x '%g'
set logscale y; set yrange [1e-16:2]; set format y '10^{%T}'; set ytics 1e-16,1e4
set label 1 '(b) 1 - margin / its limit; dashed: predicted'
set key top right
plot for [c=1:3:2] path using 'R':(at(c, 'deficit') > 0 ? at(c, 'deficit') : NaN) with points ls c title 'κ = '.word(kappa, c), \
     path using 'R':(at(4, 'deficit') > 0 ? at(4, 'deficit') : NaN) with points ls 4 title 'κ = 2.5, T = 3', \
     for [c=1:4] path using 'R':(at(c, 'sat_deficit')) with lines ls 6 notitle, \
     2.2e-16 with lines ls 9 title 'rounding'

eval panel(1, 2)
set logscale x; set xrange [8e-4:130]; set format x '10^{%T}'
set yrange [1e-13:2e0]; set ytics 1e-12,1e3
set label 1 '(c) 1 - cosine, κ = 2.5'
set object 1 rectangle from flat, graph 0 to graph 1, graph 1 fc rgb '#000000' fs transparent solid 0.07 noborder behind
set label 2 'p open' at 31,0.3 center textcolor rgb '#555555'
set key bottom left
plot path using 'R':(known(3, 'one_cos_p', 'p_known')) with points ls 1 title 'p with p_{mm}', \
     path using (column('R') > 2.5 ? column('R') : NaN):(at(3, 'sat_cos_p')) with lines ls 6 title 'predicted; slope → -2', \
     path using 'R':(column('p_known') <= 0.5 && column('R') > 1 ? at(3, 'one_cos_p') : NaN) with points lc rgb blue pt 6 ps 0.6 notitle, \
     path using 'R':(column('R') <= V_max ? at(3, 'one_cos_v') : NaN) with points ls 2 title 'v with v_{mm}', \
     path using (column('R') < 1.1 ? column('R') : NaN):(at(3, 'one_cos_0')) with points ls 3 title 'p with gradient at 0', \
     [8e-4:0.3] 0.3 * x**2 with lines ls 9 title 'slope 2'
unset object 1; unset label 2

eval panel(2, 2)
unset logscale y; set yrange [-0.03:1.05]; set format y '%g'; set ytics 0,0.25,1
set label 1 '(d) attention on the signal, clean samples'
set key top left
plot for [c=1:3] path using 'R':(at(c, 'att_clean')) with linespoints ls c title 'κ = '.word(kappa, c), \
     path using 'R':(at(3, 'att_noisy')) with lines ls 6 title 'κ = 2.5, noisy samples'

eval panel(1, 3)
set label 1 '(e) margins of branches / best, every draw, κ = 1.6'
set yrange [0.84:1.012]; set ytics 0.85,0.05
set key bottom left
of(d, col) = (column('draw') == d ? column(col) : NaN)
plot for [d=1:N_max] branches using 'R':(of(d, 'other')) with lines lc rgb '#999999' lw 0.8 title d == 1 ? 'from other selections, the best' : '', \
     for [d=1:N_max] branches using 'R':(of(d, 'above')) with lines lc rgb blue lw 1.2 title d == 1 ? 'from the best selection' : '', \
     for [d=1:N_max] branches using 'R':(of(d, 'below')) with lines lc rgb orange lw 1.4 dt (7,3) title d == 1 ? 'from small |p|' : ''

eval panel(2, 3)
set label 1 '(f) random starts that end below the best'
set yrange [-0.03:1.05]; set ytics 0,0.25,1
set key top left
plot for [c=1:3] path using 'R':(at(c, 'worse')) with linespoints ls c title 'κ = '.word(kappa, c), \
     path using 'R':(at(4, 'worse')) with linespoints ls 4 title 'κ = 2.5, T = 3'

eval panel(1, 4)
unset logscale x; set format x '%g'; set xlabel 'κ'; set xrange [1.25:2.55]
set label 1 '(g) draws whose branch from small |p| ends below'
set yrange [-0.03:1.45]; set ytics 0,0.25,1
set object 1 rectangle from S_min, graph 0 to B_min, graph 1 fc rgb sky fs transparent solid 0.25 noborder behind
set key top right
plot window using 'kappa':'worse':'low':'high' with yerrorbars ls 2 dt 1 lw 1.5 ps 0.9 title 'drawn tokens', \
     window using 'kappa':'labels_worse' with lines ls 6 title 'same labels, orthogonal noise', \
     1 / 0 with boxes fc rgb sky fs transparent solid 0.25 title 'all draws, if labels were balanced'
unset object 1

eval panel(2, 4)
set logscale xy; set xrange [8e-4:130]; set format x '10^{%T}'; set xlabel 'R / |p_{mm}|'
set yrange [0.2:3000]; set ytics 0.1,10; set format y '10^{%T}'
set label 1 '(h) -log_{10}  risk on clean labels; grey: R = ∞'
set key at graph 0.02,0.42 left
plot for [c=1:3] path using 'R':(-at(c, 'limit_risk')) with lines ls 9 lw 1.4 notitle, \
     path using (column('R') > 2.5 ? column('R') : NaN):(-at(3, 'sat_risk')) with lines ls 6 title 'predicted', \
     path using (column('R') > 2.5 ? column('R') : NaN):(-at(2, 'sat_risk')) with lines ls 6 notitle, \
     for [c=1:3] path using 'R':(-known(c, 'log10_risk', 'p_known')) with points ls c title 'κ = '.word(kappa, c)
unset multiplot
