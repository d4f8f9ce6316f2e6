/* SPDX-License-Identifier: ISC */
/* reload: what is read again while haild serves: the greeting, and the networks that may come. */
#include "reload.h"

#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/loop.h"
#include "daemon/admit/gate.h"
#include "daemon/say/greeting.h"

/* How long a file of networks may go on changing after a signal, and how often it is looked at. */
enum { PATIENCE_MS = 1000, AGAIN_MS = 50 };

struct reload {
	struct greeting *greeting;
	struct gate *gate;
	reload_changed_cb *begun, *ended;
	void *argument;
	struct event *again; /* when to look at the files of networks */
	uint64_t until_ms;   /* clock_ms(); then they are read as they are */
	bool awaits_greeting, awaits_networks;
	bool has_failed;
};

/* A part is done: is that all? */
static void end_part(struct reload *reload, bool is_good)
{
	if (!is_good)
		reload->has_failed = true;
	if (!reload->awaits_greeting && !reload->awaits_networks)
		reload->ended(reload->argument);
}

static void greeting_read_cb(bool is_read, void *argument)
{
	struct reload *reload = argument;

	reload->awaits_greeting = false;
	end_part(reload, is_read);
}

/* Reads the networks, once nobody seems to be writing to their files. */
static void read_networks(struct reload *reload)
{
	bool is_read;

	if (!gate_is_settled(reload->gate) && clock_ms() < reload->until_ms &&
	    loop_add_timer(reload->again, AGAIN_MS))
		return;
	is_read = gate_reload(reload->gate);
	reload->awaits_networks = false;
	end_part(reload, is_read);
}

static void again_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	read_networks(argument);
}

struct reload *reload_new(struct event_base *base, struct greeting *greeting, struct gate *gate,
			  reload_changed_cb *begun, reload_changed_cb *ended, void *argument)
{
	struct reload *reload = calloc(1, sizeof *reload);

	if (!reload)
		return NULL;
	reload->greeting = greeting;
	reload->gate = gate;
	reload->begun = begun;
	reload->ended = ended;
	reload->argument = argument;
	reload->again = evtimer_new(base, again_cb, reload);
	if (!reload->again) {
		free(reload);
		return NULL;
	}
	greeting_watch_reloads(greeting, greeting_read_cb, reload);
	return reload;
}

void reload_begin(struct reload *reload)
{
	bool has_files = gate_has_files(reload->gate);

	reload->begun(reload->argument);
	reload->has_failed = false;
	reload->awaits_networks = has_files;
	reload->awaits_greeting = greeting_is_from_file(reload->greeting) || !has_files;
	if (reload->awaits_greeting)
		greeting_reload(reload->greeting);
	reload->until_ms = clock_ms() + PATIENCE_MS;
	if (reload->awaits_networks)
		read_networks(reload);
}

bool reload_has_failed(const struct reload *reload)
{
	return reload->has_failed;
}

void reload_free(struct reload *reload)
{
	if (!reload)
		return;
	loop_free_event(reload->again);
	free(reload);
}
