/* hostsfile: whether the hosts file knows a name. */
#ifndef CLIENT_HOSTSFILE_H
#define CLIENT_HOSTSFILE_H

#include <stdbool.h>

/* True if a line of /etc/hosts names `host`, whatever the family of its address. */
bool hostsfile_knows(const char *host);

#endif
