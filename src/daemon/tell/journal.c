/* SPDX-License-Identifier: ISC */
/* journal: the log's lines about clients: connected, closed, answered. */
#include "journal.h"

#include <inttypes.h>

#include "base/address.h"
#include "base/log.h"

bool journal_has_ends(void)
{
	return log_shows(LOG_LEVEL_DEBUG);
}

bool journal_has_connections(void)
{
	return log_shows(LOG_LEVEL_INFO);
}

void journal_connected(const struct address *address, char *peer)
{
	log_info("connected: %s", address_format(address, peer, ADDRESS_TEXT_MAX));
}

void journal_closed(const struct journal_end *end)
{
	log_debug("closed: %s: %s, %zu bytes sent, %zu discarded, %s%" PRIu64 " ms", end->peer,
		  end->how, end->sent, end->discarded, end->at_most ? "up to " : "", end->lived_ms);
}

void journal_answered(const struct address *address, size_t size)
{
	char text[ADDRESS_TEXT_MAX];

	if (!journal_has_ends())
		return;
	address_format(address, text, sizeof text);
	log_debug("answered: %s: %zu bytes", text, size);
}
