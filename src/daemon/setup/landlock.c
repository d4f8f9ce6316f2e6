/* SPDX-License-Identifier: ISC */
/*
 * landlock: has the kernel deny us all files but a few, new TCP connections, and signals (Linux).
 *
 * The definitions are our own. The C library has no functions for Landlock, and headers may be
 * older than the kernel: Debian 12's know neither TCP nor scopes.
 */
#include <config.h>

#include "landlock.h"

#include <errno.h>

#if HAVE_DECL_SYS_LANDLOCK_CREATE_RULESET && HAVE_DECL_PR_SET_NO_NEW_PRIVS && HAVE_DECL_O_PATH

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/socket.h"
#include "daemon/options.h"
#include "sockets.h"

/* Of the rights to files, the two that serving may need. */
enum { READ_FILE = 1 << 2, REMOVE_FILE = 1 << 5 };

/* Both rights to TCP, to bind and to connect. */
enum { ALL_OF_TCP = 3 };

/* Only within the sandbox: to connect to abstract UNIX sockets, to send signals. */
enum { SCOPE_ABSTRACT = 1 << 0, SCOPE_SIGNALS = 1 << 1 };

/* The first versions with rights to TCP, and with scopes. */
enum { VERSION_TCP = 4, VERSION_SCOPES = 6 };

enum { ASK_VERSION = 1 << 0, PATH_BENEATH = 1 };

/* Older versions take a longer one, as long as the rest is 0. */
struct ruleset {
	uint64_t files, tcp, scopes;
};

/* The kernel has it without a gap at the end. */
struct beneath {
	uint64_t rights;
	int32_t folder;
} __attribute__((packed));

/* Returns all rights to files that the version knows and we can do without: it is all of them. */
static uint64_t all_rights(int version)
{
	static const unsigned char counts[] = {0, 13, 14, 15, 15, 16};
	int last = (int)sizeof counts - 1;

	return (UINT64_C(1) << counts[version < last ? version : last]) - 1;
}

int landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
			       (unsigned long)ASK_VERSION);

	return version < 0 ? 0 : (int)version;
}

/* Opens a ruleset that denies all; -1 with errno. */
static int open_ruleset(const struct options *options, int version)
{
	struct ruleset ruleset = {.files = all_rights(version)};

	if (version >= VERSION_TCP)
		ruleset.tcp = ALL_OF_TCP;
	if (version >= VERSION_SCOPES)
		ruleset.scopes = SCOPE_SIGNALS;
	/* A client that sends us datagrams may have an abstract name, where it is answered. */
	if (version >= VERSION_SCOPES &&
	    sockets_expect_datagrams(options) != SOCKETS_UNIX_DATAGRAMS)
		ruleset.scopes |= SCOPE_ABSTRACT;
	return (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0UL);
}

/*
 * Allows a right beneath the folder of a path. One that we cannot even open has nothing that we
 * could use. The text is changed.
 */
static bool allow_folder(int ruleset, char *path, uint64_t rights)
{
	int folder = open(dirname(path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct beneath beneath = {.rights = rights, .folder = folder};
	bool is_added;

	if (folder < 0)
		return errno == EACCES || errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
	is_added = syscall(SYS_landlock_add_rule, ruleset, (unsigned long)PATH_BENEATH, &beneath,
			   0UL) == 0;
	socket_close(folder);
	return is_added;
}

/* Allows a right in the folder that a path names. */
static bool allow_named(int ruleset, const char *path, uint64_t rights)
{
	char *copy = strdup(path);
	bool is_allowed = copy && allow_folder(ruleset, copy, rights);

	free(copy);
	return is_allowed;
}

/*
 * Allows to read a file again, be it replaced by a rename or a link turned elsewhere in its folder.
 * If it is a link to another folder, the same goes for that one.
 */
static bool allow_file(int ruleset, const char *path)
{
	char real[PATH_MAX];

	return allow_named(ruleset, path, READ_FILE) &&
	       (!realpath(path, real) || allow_folder(ruleset, real, READ_FILE));
}

/* Allows to remove those of these sockets that have a path, at the end. */
static bool allow_sockets(int ruleset, const struct endpoint *endpoints, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (endpoints[i].kind == ENDPOINT_UNIX && endpoints[i].host[0] != '@' &&
		    !allow_named(ruleset, endpoints[i].host, REMOVE_FILE))
			return false;
	return true;
}

/* Allows what serving needs. False: errno. */
static bool allow(int ruleset, const struct options *options)
{
	const struct cli_list *files = &options->deny_files;

	if (options->message_file && !allow_file(ruleset, options->message_file))
		return false;
	for (size_t i = 0; i < files->count; i++)
		if (!allow_file(ruleset, files->texts[i]))
			return false;
	return allow_sockets(ruleset, options->endpoints, options->endpoint_count) &&
	       allow_sockets(ruleset, options->proxies, options->proxy_count) &&
	       allow_sockets(ruleset, options->metrics, options->metrics_count);
}

/* Puts us under the ruleset. False: the step that failed, and errno. */
static bool restrict_self(int ruleset, const char **step)
{
	*step = "no_new_privs";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0)
		return false;
	*step = "landlock_restrict_self";
	return syscall(SYS_landlock_restrict_self, ruleset, 0UL) == 0;
}

bool landlock_enter(const struct options *options, int version, bool only_check, const char **step)
{
	int ruleset = open_ruleset(options, version);
	bool is_done;

	*step = "landlock_create_ruleset";
	if (ruleset < 0)
		return false;
	*step = "landlock_add_rule";
	is_done = allow(ruleset, options) && (only_check || restrict_self(ruleset, step));
	socket_close(ruleset);
	return is_done;
}

#else

int landlock_version(void)
{
	errno = ENOSYS;
	return 0;
}

bool landlock_enter(const struct options *options, int version, bool only_check, const char **step)
{
	(void)options;
	(void)version;
	(void)only_check;
	*step = "";
	return true;
}

#endif
