# (a) attention after two steps, (b) boundaries as SNR, (c) and (d) the risk's rate, all against n or d
set terminal svg size 960,800 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
theorem = data.'/theorem.tsv'; edges = data.'/edges.tsv'; rates = data.'/rates.tsv'
is(o, c) = (strcol('over') eq o ? column(c) : NaN)
stats rates using (is('d', 'd')):(is('d', 'minus_log_risk')) name 'D' nooutput
stats rates using (is('n', 'n')):(is('n', 'minus_log_risk')) name 'N' nooutput
set multiplot layout 2,2 margins 0.085,0.985,0.085,0.95 spacing 0.1,0.13
set logscale x
set format x '10^{%T}'

set label 1 '(a) attention on the signal after 2 steps, d = 5 n^2 log n' at graph 0,1.06 left
set xlabel 'n'; set xrange [60:2e7]; set yrange [0:1]
set key at graph 0.97,0.4 right
plot 0.5 with lines ls 9 notitle, \
     theorem using 'n':'ideal_att_clean' with lines lc rgb 'black' dt 2 title 'ideal draw', \
     theorem using 'n':'ideal_att_noisy' with lines lc rgb 'black' dt 2 notitle, \
     theorem using 'n':'att_clean':'att_clean_low':'att_clean_high' with yerrorbars ls 1 ps 0.9 title 'clean samples', \
     theorem using 'n':'att_noisy' with points ls 2 ps 0.9 title 'noisy samples'

set label 1 '(b) boundaries in SNR; lines: predicted κ n^{-1/2}'
set logscale y; set yrange [0.003:0.4]; set format y '%g'; set xrange [35:2e5]
set key inside bottom left
only(w, c) = (column('boundary') == w ? column(c) : NaN)
plot edges using (only(0, 'n')):(only(0, 'snr_predicted')) with lines ls 1 notitle, \
     edges using (only(1, 'n')):(only(1, 'snr_predicted')) with lines ls 2 notitle, \
     edges using (only(2, 'n')):(only(2, 'snr_predicted')) with lines ls 3 notitle, \
     edges using (only(0, 'n')):(only(0, 'snr')):(only(0, 'snr_low')):(only(0, 'snr_high')) with yerrorbars ls 1 ps 0.9 title 'A', \
     edges using (only(1, 'n')):(only(1, 'snr')):(only(1, 'snr_low')):(only(1, 'snr_high')) with yerrorbars ls 2 ps 0.9 title 'B', \
     edges using (only(2, 'n')):(only(2, 'snr')):(only(2, 'snr_low')):(only(2, 'snr_high')) with yerrorbars ls 3 ps 0.9 title 'C'

set format y '10^{%T}'
set label 1 '(c) -log risk after 2 steps against d'
set xlabel 'd'; set xrange [5e7:2e14]; set yrange [*:*]
set key inside top left
plot rates using (is('d', 'd')):(is('d', 'minus_log_risk')):(is('d', 'minus_log_risk_q05')):(is('d', 'minus_log_risk_q95')) with yerrorbars ls 1 ps 0.9 title 'median, nine draws in ten', \
     D_max_y * x / D_max_x with lines lc rgb 'black' dt 2 title 'slope 1'

set label 1 '(d) -log risk after 2 steps against n'
set xlabel 'n'; set xrange [60:2e5]
set key inside top right
plot rates using (is('n', 'n')):(is('n', 'minus_log_risk')):(is('n', 'minus_log_risk_q05')):(is('n', 'minus_log_risk_q95')) with yerrorbars ls 1 ps 0.9 title 'median, nine draws in ten', \
     N_min_y * N_max_x / x with lines lc rgb 'black' dt 2 title 'slope -1: exp(-c d/n)', \
     N_min_y * (N_max_x / x)**2 with lines ls 2 title 'slope -2: exp(-c d/n^2)'
unset multiplot
