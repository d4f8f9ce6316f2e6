/* SPDX-License-Identifier: ISC */
/* address: makes, compares and formats socket addresses. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/attributes.h"

/* An address of any family, together with its length. */
struct address {
	union {
		struct sockaddr_storage room; /* first, so that an initialiser clears everything */
		struct sockaddr any;	      /* for system calls; its sa_family says what it is */
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
		struct sockaddr_un path;
	};
	socklen_t length; /* 0: there is none */
};

/* Room for a host name (253 bytes), an IPv6 address with its zone, or a UNIX path. */
#define ADDRESS_HOST_MAX 256

/* The same, or an abstract name in which each byte is escaped: @ and 107 of \NNN. */
#define ADDRESS_NAME_MAX 432

/* Room for any endpoint or address as text: a name, brackets, and a port. */
#define ADDRESS_TEXT_MAX (ADDRESS_NAME_MAX + 16)

/* Room for an IPv4 or IPv6 address with its port: [39 digits and colons%15 of a zone]:65535. */
#define ADDRESS_IP_TEXT_MAX 64

/* Copies an address from a system call or a library; one that is too long becomes none. */
void address_set(struct address *address, const struct sockaddr *from, socklen_t length);

/*
 * Fills in the numeric address in `host`, with its zone if it has one, provided that it is of
 * `family` (AF_UNSPEC: any). An IPv4 address is four decimal numbers; older forms are refused.
 * Looks up no name, and so never waits. Returns 0, or what getaddrinfo(3) returns.
 */
int address_from_literal(const char *host, int family, struct address *address) MUST_CHECK;

/*
 * Fills in the address of the UNIX socket at `path`, or of the abstract one of that name if it
 * begins with @. False if it is empty or too long; for a name see abstract_read().
 */
bool address_from_path(const char *path, struct address *address) MUST_CHECK;

/*
 * Writes 127.0.0.1:80, [::1]:80, [fe80::1%eth0]:80, unix:PATH or unix:@NAME to `text` of `size`
 * bytes: ADDRESS_IP_TEXT_MAX or more; ADDRESS_TEXT_MAX are always enough. A v4-mapped address
 * appears as IPv4, a zone with an odd name as its number, an unnamed UNIX socket as unix:(unnamed),
 * and a file named @NAME as unix:./@NAME. A path is raw: the caller that shows it escapes it.
 * Returns `text`.
 */
char *address_format(const struct address *address, char *text, size_t size);

/* The same without port and brackets: 127.0.0.1, ::1, fe80::1%eth0 or unix:PATH. */
char *address_format_host(const struct address *address, char *text, size_t size);

/*
 * Returns advice for a failed connect or bind to the address, as " (...)"; `reason` is the errno.
 * "" if the address itself is not the cause.
 */
const char *address_advice(const struct address *address, int reason);

/* True if both are equal, byte for byte. */
bool address_is_same(const struct address *one, const struct address *other);

/* The port of an IPv4 or IPv6 address, in host order; 0 for any other. */
uint16_t address_port(const struct address *address);

/* Sets the port, in host order, of an IPv4 or IPv6 address. */
void address_set_port(struct address *address, uint16_t port);

#endif
