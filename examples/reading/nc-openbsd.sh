# SPDX-License-Identifier: ISC
nc.openbsd -d -w 5 "$1" "$2"
