/*
 * log: where every message goes: standard error, one event one line.
 *
 * Warnings and errors begin with the program's name; what the program tells of
 * its work stands bare. Every line is escaped as escape_text() does, once, so that
 * nothing a peer sends can drive a terminal or forge a line: what is passed is raw.
 * Every function keeps errno.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/attributes.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Sets the program's name (kept, not copied) and the last level that is shown. */
void log_open(const char *program, enum log_level last);

/*
 * Until log_wait_no_more() a message waits for whoever reads standard error, and
 * none is lost. From then on none waits: what is not read in time is lost, and
 * counted. log_prepare() gets ready for that; it is to be called early, before
 * anything forbids it. log_close() says what was lost, if somebody hears it.
 */
void log_prepare(void);
void log_wait_no_more(void);
void log_close(void);

/* True if a message of that level would be shown: asked before costly ones. */
bool log_shows(enum log_level level);

void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warning(const char *format, ...) PRINTF_LIKE(1, 2);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);

/* Logs what was asked for expressly, such as the counters: at any level, stands bare. */
void log_answer(const char *format, ...) PRINTF_LIKE(1, 2);

/* Logs, at any level and bare, a piece of a text that escape_source() has made safe. */
void log_source(const char *format, ...) PRINTF_LIKE(1, 2);

/* Shows a question as it is, which the answer follows on the same line. */
void log_question(const char *question);

/* Lets the next message begin on a new line: in this one stands a question. */
void log_break_line(void);

/* Takes libevent's own messages; its type is that of event_set_log_callback(). */
void log_from_libevent(int severity, const char *message);

#endif
