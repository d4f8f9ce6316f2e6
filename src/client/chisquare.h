/* SPDX-License-Identifier: ISC */
/* chisquare: what Pearson's chi-square statistic exceeds by chance once in a thousand times. */
#ifndef CLIENT_CHISQUARE_H
#define CLIENT_CHISQUARE_H

/* The most degrees of freedom. */
#define CHISQUARE_DEGREES_MAX 99

/* Returns the critical value at 0.1 %, in thousandths, for 1 to CHISQUARE_DEGREES_MAX degrees. */
unsigned chisquare_critical(unsigned degrees);

#endif
