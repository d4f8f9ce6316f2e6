/* SPDX-License-Identifier: ISC */
/* account: the user and group that haild is to run as, found by name or number. */
#include "account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>

#include "base/log.h"
#include "base/number.h"
#include "daemon/status.h"

/* One more, which is -1, means "leave it as it is" to the kernel. */
#define GREATEST_ID ((uint64_t)UINT32_MAX - 1)

/*
 * Logs that a user or group is not known, or cannot be looked up, and returns the exit code. For
 * one that is unknown POSIX lets errno be any of several.
 */
static int complain(const char *kind, const char *name, int reason)
{
	if (reason == EIO || reason == EMFILE || reason == ENFILE || reason == ENOMEM) {
		log_error("--user: cannot look up the %s '%s': %s", kind, name, strerror(reason));
		return STATUS_PRIVILEGES;
	}
	log_error("--user: unknown %s '%s'", kind, name);
	return STATUS_USAGE;
}

/* True if the text is a number, and not a name that only begins with a digit. */
static bool is_number(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

/* Reads an id. False: it is too great for one. */
static bool read_id(const char *text, uint64_t *id)
{
	return number_parse(text, id) && *id <= GREATEST_ID;
}

/* Takes a user of the database, with the group and the name that it has there. */
static bool take(struct account *account, const struct passwd *entry)
{
	size_t size = entry ? strlen(entry->pw_name) + 1 : 0;

	if (size == 0 || size > sizeof account->name)
		return false;
	account->user = entry->pw_uid;
	account->group = entry->pw_gid;
	memcpy(account->name, entry->pw_name, size);
	return true;
}

/* Finds a user by number. It may have no entry, if it has a group. Returns the exit code, or 0. */
static int find_number(struct account *account, const char *text, bool has_group)
{
	uint64_t id;

	if (!read_id(text, &id))
		return complain("user", text, 0);
	account->user = (uid_t)id;
	if (id == 0 || take(account, getpwuid((uid_t)id)) || has_group)
		return 0;
	log_error("--user: the user database has no user %s, and so no group for it: name one, as "
		  "in --user=%s:%s",
		  text, text, text);
	return STATUS_USAGE;
}

/* Finds a user by name or number. Returns the exit code, or 0. */
static int find_user(struct account *account, const char *text, bool has_group)
{
	if (is_number(text))
		return find_number(account, text, has_group);
	errno = 0;
	return take(account, getpwnam(text)) ? 0 : complain("user", text, errno);
}

/* Finds a group. Returns the exit code, or 0. */
static int find_group(struct account *account, const char *text)
{
	const struct group *entry;
	uint64_t id;

	if (is_number(text)) {
		if (!read_id(text, &id))
			return complain("group", text, 0);
		account->group = (gid_t)id;
		return 0;
	}
	errno = 0;
	entry = getgrnam(text);
	if (!entry)
		return complain("group", text, errno);
	account->group = entry->gr_gid;
	return 0;
}

/* Finds both. With a group of its own the account has no others. Returns the exit code, or 0. */
static int find_both(struct account *account, const char *user, const char *group)
{
	int status = find_user(account, user, group != NULL);

	if (status != 0 || !group)
		return status;
	account->name[0] = '\0';
	return find_group(account, group);
}

/* True unless it is half root's: then logs that. */
static bool is_whole(const struct account *account, bool has_group)
{
	if (account_is_root(account) ? !has_group : account->group != 0)
		return true;
	log_error("--user=%s is neither root nor without root's rights", account->text);
	return false;
}

bool account_is_root(const struct account *account)
{
	return account->user == 0;
}

bool account_find(struct account *account, const char *text, int *status)
{
	const char *colon = strchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	char user[ACCOUNT_NAME_MAX];

	*account = (struct account){.text = text};
	*status = STATUS_USAGE;
	if (length == 0 || length >= sizeof user || (colon && !colon[1])) {
		log_error("--user: '%s' is neither USER nor USER:GROUP", text);
		return false;
	}
	memcpy(user, text, length);
	user[length] = '\0';
	*status = find_both(account, user, colon ? colon + 1 : NULL);
	if (*status == 0 && !is_whole(account, colon != NULL))
		*status = STATUS_USAGE;
	return *status == 0;
}
