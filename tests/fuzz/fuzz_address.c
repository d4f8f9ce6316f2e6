/* SPDX-License-Identifier: ISC */
/*
 * fuzz_address: an address is refused, or shown so that it is read as the same; and a list
 * of addresses has each once, and puts families in turn without losing or turning any.
 *
 * The first byte of the input tells which of the three the others are: the text of an
 * endpoint, a socket address, or a list.
 */
#include "base/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/abstract.h"
#include "base/addresslist.h"
#include "base/endpoint.h"
#include "base/escape.h"
#include "client/lineup.h"
#include "fuzz.h"

static bool is_same(const struct endpoint *one, const struct endpoint *other)
{
	return one->kind == other->kind && strcmp(one->host, other->host) == 0 &&
	       one->port == other->port;
}

/* True if the C library takes the host for an IPv4 address, in whatever form. */
static bool is_number(const char *host)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_family = AF_INET}, *found;

	if (strchr(host, ':') || getaddrinfo(host, NULL, &hints, &found) != 0)
		return false;
	freeaddrinfo(found);
	return true;
}

/* Checks that a host is an address in its one form, or a name that nobody takes for one. */
static void check_host(const char *host)
{
	struct in_addr address;

	FUZZ_CHECK(!strchr(host, ' ') && (strchr(host, ':') || !strchr(host, '/')));
	FUZZ_CHECK(!is_number(host) || inet_pton(AF_INET, host, &address) == 1);
	FUZZ_CHECK(host[strspn(host, "0123456789")] != '\0');
}

/* Checks what an endpoint must be, once it is understood. */
static void check_endpoint(const struct endpoint *endpoint)
{
	FUZZ_CHECK(memchr(endpoint->host, '\0', sizeof endpoint->host) != NULL);
	FUZZ_CHECK((endpoint->kind == ENDPOINT_ANY) == (endpoint->host[0] == '\0'));
	FUZZ_CHECK(endpoint->has_port || endpoint->port == 0);
	FUZZ_CHECK(!endpoint->has_port || endpoint->kind != ENDPOINT_UNIX);
	if (endpoint->kind == ENDPOINT_HOST)
		check_host(endpoint->host);
}

/* Checks the text of an endpoint. There is no way to write a port after a host named unix. */
static void check_shown(const struct endpoint *endpoint)
{
	char shown[ADDRESS_TEXT_MAX];
	struct endpoint again;
	const char *why;

	endpoint_format(endpoint, shown, sizeof shown);
	FUZZ_CHECK(strlen(shown) < sizeof shown - 1);
	if (endpoint->kind == ENDPOINT_HOST && strcmp(endpoint->host, "unix") == 0)
		return;
	why = endpoint_parse(shown, &again);
	FUZZ_CHECK(why == NULL && is_same(endpoint, &again));
}

static void check_text(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	struct endpoint endpoint;

	if (!endpoint_parse(text, &endpoint)) {
		check_endpoint(&endpoint);
		check_shown(&endpoint);
	}
	free(text);
}

/*
 * Makes a socket address of the bytes: family, port, and address or path. The length of a path
 * may go one byte past the structure, which accept() may tell on Linux.
 */
static struct address make_address(const uint8_t *data, size_t size)
{
	static const sa_family_t families[] = {AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC};
	struct address made = {.length = 0};
	uint8_t bytes[3 + sizeof made.path.sun_path + 1] = {0};

	size = size < sizeof bytes ? size : sizeof bytes;
	if (size > 0)
		memcpy(bytes, data, size);
	made.any.sa_family = families[bytes[0] & 3];
	address_set_port(&made, (uint16_t)(bytes[1] << 8 | bytes[2]));
	if (made.any.sa_family == AF_INET) {
		memcpy(&made.ipv4.sin_addr, bytes + 3, sizeof made.ipv4.sin_addr);
		made.length = sizeof made.ipv4;
	} else if (made.any.sa_family == AF_INET6) {
		memcpy(&made.ipv6.sin6_addr, bytes + 3, sizeof made.ipv6.sin6_addr);
		made.ipv6.sin6_scope_id = bytes[19];
		made.length = sizeof made.ipv6;
	} else {
		memcpy(made.path.sun_path, bytes + 3, sizeof made.path.sun_path);
		made.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
					  (size > 3 ? size - 3 : 0));
	}
	return made;
}

/* Checks that the endpoint names this IPv4 or IPv6 address. A zone is shown by its name, or not. */
static void check_names(const struct endpoint *endpoint, const struct address *address)
{
	const struct in6_addr *wanted = &address->ipv6.sin6_addr;
	struct in_addr ipv4 = address->ipv4.sin_addr;
	struct in6_addr ipv6;
	char host[INET6_ADDRSTRLEN] = "";

	memcpy(host, endpoint->host, strcspn(endpoint->host, "%"));
	if (address->any.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(wanted)) {
		FUZZ_CHECK(inet_pton(AF_INET6, host, &ipv6) == 1);
		FUZZ_CHECK(memcmp(&ipv6, wanted, sizeof ipv6) == 0);
		return;
	}
	if (address->any.sa_family == AF_INET6)
		memcpy(&ipv4, &wanted->s6_addr[12], sizeof ipv4);
	FUZZ_CHECK(strcmp(host, inet_ntoa(ipv4)) == 0);
}

/* Checks the path, which is raw; one that reads as an abstract name has ./ before it. */
static void check_path(const struct endpoint *endpoint, const char *path)
{
	const char *shown = endpoint->host;

	if (*path == '\0') {
		FUZZ_CHECK(strcmp(shown, "(unnamed)") == 0);
		return;
	}
	FUZZ_CHECK(*path != '@' || strncmp(shown, "./", 2) == 0);
	FUZZ_CHECK(strcmp(shown + (*path == '@' ? 2 : 0), path) == 0);
}

/* Checks that an abstract name is read as the same again, raw and as a log shows it. */
static void check_abstract(const struct address *address, const char *raw)
{
	char shown[ESCAPE_GROWTH * ADDRESS_TEXT_MAX];
	struct address wanted = *address, again;
	struct endpoint endpoint;

	if (wanted.length > sizeof wanted.path)
		wanted.length = sizeof wanted.path;
	escape_text(shown, sizeof shown, raw);
	FUZZ_CHECK(strncmp(shown, "unix:@", 6) == 0 && strlen(shown) < sizeof shown / 2);
	FUZZ_CHECK(endpoint_parse(raw, &endpoint) == NULL);
	FUZZ_CHECK(address_from_path(endpoint.host, &again) && address_is_same(&wanted, &again));
	FUZZ_CHECK(endpoint_parse(shown, &endpoint) == NULL);
	FUZZ_CHECK(address_from_path(endpoint.host, &again) && address_is_same(&wanted, &again));
}

static void check_address(const uint8_t *data, size_t size)
{
	struct address address = make_address(data, size);
	char shown[ADDRESS_TEXT_MAX];
	struct endpoint endpoint;

	address_format(&address, shown, sizeof shown);
	FUZZ_CHECK(strlen(shown) < sizeof shown - 1);
	if (address.any.sa_family != AF_UNIX)
		FUZZ_CHECK(fuzz_is_harmless(shown, strlen(shown), "") &&
			   strlen(shown) < ADDRESS_IP_TEXT_MAX);
	if (address.any.sa_family == AF_UNSPEC)
		return;
	if (abstract_is(&address)) {
		check_abstract(&address, shown);
		return;
	}
	if (endpoint_parse(shown, &endpoint)) {
		/* Linux does without a NUL after a path. */
		FUZZ_CHECK(address.any.sa_family == AF_UNIX);
		FUZZ_CHECK(strlen(shown) >= strlen("unix:") + sizeof(struct sockaddr_un) -
						    offsetof(struct sockaddr_un, sun_path));
		return;
	}
	FUZZ_CHECK(endpoint.port == address_port(&address));
	if (address.any.sa_family == AF_UNIX)
		check_path(&endpoint, address.path.sun_path);
	else
		check_names(&endpoint, &address);
}

static size_t count_family(const struct addresslist *list, size_t from, int family)
{
	size_t count = 0;

	for (; from < list->count; from++)
		count += list->all[from].any.sa_family == family;
	return count;
}

/* Checks that the addresses of a family are the same in both lists, in the same order. */
static void check_order(const struct addresslist *one, const struct addresslist *other, int family)
{
	size_t k = 0;

	FUZZ_CHECK(count_family(one, 0, family) == count_family(other, 0, family));
	for (size_t i = 0; i < one->count; i++) {
		if (one->all[i].any.sa_family != family)
			continue;
		while (other->all[k].any.sa_family != family)
			k++;
		FUZZ_CHECK(address_is_same(&one->all[i], &other->all[k++]));
	}
}

/* Checks that each neighbour is of the other family, while there are both. */
static void check_turns(const struct addresslist *list)
{
	for (size_t i = 1; i < list->count; i++) {
		int before = list->all[i - 1].any.sa_family;
		if (list->all[i].any.sa_family == before)
			FUZZ_CHECK(count_family(list, i, before) == list->count - i);
	}
}

/* Checks that a lineup gives each address once, the first one first. */
static void check_lineup(const struct addresslist *given)
{
	struct lineup lineup = {.more_come = true};
	struct addresslist taken = {.count = 0};
	struct address address;

	lineup_add(&lineup, given, false);
	while (lineup_take(&lineup, &address))
		addresslist_add(&taken, &address);
	FUZZ_CHECK(lineup_is_over(&lineup));
	FUZZ_CHECK(taken.count == given->count);
	check_order(given, &taken, AF_INET);
	check_order(given, &taken, AF_INET6);
	check_turns(&taken);
	if (given->count > 0)
		FUZZ_CHECK(taken.all[0].any.sa_family == given->all[0].any.sa_family);
}

static size_t at_most(size_t count, size_t most)
{
	return count < most ? count : most;
}

/* Each byte is an address: its lowest bit the family. */
static void check_list(const uint8_t *data, size_t size)
{
	struct addresslist list = {.count = 0};
	bool seen[256] = {false};
	size_t different[2] = {0};

	for (size_t i = 0; i < size; i++) {
		uint8_t bytes[] = {data[i] & 1, 0, 80, data[i]};
		struct address address = make_address(bytes, sizeof bytes);
		addresslist_add(&list, &address);
		different[address.any.sa_family == AF_INET6] += !seen[data[i]];
		seen[data[i]] = true;
	}
	FUZZ_CHECK(list.count == at_most(different[0] + different[1], ADDRESSLIST_MAX));
	FUZZ_CHECK(count_family(&list, 0, AF_INET) >= at_most(different[0], ADDRESSLIST_MAX / 2));
	FUZZ_CHECK(count_family(&list, 0, AF_INET6) >= at_most(different[1], ADDRESSLIST_MAX / 2));
	check_lineup(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const checks[])(const uint8_t *, size_t) = {check_text, check_address,
								  check_list};

	if (size > 0)
		checks[data[0] % 3](data + 1, size - 1);
	return 0;
}
