/* SPDX-License-Identifier: ISC */
/* iptext: IP addresses as text, without printf(3). */
#ifndef BASE_IPTEXT_H
#define BASE_IPTEXT_H

#include <stdint.h>

/* The most bytes of an address. */
#define IPTEXT_MAX (sizeof "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" - 1)

/*
 * Each writes an address so that it ends before `end`, without a NUL, and returns where it begins.
 * The log has one for each client, and inet_ntop(3), which calls printf(3), takes several times as
 * long.
 */

/* 192.0.2.1 */
char *iptext_put_ipv4(char *end, const uint8_t bytes[4]);

/* 2001:db8::1, as in RFC 5952; and ::192.0.2.1, if all that precedes an IPv4 address is zero. */
char *iptext_put_ipv6(char *end, const uint8_t bytes[16]);

#endif
