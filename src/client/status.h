/* SPDX-License-Identifier: ISC */
/* status: what hailto's exit codes mean; scripts depend on them. */
#ifndef CLIENT_STATUS_H
#define CLIENT_STATUS_H

enum status {
	STATUS_GREETED = 0,    /* a greeting came, as expected; with -z, connected */
	STATUS_INTERNAL = 1,   /* the machine failed us, or stdout could not be written */
	STATUS_USAGE = 2,      /* command line or answers */
	STATUS_UNRESOLVED = 3, /* no address for the name */
	STATUS_REFUSED = 4,    /* nobody listens there, or there is no route */
	STATUS_UNANSWERED = 5, /* the connect timed out */
	STATUS_BROKEN = 6,     /* connected, then reset or a read error */
	STATUS_SILENT = 7,     /* nobody greeted or answered before the end or timeout */
	STATUS_UNEXPECTED = 8, /* a greeting, but not the expected one; with --invert, any answer */
	STATUS_UNRUNNABLE = 126, /* the command cannot be run; as a shell has it, like the next */
	STATUS_MISSING = 127,	 /* there is no such command */
};

#endif
