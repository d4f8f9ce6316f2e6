/* SPDX-License-Identifier: ISC */
/* status: what haild's exit codes mean; scripts and service managers depend on them. */
#ifndef DAEMON_STATUS_H
#define DAEMON_STATUS_H

enum status {
	STATUS_STOPPED = 0,    /* a clean stop, or nothing to do */
	STATUS_FAILURE = 1,    /* the machine failed us while we ran */
	STATUS_USAGE = 2,      /* command line or environment */
	STATUS_LISTEN = 3,     /* a listening socket could not be had */
	STATUS_GREETING = 4,   /* the greeting cannot be read, is not well-formed, or is too long */
	STATUS_PRIVILEGES = 5, /* root's rights are not given up, or the sandbox not entered */
};

#endif
