# SPDX-License-Identifier: ISC
# message: what a greeting costs against its size. Run in the folder of message.tsv.
load ARG1."/style.gnuplot"
set output "message.svg"
set xlabel "bytes of the greeting"
set ylabel "server CPU for a greeting, µs"
set logscale xy
set xrange [10:2e6]
set xtics ("14" 14, "1 KiB" 1024, "64 KiB" 65536, "1 MiB" 1048576)
set key top left
servers = "haild lingering hello nginx plain corked python"
plot for [i = 1:words(servers)] "message.tsv" \
	using (of(strcol("server"), word(servers, i), column("bytes"))) \
	:(column("cpu_ns") / 1e3):(column("cpu_ns_q1") / 1e3):(column("cpu_ns_q3") / 1e3) \
	with yerrorlines ls i title word(servers, i)
