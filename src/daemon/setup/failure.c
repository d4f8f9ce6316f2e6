/* SPDX-License-Identifier: ISC */
/* failure: an address that cannot be listened on: why, and what helps, in one line. */
#include "failure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/log.h"
#include "kernel.h"
#include "unixpath.h"

enum { ADVICE_MAX = 160, SUBJECT_MAX = ADDRESS_TEXT_MAX + 8 };

/* Advice for an unknown zone. */
static const char unknown_zone[] = " (its zone is no interface of this machine)";
static const char of_policy[] = " (a security policy of this system forbids it)";

const char *failure_zone_advice(const char *host)
{
	const char *zone = strchr(host, '%');

	if (!zone)
		return "";
	return if_nametoindex(zone + 1) > 0 ? " (only a link-local address has a zone)"
					    : unknown_zone;
}

static bool is_mapped(const struct address *address)
{
	return address->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address->ipv6.sin6_addr);
}

static const char *family_name(int family)
{
	return family == AF_INET ? "IPv4" : family == AF_INET6 ? "IPv6" : "UNIX";
}

/* Writes which address failed. A v4-mapped one appears as it is, not as its IPv4 address. */
static const char *subject(const struct failure *failure, char *text)
{
	char host[INET6_ADDRSTRLEN];
	size_t used;

	if (is_mapped(failure->address) &&
	    inet_ntop(AF_INET6, &failure->address->ipv6.sin6_addr, host, sizeof host))
		snprintf(text, SUBJECT_MAX, "[%s]:%u", host, address_port(failure->address));
	else
		address_format(failure->address, text, SUBJECT_MAX);
	used = strlen(text);
	snprintf(text + used, SUBJECT_MAX - used, "%s", failure->by_udp ? " by UDP" : "");
	return text;
}

/* Returns what went wrong, in words that suit an address to listen on. */
static const char *describe(int reason)
{
	return reason == ENOTSOCK ? "something is there that is not a socket" : strerror(reason);
}

/* An IP address was forbidden: for its port, or by a rule that the kernel does not name. */
static const char *advise_on_rights(const struct failure *failure, char *text)
{
	uint64_t first = kernel_number("/proc/sys/net/ipv4/ip_unprivileged_port_start", 1024);
	uint16_t port = address_port(failure->address);

	if (port == 0 || port >= first)
		return of_policy;
	snprintf(text, ADVICE_MAX, " (ports below %" PRIu64 " need CAP_NET_BIND_SERVICE)", first);
	return text;
}

static const char *advise_on_use(const struct failure *failure, char *text)
{
	uint16_t port = address_port(failure->address);

	if (port == 0)
		return " (no port is free that the kernel could choose)";
	/* Not `ss -l`: a client's socket may have the port as well. */
	snprintf(text, ADVICE_MAX, " (another socket has it%s; 'ss -%cap sport = :%u' shows whose)",
		 failure->shares ? ", without --reuse-port or of another user" : "",
		 failure->by_udp ? 'u' : 't', port);
	return text;
}

/* True if both are the same IPv4 or IPv6 address, whatever their ports; they are of one family. */
static bool is_same_host(const struct sockaddr *one, const struct address *other)
{
	const struct sockaddr_in *ipv4 = (const void *)one;
	const struct sockaddr_in6 *ipv6 = (const void *)one;

	return other->any.sa_family == AF_INET
		       ? ipv4->sin_addr.s_addr == other->ipv4.sin_addr.s_addr
		       : IN6_ARE_ADDR_EQUAL(&ipv6->sin6_addr, &other->ipv6.sin6_addr);
}

/* The address is not available: whose is it, and has its family any address here? */
static const char *advise_on_place(const struct address *address, char *text)
{
	struct ifaddrs *all;
	bool has_family = false, has_address = false;

	if (getifaddrs(&all) < 0)
		return "";
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		if (!one->ifa_addr || one->ifa_addr->sa_family != address->any.sa_family)
			continue;
		has_family = true;
		has_address = has_address || is_same_host(one->ifa_addr, address);
	}
	freeifaddrs(all);
	if (has_address)
		return " (this machine has it, but not ready; 'ip address' shows more)";
	if (has_family)
		return " (not an address of this machine)";
	snprintf(text, ADVICE_MAX, " (%s is off on this machine: no interface has an address)",
		 family_name(address->any.sa_family));
	return text;
}

/* The kernel finds the address invalid. */
static const char *advise_on_form(const struct address *address, char *text)
{
	char ipv4[INET_ADDRSTRLEN];

	if (is_mapped(address) &&
	    inet_ntop(AF_INET, &address->ipv6.sin6_addr.s6_addr[12], ipv4, sizeof ipv4)) {
		snprintf(text, ADVICE_MAX, " (this is IPv4 in IPv6; write %s)", ipv4);
		return text;
	}
	if (address->any.sa_family == AF_INET6 && IN6_IS_ADDR_MULTICAST(&address->ipv6.sin6_addr))
		return " (a multicast address, and TCP has none)";
	return address_advice(address, EINVAL);
}

const char *failure_lack_advice(int reason)
{
	return reason == EMFILE	  ? " (raise the descriptor limit, ulimit -n)"
	       : reason == ENFILE ? " (all descriptors of the machine are in use; see fs.file-max)"
				  : "";
}

/* Returns advice for the lack of what any address needs. */
static const char *advise_on_lack(const struct failure *failure, char *text)
{
	if (failure->reason != EAFNOSUPPORT)
		return failure_lack_advice(failure->reason);
	snprintf(text, ADVICE_MAX, " (the kernel has no %s, or a sandbox forbids it)",
		 family_name(failure->address->any.sa_family));
	return text;
}

static const char *advise_on_ip(const struct failure *failure, char *text)
{
	switch (failure->reason) {
	case EACCES:
		return advise_on_rights(failure, text);
	case EPERM:
		return of_policy;
	case EADDRINUSE:
		return advise_on_use(failure, text);
	case EADDRNOTAVAIL:
		return advise_on_place(failure->address, text);
	case EINVAL:
		return advise_on_form(failure->address, text);
	case ENODEV:
		return unknown_zone;
	case ENOPROTOOPT:
		return failure->shares ? " (this system has no --reuse-port)" : "";
	default:
		return advise_on_lack(failure, text);
	}
}

static const char *advise_on_unix(const struct failure *failure, char *text)
{
	switch (failure->reason) {
	case EADDRINUSE:
		return " (another socket has it; 'ss -xap' shows whose)";
	case ENOTSOCK:
		return " (remove it, or choose another path)";
	case ENOENT:
		return " (there is no such folder)";
	case EACCES:
	case EPERM:
		switch (unixpath_find_obstacle(failure->address)) {
		case UNIXPATH_HIDDEN:
			return " (a folder on the way does not let us through)";
		case UNIXPATH_SOCKET:
			return " (a socket is there that we may not use, or not remove)";
		case UNIXPATH_FOLDER:
			return " (its folder does not let us write)";
		case UNIXPATH_CLEAR:
			break;
		}
		return of_policy;
	default:
		return advise_on_lack(failure, text);
	}
}

/* Returns advice as " (...)", or "" if we know none. May be written to `text`. */
static const char *advise(const struct failure *failure, char *text)
{
	return failure->address->any.sa_family == AF_UNIX ? advise_on_unix(failure, text)
							  : advise_on_ip(failure, text);
}

void failure_complain(const struct failure *failure)
{
	char text[SUBJECT_MAX], advice[ADVICE_MAX];

	log_error("cannot listen on %s: %s%s", subject(failure, text), describe(failure->reason),
		  advise(failure, advice));
}

void failure_warn(const struct failure *failure)
{
	char text[SUBJECT_MAX], advice[ADVICE_MAX];

	log_warning("not listening on %s: %s%s", subject(failure, text), describe(failure->reason),
		    advise(failure, advice));
}

void failure_note(const struct failure *failure)
{
	char text[SUBJECT_MAX];

	log_info("%s is in use now", subject(failure, text));
}
