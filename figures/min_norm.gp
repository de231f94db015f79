# Min-norm interpolators: (a) |p|, (b) attention, (c) risk against kappa, (d) risk against d/n, (e) risk
# and (f) |p| against the margin. Points measured, lines predicted.
set terminal svg size 960,1160 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
phase = data.'/phase.tsv'; curve = data.'/curve.tsv'; rate = data.'/rate.tsv'
family = data.'/family.tsv'
in(s, c) = (column('setting') == s ? column(c) : NaN)
at(k, c) = (abs(column('kappa') - k) < 1e-9 ? column(c) : NaN)
stats phase using (in(0, 'kappa_star')) nooutput; star = STATS_max
set multiplot layout 3,2 margins 0.085,0.985,0.05,0.965 spacing 0.11,0.095

set xlabel 'κ' offset 0,0.4
set xrange [0.2:4.1]
set label 1 '(a) |p| of the min-norm interpolator, times (d/n)^{1/2}' at graph 0,1.06 left font ',14'
set yrange [0.1:0.75]
set key at graph 0.99,0.02 right bottom
cross = 'pt 2 ps 1.1 lw 0.9 lc rgb "black"'
plot curve using (in(0, 'kappa')):(in(0, 'r')) with lines lc rgb blue lw 1.4 title 'balanced ideal draw', \
     curve using (in(3, 'kappa')):(in(3, 'r')) with lines lc rgb orange lw 1.4 dt (9,4) notitle, \
     phase using (in(4, 'kappa')):(in(4, 'r')) with points ls 3 pt 8 ps 0.9 title 'η = 0.1, n = 100', \
     phase using (in(0, 'kappa')):(in(0, 'r')) with points ls 1 ps 0.8 title 'η = 0.1, n = 40', \
     phase using (in(3, 'kappa')):(in(3, 'r')) with points ls 2 ps 0.8 title 'η = 0.2, n = 40', \
     phase using (in(0, 'kappa')):(in(0, 'ideal_r')) with points @cross title 'ideal, same counts', \
     phase using (in(3, 'kappa')):(in(3, 'ideal_r')) with points @cross notitle, \
     phase using (in(4, 'kappa')):(in(4, 'ideal_r')) with points @cross notitle

set label 1 '(b) attention on the signal, η = 0.1'
set yrange [0:0.8]
set arrow 1 from star,graph 0 to star,graph 1 nohead ls 9
set label 2 'κ*' at star,0.76 left offset 0.5,0 textcolor rgb grey
set key at graph 0.98,0.98 right top
plot curve using (in(0, 'kappa')):(in(0, 'att_clean')) with lines lc rgb blue lw 1.4 notitle, \
     curve using (in(0, 'kappa')):(in(0, 'att_noisy')) with lines lc rgb orange lw 1.4 dt (9,4) notitle, \
     0.5 with lines ls 9 notitle, \
     phase using (in(0, 'kappa')):(in(0, 'att_clean')) with points ls 1 ps 0.8 title 'clean samples', \
     phase using (in(0, 'kappa')):(in(0, 'att_noisy')) with points ls 2 ps 0.8 title 'noisy samples', \
     phase using (in(0, 'kappa')):(in(0, 'ideal_att_clean')) with points @cross notitle, \
     phase using (in(0, 'kappa')):(in(0, 'ideal_att_noisy')) with points @cross notitle

# -log10 of the risk on a logarithmic axis, downwards
hover_y = '−log10 risk'
set label 1 '(c) risk on clean labels at margin 1, η = 0.1'
set logscale y; set yrange [9e4:0.25]
set ytics ('½' 0.30103, '0.1' 1, '10^{-3}' 3, '10^{-10}' 10, '10^{-30}' 30, '10^{-100}' 100, '10^{-1000}' 1000, '10^{-10000}' 10000)
set label 2 'κ*' at star,0.7 left offset 0.5,0 textcolor rgb grey
set key at graph 0.98,0.9 right top
plot phase using (in(1, 'kappa')):(-in(1, 'ideal_log10_risk')) with lines ls 3 notitle, \
     phase using (in(0, 'kappa')):(-in(0, 'ideal_log10_risk')) with lines ls 1 notitle, \
     phase using (in(2, 'kappa')):(-in(2, 'ideal_log10_risk')) with lines ls 2 notitle, \
     phase using (in(1, 'kappa')):(-in(1, 'log10_risk')) with points ls 3 ps 0.9 title 'd/n = 400', \
     phase using (in(0, 'kappa')):(-in(0, 'log10_risk')) with points ls 1 ps 0.7 title 'd/n = 4000', \
     phase using (in(2, 'kappa')):(-in(2, 'log10_risk')) with points ls 2 ps 0.7 title 'd/n = 40000', \
     0.30103 with lines ls 9 notitle
unset arrow 1; unset label 2

set label 1 '(d) the same against d/n, below κ*'
set xlabel 'd/n'; set logscale x; set format x '10^{%T}'
set xrange [800:8e4]; set yrange [1500:0.25]
set key at graph 0.99,0.99 right top
plot rate using (at(0.75, 'ratio')):(-at(0.75, 'fit')) with lines ls 3 notitle, \
     rate using (at(1, 'ratio')):(-at(1, 'fit')) with lines ls 1 notitle, \
     rate using (at(1.25, 'ratio')):(-at(1.25, 'fit')) with lines ls 2 notitle, \
     rate using (at(0.75, 'ratio')):(-at(0.75, 'log10_risk')) with points ls 3 ps 0.9 title 'κ = 0.75', \
     rate using (at(1, 'ratio')):(-at(1, 'log10_risk')) with points ls 1 ps 0.7 title 'κ = 1', \
     rate using (at(1.25, 'ratio')):(-at(1.25, 'log10_risk')) with points ls 2 ps 0.7 title 'κ = 1.25', \
     NaN with lines lc rgb 'black' title 'fit, linear in d/n'

set label 1 '(e) risk against the margin γ in min |v|^2 + |p|^2/γ^2'
set xlabel 'γ'; set xrange [0.9:1200]; set yrange [9e3:0.25]
set format x '%g'
set key at graph 0.98,0.72 right top
plot family using (at(1, 'gamma')):(-at(1, 'ideal_log10_risk')) with lines ls 1 notitle, \
     family using (at(1.6, 'gamma')):(-at(1.6, 'ideal_log10_risk')) with lines ls 4 notitle, \
     family using (at(2.5, 'gamma')):(-at(2.5, 'ideal_log10_risk')) with lines ls 3 notitle, \
     family using (at(1, 'gamma')):(-at(1, 'log10_risk')) with points ls 1 ps 0.7 title 'κ = 1', \
     family using (at(1.6, 'gamma')):(-at(1.6, 'log10_risk')) with points ls 4 ps 0.9 title 'κ = 1.6', \
     family using (at(2.5, 'gamma')):(-at(2.5, 'log10_risk')) with points ls 3 ps 0.9 title 'κ = 2.5', \
     0.30103 with lines ls 9 notitle

set label 1 '(f) |p| over |p_{mm}|, and the law g e^g = (γ/|p_{mm}|)^2'
unset logscale y
hover_y = ''
set yrange [0:13]; set ytics 0,2,12; set xrange [0.9:1200]
set key at graph 0.02,0.98 left top
plot family using (at(1, 'gamma')):(at(1, 'law')) with lines ls 1 notitle, \
     family using (at(1.6, 'gamma')):(at(1.6, 'law')) with lines ls 4 notitle, \
     family using (at(2.5, 'gamma')):(at(2.5, 'law')) with lines ls 3 notitle, \
     family using (at(1, 'gamma')):(at(1, 'r_over')) with points ls 1 ps 0.7 title 'κ = 1', \
     family using (at(1.6, 'gamma')):(at(1.6, 'r_over')) with points ls 4 ps 0.9 title 'κ = 1.6', \
     family using (at(2.5, 'gamma')):(at(2.5, 'r_over')) with points ls 3 ps 0.9 title 'κ = 2.5'
unset multiplot
