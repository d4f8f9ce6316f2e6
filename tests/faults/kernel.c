/* SPDX-License-Identifier: ISC */
/*
 * kernel: to be preloaded: makes the kernel lack a part of what haild's sandbox is made of.
 *
 * KERNEL_LACKS    "landlock", "seccomp", or both words: the kernel says that it has none
 * KERNEL_REFUSES  the name of a call that fails with EPERM: landlock_create_ruleset (not the
 *                 question for its version), landlock_add_rule, landlock_restrict_self or seccomp
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

long syscall(long number, ...);
unsigned seccomp_api_get(void);
int seccomp_load(void *filter);

/* True if a variable has that word. */
static bool has(const char *variable, const char *word)
{
	const char *value = getenv(variable);

	return value && strstr(value, word);
}

/* Returns the errno with which a call fails here; 0: none. */
static int find_failure(long number, long first)
{
	bool is_question = first == 0;

	if (number == SYS_landlock_create_ruleset && is_question)
		return has("KERNEL_LACKS", "landlock") ? EOPNOTSUPP : 0;
	if ((number == SYS_landlock_create_ruleset &&
	     has("KERNEL_REFUSES", "landlock_create_ruleset")) ||
	    (number == SYS_landlock_add_rule && has("KERNEL_REFUSES", "landlock_add_rule")) ||
	    (number == SYS_landlock_restrict_self &&
	     has("KERNEL_REFUSES", "landlock_restrict_self")))
		return EPERM;
	return 0;
}

/* Takes the place of the C library's. No call of haild has more than four arguments here. */
long syscall(long number, ...)
{
	long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long given[4];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 4; i++)
		given[i] = va_arg(arguments, long);
	va_end(arguments);
	errno = find_failure(number, given[0]);
	return errno != 0 ? -1 : real(number, given[0], given[1], given[2], given[3]);
}

/* Takes the place of libseccomp's. */
unsigned seccomp_api_get(void)
{
	unsigned (*real)(void) = (unsigned (*)(void))dlsym(RTLD_NEXT, "seccomp_api_get");

	return has("KERNEL_LACKS", "seccomp") ? 0 : real();
}

int seccomp_load(void *filter)
{
	int (*real)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "seccomp_load");

	return has("KERNEL_REFUSES", "seccomp") ? -EPERM : real(filter);
}
