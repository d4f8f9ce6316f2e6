-- SPDX-License-Identifier: ISC
local server = assert(require("socket").connect(arg[1], arg[2]))
server:settimeout(5)
local text = assert(server:receive("*a"))
io.write(text)
