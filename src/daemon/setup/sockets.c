/* SPDX-License-Identifier: ISC */
/* sockets: the list of our sockets: opens them, all or none, and keeps them until the end. */
#include "sockets.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/zone.h"
#include "bind.h"
#include "entries.h"
#include "failure.h"
#include "inherited.h"
#include "kernel.h"
#include "daemon/options.h"

struct sockets {
	const struct options *options;
	struct entries entries;
};

/* True for a socket of ours that is to listen. An inherited one does already. */
static bool is_to_listen(const struct socket_entry *entry)
{
	return entry->kind == SOCKET_STREAM && !entry->inherited;
}

/* Makes a socket listen, if it is one that is to. False, and logged, if it cannot. */
static bool start_to_listen(const struct socket_entry *entry, const struct options *options)
{
	if (!is_to_listen(entry) || listen(entry->fd, (int)options->backlog) == 0)
		return true;
	failure_complain(&(struct failure){
		.address = &entry->address,
		.reason = errno,
		.shares = options->reuse_port,
	});
	return false;
}

/* Makes all sockets listen, only after all are bound: nobody connects to a daemon that fails. */
static bool listen_everywhere(const struct sockets *sockets)
{
	for (size_t i = 0; i < sockets_count(sockets); i++)
		if (!start_to_listen(sockets_at(sockets, i), sockets->options))
			return false;
	return true;
}

/* True if a backlog of ours matters: that of an inherited socket is its manager's. */
static bool has_backlog(const struct sockets *sockets)
{
	for (size_t i = 0; i < sockets_count(sockets); i++)
		if (is_to_listen(sockets_at(sockets, i)))
			return true;
	return false;
}

/* Warns if the kernel silently shortens the backlog. */
static void warn_of_capped_backlog(const struct sockets *sockets)
{
	const struct options *options = sockets->options;
	uint64_t most = kernel_number("/proc/sys/net/core/somaxconn", UINT64_MAX);

	if (most < options->backlog && has_backlog(sockets))
		log_warning("the kernel caps the backlog of %" PRIu64 " at %" PRIu64
			    " (net.core.somaxconn): of a rush beyond that, some may wait in vain",
			    options->backlog, most);
}

enum sockets_datagrams sockets_expect_datagrams(const struct options *options)
{
	enum sockets_datagrams inherited = options->inherited ? options->inherited->datagrams
							      : SOCKETS_NO_DATAGRAMS;

	return inherited == SOCKETS_NO_DATAGRAMS && options->udp ? SOCKETS_IP_DATAGRAMS : inherited;
}

/* True if we have inherited a socket to greet on: then the default address is not for us. */
static bool has_inherited(const struct sockets *sockets)
{
	return sockets_have_role(sockets, SOCKET_GREETING) ||
	       sockets_have_role(sockets, SOCKET_PROXY);
}

/* True if --udp has a socket to answer on. Logs if not. */
static bool has_udp(const struct options *options)
{
	if (!options->udp || options->inherited->datagrams != SOCKETS_NO_DATAGRAMS)
		return true;
	log_error("--udp has no socket: none for datagrams is inherited, and no --listen is given");
	return false;
}

/* Adds the sockets of the options' addresses to those that we have inherited. */
static bool add_endpoints(struct sockets *sockets, bool checking)
{
	const struct options *options = sockets->options;

	if (options->listens_by_default && has_inherited(sockets)) {
		if (!has_udp(options))
			return false;
	} else if (!bind_role(options, SOCKET_GREETING, checking, &sockets->entries)) {
		return false;
	}
	return bind_role(options, SOCKET_PROXY, checking, &sockets->entries) &&
	       bind_role(options, SOCKET_METRICS, checking, &sockets->entries);
}

static struct sockets *bound_sockets(const struct options *options, bool checking)
{
	struct sockets *sockets = calloc(1, sizeof *sockets);

	if (!sockets) {
		log_error("out of memory");
		return NULL;
	}
	sockets->options = options;
	if (inherited_take(options->inherited, checking, &sockets->entries) &&
	    add_endpoints(sockets, checking))
		return sockets;
	sockets_close(sockets);
	return NULL;
}

/* True if clients may have a link-local address. */
static bool may_name_zones(const struct sockets *sockets)
{
	for (size_t i = 0; i < sockets_count(sockets); i++)
		if (sockets_at(sockets, i)->address.any.sa_family == AF_INET6)
			return true;
	return false;
}

struct sockets *sockets_open(const struct options *options)
{
	struct sockets *sockets = bound_sockets(options, false);

	if (!sockets)
		return NULL;
	if (!listen_everywhere(sockets)) {
		sockets_close(sockets);
		return NULL;
	}
	warn_of_capped_backlog(sockets);
	if (may_name_zones(sockets))
		zone_prepare();
	return sockets;
}

bool sockets_check(const struct options *options)
{
	struct sockets *sockets = bound_sockets(options, true);

	if (!sockets)
		return false;
	sockets_close(sockets);
	return true;
}

size_t sockets_count(const struct sockets *sockets)
{
	return sockets->entries.count;
}

bool sockets_have_role(const struct sockets *sockets, enum socket_role role)
{
	for (size_t i = 0; i < sockets_count(sockets); i++)
		if (sockets_at(sockets, i)->role == role)
			return true;
	return false;
}

const struct socket_entry *sockets_at(const struct sockets *sockets, size_t i)
{
	return &sockets->entries.all[i];
}

struct sockets *sockets_split(struct sockets *sockets, enum socket_role role)
{
	struct sockets *split = calloc(1, sizeof *split);

	if (!split || !entries_split(&sockets->entries, role, &split->entries)) {
		log_error("out of memory");
		free(split);
		return NULL;
	}
	split->options = sockets->options;
	return split;
}

void sockets_close_datagrams(struct sockets *sockets)
{
	entries_close_datagrams(&sockets->entries);
}

void sockets_let_go(struct sockets *sockets)
{
	entries_let_go(&sockets->entries);
}

void sockets_close(struct sockets *sockets)
{
	if (!sockets)
		return;
	entries_free(&sockets->entries);
	free(sockets);
}
