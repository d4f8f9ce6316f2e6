/* lack: what the machine has run out of when a call fails, and what to do about it. */
#ifndef CLIENT_LACK_H
#define CLIENT_LACK_H

#include <stdbool.h>

/* True if an errno means want of descriptors or memory. */
bool lack_is(int reason);

/* What to do about an errno, to be put after its words: " (...)"; "" if nothing is known. */
const char *lack_advice(int reason);

#endif
