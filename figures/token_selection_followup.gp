# Training and fresh test accuracy with the loss, attention by kind of token for clean and flipped
# samples, and the sweep over signal norms.
set terminal svg size 960,760 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
trajectory = data.'/trajectory.tsv'; sweep = data.'/sweep.tsv'

set multiplot layout 2,2 margins 0.08,0.975,0.09,0.945 spacing 0.11,0.17
set xlabel 'step of gradient descent'
set xrange [0:1000]; set xtics 0, 200
set format y '%g'

set label 1 '(a) accuracy and loss' at graph 0,1.06 left front
set yrange [0.4:1.06]
set key at graph 0.98,0.42 right top
plot trajectory using 'step':'train_q05':'train_q95' with filledcurves ls 1 fs transparent solid band notitle, \
     trajectory using 'step':'train' with lines ls 1 title 'training accuracy', \
     trajectory using 'step':'test' with lines ls 2 title 'fresh test accuracy', \
     trajectory using 'step':'loss' with lines ls 3 title 'loss'

set label 1 '(b) attention, clean samples'
set yrange [0:1.04]
set key at graph 0.98,0.75 right top
plot trajectory using 'step':'clean_relevant' with lines ls 1 title 'relevant token', \
     trajectory using 'step':'clean_own' with lines ls 3 title 'weak token', \
     trajectory using 'step':'clean_other' with lines ls 2 title 'opposite weak token', \
     trajectory using 'step':'clean_rest' with lines ls 9 title 'noise tokens together'

set label 1 '(c) attention, flipped samples'
set key off
plot trajectory using 'step':'flipped_relevant' with lines ls 1, \
     trajectory using 'step':'flipped_own' with lines ls 3, \
     trajectory using 'step':'flipped_other' with lines ls 2, \
     trajectory using 'step':'flipped_rest' with lines ls 9

set label 1 '(d) after training, over the signal norm'
set xlabel 'signal norm ρ'
set logscale x
set xrange [4.5:111]; set xtics (5, 10, 20, 40, 80)
set yrange [0:1.45]; set ytics 0, 0.2, 1
set key at graph 0.98,1.0 right top
plot sweep using 'rho':'all_fitted_share' with linespoints ls 1 title 'draws that fit all labels', \
     sweep using 'rho':'test' with linespoints ls 2 title 'fresh test accuracy', \
     sweep using 'rho':'flipped_other' with linespoints ls 4 title 'opposite token, flipped samples'
unset multiplot
