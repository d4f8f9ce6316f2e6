/* extensions: what the build has of what POSIX lacks; without it, another behaviour is the right
 * one. */
#ifndef UNIT_EXTENSIONS_H
#define UNIT_EXTENSIONS_H

#include <config.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel tells where a datagram was sent to: destination.c. */
#ifdef HAVE_STRUCT_IN_PKTINFO_IPI_SPEC_DST
enum { HAS_DESTINATION = 1 };
#else
enum { HAS_DESTINATION = 0 };
#endif

/* A pipe, too, can be opened anew: outlet.c. */
#ifdef HAVE_REOPENING_PROC
enum { HAS_REOPENING = 1 };
#else
enum { HAS_REOPENING = 0 };
#endif

/*
 * The kernel tells what a client has taken, and since when it is silent: tcpinfo.c. QEMU 7.2 passes
 * on 4 bytes of that.
 */
static inline bool has_tcpinfo(void)
{
	bool has = false;
#ifdef HAVE_STRUCT_TCP_INFO_TCPI_BYTES_ACKED
	char told[1024];
	socklen_t length = sizeof told;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	has = getsockopt(fd, IPPROTO_TCP, TCP_INFO, told, &length) == 0 && length > sizeof(int);
	close(fd);
#endif
	return has;
}

enum {
	HAS_HOLDING_BACK = HAVE_DECL_TCP_CORK,		   /* socket.c */
	HAS_LATE_PORT = HAVE_DECL_IP_BIND_ADDRESS_NO_PORT, /* outgoing.c */
	HAS_REUSE_PORT = HAVE_DECL_SO_REUSEPORT,	   /* bind.c */
};

#endif
