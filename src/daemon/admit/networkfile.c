/* SPDX-License-Identifier: ISC */
/* networkfile: a file of networks that are denied, one a line. */
#include <config.h>

#include "networkfile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/prefix.h"
#include "base/regularfile.h"
#include "rules.h"

#ifdef HAVE_STRUCT_STAT_ST_MTIM
#define CHANGED_NS(status) ((uint64_t)(status)->st_ctim.tv_nsec)
#else
#define CHANGED_NS(status) ((uint64_t)(status)->st_ctimespec.tv_nsec)
#endif

/* A write may be held up half-way for so long, see say/messagefile.c. */
enum { SETTLED_MS = 250 };

/* A file that is being read. */
struct reading {
	const char *path;
	struct rules *rules;
	char *why;
};

/* Says why the file is refused. Returns false. */
static bool refuse(const struct reading *reading, const char *format, ...) PRINTF_LIKE(2, 3);

static bool refuse(const struct reading *reading, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reading->why, NETWORKFILE_WHY_MAX, format, arguments);
	va_end(arguments);
	return false;
}

static bool refuse_size(const struct reading *reading)
{
	return refuse(reading, "the deny file %s is too long: %zu bytes are the most",
		      reading->path, NETWORKFILE_SIZE_MAX);
}

/* Says what is wrong with a line. Returns false. */
static bool refuse_line(const struct reading *reading, size_t number, const char *what)
{
	return refuse(reading, "the deny file %s, line %zu: %s", reading->path, number, what);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Copies what is on a line without comment, CR and blanks around it. */
static void strip(char *text, const char *line, size_t size)
{
	const char *comment;

	if (size > 0 && line[size - 1] == '\r')
		size--;
	comment = memchr(line, '#', size);
	if (comment)
		size = (size_t)(comment - line);
	while (size > 0 && is_blank(line[size - 1]))
		size--;
	for (; size > 0 && is_blank(*line); size--)
		line++;
	memcpy(text, line, size);
	text[size] = '\0';
}

/* Reads a line without its newline. */
static bool read_line(const struct reading *reading, size_t number, const char *line, size_t size)
{
	char text[NETWORKFILE_LINE_MAX + 1], why[PREFIX_WHY_MAX];
	struct prefix prefix;

	if (number > NETWORKFILE_LINES_MAX)
		return refuse(reading, "the deny file %s is too long: %d lines are the most",
			      reading->path, NETWORKFILE_LINES_MAX);
	if (size > NETWORKFILE_LINE_MAX)
		return refuse(reading, "the deny file %s, line %zu: more than %d bytes",
			      reading->path, number, NETWORKFILE_LINE_MAX);
	if (memchr(line, '\0', size))
		return refuse_line(reading, number, "a NUL byte");
	strip(text, line, size);
	if (*text == '\0')
		return true;
	if (!prefix_parse(text, &prefix, why))
		return refuse_line(reading, number, why);
	return rules_add(reading->rules, &prefix, false) || refuse(reading, NETWORKFILE_NO_MEMORY);
}

/* Reads all lines. */
static bool read_lines(const struct reading *reading, const char *bytes, size_t size)
{
	const char *line = bytes, *end = bytes + size;

	for (size_t number = 1; line < end; number++) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *line_end = newline ? newline : end;
		if (!read_line(reading, number, line, (size_t)(line_end - line)))
			return false;
		line = newline ? newline + 1 : end;
	}
	return true;
}

bool networkfile_parse(const char *path, const char *bytes, size_t size, struct rules *rules,
		       char why[NETWORKFILE_WHY_MAX])
{
	struct reading reading = {.path = path, .rules = rules};
	size_t before = rules->count;

	reading.why = why;
	if (size > NETWORKFILE_SIZE_MAX)
		return refuse_size(&reading);
	if (read_lines(&reading, bytes, size))
		return true;
	rules_truncate(rules, before);
	return false;
}

/* Reads an open file of that size, with one byte more, which it has if it grows meanwhile. */
static bool read_file(const struct reading *reading, int fd, size_t size)
{
	char *bytes = malloc(size + 1);
	ssize_t count = bytes ? regularfile_read(fd, bytes, size + 1) : -1;
	bool is_good;

	if (!bytes)
		is_good = refuse(reading, NETWORKFILE_NO_MEMORY);
	else if (count < 0)
		is_good = refuse(reading, "cannot read the deny file %s: %s", reading->path,
				 strerror(errno));
	else if ((size_t)count != size)
		is_good = refuse(reading,
				 "cannot use the deny file %s: it is being written to "
				 "(rename a whole one to its name)",
				 reading->path);
	else
		is_good = networkfile_parse(reading->path, bytes, size, reading->rules,
					    reading->why);
	free(bytes);
	return is_good;
}

bool networkfile_is_settled(const char *path)
{
	uint64_t now_ms = clock_now_ms(), changed_ms;
	struct stat status;

	if (stat(path, &status) < 0 || status.st_ctime < 0)
		return true;
	changed_ms = (uint64_t)status.st_ctime * 1000 + CHANGED_NS(&status) / 1000000;
	return changed_ms > now_ms || now_ms - changed_ms > SETTLED_MS;
}

bool networkfile_read(const char *path, struct rules *rules, char why[NETWORKFILE_WHY_MAX])
{
	struct reading reading = {.path = path, .rules = rules};
	struct stat status;
	bool is_good;
	int fd;

	reading.why = why;
	fd = regularfile_open(path, "the deny file", &status, why, NETWORKFILE_WHY_MAX);
	if (fd < 0)
		return false;
	if ((uintmax_t)status.st_size > NETWORKFILE_SIZE_MAX)
		is_good = refuse_size(&reading);
	else
		is_good = read_file(&reading, fd, (size_t)status.st_size);
	close(fd);
	errno = 0;
	return is_good;
}
