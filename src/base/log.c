/* log: where every message goes: standard error, one event one line. */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"

/* The longest line; a pipe that has room takes as much at once (PIPE_BUF on Linux). */
#define LINE_MAX_BYTES 4096

/* Within this time libevent's saying the same again is not worth another line. */
#define REPEATED_MS 10000

/* The one thing in the program that is set for all of it: how it speaks. */
static struct {
	const char *program;
	enum log_level last;
	unsigned long lost;
	bool breaks_line;
} settings = {"", LOG_LEVEL_INFO, 0, false};

void log_open(const char *program, enum log_level last)
{
	settings.program = program;
	settings.last = last;
}

void log_break_line(void)
{
	settings.breaks_line = true;
}

bool log_shows(enum log_level level)
{
	return level <= settings.last;
}

/*
 * Writes one line if standard error takes it now. A reader that has stopped
 * reading (a full pipe, a terminal held by ^S) must not hold up the service:
 * a pipe that polls writable has room for PIPE_BUF bytes, so this never blocks.
 */
static bool write_line(const char *line, size_t length)
{
	struct pollfd standard_error = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (poll(&standard_error, 1, 0) != 1 || !(standard_error.revents & POLLOUT))
		return false;
	return write(STDERR_FILENO, line, length) == (ssize_t)length;
}

/* Says how many lines were lost, as soon as there is someone to hear it. */
static void tell_lost(void)
{
	char line[160];
	int length;

	if (settings.lost == 0)
		return;
	length = snprintf(line, sizeof line,
			  "%s: %lu log lines lost: standard error was not read\n", settings.program,
			  settings.lost);
	if (length > 0 && write_line(line, (size_t)length))
		settings.lost = 0;
}

static void emit(const char *prefix, const char *format, va_list arguments) PRINTF_LIKE(2, 0);

/* Puts one line together, escapes it and writes it, or counts it as lost. */
static void emit(const char *prefix, const char *format, va_list arguments)
{
	int saved = errno, used;
	char text[LINE_MAX_BYTES / 2], line[LINE_MAX_BYTES];
	size_t length;

	used = snprintf(text, sizeof text, "%s%s", *prefix ? settings.program : "", prefix);
	if (used >= 0 && (size_t)used < sizeof text)
		vsnprintf(text + used, sizeof text - (size_t)used, format, arguments);
	line[0] = '\n';
	escape_text(line + settings.breaks_line, sizeof line - 2, text);
	length = strlen(line);
	line[length++] = '\n';
	settings.breaks_line = false;
	tell_lost();
	if (settings.lost > 0 || !write_line(line, length))
		settings.lost++;
	errno = saved;
}

void log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	emit(": ", format, arguments);
	va_end(arguments);
}

void log_warning(const char *format, ...)
{
	va_list arguments;

	if (!log_shows(LOG_LEVEL_WARNING))
		return;
	va_start(arguments, format);
	emit(": ", format, arguments);
	va_end(arguments);
}

void log_info(const char *format, ...)
{
	va_list arguments;

	if (!log_shows(LOG_LEVEL_INFO))
		return;
	va_start(arguments, format);
	emit("", format, arguments);
	va_end(arguments);
}

void log_debug(const char *format, ...)
{
	va_list arguments;

	if (!log_shows(LOG_LEVEL_DEBUG))
		return;
	va_start(arguments, format);
	emit("", format, arguments);
	va_end(arguments);
}

void log_answer(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	emit("", format, arguments);
	va_end(arguments);
}

/* Tells whether libevent has said the same a short while ago; it repeats itself at each try. */
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
