/* SPDX-License-Identifier: ISC */
/* report: prints a probe's result: the greeting on stdout, a failure on stderr. */
#include "report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/standard.h"
#include "base/terminal.h"
#include "options.h"
#include "result.h"

/* Returns the first CR LF, or NULL. */
static const char *find_line_end(const char *bytes, size_t length)
{
	const char *end = bytes + length;

	for (const char *cr = bytes; (cr = memchr(cr, '\r', (size_t)(end - cr))); cr++)
		if (cr + 1 < end && cr[1] == '\n')
			return cr;
	return NULL;
}

/*
 * Escapes bytes as escape_bytes() does, in lines that end in LF, even those that ended in CR LF.
 * Any other CR is escaped: what follows it would hide what came before.
 */
static size_t escape_lines(char *out, const char *bytes, size_t length)
{
	size_t used = 0;

	do {
		const char *line_end = find_line_end(bytes, length);
		size_t line = line_end ? (size_t)(line_end - bytes) : length;
		size_t taken = line_end ? line + 1 : length; /* with the CR, which is dropped */
		used += escape_bytes(out + used, bytes, line, "\n\t");
		bytes += taken;
		length -= taken;
	} while (length > 0);
	return used;
}

/*
 * Writes bytes (at least one) as text that no terminal takes for a command, ended by a newline. A
 * CR as the last byte belongs to a line end whose LF was cut off or is late.
 */
static bool write_escaped(const char *bytes, size_t length)
{
	char *text = malloc(ESCAPE_GROWTH * length + 1);
	bool is_cut = bytes[length - 1] == '\r';
	size_t used;
	bool written;

	if (!text)
		return false;
	used = escape_lines(text, bytes, length - is_cut);
	if (is_cut || text[used - 1] != '\n')
		text[used++] = '\n';
	written = standard_write(text, used);
	free(text);
	return written;
}

/* Writes the greeting: escaped to a terminal, as it is to a pipe or file. */
static bool write_greeting(const struct options *options, const struct probe_result *result)
{
	bool safe = options->escape || (!options->raw && terminal_is_possible(STDOUT_FILENO));

	/* The standard output of a command is its own. */
	if (result->length == 0 || options->command)
		return true;
	return safe ? write_escaped(result->bytes, result->length)
		    : standard_write(result->bytes, result->length);
}

/* Logs in one line whom we asked, how far we got, and what was wrong. */
static void log_failure(const struct options *options, const struct probe_result *result)
{
	char target[ADDRESS_TEXT_MAX];

	endpoint_format(&options->target, target, sizeof target);
	if (result->address[0] && strcmp(result->address, target) != 0)
		log_error("%s (%s): %s: %s", target, result->address, result->stage,
			  result->reason);
	else
		log_error("%s: %s: %s", target, result->stage, result->reason);
}

enum status report_result(const struct options *options, const struct probe_result *result)
{
	if (options->quiet)
		return result->status;
	if (!write_greeting(options, result)) {
		standard_log_loss();
		return STATUS_INTERNAL;
	}
	if (result->status != STATUS_GREETED)
		log_failure(options, result);
	return result->status;
}
