"""Which session an event belongs to: the transport's own, one that the client carries, or one that is made here.

The MCP SDK's connection has a way back to its client exactly where a transport keeps one client's requests together;
an identity belongs to that, and is held weakly. Headers and tokens, which anybody can send, give a session id and
never an identity; a token whose `sid` is not `ses_...` is none, since an anonymous event's distinct id is its
session's.

A name is lent to nobody: what `identify` gives is copied, since authors reuse dicts; a stateful HTTP session in which two
persons were named has no person to fall back on, since gateways share one; and a task that goes on after its call tells of
nobody, since a worker that the first caller started works for all. On a pipe the last person stays, who signed in anew.

Tokens carry a session over HTTP without sessions: given with the answer to `initialize`, and sent back by clients. They
are those of PostHog's own SDKs, in `Mcp-Session-Id`; they are not signed and prove nothing. The SDK has a middleware for
it, but its session ids have dashes, and it buffers bodies.
"""

from __future__ import annotations

import functools
import json
import os
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from posthog_wizard.analytics.options import Identity
from posthog_wizard.analytics.requests import MINTED, McpRequest, session_token

_REST: Final = timedelta(minutes=30)
"""A session that was made here ends when more time than this has passed since its last request."""
_HEADER: Final = b"mcp-session-id"
_LONGEST: Final = 65_536  # bytes of a body that are looked at; a handshake is short
_MOST: Final = 1_000  # persons of whom `$identify` has told


class Clock(NamedTuple):
    """The time of day, and seconds that never go backwards."""

    now: Callable[[], datetime] = functools.partial(datetime.now, UTC)
    seconds: Callable[[], float] = perf_counter


def derived_session(identifier: str) -> str:
    """The session id for an identifier that the client keeps: the same in every process and every SDK of PostHog."""
    from posthog.mcp import derive_session_id_from_mcp_session  # noqa: PLC0415 - a quarter of a second

    return derive_session_id_from_mcp_session(identifier)


def new_uuid(at: datetime) -> str:
    """A UUID of version 7 (RFC 9562, section 5.7): milliseconds since 1970, then 74 random bits."""
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    random = secrets.randbits(74)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (1 << 62) - 1))


def _new_session(at: datetime) -> str:
    """A session id that is made here: `ses_` and 32 hexadecimal digits, a UUID of version 7."""
    return f"ses_{new_uuid(at).replace('-', '')}"


@dataclass
class AnalyticsSession:
    """What is known of one client, or of one request that comes by itself."""

    identifier: str
    last: datetime
    last_said: Identity | None = None
    is_shared: bool = False

    @property
    def person(self) -> Identity | None:
        """Whose a request is that names nobody; nobody's, where a gateway has come for two persons."""
        return None if self.is_shared else self.last_said

    def learn(self, said: Identity, *, over_http: bool) -> Identity | None:
        """Merge properties, and replace groups if there are any, of the same person; gives what is new, or None.

        All is copied: an author may give one dict for everybody, and change it for the next one.
        """
        before = self.last_said
        same = before if before is not None and before.distinct_id == said.distinct_id else Identity(said.distinct_id)
        self.is_shared |= over_http and before not in (None, same)
        merged = {**same.properties, **said.properties}
        self.last_said = Identity(said.distinct_id, merged, dict(said.groups or same.groups))
        return self.last_said if self.last_said != before else None


@dataclass
class Sessions:
    """The sessions of a server's clients, by the channel that carries one client's requests only.

    Of a request that comes by itself nothing is remembered: what its headers say anybody can send.
    """

    clock: Clock
    _told: OrderedDict[str, Identity] = field(default_factory=OrderedDict)
    _pid: int = 0

    @property
    def process(self) -> AnalyticsSession:
        """The session of what no request tells: the only client's, while there is but one. A fork begins anew."""
        if self._pid != os.getpid():
            self._pid, self._process, self._clients = os.getpid(), self._made(), 0
            self._known = WeakKeyDictionary[object, AnalyticsSession]()
        return self._process

    def of(self, request: McpRequest) -> AnalyticsSession:
        """The session of a request."""
        process, made = self.process, self._made()
        if request.session is not None:
            made.identifier = carried_session(request.session)
        if request.headers is not None:
            self._meet_others()
        if request.channel is None:
            if request.headers is None:  # in one process with its client, which proves nothing
                made.identifier = self._awake(process).identifier
            return made
        if request.channel not in self._known:
            if request.headers is None and not self._clients:
                self._clients, made = 1, process
            else:
                self._meet_others()
            self._known[request.channel] = made
        found = self._known[request.channel]
        return found if request.session else self._awake(found)

    def is_news(self, request: McpRequest, said: Identity) -> bool:
        """Whether `$identify` is to tell this: once of a person whom no session remembers, and when one begins."""
        before = self._told.pop(said.distinct_id, None)
        self._told[said.distinct_id] = said
        if len(self._told) > _MOST:
            self._told.popitem(last=False)
        return before != said or request.method == "initialize"

    def _meet_others(self) -> None:
        if self._clients == 1:
            self._process = self._made()  # what no request tells is no longer any client's
        self._clients = 2

    def _awake(self, session: AnalyticsSession) -> AnalyticsSession:
        now = self.clock.now()
        if now - session.last > _REST:
            session.identifier, session.last_said = _new_session(now), None
        session.last = now
        return session

    def _made(self) -> AnalyticsSession:
        return AnalyticsSession(_new_session(now := self.clock.now()), now)


def carried_session(identifier: str) -> str:
    """The session id in a token of PostHog's (it names one), or derived from any other session id."""
    token = session_token(identifier)
    return token.session_id if token else derived_session(identifier)


# ------------------------------------------------------------------ tokens


class SessionTokens:
    """ASGI middleware: gives a token to a client that begins, where neither it nor the transport has a session."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, and look at its body while the app reads it."""
        body, minted = bytearray(), list[str]()  # the list is in copies of the scope, too

        async def received() -> Any:
            message = await receive()
            body.extend(message.get("body", b"")[: _LONGEST - len(body)])
            if message["type"] == "http.request" and not message.get("more_body"):
                minted.extend(_minted(bytes(body)))
            return message

        async def sent(message: Any) -> None:
            given = message.get("headers", ())
            if minted and message.get("status") == HTTPStatus.OK and _HEADER not in dict(given):
                message = {**message, "headers": [*given, (_HEADER, minted[0].encode())]}
            await send(message)

        begins = scope["type"] == "http" and scope["method"] == "POST" and _HEADER not in dict(scope["headers"])
        await self._app(*(({**scope, MINTED: minted}, received, sent) if begins else (scope, receive, send)))


def give_tokens(server: Any) -> None:
    """Have the apps that a server makes from now on give tokens."""
    owner = getattr(server, "_lowlevel_server", server)
    name = "http_app" if hasattr(owner, "http_app") else "streamable_http_app"
    make = getattr(owner, name)

    @functools.wraps(make)
    def made(*arguments: Any, **named: Any) -> Any:
        app = make(*arguments, **named)
        app.add_middleware(SessionTokens)
        return app

    setattr(owner, name, made)


def _minted(body: bytes) -> list[str]:
    """A token for the client of an `initialize`; none for anything else."""
    try:
        from posthog.mcp import SessionTokenPayload, encode_session_id  # noqa: PLC0415 - a quarter of a second

        message = json.loads(body) if b'"initialize"' in body else {}
        params = message["params"] if message["method"] == "initialize" else {}
        told = params["clientInfo"].get("name"), params["clientInfo"].get("version")
        session = _new_session(datetime.now(UTC))
        return [encode_session_id(SessionTokenPayload(session, *told, protocol_version=params.get("protocolVersion")))]
    except Exception:  # noqa: BLE001 - what is no handshake is the app's to refuse, and it is answered whatever the SDK lacks
        return []
