#!/usr/bin/env escript
%% SPDX-License-Identifier: ISC
main([Host, Port]) ->
    {ok, Address} = inet:parse_address(Host),
    {ok, Server} = gen_tcp:connect(Address, list_to_integer(Port), [binary, {active, false}], 5000),
    print(Server, gen_tcp:recv(Server, 0, 5000)).
print(Server, {ok, Text}) -> file:write(standard_io, Text), print(Server, gen_tcp:recv(Server, 0, 5000));
print(_, {error, closed}) -> ok.
