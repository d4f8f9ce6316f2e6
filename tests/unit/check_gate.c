/* SPDX-License-Identifier: ISC */
/* check_gate: who is let in, how often and how many at a time, and what a reload changes. */
#include "daemon/admit/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/log.h"
#include "daemon/options.h"
#include "daemon/status.h"
#include "lib/capture.h"
#include "lib/memory.h"
#include "lib/suite.h"

static struct options options;
static struct gate *gate;
static int status; /* that gate_new() has left */
static char path[] = "/tmp/check_gate.XXXXXX";

/* So slow that no test sees one more let in. */
static const struct rate three_a_day = {.count = 3, .ms = RATE_MS_MAX};
enum { BURST = 6 };

static void setup(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	options = (struct options){.source_prefix = {32, 64}};
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
}

static void teardown(void)
{
	gate_free(gate);
	ck_assert_int_eq(unlink(path), 0);
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void add(struct cli_list *list, const char *text)
{
	list->texts[list->count++] = text;
}

static void start(void)
{
	gate = gate_new(&options, true, &status);
	ck_assert_ptr_nonnull(gate);
}

/* Reads an address; "unix" is that of a client at a UNIX socket. */
static struct address address_of(const char *text)
{
	struct address address = {.length = sizeof(sa_family_t)};

	address.any.sa_family = AF_UNIX;
	if (strcmp(text, "unix") != 0)
		ck_assert_int_eq(address_from_literal(text, AF_UNSPEC, &address), 0);
	return address;
}

static struct admission enter(const char *from)
{
	struct address address = address_of(from);

	return gate_enter(gate, &address.any);
}

static struct admission enter_again(const char *from)
{
	struct address address = address_of(from);

	return gate_enter_again(gate, &address.any);
}

static void leave(struct source *source)
{
	if (source)
		gate_leave(source, gate);
}

/* Opens a connection that is counted. */
static struct source *open_one(const char *from)
{
	struct admission admission = enter(from);

	ck_assert_int_eq(admission.verdict, VERDICT_ADMITTED);
	ck_assert_ptr_nonnull(admission.source);
	return admission.source;
}

/* Asserts the verdict on a client that leaves at once. */
static void assert_verdict(const char *from, enum verdict expected)
{
	struct admission admission = enter(from);

	ck_assert_int_eq(admission.verdict, expected);
	ck_assert(expected == VERDICT_ADMITTED || expected == VERDICT_TOO_MANY ||
		  !admission.source);
	if (expected == VERDICT_ADMITTED)
		leave(admission.source);
}

static enum verdict ask(const char *from)
{
	struct address address = address_of(from);

	return gate_judge_datagram(gate, &address.any);
}

static bool trusts(const char *proxy)
{
	struct address address = address_of(proxy);

	return gate_trusts(gate, &address.any);
}

START_TEST(without_options_all_are_let_in)
{
	start();
	ck_assert(!gate_has_limits(gate));
	for (int i = 0; i < 1000; i++)
		assert_verdict("192.0.2.1", VERDICT_ADMITTED);
	ck_assert_int_eq(ask("192.0.2.1"), VERDICT_ADMITTED);
	ck_assert(gate_reload(gate));
	assert_told_nothing();
}
END_TEST

START_TEST(lists_are_heeded)
{
	add(&options.allow, "192.0.2.0/24");
	add(&options.deny, "192.0.2.128/25");
	write_file("192.0.2.7\n");
	add(&options.deny_files, path);
	start();
	ck_assert(gate_has_limits(gate));
	assert_verdict("192.0.2.1", VERDICT_ADMITTED);
	assert_verdict("::ffff:192.0.2.1", VERDICT_ADMITTED);
	assert_verdict("192.0.2.129", VERDICT_DENIED);
	assert_verdict("192.0.2.7", VERDICT_DENIED);
	assert_verdict("198.51.100.1", VERDICT_DENIED);
	assert_verdict("2001:db8::1", VERDICT_DENIED);
	assert_verdict("unix", VERDICT_ADMITTED);
	ck_assert_int_eq(ask("192.0.2.1"), VERDICT_ADMITTED);
	ck_assert_int_eq(ask("192.0.2.7"), VERDICT_DENIED);
}
END_TEST

/* Who is believed if the options do not say; "unix" is whoever may connect there. */
static const struct {
	const char *proxy;
	bool is_believed;
} usual[] = {
	{"127.0.0.1", true},   {"127.255.255.255", true}, {"::1", true},
	{"10.1.2.3", true},    {"172.16.0.1", true},	  {"172.31.255.255", true},
	{"172.32.0.1", false}, {"192.168.3.4", true},	  {"fd00::1", true},
	{"fe80::1", false},    {"192.0.2.1", false},	  {"2001:db8::1", false},
	{"::2", false},	       {"::ffff:10.1.2.3", true}, {"::ffff:192.0.2.1", false},
	{"unix", true},
};

START_TEST(usual_proxies_are_believed)
{
	start();
	ck_assert_int_eq(trusts(usual[_i].proxy), usual[_i].is_believed);
}
END_TEST

START_TEST(only_proxies_that_are_named_are_believed)
{
	add(&options.proxy_from, "192.0.2.0/24");
	add(&options.proxy_from, "2001:db8::/32");
	start();
	ck_assert(!gate_has_limits(gate)); /* of proxies; their clients are others */
	ck_assert(trusts("192.0.2.1"));
	ck_assert(trusts("2001:db8::1"));
	ck_assert(trusts("unix"));
	ck_assert(!trusts("127.0.0.1"));
	ck_assert(!trusts("::1"));
}
END_TEST

START_TEST(source_has_only_so_many_open)
{
	struct source *first, *second, *other;

	options.max_per_source = 2;
	start();
	ck_assert(gate_has_limits(gate));
	first = open_one("2001:db8::1");
	second = open_one("2001:db8::2");
	assert_verdict("2001:db8::3", VERDICT_TOO_MANY);
	other = open_one("2001:db8:0:1::1");
	leave(first);
	first = open_one("2001:db8::3");
	leave(first);
	leave(second);
	leave(other);
}
END_TEST

START_TEST(unix_clients_are_no_source)
{
	options.max_per_source = 1;
	options.rate_per_source = options.datagram_rate = three_a_day;
	start();
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(enter("unix").verdict, VERDICT_ADMITTED);
		ck_assert_ptr_null(enter("unix").source);
		ck_assert_int_eq(ask("unix"), VERDICT_ADMITTED);
	}
}
END_TEST

/* Connections and datagrams have an account each. */
START_TEST(source_comes_only_so_often)
{
	options.rate_per_source = options.datagram_rate = three_a_day;
	start();
	ck_assert(gate_has_limits(gate));
	for (int i = 0; i < BURST + 3; i++) {
		assert_verdict("192.0.2.1", i < BURST ? VERDICT_ADMITTED : VERDICT_TOO_OFTEN);
		ck_assert_int_eq(ask("192.0.2.1"),
				 i < BURST ? VERDICT_ADMITTED : VERDICT_TOO_OFTEN);
	}
	assert_verdict("192.0.2.2", VERDICT_ADMITTED);
	ck_assert_int_eq(ask("192.0.2.2"), VERDICT_ADMITTED);
}
END_TEST

/* The default is a rate of datagrams alone. */
START_TEST(rate_of_datagrams_is_none_of_connections)
{
	options.datagram_rate = three_a_day;
	start();
	ck_assert(!gate_has_limits(gate));
	for (int i = 0; i < BURST; i++)
		ck_assert_int_eq(ask("192.0.2.1"), VERDICT_ADMITTED);
	ck_assert_int_eq(ask("192.0.2.1"), VERDICT_TOO_OFTEN);
	assert_verdict("192.0.2.1", VERDICT_ADMITTED);
}
END_TEST

START_TEST(rate_of_the_most_has_a_burst_in_range)
{
	options.rate_per_source = (struct rate){.count = RATE_COUNT_MAX, .ms = RATE_MS_MAX};
	start();
	for (int i = 0; i < 1000; i++)
		assert_verdict("192.0.2.1", VERDICT_ADMITTED);
}
END_TEST

/* Who is denied has not come, and who comes again after VERDICT_TOO_MANY has come once. */
START_TEST(only_a_client_that_comes_counts_for_the_rate)
{
	struct admission admission;
	struct source *open;

	options.max_per_source = 1;
	options.rate_per_source = three_a_day;
	add(&options.deny, "198.51.100.0/24");
	start();
	for (int i = 0; i < 2 * BURST; i++)
		assert_verdict("198.51.100.1", VERDICT_DENIED);
	open = open_one("192.0.2.1");
	for (int i = 0; i < 2 * BURST; i++) {
		admission = enter_again("192.0.2.1");
		ck_assert_int_eq(admission.verdict, VERDICT_TOO_MANY);
		ck_assert_ptr_eq(admission.source, open);
	}
	leave(open);
	admission = enter_again("192.0.2.1");
	ck_assert_int_eq(admission.verdict, VERDICT_ADMITTED);
	assert_verdict("192.0.2.1", VERDICT_TOO_MANY);
	leave(admission.source);
	for (int i = 2; i < BURST; i++)
		assert_verdict("192.0.2.1", VERDICT_ADMITTED);
	assert_verdict("192.0.2.1", VERDICT_TOO_OFTEN);
}
END_TEST

/* Lets clients from this address on come, and stay, until one is not let in. */
static enum verdict crowd(struct address address)
{
	enum verdict verdict = VERDICT_ADMITTED;

	for (uint32_t i = 0; i < 1000000 && verdict == VERDICT_ADMITTED; i++) {
		verdict = gate_enter(gate, &address.any).verdict;
		address.ipv4.sin_addr.s_addr = htonl(ntohl(address.ipv4.sin_addr.s_addr) + 1);
	}
	return verdict;
}

/* A limit that gave way when memory is short would do so for those that use it up. */
START_TEST(client_that_cannot_be_counted_is_refused)
{
	struct address first = address_of("10.0.0.0");
	enum verdict verdict;

	options.max_per_source = 1;
	start();
	memory_grants = 0;
	verdict = crowd(first);
	memory_grants = -1;
	ck_assert_int_eq(verdict, VERDICT_NO_MEMORY);
	assert_verdict("10.0.0.0", VERDICT_TOO_MANY);
	assert_verdict("192.0.2.1", VERDICT_ADMITTED);
}
END_TEST

START_TEST(verdicts_have_words)
{
	ck_assert_str_eq(gate_describe(VERDICT_DENIED), "denied");
	ck_assert_ptr_nonnull(strstr(gate_describe(VERDICT_TOO_MANY), "--max-per-source"));
	ck_assert_ptr_nonnull(strstr(gate_describe(VERDICT_TOO_OFTEN), "--rate-per-source"));
	ck_assert_ptr_nonnull(gate_describe(VERDICT_NO_MEMORY));
}
END_TEST

static void setup_file(void)
{
	setup();
	write_file("192.0.2.1\n");
	add(&options.deny, "192.0.2.3");
	add(&options.deny_files, path);
}

START_TEST(reload_takes_the_new_networks)
{
	char told[80];

	start();
	write_file("192.0.2.2\n");
	assert_verdict("192.0.2.1", VERDICT_DENIED);
	assert_verdict("192.0.2.2", VERDICT_ADMITTED);
	ck_assert(gate_reload(gate));
	assert_verdict("192.0.2.1", VERDICT_ADMITTED);
	assert_verdict("192.0.2.2", VERDICT_DENIED);
	assert_verdict("192.0.2.3", VERDICT_DENIED);
	snprintf(told, sizeof told, "read %s again\n", path);
	ck_assert_str_eq(captured(STDERR_FILENO), told);
}
END_TEST

START_TEST(reload_that_fails_changes_nothing)
{
	char told[160];

	start();
	write_file("192.0.2.2\n192.0.2.4/33\n");
	ck_assert(!gate_reload(gate));
	assert_verdict("192.0.2.1", VERDICT_DENIED);
	assert_verdict("192.0.2.2", VERDICT_ADMITTED);
	assert_one_error_line("haild: ");
	snprintf(told, sizeof told, "haild: the deny file %s, line 2: ", path);
	assert_told(told);
	assert_told("; the old networks stay\n");
}
END_TEST

START_TEST(bad_file_makes_no_gate)
{
	write_file("x\n");
	ck_assert_ptr_null(gate_new(&options, true, &status));
	ck_assert_int_eq(status, STATUS_USAGE);
	assert_one_error_line("haild: the deny file ");
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "stay"), 0);
}
END_TEST

/* Makes a gate with all it can have, with so much memory. */
static bool make_gate(int granted)
{
	memory_grants = granted;
	gate = gate_new(&options, true, &status);
	memory_grants = -1;
	return gate != NULL;
}

START_TEST(want_of_memory_makes_no_gate)
{
	int granted = 0;

	options.max_per_source = 1;
	options.rate_per_source = options.datagram_rate = three_a_day;
	while (!make_gate(granted)) {
		assert_one_error_line("haild: out of memory");
		ck_assert_int_eq(status, STATUS_FAILURE);
		capture_clear(STDERR_FILENO);
		ck_assert_int_lt(++granted, 100);
	}
	ck_assert_int_gt(granted, 10);
	assert_told_nothing();
}
END_TEST

/* Reloads with so much memory. */
static bool reload(int granted)
{
	bool is_done;

	memory_grants = granted;
	is_done = gate_reload(gate);
	memory_grants = -1;
	return is_done;
}

START_TEST(want_of_memory_at_a_reload_changes_nothing)
{
	int granted = 0;

	start();
	write_file("192.0.2.2\n");
	while (!reload(granted)) {
		assert_one_error_line("haild: out of memory; the old networks stay");
		capture_clear(STDERR_FILENO);
		assert_verdict("192.0.2.1", VERDICT_DENIED);
		assert_verdict("192.0.2.2", VERDICT_ADMITTED);
		ck_assert_int_lt(++granted, 100);
	}
	ck_assert_int_gt(granted, 3);
	assert_verdict("192.0.2.1", VERDICT_ADMITTED);
	assert_verdict("192.0.2.2", VERDICT_DENIED);
}
END_TEST

START_TEST(nothing_need_be_freed)
{
	gate_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gate");
	TCase *verdicts = suite_case(suite, "verdicts"), *files = suite_case(suite, "files");

	tcase_add_checked_fixture(verdicts, setup, teardown);
	tcase_add_test(verdicts, without_options_all_are_let_in);
	tcase_add_test(verdicts, lists_are_heeded);
	tcase_add_loop_test(verdicts, usual_proxies_are_believed, 0, COUNT_OF(usual));
	tcase_add_test(verdicts, only_proxies_that_are_named_are_believed);
	tcase_add_test(verdicts, source_has_only_so_many_open);
	tcase_add_test(verdicts, unix_clients_are_no_source);
	tcase_add_test(verdicts, source_comes_only_so_often);
	tcase_add_test(verdicts, rate_of_datagrams_is_none_of_connections);
	tcase_add_test(verdicts, rate_of_the_most_has_a_burst_in_range);
	tcase_add_test(verdicts, only_a_client_that_comes_counts_for_the_rate);
	tcase_add_test(verdicts, client_that_cannot_be_counted_is_refused);
	tcase_add_test(verdicts, verdicts_have_words);
	tcase_add_checked_fixture(files, setup_file, teardown);
	tcase_add_test(files, reload_takes_the_new_networks);
	tcase_add_test(files, reload_that_fails_changes_nothing);
	tcase_add_test(files, bad_file_makes_no_gate);
	tcase_add_test(files, want_of_memory_makes_no_gate);
	tcase_add_test(files, want_of_memory_at_a_reload_changes_nothing);
	tcase_add_test(files, nothing_need_be_freed);
	return suite_run(suite);
}
