#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# libevent's evhttp sends the body in answer to HEAD: on a kept connection it stands where the next answer should.
#
# Guess: evhttp allows HEAD by default, so evhttp_send_reply() knows to leave the body out; GET's length is sent.
# Really: the body is sent after the header, without Content-Length. The client must take the answer to HEAD to
# have no body, and finds the body's bytes where the next status line should be.
# Seen with: libevent 2.1.12-stable-8+deb12u1; 2.1.13 does the same.
# Source: RFC 9110, section 9.3.2: the server MUST NOT send content in the response to HEAD.
# Why it matters: small daemons have their health pages on evhttp, and probes ask by HEAD. curl 7.88 drops the bytes
# as "excess" if they come with the header; a client that does not read ahead takes them for its next answer.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
debian libevent-dev=2.1.12-stable-8+deb12u1
compile server -levent <<'END'
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>

static void answer_cb(struct evhttp_request *request, void *arg) {
	struct evbuffer *body = evbuffer_new();
	(void)arg;
	evbuffer_add_printf(body, "Hi from server\n");
	evhttp_send_reply(request, 200, "OK", body);
	evbuffer_free(body);
}

/* server PORT: serves HTTP until it is ended. */
int main(int argc, char **argv) {
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	if (argc != 2 || evhttp_bind_socket(http, "127.0.0.1", atoi(argv[1]))) {
		return 1;
	}
	evhttp_set_gencb(http, answer_cb, NULL);
	return event_base_dispatch(base);
}
END
observe <<'END'
from watch import *

port = free_port()
start("server", port)
with connect(port) as client:
    client.sendall(b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    header, _, body = read_all(client)[0].partition(b"\r\n\r\n")
status = see("status line", header.splitlines()[0])
length = see("Content-Length", b"content-length" in header.lower())
see("bytes after the header", body)
with connect(port) as client:
    client.sendall(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n"
                   b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    rest = read_all(client)[0].partition(b"\r\n\r\n")[2]
second = see("where the second status line should be", rest.splitlines()[0])
conclude(status.endswith(b"200 OK") and body == second + b"\n" == b"Hi from server\n" and not length,
         "HEAD is answered with the body")
END
