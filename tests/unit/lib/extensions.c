/* SPDX-License-Identifier: ISC */
/* extensions: what the build has of what POSIX lacks, as far as the running kernel has to be asked.
 */
#include "extensions.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

bool has_tcpinfo(void)
{
	bool has = false;
#ifdef HAVE_STRUCT_TCP_INFO_TCPI_BYTES_ACKED
	char told[1024];
	socklen_t length = sizeof told;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	has = getsockopt(fd, IPPROTO_TCP, TCP_INFO, told, &length) == 0 && length > sizeof(int);
	close(fd);
#endif
	return has;
}
