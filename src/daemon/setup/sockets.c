/* SPDX-License-Identifier: ISC */
/* sockets: opens the listening sockets, and keeps them until the end. */
#include "sockets.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "bind.h"
#include "failure.h"
#include "kernel.h"
#include "daemon/options.h"
#include "places.h"

struct sockets {
	const struct options *options;
	struct places places;
};

/* Makes all sockets listen, only after all are bound: nobody connects to a daemon that fails. */
static bool listen_everywhere(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->places.count; i++) {
		const struct place *place = &sockets->places.all[i];
		if (listen(place->fd, (int)sockets->options->backlog) == 0)
			continue;
		failure_complain(&(struct failure){
			.address = &place->name,
			.reason = errno,
			.shares = sockets->options->reuse_port,
		});
		return false;
	}
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
	if (bind_endpoints(options, checking, &sockets->places))
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
	return sockets->places.count;
}

int sockets_descriptor(const struct sockets *sockets, size_t i)
{
	return sockets->places.all[i].fd;
}

int sockets_datagram_descriptor(const struct sockets *sockets, size_t i)
{
	return sockets->places.all[i].datagram_fd;
}

const char *sockets_address(const struct sockets *sockets, size_t i)
{
	return sockets->places.all[i].address;
}

void sockets_close_datagrams(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->places.count; i++)
		places_close_datagrams(&sockets->places.all[i]);
}

void sockets_close(struct sockets *sockets)
{
	if (!sockets)
		return;
	places_free(&sockets->places);
	free(sockets);
}
