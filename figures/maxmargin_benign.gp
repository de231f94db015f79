# the limit and finite |p| against kappa: (a) and (b) risk, (c) selection, (d) attention; breaking it:
# (e) p turned away from p_mm, (f) clean samples on noise
set terminal svg size 960,1150 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
sweep = data.'/sweep.tsv'; turned = data.'/turned.tsv'; kept = data.'/turned_kept.tsv'; wrong = data.'/wrong.tsv'
at(s, R, c) = (column('setting') == s && strcol('R') eq R ? column(c) : NaN)
minus(x) = (x < 0 ? -x : NaN)
set datafile missing NaN # rows of other series do not break a line
set multiplot layout 3,2 margins 0.085,0.985,0.06,0.965 spacing 0.1,0.085
set xlabel 'κ'; set xrange [0.95:4.05]

set label 1 '(a) the limit: -log_{10}  risk; lines: orthogonal noise' at graph 0,1.06 left
set logscale y; set yrange [0.2:1e5]; set format y '10^{%T}'
set key inside bottom right
plot sweep using 'kappa':(minus(at(2, 'inf', 'predicted'))) with lines ls 2 notitle, \
     sweep using 'kappa':(minus(at(3, 'inf', 'predicted'))) with lines ls 3 notitle, \
     sweep using 'kappa':(minus(at(1, 'inf', 'predicted'))) with lines ls 1 notitle, \
     sweep using 'kappa':(minus(at(4, 'inf', 'predicted'))) with lines ls 4 notitle, \
     sweep using 'kappa':(minus(at(2, 'inf', 'log10_risk'))) with points ls 2 ps 0.9 title 'd/n = 10^5, η = 0.1', \
     sweep using 'kappa':(minus(at(3, 'inf', 'log10_risk'))) with points ls 3 ps 0.9 title 'd/n = 10^4, η = 0.05', \
     sweep using 'kappa':(minus(at(1, 'inf', 'log10_risk'))) with points ls 1 ps 0.9 title 'd/n = 10^4, η = 0.1', \
     sweep using 'kappa':(minus(at(4, 'inf', 'log10_risk'))) with points ls 4 ps 0.9 title 'd/n = 10^4, η = 0.2'

set label 1 '(b) finite |p|: -log_{10}  risk, d/n = 10^4, η = 0.1'
plot sweep using 'kappa':(minus(at(1, '0.3', 'log10_risk'))) with linespoints ls 5 title '|p| = 0.3 |p_{mm}|', \
     sweep using 'kappa':(minus(at(1, '1', 'log10_risk'))) with linespoints ls 4 title '|p_{mm}|', \
     sweep using 'kappa':(minus(at(1, '3', 'log10_risk'))) with linespoints ls 3 title '3 |p_{mm}|', \
     sweep using 'kappa':(minus(at(1, '10', 'log10_risk'))) with linespoints ls 2 title '10 |p_{mm}|', \
     sweep using 'kappa':(minus(at(1, 'inf', 'log10_risk'))) with linespoints ls 1 title 'limit'

unset logscale y; set format y '%g'; set yrange [-0.03:1.03]
set label 1 '(c) share of draws with signal for clean, noise for noisy'
set arrow 1 from sqrt(2/0.95), graph 0 to sqrt(2/0.95), graph 1 nohead ls 3
set arrow 2 from sqrt(2/0.9), graph 0 to sqrt(2/0.9), graph 1 nohead ls 1
set arrow 3 from sqrt(2/0.8), graph 0 to sqrt(2/0.8), graph 1 nohead ls 4
plot sweep using 'kappa':(at(3, 'inf', 'optimal')) with linespoints ls 3 title 'η = 0.05', \
     sweep using 'kappa':(at(1, 'inf', 'optimal')) with linespoints ls 1 title 'η = 0.1', \
     sweep using 'kappa':(at(4, 'inf', 'optimal')) with linespoints ls 4 title 'η = 0.2; vertical: κ*'
unset arrow 1; unset arrow 2; unset arrow 3

set label 1 '(d) mean attention of clean samples on the signal, η = 0.1'
plot sweep using 'kappa':(at(1, '0.3', 'att_clean')) with linespoints ls 5 title '|p| = 0.3 |p_{mm}|', \
     sweep using 'kappa':(at(1, '1', 'att_clean')) with linespoints ls 4 title '|p_{mm}|', \
     sweep using 'kappa':(at(1, '3', 'att_clean')) with linespoints ls 3 title '3 |p_{mm}|', \
     sweep using 'kappa':(at(1, 'inf', 'att_clean')) with linespoints ls 1 title 'limit'

set xlabel 'degrees between p and p_{mm}'; set xrange [-2:92]
set logscale y; set yrange [0.2:1e4]; set format y '10^{%T}'
set key inside bottom left
set label 1 '(e) p turned away: -log_{10}  risk'
plot kept using 'x':(minus(column('predicted'))) with lines lc rgb 'black' dt 2 title 'orthogonal noise', \
     kept using 'x':(minus(column('log10_risk'))) with points ls 1 ps 0.9 title 'v_{mm}  kept, |p| to infinity', \
     turned using 'x':(minus(column('log10_risk'))) with linespoints ls 2 title 'v fitted again, |p| finite'

set key inside top right
set xlabel 'share of clean samples on noise'; set xrange [-0.02:1.02]
set label 1 '(f) wrong selections: -log_{10}  risk'
plot wrong using 'x':(minus(column('predicted'))) with lines lc rgb 'black' dt 2 title 'orthogonal noise', \
     wrong using 'x':(minus(column('log10_risk'))) with points ls 1 ps 0.9 title 'limit of the selection'
unset multiplot
