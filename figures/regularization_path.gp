# (a) margin, (b) directions, (c) attention, (d) risk against R; (e) branches near the threshold,
# (f) where the branch from small |p| ends worse
set terminal svg size 960,1150 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
path = data.'/path.tsv'; window = data.'/window.tsv'
at(k, c) = (abs(column('kappa') - k) < 1e-9 && column(c) > 1e-14 ? column(c) : NaN)
minus(k, c) = (abs(column('kappa') - k) < 1e-9 ? -column(c) : NaN)
any(k, c) = (abs(column('kappa') - k) < 1e-9 ? column(c) : NaN)
set datafile missing NaN # rows of other series do not break a line
set multiplot layout 3,2 margins 0.085,0.985,0.06,0.965 spacing 0.1,0.085
set logscale xy
set xlabel 'R / |p_{mm}|'; set xrange [8e-4:130]; set format x '10^{%T}'; set format y '10^{%T}'

set label 1 '(a) 1 - margin / its limit' at graph 0,1.06 left
set yrange [1e-14:3]
set key inside bottom left
plot exp(-x) with lines lc rgb 'black' dt 2 title 'exp(-R/|p_{mm}|)', \
     path using 'R':(at(1, 'one_minus_margin')) with linespoints ls 2 title 'κ = 1', \
     path using 'R':(at(1.6, 'one_minus_margin')) with linespoints ls 3 title 'κ = 1.6', \
     path using 'R':(at(2.5, 'one_minus_margin')) with linespoints ls 1 title 'κ = 2.5'

set label 1 '(b) 1 - cosine with the pair, κ = 2.5'
set yrange [1e-14:3]
plot x > 0.8 ? 0.01 / x**2 : NaN with lines lc rgb 'black' dt 2 title 'slope -2', \
     path using 'R':(at(2.5, 'one_minus_cos_p')) with linespoints ls 1 title 'p with p_{mm}', \
     path using 'R':(at(2.5, 'one_minus_cos_v')) with linespoints ls 2 title 'v with v_{mm}'

unset logscale y; set format y '%g'; set yrange [-0.03:1.03]
set label 1 '(c) attention on the signal: clean (filled), noisy (line)'
set key inside top left
plot path using 'R':(any(1, 'att_clean')) with linespoints ls 2 title 'κ = 1', \
     path using 'R':(any(1.6, 'att_clean')) with linespoints ls 3 title 'κ = 1.6', \
     path using 'R':(any(2.5, 'att_clean')) with linespoints ls 1 title 'κ = 2.5', \
     path using 'R':(any(2.5, 'att_noisy')) with lines lc rgb 'black' dt 4 title 'κ = 2.5, noisy'

set label 1 '(d) -log_{10}  risk on clean labels; dashed: the limit'
set logscale y; set yrange [0.2:2000]; set format y '10^{%T}'
set key inside bottom left
plot path using 'R':(minus(2.5, 'limit_risk')) with lines lc rgb 'black' dt 2 notitle, \
     path using 'R':(minus(1, 'limit_risk')) with lines lc rgb 'black' dt 2 notitle, \
     path using 'R':(minus(2.5, 'log10_risk')) with linespoints ls 1 title 'κ = 2.5', \
     path using 'R':(minus(2, 'log10_risk')) with linespoints ls 4 title 'κ = 2', \
     path using 'R':(minus(1.6, 'log10_risk')) with linespoints ls 3 title 'κ = 1.6', \
     path using 'R':(minus(1, 'log10_risk')) with linespoints ls 2 title 'κ = 1'

unset logscale y; set format y '%g'; set yrange [0.8:1.02]
set label 1 '(e) margins of the starts over the best, κ = 1.6'
plot path using 'R':(any(1.6, 'from_above')) with linespoints ls 1 title 'from p_{mm} of the best selection', \
     path using 'R':(any(1.6, 'from_below')) with linespoints ls 2 title 'from small |p|', \
     path using 'R':(any(1.6, 'other')) with linespoints ls 4 title 'best of other selections', \
     path using 'R':(any(1.6, 'random_low')) with linespoints ls 3 title 'worst random start'

unset logscale x; set format x '%g'; set xlabel 'κ'; set xrange [1.35:2.65]; set yrange [-0.03:1.03]
set key inside top right
set label 1 '(f) draws in which the branch from small |p| ends worse'
plot window using 'kappa':'optimal' with lines ls 9 title 'best selection is signal for clean', \
     window using 'kappa':'below_wrong':'low':'high' with yerrorbars ls 2 ps 0.9 title 'ends worse'
unset multiplot
