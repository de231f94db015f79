# (a) boundaries against the number of heads, (b) boundary C as an SNR against n, (c) the late risk below C
set terminal svg size 960,440 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
t = data.'/thresholds.tsv'; r = data.'/risk.tsv'
stats t using 'n' name 'N' nooutput
at(w, s, c) = (column('boundary') == w && column('start') == s && column('n') == N_min ? column(c) : NaN)
edge(h, s, c) = (column('boundary') == 2 && column('heads') == h && column('start') == s ? column(c) : NaN)
late(n, s, c) = (column('n') == n && column('start') == s ? -column(c) : NaN)
set datafile missing NaN # lines join the points of a series over the rows of others
set multiplot
set logscale x 2; set xlabel 'heads H'; set xtics (1, 2, 4, 8); set xrange [0.8:10]
set bmargin at screen 0.15; set tmargin at screen 0.9

set lmargin at screen 0.06; set rmargin at screen 0.31
set label 1 sprintf('(a) κ at the boundaries, n = %.0f', N_min) at graph -0.12,1.06 left
set yrange [1.35:3.2]; set ytics 0.2
set key top left samplen 2.5
plot for [w=0:2] t using 'heads':(at(w, 0, 'kappa_predicted')) with lines ls w+1 notitle, \
     for [w=0:2] t using 'heads':(at(w, 0, 'kappa')) with points ls w+1 ps 1.0 title word('A B C', w+1), \
     for [w=1:2] t using (column('heads') * 1.09):(at(w, 1, 'kappa')):(at(w, 1, 'kappa_low')):(at(w, 1, 'kappa_high')) with yerrorbars ls w+1 pt (w == 1 ? 4 : 8) ps 1.0 lw 1.2 title (w == 1 ? 'B, Gaussian start' : 'C, Gaussian start')

set lmargin at screen 0.4; set rmargin at screen 0.65
set label 1 '(b) C as SNR; lines: predicted, from zero'
set xlabel 'n'; set xrange [34:190]; set xtics (40, 80, 160)
set logscale y; set yrange [0.105:0.45]; set ytics (0.12, 0.16, 0.2, 0.25, 0.3, 0.4)
set key top right
plot for [h=0:3] t using 'n':(edge(2**h, 0, 'snr_predicted')) with lines ls h+1 lw 1.4 notitle, \
     for [h=0:3] t using (column('n') * 1.025**(h - 1.5)):(edge(2**h, 1, 'snr')):(edge(2**h, 1, 'snr_low')):(edge(2**h, 1, 'snr_high')) with yerrorbars ls h+1 lw 1.2 ps 0.9 title sprintf('H = %.0f, Gaussian', 2**h)

set lmargin at screen 0.745; set rmargin at screen 0.99
set label 1 '(c) -log10 of the late risk below C'
set xlabel 'heads H'; set xrange [0.8:10]; set xtics (1, 2, 4, 8)
set yrange [0.8:30000]; set ytics (1, 10, 100)
set key top left
plot for [i=0:2] r using 'heads':(late(40 * 2**i, 0, 'below')) with linespoints ls i+1 ps 1.0 title sprintf('n = %.0f, zero start', 40 * 2**i), \
     for [i=0:2] r using 'heads':(late(40 * 2**i, 1, 'below')) with linespoints ls i+1 lw 1 pt (i == 0 ? 6 : i == 1 ? 4 : 8) ps 1.0 title sprintf('n = %.0f, Gaussian', 40 * 2**i)
unset multiplot
