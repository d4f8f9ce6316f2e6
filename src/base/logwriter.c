/* SPDX-License-Identifier: ISC */
/*
 * logwriter: writes the log's lines to standard error, some of them together, and counts those that
 * are lost.
 */
#include "base/logwriter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/number.h"

/* Writes what standard error takes. Returns how many bytes that is; if fewer, errno says why. */
static size_t put(const struct logwriter *writer, const char *bytes, size_t length)
{
	return writer->never_waits ? outlet_write_now(&writer->outlet, bytes, length)
				   : outlet_write_all(STDERR_FILENO, bytes, length);
}

/* Writes the rest of a line that was cut. False if some is left: no other line may begin. */
static bool end_cut_line(struct logwriter *writer)
{
	writer->rest_taken += put(writer, writer->rest + writer->rest_taken,
				  writer->rest_length - writer->rest_taken);
	return writer->rest_taken == writer->rest_length;
}

/* Returns the end of the line that begins there. None is empty: a newline that comes first is its
 * prefix. */
static size_t find_end(const char *lines, size_t length, size_t begin)
{
	const char *end = memchr(lines + begin + 1, '\n', length - begin - 1);

	return end ? (size_t)(end - lines) + 1 : length;
}

/*
 * Writes as many of the lines as are taken, and keeps the rest of one that is cut. Returns the
 * bytes of those lines; if fewer than `length`, errno says why.
 */
static size_t write_lines(struct logwriter *writer, const char *lines, size_t length)
{
	size_t taken, end = 0;

	if (!end_cut_line(writer))
		return 0;
	taken = put(writer, lines, length);
	if (taken == 0 || taken == length)
		return taken;
	while (end < taken)
		end = find_end(lines, length, end);
	writer->rest_taken = 0;
	writer->rest_length = end - taken;
	memcpy(writer->rest, lines + taken, writer->rest_length);
	return end;
}

static void add_lost(struct json *json, const void *subject)
{
	json_string(json, "event", "lost");
	json_number(json, "lines", *(const unsigned long *)subject);
}

/* Says how many lines were lost, and why. */
RARE static bool tell(struct logwriter *writer, unsigned long count, const char *why,
		      const char *reason)
{
	char text[160], line[LOGLINE_MAX];

	snprintf(text, sizeof text, "%lu log line%s lost: %s%s", count, number_plural(count), why,
		 reason);
	return write_lines(writer, line,
			   logline_make(line, writer->style,
					&(struct logline_message){
						.level = LOG_LEVEL_WARNING,
						.text = text,
						.is_named = true,
						.members = add_lost,
						.subject = &count,
					})) > 0;
}

/* Reports the lost lines as soon as that can be written; false if it cannot yet. */
static bool tell_lost(struct logwriter *writer)
{
	if (writer->unread > 0 && !tell(writer, writer->unread, "standard error was not read", ""))
		return false;
	writer->unread = 0;
	if (writer->failed > 0 && !tell(writer, writer->failed, "cannot write to standard error: ",
					strerror(writer->reason)))
		return false;
	writer->failed = 0;
	return true;
}

/* Counts lines as lost; what is left of a question is one, too. */
RARE static void count_lost(struct logwriter *writer, const char *lines, size_t length)
{
	unsigned long *count = &writer->unread;

	if (errno != EAGAIN && errno != EWOULDBLOCK) {
		count = &writer->failed;
		writer->reason = errno;
	}
	for (size_t begin = 0; begin < length; ++*count)
		begin = find_end(lines, length, begin);
}

/* Writes the lines held, or counts them as lost: none is held afterwards. */
static void write_held(struct logwriter *writer)
{
	size_t done = tell_lost(writer) ? write_lines(writer, writer->lines, writer->held) : 0;

	if (done < writer->held)
		count_lost(writer, writer->lines + done, writer->held - done);
	writer->held = 0;
	if (writer->later)
		writer->written_ms = clock_ms();
}

/* True if the lines held need not be written yet: others were, a moment ago. */
static bool may_wait(struct logwriter *writer)
{
	if (!writer->is_due && writer->later && clock_ms() - writer->written_ms < LOGWRITER_HOLD_MS)
		writer->is_due = writer->later(writer->argument, LOGWRITER_HOLD_MS);
	return writer->is_due;
}

char *logwriter_room(struct logwriter *writer)
{
	return writer->lines + writer->held;
}

void logwriter_add(struct logwriter *writer, size_t length, bool is_urgent)
{
	size_t before = writer->held;

	if (before > 0 && before + length > OUTLET_WHOLE_MAX) {
		write_held(writer);
		memmove(writer->lines, writer->lines + before, length);
	}
	writer->held += length;
	if (is_urgent || !may_wait(writer))
		write_held(writer);
}

void logwriter_release(struct logwriter *writer)
{
	writer->is_due = false;
	if (writer->held > 0)
		write_held(writer);
}

void logwriter_hold(struct logwriter *writer, logwriter_later *later, void *argument)
{
	logwriter_release(writer);
	writer->later = later;
	writer->argument = argument;
}

void logwriter_close(struct logwriter *writer)
{
	logwriter_hold(writer, NULL, NULL);
	if (tell_lost(writer))
		(void)end_cut_line(writer);
}
