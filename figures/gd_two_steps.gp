# (a) accuracies, (b) attention on the signal token, over the steps of gradient descent
file = data.'/trajectory.tsv'
d_reference = 40000
row(c) = (column('d') < 1e6 && column('step') > 0 ? column(c) : NaN)

set multiplot layout 1,2 margins 0.075,0.985,0.15,0.88 spacing 0.09
set logscale x
set xrange [1:150]
set xlabel 'step of gradient descent'
set xtics (1, 2, 3, 5, 10, 20, 50, 150)
set yrange [-0.03:1.06]

set title '(a) accuracy' left
set key bottom right
plot file using 'step':(row('noisy_acc_q05')):(row('noisy_acc_q95')) with filledcurves fc rgb orange notitle, \
     file using 'step':(row('clean_acc')) with linespoints ls 1 title 'training, clean samples', \
     file using 'step':(row('noisy_acc')) with linespoints ls 2 title 'training, noisy samples', \
     file using 'step':(row('test_clean')) with linespoints ls 3 title 'test, clean labels (one draw)', \
     file using 'step':(row('ideal_noisy_acc')) with points pt 6 ps 1.3 lc rgb 'black' title 'predicted, clean and noisy', \
     file using 'step':(row('ideal_clean_acc')) with points pt 6 ps 1.3 lc rgb 'black' notitle

set title '(b) mean attention on the signal token' left
set key center right
plot file using 'step':(row('att_clean_q05')):(row('att_clean_q95')) with filledcurves fc rgb blue notitle, \
     file using 'step':(row('att_noisy_q05')):(row('att_noisy_q95')) with filledcurves fc rgb orange notitle, \
     0.5 with lines ls 9 notitle, \
     file using 'step':(row('att_clean')) with linespoints ls 1 title 'clean samples', \
     file using 'step':(row('att_noisy')) with linespoints ls 2 title 'noisy samples', \
     file using 'step':(row('ideal_att_clean')) with points pt 6 ps 1.3 lc rgb 'black' title 'predicted', \
     file using 'step':(row('ideal_att_noisy')) with points pt 6 ps 1.3 lc rgb 'black' notitle
unset multiplot
