/* greeting: the bytes that everyone is sent, from the command line or a file. */
#ifndef DAEMON_GREETING_H
#define DAEMON_GREETING_H

#include <stddef.h>

struct greeting;
struct options;

/* Reads the greeting that the options name. NULL, and told, if it can't be had. */
struct greeting *greeting_new(const struct options *options);

void greeting_free(struct greeting *greeting);

/* The bytes, valid as long as the greeting, and how many they are. */
const void *greeting_bytes(const struct greeting *greeting);
size_t greeting_size(const struct greeting *greeting);

#endif
