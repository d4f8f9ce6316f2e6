/* SPDX-License-Identifier: ISC */
/* optiontable: haild's options, each with its value, its preset and its help. */
#include <config.h>

#include "optiontable.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "base/agreed.h"
#include "options.h"

#define FIELD(name) offsetof(struct options, name)

/* Times: at most a day, so that no sum of them can overflow. */
enum { SHORTEST_MS = 1, LONGEST_MS = 24 * 60 * 60 * 1000 };

static const struct cli_option table[] = {
	{'l', "listen", "ADDR", CLI_LIST, FIELD(listen), 0, 0, "localhost",
	 "listen on ADDR; may be repeated"},
	{'p', "port", "PORT", CLI_TEXT, FIELD(port), 0, 0, CLI_PRESET(AGREED_PORT),
	 "for every ADDR without one; 0: any free"},
	{'m', "message", "TEXT", CLI_TEXT, FIELD(message), 0, 0, "Hi from server", "the greeting"},
	{'f', "message-file", "FILE", CLI_TEXT, FIELD(message_file), 0, 0, NULL,
	 "the greeting is what FILE holds"},
	{'e', "expand", NULL, CLI_FLAG, FIELD(expand), 0, 0, NULL,
	 "expand escapes and {placeholders} in the greeting"},
	{0, "instance", "NAME", CLI_TEXT, FIELD(instance), 0, 0, NULL,
	 "what {instance} says (the host's name)"},
	{'u', "udp", NULL, CLI_FLAG, FIELD(udp), 0, 0, NULL,
	 "answer datagrams, too, with less than they bring"},
	{'n', "count", "N", CLI_NUMBER, FIELD(count), 0, UINT32_MAX, "0",
	 "end after N connections; 0: never"},
	{'c', "max-connections", "N", CLI_NUMBER, FIELD(max_connections), 1, INT_MAX, NULL,
	 "open at once; others wait (as descriptors allow)"},
	{'b', "backlog", "N", CLI_NUMBER, FIELD(backlog), 1, INT_MAX, "4096",
	 "how many may wait to be accepted"},
	{'t', "timeout", "TIME", CLI_TIME, FIELD(timeout), SHORTEST_MS, LONGEST_MS, "30s",
	 "longest life of a connection"},
	{0, "idle", "TIME", CLI_TIME, FIELD(idle), SHORTEST_MS, LONGEST_MS, "5s",
	 "longest silence once it is greeted"},
	{0, "drain", "TIME", CLI_TIME, FIELD(drain), 0, LONGEST_MS, "5s",
	 "longest wait for open connections at a stop"},
	{0, "lame-duck", "TIME", CLI_TIME, FIELD(lame_duck), 0, LONGEST_MS, "0",
	 "at a stop, greet on for TIME, then drain"},
	{0, "reuse-port", NULL, CLI_FLAG, FIELD(reuse_port), 0, 0, NULL,
	 "let several daemons share one port"},
	{0, "proxy-listen", "ADDR", CLI_LIST, FIELD(proxies_given), 0, 0, NULL,
	 "the same behind a balancer, with PROXY headers"},
	{0, "proxy-from", "CIDR", CLI_LIST, FIELD(proxy_from), 0, 0, NULL,
	 "networks whose PROXY headers are believed"},
	{0, "allow", "CIDR", CLI_LIST, FIELD(allow), 0, 0, NULL,
	 "networks that may come; then others may not"},
	{0, "deny", "CIDR", CLI_LIST, FIELD(deny), 0, 0, NULL, "networks that may not come"},
	{0, "deny-file", "FILE", CLI_LIST, FIELD(deny_files), 0, 0, NULL,
	 "more of them, one in each line of FILE"},
	{0, "refusal", "TEXT", CLI_TEXT, FIELD(refusal), 0, 0, NULL,
	 "what those hear who may not come"},
	{0, "max-per-source", "N", CLI_NUMBER, FIELD(max_per_source), 1, INT_MAX, NULL,
	 "connections that a source may have open"},
	{0, "rate-per-source", "RATE", CLI_TEXT, FIELD(rate_given), 0, 0, NULL,
	 "how often a source may come, such as 10/1s"},
	{0, "source-prefix", "BITS", CLI_TEXT, FIELD(prefixes_given), 0, 0, "32:64",
	 "of an address, that make a source, V4:V6"},
	{0, "metrics", "ADDR", CLI_LIST, FIELD(metrics_given), 0, 0, NULL,
	 "answer HTTP on ADDR: /metrics, /healthz, /readyz"},
	{0, "socket-mode", "MODE", CLI_MODE, FIELD(socket_mode), 0, 0, NULL,
	 "rights of UNIX sockets, such as 660"},
	{0, "user", "USER", CLI_TEXT, FIELD(user), 0, 0, NULL,
	 "as root, become USER or USER:GROUP once bound"},
	{0, "core-dumps", NULL, CLI_FLAG, FIELD(core_dumps), 0, 0, NULL,
	 "allow core dumps, and debuggers"},
	{0, "no-sandbox", NULL, CLI_FLAG, FIELD(no_sandbox), 0, 0, NULL,
	 "leave out seccomp and Landlock"},
	{0, "check", NULL, CLI_FLAG, FIELD(check), 0, 0, NULL,
	 "check what the options name, then exit"},
	{0, "log", "FORM", CLI_FORM, FIELD(log_json), 0, 0, "text",
	 "form of the log: text or json"},
	{0, "log-time", NULL, CLI_FLAG, FIELD(log_time), 0, 0, NULL,
	 "begin each line of the log with the time"},
	{'q', "quiet", NULL, CLI_FLAG, FIELD(quiet), 0, 0, NULL, "log warnings and errors only"},
	{'v', "verbose", NULL, CLI_COUNTER, FIELD(verbose), 0, 0, NULL,
	 "log how each connection ended, too"},
	{'h', "help", NULL, CLI_HELP, 0, 0, 0, NULL, "print this help"},
	{'V', "version", NULL, CLI_VERSION, 0, 0, 0, NULL, "print the version"},
};

const struct cli optiontable = {
	.program = "haild",
	.version = PACKAGE_VERSION,
	.synopsis = "[OPTION]...",
	.purpose = "Greets everyone who connects, and closes so that nobody loses a byte of it.\n",
	.more = "ADDR: HOST, HOST:PORT, [V6]:PORT, *, *:PORT, :PORT, unix:PATH or unix:@NAME.\n"
		"TIME: 500ms, 1.5s, 2m, or a number of seconds.\n"
		"Environment, below the options: HAILD_LISTEN (several ADDRs, blanks between),\n"
		"HAILD_PORT, HAILD_MESSAGE, HAILD_MESSAGE_FILE, HAILD_INSTANCE.\n"
		"Exit status: 0 stopped, 1 failure, 2 usage, 3 cannot listen, 4 bad greeting,\n"
		"5 cannot drop privileges or enter the sandbox.\n",
	.options = table,
	.count = sizeof table / sizeof *table,
};
