#!/bin/sh
# SPDX-License-Identifier: ISC
# layers: holds the sources to who may know whom.
#
# src/base knows nobody; src/daemon and src/client know base, and not each other.
# The daemon's folders know each other in one direction. A session never knows the listener.
# libevent is seen where events are handled, and nowhere else. Every header compiles alone.
# Sources: srcdir; compiler: CC.
set -u

srcdir=${srcdir:-$(dirname "$0")/..}
# shellcheck source=tests/sources.sh
. "$srcdir/tests/sources.sh"

# Who may include libevent: those who handle events, and the loop that both programs share.
libevent_users='base/loop.c
daemon/admit/gate.c daemon/serve/acceptor.c daemon/serve/door.c daemon/serve/server.c daemon/serve/listener.c daemon/serve/session.c daemon/serve/session_close.c
daemon/serve/waiting.c daemon/serve/watch.c daemon/serve/hearing.c daemon/serve/monitor.c daemon/serve/orders.c daemon/serve/prelude.c daemon/serve/reload.c
daemon/say/outbox.c daemon/say/pages.c daemon/say/rendering.c daemon/say/datagram.c daemon/say/greeting.c
daemon/tell/logtimer.c daemon/tell/notify.c daemon/tell/readiness.c
client/resolver.c client/attempts.c client/reading.c client/leave.c client/deadline.c
client/probe.c client/rounds.c client/talking.c
client/census.c client/series.c client/survey.c'

# Lists "file: header" for the #include lines of all sources below $1, as "daemon/main.c: options.h".
includes() {
	(cd "$1" && grep -rE '^[[:space:]]*#[[:space:]]*include' --include='*.[ch]' .) |
		sed -E 's|^\./([^:]*):[^"<]*["<]([^">]*)[">].*|\1: \2|' | sort
}

# Prints the includes of the sources whose path begins with $1, of headers that match $2.
who_includes() { # list, sources, headers
	grep -E "^($2)[^:]*: ($3)" "$1"
}

# Prints what in a list of includes runs against the layers.
against_base() {
	who_includes "$1" 'base/' '(\.\./)*(daemon|client)/'
}

against_programs() {
	who_includes "$1" 'daemon/' '(\.\./)*client/'
	who_includes "$1" 'client/' '(\.\./)*daemon/'
}

# In the daemon main knows all; serve knows admit, say and tell; say knows tell; both know setup's list of sockets.
against_folders() {
	who_includes "$1" 'daemon/(admit|setup|tell)/' '(daemon|\.\.)/[a-z]+/'
	who_includes "$1" 'daemon/say/' '(daemon|\.\.)/(admit|serve|setup)/' | grep -v ': daemon/setup/sockets\.h$'
	who_includes "$1" 'daemon/serve/' '(daemon|\.\.)/setup/' | grep -v ': daemon/setup/sockets\.h$'
}

against_session() {
	who_includes "$1" 'daemon/serve/session' '(.*/)?listener\.h'
}

against_libevent() {
	who_includes "$1" '' 'event2/|event\.h|evutil\.h|evhttp\.h|evdns\.h' |
		grep -vE "^($(echo "$libevent_users" | tr -s ' \n' '|' | sed 's/|$//; s/\./\\./g')): "
}

# Prints what the compiler has against a header that is compiled alone.
against_header() {
	# shellcheck disable=SC2086 # CC may hold options
	${CC:-cc} -std=gnu11 -fsyntax-only -I"$src" -x c "$1" 2>&1
}

# Every header must stand on its own, whatever was included before it.
check_headers() {
	(cd "$src" && find . -name '*.h' | sort) >"$work/headers"
	if [ ! -s "$work/headers" ]; then
		report "there are headers" "none found below $src"
		return
	fi
	while read -r header; do
		report "${header#./} compiles alone" "$(against_header "$src/$header")"
	done <"$work/headers"
}

# A check that cannot fail is none: each must find its sin in a list that has it.
check_the_checks() { # check, sinful include
	printf '%s\n' "$2" >"$work/sin"
	if [ -n "$("$1" "$work/sin")" ]; then
		report "'$2' would be noticed" ""
	else
		report "'$2' would be noticed" "nothing was said"
	fi
}

includes "$src" >"$work/includes"
if [ ! -s "$work/includes" ]; then
	report "there are sources" "none found below $src"
fi
report "base knows neither daemon nor client" "$(against_base "$work/includes")"
report "daemon and client do not know each other" "$(against_programs "$work/includes")"
report "the daemon's folders know each other in one direction" "$(against_folders "$work/includes")"
report "session does not know listener" "$(against_session "$work/includes")"
report "libevent is seen only where events are handled" "$(against_libevent "$work/includes")"
check_the_checks against_base 'base/log.c: daemon/tell/stats.h'
check_the_checks against_base 'base/log.h: ../client/options.h'
check_the_checks against_programs 'daemon/main.c: client/status.h'
check_the_checks against_programs 'client/probe.h: ../daemon/status.h'
check_the_checks against_folders 'daemon/setup/bind.c: daemon/say/packets.h'
check_the_checks against_folders 'daemon/tell/stats.h: ../serve/session.h'
check_the_checks against_folders 'daemon/say/datagram.c: daemon/setup/bind.h'
check_the_checks against_folders 'daemon/say/datagram.c: daemon/admit/networks.h'
check_the_checks against_folders 'daemon/admit/networkfile.c: daemon/say/messagefile.h'
check_the_checks against_folders 'daemon/serve/server.c: daemon/setup/entries.h'
check_the_checks against_session 'daemon/serve/session.c: listener.h'
check_the_checks against_libevent 'daemon/options.c: event2/event.h'
check_the_checks against_libevent 'daemon/serve/session.h: event2/event_struct.h'
check_the_checks against_header 'size_t bytes(void);'
check_headers

echo "layers: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
