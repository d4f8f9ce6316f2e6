/* readiness: the addresses on standard output, once all are listening, and then its end. */
#ifndef DAEMON_READINESS_H
#define DAEMON_READINESS_H

struct event_base;
struct outlet;
struct readiness;
struct sockets;

/*
 * Gets ready to tell the addresses of the sockets. The outlet is standard output;
 * both must outlive the readiness. NULL: no memory.
 */
struct readiness *readiness_new(struct event_base *base, const struct outlet *output,
				const struct sockets *sockets);

/*
 * Writes what standard output takes now, and the rest from the event loop, however
 * long that takes. Whoever reads to the end has read every line.
 */
void readiness_tell(struct readiness *readiness);

/* What has not been written is dropped. NULL is allowed. */
void readiness_free(struct readiness *readiness);

#endif
