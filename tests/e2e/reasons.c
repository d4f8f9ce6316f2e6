/* SPDX-License-Identifier: ISC */
/* reasons: prints each errno with what this C library calls it: tests in Python have another's. */
#include <stdio.h>
#include <string.h>

/* Linux has none as high as this. */
enum { END = 200 };

int main(void)
{
	for (int reason = 1; reason < END; reason++)
		printf("%d %s\n", reason, strerror(reason));
	return 0;
}
