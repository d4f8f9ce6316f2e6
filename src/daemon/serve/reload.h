/* SPDX-License-Identifier: ISC */
/* reload: what is read again while haild serves: the greeting, and the networks that may come. */
#ifndef DAEMON_SERVE_RELOAD_H
#define DAEMON_SERVE_RELOAD_H

#include <stdbool.h>

#include "base/attributes.h"

struct event_base;
struct gate;
struct greeting;
struct notify;
struct reload;

/* Called before a reload begins, and at its end. */
typedef void reload_changed_cb(void *argument);

/*
 * Prepares; the greeting is watched already. All arguments must outlive it. NULL: no memory.
 */
struct reload *reload_new(struct event_base *base, struct greeting *greeting, struct gate *gate,
			  reload_changed_cb *begun, reload_changed_cb *ended,
			  void *argument) MUST_CHECK;

/*
 * Reads all again, each all or nothing. The log says what came of it: at once or, if somebody
 * writes to a file, within a second. One under way gets that much time again, and ends as one.
 */
void reload_begin(struct reload *reload);

/* True if something could not be used the last time. */
bool reload_has_failed(const struct reload *reload);

/* NULL is allowed. */
void reload_free(struct reload *reload);

#endif
