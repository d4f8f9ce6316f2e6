/* SPDX-License-Identifier: ISC */
/* fault: which call of a whole program fails, and what it tells at the end. */
#ifndef FAULTS_FAULT_H
#define FAULTS_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>

enum fault_kind { FAULT_MEMORY, FAULT_CALL, FAULT_THREAD };

/* Counts a call of that kind, and tells whether it is to fail: then errno is set, too. */
bool fault_hits(enum fault_kind kind);

/* The blocks of memory that the program has to give back yet. */
extern atomic_long fault_blocks;

/* The threads that have yet to end, and may have blocks to give back. */
extern atomic_long fault_threads;

#endif
