# SPDX-License-Identifier: ISC
# crowd: how long the slowest of those who come in a second wait, in a flash crowd. Run in the folder of
# crowd_seconds.tsv, with the peaks after the folder of the style.
load ARG1."/style.gnuplot"
set output "crowd.svg"
set xlabel "second in which a client comes"
set ylabel "99 of 100 wait at most so long, ms"
set y2label "clients (all servers can greet 1)"
set logscale y
set yrange [0.01:20000]
set ytics ("0.01" 0.01, "0.1" 0.1, "1" 1, "10" 10, "100" 100, "1,000" 1000, "10,000" 10000)
set y2tics nomirror
set y2range [0:2]
set border 11
set key below
peaks = ARG2
last = word(peaks, words(peaks))
plot for [i = 1:words(peaks)] "crowd_seconds.tsv" \
	using (of(strcol("balancer")." ".strcol("peak"), "least ".word(peaks, i), column("second"))) \
	:(column("p99_ms")) with lines ls i title "peak ".word(peaks, i), \
	"crowd_seconds.tsv" using (of(strcol("balancer")." ".strcol("peak"), "least ".last, column("second"))) \
	:(column("came")) axes x1y2 with lines lc rgb "#000000" lw 1 dt 2 title "clients, peak ".last
