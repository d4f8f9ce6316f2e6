/* server: the event loop with all that lives on it: who starts, who stops, and when. */
#ifndef DAEMON_SERVE_SERVER_H
#define DAEMON_SERVE_SERVER_H

struct greeting;
struct options;
struct outlet;
struct server;

/*
 * Opens every socket and whatever serves them. The output is where the addresses
 * will be told. All arguments but the last must outlive the server. NULL, told, and
 * *status set to the exit code, if that can't be done.
 */
struct server *server_open(const struct options *options, struct greeting *greeting,
			   const struct outlet *output, int *status);

/*
 * Tells where it listens, and serves until it is told to stop; nothing it writes
 * holds it up from now on. Returns the exit code.
 */
int server_run(struct server *server);

void server_close(struct server *server);

#endif
