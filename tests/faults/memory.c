/* SPDX-License-Identifier: ISC */
/*
 * memory: makes the allocations of a whole program fail, and counts what it doesn't give back.
 *
 * The linker's --wrap brings us what our sources allocate, and libevent's hook the rest. A
 * function of the C library that allocates is one allocation more, and fails as it then would: in a
 * static program the linker brings us its own allocations as well, which are let through.
 */
#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "fault.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *block);
#pragma weak __real_seccomp_syscall_resolve_num_arch
char *__real_seccomp_syscall_resolve_num_arch(unsigned machine, int number);
int __real_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
		       struct addrinfo **found);
void __real_freeaddrinfo(struct addrinfo *found);
FILE *__real_fopen(const char *path, const char *mode);
/* glibc's other name of it, for files of over 2 GiB. */
#pragma weak __real_fopen64
FILE *__real_fopen64(const char *path, const char *mode);
int __real_fclose(FILE *file);
DIR *__real_opendir(const char *path);
int __real_closedir(DIR *folder);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *argument);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);
char *__wrap_seccomp_syscall_resolve_num_arch(unsigned machine, int number);
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
		       struct addrinfo **found);
void __wrap_freeaddrinfo(struct addrinfo *found);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
int __wrap_fclose(FILE *file);
DIR *__wrap_opendir(const char *path);
int __wrap_closedir(DIR *folder);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *argument);

/* Greater than 0 within a function of the C library, whose own calls don't count. */
static _Thread_local int inside;

/* Counts an allocation, and tells whether it is to fail. */
static bool fails(void)
{
	return inside == 0 && fault_hits(FAULT_MEMORY);
}

/* Counts a block that the program has to give back. */
static void *counted(void *block)
{
	if (block && inside == 0)
		fault_blocks++;
	return block;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	void *block;

	if (fails())
		return NULL;
	inside++;
	block = __real_calloc(count, size);
	inside--;
	return counted(block);
}

void *__wrap_realloc(void *block, size_t size)
{
	void *moved;

	if (fails())
		return NULL;
	inside++;
	moved = __real_realloc(block, size);
	inside--;
	return block ? moved : counted(moved);
}

char *__wrap_strdup(const char *text)
{
	char *copy;

	if (fails())
		return NULL;
	inside++;
	copy = __real_strdup(text);
	inside--;
	return counted(copy);
}

/* It allocates what the sources give back. A name that is missing is no failure, so none does. */
char *__wrap_seccomp_syscall_resolve_num_arch(unsigned machine, int number)
{
	return counted(__real_seccomp_syscall_resolve_num_arch(machine, number));
}

void __wrap_free(void *block)
{
	if (block && inside == 0)
		fault_blocks--;
	__real_free(block);
}

int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
		       struct addrinfo **found)
{
	int failure;

	if (fails())
		return EAI_MEMORY;
	inside++;
	failure = __real_getaddrinfo(host, service, hints, found);
	inside--;
	return failure;
}

void __wrap_freeaddrinfo(struct addrinfo *found)
{
	inside++;
	__real_freeaddrinfo(found);
	inside--;
}

/* Files and folders, which the C library allocates. */
#define OPENING(type, name, parameters, arguments)                                                 \
	type *__wrap_##name parameters                                                             \
	{                                                                                          \
		type *opened;                                                                      \
                                                                                                   \
		if (fails())                                                                       \
			return NULL;                                                               \
		inside++;                                                                          \
		opened = __real_##name arguments;                                                  \
		inside--;                                                                          \
		return opened;                                                                     \
	}

#define CLOSING(type, name)                                                                        \
	int __wrap_##name(type *opened)                                                            \
	{                                                                                          \
		int result;                                                                        \
                                                                                                   \
		inside++;                                                                          \
		result = __real_##name(opened);                                                    \
		inside--;                                                                          \
		return result;                                                                     \
	}

OPENING(FILE, fopen, (const char *path, const char *mode), (path, mode))
OPENING(FILE, fopen64, (const char *path, const char *mode), (path, mode))
CLOSING(FILE, fclose)
OPENING(DIR, opendir, (const char *path), (path))
CLOSING(DIR, closedir)

/* What a thread is to run. */
struct thread {
	void *(*run)(void *);
	void *argument;
};

/* Runs a thread, and says when it has ended. */
static void *run_thread(void *argument)
{
	struct thread thread = *(struct thread *)argument;
	void *result;

	__real_free(argument);
	result = thread.run(thread.argument);
	fault_threads--;
	return result;
}

static int start_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			void *argument)
{
	struct thread *started = __real_malloc(sizeof *started);
	int reason = ENOMEM;

	if (!started)
		return reason;
	*started = (struct thread){.run = run, .argument = argument};
	fault_threads++;
	reason = __real_pthread_create(thread, attributes, run_thread, started);
	if (reason == 0)
		return 0;
	fault_threads--;
	__real_free(started);
	return reason;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
			  void *argument)
{
	return fails() || fault_hits(FAULT_THREAD)
		       ? EAGAIN
		       : start_thread(thread, attributes, run, argument);
}

/* Takes libevent's allocations over, too, before it makes any. */
__attribute__((constructor)) static void begin(void)
{
	event_set_mem_functions(__wrap_malloc, __wrap_realloc, __wrap_free);
}
