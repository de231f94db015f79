# Maps over (kappa, b): risk, harmful overfitting, collapse, growth of the gradient; and over (kappa,
# scale of the start): bad risk, vanished gradient.
set terminal svg size 960,840 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
steps = data.'/steps.tsv'; starts = data.'/starts.tsv'
clip(x, low, high) = (x < low ? low : x > high ? high : x)
unfitted(x) = (column('train_acc') < 1 ? column(x) : NaN)
ideal(c, x) = (column(c) == 1 ? column(x) : NaN)

set multiplot
unset grid
set key off
set logscale xy
set style fill solid noborder
set xlabel 'κ = ρ (n/d)^{1/2}' offset 0,0.4
set xtics (0.5, 1, 2, 4, 8)
set cbtics scale 0.4 offset 0,0.3
array px[3] = [0.09, 0.405, 0.72]
panel(i, low, high) = sprintf('set lmargin at screen %f; set rmargin at screen %f; set bmargin at screen %f; set tmargin at screen %f', px[i], px[i] + 0.255, low, high)
bar(i, y) = sprintf('set colorbox horizontal user origin %f,%f size 0.22,0.015', px[i] + 0.0175, y)
viridis = "set palette defined (0 '#440154', 0.25 '#3b528b', 0.5 '#21918c', 0.75 '#5ec962', 1 '#fde725')"
share = "set palette defined (0 '#f7f7f7', 0.25 '#c6dbef', 0.5 '#6baed6', 0.75 '#2171b5', 1 '#08306b'); set cbrange [0:1]; set cbtics ('0' 0, '1/2' 0.5, '1' 1)"
growth = "set palette defined (0 '#fff3d6', 0.23 '#fdc77a', 0.5 '#f2794b', 0.75 '#b0304f', 1 '#4a0f52'); set cbrange [0:3]; set cbtics ('1' 0, '10' 1, '100' 2, '≥ 1000' 3)"

set xrange [0.305:9.1]; set yrange [0.056:1.78e5]
set ytics ('0.1' 0.1, '1' 1, '10' 10, '10^2' 1e2, '10^3' 1e3, '10^4' 1e4, '10^5' 1e5)
eval panel(1, 0.655, 0.955); eval bar(1, 0.55)
eval viridis; set cbrange [-20:0]; set cbtics ('≤ 10^{-20}' -20, '10^{-10}' -10, '1' 0)
set label 1 '(a) risk late' at graph 0,1.05 left front
set ylabel 'b = β max(ρ^2, d/n)' offset 0.8,0
hover_colour = 'log10 risk'
plot steps using 'kappa':'b':'x_low':'x_high':'y_low':'y_high':(clip(column('log10_risk'), -20, 0)) with boxxy fc palette, \
     steps using (unfitted('kappa')):'b' with points pt 7 ps 0.35 lc rgb 'white'

unset ylabel; set format y ''
eval panel(2, 0.655, 0.955); eval bar(2, 0.55)
eval share
set label 1 '(b) harmful; squares: predicted'
hover_colour = 'share'
plot steps using 'kappa':'b':'x_low':'x_high':'y_low':'y_high':'harmful' with boxxy fc palette, \
     steps using (ideal('ideal_harmful', 'kappa')):'b' with points pt 4 ps 0.7 lc rgb orange
eval panel(3, 0.655, 0.955); eval bar(3, 0.55)
set label 1 '(c) collapsed; squares: predicted'
plot steps using 'kappa':'b':'x_low':'x_high':'y_low':'y_high':'collapsed' with boxxy fc palette, \
     steps using (ideal('ideal_on_noise', 'kappa')):'b' with points pt 4 ps 0.7 lc rgb orange

set format y '%g'
eval panel(1, 0.16, 0.46); eval bar(1, 0.055)
eval growth
set ylabel 'b = β max(ρ^2, d/n)' offset 0.8,0
set label 1 '(d) largest gradient / first'
hover_colour = 'log10 growth'
plot steps using 'kappa':'b':'x_low':'x_high':'y_low':'y_high':(clip(log10(column('growth')), 0, 3)) with boxxy fc palette

set xrange [0.35:11]; set yrange [0.0056:178]
set ytics ('10^{-2}' 1e-2, '0.1' 0.1, '1' 1, '10' 10, '100' 100)
set ylabel 'standard deviation of scores at the start' offset 0.8,0
px[2] = 0.43
eval panel(2, 0.16, 0.46); eval bar(2, 0.055)
eval share
set label 1 '(e) random starts: bad risk'
hover_colour = 'share'
plot starts using 'kappa':'start':'x_low':'x_high':'y_low':'y_high':'bad' with boxxy fc palette, \
     starts using (unfitted('kappa')):'start' with points pt 7 ps 0.35 lc rgb orange
unset ylabel; set format y ''
px[3] = 0.735
eval panel(3, 0.16, 0.46); eval bar(3, 0.055)
set label 1 '(f) random starts: vanished'
plot starts using 'kappa':'start':'x_low':'x_high':'y_low':'y_high':'vanished' with boxxy fc palette
unset multiplot
