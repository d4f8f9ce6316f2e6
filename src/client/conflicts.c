/* SPDX-License-Identifier: ISC */
/* conflicts: which options contradict each other, or make no sense together. */
#include "conflicts.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/endpoint.h"
#include "options.h"

/* The most bytes that one datagram carries over IPv4. */
enum { DATAGRAM_MAX = 65507 };

/* Returns which options make no sense for a datagram; NULL: none. */
static const char *find_conflict_with_udp(const struct options *options)
{
	if (options->connect_timeout > 0)
		return "--connect-timeout is for connecting, and --udp never does";
	if (options->bytes > DATAGRAM_MAX)
		return "with --udp, --bytes is 65507 at most: the request is as long";
	if (options->talk_first > 0)
		return "--talk-first is for connections, and --udp makes none";
	if (options->send_proxy || options->send_proxy_v2)
		return "a PROXY header is for connections, and --udp makes none";
	return NULL;
}

/* Returns which options make no sense if nothing is read; NULL: none. */
static const char *find_conflict_with_zero(const struct options *options)
{
	if (options->expect || options->expect_prefix || options->reject_prefix)
		return "--zero reads no greeting that could be as expected";
	if (options->talk_first > 0)
		return "--zero reads no greeting that --talk-first could lose";
	if (options->send_proxy || options->send_proxy_v2)
		return "--zero sends nothing, and so no PROXY header";
	return options->udp ? "--zero only connects, and --udp never does" : NULL;
}

/* Returns which options make no sense if nobody shall answer; NULL: none. */
static const char *find_conflict_with_invert(const struct options *options)
{
	if (options->expect || options->expect_prefix || options->reject_prefix)
		return "--invert wants a refusal, which has no greeting";
	if (options->talk_first > 0 || options->send_proxy || options->send_proxy_v2)
		return "--invert wants a refusal, to which nothing can be sent";
	return NULL;
}

/* Returns which options make no sense if there are many attempts; NULL: none. */
static const char *find_conflict_with_many(const struct options *options)
{
	if (options->count != OPTIONS_UNSET && options->all)
		return "--count and --all exclude each other";
	if (options->wait > 0)
		return "--wait asks until there is an answer, and --count and --all go on";
	if (options->invert)
		return "--invert wants a refusal, and --count and --all greetings";
	if (options->command)
		return "a command is run after one answer, and --count and --all have many";
	if (options->raw || options->escape)
		return "--raw and --escape are for one greeting; many are shown in part, escaped";
	if (options->zero && (options->tally || options->expect_shares))
		return "--zero reads no greetings that could be counted";
	if (options->parallel > 1 && address_port(&options->source) != 0)
		return "from one port only one attempt is possible at a time (see --source)";
	if (options->all && options->udp && address_port(&options->source) != 0)
		return "with --udp, several addresses cannot be asked from one port (see --source)";
	return NULL;
}

/* Returns which options are given that need many attempts, or several at once; NULL: none. */
static const char *find_lack_of_many(const struct options *options)
{
	bool counts = options->count != OPTIONS_UNSET;

	if (!counts && options->interval != OPTIONS_UNSET)
		return "--interval is the time between the attempts of --count";
	if (!counts && options->parallel > 1)
		return "--parallel is how many attempts of --count are made at once";
	if (!counts && options->expect_shares)
		return "--expect-shares needs the many greetings of --count";
	if (!counts && !options->all && options->any)
		return "--any is about the many attempts of --count or --all";
	if (!counts && !options->all && options->tally)
		return "--tally counts the greetings of --count or --all";
	return NULL;
}

/* Returns what would print something besides the objects of JSON, or nothing; NULL: nothing. */
static const char *find_conflict_with_json(const struct options *options)
{
	if (options->raw || options->escape)
		return options->raw ? "--json and --raw exclude each other"
				    : "--json and --escape exclude each other";
	if (options->quiet)
		return "--json and --quiet exclude each other";
	return options->command ? "--json and a command exclude each other" : NULL;
}

/* Returns what is wrong with the texts that a greeting is compared with; NULL: nothing. */
static const char *find_fault_of_texts(const struct options *options)
{
	const char *const texts[] = {options->expect, options->expect_prefix,
				     options->reject_prefix};

	if (options->expect && options->expect_prefix)
		return "--expect and --expect-prefix exclude each other";
	if (options->reject_prefix && !*options->reject_prefix)
		return "--reject-prefix is empty, and would reject every greeting";
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i] && strlen(texts[i]) > options->bytes)
			return "the expected greeting is longer than --bytes";
	return NULL;
}

const char *conflicts_find(const struct options *options)
{
	const char *why;

	if (options->ipv4 && options->ipv6)
		return "--ipv4 and --ipv6 exclude each other";
	if (options->raw && options->escape)
		return "--raw and --escape exclude each other";
	if (options->quiet && options->verbose)
		return "--quiet and --verbose exclude each other";
	if (options->send_proxy && options->send_proxy_v2)
		return "--send-proxy and --send-proxy-v2 exclude each other";
	why = find_fault_of_texts(options);
	if (!why)
		why = find_lack_of_many(options);
	if (!why && options->json)
		why = find_conflict_with_json(options);
	if (!why && options->zero)
		why = find_conflict_with_zero(options);
	if (!why && options->invert)
		why = find_conflict_with_invert(options);
	if (!why && options->udp)
		why = find_conflict_with_udp(options);
	return why;
}

const char *conflicts_find_of_many(const struct options *options)
{
	if (options->other_count > 0 && options->udp && address_port(&options->source) != 0)
		return "with --udp, several servers cannot be asked from one port (see --source)";
	if (options->other_count > 0 && options_want_many(options))
		return "--count and --all ask one server";
	return options_want_many(options) ? find_conflict_with_many(options) : NULL;
}

/* Returns the option that leaves only one family. */
static const char *name_of_family_option(const struct options *options)
{
	if (options->source.length > 0)
		return "--source";
	if (options->ipv4 || options->ipv6)
		return options->ipv4 ? "--ipv4" : "--ipv6";
	return options->send_proxy ? "--send-proxy" : "--send-proxy-v2";
}

/*
 * True if the target is an address, and none of the family; `is_ipv6`: what it is. (Some C
 * libraries take a v4-mapped address for one of IPv4, too.)
 */
static bool is_of_another_family(const struct endpoint *target, int family, bool *is_ipv6)
{
	struct address address;
	int failure;

	if (address_from_literal(target->host, AF_UNSPEC, &address) != 0)
		return false;
	*is_ipv6 = address.any.sa_family == AF_INET6;
	failure = address_from_literal(target->host, family, &address);
	return failure != 0 && failure != EAI_MEMORY;
}

const char *conflicts_find_of_target(const struct options *options, const struct endpoint *target,
				     char *text, size_t size)
{
	char shown[ADDRESS_TEXT_MAX];
	int family = options_family(options);
	bool is_ipv6 = false;

	if (target->kind == ENDPOINT_UNIX && options->udp)
		return "a UNIX socket is not asked by --udp";
	if (family == AF_UNSPEC)
		return NULL;
	if (target->kind == ENDPOINT_UNIX)
		return "a UNIX socket has no IP address and no IP family";
	if (!is_of_another_family(target, family, &is_ipv6))
		return NULL;
	snprintf(text, size, "%s is an IPv%d address, but %s leaves only IPv%d",
		 endpoint_format(target, shown, sizeof shown), is_ipv6 ? 6 : 4,
		 name_of_family_option(options), is_ipv6 ? 4 : 6);
	return text;
}
