# Maps of log10 risk and of interpolation, at step 2 and late, over (kappa, n) and over (SNR, d);
# then the three boundaries with their predictions.
set terminal svg size 960,1240 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
map_n = data.'/map_n.tsv'; map_d = data.'/map_d.tsv'; edges = data.'/boundaries.tsv'; map_e = data.'/map_edges.tsv'

# viridis by hand; below 10^-20 it is all one colour, since what matters is where risk is not small
set palette defined (0 '#440154', 0.25 '#3b528b', 0.5 '#21918c', 0.75 '#5ec962', 1 '#fde725')
set cbrange [-20:0]
set cbtics ('≤ 10^{-20}' -20, '10^{-15}' -15, '10^{-10}' -10, '10^{-5}' -5, '1' 0)
hover_colour = 'log10 risk'
shown(c) = (column(c) < -20 ? -20 : column(c))
# a dot where some training label is not fitted
unfitted(c, x) = (column(c) < 1 ? column(x) : NaN)

set multiplot
unset grid
set key off
set logscale xy
set format y '%g'
set style fill solid noborder

array px[2] = [0.075, 0.51]
array py[2] = [0.745, 0.455]
set lmargin at screen 0; set rmargin at screen 0; set tmargin at screen 0; set bmargin at screen 0
panel(i, j) = sprintf('set lmargin at screen %f; set rmargin at screen %f; set bmargin at screen %f; set tmargin at screen %f', \
                      px[i], px[i] + 0.36, py[j], py[j] + 0.21)
unset colorbox

set xlabel 'κ = ρ (n/d)^{1/2}'
hover_y = 'n'
set xrange [0.23:8.6]; set yrange [14:570]
set xtics (0.25, 0.5, 1, 2, 4, 8); set ytics (16, 32, 64, 128, 256, 512)
eval panel(1, 1)
set label 1 '(a) risk after 2 steps, d = 200 n; lines: A (dots), B (dashes)' at graph 0,1.06 left front
set ylabel 'n' offset 1.5,0
plot map_n using 'kappa':'n':'x_low':'x_high':'y_low':'y_high':(shown('log10_risk_2')) with boxxy fc palette, \
     map_n using (unfitted('train_2', 'kappa')):'n' with points pt 7 ps 0.22 lc rgb 'white', \
     map_e using 'a_predicted':(14):(0):(556) with vectors nohead lc rgb 'white' dt (2,3) lw 2, \
     map_e using 'b_predicted':(14):(0):(556) with vectors nohead lc rgb 'white' dt (6,4) lw 2
eval panel(2, 1)
set label 1 '(b) risk late, d = 200 n; dashes: C'
unset ylabel
plot map_n using 'kappa':'n':'x_low':'x_high':'y_low':'y_high':(shown('log10_risk_late')) with boxxy fc palette, \
     map_n using (unfitted('train_late', 'kappa')):'n' with points pt 7 ps 0.22 lc rgb 'white', \
     map_e using 'c_predicted':(14):(0):(556) with vectors nohead lc rgb 'black' dt (6,4) lw 2

set xlabel 'SNR = ρ / d^{1/2}'
hover_y = 'd'
set xrange [0.0093:1.08]; set yrange [80:1.25e8]
set xtics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1); set ytics ('10^2' 1e2, '10^3' 1e3, '10^4' 1e4, '10^5' 1e5, '10^6' 1e6, '10^7' 1e7, '10^8' 1e8)
# n of this map from its own rows: kappa = SNR sqrt(n)
set arrow 1 from 0.1,80 to 0.1,1.25e8 nohead front lc rgb 'white' dt (6,4) lw 2
eval panel(1, 2)
set label 1 '(c) risk after 2 steps, n = 100; dashes: SNR = n^{-1/2}'
set ylabel 'd' offset 1.5,0
plot map_d using 'snr':'d':'x_low':'x_high':'y_low':'y_high':(shown('log10_risk_2')) with boxxy fc palette, \
     map_d using (unfitted('train_2', 'snr')):'d' with points pt 7 ps 0.22 lc rgb 'white'
eval panel(2, 2)
set label 1 '(d) risk late, n = 100'
unset ylabel
set colorbox user origin 0.905,0.455 size 0.016,0.50
plot map_d using 'snr':'d':'x_low':'x_high':'y_low':'y_high':(shown('log10_risk_late')) with boxxy fc palette, \
     map_d using (unfitted('train_late', 'snr')):'d' with points pt 7 ps 0.22 lc rgb 'white'
unset arrow 1
unset colorbox

# ---- boundaries ----
hover_y = 'κ'
set grid ytics lc rgb '#dddddd' lw 0.8
unset logscale
set key top left
set xlabel 'flip rate η'; set xrange [-0.01:0.31]; set xtics 0,0.05,0.3; set format y '%g'
set yrange [1:10]; set ytics (1, 1.5, 2, 3, 5, 8, 10); set logscale y
at_b(b, c) = (column('b') == b ? column(c) : NaN)
py[1] = 0.075
panel_low(i) = sprintf('set lmargin at screen %f; set rmargin at screen %f; set bmargin at screen %f; set tmargin at screen %f', \
                       px[i], px[i] + 0.40, 0.065, 0.375)
eval panel_low(1)
set label 1 '(e) boundaries A and B: points measured, lines predicted' at graph 0,1.05 left
set ylabel 'κ' offset 1,0
plot for [i=1:4] edges using 'eta':(at_b(word('1 5 22.5 45', i) + 0, 'b_predicted')) with lines ls i notitle, \
     for [i=1:4] edges using 'eta':(at_b(word('1 5 22.5 45', i) + 0, 'kappa_b')):(at_b(word('1 5 22.5 45', i) + 0, 'b_low')):(at_b(word('1 5 22.5 45', i) + 0, 'b_high')) with yerrorbars ls i lw 1.2 title 'B, b = '.word('1 5 22.5 45', i), \
     edges using 'eta':(at_b(1, 'a_predicted')) with lines lc rgb 'black' lw 1.5 notitle, \
     edges using 'eta':(at_b(1, 'kappa_a')):(at_b(1, 'a_low')):(at_b(1, 'a_high')) with yerrorbars pt 6 lc rgb 'black' title 'A'
eval panel_low(2)
set label 1 '(f) boundary C, late, and κ* of the max-margin limit'
unset ylabel
plot for [i=1:4] edges using 'eta':(at_b(word('1 5 22.5 45', i) + 0, 'c_predicted')) with lines ls i notitle, \
     for [i=1:4] edges using 'eta':(at_b(word('1 5 22.5 45', i) + 0, 'kappa_c')):(at_b(word('1 5 22.5 45', i) + 0, 'c_low')):(at_b(word('1 5 22.5 45', i) + 0, 'c_high')) with yerrorbars ls i lw 1.2 title 'C, b = '.word('1 5 22.5 45', i), \
     edges using 'eta':(at_b(1, 'kappa_star')) with lines lc rgb 'black' dt (2,3) lw 2 title 'κ* = (2/(1-η))^{1/2}'
unset multiplot
