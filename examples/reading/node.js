// SPDX-License-Identifier: ISC
const server = require("net").connect(process.argv[3], process.argv[2]);
server.setTimeout(5000, () => server.destroy(new Error("timed out")));
server.pipe(process.stdout);
