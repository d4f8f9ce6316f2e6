/* prompt: asks the user whom to ask. */
#ifndef CLIENT_PROMPT_H
#define CLIENT_PROMPT_H

#include <stdbool.h>

#include "base/attributes.h"

struct endpoint;

/*
 * Asks on stderr for address and port and reads the answers from stdin, without the
 * blanks around them; an empty one means localhost, or 12345. False, and told in one line, if there
 * is no answer or it makes no sense.
 */
bool prompt_target(struct endpoint *target) MUST_CHECK;

#endif
