# SPDX-License-Identifier: ISC
# The benchmark: its load generator, the servers that haild is compared with, and what runs them.

# Tests need the load generator, too; plain `make` does not.
check_PROGRAMS += bench/load/load
bench_load_load_SOURCES = \
	bench/load/closed.c \
	bench/load/connection.c \
	bench/load/connection.h \
	bench/load/datagrams.c \
	bench/load/datagrams.h \
	bench/load/greeting.c \
	bench/load/greeting.h \
	bench/load/hold.c \
	bench/load/loops.h \
	bench/load/main.c \
	bench/load/open.c \
	bench/load/options.c \
	bench/load/options.h \
	bench/load/report.c \
	bench/load/report.h \
	bench/load/source.c \
	bench/load/source.h \
	bench/load/stopwatch.c \
	bench/load/stopwatch.h
bench_load_load_LDADD = src/libbase.a

# The others are for the benchmark alone: servers, and what callgrind runs.
EXTRA_PROGRAMS = \
	bench/networks \
	bench/peers/datagram \
	bench/peers/hello \
	bench/peers/lingering \
	bench/peers/plain
bench_networks_SOURCES = bench/networks.c
bench_networks_LDADD = src/libdaemon.a src/libbase.a
bench_peers_datagram_SOURCES = \
	bench/peers/datagram.c \
	bench/peers/peer.c \
	bench/peers/peer.h
bench_peers_datagram_LDADD =
bench_peers_hello_SOURCES = \
	bench/peers/hello.c \
	bench/peers/peer.c \
	bench/peers/peer.h
bench_peers_hello_LDADD = $(EVENT_LIBS)
bench_peers_lingering_SOURCES = \
	bench/peers/lingering.c \
	bench/peers/peer.c \
	bench/peers/peer.h
bench_peers_lingering_LDADD =
bench_peers_plain_SOURCES = \
	bench/peers/peer.c \
	bench/peers/peer.h \
	bench/peers/plain.c
bench_peers_plain_LDADD =
CLEANFILES += $(EXTRA_PROGRAMS)

# For script/bench.
bench-programs: bench/load/load $(EXTRA_PROGRAMS)
.PHONY: bench-programs

EXTRA_DIST += \
	bench/README.md \
	bench/lib/clients.py \
	bench/lib/datagram.py \
	bench/lib/ended.py \
	bench/lib/exact.py \
	bench/lib/excerpts.py \
	bench/lib/held.py \
	bench/lib/instances.py \
	bench/lib/latency.py \
	bench/lib/limits.py \
	bench/lib/load.py \
	bench/lib/look.py \
	bench/lib/machine.py \
	bench/lib/many.py \
	bench/lib/memory.py \
	bench/lib/message.py \
	bench/lib/plots.py \
	bench/lib/queue.py \
	bench/lib/rest.py \
	bench/lib/rounds.py \
	bench/lib/servers.py \
	bench/lib/speed.py \
	bench/lib/start.py \
	bench/lib/table.py \
	bench/lib/targets.py \
	bench/model/comparison.py \
	bench/model/queueing.py \
	bench/model/simulation.py \
	bench/peers/tutorial_client.py \
	bench/peers/tutorial_server.py \
	bench/plots/crowd.gnuplot \
	bench/plots/held.gnuplot \
	bench/plots/message.gnuplot \
	bench/plots/style.gnuplot \
	bench/results \
	bench/run.py \
	bench/simulate.py
