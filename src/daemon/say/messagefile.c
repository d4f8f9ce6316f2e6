/* SPDX-License-Identifier: ISC */
/* messagefile: reads a message file, whole and when nobody is writing to it. */
#include <config.h>

#include "messagefile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/regularfile.h"

#ifdef HAVE_STRUCT_STAT_ST_MTIM
#define MODIFIED(status) ((status)->st_mtim)
#define CHANGED(status) ((status)->st_ctim)
#else
#define MODIFIED(status) ((status)->st_mtimespec)
#define CHANGED(status) ((status)->st_ctimespec)
#endif

/* A reason names the path, which may be long. */
enum { WHY_MAX = 2048 };

enum {
	/*
	 * The kernel sets a file's time when a write begins, from a clock with steps of up to 10
	 * ms. A write may be held up half-way: for up to 200 ms by a slow disk, for up to 100 ms by
	 * a container's quota. So a text is trusted once it is older than that.
	 */
	SETTLED_MS = 250,
	/* Some file systems (FAT, ext3, NFS 2) store whole seconds only, FAT even ones. */
	COARSE_MS = 2000,
	/*
	 * There, a text is also trusted after staying the same for this long, checked this often.
	 */
	UNCHANGED_MS = 500,
	STEP_MS = 50,
};

struct text {
	char *bytes; /* NULL: none */
	size_t size;
};

struct messagefile {
	const char *path;
	size_t most;
	uint64_t end_ms, wait_ms;
	struct text text;  /* what the last try saw, settled or not */
	struct stat seen;  /* its times then */
	uint64_t since_ms; /* since when it has been the same */
	char why[WHY_MAX];
	int reason; /* errno, if it could not be opened */
};

struct messagefile *messagefile_new(const char *path, size_t most)
{
	struct messagefile *file = calloc(1, sizeof *file);

	if (!file)
		return NULL;
	file->path = path;
	file->most = most;
	return file;
}

void messagefile_forget(struct messagefile *file)
{
	free(file->text.bytes);
	file->text = (struct text){.bytes = NULL};
}

void messagefile_free(struct messagefile *file)
{
	if (!file)
		return;
	messagefile_forget(file);
	free(file);
}

void messagefile_begin(struct messagefile *file)
{
	file->end_ms = clock_ms() + MESSAGEFILE_PATIENCE_MS;
}

static void refuse(struct messagefile *file, const char *format, ...) PRINTF_LIKE(2, 3);

/* Stores why the file is refused. */
static void refuse(struct messagefile *file, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(file->why, sizeof file->why, format, arguments);
	va_end(arguments);
}

/* Reads an open file's text, which the caller frees; false: refused. */
static bool read_text(struct messagefile *file, int fd, struct text *text)
{
	/* One byte more than allowed reveals a file that is too long, whatever its stated size. */
	size_t room = file->most + 1;
	char *bytes = malloc(room);
	ssize_t size = bytes ? regularfile_read(fd, bytes, room) : -1;

	*text = (struct text){.bytes = bytes, .size = (size_t)size};
	if (size >= 0 && (size_t)size < room)
		return true;
	if (!bytes)
		refuse(file, "out of memory");
	else if (size < 0)
		refuse(file, "cannot read the message file %s: %s", file->path, strerror(errno));
	else
		refuse(file, "the message file %s is too long: %zu bytes are the most", file->path,
		       file->most);
	free(bytes);
	return false;
}

/* Reads the file once more; false if it now holds anything but the text. */
static bool is_same_again(int fd, const struct text *text)
{
	char block[16384];
	size_t compared = 0;
	ssize_t n = 0;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return false;
	do {
		n = regularfile_read(fd, block, sizeof block);
		if (n < 0 || (size_t)n > text->size - compared ||
		    memcmp(block, text->bytes + compared, (size_t)n) != 0)
			return false;
		compared += (size_t)n;
	} while (n > 0);
	return compared == text->size;
}

static bool is_same_time(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

static bool has_same_times(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino &&
	       one->st_size == other->st_size && is_same_time(&MODIFIED(one), &MODIFIED(other)) &&
	       is_same_time(&CHANGED(one), &CHANGED(other));
}

/*
 * Returns in how many ms a file last written then is old enough. One written in the future is
 * already: its time was set, or the clock, but nobody writes now. (A change of its other time
 * alone, such as by a rename, is no write.)
 */
static uint64_t time_to_settle(const struct timespec *written, uint64_t settled_ms)
{
	struct timespec now;
	int64_t age;

	clock_gettime(CLOCK_REALTIME, &now);
	if (written->tv_sec > now.tv_sec || written->tv_sec < now.tv_sec - 10)
		return 0;
	age = (int64_t)(now.tv_sec - written->tv_sec) * 1000 +
	      (now.tv_nsec - written->tv_nsec) / 1000000;
	return age < 0 || (uint64_t)age >= settled_ms ? 0 : settled_ms - (uint64_t)age;
}

/* True if the file system stores no fractions of a second. */
static bool is_coarse(const struct stat *status)
{
	return MODIFIED(status).tv_nsec == 0 && CHANGED(status).tv_nsec == 0;
}

/* Returns in how many ms the text can be trusted if nothing changes until then; 0: now. */
static uint64_t time_to_trust(const struct messagefile *file)
{
	uint64_t settled = time_to_settle(&MODIFIED(&file->seen),
					  SETTLED_MS + (is_coarse(&file->seen) ? COARSE_MS : 0));
	uint64_t unchanged = clock_ms() - file->since_ms;

	if (settled == 0 || !is_coarse(&file->seen))
		return settled;
	if (unchanged >= UNCHANGED_MS)
		return 0;
	return settled < STEP_MS ? settled : STEP_MS;
}

/* Stores what was seen, in place of what the previous try saw. Takes over the text. */
static void note(struct messagefile *file, const struct text *text, const struct stat *status)
{
	bool is_same = file->text.bytes && has_same_times(&file->seen, status) &&
		       file->text.size == text->size &&
		       memcmp(file->text.bytes, text->bytes, text->size) == 0;

	if (!is_same)
		file->since_ms = clock_ms();
	messagefile_forget(file);
	file->text = *text;
	file->seen = *status;
}

/* Sets when to try again, or refuses the file if its time is over. */
static enum messagefile_state put_off(struct messagefile *file, uint64_t ms)
{
	uint64_t now = clock_ms();

	if (now >= file->end_ms) {
		messagefile_forget(file);
		refuse(file,
		       "cannot use the message file %s: it is still being written to "
		       "(rename a whole one to its name)",
		       file->path);
		return MESSAGEFILE_REFUSED;
	}
	file->wait_ms = ms < file->end_ms - now ? ms : file->end_ms - now;
	return MESSAGEFILE_UNSETTLED;
}

enum messagefile_state messagefile_try(struct messagefile *file)
{
	struct stat before, after;
	struct text text;
	int fd = regularfile_open(file->path, "the message file", &before, file->why,
				  sizeof file->why);
	bool is_read = fd >= 0 && read_text(file, fd, &text), is_calm;
	uint64_t ms;

	file->reason = fd < 0 ? errno : 0;
	if (!is_read) {
		if (fd >= 0)
			close(fd);
		messagefile_forget(file);
		return MESSAGEFILE_REFUSED;
	}
	is_calm = is_same_again(fd, &text) && fstat(fd, &after) == 0 &&
		  has_same_times(&before, &after);
	close(fd);
	note(file, &text, &before);
	ms = is_calm ? time_to_trust(file) : SETTLED_MS;
	if (ms == 0)
		return MESSAGEFILE_READ;
	return put_off(file, ms);
}

uint64_t messagefile_wait_ms(const struct messagefile *file)
{
	return file->wait_ms;
}

bool messagefile_read(struct messagefile *file)
{
	enum messagefile_state state;

	messagefile_begin(file);
	while ((state = messagefile_try(file)) == MESSAGEFILE_UNSETTLED) {
		struct timespec pause = {
			.tv_sec = (time_t)(file->wait_ms / 1000),
			.tv_nsec = (long)(file->wait_ms % 1000 * 1000000),
		};
		nanosleep(&pause, NULL);
	}
	return state == MESSAGEFILE_READ;
}

const char *messagefile_bytes(const struct messagefile *file)
{
	return file->text.bytes;
}

size_t messagefile_size(const struct messagefile *file)
{
	return file->text.size;
}

const char *messagefile_why(const struct messagefile *file)
{
	return file->why;
}

int messagefile_reason(const struct messagefile *file)
{
	return file->reason;
}
