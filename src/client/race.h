/* SPDX-License-Identifier: ISC */
/* race: tries a list of addresses by connecting: the first one connected wins. */
#ifndef CLIENT_RACE_H
#define CLIENT_RACE_H

#include "attempts.h"

/* Starts to connect. NULL: no memory. Otherwise as attempts.h says. */
struct attempts *race_start(struct event_base *base, const struct attempts_request *request,
			    attempts_cb *ended, void *argument) MUST_CHECK;

#endif
