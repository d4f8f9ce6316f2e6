/* SPDX-License-Identifier: ISC */
/* options: hailto's settings, from its command line. */
#include <config.h>

#include "options.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "conflicts.h"
#include "operands.h"
#include "optiontable.h"
#include "outgoing.h"
#include "shares.h"

/* Between attempts one after the other. */
enum { INTERVAL_MS = 1000 };

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

	if (strcmp(text, cli_preset(&optiontable, "send-proxy")) == 0)
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
	outcome = cli_parse_command(&optiontable, options, argc, argv, &rest);
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
