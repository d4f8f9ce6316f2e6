/* SPDX-License-Identifier: ISC */
/* capabilities: Linux' pieces of root's rights; elsewhere there are none. */
#include <config.h>

#include "capabilities.h"

#if HAVE_DECL_SYS_CAPSET && HAVE_DECL_PR_CAPBSET_DROP

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Ends at the first that the kernel does not know; without the right to do so, at the first. */
void capabilities_bound(void)
{
	unsigned long capability = 0;

	while (prctl(PR_CAPBSET_DROP, capability, 0UL, 0UL, 0UL) == 0)
		capability++;
}

/* What is ambient goes with what is inheritable. */
bool capabilities_drop(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	return syscall(SYS_capset, &header, none) == 0;
}

bool capabilities_are_none(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, sets) < 0)
		return false;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		if ((sets[i].effective | sets[i].permitted | sets[i].inheritable) != 0)
			return false;
	return true;
}

#else

void capabilities_bound(void)
{
}

bool capabilities_drop(void)
{
	return true;
}

bool capabilities_are_none(void)
{
	return true;
}

#endif
