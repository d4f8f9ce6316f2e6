/* SPDX-License-Identifier: ISC */
/* sockets: the list of our sockets: opens them, all or none, and keeps them until the end. */
#include "sockets.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "bind.h"
#include "entries.h"
#include "failure.h"
#include "kernel.h"
#include "daemon/options.h"

struct sockets {
	const struct options *options;
	struct entries entries;
};

/* Makes a socket listen, if it is of a kind that does. False, and logged, if it cannot. */
static bool start_to_listen(const struct socket_entry *entry, const struct options *options)
{
	if (entry->kind != SOCKET_STREAM || listen(entry->fd, (int)options->backlog) == 0)
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

/* Warns if the kernel silently shortens the backlog. */
static void warn_of_capped_backlog(const struct options *options)
{
	uint64_t most = kernel_number("/proc/sys/net/core/somaxconn", UINT64_MAX);

	if (most < options->backlog)
		log_warning("the kernel caps the backlog of %" PRIu64 " at %" PRIu64
			    " (net.core.somaxconn): of a rush beyond that, some may wait in vain",
			    options->backlog, most);
}

static struct sockets *bound_sockets(const struct options *options, bool checking)
{
	struct sockets *sockets = calloc(1, sizeof *sockets);

	if (!sockets) {
		log_error("out of memory");
		return NULL;
	}
	sockets->options = options;
	if (bind_endpoints(options, checking, &sockets->entries))
		return sockets;
	sockets_close(sockets);
	return NULL;
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
	warn_of_capped_backlog(options);
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

const struct socket_entry *sockets_at(const struct sockets *sockets, size_t i)
{
	return &sockets->entries.all[i];
}

void sockets_close_datagrams(struct sockets *sockets)
{
	entries_close_datagrams(&sockets->entries);
}

void sockets_close(struct sockets *sockets)
{
	if (!sockets)
		return;
	entries_free(&sockets->entries);
	free(sockets);
}
