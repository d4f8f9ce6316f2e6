/* SPDX-License-Identifier: ISC */
/*
 * fuzz_report: whatever a server says, hailto prints the very bytes to a pipe and something
 * harmless to a terminal; and tells a failure in one harmless line.
 *
 * The first byte of the input tells how hailto is called and how it went; the others are the
 * greeting, and the reason of the failure as well.
 */
#include "client/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "client/options.h"
#include "client/probe.h"
#include "fuzz.h"
#include "world.h"

/* The bits of the first byte. */
enum { RAW = 1, ESCAPE = 2, TERMINAL = 4, QUIET = 8, FAILED = 16, ELSEWHERE = 32, FULL = 64 };

/* Copies a greeting with every CR LF, or CR that ends it, as LF; returns its length then. */
static size_t end_lines(char *out, const char *greeting, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++)
		if (greeting[i] == '\r' && i + 1 == length)
			out[used++] = '\n';
		else if (greeting[i] != '\r' || greeting[i + 1] != '\n')
			out[used++] = greeting[i];
	return used;
}

/* Checks that stdout has the greeting, as it must be seen. */
static void check_printed(const char *greeting, size_t length, bool safe)
{
	const struct world_text *output = &world.output;
	char *lines, *shown;
	size_t used;

	if (!safe || length == 0) {
		FUZZ_CHECK(output->length == length);
		FUZZ_CHECK(memcmp(output->bytes, greeting, length) == 0);
		return;
	}
	FUZZ_CHECK(fuzz_is_harmless(output->bytes, output->length, "\n\t"));
	lines = malloc(length);
	shown = malloc(ESCAPE_GROWTH * length);
	FUZZ_CHECK(lines != NULL && shown != NULL);
	used = escape_bytes(shown, lines, end_lines(lines, greeting, length), "\n\t");
	FUZZ_CHECK(output->length == used + (shown[used - 1] != '\n'));
	FUZZ_CHECK(memcmp(output->bytes, shown, used) == 0);
	FUZZ_CHECK(output->bytes[output->length - 1] == '\n');
	free(shown);
	free(lines);
}

/* Makes of the first byte how hailto is called. */
static struct options make_options(unsigned bits)
{
	struct options options = {
		.target = {.kind = ENDPOINT_HOST, .host = "localhost", .port = 1}};

	options.raw = bits & RAW;
	options.escape = !options.raw && bits & ESCAPE;
	options.quiet = bits & QUIET;
	return options;
}

/* Makes of it, and of the greeting, how it went. */
static struct probe_result make_result(unsigned bits, char *greeting, size_t length)
{
	struct probe_result result = {.bytes = greeting, .length = length, .stage = "read"};

	result.status = bits & FAILED ? STATUS_BROKEN : STATUS_GREETED;
	snprintf(result.reason, sizeof result.reason, "%s", greeting);
	snprintf(result.address, sizeof result.address, "%s",
		 bits & ELSEWHERE ? greeting : "localhost:1");
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct options options;
	struct probe_result result;
	enum status status;
	unsigned bits;
	char *greeting;

	if (size == 0)
		return 0;
	bits = data[0];
	greeting = fuzz_string(data + 1, size - 1);
	options = make_options(bits);
	result = make_result(bits, greeting, size - 1);
	log_open("hailto", LOG_LEVEL_WARNING);
	world_begin();
	world.is_terminal = bits & TERMINAL;
	world.is_full = bits & FULL && result.length > 0 && !options.quiet;
	status = report_result(&options, &result);
	FUZZ_CHECK(status == (world.is_full ? STATUS_INTERNAL : result.status));
	if (status == STATUS_GREETED || options.quiet)
		FUZZ_CHECK(world.errors.length == 0);
	else
		fuzz_check_complaint(world.errors.bytes, world.errors.length, "hailto");
	if (options.quiet || world.is_full)
		FUZZ_CHECK(world.output.length == 0);
	else
		check_printed(greeting, result.length,
			      options.escape || (world.is_terminal && !options.raw));
	free(greeting);
	return 0;
}
