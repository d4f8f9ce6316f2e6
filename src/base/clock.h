/* SPDX-License-Identifier: ISC */
/* clock: monotonic time, never set back; and the time of day. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds and microseconds since some fixed moment. */
uint64_t clock_ms(void);
uint64_t clock_us(void);

/* Milliseconds since 1970, by a clock that may be set. */
uint64_t clock_now_ms(void);

#endif
