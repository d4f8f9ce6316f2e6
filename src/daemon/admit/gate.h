/* SPDX-License-Identifier: ISC */
/*
 * gate: who is let in: whose PROXY headers are believed, which networks may come, how often, and
 * with how many connections at a time.
 *
 * A client at a UNIX socket is always let in: that is what the rights of its file are for.
 */
#ifndef DAEMON_ADMIT_GATE_H
#define DAEMON_ADMIT_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "verdict.h"

struct gate;
struct options;
struct sockaddr;

/*
 * Makes it as the options want it, and reads the files that deny networks. `has_datagrams`:
 * datagrams are answered, too. The options must outlive it. NULL: no memory or an invalid file;
 * logged, and `status` is the exit code.
 */
struct gate *gate_new(const struct options *options, bool has_datagrams, int *status) MUST_CHECK;

/* True if files deny networks, which can be read again. */
bool gate_has_files(const struct gate *gate);

/* False if a file has changed a moment ago, and may still be being written to. */
bool gate_is_settled(const struct gate *gate);

/*
 * Reads the files again. If one is invalid, which is logged, all stays as it was. Returns false
 * then.
 */
bool gate_reload(struct gate *gate);

/* True if a PROXY header from this address is believed. */
bool gate_trusts(const struct gate *gate, const struct sockaddr *address);

/* True if anything limits who may connect: otherwise gate_enter() lets all in. */
bool gate_has_limits(const struct gate *gate);

/*
 * Judges a client that has connected from this address. If it is admitted and has a source, call
 * gate_leave() at its end.
 */
struct admission gate_enter(struct gate *gate, const struct sockaddr *address) MUST_CHECK;

/*
 * Judges a client again that was VERDICT_TOO_MANY, after connections of its source may have ended.
 * It has not come more often for that.
 */
struct admission gate_enter_again(struct gate *gate, const struct sockaddr *address) MUST_CHECK;

/* The connection of that source has ended. Its type is that of a callback; `gate` is the gate. */
void gate_leave(struct source *source, void *gate);

/* Judges a client that has sent a datagram from this address. */
enum verdict gate_judge_datagram(struct gate *gate, const struct sockaddr *address) MUST_CHECK;

/* Returns what the log calls a client that is not admitted. */
const char *gate_describe(enum verdict verdict);

/* NULL is allowed. */
void gate_free(struct gate *gate);

#endif
