/* SPDX-License-Identifier: ISC */
/* prompt: asks the user for the server's address and port. */
#ifndef CLIENT_PROMPT_H
#define CLIENT_PROMPT_H

#include <stdbool.h>

#include "base/attributes.h"

struct endpoint;

/*
 * Asks on stderr for address and port, and reads the answers from stdin, without the blanks around
 * them. An empty one means localhost, or AGREED_PORT. False, and logged, if there is no answer or
 * it makes no sense.
 */
bool prompt_target(struct endpoint *target) MUST_CHECK;

#endif
