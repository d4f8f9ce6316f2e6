/* SPDX-License-Identifier: ISC */
/* kernel: reads the kernel's settings, where it shows them. */
#include "kernel.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"

uint64_t kernel_number(const char *path, uint64_t otherwise)
{
	FILE *file = fopen(path, "re");
	char text[32] = "";
	uint64_t number;

	if (!file)
		return otherwise;
	if (fgets(text, sizeof text, file))
		text[strcspn(text, "\n")] = '\0';
	fclose(file);
	return number_parse(text, &number) ? number : otherwise;
}
