# (a) to (d) curves against the size of the start, (e) thresholds against n, (f) steps against the flow
set terminal svg size 960,1160 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
curves = data.'/curves.tsv'; edges = data.'/edges.tsv'; order = data.'/order.tsv'
at(w, c) = (column('main') == 1 && column('where') == w ? column(c) : NaN)
stats order using 'kappa' nooutput
first = STATS_min; last = STATS_max
set multiplot layout 3,2 margins 0.09,0.985,0.065,0.965 spacing 0.105,0.085
set logscale x; set xrange [0.008:40]; set format x '%g'
set xlabel 'length of the start, |v_0| or |p_0|'

set label 1 '(a) share of draws fitted after two steps' at graph 0,1.06 left
set yrange [-0.03:1.08]; set key at graph 0.03,0.5 left
plot curves using 'size':(at(0, 'fitted_predicted')) with lines ls 1 title 'v_0, predicted', \
     curves using 'size':(at(1, 'fitted_predicted')) with lines ls 2 title 'p_0, predicted', \
     curves using 'size':(at(0, 'fitted')):(at(0, 'fitted_low')):(at(0, 'fitted_high')) with yerrorbars ls 1 dt 1 ps 0.9 title 'v_0, measured', \
     curves using (column('size')*1.06):(at(1, 'fitted')):(at(1, 'fitted_low')):(at(1, 'fitted_high')) with yerrorbars ls 2 dt 1 ps 0.9 title 'p_0, measured'

set label 1 '(b) attention on the signal after two steps'
set yrange [0:1.05]; set key at graph 0.03,0.98 left
plot 0.5 with lines ls 9 notitle, \
     curves using 'size':(at(0, 'att_clean_predicted')) with lines ls 1 notitle, \
     curves using 'size':(at(1, 'att_clean_predicted')) with lines ls 2 notitle, \
     curves using 'size':(at(0, 'att_noisy_predicted')) with lines ls 3 notitle, \
     curves using 'size':(at(1, 'att_noisy_predicted')) with lines ls 4 notitle, \
     curves using 'size':(at(0, 'att_clean')) with points ls 1 ps 0.9 title 'clean, from v_0', \
     curves using 'size':(at(1, 'att_clean')) with points ls 2 ps 0.9 title 'clean, from p_0', \
     curves using 'size':(at(0, 'att_noisy')) with points ls 3 ps 0.9 title 'noisy, from v_0', \
     curves using 'size':(at(1, 'att_noisy')) with points ls 4 ps 0.9 title 'noisy, from p_0'

set label 1 '(c) -log_{10} risk after two steps; lines: predicted'
set logscale y; set yrange [0.3:6000]; set key at graph 0.03,0.3 left
plot curves using 'size':(-at(0, 'log10_risk_predicted')) with lines ls 1 notitle, \
     curves using 'size':(-at(1, 'log10_risk_predicted')) with lines ls 2 notitle, \
     curves using 'size':(-at(0, 'log10_risk')):(-at(0, 'log10_risk_q95')):(-at(0, 'log10_risk_q05')) with yerrorbars ls 1 dt 1 ps 0.9 title 'v_0', \
     curves using 'size':(-at(1, 'log10_risk')):(-at(1, 'log10_risk_q95')):(-at(1, 'log10_risk_q05')) with yerrorbars ls 2 dt 1 ps 0.9 title 'p_0', \
     curves using 'size':(-at(2, 'log10_risk')) with points ls 3 ps 0.9 title 'both'

set label 1 '(d) -log_{10} risk late; lines: predicted'
plot curves using 'size':(-at(0, 'late_log10_risk_predicted')) with lines ls 1 notitle, \
     curves using 'size':(-at(1, 'late_log10_risk_predicted')) with lines ls 2 notitle, \
     curves using 'size':(-at(0, 'late_log10_risk')):(-at(0, 'late_log10_risk_q95')):(-at(0, 'late_log10_risk_q05')) with yerrorbars ls 1 dt 1 ps 0.9 title 'v_0', \
     curves using 'size':(-at(1, 'late_log10_risk')):(-at(1, 'late_log10_risk_q95')):(-at(1, 'late_log10_risk_q05')) with yerrorbars ls 2 dt 1 ps 0.9 title 'p_0', \
     curves using 'size':(-at(2, 'late_log10_risk')) with points ls 3 ps 0.9 title 'both'

set label 1 '(e) lengths up to which two steps fit, and risk < 10^{-10}'
edge(w, m, c) = (strcol('over') eq 'n' && strcol('start') eq w && strcol('mark') eq m ? column(c) : NaN)
set xlabel 'n'; set xrange [70:50000]; set format x '10^{%T}'; set yrange [0.2:6]; set ytics (0.2, 0.5, 1, 2, 5); set key at graph 0.98,0.98 right
plot edges using 'n':(edge('v', 'fit', 'size_predicted')) with lines ls 1 notitle, \
     edges using 'n':(edge('p', 'fit', 'size_predicted')) with lines ls 2 notitle, \
     edges using 'n':(edge('v', 'benign', 'size_predicted')) with lines ls 3 notitle, \
     edges using 'n':(edge('p', 'benign', 'size_predicted')) with lines ls 4 notitle, \
     edges using 'n':(edge('v', 'fit', 'size')):(edge('v', 'fit', 'size_low')):(edge('v', 'fit', 'size_high')) with yerrorbars ls 1 dt 1 ps 0.9 title 'fit, v_0', \
     edges using (column('n')*1.07):(edge('p', 'fit', 'size')):(edge('p', 'fit', 'size_low')):(edge('p', 'fit', 'size_high')) with yerrorbars ls 2 dt 1 ps 0.9 title 'fit, p_0', \
     edges using (column('n')*1.14):(edge('v', 'benign', 'size')):(edge('v', 'benign', 'size_low')):(edge('v', 'benign', 'size_high')) with yerrorbars ls 3 dt 1 ps 0.9 title 'risk, v_0', \
     edges using (column('n')*1.14):(edge('p', 'benign', 'size')):(edge('p', 'benign', 'size_low')):(edge('p', 'benign', 'size_high')) with yerrorbars ls 4 dt 1 ps 0.9 title 'risk, p_0'

set label 1 '(f) distance from gradient flow after the time of two steps'
set xlabel 'steps of gradient descent in that time'; set xrange [1.6:160]; set format x '%g'
set yrange [3e-4:2]; set ytics auto; set format y '10^{%T}'; set key at graph 0.98,0.98 right
fl(k, c) = (column('kappa') == k ? column(c) : NaN)
plot 0.3 * 2 / x with lines lc rgb 'black' dt 2 title 'order one', \
     order using (column('parts')*2):(fl(first, 'error')):(fl(first, 'error_low')):(fl(first, 'error_high')) with yerrorbars ls 1 dt 1 ps 0.9 title sprintf('κ = %g', first), \
     order using (column('parts')*2):'error' with points ls 3 ps 0.7 title 'between', \
     order using (column('parts')*2):(fl(last, 'error')):(fl(last, 'error_low')):(fl(last, 'error_high')) with yerrorbars ls 2 dt 1 ps 0.9 title sprintf('κ = %g', last)
unset multiplot
