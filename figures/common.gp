# What all figures share. The script that follows gets: data, the folder of its tables; out, the file
# to write. Statistics are columns made in C; gnuplot only draws.
#
# plot.sh gives the points their values, named by the axes' labels; so a plot command begins its line.
# Where an axis has no label, or tics that say something else than its numbers, the script names the
# numbers before the plot: hover_x, hover_y, hover_colour (a map's), each until it is set again or ''.
set terminal svg size 960,400 dynamic enhanced background rgb 'white' font 'DejaVu Sans,13' linewidth 1.2
set output out
set datafile separator '\t'
set datafile columnheaders
set datafile missing 'nan'

# Okabe and Ito's colours, told apart by every kind of sight; each comes with its own dash and point
blue = 0x0072B2; orange = 0xD55E00; green = 0x009E73; purple = 0xCC79A7; sky = 0x56B4E9; grey = 0x666666
set style line 1 lc rgb blue   lw 2.2 dt 1       pt 7 ps 0.6
set style line 2 lc rgb orange lw 2.2 dt (9,4)   pt 5 ps 0.6
set style line 3 lc rgb green  lw 2.2 dt (4,3)   pt 9 ps 0.7
set style line 4 lc rgb purple lw 2.2 dt (9,3,2,3) pt 13 ps 0.7
set style line 5 lc rgb sky    lw 2.2 dt (2,2)   pt 11 ps 0.7
set style line 9 lc rgb grey   lw 1.2 dt (3,3)   pt 1 ps 0.8
band = 0.22 # opacity of bands
set style fill transparent solid band noborder

set border 3 lc rgb grey
set tics nomirror out textcolor rgb 'black'
set grid ytics lc rgb '#dddddd' lw 0.8
set key opaque spacing 1.15 samplen 3
