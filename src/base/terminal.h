/* terminal: whether a descriptor may be one. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>

/* True unless `fd` is certainly no terminal: who doubts must not send it raw bytes. Keeps errno. */
bool terminal_is_possible(int fd);

#endif
