/* signals: what a parent leaves behind, blocked or ignored, undone at the start. */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

/* Gives the signals of the list, which ends with 0, their default action. */
void signals_restore(const int *list);

/*
 * Ignores what must not end us, sees to it that the first process of a container
 * can be ended as any other, and blocks those of the list, which ends with 0, and
 * no others.
 */
void signals_begin(const int *blocked);

/* Blocks the signals of the list, which ends with 0, and no others. */
void signals_block_only(const int *list);

#endif
