/* SPDX-License-Identifier: ISC */
/* orders: what an operator or a service manager asks for by signal. */
#include "orders.h"

#include <event2/event.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/loop.h"
#include "base/signals.h"

struct orders {
	struct orders_handlers handlers;
	void *argument;
	struct event *terminate, *interrupt, *report, *reload;
};

static void stop_cb(evutil_socket_t signal_number, short what, void *argument)
{
	struct orders *orders = argument;

	(void)signal_number;
	(void)what;
	orders->handlers.stop(orders->argument);
}

static void report_cb(evutil_socket_t signal_number, short what, void *argument)
{
	struct orders *orders = argument;

	(void)signal_number;
	(void)what;
	orders->handlers.report(orders->argument);
}

static void reload_cb(evutil_socket_t signal_number, short what, void *argument)
{
	struct orders *orders = argument;

	(void)signal_number;
	(void)what;
	orders->handlers.reload(orders->argument);
}

/* Adds an event for a signal. */
static struct event *watch(struct event_base *base, int signal_number, event_callback_fn callback,
			   struct orders *orders)
{
	struct event *event = evsignal_new(base, signal_number, callback, orders);

	if (event && event_add(event, NULL) == 0)
		return event;
	loop_free_event(event);
	return NULL;
}

struct orders *orders_new(struct event_base *base, const struct orders_handlers *handlers,
			  void *argument)
{
	static const int none[] = {0};
	struct orders *orders = calloc(1, sizeof *orders);

	if (!orders)
		return NULL;
	orders->handlers = *handlers;
	orders->argument = argument;
	orders->terminate = watch(base, SIGTERM, stop_cb, orders);
	orders->interrupt = watch(base, SIGINT, stop_cb, orders);
	orders->report = watch(base, SIGUSR1, report_cb, orders);
	orders->reload = watch(base, SIGHUP, reload_cb, orders);
	if (!orders->terminate || !orders->interrupt || !orders->report || !orders->reload) {
		orders_free(orders);
		return NULL;
	}
	signals_block_only(none);
	return orders;
}

void orders_block(void)
{
	static const int ours[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP, 0};

	signals_block_only(ours);
}

void orders_free(struct orders *orders)
{
	if (!orders)
		return;
	loop_free_event(orders->reload);
	loop_free_event(orders->report);
	loop_free_event(orders->interrupt);
	loop_free_event(orders->terminate);
	free(orders);
}
