/* ask: asks a list of addresses by datagram, and takes the first answer. */
#include "ask.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "base/log.h"
#include "base/loop.h"
#include "lineup.h"
#include "outgoing.h"

/* How often one address is asked, and after how long again at the latest: datagrams get lost. */
enum { TRIES = 3, AGAIN_MS = 1000 };

/* When the next address is asked, too, as for connections (RFC 8305, 5). */
enum { NEXT_ADDRESS_MS = 250 };

/* More are never told: a lineup is cut, is added to once for each family, and settled once. */
enum { QUESTIONS_MAX = 3 * ADDRESSLIST_MAX };

/* The asking of one address. */
struct question {
	struct ask *ask;
	struct sockaddr_storage address;
	socklen_t length;
	int fd; /* connected: only its answers come, and that it refuses */
	struct event *news;
	unsigned tries;
};

struct ask {
	struct event_base *base;
	struct ask_request request;
	struct lineup lineup;
	struct sockaddr_storage source;
	char *bytes; /* that are sent */
	ask_cb *answered;
	void *argument;
	struct question questions[QUESTIONS_MAX];
	size_t count; /* of questions asked */
	size_t waiting;
	struct timeval again;
	struct event *more; /* time for the next address; pending: not yet */
	struct event *over; /* calls back from the loop, never from ask_start() */
	bool is_over;
	struct ask_result result;
};

static const struct sockaddr *address_of(const struct question *question)
{
	return (const struct sockaddr *)&question->address;
}

static const struct sockaddr *source_of(const struct ask *ask)
{
	return (const struct sockaddr *)&ask->source;
}

/* Waits for an answer no longer. */
static void question_end(struct question *question)
{
	if (question->news) {
		event_free(question->news);
		question->news = NULL;
		question->ask->waiting--;
	}
	if (question->fd >= 0)
		close(question->fd);
	question->fd = -1;
}

/* Notes what is to be told of an address. */
static void note(struct ask *ask, const struct question *question, int reason, size_t length)
{
	ask->result = (struct ask_result){
		.reason = reason,
		.length = length,
		.address = address_of(question),
		.address_length = question->length,
	};
}

static void log_failure(const struct question *question, int reason)
{
	char text[ADDRESS_TEXT_MAX], words[160];

	if (!log_shows(LOG_LEVEL_DEBUG))
		return;
	log_debug("ask: %s: %s",
		  address_format(address_of(question), question->length, text, sizeof text),
		  outgoing_describe(reason, address_of(question), source_of(question->ask), words,
				    sizeof words));
}

static void question_failed(struct question *question, int reason)
{
	struct ask *ask = question->ask;

	reason = outgoing_reason(reason, address_of(question), question->length, source_of(ask),
				 ask->request.source_length);
	log_failure(question, reason);
	if (!ask->result.address ||
	    (outgoing_is_telling(reason) && !outgoing_is_telling(ask->result.reason)))
		note(ask, question, reason, 0);
	question_end(question);
}

static void end(struct ask *ask)
{
	ask->is_over = true;
	evtimer_del(ask->more);
	for (size_t i = 0; i < ask->count; i++)
		question_end(&ask->questions[i]);
	event_active(ask->over, EV_TIMEOUT, 0);
}

/* Sends the request once more. False, errno set, if the address can't be asked. */
static bool question_send(struct question *question)
{
	const struct ask *ask = question->ask;

	question->tries++;
	return send(question->fd, ask->bytes, ask->request.size, 0) >= 0 || errno == EAGAIN ||
	       errno == EWOULDBLOCK || errno == ENOBUFS || errno == EINTR;
}

static void go_on(struct ask *ask);

/* Takes the answer, or the news that there will be none; false if there is neither. */
static bool question_look(struct question *question)
{
	struct ask *ask = question->ask;
	ssize_t n = recv(question->fd, ask->request.answer, ask->request.room, 0);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return false;
	if (n < 0) {
		question_failed(question, errno);
	} else {
		note(ask, question, 0, (size_t)n);
		end(ask);
	}
	return true;
}

/* There is news, or it is time to ask again: not before a look, for we may have been stopped. */
static void news_cb(evutil_socket_t fd, short what, void *argument)
{
	struct question *question = argument;

	(void)fd;
	if (!question_look(question) && what & EV_TIMEOUT && question->tries < TRIES &&
	    !question_send(question))
		question_failed(question, errno);
	if (!question->news)
		go_on(question->ask);
}

/* Gets a socket to ask an address with; false, errno set, if it can't be asked. */
static bool question_connect(struct question *question)
{
	const struct ask *ask = question->ask;

	question->fd = outgoing_open(address_of(question)->sa_family, SOCK_DGRAM, source_of(ask),
				     ask->request.source_length);
	if (question->fd < 0 || connect(question->fd, address_of(question), question->length) < 0)
		return false;
	errno = ECONNREFUSED;
	return !outgoing_is_own_peer(question->fd);
}

/* Asks an address the first time. */
static void question_start(struct question *question)
{
	struct ask *ask = question->ask;

	if (!question_connect(question) || !question_send(question)) {
		question_failed(question, errno);
		return;
	}
	question->news = event_new(ask->base, question->fd, EV_READ | EV_PERSIST, news_cb,
				   question);
	if (question->news)
		ask->waiting++;
	if (!question->news || event_add(question->news, &ask->again) < 0)
		question_failed(question, ENOMEM);
}

/* Asks the address whose turn it is; false if there is none now. */
static bool question_next(struct ask *ask)
{
	struct question *question = &ask->questions[ask->count];

	/* Only one socket at a time has the port that is wanted: the next waits for a failure. */
	if ((ask->waiting > 0 && address_port(source_of(ask)) != 0) ||
	    ask->count == QUESTIONS_MAX ||
	    !lineup_take(&ask->lineup, &question->address, &question->length))
		return false;
	ask->count++;
	question_start(question);
	return true;
}

/* Asks the next address, those after it that fail at once included; ends what is lost. */
static void go_on(struct ask *ask)
{
	size_t before = ask->waiting;

	if (ask->is_over)
		return;
	while (ask->waiting == before && question_next(ask))
		;
	if (ask->waiting > before)
		loop_add_timer(ask->more, NEXT_ADDRESS_MS);
	else if (ask->waiting == 0 && lineup_is_over(&ask->lineup))
		end(ask);
}

/* It is time for the next address, unless there has been news of one while we were stopped. */
static void more_cb(evutil_socket_t fd, short what, void *argument)
{
	struct ask *ask = argument;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < ask->count && !ask->is_over; i++)
		if (ask->questions[i].news)
			question_look(&ask->questions[i]);
	go_on(ask);
}

/* Hands the result over; the callback may free all. */
static void over_cb(evutil_socket_t fd, short what, void *argument)
{
	struct ask *ask = argument;

	(void)fd;
	(void)what;
	ask->answered(&ask->result, ask->argument);
}

/* Copies what is asked, and makes the bytes to ask with: blanks, which nobody needs to escape. */
static bool prepare(struct ask *ask, const struct ask_request *request)
{
	uint64_t again = request->patience / TRIES < AGAIN_MS ? request->patience / TRIES
							      : AGAIN_MS;

	ask->request = *request;
	lineup_add(&ask->lineup, request->addresses, request->more_come);
	if (request->source_length > 0)
		memcpy(&ask->source, request->source, request->source_length);
	ask->again = (struct timeval){.tv_sec = (time_t)(again / 1000),
				      .tv_usec = (suseconds_t)(again % 1000 * 1000)};
	for (size_t i = 0; i < QUESTIONS_MAX; i++)
		ask->questions[i] = (struct question){.ask = ask, .fd = -1};
	ask->bytes = malloc(request->size);
	if (ask->bytes)
		memset(ask->bytes, ' ', request->size);
	return ask->bytes != NULL;
}

struct ask *ask_start(struct event_base *base, const struct ask_request *request, ask_cb *answered,
		      void *argument)
{
	struct ask *ask = calloc(1, sizeof *ask);

	if (!ask)
		return NULL;
	ask->base = base;
	ask->answered = answered;
	ask->argument = argument;
	ask->more = evtimer_new(base, more_cb, ask);
	ask->over = evtimer_new(base, over_cb, ask);
	if (!prepare(ask, request) || !ask->more || !ask->over) {
		ask_free(ask);
		return NULL;
	}
	go_on(ask);
	return ask;
}

/* The lineup has changed: somebody's turn may be now, or it may be over. */
static void look_again(struct ask *ask)
{
	if (ask->waiting == 0 || !evtimer_pending(ask->more, NULL))
		go_on(ask);
}

void ask_add(struct ask *ask, const struct addresslist *addresses, bool more_come)
{
	lineup_add(&ask->lineup, addresses, more_come);
	look_again(ask);
}

void ask_settle(struct ask *ask, const struct addresslist *addresses)
{
	lineup_settle(&ask->lineup, addresses);
	look_again(ask);
}

bool ask_stands(const struct ask *ask, struct ask_result *result)
{
	if (ask->waiting > 0 || !ask->result.reason)
		return false;
	*result = ask->result;
	return true;
}

void ask_free(struct ask *ask)
{
	if (!ask)
		return;
	for (size_t i = 0; i < ask->count; i++)
		question_end(&ask->questions[i]);
	loop_free_event(ask->more);
	loop_free_event(ask->over);
	free(ask->bytes);
	free(ask);
}
