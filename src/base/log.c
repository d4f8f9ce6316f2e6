/* SPDX-License-Identifier: ISC */
/* log: where every message goes: standard error, one line for each event. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journald.h"
#include "base/logwriter.h"
#include "base/outlet.h"

/* The longest message, before it is escaped. */
#define TEXT_MAX_BYTES 2048

/* Of a longer one, so much of the beginning and of the end is shown: it fits even if escaped. */
enum { PART_BYTES = 480 };

/* Within this time, libevent's repeating itself is not worth another line. */
#define REPEATED_MS 10000

_Static_assert(LOG_PREFIX_MAX <= LOGWRITER_PREFIX_MAX, "a prefix must fit in the room for a line");

/* How the program speaks: one setting for all of it. */
static struct {
	struct logline_style style;
	enum log_level last;
	const char *prefix; /* of the next message; NULL: none */
	char *kept;	    /* the last error, if wanted */
	size_t kept_size;
	struct logwriter writer;
} settings = {
	.style.program = "",
	.last = LOG_LEVEL_INFO,
	.writer = {.style = &settings.style, .outlet = {.fd = STDERR_FILENO}},
};

void log_open(const char *program, enum log_level last)
{
	settings.style.program = program;
	settings.last = last;
}

void log_set_form(bool is_json, bool has_time)
{
	settings.style.is_json = is_json;
	settings.style.has_time = has_time;
}

void log_mark_priorities(const char *stream)
{
	settings.style.has_priority = journald_reads(STDERR_FILENO, stream);
}

void log_keep_error(char *text, size_t size)
{
	settings.kept = text;
	settings.kept_size = size;
	if (text)
		text[0] = '\0';
}

void log_prepare(void)
{
	int saved = errno;

	outlet_open(&settings.writer.outlet, STDERR_FILENO);
	errno = saved;
}

void log_wait_no_more(void)
{
	settings.writer.never_waits = true;
}

void log_set_prefix(const char *prefix)
{
	settings.prefix = prefix;
}

bool log_shows(enum log_level level)
{
	return level <= settings.last;
}

void log_hold(bool (*later)(void *argument, unsigned ms), void *argument)
{
	int saved = errno;

	logwriter_hold(&settings.writer, settings.writer.outlet.has_records ? NULL : later,
		       argument);
	errno = saved;
}

void log_release(void)
{
	int saved = errno;

	logwriter_release(&settings.writer);
	errno = saved;
}

void log_close(void)
{
	int saved = errno;

	logwriter_close(&settings.writer);
	errno = saved;
}

static void format_text(char *text, const char *format, va_list arguments) PRINTF_LIKE(2, 0);

/*
 * Writes a message to `text` of TEXT_MAX_BYTES. One that is too long loses its middle, since the
 * reason is at its end; without memory for that, it loses its end.
 */
static void format_text(char *text, const char *format, va_list arguments)
{
	va_list again;
	char *whole = NULL;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(text, TEXT_MAX_BYTES, format, arguments);
	if (length >= TEXT_MAX_BYTES)
		whole = malloc((size_t)length + 1);
	if (whole) {
		vsnprintf(whole, (size_t)length + 1, format, again);
		snprintf(text + PART_BYTES, TEXT_MAX_BYTES - PART_BYTES, "...%s",
			 whole + length - PART_BYTES);
	}
	free(whole);
	va_end(again);
}

/* Adds the line of a message, with the prefix if there is one. Keeps errno. */
static void add(const struct logline_message *message, bool is_urgent)
{
	int saved = errno;
	char *line = logwriter_room(&settings.writer);
	size_t length = settings.prefix ? strlen(settings.prefix) : 0;

	if (length > 0)
		memcpy(line, settings.prefix, length);
	settings.prefix = NULL;
	length += logline_make(line + length, &settings.style, message);
	logwriter_add(&settings.writer, length, is_urgent);
	errno = saved;
}

static void emit(struct logline_message message, const char *format, va_list arguments)
	PRINTF_LIKE(2, 0);

/* Makes one line of a message, from bytes that may come from anywhere, and writes it at once. */
static void emit(struct logline_message message, const char *format, va_list arguments)
{
	char text[TEXT_MAX_BYTES];

	format_text(text, format, arguments);
	message.text = text;
	if (settings.kept && message.level == LOG_LEVEL_ERROR)
		snprintf(settings.kept, settings.kept_size, "%s", text);
	add(&message, true);
}

void log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	emit((struct logline_message){.level = LOG_LEVEL_ERROR, .is_named = true}, format,
	     arguments);
	va_end(arguments);
}

void log_warning(const char *format, ...)
{
	va_list arguments;

	if (!log_shows(LOG_LEVEL_WARNING))
		return;
	va_start(arguments, format);
	emit((struct logline_message){.level = LOG_LEVEL_WARNING, .is_named = true}, format,
	     arguments);
	va_end(arguments);
}

void log_info(const char *format, ...)
{
	va_list arguments;

	if (!log_shows(LOG_LEVEL_INFO))
		return;
	va_start(arguments, format);
	emit((struct logline_message){.level = LOG_LEVEL_INFO}, format, arguments);
	va_end(arguments);
}

void log_debug(const char *format, ...)
{
	va_list arguments;

	if (!log_shows(LOG_LEVEL_DEBUG))
		return;
	va_start(arguments, format);
	emit((struct logline_message){.level = LOG_LEVEL_DEBUG}, format, arguments);
	va_end(arguments);
}

void log_answer(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	emit((struct logline_message){.level = LOG_LEVEL_ANSWER}, format, arguments);
	va_end(arguments);
}

void log_event(enum log_level level, logline_members *members, const void *subject,
	       const char *format, ...)
{
	va_list arguments;

	if (!log_shows(level))
		return;
	va_start(arguments, format);
	emit((struct logline_message){.level = level, .members = members, .subject = subject},
	     format, arguments);
	va_end(arguments);
}

void log_frequent(enum log_level level, logline_members *members, const void *subject,
		  const char *text, bool is_plain)
{
	if (log_shows(level))
		add(&(struct logline_message){.level = level,
					      .text = text,
					      .is_safe = is_plain,
					      .members = members,
					      .subject = subject},
		    false);
}

void log_source(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	emit((struct logline_message){.level = LOG_LEVEL_ERROR, .is_safe = true}, format,
	     arguments);
	va_end(arguments);
}

void log_question(const char *question)
{
	int saved = errno;
	char *room = logwriter_room(&settings.writer);

	snprintf(room, LOGWRITER_LINE_MAX, "%s", question);
	logwriter_add(&settings.writer, strlen(room), true);
	errno = saved;
}

/* True if libevent said the same a short while ago; it repeats itself at each try. */
static bool is_repeated(enum log_level level, const char *message)
{
	static char last[128];
	static enum log_level last_level;
	static uint64_t until;
	uint64_t now = clock_ms();
	bool repeated = now < until && level == last_level &&
			strncmp(last, message, sizeof last - 1) == 0;

	until = now + REPEATED_MS;
	last_level = level;
	if (!repeated)
		snprintf(last, sizeof last, "%s", message);
	return repeated;
}

void log_from_libevent(int severity, const char *message)
{
	/* libevent counts its severities upwards: 0 debug, 1 message, 2 warning, 3 error. */
	static const enum log_level levels[] = {LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING,
						LOG_LEVEL_ERROR};
	enum log_level level = levels[severity < 0 ? 0 : severity > 3 ? 3 : severity];

	if (!log_shows(level) || is_repeated(level, message))
		return;
	if (level == LOG_LEVEL_ERROR)
		log_error("libevent: %s", message);
	else if (level == LOG_LEVEL_WARNING)
		log_warning("libevent: %s", message);
	else
		log_info("libevent: %s", message);
}
