/* SPDX-License-Identifier: ISC */
/* server: the event loop and all that lives on it: what starts, what stops, and when. */
#ifndef DAEMON_SERVE_SERVER_H
#define DAEMON_SERVE_SERVER_H

struct gate;
struct greeting;
struct options;
struct outlet;
struct server;

/*
 * Opens every socket and whatever serves them. The addresses will be written to `output`. All
 * arguments but the last must outlive the server. On failure returns NULL, logs why, and sets
 * *status to the exit code.
 */
struct server *server_open(const struct options *options, struct greeting *greeting,
			   struct gate *gate, const struct outlet *output, int *status);

/* How far a stop has come. */
enum server_state {
	SERVER_RUNNING,
	SERVER_LAME_DUCK, /* it still accepts and greets, but clients should go elsewhere */
	SERVER_DRAINING,  /* it accepts no more, and waits for the open connections to end */
};

enum server_state server_state(const struct server *server);

/*
 * Reports where it listens, and serves until told to stop; from now on nothing that it writes makes
 * it wait. Returns the exit code.
 */
int server_run(struct server *server);

void server_close(struct server *server);

#endif
