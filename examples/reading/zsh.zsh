# SPDX-License-Identifier: ISC
zmodload zsh/net/tcp
ztcp $1 $2 && timeout 5 cat <&$REPLY
