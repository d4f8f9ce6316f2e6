# SPDX-License-Identifier: ISC
case $1 in *:*) set -- "[$1]" "$2" ;; esac
curl -sS --http0.9 -m 5 "http://$1:$2/" -o -
