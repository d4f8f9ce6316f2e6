/* SPDX-License-Identifier: ISC */
/*
 * systemcalls: has the kernel allow us only the system calls that serving needs (seccomp, Linux).
 *
 * A call that libseccomp knows, and that is not in our list, ends the process. One that is newer
 * than libseccomp fails with ENOSYS: the C library then does without.
 */
#include <config.h>

#include "systemcalls.h"

/*
 * The list is what one C library on one machine calls. Others call by other names: musl sends
 * several datagrams one by one, 32-bit machines have one call for all that is done with sockets. A
 * list that was not tried would end the service with its first client.
 */
#ifdef HAVE_LISTED_CALLS

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/endpoint.h"
#include "daemon/options.h"
#include "sockets.h"

/* What only some options need. */
enum need {
	NEED_NONE = 0,
	NEED_FILES = 1 << 0,	 /* a file is read again */
	NEED_PATHS = 1 << 1,	 /* a UNIX socket is removed at the end */
	NEED_DATAGRAMS = 1 << 2, /* datagrams are answered */
	NEED_PAGES = 1 << 3,	 /* the greeting is from a file, and may be long */
};

/* What a call's arguments must be. */
enum limit {
	LIMIT_NONE,
	LIMIT_NO_CODE,	 /* mmap: no memory that can be executed */
	LIMIT_READING,	 /* openat: only to read what is there */
	LIMIT_CONNECTED, /* sendto: only to the other end */
	LIMIT_ZONE,	 /* ioctl: only to ask for an interface's name */
	LIMIT_OPTIONS,	 /* setsockopt: only those that sessions set */
};

/* Calls for one purpose, by the names that versions of the C library and the kernel have for them.
 */
struct call {
	const char *names[6]; /* up to a NULL */
	unsigned needs;	      /* any of these; NEED_NONE: always */
	enum limit limit;
};

/*
 * The most frequent first. The whole test suite passes with these and no others. What abort(3)
 * calls is not among them: it ends the process all the same, though by SIGSYS, after the C library
 * has said why.
 */
static const struct call calls[] = {
	{{"epoll_wait", "epoll_pwait"}, NEED_NONE, LIMIT_NONE},
	{{"accept4"}, NEED_NONE, LIMIT_NONE},
	{{"sendto"}, NEED_NONE, LIMIT_CONNECTED},
	{{"shutdown"}, NEED_NONE, LIMIT_NONE},
	{{"recvfrom"}, NEED_NONE, LIMIT_NONE},
	{{"close"}, NEED_NONE, LIMIT_NONE},
	{{"recvmmsg"}, NEED_DATAGRAMS, LIMIT_NONE},
	{{"sendmmsg"}, NEED_DATAGRAMS, LIMIT_NONE},
	{{"epoll_ctl"}, NEED_NONE, LIMIT_NONE},
	{{"writev"}, NEED_NONE, LIMIT_NONE},
	{{"write"}, NEED_NONE, LIMIT_NONE},
	{{"read"}, NEED_NONE, LIMIT_NONE},
	{{"getsockopt"}, NEED_NONE, LIMIT_NONE},
	{{"getsockname"}, NEED_NONE, LIMIT_NONE},
	{{"getpeername"}, NEED_NONE, LIMIT_NONE},
	{{"setsockopt"}, NEED_NONE, LIMIT_OPTIONS},
	/* Without a clock that the kernel's own library can read. */
	{{"clock_gettime", "gettimeofday", "time"}, NEED_NONE, LIMIT_NONE},
	{{"poll", "ppoll"}, NEED_NONE, LIMIT_NONE},
	{{"ioctl"}, NEED_NONE, LIMIT_ZONE},
	{{"brk"}, NEED_NONE, LIMIT_NONE},
	{{"mmap"}, NEED_NONE, LIMIT_NO_CODE},
	{{"munmap"}, NEED_NONE, LIMIT_NONE},
	{{"rt_sigreturn"}, NEED_NONE, LIMIT_NONE},
	{{"rt_sigaction"}, NEED_NONE, LIMIT_NONE},
	{{"rt_sigprocmask"}, NEED_NONE, LIMIT_NONE},
	{{"exit_group"}, NEED_NONE, LIMIT_NONE},
	{{"openat", "open"}, NEED_FILES, LIMIT_READING},
	{{"fstat", "newfstatat", "lstat", "stat", "statx"}, NEED_FILES | NEED_PATHS, LIMIT_NONE},
	{{"lseek"}, NEED_FILES, LIMIT_NONE},
	{{"unlink", "unlinkat"}, NEED_PATHS, LIMIT_NONE},
	{{"sendfile"}, NEED_PAGES, LIMIT_NONE},
	{{"memfd_create"}, NEED_PAGES, LIMIT_NONE},
};

/* The reason for the length: what is allowed shall be read at a glance. */
_Static_assert(sizeof calls / sizeof *calls <= 32, "at most 32 kinds of calls are allowed");

/*
 * Calls that the C library may try and does without: ENOSYS instead of an end. Most are for the
 * memory allocators of some versions and settings; qsort(3) asks sysinfo(2) how much it may take.
 */
static const char *const optional[] = {
	"epoll_pwait2", "getrandom", "madvise", "mremap", "prctl", "restart_syscall", "sysinfo",
};

enum { CALLS = sizeof calls / sizeof *calls, OPTIONAL = sizeof optional / sizeof *optional };

/* Numbers are looked up so far; the list of Linux 6.18 has fewer than 480. */
enum { NUMBERS = 600 };

/* The level of libseccomp's interface at which the kernel can end a whole process. */
enum { LEVEL_KILL_PROCESS = 3 };

/* A condition on an argument. (libseccomp's own macros for it leave a field out.) */
static struct scmp_arg_cmp condition(unsigned argument, enum scmp_compare compare, uint64_t one,
				     uint64_t other)
{
	return (struct scmp_arg_cmp){.arg = argument,
				     .op = compare,
				     .datum_a = one,
				     .datum_b = other};
}

/* Allows a call if an argument has none of these bits, and ends the process if it has one. */
static int allow_without(scmp_filter_ctx filter, int number, unsigned argument, uint64_t bits)
{
	int failure = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
				       condition(argument, SCMP_CMP_MASKED_EQ, bits, 0));

	for (uint64_t bit = 1; bit != 0 && bit <= bits && failure == 0; bit <<= 1)
		if (bits & bit)
			failure =
				seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, number, 1,
						 condition(argument, SCMP_CMP_MASKED_EQ, bit, bit));
	return failure;
}

/* Allows a call if an argument is that, and ends the process if it is not. */
static int allow_with(scmp_filter_ctx filter, int number, unsigned argument, uint64_t value)
{
	int failure = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
				       condition(argument, SCMP_CMP_EQ, value, 0));

	return failure != 0 ? failure
			    : seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, number, 1,
					       condition(argument, SCMP_CMP_NE, value, 0));
}

/* Allows to set the options that sessions set. Others fail with ENOSYS. */
static int allow_options(scmp_filter_ctx filter, int number)
{
	static const struct {
		int level, name;
	} set[] = {{SOL_SOCKET, SO_LINGER}, {IPPROTO_TCP, TCP_CORK}};
	int failure = 0;

	for (size_t i = 0; i < sizeof set / sizeof *set && failure == 0; i++)
		failure = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 2,
					   condition(1, SCMP_CMP_EQ, (uint64_t)set[i].level, 0),
					   condition(2, SCMP_CMP_EQ, (uint64_t)set[i].name, 0));
	return failure;
}

/* Allows a call within its limit. Returns 0, or a negative errno. */
static int allow(scmp_filter_ctx filter, const char *name, int number, enum limit limit)
{
	static const uint64_t writing = O_ACCMODE | O_CREAT | O_TRUNC;

	switch (limit) {
	case LIMIT_NO_CODE:
		return allow_without(filter, number, 2, PROT_EXEC);
	case LIMIT_READING:
		return allow_without(filter, number, strcmp(name, "open") == 0 ? 1 : 2, writing);
	case LIMIT_CONNECTED:
		return allow_with(filter, number, 4, 0);
	case LIMIT_ZONE:
		return allow_with(filter, number, 1, SIOCGIFNAME);
	case LIMIT_OPTIONS:
		return allow_options(filter, number);
	case LIMIT_NONE:
		break;
	}
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
}

/* A filter in the making. */
struct making {
	scmp_filter_ctx filter;
	bool is_known[NUMBERS]; /* it has its rule, or needs none */
	size_t count;		/* kinds of calls allowed */
	const char *step;	/* what was tried last */
};

/* Finds a call's number on this machine, and marks it as known. Negative: it has none here. */
static int find(struct making *making, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number >= 0 && number < NUMBERS)
		making->is_known[number] = true;
	return number;
}

/* Allows a call by all names that it has here. Returns 0, or a negative errno. */
static int allow_call(struct making *making, const struct call *call, uint8_t priority)
{
	bool is_allowed = false;
	int failure = 0;

	for (size_t i = 0; call->names[i] && failure == 0; i++) {
		int number = find(making, call->names[i]);
		if (number < 0)
			continue;
		making->step = call->names[i];
		failure = allow(making->filter, call->names[i], number, call->limit);
		if (failure == 0)
			failure = seccomp_syscall_priority(making->filter, number, priority);
		is_allowed = true;
	}
	making->count += is_allowed;
	return failure;
}

/* Has the process end at each call that libseccomp knows and that is not known to us. */
static int forbid_others(struct making *making)
{
	int failure = 0;

	making->step = "forbidden calls";
	for (int i = 0; i < NUMBERS && failure == 0; i++) {
		char *name = making->is_known[i]
				     ? NULL
				     : seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i);
		if (name)
			failure = seccomp_rule_add(making->filter, SCMP_ACT_KILL_PROCESS, i, 0);
		free(name);
	}
	return failure;
}

/* Sets how the filter works. The order of a tree is worth little, so it may be unknown. */
static int set_attributes(struct making *making)
{
	int failure;

	making->step = "attributes";
	(void)seccomp_attr_set(making->filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	failure = seccomp_attr_set(making->filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	return failure != 0 ? failure
			    : seccomp_attr_set(making->filter, SCMP_FLTATR_ACT_BADARCH,
					       SCMP_ACT_KILL_PROCESS);
}

/* Fills the filter. Returns 0, or a negative errno. */
static int fill(struct making *making, unsigned needs)
{
	int failure = set_attributes(making);

	for (size_t i = 0; i < CALLS && failure == 0; i++)
		if (calls[i].needs == NEED_NONE || (calls[i].needs & needs))
			failure = allow_call(making, &calls[i], (uint8_t)(UINT8_MAX - i));
	for (size_t i = 0; i < OPTIONAL; i++)
		(void)find(making, optional[i]);
	return failure != 0 ? failure : forbid_others(making);
}

/* True if one of these sockets has a path, which is removed at the end. */
static bool have_path(const struct endpoint *endpoints, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (endpoints[i].kind == ENDPOINT_UNIX && endpoints[i].host[0] != '@')
			return true;
	return false;
}

/* Returns what the options need. */
static unsigned find_needs(const struct options *options)
{
	unsigned needs = NEED_NONE;

	if (options->message_file || options->deny_files.count > 0)
		needs |= NEED_FILES;
	if (options->message_file)
		needs |= NEED_PAGES;
	if (have_path(options->endpoints, options->endpoint_count) ||
	    have_path(options->proxies, options->proxy_count) ||
	    have_path(options->metrics, options->metrics_count))
		needs |= NEED_PATHS;
	if (sockets_expect_datagrams(options) != SOCKETS_NO_DATAGRAMS)
		needs |= NEED_DATAGRAMS;
	return needs;
}

const char *systemcalls_obstacle(void)
{
	return seccomp_api_get() < LEVEL_KILL_PROCESS ? "the kernel has none, or none as we need it"
						      : NULL;
}

bool systemcalls_enter(const struct options *options, bool only_check, size_t *count,
		       const char **step)
{
	struct making making = {.filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), .step = "filter"};
	int failure = making.filter ? fill(&making, find_needs(options)) : -ENOMEM;

	if (failure == 0 && !only_check) {
		making.step = "seccomp";
		failure = seccomp_load(making.filter);
	}
	if (making.filter)
		seccomp_release(making.filter);
	*count = making.count;
	*step = making.step;
	errno = -failure;
	return failure == 0;
}

#else

const char *systemcalls_obstacle(void)
{
#ifdef HAVE_SECCOMP
	return "haild knows what glibc on x86-64 needs, and no other";
#else
	return "haild was built without it";
#endif
}

bool systemcalls_enter(const struct options *options, bool only_check, size_t *count,
		       const char **step)
{
	(void)options;
	(void)only_check;
	*count = 0;
	*step = "";
	return true;
}

#endif
