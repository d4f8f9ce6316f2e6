/* log: where every message goes: standard error, one event one line. */
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"

/* The longest line; a pipe that has room takes as much at once (PIPE_BUF on Linux). */
#define LINE_MAX_BYTES 4096

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

/* libevent counts its severities upwards: 0 debug, 1 message, 2 warning, 3 error. */
void log_from_libevent(int severity, const char *message)
{
	if (severity >= 3)
		log_error("libevent: %s", message);
	else if (severity == 2)
		log_warning("libevent: %s", message);
	else if (severity == 1)
		log_info("libevent: %s", message);
	else
		log_debug("libevent: %s", message);
}
