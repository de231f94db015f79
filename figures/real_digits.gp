# Digits as noise: coherence of the lifts, first-step errors, errors against kappa. Digits as signals:
# errors against the step and the flip rate, and all pairs.
set terminal svg size 960,1060 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
lifts = data.'/lifts.tsv'; noise = data.'/noise.tsv'; signal = data.'/signal.tsv'
steps = data.'/steps.tsv'; pairs = data.'/pairs.tsv'
# rows of one width, of the largest n, features and step; pixels are width 0
stats noise using 'n' name 'n' nooutput
stats noise using 'features' name 'features' nooutput
stats noise using 'step' name 'late' nooutput
stats signal using 'n' name 'signal' nooutput
stats steps using 'width' name 'base' nooutput
stats steps using (column('width') > 0 ? column('features') : NaN) name 'lift' nooutput
stats lifts using (column('n') == n_max ? column('edge_predicted') : NaN) name 'edge' nooutput
where(w, c) = (column('width') == w && column('n') == n_max ? column(c) : NaN)
end(w, c) = (column('step') == late_max && (w == 0 || column('features') == features_max) ? where(w, c) : NaN)
widths = '4 8 16'

set datafile missing NaN # lines pass over rows of other curves
set multiplot
set key Left reverse samplen 2
array px[2] = [0.085, 0.595]
array py[3] = [0.745, 0.405, 0.06]
set lmargin at screen 0; set rmargin at screen 0; set tmargin at screen 0; set bmargin at screen 0
panel(i, j) = sprintf('set lmargin at screen %f; set rmargin at screen %f; set bmargin at screen %f; set tmargin at screen %f', \
                      px[i], px[i] + 0.39, py[j], py[j] + 0.225)

eval panel(1, 1)
set label 1 '(a) coherence of lifted digits: points measured' at graph 0,1.08 left
set logscale xy
set xlabel 'features D' offset 0,0.3; set xrange [150:7000]; set xtics (250, 1000, 4000)
set ylabel 'max |ξ_i·ξ_j| n/D' offset 1,0; set yrange [0.3:5e4]; set format y '10^{%T}'
set key top right
plot for [i=1:3] lifts using 'features':(where(word(widths, i) + 0, 'coherence')) with points ls i ps 1 title 'width '.word(widths, i), \
     for [i=1:3] lifts using 'features':(where(word(widths, i) + 0, 'kernel')) with lines ls i lw 1.4 notitle, \
     NaN with lines lc rgb 'black' lw 1.4 title 'lines: kernel, D → ∞', \
     1 with lines ls 9 title 'hypotheses met below'

eval panel(2, 1)
set label 1 '(b) held-out error after one step: points measured'
set format y '%g'
unset logscale
set xlabel 'error predicted from D_{eff}' offset 0,0.3; set xrange [0:0.5]; set xtics 0,0.1
set ylabel 'error' offset 1,0; set yrange [0:0.5]; set ytics 0,0.1
set key top left
first(w, c) = (column('step') == 1 ? where(w, c) : NaN)
plot noise using (first(0, 'predicted')):(first(0, 'error')):(first(0, 'error_low')):(first(0, 'error_high')) with yerrorbars ls 4 lw 1 dt 1 title 'pixels', \
     for [i=1:3] noise using (first(word(widths, i) + 0, 'predicted')):(first(word(widths, i) + 0, 'error')):(first(word(widths, i) + 0, 'error_low')):(first(word(widths, i) + 0, 'error_high')) with yerrorbars ls i lw 1 dt 1 title 'width '.word(widths, i), \
     x with lines lc rgb 'black' lw 1.2 title 'equal'

eval panel(1, 2)
set label 1 sprintf('(c) digits as noise, step %d; thin: after one step', late_max)
set logscale x
set xlabel 'κ = ρ (n/d)^{1/2}' offset 0,0.3; set xrange [0.45:9]; set xtics (0.5, 1, 2, 4, 8)
set key top right
set arrow 1 from edge_mean,0 to edge_mean,0.5 nohead back ls 9
set label 2 'C' at edge_mean * 1.04,0.47 textcolor rgb '#666666'
one(w, c) = (column('step') == 1 && (w == 0 || column('features') == features_max) ? where(w, c) : NaN)
plot noise using 'kappa':(end(0, 'error')):(end(0, 'error_low')):(end(0, 'error_high')) with yerrorbars ls 4 lw 1 dt 1 notitle, \
     for [i=1:3] noise using 'kappa':(end(word(widths, i) + 0, 'error')):(end(word(widths, i) + 0, 'error_low')):(end(word(widths, i) + 0, 'error_high')) with yerrorbars ls i lw 1 dt 1 notitle, \
     noise using 'kappa':(end(0, 'error')) with lines ls 4 title 'pixels', \
     for [i=1:3] noise using 'kappa':(end(word(widths, i) + 0, 'error')) with lines ls i title 'width '.word(widths, i), \
     noise using 'kappa':(one(0, 'error')) with lines ls 4 lw 0.8 notitle, \
     for [i=1:3] noise using 'kappa':(one(word(widths, i) + 0, 'error')) with lines ls i lw 0.8 notitle
unset arrow 1; unset label 2

# what is drawn of digits as signals: lifted with and without attention, pixels likewise
array kind_width[4] = [base_max, base_max, 0, 0]
array kind_uniform[4] = [0, 1, 0, 1]
array kind_name[4] = ['lifted', 'lifted, uniform attention', 'pixels', 'pixels, uniform attention']
of(k, c) = (column('width') == kind_width[k] && column('uniform') == kind_uniform[k] ? column(c) : NaN)

eval panel(2, 2)
set label 1 '(d) digits as signals, one label in five flipped'
set xlabel 'step' offset 0,0.3; set xrange [0.85:240]; set xtics (1, 2, 5, 10, 20, 50, 100, 200)
set yrange [0:0.33]; set ytics 0,0.05
set key top left
plot for [k=1:4] steps using 'step':(of(k, 'error')):(of(k, 'error_low')):(of(k, 'error_high')) with yerrorbars ls k lw 1 dt 1 notitle, \
     for [k=1:4] steps using 'step':(of(k, 'error')) with lines ls k title kind_name[k]

eval panel(1, 3)
set label 1 '(e) what flipped labels cost: rise of the error'
unset logscale
set xlabel 'flip rate η' offset 0,0.3; set xrange [-0.01:0.31]; set xtics 0,0.1
set ylabel 'error less that of η = 0' offset 1,0; set yrange [0:0.5]; set ytics 0,0.1
main(k, c) = (column('n') == signal_max && column('gaussian') == 0 && (column('width') == 0 || column('features') == lift_max) ? of(k, c) : NaN)
plot for [k=1:4] signal using 'eta':(main(k, 'cost')):(main(k, 'cost_low')):(main(k, 'cost_high')) with yerrorbars ls k lw 1 dt 1 notitle, \
     for [k=1:4] signal using 'eta':(main(k, 'cost')) with lines ls k title kind_name[k], \
     x with lines ls 9 title 'η itself'

eval panel(2, 3)
set label 1 '(f) error of each pair: lifted above, pixels below'
set palette defined (0 '#440154', 0.25 '#3b528b', 0.5 '#21918c', 0.75 '#5ec962', 1 '#fde725')
unset grid; set key off
set style fill solid noborder
set xlabel 'digit' offset 0,0.3; set xrange [-0.5:9.5]; set xtics 0,1
set ylabel 'digit' offset 1,0; set yrange [-0.5:9.5]; set ytics 0,1
set cbrange [0:0.4]; set cbtics 0,0.1; set colorbox user origin 0.93,py[3] size 0.014,0.225
set rmargin at screen 0.915
x_of(low) = (column('width') > 0 ? column('a') : column('b'))
y_of(low) = (column('width') > 0 ? column('b') : column('a'))
plot pairs using (x_of(0)):(y_of(0)):(x_of(0) - 0.5):(x_of(0) + 0.5):(y_of(0) - 0.5):(y_of(0) + 0.5):'error' with boxxy fc palette
unset multiplot
