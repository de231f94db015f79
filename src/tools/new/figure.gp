# REPLACE: draws columns of the program's tables, nothing is computed here.
# (a) attention on the signal token, (b) risk, against kappa
file = data.'/grid.tsv'

set multiplot layout 1,2 margins 0.065,0.985,0.17,0.89 spacing 0.085
set xlabel 'κ'
set offsets graph 0.03, graph 0.03, 0, 0

set label 1 '(a) attention on the signal token' at graph 0,1.07 left font ',14'
set yrange [0:1]
set key top left
plot file using 'kappa':'att_clean_predicted' with lines lc rgb 'black' dt 2 title 'predicted', \
     file using 'kappa':'att_noisy_predicted' with lines lc rgb 'black' dt 2 notitle, \
     file using 'kappa':'att_clean':'att_clean_low':'att_clean_high' with yerrorbars ls 1 ps 0.9 title 'clean samples', \
     file using 'kappa':'att_noisy':'att_noisy_low':'att_noisy_high' with yerrorbars ls 2 ps 0.9 title 'noisy samples'

set label 1 '(b) log_{10} of the exact risk on clean labels' at graph 0,1.07 left font ',14'
set yrange [*:*]
set key bottom left
plot file using 'kappa':'log10_risk_predicted' with lines lc rgb 'black' dt 2 title 'predicted', \
     file using 'kappa':'log10_risk':'log10_risk_q05':'log10_risk_q95' with yerrorbars ls 1 ps 0.9 title 'median, nine draws in ten'
unset multiplot
