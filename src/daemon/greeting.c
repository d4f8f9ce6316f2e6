/* greeting: the bytes that everyone is sent, from the command line or a file. */
#include "greeting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "options.h"

/* What hailto prints unless it is told otherwise: more is heard only by others. */
#define HEARD_BY_HAILTO 1024

struct greeting {
	size_t size;
	char bytes[];
};

/* Makes a greeting of a copy of the bytes; NULL, and told, if there is no memory. */
static struct greeting *copy(const char *bytes, size_t size)
{
	struct greeting *greeting = malloc(sizeof *greeting + size);

	if (!greeting) {
		log_error("out of memory");
		return NULL;
	}
	memcpy(greeting->bytes, bytes, size);
	greeting->size = size;
	return greeting;
}

static struct greeting *from_text(const char *text)
{
	size_t size = strlen(text);

	if (size <= OPTIONS_GREETING_MAX)
		return copy(text, size);
	log_error("the greeting has %zu bytes, %zu are the most", size, OPTIONS_GREETING_MAX);
	return NULL;
}

/* Reads up to `room` bytes, to the end of the file if it comes before; -1 with errno. */
static ssize_t read_all(int fd, char *bytes, size_t room)
{
	size_t size = 0;

	while (size < room) {
		ssize_t n = read(fd, bytes + size, room - size);
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			size += (size_t)n;
	}
	return (ssize_t)size;
}

/* Opens a regular file; anything else may have no end, or wait for one. */
static int open_regular(const char *path)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		log_error("cannot open the message file %s: %s", path, strerror(errno));
		return -1;
	}
	if (fstat(fd, &status) < 0)
		log_error("cannot examine the message file %s: %s", path, strerror(errno));
	else if (!S_ISREG(status.st_mode))
		log_error("cannot use the message file %s: it is not a regular file", path);
	else
		return fd;
	close(fd);
	return -1;
}

/* Makes a greeting of what an open file holds. */
static struct greeting *from_descriptor(int fd, const char *path)
{
	/* One byte past the most tells a file that is too long, whatever its size is said to be. */
	size_t room = OPTIONS_GREETING_MAX + 1;
	char *bytes = malloc(room);
	struct greeting *greeting = NULL;
	ssize_t size;

	if (!bytes) {
		log_error("out of memory");
		return NULL;
	}
	size = read_all(fd, bytes, room);
	if (size < 0)
		log_error("cannot read the message file %s: %s", path, strerror(errno));
	else if ((size_t)size == room)
		log_error("the message file %s is too long: %zu bytes are the most", path,
			  OPTIONS_GREETING_MAX);
	else
		greeting = copy(bytes, (size_t)size);
	free(bytes);
	return greeting;
}

static struct greeting *from_file(const char *path)
{
	int fd = open_regular(path);
	struct greeting *greeting;

	if (fd < 0)
		return NULL;
	greeting = from_descriptor(fd, path);
	close(fd);
	return greeting;
}

struct greeting *greeting_new(const struct options *options)
{
	struct greeting *greeting = options->message ? from_text(options->message)
						     : from_file(options->message_file);

	if (greeting && greeting->size > HEARD_BY_HAILTO)
		log_warning(
			"the greeting has %zu bytes: hailto prints the first %d unless told otherwise",
			greeting->size, HEARD_BY_HAILTO);
	return greeting;
}

void greeting_free(struct greeting *greeting)
{
	free(greeting);
}

const void *greeting_bytes(const struct greeting *greeting)
{
	return greeting->bytes;
}

size_t greeting_size(const struct greeting *greeting)
{
	return greeting->size;
}
