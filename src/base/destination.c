/* SPDX-License-Identifier: ISC */
/* destination: which address a datagram was sent to, as each system reports it. */
#include <config.h>

#include "base/destination.h"

#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/socket.h"

/* True if multicast, reserved or broadcast, as far as the number shows. */
static bool is_many_ipv4(struct in_addr address)
{
	return ntohl(address.s_addr) >> 28 >= 14;
}

#ifdef HAVE_STRUCT_IN_PKTINFO_IPI_SPEC_DST
enum { IPV4_WANTED = IP_PKTINFO, IPV4_SAID = IP_PKTINFO };

/* Takes the address from the kernel's note, and leaves the route of the answer to the kernel. */
static bool take_ipv4(struct msghdr *header, struct cmsghdr *said, struct address *local)
{
	struct in_pktinfo info;

	(void)header;
	memcpy(&info, CMSG_DATA(said), sizeof info);
	/*
	 * The header's destination is one of our addresses, unless it means many machines. Linux
	 * says which of ours is meant; elsewhere, a network's broadcast address goes unnoticed.
	 */
	if (info.ipi_spec_dst.s_addr == htonl(INADDR_ANY))
		info.ipi_spec_dst = info.ipi_addr;
	local->ipv4.sin_addr = info.ipi_spec_dst;
	info.ipi_ifindex = 0;
	memcpy(CMSG_DATA(said), &info, sizeof info);
	return info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr || is_many_ipv4(info.ipi_addr);
}
#elif HAVE_DECL_IP_SENDSRCADDR
enum { IPV4_WANTED = IP_RECVDSTADDR, IPV4_SAID = IP_RECVDSTADDR };

/*
 * The BSDs report the bare address. Only a socket that is bound to no address accepts it for an
 * answer (FreeBSD: EINVAL); others answer from theirs anyway. Nothing can be sent from a broadcast
 * address.
 */
static bool take_ipv4(struct msghdr *header, struct cmsghdr *said, struct address *local)
{
	if (local->ipv4.sin_addr.s_addr == htonl(INADDR_ANY))
		said->cmsg_type = IP_SENDSRCADDR;
	else
		header->msg_controllen = 0;
	memcpy(&local->ipv4.sin_addr, CMSG_DATA(said), sizeof local->ipv4.sin_addr);
	return is_many_ipv4(local->ipv4.sin_addr);
}
#else
enum { IPV4_WANTED = -1, IPV4_SAID = -1 };

/* Nothing is known: answers leave from the address that the routing table chooses. */
static bool take_ipv4(struct msghdr *header, struct cmsghdr *said, struct address *local)
{
	(void)header;
	(void)said;
	return is_many_ipv4(local->ipv4.sin_addr);
}
#endif

/* True if multicast; or broadcast, as a socket for both families sees IPv4. */
static bool is_many_ipv6(const struct in6_addr *address)
{
	struct in_addr ipv4;

	if (!IN6_IS_ADDR_V4MAPPED(address))
		return IN6_IS_ADDR_MULTICAST(address);
	memcpy(&ipv4, &address->s6_addr[12], sizeof ipv4);
	return is_many_ipv4(ipv4);
}

#if HAVE_DECL_IPV6_RECVPKTINFO
enum { IPV6_WANTED = IPV6_RECVPKTINFO, IPV6_SAID = IPV6_PKTINFO };

/* The same for IPv6. A link-local address belongs to its interface: the answer must leave there. */
static bool take_ipv6(struct cmsghdr *said, struct address *local)
{
	struct in6_pktinfo info;

	memcpy(&info, CMSG_DATA(said), sizeof info);
	local->ipv6.sin6_addr = info.ipi6_addr;
	if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
		local->ipv6.sin6_scope_id = info.ipi6_ifindex;
	else
		info.ipi6_ifindex = 0;
	memcpy(CMSG_DATA(said), &info, sizeof info);
	return is_many_ipv6(&info.ipi6_addr);
}
#else
enum { IPV6_WANTED = -1, IPV6_SAID = -1 };

static bool take_ipv6(struct cmsghdr *said, struct address *local)
{
	(void)said;
	return is_many_ipv6(&local->ipv6.sin6_addr);
}
#endif

/* True if an address belongs to nobody, and a socket that is bound to it hears of all. */
static bool is_any(const struct address *address)
{
	const struct in6_addr *ipv6 = &address->ipv6.sin6_addr;

	if (address->any.sa_family != AF_INET6)
		return address->ipv4.sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(ipv6) ||
	       (IN6_IS_ADDR_V4MAPPED(ipv6) && memcmp(&ipv6->s6_addr[12], "\0\0\0\0", 4) == 0);
}

/*
 * True if an address is that of one machine. Which addresses are a network's broadcast, only the
 * kernel knows: it connects no socket to them that has not asked for that.
 */
static bool is_one(const struct address *address)
{
	int family = address->any.sa_family, fd;
	bool is_connected;

	if (is_any(address) || (family == AF_INET6 ? is_many_ipv6(&address->ipv6.sin6_addr)
						   : is_many_ipv4(address->ipv4.sin_addr)))
		return false;
	fd = socket_open(family, SOCK_DGRAM);
	if (fd < 0)
		return false;
	is_connected = connect(fd, &address->any, address->length) == 0;
	close(fd);
	return is_connected;
}

bool destination_want_always(int fd, int family)
{
	if (family == AF_INET6)
		return IPV6_WANTED < 0 || socket_enable(fd, IPPROTO_IPV6, IPV6_WANTED);
	return IPV4_WANTED < 0 || socket_enable(fd, IPPROTO_IP, IPV4_WANTED);
}

bool destination_want(int fd, const struct address *local)
{
	return is_one(local) || destination_want_always(fd, local->any.sa_family);
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

/*
 * Leaves only this note for the answer; NULL: none. The kernel refuses to send others, which a
 * service manager may have asked for: the time, the sender's credentials.
 */
static void keep_only(struct msghdr *header, const struct cmsghdr *note)
{
	size_t length = note ? note->cmsg_len : 0;

	if (note)
		memmove(header->msg_control, note, length);
	header->msg_controllen = note ? CMSG_SPACE(length - CMSG_LEN(0)) : 0;
}

bool destination_take(struct msghdr *header, struct address *local)
{
	const struct cmsghdr *taken = NULL;
	bool to_many = false;

	if (header->msg_flags & MSG_CTRUNC)
		return true; /* the note may be cut: nobody knows whom this was sent to */
	for (struct cmsghdr *said = CMSG_FIRSTHDR(header); said; said = next_note(header, said)) {
		if (said->cmsg_level == IPPROTO_IP && said->cmsg_type == IPV4_SAID)
			to_many = take_ipv4(header, said, local);
		else if (said->cmsg_level == IPPROTO_IPV6 && said->cmsg_type == IPV6_SAID)
			to_many = take_ipv6(said, local);
		else
			continue;
		taken = header->msg_controllen > 0 ? said : NULL;
	}
	keep_only(header, taken);
	return to_many;
}
