/* SPDX-License-Identifier: ISC */
/* signals: undoes at the start what a parent left blocked or ignored. */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

/* Gives each signal of the list, which ends with 0, its default action. */
void signals_restore(const int *list);

/*
 * Ignores the signals that must not end us. Makes sure that a container's first process can be
 * ended like any other. Blocks exactly the signals of the list, which ends with 0.
 */
void signals_begin(const int *blocked);

/* Blocks exactly the signals of the list, which ends with 0. */
void signals_block_only(const int *list);

#endif
