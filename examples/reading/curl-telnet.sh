# SPDX-License-Identifier: ISC
case $1 in *:*) set -- "[$1]" "$2" ;; esac
curl -sS -N -m 5 "telnet://$1:$2" </dev/null
