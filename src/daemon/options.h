/* SPDX-License-Identifier: ISC */
/* options: haild's settings, from its command line and environment. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/cli.h"
#include "base/prefixpair.h"
#include "base/rate.h"

struct account;
struct endpoint;
struct inherited;

/* A greeting's greatest size, in bytes. */
#define OPTIONS_GREETING_MAX ((size_t)1024 * 1024)

/* The most bytes of an answer to a datagram (RFC 865). */
#define OPTIONS_ANSWER_MAX ((size_t)512)

/* How often a source is answered by datagram if the options do not say. */
#define OPTIONS_DATAGRAM_RATE "100/1s"

struct options {
	struct endpoint *endpoints; /* where to listen; every one has its port */
	size_t endpoint_count;
	struct endpoint *proxies; /* where balancers connect; every one has its port */
	size_t proxy_count;
	struct endpoint *metrics; /* where to answer HTTP; every one has its port */
	size_t metrics_count;
	const char *message;	  /* the greeting; NULL: it is in the file */
	const char *message_file; /* or NULL */
	bool expand;		  /* expand escapes and placeholders in the greeting */
	const char *instance;	  /* the value of {instance}; NULL: the host's name */
	uint64_t count;		  /* connections to accept, refused ones, too; 0: no end */
	uint64_t max_connections; /* open at once; 0: what the descriptor limit allows */
	uint64_t backlog;
	uint64_t timeout, idle, drain, lame_duck; /* ms */
	bool udp, reuse_port, quiet, check;
	bool no_sandbox; /* seccomp and Landlock are left out */
	bool log_json, log_time;
	struct cli_list proxy_from; /* networks whose PROXY headers are believed; none: the usual */
	struct cli_list allow, deny; /* networks that may come, or may not */
	struct cli_list deny_files;  /* of more that may not */
	const char *refusal;	     /* what those are told who are not admitted; or NULL */
	uint64_t max_per_source;     /* connections open at once; 0: no limit */
	struct rate rate_per_source, datagram_rate; /* count 0: no limit */
	struct prefixpair source_prefix;	    /* what makes clients one source */
	struct cli_mode socket_mode; /* of UNIX sockets; not given: as the umask has it */
	const char *user;	     /* whom to change to, USER or USER:GROUP; NULL: nobody */
	bool core_dumps;	     /* debuggers, too, may look into the process */
	uint64_t verbose;	     /* how often -v was given */

	bool listens_by_default;       /* nobody has said where */
	const struct account *account; /* main's: who `user` is; or NULL */
	struct inherited *inherited; /* main's: what a service manager has passed; NULL: nothing */

	/* As given, not parsed yet. */
	struct cli_list listen, proxies_given, metrics_given;
	const char *port, *rate_given, *prefixes_given;
	const char *listen_source, *port_source; /* where they were given, for errors */
	char *listen_words;			 /* HAILD_LISTEN, split */
};

/*
 * Reads command line and environment into `options`; free it with options_free() whatever the
 * outcome. One line on standard error says what is wrong.
 */
enum cli_outcome options_read(struct options *options, int argc, char **argv) MUST_CHECK;

void options_free(struct options *options);

#endif
