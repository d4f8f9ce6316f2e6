/* SPDX-License-Identifier: ISC */
/* door: asks the gate about each client, and counts and logs who is not let in. */
#include "door.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/log.h"
#include "daemon/admit/gate.h"
#include "daemon/options.h"
#include "daemon/tell/stats.h"
#include "episode.h"
#include "sessions.h"

/*
 * At most so great a part of the room is for those that are told why they are not let in, and one
 * more: they stay until they have read it, and must not take the place of others.
 */
enum { REFUSED_PART = 8 };

struct door {
	struct event_base *base;
	const struct options *options;
	struct gate *gate;
	struct stats *stats;
	struct sessions *sessions; /* NULL: not watched */
	/* The end of each episode: one for each verdict, so that none hides another. */
	uint64_t turned_away_until[VERDICT_NO_MEMORY + 1], distrusted_until;
};

struct door *door_new(struct event_base *base, const struct options *options, struct gate *gate,
		      struct stats *stats)
{
	struct door *door = calloc(1, sizeof *door);

	if (!door)
		return NULL;
	door->base = base;
	door->options = options;
	door->gate = gate;
	door->stats = stats;
	return door;
}

void door_watch(struct door *door, struct sessions *sessions)
{
	door->sessions = sessions;
}

bool door_is_guarded(const struct door *door)
{
	return gate_has_limits(door->gate);
}

/* Returns the counter of connections with that verdict. */
static uint64_t *counter_of(struct stats *stats, enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_DENIED:
		return &stats->denied;
	case VERDICT_TOO_MANY:
		return &stats->too_many;
	case VERDICT_TOO_OFTEN:
		return &stats->too_often;
	case VERDICT_ADMITTED:
	case VERDICT_NO_MEMORY:
		break;
	}
	return &stats->failed;
}

/* Writes an address as text. */
static const char *show(const struct sockaddr *address, socklen_t length,
			char text[ADDRESS_TEXT_MAX])
{
	struct address copy;

	address_set(&copy, address, length);
	return address_format(&copy, text, ADDRESS_TEXT_MAX);
}

/* Counts a client that is not let in, and logs one for many. */
RARE static void turn_away(struct door *door, const struct sockaddr *address, socklen_t length,
			   enum verdict verdict)
{
	char text[ADDRESS_TEXT_MAX];

	++*counter_of(door->stats, verdict);
	if (!episode_begins(&door->turned_away_until[verdict]))
		return;
	log_info("%s: not let in: %s (more are only counted)", show(address, length, text),
		 gate_describe(verdict));
}

struct admission door_judge(struct door *door, const struct sockaddr *address)
{
	return gate_enter(door->gate, address);
}

struct admission door_judge_again(struct door *door, const struct sockaddr *address,
				  socklen_t length, struct admission admission)
{
	if (admission.verdict == VERDICT_TOO_MANY && door->sessions) {
		sessions_look_at_source(door->sessions, admission.source);
		admission = gate_enter_again(door->gate, address);
	}
	if (admission.verdict == VERDICT_ADMITTED)
		return admission;
	turn_away(door, address, length, admission.verdict);
	return (struct admission){admission.verdict, NULL};
}

/* Counts somebody whose headers are not believed, and logs one for many. */
RARE static void distrust(struct door *door, const struct sockaddr *address, socklen_t length)
{
	char text[ADDRESS_TEXT_MAX];

	door->stats->distrusted++;
	if (!episode_begins(&door->distrusted_until))
		return;
	log_warning("%s: not believed, closed: it may not send PROXY headers (see --proxy-from; "
		    "more are only counted, as distrusted)",
		    show(address, length, text));
}

bool door_trusts(struct door *door, const struct sockaddr *address, socklen_t length)
{
	bool is_trusted = gate_trusts(door->gate, address);

	if (!is_trusted)
		distrust(door, address, length);
	return is_trusted;
}

/* True if others have the room that they need, when one more is told why it is not let in. */
static bool has_room(const struct door *door)
{
	size_t room = door->sessions ? sessions_room(door->sessions) : SIZE_MAX;

	return door->stats->refused_open < (room > 1 ? room / REFUSED_PART + 1 : 0);
}

struct bufferevent *door_make_refusal(const struct door *door)
{
	const char *words = has_room(door) ? door->options->refusal : NULL;
	struct bufferevent *output = words ? bufferevent_socket_new(door->base, -1, 0) : NULL;

	if (!output)
		return NULL;
	bufferevent_disable(output, EV_READ | EV_WRITE);
	if (evbuffer_add(bufferevent_get_output(output), words, strlen(words)) == 0)
		return output;
	bufferevent_free(output);
	return NULL;
}

bool door_admit_datagram(const struct address *from, void *argument)
{
	struct door *door = argument;
	enum verdict verdict = gate_judge_datagram(door->gate, &from->any);

	if (verdict == VERDICT_DENIED)
		door->stats->datagrams_denied++;
	else if (verdict != VERDICT_ADMITTED)
		door->stats->datagrams_too_often++;
	return verdict == VERDICT_ADMITTED;
}

void door_free(struct door *door)
{
	free(door);
}
