// SPDX-License-Identifier: ISC

// proxy_oracle: reads and writes PROXY headers by go-proxyproto, as the lines of standard input say:
//
//	read HEX                                   the header that these bytes begin with
//	write VERSION NETWORK FROM TO TYPE=HEX...  a header with these fields; - for no end
//
// For each it prints a line: what proxy_reader prints; the bytes, in hexadecimal digits; or "refused: ", and why.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	proxyproto "github.com/pires/go-proxyproto"
)

// end is how proxy_reader prints an address; of a UNIX socket, too.
func end(header *proxyproto.Header, address net.Addr) string {
	if header.Command == proxyproto.LOCAL || header.TransportProtocol.IsUnix() || address == nil {
		return "-"
	}
	return address.String()
}

func read(text string) (string, error) {
	data, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	reader := bufio.NewReaderSize(bytes.NewReader(data), len(data)+16)
	header, err := proxyproto.Read(reader)
	if err != nil {
		return "", err
	}
	used := len(data) - reader.Buffered()
	if header.Command == proxyproto.LOCAL {
		return fmt.Sprintf("%d v%d local - -", used, header.Version), nil
	}
	// The library leaves the fields alone until they are asked for.
	if _, err = header.TLVs(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d v%d proxy %s %s", used, header.Version, end(header, header.SourceAddr),
		end(header, header.DestinationAddr)), nil
}

// resolve makes an address; nil: there is none.
func resolve(network, text string) net.Addr {
	var address net.Addr
	var err error

	switch {
	case text == "-":
		return nil
	case strings.HasPrefix(network, "unix"):
		address, err = net.ResolveUnixAddr(network, text)
	case strings.HasPrefix(network, "udp"):
		address, err = net.ResolveUDPAddr(network, text)
	default:
		address, err = net.ResolveTCPAddr(network, text)
	}
	if err != nil {
		panic(err)
	}
	return address
}

func write(words []string) (string, error) {
	version, err := strconv.Atoi(words[0])
	if err != nil {
		panic(err)
	}
	header := proxyproto.HeaderProxyFromAddrs(byte(version), resolve(words[1], words[2]), resolve(words[1], words[3]))
	var fields []proxyproto.TLV
	for _, word := range words[4:] {
		kind, value, _ := strings.Cut(word, "=")
		number, _ := strconv.Atoi(kind)
		data, _ := hex.DecodeString(value)
		fields = append(fields, proxyproto.TLV{Type: proxyproto.PP2Type(number), Value: data})
	}
	if err := header.SetTLVs(fields); err != nil {
		return "", err
	}
	data, err := header.Format()
	return hex.EncodeToString(data), err
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		var answer string
		var err error
		if words[0] == "read" {
			answer, err = read(words[1])
		} else {
			answer, err = write(words[1:])
		}
		if err != nil {
			answer = "refused: " + err.Error()
		}
		fmt.Println(answer)
	}
}
