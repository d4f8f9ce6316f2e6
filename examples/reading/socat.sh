# SPDX-License-Identifier: ISC
case $1 in *:*) set -- "[$1]" "$2" ;; esac
socat -u -T 5 "TCP:$1:$2" -
