/* SPDX-License-Identifier: ISC */
/* report: what a run tells on standard output, a name and a value in each line. */
#include <config.h>

#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void print(const char *name, double value)
{
	printf("%s\t%.3f\n", name, value);
}

void report_count(const char *name, uint64_t value)
{
	printf("%s\t%" PRIu64 "\n", name, value);
}

void report_greetings(uint64_t greetings, const struct stopwatch *passed)
{
	double wall = (double)passed->wall_ns, cpu = (double)passed->cpu_ns;

	report_count("greetings", greetings);
	print("seconds", wall / 1e9);
	print("per_second", (double)greetings / wall * 1e9);
	print("load_cpu_us", cpu / 1e3 / (double)greetings);
	print("busy", cpu / wall);
}

static int compare(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return (a > b) - (a < b);
}

/* The least latency that this many of a thousand don't exceed. */
static double permille_us(const uint64_t *sorted_ns, size_t count, size_t part)
{
	size_t rank = (count * part + 999) / 1000;

	return (double)sorted_ns[rank - 1] / 1e3;
}

/*
 * From each single latency, and so exact. A histogram would save memory that we
 * have; and Debian 12 has no libhdrhistogram.
 */
void report_latencies(uint64_t *latencies_ns, size_t count)
{
	double sum = 0;

	qsort(latencies_ns, count, sizeof *latencies_ns, compare);
	for (size_t i = 0; i < count; i++)
		sum += (double)latencies_ns[i];
	print("p50_us", permille_us(latencies_ns, count, 500));
	print("p99_us", permille_us(latencies_ns, count, 990));
	print("p999_us", permille_us(latencies_ns, count, 999));
	print("max_us", permille_us(latencies_ns, count, 1000));
	print("mean_us", sum / 1e3 / (double)count);
}
