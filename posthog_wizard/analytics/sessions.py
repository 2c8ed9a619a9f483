"""Which session an event belongs to: the transport's own, one that the client carries, or one that is made here."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Final, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from posthog_wizard.analytics.endings import renew_after_fork
from posthog_wizard.analytics.options import Identity
from posthog_wizard.analytics.requests import McpRequest, session_token

_REST: Final = timedelta(minutes=30)
"""A session that was made here ends when more time than this has passed since its last request."""
_SEEDS: Final = (0x84222325, 0xCBF29CE4)
_PRIMES: Final = (0x1B3, 0x193)
_LANE: Final = 0xFFFFFFFF


def _now() -> datetime:
    return datetime.now(UTC)


class Clock(NamedTuple):
    """The time of day, and seconds that never go backwards."""

    now: Callable[[], datetime] = _now
    seconds: Callable[[], float] = perf_counter


def derived_session(identifier: str) -> str:
    """The session id for an identifier that the client keeps: the same in every process and every SDK of PostHog.

    Two 32-bit lanes of FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) over UTF-16 code units, as JavaScript counts
    characters, once plain and once salted: `ses_` and 32 hexadecimal digits.
    """
    return f"ses_{_lanes(identifier)}{_lanes(identifier + '::salt')}"


def _lanes(text: str) -> str:
    first, second = _SEEDS
    units = text.encode("utf-16-le", "surrogatepass")
    for low, high in zip(units[::2], units[1::2], strict=True):
        unit = low | high << 8
        first = (first ^ unit) * _PRIMES[0] & _LANE
        second = (second ^ unit) * _PRIMES[1] & _LANE
    return f"{first:08x}{second:08x}"


def new_uuid(at: datetime) -> str:
    """A UUID of version 7 (RFC 9562, section 5.7): milliseconds since 1970, then 74 random bits."""
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    random = secrets.randbits(74)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (1 << 62) - 1))


def new_session(at: datetime) -> str:
    """A session id that is made here: `ses_` and 32 hexadecimal digits, a UUID of version 7."""
    return f"ses_{new_uuid(at).replace('-', '')}"


@dataclass
class Session:
    """What is known of one client, or of one request that comes by itself."""

    identifier: str
    last: datetime
    identity: Identity | None = None
    client: McpRequest | None = None  # a request, for what it says of its client


@dataclass
class Sessions:
    """The sessions of a server's clients, by the channel that carries one client's requests only.

    Of a request that comes by itself nothing is remembered: what its headers say anybody can send.
    """

    clock: Clock
    process: Session = field(init=False)  # of what no request tells; that of the only client, while there is but one
    _known: WeakKeyDictionary[object, Session] = field(init=False)
    _met: bool = field(init=False)  # a client whose transport is not HTTP

    def __post_init__(self) -> None:
        self._forget()
        renew_after_fork(self._forget)

    def _forget(self) -> None:
        """Begin anew: a child's clients are others."""
        self.process, self._known, self._met = self._made(), WeakKeyDictionary(), False

    def of(self, request: McpRequest) -> Session:
        """The session of a request."""
        if request.channel is None:
            return self._alone(request)
        found = self._known.get(request.channel) or self._begun(request)
        self._known[request.channel] = found
        return found if request.session else self._awake(found)

    def _alone(self, request: McpRequest) -> Session:
        made = self._made()
        if request.session is not None:
            made.identifier = carried_session(request.session)
        elif request.headers is None:  # in one process with its client, which proves nothing
            made.identifier = self._awake(self.process).identifier
        return made

    def _begun(self, request: McpRequest) -> Session:
        if request.headers is not None:
            made = self._made()
            made.identifier = carried_session(request.session) if request.session else made.identifier
            return made
        if self._met:
            self.process = self._made()  # what no request tells is no longer any client's
            return self._made()
        self._met = True
        return self.process

    def _awake(self, session: Session) -> Session:
        now = self.clock.now()
        if now - session.last > _REST:
            session.identifier, session.identity = new_session(now), None
        session.last = now
        return session

    def _made(self) -> Session:
        now = self.clock.now()
        return Session(new_session(now), now)


def carried_session(identifier: str) -> str:
    """The session id in a token of PostHog's (it names one), or derived from any other session id."""
    token = session_token(identifier)
    return token.session_id if token else derived_session(identifier)
