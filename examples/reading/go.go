// SPDX-License-Identifier: ISC
package main

import (
	"io"
	"log"
	"net"
	"os"
	"time"
)

func main() {
	server, err := net.DialTimeout("tcp", net.JoinHostPort(os.Args[1], os.Args[2]), 5*time.Second)
	if err == nil {
		server.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, err = io.Copy(os.Stdout, server)
	}
	if err != nil {
		log.Fatal(err)
	}
}
