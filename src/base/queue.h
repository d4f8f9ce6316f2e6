/* SPDX-License-Identifier: ISC */
/*
 * queue: structures in order of arrival, each linked by a field of its own, so that any can leave
 * at once and nothing is allocated.
 *
 * (sys/queue.h has the like, but not every C library has it.)
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stddef.h>

/* Declares a queue: `end` is where the next item's address goes. */
#define QUEUE_HEAD(name, type)                                                                     \
	struct name {                                                                              \
		struct type *first, **end;                                                         \
	}

/* The field of an item that can be queued: `back` is where its own address is stored. */
#define QUEUE_LINK(type)                                                                           \
	struct {                                                                                   \
		struct type *next, **back;                                                         \
	}

/* Makes a queue empty. */
#define QUEUE_INIT(queue)                                                                          \
	do {                                                                                       \
		(queue)->first = NULL;                                                             \
		(queue)->end = &(queue)->first;                                                    \
	} while (0)

/* Adds an item at the end. */
#define QUEUE_ADD(queue, item, link)                                                               \
	do {                                                                                       \
		(item)->link.next = NULL;                                                          \
		(item)->link.back = (queue)->end;                                                  \
		*(queue)->end = (item);                                                            \
		(queue)->end = &(item)->link.next;                                                 \
	} while (0)

/* Removes an item, wherever it is. */
#define QUEUE_REMOVE(queue, item, link)                                                            \
	do {                                                                                       \
		if ((item)->link.next)                                                             \
			(item)->link.next->link.back = (item)->link.back;                          \
		else                                                                               \
			(queue)->end = (item)->link.back;                                          \
		*(item)->link.back = (item)->link.next;                                            \
	} while (0)

#endif
