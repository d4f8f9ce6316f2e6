/* places: where haild listens, and the sockets that it has there. */
#include "places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place *places_add(struct places *places, int fd)
{
	struct place *all = realloc(places->all, (places->count + 1) * sizeof *all);

	if (!all) {
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	places->all = all;
	all += places->count++;
	memset(all, 0, sizeof *all);
	all->fd = fd;
	all->datagram_fd = -1;
	return all;
}

void places_close_datagrams(struct place *place)
{
	if (place->datagram_fd >= 0)
		close(place->datagram_fd);
	place->datagram_fd = -1;
}

void places_truncate(struct places *places, size_t count)
{
	while (places->count > count) {
		struct place *last = &places->all[--places->count];
		close(last->fd);
		places_close_datagrams(last);
	}
}

void places_free(struct places *places)
{
	for (size_t i = 0; i < places->count; i++)
		unixpath_remove(&places->all[i].path);
	places_truncate(places, 0);
	free(places->all);
	places->all = NULL;
}
