/* SPDX-License-Identifier: ISC */
/* proxies: clients that a proxy has passed on, who are greeted as its header names them. */
#include "proxies.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/address.h"
#include "base/log.h"
#include "base/number.h"
#include "door.h"
#include "episode.h"
#include "daemon/options.h"
#include "hearing.h"
#include "proxyheader.h"
#include "session.h"
#include "daemon/say/ends.h"
#include "daemon/tell/journal.h"
#include "daemon/tell/stats.h"

struct proxies {
	struct hearing hearing;
	struct door *door;
	struct stats *stats;
	uint64_t wait_ms;		   /* for a header */
	uint64_t bad_until, missing_until; /* the end of each episode */
};

/* Fills in the address of the proxy. False, and there is none: it has reset the connection. */
static bool find_proxy(const struct session *session, struct address *proxy)
{
	*proxy = (struct address){.length = sizeof proxy->room};
	if (getpeername(session_socket(session), &proxy->any, &proxy->length) == 0)
		return true;
	proxy->length = 0;
	return false;
}

/* Returns the text of an address, or "-" for none. */
static const char *show(const struct address *address, char text[ADDRESS_TEXT_MAX])
{
	return address->length > 0 ? address_format(address, text, ADDRESS_TEXT_MAX) : "-";
}

/* Logs, once for many, that a header was malformed. */
static void tell_bad(struct proxies *proxies, const struct session *session, const char *why)
{
	struct address proxy;
	char text[ADDRESS_TEXT_MAX];

	if (!episode_begins(&proxies->bad_until))
		return;
	(void)find_proxy(session, &proxy);
	log_warning("%s: bad PROXY header: %s; closed (more are only counted, as header_bad)",
		    show(&proxy, text), why);
}

/* Who has come: the ends of its connection as the header has them, and the proxy. */
struct guest {
	struct address peer, local, proxy;
};

/* A client's end of the connection is that of the header; a proxy's own connection has none. */
static void read_ends(const struct proxyclaim *claim, struct guest *guest)
{
	if (!proxyclaim_peer(claim, &guest->peer))
		guest->peer.length = 0;
	if (!proxyclaim_destination(claim, &guest->local))
		guest->local.length = 0;
}

/* True if the client is let in. */
static bool let_in(struct proxies *proxies, struct session *session, const struct address *client)
{
	struct admission admission;

	if (!door_is_guarded(proxies->door))
		return true;
	admission = door_admit(proxies->door, &client->any, client->length);
	if (admission.verdict != VERDICT_ADMITTED)
		return false;
	session_note_source(session, admission.source);
	return true;
}

/*
 * Parts from a client that is not let in: with the refusal, if there is one. Without memory for its
 * name it is closed all the same, since it is counted already.
 */
static bool refuse(const struct proxies *proxies, struct session *session,
		   const struct address *client)
{
	char peer[ADDRESS_TEXT_MAX];
	bool is_named = !journal_has_ends() ||
			session_rename(session, address_format(client, peer, sizeof peer));
	struct bufferevent *refusal = is_named ? door_make_refusal(proxies->door) : NULL;

	if (refusal)
		return session_refuse(session, refusal);
	session_close(session, ENDING_REFUSED);
	return true;
}

/* Counts and logs a client that the header names. */
static void tell(const struct proxies *proxies, const struct session *session,
		 const struct guest *guest, bool is_local, char peer[ADDRESS_TEXT_MAX])
{
	bool is_named = guest->peer.length > 0;

	if (is_named)
		proxies->stats->proxied++;
	else
		proxies->stats->proxied_local++;
	/* Health checks are many, and no news. */
	if (is_local ? journal_has_ends() : journal_has_connections())
		journal_passed_on(session_socket(session), is_named ? &guest->peer : &guest->proxy,
				  &guest->proxy, is_local, peer);
}

static struct end end_at(const struct address *address)
{
	return (struct end){&address->any, address->length};
}

/* Greets whom the header names, or if that is nobody, the proxy. False: no memory. */
static bool greet(struct proxies *proxies, struct session *session, const struct proxyclaim *claim)
{
	char peer[ADDRESS_TEXT_MAX];
	struct guest guest;

	if (!find_proxy(session, &guest.proxy)) { /* as HAProxy's plain checks do */
		session_close(session, ENDING_RESET_PRELUDE);
		return true;
	}
	read_ends(claim, &guest);
	if (guest.peer.length > 0 && !let_in(proxies, session, &guest.peer)) {
		proxies->stats->proxied++;
		return refuse(proxies, session, &guest.peer);
	}
	tell(proxies, session, &guest, claim->is_local, peer);
	if (journal_has_ends() && !session_rename(session, peer))
		return false;
	return session_greet_heard(session, &(struct ends){.peer = end_at(&guest.peer),
							   .local = end_at(&guest.local),
							   .proxy = end_at(&guest.proxy)});
}

static bool heard_cb(struct session *session, enum prelude_verdict verdict, const void *parser,
		     void *argument)
{
	struct proxies *proxies = argument;
	const struct proxyheader *header = parser;
	const char *why = header->claim.why;

	if (verdict == PRELUDE_WHOLE)
		return greet(proxies, session, &header->claim);
	tell_bad(proxies, session, why ? why : "it is too long");
	session_close(session, ENDING_BAD_PRELUDE);
	return true;
}

/* Logs, once for many, that a header did not come in time. Who leaves before is a check. */
static void missed_cb(const struct session *session, enum ending ending, void *argument)
{
	struct proxies *proxies = argument;
	struct address proxy;
	char text[ADDRESS_TEXT_MAX], time[NUMBER_TIME_MAX];

	if (ending != ENDING_TIMED_OUT_PRELUDE || !episode_begins(&proxies->missing_until))
		return;
	(void)find_proxy(session, &proxy);
	log_warning("%s: no PROXY header within %s; closed. HAProxy needs send-proxy, also in "
		    "'tcp-check connect'; a network load balancer of AWS sends it only after the "
		    "client has spoken (more are only counted, as header_missing)",
		    show(&proxy, text), number_format_time(time, proxies->wait_ms));
}

struct proxies *proxies_new(const struct options *options, struct door *door, struct stats *stats)
{
	struct proxies *proxies = calloc(1, sizeof *proxies);

	if (!proxies)
		return NULL;
	proxies->door = door;
	proxies->stats = stats;
	proxies->wait_ms = options->timeout < proxyheader_kind.ms ? options->timeout
								  : proxyheader_kind.ms;
	proxies->hearing = (struct hearing){
		.prelude = &proxyheader_kind,
		.heard = heard_cb,
		.missed = missed_cb,
		.argument = proxies,
		.role = "proxy",
	};
	return proxies;
}

const struct hearing *proxies_hearing(const struct proxies *proxies)
{
	return &proxies->hearing;
}

void proxies_free(struct proxies *proxies)
{
	free(proxies);
}
