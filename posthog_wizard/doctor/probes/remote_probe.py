"""The real thing for an entry with an address: shake hands over streamable HTTP with its headers, try it, leave.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from posthog_wizard.doctor.probes.handshake import POSTED, Harmless, SaidNo, converse, is_answer, no_call
from posthog_wizard.doctor.probes.probe_failure import (
    LIMITS,
    ProbeFailure,
    no_answer_failure,
    not_the_answer,
    read_refusal,
)
from posthog_wizard.doctor.probes.stdio_probe import ProbeResult
from posthog_wizard.doctor.redaction import Redactor
from posthog_wizard.model import Json
from posthog_wizard.net.addresses import Address, redirected
from posthog_wizard.net.jsonrpc import is_anonymous_error
from posthog_wizard.net.sse import EventReader, TooLarge
from posthog_wizard.net.strict_json import decoded

if TYPE_CHECKING:
    from posthog_wizard.api.http_probe import HttpProbe, NetworkRoute, ProbeAnswer

_FAREWELL = 1.0  # seconds for the server to take note of the end
_SHARE = 1 / 5  # of the time that there is, at most that much for it
_LARGEST_EVENT = 16 * 1024 * 1024  # bytes
_KEEPING = (307, 308)  # redirects that keep method and message
_MOST_REDIRECTS = 5


class ProbeTarget(NamedTuple):
    """Where an entry leads, and what its client sends there."""

    address: Address
    headers: Mapping[str, str]
    route: NetworkRoute


def try_address(target: ProbeTarget, until: float, redactor: Redactor, harmless: Harmless = no_call) -> ProbeResult:
    """Shake hands, list the tools, call a `harmless` one and leave by `until` of `time.monotonic()`.

    Raises SignInNeeded and ProbeFailure.
    """
    from posthog_wizard.api.http_probe import HttpProbe, Unanswered  # noqa: PLC0415 - it loads httpx

    async def tried() -> ProbeResult:
        begun = time.monotonic()
        async with HttpProbe(target.address.origin, target.route) as probe:
            session = _Session(probe, target, until - min(_FAREWELL, (until - begun) * _SHARE), redactor)
            try:
                offer = await converse(harmless, session.exchange)
                return ProbeResult(offer, round((time.monotonic() - begun) * 1000))
            except SaidNo as no:  # an error of JSON-RPC under a good status
                told = f"it answers `{no.method}` with an error: {redactor.line(no.message)}"
                raise ProbeFailure("error", told, LIMITS) from no
            except Unanswered as problem:
                proxy = target.route.proxy
                raise no_answer_failure(target.address.origin, problem, proxy.url if proxy else None) from problem
            finally:
                with suppress(Unanswered):
                    await session.leave(until)

    return asyncio.run(tried())


class _Session:
    """One session with a server, from `initialize` to DELETE."""

    def __init__(self, probe: HttpProbe, target: ProbeTarget, until: float, redactor: Redactor) -> None:
        self._probe, self._target, self._until, self._redactor = probe, target, until, redactor
        self._address = target.address
        self._headers: dict[str, str] = {}  # what belongs to the session

    async def exchange(self, message: dict[str, Json]) -> Json:
        """Post a message; the answer, if it is a request. Raises ProbeFailure and Unanswered.

        Redirects that keep the message and the origin are followed, as a client's own HTTP does.
        """
        reader, content = _Reader(message.get("id")), json.dumps(message, separators=(",", ":")).encode()
        for _ in range(_MOST_REDIRECTS):
            headers = {**POSTED, **self._target.headers, **self._headers}
            answer = await self._probe.ask(
                "POST", self._address.target, headers, content, until=self._until, enough=reader.enough
            )
            moved = redirected(self._address, answer.headers.get("location", "")) if answer.status in _KEEPING else None
            if moved is None:
                break
            self._address = moved
        if answer.status not in range(200, 300):
            has_key = any(name.lower() == "authorization" for name in self._target.headers)  # or it signs in by itself
            raise read_refusal(self._address, answer, self._redactor, has_key=has_key)
        if "id" not in message:
            return None
        found = reader.found(answer)
        if found is None:
            raise not_the_answer(self._address, answer, self._redactor)
        self._remember(answer, found)
        return found

    async def leave(self, until: float) -> None:
        """End the session, where there is one. Raises Unanswered."""
        if "Mcp-Session-Id" in self._headers:
            headers = {**self._target.headers, **self._headers}
            await self._probe.ask("DELETE", self._address.target, headers, until=until)

    def _remember(self, answer: ProbeAnswer, found: Mapping[str, Json]) -> None:
        result = found.get("result")
        agreed = result.get("protocolVersion") if isinstance(result, Mapping) else None
        if isinstance(agreed, str) and agreed.isascii() and agreed.isprintable():
            self._headers["MCP-Protocol-Version"] = agreed
        if "mcp-session-id" in answer.headers:
            self._headers["Mcp-Session-Id"] = answer.headers["mcp-session-id"]


class _Reader:
    """Looks for the answer to one request, in a JSON body or in a stream of events."""

    def __init__(self, wanted: Json) -> None:
        self._wanted, self._events = wanted, EventReader(_LARGEST_EVENT)
        self._found: Mapping[str, Json] | None = None

    def enough(self, some: bytes) -> bool:
        """Whether these bytes of a stream complete the answer; a body that is no stream never does."""
        with suppress(TooLarge):
            for event in self._events.feed(some):
                self._found = self._found or self._read(event.data)
            return self._found is not None
        return True

    def found(self, answer: ProbeAnswer) -> Mapping[str, Json] | None:
        """The message, None where there is none."""
        streamed = answer.headers.get("content-type", "").lower().startswith("text/event-stream")
        return self._found if streamed else self._read(answer.body)

    def _read(self, data: bytes) -> Mapping[str, Json] | None:
        message = decoded(data)
        return message if is_answer(message, self._wanted) or is_anonymous_error(message) else None
