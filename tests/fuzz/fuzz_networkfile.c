/* SPDX-License-Identifier: ISC */
/*
 * fuzz_networkfile: a file of networks is read as a simpler reader reads it, or refused at the same
 * line; and what is read can be compiled, and judges the first address of each network as a look at
 * every single one does.
 *
 * The input is the file.
 */
#include "daemon/admit/networkfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/prefix.h"
#include "daemon/admit/networks.h"
#include "daemon/admit/rules.h"
#include "fuzz.h"

/* What the simpler reader finds: networks, or the number of the first bad line. */
static struct {
	struct prefix all[1000];
	size_t count, bad_line;
} found;

/* Reads a line that is ended by a NUL. Returns false if it is bad. */
static bool read_line(char *line, size_t size)
{
	char why[PREFIX_WHY_MAX];

	if (strlen(line) != size || size > NETWORKFILE_LINE_MAX)
		return false;
	if (size > 0 && line[size - 1] == '\r')
		line[size - 1] = '\0';
	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t");
	for (size = strlen(line); size > 0 && strchr(" \t", line[size - 1]);)
		line[--size] = '\0';
	return *line == '\0' || prefix_parse(line, &found.all[found.count++], why);
}

/* Reads the lines, until one is bad. */
static void read_lines(char *text, size_t size)
{
	size_t from = 0, line = 0;

	found.count = found.bad_line = 0;
	for (size_t i = 0; i <= size; i++) {
		if (i < size && text[i] != '\n')
			continue;
		text[i] = '\0';
		line++;
		if (!read_line(text + from, i - from)) {
			found.bad_line = line;
			return;
		}
		from = i + 1;
	}
}

/* Checks that a refusal names the line, and adds nothing. */
static void check_refused(const struct rules *rules, const char *why)
{
	char begin[64];
	int size = snprintf(begin, sizeof begin, "the deny file F, line %zu: ", found.bad_line);

	FUZZ_CHECK(found.bad_line > 0 && strncmp(why, begin, (size_t)size) == 0);
	FUZZ_CHECK(fuzz_is_harmless(why, strlen(why), ""));
	FUZZ_CHECK(rules->count == 0);
}

static struct address first_of(const struct prefix *prefix)
{
	struct address address = {.any.sa_family = (sa_family_t)prefix->family};

	if (prefix->family == AF_INET)
		memcpy(&address.ipv4.sin_addr, prefix->bytes, sizeof address.ipv4.sin_addr);
	else
		memcpy(&address.ipv6.sin6_addr, prefix->bytes, sizeof address.ipv6.sin6_addr);
	return address;
}

/* Turns the last bit of an address. */
static struct address other_of(struct address address)
{
	if (address.any.sa_family == AF_INET)
		address.ipv4.sin_addr.s_addr ^= htonl(1);
	else
		address.ipv6.sin6_addr.s6_addr[15] ^= 1;
	return address;
}

static void check_verdict(const struct networks *networks, const struct address *address)
{
	bool is_denied = false;

	for (size_t i = 0; i < found.count; i++)
		is_denied = is_denied || prefix_has(&found.all[i], address);
	FUZZ_CHECK(networks_allow(networks, &address->any) == !is_denied);
}

static void check_networks(struct rules *rules)
{
	struct networks *networks = networks_new(rules);

	FUZZ_CHECK(networks != NULL);
	for (size_t i = 0; i < found.count; i++) {
		struct address address = first_of(&found.all[i]), other = other_of(address);
		check_verdict(networks, &address);
		check_verdict(networks, &other);
	}
	networks_free(networks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), why[NETWORKFILE_WHY_MAX];
	struct rules rules = {.count = 0};
	bool is_good;

	/* Each network takes two bytes and a newline at least. */
	if (size < 3 * sizeof found.all / sizeof *found.all) {
		is_good = networkfile_parse("F", text, size, &rules, why);
		read_lines(text, size);
		FUZZ_CHECK(is_good == (found.bad_line == 0));
		if (is_good)
			check_networks(&rules);
		else
			check_refused(&rules, why);
		FUZZ_CHECK(!is_good || rules.count == found.count);
		rules_clear(&rules);
	}
	free(text);
	return 0;
}
