# (a) boundary B against the step size, (b) boundary C as an SNR against n, (c) late risk below C,
# (d) weight on the signal late, above C
set terminal svg size 960,800 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
curve = data.'/curve.tsv'; edges = data.'/edges.tsv'; late = data.'/late.tsv'
kind(k, c) = (column('kind') == k ? column(c) : NaN)
names = "softmax linear sigmoid sparsemax hard 'softmax, T = 4' 'local, T = 4'"
set style line 6 lc rgb 'black' lw 2.2 dt 1     pt 4 ps 0.8
set style line 7 lc rgb grey    lw 2.2 dt (9,4) pt 12 ps 0.9
set multiplot layout 2,2 margins 0.085,0.985,0.085,0.95 spacing 0.1,0.14
set logscale x
set key samplen 2.5 spacing 1.05

set label 1 '(a) boundary B: κ up to which two steps fit; lines: predicted' at graph 0,1.06 left
set xlabel 'b = β ρ^2'; set xrange [0.85:75]; set xtics (1, 2, 4, 8, 16, 32, 64)
set logscale y; set yrange [1.5:7]; set ytics (1.5, 2, 2.5, 3, 4, 5, 6)
set ylabel 'κ = ρ √(n/d)' offset 1.3,0
set key top left
plot for [k=0:6] curve using 'b':(kind(k, 'kappa_predicted')) with lines ls k+1 lw 1.3 notitle, \
     for [k=0:6] curve using 'b':(kind(k, 'kappa')):(kind(k, 'kappa_low')):(kind(k, 'kappa_high')) with yerrorbars ls k+1 lw 1.3 title word(names, k+1)

at_c(k, c) = (column('late') == 1 && column('kind') == k ? column(c) : NaN)
shift(k) = 1 + 0.02 * (k - 3)
set label 1 '(b) boundary C, late; lines: predicted, ∝ n^{-1/2 } as SNR'
set xlabel 'n'; set xrange [17:94]; set xtics (20, 40, 80)
unset logscale y; set yrange [1.58:1.84]; set ytics 0.05
set key top right maxrows 4
plot for [k=0:6] edges using 'n':(at_c(k, 'kappa_predicted')) with lines ls k+1 lw 1.1 notitle, \
     for [k=0:6] edges using (column('n') * shift(k)):(at_c(k, 'kappa')):(at_c(k, 'kappa_low')):(at_c(k, 'kappa_high')) with yerrorbars ls k+1 lw 1.3 title word(names, k+1)

below(k, c) = (column('above') == 0 && column('kind') == k && column('seen') > 0.5 ? column(c) : NaN)
set label 1 '(c) risk on clean labels below C: median, nine draws in ten'
set xlabel 'step'; set xrange [0.9:2500]; set xtics (1, 10, 100, 1000)
set yrange [0.15:6000]; set logscale y; set ytics (0.3, 1, 3, 10, 30, 100)
set ylabel '-log_{10} risk' offset 1,0
set key top right maxrows 4
plot for [k=0:6] late using 'step':(-below(k, 'log10_risk')):(-below(k, 'log10_risk_q05')):(-below(k, 'log10_risk_q95')) with yerrorbars ls k+1 lw 1.2 title word(names, k+1), \
     for [k=0:6] late using 'step':(-below(k, 'log10_risk')) with lines ls k+1 lw 1.3 notitle

above(k, c) = (column('above') == 1 && column('kind') == k ? column(c) : NaN)
set label 1 '(d) weight on the signal above C, clean (upper) and noisy'
unset logscale y; set yrange [-0.55:2.2]; set ytics (-0.5, 0, 0.5, 1, 1.5)
set ylabel 's_1' offset 1,0
set key top left maxrows 3
plot 0 with lines ls 9 notitle, 1 with lines ls 9 notitle, \
     for [k=0:4] late using 'step':(above(k, 'att_clean')) with linespoints ls k+1 lw 1.6 title word(names, k+1), \
     for [k=0:4] late using 'step':(above(k, 'att_noisy')) with linespoints ls k+1 lw 1.6 notitle
unset multiplot
