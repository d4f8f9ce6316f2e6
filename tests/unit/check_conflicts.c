/* SPDX-License-Identifier: ISC */
/* check_conflicts: what --count, --all and their helpers go with, and what they do not. */
#include "client/conflicts.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "client/options.h"
#include "lib/capture.h"
#include "lib/suite.h"
#include "lib/words.h"

static struct options options;

static void setup(void)
{
	argv_copy[0] = strdup("hailto");
	capture(STDERR_FILENO);
	log_open("hailto", LOG_LEVEL_WARNING);
}

static void teardown(void)
{
	options_free(&options);
	free_words();
}

static const struct {
	const char *words[WORDS_MAX], *told;
} bad[] = {
	{{"-c2", "-a"}, "--count and --all exclude each other"},
	{{"-c0", "--all", "host"}, "--count and --all exclude each other"},
	{{"-c2", "-W"}, "--wait asks until there is an answer, and --count and --all go on"},
	{{"-a", "--wait=5"}, "--wait asks until there is an answer, and --count and --all go on"},
	{{"-c2", "--invert"}, "--invert wants a refusal, and --count and --all greetings"},
	{{"-a", "--invert"}, "--invert wants a refusal, and --count and --all greetings"},
	{{"-c2", "host", "--", "true"},
	 "a command is run after one answer, and --count and --all have many"},
	{{"-a", "host", "--", "true"},
	 "a command is run after one answer, and --count and --all have many"},
	{{"-c2", "--raw"},
	 "--raw and --escape are for one greeting; many are shown in part, escaped"},
	{{"-a", "--raw"}, "--raw and --escape are for one greeting"},
	{{"-c2", "--escape"}, "--raw and --escape are for one greeting"},
	{{"-a", "--escape"}, "--raw and --escape are for one greeting"},
	{{"-c2", "-z", "--tally"}, "--zero reads no greetings that could be counted"},
	{{"-a", "-z", "--tally"}, "--zero reads no greetings that could be counted"},
	{{"-c2", "-z", "--expect-shares=a:50,b:50"},
	 "--zero reads no greetings that could be counted"},
	{{"-c2", "-P2", "-s", "127.0.0.1:1025"},
	 "from one port only one attempt is possible at a time (see --source)"},
	{{"-a", "-u", "-s", "127.0.0.1:1025"},
	 "with --udp, several addresses cannot be asked from one port (see --source)"},
	{{"-i1"}, "--interval is the time between the attempts of --count"},
	{{"-a", "-i0"}, "--interval is the time between the attempts of --count"},
	{{"-P2"}, "--parallel is how many attempts of --count are made at once"},
	{{"-a", "-P2"}, "--parallel is how many attempts of --count are made at once"},
	{{"--expect-shares=a:100"}, "--expect-shares needs the many greetings of --count"},
	{{"-a", "--expect-shares=a:100"}, "--expect-shares needs the many greetings of --count"},
	{{"--any"}, "--any is about the many attempts of --count or --all"},
	{{"--tally"}, "--tally counts the greetings of --count or --all"},
	{{"-c2", "a:1", "b:2"}, "--count and --all ask one server"},
	{{"-a", "a:1", "b:2"}, "--count and --all ask one server"},
	{{"-c2", "-q", "-v"}, "--quiet and --verbose exclude each other"},
	{{"-c2", "-u", "-z"}, "--zero only connects, and --udp never does"},
	{{"-a", "-u", "--connect-timeout=1"}, "--connect-timeout is for connecting"},
};

START_TEST(contradiction_is_refused_in_one_line)
{
	char line[200] = "hailto: ";

	ck_assert_int_eq(READ_WORDS(bad[_i].words), CLI_BAD);
	assert_one_error_line(strcat(line, bad[_i].told));
}
END_TEST

static const struct {
	const char *words[WORDS_MAX];
} good[] = {
	{{"-c2", "-u"}},
	{{"-c2", "-z"}},
	{{"-a", "-z"}},
	{{"-a", "-u"}},
	{{"-a", "-q"}},
	{{"-c2", "-v"}},
	{{"-c2", "-P1", "-s", "127.0.0.1:1025"}},
	{{"-c2", "-P2", "-s", "127.0.0.1"}},
	{{"-a", "-s", "127.0.0.1:1025"}},
	{{"-P1"}}, /* as without it */
	{{"-a", "-P1"}},
	{{"-c0", "-i0", "-P10000", "--any"}},
	{{"-a", "--any", "--tally"}},
	{{"-c2", "-Ea", "--talk-first", "--send-proxy"}},
	{{"-c2", "-4", "-b1", "--reject-prefix=a"}},
	{{"-c2", "unix:/x"}},
	{{"-a", "unix:/x"}},
	{{"-c2"}}, /* the server is asked for */
};

START_TEST(these_go_together)
{
	ck_assert_int_eq(READ_WORDS(good[_i].words), CLI_GO);
	assert_told_nothing();
	ck_assert(options_want_many(&options) == (strcmp(good[_i].words[0], "-P1") != 0));
}
END_TEST

/* How often, and how fast, if no interval is given. */
static const struct {
	const char *words[WORDS_MAX];
	uint64_t count, interval, parallel;
} paces[] = {
	{{NULL}, OPTIONS_UNSET, OPTIONS_UNSET, 1},
	{{"-a"}, OPTIONS_UNSET, OPTIONS_UNSET, 1},
	{{"-c3"}, 3, 1000, 1},
	{{"-c0"}, 0, 1000, 1},
	{{"-c3", "-P1"}, 3, 1000, 1},
	{{"-c3", "-P2"}, 3, OPTIONS_UNSET, 2},
	{{"-c3", "-i0"}, 3, 0, 1},
	{{"-c3", "-P2", "-i1m"}, 3, 60000, 2},
};

START_TEST(pace_without_an_interval)
{
	ck_assert_int_eq(READ_WORDS(paces[_i].words), CLI_GO);
	ck_assert_uint_eq(options.count, paces[_i].count);
	ck_assert_uint_eq(options.interval, paces[_i].interval);
	ck_assert_uint_eq(options.parallel, paces[_i].parallel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conflicts");
	TCase *tests = suite_case(suite, "conflicts");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, contradiction_is_refused_in_one_line, 0, COUNT_OF(bad));
	tcase_add_loop_test(tests, these_go_together, 0, COUNT_OF(good));
	tcase_add_loop_test(tests, pace_without_an_interval, 0, COUNT_OF(paces));
	return suite_run(suite);
}
