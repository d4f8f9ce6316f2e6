/* SPDX-License-Identifier: ISC */
/*
 * accept: to be preloaded: makes accept4(2) of the real daemon fail, as the test says meanwhile.
 *
 * ACCEPT_FAULTS_FILE names the file through which it says so.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the file holds, in network byte order: daemon and test may be of different machines. */
struct faults {
	atomic_uint reason, times; /* the next `times` calls fail with `reason` */
};

static struct faults *faults;

int accept4(int fd, void *address, unsigned *length, int flags);

/* Shares the file with the test. */
__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("ACCEPT_FAULTS_FILE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	faults = mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (faults == MAP_FAILED)
		abort();
	close(fd);
}

/* Takes the place of the C library's, for libevent. No socket header: see unit/fault.c. */
int accept4(int fd, void *address, unsigned *length, int flags)
{
	unsigned times = faults ? be32toh(faults->times) : 0;

	if (times == 0)
		return (int)syscall(SYS_accept4, fd, address, length, flags);
	errno = (int)be32toh(faults->reason);
	faults->times = htobe32(times - 1);
	return -1;
}
