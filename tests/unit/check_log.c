/* SPDX-License-Identifier: ISC */
/* check_log: which messages are shown, that each is one safe line, and that none can block us. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "lib/capture.h"
#include "lib/suite.h"

/* In place of our own clock: one that stands still, so that what is held stays so. */
uint64_t clock_ms(void)
{
	return 1000;
}

uint64_t clock_us(void)
{
	return clock_ms() * 1000;
}

uint64_t clock_now_ms(void)
{
	return clock_ms();
}

/* Makes the value of JOURNAL_STREAM that names standard error as it is now. */
static const char *journal_stream(void)
{
	static char name[64];
	struct stat status;

	ck_assert_int_eq(fstat(STDERR_FILENO, &status), 0);
	snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	return name;
}

/* Logs one message at every level. */
static void say_all(void)
{
	log_error("an %s", "error");
	log_warning("a %s", "warning");
	log_info("an %s", "info");
	log_debug("a %s", "debug");
	log_answer("an %s", "answer");
}

static const struct {
	enum log_level last;
	const char *lines;
} levels[] = {
	{LOG_LEVEL_ERROR, "test: an error\nan answer\n"},
	{LOG_LEVEL_WARNING, "test: an error\ntest: a warning\nan answer\n"},
	{LOG_LEVEL_INFO, "test: an error\ntest: a warning\nan info\nan answer\n"},
	{LOG_LEVEL_DEBUG, "test: an error\ntest: a warning\nan info\na debug\nan answer\n"},
};

START_TEST(level_decides_what_is_shown)
{
	capture(STDERR_FILENO);
	log_open("test", levels[_i].last);
	say_all();
	ck_assert_str_eq(captured(STDERR_FILENO), levels[_i].lines);
}
END_TEST

START_TEST(level_is_told)
{
	log_open("test", levels[_i].last);
	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++)
		ck_assert_int_eq(log_shows((enum log_level)level), level <= (int)levels[_i].last);
}
END_TEST

/* Each line has one of its own, also the lines that show a place in a text. */
START_TEST(journal_has_priorities)
{
	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_DEBUG);
	log_mark_priorities(journal_stream());
	say_all();
	log_source("  %s", "source");
	ck_assert_str_eq(captured(STDERR_FILENO), "<3>test: an error\n<4>test: a warning\n"
						  "<6>an info\n<7>a debug\n<6>an answer\n"
						  "<3>  source\n");
}
END_TEST

START_TEST(other_readers_have_none)
{
	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_INFO);
	log_mark_priorities(NULL);
	log_info("one");
	log_mark_priorities("8:1");
	log_info("two");
	ck_assert_str_eq(captured(STDERR_FILENO), "one\ntwo\n");
}
END_TEST

/* What is cut out of a JSON line: its time. */
static const char *without_time(const char *line)
{
	static const char begin[] = "{\"time\":\"";

	ck_assert_int_eq(strncmp(line, begin, sizeof begin - 1), 0);
	return strchr(line, ',') + 1;
}

START_TEST(json_has_a_level)
{
	const char *text;

	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_INFO);
	log_set_form(true, false);
	log_error("an %s", "error");
	text = captured(STDERR_FILENO);
	ck_assert_str_eq(without_time(text), "\"level\":\"error\",\"message\":\"an error\"}\n");
	capture_clear(STDERR_FILENO);
	log_source("  %s", "source");
	text = captured(STDERR_FILENO);
	ck_assert_str_eq(without_time(text), "\"level\":\"error\",\"message\":\"  source\"}\n");
}
END_TEST

/* For those who want to say it in another way as well. */
START_TEST(last_error_is_kept)
{
	char kept[14] = "old";

	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_DEBUG);
	log_keep_error(kept, sizeof kept);
	ck_assert_str_eq(kept, "");
	log_error("first");
	log_error("a\nb");
	log_warning("a warning");
	log_debug("a detail");
	ck_assert_str_eq(kept, "a\nb");
	log_error("%s", "longer than its room");
	ck_assert_str_eq(kept, "longer than i");
	log_keep_error(NULL, 0);
	log_error("last");
	ck_assert_str_eq(kept, "longer than i");
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "test: longer than its room\n"), 1);
}
END_TEST

START_TEST(text_begins_with_the_time_if_asked)
{
	const char *text;

	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_INFO);
	log_set_form(false, true);
	log_error("words");
	text = captured(STDERR_FILENO);
	ck_assert_uint_eq(strspn(text, "0123456789-T:.Z"), TIMESTAMP_MAX - 1);
	ck_assert_str_eq(text + TIMESTAMP_MAX - 1, " test: words\n");
}
END_TEST

static const struct {
	int severity;
	const char *line;
} severities[] = {
	{0, "libevent: words\n"},	{1, "libevent: words\n"},
	{2, "test: libevent: words\n"}, {3, "test: libevent: words\n"},
	{4, "test: libevent: words\n"},
};

START_TEST(libevent_is_shown_by_its_severity)
{
	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_DEBUG);
	log_from_libevent(severities[_i].severity, "words");
	ck_assert_str_eq(captured(STDERR_FILENO), severities[_i].line);
}
END_TEST

static const struct {
	enum log_level last;
	int severity; /* the least that is shown */
} thresholds[] = {
	{LOG_LEVEL_ERROR, 3},
	{LOG_LEVEL_WARNING, 2},
	{LOG_LEVEL_INFO, 1},
	{LOG_LEVEL_DEBUG, 0},
};

START_TEST(libevent_is_shown_from_its_level_on)
{
	capture(STDERR_FILENO);
	log_open("test", thresholds[_i].last);
	for (int severity = 0; severity < thresholds[_i].severity; severity++)
		log_from_libevent(severity, "words");
	assert_told_nothing();
	log_from_libevent(thresholds[_i].severity, "words");
	assert_told("libevent: words");
}
END_TEST

START_TEST(libevent_is_heard_once)
{
	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_INFO);
	log_from_libevent(2, "words");
	log_from_libevent(2, "words");
	log_from_libevent(2, "other words");
	log_from_libevent(1, "other words");
	ck_assert_str_eq(captured(STDERR_FILENO), "test: libevent: words\n"
						  "test: libevent: other words\n"
						  "libevent: other words\n");
}
END_TEST

START_TEST(one_message_is_one_safe_line)
{
	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_INFO);
	log_info("a\nb\x1B[2Jc %s", "\xC2\x9B\r\xFF");
	ck_assert_str_eq(captured(STDERR_FILENO), "a\\x0Ab\\x1B[2Jc \\xC2\\x9B\\x0D\\xFF\n");
}
END_TEST

/* Each \xHH in a log stands for that byte, and each line reads in its order. */
START_TEST(message_can_pass_for_no_other)
{
	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_INFO);
	log_info("%s", "\\x1B C:\\new \xE2\x80\xAE!\xE2\x80\xA8");
	ck_assert_str_eq(captured(STDERR_FILENO),
			 "\\x5Cx1B C:\\new \\xE2\\x80\\xAE!\\xE2\\x80\\xA8\n");
}
END_TEST

/* It was escaped where it was cut out, and its backslashes are part of it. */
START_TEST(source_is_not_escaped_again)
{
	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_ERROR);
	log_source("  %s", "a\\x41\\x0A");
	ck_assert_str_eq(captured(STDERR_FILENO), "  a\\x41\\x0A\n");
}
END_TEST

START_TEST(program_s_name_is_escaped_too)
{
	capture(STDERR_FILENO);
	log_open("te\nst", LOG_LEVEL_INFO);
	log_error("words");
	ck_assert_str_eq(captured(STDERR_FILENO), "te\\x0Ast: words\n");
}
END_TEST

/* Lengths around every buffer that a message may pass. */
static const int lengths[] = {500, 511, 512, 513, 1023, 2040, 2047, 2048, 2049, 4096, 10000};

START_TEST(long_message_is_one_line)
{
	static char words[10001];
	const char *text;

	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_INFO);
	memset(words, 'w', (size_t)lengths[_i]);
	log_error("%s", words);
	text = captured(STDERR_FILENO);
	ck_assert_int_eq(occurrences(text, "\n"), 1);
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
	ck_assert_uint_le(strlen(text), PIPE_BUF);
	ck_assert_int_eq(strncmp(text, "test: wwww", 10), 0);
	/* What fits is not cut: the start line with all its addresses must. */
	if (lengths[_i] <= 1500)
		ck_assert_uint_eq(strlen(text), (size_t)lengths[_i] + 7);
}
END_TEST

START_TEST(long_escaped_message_is_one_line)
{
	static char words[10001];
	const char *text;

	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_INFO);
	memset(words, '\n', (size_t)lengths[_i]);
	log_error("%s", words);
	text = captured(STDERR_FILENO);
	ck_assert_int_eq(occurrences(text, "\n"), 1);
	ck_assert_uint_le(strlen(text), PIPE_BUF);
	ck_assert_int_eq((int)(strlen(text) - strlen("test: \n")) % 4, lengths[_i] < 2048 ? 0 : 3);
}
END_TEST

/* The reason is there. Three bytes stand for what was left out, and nothing is cut twice. */
START_TEST(long_message_keeps_its_end)
{
	static const char *const fillings[] = {"w", "\n"};
	static char words[10001];
	const char *text;

	for (size_t i = 0; i < 2; i++) {
		capture(STDERR_FILENO);
		log_open("test", LOG_LEVEL_INFO);
		memset(words, *fillings[i], (size_t)lengths[_i]);
		log_error("bad word '%s': it is too long", words);
		text = captured(STDERR_FILENO);
		ck_assert(strstr(text, "test: bad word '") == text);
		if (i == 0 || lengths[_i] >= 2040)
			ck_assert_ptr_nonnull(strstr(text, "': it is too long\n"));
		ck_assert_int_eq(occurrences(text, "..."), lengths[_i] >= 2040);
	}
}
END_TEST

START_TEST(errno_stays)
{
	int full = open("/dev/full", O_WRONLY);

	log_open("test", LOG_LEVEL_DEBUG);
	ck_assert_int_eq(dup2(full, STDERR_FILENO), STDERR_FILENO); /* writing sets it */
	errno = ENOTNAM;
	say_all();
	log_from_libevent(3, "words");
	ck_assert_int_eq(errno, ENOTNAM);
}
END_TEST

/* Nor does it change by what says nothing of an event. */
START_TEST(errno_stays_with_questions_too)
{
	int full = open("/dev/full", O_WRONLY);

	log_open("test", LOG_LEVEL_DEBUG);
	ck_assert_int_eq(dup2(full, STDERR_FILENO), STDERR_FILENO); /* writing sets it */
	errno = ENOTNAM;
	log_prepare();
	ck_assert_int_eq(errno, ENOTNAM);
	log_question("Who? ");
	ck_assert_int_eq(errno, ENOTNAM);
	log_wait_no_more();
	log_question("Who? ");
	log_close();
	ck_assert_int_eq(errno, ENOTNAM);
}
END_TEST

/* Makes standard error a pipe that blocks, as a terminal or a collector does; returns its end. */
static int blocking_pipe(void)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	close(ends[1]);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	return ends[0];
}

/* Logs without waiting from now on, to what standard error is now. */
static void log_without_waiting(void)
{
	log_open("test", LOG_LEVEL_INFO);
	log_prepare();
	log_wait_no_more();
}

/* Reads all that is in the pipe; returns its last part as a string. */
static const char *drain(int fd)
{
	static char text[8192];
	ssize_t n;
	size_t kept = 0;

	while ((n = read(fd, text + kept, sizeof text - 1 - kept)) > 0) {
		kept += (size_t)n;
		if (kept > sizeof text / 2) {
			memmove(text, text + kept - 1024, 1024);
			kept = 1024;
		}
	}
	text[kept] = '\0';
	return text;
}

/* Logs more than any pipe holds; that this returns at all is half of the test. */
static void overfill(void)
{
	char words[400];

	memset(words, 'w', sizeof words - 1);
	words[sizeof words - 1] = '\0';
	for (int i = 0; i < 5000; i++)
		log_info("%s", words);
}

START_TEST(reader_that_sleeps_does_not_hold_us_up)
{
	int reader = blocking_pipe();
	const char *last;

	log_without_waiting();
	overfill();
	last = drain(reader);
	ck_assert_int_eq(last[strlen(last) - 1], '\n'); /* no line was torn */
}
END_TEST

START_TEST(lost_lines_are_told_once_someone_reads)
{
	int reader = blocking_pipe();
	const char *text;

	log_without_waiting();
	overfill();
	drain(reader);
	log_info("back");
	log_info("again");
	text = drain(reader);
	ck_assert_msg(strncmp(text, "test: ", 6) == 0 &&
			      strstr(text,
				     " log lines lost: standard error was not read\nback\n") &&
			      strcmp(text + strlen(text) - 12, "\nback\nagain\n") == 0,
		      "'%s'", text);
}
END_TEST

START_TEST(lost_lines_are_counted)
{
	int reader = blocking_pipe(), shown = 0;
	char expected[80];
	const char *text;
	static char all[2 * 1024 * 1024];
	ssize_t n;

	log_without_waiting();
	overfill();
	for (size_t kept = 0; (n = read(reader, all + kept, sizeof all - 1 - kept)) > 0;)
		kept += (size_t)n;
	shown = occurrences(all, "\n");
	ck_assert_int_gt(shown, 0);
	log_info("back");
	snprintf(expected, sizeof expected, "test: %d log lines lost", 5000 - shown);
	text = drain(reader);
	ck_assert_msg(strncmp(text, expected, strlen(expected)) == 0, "'%s' is not '%s'", text,
		      expected);
}
END_TEST

START_TEST(closed_standard_error_is_survived)
{
	int reader = blocking_pipe(), keep = dup(STDERR_FILENO);

	close(STDERR_FILENO);
	log_without_waiting();
	say_all();
	ck_assert_int_eq(dup2(keep, STDERR_FILENO), STDERR_FILENO);
	log_info("back");
	ck_assert_str_eq(
		drain(reader),
		"test: 4 log lines lost: cannot write to standard error: Bad file descriptor\nback\n");
}
END_TEST

START_TEST(lost_lines_are_told_in_json)
{
	int reader = blocking_pipe(), keep = dup(STDERR_FILENO);
	const char *text;

	close(STDERR_FILENO);
	log_set_form(true, false);
	log_without_waiting();
	log_info("lost");
	ck_assert_int_eq(dup2(keep, STDERR_FILENO), STDERR_FILENO);
	log_info("back");
	text = drain(reader);
	ck_assert_int_eq(occurrences(text, "\n"), 2);
	ck_assert_int_eq(occurrences(text, "{\"time\":\""), 2);
	ck_assert_ptr_nonnull(strstr(text, "\"level\":\"warning\",\"message\":\"1 log line lost: "
					   "cannot write to standard error: Bad file descriptor\","
					   "\"event\":\"lost\",\"lines\":1}\n"));
}
END_TEST

START_TEST(one_lost_line_is_told_as_one)
{
	int reader = blocking_pipe(), keep = dup(STDERR_FILENO);

	close(STDERR_FILENO);
	log_without_waiting();
	log_info("lost");
	ck_assert_int_eq(dup2(keep, STDERR_FILENO), STDERR_FILENO);
	log_info("back");
	ck_assert_int_eq(strncmp(drain(reader), "test: 1 log line lost: ", 23), 0);
}
END_TEST

START_TEST(full_disk_is_not_called_unread)
{
	int reader = blocking_pipe(), keep = dup(STDERR_FILENO), full = open("/dev/full", O_WRONLY);

	ck_assert_int_eq(dup2(full, STDERR_FILENO), STDERR_FILENO);
	log_without_waiting();
	log_info("lost");
	log_info("lost");
	ck_assert_int_eq(dup2(keep, STDERR_FILENO), STDERR_FILENO);
	log_info("back");
	ck_assert_str_eq(drain(reader), "test: 2 log lines lost: cannot write to standard error: "
					"No space left on device\nback\n");
}
END_TEST

/* Has a line fit in part only: the rest is written before the next one begins. */
static void fill_disk_in_the_line(bool waits)
{
	const struct rlimit small = {.rlim_cur = 10, .rlim_max = RLIM_INFINITY};
	const struct rlimit large = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	capture(STDERR_FILENO);
	if (waits)
		log_open("test", LOG_LEVEL_INFO);
	else
		log_without_waiting();
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	log_info("a line that is cut");
	log_info("lost");
	ck_assert_str_eq(captured(STDERR_FILENO), "a line tha");
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &large), 0);
	log_info("back");
	ck_assert_str_eq(captured(STDERR_FILENO),
			 "a line that is cut\n"
			 "test: 1 log line lost: cannot write to standard error: File too large\n"
			 "back\n");
}

START_TEST(cut_line_is_ended_before_the_next)
{
	fill_disk_in_the_line(_i);
}
END_TEST

/* Until it serves, a program waits for its reader, also on a descriptor that others made
 * non-blocking. */
START_TEST(nothing_is_lost_before)
{
	static char all[1 << 20];
	int reader = blocking_pipe();
	size_t kept = 0;
	ssize_t n;

	ck_assert_int_eq(fcntl(STDERR_FILENO, F_SETFL, _i ? O_NONBLOCK : 0), 0);
	if (fork() == 0) {
		log_open("test", LOG_LEVEL_INFO);
		for (int i = 0; i < 5000; i++)
			log_info("line %d of those that are too many for the pipe", i);
		_exit(0);
	}
	close(STDERR_FILENO);
	ck_assert_int_eq(fcntl(reader, F_SETFL, 0), 0);
	while ((n = read(reader, all + kept, sizeof all - 1 - kept)) > 0)
		kept += (size_t)n;
	ck_assert_int_eq(occurrences(all, "\n"), 5000);
	ck_assert_ptr_null(strstr(all, "lost"));
}
END_TEST

/* It belongs to others as well, who would not know what to make of EAGAIN. */
START_TEST(inherited_description_stays_blocking)
{
	int inherited;

	blocking_pipe();
	inherited = dup(STDERR_FILENO);
	log_without_waiting();
	overfill();
	ck_assert_int_eq(fcntl(inherited, F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

START_TEST(what_was_lost_is_told_at_the_end)
{
	int reader = blocking_pipe();

	log_without_waiting();
	overfill();
	drain(reader);
	log_close();
	ck_assert_int_eq(strncmp(drain(reader), "test: ", 6), 0);
}
END_TEST

START_TEST(reader_that_has_gone_is_survived)
{
	signal(SIGPIPE, SIG_IGN);
	close(blocking_pipe());
	log_without_waiting();
	errno = 0;
	say_all();
	ck_assert_int_eq(errno, 0);
}
END_TEST

static void add_word(struct json *json, const void *subject)
{
	json_string(json, "event", subject);
}

static int calls;

static bool later(void *argument, unsigned ms)
{
	ck_assert_ptr_eq(argument, &calls);
	ck_assert_uint_gt(ms, 0);
	calls++;
	return true;
}

/* Holds lines that are frequent, the first of which is written at once. */
static void begin_to_hold(void)
{
	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_INFO);
	log_hold(later, &calls);
	log_info("first");
}

/* Unless they are held: hailto has no such lines, and no one to call it back. */
START_TEST(frequent_lines_are_like_others)
{
	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_INFO);
	log_frequent(LOG_LEVEL_INFO, NULL, NULL, "one", false);
	log_frequent(LOG_LEVEL_DEBUG, NULL, NULL, "not shown", false);
	log_frequent(LOG_LEVEL_INFO, NULL, NULL, "t\n\\x41wo", false);
	ck_assert_str_eq(captured(STDERR_FILENO), "one\nt\\x0A\\x5Cx41wo\n");
}
END_TEST

START_TEST(frequent_lines_have_members)
{
	capture(STDERR_FILENO);
	log_set_form(true, false);
	log_frequent(LOG_LEVEL_INFO, add_word, "word", "text", false);
	ck_assert_str_eq(without_time(captured(STDERR_FILENO)),
			 "\"level\":\"info\",\"message\":\"text\",\"event\":\"word\"}\n");
}
END_TEST

START_TEST(frequent_lines_are_held_until_released)
{
	begin_to_hold();
	for (int i = 0; i < 3; i++)
		log_frequent(LOG_LEVEL_INFO, NULL, NULL, "held", false);
	ck_assert_str_eq(captured(STDERR_FILENO), "first\n");
	ck_assert_int_eq(calls, 1);
	log_release();
	ck_assert_str_eq(captured(STDERR_FILENO), "first\nheld\nheld\nheld\n");
}
END_TEST

/* Every other kind is written at once, and in its order. */
START_TEST(other_lines_release_those_held)
{
	begin_to_hold();
	log_frequent(LOG_LEVEL_INFO, NULL, NULL, "held", false);
	switch (_i) {
	case 0:
		log_error("last");
		break;
	case 1:
		log_warning("last");
		break;
	case 2:
		log_info("last");
		break;
	case 3:
		log_answer("last");
		break;
	case 4:
		log_event(LOG_LEVEL_INFO, add_word, "word", "last");
		break;
	case 5:
		log_from_libevent(3, "last"); /* after which libevent ends the process */
		break;
	case 6:
		log_source("last");
		break;
	default:
		log_question("last\n");
		break;
	}
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "first\nheld\n"), 1);
	assert_told("last\n");
}
END_TEST

START_TEST(end_releases_what_is_held)
{
	begin_to_hold();
	log_frequent(LOG_LEVEL_INFO, NULL, NULL, "held", false);
	if (_i)
		log_hold(NULL, NULL);
	else
		log_close();
	ck_assert_str_eq(captured(STDERR_FILENO), "first\nheld\n");
}
END_TEST

START_TEST(errno_stays_with_lines_held)
{
	int full = open("/dev/full", O_WRONLY);

	log_open("test", LOG_LEVEL_DEBUG);
	ck_assert_int_eq(dup2(full, STDERR_FILENO), STDERR_FILENO);
	errno = ENOTNAM;
	log_hold(later, &calls);
	for (int i = 0; i < 1000; i++)
		log_frequent(LOG_LEVEL_INFO, NULL, NULL, "lost", false);
	ck_assert_int_eq(errno, ENOTNAM);
	log_release();
	ck_assert_int_eq(errno, ENOTNAM);
	log_hold(NULL, NULL);
	ck_assert_int_eq(errno, ENOTNAM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *levelling = suite_case(suite, "levels"), *lines = suite_case(suite, "lines");
	TCase *readers = suite_case(suite, "readers"), *holding = suite_case(suite, "holding");

	tcase_add_loop_test(levelling, level_decides_what_is_shown, 0, COUNT_OF(levels));
	tcase_add_loop_test(levelling, level_is_told, 0, COUNT_OF(levels));
	tcase_add_loop_test(levelling, libevent_is_shown_by_its_severity, 0, COUNT_OF(severities));
	tcase_add_loop_test(levelling, libevent_is_shown_from_its_level_on, 0,
			    COUNT_OF(thresholds));
	tcase_add_test(levelling, journal_has_priorities);
	tcase_add_test(levelling, other_readers_have_none);
	tcase_add_test(lines, json_has_a_level);
	tcase_add_test(lines, last_error_is_kept);
	tcase_add_test(lines, text_begins_with_the_time_if_asked);
	tcase_add_test(lines, libevent_is_heard_once);
	tcase_add_test(lines, one_message_is_one_safe_line);
	tcase_add_test(lines, message_can_pass_for_no_other);
	tcase_add_test(lines, source_is_not_escaped_again);
	tcase_add_test(lines, program_s_name_is_escaped_too);
	tcase_add_loop_test(lines, long_message_is_one_line, 0, COUNT_OF(lengths));
	tcase_add_loop_test(lines, long_escaped_message_is_one_line, 0, COUNT_OF(lengths));
	tcase_add_loop_test(lines, long_message_keeps_its_end, 0, COUNT_OF(lengths));
	tcase_add_test(lines, errno_stays);
	tcase_add_test(lines, errno_stays_with_questions_too);
	tcase_add_test(readers, reader_that_sleeps_does_not_hold_us_up);
	tcase_add_test(readers, lost_lines_are_told_once_someone_reads);
	tcase_add_test(readers, lost_lines_are_counted);
	tcase_add_test(readers, closed_standard_error_is_survived);
	tcase_add_test(readers, lost_lines_are_told_in_json);
	tcase_add_test(readers, one_lost_line_is_told_as_one);
	tcase_add_test(readers, full_disk_is_not_called_unread);
	tcase_add_loop_test(readers, cut_line_is_ended_before_the_next, 0, 2);
	tcase_add_loop_test(readers, nothing_is_lost_before, 0, 2);
	tcase_add_test(readers, inherited_description_stays_blocking);
	tcase_add_test(readers, what_was_lost_is_told_at_the_end);
	tcase_add_test(readers, reader_that_has_gone_is_survived);
	tcase_add_test(holding, frequent_lines_are_like_others);
	tcase_add_test(holding, frequent_lines_have_members);
	tcase_add_test(holding, frequent_lines_are_held_until_released);
	tcase_add_loop_test(holding, other_lines_release_those_held, 0, 8);
	tcase_add_loop_test(holding, end_releases_what_is_held, 0, 2);
	tcase_add_test(holding, errno_stays_with_lines_held);
	return suite_run(suite);
}
