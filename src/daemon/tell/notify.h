/* SPDX-License-Identifier: ISC */
/*
 * notify: tells a service manager, such as systemd, how the daemon is: sd_notify(3)'s protocol.
 *
 * libsystemd is not linked: each message is one datagram, and a library with its own dependencies
 * would come into a daemon that is to be sandboxed.
 *
 * The socket is connected at the start, so that later neither a sandbox nor another user is in the
 * way. Nothing here waits: a message for which the manager's queue has no room is sent later, in
 * one with those that follow it.
 */
#ifndef DAEMON_TELL_NOTIFY_H
#define DAEMON_TELL_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct event_base;
struct notify;

/* Room for a status, its NUL included. */
enum { NOTIFY_STATUS_MAX = 200 };

/*
 * Writes the daemon's status, in one line of at most NOTIFY_STATUS_MAX bytes. Returns whether it
 * may change without a call of notify_changed().
 */
typedef bool notify_status_cb(char *text, void *argument);

/*
 * Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, removes them from the environment, and
 * connects to the manager. If none is named, all that follows does nothing. Likewise if it cannot
 * be reached, now or later, which one warning says. From now on a running loop also answers the
 * manager's watchdog, if it has one for us. NULL: no memory.
 */
struct notify *notify_new(struct event_base *base, notify_status_cb *status,
			  void *argument) MUST_CHECK;

/* Frees it; what the manager has not taken is dropped. NULL is allowed. */
void notify_free(struct notify *notify);

/* Says that clients can connect: at the start, and when a reload is over, whatever came of it. */
void notify_ready(struct notify *notify);

/* Says that a reload begins. */
void notify_reloading(struct notify *notify);

/* Says that a stop begins. Only the first call counts, and no other state is reported after it. */
void notify_stopping(struct notify *notify);

/* Notes that the status may have changed: within a second, the manager gets it if it has. */
void notify_changed(struct notify *notify);

#endif
