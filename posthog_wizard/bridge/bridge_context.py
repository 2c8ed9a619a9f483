"""What all parts of a running bridge share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from posthog_wizard.bridge.api_key import ApiKey
from posthog_wizard.bridge.http.headers import Headers, ParameterHeaders, common_headers
from posthog_wizard.bridge.http.upstream import BROKEN, Upstream
from posthog_wizard.bridge.logs import log_message
from posthog_wizard.bridge.messages import PendingRequest
from posthog_wizard.bridge.run_settings import BridgeSettings
from posthog_wizard.bridge.session import Session
from posthog_wizard.model import Json
from posthog_wizard.net.addresses import Address
from posthog_wizard.net.jsonrpc import encode, error_response

log = logging.getLogger("posthog_wizard.bridge")


@dataclass
class BridgeContext:
    """One client, one server, and what stands between them."""

    settings: BridgeSettings
    address: Address
    upstream: Upstream
    output: Callable[[bytes], Awaitable[None]]  # takes lines for the client
    listener: Callable[[BridgeContext], Coroutine[None, None, None]]  # follows the server's own stream
    asker: Callable[[BridgeContext, PendingRequest, Json], Awaitable[None]]  # passes on what an earlier server asks
    session: Session = field(default_factory=Session)
    parameter_headers: ParameterHeaders = field(default_factory=ParameterHeaders)
    api_key: ApiKey = field(init=False)
    _listening: asyncio.Task[None] | None = None
    _issuer: asyncio.Task[str | None] | None = None
    kept: set[asyncio.Task[None]] = field(default_factory=set)  # what is done beside all else

    def __post_init__(self) -> None:
        self.api_key = ApiKey(self.settings)

    @property
    def own_headers(self) -> Headers:
        """What every request carries."""
        return common_headers(self.api_key.key)

    async def send(self, line: bytes) -> None:
        """Give the client a line; a key of ours that a server echoes stays here."""
        masked = self.api_key.masked(line)
        log_message("client <-", masked)
        await self.output(masked)

    async def answer_with(self, error: Json, ids: Iterable[Json]) -> None:
        """Give the client an error for each id; `error` is JSON-RPC's object."""
        for each in list(ids):
            await self.send(encode(error_response(each, error)))

    async def issuer(self) -> str | None:
        """Who signed the server's certificate, asked once."""
        from posthog_wizard.net.certificates import certificate_issuer  # noqa: PLC0415 - seldom needed

        if self._issuer is None:
            self._issuer = asyncio.create_task(certificate_issuer(self.address, self.settings.proxy))
        return await asyncio.shield(self._issuer)

    def listen(self) -> None:
        """Open the server's own stream of the session that has begun."""
        self.stop_listening()
        self._listening = asyncio.create_task(self.listener(self))

    def keep(self, work: Coroutine[None, None, None]) -> None:
        """Do something beside all else."""
        task = asyncio.create_task(work)
        self.kept.add(task)
        task.add_done_callback(self.kept.discard)

    def stop_listening(self) -> None:
        """Close that stream."""
        if self._listening:
            self._listening.cancel()

    async def end_session(self, session: Headers) -> None:
        """Tell the server that a session is over, if it is quick about it; it may not care."""
        with suppress(TimeoutError, *BROKEN):
            async with (
                asyncio.timeout(self.settings.waits.farewell),
                self.upstream.exchange("DELETE", self.own_headers + session),
            ):
                pass
