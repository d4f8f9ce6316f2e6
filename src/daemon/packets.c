/* packets: datagrams, read and written many at a time, each with the address that it was sent to.
 */
#include <config.h>

#include "packets.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"

#ifndef HAVE_STRUCT_MMSGHDR
/* Where the system moves one datagram a call, this is Linux's form of many. */
struct mmsghdr {
	struct msghdr msg_hdr;
	unsigned msg_len;
};
#endif

/* Room for what the kernel says beside a datagram: the address that it was sent to. */
union beside {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct packets {
	struct packet all[PACKETS_MAX];
	struct iovec parts[PACKETS_MAX];
	union beside beside[PACKETS_MAX];
	struct mmsghdr messages[PACKETS_MAX]; /* to read into */
	size_t used;			      /* of these, since they were prepared */
	struct mmsghdr answers[PACKETS_MAX];
	unsigned answer_count;
};

void packets_free(struct packets *packets)
{
	free(packets);
}

bool packets_want_addresses(int fd, int family)
{
	int on = 1;

	if (family == AF_INET6)
		return setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) == 0;
#ifdef IP_PKTINFO
	return setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0;
#else
	/* Then answers come from the address that the routing table says. */
	return true;
#endif
}

/* Prepares to read the i-th datagram. */
static void prepare(struct packets *packets, size_t i)
{
	struct packet *packet = &packets->all[i];

	packets->parts[i] = (struct iovec){.iov_base = packet->bytes,
					   .iov_len = sizeof packet->bytes};
	packets->messages[i].msg_hdr = (struct msghdr){
		.msg_name = &packet->peer,
		.msg_namelen = sizeof packet->peer,
		.msg_iov = &packets->parts[i],
		.msg_iovlen = 1,
		.msg_control = packets->beside[i].bytes,
		.msg_controllen = sizeof packets->beside[i].bytes,
	};
}

struct packets *packets_new(void)
{
	struct packets *packets = calloc(1, sizeof *packets);

	for (size_t i = 0; packets && i < PACKETS_MAX; i++)
		prepare(packets, i);
	return packets;
}

/* Reads up to PACKETS_MAX datagrams; returns how many, or -1 with errno. */
static int receive_all(struct packets *packets, int fd)
{
#ifdef HAVE_RECVMMSG
	return recvmmsg(fd, packets->messages, PACKETS_MAX, MSG_DONTWAIT, NULL);
#else
	int count = 0;

	for (; count < PACKETS_MAX; count++) {
		struct mmsghdr *message = &packets->messages[count];
		ssize_t n = recvmsg(fd, &message->msg_hdr, MSG_DONTWAIT);
		if (n < 0)
			return count > 0 ? count : -1;
		message->msg_len = (unsigned)n;
	}
	return count;
#endif
}

/* Sends answers from the `first` on; returns how many the kernel took, or -1 with errno. */
static int send_from(struct packets *packets, int fd, unsigned first)
{
#ifdef HAVE_SENDMMSG
	return sendmmsg(fd, packets->answers + first, packets->answer_count - first, MSG_DONTWAIT);
#else
	return sendmsg(fd, &packets->answers[first].msg_hdr, MSG_DONTWAIT) < 0 ? -1 : 1;
#endif
}

#ifdef IP_PKTINFO
/* Takes the address from what the kernel says, and lets it find the way back for the answer. */
static void take_ipv4(struct packet *packet, struct cmsghdr *said)
{
	struct sockaddr_in *local = (struct sockaddr_in *)&packet->local;
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(said), sizeof info);
	/*
	 * The header's destination is one address of ours, unless it is many machines'. Linux says
	 * which of ours is meant; where the system doesn't, a network's broadcast goes unnoticed.
	 */
	if (info.ipi_spec_dst.s_addr == htonl(INADDR_ANY))
		info.ipi_spec_dst = info.ipi_addr;
	packet->to_many = info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr ||
			  ntohl(info.ipi_addr.s_addr) >> 28 >= 14;
	local->sin_addr = info.ipi_spec_dst;
	info.ipi_ifindex = 0;
	memcpy(CMSG_DATA(said), &info, sizeof info);
}
#endif

/* Likewise. A link-local address is one of its interface, so the answer must leave there. */
static void take_ipv6(struct packet *packet, struct cmsghdr *said)
{
	struct sockaddr_in6 *local = (struct sockaddr_in6 *)&packet->local;
	struct in6_pktinfo info;

	memcpy(&info, CMSG_DATA(said), sizeof info);
	packet->to_many = IN6_IS_ADDR_MULTICAST(&info.ipi6_addr);
	local->sin6_addr = info.ipi6_addr;
	if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
		local->sin6_scope_id = info.ipi6_ifindex;
	else
		info.ipi6_ifindex = 0;
	memcpy(CMSG_DATA(said), &info, sizeof info);
}

/* The kernel's next note. (musl's macro compares a size with a difference of pointers.) */
static struct cmsghdr *next_note(struct msghdr *header, struct cmsghdr *said)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wsign-conversion"
	return CMSG_NXTHDR(header, said);
#pragma GCC diagnostic pop
}

/* Notes of a datagram what the kernel has told. */
static void take(struct packet *packet, struct mmsghdr *message)
{
	struct msghdr *header = &message->msg_hdr;

	packet->peer_length = header->msg_namelen;
	packet->size = message->msg_len;
	packet->to_many = false;
	for (struct cmsghdr *said = CMSG_FIRSTHDR(header); said; said = next_note(header, said)) {
#ifdef IP_PKTINFO
		if (said->cmsg_level == IPPROTO_IP && said->cmsg_type == IP_PKTINFO)
			take_ipv4(packet, said);
#endif
		if (said->cmsg_level == IPPROTO_IPV6 && said->cmsg_type == IPV6_PKTINFO)
			take_ipv6(packet, said);
	}
}

size_t packets_receive(struct packets *packets, int fd, const struct sockaddr_storage *local,
		       socklen_t local_length)
{
	int count;

	for (size_t i = 0; i < packets->used; i++)
		prepare(packets, i);
	packets->answer_count = 0;
	count = receive_all(packets, fd);
	packets->used = count > 0 ? (size_t)count : 0;
	for (int i = 0; i < count; i++) {
		packets->all[i].local = *local;
		packets->all[i].local_length = local_length;
		take(&packets->all[i], &packets->messages[i]);
	}
	return packets->used;
}

struct packet *packets_get(struct packets *packets, size_t i)
{
	return &packets->all[i];
}

void packets_answer(struct packets *packets, size_t i)
{
	packets->parts[i].iov_len = packets->all[i].size;
	packets->answers[packets->answer_count++] = packets->messages[i];
}

size_t packets_send(struct packets *packets, int fd)
{
	size_t failed = 0;
	unsigned sent = 0;

	while (sent < packets->answer_count) {
		int count = send_from(packets, fd, sent);
		if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return failed + packets->answer_count - sent; /* no room: they are lost */
		if (count < 0 && errno == EINTR)
			continue;
		failed += count < 0; /* the first of them is refused, the others may go */
		sent += count > 0 ? (unsigned)count : 1;
	}
	return failed;
}
