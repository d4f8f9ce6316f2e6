/* kernel: how the kernel is set, where it tells. */
#ifndef DAEMON_SETUP_KERNEL_H
#define DAEMON_SETUP_KERNEL_H

#include <stdint.h>

/* Reads the number in a file below /proc; `otherwise` where there is none. */
uint64_t kernel_number(const char *path, uint64_t otherwise);

#endif
