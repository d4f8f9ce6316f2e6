/* SPDX-License-Identifier: ISC */
/*
 * connection: all connections, and the life of each: open, read to the end of
 * stream, close.
 *
 * Whatever goes wrong on one is told in one line, and the run has failed.
 */
#ifndef LOAD_CONNECTION_H
#define LOAD_CONNECTION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/attributes.h"
#include "greeting.h"
#include "source.h"

struct options;

struct connection {
	uint64_t number;      /* in the order of opening, from 1 */
	uint64_t intended_ns; /* when it was to begin: the open loop's */
	size_t received;      /* bytes, all of them right */
	bool is_held;	      /* hold's: it has come to where it is to stay */
	bool has_said;	      /* the header, if there is one */
	struct sockaddr_in source;
};

/* How many events are taken at once; and how many bytes, which stay in the core's cache. */
enum { CONNECTION_EVENTS = 256, CONNECTION_BYTES = 64 * 1024 };

struct connections {
	/*
	 * By descriptor: the kernel gives the lowest one that is free, so that
	 * its table is ours as well, and nothing is looked for or allocated.
	 */
	struct connection *table;
	size_t room;
	int epoll;
	struct sockaddr_in server;
	struct source source;
	struct greeting greeting;
	struct greeting
		own; /* that of one client, made anew for each; no bytes: all hear the same */
	struct greeting header; /* which each sends first; empty: none does */
	int receive_buffer;	/* 0: the kernel's choice */
	uint64_t opened;	/* ever */
	uint64_t in_flight;	/* open now */
	struct epoll_event events[CONNECTION_EVENTS];
	char bytes[CONNECTION_BYTES];
};

enum connection_state { CONNECTION_OPEN, CONNECTION_ENDED, CONNECTION_FAILED };

/* Makes room for as many connections as there may be descriptors; NULL, and told, if it can't. */
struct connections *connections_new(const struct options *options);

/* Closes what is open, and frees all. */
void connections_free(struct connections *all);

/*
 * Waits up to `timeout` ms for what happens, edge-triggered. With -1, patience has an end
 * as well, and that is a failure. Returns the count of all->events, or -1, told.
 */
int connections_wait(struct connections *all, int timeout) MUST_CHECK;

/* Begins one more; its descriptor, or -1, told. */
int connection_open(struct connections *all) MUST_CHECK;

/* Looks whether the connection is lost, which is told; reads nothing. */
enum connection_state connection_look(struct connections *all,
				      const struct epoll_event *event) MUST_CHECK;

/* Reads what has come, as the event says, and compares it. A failure is told. */
enum connection_state connection_read(struct connections *all,
				      const struct epoll_event *event) MUST_CHECK;

void connection_close(struct connections *all, int fd);

#endif
