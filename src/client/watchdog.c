/* SPDX-License-Identifier: ISC */
/* watchdog: ends the program in time, even in a call that nothing else can end. */
#include "watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/outlet.h"

/* What the signal's handler needs, and the settings to restore. */
static struct {
	const char *words;
	size_t length;
	int status;
	bool is_set;
	struct sigaction action;
	sigset_t mask;
	struct itimerval alarm; /* set by a parent; all 0: none */
	uint64_t start_us;
} watchdog;

/*
 * The interrupted call may hold any lock: only system calls are safe here. outlet_write_all() makes
 * no others: write(2) and poll(2).
 */
static void bite(int number)
{
	(void)number;
	(void)!outlet_write_all(STDERR_FILENO, watchdog.words, watchdog.length);
	_exit(watchdog.status);
}

static uint64_t us_of(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

static struct timeval timeval_of_us(uint64_t us)
{
	return (struct timeval){.tv_sec = (time_t)(us / 1000000),
				.tv_usec = (suseconds_t)(us % 1000000)};
}

/* True if a parent's alarm ends the program before `us` are over. */
static bool is_forestalled(uint64_t us)
{
	struct sigaction action;
	struct itimerval alarm;

	return getitimer(ITIMER_REAL, &alarm) == 0 && us_of(alarm.it_value) > 0 &&
	       us_of(alarm.it_value) < us && sigaction(SIGALRM, NULL, &action) == 0 &&
	       action.sa_handler == SIG_DFL;
}

/* Makes sure that SIGALRM comes: a parent may have left it blocked. */
static void unblock(void)
{
	sigset_t alarm_only;

	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	pthread_sigmask(SIG_UNBLOCK, &alarm_only, &watchdog.mask);
}

void watchdog_start(uint64_t ms, const char *last_words, int status)
{
	struct sigaction action = {.sa_handler = bite};
	struct itimerval timer = {.it_value = timeval_of_us(ms * 1000)};

	watchdog.is_set = !is_forestalled(ms * 1000);
	if (!watchdog.is_set)
		return;
	watchdog.words = last_words;
	watchdog.length = strlen(last_words);
	watchdog.status = status;
	watchdog.start_us = clock_us();
	setitimer(ITIMER_REAL, &timer, &watchdog.alarm);
	sigaction(SIGALRM, &action, &watchdog.action);
	unblock();
}

/* Restores a parent's alarm, with the time that is left of it. */
static void give_alarm_back(void)
{
	struct itimerval alarm = watchdog.alarm;
	uint64_t left = us_of(alarm.it_value), passed = clock_us() - watchdog.start_us;

	if (left > 0)
		alarm.it_value = timeval_of_us(left > passed ? left - passed : 1);
	setitimer(ITIMER_REAL, &alarm, NULL);
}

void watchdog_stop(void)
{
	static const struct itimerval none;

	if (!watchdog.is_set)
		return;
	setitimer(ITIMER_REAL, &none, NULL);
	pthread_sigmask(SIG_SETMASK, &watchdog.mask, NULL);
	sigaction(SIGALRM, &watchdog.action, NULL);
	give_alarm_back();
}
