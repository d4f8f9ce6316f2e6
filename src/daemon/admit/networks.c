/* SPDX-License-Identifier: ISC */
/* networks: who is let in: rules, compiled so that an address is judged fast. */
#include "networks.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "point.h"
#include "ranges.h"
#include "rules.h"

/* The bits of an IPv4 address, and of half an IPv6 one. */
enum { IPV4_BITS = 32, HALF_BITS = 64 };

/*
 * For each value of an address's first bits, how many starts have that or less; and 0 before all.
 * There are about half as many values as starts, so that few starts have the same.
 */
struct index {
	size_t *ends;
	unsigned shift; /* of the half of an address, or of all of IPv4 */
};

/* The starts of IPv4's ranges. */
struct ipv4 {
	uint32_t *starts;
	struct index index;
	bool is_first_allowed;
};

/*
 * The starts of IPv6's ranges: each different upper half once, with the lower halves after it. Most
 * addresses are judged by their upper half alone.
 */
struct ipv6 {
	uint64_t *highs;
	size_t *ends;	    /* for each upper half, the index after its last lower one */
	struct index index; /* of the upper halves */
	uint64_t *lows;
	bool is_first_allowed;
};

struct networks {
	struct ipv4 ipv4;
	struct ipv6 ipv6;
};

/* Makes an index of so many starts of `bits` bits, without any yet. False: no memory. */
static bool make_index(struct index *index, unsigned bits, size_t count)
{
	size_t values = 2;

	for (index->shift = bits - 1; values <= count / 4; values *= 2)
		index->shift--;
	index->ends = calloc(values + 1, sizeof *index->ends);
	return index->ends != NULL;
}

/* Notes start `i`; they come in their order. */
static void note(struct index *index, uint64_t start, size_t i)
{
	index->ends[(start >> index->shift) + 1] = i + 1;
}

/* Completes the index: a value that no start has ends where the one before it does. */
static void fill(struct index *index, unsigned bits)
{
	size_t values = (size_t)1 << (bits - index->shift);

	for (size_t value = 0; value < values; value++)
		if (index->ends[value + 1] == 0)
			index->ends[value + 1] = index->ends[value];
}

/* Stores the ranges. False: no memory. */
static bool pack_ipv4(struct ipv4 *ipv4, const struct ranges *ranges)
{
	ipv4->starts = malloc(ranges->count * sizeof *ipv4->starts);
	if (!ipv4->starts || !make_index(&ipv4->index, IPV4_BITS, ranges->count))
		return false;
	for (size_t i = 0; i < ranges->count; i++) {
		ipv4->starts[i] = (uint32_t)(ranges->starts[i].high >> 32);
		note(&ipv4->index, ipv4->starts[i], i);
	}
	fill(&ipv4->index, IPV4_BITS);
	ipv4->is_first_allowed = ranges->is_first_allowed;
	return true;
}

/* True if range `i` is not the last one, and the next one has the same upper half. */
static bool has_same_half(const struct ranges *ranges, size_t i)
{
	return i + 1 < ranges->count && ranges->starts[i].high == ranges->starts[i + 1].high;
}

/* Counts the different upper halves. */
static size_t count_halves(const struct ranges *ranges)
{
	size_t count = 1;

	for (size_t i = 0; i + 1 < ranges->count; i++)
		count += !has_same_half(ranges, i);
	return count;
}

static bool pack_ipv6(struct ipv6 *ipv6, const struct ranges *ranges)
{
	size_t halves = count_halves(ranges), half = 0;

	ipv6->highs = malloc(halves * sizeof *ipv6->highs);
	ipv6->ends = malloc(halves * sizeof *ipv6->ends);
	ipv6->lows = malloc(ranges->count * sizeof *ipv6->lows);
	if (!ipv6->highs || !ipv6->ends || !ipv6->lows ||
	    !make_index(&ipv6->index, HALF_BITS, halves))
		return false;
	for (size_t i = 0; i < ranges->count; i++) {
		ipv6->lows[i] = ranges->starts[i].low;
		if (!has_same_half(ranges, i)) {
			ipv6->highs[half] = ranges->starts[i].high;
			ipv6->ends[half] = i + 1;
			note(&ipv6->index, ipv6->highs[half], half);
			half++;
		}
	}
	fill(&ipv6->index, HALF_BITS);
	ipv6->is_first_allowed = ranges->is_first_allowed;
	return true;
}

/* Compiles the rules of IPv4, which come first, and the others. False: no memory. */
static bool compile(struct networks *networks, const struct rules *rules)
{
	bool is_rest_allowed = !rules_allow_any(rules), is_done;
	struct ranges ranges;
	size_t middle = 0;

	while (middle < rules->count && !rules->all[middle].is_ipv6)
		middle++;
	is_done = ranges_make(&ranges, rules->all, middle, is_rest_allowed) &&
		  pack_ipv4(&networks->ipv4, &ranges);
	ranges_free(&ranges);
	if (!is_done)
		return false;
	is_done = ranges_make(&ranges, rules->all ? rules->all + middle : NULL,
			      rules->count - middle, is_rest_allowed) &&
		  pack_ipv6(&networks->ipv6, &ranges);
	ranges_free(&ranges);
	return is_done;
}

struct networks *networks_new(struct rules *rules)
{
	struct networks *networks = calloc(1, sizeof *networks);

	if (!networks)
		return NULL;
	rules_sort(rules);
	if (compile(networks, rules))
		return networks;
	networks_free(networks);
	return NULL;
}

/*
 * Both return the index after the last number, from `from` to `end`, that is not above `key`; or
 * `from`.
 */
static size_t find_32(const uint32_t *sorted, size_t from, size_t end, uint32_t key)
{
	while (from < end) {
		size_t middle = from + (end - from) / 2;
		if (sorted[middle] <= key)
			from = middle + 1;
		else
			end = middle;
	}
	return end;
}

static size_t find_64(const uint64_t *sorted, size_t from, size_t end, uint64_t key)
{
	while (from < end) {
		size_t middle = from + (end - from) / 2;
		if (sorted[middle] <= key)
			from = middle + 1;
		else
			end = middle;
	}
	return end;
}

static bool allow_ipv4(const struct ipv4 *ipv4, uint32_t address)
{
	const size_t *ends = ipv4->index.ends + (address >> ipv4->index.shift);
	size_t end = find_32(ipv4->starts, ends[0], ends[1], address);

	return ipv4->is_first_allowed == (end % 2 == 1);
}

static bool allow_ipv6(const struct ipv6 *ipv6, struct point address)
{
	const size_t *ends = ipv6->index.ends + (address.high >> ipv6->index.shift);
	size_t i = find_64(ipv6->highs, ends[0], ends[1], address.high) - 1;
	size_t end = ipv6->ends[i];

	if (ipv6->highs[i] == address.high)
		end = find_64(ipv6->lows, i > 0 ? ipv6->ends[i - 1] : 0, end, address.low);
	return ipv6->is_first_allowed == (end % 2 == 1);
}

bool networks_allow(const struct networks *networks, const struct sockaddr *address)
{
	const void *of_family = address;
	const struct sockaddr_in *ipv4 = of_family;
	const struct sockaddr_in6 *ipv6 = of_family;
	struct point point;

	if (address->sa_family == AF_INET)
		return allow_ipv4(&networks->ipv4, ntohl(ipv4->sin_addr.s_addr));
	if (address->sa_family != AF_INET6)
		return true;
	point = point_of(ipv6->sin6_addr.s6_addr);
	if (point_is_mapped(point))
		return allow_ipv4(&networks->ipv4, (uint32_t)point.low);
	return allow_ipv6(&networks->ipv6, point);
}

void networks_free(struct networks *networks)
{
	if (!networks)
		return;
	free(networks->ipv4.starts);
	free(networks->ipv4.index.ends);
	free(networks->ipv6.highs);
	free(networks->ipv6.ends);
	free(networks->ipv6.index.ends);
	free(networks->ipv6.lows);
	free(networks);
}
