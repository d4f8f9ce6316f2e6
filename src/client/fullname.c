/* fullname: the name that the machine's resolver asks for first when it looks up a host. */
#include <config.h>

#include "fullname.h"

#include <stdio.h>
#include <string.h>
#ifdef HAVE_RES_NINIT
#include <netinet/in.h>
#include <resolv.h>
#endif

static bool write_name(const char *host, const char *domain, char *name, size_t size)
{
	int length = snprintf(name, size, "%s%s%s", host, *domain ? "." : "", domain);

	if (length <= 0 || (size_t)length + 1 >= size)
		return false;
	if (name[length - 1] != '.')
		memcpy(name + length, ".", 2);
	return true;
}

#ifdef HAVE_RES_NINIT
bool fullname_of(const char *host, char *name, size_t size)
{
	struct __res_state state = {0};
	const char *domain = "";
	unsigned dots = 0;
	bool written;

	for (const char *at = host; *at; at++)
		dots += *at == '.';
	if (res_ninit(&state) != 0)
		return false;
	if (dots < state.ndots && host[strlen(host) - 1] != '.' && state.dnsrch[0])
		domain = state.dnsrch[0] + (state.dnsrch[0][0] == '.'); /* "." is the root */
	written = write_name(host, domain, name, size);
	res_nclose(&state);
	return written;
}
#else
/* Without a dot, a search domain may come first, and which is not to be learned. */
bool fullname_of(const char *host, char *name, size_t size)
{
	return strchr(host, '.') && write_name(host, "", name, size);
}
#endif
