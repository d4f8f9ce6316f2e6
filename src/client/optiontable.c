/* SPDX-License-Identifier: ISC */
/* optiontable: hailto's options, each with its value, its preset and its help. */
#include <config.h>

#include "optiontable.h"

#include <stddef.h>

#include "base/agreed.h"
#include "options.h"

#define FIELD(name) offsetof(struct options, name)

enum { SHORTEST_MS = 1, LONGEST_MS = 24 * 60 * 60 * 1000, BYTES_MAX = 1024 * 1024 };

/* Their times fill 80 MB, and each of those at once takes a descriptor. */
enum { COUNT_MAX = 10000000, PARALLEL_MAX = 10000 };

/* Enough to pass any server's limit. */
enum { TALK_MAX = 1024 * 1024 * 1024 };

static const struct cli_option table[] = {
	{'4', "ipv4", NULL, CLI_FLAG, FIELD(ipv4), 0, 0, NULL, "use IPv4 only"},
	{'6', "ipv6", NULL, CLI_FLAG, FIELD(ipv6), 0, 0, NULL, "use IPv6 only"},
	{'b', "bytes", "N", CLI_SIZE, FIELD(bytes), 1, BYTES_MAX, CLI_PRESET(AGREED_BYTES),
	 "print at most N bytes"},
	{'w', "timeout", "TIME", CLI_TIME, FIELD(timeout), SHORTEST_MS, LONGEST_MS, "10s",
	 "give up after TIME; with -W, each attempt"},
	{0, "connect-timeout", "TIME", CLI_TIME, FIELD(connect_timeout), SHORTEST_MS, LONGEST_MS,
	 NULL, "give up connecting after TIME (as -w)"},
	{0, "read-timeout", "TIME", CLI_TIME, FIELD(read_timeout), SHORTEST_MS, LONGEST_MS, NULL,
	 "give up reading after TIME (as -w)"},
	{'s', "source", "IP", CLI_TEXT, FIELD(source_text), 0, 0, NULL,
	 "connect from IP: an address, or IP:PORT"},
	{'E', "expect", "TEXT", CLI_TEXT, FIELD(expect), 0, 0, NULL,
	 "succeed only if the greeting is exactly TEXT"},
	{0, "expect-prefix", "TEXT", CLI_TEXT, FIELD(expect_prefix), 0, 0, NULL,
	 "succeed only if the greeting begins with TEXT"},
	{0, "reject-prefix", "TEXT", CLI_TEXT, FIELD(reject_prefix), 0, 0, NULL,
	 "fail if the greeting begins with TEXT"},
	{0, "talk-first", "[SIZE]", CLI_SIZE, FIELD(talk_first), 1, TALK_MAX, "64K",
	 "send SIZE bytes of text before reading"},
	{0, "send-proxy", "[SRC]", CLI_TEXT, FIELD(send_proxy), 0, 0, "own",
	 "begin with a PROXY header of a client SRC"},
	{0, "send-proxy-v2", "[SRC]", CLI_TEXT, FIELD(send_proxy_v2), 0, 0, "own",
	 "the same in binary, version 2"},
	{'u', "udp", NULL, CLI_FLAG, FIELD(udp), 0, 0, NULL,
	 "ask by datagram, three times at most"},
	{'z', "zero", NULL, CLI_FLAG, FIELD(zero), 0, 0, NULL, "only connect; read nothing"},
	{'W', "wait", "[TIME]", CLI_TIME, FIELD(wait), SHORTEST_MS, LONGEST_MS, "60s",
	 "retry until all greet (see -z), for TIME"},
	{'c', "count", "N", CLI_NUMBER, FIELD(count), 0, COUNT_MAX, NULL,
	 "ask N times, then sum up; 0: until interrupted"},
	{'i', "interval", "TIME", CLI_TIME, FIELD(interval), 0, LONGEST_MS, NULL,
	 "with -c, time between attempts; see the manual"},
	{'P', "parallel", "K", CLI_NUMBER, FIELD(parallel), 1, PARALLEL_MAX, "1",
	 "with -c, ask up to K times at once"},
	{'a', "all", NULL, CLI_FLAG, FIELD(all), 0, 0, NULL, "ask every address of the name"},
	{0, "any", NULL, CLI_FLAG, FIELD(any), 0, 0, NULL, "with -c or -a, one success is enough"},
	{0, "tally", NULL, CLI_FLAG, FIELD(tally), 0, 0, NULL,
	 "with -c or -a, count each distinct greeting"},
	{0, "expect-shares", "LIST", CLI_TEXT, FIELD(expect_shares), 0, 0, NULL,
	 "with -c, TEXT:PERCENT,... of the greetings"},
	{0, "invert", NULL, CLI_FLAG, FIELD(invert), 0, 0, NULL,
	 "succeed only if the server refuses"},
	{0, "raw", NULL, CLI_FLAG, FIELD(raw), 0, 0, NULL,
	 "print the bytes as they are, to a terminal too"},
	{0, "escape", NULL, CLI_FLAG, FIELD(escape), 0, 0, NULL,
	 "print control bytes as \\xHH, to a pipe too"},
	{'j', "json", NULL, CLI_FLAG, FIELD(json), 0, 0, NULL,
	 "print a JSON object for each attempt instead"},
	{'q', "quiet", NULL, CLI_FLAG, FIELD(quiet), 0, 0, NULL,
	 "print nothing: the exit status tells"},
	{'v', "verbose", NULL, CLI_COUNTER, FIELD(verbose), 0, 0, NULL,
	 "tell each stage and its time on stderr"},
	{'h', "help", NULL, CLI_HELP, 0, 0, 0, NULL, "print this help"},
	{'V', "version", NULL, CLI_VERSION, 0, 0, 0, NULL, "print the version"},
};

const struct cli optiontable = {
	.program = "hailto",
	.version = PACKAGE_VERSION,
	.synopsis = "[OPTION]... [HOST [PORT] | HOST:PORT...] [-- COMMAND...]",
	.purpose =
		"Connects and prints what it hears; if it hears nothing, says which step failed.\n"
		"HOST may be HOST:PORT, [V6]:PORT, unix:PATH or unix:@NAME; without it, it asks.\n"
		"COMMAND is run after success.\n",
	.more = "TIME: 500ms, 1.5s, 2m, or a number of seconds.\n"
		"SRC: ADDR:PORT or [V6]:PORT; own: our own address; local: no client.\n"
		"Exit status: 0 greeting received, 1 internal error, 2 usage,\n"
		"3 name not resolved, 4 refused or unreachable, 5 connect timed out,\n"
		"6 reset, 7 no greeting, 8 not the expected greeting,\n"
		"126 COMMAND cannot be run, 127 COMMAND not found.\n",
	.options = table,
	.count = sizeof table / sizeof *table,
};
