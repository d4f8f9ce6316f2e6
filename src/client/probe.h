/*
 * probe: one question to one server, in its stages: resolve, connect, read. Many may be under way
 * in one loop.
 *
 * A probe shares nothing with another but the loop's time and room for timers: it has up to
 * PROBE_TIMERS, and by datagram one more for each address asked. Where a loop lacks memory for
 * more than LOOP_TIMERS, a probe may be late to try the next address or to end a stage, but never
 * to end.
 *
 * Where no thread can be had for a lookup, probe_start() itself looks up, which holds up all probes
 * of the loop. Only during that call is the watchdog set, so two probes never need it at a time;
 * where it ends the program, it ends the other probes as well.
 */
#ifndef CLIENT_PROBE_H
#define CLIENT_PROBE_H

#include "base/attributes.h"
#include "result.h"

struct event_base;
struct options;
struct probe;

enum { PROBE_TIMERS = 4 };

/*
 * Called once, from the loop, when all that the probe had open is closed. The result is the
 * probe's, bytes included, and valid until probe_free().
 */
typedef void probe_cb(const struct probe_result *result, void *argument);

/*
 * Starts to ask the options' target, within their deadlines. The options are kept, not copied.
 * Never calls back itself. NULL: no memory.
 */
struct probe *probe_start(struct event_base *base, const struct options *options, probe_cb *ended,
			  void *argument) MUST_CHECK;

/* Frees it with its result, and ends what is under way. Allowed in the callback; NULL is allowed.
 */
void probe_free(struct probe *probe);

#endif
