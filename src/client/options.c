/* SPDX-License-Identifier: ISC */
/* options: hailto's settings, from its command line. */
#include <config.h>

#include "options.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/agreed.h"
#include "base/log.h"
#include "conflicts.h"
#include "operands.h"
#include "outgoing.h"
#include "shares.h"

#define FIELD(name) offsetof(struct options, name)

enum { SHORTEST_MS = 1, LONGEST_MS = 24 * 60 * 60 * 1000, BYTES_MAX = 1024 * 1024 };

/* Their times fill 80 MB, and each of those at once takes a descriptor. */
enum { COUNT_MAX = 10000000, PARALLEL_MAX = 10000 };

/* Between attempts one after the other. */
enum { INTERVAL_MS = 1000 };

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
	{'s', "source", "ADDR", CLI_TEXT, FIELD(source_text), 0, 0, NULL,
	 "connect from ADDR: an address, or ADDRESS:PORT"},
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

static const struct cli cli = {
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

/* Logs why a command line cannot be used. Returns true if `why` is NULL. */
static bool accept_or_complain(const char *why)
{
	if (why)
		log_error("%s", why);
	return why == NULL;
}

/* Sets what follows from other options. */
static void derive(struct options *options)
{
	/* For a refusal it is enough to connect. */
	if (options->invert && !options->udp)
		options->zero = true;
	if (options->count != OPTIONS_UNSET && options->interval == OPTIONS_UNSET &&
	    options->parallel == 1)
		options->interval = INTERVAL_MS;
	options->detailed = options->json || options->verbose > 0;
	options->steady = options->zero && options->wait > 0 && !options->invert;
}

/*
 * Turns a literal address, with its port or 0, into a socket address. Returns NULL, or why it
 * cannot; `lacks` says if that is for want of memory.
 */
static const char *parse_literal(const char *text, struct address *address, bool *lacks)
{
	struct endpoint source;
	const char *why = endpoint_parse(text, &source);
	int failure = EAI_NONAME;

	if (why)
		return why;
	if (source.kind == ENDPOINT_HOST)
		failure = address_from_literal(source.host, AF_UNSPEC, address);
	*lacks = failure == EAI_MEMORY;
	if (*lacks)
		return gai_strerror(failure);
	if (failure)
		return "not an IPv4 or IPv6 address";
	address_set_port(address, source.port);
	return NULL;
}

/*
 * Returns why --source cannot be used, possibly written to `text`. NULL: it can, or the source is
 * not to blame, and the connect will show what is.
 */
static const char *find_fault_of_source(const struct options *options, char *text, size_t size)
{
	const struct address *source = &options->source;
	int fd = outgoing_open(source->any.sa_family, options->udp ? SOCK_DGRAM : SOCK_STREAM,
			       source);

	if (fd < 0)
		return outgoing_blames_source(errno, source)
			       ? outgoing_describe(errno, source, source, text, size)
			       : NULL;
	close(fd);
	return outgoing_means_many(source) ? "a broadcast or multicast address is no machine's own"
					   : NULL;
}

/* Reads --source, and checks that it fits the other options. */
static enum cli_outcome read_source(struct options *options)
{
	const char *why;
	char text[160];
	bool lacks = false;

	if (!options->source_text)
		return CLI_GO;
	why = parse_literal(options->source_text, &options->source, &lacks);
	why = why ? why : find_fault_of_source(options, text, sizeof text);
	if (why) {
		log_error(lacks ? "cannot read source '%s': %s" : "bad source '%s': %s",
			  options->source_text, why);
		return lacks ? CLI_FAILED : CLI_BAD;
	}
	if ((options->ipv4 && options->source.any.sa_family != AF_INET) ||
	    (options->ipv6 && options->source.any.sa_family != AF_INET6)) {
		log_error("--source is of the family that is excluded");
		return CLI_BAD;
	}
	return CLI_GO;
}

/*
 * Reads the client that a PROXY header is to name. Returns NULL, or why it cannot be; `lacks` is
 * as above.
 */
static const char *parse_proxy_source(struct options *options, const char *text, bool *lacks)
{
	const char *why;

	if (strcmp(text, cli_preset(&cli, "send-proxy")) == 0)
		return NULL;
	options->proxy_is_local = strcmp(text, "local") == 0;
	if (options->proxy_is_local)
		return NULL;
	why = parse_literal(text, &options->proxy_source, lacks);
	if (!why && address_port(&options->proxy_source) == 0)
		return "it has no port; write ADDR:PORT or [V6]:PORT";
	return why;
}

/* Reads --send-proxy or --send-proxy-v2, and checks that it fits the other options. */
static enum cli_outcome read_proxy(struct options *options)
{
	const char *text = options->send_proxy ? options->send_proxy : options->send_proxy_v2;
	const char *why;
	bool lacks = false;

	if (!text)
		return CLI_GO;
	options->proxy_version = options->send_proxy ? 1 : 2;
	why = parse_proxy_source(options, text, &lacks);
	if (why) {
		log_error("bad source '%s' of a PROXY header: %s", text, why);
		return lacks ? CLI_FAILED : CLI_BAD;
	}
	if (options->proxy_source.length > 0 && options_family(options) != AF_UNSPEC &&
	    options->proxy_source.any.sa_family != options_family(options)) {
		log_error(
			"the PROXY header's source and the server would be of different families");
		return CLI_BAD;
	}
	return CLI_GO;
}

/* Reads --expect-shares. */
static enum cli_outcome read_shares(struct options *options)
{
	const char *why;
	bool lacks;

	if (!options->expect_shares)
		return CLI_GO;
	why = shares_parse(options->expect_shares, &options->shares, &lacks);
	if (!why)
		return CLI_GO;
	log_error(lacks ? "cannot read shares '%s': %s" : "bad shares '%s': %s",
		  options->expect_shares, why);
	return lacks ? CLI_FAILED : CLI_BAD;
}

/*
 * Returns why a command line that may hold a command cannot be used; NULL: it can. A list of
 * servers that is empty, in a script, makes the command look like the server.
 */
static const char *find_fault_of_rest(const struct options *options, const struct cli_rest *rest)
{
	bool has_server = rest->count > 0 && !(options->wait > 0 && rest->is_after_dashes);

	return !has_server && (rest->command || rest->is_after_dashes)
		       ? "no server before --; what follows it is a command"
		       : NULL;
}

enum cli_outcome options_read(struct options *options, int argc, char **argv)
{
	enum cli_outcome outcome;
	struct cli_rest rest;

	*options = (struct options){.count = OPTIONS_UNSET, .interval = OPTIONS_UNSET};
	outcome = cli_parse_command(&cli, options, argc, argv, &rest);
	if (outcome != CLI_GO)
		return outcome;
	options->command = rest.command;
	if (!accept_or_complain(conflicts_find(options)) ||
	    !accept_or_complain(find_fault_of_rest(options, &rest)))
		return CLI_BAD;
	derive(options);
	outcome = read_source(options);
	if (outcome == CLI_GO)
		outcome = read_proxy(options);
	if (outcome == CLI_GO)
		outcome = read_shares(options);
	if (outcome == CLI_GO)
		outcome = operands_read(options, rest.operands, rest.count);
	if (outcome == CLI_GO && !accept_or_complain(conflicts_find_of_many(options)))
		outcome = CLI_BAD;
	return outcome;
}

void options_free(struct options *options)
{
	free(options->others);
	shares_free(options->shares);
}

size_t options_target_count(const struct options *options)
{
	return 1 + options->other_count;
}

const struct endpoint *options_target(const struct options *options, size_t i)
{
	return i == 0 ? &options->target : &options->others[i - 1];
}

bool options_want_many(const struct options *options)
{
	return options->count != OPTIONS_UNSET || options->all;
}

bool options_keep_clock(const struct options *options)
{
	return options->interval != OPTIONS_UNSET && options->interval > 0;
}

int options_family(const struct options *options)
{
	if (options->source.length > 0)
		return options->source.any.sa_family;
	if (options->ipv4 || options->ipv6)
		return options->ipv4 ? AF_INET : AF_INET6;
	/* The header names both ends, in one family. */
	return options->proxy_source.length > 0 ? options->proxy_source.any.sa_family : AF_UNSPEC;
}

bool options_suit_targets(const struct options *options)
{
	char text[ADDRESS_TEXT_MAX + 80];

	for (size_t i = 0; i < options_target_count(options); i++)
		if (!accept_or_complain(conflicts_find_of_target(options,
								 options_target(options, i), text,
								 sizeof text)))
			return false;
	return true;
}
