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

/* The starts of IPv4's ranges. */
struct ipv4 {
	uint32_t *starts;
	size_t count, power; /* the greatest power of 2 that is not above count */
	bool is_first_allowed;
};

/*
 * The starts of IPv6's ranges: each different upper half once, with the lower halves after it. Most
 * addresses are judged by their upper half alone.
 */
struct ipv6 {
	uint64_t *highs;
	size_t *ends; /* for each upper half, the index after its last lower one */
	size_t count, power;
	uint64_t *lows;
	bool is_first_allowed;
};

struct networks {
	struct ipv4 ipv4;
	struct ipv6 ipv6;
};

static size_t power_below(size_t count)
{
	size_t power = 1;

	while (power <= count / 2)
		power *= 2;
	return power;
}

/* Stores the ranges. False: no memory. */
static bool pack_ipv4(struct ipv4 *ipv4, const struct ranges *ranges)
{
	ipv4->starts = malloc(ranges->count * sizeof *ipv4->starts);
	if (!ipv4->starts)
		return false;
	for (size_t i = 0; i < ranges->count; i++)
		ipv4->starts[i] = (uint32_t)(ranges->starts[i].high >> 32);
	ipv4->count = ranges->count;
	ipv4->power = power_below(ipv4->count);
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
	size_t halves = count_halves(ranges);

	ipv6->highs = malloc(halves * sizeof *ipv6->highs);
	ipv6->ends = malloc(halves * sizeof *ipv6->ends);
	ipv6->lows = malloc(ranges->count * sizeof *ipv6->lows);
	if (!ipv6->highs || !ipv6->ends || !ipv6->lows)
		return false;
	for (size_t i = 0; i < ranges->count; i++) {
		ipv6->lows[i] = ranges->starts[i].low;
		if (!has_same_half(ranges, i)) {
			ipv6->highs[ipv6->count] = ranges->starts[i].high;
			ipv6->ends[ipv6->count++] = i + 1;
		}
	}
	ipv6->power = power_below(ipv6->count);
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
 * Both return the index of the last number that is not above `key`; the first is 0. They look in
 * the last `power` numbers if it is there, else in the first ones, and then halve that.
 */
static size_t find_32(const uint32_t *sorted, size_t count, size_t power, uint32_t key)
{
	const uint32_t *from = sorted[count - power] <= key ? sorted + count - power : sorted;

	for (size_t step = power / 2; step > 0; step /= 2)
		from = from[step] <= key ? from + step : from;
	return (size_t)(from - sorted);
}

static size_t find_64(const uint64_t *sorted, size_t count, size_t power, uint64_t key)
{
	const uint64_t *from = sorted[count - power] <= key ? sorted + count - power : sorted;

	for (size_t step = power / 2; step > 0; step /= 2)
		from = from[step] <= key ? from + step : from;
	return (size_t)(from - sorted);
}

static bool allow_ipv4(const struct ipv4 *ipv4, uint32_t address)
{
	size_t i = find_32(ipv4->starts, ipv4->count, ipv4->power, address);

	return ipv4->is_first_allowed == (i % 2 == 0);
}

/* Returns the index after the last lower half, from `from` to `end`, that is not above `key`. */
static size_t find_low(const uint64_t *lows, size_t from, size_t end, uint64_t key)
{
	while (from < end) {
		size_t middle = from + (end - from) / 2;
		if (lows[middle] <= key)
			from = middle + 1;
		else
			end = middle;
	}
	return end;
}

static bool allow_ipv6(const struct ipv6 *ipv6, struct point address)
{
	size_t i = find_64(ipv6->highs, ipv6->count, ipv6->power, address.high);
	size_t end = ipv6->ends[i];

	if (ipv6->highs[i] == address.high)
		end = find_low(ipv6->lows, i > 0 ? ipv6->ends[i - 1] : 0, end, address.low);
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
	free(networks->ipv6.highs);
	free(networks->ipv6.ends);
	free(networks->ipv6.lows);
	free(networks);
}
