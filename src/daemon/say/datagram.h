/*
 * datagram: answers datagrams with the greeting (RFC 865), if they bring more than they get.
 *
 * Who sends a datagram may put anybody's address on it. An answer that is always shorter than
 * its request makes nobody's flood greater (US-CERT TA14-017A), and two daemons that answer each
 * other fall silent (CVE-2024-2169).
 */
#ifndef DAEMON_SAY_DATAGRAM_H
#define DAEMON_SAY_DATAGRAM_H

struct datagrams;
struct event_base;
struct greeting;
struct sockets;
struct stats;

/*
 * Starts to answer on all the sockets that are for datagrams. What it is given must outlive it.
 * NULL: no memory or descriptors.
 */
struct datagrams *datagrams_new(struct event_base *base, const struct sockets *sockets,
				struct greeting *greeting, struct stats *stats);

/* Answers no more. The sockets are the owner's to close. NULL is allowed. */
void datagrams_free(struct datagrams *all);

#endif
