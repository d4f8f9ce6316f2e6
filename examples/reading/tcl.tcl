# SPDX-License-Identifier: ISC
after 5000 {exit 1}
set server [socket {*}$argv]
chan configure $server -translation binary
chan configure stdout -translation binary
chan copy $server stdout -command {set ended}
vwait ended
