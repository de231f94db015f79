# Margins of named selections, gap to the second best, types of the best, switches, and mixtures.
# The first setting is the reference of the theory, with the same counts in each draw.
set terminal svg size 960,1060 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
path = data.'/path.tsv'; switches = data.'/switches.tsv'; curves = data.'/curves.tsv'
of(s, c) = (column('setting') == s ? column(c) : NaN)
stats path using (of(1, 'n')) name 'N' nooutput
stats path using (of(1, 'eta')) name 'E' nooutput
star = sqrt(2 / (1 - E_max))

set multiplot
set key Left reverse samplen 2.5
array px[2] = [0.085, 0.59]
array py[3] = [0.74, 0.405, 0.065]
set lmargin at screen 0; set rmargin at screen 0; set tmargin at screen 0; set bmargin at screen 0
panel(i, j) = sprintf('set lmargin at screen %f; set rmargin at screen %f; set bmargin at screen %f; set tmargin at screen %f', \
                      px[i], px[i] + 0.395, py[j], py[j] + 0.225)
set xlabel 'κ' offset 0,0.4

eval panel(1, 1)
set label 1 '(a) margins / √d: points measured, lines predicted' at graph 0,1.07 left
set xrange [0.55:3.65]; set yrange [0:0.66]
set arrow 1 from star, graph 0 to star, graph 1 nohead lc rgb grey dt (3,3) lw 1.2
set label 2 'κ*' at star + 0.05, graph 0.95 left textcolor rgb grey
set key bottom right
plot path using (of(1, 'kappa')):'predicted_noise' with lines ls 2 lw 1.6 notitle, \
     path using (of(1, 'kappa')):'predicted_optimal' with lines ls 1 lw 1.6 notitle, \
     path using (of(1, 'kappa')):'margin' with points pt 6 ps 1.1 lc rgb 'black' title 'best of all', \
     path using (of(1, 'kappa')):'margin_optimal' with points ls 1 ps 0.5 title 'optimal selection', \
     path using (of(1, 'kappa')):'margin_noise' with points ls 2 ps 0.5 title 'all noise'

eval panel(2, 1)
set label 1 '(b) gap to the second best: lines predicted'
set logscale y; set yrange [7e-4:1]; set format y '10^{%T}'
set key at graph 0.99,0.3 right top
set label 2 'κ*' at star + 0.05, graph 0.95 left
plot path using (of(1, 'kappa')):'gap_q05':'gap_q95' with filledcurves fc rgb blue fs solid band notitle, \
     path using (of(3, 'kappa')):'gap_predicted' with lines ls 3 lw 1.4 notitle, \
     path using (of(1, 'kappa')):'gap_predicted' with lines ls 1 lw 1.4 notitle, \
     path using (of(1, 'kappa')):'gap' with points ls 1 title 'n = 8', \
     path using (of(3, 'kappa')):'gap' with points ls 3 title 'n = 14'
unset arrow 1; unset label 2
unset logscale y; set format y '%g'

eval panel(1, 2)
set label 1 '(c) type of the best selection, n = 12, labels drawn'
set yrange [-0.02:1.02]; set ylabel 'share of draws' offset 1,0
set key at graph 0.99,0.71 right top
plot path using (of(2, 'kappa')):'optimal_predicted' with lines ls 1 lw 1.4 notitle, \
     path using (of(2, 'kappa')):'noise_predicted' with lines ls 2 lw 1.4 notitle, \
     path using (of(2, 'kappa')):'split_predicted' with lines ls 3 lw 1.4 notitle, \
     path using (of(2, 'kappa')):'other_predicted' with lines ls 4 lw 1.4 notitle, \
     path using (of(2, 'kappa')):'optimal' with points ls 1 title 'optimal selection', \
     path using (of(2, 'kappa')):'noise' with points ls 2 title 'all noise', \
     path using (of(2, 'kappa')):'split' with points ls 3 title 'one class each', \
     path using (of(2, 'kappa')):'other' with points ls 4 title 'other'
unset ylabel

eval panel(2, 2)
set label 1 '(d) where a class turns to its signal: measured / predicted'
set xrange [1.05:2.55]; set yrange [0.93:1.09]; set ytics 0.9,0.02; set xlabel 'predicted κ' offset 0,0.4
set key inside top left maxrows 2 noopaque
at(T, big, c) = (column('T') == T && (column('d') > 1000) == big && column('classes') > 2 ? column(c) : NaN)
ratio(T, big, c) = at(T, big, c) / column('corrected')
plot 1 with lines ls 9 notitle, \
     switches using (at(2, 0, 'predicted')):(ratio(2, 0, 'kappa')):(ratio(2, 0, 'low')):(ratio(2, 0, 'high')) with yerrorbars ls 4 lw 1.2 title 'T = 2, d = 300', \
     switches using (at(2, 1, 'predicted')):(ratio(2, 1, 'kappa')):(ratio(2, 1, 'low')):(ratio(2, 1, 'high')) with yerrorbars ls 1 lw 1.2 title 'T = 2, large d', \
     switches using (at(3, 1, 'predicted')):(ratio(3, 1, 'kappa')):(ratio(3, 1, 'low')):(ratio(3, 1, 'high')) with yerrorbars ls 2 lw 1.2 title 'T = 3', \
     switches using (at(4, 1, 'predicted')):(ratio(4, 1, 'kappa')):(ratio(4, 1, 'low')):(ratio(4, 1, 'high')) with yerrorbars ls 3 lw 1.2 title 'T = 4'
set ytics auto
mixed(k, c) = (column('kappa') == k ? column(c) : NaN)
set xlabel 'part c of the other token' offset 0,0.4; set xrange [0:1]
eval panel(1, 3)
set label 1 '(e) margin of mixtures / best, κ = 2.5'
set yrange [-0.02:1.05]
set key inside bottom left maxrows auto opaque
plot curves using (mixed(2.5, 'c')):'predicted_clean' with lines ls 1 lw 1.4 notitle, \
     curves using (mixed(2.5, 'c')):'predicted_all_clean' with lines ls 3 lw 1.4 notitle, \
     curves using (mixed(2.5, 'c')):'predicted_noisy' with lines ls 2 lw 1.4 notitle, \
     curves using (mixed(2.5, 'c')):'clean' every 2 with points ls 1 title 'one clean sample', \
     curves using (mixed(2.5, 'c')):'all_clean' every 2 with points ls 3 title 'all clean of a class', \
     curves using (mixed(2.5, 'c')):'noisy' every 2 with points ls 2 title 'one noisy sample'
eval panel(2, 3)
set label 1 '(f) the same, κ = 1'
set yrange [0.68:1.02]; unset key
plot curves using (mixed(1, 'c')):'predicted_clean' with lines ls 1 lw 1.4 notitle, \
     curves using (mixed(1, 'c')):'predicted_all_clean' with lines ls 3 lw 1.4 notitle, \
     curves using (mixed(1, 'c')):'clean' every 2 with points ls 1 title 'one clean sample', \
     curves using (mixed(1, 'c')):'all_clean' every 2 with points ls 3 title 'all clean of a class', \
     curves using (mixed(1, 'c')):'noisy' every 2 with points ls 2 title 'one noisy sample'
unset multiplot
