# (a) attention of the heads over training, (b) specialisation, (c) division of samples, (d) risk, against the start
set terminal svg size 960,800 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
e = data.'/starts.tsv'; t = data.'/steps.tsv'
is(h, k, q, c) = (column('heads') == h && column('kappa') == k && column('kind') == q ? column(c) : NaN)
over(s, c) = (column('start') == s && column('kind') == 1 ? column(c) : NaN)
set datafile missing NaN
set multiplot layout 2,2 margins 0.065,0.985,0.085,0.955 spacing 0.09,0.125

set label 1 '(a) attention on the signal, H = 4, κ = 2.1, clean samples' at graph -0.05,1.05 left
set logscale x; set xlabel 'step + 1'; set xrange [1:250]; set yrange [0:1]
set key inside top right
plot t using (column('step') + 1):(over(10, 'head_least')):(over(10, 'head_most')) with filledcurves fc rgb green fs transparent solid 0.15 noborder notitle, \
     t using (column('step') + 1):(over(1, 'head_least')):(over(1, 'head_most')) with filledcurves fc rgb orange fs transparent solid 0.2 noborder notitle, \
     t using (column('step') + 1):(over(0.1, 'head_least')):(over(0.1, 'head_most')) with filledcurves fc rgb blue fs transparent solid 0.3 noborder notitle, \
     t using (column('step') + 1):(over(0.1, 'att_clean')) with linespoints ls 1 title 'start 0.1: mean; band: least to largest head', \
     t using (column('step') + 1):(over(1, 'att_clean')) with linespoints ls 2 title 'start 1', \
     t using (column('step') + 1):(over(10, 'att_clean')) with linespoints ls 3 title 'start 10'

set xlabel 'scale of the start (deviation of a noise token''s scores)'; set xrange [0.08:13]
set key inside top left
set label 1 '(b) index between heads, H = 2, after training; thin: at the start'
set yrange [0:0.5]
kappas = '1.2 2.1 4 8'
plot for [i=1:4] e using 'start':(is(2, word(kappas, i) + 0, 1, 'between_0')) with lines ls i lw 0.9 notitle, \
     for [i=1:4] e using 'start':(is(2, word(kappas, i) + 0, 1, 'between')) with linespoints ls i ps 0.9 title 'κ = '.word(kappas, i)

set label 1 '(c) index within samples, κ = 2.1, after training; thin: at the start'
set yrange [0:1]
heads = '2 4 8'
plot for [i=1:3] e using 'start':(is(word(heads, i) + 0, 2.1, 1, 'within_0')) with lines ls i lw 0.9 notitle, \
     for [i=1:3] e using 'start':(is(word(heads, i) + 0, 2.1, 1, 'within')) with linespoints ls i ps 0.9 title 'H = '.word(heads, i)

set label 1 '(d) -log10 of the risk on clean labels, κ = 2.1'
set logscale y; set yrange [0.3:1000]
set key inside top right
plot for [i=1:3:2] e using 'start':(-is(word(heads, i) + 0, 2.1, 0, 'log10_risk')) with linespoints ls i ps 0.9 title 'H = '.word(heads, i).', v starts at 0', \
     for [i=1:3:2] e using 'start':(-is(word(heads, i) + 0, 2.1, 1, 'log10_risk')) with linespoints ls (i == 1 ? 2 : 4) ps 0.9 title 'H = '.word(heads, i).', v and p random'
unset multiplot
