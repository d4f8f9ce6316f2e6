/* greeting: what is said now, from the command line or a file, which may be read again. */
#include <config.h>

#include "greeting.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/excerpt.h"
#include "base/log.h"
#include "options.h"
#include "template.h"

/* What hailto prints unless it is told otherwise: more is heard only by others. */
#define HEARD_BY_HAILTO 1024

/* Where a greeting comes from, for errors; a path may be long. */
enum { SOURCE_MAX = 1024 };

struct greeting {
	const struct options *options;
	struct template *template; /* NULL: the first is not read yet */
	uint64_t serial;	   /* of the last that was said */
	char host[256]; /* looked up once: a change shows at a restart, like the instance's */
};

/* A text, until it is made into a template. */
struct text {
	const char *bytes;
	size_t size;
	char *allocated; /* the same if it is to be freed, or NULL */
};

static void complain(const struct greeting *greeting, const char *format, ...) PRINTF_LIKE(2, 3);

/* Says why the greeting can't be had, and at a reload also what follows from it: in one line. */
static void complain(const struct greeting *greeting, const char *format, ...)
{
	char why[2 * SOURCE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof why, format, arguments);
	va_end(arguments);
	log_error("%s%s", why, greeting->template ? "; the old greeting stays" : "");
}

/* Names where the greeting comes from. Returns `name`. */
static const char *name_source(const struct greeting *greeting, char name[SOURCE_MAX])
{
	const char *path = greeting->options->message_file;

	snprintf(name, SOURCE_MAX, "the %s%s", path ? "message file " : "greeting",
		 path ? path : "");
	return name;
}

/* Reads up to `room` bytes, to the end of the file if it comes before; -1 with errno. */
static ssize_t read_all(int fd, char *bytes, size_t room)
{
	size_t size = 0;

	while (size < room) {
		ssize_t n = read(fd, bytes + size, room - size);
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			size += (size_t)n;
	}
	return (ssize_t)size;
}

/* Opens a regular file; anything else may have no end, or wait for one. */
static int open_regular(const struct greeting *greeting, const char *path, struct stat *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		complain(greeting, "cannot open the message file %s: %s", path, strerror(errno));
		return -1;
	}
	if (fstat(fd, status) < 0)
		complain(greeting, "cannot examine the message file %s: %s", path, strerror(errno));
	else if (!S_ISREG(status->st_mode))
		complain(greeting, "cannot use the message file %s: it is not a regular file",
			 path);
	else
		return fd;
	close(fd);
	return -1;
}

/*
 * Tells whether someone has written to the file since: then what was read may be of the old
 * text and of the new.
 */
static bool has_changed(int fd, const struct stat *before)
{
	struct stat now;

	return fstat(fd, &now) < 0 || now.st_size != before->st_size ||
	       now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

/* Reads what an open file holds; false, and told, if it can't be used. */
static bool read_descriptor(const struct greeting *greeting, int fd, const struct stat *status,
			    struct text *text)
{
	const char *path = greeting->options->message_file;
	/* One byte past the most tells a file that is too long, whatever its size is said to be. */
	size_t room = OPTIONS_GREETING_MAX + 1;
	char *bytes = malloc(room);
	ssize_t size = bytes ? read_all(fd, bytes, room) : -1;

	if (!bytes)
		complain(greeting, "out of memory");
	else if (size < 0)
		complain(greeting, "cannot read the message file %s: %s", path, strerror(errno));
	else if ((size_t)size == room)
		complain(greeting, "the message file %s is too long: %zu bytes are the most", path,
			 OPTIONS_GREETING_MAX);
	else if (has_changed(fd, status))
		complain(greeting, "the message file %s changed while it was read", path);
	else {
		*text = (struct text){.bytes = bytes, .size = (size_t)size, .allocated = bytes};
		return true;
	}
	free(bytes);
	return false;
}

static bool read_file(const struct greeting *greeting, struct text *text)
{
	struct stat status;
	int fd = open_regular(greeting, greeting->options->message_file, &status);
	bool is_read;

	if (fd < 0)
		return false;
	is_read = read_descriptor(greeting, fd, &status, text);
	close(fd);
	return is_read;
}

/* Says in which place the text is no template; at a start, where someone looks, also shows it. */
static void show_problem(const struct greeting *greeting, const struct text *text,
			 const struct template_problem *problem)
{
	char source[SOURCE_MAX], line[EXCERPT_MAX];
	size_t column;

	complain(greeting, "cannot expand %s: %s, at byte %zu", name_source(greeting, source),
		 problem->what, problem->position + 1);
	if (greeting->template)
		return;
	column = excerpt_format(line, text->bytes, text->size, problem->position);
	log_source("  %s", line);
	log_source("  %*s^", (int)column, "");
}

/* Makes the template that the text is; NULL, and told, if it is none. */
static struct template *make_template(const struct greeting *greeting, const struct text *text)
{
	const struct options *options = greeting->options;
	struct template_constants constants = {
		.host = greeting->host,
		.instance = options->instance ? options->instance : greeting->host,
		.version = PACKAGE_VERSION,
		.pid = (long)getpid(),
	};
	struct template_problem problem = {.what = NULL};
	struct template *template = options->expand ? template_compile(text->bytes, text->size,
								       &constants, &problem)
						    : template_literal(text->bytes, text->size);

	if (!template && problem.what)
		show_problem(greeting, text, &problem);
	else if (!template)
		complain(greeting, "out of memory");
	return template;
}

/* Tells whether the template says no more than may be said; else says so. */
static bool is_short_enough(const struct greeting *greeting, const struct template *template)
{
	size_t longest = template_longest(template), answer = template_longest_to_ip(template);
	const char *may = template_is_constant(template) ? "has" : "may have";
	char source[SOURCE_MAX];

	name_source(greeting, source);
	if (longest > OPTIONS_GREETING_MAX)
		complain(greeting, "%s %s %zu bytes, %zu are the most", source, may, longest,
			 OPTIONS_GREETING_MAX);
	else if (greeting->options->udp && answer > OPTIONS_ANSWER_MAX)
		complain(greeting, "%s %s %zu bytes, with --udp %zu are the most (RFC 865)", source,
			 may, answer, OPTIONS_ANSWER_MAX);
	else
		return true;
	return false;
}

/* Reads the text, makes it into a template, and takes that as what is said from now on. */
static bool load(struct greeting *greeting)
{
	const char *message = greeting->options->message;
	struct text text = {.bytes = message, .size = message ? strlen(message) : 0};
	struct template *template;

	if (!message && !read_file(greeting, &text))
		return false;
	template = make_template(greeting, &text);
	free(text.allocated);
	if (template && !is_short_enough(greeting, template)) {
		template_release(template);
		template = NULL;
	}
	if (!template)
		return false;
	template_release(greeting->template);
	greeting->template = template;
	if (template_longest_to_ip(template) > HEARD_BY_HAILTO)
		log_warning(
			"the greeting %s %zu bytes: hailto prints the first %d unless told otherwise",
			template_is_constant(template) ? "has" : "may have",
			template_longest_to_ip(template), HEARD_BY_HAILTO);
	return true;
}

/* The first escape in a text that is said as it stands; NULL: there is none. */
static const char *find_escape(const char *text)
{
	static const char *const escapes[] = {"\\n", "\\r", "\\t"};

	for (const char *p = strchr(text, '\\'); p; p = strchr(p, '\\')) {
		for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
			if (strncmp(p, escapes[i], 2) == 0)
				return escapes[i];
		if (p[1] == 'x' && isxdigit((unsigned char)p[2]) && isxdigit((unsigned char)p[3]))
			return "\\xHH";
		p += p[1] == '\\' ? 2 : 1;
	}
	return NULL;
}

/* A shell hands \n over as two bytes, and few who write it want to say these. */
static void hint_at_escapes(const struct options *options)
{
	const char *escape = options->message && !options->expand ? find_escape(options->message)
								  : NULL;

	if (escape)
		log_info("the greeting says %s literally; with -e it is expanded", escape);
}

struct greeting *greeting_new(const struct options *options)
{
	struct greeting *greeting = calloc(1, sizeof *greeting);

	if (!greeting) {
		log_error("out of memory");
		return NULL;
	}
	greeting->options = options;
	if (gethostname(greeting->host, sizeof greeting->host - 1) < 0)
		greeting->host[0] = '\0';
	if (load(greeting)) {
		hint_at_escapes(options);
		return greeting;
	}
	greeting_free(greeting);
	return NULL;
}

void greeting_free(struct greeting *greeting)
{
	if (!greeting)
		return;
	template_release(greeting->template);
	free(greeting);
}

void greeting_reload(struct greeting *greeting)
{
	const char *path = greeting->options->message_file;

	if (!path)
		log_info("nothing to read again: the greeting is not from a file");
	else if (load(greeting))
		log_info("read %s again", path);
}

struct template *greeting_template(const struct greeting *greeting)
{
	return greeting->template;
}

void greeting_fill(const struct greeting *greeting, struct template_values *values)
{
	values->serial = greeting->serial + 1;
	values->time = time(NULL);
}

void greeting_count(struct greeting *greeting)
{
	greeting->serial++;
}
