# Boundaries of other noise over Gaussian ones (a), of other signals against theory (b), the risk of
# test sets against its prediction (c), boundaries as SNR against n (d).
set terminal svg size 960,860 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
families = data.'/families.tsv'; layouts = data.'/layouts.tsv'; risks = data.'/risks.tsv'; rates = data.'/rates.tsv'
set multiplot
panel(l, b) = sprintf('set lmargin at screen %f; set rmargin at screen %f; set bmargin at screen %f; set tmargin at screen %f', l, l + 0.385, b, b + 0.31)

eval panel(0.075, 0.63)
set label 1 '(a) boundary over that of Gaussian noise, same draws' at graph 0,1.06 left
set xtics rotate by -40 noenhanced font ',11' nomirror
set xrange [0.3:14.7]; set yrange [0.8:1.15]
set key bottom left
plot 1 with lines ls 9 notitle, \
     families using ($0 + 0.8):(strcol('what') eq 'gaussian' ? NaN : column('a_ratio')):'a_low':'a_high' with yerrorbars ls 1 ps 0.8 title 'A: one step', \
     families using ($0 + 1):(strcol('what') eq 'gaussian' ? NaN : column('b_ratio')):'b_low':'b_high':xticlabels(1) with yerrorbars ls 2 ps 0.8 title 'B: two steps', \
     families using ($0 + 1.2):(strcol('what') eq 'gaussian' ? NaN : column('c_ratio')):'c_low':'c_high' with yerrorbars ls 3 ps 0.8 title 'C: late'

eval panel(0.575, 0.63)
set label 1 '(b) boundaries of other signals, κ; bars: A predicted'
set xrange [-0.7:12.7]; set yrange [0.5:5]; set ytics 1
set key top left
plot layouts using 0:'a_predicted':(0.35) with xerrorbars lc rgb 'black' lw 2 pt -1 title 'A, predicted', \
     layouts using 0:'a':xticlabels(1) with points ls 1 ps 1 title 'A', \
     layouts using ($0 + 0.15):'b' with points ls 2 ps 0.9 title 'B', \
     layouts using ($0 + 0.3):'c' with points ls 3 ps 0.9 title 'C'

eval panel(0.075, 0.085)
set label 1 '(c) risk after two steps: test set against prediction'
set xtics norotate enhanced font ',13'
set logscale xy; set xrange [2e-6:0.7]; set yrange [2e-6:0.7]
set xlabel 'risk if scores were Gaussian' offset 0,0.3; set ylabel 'share of errors' offset 1,0
set format xy '10^{%T}'; set ytics auto; set xtics auto
set key top left Left reverse font ',11'
group(a, b, c) = (column('group') >= a && column('group') <= b && column('errors') > 0 ? column(c) : NaN)
other(c) = (column('group') > 6 || column('group') < 1 ? (column('errors') > 0 ? column(c) : NaN) : NaN)
plot x with lines lc rgb 'black' dt 2 notitle, \
     risks using (other('predicted')):(other('measured')):'low':'high' with yerrorbars lc rgb grey pt 6 ps 0.7 title 'Gaussian noise, all signals', \
     risks using (group(1, 1, 'predicted')):(group(1, 1, 'measured')):'low':'high' with yerrorbars ls 1 ps 0.8 title 'light tails', \
     risks using (group(2, 2, 'predicted')):(group(2, 2, 'measured')):'low':'high' with yerrorbars ls 2 ps 0.9 title 'heavy tails', \
     risks using (group(4, 4, 'predicted')):(group(4, 4, 'measured')):'low':'high' with yerrorbars ls 3 ps 0.9 title 'power law, v^TΣv', \
     risks using (group(6, 6, 'predicted')):(group(6, 6, 'measured')):'low':'high' with yerrorbars ls 4 ps 0.9 title 'correlated tokens'

eval panel(0.575, 0.085)
set label 1 '(d) boundaries as SNR against n; lines: κ n^{-1/2}'
set xlabel 'n'; unset ylabel; set xrange [16:100]; set yrange [0.09:0.5]; set format xy '%g'
set xtics (20, 40, 80); set ytics (0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
set key bottom left font ',12'
only(r, c) = (column('rate') == r ? column(c) : NaN)
names = 'Rademacher Laplace power-law'
plot rates using (only(0, 'n')):(only(0, 'a_predicted') / sqrt(column('n'))) with lines lc rgb 'black' dt 2 title 'A, predicted', \
     rates using (only(0, 'n')):(only(0, 'b_predicted') / sqrt(column('n'))) with lines lc rgb 'black' dt 4 title 'B, recursion', \
     for [r=0:2] rates using (column('n') * (0.96 + 0.04 * r)):(only(r, 'snr_a')) with points ls r + 1 ps 0.9 title 'A and B, '.word(names, r + 1), \
     for [r=0:2] rates using (column('n') * (0.96 + 0.04 * r)):(only(r, 'snr_b')) with points ls r + 1 ps 0.9 notitle
unset multiplot
