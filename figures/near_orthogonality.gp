# Noisy fit against n^2/d and n/d, risk, coherence, edges, and the cross terms' part in log risk.
set terminal svg size 960,1010 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
map = data.'/map.tsv'; edges = data.'/edges.tsv'
ns = '50 100 200'
at(n, c) = (column('n') == n ? column(c) : NaN)
mark(m, c) = (column('mark') == m ? column(c) : NaN)

set multiplot
set key Left reverse samplen 2
array px[2] = [0.085, 0.595]
array py[3] = [0.735, 0.4, 0.065]
set lmargin at screen 0; set rmargin at screen 0; set tmargin at screen 0; set bmargin at screen 0
panel(i, j) = sprintf('set lmargin at screen %f; set rmargin at screen %f; set bmargin at screen %f; set tmargin at screen %f', \
                      px[i], px[i] + 0.39, py[j], py[j] + 0.225)
set logscale x
set format x '10^{%T}'
set ytics 0,0.25,1

eval panel(1, 1)
set label 1 '(a) accuracy after two steps, against n^2/d' at graph 0,1.08 left
set xlabel 'n^2/d' offset 0,0.3; set xrange [0.08:130]; set yrange [0.4:1.03]
set key bottom left
plot for [i=1:3] map using (1 / at(word(ns, i) + 0, 'dn2')):'noisy' with linespoints ls i title 'noisy samples, n = '.word(ns, i), \
     map using (1 / at(200, 'dn2')):'noisy_0' with lines ls 9 title 'n = 200, without cross terms'

eval panel(2, 1)
set label 1 '(b) the same, against n/d'
set xlabel 'n/d' offset 0,0.3; set xrange [0.008:2.5]
plot for [i=1:3] map using (1 / at(word(ns, i) + 0, 'dn')):'noisy' with linespoints ls i title 'noisy samples, n = '.word(ns, i), \
     map using (1 / at(50, 'dn')):'clean' with lines lc rgb 'black' lw 1.8 title 'clean samples, n = 50'

eval panel(1, 2)
set label 1 '(c) risk after two steps: points measured, line predicted'
set xlabel 'd/n' offset 0,0.3; set xrange [0.4:3e6]
set logscale y; set yrange [0.5:2e6]; set ytics auto; set format y '10^{%T}'
set ylabel '-log_{10} risk' offset 0.3,0
set key top left
plot for [i=1:3] map using (at(word(ns, i) + 0, 'dn')):(-column('risk')) with points ls i ps 0.8 title 'n = '.word(ns, i), \
     map using (at(200, 'dn')):(-column('risk_predicted')) with lines lc rgb 'black' lw 1.4 title 'orthogonal noise', \
     map using (at(50, 'dn')):(-column('risk_predicted')) with lines lc rgb 'black' lw 1.4 notitle

eval panel(2, 2)
set label 1 '(d) coherence: points measured, lines predicted'
set xlabel 'd/n^2' offset 0,0.3; set xrange [0.007:1.5e4]
set yrange [0.02:80]; set ylabel 'max |ξ_i·ξ_j| n/d' offset 0.3,0
set key bottom left
plot for [i=1:3] map using (at(word(ns, i) + 0, 'dn2')):'coherence' with points ls i ps 0.8 title 'n = '.word(ns, i), \
     for [i=1:3] map using (at(word(ns, i) + 0, 'dn2')):'coherence_predicted' with lines ls i lw 1.2 notitle, \
     1 with lines ls 9 title 'bound'

eval panel(1, 3)
set label 1 '(e) dimension below which a conclusion fails'
set xlabel 'n' offset 0,0.3; set xrange [43:470]; set xtics (50, 100, 200, 400); set format x '%g'
set yrange [6:3e4]; set ylabel 'd' offset 0.3,0
set key top left
set label 2 '∝ n^2' at 370,2100 textcolor rgb '#777777'
set label 3 '∝ n' at 410,75 textcolor rgb '#777777'
plot 0.25*x with lines lc rgb '#999999' dt (2,3) lw 1.4 notitle, x**2/40 with lines lc rgb '#999999' dt (2,3) lw 1.4 notitle, \
     edges using 'n':(mark(4, 'dn_predicted') * column('n')) with lines ls 1 lw 1.4 notitle, \
     edges using 'n':(mark(1, 'dn_predicted') * column('n')) with lines ls 2 lw 1.4 notitle, \
     edges using 'n':(mark(4, 'd')):(mark(4, 'd_low')):(mark(4, 'd_high')) with yerrorbars ls 1 lw 1.2 title 'risk (line: predicted)', \
     edges using 'n':(mark(1, 'd')):(mark(1, 'd_low')):(mark(1, 'd_high')) with yerrorbars ls 2 lw 1.2 title 'noisy fit (line: predicted)', \
     edges using 'n':(mark(0, 'd')):(mark(0, 'd_low')):(mark(0, 'd_high')) with yerrorbars ls 3 lw 1.2 title 'clean fit'
unset label 2; unset label 3
set xtics auto; set format x '10^{%T}'

eval panel(2, 3)
set label 1 "(f) cross terms' part in log risk after two steps"
set xlabel 'd/n' offset 0,0.3; set xrange [0.4:3e6]
set yrange [5e-5:0.6]; set ylabel 'relative difference' offset 0.3,0
set key bottom left
plot for [i=1:3] map using (at(word(ns, i) + 0, 'dn')):'difference':'difference_low':'difference_high' with yerrorbars ls i lw 1 title 'n = '.word(ns, i), \
     (x > 2 ? 0.2 / sqrt(x) : NaN) with lines ls 9 title 'slope -1/2'
unset multiplot
