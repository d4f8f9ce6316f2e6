/* SPDX-License-Identifier: ISC */
/* proxyv2: the PROXY header of version 2, in binary. */
#include "proxyv2.h"

#include "base/crc32c.h"
#include "proxyclaim.h"

/* The beginning: CR LF CR LF NUL CR LF QUIT LF. */
static const unsigned char signature[] = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D,
					  0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};

/* The bytes after it. */
enum { COMMAND = sizeof signature, FAMILY, LENGTH_HIGH, LENGTH_LOW };

/* A field: its type, its length in two bytes, its value. */
enum { FIELD_TYPE, FIELD_LENGTH_HIGH, FIELD_LENGTH_LOW, FIELD_VALUE };

/* The type of the checksum (PP2_TYPE_CRC32C), and its length. */
enum { TYPE_SUM = 0x03, SUM_LENGTH = 4 };

/* Takes the version and the command. What LOCAL brings along must be discarded. */
static const char *take_command(struct proxyv2 *header, unsigned char byte,
				struct proxyclaim *claim)
{
	enum { LOCAL = 0, PROXY = 1 };

	if (byte >> 4 != 2)
		return "unknown version";
	if ((byte & 0xF) > PROXY)
		return "unknown command";
	claim->is_local = header->is_skipped = (byte & 0xF) == LOCAL;
	return NULL;
}

/*
 * Takes the family and the transport of a PROXY command. Those that 2.2 does not name "must be
 * rejected as invalid". Where either is unspecified, no one knows where addresses end and fields
 * begin, so all of it is skipped.
 *
 * A client that the proxy serves by datagrams has the same addresses, and rules must hold for it,
 * so they are taken. A UNIX address tells nothing on another machine, so it is passed over: 2.2
 * lets a receiver treat as unspecified what it does not support.
 */
static const char *take_family(struct proxyv2 *header, unsigned char byte, struct proxyclaim *claim)
{
	static const struct {
		sa_family_t family;
		uint8_t addresses;
	} families[] = {{AF_UNSPEC, 0}, {AF_INET, 12}, {AF_INET6, 36}, {AF_UNSPEC, 216}};
	enum { STREAM = 1, DATAGRAM = 2 };
	size_t family = byte >> 4, transport = byte & 0xF;

	if (family >= sizeof families / sizeof *families)
		return "unknown address family";
	if (transport > DATAGRAM)
		return "unknown transport";
	header->is_skipped = family == 0 || transport == 0;
	if (header->is_skipped)
		return NULL;
	claim->family = families[family].family;
	header->addresses = families[family].addresses;
	return NULL;
}

/* True if fields can fill so many bytes. */
static bool holds_fields(size_t left)
{
	return left == 0 || left >= FIELD_VALUE;
}

/* Judges the length of what follows. */
static const char *judge_length(const struct proxyv2 *header)
{
	if (header->length > PROXYV2_MAX - PROXYV2_FIXED)
		return "header too long";
	if (header->is_skipped)
		return NULL;
	if (header->length < header->addresses)
		return "too short for its addresses";
	return holds_fields(header->length - header->addresses) ? NULL : "incomplete field";
}

/* Takes a byte of the fixed part, at that place. Returns what is wrong with it, or NULL. */
static const char *take_fixed(struct proxyv2 *header, size_t at, unsigned char byte,
			      struct proxyclaim *claim)
{
	switch (at) {
	case COMMAND:
		return take_command(header, byte, claim);
	case FAMILY:
		return claim->is_local ? NULL : take_family(header, byte, claim);
	case LENGTH_HIGH:
		header->length = (uint16_t)(byte << 8);
		return NULL;
	case LENGTH_LOW:
		header->length |= byte;
		return judge_length(header);
	default:
		return byte == signature[at] ? NULL : "no PROXY header";
	}
}

/* Judges a field of which type and length are known; `left` bytes of the header follow. */
static const char *judge_field(struct proxyv2 *header, size_t left)
{
	if (header->field_length > left)
		return "field longer than the header";
	if (header->field_type != TYPE_SUM)
		return NULL;
	if (header->field_length != SUM_LENGTH)
		return "checksum not of 4 bytes";
	if (header->has_sum) /* which of them would count as zeros? */
		return "more than one checksum";
	header->has_sum = true;
	return NULL;
}

/* Ends a field if it is over. */
static const char *end_field(struct proxyv2 *header, size_t left)
{
	if (header->field_taken < FIELD_VALUE + header->field_length)
		return NULL;
	header->field_taken = 0;
	return holds_fields(left) ? NULL : "incomplete field";
}

/* Takes a byte of a field. Returns what is wrong with it, or NULL. */
static const char *take_field(struct proxyv2 *header, unsigned char byte, size_t left)
{
	const char *why = NULL;

	switch (header->field_taken++) {
	case FIELD_TYPE:
		header->field_type = byte;
		return NULL;
	case FIELD_LENGTH_HIGH:
		header->field_length = (uint16_t)(byte << 8);
		return NULL;
	case FIELD_LENGTH_LOW:
		header->field_length |= byte;
		why = judge_field(header, left);
		break;
	default:
		if (header->field_type == TYPE_SUM)
			header->sent_sum = header->sent_sum << 8 | byte;
	}
	return why ? why : end_field(header, left);
}

/* Takes a byte, at that place. Returns what is wrong with it, or NULL. */
static const char *take_at(struct proxyv2 *header, size_t at, unsigned char byte,
			   struct proxyclaim *claim)
{
	if (at < PROXYV2_FIXED)
		return take_fixed(header, at, byte, claim);
	at -= PROXYV2_FIXED;
	if (header->is_skipped)
		return NULL;
	if (at >= header->addresses)
		return take_field(header, byte, header->length - at - 1);
	if (claim->family != AF_UNSPEC)
		claim->ends[at] = byte;
	return NULL;
}

/* True if the next byte is of the checksum, which counts as zeros in itself. */
static bool is_in_sum(const struct proxyv2 *header)
{
	return header->field_taken >= FIELD_VALUE && header->field_type == TYPE_SUM;
}

enum prelude_verdict proxyv2_take(struct proxyv2 *header, unsigned char byte,
				  struct proxyclaim *claim)
{
	const char *why;

	header->sum = crc32c_add(header->sum, is_in_sum(header) ? 0 : byte);
	why = take_at(header, claim->length - 1U, byte, claim);
	if (why)
		return proxyclaim_bad(claim, why);
	if (claim->length < PROXYV2_FIXED || claim->length < PROXYV2_FIXED + header->length)
		return PRELUDE_MORE;
	if (header->has_sum && header->sum != header->sent_sum)
		return proxyclaim_bad(claim, "wrong checksum");
	return PRELUDE_WHOLE;
}
