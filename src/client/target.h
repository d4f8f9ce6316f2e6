/* SPDX-License-Identifier: ISC */
/* target: the server to ask, as a person or script writes it. */
#ifndef CLIENT_TARGET_H
#define CLIENT_TARGET_H

#include <stdbool.h>

#include "base/attributes.h"

struct endpoint;

/* Reads HOST, HOST:PORT, [V6]:PORT or unix:PATH. Returns NULL, or why it is none of them. */
const char *target_parse(const char *text, struct endpoint *target) MUST_CHECK;

/* True if the target still needs a port: it has none, and is no path. */
bool target_needs_port(const struct endpoint *target);

/* Reads the target's port, 1 to 65535 or a service's name. Returns NULL, or why it is neither. */
const char *target_set_port(struct endpoint *target, const char *text) MUST_CHECK;

/* Gives a target that needs a port the default one. */
void target_set_default_port(struct endpoint *target);

#endif
