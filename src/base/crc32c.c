/* SPDX-License-Identifier: ISC */
/* crc32c: the checksum CRC-32C (Castagnoli). */
#include "base/crc32c.h"

/* What four bits that are shifted out do to the rest. A table for whole bytes would be 1 KiB. */
static const uint32_t folded[16] = {
	0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3,
	0x61C69362, 0x7198540D, 0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9,
	0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
};

uint32_t crc32c_add(uint32_t sum, unsigned char byte)
{
	sum = ~sum ^ byte;
	sum = sum >> 4 ^ folded[sum & 0xF];
	sum = sum >> 4 ^ folded[sum & 0xF];
	return ~sum;
}
