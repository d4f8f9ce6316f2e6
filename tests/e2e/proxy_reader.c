/* SPDX-License-Identifier: ISC */
/*
 * proxy_reader: reads standard input as haild reads a PROXY header, and prints what it says: the
 * header's length, its version, whether it is LOCAL, and both ends, such as
 * "28 v2 proxy 192.0.2.1:80 127.0.0.1:12345". Exit code 1, and why, if there is no whole header.
 */
#include <stdio.h>

#include "base/address.h"
#include "daemon/serve/proxyheader.h"

/* Gives the parser all of the input. Returns its verdict. */
static enum prelude_verdict read_header(struct proxyheader *header)
{
	enum prelude_verdict verdict = PRELUDE_MORE;
	char bytes[16];
	size_t count, used;

	proxyheader_kind.begin(header);
	while (verdict == PRELUDE_MORE && (count = fread(bytes, 1, sizeof bytes, stdin)) > 0)
		verdict = proxyheader_kind.take(header, bytes, count, &used);
	return verdict;
}

/* Prints an end, "-" if there is none. */
static void print_end(bool is_there, const struct address *end)
{
	char text[ADDRESS_TEXT_MAX];

	printf(" %s", is_there ? address_format(end, text, sizeof text) : "-");
}

int main(void)
{
	struct proxyheader header;
	struct address peer, destination;
	enum prelude_verdict verdict = read_header(&header);
	const struct proxyclaim *claim = &header.claim;

	if (verdict != PRELUDE_WHOLE) {
		fprintf(stderr, "%s after %u bytes\n", claim->why ? claim->why : "no end",
			claim->length);
		return 1;
	}
	printf("%u v%u %s", claim->length, header.version, claim->is_local ? "local" : "proxy");
	print_end(proxyclaim_peer(claim, &peer), &peer);
	print_end(proxyclaim_destination(claim, &destination), &destination);
	printf("\n");
	return 0;
}
