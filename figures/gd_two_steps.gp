# (a) accuracies, (b) attention on the signal token, over the steps of gradient descent
file = data.'/trajectory.tsv'
row(c) = (column('setting') == 0 && column('step') > 0 ? column(c) : NaN)

set multiplot layout 1,2 margins 0.055,0.985,0.17,0.89 spacing 0.075
set logscale x
set xrange [1:*] noextend
set xlabel 'step of gradient descent'
set xtics (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
set yrange [-0.03:1.06]

set label 1 '(a) accuracy' at graph 0,1.07 left font ',14'
set key bottom right
plot file using (row('step')):(row('noisy_acc_q05')):(row('noisy_acc_q95')) with filledcurves fc rgb orange notitle, \
     file using (row('step')):(row('clean_acc')) with linespoints ls 1 title 'training, clean samples', \
     file using (row('step')):(row('noisy_acc')) with linespoints ls 2 title 'training, noisy samples', \
     file using (row('step')):(row('test_clean')) with linespoints ls 3 title 'test, clean labels (one draw)', \
     file using (row('step')):(row('test_given')) with linespoints ls 4 title 'test, flipped labels too', \
     file using (row('step')):(row('ideal_noisy_acc')) with points pt 6 ps 1.3 lc rgb 'black' title 'predicted, clean and noisy', \
     file using (row('step')):(row('ideal_clean_acc')) with points pt 6 ps 1.3 lc rgb 'black' notitle

set label 1 '(b) mean attention on the signal token' at graph 0,1.07 left font ',14'
set key center right
plot file using (row('step')):(row('att_clean_q05')):(row('att_clean_q95')) with filledcurves fc rgb blue notitle, \
     file using (row('step')):(row('att_noisy_q05')):(row('att_noisy_q95')) with filledcurves fc rgb orange notitle, \
     0.5 with lines ls 9 notitle, \
     file using (row('step')):(row('att_clean')) with linespoints ls 1 title 'clean samples', \
     file using (row('step')):(row('att_noisy')) with linespoints ls 2 title 'noisy samples', \
     file using (row('step')):(row('ideal_att_clean')) with points pt 6 ps 1.3 lc rgb 'black' title 'predicted', \
     file using (row('step')):(row('ideal_att_noisy')) with points pt 6 ps 1.3 lc rgb 'black' notitle
unset multiplot
