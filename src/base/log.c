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
#include "base/json.h"
#include "base/outlet.h"

/* The longest message, before it is escaped. */
#define TEXT_MAX_BYTES 2048

/* Of a longer one, so much of the beginning and of the end is shown: it fits even if escaped. */
enum { PART_BYTES = 480 };

/* Within this time, libevent's repeating itself is not worth another line. */
#define REPEATED_MS 10000

/* How the program speaks: one setting for all of it. */
static struct {
	struct logline_style style;
	enum log_level last;
	const char *prefix; /* of the next message; NULL: none */
	bool never_waits;
	char *kept; /* the last error, if wanted */
	size_t kept_size;
	struct outlet outlet; /* used once writes must not wait */
	/* Lines lost: not read in time, or failed for another reason, of which the last is kept. */
	unsigned long unread, failed;
	int reason;
	/* What remains to be written of a line that was cut. */
	char rest[LOGLINE_MAX + LOG_PREFIX_MAX];
	size_t rest_length, rest_taken;
} settings = {.style.program = "", .last = LOG_LEVEL_INFO, .outlet = {.fd = STDERR_FILENO}};

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

	outlet_open(&settings.outlet, STDERR_FILENO);
	errno = saved;
}

void log_wait_no_more(void)
{
	settings.never_waits = true;
}

void log_set_prefix(const char *prefix)
{
	settings.prefix = prefix;
}

bool log_shows(enum log_level level)
{
	return level <= settings.last;
}

/* Writes what standard error takes. Returns how many bytes that is; if fewer, errno says why. */
static size_t put(const char *text, size_t length)
{
	return settings.never_waits ? outlet_write_now(&settings.outlet, text, length)
				    : outlet_write_all(STDERR_FILENO, text, length);
}

/* Writes the rest of a line that was cut. False if some is left: no other line may begin. */
static bool end_cut_line(void)
{
	settings.rest_taken += put(settings.rest + settings.rest_taken,
				   settings.rest_length - settings.rest_taken);
	return settings.rest_taken == settings.rest_length;
}

/* Begins a line, and keeps what is not taken of it; false, with errno, if nothing is taken. */
static bool write_line(const char *line, size_t length)
{
	size_t taken;

	if (!end_cut_line())
		return false;
	taken = put(line, length);
	if (taken == 0)
		return false;
	settings.rest_taken = 0;
	settings.rest_length = length - taken;
	memcpy(settings.rest, line + taken, settings.rest_length);
	return true;
}

static void add_lost(struct json *json, const void *subject)
{
	json_string(json, "event", "lost");
	json_number(json, "lines", *(const unsigned long *)subject);
}

/* Says how many lines were lost, and why. */
static bool tell(unsigned long count, const char *why, const char *reason)
{
	char text[160], line[LOGLINE_MAX];

	snprintf(text, sizeof text, "%lu log line%s lost: %s%s", count, count == 1 ? "" : "s", why,
		 reason);
	return write_line(line, logline_make(line, &settings.style,
					     &(struct logline_message){
						     .level = LOG_LEVEL_WARNING,
						     .text = text,
						     .is_named = true,
						     .members = add_lost,
						     .subject = &count,
					     }));
}

/* Reports the lost lines as soon as that can be written; false if it cannot yet. */
static bool tell_lost(void)
{
	if (settings.unread > 0 && !tell(settings.unread, "standard error was not read", ""))
		return false;
	settings.unread = 0;
	if (settings.failed > 0 &&
	    !tell(settings.failed, "cannot write to standard error: ", strerror(settings.reason)))
		return false;
	settings.failed = 0;
	return true;
}

/* Writes a line, or counts it as lost. */
static void write_or_count(const char *line, size_t length)
{
	if (tell_lost() && write_line(line, length))
		return;
	if (errno == EAGAIN || errno == EWOULDBLOCK) {
		settings.unread++;
	} else {
		settings.failed++;
		settings.reason = errno;
	}
}

void log_close(void)
{
	int saved = errno;

	if (tell_lost())
		(void)end_cut_line();
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

static void emit(struct logline_message message, const char *format, va_list arguments)
	PRINTF_LIKE(2, 0);

/* Makes one line of a message, from bytes that may come from anywhere. */
static void emit(struct logline_message message, const char *format, va_list arguments)
{
	int saved = errno;
	char text[TEXT_MAX_BYTES], line[LOGLINE_MAX + LOG_PREFIX_MAX];
	size_t length = settings.prefix ? strlen(settings.prefix) : 0;

	format_text(text, format, arguments);
	message.text = text;
	if (settings.kept && message.level == LOG_LEVEL_ERROR)
		snprintf(settings.kept, settings.kept_size, "%s", text);
	memcpy(line, settings.prefix ? settings.prefix : "", length);
	length += logline_make(line + length, &settings.style, &message);
	settings.prefix = NULL;
	write_or_count(line, length);
	errno = saved;
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

	write_or_count(question, strlen(question));
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
