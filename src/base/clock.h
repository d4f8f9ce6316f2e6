/* SPDX-License-Identifier: ISC */
/* clock: monotonic time, never set back. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds and microseconds since some fixed moment. */
uint64_t clock_ms(void);
uint64_t clock_us(void);

#endif
