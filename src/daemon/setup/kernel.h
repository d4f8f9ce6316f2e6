/* SPDX-License-Identifier: ISC */
/* kernel: reads the kernel's settings, where it shows them. */
#ifndef DAEMON_SETUP_KERNEL_H
#define DAEMON_SETUP_KERNEL_H

#include <stdint.h>

/* Reads the number in a file below /proc; returns `otherwise` if there is none. */
uint64_t kernel_number(const char *path, uint64_t otherwise);

#endif
