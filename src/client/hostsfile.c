/* hostsfile: whether the hosts file knows a name. */
#include <config.h>

#include "hostsfile.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#ifndef _PATH_HOSTS
#define _PATH_HOSTS "/etc/hosts"
#endif

/* True if a line, which is taken apart, has the name after its address. */
static bool line_names(char *line, const char *host)
{
	static const char blanks[] = " \t\r\n";
	char *rest, *word;

	line[strcspn(line, "#")] = '\0';
	if (!strtok_r(line, blanks, &rest))
		return false;
	while ((word = strtok_r(NULL, blanks, &rest)))
		if (strcasecmp(word, host) == 0)
			return true;
	return false;
}

bool hostsfile_knows(const char *host)
{
	FILE *file = fopen(_PATH_HOSTS, "re");
	char *line = NULL;
	size_t size = 0;
	bool knows = false;

	if (!file)
		return false;
	while (!knows && getline(&line, &size, file) >= 0)
		knows = line_names(line, host);
	free(line);
	fclose(file);
	return knows;
}
