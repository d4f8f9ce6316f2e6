/* SPDX-License-Identifier: ISC */
/* zone: the name of a network interface, as it follows the % of a link-local address. */
#include <config.h>

#include "base/zone.h"

#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

/* POSIX has one way to ask for a name, which opens a socket for each question. */
static char *ask_anew(unsigned number, char name[ZONE_NAME_MAX])
{
	char found[IF_NAMESIZE];

	if (!if_indextoname(number, found))
		return NULL;
	snprintf(name, ZONE_NAME_MAX, "%s", found);
	return name;
}

#if HAVE_DECL_SIOCGIFNAME

#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/socket.h"

/* Any socket will do to ask through; -1: none is kept. */
static int asked = -1;

/* True: nothing is opened any more. */
static bool is_prepared;

/* A service manager may forbid some families. */
void zone_prepare(void)
{
	static const int families[] = {AF_UNIX, AF_INET6, AF_INET};

	for (size_t i = 0; asked < 0 && i < sizeof families / sizeof *families; i++)
		asked = socket_open(families[i], SOCK_DGRAM);
	is_prepared = true;
}

void zone_close(void)
{
	if (asked >= 0)
		close(asked);
	asked = -1;
	is_prepared = false;
}

char *zone_name(unsigned number, char name[ZONE_NAME_MAX])
{
	struct ifreq request = {.ifr_ifindex = (int)number};

	if (!is_prepared)
		return ask_anew(number, name);
	if (ioctl(asked, SIOCGIFNAME, &request) < 0)
		return NULL;
	snprintf(name, ZONE_NAME_MAX, "%.*s", (int)sizeof request.ifr_name, request.ifr_name);
	return name;
}

#else

void zone_prepare(void)
{
}

void zone_close(void)
{
}

char *zone_name(unsigned number, char name[ZONE_NAME_MAX])
{
	return ask_anew(number, name);
}

#endif
