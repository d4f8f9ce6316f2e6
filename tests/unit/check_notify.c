/* SPDX-License-Identifier: ISC */
/* check_notify: a service manager gets each message, in order and never too often; none harms us.
 */
#include "daemon/tell/notify.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "lib/capture.h"
#include "lib/peers.h"
#include "lib/suite.h"

/* libevent's clock is a coarse one: a timer may come a little early. */
enum { EARLY_MS = 10 };

static struct event_base *base;
static struct notify *notify;
static int manager;
static char folder[] = "/tmp/haild-notify-XXXXXX", name[100];

/* What the daemon's status is; whether it may change unsaid; how often it was asked. */
static char status[NOTIFY_STATUS_MAX];
static bool may_change;
static unsigned asked;

/* If above 0, no socket can be made, for this reason. */
static int no_socket;

/* In the C library's place. */
int socket(int family, int type, int protocol);
int socket(int family, int type, int protocol)
{
	if (no_socket > 0) {
		errno = no_socket;
		return -1;
	}
	return (int)syscall(SYS_socket, family, type, protocol);
}

static bool status_cb(char *text, void *argument)
{
	ck_assert_ptr_eq(argument, &asked);
	asked++;
	snprintf(text, NOTIFY_STATUS_MAX, "%s", status);
	return may_change;
}

/* Makes a manager's socket of that type at the name, where "@" means an abstract one. */
static int listen_at(const char *where, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(where);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	ck_assert_uint_lt(length, sizeof address.sun_path);
	memcpy(address.sun_path, where, length);
	if (*where == '@')
		address.sun_path[0] = '\0';
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
			 0);
	return fd;
}

static void setup(void)
{
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(name, sizeof name, "%s/socket", folder);
	manager = listen_at(name, SOCK_DGRAM);
	setenv("NOTIFY_SOCKET", name, 1);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	snprintf(status, sizeof status, "0 open");
	may_change = false;
}

static void teardown(void)
{
	notify_free(notify);
	loop_free(base);
	if (manager >= 0)
		close(manager);
	unlink(name);
	rmdir(folder);
}

static void start(void)
{
	notify = notify_new(base, status_cb, &asked);
	ck_assert_ptr_nonnull(notify);
}

/* Starts, and has the manager get the first messages. */
static void start_ready(void)
{
	char text[500];

	start();
	notify_ready(notify);
	ck_assert_int_gt(recv(manager, text, sizeof text, MSG_DONTWAIT), 0);
	ck_assert_int_lt(recv(manager, text, sizeof text, MSG_DONTWAIT), 0);
}

/* The manager's next message; "" if there is none. */
static const char *message(void)
{
	static char text[500];
	ssize_t length = recv(manager, text, sizeof text - 1, MSG_DONTWAIT);

	text[length > 0 ? length : 0] = '\0';
	return text;
}

static void assert_message(const char *expected)
{
	ck_assert_str_eq(message(), expected);
}

/* Asserts that nothing is left to do in the loop, and that the manager has nothing to read. */
static void assert_rest(void)
{
	ck_assert_int_eq(event_base_dispatch(base), 1);
	assert_message("");
}

/* Asserts that the manager has got a message that begins a reload, in these microseconds. */
static void assert_reloading(uint64_t from_us, const char *after)
{
	const char *text = message();
	uint64_t us;
	int end = 0;

	ck_assert_int_eq(sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%" SCNu64 "\n%n", &us, &end), 1);
	ck_assert_uint_ge(us, from_us);
	ck_assert_uint_le(us, clock_us());
	ck_assert_str_eq(text + end, after);
}

/* Fills the manager's queue; returns how many messages that took. */
static int fill_queue(void)
{
	int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), count = 0;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, name, strlen(name));
	ck_assert_int_eq(connect(sender, (struct sockaddr *)&address, sizeof address), 0);
	while (send(sender, "X=1\n", 4, MSG_DONTWAIT) == 4)
		count++;
	ck_assert_int_eq(errno, EAGAIN);
	close(sender);
	return count;
}

/* Has the manager read what fill_queue() has put there. */
static void empty_queue(int count)
{
	while (count-- > 0)
		assert_message("X=1\n");
}

START_TEST(without_a_manager_nothing_happens)
{
	int lowest = lowest_descriptor();

	if (_i == 0)
		unsetenv("NOTIFY_SOCKET");
	else
		setenv("NOTIFY_SOCKET", "", 1);
	setenv("WATCHDOG_USEC", "1000", 1);
	start();
	ck_assert_int_eq(lowest_descriptor(), lowest);
	notify_ready(notify);
	notify_changed(notify);
	notify_reloading(notify);
	notify_stopping(notify);
	assert_rest();
	assert_told_nothing();
	ck_assert_uint_eq(asked, 0);
}
END_TEST

START_TEST(ready_comes_with_the_status)
{
	start();
	assert_message("");
	notify_ready(notify);
	assert_message("READY=1\nSTATUS=0 open\n");
	assert_rest();
	assert_told_nothing();
}
END_TEST

START_TEST(manager_may_have_an_abstract_name)
{
	char abstract[sizeof((struct sockaddr_un *)0)->sun_path], *end = abstract;

	/* The longest possible one: other daemons' tests have other names. */
	end += snprintf(abstract, sizeof abstract, "@haild-%s-", folder + sizeof folder - 7);
	memset(end, 'x', (size_t)(abstract + sizeof abstract - end));
	abstract[sizeof abstract - 1] = '\0';
	close(manager);
	manager = listen_at(abstract, SOCK_DGRAM);
	setenv("NOTIFY_SOCKET", abstract, 1);
	start();
	notify_ready(notify);
	assert_message("READY=1\nSTATUS=0 open\n");
	assert_told_nothing();
}
END_TEST

START_TEST(variables_and_socket_are_not_inherited)
{
	int fd = lowest_descriptor();

	setenv("WATCHDOG_USEC", "1000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	start();
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
	ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
	ck_assert_ptr_null(getenv("WATCHDOG_PID"));
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	notify_free(notify);
	notify = NULL;
	ck_assert_int_eq(lowest_descriptor(), fd);
}
END_TEST

START_TEST(reload_has_its_time_and_an_end)
{
	uint64_t began = clock_us();

	start_ready();
	notify_reloading(notify);
	assert_reloading(began, "");
	assert_rest();
	notify_ready(notify);
	assert_message("READY=1\n");
	notify_reloading(notify);
	snprintf(status, sizeof status, "0 open; the last reload failed");
	notify_ready(notify);
	assert_reloading(began, "");
	assert_message("READY=1\nSTATUS=0 open; the last reload failed\n");
	assert_rest();
}
END_TEST

START_TEST(stop_is_told_once_and_is_the_last_state)
{
	start_ready();
	snprintf(status, sizeof status, "draining: 0 open");
	notify_stopping(notify);
	notify_stopping(notify);
	notify_reloading(notify);
	notify_ready(notify);
	assert_message("STOPPING=1\nSTATUS=draining: 0 open\n");
	assert_message("");
	snprintf(status, sizeof status, "draining: 1 open");
	notify_changed(notify);
	ck_assert_int_eq(event_base_dispatch(base), 1);
	assert_message("STATUS=draining: 1 open\n");
}
END_TEST

/* It must neither be waited for nor lost. */
START_TEST(full_queue_gets_it_later)
{
	int count = fill_queue();
	uint64_t began = clock_ms();

	start();
	notify_ready(notify);
	ck_assert_uint_lt(clock_ms() - began, 1000);
	run_for(base, 250);
	empty_queue(count);
	assert_message("");
	ck_assert_int_eq(event_base_dispatch(base), 1);
	assert_message("READY=1\nSTATUS=0 open\n");
	assert_rest();
	assert_told_nothing();
}
END_TEST

START_TEST(full_queue_gets_what_gathers_in_one)
{
	uint64_t began = clock_us();
	int count;

	start_ready();
	count = fill_queue();
	notify_reloading(notify);
	notify_ready(notify);
	snprintf(status, sizeof status, "1 open");
	notify_stopping(notify);
	empty_queue(count);
	ck_assert_int_eq(event_base_dispatch(base), 1);
	assert_reloading(began, "READY=1\nSTOPPING=1\nSTATUS=1 open\n");
	assert_rest();
}
END_TEST

/* A READY that is owed would end the reload that begins. */
START_TEST(full_queue_gets_no_ready_before_a_reload)
{
	uint64_t began = clock_us();
	int count = fill_queue();

	start();
	notify_ready(notify);
	notify_reloading(notify);
	empty_queue(count);
	ck_assert_int_eq(event_base_dispatch(base), 1);
	assert_reloading(began, "STATUS=0 open\n");
	notify_ready(notify);
	assert_message("READY=1\n");
	assert_rest();
}
END_TEST

START_TEST(manager_that_dies_is_one_warning)
{
	setenv("WATCHDOG_USEC", "20000", 1);
	start_ready();
	close(manager);
	manager = -1;
	ck_assert_int_eq(event_base_dispatch(base), 1); /* until no timer is left */
	assert_one_error_line("haild: cannot notify the service manager at /tmp/haild-notify-");
	assert_told("/socket (NOTIFY_SOCKET): Connection refused; serving without it\n");
	notify_reloading(notify);
	notify_ready(notify);
	notify_changed(notify);
	notify_stopping(notify);
	ck_assert_int_eq(event_base_dispatch(base), 1);
	assert_one_error_line("haild: cannot notify the service manager at ");
}
END_TEST

/* Asserts that no manager is there, and that one line tells why. */
static void assert_given_up(const char *why)
{
	int lowest = lowest_descriptor();

	setenv("WATCHDOG_USEC", "20000", 1);
	start();
	notify_ready(notify);
	notify_stopping(notify);
	ck_assert_int_eq(event_base_dispatch(base), 1);
	ck_assert_int_eq(lowest_descriptor(), lowest);
	assert_one_error_line("haild: cannot notify the service manager");
	assert_told(why);
	assert_told("; serving without it\n");
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
}

START_TEST(manager_that_is_not_there_is_one_warning)
{
	unlink(name);
	assert_given_up("/socket (NOTIFY_SOCKET): No such file or directory;");
}
END_TEST

START_TEST(manager_with_a_stream_socket_is_one_warning)
{
	close(manager);
	unlink(name);
	manager = listen_at(name, SOCK_STREAM);
	assert_given_up("/socket (NOTIFY_SOCKET): Protocol wrong type for socket;");
}
END_TEST

START_TEST(socket_that_cannot_be_made_is_one_warning)
{
	no_socket = _i == 0 ? EAFNOSUPPORT : EMFILE;
	assert_given_up(_i == 0 ? "/socket (NOTIFY_SOCKET): Address family not supported by "
				  "protocol (does the unit's RestrictAddressFamilies lack "
				  "AF_UNIX?);"
				: "/socket (NOTIFY_SOCKET): Too many open files;");
}
END_TEST

static const char *const nonsense[] = {"vsock:2:1234", "socket", "@", "/", "unix:/run/socket", " "};

START_TEST(nonsensical_address_is_one_warning)
{
	char why[100];

	snprintf(why, sizeof why, ": NOTIFY_SOCKET is '%s', neither the path nor the @name of a ",
		 nonsense[_i]);
	setenv("NOTIFY_SOCKET", nonsense[_i], 1);
	assert_given_up(why);
}
END_TEST

START_TEST(address_that_is_too_long_is_one_warning)
{
	char address[sizeof((struct sockaddr_un *)0)->sun_path + 1];

	memset(address, 'x', sizeof address);
	address[0] = _i == 0 ? '/' : '@';
	address[sizeof address - 1] = '\0';
	setenv("NOTIFY_SOCKET", address, 1);
	assert_given_up("xxx', neither the path nor the @name of a UNIX socket;");
}
END_TEST

/* Changes all the time; counts the messages, and asserts that they keep their distance. */
static bool change_and_count(void *argument)
{
	static uint64_t last;
	static unsigned changes;
	unsigned *count = argument;

	snprintf(status, sizeof status, "%u open", ++changes);
	notify_changed(notify);
	if (strncmp(message(), "STATUS=", 7) == 0) {
		if (++*count > 1)
			ck_assert_uint_ge(clock_ms() - last, 1000 - 2 * EARLY_MS);
		last = clock_ms();
	}
	return *count == 3;
}

START_TEST(status_that_always_changes_comes_once_a_second)
{
	unsigned count = 0;

	start_ready();
	asked = 0;
	ck_assert(run_until(base, change_and_count, &count, PATIENCE_MS));
	ck_assert_uint_eq(asked, 3);
}
END_TEST

START_TEST(status_that_has_not_changed_is_not_told)
{
	start_ready();
	asked = 0;
	assert_rest();
	ck_assert_uint_eq(asked, 0);
	notify_changed(notify);
	notify_changed(notify);
	assert_rest();
	ck_assert_uint_eq(asked, 1);
}
END_TEST

static bool is_asked_thrice(void *argument)
{
	(void)argument;
	return asked >= 3;
}

START_TEST(status_that_may_change_is_looked_at_again)
{
	start_ready();
	asked = 0;
	may_change = true;
	notify_changed(notify);
	ck_assert(run_until(base, is_asked_thrice, NULL, PATIENCE_MS));
	assert_message("");
	snprintf(status, sizeof status, "1 open");
	may_change = false;
	ck_assert_int_eq(event_base_dispatch(base), 1);
	assert_message("STATUS=1 open\n");
	assert_rest();
	ck_assert_uint_eq(asked, 4);
}
END_TEST

/* The status that a state brings with it counts: none follows at once. */
START_TEST(status_of_a_state_is_not_followed_at_once)
{
	uint64_t began;

	start_ready();
	notify_changed(notify);
	run_for(base, 500);
	snprintf(status, sizeof status, "1 open");
	began = clock_ms();
	notify_ready(notify);
	assert_message("READY=1\nSTATUS=1 open\n");
	snprintf(status, sizeof status, "2 open");
	notify_changed(notify);
	ck_assert_int_eq(event_base_dispatch(base), 1);
	ck_assert_uint_ge(clock_ms() - began, 1000 - EARLY_MS);
	assert_message("STATUS=2 open\n");
}
END_TEST

/* Counts the signs that the watchdog has got. */
static bool has_three_signs(void *argument)
{
	unsigned *count = argument;

	if (strcmp(message(), "WATCHDOG=1\n") == 0)
		++*count;
	return *count == 3;
}

START_TEST(watchdog_gets_a_sign_at_half_its_time)
{
	char pid[32];
	unsigned count = 0;
	uint64_t began;

	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	setenv("WATCHDOG_USEC", "600000", 1);
	if (_i == 0)
		setenv("WATCHDOG_PID", pid, 1);
	start_ready();
	began = clock_ms();
	ck_assert(run_until(base, has_three_signs, &count, PATIENCE_MS));
	ck_assert_uint_ge(clock_ms() - began, 900 - EARLY_MS);
	ck_assert_uint_lt(clock_ms() - began, 1500);
	notify_stopping(notify);
	assert_message("STOPPING=1\n");
	count = 0;
	ck_assert(run_until(base, has_three_signs, &count, PATIENCE_MS));
}
END_TEST

static bool has_sign(void *argument)
{
	(void)argument;
	return strcmp(message(), "WATCHDOG=1\n") == 0;
}

/* A full queue does not add them up. */
START_TEST(watchdog_gets_one_sign_after_a_full_queue)
{
	int filled;

	setenv("WATCHDOG_USEC", "1000000", 1);
	start_ready();
	filled = fill_queue();
	run_for(base, 1200);
	empty_queue(filled);
	ck_assert(run_until(base, has_sign, NULL, PATIENCE_MS));
	assert_message("");
}
END_TEST

START_TEST(watchdog_in_haste_does_not_spin)
{
	int count = 0;

	setenv("WATCHDOG_USEC", _i == 0 ? "1" : "1999", 1);
	start_ready();
	for (uint64_t end = clock_ms() + 100; clock_ms() < end;) {
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
		while (*message() != '\0')
			count++;
	}
	ck_assert_int_gt(count, 0);
	ck_assert_int_lt(count, 150);
}
END_TEST

START_TEST(watchdog_of_another_or_of_none_gets_no_sign)
{
	static const char *const pids[] = {"1", "0", "18446744073709551615"};

	if (_i < COUNT_OF(pids)) {
		setenv("WATCHDOG_USEC", "2000", 1);
		setenv("WATCHDOG_PID", pids[_i], 1);
	} else {
		setenv("WATCHDOG_USEC", "", 1);
	}
	start_ready();
	assert_rest();
	assert_told_nothing();
}
END_TEST

START_TEST(watchdog_in_a_hundred_years_is_none_yet)
{
	setenv("WATCHDOG_USEC", _i == 0 ? "3155760000000000" : "18446744073709551615", 1);
	start_ready();
	run_for(base, 100);
	assert_message("");
	assert_told_nothing();
}
END_TEST

static const char *const no_numbers[] = {"0", "-1", "1s", " 1", "x", "18446744073709551616"};

START_TEST(garbage_for_the_watchdog_is_one_warning)
{
	char why[200];

	snprintf(why, sizeof why,
		 "haild: WATCHDOG_USEC is '%s', which is no number of microseconds: no sign for "
		 "the watchdog\n",
		 no_numbers[_i]);
	setenv("WATCHDOG_USEC", no_numbers[_i], 1);
	start_ready();
	ck_assert_str_eq(captured(STDERR_FILENO), why);
	assert_rest();
}
END_TEST

START_TEST(garbage_for_the_watched_process_is_one_warning)
{
	setenv("WATCHDOG_USEC", "2000", 1);
	setenv("WATCHDOG_PID", "me", 1);
	start_ready();
	ck_assert_str_eq(captured(STDERR_FILENO),
			 "haild: WATCHDOG_PID is 'me', which is no process number: no sign for the "
			 "watchdog\n");
	assert_rest();
}
END_TEST

START_TEST(nothing_is_freed)
{
	notify_free(NULL);
}
END_TEST

static void add_states(Suite *suite)
{
	TCase *tests = suite_case(suite, "states");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, without_a_manager_nothing_happens, 0, 2);
	tcase_add_test(tests, ready_comes_with_the_status);
	tcase_add_test(tests, manager_may_have_an_abstract_name);
	tcase_add_test(tests, variables_and_socket_are_not_inherited);
	tcase_add_test(tests, reload_has_its_time_and_an_end);
	tcase_add_test(tests, stop_is_told_once_and_is_the_last_state);
	tcase_add_test(tests, full_queue_gets_it_later);
	tcase_add_test(tests, full_queue_gets_what_gathers_in_one);
	tcase_add_test(tests, full_queue_gets_no_ready_before_a_reload);
	tcase_add_test(tests, nothing_is_freed);
}

static void add_warnings(Suite *suite)
{
	TCase *tests = suite_case(suite, "warnings");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, manager_that_dies_is_one_warning);
	tcase_add_test(tests, manager_that_is_not_there_is_one_warning);
	tcase_add_test(tests, manager_with_a_stream_socket_is_one_warning);
	tcase_add_loop_test(tests, socket_that_cannot_be_made_is_one_warning, 0, 2);
	tcase_add_loop_test(tests, nonsensical_address_is_one_warning, 0, COUNT_OF(nonsense));
	tcase_add_loop_test(tests, address_that_is_too_long_is_one_warning, 0, 2);
}

static void add_status(Suite *suite)
{
	TCase *tests = suite_case(suite, "status");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, status_that_always_changes_comes_once_a_second);
	tcase_add_test(tests, status_that_has_not_changed_is_not_told);
	tcase_add_test(tests, status_that_may_change_is_looked_at_again);
	tcase_add_test(tests, status_of_a_state_is_not_followed_at_once);
}

static void add_watchdog(Suite *suite)
{
	TCase *tests = suite_case(suite, "watchdog");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, watchdog_gets_a_sign_at_half_its_time, 0, 2);
	tcase_add_test(tests, watchdog_gets_one_sign_after_a_full_queue);
	tcase_add_loop_test(tests, watchdog_in_haste_does_not_spin, 0, 2);
	tcase_add_loop_test(tests, watchdog_of_another_or_of_none_gets_no_sign, 0, 4);
	tcase_add_loop_test(tests, watchdog_in_a_hundred_years_is_none_yet, 0, 2);
	tcase_add_loop_test(tests, garbage_for_the_watchdog_is_one_warning, 0,
			    COUNT_OF(no_numbers));
	tcase_add_test(tests, garbage_for_the_watched_process_is_one_warning);
}

int main(void)
{
	Suite *suite = suite_create("notify");

	add_states(suite);
	add_warnings(suite);
	add_status(suite);
	add_watchdog(suite);
	return suite_run_at_once(suite);
}
