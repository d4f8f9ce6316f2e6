; SPDX-License-Identifier: ISC
(use-modules (ice-9 binary-ports))
(alarm 5)
(define address (car (getaddrinfo (cadr (command-line)) (caddr (command-line)) AI_NUMERICHOST 0 SOCK_STREAM)))
(define server (socket (addrinfo:fam address) SOCK_STREAM 0))
(connect server (addrinfo:addr address))
(put-bytevector (current-output-port) (get-bytevector-all server))
