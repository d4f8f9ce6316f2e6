/* source: the addresses that connections come from, one after the other. */
#include <config.h>

#include "source.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* From 127.1.0.0 on, up to 127.254.255.255. */
enum { FIRST = 127 << 24 | 1 << 16, COUNT = 254 << 16 };

/* The port is left to connect(), which only has to find one that is free towards the server. */
bool source_bind(struct source *source, int fd)
{
	const int late = 1;
	struct sockaddr_in address = {.sin_family = AF_INET};

	address.sin_addr.s_addr = htonl(FIRST + source->next++ % COUNT);
	return setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late) == 0 &&
	       bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
}
