# The overview's picture: what the trained head looks at in samples with right and with wrong labels,
# and what fitting all labels costs, over kappa. Reads the tables of two experiments.
set terminal svg size 960,360 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
steps = data.'/gd_two_steps/steps.tsv'; map = data.'/gd_snr_phase/map_n.tsv'; edges = data.'/gd_snr_phase/map_edges.tsv'

set multiplot
set lmargin at screen 0.13; set rmargin at screen 0.44; set bmargin at screen 0.2; set tmargin at screen 0.87
set label 1 '(a) what the head looks at' at graph -0.3,1.1 left front
set style fill solid 0.75 noborder
set boxwidth 0.55 absolute
set xrange [0:1]; set yrange [0.4:2.9]
set xlabel 'attention after two steps'
set xtics 0, 0.25, 1; set format x '%g'
set ytics ("wrong label\n(noisy)" 1, "right label\n(clean)" 2) scale 0
set grid noytics
set key at graph 1.0,1.02 right top horizontal samplen 1.5
last(c) = (column('d') > 1e6 && column('step') == 2 ? column(c) : NaN)
plot steps using (last('att_clean')):(2):(0):(last('att_clean')):(1.72):(2.28) with boxxy fc rgb blue title 'signal token', \
     steps using (last('att_clean')):(2):(last('att_clean')):(1):(1.72):(2.28) with boxxy fc rgb orange fs pattern 4 title 'noise token', \
     steps using (last('att_noisy')):(1):(0):(last('att_noisy')):(0.72):(1.28) with boxxy fc rgb blue notitle, \
     steps using (last('att_noisy')):(1):(last('att_noisy')):(1):(0.72):(1.28) with boxxy fc rgb orange fs pattern 4 notitle

set lmargin at screen 0.58; set rmargin at screen 0.98
set label 1 '(b) what remembering every wrong label costs'
set grid ytics lc rgb '#dddddd' lw 0.8
set xrange [0.25:4]; set logscale x
set yrange [-0.03:0.55]
set xtics (0.25, 0.5, 1, 2, 4); set ytics 0, 0.1, 0.5
set xlabel 'signal strength κ'
set ylabel 'share of errors' offset 1,0
set key at graph 1.0,0.99 right top vertical samplen 3 width -1
set label 2 'harmful' at first 0.27,0.47 left textcolor rgb orange
set label 3 'benign' at first 3.9,0.05 right textcolor rgb green
row(c) = (column('n') == 256 ? column(c) : NaN)
plot map using (row('kappa')):(10**row('log10_risk_late')) with lines ls 2 title 'on new samples', \
     map using (row('kappa')):(1 - row('train_late')) with lines ls 1 title 'on the training set', \
     edges using 'c_predicted':(-0.03):(0):(0.58) with vectors nohead ls 9 title 'predicted edge'
unset multiplot
