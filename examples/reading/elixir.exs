# SPDX-License-Identifier: ISC
[host, port] = System.argv()
{:ok, address} = :inet.parse_address(to_charlist(host))
{:ok, server} = :gen_tcp.connect(address, String.to_integer(port), [:binary, active: false], 5000)
:io.setopts(encoding: :latin1)
Stream.repeatedly(fn -> :gen_tcp.recv(server, 0, 5000) end)
|> Stream.take_while(&(&1 != {:error, :closed}))
|> Enum.each(fn {:ok, text} -> IO.binwrite(text) end)
