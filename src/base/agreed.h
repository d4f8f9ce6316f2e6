/* SPDX-License-Identifier: ISC */
/* agreed: what haild and hailto take for granted of each other, when nobody says otherwise. */
#ifndef BASE_AGREED_H
#define BASE_AGREED_H

/* The port. */
#define AGREED_PORT 12345

/* How much of a greeting is printed, in bytes. */
#define AGREED_BYTES 1024

#endif
