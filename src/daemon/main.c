/* SPDX-License-Identifier: ISC */
/* main: haild's steps, in order. */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/descriptors.h"
#include "base/log.h"
#include "base/outlet.h"
#include "base/signals.h"
#include "base/standard.h"
#include "base/zone.h"
#include "daemon/admit/gate.h"
#include "daemon/say/greeting.h"
#include "denial.h"
#include "options.h"
#include "daemon/serve/server.h"
#include "daemon/setup/account.h"
#include "daemon/setup/inherited.h"
#include "daemon/setup/privileges.h"
#include "daemon/setup/process.h"
#include "daemon/setup/sandbox.h"
#include "daemon/setup/sockets.h"
#include "status.h"

/* Gives up the rights that only the start needed. False, and logged, if that fails. */
static bool settle(const struct options *options)
{
	bool is_settled = options->account ? privileges_drop(options->account)
					   : privileges_drop_given();

	if (!options->account && !options->check)
		privileges_warn();
	process_close(options->core_dumps);
	return is_settled;
}

/* Gives up what serving does not need. False, and logged, if that fails. */
static bool confine(const struct options *options)
{
	if (!sandbox_enter(options))
		return false;
	denial_begin(options->account && !account_is_root(options->account), sandbox_hides_files());
	return true;
}

/* Serves until told to stop; returns the exit code. */
static int serve(const struct options *options, struct greeting *greeting, struct gate *gate,
		 const struct outlet *output)
{
	int status;
	struct server *server = server_open(options, greeting, gate, output, &status);

	if (!server)
		return status;
	status = settle(options) && confine(options) ? server_run(server) : STATUS_PRIVILEGES;
	server_close(server);
	return status;
}

/* Checks that we could serve; returns the exit code. */
static int check(const struct options *options)
{
	if (!sockets_check(options))
		return STATUS_LISTEN;
	return settle(options) && sandbox_check(options) ? STATUS_STOPPED : STATUS_PRIVILEGES;
}

/* Serves, or only checks that it could; returns the exit code. */
static int run_gated(const struct options *options, struct greeting *greeting,
		     const struct outlet *output)
{
	int status;
	struct gate *gate = gate_new(options,
				     sockets_expect_datagrams(options) != SOCKETS_NO_DATAGRAMS,
				     &status);

	if (!gate)
		return status;
	if (options->check)
		status = check(options);
	else
		status = serve(options, greeting, gate, output);
	gate_free(gate);
	return status;
}

/* Reads the greeting, and serves with it; returns the exit code. */
static int run_greeting(const struct options *options, const struct outlet *output)
{
	struct greeting *greeting = greeting_new(options);
	int status;

	if (!greeting)
		return STATUS_GREETING;
	status = run_gated(options, greeting, output);
	greeting_free(greeting);
	return status;
}

/* Does what the options ask for, as `account` if they name one; returns the exit code. */
static int run(struct options *options, struct account *account, const struct outlet *output)
{
	int status;

	if (options->user) {
		if (!account_find(account, options->user, &status))
			return status;
		if (!privileges_check(account))
			return STATUS_PRIVILEGES;
		options->account = account;
	}
	return run_greeting(options, output);
}

/* Sets how much is logged. */
static void set_log(const struct options *options)
{
	log_open("haild", options->quiet     ? LOG_LEVEL_WARNING
			  : options->verbose ? LOG_LEVEL_DEBUG
					     : LOG_LEVEL_INFO);
}

/*
 * TERM and INT end a start that waits; HUP and USR1, whose default would too, are blocked until the
 * event loop runs. There HUP means a new greeting, even under nohup(1). A terminal that stops
 * background jobs which write to it (stty tostop) must not stop a service.
 */
static void take_signals(void)
{
	static const int ending[] = {SIGTERM, SIGINT, 0};
	static const int early[] = {SIGHUP, SIGUSR1, 0};

	signals_restore(ending);
	signal(SIGTTOU, SIG_IGN);
	signals_begin(early);
}

int main(int argc, char **argv)
{
	static const int statuses[] = {
		[CLI_END] = STATUS_STOPPED,
		[CLI_BAD] = STATUS_USAGE,
		[CLI_FAILED] = STATUS_FAILURE,
	};
	struct inherited inherited = {.problem = ""};
	struct outlet output;
	struct account account;
	struct options options;
	enum cli_outcome outcome;
	int status;

	log_open("haild", LOG_LEVEL_INFO);
	log_mark_priorities(getenv("JOURNAL_STREAM"));
	take_signals();
	if (!standard_reserve())
		return STATUS_FAILURE;
	descriptors_raise_limit();
	inherited_find(&inherited);
	log_prepare();
	outlet_open(&output, STDOUT_FILENO);
	outcome = options_read(&options, argc, argv);
	options.inherited = &inherited;
	set_log(&options);
	status = outcome == CLI_GO ? run(&options, &account, &output) : statuses[outcome];
	options_free(&options);
	inherited_free(&inherited);
	zone_close();
	log_close();
	return status;
}
