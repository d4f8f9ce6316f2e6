/* address: endpoints as people write them, and socket addresses as we show them. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attributes.h"

struct sockaddr_un;

/* The port where neither the command line nor an answer names one. */
#define ADDRESS_DEFAULT_PORT 12345

/* Room for a host name (253 bytes), an IPv6 address with its zone, or a UNIX path. */
#define ADDRESS_HOST_MAX 256

/* Room for any address as address_format() writes it: an escaped UNIX path is the longest. */
#define ADDRESS_TEXT_MAX 512

/* Room for an IPv4 or IPv6 address with its port as address_format() writes it, escaped: its zone
 * may need it. */
#define ADDRESS_IP_TEXT_MAX 128

enum endpoint_kind {
	ENDPOINT_HOST, /* a name or a literal address */
	ENDPOINT_ANY,  /* every address of this machine */
	ENDPOINT_UNIX, /* a path */
};

/* What an ADDR on a command line says. */
struct endpoint {
	enum endpoint_kind kind;
	char host[ADDRESS_HOST_MAX]; /* name, bare address or path; "" for ENDPOINT_ANY */
	bool has_port;
	uint16_t port;
};

/*
 * Reads HOST, HOST:PORT, V6, [V6], [V6]:PORT, *, *:PORT, :PORT or unix:PATH.
 * Looks up nothing but the names of ports. Returns NULL, or why it is none of these.
 */
const char *address_parse_endpoint(const char *text, struct endpoint *endpoint) MUST_CHECK;

/*
 * Fills in the address that `host` writes in numbers, a zone included, if it is of `family`
 * (AF_UNSPEC: any). Looks up no name, and so never waits. Returns 0, or what getaddrinfo(3) does.
 */
int address_from_literal(const char *host, int family, struct sockaddr_storage *address,
			 socklen_t *length) MUST_CHECK;

/* Reads a port: 0 to 65535, or the name of a TCP service. Returns NULL, or why it
 * is neither. */
const char *address_parse_port(const char *text, uint16_t *port) MUST_CHECK;

/* Writes the endpoint as address_parse_endpoint() reads it, escaped. Returns `text`. */
char *address_format_endpoint(const struct endpoint *endpoint, char *text, size_t size);

/*
 * Writes 127.0.0.1:80, [::1]:80, [fe80::1%eth0]:80 or unix:PATH to `text`;
 * ADDRESS_TEXT_MAX bytes are always enough. A v4-mapped address appears as IPv4,
 * and a UNIX socket without a name as unix:(unnamed). Returns `text`.
 */
char *address_format(const struct sockaddr *address, socklen_t length, char *text, size_t size);

/* Likewise without port and brackets: 127.0.0.1, ::1, fe80::1%eth0 or unix:PATH. */
char *address_format_host(const struct sockaddr *address, socklen_t length, char *text,
			  size_t size);

/* Fills in the address of the UNIX socket at `path`; false if the path is empty or too long. */
bool address_from_path(const char *path, struct sockaddr_un *address) MUST_CHECK;

/* The port of an IPv4 or IPv6 address, in host order; 0 for any other. */
uint16_t address_port(const struct sockaddr *address);

/* Sets the port, in host order, of an IPv4 or IPv6 address. */
void address_set_port(struct sockaddr *address, uint16_t port);

#endif
