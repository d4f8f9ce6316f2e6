# SPDX-License-Identifier: ISC
# held: what a greeting costs while connections are held. Run in the folder of held.tsv.
load ARG1."/style.gnuplot"
set output "held.svg"
set xlabel "connections held"
set ylabel "server CPU for a greeting, µs"
set logscale x
set xrange [0.8:25000]
set yrange [0:*]
set xtics ("1" 1, "10" 10, "100" 100, "1,000" 1000, "10,000" 10000)
set key bottom left horizontal
servers = "haild lingering hello nginx"
plot for [i = 1:words(servers)] "held.tsv" \
	using (of(strcol("server"), word(servers, i), column("held"))) \
	:(column("cpu_ns") / 1e3):(column("cpu_ns_q1") / 1e3):(column("cpu_ns_q3") / 1e3) \
	with yerrorlines ls i title word(servers, i)
