# (a) steps until attention splits against the start, (b) boundary C against n, (c) risk below C,
# (d) self-attention below C, by query
set terminal svg size 960,800 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
split = data.'/split.tsv'; edges = data.'/edges.tsv'; late = data.'/late.tsv'
model(m, c) = (column('model') == m ? column(c) : NaN)
names = "'p alone' 'W from I' 'W Gaussian' 'W small' uniform self-attention"
set style line 6 lc rgb 'black' lw 2.2 dt 1 pt 4 ps 0.8
set multiplot layout 2,2 margins 0.085,0.985,0.085,0.95 spacing 0.1,0.14
set logscale x
set key samplen 2.5 spacing 1.05

set label 1 '(a) steps until attention splits, W from ω I' at graph 0,1.06 left
set xlabel 'ω'; set xrange [0.18:1.15]; set xtics (0.2, 0.25, 0.35, 0.5, 0.7, 1)
set logscale y; set yrange [1.5:1500]; set ytics (2, 5, 10, 20, 50, 100)
set ylabel 'steps' offset 1,0
set key top right
plot split using 'omega':(model(1, 'steps_predicted')) with lines lc rgb 'black' dt 2 title 'p alone, step ω^2β for p', \
     split using 'omega':(model(1, 'steps')):(model(1, 'steps_q05')):(model(1, 'steps_q95')) with yerrorbars ls 2 title 'W from ω I: median, nine draws in ten', \
     split using 'omega':(model(5, 'steps')):(model(5, 'steps_q05')):(model(5, 'steps_q95')) with yerrorbars ls 6 title 'self-attention, W from 0'

at_c(m, c) = (column('late') == 1 && column('model') == m ? column(c) : NaN)
shift(m) = 1 + 0.025 * (m - 2)
set label 1 '(b) boundary C, late; lines: predicted'
set xlabel 'n'; set xrange [17:94]; set xtics (20, 40, 80)
unset logscale y; set yrange [1.57:1.93]; set ytics 0.05
set ylabel 'κ = ρ √(n/d)' offset 1.3,0
set key top right
plot for [m in "0 1 2 3 5"] edges using 'n':(at_c(m+0, 'kappa_predicted')) with lines ls m+1 lw 1.1 notitle, \
     for [m in "0 1 2 3 5"] edges using (column('n') * shift(m+0)):(at_c(m+0, 'kappa')):(at_c(m+0, 'kappa_low')):(at_c(m+0, 'kappa_high')) with yerrorbars ls m+1 lw 1.3 title word(names, m+1)

below(m, c) = (column('above') == 0 && column('model') == m ? column(c) : NaN)
seen(m, c) = (column('seen') > 0.5 ? below(m, c) : NaN)
set label 1 '(c) risk on clean labels below C: median'
set xlabel 'step'; set xrange [0.9:1200]; set xtics (1, 10, 100, 1000)
set logscale y; set yrange [0.7:8000]; set ytics (1, 3, 10, 30, 100)
set ylabel '-log_{10} risk' offset 1,0
set key top right maxrows 4
plot for [m=0:4] late using 'step':(-seen(m, 'log10_risk')) with linespoints ls m+1 lw 1.5 title word(names, m+1), \
     late using 'step':(-below(5, 'log10_risk')) with linespoints ls 6 lw 1.2 title 'self-att., at least'

set label 1 '(d) self-attention below C: weight on the signal, by query'
unset logscale y; set yrange [0:0.85]; set ytics 0.1
set ylabel 'attention on the signal' offset 1,0
set key top right maxrows 3
plot late using 'step':(below(5, 'signal_clean')) with linespoints ls 1 lw 1.5 title 'μ asks, clean', \
     late using 'step':(below(5, 'signal_noisy')) with linespoints ls 2 lw 1.5 title 'μ asks, noisy', \
     late using 'step':(below(5, 'noise_clean')) with linespoints ls 3 lw 1.5 title 'ξ asks, clean', \
     late using 'step':(below(5, 'noise_noisy')) with linespoints ls 4 lw 1.5 title 'ξ asks, noisy', \
     late using 'step':(below(5, 'fresh_signal')) with linespoints ls 5 lw 1.5 title 'μ asks, fresh', \
     late using 'step':(below(5, 'fresh_noise')) with linespoints ls 6 lw 1.5 title 'ξ asks, fresh'
unset multiplot
