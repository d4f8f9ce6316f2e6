/* SPDX-License-Identifier: ISC */
/* greeting: the current greeting, from the command line or from a file, which can be read again. */
#include <config.h>

#include "greeting.h"

#include <ctype.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/agreed.h"
#include "base/excerpt.h"
#include "base/log.h"
#include "base/loop.h"
#include "compile.h"
#include "daemon/denial.h"
#include "messagefile.h"
#include "daemon/options.h"
#include "rendering.h"
#include "daemon/setup/sockets.h"
#include "template.h"

/* Room for the greeting's source in errors; a path may be long. */
enum { SOURCE_MAX = 1024 };

struct greeting {
	const struct options *options;
	struct messagefile *file;	/* NULL: the greeting is not from a file */
	struct event *retry;		/* of a reading under way; NULL: nothing is read again */
	struct template *template;	/* NULL: no greeting has been read yet */
	greeting_reloaded_cb *reloaded; /* or NULL */
	void *reloaded_argument;
	uint64_t serial; /* the last one given out */
	/* Looked up once: like the instance's name, they change only at a restart. */
	char host[256];
	long pid;
};

/* A text that is to become a template. */
struct text {
	const char *bytes;
	size_t size;
};

static void complain(const struct greeting *greeting, const char *format, ...) PRINTF_LIKE(2, 3);

/* Logs in one line why the greeting cannot be had, and at a reload that the old one stays. */
static void complain(const struct greeting *greeting, const char *format, ...)
{
	char why[2 * SOURCE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof why, format, arguments);
	va_end(arguments);
	log_error("%s%s", why, greeting->template ? "; the old greeting stays" : "");
}

/* Writes where the greeting comes from. Returns `name`. */
static const char *name_source(const struct greeting *greeting, char name[SOURCE_MAX])
{
	const char *path = greeting->options->message_file;

	snprintf(name, SOURCE_MAX, "the %s%s", path ? "message file " : "greeting",
		 path ? path : "");
	return name;
}

/* Logs where the text is not well-formed; at a start, when someone watches, also shows it. */
static void show_problem(const struct greeting *greeting, const struct text *text,
			 const struct compile_problem *problem)
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

/* Makes a template from the text; NULL, and logged, if that fails. */
static struct template *make_template(const struct greeting *greeting, const struct text *text)
{
	const struct options *options = greeting->options;
	struct template_constants constants = {
		.host = greeting->host,
		.instance = options->instance ? options->instance : greeting->host,
		.version = PACKAGE_VERSION,
		.pid = greeting->pid,
	};
	struct compile_problem problem = {.what = NULL};
	struct template *template = options->expand ? compile_text(text->bytes, text->size,
								   &constants, &problem)
						    : template_literal(text->bytes, text->size);

	if (!template && problem.what)
		show_problem(greeting, text, &problem);
	else if (!template)
		complain(greeting, "out of memory");
	return template;
}

/* Returns the most bytes of the template in an answer to a datagram; 0: none are answered. */
static size_t longest_answer(const struct greeting *greeting, const struct template *template)
{
	switch (sockets_expect_datagrams(greeting->options)) {
	case SOCKETS_UNIX_DATAGRAMS:
		return template_longest(template);
	case SOCKETS_IP_DATAGRAMS:
		return template_longest_to_ip(template);
	case SOCKETS_NO_DATAGRAMS:
		break;
	}
	return 0;
}

/* True if the template says no more than is allowed; otherwise logs that. */
static bool is_short_enough(const struct greeting *greeting, const struct template *template)
{
	size_t longest = template_longest(template), answer = longest_answer(greeting, template);
	const char *may = template_is_constant(template) ? "has" : "may have";
	char source[SOURCE_MAX];

	name_source(greeting, source);
	if (longest > OPTIONS_GREETING_MAX)
		complain(greeting, "%s %s %zu bytes, %zu are the most", source, may, longest,
			 OPTIONS_GREETING_MAX);
	else if (answer > OPTIONS_ANSWER_MAX)
		complain(greeting, "%s %s %zu bytes, %s %zu are the most (RFC 865)", source, may,
			 answer, greeting->options->udp ? "with --udp" : "for datagrams",
			 OPTIONS_ANSWER_MAX);
	else
		return true;
	return false;
}

/* Makes a template from the text, and uses it from now on; false, and logged, if that fails. */
static bool take(struct greeting *greeting, const struct text *text)
{
	struct template *template = make_template(greeting, text);

	if (template && !is_short_enough(greeting, template)) {
		template_release(template);
		template = NULL;
	}
	if (!template)
		return false;
	template_release(greeting->template);
	greeting->template = template;
	if (template_longest_to_ip(template) > AGREED_BYTES)
		log_warning(
			"the greeting %s %zu bytes: hailto prints the first %d unless told otherwise",
			template_is_constant(template) ? "has" : "may have",
			template_longest_to_ip(template), AGREED_BYTES);
	return true;
}

/* Uses the file's text, which has been read. */
static bool take_file(struct greeting *greeting)
{
	struct text text = {.bytes = messagefile_bytes(greeting->file),
			    .size = messagefile_size(greeting->file)};
	bool is_taken = take(greeting, &text);

	messagefile_forget(greeting->file);
	return is_taken;
}

/* Reads the first greeting. False, and logged, if it cannot be used. */
static bool take_first(struct greeting *greeting)
{
	const char *message = greeting->options->message;
	struct text text = {.bytes = message, .size = message ? strlen(message) : 0};

	if (message)
		return take(greeting, &text);
	greeting->file = messagefile_new(greeting->options->message_file, OPTIONS_GREETING_MAX);
	if (!greeting->file) {
		complain(greeting, "out of memory");
		return false;
	}
	if (messagefile_read(greeting->file))
		return take_file(greeting);
	complain(greeting, "%s", messagefile_why(greeting->file));
	return false;
}

/* Returns the first escape in a text that is used literally, or NULL. */
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

/* A shell passes \n on as two bytes, and few that write it want to say these. */
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
	greeting->pid = (long)getpid();
	if (take_first(greeting)) {
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
	greeting_unwatch(greeting);
	messagefile_free(greeting->file);
	template_release(greeting->template);
	free(greeting);
}

/* Tells who watches that a reload is over. */
static void end_reload(struct greeting *greeting, bool is_read)
{
	if (greeting->reloaded)
		greeting->reloaded(is_read, greeting->reloaded_argument);
}

/* Tries to read the file again; while somebody writes to it, the timer retries. */
static void reload(struct greeting *greeting)
{
	enum messagefile_state state = messagefile_try(greeting->file);
	bool is_read = false;

	if (state == MESSAGEFILE_UNSETTLED) {
		if (loop_add_timer(greeting->retry, messagefile_wait_ms(greeting->file)))
			return;
		complain(greeting, "out of memory");
	} else if (state == MESSAGEFILE_REFUSED) {
		complain(greeting, "%s%s", messagefile_why(greeting->file),
			 denial_explain(messagefile_reason(greeting->file)));
	} else if (take_file(greeting)) {
		log_info("read %s again", greeting->options->message_file);
		is_read = true;
	}
	end_reload(greeting, is_read);
}

static void retry_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	reload(argument);
}

bool greeting_watch(struct greeting *greeting, struct event_base *base)
{
	greeting->retry = evtimer_new(base, retry_cb, greeting);
	return greeting->retry != NULL;
}

void greeting_unwatch(struct greeting *greeting)
{
	loop_free_event(greeting->retry);
	greeting->retry = NULL;
	greeting->reloaded = NULL;
}

void greeting_watch_reloads(struct greeting *greeting, greeting_reloaded_cb *reloaded,
			    void *argument)
{
	greeting->reloaded = reloaded;
	greeting->reloaded_argument = argument;
}

bool greeting_is_from_file(const struct greeting *greeting)
{
	return greeting->file != NULL;
}

void greeting_reload(struct greeting *greeting)
{
	if (!greeting->file) {
		log_info("nothing to read again: the greeting is not from a file");
		end_reload(greeting, true);
		return;
	}
	messagefile_begin(greeting->file);
	if (!evtimer_pending(greeting->retry, NULL))
		reload(greeting);
}

struct template *greeting_template(const struct greeting *greeting)
{
	return greeting->template;
}

void greeting_begin(const struct greeting *greeting, struct rendering *rendering)
{
	rendering->template = greeting->template;
	rendering->position = (struct template_position){0};
	rendering->is_over = false;
	rendering->values.serial = greeting->serial + 1;
	rendering->values.time = template_names_time(greeting->template) ? time(NULL) : 0;
}

void greeting_count(struct greeting *greeting)
{
	greeting->serial++;
}
