/* SPDX-License-Identifier: ISC */
/* crc32c: the checksum CRC-32C (Castagnoli), as of iSCSI and SCTP (RFC 4960, appendix B). */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stdint.h>

/* Returns the checksum of some bytes and one more; `sum` is the checksum of those, of none 0. */
uint32_t crc32c_add(uint32_t sum, unsigned char byte);

#endif
