/* SPDX-License-Identifier: ISC */
/* check_activation: what LISTEN_FDS and its companions mean, and what of them makes no sense. */
#include "daemon/setup/activation.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/setup/pidfd.h"
#include "lib/suite.h"

static const struct activation_process self = {.pid = 42, .number = 7000, .descriptors = 1024};

/* `count` descriptors are ours, or the problem begins like this. */
static const struct {
	const char *fds, *pid, *pidfdid, *names;
	size_t count;
	const char *problem;
} cases[] = {
	/* Nothing is said. */
	{NULL, NULL, NULL, NULL, 0, NULL},
	{"", "42", NULL, NULL, 0, NULL},
	{NULL, "42", NULL, "web", 0, NULL},
	{"0", "42", NULL, NULL, 0, NULL},
	{"0", "garbage", "garbage", "web", 0, NULL},
	{"00", "42", NULL, NULL, 0, NULL},
	/* It is for us. */
	{"1", "42", NULL, NULL, 1, NULL},
	{"1", "42", "", "", 1, NULL},
	{"3", "42", NULL, "web:proxy:", 3, NULL},
	{"1021", "42", NULL, NULL, 1021, NULL},
	{"2", "42", "7000", NULL, 2, NULL},
	{"2", "42", "0", NULL, 2, NULL},   /* not a number of a process */
	{"2", "1", "7000", NULL, 2, NULL}, /* as another PID namespace counts */
	/* It is for another process, which may understand what we do not. */
	{"1", "43", NULL, NULL, 0, NULL},
	{"garbage", "43", NULL, "a:b", 0, NULL},
	{"1", "42", "7001", NULL, 0, NULL}, /* its PID is ours now */
	{"1", "0", NULL, NULL, 0, NULL},
	{"1", "18446744073709551615", NULL, NULL, 0, NULL},
	/* It makes no sense. */
	{"1", NULL, NULL, NULL, 0, "LISTEN_FDS is set without LISTEN_PID"},
	{"1", "", NULL, NULL, 0, "LISTEN_FDS is set without LISTEN_PID"},
	{"x", "42", NULL, NULL, 0, "LISTEN_FDS is 'x', which is no number"},
	{"-1", "42", NULL, NULL, 0, "LISTEN_FDS is '-1', which is no number"},
	{"1 ", "42", NULL, NULL, 0, "LISTEN_FDS is '1 ', which is no number"},
	{"99999999999999999999", "42", NULL, NULL, 0,
	 "LISTEN_FDS is '99999999999999999999', which"},
	{"1", "me", NULL, NULL, 0, "LISTEN_PID is 'me', which is no number"},
	{"1", "-42", NULL, NULL, 0, "LISTEN_PID is '-42', which is no number"},
	{"1", "42", "x", NULL, 0, "LISTEN_PIDFDID is 'x', which is no number"},
	{"1022", "42", NULL, NULL, 0, "LISTEN_FDS is 1022, but the descriptor limit is 1024"},
	{"18446744073709551615", "42", NULL, NULL, 0, "LISTEN_FDS is 18446744073709551615, but"},
	{"1", "42", NULL, "a:b", 0,
	 "LISTEN_FDS is 1, but the number of names in LISTEN_FDNAMES is 2"},
	{"2", "42", NULL, "a", 0,
	 "LISTEN_FDS is 2, but the number of names in LISTEN_FDNAMES is 1"},
};

static bool parse(int i, const struct activation_process *process, struct activation *activation,
		  char *problem)
{
	struct activation_variables variables = {
		.fds = cases[i].fds,
		.pid = cases[i].pid,
		.pidfdid = cases[i].pidfdid,
		.names = cases[i].names,
	};

	return activation_parse(&variables, process, activation, problem);
}

START_TEST(variables_are_understood)
{
	struct activation activation;
	char problem[ACTIVATION_PROBLEM_MAX] = "";
	const char *wanted = cases[_i].problem;

	ck_assert_int_eq(parse(_i, &self, &activation, problem), wanted == NULL);
	ck_assert_uint_eq(activation.count, cases[_i].count);
	if (wanted)
		ck_assert_msg(strncmp(problem, wanted, strlen(wanted)) == 0, "'%s'", problem);
	else
		ck_assert_str_eq(problem, "");
}
END_TEST

/* Where the kernel has no such number, the PID decides. */
START_TEST(without_a_number_the_pid_decides)
{
	struct activation_process process = {.pid = 42, .descriptors = 1024};
	struct activation_variables variables = {.fds = "1", .pid = "42", .pidfdid = "7001"};
	struct activation activation;
	char problem[ACTIVATION_PROBLEM_MAX];

	ck_assert(activation_parse(&variables, &process, &activation, problem));
	ck_assert_uint_eq(activation.count, 1);
	variables.pid = "43";
	ck_assert(activation_parse(&variables, &process, &activation, problem));
	ck_assert_uint_eq(activation.count, 0);
}
END_TEST

START_TEST(names_are_taken_apart)
{
	static const char *const names[] = {"web.socket", "", "metrics", ""};
	struct activation activation = {.count = 4, .names = "web.socket::metrics:"};
	char name[ACTIVATION_NAME_MAX];

	activation_name(&activation, (size_t)_i, name);
	ck_assert_str_eq(name, names[_i]);
	activation.names = NULL;
	activation_name(&activation, (size_t)_i, name);
	ck_assert_str_eq(name, "");
}
END_TEST

START_TEST(long_name_is_cut)
{
	char names[2 * ACTIVATION_NAME_MAX], name[ACTIVATION_NAME_MAX];
	struct activation activation = {.count = 1, .names = names};

	memset(names, 'x', sizeof names - 1);
	names[sizeof names - 1] = '\0';
	activation_name(&activation, 0, name);
	ck_assert_uint_eq(strlen(name), sizeof name - 1);
}
END_TEST

/* The number stays, and a child has another. */
START_TEST(number_is_ours_alone)
{
	uint64_t ours = pidfd_own_number();
	pid_t child;
	int status;

	ck_assert_uint_eq(pidfd_own_number(), ours);
	if (ours == 0)
		return;
	child = fork();
	if (child == 0)
		_exit(pidfd_own_number() == ours);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("activation");
	TCase *tests = suite_case(suite, "all");

	tcase_add_loop_test(tests, variables_are_understood, 0, COUNT_OF(cases));
	tcase_add_test(tests, without_a_number_the_pid_decides);
	tcase_add_loop_test(tests, names_are_taken_apart, 0, 4);
	tcase_add_test(tests, long_name_is_cut);
	tcase_add_test(tests, number_is_ours_alone);
	return suite_run(suite);
}
