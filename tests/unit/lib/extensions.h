/* SPDX-License-Identifier: ISC */
/* extensions: what the build has of what POSIX lacks; without it, another behaviour is the right
 * one. */
#ifndef UNIT_EXTENSIONS_H
#define UNIT_EXTENSIONS_H

#include <config.h>

#include <stdbool.h>

/* The kernel tells where a datagram was sent to: destination.c. */
#ifdef HAVE_STRUCT_IN_PKTINFO_IPI_SPEC_DST
enum { HAS_DESTINATION = 1 };
#else
enum { HAS_DESTINATION = 0 };
#endif

/* UNIX sockets may have a name and no file: abstract.c. */
#ifdef HAVE_ABSTRACT_SOCKETS
enum { HAS_ABSTRACT = 1 };
#else
enum { HAS_ABSTRACT = 0 };
#endif

/* Sessions that linger are watched by an epoll of their own: watch.c. */
#ifdef HAVE_CLOSING_EPOLL
enum { HAS_CLOSING_EPOLL = 1 };
#else
enum { HAS_CLOSING_EPOLL = 0 };
#endif

/* A pipe, too, can be opened anew: outlet.c. */
#ifdef HAVE_REOPENING_PROC
enum { HAS_REOPENING = 1 };
#else
enum { HAS_REOPENING = 0 };
#endif

/* Sockets can share memory: pages.c. */
#ifdef HAVE_SHARED_PAGES
enum { HAS_SHARED_PAGES = 1 };
#else
enum { HAS_SHARED_PAGES = 0 };
#endif

/* The groups of a process can be set: privileges.c. */
#if defined HAVE_SETGROUPS && defined HAVE_INITGROUPS
enum { HAS_SETGROUPS = 1 };
#else
enum { HAS_SETGROUPS = 0 };
#endif

/*
 * The kernel tells what a client has taken, and since when it is silent: tcpinfo.c. QEMU 7.2 passes
 * on 4 bytes of that.
 */
bool has_tcpinfo(void);

enum {
	HAS_HOLDING_BACK = HAVE_DECL_TCP_CORK,		   /* socket.c */
	HAS_LATE_PORT = HAVE_DECL_IP_BIND_ADDRESS_NO_PORT, /* outgoing.c */
	HAS_REUSE_PORT = HAVE_DECL_SO_REUSEPORT,	   /* bind.c */
};

#endif
