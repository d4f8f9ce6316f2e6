/* SPDX-License-Identifier: ISC */
/* pidfd: the number that no other process ever has, where the kernel knows one. */
#ifndef DAEMON_SETUP_PIDFD_H
#define DAEMON_SETUP_PIDFD_H

#include <stdint.h>

/*
 * Returns the inode number of this process's pidfd, which Linux (6.9 and later, on 64-bit machines)
 * never gives to another process, as it does with a PID. 0: there is none.
 */
uint64_t pidfd_own_number(void);

#endif
