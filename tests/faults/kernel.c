/* SPDX-License-Identifier: ISC */
/*
 * kernel: to be preloaded: makes the kernel lack a part of what haild's sandbox is made of, or of
 * how it sends a long greeting.
 *
 * KERNEL_LACKS    "landlock", "seccomp", or both words: the kernel says that it has none
 * KERNEL_REFUSES  the name of a call that fails with EPERM: landlock_create_ruleset (not the
 *                 question for its version), landlock_add_rule, landlock_restrict_self, seccomp,
 * memfd_create or sendfile
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
int memfd_create(const char *name, unsigned flags);
long sendfile(int to, int from, void *offset, unsigned long size);
long sendfile64(int to, int from, void *offset, unsigned long size);

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

/* Both take the place of the C library's; libevent, too, calls sendfile(). */
int memfd_create(const char *name, unsigned flags)
{
	int (*real)(const char *,
		    unsigned) = (int (*)(const char *, unsigned))dlsym(RTLD_NEXT, "memfd_create");

	errno = EPERM;
	return has("KERNEL_REFUSES", "memfd_create") ? -1 : real(name, flags);
}

/* Has that function send, unless it is refused. */
static long send_by(const char *name, int to, int from, void *offset, unsigned long size)
{
	long (*real)(int, int, void *, unsigned long) =
		(long (*)(int, int, void *, unsigned long))dlsym(RTLD_NEXT, name);

	errno = EPERM;
	return has("KERNEL_REFUSES", "sendfile") ? -1 : real(to, from, offset, size);
}

long sendfile(int to, int from, void *offset, unsigned long size)
{
	return send_by("sendfile", to, from, offset, size);
}

/* glibc's other name of it, for files of over 2 GiB. */
long sendfile64(int to, int from, void *offset, unsigned long size)
{
	return send_by("sendfile64", to, from, offset, size);
}
