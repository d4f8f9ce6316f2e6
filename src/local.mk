# SPDX-License-Identifier: ISC
# The programs, and the libraries that they and the unit tests are linked from.

sbin_PROGRAMS = src/haild
src_haild_SOURCES = src/daemon/main.c
src_haild_LDADD = src/libdaemon.a src/libbase.a $(EVENT_LIBS)

bin_PROGRAMS = src/hailto
src_hailto_SOURCES = src/client/main.c
src_hailto_LDADD = src/libclient.a src/libbase.a $(EVENT_LIBS) $(PTHREAD_LIBS)

# Everything but the mains is in libraries, so that the unit tests link what ships.
noinst_LIBRARIES = \
	src/libbase.a \
	src/libclient.a \
	src/libdaemon.a

src_libbase_a_SOURCES = \
	src/base/abstract.c \
	src/base/abstract.h \
	src/base/address.c \
	src/base/address.h \
	src/base/addresslist.c \
	src/base/addresslist.h \
	src/base/agreed.h \
	src/base/attributes.h \
	src/base/base64.c \
	src/base/base64.h \
	src/base/cli.c \
	src/base/cli.h \
	src/base/clihelp.c \
	src/base/clihelp.h \
	src/base/clivalue.c \
	src/base/clivalue.h \
	src/base/clock.c \
	src/base/clock.h \
	src/base/descriptors.c \
	src/base/descriptors.h \
	src/base/destination.c \
	src/base/destination.h \
	src/base/endpoint.c \
	src/base/endpoint.h \
	src/base/escape.c \
	src/base/escape.h \
	src/base/excerpt.c \
	src/base/excerpt.h \
	src/base/journald.c \
	src/base/journald.h \
	src/base/json.c \
	src/base/json.h \
	src/base/log.c \
	src/base/log.h \
	src/base/logline.c \
	src/base/logline.h \
	src/base/loop.c \
	src/base/loop.h \
	src/base/loopback.c \
	src/base/loopback.h \
	src/base/nameerror.c \
	src/base/nameerror.h \
	src/base/number.c \
	src/base/number.h \
	src/base/outlet.c \
	src/base/outlet.h \
	src/base/pool.c \
	src/base/pool.h \
	src/base/queue.h \
	src/base/signals.c \
	src/base/signals.h \
	src/base/socket.c \
	src/base/socket.h \
	src/base/standard.c \
	src/base/standard.h \
	src/base/tcpinfo.c \
	src/base/tcpinfo.h \
	src/base/terminal.c \
	src/base/terminal.h \
	src/base/text.c \
	src/base/text.h \
	src/base/timestamp.c \
	src/base/timestamp.h \
	src/base/utf8.c \
	src/base/utf8.h

src_libclient_a_SOURCES = \
	src/client/ask.c \
	src/client/ask.h \
	src/client/attempt.h \
	src/client/attempts.c \
	src/client/attempts.h \
	src/client/backoff.c \
	src/client/backoff.h \
	src/client/command.c \
	src/client/command.h \
	src/client/conflicts.c \
	src/client/conflicts.h \
	src/client/deadline.c \
	src/client/deadline.h \
	src/client/expect.c \
	src/client/expect.h \
	src/client/finding.c \
	src/client/finding.h \
	src/client/known.c \
	src/client/known.h \
	src/client/lack.c \
	src/client/lack.h \
	src/client/latencies.c \
	src/client/latencies.h \
	src/client/leave.c \
	src/client/leave.h \
	src/client/lineup.c \
	src/client/lineup.h \
	src/client/lookups.c \
	src/client/lookups.h \
	src/client/operands.c \
	src/client/operands.h \
	src/client/options.c \
	src/client/options.h \
	src/client/outages.c \
	src/client/outages.h \
	src/client/outgoing.c \
	src/client/outgoing.h \
	src/client/probe.c \
	src/client/probe.h \
	src/client/prompt.c \
	src/client/prompt.h \
	src/client/proxyheader.c \
	src/client/proxyheader.h \
	src/client/race.c \
	src/client/race.h \
	src/client/reading.c \
	src/client/reading.h \
	src/client/report.c \
	src/client/report.h \
	src/client/resolver.c \
	src/client/resolver.h \
	src/client/result.c \
	src/client/result.h \
	src/client/rounds.c \
	src/client/rounds.h \
	src/client/schema.h \
	src/client/status.h \
	src/client/summary.c \
	src/client/summary.h \
	src/client/summarytext.c \
	src/client/summarytext.h \
	src/client/talking.c \
	src/client/talking.h \
	src/client/target.c \
	src/client/target.h \
	src/client/trace.c \
	src/client/trace.h \
	src/client/trying.c \
	src/client/trying.h \
	src/client/watchdog.c \
	src/client/watchdog.h

src_libdaemon_a_SOURCES = \
	src/daemon/options.c \
	src/daemon/options.h \
	src/daemon/status.h \
	src/daemon/say/compile.c \
	src/daemon/say/compile.h \
	src/daemon/say/datagram.c \
	src/daemon/say/datagram.h \
	src/daemon/say/field.c \
	src/daemon/say/field.h \
	src/daemon/say/greeting.c \
	src/daemon/say/greeting.h \
	src/daemon/say/messagefile.c \
	src/daemon/say/messagefile.h \
	src/daemon/say/outbox.c \
	src/daemon/say/outbox.h \
	src/daemon/say/packets.c \
	src/daemon/say/packets.h \
	src/daemon/say/rendering.c \
	src/daemon/say/rendering.h \
	src/daemon/say/template.c \
	src/daemon/say/template.h \
	src/daemon/serve/announce.c \
	src/daemon/serve/announce.h \
	src/daemon/serve/ending.c \
	src/daemon/serve/ending.h \
	src/daemon/serve/hearing.c \
	src/daemon/serve/hearing.h \
	src/daemon/serve/httpanswer.c \
	src/daemon/serve/httpanswer.h \
	src/daemon/serve/httprequest.c \
	src/daemon/serve/httprequest.h \
	src/daemon/serve/listener.c \
	src/daemon/serve/listener.h \
	src/daemon/serve/monitor.c \
	src/daemon/serve/monitor.h \
	src/daemon/serve/orders.c \
	src/daemon/serve/orders.h \
	src/daemon/serve/prelude.c \
	src/daemon/serve/prelude.h \
	src/daemon/serve/room.c \
	src/daemon/serve/room.h \
	src/daemon/serve/server.c \
	src/daemon/serve/server.h \
	src/daemon/serve/session.c \
	src/daemon/serve/session.h \
	src/daemon/serve/session_state.h \
	src/daemon/serve/sessions.c \
	src/daemon/serve/sessions.h \
	src/daemon/serve/waiting.c \
	src/daemon/serve/waiting.h \
	src/daemon/setup/activation.c \
	src/daemon/setup/activation.h \
	src/daemon/setup/bind.c \
	src/daemon/setup/bind.h \
	src/daemon/setup/entries.c \
	src/daemon/setup/entries.h \
	src/daemon/setup/failure.c \
	src/daemon/setup/failure.h \
	src/daemon/setup/inherited.c \
	src/daemon/setup/inherited.h \
	src/daemon/setup/kernel.c \
	src/daemon/setup/kernel.h \
	src/daemon/setup/pidfd.c \
	src/daemon/setup/pidfd.h \
	src/daemon/setup/resolve.c \
	src/daemon/setup/resolve.h \
	src/daemon/setup/sockets.c \
	src/daemon/setup/sockets.h \
	src/daemon/setup/unixpath.c \
	src/daemon/setup/unixpath.h \
	src/daemon/tell/journal.c \
	src/daemon/tell/journal.h \
	src/daemon/tell/metrics.c \
	src/daemon/tell/metrics.h \
	src/daemon/tell/notify.c \
	src/daemon/tell/notify.h \
	src/daemon/tell/readiness.c \
	src/daemon/tell/readiness.h \
	src/daemon/tell/stats.c \
	src/daemon/tell/stats.h
