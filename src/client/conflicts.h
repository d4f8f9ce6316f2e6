/* SPDX-License-Identifier: ISC */
/* conflicts: which options contradict each other, or make no sense together. */
#ifndef CLIENT_CONFLICTS_H
#define CLIENT_CONFLICTS_H

struct options;

/* Returns what is wrong with the options as they were given; NULL: nothing. */
const char *conflicts_find(const struct options *options);

/* Returns why several servers cannot be asked at the same time; NULL: they can, or it is one. */
const char *conflicts_find_of_several(const struct options *options);

#endif
