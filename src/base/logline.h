/* SPDX-License-Identifier: ISC */
/*
 * logline: makes the line that a message becomes in the log: text, or one JSON object.
 *
 * Messages are raw text: they are escaped here, once, as escape_text() does. In JSON the message is
 * that escaped text, so it says the same bytes in both forms.
 */
#ifndef BASE_LOGLINE_H
#define BASE_LOGLINE_H

#include <stdbool.h>
#include <stddef.h>

struct json;

/* The longest line, with its newline; a pipe with room takes as much at once (PIPE_BUF on Linux).
 */
#define LOGLINE_MAX 4096

/* The most bytes that members may take in a JSON line; if they take more, they are left out. */
#define LOGLINE_MEMBERS_MAX 1536

/* An answer is what was explicitly asked for: it is shown at any level. */
enum log_level {
	LOG_LEVEL_ANSWER = -1,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* How all lines look. */
struct logline_style {
	const char *program;
	bool is_json;
	bool has_time;	   /* text begins with the time; JSON always has it */
	bool has_priority; /* each line begins with <N>, as in sd-daemon(3) */
};

/* Adds the members that a message has in JSON besides its text, from `subject`. */
typedef void logline_members(struct json *json, const void *subject);

struct logline_message {
	enum log_level level;
	const char *text;
	bool is_named;		  /* text begins with the program's name */
	bool is_safe;		  /* it is escaped already */
	logline_members *members; /* or NULL */
	const void *subject;
};

/*
 * Writes a message's line to `line` of LOGLINE_MAX bytes. A text that is too long is cut. Returns
 * the length, with the newline; no NUL is added.
 */
size_t logline_make(char *line, const struct logline_style *style,
		    const struct logline_message *message);

#endif
