/* SPDX-License-Identifier: ISC */
/* journald: whether a descriptor leads to systemd's journal, which understands priorities. */
#ifndef BASE_JOURNALD_H
#define BASE_JOURNALD_H

#include <stdbool.h>

/*
 * True if `stream`, the value of JOURNAL_STREAM or NULL, names the device and inode of `fd`, as
 * DEVICE:INODE in decimal. Anything else there is ignored: a program started by a service inherits
 * the variable, but may have another descriptor. Keeps errno.
 */
bool journald_reads(int fd, const char *stream);

#endif
