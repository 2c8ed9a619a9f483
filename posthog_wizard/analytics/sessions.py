"""Which session an event belongs to: derived from what the client sends, or made here and renewed after a rest."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Final, NamedTuple
from uuid import UUID

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


@dataclass
class OwnSession:
    """The session of a process whose transport has none (stdio), or of requests that carry none."""

    clock: Clock
    sticky: bool = False  # it is a client's, seen once, and stays
    identifier: str = field(init=False)
    last: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.last = self.clock.now()
        self.identifier = f"ses_{new_uuid(self.last)}"

    def of(self, identifier: str | None) -> str:
        """The session id of a request that carries this transport session id (or PostHog's own token), or none."""
        now = self.clock.now()
        if identifier:
            self.identifier, self.sticky = carried_session(identifier), True
        elif not self.sticky and now - self.last > _REST:
            self.identifier = f"ses_{new_uuid(now)}"
        self.last = now
        return self.identifier


def carried_session(identifier: str) -> str:
    """The session id in a token of PostHog's (it names one), or derived from any other transport session id."""
    from posthog.mcp import decode_session_id  # noqa: PLC0415 - the posthog SDK takes a quarter of a second

    token = decode_session_id(identifier)
    return token.session_id if token else derived_session(identifier)
