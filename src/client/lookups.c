/* SPDX-License-Identifier: ISC */
/* lookups: the addresses of one host by getaddrinfo(3), each lookup in its own thread. */
#include "lookups.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/socket.h"
#include "lack.h"

struct lookup {
	struct lookups *lookups;
	struct lookups_answer answer;
	int flags;
	pthread_t thread;
	bool has_thread, is_taken;
};

/* The program and its threads share this; the last owner to release it frees it. */
struct lookups {
	pthread_mutex_t lock;
	int owners;
	int done[2]; /* a pipe: each byte is the index of a lookup that has its answer */
	char host[ADDRESS_HOST_MAX];
	struct lookup all[LOOKUPS_MAX];
	size_t count;
};

/* Changes the number of owners. Returns the new number. */
static int change_owners(struct lookups *lookups, int more)
{
	int left;

	pthread_mutex_lock(&lookups->lock);
	left = lookups->owners += more;
	pthread_mutex_unlock(&lookups->lock);
	return left;
}

/* Drops one owner; the last one frees everything. */
static void release(struct lookups *lookups)
{
	if (change_owners(lookups, -1) > 0)
		return;
	for (size_t i = 0; i < lookups->count; i++)
		if (lookups->all[i].answer.found)
			freeaddrinfo(lookups->all[i].answer.found);
	close(lookups->done[0]);
	close(lookups->done[1]);
	pthread_mutex_destroy(&lookups->lock);
	free(lookups);
}

/* Opens a pipe that no command inherits: a lookup left to itself may still have it open. */
static bool open_pipe(int ends[2])
{
	if (pipe(ends) < 0)
		return false;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	return true;
}

struct lookups *lookups_new(const char *host)
{
	struct lookups *lookups = calloc(1, sizeof *lookups);

	if (!lookups)
		return NULL;
	if (!open_pipe(lookups->done)) {
		int reason = errno;
		free(lookups);
		errno = reason;
		return NULL;
	}
	snprintf(lookups->host, sizeof lookups->host, "%s", host);
	pthread_mutex_init(&lookups->lock, NULL);
	lookups->owners = 1;
	return lookups;
}

int lookups_descriptor(const struct lookups *lookups)
{
	return lookups->done[0];
}

/*
 * Returns what the machine lacked when a lookup failed, an errno, or 0. The C library also calls a
 * name unknown if it has no descriptor to ask with.
 */
static int find_lack(int failure, int reason)
{
	int fd;

	if (failure == EAI_MEMORY)
		return ENOMEM;
	if (failure == EAI_SYSTEM || lack_is(reason))
		return reason;
	fd = socket_open(AF_UNIX, SOCK_DGRAM);
	if (fd < 0)
		return lack_is(errno) ? errno : 0;
	close(fd);
	return 0;
}

static void look_up(struct lookup *lookup)
{
	struct lookups_answer *answer = &lookup->answer;
	struct addrinfo hints = {.ai_family = answer->family,
				 .ai_socktype = SOCK_STREAM,
				 .ai_flags = lookup->flags};
	unsigned char index = (unsigned char)(lookup - lookup->lookups->all);

	errno = 0;
	answer->failure = getaddrinfo(lookup->lookups->host, NULL, &hints, &answer->found);
	if (answer->failure)
		answer->system = find_lack(answer->failure, errno);
	/* A pipe of our own always has room for these few bytes. */
	(void)!write(lookup->lookups->done[1], &index, 1);
}

static void *lookup_thread(void *argument)
{
	struct lookup *lookup = argument;

	look_up(lookup);
	release(lookup->lookups);
	return NULL;
}

/* Sets up the next lookup. */
static struct lookup *next(struct lookups *lookups, int family, int flags)
{
	struct lookup *lookup = &lookups->all[lookups->count++];

	*lookup = (struct lookup){.lookups = lookups, .answer = {.family = family}, .flags = flags};
	return lookup;
}

bool lookups_start(struct lookups *lookups, int family, int flags)
{
	struct lookup *lookup = next(lookups, family, flags);

	(void)change_owners(lookups, 1);
	errno = pthread_create(&lookup->thread, NULL, lookup_thread, lookup);
	lookup->has_thread = errno == 0;
	if (lookup->has_thread)
		return true;
	lookups->count--;
	(void)change_owners(lookups, -1);
	return false;
}

void lookups_run(struct lookups *lookups, int family)
{
	look_up(next(lookups, family, 0));
}

const struct lookups_answer *lookups_take(struct lookups *lookups)
{
	unsigned char index;

	if (read(lookups->done[0], &index, 1) != 1)
		return NULL;
	lookups->all[index].is_taken = true;
	return &lookups->all[index].answer;
}

/* A thread whose answer was taken ends now, any other one when its lookup does. */
void lookups_free(struct lookups *lookups)
{
	if (!lookups)
		return;
	for (size_t i = 0; i < lookups->count; i++) {
		struct lookup *lookup = &lookups->all[i];
		if (lookup->has_thread && lookup->is_taken)
			pthread_join(lookup->thread, NULL);
		else if (lookup->has_thread)
			pthread_detach(lookup->thread);
	}
	release(lookups);
}
