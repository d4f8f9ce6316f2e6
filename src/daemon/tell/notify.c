/* SPDX-License-Identifier: ISC */
/* notify: tells a service manager, such as systemd, how the daemon is: sd_notify(3)'s protocol. */
#include "notify.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/number.h"
#include "base/socket.h"

static const char socket_variable[] = "NOTIFY_SOCKET", usec_variable[] = "WATCHDOG_USEC",
		  pid_variable[] = "WATCHDOG_PID";

/* How soon to look at the status after a change, and so how often it is told at most. */
enum { STATUS_MS = 1000 };

/* How soon to try again when the manager's queue is full, and how rarely if it stays so. */
enum { RETRY_MS = 100, RETRY_LONGEST_MS = 1600 };

/* However rarely the manager wants a sign, it gets one each hour. */
enum { LONGEST_MS = 60 * 60 * 1000 };

/* What has not been sent yet; together it makes one message, in this order. */
enum owed {
	OWED_RELOADING = 1,
	OWED_READY = 2,
	OWED_STOPPING = 4,
	OWED_WATCHDOG = 8,
	OWED_STATUS = 16,
};

struct notify {
	int fd;							    /* -1: no manager */
	char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 1]; /* as in NOTIFY_SOCKET */
	notify_status_cb *write_status;
	void *argument;
	struct event *retry, *look, *watchdog; /* look: at the status */
	uint64_t retry_ms;		       /* when next the queue is full */
	unsigned owed;			       /* bits of enum owed */
	uint64_t reloading_us;		       /* clock_us() when the reload began */
	bool is_stopping;
	char status[NOTIFY_STATUS_MAX]; /* the latest, sent or owed */
};

/* Does without the manager from now on, and logs why. */
static void give_up(struct notify *notify, int reason)
{
	const char *advice = reason == EAFNOSUPPORT
				     ? " (does the unit's RestrictAddressFamilies lack AF_UNIX?)"
				     : "";

	log_warning("cannot notify the service manager at %s (%s): %s%s; serving without it",
		    notify->name, socket_variable, strerror(reason), advice);
	if (notify->fd >= 0)
		close(notify->fd);
	notify->fd = -1;
	loop_free_event(notify->watchdog);
	notify->watchdog = NULL;
}

/* Makes an address of NOTIFY_SOCKET's value. False: it is none of a UNIX socket. */
static bool make_address(const char *value, struct sockaddr_un *address, socklen_t *length)
{
	size_t size = strlen(value);

	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	if ((*value != '/' && *value != '@') || size < 2 || size >= sizeof address->sun_path)
		return false;
	memcpy(address->sun_path, value, size);
	*length = sizeof *address;
	if (*value == '@') { /* An abstract name has a NUL before it, and none at its end. */
		address->sun_path[0] = '\0';
		*length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	}
	return true;
}

/* Connects to the manager that NOTIFY_SOCKET names. */
static void open_socket(struct notify *notify, const char *value)
{
	struct sockaddr_un address;
	socklen_t length;

	if (!make_address(value, &address, &length)) {
		log_warning(
			"cannot notify the service manager: %s is '%.128s', neither the path nor "
			"the @name of a UNIX socket; serving without it",
			socket_variable, value);
		return;
	}
	snprintf(notify->name, sizeof notify->name, "%s", value);
	notify->fd = socket_open(AF_UNIX, SOCK_DGRAM);
	if (notify->fd < 0 || connect(notify->fd, (struct sockaddr *)&address, length) < 0)
		give_up(notify, errno);
}

/* Returns a variable's value; an empty one counts as not set. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* True if the watchdog of the environment waits for this process. */
static bool is_watched(void)
{
	const char *value = variable(pid_variable);
	uint64_t pid;

	if (!value)
		return true;
	if (number_parse(value, &pid))
		return pid == (uint64_t)getpid();
	log_warning("%s is '%.128s', which is no process number: no sign for the watchdog",
		    pid_variable, value);
	return false;
}

/* Returns in which intervals, in ms, the manager wants a sign of us; 0: in none. */
static uint64_t read_watchdog(void)
{
	const char *value = variable(usec_variable);
	uint64_t us, ms;

	if (!value || !is_watched())
		return 0;
	if (!number_parse(value, &us) || us == 0) {
		log_warning(
			"%s is '%.128s', which is no number of microseconds: no sign for the watchdog",
			usec_variable, value);
		return 0;
	}
	ms = us / 1000 / 2;
	if (ms > LONGEST_MS)
		return LONGEST_MS;
	return ms > 0 ? ms : 1;
}

/* Writes what is owed as one message. Returns its length. */
static size_t compose(const struct notify *notify, char *text, size_t size)
{
	char reloading[64] = "", status[NOTIFY_STATUS_MAX + 8] = "";

	if (notify->owed & OWED_RELOADING)
		snprintf(reloading, sizeof reloading, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\n",
			 notify->reloading_us);
	if (notify->owed & OWED_STATUS)
		snprintf(status, sizeof status, "STATUS=%s\n", notify->status);
	return (size_t)snprintf(text, size, "%s%s%s%s%s", reloading,
				notify->owed & OWED_READY ? "READY=1\n" : "",
				notify->owed & OWED_STOPPING ? "STOPPING=1\n" : "",
				notify->owed & OWED_WATCHDOG ? "WATCHDOG=1\n" : "", status);
}

/* True if send(2) failed for want of room, with that errno. */
static bool is_full(int reason)
{
	return reason == EAGAIN || reason == EWOULDBLOCK || reason == ENOBUFS || reason == ENOMEM;
}

/* Tries again later, and less and less often: a manager may never read again. */
static void send_later(struct notify *notify)
{
	if (evtimer_pending(notify->retry, NULL))
		return;
	loop_add_timer(notify->retry, notify->retry_ms);
	if (notify->retry_ms < RETRY_LONGEST_MS)
		notify->retry_ms *= 2;
}

/* Sends what is owed, at once if the manager's queue has room. */
static void send_owed(struct notify *notify)
{
	char text[NOTIFY_STATUS_MAX + 128];
	size_t length;

	if (notify->fd < 0 || notify->owed == 0)
		return;
	length = compose(notify, text, sizeof text);
	if (send(notify->fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
		notify->owed = 0;
		notify->retry_ms = RETRY_MS;
	} else if (is_full(errno)) {
		send_later(notify);
	} else {
		give_up(notify, errno);
	}
}

static void retry_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	send_owed(argument);
}

/* Owes the status if it has changed. Returns whether it may change without a word to us. */
static bool update_status(struct notify *notify)
{
	char text[NOTIFY_STATUS_MAX] = "";
	bool may_change = notify->write_status(text, notify->argument);

	if (strcmp(text, notify->status) != 0) {
		memcpy(notify->status, text, sizeof text);
		notify->owed |= OWED_STATUS;
	}
	return may_change;
}

/* The status is looked at again while it may change, and never while nothing happens. */
static void look_cb(evutil_socket_t fd, short what, void *argument)
{
	struct notify *notify = argument;

	(void)fd;
	(void)what;
	if (update_status(notify))
		notify_changed(notify);
	send_owed(notify);
}

/* A loop that hangs gives no sign, since this runs in it. */
static void watchdog_cb(evutil_socket_t fd, short what, void *argument)
{
	struct notify *notify = argument;

	(void)fd;
	(void)what;
	notify->owed |= OWED_WATCHDOG;
	send_owed(notify);
}

/* Makes the events, and starts the watchdog's. False: no memory. */
static bool make_events(struct notify *notify, struct event_base *base, uint64_t watchdog_ms)
{
	notify->retry = evtimer_new(base, retry_cb, notify);
	notify->look = evtimer_new(base, look_cb, notify);
	notify->watchdog = event_new(base, -1, EV_PERSIST, watchdog_cb, notify);
	return notify->retry && notify->look && notify->watchdog &&
	       (watchdog_ms == 0 || loop_add_timer(notify->watchdog, watchdog_ms));
}

struct notify *notify_new(struct event_base *base, notify_status_cb *status, void *argument)
{
	struct notify *notify = calloc(1, sizeof *notify);
	uint64_t watchdog_ms = read_watchdog();
	const char *value = variable(socket_variable);

	if (!notify)
		return NULL;
	notify->fd = -1;
	notify->retry_ms = RETRY_MS;
	notify->write_status = status;
	notify->argument = argument;
	if (value)
		open_socket(notify, value);
	unsetenv(socket_variable);
	unsetenv(usec_variable);
	unsetenv(pid_variable);
	if (notify->fd < 0 || make_events(notify, base, watchdog_ms))
		return notify;
	notify_free(notify);
	return NULL;
}

void notify_free(struct notify *notify)
{
	if (!notify)
		return;
	loop_free_event(notify->watchdog);
	loop_free_event(notify->look);
	loop_free_event(notify->retry);
	if (notify->fd >= 0)
		close(notify->fd);
	free(notify);
}

/* Sends the state, with the status; that is then not told again within a second. */
static void send_state(struct notify *notify, enum owed state)
{
	notify->owed |= state;
	(void)update_status(notify);
	if (evtimer_pending(notify->look, NULL))
		loop_add_timer(notify->look, STATUS_MS);
	send_owed(notify);
}

void notify_ready(struct notify *notify)
{
	if (notify->fd >= 0 && !notify->is_stopping)
		send_state(notify, OWED_READY);
}

void notify_reloading(struct notify *notify)
{
	if (notify->fd < 0 || notify->is_stopping)
		return;
	notify->reloading_us = clock_us();
	notify->owed &= ~(unsigned)OWED_READY; /* it follows when this reload is over */
	notify->owed |= OWED_RELOADING;
	send_owed(notify);
}

void notify_stopping(struct notify *notify)
{
	if (notify->fd < 0 || notify->is_stopping)
		return;
	notify->is_stopping = true;
	send_state(notify, OWED_STOPPING);
}

void notify_changed(struct notify *notify)
{
	if (notify->fd >= 0 && !evtimer_pending(notify->look, NULL))
		loop_add_timer(notify->look, STATUS_MS);
}
