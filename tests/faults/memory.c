/*
 * memory: makes the allocations of a whole program fail, and counts what it doesn't give back.
 *
 * The linker's --wrap brings us what our sources allocate, and libevent's hook the rest. A
 * function of the C library that allocates is one allocation more, and fails as it then would.
 *
 * FAULT_AT       the number of the allocation that fails, from 1
 * FAULT_FOREVER  if set, those behind it fail as well
 * FAULT_REPORT   the file that tells at the end: allocations, failed ones, blocks in use
 */
#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_long allocations, failed, blocks;
static long fault_at;
static bool is_forever;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *block);
int __real_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
		       struct addrinfo **found);
FILE *__real_fopen(const char *path, const char *mode);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *argument);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
		       struct addrinfo **found);
FILE *__wrap_fopen(const char *path, const char *mode);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *argument);

/* Counts an allocation, and tells whether it is to fail. */
static bool fails(void)
{
	long number = ++allocations;

	if (fault_at == 0 || number < fault_at || (number > fault_at && !is_forever))
		return false;
	failed++;
	errno = ENOMEM;
	return true;
}

/* Counts a block that the program has to give back. */
static void *counted(void *block)
{
	if (block)
		blocks++;
	return block;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
	if (fails())
		return NULL;
	return block ? __real_realloc(block, size) : counted(__real_realloc(NULL, size));
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : counted(__real_strdup(text));
}

void __wrap_free(void *block)
{
	if (block)
		blocks--;
	__real_free(block);
}

int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
		       struct addrinfo **found)
{
	return fails() ? EAI_MEMORY : __real_getaddrinfo(host, service, hints, found);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	return fails() ? NULL : __real_fopen(path, mode);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *argument)
{
	return fails() ? EAGAIN : __real_pthread_create(thread, attributes, run, argument);
}

/* Takes libevent's allocations over, too, before it makes any. */
__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("FAULT_AT");

	if (at)
		fault_at = strtol(at, NULL, 10);
	is_forever = getenv("FAULT_FOREVER") != NULL;
	event_set_mem_functions(__wrap_malloc, __wrap_realloc, __wrap_free);
}

/* Reports. From here on all is granted: gcov, which writes its counts later, allocates as well. */
__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAULT_REPORT");
	FILE *file;

	fault_at = 0;
	file = path ? __real_fopen(path, "w") : NULL;
	if (!file)
		return;
	fprintf(file, "%ld %ld %ld\n", allocations, failed, blocks);
	fclose(file);
}
