/* watchdog: ends the program in time, though it is in a call that nothing else can end. */
#include "watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* What the signal's handler needs, and how things were before. */
static struct {
	const char *words;
	size_t length;
	int status;
	struct sigaction action;
	sigset_t mask;
} watchdog;

/* The interrupted call may hold any lock: nothing but system calls is safe here. */
static void bite(int number)
{
	(void)number;
	(void)!write(STDERR_FILENO, watchdog.words, watchdog.length);
	_exit(watchdog.status);
}

static void set_timer(uint64_t ms)
{
	struct itimerval timer = {.it_value = {.tv_sec = (time_t)(ms / 1000),
					       .tv_usec = (suseconds_t)(ms % 1000 * 1000)}};

	setitimer(ITIMER_REAL, &timer, NULL);
}

void watchdog_start(uint64_t ms, const char *last_words, int status)
{
	struct sigaction action = {.sa_handler = bite};
	sigset_t alarm_only;

	watchdog.words = last_words;
	watchdog.length = strlen(last_words);
	watchdog.status = status;
	sigaction(SIGALRM, &action, &watchdog.action);
	/* A parent may have left it blocked. */
	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	pthread_sigmask(SIG_UNBLOCK, &alarm_only, &watchdog.mask);
	set_timer(ms);
}

void watchdog_stop(void)
{
	set_timer(0);
	pthread_sigmask(SIG_SETMASK, &watchdog.mask, NULL);
	sigaction(SIGALRM, &watchdog.action, NULL);
}
