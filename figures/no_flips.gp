# everything against eta: (a), (b) thresholds in kappa, (c) the risk, (d) classes learnt with the wrong sign
set terminal svg size 960,800 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
edges = data.'/edges.tsv'; risk = data.'/risk.tsv'; drawn = data.'/drawn.tsv'
stats edges using 'b' nooutput
small = STATS_min; large = STATS_max
stats risk using 'rank' nooutput
ranks = int(STATS_max)
array kappa[ranks + 1]
do for [r=0:ranks] { stats risk using (column('rank') == r ? column('kappa') : NaN) nooutput; kappa[r + 1] = STATS_min }
at(b, c) = (column('b') == b ? column(c) : NaN)
set multiplot layout 2,2 margins 0.085,0.985,0.085,0.95 spacing 0.1,0.13
set xrange [-0.015:0.47]; set xlabel 'η'

set label 1 '(a) boundaries A and B; lines: predicted' at graph 0,1.06 left
set yrange [1:8.5]; set ylabel 'κ'; set key at graph 0.03,0.98 left
plot edges using 'eta':(at(large, 'b_predicted')) with lines ls 3 notitle, \
     edges using 'eta':(at(small, 'b_predicted')) with lines ls 2 notitle, \
     edges using 'eta':(at(small, 'a_predicted')) with lines ls 1 notitle, \
     edges using 'eta':(at(large, 'b_edge')):(at(large, 'b_low')):(at(large, 'b_high')) with yerrorbars ls 3 dt 1 ps 0.9 title sprintf('B, b = %g', large), \
     edges using 'eta':(at(small, 'b_edge')):(at(small, 'b_low')):(at(small, 'b_high')) with yerrorbars ls 2 dt 1 ps 0.9 title sprintf('B, b = %g', small), \
     edges using 'eta':(at(small, 'a')):(at(small, 'a_low')):(at(small, 'a_high')) with yerrorbars ls 1 dt 1 ps 0.9 title 'A'

set label 1 '(b) late boundary C, and κ* of the max-margin pair'
set logscale y; set yrange [1.3:40]; set ytics (1.5, 2, 3, 5, 8, 12, 20)
plot edges using 'eta':(at(small, 'turn')) with lines ls 9 dt (6,3) lw 1.8 title 'where a small second step turns', \
     edges using 'eta':(at(large, 'c_predicted')) with lines ls 3 notitle, \
     edges using 'eta':(at(small, 'c_predicted')) with lines ls 2 notitle, \
     edges using 'eta':(at(small, 'star_predicted')) with lines ls 1 notitle, \
     edges using 'eta':(at(large, 'c')):(at(large, 'c_low')):(at(large, 'c_high')) with yerrorbars ls 3 dt 1 ps 0.9 title sprintf('C, b = %g', large), \
     edges using 'eta':(at(small, 'c')):(at(small, 'c_low')):(at(small, 'c_high')) with yerrorbars ls 2 dt 1 ps 0.9 title sprintf('C, b = %g', small), \
     edges using 'eta':(at(small, 'star')):(at(small, 'star_low')):(at(small, 'star_high')) with yerrorbars ls 1 dt 1 ps 0.9 title 'κ*'

set label 1 '(c) -log_{10} risk late (filled) and after two steps (open)'
unset ylabel; set yrange [0.15:1e8]; set ytics auto; set format y '10^{%T}'; set key at graph 0.98,0.99 right
k(r, c) = (column('rank') == r ? -column(c) : NaN)
style(r) = r % 5 + 1
array open[5] = [6, 4, 8, 12, 10]
plot for [r=0:ranks] risk using 'eta':(k(r, 'late_predicted')) with lines ls style(r) notitle, \
     for [r=0:ranks] risk using 'eta':(k(r, 'late_log10_risk')) with points ls style(r) ps 0.9 title sprintf('κ = %.3g', kappa[r + 1]), \
     for [r=0:ranks] risk using 'eta':(k(r, 'log10_risk_2')) with points ls style(r) pt open[r % 5 + 1] ps 0.9 notitle

set label 1 '(d) share of draws with a class learnt wrong'
unset logscale y; set format y '%g'; set yrange [0:0.8]; set key default; set key opaque spacing 1.15 samplen 3 at graph 0.75,0.98 right
plot drawn using 'eta':'wrong_predicted' with lines ls 1 title 'mostly flipped, predicted', \
     drawn using 'eta':'wrong':'wrong_low':'wrong_high' with yerrorbars ls 1 dt 1 ps 0.9 title 'wrong sign, measured'
unset multiplot
