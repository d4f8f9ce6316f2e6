/* SPDX-License-Identifier: ISC */
/*
 * probe: one question to one server, in stages: resolve, then connect and read, or ask. Many may be
 * under way in one loop.
 *
 * Probes share only the loop's time and its room for timers. A probe has up to PROBE_TIMERS, and by
 * datagram one more for each address asked. If a loop lacks memory for more than LOOP_TIMERS, a
 * probe may try the next address late, or end a stage late. But it never ends late itself.
 *
 * If no thread can be had for a lookup, probe_start() itself looks up, which holds up all probes of
 * the loop. The watchdog is set only during that call, so two probes never need it at the same
 * time. If it ends the program, it ends the other probes as well.
 */
#ifndef CLIENT_PROBE_H
#define CLIENT_PROBE_H

#include <stdbool.h>

#include "base/attributes.h"
#include "result.h"

struct addresslist;
struct event_base;
struct options;
struct probe;

enum { PROBE_TIMERS = 4 };

/*
 * Called once, from the loop, after everything that the probe had open is closed. The result and
 * its bytes are the probe's, and valid until probe_free().
 */
typedef void probe_cb(const struct probe_result *result, void *argument);

/*
 * Called at most once, from the loop, as soon as a lookup has brought all addresses that the probe
 * will know. They are the whole list of the name, or those that were known when one of them
 * answered, or when the name service failed for a family.
 */
typedef void probe_found_cb(const struct addresslist *addresses, bool is_whole, void *argument);

struct probe_request {
	const struct options *options;	     /* kept, not copied */
	const struct addresslist *addresses; /* the only ones to try; NULL: those of the target */
	probe_found_cb *found;		     /* or NULL */
	probe_cb *ended;
	void *argument; /* of both */
};

/*
 * Starts to ask the options' target, within their deadlines. Never calls back before it returns.
 * NULL: no memory.
 */
struct probe *probe_start(struct event_base *base, const struct probe_request *request) MUST_CHECK;

/*
 * Frees it with its result, and ends what is under way. Allowed in the callback; NULL is allowed.
 */
void probe_free(struct probe *probe);

#endif
