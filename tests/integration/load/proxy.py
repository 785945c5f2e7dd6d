"""A tiny real forward proxy: plain requests by their whole address, everything else by CONNECT."""

import asyncio
import contextlib
import threading


class Proxy:
    """A proxy on an ephemeral port, in a thread; `heads` are those it was shown."""

    def __init__(self, refusal=None):
        self.heads, self._refusal = [], refusal

    def __enter__(self):
        started = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(started),))
        self._thread.start()
        assert started.wait(30)
        return self

    def __exit__(self, *exc):
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(30)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, started):
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._clients = set()
        listener = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.port = listener.sockets[0].getsockname()[1]
        started.set()
        await self._stopping.wait()
        listener.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _client(self, reader, writer):
        self._clients.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._forward(reader, writer)
        writer.transport.abort()
        self._clients.discard(asyncio.current_task())

    async def _forward(self, reader, writer):
        head = await self._head(reader)
        method, address, _ = head.split(b" ", 2)
        if self._refusal is not None:
            writer.write(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % self._refusal)
            return
        host, _, port = address.removeprefix(b"http://").partition(b"/")[0].partition(b":")
        from_target, to_target = await asyncio.open_connection(host.decode(), int(port))
        back = asyncio.create_task(pump(from_target, writer))
        try:
            if method == b"CONNECT":
                writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                await pump(reader, to_target)
            while method != b"CONNECT":
                to_target.write(head.replace(b"http://%b:%b" % (host, port), b"", 1))
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                to_target.write(await reader.readexactly(int(length)))
                head = await self._head(reader)
        finally:
            back.cancel()
            to_target.transport.abort()

    async def _head(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head.decode())
        return head


async def pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()
