/* SPDX-License-Identifier: ISC */
/* target: what whoever is to be asked must be, once he is understood. */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include "base/endpoint.h"
#include "fuzz.h"

/* Checks that it is a path, or a host with a port that can be connected to. */
static inline void check_target(const struct endpoint *target)
{
	FUZZ_CHECK(target->kind != ENDPOINT_ANY && target->host[0] != '\0');
	FUZZ_CHECK((target->kind == ENDPOINT_HOST) == (target->port > 0));
	FUZZ_CHECK((target->kind == ENDPOINT_HOST) == target->has_port);
}

#endif
