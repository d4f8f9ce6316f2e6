/* SPDX-License-Identifier: ISC */
/* privileges: gives up root's rights for those of an account, and proves that none is left. */
#include <config.h>

#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "base/log.h"
#include "capabilities.h"

/* Room for a line of /proc, with a NUL. */
enum { LINE_MAX_BYTES = 64 };

/* More groups than any account has; the kernel's own limit is 65536. */
enum { GROUPS_MAX = 4096 };

#if defined HAVE_SETGROUPS && defined HAVE_INITGROUPS

enum { HAS_SETGROUPS = 1 };

/* Takes the account's other groups in place of root's, as the user database has them, or none. */
static bool set_groups(const struct account *account)
{
	return (account->name[0] ? initgroups(account->name, account->group)
				 : setgroups(0, NULL)) == 0;
}

#else

enum { HAS_SETGROUPS = 0 };

/* POSIX has no such call. */
static bool set_groups(const struct account *account)
{
	(void)account;
	errno = ENOSYS;
	return false;
}

#endif

/* True if we are the account already: somebody else has changed to it. */
static bool is_already(const struct account *account)
{
	return getuid() == account->user && geteuid() == account->user &&
	       getgid() == account->group && getegid() == account->group;
}

bool privileges_check(const struct account *account)
{
	if (is_already(account) || (account_is_root(account) && geteuid() == 0))
		return true;
	if (!HAS_SETGROUPS)
		log_error("cannot change to --user=%s: this system has no setgroups(2)",
			  account->text);
	else if (geteuid() != 0)
		log_error("cannot change to --user=%s: only root can, and this is user %lu",
			  account->text, (unsigned long)geteuid());
	else
		return true;
	return false;
}

/* Reads the first line of a small file of /proc; "" if there is none. */
static const char *read_line(const char *path, char line[LINE_MAX_BYTES])
{
	FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (!file)
		return line;
	if (!fgets(line, LINE_MAX_BYTES, file))
		line[0] = '\0';
	fclose(file);
	return line;
}

/* True if we are in a user namespace whose maker was not allowed to let us choose groups. */
static bool may_not_set_groups(void)
{
	char line[LINE_MAX_BYTES];

	return strcmp(read_line("/proc/self/setgroups", line), "deny\n") == 0;
}

/* Returns what helps against a failure. */
static const char *find_advice(int reason)
{
	if (reason == EPERM && may_not_set_groups())
		return " (this user namespace forbids it: start haild without --user there)";
	if (reason == EPERM)
		return " (it takes CAP_SETUID and CAP_SETGID)";
	if (reason == EINVAL)
		return " (this user namespace does not have that id, see /proc/self/uid_map)";
	return "";
}

/* Logs which step has failed, with errno. Returns false. */
static bool complain(const struct account *account, const char *step)
{
	int reason = errno;

	log_error("cannot change to --user=%s: %s: %s%s", account->text, step, strerror(reason),
		  find_advice(reason));
	return false;
}

/* Becomes the account: the user last, who may change no group any more. */
static bool become(const struct account *account)
{
	if (!set_groups(account))
		return complain(account, "setgroups");
	if (setgid(account->group) < 0)
		return complain(account, "setgid");
	if (setuid(account->user) < 0)
		return complain(account, "setuid");
	return true;
}

/* True if all of our ids are the account's, with those that a later call could take back. */
static bool has_no_other_ids(const struct account *account)
{
#if defined HAVE_GETRESUID && defined HAVE_GETRESGID
	uid_t users[3];
	gid_t groups[3];

	if (getresuid(&users[0], &users[1], &users[2]) < 0 ||
	    getresgid(&groups[0], &groups[1], &groups[2]) < 0 || users[2] != account->user ||
	    groups[2] != account->group)
		return false;
#endif
	return is_already(account);
}

#ifdef HAVE_GETGROUPLIST

/* Reads the groups that the account should have; returns how many, or -1. */
static int list_groups(const struct account *account, gid_t groups[GROUPS_MAX])
{
	int count = GROUPS_MAX;

	groups[0] = account->group;
	if (!account->name[0])
		return 1;
	return getgrouplist(account->name, account->group, groups, &count) < 0 ? -1 : count;
}

static bool is_among(gid_t group, const gid_t groups[], int count)
{
	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return false;
}

/* True if no group of ours is another than the account's: others may have changed to it for us. */
static bool has_no_other_groups(const struct account *account)
{
	gid_t ours[GROUPS_MAX], theirs[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, ours), allowed = list_groups(account, theirs);

	if (count < 0 || allowed < 0)
		return false;
	for (int i = 0; i < count; i++)
		if (!is_among(ours[i], theirs, allowed))
			return false;
	return true;
}

#else

static bool has_no_other_groups(const struct account *account)
{
	(void)account;
	return true;
}

#endif

/* Tries to be root again. True: we are, in part at least. */
static bool can_be_root_again(void)
{
	return seteuid(0) == 0 || setuid(0) == 0 || setegid(0) == 0 || setgid(0) == 0;
}

/* Returns what we still have that the account should not; NULL: nothing. */
static const char *find_rest(const struct account *account)
{
	if (!has_no_other_ids(account))
		return "other ids remain";
	if (!has_no_other_groups(account))
		return "other groups remain";
	if (!capabilities_are_none())
		return "capabilities remain";
	return can_be_root_again() ? "root's rights can be taken back" : NULL;
}

bool privileges_drop_given(void)
{
	if (geteuid() == 0 || capabilities_are_none() || capabilities_drop())
		return true;
	log_error("cannot give up capabilities: %s", strerror(errno));
	return false;
}

bool privileges_drop(const struct account *account)
{
	const char *rest;

	if (account_is_root(account))
		return true;
	capabilities_bound();
	if (!is_already(account) && !become(account))
		return false;
	if (!capabilities_are_none() && !capabilities_drop())
		return complain(account, "capset");
	rest = find_rest(account);
	if (rest)
		log_error("cannot change to --user=%s: %s", account->text, rest);
	return rest == NULL;
}

/*
 * True if user 0 is root outside of our user namespace as well, as far as the kernel tells. A line
 * of the map has an id in here and that outside.
 */
static bool is_root_outside(void)
{
	char line[LINE_MAX_BYTES], *rest;

	read_line("/proc/self/uid_map", line);
	return strtoul(line, &rest, 10) != 0 || strtoul(rest, NULL, 10) == 0;
}

void privileges_warn(void)
{
	if (geteuid() == 0 && is_root_outside())
		log_warning("running as root, with far more rights than are needed: --user=USER "
			    "gives them up once all sockets are bound, --user=root keeps them");
}
