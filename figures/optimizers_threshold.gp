# (a) the threshold as an SNR against n, (b) as kappa where it does not depend on n
set terminal svg size 960,470 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
t = data.'/thresholds.tsv'
is(m, c) = (column('method') == m ? column(c) : NaN)
names = "'gradient descent' momentum Nesterov normalised 'mini-batch SGD' 'sign, random basis' 'Adam, random basis' 'sign, signal axes' 'Adam, signal axes'"
set style line 6 lc rgb 'black' lw 2.2 dt 1       pt 4 ps 0.9
set style line 7 lc rgb grey    lw 2.2 dt (9,4)   pt 12 ps 1.0
set style line 8 lc rgb orange  lw 2.2 dt (4,3)   pt 6 ps 1.0
set style line 10 lc rgb green  lw 2.2 dt (2,2)   pt 8 ps 1.0
set multiplot
set logscale x; set xlabel 'n'; set xtics (10, 20, 40, 80)
set key samplen 2.5 spacing 1.05

set lmargin at screen 0.075; set rmargin at screen 0.47; set bmargin at screen 0.16; set tmargin at screen 0.9
set label 1 '(a) threshold as signal-to-noise ratio; lines: predicted' at graph 0,1.06 left
set logscale y; set xrange [8.8:92]; set yrange [0.12:90]
set ylabel 'ρ / √d at the threshold' offset 0.8,0
set key top right at graph 0.99,0.72
set label 2 '∝ n^{1/2}' at 44,26
set label 3 '∝ n^{-1/2}' at 52,0.35
plot t using 'n':(is(7, 'snr_predicted')) with lines ls 9 lw 1.6 notitle, \
     t using 'n':(is(0, 'snr_predicted')) with lines ls 9 lw 1.6 notitle, \
     t using 'n':(is(0, 'snr')) with points ls 1 ps 1.0 title word(names, 1), \
     t using 'n':(is(5, 'snr')) with points ls 6 title word(names, 6), \
     t using 'n':(is(6, 'snr')) with points ls 7 title word(names, 7), \
     t using 'n':(is(7, 'snr')) with points ls 8 title word(names, 8), \
     t using 'n':(is(8, 'snr')) with points ls 10 title word(names, 9)
unset label 2; unset label 3

set lmargin at screen 0.57; set rmargin at screen 0.985
set label 1 '(b) threshold κ, in a random basis; lines: predicted'
unset logscale y; set yrange [1.86:2.75]; set ytics 0.1
set ylabel 'κ = ρ √(n/d)' offset 0.5,0
set key top right at graph 0.99,1.0
shift(m) = 1 + 0.02 * (m - 3)
plot for [m=0:3] t using 'n':(is(m, 'kappa_predicted')) with lines ls m+1 lw 1.3 notitle, \
     for [m=0:6] t using (column('n') * shift(m)):(is(m, 'kappa')):(is(m, 'kappa_low')):(is(m, 'kappa_high')) with yerrorbars ls m+1 ps 0.9 lw 1.3 title word(names, m+1)
unset multiplot
