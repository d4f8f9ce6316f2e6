/* SPDX-License-Identifier: ISC */
/* target: the server to ask, as a person or script writes it. */
#include "target.h"

#include "base/agreed.h"
#include "base/endpoint.h"

/* Port 0 lets the kernel choose one at bind(2); nobody can connect to it. */
static const char *refuse_port_zero(const struct endpoint *target)
{
	return target->has_port && target->port == 0 ? "port 0 cannot be connected to" : NULL;
}

const char *target_parse(const char *text, struct endpoint *target)
{
	const char *why = endpoint_parse(text, target);

	if (why)
		return why;
	if (target->kind == ENDPOINT_ANY)
		return "a host is missing";
	return refuse_port_zero(target);
}

bool target_needs_port(const struct endpoint *target)
{
	return target->kind != ENDPOINT_UNIX && !target->has_port;
}

const char *target_set_port(struct endpoint *target, const char *text)
{
	const char *why;

	if (!target_needs_port(target))
		return target->has_port ? "the port is given twice" : "a UNIX socket has no port";
	why = endpoint_parse_port(text, &target->port);
	if (why)
		return why;
	target->has_port = true;
	return refuse_port_zero(target);
}

void target_set_default_port(struct endpoint *target)
{
	if (!target_needs_port(target))
		return;
	target->has_port = true;
	target->port = AGREED_PORT;
}
