/* SPDX-License-Identifier: ISC */
/* pages: a long greeting in memory that sockets share: their buffers refer to it and copy nothing.
 */
#include <config.h>

#include "pages.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/socket.h"

#ifdef HAVE_SHARED_PAGES
#include <sys/mman.h>
#include <sys/sendfile.h>
#endif

/* One greeting. Its users are the owner, while it is held, and each queue that has it. */
struct memory {
	struct pages *pages; /* that this is a part of */
	size_t users;	     /* 0: free for another */
	int fd;
	size_t size;
};

/*
 * libevent frees a bufferevent, and with it what is queued there, only in the loop's next turn. So
 * this may outlive its owner: the last user frees it.
 */
struct pages {
	struct memory all[PAGES_MOST];
	struct memory *held; /* NULL: nothing */
	bool is_left;	     /* the owner has freed this */
};

#ifdef HAVE_SHARED_PAGES
enum { CAN_SHARE = true };

/* MFD_NOEXEC_SEAL, since Linux 6.3: the headers of Debian 12 lack it. */
enum { NO_CODE = 8 };

/* Opens memory that sendfile(2) can send. -1 with errno. */
static int open_memory(void)
{
	int fd = memfd_create("greeting", MFD_CLOEXEC | NO_CODE);

	return fd < 0 && errno == EINVAL ? memfd_create("greeting", MFD_CLOEXEC) : fd;
}

static ssize_t send_memory(int to, int fd, off_t offset, size_t size)
{
	return sendfile(to, fd, &offset, size);
}
#else
enum { CAN_SHARE = false };

static int open_memory(void)
{
	errno = ENOSYS;
	return -1;
}

static ssize_t send_memory(int to, int fd, off_t offset, size_t size)
{
	(void)to;
	(void)fd;
	(void)offset;
	(void)size;
	errno = ENOSYS;
	return -1;
}
#endif

struct pages *pages_new(void)
{
	return calloc(1, sizeof(struct pages));
}

/* Finds a place for another greeting; NULL: there is none. */
static struct memory *find_free(struct pages *pages)
{
	for (size_t i = 0; i < PAGES_MOST; i++)
		if (pages->all[i].users == 0)
			return &pages->all[i];
	return NULL;
}

/* True if nothing is held or queued. */
static bool is_unused(const struct pages *pages)
{
	for (size_t i = 0; i < PAGES_MOST; i++)
		if (pages->all[i].users > 0)
			return false;
	return true;
}

/* Drops a user; the last one closes the memory. */
static void release(struct memory *memory)
{
	struct pages *pages = memory->pages;

	if (--memory->users > 0)
		return;
	close(memory->fd);
	if (pages->is_left && is_unused(pages))
		free(pages);
}

void pages_drop(struct pages *pages)
{
	if (pages->held)
		release(pages->held);
	pages->held = NULL;
}

void pages_free(struct pages *pages)
{
	if (!pages)
		return;
	pages_drop(pages);
	pages->is_left = true;
	if (is_unused(pages))
		free(pages);
}

/* Writes all bytes to memory. False, with errno. */
static bool fill(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);
		if (n < 0)
			return false;
		bytes += n;
		size -= (size_t)n;
	}
	return true;
}

/*
 * Opens memory with these bytes. -1 with errno: also if sendfile(2) is refused, as by a container's
 * list of system calls. Whether it is shows if nothing is sent, from the end.
 */
static int open_filled(const char *bytes, size_t size)
{
	int fd = open_memory();

	if (fd < 0 || (fill(fd, bytes, size) && send_memory(fd, fd, (off_t)size, 1) == 0))
		return fd;
	socket_close(fd);
	return -1;
}

bool pages_hold(struct pages *pages, const char *bytes, size_t size)
{
	struct memory *memory;
	int fd;

	pages_drop(pages);
	if (!CAN_SHARE)
		return false;
	memory = find_free(pages);
	if (!memory) {
		log_debug("the greeting is copied for each client: earlier ones are still sent");
		return false;
	}
	fd = open_filled(bytes, size);
	if (fd < 0) {
		log_debug("the greeting is copied for each client: no memory to share: %s",
			  strerror(errno));
		return false;
	}
	*memory = (struct memory){.pages = pages, .users = 1, .fd = fd, .size = size};
	pages->held = memory;
	return true;
}

/* libevent has sent what was queued, or dropped it. */
static void unqueued_cb(const struct evbuffer_file_segment *segment, int flags, void *argument)
{
	(void)segment;
	(void)flags;
	release(argument);
}

/*
 * A segment for each queue, though many could share one: if it lacks the memory to queue a segment,
 * libevent (2.1.12) drops a user that it has not counted.
 */
bool pages_queue(struct pages *pages, struct evbuffer *queue)
{
	struct memory *memory = pages->held;
	ev_off_t size = (ev_off_t)memory->size;
	struct evbuffer_file_segment *segment = evbuffer_file_segment_new(memory->fd, 0, size,
									  EVBUF_FS_DISABLE_LOCKING);
	size_t users = ++memory->users;
	bool is_queued;

	if (!segment) {
		release(memory);
		return false;
	}
	evbuffer_file_segment_add_cleanup_cb(segment, unqueued_cb, memory);
	is_queued = evbuffer_add_file_segment(queue, segment, 0, size) == 0;
	if (memory->users == users) /* it has not been freed with that */
		evbuffer_file_segment_free(segment);
	return is_queued;
}

ssize_t pages_send(const struct pages *pages, int fd)
{
	return send_memory(fd, pages->held->fd, 0, pages->held->size);
}
