/* SPDX-License-Identifier: ISC */
/*
 * log: where every message goes: standard error, one line for each event.
 *
 * Warnings and errors begin with the program's name; reports of its work do not. Callers pass raw
 * text. Every line is escaped once, in logline.c, so that nothing a peer sends can drive a terminal
 * or forge a line. Every function keeps errno.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/logline.h"

/* Sets the program's name (kept, not copied) and the least important level that is shown. */
void log_open(const char *program, enum log_level last);

/*
 * Sets the form of the lines: each a JSON object, or text, which may begin with the time. The
 * default is text without it.
 */
void log_set_form(bool is_json, bool has_time);

/* Marks each line with its priority if `stream`, of JOURNAL_STREAM or NULL, is standard error. */
void log_mark_priorities(const char *stream);

/*
 * Copies each error from now on to `text` of `size` bytes (at least 1) as well: the last one stays
 * there, raw, cut to fit and ended by a NUL. NULL: no more. No error has come if it is still empty.
 */
void log_keep_error(char *text, size_t size);

/*
 * Until log_wait_no_more(), a message waits for the reader of standard error, and none is lost.
 * From then on none waits: what is not read in time is lost, and counted. log_prepare() prepares
 * that; call it early, before anything forbids it. log_close() reports what was lost, if anybody
 * reads it.
 */
void log_prepare(void);
void log_wait_no_more(void);
void log_close(void);

/*
 * From now on the lines of log_frequent() are held for a moment, and many written together: `later`
 * must have log_release() called in `ms` milliseconds, or return false. Any other line is written
 * at once, after those held. NULL: none is held any more, and those held are written.
 */
void log_hold(bool (*later)(void *argument, unsigned ms), void *argument);
void log_release(void);

/* True if a message of that level would be shown; ask before making a costly one. */
bool log_shows(enum log_level level);

void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);

/* Logs what was explicitly asked for: at any level, without the name. */
void log_answer(const char *format, ...) PRINTF_LIKE(1, 2);

/* Logs, without the name, an event that has members of its own in JSON; `subject` is theirs. */
void log_event(enum log_level level, logline_members *members, const void *subject,
	       const char *format, ...) PRINTF_LIKE(4, 5);

/*
 * The same for what may come thousands of times a second: the text is complete, and the line may be
 * held. Of one that `is_plain` the caller knows that there is nothing to escape in it.
 */
void log_frequent(enum log_level level, logline_members *members, const void *subject,
		  const char *text, bool is_plain);

/* Logs, as part of an error and without the name, a text that escape_source() has made safe. */
void log_source(const char *format, ...) PRINTF_LIKE(1, 2);

/* Shows a question as it is; the answer follows on the same line. */
void log_question(const char *question);

/* The most bytes of a prefix. */
#define LOG_PREFIX_MAX 8

/*
 * Writes these bytes, kept and not copied, before the next message: the line where it would begin
 * holds something else. A new line leaves that there, and a terminal's commands may erase it.
 */
void log_set_prefix(const char *prefix);

/* Logs libevent's own messages; its type is that of event_set_log_callback(). */
void log_from_libevent(int severity, const char *message);

#endif
