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

#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/socket.h"

/* Any socket will do to ask through; -1: none is kept. */
static int asked = -1;

void zone_prepare(void)
{
	if (asked < 0)
		asked = socket_open(AF_UNIX, SOCK_DGRAM);
}

void zone_close(void)
{
	if (asked >= 0)
		close(asked);
	asked = -1;
}

char *zone_name(unsigned number, char name[ZONE_NAME_MAX])
{
	struct ifreq request = {.ifr_ifindex = (int)number};

	if (asked < 0)
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
