/* SPDX-License-Identifier: ISC */
/* check_command: what a command gets of us, and the exit status if it cannot be run. */
#include "client/command.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/signals.h"
#include "lib/capture.h"
#include "lib/suite.h"

static const int none[] = {0};
static struct signals_kept kept;

static void setup(void)
{
	capture(STDERR_FILENO);
	log_open("hailto", LOG_LEVEL_WARNING);
}

/* Takes over what is inherited, as main does, and becomes the command. */
static enum status become(const char *first, const char *second, const char *third)
{
	char words[3][200], *command[4] = {NULL};
	const char *const given[] = {first, second, third};

	for (int i = 0; i < 3 && given[i]; i++)
		command[i] = strcpy(words[i], given[i]);
	signals_keep(&kept);
	signals_begin(none);
	return command_run(command, &kept);
}

static const struct {
	const char *command;
	enum status status;
	const char *told;
} bad[] = {
	{"no-such-command-anywhere", STATUS_MISSING, "cannot run 'no-such-command-anywhere': "},
	{"/no/such/path", STATUS_MISSING, "cannot run '/no/such/path': "},
	{"", STATUS_MISSING, "cannot run '': "},
	{"/dev/null", STATUS_UNRUNNABLE, "cannot run '/dev/null': "},
	{"/", STATUS_UNRUNNABLE, "cannot run '/': "},
};

START_TEST(status_is_that_of_a_shell)
{
	ck_assert_int_eq(become(bad[_i].command, NULL, NULL), bad[_i].status);
	assert_one_error_line("hailto: ");
	assert_told(bad[_i].told);
}
END_TEST

/* Runs the shell's command in a child; returns the status that wait(2) has. */
static int run_shell(const char *line)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit((int)become("sh", "-c", line));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

START_TEST(command_is_run_with_its_status)
{
	int status = run_shell("exit 7");

	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	assert_told_nothing();
}
END_TEST

/* hailto ignores SIGPIPE; the command has what the parent had. */
START_TEST(signal_has_its_inherited_action)
{
	int status;

	signal(SIGPIPE, _i ? SIG_IGN : SIG_DFL);
	status = run_shell("kill -PIPE $$; exit 7");
	ck_assert(_i ? WIFEXITED(status) && WEXITSTATUS(status) == 7
		     : WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}
END_TEST

START_TEST(signal_has_its_inherited_mask)
{
	sigset_t set;
	int status;

	sigemptyset(&set);
	if (_i)
		sigaddset(&set, SIGUSR1);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &set, NULL), 0);
	status = run_shell("kill -USR1 $$; exit 7");
	ck_assert(_i ? WIFEXITED(status) && WEXITSTATUS(status) == 7
		     : WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("command");
	TCase *tests = suite_case(suite, "command");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_loop_test(tests, status_is_that_of_a_shell, 0, COUNT_OF(bad));
	tcase_add_test(tests, command_is_run_with_its_status);
	tcase_add_loop_test(tests, signal_has_its_inherited_action, 0, 2);
	tcase_add_loop_test(tests, signal_has_its_inherited_mask, 0, 2);
	return suite_run(suite);
}
