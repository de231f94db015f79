# (a) risk in the first setting, (b) noisy labels fitted in the others, (c) their risk, (d) attention
set terminal svg size 960,800 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
steps = data.'/steps.tsv'
row(s, c) = (column('setting') == s && column('step') > 0 ? column(c) : NaN)
array of[7]
of[2] = 'd = 10'; of[3] = 'd = 100'; of[4] = 'd = 250'; of[5] = 'd = 1000'; of[7] = 'd = 10^7'
set multiplot layout 2,2 margins 0.085,0.985,0.085,0.95 spacing 0.1,0.13
set logscale x
set xlabel 'step of gradient descent'; set xrange [0.9:350] noextend; set xtics (1, 2, 5, 10, 20, 50, 100, 300)

set label 1 '(a) risk, n = 100, κ = 0.48' at graph 0,1.06 left
set logscale y; set yrange [1e-20:2]; set format y '10^{%T}'
set key bottom right
plot steps using (row(1, 'step')):(10**row(1, 'ideal_log10_risk')) with lines lc rgb 'black' dt 2 title 'predicted', \
     steps using (row(6, 'step')):(10**row(6, 'ideal_log10_risk')) with lines lc rgb 'black' dt 2 notitle, \
     steps using (row(1, 'step')):(10**row(1, 'log10_risk')) with linespoints ls 1 title 'd = 11 000', \
     steps using (row(6, 'step')):(10**row(6, 'log10_risk_q05')):(10**row(6, 'log10_risk_q95')) with filledcurves fc rgb orange notitle, \
     steps using (row(6, 'step')):(10**row(6, 'log10_risk')) with linespoints ls 2 title 'd = 10^6'

set label 1 '(b) share of noisy labels fitted, n = 500'
unset logscale y; set yrange [-0.03:1.06]; set format y '%g'
set key center left
plot for [s=2:5] steps using (row(s, 'step')):(row(s, 'noisy_acc')) with linespoints ls s-1 title of[s], \
     steps using (row(7, 'step')):(row(7, 'noisy_acc')) with linespoints ls 5 title of[7]

set label 1 '(c) -log_{10} risk, n = 500'
set logscale y; set yrange [1:1e9]; set format y '10^{%T}'
set key top right
plot for [s=2:5] steps using (row(s, 'step')):(-row(s, 'log10_risk')) with linespoints ls s-1 notitle, \
     steps using (row(7, 'step')):(-row(7, 'log10_risk')) with linespoints ls 5 notitle

set label 1 '(d) mean attention on the signal'
unset logscale y; set yrange [0:1.12]; set ytics 0,0.2,1; set format y '%g'
set key top right maxrows 3
plot 0.5 with lines ls 9 notitle, \
     for [s in '1 5'] steps using (row(s+0, 'step')):(row(s+0, 'ideal_att_clean')) with lines lc rgb 'black' dt 2 notitle, \
     for [s in '1 5'] steps using (row(s+0, 'step')):(row(s+0, 'ideal_att_noisy')) with lines lc rgb 'black' dt 2 notitle, \
     steps using (row(5, 'step')):(row(5, 'att_clean')) with linespoints ls 4 title 'd = 1000, clean', \
     steps using (row(5, 'step')):(row(5, 'att_noisy')) with linespoints ls 2 title 'noisy', \
     NaN with lines lc rgb 'black' dt 2 title 'predicted', \
     steps using (row(1, 'step')):(row(1, 'att_clean')) with linespoints ls 1 title 'n = 100, clean', \
     steps using (row(1, 'step')):(row(1, 'att_noisy')) with linespoints ls 3 title 'noisy'
unset multiplot
