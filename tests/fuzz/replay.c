/* SPDX-License-Identifier: ISC */
/* replay: gives a fuzz target the files it is told, where libFuzzer is not to be had. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"

/* The most that is read of a file, and the time that an input may take: by far enough. */
enum { INPUT_MAX = 1 << 16, INPUT_SECONDS = 60 };

/* Gives the target one input; the name comes first, for the target may end the process. */
static int replay(const char *path)
{
	static uint8_t data[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	size_t size;

	fprintf(stderr, "Running: %s\n", path);
	if (!file) {
		perror(path);
		return EXIT_FAILURE;
	}
	size = fread(data, 1, sizeof data, file);
	fclose(file);
	alarm(INPUT_SECONDS);
	return LLVMFuzzerTestOneInput(data, size);
}

int main(int count, char **paths)
{
	int status = EXIT_SUCCESS;

	/* What --help prints need not be seen. */
	if (!freopen("/dev/null", "w", stdout))
		return EXIT_FAILURE;
	for (int i = 1; i < count; i++)
		status |= replay(paths[i]);
	return status;
}
