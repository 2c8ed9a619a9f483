"""A SOCKS5 proxy on loopback (RFC 1928, 1929), with a password if need be; it remembers whom it was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.support.relay import join, listening


class SocksProxy:
    """`reply` is the code of its answer to CONNECT; `target` is where everybody is led, whatever name they ask for."""

    def __init__(self, login: tuple[str, str] | None, reply: int, target: int | None) -> None:
        self._login, self._reply, self._target = login, reply, target
        self.url = ""
        self.asked: list[tuple[str, int]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                if await self._greet(reader, writer):
                    await self._connect(reader, writer)
                await writer.drain()
        finally:
            writer.close()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        wanted = 2 if self._login else 0
        writer.write(bytes([5, wanted if wanted in methods else 255]))
        if not self._login or wanted not in methods:
            return wanted in methods
        _, size = await reader.readexactly(2)
        user = (await reader.readexactly(size)).decode()
        password = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        right = (user, password) == self._login
        writer.write(bytes([1, 0 if right else 1]))
        return right

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, _, _, kind = await reader.readexactly(4)
        size = 4 if kind == 1 else (await reader.readexactly(1))[0]
        raw = await reader.readexactly(size)
        host = ".".join(map(str, raw)) if kind == 1 else raw.decode()
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append((host, port))
        writer.write(b"\x05" + bytes([self._reply]) + b"\0\x03\x01x\0\0")
        if self._reply:
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target or port)
        await join(reader, writer, far_reader, far_writer)


@asynccontextmanager
async def socks_proxy(
    login: tuple[str, str] | None = None, *, reply: int = 0, target: int | None = None
) -> AsyncIterator[SocksProxy]:
    """A proxy on a free port."""
    proxy = SocksProxy(login, reply, target)
    async with listening(proxy.serve) as port:
        proxy.url = f"socks5://127.0.0.1:{port}"
        yield proxy
