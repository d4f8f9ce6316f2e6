# SPDX-License-Identifier: ISC
import asyncio, sys
async def greeting(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    text = await reader.read()
    writer.close()
    return text
sys.stdout.buffer.write(asyncio.run(asyncio.wait_for(greeting(sys.argv[1], sys.argv[2]), 5)))
