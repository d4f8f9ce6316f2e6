# SPDX-License-Identifier: ISC
# style: what the plots have in common. Colours that differ in lightness, too, on white.
set terminal svg size 800,480 dynamic enhanced font "sans-serif,14" background rgb "white"
set datafile separator "\t"
set datafile commentschars "#"
set border 3
set tics nomirror
set grid ytics xtics lc rgb "#dddddd" lt 1
set style line 1 lc rgb "#0b3d91" lw 3 pt 7
set style line 2 lc rgb "#2a9d8f" lw 1.5 pt 5
set style line 3 lc rgb "#e76f51" lw 1.5 pt 9
set style line 4 lc rgb "#8a8a8a" lw 1.5 pt 11
set style line 5 lc rgb "#b5179e" lw 1.5 pt 13
set style line 6 lc rgb "#d4a017" lw 1.5 pt 4
set style line 7 lc rgb "#7b5e3b" lw 1.5 pt 6

# The value x if this row is of that server: rows of others are left out.
of(row, server, x) = row eq server ? x : NaN
