/* SPDX-License-Identifier: ISC */
/* signals: undoes at the start what a parent left blocked or ignored. */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include <signal.h>

/* Gives each signal of the list, which ends with 0, its default action. */
void signals_restore(const int *list);

/*
 * Ignores the signals that must not end us. Makes sure that a container's first process can be
 * ended like any other. Blocks exactly the signals of the list, which ends with 0.
 */
void signals_begin(const int *blocked);

/* What signals_begin() changes, and exec(3) would keep. */
struct signals_kept {
	struct sigaction pipe, file_size;
	sigset_t mask;
};

/* Keeps what is inherited, before signals_begin(); and gives it back, before exec(3). */
void signals_keep(struct signals_kept *kept);
void signals_give_back(const struct signals_kept *kept);

/* Blocks exactly the signals of the list, which ends with 0. */
void signals_block_only(const int *list);

#endif
