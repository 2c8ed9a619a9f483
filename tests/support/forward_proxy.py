"""An HTTP proxy on loopback that takes CONNECT, as a company's does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.relay import join, listening


class ForwardProxy:
    """Remembers what it was asked; with `refusal` it lets nobody through."""

    def __init__(self, refusal: str | None) -> None:
        self._refusal = refusal
        self.url = ""
        self.asked: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        if self._refusal:
            writer.write(f"HTTP/1.1 {self._refusal}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            writer.close()
            return
        host, port = head.split(" ")[1].split(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await join(reader, writer, far_reader, far_writer)


@asynccontextmanager
async def forward_proxy(refusal: str | None = None) -> AsyncIterator[ForwardProxy]:
    """A proxy on a free port; `refusal` is a status line such as `407 Proxy Authentication Required`."""
    proxy = ForwardProxy(refusal)
    async with listening(proxy.serve) as port:
        proxy.url = f"http://127.0.0.1:{port}"
        yield proxy
