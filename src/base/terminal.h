/* SPDX-License-Identifier: ISC */
/* terminal: whether a descriptor may be a terminal. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>

/* True unless `fd` is certainly not a terminal: in doubt, send it no raw bytes. Keeps errno. */
bool terminal_is_possible(int fd);

/* Returns how many columns the terminal `fd` has; 80 if it does not say. */
unsigned terminal_width(int fd);

#endif
