# everything against T, the number of tokens: (a), (b), (f) thresholds in kappa, (c), (e) attention, (d) risk
set terminal svg size 960,1160 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
edges = data.'/edges.tsv'; window = data.'/window.tsv'; late = data.'/late.tsv'; star = data.'/star.tsv'
stats late using 'kappa' nooutput
low = STATS_min; high = STATS_max
is(k, c) = (column('kappa') == k ? column(c) : NaN)
set multiplot layout 3,2 margins 0.09,0.985,0.065,0.965 spacing 0.105,0.085
set logscale x 2; set xrange [1.6:330]; set xlabel 'T'

set label 1 '(a) boundaries A and B; lines: predicted' at graph 0,1.06 left
set logscale y; set yrange [1:60]; set ylabel 'κ'; set key at graph 0.03,0.97 left
plot edges using 'T':'a_predicted' with lines ls 1 notitle, \
     edges using 'T':'b_predicted' with lines ls 2 notitle, \
     edges using 'T':'a':'a_low':'a_high' with yerrorbars ls 1 dt 1 ps 0.9 title 'A: one step fits up to here', \
     edges using 'T':'b_edge':'b_low':'b_high' with yerrorbars ls 2 dt 1 ps 0.9 title 'B: two steps fit up to here'
unset logscale y

set label 1 '(b) where the second step turns the attention'
set yrange [1.5:2.8]; set key at graph 0.97,0.97 right
plot edges using 'T':'noisy_predicted' with lines ls 2 notitle, \
     edges using 'T':'clean_predicted' with lines ls 1 notitle, \
     edges using 'T':'turn_noisy':'noisy_low':'noisy_high' with yerrorbars ls 2 dt 1 ps 0.9 title 'noisy samples: to noise below', \
     edges using 'T':'turn_clean':'clean_low':'clean_high' with yerrorbars ls 1 dt 1 ps 0.9 title 'clean samples: to the signal above'

set label 1 '(c) largest clean attention after two steps that fit'
set yrange [0:1]; unset ylabel; set key at graph 0.97,0.97 right
plot 0.5 with lines ls 9 notitle, \
     window using 'T':'best_predicted' with lines ls 1 title 'predicted, same grid', \
     window using 'T':'best_finer' with lines ls 3 title 'predicted, finer grid', \
     window using 'T':'best':'best_low':'best_high' with yerrorbars ls 1 dt 1 ps 0.9 title 'measured'

set label 1 sprintf('(d) -log_{10} risk at κ = %.2f; lines: predicted', high)
set logscale y; set yrange [0.2:1e7]; set format y '10^{%T}'; set key at graph 0.97,0.98 right
plot edges using 'T':(-column('log10_risk_1_predicted')) with lines ls 1 notitle, \
     late using 'T':(-is(high, 'log10_risk_predicted')) with lines ls 3 notitle, \
     edges using 'T':(-column('log10_risk_1')) with points ls 1 ps 0.9 title 'one step, many samples', \
     late using 'T':(-is(high, 'log10_risk_2')) with points ls 2 ps 0.9 title 'two steps, few samples', \
     late using 'T':(-is(high, 'log10_risk')):(-is(high, 'log10_risk_q95')):(-is(high, 'log10_risk_q05')) with yerrorbars ls 3 dt 1 ps 0.9 title 'late, few samples'
unset logscale y; set format y '%g'

set label 1 '(e) late attention of clean samples; lines: equal noise tokens'
set yrange [0:1.5]; set key at graph 0.97,0.98 right
plot 0.5 with lines ls 9 notitle, \
     late using 'T':(is(high, 'att_predicted')) with lines ls 1 notitle, \
     late using 'T':(is(low, 'att_predicted')) with lines ls 2 notitle, \
     late using 'T':(is(high, 'att_clean')) with points ls 1 ps 0.9 title sprintf('κ = %.2f', high), \
     late using 'T':(is(low, 'att_clean')) with points ls 2 ps 0.9 title sprintf('κ = %.2f', low), \
     late using 'T':(is(high, 'top')) with points ls 3 ps 0.9 title 'largest noise token, noisy samples'

set label 1 '(f) late boundary C and max-margin κ*; lines: predicted'
set yrange [0:2.2]; set ylabel 'κ'; set key at graph 0.97,0.6 right
plot star using 'T':'c_predicted' with lines ls 1 notitle, \
     star using 'T':'star_predicted' with lines ls 2 notitle, \
     star using 'T':'mixed_predicted' with lines ls 3 notitle, \
     star using 'T':'c':'c_low':'c_high' with yerrorbars ls 1 dt 1 ps 0.9 title 'C', \
     star using 'T':'star':'star_low':'star_high' with yerrorbars ls 2 dt 1 ps 0.9 title 'κ*', \
     star using 'T':'mixed':'mixed_low':'mixed_high' with yerrorbars ls 3 dt 1 ps 0.9 title 'κ*, if noise is averaged'
unset multiplot
