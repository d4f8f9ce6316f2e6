/* race: connects to the first address of a list that answers (Happy Eyeballs, RFC 8305). */
#include "race.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "lineup.h"
#include "outgoing.h"

/*
 * The Connection Attempt Delay that RFC 8305, 5 recommends. libevent's own
 * bufferevent_socket_connect_hostname() tries the first address and no other.
 */
enum { NEXT_ATTEMPT_MS = 250 };

/* How soon a UNIX socket whose queue is full is tried again: there the kernel does not wait. */
enum { QUEUE_FULL_MS = 20 };

/* More are never told: a lineup is cut, is added to once for each family, and settled once. */
enum { ATTEMPTS_MAX = 3 * ADDRESSLIST_MAX };

struct attempt {
	struct race *race;
	struct sockaddr_storage address;
	socklen_t length;
	int fd;
	struct event *news; /* NULL: not under way */
	uint64_t start_us;
};

struct race {
	struct event_base *base;
	struct lineup lineup;
	struct sockaddr_storage source;
	socklen_t source_length;
	race_cb *ended;
	void *argument;
	struct attempt attempts[ATTEMPTS_MAX];
	size_t count; /* of attempts made */
	size_t under_way;
	struct event *more;	    /* time for the next attempt; pending: not yet */
	struct event *over;	    /* calls back from the loop, never from race_start() */
	const struct attempt *told; /* the winner, or the most telling failure */
	int winner;		    /* its descriptor, or -1 */
	int reason;		    /* of that failure, or what befell the winner */
	uint64_t connect_us;	    /* how long the winner took */
};

static const struct sockaddr *address_of(const struct attempt *attempt)
{
	return (const struct sockaddr *)&attempt->address;
}

/* Ends an attempt; its socket is closed unless it won. */
static void attempt_end(struct attempt *attempt)
{
	if (attempt->news) {
		event_free(attempt->news);
		attempt->news = NULL;
		attempt->race->under_way--;
	}
	if (attempt->fd >= 0 && attempt->fd != attempt->race->winner)
		close(attempt->fd);
	attempt->fd = -1;
}

static void log_failure(const struct attempt *attempt, int reason)
{
	char text[ADDRESS_TEXT_MAX], words[160];

	if (!log_shows(LOG_LEVEL_DEBUG))
		return;
	log_debug("connect: %s: %s",
		  address_format(address_of(attempt), attempt->length, text, sizeof text),
		  outgoing_describe(reason, address_of(attempt),
				    (const struct sockaddr *)&attempt->race->source, words,
				    sizeof words));
}

static void attempt_failed(struct attempt *attempt, int reason)
{
	struct race *race = attempt->race;

	reason = outgoing_reason(reason, address_of(attempt), attempt->length,
				 (const struct sockaddr *)&race->source, race->source_length);
	log_failure(attempt, reason);
	if (race->reason == 0 ||
	    (outgoing_is_telling(reason) && !outgoing_is_telling(race->reason))) {
		race->reason = reason;
		race->told = attempt;
	}
	attempt_end(attempt);
}

/* The attempt's socket is connected; `reason` is 0, or what has befallen it since. */
static void attempt_won(struct attempt *attempt, int reason)
{
	struct race *race = attempt->race;

	/* Two may answer in one turn of the loop: the first has won. */
	if (race->winner < 0) {
		race->winner = attempt->fd;
		race->reason = reason;
		race->told = attempt;
		race->connect_us = clock_us() - attempt->start_us;
		event_active(race->over, EV_TIMEOUT, 0);
	}
	attempt_end(attempt);
}

static void go_on(struct race *race);
static void attempt_start(struct attempt *attempt);

/* The kernel has decided on an attempt: 0, or why it failed. */
static void attempt_decided(struct attempt *attempt, int reason)
{
	if (reason == 0 && outgoing_is_own_peer(attempt->fd))
		reason = ECONNREFUSED;
	/*
	 * Who is not connected yet is refused by a reset: this one was connected. With
	 * EPIPE the reset came behind the end of stream, which makes it harmless.
	 */
	if (reason == EPIPE)
		reason = 0;
	if (reason == 0 || reason == ECONNRESET)
		attempt_won(attempt, reason);
	else
		attempt_failed(attempt, reason);
}

static void news_cb(evutil_socket_t fd, short what, void *argument)
{
	struct attempt *attempt = argument;
	struct race *race = attempt->race;
	int reason = 0;
	socklen_t length = sizeof reason;

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &length) < 0)
		reason = errno;
	attempt_decided(attempt, reason);
	go_on(race);
}

/* The queue of a UNIX socket was full a moment ago: tries again. */
static void again_cb(evutil_socket_t fd, short what, void *argument)
{
	struct attempt *attempt = argument;
	struct race *race = attempt->race;

	(void)fd;
	(void)what;
	attempt_end(attempt);
	attempt_start(attempt);
	go_on(race);
}

/* Waits for news of an attempt: of its socket, or of time alone. */
static void attempt_wait(struct attempt *attempt, bool queue_full)
{
	attempt->news = queue_full ? evtimer_new(attempt->race->base, again_cb, attempt)
				   : event_new(attempt->race->base, attempt->fd, EV_WRITE, news_cb,
					       attempt);
	if (!attempt->news) {
		attempt_failed(attempt, ENOMEM);
		return;
	}
	attempt->race->under_way++;
	if (queue_full)
		loop_add_timer(attempt->news, QUEUE_FULL_MS);
	else if (event_add(attempt->news, NULL) < 0)
		attempt_failed(attempt, ENOMEM);
}

/* Begins to connect to the attempt's address. */
static void attempt_start(struct attempt *attempt)
{
	const struct race *race = attempt->race;
	const struct sockaddr *address = address_of(attempt);

	attempt->fd = outgoing_open(address->sa_family, SOCK_STREAM,
				    (const struct sockaddr *)&race->source, race->source_length);
	attempt->start_us = clock_us();
	if (attempt->fd >= 0 && connect(attempt->fd, address, attempt->length) == 0)
		attempt_decided(attempt, 0);
	else if (attempt->fd >= 0 && (errno == EINPROGRESS || errno == EINTR))
		attempt_wait(attempt, false);
	else if (attempt->fd >= 0 && errno == EAGAIN && address->sa_family == AF_UNIX)
		attempt_wait(attempt, true);
	else
		attempt_failed(attempt, errno);
}

/* Makes the attempt whose turn it is; false if there is none now. */
static bool attempt_next(struct race *race)
{
	struct attempt *attempt = &race->attempts[race->count];

	if (race->count == ATTEMPTS_MAX ||
	    !lineup_take(&race->lineup, &attempt->address, &attempt->length))
		return false;
	race->count++;
	attempt_start(attempt);
	return true;
}

/* Starts the next attempt, those after it that fail at once included; ends what is lost. */
static void go_on(struct race *race)
{
	size_t before = race->under_way;

	while (race->winner < 0 && race->under_way == before && attempt_next(race))
		;
	if (race->winner >= 0)
		return;
	if (race->under_way > before)
		loop_add_timer(race->more, NEXT_ATTEMPT_MS);
	else if (race->under_way == 0 && lineup_is_over(&race->lineup))
		event_active(race->over, EV_TIMEOUT, 0);
}

static void more_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	go_on(argument);
}

static struct race_result result_of(const struct race *race)
{
	return (struct race_result){.fd = race->winner,
				    .reason = race->reason,
				    .address = address_of(race->told),
				    .length = race->told->length,
				    .connect_us = race->connect_us};
}

/* Hands the result over; the callback may free the race. */
static void over_cb(evutil_socket_t fd, short what, void *argument)
{
	struct race *race = argument;
	struct race_result result = result_of(race);

	(void)fd;
	(void)what;
	evtimer_del(race->more);
	for (size_t i = 0; i < race->count; i++)
		attempt_end(&race->attempts[i]);
	race->winner = -1;
	race->ended(&result, race->argument);
}

struct race *race_start(struct event_base *base, const struct addresslist *addresses,
			bool more_come, const struct sockaddr *source, socklen_t source_length,
			race_cb *ended, void *argument)
{
	struct race *race = calloc(1, sizeof *race);

	if (!race)
		return NULL;
	race->base = base;
	lineup_add(&race->lineup, addresses, more_come);
	race->winner = -1;
	race->ended = ended;
	race->argument = argument;
	if (source_length > 0)
		memcpy(&race->source, source, source_length);
	race->source_length = source_length;
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		race->attempts[i] = (struct attempt){.race = race, .fd = -1};
	race->more = evtimer_new(base, more_cb, race);
	race->over = evtimer_new(base, over_cb, race);
	if (!race->more || !race->over) {
		race_free(race);
		return NULL;
	}
	go_on(race);
	return race;
}

/* The lineup has changed: somebody's turn may be now, or it may be over. */
static void look_again(struct race *race)
{
	if (race->under_way == 0 || !evtimer_pending(race->more, NULL))
		go_on(race);
}

void race_add(struct race *race, const struct addresslist *addresses, bool more_come)
{
	lineup_add(&race->lineup, addresses, more_come);
	look_again(race);
}

void race_settle(struct race *race, const struct addresslist *addresses)
{
	lineup_settle(&race->lineup, addresses);
	look_again(race);
}

bool race_stands(const struct race *race, struct race_result *result)
{
	if (race->winner >= 0 || race->under_way > 0)
		return false;
	*result = result_of(race);
	return true;
}

void race_free(struct race *race)
{
	if (!race)
		return;
	for (size_t i = 0; i < race->count; i++)
		attempt_end(&race->attempts[i]);
	if (race->winner >= 0)
		close(race->winner);
	loop_free_event(race->more);
	loop_free_event(race->over);
	free(race);
}
