/* SPDX-License-Identifier: ISC */
/*
 * fuzz_report_json: whatever a server says, and however it went, --json prints one harmless line,
 * which is an object by the grammar of RFC 8259.
 *
 * The first byte of the input tells how it went, the second how many addresses were tried; the
 * others are the greeting, and all other texts as well.
 */
#include "client/report_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "client/options.h"
#include "client/result.h"
#include "client/trace.h"
#include "fuzz.h"
#include "world.h"

/* The bits of the first byte. */
enum { FAILED = 1, UNIX = 2, LOCAL = 4, SOURCE = 8, TCP = 16, TIMES = 32, ERROR = 64, FULL = 128 };

/* Reads a string, from its quotation mark on. Returns where it ends. */
static const char *skip_string(const char *text)
{
	FUZZ_CHECK(*text++ == '"');
	while (*text != '"') {
		size_t taken = fuzz_character(text, strlen(text), "");
		if (*text == '\\' && text[1] == 'u') {
			FUZZ_CHECK(strspn(text + 2, "0123456789abcdef") >= 4);
			taken = 6;
		} else if (*text == '\\') {
			FUZZ_CHECK(text[1] == '"' || text[1] == '\\');
			taken = 2;
		}
		FUZZ_CHECK(taken > 0);
		text += taken;
	}
	return text + 1;
}

/* Reads a number or a word. Returns where it ends. */
static const char *skip_plain(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits > 0) {
		FUZZ_CHECK(digits == 1 || *text != '0');
		return text + digits;
	}
	FUZZ_CHECK(strncmp(text, "null", 4) == 0);
	return text + 4;
}

/* Reads any value: what stands in brackets begins, ends, or goes on after a comma. */
static const char *skip_value(const char *text)
{
	char brackets[8];
	size_t depth = 0;

	do {
		bool is_empty = false;
		if (depth > 0 && brackets[depth - 1] == '}' && *text != '}') {
			text = skip_string(text);
			FUZZ_CHECK(*text++ == ':');
		}
		if (*text == '{' || *text == '[') {
			FUZZ_CHECK(depth < sizeof brackets);
			brackets[depth++] = *text == '{' ? '}' : ']';
			is_empty = *++text == brackets[depth - 1];
			if (!is_empty)
				continue;
		} else {
			text = *text == '"' ? skip_string(text) : skip_plain(text);
		}
		while (depth > 0 && *text == brackets[depth - 1]) {
			text++;
			depth--;
		}
		FUZZ_CHECK(depth == 0 || *text++ == ',');
	} while (depth > 0);
	return text;
}

/* Checks that stdout has one object, in one harmless line. */
static void check_line(void)
{
	struct world_text *output = &world.output;

	FUZZ_CHECK(output->length > 2 && output->length < sizeof output->bytes);
	output->bytes[output->length] = '\0';
	FUZZ_CHECK(fuzz_is_harmless(output->bytes, output->length - 1, ""));
	FUZZ_CHECK(output->bytes[0] == '{');
	FUZZ_CHECK(strcmp(skip_value(output->bytes), "\n") == 0);
}

/* Tries addresses, some of UNIX sockets whose path is the text. */
static struct trace *make_trace(unsigned count, const char *text)
{
	struct trace *trace = trace_new();

	FUZZ_CHECK(trace != NULL);
	for (unsigned i = 0; i < count; i++) {
		struct address address;
		bool is_path = i % 3 == 0 && address_from_path(text, &address);
		size_t number;
		if (!is_path)
			FUZZ_CHECK(address_from_literal(i % 3 == 1 ? "::1" : "127.0.0.1", AF_UNSPEC,
							&address) == 0);
		number = trace_begin(trace, &address);
		if (i % 4 > 0)
			trace_end(trace, number, (enum trace_outcome)(i % 4), (int)i);
	}
	return trace;
}

/* Makes of the first bytes, and of the text, how it went. */
static void fill_result(struct probe_result *result, unsigned bits, unsigned count,
			const char *text, size_t length)
{
	result_begin(result);
	result->bytes = fuzz_string((const uint8_t *)text, length);
	result->length = length;
	result->ended_by = (enum ended_by)(count % (ENDED_BY_DATAGRAM + 1));
	result->trace = make_trace(count % 70, text);
	snprintf(result->address, sizeof result->address, "%s", text);
	if (bits & FAILED)
		result_fail(result, STATUS_BROKEN, STAGE_READ, "%s", text);
	if (bits & LOCAL)
		FUZZ_CHECK(address_from_literal("::1", AF_INET6, &result->local) == 0);
	if (bits & TIMES)
		result->times = (struct probe_times){count, bits, UINT64_MAX - 1, 0};
	result->has_tcp = bits & TCP;
	result->tcp.rtt_us = count;
}

static void try_attempt(unsigned bits, unsigned count, const char *text, size_t length)
{
	struct attempt_facts facts = {count, (uint64_t)bits << 34, count};
	struct options options = {.target = {.kind = bits & UNIX ? ENDPOINT_UNIX : ENDPOINT_HOST}};
	struct probe_result result;
	enum status status;
	bool written;

	snprintf(options.target.host, sizeof options.target.host, "%s", text);
	options.source_text = bits & SOURCE ? text : NULL;
	fill_result(&result, bits, count, text, length);
	status = report_json_attempt(&options, &result, &facts, NULL, &written);
	FUZZ_CHECK(status == result.status);
	FUZZ_CHECK(written == !world.is_full);
	result_free(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 2)
		return 0;
	text = fuzz_string(data + 2, size - 2);
	log_open("hailto", LOG_LEVEL_WARNING);
	world_begin();
	world.is_full = data[0] & FULL;
	if (data[0] & ERROR)
		report_json_error(STATUS_USAGE, text);
	else
		try_attempt(data[0], data[1], text, size - 2);
	if (world.is_full)
		fuzz_check_complaint(world.errors.bytes, world.errors.length, "hailto");
	else
		check_line();
	free(text);
	return 0;
}
