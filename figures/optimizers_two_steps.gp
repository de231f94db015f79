# Steps to the first fit and risk there against the step size, and paths at the matched step size; left
# rules that stay in the tokens' span, right coordinate-wise rules in two bases.
set terminal svg size 960,1010 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
fit = data.'/fit.tsv'; path = data.'/path.tsv'
is(m, c) = (column('method') == m ? column(c) : NaN)
early(m, c) = (column('method') == m && column('step') <= 10 ? column(c) : NaN)
span = "'gradient descent' momentum Nesterov normalised 'mini-batch SGD'"
coordinate = "'sign, random basis' 'Adam, random basis' 'sign, signal axes' 'Adam, signal axes'"
array of[4] = [5, 6, 8, 9]

set multiplot
set key samplen 2.5 spacing 1.05
array px[2] = [0.08, 0.585]
array py[3] = [0.735, 0.4, 0.065]
set lmargin at screen 0; set rmargin at screen 0; set tmargin at screen 0; set bmargin at screen 0
panel(i, j) = sprintf('set lmargin at screen %f; set rmargin at screen %f; set bmargin at screen %f; set tmargin at screen %f', \
                      px[i], px[i] + 0.4, py[j], py[j] + 0.225)

set logscale x 2
set xlabel 'step size over the matched one' offset 0,0.3
set xrange [0.11:9]; set xtics ('1/8' 0.125, '1/4' 0.25, '1/2' 0.5, '1' 1, '2' 2, '4' 4, '8' 8)
set yrange [0:7]; set ytics 1
set key top right
eval panel(1, 1)
set label 1 '(a) passes until all labels are fitted' at graph 0,1.08 left
plot 2 with lines ls 9 notitle, \
     for [m=0:4] fit using 'multiple':(is(m, 'steps')) with linespoints ls m+1 title word(span, m+1), \
     for [m=0:3] fit using 'multiple':(is(m, 'steps_predicted')) with points pt 6 ps 1.2 lc rgb 'black' title (m == 0 ? 'predicted' : '')
eval panel(2, 1)
set label 1 '(b) the same, coordinate-wise rules'
plot 2 with lines ls 9 notitle, \
     for [k=1:4] fit using 'multiple':(is(of[k], 'steps')) with linespoints ls k title word(coordinate, k)

set yrange [0.2:2000]; set logscale y 10; set ytics 10; set format y '10^{%T}'
set ylabel '-log_{10} risk' offset 0.8,0
eval panel(1, 2)
set label 1 '(c) risk at the first fit'
set key bottom left
plot for [m=0:4] fit using 'multiple':(-is(m, 'log10_risk')) with linespoints ls m+1 title word(span, m+1), \
     for [m=0:3] fit using 'multiple':(-is(m, 'log10_risk_predicted')) with points pt 6 ps 1.2 lc rgb 'black' title (m == 0 ? 'predicted' : '')
eval panel(2, 2)
set label 1 '(d) the same, rules as in (b); dotted: gradient descent'
unset key
plot for [k=1:4] fit using 'multiple':(-is(of[k], 'log10_risk')) with linespoints ls k title word(coordinate, k), \
     fit using 'multiple':(-is(0, 'log10_risk')) with lines ls 9

unset logscale; set format y '%g'; unset ylabel
set xlabel 'passes over the samples, at the matched step size'
set xrange [0.8:10.2]; set xtics 1; set yrange [-0.03:1.03]; set ytics 0.25
eval panel(1, 3)
set label 1 '(e) attention on the signal, clean and noisy samples; rules as in (a)'
unset key
plot 0.5 with lines ls 9 notitle, \
     for [m=0:4] path using 'step':(early(m, 'att_clean')) with linespoints ls m+1 title word(span, m+1), \
     for [m=0:4] path using 'step':(early(m, 'att_noisy')) with linespoints ls m+1 notitle, \
     for [m=0:3] path using 'step':(early(m, 'att_clean_predicted')) with points pt 6 ps 1.2 lc rgb 'black' title (m == 0 ? 'predicted' : ''), \
     for [m=0:3] path using 'step':(early(m, 'att_noisy_predicted')) with points pt 6 ps 1.2 lc rgb 'black' notitle
eval panel(2, 3)
set label 1 '(f) attention of clean samples on the signal'
set key on top right at graph 0.99,0.88
plot 0.5 with lines ls 9 notitle, \
     for [k=1:4] path using 'step':(early(of[k], 'att_clean')) with linespoints ls k title word(coordinate, k)
unset multiplot
