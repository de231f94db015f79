# (a) risk against kappa, strong signals, (b) weak ones, (c) steps to fit, (d) thresholds against n
set terminal svg size 960,820 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
curves = data.'/curves.tsv'; speed = data.'/speed.tsv'; thresholds = data.'/thresholds.tsv'
array name[5] = ['linear, gradient descent', 'attention, gradient descent', 'averaged, max-margin', 'concatenated, max-margin', 'attention, max-margin limit']
model(r, m, c) = (column('ratio') == r && column('model') == m ? column(c) : NaN)
set multiplot layout 2,2 margins 0.085,0.985,0.085,0.95 spacing 0.1,0.13
set logscale xy

set label 1 '(a) -log_{10} risk, d/n = 10^4' at graph 0,1.06 left
set xlabel 'κ = ρ (n/d)^{1/2}'; set xrange [0.22:9]; set xtics (0.25, 0.5, 1, 2, 4, 8)
set yrange [0.2:2e4]; set format y '10^{%T}'
set key top left Left reverse
plot for [m=0:4] curves using (model(1e4, m, 'kappa')):(-model(1e4, m, 'log10_risk')) with linespoints ls m+1 notitle, \
     curves using (model(1e4, 2, 'kappa')):(-model(1e4, 2, 'log10_predicted')) with points pt 6 ps 1.3 lc rgb 'black' title 'averaged, predicted'

set label 1 '(b) risk, d/n = 200, weaker signals'
set xrange [0.22:2.2]; set xtics (0.25, 0.5, 1, 1.5, 2)
set yrange [1e-16:1]
set key bottom left noopaque samplen 2.2
plot for [m=0:4] curves using (model(200, m, 'kappa')):(10**model(200, m, 'log10_risk')) with linespoints ls m+1 title name[m+1], \
     curves using (model(200, 1, 'kappa')):(10**model(200, 1, 'log10_risk_2')) with lines lc rgb 'black' dt (2,3) lw 2 title 'attention, after 2 steps'

set label 1 '(c) steps until all labels are fitted; lines: predicted'
set xlabel 'b = β ρ^2'; set xrange [0.9:1100]; set xtics (1, 10, 100, 1000)
set yrange [0.85:1300]; set format y '%g'
set key opaque top right noreverse Right samplen 3
at_kappa(k, c) = (column('kappa') == k ? column(c) : NaN)
# only where every draw was fitted in time
all(k, c, f) = (column(f) == 1 ? at_kappa(k, c) : NaN)
plot speed using (at_kappa(3, 'b')):(at_kappa(3, 'linear_predicted')) with lines lc rgb blue lw 1.6 notitle, \
     speed using (at_kappa(8, 'b')):(at_kappa(8, 'linear_predicted')) with lines lc rgb blue dt 2 lw 1.6 notitle, \
     speed using (at_kappa(3, 'b')):(at_kappa(3, 'attention_predicted')) with lines lc rgb orange lw 1.6 notitle, \
     speed using (at_kappa(8, 'b')):(at_kappa(8, 'attention_predicted')) with lines lc rgb orange dt 2 lw 1.6 notitle, \
     speed using (at_kappa(8, 'b')):(all(8, 'linear', 'linear_fitted')) with points lc rgb blue pt 6 ps 1.1 title 'averaging, κ = 8', \
     speed using (at_kappa(3, 'b')):(all(3, 'linear', 'linear_fitted')) with points lc rgb blue pt 7 ps 1 title 'averaging, κ = 3', \
     speed using (at_kappa(8, 'b')):(all(8, 'attention', 'attention_fitted')) with points lc rgb orange pt 4 ps 1.1 title 'attention, κ = 8', \
     speed using (at_kappa(3, 'b')):(all(3, 'attention', 'attention_fitted')) with points lc rgb orange pt 5 ps 1 title 'attention, κ = 3'

set label 1 '(d) SNR above which the risk is small; lines: predicted'
set xlabel 'n'; set xrange [33:390]; set xtics (40, 80, 160, 320)
set yrange [0.005:1]; set ytics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
set key top right
law(f, m, c) = (column('fixed_d') == f && column('model') == m ? column(c) : NaN)
plot for [f=0:1] thresholds using (law(f, 2, 'n')):(law(f, 2, 'snr_predicted')) with lines lc rgb green dt f+1 lw 1.6 notitle, \
     thresholds using (law(0, 4, 'n')):(law(0, 4, 'snr_predicted')) with lines lc rgb sky lw 1.6 notitle, \
     thresholds using (law(0, 4, 'n')):(law(0, 4, 'snr')):(law(0, 4, 'snr_low')):(law(0, 4, 'snr_high')) with yerrorbars lc rgb sky pt 11 ps 1 title 'attention, limit', \
     thresholds using (law(1, 2, 'n')):(law(1, 2, 'snr')):(law(1, 2, 'snr_low')):(law(1, 2, 'snr_high')) with yerrorbars lc rgb green pt 8 ps 1 title 'averaged, d fixed', \
     thresholds using (law(0, 2, 'n')):(law(0, 2, 'snr')):(law(0, 2, 'snr_low')):(law(0, 2, 'snr_high')) with yerrorbars lc rgb green pt 9 ps 1 title 'averaged, d ∝ n^2'
unset multiplot
