/* SPDX-License-Identifier: ISC */
/*
 * activation: what a service manager says of the descriptors that it passes: LISTEN_FDS and its
 * companions. Pure: looks at texts alone.
 */
#ifndef DAEMON_SETUP_ACTIVATION_H
#define DAEMON_SETUP_ACTIVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/* The first descriptor that is passed; the others follow. */
enum { ACTIVATION_FIRST = 3 };

/* Room for a descriptor's name, which is at most 255 bytes with systemd, and for what is wrong. */
enum { ACTIVATION_NAME_MAX = 256, ACTIVATION_PROBLEM_MAX = 512 };

/* The variables' values; NULL: not set. An empty one counts as not set. */
struct activation_variables {
	const char *fds, *pid, *pidfdid, *names; /* LISTEN_FDS, LISTEN_FDNAMES and so on */
};

/* Who we are. */
struct activation_process {
	uint64_t pid;
	uint64_t number;      /* as pidfd_own_number() returns it; 0: not known */
	uint64_t descriptors; /* how many we may have */
};

struct activation {
	size_t count;	   /* how many descriptors are ours, from ACTIVATION_FIRST on */
	const char *names; /* of each, with colons between; NULL: not given */
};

/*
 * Finds what the variables say to this process. If they are meant for another one, nothing is ours.
 * False, and writes why to `problem` of ACTIVATION_PROBLEM_MAX bytes, if they make no sense. The
 * result points into the variables.
 */
bool activation_parse(const struct activation_variables *variables,
		      const struct activation_process *process, struct activation *activation,
		      char *problem) MUST_CHECK;

/* Writes the name of the i-th descriptor to `name` of ACTIVATION_NAME_MAX bytes; "": none. */
void activation_name(const struct activation *activation, size_t i, char *name);

#endif
