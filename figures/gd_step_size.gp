# Maps over (kappa, b): steps to interpolation, risk after two steps, risk late; then the two-step
# window and a slice through it.
set terminal svg size 960,820 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
map = data.'/map.tsv'; window = data.'/window.tsv'; slice = data.'/slice.tsv'

# where a training label is not fitted: a dot; where the window's ends are predicted: lines
unfitted(c, x) = (column(c) < 1 ? column(x) : NaN)
scope(c) = (column('ratio') == 1e4 ? column(c) : NaN)
clip(x, low, high) = (x < low ? low : x > high ? high : x)

set multiplot
unset grid
set key off
set logscale xy
hover_y = 'b'
set style fill solid noborder
set xlabel 'κ = ρ (n/d)^{1/2}' offset 0,0.4
set xrange [0.485:8.25]; set yrange [0.0086:1160]
set xtics (0.5, 1, 2, 4, 8)
set ytics ('10^{-2}' 1e-2, '10^{-1}' 1e-1, '1' 1, '10' 10, '10^2' 1e2, '10^3' 1e3)
panel(x) = sprintf('set lmargin at screen %f; set rmargin at screen %f; set bmargin at screen 0.60; set tmargin at screen 0.945', x, x + 0.235)
bar(x) = sprintf('set colorbox horizontal user origin %f,0.505 size 0.215,0.018', x)
set cbtics scale 0.4 offset 0,0.3

eval panel(0.08); eval bar(0.09)
set label 1 '(a) steps until all labels are fitted' at graph 0,1.05 left front
set ylabel 'b = β max(ρ^2, d/n)' offset 1.8,0
# from one step (light) to late (dark); grey: not by then
set palette defined (0 '#fff3d6', 0.23 '#fdc77a', 0.5 '#f2794b', 0.75 '#b0304f', 1 '#4a0f52')
set cbrange [0:3]
hover_colour = 'log10 of the step'
set cbtics ('1' 0, '10' 1, '100' 2, '1000' 3)
plot map using 'kappa':'b':'x_low':'x_high':'y_low':'y_high':(log10(column('first'))) with boxxy fc palette, \
     map using (column('first') > 0 ? NaN : column('kappa')):'b':'x_low':'x_high':'y_low':'y_high' with boxxy fc rgb '#bbbbbb'

set palette defined (0 '#440154', 0.25 '#3b528b', 0.5 '#21918c', 0.75 '#5ec962', 1 '#fde725')
set cbrange [-20:0]
hover_colour = 'log10 risk'
set cbtics ('≤ 10^{-20}' -20, '10^{-10}' -10, '1' 0)
set format y ''
unset ylabel
eval panel(0.405); unset colorbox
set label 1 '(b) risk after two steps'
plot map using 'kappa':'b':'x_low':'x_high':'y_low':'y_high':(clip(column('log10_risk_2'), -20, 0)) with boxxy fc palette, \
     map using (unfitted('train_2', 'kappa')):'b' with points pt 7 ps 0.22 lc rgb 'white', \
     window using (scope('kappa')):'low_predicted' with lines lc rgb 'white' dt (6,4) lw 2.4, \
     window using (scope('kappa')):'high_predicted' with lines lc rgb 'black' lw 2.4

eval panel(0.725); eval bar(0.56)
set label 1 '(c) risk late'
plot map using 'kappa':'b':'x_low':'x_high':'y_low':'y_high':(clip(column('log10_risk_late'), -20, 0)) with boxxy fc palette, \
     map using (unfitted('train_late', 'kappa')):'b' with points pt 7 ps 0.22 lc rgb 'white', \
     window using (scope('kappa')):'late_predicted' with lines lc rgb 'black' dt (2,3) lw 2.4

# ---- the window, and a slice ----
low(x) = sprintf('set lmargin at screen %f; set rmargin at screen %f; set bmargin at screen 0.075; set tmargin at screen 0.40', x, x + 0.41)
set grid ytics lc rgb '#dddddd' lw 0.8
set format y '%g'
eval low(0.07)
set label 1 '(d) window of b for two steps: points measured, lines predicted' at graph 0,1.06 left
set xlabel 'κ' offset 0,0.4; set xrange [1.65:8.5]; set xtics (2, 3, 4, 5, 6, 8)
set yrange [1:130]; set ytics (1, 2, 5, 10, 20, 50, 100)
set ylabel 'b' offset 1,0
set key bottom right
at(r, c) = (column('ratio') == r ? column(c) : NaN)
plot window using 'kappa':(at(1e4, 'low_predicted')) with lines ls 1 notitle, \
     window using 'kappa':(at(1e4, 'high_predicted')) with lines ls 2 notitle, \
     window using 'kappa':(at(200, 'high_predicted')) with lines ls 3 notitle, \
     window using 'kappa':(at(1e4, 'late_predicted')) with lines lc rgb 'black' dt (2,3) lw 1.8 notitle, \
     window using 'kappa':(at(1e4, 'high')):(at(1e4, 'high_low')):(at(1e4, 'high_high')) with yerrorbars ls 2 lw 1.2 title 'risk benign below, d/n = 10^4', \
     window using 'kappa':(at(200, 'high')):(at(200, 'high_low')):(at(200, 'high_high')) with yerrorbars ls 3 lw 1.2 title 'the same, d/n = 200', \
     window using 'kappa':(at(1e4, 'late_edge')):(at(1e4, 'late_low')):(at(1e4, 'late_high')) with yerrorbars pt 6 ps 0.7 lc rgb 'black' lw 1.2 title 'clean attention 1/2, late', \
     window using 'kappa':(at(1e4, 'low')):(at(1e4, 'low_low')):(at(1e4, 'low_high')) with yerrorbars ls 1 lw 1.2 title 'noisy labels fitted above'

eval low(0.57)
hover_y = ''
set label 1 '(e) share of noisy labels fitted at κ = 5, by steps taken'
set xlabel 'b'; set xrange [0.18:1100]; set xtics ('0.2' 0.2, '1' 1, '10' 10, '100' 100, '1000' 1000)
unset logscale y
set yrange [-0.03:1.03]; set ytics 0,0.2,1
unset ylabel
set key at graph 0.99,0.5 right top
step(s, c) = (column('step') == s ? column(c) : NaN)
plot for [i=1:5] slice using (step(word('1 2 3 10 100', i) + 0, 'b')):'noisy' with linespoints ls i \
     title word('1 2 3 10 100', i).(i == 1 ? ' step' : ' steps')
unset multiplot
