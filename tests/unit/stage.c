/* SPDX-License-Identifier: ISC */
/* stage: probes that end as a test wants, in a time of its own that nothing can hold up. */
#include "stage.h"

#include <check.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/addresslist.h"
#include "base/clock.h"
#include "base/loop.h"
#include "client/options.h"
#include "client/probe.h"
#include "lib/peers.h"

/* The clock's at the time 0: that is not 0. */
enum { BEGIN_US = 5000000 };

/* Time of day at the time 0. */
enum { BEGIN_MS = 1000000 };

struct stage_script stage_scripts[STAGE_ATTEMPTS_MAX];
struct stage_seen stage_seen[STAGE_ATTEMPTS_MAX];
size_t stage_started;
unsigned stage_under_way, stage_most_at_once, stage_depth;

static uint64_t now_us;
static unsigned depth;

/* A probe that waits for its times. */
struct probe {
	struct probe_request request;
	struct probe_result result;
	uint64_t found_us, end_us; /* UINT64_MAX: not, or not any more */
	uint8_t found;
};

static struct probe *probes[STAGE_ATTEMPTS_MAX];
static struct event *timer;
static uint64_t timer_us;

typedef uint64_t clock_reader(void);
typedef bool timer_adder(struct event *, uint64_t);
typedef struct probe *probe_starter(struct event_base *, const struct probe_request *);
typedef void probe_freer(struct probe *);

clock_reader __wrap_clock_us, __wrap_clock_now_ms;
timer_adder __wrap_loop_add_timer_us, __real_loop_add_timer_us;
probe_starter __wrap_probe_start;
probe_freer __wrap_probe_free;

uint64_t __wrap_clock_us(void)
{
	return now_us;
}

uint64_t __wrap_clock_now_ms(void)
{
	return BEGIN_MS + stage_ms();
}

/* The loop only remembers that it is set. */
bool __wrap_loop_add_timer_us(struct event *event, uint64_t us)
{
	timer = event;
	timer_us = now_us + us;
	return __real_loop_add_timer_us(event, us);
}

static void see(const struct probe_request *request)
{
	struct stage_seen *seen = &stage_seen[stage_started];

	*seen = (struct stage_seen){.at_ms = stage_ms(),
				    .serial = request->options->serial,
				    .looks_up = request->found != NULL};
	if (!request->addresses)
		return;
	seen->addresses = request->addresses->count;
	seen->first = (uint8_t)ntohl(request->addresses->all[0].ipv4.sin_addr.s_addr);
}

/* Returns where a probe is kept. */
static struct probe **place_of(const struct probe *probe)
{
	size_t i = 0;

	while (probes[i] != probe)
		i++;
	return &probes[i];
}

static struct probe *make_probe(const struct probe_request *request,
				const struct stage_script *script)
{
	struct probe *probe = calloc(1, sizeof *probe);

	probe->request = *request;
	probe->end_us = now_us + (uint64_t)script->ms * 1000;
	probe->found_us = UINT64_MAX;
	if (request->found && script->found_ms != STAGE_NEVER)
		probe->found_us = now_us + (uint64_t)script->found_ms * 1000;
	probe->found = script->found;
	probe->result.status = (enum status)script->end;
	probe->result.stage = script->end == STATUS_GREETED ? "" : "test";
	probe->result.began_us = now_us;
	probe->result.times.end = (uint64_t)script->ms * 1000;
	snprintf(probe->result.reason, sizeof probe->result.reason, "attempt %zu", stage_started);
	return probe;
}

struct probe *__wrap_probe_start(struct event_base *base, const struct probe_request *request)
{
	const struct stage_script *script = &stage_scripts[stage_started];
	struct probe *probe;

	(void)base;
	ck_assert_uint_lt(stage_started, STAGE_ATTEMPTS_MAX - 1);
	if (++depth > stage_depth)
		stage_depth = depth;
	see(request);
	stage_started++;
	if (script->end == STAGE_NO_MEMORY)
		return NULL;
	depth--;
	probe = make_probe(request, script);
	*place_of(NULL) = probe;
	if (++stage_under_way > stage_most_at_once)
		stage_most_at_once = stage_under_way;
	return probe;
}

void __wrap_probe_free(struct probe *probe)
{
	if (!probe)
		return;
	*place_of(probe) = NULL;
	free(probe);
	stage_under_way--;
}

void stage_setup(void)
{
	now_us = BEGIN_US;
	for (size_t i = 0; i < STAGE_ATTEMPTS_MAX; i++)
		stage_scripts[i] = (struct stage_script){.ms = 10, .found = 1};
}

uint64_t stage_ms(void)
{
	return (now_us - BEGIN_US) / 1000;
}

void stage_stall(uint64_t ms)
{
	now_us += ms * 1000;
}

bool stage_waits(void)
{
	return timer && event_pending(timer, EV_TIMEOUT, NULL);
}

/* Goes to that moment, unless it has passed. */
static void go_to(uint64_t us)
{
	if (us > now_us)
		now_us = us;
}

static void pass_timer(void)
{
	go_to(timer_us);
	event_del(timer);
	event_get_callback(timer)(-1, EV_TIMEOUT, event_get_callback_arg(timer));
}

/* Ends the probe's lookup. */
static void find(struct probe *probe)
{
	struct addresslist found = {.count = 0};
	struct address address = loopback(AF_INET, 80);

	go_to(probe->found_us);
	probe->found_us = UINT64_MAX;
	address.ipv4.sin_addr.s_addr = htonl(UINT32_C(0x7F000000) + probe->found);
	addresslist_add(&found, &address);
	probe->request.found(&found, true, probe->request.argument);
}

static void end(struct probe *probe)
{
	go_to(probe->end_us);
	probe->request.ended(&probe->result, probe->request.argument);
}

static uint64_t next_us(const struct probe *probe)
{
	return probe->found_us < probe->end_us ? probe->found_us : probe->end_us;
}

void stage_step(void)
{
	struct probe *next = NULL;

	for (size_t i = 0; i < STAGE_ATTEMPTS_MAX; i++)
		if (probes[i] && (!next || next_us(probes[i]) < next_us(next)))
			next = probes[i];
	ck_assert_msg(next || stage_waits(), "nothing is awaited");
	depth = 0;
	if (!next || (stage_waits() && timer_us < next_us(next)))
		pass_timer();
	else if (next->found_us <= next->end_us)
		find(next);
	else
		end(next);
}
