/* SPDX-License-Identifier: ISC */
/* logtimer: has the log hold lines about clients, and writes them when their time is over. */
#ifndef DAEMON_TELL_LOGTIMER_H
#define DAEMON_TELL_LOGTIMER_H

struct event_base;
struct logtimer;

/* Holds lines from now on. NULL: no memory. */
struct logtimer *logtimer_new(struct event_base *base);

/* Writes the lines held, and holds none any more. NULL is allowed. */
void logtimer_free(struct logtimer *logtimer);

#endif
