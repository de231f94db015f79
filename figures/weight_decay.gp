# Weight decay: (a) the smallest margin, (b) |p|, (c) the cosine of p with the best min-norm interpolator
# of that margin, (d) the margin over its limit. Points measured, lines in (a), (b) the recursion.
set terminal svg size 960,800 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
runs = data.'/runs.tsv'
at(k, c) = (abs(column('kappa') - k) < 1e-9 ? column(c) : NaN)
array kappa[3] = [1, 1.6, 2.5]
array style[3] = [1, 4, 3]
array size[3] = [0.7, 0.9, 0.9]
set multiplot layout 2,2 margins 0.085,0.985,0.075,0.95 spacing 0.1,0.135
set logscale x
set xlabel 'weight decay λ, falling' offset 0,0.3
set xrange [2000:5e-4] noextend
set format x '10^{%T}'

set label 1 '(a) the smallest margin γ' at graph 0,1.06 left font ',14'
set yrange [-0.5:12]
set key at graph 0.02,0.98 left top
plot for [i=1:3] runs using (at(kappa[i], 'lambda')):(at(kappa[i], 'ideal_smallest')) with lines ls style[i] notitle, \
     for [i=1:3] runs using (at(kappa[i], 'lambda')):(at(kappa[i], 'smallest')) with points ls style[i] ps size[i] title sprintf('κ = %g', kappa[i])

set label 1 '(b) |p| (d/n)^{1/2}; dotted: min-norm with margin 1'
set yrange [0:3.5]
plot for [i=1:3] runs using (at(kappa[i], 'lambda')):(at(kappa[i], 'unit_r')) with lines ls style[i] dt 3 lw 1.2 notitle, \
     for [i=1:3] runs using (at(kappa[i], 'lambda')):(at(kappa[i], 'ideal_r')) with lines ls style[i] notitle, \
     for [i=1:3] runs using (at(kappa[i], 'lambda')):(at(kappa[i], 'r')) with points ls style[i] ps size[i] title sprintf('κ = %g', kappa[i])

set label 1 '(c) cosine of p and the best min-norm p with margin γ'
set yrange [-1.05:1.1]
set key at graph 0.02,0.45 left top
plot for [i=1:3] runs using (at(kappa[i], 'lambda')):(at(kappa[i], 'best_cos_p')) with linespoints ls style[i] ps size[i] title sprintf('κ = %g', kappa[i]), \
     0 with lines ls 9 notitle

set label 1 '(d) γ / |v| over the largest margin there is'
set yrange [-0.3:1.05]
set key at graph 0.98,0.35 right top
plot for [i=1:3] runs using (at(kappa[i], 'lambda')):(at(kappa[i], 'share')) with linespoints ls style[i] ps size[i] title sprintf('κ = %g', kappa[i]), \
     1 with lines ls 9 notitle
unset multiplot
