/* SPDX-License-Identifier: ISC */
/* orders: what an operator or a service manager asks for by signal. */
#ifndef DAEMON_SERVE_ORDERS_H
#define DAEMON_SERVE_ORDERS_H

struct event_base;
struct orders;

/* What is called, from the loop, with the argument of orders_new(). */
struct orders_handlers {
	void (*stop)(void *argument);	/* TERM or INT */
	void (*report)(void *argument); /* USR1 */
	void (*reload)(void *argument); /* HUP */
};

/*
 * Takes over the signals, and admits those that came too early for us. Not earlier, so that a start
 * that waits, for a name server or a reader of standard error, can be ended. The handlers are
 * copied. NULL: no memory.
 */
struct orders *orders_new(struct event_base *base, const struct orders_handlers *handlers,
			  void *argument);

/*
 * Blocks the signals: once orders_free() has released them their default action is death, and a
 * second TERM may come while we clean up.
 */
void orders_block(void);

/* Releases the signals, which have their default action again. NULL is allowed. */
void orders_free(struct orders *orders);

#endif
