/* SPDX-License-Identifier: ISC */
/* lack: what the machine has run out of when a call fails, and what to do about it. */
#ifndef CLIENT_LACK_H
#define CLIENT_LACK_H

#include <stdbool.h>

/* True if an errno means a lack of descriptors or memory. */
bool lack_is(int reason);

/* Returns advice on an errno, as " (...)", to follow its words; "" if there is none. */
const char *lack_advice(int reason);

#endif
