/* SPDX-License-Identifier: ISC */
/*
 * inherited: the sockets that a service manager has opened for us (socket activation).
 *
 * Their addresses, backlogs, paths and rights are the manager's: it goes on listening when we have
 * gone. We set only what our way of serving them needs.
 */
#include "inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/destination.h"
#include "base/log.h"
#include "base/socket.h"
#include "pidfd.h"

/* What a name in LISTEN_FDNAMES makes of a socket; any other name, one to greet on. */
static const struct {
	const char *name;
	enum socket_role role;
	const char *refusal; /* of a socket for datagrams */
} roles[] = {
	{"metrics", SOCKET_METRICS, "its name asks for metrics, which need a stream socket"},
	{"proxy", SOCKET_PROXY, "its name asks for PROXY headers, which need a stream socket"},
};

/* Returns what the name makes of a socket, and why one of that kind cannot be it, or NULL. */
static enum socket_role find_role(const char *name, enum socket_kind kind, const char **refusal)
{
	*refusal = NULL;
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
		if (strcmp(name, roles[i].name) != 0)
			continue;
		if (kind != SOCKET_STREAM)
			*refusal = roles[i].refusal;
		return roles[i].role;
	}
	return SOCKET_GREETING;
}

/* Returns a number that the kernel knows of a socket, such as SO_TYPE; -1, with errno. */
static int property(int fd, int option)
{
	int value;
	socklen_t length = sizeof value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &length) < 0 ? -1 : value;
}

/* Returns what a descriptor is that has no SO_TYPE. */
static const char *describe_other(int reason)
{
	return reason == EBADF	    ? "it is not open"
	       : reason == ENOTSOCK ? "it is no socket"
				    : strerror(reason);
}

static bool is_connected(int fd)
{
	struct address peer = {.length = sizeof peer.room};

	return getpeername(fd, &peer.any, &peer.length) == 0;
}

/* Returns what is wrong with a stream socket, or NULL. */
static const char *judge_stream(int fd)
{
	int listens = property(fd, SO_ACCEPTCONN);

	if (listens > 0)
		return NULL;
	if (listens < 0)
		return strerror(errno);
	return is_connected(fd) ? "it is a connection; set Accept=no, since haild accepts itself"
				: "it does not listen";
}

/* True if nobody can send to the socket. */
static bool is_unbound(const struct address *address)
{
	return address->any.sa_family == AF_UNIX
		       ? address->length <= offsetof(struct sockaddr_un, sun_path)
		       : address_port(address) == 0;
}

/* Returns what is wrong with a socket, or NULL: it can be served. Sets its kind and address. */
static const char *judge(int fd, enum socket_kind *kind, struct address *address)
{
	int type = property(fd, SO_TYPE), family;

	if (type < 0)
		return describe_other(errno);
	if (type != SOCK_STREAM && type != SOCK_DGRAM)
		return "it is neither a stream nor a datagram socket";
	*kind = type == SOCK_STREAM ? SOCKET_STREAM : SOCKET_DATAGRAM;
	*address = (struct address){.length = sizeof address->room};
	if (getsockname(fd, &address->any, &address->length) < 0)
		return strerror(errno);
	family = address->any.sa_family;
	if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
		return "it is of no family that haild knows: IPv4, IPv6 and UNIX";
	if (*kind == SOCKET_STREAM)
		return judge_stream(fd);
	return is_unbound(address) ? "it is bound to no address" : NULL;
}

/* True if an IPv6 socket also has IPv4 peers. */
static bool takes_ipv4(int fd, const struct address *address)
{
	int only = 1;
	socklen_t length = sizeof only;

	return address->any.sa_family == AF_INET6 &&
	       IN6_IS_ADDR_UNSPECIFIED(&address->ipv6.sin6_addr) &&
	       getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &length) == 0 && only == 0;
}

static void note_datagrams(struct inherited *inherited, int family)
{
	if (family == AF_UNIX)
		inherited->datagrams = SOCKETS_UNIX_DATAGRAMS;
	else if (inherited->datagrams == SOCKETS_NO_DATAGRAMS)
		inherited->datagrams = SOCKETS_IP_DATAGRAMS;
}

static void write_problem(struct inherited *inherited, int fd, const char *name, const char *why)
{
	snprintf(inherited->problem, sizeof inherited->problem,
		 *name ? "cannot serve descriptor %d (%s): %s" : "cannot serve descriptor %d%s: %s",
		 fd, name, why);
}

void inherited_add(struct inherited *inherited, int fd, const char *name)
{
	enum socket_kind kind = SOCKET_STREAM;
	enum socket_role role;
	struct address address = {.length = 0};
	struct socket_entry *entry;
	const char *refusal, *why = judge(fd, &kind, &address);

	role = find_role(name, kind, &refusal);
	if (!why)
		why = refusal;
	if (why) {
		write_problem(inherited, fd, name, why);
		return;
	}
	entry = entries_add(&inherited->entries, fd, kind);
	if (!entry) {
		write_problem(inherited, fd, name, "out of memory");
		return;
	}
	entries_name(entry, &address);
	entry->inherited = true;
	entry->role = role;
	entry->takes_ipv4 = takes_ipv4(fd, &address);
	if (kind == SOCKET_DATAGRAM)
		note_datagrams(inherited, address.any.sa_family);
}

/* Adds what is ours, up to the first descriptor that cannot be served. */
static void add_all(struct inherited *inherited, const struct activation *activation)
{
	char name[ACTIVATION_NAME_MAX];

	for (size_t i = 0; i < activation->count && !inherited->problem[0]; i++) {
		activation_name(activation, i, name);
		inherited_add(inherited, ACTIVATION_FIRST + (int)i, name);
	}
}

/* Returns how many descriptors a process may have. */
static uint64_t descriptor_limit(void)
{
	long limit = sysconf(_SC_OPEN_MAX);

	return limit < 0 || limit > INT32_MAX ? INT32_MAX : (uint64_t)limit;
}

void inherited_find(struct inherited *inherited)
{
	struct activation_variables variables = {
		.fds = getenv("LISTEN_FDS"),
		.pid = getenv("LISTEN_PID"),
		.pidfdid = getenv("LISTEN_PIDFDID"),
		.names = getenv("LISTEN_FDNAMES"),
	};
	struct activation_process process = {
		.pid = (uint64_t)getpid(),
		.number = variables.pidfdid ? pidfd_own_number() : 0,
		.descriptors = descriptor_limit(),
	};
	struct activation activation;

	if (activation_parse(&variables, &process, &activation, inherited->problem))
		add_all(inherited, &activation);
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_PIDFDID");
	unsetenv("LISTEN_FDNAMES");
}

/* Makes a socket such as bind.c makes, as far as it is not the manager's. False, with errno. */
static bool prepare(const struct socket_entry *entry)
{
	int fd = entry->fd, flags = fcntl(fd, F_GETFL);

	/* Others that share the socket see that it does not block: systemd.service(5) asks for it.
	 */
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return false;
	if (entry->address.any.sa_family == AF_UNIX)
		return true;
	if (entry->kind == SOCKET_DATAGRAM)
		return destination_want_always(fd, entry->address.any.sa_family);
	socket_hold_back(fd);
	return true;
}

static bool prepare_all(const struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		if (!prepare(&entries->all[i])) {
			log_error("cannot serve the inherited socket %s: %s", entries->all[i].text,
				  strerror(errno));
			return false;
		}
	return true;
}

bool inherited_take(struct inherited *inherited, bool checking, struct entries *entries)
{
	if (!inherited)
		return true;
	if (inherited->problem[0]) {
		log_error("%s", inherited->problem);
		return false;
	}
	*entries = inherited->entries;
	inherited->entries = (struct entries){.count = 0};
	return checking || prepare_all(entries);
}

void inherited_free(struct inherited *inherited)
{
	entries_free(&inherited->entries);
}
