"""What all parts of a running bridge share; among it the key: given at its start, or read when the first message leaves.

It is read again after a 401. An entry that brings its key (`POSTHOG_AUTH_HEADER`) reads no profile. A profile is
looked at again with every attempt, since a rotation may move the key.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from math import inf
from time import time
from typing import TYPE_CHECKING

from posthog_wizard.bridge.errors.delivery_errors import DeliveryError
from posthog_wizard.bridge.http.headers import HeaderPlaces, Headers, common_headers
from posthog_wizard.bridge.http.upstream import BROKEN, Upstream
from posthog_wizard.bridge.logs import hide, log_message
from posthog_wizard.bridge.messages import PendingRequest
from posthog_wizard.bridge.run_settings import BridgeSettings
from posthog_wizard.bridge.session import Session
from posthog_wizard.credentials.background import in_background
from posthog_wizard.errors import CredentialError, SignInExpired, WizardError
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.addresses import Address
from posthog_wizard.net.authorization import placeholder_in
from posthog_wizard.net.jsonrpc import encode, error_response

if TYPE_CHECKING:  # as in `run_settings`
    from posthog_wizard.settings import Settings

log = logging.getLogger("posthog_wizard.bridge")
_SHORTEST = 16  # characters of a key that cannot stand in an answer by chance


class _ApiKey:
    """The key of the moment; None before it was read, and where there is none."""

    def __init__(self, settings: BridgeSettings) -> None:
        self._instead = settings.key and placeholder_in(settings.key.reveal())
        self.key, self.words = None if self._instead else settings.key, settings.key_source
        self._settings = settings
        self._reading = asyncio.Lock()

    def masked(self, line: bytes) -> bytes:
        """A line in which the key is masked, if it stands there in plain text."""
        plain = self.key.reveal().encode() if self.key else b""
        if len(plain) < _SHORTEST or plain not in line:
            return line
        log.warning("the server sent the key back; it was masked")
        # not behind half of an escape, which its first letter belongs to
        return re.sub(rb"(?<!\\)((?:\\\\)*+)" + re.escape(plain), rb"\g<1>" + f"{self.key}".encode(), line)

    async def ready(self) -> Secret | None:
        """The key, looked for until there is one. Raises DeliveryError where there should be one, and it cannot be had."""
        if self._instead:
            hint = "Put the key itself into this server's entry, or run `posthog-wizard mcp add` again"
            problem = CredentialError(f"{self.words or 'what was given'} holds {self._instead}", hint)
            raise DeliveryError(problem, harmless=True)
        look = self._settings.look
        if look is not None and self._is_due():
            async with self._reading:
                if self._is_due():
                    await self._look(look)
        return self.key

    async def renewed(self, refused: Secret | None) -> bool:
        """Whether there is another key by now than the one that the server refused."""
        async with self._reading:
            if self.key == refused and self._settings.look is not None:
                try:
                    await self._read(self._settings.look, refused)
                except SignInExpired as problem:
                    raise DeliveryError(problem, harmless=True) from problem
                except WizardError as problem:
                    log.warning("the key could not be read again: %s", problem.message)
            return self.key != refused

    async def _look(self, look: Callable[[], Settings]) -> None:
        try:
            await self._read(look)
        except WizardError as problem:
            if getattr(self.key, "expires", 0.0) > time():  # what is good still is not given up
                log.warning("the access token could not be renewed yet: %s", problem.message)
                return
            raise DeliveryError(problem, harmless=True) from problem

    def _is_due(self) -> bool:
        """Whether the key has to be looked for: there is none yet, or it is an access token that is nearly over."""
        return self.key is None or getattr(self.key, "until", inf) <= time()

    async def _read(self, look: Callable[[], Settings], refused: Secret | None = None) -> None:
        """Hold the key, wherever the profile says by now that it is, unless it says something else than at the start."""
        given = await in_background(look)
        if given.defect is not None:
            raise given.defect
        if given.limits != self._settings.limits:
            raise CredentialError("the profile's limits are others than at the start", "start this server again")
        if given.key is None:
            return
        from posthog_wizard.api.key_format import read_key  # noqa: PLC0415 - not where the environment has the key

        held = await in_background(partial(given.key.after, refused))
        key = read_key(held.reveal(), signed_in=given.key.may_change)
        self.key, self.words = held if key == held else key, given.key.words
        hide(self.key)


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
    argument_places: dict[str, HeaderPlaces] = field(default_factory=dict)  # which the server wants in headers, by tool
    api_key: _ApiKey = field(init=False)
    _listening: asyncio.Task[None] | None = None
    _issuer: asyncio.Task[str | None] | None = None
    kept: set[asyncio.Task[None]] = field(default_factory=set)  # what is done beside all else

    def __post_init__(self) -> None:
        self.api_key = _ApiKey(self.settings)

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
                self.upstream.exchange("DELETE", common_headers(self.api_key.key) + session),
            ):
                pass
