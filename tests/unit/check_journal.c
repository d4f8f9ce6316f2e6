/* SPDX-License-Identifier: ISC */
/* check_journal: what the log says of a client, as text and in JSON. */
#include "daemon/tell/journal.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/log.h"
#include "lib/capture.h"
#include "lib/peers.h"
#include "lib/suite.h"

/* One end of a connection, and the addresses of both as text. */
static int fd;
static struct address address;
static char peer[ADDRESS_IP_TEXT_MAX], local[ADDRESS_IP_TEXT_MAX];

static void setup(void)
{
	int listening = listen_on_loopback(AF_INET, 1);
	struct address to = bound_address(listening), from;

	fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, &to.any, to.length), 0);
	address = to;
	address_format(&address, peer, sizeof peer);
	from = bound_address(fd);
	address_format(&from, local, sizeof local);
	close(listening);
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_DEBUG);
}

/* Asserts that the log holds one line, and returns what follows its time. */
static const char *only_line(void)
{
	const char *text = captured(STDERR_FILENO);

	ck_assert_int_eq(occurrences(text, "\n"), 1);
	ck_assert_int_eq(strncmp(text, "{\"time\":\"2", 10), 0);
	return strchr(text, ',') + 1;
}

START_TEST(connected_as_text)
{
	char written[ADDRESS_TEXT_MAX], line[ADDRESS_TEXT_MAX + 16];

	journal_connected(fd, &address, written);
	ck_assert_str_eq(written, peer);
	snprintf(line, sizeof line, "connected: %s\n", peer);
	ck_assert_str_eq(captured(STDERR_FILENO), line);
}
END_TEST

START_TEST(connected_in_json)
{
	char written[ADDRESS_TEXT_MAX], line[512];

	log_set_form(true, false);
	journal_connected(fd, &address, written);
	snprintf(line, sizeof line,
		 "\"level\":\"info\",\"message\":\"connected: %s\",\"event\":\"connected\","
		 "\"peer\":\"%s\",\"local\":\"%s\"}\n",
		 peer, peer, local);
	ck_assert_str_eq(only_line(), line);
}
END_TEST

/* A connection that a proxy has passed on, and what the log adds to the address. */
static const struct {
	bool is_named, is_own;
	const char *after; /* the client's address; that of the proxy follows if it is named */
} passed[] = {
	{true, false, " by "},
	{false, false, ", a proxy that names no client"},
	{false, true, ", a proxy's own"},
};

/* Logs one; returns the client's name, which is `written`. */
static const char *pass_on(int i, char *written)
{
	struct address client;

	ck_assert_int_eq(address_from_literal("192.0.2.1", AF_INET, &client), 0);
	address_set_port(&client, 7);
	journal_passed_on(fd, passed[i].is_named ? &client : &address, &address, passed[i].is_own,
			  written);
	ck_assert_str_eq(written, passed[i].is_named ? "192.0.2.1:7" : peer);
	return written;
}

/* Writes what the line says of it. */
static void write_passed(int i, const char *client, char *line, size_t size)
{
	char after[2 * ADDRESS_IP_TEXT_MAX];

	snprintf(after, sizeof after, "%s%s", passed[i].after, passed[i].is_named ? peer : "");
	snprintf(line, size, "connected: %s%s", client, after);
}

START_TEST(passed_on_as_text)
{
	char written[ADDRESS_TEXT_MAX], line[512];

	write_passed(_i, pass_on(_i, written), line, sizeof line);
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), line), 1);
	ck_assert_uint_eq(strlen(captured(STDERR_FILENO)), strlen(line) + 1);
}
END_TEST

START_TEST(passed_on_in_json)
{
	char written[ADDRESS_TEXT_MAX], said[512], line[2048];

	log_set_form(true, false);
	write_passed(_i, pass_on(_i, written), said, sizeof said);
	snprintf(line, sizeof line,
		 "\"level\":\"%s\",\"message\":\"%s\",\"event\":\"connected\","
		 "\"peer\":\"%s\",\"local\":\"%s\",\"proxy\":\"%s\"}\n",
		 passed[_i].is_own ? "debug" : "info", said, written, local, peer);
	ck_assert_str_eq(only_line(), line);
}
END_TEST

/* A client at the proxy's own address is one all the same. */
START_TEST(passed_on_by_its_own_host)
{
	struct address same = address;
	char written[ADDRESS_TEXT_MAX], line[512];

	journal_passed_on(fd, &same, &address, false, written);
	snprintf(line, sizeof line, "connected: %s by %s\n", peer, peer);
	ck_assert_str_eq(captured(STDERR_FILENO), line);
}
END_TEST

/* The kernel may not know it. */
START_TEST(unknown_local_is_left_out)
{
	char written[ADDRESS_TEXT_MAX];

	log_set_form(true, false);
	journal_connected(-1, &address, written);
	ck_assert_ptr_null(strstr(only_line(), "local"));
}
END_TEST

static struct journal_end end_of(bool at_most)
{
	return (struct journal_end){.fd = fd,
				    .peer = peer,
				    .how = "done",
				    .sent = 14,
				    .discarded = 5,
				    .lived_ms = 1003,
				    .at_most = at_most};
}

START_TEST(closed_as_text)
{
	struct journal_end end = end_of(_i);
	char line[512];

	journal_closed(&end);
	snprintf(line, sizeof line, "closed: %s: done, 14 bytes sent, 5 discarded, %s1003 ms\n",
		 peer, _i ? "up to " : "");
	ck_assert_str_eq(captured(STDERR_FILENO), line);
}
END_TEST

START_TEST(closed_in_json)
{
	struct journal_end end = end_of(_i);
	char line[512];

	log_set_form(true, false);
	journal_closed(&end);
	snprintf(line, sizeof line,
		 "\"event\":\"closed\",\"peer\":\"%s\",\"local\":\"%s\",\"reason\":\"done\","
		 "\"sent\":14,\"received\":5,\"duration\":1.003,\"duration_at_most\":%s}\n",
		 peer, local, _i ? "true" : "false");
	ck_assert_str_eq(strstr(only_line(), "\"event\""), line);
	ck_assert_ptr_nonnull(strstr(only_line(), "\"level\":\"debug\",\"message\":\"closed: 127"));
}
END_TEST

START_TEST(answered_in_both_forms)
{
	struct address asked = bound_address(fd);
	char line[512];

	journal_answered(&address, &asked, 14);
	snprintf(line, sizeof line, "answered: %s: 14 bytes\n", peer);
	ck_assert_str_eq(captured(STDERR_FILENO), line);
	capture_clear(STDERR_FILENO);
	log_set_form(true, false);
	journal_answered(&address, &asked, 14);
	snprintf(
		line, sizeof line,
		"\"level\":\"debug\",\"message\":\"answered: %s: 14 bytes\",\"event\":\"answered\","
		"\"peer\":\"%s\",\"local\":\"%s\",\"sent\":14}\n",
		peer, peer, local);
	ck_assert_str_eq(only_line(), line);
}
END_TEST

/* A member says what the text says, byte for byte: as \xHH, which is read as the same path. */
START_TEST(odd_peer_is_shown_as_in_the_text)
{
	struct journal_end end = end_of(false);

	end.peer = "unix:/a\n\xFF\\x41\"";
	log_set_form(true, false);
	journal_closed(&end);
	ck_assert_ptr_nonnull(
		strstr(only_line(),
		       "\"message\":\"closed: unix:/a\\\\x0A\\\\xFF\\\\x5Cx41\\\": done"));
	ck_assert_ptr_nonnull(
		strstr(only_line(), "\"peer\":\"unix:/a\\\\x0A\\\\xFF\\\\x5Cx41\\\"\""));
}
END_TEST

/* The longest addresses, of bytes that grow most: nothing is left out. */
START_TEST(longest_peer_leaves_room)
{
	static const char fillers[] = {'\n', '"', '\\', '\xFF'};
	char path[ADDRESS_TEXT_MAX] = "unix:./@";
	struct journal_end end = end_of(true);

	memset(path + strlen(path), fillers[_i], 107);
	end.peer = path;
	log_set_form(true, false);
	journal_closed(&end);
	ck_assert_ptr_nonnull(strstr(only_line(), "\"duration_at_most\":true}\n"));
	ck_assert_ptr_nonnull(strstr(only_line(), ": done, 14 bytes sent, 5 discarded"));
}
END_TEST

static const struct {
	enum log_level last;
	bool has_connections, has_ends;
} levels[] = {
	{LOG_LEVEL_WARNING, false, false},
	{LOG_LEVEL_INFO, true, false},
	{LOG_LEVEL_DEBUG, true, true},
};

START_TEST(level_decides)
{
	char written[ADDRESS_TEXT_MAX];
	struct journal_end end = end_of(false);

	log_open("haild", levels[_i].last);
	ck_assert_int_eq(journal_has_connections(), levels[_i].has_connections);
	ck_assert_int_eq(journal_has_ends(), levels[_i].has_ends);
	journal_connected(fd, &address, written);
	journal_closed(&end);
	journal_answered(&address, &address, 14);
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "\n"),
			 levels[_i].has_connections + 2 * levels[_i].has_ends);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("journal");
	TCase *lines = suite_case(suite, "lines");

	tcase_add_checked_fixture(lines, setup, NULL);
	tcase_add_test(lines, connected_as_text);
	tcase_add_test(lines, connected_in_json);
	tcase_add_loop_test(lines, passed_on_as_text, 0, COUNT_OF(passed));
	tcase_add_loop_test(lines, passed_on_in_json, 0, COUNT_OF(passed));
	tcase_add_test(lines, passed_on_by_its_own_host);
	tcase_add_test(lines, unknown_local_is_left_out);
	tcase_add_loop_test(lines, closed_as_text, 0, 2);
	tcase_add_loop_test(lines, closed_in_json, 0, 2);
	tcase_add_test(lines, answered_in_both_forms);
	tcase_add_test(lines, odd_peer_is_shown_as_in_the_text);
	tcase_add_loop_test(lines, longest_peer_leaves_room, 0, 4);
	tcase_add_loop_test(lines, level_decides, 0, COUNT_OF(levels));
	return suite_run(suite);
}
