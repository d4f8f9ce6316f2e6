/* SPDX-License-Identifier: ISC */
/*
 * captive: enters haild's sandbox, or only its first half, and tries what it is told:
 *
 *	captive sandbox|landlock DEED ARGUMENT [OPTION-OF-HAILD]...
 *
 * It prints "done", or "refused: " and the errno's number, unless the kernel ends it.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/address.h"
#include "base/log.h"
#include "daemon/options.h"
#include "daemon/setup/landlock.h"
#include "daemon/setup/sandbox.h"

/* Newer calls have the same number on all machines; older headers lack them. */
enum { IO_URING_SETUP = 425, FROM_THE_FUTURE = 550, X32 = 0x40000000 };

/* What was open before: sockets for TCP and UNIX, and memory. */
static int tcp, unix_socket;
static _Alignas(65536) char page[65536];

/* What a deed is about: a path, a port, a process. */
static const char *argument;

static long nothing(long number)
{
	return syscall(number, 0L, 0L, 0L, 0L, 0L, 0L);
}

static long do_execve(void)
{
	static const char *const words[] = {"/bin/true", NULL};

	return syscall(SYS_execve, words[0], words, words + 1);
}

static long do_open(void)
{
#ifdef SYS_open
	return syscall(SYS_open, argument, O_RDONLY);
#else
	return syscall(SYS_openat, AT_FDCWD, argument, O_RDONLY);
#endif
}

static long do_read(void)
{
	return open(argument, O_RDONLY | O_CLOEXEC);
}

static long do_write(void)
{
	return open(argument, O_WRONLY | O_CLOEXEC);
}

static long do_make(void)
{
	return open(argument, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static long do_remove(void)
{
	return unlink(argument);
}

static long do_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

/* Makes an address of a number: that port of 127.0.0.1. */
static struct sockaddr_in port(void)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)atoi(argument)),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static long do_connect(void)
{
	struct sockaddr_in address = port();

	return connect(tcp, (struct sockaddr *)&address, sizeof address);
}

static long do_bind(void)
{
	struct sockaddr_in address = port();

	return bind(tcp, (struct sockaddr *)&address, sizeof address);
}

static long do_send(void)
{
	struct sockaddr_in address = port();

	return sendto(unix_socket, "", 1, 0, (struct sockaddr *)&address, sizeof address);
}

/* Connects to a UNIX socket, or abstract name. */
static long do_call(void)
{
	struct address address;

	if (!address_from_path(argument, &address))
		return -1;
	return connect(unix_socket, &address.any, address.length);
}

/* Makes a UNIX socket at a path. */
static long do_settle(void)
{
	struct address address;

	if (!address_from_path(argument, &address))
		return -1;
	return bind(unix_socket, &address.any, address.length);
}

static long do_fork(void)
{
#ifdef SYS_fork
	return nothing(SYS_fork);
#else
	return syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);
#endif
}

static long do_clone(void)
{
	return syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);
}

static long do_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long do_mmap(void)
{
	return mmap(NULL, sizeof page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? -1
		       : 0;
}

static long do_mprotect(void)
{
	return mprotect(page, sizeof page, PROT_READ | PROT_EXEC);
}

static long do_ioctl(void)
{
	return ioctl(STDIN_FILENO, TIOCSTI, "x");
}

static long do_kill(void)
{
	return kill((pid_t)atoi(argument), 0);
}

static long do_setuid(void)
{
	return setuid(getuid());
}

static long do_bpf(void)
{
	return nothing(SYS_bpf);
}

static long do_io_uring_setup(void)
{
	return nothing(IO_URING_SETUP);
}

/* What abort(3) calls is not allowed, but it ends all the same. */
static long do_abort(void)
{
	abort();
}

/* What is not forbidden: its number is one that no kernel has yet. */
static long do_future(void)
{
	return nothing(FROM_THE_FUTURE);
}

#ifdef __x86_64__
/* The same call by the number that programs with 32-bit pointers have for it. */
static long do_x32(void)
{
	return nothing(SYS_getpid | X32);
}
#else
static long do_x32(void)
{
	raise(SIGKILL);
	return 0;
}
#endif

static const struct {
	const char *name;
	long (*perform)(void);
} deeds[] = {
	{"execve", do_execve},	   {"open", do_open},	  {"socket", do_socket},
	{"connect", do_connect},   {"bind", do_bind},	  {"fork", do_fork},
	{"clone", do_clone},	   {"ptrace", do_ptrace}, {"mmap", do_mmap},
	{"mprotect", do_mprotect}, {"ioctl", do_ioctl},	  {"kill", do_kill},
	{"setuid", do_setuid},	   {"bpf", do_bpf},	  {"io_uring_setup", do_io_uring_setup},
	{"read", do_read},	   {"write", do_write},	  {"make", do_make},
	{"remove", do_remove},	   {"send", do_send},	  {"call", do_call},
	{"settle", do_settle},	   {"abort", do_abort},	  {"future", do_future},
	{"x32", do_x32},
};

/* Enters what is asked for. Exits with 2 if that fails, and with 77 if there is none. */
static void enter(const char *part, const struct options *options)
{
	const char *step;
	int version;

	if (strcmp(part, "sandbox") == 0) {
		if (!sandbox_enter(options))
			exit(2);
		return;
	}
	version = landlock_version();
	if (version == 0)
		exit(77);
	if (!landlock_enter(options, version, false, &step)) {
		log_error("%s: %s", step, strerror(errno));
		exit(2);
	}
	log_info("Landlock ABI %d", version);
}

/* Tries the deed, and writes what came of it: stdio would ask what standard output is. */
static void try(long (*perform)(void))
{
	char text[64];
	long result = perform();
	int length = result < 0 ? snprintf(text, sizeof text, "refused: %d\n", errno)
				: snprintf(text, sizeof text, "done\n");

	_exit(write(STDOUT_FILENO, text, (size_t)length) == length ? 0 : 2);
}

int main(int argc, char **argv)
{
	struct options options;
	const char *name;

	if (argc < 4)
		return 2;
	log_open("captive", LOG_LEVEL_INFO);
	name = argv[2];
	argument = argv[3];
	tcp = socket(AF_INET, SOCK_STREAM, 0);
	unix_socket = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (options_read(&options, argc - 3, argv + 3) != CLI_GO)
		return 2;
	enter(argv[1], &options);
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
		if (strcmp(deeds[i].name, name) == 0)
			try(deeds[i].perform);
	return 2;
}
