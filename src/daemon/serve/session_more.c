/* SPDX-License-Identifier: ISC */
/* session_more: what only some sessions have, made when it is first needed. */
#include <stdlib.h>

#include "base/pool.h"
#include "session.h"
#include "session_state.h"

struct session_more *session_need_more(struct session *session)
{
	if (session->more)
		return session->more;
	session->more = pool_take(session->all->more);
	if (session->more)
		session->more->peer = NULL;
	return session->more;
}

void session_release_more(struct session *session)
{
	if (!session->more)
		return;
	free(session->more->peer);
	pool_give(session->all->more, session->more);
}

size_t session_more_size(void)
{
	return sizeof(struct session_more);
}
